//! What follows from webhooks: a read of what they are about, and an erasure only when Solaris has
//! nobody any more.

use crate::{on_both, support::*};
use casework::{Pace, customers, inbox};
use domain::{CheckId, ConnectionId, checks::State};
use serde_json::json;
use std::sync::Arc;

/// Works the inbox off until nothing is due any more; nothing else runs.
async fn understood(desk: &Arc<Desk>) -> Vec<inbox::Listed> {
    for _ in 0..200 {
        inbox::work_off(&desk.work, 50).await.expect("works");
        let listed = inbox::list(&desk.work).await.expect("lists");
        if listed.iter().all(|c| c.state != "due") {
            return listed;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("something stays due: {:?}", inbox::list(&desk.work).await);
}

/// Whether a read was asked for: when it is due, and the fence that makes an older read void.
async fn read_of(desk: &Desk, check: &CheckId) -> (bool, i64) {
    let check = desk.check(check).await;
    (check.poll_at_ms <= desk.work.now(), check.poll_fence)
}

async fn is_erased(desk: &Desk, check: &CheckId) -> bool {
    let customer = desk.check(check).await.customer_id;
    number(
        &desk.work.db,
        &format!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM customer_keys WHERE customer_id = '{customer}'"
        ),
    )
    .await
        == 0
}

on_both!(an_identification_is_read_again_at_once, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "IDENTIFICATION").await;
    let check = desk.video_of(&connection, "1cper", "1cidt", State::Running).await;
    let other = desk.video_of(&connection, "2cper", "2cidt", State::Running).await;
    assert_eq!(read_of(&desk, &check).await, (false, 0));
    // Whatever the body claims.
    desk.deliver(
        &connection,
        &subscribed.about("1cidt", br#"{"id":"2cidt","status":"successful"}"#),
    )
    .await;
    let listed = understood(&desk).await;
    assert_eq!(
        (listed[0].state.as_str(), listed[0].note.clone()),
        ("done", Some(format!("read again: {check}")))
    );
    assert_eq!(
        (read_of(&desk, &check).await, read_of(&desk, &other).await),
        ((true, 1), (false, 0))
    );
    assert_eq!(desk.check(&check).await.state, "running", "the webhook itself changes nothing");
    // The body names it for who leaves out the header.
    desk.deliver(&connection, &subscribed.about("", br#"{"id":"2cidt"}"#)).await;
    understood(&desk).await;
    assert_eq!(read_of(&desk, &other).await, (true, 1));
});

on_both!(of_those_that_ask_the_provider_only_a_few_are_taken_at_once, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "PERSON_DELETED").await;
    for person in ["1cper", "2cper", "3cper", "4cper", "5cper"] {
        desk.deliver(
            &connection,
            &subscribed.about(person, format!(r#"{{"id":"{person}"}}"#).as_bytes()),
        )
        .await;
    }
    // Under a lease that ends before their turn, the others would be taken by somebody else as
    // well. What was tried is not due again soon.
    let work = desk.another(Pace { retry_base_ms: 600_000, retry_max_ms: 600_000, ..pace() }).await;
    let tried = "SELECT CAST(SUM(attempts) AS BIGINT) FROM callback_work";
    for tries in [2, 4, 5] {
        inbox::work_off(&work, 2).await.expect("works");
        assert_eq!(number(&desk.work.db, tried).await, tries);
        assert_eq!(
            number(&desk.work.db, "SELECT CAST(MAX(attempts) AS BIGINT) FROM callback_work").await,
            1
        );
    }
    work.close().await;
});

on_both!(
    an_identification_that_nobody_has_yet_is_tried_again_and_parked_in_the_end,
    |desk| async {
        let connection = desk.solaris().await;
        let subscribed = desk.subscribe(&connection, "IDENTIFICATION").await;
        desk.deliver(&connection, &subscribed.about("7cidt", b"{}")).await;
        desk.deliver(&connection, &subscribed.about("8cidt", b"{}")).await;
        inbox::work_off(&desk.work, 8).await.expect("works");
        assert!(inbox::list(&desk.work).await.expect("lists").iter().all(|c| c.state == "due"
            && c.note.as_deref() == Some("no check has this identification yet")));
        // Our own creation arrives late.
        let check = desk.video_of(&connection, "8cper", "8cidt", State::Running).await;
        let listed = understood(&desk).await;
        let of = |entity: &str| {
            listed.iter().find(|c| c.entity_id.as_deref() == Some(entity)).expect("listed")
        };
        assert_eq!((of("8cidt").state.as_str(), read_of(&desk, &check).await.0), ("done", true));
        assert_eq!((of("7cidt").state.as_str(), of("7cidt").attempts), ("parked", 6));
        assert!(
            of("7cidt").note.as_deref().is_some_and(|n| n.contains("an admin should look at it"))
        );
        desk.deliver(&connection, &subscribed.about("", b"{}")).await;
        assert!(understood(&desk).await.iter().any(|c| c.state == "parked"
            && c.attempts == 1
            && c.note.as_deref().is_some_and(|n| n.contains("does not say"))));
    }
);

on_both!(a_changed_person_is_read_again_in_all_their_checks, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "PERSON_CHANGED").await;
    let one = desk.video_of(&connection, "1cper", "1cidt", State::Running).await;
    let person = "SELECT person_id FROM video_sessions LIMIT 1";
    let two = desk.video_of(&connection, "2cper", "2cidt", State::ToReview).await;
    let first = texts(&desk.work.db, &format!("{person} OFFSET 0")).await.remove(0);
    run_sql(&desk.work.db, &format!("UPDATE video_sessions SET person_id = '{first}'"))
        .await
        .expect("the same person");
    let other = desk.video_of(&desk.solaris().await, "1cper", "3cidt", State::Running).await;
    let known = if texts(
        &desk.work.db,
        &format!("SELECT provider_ref FROM provider_persons WHERE id = '{first}'"),
    )
    .await[0]
        == "1cper"
    {
        "1cper"
    } else {
        "2cper"
    };
    desk.deliver(&connection, &subscribed.about(known, b"{}")).await;
    desk.deliver(&connection, &subscribed.about("9cper", b"{}")).await;
    let listed = understood(&desk).await;
    assert!(listed.iter().all(|c| c.state == "done"), "{listed:?}");
    assert_eq!(
        (read_of(&desk, &one).await, read_of(&desk, &two).await, read_of(&desk, &other).await),
        ((true, 1), (true, 1), (false, 0))
    );
    assert!(listed.iter().any(|c| c.note.as_deref() == Some("no check here is about this person")));
});

