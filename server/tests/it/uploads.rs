//! Pictures over HTTP: what comes in, what is shown, what breaks off, and what is too large.

use crate::support::{Running, location, quick};
use casework::{
    Pace, checks,
    idv::{self, Sent},
    journal::Actor,
};
use domain::{CheckId, idv::Form};
use reqwest::header;
use sandbox::{Options, Sandbox};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const BOUNDARY: &str = "----probity-test";

/// A form in parts: texts, then files.
fn parts(texts: &[(&str, &str)], files: &[(&str, &str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in texts {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            )
            .as_bytes(),
        );
    }
    for (name, file, bytes) in files {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\nContent-Type: image/png\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn send(
    desk: &Running,
    cookie: &str,
    content_type: &str,
    body: Vec<u8>,
) -> reqwest::Response {
    desk.client
        .post(format!("{}/api/idv/launch", desk.base))
        .header("sec-fetch-site", "same-origin")
        .header(header::COOKIE, format!("__Host-probity={cookie}"))
        .header(header::CONTENT_TYPE, content_type)
        .body(body)
        .send()
        .await
        .expect("an answer")
}

fn multipart() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

async fn sandbox() -> Sandbox {
    let options = Options { step_ms: 15, ..Options::default() };
    Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the stand-in starts")
}

fn drawn(slot: &str) -> Vec<u8> {
    sandbox::pictures::specimen("emily-clarke", slot).expect("a specimen").0
}

/// The texts of a good form.
fn texts<'a>(connection: &'a str, check: &'a str) -> [(&'a str, &'a str); 8] {
    [
        ("check_id", check),
        ("way", "upload"),
        ("connection", connection),
        ("customer_reference", "C-1"),
        ("name", "Emily Clarke"),
        ("country", "GBR"),
        ("id_type", "ID_CARD"),
        ("follow_up", "none"),
    ]
}

async fn checks_of(desk: &Running) -> usize {
    casework::customers::list(&desk.work, "", None).await.expect("lists").len()
}

#[tokio::test]
async fn pictures_are_taken_shown_to_reviewers_and_each_look_is_recorded() {
    let (desk, stand_in) = (Running::start().await, sandbox().await);
    let connection = desk.connect(&format!("{}/kryptogo", stand_in.base_url())).await;
    let (anna, adam) = (desk.sign_in("anna").await, desk.sign_in("adam").await);
    let id = casework::new_id();
    let (front, back, face) = (drawn("front"), drawn("back"), drawn("face"));
    let body = parts(
        &texts(&connection, &id),
        &[("front", "front.png", &front), ("back", "back.png", &back), ("face", "face.jpg", &face)],
    );
    let answer = send(&desk, &anna, &multipart(), body).await;
    assert_eq!(
        (answer.status().as_u16(), location(&answer)),
        (303, format!("/checks/{id}?done=launched").as_str())
    );

    let check = CheckId::from(id.as_str());
    let picture = checks::review::get(&desk.work, &check).await.expect("reads").pictures.remove(0);
    let path = format!("/checks/{id}/pictures/{}", picture.evidence_id.expect("kept"));
    let shown = desk.get(&path, Some(&anna)).await;
    assert_eq!(shown.status(), 200);
    let value = |name: &str| {
        shown.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
    };
    assert_eq!(value("content-type"), "image/jpeg");
    assert_eq!(
        value("content-security-policy"),
        "default-src 'none'; sandbox; frame-ancestors 'none'"
    );
    assert_eq!(value("x-content-type-options"), "nosniff");
    assert_eq!(value("cross-origin-resource-policy"), "same-origin");
    assert_eq!(value("cache-control"), "no-store");
    let bytes = shown.bytes().await.expect("a body");
    assert!(!bytes.windows(6).any(|w| w == b"CANARY"), "no metadata leaves");

    assert_eq!(desk.get(&path, Some(&adam)).await.status(), 403, "an admin sees no picture");
    assert!(location(&desk.get(&path, None).await).starts_with("/login"));
    desk.work.views.flush().await;
    let looks = casework::journal::timeline(&desk.work, &id).await.expect("reads");
    assert_eq!(
        looks.iter().filter(|e| e.action == "picture_viewed").count(),
        1,
        "the one look that was allowed"
    );
    stand_in.stop().await;
    desk.stop().await;
}

#[tokio::test]
async fn a_form_that_is_not_in_parts_is_refused_and_breaks_nothing() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "application/x-www-form-urlencoded",
        "application/json",
    ] {
        assert_eq!(
            send(&desk, &anna, content_type, b"way=upload".to_vec()).await.status(),
            400,
            "{content_type}"
        );
    }
    assert_eq!(send(&desk, &anna, &multipart(), b"no parts at all".to_vec()).await.status(), 400);
    assert_eq!(desk.get("/checks", Some(&anna)).await.status(), 200);
    desk.stop().await;
}

