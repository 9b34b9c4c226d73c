//! ID verification where two things happen at once, late, or never: each of these went wrong once.

use crate::{on_both, support::*};
use casework::{Pace, checks::decide::Act, idv::Sent, inbox, new_id, workers};
use domain::{
    CheckId,
    checks::State,
    decisions::{Outcome, Reason, Verdict},
    idv::{Form, Slot},
};
use serde_json::json;
use std::time::Duration;

async fn accept(desk: &Desk, id: &CheckId) {
    let version = desk.check(id).await.version;
    let verdict = Verdict {
        seen_version: version,
        outcome: Some(Outcome::Accept),
        reason: Some(Reason::IdentityConfirmed),
        comment: "Looked at the pictures.",
    };
    desk.act(&desk.anna, id, &new_id().into(), Act::Decide, &verdict).await.expect("accepts");
}

/// An upload to a provider of the test's own.
async fn upload_to(desk: &Desk, stub: &Stub, form: Form) -> CheckId {
    desk.launch_idv(Form { connection: stub.connection.to_string(), ..form }).await
}

async fn call_back(desk: &Desk, stub: &Stub, check: &CheckId, idv_id: i64) {
    let connection = casework::connections::get(&desk.work, &stub.connection).await.expect("there");
    let body = json!({ "idv_task_id": idv_id, "state": 0 }).to_string();
    inbox::receive(&desk.work, &connection, Some(check.as_str()), body.as_bytes(), "r")
        .await
        .expect("stored");
}

on_both!(the_time_for_a_callback_counts_from_the_last_try_and_not_from_the_first, |desk| async {
    // Refused for being too busy at first: that try ended. The next one is the unanswered one.
    let stub = Stub::start(&desk, |_, path, before| match (path, before) {
        ("/idv", 0) => (429, None, String::new()),
        _ => (504, None, String::new()),
    })
    .await;
    let id = upload_to(&desk, &stub, desk.idv_form("upload", "Late Answer")).await;
    desk.settle("the first try", || async { stub.count("POST /idv") == 1 }).await;
    desk.work.clock.advance(1_400);
    desk.settle("the second try", || async { stub.count("POST /idv") == 2 }).await;
    desk.settle("it is unanswered", || async {
        desk.review(&id).await.deliveries[0].state == "unknown"
    })
    .await;
    // Longer ago than the whole time for the first, and not for the second.
    desk.work.clock.advance(700);
    run_sql(&desk.work.db, "UPDATE deliveries SET next_at_ms = 0").await.expect("at once");
    desk.work_for(100).await;
    assert_eq!(
        (desk.check(&id).await.state.as_str(), stub.count("POST /idv")),
        ("queued", 2),
        "its callback may still come"
    );
    desk.work.clock.advance(1_600);
    run_sql(&desk.work.db, "UPDATE deliveries SET next_at_ms = 0").await.expect("at once");
    desk.until_state(&id, State::Failed).await;
    assert_eq!(stub.count("POST /idv"), 2);
});

on_both!(
    a_callback_stays_while_the_provider_cannot_be_read_and_is_then_shown_to_an_admin,
    |desk| async {
        let stub = Stub::start(&desk, |_, path, _| match path {
            "/idv" => (504, None, String::new()),
            _ => (500, None, String::new()),
        })
        .await;
        let id = upload_to(&desk, &stub, desk.idv_form("upload", "Never Readable")).await;
        desk.settle("it is unanswered", || async {
            desk.review(&id).await.deliveries[0].state == "unknown"
        })
        .await;
        // Only the callback is looked at from here on.
        run_sql(
            &desk.work.db,
            &format!("UPDATE deliveries SET next_at_ms = {}", domain::time::NEVER),
        )
        .await
        .expect("later");
        call_back(&desk, &stub, &id, 77).await;
        let listed = || async { inbox::list(&desk.work).await.expect("lists").remove(0) };
        desk.settle("more tries than anything else gets", || async {
            stub.count("GET /idv/77") > 7
        })
        .await;
        assert_eq!(
            (listed().await.state.as_str(), listed().await.note.as_deref()),
            ("due", Some("the provider could not be read yet"))
        );
        desk.work.clock.advance(2_000);
        desk.settle("an admin sees it", || async { listed().await.state == "parked" }).await;
        assert!(listed().await.note.is_some_and(|note| note.contains("could not be read")));
    }
);

