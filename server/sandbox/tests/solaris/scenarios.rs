//! The published test scenarios, under both prefixes.

use serde_json::{Value, json};

use super::{Bank, Hooks, Options, hasty, support::until};

/// Case, the statuses after `pending`, and IDnow's last word.
const CASES: [(&str, &[&str], &str, Option<&str>); 11] = [
    ("HAPPYPATH", &["successful"], "SUCCESS", None),
    ("CHANGEALL", &["successful"], "SUCCESS_DATA_CHANGED", None),
    ("CHANGEALLREVIEW", &["pending_successful", "successful"], "SUCCESS_DATA_CHANGED", None),
    ("ABORTIDENT", &["aborted"], "ABORTED", Some("TECH_VIDEO")),
    ("FRAUDOK", &["pending_failed", "successful"], "SUCCESS", None),
    ("FRAUDIDENT", &["pending_failed", "failed"], "FRAUD_SUSPICION_CONFIRMED", None),
    ("CANCELED", &["pending_successful", "canceled"], "CANCELED", Some("TECH_PHOTO")),
    ("CANCELLED", &["pending_successful", "canceled"], "CANCELED", Some("TECH_PHOTO")),
    ("LONGREVIEW", &["pending_successful", "successful"], "SUCCESS", None),
    ("HOLDCERTIFICATE", &["successful"], "SUCCESS", None),
    ("FRAUDREVIEW", &["pending_successful", "failed"], "FRAUD_SUSPICION_CONFIRMED", None),
];

impl Bank {
    /// With the contract to sign where the case needs one.
    async fn begin(&self, name: &str, as_last_name: bool) -> (String, String, Value) {
        let person = if as_last_name {
            self.person("Jane", name).await
        } else {
            self.person(name, "Doe").await
        };
        let id = self.identification(&person).await;
        if name.ends_with("HOLDCERTIFICATE") {
            let path = format!("/v1/persons/{person}/identifications/{id}/document_upload");
            assert_eq!(self.upload(&path, "QES_DOCUMENT", b"%PDF-1.4").await.0, 201);
        }
        let (status, requested) = self.request(&person, &id).await;
        assert_eq!((status, &requested["status"]), (200, &json!("pending")), "{name}: {requested}");
        (person, id, requested)
    }

    async fn attempts(&self, person: &str, id: &str) -> Value {
        self.get(&format!("/v1/persons/{person}/identifications/{id}/idnow_attempts")).await
    }

    /// Waits for the end and compares everything that is told about it.
    async fn ends(&self, hooks: &Hooks, name: &str, person: &str, id: &str) {
        let case = name.rsplit('-').next().unwrap();
        let (_, path, verdict, reason) = CASES.iter().find(|(known, ..)| *known == case).unwrap();
        self.until_status(person, id, path.last().unwrap()).await;
        let found = self.one(person, id).await;
        assert_eq!(found["failure_reason"], json!(reason), "{name}");
        assert_eq!(
            found["completed_at"].is_string(),
            matches!(*path.last().unwrap(), "successful" | "failed"),
            "{name}"
        );
        until(|| async { hooks.statuses(id).len() > path.len() }).await;
        let expected: Vec<_> = ["pending"].iter().chain(*path).map(ToString::to_string).collect();
        assert_eq!(hooks.statuses(id), expected, "{name}");
        let attempts = self.attempts(person, id).await;
        assert_eq!(attempts.as_array().unwrap().len(), 1, "{name}");
        let attempt = &attempts[0];
        assert!(attempt["id"].as_str().unwrap().ends_with("cida"));
        assert_eq!(
            (&attempt["result"], &attempt["reason"]),
            (&json!(verdict), &json!(reason)),
            "{name}"
        );
        assert_eq!(attempt["payload"]["identificationprocess"]["result"], json!(verdict));
        assert_eq!(attempt["payload"]["identificationprocess"]["transactionnumber"], json!(id));
    }
}

#[tokio::test]
async fn every_case_that_runs_by_itself_ends_as_published() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("IDENTIFICATION", &hooks).await;
    let mut begun = Vec::new();
    for (at, (case, ..)) in CASES.iter().enumerate() {
        let name = format!("X-AUTOTEST-{case}");
        let (person, id, _) = bank.begin(&name, at % 2 == 1).await;
        begun.push((name, person, id));
    }
    for (name, person, id) in begun {
        bank.ends(&hooks, &name, &person, &id).await;
    }
}

