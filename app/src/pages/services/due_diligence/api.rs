//! The server function that launches due diligence or saves a draft: authorise, call, answer.

use crate::pages::{
    AppError,
    forms::{answer, is_id},
    launching::asks::answered,
    request::ctx,
};
use casework::{checks, customers::Confirmed};
use domain::{CheckId, launch::DueDiligenceForm, people::Permission};
use leptos::prelude::*;

#[server(endpoint = "checks/launch")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn launch(
    #[server(default)] check_id: String,
    #[server(default)] relaunch_of: String,
    #[server(default)] anyway: String,
    #[server(default)] changed: String,
    #[server(default)] shown: String,
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
    let form =
        DueDiligenceForm { kind, connection, customer_reference, name, birth_date, country, registration_number, search_setting, sources };
    let id = CheckId::from(check_id.as_str());
    let again = Some(relaunch_of.as_str()).filter(|a| !a.is_empty()).map(CheckId::from);
    let result = if !is_id(&check_id) {
        Err(AppError::Unreadable)
    } else if then == "draft" {
        checks::save_draft(&ctx.work, &caller, &ctx.actor(), &id, &form)
            .await
            .map(|()| format!("/checks/{id}/edit?done=draft"))
            .map_err(AppError::from)
    } else {
        let launched =
            checks::launch(&ctx.work, &caller, &ctx.actor(), &id, &form, Confirmed::sent(&anyway, &changed, &shown), again.as_ref()).await;
        launched
            .map(|l| format!("/checks/{}?done={}", l.id, if l.repeated { "launched-before" } else { "launched" }))
            .map_err(AppError::from)
    };
    let typed = || {
        let mut typed = form.as_typed();
        typed.values.insert("check_id".into(), check_id.clone());
        typed.values.insert("relaunch_of".into(), relaunch_of.clone());
        answered(&mut typed, &anyway, &changed, &shown);
        typed
    };
    answer(&ctx, result, "/checks/new", typed).await
}
