//! Due diligence: whom the provider searches for, in which sources, and the form that launches it.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, Create search tasks.

mod form;
mod target;

pub use form::{DueDiligenceForm, REGISTRATION_MAX, check};
pub use target::{DueDiligence, SOURCES, Target};