#[tokio::test]
async fn what_is_larger_than_all_pictures_together_is_413() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let answer = send(&desk, &anna, &multipart(), vec![b'x'; 62 * 1024 * 1024 + 1]).await;
    assert_eq!(answer.status(), 413);
    assert!(answer.text().await.expect("a page").contains("Each picture may have 15 MB"));
    assert_eq!(
        send(&desk, &anna, &multipart(), vec![b'x'; 300 * 1024]).await.status(),
        400,
        "this form may be larger than others"
    );
    desk.stop().await;
}

#[tokio::test]
async fn a_picture_over_its_limit_is_refused_beside_its_field() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let anna = desk.sign_in("anna").await;
    let (large, back, face) = (vec![0xFF; 15 * 1024 * 1024 + 1], drawn("back"), drawn("face"));
    let id = casework::new_id();
    let body = parts(
        &texts(&connection, &id),
        &[("front", "large.jpg", &large), ("back", "b.png", &back), ("face", "f.jpg", &face)],
    );
    let answer = send(&desk, &anna, &multipart(), body).await;
    let page = desk.get(location(&answer), Some(&anna)).await.text().await.expect("a page");
    assert!(page.contains("This file has 15.1 MB"), "beside the field");
    assert!(page.contains("Kept: b.png") && page.contains("Emily Clarke"), "nothing is lost");
    assert_eq!(checks_of(&desk).await, 0);
    desk.stop().await;
}

/// F-28: the line breaks, or the server ends, at any point of an upload.
#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing_behind() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let anna = desk.sign_in("anna").await;
    let id = casework::new_id();
    let (front, back, face) = (drawn("front"), drawn("back"), drawn("face"));
    let body = parts(
        &texts(&connection, &id),
        &[("front", "front.png", &front), ("back", "back.png", &back), ("face", "face.jpg", &face)],
    );
    let head = format!(
        "POST /api/idv/launch HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-probity={anna}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        desk.host,
        multipart(),
        body.len()
    );
    for sixteenths in 0..16 {
        let mut stream = TcpStream::connect(&desk.host).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(&body[..body.len() * sixteenths / 16]).await.expect("sent");
        stream.flush().await.expect("sent");
        drop(stream);
    }
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(checks_of(&desk).await, 0);
    assert!(matches!(
        checks::get(&desk.work, &CheckId::from(id.as_str())).await,
        Err(casework::Error::NotFound)
    ));
    // All places for uploads are free again.
    for _ in 0..5 {
        let answer = send(&desk, &anna, &multipart(), body.clone()).await;
        assert_eq!(answer.status(), 303);
    }
    assert_eq!(checks_of(&desk).await, 1, "the same form five times is one check");

    // The server ends while an upload is under way: what is there afterwards is whole.
    let mut stream = TcpStream::connect(&desk.host).await.expect("a connection");
    stream.write_all(head.as_bytes()).await.expect("sent");
    stream.write_all(&body[..body.len() / 2]).await.expect("sent");
    let during = files(desk.folder.path());
    let objects = desk.folder.path().join("objects");
    let is_whole =
        |file: &PathBuf| file.starts_with(&objects) && !file.to_string_lossy().ends_with(".part");
    let is_ours = |file: &PathBuf| {
        file.file_name()
            .is_some_and(|n| n.to_string_lossy().starts_with("probity.db") || n == "master.key")
    };
    assert!(
        during.iter().all(|file| is_ours(file) || is_whole(file)),
        "no half file anywhere: {during:?}"
    );
    drop(stream);
    desk.stop().await;
}

