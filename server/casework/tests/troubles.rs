//! Whatever a provider does wrong, a check ends in an honest state.

use crate::{on_both, support::*};
use casework::{connections, workers};
use domain::{
    CheckId,
    checks::{State, Telling},
    decisions::Outcome,
    findings::Source,
};

/// Launches, works until trouble is shown, and sees that nothing was believed.
async fn in_trouble(desk: &Desk, name: &str, said: &str) -> CheckId {
    let id = desk.launch(name).await;
    desk.settle(&format!("{name} is in trouble"), || async {
        desk.check(&id).await.trouble.is_some()
    })
    .await;
    desk.work_for(100).await;
    let check = desk.check(&id).await;
    assert!(
        check.trouble.as_deref().is_some_and(|t| t.contains(said)),
        "{name}: {:?}",
        check.trouble
    );
    assert_eq!(
        (check.state.as_str(), check.risk(), check.outcome_at_ms),
        ("running", None, None),
        "{name}"
    );
    let review = desk.review(&id).await;
    let kept = review.evidence.iter().any(|e| ["summary", "details"].contains(&e.source.as_str()));
    assert!(review.findings.is_empty() && !kept, "{name}: nothing of it is kept as an outcome");
    assert!(check.poll_at_ms < domain::time::NEVER, "{name} is read again");
    id
}

/// Launches, and sees that the check comes with its summary alone, says so and is read again.
async fn without_details(desk: &Desk, name: &str) {
    let id = desk.launch(name).await;
    let check = desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    let unread: Vec<_> = review
        .findings
        .iter()
        .filter(|f| f.source() == Source::Unread)
        .map(|f| f.title.as_str())
        .collect();
    assert_eq!(unread, ["KryptoGO gave no details of this task"], "{name}");
    let kept = |source: &str| review.evidence.iter().any(|e| e.source == source);
    assert!(
        kept("summary") && !kept("details"),
        "{name}: nothing of the details is kept as an outcome"
    );
    assert!(check.poll_at_ms < domain::time::NEVER, "{name} is read again");
}

on_both!(an_answer_cut_in_the_middle_is_no_details_and_recovers, |desk| async {
    without_details(&desk, "Test Bad Json").await;
    let id = desk.reviewed("Test Bad Json Once").await;
    assert_eq!(desk.check(&id).await.trouble, None, "what is over is not shown any more");
});

on_both!(details_of_eight_megabytes_are_refused, |desk| async {
    // Reading that much takes a while on a busy machine; here it is the size that matters.
    connections::set_deadline(&desk.work, &by(&desk.adam), &desk.connection, Some(10_000))
        .await
        .expect("more time");
    without_details(&desk, "Test Huge").await;
});

on_both!(a_redirect_is_never_followed, |desk| async {
    let id = in_trouble(&desk, "Test Redirect", "redirects").await;
    let url = format!("{}/control/requests", desk.sandbox.base_url());
    let log = reqwest::get(url).await.expect("answers").text().await.expect("text");
    assert!(
        log.contains("/summary") && !log.contains("elsewhere"),
        "the other path was never asked"
    );
    assert_ne!(desk.check(&id).await.state, "accepted");
});

on_both!(details_that_dribble_run_into_the_deadline, |desk| async {
    let started = std::time::Instant::now();
    in_trouble(&desk, "Test Slow Loris", "did not answer in time").await;
    assert!(started.elapsed().as_secs() < 10);
});

on_both!(a_summary_that_fails_three_times_arrives_later, |desk| async {
    let id = desk.launch("Test Summary 500").await;
    let mut shown = false;
    desk.settle("it arrives", || async {
        let check = desk.check(&id).await;
        check.state == "to_review"
            || check.trouble.as_deref().is_some_and(|t| t.contains("HTTP 500"))
    })
    .await;
    shown |= desk.check(&id).await.trouble.is_some();
    let check = desk.until_state(&id, State::ToReview).await;
    assert!(shown, "meanwhile it said why");
    assert_eq!(check.trouble, None);
});

