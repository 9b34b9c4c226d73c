//! The server function that launches due diligence or saves a draft: authorise, call, answer.

use crate::pages::{AppError, forms::answer, launching::Launching, request::ctx};
use casework::checks;
use domain::{launch::DueDiligenceForm, people::Permission};
use leptos::prelude::*;

#[server(endpoint = "checks/launch")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn launch(
    #[server(flatten)] sent: Launching,
    #[server(default)] then: String,
    #[server(default)] kind: String,
    #[server(default)] connection: String,
    #[server(default)] customer_reference: String,
    #[server(default)] name: String,
    #[server(default)] birth_date: String,
    #[server(default)] country: String,
    #[server(default)] registration_number: String,
    #[server(default)] search_setting: String,
    #[server(default)] sources: Vec<String>,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let sources = sources.join(",");
    let form = DueDiligenceForm {
        kind,
        connection,
        customer_reference,
        name,
        birth_date,
        country,
        registration_number,
        search_setting,
        sources,
    };
    let result = match sent.id() {
        Err(error) => Err(error),
        Ok(id) if then == "draft" => {
            checks::save_draft(&ctx.work, &caller, &ctx.actor(), &id, &form)
                .await
                .map(|()| format!("/checks/{id}/edit?done=draft"))
                .map_err(AppError::from)
        }
        Ok(id) => checks::launch(
            &ctx.work,
            &caller,
            &ctx.actor(),
            &id,
            &form,
            sent.confirmed(),
            sent.again().as_ref(),
        )
        .await
        .map(|l| {
            format!(
                "/checks/{}?done={}",
                l.id,
                if l.repeated { "launched-before" } else { "launched" }
            )
        })
        .map_err(AppError::from),
    };
    answer(&ctx, result, "/checks/new", || sent.beside(form.as_typed())).await
}
