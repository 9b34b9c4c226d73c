//! F-29: the real program, eight decompression bombs at once, and what that costs it and everybody
//! else.
//!
//! A test program of its own: the memory is the server process's, and no other test runs beside the
//! clock.

#[path = "it/address.rs"]
mod address;

use address::own_address;
use image::ExtendedColorType;
use sandbox::pictures::{
    bad,
    bombs::{self, Scans},
    specimen,
};
use std::{
    io::Write,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const PASSWORD: &str = "correct horse desk staple";
const BOUNDARY: &str = "----probity-bombs";
/// What the whole process may take at its peak, in megabytes.
const PEAK_MAX: u64 = 300;
/// Differences that are the machine's, not the desk's.
const NOISE: Duration = Duration::from_millis(50);

fn probity(folder: &Path, listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
    command
        .env("PROBITY_DATA", folder)
        .env("PROBITY_LISTEN", listen)
        .env("PROBITY_SITE", "no-site")
        .env("PROBITY_LOG", "warn");
    command
        .env("PROBITY_ALLOWED_PRIVATE", "127.0.0.0/8")
        .env_remove("DATABASE_URL")
        .env_remove("PROBITY_CONFIG");
    command
}

/// Runs a command of the program with a secret on its standard input; gives what it printed.
fn told(mut command: Command, secret: &str) -> String {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("starts");
    child.stdin.take().expect("a pipe").write_all(secret.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The program while it serves; killed when it is dropped.
struct Served {
    child: Child,
    base: String,
    connection: String,
    _folder: tempfile::TempDir,
}

impl Served {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listen = own_address().to_string();
        let mut made = probity(folder.path(), &listen);
        made.arg("setup-token");
        told(made, "");
        let mut person = probity(folder.path(), &listen);
        person.args([
            "user",
            "add",
            "--account",
            "anna",
            "--name",
            "Anna Berg",
            "--role",
            "analyst",
        ]);
        told(person, PASSWORD);
        let mut connection = probity(folder.path(), &listen);
        // Nobody answers there: what is launched stays here.
        connection.args([
            "connection",
            "add",
            "--name",
            "Nobody",
            "--base-url",
            "http://127.0.0.1:9",
            "--search-setting",
            "1=Precise",
        ]);
        connection.arg("--allow-private");
        let added = told(connection, "a-token");
        let connection = added.split(['(', ')']).nth(1).expect("an id").to_owned();
        let child = probity(folder.path(), &listen)
            .arg("serve")
            .stdout(Stdio::null())
            .spawn()
            .expect("starts");
        let served = Self { child, base: format!("http://{listen}"), connection, _folder: folder };
        let until = Instant::now() + Duration::from_secs(30);
        while client().get(format!("{}/healthz", served.base)).send().await.is_err() {
            assert!(Instant::now() < until, "it never answered");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        served
    }

    /// The most memory that the process ever had, in megabytes.
    fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .expect("Linux, and it runs");
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("the line");
        line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number")
            / 1024
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn client() -> reqwest::Client {
    // An upload that waits for its place on a busy machine is not read for a while.
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tcp_user_timeout(None);
    client.build().expect("a client")
}

async fn sign_in(served: &Served) -> String {
    let answer = client()
        .post(format!("{}/api/session/start", served.base))
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("account=anna&password={}", PASSWORD.replace(' ', "+")))
        .send()
        .await
        .expect("an answer");
    let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|c| c.to_str().ok());
    cookies
        .filter_map(|c| c.split(';').next())
        .find(|c| c.starts_with("__Host-probity="))
        .expect("signed in")
        .to_owned()
}

/// A form for an ID verification by passport.
fn form(served: &Served, check: &str, front: &[u8], face: &[u8]) -> Vec<u8> {
    let texts = [
        ("check_id", check),
        ("way", "upload"),
        ("connection", &served.connection),
        ("customer_reference", check),
        ("name", "Emily Clarke"),
        ("country", "GBR"),
        ("id_type", "PASSPORT"),
        ("follow_up", "none"),
    ];
    let mut body = Vec::new();
    for (name, value) in texts {
        body.extend(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .into_bytes(),
        );
    }
    for (name, bytes) in [("front", front), ("face", face)] {
        body.extend(format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}\"\r\n\r\n").into_bytes());
        body.extend([bytes, b"\r\n"].concat());
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

/// Sends a form; gives where the answer leads.
async fn send(served: &Served, cookie: &str, body: Vec<u8>) -> String {
    let answer = client()
        .post(format!("{}/api/idv/launch", served.base))
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookie)
        .header("content-type", format!("multipart/form-data; boundary={BOUNDARY}"))
        .body(body)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 303);
    answer.headers()["location"].to_str().expect("an address").to_owned()
}

