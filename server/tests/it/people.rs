//! Somebody new comes to the desk through its forms and the command line, and nobody learns
//! another's password.

use crate::support::{PASSWORD, Running, location};
use casework::people;
use std::{
    path::Path,
    process::{Command, Output},
};

fn probity(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_probity"));
    command
        .env("PROBITY_DATA", folder)
        .env("PROBITY_LOG", "debug")
        .env_remove("DATABASE_URL")
        .env_remove("PROBITY_CONFIG");
    command.args(arguments).output().expect("runs")
}

/// The code of the one link in a text.
fn code_in(text: &str) -> String {
    let code: String = text
        .split("/join#")
        .nth(1)
        .expect("a link")
        .chars()
        .take_while(char::is_ascii_hexdigit)
        .collect();
    assert_eq!(code.len(), 64, "{text}");
    code
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_26_an_admin_cannot_make_a_supervisor_for_himself_through_the_forms() {
    let desk = Running::start().await;
    let (adam, sofia) = (desk.sign_in("adam").await, desk.sign_in("sofia").await);
    let form = [
        ("account", "mallory"),
        ("name", "Mallory"),
        ("role", "supervisor"),
        ("password", PASSWORD),
    ];
    let made = desk.post("/api/admin/people/add", Some(&adam), &form).await;
    assert_eq!((made.status().as_u16(), location(&made)), (200, ""), "the link is in no address");
    let code = code_in(&made.text().await.expect("a page"));
    let with = [("account", "mallory"), ("password", PASSWORD)];
    assert_eq!(
        desk.post("/api/session/start", None, &with).await.status(),
        422,
        "a password that is sent along is nobody's"
    );
    let list = desk.get("/admin/people", Some(&adam)).await.text().await.expect("a page");
    assert!(list.contains("invited") && !list.contains(&code), "the link is shown once");

    let joins = async |code: &str| {
        desk.post("/api/join", None, &[("token", code), ("password", PASSWORD)]).await
    };
    assert_eq!(joins("0000").await.status(), 422);
    assert_eq!(location(&joins(&code).await), "/login?done=joined");
    let used = joins(&code).await;
    assert_eq!(used.status(), 422);
    assert!(!used.text().await.expect("a page").contains(&code), "a code never comes back");

    let mallory = desk.sign_in("mallory").await;
    let start = desk.get("/", Some(&mallory)).await;
    assert_eq!(start.status(), 200);
    let start = start.text().await.expect("a page");
    assert!(
        start.contains("Your role is not confirmed yet")
            && start.contains("Sofia Lindqvist (sofia)"),
        "{start}"
    );
    for path in ["/checks", "/decisions", "/journal", "/roles", "/customers"] {
        assert_eq!(desk.get(path, Some(&mallory)).await.status(), 403, "{path}");
    }
    assert_eq!(
        desk.post("/api/checks/approve", Some(&mallory), &[("approved", "yes")]).await.status(),
        403
    );
    assert_eq!(desk.get("/account", Some(&mallory)).await.status(), 200);

    let person = people::of_account(&desk.work, "mallory").await.expect("is there");
    let given = person.role_given_at_ms.to_string();
    let confirm = [("person", person.id.as_str()), ("given", given.as_str())];
    assert_eq!(desk.post("/api/roles/confirm", Some(&mallory), &confirm).await.status(), 403);
    let own = desk.post("/api/roles/confirm", Some(&adam), &confirm).await;
    let own = desk.get(location(&own), Some(&adam)).await.text().await.expect("a page");
    assert!(own.contains("You gave this role"), "{own}");
    let page = desk.get("/", Some(&sofia)).await.text().await.expect("a page");
    assert!(
        page.contains("Since you last looked")
            && page.contains("waits for confirmation")
            && page.contains("Invitation made"),
        "{page}"
    );
    assert_eq!(
        location(&desk.post("/api/roles/confirm", Some(&sofia), &confirm).await),
        "/roles?done=role-confirmed"
    );
    assert_eq!(
        desk.get("/checks", Some(&mallory)).await.status(),
        200,
        "her session goes on with what she may now"
    );
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f_33_a_session_is_in_the_list_and_is_ended_from_there_at_once() {
    let desk = Running::start().await;
    let (anna, stolen, adam) =
        (desk.sign_in("anna").await, desk.sign_in("anna").await, desk.sign_in("adam").await);
    let page = desk.get("/account", Some(&anna)).await.text().await.expect("a page");
    assert!(
        page.contains("127.0.0.1")
            && page.contains("Another program")
            && page.contains("This session"),
        "{page}"
    );
    let names = |page: &str| {
        let parts = page.split("name=\"session\" value=\"").skip(1);
        parts.filter_map(|part| part.split('"').next().map(str::to_owned)).collect::<Vec<_>>()
    };
    let other = names(&page);
    assert_eq!(other.len(), 1, "all but her own");
    assert!(!page.contains(&stolen), "a list opens no session");
    assert_eq!(
        location(
            &desk.post("/api/account/end-session", Some(&anna), &[("session", &other[0])]).await
        ),
        "/account?done=session-ended"
    );
    assert_eq!(desk.get("/account", Some(&stolen)).await.status(), 303);
    let all = desk.get("/admin/sessions", Some(&adam)).await.text().await.expect("a page");
    let of_anna = names(&all);
    assert_eq!(of_anna.len(), 1);
    assert_eq!(
        desk.post("/api/admin/people/end-session", Some(&anna), &[("session", &of_anna[0])])
            .await
            .status(),
        403
    );
    assert_eq!(desk.get("/admin/people", Some(&anna)).await.status(), 403);
    desk.work.views.flush().await;
    let person = people::of_account(&desk.work, "anna").await.expect("is there");
    let entries = casework::journal::timeline(&desk.work, "").await.expect("reads");
    let refused: Vec<_> =
        entries.iter().filter(|e| e.action == "access_refused" && e.actor == person.id).collect();
    assert_eq!(refused.len(), 2, "each is an entry: {refused:?}");
    for (entry, path) in refused.iter().zip(["/api/admin/people/end-session", "/admin/people"]) {
        assert!(
            entry.details.as_ref().is_some_and(|details| details.contains(&format!("\"{path}\""))),
            "{path}: {entry:?}"
        );
    }
    let of_adam = casework::people::open_sessions(&desk.work, None)
        .await
        .expect("lists")
        .into_iter()
        .find(|s| s.account == "adam");
    let foreign = desk
        .post("/api/account/end-session", Some(&anna), &[("session", &of_adam.expect("adam").name)])
        .await;
    assert_eq!(foreign.status(), 404);
    desk.post("/api/admin/people/end-session", Some(&adam), &[("session", &of_anna[0])]).await;
    assert_eq!(desk.get("/account", Some(&anna)).await.status(), 303);
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_last_who_may_approve_goes_only_when_it_is_known() {
    let desk = Running::start().await;
    let adam = desk.sign_in("adam").await;
    let sofia = people::of_account(&desk.work, "sofia").await.expect("sofia").id;
    let form = [("person", sofia.as_str()), ("role", "supervisor"), ("state", "disabled")];
    let asked = desk.post("/api/admin/people/change", Some(&adam), &form).await;
    let page = desk.get(location(&asked), Some(&adam)).await.text().await.expect("a page");
    assert!(page.contains("I know that nobody can approve then"), "{page}");
    assert!(people::of_account(&desk.work, "sofia").await.expect("sofia").is_active());
    let done = desk
        .post("/api/admin/people/change", Some(&adam), &[&form[..], &[("knows", "1")]].concat())
        .await;
    assert_eq!(location(&done), "/admin/people?done=person-changed");
    let again = desk.post("/api/admin/people/change", Some(&adam), &form).await;
    assert_eq!(location(&again), "/admin/people?done=person-unchanged");
    desk.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_operator_invites_resets_lists_and_puts_away_without_a_password() {
    let desk = Running::start().await;
    let folder = desk.folder.path().to_owned();
    let run = async |arguments: &[&str]| {
        let (folder, arguments) =
            (folder.clone(), arguments.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        let output = tokio::task::spawn_blocking(move || {
            probity(&folder, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
        });
        let output = output.await.expect("no panic");
        let (said, log) = (
            String::from_utf8_lossy(&output.stdout).into_owned(),
            String::from_utf8_lossy(&output.stderr).into_owned(),
        );
        assert!(output.status.success(), "{said}{log}");
        (said, log)
    };
    let (said, log) = run(&[
        "user",
        "invite",
        "--account",
        "nina",
        "--name",
        "Nina Berg",
        "--role",
        "supervisor",
    ])
    .await;
    let code = code_in(&said);
    assert!(!log.contains(&code), "the log has no secret");
    assert_eq!(
        location(&desk.post("/api/join", None, &[("token", &code), ("password", PASSWORD)]).await),
        "/login?done=joined"
    );
    let nina = desk.sign_in("nina").await;
    assert_eq!(
        desk.get("/decisions", Some(&nina)).await.status(),
        200,
        "whom the operator invites is confirmed"
    );
    let (said, _) = run(&["user", "reset", "--account", "nina"]).await;
    code_in(&said);
    let (said, _) = run(&["user", "list"]).await;
    assert!(
        said.contains("nina  Nina Berg  supervisor  active") && said.contains("adam"),
        "{said}"
    );
    run(&["user", "disable", "--account", "nina"]).await;
    assert_eq!(desk.get("/account", Some(&nina)).await.status(), 303);
    run(&["user", "enable", "--account", "nina"]).await;
    assert!(people::of_account(&desk.work, "nina").await.expect("nina").is_active());
    let (_, log) = run(&["user", "disable", "--account", "sofia"]).await;
    assert!(!log.contains("last person who may approve"), "{log}");
    let (said, log) = run(&["user", "disable", "--account", "nina"]).await;
    assert!(
        said.contains("nina is disabled") && log.contains("last person who may approve"),
        "{said}{log}"
    );
    desk.stop().await;
}
