//! A fresh factor before what is grave, and second factors over real HTTP: asked for, passed,
//! nothing typed lost.

use crate::support::{PASSWORD, Running, cookie_of, location};
use app::pages::{API, Need, access::STEP_UP};
use casework::{connections, people::factor};
use domain::{
    people::{Caller, Role},
    time::{MINUTE, SECOND},
};
use std::process::Command;

const ASKED: &str = "Show that it is you";
const CONNECTION: &str = "/api/admin/connections/save";

/// The code of a key at a moment, as another program makes it.
fn code(secret: &str, at: i64) -> String {
    let made = Command::new("oathtool")
        .args(["--totp", "-b", secret, "-N", &format!("@{}", at / SECOND)])
        .output()
        .expect("oathtool is installed (on Debian and Ubuntu: apt-get install oathtool)");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    String::from_utf8_lossy(&made.stdout).trim().to_owned()
}

/// The hidden fields of a form on a page, with what stands in them.
fn hidden(page: &str) -> Vec<(String, String)> {
    let part = |tag: &str, name: &str| {
        Some(tag.split_once(&format!("{name}=\""))?.1.split('"').next()?.to_owned())
    };
    let plain = |text: String| {
        text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    };
    page.split('<')
        .filter(|tag| tag.starts_with("input") && tag.contains("type=\"hidden\""))
        .filter_map(|tag| {
            Some((part(tag, " name")?, plain(part(tag, " value").unwrap_or_default())))
        })
        .collect()
}

async fn caller(desk: &Running, account: &str) -> Caller {
    let all = casework::people::list(&desk.work).await.expect("people");
    all.iter().find(|p| p.account == account).expect("somebody").caller().expect("a caller")
}

/// Sends what a page that asks for a factor would send, with more.
async fn go_on(
    desk: &Running,
    cookie: &str,
    page: &str,
    more: &[(&str, &str)],
) -> reqwest::Response {
    let kept = hidden(page);
    let form: Vec<(&str, &str)> =
        kept.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain(more.iter().copied()).collect();
    desk.post(STEP_UP, Some(cookie), &form).await
}

/// Sets up a second factor on the pages; gives its key and the recovery codes' page.
async fn enrol(desk: &Running, cookie: &str) -> (String, String) {
    let offered = desk.post("/api/account/factor/offer", Some(cookie), &[]).await;
    assert_eq!(location(&offered), "/account/factor");
    let page = desk.get("/account/factor", Some(cookie)).await.text().await.expect("text");
    assert!(page.contains("<svg") && page.contains("otpauth://totp/"), "as a picture and as text");
    let secret = page
        .split("?secret=")
        .nth(1)
        .and_then(|rest| rest.split('&').next())
        .expect("a key")
        .to_owned();
    let on = desk
        .post(
            "/api/account/factor/confirm",
            Some(cookie),
            &[("factor", &code(&secret, desk.work.now()))],
        )
        .await;
    assert_eq!(on.status(), 200);
    (secret, on.text().await.expect("text"))
}

