//! The journal: gapless whoever appends, and every tampering shows.

use crate::{on_both, support::*};
use casework::{
    Db,
    journal::{self, Actor, Filter, Verified},
    sha256_hex,
};
use domain::journal::{Action, Subject};
use serde_json::json;

fn entry(n: i64) -> journal::Entry {
    Actor::new("tester", "r").entry(
        n,
        Action::CheckViewed,
        Subject::Check,
        &format!("check-{}", n % 7),
        json!({ "n": n }),
    )
}

async fn fill(db: &Db, entries: i64) {
    let all: Vec<_> = (1..=entries).map(entry).collect();
    journal::record(db, &all).await.expect("records");
}

async fn intact(db: &Db) -> (i64, i64, String) {
    match journal::verify(db, None).await.expect("reads") {
        Verified::Intact { entries, erased, head } => (entries, erased, head),
        broken => panic!("{broken:?}"),
    }
}

async fn broken_at(db: &Db, anchor: Option<(i64, String)>) -> i64 {
    match journal::verify(db, anchor).await.expect("reads") {
        Verified::Broken { seq, .. } => seq,
        intact => panic!("nothing was noticed: {intact:?}"),
    }
}

on_both!(thirty_two_writers_leave_no_gap, |desk| async {
    let before = intact(&desk.work.db).await.0;
    let writers = (0..32).map(|task| {
        let db = desk.work.db.clone();
        tokio::spawn(async move {
            for n in 0..4 {
                journal::record(&db, &[entry(task * 100 + n), entry(task * 100 + n + 50)])
                    .await
                    .expect("records");
            }
        })
    });
    for writer in futures::future::join_all(writers).await {
        writer.expect("no panic");
    }
    let db = &desk.work.db;
    assert_eq!(intact(db).await.0, before + 32 * 4 * 2);
    assert_eq!(
        number(db, "SELECT MAX(seq) - COUNT(*) FROM journal").await,
        0,
        "numbers are gapless"
    );
});

on_both!(an_aborted_append_leaves_nothing, |desk| async {
    let before = intact(&desk.work.db).await;
    let mut tx = desk.work.db.begin().await.expect("writes");
    journal::append(&mut tx.conn(), &[entry(1)]).await.expect("appends");
    drop(tx);
    assert_eq!(intact(&desk.work.db).await, before);
    fill(&desk.work.db, 1).await;
    assert_eq!(intact(&desk.work.db).await.0, before.0 + 1);
});

on_both!(erased_details_keep_the_chain_valid, |desk| async {
    fill(&desk.work.db, 10).await;
    let (entries, _, head) = intact(&desk.work.db).await;
    let erase = "DELETE FROM journal_details WHERE seq IN (SELECT seq FROM journal WHERE subject_id = 'check-3')";
    let refused =
        run_sql(&desk.work.db, erase).await.expect_err("no erasure is recorded").to_string();
    assert!(refused.contains("append-only"), "{refused}");
    for recorded in [
        "INSERT INTO customers (id, reference, subject, name, created_at_ms) VALUES ('c', 'C-1', 'person', '(erased)', 0)",
        "INSERT INTO erasures (subject_id, customer_id, until_seq, recorded_at_ms) SELECT 'check-3', 'c', MAX(seq), 0 FROM journal",
    ] {
        run_sql(&desk.work.db, recorded).await.expect("records");
    }
    run_sql(&desk.work.db, erase).await.expect("erases");
    assert_eq!(intact(&desk.work.db).await, (entries, 2, head.clone()));
    let shown = journal::list(
        &desk.work,
        &Filter { subject_id: Some("check-3".into()), limit: 10, ..Filter::default() },
    )
    .await;
    assert!(shown.expect("lists").iter().all(|r| r.details.is_none()));
    // What was erased cannot be given other words later.
    run_sql(
        &desk.work.db,
        &format!(
            "INSERT INTO journal_details (seq, salt, details) SELECT MAX(seq), {0}, '{{}}' FROM journal WHERE subject_id = 'check-3'",
            if desk.work.db.is_postgres() { "'\\x00'::bytea" } else { "x'00'" }
        ),
    )
    .await
    .expect("inserts");
    let forged =
        number(&desk.work.db, "SELECT MAX(seq) FROM journal WHERE subject_id = 'check-3'").await;
    assert_eq!(broken_at(&desk.work.db, None).await, forged);
});

