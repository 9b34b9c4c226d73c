//! Sessions: what is stored is useless to a thief, and what has ended stays ended.

use crate::{on_both, support::*};
use casework::people::{self, ABSOLUTE_TIME, IDLE_TIME, Sessions, SignedIn};
use domain::{
    people::{Caller, Role},
    time,
};
use serde_json::json;
use std::{collections::HashMap, str::FromStr};
use tower_sessions::{
    SessionStore,
    cookie::time::OffsetDateTime,
    session::{Id, Record},
};
use zeroize::Zeroizing;

fn sessions(desk: &Desk) -> Sessions {
    Sessions::new(desk.work.db.clone(), desk.work.clock.clone())
}

async fn session_of(desk: &Desk, person: &Caller) -> Record {
    let data = HashMap::from([
        (SignedIn::PERSON.to_owned(), json!(person.id)),
        ("note".to_owned(), json!("kept")),
    ]);
    let mut record = Record { id: Id::default(), data, expiry_date: OffsetDateTime::UNIX_EPOCH };
    sessions(desk).create(&mut record).await.expect("a session");
    record
}

async fn signed_in(desk: &Desk, id: &Id) -> Option<SignedIn> {
    let record = sessions(desk).load(id).await.expect("reads")?;
    serde_json::from_value(record.data.get(SignedIn::KEY)?.clone()).expect("readable")
}

on_both!(a_session_knows_its_person, |desk| async {
    let record = session_of(&desk, &desk.anna).await;
    let found = signed_in(&desk, &record.id).await.expect("signed in");
    assert_eq!(found.caller, desk.anna);
    assert_eq!(
        sessions(&desk).load(&record.id).await.expect("reads").expect("there").data["note"],
        json!("kept")
    );
    let stored = texts(&desk.work.db, "SELECT data FROM sessions").await.remove(0);
    assert!(!stored.contains("signed_in"), "what loading adds is not stored: {stored}");
});

on_both!(sign_in_makes_the_session_that_its_answer_names, |desk| async {
    let password = Zeroizing::new(PASSWORD.to_owned());
    let answer = people::sign_in(&desk.work, &people::Visitor::default(), "anna", &password)
        .await
        .expect("answers");
    let people::SignIn::Welcome(welcome) = answer else { panic!("{answer:?}") };
    let data = HashMap::from([(SignedIn::MADE.to_owned(), json!(welcome.session))]);
    let mut record = Record { id: Id::default(), data, expiry_date: OffsetDateTime::UNIX_EPOCH };
    sessions(&desk).create(&mut record).await.expect("takes it over");
    assert_eq!(record.id.to_string(), welcome.session);
    assert_eq!(signed_in(&desk, &record.id).await.map(|s| s.caller), Some(desk.anna.clone()));
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM sessions").await, 1, "not made twice");
});

on_both!(no_stored_value_is_usable_as_a_session_id, |desk| async {
    let record = session_of(&desk, &desk.anna).await;
    let hash = texts(&desk.work.db, "SELECT id_hash FROM sessions").await.remove(0);
    let stored = texts(
        &desk.work.db,
        "SELECT id_hash || '|' || COALESCE(person_id, '') || '|' || data FROM sessions",
    )
    .await
    .remove(0);
    let raw = hex::decode(&hash).expect("hexadecimal");
    let mut candidates: Vec<Id> =
        stored.split(['|', '"', ':', ',']).filter_map(|text| Id::from_str(text).ok()).collect();
    candidates
        .extend(raw.windows(16).map(|w| Id(i128::from_be_bytes(w.try_into().expect("16 bytes")))));
    candidates
        .extend(raw.windows(16).map(|w| Id(i128::from_le_bytes(w.try_into().expect("16 bytes")))));
    candidates.extend(
        hash.as_bytes()
            .windows(16)
            .map(|w| Id(i128::from_be_bytes(w.try_into().expect("16 bytes")))),
    );
    assert!(candidates.len() > 50);
    for id in candidates {
        assert_eq!(sessions(&desk).load(&id).await.expect("reads"), None, "{id}");
    }
    assert!(
        !stored.contains(&record.id.to_string()) && !stored.contains(&record.id.0.to_string()),
        "the id itself is nowhere"
    );
    assert!(signed_in(&desk, &record.id).await.is_some(), "and the real one works");
});

on_both!(a_save_after_the_end_never_revives_a_session, |desk| async {
    let record = session_of(&desk, &desk.anna).await;
    let loaded = sessions(&desk).load(&record.id).await.expect("reads").expect("there");
    let savers = (0..40).map(|_| {
        let (store, loaded) = (sessions(&desk), loaded.clone());
        tokio::spawn(async move { store.save(&loaded).await })
    });
    let savers: Vec<_> = savers.collect();
    sessions(&desk).delete(&record.id).await.expect("deletes");
    for saved in futures::future::join_all(savers).await {
        saved.expect("no panic").expect("harmless");
    }
    sessions(&desk).save(&loaded).await.expect("harmless");
    assert_eq!(sessions(&desk).load(&record.id).await.expect("reads"), None);
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM sessions").await, 0);
});

on_both!(a_session_ends_after_fifteen_idle_minutes, |desk| async {
    let record = session_of(&desk, &desk.anna).await;
    desk.work.clock.advance(IDLE_TIME - time::MINUTE);
    let found = signed_in(&desk, &record.id).await.expect("14 minutes are fine");
    people::seen(&desk.work, &found.session_hash, desk.work.now()).await.expect("seen");
    desk.work.clock.advance(IDLE_TIME - time::MINUTE);
    assert!(signed_in(&desk, &record.id).await.is_some(), "activity keeps it");
    people::seen(&desk.work, &found.session_hash, desk.work.now() - time::HOUR)
        .await
        .expect("seen");
    assert!(signed_in(&desk, &record.id).await.is_some(), "an older moment takes nothing back");
    desk.work.clock.advance(2 * time::MINUTE);
    assert_eq!(sessions(&desk).load(&record.id).await.expect("reads"), None, "idle for 16 minutes");
    assert_eq!(IDLE_TIME, 15 * time::MINUTE);
});