#[tokio::test]
async fn s_07_what_is_grave_asks_for_a_factor_and_loses_nothing_that_was_typed() {
    let desk = Running::start().await;
    let adam = desk.sign_in("adam").await;
    desk.clock.advance(6 * MINUTE);
    let settings = "1 = Precise & \"exact\"\r\n2 = <Fuzzy>, Ünïcode";
    let typed = [
        ("connection", ""),
        ("name", "Typed <with> care & \"quotes\""),
        ("provider", "kryptogo"),
        ("base_url", "https://external-api.kryptogo.com"),
        ("search_settings", settings),
        ("secret", "canary-secret-0123456789"),
    ];
    let asked = desk.post(CONNECTION, Some(&adam), &typed).await;
    assert_eq!(asked.status(), 403);
    let page = asked.text().await.expect("text");
    assert!(
        page.contains(ASKED) && page.contains("name=\"factor\"") && page.contains("Your password"),
        "{page}"
    );
    assert!(
        !page.contains("canary") && page.contains("Secrets were not kept"),
        "a secret is typed again"
    );
    let kept = hidden(&page);
    for (name, value) in typed.iter().filter(|(name, _)| *name != "secret") {
        let value = value.replace("\r\n", "\n");
        assert!(
            kept.iter().any(|(n, v)| n == name && v.replace("\r\n", "\n") == value),
            "{name}: {kept:?}"
        );
    }
    assert!(connections::list(&desk.work).await.expect("reads").is_empty(), "nothing was done");

    let wrong = go_on(
        &desk,
        &adam,
        &page,
        &[("factor", "not my password at all"), ("secret", "canary-secret-0123456789")],
    )
    .await;
    assert_eq!((wrong.status().as_u16(), cookie_of(&wrong)), (422, None));
    let page = wrong.text().await.expect("text");
    assert!(page.contains("This is not your password.") && !page.contains("canary"));
    assert!(
        connections::list(&desk.work).await.expect("reads").is_empty(),
        "nor after a wrong one"
    );

    let done =
        go_on(&desk, &adam, &page, &[("factor", PASSWORD), ("secret", "canary-secret-0123456789")])
            .await;
    assert_eq!(
        (done.status().as_u16(), location(&done)),
        (303, "/admin/connections?done=connection-saved")
    );
    let fresh = cookie_of(&done).expect("the session has another id");
    let known = connections::list(&desk.work).await.expect("reads").remove(0);
    assert_eq!((known.connection.name.as_str(), known.hint.as_str()), (typed[1].1, "6789"));
    assert_eq!(known.options.search_settings.get(&2).map(String::as_str), Some("<Fuzzy>, Ünïcode"));
    assert!(
        location(&desk.get("/admin/people", Some(&adam)).await).starts_with("/login"),
        "the id before is dead"
    );

    let at_once = desk.post(CONNECTION, Some(&fresh), &[("name", "")]).await;
    assert_eq!(at_once.status(), 303, "not asked again within five minutes");
    desk.clock.advance(-2 * MINUTE);
    assert_eq!(
        desk.post(CONNECTION, Some(&fresh), &[("name", "")]).await.status(),
        403,
        "what was shown in a time to come is not fresh"
    );
    desk.clock.advance(8 * MINUTE);
    assert_eq!(
        desk.post(CONNECTION, Some(&fresh), &[("name", "")]).await.status(),
        403,
        "and then again"
    );
    desk.stop().await;
}

#[tokio::test]
async fn s_07_each_form_that_takes_a_fresh_factor_is_refused_without_one() {
    let desk = Running::start().await;
    let (anna, adam, sofia) =
        (desk.sign_in("anna").await, desk.sign_in("adam").await, desk.sign_in("sofia").await);
    desk.clock.advance(6 * MINUTE);
    let mut asked = 0;
    for (path, need) in API.iter() {
        if !need.takes_fresh_factor() {
            continue;
        }
        let who = match need {
            Need::Permission(permission) if !Role::Admin.grants(*permission) => &sofia,
            _ => &adam,
        };
        let answer = desk.post(path, Some(who), &[]).await;
        assert_eq!(answer.status(), 403, "{path}");
        assert!(answer.text().await.expect("text").contains(ASKED), "{path}");
        asked += 1;
        // Who may not do it may not with a factor either, whichever way it comes.
        if let Need::Permission(_) = need {
            let form =
                [("step_to", *path), ("factor", PASSWORD), ("account", "mallory"), ("person", "x")];
            assert_eq!(desk.post(STEP_UP, Some(&anna), &form).await.status(), 403, "{path}");
        }
        let stranger = desk
            .post(STEP_UP, None, &[("step_to", path), ("factor", PASSWORD), ("name", "typed")])
            .await;
        assert_eq!(stranger.status(), 401, "{path}");
    }
    assert!(asked >= 12, "{asked}");
    desk.work.views.flush().await;
    let entries = casework::journal::timeline(&desk.work, "").await.expect("reads");
    assert!(
        entries.iter().filter(|e| e.action == "factor_asked").count() >= asked,
        "each is an entry"
    );
    for goal in [
        "",
        "/api/checks/decide",
        "/api/session/fresh",
        "/api/session/start",
        "//evil.example",
        "/admin/people",
        "\0",
    ] {
        let answer =
            desk.post(STEP_UP, Some(&adam), &[("step_to", goal), ("factor", PASSWORD)]).await;
        assert_eq!(answer.status(), 404, "{goal:?} takes no factor");
    }
    assert_eq!(desk.get("/admin/people", Some(&adam)).await.status(), 200, "reading takes none");
    desk.stop().await;
}

