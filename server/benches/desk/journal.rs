//! P-18: verifying the journal against hashing the same bytes; P-18r: the same with the rows that
//! it commits to.

use super::{
    bare::Bare,
    board::{Board, Goal},
    place::Place,
    times::{ROUNDS, micros},
    unpin,
};
use casework::{
    Db,
    journal::{self, Record, Verified},
};
use sha2::{Digest, Sha256};
use std::time::Instant;
use tokio::runtime::{Handle, Runtime};

const EVERYTHING: &str = "SELECT j.seq, j.at_ms, j.actor, j.action, j.subject, j.subject_id, j.request_id, j.commitment, d.salt, d.details \
     FROM journal j LEFT JOIN journal_details d ON d.seq = j.seq ORDER BY j.seq";

/// From the database to the verdict, against a chain of SHA-256 over bytes that lie in memory.
pub fn verify(place: &Place, handle: &Handle, board: &mut Board<'_>) {
    handle.block_on(place.work.views.flush());
    let entries = Bare::open(&place.store).bytes(EVERYTHING);
    let bytes: usize = entries.iter().map(Vec::len).sum();
    let url = place.store.url();
    let mut ratios = Vec::new();
    for (round, (bare, ours)) in
        std::thread::scope(|scope| scope.spawn(|| rounds(&url, &entries)).join())
            .expect("no panic")
            .into_iter()
            .enumerate()
    {
        ratios.push(ours / bare);
        board.note(format!(
            "round {}: bare chain {:.0} ms, verified in {:.0} ms",
            round + 1,
            bare / 1e3,
            ours / 1e3
        ));
    }
    let what = format!(
        "verifying a journal of {} entries ({:.0} MB) / bare SHA-256 chain of the same bytes in memory, {}",
        entries.len(),
        bytes as f64 / 1e6,
        place.store.name()
    );
    board.row("P-18", &what, &ratios, Goal::AtMost(4.0));
    let (held, with_rows) =
        std::thread::scope(|scope| scope.spawn(|| rounds_with_rows(&url)).join())
            .expect("no panic");
    let what =
        format!("verify with {held} rows / verify of the chain alone, {}", place.store.name());
    board.row("P-18r", &what, &with_rows, Goal::AtMost(4.0));
    board.close();
}

/// How many rows are held against their entries, and how much longer that takes than the chain
/// alone.
fn rounds_with_rows(url: &str) -> (i64, [f64; ROUNDS]) {
    unpin();
    let runtime = Runtime::new().expect("a runtime");
    let db = runtime.block_on(Db::open(url)).expect("opens");
    let mut held = 0;
    let ratios = std::array::from_fn(|_| {
        let started = Instant::now();
        runtime.block_on(journal::verify(&db, None)).expect("reads");
        let alone = micros(started);
        let started = Instant::now();
        let record = runtime.block_on(journal::verify_record(&db, None, None)).expect("reads");
        let ours = micros(started);
        let Record::Holds { rows, .. } = record else { panic!("{record:?}") };
        held = rows;
        ours / alone
    });
    runtime.block_on(db.close());
    (held, ratios)
}

/// The microseconds of both. As `probity journal verify` does, which is a program of its own, this
/// has every core.
fn rounds(url: &str, entries: &[Vec<u8>]) -> [(f64, f64); ROUNDS] {
    unpin();
    let runtime = Runtime::new().expect("a runtime");
    let db = runtime.block_on(Db::open(url)).expect("opens");
    let both = std::array::from_fn(|_| {
        let started = Instant::now();
        std::hint::black_box(chain(entries));
        let bare = micros(started);
        let started = Instant::now();
        let verified = runtime.block_on(journal::verify(&db, None)).expect("reads");
        let ours = micros(started);
        assert!(matches!(verified, Verified::Intact { .. }), "{verified:?}");
        (bare, ours)
    });
    runtime.block_on(db.close());
    both
}

/// Each hash covers the one before it.
fn chain(entries: &[Vec<u8>]) -> [u8; 32] {
    entries.iter().fold([0; 32], |previous, bytes| {
        Sha256::new().chain_update(previous).chain_update(bytes).finalize().into()
    })
}