/// All files under a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder") {
        // What the database makes and removes meanwhile is not looked into.
        let Ok(path) = entry.map(|entry| entry.path()) else { continue };
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all
}

#[tokio::test]
async fn a_form_that_does_not_come_in_time_gives_its_place_to_others() {
    let desk = Running::start_at(Pace { upload_ms: 400, ..quick() }).await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let anna = desk.sign_in("anna").await;
    let (front, back, face) = (drawn("front"), drawn("back"), drawn("face"));
    let id = casework::new_id();
    let body = parts(
        &texts(&connection, &id),
        &[("front", "front.png", &front), ("back", "back.png", &back), ("face", "face.jpg", &face)],
    );
    let head = format!(
        "POST /api/idv/launch HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Site: same-origin\r\nCookie: __Host-probity={anna}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        desk.host,
        multipart(),
        body.len()
    );
    // More than there are places, and each of them stops in the middle.
    let mut stuck = Vec::new();
    for _ in 0..4 {
        let mut stream = TcpStream::connect(&desk.host).await.expect("a connection");
        stream.write_all(head.as_bytes()).await.expect("sent");
        stream.write_all(&body[..body.len() / 2]).await.expect("sent");
        stuck.push(stream);
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    let answer = tokio::time::timeout(
        Duration::from_secs(20),
        send(&desk, &anna, &multipart(), body.clone()),
    )
    .await;
    assert_eq!(answer.expect("a place gets free").status(), 303);
    let mut said = vec![0; 4_096];
    let read = tokio::time::timeout(Duration::from_secs(20), stuck[0].read(&mut said))
        .await
        .expect("it is told")
        .expect("an answer");
    let said = String::from_utf8_lossy(&said[..read]);
    assert!(said.starts_with("HTTP/1.1 408"), "{said}");
    assert_eq!(checks_of(&desk).await, 1);
    drop(stuck);
    desk.stop().await;
}

#[tokio::test]
async fn a_heap_of_files_for_one_picture_is_refused_beside_it() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let anna = desk.sign_in("anna").await;
    let (front, back, face) = (drawn("front"), drawn("back"), drawn("face"));
    let mut files: Vec<(&str, &str, &[u8])> =
        vec![("back", "b.png", &back), ("face", "f.jpg", &face)];
    files.extend(std::iter::repeat_n(("front", "front.png", front.as_slice()), 100));
    let id = casework::new_id();
    let answer = send(&desk, &anna, &multipart(), parts(&texts(&connection, &id), &files)).await;
    let page = desk.get(location(&answer), Some(&anna)).await.text().await.expect("a page");
    assert!(page.contains("More than one file was chosen") && page.contains("Kept: b.png"));
    assert_eq!(checks_of(&desk).await, 0);
    desk.stop().await;
}

#[tokio::test]
async fn a_form_whose_kept_pictures_went_says_so_beside_them() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let anna = desk.sign_in("anna").await;
    let (front, id) = (drawn("front"), casework::new_id());
    let form = || parts(&texts(&connection, &id), &[("front", "mine.png", &front)]);
    let first = send(&desk, &anna, &multipart(), form()).await;
    for _ in 0..12 {
        send(&desk, &anna, &multipart(), form()).await;
    }
    let page = desk.get(location(&first), Some(&anna)).await.text().await.expect("a page");
    assert!(page.contains("not kept any more") && !page.contains("Kept: mine.png"));
    desk.stop().await;
}

