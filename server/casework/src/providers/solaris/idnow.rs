//! IDnow's result documents inside Solaris's answers: attempts and legitimation data.
//!
//! They carry the session's reference and address too; these are left where they are.

use super::{masking, records::moment};
use crate::providers::json::{self, text, word};
use domain::{
    Moment,
    video::{AttemptResult, FieldStatus, Said, is_secret_member, parse_utc, without_references},
};
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
    /// Reads a stored list again, the oldest first; what is no attempt is left out.
    #[must_use]
    pub fn read_all(body: &[u8]) -> Vec<Self> {
        let value = json::value(body).unwrap_or(Value::Null);
        Self::in_order(value.as_array().into_iter().flatten())
    }

    /// The attempts of a list by their time, whatever place they have in it. One without a time
    /// stays behind the one that it follows; a list that runs backwards is turned round first.
    pub(super) fn in_order<'a>(list: impl Iterator<Item = &'a Value>) -> Vec<Self> {
        let mut all: Vec<Self> = list.filter_map(Self::of).collect();
        let times =
            |all: &[Self]| -> Vec<Option<Moment>> { all.iter().map(Self::moment).collect() };
        let known: Vec<Moment> = times(&all).into_iter().flatten().collect();
        if known.first() > known.last() {
            all.reverse();
        }
        let mut last = Moment::MIN;
        let mut dated: Vec<(Moment, Self)> = Vec::new();
        for attempt in all {
            last = attempt.moment().unwrap_or(last);
            dated.push((last, attempt));
        }
        dated.sort_by_key(|(at, _)| *at);
        dated.into_iter().map(|(_, attempt)| attempt).collect()
    }

    /// When it took place. Without a zone, IDnow writes UTC.
    fn moment(&self) -> Option<Moment> {
        let said = self.at.as_deref()?;
        moment(&Value::String(said.to_owned())).or_else(|| parse_utc(said))
    }

    /// Whether a list has something in it that is no attempt.
    #[must_use]
    pub fn is_odd_list(body: &[u8]) -> bool {
        json::value(body).is_ok_and(|value| {
            value.as_array().is_none_or(|all| all.iter().any(|one| Self::of(one).is_none()))
        })
    }

    pub(super) fn of(v: &Value) -> Option<Self> {
        v.as_object()?;
        // Some send the document as a text of JSON.
        let parsed = v["payload"].as_str().and_then(|inner| json::value(inner.as_bytes()).ok());
        let payload = parsed.as_ref().unwrap_or(&v["payload"]);
        let process = &payload["identificationprocess"];
        let times = [
            &process["identificationtime"],
            &payload["identificationtime"],
            &v["identificationtime"],
            &v["created_at"],
        ];
        Some(Self {
            id: text(&v["id"]),
            result: AttemptResult::of(
                word(&v["result"]).or_else(|| word(&process["result"])).as_deref(),
            ),
            reason: text(&v["reason"])
                .or_else(|| text(&process["reason"]))
                .map(|reason| without_references(&reason).into_owned()),
            at: times.into_iter().find_map(text),
            channel: text(&process["type"]),
            mobile_number: text(&payload["contactdata"]["mobilephone"]),
            userdata: section(&payload["userdata"]),
            document: section(&payload["identificationdocument"]),
        })
    }
}

