//! The operator's answer as rows: one for each attribute that was asked, and none for anything
//! else.

use super::{Attribute, Version};
use crate::findings::Match;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the operator says of one attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MatchResult {
    Yes,
    No,
    /// The operator has nothing to compare with.
    NotAvailable,
    /// It was asked, and the answer does not speak of it.
    Missing,
    /// A word that we do not know, as it came; it counts as nothing.
    Unknown(String),
}

impl MatchResult {
    fn of(said: Option<&str>) -> Self {
        match said {
            None => Self::Missing,
            Some("true") => Self::Yes,
            Some("false") => Self::No,
            Some("not_available") => Self::NotAvailable,
            Some(other) => Self::Unknown(other.to_owned()),
        }
    }

    /// How it is shown beside other comparisons; what is missing or unknown is not available.
    #[must_use]
    pub const fn as_match(&self) -> Match {
        match self {
            Self::Yes => Match::Matches,
            Self::No => Match::Differs,
            Self::NotAvailable | Self::Missing | Self::Unknown(_) => Match::NotAvailable,
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Yes => "matches".into(),
            Self::No => "differs".into(),
            Self::NotAvailable => "not available at the operator".into(),
            Self::Missing => "not answered".into(),
            Self::Unknown(word) => format!("unknown answer: {word}"),
        }
    }
}

/// One compared attribute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub attribute: Attribute,
    pub result: MatchResult,
    /// How similar a differing value is, 0 to 100; only beside a difference, and only if the
    /// operator says it.
    pub score: Option<u8>,
    /// What stands in the score's place and is no whole number from 0 to 100, as it came.
    pub odd_score: Option<String>,
}

/// Makes the rows of what was asked, in the order of the form.
///
/// `answer` has the scalar members of the operator's answer as text. Scores are looked for under
/// the keys of `version` first and of the other one next, since operators mix them; what is no
/// whole number from 0 to 100 (`87.0` is one) is no score, and kept as it came.
#[must_use]
pub fn rows(asked: &[Attribute], version: Version, answer: &BTreeMap<String, String>) -> Vec<Row> {
    let in_order = Attribute::ALL.iter().copied().filter(|attribute| asked.contains(attribute));
    in_order
        .map(|attribute| {
            let result = MatchResult::of(answer.get(&attribute.match_key()).map(String::as_str));
            let said =
                if result == MatchResult::No { score(attribute, version, answer) } else { None };
            let score = said.and_then(whole);
            let odd_score = said
                .filter(|_| score.is_none())
                .map(|said| said.trim().to_owned())
                .filter(|said| !said.is_empty());
            Row { attribute, result, score, odd_score }
        })
        .collect()
}

fn score(
    attribute: Attribute,
    version: Version,
    answer: &BTreeMap<String, String>,
) -> Option<&str> {
    let other = if version == Version::V02 { Version::V04 } else { Version::V02 };
    [version, other]
        .into_iter()
        .filter_map(|v| attribute.score_key(v))
        .find_map(|key| answer.get(&key))
        .map(String::as_str)
}

/// A whole number of the scale; digits after the point say nothing when they are zeros.
fn whole(said: &str) -> Option<u8> {
    let said = said.trim();
    let digits = match said.split_once('.') {
        Some((whole, zeros)) if !zeros.is_empty() && zeros.bytes().all(|b| b == b'0') => whole,
        _ => said,
    };
    digits.parse::<u8>().ok().filter(|score| *score <= 100)
}

