//! The queue, the review page, launching, evidence, and the server functions behind them.

pub mod api;
pub mod assign_many;
pub mod decide_many;
pub mod decision;
mod decision_panel;
pub mod evidence;
mod findings;
pub mod queue;
pub mod review;
mod rounds;
pub mod who;

use super::{AppError, Ctx};
use casework::{checks as work, checks::Check, customers, customers::Customer};
use domain::{
    CheckId, Refusal,
    journal::{Action, Subject},
};
use serde_json::json;

/// The check that a launch form begins with, to run it again. That it was looked at is recorded.
///
/// # Errors
/// Unknown, its customer was erased, or the database.
pub(super) async fn run_again(ctx: &Ctx, id: &str) -> Result<Check, AppError> {
    let check = work::get(&ctx.work, &CheckId::from(id)).await?;
    refuse_erased(ctx, &check.customer_id).await?;
    work::viewed(&ctx.work, &ctx.actor(), Action::CheckViewed, Subject::Check, &check.id, json!({ "page": "launch" })).await?;
    Ok(check)
}

/// The customer that a launch form begins with. That they were looked at is recorded.
///
/// # Errors
/// Unknown, erased, or the database.
pub(super) async fn known_customer(ctx: &Ctx, reference: &str) -> Result<Customer, AppError> {
    let customer = customers::get(&ctx.work, reference).await?;
    refuse_erased(ctx, &customer.id).await?;
    work::viewed(&ctx.work, &ctx.actor(), Action::CustomerViewed, Subject::Customer, &customer.id, json!({ "page": "launch" })).await?;
    Ok(customer)
}

async fn refuse_erased(ctx: &Ctx, customer_id: &str) -> Result<(), AppError> {
    if customers::is_erased(&ctx.work, customer_id).await? { Err(AppError::Refused(Refusal::Erased)) } else { Ok(()) }
}

/// Records that a list with these checks was shown.
pub(super) async fn viewed_list(ctx: &Ctx, list: &str, ids: Vec<String>) -> Result<(), AppError> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut details = json!({ "list": list });
    details["checks"] = ids.into();
    Ok(casework::checks::viewed(&ctx.work, &ctx.actor(), Action::ListViewed, Subject::System, list, details).await?)
}
