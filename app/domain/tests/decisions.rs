//! The decision rule where a change of it would be small: words, edges, and what only one of two
//! steps asks for.

use domain::{
    Refusal,
    checks::{Kind, State},
    decisions::{
        Act, COMMENT_MAX, Judged, Outcome, Proposal, Reason, Ruled, Standing, Step, Verdict,
        is_told, rule,
    },
    findings::{Judgement, Source},
    people::{Caller, Role},
    policy::Policy,
};

fn decide(check: &Standing<'_>, caller: &Caller, verdict: &Verdict<'_>) -> Result<Ruled, Refusal> {
    rule(check, &Policy::default_first(), caller, Act::Decide, verdict)
}

fn person(id: &str, role: Role) -> Caller {
    Caller { id: id.into(), account: id.into(), name: id.to_uppercase(), role }
}

fn standing(state: State) -> Standing<'static> {
    Standing { decided: Some(("Anna Berg", 7)), ..Standing::bare(Kind::DdKyc, state, 3) }
}

fn verdict() -> Verdict<'static> {
    Verdict { seen_version: 3, outcome: None, reason: None, comment: "Looked at all of it." }
}

#[test]
fn only_due_diligence_is_told_to_its_provider() {
    for kind in Kind::ALL {
        assert_eq!(is_told(*kind), ["dd_kyc", "dd_kyb"].contains(&kind.code()), "{kind}");
    }
}

#[test]
fn an_outcome_says_what_was_done_and_what_the_other_one_is() {
    let (accept, reject) = (Outcome::Accept, Outcome::Reject);
    assert_eq!((accept.done(), reject.done()), ("accepted", "rejected"));
    assert_eq!((accept.opposite(), reject.opposite()), (reject, accept));
    assert_eq!((accept.state(), reject.state()), (State::Accepted, State::Rejected));
}

#[test]
fn a_comment_that_is_too_long_says_by_how_much() {
    let long = "é".repeat(COMMENT_MAX + 7);
    let (anna, check) =
        (person("anna", Role::Analyst), Standing { decided: None, ..standing(State::ToReview) });
    let sent = Verdict {
        outcome: Some(Outcome::Reject),
        reason: Some(Reason::Other),
        comment: &long,
        ..verdict()
    };
    assert_eq!(decide(&check, &anna, &sent), Err(Refusal::CommentTooLong(7)));
    assert!(
        decide(&check, &anna, &Verdict { comment: &long[.."é".len() * COMMENT_MAX], ..sent })
            .is_ok()
    );
}

/// Who comes second reads what the first one did, and when.
#[test]
fn who_is_too_late_reads_what_was_done_by_whom() {
    let anna = person("anna", Role::Analyst);
    for (state, words) in [
        (State::Accepted, "accepted"),
        (State::Rejected, "rejected"),
        (State::Proposed, "proposed a decision on"),
    ] {
        let refused = decide(&standing(state), &anna, &verdict());
        assert_eq!(
            refused,
            Err(Refusal::AlreadyDecided { by: "Anna Berg".into(), outcome: words.into(), at: 7 })
        );
    }
}

/// Findings must be judged before a customer is accepted. Sending a proposal back asks for no
/// judgement, nor does a rejection.
#[test]
fn only_an_approval_to_accept_needs_every_finding_judged() {
    let sofia = person("sofia", Role::Supervisor);
    let ben = "ben".into();
    let findings =
        [Judged { source: Source::SanctionList, judgement: Judgement::Undecided, count: 2 }];
    let try_it = |outcome, approved| {
        let proposal = Some(Proposal {
            by: &ben,
            outcome,
            reason: Reason::Other,
            overturns: None,
            checker: None,
            until: 0,
            is_bound: true,
        });
        let open = Standing { findings: &findings, proposal, ..standing(State::Proposed) };
        let act = if approved { Act::Approve } else { Act::SendBack };
        rule(&open, &Policy::default_first(), &sofia, act, &verdict()).map(|ruled| ruled.step)
    };
    assert_eq!(try_it(Outcome::Accept, true), Err(Refusal::UndecidedSanctions(2)));
    assert_eq!(try_it(Outcome::Accept, false), Ok(Step::SentBack));
    assert_eq!(try_it(Outcome::Reject, true), Ok(Step::Approval));
    assert_eq!(try_it(Outcome::Reject, false), Ok(Step::SentBack));
}
