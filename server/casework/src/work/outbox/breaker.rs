//! Which providers are out of reach: what is owed to them waits untried, and one call at a time
//! asks whether they are back.
//!
//! A connection that hangs must not take all places from the others, so each has its share of them.
//! Several calls in a row that do not reach the provider open the breaker: nothing is taken for it
//! until a wait is over that doubles each time; then one call is let through, and its answer closes
//! the breaker or opens it anew. All of it is in memory: after a restart the first calls find out
//! again.

use crate::{
    Pace,
    work::outbox::{backoff, chance},
};
use domain::Moment;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Calls at once to one connection, of each worker.
pub(crate) const SHARE: i64 = 8;
/// So many calls in a row that do not reach the provider mean that it is down.
const FAILURES: u32 = 5;

/// Who calls: each worker has places of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    Outbox,
    Poller,
}

/// The breakers of all connections.
#[derive(Clone, Default)]
pub struct Breakers(Arc<Mutex<HashMap<String, Line>>>);

#[derive(Default)]
struct Line {
    failed_in_a_row: u32,
    under_way: [i64; 2],
    down: Option<Down>,
    is_probed: bool,
}

/// A provider that is out of reach, as admins are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Down {
    pub since: Moment,
    pub again_at: Moment,
    waits: i64,
}

/// What a worker may take now.
pub(crate) struct Turn {
    /// Of each of these connections one thing may be tried.
    pub probes: Vec<Place>,
    /// Of these, nothing besides.
    pub except: Vec<String>,
    /// Of all others together so many.
    pub places: i64,
}

/// A place that a call takes; dropped, it is free again.
pub(crate) struct Place {
    breakers: Breakers,
    pub connection: String,
    caller: Caller,
    is_probe: bool,
}

impl Breakers {
    fn lines(&self) -> MutexGuard<'_, HashMap<String, Line>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shares `free` places out.
    pub(crate) fn turn(&self, caller: Caller, free: i64, now: Moment) -> Turn {
        let mut turn = Turn { probes: vec![], except: vec![], places: free.min(SHARE) };
        let mut lines = self.lines();
        for (connection, line) in lines.iter_mut() {
            match line.down {
                Some(down) => {
                    turn.except.push(connection.clone());
                    if !line.is_probed && down.again_at <= now && turn.places > 0 {
                        line.is_probed = true;
                        line.under_way[caller as usize] += 1;
                        turn.places -= 1;
                        turn.probes.push(Place {
                            breakers: self.clone(),
                            connection: connection.clone(),
                            caller,
                            is_probe: true,
                        });
                    }
                }
                None if line.under_way[caller as usize] >= SHARE => {
                    turn.except.push(connection.clone())
                }
                // So few that nobody can get more than their share, whoever they are for.
                None => turn.places = turn.places.min(SHARE - line.under_way[caller as usize]),
            }
        }
        drop(lines);
        turn
    }

    pub(crate) fn begin(&self, caller: Caller, connection: &str) -> Place {
        self.lines().entry(connection.to_owned()).or_default().under_way[caller as usize] += 1;
        Place { breakers: self.clone(), connection: connection.to_owned(), caller, is_probe: false }
    }

    /// The provider answered, whatever it said.
    pub(crate) fn reached(&self, connection: &str) {
        if let Some(line) = self.lines().get_mut(connection) {
            line.failed_in_a_row = 0;
            if line.down.take().is_some() {
                tracing::info!(connection, "the provider answers again");
            }
        }
    }

    /// A call did not reach the provider, or it could not answer.
    pub(crate) fn missed(&self, connection: &str, pace: &Pace, now: Moment) {
        let mut lines = self.lines();
        let line = lines.entry(connection.to_owned()).or_default();
        line.failed_in_a_row = line.failed_in_a_row.saturating_add(1);
        let (since, waits) = match line.down {
            // Others that were under way when it opened say nothing new.
            Some(down) if now < down.again_at => return,
            Some(down) => (down.since, down.waits + 1),
            None if line.failed_in_a_row < FAILURES => return,
            None => (now, 1),
        };
        let again_at = now + backoff(pace.retry_base_ms, pace.retry_max_ms, waits, chance());
        line.down = Some(Down { since, again_at, waits });
        drop(lines);
        tracing::warn!(
            connection,
            again_in_ms = again_at - now,
            "the provider is out of reach; what is owed to it waits"
        );
    }

