//! Connections: how many, how long each may keep the desk waiting, and that slow ones keep nobody
//! else out.

use crate::{
    address::own_address,
    support::{PASSWORD, Running, quick},
};
use casework::{Pace, journal::Actor, people::NewPerson};
use server::serve::Limits;
use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};
use zeroize::Zeroizing;

async fn desk_with(limits: Limits, pace: Pace) -> Running {
    Running::start_empty_with(pace, |desk| desk.limits = limits).await
}

async fn connected(desk: &Running, said: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(&desk.host).await.expect("a connection");
    stream.write_all(said).await.expect("sent");
    stream
}

/// What comes until the other side closes.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut all))
        .await
        .expect("it is closed")
        .ok();
    String::from_utf8_lossy(&all).into_owned()
}

/// Row 6: whoever is slow with a head, or asks nothing, is not waited for.
#[tokio::test]
async fn heads_that_do_not_come_and_idle_connections_are_closed() {
    let desk =
        desk_with(Limits { head: Duration::from_millis(600), ..Limits::default() }, quick()).await;
    let begun = Instant::now();
    let mut slow = Vec::new();
    for _ in 0..60 {
        slow.push(connected(&desk, b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ").await);
        slow.push(connected(&desk, b"").await);
        slow.push(
            connected(
                &desk,
                format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", desk.host).as_bytes(),
            )
            .await,
        );
    }
    assert_eq!(desk.get("/healthz", None).await.status(), 200);
    let mut answered = 0;
    for stream in &mut slow {
        answered += usize::from(rest(stream).await.starts_with("HTTP/1.1 200"));
    }
    assert_eq!(answered, 60, "those that asked had their answer");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    desk.stop().await;
}

/// Row 6: beyond the limit everybody is told so, and whoever leaves makes room.
#[tokio::test]
async fn beyond_the_limit_there_is_a_clear_503() {
    let desk = desk_with(Limits { connections: 8, ..Limits::default() }, quick()).await;
    let mut open = Vec::new();
    // One address has half of all.
    for _ in 0..4 {
        open.push(connected(&desk, b"GET / HTTP/1.1\r\n").await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut late = connected(
        &desk,
        format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", desk.host).as_bytes(),
    )
    .await;
    let said = rest(&mut late).await;
    assert!(
        said.starts_with("HTTP/1.1 503 ")
            && said.contains("Retry-After: 5\r\n")
            && said.contains("Connection: close\r\n"),
        "{said}"
    );
    assert!(
        said.ends_with("Too many connections are open to this desk. Try again in a few seconds.\n"),
        "{said}"
    );
    drop(open);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(desk.get("/healthz", None).await.status(), 200);
    desk.stop().await;
}

/// Row 6: an answer that nobody fetches is not kept for ever.
#[tokio::test]
async fn an_answer_that_nobody_fetches_is_given_up() {
    let desk =
        desk_with(Limits { stalled: Duration::from_millis(500), ..Limits::default() }, quick())
            .await;
    // Many questions on one line, and no look at their answers: at some point nothing more fits on
    // the way.
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4_096).expect("a small buffer");
    let mut stream =
        socket.connect(desk.host.parse().expect("an address")).await.expect("a connection");
    let ask = format!("GET /keys HTTP/1.1\r\nHost: {}\r\n\r\n", desk.host).repeat(200);
    let ended = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            if stream.write_all(ask.as_bytes()).await.is_err() {
                break;
            }
        }
    });
    ended.await.expect("the line is cut");
    assert_eq!(desk.get("/healthz", None).await.status(), 200);
    desk.stop().await;
}

/// Row 6: a form that does not come is not waited for, on whichever page.
#[tokio::test]
async fn bodies_that_do_not_come_are_told_so() {
    let desk = desk_with(Limits::default(), Pace { upload_ms: 400, ..quick() }).await;
    for path in ["/api/session/start", "/api/setup", "/api/checks/comment"] {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\naccount=an",
            desk.host
        );
        let mut slow = connected(&desk, head.as_bytes()).await;
        let mut said = vec![0; 4_096];
        let read = tokio::time::timeout(Duration::from_secs(20), slow.read(&mut said))
            .await
            .expect("in time")
            .expect("an answer");
        assert!(said[..read].starts_with(b"HTTP/1.1 408"), "{path}");
    }
    desk.stop().await;
}