/// Reads the queue until told to stop, at least `least` times; gives how long each read took,
/// shortest first.
async fn read_queue(
    served: &Served,
    cookie: &str,
    least: usize,
    mut go_on: impl FnMut() -> bool,
) -> Vec<Duration> {
    let client = client();
    let mut times = Vec::new();
    while times.len() < least || go_on() {
        let started = Instant::now();
        let answer = client
            .get(format!("{}/checks", served.base))
            .header("cookie", cookie)
            .send()
            .await
            .expect("an answer");
        assert_eq!(answer.status(), 200);
        answer.bytes().await.expect("a page");
        times.push(started.elapsed());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    times.sort();
    times
}

fn p99(times: &[Duration]) -> Duration {
    times[(times.len() * 99).div_ceil(100) - 1]
}

/// Name, file, and whether it is opened.
fn eight() -> Vec<(&'static str, Vec<u8>, bool)> {
    vec![
        ("a header of 60,000 by 60,000", bad("bomb.png").expect("known").0, false),
        ("64 megapixels within the sides", bombs::png(7_999, 7_999, ExtendedColorType::L8), false),
        ("50 megapixels in one scan", bombs::jpeg(7_999, 6_250, 3, Scans::One), true),
        (
            "50 megapixels, a scan for each component",
            bombs::jpeg(7_999, 6_250, 3, Scans::OneForEach),
            false,
        ),
        ("50 megapixels, progressive", bombs::jpeg(7_999, 6_250, 3, Scans::Progressive), false),
        ("an animation of 100 frames", bombs::animated(4_000, 3_000, 100), false),
        ("a profile that unpacks to 200 MB", bombs::profile(200), true),
        ("18 megapixels of 64 bits", bombs::png(5_000, 3_700, ExtendedColorType::Rgba16), true),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_bombs_at_once_cost_little_and_keep_nobody_waiting() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let served = Served::start().await;
    let cookie = sign_in(&served).await;
    let face = specimen("emily-clarke", "face").expect("known").0;
    let bombs = eight();
    let small = bombs.iter().all(|(_, file, _)| file.len() < domain::idv::PICTURE_BYTES_MAX);
    assert!(
        small,
        "none is refused for its size alone: {:?}",
        bombs.iter().map(|(name, file, _)| (*name, file.len())).collect::<Vec<_>>()
    );
    read_queue(&served, &cookie, 50, || false).await;
    let quiet = read_queue(&served, &cookie, 200, || false).await;
    let before = served.peak();
    let mut busy = Vec::new();
    for round in 0..2 {
        let left = std::cell::Cell::new(bombs.len());
        let sent = futures::future::join_all(bombs.iter().enumerate().map(
            |(number, (name, front, opens))| {
                let check = format!("00000000-0000-7000-8000-{round:06}{number:06}");
                let body = form(&served, &check, front, &face);
                let (served, cookie, left) = (&served, &cookie, &left);
                async move {
                    let to = send(served, cookie, body).await;
                    assert_eq!(to.contains("done=launched"), *opens, "{name}: {to}");
                    left.set(left.get() - 1);
                }
            },
        ));
        let (_, times) = futures::join!(sent, read_queue(&served, &cookie, 1, || left.get() > 0));
        busy.extend(times);
    }
    busy.sort();
    let (quiet, during) = (p99(&quiet), p99(&busy));
    let peak = served.peak();
    println!(
        "peak {peak} MB (before: {before} MB); the queue's p99: quiet {quiet:?}, during {during:?} of {}",
        busy.len()
    );
    assert!(peak < PEAK_MAX, "{peak} MB at the peak, {before} MB before");
    assert!(
        during <= (2 * quiet).max(quiet + NOISE),
        "p99 {during:?} while bombs come in, {quiet:?} when it is quiet"
    );
}
