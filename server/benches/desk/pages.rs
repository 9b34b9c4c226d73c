//! P-01, P-06 and P-33, P-02 and P-04, P-05, P-07, P-31: the queue page, against what is behind and
//! beside it.

use super::{
    bare::Bare,
    board::{Board, Goal},
    http::Http,
    place::Place,
    times::{PER_ROUND, ROUNDS, mean, median, percentile, times, times_for},
};
use domain::queue::{Filter, Page, Place as Spot, Sort, Tab};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

const QUEUE: &str = "/checks";
const JSON: &str = "/rows";
/// The column of a customer's name in the statement behind the page.
const NAME: usize = 11;
/// Connections of the throughput row, and how long each side of its rounds takes.
const SENDERS: usize = 16;
const TIME: Duration = Duration::from_secs(2);
/// Long enough for what is remembered for two seconds to be read anew.
const RECOUNTS: Duration = Duration::from_secs(5);

/// The first page of all checks, newest first, and the last full one.
pub struct Ends {
    first: String,
    last: String,
}

/// Finds the place before the last full page of all checks by launch.
pub async fn ends(place: &Place) -> Ends {
    let filter = Filter { tab: Some(Tab::All), sort: Some(Sort::Oldest), ..Filter::default() };
    let oldest = casework::checks::queue::list(&place.work, &place.anna.id, &filter, &Page::First)
        .await
        .expect("a page");
    // The oldest are the last of "newest first".
    let last = oldest.rows.last().expect("rows").place(Sort::Oldest);
    let after = Spot { key: last.key + 1, id: last.id }.code();
    Ends {
        first: "/checks?tab=all&sort=newest".into(),
        last: format!("/checks?tab=all&sort=newest&after={after}"),
    }
}

/// P-01, P-33 and P-06.
pub fn queue(place: &Place, ends: &Ends, board: &mut Board<'_>) {
    let mut http = place.signed_in();
    let (mut bare, sql) = (Bare::open(&place.store), place.page());
    let mut query = || assert!(bare.rows(&sql, NAME) >= 50, "the same rows as the page");
    for _ in 0..50 {
        http.get(QUEUE);
        http.get(&ends.first);
        http.get(&ends.last);
        query();
    }
    let (mut p01, mut p33, mut p06) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let sql = median(&times(PER_ROUND, |_| query()));
        let pages = times(PER_ROUND, |_| http.get(QUEUE));
        let (page, slow) = (median(&pages), percentile(&pages, 0.99));
        let first = median(&times(PER_ROUND / 2, |_| http.get(&ends.first)));
        let last = median(&times(PER_ROUND / 2, |_| http.get(&ends.last)));
        p01.push(page / sql);
        p33.push(slow / page);
        p06.push(last / first);
        board.note(format!(
            "round {}: bare query {sql:.0} µs, queue page {page:.0} µs (p99 {slow:.0}), first page {first:.0} µs, last page {last:.0} µs",
            round + 1
        ));
    }
    let on = place.store.name();
    board.row(
        "P-01",
        &format!("queue page p50 / bare prepared SQL of the same query, {on}"),
        &p01,
        Goal::AtMost(9.0),
    );
    board.row(
        "P-06",
        &format!("last page of all checks / first page, p50, {on}"),
        &p06,
        Goal::AtMost(1.2),
    );
    board.row("P-33", &format!("queue page p99 / p50, {on}"), &p33, Goal::AtMost(10.0));
    board.close();
}

/// P-02 and P-04: the page against the same rows as JSON, one at a time and from many connections.
pub fn beside_json(place: &Place, board: &mut Board<'_>) {
    if board.wants("P-02") {
        p50(place, board);
    }
    if board.wants("P-04") {
        throughput(place, board);
    }
    board.close();
}

fn p50(place: &Place, board: &mut Board<'_>) {
    let (mut page, mut json) = (place.signed_in(), Http::connect(place.json));
    times(50, |_| page.get(QUEUE));
    times(50, |_| json.get(JSON));
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let rows = median(&times(PER_ROUND, |_| json.get(JSON)));
        let queue = median(&times(PER_ROUND, |_| page.get(QUEUE)));
        ratios.push(queue / rows);
        board.note(format!("round {}: JSON {rows:.0} µs, queue page {queue:.0} µs", round + 1));
    }
    let what = format!(
        "queue page p50 / the same rows as JSON by plain axum and sqlx, {}",
        place.store.name()
    );
    board.row("P-02", &what, &ratios, Goal::AtMost(1.7));
}

