//! Subscriptions and what is sent to them.

use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Bank, Hook, Hooks, support::until};

fn signed(secret: &str, raw: &[u8]) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(raw);
    mac.finalize()
        .into_bytes()
        .iter()
        .fold("sha256=".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

impl Bank {
    /// The deliveries about an identification, as the control knows them.
    async fn deliveries(&self, entity: &str) -> Vec<Value> {
        let all = self.control("deliveries").await;
        all.as_array().unwrap().iter().filter(|one| one["entity_id"] == entity).cloned().collect()
    }
}

async fn arrived(hooks: &Hooks, count: usize) -> Vec<Hook> {
    until(|| async { hooks.events().len() >= count }).await;
    hooks.events()
}

#[tokio::test]
async fn a_subscription_is_probed_and_tells_its_secret_once() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    let (status, made) =
        bank.post("/v1/webhooks", json!({"event_type": "IDENTIFICATION", "url": hooks.url})).await;
    assert_eq!((status, made["secret"].as_str().unwrap().len()), (201, 64));
    let probe = hooks.seen.lock().unwrap()[0].clone();
    assert_eq!(
        (
            probe.header("solaris-webhook-event-type"),
            probe.header("solaris-webhook-signature"),
            probe.raw.len()
        ),
        ("WEBHOOK-SUBSCRIPTION", "", 0)
    );

    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    assert_eq!(bank.get(&path).await["secret"], Value::Null);
    assert_eq!(
        bank.get("/v1/webhooks").await,
        json!([{"id": made["id"], "event_type": "IDENTIFICATION", "url": hooks.url, "secret": null}])
    );
    assert_eq!(
        bank.call(Method::PATCH, &path, Some(json!({"url": hooks.url}))).await.status(),
        405
    );
    assert_eq!(bank.call(Method::DELETE, &path, None).await.status(), 204);
    assert_eq!(bank.call(Method::DELETE, &path, None).await.status(), 404);
    let (person, id, _) = bank.started("X-AUTOTEST-HAPPYPATH", "Doe").await;
    bank.until_status(&person, &id, "successful").await;
    assert!(hooks.events().is_empty() && bank.deliveries(&id).await.is_empty());
}

#[tokio::test]
async fn a_bad_subscription_is_refused() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    hooks.will_answer(&[404, 302]);
    for (body, code) in [
        (json!({"event_type": "IDENTIFICATION", "url": hooks.url}), "invalid_webhook_url"),
        (json!({"event_type": "IDENTIFICATION", "url": hooks.url}), "invalid_webhook_url"),
        (
            json!({"event_type": "IDENTIFICATION", "url": "http://127.0.0.1:1/"}),
            "invalid_webhook_url",
        ),
        (
            json!({"event_type": "IDENTIFICATION", "url": "http://desk.example/hook"}),
            "unsafe_webhook_url",
        ),
        (json!({"event_type": "identification", "url": hooks.url}), "invalid_model"),
        (json!({"url": hooks.url}), "invalid_model"),
        (json!({"event_type": "IDENTIFICATION"}), "invalid_model"),
        (json!({"event_type": "IDENTIFICATION", "url": 7}), "type_error"),
    ] {
        let (status, refused) = bank.post("/v1/webhooks", body.clone()).await;
        assert_eq!((status, &refused["errors"][0]["code"]), (400, &json!(code)), "{body}");
        assert_eq!(refused["errors"].as_array().unwrap().len(), 1);
    }
    assert_eq!(bank.get("/v1/webhooks").await, json!([]));
}

