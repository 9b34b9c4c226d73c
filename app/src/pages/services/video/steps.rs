//! The three steps of a launch: where it stands, and the forms of the second and third step.

use super::words::{choose, country_words, options};
use crate::pages::parts;
use casework::providers::solaris::SupportedDocument;
use domain::{
    fields::Refused,
    video::{
        Complaint, IdentificationForm, Kind, Language, ProofOfAddress, WITH_ADDRESS, address_hint,
        kind_words,
    },
};
use leptos::prelude::*;

/// One step of a launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Person,
    Identification,
    Session,
}

impl Step {
    const ALL: [Self; 3] = [Self::Person, Self::Identification, Self::Session];

    const fn label(self) -> &'static str {
        match self {
            Self::Person => "Person",
            Self::Identification => "Identification",
            Self::Session => "Session",
        }
    }
}

/// Which step the launch is at, which are done and which follow.
pub(super) fn stepper(here: Step) -> impl IntoView {
    let steps: Vec<_> = Step::ALL
        .iter()
        .zip(1..)
        .map(|(step, number)| {
            let (code, said) = match step.cmp(&here) {
                std::cmp::Ordering::Less => ("done", Some("done")),
                std::cmp::Ordering::Equal => ("here", None),
                std::cmp::Ordering::Greater => ("ahead", None),
            };
            let current = (code == "here").then_some("step");
            view! { <li data-step=code aria-current=current><span class="no">{number}</span>" "{step.label()}{said.map(|s| view! { " "<span class="meta">{s}</span> })}</li> }
        })
        .collect();
    view! { <ol class="steps" aria-label="Steps of the launch">{steps}</ol> }
}

/// What the fields of the second step are called.
const LABELS: &[(&str, &str)] = &[
    ("language", "Language"),
    ("document", "The customer's identity document"),
    ("proof_of_address_type", "Proof of address"),
    ("proof_of_address_issued_at", "Issued"),
];

/// The second step. `nationality`: of the customer, for the hint about documents of that country.
pub(super) fn identification_form(
    check: &str,
    form: &Refused,
    nationality: Option<&str>,
    again: bool,
) -> impl IntoView + use<> {
    let languages = options(Some("choose …"), Language::ALL.iter().map(|l| (l.code(), l.label())));
    let proofs = options(Some("none"), ProofOfAddress::ALL.iter().map(|p| (p.code(), p.label())));
    let hints: Vec<_> = nationality
        .into_iter()
        .flat_map(|country| {
            [Kind::IdCard, Kind::Passport]
                .map(|kind| view! { <li>{address_hint(country, kind)}</li> })
        })
        .collect();
    let hints = (!hints.is_empty()).then(|| view! { <ul class="plain hint">{hints}</ul> });
    view! {
        <form class="form" method="post" action="/api/video/identification" novalidate data-launch>
            <input type="hidden" name="check_id" value=check.to_owned()/>
            {parts::refusals(form, LABELS)}
            <fieldset>
                <legend>"Session"</legend>
                {choose("language", "Language", true, Some("The language that customer and agent will speak"), languages, form)}
            </fieldset>
            <fieldset>
                <legend>"Identity document and proof of address"</legend>
                <p class="hint">"Solaris needs a proof of address unless the identity document shows the address. It must not be older than 6 months."</p>
                {document_field(form)}
                {hints}
                <div class="fields">
                    {choose("proof_of_address_type", "Proof of address", false, Some("Needed for another document"), proofs, form)}
                    {parts::Field::text("proof_of_address_issued_at", "Issued").hint("Year, month, day: 2026-09-03").width("short").check("date").show(form)}
                </div>
            </fieldset>
            <p class="will">"The identification is made at Solaris. No session is requested yet, and the customer hears nothing."</p>
            <div class="actions"><button class="btn primary">{if again { "Try again: make the identification" } else { "Make the identification" }}</button></div>
        </form>
    }
}

fn document_field(form: &Refused) -> impl IntoView + use<> {
    let hint = "Documents of this list show the address. The choice is not sent.";
    let select = parts::select("document", documents(), form.value("document"), form, true);
    parts::field(
        "document",
        "The customer's identity document",
        false,
        Some(hint),
        None,
        form,
        select,
    )
}

/// The documents with address by country, then the two other answers.
fn documents() -> Vec<(String, String)> {
    let mut known: Vec<(String, String)> = WITH_ADDRESS
        .iter()
        .map(|d| {
            (
                d.model.to_owned(),
                format!(
                    "{}, {}, {}",
                    country_words(d.country),
                    d.kind.label().to_lowercase(),
                    d.model
                ),
            )
        })
        .collect();
    known.sort_by(|a, b| a.1.cmp(&b.1));
    let mut all = vec![
        (String::new(), "not known yet".to_owned()),
        (
            IdentificationForm::OTHER.to_owned(),
            "another one, which does not show the address".to_owned(),
        ),
    ];
    all.append(&mut known);
    all
}

