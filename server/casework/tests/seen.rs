//! What was opened before a decision and what was only listed; risk and telling as they were then.

use crate::{on_both, support::*};
use casework::{
    MasterKey, Sealer,
    checks::{
        self,
        decide::{self, Act, DecisionFilter},
        decide_many::{self, Typed},
        seen,
    },
    new_id,
};
use domain::{
    CheckId, DecisionId,
    checks::{Band, State, Telling},
    decisions::{Outcome, Reason, Verdict},
    journal::{Action, Subject},
    made::{RiskThen, TellingThen, Way},
    people::Caller,
};
use serde_json::json;
use std::collections::BTreeSet;

/// A video identification that went well, with its report.
async fn identified(desk: &Desk, bank: &domain::ConnectionId, last_name: &str) -> CheckId {
    let id = desk.requested(&person_form(bank, "X-AUTOTEST-HAPPYPATH", last_name)).await;
    let kept = |v: &casework::video::Shown| {
        !v.documents.is_empty() && v.documents.iter().all(|d| d.state == "kept")
    };
    desk.until_review(&id, |r| {
        r.check.state == State::ToReview.code() && r.video.as_ref().is_some_and(kept)
    })
    .await;
    id
}

async fn rejected(desk: &Desk, id: &CheckId) -> Typed {
    let version = desk.check(id).await.version;
    let (outcome, reason) = (Some(Outcome::Reject), Some(Reason::Other));
    Typed {
        check: id.clone(),
        id: new_id().into(),
        version,
        outcome,
        reason,
        comment: "All four look alike.".into(),
    }
}

/// What became of each that was sent together with the others: `decided`, or the refusal.
async fn in_bulk(desk: &Desk, who: &Caller, ids: &[CheckId]) -> Vec<String> {
    let mut all = Vec::new();
    for id in ids {
        all.push(rejected(desk, id).await);
    }
    let word = |result: Result<decide::Decided, casework::Error>| match result {
        Ok(_) => "decided".to_owned(),
        refused => refusal(refused).code().to_owned(),
    };
    decide_many::act(&desk.work, who, &by(who), &all).await.into_iter().map(word).collect()
}

async fn decisions(desk: &Desk) -> i64 {
    number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM decisions").await
}

/// The record of a decision of a check, counted from the first.
async fn record(desk: &Desk, id: &CheckId, at: usize) -> seen::Recorded {
    let decision = desk.review(id).await.decisions.remove(at);
    seen::recorded(&desk.work, id, &DecisionId::from(decision.id)).await.expect("reads")
}

/// The record of its last one.
async fn last(desk: &Desk, id: &CheckId) -> seen::Recorded {
    let rounds = desk.review(id).await.decisions.len();
    record(desk, id, rounds - 1).await
}

/// Records a look at something of a check as its page does.
async fn looked(
    desk: &Desk,
    who: &Caller,
    action: Action,
    id: &CheckId,
    details: serde_json::Value,
) {
    checks::viewed(&desk.work, &by(who), action, Subject::Check, id.as_str(), details)
        .await
        .expect("is recorded");
}

