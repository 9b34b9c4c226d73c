//! What comes in is written in groups, and nobody is told of what is not durable.

use crate::{on_both, support::*};
use casework::{Error, connections, inbox};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const ROWS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM callbacks";

/// Sends so many different messages at once; gives the answers.
async fn send(desk: &Arc<Desk>, from: usize, count: usize) -> Vec<Result<bool, Error>> {
    let connection = Arc::new(connections::get(&desk.work, &desk.connection).await.expect("there"));
    let sent = (from..from + count).map(|n| {
        let (desk, connection) = (desk.clone(), connection.clone());
        tokio::spawn(async move { inbox::receive(&desk.work, &connection, None, n.to_string().as_bytes(), "r").await })
    });
    futures::future::join_all(sent).await.into_iter().map(|answer| answer.expect("no panic")).collect()
}

on_both!(many_at_once_are_each_answered_and_share_their_commits, |desk| async {
    let answers = send(&desk, 0, 700).await;
    assert!(answers.iter().all(|a| matches!(a, Ok(true))));
    let bodies = number(&desk.work.db, "SELECT CAST(COUNT(DISTINCT event_id) AS BIGINT) FROM callbacks").await;
    let work = number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_work WHERE state = 'due'").await;
    let entries = number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE action = 'callback_received'").await;
    assert_eq!((bodies, work, entries), (700, 700, 700));
    // Some new, some known, some twice in one group.
    let (one, two) = futures::future::join(send(&desk, 600, 300), send(&desk, 650, 250)).await;
    let fresh = one.iter().chain(&two).filter(|a| matches!(a, Ok(true))).count();
    assert_eq!((fresh, one.len() + two.len(), number(&desk.work.db, ROWS).await), (200, 550, 900));
    assert!(one.iter().chain(&two).all(Result::is_ok));
    assert_journal_intact(&desk.work).await;
});

on_both!(what_cannot_be_stored_is_acknowledged_to_nobody, |desk| async {
    // The last statement of the group fails: nothing of the first may be left, and nobody is told that it is kept.
    run_sql(&desk.work.db, "ALTER TABLE journal_details RENAME TO away").await.expect("renames");
    let answers = send(&desk, 0, 200).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(number(&desk.work.db, ROWS).await, 0);
    run_sql(&desk.work.db, "ALTER TABLE away RENAME TO journal_details").await.expect("renames back");
    let answers = send(&desk, 0, 200).await;
    assert!(answers.iter().all(|a| matches!(a, Ok(true))), "the intake lives on, and what comes again is new");
});

on_both!(a_stop_writes_what_was_taken_and_then_takes_nothing, |desk| async {
    let other = desk.another(pace()).await;
    let connection = connections::get(&other, &desk.connection).await.expect("there");
    let sent = (0..300).map(|n: i32| {
        let (work, connection) = (other.clone(), connection.clone());
        tokio::spawn(async move { inbox::receive(&work, &connection, None, n.to_string().as_bytes(), "r").await })
    });
    let sent: Vec<_> = sent.collect();
    tokio::task::yield_now().await;
    other.intake.stop().await;
    let answers = futures::future::join_all(sent).await;
    let kept = answers.iter().filter(|a| matches!(a, Ok(Ok(true)))).count() as i64;
    assert_eq!(number(&desk.work.db, ROWS).await, kept, "what was answered is there, and nothing else");
    assert!(inbox::receive(&other, &connection, None, b"late", "r").await.is_err());
    other.close().await;
});

on_both!(in_a_rush_taking_in_goes_first_and_everything_is_understood_after_it, |desk| async {
    let left = "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_work WHERE attempts = 0";
    send(&desk, 0, 200).await;
    let began = Instant::now();
    assert_eq!(inbox::work_off(&desk.work, 64).await.expect("works"), 64);
    assert!(began.elapsed() >= Duration::from_millis(100), "it gave way");
    while number(&desk.work.db, left).await > 0 {
        inbox::work_off(&desk.work, 64).await.expect("works");
    }
});