/// The third step: what the customer may show, then the request.
pub(super) fn session_form(
    check: &str,
    supported: Option<&[SupportedDocument]>,
    complaints: &[Complaint],
    again: bool,
) -> AnyView {
    let refused = complaints_notice(complaints);
    view! {
        {refused}
        <p class="prose">"Look at this list with the customer before you request the session: with another document it comes to nothing."</p>
        {documents_table(supported)}
        <form class="form" method="post" action="/api/video/request">
            <input type="hidden" name="check_id" value=check.to_owned()/>
            <p class="will">"IDnow makes a page for the customer, whose address is valid for 14 days. You give the address to the customer; nobody else does."</p>
            <div class="actions"><button class="btn primary">{if again { "Try again: request the session" } else { "Request the session" }}</button></div>
        </form>
    }
    .into_any()
}

/// What Solaris blamed of a step that has no fields.
pub(super) fn complaints_notice(complaints: &[Complaint]) -> Option<impl IntoView + use<>> {
    let mut refused = Refused::default();
    domain::video::land(&mut refused, complaints, |_| None);
    refused.error("").map(|words| parts::notice("danger", words.to_owned()))
}

/// The kinds of documents that IDnow takes, with the countries that issued them.
pub(super) fn documents_table(supported: Option<&[SupportedDocument]>) -> AnyView {
    let Some(supported) = supported.filter(|all| !all.is_empty()) else {
        let words = "Solaris did not say which documents are supported. Passports and identity cards mostly are.";
        return parts::notice("attention", words).into_any();
    };
    let rows: Vec<_> = supported
        .iter()
        .map(|document| {
            let mut countries: Vec<String> =
                document.countries.iter().map(|code| country_words(code)).collect();
            countries.sort();
            let count = countries.len();
            let countries =
                if countries.is_empty() { "not said".to_owned() } else { countries.join(", ") };
            view! {
                <tr>
                    <th scope="row">{kind_words(&document.document_type).to_owned()}</th>
                    <td data-label="Countries" class="num">{count}</td>
                    <td data-label="Issued by" class="wide">{countries}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="scroll" role="region" tabindex="0" aria-label="Supported documents"><table class="rows stack supported">
            <caption class="sr">"Supported documents"</caption>
            <thead><tr><th scope="col">"Document"</th><th scope="col" class="num">"Countries"</th><th scope="col">"Issued by"</th></tr></thead>
            <tbody>{rows}</tbody>
        </table></div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(view: impl IntoView) -> String {
        view.into_view().to_html()
    }

    #[test]
    fn the_stepper_says_what_is_done_and_where_one_is() {
        let html = html(stepper(Step::Identification));
        assert!(
            html.contains(r#"data-step="done""#) && html.contains(r#"data-step="ahead""#),
            "{html}"
        );
        assert_eq!(html.matches(r#"aria-current="step""#).count(), 1, "{html}");
    }

    #[test]
    fn documents_are_named_for_people() {
        let supported = [
            SupportedDocument {
                document_type: "IDCARD".into(),
                countries: vec!["FR".into(), "DE".into()],
            },
            SupportedDocument { document_type: "BRAND_NEW".into(), countries: vec![] },
        ];
        let html = html(documents_table(Some(&supported)));
        assert!(
            html.contains("Identity card") && html.contains("France (FR), Germany (DE)"),
            "{html}"
        );
        assert!(html.contains("BRAND_NEW") && html.contains("not said"), "{html}");
        assert!(self::html(documents_table(None)).contains("did not say"));
    }

    #[test]
    fn the_table_stands_before_the_request_and_a_refusal_before_both() {
        let complaint = Complaint {
            code: "model_not_found".into(),
            detail: "Nobody knows it".into(),
            field: None,
        };
        let html = html(session_form("c1", None, &[complaint], true));
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("{text} in {html}"));
        assert!(
            at("Solaris refuses this: Nobody knows it") < at("did not say")
                && at("did not say") < at("Try again: request")
        );
    }

    #[test]
    fn the_list_begins_with_what_nobody_has_to_look_up() {
        let all = documents();
        assert_eq!(
            (all.len(), all[0].0.as_str(), all[1].0.as_str()),
            (WITH_ADDRESS.len() + 2, "", "other")
        );
        assert!(
            all.iter().any(|(code, words)| code == "DEU-BO-02001"
                && words == "Germany (DE), identity card, DEU-BO-02001"),
            "{all:?}"
        );
    }
}
