//! Age verification at an operator, version 0.2: `POST {base}/kyc-age-verification/v0.2/verify`.

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
    services::age_verification::{self, AgeVerification, Score},
};
use serde_json::{Map, Value};

/// Where the question goes.
pub const VERIFY: Endpoint = Endpoint {
    path: ["kyc-age-verification", "v0.2", "verify"],
    permission: Some("kyc-age-verification:verify"),
    joined: None,
    explain: age_verification::explain,
};

impl Client {
    /// Asks whether a number's subscriber is old enough: the bytes as received, and what they say.
    ///
    /// # Errors
    /// [`CallError`]; refusals of the question and of its tokens carry what they mean and what
    /// comes next.
    pub async fn verify_age(
        &self,
        ask: &AgeVerification,
    ) -> Result<(Answer, age_verification::Answer), CallError> {
        let came = self.put(&VERIFY, &ask.phone, &self.about(&ask.phone, members(ask))).await?;
        taken(came.answer, read)
    }
}

/// The age, what is told of the customer, and the locks that are asked about; what is not asked is
/// left out.
fn members(ask: &AgeVerification) -> Map<String, Value> {
    let mut members: Map<String, Value> = ask
        .identity
        .iter()
        .map(|(detail, text)| (detail.code().to_owned(), Value::String(text.clone())))
        .collect();
    members.insert("ageThreshold".to_owned(), Value::from(ask.age));
    for (flag, is_asked) in
        [("includeContentLock", ask.content_lock), ("includeParentalControl", ask.parental_control)]
    {
        if is_asked {
            members.insert(flag.to_owned(), Value::Bool(true));
        }
    }
    members
}

