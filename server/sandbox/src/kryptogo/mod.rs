//! KryptoGO Compliance KYABC API 0.1.0: due diligence tasks about people (KYC) and companies (KYB),
//! ID verification (`idv`) and wallet analysis (`kya`).
//!
//! Base path `/kryptogo`, key in the header `GOFACT-API-TOKEN`. Which parts are published and which
//! are reconstructions is said where they are built: requests in `requests`, documents in `bodies`.

mod bodies;
mod callbacks;
mod catalogue;
mod endpoints;
pub(crate) mod idv;
pub(crate) mod kya;
mod owed;
mod requests;
mod tasks;
mod triggers;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::{StatusCode, header};
use serde_json::json;

use crate::{
    request_log,
    world::{Shared, World},
};

pub(crate) use bodies::{View, found as found_about};
pub(crate) use callbacks::send as send_callbacks;
pub(crate) use catalogue::{Catalogue, Entry, Outcome, SOURCES, outcome_of};
pub(crate) use requests::NewDecision;
pub(crate) use tasks::{Book, Decided, POINTS_PER_TASK, Task, Who};
pub(crate) use triggers::TRIGGERS;

/// The header that carries the key.
pub(crate) const KEY_HEADER: &str = "GOFACT-API-TOKEN";
/// The one key that opens the sandbox.
pub(crate) const KEY: &str = "sandbox";

/// All paths under `/kryptogo`. Details have two: the published page does not name the path.
pub(crate) fn routes(world: Shared) -> Router {
    Router::new()
        .route("/task", post(endpoints::create))
        .route("/task/{id}", get(endpoints::detail))
        .route("/task/{id}/detail", get(endpoints::detail))
        .route("/task/{id}/summary", get(endpoints::summary))
        .route("/task/{id}/accepted", post(endpoints::decide))
        .route("/task/{id}/metadata", put(endpoints::set_metadata))
        .route("/tasks", get(endpoints::list))
        .route("/idv", post(idv::create).layer(DefaultBodyLimit::max(idv::BODY_MAX)))
        .route("/idv/init", post(idv::init))
        .route("/idv/account", post(idv::account))
        .route("/idv/{id}", get(idv::get))
        .route("/kya", post(kya::create))
        .route("/kya/detail/{id}", get(kya::get))
        .route("/elsewhere", get(endpoints::elsewhere))
        .fallback(|| async { Refusal::new(StatusCode::NOT_FOUND, "There is no such path.") })
        .method_not_allowed_fallback(|| async { Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not know the method.") })
        .layer(middleware::from_fn(ask_for_key))
        // A storage's address is its own key.
        .route("/files/{hash}/{slot}", get(idv::picture))
        .layer(middleware::from_fn_with_state(world.clone(), request_log::record))
        .with_state(world)
}

async fn ask_for_key(request: Request, next: Next) -> Response {
    if request.headers().get(KEY_HEADER).is_some_and(|key| key.as_bytes() == KEY.as_bytes()) {
        return next.run(request).await;
    }
    Refusal::new(StatusCode::UNAUTHORIZED, "The API token is missing or wrong.").into_response()
}

/// An answer that is no success: `{"code": <status>, "message": "..."}`. Reconstruction: no error
/// body is published; the only envelope seen is `{"code":0}`.
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
    retry_after_s: Option<u32>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after_s: None }
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 429 with `Retry-After: 2`.
    pub fn too_many() -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests.");
        Self { retry_after_s: Some(2), ..refusal }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "code": self.status.as_u16(), "message": self.message }));
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl World {
    /// What the documents about KryptoGO's tasks depend on besides the task.
    pub fn view(&self) -> View<'_> {
        View { base_url: &self.base_url, seed: self.options.seed, now_ms: crate::text::now_ms() }
    }

    /// The book as it is now: verifications whose time has come are ended first.
    pub fn current<T>(&self, look: impl FnOnce(&mut Book, &View) -> T) -> T {
        let view = self.view();
        let mut kept = self.kept();
        let ended = kept.kryptogo.finish_idvs(&self.options, view.now_ms);
        let result = look(&mut kept.kryptogo, &view);
        drop(kept);
        if ended {
            self.to_save.notify_one();
            self.to_send.notify_one();
        }
        result
    }
}

/// Page at the stand-in's own address that shows a task; `report.url` points there, so that a
/// demonstration never leads to the vendor's login.
pub(crate) fn task_page(base_url: &str, id: i64) -> String {
    format!("{base_url}/#task-{id}")
}

/// The searches' settings that exist; [`setting`] describes them as the provider does.
pub(crate) const SETTINGS: [(i64, &str); 3] = [(1, "Precise, five years"), (2, "Fuzzy, all years"), (3, "Precise, Chinese sources")];

/// `search_setting` of the documents: mode 1 precise, 2 fuzzy; years back, -1 for all.
fn setting(id: i64) -> serde_json::Value {
    let (mode, years, language, words, pages) = match id {
        2 => (2, -1, "en", &["fraud", "money laundering", "bribery", "sanction", "corruption", "tax evasion"][..], 5),
        3 => (1, 10, "zh-TW", &["詐欺", "洗錢", "賄賂", "掏空", "逃漏稅"][..], 3),
        _ => (1, 5, "en", &["fraud", "money laundering", "bribery", "sanction"][..], 3),
    };
    json!({
        "mode": mode,
        "time_range_year": years,
        "language": language,
        "negative_words": words,
        "sites": [],
        "number_of_pages": pages,
    })
}
