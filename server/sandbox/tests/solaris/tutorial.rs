//! The published happy path tutorial and the published samples, step by step.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bank, Hooks, support::until};

/// The samples' keys of an identification before and after its request.
const KEYS: [&str; 13] = [
    "authorization_expires_at",
    "completed_at",
    "confirmation_expires_at",
    "iban",
    "id",
    "language",
    "method",
    "proof_of_address_issued_at",
    "proof_of_address_type",
    "reference",
    "status",
    "terms_and_conditions_signed_at",
    "url",
];

fn keys(document: &Value) -> Vec<&str> {
    document.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_happy_path_tutorial_works_word_for_word() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("IDENTIFICATION", &hooks).await;

    // 1. Create a person.
    let (status, person) = bank
        .post(
            "/v1/persons",
            json!({"first_name": "X-MANUALTEST-HAPPYPATH", "last_name": "Waldvogel"}),
        )
        .await;
    assert_eq!(status, 201);
    assert_eq!(keys(&person).len(), 55);
    for empty in [
        "salutation",
        "email",
        "mobile_number",
        "birth_date",
        "nationality",
        "legitimation_valid_until",
        "branch",
    ] {
        assert!(person.get(empty).is_some_and(Value::is_null), "{empty}");
    }
    assert_eq!(
        person["address"],
        json!({"line_1": null, "line_2": null, "postal_code": null, "city": null, "country": null, "state": null})
    );
    assert_eq!(
        (&person["flagged_by_compliance"], &person["international_operativity_expectation"]),
        (&json!(false), &json!([]))
    );
    let person_id = person["id"].as_str().unwrap();
    assert!(person_id.len() == 36 && person_id.ends_with("cper"));

    // 2. Create an identification resource.
    let path = format!("/v1/persons/{person_id}/identifications");
    let (status, created) = bank.post(&path, json!({"method": "idnow"})).await;
    assert_eq!((status, keys(&created)), (201, KEYS.to_vec()));
    assert_eq!(
        (&created["status"], &created["reference"], &created["url"]),
        (&json!("created"), &Value::Null, &Value::Null)
    );
    let id = created["id"].as_str().unwrap();
    assert!(id.len() == 36 && id.ends_with("cidt"));

    // 3. Trigger the identification; without any body, as the page shows it.
    let response = bank.call(Method::PATCH, &format!("{path}/{id}/request"), None).await;
    assert_eq!(response.status(), 200);
    let requested: Value = response.json().await.unwrap();
    assert_eq!(
        (&requested["status"], &requested["estimated_waiting_time"]),
        (&json!("pending"), &json!(60))
    );
    assert!(requested["reference"].as_str().unwrap().starts_with("TST-"));
    let url = requested["url"].as_str().unwrap();
    assert!(url.ends_with(&format!("solarisbankvideoidentsandbox/identifications/{id}")));

    // 4. Complete the identification flow: number and boxes, pop-ups, code, the last screen.
    let (status, html) = bank.page(url).await;
    assert_eq!((status, html.matches("type=\"checkbox\"").count()), (200, 3));
    assert!(html.contains("Start identification") && html.contains("mobile_number"));
    let (status, html) =
        bank.form(url, "mobile_number=%2B15550101&terms=on&privacy=on&action=start").await;
    assert_eq!((status, html.contains("Check all boxes")), (400, true));
    let (status, html) = bank
        .form(url, "mobile_number=%2B49301&terms=on&privacy=on&document_ready=on&action=start")
        .await;
    assert_eq!((status, html.contains("starts with 0")), (400, true));
    assert_eq!(
        bank.form(
            url,
            "mobile_number=0301+2345&terms=on&privacy=on&document_ready=on&action=start"
        )
        .await
        .0,
        303
    );
    for step in 1..=5 {
        let (_, html) = bank.page(url).await;
        assert!(html.contains(&format!("Step {step} of 5")), "{html}");
        assert_eq!(bank.form(url, "action=continue").await.0, 303);
    }
    assert!(bank.page(url).await.1.contains("Ident code"));
    assert_eq!(bank.form(url, "action=confirm&ident_code=123456").await.0, 303);
    let (status, html) = bank.page(url).await;
    assert_eq!((status, html.contains("The identification was successful.")), (200, true));

    let list = bank.get(&path).await;
    assert_eq!((list.as_array().unwrap().len(), keys(&list[0])), (1, KEYS.to_vec()));
    assert_eq!(
        (&list[0]["status"], &list[0]["reference"], &list[0]["url"]),
        (&json!("successful"), &requested["reference"], &requested["url"])
    );
    let completed = list[0]["completed_at"].as_str().unwrap();
    assert!(completed.len() == 24 && completed.ends_with('Z'), "{completed}");
    until(|| async { hooks.statuses(id).len() == 2 }).await;
    assert_eq!(hooks.statuses(id), ["pending", "successful"]);
    assert_eq!(
        bank.get(&format!("/v1/persons/{person_id}")).await["mobile_number"],
        "+493012345",
        "the verified number is taken over"
    );
}

