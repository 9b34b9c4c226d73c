//! The launch form of a question to ROFUS: what is typed, what is sent, and what is refused.

use crate::{
    Moment,
    checks::Kind,
    fields::Refused,
    services::{
        cpr::{Cpr, check_cpr},
        form::{check_name, check_reference, launch_form, take},
    },
};
use serde::{Deserialize, Serialize};

/// What a person typed to ask ROFUS, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RofusForm {
    pub customer_reference: String,
    pub name: String,
    pub connection: String,
    pub cpr: String,
    /// `Mock` (or a checked box: `on`, `1`, `true`) asks for a made-up answer; nothing asks the
    /// register.
    pub environment_mock: String,
}

/// A question to ROFUS that may be sent. The name is ours: the register is not asked about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RofusCheck {
    pub customer_reference: String,
    pub name: String,
    pub cpr: Cpr,
    /// The provider makes up one of the three answers at random: for trying out only, it says
    /// nothing of the person.
    pub mock: bool,
}

launch_form!(RofusForm: customer_reference, name, connection, cpr, environment_mock);

/// Checks the form of a question to ROFUS.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(form: &RofusForm, now: Moment) -> Result<RofusCheck, Refused> {
    let mut refused = form.as_typed();
    let customer_reference =
        take(&mut refused, "customer_reference", check_reference(&form.customer_reference));
    let name = take(&mut refused, "name", check_name(&form.name, Kind::Rofus));
    if form.connection.is_empty() {
        refused.refuse("connection", "Choose a connection.");
    }
    let cpr = take(&mut refused, "cpr", check_cpr(&form.cpr, now).map(Some));
    let mock = match form.environment_mock.trim() {
        "" => false,
        "Mock" | "on" | "1" | "true" => true,
        _ => {
            refused.refuse("environment_mock", "Choose between the register and a made-up answer.");
            false
        }
    };
    match cpr {
        Some(cpr) if refused.is_clean() => Ok(RofusCheck { customer_reference, name, cpr, mock }),
        _ => Err(refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = 1_795_000_000_000;

    fn rofus() -> RofusForm {
        RofusForm {
            customer_reference: "C-1".into(),
            name: "Tika Klaussen".into(),
            connection: "c".into(),
            cpr: "2005803522".into(),
            environment_mock: String::new(),
        }
    }

    #[test]
    fn a_good_form_becomes_what_is_sent() {
        assert!(!check(&rofus(), NOW).expect("good").mock);
        for yes in ["Mock", "on", "1", "true"] {
            assert!(
                check(&RofusForm { environment_mock: yes.into(), ..rofus() }, NOW)
                    .expect("good")
                    .mock,
                "{yes}"
            );
        }
    }

    #[test]
    fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
        for (form, field) in [
            (RofusForm { customer_reference: String::new(), ..rofus() }, "customer_reference"),
            (RofusForm { name: " ".into(), ..rofus() }, "name"),
            (RofusForm { connection: String::new(), ..rofus() }, "connection"),
            (RofusForm { cpr: String::new(), ..rofus() }, "cpr"),
            (RofusForm { environment_mock: "Prod".into(), ..rofus() }, "environment_mock"),
        ] {
            let refused = check(&form, NOW).expect_err(field);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert_eq!(refused.values, form.as_typed().values);
        }
    }

    #[test]
    fn nobody_is_born_tomorrow() {
        // Seventh digit 5 and year 57: 2057.
        let refused =
            check(&RofusForm { cpr: "010157-5123".into(), ..rofus() }, NOW).expect_err("not born");
        assert!(refused.error("cpr").is_some_and(|m| m.contains("not born yet")));
    }
}
