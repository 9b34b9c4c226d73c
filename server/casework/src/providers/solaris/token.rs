//! Access tokens: client credentials in, a bearer token of about an hour out, kept in memory until
//! shortly before it ends.
//!
//! `POST` to the connection's token address with HTTP Basic and a form of exactly
//! `application/x-www-form-urlencoded`; some token endpoints take no parameter behind that type.
//! The token travels in a header, never in an address.

use super::failure::{Failure, complaints};
use crate::{
    Clock,
    providers::{
        CallError,
        basic::basic,
        guard::{BODY_MAX, Bounds, Target, check_address, exchange},
        json::{int, object, text},
    },
};
use domain::Moment;
use reqwest::{Method, Url};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use url::form_urlencoded;
use zeroize::Zeroizing;

/// A token is not used in its last seconds: it must survive the call.
const MARGIN_MS: i64 = 30_000;
/// More accounts than a desk has.
const TOKENS_MAX: usize = 100;

/// Who we are at Solaris.
pub struct Account {
    /// Ours, to keep tokens of connections apart.
    pub connection: String,
    pub client_id: String,
    pub client_secret: Zeroizing<String>,
    /// `https://auth.solarisbank.de/oauth2/token`; each connection has its own.
    pub token_url: String,
    /// `partners`; empty is not sent.
    pub scope: String,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({} at {})", self.client_id, self.token_url)
    }
}

/// Tokens of all connections, in memory only, shared by all clients of the process.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<[u8; 32], Held>>);

struct Held {
    token: Arc<Zeroizing<String>>,
    until: Moment,
}

impl Tokens {
    fn find(&self, account: &Account, now: Moment) -> Option<Arc<Zeroizing<String>>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(&key(account)).filter(|h| now < h.until).map(|h| Arc::clone(&h.token))
    }

    fn keep(&self, account: &Account, token: &Arc<Zeroizing<String>>, until: Moment, now: Moment) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, h| now < h.until);
        if held.len() >= TOKENS_MAX {
            let first = held.iter().min_by_key(|(_, h)| h.until).map(|(key, _)| *key);
            first.and_then(|key| held.remove(&key));
        }
        held.insert(key(account), Held { token: Arc::clone(token), until });
    }

    /// Drops a token that was refused; another one that somebody fetched meanwhile stays.
    pub(super) fn forget(&self, account: &Account, refused: &Arc<Zeroizing<String>>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&key(account)).is_some_and(|h| Arc::ptr_eq(&h.token, refused)) {
            held.remove(&key(account));
        }
    }
}

/// Hash of all that a token depends on: changed credentials do not live on with an older token.
fn key(account: &Account) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [
        &account.connection,
        &account.client_id,
        account.client_secret.as_str(),
        &account.token_url,
        &account.scope,
    ] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// How tokens are had: everything but the API itself.
pub(super) struct Issuer {
    pub http: reqwest::Client,
    pub target: Target,
    pub account: Account,
    pub tokens: Arc<Tokens>,
    pub clock: Clock,
}

impl Issuer {
    /// A token that is good for a call. Whatever goes wrong here, the call itself was not sent, and
    /// the error says so.
    pub async fn token(&self) -> Result<Arc<Zeroizing<String>>, Failure> {
        if let Some(token) = self.tokens.find(&self.account, self.clock.now()) {
            return Ok(token);
        }
        self.fetch().await.map_err(|failure| {
            let error = match failure.error {
                error if error.may_have_happened() => {
                    CallError::NotSent(format!("no access token could be had: {error}"))
                }
                error => error,
            };
            Failure { error, complaints: failure.complaints }
        })
    }

