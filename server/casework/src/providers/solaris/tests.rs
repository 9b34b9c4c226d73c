//! The client against a bank that answers what it is told: the published way, and the laxer ways of
//! others.

use super::*;
use crate::{
    Clock,
    providers::{
        CallError,
        served::{Seen, Served, Told, serve, told},
    },
};
use bytes::Bytes;
use domain::video::{
    Address, DocumentType, Identification, Language, Person, PersonForm, Salutation, State,
};
use serde_json::json;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use zeroize::Zeroizing;

const NOT_FOUND: &str = r#"{"errors":[{"id":"1ex","status":404,"code":"model_not_found","title":"Model Not Found","detail":"Couldn't find 'Solaris::Person' for id 'x'."}]}"#;

pub(super) fn jane() -> Person {
    let consent = domain::video::parse_utc("2022-01-01T00:00:00Z").expect("a moment");
    Person {
        customer_reference: "C-000123".into(),
        salutation: Salutation::Ms,
        first_name: "Jane".into(),
        last_name: "Doe".into(),
        birth_date: "1992-12-11".into(),
        nationality: "DE".into(),
        address: Address {
            line_1: "Amrumerstrasse".into(),
            line_2: "14".into(),
            postal_code: "13353".into(),
            city: "Berlin".into(),
            state: None,
            country: "DE".into(),
        },
        mobile_number: "+49301234567".into(),
        terms_conditions_signed_at: consent,
        data_terms_signed_at: consent,
    }
}

fn client_with(served: &Served, clock: Clock) -> Client {
    let account = Account {
        connection: "c1".into(),
        client_id: "sandbox".into(),
        client_secret: Zeroizing::new("hush".into()),
        token_url: format!("{}/oauth2/token", served.target.base_url),
        scope: SCOPE.into(),
    };
    Client::new(served.http(), served.target.clone(), account, std::sync::Arc::default(), clock)
}

fn client(served: &Served) -> Client {
    client_with(served, Clock::default())
}

