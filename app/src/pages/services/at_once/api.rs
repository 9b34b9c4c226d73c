//! What the server functions have in common that launch what is answered at once: authorise, call, answer.

use crate::pages::{
    AppError,
    forms::{answer, is_id},
    launching::asks::answered,
    request::ctx,
    services::face,
};
use casework::{
    customers::Confirmed,
    instant::{self, Form},
};
use domain::{CheckId, people::Permission};
use serde::{Deserialize, Serialize};

/// What every launch form sends beside its own fields.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sent {
    check_id: String,
    relaunch_of: String,
    anyway: String,
    changed: String,
    shown: String,
}

impl Sent {
    /// Launches what a form asks.
    ///
    /// # Errors
    /// Not allowed, unreadable, or the database.
    pub async fn launch(self, form: Form) -> Result<(), AppError> {
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
        answer(&ctx, result, face(form.kind()).address(), typed).await
    }
}