/// The rows in a sentence that claims no more than they do: `7 of 9 match, 1 differs, 1 not
/// available`.
#[must_use]
pub fn summary(rows: &[Row]) -> String {
    if rows.is_empty() {
        return "nothing was compared".into();
    }
    let count = |is: fn(&MatchResult) -> bool| rows.iter().filter(|row| is(&row.result)).count();
    let yes = count(|r| *r == MatchResult::Yes);
    let no = count(|r| *r == MatchResult::No);
    let mut words =
        vec![format!("{yes} of {} {}", rows.len(), if yes == 1 { "matches" } else { "match" })];
    let others = [
        (no, if no == 1 { "differs" } else { "differ" }),
        (count(|r| *r == MatchResult::NotAvailable), "not available"),
        (count(|r| *r == MatchResult::Missing), "not answered"),
        (count(|r| matches!(r, MatchResult::Unknown(_))), "with an unknown answer"),
    ];
    words.extend(
        others
            .into_iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, what)| format!("{number} {what}")),
    );
    words.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(members: &[(&str, &str)]) -> BTreeMap<String, String> {
        members.iter().map(|(key, said)| ((*key).to_owned(), (*said).to_owned())).collect()
    }

    /// The answer of the specification's example.
    fn example() -> BTreeMap<String, String> {
        answer(&[
            ("idDocumentMatch", "true"),
            ("nameMatch", "true"),
            ("givenNameMatch", "not_available"),
            ("familyNameAtBirthMatch", "false"),
            ("familyNameAtBirthMatchScore", "90"),
            ("emailMatch", "false"),
            ("emailMatchScore", "87"),
            ("genderMatch", "false"),
        ])
    }

    #[test]
    fn the_example_is_read() {
        let asked = [
            Attribute::Gender,
            Attribute::Email,
            Attribute::IdDocument,
            Attribute::GivenName,
            Attribute::FamilyNameAtBirth,
            Attribute::Region,
        ];
        let rows = rows(&asked, Version::V02, &example());
        let read: Vec<(&str, String, Option<u8>)> =
            rows.iter().map(|r| (r.attribute.code(), r.result.words(), r.score)).collect();
        assert_eq!(
            read,
            [
                ("givenName", "not available at the operator".to_owned(), None),
                ("familyNameAtBirth", "differs".to_owned(), Some(90)),
                ("gender", "differs".to_owned(), None),
                ("email", "differs".to_owned(), Some(87)),
                ("idDocument", "matches".to_owned(), None),
                ("region", "not answered".to_owned(), None),
            ]
        );
        assert_eq!(summary(&rows), "1 of 6 matches, 3 differ, 1 not available, 1 not answered");
    }

    #[test]
    fn a_summary_does_not_overstate() {
        let of = |results: &[MatchResult]| {
            let rows: Vec<Row> = results
                .iter()
                .zip(Attribute::ALL)
                .map(|(r, a)| Row {
                    attribute: *a,
                    result: r.clone(),
                    score: None,
                    odd_score: None,
                })
                .collect();
            summary(&rows)
        };
        use MatchResult as R;
        assert_eq!(
            of(&[vec![R::Yes; 7], vec![R::No, R::NotAvailable]].concat()),
            "7 of 9 match, 1 differs, 1 not available"
        );
        assert_eq!(of(&[R::Yes]), "1 of 1 matches");
        assert_eq!(
            of(&[R::Unknown("TRUE".into()), R::NotAvailable]),
            "0 of 2 match, 1 not available, 1 with an unknown answer"
        );
        assert_eq!(of(&[]), "nothing was compared");
    }

    #[test]
    fn middle_names_have_a_key_of_their_own_in_the_older_version() {
        let asked = [Attribute::MiddleNames];
        for (version, key) in [
            (Version::V02, "middleNamesScore"),
            (Version::V04, "middleNamesMatchScore"),
            (Version::V02, "middleNamesMatchScore"),
        ] {
            assert_eq!(
                rows(&asked, version, &answer(&[("middleNamesMatch", "false"), (key, "61")]))[0]
                    .score,
                Some(61),
                "{key}"
            );
        }
        let both = answer(&[
            ("middleNamesMatch", "false"),
            ("middleNamesScore", "1"),
            ("middleNamesMatchScore", "2"),
        ]);
        assert_eq!(
            (
                rows(&asked, Version::V02, &both)[0].score,
                rows(&asked, Version::V04, &both)[0].score
            ),
            (Some(1), Some(2))
        );
    }

    #[test]
    fn odd_words_and_scores_count_as_nothing() {
        for word in ["TRUE", "True", "yes", "", " true", "1", "null"] {
            let row = &rows(
                &[Attribute::Name],
                Version::V04,
                &answer(&[("nameMatch", word), ("nameMatchScore", "99")]),
            )[0];
            assert_eq!((&row.result, row.score), (&MatchResult::Unknown(word.to_owned()), None));
            assert_ne!(row.result.as_match(), Match::Matches);
        }
        for score in ["101", "-1", "87.5", "high", "", "1e2"] {
            assert_eq!(
                rows(
                    &[Attribute::Name],
                    Version::V02,
                    &answer(&[("nameMatch", "false"), ("nameMatchScore", score)])
                )[0]
                .score,
                None,
                "{score}"
            );
        }
        let fraction = answer(&[("nameMatch", "false"), ("nameMatchScore", "87.5")]);
        assert_eq!(
            rows(&[Attribute::Name], Version::V02, &fraction)[0].odd_score.as_deref(),
            Some("87.5"),
            "shown as it came"
        );
        for score in ["87", "87.0", "87.00", " 87 "] {
            let row = rows(
                &[Attribute::Name],
                Version::V02,
                &answer(&[("nameMatch", "false"), ("nameMatchScore", score)]),
            )
            .remove(0);
            assert_eq!((row.score, row.odd_score), (Some(87), None), "{score}");
        }
        assert_eq!(
            rows(
                &[Attribute::Country],
                Version::V02,
                &answer(&[("countryMatch", "false"), ("countryMatchScore", "9")])
            )[0]
            .score,
            None
        );
    }

    fn said() -> impl Strategy<Value = String> {
        prop_oneof![
            Just("true".to_owned()),
            Just("false".to_owned()),
            Just("not_available".to_owned()),
            (0..130u8).prop_map(|n| n.to_string()),
            "\\PC{0,6}"
        ]
    }

    fn any_answer() -> impl Strategy<Value = BTreeMap<String, String>> {
        let keys: Vec<String> = Attribute::ALL
            .iter()
            .flat_map(|a| {
                [
                    Some(a.match_key()),
                    a.score_key(Version::V02),
                    a.score_key(Version::V04),
                    Some(a.code().to_owned()),
                ]
            })
            .flatten()
            .collect();
        proptest::collection::btree_map(proptest::sample::select(keys), said(), 0..40)
    }

    proptest! {
        #[test]
        fn rows_are_what_was_asked_and_scores_stand_beside_differences(
            asked in proptest::sample::subsequence(Attribute::ALL.to_vec(), 0..=Attribute::ALL.len()), answer in any_answer(), v04 in any::<bool>()) {
            let rows = rows(&asked, if v04 { Version::V04 } else { Version::V02 }, &answer);
            prop_assert_eq!(rows.iter().map(|r| r.attribute).collect::<Vec<_>>(), asked);
            for row in &rows {
                if let Some(score) = row.score {
                    prop_assert!(row.result == MatchResult::No && score <= 100 && row.attribute.has_score());
                }
                let says_yes = answer.get(&row.attribute.match_key()).is_some_and(|s| s == "true");
                prop_assert_eq!(row.result == MatchResult::Yes, says_yes);
            }
        }

        #[test]
        fn the_counts_of_a_summary_add_up(
            asked in proptest::sample::subsequence(Attribute::ALL.to_vec(), 1..=Attribute::ALL.len()), answer in any_answer()) {
            let rows = rows(&asked, Version::V02, &answer);
            let text = summary(&rows);
            let numbers: Vec<usize> = text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
            // Matches, all, and then each other kind.
            prop_assert_eq!(numbers[1], rows.len());
            prop_assert_eq!(numbers[0] + numbers[2..].iter().sum::<usize>(), rows.len(), "{}", text);
        }
    }
}
