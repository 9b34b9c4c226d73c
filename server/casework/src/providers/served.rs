//! A small HTTP server for the tests of clients: it answers what it is told and remembers what it
//! was asked.

use super::{Clients, Networks, Target};
use axum::{Router, body::Body, extract::Request, response::Response};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// One request as it came.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub method: String,
    pub path: String,
    /// As it stands in the address; empty when there is none.
    pub query: String,
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Seen {
    pub(super) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }

    /// The members of a form.
    pub(super) fn form(&self) -> HashMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }
}

/// Status, headers and body of an answer.
pub(super) type Told = (u16, Vec<(&'static str, String)>, String);

/// JSON with a status.
pub(super) fn told(status: u16, body: &str) -> Told {
    (status, vec![("content-type", "application/json".into())], body.to_owned())
}

pub(super) struct Served {
    pub target: Target,
    seen: Arc<Mutex<Vec<Seen>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    pub(super) fn http(&self) -> reqwest::Client {
        rustls::crypto::ring::default_provider().install_default().ok();
        Clients::default().http(&self.target).expect("a client")
    }

    pub(super) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().expect("the list").clone()
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|s| s.path).collect()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves on a free port until dropped.
pub(super) async fn serve(answer: impl Fn(&Seen) -> Told + Send + Sync + 'static) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let base_url = format!("http://{}", listener.local_addr().expect("an address"));
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let (list, answer) = (Arc::clone(&seen), Arc::new(answer));
    let handle = move |request: Request| {
        let (list, answer) = (Arc::clone(&list), Arc::clone(&answer));
        async move {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
            let headers = parts
                .headers
                .iter()
                .map(|(n, v)| (n.to_string(), v.to_str().unwrap_or_default().to_owned()))
                .collect();
            let one = Seen {
                method: parts.method.to_string(),
                path: parts.uri.path().to_owned(),
                query: parts.uri.query().unwrap_or_default().to_owned(),
                headers,
                body: String::from_utf8_lossy(&body).into_owned(),
            };
            list.lock().expect("the list").push(one.clone());
            let (status, headers, body) = answer(&one);
            let mut response = Response::builder().status(status);
            for (name, value) in headers {
                response = response.header(name, value);
            }
            response.body(Body::from(body)).expect("a response")
        }
    };
    let app = Router::new().fallback(handle);
    let task = tokio::spawn(async move { axum::serve(listener, app).await.expect("serves") });
    Served {
        target: Target { base_url, private: Networks::loopback(), deadline_ms: Some(5_000) },
        seen,
        task,
    }
}
