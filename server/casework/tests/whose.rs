//! Video identification: whoever came is compared with whoever was sent, whatever the provider
//! shows of it, and nothing that it says gives the session's reference away.

use crate::{on_both, support::*};
use casework::{
    Error,
    checks::{Finding, review},
    new_id,
    providers::solaris::Refusal,
    video,
    webhooks::{self, Adopted, Received, Standing},
};
use domain::{
    CheckId, DecisionId, Refusal as Rule,
    decisions::{Outcome, Reason, Verdict},
    findings::Source,
    video::{State as There, Told},
};
use serde_json::json;
use zeroize::Zeroizing;

const FIRST: &str = "X-AUTOTEST-HAPPYPATH";

fn of(review: &review::Review, source: Source) -> Vec<&Finding> {
    review.findings.iter().filter(|f| f.source() == source).collect()
}

async fn identified(desk: &Desk, first_name: &str, last_name: &str) -> (CheckId, review::Review) {
    let bank = desk.bank("solaris").await;
    let id = desk.requested(&person_form(&bank, first_name, last_name)).await;
    let is_done = |r: &review::Review| {
        r.check.state == "to_review"
            && r.video.as_ref().is_some_and(|v| v.state() == There::Successful)
    };
    let review = desk.until_review(&id, is_done).await;
    (id, review)
}

async fn accept(desk: &Desk, id: &CheckId) -> Result<casework::checks::decide::Decided, Error> {
    let seen_version = desk.check(id).await.version;
    let verdict = Verdict {
        seen_version,
        outcome: Some(Outcome::Accept),
        reason: Some(Reason::IdentityConfirmed),
        comment: "Looked at all of it.",
    };
    desk.act(
        &desk.anna,
        id,
        &DecisionId::from(new_id()),
        casework::checks::decide::Act::Decide,
        &verdict,
    )
    .await
}

