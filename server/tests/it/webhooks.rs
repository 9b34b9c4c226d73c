//! Signed webhooks over HTTP: what is answered to whom, and what an admin sees of it.

use crate::support::{Running, location};
use casework::{connections, inbox, journal::Actor, webhooks};
use domain::ConnectionId;
use reqwest::Response;
use sandbox::{Options, Sandbox};
use serde_json::Value;
use std::time::Duration;
use zeroize::Zeroizing;

/// A desk with a connection to Solaris, and the desk's address there.
struct Hooked {
    desk: Running,
    sandbox: Sandbox,
    connection: ConnectionId,
    address: String,
    adam: String,
}

impl Hooked {
    async fn start() -> Self {
        let desk = Running::start().await;
        let options = Options { step_ms: 15, ..Options::default() };
        let sandbox =
            Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the stand-in starts");
        let base_url = format!("{}/solaris", sandbox.base_url());
        let form = connections::Form {
            name: "Solaris".into(),
            provider: "solaris".into(),
            token_url: format!("{base_url}/oauth2/token"),
            base_url,
            client_id: "sandbox".into(),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            ..connections::Form::default()
        };
        let connection =
            connections::add(&desk.work, &Actor::operator(), &form).await.expect("a connection");
        let stored = connections::get(&desk.work, &connection).await.expect("there");
        let address = connections::webhook_url(&desk.work, &stored).expect("an address");
        let adam = desk.sign_in("adam").await;
        Self { desk, sandbox, connection, address, adam }
    }

