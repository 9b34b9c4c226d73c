//! The rule of a decision: who may accept, reject or withdraw what, and when a second person is
//! needed.
//!
//! Whatever ends in one of these asks [`rule`]: a decision on the check's page or on the page of
//! several, an approval, a return, an overturn, a withdrawal. Nothing else moves a check there.

mod makers;
mod proposal;
mod relaunch;

pub use makers::{Maker, Makers};
pub use proposal::Proposal;
pub use relaunch::{Asked, Earlier, Narrower, narrower};

use crate::{
    Moment, Refusal,
    checks::{Band, Kind, State},
    choices,
    findings::{Judgement, Match, Source, compare_name},
    people::{Caller, Permission},
    policy::{Case, Found, Policy},
};

choices! {
    /// What was decided.
    pub enum Outcome {
        Accept = "accept", "Accept";
        Reject = "reject", "Reject";
        /// Ended without a word on the customer.
        Withdraw = "withdraw", "Withdraw";
    }
}

impl Outcome {
    /// Those that say something of the customer; a policy speaks of these, and withdrawing takes
    /// what accepting does.
    pub const DECIDED: &'static [Self] = &[Self::Accept, Self::Reject];

    /// The state that a check has when this is decided.
    #[must_use]
    pub const fn state(self) -> State {
        match self {
            Self::Accept => State::Accepted,
            Self::Reject => State::Rejected,
            Self::Withdraw => State::Withdrawn,
        }
    }

    /// What an overturn makes of it; a withdrawal stays one.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Accept => Self::Reject,
            Self::Reject => Self::Accept,
            Self::Withdraw => Self::Withdraw,
        }
    }

    /// `accepted`, `rejected`, `withdrawn`.
    #[must_use]
    pub const fn done(self) -> &'static str {
        match self {
            Self::Accept => "accepted",
            Self::Reject => "rejected",
            Self::Withdraw => "withdrawn",
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
        /// A check ended by one person although its outcome is here.
        Withdrawal = "withdrawal", "Withdrawal";
    }
}

/// What somebody does about a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Decide,
    Approve,
    SendBack,
    Overturn,
    Withdraw,
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
        LaunchedByMistake = "launched_by_mistake", "Launched by mistake, or with wrong data";
        CustomerLeft = "customer_left", "The customer does not go on";
        CoveredElsewhere = "covered_elsewhere", "Another check covers this";
        Other = "other", "Other, explained in the comment";
    }
}

/// The reasons that fit a kind and outcome, in the order of the list.
#[must_use]
pub const fn reasons(kind: Kind, outcome: Outcome) -> &'static [Reason] {
    match outcome {
        Outcome::Accept => kind.card().accept,
        Outcome::Reject => kind.card().reject,
        Outcome::Withdraw => &[
            Reason::LaunchedByMistake,
            Reason::CustomerLeft,
            Reason::CoveredElsewhere,
            Reason::Other,
        ],
    }
}

/// Whether the provider takes our decision on a check of this kind. KryptoGO has an endpoint for
/// search tasks only.
#[must_use]
pub const fn is_told(kind: Kind) -> bool {
    kind.card().is_told
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
    /// The customer's name; nothing when they were erased.
    pub customer: &'a str,
    /// The name that it asked about, which may be another one by now.
    pub asked: &'a str,
    /// The proposal that waits, if one does.
    pub proposal: Option<Proposal<'a>>,
    /// Who made what is decided on.
    pub makers: Makers<'a>,
    /// What the customer's other checks of this kind found, the latest first: those of the policy's
    /// window, and those that this one was launched after.
    pub earlier: &'a [Earlier],
    /// What this check asked less, or otherwise, than the latest of these.
    pub narrower: Option<Narrower>,
    /// Whom a proposal is meant for, as they are now.
    pub named: Option<&'a Caller>,
    pub now: Moment,
    /// Who decided it and when, if somebody did; for the refusal's sentence.
    pub decided: Option<(&'a str, Moment)>,
}

impl Standing<'_> {
    /// A check about which nothing more is known.
    #[must_use]
    pub const fn bare(kind: Kind, state: State, version: i64) -> Self {
        Self {
            kind,
            state,
            version,
            band: None,
            findings: &[],
            customer: "",
            asked: "",
            proposal: None,
            makers: Makers::NONE,
            earlier: &[],
            narrower: None,
            named: None,
            now: 0,
            decided: None,
        }
    }
}

