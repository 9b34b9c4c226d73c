//! F-01, F-18, F-19, F-25, F-26: whatever system call the program dies or fails at, a decision is
//! there whole or not at all, and what a provider was told that we have is there.

use crate::support::*;
use casework::{Db, MasterKey, journal, new_id};
use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// What SQLite changes files with, and what the answer is written with. strace counts each by
/// itself, in each thread.
const CALLS: [&str; 7] =
    ["pwrite64", "pwritev", "fdatasync", "fsync", "ftruncate", "unlink", "write"];
/// More kill points of one kind than a decision can have.
const KILLS_MAX: usize = 200;

/// An example beside this test program.
fn example(name: &str) -> PathBuf {
    let here = std::env::current_exe().expect("a path");
    let program = here.ancestors().nth(2).expect("the target folder").join("examples").join(name);
    assert!(
        program.is_file(),
        "{} is missing. Build it with: cargo build -p casework --example {name}",
        program.display()
    );
    program
}

/// A prepared database, and what is to be done in it.
struct Prepared<const N: usize> {
    program: PathBuf,
    file: PathBuf,
    arguments: [String; N],
    key: MasterKey,
}

impl<const N: usize> Prepared<N> {
    fn copy(&self, folder: &Path) -> PathBuf {
        let file = folder.join("copy.db");
        for ending in ["", "-wal", "-shm"] {
            std::fs::remove_file(format!("{}{ending}", file.display())).ok();
        }
        std::fs::copy(&self.file, &file).expect("copies");
        file
    }

    fn run(&self, mut command: Command, file: &Path) -> Output {
        command
            .arg(file)
            .args(&self.arguments)
            .env("PROBITY_MASTER_KEY", self.key.to_text().as_str())
            .output()
            .unwrap_or_else(|e| {
                panic!("{command:?}: {e}. Install strace with: apt-get install strace")
            })
    }

    /// Runs it and kills it at the `n`th such call of a thread, before the call is carried out.
    fn killed_at(&self, call: &str, n: usize, file: &Path) -> Output {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
        strace.args(["-e", &format!("inject={call}:signal=KILL:when={n}")]).arg(&self.program);
        self.run(strace, file)
    }

