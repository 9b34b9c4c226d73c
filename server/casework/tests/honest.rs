//! No outcome looks better than what came: what cannot be read must be judged, what is about
//! somebody else is no outcome, and what was not confirmed is not applied.

use crate::{on_both, support::*};
use casework::{
    checks::{
        Finding,
        decide::Act,
        review::{self, Review},
    },
    providers::{NOT_TAKEN, REFUSAL},
    services::Said,
};
use domain::{
    CheckId, Refusal,
    checks::{Band, State, Telling},
    decisions::{Outcome, Reason, Verdict},
    findings::{Judgement, Source},
    launch::DueDiligenceForm,
    number_match::{Attribute, MatchResult},
};
use serde_json::json;

const PERSONA: &str = "+34629255833";

/// What must be judged because it could not be read.
fn unread(review: &Review) -> Vec<&Finding> {
    review.findings.iter().filter(|f| f.source() == Source::Unread).collect()
}

/// Bodies of evidence of a source, as text.
async fn bodies(desk: &Desk, id: &CheckId, source: &str) -> Vec<String> {
    let mut all = Vec::new();
    for kept in desk.review(id).await.evidence.into_iter().filter(|e| e.source == source) {
        let body = review::evidence_body(&desk.work, id, &kept.id).await.expect("opens");
        assert!(body.intact);
        all.push(String::from_utf8_lossy(&body.bytes).into_owned());
    }
    all
}

async fn accept_because(
    desk: &Desk,
    id: &CheckId,
    reason: Reason,
) -> Result<casework::checks::decide::Decided, casework::Error> {
    let version = desk.check(id).await.version;
    let verdict = Verdict {
        seen_version: version,
        outcome: Some(Outcome::Accept),
        reason: Some(reason),
        comment: "Looked at all of it.",
    };
    desk.act(&desk.anna, id, &casework::new_id().into(), Act::Decide, &verdict).await
}

/// Never accepted before what could not be read was judged, and then not as if nothing had been
/// found.
async fn is_never_clean(desk: &Desk, id: &CheckId) {
    let open = desk.review(id).await.unjudged();
    assert!(open > 0);
    for reason in [Reason::NoFindings, Reason::Other] {
        assert_eq!(
            refusal(accept_because(desk, id, reason).await),
            Refusal::UndecidedFindings(open)
        );
    }
    for finding in desk.review(id).await.findings.iter().filter(|f| f.source().must_be_judged()) {
        let finding = finding.id.as_str().into();
        casework::checks::judge(
            &desk.work,
            &by(&desk.anna),
            id,
            &finding,
            Judgement::Relevant,
            "Read there.",
        )
        .await
        .expect("judges");
    }
    assert_eq!(
        refusal(accept_because(desk, id, Reason::NoFindings).await),
        Refusal::ReasonContradicts(Reason::NoFindings)
    );
    accept_because(desk, id, Reason::EnhancedDiligenceDone).await.expect("decides");
}

on_both!(details_in_another_shape_are_a_finding_with_the_raw_text_beside_it, |desk| async {
    for name in ["Test Odd Result", "Test List Result", "Test Text Result"] {
        let id = desk.reviewed(name).await;
        let review = desk.review(&id).await;
        let found = unread(&review);
        assert_eq!(found.len(), 1, "{name}: {:?}", review.findings);
        assert!(
            found[0].snippet.as_deref().is_some_and(|raw| raw.contains("Convicted of fraud")),
            "{name}: {:?}",
            found[0].snippet
        );
        let rating = review.rating.as_ref().expect("rated");
        assert!(
            review.check.band().is_some_and(|band| band >= Band::Medium),
            "{name}: it counts in the risk"
        );
        assert!(
            rating.is_unread && !rating.why.is_empty() && rating.said.is_some(),
            "{name}: {rating:?}"
        );
        is_never_clean(&desk, &id).await;
    }
});