#[tokio::test]
async fn the_sample_person_and_their_identification_look_as_printed() {
    let bank = Bank::open().await;
    let body = json!({
        "salutation": "MS", "first_name": "Jane", "last_name": "Doe",
        "address": {"line_1": "Amrumerstrasse", "line_2": "14", "postal_code": "13353", "city": "Berlin", "country": "DE"},
        "mobile_number": "+49301234567", "birth_date": "1992-12-11", "nationality": "DE",
        "terms_conditions_signed_at": "2022-01-01T00:00:00.000Z", "data_terms_signed_at": "2022-01-01T00:00:00.000Z",
    });
    let (status, person) = bank.post("/v1/persons", body.clone()).await;
    assert_eq!(status, 201);
    for (key, value) in body.as_object().unwrap().iter().filter(|(key, _)| *key != "address") {
        assert_eq!(&person[key], value);
    }
    assert_eq!(
        (&person["address"]["state"], &person["tax_information"]["marital_status"]),
        (&Value::Null, &json!("UNKNOWN"))
    );
    assert_eq!(person["screening_progress"], "NOT_SCREENED");

    let person_id = person["id"].as_str().unwrap();
    let recent = bank.get(&format!("/v1/persons/{person_id}")).await["aml_confirmed_on"].clone();
    let asked = json!({"method": "idnow", "language": "DE", "proof_of_address_type": "GAS_BILL", "proof_of_address_issued_at": recent});
    let (_, created) =
        bank.post(&format!("/v1/persons/{person_id}/identifications"), asked.clone()).await;
    for (key, value) in asked.as_object().unwrap() {
        assert_eq!(&created[key], value);
    }
    let id = created["id"].as_str().unwrap();
    let supported = bank
        .get(&format!("/v1/persons/{person_id}/identifications/{id}/supported_documents"))
        .await;
    assert!(
        supported
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["issuing_countries"].as_array().unwrap().contains(&json!("DE")))
    );

    let (_, requested) = bank.request(person_id, id).await;
    assert!(bank.page(requested["url"].as_str().unwrap()).await.1.contains("in German"));
    bank.play(requested["url"].as_str().unwrap(), "").await;
    let found = bank
        .get(&format!("/v1/persons/{person_id}/identifications/{id}?include_documents=true"))
        .await;
    assert_eq!((&found["status"], &found["person_id"]), (&json!("successful"), &json!(person_id)));
    assert_eq!(found["address"], body["address"]);
    let kinds: Vec<_> = found["documents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["document_type"].as_str().unwrap())
        .collect();
    assert!(kinds.contains(&"KYC_REPORT") && kinds.contains(&"SIGNATURE"), "{kinds:?}");
    assert!(
        found["documents"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| keys(one) == ["content_type", "document_type", "id", "name", "size"])
    );
    assert!(bank.one(person_id, id).await.get("documents").is_none());
    let screened = bank.get(&format!("/v1/persons/{person_id}")).await;
    assert_eq!(
        (&screened["birth_date"], &screened["birth_city"]),
        (&json!("1992-12-11"), &json!("Musterstadt")),
        "the agent adds what was not known, and only that"
    );
    assert_eq!(
        (
            &screened["screening_progress"],
            &screened["risk_classification_status"],
            &screened["customer_vetting_status"]
        ),
        (&json!("SCREENED_ACCEPTED"), &json!("NORMAL_RISK"), &json!("NO_MATCH"))
    );
}

