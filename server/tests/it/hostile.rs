//! S-43, S-10: whatever is typed into an address or a form, or sent by a provider, stands on our
//! pages as text.
//!
//! Hundreds of hostile texts go into every parameter of every page and every field of every form,
//! and into every text of what a provider answers; each page that comes back is read by the rules
//! of HTML. Each text is in some field of each route; `PROBITY_FAULTS=full` puts each text into
//! each field.

use crate::{
    parsed::{self, MARK, Read},
    support::{PASSWORD, Running, location},
};
use app::pages::{API, Need, ROUTES};
use axum::{Json, Router, body::Bytes, response::IntoResponse};
use domain::people::Role;
use futures::StreamExt;
use http::{Method, Uri};
use reqwest::Response;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::net::TcpListener;

const OWN: &str = include_str!("../hostile/own.txt");
const BLNS: &str = include_str!("../hostile/blns.txt");
/// Requests under way at once.
const AT_ONCE: usize = 6;

fn is_full() -> bool {
    std::env::var("PROBITY_FAULTS").is_ok_and(|how| how == "full")
}

/// All texts. The first file writes some characters out, the second is as it was published.
fn texts() -> Vec<String> {
    let lines = |file: &'static str| {
        file.lines().filter(|l| !l.is_empty() && *l != "#" && !l.starts_with("# "))
    };
    let own = lines(OWN).map(written_out);
    let long = [
        MARK.repeat(3_000),
        "<zqx>".repeat(400),
        "\u{202e}\"><zqx>".repeat(300),
        "&".repeat(5_000),
        "\n".repeat(3_000),
    ];
    own.chain(lines(BLNS).map(str::to_owned)).chain(long).collect()
}

fn written_out(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = &rest[at + 1..];
        let (c, length) = match escape.chars().next() {
            Some('n') => ('\n', 1),
            Some('r') => ('\r', 1),
            Some('t') => ('\t', 1),
            Some('0') => ('\0', 1),
            Some('u') => {
                let digits =
                    escape.strip_prefix("u{").and_then(|e| e.split('}').next()).expect("digits");
                (
                    u32::from_str_radix(digits, 16)
                        .ok()
                        .and_then(char::from_u32)
                        .expect("a character"),
                    digits.len() + 3,
                )
            }
            _ => ('\\', 1),
        };
        out.push(c);
        rest = &escape[length..];
    }
    out + rest
}

#[test]
fn the_texts_are_many_and_read_as_they_are_written() {
    let texts = texts();
    assert!(texts.len() > 700, "{}", texts.len());
    for text in ["java\tscript:zqx()", "\\\"><zqx>", "\u{202e}gnp.zqx", "<\0zqx>", "<plaintext>"] {
        assert!(texts.iter().any(|t| t == text), "{text:?}");
    }
}

