//! Whole lives of checks: whatever people of whatever role try in whatever order, only what the
//! rules allow happens.
//!
//! The model beside the rules is as plain as can be: who did what, and what stands. No step is
//! exempt from it.

use domain::{
    PersonId, Refusal,
    checks::{self, Band, Kind, State},
    decisions::{
        Act, Asked, Earlier, Judged, Makers, Narrower, Outcome, Proposal, Ruled, Standing, Step,
        Verdict, permission, reasons, rule,
    },
    findings::{Judgement, Source},
    people::{Caller, Role},
    policy::Policy,
    time::DAY,
};
use proptest::prelude::*;

const ROLES: [Role; 4] = [Role::Analyst, Role::Supervisor, Role::Admin, Role::Supervisor];
const BANDS: [Option<Band>; 4] = [None, Some(Band::Low), Some(Band::High), Some(Band::VeryHigh)];
const KINDS: [Kind; 4] = [Kind::DdKyc, Kind::Idv, Kind::Kya, Kind::Rofus];
const PEOPLE: usize = 8;
/// The moment at which everything happens, long after the policy's window began.
const NOW: i64 = 20_000 * DAY;

/// What somebody tries.
#[derive(Debug, Clone)]
enum Try {
    Decide {
        outcome: Outcome,
        reason: usize,
        /// Whom a proposal is to be meant for.
        named: Option<usize>,
    },
    Approve,
    SendBack,
    Overturn {
        outcome: Outcome,
        reason: usize,
    },
    Withdraw {
        reason: usize,
    },
    /// Judges all findings.
    Judge,
    /// The provider's side: an outcome arrives, the check fails, or something new arrives.
    Arrive,
    Fail,
    More,
    /// The deadline of a proposal passes.
    Later,
}

fn tries() -> impl Strategy<Value = (usize, bool, Try)> {
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    let what = prop_oneof![
        5 => (outcome.clone(), 0usize..9, prop::option::weighted(0.3, 0..PEOPLE)).prop_map(|(outcome, reason, named)| Try::Decide { outcome, reason, named }),
        5 => Just(Try::Approve),
        1 => Just(Try::SendBack),
        4 => (outcome, 0usize..9).prop_map(|(outcome, reason)| Try::Overturn { outcome, reason }),
        1 => (0usize..4).prop_map(|reason| Try::Withdraw { reason }),
        2 => Just(Try::Judge),
        1 => Just(Try::Arrive),
        1 => Just(Try::Fail),
        1 => Just(Try::More),
        1 => Just(Try::Later),
    ];
    // Who of eight people, and whether their page is out of date.
    (0..PEOPLE, prop::bool::weighted(0.1), what)
}

/// A step that was taken.
#[derive(Debug, Clone)]
struct Taken {
    by: PersonId,
    ruled: Ruled,
    named: Option<PersonId>,
    until: i64,
}

/// A check as far as its life is concerned.
struct Life {
    kind: Kind,
    band: Option<Band>,
    state: State,
    version: i64,
    launched_by: PersonId,
    judged_by: Vec<PersonId>,
    open: usize,
    /// Who made the decision that stands, and what it is.
    stands: Option<(Vec<PersonId>, Outcome)>,
    /// Nothing arrived since it was proposed.
    is_bound: bool,
    now: i64,
    earlier: Vec<Earlier>,
    narrower: Option<Narrower>,
    taken: Vec<Taken>,
}

impl Life {
    fn waiting(&self) -> Option<&Taken> {
        self.taken
            .last()
            .filter(|t| t.ruled.step == Step::Proposal && self.state == State::Proposed)
    }

