//! What every request passes: a number, headers, the origin check, the session, and the page that
//! says no.

use app::pages::{AppError, Assets, Ctx, Need, access::WITHOUT_FACTOR, forms::own_path, shell};
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use casework::{Work, people::SignedIn};
use domain::{
    journal::{Action, Subject},
    time::SECOND,
};
use futures::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, uri::Authority};
use serde_json::json;
use std::{
    net::{IpAddr, SocketAddr},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};
use tokio_util::sync::CancellationToken;
use tower_sessions::Session;

use crate::uploads::Uploads;

/// The session's cookie. The prefix makes browsers refuse it without Secure, with a Domain, or for
/// another path.
pub const COOKIE: &str = "__Host-probity";
/// What pages are.
pub const HTML: &str = "text/html; charset=utf-8";
/// How old the note of a person's last activity may be before it is written again.
const SEEN_EVERY: i64 = 30 * SECOND;

/// What handlers share.
#[derive(Clone)]
pub struct Shared {
    pub work: Work,
    pub assets: Arc<Assets>,
    /// The names that the desk answers to.
    pub hosts: Arc<Hosts>,
    /// Cancelled once this process was told to stop.
    pub stop: CancellationToken,
    /// Places for forms that bring pictures.
    pub uploads: Arc<Uploads>,
    /// Proxies that are believed when they say for whom they ask.
    pub proxies: Arc<[ipnet::IpNet]>,
}

/// This request's number and nonce.
#[derive(Clone)]
pub struct Number {
    pub request_id: String,
    pub nonce: String,
}

/// A page refreshes itself: the moment of the last change that it shows. Such a request is no
/// activity of a person.
pub fn refresh(headers: &HeaderMap) -> Option<i64> {
    headers.get("x-probity-refresh").and_then(|v| v.to_str().ok()).and_then(|v| v.parse().ok())
}

/// Outermost: numbers the request, catches panics, and puts the security headers on every answer.
pub async fn outermost(State(shared): State<Shared>, mut request: Request, next: Next) -> Response {
    let number =
        Number { request_id: casework::new_id(), nonce: hex::encode(casework::random::<16>()) };
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    request.extensions_mut().insert(number.clone());
    let started = std::time::Instant::now();
    let mut response = match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(_) => {
            tracing::error!(request_id = number.request_id, "a request panicked");
            refuse(&bare(&shared, &number, &path), &AppError::Internal)
        }
    };
    let status = response.status();
    // Saying that it stops is no failure.
    let says_that_it_stops = shared.stop.is_cancelled() && path == "/readyz";
    if status.is_server_error() && !says_that_it_stops {
        tracing::error!(request_id = number.request_id, %method, %status, "failed");
    } else {
        tracing::debug!(request_id = number.request_id, %method, %status, ms = started.elapsed().as_millis(), "answered");
    }
    add_headers(response.headers_mut(), &number);
    whole_cookies(response.headers_mut());
    if shared.stop.is_cancelled() {
        // The next request of this client is for another instance.
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A context without a person, for answers before the session is known.
pub fn bare(shared: &Shared, number: &Number, path: &str) -> Ctx {
    Ctx {
        work: shared.work.clone(),
        assets: shared.assets.clone(),
        signed_in: None,
        request_id: number.request_id.clone(),
        nonce: number.nonce.clone(),
        path: path.to_owned(),
    }
}

fn add_headers(headers: &mut HeaderMap, number: &Number) {
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{n}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{n}'; img-src 'self' blob:; connect-src 'self'; \
         font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
        n = number.nonce
    );
    let fixed = [
        ("strict-transport-security", "max-age=31536000; includeSubDomains"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        (
            "permissions-policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-read=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mut dynamic = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value)
            && !headers.contains_key(&name)
        {
            headers.insert(name, value);
        }
    };
    dynamic(header::CONTENT_SECURITY_POLICY, &policy);
    dynamic(header::CACHE_CONTROL, "no-store");
    dynamic(HeaderName::from_static("x-request-id"), &number.request_id);
}

/// Every cookie that is set or taken away has all of its attributes: browsers refuse one with our
/// prefix that lacks any, and a cookie that is to go would stay.
fn whole_cookies(headers: &mut HeaderMap) {
    if !headers.contains_key(header::SET_COOKIE) {
        return;
    }
    let cookies: Vec<HeaderValue> =
        headers.get_all(header::SET_COOKIE).iter().filter_map(whole_cookie).collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        headers.append(header::SET_COOKIE, cookie);
    }
}

fn whole_cookie(cookie: &HeaderValue) -> Option<HeaderValue> {
    let mut whole = cookie.to_str().ok()?.to_owned();
    for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/"] {
        let name = attribute.split('=').next().unwrap_or_default();
        let has = |piece: &str| {
            piece.trim().split('=').next().is_some_and(|n| n.eq_ignore_ascii_case(name))
        };
        if !whole.split(';').skip(1).any(has) {
            whole.push_str("; ");
            whole.push_str(attribute);
        }
    }
    HeaderValue::from_str(&whole).ok()
}

