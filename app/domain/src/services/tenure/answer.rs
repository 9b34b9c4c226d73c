//! What an operator's answer about a tenure says, and what a person must judge in it.

use super::Tenure;
use crate::operators::{Sign, Truth, UNKNOWN_IN_CLEAR, fact, unknown, unknown_words};
use serde::{Deserialize, Serialize};

/// An answer, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whether the number has been with its subscriber since the day that was asked.
    pub since: Truth,
    pub contract: ContractType,
}

/// What kind of contract the number is on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContractType {
    /// `PAYG`.
    Prepaid,
    /// `PAYM`.
    Contract,
    /// `Business`.
    Business,
    /// The operator may leave it out.
    NotSaid,
    /// A word that we do not know, as it came.
    Unknown(String),
}

impl ContractType {
    /// Reads the member of the answer as text.
    #[must_use]
    pub fn of(said: Option<&str>) -> Self {
        match said {
            None => Self::NotSaid,
            Some("PAYG") => Self::Prepaid,
            Some("PAYM") => Self::Contract,
            Some("Business") => Self::Business,
            Some(other) => Self::Unknown(unknown(other)),
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Prepaid => "prepaid".into(),
            Self::Contract => "on contract".into(),
            Self::Business => "on a business contract".into(),
            Self::NotSaid => "not said".into(),
            Self::Unknown(word) => unknown_words(word),
        }
    }
}

/// The answer in the words of the queue; they stay in clear, so what is not understood is not
/// quoted.
#[must_use]
pub fn summary(answer: &Answer, question: &Tenure) -> String {
    let since = match &answer.since {
        Truth::Yes => format!("held since {} or longer", question.since),
        Truth::No => format!("not held since {}", question.since),
        Truth::NotAvailable | Truth::Missing | Truth::Unknown(_) => {
            format!("tenure {}", answer.since.in_clear())
        }
    };
    match &answer.contract {
        ContractType::NotSaid => since,
        ContractType::Unknown(_) => format!("{since}, contract {UNKNOWN_IN_CLEAR}"),
        ContractType::Prepaid | ContractType::Contract | ContractType::Business => {
            format!("{since}, {}", answer.contract.words())
        }
    }
}

/// What the answer says, as name and text, for the page of the check.
#[must_use]
pub fn facts(answer: &Answer, question: &Tenure) -> Vec<(String, String)> {
    vec![
        fact(&format!("Held since {}", question.since), answer.since.words()),
        fact("Contract", answer.contract.words()),
    ]
}

/// What the answer means for the reviewer.
#[must_use]
pub const fn means(answer: &Answer) -> &'static str {
    match (&answer.since, &answer.contract) {
        (Truth::Yes, ContractType::Business) => {
            "The number has not changed hands since the day that was asked. It is on a business contract: its holder is a company, and who uses it may have changed."
        }
        (Truth::Yes, _) => {
            "The number has not changed hands since the day that was asked, as far as the operator knows. It does not say who holds it: the number match does."
        }
        (Truth::No, _) => WHY_NEW,
        (Truth::NotAvailable | Truth::Missing | Truth::Unknown(_), _) => {
            "The operator gave no answer that is understood, so nothing is confirmed."
        }
    }
}

/// What comes next for the reviewer.
#[must_use]
pub const fn next(answer: &Answer) -> &'static str {
    match answer.since {
        Truth::Yes => "Nothing more is needed for the tenure.",
        Truth::No => NEXT_NEW,
        Truth::NotAvailable | Truth::Missing | Truth::Unknown(_) => NEXT_UNCLEAR,
    }
}

const WHY_NEW: &str = "The number came to its present subscriber, or to the present contract, after the day that was asked. Codes and calls to it reach whoever holds it now: it can be a sign that the account was taken over, or that the number was never the customer's.";
const NEXT_NEW: &str = "Ask the customer when they got the number or changed their contract, and compare it with when they gave you the number. Ask for the SIM swap of the number, too.";
const NEXT_UNCLEAR: &str = "Rest the decision on something else and say so; do not take the number for the customer's on this answer.";