on_both!(four_video_identifications_that_nobody_opened_are_not_decided_in_bulk, |desk| async {
    let bank = desk.bank("solaris").await;
    let mut ids = Vec::new();
    for last_name in ["Alder", "Birch", "Cedar", "Dogwood"] {
        ids.push(identified(&desk, &bank, last_name).await);
    }
    assert_eq!(in_bulk(&desk, &desk.ben, &ids).await, ["not_opened"; 4]);
    // Neither a list, nor a launch form, nor a body of evidence, nor a colleague's look is a look
    // of his at the check.
    let listed = json!({ "list": "decide-many", "checks": ids });
    checks::viewed(
        &desk.work,
        &by(&desk.ben),
        Action::ListViewed,
        Subject::System,
        "decide-many",
        listed,
    )
    .await
    .expect("is recorded");
    for id in &ids {
        looked(&desk, &desk.ben, Action::CheckViewed, id, json!({ "page": "launch" })).await;
        looked(
            &desk,
            &desk.ben,
            Action::EvidenceViewed,
            id,
            json!({ "evidence": desk.review(id).await.evidence[0].id }),
        )
        .await;
        desk.looks_at(&desk.anna, id).await;
    }
    assert_eq!(in_bulk(&desk, &desk.ben, &ids).await, ["not_opened"; 4]);
    let shown = decide_many::look(&desk.work, &desk.ben, &ids).await.expect("reads");
    assert!(shown.iter().all(|p| p.not_here.is_some()));
    assert_eq!(decisions(&desk).await, 0);

    // What he opened is decided; the rest waits.
    desk.looks_at(&desk.ben, &ids[0]).await;
    desk.looks_at(&desk.ben, &ids[2]).await;
    let shown = decide_many::look(&desk.work, &desk.ben, &ids).await.expect("reads");
    assert_eq!(
        shown.iter().map(|p| p.not_here.is_none()).collect::<Vec<_>>(),
        [true, false, true, false]
    );
    assert_eq!(
        in_bulk(&desk, &desk.ben, &ids).await,
        ["decided", "not_opened", "decided", "not_opened"]
    );
    assert_eq!(decisions(&desk).await, 2);
    assert_eq!(last(&desk, &ids[0]).await.decision.way(), Some(Way::Bulk));
    assert_journal_intact(&desk.work).await;
});

on_both!(what_was_only_listed_is_not_recorded_as_seen, |desk| async {
    let bank = desk.bank("solaris").await;
    let (unopened, opened) =
        (identified(&desk, &bank, "Alder").await, identified(&desk, &bank, "Birch").await);
    let reject = |version| Verdict {
        seen_version: version,
        outcome: Some(Outcome::Reject),
        reason: Some(Reason::Other),
        comment: "No.",
    };
    // Sent past the page, as a program would: nothing was opened, and the record says so.
    let version = desk.check(&unopened).await.version;
    desk.act(&desk.ben, &unopened, &new_id().into(), Act::Decide, &reject(version))
        .await
        .expect("decides");
    let kept = last(&desk, &unopened).await;
    let seen = kept.seen.expect("not erased");
    let of = seen.opened.expect("recorded");
    assert!(seen.evidence.len() >= 4, "{:?}", seen.evidence);
    assert_eq!((of.page, of.bodies.len(), kept.decision.way()), (None, 0, Some(Way::Page)));

    let review = desk.review(&opened).await;
    let report = review
        .video
        .expect("video")
        .documents
        .into_iter()
        .find(|d| d.evidence_id.is_some())
        .expect("a document");
    let (report_id, body) = (report.evidence_id.expect("kept"), review.evidence[0].id.clone());
    desk.looks_at(&desk.ben, &opened).await;
    desk.looks_at(&desk.ben, &opened).await;
    looked(&desk, &desk.ben, Action::EvidenceViewed, &opened, json!({ "evidence": body })).await;
    looked(
        &desk,
        &desk.ben,
        Action::DocumentViewed,
        &opened,
        json!({ "document": report.provider_ref }),
    )
    .await;
    let other = review
        .evidence
        .iter()
        .find(|e| e.id != body && e.id != report_id)
        .expect("more bodies")
        .id
        .clone();
    looked(&desk, &desk.anna, Action::EvidenceViewed, &opened, json!({ "evidence": other })).await;
    let version = desk.check(&opened).await.version;
    desk.act(&desk.ben, &opened, &new_id().into(), Act::Decide, &reject(version))
        .await
        .expect("decides");
    let kept = last(&desk, &opened).await;
    let of = kept.seen.expect("not erased").opened.expect("recorded");
    assert_eq!(of.page.map(|times| times.count), Some(2));
    assert_eq!(of.bodies.keys().collect::<BTreeSet<_>>(), BTreeSet::from([&body, &report_id]));
    assert!(
        of.bodies[&body].first_ms > 0 && of.bodies[&body].last_ms <= kept.decision.decided_at_ms
    );
    assert_eq!(kept.documents[&report_id], report.name);
    assert_eq!(
        (kept.customer.reference, kept.check.kind),
        (review.customer.reference, review.check.kind)
    );
});