/// The names that the desk answers to: the host of its public address and, where it listens on this
/// machine only, the names that this machine has for itself. Ports are left to whoever leads
/// requests here.
#[derive(Debug)]
pub struct Hosts {
    public: Option<String>,
    is_local: bool,
}

impl Hosts {
    #[must_use]
    pub fn of(public_url: &str, listen: SocketAddr) -> Self {
        Self { public: host_of(public_url), is_local: listen.ip().is_loopback() }
    }

    /// Whether a request is for us. One that names two hosts, or none, is not.
    fn are_asked(&self, request: &Request) -> bool {
        let mut named = request.headers().get_all(header::HOST).iter();
        let (named, another) =
            (named.next().and_then(|host| host.to_str().ok()), named.next().is_some());
        // A whole address in the first line of a request counts, and must not say something else
        // than the header.
        let in_line = request.uri().authority().map(Authority::as_str);
        match (in_line, named) {
            _ if another => false,
            (Some(line), Some(host)) => self.has(line) && self.has(host),
            (line, host) => line.or(host).is_some_and(|host| self.has(host)),
        }
    }

    fn has(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        if host.contains('@') {
            return false;
        }
        let name = authority.host();
        let name = name.strip_suffix('.').unwrap_or(name);
        let is_public =
            self.public.as_deref().is_some_and(|public| public.eq_ignore_ascii_case(name));
        is_public || (self.is_local && is_this_machine(name))
    }
}

/// The host of the public address; nothing when it is no address of a web server.
#[must_use]
pub fn host_of(public_url: &str) -> Option<String> {
    let url =
        url::Url::parse(public_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    url.host_str().map(str::to_owned)
}

fn is_this_machine(name: &str) -> bool {
    let address = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Answers only under the desk's own names: a page of another name that is led to this machine
/// would be of one origin with whatever answers it, and could read it. Those who ask whether we are
/// well are not asked back.
pub async fn host(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/healthz" | "/readyz") || shared.hosts.are_asked(&request) {
        return next.run(request).await;
    }
    let number = number(&request);
    let page = app::pages::Shown::new("Another name", || {
        use leptos::prelude::*;
        view! {
            <section class="blank" data-blank="denied">
                <h1>"The desk has another name"</h1>
                <p>"It does not answer under the name that your browser asked for. Nothing was done. Open it under the address that you were given; an admin can tell you."</p>
                <p class="meta">"For the operator: the name is that of PROBITY_PUBLIC_URL, and a proxy before the desk has to pass on the Host header as it comes."</p>
            </section>
        }
        .into_any()
    });
    html(StatusCode::MISDIRECTED_REQUEST, page.render(&bare(&shared, &number, "")))
}

/// Lets unsafe requests pass only from our own pages; before any handler, sign-in included.
///
/// `Sec-Fetch-Site` decides where it is sent; else `Origin` must name our host; with neither, no.
/// Provider callbacks carry no cookie and have a secret address instead.
pub async fn origin(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if safe || request.uri().path().starts_with("/callbacks/") || is_own(request.headers()) {
        return next.run(request).await;
    }
    let number = number(&request);
    refuse(&bare(&shared, &number, request.uri().path()), &AppError::Foreign)
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    if headers.get_all("sec-fetch-site").iter().count() > 1 {
        return false;
    }
    match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority.eq_ignore_ascii_case(host)),
        _ => false,
    }
}

