//! How often each number was asked about. Statuses that change and misbehaviours that pass depend
//! on it, and tests read it to see that nothing was sent twice.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::text::hash;

/// The two services.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Service {
    MatchPidCpr,
    CheckDkRofus,
}

impl Service {
    /// Its name in the path, lower case.
    pub fn word(self) -> &'static str {
        match self {
            Service::MatchPidCpr => "matchpidcpr",
            Service::CheckDkRofus => "checkdkrofus",
        }
    }
}

/// The statuses of the register, in the order of the published page.
pub(super) const STATUSES: [&str; 3] =
    ["PersonIsNotRegistered", "PersonIsRegisteredTemporarily", "PersonIsRegisteredPermanently"];

/// Everything ZignSec's stand-in keeps.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Book {
    /// Well-formed calls by CPR number, of each service.
    match_calls: BTreeMap<String, u32>,
    rofus_calls: BTreeMap<String, u32>,
    /// Calls with `Environment: "Mock"` that got a status.
    mock_calls: u64,
}

impl Book {
    /// Counts a well-formed call; 1 for the first about this number.
    pub fn count(&mut self, service: Service, number: &str) -> u32 {
        let calls = match service {
            Service::MatchPidCpr => &mut self.match_calls,
            Service::CheckDkRofus => &mut self.rofus_calls,
        };
        let count = calls.entry(number.to_owned()).or_default();
        *count += 1;
        *count
    }

    /// Service, number and number of calls.
    pub fn calls(&self) -> impl Iterator<Item = (Service, &str, u32)> {
        let matches = self
            .match_calls
            .iter()
            .map(|(number, count)| (Service::MatchPidCpr, number.as_str(), *count));
        matches.chain(
            self.rofus_calls
                .iter()
                .map(|(number, count)| (Service::CheckDkRofus, number.as_str(), *count)),
        )
    }

    pub fn mock_calls(&self) -> u64 {
        self.mock_calls
    }

    /// "One of the three at random": depends on the seed and on how many came before, nothing else.
    pub fn mock_status(&mut self, seed: u64) -> &'static str {
        self.mock_calls += 1;
        let number = self.mock_calls;
        match hash(seed, &format!("rofus mock {number}")) % 3 {
            0 => STATUSES[0],
            1 => STATUSES[1],
            _ => STATUSES[2],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mocked(seed: u64) -> Vec<&'static str> {
        let mut book = Book::default();
        (0..60).map(|_| book.mock_status(seed)).collect()
    }

    #[test]
    fn the_mock_is_random_and_the_same_for_the_same_seed() {
        assert_eq!(mocked(1), mocked(1));
        assert_ne!(mocked(1), mocked(2));
        for status in STATUSES {
            assert!(mocked(1).iter().filter(|mocked| **mocked == status).count() >= 10, "{status}");
        }
    }

    #[test]
    fn each_service_counts_for_itself() {
        let mut book = Book::default();
        assert_eq!(book.count(Service::MatchPidCpr, "1508620001"), 1);
        assert_eq!(book.count(Service::CheckDkRofus, "1508620001"), 1);
        assert_eq!(book.count(Service::CheckDkRofus, "1508620001"), 2);
        let calls: Vec<_> = book.calls().collect();
        assert_eq!(
            calls,
            [(Service::MatchPidCpr, "1508620001", 1), (Service::CheckDkRofus, "1508620001", 2)]
        );
    }
}
