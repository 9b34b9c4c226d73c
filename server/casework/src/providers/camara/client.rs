//! The HTTP of questions to an operator, and the number match itself: `POST
//! {base}/kyc-match/{version}/match`.
//!
//! A question changes nothing at the operator, so it may be asked again. A token that is refused is
//! replaced once, at once: it may have been withdrawn before its time. What the services ask and
//! read otherwise stands in their own files.

use super::{
    endpoint::Endpoint,
    token::{Account, Flow, Patience, Tokens},
    wire::{MatchAnswer, Said},
};
use crate::{
    Clock,
    providers::{
        CallError,
        guard::{Answer, BODY_MAX, Bounds, Exchange, Target, exchange},
        overheard,
    },
};
use domain::number_match::{self, NumberMatch, Version};
use reqwest::{Method, Url};
use serde_json::{Map, Value};
use std::sync::Arc;
use zeroize::Zeroizing;

/// The number match, as far as its tokens and their refusals go: they are the same in all versions.
pub(super) const NUMBER_MATCH: Endpoint = match_of(Version::V02);

/// The number match of a version, with the scope that the connection has.
const fn match_of(version: Version) -> Endpoint {
    Endpoint {
        path: ["kyc-match", version.code(), "match"],
        permission: None,
        joined: None,
        explain: number_match::explain,
    }
}

/// What came back from an operator.
pub(super) struct Came {
    pub answer: Answer,
    /// The number of this exchange, which the operator's support can find it by.
    pub correlator: String,
    /// Whether the operator gave the number back, as it must.
    pub is_echoed: bool,
}

/// A client for one connection.
pub struct Client {
    pub(super) http: reqwest::Client,
    pub(super) target: Target,
    pub(super) account: Account,
    pub(super) tokens: Arc<Tokens>,
    pub(super) patience: Patience,
    pub(super) clock: Clock,
}

impl Client {
    /// `target` is the API's root; `tokens` is shared by all clients of the process.
    #[must_use]
    pub const fn new(
        http: reqwest::Client,
        target: Target,
        account: Account,
        tokens: Arc<Tokens>,
        clock: Clock,
    ) -> Self {
        Self { http, target, account, tokens, patience: Patience::USUAL, clock }
    }

    /// The same client with another patience.
    #[must_use]
    pub const fn with_patience(mut self, patience: Patience) -> Self {
        self.patience = patience;
        self
    }

    /// Fetches the token that a match about this number needs. Nothing is asked about the customer
    /// by this, so whatever goes wrong here, the match was not sent.
    ///
    /// # Errors
    /// [`CallError`], never one that may have happened.
    pub async fn make_ready(&self, phone: &str) -> Result<(), CallError> {
        self.make_ready_for(&NUMBER_MATCH, phone).await
    }

    /// The same for a question to another endpoint.
    ///
    /// # Errors
    /// [`CallError`], never one that may have happened.
    pub async fn make_ready_for(&self, endpoint: &Endpoint, phone: &str) -> Result<(), CallError> {
        match self.token(endpoint, phone).await {
            Ok(_) => Ok(()),
            Err(error) if error.may_have_happened() => {
                Err(CallError::NotSent(format!("no access token could be had: {error}")))
            }
            Err(error) => Err(error),
        }
    }

    /// `POST …/match`: the bytes as received, and what they say.
    ///
    /// # Errors
    /// [`CallError`]; refusals of the match and of its tokens carry what they mean and what comes
    /// next.
    pub async fn match_number(
        &self,
        launch: &NumberMatch,
        version: Version,
    ) -> Result<(Answer, MatchAnswer), CallError> {
        let Came { answer, correlator, is_echoed } =
            self.put(&match_of(version), &launch.phone, &body_of(launch)).await?;
        taken(answer, |body| MatchAnswer::read(body, correlator, is_echoed))
    }