/// The number that the outermost layer gave.
pub fn number(request: &Request) -> Number {
    request.extensions().get::<Number>().cloned().unwrap_or_else(|| Number {
        request_id: casework::new_id(),
        nonce: hex::encode(casework::random::<16>()),
    })
}

/// Reads who is calling and notes their activity.
///
/// # Errors
/// The database.
pub async fn context(
    shared: &Shared,
    number: &Number,
    session: &Session,
    headers: &HeaderMap,
    path: &str,
) -> Result<Ctx, AppError> {
    let mut ctx = bare(shared, number, path);
    let has_cookie = headers
        .get_all(header::COOKIE)
        .iter()
        .any(|c| c.to_str().is_ok_and(|c| c.contains(COOKIE)));
    if has_cookie {
        ctx.signed_in = session.get::<SignedIn>(SignedIn::KEY).await.map_err(|error| {
            tracing::error!(%error, "a session could not be read");
            AppError::Busy
        })?;
    }
    if let Some(signed_in) = &ctx.signed_in
        && refresh(headers).is_none()
        && ctx.now() - signed_in.seen_at > SEEN_EVERY
    {
        note_activity(&shared.work, signed_in.session_hash.clone(), ctx.now()).await;
    }
    Ok(ctx)
}

/// How long a request waits for its activity to be noted.
const NOTE_TIME: Duration = Duration::from_millis(300);

/// Reading goes on while nothing can be written; activity that is not noted only lets a session end
/// sooner.
async fn note_activity(work: &Work, session_hash: String, now: domain::Moment) {
    let work = work.clone();
    let noted = tokio::spawn(async move {
        if let Err(error) = casework::people::seen(&work, &session_hash, now).await {
            tracing::warn!(%error, "a session's activity could not be noted");
        }
    });
    tokio::time::timeout(NOTE_TIME, noted).await.ok();
}

/// Whether this person may; that a signed-in person's role does not include it is a journal entry.
/// That a role waits, or that a second factor is missing, is none: there is no more to it than a
/// page that says what to do first.
///
/// # Errors
/// Signed out, without the second factor that the role takes, or the permission is missing.
pub async fn permit(ctx: &Ctx, need: Need) -> Result<(), AppError> {
    if need != Need::Nobody && ctx.must_enrol() && !WITHOUT_FACTOR.contains(&ctx.path.as_str()) {
        return Err(AppError::FactorNeeded);
    }
    let refused = match need {
        Need::Nobody => return Ok(()),
        Need::SignedIn | Need::Fresh => return ctx.caller().map(|_| ()),
        Need::Permission(permission) => ctx.caller_who(permission).err(),
    };
    match refused {
        None => Ok(()),
        Some(error @ AppError::Forbidden(_)) => {
            let entry = ctx.actor().entry(
                ctx.now(),
                Action::AccessRefused,
                Subject::System,
                "",
                json!({ "path": ctx.path }),
            );
            ctx.work.views.record(entry).await?;
            Err(error)
        }
        Some(error) => Err(error),
    }
}

/// The page that says what happened and what to do next.
pub fn refuse(ctx: &Ctx, error: &AppError) -> Response {
    html(error.status(), shell::blank(ctx, error).render(ctx))
}

