//! The risk of an outcome: the provider's score, and what raises ours above it.
//!
//! An outcome never looks better than what came: what could not be read counts, and a score that a
//! report forgets does not make it harmless.

use crate::checks::Band;

/// The lowest score of an outcome of which a part could not be read: the middle of the scale, where
/// somebody looks.
const UNREAD_LEAST: i64 = Band::Medium.range().0;

/// What an outcome's risk is made of.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heard {
    /// The provider's score as it came.
    pub said: Option<String>,
    /// What it counts as, 0 to 100.
    pub counts: Option<i64>,
    /// The provider says that a sanction list matched, or that what it analysed is listed itself.
    pub is_sanctioned: bool,
    /// A part of the answer could not be read, or is missing.
    pub is_unread: bool,
}

/// A score of ours beside the provider's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rating {
    /// 0 to 100; absent when nothing says anything of the risk.
    pub score: Option<i64>,
    /// The provider's own score as it came, where it gave one.
    pub said: Option<String>,
    /// Why the two differ, in the middle of a sentence; empty when they are the same.
    pub why: Vec<&'static str>,
    /// A part of the answer could not be read, or is missing.
    pub is_unread: bool,
}

/// Rates an outcome.
#[must_use]
pub fn rate(heard: &Heard) -> Rating {
    let mut why = Vec::new();
    let mut score = heard.counts;
    if heard
        .said
        .as_ref()
        .zip(heard.counts)
        .is_some_and(|(said, counts)| *said != counts.to_string())
    {
        why.push("scores count as whole numbers from 0 to 100");
    }
    // A hit is 100 by the provider's own rule, whatever score stands beside it.
    if heard.is_sanctioned && score != Some(100) {
        score = Some(100);
        why.push("a sanction list matched");
    }
    if heard.is_unread && score.is_none_or(|score| score < UNREAD_LEAST) {
        score = Some(UNREAD_LEAST);
        why.push("a part of the answer could not be read");
    }
    Rating { score, said: heard.said.clone(), why, is_unread: heard.is_unread }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(said: &str, counts: Option<i64>) -> Heard {
        Heard { said: Some(said.into()), counts, ..Heard::default() }
    }

    #[test]
    fn a_plain_score_is_the_providers() {
        assert_eq!(
            rate(&heard("51", Some(51))),
            Rating { score: Some(51), said: Some("51".into()), why: vec![], is_unread: false }
        );
        assert_eq!(rate(&Heard::default()).score, None);
    }

    #[test]
    fn a_match_is_very_high_with_the_reason_beside_it() {
        let rated = rate(&Heard { is_sanctioned: true, ..heard("51", Some(51)) });
        assert_eq!(
            (rated.score, rated.said.as_deref(), rated.why),
            (Some(100), Some("51"), vec!["a sanction list matched"])
        );
        assert!(
            rate(&Heard { is_sanctioned: true, is_unread: true, ..heard("100", Some(100)) })
                .why
                .is_empty()
        );
    }

    #[test]
    fn what_could_not_be_read_is_never_low() {
        for (said, counts) in [("3", Some(3)), ("high", None)] {
            let rated = rate(&Heard { is_unread: true, ..heard(said, counts) });
            assert_eq!(
                (rated.score, rated.why),
                (Some(50), vec!["a part of the answer could not be read"])
            );
        }
        assert_eq!(rate(&Heard { is_unread: true, ..heard("87", Some(87)) }).score, Some(87));
    }

    #[test]
    fn a_fraction_counts_as_the_next_whole_number_and_says_so() {
        let rated = rate(&heard("74.5", Some(75)));
        assert_eq!((rated.score, rated.why.len()), (Some(75), 1));
    }
}