on_both!(the_published_sample_is_a_match_without_an_entry_and_without_an_auditor, |desk| async {
    let id = desk.reviewed("Test Seed Sample").await;
    let review = desk.review(&id).await;
    let rating = review.rating.as_ref().expect("rated");
    assert_eq!(
        (rating.said.as_deref(), review.check.risk()),
        (Some("51"), Some(100)),
        "both scores"
    );
    assert!(rating.why.contains(&"a sanction list matched"), "{rating:?}");
    let hit = review
        .findings
        .iter()
        .find(|f| f.source() == Source::SanctionList)
        .expect("a finding although no entry is named");
    assert!(hit.title.contains("names no entry") && hit.judgement() == Judgement::Undecided);
    assert!(
        unread(&review)[0].title.starts_with("Asked, and not in the answer"),
        "{:?}",
        review.findings
    );
    assert_eq!(review.details.as_ref().expect("details").auditor, None, "nobody decided there");
    assert_eq!(review.check.provider_state.as_deref(), Some("completed"));
    assert_eq!(review.unjudged(), 2);
});

on_both!(an_answer_about_somebody_else_is_kept_and_never_an_outcome, |desk| async {
    for (name, said) in
        [("Test Other Customer", "another customer"), ("Test Other Target", "another name")]
    {
        let id = desk.launch(name).await;
        desk.settle(name, || async {
            desk.check(&id).await.trouble.is_some_and(|t| t.contains(said))
        })
        .await;
        let review = desk.review(&id).await;
        assert_eq!((review.check.state.as_str(), review.findings.len()), ("running", 0), "{name}");
        assert!(review.check.poll_at_ms < domain::time::NEVER, "{name} is read again");
        assert!(
            !bodies(&desk, &id, NOT_TAKEN).await.is_empty()
                && bodies(&desk, &id, "summary").await.is_empty(),
            "{name}"
        );
    }
    // About another task at first, and then about this one.
    let id = desk.reviewed("Test Other Task").await;
    assert!(
        bodies(&desk, &id, NOT_TAKEN).await.iter().all(|body| body.contains("\"task_id\":1")),
        "kept"
    );
    assert!(!bodies(&desk, &id, NOT_TAKEN).await.is_empty());
    assert_eq!(desk.check(&id).await.trouble, None);
    assert_journal_intact(&desk.work).await;
});

on_both!(an_id_verification_of_somebody_else_is_kept_and_never_an_outcome, |desk| async {
    for (name, said) in [
        ("Test Idv Other Id", "another ID verification"),
        ("Test Idv Other Customer", "another customer"),
        ("Test Idv Other Name", "another name"),
    ] {
        let id = desk.upload(name).await;
        desk.settle(name, || async {
            desk.check(&id).await.trouble.is_some_and(|t| t.contains(said))
        })
        .await;
        let review = desk.review(&id).await;
        assert_eq!((review.check.state.as_str(), review.findings.len()), ("running", 0), "{name}");
        assert!(
            !bodies(&desk, &id, NOT_TAKEN).await.is_empty()
                && bodies(&desk, &id, "idv").await.is_empty(),
            "{name}"
        );
    }
});

on_both!(a_task_without_details_comes_to_review_and_they_are_read_later, |desk| async {
    let id = desk.reviewed("Test No Details").await;
    let review = desk.review(&id).await;
    assert_eq!(unread(&review)[0].title, "KryptoGO gave no details of this task");
    assert!(review.check.band().is_some_and(|band| band >= Band::Medium));
    assert_eq!(
        (bodies(&desk, &id, "summary").await.len(), bodies(&desk, &id, "details").await.len()),
        (1, 0)
    );
    assert!(
        bodies(&desk, &id, REFUSAL).await[0].contains("There is no such task"),
        "the refusal is evidence"
    );
    is_never_clean(&desk, &id).await;

    let id = desk.reviewed("Test Late Details").await;
    let before = desk.review(&id).await;
    desk.settle("they are here", || async { desk.review(&id).await.details.is_some() }).await;
    let after = desk.review(&id).await;
    assert_eq!(
        (unread(&before).len(), unread(&after).len()),
        (1, 0),
        "what is there is missing no more"
    );
    assert!(
        after.findings.len() == 1 && after.check.version > before.check.version,
        "nobody decides without having seen them"
    );
    assert_eq!(after.check.state, "to_review");
    assert_journal_intact(&desk.work).await;
});

