//! Launching, reviewing and deciding as a browser without scripts does it, against the sandbox.

use crate::support::{Running, location};
use sandbox::{Options, Sandbox};
use std::time::Duration;

struct Story {
    desk: Running,
    sandbox: Sandbox,
    connection: String,
    anna: String,
}

impl Story {
    async fn begin() -> Self {
        let options = Options { step_ms: 20, hang_ms: 1_500, ..Options::default() };
        let sandbox =
            Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the sandbox");
        let desk = Running::start().await;
        let connection = desk.connect(&format!("{}/kryptogo", sandbox.base_url())).await;
        let anna = desk.sign_in("anna").await;
        Self { desk, sandbox, connection, anna }
    }

    async fn end(self) {
        self.desk.stop().await;
        self.sandbox.stop().await;
    }

    async fn launch(&self, changes: &[(&str, &str)]) -> reqwest::Response {
        let id = casework::new_id();
        let mut form = vec![
            ("check_id", id.as_str()),
            ("kind", "dd_kyc"),
            ("connection", self.connection.as_str()),
            ("customer_reference", "C-1"),
            ("name", "Anna-Lena Bergström"),
            ("birth_date", "1993-06-06"),
            ("country", "SWE"),
            ("search_setting", "1"),
            ("then", "launch"),
        ];
        for (name, value) in changes {
            form.retain(|(n, _)| n != name);
            form.push((name, value));
        }
        self.desk.post("/api/checks/launch", Some(&self.anna), &form).await
    }

    async fn launched(&self, name: &str, reference: &str) -> String {
        let answer = self.launch(&[("name", name), ("customer_reference", reference)]).await;
        let to = location(&answer).to_owned();
        assert!(to.ends_with("?done=launched"), "{to}");
        to.trim_end_matches("?done=launched").to_owned()
    }

    async fn page(&self, path: &str) -> String {
        let answer = self.desk.get(path, Some(&self.anna)).await;
        assert!(!answer.status().is_server_error(), "{path}");
        answer.text().await.expect("text")
    }

