//! What the pages say of what was opened: bulk is offered after a look, and a decision names whom
//! it is about and how it was made.

use crate::support::{Running, launch_with_pictures, location};
use sandbox::{Options, Sandbox};
use std::time::Duration;

/// A desk with an ID verification of Anna's that waits for its review; Ben, who is signed in, has
/// not opened it.
///
/// Its pictures are here, too: one that comes later is a change that a decision must not overlook.
async fn waiting() -> (Running, Sandbox, String, String) {
    let options = Options { step_ms: 20, ..Options::default() };
    let sandbox = Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the sandbox");
    let desk = Running::start().await;
    let connection = desk.connect(&format!("{}/kryptogo", sandbox.base_url())).await;
    let anna = casework::people::list(&desk.work)
        .await
        .expect("people")
        .into_iter()
        .find(|p| p.account == "anna")
        .expect("anna");
    let id = launch_with_pictures(&desk.work, &anna.caller().expect("a role"), &connection)
        .await
        .expect("launches");
    let until = std::time::Instant::now() + Duration::from_secs(30);
    let is_read = async || {
        let check = casework::checks::get(&desk.work, &id).await.expect("there");
        check.state == "to_review" && check.poll_at_ms == domain::time::NEVER
    };
    while !is_read().await {
        assert!(std::time::Instant::now() < until, "its outcome does not arrive, or not whole");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let ben = desk.sign_in("ben").await;
    (desk, sandbox, ben, id.to_string())
}

async fn text(desk: &Running, path: &str, cookie: &str) -> String {
    desk.get(path, Some(cookie)).await.text().await.expect("text")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_26_bulk_takes_only_what_was_opened_and_the_record_says_what_was() {
    let (desk, sandbox, ben, id) = waiting().await;
    let many = format!("/checks/decide-many?checks[0]={id}");
    let page = text(&desk, &many, &ben).await;
    assert!(
        page.contains("you have not opened it") && page.contains(&format!("href=\"/checks/{id}\"")),
        "{page}"
    );
    assert!(
        !page.contains("Decide what is filled in") && !page.contains("rows[00][comment]"),
        "{page}"
    );

    // Whoever sends the form past the page is refused, and what they typed comes back.
    let version = casework::checks::get(&desk.work, &id.as_str().into())
        .await
        .expect("there")
        .version
        .to_string();
    let decision = casework::new_id();
    let form = [
        ("rows[00][check_id]", id.as_str()),
        ("rows[00][decision_id]", &decision),
        ("rows[00][version]", &version),
        ("rows[00][outcome]", "accept"),
        ("rows[00][reason]", "other"),
        ("rows[00][comment]", "Typed before anything was opened."),
    ];
    let refused = desk.post("/api/checks/decide-many", Some(&ben), &form).await;
    let page = text(&desk, location(&refused), &ben).await;
    assert!(
        page.contains("so it cannot be decided together with others")
            && page.contains("Typed before anything was opened."),
        "{page}"
    );
    assert!(
        casework::checks::review::get(&desk.work, &id.as_str().into())
            .await
            .expect("reads")
            .decisions
            .is_empty()
    );

    let check = text(&desk, &format!("/checks/{id}"), &ben).await;
    let body = check
        .split(&format!("/checks/{id}/evidence/"))
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a body")
        .to_owned();
    text(&desk, &format!("/checks/{id}/evidence/{body}"), &ben).await;
    assert!(text(&desk, &many, &ben).await.contains("Decide what is filled in"));
    // What arrived meanwhile is on the page that was opened.
    let version = casework::checks::get(&desk.work, &id.as_str().into())
        .await
        .expect("there")
        .version
        .to_string();
    let form = form.map(|(name, value)| {
        (name, if name == "rows[00][version]" { version.as_str() } else { value })
    });
    let decided = desk.post("/api/checks/decide-many", Some(&ben), &form).await;
    assert!(
        location(&decided).contains("done=decided-many"),
        "{}",
        text(&desk, location(&decided), &ben).await
    );

    let page = text(&desk, &format!("/checks/{id}/decisions/{decision}"), &ben).await;
    for words in [
        "Emily Clarke",
        &format!("/customers/{id}"),
        "ID verification",
        "together with others, on the page for several checks",
    ] {
        assert!(page.contains(words), "{words} is missing: {page}");
    }
    let bodies = casework::checks::review::get(&desk.work, &id.as_str().into())
        .await
        .expect("reads")
        .evidence
        .len();
    assert_eq!(
        page.matches(">only listed<").count(),
        bodies - 1,
        "one of {bodies} bodies was opened: {page}"
    );

    // An overturn and what it overturns lead to each other, and the check's page has both.
    let sofia = desk.sign_in("sofia").await;
    let overturn = casework::new_id();
    let version = casework::checks::get(&desk.work, &id.as_str().into())
        .await
        .expect("there")
        .version
        .to_string();
    let form = [
        ("check_id", id.as_str()),
        ("decision_id", &overturn),
        ("version", &version),
        ("outcome", "reject"),
        ("reason", "other"),
        ("comment", "Mistaken for somebody else."),
    ];
    desk.post("/api/checks/overturn", Some(&sofia), &form).await;
    let last = casework::checks::review::get(&desk.work, &id.as_str().into())
        .await
        .expect("reads")
        .decisions
        .pop()
        .expect("one");
    assert_eq!(last.step, "overturn");
    let page = text(&desk, &format!("/checks/{id}/decisions/{overturn}"), &sofia).await;
    assert!(
        page.contains(">Overturns<")
            && page.contains(&format!("/checks/{id}/decisions/{decision}")),
        "{page}"
    );
    assert!(page.contains("not opened since the last of its evidence arrived"), "{page}");
    let page = text(&desk, &format!("/checks/{id}/decisions/{decision}"), &sofia).await;
    assert!(
        page.contains(">Overturned by<")
            && page.contains(&format!("/checks/{id}/decisions/{overturn}")),
        "{page}"
    );
    let page = text(&desk, &format!("/checks/{id}"), &sofia).await;
    for words in [
        "Typed before anything was opened.",
        "Mistaken for somebody else.",
        "Earlier rounds",
        "Round 1, decision: accept",
    ] {
        assert!(page.contains(words), "{words} is missing");
    }
    desk.stop().await;
    sandbox.stop().await;
}