    /// Kills it at each call of each kind, and looks at what it left each time; the last run of a
    /// kind comes to its end.
    async fn killed_everywhere(
        &self,
        folder: &Path,
        mut look: impl AsyncFnMut(&str, &Path, &Output),
    ) {
        for call in CALLS {
            let mut n = 1;
            loop {
                let at = format!("{call} {n}");
                let file = self.copy(folder);
                let output = self.killed_at(call, n, &file);
                look(&at, &file, &output).await;
                if output.status.success() {
                    break;
                }
                assert!(
                    output.stderr.is_empty(),
                    "{at}: it died of something else: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
                n += 1;
                assert!(n < KILLS_MAX, "{call}: it never completed");
            }
        }
    }

    /// Runs it while the `n`th such call of a thread, and each later one, fails with this error.
    fn failing_from(&self, call: &str, n: usize, error: &str, file: &Path) -> Output {
        let mut strace = Command::new("strace");
        strace.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
        strace.args(["-e", &format!("inject={call}:error={error}:when={n}+")]).arg(&self.program);
        self.run(strace, file)
    }

    /// Runs it to its end.
    fn again(&self, file: &Path) -> Output {
        self.run(Command::new(&self.program), file)
    }
}

async fn prepare(desk: &Desk, folder: &Path) -> Prepared<4> {
    let check = desk.reviewed("Chen Wei-Ming").await;
    let version = desk.check(&check).await.version;
    let file = folder.join("prepared.db");
    desk.work.db.backup(&file).await.expect("backs up");
    Prepared {
        program: example("decide_once"),
        file,
        arguments: [desk.anna.id.to_string(), check.to_string(), version.to_string(), new_id()],
        key: desk.key.clone(),
    }
}

/// Opens what the crash left and looks at all that a decision writes: check, decision, promise and
/// journal entry are there together or not at all.
async fn is_decided(file: &Path, prepared: &Prepared<4>) -> bool {
    let db = Db::open(&format!("sqlite:{}", file.display())).await.expect("opens after the crash");
    let [person, check, version, decision] = &prepared.arguments;
    let count = async |sql: String| number(&db, &sql).await;
    let all = [
        count(format!("SELECT COUNT(*) FROM checks WHERE id = '{check}' AND state = 'accepted' AND version = {version} + 1")).await,
        count(format!("SELECT COUNT(*) FROM checks WHERE id = '{check}' AND telling = 'due' AND decided_at_ms > 0")).await,
        count(format!("SELECT COUNT(*) FROM decisions WHERE id = '{decision}' AND check_id = '{check}' AND decided_by = '{person}'")).await,
        count(format!("SELECT COUNT(*) FROM deliveries WHERE task = 'tell_decision' AND decision_id = '{decision}' AND state = 'due'")).await,
        count(format!("SELECT COUNT(*) FROM journal WHERE action = 'decision_made' AND subject_id = '{check}'")).await,
        count(format!("SELECT COUNT(*) FROM journal j JOIN journal_details d ON d.seq = j.seq WHERE action = 'decision_made' AND details LIKE '%{decision}%'")).await,
    ];
    assert!(all.iter().all(|n| *n == all[0] && *n <= 1), "all or nothing: {all:?}");
    let untouched = count(format!(
        "SELECT COUNT(*) FROM checks WHERE id = '{check}' AND state = 'to_review' AND version = {version} AND telling = 'none'"
    ))
    .await;
    assert_eq!(all[0] + untouched, 1);
    assert_eq!(texts(&db, "PRAGMA integrity_check").await, ["ok"]);
    let verified = journal::verify(&db, None).await.expect("reads");
    assert!(matches!(verified, journal::Verified::Intact { .. }), "{verified:?}");
    db.close().await;
    all[0] == 1
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_killed_at_any_write_or_sync_is_whole_or_absent_and_can_be_repeated() {
    on_sqlite(|desk| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let prepared = prepare(&desk, folder.path()).await;
        let (mut absent, mut whole, mut answered) = (0, 0, 0);
        for call in CALLS {
            let mut n = 1;
            loop {
                let at = format!("{call} {n}");
                let file = prepared.copy(folder.path());
                let output = prepared.killed_at(call, n, &file);
                let told = !said(&output).is_empty();
                let decided = is_decided(&file, &prepared).await;
                assert!(decided || !told, "{at}: what was answered is there");
                // The page is sent again: the same result, however far it had come.
                let again = prepared.again(&file);
                let wanted = format!(
                    "{} decision accept {}",
                    prepared.arguments[3],
                    if decided { "repeated" } else { "new" }
                );
                assert_eq!(
                    said(&again),
                    wanted,
                    "{at}: {}",
                    String::from_utf8_lossy(&again.stderr)
                );
                assert!(is_decided(&file, &prepared).await, "{at}");
                if output.status.success() {
                    assert!(decided && told, "{at}: {}", String::from_utf8_lossy(&output.stderr));
                    break;
                }
                assert!(
                    output.stderr.is_empty(),
                    "{at}: it died of something else: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
                match (decided, told) {
                    (false, _) => absent += 1,
                    (true, false) => whole += 1,
                    (true, true) => answered += 1,
                }
                n += 1;
                assert!(n < KILLS_MAX, "{call}: it never completed");
            }
        }
        println!("{absent} kills before, {whole} after the commit, {answered} after the answer");
        assert!(absent >= 20 && whole >= 1 && answered >= 1, "{absent} {whole} {answered}");
    })
    .await;
}

/// How many callbacks are kept, sorted in or not; of each event that is sorted in there is one,
/// with its work and its entry in the journal.
async fn kept(file: &Path) -> Kept {
    let db = Db::open(&format!("sqlite:{}", file.display())).await.expect("opens after the crash");
    let waiting = number(&db, "SELECT COUNT(*) FROM callback_arrivals").await;
    let sorted_in = number(&db, "SELECT COUNT(*) FROM callbacks").await;
    let one_each =
        "(SELECT callback_id AS id FROM callback_work) INTERSECT SELECT id FROM callbacks";
    assert_eq!(
        number(&db, &format!("SELECT COUNT(*) FROM (SELECT id FROM {one_each})")).await,
        sorted_in,
        "all or nothing"
    );
    let entries = "SELECT COUNT(*) FROM journal j JOIN journal_details d ON d.seq = j.seq WHERE j.action = 'callback_received' AND j.subject_id";
    assert_eq!(
        number(&db, &format!("{entries} IN (SELECT id FROM callbacks)")).await,
        sorted_in,
        "each is entered once"
    );
    assert_eq!(
        number(&db, &format!("{entries} IN (SELECT id FROM callback_arrivals)")).await,
        0,
        "and none before"
    );
    let events = "SELECT event_id FROM callbacks UNION SELECT event_id FROM callback_arrivals";
    let events = number(&db, &format!("SELECT COUNT(*) FROM ({events})")).await;
    let verified = journal::verify(&db, None).await.expect("reads");
    assert!(matches!(verified, journal::Verified::Intact { .. }), "{verified:?}");
    db.close().await;
    Kept { waiting, sorted_in, events }
}

struct Kept {
    waiting: i64,
    sorted_in: i64,
    events: i64,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_taken_up_by_a_program_that_is_killed_at_any_write_or_sync_are_entered_once() {
    on_sqlite(|desk| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("prepared.db");
        let connection =
            casework::connections::get(&desk.work, &desk.connection).await.expect("there");
        // One of them twice.
        for body in [b"one", b"two", b"one"] {
            casework::inbox::receive(&desk.work, &connection, None, body, "crash")
                .await
                .expect("taken");
        }
        desk.work.db.backup(&file).await.expect("backs up");
        let prepared = Prepared {
            program: example("receive_some"),
            file,
            arguments: [desk.connection.to_string(), "0".into()],
            key: desk.key.clone(),
        };
        let (mut before, mut after) = (0, 0);
        let look = async |at: &str, file: &Path, output: &Output| {
            let first = kept(file).await;
            assert!(
                [(3, 0), (0, 2)].contains(&(first.waiting, first.sorted_in)),
                "{at}: all or nothing"
            );
            assert_eq!(first.events, 2, "{at}: nothing is lost");
            assert!(first.sorted_in == 2 || !output.status.success(), "{at}");
            let again = prepared.again(file);
            assert!(again.status.success(), "{at}: {}", String::from_utf8_lossy(&again.stderr));
            let second = kept(file).await;
            assert_eq!((second.waiting, second.sorted_in), (0, 2), "{at}");
            before += usize::from(first.sorted_in == 0);
            after += usize::from(first.sorted_in == 2 && !output.status.success());
        };
        prepared.killed_everywhere(folder.path(), look).await;
        println!("{before} kills before they were sorted in, {after} after it");
        assert!(before >= 1 && after >= 1, "{before} {after}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callbacks_killed_at_any_write_or_sync_were_acknowledged_only_if_they_are_there() {
    // More than SQLite's thread wakes the other one, so that kills reach each answer too.
    const COUNT: usize = 64;
    on_sqlite(|desk| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("prepared.db");
        desk.work.db.backup(&file).await.expect("backs up");
        let arguments = [desk.connection.to_string(), COUNT.to_string()];
        let prepared = Prepared { program: example("receive_some"), file, arguments, key: desk.key.clone() };
        let (mut unsaid, mut partly) = (0, 0);
        let look = async |at: &str, file: &Path, output: &Output| {
            let told = said(output).lines().count();
            let Kept { waiting, events, .. } = kept(file).await;
            assert_eq!(waiting, events, "{at}");
            assert!(told as i64 <= waiting, "{at}: {told} were acknowledged, {waiting} are there");
            let is_all = (told, waiting) == (COUNT, COUNT as i64);
            assert!(is_all || !output.status.success(), "{at}: {}", String::from_utf8_lossy(&output.stderr));
            // The provider sends all of them again: what is there is the same event.
            assert_eq!(said(&prepared.again(file)).lines().count(), COUNT, "{at}");
            let again = kept(file).await;
            assert_eq!((again.waiting, again.events), (waiting + COUNT as i64, COUNT as i64), "{at}");
            unsaid += usize::from(waiting > 0 && told == 0);
            partly += usize::from(told > 0 && told < COUNT);
        };
        prepared.killed_everywhere(folder.path(), look).await;
        println!("{unsaid} kills after the commit and before the first answer, {partly} between two answers");
        assert!(unsaid >= 1 && partly >= 1, "{unsaid} {partly}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_fails_or_is_full_at_any_write_or_sync_acknowledges_nothing_that_is_not_there()
{
    on_sqlite(|desk| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let prepared = prepare(&desk, folder.path()).await;
        let (mut refused, mut told_all) = (0, 0);
        // Writes are many and alike: in the short run each third of them.
        let some = if is_full() { 1 } else { 3 };
        for (call, error, step) in [
            ("fdatasync", "EIO", 1),
            ("fsync", "EIO", 1),
            ("pwrite64", "EIO", some),
            ("pwrite64", "ENOSPC", some),
        ] {
            let mut n = 1;
            loop {
                let at = format!("{error} at {call} {n}");
                let file = prepared.copy(folder.path());
                let output = prepared.failing_from(call, n, error, &file);
                let told = said(&output);
                let decided = is_decided(&file, &prepared).await;
                assert!(decided || told.is_empty(), "{at}: what was answered is there");
                assert!(
                    !told.is_empty() || !output.status.success(),
                    "{at}: without an answer it ends as failed"
                );
                let wanted = format!(
                    "{} decision accept {}",
                    prepared.arguments[3],
                    if decided { "repeated" } else { "new" }
                );
                assert_eq!(said(&prepared.again(&file)), wanted, "{at}");
                assert!(is_decided(&file, &prepared).await, "{at}");
                refused += usize::from(told.is_empty());
                told_all += usize::from(!told.is_empty());
                if !told.is_empty() && output.status.success() {
                    break;
                }
                n += step;
                assert!(n < KILLS_MAX, "{call}: it never completed");
            }
        }
        println!("{refused} failures before the answer, {told_all} runs that answered");
        assert!(refused >= 10, "{refused}");
    })
    .await;
}
