//! Listens for the stand-in's callbacks and puts them into the inbox, as the server does.

use axum::{
    Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing::post,
};
use casework::{
    Casework, Work, connections, inbox,
    providers::solaris::Delivery,
    webhooks::{self, Received},
};
use std::sync::{
    Arc, Mutex, Weak,
    atomic::{AtomicUsize, Ordering},
};
use tokio::{net::TcpListener, task::JoinHandle};

pub struct Receiver {
    pub url: String,
    listener: Mutex<Option<TcpListener>>,
    received: Arc<AtomicUsize>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Receiver {
    /// Takes a port, so that its address is known before anybody listens.
    pub async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        Self {
            url,
            listener: Mutex::new(Some(listener)),
            received: Arc::default(),
            task: Mutex::default(),
        }
    }

    pub fn serve(&self, work: Work) {
        let listener = self.listener.lock().expect("not poisoned").take().expect("served once");
        let routes = Router::new()
            .route("/callbacks/{provider}/{token}/{check}", post(receive))
            .route("/callbacks/solaris/{token}", post(receive_signed))
            // Weak: a desk that a test drops must really be gone.
            .with_state((Arc::downgrade(&work), self.received.clone()));
        let task =
            tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        *self.task.lock().expect("not poisoned") = Some(task);
    }

    pub fn received(&self) -> usize {
        self.received.load(Ordering::Relaxed)
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(task) = self.task.lock().ok().and_then(|mut t| t.take()) {
            task.abort();
        }
    }
}

async fn receive(
    State((work, received)): State<(Weak<Casework>, Arc<AtomicUsize>)>,
    Path((_, token, check)): Path<(String, String, String)>,
    body: Bytes,
) -> StatusCode {
    let Some(work) = work.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE };
    let Ok(Some(connection)) = connections::by_callback_token(&work, &token).await else {
        return StatusCode::NOT_FOUND;
    };
    match inbox::receive(&work, &connection, Some(&check), &body, "").await {
        Ok(()) => {
            received.fetch_add(1, Ordering::Relaxed);
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn receive_signed(
    State((work, received)): State<(Weak<Casework>, Arc<AtomicUsize>)>,
    Path(token): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let Some(work) = work.upgrade() else { return StatusCode::SERVICE_UNAVAILABLE };
    let Ok(Some(connection)) = connections::by_callback_token(&work, &token).await else {
        return StatusCode::NOT_FOUND;
    };
    let delivery = Delivery::read(|name| headers.get(name).and_then(|value| value.to_str().ok()));
    match webhooks::receive(&work, &connection, &delivery, &body, "").await {
        Ok(Received::Probe) => StatusCode::NO_CONTENT,
        Ok(Received::Kept) => {
            received.fetch_add(1, Ordering::Relaxed);
            StatusCode::NO_CONTENT
        }
        Ok(Received::Refused(_)) => StatusCode::UNAUTHORIZED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}
