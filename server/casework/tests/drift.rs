//! Schema drift (F-20) and odd waits (F-08), from a provider that answers what the test says.

use crate::{on_both, support::*};
use casework::checks::{self, review};
use domain::{CheckId, checks::State, findings::Source, launch::DueDiligenceForm};
use serde_json::{Value, json};

fn summary() -> Value {
    json!({
        "task_id": null, "target": { "type": 1, "name": "N" }, "customer_reference": "C", "progress": 100, "creation_time": 1_700_000_000,
        "report": { "sanction_matched": false, "potential_risk": 51, "accepted": null, "comment": "" },
        "metadata": [{ "key": "team", "value": "a" }],
    })
}

fn details() -> Value {
    json!({
        "task_id": null, "target": { "type": 1, "name": "N" }, "callback_url": null, "sanction_matched": false, "potential_risk": 51,
        "audit_status": 0, "aml_summarization": "Words.", "metadata": { "team": "a" },
        "result": {
            "negative_news": { "status": "done", "count": 1, "items": [{
                "title": "T", "url": "https://n.example/1", "snippet": "S", "date": "2024-01-01", "score": 51, "matched_name": "N",
                "matched_birthday": null, "matched_country": null, "publisher": "P",
            }] },
            "sanction_list": { "status": "done", "count": 0, "items": [] },
        },
    })
}

/// What a field may turn into one day.
fn odd_values() -> Vec<Value> {
    vec![
        Value::Null,
        json!(true),
        json!(-5),
        json!(9.9e300),
        json!(u64::MAX),
        json!("nul \u{0} inside"),
        json!("\u{202E}emoji 👩‍👩‍👧 <script>alert(1)</script>"),
        json!("x".repeat(20_000)),
        json!([]),
        json!([[["deep"]], { "a": { "\u{0}": [1, null] } }]),
        json!({ "key": "\u{0}", "value": { "nested": "\u{0}" }, "items": "none", "name": ["N"] }),
    ]
}

/// Each place in a document, as a pointer.
fn pointers(value: &Value, at: &str, all: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Value::Array(list) => list.iter().enumerate().map(|(n, v)| (n.to_string(), v)).collect(),
        _ => vec![],
    };
    for (key, child) in children {
        let here = format!("{at}/{key}");
        pointers(child, &here, all);
        all.push(here);
    }
}

/// Documents with one thing changed each: another value, a missing field, one field more.
fn mutations() -> Vec<(String, Value, Value)> {
    let mut all = Vec::new();
    let odd = odd_values();
    for (which, original) in [("summary", summary()), ("details", details())] {
        let mut places = Vec::new();
        pointers(&original, "", &mut places);
        for (n, place) in places.iter().enumerate() {
            // Every place sees three of the odd values, and every odd value sees many places.
            for value in odd.iter().cycle().skip(n * 3).take(3) {
                let mut changed = original.clone();
                *changed.pointer_mut(place).expect("a place") = value.clone();
                let shown: String = value.to_string().chars().take(40).collect();
                all.push((format!("{which}{place} = {shown}"), which, changed));
            }
        }
    }
    let both = |(name, which, changed): (String, &str, Value)| {
        if which == "summary" { (name, changed, details()) } else { (name, summary(), changed) }
    };
    all.into_iter().map(both).collect()
}

