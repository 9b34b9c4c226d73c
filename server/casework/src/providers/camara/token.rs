//! Access tokens: asked for in the operator's way, kept in memory until shortly before they end.
//!
//! Sources: CAMARA Security and Interoperability Profile, OpenID Connect CIBA (poll mode), RFC
//! 6749, RFC 7523, Telefonica Open Gateway. A token belongs to one phone number and one scope, so
//! the store is keyed by both and by the connection. Telefonica deviates from the profile: Basic
//! authentication, and purpose and scope joined by `#`.

use super::{
    client::{Client, NUMBER_MATCH},
    endpoint::{Endpoint, Explain},
    proof::Proof,
    wire::{self, Said},
};
use crate::providers::{
    CallError,
    basic::basic,
    guard::{BODY_MAX, Bounds, Exchange, check_address, exchange},
};
use domain::Moment;
use reqwest::{Method, Url};
use sha2::{Digest, Sha256};
use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use url::form_urlencoded;
use zeroize::Zeroizing;

/// A token is not used in its last seconds: it must survive the call.
const MARGIN_MS: i64 = 10_000;
/// More tokens than a desk needs at once; the ones that end first make room.
const TOKENS_MAX: usize = 1_000;
/// What `slow_down` adds to the interval, in seconds (OpenID Connect CIBA, 11).
const SLOW_DOWN_S: u64 = 5;

/// How the operator gives tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Ask for permission about the number, then ask until it is given.
    Ciba,
    /// One token for all numbers.
    ClientCredentials,
    /// A signed grant that names the number.
    JwtBearer,
}

/// Who we are at an operator.
#[derive(Debug)]
pub struct Account {
    /// Ours with its address, to keep tokens of connections apart, and those of one whose address
    /// changes.
    pub connection: String,
    pub client_id: String,
    pub proof: Proof,
    pub flow: Flow,
    /// `…/bc-authorize`; CIBA only.
    pub authorize_url: String,
    pub token_url: String,
    /// The number match's, as the operator takes it, spaces between several; those of its siblings
    /// are made from it.
    pub scope: String,
}

/// How long a permission is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// How long the operator's second lasts; tests shorten it.
    pub second: Duration,
    /// Operator's seconds; after that the check is tried again later.
    pub longest_s: u64,
}

impl Patience {
    pub const USUAL: Self = Self { second: Duration::from_secs(1), longest_s: 60 };
}

/// The authorisation address that stands beside a token address: `…/token` and `…/bc-authorize`.
#[must_use]
pub fn authorize_url_beside(token_url: &str) -> Option<String> {
    let mut url = Url::parse(token_url).ok()?;
    url.path_segments_mut().ok()?.pop_if_empty().pop().push("bc-authorize");
    Some(url.into())
}

/// Tokens of all operators, in memory only. Keys are hashes: no phone number stays behind.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<Key, Held>>);

/// See [`key`].
type Key = [u8; 32];

struct Held {
    token: Arc<Zeroizing<String>>,
    until: Moment,
}

impl Tokens {
    fn find(&self, key: &Key, now: Moment) -> Option<Arc<Zeroizing<String>>> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.get(key).filter(|h| now < h.until).map(|h| Arc::clone(&h.token))
    }

    fn keep(&self, key: Key, token: &Arc<Zeroizing<String>>, until: Moment, now: Moment) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.retain(|_, h| now < h.until);
        if held.len() >= TOKENS_MAX {
            let first = held.iter().min_by_key(|(_, h)| h.until).map(|(key, _)| *key);
            first.and_then(|key| held.remove(&key));
        }
        held.insert(key, Held { token: Arc::clone(token), until });
    }
}

/// Hash of connection, token address, number and scope; a token of ours alone belongs to no number.
fn key(account: &Account, phone: &str, scope: &str) -> Key {
    let phone = if account.flow == Flow::ClientCredentials { "" } else { phone };
    let mut hash = Sha256::new();
    for part in [&account.connection, &account.token_url, phone, scope] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// A token that is wanted: about which number, with which scope, and what it means when there is
/// none.
struct Wanted<'a> {
    phone: &'a str,
    scope: Cow<'a, str>,
    explain: Explain,
}

impl Client {
    /// A token that is good for a question to this endpoint about this number.
    pub(super) async fn token(
        &self,
        endpoint: &Endpoint,
        phone: &str,
    ) -> Result<Arc<Zeroizing<String>>, CallError> {
        let wanted =
            Wanted { phone, scope: self.account.scope_of(endpoint), explain: endpoint.explain };
        let key = key(&self.account, phone, &wanted.scope);
        if let Some(token) = self.tokens.find(&key, self.clock.now()) {
            return Ok(token);
        }
        let asked_at = self.clock.now();
        let given = match self.account.flow {
            Flow::Ciba => self.permitted(&wanted).await?,
            Flow::ClientCredentials => {
                let mut form = vec![("grant_type", "client_credentials")];
                form.extend((!wanted.scope.is_empty()).then_some(("scope", &*wanted.scope)));
                self.redeem(&form, wanted.explain).await?
            }
            Flow::JwtBearer => self.granted(&wanted).await?,
        };
        let token = Arc::new(given.token);
        // A life that nobody states is not relied on: the token serves this call only.
        if let Some(life) = given.expires_in {
            let until =
                asked_at.saturating_add(life.saturating_mul(1_000)).saturating_sub(MARGIN_MS);
            self.tokens.keep(key, &token, until, asked_at);
        }
        Ok(token)
    }

