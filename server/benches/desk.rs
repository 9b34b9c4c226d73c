//! The ratios of the desk: its pages against the bare work behind them, both sides in one run.
//!
//! Everything runs with session, permissions, CSP and journal switched on, over HTTP on the loopback,
//! one request at a time, the server on one core and whoever asks on the other. Rounds of both sides take turns; the median of the rounds' ratios is printed
//! with their spread, and a miss is printed as a miss. Decisions are 15 ms apart on both sides.
//!
//! Webhooks are sent from 64 connections at once, and come last: what they leave to look at would be in the way of the rest.
//!
//! `cargo xtask bench` or `cargo bench -p server --bench desk -- --checks 100000`; `--webhooks` measures those alone.

// Views are types that contain each other; an optimised build looks deeper into them than the usual limit.
#![recursion_limit = "256"]

#[path = "desk/webhooks.rs"]
mod webhooks;

use casework::{
    Clock, Pace,
    checks::queue,
    generate,
    idv::{self, Sent, pictures::Upload},
    journal::Actor,
    people::{self, NewPerson},
};
use domain::{
    PersonId,
    idv::{Form as IdvForm, Slot},
    queue::{Filter, Page, Place, Sort, Tab},
};
use rusqlite::{Connection, params_from_iter, types::Value};
use server::{Desk, config::Config};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    time::{Duration, Instant},
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

const ROUNDS: usize = 5;
const PER_ROUND: usize = 200;
const PASSWORD: &str = "correct horse desk staple";

fn main() {
    let count = std::env::args().skip_while(|a| a != "--checks").nth(1).and_then(|n| n.parse().ok()).unwrap_or(100_000);
    // Every thread that follows inherits this, the database's own included.
    pin(0);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let misses = runtime.block_on(run(count));
    if misses > 0 {
        println!("{misses} goals missed");
    }
}

async fn run(count: usize) -> usize {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let config = Config {
        data: Some(folder.path().into()),
        public_url: Some(format!("http://{address}")),
        site: Some(folder.path().join("site")),
        ..Config::default()
    };
    // Nobody answers at the generated connection's address: each decision is tried there once, as with a provider
    // that answers; trying all of them again and again would measure the pile and not the decision.
    let pace = Pace { retry_base_ms: 3_600_000, retry_max_ms: 7_200_000, ..Pace::default() };
    let desk = Desk::open_with(&config, Clock::default(), pace).await.expect("the desk opens");
    let work = desk.work.clone();
    let new =
        NewPerson { account: "anna".into(), name: "Anna Berg".into(), role: "analyst".into(), password: Zeroizing::new(PASSWORD.into()) };
    let anna = people::add(&work, &Actor::operator(), &new).await.expect("a person");
    let started = Instant::now();
    generate::fill(&work, std::slice::from_ref(&anna), count, 1, |_| ()).await.expect("filled");
    println!(
        "{count} checks on SQLite, made in {:.1} s; {ROUNDS} rounds of {PER_ROUND}, sides taking turns, one request at a time\n",
        started.elapsed().as_secs_f64()
    );
    let pictures = Pictures::make(folder.path());
    let shown = Pictures::keep(&work, &anna).await;
    let decisions = generate::to_review(&work, ROUNDS * PER_ROUND).await.expect("checks");
    let stop = CancellationToken::new();
    let served = tokio::spawn(desk.serve(listener, stop.clone()));
    let deep = deep_place(&work, &anna).await;
    let database = folder.path().join("probity.db");
    let spare = folder.path().join("bare.db");
    let target = webhooks::Target::make(&work).await;
    let home = folder.path().to_owned();
    let only_webhooks = std::env::args().any(|a| a == "--webhooks");
    let measured = tokio::task::spawn_blocking(move || {
        pin(1);
        let pages = if only_webhooks {
            0
        } else {
            measure(address, &anna, &database, &spare, &deep, &decisions) + measure_pictures(address, &shown, &pictures)
        };
        pages + webhooks::measure(address, &target, &home)
    });
    let measured = measured.await.expect("measured");
    stop.cancel();
    served.await.expect("no panic").expect("an orderly end");
    measured
}

