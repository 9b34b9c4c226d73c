//! The rule of a decision: who may accept or reject what, and when a second person is needed.

use crate::{
    Moment, PersonId, Refusal,
    checks::{Band, Kind, State},
    choices,
    people::{Caller, Permission},
};

choices! {
    /// What was decided.
    pub enum Outcome {
        Accept = "accept", "Accept";
        Reject = "reject", "Reject";
    }
}

impl Outcome {
    /// The state that a check has when this is decided.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Accept => State::Accepted,
            Self::Reject => State::Rejected,
        }
    }

    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Accept => Self::Reject,
            Self::Reject => Self::Accept,
        }
    }

    /// `accepted`, `rejected`.
    #[must_use]
    pub const fn done(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Reject => "rejected",
        }
    }
}

choices! {
    /// What a recorded step was.
    pub enum Step {
        /// Final at once.
        Decision = "decision", "Decision";
        /// The first half of a four-eyes decision.
        Proposal = "proposal", "Proposal";
        /// The second half: final.
        Approval = "approval", "Approval";
        /// The second half said no; the check is reviewed again.
        SentBack = "sent_back", "Sent back";
        /// A supervisor's new decision that points at the old one.
        Overturn = "overturn", "Overturn";
    }
}

choices! {
    /// Why, from a list per kind and outcome.
    pub enum Reason {
        NoFindings = "no_findings", "No adverse findings";
        FalsePositivesOnly = "false_positives_only", "All findings are about somebody else";
        ImmaterialFindings = "immaterial_findings", "Findings are true but not material";
        EnhancedDiligenceDone = "enhanced_diligence_done", "Enhanced due diligence done, risk acceptable";
        SanctionsHit = "sanctions_hit", "Sanctioned person or entity";
        AdverseMedia = "adverse_media", "Adverse media";
        CourtVerdict = "court_verdict", "Court verdict";
        ExposedPerson = "exposed_person", "Politically exposed, outside our risk appetite";
        IdentityUnclear = "identity_unclear", "Identity or data could not be confirmed";
        InformationRefused = "information_refused", "Customer did not give required information";
        RiskTooHigh = "risk_too_high", "Overall risk outside our appetite";
        IdentityConfirmed = "identity_confirmed", "Document, face and data agree";
        DifferencesExplained = "differences_explained", "Differences are explained and harmless";
        DocumentForged = "document_forged", "Document altered or fake";
        DocumentUnusable = "document_unusable", "Document expired, unreadable or not accepted";
        FaceDiffers = "face_differs", "Face is not the one in the document";
        DataAgree = "data_agree", "Data agree with what we were given";
        NotExcluded = "not_excluded", "Not excluded from gambling";
        Excluded = "excluded", "Excluded from gambling";
        IdentificationFailed = "identification_failed", "Identification failed or was suspicious";
        DataDiffer = "data_differ", "Data differ from what the customer gave";
        Other = "other", "Other, explained in the comment";
    }
}

/// The reasons that fit a kind and outcome, in the order of the list.
#[must_use]
pub const fn reasons(kind: Kind, outcome: Outcome) -> &'static [Reason] {
    match (kind, outcome) {
        (Kind::Idv | Kind::VideoIdent, Outcome::Accept) => &[Reason::IdentityConfirmed, Reason::DifferencesExplained, Reason::Other],
        (Kind::Idv, Outcome::Reject) => &[
            Reason::DocumentForged,
            Reason::FaceDiffers,
            Reason::DataDiffer,
            Reason::DocumentUnusable,
            Reason::IdentityUnclear,
            Reason::InformationRefused,
            Reason::Other,
        ],
        (Kind::VideoIdent, Outcome::Reject) => &[
            Reason::IdentificationFailed,
            Reason::DocumentForged,
            Reason::DataDiffer,
            Reason::DocumentUnusable,
            Reason::IdentityUnclear,
            Reason::InformationRefused,
            Reason::Other,
        ],
        (Kind::NumberMatch | Kind::PidCprMatch, Outcome::Accept) => &[Reason::DataAgree, Reason::DifferencesExplained, Reason::Other],
        (Kind::NumberMatch | Kind::PidCprMatch, Outcome::Reject) => {
            &[Reason::DataDiffer, Reason::IdentityUnclear, Reason::InformationRefused, Reason::Other]
        }
        (Kind::Rofus, Outcome::Accept) => &[Reason::NotExcluded, Reason::Other],
        (Kind::Rofus, Outcome::Reject) => &[Reason::Excluded, Reason::IdentityUnclear, Reason::Other],
        (Kind::Kya, Outcome::Reject) => {
            &[Reason::SanctionsHit, Reason::RiskTooHigh, Reason::IdentityUnclear, Reason::InformationRefused, Reason::Other]
        }
        (_, Outcome::Accept) => {
            &[Reason::NoFindings, Reason::FalsePositivesOnly, Reason::ImmaterialFindings, Reason::EnhancedDiligenceDone, Reason::Other]
        }
        (_, Outcome::Reject) => &[
            Reason::SanctionsHit,
            Reason::AdverseMedia,
            Reason::CourtVerdict,
            Reason::ExposedPerson,
            Reason::IdentityUnclear,
            Reason::InformationRefused,
            Reason::RiskTooHigh,
            Reason::Other,
        ],
    }
}

