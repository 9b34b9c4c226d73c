//! F-23: another program holds the database for long. Reading goes on, writing is refused in words,
//! and nothing is half done.

use crate::support::Running;
use domain::time::MINUTE;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_locked_is_read_on_and_says_so_to_whoever_writes() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let other = rusqlite::Connection::open(desk.folder.path().join("probity.db")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks");
    // Long enough ago for her activity to be noted again, which cannot be written.
    desk.clock.advance(MINUTE);
    let started = Instant::now();
    for path in ["/checks", "/account", "/keys", "/customers"] {
        assert_eq!(desk.get(path, Some(&anna)).await.status(), 200, "{path}");
    }
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "no page waits for the lock: {:?}",
        started.elapsed()
    );
    assert_eq!(desk.get("/healthz", None).await.status(), 200);
    let refused = desk.post("/api/checks/next", Some(&anna), &[]).await;
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.headers().get("retry-after").and_then(|v| v.to_str().ok()), Some("5"));
    let page = refused.text().await.expect("text");
    assert!(page.contains("The desk is busy") && page.contains("Nothing was changed"), "{page}");
    let claimed: i64 = other
        .query_row("SELECT COUNT(*) FROM journal WHERE action = 'check_claimed'", [], |row| {
            row.get(0)
        })
        .expect("reads");
    assert_eq!(claimed, 0);
    other.execute_batch("ROLLBACK").expect("lets go");
    // What waited meanwhile is written first.
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = desk.post("/api/checks/next", Some(&anna), &[]).await;
        if answer.status() == 303 {
            break;
        }
        assert!(Instant::now() < until, "{}", answer.status());
    }
    desk.stop().await;
}
