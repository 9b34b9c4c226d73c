//! The ratios of the desk: its pages against the bare work behind them, both sides in one run.
//!
//! Everything runs with session, permissions, CSP and journal switched on, over HTTP on the
//! loopback, the server on one core and whoever asks on the other. Rounds of both sides take turns;
//! the median of the rounds' ratios is printed with their spread, and a miss is printed as a miss.
//! Decisions are 15 ms apart on both sides.
//!
//! Webhooks are sent from 64 connections at once, and come last of what one process does: what they
//! leave to look at would be in the way of the rest. After that the program itself is started over
//! the same database.
//!
//! `cargo xtask bench`, or `cargo bench -p server --bench desk -- --checks 100000 --only
//! P-01,P-02`; with `TEST_POSTGRES_URL` on PostgreSQL, too. `--webhooks` measures those alone.

// Views are types that contain each other; an optimised build looks deeper into them than the usual
// limit.
#![recursion_limit = "256"]

mod bare;
mod board;
mod decisions;
mod flood;
mod http;
mod journal;
mod json;
mod memory;
mod options;
mod pages;
mod pictures;
mod place;
mod program;
mod review;
mod search;
mod times;
mod visits;
mod webhooks;
mod withheld;

use bare::open;
use board::Board;
use http::Http;
use options::Options;
use place::Place;
use std::{path::PathBuf, sync::LazyLock};
use times::{PER_ROUND, ROUNDS};
use tokio::runtime::{Handle, Runtime};
use withheld::Withheld;

/// The checks of the database that growth is measured against.
const FEW: usize = 10_000;
const ON_BOTH: [&str; 14] = [
    "P-01", "P-02", "P-04", "P-05", "P-06", "P-07", "P-08", "P-11", "P-12", "P-17", "P-18", "P-31",
    "P-32", "P-33",
];

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Every thread that follows inherits this, the database's own included.
    pin(0);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [program::SERVE_JSON, url, person] => {
            Runtime::new().expect("a runtime").block_on(json::serve_alone(url, person))
        }
        [program::FILL_LOG, database] => program::fill_log(database.as_ref()),
        _ => match Options::read(arguments.into_iter()) {
            Ok(options) => measure(&options),
            Err(words) => {
                eprintln!("{words}");
                return std::process::ExitCode::FAILURE;
            }
        },
    }
    std::process::ExitCode::SUCCESS
}

fn measure(options: &Options) {
    println!(
        "{ROUNDS} rounds of {PER_ROUND}, sides taking turns, one request at a time where nothing else is said\n"
    );
    let runtime = Runtime::new().expect("a runtime");
    let misses = std::thread::scope(|scope| {
        let handle = runtime.handle().clone();
        scope.spawn(move || run(options, &handle)).join().expect("no panic")
    });
    match misses {
        0 => println!("every goal met"),
        misses => println!("{misses} goals missed"),
    }
}

/// Everything, on a thread of its own that asks from the other core.
fn run(options: &Options, handle: &Handle) -> usize {
    let mut board = Board::new(options);
    let server = std::env::var("TEST_POSTGRES_URL").ok();
    let site = site();
    let wants_postgres = options.profile.is_none() && options.wants_one(&ON_BOTH);
    let make = |server: Option<&str>, count: usize, reviews: bool| {
        handle.block_on(Place::make(server, count, reviews, site.as_deref()))
    };
    let reviews = options.wants_one(&["P-11", "P-32"]) && options.profile.is_none();
    let sqlite = make(None, options.checks, reviews);
    let postgres = server
        .as_deref()
        .filter(|_| wants_postgres)
        .map(|server| make(Some(server), options.checks, reviews));
    if server.is_none() && wants_postgres {
        println!(
            "PostgreSQL is not measured: TEST_POSTGRES_URL names none; `cargo xtask bench` starts one"
        );
    }
    println!();
    pin(1);
    if let Some(seconds) = options.profile {
        pages::profile(&sqlite, seconds);
        handle.block_on(sqlite.close());
        return 0;
    }
    let mut sqlite = sqlite;
    on_one(&mut sqlite, None, handle, &mut board);
    if let Some(mut postgres) = postgres {
        on_one(&mut postgres, server.as_deref(), handle, &mut board);
        if board.wants("P-31") {
            pages::databases(&postgres, &sqlite, &mut board);
        }
        handle.block_on(postgres.close());
    }
    on_sqlite(&sqlite, handle, &mut board);
    let (checks, person) = (sqlite.checks, sqlite.anna.id.to_string());
    let folder = handle.block_on(sqlite.close());
    unpin();
    if board.wants("P-27") {
        program::idle(folder.path(), &person, &mut board);
    }
    if board.wants("P-28") {
        program::cold_start(folder.path(), checks, &mut board);
    }
    board.misses
}

