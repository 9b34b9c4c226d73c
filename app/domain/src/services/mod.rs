//! The services that the desk can run: one folder each, and beside them what several share.

pub mod cpr;
pub mod due_diligence;
pub mod form;
pub mod idv;
pub mod number_match;
pub mod pid_cpr;
pub mod rofus;
pub mod settings;
pub mod video;
pub mod wallet;

pub use form::LaunchForm;

/// What we say of a provider's code, and what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    pub means: &'static str,
    pub next: &'static str,
}

#[cfg(test)]
mod tests {
    use super::{number_match::NumberMatchForm, pid_cpr::PidCprForm, rofus::RofusForm, wallet::WalletForm, *};
    use serde::{Deserialize, Serialize, de::DeserializeOwned};
    use std::{collections::BTreeSet, fmt::Debug};

    /// As a server function takes it: beside another input, and under the names of its own.
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sent<F> {
        retry: String,
        #[serde(flatten)]
        form: F,
    }

    fn is_filled_by_name<F: LaunchForm + Serialize + DeserializeOwned + Debug>(fields: &[&str]) {
        let mut form = F::default();
        for field in fields {
            assert!(form.put(field, &format!("this is {field}")), "{field}");
        }
        let typed = form.as_typed();
        assert_eq!(typed.values.keys().map(String::as_str).collect::<BTreeSet<_>>(), fields.iter().copied().collect());
        assert!(typed.values.iter().all(|(field, text)| *text == format!("this is {field}")), "{typed:?}");
        assert_eq!((form.connection(), form.customer_reference()), ("this is connection", "this is customer_reference"));
        let before = form.clone();
        for other in ["", "retry", "Name", "values", "values[]", "values[later]", "values[birthdate", "birthdate"] {
            assert!(!form.put(other, "x"), "{other}");
        }
        assert_eq!(form, before, "what has no input changes nothing");
        form.set_connection("c");
        assert_eq!((form.connection(), form.as_typed().value("connection")), ("c", "c"));
        let sent = Sent { retry: "r".into(), form };
        let text = serde_json::to_string(&sent).expect("text");
        assert_eq!(serde_json::from_str::<Sent<F>>(&text).expect("reads"), sent);
        let little: Sent<F> = serde_json::from_str(r#"{"retry":"r","name":"N"}"#).expect("reads");
        assert_eq!((little.form.as_typed().value("name"), little.form.connection()), ("N", ""));
    }

    #[test]
    fn a_launch_form_is_filled_by_the_names_of_its_inputs_and_sent_beside_others() {
        is_filled_by_name::<NumberMatchForm>(&[
            "customer_reference",
            "name",
            "connection",
            "phone",
            "values[birthdate]",
            "values[idDocument]",
        ]);
        is_filled_by_name::<PidCprForm>(&["customer_reference", "name", "connection", "pid", "cpr"]);
        is_filled_by_name::<RofusForm>(&["customer_reference", "name", "connection", "cpr", "environment_mock"]);
        is_filled_by_name::<WalletForm>(&["customer_reference", "name", "connection", "chain", "address"]);
    }
}
