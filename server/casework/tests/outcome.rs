//! Outcomes: what arrives becomes findings and evidence, byte for byte.

use crate::{on_both, support::*};
use casework::{checks, checks::review, sha256_hex};
use domain::{
    checks::{Band, Kind, State, review_time},
    findings::{Judgement, Source},
    launch::DueDiligenceForm,
};
use serde_json::Value;

async fn compare_with_provider(desk: &Desk, check: &domain::CheckId) {
    let review = desk.review(check).await;
    let task = review.check.provider_ref.clone().expect("a task");
    assert_eq!(
        review.evidence.iter().map(|e| e.source.as_str()).collect::<Vec<_>>(),
        ["summary", "details"]
    );
    for (evidence, path) in
        review.evidence.iter().zip([format!("/task/{task}/summary"), format!("/task/{task}")])
    {
        let direct = desk.direct(&path).await;
        let kept = review::evidence_body(&desk.work, check, &evidence.id).await.expect("opens");
        assert!(kept.intact);
        assert_eq!(kept.bytes, direct, "{path}: the very bytes");
        assert_eq!(
            (evidence.sha256.clone(), evidence.size),
            (sha256_hex(&direct), direct.len() as i64),
            "{path}"
        );
        assert_eq!(evidence.content_type, "application/json");
    }
}

