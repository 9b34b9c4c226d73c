//! The door: sign-in, and making the first admin.

use super::super::{
    AppError, Asked, Ctx, Page, Shown, flash,
    forms::returned,
    parts::{self, Field},
};
use domain::fields::Refused;
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn login(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    if ctx.signed_in.is_some() && asked.query("again").is_empty() {
        return Ok(Page::Redirect("/".into()));
    }
    if ctx.signed_in.is_none() && casework::people::is_empty(&ctx.work).await? {
        return Ok(Page::Redirect("/setup".into()));
    }
    let again = !asked.query("again").is_empty();
    Ok(flash::with_flash(
        door(Refused::default(), asked.chosen("to").unwrap_or_default(), again),
        &asked,
    )
    .into())
}

/// The page to sign in on: the form as it was refused, if it was, and where to go afterwards.
pub fn door(form: Refused, to: &str, again: bool) -> Shown {
    let refused = !form.is_clean();
    let back = returned(to).unwrap_or_default();
    let view = move || {
        let trouble = form.error("").map(str::to_owned);
        view! {
            <section class="sheet">
                <p class="brand">"Probity"</p>
                <h1>"Sign in"</h1>
                {again.then(|| view! { <p class="hush">"Sign in here, then go back to the other tab: what you typed there is kept."</p> })}
                {trouble.map(|t| view! { <div class="notice" data-tone="danger" role="alert" tabindex="-1" data-focus><div><p>{t}</p></div></div> })}
                <form class="form" method="post" action="/api/session/start">
                    <input type="hidden" name="to" value=back/>
                    {Field::text("account", "Account").required().autocomplete("username").maxlength("80").show(&form)}
                    {Field::secret("password", "Password").required().autocomplete("current-password").maxlength("1024").show(&Refused::default())}
                    <div class="actions"><button class="btn primary">"Sign in"</button></div>
                </form>
            </section>
        }
        .into_any()
    };
    Shown::new("Sign in", view).class("door").refused(refused)
}

/// The page that asks for the code, after the password: what is wrong, if anything is, and where to
/// go afterwards.
pub fn code_page(ticket: String, to: &str, trouble: Option<String>) -> Shown {
    let back = returned(to).unwrap_or_default();
    let view = move || {
        view! {
            <section class="sheet">
                <p class="brand">"Probity"</p>
                <h1>"Your code"</h1>
                {trouble.map(|t| view! { <div class="notice" data-tone="danger" role="alert" tabindex="-1" data-focus><div><p>{t}</p></div></div> })}
                <form class="form" method="post" action="/api/session/code">
                    <input type="hidden" name="token" value=ticket/>
                    <input type="hidden" name="to" value=back/>
                    {Field::secret("factor", "Code").legible().required().hint("The six digits on your telephone, or one of your recovery codes").autocomplete("one-time-code").maxlength("40").show(&Refused::default())}
                    <div class="actions"><button class="btn primary">"Sign in"</button><a class="btn" href="/login">"Begin again"</a></div>
                </form>
                <p class="hush">"Lost your telephone and your recovery codes? Ask an admin, or whoever runs the desk, to reset your second factor."</p>
            </section>
        }
        .into_any()
    };
    Shown::new("Your code", view).class("door")
}

const LABELS: &[(&str, &str)] =
    &[("token", "Setup token"), ("account", "Account"), ("name", "Name"), ("password", "Password")];

/// # Errors
/// The database.
pub async fn setup(ctx: Ctx, _asked: Asked) -> Result<Page, AppError> {
    if !casework::people::needs_setup(&ctx.work).await? {
        return Err(AppError::NotFound);
    }
    Ok(first_admin(Refused::default()).into())
}

/// The page to make the first admin on: the form as it was refused, if it was.
pub fn first_admin(form: Refused) -> Shown {
    let refused = !form.is_clean();
    let view = move || {
        view! {
            <section class="sheet">
                <p class="brand">"Probity"</p>
                <h1>"Make the first admin"</h1>
                <p class="hush">"The program printed a setup token when it started. It works once and for one hour; probity setup-token makes a new one."</p>
                {parts::refusals(&form, LABELS)}
                <form class="form" method="post" action="/api/setup" novalidate>
                    {Field::secret("token", "Setup token").legible().required().maxlength("64").show(&form)}
                    {Field::text("account", "Account").required().hint("The name to sign in with").autocomplete("username").maxlength("40").show(&form)}
                    {Field::text("name", "Name").required().hint("As colleagues know the person").autocomplete("name").maxlength("100").show(&form)}
                    {Field::secret("password", "Password").required().hint("At least 15 characters; a few unrelated words are fine").autocomplete("new-password").maxlength("1024").show(&form)}
                    <div class="actions"><button class="btn primary">"Make the first admin"</button></div>
                </form>
            </section>
        }
        .into_any()
    };
    Shown::new("Setup", view).class("door").refused(refused)
}
