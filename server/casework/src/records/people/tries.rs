//! How often somebody may try a password, and from where.
//!
//! Each try takes its turn before anything is hashed, in one statement, so that many at once are no
//! more than many one after the other. Who signed in with this browser before has turns of their
//! own: nobody else's tries keep them waiting. All others share those of the account, and of the
//! account at their network.

use crate::sha256_hex;
use domain::{Moment, time};
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, MutexGuard},
};

/// From where somebody calls.
#[derive(Clone, Default)]
pub struct Visitor {
    pub network: Option<Network>,
    /// What the browser shows of an earlier sign-in.
    pub device: Option<String>,
    pub request_id: String,
    /// What the browser says it is, in words of ours.
    pub agent: String,
    /// The address that the request came from.
    pub address: String,
}

impl std::fmt::Debug for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Visitor")
            .field("network", &self.network)
            .field("request_id", &self.request_id)
            .finish_non_exhaustive()
    }
}

/// The network of an address: an IPv4 address, or the 64 bits of an IPv6 address that one customer
/// usually has to themself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Network {
    V4([u8; 4]),
    V6([u8; 8]),
}

impl Network {
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
        }
    }
}

/// How long the next try waits: from so many tries on, so many milliseconds.
pub(super) type Waits = &'static [(i64, i64)];

/// Of one account at one place. A mistyped password costs nothing; the wait then doubles up to a
/// minute.
const AT_ONE_PLACE: Waits = &[
    (5, time::SECOND),
    (6, 2 * time::SECOND),
    (7, 4 * time::SECOND),
    (8, 8 * time::SECOND),
    (9, 16 * time::SECOND),
    (10, 32 * time::SECOND),
    (11, time::MINUTE),
];
/// Of one account from anywhere: whoever attacks from many places slows others down who are new
/// here, but for a hundred tries by seconds only.
const FROM_ANYWHERE: Waits =
    &[(21, time::SECOND), (22, 2 * time::SECOND), (23, 4 * time::SECOND), (101, time::MINUTE)];

/// Of codes of one account. They are short, so whoever knows the password must not try many: of a
/// hundred tries a day one in thousands is right.
const OF_CODES: Waits = &[
    (5, time::SECOND),
    (6, 4 * time::SECOND),
    (7, 15 * time::SECOND),
    (8, time::MINUTE),
    (11, 5 * time::MINUTE),
    (21, 15 * time::MINUTE),
];

/// Tries are forgotten so long after the last of them.
pub(super) const FORGOTTEN_AFTER: i64 = time::HOUR;
/// A last try that lies further ahead was made before the clock went back: it keeps nobody waiting.
pub(super) const CLOCKS_DIFFER: i64 = 10 * time::SECOND;
/// So many turns are remembered; those with the fewest tries go first.
pub(super) const REMEMBERED: i64 = 50_000;

/// What takes a turn: its key, its waits, and whether others whom nobody knows take it as well.
pub(super) struct Turn {
    pub key: String,
    pub waits: Waits,
    pub is_shared: bool,
}

impl Turn {
    fn new(parts: &[&str], waits: Waits) -> Self {
        let text: String = parts.iter().map(|part| format!("{}:{part}|", part.len())).collect();
        Self { key: sha256_hex(text.as_bytes()), waits, is_shared: false }
    }

    /// Of somebody who signed in with this browser before.
    pub fn of_device(token_hash: &str, account: &str) -> Vec<Self> {
        vec![Self::new(&["device", token_hash, account], AT_ONE_PLACE)]
    }

    /// Of everybody else.
    pub fn of_stranger(network: Option<Network>, account: &str) -> Vec<Self> {
        let place = format!("{network:?}");
        let everybody = Self { is_shared: true, ..Self::new(&["account", account], FROM_ANYWHERE) };
        vec![Self::new(&["place", &place, account], AT_ONE_PLACE), everybody]
    }

    /// Of somebody whose password was right and who gives a code, in a browser they signed in with
    /// before.
    pub fn of_code_on_device(token_hash: &str, account: &str) -> Vec<Self> {
        vec![Self::new(&["device code", token_hash, account], OF_CODES)]
    }

    /// The same in any other browser: wherever it is, it shares what the account has.
    pub fn of_code_elsewhere(account: &str) -> Vec<Self> {
        vec![Self::new(&["account code", account], OF_CODES)]
    }

    /// Of somebody who is signed in and gives a code.
    pub fn of_code(person: &str) -> Vec<Self> {
        vec![Self::new(&["code", person], OF_CODES)]
    }

    /// Of somebody who is signed in and gives their password once more.
    pub fn of_password(person: &str) -> Vec<Self> {
        vec![Self::new(&["password", person], AT_ONE_PLACE)]
    }
}

/// Tries that one network has at once, and how long until it has one more. A try that succeeds
/// costs nothing.
const TRIES: i64 = 60;
const ONE_MORE: i64 = 2 * time::SECOND;
/// Networks that are remembered, some five megabytes; all beyond share one count.
const NETWORKS: usize = 50_000;

/// How many tries each network has left. In memory, and each instance counts for itself: whoever
/// makes up addresses fills no disk.
#[derive(Debug, Default)]
pub struct Networks {
    spent: Mutex<HashMap<Option<Network>, Spent>>,
}