/// What a person must judge, in the order of its weight.
#[must_use]
pub fn signs(answer: &Answer, question: &Tenure) -> Vec<Sign> {
    let mut signs = Vec::new();
    let asked = fact("asked", format!("since {}", question.since));
    let contract = fact("contract", answer.contract.words());
    match &answer.since {
        Truth::Yes => {}
        Truth::No => signs.push(Sign::new(
            format!("since {}", question.since),
            format!("This number has not been with its subscriber since {}", question.since),
            vec![asked, contract],
            WHY_NEW,
            NEXT_NEW,
        )),
        Truth::NotAvailable | Truth::Missing | Truth::Unknown(_) => {
            let said = answer.since.words();
            signs.push(Sign::new(
                format!("since {}\0{said}", question.since),
                "The operator does not say whether the number is new to its subscriber",
                vec![asked, fact("answer", said)],
                "An answer that says nothing confirms nothing.",
                NEXT_UNCLEAR,
            ));
        }
    }
    if let ContractType::Unknown(word) = &answer.contract {
        signs.push(Sign::new(
            format!("contract\0{word}"),
            "The operator names a kind of contract that this version does not know",
            vec![fact("answer", word.clone())],
            "What kind of contract it is may change what the tenure says of the customer.",
            "Ask the operator what the word means, or rest the decision on something else and say so.",
        ));
    }
    signs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Tenure {
        Tenure {
            customer_reference: "C-1".into(),
            name: "F".into(),
            phone: "+34629255833".into(),
            since: "2023-07-03".into(),
        }
    }

    fn answer(since: Option<&str>, contract: Option<&str>) -> Answer {
        Answer { since: Truth::of(since), contract: ContractType::of(contract) }
    }

    #[test]
    fn a_number_that_is_held_since_then_has_no_sign() {
        for contract in [None, Some("PAYG"), Some("PAYM"), Some("Business")] {
            assert!(signs(&answer(Some("true"), contract), &question()).is_empty(), "{contract:?}");
        }
        assert_eq!(
            summary(&answer(Some("true"), Some("PAYM")), &question()),
            "held since 2023-07-03 or longer, on contract"
        );
        assert!(means(&answer(Some("true"), Some("Business"))).contains("company"));
    }

    #[test]
    fn a_tenure_that_begins_later_is_a_sign_of_an_account_taken_over() {
        let newer = answer(Some("false"), Some("PAYG"));
        assert_eq!(summary(&newer, &question()), "not held since 2023-07-03, prepaid");
        let signs = signs(&newer, &question());
        assert_eq!(signs.len(), 1);
        assert!(
            signs[0].title.contains("2023-07-03")
                && signs[0].facts.contains(&fact("contract", "prepaid"))
        );
        assert!(
            signs[0]
                .facts
                .iter()
                .any(|(name, text)| name == "why it matters" && text.contains("taken over"))
        );
    }

    #[test]
    fn what_is_not_understood_is_never_clean() {
        for since in
            [None, Some("not_available"), Some("TRUE"), Some("[true]"), Some("[true,false]")]
        {
            let unclear = answer(since, None);
            assert_eq!(signs(&unclear, &question()).len(), 1, "{since:?}");
            assert!(summary(&unclear, &question()).starts_with("tenure "), "{since:?}");
            assert!(means(&unclear).contains("nothing is confirmed"));
        }
        assert_eq!(signs(&answer(Some("true"), Some("payg")), &question()).len(), 1);
    }

    #[test]
    fn a_summary_quotes_no_word_of_the_operator_and_the_findings_do() {
        let odd = answer(Some("Federica"), Some("Sanchez"));
        assert_eq!(
            summary(&odd, &question()),
            "tenure with an unknown answer, contract with an unknown answer"
        );
        let kept = format!("{:?} {:?}", facts(&odd, &question()), signs(&odd, &question()));
        assert!(kept.contains("Federica") && kept.contains("Sanchez"), "{kept}");
    }

    #[test]
    fn another_day_and_another_word_are_other_signs() {
        let of = |since: &str, day: &str| {
            signs(&answer(Some(since), None), &Tenure { since: day.into(), ..question() })[0]
                .name
                .clone()
        };
        let names = [
            of("false", "2023-07-03"),
            of("false", "2026-01-01"),
            of("x", "2023-07-03"),
            of("y", "2023-07-03"),
        ];
        for (at, name) in names.iter().enumerate() {
            assert!(!names[at + 1..].contains(name), "{name}");
        }
        assert_eq!(of("false", "2023-07-03"), names[0]);
    }
}
