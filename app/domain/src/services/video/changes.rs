//! Changing a person at Solaris: what may change, by which way, and what has to go together.
//!
//! Source: Solaris, "Video identification", PATCH Update person (the list of fields and the rule of
//! employment), and the API reference (null is ignored; a change request is asked for unless the
//! old value is null). Which fields start a change request is not published: that column is our
//! reconstruction, kept in [`PATCHABLE`] alone.

use super::{TITLES, parse_utc};
use crate::{
    Moment, countries,
    fields::{Refused, composed},
    letters::{hidden, hidden_words},
    time,
};
use std::collections::BTreeMap;

/// The way in which a field changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// At once.
    Free,
    /// A value that is there already changes only after the customer has authorised it; an empty
    /// one is filled at once.
    Request,
    /// Customer support at Solaris alone changes it.
    Support,
}

/// How a field's text is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// A word in capitals, whose list is not published.
    Word,
    /// Such words, with commas between.
    Words,
    Salutation,
    Title,
    Flag,
    /// A whole number of cents.
    Cents,
    /// Today or tomorrow, `YYYY-MM-DD`.
    TodayOrTomorrow,
    /// In UTC.
    Moment,
    /// ISO 3166-1 alpha-2.
    Country,
    Email,
}

/// A field that PATCH takes, by its path in the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// `job_title`, `address.line_1`, …; also the name of its input.
    pub name: &'static str,
    pub label: &'static str,
    pub shape: Shape,
    pub change: Change,
}

const fn f(name: &'static str, label: &'static str, shape: Shape, change: Change) -> Field {
    Field { name, label, shape, change }
}

use Change::{Free, Request};
use Shape as S;

/// Everything that PATCH takes; all else needs customer support.
#[rustfmt::skip]
pub const PATCHABLE: &[Field] = &[
    f("salutation", "Salutation", S::Salutation, Request),
    f("title", "Title", S::Title, Request),
    f("address.line_1", "Street", S::Text, Request),
    f("address.line_2", "House number", S::Text, Request),
    f("address.postal_code", "Postal code", S::Text, Request),
    f("address.city", "Town", S::Text, Request),
    f("address.state", "State", S::Text, Request),
    f("address.country", "Country of residence", S::Country, Request),
    f("contact_address.line_1", "Contact: street", S::Text, Request),
    f("contact_address.line_2", "Contact: house number", S::Text, Request),
    f("contact_address.postal_code", "Contact: postal code", S::Text, Request),
    f("contact_address.city", "Contact: town", S::Text, Request),
    f("contact_address.state", "Contact: state", S::Text, Request),
    f("contact_address.country", "Contact: country", S::Country, Request),
    f("email", "E-mail address", S::Email, Request),
    f("employment_status", "Employment", S::Word, Free),
    f("job_title", "Job title", S::Text, Free),
    f("tax_information.tax_assessment", "Tax assessment", S::Word, Request),
    f("tax_information.marital_status", "Marital status", S::Word, Request),
    f("fatca_relevant", "Relevant to FATCA", S::Flag, Request),
    f("fatca_crs_confirmed_at", "FATCA and CRS confirmed", S::Moment, Request),
    f("business_purpose", "Purpose of the business", S::Text, Free),
    f("industry", "Industry", S::Text, Free),
    f("industry_key", "Key of the industry", S::Text, Free),
    f("own_economic_interest_signed_at", "Own economic interest signed", S::Moment, Free),
    f("aml_confirmed_on", "AML data confirmed on", S::TodayOrTomorrow, Free),
    f("expected_monthly_revenue_cents", "Expected monthly revenue in cents", S::Cents, Free),
    f("vat_number", "VAT number", S::Text, Free),
    f("website_social_media", "Website or social media", S::Text, Free),
    f("business_trading_name", "Trading name", S::Text, Free),
    f("nace_code", "NACE code", S::Text, Free),
    f("business_address_line_1", "Business: street", S::Text, Free),
    f("business_address_line_2", "Business: house number", S::Text, Free),
    f("business_postal_code", "Business: postal code", S::Text, Free),
    f("business_city", "Business: town", S::Text, Free),
    f("business_country", "Business: country", S::Country, Free),
    f("annual_income_range", "Annual income", S::Text, Free),
    f("data_terms_signed_at", "Data processing agreed", S::Moment, Free),
    f("branch", "Branch", S::Text, Free),
    f("birth_province", "Province of birth", S::Text, Request),
    f("birth_post_code", "Postal code of birth", S::Text, Request),
    f("socioprofessional_category", "Socioprofessional category", S::Text, Free),
    f("purpose_of_account_opening", "Purpose of the account", S::Text, Free),
    f("main_income_source", "Main source of income", S::Text, Free),
    f("work_country", "Country of work", S::Country, Free),
    f("work_province", "Province of work", S::Text, Free),
    f("self_declared_as_pep", "Says to be politically exposed", S::Flag, Free),
    f("international_operativity_expectation", "Expected operations abroad", S::Words, Free),
    f("registration_number", "Registration number", S::Text, Free),
];