on_both!(events_that_nothing_follows_from_are_kept_and_listed, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "POSTBOX_ITEM_CREATED").await;
    desk.deliver(&connection, &subscribed.about("1cper", br#"{"id":"x"}"#)).await;
    let listed = understood(&desk).await;
    assert_eq!(
        listed[0].note.as_deref(),
        Some("kept; nothing follows from POSTBOX_ITEM_CREATED here")
    );
    assert_eq!(
        (listed[0].state.as_str(), listed[0].event_type.as_deref()),
        ("done", Some("POSTBOX_ITEM_CREATED"))
    );
});

/// F-14: each event only asks for a read, so their order makes no difference.
async fn in_order(
    desk: &Arc<Desk>,
    connection: &ConnectionId,
    check: &CheckId,
    order: &[Sent],
) -> (String, i64, Option<String>, i64) {
    for sent in order {
        desk.deliver(connection, sent).await;
    }
    assert!(understood(desk).await.iter().all(|c| c.state == "done"));
    assert!(read_of(desk, check).await.0);
    let check = desk.check(check).await;
    (check.state, check.version, check.provider_state, check.progress)
}

on_both!(the_order_of_events_makes_no_difference, |desk| async {
    let connection = desk.solaris().await;
    let (identification, changed) = (
        desk.subscribe(&connection, "IDENTIFICATION").await,
        desk.subscribe(&connection, "PERSON_CHANGED").await,
    );
    let check = desk.video_of(&connection, "1cper", "1cidt", State::Accepted).await;
    let mut seen = std::collections::BTreeSet::new();
    for rotation in 0..5_usize {
        for reversed in [false, true] {
            let mut events: Vec<Sent> = ["pending", "pending_successful", "successful", "failed"]
                .map(|status| {
                    identification.about(
                        "1cidt",
                        json!({ "id": "1cidt", "status": status }).to_string().as_bytes(),
                    )
                })
                .into_iter()
                .chain([changed.about("1cper", b"{}")])
                .collect();
            events.rotate_left(rotation);
            if reversed {
                events.reverse();
            }
            seen.insert(in_order(&desk, &connection, &check, &events).await);
        }
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen.iter().all(|(state, ..)| state == "accepted"));
});