on_both!(evidence_that_arrives_after_a_look_has_to_be_looked_at, |desk| async {
    let id = identified(&desk, &desk.bank("solaris").await, "Alder").await;
    desk.looks_at(&desk.ben, &id).await;
    let nothing = if desk.work.db.is_postgres() { "''::bytea" } else { "x''" };
    let late = desk.work.now() + 1_000;
    run_sql(
        &desk.work.db,
        &format!(
            "INSERT INTO evidence (id, check_id, source, name, content_type, size, sealed, received_at_ms) \
             VALUES ('late', '{id}', 'late', 'late', 'application/json', 0, {nothing}, {late})"
        ),
    )
    .await
    .expect("arrives");
    assert_eq!(in_bulk(&desk, &desk.ben, std::slice::from_ref(&id)).await, ["not_opened"]);
    let sent = rejected(&desk, &id).await;
    let verdict = Verdict {
        seen_version: sent.version,
        outcome: sent.outcome,
        reason: sent.reason,
        comment: &sent.comment,
    };
    desk.act(&desk.ben, &id, &sent.id, Act::Decide, &verdict).await.expect("decides on its page");
    assert_eq!(
        last(&desk, &id).await.seen.expect("not erased").opened.expect("recorded").page,
        None
    );
});

on_both!(a_kind_that_the_policy_names_is_decided_unopened_and_the_record_says_so, |desk| async {
    let id = desk.reviewed("Jan Novák").await;
    let shown = decide_many::look(&desk.work, &desk.ben, std::slice::from_ref(&id))
        .await
        .expect("reads")
        .remove(0);
    assert!(!shown.is_opened && shown.not_here.is_none());
    assert_eq!(in_bulk(&desk, &desk.ben, std::slice::from_ref(&id)).await, ["decided"]);
    let kept = last(&desk, &id).await;
    let of = kept.seen.expect("not erased").opened.expect("recorded");
    assert_eq!((kept.way, of.page, of.bodies.len()), (Some(Way::Bulk), None, 0));
});

on_both!(lists_show_risk_and_telling_as_they_were_then, |desk| async {
    let id = desk.reviewed("Jan Novák").await;
    let risk = RiskThen::of(desk.check(&id).await.risk());
    let RiskThen::Scored(score, band) = risk else { panic!("the story needs a score: {risk:?}") };
    desk.decide(&desk.anna, &id, Outcome::Reject).await;
    let stored = desk.check(&id).await.telling;
    assert_eq!(
        last(&desk, &id).await.decision.telling,
        Some(stored),
        "what the check says at that moment"
    );
    desk.until_telling(&id, Telling::Applied).await;
    let listed = async || {
        let all = decide::list(&desk.work, &DecisionFilter::default(), 10).await.expect("lists");
        all.into_iter().map(|d| (d.risk, d.telling)).collect::<Vec<_>>()
    };
    let applied = TellingThen::Was(Telling::Applied);
    assert_eq!(listed().await, [(risk, applied)]);
    // Later the check has another risk and is in conflict; what was decided before is neither.
    run_sql(
        &desk.work.db,
        &format!("UPDATE checks SET risk_score = 100, telling = 'conflict' WHERE id = '{id}'"),
    )
    .await
    .expect("changes");
    assert_ne!(band, Band::VeryHigh);
    assert_eq!(listed().await, [(risk, applied)]);
    assert_eq!(last(&desk, &id).await.risk, RiskThen::Scored(score, band));

    // What a decision says of itself cannot be changed afterwards.
    for change in ["way = 'bulk'", "risk_score = 1", "risk_band = 'low'", "telling = 'none'"] {
        run_sql(&desk.work.db, &format!("UPDATE decisions SET {change}")).await.expect_err(change);
    }
});

