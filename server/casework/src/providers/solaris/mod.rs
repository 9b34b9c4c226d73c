//! Solaris: persons, their video identification through IDnow, documents and webhooks.
//!
//! `client` speaks HTTP, `token` gets and keeps access tokens, `failure` sorts what goes wrong,
//! `wire`, `records` and `idnow` read their words, `webhook` what comes by itself; the rest of
//! Probity sees only what is exported here.

mod client;
mod documents;
mod failure;
mod idnow;
mod masking;
mod pages;
mod records;
#[cfg(test)]
mod stand_in;
#[cfg(test)]
mod tests;
mod token;
mod webhook;
mod wire;

pub use client::Client;
pub use documents::{File, Place, Upload};
pub use failure::Failure;
pub use idnow::{Attempt, legitimation};
pub use masking::{hides_something, masked};
pub use records::{
    DocumentRecord, IdentificationRecord, PersonRecord, Subscription, SupportedDocument,
};
pub use token::{Account, Tokens};
pub use webhook::{Delivery, Event, Hint, Refusal, verify};

/// The provider's name in sentences.
pub const NAME: &str = "Solaris";
/// The only scope.
pub const SCOPE: &str = "partners";