#[derive(Debug, Clone, Copy)]
struct Spent {
    tries: i64,
    at: Moment,
}

impl Spent {
    /// What is still spent by now. A clock that went back gives back nothing, and takes nothing.
    fn by(self, now: Moment) -> Self {
        let back = (now - self.at).max(0) / ONE_MORE;
        let at = if now < self.at { now } else { self.at + back * ONE_MORE };
        Self { tries: (self.tries - back).max(0), at }
    }
}

impl Networks {
    /// Takes one of the network's tries, or says how long until there is one.
    pub(super) fn take(&self, network: Network, now: Moment) -> Result<(), i64> {
        let mut all = self.all();
        let is_room = all.len() < NETWORKS || all.contains_key(&Some(network));
        let key = Some(network).filter(|_| is_room);
        let spent = all.entry(key).or_insert(Spent { tries: 0, at: now });
        *spent = spent.by(now);
        if spent.tries >= TRIES {
            return Err(ONE_MORE - (now - spent.at).clamp(0, ONE_MORE - 1));
        }
        if spent.tries == 0 {
            spent.at = now;
        }
        spent.tries += 1;
        Ok(())
    }

    /// Gives a try back.
    pub(super) fn give_back(&self, network: Network) {
        if let Some(spent) = self.all().get_mut(&Some(network)) {
            spent.tries = (spent.tries - 1).max(0);
        }
    }

    /// Forgets networks that have all their tries.
    pub(super) fn sweep(&self, now: Moment) {
        self.all().retain(|_, spent| spent.by(now).tries > 0);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Option<Network>, Spent>> {
        self.spent.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::of(text.parse().expect("an address"))
    }

    #[test]
    fn a_network_is_one_address_of_ipv4_and_64_bits_of_ipv6() {
        assert_ne!(network("192.0.2.1"), network("192.0.2.2"));
        assert_eq!(network("192.0.2.1"), network("::ffff:192.0.2.1"));
        assert_eq!(network("2001:db8::1"), network("2001:db8::ffff:2"));
        assert_ne!(network("2001:db8::1"), network("2001:db8:0:1::1"));
    }

    #[test]
    fn a_network_has_sixty_tries_and_one_more_every_two_seconds() {
        let (all, one, other) = (Networks::default(), network("192.0.2.1"), network("192.0.2.2"));
        let taken = |at| (0..100).filter(|_| all.take(one, at).is_ok()).count();
        assert_eq!(taken(0), 60);
        assert_eq!(all.take(one, 500), Err(1_500));
        assert_eq!(taken(10_000), 5);
        assert!(all.take(other, 0).is_ok(), "nobody else pays for it");
        all.give_back(one);
        assert_eq!(taken(10_000), 1, "one that succeeded costs nothing");
        assert_eq!(taken(10_000 + time::HOUR), 60);
        all.sweep(10_000 + 3 * time::HOUR);
        assert!(all.all().is_empty());
    }

    #[test]
    fn a_clock_that_goes_back_keeps_no_network_out() {
        let (all, one) = (Networks::default(), network("192.0.2.1"));
        while all.take(one, time::DAY).is_ok() {}
        assert!(all.take(one, 0).is_err_and(|wait| wait <= ONE_MORE));
        assert!(all.take(one, ONE_MORE).is_ok());
    }

    #[test]
    fn addresses_without_end_take_memory_for_some_only() {
        let all = Networks::default();
        for n in 0..NETWORKS + 500 {
            let n = u32::try_from(n).expect("few").to_be_bytes();
            all.take(Network::V4(n), 0).ok();
        }
        assert_eq!(all.all().len(), NETWORKS + 1);
    }

    /// A code is short: wherever it is given, the wait grows to a quarter of an hour.
    #[test]
    fn codes_wait_longer_than_passwords_wherever_they_are_given() {
        let longest = |turns: Vec<Turn>| turns[0].waits.last().map(|(_, wait)| *wait);
        for turns in
            [Turn::of_code("b"), Turn::of_code_on_device("a", "b"), Turn::of_code_elsewhere("b")]
        {
            assert_eq!(longest(turns), Some(15 * time::MINUTE));
        }
        for turns in
            [Turn::of_password("b"), Turn::of_device("a", "b"), Turn::of_stranger(None, "b")]
        {
            assert_eq!(longest(turns), Some(time::MINUTE));
        }
    }

    #[test]
    fn keys_of_different_turns_differ() {
        let mut keys = std::collections::BTreeSet::new();
        let turns = [
            Turn::of_device("a", "b"),
            Turn::of_device("a|1:b", ""),
            Turn::of_stranger(None, "b"),
            Turn::of_stranger(Some(network("192.0.2.1")), "b"),
            Turn::of_password("b"),
            Turn::of_code_on_device("a", "b"),
            Turn::of_code_elsewhere("b"),
            Turn::of_code("b"),
        ];
        let count = turns
            .iter()
            .flatten()
            .map(|turn| keys.insert(turn.key.clone()))
            .filter(|is_new| *is_new)
            .count();
        assert_eq!(count, 9, "the account's turn is the same from everywhere");
    }
}
