//! Clients and customers named by signed assertions.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value, json};

use crate::{PERSONA, SCOPE, encoded, open, read, support::Desk, word};

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

struct Signer {
    pair: EcdsaKeyPair,
    random: SystemRandom,
}

impl Signer {
    fn new() -> Signer {
        let random = SystemRandom::new();
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Signer {
            pair: EcdsaKeyPair::from_pkcs8(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                pkcs8.as_ref(),
                &random,
            )
            .unwrap(),
            random,
        }
    }

    fn jwk(&self) -> Value {
        let point = self.pair.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| BASE64_URL_SAFE_NO_PAD.encode(&point[range]);
        json!({"kty": "EC", "crv": "P-256", "kid": "one", "x": part(1..33), "y": part(33..65)})
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = self.pair.sign(&self.random, message.as_bytes()).unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one"})
}

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn claims(desk: &Desk, endpoint: &str, jti: &str, more: Value) -> Value {
    let mut claims = json!({
        "iss": "desk", "sub": "desk", "aud": format!("{}/camara{endpoint}", desk.sandbox.base_url()),
        "iat": now(), "exp": now() + 300, "jti": jti,
    });
    for (name, value) in more.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims
}

async fn registered(desk: &Desk) -> Signer {
    let signer = Signer::new();
    let (status, answer) =
        desk.post("/control/camara/keys", json!({"client_id": "desk", "jwk": signer.jwk()})).await;
    assert_eq!((status, answer), (200, json!({"client_id": "desk", "kid": "one"})));
    signer
}

async fn post(desk: &Desk, endpoint: &str, values: &[(&str, &str)]) -> (u16, Value) {
    let request = desk.to("", endpoint).header("Content-Type", "application/x-www-form-urlencoded");
    read(request.body(encoded(values)).send().await.unwrap()).await
}

#[tokio::test]
async fn a_signed_assertion_stands_for_the_client() {
    let desk = open().await;
    let signer = registered(&desk).await;
    let assertion = signer.sign(&header(), &claims(&desk, "/bc-authorize", "1", json!({})));
    let proof =
        [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion.as_str())];
    let hint = format!("tel:{PERSONA}");
    let ask = [&proof[..], &[("login_hint", hint.as_str()), ("scope", SCOPE)]].concat();
    let (status, asked) = post(&desk, "/bc-authorize", &ask).await;
    assert_eq!(status, 200, "{asked}");
    assert_eq!(post(&desk, "/bc-authorize", &ask).await.0, 401, "an assertion is good once");

    let id = word(&asked, "auth_req_id");
    assert_eq!(desk.poll("", &id).await.1["error"], "invalid_grant", "another client may not poll");
    let assertion = signer.sign(&header(), &claims(&desk, "/token", "2", json!({})));
    let poll = [
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion.as_str()),
        ("grant_type", "urn:openid:params:grant-type:ciba"),
        ("auth_req_id", id.as_str()),
    ];
    let (status, granted) = post(&desk, "/token", &poll).await;
    assert_eq!(status, 200, "{granted}");
    assert_eq!(
        desk.ask("v0.2", &word(&granted, "access_token"), json!({"gender": "MALE"})).await.1["genderMatch"],
        "true"
    );
}

