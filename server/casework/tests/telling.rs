//! Telling a decision to the provider: it takes effect once, and a conflict is shown, never
//! overwritten.

use crate::{on_both, support::*};
use casework::{
    checks::decide::{self, Act},
    connections, outbox,
};
use domain::{
    CheckId, DecisionId,
    checks::Telling,
    decisions::{Outcome, Step},
    queue::{Filter, Page, Tab},
};
use serde_json::json;

/// The delivery of a decision, its tries' results and details.
async fn told(desk: &Desk, check: &CheckId) -> (outbox::Delivery, Vec<(String, String)>) {
    let delivery = desk.review(check).await.telling().expect("a decision to tell").clone();
    let attempts = outbox::attempts(&desk.work, &delivery.id.as_str().into()).await.expect("lists");
    let results = attempts
        .into_iter()
        .map(|a| (a.result.unwrap_or_default(), a.detail.unwrap_or_default()))
        .collect();
    (delivery, results)
}

fn results(told: &[(String, String)]) -> Vec<&str> {
    told.iter().map(|(result, _)| result.as_str()).collect()
}

async fn decided(desk: &Desk, name: &str, outcome: Outcome) -> (CheckId, DecisionId) {
    let check = desk.reviewed(name).await;
    let decision = desk.decide(&desk.anna, &check, outcome).await;
    assert_eq!(desk.check(&check).await.telling, "due");
    (check, decision.id)
}

on_both!(a_decision_reaches_the_provider_with_its_comment, |desk| async {
    for (name, outcome) in [("Jan Novák", Outcome::Accept), ("Chen Wei-Ming", Outcome::Reject)] {
        let (check, _) = decided(&desk, name, outcome).await;
        desk.until_telling(&check, Telling::Applied).await;
        let task = desk.task(name).await;
        assert_eq!(task["accepted"], outcome == Outcome::Accept);
        assert_eq!(
            (task["comment"].as_str(), task["effects"].as_i64()),
            (Some("Looked at all of it."), Some(1))
        );
        let entries = actions(&desk.work, check.as_str()).await;
        let entries: Vec<_> = entries
            .iter()
            .map(String::as_str)
            .skip_while(|a| !a.starts_with("decision"))
            .take(3)
            .collect();
        assert_eq!(entries, ["decision_made", "telling_started", "telling_applied"]);
    }
});

on_both!(
    a_decision_that_timed_out_but_was_applied_is_unconfirmed_then_applied_once,
    |desk| async {
        let name = "Test Decide Timeout Applied";
        let (check, _) = decided(&desk, name, Outcome::Accept).await;
        let unconfirmed = desk.until_telling(&check, Telling::Unconfirmed).await;
        assert!(
            unconfirmed.trouble.is_some_and(|t| t.contains("may have received this")),
            "never called failed"
        );
        assert_eq!(unconfirmed.state, "accepted");
        let applied = desk.until_telling(&check, Telling::Applied).await;
        assert_eq!(applied.trouble, None);
        assert_eq!(
            (
                desk.task(name).await["effects"].as_i64(),
                desk.count(name, "POST", "/accepted").await
            ),
            (Some(1), 1)
        );
        let (delivery, tries) = told(&desk, &check).await;
        assert_eq!((delivery.state.as_str(), results(&tries)), ("done", vec!["unconfirmed"]));
        let last = casework::journal::timeline(&desk.work, check.as_str())
            .await
            .expect("reads")
            .pop()
            .expect("an entry");
        assert_eq!(last.action, "telling_applied");
        assert!(last.details.is_some_and(|d| d.contains("our own decision")));
    }
);

