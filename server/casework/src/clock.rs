//! The time, given rather than taken, so that tests can move it.

use domain::Moment;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The system's clock, which only tests move or stop.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    offset_ms: Arc<AtomicI64>,
    /// What the system's clock said when this one was stopped; 0 while it goes.
    stopped_ms: Arc<AtomicI64>,
}

impl Clock {
    /// Milliseconds since 1970 in UTC.
    #[must_use]
    pub fn now(&self) -> Moment {
        let now = match self.stopped_ms.load(Ordering::Relaxed) {
            0 => system_now(),
            stopped => stopped,
        };
        now + self.offset_ms.load(Ordering::Relaxed)
    }

    /// Moves this clock and all its clones.
    pub fn advance(&self, by_ms: i64) {
        self.offset_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    /// Stops this clock and all its clones: from here on only [`Clock::advance`] moves them. What a
    /// test counts within a minute is then the same on a machine where each step takes seconds.
    pub fn stop(&self) {
        self.stopped_ms.store(system_now(), Ordering::Relaxed);
    }
}

fn system_now() -> Moment {
    let since =
        std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