on_both!(a_session_is_idle_from_the_moment_that_ends_its_time, |desk| async {
    desk.work.clock.stop();
    let record = session_of(&desk, &desk.anna).await;
    desk.work.clock.advance(IDLE_TIME - 1);
    assert!(signed_in(&desk, &record.id).await.is_some(), "a millisecond before");
    desk.work.clock.advance(1);
    assert_eq!(sessions(&desk).load(&record.id).await.expect("reads"), None);
});

on_both!(a_session_ends_after_twelve_hours_however_active, |desk| async {
    let record = session_of(&desk, &desk.anna).await;
    let hash = signed_in(&desk, &record.id).await.expect("signed in").session_hash;
    for _ in 0..(ABSOLUTE_TIME / (10 * time::MINUTE) - 1) {
        desk.work.clock.advance(10 * time::MINUTE);
        people::seen(&desk.work, &hash, desk.work.now()).await.expect("seen");
    }
    assert!(signed_in(&desk, &record.id).await.is_some(), "after 11 h 50");
    desk.work.clock.advance(10 * time::MINUTE);
    people::seen(&desk.work, &hash, desk.work.now()).await.expect("seen");
    assert_eq!(sessions(&desk).load(&record.id).await.expect("reads"), None);
    assert_eq!(ABSOLUTE_TIME, 12 * time::HOUR);
    assert_eq!(people::sweep_sessions(&desk.work).await.expect("sweeps"), 1);
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM sessions").await, 0);
});

on_both!(sessions_fail_closed_when_the_clock_goes_back, |desk| async {
    let record = session_of(&desk, &desk.anna).await;
    desk.work.clock.advance(-2 * time::HOUR);
    assert_eq!(sessions(&desk).load(&record.id).await.expect("reads"), None);
});

on_both!(sessions_end_when_a_person_is_disabled_or_changes_role, |desk| async {
    for (role, active) in
        [(Role::Supervisor, true), (Role::Supervisor, false), (Role::Analyst, true)]
    {
        let (record, others) =
            (session_of(&desk, &desk.anna).await, session_of(&desk, &desk.ben).await);
        people::change(&desk.work, &by(&desk.adam), &desk.anna.id, role, active)
            .await
            .expect("changes");
        assert_eq!(sessions(&desk).load(&record.id).await.expect("reads"), None, "{role} {active}");
        assert!(signed_in(&desk, &others.id).await.is_some(), "nobody else is signed out");
    }
    let recorded = actions(&desk.work, desk.anna.id.as_str()).await;
    assert_eq!(recorded, ["role_changed", "person_disabled", "role_changed", "person_enabled"]);
});

on_both!(a_disabled_person_is_not_signed_in_by_a_session_that_remained, |desk| async {
    people::change(&desk.work, &by(&desk.adam), &desk.anna.id, Role::Analyst, false)
        .await
        .expect("disables");
    let late = session_of(&desk, &desk.anna).await;
    assert!(signed_in(&desk, &late.id).await.is_none());
});

on_both!(a_new_password_ends_all_sessions_and_the_old_one_is_asked_for, |desk| async {
    let record = session_of(&desk, &desk.anna).await;
    let newer = Zeroizing::new("nine green herons sing".to_owned());
    let wrong =
        people::change_password(&desk.work, &by(&desk.anna), "not the old one", &newer).await;
    assert!(form_of(wrong).error("old").is_some());
    let weak = people::change_password(
        &desk.work,
        &by(&desk.anna),
        PASSWORD,
        &Zeroizing::new("short".to_owned()),
    )
    .await;
    assert!(form_of(weak).error("new").is_some());
    assert!(signed_in(&desk, &record.id).await.is_some(), "a refusal ends nothing");
    people::change_password(&desk.work, &by(&desk.anna), PASSWORD, &newer).await.expect("changes");
    assert!(signed_in(&desk, &record.id).await.is_none());
    let stranger = people::Visitor::default();
    assert!(matches!(
        people::sign_in(&desk.work, &stranger, "anna", &newer).await,
        Ok(people::SignIn::Welcome(_))
    ));
    let old = Zeroizing::new(PASSWORD.to_owned());
    assert!(matches!(
        people::sign_in(&desk.work, &stranger, "anna", &old).await,
        Ok(people::SignIn::Refused)
    ));
});

on_both!(a_session_id_that_exists_is_never_given_twice, |desk| async {
    let first = session_of(&desk, &desk.anna).await;
    let data = HashMap::from([(SignedIn::PERSON.to_owned(), json!(desk.ben.id))]);
    let mut second = Record { id: first.id, data, expiry_date: OffsetDateTime::UNIX_EPOCH };
    sessions(&desk).create(&mut second).await.expect("a session");
    assert_ne!(second.id, first.id);
    assert_eq!(signed_in(&desk, &first.id).await.map(|s| s.caller), Some(desk.anna.clone()));
    assert_eq!(signed_in(&desk, &second.id).await.map(|s| s.caller), Some(desk.ben.clone()));
    people::end_sessions(&desk.work, &by(&desk.anna)).await.expect("ends");
    assert!(
        signed_in(&desk, &first.id).await.is_none() && signed_in(&desk, &second.id).await.is_some()
    );
});
