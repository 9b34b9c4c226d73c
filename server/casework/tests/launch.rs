//! Launching: one transaction, once, and nothing that was typed is lost.

use crate::{on_both, support::*};
use casework::{Error, checks, new_id};
use domain::{CheckId, Refusal, checks::State, decisions::Outcome, launch::DueDiligenceForm};

fn new_check() -> CheckId {
    new_id().into()
}

async fn rows(desk: &Desk) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in
        ["checks", "deliveries", "customers", "customer_keys", "customer_endings", "journal"]
    {
        counts.push(number(&desk.work.db, &format!("SELECT COUNT(*) FROM {table}")).await);
    }
    counts
}

on_both!(a_launch_writes_check_promise_and_journal_together, |desk| async {
    let before = rows(&desk).await;
    let id = desk.launch("Ana Popović").await;
    let check = desk.check(&id).await;
    assert_eq!(
        (check.state.as_str(), check.version, check.provider_ref.as_deref(), check.risk()),
        ("queued", 1, None, None)
    );
    let delivery = desk.review(&id).await.deliveries.remove(0);
    assert_eq!(
        (delivery.task.as_str(), delivery.state.as_str(), delivery.attempts),
        ("create_check", "due", 0)
    );
    assert_eq!(actions(&desk.work, id.as_str()).await, ["check_launched"]);
    let after = rows(&desk).await;
    assert_eq!(
        (after[0] - before[0], after[1] - before[1], after[2] - before[2], after[5] - before[5]),
        (1, 1, 1, 1)
    );
    assert!(desk.tasks("Ana Popović").await.is_empty(), "nothing is sent inside the transaction");
});

on_both!(a_launch_that_cannot_be_written_whole_is_not_written_at_all, |desk| async {
    let before = rows(&desk).await;
    for (table, broken) in [("journal_details", "salt"), ("deliveries", "payload")] {
        run_sql(&desk.work.db, &format!("ALTER TABLE {table} RENAME COLUMN {broken} TO gone"))
            .await
            .expect("breaks it");
        assert!(
            matches!(
                desk.try_launch(&new_check(), &desk.form("Ana Popović")).await,
                Err(Error::Store(_))
            ),
            "{table}"
        );
        run_sql(&desk.work.db, &format!("ALTER TABLE {table} RENAME COLUMN gone TO {broken}"))
            .await
            .expect("mends it");
        assert_eq!(rows(&desk).await, before, "{table}");
    }
    desk.launch("Ana Popović").await;
});

on_both!(the_same_page_sent_often_and_at_once_launches_once, |desk| async {
    let (id, form) = (new_check(), desk.form("Ana Popović"));
    let sent = (0..12).map(|_| {
        let (work, anna, id, form) =
            (desk.work.clone(), desk.anna.clone(), id.clone(), form.clone());
        tokio::spawn(async move {
            checks::launch(&work, &anna, &by(&anna), &id, &form, false, None).await
        })
    });
    let answers: Vec<_> = futures::future::join_all(sent)
        .await
        .into_iter()
        .map(|a| a.expect("no panic").expect("launches"))
        .collect();
    assert!(answers.iter().all(|a| a.id == id));
    assert_eq!(answers.iter().filter(|a| !a.repeated).count(), 1);
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM deliveries").await, 1);
    assert_eq!(actions(&desk.work, id.as_str()).await, ["check_launched"]);
    desk.until_state(&id, State::ToReview).await;
    let again =
        desk.try_launch(&id, &desk.form("Somebody else")).await.expect("the recorded result");
    assert!(again.repeated);
    assert_eq!(desk.task("Ana Popović").await["creates"], 1);
});

