use super::*;
use crate::{
    Clock,
    providers::{
        camara::{
            SCOPE_TELEFONICA, SigningKey,
            proof::tests::{ec_pem, opened},
        },
        served::{Seen, Served, Told, serve, told},
    },
};
use std::sync::atomic::{AtomicUsize, Ordering};

const PHONE: &str = "+34629255833";
const TOKEN: &str = r#"{"access_token":"t","token_type":"Bearer","expires_in":"3600"}"#;
const ASKED: &str = r#"{"auth_req_id":"r1","expires_in":300,"interval":1}"#;

const SIBLING: Endpoint = Endpoint {
    path: ["sim-swap", "v2", "check"],
    permission: Some("sim-swap:check"),
    joined: Some("sim-swap"),
    explain: domain::services::sim_swap::explain,
};

fn client(served: &Served, flow: Flow, proof: Proof) -> Client {
    let token_url = format!("{}/gw/token", served.target.base_url);
    let account = Account {
        connection: "c1".into(),
        client_id: "mock_sandbox_app_id".into(),
        proof,
        flow,
        authorize_url: authorize_url_beside(&token_url).expect("an address"),
        token_url,
        scope: SCOPE_TELEFONICA.into(),
    };
    // A second of one millisecond: waiting stays in order and tests stay quick.
    Client::new(served.http(), served.target.clone(), account, Arc::default(), Clock::default())
        .with_patience(Patience { second: Duration::from_millis(1), longest_s: 60 })
}

fn secret() -> Proof {
    Proof::Secret(Zeroizing::new("mock_sandbox_app_secret".into()))
}

/// Gives permission on the third question; the closure answers the ones before.
async fn operator(before: impl Fn(usize) -> Told + Send + Sync + 'static) -> Served {
    let questions = AtomicUsize::new(0);
    serve(move |seen: &Seen| {
        if seen.path.ends_with("bc-authorize") {
            return told(200, ASKED);
        }
        match questions.fetch_add(1, Ordering::SeqCst) {
            at if at < 2 => before(at),
            _ => told(200, TOKEN),
        }
    })
    .await
}

