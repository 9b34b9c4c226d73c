//! ID verification from launch to decision, in each of its three ways.

use crate::{on_both, support::*};
use casework::{
    checks::{self, decide::Act},
    idv::{self, Sent},
};
use domain::{
    CheckId, Refusal,
    checks::State,
    decisions::{Outcome, Reason, Verdict},
    findings::Judgement,
    idv::{Form, Slot},
};

async fn until_reviewed(desk: &Desk, id: &CheckId) -> casework::checks::review::Review {
    desk.until_state(id, State::ToReview).await;
    desk.review(id).await
}

/// Decides with a reason of the kind, at the version that stands.
async fn decide(
    desk: &Desk,
    id: &CheckId,
    outcome: Outcome,
    reason: Reason,
) -> Result<checks::decide::Decided, casework::Error> {
    let version = desk.check(id).await.version;
    let verdict = Verdict {
        seen_version: version,
        outcome: Some(outcome),
        reason: Some(reason),
        comment: "Looked at the pictures.",
    };
    desk.act(&desk.anna, id, &casework::new_id().into(), Act::Decide, &verdict).await
}

on_both!(an_upload_arrives_with_its_pictures_is_reviewed_and_decided_here, |desk| async {
    let name = "Jörg Müller";
    let id = desk.upload(name).await;
    let review = until_reviewed(&desk, &id).await;
    assert_eq!(review.check.provider_state.as_deref(), Some("accept"));
    assert!(review.findings.is_empty(), "{:?}", review.findings);
    let sent = desk.idvs(name).await;
    assert_eq!((sent.len(), sent[0]["way"].as_str()), (1, Some("upload")));
    let uploaded = |slot: &str| {
        review
            .evidence
            .iter()
            .find(|e| e.source == format!("picture_{slot}"))
            .map(|e| e.sha256.clone())
    };
    for slot in ["front", "back", "face"] {
        let of = sent[0]["images"].to_string();
        assert!(of.contains(&uploaded(slot).expect("kept")), "{slot} arrived byte for byte: {of}");
    }
    let decided =
        decide(&desk, &id, Outcome::Accept, Reason::IdentityConfirmed).await.expect("decides");
    assert!(!decided.told);
    desk.work_for(100).await;
    let check = desk.check(&id).await;
    assert_eq!((check.state.as_str(), check.telling.as_str()), ("accepted", "none"));
    assert!(
        desk.review(&id).await.deliveries.iter().all(|d| d.task == "create_check"),
        "the provider takes no decision"
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(a_swapped_birthday_is_a_finding_that_must_be_judged_before_an_accept, |desk| async {
    let form =
        Form { birth_date: "1984-09-05".into(), ..desk.idv_form("upload", "Test Idv Review 501") };
    let id = desk.launch_idv(form).await;
    let review = until_reviewed(&desk, &id).await;
    assert_eq!(review.check.provider_state.as_deref(), Some("review (501)"));
    assert_eq!(
        review.idv.as_ref().and_then(|a| a.recognised.birth_date.as_deref()),
        Some("1984-05-09")
    );
    assert_eq!(review.findings.len(), 1, "the reason and the difference are one finding");
    let finding = &review.findings[0];
    assert_eq!(finding.source, "idv_review");
    assert!(
        finding.facts().iter().any(|(_, value)| value.contains("Day and month are swapped")),
        "{:?}",
        finding.facts()
    );
    assert!(finding.facts().iter().any(|(name, _)| name == "what to do next"));
    assert_eq!(
        refusal(decide(&desk, &id, Outcome::Accept, Reason::DifferencesExplained).await),
        Refusal::UndecidedFindings(1)
    );
    let finding_id = finding.id.as_str().into();
    checks::judge(&desk.work, &by(&desk.anna), &id, &finding_id, Judgement::Relevant, "")
        .await
        .expect("judges");
    assert_eq!(
        refusal(decide(&desk, &id, Outcome::Accept, Reason::IdentityConfirmed).await),
        Refusal::ReasonContradicts(Reason::IdentityConfirmed)
    );
    decide(&desk, &id, Outcome::Reject, Reason::DataDiffer).await.expect("rejects");
});

on_both!(every_reason_family_is_shown_with_the_providers_words_and_what_to_do, |desk| async {
    for (name, state, source) in [
        ("Test Idv Review 400", "review (400)", "idv_review"),
        ("Test Idv Review 600", "review (600)", "idv_review"),
        ("Test Idv Reject 106", "reject (106)", "idv_reject"),
        ("Test Idv Reject 200", "reject (200)", "idv_reject"),
        ("Test Idv Reject 300", "reject (300)", "idv_reject"),
        ("Test Idv Reject 411", "reject (411)", "idv_reject"),
        ("Test Idv Reject 701", "reject (701)", "idv_reject"),
        ("Test Idv Reject 802", "reject (802)", "idv_reject"),
        ("Test Idv Reject 901", "reject (901)", "idv_reject"),
    ] {
        let id = desk.upload(name).await;
        let review = until_reviewed(&desk, &id).await;
        assert_eq!(review.check.provider_state.as_deref(), Some(state), "{name}");
        let finding = review
            .findings
            .iter()
            .find(|f| f.source == source)
            .unwrap_or_else(|| panic!("{name}: {:?}", review.findings));
        let next = finding.facts().into_iter().find(|(name, _)| name == "what to do next");
        assert!(next.is_some_and(|(_, words)| words.ends_with('.')), "{name}");
    }
});

on_both!(what_nobody_knows_is_shown_as_it_came_and_never_counts_as_accepted, |desk| async {
    let unknown_code = until_reviewed(&desk, &desk.upload("Test Idv Reject 999").await).await;
    assert!(
        unknown_code
            .findings
            .iter()
            .any(|f| f.title.contains("999") && f.title.contains("Unheard-of")),
        "{:?}",
        unknown_code.findings
    );

    let unknown_state = desk.upload("Test Idv Unknown State").await;
    let review = until_reviewed(&desk, &unknown_state).await;
    assert_eq!(review.check.provider_state.as_deref(), Some("unknown state 9"));
    assert!(
        refusal(decide(&desk, &unknown_state, Outcome::Accept, Reason::IdentityConfirmed).await)
            == Refusal::UndecidedFindings(1)
    );

    let texts = until_reviewed(&desk, &desk.upload("Test Idv Text Values").await).await;
    assert!(
        texts.check.provider_state.as_deref().is_some_and(|s| s.starts_with("accept")),
        "{:?}",
        texts.check.provider_state
    );

    let sample = until_reviewed(&desk, &desk.upload("Test Idv Seed Sample").await).await;
    assert!(sample.unjudged() >= 2, "an accept with reasons and differences is judged by a person");

    let early = until_reviewed(&desk, &desk.upload("Test Idv Initial Rejected").await).await;
    assert_eq!(early.check.provider_state.as_deref(), Some("rejected before creation (802)"));
    assert!(early.findings.iter().any(|f| f.source == "idv_reject"));
});

on_both!(without_a_state_there_is_no_outcome, |desk| async {
    for name in ["Test Idv No State", "Test Idv Pending"] {
        let id = desk.upload(name).await;
        desk.until_state(&id, State::Running).await;
        desk.work_for(600).await;
        let check = desk.check(&id).await;
        assert_eq!(check.state, "running", "{name}");
        assert!(
            matches!(check.provider_state.as_deref(), Some("no state given" | "pending")),
            "{name}: {:?}",
            check.provider_state
        );
    }
});

on_both!(a_link_is_kept_sealed_shown_once_and_to_whom_is_recorded, |desk| async {
    let name = "Emily Clarke";
    let id = desk.launch_idv(desk.idv_form("link", name)).await;
    desk.until_state(&id, State::Running).await;
    let handout = desk.review(&id).await.handout.expect("a link");
    assert_eq!((handout.kind.as_str(), handout.shown_at_ms), ("link", None));
    let (link, _) = idv::show_handout(&desk.work, &by(&desk.anna), &id).await.expect("shown");
    assert!(link.starts_with(&desk.sandbox.base_url()), "{link}");
    let again = form_of(idv::show_handout(&desk.work, &by(&desk.ben), &id).await);
    assert!(again.error("").is_some_and(|e| e.contains("once")));
    let shown = desk.review(&id).await.handout.expect("a note of it");
    assert_eq!(shown.shown_by.as_deref(), Some(desk.anna.name.as_str()));
    idv::copied_handout(&desk.work, &by(&desk.anna), &id).await.expect("noted");

    let done = actions(&desk.work, id.as_str()).await;
    for action in ["handout_made", "handout_shown", "handout_copied"] {
        assert!(done.iter().any(|a| a == action), "{action}: {done:?}");
    }
    let token = link.rsplit('/').next().expect("an end").to_owned();
    assert_eq!(
        everywhere(&desk, &token).await,
        Vec::<String>::new(),
        "the link stands nowhere in clear"
    );

    desk.complete_idv(&id).await;
    let review = until_reviewed(&desk, &id).await;
    assert_eq!(review.idv.and_then(|a| a.recognised.name).as_deref(), Some(name));
});

/// The text columns that hold a text, in any table.
async fn everywhere(desk: &Desk, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (table, column) in [
        ("journal_details", "details"),
        ("checks", "request"),
        ("checks", "trouble"),
        ("deliveries", "payload"),
        ("deliveries", "last_error"),
        ("attempts", "detail"),
        ("findings", "facts"),
    ] {
        if number(
            &desk.work.db,
            &format!("SELECT COUNT(*) FROM {table} WHERE {column} LIKE '%{text}%'"),
        )
        .await
            > 0
        {
            found.push(format!("{table}.{column}"));
        }
    }
    found
}

on_both!(a_withdrawn_check_hands_nothing_out_and_keeps_nothing_to_hand_out, |desk| async {
    let id = desk.launch_idv(desk.idv_form("link", "Emily Clarke")).await;
    desk.until_state(&id, State::Running).await;
    checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &id).await.expect("withdraws");
    let refused = form_of(idv::show_handout(&desk.work, &by(&desk.anna), &id).await);
    assert!(refused.error("").is_some_and(|e| e.contains("does not wait for the customer")));
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM handouts WHERE sealed IS NOT NULL").await,
        0
    );
    // What the customer still does changes nothing any more.
    desk.complete_idv(&id).await;
    desk.work_for(300).await;
    let review = desk.review(&id).await;
    assert_eq!(
        (review.check.state.as_str(), review.pictures.len(), review.findings.len()),
        ("withdrawn", 0, 0)
    );
});

on_both!(
    a_picture_that_comes_after_the_page_was_opened_is_not_overlooked_by_a_decision,
    |desk| async {
        let id = desk.launch_idv(desk.idv_form("link", "Test Idv Image Slow")).await;
        desk.until_state(&id, State::Running).await;
        desk.complete_idv(&id).await;
        let seen = desk.until_state(&id, State::ToReview).await.version;
        desk.settle("all pictures", || async {
            let review = desk.review(&id).await;
            let named = review.idv.map_or(0, |a| a.pictures.len());
            named > 0 && review.pictures.iter().filter(|p| p.state == "kept").count() == named
        })
        .await;
        let verdict = Verdict {
            seen_version: seen,
            outcome: Some(Outcome::Reject),
            reason: Some(Reason::IdentityUnclear),
            comment: "Not seen.",
        };
        let decided =
            desk.act(&desk.anna, &id, &casework::new_id().into(), Act::Decide, &verdict).await;
        assert_eq!(refusal(decided), Refusal::Changed);
    }
);

on_both!(a_token_for_the_mobile_sdk_tells_its_end_and_stands_nowhere_in_clear, |desk| async {
    let id = desk.launch_idv(desk.idv_form("token", "Łukasz Wójcik")).await;
    desk.until_state(&id, State::Running).await;
    let handout = desk.review(&id).await.handout.expect("a token");
    let ends = handout.expires_at_ms.expect("it tells its end");
    assert!(ends > desk.work.now() && ends < desk.work.now() + 3_600_000, "{ends}");
    let (token, _) = idv::show_handout(&desk.work, &by(&desk.anna), &id).await.expect("shown");
    assert_eq!(token.split('.').count(), 3);
    assert_eq!(
        everywhere(&desk, token.split('.').nth(1).expect("a payload")).await,
        Vec::<String>::new()
    );
    desk.complete_idv(&id).await;
    until_reviewed(&desk, &id).await;
});

on_both!(the_sumsub_form_of_a_link_is_taken_too, |desk| async {
    let form = Form {
        engine: "sumsub".into(),
        workflow: String::new(),
        ..desk.idv_form("link", "Taras Hrytsenko")
    };
    let id = desk.launch_idv(form).await;
    desk.until_state(&id, State::Running).await;
    assert!(desk.review(&id).await.handout.is_some());
});

on_both!(the_due_diligence_that_the_provider_makes_is_a_linked_check, |desk| async {
    let form = Form {
        follow_up: "provider".into(),
        search_setting: "1".into(),
        ..desk.idv_form("upload", "Olena Kovalenko")
    };
    let id = desk.launch_idv(form).await;
    until_reviewed(&desk, &id).await;
    desk.settle("a linked check", || async { !desk.review(&id).await.following.is_empty() }).await;
    let (linked, kind, _) = desk.review(&id).await.following.remove(0);
    assert_eq!(kind, "dd_kyc");
    let linked = CheckId::from(linked);
    let review = until_reviewed(&desk, &linked).await;
    assert_eq!(review.check.from_check.as_deref(), Some(id.as_str()));
    assert_eq!(review.check.launch().expect("a launch").target.name, "Olena Kovalenko");
    decide(&desk, &id, Outcome::Accept, Reason::IdentityConfirmed).await.expect("accepts");
    desk.work_for(200).await;
    assert_eq!(desk.review(&id).await.following.len(), 1, "no second one is launched");
    assert_eq!(desk.tasks("Olena Kovalenko").await.len(), 1);
});

on_both!(
    accepting_launches_the_due_diligence_that_was_asked_for_and_rejecting_does_not,
    |desk| async {
        let form = |name| Form {
            follow_up: "accepted".into(),
            search_setting: "2".into(),
            ..desk.idv_form("upload", name)
        };
        let id = desk.launch_idv(form("Emily Clarke")).await;
        until_reviewed(&desk, &id).await;
        assert!(desk.review(&id).await.following.is_empty(), "not before a person accepts");
        decide(&desk, &id, Outcome::Accept, Reason::IdentityConfirmed).await.expect("accepts");
        let (linked, ..) = desk.review(&id).await.following.remove(0);
        let review = until_reviewed(&desk, &linked.into()).await;
        let launch = review.check.launch().expect("a launch");
        let idv_id = desk.check(&id).await.provider_ref.and_then(|r| r.parse::<i64>().ok());
        assert_eq!((launch.from_idv_id, launch.search_setting), (idv_id, 2));

        let other = desk.launch_idv(form("Sato Haruka")).await;
        until_reviewed(&desk, &other).await;
        decide(&desk, &other, Outcome::Reject, Reason::IdentityUnclear).await.expect("rejects");
        desk.work_for(100).await;
        assert!(desk.review(&other).await.following.is_empty());
    }
);

on_both!(sending_the_page_twice_launches_once, |desk| async {
    let (id, form) = (CheckId::from(casework::new_id()), desk.idv_form("upload", "Twice Sent"));
    let sent = || Sent {
        form: form.clone(),
        uploads: vec![drawn(Slot::Front), drawn(Slot::Back), drawn(Slot::Face)],
        kept: vec![],
    };
    assert!(!desk.try_idv(&id, sent()).await.expect("launches").repeated);
    assert!(desk.try_idv(&id, sent()).await.expect("the same again").repeated);
    until_reviewed(&desk, &id).await;
    assert_eq!(desk.idvs("Twice Sent").await.len(), 1);
});

on_both!(metadata_of_an_id_verification_stay_here, |desk| async {
    let id = desk.upload("Meta Data").await;
    until_reviewed(&desk, &id).await;
    checks::set_metadata(&desk.work, &by(&desk.anna), &id, "branch", Some("Kiel"))
        .await
        .expect("set");
    assert_eq!(desk.review(&id).await.metadata, [("branch".to_owned(), "Kiel".to_owned())]);
    assert!(desk.review(&id).await.deliveries.iter().all(|d| d.task == "create_check"));
});
