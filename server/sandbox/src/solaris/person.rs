//! A person: the provider's record of a customer, with all its keys, always.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    errors::{Problem, Problems},
    fields::{self, Change},
    moment,
    scenario::Scripted,
    words::EMPTY_PERSON,
};
use crate::text::{DAY_MS, days_of};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Person {
    pub id: String,
    pub created_ms: i64,
    /// All keys but `id`.
    pub fields: Map<String, Value>,
    /// What the names asked for when the person was made; the names themselves may change.
    pub script: Option<Scripted>,
    /// The names of the start, which triggers go by.
    pub first_name: String,
    pub last_name: String,
}

impl Person {
    /// Reads `POST /v1/persons`. Only the names are needed: the published tutorial sends no more.
    pub(super) fn create(
        id: String,
        body: &Map<String, Value>,
        now_ms: i64,
    ) -> Result<Person, Problems> {
        let mut problems = Vec::new();
        let set = fields::read(body, now_ms, &mut problems);
        for name in ["first_name", "last_name"] {
            if body.get(name).is_none_or(Value::is_null) {
                problems.push(Problem::invalid(name, "can't be blank"));
            }
        }
        Problems::any(problems)?;
        let mut fields = EMPTY_PERSON.clone();
        if set.contains_key("address") {
            // Published samples: unknown where an address was given, null where none was.
            fields["tax_information"]["marital_status"] = json!("UNKNOWN");
        }
        let today = moment::day(now_ms);
        fields.insert("aml_follow_up_date".into(), json!(moment::months_later(&today, 78)));
        fields.insert("aml_confirmed_on".into(), json!(today));
        for (name, value) in set {
            merge(&mut fields, &name, value);
        }
        let text = |name: &str| fields[name].as_str().unwrap_or_default().to_owned();
        let (first_name, last_name) = (text("first_name"), text("last_name"));
        let script = Scripted::of(&first_name, &last_name);
        Ok(Person { id, created_ms: now_ms, fields, script, first_name, last_name })
    }

    /// `PATCH /v1/persons/{id}`; `true` when something is different afterwards.
    pub(super) fn patch(
        &mut self,
        body: &Map<String, Value>,
        now_ms: i64,
    ) -> Result<bool, Problems> {
        let mut problems = Vec::new();
        let set = fields::read(body, now_ms, &mut problems);
        Problems::any(problems)?;
        self.may_change(body, &set)?;
        let cleared = employment(body, &set)?;
        let before = self.fields.clone();
        for name in cleared {
            self.fields.insert(name.into(), Value::Null);
        }
        for (name, value) in set {
            merge(&mut self.fields, &name, value);
        }
        Ok(self.fields != before)
    }

    fn may_change(
        &self,
        body: &Map<String, Value>,
        set: &Map<String, Value>,
    ) -> Result<(), Problems> {
        let asked =
            body.iter().filter(|(name, value)| !value.is_null() && self.fields.contains_key(*name));
        for (name, value) in asked {
            let before = &self.fields[name];
            let wanted = set.get(name).unwrap_or(value);
            match fields::change_of(name) {
                _ if !differs(before, wanted) => {}
                Some(Change::Free) => {}
                Some(Change::Request) if !overwrites(before, wanted) => {}
                Some(Change::Request) => {
                    let detail = format!(
                        "{name} can be changed by a change request only, which the customer must authorize."
                    );
                    return Err(Problems::forbidden("authorization_required", detail));
                }
                Some(Change::Support) | None => {
                    return Err(Problems::forbidden(
                        "unauthorized_action",
                        format!("{name} can be changed by customer support only."),
                    ));
                }
            }
        }
        Ok(())
    }

    /// `PATCH /v1/persons/{id}/update_for_development`: three fields, whatever they held.
    pub(super) fn develop(&mut self, body: &Map<String, Value>) -> Result<bool, Problems> {
        let mut problems = Vec::new();
        let before = self.fields.clone();
        for name in ["aml_follow_up_date", "aml_confirmed_on", "birth_city"] {
            let Some(value) = body.get(name).filter(|value| !value.is_null()) else { continue };
            match value.as_str() {
                Some(text) if name == "birth_city" || days_of(text).is_some() => {
                    self.fields.insert(name.into(), json!(text));
                }
                Some(_) => problems.push(Problem::invalid(name, "is not a date (YYYY-MM-DD)")),
                None => problems.push(Problem::of_field("type_error", name, "must be a text")),
            }
        }
        Problems::any(problems)?;
        Ok(self.fields != before)
    }

    /// The document with all keys.
    pub fn shown(&self) -> Value {
        let mut document = self.fields.clone();
        document.insert("id".into(), json!(self.id));
        Value::Object(document)
    }

    /// Text of a field, or of a member of it; `None` when it is empty.
    pub fn text(&self, field: &str) -> Option<&str> {
        self.fields.get(field)?.as_str().filter(|text| !text.is_empty())
    }

    /// Part of the address.
    pub fn address(&self, member: &str) -> Option<&str> {
        self.fields["address"].get(member)?.as_str()
    }

    /// What must not exist more than a thousand times.
    pub fn likeness(&self) -> [&Value; 4] {
        ["first_name", "last_name", "birth_city", "birth_date"].map(|name| &self.fields[name])
    }

    /// Sets fields as somebody who needs no permission does.
    pub fn set(&mut self, changes: &Map<String, Value>) {
        for (name, value) in changes {
            merge(&mut self.fields, name, value.clone());
        }
    }
}

