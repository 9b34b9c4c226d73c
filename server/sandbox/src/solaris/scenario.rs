//! The provider's test scenarios: a name `X-AUTOTEST-<case>` runs by itself, `X-MANUALTEST-<case>`
//! waits for somebody to play the session. What each case goes through is one table.

use serde::{Deserialize, Serialize};

use super::words::failure_code;
use crate::Options;

/// A test case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Case {
    HappyPath,
    ChangeAll,
    ChangeAllReview,
    AbortIdent,
    FraudOk,
    FraudIdent,
    Canceled,
    LongReview,
    HoldCertificate,
    FraudReview,
}

use Case::*;

/// Case, its name, and what happens.
pub(crate) const CASES: [(Case, &str, &str); 10] = [
    (HappyPath, "HAPPYPATH", "Successful, no changes."),
    (
        ChangeAll,
        "CHANGEALL",
        "Successful; all data have new values, with every letter that documents may print.",
    ),
    (
        ChangeAllReview,
        "CHANGEALLREVIEW",
        "pending_successful; the review changes all data, then successful.",
    ),
    (
        AbortIdent,
        "ABORTIDENT",
        "The agent aborts (TECH_VIDEO, or the code that the other name says).",
    ),
    (FraudOk, "FRAUDOK", "pending_failed; the review finds nothing wrong: successful."),
    (
        FraudIdent,
        "FRAUDIDENT",
        "pending_failed; the review confirms it: failed. Not with eSigning.",
    ),
    (
        Canceled,
        "CANCELED",
        "pending_successful; the review finds a mistake: canceled (TECH_PHOTO, or the code that the other name says).",
    ),
    (
        LongReview,
        "LONGREVIEW",
        "pending_successful; the review takes the long time, then successful.",
    ),
    (
        HoldCertificate,
        "HOLDCERTIFICATE",
        "Result and signed documents come late. With eSigning only: upload a QES_DOCUMENT first.",
    ),
    (FraudReview, "FRAUDREVIEW", "pending_successful; the review finds fraud: failed."),
];

impl Case {
    /// By its name; the identification provider spells CANCELLED, the bank CANCELED.
    pub fn of(name: &str) -> Option<Case> {
        let name = if name == "CANCELLED" { "CANCELED" } else { name };
        CASES.iter().find(|(_, known, _)| *known == name).map(|(case, ..)| *case)
    }
}

/// A case that a person's name asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Scripted {
    pub case: Case,
    /// Customer and agent are both played.
    pub auto: bool,
    /// A failure code that the other name spells in words.
    pub reason: Option<String>,
    /// The field that asks for it.
    pub field: String,
}

impl Scripted {
    /// Either name may ask; the first name goes first.
    pub fn of(first_name: &str, last_name: &str) -> Option<Scripted> {
        [("first_name", first_name, last_name), ("last_name", last_name, first_name)]
            .into_iter()
            .find_map(|(field, name, other)| {
                let (auto, case) =
                    match (name.strip_prefix("X-AUTOTEST-"), name.strip_prefix("X-MANUALTEST-")) {
                        (Some(case), _) => (true, case),
                        (_, Some(case)) => (false, case),
                        _ => return None,
                    };
                let reason = failure_code(other).map(str::to_owned);
                Some(Scripted { case: Case::of(case)?, auto, reason, field: field.into() })
            })
    }
}

/// What IDnow says about a session, in its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Verdict {
    ReviewPending,
    FraudSuspicionPending,
    Success,
    SuccessDataChanged,
    Aborted,
    Canceled,
    FraudSuspicionConfirmed,
}

impl Verdict {
    pub fn word(self) -> &'static str {
        match self {
            Verdict::ReviewPending => "REVIEW_PENDING",
            Verdict::FraudSuspicionPending => "FRAUD_SUSPICION_PENDING",
            Verdict::Success => "SUCCESS",
            Verdict::SuccessDataChanged => "SUCCESS_DATA_CHANGED",
            Verdict::Aborted => "ABORTED",
            Verdict::Canceled => "CANCELED",
            Verdict::FraudSuspicionConfirmed => "FRAUD_SUSPICION_CONFIRMED",
        }
    }

    /// The bank's word for it. Reconstruction, consistent with the published descriptions.
    pub fn status(self) -> &'static str {
        match self {
            Verdict::ReviewPending => "pending_successful",
            Verdict::FraudSuspicionPending => "pending_failed",
            Verdict::Success | Verdict::SuccessDataChanged => "successful",
            Verdict::Aborted => "aborted",
            Verdict::Canceled => "canceled",
            Verdict::FraudSuspicionConfirmed => "failed",
        }
    }

    pub fn is_preliminary(self) -> bool {
        matches!(self, Verdict::ReviewPending | Verdict::FraudSuspicionPending)
    }
}