/// The words between two others in our own sources: names of parameters and fields cannot be
/// forgotten here.
fn named_in_sources(before: &[&str], until: char) -> BTreeSet<String> {
    fn files(folder: &Path, is_read: fn(&Path) -> bool, all: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                files(&path, is_read, all);
            } else if is_read(&path) {
                all.push(std::fs::read_to_string(path).expect("text"));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = Vec::new();
    files(
        &root.join("app/src/pages"),
        |path| path.extension().is_some_and(|e| e == "rs"),
        &mut sources,
    );
    // Some server functions take a whole form, whose fields stand with its rules.
    let has_form = |path: &Path| {
        ["form.rs", "video/person.rs", "video/identification.rs"]
            .iter()
            .any(|name| path.ends_with(name))
    };
    files(&root.join("app/domain/src"), has_form, &mut sources);
    sources.push(std::fs::read_to_string(root.join("app/domain/src/queue.rs")).expect("text"));
    let mut names = BTreeSet::new();
    for source in &sources {
        for before in before {
            for rest in source.split(before).skip(1) {
                let name = rest.split(until).next().unwrap_or_default();
                if !name.is_empty()
                    && name.len() < 40
                    && name.bytes().all(|b| b.is_ascii_lowercase() || b"_[]".contains(&b))
                {
                    names.insert(name.to_owned());
                }
            }
        }
    }
    names
}

/// Names of what pages read out of their addresses.
fn parameters() -> Vec<String> {
    let mut names = named_in_sources(&[".query(\"", ".chosen(\"", "day(\"", "            \""], '"');
    for more in ["after", "before", "checks[0]", "since"] {
        names.insert(more.into());
    }
    for needed in [
        "q", "done", "back", "to", "tab", "assignee", "customer", "before", "after", "again", "way",
    ] {
        assert!(names.contains(needed), "{needed}");
    }
    names.into_iter().collect()
}

/// Names of the fields of forms.
fn fields() -> Vec<String> {
    let mut names = named_in_sources(&["#[server(default)] "], ':');
    names.extend(named_in_sources(&["    pub "], ':'));
    names.extend(named_in_sources(&["form.value(\"", "            \""], '"'));
    for more in [
        "values[given_name]",
        "values[address.city]",
        "sources[0]",
        "checks[0]",
        "rows[0][comment]",
        "notes[0]",
        "unheard_of",
    ] {
        names.insert(more.into());
    }
    for needed in [
        "comment",
        "body",
        "hand_note",
        "name",
        "base_url",
        "private_key",
        "view_name",
        "customer_reference",
        "address",
        "cpr",
        "phone",
        "first_name",
        "language",
    ] {
        assert!(names.contains(needed), "{needed}");
    }
    // A list in one text is no form: these have places of their own.
    names.retain(|n| {
        !["values", "sources", "checks", "rows", "notes", "judge", "unseen"].contains(&n.as_str())
    });
    names.into_iter().collect()
}

struct Walk {
    desk: Running,
    cookies: Vec<(Role, String)>,
    pages: AtomicUsize,
    reflected: AtomicUsize,
}

impl Walk {
    async fn begin() -> Self {
        let desk = Running::start().await;
        let mut cookies = Vec::new();
        for (role, account) in
            [(Role::Supervisor, "sofia"), (Role::Admin, "adam"), (Role::Analyst, "anna")]
        {
            cookies.push((role, desk.sign_in(account).await));
        }
        Self { desk, cookies, pages: AtomicUsize::new(0), reflected: AtomicUsize::new(0) }
    }

    /// The session of somebody who may.
    fn who(&self, need: Need) -> Option<&str> {
        let may = |role: &Role| match need {
            Need::Permission(permission) => role.grants(permission),
            Need::Nobody | Need::SignedIn | Need::Fresh => true,
        };
        self.cookies.iter().find(|(role, _)| may(role)).map(|(_, cookie)| cookie.as_str())
    }

    /// Reads what came back: nothing in it may come from a value but text. `about` names it in a
    /// failure.
    async fn look(&self, answer: Response, about: &str) -> Option<Read> {
        let status = answer.status();
        assert!(!status.is_server_error(), "{status} for {about}");
        for (name, value) in answer.headers() {
            assert!(!name.as_str().contains(MARK), "a header for {about}");
            if name == "set-cookie" {
                assert!(value.to_str().is_ok_and(is_our_cookie), "a cookie for {about}: {value:?}");
            }
        }
        let to = location(&answer).to_owned();
        if status.is_redirection() {
            // A browser takes a second slash or backslash, also behind a tab or line break, for
            // another host.
            let second = to.chars().nth(1);
            let own = to.starts_with('/')
                && !matches!(second, Some('/' | '\\'))
                && !to.contains(|c: char| c.is_control() || c == '\\');
            assert!(own, "leads to {to:?} for {about}");
        }
        let header = |name: &str| {
            answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
        };
        let policy = header("content-security-policy");
        if !header("content-type").starts_with("text/html") {
            return None;
        }
        let nonce = policy
            .split("'nonce-")
            .nth(1)
            .and_then(|rest| rest.split('\'').next())
            .expect("a nonce")
            .to_owned();
        let text = answer.text().await.expect("text");
        let read = parsed::read(&text);
        let is_endpoint = |action: &str| {
            let path = action.split(['?', '#']).next().unwrap_or_default();
            API.iter().any(|(known, _)| *known == path)
                || ROUTES.iter().any(|r| r.path == path)
                || is_page(path)
        };
        let faults = read.faults(&nonce, is_endpoint);
        assert!(faults.is_empty(), "{about}\n{}\n{text}", faults.join("\n"));
        self.pages.fetch_add(1, Ordering::Relaxed);
        self.reflected.fetch_add(usize::from(read.reflects()), Ordering::Relaxed);
        Some(read)
    }

    /// Asks for a page, and once for where it leads.
    async fn open(&self, path: &str, cookie: Option<&str>, about: &str) -> Option<Read> {
        let answer = self.desk.get(path, cookie).await;
        self.follow(answer, cookie, about).await
    }

    async fn follow(&self, answer: Response, cookie: Option<&str>, about: &str) -> Option<Read> {
        let to = location(&answer).split('#').next().unwrap_or_default().to_owned();
        if !answer.status().is_redirection() {
            return self.look(answer, about).await;
        }
        self.look(answer, about).await;
        self.look(self.desk.get(&to, cookie).await, &format!("{about}, which leads to {to}")).await
    }

    fn counted(&self) -> (usize, usize) {
        (self.pages.load(Ordering::Relaxed), self.reflected.load(Ordering::Relaxed))
    }
}

/// A cookie of ours: what it holds is random or sealed, and nothing stands behind it but what we
/// say of it.
fn is_our_cookie(cookie: &str) -> bool {
    let mut parts = cookie.split("; ");
    let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap_or_default();
    let is_known = |part: &str| {
        matches!(part, "HttpOnly" | "Secure" | "SameSite=Strict" | "Path=/")
            || part.starts_with("Max-Age=")
            || part.starts_with("Expires=")
    };
    matches!(name, server::guard::COOKIE | app::pages::said::COOKIE)
        && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        && parts.all(is_known)
}

/// Whether a path is a page with something in its places.
fn is_page(path: &str) -> bool {
    ROUTES.iter().any(|route| {
        let (known, asked): (Vec<_>, Vec<_>) =
            (route.path.split('/').collect(), path.split('/').collect());
        known.len() == asked.len()
            && known
                .iter()
                .zip(&asked)
                .all(|(k, a)| k == a || (k.starts_with('{') && !a.is_empty()))
    })
}

fn encoded(text: &str) -> String {
    app::pages::forms::encode(text)
}

/// A route's path with a text in each of its places; a path segment is never empty, nor one or two
/// dots.
fn filled(path: &str, text: &str) -> String {
    let text = if matches!(text, "" | "." | "..") { "zqx" } else { text };
    let piece = encoded(&text.chars().take(300).collect::<String>());
    path.split('/')
        .map(|part| if part.starts_with('{') { piece.as_str() } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_43_what_stands_in_an_address_is_text_on_every_page() {
    let walk = Walk::begin().await;
    let (texts, names) = (texts(), parameters());
    let rounds = if is_full() { texts.len() } else { texts.len().div_ceil(names.len()) };
    let jobs = (0..ROUTES.len()).flat_map(|route| (0..rounds).map(move |round| (route, round)));
    let (walk_on, texts, names) = (&walk, &texts, &names);
    futures::stream::iter(jobs)
        .for_each_concurrent(AT_ONCE, |(at, round)| async move {
            let route = &ROUTES[at];
            let text = |n: usize| texts[(round * names.len() + n + at * 13) % texts.len()].as_str();
            let long_enough = |t: &str| t.chars().take(400).collect::<String>();
            let query: Vec<String> = names
                .iter()
                .enumerate()
                .map(|(n, name)| format!("{name}={}", encoded(&long_enough(text(n)))))
                .collect();
            let path = format!("{}?{}", filled(route.path, text(names.len())), query.join("&"));
            // Once as somebody who may, now and then as a stranger.
            let cookie = if round % 8 == 7 { None } else { walk_on.who(route.need) };
            walk_on.open(&path, cookie, &path).await;
        })
        .await;
    // Every text where it is certainly shown again, and as the address of a page that nobody
    // declared.
    futures::stream::iter(texts.iter().enumerate())
        .for_each_concurrent(AT_ONCE, |(at, text)| async move {
            let looked_for = encoded(&text.chars().take(400).collect::<String>());
            let paths = [
                format!("/checks?tab=all&q={looked_for}"),
                format!("/customers?q={looked_for}"),
                format!("/{}", encoded(text)),
            ];
            walk_on.open(&paths[at % 3], walk_on.who(Need::SignedIn), text).await;
            if at % 3 > 0 || is_full() {
                walk_on.open(&paths[0], walk_on.who(Need::SignedIn), text).await;
            }
        })
        .await;
    let (pages, reflected) = walk.counted();
    assert!(
        pages > texts.len() * 2 && reflected > texts.len() / 4,
        "{reflected} of {pages} pages show what was asked"
    );
    walk.desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_43_what_is_typed_into_a_form_is_text_when_it_comes_back() {
    let walk = Walk::begin().await;
    let provider = Provider::start().await;
    let connection = walk.desk.connect(&provider.base_url).await;
    let check = launched(&walk, &connection, "Emily Clarke").await;
    let (texts, names) = (texts(), fields());
    let rounds = if is_full() { texts.len() * 2 } else { texts.len().div_ceil(names.len()) * 2 };
    // Signing in and out, and what hashes a password, would only try patience.
    let functions: Vec<_> = API
        .iter()
        .filter(|(path, _)| {
            !path.starts_with("/api/session/")
                && *path != "/api/account/end-sessions"
                && *path != "/api/account/password"
        })
        .collect();
    let jobs =
        (0..functions.len()).flat_map(|function| (0..rounds).map(move |round| (function, round)));
    let (walk_on, texts, names, functions) = (&walk, &texts, &names, &functions);
    let (check, connection) = (check.as_str(), connection.as_str());
    futures::stream::iter(jobs)
        .for_each_concurrent(AT_ONCE, |(at, round)| async move {
            let (path, need) = *functions[at];
            let cookie = if round % 8 == 7 { None } else { walk_on.who(need) };
            let pairs: Vec<(&str, String)> = names
                .iter()
                .enumerate()
                .map(|(n, name)| {
                    let text = &texts[(round / 2 * names.len() + n + at * 13) % texts.len()];
                    // Every other time, what a form must name is there: it comes further before it
                    // is refused.
                    let real = match name.as_str() {
                        "check_id" if path != "/api/checks/withdraw" => Some(check.to_owned()),
                        "decision_id" => Some(casework::new_id()),
                        "connection" if path != "/api/admin/connections/save" => {
                            Some(connection.to_owned())
                        }
                        "kind" => Some("dd_kyc".into()),
                        "then" => Some("launch".into()),
                        "version" => Some("1".into()),
                        _ => None,
                    };
                    (name.as_str(), real.filter(|_| round % 2 == 0).unwrap_or_else(|| text.clone()))
                })
                .collect();
            let about = format!("{path}, round {round}");
            let answer = if path.ends_with("/many")
                || path == "/api/idv/launch"
                || path == "/api/video/upload"
            {
                in_parts(walk_on, path, cookie, &pairs).await
            } else {
                let pairs: Vec<(&str, &str)> =
                    pairs.iter().map(|(n, v)| (*n, v.as_str())).collect();
                walk_on.desk.post(path, cookie, &pairs).await
            };
            walk_on.follow(answer, cookie, &about).await;
        })
        .await;
    // What was taken is shown from now on, and what a stranger typed at the door is not.
    let answer = walk
        .desk
        .post(
            "/api/session/start",
            None,
            &[("account", "\"><zqx>"), ("password", PASSWORD), ("to", "/\t/zqx.example")],
        )
        .await;
    walk.follow(answer, None, "signing in").await;
    crawl(&walk).await;
    let (pages, reflected) = walk.counted();
    assert!(
        pages > functions.len() * rounds / 3 && reflected > pages / 20,
        "{reflected} of {pages} pages show what was typed"
    );
    walk.desk.stop().await;
}

/// A form with files, whose names are hostile too; written as browsers write it.
async fn in_parts(
    walk: &Walk,
    path: &str,
    cookie: Option<&str>,
    pairs: &[(&str, String)],
) -> Response {
    const BOUNDARY: &str = "----hostile-and-unlikely-1f0a";
    let quoted = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let mut body = String::new();
    for (name, value) in pairs {
        body += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        );
    }
    for (name, (_, value)) in ["front", "file"].into_iter().zip(pairs) {
        body += &format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{}\"\r\n\r\ncustomer_reference,name\nC-1,<zqx>\n\r\n",
            quoted(value)
        );
    }
    body += &format!("--{BOUNDARY}--\r\n");
    let mut request = walk
        .desk
        .client
        .post(format!("{}{path}", walk.desk.base))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(body);
    if let Some(cookie) = cookie {
        request = request.header("cookie", format!("{}={cookie}", server::guard::COOKIE));
    }
    request.send().await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_43_what_a_provider_or_colleague_wrote_is_text_on_every_page_that_shows_it() {
    let walk = Walk::begin().await;
    let provider = Provider::start().await;
    let connection = walk.desk.connect(&provider.base_url).await;
    let texts = texts();
    let supervisor = walk.who(Need::SignedIn).expect("a supervisor").to_owned();
    let mut checks = Vec::new();
    for at in 0..if is_full() { 60 } else { 6 } {
        checks.push(launched(&walk, &connection, &texts[(at * 31) % texts.len()]).await);
    }
    for (at, check) in checks.iter().enumerate() {
        let text = |n: usize| texts[(at * 97 + n * 41) % texts.len()].as_str();
        let page = walk
            .open(&format!("/checks/{check}"), Some(&supervisor), "the check")
            .await
            .expect("a page");
        let named = page
            .all("textarea")
            .filter_map(|area| area.get("name").strip_prefix("notes[f-")?.strip_suffix(']'));
        let findings: Vec<String> = named.map(str::to_owned).collect();
        assert!(findings.len() > 5, "the provider's answer is on the page");
        for (n, finding) in findings.iter().take(4).enumerate() {
            let (judge, note) = (format!("judge[f-{finding}]"), format!("notes[f-{finding}]"));
            let form = [
                ("check_id", check.as_str()),
                (judge.as_str(), "false_positive"),
                (note.as_str(), text(n)),
            ];
            walk.follow(
                walk.desk.post("/api/checks/judge", Some(&supervisor), &form).await,
                Some(&supervisor),
                "a note",
            )
            .await;
        }
        for n in 5..9 {
            for (path, form) in [
                ("/api/checks/comment", vec![("body", text(n))]),
                ("/api/checks/metadata", vec![("key", text(n)), ("value", text(n + 5))]),
                (
                    "/api/views/save",
                    vec![("view_name", text(n)), ("shared", "1"), ("shows", text(n + 9))],
                ),
            ] {
                let form: Vec<_> = form.into_iter().chain([("check_id", check.as_str())]).collect();
                walk.follow(
                    walk.desk.post(path, Some(&supervisor), &form).await,
                    Some(&supervisor),
                    path,
                )
                .await;
            }
        }
    }
    let opened = crawl(&walk).await;
    for kind in [
        "/checks/{id}",
        "/checks/{id}/evidence/{evidence}",
        "/customers/{reference}",
        "/journal",
        "/admin/connections/{id}",
    ] {
        assert!(opened.contains_key(kind), "no page of {kind} was opened: {opened:?}");
    }
    let (pages, reflected) = walk.counted();
    assert!(reflected > pages / 10, "{reflected} of {pages} pages show what was written");
    walk.desk.stop().await;
}

/// Opens every page that is linked from another, as each role; some of each kind.
async fn crawl(walk: &Walk) -> BTreeMap<&'static str, usize> {
    let mut opened = BTreeMap::new();
    for (_, cookie) in &walk.cookies {
        // From every page without a place in its path; "take the next" is none.
        let pages =
            ROUTES.iter().map(|r| r.path).filter(|p| !p.contains('{') && *p != "/checks/next");
        let mut ahead: VecDeque<String> =
            pages.map(str::to_owned).chain(["/checks?tab=all".to_owned()]).collect();
        let (mut known, mut of_kind): (BTreeSet<String>, BTreeMap<&str, usize>) =
            (BTreeSet::new(), BTreeMap::new());
        while let Some(path) = ahead.pop_front() {
            let Some(page) = walk.open(&path, Some(cookie), &path).await else { continue };
            for link in page.all("a") {
                let to = link.get("href").split('#').next().unwrap_or_default();
                let plain = to.split('?').next().unwrap_or_default();
                let Some(kind) = kind_of(plain).filter(|_| known.insert(to.to_owned())) else {
                    continue;
                };
                let seen = of_kind.entry(kind).or_default();
                *seen += 1;
                if *seen <= 12 {
                    *opened.entry(kind).or_default() += 1;
                    ahead.push_back(to.to_owned());
                }
            }
        }
    }
    opened
}

/// The route that a path belongs to.
fn kind_of(path: &str) -> Option<&'static str> {
    ROUTES
        .iter()
        .find(|r| r.path == path)
        .or_else(|| {
            ROUTES.iter().find(|route| {
                let (known, asked): (Vec<_>, Vec<_>) =
                    (route.path.split('/').collect(), path.split('/').collect());
                known.len() == asked.len()
                    && known
                        .iter()
                        .zip(&asked)
                        .all(|(k, a)| k == a || (k.starts_with('{') && !a.is_empty()))
            })
        })
        .map(|route| route.path)
}

/// Launches a check and waits for its outcome. A name that is not taken is left out.
async fn launched(walk: &Walk, connection: &str, name: &str) -> String {
    let cookie = walk.who(Need::SignedIn).expect("somebody").to_owned();
    let reference = format!("C-{}", &casework::new_id()[24..]);
    for name in [name, "Emily Clarke"] {
        let id = casework::new_id();
        let form = [
            ("check_id", id.as_str()),
            ("kind", "dd_kyc"),
            ("connection", connection),
            ("customer_reference", reference.as_str()),
            ("name", name),
            ("search_setting", "1"),
            ("then", "launch"),
        ];
        let answer = walk.desk.post("/api/checks/launch", Some(&cookie), &form).await;
        let is_taken = location(&answer).starts_with(&format!("/checks/{id}"));
        walk.follow(answer, Some(&cookie), name).await;
        if !is_taken {
            continue;
        }
        let until = std::time::Instant::now() + Duration::from_secs(30);
        while casework::checks::get(&walk.desk.work, &id.as_str().into())
            .await
            .expect("there")
            .state
            != "to_review"
        {
            assert!(std::time::Instant::now() < until, "no outcome for {name:?}");
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        return id;
    }
    panic!("{name:?} cannot be launched");
}

/// A provider of due diligence that writes hostile texts wherever its answers have one.
struct Provider {
    base_url: String,
}

impl Provider {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            axum::serve(listener, Router::new().fallback(answers)).await.expect("serves")
        });
        Self { base_url }
    }
}

