//! Whole lives of checks: whatever people of whatever role try in whatever order, only what the rules allow happens.
//!
//! The model beside the rules is as plain as can be: who did the last step, and what stands.

use domain::{
    PersonId, Refusal,
    checks::{self, Band, Kind, State},
    decisions::{self, Judged, Outcome, Reason, Ruled, Standing, Step, Verdict, reasons},
    findings::{Judgement, Source},
    people::{Caller, Permission, Role},
};
use proptest::prelude::*;

const ROLES: [Role; 3] = [Role::Analyst, Role::Supervisor, Role::Admin];
const BANDS: [Option<Band>; 4] = [None, Some(Band::Low), Some(Band::High), Some(Band::VeryHigh)];
const KINDS: [Kind; 4] = [Kind::DdKyc, Kind::Idv, Kind::Kya, Kind::Rofus];

/// What somebody tries.
#[derive(Debug, Clone)]
enum Try {
    Decide {
        outcome: Outcome,
        reason: usize,
    },
    Approve {
        approved: bool,
    },
    Overturn {
        outcome: Outcome,
        reason: usize,
    },
    Withdraw,
    /// The provider's side: an outcome arrives, or the check fails.
    Arrive,
    Fail,
}

fn tries() -> impl Strategy<Value = (usize, bool, Try)> {
    let outcome = prop_oneof![Just(Outcome::Accept), Just(Outcome::Reject)];
    let what = prop_oneof![
        4 => (outcome.clone(), 0usize..9).prop_map(|(outcome, reason)| Try::Decide { outcome, reason }),
        3 => any::<bool>().prop_map(|approved| Try::Approve { approved }),
        2 => (outcome, 0usize..9).prop_map(|(outcome, reason)| Try::Overturn { outcome, reason }),
        1 => Just(Try::Withdraw),
        1 => Just(Try::Arrive),
        1 => Just(Try::Fail),
    ];
    // Who of six people, and whether their page is out of date.
    (0usize..6, prop::bool::weighted(0.1), what)
}

/// A check as far as its life is concerned.
struct Life {
    kind: Kind,
    band: Option<Band>,
    state: State,
    version: i64,
    steps: Vec<(PersonId, Ruled)>,
}

impl Life {
    fn proposer(&self) -> Option<&PersonId> {
        self.steps.last().filter(|(_, ruled)| ruled.step == Step::Proposal).map(|(who, _)| who)
    }

    fn standing<'a>(&'a self, findings: &'a [Judged]) -> Standing<'a> {
        Standing {
            kind: self.kind,
            state: self.state,
            version: self.version,
            band: self.band,
            findings,
            proposed_by: self.proposer(),
            decided: self.steps.last().map(|(who, _)| (who.as_str(), 1)),
        }
    }

    fn try_it(&self, who: &Caller, is_stale: bool, what: &Try, unjudged: usize) -> Result<Option<Ruled>, Refusal> {
        let findings = [Judged { source: Source::SanctionList, judgement: Judgement::Undecided, count: unjudged }];
        let standing = self.standing(&findings);
        let of = |outcome: Outcome, reason: usize| -> Option<Reason> { reasons(self.kind, outcome).get(reason).copied() };
        let verdict = |outcome: Option<Outcome>, reason| Verdict {
            seen_version: if is_stale { self.version - 1 } else { self.version },
            outcome,
            reason,
            comment: "Looked at all of it.",
        };
        Ok(Some(match *what {
            Try::Decide { outcome, reason } => decisions::decide(&standing, who, &verdict(Some(outcome), of(outcome, reason)))?,
            Try::Overturn { outcome, reason } => decisions::overturn(&standing, who, &verdict(Some(outcome), of(outcome, reason)))?,
            Try::Approve { approved } => {
                let proposal = self.steps.last().map(|(_, ruled)| (ruled.outcome, ruled.reason)).ok_or(Refusal::NoProposal)?;
                decisions::approve(&standing, who, proposal, &verdict(None, None), approved)?
            }
            Try::Withdraw => {
                checks::withdraw(self.state, who)?;
                return Ok(None);
            }
            Try::Arrive | Try::Fail => return Ok(None),
        }))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn only_allowed_moves_happen_and_four_eyes_are_never_bypassed(
        kind in 0usize..KINDS.len(),
        band in 0usize..BANDS.len(),
        unjudged in prop_oneof![3 => Just(0usize), 1 => Just(2usize)],
        actions in prop::collection::vec(tries(), 1..60),
    ) {
        let people: Vec<Caller> = (0..6)
            .map(|n| Caller { id: format!("p{n}").into(), account: format!("p{n}"), name: format!("P{n}"), role: ROLES[n % 3] })
            .collect();
        let mut life = Life { kind: KINDS[kind], band: BANDS[band], state: State::Running, version: 1, steps: vec![] };
        for (who, is_stale, what) in &actions {
            let who = &people[*who];
            let before = life.state;
            let done = life.try_it(who, *is_stale, what, unjudged);
            let next = match (&done, what) {
                (Ok(Some(ruled)), _) => ruled.state,
                (Ok(None), Try::Withdraw) => State::Withdrawn,
                (Ok(None), Try::Arrive) if before == State::Running => State::ToReview,
                (Ok(None), Try::Fail) if before == State::Running => State::Failed,
                _ => before,
            };
            prop_assert!(next == before || before.may_become(next), "{before:?} became {next:?} by {what:?}");
            if let Ok(Some(ruled)) = done {
                prop_assert!(!is_stale, "an old page decided");
                let needs = match ruled.step {
                    Step::Decision | Step::Proposal => Permission::DecideChecks,
                    Step::Approval | Step::SentBack => Permission::ApproveDecisions,
                    Step::Overturn => Permission::OverturnDecisions,
                };
                prop_assert!(who.may(needs), "{:?} did {:?}", who.role, ruled.step);
                match ruled.step {
                    // One decision in each round: after it, only an overturn.
                    Step::Decision | Step::Proposal => prop_assert_eq!(before, State::ToReview),
                    Step::Approval | Step::SentBack => {
                        prop_assert_eq!(before, State::Proposed);
                        prop_assert!(life.proposer().is_some_and(|proposer| *proposer != who.id), "one pair of eyes");
                    }
                    Step::Overturn => prop_assert!(matches!(before, State::Accepted | State::Rejected) && ruled.state != before),
                }
                if ruled.state == State::Accepted && ruled.step != Step::Overturn {
                    prop_assert_eq!(unjudged, 0);
                    prop_assert!(life.band != Some(Band::VeryHigh) || ruled.step == Step::Approval, "very high risk by one person");
                }
                life.steps.push((who.id.clone(), ruled));
            }
            if next != before {
                (life.state, life.version) = (next, life.version + 1);
            }
        }
        // Between two final steps there is an overturn, or nothing.
        let finals = life.steps.iter().filter(|(_, r)| matches!(r.step, Step::Decision | Step::Approval)).count();
        prop_assert!(finals <= 1, "decided twice: {:?}", life.steps.iter().map(|(_, r)| r.step).collect::<Vec<_>>());
    }
}
