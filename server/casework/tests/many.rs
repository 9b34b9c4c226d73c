//! Many due-diligence checks from one table: read, launched once, sent in arrays, and none of them
//! twice.

use crate::{on_both, support::*};
use casework::{
    Error,
    checks::{
        many::{Search, launch, look, template},
        queue, review,
    },
    connections, many, new_id, outbox,
    providers::REFUSAL,
};
use domain::{
    CheckId, ConnectionId,
    checks::State,
    queue::{Filter, Page, Tab},
};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};
use zeroize::Zeroizing;

const HEADER: &str = "customer_reference,subject,name,birth_date,country,registration_number\n";

/// A connection that may launch so often in a second, and waits patiently for answers.
async fn limited(desk: &Desk, per_second: &str) -> ConnectionId {
    let form = connections::Form {
        name: format!("KryptoGO {}", new_id()),
        provider: "kryptogo".into(),
        base_url: format!("{}/kryptogo", desk.sandbox.base_url()),
        search_settings: "1 = Precise".into(),
        per_second: per_second.into(),
        allow_private: true,
        secret: Zeroizing::new(TOKEN.into()),
        ..connections::Form::default()
    };
    connections::add(&desk.work, &by(&desk.adam), &form).await.expect("a connection")
}

fn search(connection: &ConnectionId) -> Search {
    Search {
        connection: connection.to_string(),
        search_setting: "1".into(),
        sources: "sanction_list".into(),
    }
}

/// A table of people and companies, each with a name of its own.
fn table(names: &[&str]) -> String {
    let mut text = HEADER.to_owned();
    for (at, name) in names.iter().enumerate() {
        let subject = if at % 3 == 2 { "company" } else { "person" };
        text.push_str(&format!("T-{at},{subject},{name},,,\n"));
    }
    text
}

async fn send(
    desk: &Desk,
    connection: &ConnectionId,
    page: &str,
    text: &str,
    leave_out: bool,
) -> Result<many::Launched, Error> {
    let sent = many::Sent { page, name: "new customers.csv", text, leave_out };
    launch(&desk.work, &desk.anna, &by(&desk.anna), &search(connection), &sent).await
}

/// The checks of a batch by their lines.
async fn lines(desk: &Desk, batch: &str) -> BTreeMap<i64, CheckId> {
    let rows =
        texts(&desk.work.db, &format!("SELECT CAST(line AS TEXT) || ' ' || check_id FROM batch_checks WHERE batch_id = '{batch}'")).await;
    let of = |row: &String| {
        row.split_once(' ').map(|(line, id)| (line.parse().expect("a line"), CheckId::from(id)))
    };
    rows.iter().filter_map(of).collect()
}

async fn launched(desk: &Desk, names: &[&str]) -> Vec<CheckId> {
    let connection = limited(desk, "1000").await;
    let launched =
        send(desk, &connection, &new_id(), &table(names), false).await.expect("launches");
    lines(desk, &launched.batch).await.into_values().collect()
}

/// The requests that the stand-in got, as `METHOD /path`.
async fn calls(desk: &Desk) -> Vec<String> {
    let lines = desk.books("requests").await;
    let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    lines
        .as_array()
        .into_iter()
        .flatten()
        .map(|l| format!("{} {}", text(l, "method"), text(l, "path")))
        .collect()
}

async fn posts(desk: &Desk) -> usize {
    calls(desk).await.iter().filter(|c| *c == "POST /kryptogo/task").count()
}

async fn still_queued(desk: &Desk) -> i64 {
    number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM checks WHERE state = 'queued'")
        .await
}

/// Each check that was sent is known by the task that calls back about it, and no task stands there
/// twice.
async fn assert_each_has_its_own_task(desk: &Desk, tasks: usize) {
    let books = desk.books("tasks").await;
    let books = books.as_array().expect("a list");
    let references: BTreeSet<&str> =
        books.iter().filter_map(|t| t["customer_reference"].as_str()).collect();
    assert_eq!((books.len(), references.len()), (tasks, tasks), "none was made twice");
    let calls_back: BTreeMap<String, &str> = books
        .iter()
        .map(|t| (t["task_id"].to_string(), t["callback_url"].as_str().unwrap_or_default()))
        .collect();
    let known = texts(
        &desk.work.db,
        "SELECT provider_ref || ' ' || id FROM checks WHERE provider_ref IS NOT NULL",
    )
    .await;
    assert_eq!(known.len(), tasks);
    for row in known {
        let (task, check) = row.split_once(' ').expect("two words");
        assert!(
            calls_back[task].ends_with(check),
            "task {task} is about another check than {check}"
        );
    }
}

