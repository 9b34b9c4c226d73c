//! P-13: a flood of sign-ins, and who has the queue open meanwhile.

use super::{
    board::{Board, Goal},
    http::Http,
    memory::{self, Peak},
    place::Place,
    times::{ROUNDS, micros, percentile, times_for},
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

const SENDERS: usize = 64;
const TIME: Duration = Duration::from_secs(4);
/// Hashes at the same time, 19 MiB each, and what the rest of a flood may take.
const HASHES: f64 = 2.0 * 19.0 * 1024.0 * 1024.0;
const REST: f64 = 32e6;

/// Pages of somebody who is signed in, against the same while 64 senders try passwords as fast as
/// they are answered.
pub fn signing_in(place: &Place, board: &mut Board<'_>) {
    let mut http = place.signed_in();
    times_for(Duration::from_millis(500), || http.get("/checks"));
    let (mut ratios, mut growth, mut slowest_no) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let idle = percentile(&times_for(TIME, || http.get("/checks")), 0.99);
        let before = memory::of("self", "VmRSS");
        let peak = Peak::forget();
        let (pages, answers) = flooded(place, round, || times_for(TIME, || http.get("/checks")));
        growth.push((peak.reached() - before).max(0.0) / 1e6);
        let during = percentile(&pages, 0.99);
        ratios.push(during / idle);
        let no: Vec<f64> = answers
            .iter()
            .filter(|(status, _)| *status == 503)
            .map(|(_, time)| time / 1e3)
            .collect();
        let others: Vec<f64> = answers
            .iter()
            .filter(|(status, _)| *status != 503)
            .map(|(_, time)| time / 1e3)
            .collect();
        board.note(format!(
            "round {}: idle p99 {idle:.0} µs, flooded {during:.0} µs over {} pages; {} tries: {} refused with 503 (p99 {:.1} ms), {} heard (p50 {:.0} ms)",
            round + 1,
            pages.len(),
            answers.len(),
            no.len(),
            if no.is_empty() { 0.0 } else { percentile(&no, 0.99) },
            others.len(),
            if others.is_empty() { 0.0 } else { percentile(&others, 0.5) },
        ));
        // None at all is a miss, too: a flood has to be told to come back.
        slowest_no.push(if no.is_empty() { f64::INFINITY } else { percentile(&no, 0.99) });
    }
    board.row(
        "P-13",
        &format!("queue p99 while {SENDERS} senders try passwords / idle"),
        &ratios,
        Goal::AtMost(2.0),
    );
    board.row(
        "P-13",
        "MB of memory that the flood adds",
        &growth,
        Goal::AtMost((HASHES + REST) / 1e6),
    );
    board.row(
        "P-13",
        "ms p99 until a try that finds no place is answered with 503",
        &slowest_no,
        Goal::AtMost(50.0),
    );
    board.close();
}

/// Does something while the senders send; gives what came of it, and status and microseconds of
/// each of their tries.
fn flooded<T>(place: &Place, round: usize, during: impl FnOnce() -> T) -> (T, Vec<(u16, f64)>) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| {
                let over = &over;
                scope.spawn(move || {
                    let (mut http, mut answers) = (Http::connect(place.address), Vec::new());
                    // Accounts that nobody has and places without end, others each time: none is
                    // told to wait for its last try.
                    while !over.load(Ordering::Relaxed) {
                        let (account, n) =
                            (format!("nobody-{round}-{sender}-{}", answers.len()), answers.len());
                        let address = format!(
                            "10.{}.{}.{}",
                            sender + 64 * (round % 4),
                            n / 250 % 250,
                            n % 250
                        );
                        let started = Instant::now();
                        let (status, _) = http.sign_in_for(&address, &account, "wrong");
                        answers.push((status, micros(started)));
                    }
                    answers
                })
            })
            .collect();
        let done = during();
        over.store(true, Ordering::Relaxed);
        (done, senders.into_iter().flat_map(|sender| sender.join().expect("no panic")).collect())
    })
}