/// A page; one that says to come back says when.
pub fn html(status: StatusCode, text: String) -> Response {
    let mut response = (status, [(header::CONTENT_TYPE, HTML)], Body::from(text)).into_response();
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// A redirect to a path of our own.
pub fn see_other(path: &str) -> Response {
    let target = HeaderValue::from_str(own_path(path).unwrap_or("/"))
        .unwrap_or(HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, target)]).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_may_change_anything() {
        let site = [
            None,
            Some("same-origin"),
            Some("none"),
            Some("same-site"),
            Some("cross-site"),
            Some(""),
        ];
        let origin = [
            None,
            Some("http://desk.example"),
            Some("https://evil.example"),
            Some("null"),
            Some("http://desk.example.evil.example"),
        ];
        for site in site {
            for origin in origin {
                let mut headers = HeaderMap::new();
                headers.insert("host", HeaderValue::from_static("desk.example"));
                if let Some(site) = site {
                    headers.insert("sec-fetch-site", HeaderValue::from_static(site));
                }
                if let Some(origin) = origin {
                    headers.insert("origin", HeaderValue::from_static(origin));
                }
                let expected = match site {
                    Some(site) => site == "same-origin" || site == "none",
                    None => origin == Some("http://desk.example"),
                };
                assert_eq!(is_own(&headers), expected, "{site:?} {origin:?}");
            }
        }
    }

    #[test]
    fn the_desk_answers_to_its_own_names_only() {
        let asked = |public: &str, listen: &str, hosts: &[&str]| {
            let mut request = Request::new(Body::empty());
            for host in hosts {
                request.headers_mut().append("host", HeaderValue::from_str(host).expect("a value"));
            }
            Hosts::of(public, listen.parse().expect("an address")).are_asked(&request)
        };
        let (public, local, open) = ("https://desk.example", "127.0.0.1:3000", "0.0.0.0:3000");
        for host in ["desk.example", "desk.example:443", "DESK.example:8443", "desk.example."] {
            assert!(asked(public, local, &[host]) && asked(public, open, &[host]), "{host}");
        }
        for host in ["localhost", "LOCALHOST:3000", "127.0.0.1:3000", "127.9.9.9", "[::1]:3000"] {
            assert!(asked(public, local, &[host]), "{host} on this machine");
            assert!(!asked(public, open, &[host]), "{host} from elsewhere");
        }
        for host in [
            "evil.example",
            "desk.example.evil.example",
            "desk.example@evil.example",
            "evil.example:80@desk.example",
            "notdesk.example",
            "10.0.0.1",
            "localhost.evil.example",
            "[::2]",
            "",
            "..",
        ] {
            assert!(!asked(public, local, &[host]), "{host}");
        }
        assert!(!asked(public, local, &[]), "none at all");
        assert!(!asked(public, local, &["desk.example", "evil.example"]), "two of them");
        assert!(
            asked("http://[2001:db8::1]:3000", "[::]:3000", &["[2001:db8::1]:3000"]),
            "an address of the sixth version"
        );
        assert!(asked("http://10.1.2.3:3000", open, &["10.1.2.3"]), "an address as public name");
        for none in ["desk.example", "desk.example:443", "ftp://desk.example", "https://", ""] {
            assert_eq!(host_of(none), None, "{none} is refused at the start");
        }
    }

    #[test]
    fn a_cookie_that_goes_is_as_whole_as_one_that_comes() {
        let whole = |cookie: &'static str| {
            whole_cookie(&HeaderValue::from_static(cookie))
                .and_then(|c| Some(c.to_str().ok()?.to_owned()))
        };
        assert_eq!(
            whole("__Host-probity=; Path=/; Max-Age=0").as_deref(),
            Some("__Host-probity=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure")
        );
        let complete = "__Host-probity=x; HttpOnly; SameSite=Strict; Secure; Path=/";
        assert_eq!(whole(complete).as_deref(), Some(complete));
    }
}
