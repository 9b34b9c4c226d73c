//! The daily inspection: a whole desk is said to be whole, whatever is damaged is named exactly,
//! and one at a time looks.

use crate::{on_both, support::*};
use casework::{
    Casework, Clock, Db, Pace, Sealer, Work,
    checks::review,
    customers,
    idv::{self, Sent},
    inspection::{self, Found},
    journal::{self, Actor, Verified},
    objects::{Access, Objects, Place, SMALL},
    providers::Networks,
    workers,
};
use domain::{CheckId, decisions::Outcome, idv::Slot, time::DAY};
use std::{path::Path, time::Instant};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The desk once more, as another instance with a place for its files; they share the clock.
async fn instance(desk: &Desk, place: &str, pace: Pace) -> Work {
    let db = Db::open(&desk.url).await.expect("opens");
    let access = Access {
        endpoint: Some("http://127.0.0.1:9".into()),
        region: Some("nowhere".into()),
        key_id: Some("k".into()),
        secret: Some("s".to_owned().into()),
    };
    let objects = Objects::at(Place::of(place, &access).expect("a place"));
    let sealer = Sealer::new(desk.key.clone(), vec![]);
    Casework::within(
        db,
        sealer,
        desk.work.clock.clone(),
        pace,
        "http://127.0.0.1:9".into(),
        objects,
        Networks::loopback(),
    )
}

fn text(folder: &Path) -> &str {
    folder.to_str().expect("a text")
}

async fn upload(desk: &Desk, work: &Work) -> CheckId {
    let id = CheckId::from(casework::new_id());
    let uploads = vec![drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)];
    let sent = Sent { form: desk.idv_form("upload", "Jörg Müller"), uploads, kept: vec![] };
    idv::launch(work, &desk.anna, &by(&desk.anna), &id, sent, false, None).await.expect("launches");
    id
}

async fn inspected(work: &Work) -> Found {
    inspection::inspect(work, &Actor::operator())
        .await
        .expect("inspects")
        .expect("nobody else does")
}

/// What is said to be wrong.
async fn wrong(work: &Work) -> Vec<String> {
    let found = inspected(work).await;
    assert_eq!(found.faults, found.named.len() as i64);
    found.named.into_iter().map(|fault| fault.words).collect()
}

/// Flips the lowest bit in the middle of a value, by hexadecimal digits.
async fn flip(db: &Db, table: &str, column: &str, row: &str) {
    let postgres = db.is_postgres();
    let is_bytes = column == "hash" || column.ends_with("sealed");
    let hex = match (postgres, is_bytes) {
        (true, true) => format!("encode({column}, 'hex')"),
        (true, false) => format!("encode(convert_to({column}, 'UTF8'), 'hex')"),
        (false, _) => format!("hex({column})"),
    };
    let mut bytes =
        hex::decode(texts(db, &format!("SELECT {hex} FROM {table} WHERE {row}")).await.remove(0))
            .expect("hexadecimal");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let value = match (postgres, is_bytes) {
        (true, true) => format!("'\\x{}'", hex::encode(&bytes)),
        (true, false) => format!("convert_from('\\x{}', 'UTF8')", hex::encode(&bytes)),
        (false, true) => format!("x'{}'", hex::encode(&bytes)),
        (false, false) => format!("CAST(x'{}' AS TEXT)", hex::encode(&bytes)),
    };
    assert_eq!(
        run_sql(db, &format!("UPDATE {table} SET {column} = {value} WHERE {row}"))
            .await
            .expect("changes"),
        1,
        "{table} {row}"
    );
}