fn throughput(place: &Place, board: &mut Board<'_>) {
    let mut json: Vec<Http> = (0..SENDERS).map(|_| Http::connect(place.json)).collect();
    let known = place.signed_in();
    let mut pages: Vec<Http> = (0..SENDERS).map(|_| known.again(place.address)).collect();
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let rows = rate(&mut json, JSON);
        let queue = rate(&mut pages, QUEUE);
        ratios.push(queue / rows);
        board.note(format!(
            "round {}: {SENDERS} connections: JSON {rows:.0}/s, queue pages {queue:.0}/s",
            round + 1
        ));
    }
    let what = format!(
        "queue pages a second from {SENDERS} connections / the same rows as JSON, {}",
        place.store.name()
    );
    board.row("P-04", &what, &ratios, Goal::AtLeast(0.65));
}

/// Answers a second to all senders together, each asking again at once.
fn rate(senders: &mut [Http], path: &str) -> f64 {
    let started = Instant::now();
    let answers: usize = std::thread::scope(|scope| {
        let all: Vec<_> = senders
            .iter_mut()
            .map(|http| {
                scope.spawn(move || {
                    let mut answers = 0;
                    while started.elapsed() < TIME {
                        http.get_length(path);
                        answers += 1;
                    }
                    answers
                })
            })
            .collect();
        all.into_iter().map(|sender| sender.join().expect("no panic")).sum()
    });
    answers as f64 / started.elapsed().as_secs_f64()
}

/// P-05: how the page grows with the number of checks.
pub fn growth(large: &Place, small: &Place, board: &mut Board<'_>) {
    let what = format!(
        "queue page p50 at {} checks / at {}, {}",
        large.checks,
        small.checks,
        large.store.name()
    );
    let ratios = against(large.signed_in(), small.signed_in(), ["many", "few"], board);
    board.row("P-05", &what, &ratios, Goal::AtMost(1.6));
    board.close();
}

/// P-31: one database against the other.
pub fn databases(postgres: &Place, sqlite: &Place, board: &mut Board<'_>) {
    let ratios = against(postgres.signed_in(), sqlite.signed_in(), ["PostgreSQL", "SQLite"], board);
    board.row("P-31", "queue page p50 on PostgreSQL / on SQLite", &ratios, Goal::AtMost(3.0));
    board.close();
}

/// The queue page of one desk against that of another, p50.
fn against(mut one: Http, mut other: Http, names: [&str; 2], board: &mut Board<'_>) -> Vec<f64> {
    times(50, |_| one.get(QUEUE));
    times(50, |_| other.get(QUEUE));
    (0..ROUNDS)
        .map(|round| {
            let b = median(&times(PER_ROUND, |_| other.get(QUEUE)));
            let a = median(&times(PER_ROUND, |_| one.get(QUEUE)));
            board.note(format!(
                "round {}: {} {a:.0} µs, {} {b:.0} µs",
                round + 1,
                names[0],
                names[1]
            ));
            a / b
        })
        .collect()
}

/// P-07: with counts that are read anew as usual, against a desk over the same database that
/// remembers them for an hour.
pub fn counters(place: &Place, without: SocketAddr, board: &mut Board<'_>) {
    let mut with = place.signed_in();
    let mut without = with.again(without);
    times(50, |_| with.get(QUEUE));
    times(50, |_| without.get(QUEUE));
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let remembered = mean(&times_for(RECOUNTS, || without.get(QUEUE)));
        let counted = times_for(RECOUNTS, || with.get(QUEUE));
        ratios.push(mean(&counted) / remembered);
        board.note(format!(
            "round {}: counts for an hour {remembered:.0} µs, as usual {:.0} µs (slowest {:.0}), means",
            round + 1,
            mean(&counted),
            percentile(&counted, 1.0)
        ));
    }
    let what = format!(
        "queue page with counts / without, mean of {} s, {}",
        RECOUNTS.as_secs(),
        place.store.name()
    );
    board.row("P-07", &what, &ratios, Goal::AtMost(1.15));
    board.close();
}

/// Nothing but the queue page, for a profiler.
pub fn profile(place: &Place, seconds: u64) {
    let mut http = place.signed_in();
    let (mut bare, sql) = (Bare::open(&place.store), place.page());
    println!("profiling process {} for {seconds} s", std::process::id());
    let (until, mut pages, mut queries) =
        (Instant::now() + Duration::from_secs(seconds), Vec::new(), Vec::new());
    while Instant::now() < until {
        pages.extend(times(200, |_| http.get(QUEUE)));
        queries.extend(times(20, |_| {
            bare.rows(&sql, NAME);
        }));
    }
    println!("queue page {:.0} µs, bare query {:.0} µs", median(&pages), median(&queries));
}
