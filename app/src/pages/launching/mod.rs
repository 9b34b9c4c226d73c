//! What the launch forms of all services have in common. Knows no service.

pub mod asks;
pub mod fields;
mod sent;
pub mod told;

use super::{AppError, Ctx, forms::encode};
use casework::{
    checks::{self, Check},
    connections,
    customers::{self, Customer},
};
use domain::{
    CheckId, Refusal,
    fields::Refused,
    journal::{Action, Subject},
};
use serde_json::json;

pub use sent::Launching;

/// The connections that a form offers.
pub type Launchable = Vec<(connections::Connection, connections::Options)>;

/// The check that a launch form begins with, to run it again. That it was looked at is recorded.
///
/// # Errors
/// Unknown, its customer was erased, or the database.
pub async fn run_again(ctx: &Ctx, id: &str) -> Result<Check, AppError> {
    let check = checks::get(&ctx.work, &CheckId::from(id)).await?;
    refuse_erased(ctx, &check.customer_id).await?;
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::CheckViewed,
        Subject::Check,
        &check.id,
        json!({ "page": "launch" }),
    )
    .await?;
    Ok(check)
}

/// The customer that a launch form begins with. That they were looked at is recorded.
///
/// # Errors
/// Unknown, erased, or the database.
pub async fn known_customer(ctx: &Ctx, reference: &str) -> Result<Customer, AppError> {
    let customer = customers::get(&ctx.work, reference).await?;
    refuse_erased(ctx, &customer.id).await?;
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::CustomerViewed,
        Subject::Customer,
        &customer.id,
        json!({ "page": "launch" }),
    )
    .await?;
    Ok(customer)
}

async fn refuse_erased(ctx: &Ctx, customer_id: &str) -> Result<(), AppError> {
    if customers::is_erased(&ctx.work, customer_id).await? {
        Err(AppError::Refused(Refusal::Erased))
    } else {
        Ok(())
    }
}

/// Marks a form that began with a customer's data, so that the other forms begin with them too.
pub fn known(mut form: Refused) -> Refused {
    form.values.insert("known".into(), "1".into());
    form
}

/// The address of the form for another check of a customer.
#[must_use]
pub fn for_customer(reference: &str) -> String {
    format!("/checks/new?customer={}", encode(reference))
}
