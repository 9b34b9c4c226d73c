//! SIM swap: whether and when the SIM card behind a phone number was changed.
//!
//! Source: CAMARA SIM Swap 2.1.0. Its two operations are two questions, each with a scope of its
//! own, and a check puts one of them: a question is put once, and of two calls one could be lost or
//! answered otherwise, which would leave half an outcome. "Changed within so many hours" tells the
//! least of the customer and is answered where the date may not be told; "the date of the last
//! change" tells more, and may be answered with nothing but the period that the operator looks back
//! to.

mod answer;
mod form;
mod words;

pub use answer::{Answer, FRESH_TIME, LastChange, Period, signs};
pub use form::{Ask, HOURS, HOURS_USUAL, INPUTS, SimSwap, SimSwapForm, Way, asked_in_words, check};
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
    label: "SIM swap",
    letters: "SS",
    provider: Provider::Camara,
    about: About::Person,
    life: Life::AtOnce,
    place: 1,
    is_told: false,
    is_scored: false,
    bulk: true,
    review: Hours::SOON,
    accept: &[Reason::NoFindings, Reason::DifferencesExplained, Reason::Other],
    reject: &[
        Reason::IdentityUnclear,
        Reason::RiskTooHigh,
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
            means: "The operator may not look back so many hours: its country or its own rules set a shorter period.",
            next: "Ask about fewer hours, for example 240, or ask an admin how far back the operator looks.",
        },
        _ => operators::explain(http_status, code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_range_here_are_the_hours() {
        assert!(explain(400, "OUT_OF_RANGE").next.contains("fewer hours"));
        assert_eq!(explain(429, "TOO_MANY_REQUESTS"), operators::explain(429, "TOO_MANY_REQUESTS"));
    }
}
