//! Decisions: one wins, and everybody else learns who.

use crate::{on_both, support::*};
use casework::{
    Error, checks,
    checks::decide::{self, Act, Decided},
    new_id, people,
};
use domain::{
    CheckId, DecisionId, Refusal,
    checks::{State, Telling},
    decisions::{Outcome, Reason, Step, Verdict},
    findings::Judgement,
    people::{Caller, Permission, Role},
};
use std::sync::Arc;

/// Decisions, promises and journal entries of a check.
async fn traces(desk: &Desk, check: &CheckId) -> (i64, i64, usize) {
    let count = |table: &str| format!("SELECT COUNT(*) FROM {table} WHERE check_id = '{check}'");
    let promised = format!("{} AND task = 'tell_decision'", count("deliveries"));
    let recorded = actions(&desk.work, check.as_str())
        .await
        .iter()
        .filter(|a| a.starts_with("decision_"))
        .count();
    (
        number(&desk.work.db, &count("decisions")).await,
        number(&desk.work.db, &promised).await,
        recorded,
    )
}

on_both!(of_sixty_four_who_decide_at_once_exactly_one_wins, |desk| async {
    for name in ["Jan Novák", "Anna-Lena Bergström", "Chen Wei-Ming", "黃建國"] {
        let check = desk.reviewed(name).await;
        let version = desk.check(&check).await.version;
        let people = [&desk.anna, &desk.ben, &desk.sofia];
        let tries = (0..64).map(|n| {
            let (desk, check, who) = (desk.clone(), check.clone(), people[n % 3].clone());
            let outcome = if n % 2 == 0 { Outcome::Accept } else { Outcome::Reject };
            tokio::spawn(async move {
                let answer = desk
                    .act(
                        &who,
                        &check,
                        &new_id().into(),
                        Act::Decide,
                        &verdict(outcome, version, "Mine."),
                    )
                    .await;
                (who, outcome, answer)
            })
        });
        let answers: Vec<_> = futures::future::join_all(tries)
            .await
            .into_iter()
            .map(|a| a.expect("no panic"))
            .collect();
        let winners: Vec<_> = answers.iter().filter(|(.., a)| a.is_ok()).collect();
        assert_eq!(winners.len(), 1, "{name}");
        let (winner, outcome, _) = winners[0];
        let (winner, outcome) = (winner.name.clone(), *outcome);
        for (.., answer) in answers.into_iter().filter(|(.., a)| a.is_err()) {
            match refusal(answer) {
                Refusal::AlreadyDecided { by, outcome: said, at } => {
                    assert_eq!((by.as_str(), said.as_str()), (winner.as_str(), outcome.done()));
                    assert!(at > 0);
                }
                other => panic!("{name}: {other:?}"),
            }
        }
        assert_eq!(traces(&desk, &check).await, (1, 1, 1), "{name}");
        assert_eq!(desk.check(&check).await.state, outcome.state().code());
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(the_same_decision_sent_again_gives_the_recorded_result, |desk| async {
    let check = desk.reviewed("Jan Novák").await;
    let (id, version) = (DecisionId::from(new_id()), desk.check(&check).await.version);
    let tries = (0..16).map(|_| {
        let (desk, check, id) = (desk.clone(), check.clone(), id.clone());
        tokio::spawn(async move {
            desk.act(
                &desk.anna,
                &check,
                &id,
                Act::Decide,
                &verdict(Outcome::Reject, version, "No."),
            )
            .await
        })
    });
    let answers: Vec<Decided> = futures::future::join_all(tries)
        .await
        .into_iter()
        .map(|a| a.expect("no panic").expect("decides"))
        .collect();
    assert_eq!(answers.iter().filter(|a| !a.repeated).count(), 1);
    assert!(answers.iter().all(
        |a| (a.id.clone(), a.step, a.outcome) == (id.clone(), Step::Decision, Outcome::Reject)
    ));
    assert_eq!(traces(&desk, &check).await, (1, 1, 1));
    desk.until_telling(&check, Telling::Applied).await;
    // Much later, and with other words: what was recorded counts.
    let late = desk
        .act(&desk.anna, &check, &id, Act::Decide, &verdict(Outcome::Accept, 1, "Yes."))
        .await
        .expect("the recorded result");
    assert_eq!((late.repeated, late.outcome), (true, Outcome::Reject));
    assert_eq!(desk.task("Jan Novák").await["effects"], 1);

    let other = desk.reviewed("Ana").await;
    let version = desk.check(&other).await.version;
    assert_eq!(
        refusal(
            desk.act(
                &desk.anna,
                &other,
                &id,
                Act::Decide,
                &verdict(Outcome::Reject, version, "No.")
            )
            .await
        ),
        Refusal::Changed
    );
    assert_eq!(
        refusal(
            desk.act(
                &desk.ben,
                &check,
                &id,
                Act::Decide,
                &verdict(Outcome::Reject, version, "No.")
            )
            .await
        ),
        Refusal::Changed
    );
});

on_both!(a_decision_records_exactly_what_was_seen, |desk| async {
    let check = desk.reviewed("Chen Wei-Ming").await;
    let first = desk.review(&check).await.findings.remove(0);
    checks::judge(
        &desk.work,
        &by(&desk.anna),
        &check,
        &first.id.as_str().into(),
        Judgement::FalsePositive,
        " Another Chen. ",
    )
    .await
    .expect("judges");
    let before = desk.review(&check).await;
    let decided = desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let recorded = decide::get(&desk.work, &check, &decided.id).await.expect("recorded");
    let seen =
        decide::what_was_seen(&desk.work, &recorded).await.expect("opens").expect("not erased");
    assert_eq!((seen.version, seen.risk), (before.check.version, before.check.risk()));
    let evidence: Vec<_> = before
        .evidence
        .iter()
        .map(|e| (e.id.clone(), e.source.clone(), e.sha256.clone()))
        .collect();
    assert_eq!(
        seen.evidence.into_iter().map(|e| (e.id, e.source, e.sha256)).collect::<Vec<_>>(),
        evidence
    );
    assert_eq!(evidence.len(), 2);
    let judged: Vec<_> =
        seen.findings.iter().map(|f| (f.judgement.as_str(), f.note.as_deref())).collect();
    assert_eq!(
        judged,
        [("false_positive", Some("Another Chen.")), ("undecided", None), ("undecided", None)]
    );
    assert!(
        seen.findings
            .iter()
            .zip(&before.findings)
            .all(|(s, f)| s.fingerprint == f.fingerprint && s.fingerprint.len() == 64)
    );
    assert_eq!(
        (recorded.decided_by_name.as_str(), recorded.round, recorded.about),
        ("Anna Berg", 1, None)
    );
});

on_both!(a_note_is_kept_beside_a_judgement_that_stays_whose_it_is, |desk| async {
    let check = desk.reviewed("Chen Wei-Ming").await;
    let first = desk.review(&check).await.findings.remove(0);
    let id = first.id.as_str().into();
    checks::judge(&desk.work, &by(&desk.anna), &check, &id, Judgement::FalsePositive, "")
        .await
        .expect("judges");
    let before = desk.check(&check).await.version;
    let kept = checks::note(
        &desk.work,
        &by(&desk.ben),
        &check,
        &id,
        " Born in 1962.\r\nSee page 2. ",
        None,
    )
    .await
    .expect("keeps");
    assert_eq!(kept, before + 1, "whoever decides on an older page looks again");
    let after = desk.review(&check).await.findings.remove(0);
    assert_eq!(
        (after.judgement.as_str(), after.note.as_deref()),
        ("false_positive", Some("Born in 1962.\nSee page 2."))
    );
    assert_eq!(after.judged_by.as_deref(), Some(desk.anna.id.as_str()), "the judgement stays hers");
    // The same once more is no change, and from an old page only what is no change is taken.
    let again = checks::note(
        &desk.work,
        &by(&desk.ben),
        &check,
        &id,
        "Born in 1962.\nSee page 2.",
        Some(before),
    )
    .await
    .expect("is kept");
    assert_eq!((again, desk.check(&check).await.version), (kept, kept));
    assert_eq!(
        refusal(
            checks::note(&desk.work, &by(&desk.ben), &check, &id, "Other.", Some(before)).await
        ),
        Refusal::Changed
    );
    assert_eq!(
        actions(&desk.work, check.as_str()).await.iter().filter(|a| *a == "finding_noted").count(),
        1
    );
    desk.decide(&desk.anna, &check, Outcome::Reject).await;
    assert!(
        checks::note(&desk.work, &by(&desk.ben), &check, &id, "Too late.", None).await.is_err(),
        "a decided check stays as it was seen"
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(a_page_that_is_out_of_date_decides_nothing, |desk| async {
    let check = desk.reviewed("Jan Novák").await;
    let review = desk.review(&check).await;
    let finding = review.findings[0].id.as_str().into();
    checks::judge(&desk.work, &by(&desk.ben), &check, &finding, Judgement::Relevant, "")
        .await
        .expect("judges");
    let stale = verdict(Outcome::Accept, review.check.version, "As I saw it.");
    assert_eq!(
        refusal(desk.act(&desk.anna, &check, &new_id().into(), Act::Decide, &stale).await),
        Refusal::Changed
    );
    assert_eq!(traces(&desk, &check).await, (0, 0, 0));
    let unknown = CheckId::from("nothing");
    assert!(matches!(
        desk.act(&desk.anna, &unknown, &new_id().into(), Act::Decide, &stale).await,
        Err(Error::NotFound)
    ));
});

on_both!(a_judgement_and_a_decision_at_once_never_miss_each_other, |desk| async {
    let check = desk.reviewed("Jan Novák").await;
    let finding = desk.review(&check).await.findings[0].id.clone();
    let (mut judged_first, mut decided_first) = (0, 0);
    for table in ["checks", "decisions"] {
        without_triggers(&desk.work.db, table).await;
    }
    for round in 0..30 {
        // The check is put back by hand: only the race counts here.
        run_sql(
            &desk.work.db,
            &format!("UPDATE checks SET state = 'to_review' WHERE id = '{check}'"),
        )
        .await
        .expect("resets");
        let version = desk.check(&check).await.version;
        let (finding, anna, decision) = (finding.as_str().into(), by(&desk.anna), new_id().into());
        let words = verdict(Outcome::Reject, version, "No.");
        let (judged, decided) = tokio::join!(
            checks::judge(&desk.work, &anna, &check, &finding, Judgement::Relevant, "n"),
            desk.act(&desk.ben, &check, &decision, Act::Decide, &words)
        );
        match (judged.is_ok(), decided.is_ok()) {
            (true, false) => {
                judged_first += 1;
                assert_eq!(refusal(decided), Refusal::Changed, "round {round}");
            }
            (false, true) => {
                decided_first += 1;
                assert!(form_of(judged).error("").is_some(), "round {round}");
            }
            both => panic!("round {round}: {both:?}"),
        }
    }
    assert_eq!(judged_first + decided_first, 30);
});

/// A check of very high risk whose sanctions are all judged.
async fn very_high(desk: &Desk) -> CheckId {
    let check = desk.reviewed("Rahimullah Darwesh Khan").await;
    assert_eq!(
        refusal(desk.step(&desk.anna, &check, Act::Decide, Outcome::Accept).await),
        Refusal::UndecidedSanctions(1)
    );
    desk.clear_sanctions(&check).await;
    check
}

on_both!(accepting_the_highest_risk_takes_two_people, |desk| async {
    let check = very_high(&desk).await;
    let proposal = desk.decide(&desk.sofia, &check, Outcome::Accept).await;
    assert_eq!(
        (proposal.step, desk.check(&check).await.state.as_str()),
        (Step::Proposal, "proposed")
    );
    assert_eq!(traces(&desk, &check).await, (1, 0, 1), "a proposal is not told to the provider");
    assert_eq!(
        refusal(desk.step(&desk.sofia, &check, Act::Approve, Outcome::Accept).await),
        Refusal::FourEyes
    );
    assert_eq!(
        refusal(desk.step(&desk.sofia, &check, Act::SendBack, Outcome::Accept).await),
        Refusal::FourEyes
    );
    for who in [&desk.anna, &desk.adam] {
        let refused = refusal(desk.step(who, &check, Act::Approve, Outcome::Accept).await);
        assert_eq!(refused, Refusal::NotAllowed(Permission::ApproveDecisions));
    }
    assert!(matches!(
        refusal(desk.step(&desk.ben, &check, Act::Decide, Outcome::Reject).await),
        Refusal::AlreadyDecided { .. }
    ));
    let second = Caller {
        id: new_id().into(),
        account: "stella".into(),
        name: "Stella Berg".into(),
        role: Role::Supervisor,
    };
    add_person(&desk.work, &second).await;

    let back =
        desk.step(&second, &check, Act::SendBack, Outcome::Accept).await.expect("sends back");
    assert_eq!((back.step, desk.check(&check).await.state.as_str()), (Step::SentBack, "to_review"));
    assert_eq!(
        refusal(desk.step(&second, &check, Act::Approve, Outcome::Accept).await).code(),
        "already_decided"
    );
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let approved =
        desk.step(&second, &check, Act::Approve, Outcome::Accept).await.expect("approves");
    assert_eq!(
        (approved.step, desk.check(&check).await.state.as_str()),
        (Step::Approval, "accepted")
    );
    let steps: Vec<_> = desk
        .review(&check)
        .await
        .decisions
        .into_iter()
        .map(|d| (d.round, d.step, d.about.is_some()))
        .collect();
    let wanted = [
        (1, "proposal", false),
        (2, "sent_back", true),
        (3, "proposal", false),
        (4, "approval", true),
    ];
    assert_eq!(steps, wanted.map(|(round, step, about)| (round, step.to_owned(), about)));
    desk.until_telling(&check, Telling::Applied).await;
    let told = desk.task("Rahimullah Darwesh Khan").await;
    assert_eq!(
        (told["accepted"].as_bool(), told["comment"].as_str(), told["effects"].as_i64()),
        (Some(true), Some("Looked at all of it."), Some(1))
    );
});

on_both!(of_an_approval_and_a_return_at_once_one_wins, |desk| async {
    let check = very_high(&desk).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let version = desk.check(&check).await.version;
    let tries = (0..24).map(|n| {
        let (desk, check) = (desk.clone(), check.clone());
        let act = if n % 2 == 0 { Act::Approve } else { Act::SendBack };
        tokio::spawn(async move {
            desk.act(
                &desk.sofia,
                &check,
                &new_id().into(),
                act,
                &verdict(Outcome::Accept, version, "Now."),
            )
            .await
        })
    });
    let won = futures::future::join_all(tries)
        .await
        .into_iter()
        .filter(|t| t.as_ref().is_ok_and(Result::is_ok))
        .count();
    assert_eq!(won, 1);
    assert_eq!(traces(&desk, &check).await.0, 2);
});

on_both!(who_lost_the_role_after_opening_the_page_decides_nothing, |desk| async {
    let check = very_high(&desk).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let opened: Arc<Caller> = Arc::new(desk.sofia.clone());
    people::change(&desk.work, &by(&desk.adam), &desk.sofia.id, Role::Analyst, true)
        .await
        .expect("changes");
    let refused = refusal(desk.step(&opened, &check, Act::Approve, Outcome::Accept).await);
    assert_eq!(refused, Refusal::NotAllowed(Permission::ApproveDecisions));
    people::change(&desk.work, &by(&desk.adam), &desk.sofia.id, Role::Supervisor, false)
        .await
        .expect("disables");
    assert!(matches!(
        refusal(desk.step(&opened, &check, Act::Approve, Outcome::Accept).await),
        Refusal::NotAllowed(_)
    ));
    assert_eq!(desk.check(&check).await.state, "proposed");
    people::change(&desk.work, &by(&desk.adam), &desk.sofia.id, Role::Supervisor, true)
        .await
        .expect("enables");
    desk.step(&opened, &check, Act::Approve, Outcome::Accept).await.expect("approves");
});

on_both!(each_incomplete_verdict_is_refused_and_records_nothing, |desk| async {
    let check = desk.reviewed("Jan Novák").await;
    let version = desk.check(&check).await.version;
    let good = verdict(Outcome::Accept, version, "Fine.");
    let long = "é".repeat(4_001);
    for (bad, code) in [
        (Verdict { outcome: None, ..good.clone() }, "outcome_missing"),
        (Verdict { reason: None, ..good.clone() }, "reason_missing"),
        (Verdict { reason: Some(Reason::SanctionsHit), ..good.clone() }, "reason_missing"),
        (Verdict { comment: " \r\n ", ..good.clone() }, "comment_missing"),
        (Verdict { comment: &long, ..good.clone() }, "comment_too_long"),
    ] {
        assert_eq!(
            refusal(desk.act(&desk.anna, &check, &new_id().into(), Act::Decide, &bad).await).code(),
            code
        );
    }
    assert_eq!(
        refusal(desk.act(&desk.adam, &check, &new_id().into(), Act::Decide, &good).await).code(),
        "not_allowed"
    );
    assert_eq!(
        refusal(desk.act(&desk.sofia, &check, &new_id().into(), Act::Overturn, &good).await).code(),
        "not_decided"
    );
    assert_eq!(
        refusal(desk.act(&desk.sofia, &check, &new_id().into(), Act::Approve, &good).await).code(),
        "no_proposal"
    );
    assert_eq!(traces(&desk, &check).await, (0, 0, 0));
    let running = desk.launch("Test Slow").await;
    assert_eq!(
        refusal(desk.step(&desk.anna, &running, Act::Decide, Outcome::Reject).await),
        Refusal::NotReady
    );
    // Odd but honest words are kept as written.
    let words = Verdict { comment: " two\r\nlines\0 <b>👩‍👩‍👧</b> ", ..good };
    let decided =
        desk.act(&desk.anna, &check, &new_id().into(), Act::Decide, &words).await.expect("decides");
    let kept = decide::get(&desk.work, &check, &decided.id).await.expect("recorded").comment;
    assert_eq!(kept, "two\nlines\u{FFFD} <b>👩‍👩‍👧</b>");
    desk.until_state(&check, State::Accepted).await;
});

on_both!(decisions_are_listed_newest_first_and_filtered, |desk| async {
    for (name, who, outcome) in [
        ("Jan Novák", &desk.anna, Outcome::Accept),
        ("Ana", &desk.ben, Outcome::Reject),
        ("Chen Wei-Ming", &desk.anna, Outcome::Reject),
    ] {
        let check = desk.reviewed(name).await;
        desk.decide(who, &check, outcome).await;
    }
    let names = async |filter: decide::DecisionFilter| {
        let listed = decide::list(&desk.work, &filter, 10).await.expect("lists");
        listed.into_iter().map(|d| d.name).collect::<Vec<_>>()
    };
    let all = decide::DecisionFilter::default();
    assert_eq!(names(all.clone()).await, ["Chen Wei-Ming", "Ana", "Jan Novák"]);
    assert_eq!(
        names(decide::DecisionFilter { outcome: Some(Outcome::Reject), ..all.clone() }).await,
        ["Chen Wei-Ming", "Ana"]
    );
    assert_eq!(
        names(decide::DecisionFilter { person: Some(desk.anna.id.to_string()), ..all.clone() })
            .await,
        ["Chen Wei-Ming", "Jan Novák"]
    );
    assert_eq!(
        names(decide::DecisionFilter { step: Some(Step::Overturn), ..all.clone() }).await,
        Vec::<String>::new()
    );
    let first = decide::list(&desk.work, &all, 1).await.expect("lists").remove(0);
    assert_eq!(
        names(decide::DecisionFilter { before: Some((first.decided_at_ms, first.id)), ..all })
            .await,
        ["Ana", "Jan Novák"]
    );
});