    fn try_it(
        &self,
        people: &[Caller],
        who: &Caller,
        is_stale: bool,
        what: &Try,
        policy: &Policy,
    ) -> Result<Ruled, Refusal> {
        let findings = [Judged {
            source: Source::SanctionList,
            judgement: Judgement::Undecided,
            count: self.open,
        }];
        let (act, outcome, reason, named) = match *what {
            Try::Decide { outcome, reason, named } => (Act::Decide, Some(outcome), reason, named),
            Try::Overturn { outcome, reason } => (Act::Overturn, Some(outcome), reason, None),
            Try::Withdraw { reason } => (Act::Withdraw, None, reason, None),
            Try::Approve => (Act::Approve, None, 0, None),
            Try::SendBack => (Act::SendBack, None, 0, None),
            _ => unreachable!("nothing that a rule is asked about"),
        };
        let proposal = self.waiting().map(|t| Proposal {
            by: &t.by,
            outcome: t.ruled.outcome,
            reason: t.ruled.reason,
            overturns: self.stands.as_ref().map(|(_, outcome)| *outcome),
            checker: t.named.as_ref().map(|id| (id, "somebody")),
            until: t.until,
            is_bound: self.is_bound,
        });
        let standing = Standing {
            band: self.band,
            findings: &findings,
            customer: "P0 P0",
            proposal,
            makers: Makers {
                launched_by: Some(&self.launched_by),
                judged_by: &self.judged_by,
                of_decision: self.stands.as_ref().map_or(&[], |(makers, _)| makers),
            },
            earlier: &self.earlier,
            narrower: self.narrower.clone(),
            named: named.map(|n| &people[n]),
            now: self.now,
            decided: self.taken.last().map(|t| (t.by.as_str(), 1)),
            ..Standing::bare(self.kind, self.state, self.version)
        };
        let listed = reasons(
            self.kind,
            if act == Act::Withdraw {
                Outcome::Withdraw
            } else {
                outcome.unwrap_or(Outcome::Accept)
            },
        );
        let verdict = Verdict {
            seen_version: if is_stale { self.version - 1 } else { self.version },
            outcome,
            reason: listed.get(reason).copied(),
            comment: "Looked at all of it.",
        };
        rule(&standing, policy, who, act, &verdict)
    }

