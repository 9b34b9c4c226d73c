//! Server functions of sessions, setup and one's own account.

use super::{
    super::{
        AppError, Ctx,
        forms::{answer, go, returned, show},
        request::ctx,
    },
    join,
    login::{code_page, door, first_admin},
};
use casework::people::{self, NewPerson, SignIn as Answer, SignedIn, Visitor};
use domain::{fields::Refused, time::in_words};
use http::{HeaderValue, StatusCode, header::SET_COOKIE};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use tower_sessions::Session;
use zeroize::Zeroizing;

/// The session of the request that is running.
fn session() -> Result<Session, AppError> {
    use_context::<Session>().ok_or(AppError::Internal)
}

/// Nobody learns whether an account exists: this is the answer to every failure.
const WRONG: &str = "Account or password is wrong. If you forgot the password, ask an admin.";

/// What a browser shows of an earlier sign-in with it: a way in of its own while others try
/// passwords.
pub const DEVICE: &str = "__Host-probity-device";

#[server(endpoint = "session/start")]
pub async fn sign_in(
    #[server(default)] account: String,
    #[server(default)] password: String,
    #[server(default)] to: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let password = Zeroizing::new(password);
    let visitor = use_context::<Visitor>().ok_or(AppError::Internal)?;
    let (status, words) = match people::sign_in(&ctx.work, &visitor, &account, &password).await {
        Ok(Answer::Welcome(welcome)) => return let_in(welcome, &to).await,
        Ok(Answer::Code(ticket)) => {
            show(code_page(ticket, &to, None));
            return Ok(());
        }
        Ok(Answer::Refused | Answer::CodeRefused | Answer::Expired) => {
            (StatusCode::UNPROCESSABLE_ENTITY, WRONG.to_owned())
        }
        Ok(Answer::Wait(ms)) => (
            StatusCode::TOO_MANY_REQUESTS,
            format!("Too many tries. Try again in {}.", in_words(ms.max(1_000) + 999)),
        ),
        Ok(Answer::Busy) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "Too many people are signing in right now. Try again in a moment.".to_owned(),
        ),
        Err(error) => match AppError::from(error) {
            error @ (AppError::Busy | AppError::Unsure | AppError::Full) => {
                (error.status(), error.words().1)
            }
            error => return Err(error),
        },
    };
    // Answered with the page itself: nothing that a stranger typed is kept.
    show(door(Refused::of([("account", &account)]).because("", words), &to, false).status(status));
    Ok(())
}

/// The code of somebody who has a second factor, after the password.
#[server(endpoint = "session/code")]
pub async fn sign_in_code(
    #[server(default)] token: String,
    #[server(default)] factor: String,
    #[server(default)] to: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let visitor = use_context::<Visitor>().ok_or(AppError::Internal)?;
    let (status, words) = match people::sign_in_with_code(&ctx.work, &visitor, &token, &Zeroizing::new(factor)).await {
        Ok(Answer::Welcome(welcome)) => return let_in(welcome, &to).await,
        Ok(Answer::Wait(ms)) => (StatusCode::TOO_MANY_REQUESTS, format!("Too many tries. Try again in {}.", in_words(ms.max(1_000) + 999))),
        Ok(Answer::Expired) => {
            let words = "The code came too late, or something changed meanwhile. Sign in again with account and password.";
            show(door(Refused::default().because("", words), &to, false).status(StatusCode::UNPROCESSABLE_ENTITY));
            return Ok(());
        }
        Ok(_) => (
            StatusCode::UNPROCESSABLE_ENTITY,
            "This code is wrong or was used already. Wait for the next one on your telephone, or use a recovery code.".to_owned(),
        ),
        Err(error) => match AppError::from(error) {
            error @ (AppError::Busy | AppError::Unsure | AppError::Full) => (error.status(), error.words().1),
            error => return Err(error),
        },
    };
    show(code_page(token, &to, Some(words)).status(status));
    Ok(())
}