    /// Waits until the page holds the words.
    async fn page_with(&self, path: &str, words: &str) -> String {
        let until = std::time::Instant::now() + Duration::from_secs(20);
        loop {
            let page = self.page(path).await;
            if page.contains(words) {
                return page;
            }
            assert!(std::time::Instant::now() < until, "{path} never says {words}: {page}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The hidden values of the decision panel, and an outcome.
    async fn decide(&self, path: &str, changes: &[(&str, &str)]) -> reqwest::Response {
        let page = self.page(path).await;
        let hidden = |name: &str| {
            page.split(&format!("name=\"{name}\" value=\""))
                .nth(1)
                .and_then(|r| r.split('"').next())
                .unwrap_or_default()
                .to_owned()
        };
        let (check, decision) =
            (path.trim_start_matches("/checks/").to_owned(), hidden("decision_id"));
        let version = casework::checks::get(&self.desk.work, &check.as_str().into())
            .await
            .expect("it")
            .version
            .to_string();
        let mut form = vec![
            ("check_id", check.as_str()),
            ("decision_id", decision.as_str()),
            ("version", version.as_str()),
            ("outcome", "accept"),
            ("reason_accept", "no_findings"),
            ("comment", "Nothing found."),
        ];
        for (name, value) in changes {
            form.retain(|(n, _)| n != name);
            form.push((name, value));
        }
        self.desk.post("/api/checks/decide", Some(&self.anna), &form).await
    }

    async fn tasks(&self) -> serde_json::Value {
        self.desk
            .client
            .get(format!("{}/control/tasks", self.sandbox.base_url()))
            .send()
            .await
            .expect("an answer")
            .json()
            .await
            .expect("json")
    }
}

#[tokio::test]
async fn a_check_goes_from_launch_to_a_decision_that_the_provider_knows() {
    let story = Story::begin().await;
    let path = story.launched("Anna-Lena Bergström", "C-1").await;
    story.page_with(&path, ">to review<").await;
    let decided = story.decide(&path, &[("comment", "No finding concerns her.")]).await;
    assert!(location(&decided).ends_with("?done=decided"), "{}", location(&decided));
    story.page_with(&path, "KryptoGO has applied it.").await;
    let tasks = story.tasks().await;
    let task = &tasks[0];
    assert_eq!(
        (task["accepted"].as_bool(), task["comment"].as_str(), task["effects"].as_i64()),
        (Some(true), Some("No finding concerns her."), Some(1))
    );
    story.end().await;
}

#[tokio::test]
async fn callbacks_reach_the_desk_and_are_only_a_hint() {
    let story = Story::begin().await;
    let path = story.launched("Test Callback Duplicate", "C-1").await;
    story.page_with(&path, ">to review<").await;
    let until = std::time::Instant::now() + Duration::from_secs(10);
    while casework::inbox::list(&story.desk.work).await.expect("callbacks").is_empty() {
        assert!(std::time::Instant::now() < until, "no callback arrived");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(
        casework::inbox::list(&story.desk.work).await.expect("callbacks").len(),
        1,
        "five times the same message is one"
    );
    story.end().await;
}

#[tokio::test]
async fn refused_launches_keep_everything_and_say_why_beside_the_field() {
    let story = Story::begin().await;
    for (changes, message, kept) in [
        (vec![("birth_date", "2999-01-01")], "This date is in the future.", "2999-01-01"),
        (vec![("name", "")], "Give the name of the person.", "C-1"),
        (
            vec![("customer_reference", "a b"), ("name", "محمد <script>alert(1)</script>")],
            "without spaces",
            "محمد &lt;script&gt;alert(1)&lt;/script&gt;",
        ),
        (vec![("name", "🙂")], "at least one letter", "🙂"),
        (vec![("name", &*"x".repeat(257))], "at most 256", "xxxxxxxx"),
    ] {
        let answer = story.launch(&changes).await;
        let to = location(&answer).to_owned();
        assert!(
            to.starts_with("/checks/new?refused=") && to.len() < 70,
            "nothing typed stands in the address: {to}"
        );
        let page = story.desk.get(&to, Some(&story.anna)).await;
        assert_eq!(page.status(), 422);
        let text = page.text().await.expect("text");
        assert!(text.contains(message), "{message} is said");
        assert!(text.contains(kept), "{kept} is kept");
        assert!(!text.contains("<script>alert"), "text stays text");
        let other = story.desk.sign_in("ben").await;
        let theirs = story.desk.get(&to, Some(&other)).await.text().await.expect("text");
        assert!(!theirs.contains(message), "a refused form is its owner's alone");
    }
    story.end().await;
}

#[tokio::test]
async fn odd_names_travel_unchanged() {
    let story = Story::begin().await;
    for (at, name) in
        ["<script>alert(1)</script> Müller", "🙂 Bergström", "محمد بن سلمان", "O'Neil & \"Söhne\""]
            .into_iter()
            .enumerate()
    {
        let path = story.launched(name, &format!("C-{at}")).await;
        story.page_with(&path, ">to review<").await;
        assert!(!story.page(&path).await.contains("<script>alert"));
        let tasks = story.tasks().await;
        assert!(
            tasks.as_array().expect("tasks").iter().any(|t| t["name"] == name),
            "{name} reached the provider as typed"
        );
    }
    story.end().await;
}

#[tokio::test]
async fn a_second_open_check_needs_a_second_click() {
    let story = Story::begin().await;
    story.launched("Test Stuck", "C-7").await;
    let warned = story.launch(&[("name", "Test Stuck"), ("customer_reference", "C-7")]).await;
    let page = story.page(location(&warned)).await;
    assert!(page.contains("already has an open check") && page.contains("Launch anyway"));
    let anyway = story
        .launch(&[("name", "Test Stuck"), ("customer_reference", "C-7"), ("anyway", "1")])
        .await;
    assert!(location(&anyway).ends_with("?done=launched"));
    story.end().await;
}

#[tokio::test]
async fn a_refused_decision_keeps_the_comment() {
    let story = Story::begin().await;
    let path = story.launched("Anna-Lena Bergström", "C-1").await;
    story.page_with(&path, ">to review<").await;
    let long = "é".repeat(4_001);
    for (changes, message) in [
        (vec![("outcome", "")], "Choose an outcome."),
        (vec![("reason_accept", "")], "Choose the reason that fits best."),
        (vec![("comment", long.as_str())], "1 character too long"),
        (vec![("version", "0")], "The check changed after you opened it"),
    ] {
        let answer = story.decide(&path, &changes).await;
        let page = story.page(location(&answer)).await;
        assert!(page.contains(message), "{message}");
        let kept =
            changes.iter().find(|(n, _)| *n == "comment").map_or("Nothing found.", |(_, v)| *v);
        assert!(page.contains(kept), "the comment is kept after {message}");
    }
    assert!(location(&story.decide(&path, &[]).await).ends_with("?done=decided"));
    let again = story
        .decide(&path, &[("decision_id", &casework::new_id()), ("comment", "My own careful words")])
        .await;
    let page = story.page(location(&again)).await;
    assert!(
        page.contains("Anna Berg already accepted this check")
            && page.contains("My own careful words"),
        "the loser gets their text back"
    );
    story.end().await;
}

/// A form of a page without scripts brings what was typed into the others, and their text comes
/// back with the page.
#[tokio::test]
async fn what_is_typed_beside_a_judgement_survives_it_without_scripts() {
    let story = Story::begin().await;
    let path = story.launched("Søren Ødegård", "C-20").await;
    let page = story.page_with(&path, ">to review<").await;
    let check = path.trim_start_matches("/checks/");
    let finding = page
        .split("name=\"judge[f-")
        .nth(1)
        .and_then(|rest| rest.split(']').next())
        .expect("a finding")
        .to_owned();
    let (judge, note) = (format!("judge[f-{finding}]"), format!("notes[f-{finding}]"));
    let (decision, version) = (casework::new_id(), |page: &str| {
        page.split("name=\"version\" value=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .expect("a version")
            .to_owned()
    });
    let typed = [
        ("check_id", check),
        ("decision_id", &decision),
        ("outcome", "accept"),
        ("reason_accept", "other"),
        ("reason_reject", ""),
        ("comment", "Half a sentence that"),
        ("body", "Ben, please look."),
    ];
    let judged =
        [&[(judge.as_str(), "false_positive"), (note.as_str(), "Born in 1952.")], &typed[..]]
            .concat();
    let answer = story.desk.post("/api/checks/judge", Some(&story.anna), &judged).await;
    let to = location(&answer).to_owned();
    assert!(
        to.contains("?refused=") && to.ends_with("#finding-1") && !to.contains("sentence"),
        "{to}: {}",
        answer.text().await.expect("text")
    );
    let answer = story.desk.get(to.split('#').next().expect("a path"), Some(&story.anna)).await;
    assert_eq!(answer.status(), 200, "nothing was refused");
    let page = answer.text().await.expect("text");
    for kept in ["Half a sentence that", "Ben, please look.", "Born in 1952."] {
        assert!(page.contains(kept), "{kept}");
    }
    assert!(
        page.contains("value=\"accept\" checked") && page.contains("value=\"other\" selected"),
        "{page}"
    );

    // Adding the comment keeps the decision's, and deciding keeps a note that was not saved.
    let answer = story.desk.post("/api/checks/comment", Some(&story.anna), &typed).await;
    let page = story.page(location(&answer).split('#').next().expect("a path")).await;
    assert!(
        page.contains("Half a sentence that") && page.matches("Ben, please look.").count() == 1,
        "{page}"
    );
    let version = version(&page);
    let decided = [
        &[(note.as_str(), "Born in 1952, see page 2."), ("version", version.as_str())],
        &typed[..],
    ]
    .concat();
    let answer = story.desk.post("/api/checks/decide", Some(&story.anna), &decided).await;
    let to = location(&answer).to_owned();
    assert!(
        to.contains("done=decided") && to.contains("refused="),
        "{to}: the comment that was not sent comes along"
    );
    let page = story.page(&to).await;
    assert!(
        page.contains("Born in 1952, see page 2.") && page.contains("Ben, please look."),
        "{page}"
    );
    story.end().await;
}

#[tokio::test]
async fn a_provider_that_is_down_is_said_and_nothing_fails() {
    let story = Story::begin().await;
    let down = {
        let form = casework::connections::Form {
            name: "Down".into(),
            provider: "kryptogo".into(),
            base_url: "http://127.0.0.1:9".into(),
            search_settings: "1 = a".into(),
            allow_private: true,
            secret: zeroize::Zeroizing::new("sandbox".into()),
            ..casework::connections::Form::default()
        };
        casework::connections::add(&story.desk.work, &casework::journal::Actor::operator(), &form)
            .await
            .expect("a connection")
            .to_string()
    };
    let answer = story.launch(&[("connection", &down)]).await;
    let path = location(&answer).trim_end_matches("?done=launched").to_owned();
    story.page_with(&path, "could not be reached").await;
    story.end().await;
}

#[tokio::test]
async fn raw_evidence_is_what_the_provider_sent_and_is_never_opened_by_the_browser() {
    let story = Story::begin().await;
    let path = story.launched("王又曾", "C-9").await;
    let page = story.page_with(&path, ">to review<").await;
    let link = page
        .split("/evidence/")
        .nth(1)
        .and_then(|r| r.split('"').next())
        .expect("a link to evidence");
    let file = story.desk.get(&format!("{path}/evidence/{link}?as=file"), Some(&story.anna)).await;
    assert_eq!(file.headers()["content-type"], "application/octet-stream");
    assert!(
        file.headers()["content-disposition"].to_str().expect("text").starts_with("attachment")
    );
    assert_eq!(
        file.headers()["content-security-policy"],
        "default-src 'none'; sandbox; frame-ancestors 'none'"
    );
    let bytes = file.bytes().await.expect("bytes");
    let sha = casework::sha256_hex(&bytes);
    assert!(page.contains(&sha), "the page names the evidence by its hash");
    story.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_drops_no_accepted_request() {
    let story = Story::begin().await;
    let (desk, anna) = (&story.desk, &story.anna);
    let load = (0..60).map(|at| async move {
        tokio::time::sleep(Duration::from_millis(at * 10)).await;
        let answer = desk
            .client
            .get(format!("{}/checks", desk.base))
            .header("cookie", format!("__Host-probity={anna}"))
            .send()
            .await;
        // A connection that is refused was never accepted; an accepted one must be answered, and
        // well.
        match answer {
            Ok(answer) => {
                assert!(!answer.status().is_server_error());
                1
            }
            Err(error) => {
                assert!(error.is_connect() || error.is_request(), "{error}");
                0
            }
        }
    });
    let started = std::time::Instant::now();
    let (answered, ()) = futures::future::join(futures::future::join_all(load), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        desk.begin_stop();
    })
    .await;
    assert!(answered.iter().sum::<i32>() > 5);
    story.end().await;
    assert!(started.elapsed() < Duration::from_secs(10), "drained in time");
}