/// F-29: eight bombs at once are refused by their headers, and others are served meanwhile.
#[tokio::test]
async fn eight_bombs_at_once_are_refused_and_pages_are_served_meanwhile() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let anna = desk.sign_in("anna").await;
    let (bomb, back, face) =
        (sandbox::pictures::bad("bomb.png").expect("a bomb").0, drawn("back"), drawn("face"));
    let bombs = (0..8).map(|_| {
        let id = casework::new_id();
        let body = parts(
            &texts(&connection, &id),
            &[("front", "bomb.png", &bomb), ("back", "b.png", &back), ("face", "f.jpg", &face)],
        );
        let (desk, anna) = (&desk, &anna);
        async move {
            let answer = send(desk, anna, &multipart(), body).await;
            let page = desk.get(location(&answer), Some(anna)).await.text().await.expect("a page");
            assert!(
                page.contains("60,000") || page.contains("60000 × 60000"),
                "refused for its sides"
            );
        }
    });
    let pages = async {
        for _ in 0..10 {
            assert_eq!(desk.get("/checks", Some(&anna)).await.status(), 200);
        }
    };
    futures::join!(futures::future::join_all(bombs), pages);
    assert_eq!(checks_of(&desk).await, 0);
    desk.stop().await;
}

/// S-18: what is shown once stands on no page before it was asked for, and on none after.
#[tokio::test]
async fn a_link_stands_on_no_page_but_the_one_that_hands_it_out() {
    let (desk, stand_in) = (Running::start().await, sandbox().await);
    let connection = desk.connect(&format!("{}/kryptogo", stand_in.base_url())).await;
    let (anna, sofia) = (desk.sign_in("anna").await, desk.sign_in("sofia").await);
    let caller = casework::people::list(&desk.work)
        .await
        .expect("lists")
        .into_iter()
        .find(|p| p.account == "anna")
        .expect("anna")
        .caller()
        .expect("a role");
    let id = CheckId::from(casework::new_id());
    let form = Form {
        way: "link".into(),
        connection,
        customer_reference: "C-2".into(),
        name: "Emily Clarke".into(),
        country: "GBR".into(),
        id_type: "PASSPORT".into(),
        workflow: "200".into(),
        ..Form::default()
    };
    let actor = Actor::new(caller.id.as_str(), "r");
    idv::launch(&desk.work, &caller, &actor, &id, Sent { form, ..Sent::default() }, false, None)
        .await
        .expect("launches");
    let page = format!("/checks/{id}");
    for _ in 0..200 {
        if checks::review::get(&desk.work, &id).await.expect("reads").handout.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    let before = desk.get(&page, Some(&sofia)).await.text().await.expect("a page");
    assert!(before.contains("Show the link, once") && !before.contains("/customer/"), "not yet");
    let handed = desk.post("/api/idv/hand-out", Some(&anna), &[("check_id", id.as_str())]).await;
    assert_eq!((handed.status().as_u16(), location(&handed)), (200, ""));
    let text = handed.text().await.expect("a page");
    let link = text
        .split('"')
        .chain(text.split('<'))
        .find(|t| t.contains("/customer/"))
        .expect("the link")
        .to_owned();
    let token: String = link
        .split("/customer/")
        .nth(1)
        .expect("a token")
        .chars()
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    assert!(token.len() >= 16, "{link}");
    for path in [page.as_str(), "/checks?tab=all", "/customers/C-2", "/journal"] {
        for cookie in [&anna, &sofia] {
            assert!(
                !desk.get(path, Some(cookie)).await.text().await.expect("a page").contains(&token),
                "{path}"
            );
        }
    }
    let again = desk.post("/api/idv/hand-out", Some(&anna), &[("check_id", id.as_str())]).await;
    assert!(
        desk.get(location(&again), Some(&anna))
            .await
            .text()
            .await
            .expect("a page")
            .contains("It was shown already")
    );
    stand_in.stop().await;
    desk.stop().await;
}

#[tokio::test]
async fn each_kept_picture_belongs_to_who_chose_it() {
    let desk = Running::start().await;
    let connection = desk.connect("http://127.0.0.1:9").await;
    let (anna, ben) = (desk.sign_in("anna").await, desk.sign_in("ben").await);
    let front = drawn("front");
    let id = casework::new_id();
    let answer = send(
        &desk,
        &anna,
        &multipart(),
        parts(&texts(&connection, &id), &[("front", "mine.png", &front)]),
    )
    .await;
    let address = location(&answer).to_owned();
    assert!(
        desk.get(&address, Some(&anna)).await.text().await.expect("a page").contains("mine.png")
    );
    assert!(
        !desk.get(&address, Some(&ben)).await.text().await.expect("a page").contains("mine.png")
    );
    desk.stop().await;
}