    /// A connection was changed or tested: what was known of it counts no more.
    pub(crate) fn forget(&self, connection: &str) {
        if let Some(line) = self.lines().get_mut(connection) {
            (line.failed_in_a_row, line.down) = (0, None);
        }
    }

    /// Since when a connection's provider is out of reach, if it is.
    #[must_use]
    pub fn down(&self, connection: &str) -> Option<Down> {
        self.lines().get(connection).and_then(|line| line.down)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(line) = self.breakers.lines().get_mut(&self.connection) {
            line.under_way[self.caller as usize] -= 1;
            if self.is_probe {
                line.is_probed = false;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pace() -> Pace {
        Pace { retry_base_ms: 1_000, retry_max_ms: 60_000, ..Pace::default() }
    }

    fn opened(breakers: &Breakers, now: Moment) -> Down {
        for _ in 0..FAILURES {
            breakers.missed("a", &pace(), now);
        }
        breakers.down("a").expect("it is down")
    }

    #[test]
    fn no_connection_gets_more_than_its_share() {
        let breakers = Breakers::default();
        let mut held = Vec::new();
        for _ in 0..SHARE - 1 {
            held.push(breakers.begin(Caller::Outbox, "a"));
        }
        let turn = breakers.turn(Caller::Outbox, 16, 0);
        assert_eq!((turn.places, turn.except.len()), (1, 0), "one more may be for it");
        held.push(breakers.begin(Caller::Outbox, "a"));
        let turn = breakers.turn(Caller::Outbox, 16, 0);
        assert_eq!(
            (turn.places, turn.except.as_slice()),
            (SHARE, &["a".to_owned()][..]),
            "all others go on"
        );
        assert_eq!(
            breakers.turn(Caller::Poller, 16, 0).except.len(),
            0,
            "the poller has places of its own"
        );
        held.pop();
        assert_eq!(breakers.turn(Caller::Outbox, 16, 0).places, 1);
    }

    #[test]
    fn one_call_at_a_time_asks_whether_it_is_back() {
        let breakers = Breakers::default();
        for _ in 0..FAILURES - 1 {
            breakers.missed("a", &pace(), 0);
        }
        assert!(breakers.down("a").is_none());
        breakers.reached("a");
        let down = opened(&breakers, 10);
        assert_eq!(down.since, 10);
        let turn = breakers.turn(Caller::Outbox, 16, down.again_at - 1);
        assert_eq!((turn.probes.len(), turn.except.len()), (0, 1), "until then nothing");
        let turn = breakers.turn(Caller::Outbox, 16, down.again_at);
        assert_eq!((turn.probes.len(), turn.except.len(), turn.places), (1, 1, SHARE - 1));
        assert_eq!(
            breakers.turn(Caller::Poller, 16, down.again_at).probes.len(),
            0,
            "it is asked already"
        );
        breakers.missed("a", &pace(), down.again_at);
        let later = breakers.down("a").expect("still down");
        assert!(later.again_at > down.again_at && later.since == 10);
        drop(turn);
        let turn = breakers.turn(Caller::Poller, 16, later.again_at);
        assert_eq!(turn.probes.len(), 1);
        breakers.reached("a");
        assert!(breakers.down("a").is_none());
    }

    #[test]
    fn a_changed_connection_is_tried_at_once() {
        let breakers = Breakers::default();
        opened(&breakers, 0);
        breakers.forget("a");
        assert!(
            breakers.down("a").is_none() && breakers.turn(Caller::Outbox, 16, 0).except.is_empty()
        );
    }

    proptest! {
        #[test]
        fn waits_between_two_questions_are_bounded_and_never_nothing(rounds in 1usize..40) {
            let breakers = Breakers::default();
            let mut down = opened(&breakers, 0);
            let mut now = 0;
            for _ in 0..rounds {
                let wait = down.again_at - now;
                prop_assert!((1..=pace().retry_max_ms).contains(&wait), "{wait}");
                now = down.again_at;
                breakers.missed("a", &pace(), now);
                down = breakers.down("a").expect("down");
            }
            let longest = down.again_at - now;
            prop_assert!(rounds < 8 || longest >= pace().retry_max_ms / 2, "{longest}");
        }
    }
}
