//! ROFUS: whether a person has excluded themselves from gambling in Denmark.
//!
//! Source: ZignSec, country-specific services for Denmark: `CheckDkRofus`.

mod form;
mod status;

pub use form::{RofusCheck, RofusForm, check};
pub use status::{FRESH_TIME, RofusStatus, is_stale};
