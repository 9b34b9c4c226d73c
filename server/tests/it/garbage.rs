//! S-52: bytes at the door and in the configuration that nobody would write who knows how.
//!
//! Over HTTP the same few thousand requests each time (`PROBITY_FAULTS=full`: many more); of the
//! configuration as many as `PROPTEST_CASES` says.

use crate::{
    fuzz::Dice,
    support::{Running, location},
};
use app::pages::{API, ROUTES};
use casework::objects::{Access, Place};
use proptest::prelude::*;
use reqwest::Method;
use server::{config::Config, guard::COOKIE};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A cookie header: ours bent, another's, or noise.
fn cookie(dice: &mut Dice, real: &str) -> Vec<u8> {
    match dice.roll(8) {
        0 => format!("{COOKIE}="),
        1 => format!("{COOKIE}={}", &real[..dice.roll(real.len())]),
        2 => format!("{COOKIE}={}x", real),
        3 => {
            let mut bent = real.as_bytes().to_vec();
            let at = dice.roll(bent.len());
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            format!("{COOKIE}={}", String::from_utf8_lossy(&bent))
        }
        4 => format!("{COOKIE}=\"{real}\\\"; Path=/; {COOKIE}"),
        5 => format!("{COOKIE}{}={real}", dice.roll(9)),
        6 => format!("{}{COOKIE}=%00%ff", "a=b; ".repeat(dice.roll(200))),
        _ => {
            let length = dice.roll(300);
            let noise = dice.bytes(length).into_iter().filter(|b| *b >= 0x20 && *b != 0x7f);
            return [format!("{COOKIE}=").into_bytes(), noise.collect()].concat();
        }
    }
    .into_bytes()
}

/// A query: pairs without end, escapes without digits, bytes that are no text.
fn query(dice: &mut Dice) -> String {
    let piece = |dice: &mut Dice| match dice.roll(9) {
        0 => "%".to_owned(),
        1 => "%zz=%f".to_owned(),
        2 => "q=%ff%fe%c3".to_owned(),
        3 => "=".repeat(dice.roll(50)),
        4 => "checks[0]=x&checks[][][=1&checks[99999999999]=y".to_owned(),
        5 => format!("before={}&n={}", "9".repeat(dice.roll(40)), "-".repeat(dice.roll(3))),
        6 => format!("refused={}", "0".repeat(dice.roll(100))),
        7 => format!("after={}_x&tab=a%00ll", i64::MIN),
        _ => format!(
            "{}={}",
            char::from(b'a' + (dice.roll(26) as u8)),
            "+%20".repeat(dice.roll(100))
        ),
    };
    (0..dice.roll(6)).map(|_| piece(dice)).collect::<Vec<_>>().join("&")
}