    /// Drops the token of a number, because the operator refuses it.
    pub(super) fn forget_token(&self, endpoint: &Endpoint, phone: &str) {
        let key = key(&self.account, phone, &self.account.scope_of(endpoint));
        self.tokens.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
    }

    /// Whether the operator takes our credentials, without asking about anybody: redeems a
    /// permission that nobody gave, which is refused only after we were recognised.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn try_account(&self) -> Result<(), CallError> {
        let form = match self.account.flow {
            Flow::ClientCredentials => return self.token(&NUMBER_MATCH, "").await.map(|_| ()),
            Flow::Ciba => {
                [("grant_type", "urn:openid:params:grant-type:ciba"), ("auth_req_id", "none")]
            }
            Flow::JwtBearer => [
                ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                ("assertion", "none"),
            ],
        };
        let answer = self.post(&self.account.token_url, &form).await?;
        match Said::of(&answer) {
            said if matches!(
                said.code.as_str(),
                "invalid_grant" | "expired_token" | "authorization_pending" | "access_denied"
            ) =>
            {
                Ok(())
            }
            said if said.code == "invalid_request" => Ok(()),
            _ if answer.status.is_success() => {
                wire::given(&Zeroizing::new(answer.settled()?.body)).map(|_| ())
            }
            said => Err(said.into_error(answer, NUMBER_MATCH.explain)),
        }
    }

    /// CIBA in poll mode: asks for permission and then, not faster than told, whether it is given.
    async fn permitted(&self, wanted: &Wanted<'_>) -> Result<wire::Given, CallError> {
        let hint = format!("tel:{}", wanted.phone);
        let answer = self
            .post(&self.account.authorize_url, &[("login_hint", &hint), ("scope", &wanted.scope)])
            .await?;
        if !answer.status.is_success() {
            return Err(Said::of(&answer).into_error(answer, wanted.explain));
        }
        let asked = wire::asked(&answer.settled()?.body)?;
        let end = asked.expires_in.unwrap_or(u64::MAX).min(self.patience.longest_s);
        let (mut interval, mut waited) = (asked.interval, 0_u64);
        loop {
            waited = waited.saturating_add(interval);
            if waited > end {
                return Err(Said { status: 400, code: "authorization_pending".into() }
                    .refusal(wanted.explain));
            }
            tokio::time::sleep(
                self.patience.second.saturating_mul(u32::try_from(interval).unwrap_or(u32::MAX)),
            )
            .await;
            let form = [
                ("grant_type", "urn:openid:params:grant-type:ciba"),
                ("auth_req_id", asked.auth_req_id.as_str()),
            ];
            let answer = self.post(&self.account.token_url, &form).await?;
            if answer.status.is_success() {
                return wire::given(&Zeroizing::new(answer.settled()?.body));
            }
            match Said::of(&answer) {
                said if said.code == "authorization_pending" => {}
                said if said.code == "slow_down" => interval = interval.saturating_add(SLOW_DOWN_S),
                said => return Err(said.into_error(answer, wanted.explain)),
            }
        }
    }

    async fn granted(&self, wanted: &Wanted<'_>) -> Result<wire::Given, CallError> {
        let Proof::Key(signing) = &self.account.proof else {
            return Err(CallError::NotSent("this way of signing in needs a private key; an admin has to add it to the connection".into()));
        };
        let Account { client_id, token_url, .. } = &self.account;
        let grant = signing
            .grant(client_id, wanted.phone, token_url, &wanted.scope, self.clock.now())
            .ok_or_else(unsigned)?;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", grant.as_str()),
        ];
        self.redeem(&form, wanted.explain).await
    }

    async fn redeem(
        &self,
        form: &[(&str, &str)],
        explain: Explain,
    ) -> Result<wire::Given, CallError> {
        let answer = self.post(&self.account.token_url, form).await?;
        if !answer.status.is_success() {
            return Err(Said::of(&answer).into_error(answer, explain));
        }
        wire::given(&Zeroizing::new(answer.settled()?.body))
    }

    /// Posts a form with our proof beside it.
    async fn post(&self, address: &str, form: &[(&str, &str)]) -> Result<Exchange, CallError> {
        let url = Url::parse(address)
            .map_err(|e| CallError::NotSent(format!("the token address: {e}")))?;
        check_address(&url, &self.target.private)
            .map_err(|why| CallError::NotSent(why.to_owned()))?;
        let mut pairs: Vec<(&str, Zeroizing<String>)> =
            form.iter().map(|(n, v)| (*n, Zeroizing::new((*v).to_owned()))).collect();
        let mut signed_in = Zeroizing::new(String::new());
        match &self.account.proof {
            Proof::Secret(secret) => signed_in = basic(&self.account.client_id, secret),
            Proof::Key(signing) => {
                let assertion = signing
                    .client_assertion(&self.account.client_id, address, self.clock.now())
                    .ok_or_else(unsigned)?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".to_owned();
                pairs.push(("client_assertion_type", Zeroizing::new(kind)));
                pairs.push(("client_assertion", assertion));
            }
        }
        let mut headers = vec![("accept", "application/json")];
        headers.extend((!signed_in.is_empty()).then_some(("authorization", signed_in.as_str())));
        let body = Some(("application/x-www-form-urlencoded", encoded(&pairs).into()));
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

/// Percent-encodes `#` and `+`, without which scope and number would be cut.
fn encoded(pairs: &[(&str, Zeroizing<String>)]) -> String {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(pairs.iter().map(|(n, v)| (*n, v.as_str())));
    body.finish()
}

fn unsigned() -> CallError {
    CallError::NotSent("the private key could not sign".into())
}

#[cfg(test)]
mod tests;