on_both!(different_pages_for_a_new_customer_at_once_make_one_customer, |desk| async {
    let form = DueDiligenceForm { customer_reference: "C-1".into(), ..desk.form("Ana Popović") };
    let sent = (0..8).map(|n| {
        let (work, anna) = (desk.work.clone(), desk.anna.clone());
        let form = DueDiligenceForm {
            kind: if n % 2 == 0 { "dd_kyc" } else { "dd_kyb" }.into(),
            ..form.clone()
        };
        tokio::spawn(async move {
            checks::launch(&work, &anna, &by(&anna), &new_check(), &form, false, None).await
        })
    });
    let answers: Vec<_> =
        futures::future::join_all(sent).await.into_iter().map(|a| a.expect("no panic")).collect();
    assert_eq!(
        answers.iter().filter(|a| a.is_ok()).count(),
        2,
        "one of each kind; the others are told of it"
    );
    for told in answers.into_iter().filter(Result::is_err) {
        assert!(form_of(told).error(checks::OPEN_CHECK).is_some());
    }
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM customers WHERE reference = 'C-1'").await,
        1
    );
});

on_both!(an_open_check_of_the_same_kind_is_pointed_out_and_can_be_ignored, |desk| async {
    let form = DueDiligenceForm { customer_reference: "C-1".into(), ..desk.form("Ana Popović") };
    let first = desk.launch_form(&form).await;
    let second = new_check();
    let told = form_of(desk.try_launch(&second, &form).await);
    assert_eq!(told.error(checks::OPEN_CHECK), Some(first.as_str()));
    assert_eq!(told.value("name"), "Ana Popović");
    assert!(matches!(checks::get(&desk.work, &second).await, Err(Error::NotFound)));
    checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &second, &form, true, None)
        .await
        .expect("launches anyway");
    for id in [&first, &second] {
        desk.until_state(id, State::ToReview).await;
        desk.decide(&desk.anna, id, Outcome::Reject).await;
    }
    desk.try_launch(&new_check(), &form).await.expect("nothing is open any more");
});

on_both!(a_draft_is_saved_changed_and_launched_under_the_same_id, |desk| async {
    let id = new_check();
    let half = DueDiligenceForm {
        birth_date: "not yet known".into(),
        search_setting: String::new(),
        ..desk.form("Ana Popović")
    };
    checks::save_draft(&desk.work, &desk.anna, &by(&desk.anna), &id, &half).await.expect("saves");
    assert_eq!(checks::draft(&desk.work, &id).await.expect("reads"), half, "exactly as typed");
    assert_eq!(desk.check(&id).await.state, "draft");
    let whole =
        DueDiligenceForm { birth_date: "1990-06-21".into(), search_setting: "2".into(), ..half };
    checks::save_draft(&desk.work, &desk.anna, &by(&desk.anna), &id, &whole)
        .await
        .expect("saves again");
    assert!(checks::comment(&desk.work, &by(&desk.anna), &id, "on a draft").await.is_err());
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM deliveries").await,
        0,
        "a draft promises nothing"
    );
    desk.try_launch(&id, &whole).await.expect("launches");
    desk.until_state(&id, State::ToReview).await;
    assert!(matches!(checks::draft(&desk.work, &id).await, Err(Error::NotFound)));
    assert!(
        form_of(checks::save_draft(&desk.work, &desk.anna, &by(&desk.anna), &id, &whole).await)
            .error("")
            .is_some()
    );
    assert_eq!(
        actions(&desk.work, id.as_str()).await[..3],
        ["draft_saved", "draft_saved", "check_launched"]
    );
    let nameless = DueDiligenceForm { name: " ".into(), ..whole };
    let refused = form_of(
        checks::save_draft(&desk.work, &desk.anna, &by(&desk.anna), &new_check(), &nameless).await,
    );
    assert!(refused.error("name").is_some());
});

