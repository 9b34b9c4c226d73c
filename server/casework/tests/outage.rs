//! Providers that are down, slow or say wait, and work that stops the desk half-way: the rest goes
//! on.

use crate::{on_both, support::*};
use casework::{Pace, checks::review, outbox, workers};
use domain::{
    CheckId,
    checks::State,
    decisions::Outcome,
    launch::DueDiligenceForm,
    time::{DAY, MINUTE},
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

fn at(desk: &Desk, stub: &Stub, name: &str) -> DueDiligenceForm {
    DueDiligenceForm { connection: stub.connection.to_string(), ..desk.form(name) }
}

on_both!(a_provider_that_says_wait_delays_nobody_elses_checks, |desk| async {
    for asked in ["1000000000", "Wed, 21 Oct 2099 07:28:00 GMT"] {
        let stub = Stub::start(&desk, move |_, _, _| (429, Some(asked), String::new())).await;
        for n in 0..12 {
            desk.launch_form(&at(&desk, &stub, &format!("Waits {n}"))).await;
        }
        desk.reviewed("Ana Popović").await;
        desk.settle("each was tried", || async { stub.count("POST /task") >= 12 }).await;
        desk.work_for(100).await;
        assert_eq!(stub.count("POST /task"), 12, "{asked}: nobody asks again within the hour");
        assert!(
            desk.work.breakers.down(stub.connection.as_str()).is_none(),
            "who says wait is not down"
        );
    }
});

on_both!(a_provider_that_hangs_takes_its_share_of_places_and_no_more, |desk| async {
    let stub = Stub::start(&desk, |_, _, _| (503, None, String::new())).await;
    stub.set_delay_ms(60_000);
    for n in 0..40 {
        desk.launch_form(&at(&desk, &stub, &format!("Hangs {n}"))).await;
    }
    let other = desk.reviewed_by_workers("Ana Popović").await;
    assert_eq!(stub.count("POST /task"), 8, "the other half of the places was there for others");
    assert_eq!(desk.check(&other).await.state, State::ToReview.code());
});

on_both!(whoever_launches_while_the_provider_is_down_reads_why_nothing_happens, |desk| async {
    let (stub, down) = changeable(&desk).await;
    down.store(true, Ordering::Relaxed);
    for n in 0..6 {
        desk.launch_form(&at(&desk, &stub, &format!("Before {n}"))).await;
    }
    desk.settle("it is known to be down", || async {
        desk.work.breakers.down(stub.connection.as_str()).is_some()
    })
    .await;
    let late = desk.launch_form(&at(&desk, &stub, "Late")).await;
    let why = async || review::get(&desk.work, &late).await.expect("reads").out_of_reach;
    let words = why().await.expect("a reason");
    assert!(words.starts_with("KryptoGO could not be reached (out of reach since 20"), "{words}");
    assert!(words.contains("UTC). Nothing was sent. It is tried again"), "{words}");
    // A check that waits for a person owes nothing, and promises nothing.
    let idle = desk.launch_form(&at(&desk, &stub, "Idle")).await;
    run_sql(&desk.work.db, &format!("DELETE FROM deliveries WHERE check_id = '{idle}'"))
        .await
        .expect("deletes");
    assert_eq!(review::get(&desk.work, &idle).await.expect("reads").out_of_reach, None);
    down.store(false, Ordering::Relaxed);
    desk.work.clock.advance(DAY);
    desk.until_state(&late, State::ToReview).await;
    assert_eq!(why().await, None);
});

/// A provider whose tasks are complete at once, and that can be down.
async fn changeable(desk: &Desk) -> (Stub, Arc<AtomicBool>) {
    let down = Arc::new(AtomicBool::new(false));
    let decided: Mutex<BTreeSet<String>> = Mutex::default();
    let is_down = down.clone();
    let stub = Stub::start(desk, move |method, path, before| {
        let task = path.split('/').nth(2).unwrap_or_default().to_owned();
        if is_down.load(Ordering::Relaxed) {
            return (503, None, String::new());
        }
        match (method, path) {
            ("POST", "/task") => (200, None, json!([{ "task_id": before + 1 }]).to_string()),
            ("POST", _) => {
                let status = if decided.lock().expect("not poisoned").insert(task.clone()) {
                    200
                } else {
                    409
                };
                (
                    status,
                    None,
                    json!({ "task_id": task, "accepted": true, "comment": "" }).to_string(),
                )
            }
            ("GET", path) if path.ends_with("/summary") => {
                (200, None, json!({ "task_id": task, "progress": 100 }).to_string())
            }
            ("GET", _) => {
                (200, None, json!({ "task_id": task, "result": nothing_found() }).to_string())
            }
            _ => (200, None, json!({ "code": 0 }).to_string()),
        }
    })
    .await;
    (stub, down)
}

on_both!(a_day_without_the_provider_is_waited_for_and_then_all_is_told_in_order, |desk| async {
    const CHECKS: usize = 12;
    let (stub, down) = changeable(&desk).await;
    let mut ids = Vec::new();
    for n in 0..CHECKS {
        ids.push(desk.launch_form(&at(&desk, &stub, &format!("Person {n}"))).await);
    }
    for id in &ids {
        desk.until_state(id, State::ToReview).await;
    }
    // One more is still running when the provider goes down.
    let running = desk.launch_form(&at(&desk, &stub, "Runs")).await;
    outbox::work_off(&desk.work, 8).await.expect("sends it");
    assert_eq!(desk.check(&running).await.state, State::Running.code());
    down.store(true, Ordering::Relaxed);
    for id in &ids {
        desk.decide(&desk.anna, id, Outcome::Accept).await;
        casework::checks::set_metadata(
            &desk.work,
            &by(&desk.anna),
            id,
            "after",
            Some("the decision"),
        )
        .await
        .expect("sets");
    }
    let before = stub.calls().len();
    // A day at the pace of the real program; its clock goes forward in steps, not for real.
    let work =
        desk.another(Pace { retry_base_ms: 2_000, retry_max_ms: 600_000, ..Pace::default() }).await;
    let (start, mut tries) = (work.now(), Vec::new());
    while work.now() - start < DAY {
        let calls = stub.calls().len();
        outbox::work_off(&work, 16).await.expect("works");
        workers::poll(&work, 16).await.expect("polls");
        if stub.calls().len() > calls {
            tries.push(work.now() - start);
        }
        work.clock.advance(2 * MINUTE);
    }
    let calls = stub.calls().len() - before;
    let late: Vec<i64> =
        tries.windows(2).map(|t| t[1] - t[0]).skip_while(|wait| *wait < 5 * MINUTE).collect();
    println!(
        "{calls} calls in a day, the longest waits {:?} min",
        late.iter().map(|w| w / MINUTE).collect::<BTreeSet<_>>()
    );
    assert!((100..600).contains(&calls), "one question each 5 to 10 minutes: {calls}");
    assert!(
        late.len() > 100 && late.iter().all(|wait| (4 * MINUTE..=12 * MINUTE).contains(wait)),
        "{late:?}"
    );
    assert!(late.iter().collect::<BTreeSet<_>>().len() > 3, "the waits are not all the same");
    assert_eq!(stub.most_at_once(), 1, "one call about a check at a time");
    assert!(
        work.breakers
            .down(stub.connection.as_str())
            .is_some_and(|down| down.since < start + MINUTE * 10)
    );

    // Whoever decides meanwhile does not notice.
    let elsewhere = desk.reviewed("Ana Popović").await;
    desk.decide(&desk.ben, &elsewhere, Outcome::Reject).await;

    down.store(false, Ordering::Relaxed);
    let from = stub.calls().len();
    for _ in 0..400 {
        outbox::work_off(&work, 16).await.expect("works");
        workers::poll(&work, 16).await.expect("polls");
        if number(&work.db, "SELECT COUNT(*) FROM deliveries WHERE state IN ('due', 'unknown')")
            .await
            == 0
        {
            break;
        }
        work.clock.advance(MINUTE);
    }
    assert_eq!(
        texts(&work.db, "SELECT DISTINCT state FROM deliveries").await,
        ["done"],
        "nothing was given up, lost or left"
    );
    assert_eq!(
        desk.check(&running).await.state,
        State::ToReview.code(),
        "a check that ran goes on"
    );
    let after: Vec<String> = stub.calls().split_off(from);
    for n in 1..=CHECKS {
        let place = |call: String| {
            after.iter().position(|c| *c == call).unwrap_or_else(|| panic!("{call} in {after:?}"))
        };
        assert!(
            place(format!("POST /task/{n}/accepted")) < place(format!("PUT /task/{n}/metadata")),
            "in order"
        );
        assert_eq!(
            after.iter().filter(|c| **c == format!("POST /task/{n}/accepted")).count(),
            1,
            "told once"
        );
    }
    assert_journal_intact(&work).await;
    work.close().await;
});

/// How often the outbox and the poller may stop at one thing.
const ASIDE: &str = "set aside";

on_both!(a_delivery_that_panics_each_time_is_set_aside_and_the_rest_flows, |desk| async {
    let poison = desk.launch("Poison").await;
    let delivery = desk.review(&poison).await.deliveries.remove(0);
    // Time itself overflows when it is looked up whether an earlier try took effect.
    run_sql(
        &desk.work.db,
        &format!(
            "UPDATE deliveries SET state = 'unknown', attempts = 1 WHERE id = '{}'",
            delivery.id
        ),
    )
    .await
    .expect("was sent");
    let attempt = format!(
        "INSERT INTO attempts (delivery_id, number, started_at_ms) VALUES ('{}', 1, {})",
        delivery.id,
        i64::MIN
    );
    run_sql(&desk.work.db, &attempt).await.expect("a try");
    let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
    workers::start(&desk.work, &stop, &tasks);
    let others: Vec<CheckId> = {
        let mut all = Vec::new();
        for n in 0..6 {
            all.push(desk.launch(&format!("Person Number {n}")).await);
        }
        all
    };
    for other in &others {
        desk.seen_in(other, State::ToReview).await;
    }
    let check = desk.seen_in(&poison, State::Failed).await;
    assert!(check.trouble.is_some_and(|t| t.contains(ASIDE)));
    let fences = number(
        &desk.work.db,
        &format!("SELECT fence FROM deliveries WHERE id = '{}'", delivery.id),
    )
    .await;
    assert_eq!(
        (desk.review(&poison).await.deliveries[0].state.as_str(), fences),
        ("dead", 5),
        "five tries"
    );
    assert_eq!(actions(&desk.work, &delivery.id).await, ["delivery_dead"]);
    assert_eq!(desk.tasks("Poison").await.len(), 0, "it was never sent blindly");
    stop.cancel();
    tasks.close();
    tokio::time::timeout(LONG, tasks.wait()).await.expect("all stop");
});

on_both!(a_check_that_panics_each_time_it_is_read_says_so_and_the_rest_flows, |desk| async {
    let poison = desk.launch("Test Slow").await;
    desk.until_state(&poison, State::Running).await;
    run_sql(
        &desk.work.db,
        &format!("UPDATE checks SET launched_at_ms = {} WHERE id = '{poison}'", i64::MIN),
    )
    .await
    .expect("poisons");
    desk.settle("trouble", || async {
        desk.check(&poison).await.trouble.is_some_and(|t| t.contains(ASIDE))
    })
    .await;
    let next = desk.check(&poison).await.poll_at_ms;
    assert!(next < domain::time::NEVER, "it is read again, ever more rarely");
    desk.reviewed("Ana Popović").await;
    run_sql(
        &desk.work.db,
        &format!("UPDATE checks SET launched_at_ms = {} WHERE id = '{poison}'", desk.work.now()),
    )
    .await
    .expect("mends");
    desk.until_state(&poison, State::ToReview).await;
});

on_both!(a_callback_that_cannot_be_opened_is_parked_and_the_rest_flows, |desk| async {
    let check = desk.reviewed("Test Callback None").await;
    let connection = casework::connections::get(&desk.work, &desk.connection).await.expect("there");
    let body =
        json!({ "task_id": desk.check(&check).await.provider_ref, "progress": 100 }).to_string();
    casework::inbox::receive(&desk.work, &connection, Some(check.as_str()), body.as_bytes(), "")
        .await
        .expect("taken");
    // Its seal is for another row.
    let columns = "connection_id, check_hint, event_type, entity_id, sealed, size, request_id, received_at_ms";
    let poison = format!(
        "INSERT INTO callback_arrivals (id, event_id, {columns}) SELECT 'poison', 'poison', {columns} FROM callback_arrivals"
    );
    run_sql(&desk.work.db, &poison).await.expect("poisons");
    let state = "SELECT state || ' ' || note FROM callback_work WHERE callback_id = 'poison'";
    desk.settle("it is parked", || async {
        texts(&desk.work.db, state).await.first().is_some_and(|s| s.starts_with("parked"))
    })
    .await;
    assert!(texts(&desk.work.db, state).await[0].contains(ASIDE));
    assert_eq!(
        number(&desk.work.db, "SELECT attempts FROM callback_work WHERE callback_id = 'poison'")
            .await,
        5
    );
    assert_eq!(
        texts(&desk.work.db, "SELECT state FROM callback_work WHERE callback_id <> 'poison'").await,
        ["done"]
    );
    assert_eq!(
        actions(&desk.work, "poison").await,
        ["callback_received"],
        "the journal has that it came, once"
    );
});

on_both!(a_clock_that_jumps_changes_no_order_and_doubles_nothing, |desk| async {
    let (first, second) = (desk.reviewed("Ana Popović").await, desk.reviewed("Jan Novák").await);
    desk.decide(&desk.anna, &first, Outcome::Reject).await;
    desk.work.clock.advance(-2 * domain::time::HOUR);
    desk.decide(&desk.anna, &second, Outcome::Accept).await;
    desk.until_telling(&second, domain::checks::Telling::Applied).await;
    let made: Vec<(i64, i64)> = {
        let filter = casework::journal::Filter {
            action: Some("decision_made".into()),
            limit: 10,
            ..Default::default()
        };
        casework::journal::list(&desk.work, &filter)
            .await
            .expect("lists")
            .iter()
            .map(|r| (r.seq, r.at_ms))
            .collect()
    };
    assert!(
        made[0].0 > made[1].0 && made[0].1 < made[1].1,
        "the order is that of the entries, not of the clock: {made:?}"
    );
    desk.work.clock.advance(4 * domain::time::HOUR);
    desk.until_telling(&first, domain::checks::Telling::Applied).await;
    for name in ["Ana Popović", "Jan Novák"] {
        assert_eq!(desk.task(name).await["effects"], 1);
    }
    assert_journal_intact(&desk.work).await;
});
