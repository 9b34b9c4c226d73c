//! Speaks Solaris' HTTP to a sandbox that runs in this process.

mod documents;
mod lax;
mod persons;
mod scenarios;
#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
mod triggers;
mod tutorial;
mod webhooks;

use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use reqwest::{Method, Response};
use sandbox::{Options, SolarisTimes};
use serde_json::{Value, json};

use support::{ANYWHERE, Desk, quick, until};

/// A sandbox and a partner with a token.
struct Bank {
    desk: Desk,
    /// `/solaris` or `/solaris/lax`.
    base: &'static str,
    token: String,
}

fn hasty() -> Options {
    let times = SolarisTimes {
        review_ms: 60,
        long_review_ms: 250,
        certificate_ms: 150,
        retry_ms: 10,
        ..SolarisTimes::default()
    };
    Options { solaris: times, ..quick() }
}

impl Bank {
    async fn open() -> Bank {
        Bank::with(hasty(), "/solaris").await
    }

    async fn with(options: Options, base: &'static str) -> Bank {
        let desk = Desk::open(options).await;
        let token = token(&desk).await;
        Bank { desk, base, token }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{}{path}", self.desk.sandbox.base_url(), self.base)
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        self.try_call(method, path, body).await.unwrap()
    }

    async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Result<Response> {
        let request = self.desk.client.request(method, self.url(path)).bearer_auth(&self.token);
        match body {
            Some(body) => request.json(&body),
            None => request,
        }
        .send()
        .await
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.call(Method::GET, path, None).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        answered(self.call(Method::POST, path, Some(body)).await).await
    }