/// Whether the provider takes our decision on a check of this kind. KryptoGO has an endpoint for search tasks only.
#[must_use]
pub const fn is_told(kind: Kind) -> bool {
    matches!(kind, Kind::DdKyc | Kind::DdKyb)
}

/// The longest comment, in characters.
pub const COMMENT_MAX: usize = 4_000;

/// What the rule needs to know of a check.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    pub kind: Kind,
    pub state: State,
    pub version: i64,
    pub band: Option<Band>,
    /// Findings that must be judged before an accept and are not.
    pub unjudged: usize,
    /// Findings that were judged relevant.
    pub relevant: usize,
    /// Sanction findings that nobody judged a false positive.
    pub sanctions_left: usize,
    /// Who made the proposal that waits, if one does.
    pub proposed_by: Option<&'a PersonId>,
    /// Who decided it and when, if somebody did; for the refusal's sentence.
    pub decided: Option<(&'a str, Moment)>,
}

/// What a reviewer sends, read from the panel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict<'a> {
    /// The version of the check that the page showed.
    pub seen_version: i64,
    pub outcome: Option<Outcome>,
    pub reason: Option<Reason>,
    pub comment: &'a str,
}

/// A verdict that passed the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ruled {
    pub step: Step,
    pub outcome: Outcome,
    pub reason: Reason,
    /// The check's state from now on.
    pub state: State,
}

/// When two people are needed: accepting a customer of very high risk.
#[must_use]
pub const fn needs_four_eyes(_kind: Kind, band: Option<Band>, outcome: Outcome) -> bool {
    matches!((band, outcome), (Some(Band::VeryHigh), Outcome::Accept))
}

/// Decides a check that waits for review, or proposes the decision where four eyes are needed.
///
/// # Errors
/// The first thing that stands in the way, most final first.
pub fn decide(check: &Standing<'_>, caller: &Caller, verdict: &Verdict<'_>) -> Result<Ruled, Refusal> {
    if !caller.may(Permission::DecideChecks) {
        return Err(Refusal::NotAllowed(Permission::DecideChecks));
    }
    match check.state {
        State::ToReview => {}
        State::Accepted | State::Rejected | State::Proposed => return Err(already(check)),
        State::Draft | State::Queued | State::Running | State::Failed | State::Withdrawn => return Err(Refusal::NotReady),
    }
    if verdict.seen_version != check.version {
        return Err(Refusal::Changed);
    }
    let (outcome, reason) = complete(check.kind, verdict)?;
    if matches!(outcome, Outcome::Accept) {
        all_judged(check)?;
    }
    reason_fits(check, reason)?;
    let ruled = if needs_four_eyes(check.kind, check.band, outcome) {
        Ruled { step: Step::Proposal, outcome, reason, state: State::Proposed }
    } else {
        Ruled { step: Step::Decision, outcome, reason, state: outcome.state() }
    };
    Ok(ruled)
}