on_both!(a_stuck_task_stays_running_and_is_read_ever_more_rarely, |desk| async {
    let id = desk.launch("Test Stuck").await;
    desk.settle("40 %", || async { desk.check(&id).await.progress == 40 }).await;
    desk.work_for(200).await;
    let check = desk.check(&id).await;
    assert_eq!(
        (check.state.as_str(), check.provider_state.as_deref(), check.trouble.as_deref()),
        ("running", Some("40 %"), None)
    );
    // Old checks are read at the longest interval, so reads do not pile up.
    desk.work.clock.advance(domain::time::HOUR);
    let before = desk.work.now();
    workers::poll(&desk.work, 8).await.expect("polls");
    let next = desk.check(&id).await.poll_at_ms;
    let longest = desk.work.pace.poll_max_ms;
    assert!((before + longest..=desk.work.now() + longest).contains(&next), "{}", next - before);
});

on_both!(a_report_that_stays_null_arrives_with_the_details_words, |desk| async {
    let id = desk.reviewed("Test Null Report").await;
    let review = desk.review(&id).await;
    assert_eq!((review.check.risk().is_some(), review.findings.len()), (true, 1));
    assert_eq!(review.summary.expect("a summary").risk, None);
    desk.decide(&desk.anna, &id, Outcome::Accept).await;
    desk.until_telling(&id, Telling::Applied).await;
});

on_both!(unknown_values_are_kept_and_shown_and_never_count_as_accepted, |desk| async {
    let id = desk.reviewed("Test Unknown Values").await;
    let review = desk.review(&id).await;
    let details = review.details.as_ref().expect("details");
    assert_eq!((details.accepted, details.audit_status.as_deref()), (None, Some("9")));
    assert_eq!(review.check.provider_state.as_deref(), Some("completed"));
    assert!(
        review.check.risk().is_some_and(|r| r >= 30),
        "a number as text is a number: {:?}",
        review.check.risk()
    );
    let mixer = review
        .findings
        .iter()
        .find(|f| f.source_name == "crypto_mixers")
        .expect("the unknown source");
    assert_eq!(
        (mixer.source(), mixer.score, mixer.facts()),
        (Source::Other, Some(61), vec![("hops".to_owned(), "3".to_owned())])
    );
    assert!(details.search_setting.contains(&("ranking".into(), "semantic-v2".into())));
    desk.decide(&desk.anna, &id, Outcome::Reject).await;
    desk.until_telling(&id, Telling::Applied).await;
});

on_both!(a_task_that_never_becomes_readable_fails_after_sixty_reads, |desk| async {
    let id = in_trouble(&desk, "Test Redirect", "redirects").await;
    for _ in 0..70 {
        desk.work.clock.advance(desk.work.pace.poll_max_ms);
        workers::poll(&desk.work, 8).await.expect("polls");
    }
    let check = desk.check(&id).await;
    assert_eq!((check.state.as_str(), check.poll_at_ms), ("failed", domain::time::NEVER));
    assert!(check.trouble.is_some_and(|t| t.contains("redirects")));
    assert_eq!(
        actions(&desk.work, id.as_str()).await.last().map(String::as_str),
        Some("check_failed")
    );
    assert!(
        (60..64).contains(
            &desk
                .requests("Test Redirect")
                .await
                .iter()
                .filter(|(_, p, _)| p.ends_with("/summary"))
                .count()
        )
    );
});

on_both!(a_task_that_the_provider_forgot_fails_with_its_words, |desk| async {
    let id = desk.launch("Test Slow").await;
    desk.until_state(&id, State::Running).await;
    desk.control("/reset", serde_json::json!({})).await;
    let check = desk.until_state(&id, State::Failed).await;
    assert!(check.trouble.is_some_and(|t| t.contains("does not know this any more")));
});

on_both!(a_connection_that_may_not_be_called_any_more_is_trouble_not_silence, |desk| async {
    let id = desk.launch("Test Slow").await;
    desk.until_state(&id, State::Running).await;
    run_sql(&desk.work.db, "UPDATE connections SET allow_private = 0").await.expect("changes");
    desk.settle("trouble", || async { desk.check(&id).await.trouble.is_some() }).await;
    assert!(
        desk.check(&id).await.trouble.is_some_and(|t| t.contains("the connection may reach it"))
    );
    run_sql(&desk.work.db, "UPDATE connections SET allow_private = 1").await.expect("changes");
    desk.until_state(&id, State::ToReview).await;
});
