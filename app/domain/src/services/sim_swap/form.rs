//! The launch form of a SIM swap check: what is typed, what is sent, and what is refused.

use super::words::hours;
use crate::{
    choices,
    fields::Refused,
    number_match::check_phone,
    operators::{self, Input, NAME, PHONE, REFERENCE, whole_number},
    services::form::{launch_form, take},
};
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// The hours that the contract lets one ask about; countries may allow fewer.
pub const HOURS: RangeInclusive<u16> = 1..=2_400;
/// The contract's own number, for a form that names none.
pub const HOURS_USUAL: u16 = 240;

choices! {
    /// Which of its two questions a check puts.
    pub enum Way {
        Within = "within", "Changed within so many hours?";
        Date = "date", "When was the last change?";
    }
}

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SimSwapForm {
    pub customer_reference: String,
    pub name: String,
    pub connection: String,
    pub phone: String,
    /// A code of [`Way`]; an empty one asks about hours.
    pub way: String,
    /// Hours; looked at only where they are asked about.
    pub max_age: String,
}

/// What is asked of the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ask {
    /// Whether the card was changed within so many hours.
    Within(u16),
    /// When it was changed last.
    Date,
}

launch_form!(SimSwapForm: customer_reference, name, connection, phone, way, max_age);

/// A question that may be sent. The name is ours: the operator is not asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SimSwap {
    pub customer_reference: String,
    pub name: String,
    /// E.164 with its `+`.
    pub phone: String,
    pub ask: Ask,
}

/// The inputs of the form besides the connection, in their order; also the columns of a table, the
/// first three of them needed.
pub const INPUTS: &[Input] = &[
    REFERENCE,
    NAME,
    PHONE,
    Input {
        name: "way",
        label: "What to ask",
        hint: "Asking about hours reveals least about the customer; some operators may not give the date.",
        aliases: &["question"],
        example: "within",
    },
    Input {
        name: "max_age",
        label: "Hours to look back",
        hint: "1 to 2,400, 240 (ten days) when empty; some countries allow fewer. Not sent when the date is asked.",
        aliases: &["maxage", "hours"],
        example: "240",
    },
];

impl From<&SimSwap> for SimSwapForm {
    /// The form that would ask this again.
    fn from(question: &SimSwap) -> Self {
        let (way, max_age) = match question.ask {
            Ask::Within(hours) => (Way::Within, hours.to_string()),
            Ask::Date => (Way::Date, String::new()),
        };
        Self {
            customer_reference: question.customer_reference.clone(),
            name: question.name.clone(),
            connection: String::new(),
            phone: question.phone.clone(),
            way: way.code().to_owned(),
            max_age,
        }
    }
}

impl Ask {
    /// What is asked, in words: `within 2,400 hours` or `date of the last change`.
    #[must_use]
    pub fn in_words(self) -> String {
        match self {
            Self::Within(number) => format!("within {}", hours(number)),
            Self::Date => "date of the last change".to_owned(),
        }
    }
}

/// Reads what is asked, or gives the field that stands in the way and the message beside it. Hours
/// are looked at only where they are asked about.
fn ask(way: &str, max_age: &str) -> Result<Ask, (&'static str, String)> {
    let way = match way.trim() {
        "" => Some(Way::Within),
        code => Way::parse(&code.to_ascii_lowercase()),
    };
    match way {
        Some(Way::Within) => match whole_number(max_age, &HOURS) {
            Ok(hours) => Ok(Ask::Within(hours.unwrap_or(HOURS_USUAL))),
            Err(message) => Err(("max_age", message)),
        },
        Some(Way::Date) => Ok(Ask::Date),
        None => Err(("way", "Choose from the list; in a table, write within or date.".to_owned())),
    }
}

/// What a typed line or form asks, in words, read as [`check`] reads it; where it cannot be read,
/// what stands in the way as it was typed.
#[must_use]
pub fn asked_in_words(line: &Refused) -> String {
    match ask(line.value("way"), line.value("max_age")) {
        Ok(ask) => ask.in_words(),
        Err((field, _)) => line.value(field).trim().to_owned(),
    }
}

