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
    let answer = desk.post("/api/session/start", None, &[("account", "anna"), ("password", PASSWORD)]).await;
    let set: Vec<_> = answer.headers().get_all(header::SET_COOKIE).iter().map(|v| v.to_str().expect("text")).collect();
    assert_eq!(set.len(), 1);
    let (pair, attributes) = set[0].split_once("; ").expect("attributes");
    let (name, value) = pair.split_once('=').expect("a pair");
    assert_eq!(name, "__Host-probity");
    assert!(value.len() >= 22, "at least 128 bits: {value}");
    let mut attributes: Vec<_> = attributes.split("; ").collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
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
        self.post("/api/session/start", Some(cookie), &[("account", "anna"), ("password", PASSWORD)]).await
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
    assert!(!bytes.windows(cookie.len()).any(|w| w == cookie.as_bytes()), "the cookie's value is not in the database");
    for word in String::from_utf8_lossy(&bytes).split(|c: char| !c.is_ascii_hexdigit()).filter(|w| w.len() == 64).take(200) {
        assert_eq!(desk.get("/account", Some(word)).await.status(), 303, "a stored hash opens nothing");
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
    people::change(&desk.work, &actor, &anna.as_str().into(), Role::Supervisor, true).await.expect("changed");
    for cookie in [&one, &two] {
        assert_eq!(desk.get("/account", Some(cookie)).await.status(), 303);
    }
    let three = desk.sign_in("anna").await;
    people::change(&desk.work, &actor, &anna.as_str().into(), Role::Supervisor, false).await.expect("changed");
    assert_eq!(desk.get("/account", Some(&three)).await.status(), 303);
    let refused = desk.post("/api/session/start", None, &[("account", "anna"), ("password", PASSWORD)]).await;
    assert!(location(&refused).starts_with("/login?refused="), "a disabled person does not sign in");
    desk.stop().await;
}

#[tokio::test]
async fn two_hundred_requests_across_a_sign_out_revive_nothing() {
    let desk = Running::start().await;
    let cookie = desk.sign_in("anna").await;
    let requests = (0..200).map(|_| desk.post("/api/account/look", Some(&cookie), &[("theme", "dark"), ("density", "compact")]));
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
        let answer = desk.post("/api/session/start", None, &[("account", account), ("password", "wrong wrong wrong")]).await;
        assert_eq!(answer.status(), 303);
        let page = desk.get(location(&answer), None).await;
        let status = page.status();
        let text = page.text().await.expect("text").replace(account, "ACCOUNT");
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
    assert!(location(&send("wrong").await).starts_with("/setup?refused="));
    desk.clock.advance(61 * MINUTE);
    assert!(location(&send(&token).await).starts_with("/setup?refused="), "a token ends after an hour");
    let token = people::new_setup_token(&desk.work).await.expect("a token");
    assert_eq!(location(&send(&token).await), "/login?done=setup");
    assert!(!location(&send(&token).await).starts_with("/login"), "a token works once");
    assert_eq!(desk.get("/setup", None).await.status(), 404);
    assert!(people::new_setup_token(&desk.work).await.is_err());
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_finds_no_place_is_told_to_come_back_and_is_not_kept() {
    let desk = Running::start().await;
    let (mut kept, mut crowded, mut floods) = (0, None, 0);
    // All at once, until one of them finds no place.
    while crowded.is_none() {
        floods += 1;
        assert!(floods <= 20, "somebody finds no place");
        let accounts: Vec<_> = (0..80).map(|n| format!("nobody-{n}")).collect();
        let tries = accounts.iter().map(|account| async {
            let form = [("account", account.as_str()), ("password", "wrong"), ("to", "/team")];
            desk.post("/api/session/start", None, &form).await
        });
        for answer in futures::future::join_all(tries).await {
            match answer.status().as_u16() {
                303 => kept += 1,
                503 => crowded = Some(answer),
                other => panic!("{other}"),
            }
        }
    }
    let answer = crowded.expect("one");
    assert_eq!(answer.headers().get("retry-after").and_then(|v| v.to_str().ok()), Some("5"));
    let page = answer.text().await.expect("a page");
    assert!(page.contains("Too many people are signing in right now"), "{page}");
    assert!(page.contains("value=\"nobody-") && page.contains("value=\"/team\""), "what was typed is still there: {page}");
    assert!(!page.contains("wrong\""), "but for the password");
    let database = rusqlite::Connection::open(desk.folder.path().join("probity.db")).expect("opens");
    let forms: i64 = database.query_row("SELECT COUNT(*) FROM refused_forms", [], |row| row.get(0)).expect("counts");
    assert_eq!(forms, kept, "a flood leaves nothing behind");
    desk.stop().await;
}
