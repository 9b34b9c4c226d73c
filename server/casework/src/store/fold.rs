//! When SQLite's log is folded into its file.
//!
//! Folding keeps the disk busy, and whoever commits meanwhile waits for it. So a rush passes first,
//! while the log has room for it; one that goes on is folded in little by little.

use super::Db;
use crate::Error;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often it is looked at whether something is to be folded in ...
const EVERY: Duration = Duration::from_millis(250);
/// ... and how often in a rush that has filled the log.
const LITTLE_BY_LITTLE: Duration = Duration::from_millis(30);
/// A disk that is full is not asked all the time.
const AFTER_A_FAULT: Duration = Duration::from_secs(10);
/// Nobody writes while it is tried to empty a log that is still read from, so that is tried now and
/// then.
const WHILE_READ: Duration = Duration::from_secs(2);
/// More commits than this a second are a rush.
const RUSH: f64 = 250.0;
/// So many pages, 330 MB, of a log that nobody folds in are enough.
const ROOM: i64 = 80_000;

/// Folds in what was committed, until it is told to stop. PostgreSQL does so by itself.
pub(crate) async fn run(db: Db, stop: CancellationToken) {
    let mut folding = Folding::default();
    // A program that was killed may have left some.
    db.erased();
    while stop.run_until_cancelled(tokio::time::sleep(folding.pause)).await.is_some() {
        if let Err(error) = folding.look(&db).await {
            tracing::error!(%error, "the database's log could not be folded in");
            (folding.is_due, folding.pause) = (true, AFTER_A_FAULT);
        }
    }
}

struct Folding {
    /// Something was committed that is not folded in.
    is_due: bool,
    /// This rush has filled the log.
    is_spent: bool,
    pause: Duration,
    waits_for_readers_until: Option<Instant>,
}

impl Default for Folding {
    fn default() -> Self {
        Self { is_due: false, is_spent: false, pause: EVERY, waits_for_readers_until: None }
    }
}

impl Folding {
    async fn look(&mut self, db: &Db) -> Result<(), Error> {
        let commits = db.commits();
        let is_rush = self.is_rush(commits);
        let pages = if is_rush { db.unfolded().await? } else { 0 };
        if self.is_time(commits, pages) {
            db.checkpoint().await?;
        }
        if !is_rush && self.waits_for_readers_until.is_none_or(|until| Instant::now() >= until) {
            let is_read = !db.forget_erased().await?;
            self.waits_for_readers_until = is_read.then(|| Instant::now() + WHILE_READ);
        }
        Ok(())
    }

    fn is_rush(&self, commits: usize) -> bool {
        commits as f64 > RUSH * self.pause.as_secs_f64()
    }

    /// Whether to fold now, after so many commits since the last look.
    fn is_time(&mut self, commits: usize, pages: i64) -> bool {
        let is_rush = self.is_rush(commits);
        self.is_due |= commits > 0;
        self.is_spent = is_rush && (self.is_spent || pages >= ROOM);
        self.pause = if self.is_spent { LITTLE_BY_LITTLE } else { EVERY };
        let waits = is_rush && !self.is_spent;
        !waits && std::mem::take(&mut self.is_due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Conn;

    async fn exec(conn: &mut Conn<'_>, sql: &'static str) {
        crate::store::exec!(conn, sql).expect("writes");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_rush_leaves_is_folded_in_by_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite:{}", folder.path().join("desk.db").display()))
            .await
            .expect("opens");
        for _ in 0..200 {
            let mut tx = db.begin().await.expect("begins");
            exec(&mut tx.conn(), "CREATE TABLE IF NOT EXISTS filler (bytes BLOB)").await;
            exec(&mut tx.conn(), "INSERT INTO filler VALUES (randomblob(100))").await;
            tx.commit().await.expect("commits");
        }
        assert!(db.unfolded().await.expect("asks") > 0, "it is in the log");
        let stop = CancellationToken::new();
        let task = tokio::spawn(run(db.clone(), stop.clone()));
        let folded = async {
            while db.unfolded().await.expect("asks") > 0 {
                tokio::time::sleep(EVERY / 10).await;
            }
        };
        tokio::time::timeout(20 * EVERY, folded).await.expect("folded in");
        stop.cancel();
        task.await.expect("ends");
        db.close().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_erased_leaves_the_log_once_nobody_reads_what_was_before() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite:{}", folder.path().join("desk.db").display()))
            .await
            .expect("opens");
        let stands = |file: &str| {
            let bytes = std::fs::read(folder.path().join(file)).expect("a file");
            bytes.windows(b"Viktor Sawenkow".len()).any(|seen| seen == b"Viktor Sawenkow")
        };
        for sql in [
            "CREATE TABLE names (name TEXT)",
            "INSERT INTO names VALUES ('Viktor Sawenkow')",
            "DELETE FROM names",
        ] {
            let mut tx = db.begin().await.expect("begins");
            exec(&mut tx.conn(), sql).await;
            tx.commit().await.expect("commits");
        }
        db.checkpoint().await.expect("folds in");
        assert!(stands("desk.db-wal") && !stands("desk.db"), "folding in leaves the log as it is");
        let mut reader = db.read().await.expect("a reader");
        exec(&mut reader.conn(), "BEGIN").await;
        crate::store::row!(&mut reader.conn(), (i64,), "SELECT COUNT(*) FROM names")
            .expect("reads");
        let mut tx = db.begin().await.expect("begins");
        exec(&mut tx.conn(), "INSERT INTO names VALUES ('another')").await;
        tx.commit().await.expect("commits");

        let stop = CancellationToken::new();
        let task = tokio::spawn(run(db.clone(), stop.clone()));
        tokio::time::sleep(3 * EVERY).await;
        assert!(stands("desk.db-wal"), "it is still read from");
        exec(&mut reader.conn(), "COMMIT").await;
        drop(reader);
        let emptied = async {
            while stands("desk.db-wal") {
                tokio::time::sleep(EVERY / 10).await;
            }
        };
        tokio::time::timeout(20 * EVERY, emptied).await.expect("emptied");
        stop.cancel();
        task.await.expect("ends");
        db.close().await;
    }

    #[test]
    fn what_was_committed_is_folded_in_soon_and_once() {
        let mut folding = Folding::default();
        assert!(!folding.is_time(0, 0), "nothing is there");
        assert!(folding.is_time(1, 0));
        assert!(!folding.is_time(0, 0), "it is folded in");
        assert!(folding.is_time(62, 0), "no rush yet");
        assert_eq!(folding.pause, EVERY);
    }

    #[test]
    fn a_rush_passes_first() {
        let mut folding = Folding::default();
        assert!(!folding.is_time(63, 10));
        assert!(!folding.is_time(500, ROOM - 1));
        assert!(folding.is_time(0, 0), "what it left is folded in");
        assert!(!folding.is_time(0, 0));
    }

    #[test]
    fn a_rush_that_goes_on_is_folded_in_little_by_little_until_it_is_over() {
        let mut folding = Folding::default();
        assert!(folding.is_time(500, ROOM));
        assert_eq!(folding.pause, LITTLE_BY_LITTLE);
        assert!(folding.is_time(8, 10), "there is room again, but 8 in 30 ms are the same rush");
        assert!(folding.is_time(7, 0));
        assert_eq!(folding.pause, EVERY);
        assert!(!folding.is_time(500, 10), "another rush has all the room again");
    }
}
