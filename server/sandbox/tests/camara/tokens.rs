//! CIBA and client credentials, and what tokens are bound to.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{MOCK_TOKEN, PERSONA, SCOPE, code, encoded, open, read, word};

const CIBA: &str = "urn:openid:params:grant-type:ciba";

/// The status and the OAuth error of an answer.
fn error((status, answer): &(u16, Value)) -> (u16, &str) {
    assert!(answer["error_description"].as_str().is_some_and(|text| !text.is_empty()), "{answer}");
    (*status, answer["error"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_poll_brings_a_token_for_one_number_at_one_operator() {
    let desk = open().await;
    let (status, asked) = desk.authorize("", PERSONA).await;
    assert_eq!((status, &asked["expires_in"], &asked["interval"]), (200, &json!(300), &json!(2)));
    let id = word(&asked, "auth_req_id");
    assert_eq!(
        error(&desk.poll("scores-off", &id).await),
        (400, "invalid_grant"),
        "another operator knows nothing of it"
    );
    let (status, granted) = desk.poll("", &id).await;
    assert_eq!(
        (status, &granted["token_type"], &granted["expires_in"]),
        (200, &json!("Bearer"), &json!(3_600))
    );
    assert_eq!(
        (&granted["scope"], &granted["purpose"]),
        (&json!(SCOPE), &json!("dpv:FraudPreventionAndDetection"))
    );
    assert_eq!(error(&desk.poll("", &id).await), (400, "invalid_grant"), "it is used up");

    let token = word(&granted, "access_token");
    let body = json!({"name": "Federica Sanchez Arjona"});
    assert_eq!(desk.ask("v0.2", &token, body.clone()).await, (200, json!({"nameMatch": "true"})));
    assert_eq!(
        code(&desk.ask_at("scores-off", "v0.2", &token, body.clone()).await),
        (401, "UNAUTHENTICATED")
    );
    let other = json!({"name": "Ana", "phoneNumber": "+99900000030"});
    assert_eq!(
        code(&desk.ask("v0.2", &token, other.clone()).await),
        (403, "INVALID_TOKEN_CONTEXT")
    );
    let old = desk.token_at("v01-errors", PERSONA).await;
    let answer = desk.ask_at("v01-errors", "v0.2", &old, other).await;
    assert_eq!(code(&answer), (403, "KNOW_YOUR_CUSTOMER.INVALID_TOKEN_CONTEXT"));

    desk.post("/control/camara/tokens/expire", json!({})).await;
    assert_eq!(code(&desk.ask("v0.2", &token, body.clone()).await), (401, "UNAUTHENTICATED"));
    assert_eq!(desk.ask("v0.2", MOCK_TOKEN, body).await.0, 200, "the published one cannot end");
}

#[tokio::test]
async fn requests_for_a_token_are_checked() {
    let desk = open().await;
    let hint = format!("tel:{PERSONA}");
    for (values, expected) in [
        (&[("scope", SCOPE)][..], (400, "invalid_request")),
        (&[("login_hint", hint.as_str())], (400, "invalid_request")),
        (&[("login_hint", PERSONA), ("scope", SCOPE)], (400, "invalid_request")),
        (&[("login_hint", "tel:34629255833"), ("scope", SCOPE)], (400, "invalid_request")),
        (
            &[("login_hint", hint.as_str()), ("id_token_hint", "x"), ("scope", SCOPE)],
            (400, "invalid_request"),
        ),
        (
            &[("login_hint", hint.as_str()), ("scope", SCOPE), ("scope", SCOPE)],
            (400, "invalid_request"),
        ),
        (&[("login_hint", hint.as_str()), ("scope", "kyc-match:match")], (400, "invalid_scope")),
        (
            &[("login_hint", hint.as_str()), ("scope", "dpv:Curiosity#kyc-match:match")],
            (400, "invalid_scope"),
        ),
        (&[("login_hint", "tel:+34600000001"), ("scope", SCOPE)], (400, "unknown_user_id")),
    ] {
        assert_eq!(error(&desk.form("", "/bc-authorize", values).await), expected, "{values:?}");
    }
    for scope in [
        "openid dpv:FraudPreventionAndDetection kyc-match:match",
        "openid dpv:FraudDetectionAndPrevention kyc-match:match",
    ] {
        assert_eq!(
            desk.form("", "/bc-authorize", &[("login_hint", &hint), ("scope", scope)]).await.0,
            200
        );
    }
    assert_eq!(
        desk.form(
            "",
            "/bc-authorize",
            &[("login_hint", "ipport:80.90.34.2:16790"), ("scope", SCOPE)]
        )
        .await
        .0,
        200
    );
    for (values, expected) in [
        (&[("auth_req_id", "x")][..], (400, "invalid_request")),
        (&[("grant_type", CIBA)], (400, "invalid_request")),
        (&[("grant_type", CIBA), ("auth_req_id", "x")], (400, "invalid_grant")),
        (&[("grant_type", "password")], (400, "unsupported_grant_type")),
        (&[("grant_type", "client_credentials"), ("scope", "everything")], (400, "invalid_scope")),
    ] {
        assert_eq!(error(&desk.form("", "/token", values).await), expected, "{values:?}");
    }
}

/// A plus that is not encoded is a space, and at a number sign gateways cut.
#[tokio::test]
async fn what_must_be_percent_encoded_is_missed_otherwise() {
    let desk = open().await;
    let post = async |kind: &str, body: &str| {
        let request = desk
            .to("", "/bc-authorize")
            .basic_auth("sandbox", Some("sandbox"))
            .header("Content-Type", kind);
        read(request.body(body.to_owned()).send().await.unwrap()).await
    };
    let form = "application/x-www-form-urlencoded";
    let good = encoded(&[("login_hint", &format!("tel:{PERSONA}")), ("scope", SCOPE)]);
    assert_eq!(post(form, &good).await.0, 200);
    assert_eq!(error(&post(form, &good.replace("%2B", "+")).await), (400, "invalid_request"));
    assert_eq!(error(&post(form, &good.replace("%23", "#")).await), (400, "invalid_request"));
    assert_eq!(error(&post("application/json", &good).await), (400, "invalid_request"));
}

#[tokio::test]
async fn clients_prove_themselves() {
    let desk = open().await;
    let body = encoded(&[("grant_type", "client_credentials")]);
    let request = || {
        desk.to("", "/token")
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body.clone())
    };
    for request in [
        request(),
        request().basic_auth("sandbox", Some("wrong")),
        request().basic_auth("mock_sandbox_app_id", Some("sandbox")),
        request().bearer_auth("sandbox"),
    ] {
        let response = request.send().await.unwrap();
        assert!(response.headers().contains_key("www-authenticate"));
        assert_eq!(error(&read(response).await), (401, "invalid_client"));
    }
    let mock = read(
        request()
            .basic_auth("mock_sandbox_app_id", Some("mock_sandbox_app_secret"))
            .send()
            .await
            .unwrap(),
    )
    .await;
    let token = word(&mock.1, "access_token");
    let body = json!({"phoneNumber": "+4930123456", "name": "Federica Sanchez Arjona"});
    assert_eq!(
        desk.ask("v0.4", &token, body.clone()).await,
        (200, json!({"nameMatch": "true"})),
        "mock mode knows the persona only"
    );
    assert_eq!(
        desk.ask("v0.4", &desk.own_token("").await, body).await.0,
        404,
        "the sandbox's own client does not"
    );
}

#[tokio::test]
async fn operators_have_their_own_way_with_token_answers() {
    let desk = open().await;
    let (_, answer) =
        desk.form("expires-text", "/token", &[("grant_type", "client_credentials")]).await;
    assert_eq!(answer["expires_in"], "3600");
    assert_eq!(desk.authorize("expires-text", PERSONA).await.1["expires_in"], "300");
    let (status, answer) = desk.form("code-message", "/token", &[("grant_type", "password")]).await;
    assert_eq!((status, &answer["code"], answer.get("error")), (400, &json!(400), None));
    assert!(answer["message"].as_str().is_some_and(|text| text.contains("unsupported_grant_type")));
}

#[tokio::test]
async fn a_poll_before_its_time_is_told_to_slow_down() {
    let desk = open().await;
    let (_, asked) = desk.authorize("", "+99900000030").await;
    assert_eq!(asked["interval"], 1);
    let id = word(&asked, "auth_req_id");
    assert_eq!(error(&desk.poll("", &id).await), (400, "authorization_pending"));
    assert_eq!(error(&desk.poll("", &id).await), (400, "slow_down"));
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(error(&desk.poll("", &id).await), (400, "authorization_pending"));
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(desk.poll("", &id).await.0, 200);
}

#[tokio::test]
async fn a_request_that_nobody_answers_expires() {
    let desk = open().await;
    let (_, asked) = desk.authorize("", "+99900000031").await;
    let id = word(&asked, "auth_req_id");
    assert_eq!(
        (&asked["expires_in"], error(&desk.poll("", &id).await)),
        (&json!(3), (400, "authorization_pending"))
    );
    tokio::time::sleep(Duration::from_millis(3_050)).await;
    assert_eq!(error(&desk.poll("", &id).await), (400, "expired_token"));
}

#[tokio::test]
async fn numbers_ask_for_odd_answers() {
    let desk = open().await;
    let (_, asked) = desk.authorize("", "+99900000032").await;
    assert_eq!(error(&desk.poll("", &word(&asked, "auth_req_id")).await), (400, "slow_down"));
    assert!(desk.authorize("", "+99900000033").await.1.get("interval").is_none());
    assert_eq!(error(&desk.authorize("", "+99900000035").await), (403, "access_denied"));
    assert_eq!(error(&desk.authorize("", "+99900000037").await), (400, "unknown_user_id"));
    let (status, answer) = desk.authorize("", "+99900000038").await;
    assert_eq!((status, &answer["code"]), (403, &json!(403)));
    for expected in [503, 503, 200] {
        assert_eq!(desk.authorize("", "+99900000040").await.0, expected);
    }
    for expected in [504, 200] {
        assert_eq!(desk.authorize("", "+99900000041").await.0, expected);
    }
    let poll = async |number: &str| {
        let (_, asked) = desk.authorize("", number).await;
        desk.poll("", &word(&asked, "auth_req_id")).await
    };
    assert_eq!(poll("+99900000034").await.1["expires_in"], "3600");
    assert_eq!(error(&poll("+99900000036").await), (400, "access_denied"));
    assert_eq!(poll("+99900000039").await.1["code"], 400);
    assert_eq!(poll("+99900000043").await, (200, Value::Null), "no JSON");
    let (_, odd) = poll("+99900000045").await;
    assert_eq!((odd.get("expires_in"), &odd["token_type"]), (None, &json!("bearer")));

    let (_, asked) = desk.authorize("", "+99900000042").await;
    let id = word(&asked, "auth_req_id");
    assert_eq!(error(&desk.poll("", &id).await), (500, "server_error"));
    tokio::time::sleep(Duration::from_millis(2_050)).await;
    assert_eq!(desk.poll("", &id).await.0, 200);

    let (_, short) = poll("+99900000044").await;
    let body = json!({"name": "Ana"});
    assert_eq!(
        (
            &short["expires_in"],
            desk.ask("v0.2", &word(&short, "access_token"), body.clone()).await.0
        ),
        (&json!(2), 200)
    );
    tokio::time::sleep(Duration::from_millis(2_050)).await;
    assert_eq!(
        code(&desk.ask("v0.2", &word(&short, "access_token"), body).await),
        (401, "UNAUTHENTICATED")
    );
}
