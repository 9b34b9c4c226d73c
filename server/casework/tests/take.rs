//! "Next": two people never get the same check.

use crate::{on_both, support::*};
use casework::{checks, new_id, workers};
use domain::{
    CheckId, PersonId,
    checks::CLAIM_TIME,
    decisions::Outcome,
    people::{Caller, Role},
};
use std::collections::BTreeSet;

async fn next(desk: &Desk, who: &Caller, skip: Option<&CheckId>) -> Option<CheckId> {
    checks::take_next(&desk.work, who, &by(who), skip).await.expect("answers")
}

/// Copies a reviewed check, for a longer queue without more calls.
async fn copies(desk: &Desk, of: &CheckId, many: usize) {
    let columns = "kind, customer_id, connection_id, state, version, touched_at_ms, risk_score, progress, request, launched_at_ms, due_from_ms, due_at_ms, \
                   claim_until_ms, telling, poll_at_ms, polls_failed, poll_fence";
    for n in 0..many {
        let sql = format!(
            "INSERT INTO checks (id, {columns}) SELECT 'copy-{n:03}', {columns} FROM checks WHERE id = '{of}'"
        );
        run_sql(&desk.work.db, &sql).await.expect("copies");
    }
}

async fn colleagues(desk: &Desk, many: usize) -> Vec<Caller> {
    let mut all = Vec::new();
    for n in 0..many {
        let account = format!("analyst{n}");
        let person = Caller {
            id: PersonId::from(new_id()),
            account: account.clone(),
            name: account,
            role: Role::Analyst,
        };
        add_person(&desk.work, &person).await;
        all.push(person);
    }
    all
}

on_both!(sixteen_who_ask_at_once_never_get_the_same_check, |desk| async {
    let first = desk.reviewed("Ana Popović").await;
    copies(&desk, &first, 39).await;
    let people = colleagues(&desk, 16).await;
    let mut held = BTreeSet::new();
    // Deciding is left out: each round everybody skips what they have, so it goes back.
    for round in 0..4 {
        let asked = people.iter().map(|person| {
            let (work, person) = (desk.work.clone(), person.clone());
            tokio::spawn(async move {
                checks::take_next(&work, &person, &by(&person), None).await.expect("answers")
            })
        });
        let given: Vec<_> = futures::future::join_all(asked)
            .await
            .into_iter()
            .map(|g| g.expect("no panic").expect("one for each"))
            .collect();
        let distinct: BTreeSet<_> = given.iter().cloned().collect();
        assert_eq!(distinct.len(), 16, "round {round}");
        held = distinct;
    }
    let claimed =
        number(&desk.work.db, "SELECT COUNT(*) FROM checks WHERE claimed_by IS NOT NULL").await;
    assert_eq!(claimed, 16, "each holds one");
    assert_eq!(
        number(
            &desk.work.db,
            "SELECT COUNT(DISTINCT claimed_by) FROM checks WHERE claimed_by IS NOT NULL"
        )
        .await,
        16
    );
    assert_eq!(held.len(), 16);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'check_claimed'").await,
        64
    );
});

on_both!(more_people_than_checks_leave_some_without, |desk| async {
    let first = desk.reviewed("Ana Popović").await;
    copies(&desk, &first, 4).await;
    let people = colleagues(&desk, 12).await;
    let asked = people.iter().map(|person| {
        let (work, person) = (desk.work.clone(), person.clone());
        tokio::spawn(async move {
            checks::take_next(&work, &person, &by(&person), None).await.expect("answers")
        })
    });
    let given: Vec<_> = futures::future::join_all(asked)
        .await
        .into_iter()
        .filter_map(|g| g.expect("no panic"))
        .collect();
    let distinct: BTreeSet<_> = given.iter().cloned().collect();
    assert_eq!((given.len(), distinct.len()), (5, 5));
});

on_both!(a_claim_that_ran_out_is_given_to_the_next, |desk| async {
    let check = desk.reviewed("Ana Popović").await;
    assert_eq!(next(&desk, &desk.anna, None).await, Some(check.clone()));
    assert_eq!(next(&desk, &desk.ben, None).await, None);
    assert_eq!(next(&desk, &desk.anna, None).await, Some(check.clone()), "asking again keeps it");
    assert!(desk.review(&check).await.is_claimed_by(&desk.anna.id));
    desk.work.clock.advance(CLAIM_TIME - 1_000);
    assert_eq!(next(&desk, &desk.ben, None).await, None);
    desk.work.clock.advance(1_001);
    assert!(desk.review(&check).await.claimed_by.is_none(), "the page shows no claim that is over");
    assert_eq!(next(&desk, &desk.ben, None).await, Some(check.clone()));
    assert!(desk.review(&check).await.is_claimed_by(&desk.ben.id));
    desk.work.clock.advance(CLAIM_TIME);
    workers::reap(&desk.work).await.expect("reaps");
    assert_eq!(desk.check(&check).await.claimed_by, None);
});

on_both!(what_is_assigned_to_me_comes_first_and_what_others_have_never, |desk| async {
    let urgent = desk.reviewed("Ana Popović").await;
    let (mine, bens) =
        (desk.reviewed("Test Null Report").await, desk.reviewed("Test Callback None").await);
    run_sql(&desk.work.db, &format!("UPDATE checks SET due_at_ms = 1 WHERE id = '{urgent}'"))
        .await
        .expect("hurries");
    checks::assign(&desk.work, &by(&desk.sofia), std::slice::from_ref(&mine), Some(&desk.anna.id))
        .await
        .expect("assigns");
    checks::assign(&desk.work, &by(&desk.sofia), std::slice::from_ref(&bens), Some(&desk.ben.id))
        .await
        .expect("assigns");
    assert_eq!(next(&desk, &desk.anna, None).await, Some(mine.clone()));
    assert_eq!(
        next(&desk, &desk.anna, Some(&mine)).await,
        Some(urgent.clone()),
        "skipping goes on to the most urgent"
    );
    assert_eq!(desk.check(&mine).await.claimed_by, None, "and gives the other one back");
    checks::give_back(&desk.work, &desk.anna, &by(&desk.anna), &urgent).await.expect("gives back");
    checks::give_back(&desk.work, &desk.ben, &by(&desk.ben), &urgent).await.expect("harmless");
    assert_eq!(next(&desk, &desk.sofia, None).await, Some(urgent.clone()));
    desk.decide(&desk.sofia, &urgent, Outcome::Reject).await;
    assert_eq!(next(&desk, &desk.sofia, None).await, None, "a decided check is never given out");
    let claims = actions(&desk.work, urgent.as_str()).await;
    assert_eq!(
        claims.iter().filter(|a| *a == "check_released").count(),
        1,
        "only who held it can give it back"
    );
});
