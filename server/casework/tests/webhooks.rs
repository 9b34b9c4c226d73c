//! Signed webhooks: whose they are is settled before anything of them is read or stored;
//! subscriptions are kept in step.

use crate::{on_both, support::*};
use casework::{
    Clock, Db, Pace, Sealer,
    providers::solaris::Refusal,
    webhooks::{self, Received, Standing},
};
use reqwest::Method;
use serde_json::json;

const KEPT: Received = Received::Kept;
const ROWS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM callbacks";
const ARRIVALS: &str = "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_arrivals";

fn refused(received: Received) -> Refusal {
    match received {
        Received::Refused(refusal) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

on_both!(whatever_is_not_signed_by_its_subscription_leaves_no_row, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "IDENTIFICATION").await;
    let body = br#"{"id":"1cidt","status":"successful"}"#;
    let good = subscribed.about("1cidt", body);
    let mut spoilt = Vec::new();
    for at in 0..body.len() {
        let mut sent = good.clone();
        sent.body[at] ^= 1;
        spoilt.push((sent, Refusal::Forged));
    }
    let signature = signature(&subscribed.secret, body);
    for at in 7..signature.len() {
        let other = if signature.as_bytes()[at] == b'0' { "1" } else { "0" };
        let mut changed = signature.clone();
        changed.replace_range(at..=at, other);
        spoilt.push((
            good.clone().with("solaris-webhook-signature", Some(&changed)),
            Refusal::Forged,
        ));
    }
    for (cut, why) in [
        (&signature[..70], Refusal::Malformed),
        (&signature[7..], Refusal::Malformed),
        ("", Refusal::Unsigned),
    ] {
        spoilt.push((good.clone().with("solaris-webhook-signature", Some(cut)), why));
    }
    spoilt.push((good.clone().with("solaris-webhook-signature", None), Refusal::Unsigned));
    spoilt.push((Sent { body: body[..body.len() - 1].to_vec(), ..good.clone() }, Refusal::Forged));
    spoilt.push((Sent { body: vec![b'x'; 1024 * 1024], ..good.clone() }, Refusal::Forged));
    spoilt.push((Sent { body: "[".repeat(100_000).into_bytes(), ..good.clone() }, Refusal::Forged));
    let unknown = good.clone().with("solaris-webhook-subscription-id", Some("another"));
    spoilt.push((Sent { body: body[1..].to_vec(), ..unknown }, Refusal::NoSecret));
    // A probe has no body; with one it would be a way in without a signature.
    spoilt.push((
        good.clone().with("solaris-webhook-event-type", Some("WEBHOOK-SUBSCRIPTION")),
        Refusal::OtherEvent,
    ));
    let started = std::time::Instant::now();
    for (sent, why) in &spoilt {
        assert_eq!(refused(desk.deliver(&connection, sent).await), *why, "{sent:?}");
    }
    println!("{} refusals in {:?}", spoilt.len(), started.elapsed());
    assert_eq!((number(&desk.work.db, ARRIVALS).await, number(&desk.work.db, ROWS).await), (0, 0));
    let counted = desk.work.refusals.of(connection.as_str()).expect("counted");
    assert_eq!((counted.count, counted.last), (spoilt.len() as u64, Refusal::OtherEvent));
    assert_eq!(desk.deliver(&connection, &good).await, KEPT);
    casework::inbox::work_off(&desk.work, 8).await.expect("takes it up");
    let listed = casework::inbox::list(&desk.work).await.expect("lists").remove(0);
    assert_eq!(
        (listed.event_type.as_deref(), listed.entity_id.as_deref()),
        (Some("IDENTIFICATION"), Some("1cidt"))
    );
    assert_eq!(
        number(
            &desk.work.db,
            "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE action = 'callback_received'"
        )
        .await,
        1
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(a_secret_vouches_for_its_own_event_and_connection_alone, |desk| async {
    let (one, two) = (desk.solaris().await, desk.solaris().await);
    let changed = desk.subscribe(&one, "PERSON_CHANGED").await;
    desk.subscribe(&one, "PERSON_DELETED").await;
    // The bodies of both events are alike, and so are their signatures under one secret.
    let sent = changed.about("1cper", b"{}");
    let disguised = sent.clone().with("solaris-webhook-event-type", Some("PERSON_DELETED"));
    assert_eq!(refused(desk.deliver(&one, &disguised).await), Refusal::OtherEvent);
    let nameless = disguised.with("solaris-webhook-subscription-id", None);
    assert_eq!(
        refused(desk.deliver(&one, &nameless).await),
        Refusal::Forged,
        "the other event's secret did not sign it"
    );
    assert_eq!(refused(desk.deliver(&two, &sent).await), Refusal::NoSecret);
    assert_eq!(number(&desk.work.db, ARRIVALS).await, 0);
    assert_eq!(
        desk.deliver(&one, &sent.clone().with("solaris-webhook-subscription-id", None)).await,
        KEPT,
        "its own event's secrets are tried"
    );
    assert_eq!(desk.work.refusals.of(two.as_str()).map(|r| r.count), Some(1));
});

on_both!(a_probe_is_answered_and_leaves_nothing, |desk| async {
    let connection = desk.solaris().await;
    let probe = Sent {
        headers: vec![("solaris-webhook-event-type", "WEBHOOK-SUBSCRIPTION".into())],
        body: vec![],
    };
    assert_eq!(desk.deliver(&connection, &probe).await, Received::Probe);
    assert_eq!(
        (number(&desk.work.db, ARRIVALS).await, desk.work.refusals.of(connection.as_str())),
        (0, None)
    );
});

on_both!(a_thousand_copies_at_once_are_one_row_also_after_a_restart, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "PERSON_CHANGED").await;
    let sent = subscribed.about("1cper", b"{}");
    let copies = (0..1_000).map(|attempt: i32| {
        let (desk, connection, sent) = (desk.clone(), connection.clone(), sent.clone());
        // A retry says so in its headers, and is the same event.
        let sent = sent.with("solaris-webhook-attempt", Some(&attempt.to_string()));
        tokio::spawn(async move { desk.deliver(&connection, &sent).await })
    });
    let answers: Vec<Received> = futures::future::join_all(copies)
        .await
        .into_iter()
        .map(|a| a.expect("is answered"))
        .collect();
    assert!(answers.iter().all(|answer| *answer == KEPT));
    desk.sort_in().await;
    assert_eq!(number(&desk.work.db, ROWS).await, 1);
    let after = desk.another(pace()).await;
    let again = webhooks::receive(
        &after,
        &desk.connection_of(&connection).await,
        &sent.read(),
        &sent.body,
        "r",
    )
    .await
    .expect("answers");
    assert_eq!(again, KEPT);
    after.close().await;
    desk.sort_in().await;
    assert_eq!(number(&desk.work.db, ROWS).await, 1);
    assert_eq!(
        number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_work").await,
        1
    );
    // The same content is the same event, whatever its id: that is not signed. Another body or
    // another person is another one.
    let bare = sent.with("solaris-webhook-id", None);
    assert_eq!(
        (desk.deliver(&connection, &bare).await, desk.deliver(&connection, &bare).await),
        (KEPT, KEPT)
    );
    desk.sort_in().await;
    assert_eq!(number(&desk.work.db, ROWS).await, 1);
    desk.deliver(&connection, &subscribed.about("1cper", b"{ }")).await;
    desk.deliver(&connection, &subscribed.about("2cper", b"{}")).await;
    desk.sort_in().await;
    assert_eq!(number(&desk.work.db, ROWS).await, 3);
    assert_eq!(
        number(
            &desk.work.db,
            "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE action = 'callback_received'"
        )
        .await,
        3
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(s_29_a_recorded_webhook_under_a_new_id_is_no_new_event, |desk| async {
    let connection = desk.solaris().await;
    let subscribed = desk.subscribe(&connection, "IDENTIFICATION").await;
    let sent = subscribed.about("1cidt", br#"{"id":"1cidt","status":"successful"}"#);
    let check = desk.video_of(&connection, "1cper", "1cidt", domain::checks::State::Running).await;
    desk.deliver(&connection, &sent).await;
    casework::inbox::work_off(&desk.work, 8).await.expect("works");
    let reads = async || desk.check(&check).await.poll_fence;
    assert_eq!(reads().await, 1);
    // Everything that is not signed can be made up: the id, the subscription that is named, the
    // attempt, the moment.
    let replay = async |number: i64| {
        let mut copy = sent.clone().with("solaris-webhook-id", Some(&format!("made-up-{number}")));
        copy = copy
            .with("solaris-webhook-attempt", Some("1"))
            .with("solaris-webhook-callout-timestamp", Some("2030-01-01T00:00:00.000Z"));
        if number % 2 == 0 {
            copy = copy.with("solaris-webhook-subscription-id", None);
        }
        assert_eq!(desk.deliver(&connection, &copy).await, KEPT, "whoever sends it learns nothing");
        casework::inbox::work_off(&desk.work, 8).await.expect("works");
    };
    for number in 0..20 {
        replay(number).await;
    }
    assert_eq!(
        (number(&desk.work.db, ROWS).await, number(&desk.work.db, ARRIVALS).await, reads().await),
        (1, 0, 1)
    );
    // Also after a restart and 89 days. The same may have happened again by then: it is read once
    // more, and is no new event.
    desk.work.clock.advance(89 * domain::time::DAY);
    for number in 20..30 {
        replay(number).await;
    }
    assert_eq!((number(&desk.work.db, ROWS).await, reads().await), (1, 2));
    assert_eq!(
        number(
            &desk.work.db,
            "SELECT CAST(COUNT(*) AS BIGINT) FROM journal WHERE action = 'callback_received'"
        )
        .await,
        1
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(two_subscriptions_of_one_event_are_believed_until_one_is_ended, |desk| async {
    let connection = desk.solaris().await;
    let old = desk.subscribe(&connection, "IDENTIFICATION").await;
    let new = desk.subscribe(&connection, "IDENTIFICATION").await;
    assert_ne!((&old.id, &old.secret), (&new.id, &new.secret));
    for key in [&old, &new] {
        assert_eq!(desk.deliver(&connection, &key.about("1cidt", b"{}")).await, KEPT);
        let nameless = key.about("1cidt", b"{ }").with("solaris-webhook-subscription-id", None);
        assert_eq!(
            desk.deliver(&connection, &nameless).await,
            KEPT,
            "every secret of the event is tried"
        );
    }
    // One vouches for itself only.
    let mixed = old.about("1cidt", b"{}").with("solaris-webhook-subscription-id", Some(&new.id));
    assert_eq!(refused(desk.deliver(&connection, &mixed).await), Refusal::Forged);
    webhooks::unsubscribe(&desk.work, &by(&desk.adam), &connection, &old.id).await.expect("ends");
    assert_eq!(
        refused(desk.deliver(&connection, &old.about("1cidt", b"{}")).await),
        Refusal::NoSecret
    );
    let nameless = old.about("1cidt", b"{}").with("solaris-webhook-subscription-id", None);
    assert_eq!(refused(desk.deliver(&connection, &nameless).await), Refusal::Forged);
    assert_eq!(desk.deliver(&connection, &new.about("1cidt", b"{}")).await, KEPT);
    assert_eq!(
        desk.subscribed().await.iter().map(|w| &w.id).collect::<Vec<_>>(),
        [&new.id],
        "it is gone at Solaris too"
    );
});

on_both!(subscriptions_are_listed_as_they_stand_here_and_there, |desk| async {
    let connection = desk.solaris().await;
    let (live, gone) = (
        desk.subscribe(&connection, "IDENTIFICATION").await,
        desk.subscribe(&connection, "PERSON_CHANGED").await,
    );
    desk.ask_solaris(Method::DELETE, &format!("/webhooks/{}", gone.id), json!({})).await;
    // Made by another program, or by us when the answer was lost.
    let made = desk
        .ask_solaris(
            Method::POST,
            "/webhooks",
            json!({ "event_type": "ACCOUNT_BLOCK", "url": webhook_of(&desk, &connection).await }),
        )
        .await;
    let listed = webhooks::list(&desk.work, &connection).await.expect("lists");
    assert_eq!(listed.trouble, None);
    let standing: Vec<(&str, Standing, Option<bool>)> =
        listed.all.iter().map(|w| (w.id.as_str(), w.standing, w.leads_here)).collect();
    let foreign = made["id"].as_str().expect("an id");
    assert_eq!(
        standing,
        [
            (live.id.as_str(), Standing::Live, Some(true)),
            (gone.id.as_str(), Standing::Gone, None),
            (foreign, Standing::Foreign, Some(true))
        ]
    );
    assert_eq!(listed.all[0].made.as_ref().map(|(_, by)| by.as_str()), Some("Adam Berg"));
    for id in [gone.id.as_str(), foreign] {
        webhooks::unsubscribe(&desk.work, &by(&desk.adam), &connection, id)
            .await
            .expect("what is gone is forgotten");
    }
    assert_eq!(webhooks::list(&desk.work, &connection).await.expect("lists").all.len(), 1);
    let done = actions(&desk.work, connection.as_str()).await;
    let count = |action: &str| done.iter().filter(|a| *a == action).count();
    assert_eq!((count("webhook_added"), count("webhook_removed")), (2, 2));
    // Secrets are nowhere in clear, and open in their own row alone.
    assert!(!all_text(&desk.work.db).await.contains(&live.secret));
    run_sql(&desk.work.db, "UPDATE webhooks SET id = 'moved'").await.expect("moves");
    let sent = live.about("1cidt", b"{}");
    assert!(
        webhooks::receive(
            &desk.work,
            &desk.connection_of(&connection).await,
            &sent.read(),
            &sent.body,
            "r"
        )
        .await
        .is_err()
    );
    assert!(
        webhooks::list(&desk.work, &desk.connection).await.is_err(),
        "not of a provider that signs nothing"
    );
});

async fn webhook_of(desk: &Desk, connection: &domain::ConnectionId) -> String {
    casework::connections::webhook_url(&desk.work, &desk.connection_of(connection).await)
        .expect("an address")
}

on_both!(what_stands_in_the_way_of_a_subscription_is_said_beside_the_form, |desk| async {
    let connection = desk.solaris().await;
    let actor = by(&desk.adam);
    for bad in ["", "identification", "PERSON CHANGED", "A1", &"A".repeat(61)] {
        let refused = form_of(webhooks::subscribe(&desk.work, &actor, &connection, bad).await);
        assert!(refused.error("event_type").is_some(), "{bad}");
    }
    // A desk that nobody can reach from there.
    let db = Db::open(&desk.url).await.expect("opens");
    let hidden = work_on(
        db,
        Sealer::new(desk.key.clone(), vec![]),
        Clock::default(),
        Pace::default(),
        "http://127.0.0.1:9".into(),
    );
    let refused =
        form_of(webhooks::subscribe(&hidden, &actor, &connection, "IDENTIFICATION").await);
    assert!(
        refused.error("webhooks").is_some_and(|m| m.contains("could not reach this desk")),
        "{refused:?}"
    );
    hidden.close().await;
    run_sql(
        &desk.work.db,
        &format!(
            "UPDATE connections SET base_url = 'http://127.0.0.1:9' WHERE id = '{connection}'"
        ),
    )
    .await
    .expect("changes");
    let refused =
        form_of(webhooks::subscribe(&desk.work, &actor, &connection, "IDENTIFICATION").await);
    assert!(
        refused.error("webhooks").is_some_and(|m| m.contains("Solaris could not be reached")),
        "{refused:?}"
    );
    let listed = webhooks::list(&desk.work, &connection).await.expect("lists");
    assert!(listed.all.is_empty() && listed.trouble.is_some());
    assert_eq!(number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM webhooks").await, 0);
});