on_both!(of_a_whole_desk_nothing_is_wrong_and_everything_is_counted, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    let work = instance(&desk, text(folder.path()), pace()).await;
    let check = desk.launch_form(&desk.form("Test Callback Duplicate")).await;
    desk.until_state(&check, domain::checks::State::ToReview).await;
    desk.settle("a callback", || async { desk.callbacks_received() > 0 }).await;
    desk.decide(&desk.anna, &check, Outcome::Reject).await;
    upload(&desk, &work).await;
    let erased = desk.reviewed("Ana Popović").await;
    customers::erase_now(
        &desk.work,
        &Actor::worker(),
        &desk.check(&erased).await.customer_id,
        "a test",
    )
    .await
    .expect("erases");
    desk.work.intake.stop().await;
    desk.work.views.flush().await;
    assert_eq!(inspection::latest(&work).await.expect("reads"), None);

    let Ok(Verified::Intact { entries, head, .. }) = journal::verify(&work.db, None).await else {
        panic!("the chain is whole")
    };
    let count = async |what: &str| number(&work.db, &format!("SELECT COUNT(*) FROM {what}")).await;
    let evidence =
        count("evidence").await - count(&format!("evidence WHERE check_id = '{erased}'")).await;
    // The two secrets of the one connection besides.
    let others = count("customer_keys").await + count("callbacks").await + 2;
    assert!(
        evidence > 3
            && count("callbacks").await > 0
            && count("evidence WHERE object IS NOT NULL").await > 0
    );
    let found = inspected(&work).await;
    assert_eq!(
        found,
        Found {
            entries,
            head: head.clone(),
            evidence,
            others,
            missed: 0,
            faults: 0,
            named: vec![]
        }
    );

    let last = inspection::latest(&work).await.expect("reads").expect("one");
    assert!(last.found == found && last.begun_at <= last.ended_at);
    let all = journal::list(
        &work,
        &journal::Filter { action: Some("inspected".into()), limit: 9, ..Default::default() },
    )
    .await;
    let entry = all.expect("lists").remove(0);
    assert!(
        entry.seq == entries + 1
            && entry.actor == "operator"
            && entry.details.expect("there").contains(&head),
        "it is in the journal"
    );
    assert_journal_intact(&work).await;
    work.close().await;
});

