//! Several processes on one database: they wake each other, take over from each other, and seal
//! with the same key.

use crate::{on_both, support::*};
use casework::{Error, MasterKey, Pace, Sealer, outbox, store, workers};
use domain::CheckId;
use std::time::Instant;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Waits for something that another process does.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !done().await {
        assert!(started.elapsed() < 2 * LONG, "waited in vain for: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_instance_promises_or_receives_wakes_the_workers_of_another() {
    on_postgres(|desk| async move {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        // Only this one works, and by itself it would look once in ten minutes.
        let other = desk.another(Pace { idle_ms: 600_000, ..pace() }).await;
        workers::start(&other, &stop, &tasks);
        tasks.close();
        let sent = async |check: &CheckId| desk.check(check).await.provider_ref.is_some();
        for (number_of, name) in ["Jan Novák", "Anna-Lena Bergström"].into_iter().enumerate() {
            let check = desk.launch(name).await;
            until("the promise made here is kept there", async || sent(&check).await).await;
            let taken = "SELECT COUNT(*) FROM callback_work WHERE attempts > 0";
            until("the callback that came in here is worked on there", async || number(&desk.work.db, taken).await > number_of as i64)
                .await;
        }
        let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()";
        assert!(number(&desk.work.db, cut).await > 0, "the line is cut");
        let check = desk.launch("Chen Wei-Ming").await;
        until("the line is up again", async || sent(&check).await).await;
        stop.cancel();
        tokio::time::timeout(LONG, tasks.wait()).await.expect("all stop");
        other.close().await;
    })
    .await;
}

on_both!(what_has_not_left_at_a_stop_is_given_back, |desk| async {
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let dying = desk.another(Pace { stop_ms: 50, lease_ms: 600_000, ..pace() }).await;
    let places = dying.uploads.acquire_many(2).await.expect("all places");
    let check = desk.launch_idv(desk.idv_form("upload", "Jörg Müller")).await;
    workers::start(&dying, &stop, &tasks);
    tasks.close();
    let leased = async || {
        number(&desk.work.db, "SELECT COUNT(*) FROM deliveries WHERE lease_until_ms > 0").await
    };
    until("it is taken", async || leased().await == 1).await;
    assert_eq!(outbox::work_off(&desk.work, 8).await.expect("works"), 0, "its lease runs");
    stop.cancel();
    until("it is given back", async || leased().await == 0).await;
    assert_eq!(
        outbox::work_off(&desk.work, 8).await.expect("works"),
        1,
        "another one takes it at once"
    );
    assert_eq!(desk.check(&check).await.state, "running");
    drop(places);
    tokio::time::timeout(LONG, tasks.wait()).await.expect("all stop");
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM attempts").await,
        1,
        "whoever gave it back sent nothing"
    );
    dying.close().await;
});

on_both!(what_has_left_at_a_stop_stays_under_its_lease, |desk| async {
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let name = "Test Create Timeout Applied";
    casework::connections::set_deadline(&desk.work, &by(&desk.adam), &desk.connection, None)
        .await
        .expect("patient");
    let dying = desk.another(Pace { stop_ms: 1, lease_ms: 600_000, ..pace() }).await;
    let check = desk.launch(name).await;
    workers::start(&dying, &stop, &tasks);
    tasks.close();
    until("it has left", async || !desk.tasks(name).await.is_empty()).await;
    stop.cancel();
    let waiting = "SELECT COUNT(*) FROM deliveries WHERE state = 'unknown' AND lease_until_ms > 0";
    tokio::time::timeout(LONG, tasks.wait()).await.expect("all stop");
    // It ended here after all: nobody else took it meanwhile, and nothing was sent twice.
    assert_eq!(
        number(&desk.work.db, "SELECT MAX(fence) FROM deliveries").await,
        1,
        "{}",
        number(&desk.work.db, waiting).await
    );
    assert_eq!(desk.count(name, "POST", "/task").await, 1);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM attempts WHERE ended_at_ms IS NOT NULL").await,
        1,
        "{check}"
    );
    dying.close().await;
});

on_both!(another_master_key_is_refused_before_it_seals, |desk| async {
    let other = MasterKey::random();
    let check = async |sealer: Sealer| store::check_master_key(&desk.work.db, &sealer).await;
    check(Sealer::new(desk.key.clone(), vec![])).await.expect("the same key");
    check(Sealer::new(other.clone(), vec![desk.key.clone()])).await.expect("a newer key beside it");
    let Err(Error::Start(sentence)) = check(Sealer::new(other, vec![])).await else {
        panic!("another key was taken")
    };
    assert!(sentence.contains("All instances need the same"), "{sentence}");
});
