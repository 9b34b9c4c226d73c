//! Tenure: whether a phone number has been with its subscriber since a day, and on what kind of contract.
//!
//! Source: CAMARA KYC Tenure 0.2.0. The operator says yes or no for the day that is asked, never the day itself.

mod answer;
mod form;

pub use answer::{Answer, ContractType, facts, means, next, signs, summary};
pub use form::{INPUTS, Tenure, TenureForm, check};

use crate::operators::{self, Explained};

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
    fn what_is_out_of_range_here_is_the_day() {
        assert!(explain(400, "OUT_OF_RANGE").means.contains("this day"));
        assert_eq!(explain(404, "IDENTIFIER_NOT_FOUND"), operators::explain(404, "IDENTIFIER_NOT_FOUND"));
    }
}
