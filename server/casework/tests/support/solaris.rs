//! Solaris: a connection, subscriptions, deliveries signed as it signs them, and persons in the
//! stand-in's books.

use super::{Desk, TOKEN, by, run_sql, without_triggers};
use casework::{
    connections::{self, Connection},
    new_id,
    providers::solaris::Delivery,
    webhooks::{self, Received},
};
use domain::{CheckId, ConnectionId, checks::State};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// A subscription as the provider has it.
#[derive(Debug, Clone)]
pub struct Subscribed {
    pub id: String,
    pub event_type: String,
    pub secret: String,
}

/// One delivery, which a test may spoil.
#[derive(Debug, Clone)]
pub struct Sent {
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Sent {
    pub fn set(&mut self, name: &'static str, value: Option<&str>) {
        self.headers.retain(|(known, _)| *known != name);
        if let Some(value) = value {
            self.headers.push((name, value.to_owned()));
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.set(name, value);
        self
    }

    pub fn read(&self) -> Delivery {
        Delivery::read(|name| {
            self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
        })
    }
}

pub fn signature(secret: &str, body: &[u8]) -> String {
    let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes())
        .expect("a key")
        .chain_update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

impl Subscribed {
    /// A delivery about something, with an id of its own.
    pub fn about(&self, entity: &str, body: &[u8]) -> Sent {
        let headers = vec![
            ("solaris-webhook-id", new_id()),
            ("solaris-webhook-subscription-id", self.id.clone()),
            ("solaris-webhook-event-type", self.event_type.clone()),
            ("solaris-entity-id", entity.to_owned()),
            ("solaris-webhook-attempt", "1".into()),
            ("solaris-webhook-signature", signature(&self.secret, body)),
        ];
        Sent { headers, body: body.to_vec() }
    }
}

impl Desk {
    pub async fn solaris(&self) -> ConnectionId {
        self.bank("solaris").await
    }

    pub async fn connection_of(&self, id: &ConnectionId) -> Connection {
        connections::get(&self.work, id).await.expect("there")
    }

    /// Subscribes to an event as an admin does; gives what the provider keeps of it.
    pub async fn subscribe(&self, connection: &ConnectionId, event: &str) -> Subscribed {
        webhooks::subscribe(&self.work, &by(&self.adam), connection, event)
            .await
            .expect("subscribes");
        self.subscribed().await.pop().expect("the newest")
    }

    /// The provider's subscriptions, oldest first.
    pub async fn subscribed(&self) -> Vec<Subscribed> {
        let all = self.books("solaris/webhooks").await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let one = |w: &Value| Subscribed {
            id: text(&w["id"]),
            event_type: text(&w["event_type"]),
            secret: text(&w["secret"]),
        };
        all.as_array().into_iter().flatten().map(one).collect()
    }

    pub async fn deliver(&self, connection: &ConnectionId, sent: &Sent) -> Received {
        let connection = self.connection_of(connection).await;
        webhooks::receive(&self.work, &connection, &sent.read(), &sent.body, "r")
            .await
            .expect("is answered")
    }

    /// Asks the provider something as another program would.
    pub async fn ask_solaris(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let (client, base) = (reqwest::Client::new(), self.sandbox.base_url());
        let token =
            client.post(format!("{base}/solaris/oauth2/token")).basic_auth(TOKEN, Some(TOKEN));
        let token = token
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=partners");
        let token: Value = serde_json::from_slice(
            &token.send().await.expect("answers").bytes().await.expect("a body"),
        )
        .expect("JSON");
        let request = client
            .request(method, format!("{base}/solaris/v1{path}"))
            .bearer_auth(token["access_token"].as_str().expect("a token"));
        let request = request.header("content-type", "application/json").body(body.to_string());
        let answer = request.send().await.expect("answers");
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default()
    }

    /// Somebody in the provider's books.
    pub async fn person_there(&self) -> String {
        let body = json!({
            "first_name": "Jane", "last_name": "Doe", "birth_date": "1992-12-11", "nationality": "DE", "mobile_number": "+49301234567",
            "address": { "line_1": "Amrumerstrasse", "line_2": "14", "postal_code": "13353", "city": "Berlin", "country": "DE" },
            "terms_conditions_signed_at": "2022-01-01T00:00:00.000Z", "data_terms_signed_at": "2022-01-01T00:00:00.000Z",
        });
        let made = self.ask_solaris(reqwest::Method::POST, "/persons", body).await;
        made["id"].as_str().expect("an id").to_owned()
    }

    /// A video identification of this person in our tables, without its launch: about the customer
    /// of a check that another kind made. Nobody reads it meanwhile.
    pub async fn video_of(
        &self,
        connection: &ConnectionId,
        person: &str,
        identification: &str,
        state: State,
    ) -> CheckId {
        let id = self.launch("Jane Doe").await;
        without_triggers(&self.work.db, "checks").await;
        let (customer, row) = (self.check(&id).await.customer_id, new_id());
        let request = json!({ "customer_reference": "C-1", "name": "Jane Doe" });
        for statement in [
            format!(
                "UPDATE checks SET kind = 'video_ident', connection_id = '{connection}', provider_ref = '{identification}', state = '{state}', request = '{request}' WHERE id = '{id}'"
            ),
            format!("UPDATE deliveries SET state = 'dropped' WHERE check_id = '{id}'"),
            format!(
                "INSERT INTO provider_persons (id, connection_id, customer_id, check_id, provider_ref, made_at_ms) VALUES ('{row}', '{connection}', '{customer}', '{id}', '{person}', 0)"
            ),
            format!(
                "INSERT INTO video_sessions (check_id, person_id, identification, supported) VALUES ('{id}', '{row}', '{{}}', '[]')"
            ),
        ] {
            run_sql(&self.work.db, &statement).await.expect(&statement);
        }
        id
    }
}
