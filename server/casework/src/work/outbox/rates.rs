//! How fast a connection may send: places in time, given out one after the other.

use domain::Moment;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// How long a place that came is kept for a delivery that does not come for it, in milliseconds.
const HELD_MS: i64 = 3_600_000;

/// The next free place of each connection, and the places that deliveries hold. In memory: after a
/// restart the deliveries that wait take places anew.
#[derive(Default)]
pub struct Rates(Mutex<Places>);

#[derive(Default)]
struct Places {
    next: HashMap<String, Moment>,
    held: HashMap<String, Moment>,
}

impl Rates {
    /// When this delivery may leave; now, if its place has come.
    pub(crate) fn place(
        &self,
        connection: &str,
        delivery: &str,
        per_second: u32,
        now: Moment,
    ) -> Moment {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = places.held.get(delivery).copied() {
            if held <= now {
                places.held.remove(delivery);
            }
            return held.max(now);
        }
        // Whoever did not come for their place by now was withdrawn.
        places.held.retain(|_, held| *held > now - HELD_MS);
        let apart = i64::from(1_000_u32.div_ceil(per_second.max(1)));
        let next = places.next.entry(connection.to_owned()).or_insert(now);
        let place = (*next).max(now);
        *next = place + apart;
        if place > now {
            places.held.insert(delivery.to_owned(), place);
        }
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_apart_and_kept() {
        let rates = Rates::default();
        let given: Vec<Moment> =
            (0..4).map(|at| rates.place("c", &format!("d{at}"), 5, 1_000)).collect();
        assert_eq!(given, [1_000, 1_200, 1_400, 1_600]);
        assert_eq!(rates.place("c", "d2", 5, 1_100), 1_400, "asked early, the place stays");
        assert_eq!(rates.place("c", "d2", 5, 1_450), 1_450, "its place has come");
        assert_eq!(rates.place("c", "d2", 5, 1_460), 1_800, "another try takes another place");
        assert_eq!(
            rates.place("other", "x", 5, 1_000),
            1_000,
            "connections do not wait for each other"
        );
    }
}
