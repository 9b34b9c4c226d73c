//! What a disk can do to an SQLite database: no room, a log that grows, bits that flip, copies
//! while it is written.
//!
//! A disk that fails under a commit is in `crash`, and under the whole program in the server's
//! tests.

use crate::support::*;
use casework::{
    Db, Error,
    checks::decide::Act,
    journal::{self, Actor, Verified},
    new_id,
};
use domain::{
    DecisionId,
    checks::Telling,
    decisions::Outcome,
    journal::{Action, Subject},
};
use sqlx::{AssertSqlSafe, Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{
    path::{Path, PathBuf},
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

fn file_of(desk: &Desk) -> PathBuf {
    desk.url.trim_start_matches("sqlite:").into()
}

/// A connection of another program.
async fn stranger(file: &Path) -> SqliteConnection {
    let options =
        SqliteConnectOptions::from_str(&format!("sqlite:{}", file.display())).expect("a path");
    SqliteConnection::connect_with(&options.busy_timeout(Duration::from_secs(1)))
        .await
        .expect("opens")
}

async fn run(connection: &mut SqliteConnection, sql: &str) {
    sqlx::query(AssertSqlSafe(sql.to_owned()))
        .execute(connection)
        .await
        .unwrap_or_else(|e| panic!("{sql}: {e}"));
}

/// F-25: SQLite says "full" at its own limit as it does when the file system has no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_said_and_reading_goes_on_until_there_is_room() {
    on_sqlite(|desk| async move {
        let check = desk.reviewed("Jan Novák").await;
        let pages = number(&desk.work.db, "PRAGMA page_count").await;
        run_sql(&desk.work.db, &format!("PRAGMA max_page_count = {pages}"))
            .await
            .expect("no more room");
        let id = DecisionId::from(new_id());
        let (version, long) = (desk.check(&check).await.version, "é".repeat(4_000));
        let verdict = verdict(Outcome::Accept, version, &long);
        let before = number(&desk.work.db, "SELECT COUNT(*) FROM journal").await;
        let refused = desk.act(&desk.anna, &check, &id, Act::Decide, &verdict).await;
        assert!(matches!(refused, Err(Error::Full(_))), "{refused:?}");
        assert_eq!(desk.review(&check).await.check.state, "to_review", "reading goes on");
        assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM decisions").await, 0);
        assert_eq!(
            number(&desk.work.db, "SELECT COUNT(*) FROM deliveries WHERE task = 'tell_decision'")
                .await,
            0,
            "nothing is half done"
        );
        assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM journal").await, before);
        // Somebody makes room: the same page is sent again, to the same program.
        run_sql(&desk.work.db, "PRAGMA max_page_count = 1000000").await.expect("room");
        let kept = desk.act(&desk.anna, &check, &id, Act::Decide, &verdict).await.expect("decides");
        assert!(!kept.repeated);
        desk.until_telling(&check, Telling::Applied).await;
        assert_journal_intact(&desk.work).await;
    })
    .await;
}

/// F-23, F-24: a long reader holds nobody up, and the log gives its room back afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stays_lets_the_log_grow_only_for_its_time() {
    const MEGABYTE: u64 = 1024 * 1024;
    on_sqlite(|desk| async move {
        let file = file_of(&desk);
        let mut reader = stranger(&file).await;
        run(&mut reader, "BEGIN").await;
        run(&mut reader, "SELECT COUNT(*) FROM people").await;
        run_sql(&desk.work.db, "CREATE TABLE filler (bytes BLOB)").await.expect("a table");
        for _ in 0..42 {
            run_sql(&desk.work.db, "INSERT INTO filler VALUES (randomblob(8388608))")
                .await
                .expect("writes go on");
        }
        let grown = desk.work.db.log_bytes();
        assert!(grown > 330 * MEGABYTE, "{grown}: the log is measured");
        assert!(grown < casework::store::LOG_ALERT, "nobody is alarmed yet");
        run(&mut reader, "COMMIT").await;
        // It is folded in, and the next writer begins it anew.
        for _ in 0..3 {
            desk.work.db.begin().await.expect("begins").commit().await.expect("commits");
            desk.work.db.checkpoint().await.expect("folds");
            run_sql(&desk.work.db, "INSERT INTO filler VALUES (randomblob(8388608))")
                .await
                .expect("writes");
        }
        let after = desk.work.db.log_bytes();
        assert!(after <= 321 * MEGABYTE, "{after}: it gave back what no rush needs, by itself");
        reader.close().await.expect("closes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_is_folded_into_the_file_while_somebody_writes() {
    on_sqlite(|desk| async move {
        let (file, folder) = (file_of(&desk), tempfile::tempdir().expect("a folder"));
        let copy = folder.path().join("copy.db");
        // Of the file alone, without the log.
        let people_in_the_file = async || {
            std::fs::copy(&file, &copy).expect("copies");
            let mut copied = stranger(&copy).await;
            let counted: Result<(i64,), _> =
                sqlx::query_as("SELECT COUNT(*) FROM people").fetch_one(&mut copied).await;
            copied.close().await.expect("closes");
            counted.map_or(0, |(count,)| count)
        };
        assert_eq!(people_in_the_file().await, 0, "they are in the log");
        let writing = desk.work.db.begin().await.expect("a transaction");
        desk.work.db.checkpoint().await.expect("folds while another writes");
        assert_eq!(people_in_the_file().await, 4);
        drop(writing);
    })
    .await;
}

/// F-27: whatever is done to the bytes of the journal's rows is named; a damaged page is, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bit_that_flips_in_the_file_is_found_and_named() {
    on_sqlite(|desk| async move {
        let check = desk.reviewed("Jan Novák").await;
        desk.decide(&desk.anna, &check, Outcome::Reject).await;
        let folder = tempfile::tempdir().expect("a folder");
        let (whole, copy) = (folder.path().join("whole.db"), folder.path().join("copy.db"));
        desk.work.db.backup(&whole).await.expect("backs up");
        let bytes = std::fs::read(&whole).expect("reads");
        let hashes =
            texts(&desk.work.db, "SELECT hex(hash) || ' ' || seq FROM journal ORDER BY seq").await;
        let rounds = if is_full() { 1_000 } else { 40 };
        let mut dice = Dice(0xb17_f11b);
        for _ in 0..rounds {
            let line = &hashes[usize::try_from(dice.roll(hashes.len() as u64)).expect("small")];
            let (hash, seq) = line.split_once(' ').expect("two");
            let hash = hex::decode(hash).expect("hexadecimal");
            let place = bytes.windows(32).position(|w| w == hash).expect("it stands in the file");
            let bit = usize::try_from(dice.roll(256)).expect("small");
            let mut flipped = bytes.clone();
            flipped[place + bit / 8] ^= 1 << (bit % 8);
            let found = verified(&copy, &flipped).await;
            assert!(
                matches!(&found, Ok(Verified::Broken { seq: at, .. }) if at.to_string() == seq),
                "{found:?} instead of {seq}"
            );
        }
        // The header of each page of the journal's tables: damage to the file itself.
        let mut named = 0;
        let pages: Vec<usize> =
            (1..bytes.len() / 4096).step_by(if is_full() { 1 } else { 4 }).collect();
        for page in &pages {
            let mut flipped = bytes.clone();
            flipped[page * 4096] ^= 0x08;
            put(&copy, &flipped);
            let Ok(db) = Db::open(&format!("sqlite:{}", copy.display())).await else {
                named += 1;
                continue;
            };
            let said = db.inspect(true).await;
            named += usize::from(said.as_ref().map_or(true, |words| !words.is_empty()));
            db.close().await;
        }
        // Pages of overflowing values have no such header: what they hold is sealed or in the
        // chain.
        println!("{named} of {} pages were named", pages.len());
        assert!(named * 3 >= pages.len(), "{named} of {}", pages.len());
        put(&copy, &bytes);
        let db = Db::open(&format!("sqlite:{}", copy.display())).await.expect("opens");
        assert_eq!(
            db.inspect(true).await.expect("reads"),
            Vec::<String>::new(),
            "nothing is wrong with the whole one"
        );
        db.close().await;
    })
    .await;
}

fn put(file: &Path, bytes: &[u8]) {
    for ending in ["-wal", "-shm"] {
        std::fs::remove_file(format!("{}{ending}", file.display())).ok();
    }
    std::fs::write(file, bytes).expect("writes");
}

async fn verified(file: &Path, bytes: &[u8]) -> Result<Verified, Error> {
    put(file, bytes);
    let db = Db::open(&format!("sqlite:{}", file.display())).await?;
    let verified = journal::verify(&db, None).await;
    db.close().await;
    verified
}

/// F-44: writing, checkpoints from outside and copies at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writing_checkpoints_and_copies_at_once_lose_nothing() {
    on_sqlite(|desk| async move {
        let time = if is_full() { Duration::from_secs(3_600) } else { Duration::from_secs(3) };
        let (end, file) = (Instant::now() + time, file_of(&desk));
        let (kept, over) = (Arc::new(AtomicI64::new(0)), Arc::new(AtomicBool::new(false)));
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let (db, kept) = (desk.work.db.clone(), kept.clone());
                tokio::spawn(async move {
                    let mut n = 0;
                    while Instant::now() < end {
                        let details = serde_json::json!({ "writer": writer, "n": n });
                        let entry = Actor::operator().entry(
                            0,
                            Action::ListViewed,
                            Subject::System,
                            "soak",
                            details,
                        );
                        journal::record(&db, &[entry]).await.expect("is kept");
                        kept.fetch_add(1, Ordering::SeqCst);
                        n += 1;
                    }
                })
            })
            .collect();
        let checkpoints = {
            let (file, over) = (file.clone(), over.clone());
            tokio::spawn(async move {
                let mut connection = stranger(&file).await;
                while !over.load(Ordering::Relaxed) {
                    for how in ["PASSIVE", "RESTART", "TRUNCATE"] {
                        run(&mut connection, &format!("PRAGMA wal_checkpoint({how})")).await;
                        tokio::time::sleep(Duration::from_millis(3)).await;
                    }
                }
                connection.close().await.expect("closes");
            })
        };
        let folder = tempfile::tempdir().expect("a folder");
        let mut copies = 0;
        while Instant::now() < end {
            let before = kept.load(Ordering::SeqCst);
            let copy = folder.path().join(format!("{copies}.db"));
            desk.work.db.backup(&copy).await.expect("copies");
            let db = Db::open(&format!("sqlite:{}", copy.display())).await.expect("opens");
            assert_eq!(texts(&db, "PRAGMA integrity_check").await, ["ok"]);
            let there = number(&db, "SELECT COUNT(*) FROM journal WHERE subject_id = 'soak'").await;
            assert!(there >= before, "{there} are in the copy, {before} were kept before it began");
            assert!(matches!(journal::verify(&db, None).await, Ok(Verified::Intact { .. })));
            db.close().await;
            std::fs::remove_file(copy).expect("goes away");
            copies += 1;
        }
        for writer in writers {
            writer.await.expect("no panic");
        }
        over.store(true, Ordering::Relaxed);
        checkpoints.await.expect("no panic");
        let there =
            number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE subject_id = 'soak'").await;
        println!("{there} entries, {copies} copies");
        assert_eq!(there, kept.load(Ordering::SeqCst), "what was kept is there, once");
        assert!(copies > 0 && there > 10);
        assert_eq!(texts(&desk.work.db, "PRAGMA integrity_check").await, ["ok"]);
        assert_journal_intact(&desk.work).await;
    })
    .await;
}
