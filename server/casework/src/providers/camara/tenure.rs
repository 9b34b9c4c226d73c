//! Tenure at an operator, version 0.2: `POST {base}/kyc-tenure/v0.2/check-tenure`.

use super::{
    client::{Client, taken},
    endpoint::Endpoint,
};
use crate::providers::{
    Answer, CallError,
    json::{object, word},
};
use domain::{
    operators::Truth,
    services::tenure::{self, ContractType, Tenure},
};
use serde_json::{Map, Value};

/// Where the question goes.
pub const CHECK: Endpoint = Endpoint {
    path: ["kyc-tenure", "v0.2", "check-tenure"],
    permission: Some("kyc-tenure:check-tenure"),
    joined: Some("kyc-tenure"),
    explain: tenure::explain,
};

impl Client {
    /// Asks whether a number has been with its subscriber since a day: the bytes as received, and
    /// what they say.
    ///
    /// # Errors
    /// [`CallError`]; refusals of the question and of its tokens carry what they mean and what
    /// comes next.
    pub async fn check_tenure(&self, ask: &Tenure) -> Result<(Answer, tenure::Answer), CallError> {
        let members = Map::from_iter([("tenureDate".to_owned(), Value::String(ask.since.clone()))]);
        let came = self.put(&CHECK, &ask.phone, &self.about(&ask.phone, members)).await?;
        taken(came.answer, read)
    }
}

