//! The page of a one-time link: whoever holds it sets a password.

use super::super::{
    AppError, Asked, Ctx, Page, Shown,
    parts::{self, Field},
};
use domain::fields::Refused;
use leptos::prelude::*;

const LABELS: &[(&str, &str)] = &[("token", "Code"), ("password", "Password")];

/// # Errors
/// None.
pub async fn join(_ctx: Ctx, _asked: Asked) -> Result<Page, AppError> {
    Ok(form(Refused::default()).into())
}

/// The page: the form as it was refused, if it was. The code is in no address that is sent
/// anywhere; with scripts it is filled in.
pub fn form(form: Refused) -> Shown {
    let refused = !form.is_clean();
    let view = move || {
        view! {
            <section class="sheet">
                <p class="brand">"Probity"</p>
                <h1>"Set your password"</h1>
                <p class="hush">"You need the link that you were given. It works once and for a day; nobody else learns your password, admins included."</p>
                {parts::refusals(&form, LABELS)}
                {refused.then(|| view! { <p>"The code was not kept. Open the link again, or type its code again."</p> })}
                <form class="form" method="post" action="/api/join" novalidate data-join>
                    {Field::secret("token", "Code").legible().required().hint("The part of the link after #; usually it is filled in for you").maxlength("300").show(&form)}
                    {Field::secret("password", "Password").required().hint("At least 15 characters; a few unrelated words are fine").autocomplete("new-password").maxlength("1024").show(&form)}
                    // The place for what else a person brings to sign in with: a second factor.
                    <div class="actions"><button class="btn primary">"Set password"</button></div>
                </form>
            </section>
        }
        .into_any()
    };
    Shown::new("Set your password", view).class("door").refused(refused)
}
