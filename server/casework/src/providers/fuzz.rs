//! S-52: answers as no provider should give them. A good document is bent in several places, then
//! perhaps cut or broken; whatever comes of it, nothing panics, and nothing reads as a success that
//! the bytes do not literally say.
//!
//! `PROPTEST_CASES` sets how many documents each reader gets; 256 by default.

use super::{camara, kryptogo, solaris, zignsec};
use domain::{
    findings::Match,
    idv::ProviderState,
    number_match::{Attribute, Version, rows},
    registers::RofusStatus,
    video::{AttemptResult, Services},
};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

/// What a place in a document turns into.
#[derive(Debug, Clone)]
enum Bend {
    Into(Value),
    Gone,
    /// Under another name, or beside its like.
    Renamed(String),
    InAList,
    AsText,
}

/// What happens to the bytes afterwards.
#[derive(Debug, Clone)]
enum Break {
    Nothing,
    Cut(Index),
    Flip(Index, u8),
    Within(Index, Vec<u8>),
    Before(Vec<u8>),
    Behind(Vec<u8>),
}

/// Values that mean something somewhere, and values that mean nothing anywhere.
pub(in crate::providers) fn odd() -> impl Strategy<Value = Value> {
    let words = [
        "",
        " ",
        "true",
        "TRUE",
        "false",
        "yes",
        "0",
        "1",
        "2",
        "1.0",
        "1.5",
        "-1",
        "accepted",
        "Accepted",
        "ACCEPT",
        "successful",
        "SUCCESS",
        "PersonIsNotRegistered",
        "not_available",
        "Bearer",
        "NaN",
        "1e309",
        "\0",
        "a\0b",
        "\u{202e}x",
        "\u{feff}",
        "javascript:alert(1)",
        "https://x.example/",
        "2026-02-30",
        "0000-00-00",
        "9999999999999999999999",
    ];
    let known = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![-1, 0, 1, 2, 3, 4, 99, 100, 101]).prop_map(Value::from),
        prop::sample::select(vec![0.0, 0.5, 1.0, 1.5, 2.5, -0.0, 99.9, 1e18, -1e300])
            .prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        "\\PC{0,20}".prop_map(Value::from),
        Just(json!("x".repeat(5_000))),
        Just((0..100).fold(json!(1), |inner, _| json!([inner]))),
    ];
    known.prop_recursive(2, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z_]{1,8}|\0|id|code|value|status|items", inner, 0..4)
                .prop_map(|members| json!(members)),
        ]
    })
}

/// A document, bent.
pub(in crate::providers) fn bent(whole: Value) -> impl Strategy<Value = Vec<u8>> {
    let bend = prop_oneof![
        4 => odd().prop_map(Bend::Into),
        1 => Just(Bend::Gone),
        1 => "[a-z_]{0,8}|\0".prop_map(Bend::Renamed),
        1 => Just(Bend::InAList),
        1 => Just(Bend::AsText),
    ];
    let broken = prop_oneof![
        6 => Just(Break::Nothing),
        1 => any::<Index>().prop_map(Break::Cut),
        1 => (any::<Index>(), any::<u8>()).prop_map(|(at, bits)| Break::Flip(at, bits)),
        1 => (any::<Index>(), vec(any::<u8>(), 1..5)).prop_map(|(at, bytes)| Break::Within(at, bytes)),
        1 => prop::sample::select(vec![b"\xef\xbb\xbf".to_vec(), b")]}',\n".to_vec(), b"\0".to_vec()]).prop_map(Break::Before),
        1 => prop::sample::select(vec![b"{}".to_vec(), b"\0".to_vec(), b"\n\n".to_vec(), b"]".to_vec()]).prop_map(Break::Behind),
    ];
    (vec((any::<Index>(), bend), 0..4), broken).prop_map(move |(bends, broken)| {
        let mut document = whole.clone();
        for (at, bend) in bends {
            let mut places = vec![String::new()];
            pointers(&document, "", &mut places);
            apply(&mut document, &places[at.index(places.len())], bend);
        }
        break_up(document.to_string().into_bytes(), broken)
    })
}

fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, child)| (key.replace('~', "~0").replace('/', "~1"), child))
            .collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(n, child)| (n.to_string(), child)).collect()
        }
        _ => vec![],
    };
    for (key, child) in children {
        let here = format!("{at}/{key}");
        pointers(child, &here, all);
        all.push(here);
    }
}