/// Keeps this thread on one core, where there are two: the server on one, whoever measures on the other.
fn pin(core: usize) {
    if std::thread::available_parallelism().is_ok_and(|n| n.get() > 1) || core > 0 {
        let mut set = rustix::thread::CpuSet::new();
        set.set(core);
        if let Err(error) = rustix::thread::sched_setaffinity(None, &set) {
            println!("not pinned to core {core}: {error}");
        }
    }
}

/// The place before the last full page of all checks by launch.
async fn deep_place(work: &casework::Work, me: &PersonId) -> (usize, String) {
    let filter = Filter { tab: Some(Tab::All), sort: Some(Sort::Oldest), ..Filter::default() };
    let first = queue::list(work, me, &filter, &Page::First).await.expect("a page");
    // The oldest are the last of "newest first".
    let last = first.rows.last().expect("rows").place(Sort::Oldest);
    (domain::queue::PAGE_ROWS, Place { key: last.key + 1, id: last.id }.code())
}

fn measure(
    address: SocketAddr,
    me: &PersonId,
    database: &std::path::Path,
    spare: &std::path::Path,
    deep: &(usize, String),
    decisions: &[(domain::CheckId, i64)],
) -> usize {
    let mut http = Http::connect(address);
    http.sign_in();
    let bare = open(database);
    let sql = queue::statement(me, &Filter::default(), &Page::First, Clock::default().now());
    let mut statement = bare.prepare(&sql.text).expect("the statement");
    let values: Vec<Value> = sql
        .values
        .iter()
        .map(|v| match v {
            casework::store::Value::Text(t) => Value::Text(t.clone()),
            casework::store::Value::Int(i) => Value::Integer(*i),
            casework::store::Value::Bytes(b) => Value::Blob(b.clone()),
            casework::store::Value::Nothing => Value::Null,
        })
        .collect();
    let mut query = || {
        let mut rows = statement.query(params_from_iter(values.iter())).expect("rows");
        let mut read = 0;
        while let Some(row) = rows.next().expect("a row") {
            read += row.get_ref(11).map_or(0, |v| usize::from(v.as_str().is_ok()));
        }
        assert!(read >= 50, "the same rows as the page");
    };
    let (first, last) = ("/checks?tab=all&sort=newest".to_owned(), format!("/checks?tab=all&sort=newest&after={}", deep.1));
    let mut spare = Spare::make(spare);
    for _ in 0..50 {
        http.get("/checks");
        http.get(&first);
        http.get(&last);
        query();
    }
    if let Some(seconds) = std::env::args().skip_while(|a| a != "--profile").nth(1).and_then(|n| n.parse().ok()) {
        // Nothing but the queue page, for a profiler.
        let until = Instant::now() + Duration::from_secs(seconds);
        println!("profiling process {} for {seconds} s", std::process::id());
        let (mut pages, mut bare) = (Vec::new(), Vec::new());
        while Instant::now() < until {
            pages.extend(times(200, |_| http.get("/checks")));
            bare.extend(times(20, |_| query()));
        }
        println!("queue page {:.0} µs, bare query {:.0} µs", median(&pages), median(&bare));
        return 0;
    }
    let (mut p01, mut p33, mut p06, mut p12) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut shown = Vec::new();
    for round in 0..ROUNDS {
        let sql_times = times(PER_ROUND, |_| query());
        let page_times = times(PER_ROUND, |_| http.get("/checks"));
        p01.push(median(&page_times) / median(&sql_times));
        p33.push(percentile(&page_times, 0.99) / median(&page_times));
        let first_times = times(PER_ROUND / 2, |_| http.get(&first));
        let last_times = times(PER_ROUND / 2, |_| http.get(&last));
        p06.push(median(&last_times) / median(&first_times));
        let bare_times = spaced(PER_ROUND, |at| spare.commit(round * PER_ROUND + at));
        let post_times = spaced(PER_ROUND, |at| http.decide(&decisions[round * PER_ROUND + at]));
        p12.push(median(&post_times) / median(&bare_times));
        shown.push(format!(
            "round {}: bare query {:.0} µs, queue page {:.0} µs (p99 {:.0}), first page {:.0} µs, last page {:.0} µs, bare transaction {:.0} µs, decision {:.0} µs",
            round + 1,
            median(&sql_times),
            median(&page_times),
            percentile(&page_times, 0.99),
            median(&first_times),
            median(&last_times),
            median(&bare_times),
            median(&post_times)
        ));
    }
    let mut misses = 0;
    let mut row = |id: &str, what: &str, ratios: &mut Vec<f64>, goal: f64| {
        ratios.sort_by(f64::total_cmp);
        let middle = ratios[ratios.len() / 2];
        let met = middle <= goal;
        misses += usize::from(!met);
        println!(
            "{id}  {middle:6.2}  ({:.2} to {:.2})  goal <= {goal:<5}  {}  {what}",
            ratios[0],
            ratios[ratios.len() - 1],
            if met { "met " } else { "MISS" }
        );
    };
    row("P-01", "queue page p50 / bare prepared SQL of the same query", &mut p01, 9.0);
    row("P-06", "last page of all checks / first page, p50", &mut p06, 1.2);
    row("P-12", "decision POST p50 / bare transaction of four statements, synchronous FULL", &mut p12, 12.0);
    row("P-33", "queue page p99 / p50", &mut p33, 10.0);
    println!();
    for line in shown {
        println!("{line}");
    }
    misses
}

