//! Numbers that ask for a misbehaviour of a match.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{MOCK_TOKEN, code, open, read, support::Desk};

fn about(number: &str) -> Value {
    json!({"phoneNumber": number, "name": "Nobody", "gender": "OTHER"})
}

async fn statuses(desk: &Desk, number: &str, times: usize) -> Vec<u16> {
    let mut seen = Vec::new();
    for _ in 0..times {
        seen.push(desk.ask("v0.2", MOCK_TOKEN, about(number)).await.0);
    }
    seen
}

#[tokio::test]
async fn numbers_ask_for_failures_that_pass_or_stay() {
    let desk = open().await;
    assert_eq!(statuses(&desk, "+99900000003", 3).await, [500, 500, 200]);
    assert_eq!(statuses(&desk, "+99900000004", 3).await, [503, 503, 200]);
    assert_eq!(statuses(&desk, "+99900000005", 4).await, [503; 4]);
    assert_eq!(statuses(&desk, "+99900000006", 2).await, [429, 200]);
    assert_eq!(statuses(&desk, "+99900000002", 2).await, [504, 200]);
    desk.post("/control/reset", json!({})).await;
    assert_eq!(statuses(&desk, "+99900000006", 2).await, [429, 200], "a reset starts over");

    let begun = Instant::now();
    assert_eq!(code(&desk.ask("v0.2", MOCK_TOKEN, about("+99900000001")).await), (504, "TIMEOUT"));
    assert!(begun.elapsed() >= Duration::from_millis(400));
    let limited =
        desk.matching("", "v0.4", MOCK_TOKEN).json(&about("+99900000007")).send().await.unwrap();
    assert_eq!(limited.headers()["retry-after"], "2");
    assert_eq!(code(&read(limited).await), (429, "TOO_MANY_REQUESTS"));
}

#[tokio::test]
async fn numbers_ask_for_refusals_by_version() {
    let desk = open().await;
    for (number, v02, v04) in [
        ("+99900000018", (401, "UNAUTHENTICATED"), (401, "UNAUTHENTICATED")),
        ("+99900000019", (403, "PERMISSION_DENIED"), (403, "PERMISSION_DENIED")),
        ("+99900000020", (403, "INVALID_TOKEN_CONTEXT"), (403, "INVALID_TOKEN_CONTEXT")),
        ("+99900000021", (404, "NOT_FOUND"), (404, "NOT_FOUND")),
        ("+99900000022", (404, "NOT_FOUND"), (404, "IDENTIFIER_NOT_FOUND")),
        ("+99900000023", (404, "NOT_FOUND"), (422, "SERVICE_NOT_APPLICABLE")),
        ("+99900000024", (409, "CONFLICT"), (409, "CONFLICT")),
    ] {
        assert_eq!(code(&desk.ask("v0.2", MOCK_TOKEN, about(number)).await), v02, "{number}");
        assert_eq!(code(&desk.ask("v0.4", MOCK_TOKEN, about(number)).await), v04, "{number}");
    }
    let prefixed = desk.ask_at("v01-errors", "v0.2", MOCK_TOKEN, about("+99900000020")).await;
    assert_eq!(code(&prefixed), (403, "KNOW_YOUR_CUSTOMER.INVALID_TOKEN_CONTEXT"));
}

#[tokio::test]
async fn a_token_can_end_before_its_time() {
    let desk = open().await;
    let number = "+99900000017";
    let first = desk.token(number).await;
    assert_eq!(code(&desk.ask("v0.2", &first, about(number)).await), (401, "UNAUTHENTICATED"));
    assert_eq!(desk.ask("v0.2", &first, about(number)).await.0, 401, "that one has ended for good");
    assert_eq!(desk.ask("v0.2", &desk.token(number).await, about(number)).await.0, 200);
}

#[tokio::test]
async fn numbers_ask_for_answers_that_are_none() {
    let desk = open().await;
    let send = async |number: &str| {
        desk.matching("", "v0.2", MOCK_TOKEN)
            .header("x-correlator", "mine")
            .json(&about(number))
            .send()
            .await
            .unwrap()
    };
    let cut = send("+99900000008").await;
    assert_eq!(
        (cut.status().as_u16(), cut.headers()["content-type"].to_str().unwrap()),
        (200, "application/json")
    );
    assert!(serde_json::from_str::<Value>(&cut.text().await.unwrap()).is_err());
    let broken = send("+99900000009").await;
    assert_eq!(broken.status(), 200);
    assert!(broken.bytes().await.is_err(), "the body must not end well");
    assert!(send("+99900000010").await.text().await.unwrap().starts_with("<!doctype html>"));
    assert_eq!(send("+99900000012").await.headers()["x-correlator"], "somebody-elses-correlator");
}

#[tokio::test]
async fn numbers_ask_for_values_that_nobody_documented() {
    let desk = open().await;
    let ask = async |number: &str| desk.ask("v0.2", MOCK_TOKEN, about(number)).await.1;
    let odd = ask("+99900000011").await;
    assert_eq!(
        (&odd["nameMatch"], odd["nameMatchScore"].is_string()),
        (&json!(false), true),
        "{odd}"
    );
    assert_eq!(ask("+99900000013").await["nameMatch"], "partial");
    let wild = ask("+99900000014").await;
    assert_eq!(
        wild,
        json!({"nameMatch": "false", "nameMatchScore": 140, "genderMatch": "false", "genderMatchScore": 140})
    );
    assert_eq!(
        ask("+99900000015").await,
        json!({"nameMatch": "not_available", "genderMatch": "not_available"})
    );
    let less = ask("+99900000016").await;
    assert_eq!((less.get("genderMatch"), &less["nameMatch"]), (None, &json!("false")));
}
