//! Names that ask for an outcome or a misbehaviour.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use super::{
    link,
    support::{Bodies, Desk, count, quick, receiver, until},
    upload,
};

fn codes(reasons: &Value) -> Vec<i64> {
    reasons.as_array().unwrap().iter().map(|reason| reason["code"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn names_ask_for_outcomes() {
    let desk = Desk::open(quick()).await;
    for (name, state, review, reject) in [
        ("Ana", json!(0), vec![], vec![]),
        ("test idv review 600", json!(1), vec![600], vec![]),
        ("Test Idv Review 31337", json!(1), vec![31_337], vec![]),
        ("Test Idv Review Many", json!(1), vec![500, 501, 505, 406], vec![]),
        ("Test Idv Reject 108", json!(2), vec![], vec![108]),
        ("Test Idv Reject Many", json!(2), vec![], vec![104, 108, 407]),
        ("Test Idv Initial Rejected", json!(4), vec![], vec![802]),
        ("Test Idv No State", Value::Null, vec![], vec![]),
        ("Test Idv Unknown State", json!(9), vec![], vec![]),
        ("Test Idv Seed Sample", json!(0), vec![501, 502], vec![108]),
    ] {
        let id = desk.upload(name, json!({})).await;
        let body = desk.ended(id).await;
        assert_eq!(body.get("state").cloned().unwrap_or_default(), state, "{name}");
        assert_eq!(
            (codes(&body["review_reasons"]), codes(&body["reject_reasons"])),
            (review, reject),
            "{name}"
        );
        assert_eq!(body.as_object().unwrap().contains_key("state"), name != "Test Idv No State");
    }
}

#[tokio::test]
async fn a_review_for_a_difference_has_the_difference() {
    let desk = Desk::open(quick()).await;
    let expected = json!({"expected_gender": "M", "expected_issuing_date": "2020-03-10", "expected_expiry_date": "2030-03-10"});
    let keys =
        ["full_name", "birthday", "id_number", "country", "issuing_date", "expiry_date", "gender"];
    for (code, differs) in (500..).zip(keys) {
        let id = desk.upload(&format!("Test Idv Review {code}"), expected.clone()).await;
        let body = desk.ended(id).await;
        for key in keys {
            let expected = if key == "full_name" {
                "expected_name".to_owned()
            } else {
                format!("expected_{key}")
            };
            assert_eq!(
                body[key] != body[&expected],
                key == differs,
                "{code} {key}: {} and {}",
                body[key],
                body[&expected]
            );
        }
    }
}

#[tokio::test]
async fn taiwans_register_counts_each_customers_tries_down() {
    let desk = Desk::open(quick()).await;
    let text = async |customer: &str| {
        let id = desk.upload("Test Idv Reject 901", json!({"customer_reference": customer})).await;
        desk.ended(id).await["reject_reasons"][0]["description"].as_str().unwrap().to_owned()
    };
    for left in ["2 more tries", "1 more try", "No more tries", "No more tries"] {
        assert!(text("C-1").await.contains(left), "{left}");
    }
    assert!(text("C-2").await.contains("2 more tries"), "another customer has tries of their own");
}

#[tokio::test]
async fn what_is_pending_for_good_ends_by_hand_only() {
    let desk = Desk::open(quick()).await;
    let id = desk.upload("Test Idv Pending", json!({})).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(
        (&desk.idv(id).await["state"], &desk.control_idv(id).await["ends_ms"]),
        (&json!(3), &Value::Null)
    );
    assert_eq!(desk.post(&format!("/control/idvs/{id}/complete"), json!({})).await.1["state"], 0);
    assert_eq!(desk.idv(id).await["state"], 0);
}

#[tokio::test]
async fn a_link_that_was_never_created_is_rejected_without_the_customer() {
    let desk = Desk::open(quick()).await;
    let (url, bodies) = receiver().await;
    let (id, page) = desk.link("Test Idv Initial Rejected", json!({"callback_url": url})).await;
    until(|| async { count(&bodies) == 1 }).await;
    let body = bodies.lock().unwrap()[0].clone();
    assert_eq!(
        (&body["state"], codes(&body["reject_reasons"]), &body["full_name"]),
        (&json!(4), vec![802], &Value::Null)
    );
    assert_eq!(desk.control_idv(id).await["points_spent"], 0);
    assert_eq!(desk.form(&page, "action=finish").await.status(), 410);
}

#[tokio::test]
async fn texts_are_strange_or_dangerous_when_asked() {
    let desk = Desk::open(quick()).await;
    let (waiting, _) = desk.link("Test Idv Text Values", json!({})).await;
    assert_eq!(desk.idv(waiting).await["state"], "4", "from the start");
    let id = desk.upload("Test Idv Text Values", json!({})).await;
    let text = desk.ended(id).await;
    assert_eq!(
        (&text["state"], &text["idv_task_id"], &text["dd_tasks"]),
        (&json!("0"), &json!(id.to_string()), &Value::Null)
    );
    assert_eq!((&text["gender"], &text["liveness_score"]), (&json!("NOT_STATED"), &json!("0.93")));
    let (url, bodies) = receiver().await;
    desk.upload("Test Idv Script", json!({"callback_url": url})).await;
    until(|| async { count(&bodies) == 1 }).await;
    let body = bodies.lock().unwrap()[0].clone();
    assert!(
        !body["customer_reference"].as_str().unwrap().contains('<'),
        "what was asked is echoed as it was: {body}"
    );
    for (key, payload) in
        [("full_name", "alert("), ("audit_status", "alert("), ("id_image_url", "javascript:")]
    {
        assert!(body[key].as_str().unwrap().contains(payload), "{key}: {}", body[key]);
    }
    assert!(
        ["<script>", "onerror", "javascript:"]
            .iter()
            .all(|payload| body.to_string().contains(payload))
    );
}

#[tokio::test]
async fn creations_misbehave_as_asked_on_every_way() {
    for path in ["/kryptogo/idv", "/kryptogo/idv/init", "/kryptogo/idv/account"] {
        let desk = Desk::open(quick()).await;
        let request = |name: &str| match path {
            "/kryptogo/idv" => upload(name, json!({})),
            "/kryptogo/idv/init" => link(name, json!({})),
            _ => {
                json!({"workflow_id": 3, "country": "TWN", "expected_name": name, "customer_reference": "C-1"})
            }
        };
        let made = async |name: &str| {
            let idvs = desk.get("/control/idvs").await;
            idvs.as_array().unwrap().iter().filter(|idv| idv["name"] == name).count()
        };
        for (name, answers, idvs) in [
            ("Test Create 503", vec![503, 503, 200], 1),
            ("Test Create 429", vec![429, 200], 1),
            ("Test Create 402", vec![402, 402], 0),
            ("Test Create 400", vec![400, 400], 0),
            ("Test Create Timeout Lost", vec![504, 200], 1),
            ("Test Create Timeout Applied", vec![504], 1),
        ] {
            for answer in answers {
                assert_eq!(desk.post(path, request(name)).await.0, answer, "{path} {name}");
            }
            assert_eq!(made(name).await, idvs, "{path} {name}");
        }
        let bad = desk.send(Method::POST, path, Some(request("Test Create Bad Answer"))).await;
        assert_eq!(bad.status(), 200);
        assert!(bad.text().await.unwrap().starts_with("<!doctype html>"));
        assert_eq!(made("Test Create Bad Answer").await, 1);
    }
}

fn states(bodies: &Bodies) -> Vec<Value> {
    bodies.lock().unwrap().iter().map(|body| body["state"].clone()).collect()
}

#[tokio::test]
async fn names_ask_for_strange_callbacks() {
    let desk = Desk::open(quick()).await;
    for (name, expected) in [
        ("Test Callback Duplicate", vec![json!(0); 5]),
        ("test callback out of order", vec![json!(0), json!(3)]),
        ("Test Callback Early", vec![json!(3), json!(0)]),
    ] {
        let (url, bodies) = receiver().await;
        desk.upload(name, json!({"callback_url": url})).await;
        if name == "Test Callback Early" {
            assert_eq!(states(&bodies).first(), Some(&json!(3)), "it came before the answer");
            assert_eq!(bodies.lock().unwrap()[0]["full_name"], Value::Null);
        }
        until(|| async { count(&bodies) == expected.len() }).await;
        assert_eq!(states(&bodies), expected, "{name}");
    }
    let (none_url, none) = receiver().await;
    let (late_url, late) = receiver().await;
    let (early_url, early) = receiver().await;
    desk.upload("Test Callback None", json!({"callback_url": none_url})).await;
    desk.link("Test Callback Early", json!({"callback_url": early_url})).await;
    assert_eq!(states(&early), [json!(4)]);
    let started = Instant::now();
    desk.upload("Test Callback Late", json!({"callback_url": late_url})).await;
    until(|| async { count(&late) == 1 }).await;
    assert!(
        started.elapsed() >= Duration::from_millis(quick().late_ms),
        "it came early: {:?}",
        started.elapsed()
    );
    assert_eq!(count(&none), 0);
}

#[tokio::test]
async fn reads_misbehave_as_asked() {
    let desk = Desk::open(quick()).await;
    let read = async |id: i64| desk.send(Method::GET, &format!("/kryptogo/idv/{id}"), None).await;
    let id = desk.upload("Test Summary 500", json!({})).await;
    for status in [500, 500, 500, 200] {
        assert_eq!(read(id).await.status(), status);
    }
    let id = desk.upload("Test Bad Json Once", json!({})).await;
    assert!(read(id).await.json::<Value>().await.is_err());
    assert!(read(id).await.json::<Value>().await.is_ok());
    let id = desk.upload("Test Bad Json", json!({})).await;
    for _ in 0..2 {
        assert!(read(id).await.json::<Value>().await.is_err());
    }
    let id = desk.upload("Test Huge", json!({})).await;
    assert!(read(id).await.bytes().await.unwrap().len() > 7_000_000);
}
