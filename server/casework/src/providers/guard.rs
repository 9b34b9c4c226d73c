//! The one way out: every call has a deadline, a body limit, no redirects, no proxy, and only goes
//! to public addresses, unless the configuration names a private network and the connection is
//! ticked to reach it.
//!
//! Addresses are filtered inside the resolver, so a name that changes its mind between check and
//! connect gains nothing.

use super::{
    networks::{Networks, is_public},
    unreached::{self, NO_ADDRESS},
};
use bytes::Bytes;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use reqwest::{
    Method, StatusCode, Url,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use std::{
    collections::HashMap,
    io::Read,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Nothing larger is read from a provider.
pub const BODY_MAX: usize = 5 * 1024 * 1024;
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long a call may take where its connection has no deadline of its own.
pub const CALL_TIME_MS: u64 = 30_000;
/// The longest wait that a provider may ask for with `Retry-After`.
const RETRY_AFTER_MAX_MS: i64 = 3_600_000;

/// Stands for the provider's own words where these are not shown.
const UNSAID: &str = "what it said is not shown here.";

/// Where a connection's calls go.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    pub base_url: String,
    /// The private networks that it may reach, and in which http will do.
    pub private: Networks,
    pub deadline_ms: Option<u64>,
}

/// An answer whose status was 2xx.
#[derive(Debug, Clone)]
pub struct Answer {
    pub body: Vec<u8>,
    pub content_type: String,
}

/// Why a call did not give a usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It never left: the address is refused, or no connection could be made.
    #[error("not sent: {0}")]
    NotSent(String),
    #[error("no answer within the deadline")]
    Timeout,
    /// The connection broke after something may have been sent.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// 401 or 403.
    #[error("the provider refused the credentials ({0})")]
    Credentials(u16),
    #[error("not found at the provider")]
    NotFound,
    #[error("the provider says this is in conflict with its state")]
    Conflict,
    /// 402: out of points.
    #[error("the account at the provider is out of points")]
    OutOfPoints,
    /// 429, with the wait that was asked for in milliseconds.
    #[error("too many calls")]
    TooMany(Option<i64>),
    /// 429 because a quota is used up, with the wait that was asked for in milliseconds.
    #[error("the quota at the provider is used up")]
    QuotaUsedUp(Option<i64>),
    /// Another 4xx: sending the same again will not help.
    #[error("refused with {0}: {1}")]
    Refused(u16, Why),
    /// 5xx, with the wait that was asked for in milliseconds.
    #[error("the provider failed with {0}")]
    Failed(u16, Option<i64>),
    /// A redirect, a body that is too large, or one that is not what was promised.
    #[error("unusable answer: {0}")]
    Unusable(String),
}

/// Why a provider refused: first what we make of it, then its own words, which may speak of a
/// customer.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Why {
    text: String,
    /// So many bytes of it are ours.
    ours: usize,
}

impl Why {
    /// An explanation of ours alone.
    #[must_use]
    pub const fn ours(text: String) -> Self {
        let ours = text.len();
        Self { text, ours }
    }

    /// An explanation of ours, and what the provider said.
    #[must_use]
    pub fn explained(ours: &str, theirs: &str) -> Self {
        if theirs.is_empty() {
            return Self::ours(ours.to_owned());
        }
        Self { text: format!("{ours} ({theirs})"), ours: ours.len() }
    }
}

/// The provider's own words.
impl From<String> for Why {
    fn from(theirs: String) -> Self {
        Self { text: theirs, ours: 0 }
    }
}

impl From<&str> for Why {
    fn from(theirs: &str) -> Self {
        theirs.to_owned().into()
    }
}

impl std::ops::Deref for Why {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::fmt::Debug for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Debug::fmt(&self.text, f)
    }
}

impl CallError {
    /// Whether the provider may have done what was asked, although we have no proof.
    #[must_use]
    pub const fn may_have_happened(&self) -> bool {
        matches!(self, Self::Timeout | Self::Broken(_) | Self::Failed(..) | Self::Unusable(_))
    }