/// A task whose summary is complete at once; its details are what the closure says of each read of
/// them.
async fn task(
    desk: &Desk,
    summary: serde_json::Value,
    details: impl Fn(usize) -> (u16, String) + Send + Sync + 'static,
) -> (Stub, CheckId) {
    let stub = Stub::start(desk, move |method, path, before| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        (_, "/task/7/summary") => (200, None, summary.to_string()),
        _ => {
            let (status, body) = details(before);
            (status, None, body)
        }
    })
    .await;
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: stub.connection.to_string(),
            ..desk.form("N")
        })
        .await;
    (stub, id)
}

fn harmless() -> serde_json::Value {
    json!({ "task_id": 7, "progress": 100, "report": { "potential_risk": 3, "sanction_matched": false } })
}

on_both!(a_hit_that_is_born_on_the_first_of_january_says_what_that_may_mean, |desk| async {
    let mut result = nothing_found();
    let born = |day: &str| json!({ "title": day, "matched_name": "N", "matched_birthday": day });
    result["sanction_list"] = json!({ "status": "done", "count": 3, "items": [born("1927-01-01"), born("1928-01-01"), born("1927-05-14")] });
    let details = json!({ "task_id": 7, "result": result }).to_string();
    let stub = Stub::start(&desk, move |method, path, _| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        (_, "/task/7/summary") => (200, None, harmless().to_string()),
        _ => (200, None, details.clone()),
    })
    .await;
    let form = DueDiligenceForm {
        connection: stub.connection.to_string(),
        birth_date: "1927-03-13".into(),
        ..desk.form("N")
    };
    let id = desk.launch_form(&form).await;
    desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    let noted: Vec<&str> = review
        .findings
        .iter()
        .filter(|f| f.facts.contains("give only the year"))
        .map(|f| f.title.as_str())
        .collect();
    assert_eq!((review.findings.len(), noted), (3, vec!["1927-01-01"]));
});

on_both!(details_that_are_never_right_leave_the_summary_to_be_judged, |desk| async {
    for (status, body) in [(500, "out of order"), (403, "not for you"), (200, "<html>")] {
        let (_stub, id) = task(&desk, harmless(), move |_| (status, body.to_owned())).await;
        desk.until_state(&id, State::ToReview).await;
        let review = desk.review(&id).await;
        assert_eq!(unread(&review)[0].title, "KryptoGO gave no details of this task", "{status}");
        assert_eq!(bodies(&desk, &id, "summary").await.len(), 1, "{status}");
        assert_eq!(
            bodies(&desk, &id, if status == 200 { NOT_TAKEN } else { REFUSAL }).await,
            [body]
        );
        is_never_clean(&desk, &id).await;
    }
    let found = json!({ "task_id": 7, "result": nothing_found() }).to_string();
    let (_stub, id) = task(&desk, harmless(), move |before| {
        if before < 4 { (500, String::new()) } else { (200, found.clone()) }
    })
    .await;
    desk.settle("they came late", || async { desk.review(&id).await.details.is_some() }).await;
    assert_eq!((desk.review(&id).await.findings.len(), desk.check(&id).await.risk()), (0, Some(3)));
    // Of another task they are never taken for missing.
    let (_stub, id) = task(&desk, harmless(), |_| {
        (200, json!({ "task_id": 8, "result": nothing_found() }).to_string())
    })
    .await;
    desk.settle("five reads", || async { desk.check(&id).await.polls_failed >= 5 }).await;
    assert_eq!(desk.check(&id).await.state, "running");
});