/// Reads an answer, also one that was kept.
///
/// # Errors
/// Bytes that are not a JSON object.
pub fn read(body: &[u8]) -> Result<tenure::Answer, String> {
    let said = object(body)?;
    Ok(tenure::Answer {
        since: Truth::of(word(&said["tenureDateCheck"]).as_deref()),
        contract: ContractType::of(word(&said["contractType"]).as_deref()),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            Flow,
            client::tests::{client_of, operator},
        },
        *,
    };
    use crate::providers::{
        fuzz::{bent, said},
        served::told,
    };
    use proptest::prelude::*;
    use serde_json::json;

    fn question() -> Tenure {
        Tenure {
            customer_reference: "C-1".into(),
            name: "F".into(),
            phone: "+34629255833".into(),
            since: "2023-07-03".into(),
        }
    }

    #[tokio::test]
    async fn the_day_is_sent_with_the_number_where_the_token_does_not_know_it() {
        let body = r#"{"tenureDateCheck":true,"contractType":"PAYM"}"#;
        let served = operator(move |_| told(200, body)).await;
        let (answer, read) = client_of(&served, Flow::ClientCredentials)
            .check_tenure(&question())
            .await
            .expect("an answer");
        assert_eq!(answer.body, body.as_bytes(), "the evidence is what came");
        assert_eq!(read, tenure::Answer { since: Truth::Yes, contract: ContractType::Contract });
        let seen = served.seen();
        assert_eq!(seen[0].form()["scope"], "kyc-tenure:check-tenure");
        assert_eq!(
            (seen[1].method.as_str(), seen[1].path.as_str()),
            ("POST", "/kyc-tenure/v0.2/check-tenure")
        );
        assert_eq!(seen[1].headers["authorization"], "Bearer t1");
        assert_eq!(
            seen[1].json(),
            json!({ "tenureDate": "2023-07-03", "phoneNumber": "+34629255833" })
        );

        client_of(&served, Flow::Ciba).check_tenure(&question()).await.expect("an answer");
        let seen = served.seen().pop().expect("the question");
        assert_eq!(
            seen.json(),
            json!({ "tenureDate": "2023-07-03" }),
            "a token of the number says it"
        );
    }

    #[tokio::test]
    async fn a_refused_token_is_replaced_once() {
        let served = operator(|seen| match seen.headers["authorization"].as_str() {
            "Bearer t1" => told(401, r#"{"status":401,"code":"UNAUTHENTICATED","message":"x"}"#),
            _ => told(200, r#"{"tenureDateCheck":false}"#),
        })
        .await;
        let client = client_of(&served, Flow::ClientCredentials);
        client.make_ready_for(&CHECK, &question().phone).await.expect("ready");
        let (_, read) = client.check_tenure(&question()).await.expect("an answer");
        assert_eq!(read.since, Truth::No);
        client.check_tenure(&question()).await.expect("an answer");
        let check = "/kyc-tenure/v0.2/check-tenure";
        assert_eq!(
            served.paths(),
            ["/token", check, "/token", check, check],
            "the fresh one is kept"
        );
    }

    #[tokio::test]
    async fn an_answer_to_another_request_is_unusable() {
        let other = operator(|_| {
            (
                200,
                vec![("x-correlator", "another".to_owned())],
                r#"{"tenureDateCheck":true}"#.into(),
            )
        })
        .await;
        let error = client_of(&other, Flow::ClientCredentials)
            .check_tenure(&question())
            .await
            .expect_err("another request");
        assert!(matches!(error, CallError::Unusable(_)), "{error}");
    }

    #[tokio::test]
    async fn the_errors_of_the_contract_are_explained_or_may_pass() {
        for (status, code, words) in [
            (400, "INVALID_ARGUMENT", "in the form"),
            (400, "OUT_OF_RANGE", "this day"),
            (403, "PERMISSION_DENIED", "this service"),
            (404, "IDENTIFIER_NOT_FOUND", "does not know this phone number"),
            (422, "SERVICE_NOT_APPLICABLE", "this service"),
            (422, "MISSING_IDENTIFIER", "which phone number"),
            (422, "UNNECESSARY_IDENTIFIER", "from the access token"),
            (503, "UNAVAILABLE", ""),
        ] {
            let served = operator(move |_| {
                told(
                    status,
                    &format!(r#"{{"status":{status},"code":"{code}","message":"+34629255833"}}"#),
                )
            })
            .await;
            let error = client_of(&served, Flow::ClientCredentials)
                .check_tenure(&question())
                .await
                .expect_err(code);
            assert_eq!(error.may_pass(), words.is_empty(), "{error}");
            let sentence = error.sentence("The operator");
            assert!(
                words.is_empty() || sentence.contains(words) && sentence.contains(code),
                "{sentence}"
            );
            assert!(!sentence.contains("629255833"), "{sentence}");
        }
    }

    #[test]
    fn truth_is_itself_or_its_text_and_nothing_else() {
        let of = |body: &str| read(body.as_bytes()).expect("an object");
        assert_eq!(of(r#"{"tenureDateCheck":"true"}"#).since, Truth::Yes);
        for odd in ["[true]", "{}", "1", r#""TRUE""#, r#""yes""#] {
            assert!(
                matches!(of(&format!(r#"{{"tenureDateCheck":{odd}}}"#)).since, Truth::Unknown(_)),
                "{odd}"
            );
        }
        assert!(
            matches!(
                of(r#"{"tenureDateCheck":false,"tenureDateCheck":true}"#).since,
                Truth::Unknown(_)
            ),
            "a doubled key is no answer"
        );
        assert_eq!(
            (of("{}").since, of(r#"{"tenureDateCheck":null}"#).since),
            (Truth::Missing, Truth::Missing)
        );
        assert_eq!(of(r#"{"contractType":"PAYG"}"#).contract, ContractType::Prepaid);
        assert!(matches!(of(r#"{"contractType":["PAYG"]}"#).contract, ContractType::Unknown(_)));
        assert!(read(b"[]").is_err() && read(b"<html>").is_err());
    }

    proptest! {
        #[test]
        fn s_52_no_bent_tenure_is_clean(bytes in bent(json!({ "tenureDateCheck": true, "contractType": "PAYM" }))) {
            let Ok(read) = read(&bytes) else {
                prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()));
                return Ok(());
            };
            let v = said(&bytes).expect("read");
            if tenure::signs(&read, &question()).is_empty() {
                prop_assert!(v["tenureDateCheck"] == json!(true) || v["tenureDateCheck"] == json!("true"), "{}", v);
            }
            let words = tenure::summary(&read, &question());
            prop_assert!(!words.contains('\0') && words.chars().count() < 700, "{}", words);
        }
    }
}
