//! The launch form of a tenure check: what is typed, what is sent, and what is refused.

use crate::{
    Moment,
    fields::Refused,
    number_match::check_phone,
    operators::{self, Input, NAME, PHONE, REFERENCE, past_day},
    services::form::{launch_form, take},
};
use serde::{Deserialize, Serialize};

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenureForm {
    pub customer_reference: String,
    pub name: String,
    pub connection: String,
    pub phone: String,
    pub since: String,
}

launch_form!(TenureForm: customer_reference, name, connection, phone, since);

/// A question that may be sent. The name is ours: the operator is not asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenure {
    pub customer_reference: String,
    pub name: String,
    /// E.164 with its `+`.
    pub phone: String,
    /// `YYYY-MM-DD`.
    pub since: String,
}

/// The inputs of the form besides the connection, in their order; also the columns of a table, all
/// of them needed.
pub const INPUTS: &[Input] = &[
    REFERENCE,
    NAME,
    PHONE,
    Input {
        name: "since",
        label: "With its subscriber since",
        hint: "YYYY-MM-DD. The operator says whether the number has been with the same subscriber since this day without a break.",
        aliases: &["tenuredate", "tenure_date", "since_date"],
        example: "2024-07-01",
    },
];

impl From<&Tenure> for TenureForm {
    /// The form that would ask this again.
    fn from(question: &Tenure) -> Self {
        Self {
            customer_reference: question.customer_reference.clone(),
            name: question.name.clone(),
            connection: String::new(),
            phone: question.phone.clone(),
            since: question.since.clone(),
        }
    }
}

/// Checks the form.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(form: &TenureForm, now: Moment) -> Result<Tenure, Refused> {
    let mut refused = form.as_typed();
    let (customer_reference, name) = operators::customer(&mut refused);
    let phone = take(&mut refused, "phone", check_phone(&form.phone));
    let since = take(&mut refused, "since", past_day(&form.since, now));
    if refused.is_clean() {
        Ok(Tenure { customer_reference, name, phone, since })
    } else {
        Err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::LaunchForm;

    const NOW: Moment = 1_795_000_000_000;

    fn form() -> TenureForm {
        TenureForm {
            customer_reference: " C-1 ".into(),
            name: "Federica Sanchez Arjona".into(),
            connection: "c".into(),
            phone: "+34 629-255.833".into(),
            since: " 2023-07-03 ".into(),
        }
    }

    #[test]
    fn a_good_form_becomes_what_is_sent_and_a_form_again() {
        let question = check(&form(), NOW).expect("good");
        assert_eq!(
            (question.phone.as_str(), question.since.as_str()),
            ("+34629255833", "2023-07-03")
        );
        let again = TenureForm { connection: "c".into(), ..TenureForm::from(&question) };
        assert_eq!(check(&again, NOW).expect("good again"), question);
    }

    #[test]
    fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
        for (form, field, words) in [
            (
                TenureForm { customer_reference: "a b".into(), ..form() },
                "customer_reference",
                "spaces",
            ),
            (TenureForm { name: " ".into(), ..form() }, "name", "name of the person"),
            (TenureForm { connection: String::new(), ..form() }, "connection", "connection"),
            (TenureForm { phone: "629255833".into(), ..form() }, "phone", "country code"),
            (TenureForm { since: String::new(), ..form() }, "since", "YYYY-MM-DD"),
            (TenureForm { since: "2999-01-01".into(), ..form() }, "since", "future"),
            (TenureForm { since: "2023-02-30".into(), ..form() }, "since", "does not exist"),
        ] {
            let refused = check(&form, NOW).expect_err(field);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert!(refused.error(field).is_some_and(|m| m.contains(words)), "{refused:?}");
            assert_eq!(refused.values, form.as_typed().values);
        }
    }

    #[test]
    fn every_input_can_be_filled_by_its_name_and_the_examples_are_good() {
        let mut form = TenureForm::default();
        for input in INPUTS {
            assert!(form.put(input.name, input.example), "{}", input.name);
            assert_eq!(form.as_typed().value(input.name), input.example);
        }
        assert!(form.put("connection", "c") && !form.put("cpr", "x"));
        check(&form, NOW).expect("the template's line is good");
    }
}