/// A form's body and what it says to be.
fn form(dice: &mut Dice) -> (String, Vec<u8>) {
    let kinds = [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=utf-16",
        "multipart/form-data; boundary=b",
        "multipart/form-data; boundary=",
        "multipart/form-data",
        "multipart/form-data; boundary=\"b",
        "multipart/mixed; boundary=b",
        "application/json",
        "text/plain",
        "",
        "*/*;;;=",
    ];
    let noise = dice.roll(20);
    let noise: String = dice.bytes(noise).into_iter().map(|b| char::from(b' ' + b % 95)).collect();
    let kind = match dice.roll(2) {
        0 => kinds[dice.roll(kinds.len())].to_owned(),
        _ => format!("multipart/form-data; boundary={noise}"),
    };
    let part = "--b\r\nContent-Disposition: form-data; name=\"check_id\"\r\n\r\nx\r\n";
    let length = dice.roll(400);
    let body = match dice.roll(9) {
        0 => vec![],
        1 => dice.bytes(length),
        2 => query(dice).into_bytes(),
        3 => format!("{part}{part}--b--\r\n").into_bytes(),
        4 => part.as_bytes()[..dice.roll(part.len())].to_vec(),
        5 => format!(
            "--b\r\nContent-Disposition: form-data; name=\"{}\"; filename*=UTF-8''%ff\r\nContent-Length: 9999999999\r\n\r\n",
            "n".repeat(length)
        )
        .into_bytes(),
        6 => [
            part.as_bytes(),
            &b"--b\r\nContent-Disposition: form-data; name=\"front\"; filename=\"\0\"\r\n\r\n\x89PNG\r\n\x1a\n"[..],
            &dice.bytes(length)[..],
        ]
        .concat(),
        7 => format!("{}=1", "a[b]".repeat(dice.roll(300))).into_bytes(),
        _ => [b"body=".to_vec(), dice.bytes(length)].concat(),
    };
    (kind, body)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_52_no_noise_at_the_door_lets_anybody_in_or_breaks_a_page() {
    let rounds =
        if std::env::var("PROBITY_FAULTS").is_ok_and(|how| how == "full") { 50_000 } else { 1_500 };
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let mut dice = Dice(0x0dd_5eed);
    let functions: Vec<&str> = API
        .iter()
        .map(|(path, _)| *path)
        .filter(|p| !p.starts_with("/api/session/") && !p.contains("sessions"))
        .collect();
    for round in 0..rounds {
        let is_form = dice.roll(2) == 0;
        let path = if is_form {
            functions[dice.roll(functions.len())].to_owned()
        } else {
            let piece = ["%00", "%ff%fe", "..%2f..", "x", "%2e%2e", "%25", "0198-", "%F0%9F%98%80"]
                [dice.roll(8)];
            let path = ROUTES[dice.roll(ROUTES.len())].path;
            path.split('/')
                .map(|p| if p.starts_with('{') { piece } else { p })
                .collect::<Vec<_>>()
                .join("/")
        };
        let is_anna = dice.roll(2) == 0;
        let method = if is_form { Method::POST } else { Method::GET };
        let mut request = desk
            .client
            .request(method, format!("{}{path}?{}", desk.base, query(&mut dice)))
            .header("sec-fetch-site", "same-origin");
        if is_anna {
            request = request.header("cookie", format!("{COOKIE}={anna}"));
        } else {
            request = request.header("cookie", cookie(&mut dice, &anna));
        }
        for (name, values) in [
            ("range", ["bytes=0-", "bytes=-1-5", "bytes=99999999999999999999-"]),
            ("accept", ["text/html", "application/x-ndjson;q=\u{ff}", "*"]),
            ("accept-encoding", ["br", "gzip;q=NaN, br;q=-1", ",,,"]),
            ("x-probity-refresh", ["-1", "99999999999999999999", "1e9"]),
            ("if-modified-since", ["never", "Wed, 99 Foo 2099 99:99:99 GMT", ""]),
        ] {
            if dice.roll(4) == 0 {
                request = request.header(name, values[dice.roll(3)].as_bytes());
            }
        }
        if is_form {
            let (kind, body) = form(&mut dice);
            request = request.header("content-type", kind).body(body);
        }
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) if error.is_builder() => continue,
            Err(error) => panic!("round {round}, {path}: {error}"),
        };
        let status = answer.status();
        assert!(!status.is_server_error(), "round {round}, {path}: {status}");
        let need = ROUTES
            .iter()
            .find(|r| r.path == path)
            .map(|r| r.need)
            .or_else(|| app::pages::access::api_need(&path));
        if !is_anna && need.is_some_and(|need| need != app::pages::Need::Nobody) {
            let is_turned_away = matches!(status.as_u16(), 401 | 400 | 404 | 413 | 422)
                || location(&answer).starts_with("/login");
            assert!(is_turned_away, "round {round}, {path}: {status} for nobody");
        }
    }
    assert_eq!(desk.get("/account", Some(&anna)).await.status(), 200, "anna is still there");
    let none = domain::queue::Filter { tab: Some(domain::queue::Tab::All), ..Default::default() };
    let people = casework::people::list(&desk.work).await.expect("lists");
    assert_eq!(people.len(), 4);
    let count =
        casework::checks::queue::newer_than(&desk.work, &people[0].id.as_str().into(), &none, 0)
            .await
            .expect("counts");
    assert_eq!(count, 0, "nothing was launched");
    tokio::time::timeout(Duration::from_secs(20), desk.stop()).await.expect("and stops in order");
}

