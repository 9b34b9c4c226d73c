//! IDnow's result documents inside Solaris's answers: attempts and legitimation data.
//!
//! The sections carry the session's reference and address too; they are left where they are.

use crate::providers::json::{self, text, word};
use domain::video::{AttemptResult, FieldStatus, Said};
use serde_json::Value;

/// One session, from the customer's start to the last word about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    pub id: Option<String>,
    pub result: AttemptResult,
    /// A code of IDnow's failures, as it came.
    pub reason: Option<String>,
    /// When the identification took place, as IDnow writes it.
    pub at: Option<String>,
    /// `WEB` or `APP`.
    pub channel: Option<String>,
    /// The number that IDnow verified.
    pub mobile_number: Option<String>,
    /// The person's data, in reading order.
    pub userdata: Vec<Said>,
    /// The document's data; empty of a session without result.
    pub document: Vec<Said>,
}

impl Attempt {
    /// Reads a stored list again; what is no attempt is left out.
    #[must_use]
    pub fn read_all(body: &[u8]) -> Vec<Self> {
        let value = json::value(body).unwrap_or(Value::Null);
        value.as_array().into_iter().flatten().filter_map(Self::of).collect()
    }

    pub(super) fn of(v: &Value) -> Option<Self> {
        v.as_object()?;
        // Some send the document as a text of JSON.
        let parsed = v["payload"].as_str().and_then(|inner| serde_json::from_str::<Value>(inner).ok());
        let payload = parsed.as_ref().unwrap_or(&v["payload"]);
        let process = &payload["identificationprocess"];
        Some(Self {
            id: text(&v["id"]),
            result: AttemptResult::of(word(&v["result"]).or_else(|| word(&process["result"])).as_deref()),
            reason: text(&v["reason"]).or_else(|| text(&process["reason"])),
            at: text(&process["identificationtime"]),
            channel: text(&process["type"]),
            mobile_number: text(&payload["contactdata"]["mobilephone"]),
            userdata: section(&payload["userdata"]),
            document: section(&payload["identificationdocument"]),
        })
    }
}

/// The legitimation data of a body: the document's section, bare or inside the result document, the last one of a list.
///
/// # Errors
/// Bytes that are not JSON.
pub fn legitimation(body: &[u8]) -> Result<Vec<Said>, String> {
    let value = json::value(body)?;
    let one = value.as_array().map_or(Some(&value), |all| all.last()).unwrap_or(&Value::Null);
    let inner = ["payload", "data"].iter().map(|key| &one[*key]).find(|v| v.is_object()).unwrap_or(one);
    Ok(section(if inner["identificationdocument"].is_object() { &inner["identificationdocument"] } else { inner }))
}

/// Reading order; what is not in it comes after it.
const ORDER: [&str; 19] = [
    "title",
    "firstname",
    "lastname",
    "birthname",
    "birthday",
    "birthplace",
    "gender",
    "nationality",
    "address.street",
    "address.streetnumber",
    "address.zipcode",
    "address.city",
    "address.country",
    "type",
    "country",
    "number",
    "issuedby",
    "dateissued",
    "validuntil",
];

/// Every field of a section; groups of fields are read with their name before it. Bare values have no status.
fn section(v: &Value) -> Vec<Said> {
    let mut all = Vec::new();
    for (key, value) in v.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(members) if !is_field(value) => {
                all.extend(members.iter().filter_map(|(member, value)| said(format!("{key}.{member}"), value)));
            }
            _ => all.extend(said(key.clone(), value)),
        }
    }
    all.sort_by_key(|said| ORDER.iter().position(|known| *known == said.key).unwrap_or(ORDER.len()));
    all
}

fn is_field(v: &Value) -> bool {
    ["value", "status", "original"].iter().any(|key| v.get(*key).is_some_and(|v| !v.is_object()))
}

