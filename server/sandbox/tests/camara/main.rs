//! Speaks CAMARA's services to a sandbox that runs in this process.

mod assertions;
mod contract;
mod judge;
mod matching;
mod order;
mod services;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "nobody calls back here, and nothing is kept in a file")]
mod support;
mod tokens;
mod triggers;

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

use support::{Desk, quick};

const SCOPE: &str = "dpv:FraudPreventionAndDetection#kyc-match:match";
const PERSONA: &str = "+34629255833";
const MOCK_TOKEN: &str = "mock_sandbox_access_token";

/// A request of one operator; `operator` is empty for the default one.
fn path(operator: &str, rest: &str) -> String {
    if operator.is_empty() {
        format!("/camara{rest}")
    } else {
        format!("/camara/op/{operator}{rest}")
    }
}

async fn open() -> Desk {
    Desk::open(quick()).await
}

impl Desk {
    fn to(&self, operator: &str, rest: &str) -> RequestBuilder {
        self.client.post(format!("{}{}", self.sandbox.base_url(), path(operator, rest)))
    }

    /// A match at an operator, not sent yet.
    fn matching(&self, operator: &str, version: &str, token: &str) -> RequestBuilder {
        self.to(operator, &format!("/kyc-match/{version}/match")).bearer_auth(token)
    }

    /// A match at the default operator.
    async fn ask(&self, version: &str, token: &str, body: Value) -> (u16, Value) {
        self.ask_at("", version, token, body).await
    }

    async fn ask_at(
        &self,
        operator: &str,
        version: &str,
        token: &str,
        body: Value,
    ) -> (u16, Value) {
        read(self.matching(operator, version, token).json(&body).send().await.unwrap()).await
    }

    /// A form to a token endpoint, with the sandbox's own client.
    async fn form(&self, operator: &str, rest: &str, values: &[(&str, &str)]) -> (u16, Value) {
        let request = self.to(operator, rest).basic_auth("sandbox", Some("sandbox"));
        read(
            request
                .header("Content-Type", "application/x-www-form-urlencoded")
                .body(encoded(values))
                .send()
                .await
                .unwrap(),
        )
        .await
    }

    async fn authorize(&self, operator: &str, number: &str) -> (u16, Value) {
        self.form(
            operator,
            "/bc-authorize",
            &[("login_hint", &format!("tel:{number}")), ("scope", SCOPE)],
        )
        .await
    }

    async fn poll(&self, operator: &str, auth_req_id: &str) -> (u16, Value) {
        self.form(
            operator,
            "/token",
            &[("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", auth_req_id)],
        )
        .await
    }

    /// CIBA: a token about the number.
    async fn token_at(&self, operator: &str, number: &str) -> String {
        let (status, answer) = self.authorize(operator, number).await;
        assert_eq!(status, 200, "{answer}");
        let (status, answer) = self.poll(operator, answer["auth_req_id"].as_str().unwrap()).await;
        assert_eq!(status, 200, "{answer}");
        word(&answer, "access_token")
    }

    async fn token(&self, number: &str) -> String {
        self.token_at("", number).await
    }

    /// Client credentials: a token without a number.
    async fn own_token(&self, operator: &str) -> String {
        let (status, answer) =
            self.form(operator, "/token", &[("grant_type", "client_credentials")]).await;
        assert_eq!(status, 200, "{answer}");
        word(&answer, "access_token")
    }

    async fn subscribers(&self) -> Vec<Value> {
        self.get("/control/camara/subscribers").await.as_array().unwrap().clone()
    }
}

fn encoded(values: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(values).finish()
}

async fn read(response: Response) -> (u16, Value) {
    (response.status().as_u16(), response.json().await.unwrap_or_default())
}

fn word(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap_or_else(|| panic!("no {name} in {answer}")).to_owned()
}

/// The status and the code of an answer that is no success.
fn code((status, answer): &(u16, Value)) -> (u16, &str) {
    assert_eq!(answer["status"], json!(status), "{answer}");
    assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()), "{answer}");
    (*status, answer["code"].as_str().unwrap_or_default())
}
