//! Callbacks: stored once, understood later, and never more than a hint to read.

use crate::{on_both, support::*};
use casework::{connections, inbox};
use domain::{
    CheckId,
    checks::{State, Telling},
    decisions::Outcome,
};

async fn post(desk: &Desk, check: &str, body: &[u8]) -> u16 {
    let connection = connections::get(&desk.work, &desk.connection).await.expect("there");
    let url = connections::callback_url(&desk.work, &connection, check).expect("an address");
    reqwest::Client::new()
        .post(url)
        .body(body.to_vec())
        .send()
        .await
        .expect("answers")
        .status()
        .as_u16()
}

async fn receive(desk: &Desk, check: &CheckId, body: &[u8]) {
    let connection = connections::get(&desk.work, &desk.connection).await.expect("there");
    inbox::receive(&desk.work, &connection, Some(check.as_str()), body, "r").await.expect("stores")
}

async fn states(desk: &Desk) -> Vec<String> {
    inbox::list(&desk.work).await.expect("lists").into_iter().map(|c| c.state).collect()
}

on_both!(a_thousand_copies_at_once_are_one_row_and_one_effect, |desk| async {
    let check = desk.reviewed("Test Callback None").await;
    let body = desk
        .direct(&format!(
            "/task/{}/summary",
            desk.check(&check).await.provider_ref.expect("a task")
        ))
        .await;
    let reads = desk.count("Test Callback None", "GET", "/summary").await;
    let sent = (0..1_000).map(|_| {
        let (desk, check, body) = (desk.clone(), check.clone(), body.clone());
        tokio::spawn(async move { receive(&desk, &check, &body).await })
    });
    assert!(futures::future::join_all(sent).await.iter().all(Result::is_ok), "all are answered");
    desk.settle("all are sorted in", || async {
        number(&desk.work.db, "SELECT COUNT(*) FROM callback_arrivals").await == 0
    })
    .await;
    desk.work_for(150).await;
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM callbacks").await, 1);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM journal WHERE action = 'callback_received'")
            .await,
        1
    );
    assert_eq!(
        desk.count("Test Callback None", "GET", "/summary").await,
        reads + 1,
        "one read follows"
    );
    assert_eq!(states(&desk).await, ["done"]);
    assert_eq!(
        actions(&desk.work, check.as_str())
            .await
            .iter()
            .filter(|a| *a == "outcome_arrived")
            .count(),
        1
    );
});