on_both!(a_callback_for_an_upload_that_was_given_up_does_not_end_quietly, |desk| async {
    let stub = Stub::start(&desk, |_, path, _| {
        (if path == "/idv" { 504 } else { 500 }, None, String::new())
    })
    .await;
    let id = upload_to(&desk, &stub, desk.idv_form("upload", "Given Up")).await;
    desk.settle("it is unanswered", || async {
        desk.review(&id).await.deliveries[0].state == "unknown"
    })
    .await;
    desk.work.clock.advance(5_000);
    desk.until_state(&id, State::Failed).await;
    call_back(&desk, &stub, &id, 77).await;
    let listed = || async { inbox::list(&desk.work).await.expect("lists").remove(0) };
    desk.settle("an admin sees it", || async { listed().await.state == "parked" }).await;
    assert!(listed().await.note.is_some_and(|note| note.contains("given up before")));
});

on_both!(a_callback_that_comes_when_the_provider_can_be_read_again_finds_its_check, |desk| async {
    let stub = Stub::start(&desk, |_, path, before| match (path, before) {
        ("/idv", _) => (504, None, String::new()),
        (_, 0..3) => (500, None, String::new()),
        _ => (
            200,
            None,
            json!({ "idv_task_id": 77, "state": 3, "customer_reference": "C-77" }).to_string(),
        ),
    })
    .await;
    let form =
        Form { customer_reference: "C-77".into(), ..desk.idv_form("upload", "Readable Later") };
    let id = upload_to(&desk, &stub, form).await;
    desk.settle("it is unanswered", || async {
        desk.review(&id).await.deliveries[0].state == "unknown"
    })
    .await;
    call_back(&desk, &stub, &id, 77).await;
    let check = desk.until_state(&id, State::Running).await;
    assert_eq!(check.provider_ref.as_deref(), Some("77"));
    assert_eq!(stub.count("POST /idv"), 1);
});

on_both!(two_who_read_one_check_at_once_keep_each_picture_once, |desk| async {
    let id = desk.launch_idv(desk.idv_form("link", "Emily Clarke")).await;
    desk.until_state(&id, State::Running).await;
    desk.complete_idv(&id).await;
    let other = desk.another(Pace { lease_ms: 1, ..pace() }).await;
    // Both take the check again and again: a lease of a millisecond is always over.
    let due = format!("UPDATE checks SET poll_at_ms = 0 WHERE id = '{id}'");
    let both = async {
        for _ in 0..6 {
            run_sql(&desk.work.db, &due).await.ok();
            let (one, two) = tokio::join!(workers::poll(&desk.work, 1), async {
                run_sql(&desk.work.db, &due).await.ok();
                workers::poll(&other, 1).await
            });
            assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
        }
    };
    tokio::time::timeout(Duration::from_secs(10), both)
        .await
        .expect("nobody waits for the other for ever");
    desk.until_state(&id, State::ToReview).await;
    desk.settle("all pictures", || async {
        let review = desk.review(&id).await;
        review.idv.is_some_and(|a| {
            !a.pictures.is_empty()
                && review.pictures.iter().filter(|p| p.state == "kept").count() == a.pictures.len()
        })
    })
    .await;
    let kept = desk.review(&id).await.pictures.len();
    assert_eq!(
        actions(&desk.work, id.as_str()).await.iter().filter(|a| *a == "picture_kept").count(),
        kept,
        "each once"
    );
    assert_eq!(
        actions(&desk.work, id.as_str()).await.iter().filter(|a| *a == "outcome_arrived").count(),
        1
    );
    other.db.close().await;
    assert_journal_intact(&desk.work).await;
});

/// What the stub says of an accepted ID verification.
fn accepted(tasks: &[i64]) -> String {
    let tasks: Vec<_> = tasks.iter().map(|id| json!({ "id": id })).collect();
    json!({ "idv_task_id": 77, "state": 0, "full_name": "Olena Kovalenko", "birthday": "1984-09-05", "id_number": "L01X00T47", "dd_tasks": tasks })
        .to_string()
}

on_both!(a_follow_up_is_about_whoever_was_expected_when_the_document_names_nobody, |desk| async {
    let stub = Stub::start(&desk, |method, path, _| match (method, path) {
        ("POST", "/idv") => (200, None, json!({ "idv_task_id": 77 }).to_string()),
        ("GET", "/idv/77") => {
            let said = json!({ "idv_task_id": 77, "state": 0, "full_name": "N/A", "birthday": "1984-09-05", "id_number": "L01X00T47" });
            (200, None, said.to_string())
        }
        _ => (404, None, String::new()),
    })
    .await;
    let form = Form {
        follow_up: "accepted".into(),
        search_setting: "1".into(),
        ..desk.idv_form("upload", "Olena Kovalenko")
    };
    let id = upload_to(&desk, &stub, form).await;
    desk.until_state(&id, State::ToReview).await;
    accept(&desk, &id).await;
    let (linked, ..) = desk.review(&id).await.following.remove(0);
    let launch = desk.check(&linked.into()).await.launch().expect("a launch");
    assert_eq!(launch.target.name, "Olena Kovalenko");
});

