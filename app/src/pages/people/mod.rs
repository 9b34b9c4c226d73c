//! Signing in and out, setting up, and one's own account.

pub mod account;
pub mod api;
pub mod login;