    /// Whether sending the same again can help.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(
            self,
            Self::NotSent(_)
                | Self::Timeout
                | Self::Broken(_)
                | Self::TooMany(_)
                | Self::QuotaUsedUp(_)
                | Self::Failed(..)
                | Self::Unusable(_)
        )
    }

    /// Whether this says that the provider as a whole does not answer, not that it minds this very
    /// call.
    #[must_use]
    pub const fn is_out_of_reach(&self) -> bool {
        matches!(self, Self::NotSent(_) | Self::Timeout | Self::Broken(_) | Self::Failed(..))
    }

    /// How long the provider asked us to wait.
    #[must_use]
    pub const fn retry_after_ms(&self) -> Option<i64> {
        match self {
            Self::TooMany(wait) | Self::QuotaUsedUp(wait) | Self::Failed(_, wait) => *wait,
            _ => None,
        }
    }

    /// What a reviewer or admin reads: what happened and what comes next.
    #[must_use]
    pub fn sentence(&self, provider: &str) -> String {
        let (what, next) = self.words(provider);
        format!("{what}{next}")
    }

    /// What an admin reads: status and cause, without the provider's own words.
    #[must_use]
    pub fn cause(&self, provider: &str) -> String {
        self.clone().without_theirs().last_sentence(provider, 1)
    }

    /// The same without the provider's own words. These may speak of a customer, and whoever can
    /// point a connection anywhere would read there what is not theirs. All else that can go wrong
    /// is told in our words anyway.
    #[must_use]
    pub fn without_theirs(self) -> Self {
        match self {
            Self::Refused(status, why) if !why.is_empty() && why.ours == 0 => {
                Self::Refused(status, Why::ours(UNSAID.into()))
            }
            Self::Refused(status, why) => {
                Self::Refused(status, Why::ours(why.text[..why.ours].to_owned()))
            }
            other => other,
        }
    }

    /// The same when nothing more is tried.
    #[must_use]
    pub fn last_sentence(&self, provider: &str, tries: i64) -> String {
        let (what, next) = self.words(provider);
        match (self.may_pass(), tries) {
            (false, _) => format!("{what}{next}"),
            (true, 1) => format!("{what} It was given up after one try."),
            (true, tries) => format!("{what} It was given up after {tries} tries."),
        }
    }

    /// What happened, and what comes next as long as it is tried again.
    fn words(&self, provider: &str) -> (String, &'static str) {
        const READ: &str = " Its state is read before anything is sent again.";
        const AGAIN: &str = " It is tried again.";
        match self {
            Self::NotSent(why) => (
                format!("{provider} could not be reached ({why}). Nothing was sent."),
                " It is tried again; an admin can test the connection.",
            ),
            Self::Timeout => (
                format!("{provider} did not answer in time."),
                " It may have received this; its state is read before anything is sent again.",
            ),
            Self::Broken(_) => (format!("The line to {provider} broke before it answered."), READ),
            Self::Credentials(403) => (
                format!(
                    "{provider} does not allow our account this (HTTP 403). An admin has to check what the account may do there, and the connection's credential."
                ),
                "",
            ),
            Self::Credentials(_) => (
                format!(
                    "{provider} refused our API token. An admin has to replace the connection's credential."
                ),
                "",
            ),
            Self::NotFound => (format!("{provider} does not know this any more."), ""),
            Self::Conflict => (format!("{provider} already has a decision for this."), ""),
            Self::OutOfPoints => (
                format!(
                    "Our account at {provider} is out of points. Top it up there, then run the check again."
                ),
                "",
            ),
            Self::TooMany(_) => (
                format!("{provider} asks us to slow down."),
                " It is tried again after the wait that it asked for.",
            ),
            Self::QuotaUsedUp(_) => (
                format!(
                    "Our quota at {provider} is used up (HTTP 429). An admin has to ask for more, or wait for the next period."
                ),
                AGAIN,
            ),
            Self::Refused(status, text) if text.is_empty() => {
                (format!("{provider} refused this (HTTP {status}) without saying why."), "")
            }
            Self::Refused(status, text) => {
                (format!("{provider} refused this (HTTP {status}): {text}"), "")
            }
            Self::Failed(503, _) => {
                (format!("{provider} is not available just now (HTTP 503)."), AGAIN)
            }
            Self::Failed(504, _) => (
                format!("{provider}'s own systems took too long (HTTP 504)."),
                " It may have received this; its state is read before anything is sent again.",
            ),
            Self::Failed(status, _) => {
                (format!("{provider} has a fault of its own (HTTP {status})."), AGAIN)
            }
            Self::Unusable(why) => {
                (format!("{provider} gave an answer that cannot be used ({why})."), AGAIN)
            }
        }
    }
}