#[tokio::test]
async fn permission_is_asked_for_with_basic_and_waited_for() {
    let served = operator(|_| told(400, r#"{"error":"authorization_pending"}"#)).await;
    let client = client(&served, Flow::Ciba, secret());
    assert_eq!(client.token(&NUMBER_MATCH, PHONE).await.expect("a token").as_str(), "t");
    let seen = served.seen();
    assert_eq!(served.paths(), ["/gw/bc-authorize", "/gw/token", "/gw/token", "/gw/token"]);
    assert_eq!(
        seen[0].body,
        "login_hint=tel%3A%2B34629255833&scope=dpv%3AFraudPreventionAndDetection%23kyc-match%3Amatch"
    );
    assert_eq!(seen[0].headers["content-type"], "application/x-www-form-urlencoded");
    for one in &seen {
        assert_eq!(
            one.headers["authorization"],
            "Basic bW9ja19zYW5kYm94X2FwcF9pZDptb2NrX3NhbmRib3hfYXBwX3NlY3JldA=="
        );
    }
    assert_eq!(seen[1].form()["grant_type"], "urn:openid:params:grant-type:ciba");
    assert_eq!(seen[1].form()["auth_req_id"], "r1");
}

#[tokio::test]
async fn slow_down_is_obeyed_and_patience_ends() {
    // 1 s, then 6 s, then 11 s: 18 s in all.
    for (longest_s, gives_up) in [(18, false), (17, true)] {
        let served = operator(|_| told(400, r#"{"error":"slow_down"}"#)).await;
        let client = client(&served, Flow::Ciba, secret())
            .with_patience(Patience { second: Duration::from_millis(2), longest_s });
        let began = std::time::Instant::now();
        let token = client.token(&NUMBER_MATCH, PHONE).await;
        assert_eq!(token.is_err(), gives_up, "{longest_s}");
        assert!(
            gives_up || began.elapsed() >= Duration::from_millis(36),
            "waited {:?}",
            began.elapsed()
        );
        assert!(token.err().is_none_or(|e| e.to_string().contains("authorization_pending")));
    }
}

#[tokio::test]
async fn token_errors_are_explained_in_both_shapes() {
    for (status, body, words) in [
        (
            400,
            r#"{"error":"unknown_user_id","error_description":"+34629255833"}"#,
            "unknown_user_id",
        ),
        (403, r#"{"error":"access_denied"}"#, "consent"),
        (401, r#"{"code":401,"message":"bad credentials"}"#, "credentials"),
        (400, r#"{"error":"expired_token"}"#, "in time"),
    ] {
        let served = serve(move |_| told(status, body)).await;
        let error = client(&served, Flow::Ciba, secret())
            .token(&NUMBER_MATCH, PHONE)
            .await
            .expect_err("refused");
        assert!(
            matches!(&error, CallError::Refused(s, text) if *s == status && text.contains(words) && !text.contains(PHONE)),
            "{error}"
        );
        assert_eq!(served.paths().len(), 1, "nothing else is tried");
    }
    let down = serve(|_| told(503, "")).await;
    assert_eq!(
        client(&down, Flow::Ciba, secret()).token(&NUMBER_MATCH, PHONE).await.err(),
        Some(CallError::Failed(503, None))
    );
}

#[tokio::test]
async fn a_key_signs_for_each_address_that_is_called() {
    let served = operator(|_| told(400, r#"{"error":"authorization_pending"}"#)).await;
    let pem = ec_pem();
    let client =
        client(&served, Flow::Ciba, Proof::Key(SigningKey::from_pem(&pem, None).expect("a key")));
    client.token(&NUMBER_MATCH, PHONE).await.expect("a token");
    let key = SigningKey::from_pem(&pem, None).expect("a key");
    let mut numbers = std::collections::HashSet::new();
    for seen in served.seen() {
        assert!(!seen.headers.contains_key("authorization"));
        let form = seen.form();
        assert_eq!(
            form["client_assertion_type"],
            "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        );
        let (_, claims) = opened(&key, &form["client_assertion"]);
        assert_eq!(claims["aud"], format!("{}{}", served.target.base_url, seen.path));
        assert_eq!(
            (claims["iss"].as_str(), claims["sub"].as_str()),
            (Some("mock_sandbox_app_id"), Some("mock_sandbox_app_id"))
        );
        numbers.insert(claims["jti"].to_string());
    }
    assert_eq!(numbers.len(), 4, "no assertion is used twice");
}

#[tokio::test]
async fn a_grant_names_the_number_and_needs_a_key() {
    let served = serve(|_| told(200, TOKEN)).await;
    let pem = ec_pem();
    let key = SigningKey::from_pem(&pem, None).expect("a key");
    client(&served, Flow::JwtBearer, Proof::Key(SigningKey::from_pem(&pem, None).expect("a key")))
        .token(&NUMBER_MATCH, PHONE)
        .await
        .expect("a token");
    let form = served.seen()[0].form();
    assert_eq!(form["grant_type"], "urn:ietf:params:oauth:grant-type:jwt-bearer");
    assert!(!form.contains_key("scope"), "the scope is inside the grant");
    let (_, claims) = opened(&key, &form["assertion"]);
    assert_eq!(
        (claims["sub"].as_str(), claims["scope"].as_str()),
        (Some("tel:+34629255833"), Some(SCOPE_TELEFONICA))
    );
    let error = client(&served, Flow::JwtBearer, secret())
        .token(&NUMBER_MATCH, PHONE)
        .await
        .expect_err("no key");
    assert!(matches!(error, CallError::NotSent(_)), "{error}");
}

#[tokio::test]
async fn a_sibling_gets_a_token_of_its_own_with_its_own_scope_and_words() {
    let served = serve(|seen| {
        if seen.path.ends_with("bc-authorize") { told(200, ASKED) } else { told(200, TOKEN) }
    })
    .await;
    let ciba = client(&served, Flow::Ciba, secret());
    for endpoint in [&NUMBER_MATCH, &SIBLING, &NUMBER_MATCH, &SIBLING] {
        ciba.token(endpoint, PHONE).await.expect("a token");
    }
    let asked: Vec<String> = served
        .seen()
        .iter()
        .filter(|s| s.path.ends_with("bc-authorize"))
        .map(|s| s.form()["scope"].clone())
        .collect();
    assert_eq!(
        asked,
        [SCOPE_TELEFONICA, "dpv:FraudPreventionAndDetection#sim-swap"],
        "and each is kept"
    );
    ciba.forget_token(&SIBLING, PHONE);
    ciba.token(&NUMBER_MATCH, PHONE).await.expect("a token");
    assert_eq!(served.paths().len(), 4, "the other one stays");
    ciba.token(&SIBLING, PHONE).await.expect("a token");
    assert_eq!(served.paths().len(), 6, "the refused one is asked for anew");

    let served = serve(|_| told(200, TOKEN)).await;
    let ours = client(&served, Flow::ClientCredentials, secret());
    ours.token(&SIBLING, PHONE).await.expect("a token");
    assert_eq!(served.seen()[0].form()["scope"], "dpv:FraudPreventionAndDetection#sim-swap");

    let served = serve(|_| told(200, TOKEN)).await;
    let pem = ec_pem();
    let grant = client(
        &served,
        Flow::JwtBearer,
        Proof::Key(SigningKey::from_pem(&pem, None).expect("a key")),
    );
    grant.token(&SIBLING, PHONE).await.expect("a token");
    let key = SigningKey::from_pem(&pem, None).expect("a key");
    let (_, claims) = opened(&key, &served.seen()[0].form()["assertion"]);
    assert_eq!(claims["scope"], "dpv:FraudPreventionAndDetection#sim-swap");

    let refused = serve(|_| told(403, r#"{"error":"access_denied"}"#)).await;
    let denied = client(&refused, Flow::Ciba, secret());
    let words = denied.token(&SIBLING, PHONE).await.expect_err("refused").sentence("The operator");
    assert!(words.contains("the question") && !words.contains("comparison"), "{words}");
    let words =
        denied.token(&NUMBER_MATCH, PHONE).await.expect_err("refused").sentence("The operator");
    assert!(words.contains("the comparison"), "{words}");
}

#[tokio::test]
async fn a_token_is_kept_for_its_number_until_shortly_before_its_end() {
    let served = serve(|seen| {
        if seen.path.ends_with("bc-authorize") { told(200, ASKED) } else { told(200, TOKEN) }
    })
    .await;
    let client = client(&served, Flow::Ciba, secret());
    let asked = || served.paths().iter().filter(|p| p.ends_with("/token")).count();
    for (phone, questions) in [(PHONE, 1), (PHONE, 1), ("+34600000000", 2), (PHONE, 2)] {
        client.token(&NUMBER_MATCH, phone).await.expect("a token");
        assert_eq!(asked(), questions, "{phone}");
    }
    client.clock.advance(3_580_000);
    client.token(&NUMBER_MATCH, PHONE).await.expect("a token");
    assert_eq!(asked(), 2);
    client.clock.advance(10_001);
    client.token(&NUMBER_MATCH, PHONE).await.expect("a token");
    assert_eq!(asked(), 3, "the last ten seconds are not used");
}

#[tokio::test]
async fn keys_of_the_store_tell_connection_number_and_scope_apart() {
    let served = serve(|_| told(200, TOKEN)).await;
    let account = |connection: &str, scope: &str, flow| Account {
        connection: connection.into(),
        scope: scope.into(),
        ..client(&served, flow, secret()).account
    };
    let of = |account: &Account, phone: &str| key(account, phone, &account.scope_of(&NUMBER_MATCH));
    let base = of(&account("c1", "s", Flow::Ciba), PHONE);
    for other in [
        of(&account("c2", "s", Flow::Ciba), PHONE),
        of(&account("c1", "t", Flow::Ciba), PHONE),
        of(&account("c1", "s", Flow::Ciba), "+1"),
        key(
            &account("c1", "s", Flow::Ciba),
            PHONE,
            &account("c1", "s", Flow::Ciba).scope_of(&SIBLING),
        ),
    ] {
        assert_ne!(base, other);
    }
    let ours = account("c1", "s", Flow::ClientCredentials);
    assert_eq!(
        of(&ours, PHONE),
        of(&ours, "+34600000000"),
        "a token of ours alone serves all numbers"
    );
}

#[tokio::test]
async fn the_store_stays_small() {
    let served = serve(|_| told(200, TOKEN)).await;
    let client = client(&served, Flow::Ciba, secret());
    let token = Arc::new(Zeroizing::new("t".to_owned()));
    let of = |phone: &str| key(&client.account, phone, &client.account.scope);
    for number in 0..TOKENS_MAX as i64 + 5 {
        client.tokens.keep(of(&format!("+34{number}")), &token, 1_000_000 + number, 0);
    }
    assert_eq!(client.tokens.0.lock().expect("the store").len(), TOKENS_MAX);
    assert!(client.tokens.find(&of("+340"), 0).is_none(), "the one that ends first made room");
    client.tokens.keep(of("+349"), &token, 9_000_000, 2_000_000);
    assert_eq!(client.tokens.0.lock().expect("the store").len(), 1, "what has ended is dropped");
}