/// Bytes that are no HTTP at all, or nearly: an answer of refusal or a closed line, and the desk
/// goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_52_what_is_no_http_is_refused_and_the_desk_goes_on() {
    let desk = Running::start().await;
    let mut dice = Dice(0xbad0_4777);
    for round in 0..150 {
        let length = dice.roll(600);
        let bytes = match dice.roll(9) {
            0 => dice.bytes(length),
            1 => b"GET / HTTP/9.9\r\n\r\n".to_vec(),
            2 => format!("GET {} HTTP/1.1\r\nhost: {}\r\n\r\n", "/".repeat(70_000), desk.host).into_bytes(),
            3 => format!("POST /api/checks/decide HTTP/1.1\r\nhost: {}\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /journal HTTP/1.1\r\n\r\n", desk.host).into_bytes(),
            4 => format!("POST /api/checks/decide HTTP/1.1\r\nhost: {}\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n", desk.host).into_bytes(),
            5 => format!("GET / HTTP/1.1\r\nhost: {}\r\n{}\r\n", desk.host, "a: b\r\n".repeat(500)).into_bytes(),
            6 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
            7 => format!("GET / HTTP/1.1\r\nhost: {}\r\nx: a\r\n b\0\r\n\r\n", desk.host).into_bytes(),
            _ => format!("GET /login HTTP/1.1\r\nhost: a\r\nhost: {}\r\ncontent-length: -1\r\n\r\n", desk.host).into_bytes(),
        };
        let mut line = TcpStream::connect(&desk.host).await.expect("a line");
        line.write_all(&bytes).await.ok();
        line.shutdown().await.ok();
        let mut answer = Vec::new();
        tokio::time::timeout(Duration::from_secs(5), line.read_to_end(&mut answer))
            .await
            .expect("the line ends")
            .ok();
        let text = String::from_utf8_lossy(&answer);
        for status in text.split("HTTP/1.1 ").skip(1).filter_map(|rest| rest.get(..3)) {
            assert!(
                !status.starts_with('5') || status == "501" || status == "505",
                "round {round}: {status}"
            );
        }
        assert!(!text.contains("panicked"), "round {round}");
    }
    assert_eq!(desk.get("/login", None).await.status(), 200);
    tokio::time::timeout(Duration::from_secs(20), desk.stop()).await.expect("and stops in order");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s_52_any_configuration_is_taken_whole_or_refused_in_words(
        lines in prop::collection::vec(
            "(listen|public_url|data|database_url|objects|site|master_key|log|drain_seconds|lisen|allowed_private) ?= ?(\"[a-z0-9:/._-]{0,20}\"|[0-9]{1,25}|true|\\[\\]|'.{0,9}|\\PC{0,9})|\\PC{0,30}|\\[[a-z.]{0,9}\\]", 0..6),
        variable in "PROBITY_LISTEN|PROBITY_DRAIN_SECONDS|PROBITY_OBJECTS|DATABASE_URL|PROBITY_PUBLIC_URL", value in "\\PC{0,30}|[0-9.:]{1,20}",
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("p.toml");
        std::fs::write(&file, lines.join("\n")).expect("written");
        match Config::read(Some(&file), |name| (name == variable).then(|| value.clone())) {
            Ok(config) => {
                let shown = config.shown();
                prop_assert!(config.master_key.as_ref().is_none_or(|key| key.len() < 8 || !shown.contains(key.as_str())), "no secret is shown");
                let _ = (config.sqlite_file(), config.place().is_ok(), config.key_file());
                // A key that is none is refused, and none is made in its place.
                if config.master_key.is_some() { prop_assert!(config.sealer(false).is_err()); }
            }
            Err(error) => {
                let words = error.to_string();
                prop_assert!(words.contains("p.toml") || words.contains(&variable), "{}", words);
            }
        }
    }

    #[test]
    fn s_52_any_address_of_a_bucket_is_taken_or_refused(address in "s3://[a-zA-Z0-9./_-]{0,30}|s3://\\PC{0,30}|\\PC{0,30}", endpoint in prop::option::of("https?://[a-z0-9.:]{0,20}|\\PC{0,20}")) {
        rustls::crypto::ring::default_provider().install_default().ok();
        let access = Access { endpoint, ..Access::default() };
        if let Err(error) = Place::of(&address, &access) {
            prop_assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn s_52_any_file_of_keys_is_keys_or_refused(text in "([A-Za-z0-9+/]{43}=\n){0,3}|(# \\PC{0,10}\n)?[A-Za-z0-9+/=\n ]{0,100}|\\PC{0,60}") {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("k");
        std::fs::write(&file, &text).expect("written");
        // Readable by its owner only, as keys must be.
        std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("set");
        let config = Config { master_key_file: Some(file.clone()), ..Config::default() };
        match config.sealer(true) {
            Ok(sealer) => {
                prop_assert_eq!(sealer.key_id().len(), 8);
                prop_assert!(text.lines().any(|line| line.trim().len() == 44));
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
        prop_assert_eq!(std::fs::read_to_string(&file).expect("there"), text, "a file of keys is never written over");
    }
}
