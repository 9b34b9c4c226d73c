//! Cookies, sessions, sign-in and setup over real HTTP.

use crate::support::{PASSWORD, Running, cookie_of, location};
use casework::{journal::Actor, people};
use domain::{
    people::Role,
    time::{HOUR, MINUTE},
};
use reqwest::header;

#[tokio::test]
async fn the_session_cookie_is_as_strict_as_cookies_get() {
    let desk = Running::start().await;
    let answer =
        desk.post("/api/session/start", None, &[("account", "anna"), ("password", PASSWORD)]).await;
    let mut set: Vec<_> = answer
        .headers()
        .get_all(header::SET_COOKIE)
        .iter()
        .map(|v| v.to_str().expect("text"))
        .collect();
    set.sort_unstable();
    assert_eq!(set.len(), 2, "{set:?}");
    for (cookie, expected, lasts) in [
        (set[0], "__Host-probity-device", Some("Max-Age=34560000")),
        (set[1], "__Host-probity", None),
    ] {
        let (pair, attributes) = cookie.split_once("; ").expect("attributes");
        let (name, value) = pair.split_once('=').expect("a pair");
        assert_eq!(name, expected);
        assert!(value.len() >= 22, "at least 128 bits: {value}");
        let mut attributes: Vec<_> = attributes.split("; ").collect();
        attributes.sort_unstable();
        let mut all = vec!["HttpOnly", "Path=/", "SameSite=Strict", "Secure"];
        all.extend(lasts);
        all.sort_unstable();
        assert_eq!(attributes, all);
    }
    desk.stop().await;
}

#[tokio::test]
async fn sign_in_makes_a_new_id_and_ends_the_old_one() {
    let desk = Running::start().await;
    let first = desk.sign_in("anna").await;
    let answer = desk.send_sign_in_with(&first).await;
    let second = cookie_of(&answer).expect("a new cookie");
    assert_ne!(first, second);
    assert_eq!(desk.get("/account", Some(&second)).await.status(), 200);
    let old = desk.get("/account", Some(&first)).await;
    assert_eq!((old.status().as_u16(), location(&old)), (303, "/login?to=%2Faccount"));
    // An id that somebody else chose is never taken over.
    let planted = desk.send_sign_in_with("AAAAAAAAAAAAAAAAAAAAAA").await;
    assert_ne!(cookie_of(&planted).as_deref(), Some("AAAAAAAAAAAAAAAAAAAAAA"));
    desk.stop().await;
}

impl Running {
    async fn send_sign_in_with(&self, cookie: &str) -> reqwest::Response {
        self.post(
            "/api/session/start",
            Some(cookie),
            &[("account", "anna"), ("password", PASSWORD)],
        )
        .await
    }
}

#[tokio::test]
async fn nothing_in_the_database_is_a_working_cookie() {
    let desk = Running::start().await;
    let cookie = desk.sign_in("anna").await;
    desk.work.views.flush().await;
    let mut bytes = Vec::new();
    for file in ["probity.db", "probity.db-wal"] {
        bytes.extend(std::fs::read(desk.folder.path().join(file)).unwrap_or_default());
    }
    assert!(
        !bytes.windows(cookie.len()).any(|w| w == cookie.as_bytes()),
        "the cookie's value is not in the database"
    );
    for word in String::from_utf8_lossy(&bytes)
        .split(|c: char| !c.is_ascii_hexdigit())
        .filter(|w| w.len() == 64)
        .take(200)
    {
        assert_eq!(
            desk.get("/account", Some(word)).await.status(),
            303,
            "a stored hash opens nothing"
        );
    }
    desk.stop().await;
}

#[tokio::test]
async fn sessions_end_by_idleness_and_by_age() {
    let desk = Running::start().await;
    let idle = desk.sign_in("anna").await;
    desk.clock.advance(14 * MINUTE);
    assert_eq!(desk.get("/account", Some(&idle)).await.status(), 200);
    desk.clock.advance(14 * MINUTE);
    assert_eq!(desk.get("/account", Some(&idle)).await.status(), 200, "activity keeps it");
    desk.clock.advance(16 * MINUTE);
    assert_eq!(desk.get("/account", Some(&idle)).await.status(), 303);
    let old = desk.sign_in("anna").await;
    for _ in 0..51 {
        desk.clock.advance(14 * MINUTE);
        assert_eq!(desk.get("/account", Some(&old)).await.status(), 200);
    }
    desk.clock.advance(12 * HOUR - 51 * 14 * MINUTE);
    assert_eq!(desk.get("/account", Some(&old)).await.status(), 303, "twelve hours are the end");
    desk.stop().await;
}

#[tokio::test]
async fn a_page_that_refreshes_itself_is_no_activity() {
    let desk = Running::start().await;
    let cookie = desk.sign_in("anna").await;
    for _ in 0..4 {
        desk.clock.advance(4 * MINUTE);
        let url = format!("{}/checks/fresh?since=0", desk.base);
        desk.client
            .get(url)
            .header("cookie", format!("__Host-probity={cookie}"))
            .header("x-probity-refresh", "0")
            .send()
            .await
            .expect("an answer");
    }
    assert_eq!(desk.get("/account", Some(&cookie)).await.status(), 303);
    desk.stop().await;
}