on_both!(a_follow_up_whose_number_came_late_is_adopted_and_not_doubled, |desk| async {
    // Our own create is never answered; the ID verification then names the task that it made.
    let told = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stub = {
        let told = told.clone();
        Stub::start(&desk, move |method, path, _| match (method, path) {
            ("POST", "/idv") => (200, None, json!({ "idv_task_id": 77 }).to_string()),
            ("GET", "/idv/77") => (
                200,
                None,
                accepted(if told.load(std::sync::atomic::Ordering::Relaxed) {
                    &[102]
                } else {
                    &[]
                }),
            ),
            ("POST", "/task") => (504, None, String::new()),
            _ => (500, None, String::new()),
        })
        .await
    };
    let form = Form {
        follow_up: "accepted".into(),
        search_setting: "1".into(),
        ..desk.idv_form("upload", "Olena Kovalenko")
    };
    let id = upload_to(&desk, &stub, form).await;
    desk.until_state(&id, State::ToReview).await;
    accept(&desk, &id).await;
    let following = desk.review(&id).await.following;
    let ours = CheckId::from(following[0].0.as_str());
    desk.settle("our create is unanswered", || async { stub.count("POST /task") == 1 }).await;
    told.store(true, std::sync::atomic::Ordering::Relaxed);
    run_sql(&desk.work.db, &format!("UPDATE checks SET poll_at_ms = 0 WHERE id = '{id}'"))
        .await
        .expect("read again");
    desk.settle("the number is known", || async { desk.check(&ours).await.provider_ref.is_some() })
        .await;
    assert_eq!(desk.check(&ours).await.provider_ref.as_deref(), Some("102"));
    assert_eq!(desk.check(&ours).await.state, "running");
    desk.work_for(200).await;
    assert_eq!(desk.review(&id).await.following.len(), 1, "no second one");
    assert_eq!(stub.count("POST /task"), 1, "and none is asked for again");
});

on_both!(
    when_the_provider_never_makes_the_due_diligence_it_was_asked_for_ours_is_launched,
    |desk| async {
        let stub = Stub::start(&desk, |method, path, _| match (method, path) {
            ("POST", "/idv") => (200, None, json!({ "idv_task_id": 77 }).to_string()),
            ("GET", "/idv/77") => (200, None, accepted(&[])),
            ("POST", "/task") => (200, None, json!({ "data": [{ "task_id": 103 }] }).to_string()),
            _ => (500, None, String::new()),
        })
        .await;
        let form = Form {
            follow_up: "provider".into(),
            search_setting: "1".into(),
            ..desk.idv_form("upload", "Olena Kovalenko")
        };
        let id = upload_to(&desk, &stub, form).await;
        desk.until_state(&id, State::ToReview).await;
        accept(&desk, &id).await;
        desk.work_for(150).await;
        assert!(desk.review(&id).await.following.is_empty(), "it may still make it");
        desk.work.clock.advance(domain::time::HOUR + 1_000);
        desk.settle("ours is launched", || async { desk.review(&id).await.following.len() == 1 })
            .await;
        desk.settle("and sent", || async { stub.count("POST /task") == 1 }).await;
        desk.work.clock.advance(domain::time::HOUR);
        desk.work_for(150).await;
        assert_eq!(desk.review(&id).await.following.len(), 1, "once");
    }
);

on_both!(a_check_whose_customer_was_erased_is_not_read_any_more, |desk| async {
    let name = "Test Idv Pending";
    let running = desk.upload(name).await;
    desk.until_state(&running, State::Running).await;
    let reviewed = desk.upload("Emily Clarke").await;
    desk.until_state(&reviewed, State::ToReview).await;
    run_sql(&desk.work.db, "DELETE FROM customer_keys").await.expect("erased");
    run_sql(&desk.work.db, "UPDATE checks SET poll_at_ms = 0").await.expect("due");
    let check = desk.until_state(&running, State::Failed).await;
    assert!(check.trouble.is_some_and(|t| t.contains("The customer was erased")));
    desk.settle("nothing is read any more", || async {
        desk.check(&running).await.poll_at_ms == domain::time::NEVER
            && desk.check(&reviewed).await.poll_at_ms == domain::time::NEVER
    })
    .await;
    assert_eq!(desk.check(&reviewed).await.state, "to_review", "what is here stays as it is");
});