#[tokio::test]
async fn every_case_that_is_played_by_hand_ends_as_published() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("IDENTIFICATION", &hooks).await;
    for (at, (case, ..)) in CASES.iter().enumerate() {
        let name = format!("X-MANUALTEST-{case}");
        let (person, id, requested) = bank.begin(&name, at % 2 == 0).await;
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        assert_eq!(bank.one(&person, &id).await["status"], "pending", "{name} waits for somebody");
        bank.play(requested["url"].as_str().unwrap(), "").await;
        bank.ends(&hooks, &name, &person, &id).await;
    }
}

#[tokio::test]
async fn whoever_has_no_scenario_waits_for_the_page_where_any_end_can_be_chosen() {
    let bank = Bank::open().await;
    for (choice, status, reason) in [
        ("", "successful", Value::Null),
        ("&outcome=ABORTIDENT&reason=USER_LANGUAGE", "aborted", json!("USER_LANGUAGE")),
        ("&outcome=CANCELED&reason=SECURITY_QUESTION", "canceled", json!("SECURITY_QUESTION")),
        ("&outcome=FRAUDREVIEW", "failed", Value::Null),
    ] {
        let (person, id, requested) = bank.started("Jane", "Doe").await;
        bank.play(requested["url"].as_str().unwrap(), choice).await;
        bank.until_status(&person, &id, status).await;
        assert_eq!(bank.one(&person, &id).await["failure_reason"], reason, "{choice}");
    }
}

#[tokio::test]
async fn changed_data_reach_the_person_and_its_subscribers() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("PERSON_CHANGED", &hooks).await;
    for case in ["X-AUTOTEST-CHANGEALL", "X-AUTOTEST-CHANGEALLREVIEW"] {
        let (person, id, _) = bank.started(case, "Doe").await;
        if case.ends_with("REVIEW") {
            bank.until_status(&person, &id, "pending_successful").await;
            let attempt = bank.attempts(&person, &id).await[0].clone();
            assert_eq!(
                attempt["payload"]["userdata"]["firstname"],
                json!({"value": case, "status": "MATCH"}),
                "the review is to come"
            );
            assert_eq!(bank.get(&format!("/v1/persons/{person}")).await["last_name"], "Doe");
        }
        bank.until_status(&person, &id, "successful").await;
        let userdata = bank.attempts(&person, &id).await[0]["payload"]["userdata"].clone();
        assert_eq!(
            (&userdata["lastname"]["status"], &userdata["lastname"]["original"]),
            (&json!("CHANGE"), &json!("Doe"))
        );
        let changed = bank.get(&format!("/v1/persons/{person}")).await;
        assert_eq!(
            (&changed["last_name"], &changed["address"]["city"]),
            (&userdata["lastname"]["value"], &json!("Großörner"))
        );
        assert!(changed["birth_city"].as_str().unwrap().contains('ß'));
        let told = || {
            hooks
                .events()
                .into_iter()
                .filter(|hook| hook.header("solaris-entity-id") == person)
                .collect::<Vec<_>>()
        };
        until(|| async { told().len() == 1 }).await;
        assert_eq!(told()[0].raw, b"{}");
    }
    let before = hooks.events().len();
    let (person, id, _) = bank.started("X-AUTOTEST-HAPPYPATH", "Doe").await;
    bank.until_status(&person, &id, "successful").await;
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(
        (hooks.events().len(), &bank.get(&format!("/v1/persons/{person}")).await["last_name"]),
        (before, &json!("Doe"))
    );
}

#[tokio::test]
async fn every_failure_code_can_be_asked_for_in_words() {
    let bank = Bank::open().await;
    let codes: Value =
        serde_json::from_str(include_str!("../../src/solaris/data/failure-codes.json")).unwrap();
    let mut begun = Vec::new();
    for (at, code) in codes.as_array().unwrap().iter().enumerate() {
        let code = code["code"].as_str().unwrap();
        let case = if at % 2 == 0 { "X-AUTOTEST-ABORTIDENT" } else { "X-AUTOTEST-CANCELED" };
        let (person, id, _) = bank.started(case, &code.replace('_', " ").to_lowercase()).await;
        begun.push((code.to_owned(), if at % 2 == 0 { "aborted" } else { "canceled" }, person, id));
    }
    assert_eq!(begun.len(), 59);
    for (code, status, person, id) in begun {
        bank.until_status(&person, &id, status).await;
        assert_eq!(bank.one(&person, &id).await["failure_reason"], json!(code));
    }
}