/// Approves a waiting proposal or sends it back.
///
/// # Errors
/// As [`decide`]; above all when the proposer approves.
pub fn approve(
    check: &Standing<'_>,
    caller: &Caller,
    proposal: (Outcome, Reason),
    verdict: &Verdict<'_>,
    approved: bool,
) -> Result<Ruled, Refusal> {
    if !caller.may(Permission::ApproveDecisions) {
        return Err(Refusal::NotAllowed(Permission::ApproveDecisions));
    }
    if !matches!(check.state, State::Proposed) {
        return Err(if check.decided.is_some() { already(check) } else { Refusal::NoProposal });
    }
    if check.proposed_by == Some(&caller.id) {
        return Err(Refusal::FourEyes);
    }
    if verdict.seen_version != check.version {
        return Err(Refusal::Changed);
    }
    comment_fits(verdict.comment)?;
    let (outcome, reason) = proposal;
    if approved && matches!(outcome, Outcome::Accept) {
        all_judged(check)?;
    }
    Ok(if approved {
        Ruled { step: Step::Approval, outcome, reason, state: outcome.state() }
    } else {
        Ruled { step: Step::SentBack, outcome, reason, state: State::ToReview }
    })
}

/// Records the opposite of a decision, as a new decision that points at it.
///
/// # Errors
/// The caller's role, a check that is not decided, the same outcome, or an incomplete verdict.
pub fn overturn(check: &Standing<'_>, caller: &Caller, verdict: &Verdict<'_>) -> Result<Ruled, Refusal> {
    if !caller.may(Permission::OverturnDecisions) {
        return Err(Refusal::NotAllowed(Permission::OverturnDecisions));
    }
    let current = match check.state {
        State::Accepted => Outcome::Accept,
        State::Rejected => Outcome::Reject,
        _ => return Err(Refusal::NotDecided),
    };
    if verdict.seen_version != check.version {
        return Err(Refusal::Changed);
    }
    let (outcome, reason) = complete(check.kind, verdict)?;
    if outcome == current {
        return Err(Refusal::SameOutcome);
    }
    reason_fits(check, reason)?;
    Ok(Ruled { step: Step::Overturn, outcome, reason, state: outcome.state() })
}

/// A reason must not say the opposite of the judgements beside it.
const fn reason_fits(check: &Standing<'_>, reason: Reason) -> Result<(), Refusal> {
    match reason {
        Reason::NoFindings | Reason::FalsePositivesOnly | Reason::IdentityConfirmed | Reason::DataAgree | Reason::NotExcluded
            if check.relevant > 0 =>
        {
            Err(Refusal::ReasonContradicts(reason))
        }
        Reason::SanctionsHit if check.sanctions_left == 0 => Err(Refusal::ReasonContradicts(reason)),
        _ => Ok(()),
    }
}

const fn all_judged(check: &Standing<'_>) -> Result<(), Refusal> {
    match (check.unjudged, check.kind) {
        (0, _) => Ok(()),
        (n, Kind::DdKyc | Kind::DdKyb) => Err(Refusal::UndecidedSanctions(n)),
        (n, _) => Err(Refusal::UndecidedFindings(n)),
    }
}

fn already(check: &Standing<'_>) -> Refusal {
    let (by, at) = check.decided.unwrap_or(("Somebody", 0));
    let outcome = match check.state {
        State::Accepted => "accepted",
        State::Rejected => "rejected",
        _ => "proposed a decision on",
    };
    Refusal::AlreadyDecided { by: by.to_owned(), outcome: outcome.to_owned(), at }
}

fn complete(kind: Kind, verdict: &Verdict<'_>) -> Result<(Outcome, Reason), Refusal> {
    let outcome = verdict.outcome.ok_or(Refusal::OutcomeMissing)?;
    let reason = verdict.reason.filter(|r| reasons(kind, outcome).contains(r)).ok_or(Refusal::ReasonMissing)?;
    comment_fits(verdict.comment)?;
    Ok((outcome, reason))
}

fn comment_fits(comment: &str) -> Result<(), Refusal> {
    if comment.trim().is_empty() {
        return Err(Refusal::CommentMissing);
    }
    let length = comment_length(comment);
    if length > COMMENT_MAX { Err(Refusal::CommentTooLong(length - COMMENT_MAX)) } else { Ok(()) }
}

