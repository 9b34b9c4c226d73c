//! Speaks ZignSec's HTTP to a sandbox that runs in this process.

#[expect(dead_code, reason = "nobody calls back here")]
mod support;

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, Response};
use sandbox::Options;
use serde_json::{Value, json};

use support::{Desk, StateFile, quick};

const PID: &str = "9208-2002-2-577168596796";
const CPR: &str = "1506093330";
const NOT: &str = "PersonIsNotRegistered";
const TEMPORARILY: &str = "PersonIsRegisteredTemporarily";
const PERMANENTLY: &str = "PersonIsRegisteredPermanently";

impl Desk {
    fn request(&self, path: &str) -> RequestBuilder {
        self.client
            .post(format!("{}/zignsec/v2/ekyc/{path}", self.sandbox.base_url()))
            .header("Authorization", "sandbox")
    }

    async fn call(&self, path: &str, body: Value) -> Response {
        self.request(path).json(&body).send().await.unwrap()
    }

    async fn ask(&self, path: &str, body: Value) -> (u16, Value) {
        let response = self.call(path, body).await;
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn matches(&self, pid: &str, cpr: &str) -> (u16, Value) {
        self.ask("matchpidcpr", json!({ "Pid": pid, "Cpr": cpr })).await
    }

    async fn rofus(&self, number: &str) -> (u16, Value) {
        self.ask("checkdkrofus", json!({ "personalnumber": number })).await
    }

    async fn status(&self, number: &str) -> String {
        let (status, body) = self.rofus(number).await;
        assert_eq!((status, &body["errors"]), (200, &json!([])), "{body}");
        body["RofusStatus"].as_str().unwrap().to_owned()
    }

    async fn mocked(&self, count: u32) -> Vec<Value> {
        let mut statuses = Vec::new();
        for _ in 0..count {
            let (_, body) = self
                .ask("checkdkrofus", json!({ "personalnumber": CPR, "Environment": "Mock" }))
                .await;
            statuses.push(body["RofusStatus"].clone());
        }
        statuses
    }
}

fn keys(body: &Value) -> Vec<&str> {
    body.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_bare_key_opens_and_nothing_else_does() {
    let desk = Desk::open(quick()).await;
    let url = format!("{}/zignsec/v2/ekyc/matchpidcpr", desk.sandbox.base_url());
    let body = json!({ "Pid": PID, "Cpr": CPR });
    for key in [None, Some("Bearer sandbox"), Some("Sandbox"), Some("sandbox2"), Some("")] {
        let request = desk.client.post(&url).json(&body);
        let request =
            if let Some(key) = key { request.header("Authorization", key) } else { request };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401, "{key:?}");
        let body: Value = response.json().await.unwrap();
        assert_eq!(keys(&body), ["errors", "id"]);
        assert!(body["errors"][0]["description"].as_str().unwrap().contains("key"));
    }
    assert_eq!(
        desk.get("/control/zignsec").await["calls"],
        json!([]),
        "nobody without the key is counted"
    );
}

#[tokio::test]
async fn only_the_pair_of_the_prose_matches() {
    let desk = Desk::open(quick()).await;
    let (status, body) = desk.matches(PID, CPR).await;
    assert_eq!((status, keys(&body)), (200, vec!["IsMatch", "errors", "id"]));
    assert_eq!((&body["IsMatch"], &body["errors"]), (&json!(true), &json!([])));
    assert_eq!(body["id"].as_str().map(str::len), Some(36));
    assert_eq!(desk.matches(PID, "150609-3330").await.1["IsMatch"], true);
    // The second is the printed sample, which contradicts the prose.
    for (pid, cpr) in [(PID, "1506093331"), (PID, "2005803511"), ("9208-2002-2-577168596797", CPR)]
    {
        assert_eq!(desk.matches(pid, cpr).await.1["IsMatch"], false, "{pid} {cpr}");
    }
}

#[tokio::test]
async fn the_paths_letter_case_does_not_count() {
    let desk = Desk::open(quick()).await;
    for path in ["MatchPidCpr", "MATCHPIDCPR", "matchpidcpr"] {
        assert_eq!(
            desk.ask(path, json!({ "Pid": PID, "Cpr": CPR })).await.1["IsMatch"],
            true,
            "{path}"
        );
    }
    assert_eq!(
        desk.ask("CheckDkRofus", json!({ "personalnumber": CPR })).await.1["RofusStatus"],
        NOT
    );
    let url = |path: &str| format!("{}/zignsec/{path}", desk.sandbox.base_url());
    let send = async |method: Method, path: &str| {
        let request = desk
            .client
            .request(method, url(path))
            .header("Authorization", "sandbox")
            .json(&json!({ "personalnumber": CPR }));
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(send(Method::POST, "V2/eKYC/CheckDkRofus").await, 200);
    assert_eq!(send(Method::GET, "v2/ekyc/checkdkrofus").await, 405);
    assert_eq!(send(Method::POST, "v2/ekyc/checkserofus").await, 404);
}

#[tokio::test]
async fn the_members_letter_case_counts() {
    let desk = Desk::open(quick()).await;
    for (path, body) in [
        ("matchpidcpr", json!({ "pid": PID, "cpr": CPR })),
        ("matchpidcpr", json!({ "Pid": PID })),
        ("matchpidcpr", json!({ "Pid": PID, "Cpr": 1_506_093_330 })),
        ("matchpidcpr", json!({ "Pid": format!("PID:{PID}"), "Cpr": CPR })),
        ("checkdkrofus", json!({ "PersonalNumber": CPR })),
        ("checkdkrofus", json!({ "personalnumber": null })),
        ("checkdkrofus", json!({ "personalnumber": CPR, "Environment": "mock" })),
        ("checkdkrofus", json!({ "personalnumber": CPR, "Environment": 1 })),
        ("checkdkrofus", json!([])),
    ] {
        let (status, answer) = desk.ask(path, body.clone()).await;
        assert_eq!(
            (status, &answer["errors"][0]["code"]),
            (400, &json!("INVALID_REQUEST")),
            "{body}"
        );
        assert_eq!(keys(&answer), ["errors", "id"]);
    }
    let untyped = desk
        .request("checkdkrofus")
        .body(json!({ "personalnumber": CPR }).to_string())
        .send()
        .await
        .unwrap();
    assert_eq!(untyped.status(), 400);
}

#[tokio::test]
async fn numbers_that_cannot_be_are_told_and_modulus_11_is_not_asked() {
    let desk = Desk::open(quick()).await;
    for number in ["1637217431", "123", "3102801234"] {
        let error = json!([{ "code": "INVALID_PERSONALNUMBER", "description": format!("{number} is an invalid Danish CPR Number.") }]);
        for (status, body) in [desk.rofus(number).await, desk.matches(PID, number).await] {
            assert_eq!((status, &body["errors"]), (400, &error));
        }
    }
    // Both fail modulus 11.
    assert_eq!(desk.matches(PID, CPR).await.0, 200);
    assert_eq!(desk.status("2005803522").await, PERMANENTLY);
}

#[tokio::test]
async fn statuses_follow_from_the_number() {
    let desk = Desk::open(quick()).await;
    for (number, statuses) in [
        ("1508620001", [NOT, NOT]),
        ("1508620002", [TEMPORARILY, TEMPORARILY]),
        ("1508620003", [PERMANENTLY, PERMANENTLY]),
        ("1508620004", [TEMPORARILY, NOT]),
        ("1508620005", [NOT, PERMANENTLY]),
        ("2005803511", [NOT, NOT]),
    ] {
        for status in statuses {
            assert_eq!(desk.status(number).await, status, "{number}");
        }
    }
    let (status, body) = desk
        .ask("checkdkrofus", json!({ "personalnumber": "1508620002", "Environment": "Test" }))
        .await;
    assert_eq!((status, &body["RofusStatus"]), (200, &json!(TEMPORARILY)));
    // A match is another service, and does not use the first read up.
    desk.post("/control/reset", json!({})).await;
    desk.matches(PID, "1508620004").await;
    assert_eq!(desk.status("1508620004").await, TEMPORARILY);
}

#[tokio::test]
async fn the_mock_repeats_itself_for_the_same_seed() {
    let desk = Desk::open(quick()).await;
    let first = desk.mocked(20).await;
    for status in [NOT, TEMPORARILY, PERMANENTLY] {
        assert!(first.contains(&json!(status)), "{status}");
    }
    assert_eq!(Desk::open(quick()).await.mocked(20).await, first);
    assert_ne!(Desk::open(Options { seed: 2, ..quick() }).await.mocked(20).await, first);
    assert_eq!(desk.get("/control/zignsec").await["mock_calls"], 20);
    desk.post("/control/reset", json!({})).await;
    assert_eq!(desk.mocked(20).await, first, "a reset starts over");
}

#[tokio::test]
async fn errors_come_on_400_and_on_200() {
    let desk = Desk::open(quick()).await;
    for (number, status, code) in [
        ("1508620650", 400, json!("Internal Exception")),
        ("1508620651", 200, json!("Internal Exception")),
        ("1508620660", 400, json!("MISSING_CONFIG")),
        ("1508620661", 200, json!("MISSING_CONFIG")),
        ("1508620670", 200, json!("INVALID_PERSONALNUMBER")),
        ("1508620680", 400, json!(17)),
    ] {
        for (answered, body) in [desk.rofus(number).await, desk.matches(PID, number).await] {
            assert_eq!((answered, &body["errors"][0]["code"]), (status, &code), "{number}");
            assert!(body["errors"][0]["description"].is_string());
            assert_eq!(
                body.get("IsMatch").or(body.get("RofusStatus")).is_some(),
                number == "1508620651"
            );
        }
    }
}

#[tokio::test]
async fn answers_are_strange_when_asked() {
    let desk = Desk::open(quick()).await;
    let (_, unknown) = desk.rofus("1508620610").await;
    assert_eq!(unknown["RofusStatus"], "PersonIsRegisteredIndefinitely");
    assert_eq!(keys(&desk.rofus("1508620621").await.1), ["errors", "id"]);
    assert_eq!(keys(&desk.matches(PID, "1508620621").await.1), ["errors", "id"]);
    let (_, null) = desk.matches(PID, "1508620630").await;
    assert_eq!((&null["errors"], &null["IsMatch"]), (&Value::Null, &json!(false)));
    let (_, extra) = desk.matches(PID, "1508620640").await;
    assert_eq!(
        (&extra["IsMatch"], &extra["isMatch"], &extra["result"]["Provider"]),
        (&json!(false), &json!(true), &json!("atlas"))
    );
    let (_, extra) = desk.rofus("1508620640").await;
    assert_eq!((&extra["RofusStatus"], &extra["rofusStatus"]), (&json!(NOT), &json!(PERMANENTLY)));
    assert_eq!(desk.matches(PID, "1508620645").await.1["IsMatch"], "true");
    assert_eq!(desk.rofus("1508620645").await.1["RofusStatus"], 0);
    let cut = desk.call("checkdkrofus", json!({ "personalnumber": "1508620600" })).await;
    assert_eq!(cut.status(), 200);
    assert!(cut.json::<Value>().await.is_err());
    let page = desk.call("checkdkrofus", json!({ "personalnumber": "1508620602" })).await;
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().starts_with("<!doctype html>"));
}

#[tokio::test]
async fn failures_pass_or_stay_as_asked() {
    let desk = Desk::open(quick()).await;
    for (number, answers) in [
        ("1508620429", vec![429, 200]),
        ("1508620500", vec![500, 500, 500]),
        ("1508620503", vec![503, 503, 200]),
        ("1508620504", vec![504, 504]),
        ("1508620514", vec![504, 200]),
    ] {
        for path in ["matchpidcpr", "checkdkrofus"] {
            for (index, answer) in answers.iter().enumerate() {
                let started = Instant::now();
                let response = desk
                    .call(path, json!({ "Pid": PID, "Cpr": number, "personalnumber": number }))
                    .await;
                assert_eq!(response.status().as_u16(), *answer, "{path} {number} {index}");
                assert_eq!(response.headers().contains_key("retry-after"), *answer == 429);
                assert!(
                    *answer != 504 || started.elapsed() >= Duration::from_millis(quick().hang_ms)
                );
            }
        }
    }
}

#[tokio::test]
async fn calls_are_counted_logged_and_forgotten_by_a_reset_only() {
    let file = StateFile::new("zignsec");
    let desk = Desk::open(file.options()).await;
    desk.matches(PID, "150609-3330").await;
    desk.rofus("1508620004").await;
    desk.rofus("1508620500").await;
    desk.rofus("1508620500").await;
    desk.rofus("no number").await;
    let expected = json!([
        { "service": "matchpidcpr", "number": CPR, "calls": 1 },
        { "service": "checkdkrofus", "number": "1508620004", "calls": 1 },
        { "service": "checkdkrofus", "number": "1508620500", "calls": 2 },
    ]);
    assert_eq!(desk.get("/control/zignsec").await["calls"], expected);
    let log = desk.get("/control/requests").await;
    assert_eq!(
        (&log[0]["path"], &log[0]["name"], &log[0]["status"]),
        (&json!("/zignsec/v2/ekyc/matchpidcpr"), &json!(CPR), &json!(200))
    );
    desk.sandbox.stop().await;

    let desk = Desk::open(file.options()).await;
    assert_eq!(desk.get("/control/zignsec").await["calls"], expected);
    assert_eq!(desk.status("1508620004").await, NOT, "the second read, after a restart");
    desk.post("/control/reset", json!({})).await;
    assert_eq!(desk.get("/control/zignsec").await["calls"], json!([]));
}

#[tokio::test]
async fn the_first_page_lists_the_numbers() {
    let desk = Desk::open(quick()).await;
    let page = desk.send(Method::GET, "/", None).await.text().await.unwrap();
    for text in [PID, CPR, "1508620651", "Authorization: sandbox", "/zignsec</code>"] {
        assert!(page.contains(text), "{text}");
    }
}