fn apply(document: &mut Value, place: &str, bend: Bend) {
    let (parent, key) = place.rsplit_once('/').unwrap_or(("", ""));
    match bend {
        Bend::Gone | Bend::Renamed(_) => {
            let Some(Value::Object(members)) = document.pointer_mut(parent) else { return };
            if let (Some(value), Bend::Renamed(name)) = (members.remove(key), bend) {
                members.insert(name, value);
            }
        }
        bend => {
            let Some(value) = document.pointer_mut(place) else { return };
            *value = match bend {
                Bend::Into(other) => other,
                Bend::InAList => json!([value.take()]),
                _ => json!(value.to_string()),
            };
        }
    }
}

fn break_up(mut bytes: Vec<u8>, broken: Break) -> Vec<u8> {
    match broken {
        Break::Nothing => {}
        Break::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Break::Flip(at, bits) => {
            let at = at.index(bytes.len());
            bytes[at] ^= bits;
        }
        Break::Within(at, more) => {
            drop(bytes.splice(at.index(bytes.len()).., more).collect::<Vec<_>>())
        }
        Break::Before(more) => drop(bytes.splice(..0, more).collect::<Vec<_>>()),
        Break::Behind(more) => bytes.extend(more),
    }
    bytes
}

/// What the bytes say, read by nobody's rules but JSON's; a mark before them and broken characters
/// say nothing, and a number that is too large is a text.
pub(in crate::providers) fn said(bytes: &[u8]) -> Option<Value> {
    serde_json::from_str(&super::json::readable(bytes)).ok()
}