on_both!(a_decision_that_was_lost_is_read_then_sent_again_and_applied_once, |desk| async {
    let name = "Test Decide Timeout Lost";
    let (check, _) = decided(&desk, name, Outcome::Reject).await;
    desk.until_telling(&check, Telling::Unconfirmed).await;
    desk.until_telling(&check, Telling::Applied).await;
    assert_eq!(
        (desk.task(name).await["effects"].as_i64(), desk.count(name, "POST", "/accepted").await),
        (Some(1), 2)
    );
    let calls: Vec<_> = desk
        .requests(name)
        .await
        .into_iter()
        .skip_while(|(_, p, _)| !p.ends_with("/accepted"))
        .map(|(m, ..)| m)
        .collect();
    assert_eq!(calls[..2], ["POST", "GET"], "it is read before it is sent again: {calls:?}");
    assert_eq!(results(&told(&desk, &check).await.1), ["unconfirmed", "applied"]);
});

on_both!(answers_of_503_are_read_and_tried_again, |desk| async {
    for (name, posts) in [("Test Decide 503", 3), ("Test Decide 503 Applied", 1)] {
        let (check, _) = decided(&desk, name, Outcome::Accept).await;
        desk.until_telling(&check, Telling::Applied).await;
        assert_eq!(
            (
                desk.task(name).await["effects"].as_i64(),
                desk.count(name, "POST", "/accepted").await
            ),
            (Some(1), posts),
            "{name}"
        );
    }
});

on_both!(a_429_is_waited_for_and_does_not_count, |desk| async {
    let name = "Test Decide 429";
    let (check, _) = decided(&desk, name, Outcome::Accept).await;
    desk.settle("the first try", || async { desk.check(&check).await.trouble.is_some() }).await;
    desk.work_for(200).await;
    assert_eq!(
        (desk.count(name, "POST", "/accepted").await, desk.check(&check).await.telling.as_str()),
        (1, "due")
    );
    desk.work.clock.advance(2_000);
    desk.until_telling(&check, Telling::Applied).await;
    assert_eq!(results(&told(&desk, &check).await.1), ["asked to wait", "applied"]);
});

on_both!(a_409_for_our_own_decision_is_a_success, |desk| async {
    let name = "Jan Novák";
    let (check, decision) = decided(&desk, name, Outcome::Accept).await;
    desk.until_telling(&check, Telling::Applied).await;
    // As if a backup had been restored: we do not know that it was told.
    run_sql(&desk.work.db, "UPDATE deliveries SET state = 'due', next_at_ms = 0, done_at_ms = NULL WHERE task = 'tell_decision'")
        .await
        .expect("forgets");
    run_sql(&desk.work.db, "UPDATE checks SET telling = 'due'").await.expect("forgets");
    desk.until_telling(&check, Telling::Applied).await;
    let statuses: Vec<_> = desk
        .requests(name)
        .await
        .into_iter()
        .filter(|(_, p, _)| p.ends_with("/accepted"))
        .map(|(.., s)| s)
        .collect();
    assert_eq!((statuses, desk.task(name).await["effects"].as_i64()), (vec![200, 409], Some(1)));
    let (delivery, tries) = told(&desk, &check).await;
    assert_eq!(
        (delivery.state.as_str(), tries.last().map(|(_, d)| d.as_str())),
        ("done", Some("our own decision"))
    );
    assert_eq!(
        decide::get(&desk.work, &check, &decision).await.expect("unchanged").outcome,
        "accept"
    );
});

on_both!(a_409_for_the_same_decision_of_somebody_else_is_applied_and_says_so, |desk| async {
    let (check, _) = decided(&desk, "Test Decide Same", Outcome::Reject).await;
    let checked = desk.until_telling(&check, Telling::Applied).await;
    assert_eq!(checked.trouble, None);
    let (_, tries) = told(&desk, &check).await;
    assert!(tries[0].1.contains("made by somebody else"), "{tries:?}");
});

