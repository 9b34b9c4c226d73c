//! P-27 and P-28: the program itself, `probity serve`: its memory when nobody asks, and how soon it
//! answers.

use super::{
    bare,
    board::{Board, Goal},
    http::Http,
    memory,
    times::{ROUNDS, median},
};
use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long both programs are left alone before their memory is read.
const IDLE: Duration = Duration::from_secs(20);
const PATIENCE: Duration = Duration::from_secs(60);
/// The size of the log that a killed program leaves behind: the most that a rush may make of it.
const LOG: u64 = 330_000_000;
/// Modes of this program when it starts itself.
pub const SERVE_JSON: &str = "serve-json";
pub const FILL_LOG: &str = "fill-log";

/// A program that is killed when it is dropped.
struct Running(Child);

impl Running {
    fn id(&self) -> String {
        self.0.id().to_string()
    }

    /// As a machine that loses power would end it.
    fn kill(&mut self) {
        self.0.kill().expect("killed");
        self.0.wait().expect("gone");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts the program over a folder; gives it with its address and the milliseconds until it
/// answered.
fn start(data: &Path) -> (Running, SocketAddr, f64) {
    // Free a moment ago; nobody else here asks for ports.
    let address = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port");
    let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PROBITY_"))
    {
        command.env_remove(name);
    }
    command
        .arg("serve")
        .env_remove("DATABASE_URL")
        .env("PROBITY_ALLOWED_PRIVATE", "127.0.0.0/8")
        .env("PROBITY_LISTEN", address.to_string())
        .env("PROBITY_DATA", data);
    command.env("PROBITY_SITE", data.join("site")).stdout(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let mut running = Running(command.spawn().expect("the program starts"));
    while TcpStream::connect(address).is_err() {
        assert!(running.0.try_wait().expect("watched").is_none(), "the program ended");
        assert!(started.elapsed() < PATIENCE, "the program does not answer");
        std::thread::sleep(Duration::from_micros(500));
    }
    Http::connect(address).get_length("/healthz");
    (running, address, started.elapsed().as_secs_f64() * 1e3)
}

/// This program once more, in another mode; gives it with the first line it says.
fn myself(mode: &str, arguments: &[&str]) -> (Running, String) {
    let mut command = Command::new(std::env::current_exe().expect("a path"));
    command.arg(mode).args(arguments).stdout(Stdio::piped());
    let mut running = Running(command.spawn().expect("starts"));
    let mut line = String::new();
    BufReader::new(running.0.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    (running, line.trim().to_owned())
}

/// P-27: resident memory of both, each after a hundred answers and some time alone.
pub fn idle(data: &Path, person: &str, board: &mut Board<'_>) {
    let url = format!("sqlite:{}", data.join("probity.db").display());
    let (bare, address) = myself(SERVE_JSON, &[&url, person]);
    let mut rows = Http::connect(address.parse().expect("an address"));
    let (desk, address, _) = start(data);
    let mut pages = Http::signed_in(address);
    for _ in 0..100 {
        rows.get_length("/rows");
        pages.get_length("/checks");
    }
    std::thread::sleep(IDLE);
    // Files that are mapped are the program itself, and the pages of the database that were read.
    let [desk, bare] = [desk.id(), bare.id()]
        .map(|id| ["VmRSS", "RssAnon", "RssFile"].map(|what| memory::of(&id, what)));
    let what = format!(
        "memory of the program after {} s alone / of a bare axum and sqlx server",
        IDLE.as_secs()
    );
    board.row("P-27", &what, &[desk[0] / bare[0]], Goal::AtMost(2.5));
    for (who, [all, own, files]) in [("the program", desk), ("the bare server", bare)] {
        board.note(format!(
            "{who} {:.1} MB: {:.1} of its own, {:.1} of files that are mapped",
            all / 1e6,
            own / 1e6,
            files / 1e6
        ));
    }
    board.close();
}

/// P-28: from the start to the first answer, over many checks and over none; and over what a killed
/// program left behind.
pub fn cold_start(data: &Path, checks: usize, board: &mut Board<'_>) {
    let empty = tempfile::tempdir().expect("a folder");
    // Makes the empty database, and warms both.
    drop(start(empty.path()));
    drop(start(data));
    let (mut ratios, mut large) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let none = start(empty.path()).2;
        let many = start(data).2;
        ratios.push(many / none);
        large.push(many);
        board.note(format!("round {}: none {none:.0} ms, {checks} checks {many:.0} ms", round + 1));
    }
    let killed: Vec<f64> = (0..ROUNDS).map(|_| after_kill(data, board)).collect();
    board.row(
        "P-28",
        &format!("start to first answer over {checks} checks / over none"),
        &ratios,
        Goal::AtMost(1.5),
    );
    board.row(
        "P-28",
        &format!("ms of such a start over {checks} checks"),
        &[median(&large)],
        Goal::AtMost(500.0),
    );
    board.row(
        "P-28",
        "ms of a start after a kill that left a log of 330 MB",
        &killed,
        Goal::AtMost(2_000.0),
    );
    board.close();
}

/// Kills the program and a writer beside it, and starts it again.
fn after_kill(data: &Path, board: &mut Board<'_>) -> f64 {
    let database = data.join("probity.db");
    let (mut desk, _, _) = start(data);
    let (mut writer, said) = myself(FILL_LOG, &[&database.display().to_string()]);
    assert_eq!(said, "full");
    writer.kill();
    desk.kill();
    let left = log_of(&database).metadata().map_or(0, |m| m.len());
    assert!(left >= LOG, "a log of {left} bytes");
    let took = start(data).2;
    board.note(format!("killed with a log of {:.0} MB: {took:.0} ms", left as f64 / 1e6));
    took
}

fn log_of(database: &Path) -> PathBuf {
    let mut path = database.as_os_str().to_owned();
    path.push("-wal");
    path.into()
}

/// This program as a writer: touches rows until the log is full, says so and waits to be killed.
/// What does not change is not written, so each was touched a millisecond later than before.
pub fn fill_log(database: &Path) {
    let writer = bare::open(database);
    writer.pragma_update(None, "wal_autocheckpoint", 0).expect("no checkpoints");
    writer.busy_timeout(Duration::from_secs(10)).expect("waits");
    // What a log held before is not counted.
    writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).expect("empty");
    while log_of(database).metadata().map_or(0, |m| m.len()) < LOG {
        writer
            .execute("UPDATE checks SET touched_at_ms = touched_at_ms + 1 WHERE id IN (SELECT id FROM checks LIMIT 5000)", [])
            .expect("touched");
    }
    println!("full");
    std::thread::sleep(PATIENCE);
}
