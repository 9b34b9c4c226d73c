//! Creating a check at the provider: once, whatever happens on the way.

use crate::{on_both, support::*};
use casework::outbox;
use domain::{CheckId, checks::State, decisions::Outcome, launch::DueDiligenceForm};

/// The results of the tries of a check's first delivery.
async fn results(desk: &Desk, id: &CheckId) -> Vec<String> {
    let delivery = desk.review(id).await.deliveries.remove(0).id;
    let attempts = outbox::attempts(&desk.work, &delivery.into()).await.expect("lists");
    assert_eq!(
        attempts.iter().map(|a| a.number).collect::<Vec<_>>(),
        (1..=attempts.len() as i64).collect::<Vec<_>>()
    );
    attempts.into_iter().map(|a| a.result.unwrap_or_else(|| "open".into())).collect()
}

/// Whether, between any two tries to create, the provider's history was read.
async fn reads_between_creates(desk: &Desk) -> bool {
    let url = format!("{}/control/requests", desk.sandbox.base_url());
    let lines: Vec<serde_json::Value> =
        reqwest::get(url).await.expect("answers").json().await.expect("JSON");
    let mut read = true;
    for line in lines {
        match (line["method"].as_str(), line["path"].as_str()) {
            (Some("POST"), Some("/kryptogo/task")) => {
                if !read {
                    return false;
                }
                read = false;
            }
            (Some("GET"), Some(path)) if path.starts_with("/kryptogo/tasks?") => read = true,
            _ => {}
        }
    }
    true
}

on_both!(a_create_that_timed_out_but_was_applied_is_looked_up_and_never_sent_twice, |desk| async {
    let name = "Test Create Timeout Applied";
    let id = desk.launch(name).await;
    desk.settle("it says that it may have arrived", || async {
        desk.check(&id).await.trouble.is_some_and(|t| t.contains("may have received"))
    })
    .await;
    assert_eq!(desk.check(&id).await.state, "queued");
    let check = desk.until_state(&id, State::ToReview).await;
    let task = desk.task(name).await;
    assert_eq!(
        (task["creates"].as_i64(), task["task_id"].to_string()),
        (Some(1), check.provider_ref.expect("a task"))
    );
    assert_eq!(desk.count(name, "POST", "/task").await, 1);
    assert_eq!(results(&desk, &id).await, ["unconfirmed"], "the read that found it is no try");
    assert_eq!(desk.review(&id).await.deliveries[0].state, "done");
});

on_both!(a_create_that_was_lost_is_sent_again_and_made_once, |desk| async {
    let name = "Test Create Timeout Lost";
    let id = desk.launch(name).await;
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(desk.task(name).await["creates"], 1);
    assert_eq!(desk.count(name, "POST", "/task").await, 2);
    assert!(reads_between_creates(&desk).await);
    assert_eq!(results(&desk, &id).await, ["unconfirmed", "applied"]);
});

on_both!(a_provider_that_is_down_twice_gets_the_third_try, |desk| async {
    let name = "Test Create 503";
    let id = desk.launch(name).await;
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(desk.task(name).await["creates"], 1);
    assert!(reads_between_creates(&desk).await, "a 503 may have been applied");
    assert_eq!(results(&desk, &id).await, ["unconfirmed", "unconfirmed", "applied"]);
});

on_both!(a_provider_that_asks_us_to_wait_is_waited_for, |desk| async {
    let name = "Test Create 429";
    let id = desk.launch(name).await;
    desk.settle("the first try", || async { desk.check(&id).await.trouble.is_some() }).await;
    assert!(desk.check(&id).await.trouble.is_some_and(|t| t.contains("slow down")));
    desk.work_for(300).await;
    assert_eq!(desk.count(name, "POST", "/task").await, 1, "not before the two seconds are over");
    let delivery = desk.review(&id).await.deliveries.remove(0);
    assert_eq!(delivery.state, "due", "a 429 certainly made nothing");
    desk.work.clock.advance(2_000);
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(results(&desk, &id).await, ["asked to wait", "applied"]);
});