/// Tokens `t1`, `t2`, …; the rest as the closure says.
async fn bank(answer: impl Fn(&Seen) -> Told + Send + Sync + 'static) -> Served {
    let tokens = AtomicUsize::new(0);
    serve(move |seen| {
        if seen.path == "/oauth2/token" {
            let number = tokens.fetch_add(1, Ordering::SeqCst) + 1;
            return told(200, &format!(r#"{{"access_token":"t{number}","expires_in":3599,"scope":"partners","token_type":"bearer"}}"#));
        }
        answer(seen)
    })
    .await
}

fn calls(served: &Served) -> Vec<String> {
    served
        .seen()
        .iter()
        .filter(|s| s.path != "/oauth2/token")
        .map(|s| format!("{} {}", s.method, s.path))
        .collect()
}

#[tokio::test]
async fn a_token_is_asked_for_with_basic_and_exactly_a_form() {
    let served = bank(|_| told(201, r#"{"id":"1cper"}"#)).await;
    let client = client(&served);
    client.create_person(&jane()).await.expect("a person");
    client.person("1cper").await.expect("a person");
    let seen = served.seen();
    assert_eq!(
        served.paths(),
        ["/oauth2/token", "/v1/persons", "/v1/persons/1cper"],
        "one token serves both calls"
    );
    assert_eq!(seen[0].headers["content-type"], "application/x-www-form-urlencoded");
    assert_eq!(seen[0].headers["authorization"], "Basic c2FuZGJveDpodXNo");
    assert_eq!(seen[0].body, "grant_type=client_credentials&scope=partners");
    for one in &seen[1..] {
        assert_eq!(one.headers["authorization"], "Bearer t1");
        assert!(!one.query.contains("t1") && !one.path.contains("t1"), "no token in an address");
    }
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let served = bank(|seen| match seen.headers["authorization"].as_str() {
        "Bearer t1" => told(401, r#"{"errors":[{"code":"invalid_token"}]}"#),
        _ => told(200, r#"{"id":"1cper"}"#),
    })
    .await;
    let client = client(&served);
    client.create_person(&jane()).await.expect("a person");
    client.person("1cper").await.expect("a person");
    let bodies: Vec<String> =
        served.seen().into_iter().filter(|s| s.path == "/v1/persons").map(|s| s.body).collect();
    assert_eq!((bodies.len(), &bodies[0]), (2, &bodies[1]), "the same is sent again");
    assert_eq!(
        served.paths().iter().filter(|p| p.ends_with("token")).count(),
        2,
        "the fresh one is kept"
    );

    let never = bank(|_| told(401, "no")).await;
    let failure = self::client(&never).person("1cper").await.expect_err("refused");
    assert_eq!(failure.error, CallError::Credentials(401));
    assert_eq!(
        never.paths(),
        ["/oauth2/token", "/v1/persons/1cper", "/oauth2/token", "/v1/persons/1cper"],
        "and no third try"
    );
}

#[tokio::test]
async fn a_token_is_left_before_it_ends() {
    let served = bank(|_| told(200, r#"{"id":"1cper"}"#)).await;
    let clock = Clock::default();
    let client = client_with(&served, clock.clone());
    let tokens = || served.paths().iter().filter(|p| p.ends_with("token")).count();
    for (advance_ms, expected) in [(0, 1), (3_500_000, 1), (70_000, 2)] {
        clock.advance(advance_ms);
        client.person("1cper").await.expect("a person");
        assert_eq!(tokens(), expected, "{advance_ms}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_was_sent() {
    for (status, body, expected) in [
        (401, r#"{"error":"invalid_client"}"#, "credentials"),
        (400, r#"{"error":"invalid_client"}"#, "credentials"),
        (400, r#"{"error":"invalid_scope"}"#, "refused"),
        (503, "", "not sent"),
        (200, "<html>", "not sent"),
        (200, r#"{"access_token":"t","token_type":"mac"}"#, "not sent"),
    ] {
        let served = serve(move |_| told(status, body)).await;
        let failure = client(&served).create_person(&jane()).await.expect_err("no token");
        assert!(!failure.error.may_have_happened(), "{failure}");
        let kind = match failure.error {
            CallError::Credentials(_) => "credentials",
            CallError::Refused(..) => "refused",
            CallError::NotSent(_) => "not sent",
            _ => "other",
        };
        assert_eq!(kind, expected, "{status} {body}");
        assert_eq!(served.paths(), ["/oauth2/token"]);
    }
}

#[tokio::test]
async fn any_success_is_a_creation_and_ids_need_no_suffix() {
    let status = AtomicU16::new(0);
    let statuses = [200, 201, 202, 203];
    let served = bank(move |_| {
        let at = usize::from(status.fetch_add(1, Ordering::SeqCst));
        told(statuses[at], r#"{"id":77,"_links":{"self":{}},"x_tenant":7,"status":"brand_new"}"#)
    })
    .await;
    let client = client(&served);
    assert_eq!(client.create_person(&jane()).await.expect("a person").1.id, "77");
    let new = Identification { language: Language::De, proof_of_address: None };
    for _ in 0..3 {
        let (answer, record) =
            client.create_identification("77", &new).await.expect("an identification");
        assert_eq!((record.id.as_str(), record.state), ("77", State::Unknown("brand_new".into())));
        assert!(answer.body.starts_with(b"{\"id\":77"), "the evidence is what came");
    }
    assert_eq!(calls(&served)[1], "POST /v1/persons/77/identifications");
}

#[tokio::test]
async fn an_answer_without_an_id_may_have_made_something() {
    for body in ["{}", "", "[]", "created"] {
        let served = bank(move |_| told(201, body)).await;
        let failure = client(&served).create_person(&jane()).await.expect_err("unusable");
        assert!(failure.error.may_have_happened(), "{body}: {failure}");
    }
}

#[tokio::test]
async fn complaints_land_on_their_fields_in_every_shape() {
    let one = r#"{"id":"1","status":"400","code":"invalid_model","title":"Invalid Model","detail":"country x","source":{"field":"country","message":"Residency Country is not allowed"}}"#;
    for body in [format!(r#"{{"errors":[{one}]}}"#), one.to_owned()] {
        let served = bank(move |_| told(400, &body)).await;
        let failure = client(&served).create_person(&jane()).await.expect_err("refused");
        assert!(
            failure.is_about_values()
                && failure.is("invalid_model")
                && !failure.error.may_have_happened()
        );
        let refused = PersonForm::from(&jane()).refused_with(&failure.complaints);
        assert_eq!(refused.errors.keys().collect::<Vec<_>>(), ["country"]);
        assert_eq!(refused.value("first_name"), "Jane");
    }
    let plain = bank(|_| told(400, "There are more than 1000 identical persons")).await;
    let failure = client(&plain).create_person(&jane()).await.expect_err("refused");
    assert_eq!(
        failure.error,
        CallError::Refused(400, "There are more than 1000 identical persons".into())
    );
    assert!(
        PersonForm::from(&jane())
            .refused_with(&failure.complaints)
            .error("")
            .is_some_and(|e| e.contains("identical"))
    );
}

#[tokio::test]
async fn statuses_are_sorted_by_what_may_be_done_next() {
    for (status, body, expected, may_pass) in [
        (
            403,
            r#"{"errors":[{"code":"unauthorized_partner"}]}"#,
            "partner account at Solaris is not allowed",
            false,
        ),
        (403, r#"{"errors":[{"code":"authorization_required"}]}"#, "change request", false),
        (403, r#"{"code":"unauthorized_action"}"#, "customer support", false),
        (403, "last_name can be changed by customer support only.", "last_name can be", false),
        (403, "", "Credentials(403)", false),
        (404, NOT_FOUND, "NotFound", false),
        (409, "", "Conflict", false),
        (409, r#"{"errors":[{"code":"record_not_unique"}]}"#, "exists at Solaris already", false),
        (410, "", "gone", false),
        (422, r#"{"detail":"no"}"#, "Refused(422, \"no\")", false),
        (429, "slow", "TooMany(Some(2000))", true),
        (429, r#"{"errors":[{"code":"QUOTA_EXCEEDED"}]}"#, "QuotaUsedUp(Some(2000))", true),
        (500, r#"{"errors":[{"code":"generic_error"}]}"#, "Failed(500", true),
        (502, "<html>", "Failed(502", true),
        (504, "", "Failed(504", true),
    ] {
        let served = bank(move |_| {
            let (status, mut headers, body) = told(status, body);
            headers.push(("retry-after", "2".into()));
            (status, headers, body)
        })
        .await;
        let failure = client(&served).person("1cper").await.expect_err("refused");
        let printed = format!("{:?}", failure.error);
        assert!(printed.contains(expected), "{status} {body}: {printed}");
        assert_eq!(failure.error.may_pass(), may_pass, "{printed}");
        assert_eq!(calls(&served).len(), 1, "nothing is retried here");
    }
}

#[tokio::test]
async fn an_identification_is_found_in_the_list_where_it_has_no_path() {
    let served = bank(|seen| match (seen.path.as_str(), seen.query.contains("number%5D=1")) {
        ("/v1/persons/1cper/identifications", true) => {
            told(200, r#"[{"id":"0cidt","status":"failed"},{"id":"1cidt","status":"successful"}]"#)
        }
        ("/v1/persons/1cper/identifications", false) => told(200, "[]"),
        _ => told(404, NOT_FOUND),
    })
    .await;
    let client = client(&served);
    let (answer, record) =
        client.identification("1cper", "1cidt").await.expect("an identification");
    assert_eq!((record.state, record.documents), (State::Successful, None));
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&answer.body).expect("JSON")["id"],
        "1cidt"
    );
    assert!(served.seen()[1].query.contains("include_documents=true"));
    assert_eq!(
        client.identification("1cper", "9cidt").await.expect_err("none").error,
        CallError::NotFound
    );
    assert_eq!(
        client.identification("9cper", "1cidt").await.expect_err("none").error,
        CallError::NotFound
    );
}

#[tokio::test]
async fn an_identification_comes_with_its_documents() {
    let body = r#"{"id":"1cidt","status":"successful","completed_at":"2022-07-14T18:18:28.000Z","reference":"TST-KCCEY","person_id":"1cper","documents":[{"id":"1cdoc","name":"file1.pdf","content_type":"application/pdf","document_type":"KYC_REPORT","size":"803580"},{"name":"no id"}]}"#;
    let served = bank(move |_| told(200, body)).await;
    let (_, record) =
        client(&served).identification("1cper", "1cidt").await.expect("an identification");
    let documents = record.documents.expect("documents");
    assert_eq!((documents.len(), documents[0].size), (1, Some(803_580)));
    assert_eq!(record.reference.map(|r| r.reveal().to_owned()).as_deref(), Some("TST-KCCEY"));
}

fn page(seen: &Seen) -> usize {
    let pairs: std::collections::HashMap<String, String> =
        url::form_urlencoded::parse(seen.query.as_bytes()).into_owned().collect();
    pairs["page[number]"].parse().expect("a number")
}

/// Person `number` of the list; the one of `at` is Jane.
fn listed(number: usize, at: usize) -> serde_json::Value {
    let name = if number == at { "Jane" } else { "John" };
    json!({ "id": number, "first_name": name, "last_name": "Doe", "birth_date": "1992-12-11", "mobile_number": "+49301234567",
        "data_terms_signed_at": "2022-01-01T00:00:00.000Z" })
}

#[tokio::test]
async fn somebody_is_found_on_a_later_page_with_and_without_headers() {
    for with_headers in [true, false] {
        let served = bank(move |seen| {
            let from = (page(seen) - 1) * 20;
            // Fewer than were asked for: some implementations have their own largest page.
            let body: Vec<_> =
                (from..(from + 20).min(50)).map(|number| listed(number, 45)).collect();
            let (status, mut headers, body) = told(200, &json!(body).to_string());
            if with_headers {
                headers.extend([("total", "50".to_owned()), ("per-page", "20".to_owned())]);
            }
            (status, headers, body)
        })
        .await;
        let client = client(&served);
        assert_eq!(
            client.find_person(&jane()).await.expect("a list").map(|p| p.id).as_deref(),
            Some("45")
        );
        let other = Person { first_name: "Joan".into(), ..jane() };
        assert_eq!(client.find_person(&other).await.expect("a list"), None);
        assert_eq!(
            served.seen().len(),
            if with_headers { 1 + 3 + 3 } else { 1 + 3 + 4 },
            "{with_headers}"
        );
    }
}

#[tokio::test]
async fn a_list_without_pages_ends_and_somebody_else_is_not_taken() {
    let served =
        bank(|_| told(200, &json!((0..30).map(|n| listed(n, 29)).collect::<Vec<_>>()).to_string()))
            .await;
    let client = client(&served);
    let other = Person { first_name: "Joan".into(), ..jane() };
    assert_eq!(client.find_person(&other).await.expect("a list"), None);
    assert_eq!(served.seen().len(), 3, "the second page repeats the first");
    let later = Person { data_terms_signed_at: jane().data_terms_signed_at + 1, ..jane() };
    assert_eq!(
        client.find_person(&later).await.expect("a list"),
        None,
        "another launch with the same name"
    );
    let wrong = bank(|_| told(503, "")).await;
    assert!(
        self::client(&wrong).find_person(&jane()).await.is_err(),
        "an outage is not an absence"
    );
}

#[tokio::test]
async fn a_session_is_requested_and_read() {
    let served = bank(|seen| match seen.path.rsplit('/').next() {
        Some("request") => told(
            201,
            r#"{"id":"1cidt","reference":"TST-KCCEY","url":"https://go.test.idnow.de/x","status":"pending","estimated_waiting_time":60}"#,
        ),
        Some("supported_documents") => told(200, r#"[{"document_type":"PASSPORT","issuing_countries":["DE","AT"]}]"#),
        Some("idnow_attempts") => told(200, r#"[{"id":"1cida","result":"ABORTED","reason":"TECH_VIDEO","payload":{}}]"#),
        _ => told(404, NOT_FOUND),
    })
    .await;
    let client = client(&served);
    let (_, record) = client.request("1cper", "1cidt").await.expect("a session");
    assert_eq!(
        (record.state, record.estimated_waiting_time, record.url.as_deref()),
        (State::Pending, Some(60), Some("https://go.test.idnow.de/x"))
    );
    assert_eq!(
        client.supported_documents("1cper", "1cidt").await.expect("documents")[0].countries,
        ["DE", "AT"]
    );
    let (answer, attempts) = client.attempts("1cper", "1cidt").await.expect("attempts");
    assert_eq!((attempts[0].reason.as_deref(), answer.body[0]), (Some("TECH_VIDEO"), b'['));
    assert_eq!(
        client.legitimation_data("1cper", "1cidt").await.expect_err("none yet").error,
        CallError::NotFound
    );
    assert_eq!(
        calls(&served),
        [
            "PATCH /v1/persons/1cper/identifications/1cidt/request",
            "GET /v1/persons/1cper/identifications/1cidt/supported_documents",
            "GET /v1/persons/1cper/identifications/1cidt/idnow_attempts",
            "GET /v1/persons/1cper/identifications/1cidt/idnow_legitimation_data"
        ]
    );
}

#[tokio::test]
async fn documents_are_listed_fetched_and_uploaded_to_both_places() {
    let served = bank(|seen| match (seen.method.as_str(), seen.path.ends_with("/file")) {
        (_, true) => (200, vec![("content-type", "image/png".to_owned())], "bytes".to_owned()),
        ("POST", _) => told(201, r#"{"id":"2cdoc","document_type":"PROOF_OF_ADDRESS"}"#),
        _ => told(200, r#"[{"id":"1cdoc","deleted_at":null},{"id":"0cdoc","deleted_at":"2022-07-14T18:18:28.000Z"}]"#),
    })
    .await;
    let client = client(&served);
    assert_eq!(
        client
            .documents("1cper")
            .await
            .expect("documents")
            .iter()
            .map(|d| d.id.as_str())
            .collect::<Vec<_>>(),
        ["1cdoc"]
    );
    let file = client.file("1cper", "1cdoc").await.expect("a file");
    assert_eq!((file.bytes.as_slice(), file.content_type.as_str()), (&b"bytes"[..], "image/png"));
    let upload = Upload {
        name: "bill.pdf".into(),
        content_type: "application/pdf",
        document_type: DocumentType::ProofOfAddress,
        bytes: Bytes::from_static(b"%PDF-1.7"),
    };
    for place in [Place::Person("1cper"), Place::Identification { person_id: "1cper", id: "1cidt" }]
    {
        assert_eq!(client.upload(place, &upload).await.expect("a document").1.id, "2cdoc");
    }
    let last = served.seen().pop().expect("the upload");
    assert_eq!(last.path, "/v1/persons/1cper/identifications/1cidt/document_upload");
    let boundary = last.headers["content-type"]
        .strip_prefix("multipart/form-data; boundary=")
        .expect("one content type")
        .to_owned();
    assert!(
        last.body.starts_with(&format!("--{boundary}\r\n"))
            && last.body.contains("PROOF_OF_ADDRESS")
            && last.body.contains("%PDF-1.7")
    );
    assert_eq!(last.headers["content-length"], last.body.len().to_string());
    assert_eq!(calls(&served)[2], "POST /v1/persons/1cper/documents");
}

#[tokio::test]
async fn webhooks_are_made_listed_and_deleted() {
    let served = bank(|seen| match seen.method.as_str() {
        "POST" => told(201, r#"{"id":"w1","event_type":"IDENTIFICATION","url":"https://desk.example/h","secret":"hush"}"#),
        "DELETE" if seen.path.ends_with("w1") => (204, vec![], String::new()),
        "DELETE" => told(404, NOT_FOUND),
        _ => told(200, r#"[{"id":"w1","event_type":"IDENTIFICATION","url":"https://desk.example/h","secret":null}]"#),
    })
    .await;
    let client = client(&served);
    let made =
        client.subscribe("IDENTIFICATION", "https://desk.example/h").await.expect("a subscription");
    assert_eq!(made.secret.as_ref().map(|s| s.as_str()), Some("hush"));
    assert_eq!(client.subscriptions().await.expect("a list")[0].secret, None);
    client.unsubscribe("w1").await.expect("deleted");
    client.unsubscribe("w2").await.expect("gone already");
    assert_eq!(
        served.seen()[1].json(),
        json!({ "event_type": "IDENTIFICATION", "url": "https://desk.example/h" })
    );
}

#[tokio::test]
async fn no_id_leads_to_another_path() {
    let served = bank(|_| told(200, r#"{"id":"1"}"#)).await;
    let client = client(&served);
    for id in ["", ".", "..", &"x".repeat(201)] {
        assert!(
            matches!(client.unsubscribe(id).await.expect_err(id).error, CallError::NotSent(_)),
            "{id}"
        );
    }
    // What comes back is about somebody else, and nobody takes it for the answer.
    assert!(matches!(
        client.person("../webhooks?x=1#y").await.expect_err("another").error,
        CallError::Unusable(_)
    ));
    assert_eq!(
        served.paths().last().map(String::as_str),
        Some("/v1/persons/..%2Fwebhooks%3Fx=1%23y")
    );
}