    /// Whether two people are needed to accept or withdraw, said once more and more plainly.
    fn takes_two(&self, policy: &Policy) -> bool {
        let since = self.now - i64::from(policy.window_days) * DAY;
        let counted = self
            .earlier
            .iter()
            .filter(|e| e.outcome_at >= since || self.narrower.is_some())
            .any(|e| e.band == Some(Band::VeryHigh));
        self.band == Some(Band::VeryHigh) || counted
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 768, ..ProptestConfig::default() })]

    #[test]
    fn only_allowed_moves_happen_and_four_eyes_are_never_bypassed(
        kind in 0usize..KINDS.len(),
        band in 0usize..BANDS.len(),
        launcher in 0..PEOPLE,
        open in prop_oneof![3 => Just(0usize), 1 => Just(2usize)],
        before in prop::option::weighted(0.3, (0usize..BANDS.len(), 1i64..800, any::<bool>())),
        actions in prop::collection::vec(tries(), 1..60),
    ) {
        // The first of them has the customer's name.
        let people: Vec<Caller> = (0..PEOPLE)
            .map(|n| Caller { id: format!("p{n}").into(), account: format!("p{n}"), name: format!("P{n} P{n}"), role: ROLES[n % 4] })
            .collect();
        let policy = Policy::default_first();
        let earlier: Vec<Earlier> = before.iter().map(|(band, days, _)| Earlier {
            id: "e".into(), state: State::Withdrawn, band: BANDS[*band], outcome_at: NOW - days * DAY, findings: vec![], asked: Asked::default(),
        }).collect();
        let narrower = before.filter(|(.., narrower)| *narrower).map(|_| Narrower { without: vec![Source::SanctionList], setting: None });
        let mut life = Life {
            kind: KINDS[kind], band: BANDS[band], state: State::Running, version: 1, launched_by: people[launcher].id.clone(), judged_by: vec![],
            open, stands: None, is_bound: true, now: NOW, earlier, narrower, taken: vec![],
        };
        for (who, is_stale, what) in &actions {
            let who = &people[*who];
            let before = life.state;
            let is_asked = !matches!(what, Try::Judge | Try::Arrive | Try::Fail | Try::More | Try::Later);
            let done = is_asked.then(|| life.try_it(&people, who, *is_stale, what, &policy));
            let mut next = match (&done, what) {
                (Some(Ok(ruled)), _) => ruled.state,
                (_, Try::Arrive) if before == State::Running => State::ToReview,
                (_, Try::Fail) if before == State::Running => State::Failed,
                _ => before,
            };
            match what {
                Try::Judge if before == State::ToReview => {
                    (life.judged_by, life.open, life.version) = (vec![who.id.clone()], 0, life.version + 1);
                }
                Try::More if before == State::Proposed => life.is_bound = false,
                Try::Later => life.now += i64::from(policy.proposal_hours) * 3_600_000,
                _ => {}
            }
            if let Some(Err(Refusal::Voided)) = done {
                // What arrived voids it: the check is open again, or the decision stands as before.
                next = life.stands.as_ref().map_or(State::ToReview, |(_, outcome)| outcome.state());
            }
            prop_assert!(next == before || before.may_become(next), "{before:?} became {next:?} by {what:?}");
            if let Some(Ok(ruled)) = done {
                let act = match what {
                    Try::Decide { .. } => Act::Decide,
                    Try::Overturn { .. } => Act::Overturn,
                    Try::Withdraw { .. } => Act::Withdraw,
                    Try::Approve => Act::Approve,
                    _ => Act::SendBack,
                };
                prop_assert!(!is_stale, "an old page decided");
                prop_assert!(who.may(permission(act)), "{:?} did {:?}", who.role, ruled.step);
                prop_assert!(who.id.as_str() != "p0", "somebody decided about themself");
                let wants_two = matches!(ruled.outcome, Outcome::Accept | Outcome::Withdraw) && life.takes_two(&policy);
                let waiting = life.waiting().cloned();
                match ruled.step {
                    Step::Decision | Step::Withdrawal => {
                        prop_assert_eq!(before, State::ToReview);
                        prop_assert!(!wants_two, "{:?} by one person", ruled.outcome);
                    }
                    Step::Overturn => {
                        prop_assert!(matches!(before, State::Accepted | State::Rejected) && ruled.state != before);
                        let makers = life.stands.as_ref().map(|(makers, _)| makers.clone()).unwrap_or_default();
                        prop_assert!(!wants_two && !makers.contains(&who.id), "overturned alone by a maker, or where two are needed");
                    }
                    Step::Proposal => prop_assert!(matches!(before, State::ToReview | State::Accepted | State::Rejected)),
                    Step::SentBack | Step::Approval => {
                        prop_assert_eq!(before, State::Proposed);
                        let waiting = waiting.clone().expect("a proposal waits");
                        prop_assert!(waiting.by != who.id, "one pair of eyes");
                        prop_assert!(waiting.named.as_ref().is_none_or(|named| *named == who.id) || life.now >= waiting.until, "meant for somebody else");
                        if ruled.step == Step::Approval {
                            prop_assert!(life.is_bound, "approved on other evidence than was proposed on");
                            prop_assert_eq!((ruled.outcome, ruled.reason), (waiting.ruled.outcome, waiting.ruled.reason));
                            let decided = life.stands.as_ref().is_some_and(|(makers, _)| makers.contains(&who.id));
                            prop_assert!(who.id != life.launched_by && !life.judged_by.contains(&who.id) && !decided, "a maker approved");
                        }
                    }
                }
                if ruled.state == State::Accepted && ruled.step != Step::SentBack {
                    prop_assert_eq!(life.open, 0, "accepted unjudged by {:?}", ruled.step);
                }
                if matches!(ruled.step, Step::Decision | Step::Approval | Step::Overturn | Step::Withdrawal) {
                    // One decision that stands; another only over the first one's overturn.
                    let stood = life.stands.as_ref().map(|(_, outcome)| *outcome);
                    prop_assert!(stood.is_none_or(|stood| ruled.outcome == stood.opposite() && ruled.outcome != Outcome::Withdraw), "decided twice");
                    let makers = waiting.iter().map(|t| t.by.clone()).chain([who.id.clone()]).collect();
                    life.stands = Some((makers, ruled.outcome));
                }
                let named = match what {
                    Try::Decide { named: Some(named), .. } if ruled.step == Step::Proposal => Some(people[*named].id.clone()),
                    _ => None,
                };
                if ruled.step == Step::Proposal {
                    life.is_bound = true;
                }
                life.taken.push(Taken { by: who.id.clone(), ruled, named, until: life.now + i64::from(policy.proposal_hours) * 3_600_000 });
            }
            if next != before {
                (life.state, life.version) = (next, life.version + 1);
            }
            // What is decided cannot be withdrawn by anybody without the rule being asked.
            prop_assert!(checks::withdraw(life.state, &people[1]).is_err() || matches!(life.state, State::Running));
        }
    }
}

fn person(id: &str, role: Role) -> Caller {
    Caller { id: id.into(), account: id.into(), name: format!("{id} Berg"), role }
}

fn verdict(outcome: Option<Outcome>) -> Verdict<'static> {
    Verdict {
        seen_version: 1,
        outcome,
        reason: Some(domain::decisions::Reason::Other),
        comment: "Looked at all of it.",
    }
}