#[tokio::test]
async fn three_wrong_codes_and_giving_up_end_a_session() {
    let bank = Bank::open().await;
    for (last, reason) in [
        ("action=confirm&ident_code=654321", "USER_IDENT_CODE"),
        ("action=break+off", "USER_CANCELLATION"),
    ] {
        let (person, id, requested) = bank.started("Jane", "Doe").await;
        let url = requested["url"].as_str().unwrap();
        assert_eq!(
            bank.form(url, "action=confirm&ident_code=123456").await.0,
            400,
            "nobody skips the call"
        );
        assert_eq!(
            bank.form(
                url,
                "mobile_number=%2B15550101&terms=on&privacy=on&document_ready=on&action=start"
            )
            .await
            .0,
            303
        );
        for _ in 0..5 {
            assert_eq!(bank.form(url, "action=continue").await.0, 303);
        }
        if reason == "USER_IDENT_CODE" {
            assert_eq!((bank.form(url, last).await.0, bank.form(url, last).await.0), (400, 400));
        }
        assert_eq!(bank.form(url, last).await.0, 303);
        let found = bank.one(&person, &id).await;
        assert_eq!(
            (&found["status"], &found["failure_reason"]),
            (&json!("aborted"), &json!(reason))
        );
        // The same address opens again, and this time it works.
        let (_, html) = bank.page(url).await;
        assert!(html.contains(reason) && html.contains("Start identification"));
        bank.play(url, "").await;
        let found = bank.one(&person, &id).await;
        assert_eq!(
            (&found["status"], &found["failure_reason"]),
            (&json!("successful"), &Value::Null)
        );
        let attempts =
            bank.get(&format!("/v1/persons/{person}/identifications/{id}/idnow_attempts")).await;
        assert_eq!(
            (&attempts[0]["result"], &attempts[1]["result"]),
            (&json!("ABORTED"), &json!("SUCCESS"))
        );
        assert_eq!(bank.form(url, "action=start").await.0, 400);
    }
}

#[tokio::test]
async fn a_passport_without_address_needs_a_proof_of_it() {
    let bank = Bank::open().await;
    let (person, id, requested) = bank.started("Jane", "Doe").await;
    bank.play(requested["url"].as_str().unwrap(), "&document=passport").await;
    assert_eq!(bank.one(&person, &id).await["failure_reason"], "OTHER_MISCELLANEOUS_TEMPORARY");
    bank.play(requested["url"].as_str().unwrap(), "&document=card").await;
    assert_eq!(bank.one(&person, &id).await["status"], "successful");
}

#[tokio::test]
async fn addresses_that_lead_nowhere_say_so() {
    let bank = Bank::open().await;
    let base = format!(
        "{}/customer/solaris/solarisbankvideoidentsandbox/identifications",
        bank.desk.sandbox.base_url()
    );
    assert_eq!(bank.page(&format!("{base}/nothing")).await.0, 404);
    let person = bank.person("Jane", "Doe").await;
    let id = bank.identification(&person).await;
    assert_eq!(bank.page(&format!("{base}/{id}")).await.0, 410, "nobody has requested it");
    let (person, id, requested) = bank.started("X-AUTOTEST-HAPPYPATH", "Doe").await;
    assert_eq!(bank.page(requested["url"].as_str().unwrap()).await.0, 410, "it plays itself");
    bank.until_status(&person, &id, "successful").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(bank.page(requested["url"].as_str().unwrap()).await.0, 410);
}
