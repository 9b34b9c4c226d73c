//! A running desk for tests: real HTTP on a free port, a real database in a folder that goes away.
#![allow(dead_code)] // each test file uses a part

use casework::{
    Clock, Pace, Work, connections,
    idv::{self, Sent, pictures::Upload},
    journal::Actor,
    people::NewPerson,
};
use domain::{
    CheckId,
    idv::{Form, Slot},
    people::Caller,
};
use reqwest::{Client, Method, Response, header};
use server::{Desk, config::Config, guard::COOKIE};
use std::{path::PathBuf, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// However busy the machine is: who waits for longer waits for nothing.
const ANSWER_MAX: Duration = Duration::from_secs(120);

pub const PASSWORD: &str = "correct horse desk staple";

pub struct Running {
    pub base: String,
    pub host: String,
    pub work: Work,
    pub clock: Clock,
    pub client: Client,
    pub folder: tempfile::TempDir,
    stop: CancellationToken,
    served: JoinHandle<Result<(), casework::Error>>,
}

/// A quick pace, so that nothing waits for seconds.
pub fn quick() -> Pace {
    Pace { idle_ms: 20, retry_base_ms: 50, poll_base_ms: 50, lease_ms: 5_000, ..Pace::default() }
}

impl Running {
    /// A desk with anna and ben (analysts), sofia (supervisor) and adam (admin).
    pub async fn start() -> Self {
        Self::start_at(quick()).await
    }

    /// The same at another pace.
    pub async fn start_at(pace: Pace) -> Self {
        let desk = Self::start_empty_at(pace).await;
        desk.add_staff().await;
        desk
    }

    /// The same on a database of its own: SQLite, unless an address of PostgreSQL is given.
    pub async fn start_on(database_url: Option<String>) -> Self {
        let desk = Self::start_empty_on(quick(), database_url, |_| {}).await;
        desk.add_staff().await;
        desk
    }

    async fn add_staff(&self) {
        for (account, name, role) in [
            ("anna", "Anna Berg", "analyst"),
            ("ben", "Ben Okafor", "analyst"),
            ("sofia", "Sofia Lindqvist", "supervisor"),
            ("adam", "Adam Novák", "admin"),
        ] {
            let new = NewPerson {
                account: account.into(),
                name: name.into(),
                role: role.into(),
                password: Zeroizing::new(PASSWORD.into()),
            };
            casework::people::add(&self.work, &Actor::operator(), &new)
                .await
                .expect("a person is added");
        }
    }

    /// A desk with nobody in it.
    pub async fn start_empty() -> Self {
        Self::start_empty_at(quick()).await
    }

    /// A desk with nobody in it, at another pace.
    pub async fn start_empty_at(pace: Pace) -> Self {
        Self::start_empty_with(pace, |_| {}).await
    }

    /// The same with a change to the desk before it serves.
    pub async fn start_empty_with(pace: Pace, change: impl FnOnce(&mut Desk)) -> Self {
        Self::start_empty_on(pace, None, change).await
    }

    async fn start_empty_on(
        pace: Pace,
        database_url: Option<String>,
        change: impl FnOnce(&mut Desk),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let base = format!("http://{address}");
        let config = Config {
            data: Some(folder.path().into()),
            database_url,
            public_url: Some(base.clone()),
            site: Some(PathBuf::from("no-site")),
            listen: Some(address),
            allowed_private: Some(vec!["127.0.0.0/8".into()]),
            ..Config::default()
        };
        let clock = Clock::default();
        let mut desk = Desk::open_with(&config, clock.clone(), pace).await.expect("the desk opens");
        change(&mut desk);
        let work = desk.work.clone();
        let stop = CancellationToken::new();
        let served = tokio::spawn(desk.serve(listener, stop.clone()));
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .timeout(ANSWER_MAX)
            .build()
            .expect("a client");
        Self { host: address.to_string(), base, work, clock, client, folder, stop, served }
    }

    /// A connection to a provider at `base_url`.
    pub async fn connect(&self, base_url: &str) -> String {
        let form = connections::Form {
            name: "KryptoGO".into(),
            provider: "kryptogo".into(),
            base_url: base_url.into(),
            search_settings: "1 = Precise".into(),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            ..connections::Form::default()
        };
        connections::add(&self.work, &Actor::operator(), &form)
            .await
            .expect("a connection")
            .to_string()
    }

    pub async fn get(&self, path: &str, cookie: Option<&str>) -> Response {
        self.send(Method::GET, path, cookie, None).await
    }

    /// Sends a form as our own page would.
    pub async fn post(&self, path: &str, cookie: Option<&str>, form: &[(&str, &str)]) -> Response {
        self.send(Method::POST, path, cookie, Some(form)).await
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        cookie: Option<&str>,
        form: Option<&[(&str, &str)]>,
    ) -> Response {
        let mut request = self
            .client
            .request(method, format!("{}{path}", self.base))
            .header("accept", "text/html");
        if let Some(cookie) = cookie {
            request = request.header(header::COOKIE, format!("{COOKIE}={cookie}"));
        }
        if let Some(form) = form {
            let mut body = url::form_urlencoded::Serializer::new(String::new());
            body.extend_pairs(form);
            request = request
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body.finish());
        }
        request.send().await.expect("an answer")
    }

    /// Signs in and gives the value of the session's cookie.
    pub async fn sign_in(&self, account: &str) -> String {
        let answer = self
            .post("/api/session/start", None, &[("account", account), ("password", PASSWORD)])
            .await;
        assert_eq!(answer.status(), 303, "{account} signs in");
        cookie_of(&answer).expect("a session cookie")
    }

    /// Ends as SIGTERM does, and waits for it.
    pub async fn stop(self) {
        self.stop.cancel();
        tokio::time::timeout(ANSWER_MAX, self.served)
            .await
            .expect("it ends")
            .expect("no panic")
            .expect("an orderly end");
    }

    pub fn begin_stop(&self) {
        self.stop.cancel();
    }
}

/// The value of the session cookie that an answer sets.
pub fn cookie_of(answer: &Response) -> Option<String> {
    let set = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
    set.filter_map(|c| c.strip_prefix(&format!("{COOKIE}=")))
        .filter_map(|c| c.split(';').next())
        .filter(|v| !v.is_empty())
        .map(str::to_owned)
        .next()
}

pub fn location(answer: &Response) -> &str {
    answer.headers().get(header::LOCATION).and_then(|v| v.to_str().ok()).unwrap_or_default()
}

/// Launches an ID verification with two pictures of a passport.
pub async fn launch_with_pictures(
    work: &Work,
    anna: &Caller,
    connection: &str,
) -> Result<CheckId, casework::Error> {
    let id = CheckId::from(casework::new_id());
    let form = Form {
        way: "upload".into(),
        connection: connection.into(),
        customer_reference: id.to_string(),
        name: "Emily Clarke".into(),
        country: "GBR".into(),
        id_type: "PASSPORT".into(),
        follow_up: "none".into(),
        ..Form::default()
    };
    let upload = |slot, name: &str| {
        let (bytes, _) = sandbox::pictures::specimen("emily-clarke", name).expect("a specimen");
        Upload { slot, name: name.into(), bytes, turn: 0 }
    };
    let sent = Sent {
        form,
        uploads: vec![upload(Slot::Front, "front"), upload(Slot::Face, "face")],
        kept: vec![],
    };
    idv::launch(work, anna, &Actor::new(anna.id.as_str(), ""), &id, sent, false, None).await?;
    Ok(id)
}