    async fn fetch(&self) -> Result<Arc<Zeroizing<String>>, Failure> {
        let asked_at = self.clock.now();
        let Account { client_id, client_secret, token_url, scope, .. } = &self.account;
        let url = Url::parse(token_url)
            .map_err(|e| CallError::NotSent(format!("the token address: {e}")))?;
        check_address(&url, &self.target.private)
            .map_err(|why| CallError::NotSent(why.to_owned()))?;
        let basic = basic(client_id, client_secret);
        // Done before anything is awaited: the serializer cannot go from thread to thread.
        let form = {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("grant_type", "client_credentials");
            if !scope.is_empty() {
                form.append_pair("scope", scope);
            }
            form.finish()
        };
        let headers = [("authorization", basic.as_str()), ("accept", "application/json")];
        let body = Some(("application/x-www-form-urlencoded", form.into()));
        let answer = exchange(
            &self.http,
            Method::POST,
            url,
            &headers,
            body,
            Bounds { body_max: BODY_MAX, time: None },
        )
        .await?;
        if !answer.status.is_success() {
            let status = answer.status.as_u16();
            // OAuth says 400 for credentials too (RFC 6749, 5.2).
            if complaints(answer.shown_body())
                .iter()
                .any(|c| matches!(c.code.as_str(), "invalid_client" | "unauthorized_client"))
            {
                return Err(CallError::Credentials(status).into());
            }
            return Err(Failure::of(answer));
        }
        let (token, life) = read(&Zeroizing::new(answer.settled()?.body))?;
        let token = Arc::new(token);
        // A life that nobody states is not relied on: the token serves this call only.
        if let Some(life) = life {
            let until =
                asked_at.saturating_add(life.saturating_mul(1_000)).saturating_sub(MARGIN_MS);
            self.tokens.keep(&self.account, &token, until, asked_at);
        }
        Ok(token)
    }
}

/// The token and its life in seconds, where it is stated.
fn read(body: &[u8]) -> Result<(Zeroizing<String>, Option<i64>), Failure> {
    let value = object(body).map_err(Failure::unusable)?;
    if text(&value["token_type"]).is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(Failure::unusable("its access token is of a kind that we cannot use"));
    }
    let token = value["access_token"]
        .as_str()
        .filter(|t| !t.is_empty())
        .ok_or_else(|| Failure::unusable("it has no access token"))?;
    Ok((Zeroizing::new(token.to_owned()), int(&value["expires_in"]).filter(|s| *s > 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::fuzz::{bent, said};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_life_of_a_token_is_a_number_or_a_text() {
        for (life, seconds) in [
            ("3599", Some(3_599)),
            ("\"3599\"", Some(3_599)),
            ("0", None),
            ("-5", None),
            ("null", None),
        ] {
            let body = format!(
                r#"{{"access_token":"t","token_type":"bearer","scope":"partners","expires_in":{life}}}"#
            );
            assert_eq!(read(body.as_bytes()).expect("a token").1, seconds, "{life}");
        }
        for bad in
            ["{}", r#"{"access_token":""}"#, r#"{"access_token":"t","token_type":"mac"}"#, "<html>"]
        {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_account_does_not_tell_its_secret() {
        let account = Account {
            connection: "c".into(),
            client_id: "id".into(),
            client_secret: Zeroizing::new("hush".into()),
            token_url: "https://auth.example/oauth2/token".into(),
            scope: String::new(),
        };
        assert!(!format!("{account:?}").contains("hush"));
        let other = Account {
            client_secret: Zeroizing::new("new".into()),
            connection: "c".into(),
            client_id: "id".into(),
            token_url: account.token_url.clone(),
            scope: String::new(),
        };
        assert_ne!(key(&account), key(&other), "another secret needs another token");
    }

    proptest! {
        #[test]
        fn s_52_no_bent_answer_is_a_token_that_it_does_not_give(bytes in bent(json!({ "access_token": "t", "token_type": "bearer", "scope": "partners", "expires_in": 3599 }))) {
            if let Ok((token, life)) = read(&bytes) {
                let v = said(&bytes).expect("read");
                prop_assert_eq!(v["access_token"].as_str(), Some(token.as_str()));
                prop_assert!(!token.is_empty() && life.is_none_or(|life| life > 0));
            }
        }
    }
}
