//! What was read a moment ago and may be used again: a moment only, since other instances change
//! things too.

use domain::{Moment, time::SECOND};
use std::{collections::HashMap, sync::Mutex};

/// How long something is remembered, unless somebody says otherwise.
const TIME: i64 = 2 * SECOND;
/// More than these are forgotten together.
const MOST: usize = 10_000;

/// Values by key, each for a moment.
pub(crate) struct Remembered<V>(Mutex<HashMap<String, (Moment, V)>>);

impl<V> Default for Remembered<V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<V: Clone> Remembered<V> {
    /// What was remembered under the key less than two seconds ago, by a clock that may be set back
    /// meanwhile.
    pub(crate) fn get(&self, key: &str, now: Moment) -> Option<V> {
        self.get_within(key, now, TIME)
    }

    /// What was remembered under the key less than `time` milliseconds ago.
    pub(crate) fn get_within(&self, key: &str, now: Moment, time: i64) -> Option<V> {
        let known = self.0.lock().ok()?;
        let (at, value) = known.get(key)?;
        ((now - at).abs() < time).then(|| value.clone())
    }

    pub(crate) fn put(&self, key: &str, value: V, now: Moment) {
        let Ok(mut known) = self.0.lock() else { return };
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(key.to_owned(), (now, value));
    }

    /// Forgets all: something changed here.
    pub(crate) fn forget(&self) {
        if let Ok(mut known) = self.0.lock() {
            known.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_are_remembered_for_two_seconds_and_in_bounds() {
        let remembered = Remembered::default();
        remembered.put("a", 1, 10_000);
        assert_eq!(remembered.get("a", 11_999), Some(1));
        assert_eq!(remembered.get("a", 12_000), None);
        assert_eq!(remembered.get("a", 7_000), None, "the clock was set back");
        assert_eq!(remembered.get("b", 10_000), None);
        assert_eq!(
            remembered.get_within("a", 3_609_999, 3_600_000),
            Some(1),
            "for as long as somebody says"
        );
        assert_eq!(remembered.get_within("a", 3_610_000, 3_600_000), None);
        remembered.forget();
        assert_eq!(remembered.get("a", 10_000), None);
        for n in 0..3 * MOST {
            remembered.put(&n.to_string(), 1, 0);
        }
        assert!(remembered.0.lock().expect("whole").len() <= MOST);
    }
}
