//! A provider that answers exactly what a test tells it to.

use super::{Desk, TOKEN, by};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{Method, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use casework::connections;
use domain::ConnectionId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use zeroize::Zeroizing;

/// Status, `Retry-After`, body.
pub type Reply = (u16, Option<&'static str>, String);
type Script = Box<dyn Fn(&str, &str, usize) -> Reply + Send + Sync>;

struct Shared {
    script: Script,
    calls: Mutex<Vec<String>>,
    delay_ms: AtomicU64,
    /// How answers to reads say that they are packed, which they are not.
    encoding: Mutex<Option<&'static str>>,
    /// Calls under way about each task, and the most that there ever were.
    under_way: Mutex<(HashMap<String, usize>, usize)>,
}

/// What the details of a task have as their result when every source found nothing.
#[must_use]
pub fn nothing_found() -> serde_json::Value {
    let sources = ["negative_news", "dow_jones", "tw_company", "tw_verdict", "sanction_list"];
    sources
        .iter()
        .map(|source| {
            ((*source).to_owned(), serde_json::json!({ "status": "done", "count": 0, "items": [] }))
        })
        .collect()
}

/// A listening stub with a connection to it.
pub struct Stub {
    pub connection: ConnectionId,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl Stub {
    /// The script gets method, path without query, and how often exactly this was called before.
    pub async fn start(
        desk: &Desk,
        script: impl Fn(&str, &str, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::of(desk, "kryptogo", script).await
    }

    /// The same for another provider; access tokens come from `/oauth2/token`, where that one wants
    /// some.
    pub async fn of(
        desk: &Desk,
        provider: &str,
        script: impl Fn(&str, &str, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let shared = Arc::new(Shared {
            script: Box::new(script),
            calls: Mutex::default(),
            delay_ms: AtomicU64::new(0),
            encoding: Mutex::default(),
            under_way: Mutex::default(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let routes = Router::new().fallback(answer).with_state(shared.clone());
        let task =
            tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        let form = connections::Form {
            name: format!("Stub {base_url}"),
            provider: provider.into(),
            token_url: if provider == "solaris" {
                format!("{base_url}/oauth2/token")
            } else {
                String::new()
            },
            client_id: TOKEN.into(),
            base_url,
            search_settings: "1 = Precise".into(),
            allow_private: true,
            secret: Zeroizing::new(TOKEN.into()),
            ..connections::Form::default()
        };
        let connection =
            connections::add(&desk.work, &by(&desk.adam), &form).await.expect("a connection");
        Self { connection, shared, task }
    }

    /// All calls so far, as `METHOD /path`.
    pub fn calls(&self) -> Vec<String> {
        self.shared.calls.lock().expect("not poisoned").clone()
    }

    /// From now on each answer takes this long.
    pub fn set_delay_ms(&self, ms: u64) {
        self.shared.delay_ms.store(ms, Ordering::Relaxed);
    }

    /// From now on each answer to a read says that it is packed like this, and is not.
    pub fn set_encoding(&self, encoding: &'static str) {
        *self.shared.encoding.lock().expect("not poisoned") = Some(encoding);
    }

    /// The most calls about one task that were under way at the same time.
    pub fn most_at_once(&self) -> usize {
        self.shared.under_way.lock().expect("not poisoned").1
    }

    pub fn count(&self, call: &str) -> usize {
        self.calls().iter().filter(|c| *c == call).count()
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(shared): State<Arc<Shared>>, method: Method, uri: Uri, _: Bytes) -> Response {
    let call = format!("{method} {}", uri.path());
    let before = {
        let mut calls = shared.calls.lock().expect("not poisoned");
        calls.push(call.clone());
        calls.iter().filter(|c| **c == call).count() - 1
    };
    let task = uri.path().split('/').nth(2).map(str::to_owned);
    if let Some(task) = &task {
        let (under_way, most) = &mut *shared.under_way.lock().expect("not poisoned");
        let now = under_way.entry(task.clone()).or_default();
        *now += 1;
        *most = (*most).max(*now);
    }
    // Long enough for another call to come in meanwhile, if there were one.
    tokio::time::sleep(Duration::from_millis(2 + shared.delay_ms.load(Ordering::Relaxed))).await;
    if let Some(task) = &task {
        *shared.under_way.lock().expect("not poisoned").0.entry(task.clone()).or_default() -= 1;
    }
    let (status, retry_after, body) = (shared.script)(method.as_str(), uri.path(), before);
    let status = StatusCode::from_u16(status).expect("a status");
    let mut response = (status, [("content-type", "application/json")], body).into_response();
    if let Some(wait) = retry_after {
        response.headers_mut().insert("retry-after", wait.parse().expect("a header"));
    }
    let encoding = *shared.encoding.lock().expect("not poisoned");
    if let Some(encoding) = encoding.filter(|_| method == Method::GET) {
        response.headers_mut().insert("content-encoding", encoding.parse().expect("a header"));
    }
    response
}