    async fn post(&self, headers: &[(&str, &str)], body: Vec<u8>) -> Response {
        let mut request = self.desk.client.post(&self.address).body(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.expect("an answer")
    }

    async fn control(&self, path: &str, body: Value) {
        let url = format!("{}/control/solaris/{path}", self.sandbox.base_url());
        let answer = self
            .desk
            .client
            .post(url)
            .header("content-type", "application/json")
            .body(body.to_string())
            .send()
            .await;
        assert!(answer.expect("an answer").status().is_success(), "{path}");
    }

    async fn deliveries(&self) -> Vec<Value> {
        let url = format!("{}/control/solaris/deliveries", self.sandbox.base_url());
        self.desk.client.get(url).send().await.expect("an answer").json().await.expect("JSON")
    }

    /// Waits until all that the provider sent was answered.
    async fn answered(&self) -> Vec<Value> {
        let until = std::time::Instant::now() + Duration::from_secs(10);
        loop {
            let all = self.deliveries().await;
            if !all.is_empty() && all.iter().all(|d| d["answered"].is_number()) {
                return all;
            }
            assert!(std::time::Instant::now() < until, "{all:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn page(&self) -> String {
        let path = format!("/admin/connections/{}", self.connection);
        self.desk.get(&path, Some(&self.adam)).await.text().await.expect("text")
    }

    async fn end(self) {
        self.desk.stop().await;
        self.sandbox.stop().await;
    }
}

#[tokio::test]
async fn an_admin_subscribes_and_what_solaris_signs_is_taken() {
    let hooked = Hooked::start().await;
    let (desk, id) = (&hooked.desk, hooked.connection.to_string());
    assert!(hooked.page().await.contains("Solaris tells us of nothing yet."));
    for event in webhooks::EVENTS {
        let answer = desk
            .post(
                "/api/admin/webhooks/subscribe",
                Some(&hooked.adam),
                &[("connection", &id), ("event_type", event)],
            )
            .await;
        assert_eq!(location(&answer), format!("/admin/connections/{id}?done=webhook-added"));
    }
    let page = hooked.page().await;
    assert!(page.contains(">live<") && !page.contains("Subscribe to IDENTIFICATION"));
    hooked
        .control(
            "events",
            serde_json::json!({ "event_type": "PERSON_CHANGED", "entity_id": "1cper" }),
        )
        .await;
    // To all three subscriptions: only the one whose event it is vouches for it.
    let answers: Vec<i64> =
        hooked.answered().await.iter().map(|d| d["answered"].as_i64().unwrap_or(0)).collect();
    assert_eq!(answers.iter().filter(|a| **a == 204).count(), 1, "{answers:?}");
    assert_eq!(answers.iter().filter(|a| **a == 401).count(), 2, "{answers:?}");
    // What was answered lies safe; it is sorted in a moment later.
    let until = std::time::Instant::now() + Duration::from_secs(10);
    let listed = loop {
        let listed = inbox::list(&desk.work).await.expect("lists");
        if !listed.is_empty() || std::time::Instant::now() > until {
            break listed;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert_eq!(
        (listed.len(), listed[0].event_type.as_deref(), listed[0].entity_id.as_deref()),
        (1, Some("PERSON_CHANGED"), Some("1cper"))
    );
    let page = hooked.page().await;
    assert!(
        page.contains("refused since the program started")
            && page.contains("its subscription is for another event")
    );
    let callbacks =
        desk.get("/admin/callbacks", Some(&hooked.adam)).await.text().await.expect("text");
    assert!(callbacks.contains("PERSON_CHANGED"));
    // What is typed and is no code comes back with the reason beside it.
    let refused = desk
        .post(
            "/api/admin/webhooks/subscribe",
            Some(&hooked.adam),
            &[("connection", &id), ("event_type", "person changed")],
        )
        .await;
    let page = desk
        .get(location(&refused).split('#').next().unwrap_or_default(), Some(&hooked.adam))
        .await
        .text()
        .await
        .expect("text");
    assert!(
        page.contains("value=\"person changed\"") && page.contains("Give the event&#x27;s code")
            || page.contains("Give the event's code")
    );
    assert!(page.contains("value=\"Solaris\""), "the connection's own form stands as it is stored");
    // Ended, nothing of it is believed any more.
    let list = webhooks::list(&desk.work, &hooked.connection).await.expect("lists").all;
    for webhook in list {
        let form = [("connection", id.as_str()), ("webhook", webhook.id.as_str())];
        assert!(
            location(
                &desk.post("/api/admin/webhooks/unsubscribe", Some(&hooked.adam), &form).await
            )
            .ends_with("?done=webhook-ended")
        );
    }
    assert!(hooked.page().await.contains("Solaris tells us of nothing yet."));
    hooked.end().await;
}

#[tokio::test]
async fn a_subscription_that_was_made_elsewhere_has_a_form_that_keeps_no_secret() {
    let hooked = Hooked::start().await;
    let (desk, id) = (&hooked.desk, hooked.connection.to_string());
    assert!(hooked.page().await.contains("Add a subscription that was made elsewhere"));
    let typed = [
        ("connection", id.as_str()),
        ("webhook", "unknown-there"),
        ("webhook_event", "IDENTIFICATION"),
        ("webhook_secret", "hush-hush"),
    ];
    let refused = desk.post("/api/admin/webhooks/adopt", Some(&hooked.adam), &typed).await;
    let page = desk
        .get(location(&refused).split('#').next().unwrap_or_default(), Some(&hooked.adam))
        .await
        .text()
        .await
        .expect("text");
    assert!(
        page.contains("Solaris lists no subscription with this id.")
            && page.contains("value=\"unknown-there\""),
        "{page}"
    );
    assert!(!page.contains("hush-hush") && !location(&refused).contains("hush"));
    assert!(page.contains("value=\"Solaris\""), "the connection's own form stands as it is stored");
    let anna = desk.sign_in("anna").await;
    assert_eq!(desk.post("/api/admin/webhooks/adopt", Some(&anna), &typed).await.status(), 403);
    hooked.end().await;
}

#[tokio::test]
async fn nothing_that_comes_in_is_ever_answered_410_or_422() {
    let hooked = Hooked::start().await;
    let deep = format!("{}1{}", "[".repeat(200_000), "]".repeat(200_000));
    let bodies: [Vec<u8>; 6] = [
        vec![],
        b"{}".to_vec(),
        b"{\"id\":".to_vec(),
        vec![0xff; 40],
        deep.into_bytes(),
        vec![b'x'; 1024 * 1024],
    ];
    for event in ["", "IDENTIFICATION", "PERSON_DELETED", "NOBODY_KNOWS_IT", "WEBHOOK-SUBSCRIPTION"]
    {
        for body in &bodies {
            for signature in [
                "",
                "sha256=",
                "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ] {
                let headers = [
                    ("solaris-webhook-event-type", event),
                    ("solaris-webhook-signature", signature),
                    ("content-type", "application/json"),
                ];
                let status = hooked.post(&headers, body.clone()).await.status().as_u16();
                let is_probe = event == "WEBHOOK-SUBSCRIPTION" && body.is_empty();
                assert_eq!(
                    status,
                    if is_probe { 204 } else { 401 },
                    "{event} {} {signature}",
                    body.len()
                );
            }
        }
    }
    assert_eq!(hooked.post(&[], vec![b'x'; 1024 * 1024 + 1]).await.status(), 413);
    for elsewhere in ["/callbacks/solaris/nobody", "/callbacks/solaris/", "/callbacks/kryptogo/x"] {
        let status = hooked
            .desk
            .client
            .post(format!("{}{elsewhere}", hooked.desk.base))
            .body("{}")
            .send()
            .await
            .expect("answers")
            .status();
        assert_eq!(status, 404, "{elsewhere}");
    }
    assert!(inbox::list(&hooked.desk.work).await.expect("lists").is_empty());
    hooked.end().await;
}

#[tokio::test]
async fn while_nothing_can_be_stored_nothing_is_acknowledged_and_it_comes_again() {
    let hooked = Hooked::start().await;
    let event = webhooks::EVENTS[1];
    webhooks::subscribe(&hooked.desk.work, &Actor::operator(), &hooked.connection, event)
        .await
        .expect("subscribes");
    let file = rusqlite::Connection::open(hooked.desk.folder.path().join("probity.db"))
        .expect("the database");
    file.execute_batch("CREATE TRIGGER no_room BEFORE INSERT ON callback_arrivals BEGIN SELECT RAISE(ABORT, 'no room'); END")
        .expect("a trigger");
    hooked
        .control("events", serde_json::json!({ "event_type": event, "entity_id": "1cper" }))
        .await;
    let answers: Vec<i64> =
        hooked.answered().await.iter().map(|d| d["answered"].as_i64().unwrap_or(0)).collect();
    assert_eq!(answers, [503]);
    assert!(inbox::list(&hooked.desk.work).await.expect("lists").is_empty());
    file.execute_batch("DROP TRIGGER no_room").expect("gone");
    let number = hooked.deliveries().await[0]["number"].clone();
    hooked
        .control(&format!("deliveries/{number}/replay"), serde_json::json!({ "how": "again" }))
        .await;
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while inbox::list(&hooked.desk.work).await.expect("lists").is_empty() {
        assert!(std::time::Instant::now() < until, "it never came again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    hooked.end().await;
}
