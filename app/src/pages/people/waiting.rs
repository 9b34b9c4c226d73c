//! What somebody sees whose role is not confirmed yet.

use super::super::{AppError, Ctx, Page, Shown};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn waiting(ctx: &Ctx) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    let may = casework::people::confirmers(&ctx.work, &caller.id).await?;
    let view = move || {
        let nobody = may.is_empty();
        let items: Vec<_> =
            may.into_iter().map(|who| view! { <li><bdi>{who}</bdi></li> }).collect();
        view! {
            <section class="sheet">
                <h1>"Your role is not confirmed yet"</h1>
                <p>{format!("You are signed in as {}. Until somebody confirms that you are who you say you are, you can see and decide nothing.", caller.role.label().to_lowercase())}</p>
                {if nobody {
                    view! { <p>"Nobody here may confirm it now. Ask whoever runs the desk: they can, on the server."</p> }.into_any()
                } else {
                    view! { <p>"Tell one of these people in person that you set your password yourself:"</p><ul>{items}</ul> }.into_any()
                }}
                <p class="meta">"Reload this page afterwards."</p>
            </section>
        }
        .into_any()
    };
    Ok(Shown::new("Your role is not confirmed yet", view).class("narrow").into())
}
