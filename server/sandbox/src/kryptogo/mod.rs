//! KryptoGO Compliance KYABC API 0.1.0: due diligence tasks about people (KYC) and companies (KYB),
//! ID verification (`idv`) and wallet analysis (`kya`).
//!
//! Base path `/kryptogo`, key in the header `GOFACT-API-TOKEN`. Which parts are published and which
//! are reconstructions is said where they are built: requests in `requests`, documents in `bodies`.

mod bodies;
mod callbacks;
mod catalogue;
mod control;
mod endpoints;
pub(crate) mod idv;
pub(crate) mod kya;
mod owed;
mod page;
mod requests;
mod tasks;
mod triggers;

use std::sync::{Mutex, MutexGuard};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::StatusCode;
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use tokio::sync::Notify;

use crate::{
    Options,
    provider::{Part, Provider},
    request_log,
    world::{Shared, World, locked},
};

pub(crate) use bodies::{View, found as found_about};
pub(crate) use catalogue::{Catalogue, Entry, Outcome, SOURCES, outcome_of};
pub(crate) use requests::NewDecision;
pub(crate) use tasks::{Book, Decided, POINTS_PER_TASK, Task, Who};
pub(crate) use triggers::TRIGGERS;

/// Reconstruction: no error body is published; the only envelope seen is `{"code":0}`.
pub(crate) use crate::refusal::Refusal;

/// The header that carries the key.
pub(crate) const KEY_HEADER: &str = "GOFACT-API-TOKEN";
/// The one key that opens the sandbox.
pub(crate) const KEY: &str = "sandbox";

/// What the provider remembers, and the wish to tell.
pub(crate) struct Kryptogo {
    book: Mutex<Book>,
    /// Wakes the job that sends callbacks.
    to_send: Notify,
}

impl Kryptogo {
    pub fn new(options: &Options) -> Kryptogo {
        Kryptogo { book: Mutex::new(Book::new(options.points)), to_send: Notify::new() }
    }
}

impl Provider for Kryptogo {
    fn name(&self) -> &'static str {
        "kryptogo"
    }

    fn routes(&self, world: &Shared) -> Router {
        routes(world.clone())
    }

    fn customer_routes(&self) -> Router<Shared> {
        idv::customer_routes()
    }

    fn control_routes(&self) -> Router<Shared> {
        control::routes()
    }

    fn page(&self, world: &Shared) -> Part {
        page::part(world)
    }

    fn kept(&self) -> Option<serde_json::Result<Box<RawValue>>> {
        Some(to_raw_value(&*locked(&self.book)))
    }

    /// The first provider that there was: each state file has it.
    fn restore(&self, kept: Option<&RawValue>) -> serde_json::Result<()> {
        let kept =
            kept.ok_or_else(|| <serde_json::Error as serde::de::Error>::missing_field("kryptogo"))?;
        *locked(&self.book) = serde_json::from_str(kept.get())?;
        Ok(())
    }

    fn reset(&self, options: &Options) {
        locked(&self.book).reset(options.points);
        self.to_send.notify_one();
    }

    fn start(&self, world: &Shared) {
        world.work.spawn(callbacks::send(world.clone()));
    }
}

/// All paths under `/kryptogo`. Details have two: the published page does not name the path.
fn routes(world: Shared) -> Router {
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
        .method_not_allowed_fallback(|| async {
            Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not know the method.")
        })
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

impl World {
    /// The book itself; hold it shortly and never across an await.
    pub fn kryptogo(&self) -> MutexGuard<'_, Book> {
        locked(&self.provider::<Kryptogo>().book)
    }

    /// Reads the book.
    pub fn look<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        read(&self.kryptogo())
    }

    /// Changes the book, then has it saved and looks for callbacks to send.
    pub fn change<T>(&self, write: impl FnOnce(&mut Book) -> T) -> T {
        let result = write(&mut self.kryptogo());
        self.owes();
        result
    }

    fn owes(&self) {
        self.to_save.notify_one();
        self.provider::<Kryptogo>().to_send.notify_one();
    }

    /// What the documents about KryptoGO's tasks depend on besides the task.
    pub fn view(&self) -> View<'_> {
        View { base_url: &self.base_url, seed: self.options.seed, now_ms: crate::text::now_ms() }
    }

    /// The book as it is now: verifications whose time has come are ended first.
    pub fn current<T>(&self, look: impl FnOnce(&mut Book, &View) -> T) -> T {
        let view = self.view();
        let mut book = self.kryptogo();
        let ended = book.finish_idvs(&self.options, view.now_ms);
        let result = look(&mut book, &view);
        drop(book);
        if ended {
            self.owes();
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
pub(crate) const SETTINGS: [(i64, &str); 3] =
    [(1, "Precise, five years"), (2, "Fuzzy, all years"), (3, "Precise, Chinese sources")];

/// `search_setting` of the documents: mode 1 precise, 2 fuzzy; years back, -1 for all.
fn setting(id: i64) -> serde_json::Value {
    let (mode, years, language, words, pages) = match id {
        2 => (
            2,
            -1,
            "en",
            &["fraud", "money laundering", "bribery", "sanction", "corruption", "tax evasion"][..],
            5,
        ),
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