on_both!(whatever_is_flipped_is_named_and_nothing_else, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    let work = instance(&desk, text(folder.path()), pace()).await;
    let small = desk.launch_form(&desk.form("Test Callback Duplicate")).await;
    desk.until_state(&small, domain::checks::State::ToReview).await;
    desk.settle("a callback", || async { desk.callbacks_received() > 0 }).await;
    let check = upload(&desk, &work).await;
    assert_eq!(wrong(&work).await, Vec::<String>::new());
    for table in ["evidence", "journal", "journal_details", "callbacks"] {
        without_triggers(&work.db, table).await;
    }
    let db = &work.db;
    let one = async |sql: &str| texts(db, sql).await.remove(0);
    let evidence = desk.review(&small).await.evidence.remove(0).id;
    let large = review::get(&work, &check)
        .await
        .expect("reads")
        .evidence
        .into_iter()
        .find(|e| e.size > SMALL as i64)
        .expect("one")
        .id;
    let customer = one("SELECT MIN(customer_id) FROM customer_keys").await;
    let callback = one("SELECT MIN(id) FROM callbacks").await;
    const SEAL: &str = "the envelope is damaged or belongs to another place.";
    let cases = [
        (
            "evidence",
            "sealed",
            format!("id = '{evidence}'"),
            format!("The evidence {evidence}: {SEAL}"),
        ),
        ("evidence", "sealed", format!("id = '{large}'"), format!("The evidence {large}: {SEAL}")),
        (
            "renditions",
            "sealed",
            format!("evidence_id = '{large}'"),
            format!("What pages show of the evidence {large}: {SEAL}"),
        ),
        (
            "journal_details",
            "details",
            "seq = 4".into(),
            "Entry 4 of the journal: the details of this entry were changed.".into(),
        ),
        (
            "journal",
            "hash",
            "seq = 5".into(),
            "Entry 5 of the journal: this entry, or the order before it, was changed.".into(),
        ),
        (
            "journal",
            "actor",
            "seq = 6".into(),
            "Entry 6 of the journal: this entry, or the order before it, was changed.".into(),
        ),
        (
            "callbacks",
            "sealed",
            format!("id = '{callback}'"),
            format!("The callback {callback}: {SEAL}"),
        ),
        (
            "credentials",
            "sealed",
            "name = 'api_token'".into(),
            format!("The credential of the connection KryptoGO: {SEAL}"),
        ),
        (
            "connections",
            "callback_token_sealed",
            "1 = 1".into(),
            format!("The callback address of the connection KryptoGO: {SEAL}"),
        ),
    ];
    for (table, column, row, words) in cases {
        flip(db, table, column, &row).await;
        let mut said = wrong(&work).await;
        // What the record covers is told as a row that differs, too.
        if ["credentials", "connections"].contains(&table) {
            assert!(
                said.remove(0).starts_with(&format!(
                    "The record is broken in {table}, row {}",
                    desk.connection
                )),
                "{table}"
            );
        }
        assert_eq!(said, [words], "{table}.{column}");
        flip(db, table, column, &row).await;
    }
    // With a customer's key, all that is sealed with it is closed.
    flip(db, "customer_keys", "sealed", &format!("customer_id = '{customer}'")).await;
    let said = wrong(&work).await;
    assert!(
        said.len() > 1 && said[0] == format!("The key of the customer {customer}: {SEAL}"),
        "{said:?}"
    );
    flip(db, "customer_keys", "sealed", &format!("customer_id = '{customer}'")).await;

    let name = one(&format!("SELECT object FROM evidence WHERE id = '{large}'")).await;
    let file = folder.path().join(&name[..2]).join(&name[2..]);
    let bytes = std::fs::read(&file).expect("reads");
    let mut bad = bytes.clone();
    bad[bytes.len() / 2] ^= 1;
    std::fs::write(&file, bad).expect("writes");
    let found = inspected(&work).await;
    assert_eq!(
        (found.faults, found.named[0].check.as_deref()),
        (1, Some(check.as_str())),
        "with its check"
    );
    assert_eq!(found.named[0].words, format!("The evidence {large}: its file {name} was altered."));
    std::fs::remove_file(&file).expect("removes");
    assert_eq!(wrong(&work).await, [format!("The evidence {large}: its file {name} is missing.")]);
    std::fs::write(&file, bytes).expect("writes");

    run_sql(db, &format!("UPDATE evidence SET name = 'x' WHERE id = '{evidence}'"))
        .await
        .expect("changes");
    let said = wrong(&work).await;
    assert!(
        said[0].starts_with(&format!("The record is broken in evidence, row {evidence}")),
        "{said:?}"
    );
    assert_eq!(
        said[1..],
        [format!(
            "The evidence {evidence}: it opens, but its bytes are not those that were received."
        )]
    );
    work.close().await;
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_page_of_the_file_is_named_and_the_inspection_goes_on() {
    on_sqlite(|desk| async move {
        desk.reviewed("Jan Novák").await;
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("copy.db");
        desk.work.db.backup(&copy).await.expect("copies");
        // An index that nothing here reads or writes.
        let page = {
            let db = Db::open(&format!("sqlite:{}", copy.display())).await.expect("opens");
            let page =
                number(&db, "SELECT rootpage FROM sqlite_master WHERE name = 'checks_by_customer'")
                    .await;
            db.close().await;
            page
        };
        let mut bytes = std::fs::read(&copy).expect("reads");
        bytes[usize::try_from(page - 1).expect("positive") * 4096] ^= 0x08;
        std::fs::write(&copy, bytes).expect("writes");
        let db = Db::open(&format!("sqlite:{}", copy.display())).await.expect("opens");
        let work = Casework::new(
            db,
            Sealer::new(desk.key.clone(), vec![]),
            Clock::default(),
            pace(),
            String::new(),
        );
        let found = inspected(&work).await;
        assert!(found.faults > 0 && !found.head.is_empty() && found.evidence == 2, "{found:?}");
        assert!(
            found.named.iter().all(|fault| fault.words.starts_with("The database's file: ")),
            "{found:?}"
        );
        assert!(
            found.named.iter().any(|fault| fault.words.contains(&format!("page {page}"))),
            "{found:?}"
        );
        work.close().await;
    })
    .await;
}

on_both!(a_tail_that_was_cut_shows_although_the_rest_is_whole, |desk| async {
    desk.reviewed("Jan Novák").await;
    let work = &desk.work;
    let good = inspected(work).await;
    for table in ["journal", "journal_details", "commitments"] {
        without_triggers(&work.db, table).await;
    }
    // What the inspection's own entry commits to goes with it.
    for table in ["commitments", "journal_details", "journal"] {
        run_sql(&work.db, &format!("DELETE FROM {table} WHERE seq >= {}", good.entries))
            .await
            .expect("cuts");
    }
    assert_journal_intact(work).await;
    let cut = format!(
        "Entry {0} of the journal: the chain ends before the anchored entry {0}: its tail was cut.",
        good.entries
    );
    assert_eq!(wrong(work).await, [cut]);
    // The entry about that stands where the old one stood.
    let rewritten = format!(
        "Entry {} of the journal: this entry differs from the anchor: the chain was rewritten.",
        good.entries
    );
    assert_eq!(wrong(work).await, std::slice::from_ref(&rewritten));
    // However often it is said: the good head is not forgotten for it.
    run_sql(&work.db, "UPDATE inspections SET begun_at_ms = begun_at_ms - 1000 WHERE faults = 0")
        .await
        .expect("changes");
    let ended = "id || lpad(CAST(n AS TEXT), 3, '0'), begun_at_ms, 0, ended_at_ms, entries, head, evidence, others, missed, faults, named";
    let ended = if work.db.is_postgres() {
        ended.to_owned()
    } else {
        ended.replace("lpad(CAST(n AS TEXT), 3, '0')", "printf('%03d', n)")
    };
    let many = format!(
        "WITH RECURSIVE more (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM more WHERE n < 120) INSERT INTO inspections \
         (id, begun_at_ms, lease_until_ms, ended_at_ms, entries, head, evidence, others, missed, faults, named) \
         SELECT {ended} FROM more, (SELECT * FROM inspections WHERE faults > 0 LIMIT 1) one"
    );
    run_sql(&work.db, &many).await.expect("many");
    assert_eq!(wrong(work).await, [rewritten]);
    assert_eq!(
        number(&work.db, "SELECT COUNT(*) FROM inspections").await,
        101,
        "a hundred, and the good one"
    );
});

/// Waits for something that another task does.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !done().await {
        assert!(started.elapsed() < 2 * LONG, "waited in vain for: {what}");
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
}