on_both!(views_are_durable_after_a_flush_and_after_a_stop, |desk| async {
    let before = intact(&desk.work.db).await.0;
    for n in 0..600 {
        desk.work.views.record(entry(n)).await.expect("takes views");
    }
    desk.work.views.flush().await;
    assert_eq!(intact(&desk.work.db).await.0, before + 600);
    for n in 0..300 {
        desk.work.views.record(entry(n)).await.expect("takes views");
    }
    desk.work.views.stop().await;
    assert_eq!(intact(&desk.work.db).await.0, before + 900);
    assert!(
        desk.work.views.record(entry(1)).await.is_err(),
        "a page that cannot be recorded must not be shown"
    );
});

on_both!(no_view_that_was_taken_is_lost_to_a_stop, |desk| async {
    let before = intact(&desk.work.db).await.0;
    let readers = (0..8).map(|_| {
        let work = desk.work.clone();
        tokio::spawn(async move {
            let mut taken = 0;
            while taken < 5_000 && work.views.record(entry(taken)).await.is_ok() {
                taken += 1;
            }
            taken
        })
    });
    let readers: Vec<_> = readers.collect();
    tokio::time::sleep(std::time::Duration::from_millis(30)).await;
    desk.work.views.stop().await;
    let mut taken = 0;
    for reader in readers {
        taken += reader.await.expect("no panic");
    }
    assert!(taken > 0);
    assert_eq!(intact(&desk.work.db).await.0 - before, taken);
});

on_both!(an_anchor_shows_a_cut_tail_and_a_rewritten_chain, |desk| async {
    fill(&desk.work.db, 20).await;
    let (entries, _, head) = intact(&desk.work.db).await;
    let db = &desk.work.db;
    assert!(matches!(
        journal::verify(db, Some((entries, head.clone()))).await,
        Ok(Verified::Intact { .. })
    ));
    assert!(matches!(
        journal::verify(db, Some((entries, head[..16].to_uppercase()))).await,
        Ok(Verified::Intact { .. })
    ));
    assert_eq!(broken_at(db, Some((entries, sha256_hex(b"another chain")))).await, entries);
    assert_eq!(broken_at(db, Some((entries + 5, head.clone()))).await, entries + 1);
    for useless in ["", "a", &head[..15]] {
        assert!(
            journal::verify(db, Some((entries, useless.to_owned()))).await.is_err(),
            "{useless:?} proves nothing"
        );
    }
});

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: i64) -> i64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        i64::try_from(self.0 % u64::try_from(below).expect("positive")).expect("fits")
    }
}

