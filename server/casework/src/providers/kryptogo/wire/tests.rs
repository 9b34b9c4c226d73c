use super::*;
use crate::providers::fuzz::{bent, said};
use proptest::prelude::*;
use serde_json::json;

fn details() -> Value {
    json!({
        "task_id": 12345, "target": {"type": 1, "name": "王又曾"}, "callback_url": "https://d/x", "sanction_matched": true,
        "potential_risk": 100, "audit_status": 0, "completed_time": 1_700_470_389, "next_review_at": 1_716_345_869,
        "aml_summarization": "One hit.", "metadata": {"team": "a"},
        "result": {
            "sanction_list": {"status": "completed", "count": 1, "items": [{"title": "WANG You-theng", "url": "https://l.example", "score": 100, "matched_name": "WANG You-theng", "matched_birthday": "1927-03-13", "matched_country": "TWN", "programme": "X"}]},
            "crypto_mixers": {"items": [{"title": "New kind"}]},
        }
    })
}

#[test]
fn details_are_read_with_unknown_sources_kept() {
    let read = Details::read(details().to_string().as_bytes()).expect("reads");
    assert_eq!((read.risk, read.accepted, read.items.len()), (Some(100), None, 2));
    let hit = read.items.iter().find(|i| i.source_name == "sanction_list").expect("the hit");
    assert_eq!(
        (hit.birth_date.as_deref(), hit.facts.as_slice()),
        (Some("1927-03-13"), &[("programme".to_owned(), "X".to_owned())][..])
    );
    let unknown =
        read.sources.iter().find(|s| s.name == "crypto_mixers").expect("the unknown source");
    assert_eq!((unknown.source(), unknown.count), (Source::Other, 1));
    assert_eq!(read.metadata, [("team".to_owned(), "a".to_owned())]);
}

fn unread(result: Value) -> Vec<String> {
    let read =
        Details::read(json!({ "result": result }).to_string().as_bytes()).expect("an object");
    read.unread.into_iter().map(|unread| unread.what).collect()
}

#[test]
fn only_an_empty_list_in_a_known_shape_is_nothing() {
    for known in [
        json!({}),
        json!({ "negative_news": [] }),
        json!({ "negative_news": { "status": "done", "count": 0, "items": [] } }),
        json!({ "negative_news": { "items": [], "took_ms": 7, "note": "fast", "pages": [], "more": {} } }),
        json!({ "negative_news": { "items": [], "error": null, "errors": 0, "is_partial": false, "warning": "", "total": 0 } }),
        json!({ "mixers": { "status": "Completed", "count": "1", "items": [{ "title": "T" }] } }),
    ] {
        assert_eq!(unread(known.clone()), Vec::<String>::new(), "{known}");
    }
    for odd in [
        json!({ "negative_news": { "data": { "articles": [{ "headline": "Convicted of fraud" }] } } }),
        json!({ "negative_news": { "items": [], "data": { "articles": [1] } } }),
        json!({ "negative_news": { "items": [], "hits": [{ "title": "T" }] } }),
        json!({ "negative_news": { "items": [], "count": 3 } }),
        json!({ "negative_news": { "items": [], "total": 3 } }),
        json!({ "negative_news": { "items": [], "count": 0.5 } }),
        json!({ "negative_news": { "status": "done", "count": 0, "items": [], "error": "the index is not available" } }),
        json!({ "negative_news": { "items": [], "Truncated": true } }),
        json!({ "negative_news": { "items": [], "count": "many" } }),
        json!({ "negative_news": { "items": [], "status": "failed" } }),
        json!({ "negative_news": { "items": {} } }),
        json!({ "negative_news": {} }),
        json!({ "negative_news": null }),
        json!({ "negative_news": "none" }),
        json!([{ "headline": "Convicted of fraud" }]),
        json!("Convicted of fraud"),
        json!(null),
    ] {
        assert_eq!(unread(odd.clone()).len(), 1, "{odd}: {:?}", unread(odd.clone()));
    }
}

#[test]
fn a_score_and_a_match_that_cannot_be_read_are_said() {
    for odd in [
        json!({ "result": {}, "potential_risk": "high" }),
        json!({ "result": {}, "potential_risk": -1 }),
        json!({ "result": {}, "sanction_matched": ["true"] }),
        json!({ "result": {}, "sanction_matched": 1 }),
    ] {
        let read = Details::read(odd.to_string().as_bytes()).expect("an object");
        assert_eq!((read.unread.len(), read.risk, read.sanction_matched), (1, None, None), "{odd}");
    }
    let long = Details::read(json!({ "result": "x".repeat(9_000) }).to_string().as_bytes())
        .expect("an object");
    assert!(long.unread[0].raw.chars().count() == RAW_MAX + 1 && long.unread[0].raw.ends_with('…'));
}

#[test]
fn what_stands_beside_a_report_is_not_lost_to_it() {
    let body = json!({ "report": { "sanction_matched": false, "potential_risk": 3 }, "sanction_matched": true, "potential_risk": 90 });
    let read = Summary::read(body.to_string().as_bytes()).expect("reads");
    assert_eq!(
        (read.sanction_matched, read.risk, read.risk_said.as_deref()),
        (Some(true), Some(90), Some("90"))
    );
    let odd = json!({ "report": { "sanction_matched": false, "potential_risk": 3 }, "sanction_matched": [true], "potential_risk": "high" });
    let read = Summary::read(odd.to_string().as_bytes()).expect("reads");
    assert_eq!((read.sanction_matched, read.risk, read.unread.len()), (Some(false), Some(3), 2));
}