/// Why the NACE code or the industry goes along with a change of employment.
pub const EMPLOYMENT_RULE: &str = "Whoever becomes a freelancer or self-employed needs a NACE code in the same change; \
    otherwise industry and its key have to be cleared with it. Solaris refuses the change without either, and advises the code.";

const OWN_MASTER: [&str; 2] = ["FREELANCER", "SELF_EMPLOYED"];

/// Whether `name` may change, and how. Names that are not in [`PATCHABLE`] are for customer
/// support.
#[must_use]
pub fn change_of(name: &str) -> Change {
    find(name).map_or(Change::Support, |field| field.change)
}

fn find(name: &str) -> Option<&'static Field> {
    PATCHABLE.iter().find(|field| field.name == name)
}

/// A value as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchValue {
    Text(String),
    Flag(bool),
    Number(i64),
    Words(Vec<String>),
}

impl PatchValue {
    /// As a person's fields show it.
    fn shown(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Words(words) => words.join(", "),
        }
    }
}

/// A change that may be sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Patch {
    /// Only what differs, by the field's path.
    pub values: BTreeMap<&'static str, PatchValue>,
    /// Industry and its key are set to null: the one place where the provider listens to null.
    pub clears_industry: bool,
    /// The fields that Solaris will not change before the customer has authorised it.
    pub by_request: Vec<&'static Field>,
}

impl Patch {
    /// Whether a person's fields are as this change wants them.
    #[must_use]
    pub fn is_in(&self, fields: &BTreeMap<String, String>) -> bool {
        let has = |name: &str| fields.get(name).map_or("", String::as_str);
        let is_cleared = !self.clears_industry
            || ["industry", "industry_key"].iter().all(|name| has(name).is_empty());
        is_cleared && self.values.iter().all(|(name, value)| has(name) == value.shown())
    }
}

/// Checks a change. `before` and `wanted` are texts by the field's path; `before` is what the
/// provider has, and what is not in `wanted` stays. `clear_industry` is how somebody without a NACE
/// code follows [`EMPLOYMENT_RULE`].
///
/// # Errors
/// What was typed, with a message beside each field that stands in the way; nothing to change is
/// one too.
pub fn plan(
    before: &BTreeMap<String, String>,
    wanted: &BTreeMap<String, String>,
    clear_industry: bool,
    now: Moment,
) -> Result<Patch, Refused> {
    let mut refused = Refused { values: wanted.clone(), ..Refused::default() };
    let mut patch = Patch::default();
    let had = |name: &str| before.get(name).map_or("", String::as_str);
    let typed = |name: &str| wanted.get(name).map_or("", |text| text.trim());
    let becomes_own_master = OWN_MASTER.contains(&typed("employment_status"))
        && typed("employment_status") != had("employment_status");
    for (name, text) in wanted {
        let Some(field) = find(name) else {
            if text.trim() != had(name) {
                refused.refuse(name, "Only Solaris's customer support can change this.");
            }
            continue;
        };
        if text.trim().is_empty() {
            let is_cleared = clear_industry && name.starts_with("industry");
            if !had(name).is_empty() && !is_cleared {
                refused.refuse(name, "Solaris ignores empty values: nothing can be taken away here. Ask its customer support.");
            }
            continue;
        }
        let goes_along = becomes_own_master && field.name == "nace_code";
        // What stays needs no check: the provider has it, whatever today's rules for a new value
        // are.
        if text.trim() == had(name) && !goes_along {
            continue;
        }
        match value_of(field, text, now) {
            Err(message) => refused.refuse(name, message),
            Ok(value) => {
                if value.shown() != had(name) || goes_along {
                    patch.values.insert(field.name, value);
                }
            }
        }
    }
    if becomes_own_master && typed("nace_code").is_empty() && !clear_industry {
        refused.refuse("nace_code", EMPLOYMENT_RULE);
    }
    if clear_industry {
        if !becomes_own_master || !typed("nace_code").is_empty() {
            refused.refuse(
                "industry",
                "Solaris clears the industry only when somebody becomes a freelancer or self-employed without a NACE code.",
            );
        } else if ["industry", "industry_key"].iter().any(|name| patch.values.contains_key(name)) {
            refused
                .refuse("industry", "Leave industry and its key empty if they are to be cleared.");
        }
        patch.clears_industry = true;
    }
    if refused.is_clean() && patch.values.is_empty() {
        refused.refuse("", "Nothing is different from what Solaris has.");
    }
    // The provider shows a marital status that nobody gave as a word.
    let is_there = |name: &str| {
        !matches!((name, had(name)), (_, "") | ("tax_information.marital_status", "UNKNOWN"))
    };
    patch.by_request = PATCHABLE
        .iter()
        .filter(|f| f.change == Request && patch.values.contains_key(f.name) && is_there(f.name))
        .collect();
    if refused.is_clean() { Ok(patch) } else { Err(refused) }
}