on_both!(a_deleted_person_is_erased_here_at_once, |desk| async {
    let connection = desk.solaris().await;
    desk.subscribe(&connection, "PERSON_DELETED").await;
    let person = desk.person_there().await;
    let check = desk.video_of(&connection, &person, "1cidt", State::Running).await;
    desk.control(&format!("/solaris/persons/{person}/delete"), json!({})).await;
    // The stand-in signs and sends it itself.
    for _ in 0..200 {
        if desk.callbacks_received() > 0 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let listed = understood(&desk).await;
    assert_eq!(
        listed[0].note.as_deref(),
        Some("Solaris deleted the person: the customer was erased")
    );
    assert!(is_erased(&desk, &check).await);
    let after = desk.check(&check).await;
    assert!(
        after.state == "failed"
            && after.trouble.is_some_and(|t| t.contains("The customer was erased")),
        "{}",
        after.state
    );
    assert_eq!(actions(&desk.work, &after.customer_id).await, ["customer_erased"]);
    assert!(number(&desk.work.db, "SELECT erased_at_ms FROM provider_persons").await > 0);
    assert_journal_intact(&desk.work).await;
    // Told once more, in other bytes, which makes it another event: nothing more happens.
    let subscribed = desk.subscribed().await.remove(0);
    desk.deliver(&connection, &subscribed.about(&person, b"{ }")).await;
    assert!(understood(&desk).await.iter().any(|c| c.note.as_deref() == Some("erased before")));
    assert_eq!(
        actions(&desk.work, &desk.check(&check).await.customer_id).await,
        ["customer_erased"]
    );
});

on_both!(whom_solaris_still_has_is_not_erased_whatever_a_header_says, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "PERSON_DELETED").await;
    let person = desk.person_there().await;
    let check = desk.video_of(&connection, &person, "1cidt", State::ToReview).await;
    // Signed for somebody else, sent again with another entity: the header is not part of what is
    // signed.
    desk.deliver(&connection, &subscribed.about(&person, b"{}")).await;
    desk.deliver(&connection, &subscribed.about("9cper", b"{}")).await;
    let listed = understood(&desk).await;
    let of = |entity: &str| {
        listed.iter().find(|c| c.entity_id.as_deref() == Some(entity)).expect("listed")
    };
    assert_eq!(of(&person).state, "parked");
    assert!(
        of(&person).note.as_deref().is_some_and(|n| n.contains("Solaris still has this person")),
        "{:?}",
        of(&person).note
    );
    assert_eq!(
        (of("9cper").state.as_str(), of("9cper").note.as_deref()),
        ("done", Some("nobody here is this person"))
    );
    assert!(!is_erased(&desk, &check).await);
    assert_eq!(desk.check(&check).await.state, "to_review");
});

on_both!(an_answer_that_says_nothing_erases_nobody, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "PERSON_DELETED").await;
    let check = desk.video_of(&connection, "1cper", "1cidt", State::ToReview).await;
    // Something answers there that is not Solaris: tokens it has, persons it does not know, and it
    // says no more.
    let stub = Stub::start(&desk, |_, path, _| match path {
        "/token" => {
            (200, None, r#"{"access_token":"t","expires_in":3599,"token_type":"bearer"}"#.into())
        }
        _ => (404, None, String::new()),
    })
    .await;
    let base = desk.connection_of(&stub.connection).await.base_url;
    let statement = format!(
        "UPDATE connections SET base_url = '{base}', token_url = '{base}/token' WHERE id = '{connection}'"
    );
    run_sql(&desk.work.db, &statement).await.expect("changes");
    desk.deliver(&connection, &subscribed.about("1cper", b"{}")).await;
    for _ in 0..30 {
        inbox::work_off(&desk.work, 8).await.expect("works");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let listed = inbox::list(&desk.work).await.expect("lists").remove(0);
    assert!(stub.count("GET /v1/persons/1cper") >= 2, "it is asked again: {:?}", stub.calls());
    assert_eq!(listed.state, "due");
    assert!(
        listed.note.as_deref().is_some_and(|n| n.starts_with("not erased yet: Solaris")),
        "{:?}",
        listed.note
    );
    assert!(!is_erased(&desk, &check).await);
    // A day later an admin looks at it.
    run_sql(&desk.work.db, "UPDATE callback_work SET next_at_ms = 0").await.expect("due");
    desk.work.clock.advance(domain::time::DAY + 1_000);
    assert_eq!(understood(&desk).await[0].state, "parked");
    assert!(
        customers::get(&desk.work, &reference(&desk, &check).await)
            .await
            .is_ok_and(|c| c.name == "Jane Doe")
    );
});

async fn reference(desk: &Desk, check: &CheckId) -> String {
    let customer = desk.check(check).await.customer_id;
    texts(&desk.work.db, &format!("SELECT reference FROM customers WHERE id = '{customer}'"))
        .await
        .remove(0)
}