/// Hands out the session that was made, and goes on.
async fn let_in(welcome: people::Welcome, to: &str) -> Result<(), AppError> {
    let session = session()?;
    // A new id at every sign-in: what was known before is worth nothing afterwards.
    if session.id().is_some() {
        session.cycle_id().await.map_err(lost)?;
    }
    session.insert(SignedIn::MADE, welcome.session).await.map_err(lost)?;
    remember(&welcome.device);
    go(&returned(to).unwrap_or_else(|| "/".into()));
    Ok(())
}

/// Lets the browser show at the next sign-in that there was one before. It opens nothing by itself.
fn remember(device: &str) {
    let cookie = format!(
        "{DEVICE}={device}; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age={}",
        people::DEVICE_TIME / 1_000
    );
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        expect_context::<ResponseOptions>().append_header(SET_COOKIE, cookie);
    }
}

fn lost(error: tower_sessions::session::Error) -> AppError {
    tracing::error!(%error, "the session could not be written");
    AppError::Busy
}

#[server(endpoint = "session/end")]
pub async fn sign_out() -> Result<(), AppError> {
    let ctx = ctx()?;
    people::signed_out(&ctx.work, &ctx.actor()).await?;
    session()?.flush().await.map_err(lost)?;
    go("/login?done=signed-out");
    Ok(())
}

/// Keeps the session from going idle; the request itself already did.
#[server(endpoint = "session/stay")]
pub async fn stay() -> Result<(), AppError> {
    ctx()?.caller()?;
    Ok(())
}

#[server(endpoint = "setup")]
pub async fn set_up(
    #[server(default)] token: String,
    #[server(default)] account: String,
    #[server(default)] name: String,
    #[server(default)] password: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    // Once an admin is here, this page is not.
    if !people::needs_setup(&ctx.work).await? {
        return Err(AppError::NotFound);
    }
    let new = NewPerson { account, name, role: String::new(), password: Zeroizing::new(password) };
    let refused = match people::set_up(&ctx.work, &ctx.request_id, &token, &new)
        .await
        .map_err(AppError::from)
    {
        Ok(_) => {
            go("/login?done=setup");
            return Ok(());
        }
        Err(AppError::Form(refused)) => *refused,
        Err(error @ (AppError::Busy | AppError::Unsure | AppError::Full)) => {
            Refused::of([("account", &new.account), ("name", &new.name)])
                .because("", error.words().1)
        }
        Err(error) => return Err(error),
    };
    show(first_admin(refused));
    Ok(())
}

/// A one-time link is used: the person sets a password, and signs in with it next.
#[server(endpoint = "join")]
pub async fn set_password(
    #[server(default)] token: String,
    #[server(default)] password: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let (token, password) = (Zeroizing::new(token), Zeroizing::new(password));
    let refused = match people::join(&ctx.work, &ctx.request_id, &token, &password)
        .await
        .map_err(AppError::from)
    {
        Ok(()) => {
            go("/login?done=joined");
            return Ok(());
        }
        Err(AppError::Form(refused)) => *refused,
        Err(error @ (AppError::Busy | AppError::Unsure | AppError::Full)) => {
            Refused::default().because("", error.words().1)
        }
        Err(error) => return Err(error),
    };
    // Answered with the page itself, as everything before sign-in.
    show(join::form(refused));
    Ok(())
}

#[server(endpoint = "account/look")]
pub async fn look(
    #[server(default)] theme: String,
    #[server(default)] density: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller()?.clone();
    people::set_look(&ctx.work, caller.id.as_str(), &theme, &density).await?;
    go("/account?done=look");
    Ok(())
}

#[server(endpoint = "account/password")]
pub async fn password(
    #[server(default)] old: String,
    #[server(default)] new: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller()?;
    let result = people::change_password(&ctx.work, &ctx.actor(), &old, &Zeroizing::new(new)).await;
    answer(
        &ctx,
        result.map(|()| "/login?done=password".to_owned()).map_err(AppError::from),
        "/account",
        Refused::default,
    )
    .await
}

#[server(endpoint = "account/end-sessions")]
pub async fn end_sessions() -> Result<(), AppError> {
    let ctx: Ctx = ctx()?;
    ctx.caller()?;
    people::end_sessions(&ctx.work, &ctx.actor()).await?;
    go("/login?done=signed-out");
    Ok(())
}