on_both!(a_409_for_the_opposite_is_a_conflict_that_people_see, |desk| async {
    let name = "Test Decide Conflict";
    let (check, decision) = decided(&desk, name, Outcome::Accept).await;
    let before = decide::get(&desk.work, &check, &decision).await.expect("recorded");
    let checked = desk.until_telling(&check, Telling::Conflict).await;
    assert!(
        checked
            .trouble
            .as_deref()
            .is_some_and(|t| t.contains("rejected") && t.contains("after a phone call")),
        "{:?}",
        checked.trouble
    );
    assert_eq!(checked.state, "accepted", "our decision is not changed");
    let after = decide::get(&desk.work, &check, &decision).await.expect("recorded");
    assert_eq!(
        (after.outcome, after.comment, after.seen_sealed),
        (before.outcome, before.comment, before.seen_sealed)
    );
    desk.work_for(200).await;
    assert_eq!(
        (desk.task(name).await["accepted"].as_bool(), desk.count(name, "POST", "/accepted").await),
        (Some(false), 1),
        "nothing is overwritten"
    );
    let filter = Filter { tab: Some(Tab::Attention), ..Filter::default() };
    let shown = casework::checks::queue::list(&desk.work, &desk.ben.id, &filter, &Page::First)
        .await
        .expect("lists")
        .rows;
    assert_eq!(shown.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), [check.as_str()]);
    assert!(actions(&desk.work, check.as_str()).await.contains(&"telling_conflict".to_owned()));

    // Whoever then overturns ours has what the provider has: nothing is in conflict any more.
    desk.step(&desk.sofia, &check, Act::Overturn, Outcome::Reject).await.expect("overturns");
    let checked = desk.check(&check).await;
    assert_eq!(
        (checked.state.as_str(), checked.telling.as_str(), checked.trouble),
        ("rejected", "applied", None)
    );
});

on_both!(an_overturn_after_telling_stays_here_and_says_so, |desk| async {
    let name = "Jan Novák";
    let (check, first) = decided(&desk, name, Outcome::Accept).await;
    desk.until_telling(&check, Telling::Applied).await;
    let overturn =
        desk.step(&desk.sofia, &check, Act::Overturn, Outcome::Reject).await.expect("overturns");
    let checked = desk.check(&check).await;
    assert_eq!((checked.state.as_str(), checked.telling.as_str()), ("rejected", "conflict"));
    assert!(checked.trouble.is_some_and(|t| t.contains("Run the check again")));
    let recorded = decide::get(&desk.work, &check, &overturn.id).await.expect("recorded");
    assert_eq!((recorded.about.as_deref(), recorded.round), (Some(first.as_str()), 2));
    desk.work_for(150).await;
    assert_eq!(
        (desk.task(name).await["accepted"].as_bool(), desk.count(name, "POST", "/accepted").await),
        (Some(true), 1)
    );
    // Nobody takes back their own decision alone.
    let own =
        desk.step(&desk.sofia, &check, Act::Overturn, Outcome::Accept).await.expect("proposes");
    let stella = desk.another_supervisor("stella").await;
    desk.step(&stella, &check, Act::SendBack, Outcome::Accept).await.expect("sends back");
    assert_eq!((own.step, desk.check(&check).await.state.as_str()), (Step::Proposal, "rejected"));
    assert_eq!(desk.check(&check).await.telling, "conflict", "what was told stays as it was");
    desk.step(&stella, &check, Act::Overturn, Outcome::Accept).await.expect("overturns once more");
    assert_eq!(desk.check(&check).await.telling, "applied", "the provider has it already");
});

on_both!(an_overturn_before_telling_is_what_is_told, |desk| async {
    let name = "Jan Novák";
    let (check, _) = decided(&desk, name, Outcome::Accept).await;
    desk.step(&desk.sofia, &check, Act::Overturn, Outcome::Reject).await.expect("overturns");
    assert_eq!(desk.check(&check).await.telling, "due");
    desk.until_telling(&check, Telling::Applied).await;
    let task = desk.task(name).await;
    assert_eq!(
        (
            task["accepted"].as_bool(),
            task["effects"].as_i64(),
            desk.count(name, "POST", "/accepted").await
        ),
        (Some(false), Some(1), 1)
    );
    let states: Vec<_> =
        desk.review(&check).await.deliveries.into_iter().map(|d| (d.task, d.state)).collect();
    assert_eq!(
        states[1..],
        [
            ("tell_decision".to_owned(), "dropped".to_owned()),
            ("tell_decision".into(), "done".into())
        ]
    );
});

