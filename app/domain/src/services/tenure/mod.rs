//! Tenure: whether a phone number has been with its subscriber since a day, and on what kind of
//! contract.
//!
//! Source: CAMARA KYC Tenure 0.2.0. The operator says yes or no for the day that is asked, never
//! the day itself.

mod answer;
mod form;

pub use answer::{Answer, ContractType, facts, means, next, signs, summary};
pub use form::{INPUTS, Tenure, TenureForm, check};

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
    label: "Tenure",
    letters: "TE",
    provider: Provider::Camara,
    about: About::Person,
    life: Life::AtOnce,
    place: 1,
    is_told: false,
    is_scored: false,
    bulk: true,
    review: Hours::BY_RISK,
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
            means: "The operator does not look back to this day.",
            next: "Ask about a later day, or ask an admin how far back the operator looks.",
        },
        _ => operators::explain(http_status, code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_reason_for_a_decision_speaks_of_data_that_were_compared() {
        let reasons = [CARD.accept, CARD.reject].concat();
        assert!(
            !reasons.contains(&Reason::DataAgree) && !reasons.contains(&Reason::DataDiffer),
            "{reasons:?}"
        );
        assert!(
            CARD.accept.contains(&Reason::NoFindings) && CARD.reject.contains(&Reason::RiskTooHigh)
        );
    }

    #[test]
    fn what_is_out_of_range_here_is_the_day() {
        assert!(explain(400, "OUT_OF_RANGE").means.contains("this day"));
        assert_eq!(
            explain(404, "IDENTIFIER_NOT_FOUND"),
            operators::explain(404, "IDENTIFIER_NOT_FOUND")
        );
    }
}
