//! The last names that ask for a misbehaviour.

use std::time::Instant;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bank, Hooks, support::until};

impl Bank {
    async fn creates(&self, list: &str) -> usize {
        self.control(list).await.as_array().unwrap().len()
    }
}

fn body(last_name: &str) -> Option<Value> {
    Some(json!({"first_name": "Jane", "last_name": last_name}))
}

#[tokio::test]
async fn a_person_may_be_made_without_anybody_hearing_of_it() {
    let bank = Bank::open().await;
    let start = Instant::now();
    let response = bank.call(Method::POST, "/v1/persons", body("Test Timeout")).await;
    assert_eq!((response.status().as_u16(), start.elapsed().as_millis() >= 400), (504, true));
    assert_eq!(response.json::<Value>().await.unwrap()["errors"][0]["code"], "gateway_timeout");
    assert_eq!(bank.creates("persons").await, 1);

    let cut = bank.try_call(Method::POST, "/v1/persons", body("Test Cut")).await;
    assert!(cut.unwrap().bytes().await.is_err());
    assert_eq!(bank.creates("persons").await, 2);
    assert_eq!(
        bank.call(Method::POST, "/v1/persons", body("test cut")).await.status(),
        201,
        "the second try is fine"
    );
}

#[tokio::test]
async fn a_person_may_need_several_tries() {
    let bank = Bank::open().await;
    for (name, statuses) in [
        ("Test Timeout Lost", vec![504, 201]),
        ("Test 500", vec![500, 500, 201]),
        ("Test 429", vec![429, 201]),
        ("Test Quota", vec![429, 429, 201]),
        ("Test 503", vec![503, 503, 201]),
        ("Test 504", vec![504, 504, 201]),
    ] {
        let before = bank.creates("persons").await;
        for expected in statuses {
            let response = bank.call(Method::POST, "/v1/persons", body(name)).await;
            assert_eq!(response.status().as_u16(), expected, "{name}");
            assert_eq!(response.headers().contains_key("retry-after"), expected == 429);
        }
        assert_eq!(bank.creates("persons").await, before + 1, "{name}");
    }
}

#[tokio::test]
async fn identifications_and_requests_fail_the_same_ways() {
    let bank = Bank::open().await;
    for (stage, fault, first, applied) in [
        ("Identification", "Timeout", 504, true),
        ("Identification", "Timeout Lost", 504, false),
        ("Identification", "500", 500, false),
        ("Identification", "429", 429, false),
        ("Identification", "Cut", 201, true),
        ("Request", "Timeout", 504, true),
        ("Request", "Timeout Lost", 504, false),
        ("Request", "500", 500, false),
        ("Request", "429", 429, false),
        ("Request", "Cut", 200, true),
    ] {
        let name = format!("Test {stage} {fault}");
        let person = bank.person("Jane", &name).await;
        let path = format!("/v1/persons/{person}/identifications");
        let (response, done) = if stage == "Identification" {
            let response = bank.call(Method::POST, &path, Some(json!({"method": "idnow"}))).await;
            (response, bank.get(&path).await.as_array().unwrap().len() == 1)
        } else {
            let id = bank.identification(&person).await;
            let response = bank.call(Method::PATCH, &format!("{path}/{id}/request"), None).await;
            (response, bank.one(&person, &id).await["status"] == "pending")
        };
        assert_eq!((response.status().as_u16(), done), (first, applied), "{name}");
        assert_eq!(response.bytes().await.is_err(), fault == "Cut", "{name}");
    }
}

#[tokio::test]
async fn a_status_may_be_one_that_nobody_documented() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("IDENTIFICATION", &hooks).await;
    let (person, id, _) = bank.started("X-AUTOTEST-HAPPYPATH", "Test Unknown Status").await;
    bank.until_status(&person, &id, "under_second_look").await;
    until(|| async { hooks.statuses(&id) == ["pending", "under_second_look"] }).await;
}