impl Standing<'_> {
    /// Whether the customer has this person's name, or had it when the check asked about them: then
    /// somebody else decides.
    #[must_use]
    pub fn is_about(&self, caller: &Caller) -> bool {
        self.is_named(&caller.name)
    }

    /// Whether the customer has this name, or had it when the check asked about them.
    #[must_use]
    pub fn is_named(&self, name: &str) -> bool {
        [self.customer, self.asked]
            .iter()
            .any(|known| matches!(compare_name(known, Some(name)), Match::Matches))
    }

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

/// Whether two people are needed for this outcome: for what this check found, or for what an
/// earlier one did.
///
/// Withdrawing takes two where accepting would. What an earlier check found counts as if this one
/// had found it: within the policy's window always, and before it when this one asked less or
/// otherwise.
#[must_use]
pub fn needs_two(check: &Standing<'_>, policy: &Policy, outcome: Outcome) -> bool {
    let since =
        check.now.saturating_sub(i64::from(policy.window_days()).saturating_mul(crate::time::DAY));
    let counted =
        check.earlier.iter().filter(|e| e.outcome_at >= since || check.narrower.is_some());
    let earlier = counted.map(|e| Found::of(e.band, &e.findings)).reduce(Found::worst);
    policy.needs_two(&Case {
        kind: check.kind,
        outcome,
        found: Found::of(check.band, check.findings),
        earlier,
    })
}

/// The one rule. Says what is recorded and where the check stands afterwards, or the first thing
/// that stands in the way, most final first.
///
/// # Errors
/// The caller's role, the check's state, a name that is the caller's own, a page that is out of
/// date, an incomplete verdict, what is not judged, a reason that the findings deny, and a step
/// that somebody else has to take.
pub fn rule(
    check: &Standing<'_>,
    policy: &Policy,
    caller: &Caller,
    act: Act,
    verdict: &Verdict<'_>,
) -> Result<Ruled, Refusal> {
    let permission = permission(act);
    if !caller.may(permission) {
        return Err(Refusal::NotAllowed(permission));
    }
    state_fits(check, act)?;
    // Before anything else is asked of them: somebody else has to do it anyway.
    if check.is_about(caller) {
        return Err(Refusal::Oneself);
    }
    match act {
        Act::Approve | Act::SendBack => answer(check, policy, caller, act, verdict),
        Act::Decide | Act::Overturn | Act::Withdraw => begin(check, policy, caller, act, verdict),
    }
}

/// What an act takes.
#[must_use]
pub const fn permission(act: Act) -> Permission {
    match act {
        Act::Decide => Permission::DecideChecks,
        Act::Approve | Act::SendBack => Permission::ApproveDecisions,
        Act::Overturn => Permission::OverturnDecisions,
        Act::Withdraw => Permission::LaunchChecks,
    }
}

fn state_fits(check: &Standing<'_>, act: Act) -> Result<(), Refusal> {
    match (act, check.state) {
        (Act::Decide | Act::Withdraw, State::ToReview)
        | (Act::Approve | Act::SendBack, State::Proposed)
        | (Act::Overturn, State::Accepted | State::Rejected) => Ok(()),
        (Act::Decide, State::Accepted | State::Rejected | State::Proposed)
        | (Act::Withdraw, State::Proposed) => Err(already(check)),
        (Act::Decide, _) => Err(Refusal::NotReady),
        (Act::Withdraw, _) => Err(Refusal::CannotWithdraw),
        (Act::Overturn, _) => Err(Refusal::NotDecided),
        (Act::Approve | Act::SendBack, _) => {
            Err(if check.decided.is_some() { already(check) } else { Refusal::NoProposal })
        }
    }
}

/// A step that somebody begins: final at once, or a proposal where somebody else has to agree.
fn begin(
    check: &Standing<'_>,
    policy: &Policy,
    caller: &Caller,
    act: Act,
    verdict: &Verdict<'_>,
) -> Result<Ruled, Refusal> {
    if verdict.seen_version != check.version {
        return Err(Refusal::Changed);
    }
    let verdict = &Verdict { outcome: wanted(act, verdict.outcome), ..verdict.clone() };
    let (outcome, reason) = complete(check.kind, verdict)?;
    if matches!(act, Act::Overturn) && check.state == outcome.state() {
        return Err(Refusal::SameOutcome);
    }
    if matches!(outcome, Outcome::Accept) {
        all_judged(check)?;
    }
    reason_fits(check, reason)?;
    // Nobody overturns alone what they decided themselves, whatever the policy asks.
    let own = matches!(act, Act::Overturn) && check.makers.of_decision.contains(&caller.id);
    if own || needs_two(check, policy, outcome) {
        proposal::named_fits(check, policy, caller)?;
        return Ok(Ruled { step: Step::Proposal, outcome, reason, state: State::Proposed });
    }
    let step = match act {
        Act::Overturn => Step::Overturn,
        Act::Withdraw => Step::Withdrawal,
        Act::Decide | Act::Approve | Act::SendBack => Step::Decision,
    };
    Ok(Ruled { step, outcome, reason, state: outcome.state() })
}

