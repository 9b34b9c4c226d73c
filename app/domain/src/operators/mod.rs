//! What the services of mobile operators have in common: answers of yes and no, what a person must
//! judge, the words of a form's inputs, and the errors that all of their contracts share.
//!
//! Source: CAMARA Commonalities 0.6. What one service alone knows stands in its own folder.

mod explain;
mod form;

pub use crate::idv::Explained;
pub use explain::explain;
pub use form::{customer, email, is_on, past_day, text, whole_number};

use serde::{Deserialize, Serialize};

/// The most characters that are kept of a word that we do not know; the evidence has all.
const UNKNOWN_MAX: usize = 200;

/// What an operator says to a question of yes and no.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Truth {
    Yes,
    No,
    /// The operator has nothing to answer from.
    NotAvailable,
    /// The answer does not speak of it.
    Missing,
    /// A word that we do not know, as it came; it is neither yes nor no.
    Unknown(String),
}

impl Truth {
    /// Reads a member of an answer as text; some contracts write truth as a text, some as itself,
    /// and both mean the same.
    #[must_use]
    pub fn of(said: Option<&str>) -> Self {
        match said {
            None => Self::Missing,
            Some("true") => Self::Yes,
            Some("false") => Self::No,
            Some("not_available") => Self::NotAvailable,
            Some(other) => Self::Unknown(unknown(other)),
        }
    }

    /// What stands in the way of a yes or a no, in words; nothing where one of them was said.
    #[must_use]
    pub fn unclear(&self) -> Option<String> {
        match self {
            Self::Yes | Self::No => None,
            Self::NotAvailable => Some("not available at the operator".into()),
            Self::Missing => Some("not answered".into()),
            Self::Unknown(word) => Some(unknown_words(word)),
        }
    }

    /// The words of a summary, which stays in clear where all else is erased: what we do not know
    /// is not quoted there.
    #[must_use]
    pub fn in_clear(&self) -> String {
        match self {
            Self::Unknown(_) => UNKNOWN_IN_CLEAR.to_owned(),
            Self::Yes | Self::No | Self::NotAvailable | Self::Missing => self.words(),
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Yes => "yes".into(),
            Self::No => "no".into(),
            Self::NotAvailable | Self::Missing | Self::Unknown(_) => {
                self.unclear().unwrap_or_default()
            }
        }
    }
}

/// A word that we do not know, as much of it as is kept.
#[must_use]
pub fn unknown(word: &str) -> String {
    word.chars().take(UNKNOWN_MAX).collect()
}

/// How such a word is shown.
#[must_use]
pub fn unknown_words(word: &str) -> String {
    format!("unknown answer: {word}")
}

/// What a summary says in its place.
pub const UNKNOWN_IN_CLEAR: &str = "with an unknown answer";

/// Something in an answer that a person must judge, before it is a finding of a check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sign {
    /// What makes it the same sign when the same answer is read again, and another one when the
    /// answer says something else.
    pub name: String,
    pub title: String,
    /// What is known of it, as name and text.
    pub facts: Vec<(String, String)>,
}

impl Sign {
    /// A sign with why it matters and what comes next; `known` stands before both.
    #[must_use]
    pub fn new(
        name: impl Into<String>,
        title: impl Into<String>,
        known: Vec<(String, String)>,
        why: &str,
        next: &str,
    ) -> Self {
        let mut facts = known;
        facts.push(("why it matters".to_owned(), why.to_owned()));
        facts.push(("what to do next".to_owned(), next.to_owned()));
        Self { name: name.into(), title: title.into(), facts }
    }
}

/// A fact of a sign.
#[must_use]
pub fn fact(name: &str, text: impl Into<String>) -> (String, String) {
    (name.to_owned(), text.into())
}

/// An input of a launch form, which is also a column of a table of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Input {
    /// Its name, also where a refused form has its text and its message, and the column in the
    /// template.
    pub name: &'static str,
    pub label: &'static str,
    /// Empty where the label says enough.
    pub hint: &'static str,
    /// What else a column may be called, in small letters.
    pub aliases: &'static [&'static str],
    /// What the template's line has there.
    pub example: &'static str,
}

impl Input {
    /// Whether a column of this name, in small letters, is this one.
    #[must_use]
    pub fn is_called(&self, column: &str) -> bool {
        self.name == column || self.aliases.contains(&column)
    }
}

/// Our own reference of the customer.
pub const REFERENCE: Input = Input {
    name: "customer_reference",
    label: "Customer reference",
    hint: "Your own, for example C-000123.",
    aliases: &["reference"],
    example: "C-000123",
};

/// The customer's name with us.
pub const NAME: Input = Input {
    name: "name",
    label: "Name",
    hint: "Your own name for the customer. It is not sent.",
    aliases: &[],
    example: "Federica Sanchez Arjona",
};

/// The number that the operator is asked about.
pub const PHONE: Input = Input {
    name: "phone",
    label: "Phone number",
    hint: "With country code, for example +34 629 255 833.",
    aliases: &["phonenumber", "phone_number"],
    example: "+34629255833",
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::{age_verification, sim_swap, tenure};

    #[test]
    fn only_the_words_of_the_contracts_are_yes_or_no() {
        assert_eq!([Truth::of(Some("true")), Truth::of(Some("false"))], [Truth::Yes, Truth::No]);
        for word in
            ["TRUE", " true", "yes", "1", "[true]", r#"["true"]"#, "[true,false]", "null", "{}"]
        {
            let read = Truth::of(Some(word));
            assert_eq!(read, Truth::Unknown(word.to_owned()));
            assert!(
                read.unclear().is_some_and(|w| w.contains(word)) && read.words().contains(word),
                "{word}"
            );
        }
        assert!(
            Truth::of(None).unclear().is_some()
                && Truth::of(Some("not_available")).unclear().is_some()
        );
        assert!(Truth::Yes.unclear().is_none() && Truth::No.unclear().is_none());
        assert_eq!(Truth::of(Some(&"x".repeat(5_000))), Truth::Unknown("x".repeat(UNKNOWN_MAX)));
    }

    #[test]
    fn what_stays_in_clear_quotes_no_word_of_the_operator() {
        assert_eq!(Truth::of(Some("Federica")).in_clear(), UNKNOWN_IN_CLEAR);
        for truth in [Truth::Yes, Truth::No, Truth::NotAvailable, Truth::Missing] {
            assert_eq!(truth.in_clear(), truth.words());
        }
    }

    #[test]
    fn a_sign_says_why_it_matters_and_what_comes_next() {
        let sign = Sign::new("n", "T", vec![fact("answer", "x")], "Why.", "Next.");
        let names: Vec<&str> = sign.facts.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["answer", "why it matters", "what to do next"]);
    }

    #[test]
    fn no_hint_beside_a_field_speaks_of_tables() {
        for input in [tenure::INPUTS, age_verification::INPUTS, sim_swap::INPUTS].concat() {
            assert!(!input.hint.to_lowercase().contains("table"), "{}: {}", input.name, input.hint);
        }
    }

    #[test]
    fn a_column_goes_by_its_name_and_by_its_other_names() {
        assert!(
            PHONE.is_called("phone")
                && PHONE.is_called("phonenumber")
                && !PHONE.is_called("telephone")
        );
    }
}