#[tokio::test]
async fn what_came_to_nothing_can_be_requested_again_and_what_ended_cannot() {
    let bank = Bank::open().await;
    let (person, id, first) = bank.started("X-AUTOTEST-CANCELED", "Doe").await;
    bank.until_status(&person, &id, "canceled").await;
    let (status, again) = bank.request(&person, &id).await;
    assert_eq!((status, &again["status"]), (200, &json!("pending")));
    assert_eq!((&again["url"], &again["reference"]), (&first["url"], &first["reference"]));
    until(|| async { bank.attempts(&person, &id).await.as_array().unwrap().len() == 2 }).await;
    bank.until_status(&person, &id, "canceled").await;

    // Long enough pending for another request on a machine with much else to do: under review it is
    // one.
    let bank = Bank::with(Options { step_ms: 1_000, ..hasty() }, "/solaris").await;
    let (person, id, _) = bank.started("X-AUTOTEST-FRAUDREVIEW", "Doe").await;
    assert_eq!(bank.request(&person, &id).await.0, 200, "pending is no obstacle");
    bank.until_status(&person, &id, "failed").await;
    let (status, refused) = bank.request(&person, &id).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (400, &json!("invalid_model")));
}

#[tokio::test]
async fn signing_is_needed_for_one_case_and_in_the_way_of_another() {
    let bank = Bank::open().await;
    let person = bank.person("X-AUTOTEST-HOLDCERTIFICATE", "Doe").await;
    let id = bank.identification(&person).await;
    let (status, refused) = bank.request(&person, &id).await;
    assert_eq!((status, &refused["errors"][0]["source"]["field"]), (400, &json!("first_name")));
    assert_eq!(bank.one(&person, &id).await["status"], "created");

    let person = bank.person("X-AUTOTEST-FRAUDIDENT", "Doe").await;
    let id = bank.identification(&person).await;
    bank.upload(
        &format!("/v1/persons/{person}/identifications/{id}/document_upload"),
        "QES_DOCUMENT",
        b"%PDF",
    )
    .await;
    assert_eq!(bank.request(&person, &id).await.0, 400);
}

#[tokio::test]
async fn a_held_certificate_comes_later_than_the_session_and_signed() {
    let mut options = hasty();
    options.solaris.certificate_ms = 400;
    let bank = Bank::with(options, "/solaris").await;
    let (person, id, requested) = bank.begin("X-MANUALTEST-HOLDCERTIFICATE", false).await;
    bank.play(requested["url"].as_str().unwrap(), "").await;
    assert_eq!(bank.one(&person, &id).await["status"], "pending");
    assert!(bank.page(requested["url"].as_str().unwrap()).await.1.contains("come later"));
    bank.until_status(&person, &id, "successful").await;
    let found = bank
        .get(&format!("/v1/persons/{person}/identifications/{id}?include_documents=true"))
        .await;
    let signed = found["documents"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["document_type"] == "SIGNED_QES_DOCUMENT")
        .count();
    assert_eq!(signed, 1);
}

#[tokio::test]
async fn other_methods_exist_but_are_not_played() {
    let bank = Bank::open().await;
    let person = bank.person("Jane", "Doe").await;
    let (status, made) = bank
        .post(&format!("/v1/persons/{person}/identifications"), json!({"method": "postident"}))
        .await;
    assert_eq!(status, 201);
    let (status, refused) = bank.request(&person, made["id"].as_str().unwrap()).await;
    assert_eq!((status, &refused["errors"][0]["code"]), (501, &json!("not_implemented_error")));
}

#[tokio::test]
async fn what_lies_ahead_survives_a_restart() {
    let file = super::support::StateFile::new("solaris-restart");
    let mut options = hasty();
    (options.state, options.solaris.review_ms) = (Some(file.0.clone()), 400);
    let bank = Bank::with(options.clone(), "/solaris").await;
    let (person, id, _) = bank.started("X-AUTOTEST-FRAUDOK", "Doe").await;
    bank.until_status(&person, &id, "pending_failed").await;
    let old = bank.token.clone();
    bank.desk.sandbox.stop().await;

    let mut bank = Bank::with(options, "/solaris").await;
    bank.until_status(&person, &id, "successful").await;
    let documents = bank.get(&format!("/v1/persons/{person}/documents")).await;
    assert!(
        documents.as_array().unwrap().iter().all(|one| one["size"].as_u64().unwrap() > 100),
        "drawn again: {documents}"
    );
    bank.token = old;
    assert_eq!(bank.call(reqwest::Method::GET, "/v1/persons", None).await.status(), 401);
}