on_both!(another_person_than_was_sent_must_be_judged_although_no_session_is_shown, |desk| async {
    let (id, review) = identified(&desk, FIRST, "Test Another Person").await;
    let differences = of(&review, Source::IdentField);
    let titles: Vec<&str> = differences.iter().map(|f| f.title.as_str()).collect();
    assert_eq!(
        titles,
        ["First name", "Birth date", "Nationality", "Mobile number"]
            .map(|label| format!("{label}: changed at Solaris since the check began"))
    );
    assert!(
        differences[1].facts().contains(&("typed".into(), "1992-12-11".into())),
        "{:?}",
        differences[1].facts()
    );
    assert!(differences[1].facts().contains(&("at Solaris now".into(), "1961-02-03".into())));
    let shown = review.video.as_ref().expect("a video identification");
    assert_eq!(shown.told(), Some(Told::Other));
    assert!(
        shown.sessions_why.as_deref().is_some_and(|why| why.contains("HTTP 404")),
        "{:?}",
        shown.sessions_why
    );
    assert_eq!(of(&review, Source::Unread).len(), 1, "what the sessions tell is not known");
    assert_eq!(refusal(accept(&desk, &id).await), Rule::UndecidedFindings(5));
    // Read once more, nothing is told twice.
    let person =
        review.video.as_ref().and_then(|v| v.person_now.as_ref()).expect("the person").id.clone();
    desk.control(&format!("/solaris/persons/{person}/rename"), json!({ "birth_city": "Bonn" }))
        .await;
    let again = desk
        .until_video(&id, |v| {
            v.person_now.as_ref().is_some_and(|p| p.field("birth_city") == Some("Bonn"))
        })
        .await;
    assert_eq!(
        (desk.review(&id).await.findings.len(), again.told()),
        (review.findings.len(), Some(Told::Other))
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(without_sessions_nobody_says_that_nothing_changed, |desk| async {
    let (id, review) = identified(&desk, FIRST, "Test No Sessions").await;
    let changed: Vec<_> =
        of(&review, Source::IdentField).iter().map(|f| f.title.as_str()).collect();
    assert_eq!(
        changed,
        ["Mobile number: changed at Solaris since the check began"],
        "the person is who was sent; nobody confirms the number"
    );
    let unread = of(&review, Source::Unread);
    assert!(unread[0].title.contains("not known"), "{:?}", unread[0].title);
    assert_eq!(review.video.as_ref().and_then(video::Shown::told), Some(Told::Other));
    assert_eq!(refusal(accept(&desk, &id).await), Rule::UndecidedFindings(2));
});

on_both!(what_was_not_known_goes_when_it_is_told, |desk| async {
    let is_requested = std::sync::atomic::AtomicBool::new(false);
    let bank = Stub::of(&desk, "solaris", move |method, path, before| match (method, path) {
        (_, "/oauth2/token") => (200, None, r#"{"access_token":"t","token_type":"bearer","expires_in":3599}"#.into()),
        ("POST", "/v1/persons") => (201, None, stub_person("Mia")),
        (_, "/v1/persons/1cper") => (200, None, stub_person("Mia")),
        ("POST", "/v1/persons/1cper/identifications") => (201, None, r#"{"id":"1cidt","status":"created"}"#.into()),
        (_, "/v1/persons/1cper/identifications/1cidt/request") => {
            is_requested.store(true, std::sync::atomic::Ordering::SeqCst);
            (200, None, r#"{"id":"1cidt","status":"pending","url":"https://go.test.idnow.de/x","reference":"TST-KCCEY"}"#.into())
        }
        (_, "/v1/persons/1cper/identifications/1cidt") => {
            let status = if is_requested.load(std::sync::atomic::Ordering::SeqCst) { "successful" } else { "created" };
            (200, None, json!({ "id": "1cidt", "status": status }).to_string())
        }
        (_, "/v1/persons/1cper/identifications/1cidt/supported_documents") => (200, None, "[]".into()),
        (_, "/v1/persons/1cper/identifications/1cidt/idnow_attempts") if before < 2 => (200, None, r#"{"sessions":"later"}"#.into()),
        (_, "/v1/persons/1cper/identifications/1cidt/idnow_attempts") => (200, None, stub_attempts()),
        _ => (404, None, r#"{"errors":[{"code":"model_not_found","detail":"Couldn't find it"}]}"#.into()),
    })
    .await;
    let id = desk.requested(&person_form(&bank.connection, "Mia", "Doe")).await;
    let review = desk.in_state(&id, domain::checks::State::ToReview).await;
    assert_eq!(of(&review, Source::Unread).len(), 1, "{:?}", review.findings);
    let review =
        desk.until_review(&id, |r| r.video.as_ref().is_some_and(|v| v.attempts.len() == 1)).await;
    assert!(review.findings.is_empty(), "{:?}", review.findings);
    assert_eq!(review.video.as_ref().and_then(video::Shown::told), Some(Told::Nothing));
    assert!(
        review.evidence.iter().any(|e| e.source == casework::providers::NOT_TAKEN),
        "the odd list is kept"
    );
});

/// A bank that shows its one person and their sessions like this, and says that they were
/// successful.
async fn stub_bank(desk: &Desk, person: String, (status, attempts): (u16, String)) -> Stub {
    let is_requested = std::sync::atomic::AtomicBool::new(false);
    Stub::of(desk, "solaris", move |method, path, _| match (method, path) {
        (_, "/oauth2/token") => (200, None, r#"{"access_token":"t","token_type":"bearer","expires_in":3599}"#.into()),
        ("POST", "/v1/persons") => (201, None, stub_person("Mia")),
        (_, "/v1/persons/1cper") => (200, None, person.clone()),
        ("POST", "/v1/persons/1cper/identifications") => (201, None, r#"{"id":"1cidt","status":"created"}"#.into()),
        (_, "/v1/persons/1cper/identifications/1cidt/request") => {
            is_requested.store(true, std::sync::atomic::Ordering::SeqCst);
            (200, None, r#"{"id":"1cidt","status":"pending","url":"https://go.test.idnow.de/x","reference":"TST-KCCEY"}"#.into())
        }
        (_, "/v1/persons/1cper/identifications/1cidt") => {
            let state = if is_requested.load(std::sync::atomic::Ordering::SeqCst) { "successful" } else { "created" };
            (200, None, json!({ "id": "1cidt", "status": state }).to_string())
        }
        (_, "/v1/persons/1cper/identifications/1cidt/supported_documents") => (200, None, "[]".into()),
        (_, "/v1/persons/1cper/identifications/1cidt/idnow_attempts") => (status, None, attempts.clone()),
        _ => (404, None, r#"{"errors":[{"code":"model_not_found","detail":"Couldn't find it"}]}"#.into()),
    })
    .await
}

on_both!(
    who_has_the_name_of_before_again_is_shown_with_it_and_raises_one_more_alarm,
    |desk| async {
        use std::sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        };
        let (is_renamed, is_requested) = (Arc::new(AtomicBool::new(false)), AtomicBool::new(false));
        let shown_as = is_renamed.clone();
        let bank = Stub::of(&desk, "solaris", move |method, path, _| match (method, path) {
        (_, "/oauth2/token") => (200, None, r#"{"access_token":"t","token_type":"bearer","expires_in":3599}"#.into()),
        ("POST", "/v1/persons") => (201, None, stub_person("Mia")),
        (_, "/v1/persons/1cper") => (200, None, stub_person(if shown_as.load(Ordering::SeqCst) { "Zoe" } else { "Mia" })),
        ("POST", "/v1/persons/1cper/identifications") => (201, None, r#"{"id":"1cidt","status":"created"}"#.into()),
        (_, "/v1/persons/1cper/identifications/1cidt/request") => {
            is_requested.store(true, Ordering::SeqCst);
            (200, None, r#"{"id":"1cidt","status":"pending","url":"https://go.test.idnow.de/x","reference":"TST-KCCEY"}"#.into())
        }
        (_, "/v1/persons/1cper/identifications/1cidt") => {
            let status = if is_requested.load(Ordering::SeqCst) { "successful" } else { "created" };
            (200, None, json!({ "id": "1cidt", "status": status }).to_string())
        }
        (_, "/v1/persons/1cper/identifications/1cidt/supported_documents") => (200, None, "[]".into()),
        (_, "/v1/persons/1cper/identifications/1cidt/idnow_attempts") => (200, None, stub_attempts()),
        _ => (404, None, r#"{"errors":[{"code":"model_not_found","detail":"Couldn't find it"}]}"#.into()),
    })
    .await;
        let id = desk.requested(&person_form(&bank.connection, "Mia", "Doe")).await;
        desk.in_state(&id, domain::checks::State::ToReview).await;
        accept(&desk, &id).await.expect("nothing has to be judged");
        let alarms = async || {
            actions(&desk.work, id.as_str())
                .await
                .iter()
                .filter(|action| *action == "alarm_raised")
                .count()
        };
        for (name, raised) in [("Zoe", 1), ("Mia", 2)] {
            is_renamed.store(name == "Zoe", Ordering::SeqCst);
            let is_shown = |v: &video::Shown| {
                v.person_now.as_ref().is_some_and(|p| p.field("first_name") == Some(name))
            };
            desk.until_video(&id, is_shown).await;
            assert_eq!(alarms().await, raised, "{name}");
        }
        desk.work_for(300).await;
        let kept =
            desk.review(&id).await.evidence.iter().filter(|e| e.source == video::PERSON).count();
        assert_eq!(
            (kept, alarms().await),
            (3, 2),
            "what comes again and again is kept once, and told once"
        );
        assert_journal_intact(&desk.work).await;
    }
);

on_both!(a_standing_that_cannot_be_read_must_be_judged, |desk| async {
    let mut person: serde_json::Value = serde_json::from_str(&stub_person("Mia")).expect("JSON");
    person["risk_classification_status"] = json!(["RISK_REJECTED"]);
    person["flagged_by_compliance"] = json!("yes");
    let bank = stub_bank(&desk, person.to_string(), (200, stub_attempts())).await;
    let id = desk.requested(&person_form(&bank.connection, "Mia", "Doe")).await;
    let review = desk.in_state(&id, domain::checks::State::ToReview).await;
    let titles: Vec<&str> = of(&review, Source::Unread).iter().map(|f| f.title.as_str()).collect();
    assert_eq!(titles.len(), 2, "{:?}", review.findings);
    assert!(
        titles[0].starts_with("Risk at Solaris")
            && titles[0].contains("RISK_REJECTED")
            && titles[1].contains("flagged"),
        "{titles:?}"
    );
    assert_eq!(refusal(accept(&desk, &id).await), Rule::UndecidedFindings(2));
});

on_both!(sessions_that_fail_for_good_leave_the_identification_to_be_judged, |desk| async {
    let bank = stub_bank(
        &desk,
        stub_person("Mia"),
        (500, r#"{"errors":[{"code":"internal_server_error"}]}"#.into()),
    )
    .await;
    let id = desk.requested(&person_form(&bank.connection, "Mia", "Doe")).await;
    let review = desk.in_state(&id, domain::checks::State::ToReview).await;
    assert_eq!(of(&review, Source::Unread).len(), 1, "{:?}", review.findings);
    let shown = review.video.as_ref().expect("a video identification");
    assert_eq!(shown.told(), Some(Told::Unknown));
    assert!(
        shown.sessions_why.as_deref().is_some_and(|why| why.contains("HTTP 500")),
        "{:?}",
        shown.sessions_why
    );
    assert!(
        review.evidence.iter().any(|e| e.source == casework::providers::REFUSAL),
        "what it said is kept"
    );
    assert_eq!(refusal(accept(&desk, &id).await), Rule::UndecidedFindings(1));
});

on_both!(a_success_settles_no_suspicion_that_its_session_leaves_open, |desk| async {
    let attempts = stub_attempts().replace("\"SUCCESS\"", "\"FRAUD_SUSPICION_PENDING\"");
    let bank = stub_bank(&desk, stub_person("Mia"), (200, attempts)).await;
    let id = desk.requested(&person_form(&bank.connection, "Mia", "Doe")).await;
    let review = desk.in_state(&id, domain::checks::State::ToReview).await;
    let unread = of(&review, Source::Unread);
    assert!(
        unread.len() == 1 && unread[0].title.contains("suspects fraud and has not decided"),
        "{:?}",
        review.findings
    );
    assert_eq!(refusal(accept(&desk, &id).await), Rule::UndecidedFindings(1));
});

fn stub_person(first_name: &str) -> String {
    json!({ "id": "1cper", "first_name": first_name, "last_name": "Doe", "birth_date": "1992-12-11", "nationality": "DE" }).to_string()
}

fn stub_attempts() -> String {
    let same = |value: &str| json!({ "value": value, "status": "MATCH" });
    let userdata = json!({ "firstname": same("Mia"), "lastname": same("Doe"), "birthday": same("1992-12-11"), "nationality": same("DE") });
    json!([{ "id": "1cida", "result": "SUCCESS", "payload": { "userdata": userdata } }]).to_string()
}

on_both!(a_word_such_as_match_hides_no_other_name, |desk| async {
    let (_, review) = identified(&desk, FIRST, "Test Silent Change").await;
    let differences = of(&review, Source::IdentField);
    assert_eq!(differences.len(), 1, "{:?}", review.findings);
    assert_eq!(differences[0].title, "First name: the session shows something else than was typed");
    assert!(differences[0].compared()[0].found.contains("Zacharias"));
});

on_both!(sessions_are_told_by_their_time_and_none_is_lost, |desk| async {
    let (_, review) = identified(&desk, "X-AUTOTEST-CHANGEALL", "Test Newest First").await;
    let attempts = &review.video.as_ref().expect("a video identification").attempts;
    let results: Vec<String> = attempts.iter().map(|a| a.result.words()).collect();
    assert_eq!(
        results,
        ["aborted during the call", "aborted during the call", "successful, data were changed"]
    );
    assert!(
        of(&review, Source::IdentField).len() > 3,
        "what the last session changed: {:?}",
        review.findings
    );
    let aborted: Vec<&str> =
        of(&review, Source::IdentAttempt).iter().map(|f| f.title.as_str()).collect();
    assert_eq!(aborted.len(), 2);
    assert!(
        aborted[0].starts_with("Session 1 was") && aborted[1].starts_with("Session 2 was"),
        "{aborted:?}"
    );
});

on_both!(what_is_no_session_must_be_judged, |desk| async {
    let (id, review) = identified(&desk, FIRST, "Test Odd Sessions").await;
    let unread = of(&review, Source::Unread);
    assert_eq!(unread.len(), 1, "{:?}", review.findings);
    let raw = unread[0].snippet.as_deref().expect("the raw text");
    assert!(!raw.contains("ODD0"), "without the reference: {raw}");
    assert_eq!(refusal(accept(&desk, &id).await), Rule::UndecidedFindings(1));
});

on_both!(nothing_that_is_said_of_a_person_shows_a_reference, |desk| async {
    let (id, review) = identified(&desk, FIRST, "Test Odd Members").await;
    let now = review.video.as_ref().and_then(|v| v.person_now.as_ref()).expect("the person");
    let shown = format!("{:?}", now.fields);
    let secrets = ["QWERTZ", "ASDFGH", "YXCVB", "MNBVC"];
    assert!(
        now.fields.contains_key("remark") && now.fields.contains_key("idnow.last"),
        "the members are shown: {shown}"
    );
    assert!(!secrets.iter().any(|secret| shown.contains(secret)), "{shown}");
    let mut bodies = Vec::new();
    for kept in review.evidence.iter().filter(|e| e.source == video::PERSON) {
        bodies.push(review::evidence_body(&desk.work, &id, &kept.id).await.expect("opens").bytes);
    }
    let is_whole = |body: &&Vec<u8>| {
        secrets.iter().all(|secret| String::from_utf8_lossy(body).contains(secret))
    };
    let body = bodies.iter().find(is_whole).expect("the evidence is as it came");
    assert!(
        video::hides_something(body)
            && video::masked(body)
                .is_some_and(|text| !secrets.iter().any(|secret| text.contains(secret)))
    );
});

on_both!(a_list_of_documents_that_is_not_there_is_said_to_be_that, |desk| async {
    let (_, review) = identified(&desk, FIRST, "Test No Documents").await;
    let why = review.video.as_ref().and_then(|v| v.documents_why.clone()).expect("said");
    assert!(why.contains("no list of documents") && why.contains("HTTP 404"), "{why}");
    let (_, review) = identified(&desk, FIRST, "Doe").await;
    assert_eq!(review.video.expect("a video identification").documents_why, None);
});

on_both!(each_refusal_at_the_bank_has_words_of_its_own, |desk| async {
    let bank = desk.bank("solaris").await;
    for (last_name, words) in [
        ("Test Unauthorized Partner", "Our partner account at Solaris is not allowed to use this"),
        ("Test Quota", "Our quota at Solaris is used up (HTTP 429)"),
        ("Test 500", "Solaris has a fault of its own (HTTP 500)"),
        ("Test 503", "Solaris is not available just now (HTTP 503)"),
        ("Test 504", "Solaris's own systems took too long (HTTP 504)"),
    ] {
        let name =
            format!("Ada {}", &new_id().replace(|c: char| !c.is_ascii_alphanumeric(), "")[24..]);
        let id = CheckId::from(new_id());
        desk.try_start(&id, &person_form(&bank, &name, last_name)).await.expect("launches");
        desk.until_review(&id, |r| {
            r.check.trouble.as_deref().is_some_and(|trouble| trouble.contains(words))
        })
        .await;
    }
});

on_both!(
    a_client_secret_with_signs_in_it_is_understood_by_operators_and_by_the_bank,
    |desk| async {
        const ODD: (&str, &str) = ("sandbox+odd", "a+b/c=%41:z");
        let bank = desk.bank_as("solaris", ODD.0, ODD.1).await;
        desk.person_made(&person_form(&bank, "Jane", "Doe")).await;
        let operator = desk
            .operator("camara", |form| {
                form.client_id = ODD.0.into();
                form.secret = Zeroizing::new(ODD.1.into());
            })
            .await;
        let id =
            desk.ask(number_form(&operator, "+34629255833", &[("givenName", "Federica")])).await;
        desk.settle("is answered", || async { desk.check(&id).await.state == "to_review" }).await;
    }
);

on_both!(an_operators_quota_is_named_and_asked_again, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let id = desk.ask(number_form(&operator, "+99900000029", &[("givenName", "Federica")])).await;
    let words = "is used up (HTTP 429)";
    desk.settle("says so", || async {
        desk.check(&id).await.trouble.is_some_and(|t| t.contains(words))
    })
    .await;
    desk.settle("is answered", || async { desk.check(&id).await.state == "to_review" }).await;
});

on_both!(a_webhook_under_a_fixed_name_is_believed_by_the_one_secret_that_fits, |desk| async {
    let connection = desk.solaris().await;
    let (identification, changed) = (
        desk.subscribe(&connection, "IDENTIFICATION").await,
        desk.subscribe(&connection, "PERSON_CHANGED").await,
    );
    desk.subscribe(&connection, "IDENTIFICATION").await;
    for (sent, name) in [
        (identification.about("1cidt", b"{}"), "fixed"),
        // A name that is another event's says nothing either.
        (changed.about("1cper", b"{}"), identification.id.as_str()),
    ] {
        let renamed = sent.with("solaris-webhook-subscription-id", Some(name));
        assert_eq!(desk.deliver(&connection, &renamed).await, Received::Kept, "{name}");
        let mut bent = renamed.clone();
        bent.body.push(b' ');
        assert!(matches!(desk.deliver(&connection, &bent).await, Received::Refused(_)), "{name}");
        // No other connection and no other event vouches for it.
        assert_eq!(
            desk.deliver(&desk.solaris().await, &renamed).await,
            Received::Refused(Refusal::NoSecret)
        );
        let disguised = renamed.with("solaris-webhook-event-type", Some("PERSON_DELETED"));
        assert!(
            matches!(desk.deliver(&connection, &disguised).await, Received::Refused(_)),
            "{name}"
        );
    }
});

on_both!(webhooks_under_a_fixed_name_drive_an_identification, |desk| async {
    let bank = desk.bank("solaris").await;
    webhooks::subscribe(&desk.work, &by(&desk.adam), &bank, "IDENTIFICATION")
        .await
        .expect("subscribes");
    let id = desk.requested(&person_form(&bank, FIRST, "Test Webhook Fixed Id")).await;
    desk.in_state(&id, domain::checks::State::ToReview).await;
    desk.settle("is believed", || async { desk.callbacks_received() > 0 }).await;
    assert_eq!(desk.work.refusals.of(bank.as_str()), None, "none was refused");
});

on_both!(a_subscription_made_elsewhere_is_added_with_its_secret, |desk| async {
    let connection = desk.solaris().await;
    let url = webhooks_url(&desk, &connection).await;
    let made = desk
        .ask_solaris(
            reqwest::Method::POST,
            "/webhooks",
            json!({ "event_type": "IDENTIFICATION", "url": url }),
        )
        .await;
    let foreign = desk.subscribed().await.pop().expect("the newest");
    assert_eq!(made["id"], json!(foreign.id));
    let sent = foreign.about("1cidt", b"{}");
    assert_eq!(desk.deliver(&connection, &sent).await, Received::Refused(Refusal::NoSecret));
    let adopted = |webhook: &str, event: &str, secret: &str| Adopted {
        webhook: webhook.into(),
        event_type: event.into(),
        secret: Zeroizing::new(secret.into()),
    };
    let actor = by(&desk.adam);
    for (bad, field) in [
        (adopted("", "IDENTIFICATION", "s"), "webhook"),
        (adopted("unknown", "IDENTIFICATION", "s"), "webhook"),
        (adopted(&foreign.id, "identification", "s"), "webhook_event"),
        (adopted(&foreign.id, "PERSON_CHANGED", "s"), "webhook_event"),
        (adopted(&foreign.id, "IDENTIFICATION", " "), "webhook_secret"),
    ] {
        let refused = form_of(webhooks::adopt(&desk.work, &actor, &connection, &bad).await);
        assert!(refused.error(field).is_some(), "{field}: {refused:?}");
        assert!(refused.values.keys().all(|name| name != "webhook_secret"), "no secret is kept");
    }
    webhooks::adopt(
        &desk.work,
        &actor,
        &connection,
        &adopted(&foreign.id, "IDENTIFICATION", &foreign.secret),
    )
    .await
    .expect("adds");
    assert_eq!(desk.deliver(&connection, &sent).await, Received::Kept);
    let listed = webhooks::list(&desk.work, &connection).await.expect("lists").all;
    assert_eq!(listed.iter().map(|w| w.standing).collect::<Vec<_>>(), [Standing::Live]);
    let again = form_of(
        webhooks::adopt(
            &desk.work,
            &actor,
            &connection,
            &adopted(&foreign.id, "IDENTIFICATION", "other"),
        )
        .await,
    );
    assert!(again.error("webhook").is_some());
    assert!(!all_text(&desk.work.db).await.contains(&foreign.secret), "sealed");
    assert!(actions(&desk.work, connection.as_str()).await.contains(&"webhook_added".to_owned()));
    assert_journal_intact(&desk.work).await;
});

async fn webhooks_url(desk: &Desk, connection: &domain::ConnectionId) -> String {
    casework::connections::webhook_url(&desk.work, &desk.connection_of(connection).await)
        .expect("an address")
}

on_both!(somebody_who_was_accepted_under_another_name_raises_an_alarm, |desk| async {
    let (id, review) = identified(&desk, FIRST, "Doe").await;
    accept(&desk, &id).await.expect("nothing has to be judged");
    let person =
        review.video.as_ref().and_then(|v| v.person_now.as_ref()).expect("the person").id.clone();
    desk.control(
        &format!("/solaris/persons/{person}/rename"),
        json!({ "first_name": "Zacharias" }),
    )
    .await;
    let review =
        desk.until_review(&id, |r| r.video.as_ref().is_some_and(|v| v.alarm.is_some())).await;
    assert_eq!(review.check.state, "accepted", "a decision is never changed");
    assert!(
        video::alarms(&desk.work)
            .await
            .expect("read")
            .iter()
            .any(|a| a.check_id == id.as_str() && a.sentence.contains("Name"))
    );
});
