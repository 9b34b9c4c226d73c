//! What was done is said once, where it was done, and never because an address says so.

use crate::support::{PASSWORD, Running, cookie_of, location};
use reqwest::{Response, header};

const SAID: &str = "__Host-probity-said";

/// The note that an answer sets, if it does; an empty one takes it away.
fn note_of(answer: &Response) -> Option<String> {
    let set = answer.headers().get_all(header::SET_COOKIE).iter().filter_map(|v| v.to_str().ok());
    let note = set.filter_map(|cookie| cookie.strip_prefix(SAID)?.strip_prefix('=')).next()?;
    let (value, attributes) = note.split_once("; ").expect("attributes");
    let mut attributes: Vec<_> =
        attributes.split("; ").filter(|a| !a.starts_with("Max-Age=")).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"]);
    Some(value.to_owned())
}

/// Opens an address as a browser that holds these cookies.
async fn open(
    desk: &Running,
    address: &str,
    session: Option<&str>,
    note: Option<&str>,
    goal: Option<&str>,
) -> Response {
    let path = address.split('#').next().unwrap_or_default();
    let mut request = desk.client.get(format!("{}{path}", desk.base));
    let session = session.map(|s| format!("__Host-probity={s}"));
    let cookies: Vec<String> =
        session.into_iter().chain(note.map(|n| format!("{SAID}={n}"))).collect();
    if !cookies.is_empty() {
        request = request.header(header::COOKIE, cookies.join("; "));
    }
    if let Some(goal) = goal {
        request = request.header("sec-fetch-dest", goal);
    }
    request.send().await.expect("an answer")
}

/// The page says it when the deed led there, takes the note away, and says it neither again, nor
/// elsewhere, nor to others.
async fn is_said_once(desk: &Running, answer: &Response, session: Option<&str>, sentence: &str) {
    let address = location(answer).to_owned();
    let note = note_of(answer).unwrap_or_else(|| panic!("{address} brings no note"));
    assert!(address.starts_with('/') && !note.is_empty());
    let ahead = open(desk, &address, session, Some(&note), Some("empty")).await;
    assert_eq!(note_of(&ahead), None, "{address}: what a script looks at first takes nothing away");
    let page = open(desk, &address, session, Some(&note), Some("document")).await;
    assert_eq!(note_of(&page).as_deref(), Some(""), "{address}: the note is taken away");
    let text = page.text().await.expect("text");
    assert!(text.contains(sentence), "{address} does not say: {sentence}");
    for (session, note) in [
        (session, None),
        (session, Some("")),
        (session, Some("AQAAAA")),
        (session, Some(&*note.to_uppercase())),
    ] {
        let page = open(desk, &address, session, note, None).await;
        assert!(
            note_of(&page).is_none() && !page.text().await.expect("text").contains(sentence),
            "{address} by hand says: {sentence}"
        );
    }
    let (path, _) = address.split_once('?').expect("a query");
    for other in [
        format!("{address}&n=999999"),
        format!("{path}?done=decided"),
        format!("{path}?n=7&done=assigned&x=1"),
    ] {
        let text = open(desk, &other, session, Some(&note), None).await.text().await.expect("text");
        assert!(!text.contains("class=\"flash\""), "{other} with the note of {address}");
    }
}

#[tokio::test]
async fn s_10_what_was_done_is_said_once_and_never_because_an_address_says_so() {
    let desk = Running::start().await;
    let (anna, sofia, adam) =
        (desk.sign_in("anna").await, desk.sign_in("sofia").await, desk.sign_in("adam").await);
    let connection = desk.connect("http://127.0.0.1:9").await;

    let look = desk
        .post("/api/account/look", Some(&anna), &[("theme", "dark"), ("density", "compact")])
        .await;
    is_said_once(&desk, &look, Some(&anna), "Your pages look as you chose.").await;
    // The same address in another's session says nothing: a note belongs to whoever did it.
    let note = note_of(&look).expect("a note");
    let theirs = open(&desk, location(&look), Some(&sofia), Some(&note), None)
        .await
        .text()
        .await
        .expect("text");
    assert!(!theirs.contains("Your pages look as you chose."));

    let id = casework::new_id();
    let draft = [
        ("check_id", id.as_str()),
        ("then", "draft"),
        ("kind", "dd_kyc"),
        ("connection", &connection),
        ("customer_reference", "C-1"),
        ("name", "Anna-Lena Bergström"),
        ("search_setting", "1"),
    ];
    let draft = desk.post("/api/checks/launch", Some(&anna), &draft).await;
    assert_eq!(location(&draft), format!("/checks/{id}/edit?done=draft"));
    is_said_once(&desk, &draft, Some(&anna), "The draft was saved.").await;

    let none = desk.post("/api/checks/next", Some(&anna), &[]).await;
    is_said_once(&desk, &none, Some(&anna), "No check is waiting for you").await;

    let verified = desk.post("/api/journal/verify", Some(&sofia), &[]).await;
    is_said_once(&desk, &verified, Some(&sofia), "entries follow from one another").await;
    for by_hand in [
        "/journal?verified=intact&n=999999&head=abcdef",
        "/journal?verified=broken&n=3",
        "/journal?done=decided-many&n=7",
        "/checks?done=decided-many&n=7",
        "/decisions?done=approved",
        "/team?done=handed-over",
    ] {
        let text = open(&desk, by_hand, Some(&sofia), None, None).await.text().await.expect("text");
        for untrue in ["follow from one another", "999999", "chain is broken", "class=\"flash\""] {
            assert!(!text.contains(untrue), "{by_hand} says {untrue}");
        }
    }
    let page = format!("/admin/connections/{connection}?test=ok");
    let text = open(&desk, &page, Some(&adam), None, None).await.text().await.expect("text");
    assert!(!text.contains("The provider answered"), "an address cannot say that a test went well");

    // A path to return to brings no sentence along: neither at sign-in, nor where a list is gone
    // back to.
    let to = "/checks?tab=all&done=decided-many&n=7";
    let door = desk
        .post(
            "/api/session/start",
            None,
            &[("account", "anna"), ("password", PASSWORD), ("to", to)],
        )
        .await;
    assert_eq!((location(&door), note_of(&door)), ("/checks?tab=all", None));
    let assigned = desk
        .post(
            "/api/checks/assign",
            Some(&sofia),
            &[("checks[0]", &id), ("assignee", "me"), ("back", to)],
        )
        .await;
    assert!(!location(&assigned).contains("decided-many"), "{}", location(&assigned));

    // At the door nobody is signed in, and it says the truth all the same.
    let out = desk.post("/api/session/end", Some(&anna), &[]).await;
    is_said_once(&desk, &out, None, "You are signed out.").await;
    let text =
        open(&desk, "/login?done=password", None, None, None).await.text().await.expect("text");
    assert!(!text.contains("Your password was changed"));
    let anna = cookie_of(&door).expect("a session");
    let changed = [("old", PASSWORD), ("new", "another horse desk staple")];
    let changed = desk.post("/api/account/password", Some(&anna), &changed).await;
    is_said_once(&desk, &changed, None, "Your password was changed. Sign in again.").await;

    // A note does not wait for ever.
    let look = desk
        .post("/api/account/look", Some(&sofia), &[("theme", "light"), ("density", "compact")])
        .await;
    let note = note_of(&look).expect("a note");
    desk.clock.advance(6 * domain::time::MINUTE);
    let text = open(&desk, location(&look), Some(&sofia), Some(&note), None)
        .await
        .text()
        .await
        .expect("text");
    assert!(!text.contains("Your pages look as you chose."));
    desk.stop().await;
}
