//! A sandbox in this process and a client that has its key; somebody who receives callbacks; a
//! state file.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{Json, Router, extract::State, routing::post};
use reqwest::{Client, Method, Response};
use sandbox::{Options, Sandbox};
use serde_json::Value;

pub const ANYWHERE: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// A sandbox and a client that has its key.
pub struct Desk {
    pub sandbox: Sandbox,
    pub client: Client,
}

pub fn quick() -> Options {
    Options { step_ms: 10, hang_ms: 400, late_ms: 700, ..Options::default() }
}

impl Desk {
    pub async fn open(options: Options) -> Desk {
        let sandbox = Sandbox::start(ANYWHERE, options).await.expect("a free port");
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        Desk { sandbox, client }
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let request = self
            .client
            .request(method, format!("{}{path}", self.sandbox.base_url()))
            .header("GOFACT-API-TOKEN", "sandbox");
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Value {
        let response = self.send(Method::GET, path, None).await;
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub async fn post(&self, path: &str, body: Value) -> (u16, Value) {
        let response = self.send(Method::POST, path, Some(body)).await;
        (response.status().as_u16(), response.json().await.unwrap_or_default())
    }
}

pub async fn until<F: Future<Output = bool>>(holds: impl Fn() -> F) {
    let start = Instant::now();
    while !holds().await {
        assert!(start.elapsed() < Duration::from_secs(10), "it never came true");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub type Bodies = Arc<Mutex<Vec<Value>>>;

/// Somebody who receives callbacks.
pub async fn receiver() -> (String, Bodies) {
    let bodies = Bodies::default();
    let listener = tokio::net::TcpListener::bind(ANYWHERE).await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let take = |State(bodies): State<Bodies>, Json(body): Json<Value>| async move {
        bodies.lock().unwrap().push(body)
    };
    let routes = Router::new().route("/hook", post(take)).with_state(bodies.clone());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, bodies)
}

pub fn count(bodies: &Bodies) -> usize {
    bodies.lock().unwrap().len()
}

/// A file of its own for each test, gone afterwards.
pub struct StateFile(pub PathBuf);

impl StateFile {
    pub fn new(name: &str) -> Self {
        let file = StateFile(
            std::env::temp_dir().join(format!("sandbox-{name}-{}.json", std::process::id())),
        );
        let _ = std::fs::remove_file(&file.0);
        file
    }

    pub fn options(&self) -> Options {
        Options { state: Some(self.0.clone()), ..quick() }
    }
}

impl Drop for StateFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