#[tokio::test]
async fn s_22_a_second_factor_is_set_up_asked_for_and_removed_on_pages() {
    let desk = Running::start().await;
    let anna = desk.sign_in("anna").await;
    let (secret, recovery) = enrol(&desk, &anna).await;
    let codes: Vec<&str> = recovery
        .split("<code>")
        .skip(1)
        .filter_map(|rest| rest.split("</code>").next())
        .filter(|c| c.len() == 19)
        .collect();
    assert_eq!(codes.len(), 10, "{codes:?}");
    assert!(
        desk.get("/account", Some(&anna))
            .await
            .text()
            .await
            .expect("text")
            .contains("10 recovery codes are left.")
    );
    assert_eq!(location(&desk.get("/account/factor", Some(&anna)).await), "/account");

    desk.clock.advance(MINUTE);
    let door = [("account", "anna"), ("password", PASSWORD), ("to", "/checks?tab=all")];
    let half = desk.post("/api/session/start", None, &door).await;
    assert_eq!(
        (half.status().as_u16(), cookie_of(&half)),
        (200, None),
        "the password alone opens nothing"
    );
    let page = half.text().await.expect("text");
    let kept = hidden(&page);
    let give = async |code: &str| {
        let form: Vec<_> =
            kept.iter().map(|(n, v)| (n.as_str(), v.as_str())).chain([("factor", code)]).collect();
        desk.post("/api/session/code", None, &form).await
    };
    let wrong = give("000000").await;
    assert_eq!((wrong.status().as_u16(), cookie_of(&wrong)), (422, None));
    assert!(wrong.text().await.expect("text").contains("This code is wrong or was used already."));
    let now = code(&secret, desk.work.now());
    let right = give(&now).await;
    assert_eq!((right.status().as_u16(), location(&right)), (303, "/checks?tab=all"));
    let anna = cookie_of(&right).expect("a session");
    assert_eq!(give(&now).await.status(), 422, "the same again");
    assert_eq!(give(codes[0]).await.status(), 303);
    assert_eq!(give(codes[0]).await.status(), 422);
    assert!(
        location(&desk.get("/account", Some(&anna)).await).starts_with("/login"),
        "a recovery code ends what was open"
    );
    let anna = cookie_of(&give(codes[1]).await).expect("a session");

    // With a second factor the password is no fresh factor.
    desk.clock.advance(6 * MINUTE);
    let asked = desk.post("/api/account/factor/remove", Some(&anna), &[]).await;
    assert_eq!(asked.status(), 403);
    let page = asked.text().await.expect("text");
    assert!(page.contains("Your code"));
    assert_eq!(go_on(&desk, &anna, &page, &[("factor", PASSWORD)]).await.status(), 422);
    let removed = go_on(&desk, &anna, &page, &[("factor", &code(&secret, desk.work.now()))]).await;
    assert_eq!(location(&removed), "/account?done=factor-removed");
    desk.sign_in("anna").await;
    desk.stop().await;
}

#[tokio::test]
async fn s_22_who_must_have_a_second_factor_sets_one_up_before_anything_else() {
    let desk = Running::start().await;
    desk.work.factor_roles.set([Role::Analyst]);
    let (anna, sofia) = (desk.sign_in("anna").await, desk.sign_in("sofia").await);
    for path in ["/", "/checks", "/customers", "/account", "/checks/new"] {
        assert_eq!(location(&desk.get(path, Some(&anna)).await), "/account/factor", "{path}");
        assert_ne!(location(&desk.get(path, Some(&sofia)).await), "/account/factor", "{path}");
    }
    assert_eq!(desk.get("/checks/fresh?since=0", Some(&anna)).await.status(), 403);
    for (path, need) in API.iter() {
        let allowed = app::pages::access::WITHOUT_FACTOR.contains(path);
        if *need == Need::Nobody
            || allowed
            || path.contains("upload")
            || *path == "/api/idv/launch"
            || path.ends_with("/many")
        {
            continue;
        }
        let refused = desk
            .post(path, Some(&anna), &[("comment", "Typed with care"), ("secret", "canary")])
            .await;
        assert_eq!(refused.status(), 403, "{path}");
        let page = refused.text().await.expect("text");
        assert!(
            page.contains("You need a second factor")
                && page.contains("Typed with care")
                && !page.contains("canary"),
            "{path}"
        );
    }
    let page = desk.get("/account/factor", Some(&anna)).await.text().await.expect("text");
    assert!(page.contains("Your role needs a second factor."));
    enrol(&desk, &anna).await;
    assert_eq!(desk.get("/checks", Some(&anna)).await.status(), 200);
    // Whose factor is reset begins anew.
    let (adam, person) = (desk.sign_in("adam").await, caller(&desk, "anna").await);
    let list = desk.get("/admin/people", Some(&adam)).await.text().await.expect("text");
    assert!(
        list.contains("Reset the second factor of Anna Berg")
            && !list.contains("Reset the second factor of Ben")
    );
    let reset = desk
        .post("/api/admin/people/reset-factor", Some(&adam), &[("person", person.id.as_str())])
        .await;
    assert_eq!(location(&reset), "/admin/people?done=factor-reset");
    assert!(factor::standing(&desk.work, &person.id).await.expect("reads").is_none());
    let anna = desk.sign_in("anna").await;
    assert_eq!(location(&desk.get("/checks", Some(&anna)).await), "/account/factor");
    desk.stop().await;
}