#[tokio::test]
async fn all_sessions_end_at_disable_and_at_a_change_of_role() {
    let desk = Running::start().await;
    let people = people::list(&desk.work).await.expect("people");
    let anna = people.iter().find(|p| p.account == "anna").expect("anna").id.clone();
    let actor = Actor::operator();
    let (one, two) = (desk.sign_in("anna").await, desk.sign_in("anna").await);
    people::change(&desk.work, &actor, &anna.as_str().into(), Role::Supervisor, true)
        .await
        .expect("changed");
    for cookie in [&one, &two] {
        assert_eq!(desk.get("/account", Some(cookie)).await.status(), 303);
    }
    let three = desk.sign_in("anna").await;
    people::change(&desk.work, &actor, &anna.as_str().into(), Role::Supervisor, false)
        .await
        .expect("changed");
    assert_eq!(desk.get("/account", Some(&three)).await.status(), 303);
    let refused =
        desk.post("/api/session/start", None, &[("account", "anna"), ("password", PASSWORD)]).await;
    assert_eq!(
        (refused.status().as_u16(), cookie_of(&refused)),
        (422, None),
        "a disabled person does not sign in"
    );
    desk.stop().await;
}

#[tokio::test]
async fn two_hundred_requests_across_a_sign_out_revive_nothing() {
    let desk = Running::start().await;
    let cookie = desk.sign_in("anna").await;
    let requests = (0..200).map(|_| {
        desk.post("/api/account/look", Some(&cookie), &[("theme", "dark"), ("density", "compact")])
    });
    let (_, signed_out) = futures::future::join(futures::future::join_all(requests), async {
        tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        desk.post("/api/session/end", Some(&cookie), &[]).await
    })
    .await;
    assert_eq!(location(&signed_out), "/login?done=signed-out");
    for _ in 0..20 {
        assert_eq!(desk.get("/account", Some(&cookie)).await.status(), 303);
    }
    desk.stop().await;
}

#[tokio::test]
async fn known_and_unknown_accounts_are_answered_alike() {
    let desk = Running::start().await;
    let mut pages = Vec::new();
    for account in ["anna", "nobody-at-all"] {
        let answer = desk
            .post(
                "/api/session/start",
                None,
                &[("account", account), ("password", "wrong wrong wrong")],
            )
            .await;
        let status = answer.status();
        let text = answer.text().await.expect("text").replace(account, "ACCOUNT");
        let main = text.split("<main").nth(1).expect("a page").to_owned();
        pages.push((status, main));
    }
    assert_eq!(pages[0].0, 422);
    assert_eq!(pages[0], pages[1]);
    assert!(pages[0].1.contains("Account or password is wrong"));
    desk.stop().await;
}

#[tokio::test]
async fn the_first_admin_needs_the_token_and_it_works_once() {
    let desk = Running::start_empty().await;
    let to_setup = desk.get("/login", None).await;
    assert_eq!(location(&to_setup), "/setup");
    let token = people::new_setup_token(&desk.work).await.expect("a token");
    let form = |token: &str| {
        vec![
            ("token".to_owned(), token.to_owned()),
            ("account".to_owned(), "root".to_owned()),
            ("name".to_owned(), "Root".to_owned()),
            ("password".to_owned(), PASSWORD.to_owned()),
        ]
    };
    let send = async |token: &str| {
        let form = form(token);
        let pairs: Vec<_> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        desk.post("/api/setup", None, &pairs).await
    };
    let refused = send("wrong").await;
    assert_eq!(refused.status(), 422);
    let page = refused.text().await.expect("a page");
    assert!(
        page.contains("value=\"root\"") && page.contains("value=\"Root\""),
        "what was typed is still there: {page}"
    );
    assert!(
        !page.contains(PASSWORD) && !page.contains("value=\"wrong\""),
        "but for what is secret"
    );
    desk.clock.advance(61 * MINUTE);
    assert_eq!(send(&token).await.status(), 422, "a token ends after an hour");
    let token = people::new_setup_token(&desk.work).await.expect("a token");
    assert_eq!(location(&send(&token).await), "/login?done=setup");
    assert_eq!(send(&token).await.status(), 404, "a token works once");
    assert_eq!(desk.get("/setup", None).await.status(), 404);
    assert!(people::new_setup_token(&desk.work).await.is_err());
    desk.stop().await;
}

