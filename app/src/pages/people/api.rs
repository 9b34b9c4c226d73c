//! Server functions of sessions, setup and one's own account.

use super::{
    super::{
        AppError, Ctx,
        forms::{answer, go, returned, show},
        request::ctx,
    },
    login::door,
};
use casework::people::{self, NewPerson, SignIn as Answer, SignedIn};
use domain::{fields::Refused, time::in_words};
use http::StatusCode;
use leptos::prelude::*;
use tower_sessions::Session;
use zeroize::Zeroizing;

/// The session of the request that is running.
fn session() -> Result<Session, AppError> {
    use_context::<Session>().ok_or(AppError::Internal)
}

/// Nobody learns whether an account exists: this is the answer to every failure.
const WRONG: &str = "Account or password is wrong. If you forgot the password, ask an admin.";

#[server(endpoint = "session/start")]
pub async fn sign_in(
    #[server(default)] account: String,
    #[server(default)] password: String,
    #[server(default)] to: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let refuse = |words: String| AppError::Form(Box::new(Refused::of([("account", &account)]).because("", words)));
    let too_long = account.len() > 80 || password.len() > domain::people::PASSWORD_MAX_BYTES;
    let result = if too_long { Ok(Answer::Refused) } else { people::sign_in(&ctx.work, &account, &password, &ctx.request_id).await };
    drop(Zeroizing::new(password));
    let went = match result? {
        Answer::Welcome(caller) => {
            let session = session()?;
            // A new id at every sign-in: what was known before is worth nothing afterwards.
            session.cycle_id().await.map_err(lost)?;
            session.insert(SignedIn::PERSON, caller.id.as_str()).await.map_err(lost)?;
            Ok(returned(&to).unwrap_or_else(|| "/".into()))
        }
        Answer::Refused => Err(refuse(WRONG.into())),
        Answer::Wait(ms) => Err(refuse(format!("Too many wrong tries for this account. Try again in {}.", in_words(ms.max(1_000))))),
        Answer::Busy => {
            // Answered with the page itself: a flood of sign-ins must not be kept as forms, each with a write.
            let words = "Too many people are signing in right now. Try again in a moment.";
            let form = Refused::of([("account", &account)]).because("", words);
            show(door(form, &to, false).status(StatusCode::SERVICE_UNAVAILABLE));
            return Ok(());
        }
    };
    answer(&ctx, went, "/login", || Refused::of([("account", &account)])).await
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
    let new = NewPerson { account, name, role: String::new(), password: Zeroizing::new(password) };
    let result = people::set_up(&ctx.work, &ctx.request_id, &token, &new).await;
    answer(&ctx, result.map(|_| "/login?done=setup".to_owned()).map_err(AppError::from), "/setup", || {
        Refused::of([("account", &new.account), ("name", &new.name)])
    })
    .await
}

#[server(endpoint = "account/look")]
pub async fn look(#[server(default)] theme: String, #[server(default)] density: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller()?.clone();
    people::set_look(&ctx.work, caller.id.as_str(), &theme, &density).await?;
    go("/account?done=look");
    Ok(())
}

#[server(endpoint = "account/password")]
pub async fn password(#[server(default)] old: String, #[server(default)] new: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller()?;
    let result = people::change_password(&ctx.work, &ctx.actor(), &old, &Zeroizing::new(new)).await;
    answer(&ctx, result.map(|()| "/login?done=password".to_owned()).map_err(AppError::from), "/account", Refused::default).await
}

#[server(endpoint = "account/end-sessions")]
pub async fn end_sessions() -> Result<(), AppError> {
    let ctx: Ctx = ctx()?;
    ctx.caller()?;
    people::end_sessions(&ctx.work, &ctx.actor()).await?;
    go("/login?done=signed-out");
    Ok(())
}