/// The length that is held against the limit: characters, with a line break as one however it was sent.
#[must_use]
pub fn comment_length(comment: &str) -> usize {
    comment.replace("\r\n", "\n").chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::people::Role;
    use proptest::prelude::*;

    fn person(id: &str, role: Role) -> Caller {
        Caller { id: id.into(), account: id.into(), name: id.to_uppercase(), role }
    }

    fn standing(state: State, band: Option<Band>) -> Standing<'static> {
        Standing {
            kind: Kind::DdKyc,
            state,
            version: 3,
            band,
            unjudged: 0,
            relevant: 0,
            sanctions_left: 1,
            proposed_by: None,
            decided: None,
        }
    }

    fn accept() -> Verdict<'static> {
        Verdict { seen_version: 3, outcome: Some(Outcome::Accept), reason: Some(Reason::NoFindings), comment: "Nothing found." }
    }

    #[test]
    fn an_analyst_accepts_a_reviewed_check() {
        let ruled = decide(&standing(State::ToReview, Some(Band::Low)), &person("anna", Role::Analyst), &accept());
        assert_eq!(ruled, Ok(Ruled { step: Step::Decision, outcome: Outcome::Accept, reason: Reason::NoFindings, state: State::Accepted }));
    }

    #[test]
    fn an_admin_never_decides() {
        let refused = decide(&standing(State::ToReview, None), &person("adam", Role::Admin), &accept());
        assert_eq!(refused, Err(Refusal::NotAllowed(Permission::DecideChecks)));
    }

    #[test]
    fn each_missing_part_is_named() {
        let anna = person("anna", Role::Analyst);
        let check = standing(State::ToReview, None);
        let long = "x".repeat(COMMENT_MAX + 1);
        for (verdict, refusal) in [
            (Verdict { outcome: None, ..accept() }, Refusal::OutcomeMissing),
            (Verdict { reason: None, ..accept() }, Refusal::ReasonMissing),
            (Verdict { reason: Some(Reason::SanctionsHit), ..accept() }, Refusal::ReasonMissing),
            (Verdict { comment: " \n ", ..accept() }, Refusal::CommentMissing),
            (Verdict { comment: &long, ..accept() }, Refusal::CommentTooLong(1)),
            (Verdict { seen_version: 2, ..accept() }, Refusal::Changed),
        ] {
            assert_eq!(decide(&check, &anna, &verdict), Err(refusal));
        }
        let fits = "é\r\n".repeat(COMMENT_MAX / 2);
        assert!(decide(&check, &anna, &Verdict { comment: &fits, ..accept() }).is_ok());
    }

    #[test]
    fn a_reason_that_contradicts_the_judgements_is_refused() {
        let anna = person("a", Role::Analyst);
        let because = |outcome, reason| Verdict { outcome: Some(outcome), reason: Some(reason), ..accept() };
        let relevant = Standing { relevant: 1, ..standing(State::ToReview, None) };
        for reason in [Reason::NoFindings, Reason::FalsePositivesOnly] {
            assert_eq!(decide(&relevant, &anna, &because(Outcome::Accept, reason)), Err(Refusal::ReasonContradicts(reason)));
        }
        assert!(decide(&relevant, &anna, &because(Outcome::Accept, Reason::ImmaterialFindings)).is_ok());
        let cleared = Standing { sanctions_left: 0, ..standing(State::ToReview, None) };
        let hit = because(Outcome::Reject, Reason::SanctionsHit);
        assert_eq!(decide(&cleared, &anna, &hit), Err(Refusal::ReasonContradicts(Reason::SanctionsHit)));
        assert!(decide(&Standing { sanctions_left: 1, ..cleared }, &anna, &hit).is_ok());
    }

    #[test]
    fn undecided_sanctions_stop_an_accept_but_not_a_reject() {
        let anna = person("anna", Role::Analyst);
        let check = Standing { unjudged: 2, ..standing(State::ToReview, None) };
        assert_eq!(decide(&check, &anna, &accept()), Err(Refusal::UndecidedSanctions(2)));
        let reject = Verdict { outcome: Some(Outcome::Reject), reason: Some(Reason::SanctionsHit), ..accept() };
        assert!(decide(&check, &anna, &reject).is_ok());
    }

    #[test]
    fn a_very_high_risk_needs_a_second_person() {
        let (anna, sofia) = (person("anna", Role::Supervisor), person("sofia", Role::Supervisor));
        let check = standing(State::ToReview, Some(Band::VeryHigh));
        assert_eq!(decide(&check, &anna, &accept()).map(|r| (r.step, r.state)), Ok((Step::Proposal, State::Proposed)));

        let waiting = Standing { proposed_by: Some(&anna.id), ..standing(State::Proposed, Some(Band::VeryHigh)) };
        let proposal = (Outcome::Accept, Reason::NoFindings);
        assert_eq!(approve(&waiting, &anna, proposal, &accept(), true), Err(Refusal::FourEyes));
        assert_eq!(approve(&waiting, &sofia, proposal, &accept(), true).map(|r| r.state), Ok(State::Accepted));
        assert_eq!(approve(&waiting, &sofia, proposal, &accept(), false).map(|r| r.state), Ok(State::ToReview));
        let ben = person("ben", Role::Analyst);
        assert_eq!(approve(&waiting, &ben, proposal, &accept(), true), Err(Refusal::NotAllowed(Permission::ApproveDecisions)));
    }

    #[test]
    fn a_decided_check_says_who_decided_it() {
        let check = Standing { decided: Some(("Ben", 5)), ..standing(State::Rejected, None) };
        let refused = decide(&check, &person("anna", Role::Analyst), &accept());
        assert_eq!(refused, Err(Refusal::AlreadyDecided { by: "Ben".into(), outcome: "rejected".into(), at: 5 }));
    }

    #[test]
    fn an_overturn_is_the_opposite_and_a_supervisors() {
        let (anna, sofia) = (person("anna", Role::Analyst), person("sofia", Role::Supervisor));
        let rejected = standing(State::Rejected, None);
        assert_eq!(overturn(&rejected, &anna, &accept()), Err(Refusal::NotAllowed(Permission::OverturnDecisions)));
        assert_eq!(overturn(&rejected, &sofia, &accept()).map(|r| r.state), Ok(State::Accepted));
        assert_eq!(overturn(&standing(State::Accepted, None), &sofia, &accept()), Err(Refusal::SameOutcome));
        assert_eq!(overturn(&standing(State::ToReview, None), &sofia, &accept()), Err(Refusal::NotDecided));
    }

    proptest! {
        /// Whatever the state, role and verdict: a ruling is always a legal move of the check's life.
        #[test]
        fn every_ruling_is_a_legal_move(
            state in proptest::sample::select(State::ALL.to_vec()), role in proptest::sample::select(Role::ALL.to_vec()),
            band in proptest::option::of(proptest::sample::select(Band::ALL.to_vec())), outcome in proptest::sample::select(Outcome::ALL.to_vec()),
            reason in proptest::sample::select(Reason::ALL.to_vec()), undecided in 0usize..3, seen in 2i64..5, approved: bool, own: bool,
        ) {
            let caller = person("anna", role);
            let other = PersonId::new("ben");
            let check = Standing { unjudged: undecided, proposed_by: Some(if own { &caller.id } else { &other }), ..standing(state, band) };
            let verdict = Verdict { seen_version: seen, outcome: Some(outcome), reason: Some(reason), comment: "c" };
            for ruled in [decide(&check, &caller, &verdict), approve(&check, &caller, (outcome, reason), &verdict, approved), overturn(&check, &caller, &verdict)].into_iter().flatten() {
                prop_assert!(state.may_become(ruled.state), "{} -> {}", state, ruled.state);
                prop_assert!(seen == 3);
                if ruled.step == Step::Approval { prop_assert!(!own); }
                if ruled.state == State::Accepted && ruled.step != Step::Overturn {
                    prop_assert!(undecided == 0);
                    prop_assert!(ruled.step == Step::Approval || band.unwrap_or(Band::Low) != Band::VeryHigh);
                }
            }
        }
    }
}
