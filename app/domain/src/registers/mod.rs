//! Danish registers: whether a NemID identifier and a civil registration number belong to one person, and
//! whether a person has excluded themselves from gambling.
//!
//! Source: ZignSec, country-specific services for Denmark: `MatchPidCpr` and `CheckDkRofus`.

mod cpr;
mod form;
mod pid;
mod rofus;

pub use cpr::{Cpr, Gender};
pub use form::{PidCprForm, PidCprMatch, RofusCheck, RofusForm, check_pid_cpr, check_rofus};
pub use pid::Pid;
pub use rofus::{FRESH_TIME, RofusStatus, is_stale};
