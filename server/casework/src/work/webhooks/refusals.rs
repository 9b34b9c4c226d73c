//! Deliveries that were not believed are counted, not kept: whoever sends them could fill the
//! database.

use crate::providers::solaris::Refusal;
use domain::Moment;
use std::{collections::HashMap, sync::Mutex};

/// What was refused at one connection since this process started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    pub count: u64,
    pub last: Refusal,
    pub last_at: Moment,
}

/// The counters of all connections.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<String, Refused>>);

impl Refusals {
    /// Counts one more; gives how many there were.
    pub(super) fn count(&self, connection: &str, why: Refusal, at: Moment) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let refused = all.entry(connection.to_owned()).or_insert(Refused {
            count: 0,
            last: why,
            last_at: at,
        });
        *refused = Refused { count: refused.count + 1, last: why, last_at: at };
        refused.count
    }

    /// What was refused at a connection; nothing if nothing was.
    #[must_use]
    pub fn of(&self, connection: &str) -> Option<Refused> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).get(connection).copied()
    }
}