on_both!(
    a_report_without_a_readable_progress_is_judged_and_none_at_all_fails_with_what_came,
    |desk| async {
        let found = |_| (200, json!({ "task_id": 7, "result": nothing_found() }).to_string());
        for (progress, raw) in [
            (json!("100%"), Some("100%")),
            (json!(true), Some("true")),
            (json!(-1), Some("-1")),
            (json!(null), None),
        ] {
            let mut summary = harmless();
            summary["progress"] = progress;
            let (stub, id) = task(&desk, summary, found).await;
            desk.until_state(&id, State::ToReview).await;
            let review = desk.review(&id).await;
            let all: Vec<_> = unread(&review)
                .into_iter()
                .map(|f| (f.title.as_str(), f.snippet.as_deref()))
                .collect();
            assert_eq!(all, [("How far the task is cannot be read", raw)]);
            assert!(stub.count("GET /task/7/summary") >= 3, "it is read again before that");
            assert_eq!(
                (
                    bodies(&desk, &id, "summary").await.len(),
                    bodies(&desk, &id, "details").await.len()
                ),
                (1, 1),
                "{raw:?}"
            );
            is_never_clean(&desk, &id).await;
        }
        let nothing = json!({ "task_id": 7, "progress": "soon", "report": null });
        let (_stub, id) = task(&desk, nothing.clone(), found).await;
        desk.settle("it fails", || async {
            desk.work.clock.advance(desk.work.pace.poll_max_ms);
            desk.check(&id).await.state == "failed"
        })
        .await;
        assert!(
            desk.check(&id)
                .await
                .trouble
                .is_some_and(|trouble| trouble.contains("how far the task is"))
        );
        assert_eq!(bodies(&desk, &id, NOT_TAKEN).await, [nothing.to_string()]);
    }
);

