//! What came last counts: a provider that says what it had said before is shown with that, it is
//! kept once more, and a proposal that was made in between is void. The same answer again and again
//! is kept once.

use crate::{on_both, support::*};
use casework::{
    checks::{decide::Act, review},
    inspection,
    journal::Actor,
    services, workers,
};
use domain::{
    CheckId, checks::State, decisions::Outcome, idv::Form, launch::DueDiligenceForm, time::NEVER,
};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// What the provider says from now on.
type Says = Arc<AtomicI64>;

/// Bodies of evidence of a source, as text, each of them as it was received.
async fn bodies(desk: &Desk, id: &CheckId, source: &str) -> Vec<String> {
    let mut all = Vec::new();
    for kept in desk.review(id).await.evidence.into_iter().filter(|e| e.source == source) {
        let body = review::evidence_body(&desk.work, id, &kept.id).await.expect("opens");
        assert!(body.intact, "{}", kept.name);
        all.push(String::from_utf8_lossy(&body.bytes).into_owned());
    }
    all
}

fn summary(risk: i64) -> String {
    json!({ "task_id": 7, "progress": 100, "report": { "potential_risk": risk, "sanction_matched": false } }).to_string()
}

/// A due diligence whose outcome is here, at a provider that names the risk that the test tells it
/// to.
async fn screened(desk: &Desk, risk: i64) -> (Stub, CheckId, Says) {
    let says = Says::new(AtomicI64::new(risk));
    let told = says.clone();
    let stub = Stub::start(desk, move |method, path, _| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        (_, "/task/7/summary") => (200, None, summary(told.load(Ordering::SeqCst))),
        _ => (200, None, json!({ "task_id": 7, "result": nothing_found() }).to_string()),
    })
    .await;
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: stub.connection.to_string(),
            ..desk.form("N")
        })
        .await;
    desk.until_state(&id, State::ToReview).await;
    (stub, id, says)
}

/// Has a check read once more, and waits until that is over.
async fn read_again(desk: &Desk, stub: &Stub, id: &CheckId, call: &str) {
    desk.settle("the reads so far", || async { desk.check(id).await.poll_at_ms == NEVER }).await;
    let reads = stub.count(call);
    run_sql(&desk.work.db, &format!("UPDATE checks SET poll_at_ms = 0 WHERE id = '{id}'"))
        .await
        .expect("asks for a read");
    desk.settle("one more read", || async {
        stub.count(call) > reads && desk.check(id).await.poll_at_ms == NEVER
    })
    .await;
}

async fn times(desk: &Desk, id: &CheckId, action: &str) -> usize {
    actions(&desk.work, id.as_str()).await.iter().filter(|a| *a == action).count()
}

on_both!(what_a_task_says_again_after_something_else_is_shown_and_kept_again, |desk| async {
    let (stub, id, says) = screened(&desk, 90).await;
    for risk in [10, 10, 90, 90] {
        says.store(risk, Ordering::SeqCst);
        read_again(&desk, &stub, &id, "GET /task/7/summary").await;
        assert_eq!(
            desk.review(&id).await.summary.and_then(|s| s.risk),
            Some(risk),
            "what came last"
        );
    }
    assert_eq!(bodies(&desk, &id, "summary").await, [90, 10, 90].map(summary));
    let review = desk.review(&id).await;
    let kept: Vec<_> = review.evidence.iter().filter(|e| e.source == "summary").collect();
    assert_eq!((kept[0].sha256.as_str(), kept[0].size), (kept[2].sha256.as_str(), kept[2].size));
    assert_eq!(kept[2].name, format!("{}.3", kept[0].name), "it tells that it came again");
    assert_eq!(
        times(&desk, &id, "evidence_kept").await,
        3 + 1,
        "three summaries, and the details once"
    );
    assert_eq!(review.check.risk(), Some(90));
    let found = inspection::inspect(&desk.work, &Actor::operator())
        .await
        .expect("inspects")
        .expect("nobody else does");
    assert_eq!(found.faults, 0, "{:?}", found.named);
    assert_journal_intact(&desk.work).await;
});

on_both!(a_proposal_is_void_when_the_answer_of_before_comes_again, |desk| async {
    let (stub, id, says) = screened(&desk, 100).await;
    says.store(10, Ordering::SeqCst);
    read_again(&desk, &stub, &id, "GET /task/7/summary").await;
    desk.step(&desk.anna, &id, Act::Decide, Outcome::Accept).await.expect("proposes");
    read_again(&desk, &stub, &id, "GET /task/7/summary").await;
    assert_eq!(desk.check(&id).await.state, "proposed", "nothing else came");
    says.store(100, Ordering::SeqCst);
    read_again(&desk, &stub, &id, "GET /task/7/summary").await;
    let review = desk.review(&id).await;
    assert_eq!(review.check.state, "to_review");
    assert!(review.facts.voided.is_some() && times(&desk, &id, "decision_voided").await == 1);
    assert_journal_intact(&desk.work).await;
});

on_both!(what_came_last_is_last_although_the_clock_of_who_heard_it_is_behind, |desk| async {
    let (stub, id, says) = screened(&desk, 90).await;
    desk.settle("the reads so far", || async { desk.check(&id).await.poll_at_ms == NEVER }).await;
    let other = desk.another(pace()).await;
    other.clock.advance(-30_000);
    let reads = stub.count("GET /task/7/summary");
    for risk in [10, 90] {
        says.store(risk, Ordering::SeqCst);
        run_sql(&desk.work.db, "UPDATE checks SET poll_at_ms = 0").await.expect("asks for a read");
        assert_eq!(workers::poll(&other, 8).await.expect("reads"), 1);
        assert_eq!(desk.review(&id).await.summary.and_then(|s| s.risk), Some(risk));
    }
    assert_eq!(stub.count("GET /task/7/summary"), reads + 2);
    assert_eq!(bodies(&desk, &id, "summary").await, [90, 10, 90].map(summary));
    other.close().await;
});