/// The legitimation data of a body: the document's section, bare or inside the result document, the
/// last one of a list.
///
/// # Errors
/// Bytes that are not JSON.
pub fn legitimation(body: &[u8]) -> Result<Vec<Said>, String> {
    let value = json::value(body)?;
    let one = value.as_array().map_or(Some(&value), |all| all.last()).unwrap_or(&Value::Null);
    let inner =
        ["payload", "data"].iter().map(|key| &one[*key]).find(|v| v.is_object()).unwrap_or(one);
    Ok(section(if inner["identificationdocument"].is_object() {
        &inner["identificationdocument"]
    } else {
        inner
    }))
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

/// Every field of a section; groups of fields are read with their name before it. Bare values have
/// no status.
fn section(v: &Value) -> Vec<Said> {
    let mut all = Vec::new();
    for (key, value) in v.as_object().into_iter().flatten() {
        match value.as_object() {
            Some(members) if !is_field(value) => {
                all.extend(
                    members
                        .iter()
                        .filter_map(|(member, value)| said(format!("{key}.{member}"), value)),
                );
            }
            _ => all.extend(said(key.clone(), value)),
        }
    }
    all.sort_by_key(|said| {
        ORDER.iter().position(|known| *known == said.key).unwrap_or(ORDER.len())
    });
    all
}

fn is_field(v: &Value) -> bool {
    ["value", "status", "original"].iter().any(|key| v.get(*key).is_some_and(|v| !v.is_object()))
}

fn said(key: String, v: &Value) -> Option<Said> {
    // Some repeat the reference among the fields.
    if is_secret_member(key.rsplit('.').next().unwrap_or(&key)) {
        return None;
    }
    let text = |v: &Value| text(v).map(|said| masking::masked_text(&said));
    if !v.is_object() {
        return Some(Said {
            key,
            value: Some(text(v)?),
            status: FieldStatus::Missing,
            original: None,
        });
    }
    let (value, original) = (text(&v["value"]), text(&v["original"]));
    let status = FieldStatus::of(text(&v["status"]).as_deref());
    // A field about which nobody knows anything is not shown.
    (value.is_some() || original.is_some() || status == FieldStatus::Redaction).then_some(Said {
        key,
        value,
        status,
        original,
    })
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
        assert_eq!(
            read.document.iter().map(|s| s.key.as_str()).collect::<Vec<_>>(),
            ["type", "number"]
        );
        let first = &rows(&read.userdata)[0];
        assert_eq!(
            (first.before.as_deref(), first.after.as_deref(), first.result),
            (Some("Jan"), Some("Jane"), Match::Differs)
        );
        assert!(!format!("{read:?}").contains("KCCEY"));
    }

    #[test]
    fn a_failed_session_has_originals_only() {
        let read = Attempt::of(&json!({ "payload": {
            "identificationprocess": { "result": "ABORTED", "reason": "TECH_VIDEO" },
            "userdata": { "lastname": { "original": "Doe", "status": "ORIGINAL" } },
        } }))
        .expect("an attempt");
        assert_eq!(
            (read.result, read.reason.as_deref(), read.document.len()),
            (AttemptResult::Aborted, Some("TECH_VIDEO"), 0)
        );
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
    fn attempts_come_in_the_order_of_their_time_whatever_the_list_has() {
        let at = |id: &str, time: Value| json!({ "id": id, "payload": { "identificationprocess": { "identificationtime": time } } });
        let (one, two, three) = (
            at("1", json!("2022-07-14T18:18:28Z")),
            at("2", json!("2022-07-14T21:00:00+02:00")),
            at("3", json!("2022-07-14T19:30:00")),
        );
        let unknown = at("x", Value::Null);
        let order = |list: &[&Value]| {
            let body = Value::Array(list.iter().map(|one| (*one).clone()).collect()).to_string();
            Attempt::read_all(body.as_bytes()).into_iter().filter_map(|a| a.id).collect::<String>()
        };
        for list in
            [[&one, &two, &three], [&three, &two, &one], [&two, &three, &one], [&two, &one, &three]]
        {
            assert_eq!(order(&list), "123");
        }
        assert_eq!(order(&[&one, &unknown, &two]), "1x2");
        assert_eq!(order(&[&two, &unknown, &one]), "1x2", "newest first");
        assert_eq!(order(&[&unknown, &unknown]), "xx");
        assert!(
            Attempt::is_odd_list(br#"[{"id":1},"x"]"#)
                && Attempt::is_odd_list(b"{}")
                && !Attempt::is_odd_list(br#"[{"id":1}]"#)
        );
    }

    #[test]
    fn no_field_shows_the_reference() {
        let userdata = json!({ "firstname": { "value": "Jane", "status": "MATCH" }, "reference": "QWERT", "remark": "TST-KCCEY", "process": { "reference": { "value": "ASDFG" } } });
        let read = Attempt::of(
            &json!({ "reason": "TST-KCCEY ended", "payload": { "userdata": userdata } }),
        )
        .expect("an attempt");
        let all = format!("{read:?}");
        assert!(
            all.contains("Jane")
                && !["QWERT", "KCCEY", "ASDFG"].iter().any(|secret| all.contains(secret)),
            "{all}"
        );
    }

    #[test]
    fn legitimation_data_are_found_bare_and_wrapped() {
        let document = attempt()["payload"]["identificationdocument"].clone();
        let keys = |v: &Value| {
            legitimation(v.to_string().as_bytes())
                .expect("data")
                .into_iter()
                .map(|s| s.key)
                .collect::<Vec<_>>()
        };
        for shape in [
            document.clone(),
            json!([document]),
            json!({ "identificationdocument": document }),
            attempt(),
            json!({ "data": document }),
        ] {
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