/// What is measured on each database.
fn on_one(place: &mut Place, server: Option<&str>, handle: &Handle, board: &mut Board<'_>) {
    let options = board.options;
    if options.wants_one(&["P-01", "P-06", "P-33"]) {
        let ends = on_server(handle, pages::ends(place));
        pages::queue(place, &ends, board);
    }
    if options.wants_one(&["P-02", "P-04"]) {
        pages::beside_json(place, board);
    }
    if options.wants("P-05") {
        let few = FEW.min(place.checks / 2);
        let small = on_server(handle, Place::make(server, few, false, None));
        pages::growth(place, &small, board);
        handle.block_on(small.close());
    }
    if options.wants("P-07") {
        let without = on_server(handle, place.without_counting());
        pages::counters(place, without, board);
    }
    if options.wants("P-08") {
        search::against_scan(place, handle, board);
    }
    if options.wants("P-11") {
        review::page(place, board);
    }
    if options.wants("P-32") {
        review::overhead(place, board);
    }
    if options.wants("P-12") {
        decisions::against_bare(place, board);
    }
    if options.wants("P-17") {
        decisions::chain(place, board);
    }
    if options.wants("P-18") {
        journal::verify(place, handle, board);
    }
}

/// What does not depend on the database.
fn on_sqlite(place: &Place, handle: &Handle, board: &mut Board<'_>) {
    let options = board.options;
    if options.wants("P-20") {
        visits::again(place, board);
    }
    if options.wants("P-21") {
        visits::html(place, board);
    }
    if options.wants("P-13") {
        flood::signing_in(place, board);
    }
    if options.wants("P-25") {
        let picture = on_server(handle, pictures::keep(place));
        pictures::shown(place, &picture, board);
    }
    if options.wants("P-26") {
        pictures::uploads(place, board);
    }
    if options.wants_one(&["P-15", "P-16"]) {
        let target = on_server(handle, webhooks::Target::make(&place.work));
        webhooks::measure(place.address, &target, place.folder.path(), board);
    }
}

/// Does something of the server's on its core: a database's connection that is opened there has its
/// thread there.
fn on_server<T>(handle: &Handle, work: impl Future<Output = T>) -> T {
    pin(0);
    let done = handle.block_on(work);
    pin(1);
    done
}

/// What browsers download, where cargo builds, if it was built.
fn site() -> Option<PathBuf> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../target").into());
    Some(target.join("site")).filter(|site| site.join("manifest.json").is_file())
}

/// The cores of this machine, counted before anything is kept on one of them.
static CORES: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));

/// Keeps this thread, and those that it starts, on one core, where there are two: the server on
/// one, whoever measures on the other.
fn pin(core: usize) {
    if *CORES > 1 {
        stay_on(core..core + 1);
    }
}

/// Lets this thread, and the programs that it starts, have every core.
fn unpin() {
    stay_on(0..*CORES);
}

fn stay_on(cores: std::ops::Range<usize>) {
    let mut set = rustix::thread::CpuSet::new();
    cores.for_each(|core| set.set(core));
    if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
        println!("not kept on its core: {error}");
    }
}
