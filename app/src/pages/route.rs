//! What a page is for the router: its path, what a request must bring, and what it does.

use super::{AppError, Asked, Ctx, Page};
use domain::people::Permission;
use std::pin::Pin;

/// What a request must bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: sign-in, setup, the keys.
    Nobody,
    /// A signed-in person of any role.
    SignedIn,
    /// The same, with a factor that was shown in the last minutes.
    Fresh,
    Permission(Permission),
}

impl Need {
    /// Whether a form takes a factor that was shown in the last minutes. Reading the pages does
    /// not.
    #[must_use]
    pub const fn takes_fresh_factor(self) -> bool {
        match self {
            Self::Nobody | Self::SignedIn => false,
            Self::Fresh => true,
            Self::Permission(permission) => permission.takes_fresh_factor(),
        }
    }
}

pub type Answer = Pin<Box<dyn Future<Output = Result<Page, AppError>> + Send>>;

/// A page: where it is, what it needs, what it does.
#[derive(Clone, Copy)]
pub struct Route {
    pub path: &'static str,
    pub need: Need,
    pub page: fn(Ctx, Asked) -> Answer,
}
