//! A person's fields: what each may hold, and who may change it.
//!
//! Published: the keys, the rules of names, the forms of dates, moments, numbers and countries, and
//! the list of what PATCH changes. Reconstruction: which of those start the change-request process.

use serde_json::{Map, Value, json};

use super::{
    errors::Problem,
    moment,
    words::{ENUMS, is_country},
};
use crate::text::days_of;

/// The countries of residence that the sandbox's branch takes.
pub(super) const RESIDENCES: [&str; 2] = ["DE", "FR"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Name,
    Text,
    Salutation,
    Title,
    /// A word in capitals, whose list is not published.
    Token,
    Tokens,
    Birthday,
    /// Today or tomorrow.
    Confirmed,
    Moment,
    Country,
    Flag,
    Cents,
    Email,
    Phone,
    Address,
    Residence,
    ResidenceCountry,
    Tax,
}

/// What PATCH may do with a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    Free,
    /// A value that is there changes only through a change request.
    Request,
    /// Customer support alone changes it.
    Support,
}

use Change::{Free, Request, Support};

const FIELDS: [(&str, Form, Change); 48] = [
    ("salutation", Form::Salutation, Request),
    ("title", Form::Title, Request),
    ("first_name", Form::Name, Support),
    ("last_name", Form::Name, Support),
    ("address", Form::Residence, Request),
    ("contact_address", Form::Address, Request),
    ("email", Form::Email, Request),
    ("mobile_number", Form::Phone, Support),
    ("birth_name", Form::Text, Support),
    ("birth_date", Form::Birthday, Support),
    ("birth_city", Form::Text, Support),
    ("birth_country", Form::Country, Support),
    ("nationality", Form::Country, Support),
    ("employment_status", Form::Token, Free),
    ("job_title", Form::Text, Free),
    ("tax_information", Form::Tax, Request),
    ("fatca_relevant", Form::Flag, Request),
    ("fatca_crs_confirmed_at", Form::Moment, Request),
    ("business_purpose", Form::Text, Free),
    ("industry", Form::Text, Free),
    ("industry_key", Form::Text, Free),
    ("terms_conditions_signed_at", Form::Moment, Support),
    ("own_economic_interest_signed_at", Form::Moment, Free),
    ("aml_confirmed_on", Form::Confirmed, Free),
    ("expected_monthly_revenue_cents", Form::Cents, Free),
    ("vat_number", Form::Text, Free),
    ("website_social_media", Form::Text, Free),
    ("business_trading_name", Form::Text, Free),
    ("nace_code", Form::Text, Free),
    ("business_address_line_1", Form::Text, Free),
    ("business_address_line_2", Form::Text, Free),
    ("business_postal_code", Form::Text, Free),
    ("business_city", Form::Text, Free),
    ("business_country", Form::Country, Free),
    ("business_state", Form::Text, Support),
    ("annual_income_range", Form::Text, Free),
    ("data_terms_signed_at", Form::Moment, Free),
    ("branch", Form::Text, Free),
    ("birth_province", Form::Text, Request),
    ("birth_post_code", Form::Text, Request),
    ("socioprofessional_category", Form::Text, Free),
    ("purpose_of_account_opening", Form::Text, Free),
    ("main_income_source", Form::Text, Free),
    ("work_country", Form::Country, Free),
    ("work_province", Form::Text, Free),
    ("self_declared_as_pep", Form::Flag, Free),
    ("international_operativity_expectation", Form::Tokens, Free),
    ("registration_number", Form::Text, Free),
];
/// Who may change the field; `None` for a key that no request has.
pub(super) fn change_of(name: &str) -> Option<Change> {
    FIELDS.iter().find(|(known, ..)| *known == name).map(|(.., change)| *change)
}

/// The fields that the request sets, checked and written the provider's way. Null and unknown
/// members are as good as absent.
pub(super) fn read(
    body: &Map<String, Value>,
    now_ms: i64,
    problems: &mut Vec<Problem>,
) -> Map<String, Value> {
    let mut read = Map::new();
    for (name, form, _) in FIELDS {
        let Some(value) = body.get(name).filter(|value| !value.is_null()) else { continue };
        if let Some(value) = checked(name, form, value, now_ms, problems) {
            read.insert(name.into(), value);
        }
    }
    read
}