on_both!(an_overturn_while_telling_is_unconfirmed_does_not_hide_the_conflict, |desk| async {
    let name = "Test Decide Timeout Applied";
    let (check, _) = decided(&desk, name, Outcome::Accept).await;
    desk.until_telling(&check, Telling::Unconfirmed).await;
    desk.step(&desk.sofia, &check, Act::Overturn, Outcome::Reject).await.expect("overturns");
    desk.settle("the first is confirmed", || async { told(&desk, &check).await.0.state == "done" })
        .await;
    let checked = desk.check(&check).await;
    assert_eq!(
        (checked.state.as_str(), checked.telling.as_str()),
        ("rejected", "conflict"),
        "the provider has the overturned one"
    );
    assert!(checked.trouble.is_some_and(|t| t.contains("Overturned here")));
});

on_both!(a_refused_telling_is_dead_until_an_admin_retries_it, |desk| async {
    let name = "Jan Novák";
    let check = desk.reviewed(name).await;
    let form = |secret: &str| connections::Form {
        name: "KryptoGO".into(),
        provider: "kryptogo".into(),
        base_url: format!("{}/kryptogo", desk.sandbox.base_url()),
        search_settings: "1 = Precise".into(),
        allow_private: true,
        secret: zeroize::Zeroizing::new(secret.into()),
        ..connections::Form::default()
    };
    connections::change(&desk.work, &by(&desk.adam), &desk.connection, &form("wrong"), true)
        .await
        .expect("changes");
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    let dead = desk.until_telling(&check, Telling::Dead).await;
    assert!(dead.trouble.is_some_and(|t| t.contains("refused our API token")));
    let (delivery, _) = told(&desk, &check).await;
    assert_eq!(
        outbox::list(&desk.work, Some(outbox::DeliveryState::Dead)).await.expect("lists").len(),
        1
    );
    connections::change(&desk.work, &by(&desk.adam), &desk.connection, &form(TOKEN), true)
        .await
        .expect("changes");
    desk.work_for(150).await;
    assert_eq!(desk.check(&check).await.telling, "dead", "it is not tried again by itself");
    outbox::retry(&desk.work, &by(&desk.adam), &delivery.id.as_str().into())
        .await
        .expect("retries");
    desk.until_telling(&check, Telling::Applied).await;
    assert_eq!(desk.task(name).await["effects"], 1);
    assert!(
        outbox::retry(&desk.work, &by(&desk.adam), &delivery.id.as_str().into()).await.is_err(),
        "what is done is not told again"
    );
    assert_eq!(actions(&desk.work, &delivery.id).await, ["delivery_dead", "delivery_retried"]);
});

on_both!(a_telling_that_cannot_be_read_back_waits_longer_and_longer, |desk| async {
    let stub = Stub::start(&desk, |method, path, before| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        ("POST", _) => (504, None, String::new()),
        (_, "/task/7/summary") if before > 0 => (500, None, String::new()),
        (_, path) if path.ends_with("/summary") => {
            (200, None, json!({ "task_id": 7, "progress": 100 }).to_string())
        }
        _ => (200, None, json!({ "task_id": 7, "result": nothing_found() }).to_string()),
    })
    .await;
    let form = domain::launch::DueDiligenceForm {
        connection: stub.connection.to_string(),
        ..desk.form("N")
    };
    let check = desk.launch_form(&form).await;
    desk.until_state(&check, domain::checks::State::ToReview).await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    desk.until_telling(&check, Telling::Unconfirmed).await;
    desk.work.clock.advance(domain::time::HOUR);
    let read_from = desk.work.now();
    outbox::work_off(&desk.work, 8).await.expect("works");
    let (delivery, tries) = told(&desk, &check).await;
    let wait = delivery.next_at_ms - read_from;
    assert!(
        wait > desk.work.pace.retry_max_ms / 2,
        "after an hour it is read at the longest interval: {wait}"
    );
    assert_eq!(
        (delivery.state.as_str(), tries.len(), stub.count("POST /task/7/accepted")),
        ("unknown", 1, 1),
        "never sent blindly again"
    );
});
