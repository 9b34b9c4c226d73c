//! ZignSec eKYC v2, the Danish services: does a NemID person number (PID) belong to a civil
//! registration number (CPR), and is the holder of a CPR number in ROFUS, the register of players
//! who excluded themselves.
//!
//! Base path `/zignsec`, the bare key in `Authorization`. Published are the paths, the names of all
//! members (their letter case differs, and counts), three statuses and the error objects; which
//! HTTP status an error has is a reconstruction: 400, and 401 for a wrong key. Some numbers ask for
//! an error on 200, because a client has to look at `errors` there too.

mod book;
mod control;
mod endpoints;
mod numbers;
mod page;
mod triggers;

use std::sync::{Mutex, MutexGuard};

use axum::{
    Json, Router,
    extract::Request,
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    Options,
    provider::{Part, Provider},
    request_log,
    text::unguessable,
    world::{Shared, World, locked},
};

pub(crate) use book::{Book, Service};
pub(crate) use endpoints::{MATCHING_CPR, MATCHING_PID};
pub(crate) use triggers::NUMBERS;

/// The one key that opens this part. It stands alone in the header: `Bearer` before it is a
/// mistake.
pub(crate) const KEY: &str = "sandbox";

/// Codes of error objects, from the provider's list.
pub(crate) const INVALID_PERSONALNUMBER: &str = "INVALID_PERSONALNUMBER";
pub(crate) const INVALID_REQUEST: &str = "INVALID_REQUEST";

/// What the provider remembers.
#[derive(Default)]
pub(crate) struct Zignsec {
    book: Mutex<Book>,
}

impl Provider for Zignsec {
    fn name(&self) -> &'static str {
        "zignsec"
    }

    fn routes(&self, world: &Shared) -> Router {
        routes(world.clone())
    }

    fn control_routes(&self) -> Router<Shared> {
        control::routes()
    }

    fn page(&self, world: &Shared) -> Part {
        Part {
            nav: "<a href=\"#zignsec\">ZignSec</a>",
            sections: page::section(world),
            ..Part::default()
        }
    }

    fn kept(&self) -> Option<serde_json::Result<Box<RawValue>>> {
        Some(to_raw_value(&*locked(&self.book)))
    }

    /// An older version's file has none.
    fn restore(&self, kept: Option<&RawValue>) -> serde_json::Result<()> {
        if let Some(kept) = kept {
            *locked(&self.book) = serde_json::from_str(kept.get())?;
        }
        Ok(())
    }

    fn reset(&self, _options: &Options) {
        *locked(&self.book) = Book::default();
    }
}

impl World {
    /// The book; hold it shortly and never across an await.
    pub fn zignsec(&self) -> MutexGuard<'_, Book> {
        locked(&self.provider::<Zignsec>().book)
    }
}

/// All paths under `/zignsec`. Their letter case does not count (the page itself writes
/// `MatchPidCpr` and `matchpidcpr`), so one handler takes them all and looks at the path itself.
fn routes(world: Shared) -> Router {
    Router::new()
        .fallback(endpoints::dispatch)
        .layer(middleware::from_fn(ask_for_key))
        .layer(middleware::from_fn_with_state(world.clone(), request_log::record))
        .with_state(world)
}

async fn ask_for_key(request: Request, next: Next) -> Response {
    if request
        .headers()
        .get(header::AUTHORIZATION)
        .is_some_and(|key| key.as_bytes() == KEY.as_bytes())
    {
        return next.run(request).await;
    }
    Problem::new(StatusCode::UNAUTHORIZED, INVALID_REQUEST, "The access key is missing or wrong.")
        .into_response()
}

/// An answer with one error object: `{"id", "errors": [{"code", "description"}]}`.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    /// Text in the provider's documents; one public client expects a number.
    code: Value,
    description: String,
}

impl Problem {
    pub fn new(
        status: StatusCode,
        code: impl Into<Value>,
        description: impl Into<String>,
    ) -> Problem {
        Problem { status, code: code.into(), description: description.into() }
    }

    pub fn bad(code: &str, description: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, code, description)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let error = json!({ "code": self.code, "description": self.description });
        (self.status, Json(json!({ "id": answer_id(), "errors": [error] }))).into_response()
    }
}

/// The id of an answer, in the form of a random UUID (version 4).
fn answer_id() -> String {
    let random = unguessable();
    let part = |from: usize, to: usize| random.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-a{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answers_id_looks_like_a_random_uuid() {
        let id = answer_id();
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        assert_eq!(id.as_bytes()[14], b'4');
        assert_ne!(id, answer_id());
    }
}
