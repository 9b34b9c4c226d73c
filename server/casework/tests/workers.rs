//! Workers: whoever was thought dead cannot undo what came after, and what was sent is read before
//! it is sent again.

use crate::{on_both, support::*};
use casework::{Pace, checks, connections, outbox, workers};
use domain::{
    checks::{State, Telling},
    decisions::Outcome,
};
use std::time::{Duration, Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// What the program gives workers to end is a little more.
const STOP_TIME: Duration = Duration::from_secs(8);

/// Waits for something outside the database.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !done().await {
        assert!(started.elapsed() < LONG, "waited in vain for: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

on_both!(a_restart_after_a_decision_was_applied_reads_before_it_sends, |desk| async {
    let name = "Test Decide Timeout Applied";
    let check = desk.reviewed(name).await;
    connections::set_deadline(&desk.work, &by(&desk.adam), &desk.connection, None)
        .await
        .expect("patient");
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let dying = {
        let work = desk.work.clone();
        tokio::spawn(async move { outbox::work_off(&work, 8).await })
    };
    until("it is applied there", async || desk.task(name).await["effects"] == 1).await;
    dying.abort();
    assert!(dying.await.expect_err("dies").is_cancelled());
    assert_eq!(desk.check(&check).await.telling, "due", "nothing was written after the attempt");
    assert_eq!(
        desk.review(&check).await.telling().map(|d| (d.state.clone(), d.attempts)),
        Some(("unknown".into(), 1))
    );

    let after = desk.another(pace()).await;
    assert_eq!(outbox::work_off(&after, 8).await.expect("works"), 0, "its lease still runs");
    after.clock.advance(after.pace.lease_ms);
    let applied = async || checks::get(&after, &check).await.expect("there").telling == "applied";
    assert!(workers::settle(&after, LONG, applied).await.expect("works"));
    let calls: Vec<_> = desk
        .requests(name)
        .await
        .into_iter()
        .skip_while(|(_, p, _)| !p.ends_with("/accepted"))
        .map(|(m, ..)| m)
        .collect();
    assert_eq!(calls.iter().filter(|m| *m == "POST").count(), 1, "{calls:?}");
    assert!(calls.len() > 1 && calls[1] == "GET");
    assert_eq!(desk.task(name).await["effects"], 1);
    assert_journal_intact(&after).await;
    after.db.close().await;
});

on_both!(a_restart_after_a_create_was_applied_finds_the_task, |desk| async {
    let name = "Test Create Timeout Applied";
    connections::set_deadline(&desk.work, &by(&desk.adam), &desk.connection, None)
        .await
        .expect("patient");
    let check = desk.launch(name).await;
    let dying = {
        let work = desk.work.clone();
        tokio::spawn(async move { outbox::work_off(&work, 8).await })
    };
    until("it is made there", async || !desk.tasks(name).await.is_empty()).await;
    dying.abort();
    dying.await.expect_err("dies");
    let after = desk.another(pace()).await;
    after.clock.advance(after.pace.lease_ms);
    let arrived = async || checks::get(&after, &check).await.expect("there").state == "to_review";
    assert!(workers::settle(&after, LONG, arrived).await.expect("works"));
    assert_eq!(
        (desk.task(name).await["creates"].as_i64(), desk.count(name, "POST", "/task").await),
        (Some(1), 1)
    );
    after.db.close().await;
});

on_both!(a_stale_workers_result_is_rejected, |desk| async {
    let name = "Test Decide Timeout Applied";
    let check = desk.reviewed(name).await;
    connections::set_deadline(&desk.work, &by(&desk.adam), &desk.connection, None)
        .await
        .expect("patient");
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let slow = {
        let work = desk.work.clone();
        tokio::spawn(async move { outbox::work_off(&work, 8).await })
    };
    until("it is applied there", async || desk.task(name).await["effects"] == 1).await;
    // The lease runs out while the first worker still waits for its answer; a second one takes over
    // and reads.
    let second = desk.another(pace()).await;
    second.clock.advance(second.pace.lease_ms);
    assert_eq!(outbox::work_off(&second, 8).await.expect("works"), 1);
    let found = desk.review(&check).await;
    assert_eq!(
        (found.check.telling.as_str(), found.telling().map(|d| d.state.as_str())),
        ("applied", Some("done"))
    );
    let entries = actions(&desk.work, check.as_str()).await;
    assert!(!slow.is_finished(), "the first one still waits");
    assert_eq!(slow.await.expect("no panic").expect("goes on"), 1);
    let after = desk.review(&check).await;
    assert_eq!(
        (after.check.telling.as_str(), after.telling().map(|d| d.state.as_str())),
        ("applied", Some("done")),
        "its 504 counts for nothing"
    );
    let mut later = actions(&desk.work, check.as_str()).await;
    assert_eq!(later.pop().as_deref(), Some("evidence_kept"), "what it said is kept");
    assert_eq!((after.check.trouble, later), (None, entries));
    let delivery = after.deliveries.last().expect("one").id.as_str().into();
    let attempts = outbox::attempts(&desk.work, &delivery).await.expect("lists");
    assert_eq!(attempts.iter().map(|a| a.result.as_deref()).collect::<Vec<_>>(), [Some("applied")]);
    second.db.close().await;
});

on_both!(a_delivery_is_worked_on_by_one_of_many_workers, |desk| async {
    let mut ids = Vec::new();
    for n in 0..12 {
        ids.push(desk.launch(&format!("Person Number {n}")).await);
    }
    let second = desk.another(pace()).await;
    let rounds = (0..8).map(|n| {
        let work = if n % 2 == 0 { desk.work.clone() } else { second.clone() };
        tokio::spawn(async move { outbox::work_off(&work, 4).await.expect("works") })
    });
    let worked: usize =
        futures::future::join_all(rounds).await.into_iter().map(|r| r.expect("no panic")).sum();
    assert_eq!(worked, 12, "each delivery was taken once");
    for n in 0..12 {
        assert_eq!(desk.task(&format!("Person Number {n}")).await["creates"], 1);
    }
    for id in &ids {
        assert_eq!(desk.check(id).await.state, State::Running.code());
    }
    second.db.close().await;
});

on_both!(messages_about_one_check_keep_their_order, |desk| async {
    let name = "Test Decide 503";
    let check = desk.reviewed(name).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    checks::set_metadata(&desk.work, &by(&desk.anna), &check, "after", Some("the decision"))
        .await
        .expect("sets");
    desk.settle("both are told", || async {
        desk.review(&check).await.deliveries.iter().all(|d| d.state == "done")
    })
    .await;
    let calls: Vec<_> = desk
        .requests(name)
        .await
        .into_iter()
        .filter(|(m, ..)| m != "GET")
        .map(|(_, p, s)| (p.rsplit('/').next().unwrap_or_default().to_owned(), s))
        .collect();
    let wanted =
        [("task", 200), ("accepted", 503), ("accepted", 503), ("accepted", 200), ("metadata", 200)];
    assert_eq!(calls, wanted.map(|(p, s)| (p.to_owned(), s)));
});

on_both!(the_workers_run_by_themselves_and_stop_when_told, |desk| async {
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let work = desk.another(Pace { idle_ms: 60_000, ..pace() }).await;
    workers::start(&work, &stop, &tasks);
    tasks.close();
    tokio::time::sleep(Duration::from_millis(50)).await;
    // Launched in the same process: the promise wakes the outbox, long before the minute is over.
    let id = domain::CheckId::from(casework::new_id());
    checks::launch(&work, &desk.anna, &by(&desk.anna), &id, &desk.form("Jan Novák"), false, None)
        .await
        .expect("launches");
    let started = Instant::now();
    until("it is sent", async || desk.check(&id).await.state != "queued").await;
    assert!(started.elapsed() < Duration::from_secs(10));
    stop.cancel();
    tokio::time::timeout(STOP_TIME, tasks.wait()).await.expect("all stop in time");
    work.views.stop().await;
    work.db.close().await;
});

on_both!(work_under_way_is_finished_before_a_stop, |desk| async {
    let name = "Test Decide Timeout Applied";
    let check = desk.reviewed(name).await;
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    workers::start(&desk.work, &stop, &tasks);
    tasks.close();
    desk.decide(&desk.anna, &check, Outcome::Reject).await;
    until("it is applied there", async || desk.task(name).await["effects"] == 1).await;
    stop.cancel();
    tokio::time::timeout(STOP_TIME, tasks.wait()).await.expect("all stop in time");
    let (left, open) =
        (desk.check(&check).await, "SELECT COUNT(*) FROM attempts WHERE ended_at_ms IS NULL");
    assert!(
        [Telling::Unconfirmed.code(), Telling::Applied.code()].contains(&left.telling.as_str()),
        "{}",
        left.telling
    );
    assert_eq!(number(&desk.work.db, open).await, 0, "no attempt is left open");
});
