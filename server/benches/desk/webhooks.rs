//! P-15 and P-16: signed webhooks, acknowledged once they are durable, against bare durable writes.
//!
//! Each delivery has an id and a body of its own and is signed for it. The event is one from which
//! nothing follows, so that what is measured is the taking in; the inbox still looks at each while
//! the next ones come.

use super::{
    Http, Withheld,
    board::{Board, Goal},
    open, pin,
    times::{ROUNDS, median, micros, percentile},
};
use casework::{Work, connections, journal::Actor, webhooks};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::Connection;
use rustix::{
    buffer::spare_capacity,
    event::{PollFd, PollFlags, Timespec, epoll, poll},
};
use sandbox::{Options, Sandbox};
use sha2::Sha256;
use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    fs::File,
    io::Write,
    net::SocketAddr,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// Connections that send at the same time.
const SENDERS: usize = 64;
/// How long each side of a round takes, and from when on it counts: what rested for seconds is
/// slower at first.
const TIME: Duration = Duration::from_secs(3);
const WARM: Duration = Duration::from_millis(500);
/// At half load, so many come at the same moment, and then none until the next so many are due.
const BURST: usize = 8;
/// So many are signed before a round in which as many are sent as are answered; more are signed
/// while they are sent.
const SIGNED: usize = 90_000;
/// A round in which the host of a virtual machine withholds more of its cores while it is at half
/// load is shown, but does not count, and there is another one, up to so many.
const MOST_WITHHELD: f64 = 0.01;
const TRIES: usize = 3 * ROUNDS;
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
const EVENT: &str = "POSTBOX_ITEM_CREATED";

/// Where webhooks go and what they are signed with.
pub struct Target {
    path: String,
    subscription: String,
    secret: String,
}

impl Target {
    /// Subscribes to an event at the stand-in, as an admin does; the desk serves already.
    pub async fn make(work: &Work) -> Self {
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Options::default())
            .await
            .expect("the stand-in starts");
        let base_url = format!("{}/solaris", sandbox.base_url());
        let form = connections::Form {
            name: "Solaris".into(),
            provider: "solaris".into(),
            token_url: format!("{base_url}/oauth2/token"),
            base_url,
            client_id: "sandbox".into(),
            allow_private: true,
            secret: Zeroizing::new("sandbox".into()),
            ..connections::Form::default()
        };
        let id = connections::add(work, &Actor::operator(), &form).await.expect("a connection");
        webhooks::subscribe(work, &Actor::operator(), &id, EVENT).await.expect("subscribes");
        let books = format!("{}/control/solaris/webhooks", sandbox.base_url());
        let all: serde_json::Value =
            reqwest::get(books).await.expect("answers").json().await.expect("JSON");
        let text = |key: &str| all[0][key].as_str().expect("a text").to_owned();
        let stored = connections::get(work, &id).await.expect("there");
        let address = connections::webhook_url(work, &stored).expect("an address");
        let path = address.trim_start_matches(&work.public_url).to_owned();
        let target = Self { path, subscription: text("id"), secret: text("secret") };
        sandbox.stop().await;
        target
    }

    fn request(&self, host: &str) -> String {
        let id = casework::new_id();
        let body = format!(
            r#"{{"id":"{id}","person_id":"{}cper","document_date":"2026-11-24","name":"Letter.pdf"}}"#,
            &id[..8]
        );
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.secret.as_bytes())
            .expect("a key")
            .chain_update(&body);
        let signature = hex::encode(mac.finalize().into_bytes());
        format!(
            "POST {} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nSolaris-Webhook-Id: {id}\r\n\
             Solaris-Webhook-Subscription-Id: {}\r\nSolaris-Webhook-Event-Type: {EVENT}\r\nSolaris-Entity-Id: {}cper\r\nSolaris-Webhook-Attempt: 1\r\n\
             Solaris-Webhook-Signature: sha256={signature}\r\n\r\n{body}",
            self.path,
            body.len(),
            self.subscription,
            &id[..8],
        )
    }
}

/// Deliveries a second, so many of them at the same moment.
#[derive(Clone, Copy)]
struct Pace {
    rate: f64,
    at_once: usize,
}