on_both!(workers_inspect_once_a_day_whatever_their_number_and_stop_at_once, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let often = Pace { inspect_ms: 10, ..pace() };
    let (one, two) = (
        instance(&desk, text(folder.path()), often).await,
        instance(&desk, text(folder.path()), often).await,
    );
    workers::start(&one, &stop, &tasks);
    workers::start(&two, &stop, &tasks);
    tasks.close();
    let ended = async || {
        number(
            &desk.work.db,
            "SELECT COUNT(*) FROM journal WHERE action = 'inspected' AND actor = 'worker'",
        )
        .await
    };
    until("the first inspection", async || ended().await > 0).await;
    for work in [&one, &two] {
        assert_eq!(inspection::daily(work).await.expect("looks"), None, "it is done for today");
    }
    assert_eq!(ended().await, 1);
    desk.work.clock.advance(DAY);
    until("the next day's", async || ended().await > 1).await;
    stop.cancel();
    tokio::time::timeout(LONG, tasks.wait()).await.expect("all stop");
    assert_eq!(ended().await, 2);

    // One that is under way holds up no stop.
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    let slow = instance(&desk, text(folder.path()), Pace { rest_ms: 600_000, ..often }).await;
    desk.work.clock.advance(DAY);
    workers::start(&slow, &stop, &tasks);
    tasks.close();
    until("one is under way", async || {
        number(&desk.work.db, "SELECT COUNT(*) FROM inspections WHERE ended_at_ms IS NULL").await
            == 1
    })
    .await;
    stop.cancel();
    tokio::time::timeout(LONG, tasks.wait()).await.expect("it stops");
    for work in [one, two, slow] {
        work.close().await;
    }
});