#[tokio::test]
async fn webhooks_are_as_unreliable_as_the_name_wants() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("IDENTIFICATION", &hooks).await;
    let last_names = [
        "Test Webhook Duplicate",
        "Test Webhook None",
        "Test Webhook Out Of Order",
        "Test Webhook Forged",
        "Test Webhook Late",
    ];
    let start = Instant::now();
    let mut ids = Vec::new();
    for last_name in last_names {
        ids.push(bank.started("Jane", last_name).await.1);
    }
    until(|| async { hooks.statuses(&ids[0]).len() == 3 && hooks.statuses(&ids[2]).len() == 2 })
        .await;
    let about = |id: &str| {
        hooks
            .events()
            .into_iter()
            .filter(|hook| hook.header("solaris-entity-id") == id)
            .collect::<Vec<_>>()
    };
    let same = about(&ids[0]);
    assert!(
        same.iter()
            .all(|hook| hook.header("solaris-webhook-id") == same[0].header("solaris-webhook-id"))
    );
    assert_eq!(hooks.statuses(&ids[2]), ["pending", "created"], "the older one comes later");
    let mut forged = hooks.statuses(&ids[3]);
    forged.sort();
    assert_eq!(forged, ["created", "pending"]);
    until(|| async { !about(&ids[4]).is_empty() }).await;
    assert!(start.elapsed().as_millis() >= 700);
    assert!(about(&ids[1]).is_empty());
}

#[tokio::test]
async fn the_log_knows_whom_a_request_was_about() {
    let bank = Bank::open().await;
    bank.person("Jane", "Doe").await;
    let log = bank.desk.get("/control/requests").await;
    let line = log.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&line["path"], &line["status"], &line["name"]),
        (&json!("/solaris/v1/persons"), &json!(201), &json!("Jane Doe"))
    );
}

#[tokio::test]
async fn what_the_bank_shows_of_somebody_may_be_odd() {
    let bank = Bank::open().await;
    let refused = bank.call(Method::POST, "/v1/persons", body("Test Unauthorized Partner")).await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.json::<Value>().await.unwrap()["errors"][0]["code"], "unauthorized_partner");
    let done = async |last_name: &str| {
        let (person, identification, _) = bank.started("X-AUTOTEST-HAPPYPATH", last_name).await;
        bank.until_status(&person, &identification, "successful").await;
        (
            format!("/v1/persons/{person}"),
            format!("/v1/persons/{person}/identifications/{identification}"),
        )
    };
    let status = async |path: String| bank.call(Method::GET, &path, None).await.status().as_u16();

    for name in ["Test No Sessions", "Test Another Person"] {
        let (person, identification) = done(name).await;
        for list in ["idnow_attempts", "idnow_legitimation_data"] {
            assert_eq!(status(format!("{identification}/{list}")).await, 404, "{name}");
        }
        let is_another = bank.get(&person).await["birth_date"] == "1961-02-03";
        assert_eq!(is_another, name == "Test Another Person");
    }
    let (_, identification) = done("Test Newest First").await;
    let attempts = bank.get(&format!("{identification}/idnow_attempts")).await;
    let times: Vec<&str> = attempts
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["payload"]["identificationprocess"]["identificationtime"].as_str())
        .collect();
    assert!(times.len() == 3 && times.is_sorted_by(|one, next| one > next), "{times:?}");
    let (_, identification) = done("Test Silent Change").await;
    let attempts = bank.get(&format!("{identification}/idnow_attempts")).await;
    assert_eq!(
        attempts[0]["payload"]["userdata"]["firstname"],
        json!({ "value": "Zacharias", "status": "MATCH" })
    );
    let (_, identification) = done("Test Odd Sessions").await;
    assert!(bank.get(&format!("{identification}/idnow_attempts")).await[1].is_string());
    let (person, _) = done("Test Odd Members").await;
    assert_eq!(bank.get(&person).await["idnow"]["last"]["reference"], "QWERTZ");
    let (person, _) = done("Test No Documents").await;
    assert_eq!(status(format!("{person}/documents")).await, 404);
}
