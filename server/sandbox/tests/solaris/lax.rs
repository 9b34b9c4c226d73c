//! The bank as less careful implementations build it.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bank, Hooks, hasty, support::until};

async fn lax() -> Bank {
    Bank::with(hasty(), "/solaris/lax").await
}

#[tokio::test]
async fn creations_answer_any_2xx_and_ids_have_no_suffix() {
    let bank = lax().await;
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..24 {
        let (status, person) = bank
            .post("/v1/persons", json!({"first_name": "Jane", "last_name": format!("Doe{number}")}))
            .await;
        seen.insert(status);
        assert_eq!(person["id"].as_str().unwrap().len(), 32);
        assert!(
            person.get("email").is_none()
                && person["address"] == json!({})
                && person["x_tenant"] == 7
        );
    }
    assert!(seen.len() > 1 && seen.iter().all(|status| (200..300).contains(status)), "{seen:?}");
    let list = bank.call(Method::GET, "/v1/persons", None).await;
    assert!(["total", "per-page", "link"].iter().all(|name| !list.headers().contains_key(*name)));
    let list: Value = list.json().await.unwrap();
    assert!(list.as_array().unwrap().iter().all(|person| person.get("_links").is_some()));
}

#[tokio::test]
async fn errors_are_bare_or_text() {
    let bank = lax().await;
    let response =
        bank.call(Method::POST, "/v1/persons", Some(json!({"first_name": "Jane"}))).await;
    assert_eq!(response.status(), 400);
    let bare: Value = response.json().await.unwrap();
    assert_eq!((&bare["status"], &bare["source"]["field"]), (&json!("400"), &json!("last_name")));
    let response = bank.call(Method::GET, "/v1/persons/nobody", None).await;
    assert_eq!(response.status(), 404);
    assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let bare = bank.desk.client.get(bank.url("/v1/persons")).send().await.unwrap();
    assert_eq!((bare.status().as_u16(), bare.text().await.unwrap().contains("token")), (401, true));
}

#[tokio::test]
async fn one_identification_is_found_in_the_list_alone() {
    let bank = lax().await;
    let (person, id, requested) = bank.started("X-AUTOTEST-ABORTIDENT", "Doe").await;
    assert!(requested["url"].is_string() && requested.get("completed_at").is_none());
    let path = format!("/v1/persons/{person}/identifications");
    assert_eq!(bank.call(Method::GET, &format!("{path}/{id}"), None).await.status(), 404);
    until(|| async { bank.get(&path).await[0]["status"] == "aborted" }).await;
    let attempts = bank.get(&format!("{path}/{id}/idnow_attempts")).await;
    assert_eq!(
        (&attempts[0]["result"], attempts[0]["id"].as_str().unwrap().len()),
        (&json!("ABORTED"), 32)
    );
}

#[tokio::test]
async fn its_customer_page_works_and_the_banks_are_apart() {
    let bank = lax().await;
    let (person, _, requested) = bank.started("X-MANUALTEST-HAPPYPATH", "Doe").await;
    bank.play(requested["url"].as_str().unwrap(), "").await;
    assert_eq!(
        bank.get(&format!("/v1/persons/{person}/identifications")).await[0]["status"],
        "successful"
    );
    let strict = Bank { base: "/solaris", ..bank };
    assert_eq!(strict.get("/v1/persons").await, json!([]));
}

#[tokio::test]
async fn webhooks_are_unsigned_until_there_is_a_secret() {
    let bank = lax().await;
    let hooks = Hooks::open().await;
    let (webhook, secret) = bank.subscribe("IDENTIFICATION", &hooks).await;
    assert_eq!(secret, "");
    let (person, id, _) = bank.started("Jane", "Doe").await;
    until(|| async { hooks.events().len() == 1 }).await;
    let hook = hooks.events().remove(0);
    assert_eq!(hook.header("solaris-webhook-signature"), "");
    let keys: Vec<_> = hook.body().as_object().unwrap().keys().cloned().collect();
    assert_eq!(
        keys,
        ["id", "method", "person_id", "reference", "status", "url"],
        "what has no value is left out"
    );
    assert_eq!(hook.body()["person_id"], json!(person));

    assert_eq!(
        bank.command(&format!("webhooks/{webhook}/secret"), json!({"secret": "s3cret"})).await.0,
        200
    );
    bank.command(&format!("identifications/{id}/state"), json!({"status": "successful"})).await;
    until(|| async { hooks.events().len() == 2 }).await;
    assert!(hooks.events()[1].header("solaris-webhook-signature").starts_with("sha256="));

    bank.subscribe("PERSON_CHANGED", &hooks).await;
    bank.patch(&format!("/v1/persons/{person}"), json!({"job_title": "Baker"})).await;
    until(|| async { hooks.events().len() == 3 }).await;
    let event = hooks.events().remove(2);
    assert_eq!(event.header("solaris-entity-id"), person);
    assert_eq!(event.body()["id"].as_str().unwrap().len(), 32);
    assert_ne!(event.body()["id"], json!(person), "a random id instead");
}