/// HTTP clients, one per target so that connections are reused.
#[derive(Default)]
pub struct Clients(Mutex<HashMap<Target, reqwest::Client>>);

impl Clients {
    /// The client for a target.
    ///
    /// # Errors
    /// An address that is not allowed.
    pub fn http(&self, target: &Target) -> Result<reqwest::Client, CallError> {
        let url = Url::parse(&target.base_url).map_err(|e| CallError::NotSent(e.to_string()))?;
        check_address(&url, &target.private).map_err(|why| CallError::NotSent(why.to_owned()))?;
        let mut clients = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(client) = clients.get(target) {
            return Ok(client.clone());
        }
        let time = Duration::from_millis(target.deadline_ms.unwrap_or(CALL_TIME_MS));
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            // As it was before files could lie in a bucket, whose client brings HTTP/2 along.
            .http1_only()
            .https_only(target.private.is_empty())
            // Before all of the time is over: who is not connected by then certainly sent nothing.
            .connect_timeout(CONNECT_TIME.min(time * 3 / 4))
            .timeout(time)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(concat!("Probity/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Arc::new(Filtered(target.private.clone())))
            .build()
            .map_err(|e| CallError::NotSent(e.to_string()))?;
        clients.insert(target.clone(), client.clone());
        Ok(client)
    }
}

/// Refuses addresses that a provider never has: other schemes, and private hosts outside these
/// networks. Plain http is for a private address in numbers: what a name leads to is known too
/// late.
///
/// # Errors
/// Why it is refused, as the end of a sentence.
pub fn check_address(url: &Url, private: &Networks) -> Result<(), &'static str> {
    let literal = match url.host() {
        Some(url::Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(url::Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(url::Host::Domain(_)) => None,
        None => return Err("the address has no host"),
    };
    let is_ours = literal.is_some_and(|ip| private.contain(ip));
    match url.scheme() {
        "https" => {}
        "http" if is_ours => {}
        "http" => {
            return Err(
                "the address must begin with https://, unless it is a private one in numbers, the configuration names its network (PROBITY_ALLOWED_PRIVATE) and the connection may reach it",
            );
        }
        _ => return Err("the address must begin with https://"),
    }
    match literal {
        Some(ip) if !is_ours && !is_public(ip) => Err(
            "this is a private address: connections reach those only in networks that the configuration names (PROBITY_ALLOWED_PRIVATE), and only when they are allowed to",
        ),
        _ => Ok(()),
    }
}

struct Filtered(Networks);

impl Resolve for Filtered {
    fn resolve(&self, name: Name) -> Resolving {
        let private = self.0.clone();
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|e| format!("{NO_ADDRESS}: {e}"))?;
            let kept: Vec<SocketAddr> =
                found.filter(|a| is_public(a.ip()) || private.contain(a.ip())).collect();
            if kept.is_empty() {
                return Err("the name has no public address".into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

/// JSON on its way out, with its length, which providers may want to know even of what is made
/// while it leaves.
pub(super) struct Body {
    length: u64,
    bytes: reqwest::Body,
}

impl Body {
    /// A body of `length` bytes in all, made piece by piece as the line takes it.
    pub(super) fn in_pieces(
        length: u64,
        pieces: impl Iterator<Item = Bytes> + Send + 'static,
    ) -> Self {
        let pieces = futures::stream::iter(pieces.map(Ok::<_, std::convert::Infallible>));
        Self { length, bytes: reqwest::Body::wrap_stream(pieces) }
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self { length: text.len() as u64, bytes: text.into() }
    }
}

/// What a call may take beyond the usual.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The longest answer, in bytes.
    pub body_max: usize,
    /// For the whole call; absent is the client's.
    pub time: Option<Duration>,
}

/// Sends one request and reads its answer within the bounds.
pub(super) async fn call_within(
    client: &reqwest::Client,
    method: Method,
    url: Url,
    headers: &[(&'static str, &str)],
    body: Option<Body>,
    bounds: Bounds,
) -> Result<Answer, CallError> {
    let body = body.map(|body| ("application/json", body));
    exchange(client, method, url, headers, body, bounds).await?.settled()
}

/// An answer of any status.
pub(super) struct Exchange {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    body: Result<Vec<u8>, CallError>,
    /// A body that is not packed as its header says, as it came.
    packed: Option<Vec<u8>>,
}

impl Exchange {
    /// The answer when its status is 2xx, and what stands in the way otherwise.
    pub fn settled(self) -> Result<Answer, CallError> {
        let content_type = self.header("content-type").unwrap_or("").chars().take(100).collect();
        if self.status.is_success() {
            return self.body.map(|body| Answer { body, content_type });
        }
        // The status says enough; a body that cannot be read takes nothing from it.
        Err(refusal(self.status, self.header("retry-after"), self.shown_body()))
    }

    /// The body, empty when it could not be read.
    pub fn shown_body(&self) -> &[u8] {
        self.body.as_deref().unwrap_or_default()
    }

    /// A body that could not be unpacked, as it came.
    pub fn not_unpacked(&self) -> Option<&[u8]> {
        self.packed.as_deref()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }
}

/// Sends one request with a body of the given content type and reads the answer, whatever its
/// status.
pub(super) async fn exchange(
    client: &reqwest::Client,
    method: Method,
    url: Url,
    headers: &[(&'static str, &str)],
    body: Option<(&str, Body)>,
    bounds: Bounds,
) -> Result<Exchange, CallError> {
    let mut request = client.request(method, url);
    if let Some(time) = bounds.time {
        request = request.timeout(time);
    }
    for (name, value) in headers {
        let mut value = reqwest::header::HeaderValue::from_str(value).map_err(|_| {
            CallError::NotSent("a header has characters that cannot be sent".into())
        })?;
        value.set_sensitive(true);
        request = request.header(*name, value);
    }
    if let Some((content_type, Body { length, bytes })) = body {
        request = request
            .header("content-type", content_type)
            .header("content-length", length)
            .body(bytes);
    }
    let mut response = request.send().await.map_err(|e| sort(&e))?;
    let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
    let (body, packed) = match (read(response, bounds.body_max).await, Packing::of(&headers)) {
        (Ok(bytes), Some(packing)) if !bytes.is_empty() => {
            match unpack(&bytes, packing, bounds.body_max) {
                Ok(body) if body.len() > bounds.body_max => (Err(too_large(bounds.body_max)), None),
                Ok(body) => (Ok(body), None),
                Err(_) => {
                    (Err(CallError::Unusable("its body cannot be unpacked".into())), Some(bytes))
                }
            }
        }
        (body, _) => (body, None),
    };
    Ok(Exchange { status, headers, body, packed })
}

/// How a body is packed.
#[derive(Debug, Clone, Copy)]
enum Packing {
    Gzip,
    Deflate,
}

impl Packing {
    /// As the header says; what it does not name is taken as it comes.
    fn of(headers: &reqwest::header::HeaderMap) -> Option<Self> {
        let said = headers.get("content-encoding")?.to_str().ok()?.trim().to_ascii_lowercase();
        match said.as_str() {
            "gzip" | "x-gzip" => Some(Self::Gzip),
            "deflate" => Some(Self::Deflate),
            _ => None,
        }
    }
}

/// What was packed, up to one byte more than may be.
fn unpack(packed: &[u8], packing: Packing, body_max: usize) -> std::io::Result<Vec<u8>> {
    let (mut body, most) = (Vec::new(), body_max as u64 + 1);
    match packing {
        Packing::Gzip => MultiGzDecoder::new(packed).take(most).read_to_end(&mut body)?,
        Packing::Deflate => ZlibDecoder::new(packed).take(most).read_to_end(&mut body)?,
    };
    Ok(body)
}

fn too_large(body_max: usize) -> CallError {
    CallError::Unusable(format!("its body is larger than {} MB", body_max / 1024 / 1024))
}

async fn read(mut response: reqwest::Response, body_max: usize) -> Result<Vec<u8>, CallError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| sort(&e))? {
        if body.len() + chunk.len() > body_max {
            return Err(too_large(body_max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn sort(error: &reqwest::Error) -> CallError {
    if error.is_connect() {
        CallError::NotSent(unreached::why(error))
    } else if error.is_timeout() {
        CallError::Timeout
    } else if error.is_decode() {
        CallError::Unusable("its body cannot be read to its end".into())
    } else {
        CallError::Broken(unreached::innermost(error).to_string().chars().take(200).collect())
    }
}

fn refusal(status: StatusCode, retry_after: Option<&str>, body: &[u8]) -> CallError {
    let wait = || retry_after.and_then(read_retry_after);
    match status.as_u16() {
        401 | 403 => CallError::Credentials(status.as_u16()),
        402 => CallError::OutOfPoints,
        404 => CallError::NotFound,
        409 => CallError::Conflict,
        429 if names_quota(body) => CallError::QuotaUsedUp(wait()),
        429 => CallError::TooMany(wait()),
        code @ 500..=599 => CallError::Failed(code, wait()),
        code @ 300..=399 => {
            CallError::Unusable(format!("it redirects (HTTP {code}), which is not followed"))
        }
        code => CallError::Refused(code, message_of(body).into()),
    }
}

/// Whether a refusal says that it is the quota, not the pace: `QUOTA_EXCEEDED` as the code of one
/// of its entries.
fn names_quota(body: &[u8]) -> bool {
    fn is_named(value: &serde_json::Value) -> bool {
        let is_code = |v: &serde_json::Value| {
            v.as_str()
                .is_some_and(|code| code.trim().to_ascii_uppercase().ends_with("QUOTA_EXCEEDED"))
        };
        match value {
            serde_json::Value::Array(all) => all.iter().any(is_named),
            serde_json::Value::Object(_) => {
                ["code", "error"].iter().any(|key| is_code(&value[*key]))
                    || ["errors", "error"].iter().any(|key| is_named(&value[*key]))
            }
            _ => false,
        }
    }
    super::json::value(body).is_ok_and(|value| is_named(&value))
}

/// Reads `Retry-After`, in seconds or as a date, capped at one hour; nonsense is left to our own
/// pace.
fn read_retry_after(text: &str) -> Option<i64> {
    let text = text.trim();
    let wait = match text.parse::<i64>() {
        Ok(seconds) if seconds < 0 => return None,
        Ok(seconds) => seconds.saturating_mul(1_000),
        Err(_) => {
            let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            date.as_millisecond().saturating_sub(jiff::Timestamp::now().as_millisecond()).max(0)
        }
    };
    Some(wait.min(RETRY_AFTER_MAX_MS))
}

/// The provider's own words out of an error body: `message` of a JSON object, else the text itself.
fn message_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(2_000)]);
    let json = super::json::value(body).ok();
    let message =
        json.as_ref().and_then(|v| v.get("message")).and_then(|m| m.as_str()).map(str::to_owned);
    let plain = message.unwrap_or_else(|| text.into_owned());
    domain::fields::one_line(&plain).chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_before_any_call() {
        let check = |url: &str, private: &Networks| {
            check_address(&Url::parse(url).expect("a url"), private).is_ok()
        };
        let nowhere = Networks::default();
        assert!(check("https://external-api.kryptogo.com", &nowhere));
        for refused in [
            "http://external-api.kryptogo.com",
            "https://127.0.0.1",
            "https://2130706433",
            "https://0x7f000001",
            "https://[::ffff:127.0.0.1]",
            "https://[2001::1]",
            "https://[3fff::1]",
            "ftp://example.com",
            "file:///etc/passwd",
        ] {
            assert!(!check(refused, &nowhere), "{refused}");
        }
        let loopback = Networks::loopback();
        assert!(
            check("http://127.0.0.1:3999", &loopback)
                && check("https://[::ffff:127.0.0.1]", &loopback)
        );
        for refused in [
            "http://10.0.0.1",
            "https://10.0.0.1",
            "http://169.254.169.254",
            "http://external-api.kryptogo.com",
            "http://localhost:3999",
            "ftp://127.0.0.1",
        ] {
            assert!(
                !check(refused, &loopback),
                "{refused}: only what is named, and in clear only what is certainly there"
            );
        }
    }

    /// S-18: whatever a provider says, an admin who tests a connection reads the status and our own
    /// words alone.
    #[test]
    fn s_18_a_cause_has_none_of_the_providers_words() {
        const THEIRS: &str = "CANARY of Mette Sørensen";
        for error in [
            CallError::Refused(400, THEIRS.into()),
            CallError::Refused(400, Why::explained("Our account may not do this.", THEIRS)),
            CallError::Broken(THEIRS.into()),
            refusal(StatusCode::IM_A_TEAPOT, None, THEIRS.as_bytes()),
        ] {
            let cause = error.cause("Solaris");
            assert!(
                !cause.contains("CANARY")
                    && cause.starts_with("The line to Solaris") | cause.starts_with("Solaris "),
                "{cause}"
            );
        }
        let explained =
            CallError::Refused(403, Why::explained("Our account may not do this.", THEIRS));
        assert_eq!(
            explained.cause("Solaris"),
            "Solaris refused this (HTTP 403): Our account may not do this."
        );
        assert_eq!(
            explained.sentence("Solaris"),
            format!("Solaris refused this (HTTP 403): Our account may not do this. ({THEIRS})")
        );
        assert_eq!(
            CallError::Refused(400, "no".into()).cause("Solaris"),
            format!("Solaris refused this (HTTP 400): {UNSAID}")
        );
        assert_eq!(
            CallError::Timeout.cause("Solaris"),
            "Solaris did not answer in time. It was given up after one try."
        );
    }

    #[test]
    fn a_wait_is_honoured_but_capped() {
        for (text, ms) in [
            ("0", Some(0)),
            ("2", Some(2_000)),
            ("1000000000", Some(RETRY_AFTER_MAX_MS)),
            ("-5", None),
            ("Wed, 21 Oct 2099 07:28:00 GMT", Some(RETRY_AFTER_MAX_MS)),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(0)),
            ("Wed, 99 Oct 2015 07:28:00 GMT", None),
            ("99999999999999999999", None),
            ("1e9", None),
            ("", None),
        ] {
            assert_eq!(read_retry_after(text), ms, "{text}");
        }
    }

    #[test]
    fn statuses_are_sorted_by_what_may_be_done_next() {
        let sorted = |code: u16| {
            refusal(
                StatusCode::from_u16(code).expect("a status"),
                Some("7"),
                br#"{"code":1,"message":"no"}"#,
            )
        };
        assert_eq!(sorted(409), CallError::Conflict);
        assert_eq!(sorted(429), CallError::TooMany(Some(7_000)));
        assert_eq!(sorted(400), CallError::Refused(400, "no".into()));
        assert!(sorted(503).may_have_happened() && sorted(302).may_pass());
        for code in [400, 401, 402, 403, 404, 409] {
            assert!(!sorted(code).may_pass() && !sorted(code).may_have_happened(), "{code}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_a_private_address_is_not_called() {
        rustls::crypto::ring::default_provider().install_default().ok();
        let target = Target {
            base_url: "https://localhost:1".into(),
            private: Networks::default(),
            deadline_ms: Some(2_000),
        };
        let client = Clients::default().http(&target).expect("a client");
        let url = Url::parse(&target.base_url).expect("a url");
        let bounds = Bounds { body_max: BODY_MAX, time: None };
        let error =
            call_within(&client, Method::GET, url, &[], None, bounds).await.expect_err("refused");
        assert_eq!(error, CallError::NotSent("the name has no public address".into()));
    }
}