#[test]
fn nobody_rejects_and_overturns_to_accepted_alone() {
    let (sofia, stella, anna) =
        (person("sofia", Role::Supervisor), person("stella", Role::Supervisor), "anna".into());
    let findings =
        [Judged { source: Source::SanctionList, judgement: Judgement::Undecided, count: 1 }];
    let own = [sofia.id.clone()];
    let makers = Makers { launched_by: Some(&anna), judged_by: &[], of_decision: &own };
    let of = |band, findings| Standing {
        band,
        findings,
        makers,
        ..Standing::bare(Kind::DdKyc, State::Rejected, 1)
    };
    let overturn = |check: &Standing<'_>, who| {
        rule(check, &Policy::default_first(), who, Act::Overturn, &verdict(Some(Outcome::Accept)))
            .map(|r| r.step)
    };
    assert_eq!(
        overturn(&of(Some(Band::VeryHigh), &findings), &sofia),
        Err(Refusal::OverturnUnjudged(1))
    );
    assert_eq!(overturn(&of(Some(Band::VeryHigh), &[]), &sofia), Ok(Step::Proposal));
    assert_eq!(overturn(&of(Some(Band::Low), &[]), &sofia), Ok(Step::Proposal), "her own decision");
    assert_eq!(overturn(&of(Some(Band::Low), &[]), &stella), Ok(Step::Overturn));
    assert_eq!(
        overturn(&of(Some(Band::VeryHigh), &[]), &stella),
        Ok(Step::Proposal),
        "as accepting takes two"
    );
}

#[test]
fn who_launched_and_judged_everything_does_not_approve_what_somebody_else_proposed() {
    let (sofia, anna) = (person("sofia", Role::Supervisor), "anna".into());
    let proposal = || Proposal {
        by: &anna,
        outcome: Outcome::Accept,
        reason: domain::decisions::Reason::Other,
        overturns: None,
        checker: None,
        until: 0,
        is_bound: true,
    };
    let judged = [sofia.id.clone()];
    let ben = "ben".into();
    for (launched_by, judged_by, allowed) in [
        (&sofia.id, &judged[..], false),
        (&ben, &judged[..], false),
        (&sofia.id, &[][..], true),
        (&ben, &[][..], true),
    ] {
        let makers = Makers { launched_by: Some(launched_by), judged_by, of_decision: &[] };
        let check = Standing {
            makers,
            proposal: Some(proposal()),
            ..Standing::bare(Kind::DdKyc, State::Proposed, 1)
        };
        for may in [false, true] {
            let policy = Policy { launcher_may_approve: may, ..Policy::default_first() };
            let ruled = rule(&check, &policy, &sofia, Act::Approve, &verdict(None));
            assert_eq!(ruled.is_ok(), allowed && (may || *launched_by != sofia.id), "{ruled:?}");
        }
        assert!(
            rule(&check, &Policy::default_first(), &sofia, Act::SendBack, &verdict(None)).is_ok(),
            "sending back is no approval"
        );
    }
}

#[test]
fn running_a_check_again_does_not_make_unsaid_what_it_found() {
    let anna = person("anna", Role::Analyst);
    let earlier = |days: i64| {
        [Earlier {
            id: "e".into(),
            state: State::Withdrawn,
            band: Some(Band::VeryHigh),
            outcome_at: NOW - days * DAY,
            findings: vec![],
            asked: Asked::default(),
        }]
    };
    let step = |earlier: &[Earlier], narrower| {
        let check = Standing {
            band: Some(Band::Low),
            earlier,
            narrower,
            now: NOW,
            ..Standing::bare(Kind::DdKyc, State::ToReview, 1)
        };
        let of = |act, outcome| {
            rule(&check, &Policy::default_first(), &anna, act, &verdict(outcome)).map(|r| r.step)
        };
        (of(Act::Decide, Some(Outcome::Accept)), of(Act::Withdraw, None))
    };
    let less = Some(Narrower { without: vec![Source::SanctionList], setting: None });
    assert_eq!(step(&[], None), (Ok(Step::Decision), Ok(Step::Withdrawal)));
    assert_eq!(step(&earlier(30), None), (Ok(Step::Proposal), Ok(Step::Proposal)));
    assert_eq!(step(&earlier(30), less.clone()), (Ok(Step::Proposal), Ok(Step::Proposal)));
    assert_eq!(step(&earlier(4_000), None), (Ok(Step::Decision), Ok(Step::Withdrawal)), "long ago");
    assert_eq!(
        step(&earlier(4_000), less.clone()),
        (Ok(Step::Proposal), Ok(Step::Proposal)),
        "long ago, and asked less now"
    );
    // The window's first moment belongs to it, and the one before does not.
    let mut edge = earlier(i64::from(Policy::default_first().window_days));
    assert_eq!(step(&edge, None), (Ok(Step::Proposal), Ok(Step::Proposal)));
    edge[0].outcome_at += 1;
    assert_eq!(step(&edge, None), (Ok(Step::Proposal), Ok(Step::Proposal)));
    edge[0].outcome_at -= 2;
    assert_eq!(step(&edge, None), (Ok(Step::Decision), Ok(Step::Withdrawal)));
    assert_eq!(step(&edge, less), (Ok(Step::Proposal), Ok(Step::Proposal)));
}