    /// Puts a question about a number, once with each of at most two tokens, and gives an answer to
    /// this very request.
    ///
    /// # Errors
    /// [`CallError`]; refusals of the question and of its tokens carry what they mean and what
    /// comes next.
    pub(super) async fn put(
        &self,
        endpoint: &Endpoint,
        phone: &str,
        body: &Value,
    ) -> Result<Came, CallError> {
        let correlator = uuid::Uuid::new_v4().to_string();
        let token = self.token(endpoint, phone).await?;
        let mut said = self.send(endpoint, body, &token, &correlator).await?;
        if said.status.as_u16() == 401 {
            self.forget_token(endpoint, phone);
            let fresh = self.token(endpoint, phone).await?;
            said = self.send(endpoint, body, &fresh, &correlator).await?;
            if said.status.as_u16() == 401 {
                self.forget_token(endpoint, phone);
            }
        }
        overheard::refused(&said);
        overheard::not_unpacked(&said);
        if !said.status.is_success() {
            return Err(Said::of(&said).into_error(said, endpoint.explain));
        }
        let echo = echo_of(&said.headers);
        let answer = said.settled()?;
        if echo.as_ref().is_some_and(|echo| !echo.eq_ignore_ascii_case(correlator.as_bytes())) {
            // It may be about another customer.
            overheard::not_taken(&answer);
            return Err(CallError::Unusable("it carries the number of another request".to_owned()));
        }
        Ok(Came { answer, correlator, is_echoed: echo.is_some() })
    }

    /// The body of a question of the newer contracts: it names the number where the token is ours
    /// alone, and only there. A token of the number says itself whom it is about, and these
    /// contracts refuse to be told twice (`UNNECESSARY_IDENTIFIER`).
    pub(super) fn about(&self, phone: &str, mut members: Map<String, Value>) -> Value {
        if self.account.flow == Flow::ClientCredentials {
            members.insert("phoneNumber".into(), Value::String(phone.to_owned()));
        }
        Value::Object(members)
    }

    async fn send(
        &self,
        endpoint: &Endpoint,
        body: &Value,
        token: &str,
        correlator: &str,
    ) -> Result<Exchange, CallError> {
        let mut url =
            Url::parse(&self.target.base_url).map_err(|e| CallError::NotSent(e.to_string()))?;
        url.path_segments_mut()
            .map_err(|()| CallError::NotSent("the base address takes no path".into()))?
            .pop_if_empty()
            .extend(endpoint.path);
        let authorization = Zeroizing::new(format!("Bearer {token}"));
        let headers = [
            ("authorization", authorization.as_str()),
            ("x-correlator", correlator),
            ("accept", "application/json"),
        ];
        let body = Some(("application/json", body.to_string().into()));
        exchange(
            &self.http,
            Method::POST,
            url,
            &headers,
            body,
            Bounds { body_max: BODY_MAX, time: None },
        )
        .await
    }
}

/// An answer with what it says; one that cannot be taken for what was asked is kept all the same.
pub(super) fn taken<T>(
    answer: Answer,
    read: impl FnOnce(&[u8]) -> Result<T, String>,
) -> Result<(Answer, T), CallError> {
    match read(&answer.body) {
        Ok(read) => Ok((answer, read)),
        Err(why) => {
            overheard::not_taken(&answer);
            Err(CallError::Unusable(why))
        }
    }
}

/// The number that an answer gives back. One that gives none, or an empty one, is used all the
/// same: some gateways drop the header.
fn echo_of(headers: &reqwest::header::HeaderMap) -> Option<Vec<u8>> {
    headers
        .get("x-correlator")
        .map(|value| value.as_bytes().trim_ascii().to_vec())
        .filter(|echo| !echo.is_empty())
}

