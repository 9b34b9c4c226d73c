//! P-15 and P-16: signed webhooks, acknowledged once they are durable, against bare durable writes.
//!
//! Each delivery has an id and a body of its own and is signed for it. The event is one from which nothing follows, so
//! that what is measured is the taking in; the inbox still looks at each while the next ones come.

use super::{Http, ROUNDS, Stalls, median, open, percentile, pin};
use casework::{Work, connections, journal::Actor, webhooks};
use hmac::{Hmac, KeyInit, Mac};
use rusqlite::Connection;
use sandbox::{Options, Sandbox};
use sha2::Sha256;
use std::{
    fs::File,
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

/// Connections that send at the same time.
const SENDERS: usize = 64;
/// How long each side of a round takes.
const TIME: Duration = Duration::from_secs(3);
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
        let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), Options::default()).await.expect("the stand-in starts");
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
        let all: serde_json::Value = reqwest::get(books).await.expect("answers").json().await.expect("JSON");
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
        let body = format!(r#"{{"id":"{id}","person_id":"{}cper","document_date":"2026-11-24","name":"Letter.pdf"}}"#, &id[..8]);
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(self.secret.as_bytes()).expect("a key").chain_update(&body);
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

/// One connection, and the next delivery on it, which is signed before it is due.
struct Sender {
    http: Http,
    next: String,
    due: Instant,
    waits: bool,
}

/// All senders for the time of a round, together at `rate` deliveries a second or as fast as answers come. Gives the
/// microseconds of each delivery, counted from when it was due. One thread looks after all of them: 64 would have to be
/// woken up one after another on their core, and that would be measured instead.
fn load(senders: &mut [Sender], target: &Target, rate: Option<f64>) -> Vec<f64> {
    let (until, mut times) = (Instant::now() + TIME, Vec::with_capacity(100_000));
    let every = rate.map(|rate| Duration::from_secs_f64(SENDERS as f64 / rate));
    let first = Instant::now();
    for (at, sender) in senders.iter_mut().enumerate() {
        sender.due = first + every.map_or(Duration::ZERO, |every| every.mul_f64(at as f64 / SENDERS as f64));
    }
    loop {
        let now = Instant::now();
        assert!(now < until + PATIENCE, "an answer never came");
        for sender in senders.iter_mut().filter(|sender| !sender.waits && sender.due <= now && now < until) {
            sender.http.begin(&sender.next);
            sender.waits = true;
        }
        let next = senders.iter().filter(|sender| !sender.waits).map(|sender| sender.due).min().filter(|next| (*next).max(now) < until);
        let mut waiting: Vec<&mut Sender> = senders.iter_mut().filter(|sender| sender.waits).collect();
        if next.is_none() && waiting.is_empty() {
            return times;
        }
        let pause = next.unwrap_or(until + PATIENCE).saturating_duration_since(Instant::now());
        let ready = Http::await_some(waiting.iter().map(|sender| &sender.http), pause);
        for (sender, _) in waiting.iter_mut().zip(ready).filter(|(_, is_ready)| *is_ready) {
            if let Some((status, head)) = sender.http.look() {
                assert_eq!(status, 204, "{head}");
                times.push(sender.due.elapsed().as_secs_f64() * 1e6);
                sender.waits = false;
                sender.next = target.request(&sender.http.host);
                sender.due = every.map_or_else(Instant::now, |every| sender.due + every);
            }
        }
    }
}

/// Rows of about the size of a stored webhook, each in a durable transaction of its own, one after another; how many a second.
fn raw_inserts(bare: &Connection) -> f64 {
    let started = Instant::now();
    let mut statement = bare.prepare_cached("INSERT INTO raw (id, event, body) VALUES (?1, ?2, zeroblob(190))").expect("a statement");
    let mut count = 0;
    while started.elapsed() < TIME {
        statement.execute((casework::new_id(), EVENT)).expect("a row");
        count += 1;
    }
    f64::from(count) / started.elapsed().as_secs_f64()
}

/// Microseconds of a write of one page and its fdatasync, again and again.
fn syncs(file: &mut File) -> Vec<f64> {
    let (started, page, mut times) = (Instant::now(), [0_u8; 4_096], Vec::new());
    while started.elapsed() < TIME {
        file.write_all(&page).expect("written");
        let at = Instant::now();
        file.sync_data().expect("synced");
        times.push(at.elapsed().as_secs_f64() * 1e6);
    }
    times
}

/// Lets the desk understand what came and fold its log in, so that nothing of it is measured with what comes next.
fn rest(desk: &Connection) {
    let due = "SELECT EXISTS (SELECT 1 FROM callback_arrivals) OR EXISTS (SELECT 1 FROM callback_work WHERE state = 'due')";
    while desk.query_row(due, [], |row| row.get::<_, bool>(0)).expect("reads") {
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_secs(1));
}

/// Both ratios; gives how many goals were missed.
pub fn measure(address: SocketAddr, target: &Target, folder: &Path) -> usize {
    let (bare, desk) = (open(&folder.join("raw.db")), open(&folder.join("probity.db")));
    bare.execute_batch("CREATE TABLE raw (id TEXT PRIMARY KEY, event TEXT NOT NULL, body BLOB NOT NULL)").expect("a table");
    let path: PathBuf = folder.join("synced");
    let mut file = File::create(path).expect("a file");
    let mut senders: Vec<Sender> = (0..SENDERS)
        .map(|_| {
            let http = Http::connect(address);
            http.never_wait();
            Sender { next: target.request(&http.host), http, due: Instant::now(), waits: false }
        })
        .collect();
    pin(1);
    load(&mut senders, target, None);
    let (mut p15, mut p16, mut lines, mut stood_still) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for round in 0..ROUNDS {
        rest(&desk);
        let raw = raw_inserts(&bare);
        let acknowledged = load(&mut senders, target, None).len() as f64 / TIME.as_secs_f64();
        rest(&desk);
        let synced = syncs(&mut file);
        let half = load(&mut senders, target, Some(acknowledged / 2.0));
        let stalls = Stalls::look();
        stood_still += usize::from(stalls.share > 0.01);
        p15.push(acknowledged / raw);
        p16.push(percentile(&half, 0.99) / percentile(&synced, 0.99));
        lines.push(format!(
            "round {}: raw inserts {raw:.0}/s, webhooks {acknowledged:.0}/s; fdatasync p50 {:.0} µs, p99 {:.0} µs; at half load ({:.0}/s) p50 {:.0} µs, p99 {:.0} µs; the machine stood still for {stalls}",
            round + 1,
            median(&synced),
            percentile(&synced, 0.99),
            half.len() as f64 / TIME.as_secs_f64(),
            median(&half),
            percentile(&half, 0.99)
        ));
    }
    for ratios in [&mut p15, &mut p16] {
        ratios.sort_by(f64::total_cmp);
    }
    let (fast, slow) = (p15[ROUNDS / 2], p16[ROUNDS / 2]);
    let verdict = |met: bool| if met { "met " } else { "MISS" };
    println!(
        "\nP-15  {fast:6.2}  ({:.2} to {:.2})  goal >= 1      {}  signed webhooks acknowledged a second from {SENDERS} senders / raw durable inserts a second",
        p15[0],
        p15[ROUNDS - 1],
        verdict(fast >= 1.0)
    );
    println!(
        "P-16  {slow:6.2}  ({:.2} to {:.2})  goal <= 10     {}  acknowledgement p99 at half of that load / fdatasync p99\n",
        p16[0],
        p16[ROUNDS - 1],
        verdict(slow <= 10.0)
    );
    for line in lines {
        println!("{line}");
    }
    if stood_still > 0 {
        println!(
            "In {stood_still} of {ROUNDS} rounds this machine stood still for over a hundredth of the time that both cores are busy: such a p99 may be its own."
        );
    }
    usize::from(fast < 1.0) + usize::from(slow > 10.0)
}