on_both!(a_match_that_is_told_after_the_outcome_must_be_judged, |desk| async {
    let stub = Stub::start(&desk, |method, path, before| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        (_, "/task/7/summary") if before == 0 => (200, None, harmless().to_string()),
        (_, "/task/7/summary") => {
            let report = json!({ "potential_risk": 60, "sanction_matched": true });
            (200, None, json!({ "task_id": 7, "progress": 100, "report": report }).to_string())
        }
        _ => (200, None, json!({ "task_id": 7, "result": nothing_found() }).to_string()),
    })
    .await;
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: stub.connection.to_string(),
            ..desk.form("N")
        })
        .await;
    let before = desk.until_state(&id, State::ToReview).await;
    assert_eq!((before.risk(), desk.review(&id).await.findings.len()), (Some(3), 0));
    for reads in [2, 3] {
        run_sql(&desk.work.db, &format!("UPDATE checks SET poll_at_ms = 0 WHERE id = '{id}'"))
            .await
            .expect("asks for a read");
        desk.settle("a read", || async {
            stub.count("GET /task/7/summary") == reads
                && desk.check(&id).await.poll_at_ms == domain::time::NEVER
        })
        .await;
        let review = desk.review(&id).await;
        assert_eq!(
            (review.findings.len(), review.check.risk(), review.check.version),
            (1, Some(100), before.version + 1)
        );
        assert_eq!(review.findings[0].source(), Source::SanctionList);
    }
    assert_eq!(
        refusal(accept_because(&desk, &id, Reason::NoFindings).await),
        Refusal::UndecidedSanctions(1)
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(a_number_that_is_too_large_hides_nothing, |desk| async {
    let details = json!({ "task_id": 7, "potential_risk": "HUGE", "result": nothing_found() })
        .to_string()
        .replace("\"HUGE\"", "1e999");
    let (_stub, id) = task(&desk, harmless(), move |_| (200, details.clone())).await;
    desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    assert_eq!(unread(&review)[0].snippet.as_deref(), Some("1e999"), "{:?}", review.findings);
    is_never_clean(&desk, &id).await;
});

on_both!(half_of_a_pair_in_a_text_stops_nothing, |desk| async {
    let id = desk.reviewed("Test Lone Surrogate").await;
    let review = desk.review(&id).await;
    assert_eq!(
        (review.findings.len(), review.findings[0].title.as_str()),
        (1, "Fraud case \u{FFFD}")
    );
    assert!(
        bodies(&desk, &id, "details").await[0].contains(r"Fraud case \ud83d"),
        "the bytes are what came"
    );
    let idv = desk.upload("Test Idv Lone Surrogate").await;
    desk.until_state(&idv, State::ToReview).await;
    assert!(
        desk.review(&idv)
            .await
            .idv
            .and_then(|said| said.recognised.name)
            .is_some_and(|name| name.ends_with('\u{FFFD}'))
    );
});

on_both!(a_list_is_not_its_value_and_a_key_that_stands_twice_is_no_answer, |desk| async {
    let id = desk.reviewed("Test Doubled Keys").await;
    let review = desk.review(&id).await;
    assert!(
        unread(&review).iter().any(|f| f.snippet.as_deref() == Some("[true,false]")),
        "{:?}",
        review.findings
    );
    assert_eq!(review.details.as_ref().expect("details").accepted, None);
    for name in ["Test Idv List State", "Test Idv Doubled State"] {
        let id = desk.upload(name).await;
        let check = desk.until_state(&id, State::ToReview).await;
        assert!(
            check.provider_state.as_deref().is_some_and(|s| s.starts_with("unknown state [")),
            "{name}: {:?}",
            check.provider_state
        );
        assert!(desk.review(&id).await.unjudged() > 0, "{name}");
    }
    let zignsec = desk.zignsec().await;
    for cpr in ["1508620690", "1508620691"] {
        for form in [rofus_form(&zignsec, cpr), pid_form(&zignsec, "9208-2002-2-577168596796", cpr)]
        {
            let id = desk.ask(form).await;
            let check = desk.until_state(&id, State::ToReview).await;
            assert!(
                check.provider_state.as_deref().is_some_and(|s| s.starts_with("unknown answer: [")),
                "{:?}",
                check.provider_state
            );
            assert_eq!(desk.review(&id).await.unjudged(), 1);
        }
    }
    let operator = desk.operator("camara", |_| {}).await;
    let id = desk.ask(number_form(&operator, "+99900000026", &[("givenName", "Federica")])).await;
    desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    let Some(Said::NumberMatch(rows)) = &review.said else { panic!("{:?}", review.said) };
    assert!(
        matches!(&rows[0].result, MatchResult::Unknown(word) if word.starts_with('[')),
        "{rows:?}"
    );
    assert_eq!(review.unjudged(), 1);
});

on_both!(an_accept_that_recognised_nothing_must_be_judged, |desk| async {
    let id = desk.upload("Test Idv Nothing Recognised").await;
    desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    assert!(
        unread(&review)[0].title.contains("gives nothing that it recognised"),
        "{:?}",
        review.findings
    );
});

on_both!(packed_answers_are_read_within_the_limit, |desk| async {
    for name in ["Test Gzip", "Test Deflate", "Test Byte Order Mark"] {
        let id = desk.reviewed(name).await;
        assert_eq!(
            (desk.review(&id).await.findings.len(), desk.check(&id).await.trouble),
            (1, None),
            "{name}"
        );
    }
    let id = desk.launch("Test Gzip Bomb").await;
    desk.settle("it is refused", || async {
        desk.check(&id).await.trouble.is_some_and(|t| t.contains("larger than 5 MB"))
    })
    .await;
    assert_eq!(desk.check(&id).await.state, "running");
});

on_both!(what_is_not_packed_as_it_says_is_kept_as_it_came, |desk| async {
    for encoding in ["gzip", "deflate"] {
        let stub = Stub::start(&desk, |method, _, _| match method {
            "POST" => (200, None, json!([{ "task_id": 7 }]).to_string()),
            _ => (200, None, harmless().to_string()),
        })
        .await;
        stub.set_encoding(encoding);
        let id = desk
            .launch_form(&DueDiligenceForm {
                connection: stub.connection.to_string(),
                ..desk.form("N")
            })
            .await;
        let said = "cannot be unpacked";
        desk.settle("it says so", || async {
            desk.check(&id).await.trouble.is_some_and(|t| t.contains(said))
        })
        .await;
        assert_eq!(bodies(&desk, &id, NOT_TAKEN).await, [harmless().to_string()], "{encoding}");
        assert_eq!(
            (desk.check(&id).await.state.as_str(), bodies(&desk, &id, "summary").await.len()),
            ("running", 0),
            "{encoding}"
        );
    }
});

on_both!(details_that_are_nested_too_deep_are_kept_as_they_came, |desk| async {
    let deep = format!(r#"{{"task_id":7,"result":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    let served = deep.clone();
    let (_stub, id) = task(&desk, harmless(), move |_| (200, served.clone())).await;
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(unread(&desk.review(&id).await)[0].title, "KryptoGO gave no details of this task");
    assert_eq!(bodies(&desk, &id, NOT_TAKEN).await, [deep]);
    is_never_clean(&desk, &id).await;
});

on_both!(a_score_is_read_as_it_is_meant_and_shown_as_it_came, |desk| async {
    let id = desk.reviewed("Test Float Score").await;
    let rating = desk.review(&id).await.rating.expect("rated");
    assert_eq!(
        (desk.check(&id).await.risk(), rating.said.as_deref(), rating.why.len()),
        (Some(87), Some("87"), 0)
    );
    let id = desk.reviewed("Test Fraction Score").await;
    let rating = desk.review(&id).await.rating.expect("rated");
    assert_eq!(
        (desk.check(&id).await.band(), rating.said.as_deref(), rating.why.len()),
        (Some(Band::High), Some("74.5"), 1)
    );
    let operator = desk.operator("camara", |_| {}).await;
    for (phone, score, odd) in
        [("+99900000027", Some(87), None), ("+99900000028", None, Some("87.5"))]
    {
        let id = desk.ask(number_form(&operator, phone, &[("givenName", "Federica")])).await;
        desk.until_state(&id, State::ToReview).await;
        let Some(Said::NumberMatch(rows)) = desk.review(&id).await.said else { panic!("no rows") };
        assert_eq!(
            (rows[0].attribute, rows[0].score, rows[0].odd_score.as_deref()),
            (Attribute::GivenName, score, odd)
        );
    }
});

on_both!(
    an_operators_answer_without_our_number_counts_and_one_with_another_does_not,
    |desk| async {
        let operator = desk.operator("camara", |_| {}).await;
        let id =
            desk.ask(number_form(&operator, "+99900000025", &[("givenName", "Federica")])).await;
        desk.until_state(&id, State::ToReview).await;
        let id =
            desk.ask(number_form(&operator, "+99900000012", &[("givenName", "Federica")])).await;
        desk.until_state(&id, State::Failed).await;
        assert_eq!(
            (bodies(&desk, &id, NOT_TAKEN).await.len(), bodies(&desk, &id, "answer").await.len()),
            (1, 0)
        );
        let id = desk.ask(number_form(&operator, PERSONA, &[("givenName", "Federica")])).await;
        desk.until_state(&id, State::ToReview).await;
    }
);

on_both!(a_wallet_whose_answer_has_another_shape_is_not_clean, |desk| async {
    for (label, said) in [("sdnlist_object", "LAZARUS GROUP"), ("data_list", "tx_count")] {
        let address = desk.wallet("eth", label).await;
        let id = desk.ask(wallet_form(&desk.connection, &address)).await;
        desk.until_state(&id, State::ToReview).await;
        let review = desk.review(&id).await;
        assert!(
            unread(&review)[0].snippet.as_deref().is_some_and(|raw| raw.contains(said)),
            "{label}: {:?}",
            review.findings
        );
        assert!(
            review.check.band().is_some_and(|band| band >= Band::Medium),
            "{label}: {:?}",
            review.check.risk()
        );
        is_never_clean(&desk, &id).await;
    }
    let address = desk.wallet("eth", "other_address").await;
    let id = desk.ask(wallet_form(&desk.connection, &address)).await;
    desk.until_state(&id, State::Failed).await;
    assert!(
        bodies(&desk, &id, NOT_TAKEN).await[0]
            .contains("0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
    );
    let address = desk.wallet("eth", "score_fraction").await;
    let id = desk.ask(wallet_form(&desk.connection, &address)).await;
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(desk.check(&id).await.band(), Some(Band::High));
});

on_both!(a_2xx_that_does_not_name_the_decision_is_unconfirmed_and_read_again, |desk| async {
    // Not taken, and answered as if it were something else: read, sent once more, and then
    // confirmed.
    for name in ["Test Decide Html", "Test Decide Code"] {
        let id = desk.reviewed(name).await;
        desk.decide(&desk.anna, &id, Outcome::Accept).await;
        desk.until_telling(&id, Telling::Unconfirmed).await;
        desk.until_telling(&id, Telling::Applied).await;
        assert_eq!(
            (
                desk.task(name).await["effects"].as_i64(),
                desk.count(name, "POST", "/accepted").await
            ),
            (Some(1), 2),
            "{name}"
        );
        assert_eq!(bodies(&desk, &id, NOT_TAKEN).await.len(), 1, "{name}");
    }
    // Taken, and answered with nothing: read, and never sent again.
    let id = desk.reviewed("Test Decide Empty").await;
    desk.decide(&desk.anna, &id, Outcome::Reject).await;
    desk.until_telling(&id, Telling::Unconfirmed).await;
    desk.until_telling(&id, Telling::Applied).await;
    assert_eq!(desk.count("Test Decide Empty", "POST", "/accepted").await, 1);
    // Taken as the opposite.
    let id = desk.reviewed("Test Decide Opposite").await;
    desk.decide(&desk.anna, &id, Outcome::Accept).await;
    let check = desk.until_telling(&id, Telling::Conflict).await;
    assert!(check.trouble.is_some_and(|t| t.contains("shows this as rejected")));
    assert_eq!(check.state, "accepted");
});

on_both!(a_decision_that_is_turned_round_there_later_is_a_conflict, |desk| async {
    let id = desk.reviewed("Test Decide Reversed").await;
    desk.decide(&desk.anna, &id, Outcome::Accept).await;
    let check = desk.until_telling(&id, Telling::Conflict).await;
    assert!(
        check
            .trouble
            .as_deref()
            .is_some_and(|t| t.contains("rejected now") && t.contains("Turned round")),
        "{:?}",
        check.trouble
    );
    assert_eq!(check.state, "accepted", "ours stands");
    let entries = actions(&desk.work, id.as_str()).await;
    let at = |action: &str| entries.iter().position(|a| a == action);
    assert!(
        at("telling_applied") < at("telling_conflict") && at("telling_applied").is_some(),
        "{entries:?}"
    );
});

on_both!(a_decision_that_is_turned_round_in_the_details_alone_is_a_conflict, |desk| async {
    let stub = Stub::start(&desk, |method, path, before| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        ("POST", "/task/7/accepted") => (200, None, json!({ "task_id": 7, "accepted": true }).to_string()),
        (_, "/task/7/summary") => (200, None, json!({ "task_id": 7, "progress": 100, "report": null }).to_string()),
        _ => {
            let status = if before == 0 { 0 } else { 2 };
            let details = json!({ "task_id": 7, "potential_risk": 3, "audit_status": status, "auditor_employee_name": "Auditor Krypto", "result": nothing_found() });
            (200, None, details.to_string())
        }
    })
    .await;
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: stub.connection.to_string(),
            ..desk.form("N")
        })
        .await;
    desk.until_state(&id, State::ToReview).await;
    desk.decide(&desk.anna, &id, Outcome::Accept).await;
    desk.until_telling(&id, Telling::Applied).await;
    run_sql(&desk.work.db, &format!("UPDATE checks SET poll_at_ms = 0 WHERE id = '{id}'"))
        .await
        .expect("asks for a read");
    let check = desk.until_telling(&id, Telling::Conflict).await;
    assert!(
        check.trouble.as_deref().is_some_and(|t| t.contains("shows this as rejected now")),
        "{:?}",
        check.trouble
    );
    assert_eq!(
        (check.state.as_str(), check.provider_state.as_deref()),
        ("accepted", Some("rejected there by Auditor Krypto"))
    );
    assert_eq!(bodies(&desk, &id, "details").await.len(), 2, "both are kept");
});

