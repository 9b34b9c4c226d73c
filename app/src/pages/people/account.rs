//! One's own account: how pages look, the password, the sessions.

use super::super::{
    AppError, Asked, Ctx, Page, Shown, flash,
    parts::{self, Field},
    people::sessions,
};
use leptos::prelude::*;

const LABELS: &[(&str, &str)] = &[("old", "Current password"), ("new", "New password")];

/// # Errors
/// The database.
pub async fn account(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let signed_in = ctx.signed_in.clone().ok_or(AppError::SignedOut)?;
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let refused = !form.is_clean();
    let open =
        casework::people::open_sessions(&ctx.work, Some(signed_in.caller.id.as_str())).await?;
    let standing = casework::people::factor::standing(&ctx.work, &signed_in.caller.id).await?;
    let view = move || {
        let choice = |name: &'static str, now: &str, all: &[(&'static str, &'static str)]| {
            all.iter()
                .map(|(code, words)| {
                    let (code, words, checked) = (*code, *words, *code == now);
                    view! { <label class="choice"><input type="radio" name=name value=code checked=checked/><span><b>{words}</b></span></label> }
                })
                .collect::<Vec<_>>()
        };
        let caller = signed_in.caller.clone();
        view! {
            <header class="page-head"><div><h1><bdi>{caller.name.clone()}</bdi></h1><p class="meta">{caller.account} " · " {caller.role.label()}</p></div></header>
            {parts::refusals(&form, LABELS)}
            <section class="panel"><header><h2>"Look"</h2></header>
                <form class="form" method="post" action="/api/account/look">
                    <fieldset><legend>"Theme"</legend><div class="choices">{choice("theme", &signed_in.theme, &[("system", "As the system"), ("light", "Light"), ("dark", "Dark")])}</div></fieldset>
                    <fieldset><legend>"Rows"</legend><div class="choices">{choice("density", &signed_in.density, &[("compact", "Compact"), ("comfortable", "Comfortable")])}</div></fieldset>
                    <div class="actions"><button class="btn">"Save"</button></div>
                </form>
            </section>
            <section class="panel"><header><h2>"Password"</h2></header>
                <form class="form" method="post" action="/api/account/password" novalidate>
                    {Field::secret("old", "Current password").required().autocomplete("current-password").maxlength("1024").show(&form)}
                    {Field::secret("new", "New password").required().hint("At least 15 characters; a few unrelated words are fine").autocomplete("new-password").maxlength("1024").show(&form)}
                    <div class="actions"><button class="btn">"Change password and sign out everywhere"</button></div>
                </form>
            </section>
            {super::factor::panel(standing)}
            <section class="panel"><header><h2>"Sessions"</h2></header>
                <p>"Signed in until " {parts::stamp(signed_in.ends_at)} " at the latest; 15 minutes without activity end the session too."</p>
                {sessions::table(open, &signed_in.session_hash, false)}
                <form method="post" action="/api/account/end-sessions"><button class="btn">"Sign out everywhere"</button></form>
            </section>
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Account", view).class("narrow").refused(refused), &asked)
        .into())
}