/// How many rows a table has.
fn rows(desk: &Running, table: &str) -> i64 {
    let database =
        rusqlite::Connection::open(desk.folder.path().join("probity.db")).expect("opens");
    database
        .query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get(0))
        .expect("counts")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_finds_no_place_is_told_to_come_back_and_is_not_kept() {
    let desk = Running::start().await;
    let (mut crowded, mut floods) = (None, 0);
    // All at once, until one of them finds no place.
    while crowded.is_none() {
        floods += 1;
        assert!(floods <= 20, "somebody finds no place");
        desk.clock.advance(MINUTE);
        let accounts: Vec<_> = (0..80).map(|n| format!("nobody-{n}")).collect();
        let tries = accounts.iter().map(|account| async {
            let form = [("account", account.as_str()), ("password", "wrong"), ("to", "/team")];
            desk.post("/api/session/start", None, &form).await
        });
        for answer in futures::future::join_all(tries).await {
            match answer.status().as_u16() {
                422 | 429 => {}
                503 => crowded = Some(answer),
                other => panic!("{other}"),
            }
        }
    }
    let answer = crowded.expect("one");
    assert_eq!(answer.headers().get("retry-after").and_then(|v| v.to_str().ok()), Some("5"));
    let page = answer.text().await.expect("a page");
    assert!(page.contains("Too many people are signing in right now"), "{page}");
    assert!(
        page.contains("value=\"nobody-") && page.contains("value=\"/team\""),
        "what was typed is still there: {page}"
    );
    assert!(!page.contains("wrong\""), "but for the password");
    assert_eq!(rows(&desk, "refused_forms"), 0, "a flood leaves nothing behind");
    desk.stop().await;
}

/// Row 3: whatever a stranger sends, and however much of it, nothing of it is kept.
#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_fills_no_disk() {
    let desk = Running::start().await;
    desk.clock.stop();
    desk.work.views.flush().await;
    let size = || {
        ["probity.db", "probity.db-wal"]
            .map(|file| std::fs::metadata(desk.folder.path().join(file)).map_or(0, |m| m.len()))
            .iter()
            .sum::<u64>()
    };
    let before = size();
    let (long, longer) = ("x".repeat(9_000), "y".repeat(255 * 1024));
    for n in 0..60 {
        let account = format!("{n}{long}");
        let answer = desk
            .post(
                "/api/session/start",
                None,
                &[("account", &account), ("password", "wrong"), ("to", &long)],
            )
            .await;
        assert_eq!(answer.status(), 413, "longer than any account name and page");
        let answer = desk
            .post("/api/session/start", None, &[("account", &account), ("password", "wrong")])
            .await;
        assert_eq!((answer.status().as_u16(), location(&answer)), (422, ""));
        assert_eq!(
            desk.post("/api/session/start", None, &[("account", &longer), ("password", "wrong")])
                .await
                .status(),
            413
        );
        assert_eq!(
            desk.post(
                "/api/setup",
                None,
                &[("account", &account), ("name", &account[..2_000]), ("token", "x")]
            )
            .await
            .status(),
            404
        );
    }
    for table in ["refused_forms", "sign_in_turns", "failed_tries", "sessions", "devices"] {
        assert_eq!(rows(&desk, table), 0, "{table}");
    }
    assert!(size() < before + 1_000_000, "of 15 MB that were sent: {} bytes more", size() - before);
    // Account names of a usual length are looked up, and leave a little for an hour.
    for n in 0..40 {
        desk.post(
            "/api/session/start",
            None,
            &[("account", &format!("nobody-{n}")), ("password", "wrong")],
        )
        .await;
    }
    assert!(rows(&desk, "sign_in_turns") <= 80);
    desk.clock.advance(2 * HOUR);
    casework::workers::reap(&desk.work).await.expect("reaps");
    assert_eq!(rows(&desk, "sign_in_turns"), 0);
    assert_eq!(rows(&desk, "journal WHERE action = 'sign_in_failed'"), 1, "one entry a minute");
    desk.stop().await;
}

/// S-47 and row 8: tries are counted for the address at the other end, whatever a header says; a
/// browser that was here before is let in all the same.
#[tokio::test(flavor = "multi_thread")]
async fn s_47_a_spoofed_address_moves_no_count_and_the_owner_gets_in() {
    let desk = Running::start().await;
    desk.clock.stop();
    let first =
        desk.post("/api/session/start", None, &[("account", "anna"), ("password", PASSWORD)]).await;
    let set = first.headers().get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
    let device = set
        .filter_map(|c| c.split(';').next())
        .find(|c| c.starts_with("__Host-probity-device="))
        .expect("a device")
        .to_owned();
    let ask = async |account: &str, password: &str, cookie: &str, n: usize| {
        desk.client
            .post(format!("{}/api/session/start", desk.base))
            .header("sec-fetch-site", "same-origin")
            .header("x-forwarded-for", format!("198.51.100.{n}"))
            .header("cookie", cookie)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(format!("account={account}&password={}", password.replace(' ', "+")))
            .send()
            .await
            .expect("an answer")
    };
    let mut told = None;
    for n in 0..200 {
        let answer = ask(&format!("account-{n}"), "wrong", "", n).await;
        if answer.status() == 429 {
            told = Some(answer);
            break;
        }
    }
    let told = told.expect("the network runs out of tries");
    assert!(told.headers().contains_key("retry-after"));
    assert!(told.text().await.expect("a page").contains("Too many tries. Try again in "));
    while ask("nobody", "wrong", "", 1).await.status() != 429 {}
    let in_again = ask("anna", PASSWORD, &device, 1).await;
    assert_eq!(
        (in_again.status().as_u16(), cookie_of(&in_again).is_some()),
        (303, true),
        "the owner's browser"
    );
    desk.stop().await;
}