/// Withdrawing has one outcome, and nothing else has that one.
const fn wanted(act: Act, outcome: Option<Outcome>) -> Option<Outcome> {
    match (act, outcome) {
        (Act::Withdraw, _) => Some(Outcome::Withdraw),
        (_, Some(Outcome::Withdraw)) => None,
        (_, outcome) => outcome,
    }
}

/// The second person's answer to a proposal.
fn answer(
    check: &Standing<'_>,
    policy: &Policy,
    caller: &Caller,
    act: Act,
    verdict: &Verdict<'_>,
) -> Result<Ruled, Refusal> {
    let proposal = check.proposal.as_ref().ok_or(Refusal::NoProposal)?;
    if proposal.by == &caller.id {
        return Err(Refusal::FourEyes);
    }
    proposal.is_for(caller, check.now)?;
    let (outcome, reason) = (proposal.outcome, proposal.reason);
    if matches!(act, Act::SendBack) {
        if verdict.seen_version != check.version {
            return Err(Refusal::Changed);
        }
        comment_fits(verdict.comment)?;
        // What was proposed against a decision leaves that decision standing.
        let state = proposal.overturns.map_or(State::ToReview, Outcome::state);
        return Ok(Ruled { step: Step::SentBack, outcome, reason, state });
    }
    if let Some(maker) = check.makers.maker(&caller.id, policy) {
        return Err(Refusal::MadeIt(maker));
    }
    if !proposal.is_bound {
        return Err(Refusal::Voided);
    }
    if verdict.seen_version != check.version {
        return Err(Refusal::Changed);
    }
    comment_fits(verdict.comment)?;
    if matches!(outcome, Outcome::Accept) {
        all_judged(check)?;
    }
    reason_fits(check, reason)?;
    Ok(Ruled { step: Step::Approval, outcome, reason, state: outcome.state() })
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
    /// These sources are not all judged to be wrong. What they did not find may be known from
    /// elsewhere.
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
        | Reason::LaunchedByMistake
        | Reason::CustomerLeft
        | Reason::CoveredElsewhere
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
        (
            check.count(|f| sources.contains(&f.source)),
            check.count(|f| sources.contains(&f.source) && left(f)),
        )
    };
    match claim(reason) {
        Claim::Nothing => Ok(()),
        Claim::NoneRelevant | Claim::NoneTrue | Claim::AllFalse if relevant > 0 => {
            Err(Refusal::ReasonContradicts(reason))
        }
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
    let open_of = |is: fn(Source) -> bool| {
        check.count(|f| {
            f.source.must_be_judged() && is(f.source) && f.judgement == Judgement::Undecided
        })
    };
    let open = open_of(|_| true);
    let is_decided =
        check.state.is_final() || check.proposal.as_ref().is_some_and(|p| p.overturns.is_some());
    match open {
        0 => Ok(()),
        // A decided check takes no judgements any more.
        n if is_decided => Err(Refusal::OverturnUnjudged(n)),
        n if open_of(|source| source == Source::SanctionList) == n => {
            Err(Refusal::UndecidedSanctions(n))
        }
        n => Err(Refusal::UndecidedFindings(n)),
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
    let reason = verdict
        .reason
        .filter(|r| reasons(kind, outcome).contains(r))
        .ok_or(Refusal::ReasonMissing)?;
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

/// The length that is held against the limit: characters, with a line break as one however it was
/// sent.
#[must_use]
pub fn comment_length(comment: &str) -> usize {
    comment.replace("\r\n", "\n").chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PersonId, people::Role};
    use proptest::prelude::*;

    fn decide(
        check: &Standing<'_>,
        caller: &Caller,
        verdict: &Verdict<'_>,
    ) -> Result<Ruled, Refusal> {
        rule(check, &Policy::default_first(), caller, Act::Decide, verdict)
    }

    fn overturn(
        check: &Standing<'_>,
        caller: &Caller,
        verdict: &Verdict<'_>,
    ) -> Result<Ruled, Refusal> {
        rule(check, &Policy::default_first(), caller, Act::Overturn, verdict)
    }

    fn approve(
        check: &Standing<'_>,
        caller: &Caller,
        verdict: &Verdict<'_>,
        approved: bool,
    ) -> Result<Ruled, Refusal> {
        rule(
            check,
            &Policy::default_first(),
            caller,
            if approved { Act::Approve } else { Act::SendBack },
            verdict,
        )
    }

    fn proposed<'a>(by: &'a PersonId, outcome: Outcome, reason: Reason) -> Option<Proposal<'a>> {
        Some(Proposal {
            by,
            outcome,
            reason,
            overturns: None,
            checker: None,
            until: 0,
            is_bound: true,
        })
    }

    fn person(id: &str, role: Role) -> Caller {
        Caller { id: id.into(), account: id.into(), name: id.to_uppercase(), role }
    }

    fn standing(state: State, band: Option<Band>) -> Standing<'static> {
        Standing { band, ..Standing::bare(Kind::DdKyc, state, 3) }
    }

    const fn found(source: Source, judgement: Judgement, count: usize) -> Judged {
        Judged { source, judgement, count }
    }

    fn accept() -> Verdict<'static> {
        Verdict {
            seen_version: 3,
            outcome: Some(Outcome::Accept),
            reason: Some(Reason::NoFindings),
            comment: "Nothing found.",
        }
    }

    #[test]
    fn an_analyst_accepts_a_reviewed_check() {
        let ruled = decide(
            &standing(State::ToReview, Some(Band::Low)),
            &person("anna", Role::Analyst),
            &accept(),
        );
        assert_eq!(
            ruled,
            Ok(Ruled {
                step: Step::Decision,
                outcome: Outcome::Accept,
                reason: Reason::NoFindings,
                state: State::Accepted
            })
        );
    }

    #[test]
    fn an_admin_never_decides() {
        let refused =
            decide(&standing(State::ToReview, None), &person("adam", Role::Admin), &accept());
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
        decide(
            &Standing { findings, ..standing(State::ToReview, None) },
            &person("anna", Role::Analyst),
            &verdict,
        )
        .map(|ruled| ruled.step)
    }

    #[test]
    fn a_reason_that_says_nothing_concerns_the_customer_needs_every_finding_judged_so() {
        use Judgement::{FalsePositive, Relevant, Undecided};
        let accept = |reason, findings: &[Judged]| because(Outcome::Accept, reason, findings);
        let (none, all_false) = (Reason::NoFindings, Reason::FalsePositivesOnly);
        for reason in [none, all_false] {
            // News need not be judged before an accept, but this reason speaks of them too.
            let unjudged = [
                found(Source::NegativeNews, Undecided, 2),
                found(Source::DowJones, FalsePositive, 1),
            ];
            assert_eq!(accept(reason, &unjudged), Err(Refusal::ReasonUnjudged(2)));
            let relevant =
                [found(Source::NegativeNews, Relevant, 1), found(Source::DowJones, Undecided, 1)];
            assert_eq!(accept(reason, &relevant), Err(Refusal::ReasonContradicts(reason)));
            assert_eq!(
                accept(reason, &[found(Source::SanctionList, FalsePositive, 3)]),
                Ok(Step::Decision)
            );
        }
        assert_eq!(accept(none, &[]), Ok(Step::Decision));
        assert_eq!(
            accept(all_false, &[]),
            Err(Refusal::ReasonUnfounded(all_false)),
            "nothing is about somebody else"
        );
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
        assert_eq!(
            accept(&[found(Source::DowJones, Judgement::FalsePositive, 1)]),
            Err(Refusal::ReasonContradicts(reason))
        );
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
        assert_eq!(
            reject(hit, &[found(Source::SanctionList, FalsePositive, 2)]),
            Err(Refusal::ReasonContradicts(hit))
        );
        assert_eq!(
            reject(
                hit,
                &[
                    found(Source::SanctionList, FalsePositive, 1),
                    found(Source::SanctionList, Undecided, 1)
                ]
            ),
            Ok(Step::Decision)
        );
        // What the press, a court or an office says may be known from elsewhere, unless it was
        // looked at and judged wrong.
        for (reason, source) in [
            (Reason::AdverseMedia, Source::NegativeNews),
            (Reason::CourtVerdict, Source::TwVerdict),
            (Reason::ExposedPerson, Source::DowJones),
        ] {
            assert_eq!(reject(reason, &[]), Ok(Step::Decision), "{reason}");
            assert_eq!(
                reject(reason, &[found(source, Undecided, 1)]),
                Ok(Step::Decision),
                "{reason}"
            );
            assert_eq!(
                reject(reason, &[found(source, FalsePositive, 1)]),
                Err(Refusal::ReasonContradicts(reason)),
                "{reason}"
            );
        }
    }

    /// A refusal says only what is so: of a check without sanction findings it does not say how
    /// they are judged.
    #[test]
    fn a_refused_reason_is_answered_beside_it_with_what_is_true() {
        let refused = because(Outcome::Reject, Reason::SanctionsHit, &[]).unwrap_err();
        assert!(refused.sentence().starts_with("There is no sanction finding here"), "{refused}");
        assert_eq!(refused.place(), crate::refusal::Place::Reason);
        let one = because(
            Outcome::Accept,
            Reason::NoFindings,
            &[found(Source::DowJones, Judgement::Undecided, 1)],
        )
        .unwrap_err();
        assert!(one.sentence().starts_with("One finding is not judged"), "{one}");
        assert_eq!(one.place(), crate::refusal::Place::Reason);
    }

    #[test]
    fn a_proposal_whose_reason_fits_no_more_is_not_approved() {
        let (anna, sofia) = (PersonId::new("anna"), person("sofia", Role::Supervisor));
        let findings = [found(Source::DowJones, Judgement::Undecided, 1)];
        let proposal = proposed(&anna, Outcome::Accept, Reason::NoFindings);
        let check = Standing {
            findings: &findings,
            proposal,
            ..standing(State::Proposed, Some(Band::VeryHigh))
        };
        assert_eq!(approve(&check, &sofia, &accept(), true), Err(Refusal::ReasonUnjudged(1)));
        assert_eq!(approve(&check, &sofia, &accept(), false).map(|r| r.state), Ok(State::ToReview));
    }

    #[test]
    fn undecided_sanctions_stop_an_accept_but_not_a_reject() {
        let findings = [
            found(Source::SanctionList, Judgement::Undecided, 2),
            found(Source::NegativeNews, Judgement::Undecided, 5),
        ];
        assert_eq!(
            because(Outcome::Accept, Reason::Other, &findings),
            Err(Refusal::UndecidedSanctions(2))
        );
        assert_eq!(because(Outcome::Reject, Reason::SanctionsHit, &findings), Ok(Step::Decision));
    }

    #[test]
    fn a_very_high_risk_needs_a_second_person() {
        let (anna, sofia) = (person("anna", Role::Supervisor), person("sofia", Role::Supervisor));
        let check = standing(State::ToReview, Some(Band::VeryHigh));
        assert_eq!(
            decide(&check, &anna, &accept()).map(|r| (r.step, r.state)),
            Ok((Step::Proposal, State::Proposed))
        );

        let proposal = proposed(&anna.id, Outcome::Accept, Reason::NoFindings);
        let waiting = Standing { proposal, ..standing(State::Proposed, Some(Band::VeryHigh)) };
        assert_eq!(approve(&waiting, &anna, &accept(), true), Err(Refusal::FourEyes));
        assert_eq!(
            approve(&waiting, &sofia, &accept(), true).map(|r| r.state),
            Ok(State::Accepted)
        );
        assert_eq!(
            approve(&waiting, &sofia, &accept(), false).map(|r| r.state),
            Ok(State::ToReview)
        );
        let ben = person("ben", Role::Analyst);
        assert_eq!(
            approve(&waiting, &ben, &accept(), true),
            Err(Refusal::NotAllowed(Permission::ApproveDecisions))
        );
    }

    #[test]
    fn a_decided_check_says_who_decided_it() {
        let check = Standing { decided: Some(("Ben", 5)), ..standing(State::Rejected, None) };
        let refused = decide(&check, &person("anna", Role::Analyst), &accept());
        assert_eq!(
            refused,
            Err(Refusal::AlreadyDecided { by: "Ben".into(), outcome: "rejected".into(), at: 5 })
        );
    }

    #[test]
    fn an_overturn_is_the_opposite_and_a_supervisors() {
        let (anna, sofia) = (person("anna", Role::Analyst), person("sofia", Role::Supervisor));
        let rejected = standing(State::Rejected, None);
        assert_eq!(
            overturn(&rejected, &anna, &accept()),
            Err(Refusal::NotAllowed(Permission::OverturnDecisions))
        );
        assert_eq!(overturn(&rejected, &sofia, &accept()).map(|r| r.state), Ok(State::Accepted));
        assert_eq!(
            overturn(&standing(State::Accepted, None), &sofia, &accept()),
            Err(Refusal::SameOutcome)
        );
        assert_eq!(
            overturn(&standing(State::ToReview, None), &sofia, &accept()),
            Err(Refusal::NotDecided)
        );
    }

    /// To end a check without a word on the customer is an act of its own.
    #[test]
    fn nobody_decides_or_overturns_to_a_withdrawal() {
        let sofia = person("sofia", Role::Supervisor);
        let left = Verdict {
            outcome: Some(Outcome::Withdraw),
            reason: Some(Reason::CustomerLeft),
            ..accept()
        };
        let open = standing(State::ToReview, None);
        assert_eq!(decide(&open, &sofia, &left), Err(Refusal::OutcomeMissing));
        for state in [State::Accepted, State::Rejected] {
            assert_eq!(
                overturn(&standing(state, None), &sofia, &left),
                Err(Refusal::OutcomeMissing),
                "{state}"
            );
        }
        let withdrawn = rule(&open, &Policy::default_first(), &sofia, Act::Withdraw, &left);
        assert_eq!(
            withdrawn.map(|ruled| (ruled.step, ruled.state)),
            Ok((Step::Withdrawal, State::Withdrawn))
        );
    }

    #[test]
    fn who_answers_a_proposal_says_why() {
        let (ben, sofia) = (PersonId::new("ben"), person("sofia", Role::Supervisor));
        let proposal = proposed(&ben, Outcome::Reject, Reason::Other);
        let check = Standing { proposal, ..standing(State::Proposed, None) };
        let (fits, long) = ("x".repeat(COMMENT_MAX), "x".repeat(COMMENT_MAX + 1));
        for (approved, step) in [(true, Step::Approval), (false, Step::SentBack)] {
            for (comment, answer) in [
                ("", Err(Refusal::CommentMissing)),
                (" \n ", Err(Refusal::CommentMissing)),
                (long.as_str(), Err(Refusal::CommentTooLong(1))),
                (fits.as_str(), Ok(step)),
            ] {
                let said = approve(&check, &sofia, &Verdict { comment, ..accept() }, approved);
                assert_eq!(said.map(|ruled| ruled.step), answer, "{approved}");
            }
            let old = Verdict { seen_version: check.version - 1, comment: "Seen.", ..accept() };
            assert_eq!(
                approve(&check, &sofia, &old, approved).map(|ruled| ruled.step),
                Err(Refusal::Changed),
                "{approved}"
            );
        }
    }

    proptest! {
        /// Whatever the state, role and verdict: a ruling is always a legal move of the check's
        /// life.
        #[test]
        fn every_ruling_is_a_legal_move(
            state in proptest::sample::select(State::ALL.to_vec()), role in proptest::sample::select(Role::ALL.to_vec()),
            band in proptest::option::of(proptest::sample::select(Band::ALL.to_vec())), outcome in proptest::sample::select(Outcome::ALL.to_vec()),
            reason in proptest::sample::select(Reason::ALL.to_vec()), undecided in 0usize..3, seen in 2i64..5, approved: bool, own: bool,
        ) {
            let caller = person("anna", role);
            let other = PersonId::new("ben");
            let findings = [found(Source::SanctionList, Judgement::Undecided, undecided)];
            let proposal = proposed(if own { &caller.id } else { &other }, outcome, reason);
            let check = Standing { findings: &findings, proposal, ..standing(state, band) };
            let verdict = Verdict { seen_version: seen, outcome: Some(outcome), reason: Some(reason), comment: "c" };
            for ruled in [decide(&check, &caller, &verdict), approve(&check, &caller, &verdict, approved), overturn(&check, &caller, &verdict), rule(&check, &Policy::default_first(), &caller, Act::Withdraw, &verdict)].into_iter().flatten() {
                prop_assert!(state.may_become(ruled.state), "{} -> {}", state, ruled.state);
                prop_assert!(seen == 3);
                if ruled.step == Step::Approval { prop_assert!(!own); }
                if ruled.state == State::Accepted {
                    prop_assert!(undecided == 0);
                    prop_assert!(ruled.step == Step::Approval || band.unwrap_or(Band::Low) != Band::VeryHigh);
                }
            }
        }
    }
}