fn value_of(field: &Field, text: &str, now: Moment) -> Result<PatchValue, String> {
    let text = composed(text);
    if let Some(odd) = hidden(&text) {
        return Err(hidden_words(odd));
    }
    if text.chars().count() > 255 {
        return Err("Use at most 255 characters.".into());
    }
    let is_word = |word: &str| {
        !word.is_empty()
            && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    Ok(PatchValue::Text(match field.shape {
        Shape::Text => text,
        Shape::Word if is_word(&text) => text,
        Shape::Word => {
            return Err("Give Solaris's word in capitals, for example SELF_EMPLOYED.".into());
        }
        Shape::Words => {
            let words: Vec<String> =
                text.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
            return if words.iter().all(|w| is_word(w)) {
                Ok(PatchValue::Words(words))
            } else {
                Err("Give Solaris's words in capitals, with commas between.".into())
            };
        }
        Shape::Salutation if matches!(text.as_str(), "MR" | "MS") => text,
        Shape::Title if TITLES.iter().any(|(code, _)| *code == text) => text,
        Shape::Salutation | Shape::Title => return Err("Choose from the list.".into()),
        Shape::Flag => match text.as_str() {
            "true" => return Ok(PatchValue::Flag(true)),
            "false" => return Ok(PatchValue::Flag(false)),
            _ => return Err("Choose yes or no.".into()),
        },
        Shape::Cents => {
            let cents = text.parse::<i64>().ok().filter(|cents| *cents >= 0);
            return cents
                .map(PatchValue::Number)
                .ok_or_else(|| "Give a whole number of cents.".into());
        }
        Shape::TodayOrTomorrow
            if [time::utc_date(now), time::utc_date(now + time::DAY)].contains(&text) =>
        {
            text
        }
        Shape::TodayOrTomorrow => {
            return Err(format!(
                "Solaris takes only today or tomorrow, {} or {}.",
                time::utc_date(now),
                time::utc_date(now + time::DAY)
            ));
        }
        Shape::Moment => time::iso(
            parse_utc(&text).ok_or("Give the moment in UTC, for example 2026-01-01T09:30:00Z.")?,
        ),
        Shape::Country => {
            countries::understand(&text).ok_or("Choose a country from the list.")?.alpha2.to_owned()
        }
        Shape::Email
            if text
                .rsplit_once('@')
                .is_some_and(|(l, d)| !l.is_empty() && d.contains('.') && !text.contains(' ')) =>
        {
            text
        }
        Shape::Email => return Err("Give the address as name@example.com.".into()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = 1_795_000_000_000;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
    }

    fn error_at(before: &[(&str, &str)], wanted: &[(&str, &str)], field: &str) -> String {
        let refused = plan(&map(before), &map(wanted), false, NOW).expect_err("must be refused");
        assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field], "{refused:?}");
        refused.errors[field].clone()
    }

    #[test]
    fn what_stays_is_not_judged_by_the_rules_of_a_change() {
        let before = map(&[
            ("aml_confirmed_on", "2020-01-01"),
            ("employment_status", "Something new"),
            ("job_title", "Miller"),
        ]);
        let mut wanted = before.clone();
        wanted.insert("job_title".into(), "Baker".into());
        let patch = plan(&before, &wanted, false, NOW).expect("good");
        assert_eq!(patch.values.keys().collect::<Vec<_>>(), [&"job_title"]);
        wanted.insert("aml_confirmed_on".into(), "2020-01-02".into());
        assert!(
            plan(&before, &wanted, false, NOW)
                .expect_err("refused")
                .error("aml_confirmed_on")
                .is_some()
        );
    }

    #[test]
    fn the_list_is_the_guides() {
        assert_eq!(PATCHABLE.len(), 49);
        for support in [
            "first_name",
            "last_name",
            "birth_date",
            "nationality",
            "mobile_number",
            "terms_conditions_signed_at",
            "business_state",
            "id",
        ] {
            assert_eq!(change_of(support), Change::Support, "{support}");
        }
        assert_eq!((change_of("job_title"), change_of("email")), (Change::Free, Change::Request));
    }

    #[test]
    fn only_what_differs_is_sent_and_what_is_there_needs_the_customer() {
        let before = map(&[
            ("email", "a@example.org"),
            ("address.city", "Berlin"),
            ("tax_information.marital_status", "UNKNOWN"),
            ("job_title", "Cook"),
        ]);
        let wanted = map(&[
            ("email", "b@example.org"),
            ("address.city", " Berlin "),
            ("tax_information.marital_status", "SINGLE"),
            ("title", "DR"),
            ("fatca_relevant", "false"),
            ("expected_monthly_revenue_cents", "1200"),
            ("international_operativity_expectation", "TRANSFER, CARD"),
            ("work_country", "fra"),
        ]);
        let patch = plan(&before, &wanted, false, NOW).expect("good");
        assert_eq!(patch.by_request.iter().map(|f| f.name).collect::<Vec<_>>(), ["email"]);
        assert_eq!(patch.values.len(), 7);
        assert_eq!(patch.values["fatca_relevant"], PatchValue::Flag(false));
        assert_eq!(patch.values["expected_monthly_revenue_cents"], PatchValue::Number(1_200));
        assert_eq!(
            patch.values["international_operativity_expectation"],
            PatchValue::Words(vec!["TRANSFER".into(), "CARD".into()])
        );
        assert_eq!(patch.values["work_country"], PatchValue::Text("FR".into()));
        assert!(
            error_at(&[("job_title", "Cook")], &[("job_title", "Cook")], "").contains("Nothing")
        );
    }

    #[test]
    fn what_must_not_change_is_refused_before_the_provider_refuses() {
        assert!(
            error_at(&[("last_name", "Doe")], &[("last_name", "Roe")], "last_name")
                .contains("customer support")
        );
        assert!(
            error_at(&[("job_title", "Cook")], &[("job_title", " ")], "job_title")
                .contains("empty")
        );
        assert!(
            error_at(&[], &[("aml_confirmed_on", "2026-11-20")], "aml_confirmed_on")
                .contains("2026-11-18 or 2026-11-19")
        );
        assert!(plan(&map(&[]), &map(&[("aml_confirmed_on", "2026-11-19")]), false, NOW).is_ok());
        assert!(error_at(&[], &[("title", "KING")], "title").contains("list"));
        assert!(
            error_at(&[], &[("fatca_crs_confirmed_at", "yesterday")], "fatca_crs_confirmed_at")
                .contains("UTC")
        );
    }

    #[test]
    fn a_freelancer_has_a_nace_code_or_no_industry() {
        let before = [
            ("employment_status", "EMPLOYED"),
            ("industry", "Fishing"),
            ("industry_key", "FISH"),
            ("nace_code", "A 1.1"),
        ];
        for status in ["FREELANCER", "SELF_EMPLOYED"] {
            assert_eq!(
                error_at(&before, &[("employment_status", status)], "nace_code"),
                EMPLOYMENT_RULE
            );
        }
        let with_code = map(&[("employment_status", "FREELANCER"), ("nace_code", "A 1.1")]);
        let patch = plan(&map(&before), &with_code, false, NOW).expect("good");
        assert!(
            patch.values.contains_key("nace_code"),
            "the code goes along although it is the same"
        );
        let cleared = plan(
            &map(&before),
            &map(&[("employment_status", "FREELANCER"), ("industry", "")]),
            true,
            NOW,
        )
        .expect("good");
        assert!(cleared.clears_industry && !cleared.values.contains_key("industry"));
        assert!(plan(&map(&before), &map(&[("employment_status", "RETIRED")]), false, NOW).is_ok());
        assert!(
            plan(&map(&before), &map(&[("employment_status", "RETIRED")]), true, NOW).is_err(),
            "null is ignored elsewhere"
        );
        assert!(
            plan(
                &map(&[("employment_status", "FREELANCER")]),
                &map(&[("employment_status", "FREELANCER"), ("job_title", "Cook")]),
                false,
                NOW
            )
            .is_ok()
        );
    }
}
