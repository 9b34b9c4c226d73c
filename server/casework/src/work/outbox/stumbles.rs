//! What stops the desk's own work half-way each time is set aside, so that it cannot do so for
//! ever.

use std::{
    any::Any,
    collections::HashMap,
    panic::AssertUnwindSafe,
    sync::{Mutex, PoisonError},
};

use crate::Error;
use futures::FutureExt;

/// Tries that stop half-way before something is set aside.
pub(crate) const TRIES: i64 = 5;

/// What a reviewer or admin reads of it; why it stopped stands in the log.
pub(crate) const SET_ASIDE: &str = "This stopped the desk's own work half-way five times and was set aside; the program's log says why. An admin should look at it.";

/// How often each thing stopped half-way, since the start.
#[derive(Default)]
pub struct Stumbles(Mutex<HashMap<String, i64>>);

impl Stumbles {
    /// Counts one more; gives how often it was.
    pub(crate) fn count(&self, id: &str) -> i64 {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(id.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Whether it stopped half-way before.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(id)
    }

    pub(crate) fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
    }
}

/// Carries something out; a panic in it is an error like any other.
pub(crate) async fn caught<T>(
    carried_out: impl Future<Output = Result<T, Error>>,
) -> Result<T, Error> {
    match AssertUnwindSafe(carried_out).catch_unwind().await {
        Ok(result) => result,
        Err(panic) => Err(Error::Corrupt(format!("panicked: {}", words_of(&*panic)))),
    }
}

/// Whether it was the doing of the database or of the place for files: then what was worked on is
/// not to blame.
pub(crate) const fn is_passing(error: &Error) -> bool {
    matches!(error, Error::Busy(_) | Error::Unsure(_) | Error::Full(_) | Error::Files(_))
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("without words")
}
