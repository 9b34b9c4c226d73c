//! Reading again how a check stands at its provider.

use crate::providers::CallError;
use domain::{checks, connections::Provider};

/// How a read of the provider's state went.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// Nothing more is expected.
    Finished,
    /// Ask again later.
    Running,
}

/// What the reviewer reads while a read fails.
#[must_use]
pub(crate) fn trouble_of(error: &CallError, kind: checks::Kind) -> String {
    error.sentence(
        Provider::of(kind).map_or(crate::providers::kryptogo::NAME, Provider::at_the_start),
    )
}