#[test]
fn nobody_decides_about_themself_however_the_name_is_spelt() {
    let anna = Caller { name: "Ánna BERG".into(), ..person("anna", Role::Supervisor) };
    for (state, act) in [
        (State::ToReview, Act::Decide),
        (State::ToReview, Act::Withdraw),
        (State::Accepted, Act::Overturn),
        (State::Proposed, Act::Approve),
    ] {
        // Nor does another name help that the customer has by now.
        for (customer, asked) in [("Berg, Anna", ""), ("Viktor Sawenkow", "Berg, Anna")] {
            let check = Standing { customer, asked, ..Standing::bare(Kind::DdKyc, state, 1) };
            assert_eq!(
                rule(&check, &Policy::default_first(), &anna, act, &verdict(Some(Outcome::Reject))),
                Err(Refusal::Oneself)
            );
        }
    }
}

#[test]
fn a_proposal_for_somebody_is_theirs_until_its_deadline() {
    let (sofia, stella, anna) = (
        person("sofia", Role::Supervisor),
        person("stella", Role::Supervisor),
        person("anna", Role::Analyst),
    );
    let outcome = Outcome::Accept;
    let proposal = Proposal {
        by: &anna.id,
        outcome,
        reason: domain::decisions::Reason::Other,
        overturns: None,
        checker: Some((&stella.id, "Stella Berg")),
        until: 10,
        is_bound: true,
    };
    let at = |now| Standing {
        proposal: Some(proposal.clone()),
        now,
        ..Standing::bare(Kind::DdKyc, State::Proposed, 1)
    };
    let approve = |now, who| {
        rule(&at(now), &Policy::default_first(), who, Act::Approve, &verdict(None)).map(|r| r.step)
    };
    assert_eq!(
        approve(9, &sofia),
        Err(Refusal::NamedElse { name: "Stella Berg".into(), until: 10 })
    );
    assert_eq!(
        (approve(9, &stella), approve(10, &sofia)),
        (Ok(Step::Approval), Ok(Step::Approval))
    );
    // Who could not approve is not named in the first place.
    let judges = [stella.id.clone()];
    let name = |named, judged_by| {
        let makers = Makers { judged_by, ..Makers::NONE };
        let check = Standing {
            band: Some(Band::VeryHigh),
            makers,
            named: Some(named),
            ..Standing::bare(Kind::DdKyc, State::ToReview, 1)
        };
        rule(&check, &Policy::default_first(), &anna, Act::Decide, &verdict(Some(outcome)))
            .map(|r| r.step)
    };
    let ben = person("ben", Role::Analyst);
    assert_eq!(name(&stella, &[]), Ok(Step::Proposal));
    assert_eq!(name(&stella, &judges), Err(Refusal::CannotApprove("stella Berg".into())));
    assert_eq!(name(&ben, &[]), Err(Refusal::CannotApprove("ben Berg".into())));
    // Nor is who was asked about: they could never answer, and until the deadline nobody else
    // could.
    let about = Standing {
        customer: "Berg, Stella",
        band: Some(Band::VeryHigh),
        ..Standing::bare(Kind::DdKyc, State::ToReview, 1)
    };
    let about = Standing { named: Some(&stella), ..about };
    let named = rule(&about, &Policy::default_first(), &anna, Act::Decide, &verdict(Some(outcome)))
        .map(|r| r.step);
    assert_eq!(named, Err(Refusal::CannotApprove("stella Berg".into())));
    // Nor is who proposes, whatever they might approve of others.
    let own = Standing {
        band: Some(Band::VeryHigh),
        named: Some(&sofia),
        ..Standing::bare(Kind::DdKyc, State::ToReview, 1)
    };
    let named = rule(&own, &Policy::default_first(), &sofia, Act::Decide, &verdict(Some(outcome)))
        .map(|r| r.step);
    assert_eq!(named, Err(Refusal::CannotApprove("sofia Berg".into())));
}

#[test]
fn what_arrives_voids_a_proposal() {
    let (sofia, anna) = (person("sofia", Role::Supervisor), "anna".into());
    let proposal = Proposal {
        by: &anna,
        outcome: Outcome::Accept,
        reason: domain::decisions::Reason::Other,
        overturns: None,
        checker: None,
        until: 0,
        is_bound: false,
    };
    let check =
        Standing { proposal: Some(proposal), ..Standing::bare(Kind::DdKyc, State::Proposed, 1) };
    assert_eq!(
        rule(&check, &Policy::default_first(), &sofia, Act::Approve, &verdict(None)),
        Err(Refusal::Voided)
    );
}