on_both!(a_refused_form_keeps_everything_that_was_typed, |desk| async {
    let before = rows(&desk).await;
    let form = DueDiligenceForm {
        kind: "dd_kyc".into(),
        connection: "unknown".into(),
        customer_reference: " C 1 ".into(),
        name: "  Zoë\u{202E} <b>👩‍👩‍👧</b> ".into(),
        birth_date: "21.06.1990".into(),
        country: "Atlantis".into(),
        registration_number: " 12 ".into(),
        search_setting: "nine".into(),
        sources: "negative_news, nonsense".into(),
    };
    let refused = form_of(desk.try_launch(&new_check(), &form).await);
    for (field, typed) in [
        ("kind", &form.kind),
        ("connection", &form.connection),
        ("customer_reference", &form.customer_reference),
        ("name", &form.name),
        ("birth_date", &form.birth_date),
        ("country", &form.country),
        ("registration_number", &form.registration_number),
        ("search_setting", &form.search_setting),
        ("sources", &form.sources),
    ] {
        assert_eq!(refused.value(field), typed, "{field}");
    }
    for field in ["connection", "customer_reference", "name", "birth_date", "country", "sources"] {
        assert!(refused.error(field).is_some(), "{field}");
    }
    assert_eq!(rows(&desk).await, before, "nothing was written");
    run_sql(&desk.work.db, "UPDATE connections SET state = 'disabled'").await.expect("disables");
    let refused = form_of(desk.try_launch(&new_check(), &desk.form("Ana Popović")).await);
    assert_eq!(refused.errors.keys().collect::<Vec<_>>(), ["connection"]);
});

on_both!(names_of_all_scripts_come_back_byte_for_byte, |desk| async {
    for (typed, name) in [
        "王又曾",
        "محمد بن سلمان",
        "Zoë 👩‍👩‍👧 Núñez",
        "<script>alert('x')</script>",
        "Robert'); DROP TABLE checks;-- 1",
        "\u{FDFA} A",
        "x".repeat(256).as_str(),
    ]
    .map(|name| (name, name))
    .into_iter()
    // But for marks that are typed apart: they leave as they are written (NFC).
    .chain([("e\u{301}\u{323} Combining", "\u{1EB9}\u{301} Combining")])
    {
        let id = desk.launch(typed).await;
        desk.until_state(&id, State::ToReview).await;
        let review = desk.review(&id).await;
        assert_eq!(review.customer.name, name);
        assert_eq!(review.check.launch().expect("a launch").target.name, name);
        let told = review.details.expect("details");
        assert!(
            told.target.contains(&("name".to_owned(), name.to_owned())),
            "the provider got {name}: {:?}",
            told.target
        );
        assert_eq!(desk.task(name).await["name"], name);
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(a_check_that_ended_is_run_again_as_a_linked_check, |desk| async {
    let form = DueDiligenceForm { customer_reference: "C-1".into(), ..desk.form("Ana Popović") };
    let first = desk.launch_form(&form).await;
    let again = |id: CheckId| {
        let (desk, form, first) = (desk.clone(), form.clone(), first.clone());
        async move {
            checks::launch(&desk.work, &desk.anna, &by(&desk.anna), &id, &form, false, Some(&first))
                .await
        }
    };
    assert_eq!(refusal(again(new_check()).await), Refusal::CannotRelaunch);
    checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &first).await.expect("withdraws");
    let second = new_check();
    again(second.clone()).await.expect("runs again");
    assert_eq!(desk.review(&first).await.relaunched_as.as_deref(), Some(second.as_str()));
    assert_eq!(desk.check(&second).await.relaunch_of.as_deref(), Some(first.as_str()));
});

on_both!(a_withdrawn_check_is_not_sent_and_never_comes_back, |desk| async {
    let id = desk.launch("Ana Popović").await;
    checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &id).await.expect("withdraws");
    desk.work_for(150).await;
    assert!(desk.tasks("Ana Popović").await.is_empty());
    assert_eq!(desk.review(&id).await.deliveries[0].state, "dropped");
    assert_eq!(
        refusal(checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &id).await),
        Refusal::CannotWithdraw
    );
    // One that runs already is withdrawn here; what still arrives changes nothing.
    let id = desk.launch("Test Slow").await;
    desk.until_state(&id, State::Running).await;
    checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &id).await.expect("withdraws");
    let task = desk.task("Test Slow").await;
    desk.control(&format!("/tasks/{}/complete", task["task_id"]), serde_json::json!({})).await;
    desk.settle("the callback", || async { desk.callbacks_received() > 0 }).await;
    desk.work_for(150).await;
    assert_eq!(desk.check(&id).await.state, "withdrawn");
    assert!(desk.review(&id).await.evidence.is_empty());
});
