//! Solaris: persons and their video identification through IDnow.
//!
//! Base path `/solaris`, token at `/solaris/oauth2/token`. `/solaris/lax` is the same bank as less
//! careful implementations build it (`lax` says how). Which parts are published and which are
//! reconstructions is said where they are built. What comes from whom: `fields`, `person` and
//! `identification` check requests and know their documents, `scenario` says what a session leads
//! to, `attempts` what IDnow tells about it, `book` lets time pass, `deliveries` and `sending` are
//! about webhooks, `session` plays the customer's page. Other identification methods than `idnow`
//! are not played.

mod attempts;
mod book;
mod call;
mod control;
mod deliveries;
mod documents;
mod drawing;
mod endpoints;
mod errors;
mod faults;
mod fields;
mod identification;
mod lax;
mod moment;
mod odd;
mod page;
mod paging;
mod pdf;
mod person;
mod scenario;
mod sending;
mod session;
mod token;
mod triggers;
mod webhooks;
mod words;

use std::sync::{Mutex, MutexGuard};

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, patch, post},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};
use tokio::sync::Notify;

use crate::{
    Options,
    provider::{Part, Provider},
    request_log,
    text::now_ms,
    world::{Shared, World, locked},
};

pub(crate) use book::{Book, Books};
pub(crate) use deliveries::{Delivery, Replay};
pub(crate) use identification::Identification;
pub(crate) use person::Person;
pub(crate) use scenario::CASES;
pub(crate) use triggers::TRIGGERS;
pub(crate) use words::{ENUMS, FAILURE_CODES, WITH_ADDRESS, failure_code};

/// Client id and client secret.
pub(crate) const CLIENT: &str = "sandbox";
/// The longest body of a document's upload.
const UPLOAD_MAX: usize = 32 * 1024 * 1024;

/// How long things take, in milliseconds; real ones are much longer. A session that plays itself
/// takes two steps ([`crate::Options::step_ms`]).
#[derive(Clone, Copy, Debug)]
pub struct SolarisTimes {
    /// A usual review (really one or two minutes).
    pub review_ms: u64,
    /// The review of LONGREVIEW (really a day).
    pub long_review_ms: u64,
    /// What HOLDCERTIFICATE holds back (really ten minutes).
    pub certificate_ms: u64,
    /// The first pause before a webhook is sent again; each further one is 1.561 times as long
    /// (really about five and a half seconds, which makes 25 attempts in five days).
    pub retry_ms: u64,
    /// How long a token opens (published: an hour).
    pub token_ms: u64,
}

impl Default for SolarisTimes {
    fn default() -> Self {
        Self {
            review_ms: 5_000,
            long_review_ms: 60_000,
            certificate_ms: 30_000,
            retry_ms: 1_000,
            token_ms: 3_599_000,
        }
    }
}

/// Which implementation of the bank answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Variant {
    #[default]
    Bank,
    Lax,
}

impl Variant {
    pub const ALL: [Variant; 2] = [Variant::Bank, Variant::Lax];
}

/// What the provider remembers, and that something moved.
#[derive(Default)]
pub(crate) struct Solaris {
    books: Mutex<Books>,
    /// Wakes the job that lets time pass and sends webhooks.
    moved: Notify,
}

impl Provider for Solaris {
    fn name(&self) -> &'static str {
        "solaris"
    }

    fn routes(&self, world: &Shared) -> Router {
        routes(world)
    }

    fn customer_routes(&self) -> Router<Shared> {
        session::routes()
    }

    fn control_routes(&self) -> Router<Shared> {
        Router::new().nest("/solaris", control::routes())
    }

    fn page(&self, world: &Shared) -> Part {
        Part {
            nav: "<a href=\"#solaris\">Solaris</a>",
            sections: page::sections(world),
            ..Part::default()
        }
    }

    fn kept(&self) -> Option<serde_json::Result<Box<RawValue>>> {
        Some(to_raw_value(&*locked(&self.books)))
    }

    /// An older version's file has none.
    fn restore(&self, kept: Option<&RawValue>) -> serde_json::Result<()> {
        if let Some(kept) = kept {
            *locked(&self.books) = serde_json::from_str(kept.get())?;
        }
        Ok(())
    }

    fn reset(&self, _options: &Options) {
        locked(&self.books).forget();
    }

    fn start(&self, world: &Shared) {
        world.work.spawn(sending::run(world.clone()));
    }
}

