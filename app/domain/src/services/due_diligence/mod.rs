//! Due diligence: whom the provider searches for, in which sources, and the form that launches it.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, Create search tasks.

mod form;
mod target;

pub use form::{DueDiligenceForm, REGISTRATION_MAX, check};
pub use target::{DueDiligence, SOURCES, Target};

use super::{About, Card, Life};
use crate::{connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// Due diligence on a person.
pub const PERSON: Card = Card {
    label: "Due diligence, person",
    letters: "DD",
    provider: Provider::Kryptogo,
    about: About::Person,
    life: Life::Runs,
    place: 1,
    is_told: true,
    is_scored: true,
    bulk: true,
    review: Hours::BY_RISK,
    accept: &[
        Reason::NoFindings,
        Reason::FalsePositivesOnly,
        Reason::ImmaterialFindings,
        Reason::EnhancedDiligenceDone,
        Reason::Other,
    ],
    reject: &[
        Reason::SanctionsHit,
        Reason::AdverseMedia,
        Reason::CourtVerdict,
        Reason::ExposedPerson,
        Reason::IdentityUnclear,
        Reason::InformationRefused,
        Reason::RiskTooHigh,
        Reason::Other,
    ],
    must_be_judged: &[Source::SanctionList],
};

/// Due diligence on a company.
pub const COMPANY: Card = Card { label: "Due diligence, company", about: About::Company, ..PERSON };