async fn answers(method: Method, uri: Uri, body: Bytes) -> axum::response::Response {
    static TASKS: AtomicUsize = AtomicUsize::new(1);
    // Whom each task is about: an answer about somebody else is no outcome.
    static ABOUT: Mutex<BTreeMap<usize, (Value, Value)>> = Mutex::new(BTreeMap::new());
    let texts = texts();
    let task: usize = uri.path().split('/').nth(2).and_then(|n| n.parse().ok()).unwrap_or(0);
    let (name, reference) =
        ABOUT.lock().expect("not poisoned").get(&task).cloned().unwrap_or_default();
    let mut next = task * 89;
    let mut text = || {
        next += 1;
        texts[next % texts.len()].clone()
    };
    let body: Value = match (method, uri.path()) {
        (Method::POST, "/task") => {
            let asked: Value = serde_json::from_slice(&body).expect("JSON");
            let task = TASKS.fetch_add(1, Ordering::SeqCst);
            let about =
                (asked[0]["target"]["name"].clone(), asked[0]["customer_reference"].clone());
            ABOUT.lock().expect("not poisoned").insert(task, about);
            json!([{ "task_id": task }])
        }
        (_, path) if path.ends_with("/summary") => json!({
            "task_id": task, "target": { "type": 1, "name": name, "nickname": text() }, "customer_reference": reference, "progress": 100, "creation_time": 1_700_000_000,
            "report": { "sanction_matched": false, "potential_risk": 51, "accepted": null, "comment": text() },
            "metadata": (0..12).map(|_| json!({ "key": text(), "value": text() })).collect::<Vec<_>>(),
        }),
        (Method::GET, path) if path.starts_with("/task/") => {
            let mut items = |count: usize| {
                let all = (0..count).map(|_| {
                    let (url, key) = (text(), text());
                    json!({
                        "title": text(), "url": url, "snippet": text(), "date": text(), "score": 51, "matched_name": text(),
                        "matched_birthday": text(), "matched_country": text(), "publisher": text(), key: text(),
                    })
                });
                all.collect::<Vec<_>>()
            };
            let (sanctions, news, odd) = (items(8), items(8), items(8));
            let result = json!({
                "sanction_list": { "status": text(), "count": 8, "items": sanctions },
                "negative_news": { "status": text(), "count": 8, "items": news },
                text(): { "status": text(), "count": 8, "items": odd },
            });
            json!({
                "task_id": task, "target": { "type": 1, "name": name, "nickname": text() }, "callback_url": text(), "sanction_matched": false, "potential_risk": 51,
                "audit_status": 0, "auditor_employee_name": text(), "comment": text(), "aml_summarization": text(),
                "metadata": { text(): text() }, "result": result,
            })
        }
        _ => json!({ "message": text() }),
    };
    Json(body).into_response()
}
