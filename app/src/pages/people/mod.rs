//! Signing in and out, setting up, and one's own account.

pub mod account;
pub mod api;
pub mod factor;
pub mod factor_api;
pub mod join;
pub mod login;
pub mod noticed;
pub mod roles;
pub mod sessions;
pub mod step_up;
pub mod waiting;
