//! Server functions of policies: authorise, call, answer.

use super::super::{
    AppError,
    forms::{answer, go_with},
    request::ctx,
};
use casework::policies;
use domain::{
    fields::Refused,
    people::Permission,
    policy::form::{Values, read},
};
use leptos::prelude::*;
use std::collections::BTreeMap;

const PAGE: &str = "/policies";

/// Proposes a policy, or only shows what it would lead to when `what` is `look`.
#[server(endpoint = "policies/propose")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn propose(
    #[server(default)] after: String,
    #[server(default)] what: String,
    #[server(default)] launcher_may_approve: String,
    #[server(default)] window_days: String,
    #[server(default)] proposal_hours: String,
    #[server(default)] rules: BTreeMap<String, String>,
    #[server(default)] note: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ChangePolicies)?.clone();
    let mut values: Values =
        rules.into_iter().map(|(name, value)| (format!("rules[{name}]"), value)).collect();
    for (name, value) in [
        ("launcher_may_approve", launcher_may_approve),
        ("window_days", window_days),
        ("proposal_hours", proposal_hours),
        ("note", note.clone()),
    ] {
        values.insert(name.into(), value);
    }
    let in_force = policies::in_force(&ctx.work).await?;
    let typed = Refused { values: values.clone(), errors: BTreeMap::new() };
    let policy = match read(&values, &in_force) {
        Ok(policy) => policy,
        Err(refused) => return go_with(&ctx, PAGE, &refused).await,
    };
    if what == "look" {
        return go_with(&ctx, &format!("{PAGE}#outlook"), &typed).await;
    }
    let after = after.parse().unwrap_or(0);
    let proposed = policies::propose(&ctx.work, &caller, &ctx.actor(), after, &policy, &note).await;
    answer(
        &ctx,
        proposed.map(|_| format!("{PAGE}?done=policy-proposed")).map_err(AppError::from),
        PAGE,
        || typed,
    )
    .await
}

#[server(endpoint = "policies/confirm")]
pub async fn confirm(#[server(default)] version: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ChangePolicies)?.clone();
    let confirmed = policies::confirm(&ctx.work, &caller, &ctx.actor(), number(&version)?).await;
    answer(
        &ctx,
        confirmed.map(|()| format!("{PAGE}?done=policy-confirmed")).map_err(AppError::from),
        PAGE,
        Refused::default,
    )
    .await
}

#[server(endpoint = "policies/withdraw")]
pub async fn withdraw(#[server(default)] version: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ChangePolicies)?.clone();
    let withdrawn = policies::withdraw(&ctx.work, &caller, &ctx.actor(), number(&version)?).await;
    answer(
        &ctx,
        withdrawn.map(|()| format!("{PAGE}?done=policy-withdrawn")).map_err(AppError::from),
        PAGE,
        Refused::default,
    )
    .await
}

fn number(version: &str) -> Result<u32, AppError> {
    version.parse().map_err(|_| AppError::Unreadable)
}
