//! What the bank shows of somebody whose last name asks for something odd.

use serde_json::{Map, Value, json};

use super::{
    person::Person,
    triggers::{Odd, odd},
};

/// What the agent finds without saying so: another first name, birth date and nationality.
pub(super) fn unsaid(person: &Person) -> Map<String, Value> {
    if odd(&person.last_name) != Some(Odd::AnotherPerson) {
        return Map::new();
    }
    let found =
        json!({ "first_name": "Zacharias", "birth_date": "1961-02-03", "nationality": "AT" });
    found.as_object().cloned().unwrap_or_default()
}

/// Whether sessions and the document's data are kept back.
pub(super) fn keeps_sessions_back(person: &Person) -> bool {
    matches!(odd(&person.last_name), Some(Odd::NoSessions | Odd::AnotherPerson))
}

/// The list of sessions as this person's name wants it.
pub(super) fn sessions(person: &Person, mut list: Vec<Value>) -> Vec<Value> {
    match odd(&person.last_name) {
        Some(Odd::SilentChange) => {
            for one in &mut list {
                one["payload"]["userdata"]["firstname"] =
                    json!({ "value": "Zacharias", "status": "MATCH" });
            }
            list
        }
        Some(Odd::NewestFirst) => {
            let earlier: Vec<Value> = list
                .first()
                .map(|first| vec![aborted(first, 1), aborted(first, 2)])
                .unwrap_or_default();
            list.reverse();
            list.extend(earlier);
            list
        }
        Some(Odd::TextInSessions) => {
            list.push(json!("one more session, TST-ODD0"));
            list
        }
        _ => list,
    }
}

/// A session that came to nothing, so many days before another one.
fn aborted(later: &Value, days: usize) -> Value {
    let id: String = later["id"].as_str().unwrap_or_default().chars().rev().collect();
    json!({
        "id": format!("{days}{id}"), "result": "ABORTED", "reason": "TECH_VIDEO",
        "payload": {
            "identificationprocess": { "result": "ABORTED", "reason": "TECH_VIDEO", "identificationtime": format!("2022-07-{:02}T10:00:00Z", 14 - days) },
            "userdata": { "firstname": { "original": later["payload"]["userdata"]["firstname"]["value"], "status": "ORIGINAL" } },
        },
    })
}

/// The person with members that nobody documented.
pub(super) fn person(person: &Person, mut shown: Value) -> Value {
    if odd(&person.last_name) == Some(Odd::UndocumentedMembers) {
        shown["idnow"] = json!({ "last": { "reference": "QWERTZ", "sessions": [{ "session_reference": "ASDFGH" }] } });
        shown["remark"] = json!("Identified as TST-YXCVB");
        shown["identification_reference"] = json!("MNBVC");
    }
    shown
}

/// Whether there is no list of this person's documents.
pub(super) fn has_no_documents(person: &Person) -> bool {
    odd(&person.last_name) == Some(Odd::NoDocuments)
}