on_both!(a_person_is_launched_and_arrives_with_findings_and_evidence, |desk| async {
    let form = DueDiligenceForm {
        birth_date: "1927-03-13".into(),
        country: "TWN".into(),
        ..desk.form("王又曾")
    };
    let id = desk.launch_form(&form).await;
    let check = desk.until_state(&id, State::ToReview).await;
    assert_eq!(
        (check.risk(), check.band(), check.progress),
        (Some(100), Some(Band::VeryHigh), 100)
    );
    let outcome_at = check.outcome_at_ms.expect("a moment");
    assert_eq!(check.due_at_ms, outcome_at + review_time(Kind::DdKyc, Some(Band::VeryHigh)));
    assert_eq!(
        (check.trouble.as_deref(), check.provider_state.as_deref()),
        (None, Some("completed"))
    );

    let review = desk.review(&id).await;
    let sources: Vec<_> = review.findings.iter().map(|f| f.source.as_str()).collect();
    assert_eq!(
        sources,
        [
            "sanction_list",
            "dow_jones",
            "tw_verdict",
            "tw_verdict",
            "negative_news",
            "negative_news"
        ]
    );
    assert_eq!(review.unjudged(), 1);
    assert!(review.findings.iter().all(|f| f.judgement() == Judgement::Undecided));
    let hit = &review.findings[0];
    let compared: Vec<_> =
        hit.compared().iter().map(|c| (c.field.clone(), c.result.code())).collect();
    assert_eq!(compared[1], ("birth date".to_owned(), "matches"));
    let told: Value = serde_json::from_slice(
        &desk.direct(&format!("/task/{}", check.provider_ref.expect("a task"))).await,
    )
    .expect("JSON");
    let item = &told["result"]["sanction_list"]["items"][0];
    assert_eq!(hit.title, item["title"].as_str().expect("a title"));
    assert!(hit.facts().iter().all(|(name, _)| !item[name].is_null()), "facts are the provider's");
    assert_eq!(
        review.details.expect("details").summary_text.as_deref(),
        told["aml_summarization"].as_str()
    );
    compare_with_provider(&desk, &id).await;

    let entries = actions(&desk.work, id.as_str()).await;
    for (action, times) in
        [("check_launched", 1), ("check_sent", 1), ("evidence_kept", 2), ("outcome_arrived", 1)]
    {
        assert_eq!(entries.iter().filter(|a| *a == action).count(), times, "{action}: {entries:?}");
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(a_company_is_launched_and_arrives, |desk| async {
    let form = DueDiligenceForm {
        kind: "dd_kyb".into(),
        registration_number: "FZE-12 345".into(),
        country: "ARE".into(),
        ..desk.form("Kestrel Meridian Shipping FZE")
    };
    let id = desk.launch_form(&form).await;
    let check = desk.until_state(&id, State::ToReview).await;
    assert_eq!((check.kind.as_str(), check.risk()), ("dd_kyb", Some(100)));
    assert_eq!(desk.task("Kestrel Meridian Shipping FZE").await["type"], 2);
    let review = desk.review(&id).await;
    assert_eq!(review.customer.subject, "company");
    let told = review.details.as_ref().expect("details");
    assert!(
        told.target.contains(&("registration_number".into(), "FZE-12 345".into())),
        "{:?}",
        told.target
    );
    compare_with_provider(&desk, &id).await;
});

on_both!(only_the_chosen_sources_are_asked, |desk| async {
    let form = DueDiligenceForm {
        sources: "negative_news tw_verdict".into(),
        search_setting: "2".into(),
        ..desk.form("王又曾")
    };
    let id = desk.launch_form(&form).await;
    desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    assert!(
        review
            .findings
            .iter()
            .all(|f| [Source::NegativeNews, Source::TwVerdict].contains(&f.source()))
    );
    assert_eq!(review.details.expect("details").sources.len(), 2);
    assert_eq!(review.search_setting_name.as_deref(), Some("Fuzzy, all years"));
});

on_both!(nothing_found_is_a_low_risk_with_nothing_to_judge, |desk| async {
    let id = desk.reviewed("Anna-Lena Bergström").await;
    let review = desk.review(&id).await;
    assert_eq!(
        (review.findings.len(), review.check.risk(), review.check.band()),
        (0, Some(3), Some(Band::Low))
    );
    assert_eq!(
        review.check.due_at_ms - review.check.due_from_ms,
        review_time(Kind::DdKyc, Some(Band::Low))
    );
});

on_both!(the_same_outcome_read_again_changes_nothing, |desk| async {
    let id = desk.reviewed("王又曾").await;
    desk.clear_sanctions(&id).await;
    let before = desk.review(&id).await;
    let entries = actions(&desk.work, id.as_str()).await;
    run_sql(&desk.work.db, &format!("UPDATE checks SET poll_at_ms = 0 WHERE id = '{id}'"))
        .await
        .expect("asks for a read");
    desk.settle("a read", || async { desk.check(&id).await.poll_at_ms == domain::time::NEVER })
        .await;
    let after = desk.review(&id).await;
    assert_eq!(
        (after.check.version, after.check.state.as_str()),
        (before.check.version, "to_review")
    );
    assert_eq!(
        (after.evidence.len(), after.findings.len()),
        (before.evidence.len(), before.findings.len())
    );
    assert_eq!(after.unjudged(), 0, "judgements stay");
    assert_eq!(actions(&desk.work, id.as_str()).await, entries);
});

on_both!(a_decision_of_the_providers_staff_is_shown_and_ours_stays_open, |desk| async {
    let id = desk.reviewed("Jan Novák").await;
    let task = desk.task("Jan Novák").await["task_id"].clone();
    let version = desk.check(&id).await.version;
    let staff = serde_json::json!({ "accepted": true, "comment": "Fine by us." });
    desk.control(&format!("/tasks/{task}/decide"), staff).await;
    desk.settle("the callback is understood", || async {
        desk.check(&id).await.provider_state.as_deref() == Some("accepted there")
    })
    .await;
    let check = desk.check(&id).await;
    assert_eq!(
        (check.state.as_str(), check.version, check.telling.as_str()),
        ("to_review", version, "none")
    );
    assert_eq!(desk.review(&id).await.evidence.len(), 3, "what the provider said then is kept too");
});

on_both!(metadata_goes_to_the_provider_in_order_and_can_be_removed, |desk| async {
    let id = desk.launch("Jan Novák").await;
    let set = async |key: &str, value: Option<&str>| {
        checks::set_metadata(&desk.work, &by(&desk.anna), &id, key, value).await
    };
    assert!(
        form_of(set("team", Some("a")).await).error("").is_some(),
        "not before the provider knows the check"
    );
    desk.until_state(&id, State::ToReview).await;
    for (key, value) in [
        ("team", Some("one")),
        ("team", Some("two")),
        ("note", Some("Zoë 👩‍👩‍👧")),
        ("gone", Some("x")),
        ("gone", None),
    ] {
        set(key, value).await.expect("sets");
    }
    let done = || async { desk.review(&id).await.deliveries.iter().all(|d| d.state == "done") };
    desk.settle("all are told", done).await;
    assert_eq!(
        desk.task("Jan Novák").await["metadata"],
        serde_json::json!({ "team": "two", "note": "Zoë 👩‍👩‍👧" })
    );
    assert_eq!(
        desk.review(&id).await.metadata,
        [("note".into(), "Zoë 👩‍👩‍👧".into()), ("team".into(), "two".to_owned())]
    );
    for (key, value) in [
        ("", Some("x")),
        ("a\u{202E}", Some("x")),
        ("a\0", Some("x")),
        ("k", Some(" ")),
        ("k", Some("a\0b")),
    ] {
        assert!(!form_of(set(key, value).await).is_clean(), "{key:?} {value:?}");
    }
});

on_both!(comments_are_for_colleagues_and_kept_as_written, |desk| async {
    let id = desk.reviewed("Jan Novák").await;
    let version = desk.check(&id).await.version;
    checks::comment(&desk.work, &by(&desk.ben), &id, "  Zoë 👩‍👩‍👧\r\n<script>\0 ")
        .await
        .expect("comments");
    assert!(
        form_of(checks::comment(&desk.work, &by(&desk.ben), &id, " \n ").await)
            .error("body")
            .is_some()
    );
    let comments = desk.review(&id).await.comments;
    assert_eq!(
        (comments.len(), comments[0].author.as_str(), comments[0].body.as_str()),
        (1, "Ben Berg", "Zoë 👩‍👩‍👧\r\n<script>\u{FFFD}")
    );
    assert_eq!(desk.check(&id).await.version, version, "a comment disturbs nobody's decision");
    let (page, other) = (casework::new_id(), casework::new_id());
    let send = async |page: &str, text: &str| {
        checks::comment_once(&desk.work, &by(&desk.ben), &id, page, text).await.expect("comments")
    };
    for (page, text) in [
        (page.as_str(), "Twice"),
        (page.as_str(), "Twice"),
        (page.as_str(), "Another"),
        ("", "Bare"),
        ("", "Bare"),
        (other.as_str(), "Twice"),
    ] {
        send(page, text).await;
    }
    let said: Vec<String> =
        desk.review(&id).await.comments.into_iter().skip(1).map(|c| c.body).collect();
    assert_eq!(
        said,
        ["Twice", "Another", "Bare", "Bare", "Twice"],
        "the same post twice is one comment"
    );
    checks::comment(&desk.work, &by(&desk.ben), &id, "Mu\u{308}ller").await.expect("comments");
    assert_eq!(
        desk.review(&id).await.comments.last().map(|c| c.body.clone()).as_deref(),
        Some("Müller"),
        "composed"
    );
});
