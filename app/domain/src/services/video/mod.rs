//! Video identification: persons at Solaris, their sessions with IDnow, and what the outcomes mean.
//!
//! Source: Solaris, "Video identification" guide and API reference; IDnow's result documents.
//! Explanations are ours.

mod attempts;
mod changes;
mod complaints;
mod documents;
mod failures;
mod identification;
mod names;
mod person;
mod reference;
mod standing;
mod state;
mod whose;

pub use attempts::{AttemptResult, FieldStatus, Row, Said, data_changed, field_label, rows};
pub use changes::{
    Change, EMPLOYMENT_RULE, Field, PATCHABLE, Patch, PatchValue, Shape, change_of, plan,
};
pub use complaints::{Complaint, land};
pub use documents::{
    DocumentType, Kind, WITH_ADDRESS, WithAddress, address_hint, document_words, kind_words,
    with_address,
};
pub use failures::{CODES, Category, Failure, explain};
pub use identification::{
    Identification, IdentificationForm, Language, ProofOfAddress, check_identification,
};
pub use names::{NAME_MAX, TITLES, check_name, title};
pub use person::{Address, Person, PersonForm, Salutation, check_person, form_field, parse_utc};
pub use reference::{Reference, is_secret_member, without_references};
pub use standing::{Light, Risk, Screening, Standing, Vetting, Word};
pub use state::{Alarm, Services, State, accepting_now_means, alarm};
pub use whose::{Difference, PARTICULARS, Particular, Session, Sides, Told};

use super::{About, Card, Life};
use crate::{connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// What the desk knows of it as a service.
pub const CARD: Card = Card {
    label: "Video identification",
    letters: "VI",
    provider: Provider::Solaris,
    about: About::Person,
    life: Life::Video,
    place: 1,
    is_told: false,
    is_scored: false,
    // Pictures and documents do not stand on the page of many decisions.
    bulk: false,
    review: Hours::SOON,
    accept: &[Reason::IdentityConfirmed, Reason::DifferencesExplained, Reason::Other],
    reject: &[
        Reason::IdentificationFailed,
        Reason::DocumentForged,
        Reason::DataDiffer,
        Reason::DocumentUnusable,
        Reason::IdentityUnclear,
        Reason::InformationRefused,
        Reason::Other,
    ],
    must_be_judged: &[Source::IdentState, Source::IdentField],
};

/// How long the customer's address works after it was requested: 14 days.
pub const LINK_LIFE_MS: i64 = 14 * crate::time::DAY;
