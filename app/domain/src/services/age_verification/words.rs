//! An answer about an age in a reviewer's words.

use super::{AgeVerification, Answer, Score};
use crate::operators::{Truth, UNKNOWN_IN_CLEAR, fact};

pub(super) const WHY_YOUNGER: &str = "The contract belongs to somebody who is not old enough. Either it is the customer's and the birth date they gave is wrong, or it is somebody else's and the number is not in the customer's hands.";
pub(super) const NEXT_YOUNGER: &str =
    "Compare the birth date with a document, and ask the customer whose contract it is.";
pub(super) const WHY_UNCLEAR: &str = "An answer that is not understood confirms nothing.";
pub(super) const NEXT_UNCLEAR: &str =
    "Rest the age on something else, for example a document, and say so.";

/// What the operator was told of the customer, in words; empty where that was nothing.
pub(super) fn given(question: &AgeVerification) -> String {
    question
        .identity
        .keys()
        .map(|detail| detail.label().to_lowercase())
        .collect::<Vec<_>>()
        .join(", ")
}

/// The answer in the words of the queue; they stay in clear, so what is not understood is not
/// quoted.
#[must_use]
pub fn summary(answer: &Answer, question: &AgeVerification) -> String {
    let years = question.age;
    let mut words = vec![match &answer.age {
        Truth::Yes => format!("{years} or older"),
        Truth::No => format!("younger than {years}"),
        Truth::NotAvailable | Truth::Missing | Truth::Unknown(_) => {
            format!("age {}", answer.age.in_clear())
        }
    }];
    words.push(match &answer.verified {
        Truth::Yes => "verified".to_owned(),
        Truth::No => "not verified".to_owned(),
        Truth::Missing => "verification not said".to_owned(),
        Truth::NotAvailable | Truth::Unknown(_) => {
            format!("verification {}", answer.verified.in_clear())
        }
    });
    match &answer.score {
        Score::NotSaid if question.identity.is_empty() => {}
        Score::NotSaid => words.push("identity not compared".to_owned()),
        Score::Of(_) => words.push(format!("identity {}", answer.score.words())),
        Score::Unknown(_) => words.push(format!("identity {UNKNOWN_IN_CLEAR}")),
    }
    let locks = [
        (question.content_lock, &answer.content_lock, "content lock"),
        (question.parental_control, &answer.parental_control, "parental control"),
    ];
    words.extend(locks.into_iter().filter(|(is_asked, ..)| *is_asked).filter_map(
        |(_, said, what)| match said {
            Truth::No => None,
            Truth::Yes => Some(what.to_owned()),
            Truth::NotAvailable | Truth::Missing => Some(format!("{what} not said")),
            Truth::Unknown(_) => Some(format!("{what} {}", said.in_clear())),
        },
    ));
    words.join(", ")
}

/// What the answer says, as name and text, for the page of the check: only what was asked.
#[must_use]
pub fn facts(answer: &Answer, question: &AgeVerification) -> Vec<(String, String)> {
    let optional =
        |said: &Truth| if *said == Truth::Missing { "not said".to_owned() } else { said.words() };
    let mut facts = vec![
        fact(&format!("At least {} years old", question.age), answer.age.words()),
        fact("Compared with an identity document", optional(&answer.verified)),
        fact("How well the identity fits", answer.score.words()),
    ];
    facts.extend(
        question.content_lock.then(|| fact("Content lock", optional(&answer.content_lock))),
    );
    facts.extend(
        question
            .parental_control
            .then(|| fact("Parental control", optional(&answer.parental_control))),
    );
    facts
}

/// What the answer means for the reviewer.
#[must_use]
pub fn means(answer: &Answer, question: &AgeVerification) -> String {
    match (&answer.age, &answer.score) {
        (Truth::Yes, Score::Of(_)) if !question.identity.is_empty() => {
            "The subscriber is old enough. Whether the subscriber is the customer, the likeness says.".to_owned()
        }
        (Truth::Yes, _) => {
            "The subscriber is old enough. The operator does not say that the subscriber is the customer: who holds the contract need not be who uses the phone.".to_owned()
        }
        (Truth::No, _) => WHY_YOUNGER.to_owned(),
        (Truth::NotAvailable | Truth::Missing | Truth::Unknown(_), _) => WHY_UNCLEAR.to_owned(),
    }
}

/// What comes next for the reviewer.
#[must_use]
pub const fn next(answer: &Answer) -> &'static str {
    match (&answer.age, &answer.verified) {
        (Truth::Yes, Truth::Yes) => {
            "Nothing more is needed for the age, if the number is the customer's."
        }
        (Truth::Yes, Truth::No | Truth::NotAvailable | Truth::Missing | Truth::Unknown(_)) => {
            "Where the law wants the age from a document, rest it on one: the operator does not say that it did."
        }
        (Truth::No, _) => NEXT_YOUNGER,
        (Truth::NotAvailable | Truth::Missing | Truth::Unknown(_), _) => NEXT_UNCLEAR,
    }
}
