//! The answers of ROFUS, the Danish Gambling Authority's register of people who excluded themselves
//! from gambling.
//!
//! Source of the answers: ZignSec's `CheckDkRofus`. Source of the duties and lengths: the Danish
//! Customs and Tax Administration's legal guide, J.A.12.

use crate::{Moment, choices, time};

choices! {
    /// The register's answer, in the provider's words.
    pub enum RofusStatus {
        NotRegistered = "PersonIsNotRegistered", "Not registered";
        Temporarily = "PersonIsRegisteredTemporarily", "Excluded for a time";
        Permanently = "PersonIsRegisteredPermanently", "Excluded for good";
    }
}

impl RofusStatus {
    /// Whether the person is in the register.
    #[must_use]
    pub const fn is_hit(self) -> bool {
        !matches!(self, Self::NotRegistered)
    }

    /// What an operator must do now.
    #[must_use]
    pub const fn obliges(self) -> &'static str {
        match self {
            Self::NotRegistered => {
                "The register does not stand in the way. The answer holds for this moment only: ask again at every login, \
                 because an exclusion may begin at any time."
            }
            Self::Temporarily => {
                "Do not open an account and do not let this person play. The exclusion is a pause of 24 hours, or lasts \
                 1, 3 or 6 months; the answer does not say which, and it ends by itself. Ask again at the next login."
            }
            Self::Permanently => {
                "Do not open an account, and close the one this person has. The entry can be taken back after one year at the \
                 earliest, with seven days to think it over; until the register says so, the exclusion holds."
            }
        }
    }
}

/// How long an answer may carry a decision: the length of the shortest exclusion, the pause of 24
/// hours.
///
/// After that, a hit may have ended by itself. The operator's duty to ask at registration and at
/// every login stays beside it: no answer, however fresh, is good for a second login.
pub const FRESH_TIME: i64 = 24 * time::HOUR;

/// Whether the register has to be asked again before anything is decided.
#[must_use]
pub const fn is_stale(received: Moment, now: Moment) -> bool {
    now.saturating_sub(received) >= FRESH_TIME
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_answer_is_no_hit_and_unknown_ones_are_no_answer() {
        let hits: Vec<RofusStatus> =
            RofusStatus::ALL.iter().copied().filter(|s| s.is_hit()).collect();
        assert_eq!(hits, [RofusStatus::Temporarily, RofusStatus::Permanently]);
        for text in
            ["", "personisnotregistered", "PersonIsNotRegistered ", "PersonIsRegistered", "null"]
        {
            assert_eq!(RofusStatus::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn every_hit_forbids_an_account_and_every_answer_speaks_of_its_end() {
        for status in RofusStatus::ALL {
            assert_eq!(
                status.obliges().contains("Do not open an account"),
                status.is_hit(),
                "{status}"
            );
        }
        assert!(
            RofusStatus::Temporarily.obliges().contains("24 hours")
                && RofusStatus::Temporarily.obliges().contains("1, 3 or 6 months")
        );
        assert!(RofusStatus::Permanently.obliges().contains("close"));
    }

    #[test]
    fn an_answer_is_stale_when_the_shortest_exclusion_could_be_over() {
        assert!(!is_stale(0, FRESH_TIME - 1));
        assert!(is_stale(0, FRESH_TIME));
        // A clock that was put back makes nothing stale and nothing overflow.
        assert!(!is_stale(10, 0));
        assert!(!is_stale(i64::MAX, i64::MIN));
    }
}