/// Row 6: two who send their pictures slowly keep nobody else waiting.
#[tokio::test]
async fn slow_uploads_keep_nobody_else_waiting() {
    let desk = Running::start_at(Pace { upload_ms: 30_000, ..quick() }).await;
    for account in ["cleo", "dina", "emil"] {
        let new = NewPerson {
            account: account.into(),
            name: account.into(),
            role: "analyst".into(),
            password: Zeroizing::new(PASSWORD.into()),
        };
        casework::people::add(&desk.work, &Actor::operator(), &new).await.expect("a person");
    }
    let mut slow = Vec::new();
    for account in ["anna", "ben", "cleo", "dina"] {
        let cookie = desk.sign_in(account).await;
        let head = format!(
            "POST /api/idv/launch HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-probity={cookie}\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 3000000\r\n\r\n--b\r\n",
            desk.host
        );
        slow.push(connected(&desk, &[head.into_bytes(), vec![b'x'; 1_000_000]].concat()).await);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    let (cookie, begun) = (desk.sign_in("emil").await, Instant::now());
    let answer = desk
        .client
        .post(format!("{}/api/idv/launch", desk.base))
        .header("sec-fetch-site", "same-origin")
        .header("cookie", format!("__Host-probity={cookie}"))
        .header("content-type", "multipart/form-data; boundary=b")
        .body("--b\r\nno parts at all")
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 400, "it was read");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(slow);
    desk.stop().await;
}

/// The program under a limit of open files, as a shell sets it; killed when it is dropped.
struct Limited {
    child: Child,
    listen: String,
    _folder: tempfile::TempDir,
}

impl Limited {
    async fn start(limit: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listen = own_address().to_string();
        let mut command = Command::new("sh");
        command.args([
            "-c",
            &format!("ulimit {limit} && exec \"$0\" serve"),
            env!("CARGO_BIN_EXE_probity"),
        ]);
        command
            .env("PROBITY_DATA", folder.path())
            .env("PROBITY_LISTEN", &listen)
            .env("PROBITY_SITE", "no-site")
            .env("PROBITY_LOG", "error");
        command.env_remove("PROBITY_CONFIG").env_remove("DATABASE_URL");
        let limited = Self {
            child: command.stdout(Stdio::null()).spawn().expect("starts"),
            listen,
            _folder: folder,
        };
        let until = Instant::now() + Duration::from_secs(30);
        while limited.health("127.0.0.1").await.is_none() {
            assert!(Instant::now() < until, "it never answered");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        limited
    }

    /// The status of an answer to somebody at an address.
    async fn health(&self, from: &str) -> Option<u16> {
        rustls::crypto::ring::default_provider().install_default().ok();
        let client = reqwest::Client::builder()
            .no_proxy()
            .local_address(from.parse::<std::net::IpAddr>().expect("an address"));
        let answer = client
            .build()
            .expect("a client")
            .get(format!("http://{}/healthz", self.listen))
            .send()
            .await
            .ok()?;
        Some(answer.status().as_u16())
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Row 6: however many connections somebody opens, others are served, and the database has its
/// files.
#[tokio::test]
async fn few_open_files_are_not_used_up_by_those_who_only_connect() {
    let limited = Limited::start("-n 256").await;
    let mut open = Vec::new();
    for _ in 0..300 {
        open.extend(TcpStream::connect(&limited.listen).await.ok());
    }
    assert_eq!(open.len(), 300);
    for _ in 0..20 {
        assert_eq!(limited.health("127.0.0.2").await, Some(200), "somebody else");
    }
    drop(open);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(limited.health("127.0.0.1").await, Some(200));
}

/// Row 6: what the system allows is used.
#[tokio::test]
async fn the_limit_of_open_files_is_raised_as_far_as_it_may() {
    let limited = Limited::start("-S -n 100").await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", limited.child.id()))
        .expect("Linux, and it runs");
    let line = limits.lines().find(|line| line.starts_with("Max open files")).expect("the line");
    let numbers: Vec<&str> = line.split_whitespace().skip(3).take(2).collect();
    assert!(numbers[0] == numbers[1] && numbers[0] != "100", "{line}");
}