on_both!(whatever_a_field_turns_into_the_rest_is_read_and_nothing_is_lost, |desk| async {
    let documents = mutations();
    assert!(documents.len() > 90);
    let served = documents.clone();
    let created = std::sync::atomic::AtomicUsize::new(0);
    let stub = Stub::start(&desk, move |method, path, _| {
        let index =
            |path: &str| path.split('/').nth(2).and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
        let body = match (method, path) {
            ("POST", _) => {
                json!([{ "task_id": created.fetch_add(1, std::sync::atomic::Ordering::SeqCst) }])
            }
            (_, path) if path.ends_with("/summary") => served[index(path)].1.clone(),
            (_, path) => served[index(path)].2.clone(),
        };
        (200, None, body.to_string())
    })
    .await;
    let mut ids: Vec<CheckId> = Vec::new();
    for _ in 0..documents.len() {
        let form = DueDiligenceForm {
            connection: stub.connection.to_string(),
            customer_reference: "C".into(),
            sources: "negative_news sanction_list".into(),
            ..desk.form("N")
        };
        // All are about one customer, whom every answer names.
        let id = casework::new_id().into();
        checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &id, &form, true, None)
            .await
            .expect("launches");
        ids.push(id);
    }
    let settled = "SELECT COUNT(*) FROM checks WHERE state = 'to_review' OR (state = 'running' AND (trouble IS NOT NULL OR provider_state LIKE 'progress%' OR provider_state LIKE '0 %'))";
    desk.settle("every check is settled", || async {
        number(&desk.work.db, settled).await == documents.len() as i64
    })
    .await;

    let mut reviewed = 0;
    for id in &ids {
        let review = desk.review(id).await;
        let at: usize =
            review.check.provider_ref.as_deref().and_then(|r| r.parse().ok()).expect("a number");
        let (name, summary, details) = &documents[at];
        if review.check.state == "running" {
            let is_another = ["/task_id", "/customer_reference", "/target"]
                .iter()
                .any(|place| name.contains(place));
            assert!(
                name.starts_with("summary/progress") || is_another,
                "{name}: {:?}",
                review.check.trouble
            );
            continue;
        }
        reviewed += 1;
        assert_eq!(review.evidence.len(), 2, "{name}");
        for (evidence, sent) in review.evidence.iter().zip([summary, details]) {
            let kept = review::evidence_body(&desk.work, id, &evidence.id).await.expect("opens");
            assert_eq!(String::from_utf8(kept.bytes).expect("text"), sent.to_string(), "{name}");
        }
        let read = review.findings.iter().filter(|f| f.source() == Source::NegativeNews).count();
        let is_unread = review.findings.iter().any(|f| f.source() == Source::Unread);
        if !name.starts_with("details/result") {
            assert_eq!(read, 1, "{name}");
        }
        assert!(
            read > 0 || is_unread || review.findings.iter().any(|f| f.source() == Source::Other),
            "{name}: nothing is lost in silence"
        );
        let risk = review.check.risk();
        assert!(
            risk.is_none_or(|r| [50, 51, 100].contains(&r)),
            "{name}: an odd score never looks harmless: {risk:?}"
        );
        let accepted =
            review.check.provider_state.as_deref().is_some_and(|s| s.starts_with("accepted"));
        assert_eq!(accepted, name.as_str() == "summary/report/accepted = true", "{name}");
    }
    assert!(reviewed > 80, "{reviewed}");
    assert_journal_intact(&desk.work).await;
});

on_both!(waits_that_a_provider_asks_for_are_kept_within_reason, |desk| async {
    let base = desk.work.pace.retry_base_ms;
    for (asked, at_least, at_most) in [
        (Some("0"), base, base + 5_000),
        (Some("2"), 2_000, 2_000 + 5_000),
        (Some("1000000000"), 3_600_000, 3_600_000 + 5_000),
        (Some("-7"), 0, 5_000),
        (Some("Wed, 21 Oct 2099 07:28:00 GMT"), 3_600_000, 3_600_000 + 5_000),
        (Some("Wed, 21 Oct 2015 07:28:00 GMT"), base, base + 5_000),
        (None, 0, 5_000),
    ] {
        for status in [429, 503] {
            let stub = Stub::start(&desk, move |method, _, _| match method {
                "POST" => (status, asked, json!({ "message": "not now" }).to_string()),
                _ => (200, None, json!({ "data": [] }).to_string()),
            })
            .await;
            let before = desk.work.now();
            let id = desk
                .launch_form(&DueDiligenceForm {
                    connection: stub.connection.to_string(),
                    ..desk.form("N")
                })
                .await;
            casework::outbox::work_off(&desk.work, 8).await.expect("works");
            let delivery = desk.review(&id).await.deliveries.remove(0);
            let wait = delivery.next_at_ms - before;
            assert!((at_least..=at_most).contains(&wait), "{status} {asked:?}: {wait}");
            assert_eq!(
                (stub.count("POST /task"), delivery.state.as_str()),
                (1, if status == 429 { "due" } else { "unknown" })
            );
            assert_eq!(desk.check(&id).await.state, State::Queued.code());
            casework::checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &id)
                .await
                .expect("withdraws");
        }
    }
});

on_both!(a_provider_that_always_says_wait_zero_is_not_hammered, |desk| async {
    let stub = Stub::start(&desk, |_, _, _| (429, Some("0"), String::new())).await;
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: stub.connection.to_string(),
            ..desk.form("N")
        })
        .await;
    desk.work_for(400).await;
    let calls = stub.count("POST /task");
    assert!(
        (2..=400 / desk.work.pace.retry_base_ms as usize + 1).contains(&calls),
        "{calls} calls in 400 ms"
    );
    assert_eq!(desk.check(&id).await.state, "queued", "waiting as told never counts as giving up");
});
