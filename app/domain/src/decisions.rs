//! The rule of a decision: who may accept or reject what, and when a second person is needed.

use crate::{
    Moment, PersonId, Refusal,
    checks::{Band, Kind, State},
    choices,
    findings::{Judgement, Source},
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

/// How many findings of one source have one judgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    pub source: Source,
    pub judgement: Judgement,
    pub count: usize,
}

/// What the rule needs to know of a check.
#[derive(Debug, Clone)]
pub struct Standing<'a> {
    pub kind: Kind,
    pub state: State,
    pub version: i64,
    pub band: Option<Band>,
    /// How its findings are judged.
    pub findings: &'a [Judged],
    /// Who made the proposal that waits, if one does.
    pub proposed_by: Option<&'a PersonId>,
    /// Who decided it and when, if somebody did; for the refusal's sentence.
    pub decided: Option<(&'a str, Moment)>,
}

impl Standing<'_> {
    fn count(&self, counts: impl Fn(&Judged) -> bool) -> usize {
        self.findings.iter().filter(|f| counts(f)).map(|f| f.count).sum()
    }
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
    if approved {
        reason_fits(check, reason)?;
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

/// What a reason says of the findings beside it. Whatever else it says is what the reviewer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Claim {
    Nothing,
    /// None is relevant. What may stay unjudged does not speak against it.
    NoneRelevant,
    /// None is about this customer: each is judged, and none relevant.
    NoneTrue,
    /// The same, and there are some.
    AllFalse,
    /// There are some, and not all of them are judged false positives.
    SomeTrue,
    /// As before, of these sources.
    Found(&'static [Source]),
    /// These sources are not all judged to be wrong. What they did not find may be known from elsewhere.
    NotDenied(&'static [Source]),
}

const fn claim(reason: Reason) -> Claim {
    match reason {
        Reason::NoFindings => Claim::NoneTrue,
        Reason::FalsePositivesOnly => Claim::AllFalse,
        Reason::IdentityConfirmed | Reason::DataAgree | Reason::NotExcluded => Claim::NoneRelevant,
        Reason::ImmaterialFindings => Claim::SomeTrue,
        Reason::SanctionsHit => Claim::Found(&[Source::SanctionList, Source::WalletSanction]),
        Reason::Excluded => Claim::Found(&[Source::Register]),
        Reason::AdverseMedia => Claim::NotDenied(&[Source::NegativeNews]),
        Reason::CourtVerdict => Claim::NotDenied(&[Source::TwVerdict]),
        Reason::ExposedPerson => Claim::NotDenied(&[Source::DowJones]),
        Reason::EnhancedDiligenceDone
        | Reason::IdentityUnclear
        | Reason::InformationRefused
        | Reason::RiskTooHigh
        | Reason::DifferencesExplained
        | Reason::DocumentForged
        | Reason::DocumentUnusable
        | Reason::FaceDiffers
        | Reason::IdentificationFailed
        | Reason::DataDiffer
        | Reason::Other => Claim::Nothing,
    }
}

/// A reason must not say of the findings what they and their judgements do not.
fn reason_fits(check: &Standing<'_>, reason: Reason) -> Result<(), Refusal> {
    let judged = |as_this: Judgement| check.count(|f| f.judgement == as_this);
    let (open, relevant) = (judged(Judgement::Undecided), judged(Judgement::Relevant));
    // How many there are of some sources, and how many of them nobody judged a false positive.
    let of = |sources: &[Source]| {
        let left = |f: &Judged| f.judgement != Judgement::FalsePositive;
        (check.count(|f| sources.contains(&f.source)), check.count(|f| sources.contains(&f.source) && left(f)))
    };
    match claim(reason) {
        Claim::Nothing => Ok(()),
        Claim::NoneRelevant | Claim::NoneTrue | Claim::AllFalse if relevant > 0 => Err(Refusal::ReasonContradicts(reason)),
        Claim::NoneTrue | Claim::AllFalse if open > 0 => Err(Refusal::ReasonUnjudged(open)),
        Claim::AllFalse if check.count(|_| true) == 0 => Err(Refusal::ReasonUnfounded(reason)),
        Claim::NoneRelevant | Claim::NoneTrue | Claim::AllFalse => Ok(()),
        Claim::SomeTrue => stands(of(Source::ALL), reason),
        Claim::Found(sources) => stands(of(sources), reason),
        Claim::NotDenied(sources) if of(sources).0 == 0 => Ok(()),
        Claim::NotDenied(sources) => stands(of(sources), reason),
    }
}

fn stands((found, left): (usize, usize), reason: Reason) -> Result<(), Refusal> {
    match (found, left) {
        (0, _) => Err(Refusal::ReasonUnfounded(reason)),
        (_, 0) => Err(Refusal::ReasonContradicts(reason)),
        _ => Ok(()),
    }
}

fn all_judged(check: &Standing<'_>) -> Result<(), Refusal> {
    let open_of =
        |is: fn(Source) -> bool| check.count(|f| f.source.must_be_judged() && is(f.source) && f.judgement == Judgement::Undecided);
    let (open, unread) = (open_of(|_| true), open_of(|source| matches!(source, Source::Unread | Source::CustomerChange)));
    match (open, check.kind) {
        (0, _) => Ok(()),
        (n, Kind::DdKyc | Kind::DdKyb) if unread == 0 => Err(Refusal::UndecidedSanctions(n)),
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
        Standing { kind: Kind::DdKyc, state, version: 3, band, findings: &[], proposed_by: None, decided: None }
    }

    const fn found(source: Source, judgement: Judgement, count: usize) -> Judged {
        Judged { source, judgement, count }
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

    /// What the rule says of a reason beside these findings.
    fn because(outcome: Outcome, reason: Reason, findings: &[Judged]) -> Result<Step, Refusal> {
        let verdict = Verdict { outcome: Some(outcome), reason: Some(reason), ..accept() };
        decide(&Standing { findings, ..standing(State::ToReview, None) }, &person("anna", Role::Analyst), &verdict).map(|ruled| ruled.step)
    }

    #[test]
    fn a_reason_that_says_nothing_concerns_the_customer_needs_every_finding_judged_so() {
        use Judgement::{FalsePositive, Relevant, Undecided};
        let accept = |reason, findings: &[Judged]| because(Outcome::Accept, reason, findings);
        let (none, all_false) = (Reason::NoFindings, Reason::FalsePositivesOnly);
        for reason in [none, all_false] {
            // News need not be judged before an accept, but this reason speaks of them too.
            let unjudged = [found(Source::NegativeNews, Undecided, 2), found(Source::DowJones, FalsePositive, 1)];
            assert_eq!(accept(reason, &unjudged), Err(Refusal::ReasonUnjudged(2)));
            let relevant = [found(Source::NegativeNews, Relevant, 1), found(Source::DowJones, Undecided, 1)];
            assert_eq!(accept(reason, &relevant), Err(Refusal::ReasonContradicts(reason)));
            assert_eq!(accept(reason, &[found(Source::SanctionList, FalsePositive, 3)]), Ok(Step::Decision));
        }
        assert_eq!(accept(none, &[]), Ok(Step::Decision));
        assert_eq!(accept(all_false, &[]), Err(Refusal::ReasonUnfounded(all_false)), "nothing is about somebody else");
        let unjudged = [found(Source::NegativeNews, Undecided, 2)];
        for reason in [Reason::EnhancedDiligenceDone, Reason::ImmaterialFindings, Reason::Other] {
            assert_eq!(accept(reason, &unjudged), Ok(Step::Decision), "{reason}");
        }
    }

    #[test]
    fn findings_that_are_true_but_immaterial_must_be_there() {
        let reason = Reason::ImmaterialFindings;
        let accept = |findings: &[Judged]| because(Outcome::Accept, reason, findings);
        assert_eq!(accept(&[]), Err(Refusal::ReasonUnfounded(reason)));
        assert_eq!(accept(&[found(Source::DowJones, Judgement::FalsePositive, 1)]), Err(Refusal::ReasonContradicts(reason)));
        assert_eq!(accept(&[found(Source::DowJones, Judgement::Relevant, 1)]), Ok(Step::Decision));
    }

    #[test]
    fn a_reason_to_reject_that_names_a_list_needs_what_the_list_found() {
        use Judgement::{FalsePositive, Undecided};
        let reject = |reason, findings: &[Judged]| because(Outcome::Reject, reason, findings);
        let hit = Reason::SanctionsHit;
        let news = [found(Source::NegativeNews, Undecided, 4)];
        assert_eq!(reject(hit, &[]), Err(Refusal::ReasonUnfounded(hit)));
        assert_eq!(reject(hit, &news), Err(Refusal::ReasonUnfounded(hit)));
        assert_eq!(reject(hit, &[found(Source::SanctionList, FalsePositive, 2)]), Err(Refusal::ReasonContradicts(hit)));
        assert_eq!(
            reject(hit, &[found(Source::SanctionList, FalsePositive, 1), found(Source::SanctionList, Undecided, 1)]),
            Ok(Step::Decision)
        );
        // What the press, a court or an office says may be known from elsewhere, unless it was looked at and judged wrong.
        for (reason, source) in [
            (Reason::AdverseMedia, Source::NegativeNews),
            (Reason::CourtVerdict, Source::TwVerdict),
            (Reason::ExposedPerson, Source::DowJones),
        ] {
            assert_eq!(reject(reason, &[]), Ok(Step::Decision), "{reason}");
            assert_eq!(reject(reason, &[found(source, Undecided, 1)]), Ok(Step::Decision), "{reason}");
            assert_eq!(reject(reason, &[found(source, FalsePositive, 1)]), Err(Refusal::ReasonContradicts(reason)), "{reason}");
        }
    }

    /// A refusal says only what is so: of a check without sanction findings it does not say how they are judged.
    #[test]
    fn a_refused_reason_is_answered_beside_it_with_what_is_true() {
        let refused = because(Outcome::Reject, Reason::SanctionsHit, &[]).unwrap_err();
        assert!(refused.sentence().starts_with("There is no sanction finding here"), "{refused}");
        assert_eq!(refused.place(), crate::refusal::Place::Reason);
        let one = because(Outcome::Accept, Reason::NoFindings, &[found(Source::DowJones, Judgement::Undecided, 1)]).unwrap_err();
        assert!(one.sentence().starts_with("One finding is not judged"), "{one}");
        assert_eq!(one.place(), crate::refusal::Place::Reason);
    }

    #[test]
    fn a_proposal_whose_reason_fits_no_more_is_not_approved() {
        let (anna, sofia) = (PersonId::new("anna"), person("sofia", Role::Supervisor));
        let findings = [found(Source::DowJones, Judgement::Undecided, 1)];
        let check = Standing { findings: &findings, proposed_by: Some(&anna), ..standing(State::Proposed, Some(Band::VeryHigh)) };
        let proposal = (Outcome::Accept, Reason::NoFindings);
        assert_eq!(approve(&check, &sofia, proposal, &accept(), true), Err(Refusal::ReasonUnjudged(1)));
        assert_eq!(approve(&check, &sofia, proposal, &accept(), false).map(|r| r.state), Ok(State::ToReview));
    }

    #[test]
    fn undecided_sanctions_stop_an_accept_but_not_a_reject() {
        let findings = [found(Source::SanctionList, Judgement::Undecided, 2), found(Source::NegativeNews, Judgement::Undecided, 5)];
        assert_eq!(because(Outcome::Accept, Reason::Other, &findings), Err(Refusal::UndecidedSanctions(2)));
        assert_eq!(because(Outcome::Reject, Reason::SanctionsHit, &findings), Ok(Step::Decision));
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
            let findings = [found(Source::SanctionList, Judgement::Undecided, undecided)];
            let check = Standing { findings: &findings, proposed_by: Some(if own { &caller.id } else { &other }), ..standing(state, band) };
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