fn said(key: String, v: &Value) -> Option<Said> {
    if !v.is_object() {
        return Some(Said { key, value: Some(text(v)?), status: FieldStatus::Missing, original: None });
    }
    let (value, original) = (text(&v["value"]), text(&v["original"]));
    let status = FieldStatus::of(text(&v["status"]).as_deref());
    // A field about which nobody knows anything is not shown.
    (value.is_some() || original.is_some() || status == FieldStatus::Redaction).then_some(Said { key, value, status, original })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{findings::Match, video::rows};
    use proptest::prelude::*;
    use serde_json::json;

    fn attempt() -> Value {
        json!({
            "id": "1cida", "result": "SUCCESS_DATA_CHANGED", "reason": null,
            "payload": {
                "identificationprocess": { "result": "SUCCESS_DATA_CHANGED", "id": "TST-KCCEY", "href": "https://go.test.idnow.de/x", "identificationtime": "2022-07-14T18:18:28Z", "type": "WEB" },
                "contactdata": { "mobilephone": "+15550101", "email": null },
                "userdata": {
                    "lastname": { "value": "Doe", "status": "MATCH" },
                    "firstname": { "value": "Jane", "status": "CHANGED", "original": "Jan" },
                    "title": { "value": null, "status": "NEW" },
                    "address": { "city": { "value": "Berlin", "status": "NEW" }, "street": { "value": "Weg", "status": "MATCH" } },
                    "shoesize": "41",
                },
                "identificationdocument": { "type": { "value": "IDCARD", "status": "NEW" }, "number": { "value": "L01X", "status": "NEW" } },
            },
        })
    }

    #[test]
    fn an_attempt_is_read_in_reading_order_and_without_the_reference() {
        let read = Attempt::of(&attempt()).expect("an attempt");
        assert_eq!(read.result, AttemptResult::SuccessDataChanged);
        assert_eq!(
            read.userdata.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(),
            ["firstname", "lastname", "address.street", "address.city", "shoesize"]
        );
        assert_eq!(read.document.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(), ["type", "number"]);
        let first = &rows(&read.userdata)[0];
        assert_eq!((first.before.as_deref(), first.after.as_deref(), first.result), (Some("Jan"), Some("Jane"), Match::Differs));
        assert!(!format!("{read:?}").contains("KCCEY"));
    }

    #[test]
    fn a_failed_session_has_originals_only() {
        let read = Attempt::of(&json!({ "payload": {
            "identificationprocess": { "result": "ABORTED", "reason": "TECH_VIDEO" },
            "userdata": { "lastname": { "original": "Doe", "status": "ORIGINAL" } },
        } }))
        .expect("an attempt");
        assert_eq!((read.result, read.reason.as_deref(), read.document.len()), (AttemptResult::Aborted, Some("TECH_VIDEO"), 0));
        let row = &rows(&read.userdata)[0];
        assert_eq!((row.before.as_deref(), row.after.as_deref()), (Some("Doe"), None));
    }

    #[test]
    fn a_document_as_text_and_an_empty_attempt_are_read() {
        let mut inner = attempt();
        inner["payload"] = json!(inner["payload"].to_string());
        assert_eq!(Attempt::of(&inner), Attempt::of(&attempt()));
        assert_eq!(Attempt::of(&json!({})).expect("an attempt").result, AttemptResult::Missing);
        assert_eq!(Attempt::of(&json!("x")), None);
    }

    #[test]
    fn legitimation_data_are_found_bare_and_wrapped() {
        let document = attempt()["payload"]["identificationdocument"].clone();
        let keys = |v: &Value| legitimation(v.to_string().as_bytes()).expect("data").into_iter().map(|s| s.key).collect::<Vec<_>>();
        for shape in
            [document.clone(), json!([document]), json!({ "identificationdocument": document }), attempt(), json!({ "data": document })]
        {
            assert_eq!(keys(&shape), ["type", "number"], "{shape}");
        }
        assert!(legitimation(b"<html>").is_err());
        assert_eq!(legitimation(b"[]").expect("nothing"), []);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = legitimation(&bytes);
        }
    }
}
