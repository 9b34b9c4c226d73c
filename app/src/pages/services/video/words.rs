//! The words and small parts that the pages of a video identification have in common.

use crate::pages::{forms::encode, parts};
use domain::{
    countries::{self, COUNTRIES},
    fields::Refused,
    time,
    video::{self, Light, PATCHABLE, Salutation, Shape},
};
use leptos::prelude::*;

/// The words of a person's field, by its path at Solaris; a path that this version does not know in
/// words of its own.
pub(super) fn field_words(path: &str) -> String {
    if let Some(known) = PATCHABLE.iter().find(|f| f.name == path) {
        return known.label.to_owned();
    }
    let known = match path {
        "id" => "Number at Solaris",
        "first_name" => "First name",
        "last_name" => "Last name",
        "birth_date" => "Birth date",
        "birth_city" => "Place of birth",
        "birth_country" => "Country of birth",
        "birth_name" => "Name at birth",
        "nationality" => "Nationality",
        "mobile_number" => "Mobile number",
        "terms_conditions_signed_at" => "Terms and conditions agreed",
        "screening_progress" => "Screening",
        "risk_classification_status" => "Risk",
        "customer_vetting_status" => "Vetting",
        "aml_follow_up_date" => "AML data to be confirmed by",
        other => return parts::setting_word(&other.replace('.', ": ")),
    };
    known.to_owned()
}

/// A person's value as people read it; what is not understood stays as it came.
pub(super) fn value_words(path: &str, value: &str) -> String {
    let shape = PATCHABLE.iter().find(|f| f.name == path).map(|f| f.shape);
    let is_country =
        matches!(shape, Some(Shape::Country)) || matches!(path, "nationality" | "birth_country");
    match shape {
        _ if is_country => country_words(value),
        Some(Shape::Salutation) => {
            Salutation::parse(value).map_or_else(|| value.to_owned(), |s| s.label().to_owned())
        }
        Some(Shape::Title) => video::title(value).to_owned(),
        _ if path.ends_with("_at") => {
            video::parse_utc(value).map_or_else(|| value.to_owned(), time::utc_minute)
        }
        _ => match value {
            "true" => "yes".into(),
            "false" => "no".into(),
            other => other.to_owned(),
        },
    }
}

/// `Germany (DE)`; an unknown code as it came.
pub(super) fn country_words(code: &str) -> String {
    countries::find(code).map_or_else(|| code.to_owned(), |c| format!("{} ({})", c.name, c.alpha2))
}

/// How one of screening, risk and vetting stands: a sign drawn by the stylesheet, and words.
pub(super) fn light(light: Light, words: String) -> impl IntoView {
    let code = match light {
        Light::Green => "green",
        Light::Open => "open",
        Light::Red => "red",
    };
    view! { <span class="light" data-light=code>{words}</span> }
}

/// All countries by the code that Solaris takes.
pub(super) fn countries(first: &str) -> Vec<(String, String)> {
    let first = (String::new(), first.to_owned());
    std::iter::once(first)
        .chain(
            COUNTRIES.iter().map(|c| (c.alpha2.to_owned(), format!("{} ({})", c.name, c.alpha2))),
        )
        .collect()
}

/// A select with its label.
pub(super) fn choose(
    name: &'static str,
    label: &'static str,
    required: bool,
    hint: Option<&'static str>,
    list: Vec<(String, String)>,
    form: &Refused,
) -> impl IntoView + use<> {
    let select = parts::select(name, list, form.value(name), form, hint.is_some());
    parts::field(name, label, required, hint, Some("medium"), form, select)
}

/// Codes and words of a list, after a first choice.
pub(super) fn options(
    first: Option<&str>,
    list: impl Iterator<Item = (&'static str, &'static str)>,
) -> Vec<(String, String)> {
    let first = first.map(|words| (String::new(), words.to_owned()));
    first.into_iter().chain(list.map(|(code, words)| (code.to_owned(), words.to_owned()))).collect()
}

/// The address of a person's page.
pub(super) fn person_address(reference: &str, person: &str) -> String {
    format!("/customers/{}/persons/{}", encode(reference), encode(person))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_values_read_as_people_write_them() {
        assert_eq!(field_words("address.line_1"), "Street");
        assert_eq!(field_words("birth_city"), "Place of birth");
        assert_eq!(field_words("brand_new.member"), "Brand new: member");
        assert_eq!(value_words("nationality", "DE"), "Germany (DE)");
        assert_eq!(value_words("nationality", "??"), "??");
        assert_eq!(value_words("salutation", "MS"), "Ms");
        assert_eq!(value_words("title", "PROF_DR"), "Prof. Dr.");
        assert_eq!(
            value_words("terms_conditions_signed_at", "2026-01-01T09:30:00Z"),
            "2026-01-01 09:30 UTC"
        );
        assert_eq!(value_words("fatca_relevant", "true"), "yes");
        assert_eq!(value_words("job_title", "DR"), "DR");
    }

    #[test]
    fn a_light_has_a_sign_and_words() {
        let html = light(Light::Red, "risk rejected".into()).into_view().to_html();
        assert!(html.contains(r#"data-light="red""#) && html.contains("risk rejected"), "{html}");
    }
}
