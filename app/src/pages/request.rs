//! Who is calling, and the handle to the work.

use super::AppError;
use casework::{Work, journal::Actor, people::SignedIn};
use domain::people::{Caller, Permission};
use std::sync::Arc;

/// The addresses of what the browser downloads; they carry a hash of their content.
#[derive(Debug, Clone, Default)]
pub struct Assets {
    pub js: String,
    pub wasm: String,
    pub css: String,
}

/// Everything a page or server function knows of its request.
#[derive(Clone)]
pub struct Ctx {
    pub work: Work,
    pub assets: Arc<Assets>,
    pub signed_in: Option<SignedIn>,
    pub request_id: String,
    /// The value that lets this response's scripts and styles run.
    pub nonce: String,
    /// The path that was asked for.
    pub path: String,
}

impl Ctx {
    /// The signed-in person.
    ///
    /// # Errors
    /// Nobody is signed in.
    pub fn caller(&self) -> Result<&Caller, AppError> {
        self.signed_in.as_ref().map(|s| &s.caller).ok_or(AppError::SignedOut)
    }

    /// The signed-in person, if they may.
    ///
    /// # Errors
    /// Nobody is signed in, or their role does not include it.
    pub fn caller_who(&self, permission: Permission) -> Result<&Caller, AppError> {
        let caller = self.caller()?;
        if self.is_waiting() {
            return Err(AppError::Waiting);
        }
        if caller.may(permission) { Ok(caller) } else { Err(AppError::Forbidden(Some(permission))) }
    }

    #[must_use]
    pub fn may(&self, permission: Permission) -> bool {
        self.signed_in.as_ref().is_some_and(|s| !s.waits && s.caller.may(permission))
    }

    /// Somebody is signed in whose role waits to be confirmed.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.signed_in.as_ref().is_some_and(|s| s.waits)
    }

    /// Whether they showed a factor in the last minutes.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.signed_in
            .as_ref()
            .is_some_and(|s| casework::people::factor::is_fresh(s.fresh_at, self.now()))
    }

    /// Whether they must have a second factor, by the policy or the operator's setting, and have
    /// none yet.
    #[must_use]
    pub fn must_enrol(&self) -> bool {
        self.signed_in.as_ref().is_some_and(|s| casework::people::factor::must_enrol(&self.work, s))
    }

    /// Who acts, for the journal.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let id =
            self.signed_in.as_ref().map_or(casework::journal::STRANGER, |s| s.caller.id.as_str());
        Actor::new(id, &self.request_id)
    }

    /// Whom a refused form is kept for.
    #[must_use]
    pub fn owner(&self) -> &str {
        self.signed_in.as_ref().map_or("", |s| s.caller.id.as_str())
    }

    #[must_use]
    pub fn now(&self) -> domain::Moment {
        self.work.now()
    }
}

/// The context of the server function that is running.
///
/// # Errors
/// There is none: the server was put together wrongly.
pub fn ctx() -> Result<Ctx, AppError> {
    leptos::prelude::use_context::<Ctx>().ok_or(AppError::Internal)
}