/// Pictures to look at and to send.
struct Pictures {
    /// What a phone takes: 4,000 × 3,000 pixels, JPEG.
    large: Vec<u8>,
}

/// Decoded, a large picture has three bytes for each pixel.
const LARGE: (u32, u32) = (4_000, 3_000);

impl Pictures {
    /// Makes the pictures, and a plain copy of the one that is looked at where the server serves files.
    fn make(folder: &std::path::Path) -> Self {
        let package = folder.join("site/pkg");
        std::fs::create_dir_all(&package).expect("a folder");
        std::fs::write(package.join("plain.jpg"), noise(1_200, 830, 1)).expect("a file");
        Self { large: noise(LARGE.0, LARGE.1, 40) }
    }

    /// Keeps the picture that is looked at with a check; gives its address. The plain file is the very bytes that are shown.
    async fn keep(work: &casework::Work, anna: &PersonId) -> String {
        let caller = people::get(work, anna).await.and_then(|p| p.caller()).expect("anna");
        let connection = casework::connections::list(work).await.expect("lists").remove(0).connection.id;
        let form = IdvForm {
            way: "upload".into(),
            connection,
            customer_reference: "P-1".into(),
            name: "Somebody".into(),
            country: "GBR".into(),
            id_type: "PASSPORT".into(),
            ..IdvForm::default()
        };
        let picture = |slot| Upload { slot, name: "a.jpg".into(), bytes: noise(1_200, 830, 1), turn: 0 };
        let sent = Sent { form, uploads: vec![picture(Slot::Front), picture(Slot::Face)], kept: vec![] };
        let id = domain::CheckId::from(casework::new_id());
        idv::launch(work, &caller, &Actor::new(anna.as_str(), ""), &id, sent, true, None).await.expect("launches");
        let kept = casework::checks::review::get(work, &id).await.expect("reads").pictures.remove(0);
        format!("/checks/{id}/pictures/{}", kept.evidence_id.expect("kept"))
    }
}

/// A JPEG that does not compress well: every `grain` pixels another colour.
fn noise(width: u32, height: u32, grain: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_fn(width, height, |x, y| {
        let mut hash = u64::from(x / grain) << 32 | u64::from(y / grain);
        hash = (hash ^ (hash >> 31)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        hash ^= hash >> 29;
        image::Rgb([hash as u8, (hash >> 8) as u8, (hash >> 16) as u8])
    });
    let mut bytes = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut bytes, 80).encode_image(&picture).expect("encodes");
    bytes
}

