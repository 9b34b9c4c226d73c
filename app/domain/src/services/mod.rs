//! The services that the desk can run: one folder each, and beside them what several share.

pub mod cpr;
pub mod due_diligence;
pub mod form;
pub mod idv;
pub mod number_match;
pub mod pid_cpr;
pub mod rofus;
pub mod settings;
pub mod video;
pub mod wallet;

/// What we say of a provider's code, and what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    pub means: &'static str,
    pub next: &'static str,
}
