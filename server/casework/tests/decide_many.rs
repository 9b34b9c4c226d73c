//! Several checks decided on one page: each by itself, with the same rule as everywhere.

use crate::{on_both, support::*};
use casework::{
    checks::{
        self,
        decide::Act,
        decide_many::{Typed, act, look},
    },
    new_id,
};
use domain::{
    CheckId, Refusal,
    checks::State,
    decisions::{Outcome, Reason, Step, Verdict},
    findings::{Judgement, Source},
    people::Caller,
};

async fn typed(desk: &Desk, id: &CheckId, outcome: Outcome) -> Typed {
    let reason = if outcome == Outcome::Accept { Reason::Other } else { Reason::AdverseMedia };
    let version = desk.check(id).await.version;
    Typed {
        check: id.clone(),
        id: new_id().into(),
        version,
        outcome: Some(outcome),
        reason: Some(reason),
        comment: "Looked at it.".into(),
    }
}

async fn decide(desk: &Desk, who: &Caller, all: &[Typed]) -> Vec<Result<Step, String>> {
    let results = act(&desk.work, who, &by(who), all).await;
    results
        .into_iter()
        .map(|r| match r {
            Ok(decided) => Ok(decided.step),
            Err(casework::Error::Refused(refusal)) => Err(refusal.code().to_owned()),
            Err(other) => panic!("{other:?}"),
        })
        .collect()
}

async fn decisions(desk: &Desk) -> i64 {
    number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM decisions").await
}

on_both!(each_check_gets_its_own_decision_and_its_own_refusal, |desk| async {
    let sanctioned = desk.reviewed("Rahimullah Darwesh Khan").await;
    let (clean, rejected, silent) =
        (desk.reviewed("Ana").await, desk.reviewed("Ben").await, desk.reviewed("Cleo").await);
    let running = desk.launch("Test Slow").await;
    let mut all = Vec::new();
    for (id, outcome) in [
        (&sanctioned, Outcome::Accept),
        (&clean, Outcome::Accept),
        (&rejected, Outcome::Reject),
        (&silent, Outcome::Reject),
        (&running, Outcome::Reject),
    ] {
        desk.clear_sanctions(if *id == sanctioned { &clean } else { id }).await;
        all.push(typed(&desk, id, outcome).await);
    }
    all[3].comment = "  ".into();
    all[3].reason = None;
    let open =
        look(&desk.work, &desk.anna, std::slice::from_ref(&sanctioned)).await.expect("reads")[0]
            .open();
    assert!(open > 0, "the story needs a sanction finding");
    let results = decide(&desk, &desk.anna, &all).await;
    let refused = |code: &str| Err(code.to_owned());
    assert_eq!(
        results,
        [
            refused("undecided_sanctions"),
            Ok(Step::Decision),
            Ok(Step::Decision),
            refused("reason_missing"),
            refused("not_ready")
        ]
    );
    assert_eq!(decisions(&desk).await, 2, "what was decided stays decided");
    assert_eq!(
        (desk.check(&clean).await.state, desk.check(&rejected).await.state),
        ("accepted".into(), "rejected".into())
    );
    // The refused ones are corrected and sent again together with those that are decided: nothing
    // is decided twice.
    all[3].comment = "Nothing came.".into();
    all[3].reason = Some(Reason::Other);
    let again = decide(&desk, &desk.anna, &all).await;
    assert_eq!(again[1..4], [Ok(Step::Decision), Ok(Step::Decision), Ok(Step::Decision)]);
    assert_eq!(decisions(&desk).await, 3);
    // Four eyes hold here too.
    desk.clear_sanctions(&sanctioned).await;
    let proposal = typed(&desk, &sanctioned, Outcome::Accept).await;
    assert_eq!(decide(&desk, &desk.anna, &[proposal]).await, [Ok(Step::Proposal)]);
    let second = typed(&desk, &sanctioned, Outcome::Accept).await;
    assert_eq!(decide(&desk, &desk.ben, &[second]).await, [refused("already_decided")]);
    assert_eq!(desk.check(&sanctioned).await.state, "proposed");
    assert_journal_intact(&desk.work).await;
});