/// P-25 and P-26: looking at a sealed picture, and the memory of eight uploads at once.
fn measure_pictures(address: SocketAddr, shown: &str, pictures: &Pictures) -> usize {
    let mut http = Http::connect(address);
    http.sign_in();
    let sealed_bytes = http.get_length(shown);
    let mut ratios = Vec::new();
    let mut lines = Vec::new();
    for round in 0..ROUNDS {
        let plain = times(40, |_| {
            http.get_length("/pkg/plain.jpg");
        });
        let sealed = times(40, |_| {
            http.get_length(shown);
        });
        ratios.push(median(&sealed) / median(&plain));
        lines.push(format!("round {}: plain file {:.0} µs, sealed picture {:.0} µs", round + 1, median(&plain), median(&sealed)));
    }
    ratios.sort_by(f64::total_cmp);
    let middle = ratios[ROUNDS / 2];
    let verdict = |met: bool| if met { "met " } else { "MISS" };
    println!(
        "\nP-25  {middle:6.2}  ({:.2} to {:.2})  goal <= 3      {}  sealed picture of {:.1} MB / a plain file of that size",
        ratios[0],
        ratios[ROUNDS - 1],
        verdict(middle <= 3.0),
        sealed_bytes as f64 / 1e6
    );
    let decoded = f64::from(LARGE.0) * f64::from(LARGE.1) * 3.0;
    let before = memory("VmRSS");
    // Forgets the highest mark so far.
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let mut http = Http::connect(address);
                http.sign_in();
                http.upload(&pictures.large);
            });
        }
    });
    let grown = memory("VmHWM") - before;
    let ratio = grown / (8.0 * decoded);
    println!(
        "P-26  {ratio:6.2}                  goal <= 1.5    {}  memory that 8 parallel uploads of 12 megapixels ({:.1} MB each) add / their decoded size",
        verdict(ratio <= 1.5),
        pictures.large.len() as f64 / 1e6
    );
    println!();
    for line in lines {
        println!("{line}");
    }
    println!("8 uploads: {:.0} MB more than before, decoded {:.0} MB each", grown / 1e6, decoded / 1e6);
    usize::from(middle > 3.0) + usize::from(ratio > 1.5)
}

/// A line of `/proc/self/status`, in bytes.
fn memory(what: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find(|l| l.starts_with(what)).expect("the line");
    line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok()).expect("a number") * 1024.0
}

fn open(path: &std::path::Path) -> Connection {
    let bare = Connection::open(path).expect("the database");
    bare.pragma_update(None, "journal_mode", "WAL").expect("WAL");
    bare.pragma_update(None, "synchronous", "FULL").expect("FULL");
    bare.pragma_update(None, "cache_size", -65_536).expect("cache");
    bare.pragma_update(None, "mmap_size", 268_435_456).expect("mmap");
    bare
}

/// A bare database with the four tables that a decision writes to.
struct Spare(Connection);

impl Spare {
    fn make(path: &std::path::Path) -> Self {
        let bare = open(path);
        bare.execute_batch(
            "CREATE TABLE c (id INTEGER PRIMARY KEY, version INTEGER, state TEXT); CREATE TABLE d (id INTEGER PRIMARY KEY, comment TEXT);
             CREATE TABLE j (id INTEGER PRIMARY KEY, hash BLOB); CREATE TABLE o (id INTEGER PRIMARY KEY, payload TEXT);",
        )
        .expect("tables");
        for id in 0..(ROUNDS * PER_ROUND) as i64 {
            bare.execute("INSERT INTO c VALUES (?1, 1, 'to_review')", [id]).expect("a row");
        }
        Self(bare)
    }

    fn commit(&mut self, at: usize) {
        let id = at as i64;
        let tx = self.0.transaction().expect("a transaction");
        tx.prepare_cached("UPDATE c SET version = version + 1, state = 'accepted' WHERE id = ?1 AND version = 1")
            .and_then(|mut s| s.execute([id]))
            .expect("update");
        tx.prepare_cached("INSERT INTO d VALUES (?1, 'Nothing found that concerns this customer.')")
            .and_then(|mut s| s.execute([id]))
            .expect("decision");
        tx.prepare_cached("INSERT INTO j VALUES (?1, zeroblob(32))").and_then(|mut s| s.execute([id])).expect("journal");
        tx.prepare_cached("INSERT INTO o VALUES (?1, '{\"accepted\":true}')").and_then(|mut s| s.execute([id])).expect("promise");
        tx.commit().expect("commit");
    }
}

/// The least HTTP/1.1 client that keeps its connection, so that its own time stays out of the figures.
struct Http {
    stream: TcpStream,
    host: String,
    cookie: String,
    buffer: Vec<u8>,
}