/// Checks the form.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(form: &SimSwapForm) -> Result<SimSwap, Refused> {
    let mut refused = form.as_typed();
    let (customer_reference, name) = operators::customer(&mut refused);
    let phone = take(&mut refused, "phone", check_phone(&form.phone));
    let ask =
        ask(&form.way, &form.max_age).map_err(|(field, message)| refused.refuse(field, message));
    match ask {
        Ok(ask) if refused.is_clean() => Ok(SimSwap { customer_reference, name, phone, ask }),
        Ok(_) | Err(()) => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::LaunchForm;
    use proptest::prelude::*;

    fn form(way: &str, max_age: &str) -> SimSwapForm {
        SimSwapForm {
            customer_reference: "C-1".into(),
            name: "Federica Sanchez Arjona".into(),
            connection: "c".into(),
            phone: "+34 666 111 333 4".into(),
            way: way.into(),
            max_age: max_age.into(),
        }
    }

    #[test]
    fn a_check_puts_one_of_two_questions() {
        for (way, max_age, ask) in [
            ("within", "120", Ask::Within(120)),
            ("", "1", Ask::Within(1)),
            ("Within", "2400", Ask::Within(2_400)),
            ("", "", Ask::Within(HOURS_USUAL)),
            ("date", "", Ask::Date),
            ("date", "240", Ask::Date),
            ("DATE", "no hours are asked", Ask::Date),
        ] {
            let question = check(&form(way, max_age)).expect(way);
            assert_eq!((question.ask, question.phone.as_str()), (ask, "+346661113334"));
            let again = SimSwapForm { connection: "c".into(), ..SimSwapForm::from(&question) };
            assert_eq!(check(&again).expect("good again"), question);
            let kept = serde_json::to_string(&question).expect("a text");
            assert_eq!(serde_json::from_str::<SimSwap>(&kept).expect("the same"), question);
        }
    }

    #[test]
    fn a_line_says_in_words_what_it_asks_as_it_is_checked() {
        for (way, max_age, words) in [
            ("within", "240", "within 240 hours"),
            (" WITHIN ", "", "within 240 hours"),
            ("", " 1 ", "within 1 hour"),
            ("within", "\u{662}\u{664}", "within 24 hours"),
            ("", "2400", "within 2,400 hours"),
            (" Date ", "24", "date of the last change"),
            ("yesterday", "24", "yesterday"),
            ("within", " 10 days ", "10 days"),
        ] {
            let form = form(way, max_age);
            assert_eq!(asked_in_words(&form.as_typed()), words);
            if let Ok(question) = check(&form) {
                assert_eq!(question.ask.in_words(), words);
            }
        }
    }

    #[test]
    fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
        for (field, typed, words) in [
            ("customer_reference", "", "own reference"),
            ("name", "🙂", "letter"),
            ("connection", "", "connection"),
            ("phone", "+0346", "begins with 0"),
            ("way", "both", "within or date"),
            ("max_age", "0", "from 1 to 2,400"),
            ("max_age", "2401", "from 1 to 2,400"),
            ("max_age", "10 days", "from 1 to 2,400"),
        ] {
            let mut form = form("within", "240");
            assert!(form.put(field, typed));
            let refused = check(&form).expect_err(field);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert!(refused.error(field).is_some_and(|m| m.contains(words)), "{refused:?}");
            assert_eq!(refused.values, form.as_typed().values);
        }
    }

    #[test]
    fn every_input_can_be_filled_by_its_name_and_the_examples_are_good() {
        let mut form = SimSwapForm::default();
        for input in INPUTS {
            assert!(form.put(input.name, input.example), "{}", input.name);
            assert_eq!(form.as_typed().value(input.name), input.example);
        }
        assert!(form.put("connection", "c") && !form.put("cpr", "x"));
        check(&form).expect("the template's line is good");
    }

    proptest! {
        #[test]
        fn whatever_is_typed_the_hours_are_the_contracts(way in "within|date||\\PC{0,8}", max_age in "\\PC{0,8}|[0-9]{0,5}") {
            let form = form(&way, &max_age);
            match check(&form) {
                Ok(SimSwap { ask: Ask::Within(hours), .. }) => prop_assert!(HOURS.contains(&hours)),
                Ok(SimSwap { ask: Ask::Date, .. }) => prop_assert!(way.trim().eq_ignore_ascii_case("date")),
                Err(refused) => prop_assert_eq!(refused.values, form.as_typed().values),
            }
        }
    }
}
