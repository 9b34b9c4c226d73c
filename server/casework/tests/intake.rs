//! What comes in is written in groups, and nobody is told of what is not durable.

use crate::{on_both, support::*};
use casework::{
    Error, connections, inbox,
    journal::{self, Filter},
    sha256_hex,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const ROWS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM callbacks";
const ARRIVALS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_arrivals";
const ENTRIES: &str =
    "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE action = 'callback_received'";
const STATES: &str = "SELECT DISTINCT state FROM callback_work";

/// Sends so many different messages at once; gives the answers.
async fn send(desk: &Arc<Desk>, from: usize, count: usize) -> Vec<Result<(), Error>> {
    let connection = Arc::new(connections::get(&desk.work, &desk.connection).await.expect("there"));
    let sent = (from..from + count).map(|n| {
        let (desk, connection) = (desk.clone(), connection.clone());
        tokio::spawn(async move {
            inbox::receive(&desk.work, &connection, None, n.to_string().as_bytes(), "r").await
        })
    });
    futures::future::join_all(sent)
        .await
        .into_iter()
        .map(|answer| answer.expect("no panic"))
        .collect()
}

on_both!(many_at_once_are_each_answered_and_each_event_is_one_callback, |desk| async {
    assert!(send(&desk, 0, 700).await.iter().all(Result::is_ok));
    assert_eq!(
        (number(&desk.work.db, ARRIVALS).await, number(&desk.work.db, ROWS).await),
        (700, 0)
    );
    desk.sort_in().await;
    // Some new, some known, some twice in one group.
    let (one, two) = futures::future::join(send(&desk, 600, 300), send(&desk, 650, 250)).await;
    assert!(one.iter().chain(&two).all(Result::is_ok));
    assert_eq!(number(&desk.work.db, ARRIVALS).await, 550);
    desk.sort_in().await;
    let events =
        number(&desk.work.db, "SELECT CAST(COUNT(DISTINCT event_id) AS BIGINT) FROM callbacks")
            .await;
    let work = number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_work").await;
    assert_eq!(
        (number(&desk.work.db, ROWS).await, events, work, number(&desk.work.db, ENTRIES).await),
        (900, 900, 900, 900)
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(whoever_sorts_an_arrival_in_enters_once_that_it_came, |desk| async {
    let came = desk.work.now();
    send(&desk, 0, 40).await;
    assert_eq!(number(&desk.work.db, ENTRIES).await, 0);
    // They fit no check, so each is taken up again and again.
    desk.settle("all are parked", || async { texts(&desk.work.db, STATES).await == ["parked"] })
        .await;
    assert_eq!((number(&desk.work.db, ENTRIES).await, number(&desk.work.db, ROWS).await), (40, 40));
    let entry = journal::list(
        &desk.work,
        &Filter { action: Some("callback_received".into()), limit: 1, ..Filter::default() },
    )
    .await
    .expect("lists")
    .remove(0);
    assert_eq!((entry.actor.as_str(), entry.request_id.as_str()), ("provider", "r"));
    assert!((came..=desk.work.now()).contains(&entry.at_ms));
    let details: serde_json::Value =
        serde_json::from_str(&entry.details.expect("details")).expect("JSON");
    let listed = inbox::list(&desk.work)
        .await
        .expect("lists")
        .into_iter()
        .find(|callback| callback.id == entry.subject_id)
        .expect("there");
    assert_eq!(
        (details["connection"].as_str(), details["size"].as_i64()),
        (Some(desk.connection.as_str()), Some(listed.size))
    );
    let body = inbox::body(&desk.work, &entry.subject_id.as_str().into()).await.expect("opens");
    assert!((0..40).any(|n: usize| body.as_slice() == n.to_string().as_bytes()));
    assert_eq!(details["message"].as_str().map(str::len), Some(64), "{details}");
    assert_ne!(details["message"], sha256_hex(&body), "nobody finds a message by trying");
    assert_journal_intact(&desk.work).await;
});

on_both!(what_cannot_be_stored_is_acknowledged_to_nobody, |desk| async {
    // The last one of a group cannot be written down: nothing of the others may be left, and nobody
    // is told that it is kept.
    run_sql(&desk.work.db, "ALTER TABLE callback_arrivals ADD COLUMN missing TEXT NOT NULL DEFAULT 'x' CHECK (missing <> 'x')")
        .await
        .expect("adds");
    let answers = send(&desk, 0, 200).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(number(&desk.work.db, ARRIVALS).await, 0);
    run_sql(&desk.work.db, "ALTER TABLE callback_arrivals DROP COLUMN missing")
        .await
        .expect("drops");
    let answers = send(&desk, 0, 200).await;
    assert!(answers.iter().all(Result::is_ok), "the intake lives on");
    let other = desk.another(pace()).await;
    assert_eq!(number(&other.db, ARRIVALS).await, 200, "whoever opens the database finds them");
    other.close().await;
});

on_both!(what_cannot_be_sorted_in_stays_and_nothing_of_it_is_written, |desk| async {
    // That the last row is due cannot be written down.
    run_sql(&desk.work.db, "ALTER TABLE callback_work ADD COLUMN missing TEXT NOT NULL DEFAULT 'x' CHECK (missing <> 'x')")
        .await
        .expect("adds");
    send(&desk, 0, 20).await;
    assert!(inbox::work_off(&desk.work, 16).await.is_err());
    let left = async || {
        (
            number(&desk.work.db, ARRIVALS).await,
            number(&desk.work.db, ROWS).await,
            number(&desk.work.db, ENTRIES).await,
        )
    };
    assert_eq!(left().await, (20, 0, 0));
    run_sql(&desk.work.db, "ALTER TABLE callback_work DROP COLUMN missing").await.expect("drops");
    desk.sort_in().await;
    assert_eq!(left().await, (0, 20, 20));
});

on_both!(what_cannot_be_sorted_in_holds_up_nothing_that_is_due, |desk| async {
    send(&desk, 0, 1).await;
    desk.sort_in().await;
    let columns = "connection_id, sealed, size, received_at_ms";
    let taken = format!(
        "INSERT INTO callback_arrivals (id, event_id, request_id, {columns}) SELECT id, 'another', '', {columns} FROM callbacks"
    );
    run_sql(&desk.work.db, &taken).await.expect("an arrival with the number of another");
    assert!(inbox::work_off(&desk.work, 16).await.is_err(), "it is said");
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while number(&desk.work.db, "SELECT attempts FROM callback_work").await < 3 {
        // PostgreSQL may still be undoing the last try, and then there is nothing to sort in.
        inbox::work_off(&desk.work, 16).await.ok();
        assert!(std::time::Instant::now() < until, "what is due is not tried");
    }
    assert_eq!(number(&desk.work.db, ARRIVALS).await, 1, "it stays");
});

on_both!(a_stop_writes_what_was_taken_and_then_takes_nothing, |desk| async {
    let other = desk.another(pace()).await;
    let connection = connections::get(&other, &desk.connection).await.expect("there");
    let sent = (0..300).map(|n: i32| {
        let (work, connection) = (other.clone(), connection.clone());
        tokio::spawn(async move {
            inbox::receive(&work, &connection, None, n.to_string().as_bytes(), "r").await
        })
    });
    let sent: Vec<_> = sent.collect();
    tokio::task::yield_now().await;
    other.intake.stop().await;
    let answers = futures::future::join_all(sent).await;
    let kept = answers.iter().filter(|a| matches!(a, Ok(Ok(())))).count() as i64;
    assert_eq!(
        number(&desk.work.db, ARRIVALS).await,
        kept,
        "what was answered is there, and nothing else"
    );
    assert!(inbox::receive(&other, &connection, None, b"late", "r").await.is_err());
    other.close().await;
});

on_both!(in_a_rush_taking_in_goes_first_and_everything_is_understood_after_it, |desk| async {
    // From here on it is counted how many come.
    send(&desk, 0, 1).await;
    assert_eq!(inbox::work_off(&desk.work, 16).await.expect("works"), 1);
    let is_over = Arc::new(AtomicBool::new(false));
    let rush = tokio::spawn({
        let (desk, is_over) = (desk.clone(), is_over.clone());
        async move {
            let mut sent = 1;
            while !is_over.load(Ordering::Relaxed) {
                send(&desk, sent, 200).await;
                sent += 200;
            }
            sent as i64
        }
    });
    while number(&desk.work.db, ARRIVALS).await < 400 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let looked = tokio::spawn({
        let desk = desk.clone();
        async move { inbox::work_off(&desk.work, 16).await }
    });
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(number(&desk.work.db, ENTRIES).await, 1, "nothing is taken up meanwhile");
    is_over.store(true, Ordering::Relaxed);
    let sent = rush.await.expect("no panic");
    assert_eq!(looked.await.expect("no panic").expect("works"), 128, "and then many at once");
    desk.sort_in().await;
    assert_eq!(number(&desk.work.db, ENTRIES).await, sent);
});
