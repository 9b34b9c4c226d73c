//! What the desk keeps: rows become types here, and SQL stands here.
//!
//! The lowest of four floors; it knows the ground (database, seals, objects, journal, the
//! providers' HTTP) and none of the floors above: services, desk, work.

pub mod batches;
pub mod checks;
pub mod connections;
pub mod customers;
pub mod decisions;
pub(crate) mod names;
pub mod people;
pub mod policies;
pub mod promises;
pub mod proposals;
pub mod team;

use crate::{Casework, Error, journal::Actor};
use domain::{
    fields::nfc,
    journal::{Action, Subject},
};

/// Records that a person looked at something of a check.
///
/// # Errors
/// The journal takes no more entries.
pub async fn viewed(
    work: &Casework,
    actor: &Actor,
    action: Action,
    subject: Subject,
    subject_id: &str,
    details: serde_json::Value,
) -> Result<(), Error> {
    work.views.record(actor.entry(work.now(), action, subject, subject_id, details)).await
}

/// NUL, which PostgreSQL stores in no text, becomes the mark for what cannot be shown.
pub(crate) fn visible(text: &str) -> String {
    nfc(&text.replace('\0', "\u{FFFD}"))
}

pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|e| Error::Corrupt(e.to_string()))
}
