//! ID verification when the line or the provider fails: nothing is uploaded twice, nothing is
//! believed unread.

use crate::{on_both, support::*};
use casework::outbox;
use domain::checks::State;

on_both!(
    an_upload_that_was_not_answered_is_found_by_its_callback_and_never_sent_again,
    |desk| async {
        let name = "Test Create Timeout Applied";
        let id = desk.upload(name).await;
        desk.settle("it says that it cannot be looked up", || async {
            desk.check(&id)
                .await
                .trouble
                .is_some_and(|t| t.contains("no way to look it up") || t.contains("did not answer"))
                || desk.check(&id).await.provider_ref.is_some()
        })
        .await;
        desk.until_state(&id, State::ToReview).await;
        assert_eq!(desk.count(name, "POST", "/idv").await, 1);
        let idvs = desk.idvs(name).await;
        assert_eq!((idvs.len(), idvs[0]["creates"].as_i64()), (1, Some(1)));
        desk.settle("the delivery is done", || async {
            desk.review(&id).await.deliveries[0].state == "done"
        })
        .await;
        assert!(actions(&desk.work, id.as_str()).await.contains(&"check_sent".to_owned()));
    }
);

on_both!(an_upload_that_was_lost_fails_after_its_time_and_is_not_sent_again, |desk| async {
    let name = "Test Create Timeout Lost";
    let id = desk.upload(name).await;
    desk.settle("the first try", || async { desk.check(&id).await.trouble.is_some() }).await;
    assert_eq!(desk.check(&id).await.state, "queued");
    desk.work.clock.advance(5_000);
    let check = desk.until_state(&id, State::Failed).await;
    assert!(
        check
            .trouble
            .as_deref()
            .is_some_and(|t| t.contains("console") && t.contains("run the check again")),
        "{:?}",
        check.trouble
    );
    assert_eq!(desk.count(name, "POST", "/idv").await, 1);
    assert_eq!(desk.review(&id).await.deliveries[0].state, "dead");
});

on_both!(a_link_that_was_not_answered_is_asked_for_again, |desk| async {
    let name = "Test Create Timeout Lost";
    let id = desk.launch_idv(desk.idv_form("link", name)).await;
    desk.until_state(&id, State::Running).await;
    assert_eq!(desk.count(name, "POST", "/idv/init").await, 2);
    assert!(desk.review(&id).await.handout.is_some());
});

on_both!(points_that_ran_out_say_what_to_do, |desk| async {
    desk.control("/points", serde_json::json!({ "points": 500 })).await;
    let id = desk.launch_idv(desk.idv_form("link", "Emily Clarke")).await;
    let check = desk.until_state(&id, State::Failed).await;
    assert!(
        check
            .trouble
            .as_deref()
            .is_some_and(|t| t.contains("more than 500 points") && t.contains("Top it up")),
        "{:?}",
        check.trouble
    );
});

on_both!(what_the_provider_refuses_is_said_in_its_words, |desk| async {
    let id = desk.upload("Test Create 400").await;
    let check = desk.until_state(&id, State::Failed).await;
    assert!(
        check.trouble.as_deref().is_some_and(|t| t.contains("HTTP 400")),
        "{:?}",
        check.trouble
    );
    let delivery = desk.review(&id).await.deliveries.remove(0).id;
    assert!(
        form_of(outbox::retry(&desk.work, &by(&desk.adam), &delivery.into()).await)
            .error("")
            .is_some()
    );
});

on_both!(
    callbacks_that_come_often_early_late_or_never_change_nothing_they_should_not,
    |desk| async {
        for name in [
            "Test Callback Duplicate",
            "Test Callback None",
            "Test Callback Late",
            "Test Callback Early",
            "Test Callback Out Of Order",
        ] {
            let id = desk.upload(name).await;
            let check = desk.until_state(&id, State::ToReview).await;
            assert_eq!(check.provider_state.as_deref(), Some("accept"), "{name}");
            assert_eq!(
                actions(&desk.work, id.as_str())
                    .await
                    .iter()
                    .filter(|a| *a == "outcome_arrived")
                    .count(),
                1,
                "{name}"
            );
        }
    }
);

on_both!(reads_that_fail_or_are_cut_are_made_again, |desk| async {
    for name in ["Test Summary 500", "Test Bad Json Once"] {
        let id = desk.upload(name).await;
        desk.until_state(&id, State::ToReview).await;
    }
});

on_both!(numbers_of_tasks_and_of_id_verifications_are_not_mixed_up, |desk| async {
    // Both number spaces overlap at the provider: neither finds the other's check.
    let idv = desk.upload("Jörg Müller").await;
    let task = desk.reviewed("Ngozi Adaeze Okonkwo").await;
    desk.until_state(&idv, State::ToReview).await;
    let number = desk.check(&task).await.provider_ref.expect("a task");
    run_sql(
        &desk.work.db,
        &format!("UPDATE checks SET provider_ref = '{number}' WHERE id = '{idv}'"),
    )
    .await
    .expect("forced");
    desk.settle("the callbacks of both", || async { desk.callbacks_received() >= 2 }).await;
    desk.work_for(200).await;
    desk.settle("there is nothing to read any more", || async {
        desk.check(&idv).await.poll_at_ms == domain::time::NEVER
    })
    .await;
    let before = (desk.check(&idv).await.touched_at_ms, desk.check(&idv).await.poll_at_ms);
    desk.decide(&desk.anna, &task, domain::decisions::Outcome::Reject).await;
    desk.until_telling(&task, domain::checks::Telling::Applied).await;
    desk.settle("the callback of the decision", || async {
        desk.check(&task).await.provider_state.is_some_and(|s| s.contains("rejected"))
    })
    .await;
    assert_eq!((desk.check(&idv).await.touched_at_ms, desk.check(&idv).await.poll_at_ms), before);
});
