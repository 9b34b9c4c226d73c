//! What every launch form sends beside its own fields.

use super::{
    super::{AppError, forms::is_id},
    asks::answered,
};
use casework::customers::Confirmed;
use domain::{CheckId, fields::Refused};
use serde::{Deserialize, Serialize};

/// The check that the page was made for, and what was answered to its questions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Launching {
    check_id: String,
    relaunch_of: String,
    anyway: String,
    changed: String,
    shown: String,
}

impl Launching {
    /// The check that is launched.
    ///
    /// # Errors
    /// Our pages do not send such an id.
    pub fn id(&self) -> Result<CheckId, AppError> {
        if is_id(&self.check_id) {
            Ok(self.check_id.as_str().into())
        } else {
            Err(AppError::Unreadable)
        }
    }

    /// The ended check that it is launched again for.
    #[must_use]
    pub fn again(&self) -> Option<CheckId> {
        Some(self.relaunch_of.as_str()).filter(|again| !again.is_empty()).map(CheckId::from)
    }

    /// What was confirmed.
    #[must_use]
    pub fn confirmed(&self) -> Confirmed {
        Confirmed::sent(&self.anyway, &self.changed, &self.shown)
    }

    /// Adds all of it to what was typed, for a form that comes back.
    #[must_use]
    pub fn beside(&self, mut typed: Refused) -> Refused {
        typed.values.insert("check_id".into(), self.check_id.clone());
        typed.values.insert("relaunch_of".into(), self.relaunch_of.clone());
        answered(&mut typed, &self.anyway, &self.changed, &self.shown);
        typed
    }
}
