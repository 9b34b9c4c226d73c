//! Speaks KryptoGO's HTTP to a sandbox that runs in this process: wallet analysis.

#[expect(dead_code, reason = "nobody calls back here")]
mod support;

use reqwest::Method;
use sandbox::Options;
use serde_json::{Value, json};

use support::{Desk, StateFile, quick};

/// The request sample of the published page, and the address of the first block.
const SAMPLE: &str = "0x72a5843cc08275C8171E582972Aa4fDa8C397B2A";
const FIRST_BLOCK: &str = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa";

impl Desk {
    /// A well-known address as the control endpoint lists it.
    async fn listed(&self, chain: &str, label: &str) -> Value {
        let listed = self.get("/control/kya/addresses").await;
        let found = listed
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["chain"] == chain && row["label"] == label);
        found.cloned().unwrap_or_else(|| panic!("{chain} {label}"))
    }

    async fn address(&self, chain: &str, label: &str) -> String {
        self.listed(chain, label).await["address"].as_str().unwrap().to_owned()
    }

    async fn analyse(&self, address: &str) -> (u16, Value) {
        self.post("/kryptogo/kya", json!({ "address": address })).await
    }

    async fn analysed(&self, chain: &str, label: &str) -> Value {
        let (status, body) = self.analyse(&self.address(chain, label).await).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    async fn detail(&self, id: &Value) -> (u16, Value) {
        let response = self.send(Method::GET, &format!("/kryptogo/kya/detail/{id}"), None).await;
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }
}

