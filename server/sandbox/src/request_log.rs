//! The last requests that reached a provider's base path. `/` and `/control` are not written down:
//! a test that polls them would push out what it looks for.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use axum::{
    extract::{OriginalUri, Request, State},
    middleware::Next,
    response::Response,
};
use serde::Serialize;

use crate::{text::now_ms, world::Shared};

const KEPT_MAX: usize = 5_000;

/// One request as `GET /control/requests` shows it.
#[derive(Clone, Serialize)]
pub(crate) struct Line {
    #[serde(skip)]
    number: u64,
    /// Arrival, UTC milliseconds.
    pub at_ms: i64,
    pub method: String,
    /// Path and query.
    pub path: String,
    /// Null while there is no answer, and for good when the client went away first.
    pub status: Option<u16>,
    /// The target's name, when the request is about one.
    pub name: Option<String>,
}

/// The log; oldest first.
#[derive(Default)]
pub(crate) struct RequestLog {
    lines: Mutex<(u64, VecDeque<Line>)>,
}

/// A handler's grip on its own line.
#[derive(Clone, Copy)]
pub(crate) struct Entry(u64);

impl RequestLog {
    /// All lines, oldest first.
    pub fn lines(&self) -> Vec<Line> {
        self.lock().1.iter().cloned().collect()
    }

    pub fn clear(&self) {
        self.lock().1.clear();
    }

    /// Says whom the request is about.
    pub fn name(&self, entry: Entry, name: &str) {
        self.update(entry, |line| line.name = Some(name.to_owned()));
    }

    fn begin(&self, method: String, path: String) -> Entry {
        let mut lines = self.lock();
        lines.0 += 1;
        let number = lines.0;
        if lines.1.len() == KEPT_MAX {
            lines.1.pop_front();
        }
        lines.1.push_back(Line { number, at_ms: now_ms(), method, path, status: None, name: None });
        Entry(number)
    }

    fn update(&self, entry: Entry, write: impl FnOnce(&mut Line)) {
        let mut lines = self.lock();
        let found = lines.1.binary_search_by_key(&entry.0, |line| line.number);
        if let Some(line) = found.ok().and_then(|index| lines.1.get_mut(index)) {
            write(line);
        }
    }

    fn lock(&self) -> MutexGuard<'_, (u64, VecDeque<Line>)> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Middleware of each provider's routes: one line for each request, its status when it is known.
pub(crate) async fn record(
    State(world): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let uri = request
        .extensions()
        .get::<OriginalUri>()
        .map_or_else(|| request.uri().clone(), |original| original.0.clone());
    let path = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
    let entry = world.log.begin(request.method().to_string(), path);
    request.extensions_mut().insert(entry);
    let response = next.run(request).await;
    world.log.update(entry, |line| line.status = Some(response.status().as_u16()));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_forgets_its_oldest_lines_and_never_names_the_wrong_one() {
        let log = RequestLog::default();
        let first = log.begin("GET".into(), "/first".into());
        for number in 0..KEPT_MAX {
            log.begin("GET".into(), format!("/{number}"));
        }
        log.name(first, "gone");
        let last = log.begin("GET".into(), "/last".into());
        log.name(last, "found");
        let lines = log.lines();
        assert_eq!(lines.len(), KEPT_MAX);
        assert_eq!(
            lines.iter().filter_map(|line| line.name.as_deref()).collect::<Vec<_>>(),
            ["found"]
        );
    }
}
