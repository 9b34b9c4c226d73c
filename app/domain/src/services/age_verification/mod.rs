//! Age verification: whether the subscriber of a phone number is at least so old, and how well an
//! identity fits them.
//!
//! Source: CAMARA KYC Age Verification 0.2.1. The operator says yes, no or not available for the
//! age that is asked, never a birth date. All else in its answer is optional, and who holds the
//! contract need not be who uses the phone.

mod answer;
mod form;
mod words;

pub use answer::{Answer, Score, signs};
pub use form::{AGES, AgeVerification, AgeVerificationForm, Detail, INPUTS, check};
pub use words::{facts, means, next, summary};

use super::{About, Card, Life};
use crate::{
    connections::Provider,
    decisions::Reason,
    findings::Source,
    operators::{self, Explained},
    policy::Hours,
};

/// What the desk knows of it as a service.
pub const CARD: Card = Card {
    label: "Age verification",
    letters: "AV",
    provider: Provider::Camara,
    about: About::Person,
    life: Life::AtOnce,
    place: 1,
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
    must_be_judged: &[Source::NumberField],
};

/// Explains an error by its HTTP status and by the code in its body.
#[must_use]
pub fn explain(http_status: u16, code: &str) -> Explained {
    match code {
        "OUT_OF_RANGE" => Explained {
            means: "The operator does not answer for this age: some countries allow only some ages, for example none below 18.",
            next: "Ask for another age, or ask an admin which ages the operator allows.",
        },
        _ => operators::explain(http_status, code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_here_is_the_age() {
        assert!(explain(400, "OUT_OF_RANGE").means.contains("this age"));
        assert_eq!(
            explain(422, "SERVICE_NOT_APPLICABLE"),
            operators::explain(422, "SERVICE_NOT_APPLICABLE")
        );
    }
}