/// Tampers with the chain of `last` entries; gives the statements, and the first entry that is
/// wrong then.
fn tamper(dice: &mut Dice, last: i64) -> (String, Vec<String>, i64) {
    let at = dice.roll(last) + 1;
    let one = |name: &str, statement: String| (format!("{name} at {at}"), vec![statement], at);
    match dice.roll(12) {
        0 => {
            one("changed moment", format!("UPDATE journal SET at_ms = at_ms + 1 WHERE seq = {at}"))
        }
        1 => one(
            "changed actor",
            format!("UPDATE journal SET actor = actor || ' ' WHERE seq = {at}"),
        ),
        2 => one(
            "shifted border",
            format!(
                "UPDATE journal SET actor = actor || substr(action, 1, 1), action = substr(action, 2) WHERE seq = {at}"
            ),
        ),
        3 => one(
            "changed subject",
            format!("UPDATE journal SET subject_id = 'check-x' WHERE seq = {at}"),
        ),
        4 => one("changed request", format!("UPDATE journal SET request_id = '' WHERE seq = {at}")),
        5 => one(
            "changed commitment",
            format!("UPDATE journal SET commitment = zeroblob(32) WHERE seq = {at}"),
        ),
        6 => {
            one("changed hash", format!("UPDATE journal SET hash = zeroblob(32) WHERE seq = {at}"))
        }
        7 => one(
            "changed details",
            format!("UPDATE journal_details SET details = '{{\"n\":0}}' WHERE seq = {at}"),
        ),
        8 => one(
            "changed salt",
            format!("UPDATE journal_details SET salt = zeroblob(16) WHERE seq = {at}"),
        ),
        9 => {
            let at = at.min(last - 1);
            let close_up = vec![
                format!("DELETE FROM journal_details WHERE seq = {at}"),
                format!("DELETE FROM journal WHERE seq = {at}"),
                format!("UPDATE journal SET seq = -(seq - 1) WHERE seq > {at}"),
                "UPDATE journal SET seq = -seq WHERE seq < 0".to_owned(),
                format!("UPDATE journal_details SET seq = -(seq - 1) WHERE seq > {at}"),
                "UPDATE journal_details SET seq = -seq WHERE seq < 0".to_owned(),
            ];
            if dice.roll(2) == 0 {
                (format!("deleted {at}"), close_up[..2].to_vec(), at)
            } else {
                (format!("deleted {at} and closed the gap"), close_up, at)
            }
        }
        10 => {
            let at = at.min(last - 1);
            let make_room = vec![
                format!("UPDATE journal SET seq = -(seq + 1) WHERE seq > {at}"),
                "UPDATE journal SET seq = -seq WHERE seq < 0".to_owned(),
                format!("UPDATE journal_details SET seq = -(seq + 1) WHERE seq > {at}"),
                "UPDATE journal_details SET seq = -seq WHERE seq < 0".to_owned(),
                format!(
                    "INSERT INTO journal SELECT {at} + 1, at_ms, actor, action, subject, subject_id, request_id, commitment, hash FROM journal WHERE seq = {at}"
                ),
            ];
            (format!("inserted after {at}"), make_room, at + 1)
        }
        _ => {
            let (a, b) = (at.min(last - 1), at.min(last - 1) + 1);
            let swap = ["journal", "journal_details"]
                .iter()
                .flat_map(|t| {
                    [
                        format!("UPDATE {t} SET seq = -1 WHERE seq = {a}"),
                        format!("UPDATE {t} SET seq = {a} WHERE seq = {b}"),
                        format!("UPDATE {t} SET seq = {b} WHERE seq = -1"),
                    ]
                })
                .collect();
            (format!("swapped {a} and {b}"), swap, a)
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_300_manipulations_is_detected_and_named() {
    const ENTRIES: i64 = 40;
    let folder = tempfile::tempdir().expect("a folder");
    let db = Db::open(&format!("sqlite:{}", folder.path().join("copy.db").display()))
        .await
        .expect("opens");
    fill(&db, ENTRIES).await;
    let (_, _, head) = intact(&db).await;
    let Db::Sqlite { writer, .. } = &db else { unreachable!("this is SQLite") };
    // What somebody with the file in their hands would do first.
    for pragma in ["PRAGMA foreign_keys = OFF", "PRAGMA synchronous = OFF"] {
        writer.alone(async |line| sqlx::query(pragma).execute(line).await).await.expect("a pragma");
    }
    for trigger in texts(&db, "SELECT name FROM sqlite_master WHERE type = 'trigger'").await {
        run_sql(&db, &format!("DROP TRIGGER {trigger}")).await.expect("drops");
    }
    for table in ["journal", "journal_details"] {
        run_sql(&db, &format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}"))
            .await
            .expect("keeps");
    }
    let mut dice = Dice(0x5eed_0fda);
    for round in 0..300 {
        let (name, statements, first) = tamper(&mut dice, ENTRIES);
        for statement in &statements {
            run_sql(&db, statement).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
        }
        assert_eq!(broken_at(&db, None).await, first, "round {round}: {name}");
        for table in ["journal_details", "journal"] {
            run_sql(&db, &format!("DELETE FROM {table}")).await.expect("clears");
            run_sql(&db, &format!("INSERT INTO {table} SELECT * FROM kept_{table}"))
                .await
                .expect("restores");
        }
    }
    assert_eq!(intact(&db).await, (ENTRIES, 0, head.clone()));

    // A cut tail and a chain written anew are whole in themselves; only an anchor shows them.
    for cut in [1, 3, ENTRIES - 1] {
        for table in ["journal_details", "journal"] {
            run_sql(&db, &format!("DELETE FROM {table} WHERE seq > {}", ENTRIES - cut))
                .await
                .expect("cuts");
        }
        assert_eq!(intact(&db).await.0, ENTRIES - cut);
        assert_eq!(broken_at(&db, Some((ENTRIES, head.clone()))).await, ENTRIES - cut + 1);
        for table in ["journal_details", "journal"] {
            run_sql(&db, &format!("DELETE FROM {table}")).await.expect("clears");
            run_sql(&db, &format!("INSERT INTO {table} SELECT * FROM kept_{table}"))
                .await
                .expect("restores");
        }
    }
    for table in ["journal_details", "journal"] {
        run_sql(&db, &format!("DELETE FROM {table}")).await.expect("clears");
    }
    fill(&db, ENTRIES + 3).await;
    assert_eq!(intact(&db).await.0, ENTRIES + 3);
    assert_eq!(broken_at(&db, Some((ENTRIES, head))).await, ENTRIES);
}