/// Reads an answer, also one that was kept.
///
/// # Errors
/// Bytes that are not a JSON object.
pub fn read(body: &[u8]) -> Result<age_verification::Answer, String> {
    let said = object(body)?;
    let truth = |member: &str| Truth::of(word(&said[member]).as_deref());
    Ok(age_verification::Answer {
        age: truth("ageCheck"),
        verified: truth("verifiedStatus"),
        score: Score::of(word(&said["identityMatchScore"]).as_deref()),
        content_lock: truth("contentLock"),
        parental_control: truth("parentalControl"),
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
    use domain::services::age_verification::Detail;
    use proptest::prelude::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    fn question() -> AgeVerification {
        let identity = [
            (Detail::Name, "Federica Sanchez Arjona"),
            (Detail::Birthdate, "1978-08-22"),
            (Detail::IdDocument, "66666666q"),
        ];
        AgeVerification {
            customer_reference: "C-1".into(),
            name: "F".into(),
            phone: "+34629255833".into(),
            age: 18,
            identity: identity
                .into_iter()
                .map(|(detail, text)| (detail, text.to_owned()))
                .collect(),
            content_lock: true,
            parental_control: true,
        }
    }

    /// The answer of the specification's example.
    fn example() -> Value {
        json!({ "ageCheck": "true", "verifiedStatus": true, "identityMatchScore": 90, "contentLock": "false", "parentalControl": "true" })
    }

    #[tokio::test]
    async fn only_what_is_asked_is_sent_and_the_example_is_read() {
        let served = operator(|_| told(200, &example().to_string())).await;
        let client = client_of(&served, Flow::ClientCredentials);
        let (_, read) = client.verify_age(&question()).await.expect("an answer");
        let all = age_verification::Answer {
            age: Truth::Yes,
            verified: Truth::Yes,
            score: Score::Of(90),
            content_lock: Truth::No,
            parental_control: Truth::Yes,
        };
        assert_eq!(read, all);
        let seen = served.seen();
        assert_eq!(seen[0].form()["scope"], "kyc-age-verification:verify");
        assert_eq!(
            (seen[1].method.as_str(), seen[1].path.as_str()),
            ("POST", "/kyc-age-verification/v0.2/verify")
        );
        let sent = json!({
            "ageThreshold": 18, "phoneNumber": "+34629255833", "name": "Federica Sanchez Arjona", "birthdate": "1978-08-22",
            "idDocument": "66666666q", "includeContentLock": true, "includeParentalControl": true,
        });
        assert_eq!(seen[1].json(), sent);

        let least = AgeVerification {
            identity: BTreeMap::new(),
            content_lock: false,
            parental_control: false,
            ..question()
        };
        client_of(&served, Flow::Ciba).verify_age(&least).await.expect("an answer");
        assert_eq!(
            served.seen().pop().expect("the question").json(),
            json!({ "ageThreshold": 18 })
        );
    }

    #[tokio::test]
    async fn the_errors_of_the_contract_are_explained_in_its_words() {
        for (status, code, words) in [
            (400, "OUT_OF_RANGE", "this age"),
            (403, "PERMISSION_DENIED", "this service"),
            (404, "IDENTIFIER_NOT_FOUND", "does not know this phone number"),
            (422, "SERVICE_NOT_APPLICABLE", "this service"),
        ] {
            let served = operator(move |_| {
                told(
                    status,
                    &format!(r#"{{"status":{status},"code":"{code}","message":"+34629255833"}}"#),
                )
            })
            .await;
            let error = client_of(&served, Flow::ClientCredentials)
                .verify_age(&question())
                .await
                .expect_err(code);
            let sentence = error.sentence("The operator");
            assert!(
                !error.may_pass() && sentence.contains(words) && sentence.contains(code),
                "{sentence}"
            );
            assert!(!sentence.contains("629255833"), "{sentence}");
        }
    }

    #[test]
    fn what_is_left_out_is_missing_and_lists_are_no_answer() {
        let of = |body: Value| read(body.to_string().as_bytes()).expect("an object");
        let bare = of(json!({ "ageCheck": "not_available" }));
        assert_eq!(
            (bare.age, bare.verified, bare.score),
            (Truth::NotAvailable, Truth::Missing, Score::NotSaid)
        );
        assert_eq!(of(json!({ "ageCheck": true, "verifiedStatus": "false" })).verified, Truth::No);
        let lists = of(
            json!({ "ageCheck": ["true"], "verifiedStatus": [true], "identityMatchScore": [100] }),
        );
        assert!(matches!(
            (&lists.age, &lists.verified, &lists.score),
            (Truth::Unknown(_), Truth::Unknown(_), Score::Unknown(_))
        ));
        let doubled =
            read(br#"{"ageCheck":"false","ageCheck":"true","identityMatchScore":100,"identityMatchScore":1}"#).expect("an object");
        assert!(matches!((&doubled.age, &doubled.score), (Truth::Unknown(_), Score::Unknown(_))));
        for (said, score) in [
            (json!(100.0), Score::Of(100)),
            (json!("87"), Score::Of(87)),
            (json!(null), Score::NotSaid),
        ] {
            assert_eq!(of(json!({ "identityMatchScore": said })).score, score);
        }
        assert!(matches!(of(json!({ "identityMatchScore": 101 })).score, Score::Unknown(_)));
    }

    proptest! {
        #[test]
        fn s_52_no_bent_age_is_clean(bytes in bent(json!({ "ageCheck": "true", "verifiedStatus": true, "identityMatchScore": 100, "contentLock": "false", "parentalControl": "not_available" }))) {
            let Ok(read) = read(&bytes) else {
                prop_assert!(!said(&bytes).is_some_and(|v| v.is_object()));
                return Ok(());
            };
            let v = said(&bytes).expect("read");
            let is_true = |v: &Value| *v == json!(true) || *v == json!("true");
            let is_none = |v: &Value| v.is_null() || v.as_str().is_some_and(|text| text.trim().is_empty());
            if age_verification::signs(&read, &question()).is_empty() {
                prop_assert!(is_true(&v["ageCheck"]), "{}", v);
                prop_assert!(is_true(&v["verifiedStatus"]) || is_none(&v["verifiedStatus"]), "{}", v);
                let score = &v["identityMatchScore"];
                let number = score.as_f64().or_else(|| score.as_str()?.trim().parse().ok());
                prop_assert!(number == Some(100.0) || is_none(score), "{}", v);
                prop_assert!(!is_true(&v["contentLock"]) && !is_true(&v["parentalControl"]), "{}", v);
            }
            let words = age_verification::summary(&read, &question());
            prop_assert!(!words.contains('\0') && words.chars().count() < 1_000, "{}", words);
        }
    }
}