#[tokio::test]
async fn every_change_is_sent_with_all_headers_and_a_signature_over_the_raw_body() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    let (webhook, secret) = bank.subscribe("IDENTIFICATION", &hooks).await;
    let (person, id, requested) = bank.started("X-AUTOTEST-CHANGEALLREVIEW", "Doe").await;
    bank.until_status(&person, &id, "successful").await;
    let events = arrived(&hooks, 3).await;
    let mut ids: Vec<_> =
        events.iter().map(|hook| hook.header("solaris-webhook-id").to_owned()).collect();
    for hook in &events {
        assert_eq!(hook.header("solaris-webhook-signature"), signed(&secret, &hook.raw));
        assert_eq!(
            (hook.header("solaris-webhook-subscription-id"), hook.header("solaris-entity-id")),
            (webhook.as_str(), id.as_str())
        );
        assert_eq!(
            (hook.header("solaris-webhook-event-type"), hook.header("solaris-webhook-attempt")),
            ("IDENTIFICATION", "1")
        );
        assert!(hook.header("solaris-webhook-callout-timestamp").ends_with('Z'));
        assert_eq!(hook.body()["url"], requested["url"]);
    }
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    let last = events[2].body();
    assert_eq!(
        (&last["status"], &last["id"], &last["method"]),
        (&json!("successful"), &json!(id), &json!("idnow"))
    );
    assert!(last["completed_at"].is_string() && last.get("person_id").is_none());
}

#[tokio::test]
async fn what_is_not_received_is_sent_again_with_the_same_id() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("IDENTIFICATION", &hooks).await;
    hooks.will_answer(&[500, 302, 404]);
    let (_, id, _) = bank.started("Jane", "Doe").await;
    let events = arrived(&hooks, 4).await;
    let attempts: Vec<_> =
        events.iter().map(|hook| hook.header("solaris-webhook-attempt")).collect();
    assert_eq!(attempts, ["1", "2", "3", "4"]);
    assert!(
        events.iter().all(|hook| hook.header("solaris-webhook-id")
            == events[0].header("solaris-webhook-id")
            && hook.raw == events[0].raw)
    );
    until(|| async { bank.deliveries(&id).await[0]["state"] == "delivered" }).await;
}

#[tokio::test]
async fn gone_ends_a_subscription_and_unprocessable_one_delivery() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    let (webhook, _) = bank.subscribe("IDENTIFICATION", &hooks).await;
    hooks.will_answer(&[422, 410]);
    let (_, first, _) = bank.started("Jane", "Doe").await;
    until(|| async { bank.deliveries(&first).await[0]["state"] == "rejected" }).await;
    let (_, second, _) = bank.started("Joe", "Doe").await;
    until(|| async { bank.deliveries(&second).await[0]["state"] == "canceled" }).await;
    bank.started("Jim", "Doe").await;
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert_eq!(hooks.events().len(), 2);
    assert_eq!(
        bank.call(Method::GET, &format!("/v1/webhooks/{webhook}"), None).await.status(),
        404
    );
    assert_eq!(bank.control("webhooks").await[0]["canceled"], true);
}

#[tokio::test]
async fn the_control_replays_forges_delays_and_reorders() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    let (_, secret) = bank.subscribe("IDENTIFICATION", &hooks).await;
    let (_, id, _) = bank.started("Jane", "Doe").await;
    let first = arrived(&hooks, 1).await.remove(0);
    let number = bank.deliveries(&id).await[0]["number"].as_u64().unwrap();
    let good = |hook: &Hook| hook.header("solaris-webhook-signature") == signed(&secret, &hook.raw);
    for (how, count, same_id, is_good) in [
        ("again", 2, true, true),
        ("twice", 4, true, true),
        ("stale", 5, false, true),
        ("forged", 6, false, false),
    ] {
        assert_eq!(
            bank.command(&format!("deliveries/{number}/replay"), json!({"how": how})).await.0,
            200
        );
        let last = arrived(&hooks, count).await.pop().unwrap();
        let is_same = last.header("solaris-webhook-id") == first.header("solaris-webhook-id");
        assert_eq!((is_same, good(&last), &last.raw), (same_id, is_good, &first.raw), "{how}");
        let is_old = last.header("solaris-webhook-callout-timestamp")
            < first.header("solaris-webhook-callout-timestamp");
        assert_eq!(is_old, how == "stale");
    }
    let start = std::time::Instant::now();
    bank.command(&format!("deliveries/{number}/replay"), json!({"how": "late"})).await;
    arrived(&hooks, 7).await;
    assert!(start.elapsed().as_millis() >= 600, "late is 700 ms here");
    assert_eq!(bank.command("deliveries/99999/replay", json!({"how": "again"})).await.0, 404);

    assert_eq!(
        bank.command(&format!("identifications/{id}/state"), json!({"status": "successful"}))
            .await
            .0,
        200
    );
    arrived(&hooks, 8).await;
    let before = hooks.events().len();
    bank.command(&format!("identifications/{id}/reorder"), json!({})).await;
    let events = arrived(&hooks, before + 2).await;
    assert_eq!(
        (&events[before].body()["status"], &events[before + 1].body()["status"]),
        (&json!("successful"), &json!("pending"))
    );
}