/// Published rule: whoever becomes a freelancer or self-employed gives the `nace_code` in the same
/// request, or sets `industry` and `industry_key` to null. It is the one place where null counts.
fn employment(
    body: &Map<String, Value>,
    set: &Map<String, Value>,
) -> Result<Vec<&'static str>, Problems> {
    let own_master = matches!(
        set.get("employment_status").and_then(Value::as_str),
        Some("FREELANCER" | "SELF_EMPLOYED")
    );
    if !own_master || set.contains_key("nace_code") {
        return Ok(Vec::new());
    }
    let both = ["industry", "industry_key"];
    if both.iter().all(|name| body.get(*name).is_some_and(Value::is_null)) {
        return Ok(both.to_vec());
    }
    let message = "must be given, or industry and industry_key set to null, when employment_status becomes FREELANCER or SELF_EMPLOYED";
    Err(Problems::invalid("nace_code", message))
}

/// Members that are not mentioned stay.
fn merge(fields: &mut Map<String, Value>, name: &str, value: Value) {
    match (fields.get_mut(name), value) {
        (Some(Value::Object(before)), Value::Object(members)) => before.extend(members),
        (_, value) => drop(fields.insert(name.into(), value)),
    }
}

fn differs(before: &Value, wanted: &Value) -> bool {
    match (before, wanted) {
        (Value::Object(before), Value::Object(wanted)) => {
            wanted.iter().any(|(name, value)| before.get(name) != Some(value))
        }
        _ => before != wanted,
    }
}

/// Whether a value that is there would be lost.
fn overwrites(before: &Value, wanted: &Value) -> bool {
    match (before, wanted) {
        (Value::Object(before), Value::Object(wanted)) => wanted.iter().any(|(name, value)| {
            before.get(name).is_some_and(|old| !old.is_null() && old != value && old != "UNKNOWN")
        }),
        _ => !before.is_null(),
    }
}

/// The last day on which a proof of address of this age is taken.
pub(super) fn is_recent(date: &str, now_ms: i64) -> bool {
    let today = moment::day(now_ms);
    let oldest = moment::months_later(&today, -6).and_then(|date| days_of(&date)).unwrap_or(0);
    days_of(date).is_some_and(|day| (oldest..=now_ms.div_euclid(DAY_MS)).contains(&day))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_657_822_708_005;

    fn person(more: Value) -> Person {
        let mut body = json!({"first_name": "Jane", "last_name": "Doe"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Person::create("1cper".into(), body.as_object().unwrap(), NOW).unwrap()
    }

    fn patched(person: &mut Person, body: Value) -> Result<bool, Problems> {
        person.patch(body.as_object().unwrap(), NOW)
    }

    #[test]
    fn a_person_has_every_key() {
        let shown = person(json!({})).shown();
        assert_eq!(shown.as_object().unwrap().len(), 55);
        assert_eq!(
            (&shown["aml_confirmed_on"], &shown["aml_follow_up_date"]),
            (&json!("2022-07-14"), &json!("2029-01-14"))
        );
        assert_eq!(
            (&shown["address"]["city"], &shown["tax_information"]["marital_status"]),
            (&Value::Null, &Value::Null)
        );
        let shown = person(json!({"address": {"city": "Berlin"}})).shown();
        assert_eq!(
            (&shown["address"]["city"], &shown["address"]["state"]),
            (&json!("Berlin"), &Value::Null)
        );
        assert_eq!(shown["tax_information"]["marital_status"], "UNKNOWN");
    }

    #[test]
    fn what_is_empty_may_be_filled_and_what_is_not_needs_a_request() {
        let mut jane = person(json!({"email": "jane@example.org"}));
        assert_eq!(
            patched(&mut jane, json!({"title": "DR", "address": {"city": "Berlin"}})),
            Ok(true)
        );
        assert_eq!(
            patched(&mut jane, json!({"title": "DR", "email": null, "shoe_size": 4})),
            Ok(false)
        );
        let code = |result: Result<bool, Problems>| format!("{:?}", result.unwrap_err());
        for body in [
            json!({"title": "PROF"}),
            json!({"email": "j@example.org"}),
            json!({"address": {"city": "Bonn"}}),
        ] {
            assert!(code(patched(&mut jane, body)).contains("authorization_required"));
        }
        for body in [
            json!({"last_name": "Roe"}),
            json!({"birth_city": "Bonn"}),
            json!({"screening_progress": "SCREENED_ACCEPTED"}),
        ] {
            assert!(code(patched(&mut jane, body)).contains("unauthorized_action"));
        }
        assert_eq!(jane.text("title"), Some("DR"));
    }

    #[test]
    fn a_freelancer_has_a_nace_code_or_no_industry() {
        let mut jane = person(
            json!({"employment_status": "EMPLOYED", "industry": "Fishing", "industry_key": "FISH"}),
        );
        assert!(patched(&mut jane, json!({"employment_status": "FREELANCER"})).is_err());
        assert!(
            patched(&mut jane, json!({"employment_status": "SELF_EMPLOYED", "industry": null}))
                .is_err()
        );
        assert_eq!(
            patched(&mut jane, json!({"employment_status": "SELF_EMPLOYED", "nace_code": "A 1.1"})),
            Ok(true)
        );
        assert_eq!(jane.text("industry"), Some("Fishing"));
        assert_eq!(
            patched(
                &mut jane,
                json!({"employment_status": "FREELANCER", "industry": null, "industry_key": null})
            ),
            Ok(true)
        );
        assert_eq!(
            (jane.text("industry"), jane.text("employment_status")),
            (None, Some("FREELANCER"))
        );
    }

    #[test]
    fn a_proof_of_address_is_at_most_six_months_old() {
        assert!(is_recent("2022-01-14", NOW) && is_recent("2022-07-14", NOW));
        assert!(!is_recent("2022-01-13", NOW) && !is_recent("2022-07-15", NOW));
    }
}