#[tokio::test]
async fn every_claim_of_an_assertion_is_checked() {
    let desk = open().await;
    let signer = registered(&desk).await;
    let own = |jti: &str, more: Value| claims(&desk, "/token", jti, more);
    let mut forged: Vec<_> =
        signer.sign(&header(), &own("f", json!({}))).split('.').map(str::to_owned).collect();
    forged[1] = BASE64_URL_SAFE_NO_PAD.encode(own("g", json!({})).to_string());
    let cases = [
        ("good", signer.sign(&header(), &own("a", json!({}))), 200),
        ("good without kid", signer.sign(&json!({"alg": "ES256"}), &own("b", json!({}))), 200),
        (
            "a list of audiences",
            signer.sign(&header(), &own("c", json!({"aud": ["x", own("c", json!({}))["aud"]]}))),
            200,
        ),
        ("replayed", signer.sign(&header(), &own("a", json!({}))), 401),
        (
            "of the other endpoint",
            signer.sign(&header(), &claims(&desk, "/bc-authorize", "d", json!({}))),
            401,
        ),
        (
            "of the wrong issuer",
            signer.sign(&header(), &own("e", json!({"iss": "sandbox", "sub": "sandbox"}))),
            401,
        ),
        (
            "about another subject",
            signer.sign(&header(), &own("h", json!({"sub": "sandbox"}))),
            401,
        ),
        (
            "expired",
            signer.sign(&header(), &own("i", json!({"exp": now() - 1, "iat": now() - 200}))),
            401,
        ),
        ("too long", signer.sign(&header(), &own("j", json!({"exp": now() + 301}))), 401),
        ("from the future", signer.sign(&header(), &own("k", json!({"iat": now() + 60}))), 401),
        ("without jti", signer.sign(&header(), &own("", json!({}))), 401),
        ("without iat", signer.sign(&header(), &own("l", json!({"iat": null}))), 401),
        ("without exp", signer.sign(&header(), &own("m", json!({"exp": null}))), 401),
        ("unsigned", signer.sign(&json!({"alg": "none"}), &own("n", json!({}))), 401),
        ("signed by nobody's key", Signer::new().sign(&header(), &own("o", json!({}))), 401),
        (
            "of an unknown key",
            signer.sign(&json!({"alg": "ES256", "kid": "two"}), &own("p", json!({}))),
            401,
        ),
        ("changed after signing", forged.join("."), 401),
        ("no JWT", "nonsense".into(), 401),
    ];
    for (what, assertion, expected) in cases {
        let form = [
            ("client_assertion_type", ASSERTION_TYPE),
            ("client_assertion", &assertion),
            ("grant_type", "client_credentials"),
        ];
        let (status, answer) = post(&desk, "/token", &form).await;
        assert_eq!(status, expected, "{what}: {answer}");
        assert_eq!(answer["error"] == "invalid_client", expected == 401, "{what}: {answer}");
    }
    let good = signer.sign(&header(), &own("q", json!({})));
    assert_eq!(
        post(&desk, "/token", &[("client_assertion", &good), ("grant_type", "client_credentials")])
            .await
            .0,
        400,
        "no type"
    );
    let form = [
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", good.as_str()),
        ("grant_type", "client_credentials"),
    ];
    assert_eq!(
        desk.form("", "/token", &form).await.1["error"],
        "invalid_request",
        "two proofs at once"
    );
}

#[tokio::test]
async fn an_assertion_about_a_customer_is_a_grant() {
    let desk = open().await;
    let signer = registered(&desk).await;
    let grant = async |jti: &str, more: Value, extra: &[(&str, &str)]| {
        let assertion = signer.sign(&header(), &claims(&desk, "/token", jti, more));
        post(
            &desk,
            "/token",
            &[&[("grant_type", JWT_BEARER), ("assertion", assertion.as_str())], extra].concat(),
        )
        .await
    };
    let about = |number: &str| json!({"sub": format!("tel:{number}"), "scope": "openid dpv:FraudPreventionAndDetection kyc-match:match"});
    let (status, granted) = grant("1", about(PERSONA), &[]).await;
    assert_eq!((status, granted.get("refresh_token")), (200, None), "{granted}");
    let token = word(&granted, "access_token");
    assert_eq!(
        desk.ask("v0.4", &token, json!({"gender": "MALE"})).await.1,
        json!({"genderMatch": "true"})
    );
    assert_eq!(
        desk.ask("v0.4", &token, json!({"gender": "MALE", "phoneNumber": "+99900000030"})).await.0,
        403
    );

    assert_eq!(grant("2", about(PERSONA), &[("scope", SCOPE)]).await.1["error"], "invalid_request");
    assert_eq!(grant("3", about("+34600000001"), &[]).await.1["error"], "invalid_grant");
    assert_eq!(
        grant("4", json!({"scope": SCOPE}), &[]).await.1["error"],
        "invalid_grant",
        "sub is no number"
    );
    assert_eq!(
        grant("5", json!({"sub": format!("tel:{PERSONA}")}), &[]).await.1["error"],
        "invalid_scope"
    );
    assert_eq!(grant("1", about(PERSONA), &[]).await.1["error"], "invalid_grant", "good once");
    assert_eq!(grant("6", about("+99900000036"), &[]).await.1["error"], "access_denied");
}

#[tokio::test]
async fn keys_that_cannot_be_used_are_refused() {
    let desk = open().await;
    let good = Signer::new().jwk();
    let with = |name: &str, value: Value| {
        let mut jwk = good.clone();
        jwk[name] = value;
        jwk
    };
    for jwk in [
        json!({}),
        with("kty", json!("oct")),
        with("crv", json!("P-521")),
        with("x", json!("AA")),
        with("y", json!("?")),
        with("d", json!("AA")),
    ] {
        assert_eq!(
            desk.post("/control/camara/keys", json!({"client_id": "desk", "jwk": jwk})).await.0,
            400,
            "{jwk}"
        );
    }
    assert_eq!(
        desk.post("/control/camara/keys", json!({"client_id": "", "jwk": good})).await.0,
        400
    );
}