fn checked(
    name: &str,
    form: Form,
    value: &Value,
    now_ms: i64,
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let members: &[(&str, Form)] = match form {
        Form::Address | Form::Residence => &[
            ("line_1", Form::Text),
            ("line_2", Form::Text),
            ("postal_code", Form::Text),
            ("city", Form::Text),
            ("state", Form::Text),
            (
                "country",
                if form == Form::Residence { Form::ResidenceCountry } else { Form::Country },
            ),
        ],
        Form::Tax => &[("tax_assessment", Form::Token), ("marital_status", Form::Token)],
        _ => &[],
    };
    if let ([_, ..], Some(object)) = (members, value.as_object()) {
        let mut read = Map::new();
        for (member, form) in members {
            let Some(value) = object.get(*member).filter(|value| !value.is_null()) else {
                continue;
            };
            match plain(*form, value, now_ms) {
                Ok(value) => drop(read.insert((*member).into(), value)),
                Err(wrong) => problems.push(wrong.about(member)),
            }
        }
        return Some(Value::Object(read));
    }
    match plain(form, value, now_ms) {
        Ok(value) => return Some(value),
        Err(wrong) => problems.push(wrong.about(name)),
    }
    None
}

enum Wrong {
    Type(&'static str),
    Value(String),
}

impl Wrong {
    fn about(self, field: &str) -> Problem {
        match self {
            Wrong::Type(expected) => {
                Problem::of_field("type_error", field, &format!("must be {expected}"))
            }
            Wrong::Value(message) => Problem::invalid(field, &message),
        }
    }
}

fn plain(form: Form, value: &Value, now_ms: i64) -> Result<Value, Wrong> {
    match form {
        Form::Flag => {
            return value.is_boolean().then(|| value.clone()).ok_or(Wrong::Type("true or false"));
        }
        Form::Cents => {
            return value
                .as_i64()
                .filter(|cents| *cents >= 0)
                .map(|cents| json!(cents))
                .ok_or(Wrong::Type("a whole number"));
        }
        Form::Tokens => {
            let all = value.as_array().filter(|items| items.iter().all(Value::is_string));
            return all.map(|items| json!(items)).ok_or(Wrong::Type("a list of texts"));
        }
        Form::Address | Form::Residence | Form::Tax => return Err(Wrong::Type("an object")),
        _ => {}
    }
    let text = value.as_str().ok_or(Wrong::Type("a text"))?;
    let refuse = |message: &str| Err(Wrong::Value(message.into()));
    if text.trim() != text {
        return refuse("must not begin or end with white space");
    }
    let today = now_ms.div_euclid(crate::text::DAY_MS);
    match form {
        Form::Name if text.is_empty() => refuse("can't be blank"),
        Form::Name if text.chars().count() > 50 => refuse("is too long (maximum is 50 characters)"),
        Form::Name if !text.chars().all(is_of_a_name) => {
            refuse("must not include symbols or emojis")
        }
        Form::Text if text.chars().count() > 255 => {
            refuse("is too long (maximum is 255 characters)")
        }
        Form::Salutation if !ENUMS.salutation.iter().any(|known| known == text) => {
            refuse("is not included in the list")
        }
        Form::Title if !ENUMS.title.iter().any(|known| known == text) => {
            refuse("is not included in the list")
        }
        Form::Token if !text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_') => {
            refuse("is not included in the list")
        }
        Form::Birthday | Form::Confirmed if days_of(text).is_none() => {
            refuse("is not a date (YYYY-MM-DD)")
        }
        Form::Birthday if days_of(text).is_some_and(|day| day > today) => {
            refuse("must be in the past")
        }
        Form::Confirmed if days_of(text).is_some_and(|day| !(today..=today + 1).contains(&day)) => {
            refuse("must be today or tomorrow")
        }
        Form::Moment => moment::read(text)
            .map(|at_ms| json!(moment::written(at_ms)))
            .ok_or_else(|| Wrong::Value("is not a moment (ISO 8601)".into())),
        Form::Country | Form::ResidenceCountry if !is_country(text) => {
            refuse("is not an ISO 3166-1 alpha-2 code")
        }
        Form::ResidenceCountry if !RESIDENCES.contains(&text) => Err(Wrong::Value(format!(
            "Residency Country is not allowed for this branch,allowed residency country values for branch \"null\" are {}",
            json!(RESIDENCES).to_string().replace(',', ", ")
        ))),
        Form::Email
            if !text
                .split_once('@')
                .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')) =>
        {
            refuse("is not an e-mail address")
        }
        Form::Phone if !is_phone(text) => refuse("is not a number in E.164 form"),
        _ => Ok(json!(text)),
    }
}