/// What older versions kept of a decision: nothing of how it was made, and not what was opened.
async fn as_before(desk: &Desk, id: &CheckId) {
    let db = &desk.work.db;
    let customer = desk.check(id).await.customer_id;
    let hex = if db.is_postgres() { "encode(sealed, 'hex')" } else { "hex(sealed)" };
    let sealed =
        texts(db, &format!("SELECT {hex} FROM customer_keys WHERE customer_id = '{customer}'"))
            .await
            .remove(0);
    let key: MasterKey = desk
        .work
        .sealer
        .customer_key(&customer, &hex::decode(sealed).expect("hexadecimal"))
        .expect("opens");
    let own = Sealer::new(key, vec![]);
    let mut statements = vec![
        "UPDATE decisions SET way = NULL, risk_score = NULL, risk_band = NULL, telling = NULL"
            .to_owned(),
    ];
    for decision in desk.review(id).await.decisions {
        let seen =
            decide::what_was_seen(&desk.work, &decision).await.expect("opens").expect("not erased");
        let mut seen = serde_json::to_value(seen).expect("JSON");
        seen.as_object_mut().expect("an object").remove("opened");
        let envelope =
            hex::encode(own.seal(
                &format!("decisions|seen_sealed|{}", decision.id),
                seen.to_string().as_bytes(),
            ));
        let bytes = if db.is_postgres() {
            format!("'\\x{envelope}'::bytea")
        } else {
            format!("x'{envelope}'")
        };
        statements.push(format!(
            "UPDATE decisions SET seen_sealed = {bytes} WHERE id = '{}'",
            decision.id
        ));
    }
    past_triggers(db, &["decisions"], &statements).await;
}

on_both!(old_decisions_say_what_is_known_of_them_and_nothing_else, |desk| async {
    let id = desk.reviewed("Jan Novák").await;
    let risk = RiskThen::of(desk.check(&id).await.risk());
    desk.looks_at(&desk.anna, &id).await;
    let body = desk.review(&id).await.evidence[0].id.clone();
    looked(&desk, &desk.anna, Action::EvidenceViewed, &id, json!({ "evidence": body })).await;
    desk.decide(&desk.anna, &id, Outcome::Accept).await;
    desk.until_telling(&id, Telling::Applied).await;
    desk.step(&desk.sofia, &id, Act::Overturn, Outcome::Reject).await.expect("overturns");
    as_before(&desk, &id).await;
    // Looked at after the decision: nothing that was seen before it.
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    desk.looks_at(&desk.anna, &id).await;
    run_sql(&desk.work.db, &format!("UPDATE checks SET risk_score = 1 WHERE id = '{id}'"))
        .await
        .expect("changes");
    desk.work.views.flush().await;

    let (first, overturn) = (record(&desk, &id, 0).await, record(&desk, &id, 1).await);
    assert_eq!((first.decision.way(), first.risk, overturn.risk), (None, risk, risk));
    assert_eq!(
        (first.telling, overturn.telling),
        (TellingThen::Was(Telling::Applied), TellingThen::NotRecorded)
    );
    let of = first.seen.expect("not erased").opened.expect("read in the journal");
    assert_eq!(
        (of.page.map(|times| times.count), of.bodies.keys().collect::<Vec<_>>()),
        (Some(1), vec![&body])
    );
    let of = overturn.seen.expect("not erased").opened.expect("read in the journal");
    assert_eq!((of.page, of.bodies.len()), (None, 0), "she opened nothing");
    assert_eq!(overturn.about.map(|d| d.id), Some(first.decision.id.clone()));
    assert_eq!(first.answer.map(|d| d.id), Some(overturn.decision.id));
    let listed = decide::list(&desk.work, &DecisionFilter::default(), 10).await.expect("lists");
    let listed: Vec<_> = listed.into_iter().map(|d| (d.risk, d.telling, d.way)).collect();
    assert_eq!(
        listed,
        [(risk, TellingThen::NotRecorded, None), (risk, TellingThen::Was(Telling::Applied), None)]
    );

    // What came in one request with another decision was made together with it, and nothing else
    // does that.
    assert_eq!((first.way, overturn.way), (None, None));
    let other = desk.reviewed("Ana").await;
    desk.decide(&desk.anna, &other, Outcome::Reject).await;
    as_before(&desk, &other).await;
    assert_eq!(
        [last(&desk, &other).await.way, record(&desk, &id, 0).await.way],
        [Some(Way::Bulk), Some(Way::Bulk)]
    );

    // Whose customer was erased has no risk that anybody knows.
    let customer = desk.check(&id).await.customer_id;
    casework::customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    let listed = decide::list(&desk.work, &DecisionFilter::default(), 10).await.expect("lists");
    assert!(
        listed
            .iter()
            .filter(|d| d.check_id == id.as_str())
            .all(|d| d.risk == RiskThen::NotRecorded)
    );
});
