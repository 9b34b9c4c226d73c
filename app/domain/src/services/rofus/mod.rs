//! ROFUS: whether a person has excluded themselves from gambling in Denmark.
//!
//! Source: ZignSec, country-specific services for Denmark: `CheckDkRofus`.

mod form;
mod status;

pub use form::{RofusCheck, RofusForm, check};
pub use status::{FRESH_TIME, RofusStatus, is_stale};

use super::{About, Card, Life};
use crate::{connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// What the desk knows of it as a service.
pub const CARD: Card = Card {
    label: "ROFUS",
    letters: "RO",
    provider: Provider::Zignsec,
    about: About::Person,
    life: Life::AtOnce,
    place: 2,
    is_told: false,
    is_scored: false,
    bulk: true,
    review: Hours::SOON,
    accept: &[Reason::NotExcluded, Reason::Other],
    reject: &[Reason::Excluded, Reason::IdentityUnclear, Reason::Other],
    must_be_judged: &[Source::Register],
};