on_both!(what_a_provider_refuses_fails_with_its_words_and_can_be_run_again, |desk| async {
    for (name, words) in
        [("Test Create 402", "out of points"), ("Test Create 400", "the sandbox refuses this name")]
    {
        let form = desk.form(name);
        let id = desk.launch_form(&form).await;
        let check = desk.until_state(&id, State::Failed).await;
        assert!(
            check.trouble.as_deref().is_some_and(|t| t.contains(words)),
            "{name}: {:?}",
            check.trouble
        );
        assert_eq!(desk.count(name, "POST", "/task").await, 1, "it is not tried again by itself");
        assert!(desk.tasks(name).await.is_empty());
        let delivery = desk.review(&id).await.deliveries.remove(0);
        assert_eq!(delivery.state, "dead");
        assert_eq!(
            actions(&desk.work, id.as_str()).await,
            ["check_launched", "check_failed", "evidence_kept"]
        );
        assert_eq!(actions(&desk.work, &delivery.id).await, ["delivery_dead"]);
        let refused =
            form_of(outbox::retry(&desk.work, &by(&desk.adam), &delivery.id.as_str().into()).await);
        assert!(refused.error("").is_some_and(|e| e.contains("run that check again")));
        let again = casework::new_id().into();
        casework::checks::launch(
            &desk.work,
            &desk.anna,
            &by(&desk.anna),
            &again,
            &form,
            false,
            Some(&id),
        )
        .await
        .expect("runs again");
    }
});

on_both!(an_answer_that_names_no_task_is_looked_up, |desk| async {
    let name = "Test Create Bad Answer";
    let id = desk.launch(name).await;
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(
        (desk.task(name).await["creates"].as_i64(), desk.count(name, "POST", "/task").await),
        (Some(1), 1)
    );
});

on_both!(two_checks_about_the_same_name_never_take_each_others_task, |desk| async {
    let name = "Test Create Timeout Applied";
    let form = DueDiligenceForm { customer_reference: "C-1".into(), ..desk.form(name) };
    let kyb = DueDiligenceForm { kind: "dd_kyb".into(), ..form.clone() };
    let ids = [desk.launch_form(&form).await, desk.launch_form(&kyb).await];
    for id in &ids {
        desk.until_state(id, State::ToReview).await;
    }
    let tasks = desk.tasks(name).await;
    assert_eq!(tasks.len(), 2);
    for id in &ids {
        let reference = desk.check(id).await.provider_ref.expect("a task");
        let task = tasks
            .iter()
            .find(|t| t["task_id"].as_i64() == reference.parse().ok())
            .expect("one of them");
        assert!(
            task["callback_url"].as_str().is_some_and(|u| u.ends_with(id.as_str())),
            "the task that calls back about this check"
        );
    }
});

on_both!(a_provider_that_cannot_be_reached_is_tried_until_it_is_given_up, |desk| async {
    run_sql(&desk.work.db, "UPDATE connections SET base_url = 'http://127.0.0.1:1'")
        .await
        .expect("leads nowhere");
    let id = desk.launch("Ana").await;
    desk.settle("trouble", || async { desk.check(&id).await.trouble.is_some() }).await;
    let check = desk.check(&id).await;
    assert_eq!(check.state, "queued");
    assert!(check.trouble.is_some_and(|t| t.contains("Nothing was sent")));
    assert_eq!(desk.review(&id).await.deliveries[0].state, "due", "what never left is not unknown");
    let check = desk.until_state(&id, State::Failed).await;
    assert_eq!(results(&desk, &id).await.len() as i64, desk.work.pace.attempts_max);
    assert!(check.trouble.is_some());
    assert_journal_intact(&desk.work).await;
});

on_both!(wrong_credentials_fail_at_once_and_say_whom_to_ask, |desk| async {
    run_sql(&desk.work.db, "UPDATE credentials SET sealed = sealed").await.expect("a control");
    let form = casework::connections::Form {
        name: "KryptoGO".into(),
        provider: "kryptogo".into(),
        base_url: format!("{}/kryptogo", desk.sandbox.base_url()),
        search_settings: "1 = Precise".into(),
        allow_private: true,
        secret: zeroize::Zeroizing::new("wrong".into()),
        ..casework::connections::Form::default()
    };
    casework::connections::change(&desk.work, &by(&desk.adam), &desk.connection, &form, true)
        .await
        .expect("changes");
    let id = desk.launch("Ana").await;
    let check = desk.until_state(&id, State::Failed).await;
    assert!(
        check.trouble.is_some_and(|t| t.contains("refused our API token") && t.contains("admin"))
    );
    assert!(
        refusal(
            desk.step(&desk.anna, &id, casework::checks::decide::Act::Decide, Outcome::Accept)
                .await
        )
        .code()
            == "not_ready"
    );
});
