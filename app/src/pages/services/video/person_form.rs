//! The form of the first step: typed anew on the launch page, corrected on the check's page.

use super::words::{choose, countries, options};
use crate::pages::{
    launching::{
        Launchable,
        asks::{Asks, without_questions},
        fields::connection_field,
    },
    parts::{self, Field},
};
use domain::{
    fields::Refused,
    video::{Salutation, TITLES},
};
use leptos::prelude::*;

const LABELS: &[(&str, &str)] = &[
    ("customer_reference", "Customer reference"),
    ("connection", "Connection"),
    ("salutation", "Salutation"),
    ("first_name", "First name"),
    ("last_name", "Last name"),
    ("birth_date", "Birth date"),
    ("nationality", "Nationality"),
    ("line_1", "Street"),
    ("line_2", "House number"),
    ("postal_code", "Postal code"),
    ("city", "Town"),
    ("state", "State"),
    ("country", "Country of residence"),
    ("mobile_number", "Mobile number"),
    ("terms_conditions_signed_at", "Terms and conditions agreed"),
    ("data_terms_signed_at", "Data processing agreed"),
];

/// Where the form stands.
pub(super) enum At<'a> {
    /// Nothing was launched yet: reference and connection are chosen.
    New { connections: &'a Launchable, relaunch_of: Option<&'a str>, from: Option<AnyView> },
    /// The check exists; `again`: the same as typed is sent once more.
    Check { connection: &'a str, again: bool },
}

/// The whole form.
pub(super) fn person_form(check: &str, form: &Refused, at: At<'_>) -> impl IntoView + use<> {
    let asks = Asks::of(form);
    let anyway = asks.is_any();
    let (button, is_new, again) = match &at {
        At::New { .. } if anyway => ("Send the person anyway", true, false),
        At::New { .. } => ("Send the person to Solaris", true, false),
        At::Check { again: true, .. } => ("Try again: send the person to Solaris", false, true),
        At::Check { again: false, .. } => ("Send the corrected person to Solaris", false, false),
    };
    let hidden = |name: &'static str| view! { <input type="hidden" name=name value=form.value(name).to_owned()/> };
    let (first, connection, from) = match at {
        At::New { connections, relaunch_of, from } => {
            let relaunch_of = relaunch_of.unwrap_or_default().to_owned();
            let known = (form.value("known") == "1").then(|| hidden("known"));
            let reference = Field::text("customer_reference", "Customer reference")
                .required()
                .hint("Your own reference, for example C-000123. Checks of one customer belong together by it.")
                .width("medium")
                .check("reference")
                .show(form);
            let provider = view! { <fieldset><legend>"Provider"</legend>{connection_field(connections, form)}</fieldset> };
            (view! { <input type="hidden" name="relaunch_of" value=relaunch_of/>{known}{reference} }.into_any(), Some(provider), from)
        }
        At::Check { connection, .. } => {
            let facts = view! {
                <dl class="facts">{parts::fact("Reference", form.value("customer_reference"))}{parts::fact("Connection", connection)}</dl>
            };
            let kept = view! { <input type="hidden" name="corrects" value="1"/>{hidden("customer_reference")}{hidden("connection")}{facts} };
            (kept.into_any(), None, None)
        }
    };
    let will = match (is_new, again) {
        (true, _) => {
            "The person is sent to Solaris at once. Identification and session are two more steps; you can take them later, on the check's page."
        }
        (false, true) => "What was sent before is looked up first: nobody is made twice.",
        (false, false) => "Solaris refused what was sent before, so there is nobody yet.",
    };
    view! {
        <form class="form" method="post" action="/api/video/person" novalidate data-launch>
            <input type="hidden" name="check_id" value=check.to_owned()/>
            {asks.questions()}
            {parts::refusals(&without_questions(form), LABELS)}
            {from}
            <fieldset><legend>"Customer"</legend>{first}{names(form)}</fieldset>
            {address(form)}
            {contact(form)}
            {consents(form)}
            {connection}
            <p class="will">{will}</p>
            {asks.answers()}
            <div class="actions">
                <button class="btn primary">{button}</button>
                {is_new.then(|| view! { <a class="btn quiet" href="/checks">"Cancel"</a> })}
            </div>
        </form>
    }
}

fn names(form: &Refused) -> impl IntoView + use<> {
    let salutations =
        options(Some("choose …"), Salutation::ALL.iter().map(|s| (s.code(), s.label())));
    view! {
        {choose("salutation", "Salutation", true, None, salutations, form)}
        <div class="fields">
            {Field::text("first_name", "First name").required().hint("As the identity document prints it, at most 50 characters, without symbols or emojis").show(form)}
            {Field::text("last_name", "Last name").required().hint("Likewise, without title; N/A if the customer has none").show(form)}
        </div>
        <div class="fields">
            {Field::text("birth_date", "Birth date").required().hint("Year, month, day: 1990-06-21").width("short").check("birth_date").show(form)}
            {choose("nationality", "Nationality", true, Some("The country that issued the identity document"), countries("choose …"), form)}
        </div>
    }
}

