//! What IDnow tells of a session: its result, and each field with whether it was right, changed or
//! new.
//!
//! Source: IDnow's result document, as Solaris's IDnow attempts carry it. Its own texts differ from
//! each other: `CHANGE` and `CHANGED`, `SUCCESS_DATA_CHANGED` and its truncated form, `CANCELED`
//! and `CANCELLED` mean the same.

use super::State;
use crate::findings::Match;

/// The result of one session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttemptResult {
    Success,
    SuccessDataChanged,
    ReviewPending,
    FraudSuspicionPending,
    FraudSuspicionConfirmed,
    Aborted,
    Canceled,
    /// The answer has none.
    Missing,
    /// A word that this version does not know, as it came; it counts as nothing.
    Unknown(String),
}

impl AttemptResult {
    /// Reads IDnow's word.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("") => Self::Missing,
            Some("SUCCESS") => Self::Success,
            Some("SUCCESS_DATA_CHANGED" | "SUCCESS_DATA_CHANGE") => Self::SuccessDataChanged,
            Some("REVIEW_PENDING") => Self::ReviewPending,
            Some("FRAUD_SUSPICION_PENDING") => Self::FraudSuspicionPending,
            Some("FRAUD_SUSPICION_CONFIRMED") => Self::FraudSuspicionConfirmed,
            Some("ABORTED") => Self::Aborted,
            Some("CANCELED" | "CANCELLED") => Self::Canceled,
            Some(other) => Self::Unknown(other.to_owned()),
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Success => "successful, all data as expected".into(),
            Self::SuccessDataChanged => "successful, data were changed".into(),
            Self::ReviewPending => "successful, under review".into(),
            Self::FraudSuspicionPending => "suspected fraud, under review".into(),
            Self::FraudSuspicionConfirmed => "fraud confirmed in the review".into(),
            Self::Aborted => "aborted during the call".into(),
            Self::Canceled => "canceled in the review".into(),
            Self::Missing => "no result given".into(),
            Self::Unknown(word) => format!("unknown result {word}"),
        }
    }

    /// The state that an identification has after it; reconstructed, since no list says it. Nothing
    /// for other words.
    #[must_use]
    pub const fn state(&self) -> Option<State> {
        match self {
            Self::Success | Self::SuccessDataChanged => Some(State::Successful),
            Self::ReviewPending => Some(State::PendingSuccessful),
            Self::FraudSuspicionPending => Some(State::PendingFailed),
            Self::FraudSuspicionConfirmed => Some(State::Failed),
            Self::Aborted => Some(State::Aborted),
            Self::Canceled => Some(State::Canceled),
            Self::Missing | Self::Unknown(_) => None,
        }
    }
}

/// What the agent found about one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldStatus {
    /// As we sent it.
    Match,
    /// Corrected in the session.
    Change,
    /// Was not known before.
    New,
    /// Hidden by IDnow.
    Redaction,
    /// Of a session without result: only what we sent.
    Original,
    Missing,
    /// A word that this version does not know, as it came.
    Unknown(String),
}

impl FieldStatus {
    /// Reads IDnow's word.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("") => Self::Missing,
            Some("MATCH") => Self::Match,
            Some("CHANGE" | "CHANGED") => Self::Change,
            Some("NEW") => Self::New,
            Some("REDACTION") => Self::Redaction,
            Some("ORIGINAL") => Self::Original,
            Some(other) => Self::Unknown(other.to_owned()),
        }
    }

    /// The words that people read.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Match => "as expected".into(),
            Self::Change => "changed in the session".into(),
            Self::New => "new from the session".into(),
            Self::Redaction => "hidden by IDnow".into(),
            Self::Original => "as sent, not confirmed".into(),
            Self::Missing => "no word on it".into(),
            Self::Unknown(word) => format!("unknown word {word}"),
        }
    }
}

/// One field as IDnow tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// IDnow's name: `firstname`, `address.city`, `validuntil`, …
    pub key: String,
    /// What it is after the session.
    pub value: Option<String>,
    pub status: FieldStatus,
    /// What we sent, where it was another value or the session has no result.
    pub original: Option<String>,
}

/// One field before and after the session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub label: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub status: FieldStatus,
    pub result: Match,
}

/// Makes the rows of a section, in its order.
#[must_use]
pub fn rows(section: &[Said]) -> Vec<Row> {
    section.iter().map(row).collect()
}

fn row(said: &Said) -> Row {
    let (value, original) = (said.value.clone(), said.original.clone());
    let (before, after) = match said.status {
        FieldStatus::Match => (original.or_else(|| value.clone()), value),
        FieldStatus::Original => (original.or(value), None),
        FieldStatus::Redaction => (None, None),
        FieldStatus::New | FieldStatus::Change | FieldStatus::Missing | FieldStatus::Unknown(_) => {
            (original, value)
        }
    };
    let result = match said.status {
        // Nothing that was left out, and no word against what stands beside it, makes a match.
        FieldStatus::Match if before.is_some() && before == after => Match::Matches,
        FieldStatus::Change => Match::Differs,
        _ if before.is_some() && after.is_some() && before != after => Match::Differs,
        FieldStatus::New => Match::NotGiven,
        _ => Match::NotAvailable,
    };
    Row {
        label: field_label(&said.key).to_owned(),
        before,
        after,
        status: said.status.clone(),
        result,
    }
}