/// Something that will happen to an identification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Step {
    pub at_ms: i64,
    pub verdict: Verdict,
    /// Only `aborted` and `canceled` have one.
    pub reason: Option<String>,
    /// All data have new values.
    pub changed: bool,
}

/// What follows the end of a session at `at_ms`. `reason` replaces the case's own.
pub(super) fn steps(case: Case, reason: Option<&str>, at_ms: i64, options: &Options) -> Vec<Step> {
    let times = &options.solaris;
    let later = |wait_ms: u64| at_ms.saturating_add(i64::try_from(wait_ms).unwrap_or(i64::MAX));
    let step = |at_ms: i64, verdict: Verdict| {
        let own = match verdict {
            Verdict::Aborted => Some("TECH_VIDEO"),
            Verdict::Canceled => Some("TECH_PHOTO"),
            _ => None,
        };
        let reason = own.map(|own| reason.unwrap_or(own).to_owned());
        Step { at_ms, verdict, reason, changed: verdict == Verdict::SuccessDataChanged }
    };
    let (first, then) = match case {
        HappyPath => (Verdict::Success, None),
        ChangeAll => (Verdict::SuccessDataChanged, None),
        ChangeAllReview => {
            (Verdict::ReviewPending, Some((times.review_ms, Verdict::SuccessDataChanged)))
        }
        AbortIdent => (Verdict::Aborted, None),
        FraudOk => (Verdict::FraudSuspicionPending, Some((times.review_ms, Verdict::Success))),
        FraudIdent => (
            Verdict::FraudSuspicionPending,
            Some((times.review_ms, Verdict::FraudSuspicionConfirmed)),
        ),
        Canceled => (Verdict::ReviewPending, Some((times.review_ms, Verdict::Canceled))),
        LongReview => (Verdict::ReviewPending, Some((times.long_review_ms, Verdict::Success))),
        HoldCertificate => return vec![step(later(times.certificate_ms), Verdict::Success)],
        FraudReview => {
            (Verdict::ReviewPending, Some((times.review_ms, Verdict::FraudSuspicionConfirmed)))
        }
    };
    let then = then.map(|(wait_ms, verdict)| step(later(wait_ms), verdict));
    [step(at_ms, first)].into_iter().chain(then).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_name_asks_for_a_case() {
        let script = Scripted::of("X-AUTOTEST-ABORTIDENT", "Tech Lighting").unwrap();
        assert_eq!(
            (script.case, script.auto, script.reason.as_deref()),
            (AbortIdent, true, Some("TECH_LIGHTING"))
        );
        let script = Scripted::of("Jane", "X-MANUALTEST-CANCELLED").unwrap();
        assert_eq!(
            (script.case, script.auto, script.reason, script.field.as_str()),
            (Canceled, false, None, "last_name")
        );
        for name in [
            "X-AUTOTEST-",
            "X-AUTOTEST-UNKNOWN",
            "x-autotest-happypath",
            "AUTOTEST-HAPPYPATH",
            "Jane",
        ] {
            assert_eq!(Scripted::of(name, "Doe"), None, "{name}");
        }
    }

    #[test]
    fn every_case_goes_through_its_states() {
        let options = Options::default();
        let path = |case| {
            steps(case, None, 0, &options)
                .iter()
                .map(|step| step.verdict.status())
                .collect::<Vec<_>>()
                .join(" ")
        };
        for (case, expected) in [
            (HappyPath, "successful"),
            (ChangeAll, "successful"),
            (ChangeAllReview, "pending_successful successful"),
            (AbortIdent, "aborted"),
            (FraudOk, "pending_failed successful"),
            (FraudIdent, "pending_failed failed"),
            (Canceled, "pending_successful canceled"),
            (LongReview, "pending_successful successful"),
            (HoldCertificate, "successful"),
            (FraudReview, "pending_successful failed"),
        ] {
            assert_eq!(path(case), expected, "{case:?}");
            assert!(
                CASES.iter().any(|(known, name, _)| *known == case && Case::of(name) == Some(case))
            );
        }
        let long = steps(LongReview, None, 7, &options);
        assert_eq!(long[1].at_ms, 7 + i64::try_from(options.solaris.long_review_ms).unwrap());
    }

    #[test]
    fn only_what_may_be_told_has_a_reason() {
        let options = Options::default();
        let last = |case, reason| steps(case, reason, 0, &options).pop().unwrap().reason;
        assert_eq!(last(AbortIdent, None).as_deref(), Some("TECH_VIDEO"));
        assert_eq!(last(Canceled, Some("TECH_AUDIO")).as_deref(), Some("TECH_AUDIO"));
        assert_eq!((last(FraudIdent, Some("TECH_AUDIO")), last(HappyPath, None)), (None, None));
    }
}
