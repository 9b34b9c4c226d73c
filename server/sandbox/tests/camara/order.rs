//! Which check comes before which, and the forms of what is sent.

use serde_json::{Value, json};

use crate::{MOCK_TOKEN, PERSONA, code, open, read};

#[tokio::test]
async fn checks_come_in_their_order() {
    let desk = open().await;
    let bound = desk.token(PERSONA).await;
    let own = desk.own_token("").await;
    let (_, answer) = desk
        .form("", "/token", &[("grant_type", "client_credentials"), ("scope", "sim-swap")])
        .await;
    let other = answer["access_token"].as_str().unwrap();
    for (version, token, body, expected) in [
        // Everything is wrong: the token is said first, then its scope, then the body.
        ("v0.2", "nonsense", json!([]), (401, "UNAUTHENTICATED")),
        ("v0.2", other, json!([]), (403, "PERMISSION_DENIED")),
        ("v0.2", bound.as_str(), json!([]), (400, "INVALID_ARGUMENT")),
        ("v0.4", bound.as_str(), json!({}), (400, "INVALID_ARGUMENT")),
        ("v0.2", bound.as_str(), json!({}), (400, "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION")),
        // A form comes before the conflict of numbers, and that before the combination.
        (
            "v0.4",
            bound.as_str(),
            json!({"phoneNumber": "+34600000001", "gender": "male"}),
            (400, "INVALID_ARGUMENT"),
        ),
        (
            "v0.4",
            bound.as_str(),
            json!({"phoneNumber": "+34600000001"}),
            (403, "INVALID_TOKEN_CONTEXT"),
        ),
        (
            "v0.2",
            bound.as_str(),
            json!({"phoneNumber": "+34600000001"}),
            (403, "INVALID_TOKEN_CONTEXT"),
        ),
        // The subscriber comes before the combination.
        ("v0.4", own.as_str(), json!({"name": "Ana"}), (422, "MISSING_IDENTIFIER")),
        ("v0.2", own.as_str(), json!({"name": "Ana"}), (403, "INVALID_TOKEN_CONTEXT")),
        (
            "v0.4",
            own.as_str(),
            json!({"phoneNumber": "+34600000001"}),
            (404, "IDENTIFIER_NOT_FOUND"),
        ),
        ("v0.2", own.as_str(), json!({"phoneNumber": "+34600000001"}), (404, "NOT_FOUND")),
        (
            "v0.4",
            own.as_str(),
            json!({"phoneNumber": "+99900000023"}),
            (422, "SERVICE_NOT_APPLICABLE"),
        ),
        ("v0.2", own.as_str(), json!({"phoneNumber": "+99900000023"}), (404, "NOT_FOUND")),
        (
            "v0.2",
            own.as_str(),
            json!({"phoneNumber": PERSONA}),
            (400, "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION"),
        ),
        (
            "v0.4",
            bound.as_str(),
            json!({"phoneNumber": PERSONA}),
            (400, "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION"),
        ),
        // 0.2 does not know where somebody was born: an unknown member is ignored and counts for
        // nothing.
        (
            "v0.2",
            bound.as_str(),
            json!({"cityOfBirth": "Madrid"}),
            (400, "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION"),
        ),
    ] {
        let answer = desk.ask(version, token, body.clone()).await;
        assert_eq!(code(&answer), expected, "{version} {body}");
    }
}