/// Whether the session changed or added anything.
#[must_use]
pub fn data_changed(section: &[Said]) -> bool {
    section.iter().any(|said| matches!(said.status, FieldStatus::Change | FieldStatus::New))
}

/// The words of IDnow's name of a field; one that this version does not know as it came.
#[must_use]
pub fn field_label(key: &str) -> &str {
    match key {
        "birthday" => "Birth date",
        "birthname" => "Name at birth",
        "birthplace" => "Place of birth",
        "firstname" => "First name",
        "lastname" => "Last name",
        "gender" => "Gender",
        "nationality" => "Nationality",
        "title" => "Title",
        "address.city" => "Town",
        "address.country" => "Country of residence",
        "address.street" => "Street",
        "address.streetnumber" => "House number",
        "address.zipcode" => "Postal code",
        "type" => "Kind of document",
        "country" => "Issuing country",
        "number" => "Document number",
        "issuedby" => "Issued by",
        "dateissued" => "Issued",
        "validuntil" => "Valid until",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(status: &str, value: Option<&str>, original: Option<&str>) -> Said {
        Said {
            key: "firstname".into(),
            value: value.map(str::to_owned),
            status: FieldStatus::of(Some(status)),
            original: original.map(str::to_owned),
        }
    }

    fn shown(said: &Said) -> (Option<String>, Option<String>, Match) {
        let row = rows(std::slice::from_ref(said)).remove(0);
        (row.before, row.after, row.result)
    }

    #[test]
    fn each_status_becomes_before_and_after() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            shown(&said("MATCH", Some("Jane"), None)),
            (some("Jane"), some("Jane"), Match::Matches)
        );
        for change in ["CHANGE", "CHANGED"] {
            assert_eq!(
                shown(&said(change, Some("Jane"), Some("Jan"))),
                (some("Jan"), some("Jane"), Match::Differs)
            );
        }
        assert_eq!(shown(&said("NEW", Some("Jane"), None)), (None, some("Jane"), Match::NotGiven));
        assert_eq!(
            shown(&said("ORIGINAL", None, Some("Jan"))),
            (some("Jan"), None, Match::NotAvailable)
        );
        assert_eq!(
            shown(&said("REDACTION", Some("***"), Some("Jan"))),
            (None, None, Match::NotAvailable)
        );
        assert_eq!(
            shown(&said("ODD", Some("Jane"), Some("Jan"))),
            (some("Jan"), some("Jane"), Match::Differs)
        );
        assert_eq!(
            shown(&said("MATCH", Some("Jane"), Some("Jan"))).2,
            Match::Differs,
            "the word does not hide a difference"
        );
        assert_eq!(shown(&said("MATCH", None, None)).2, Match::NotAvailable);
        assert_eq!(rows(&[said("NEW", None, None)])[0].label, "First name");
        assert!(
            data_changed(&[said("MATCH", None, None), said("NEW", None, None)])
                && !data_changed(&[said("MATCH", None, None)])
        );
    }

    #[test]
    fn results_are_read_in_all_their_spellings() {
        let state = |word: &str| AttemptResult::of(Some(word)).state();
        assert_eq!(state("SUCCESS_DATA_CHANGE"), state("SUCCESS_DATA_CHANGED"));
        assert_eq!(
            (state("CANCELLED"), state("CANCELED")),
            (Some(State::Canceled), Some(State::Canceled))
        );
        assert_eq!(state("FRAUD_SUSPICION_PENDING"), Some(State::PendingFailed));
        assert_eq!(state("FRAUD_SUSPICION_CONFIRMED"), Some(State::Failed));
        assert_eq!(state("REVIEW_PENDING"), Some(State::PendingSuccessful));
        assert_eq!((state("success"), state("")), (None, None), "no other word is a success");
        assert_eq!(AttemptResult::of(Some("NEW_ONE")).words(), "unknown result NEW_ONE");
    }

    proptest! {
        #[test]
        fn a_match_always_shows_the_same_twice(status in "MATCH|CHANGE|NEW|REDACTION|ORIGINAL|\\PC{0,6}",
            value in proptest::option::of("[ab]{0,2}"), original in proptest::option::of("[ab]{0,2}")) {
            let (before, after, result) = shown(&said(&status, value.as_deref(), original.as_deref()));
            if result == Match::Matches {
                prop_assert!(status == "MATCH" && before.is_some());
                prop_assert_eq!(before, after);
            }
        }
    }
}