on_both!(what_a_read_heard_that_a_newer_request_has_overtaken_is_not_the_last_word, |desk| async {
    let (stub, id, says) = screened(&desk, 90).await;
    desk.settle("the reads so far", || async { desk.check(&id).await.poll_at_ms == NEVER }).await;
    let (reads, work) = (stub.count("GET /task/7/summary"), desk.work.clone());
    says.store(10, Ordering::SeqCst);
    stub.set_delay_ms(1_500);
    run_sql(&desk.work.db, "UPDATE checks SET poll_at_ms = 0").await.expect("asks for a read");
    let slow = tokio::spawn(async move { workers::poll(&work, 8).await });
    let asked = async {
        while stub.count("GET /task/7/summary") == reads {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, asked).await.expect("it is read");
    // As a callback does.
    run_sql(&desk.work.db, "UPDATE checks SET poll_at_ms = 0, poll_fence = poll_fence + 1")
        .await
        .expect("asks for another");
    assert!(!slow.is_finished(), "the answer is still on its way");
    assert_eq!(slow.await.expect("no panic").expect("reads"), 1);
    assert_eq!(bodies(&desk, &id, "summary").await, [summary(90)]);
    stub.set_delay_ms(0);
    desk.settle("the newer read", || async { desk.check(&id).await.poll_at_ms == NEVER }).await;
    assert_eq!(bodies(&desk, &id, "summary").await, [90, 10].map(summary));
});

on_both!(an_id_verification_that_is_as_before_again_is_shown_so_and_told_once, |desk| async {
    let said = |name: &str| {
        json!({ "idv_task_id": 77, "state": 0, "full_name": name, "birthday": "1984-09-05", "id_number": "L01X00T47" }).to_string()
    };
    let says = Says::new(AtomicI64::new(0));
    let told = says.clone();
    let stub = Stub::start(&desk, move |method, path, _| match (method, path) {
        ("POST", "/idv") => (200, None, json!({ "idv_task_id": 77 }).to_string()),
        ("GET", "/idv/77") => (
            200,
            None,
            said(if told.load(Ordering::SeqCst) == 0 {
                "Olena Kovalenko"
            } else {
                "Olga Kovalenko"
            }),
        ),
        _ => (404, None, String::new()),
    })
    .await;
    let form = Form {
        connection: stub.connection.to_string(),
        ..desk.idv_form("upload", "Olena Kovalenko")
    };
    let id = desk.launch_idv(form).await;
    let begun = desk.until_state(&id, State::ToReview).await.version;
    for (turn, name, changes) in [
        (1, "Olga Kovalenko", 1),
        (1, "Olga Kovalenko", 1),
        (0, "Olena Kovalenko", 2),
        (0, "Olena Kovalenko", 2),
    ] {
        says.store(turn, Ordering::SeqCst);
        read_again(&desk, &stub, &id, "GET /idv/77").await;
        let review = desk.review(&id).await;
        assert_eq!(review.idv.and_then(|said| said.recognised.name).as_deref(), Some(name));
        assert_eq!(
            review.check.version,
            begun + changes,
            "whoever has the page open has not seen a change, and has seen the rest"
        );
    }
    assert_eq!(bodies(&desk, &id, "idv").await.len(), 3);
    assert_journal_intact(&desk.work).await;
});

on_both!(
    a_wallets_analysis_that_says_the_first_again_ends_a_proposal_that_was_made_on_another,
    |desk| async {
        let says = Says::new(AtomicI64::new(100));
        let (told, address) = (says.clone(), desk.wallet("eth", "clean").await);
        let own = address.clone();
        let stub = Stub::start(&desk, move |_, _, _| {
        let risk = told.load(Ordering::SeqCst);
        (200, None, json!({ "kya_id": 12, "address": own, "data": { "risk_score": risk }, "sdnlist": [], "txlist": [] }).to_string())
    })
    .await;
        let id = desk.ask(wallet_form(&stub.connection, &address)).await;
        desk.until_state(&id, State::ToReview).await;
        let again = async |risk: i64| {
            says.store(risk, Ordering::SeqCst);
            let is_same =
                services::read_again(&desk.work, &by(&desk.ben), &id).await.expect("reads");
            (is_same, desk.review(&id).await.said_again.as_ref().and_then(wallet_score))
        };
        assert_eq!(again(10).await, (false, Some(10)));
        desk.clear_sanctions(&id).await;
        desk.step(&desk.anna, &id, Act::Decide, Outcome::Accept).await.expect("proposes");
        assert_eq!(again(10).await, (false, Some(10)));
        assert_eq!(
            desk.check(&id).await.state,
            "proposed",
            "what is shown is what was proposed on"
        );
        assert_eq!(again(100).await, (true, None), "it says what it said at first");
        assert_eq!(
            (desk.check(&id).await.state.as_str(), times(&desk, &id, "decision_voided").await),
            ("to_review", 1)
        );
        assert_eq!(again(10).await, (false, Some(10)), "and the other again");
        assert_eq!(bodies(&desk, &id, services::DETAIL).await.len(), 3);
        assert_journal_intact(&desk.work).await;
    }
);