/// All paths under `/solaris`.
fn routes(world: &Shared) -> Router {
    let lax = api(world, Variant::Lax).layer(middleware::from_fn(lax::loosen));
    let routes = api(world, Variant::Bank).nest("/lax", lax);
    routes
        .layer(middleware::from_fn_with_state(world.clone(), request_log::record))
        .with_state(world.clone())
}

fn api(world: &Shared, variant: Variant) -> Router<Shared> {
    let one = match variant {
        Variant::Bank => get(endpoints::identifications::retrieve),
        // Some implementations only have the list.
        Variant::Lax => get(|| async {
            errors::Problems::new(StatusCode::NOT_FOUND, "not_found", "There is no such path.")
        }),
    };
    let upload = || DefaultBodyLimit::max(UPLOAD_MAX);
    Router::new()
        .route("/v1/persons", get(endpoints::persons::list).post(endpoints::persons::create))
        .route(
            "/v1/persons/{id}",
            get(endpoints::persons::retrieve).patch(endpoints::persons::update),
        )
        .route("/v1/persons/{id}/update_for_development", patch(endpoints::persons::develop))
        .route(
            "/v1/persons/{id}/identifications",
            get(endpoints::identifications::of_person).post(endpoints::identifications::create),
        )
        .route("/v1/identifications", get(endpoints::identifications::all))
        .route("/v1/persons/{id}/identifications/{one}", one)
        .route(
            "/v1/persons/{id}/identifications/{one}/supported_documents",
            get(endpoints::identifications::supported_documents),
        )
        .route(
            "/v1/persons/{id}/identifications/{one}/request",
            patch(endpoints::identifications::request),
        )
        .route(
            "/v1/persons/{id}/identifications/{one}/idnow_attempts",
            get(endpoints::identifications::attempts),
        )
        .route(
            "/v1/persons/{id}/identifications/{one}/idnow_legitimation_data",
            get(endpoints::identifications::legitimation_data),
        )
        .route(
            "/v1/persons/{id}/identifications/{one}/document_upload",
            post(endpoints::documents::upload_to_identification).layer(upload()),
        )
        .route(
            "/v1/persons/{id}/documents",
            get(endpoints::documents::list).post(endpoints::documents::upload).layer(upload()),
        )
        .route(
            "/v1/persons/{id}/documents/{one}",
            get(endpoints::documents::retrieve)
                .patch(endpoints::documents::update)
                .delete(endpoints::documents::delete),
        )
        .route("/v1/persons/{id}/documents/{one}/file", get(endpoints::documents::file))
        .route("/v1/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/v1/webhooks/{id}", get(webhooks::retrieve).delete(webhooks::delete))
        .fallback(|| async {
            errors::Problems::new(StatusCode::NOT_FOUND, "not_found", "There is no such path.")
        })
        .method_not_allowed_fallback(|| async {
            errors::Problems::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "This path does not know the method.",
            )
        })
        .layer(middleware::from_fn_with_state(world.clone(), token::ask))
        .route("/oauth2/token", post(token::issue))
        .layer(Extension(variant))
}

impl World {
    /// Both banks' books as they were left; hold them shortly and never across an await.
    pub fn banks(&self) -> MutexGuard<'_, Books> {
        locked(&self.provider::<Solaris>().books)
    }

    /// A bank's book as it is now: what has come due has happened.
    pub fn solaris<T>(&self, variant: Variant, look: impl FnOnce(&mut Book, i64) -> T) -> T {
        let now_ms = now_ms();
        let mut banks = self.banks();
        let book = banks.of(variant);
        let moved = book.advance(now_ms, &self.options);
        let result = look(book, now_ms);
        drop(banks);
        if moved {
            self.moved();
        }
        result
    }

    /// The same for whoever changes it: has it saved, and looks for webhooks to send.
    pub fn change_solaris<T>(
        &self,
        variant: Variant,
        write: impl FnOnce(&mut Book, i64) -> T,
    ) -> T {
        let result = self.solaris(variant, write);
        self.moved();
        result
    }

    fn moved(&self) {
        self.to_save.notify_one();
        self.provider::<Solaris>().moved.notify_one();
    }
}