on_both!(two_files_for_one_picture_are_refused_before_they_are_opened, |desk| async {
    let form = desk.idv_form("upload", "Two Files");
    let twice = vec![drawn(Slot::Front), drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)];
    let refused = desk.refused_idv(Sent { form, uploads: twice, kept: vec![] }).await;
    assert_eq!(refused.errors.keys().collect::<Vec<_>>(), ["front"]);
    assert!(refused.error("front").is_some_and(|e| e.contains("More than one file")));
    assert_eq!(refused.value("kept_front"), "", "neither is taken for the right one");
    assert!(!refused.value("kept_back").is_empty());
});

on_both!(no_more_than_twelve_pictures_wait_for_one_person_and_the_oldest_go, |desk| async {
    let form = Form { birth_date: "2999-01-01".into(), ..desk.idv_form("upload", "Many Forms") };
    let sent = || Sent {
        form: form.clone(),
        uploads: vec![drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)],
        kept: vec![],
    };
    let mut forms = Vec::new();
    for _ in 0..5 {
        forms.push(desk.refused_idv(sent()).await);
    }
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM kept_uploads").await, 12);
    let kept = |form: &domain::fields::Refused, slot: Slot| {
        (slot, form.value(&format!("kept_{slot}")).to_owned())
    };
    let form = Form { birth_date: "1984-09-05".into(), ..form.clone() };
    let oldest = [Slot::Front, Slot::Back, Slot::Face].map(|slot| kept(&forms[0], slot)).to_vec();
    let refused =
        desk.refused_idv(Sent { form: form.clone(), uploads: vec![], kept: oldest }).await;
    assert_eq!(refused.errors.len(), 3);
    assert!(refused.error("front").is_some_and(|e| e.contains("not kept any more")), "{refused:?}");
    let latest = [Slot::Front, Slot::Back, Slot::Face].map(|slot| kept(&forms[4], slot)).to_vec();
    desk.try_idv(&new_id().into(), Sent { form, uploads: vec![], kept: latest })
        .await
        .expect("launches");
});

on_both!(no_more_than_two_forms_of_bytes_wait_for_one_person, |desk| async {
    let now = desk.work.now();
    let size = 40_000_000;
    let zeros = if desk.work.db.is_postgres() {
        format!("decode(repeat('00', {size}), 'hex')")
    } else {
        format!("zeroblob({size})")
    };
    for (age, owner) in [(3, "anna"), (2, "anna"), (1, "anna"), (4, "ben")] {
        let owner = if owner == "anna" { &desk.anna.id } else { &desk.ben.id };
        let row = format!(
            "('{}', '{owner}', 'front', 'large.png', 'image/png', 400, 301, {zeros}, {})",
            new_id(),
            now - age
        );
        let into = "INSERT INTO kept_uploads (id, owner, slot, name, format, width, height, sealed, created_at_ms) VALUES";
        run_sql(&desk.work.db, &format!("{into} {row}")).await.expect("kept");
    }
    let form =
        Form { birth_date: "2999-01-01".into(), ..desk.idv_form("upload", "Large Pictures") };
    desk.refused_idv(Sent { form, uploads: vec![drawn(Slot::Front)], kept: vec![] }).await;
    let left = |who: &str| {
        format!("SELECT COUNT(*) FROM kept_uploads WHERE name = 'large.png' AND owner = '{who}'")
    };
    assert_eq!(
        number(&desk.work.db, &left(desk.anna.id.as_str())).await,
        3,
        "120 MB and a small one fit"
    );
    let form =
        Form { birth_date: "2999-01-01".into(), ..desk.idv_form("upload", "Large Pictures") };
    let row = format!(
        "('{}', '{}', 'front', 'large.png', 'image/png', 400, 301, {zeros}, {now})",
        new_id(),
        desk.anna.id
    );
    run_sql(
        &desk.work.db,
        &format!("INSERT INTO kept_uploads (id, owner, slot, name, format, width, height, sealed, created_at_ms) VALUES {row}"),
    )
    .await
    .expect("kept");
    desk.refused_idv(Sent { form, uploads: vec![drawn(Slot::Front)], kept: vec![] }).await;
    assert_eq!(number(&desk.work.db, &left(desk.anna.id.as_str())).await, 3, "the oldest went");
    assert_eq!(number(&desk.work.db, &left(desk.ben.id.as_str())).await, 1, "nobody else's");
});
