//! What we send, in Solaris's words: persons, changes and identifications as JSON.
//!
//! Null is left out, since the provider ignores it; texts carry no white space around them, since
//! it refuses that.

use domain::{
    time,
    video::{Identification, Patch, PatchValue, Person, Salutation},
};
use serde_json::{Map, Value, json};

/// The body of `POST /v1/persons`.
pub(super) fn person(person: &Person) -> Value {
    let address = &person.address;
    let mut body = json!({
        "first_name": person.first_name,
        "last_name": person.last_name,
        "address": {
            "line_1": address.line_1,
            "line_2": address.line_2,
            "postal_code": address.postal_code,
            "city": address.city,
            "country": address.country,
        },
        "mobile_number": person.mobile_number,
        "birth_date": person.birth_date,
        "nationality": person.nationality,
        "terms_conditions_signed_at": time::iso(person.terms_conditions_signed_at),
        "data_terms_signed_at": time::iso(person.data_terms_signed_at),
    });
    if let Some(state) = &address.state {
        body["address"]["state"] = json!(state);
    }
    if person.salutation != Salutation::None {
        body["salutation"] = json!(person.salutation.code());
    }
    body
}

/// The body of `PATCH /v1/persons/{id}`.
pub(super) fn patch(patch: &Patch) -> Value {
    let mut body = Map::new();
    for (path, value) in &patch.values {
        let value = match value {
            PatchValue::Text(text) => json!(text),
            PatchValue::Flag(flag) => json!(flag),
            PatchValue::Number(number) => json!(number),
            PatchValue::Words(words) => json!(words),
        };
        match path.split_once('.') {
            Some((object, member)) => {
                body.entry(object).or_insert_with(|| json!({}))[member] = value
            }
            None => drop(body.insert((*path).to_owned(), value)),
        }
    }
    if patch.clears_industry {
        body.extend([
            ("industry".to_owned(), Value::Null),
            ("industry_key".to_owned(), Value::Null),
        ]);
    }
    Value::Object(body)
}

/// The body of `POST /v1/persons/{person_id}/identifications`.
pub(super) fn identification(new: &Identification) -> Value {
    let mut body = json!({ "method": "idnow", "language": new.language.code() });
    if let Some((kind, issued_at)) = new.proof_of_address {
        body["proof_of_address_type"] = json!(kind.code());
        body["proof_of_address_issued_at"] = json!(time::utc_date(issued_at));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::video::{IdentificationForm, check_identification, plan};
    use std::collections::BTreeMap;

    /// 2026-11-18.
    const NOW: i64 = 1_795_000_000_000;

    #[test]
    fn a_person_is_sent_as_the_guide_shows_it() {
        assert_eq!(
            person(&crate::providers::solaris::tests::jane()).to_string(),
            r#"{"address":{"city":"Berlin","country":"DE","line_1":"Amrumerstrasse","line_2":"14","postal_code":"13353"},"birth_date":"1992-12-11","data_terms_signed_at":"2022-01-01T00:00:00.000Z","first_name":"Jane","last_name":"Doe","mobile_number":"+49301234567","nationality":"DE","salutation":"MS","terms_conditions_signed_at":"2022-01-01T00:00:00.000Z"}"#
        );
        let neither =
            Person { salutation: Salutation::None, ..crate::providers::solaris::tests::jane() };
        assert_eq!(person(&neither).get("salutation"), None);
    }

    #[test]
    fn an_identification_is_sent_as_the_guide_shows_it() {
        let form = IdentificationForm {
            language: "DE".into(),
            document: "other".into(),
            proof_of_address_type: "GAS_BILL".into(),
            proof_of_address_issued_at: "2026-09-03".into(),
        };
        let body = identification(&check_identification(&form, NOW).expect("good"));
        assert_eq!(
            body,
            json!({ "method": "idnow", "language": "DE", "proof_of_address_type": "GAS_BILL", "proof_of_address_issued_at": "2026-09-03" })
        );
        let bare = check_identification(
            &IdentificationForm { language: "EN".into(), ..Default::default() },
            NOW,
        )
        .expect("good");
        assert_eq!(identification(&bare), json!({ "method": "idnow", "language": "EN" }));
    }

    #[test]
    fn a_change_nests_its_paths_and_says_null_only_where_it_counts() {
        let map = |pairs: &[(&str, &str)]| {
            pairs
                .iter()
                .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        let wanted = map(&[
            ("address.city", "Bonn"),
            ("address.line_1", "Weg"),
            ("employment_status", "FREELANCER"),
            ("fatca_relevant", "true"),
        ]);
        let body = patch(&plan(&BTreeMap::new(), &wanted, true, NOW).expect("good"));
        assert_eq!(
            body,
            json!({ "address": { "city": "Bonn", "line_1": "Weg" }, "employment_status": "FREELANCER", "fatca_relevant": true, "industry": null, "industry_key": null })
        );
    }
}
