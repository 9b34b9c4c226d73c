//! What each handler gets: which bank is asked, its book, and a grip on the request log; and how a
//! body is read.

use axum::{
    body::Bytes,
    extract::{FromRequestParts, rejection::BytesRejection},
};
use http::request::Parts;
use serde_json::{Map, Value};

use super::{Book, Variant, errors::Problems};
use crate::{request_log::Entry, world::Shared};

pub(super) type Received = Result<Bytes, BytesRejection>;

pub(super) struct Call {
    pub world: Shared,
    pub variant: Variant,
    entry: Entry,
    /// Path and query as they were sent.
    pub uri: String,
}

impl FromRequestParts<Shared> for Call {
    type Rejection = Problems;

    async fn from_request_parts(parts: &mut Parts, world: &Shared) -> Result<Self, Problems> {
        let variant = parts.extensions.get::<Variant>().copied().ok_or_else(Problems::internal)?;
        let entry = parts.extensions.get::<Entry>().copied().ok_or_else(Problems::internal)?;
        let uri = parts
            .extensions
            .get::<axum::extract::OriginalUri>()
            .map_or_else(|| parts.uri.clone(), |original| original.0.clone());
        Ok(Self { world: world.clone(), variant, entry, uri: uri.to_string() })
    }
}

impl Call {
    /// Reads the book.
    pub fn look<T>(&self, read: impl FnOnce(&Book) -> T) -> T {
        self.world.solaris(self.variant, |book, _| read(book))
    }

    /// Changes the book at this moment.
    pub fn change<T>(&self, write: impl FnOnce(&mut Book, i64) -> T) -> T {
        self.world.change_solaris(self.variant, write)
    }

    /// Says in the log whom the request is about.
    pub fn about(&self, first_name: &str, last_name: &str) {
        self.world.log.name(self.entry, &format!("{first_name} {last_name}"));
    }
}

/// A JSON object; a body of nothing is an empty one.
pub(super) fn object(body: Received) -> Result<Map<String, Value>, Problems> {
    let body = body.map_err(|error| {
        Problems::new(error.status(), "validation_error", "The body cannot be read.")
    })?;
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Map::new());
    }
    match serde_json::from_slice(&body) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err(Problems::bad("validation_error", "The body must be an object.")),
        Err(error) => Err(Problems::bad("invalid_json", format!("The body is not JSON: {error}."))),
    }
}
