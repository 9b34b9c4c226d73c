//! What a kind's provider is called.

use domain::{checks::Kind, connections::Provider};

/// Whose answer it is, where a sentence begins: `The operator`.
#[must_use]
pub fn at_the_start(kind: Kind) -> &'static str {
    Provider::of(kind).map_or("The provider", Provider::at_the_start)
}

/// The same in a sentence's middle: `the operator`.
#[must_use]
pub fn in_sentences(kind: Kind) -> &'static str {
    Provider::of(kind).map_or("the provider", Provider::in_sentences)
}
