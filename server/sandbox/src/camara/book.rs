//! What the operators remember while they run: tokens, requests for tokens, registered keys, how
//! often what was matched, and how often each trigger was met.

use std::collections::{BTreeMap, HashMap, VecDeque};

use serde_json::Value;

use crate::text::{now_ms, unguessable};

use super::{
    Operator, Service,
    oauth::{Key, Pending, Token},
};

/// Tokens are swept when there are more than this.
const TOKENS_MAX: usize = 10_000;

/// Where tries are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Step {
    Match,
    Service(Service),
    Authorize,
    Token,
}

/// One number with one set of attributes and values, and how often it was asked about.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub operator: &'static str,
    pub version: &'static str,
    pub number: String,
    /// Attribute to the value that was sent.
    pub attributes: Value,
    /// Requests that were authorised and well-formed, whatever the answer was.
    pub received: u32,
    /// Those of them that were answered with results.
    pub answered: u32,
}

/// One number at one of the other services with one request, and how often it came.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub operator: &'static str,
    pub service: Service,
    pub number: String,
    /// The request's members, without the number.
    pub asked: Value,
    /// Requests that were authorised and well-formed, whatever the answer was.
    pub received: u32,
    /// Those of them that were answered with 200.
    pub answered: u32,
}

/// Everything that changes.
#[derive(Default)]
pub(crate) struct Book {
    tokens: HashMap<String, Token>,
    pub(super) pending: HashMap<String, Pending>,
    pub(super) keys: Vec<Key>,
    /// Client and `jti` of each assertion that was used, with its end in UTC milliseconds.
    used: HashMap<(String, String), i64>,
    matched: BTreeMap<String, Matched>,
    called: BTreeMap<String, Called>,
    tries: HashMap<(Step, &'static str, String), u32>,
    arrivals: HashMap<&'static str, VecDeque<i64>>,
}

impl Book {
    /// A new token's text.
    pub(super) fn issue(&mut self, token: Token) -> String {
        let now = now_ms();
        if self.tokens.len() >= TOKENS_MAX {
            self.tokens.retain(|_, token| token.expires_ms > now);
        }
        let text = unguessable();
        self.tokens.insert(text.clone(), token);
        text
    }

    /// A token that has not expired and is of this operator.
    pub(super) fn token(&self, operator: &Operator, text: &str) -> Option<Token> {
        let token = self.tokens.get(text)?;
        (token.expires_ms > now_ms() && token.operator == operator.name).then(|| token.clone())
    }

    /// Ends one token now.
    pub(super) fn end(&mut self, text: &str) {
        self.tokens.remove(text);
    }

    /// Ends all tokens now; the published one cannot end.
    pub fn end_all(&mut self) -> usize {
        std::mem::take(&mut self.tokens).len()
    }

    /// Registers a public key of a client, in place of one with the same client and key id.
    pub fn register(&mut self, key: Key) {
        self.keys.retain(|known| (&known.client, &known.id) != (&key.client, &key.id));
        self.keys.push(key);
    }

    /// True once for each assertion; its `jti` is remembered until it has ended.
    pub(super) fn first_use(&mut self, client: &str, jti: &str, end_ms: i64) -> bool {
        let now = now_ms();
        self.used.retain(|_, end| *end > now);
        self.used.insert((client.to_owned(), jti.to_owned()), end_ms).is_none()
    }

    /// Counts a try; the first one is 1.
    pub(super) fn attempt(&mut self, step: Step, operator: &Operator, number: &str) -> u32 {
        let tries = self.tries.entry((step, operator.name, number.to_owned())).or_default();
        *tries += 1;
        *tries
    }

    /// Whether the operator takes one more match in this second.
    pub(super) fn admit(&mut self, operator: &Operator) -> bool {
        let Some(most) = operator.rate_per_s else { return true };
        let now = now_ms();
        let arrivals = self.arrivals.entry(operator.name).or_default();
        arrivals.retain(|at| now - at < 1_000);
        let fits = arrivals.len() < most;
        if fits {
            arrivals.push_back(now);
        }
        fits
    }

    /// Counts a match and gives the key to say later that it was answered.
    pub(super) fn received(&mut self, asked: Matched) -> String {
        let key =
            format!("{} {} {} {}", asked.number, asked.operator, asked.version, asked.attributes);
        self.matched.entry(key.clone()).or_insert(asked).received += 1;
        key
    }

    pub(super) fn answered(&mut self, key: &str) {
        if let Some(matched) = self.matched.get_mut(key) {
            matched.answered += 1;
        }
    }

    /// All matches, by number.
    pub fn matched(&self) -> impl Iterator<Item = &Matched> {
        self.matched.values()
    }

    /// Counts a call of another service and gives the key to say later that it was answered.
    pub(super) fn called(&mut self, called: Called) -> String {
        let key = format!(
            "{} {} {} {}",
            called.number,
            called.operator,
            called.service.path(),
            called.asked
        );
        self.called.entry(key.clone()).or_insert(called).received += 1;
        key
    }

    pub(super) fn answered_call(&mut self, key: &str) {
        if let Some(called) = self.called.get_mut(key) {
            called.answered += 1;
        }
    }

    /// All calls of the other services, by number.
    pub fn calls(&self) -> impl Iterator<Item = &Called> {
        self.called.values()
    }

    /// Forgets matches, calls and tries; tokens and keys stay good.
    pub fn reset(&mut self) {
        self.matched.clear();
        self.called.clear();
        self.tries.clear();
        self.arrivals.clear();
    }
}