on_both!(a_callback_that_comes_again_after_another_one_is_read_again, |desk| async {
    let check = desk.reviewed("Test Callback None").await;
    let task = desk.check(&check).await.provider_ref.expect("a task");
    let reads = async || desk.count("Test Callback None", "GET", "/summary").await;
    let before = reads().await;
    let says = async |word: &str| {
        receive(&desk, &check, format!(r#"{{"task_id":{task},"word":"{word}"}}"#).as_bytes()).await
    };
    for (at, word) in ["one", "two", "one", "two"].into_iter().enumerate() {
        says(word).await;
        desk.settle("a read", || async { reads().await == before + at + 1 }).await;
        desk.settle("it is noted", || async { states(&desk).await.iter().all(|s| s == "done") })
            .await;
    }
    for _ in 0..5 {
        says("two").await;
        desk.sort_in().await;
        assert!(states(&desk).await.iter().all(|s| s == "done"), "nothing came in between");
    }
    // However often both come in turn, they wait for one moment together.
    desk.work.clock.stop();
    for word in ["one", "two"].repeat(10) {
        says(word).await;
        desk.sort_in().await;
    }
    assert_eq!((states(&desk).await, reads().await), (vec!["due".to_owned(); 2], before + 4));
    desk.work.clock.advance(30 * desk.work.pace.poll_base_ms);
    desk.settle("both are noted", || async { states(&desk).await.iter().all(|s| s == "done") })
        .await;
    desk.settle("a read", || async { desk.check(&check).await.poll_at_ms == domain::time::NEVER })
        .await;
    assert_eq!(reads().await, before + 5, "one for both");
    assert_eq!(
        number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callbacks").await,
        2,
        "and it is no new event"
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(duplicates_from_the_provider_arrive_as_one, |desk| async {
    let check = desk.reviewed("Test Callback Duplicate").await;
    desk.settle("five callbacks", || async { desk.callbacks_received() >= 5 }).await;
    desk.work_for(100).await;
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM callbacks").await, 1);
    assert_eq!(
        actions(&desk.work, check.as_str())
            .await
            .iter()
            .filter(|a| *a == "outcome_arrived")
            .count(),
        1
    );
});

on_both!(a_callback_before_the_providers_answer_is_matched_later, |desk| async {
    let check = desk.launch("Test Callback Early").await;
    // On a slow machine it is complete by the time that anybody looks.
    desk.settle("it is sent", || async { desk.check(&check).await.state != State::Queued.code() })
        .await;
    assert!(desk.callbacks_received() >= 1, "it came before the answer");
    desk.until_state(&check, State::ToReview).await;
    desk.settle("all are understood", || async { states(&desk).await.iter().all(|s| s == "done") })
        .await;
    let listed = inbox::list(&desk.work).await.expect("lists");
    assert!(listed.iter().all(|c| c.check_hint.as_deref() == Some(check.as_str())));
});

on_both!(a_callback_brings_the_outcome_before_the_next_poll, |desk| async {
    // On a busy machine the first ones may be through before anybody looks.
    let mut check = desk.launch("Jan Novák").await;
    for tries in 1.. {
        desk.settle("it was sent", || async {
            desk.check(&check).await.state != State::Queued.code()
        })
        .await;
        if desk.check(&check).await.state == State::Running.code() {
            break;
        }
        assert!(tries < 60, "each was through before anybody looked");
        check = desk.launch("Jan Novák").await;
    }
    // Polling alone would take an hour.
    let later = desk.work.now() + domain::time::HOUR;
    run_sql(
        &desk.work.db,
        &format!("UPDATE checks SET poll_at_ms = {later}, poll_fence = poll_fence + 1"),
    )
    .await
    .expect("delays");
    desk.until_state(&check, State::ToReview).await;
});

on_both!(a_late_callback_of_a_check_that_is_over_changes_nothing, |desk| async {
    let check = desk.reviewed("Test Callback Late").await;
    desk.decide(&desk.anna, &check, Outcome::Reject).await;
    desk.until_telling(&check, Telling::Applied).await;
    let before = desk.check(&check).await;
    desk.settle("both late callbacks", || async {
        desk.callbacks_received() >= 2 && states(&desk).await.iter().all(|s| s == "done")
    })
    .await;
    desk.work_for(100).await;
    let after = desk.check(&check).await;
    assert_eq!(
        (after.state, after.version, after.decided_at_ms, after.telling),
        (before.state, before.version, before.decided_at_ms, before.telling)
    );
});

on_both!(an_older_callback_never_moves_a_decided_check, |desk| async {
    let name = "Test Callback Out Of Order";
    let check = desk.reviewed(name).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    desk.until_telling(&check, Telling::Applied).await;
    let before = desk.check(&check).await;
    // Completion, our decision, and the older one with progress 40 half a second later.
    desk.settle("three callbacks", || async { desk.callbacks_received() >= 3 }).await;
    desk.settle("all are understood", || async { states(&desk).await.iter().all(|s| s == "done") })
        .await;
    desk.work_for(100).await;
    let after = desk.check(&check).await;
    assert_eq!(
        (after.state.as_str(), after.progress, after.version),
        ("accepted", 100, before.version)
    );
    assert_eq!((after.risk_score, after.telling.as_str()), (before.risk_score, "applied"));
    // Words in a callback's body count for nothing, whatever they claim.
    let other = desk.reviewed("Ana").await;
    let task = desk.check(&other).await.provider_ref.expect("a task");
    let forged = format!(
        r#"{{"task_id":{task},"progress":100,"report":{{"accepted":true,"potential_risk":0,"comment":"trust me"}}}}"#
    );
    assert_eq!(post(&desk, other.as_str(), forged.as_bytes()).await, 204);
    desk.work_for(150).await;
    let after = desk.check(&other).await;
    assert_eq!(
        (after.state.as_str(), after.provider_state.as_deref()),
        ("to_review", Some("completed"))
    );
});

on_both!(a_callback_without_a_known_check_is_matched_by_its_task, |desk| async {
    let check = desk.reviewed("Test Callback None").await;
    let task = desk.check(&check).await.provider_ref.expect("a task");
    assert_eq!(
        post(&desk, "of-another-time", format!(r#"{{"task_id":"{task}"}}"#).as_bytes()).await,
        204
    );
    desk.settle("it is matched", || async { states(&desk).await == ["done"] }).await;
    let note = inbox::list(&desk.work).await.expect("lists").remove(0).note;
    assert_eq!(note, Some(format!("read again: {check}")));
});

on_both!(garbage_is_kept_and_parked_for_an_admin, |desk| async {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies: [&[u8]; 6] = [
        b"",
        b"not json \xff\xfe\0",
        b"{\"task_id\":",
        b"{\"task_id\":\"no such task\"}",
        b"null",
        deep.as_bytes(),
    ];
    for body in bodies {
        assert_eq!(post(&desk, "%00", body).await, 204);
    }
    let parked = || async { states(&desk).await.iter().all(|s| s == "parked") };
    desk.settle("all are parked", parked).await;
    let listed = inbox::list(&desk.work).await.expect("lists");
    let mut kept = std::collections::BTreeSet::new();
    for callback in &listed {
        kept.insert(
            inbox::body(&desk.work, &callback.id.as_str().into()).await.expect("opens").to_vec(),
        );
    }
    assert_eq!(kept, bodies.iter().map(|b| b.to_vec()).collect());
    assert!(listed.iter().all(|c| c.attempts == 6
        && c.note.as_deref().is_some_and(|n| n.contains("an admin should look"))));
    assert_eq!(
        listed.iter().map(|c| c.size).sum::<i64>(),
        bodies.iter().map(|b| b.len() as i64).sum::<i64>()
    );

    let one = listed[0].id.as_str().into();
    inbox::retry(&desk.work, &by(&desk.adam), &one).await.expect("takes it up again");
    assert_eq!(states(&desk).await.iter().filter(|s| *s == "due").count(), 1);
    assert!(inbox::retry(&desk.work, &by(&desk.adam), &one).await.is_err(), "only what is parked");
    desk.settle("it is parked again", parked).await;
    assert_eq!(actions(&desk.work, &listed[0].id).await, ["callback_received", "delivery_retried"]);
    assert_journal_intact(&desk.work).await;
});

on_both!(an_address_that_nobody_was_given_stores_nothing, |desk| async {
    for token in ["", "0", &"0".repeat(48)] {
        let url = format!("{}/callbacks/kryptogo/{token}/x", desk.work.public_url);
        let status =
            reqwest::Client::new().post(url).body("{}").send().await.expect("answers").status();
        assert_eq!(status, 404, "{token:?}");
    }
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM callback_arrivals").await, 0);
});

on_both!(a_callback_of_one_connection_never_reads_for_another, |desk| async {
    let check = desk.reviewed("Test Callback None").await;
    let reads = desk.count("Test Callback None", "GET", "/summary").await;
    let stub = Stub::start(&desk, |_, _, _| (404, None, String::new())).await;
    let other = connections::get(&desk.work, &stub.connection).await.expect("there");
    let task = desk.check(&check).await.provider_ref.expect("a task");
    let body = format!(r#"{{"task_id":{task}}}"#);
    inbox::receive(&desk.work, &other, Some(check.as_str()), body.as_bytes(), "r")
        .await
        .expect("stores");
    desk.settle("it is parked", || async { states(&desk).await == ["parked"] }).await;
    assert_eq!(desk.count("Test Callback None", "GET", "/summary").await, reads);
    receive(&desk, &check, body.as_bytes()).await;
    let both = || async { states(&desk).await.len() == 2 };
    desk.settle("the same bytes on its own connection are another message", both).await;
});

on_both!(a_callback_during_a_read_is_not_forgotten_by_it, |desk| async {
    let check = desk.launch("Test Slow Loris").await;
    desk.settle("it is complete there", || async {
        desk.task("Test Slow Loris").await["progress"] == 100
    })
    .await;
    desk.settle("a read failed", || async { desk.check(&check).await.polls_failed > 0 }).await;
    desk.settle("the callbacks so far", || async { states(&desk).await == ["done"] }).await;
    // One read hangs on the details now; while it does, a callback asks for another.
    run_sql(&desk.work.db, "UPDATE checks SET poll_at_ms = 0").await.expect("asks");
    let fence = desk.check(&check).await.poll_fence;
    let work = desk.work.clone();
    let read = tokio::spawn(async move { casework::workers::poll(&work, 8).await });
    while desk.check(&check).await.poll_fence == fence {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    receive(&desk, &check, b"{\"more\":1}").await;
    inbox::work_off(&desk.work, 8).await.expect("works");
    let asked_at = desk.work.now();
    read.await.expect("no panic").expect("reads");
    let next = desk.check(&check).await.poll_at_ms;
    assert!(next <= asked_at, "due since the callback, not {} ms later", next - asked_at);
});