on_both!(two_people_who_decide_the_same_checks_at_once_share_them, |desk| async {
    let mut ids = Vec::new();
    for at in 0..6 {
        ids.push(desk.reviewed(&format!("Person {at}")).await);
        desk.clear_sanctions(&ids[at]).await;
    }
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for id in &ids {
        ours.push(typed(&desk, id, Outcome::Reject).await);
        theirs.insert(0, typed(&desk, id, Outcome::Reject).await);
    }
    let (one, two) =
        tokio::join!(decide(&desk, &desk.anna, &ours), decide(&desk, &desk.ben, &theirs));
    let won = |results: &[Result<Step, String>]| results.iter().filter(|r| r.is_ok()).count();
    assert_eq!(won(&one) + won(&two), 6, "{one:?} {two:?}");
    for refused in one.iter().chain(&two).filter_map(|r| r.as_ref().err()) {
        assert_eq!(refused, "already_decided");
    }
    assert_eq!(decisions(&desk).await, 6);
    assert_journal_intact(&desk.work).await;
});

on_both!(the_page_lists_each_check_once_and_no_more_than_it_may, |desk| async {
    let id = desk.reviewed("Ana").await;
    let unknown = CheckId::from(new_id());
    let listed =
        look(&desk.work, &desk.anna, &[id.clone(), unknown, id.clone()]).await.expect("reads");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].customer.name.as_str(), listed[0].check.state().ok()),
        ("Ana", Some(State::ToReview))
    );
    // A role that lost the right decides nothing, on this page as on any.
    run_sql(
        &desk.work.db,
        &format!("UPDATE people SET role = 'admin' WHERE id = '{}'", desk.anna.id),
    )
    .await
    .expect("changes");
    let all = [typed(&desk, &id, Outcome::Reject).await];
    let refused = act(&desk.work, &desk.anna, &by(&desk.anna), &all).await.remove(0);
    assert!(matches!(refusal(refused), Refusal::NotAllowed(_)));
});

on_both!(
    a_reason_says_of_the_findings_only_what_they_say_on_this_page_and_on_the_checks_own,
    |desk| async {
        let id = desk.reviewed("Chen Wei-Ming").await;
        desk.clear_sanctions(&id).await;
        let open = desk
            .review(&id)
            .await
            .findings
            .iter()
            .filter(|f| f.judgement() == Judgement::Undecided)
            .count();
        assert!(open > 0, "the story needs findings that need not be judged before an accept");
        let both = async |outcome: Outcome, reason: Reason| {
            let one = Typed { reason: Some(reason), ..typed(&desk, &id, outcome).await };
            let many = decide(&desk, &desk.anna, std::slice::from_ref(&one)).await.remove(0);
            let verdict = Verdict {
                seen_version: one.version,
                outcome: Some(outcome),
                reason: Some(reason),
                comment: "Looked at it.",
            };
            let alone = desk.act(&desk.anna, &id, &new_id().into(), Act::Decide, &verdict).await;
            (many, refusal(alone))
        };
        for reason in [Reason::NoFindings, Reason::FalsePositivesOnly] {
            assert_eq!(
                both(Outcome::Accept, reason).await,
                (Err("reason_unjudged".into()), Refusal::ReasonUnjudged(open)),
                "{reason}"
            );
        }
        let hit = desk
            .review(&id)
            .await
            .findings
            .iter()
            .any(|f| matches!(f.source(), Source::SanctionList | Source::WalletSanction));
        let refused = if hit {
            Refusal::ReasonContradicts(Reason::SanctionsHit)
        } else {
            Refusal::ReasonUnfounded(Reason::SanctionsHit)
        };
        assert_eq!(
            both(Outcome::Reject, Reason::SanctionsHit).await,
            (Err(refused.code().into()), refused)
        );
        for finding in desk.review(&id).await.findings {
            checks::judge(
                &desk.work,
                &by(&desk.ben),
                &id,
                &finding.id.as_str().into(),
                Judgement::FalsePositive,
                "",
            )
            .await
            .expect("judges");
        }
        let one = Typed {
            reason: Some(Reason::FalsePositivesOnly),
            ..typed(&desk, &id, Outcome::Accept).await
        };
        assert_eq!(decide(&desk, &desk.anna, &[one]).await, [Ok(Step::Decision)]);
    }
);

on_both!(what_is_selected_is_listed_with_its_customers, |desk| async {
    let (ana, ben) = (desk.reviewed("Ana").await, desk.reviewed("Ben").await);
    let unknown = CheckId::from(new_id());
    let rows = checks::queue::chosen(&desk.work, &[ben.clone(), unknown, ana.clone(), ana.clone()])
        .await
        .expect("reads");
    let named: Vec<_> =
        rows.iter().map(|r| (r.id.as_str(), r.name.as_str(), r.state.as_str())).collect();
    assert_eq!(named, [(ana.as_str(), "Ana", "to_review"), (ben.as_str(), "Ben", "to_review")]);
    assert!(checks::queue::chosen(&desk.work, &[]).await.expect("reads").is_empty());
});