on_both!(a_thousand_lines_are_each_sent_once_whatever_happens_on_the_way, |desk| async {
    let connection = limited(&desk, "200").await;
    let names: Vec<String> = (0..1_000)
        .map(|at| match at {
            120 => "Test Create 429".into(),
            333 => "Test Create Timeout Lost".into(),
            555 => "Test Create Timeout Applied".into(),
            777 => "Test Create 400".into(),
            888 => "Test Create 503".into(),
            _ => format!("Person {at}"),
        })
        .collect();
    let text = table(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let page = new_id();
    let sent = send(&desk, &connection, &page, &text, false).await.expect("launches");
    assert_eq!((sent.launched, sent.left_out, sent.repeated), (1_000, 0, false));
    // The desk dies in the middle of it, and another one takes over.
    let dying = desk.another(pace()).await;
    let work = dying.clone();
    let dies = tokio::spawn(async move {
        while outbox::work_off(&work, 8).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let until = Instant::now() + Duration::from_secs(90);
    while posts(&desk).await < 5 {
        assert!(Instant::now() < until, "nothing is sent");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    dies.abort();
    dies.await.ok();
    let other = desk.another(pace()).await;
    while still_queued(&desk).await > 0 {
        assert!(Instant::now() < until, "{} still wait", still_queued(&desk).await);
        if outbox::work_off(&other, 8).await.expect("works") == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert_each_has_its_own_task(&desk, 999).await;
    assert!(posts(&desk).await < 600, "{} calls for a thousand lines", posts(&desk).await);
    let (batch, progress) =
        many::get(&desk.work, &sent.batch).await.expect("is there after the restart");
    assert_eq!(
        (batch.name.as_str(), batch.total, progress.queued, progress.failed),
        ("new customers.csv", 1_000, 0, 1)
    );
    let failed = many::troubled(&desk.work, &sent.batch).await.expect("reads");
    assert_eq!(
        (failed.len(), failed[0].line, failed[0].name.as_str()),
        (1, 779, "Test Create 400")
    );
    assert!(
        failed[0].trouble.as_deref().is_some_and(|t| t.contains("the sandbox refuses this name")),
        "{failed:?}"
    );
    assert!(
        send(&desk, &connection, &page, &text, false).await.expect("the same table again").repeated
    );
    assert_eq!(number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM checks").await, 1_000);
    assert_journal_intact(&desk.work).await;
    for work in [dying, other] {
        work.views.stop().await;
        work.db.close().await;
    }
});

on_both!(a_table_leaves_in_arrays_at_the_pace_of_its_connection, |desk| async {
    let connection = limited(&desk, "1").await;
    let names: Vec<String> = (0..200).map(|at| format!("Person {at}")).collect();
    let text = table(&names.iter().map(String::as_str).collect::<Vec<_>>());
    send(&desk, &connection, &new_id(), &text, false).await.expect("launches");
    let started = Instant::now();
    // Nothing but the outbox works, so that it is the pace that takes the time.
    while still_queued(&desk).await > 0 {
        assert!(
            started.elapsed() < Duration::from_secs(60),
            "{} still wait",
            still_queued(&desk).await
        );
        if outbox::work_off(&desk.work, 8).await.expect("works") == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(started.elapsed() >= Duration::from_secs(3), "{:?}", started.elapsed());
    assert_eq!(posts(&desk).await, 4, "four arrays of fifty");
    assert_each_has_its_own_task(&desk, 200).await;
});

on_both!(an_array_whose_answer_is_lost_is_looked_up_check_by_check, |desk| async {
    let ids = launched(&desk, &["Ana", "Test Create Timeout Applied", "Cleo", "Dan"]).await;
    desk.settle("all are known", || async { still_queued(&desk).await == 0 }).await;
    assert_eq!(posts(&desk).await, 1, "it was there, so nothing was sent again");
    assert_each_has_its_own_task(&desk, 4).await;
    let looked_up = calls(&desk)
        .await
        .iter()
        .filter(|c| c.starts_with("GET /kryptogo/tasks?") && c.contains("customer_reference=T-"))
        .count();
    assert_eq!(looked_up, 4);
    for id in &ids {
        let delivery = desk.review(id).await.deliveries.remove(0);
        let attempts =
            outbox::attempts(&desk.work, &delivery.id.as_str().into()).await.expect("lists");
        let results: Vec<_> = attempts.iter().filter_map(|a| a.result.as_deref()).collect();
        assert_eq!((delivery.state.as_str(), results), ("done", vec!["unconfirmed"]));
    }
});

on_both!(an_array_that_never_arrived_is_sent_again_one_by_one_after_a_look, |desk| async {
    launched(&desk, &["Ana", "Ben", "Test Create Timeout Lost", "Dan"]).await;
    desk.settle("all are sent", || async { still_queued(&desk).await == 0 }).await;
    assert_eq!(posts(&desk).await, 1 + 4);
    assert_each_has_its_own_task(&desk, 4).await;
    let calls = calls(&desk).await;
    for at in 0..4 {
        let looked = calls
            .iter()
            .position(|c| c.contains(&format!("customer_reference=T-{at}")))
            .expect("looked up");
        let before = calls[..looked].iter().filter(|c| *c == "POST /kryptogo/task").count();
        assert!(before >= 1, "the look comes after the array");
    }
    let first_single = calls
        .iter()
        .enumerate()
        .filter(|(_, c)| *c == "POST /kryptogo/task")
        .nth(1)
        .expect("a second one")
        .0;
    assert!(
        calls[..first_single].iter().any(|c| c.contains("customer_reference=")),
        "a look comes before the first single one"
    );
});

on_both!(a_refused_array_fails_only_the_line_that_is_refused_by_itself, |desk| async {
    // Refusing one makes the array come back as a whole.
    for (name, words) in
        [("Test Create 400", "the sandbox refuses this name"), ("Test Create 402", "out of points")]
    {
        let text = table(&["Ana", name, "Cleo"]).replace("T-", &format!("{}-", new_id()));
        let sent = send(&desk, &limited(&desk, "1000").await, &new_id(), &text, false)
            .await
            .expect("launches");
        desk.settle("all are sent or refused", || async { still_queued(&desk).await == 0 }).await;
        let lines = lines(&desk, &sent.batch).await;
        let failed = desk.check(&lines[&3]).await;
        assert_eq!(failed.state, "failed");
        assert!(
            failed.trouble.as_deref().is_some_and(|t| t.contains(words)),
            "{:?}",
            failed.trouble
        );
        for line in [2, 4] {
            desk.until_state(&lines[&line], State::ToReview).await;
        }
        let (_, progress) = many::get(&desk.work, &sent.batch).await.expect("reads");
        assert_eq!((progress.to_review, progress.failed, progress.is_under_way()), (2, 1, false));
    }
    assert_each_has_its_own_task(&desk, 4).await;
});

on_both!(what_refused_a_whole_array_is_kept_with_each_line_unless_it_names_another, |desk| async {
    for (body, kept_with) in [
        (r#"{"message":"back at noon"}"#, vec![2, 3, 4]),
        (r#"{"message":"too many like BEN"}"#, vec![3]),
    ] {
        let stub = Stub::start(&desk, move |method, path, before| match (method, path, before) {
            ("POST", "/task", 0) => (503, None, body.into()),
            ("POST", "/task", more) => (200, None, format!(r#"[{{"task_id":{}}}]"#, 10 + more)),
            ("GET", "/tasks", _) => (200, None, r#"{"data":[]}"#.into()),
            _ => (200, None, r#"{"progress":10}"#.into()),
        })
        .await;
        let text = table(&["Ana", "Ben", "Cleo"]).replace("T-", &format!("{}-", new_id()));
        let sent = send(&desk, &stub.connection, &new_id(), &text, false).await.expect("launches");
        desk.settle("all are sent", || async { still_queued(&desk).await == 0 }).await;
        assert_eq!(stub.count("POST /task"), 1 + 3, "together, and then each by itself");
        for (line, id) in lines(&desk, &sent.batch).await {
            let refusals: Vec<_> = desk
                .review(&id)
                .await
                .evidence
                .into_iter()
                .filter(|e| e.source == REFUSAL)
                .collect();
            assert_eq!(refusals.len(), usize::from(kept_with.contains(&line)), "{body}: {line}");
            for kept in refusals {
                let kept = review::evidence_body(&desk.work, &id, &kept.id).await.expect("opens");
                assert!(kept.intact && kept.bytes == body.as_bytes());
            }
        }
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(an_answer_in_another_order_or_with_gaps_gives_nobody_anothers_task, |desk| async {
    // Three tasks were sent; the answer names the third and the first, and the second one is
    // refused by itself.
    let stub = Stub::start(&desk, |method, path, before| match (method, path, before) {
        ("POST", "/task", 0) => (200, None, r#"[{"task_id":30},{"error":"no"},{"task_id":10}]"#.into()),
        ("POST", "/task", _) => (422, None, r#"{"code":422,"message":"no such citizen"}"#.into()),
        ("GET", "/tasks", _) => {
            let task = |id: i64, at: i64, name: &str| {
                format!(r#"{{"task_id":{id},"customer_reference":"T-{at}","target":{{"type":1,"name":"{name}"}}}}"#)
            };
            (200, None, format!(r#"{{"data":[{},{}]}}"#, task(30, 2, "Cleo"), task(10, 0, "Ana")))
        }
        _ => (200, None, r#"{"task_id":1,"progress":10}"#.into()),
    })
    .await;
    let sent = send(&desk, &stub.connection, &new_id(), &table(&["Ana", "Ben", "Cleo"]), false)
        .await
        .expect("launches");
    desk.settle("all are sent or refused", || async { still_queued(&desk).await == 0 }).await;
    let lines = lines(&desk, &sent.batch).await;
    let mut known = Vec::new();
    for line in 2..=4 {
        let check = desk.check(&lines[&line]).await;
        known.push((check.state, check.provider_ref));
    }
    let running = |task: &str| ("running".to_owned(), Some(task.to_owned()));
    assert_eq!(known, [running("10"), ("failed".to_owned(), None), running("30")]);
    assert_eq!(stub.count("POST /task"), 2);
    assert!(desk.check(&lines[&3]).await.trouble.is_some_and(|t| t.contains("no such citizen")));
});

on_both!(a_429_for_an_array_is_waited_for, |desk| async {
    launched(&desk, &["Ana", "Test Create 429", "Cleo"]).await;
    desk.settle("the first try", || async { posts(&desk).await == 1 }).await;
    desk.work_for(300).await;
    assert_eq!(posts(&desk).await, 1, "not before the two seconds are over");
    desk.work.clock.advance(2_000);
    desk.settle("all are sent", || async { still_queued(&desk).await == 0 }).await;
    assert_eq!(posts(&desk).await, 2, "certainly not made, so they leave together once more");
    assert_each_has_its_own_task(&desk, 3).await;
});

on_both!(who_was_erased_or_withdrawn_meanwhile_does_not_go_along, |desk| async {
    let ids = launched(&desk, &["Ana", "Ben", "Cleo", "Dan"]).await;
    casework::checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &ids[0])
        .await
        .expect("withdraws");
    let customer = desk.check(&ids[1]).await.customer_id;
    run_sql(&desk.work.db, &format!("DELETE FROM customer_keys WHERE customer_id = '{customer}'"))
        .await
        .expect("erased");
    desk.settle("the others are sent", || async { still_queued(&desk).await == 0 }).await;
    assert_each_has_its_own_task(&desk, 2).await;
    assert!(desk.check(&ids[1]).await.trouble.is_some_and(|t| t.contains("erased")));
});

on_both!(a_table_is_refused_by_line_and_column, |desk| async {
    let text = format!(
        "{HEADER}T-1,person,Ana,1990-06-21,TWN,\n\n\"T-2\",person,\"Two\nlines\",1990-13-01,TWN,\nT-3,dog,Rex,,Atlantis,\nT-1,company,Acme,,,\n"
    );
    let looked = look(&desk.work, &search(&desk.connection), &text).await.expect("reads");
    let wrong: Vec<(usize, Vec<(usize, &str)>)> = looked
        .lines
        .iter()
        .filter_map(|l| {
            Some((
                l.number,
                l.result
                    .as_ref()
                    .err()?
                    .errors
                    .keys()
                    .filter_map(|f| looked.column_of(f))
                    .collect(),
            ))
        })
        .collect();
    assert_eq!(
        wrong,
        [
            (4, vec![(4, "birth_date")]),
            (6, vec![(5, "country"), (2, "subject")]),
            (7, vec![(1, "customer_reference")])
        ],
        "lines and columns as an editor counts them"
    );
    let refused = form_of(send(&desk, &desk.connection, &new_id(), &text, false).await);
    assert!(refused.error("table").is_some_and(|m| m.contains("3 of 4 lines")), "{refused:?}");
    let nothing = "SELECT CAST((SELECT COUNT(*) FROM checks) + (SELECT COUNT(*) FROM batches) + (SELECT COUNT(*) FROM customers) AS BIGINT)";
    assert_eq!(number(&desk.work.db, nothing).await, 0);
    let page = new_id();
    let sent =
        send(&desk, &desk.connection, &page, &text, true).await.expect("launches the good one");
    assert_eq!((sent.launched, sent.left_out), (1, 3));
    // Corrected and sent from the same page: what was launched is told apart.
    let corrected = text.replace("1990-13-01", "1990-12-01");
    let more = send(&desk, &desk.connection, &page, &corrected, true)
        .await
        .expect("launches the corrected one");
    assert_eq!((more.launched, more.left_out, more.repeated), (1, 3, false));
    let again = look(&desk.work, &search(&desk.connection), &text).await.expect("reads");
    assert!(again.lines[0].result.as_ref().is_err_and(|r| {
        r.error("customer_reference").is_some_and(|m| m.contains("open due diligence"))
    }));
});

on_both!(what_is_chosen_for_a_whole_table_is_refused_once, |desk| async {
    let good = search(&desk.connection);
    for (search, field) in [
        (Search { connection: String::new(), ..good.clone() }, "connection"),
        (Search { search_setting: "99".into(), ..good.clone() }, "search_setting"),
        (Search { sources: "tea_leaves".into(), ..good.clone() }, "sources"),
    ] {
        let refused = form_of(look(&desk.work, &search, &template()).await);
        assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
    }
    assert_eq!(look(&desk.work, &good, &template()).await.expect("reads").bad(), 0);
});

on_both!(the_same_table_sent_at_once_makes_one_batch_that_is_found_again, |desk| async {
    let (page, text) = (new_id(), table(&["Ana", "Ben", "Cleo"]));
    let sent = (0..12).map(|_| {
        let (desk, page, text) = (desk.clone(), page.clone(), text.clone());
        tokio::spawn(async move {
            send(&desk, &desk.connection, &page, &text, false).await.expect("launches")
        })
    });
    let answers: Vec<many::Launched> =
        futures::future::join_all(sent).await.into_iter().map(|a| a.expect("no panic")).collect();
    assert_eq!(answers.iter().filter(|a| !a.repeated).count(), 1);
    assert!(answers.iter().all(|a| a.batch == answers[0].batch && a.launched == 3));
    let known = many::recent(&desk.work, many::What::DueDiligence).await.expect("lists");
    assert_eq!(
        (known.len(), known[0].0.id.as_str(), known[0].1.queued),
        (1, answers[0].batch.as_str(), 3)
    );
    assert_eq!(known[0].0.made_by_name, desk.anna.name);
    desk.launch("Somebody else").await;
    let filter =
        Filter { tab: Some(Tab::All), batch: Some(answers[0].batch.clone()), ..Filter::default() };
    let listed =
        queue::list(&desk.work, &desk.anna.id, &filter, &Page::First).await.expect("lists");
    let names: BTreeSet<&str> = listed.rows.iter().map(|r| r.name.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["Ana", "Ben", "Cleo"]));
    assert_eq!(actions(&desk.work, &answers[0].batch).await, ["table_launched"]);
    assert_journal_intact(&desk.work).await;
});
