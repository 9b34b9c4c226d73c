//! Lists of sessions, each of which can be ended: one's own, and for admins everybody's.

use super::super::{AppError, Asked, Ctx, Page, Shown, flash, forms::go, parts, request::ctx};
use casework::people::{self, OpenSession};
use domain::people::Permission;
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn everybodys(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let sessions = people::open_sessions(&ctx.work, None).await?;
    let own = ctx.signed_in.as_ref().map(|s| s.session_hash.clone()).unwrap_or_default();
    let view = move || {
        let count = sessions.len();
        view! {
            <header class="page-head"><div><h1>"Sessions "<span class="n">{count}</span></h1><p class="meta">"Who is signed in now, and with what. Device and address are what the browser and the network said; a session that is ended is over at once."</p></div></header>
            {table(sessions, &own, true)}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Sessions", view), &asked).into())
}

/// The table of sessions; the reader's own one ends by signing out.
pub fn table(sessions: Vec<OpenSession>, own: &str, of_all: bool) -> impl IntoView + use<> {
    let rows: Vec<_> = sessions.into_iter().map(|s| row(s, own, of_all)).collect();
    view! {
        <div class="table-wrap"><table class="rows stack"><caption class="sr">"Sessions"</caption>
            <thead><tr>{of_all.then(|| view! { <th scope="col">"Name"</th> })}<th scope="col">"Device"</th><th scope="col">"Address"</th><th scope="col">"Begun"</th><th scope="col">"Last used"</th><th scope="col" class="c-do">"End"</th></tr></thead>
            <tbody>{rows}</tbody></table></div>
    }
}

fn row(s: OpenSession, own: &str, of_all: bool) -> impl IntoView + use<> {
    let is_own = s.name == own;
    let action = if of_all { "/api/admin/people/end-session" } else { "/api/account/end-session" };
    let unknown = |text: String| if text.is_empty() { "not known".to_owned() } else { text };
    let label = format!(
        "End the session of {} begun {}",
        s.account,
        domain::time::utc_minute(s.begun_at_ms)
    );
    let control = if is_own {
        view! { <span class="why">"This session"</span> }.into_any()
    } else {
        view! { <form method="post" action=action><input type="hidden" name="session" value=s.name/><button class="btn" aria-label=label>"End session"</button></form> }.into_any()
    };
    view! {
        <tr>
            {of_all.then(|| view! { <th scope="row">{parts::person(Some(&s.person))}" "<span class="mono">{s.account}</span></th> })}
            <td data-label="Device">{unknown(s.device)}</td>
            <td data-label="Address"><span class="mono">{unknown(s.address)}</span></td>
            <td data-label="Begun">{parts::stamp(s.begun_at_ms)}</td>
            <td data-label="Last used">{parts::stamp(s.used_at_ms)}</td>
            <td class="c-do" data-label="End">{control}</td>
        </tr>
    }
}

#[server(endpoint = "account/end-session")]
pub async fn end_own_session(#[server(default)] session: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller()?;
    people::end_session(&ctx.work, &ctx.actor(), &session, false).await?;
    go("/account?done=session-ended");
    Ok(())
}

#[server(endpoint = "admin/people/end-session")]
pub async fn end_any_session(#[server(default)] session: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ManagePeople)?;
    people::end_session(&ctx.work, &ctx.actor(), &session, true).await?;
    go("/admin/sessions?done=session-ended");
    Ok(())
}