on_both!(one_looks_at_a_time_and_a_dead_ones_is_begun_anew, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    // It gets no further than its first page, and keeps its lease alive meanwhile.
    let slow =
        instance(&desk, text(folder.path()), Pace { rest_ms: 600_000, lease_ms: 600, ..pace() })
            .await;
    let looking = {
        let slow = slow.clone();
        tokio::spawn(async move { inspection::inspect(&slow, &Actor::operator()).await })
    };
    let lease =
        "SELECT COALESCE(MAX(lease_until_ms), 0) FROM inspections WHERE ended_at_ms IS NULL";
    until("it is under way", async || number(&desk.work.db, lease).await > 0).await;
    let begun = number(&desk.work.db, lease).await;
    until("its lease is kept alive", async || number(&desk.work.db, lease).await > begun).await;
    let held = desk.work.now() + 600_000;
    run_sql(&desk.work.db, &format!("UPDATE inspections SET lease_until_ms = {held}"))
        .await
        .expect("changes");
    for tried in [
        inspection::daily(&desk.work).await,
        inspection::inspect(&desk.work, &Actor::operator()).await,
    ] {
        assert_eq!(tried.expect("looks"), None, "nobody looks beside it");
    }
    // Another one takes over while it still lives: it ends, and what it read is not kept.
    run_sql(&desk.work.db, "UPDATE inspections SET id = 'taken over'").await.expect("changes");
    let ended = tokio::time::timeout(LONG, looking).await.expect("it ends").expect("no panic");
    assert_eq!(ended.expect("no error"), None);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'inspected'").await,
        0
    );
    // That one is dead: nothing keeps its lease alive.
    run_sql(&desk.work.db, &format!("UPDATE inspections SET lease_until_ms = {held}"))
        .await
        .expect("changes");
    assert_eq!(inspection::daily(&desk.work).await.expect("looks"), None, "its lease still runs");
    desk.work.clock.advance(600_000);
    assert_eq!(inspection::daily(&desk.work).await.expect("looks").expect("begun anew").faults, 0);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM inspections").await,
        1,
        "nothing is left of the dead one's"
    );
    slow.close().await;
});

on_both!(what_is_out_of_reach_is_not_inspected_and_not_lost, |desk| async {
    let folder = tempfile::tempdir().expect("a folder");
    let near = instance(&desk, text(folder.path()), pace()).await;
    for _ in 0..2 {
        upload(&desk, &near).await;
    }
    let outside = number(&near.db, "SELECT COUNT(*) FROM evidence WHERE object IS NOT NULL").await;
    let inside = number(&near.db, "SELECT COUNT(*) FROM evidence WHERE object IS NULL").await;
    assert!(outside > 3, "{outside}: after three no more are asked for");
    let far = instance(&desk, "s3://nowhere/desk", pace()).await;
    let found = inspected(&far).await;
    assert_eq!((found.missed, found.evidence, found.faults), (outside, inside, 0), "{found:?}");
    let found = inspected(&near).await;
    assert_eq!((found.missed, found.evidence), (0, outside + inside));
    near.close().await;
    far.close().await;
});