/// The number and what is asked, all as texts.
fn body_of(launch: &NumberMatch) -> Value {
    let mut body: Map<String, Value> = launch
        .values
        .iter()
        .map(|(a, v)| (a.code().to_owned(), Value::String(v.clone())))
        .collect();
    body.insert("phoneNumber".into(), Value::String(launch.phone.clone()));
    Value::Object(body)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::providers::{
        camara::Proof,
        served::{Seen, Served, Told, serve, told},
    };
    use domain::number_match::{Attribute, MatchResult};
    use std::{
        sync::atomic::{AtomicUsize, Ordering},
        time::Duration,
    };

    fn launch() -> NumberMatch {
        let values = [
            (Attribute::GivenName, "Federica"),
            (Attribute::MiddleNames, "Sanchez"),
            (Attribute::StreetNumber, "4"),
        ];
        NumberMatch {
            customer_reference: "C-1".into(),
            name: "Federica Sanchez Arjona".into(),
            phone: "+34629255833".into(),
            values: values.into_iter().map(|(a, v)| (a, v.to_owned())).collect(),
        }
    }

    fn client(served: &Served) -> Client {
        client_of(served, Flow::ClientCredentials)
    }

    /// A client that gets its tokens in this way.
    pub(in crate::providers::camara) fn client_of(served: &Served, flow: Flow) -> Client {
        let account = Account {
            connection: "c1".into(),
            client_id: "sandbox".into(),
            proof: Proof::Secret(Zeroizing::new("sandbox".into())),
            flow,
            authorize_url: format!("{}/bc-authorize", served.target.base_url),
            token_url: format!("{}/token", served.target.base_url),
            scope: "kyc-match:match".into(),
        };
        Client::new(served.http(), served.target.clone(), account, Arc::default(), Clock::default())
            .with_patience(Patience { second: Duration::from_millis(1), longest_s: 60 })
    }

    /// Permission at once, tokens `t1`, `t2`, …; the service as the closure says, with the
    /// correlator given back.
    pub(in crate::providers::camara) async fn operator(
        answer: impl Fn(&Seen) -> Told + Send + Sync + 'static,
    ) -> Served {
        let tokens = AtomicUsize::new(0);
        serve(move |seen| {
            if seen.path == "/bc-authorize" {
                return told(200, r#"{"auth_req_id":"r1","interval":1}"#);
            }
            if seen.path == "/token" {
                let number = tokens.fetch_add(1, Ordering::SeqCst) + 1;
                return told(
                    200,
                    &format!(
                        r#"{{"access_token":"t{number}","token_type":"Bearer","expires_in":3600}}"#
                    ),
                );
            }
            let (status, mut headers, body) = answer(seen);
            if !headers.iter().any(|(name, _)| *name == "x-correlator") {
                headers.push(("x-correlator", seen.headers["x-correlator"].clone()));
            }
            (status, headers, body)
        })
        .await
    }

    #[tokio::test]
    async fn a_match_sends_what_is_asked_and_reads_what_was_asked() {
        let body = r#"{"givenNameMatch":"true","middleNamesMatch":"false","middleNamesScore":61,"streetNumberMatch":"not_available","emailMatch":"false","emailMatchScore":87}"#;
        let served = operator(move |_| told(200, body)).await;
        let (answer, read) =
            client(&served).match_number(&launch(), Version::V02).await.expect("an answer");
        assert_eq!(answer.body, body.as_bytes(), "the evidence is what came");
        assert!(read.is_echoed && uuid::Uuid::parse_str(&read.correlator).is_ok());
        let rows: Vec<_> = read
            .rows(&launch(), Version::V02)
            .into_iter()
            .map(|r| (r.attribute, r.result, r.score))
            .collect();
        assert_eq!(
            rows,
            [
                (Attribute::GivenName, MatchResult::Yes, None),
                (Attribute::MiddleNames, MatchResult::No, Some(61)),
                (Attribute::StreetNumber, MatchResult::NotAvailable, None),
            ]
        );
        let seen = served.seen().pop().expect("the match");
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/kyc-match/v0.2/match"));
        assert_eq!(seen.headers["authorization"], "Bearer t1");
        assert_eq!(
            seen.json(),
            serde_json::json!({ "givenName": "Federica", "middleNames": "Sanchez", "streetNumber": "4", "phoneNumber": "+34629255833" })
        );
        client(&served).match_number(&launch(), Version::V04).await.expect("an answer");
        assert_eq!(served.paths().last().map(String::as_str), Some("/kyc-match/v0.4/match"));
    }

    #[tokio::test]
    async fn a_refused_token_is_replaced_once() {
        let served = operator(|seen| match seen.headers["authorization"].as_str() {
            "Bearer t1" => told(401, r#"{"status":401,"code":"UNAUTHENTICATED","message":"x"}"#),
            _ => told(200, r#"{"givenNameMatch":"true"}"#),
        })
        .await;
        let client = client(&served);
        client.match_number(&launch(), Version::V02).await.expect("an answer");
        client.match_number(&launch(), Version::V02).await.expect("an answer");
        let m = "/kyc-match/v0.2/match";
        assert_eq!(served.paths(), ["/token", m, "/token", m, m], "the fresh one is kept");

        let never =
            operator(|_| told(401, r#"{"status":401,"code":"UNAUTHENTICATED","message":"x"}"#))
                .await;
        let error =
            self::client(&never).match_number(&launch(), Version::V02).await.expect_err("refused");
        assert!(
            matches!(&error, CallError::Refused(401, text) if text.contains("UNAUTHENTICATED")),
            "{error}"
        );
        assert_eq!(never.paths(), ["/token", m, "/token", m], "and no third try");
    }

    #[tokio::test]
    async fn an_answer_to_another_request_is_unusable_and_a_missing_number_is_noted() {
        let other = operator(|_| {
            (
                200,
                vec![("x-correlator", "another".to_owned())],
                r#"{"givenNameMatch":"true"}"#.into(),
            )
        })
        .await;
        let error = client(&other)
            .match_number(&launch(), Version::V02)
            .await
            .expect_err("another request");
        assert!(matches!(error, CallError::Unusable(_)), "{error}");
        let silent = serve(|seen| {
            if seen.path == "/token" {
                told(200, r#"{"access_token":"t"}"#)
            } else {
                told(200, r#"{"givenNameMatch":"true"}"#)
            }
        })
        .await;
        let (_, read) =
            client(&silent).match_number(&launch(), Version::V02).await.expect("an answer");
        assert!(!read.is_echoed);
    }

    #[tokio::test]
    async fn an_empty_number_is_none_and_one_in_other_letters_is_ours() {
        for change in [|_: &str| String::new(), |ours: &str| ours.to_uppercase()] {
            let served = operator(move |seen| {
                let echo = change(&seen.headers["x-correlator"]);
                (200, vec![("x-correlator", echo)], r#"{"givenNameMatch":"true"}"#.into())
            })
            .await;
            client(&served).match_number(&launch(), Version::V02).await.expect("an answer");
        }
    }

    #[tokio::test]
    async fn errors_are_explained_or_may_pass() {
        for (status, code, may_pass) in [
            (403, "KNOW_YOUR_CUSTOMER.INVALID_TOKEN_CONTEXT", false),
            (403, "INVALID_TOKEN_CONTEXT", false),
            (404, "NOT_FOUND", false),
            (422, "SERVICE_NOT_APPLICABLE", false),
            (429, "TOO_MANY_REQUESTS", true),
            (503, "UNAVAILABLE", true),
        ] {
            let served = operator(move |_| {
                told(
                    status,
                    &format!(r#"{{"status":{status},"code":"{code}","message":"+34629255833"}}"#),
                )
            })
            .await;
            let error =
                client(&served).match_number(&launch(), Version::V02).await.expect_err(code);
            assert_eq!(error.may_pass(), may_pass, "{error}");
            let sentence = error.sentence("The operator");
            assert!(may_pass || sentence.contains(code), "{sentence}");
            assert!(!sentence.contains("629255833"), "{sentence}");
        }
    }
}