fn address(form: &Refused) -> impl IntoView + use<> {
    view! {
        <fieldset>
            <legend>"Residence"</legend>
            <p class="hint">"Only customers who reside in Germany can identify by video."</p>
            <div class="fields">
                {Field::text("line_1", "Street").required().show(form)}
                {Field::text("line_2", "House number").required().width("short").show(form)}
                {Field::text("postal_code", "Postal code").required().hint("5 digits").width("short").show(form)}
                {Field::text("city", "Town").required().show(form)}
                {Field::text("state", "State").hint("Not needed in Germany").show(form)}
                {choose("country", "Country of residence", true, None, countries("choose …"), form)}
            </div>
        </fieldset>
    }
}

fn contact(form: &Refused) -> impl IntoView + use<> {
    view! {
        <fieldset>
            <legend>"Contact"</legend>
            {Field::text("mobile_number", "Mobile number").required().hint("With + and the country code: +49 1512 3456789. IDnow sends a code to it during the session.").kind("tel").width("medium").show(form)}
        </fieldset>
    }
}

fn consents(form: &Refused) -> impl IntoView + use<> {
    view! {
        <fieldset>
            <legend>"Consent"</legend>
            <p class="hint">"The moments at which the customer agreed, in UTC: 2026-01-01T09:30:00Z, or 2026-01-01 09:30."</p>
            <div class="fields">
                {Field::text("terms_conditions_signed_at", "Terms and conditions agreed").required().hint("To the terms and conditions of Solaris").width("medium").show(form)}
                {Field::text("data_terms_signed_at", "Data processing agreed").required().hint("To the processing of personal data").width("medium").show(form)}
            </div>
        </fieldset>
    }
}

/// First and last name out of one line: the last word is the last name, and titles are left out. A
/// first guess only, which the form says.
pub(super) fn split_name(name: &str) -> (String, String) {
    let is_title = |word: &str| word == "Dr." || TITLES.iter().any(|(_, words)| *words == word);
    let words: Vec<&str> = name.split_whitespace().skip_while(|word| is_title(word)).collect();
    match words.split_last() {
        Some((last, first)) if !first.is_empty() => (first.join(" "), (*last).to_owned()),
        Some((only, _)) => (String::new(), (*only).to_owned()),
        None => (String::new(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use casework::checks;
    use domain::video::{Complaint, PersonForm};

    fn html(view: impl IntoView) -> String {
        view.into_view().to_html()
    }

    #[test]
    fn names_are_split_as_a_first_guess() {
        let split = |name: &str| split_name(name);
        assert_eq!(split("Jane Mary Doe"), ("Jane Mary".into(), "Doe".into()));
        assert_eq!(split("Dr. Prof. Max Mustermann"), ("Max".into(), "Mustermann".into()));
        assert_eq!(split("王又曾"), (String::new(), "王又曾".into()));
        assert_eq!(split("  "), (String::new(), String::new()));
    }

    #[test]
    fn a_complaint_stands_at_its_field_and_nothing_typed_is_lost() {
        let typed = PersonForm {
            customer_reference: "C-1".into(),
            connection: "k".into(),
            first_name: "Jane".into(),
            ..Default::default()
        };
        let complaint = Complaint {
            code: "invalid_model".into(),
            detail: "is no number".into(),
            field: Some("address.postal_code".into()),
        };
        let html = html(person_form(
            "c1",
            &typed.refused_with(&[complaint]),
            At::Check { connection: "Solaris sandbox", again: false },
        ));
        assert!(
            html.contains("Solaris refuses this: is no number") && html.contains("#postal_code"),
            "{html}"
        );
        assert!(html.contains(r#"value="Jane""#) && html.contains(r#"name="corrects""#), "{html}");
        assert!(
            html.contains(r#"name="customer_reference" value="C-1""#)
                && html.contains("Solaris sandbox"),
            "{html}"
        );
        assert!(!html.contains("relaunch_of") && !html.contains("Cancel"), "{html}");
    }

    #[test]
    fn an_open_check_asks_before_another_one_is_made() {
        let form = PersonForm::default().as_typed().because(checks::OPEN_CHECK, "0190");
        let html = html(person_form(
            "c1",
            &form,
            At::New { connections: &vec![], relaunch_of: None, from: None },
        ));
        assert!(
            html.contains("/checks/0190")
                && html.contains(r#"name="anyway" value="1""#)
                && html.contains("anyway"),
            "{html}"
        );
    }
}