#[test]
fn nobody_decided_while_nothing_is_decided() {
    for (status, auditor) in
        [(0, None), (1, Some("Auditor Krypto")), (2, Some("Auditor Krypto")), (9, None)]
    {
        let body = json!({ "audit_status": status, "auditor_employee_name": "Auditor Krypto", "result": {} }).to_string();
        assert_eq!(
            Details::read(body.as_bytes()).expect("an object").auditor.as_deref(),
            auditor,
            "{status}"
        );
    }
}

#[test]
fn odd_types_are_read_as_what_they_mean() {
    let odd = json!({ "task_id": "77", "progress": "100", "creation_time": "1623859200", "report": {"potential_risk": "51", "accepted": "true"}, "metadata": {"a": 1, "b": null}, "new_field": [1] });
    let read = Summary::read(odd.to_string().as_bytes()).expect("reads");
    assert_eq!(read.task_id.as_deref(), Some("77"));
    assert_eq!(
        (read.progress, read.risk, read.accepted, read.creation_time),
        (Some(100), Some(51), Some(true), Some(1_623_859_200))
    );
    assert_eq!(read.metadata, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
}

#[test]
fn nothing_missing_or_unknown_counts_as_accepted() {
    for body in [
        "{}",
        r#"{"report":null}"#,
        r#"{"report":{"accepted":null}}"#,
        r#"{"report":{"accepted":1}}"#,
        r#"{"report":[]}"#,
    ] {
        assert_eq!(Summary::read(body.as_bytes()).expect("reads").accepted, None, "{body}");
    }
    for status in ["0", "3", "null", "\"Accepted\"", "true", "[]"] {
        let body = format!(r#"{{"audit_status":{status}}}"#);
        assert_eq!(Details::read(body.as_bytes()).expect("reads").accepted, None, "{status}");
    }
}

#[test]
fn an_answer_about_many_tasks_may_name_some_of_them() {
    assert_eq!(
        named(br#"[{"task_id":2},{"error":"x"},{"task_id":"1"},null]"#),
        Ok(vec!["2".to_owned(), "1".to_owned()])
    );
    assert_eq!(named(b"[]"), Ok(vec![]));
    for bad in ["{}", "<html>", r#"{"task_id":1}"#] {
        assert!(named(bad.as_bytes()).expect_err("unusable").may_have_happened(), "{bad}");
    }
}

#[test]
fn a_create_answer_must_name_every_task() {
    assert_eq!(
        created(br#"[{"task_id":1},{"task_id":"2"}]"#, 2),
        Ok(vec!["1".to_owned(), "2".to_owned()])
    );
    for bad in [
        "[]",
        "{}",
        "<html>",
        r#"[{"task_id":null}]"#,
        r#"[{"task_id":[1]}]"#,
        r#"[{"task_id":1,"task_id":2}]"#,
        r#"[{"task_id":1},{"task_id":2}]"#,
    ] {
        assert!(created(bad.as_bytes(), 1).expect_err("unusable").may_have_happened(), "{bad}");
    }
}

/// Any JSON value, a few levels deep.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,12}".prop_map(Value::String)
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec(("[a-z_]{1,8}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect()))
        ]
    })
}

proptest! {
    /// F-20: whatever a field turns into, the rest is still read and nothing panics.
    #[test]
    fn any_field_may_become_anything(key in proptest::sample::select(details().as_object().expect("an object").keys().cloned().collect::<Vec<_>>()), value in any_json()) {
        let mut body = details();
        body[&key] = value;
        let read = Details::read(body.to_string().as_bytes()).expect("an object");
        if key != "result" { prop_assert_eq!(read.items.len(), 2); }
        if key != "audit_status" { prop_assert_eq!(read.accepted, None); }
        prop_assert!(Summary::read(body.to_string().as_bytes()).is_ok());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (Details::read(&bytes), Summary::read(&bytes), task_id_of(&bytes), created(&bytes, 1), history(&bytes));
    }

    #[test]
    fn s_52_no_bent_list_names_a_task_that_it_does_not_name(bytes in bent(json!([{ "task_id": 1 }, { "task_id": "2" }])), wanted in 0_usize..4) {
        let v = said(&bytes);
        if let Ok(ids) = created(&bytes, wanted) {
            prop_assert_eq!(ids.len(), wanted);
            prop_assert_eq!(v.as_ref().and_then(Value::as_array).map(Vec::len), Some(wanted));
        }
        if let Ok(ids) = named(&bytes) {
            prop_assert!(ids.len() <= v.as_ref().and_then(Value::as_array).map_or(0, Vec::len));
            prop_assert!(ids.iter().all(|id| !id.trim().is_empty()));
        }
    }

    #[test]
    fn s_52_no_bent_history_has_a_task_more(bytes in bent(json!({ "data": [{ "task_id": 1, "customer_reference": "C" }], "total": 1 }))) {
        if let Ok(all) = history(&bytes) {
            let v = said(&bytes).expect("read");
            prop_assert!(all.len() <= v["data"].as_array().map_or(0, Vec::len));
        }
    }
}