impl Http {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("a connection");
        stream.set_nodelay(true).expect("no delay");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a deadline");
        Self { stream, host: address.to_string(), cookie: String::new(), buffer: Vec::with_capacity(1 << 20) }
    }

    fn sign_in(&mut self) {
        let body = format!("account=anna&password={}", PASSWORD.replace(' ', "+"));
        let (status, head) = self.send(&format!("POST /api/session/start HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}", self.host, body.len()));
        assert!(status == 303 && head.contains("location: /\r"), "{head}");
        let set = head.lines().find_map(|l| l.strip_prefix("set-cookie: ")).expect("a cookie");
        self.cookie = set.split(';').next().expect("a pair").to_owned();
    }

    /// Asks for a page and looks for the answer without sleeping, so that waking this side up is no part of the figure.
    fn get(&mut self, path: &str) {
        self.stream.set_nonblocking(true).expect("a socket");
        let (status, head) = self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", self.host, self.cookie));
        self.stream.set_nonblocking(false).expect("a socket");
        assert_eq!(status, 200, "{path}: {head}");
    }

    /// Gets something and gives how long it is.
    fn get_length(&mut self, path: &str) -> usize {
        let (status, head) = self.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n", self.host, self.cookie));
        assert_eq!(status, 200, "{path}: {head}");
        self.buffer.len() - head.len() - 4
    }

    /// Sends the form that brings pictures; it is refused for its name, after all of them were developed.
    fn upload(&mut self, picture: &[u8]) {
        let mut body = b"--b\r\nContent-Disposition: form-data; name=\"way\"\r\n\r\nupload\r\n".to_vec();
        body.extend_from_slice(
            format!("--b\r\nContent-Disposition: form-data; name=\"check_id\"\r\n\r\n{}\r\n", casework::new_id()).as_bytes(),
        );
        body.extend_from_slice(b"--b\r\nContent-Disposition: form-data; name=\"front\"; filename=\"a.jpg\"\r\n\r\n");
        body.extend_from_slice(picture);
        body.extend_from_slice(b"\r\n--b--\r\n");
        let head = format!(
            "POST /api/idv/launch HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: {}\r\n\r\n",
            self.host,
            self.cookie,
            body.len()
        );
        self.stream.write_all(head.as_bytes()).expect("sent");
        self.stream.write_all(&body).expect("sent");
        let (status, answer) = self.read();
        assert!(status == 303 && answer.contains("refused="), "{answer}");
    }

    fn decide(&mut self, check: &(domain::CheckId, i64)) {
        let body = format!(
            "check_id={}&decision_id={}&version={}&outcome=accept&reason_accept=no_findings&comment=Nothing+found+that+concerns+this+customer.",
            check.0,
            casework::new_id(),
            check.1
        );
        let (status, head) = self.send(&format!(
            "POST /api/checks/decide HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{body}",
            self.host,
            self.cookie,
            body.len()
        ));
        assert!(status == 303 && head.contains("done=decided"), "{head}");
    }

    /// Sends a request and reads the whole answer; gives status and head.
    fn send(&mut self, request: &str) -> (u16, String) {
        self.stream.write_all(request.as_bytes()).expect("sent");
        self.read()
    }

    fn read(&mut self) -> (u16, String) {
        self.buffer.clear();
        let mut chunk = [0; 65_536];
        loop {
            let read = match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    std::hint::spin_loop();
                    continue;
                }
                read => read.expect("an answer"),
            };
            assert!(read > 0, "the server hung up");
            self.buffer.extend_from_slice(&chunk[..read]);
            let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
            let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
            let length: usize =
                head.lines().find_map(|l| l.strip_prefix("content-length: ")).and_then(|l| l.trim().parse().ok()).unwrap_or(0);
            if self.buffer.len() >= end + 4 + length {
                let status = head.split(' ').nth(1).and_then(|s| s.parse().ok()).unwrap_or(0);
                return (status, head);
            }
        }
    }
}

/// Microseconds of each call.
fn times(count: usize, mut call: impl FnMut(usize)) -> Vec<f64> {
    (0..count)
        .map(|at| {
            let started = Instant::now();
            call(at);
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect()
}

/// As [`times`], with a pause between two calls: what a decision sets going in the background is over before the next one,
/// as it is when people decide.
fn spaced(count: usize, mut call: impl FnMut(usize)) -> Vec<f64> {
    (0..count)
        .flat_map(|at| {
            std::thread::sleep(Duration::from_millis(15));
            times(1, |_| call(at))
        })
        .collect()
}

fn median(times: &[f64]) -> f64 {
    percentile(times, 0.5)
}

fn percentile(times: &[f64], part: f64) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[((sorted.len() - 1) as f64 * part) as usize]
}
