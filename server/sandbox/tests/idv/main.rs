//! Speaks KryptoGO's HTTP to a sandbox that runs in this process: ID verification.

mod customer;
mod life;
mod pictures;
#[path = "../support/mod.rs"]
mod support;
mod triggers;

use std::sync::OnceLock;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use support::{Desk, until};

impl Desk {
    /// `POST /idv` with specimen pictures.
    async fn upload(&self, name: &str, more: Value) -> i64 {
        started(self.post("/kryptogo/idv", upload(name, more)).await)
    }

    /// `POST /idv/init`; the number and the customer's address.
    async fn link(&self, name: &str, more: Value) -> (i64, String) {
        let answer = self.post("/kryptogo/idv/init", link(name, more)).await;
        let url = answer.1["url"].as_str().unwrap_or_default().to_owned();
        (started(answer), url)
    }

    async fn idv(&self, id: i64) -> Value {
        self.get(&format!("/kryptogo/idv/{id}")).await
    }

    /// The document once the verification has ended.
    async fn ended(&self, id: i64) -> Value {
        until(|| async {
            self.control_idv(id).await["ends_ms"].as_i64().is_some_and(|at| at <= now_ms())
        })
        .await;
        self.idv(id).await
    }

    /// The verification as the control page's JSON shows it.
    async fn control_idv(&self, id: i64) -> Value {
        let idvs = self.get("/control/idvs").await;
        idvs.as_array()
            .unwrap()
            .iter()
            .find(|idv| idv["idv_task_id"] == id)
            .cloned()
            .unwrap_or_default()
    }

    /// Sends a form as a browser does, to an address of the sandbox.
    async fn form(&self, url: &str, body: &str) -> reqwest::Response {
        let request =
            self.client.post(url).header("content-type", "application/x-www-form-urlencoded");
        request
            .header("origin", self.sandbox.base_url())
            .body(body.to_owned())
            .send()
            .await
            .unwrap()
    }
}

fn started((status, answer): (u16, Value)) -> i64 {
    assert_eq!(status, 200, "{answer}");
    answer["idv_task_id"].as_i64().expect("a number")
}

fn now_ms() -> i64 {
    std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64
}

/// A specimen in base64, drawn once for all tests.
fn specimen(slot: &'static str) -> String {
    static DRAWN: [OnceLock<String>; 3] = [const { OnceLock::new() }; 3];
    let at = ["front", "back", "face"].iter().position(|known| *known == slot).unwrap();
    DRAWN[at]
        .get_or_init(|| STANDARD.encode(sandbox::pictures::specimen("lin-yating", slot).unwrap().0))
        .clone()
}

fn with(mut body: Value, more: Value) -> Value {
    for (key, value) in more.as_object().unwrap() {
        body[key] = value.clone();
    }
    body
}

fn upload(name: &str, more: Value) -> Value {
    let body = json!({
        "country": "TWN",
        "id_type": "ID_CARD",
        "id_image": specimen("front"),
        "id_mime_type": "image/png",
        "id_back_image": specimen("back"),
        "id_back_mime_type": "image/png",
        "face_image": specimen("face"),
        "expected_name": name,
        "expected_birthday": "1990-06-11",
        "expected_id_number": "A123456789",
        "customer_reference": "C-1",
    });
    with(body, more)
}

fn link(name: &str, more: Value) -> Value {
    let body = json!({
        "id_type": "ID_CARD",
        "workflow_id": 200,
        "country": "TWN",
        "expected_name": name,
        "customer_reference": "C-1",
    });
    with(body, more)
}
