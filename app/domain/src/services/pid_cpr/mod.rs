//! PID-CPR match: whether a NemID identifier and a civil registration number belong to one person.
//!
//! Source: ZignSec, country-specific services for Denmark: `MatchPidCpr`.

mod form;
mod pid;

pub use form::{PidCprForm, PidCprMatch, check};
pub use pid::Pid;