on_both!(metadata_that_are_not_confirmed_are_looked_up_and_set_again, |desk| async {
    let name = "Test Metadata Code";
    let id = desk.reviewed(name).await;
    casework::checks::set_metadata(&desk.work, &by(&desk.anna), &id, "team", Some("a"))
        .await
        .expect("sets");
    desk.settle("it is set", || async {
        desk.review(&id).await.deliveries.iter().all(|d| d.state == "done")
    })
    .await;
    assert_eq!(
        (desk.count(name, "PUT", "/metadata").await, desk.task(name).await["metadata"].clone()),
        (2, json!({ "team": "a" }))
    );
});

on_both!(metadata_that_are_not_shown_are_not_gone, |desk| async {
    let stub = Stub::start(&desk, |method, path, before| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        // The first try confirms nothing, and a summary without metadata does not either.
        ("PUT", _) => (200, None, json!({ "code": i32::from(before == 0) }).to_string()),
        (_, "/task/7/summary") => (200, None, harmless().to_string()),
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
    casework::checks::set_metadata(&desk.work, &by(&desk.anna), &id, "team", None)
        .await
        .expect("removes");
    desk.settle("it is gone", || async {
        desk.review(&id).await.deliveries.iter().all(|d| d.state == "done")
    })
    .await;
    assert_eq!(stub.count("PUT /task/7/metadata"), 2);
});

on_both!(what_refusals_and_faults_say_is_evidence, |desk| async {
    let stub = Stub::start(&desk, |method, path, before| match (method, path) {
        ("POST", "/task") if before == 0 => {
            (503, None, r#"{"message":"no capacity in zone b"}"#.into())
        }
        ("POST", "/task") => {
            (400, None, r#"{"code":1403,"message":"name is on our stop list"}"#.into())
        }
        _ => (200, None, json!({ "data": [] }).to_string()),
    })
    .await;
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: stub.connection.to_string(),
            ..desk.form("N")
        })
        .await;
    desk.until_state(&id, State::Failed).await;
    let said = bodies(&desk, &id, REFUSAL).await;
    assert!(
        said.len() == 2 && said[0].contains("zone b") && said[1].contains("stop list"),
        "{said:?}"
    );
});

on_both!(many_refusals_leave_room_for_an_answer_about_somebody_else, |desk| async {
    const REFUSED: usize = 22;
    let stub = Stub::start(&desk, |method, path, before| match (method, path) {
        ("POST", "/task") => (200, None, json!([{ "task_id": 7 }]).to_string()),
        _ if before < REFUSED => {
            (400, None, json!({ "message": format!("request {before} refused") }).to_string())
        }
        _ => (200, None, json!({ "task_id": 8, "progress": 100 }).to_string()),
    })
    .await;
    let id = desk
        .launch_form(&DueDiligenceForm {
            connection: stub.connection.to_string(),
            ..desk.form("N")
        })
        .await;
    desk.until_state(&id, State::Running).await;
    desk.settle("it is about another task", || async {
        desk.work.clock.advance(desk.work.pace.poll_max_ms);
        !bodies(&desk, &id, NOT_TAKEN).await.is_empty()
    })
    .await;
    assert!(stub.count("GET /task/7/summary") > REFUSED);
    assert_eq!(bodies(&desk, &id, REFUSAL).await.len(), 20, "and no more of the same");
    assert!(bodies(&desk, &id, NOT_TAKEN).await[0].contains("\"task_id\":8"));
});