/// Connections that send, and what tells which of them were answered.
struct Senders<'a> {
    all: Vec<Http>,
    answered: OwnedFd,
    target: &'a Target,
}

impl<'a> Senders<'a> {
    fn connect(address: SocketAddr, target: &'a Target) -> Self {
        let answered = epoll::create(epoll::CreateFlags::CLOEXEC).expect("an epoll");
        let connect = |at| {
            let http = Http::connect(address);
            http.never_wait();
            epoll::add(
                &answered,
                http.stream(),
                epoll::EventData::new_u64(at),
                epoll::EventFlags::IN,
            )
            .expect("added");
            http
        };
        Self { all: (0..SENDERS as u64).map(connect).collect(), answered, target }
    }

    /// All of them for the time of a round, at a pace or as fast as answers come. Gives the
    /// microseconds of each delivery that counts, from when it was due. One thread looks after all
    /// of them, which would have to be woken up one after another otherwise, and what it sends was
    /// signed before: it must not be what is measured.
    fn load(&mut self, pace: Option<Pace>) -> Vec<f64> {
        let count = pace.map_or(SIGNED, |pace| (pace.rate * TIME.as_secs_f64()) as usize + SENDERS);
        let mut signed: Vec<String> =
            (0..count).map(|_| self.target.request(&self.all[0].host)).collect();
        let every = pace.map(|pace| Duration::from_secs_f64(SENDERS as f64 / pace.rate));
        let at_once = pace.map_or(1, |pace| pace.at_once);
        let begun = Instant::now();
        let (until, mut times, mut waiting) =
            (begun + TIME, Vec::with_capacity(count), [None; SENDERS]);
        let starts = |at: usize| {
            begun
                + every.map_or(Duration::ZERO, |every| {
                    every.mul_f64((at - at % at_once) as f64 / SENDERS as f64)
                })
        };
        let mut due: BinaryHeap<_> = (0..SENDERS).map(|at| Reverse((starts(at), at))).collect();
        loop {
            let now = Instant::now();
            assert!(now < until + PATIENCE, "an answer never came");
            while now < until
                && let Some(&Reverse((since, at))) = due.peek()
                && since <= now
            {
                due.pop();
                let request =
                    signed.pop().unwrap_or_else(|| self.target.request(&self.all[at].host));
                self.all[at].begin(&request);
                waiting[at] = Some(since);
            }
            let next = due
                .peek()
                .map(|Reverse((since, _))| *since)
                .filter(|since| now < until && *since < until);
            if next.is_none() && waiting.iter().all(Option::is_none) {
                return times;
            }
            for at in self.answered(
                next.unwrap_or(until + PATIENCE).saturating_duration_since(Instant::now()),
            ) {
                if let Some((status, head)) = self.all[at].look() {
                    assert_eq!(status, 204, "{head}");
                    let since = waiting[at].take().expect("what was asked");
                    if since >= begun + WARM {
                        times.push(micros(since));
                    }
                    due.push(Reverse((every.map_or_else(Instant::now, |every| since + every), at)));
                }
            }
        }
    }

    /// Which of them have something to read; looks for so long at most.
    fn answered(&self, at_most: Duration) -> impl Iterator<Item = usize> + use<> {
        // epoll's own pause would be whole milliseconds.
        let at_most = Timespec::try_from(at_most).expect("a short time");
        poll(&mut [PollFd::new(&self.answered, PollFlags::IN)], Some(&at_most)).expect("waits");
        let mut events = Vec::with_capacity(SENDERS);
        epoll::wait(&self.answered, spare_capacity(&mut events), Some(&Timespec::default()))
            .expect("looks");
        events.into_iter().map(|event| event.data.u64() as usize)
    }
}

/// How many of something that is counted came a second.
fn a_second(count: usize) -> f64 {
    count as f64 / (TIME - WARM).as_secs_f64()
}

/// Microseconds of each time something is done again and again for the time of a round.
fn again_and_again(mut what: impl FnMut() -> f64) -> Vec<f64> {
    let (begun, mut times) = (Instant::now(), Vec::new());
    while begun.elapsed() < TIME {
        let time = what();
        if begun.elapsed() >= WARM {
            times.push(time);
        }
    }
    times
}