#[tokio::test]
async fn the_rule_about_documents_comes_last_and_has_a_corner_case() {
    let desk = open().await;
    for version in ["v0.2", "v0.4"] {
        let token = desk.token_at("requires-id", PERSONA).await;
        let ask = async |body: Value| desk.ask_at("requires-id", version, &token, body).await;
        assert_eq!(
            code(&ask(json!({"phoneNumber": PERSONA})).await).1,
            "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION"
        );
        assert_eq!(
            code(&ask(json!({"name": "Ana"})).await),
            (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED")
        );
        let wrong = json!({"idDocument": "1", "name": "Federica Sanchez Arjona"});
        assert_eq!(code(&ask(wrong).await), (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH"));
        let right =
            ask(json!({"idDocument": "66666666Q", "name": "Federica Sanchez Arjona"})).await;
        assert_eq!(right, (200, json!({"idDocumentMatch": "true", "nameMatch": "true"})));
        // Alone, with or without the number, it is compared like anything else.
        assert_eq!(
            ask(json!({"idDocument": "1"})).await,
            (200, json!({"idDocumentMatch": "false"}))
        );
        assert_eq!(
            ask(json!({"idDocument": "1", "phoneNumber": PERSONA})).await,
            (200, json!({"idDocumentMatch": "false"}))
        );
    }
    let token = desk.token(PERSONA).await;
    assert_eq!(
        desk.ask("v0.2", &token, json!({"name": "Federica Sanchez Arjona"})).await.0,
        200,
        "the ordinary one has no such rule"
    );
}

#[tokio::test]
async fn forms_are_checked_and_values_are_not_repeated() {
    let desk = open().await;
    for version in ["v0.2", "v0.4"] {
        for (name, value) in [
            ("phoneNumber", json!("0034629255833")),
            ("phoneNumber", json!("+034629255833")),
            ("phoneNumber", json!(34_629_255_833_i64)),
            ("country", json!("ESP")),
            ("birthdate", json!("22.08.1978")),
            ("birthdate", json!("1978-02-30")),
            ("birthdate", json!("2999-01-01")),
            ("email", json!("nobody.example.com")),
            ("gender", json!("male")),
            ("streetNumber", json!(4)),
            ("postalCode", json!(1_028_460)),
            ("name", json!("")),
            ("name", json!(null)),
            ("name", json!("x".repeat(257))),
        ] {
            let mut body = json!({"phoneNumber": PERSONA, "locality": "ZZZZ"});
            body[name] = value.clone();
            let answer = desk.ask(version, MOCK_TOKEN, body).await;
            assert_eq!(code(&answer), (400, "INVALID_ARGUMENT"), "{version} {name} {value}");
            let message = answer.1["message"].as_str().unwrap();
            assert!(
                message.starts_with("Client specified an invalid argument")
                    && message.contains(name),
                "{message}"
            );
            assert!(
                !value.as_str().is_some_and(|value| !value.is_empty() && message.contains(value)),
                "{message}"
            );
        }
    }
    assert_eq!(desk.ask("v0.4", MOCK_TOKEN, json!({"idDocumentType": "visa"})).await.0, 400);
    assert_eq!(
        desk.ask("v0.4", MOCK_TOKEN, json!({"nationality": "ES", "shoeSize": 44})).await.0,
        200,
        "unknown members are ignored"
    );
}

#[tokio::test]
async fn bodies_that_are_no_json_are_refused() {
    let desk = open().await;
    let send = async |kind: &str, body: &str| {
        let request = desk
            .matching("", "v0.4", MOCK_TOKEN)
            .header("Content-Type", kind)
            .body(body.to_owned());
        read(request.send().await.unwrap()).await
    };
    assert_eq!(code(&send("application/json", "{\"name\":").await), (400, "INVALID_ARGUMENT"));
    assert_eq!(code(&send("application/json", "").await), (400, "INVALID_ARGUMENT"));
    assert_eq!(
        code(&send("text/plain", "{\"name\":\"Ana\"}").await),
        (415, "UNSUPPORTED_MEDIA_TYPE")
    );
    assert_eq!(send("application/json; charset=utf-8", "{\"name\":\"Ana\"}").await.0, 200);
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_in_the_same_shape() {
    let desk = open().await;
    for path in ["/camara/kyc-match/v0.1/match", "/camara/op/nobody/token", "/camara/nowhere"] {
        let answer = read(
            desk.client.post(format!("{}{path}", desk.sandbox.base_url())).send().await.unwrap(),
        )
        .await;
        assert_eq!(code(&answer), (404, "NOT_FOUND"), "{path}");
    }
    let get = desk
        .client
        .get(format!("{}/camara/kyc-match/v0.2/match", desk.sandbox.base_url()))
        .send()
        .await
        .unwrap();
    assert_eq!(code(&read(get).await), (405, "METHOD_NOT_ALLOWED"));
}

#[tokio::test]
async fn the_correlator_comes_back_whatever_the_answer() {
    let desk = open().await;
    let ask = async |version: &str, token: &str, correlator: &str| {
        let request = desk
            .matching("", version, token)
            .header("x-correlator", correlator)
            .json(&json!({"name": "Ana"}));
        let response = request.send().await.unwrap();
        let back =
            response.headers().get("x-correlator").map(|value| value.to_str().unwrap().to_owned());
        (read(response).await, back)
    };
    let good = "b4333c46-49c0-4f62-80d7:a_b;c.d/<e>{f}";
    for version in ["v0.2", "v0.4"] {
        let (answer, back) = ask(version, MOCK_TOKEN, good).await;
        assert_eq!((answer.0, back.as_deref()), (200, Some(good)));
        let (answer, back) = ask(version, "nonsense", good).await;
        assert_eq!((code(&answer), back.as_deref()), ((401, "UNAUTHENTICATED"), Some(good)));
    }
    for bad in ["with space", "x=1", &"a".repeat(257)] {
        let (answer, back) = ask("v0.4", MOCK_TOKEN, bad).await;
        assert_eq!((code(&answer), back), ((400, "INVALID_ARGUMENT"), None), "{bad}");
        let (answer, back) = ask("v0.2", MOCK_TOKEN, bad).await;
        assert_eq!((answer.0, back.as_deref()), (200, Some(bad)), "0.2 takes anything");
        assert_eq!(code(&ask("v0.4", "nonsense", bad).await.0).0, 401, "the token comes first");
    }
    let without =
        desk.matching("", "v0.4", MOCK_TOKEN).json(&json!({"name": "Ana"})).send().await.unwrap();
    assert!(!without.headers().contains_key("x-correlator"));
}