    async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        answered(self.call(Method::PATCH, path, Some(body)).await).await
    }

    async fn person(&self, first_name: &str, last_name: &str) -> String {
        let (status, person) = self
            .post("/v1/persons", json!({"first_name": first_name, "last_name": last_name}))
            .await;
        assert!((200..300).contains(&status), "{person}");
        person["id"].as_str().unwrap().to_owned()
    }

    async fn identification(&self, person: &str) -> String {
        let (status, made) = self
            .post(&format!("/v1/persons/{person}/identifications"), json!({"method": "idnow"}))
            .await;
        assert!((200..300).contains(&status), "{made}");
        made["id"].as_str().unwrap().to_owned()
    }

    async fn request(&self, person: &str, identification: &str) -> (u16, Value) {
        self.patch(
            &format!("/v1/persons/{person}/identifications/{identification}/request"),
            json!({}),
        )
        .await
    }

    /// Person, identification and the answer to its request.
    async fn started(&self, first_name: &str, last_name: &str) -> (String, String, Value) {
        let person = self.person(first_name, last_name).await;
        let identification = self.identification(&person).await;
        let (status, requested) = self.request(&person, &identification).await;
        assert_eq!(status, 200, "{requested}");
        (person, identification, requested)
    }

    async fn one(&self, person: &str, identification: &str) -> Value {
        self.get(&format!("/v1/persons/{person}/identifications/{identification}")).await
    }

    async fn until_status(&self, person: &str, identification: &str, status: &str) {
        until(|| async { self.one(person, identification).await["status"] == status }).await;
    }

    async fn upload(&self, path: &str, kind: &str, bytes: &[u8]) -> (u16, Value) {
        let mut body = format!(
            "--XX\r\ncontent-disposition: form-data; name=\"document_type\"\r\n\r\n{kind}\r\n--XX\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"my contract.pdf\"\r\ncontent-type: application/pdf\r\n\r\n"
        )
        .into_bytes();
        body.extend(bytes);
        body.extend(b"\r\n--XX--\r\n");
        let request = self.desk.client.post(self.url(path)).bearer_auth(&self.token);
        answered(
            request
                .header("content-type", "multipart/form-data; boundary=XX")
                .body(body)
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    /// Sends a form to the customer's page as a browser does.
    async fn form(&self, url: &str, body: &str) -> (u16, String) {
        let request =
            self.desk.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        let response = request
            .header("origin", self.desk.sandbox.base_url())
            .body(body.to_owned())
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn page(&self, url: &str) -> (u16, String) {
        let response = self.desk.client.get(url).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Plays the whole session; `start` is more for the first form.
    async fn play(&self, url: &str, start: &str) {
        let boxes = "mobile_number=%2B15550101&terms=on&privacy=on&document_ready=on&action=start";
        assert_eq!(self.form(url, &format!("{boxes}{start}")).await.0, 303);
        for _ in 0..5 {
            if self.form(url, "action=continue").await.0 != 303 {
                // The agent has aborted.
                return;
            }
        }
        assert_eq!(self.form(url, "action=confirm&ident_code=123456").await.0, 303);
    }

    /// A subscription to the event, whose secret is known.
    async fn subscribe(&self, event: &str, hooks: &Hooks) -> (String, String) {
        let (status, webhook) =
            self.post("/v1/webhooks", json!({"event_type": event, "url": hooks.url})).await;
        assert!((200..300).contains(&status), "{webhook}");
        (
            webhook["id"].as_str().unwrap().to_owned(),
            webhook["secret"].as_str().unwrap_or_default().to_owned(),
        )
    }

    async fn control(&self, path: &str) -> Value {
        self.desk.get(&format!("/control/solaris/{path}")).await
    }

    async fn command(&self, path: &str, body: Value) -> (u16, Value) {
        self.desk.post(&format!("/control/solaris/{path}"), body).await
    }
}

async fn answered(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

async fn token(desk: &Desk) -> String {
    let url = format!("{}/solaris/oauth2/token", desk.sandbox.base_url());
    let request = desk
        .client
        .post(url)
        .basic_auth("sandbox", Some("sandbox"))
        .header("content-type", "application/x-www-form-urlencoded");
    let response =
        request.body("grant_type=client_credentials&scope=partners").send().await.unwrap();
    assert_eq!(response.status(), 200);
    response.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned()
}

/// One webhook as it arrived.
#[derive(Clone, Debug)]
struct Hook {
    headers: HeaderMap,
    raw: Vec<u8>,
}

impl Hook {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    fn body(&self) -> Value {
        serde_json::from_slice(&self.raw).unwrap_or_default()
    }
}

/// Somebody who receives webhooks and answers as told, then with 204.
#[derive(Clone)]
struct Hooks {
    url: String,
    seen: Arc<Mutex<Vec<Hook>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Hooks {
    async fn open() -> Hooks {
        let listener = tokio::net::TcpListener::bind(ANYWHERE).await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let hooks = Hooks { url, seen: Arc::default(), answers: Arc::default() };
        let take = |State(hooks): State<Hooks>, headers: HeaderMap, raw: Bytes| async move {
            hooks.seen.lock().unwrap().push(Hook { headers, raw: raw.to_vec() });
            let mut answers = hooks.answers.lock().unwrap();
            let answer = if answers.is_empty() { 204 } else { answers.remove(0) };
            StatusCode::from_u16(answer).unwrap()
        };
        let routes = Router::new().route("/hook", post(take)).with_state(hooks.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        hooks
    }

    /// The next answers, one for each webhook.
    fn will_answer(&self, answers: &[u16]) {
        *self.answers.lock().unwrap() = answers.to_vec();
    }

    /// What arrived, without the subscription's probe.
    fn events(&self) -> Vec<Hook> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|hook| hook.header("solaris-webhook-event-type") != "WEBHOOK-SUBSCRIPTION")
            .cloned()
            .collect()
    }

    /// The statuses that were told about an identification.
    fn statuses(&self, identification: &str) -> Vec<String> {
        let about = self
            .events()
            .into_iter()
            .filter(|hook| hook.header("solaris-entity-id") == identification);
        about.map(|hook| hook.body()["status"].as_str().unwrap_or_default().to_owned()).collect()
    }
}
