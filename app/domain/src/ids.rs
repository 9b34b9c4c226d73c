//! Identifiers: each its own type, so that two cannot be swapped by accident.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);
        impl $name {
            /// Wraps a text that came from the database or a request; whether it names something is
            /// for the store to say.
            pub fn new(text: impl Into<String>) -> Self { Self(text.into()) }
            /// The text as stored and as shown in URLs.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(&self.0) }
        }
        impl From<&str> for $name { fn from(text: &str) -> Self { Self(text.to_owned()) } }
        impl From<String> for $name { fn from(text: String) -> Self { Self(text) } }
    )+ };
}

id!(
    /// A check: one service run at one provider about one customer.
    CheckId,
    /// A customer whom we vet.
    CustomerId,
    /// A person who uses Probity.
    PersonId,
    /// A configured provider account.
    ConnectionId,
    /// A decision; made by the page that shows the panel, so that sending it twice is harmless.
    DecisionId,
    /// Something in an outcome that a person must judge.
    FindingId,
    /// A stored provider body.
    EvidenceId,
    /// A message that we owe a provider.
    DeliveryId,
    /// A message that a provider sent us.
    CallbackId,
);