/// Letters of any script with their marks, digits, and what stands between the parts of names. The
/// provider's own `N/A` needs the slash.
fn is_of_a_name(letter: char) -> bool {
    letter.is_alphanumeric()
        || matches!(letter, '\u{300}'..='\u{36f}' | ' ' | '-' | '\'' | '’' | '.' | ',' | '/')
}

pub(super) fn is_phone(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (5..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solaris::words::EMPTY_PERSON;

    fn problems(body: Value) -> Vec<Problem> {
        let mut problems = Vec::new();
        read(body.as_object().unwrap(), 1_657_822_708_005, &mut problems);
        problems
    }

    #[test]
    fn every_field_has_a_place_in_the_document() {
        assert!(FIELDS.iter().all(|(name, ..)| EMPTY_PERSON.contains_key(*name)));
        // The published list of what PATCH changes, in keys of the document.
        assert_eq!(FIELDS.iter().filter(|(.., change)| *change != Support).count(), 38);
    }

    #[test]
    fn each_wrong_value_names_its_field() {
        for (body, field, code) in [
            (json!({"first_name": "J🙂"}), "first_name", "invalid_model"),
            (json!({"first_name": "x".repeat(51)}), "first_name", "invalid_model"),
            (json!({"last_name": " Doe"}), "last_name", "invalid_model"),
            (json!({"last_name": "Doe "}), "last_name", "invalid_model"),
            (json!({"last_name": "<b>"}), "last_name", "invalid_model"),
            (json!({"last_name": 7}), "last_name", "type_error"),
            (json!({"salutation": "mr"}), "salutation", "invalid_model"),
            (json!({"title": "SIR"}), "title", "invalid_model"),
            (json!({"birth_date": "2022-13-01"}), "birth_date", "invalid_model"),
            (json!({"birth_date": "2022-07-16"}), "birth_date", "invalid_model"),
            (json!({"nationality": "de"}), "nationality", "invalid_model"),
            (json!({"address": {"country": "XX"}}), "country", "invalid_model"),
            (json!({"address": {"country": "US"}}), "country", "invalid_model"),
            (json!({"address": {"city": 7}}), "city", "type_error"),
            (json!({"address": "Berlin"}), "address", "type_error"),
            (json!({"address": 7}), "address", "type_error"),
            (json!({"contact_address": []}), "contact_address", "type_error"),
            (
                json!({"tax_information": {"marital_status": "single"}}),
                "marital_status",
                "invalid_model",
            ),
            (
                json!({"terms_conditions_signed_at": "2022-01-01"}),
                "terms_conditions_signed_at",
                "invalid_model",
            ),
            (json!({"mobile_number": "0301234567"}), "mobile_number", "invalid_model"),
            (json!({"email": "jane"}), "email", "invalid_model"),
            (json!({"fatca_relevant": "true"}), "fatca_relevant", "type_error"),
            (
                json!({"expected_monthly_revenue_cents": 1.5}),
                "expected_monthly_revenue_cents",
                "type_error",
            ),
            (json!({"aml_confirmed_on": "2022-07-16"}), "aml_confirmed_on", "invalid_model"),
        ] {
            let found = problems(body.clone());
            assert_eq!(found.len(), 1, "{body}");
            assert_eq!(
                (found[0].source.as_ref().unwrap().0.as_str(), found[0].code),
                (field, code),
                "{body}"
            );
        }
        assert_eq!(problems(json!({"first_name": 1, "birth_date": "x", "address": {"country": "us", "city": " "}})).len(), 4);
    }

    #[test]
    fn what_is_right_is_taken_and_the_rest_ignored() {
        let body = json!({
            "first_name": "Nguyễn Thị-Hồng", "last_name": "N/A", "address": {"country": "DE", "planet": "Earth"}, "email": null,
            "data_terms_signed_at": "2022-01-01T01:00:00+01:00", "aml_confirmed_on": "2022-07-15", "shoe_size": 41,
        });
        assert_eq!(problems(body.clone()), []);
        let read = read(body.as_object().unwrap(), 1_657_822_708_005, &mut Vec::new());
        assert_eq!(read["data_terms_signed_at"], "2022-01-01T00:00:00.000Z");
        assert_eq!((read.len(), &read["address"]), (5, &json!({"country": "DE"})));
    }
}