#[tokio::test]
async fn the_control_forces_states_events_and_deletions() {
    let bank = Bank::open().await;
    let (hooks, deleted) = (Hooks::open().await, Hooks::open().await);
    let (_, secret) = bank.subscribe("IDENTIFICATION", &hooks).await;
    bank.subscribe("PERSON_DELETED", &deleted).await;
    let (person, id, _) = bank.started("X-MANUALTEST-HAPPYPATH", "Doe").await;
    arrived(&hooks, 1).await;
    for (status, reason) in [("aborted", Some("TECH_AUDIO")), ("brand_new_state", None)] {
        let (answer, _) = bank
            .command(
                &format!("identifications/{id}/state"),
                json!({"status": status, "reason": reason.unwrap_or("")}),
            )
            .await;
        assert_eq!(answer, 200);
        let found = bank.one(&person, &id).await;
        assert_eq!((&found["status"], &found["failure_reason"]), (&json!(status), &json!(reason)));
    }
    assert_eq!(
        bank.command(
            &format!("identifications/{id}/state"),
            json!({"status": "aborted", "reason": "BORED"})
        )
        .await
        .0,
        400
    );
    arrived(&hooks, 3).await;
    assert_eq!(
        bank.command(
            "events",
            json!({"event_type": "MOON_LANDING", "entity_id": "x", "body": {"a": 1}})
        )
        .await
        .1["deliveries"],
        2
    );
    let event = arrived(&hooks, 4).await.pop().unwrap();
    assert_eq!(
        (event.header("solaris-webhook-event-type"), event.body()),
        ("MOON_LANDING", json!({"a": 1}))
    );
    assert_eq!(event.header("solaris-webhook-signature"), signed(&secret, &event.raw));
    arrived(&deleted, 1).await;

    assert_eq!(bank.command(&format!("persons/{person}/delete"), json!({})).await.0, 200);
    let event = arrived(&deleted, 2).await.pop().unwrap();
    assert_eq!(
        (
            event.header("solaris-webhook-event-type"),
            event.header("solaris-entity-id"),
            event.raw.as_slice()
        ),
        ("PERSON_DELETED", person.as_str(), b"{}".as_slice())
    );
    assert_eq!(bank.call(Method::GET, &format!("/v1/persons/{person}"), None).await.status(), 404);
    assert_eq!(bank.get("/v1/identifications").await, json!([]));
    assert_eq!(bank.command(&format!("persons/{person}/delete"), json!({})).await.0, 404);
}

#[tokio::test]
async fn the_page_shows_everything_and_forms_work() {
    let bank = Bank::open().await;
    let hooks = Hooks::open().await;
    bank.subscribe("IDENTIFICATION", &hooks).await;
    let (_, id, requested) = bank.started("Jane", "Doe").await;
    arrived(&hooks, 1).await;
    let home = bank.desk.sandbox.base_url();
    let (status, html) = bank.page(&home).await;
    assert_eq!(status, 200);
    for part in [
        "X-AUTOTEST-",
        "HOLDCERTIFICATE",
        "Test Request Cut",
        "OTHER_MISCELLANEOUS_PERMANENT",
        "MAR-AO-02001",
        &id,
        requested["url"].as_str().unwrap(),
    ] {
        assert!(html.contains(part), "{part}");
    }
    let forced = bank
        .form(&format!("{home}/control/solaris/identifications/{id}/state"), "status=failed")
        .await;
    assert_eq!(forced.0, 303);
    assert!(bank.page(&home).await.1.contains("failed"));
    let elsewhere = bank
        .desk
        .client
        .post(format!("{home}/control/solaris/tokens/expire"))
        .header("origin", "http://elsewhere.example");
    assert_eq!(elsewhere.send().await.unwrap().status(), 403);
}