/// A literal yes.
fn is_true(value: &Value) -> bool {
    *value == json!(true) || value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

/// The number, as number or text.
fn is_number(value: &Value, number: i64) -> bool {
    value.as_f64() == Some(number as f64)
        || value.as_str().is_some_and(|text| text.trim().parse::<f64>() == Ok(number as f64))
}

/// Whether a printed value has a text with what databases refuse.
fn holds_nul(printed: &str) -> bool {
    printed.replace("\\\\", "").contains("\\0")
}

fn summary() -> Value {
    json!({
        "task_id": 77, "target": { "type": 1, "name": "N" }, "customer_reference": "C", "progress": 100, "creation_time": 1_700_000_000,
        "report": { "sanction_matched": false, "potential_risk": 51, "accepted": true, "comment": "" },
        "metadata": [{ "key": "team", "value": "a" }],
    })
}

fn details() -> Value {
    json!({
        "task_id": 77, "target": { "type": 1, "name": "N" }, "callback_url": null, "sanction_matched": true, "potential_risk": 51,
        "audit_status": 1, "auditor_employee_name": "E", "aml_summarization": "Words.", "metadata": { "team": "a" },
        "result": {
            "negative_news": { "status": "done", "count": 1, "items": [{
                "title": "T", "url": "https://n.example/1", "snippet": "S", "date": "2024-01-01", "score": 51, "matched_name": "N",
                "matched_birthday": null, "matched_country": null, "publisher": "P",
            }] },
            "sanction_list": { "status": "done", "count": 0, "items": [] },
        },
    })
}

fn idv() -> Value {
    json!({
        "idv_task_id": 12, "country": "TWN", "id_type": "ID_CARD", "id_sub_type": "NATIONAL_ID", "full_name": "王又曾", "birthday": "1965-03-16",
        "id_number": "A223456789", "issuing_date": "2020-03-10", "expiry_date": "2025-03-10", "gender": "M", "customer_reference": "C-1",
        "review_reasons": [{ "code": 501, "description": "x" }], "reject_reasons": [], "created_search_task_id": 102, "audit_status": "Pending",
        "dd_tasks": [{ "id": 102 }], "id_image_url": "https://x.example/1", "mrz": "I<", "state": 0,
    })
}

fn kya() -> Value {
    json!({
        "kya_id": 12, "address": "0x72a5843cc08275c8171e582972aa4fda8c397b2a",
        "data": { "received": "12.5", "sent": 12.5, "balance": 1, "tx_count": "42", "first_seen": 1_500_000_000, "risk_score": "75", "label": "exchange" },
        "sdnlist": [], "txlist": [{ "hash": "0x1", "from": "0xa", "to": "0xb", "value": 0.1, "timestamp": "1698661028", "direction": "in" }],
        "creation_timestamp": 1_698_661_028, "creator_name": "E", "customer_reference": null,
    })
}

fn identification() -> Value {
    json!({
        "id": "1cidt", "person_id": "1cper", "status": "successful", "method": "idnow", "language": "DE", "url": "https://go.test.idnow.de/x",
        "reference": "TST-KCCEY", "completed_at": "2022-07-14T18:18:28Z", "failure_reason": null, "estimated_waiting_time": 5,
        "documents": [{ "id": "1doc", "name": "a.pdf", "content_type": "application/pdf", "document_type": "PASSPORT", "size": 7,
            "customer_accessible": false, "created_at": "2022-07-14T18:18:28Z", "deleted_at": null }],
    })
}

fn person() -> Value {
    json!({
        "id": "1cper", "first_name": "Jane", "address": { "city": "Berlin", "state": null }, "screening_progress": "SCREENED_ACCEPTED",
        "risk_classification_status": "NORMAL_RISK", "customer_vetting_status": "NO_MATCH", "flagged_by_compliance": false,
    })
}

fn attempts() -> Value {
    json!([{ "id": "1cida", "result": "SUCCESS", "reason": null, "payload": {
        "identificationprocess": { "result": "SUCCESS", "id": "TST-KCCEY", "identificationtime": "2022-07-14T18:18:28Z", "type": "WEB" },
        "contactdata": { "mobilephone": "+15550101" },
        "userdata": { "lastname": { "value": "Doe", "status": "MATCH" }, "address": { "city": { "value": "Berlin", "status": "NEW" } } },
        "identificationdocument": { "number": { "value": "L01X", "status": "NEW" } },
    } }])
}

#[test]
fn s_52_a_list_of_a_word_is_not_the_word_and_a_fraction_is_not_the_code() {
    for status in [json!(1.5), json!("1.9"), json!([1]), json!("1;2")] {
        let read =
            kryptogo::Details::read(json!({ "audit_status": status }).to_string().as_bytes())
                .expect("an object");
        assert_eq!(read.accepted, None, "{status}");
    }
    for state in [json!([0]), json!(["0"]), json!(0.0), json!("00")] {
        let read = kryptogo::IdvAnswer::read(json!({ "state": state }).to_string().as_bytes())
            .expect("an object");
        assert!(matches!(read.state, ProviderState::Unknown(_)), "{state}");
    }
    let register =
        json!({ "IsMatch": [true], "RofusStatus": ["PersonIsNotRegistered"] }).to_string();
    assert_eq!(zignsec::PidCprAnswer::read(register.as_bytes()).expect("read").is_match(), None);
    assert_eq!(zignsec::RofusAnswer::read(register.as_bytes()).expect("read").status(), None);
    let identified = json!({ "id": "1", "status": ["successful"] }).to_string();
    let read = solaris::IdentificationRecord::read(identified.as_bytes()).expect("a record");
    assert_eq!(read.state.services(), Services::NotYet);
    let attempt =
        &solaris::Attempt::read_all(json!([{ "result": ["SUCCESS"] }]).to_string().as_bytes())[0];
    assert!(matches!(attempt.result, AttemptResult::Unknown(_)));
}

proptest! {
    #[test]
    fn s_52_no_bent_summary_is_accepted_or_hides_a_hit(bytes in bent(summary())) {
        let Ok(read) = kryptogo::Summary::read(&bytes) else {
            prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()), "an object is always read");
            return Ok(());
        };
        let v = said(&bytes).expect("read");
        prop_assert_eq!(read.accepted == Some(true), is_true(&v["report"]["accepted"]));
        prop_assert_eq!(read.sanction_matched == Some(true), is_true(&v["report"]["sanction_matched"]));
        let shown = format!("{read:?}");
        prop_assert!(!holds_nul(&shown), "{}", shown);
        let _ = (kryptogo::task_id_of(&bytes), kryptogo::idv_id_of(&bytes));
    }

    #[test]
    fn s_52_no_bent_details_are_accepted_or_lose_a_finding(bytes in bent(details())) {
        let Ok(read) = kryptogo::Details::read(&bytes) else {
            prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()));
            return Ok(());
        };
        let v = said(&bytes).expect("read");
        prop_assert_eq!(read.accepted == Some(true), is_number(&v["audit_status"], 1), "{}", v["audit_status"]);
        prop_assert_eq!(read.accepted == Some(false), is_number(&v["audit_status"], 2), "{}", v["audit_status"]);
        let lists = v["result"].as_object().into_iter().flatten().map(|(_, r)| if r.get("items").is_some() { &r["items"] } else { r });
        prop_assert_eq!(read.items.len(), lists.filter_map(Value::as_array).map(Vec::len).sum::<usize>());
    }

    #[test]
    fn s_52_no_bent_id_verification_is_accepted(bytes in bent(idv())) {
        let Ok(read) = kryptogo::IdvAnswer::read(&bytes) else {
            prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()));
            return Ok(());
        };
        let v = said(&bytes).expect("read");
        let says = v["state"] == json!(0) || v["state"].as_str().is_some_and(|s| s.trim() == "0");
        prop_assert_eq!(read.state == ProviderState::Accept, says, "{}", v["state"]);
        let shown = format!("{read:?}");
        prop_assert!(!holds_nul(&shown), "{}", shown);
        let _ = (read.words(), read.document(), read.is_outcome());
    }

    #[test]
    fn s_52_no_bent_wallet_analysis_says_that_nothing_is_sanctioned(bytes in bent(kya())) {
        let (Ok(read), Some(v)) = (kryptogo::Kya::read(&bytes), said(&bytes)) else { return Ok(()) };
        prop_assert!(v.is_object() && (read.kya_id.is_some() || read.address.is_some()));
        prop_assert_eq!(read.sanctioned.as_ref().map(Vec::len), v["sdnlist"].as_array().map(Vec::len));
        prop_assert!(read.risk_score.is_none_or(|score| (0..=100).contains(&score)));
    }

    #[test]
    fn s_52_no_bent_register_answer_is_a_match_or_clears_anybody(
        bytes in bent(json!({ "id": "x", "errors": [], "IsMatch": true, "RofusStatus": "PersonIsNotRegistered" })),
    ) {
        if let Ok(read) = zignsec::PidCprAnswer::read(&bytes) {
            let v = said(&bytes).expect("read");
            let says = v["IsMatch"] == json!(true) || v["IsMatch"] == json!("true");
            prop_assert!(read.is_match() != Some(true) || (says && read.complaints.is_empty()), "{}", v);
            prop_assert!(read.is_match().is_none() || read.refusal().is_none());
        }
        if let Ok(read) = zignsec::RofusAnswer::read(&bytes) {
            let v = said(&bytes).expect("read");
            let says = v["RofusStatus"] == json!("PersonIsNotRegistered");
            prop_assert!(read.status() != Some(RofusStatus::NotRegistered) || (says && read.complaints.is_empty()), "{}", v);
        }
    }

    #[test]
    fn s_52_no_bent_match_is_a_match(bytes in bent(json!({ "idDocumentMatch": "true", "nameMatch": "true", "nameMatchScore": 90, "birthdateMatch": "not_available" }))) {
        let Ok(read) = camara::MatchAnswer::of_body(&bytes) else {
            prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()));
            return Ok(());
        };
        let v = said(&bytes).expect("read");
        for row in rows(Attribute::ALL, Version::V04, &read.members) {
            if row.result.as_match() == Match::Matches {
                let value = &v[row.attribute.match_key()];
                prop_assert!(*value == json!(true) || *value == json!("true"), "{}", value);
            }
        }
    }

    #[test]
    fn s_52_no_bent_identification_allows_services(bytes in bent(identification())) {
        let Some(read) = solaris::IdentificationRecord::read(&bytes) else { return Ok(()) };
        let v = said(&bytes).expect("read");
        if matches!(read.state.services(), Services::Yes | Services::Provisionally) {
            prop_assert!(v["status"].as_str().is_some_and(|s| s.trim().ends_with("successful")), "{}", v["status"]);
        }
        prop_assert!(read.url.is_none_or(|url| url.starts_with("https://") || url.starts_with("http://")));
    }

    #[test]
    fn s_52_no_bent_person_is_green(bytes in bent(person())) {
        let Some(read) = solaris::PersonRecord::read(&bytes) else { return Ok(()) };
        if read.standing.is_onboardable() {
            let v = said(&bytes).expect("read");
            for key in ["screening_progress", "risk_classification_status", "customer_vetting_status"] {
                prop_assert_eq!(&v[key], &person()[key], "only the words themselves are green");
            }
        }
    }

    #[test]
    fn s_52_no_bent_attempt_succeeded(bytes in bent(attempts())) {
        let all = solaris::Attempt::read_all(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        for attempt in all {
            prop_assert!(attempt.result != AttemptResult::Success || text.contains("SUCCESS"));
        }
        let _ = solaris::legitimation(&bytes);
    }

    /// A webhook's body is a hint; whose it is stands in its headers, and what is not signed is not
    /// believed.
    #[test]
    fn s_52_no_bent_webhook_names_a_person_in_its_body(
        bytes in bent(json!({ "id": "1cidt", "status": "successful", "person_id": "1cper", "url": "x" })),
        event in "IDENTIFICATION|PERSON_CHANGED|PERSON_DELETED|WEBHOOK-SUBSCRIPTION|\\PC{0,12}",
        signature in "sha256=[0-9a-f]{0,66}|\\PC{0,30}",
    ) {
        let read = solaris::Delivery::read(|name| match name {
            "solaris-webhook-event-type" => Some(event.as_str()),
            "solaris-webhook-signature" => Some(signature.as_str()),
            _ => None,
        });
        let hint = read.hint(&bytes);
        prop_assert!(read.event == solaris::Event::Identification || hint == solaris::Hint::default());
        prop_assert!(!read.is_probe(&bytes) || bytes.iter().all(u8::is_ascii_whitespace));
        prop_assert!(solaris::verify("secret", read.signature.as_deref(), &bytes).is_err());
    }
}
