//! Server functions that launch what is answered at once: authorise, call, answer.

use super::address;
use crate::pages::{
    AppError,
    forms::{answer, is_id},
    launching::asks::answered,
    request::ctx,
};
use casework::{
    customers::Confirmed,
    instant::{self, Form},
};
use domain::{
    CheckId,
    fields::Refused,
    number_match::NumberMatchForm,
    people::Permission,
    registers::{PidCprForm, RofusForm},
    wallet::WalletForm,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// What every launch form sends beside its own fields.
struct Page {
    check_id: String,
    relaunch_of: String,
    anyway: String,
    changed: String,
    shown: String,
}

impl Page {
    async fn launch(self, form: Form) -> Result<(), AppError> {
        let ctx = ctx()?;
        let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
        let id = CheckId::from(self.check_id.as_str());
        let again = Some(self.relaunch_of.as_str()).filter(|a| !a.is_empty()).map(CheckId::from);
        let result = if is_id(&self.check_id) {
            let confirmed = Confirmed::sent(&self.anyway, &self.changed, &self.shown);
            let launched = instant::launch(&ctx.work, &caller, &ctx.actor(), &id, &form, confirmed, again.as_ref()).await;
            launched
                .map(|l| format!("/checks/{}?done={}", l.id, if l.repeated { "launched-before" } else { "launched" }))
                .map_err(AppError::from)
        } else {
            Err(AppError::Unreadable)
        };
        let typed = || {
            let mut typed = form.as_typed();
            typed.values.insert("check_id".into(), self.check_id.clone());
            typed.values.insert("relaunch_of".into(), self.relaunch_of.clone());
            answered(&mut typed, &self.anyway, &self.changed, &self.shown);
            typed
        };
        answer(&ctx, result, address(form.kind()), typed).await
    }
}

#[server(endpoint = "number/launch")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn launch_number_match(
    #[server(default)] check_id: String,
    #[server(default)] relaunch_of: String,
    #[server(default)] anyway: String,
    #[server(default)] changed: String,
    #[server(default)] shown: String,
    #[server(default)] customer_reference: String,
    #[server(default)] name: String,
    #[server(default)] connection: String,
    #[server(default)] phone: String,
    #[server(default)] values: BTreeMap<String, String>,
) -> Result<(), AppError> {
    let form = NumberMatchForm { customer_reference, name, connection, phone, values };
    Page { check_id, relaunch_of, anyway, changed, shown }.launch(Form::NumberMatch(form)).await
}

#[server(endpoint = "pid-cpr/launch")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn launch_pid_cpr(
    #[server(default)] check_id: String,
    #[server(default)] relaunch_of: String,
    #[server(default)] anyway: String,
    #[server(default)] changed: String,
    #[server(default)] shown: String,
    #[server(default)] customer_reference: String,
    #[server(default)] name: String,
    #[server(default)] connection: String,
    #[server(default)] pid: String,
    #[server(default)] cpr: String,
) -> Result<(), AppError> {
    let form = PidCprForm { customer_reference, name, connection, pid, cpr };
    Page { check_id, relaunch_of, anyway, changed, shown }.launch(Form::PidCprMatch(form)).await
}

#[server(endpoint = "rofus/launch")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn launch_rofus(
    #[server(default)] check_id: String,
    #[server(default)] relaunch_of: String,
    #[server(default)] anyway: String,
    #[server(default)] changed: String,
    #[server(default)] shown: String,
    #[server(default)] customer_reference: String,
    #[server(default)] name: String,
    #[server(default)] connection: String,
    #[server(default)] cpr: String,
    #[server(default)] environment_mock: String,
) -> Result<(), AppError> {
    let form = RofusForm { customer_reference, name, connection, cpr, environment_mock };
    Page { check_id, relaunch_of, anyway, changed, shown }.launch(Form::Rofus(form)).await
}

#[server(endpoint = "wallet/launch")]
#[allow(clippy::too_many_arguments)] // the fields of a form
pub async fn launch_wallet_analysis(
    #[server(default)] check_id: String,
    #[server(default)] relaunch_of: String,
    #[server(default)] anyway: String,
    #[server(default)] changed: String,
    #[server(default)] shown: String,
    #[server(default)] customer_reference: String,
    #[server(default)] name: String,
    #[server(default)] connection: String,
    #[server(default)] chain: String,
    #[server(default)] address: String,
) -> Result<(), AppError> {
    let form = WalletForm { customer_reference, name, connection, chain, address };
    Page { check_id, relaunch_of, anyway, changed, shown }.launch(Form::Kya(form)).await
}

#[server(endpoint = "wallet/read-again")]
pub async fn read_wallet_again(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::LaunchChecks)?;
    let page = format!("/checks/{check_id}");
    let result = instant::read_again(&ctx.work, &ctx.actor(), &check_id.as_str().into()).await;
    let done = result.map(|same| format!("{page}?done={}", if same { "read-same" } else { "read-changed" }));
    answer(&ctx, done.map_err(AppError::from), &page, Refused::default).await
}