/// Rows of about the size of a stored webhook, each in a durable transaction of its own, one after
/// another; how many a second.
fn raw_inserts(bare: &Connection) -> f64 {
    let mut statement = bare
        .prepare_cached("INSERT INTO raw (id, event, body) VALUES (?1, ?2, zeroblob(190))")
        .expect("a statement");
    let each = again_and_again(|| {
        let at = Instant::now();
        statement.execute((casework::new_id(), EVENT)).expect("a row");
        micros(at)
    });
    a_second(each.len())
}

/// Microseconds of each fdatasync after a write of one page.
fn syncs(file: &mut File) -> Vec<f64> {
    let page = [0_u8; 4_096];
    again_and_again(|| {
        file.write_all(&page).expect("written");
        let at = Instant::now();
        file.sync_data().expect("synced");
        micros(at)
    })
}

/// Lets the desk understand what came and fold its log in, so that nothing of it is measured with
/// what comes next.
fn rest(desk: &Connection) {
    let due = "SELECT EXISTS (SELECT 1 FROM callback_arrivals) OR EXISTS (SELECT 1 FROM callback_work WHERE state = 'due')";
    while desk.query_row(due, [], |row| row.get::<_, bool>(0)).expect("reads") {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1));
}

/// Both ratios.
pub fn measure(address: SocketAddr, target: &Target, folder: &Path, board: &mut Board<'_>) {
    let (bare, desk) = (open(&folder.join("raw.db")), open(&folder.join("probity.db")));
    bare.execute_batch(
        "CREATE TABLE raw (id TEXT PRIMARY KEY, event TEXT NOT NULL, body BLOB NOT NULL)",
    )
    .expect("a table");
    let path: PathBuf = folder.join("synced");
    let mut file = File::create(path).expect("a file");
    let mut senders = Senders::connect(address, target);
    pin(1);
    senders.load(None);
    let (mut p15, mut p16) = (Vec::new(), Vec::new());
    let mut round = 0;
    while p16.len() < ROUNDS && round < TRIES {
        round += 1;
        rest(&desk);
        let raw = raw_inserts(&bare);
        let acknowledged = a_second(senders.load(None).len());
        rest(&desk);
        let synced = syncs(&mut file);
        let rate = acknowledged / 2.0;
        let (half, withheld) =
            Withheld::during(|| senders.load(Some(Pace { rate, at_once: BURST })));
        rest(&desk);
        let (evenly, withheld_evenly) =
            Withheld::during(|| senders.load(Some(Pace { rate, at_once: 1 })));
        let counts = withheld.share() <= MOST_WITHHELD;
        if counts {
            p15.push(acknowledged / raw);
            p16.push(percentile(&half, 0.99) / percentile(&synced, 0.99));
        }
        board.note(format!(
            "round {round}{}: raw inserts {raw:.0}/s, webhooks {acknowledged:.0}/s; fdatasync p50 {:.0} µs, p99 {:.0} µs; at half load ({:.0}/s) p50 {:.0} µs, p99 {:.0} µs, {withheld}; one by one p50 {:.0} µs, p99 {:.0} µs, {withheld_evenly}",
            if counts { "" } else { ", not counted" },
            median(&synced),
            percentile(&synced, 0.99),
            a_second(half.len()),
            median(&half),
            percentile(&half, 0.99),
            median(&evenly),
            percentile(&evenly, 0.99),
        ));
    }
    if p16.len() < ROUNDS {
        board.note(format!(
            "only {} of {TRIES} rounds were left alone by the host of this machine",
            p16.len()
        ));
    }
    let what = format!(
        "signed webhooks acknowledged a second from {SENDERS} senders / raw durable inserts a second"
    );
    board.row("P-15", &what, &p15, Goal::AtLeast(1.0));
    let what =
        format!("acknowledgement p99 at half of that load, {BURST} at a time / fdatasync p99");
    board.row("P-16", &what, &p16, Goal::AtMost(10.0));
    board.close();
}