fn hops(body: &Value) -> Vec<u64> {
    body["sdnlist"].as_array().unwrap().iter().map(|near| near["hops"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn the_answer_has_every_member_of_the_sample_in_its_type() {
    let desk = Desk::open(quick()).await;
    let (status, body) =
        desk.post("/kryptogo/kya", json!({ "address": SAMPLE, "chain": "eth" })).await;
    assert_eq!(status, 200);
    assert_eq!(
        body["address"], "0x72a5843cc08275c8171e582972aa4fda8c397b2a",
        "lower case, as in the sample"
    );
    assert!(
        body["kya_id"].is_i64()
            && body["creation_timestamp"]
                .as_i64()
                .is_some_and(|at| at > 1_600_000_000 && at < 10_000_000_000)
    );
    assert!(body["data"].is_object() && body["sdnlist"].is_array() && body["txlist"].is_array());
    for key in ["creator_account", "creator_email", "creator_name"] {
        assert!(body[key].as_str().is_some_and(|text| !text.is_empty()), "{key}");
    }
    assert_eq!(
        (body.as_object().unwrap().len(), body.get("customer_reference")),
        (10, Some(&Value::Null))
    );
    assert_eq!(desk.detail(&body["kya_id"]).await, (200, body.clone()));
    let (_, again) = desk.analyse(SAMPLE).await;
    assert_eq!(
        (again["kya_id"].as_i64(), &again["data"]),
        (body["kya_id"].as_i64().map(|id| id + 1), &body["data"])
    );
}

#[tokio::test]
async fn without_the_key_there_is_nothing() {
    let desk = Desk::open(quick()).await;
    for (method, path) in [(Method::POST, "/kryptogo/kya"), (Method::GET, "/kryptogo/kya/detail/1")]
    {
        let request = desk
            .client
            .request(method, format!("{}{path}", desk.sandbox.base_url()))
            .json(&json!({ "address": SAMPLE }));
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
    assert_eq!(desk.get("/control/kya").await, json!([]));
}

#[tokio::test]
async fn mistakes_are_refused_and_cost_nothing() {
    let desk = Desk::open(Options { points: 20, ..quick() }).await;
    for body in [
        json!({}),
        json!([]),
        json!({ "address": "" }),
        json!({ "address": 7 }),
        json!({ "address": "0x72a5843cc08275C8171E582972Aa4fDa8C397B2a" }),
        json!({ "address": "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx" }),
        json!({ "address": SAMPLE, "chain": "btc" }),
        json!({ "address": FIRST_BLOCK, "chain": "eth" }),
        json!({ "address": SAMPLE, "chain": "sol" }),
    ] {
        let (status, answer) = desk.post("/kryptogo/kya", body.clone()).await;
        assert_eq!((status, &answer["code"]), (400, &json!(400)), "{body}");
        assert!(answer["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
    assert_eq!(desk.get("/control/kya").await, json!([]));
    assert_eq!(
        desk.detail(&json!(1)).await,
        (404, json!({ "code": 404, "message": "There is no such KYA task." }))
    );
    assert_eq!(desk.detail(&json!("x")).await.0, 400);
    assert_eq!(desk.analyse(FIRST_BLOCK).await.0, 200, "the points are still there");
}

#[tokio::test]
async fn points_run_out() {
    let desk = Desk::open(Options { points: 50, ..quick() }).await;
    for status in [200, 200, 402, 402] {
        assert_eq!(desk.analyse(SAMPLE).await.0, status);
    }
    desk.post("/control/points", json!({ "points": 20 })).await;
    assert_eq!(desk.analyse(SAMPLE).await.0, 200);
    let asked = desk.get("/control/kya").await;
    assert_eq!((&asked[0]["calls"], &asked[0]["kya_ids"]), (&json!(5), &json!([1, 2, 3])));
}

#[tokio::test]
async fn exposure_is_told_from_zero_to_three_hops() {
    let desk = Desk::open(quick()).await;
    for chain in ["btc", "eth"] {
        for (label, expected, band) in [
            ("clean", vec![], 0..=24),
            ("empty", vec![], 0..=0),
            ("exposed_3", vec![3], 25..=49),
            ("exposed_2", vec![2, 3], 50..=74),
            ("exposed_1", vec![1, 2], 75..=99),
            ("sanctioned", vec![0, 1], 100..=100),
        ] {
            let body = desk.analysed(chain, label).await;
            assert_eq!(hops(&body), expected, "{chain} {label}");
            assert!(
                band.contains(&body["data"]["risk_score"].as_u64().unwrap()),
                "{chain} {label} {}",
                body["data"]
            );
            let sent: Vec<_> =
                body["txlist"].as_array().unwrap().iter().map(|tx| &tx["timestamp"]).collect();
            assert_eq!(body["data"]["tx_count"], sent.len());
            assert_eq!(sent.is_empty(), label == "empty");
        }
        let sanctioned = desk.listed(chain, "sanctioned").await;
        let paid = desk.analysed(chain, "exposed_1").await;
        assert!(
            paid["txlist"]
                .as_array()
                .unwrap()
                .iter()
                .any(|tx| tx["from"] == sanctioned["answer_address"] && tx["direction"] == "in")
        );
        assert_eq!(paid["sdnlist"][0]["address"], sanctioned["answer_address"]);
    }
    let empty = desk.analysed("eth", "empty").await;
    assert_eq!(
        (&empty["data"]["balance"], &empty["data"]["first_seen"]),
        (&json!("0"), &Value::Null)
    );
}

#[tokio::test]
async fn a_busy_address_has_thousands_of_transactions() {
    let desk = Desk::open(quick()).await;
    let body = desk.analysed("btc", "busy").await;
    assert_eq!(
        (body["txlist"].as_array().unwrap().len(), &body["data"]["tx_count"]),
        (5_000, &json!(5_000))
    );
}

#[tokio::test]
async fn other_addresses_have_a_past_of_their_own() {
    let desk = Desk::open(quick()).await;
    let (_, body) = desk.analyse(FIRST_BLOCK).await;
    assert_eq!(body["address"], FIRST_BLOCK, "in base58 the case is part of the address");
    let other = Desk::open(quick()).await.analyse(FIRST_BLOCK).await.1;
    assert_eq!((&body["data"], &body["txlist"]), (&other["data"], &other["txlist"]));
    let reseeded = Desk::open(Options { seed: 2, ..quick() }).await;
    assert_ne!(reseeded.analyse(FIRST_BLOCK).await.1["data"], body["data"]);
    assert_ne!(reseeded.address("eth", "clean").await, desk.address("eth", "clean").await);
}

#[tokio::test]
async fn creations_misbehave_as_asked() {
    let desk = Desk::open(quick()).await;
    for chain in ["btc", "eth"] {
        for (label, answers, made) in [
            ("timeout_lost", vec![504, 200], 1),
            ("timeout_applied", vec![504, 504], 2),
            ("error_500", vec![500, 500], 0),
            ("error_503", vec![503, 503, 200], 1),
            ("error_429", vec![429, 200], 1),
            ("error_402", vec![402, 402], 0),
            ("chain_undetected", vec![400, 400], 0),
            ("bad_answer", vec![200], 1),
            ("cut_answer", vec![200], 1),
        ] {
            let address = desk.address(chain, label).await;
            for answer in &answers {
                let response = desk
                    .send(Method::POST, "/kryptogo/kya", Some(json!({ "address": address })))
                    .await;
                assert_eq!(response.status().as_u16(), *answer, "{chain} {label}");
                assert_eq!(response.headers().contains_key("retry-after"), *answer == 429);
                assert!(
                    !["bad_answer", "cut_answer"].contains(&label)
                        || response.json::<Value>().await.is_err()
                );
            }
            let listed = desk.listed(chain, label).await;
            assert_eq!(
                (&listed["calls"], listed["kya_ids"].as_array().unwrap().len()),
                (&json!(answers.len()), made),
                "{chain} {label}"
            );
        }
    }
    let address = desk.address("eth", "chain_undetected").await;
    assert_eq!(
        desk.post("/kryptogo/kya", json!({ "address": address, "chain": "eth" })).await.0,
        200
    );
    let cut = desk.listed("eth", "cut_answer").await;
    assert_eq!(
        desk.detail(&cut["kya_ids"][0]).await.1["address"],
        cut["answer_address"],
        "the detail is whole"
    );
}

#[tokio::test]
async fn details_misbehave_as_asked() {
    let desk = Desk::open(quick()).await;
    let gone = desk.analysed("eth", "detail_404").await;
    assert_eq!(desk.detail(&gone["kya_id"]).await.0, 404);
    let late = desk.analysed("btc", "detail_500").await;
    for status in [500, 500, 200] {
        assert_eq!(desk.detail(&late["kya_id"]).await.0, status);
    }
}

#[tokio::test]
async fn documents_are_strange_or_dangerous_when_asked() {
    let desk = Desk::open(quick()).await;
    assert_eq!(desk.analysed("eth", "sdnlist_null").await["sdnlist"], Value::Null);
    assert_eq!(desk.analysed("eth", "txlist_missing").await.get("txlist"), None);

    let text = desk.analysed("eth", "text_values").await;
    assert!(
        text["kya_id"].is_string()
            && text["creation_timestamp"].is_string()
            && text["customer_reference"].is_i64()
    );
    assert!(text["data"]["tx_count"].is_string() && text["data"]["received"].is_f64());
    assert!(text["txlist"][0]["timestamp"].is_string() && text["txlist"][0]["value"].is_f64());

    let unknown = desk.analysed("btc", "chain_unknown").await;
    assert_eq!(unknown["data"]["chain"], "sol");
    assert!(
        unknown["txlist"]
            .as_array()
            .unwrap()
            .iter()
            .all(|tx| tx["from"].as_str().unwrap().starts_with("So1"))
    );

    let hostile = desk.analysed("btc", "hostile_text").await;
    let all = hostile["sdnlist"].to_string();
    for payload in ["<script>", "onerror", "javascript:", "\u{202e}"] {
        assert!(all.contains(payload), "{payload}");
    }
    let lowered = desk.listed("btc", "lower_cased").await;
    let (_, body) = desk.analyse(lowered["address"].as_str().unwrap()).await;
    assert_ne!(body["address"], lowered["address"]);
    assert_eq!(body["address"], lowered["address"].as_str().unwrap().to_lowercase());
}

#[tokio::test]
async fn analyses_and_counts_survive_a_restart_and_end_with_a_reset() {
    let file = StateFile::new("kya");
    let desk = Desk::open(file.options()).await;
    let (_, body) = desk.analyse(SAMPLE).await;
    let log = desk.get("/control/requests").await;
    assert_eq!((&log[0]["path"], &log[0]["name"]), (&json!("/kryptogo/kya"), &body["address"]));
    desk.sandbox.stop().await;

    let desk = Desk::open(file.options()).await;
    assert_eq!(desk.detail(&body["kya_id"]).await, (200, body.clone()));
    assert_eq!(desk.get("/control/kya").await[0]["calls"], 1);
    desk.post("/control/reset", json!({})).await;
    assert_eq!(
        (desk.get("/control/kya").await, desk.detail(&body["kya_id"]).await.0),
        (json!([]), 404)
    );
    assert!(desk.analyse(SAMPLE).await.1["kya_id"].as_i64() > body["kya_id"].as_i64(), "ids go on");
}

#[tokio::test]
async fn the_first_page_lists_the_addresses() {
    let desk = Desk::open(quick()).await;
    let page = desk.send(Method::GET, "/", None).await.text().await.unwrap();
    for row in desk.get("/control/kya/addresses").await.as_array().unwrap() {
        assert!(
            page.contains(row["address"].as_str().unwrap())
                && page.contains(row["label"].as_str().unwrap()),
            "{row}"
        );
    }
}
