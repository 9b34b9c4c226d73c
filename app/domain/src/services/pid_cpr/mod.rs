//! PID-CPR match: whether a NemID identifier and a civil registration number belong to one person.
//!
//! Source: ZignSec, country-specific services for Denmark: `MatchPidCpr`.

mod form;
mod pid;

pub use form::{PidCprForm, PidCprMatch, check};
pub use pid::Pid;

use super::{About, Card, Life};
use crate::{connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// What the desk knows of it as a service.
pub const CARD: Card = Card {
    label: "PID-CPR match",
    letters: "PC",
    provider: Provider::Zignsec,
    about: About::Person,
    life: Life::AtOnce,
    place: 2,
    is_told: false,
    is_scored: false,
    bulk: true,
    review: Hours::BY_RISK,
    accept: &[Reason::DataAgree, Reason::DifferencesExplained, Reason::Other],
    reject: &[
        Reason::DataDiffer,
        Reason::IdentityUnclear,
        Reason::InformationRefused,
        Reason::Other,
    ],
    must_be_judged: &[Source::Register],
};
