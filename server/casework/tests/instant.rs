//! Checks that answer at once, from launch to decision, and what happens when the answer is lost.

use crate::{on_both, support::*};
use casework::{
    checks::decide::Act,
    connections, journal,
    many::Sent,
    outbox,
    services::{self, Said},
};
use domain::{
    CheckId,
    checks::{Kind, State},
    decisions::{Outcome, Reason, Verdict},
    idv::Form,
    launch::DueDiligenceForm,
    number_match::{Attribute, MatchResult},
    time,
};

const PERSONA: &str = "+34629255833";

async fn decide(
    desk: &Desk,
    id: &CheckId,
    outcome: Outcome,
    reason: Reason,
) -> Result<casework::checks::decide::Decided, casework::Error> {
    let version = desk.check(id).await.version;
    let verdict = Verdict {
        seen_version: version,
        outcome: Some(outcome),
        reason: Some(reason),
        comment: "Looked at every row.",
    };
    desk.act(&desk.anna, id, &casework::new_id().into(), Act::Decide, &verdict).await
}

on_both!(a_number_match_is_answered_reviewed_and_decided_here, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let mut form = number_form(
        &operator,
        "+34 629 255 833",
        &[
            ("givenName", "Federica"),
            ("familyName", "Sanchez Arjone"),
            ("birthdate", "1978-08-22"),
            ("country", "JPN"),
        ],
    );
    // The desk's own record has the slip, too: another name would be asked about.
    if let services::Form::NumberMatch(form) = &mut form {
        form.name = "Federica Sanchez Arjone".into();
    }
    let id = desk.ask(form).await;
    desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    assert_eq!(review.check.provider_state.as_deref(), Some("3 of 4 match, 1 differs"));
    let Some(Said::NumberMatch(rows)) = &review.said else { panic!("{:?}", review.said) };
    let asked: Vec<Attribute> = rows.iter().map(|r| r.attribute).collect();
    assert_eq!(
        asked,
        [Attribute::GivenName, Attribute::FamilyName, Attribute::Birthdate, Attribute::Country]
    );
    let family = rows.iter().find(|r| r.attribute == Attribute::FamilyName).expect("asked");
    assert!(
        family.result == MatchResult::No && family.score.is_some_and(|s| s > 80 && s < 100),
        "{family:?}"
    );
    assert_eq!(review.findings.len(), 1);
    let refused = refusal(decide(&desk, &id, Outcome::Accept, Reason::DataAgree).await);
    assert!(matches!(refused, domain::Refusal::UndecidedFindings(1)), "{refused:?}");
    desk.clear_sanctions(&id).await;
    let decided = decide(&desk, &id, Outcome::Accept, Reason::DataAgree).await.expect("decides");
    assert!(!decided.told);
    assert_eq!(desk.matches_of(PERSONA).await, 1);
    assert_journal_intact(&desk.work).await;
});

on_both!(what_was_asked_stands_nowhere_in_clear, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let id = desk
        .ask(number_form(
            &operator,
            PERSONA,
            &[("idDocument", "66666666q"), ("email", "abc@example.com")],
        ))
        .await;
    let zignsec = desk.zignsec().await;
    let cpr = desk.ask(pid_form(&zignsec, "9208-2002-2-577168596796", "150609-3330")).await;
    desk.until_state(&id, State::ToReview).await;
    desk.until_state(&cpr, State::ToReview).await;
    desk.work.views.flush().await;
    let clear = all_text(&desk.work.db).await;
    for secret in
        ["66666666q", "abc@example.com", "629255833", "1506093330", "150609-3330", "577168596796"]
    {
        assert!(!clear.contains(secret), "{secret} stands in clear");
    }
    assert!(clear.contains("150609-••••"), "the search reads what is there");
});

on_both!(more_than_was_asked_is_never_shown, |desk| async {
    let operator = desk.operator("camara/op/talks-too-much", |_| {}).await;
    let id = desk
        .ask(number_form(
            &operator,
            PERSONA,
            &[("name", "Federica Sanchez Arjona"), ("gender", "MALE")],
        ))
        .await;
    desk.until_state(&id, State::ToReview).await;
    let review = desk.review(&id).await;
    let Some(Said::NumberMatch(rows)) = &review.said else { panic!("{:?}", review.said) };
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|r| r.result == MatchResult::Yes && r.score.is_none()), "{rows:?}");
});

on_both!(each_way_to_a_token_leads_to_an_answer, |desk| async {
    for flow in ["ciba", "client_credentials"] {
        for version in ["v0.2", "v0.4"] {
            let operator = desk
                .operator("camara", |form| {
                    form.flow = flow.into();
                    form.version = version.into();
                })
                .await;
            let id = desk.ask(number_form(&operator, PERSONA, &[("givenName", "Federica")])).await;
            desk.until_state(&id, State::ToReview).await;
            assert_eq!(
                desk.check(&id).await.provider_state.as_deref(),
                Some("1 of 1 matches"),
                "{flow} {version}"
            );
            let tested =
                connections::test(&desk.work, &by(&desk.adam), &operator).await.expect("tests");
            assert!(tested.is_ok(), "{flow}: {tested:?}");
        }
    }
    let wrong = desk
        .operator("camara", |form| {
            form.flow = "ciba".into();
            form.secret = zeroize::Zeroizing::new("wrong".into());
        })
        .await;
    let tested = connections::test(&desk.work, &by(&desk.adam), &wrong).await.expect("tests");
    assert!(tested.is_err(), "{tested:?}");
});

on_both!(a_refusal_says_what_to_do_next, |desk| async {
    let operator = desk.operator("camara/op/requires-id", |_| {}).await;
    let id = desk.ask(number_form(&operator, PERSONA, &[("givenName", "Federica")])).await;
    let check = desk.until_state(&id, State::Failed).await;
    let trouble = check.trouble.expect("says why");
    assert!(trouble.contains("Fill in the document number"), "{trouble}");
    let wrong = desk
        .ask(number_form(&operator, PERSONA, &[("givenName", "Federica"), ("idDocument", "1")]))
        .await;
    let trouble = desk.until_state(&wrong, State::Failed).await.trouble.expect("says why");
    assert!(trouble.contains("Check the document number with the customer"), "{trouble}");
});

on_both!(a_lost_answer_is_never_asked_for_again_by_itself, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    for number in ["+99900000001", "+99900000003", "+99900000009", "+99900000012"] {
        let id = desk.ask(number_form(&operator, number, &[("givenName", "Federica")])).await;
        let check = desk.until_state(&id, State::Failed).await;
        let trouble = check.trouble.expect("says why");
        assert!(trouble.contains("Nothing is sent again by itself"), "{number}: {trouble}");
        desk.work_for(300).await;
        assert_eq!(desk.matches_of(number).await, 1, "{number}");
        let retried = outbox::retry(
            &desk.work,
            &by(&desk.adam),
            &desk.review(&id).await.deliveries[0].id.as_str().into(),
        )
        .await;
        assert!(retried.is_err(), "a failed check is run again as a new one");
    }
});

on_both!(a_desk_that_stops_while_it_asks_asks_no_second_time, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let id = desk.ask(number_form(&operator, PERSONA, &[("givenName", "Federica")])).await;
    // As after a crash between "attempt started" and the answer.
    run_sql(
        &desk.work.db,
        &format!("UPDATE deliveries SET state = 'unknown', attempts = 1, next_at_ms = 0, lease_until_ms = 0 WHERE check_id = '{id}'"),
    )
    .await
    .expect("runs");
    let check = desk.until_state(&id, State::Failed).await;
    assert!(check.trouble.is_some_and(|t| t.contains("The desk was stopped")));
    assert_eq!(desk.matches_of(PERSONA).await, 0);
});

on_both!(what_certainly_did_not_arrive_is_sent_again, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    // 429 with a wait that is asked for, and a token that ended.
    for number in ["+99900000006", "+99900000017"] {
        let id = desk.ask(number_form(&operator, number, &[("country", "ES")])).await;
        desk.until_state(&id, State::ToReview).await;
    }
    let ciba = desk.operator("camara", |form| form.flow = "ciba".into()).await;
    // No token because of a 503, which the operator gets over.
    let id = desk.ask(number_form(&ciba, "+99900000040", &[("country", "ES")])).await;
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(desk.matches_of("+99900000040").await, 1);
});

on_both!(a_connection_sends_no_faster_than_it_may, |desk| async {
    let operator = desk.operator("camara/op/slow", |form| form.per_second = "5".into()).await;
    let started = std::time::Instant::now();
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(desk.ask(number_form(&operator, PERSONA, &[("givenName", "Federica")])).await);
    }
    for id in &ids {
        desk.until_state(id, State::ToReview).await;
    }
    assert!(started.elapsed().as_millis() >= 2_000, "{:?}", started.elapsed());
    assert_eq!(
        desk.matches_of(PERSONA).await,
        12,
        "the operator refused none and none was sent twice"
    );
});

on_both!(an_excluded_person_is_not_accepted_as_not_excluded, |desk| async {
    let zignsec = desk.zignsec().await;
    let id = desk.ask(rofus_form(&zignsec, "150862-0003")).await;
    desk.until_state(&id, State::ToReview).await;
    let finding = desk.review(&id).await.findings[0].id.as_str().into();
    casework::checks::judge(
        &desk.work,
        &by(&desk.anna),
        &id,
        &finding,
        domain::findings::Judgement::Relevant,
        "",
    )
    .await
    .expect("judges");
    let refused = refusal(decide(&desk, &id, Outcome::Accept, Reason::NotExcluded).await);
    assert!(
        matches!(refused, domain::Refusal::ReasonContradicts(Reason::NotExcluded)),
        "{refused:?}"
    );
    decide(&desk, &id, Outcome::Reject, Reason::Excluded).await.expect("rejects");
});

on_both!(
    a_cpr_number_of_another_birthday_is_said_before_a_launch_and_a_finding_after,
    |desk| async {
        let zignsec = desk.zignsec().await;
        let known =
            DueDiligenceForm { birth_date: "1990-01-01".into(), ..desk.form("Tika Klaussen") };
        desk.launch_form(&known).await;
        // The number is of somebody born on 15 August 1962.
        let with = |reference: &str| match rofus_form(&zignsec, "150862-0001") {
            services::Form::Rofus(form) => services::Form::Rofus(domain::registers::RofusForm {
                customer_reference: reference.into(),
                ..form
            }),
            other => other,
        };
        let form = with(&known.customer_reference);
        let id = CheckId::from(casework::new_id());
        let refused = form_of(desk.try_ask(&id, &form).await);
        let words = refused.error("cpr").unwrap_or_default();
        assert!(words.contains("1962-08-15") && words.contains("1990-01-01"), "{words}");
        assert!(
            refused.error(casework::customers::CHANGE).is_some()
                && !refused.value("cpr").is_empty()
        );
        // That there is an open check is another question.
        assert!(
            services::launch(&desk.work, &desk.anna, &by(&desk.anna), &id, &form, true, None)
                .await
                .is_err()
        );
        let confirmed = casework::customers::Confirmed::everything();
        services::launch(&desk.work, &desk.anna, &by(&desk.anna), &id, &form, confirmed, None)
            .await
            .expect("launches anyway");
        desk.until_state(&id, State::ToReview).await;
        let review = desk.review(&id).await;
        assert_eq!(review.check.asked().expect("asked").born.as_deref(), Some("1962-08-15"));
        let finding =
            review.findings.iter().find(|f| f.title.contains("birth date")).expect("a finding");
        assert!(
            finding.source().must_be_judged()
                && finding.facts.contains("1990-01-01")
                && finding.facts.contains("1962-08-15")
        );
        // Whoever is known by the number's own day, or by none, is asked about in silence.
        for birth_date in ["1962-08-15", ""] {
            let known = DueDiligenceForm {
                customer_reference: format!("C-{}", casework::new_id()),
                birth_date: birth_date.into(),
                ..desk.form("Tika Klaussen")
            };
            desk.launch_form(&known).await;
            let id = desk.ask(with(&known.customer_reference)).await;
            desk.until_state(&id, State::ToReview).await;
            assert!(desk.review(&id).await.findings.is_empty(), "{birth_date}");
        }
    }
);

on_both!(a_phone_number_with_a_trunk_zero_is_refused_with_how_to_write_it, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let ask = async |phone: &str| {
        desk.try_ask(
            &CheckId::from(casework::new_id()),
            &number_form(&operator, phone, &[("givenName", "Federica")]),
        )
        .await
    };
    let refused = form_of(ask("+49 0176 1234567").await);
    assert!(
        refused.error("phone").is_some_and(|words| words.contains("+49 1761234567")),
        "{refused:?}"
    );
    for good in ["+39 06 1234 5678", "+49 176 1234567"] {
        ask(good).await.expect(good);
    }
});

on_both!(registers_answer_and_oblige, |desk| async {
    let zignsec = desk.zignsec().await;
    let same = desk.ask(pid_form(&zignsec, "PID:9208-2002-2-577168596796", "1506093330")).await;
    desk.until_state(&same, State::ToReview).await;
    assert_eq!(desk.check(&same).await.provider_state.as_deref(), Some("match"));
    assert!(desk.review(&same).await.findings.is_empty());
    let other = desk.ask(pid_form(&zignsec, "9208-2002-2-577168596796", "200580-3511")).await;
    desk.until_state(&other, State::ToReview).await;
    assert_eq!(desk.review(&other).await.findings[0].source, "register");
    for (cpr, words, findings) in [
        ("150862-0001", "not registered", 0),
        ("150862-0002", "excluded for a time", 1),
        ("200580-3522", "excluded for good", 1),
    ] {
        let id = desk.ask(rofus_form(&zignsec, cpr)).await;
        let check = desk.until_state(&id, State::ToReview).await;
        assert_eq!(check.provider_state.as_deref(), Some(words));
        assert_eq!(check.due_at_ms - check.due_from_ms, 8 * time::HOUR);
        assert_eq!(desk.review(&id).await.findings.len(), findings, "{cpr}");
    }
    let tested = connections::test(&desk.work, &by(&desk.adam), &zignsec).await.expect("tests");
    assert!(tested.is_ok(), "{tested:?}");
});

on_both!(a_complaint_on_200_is_no_answer, |desk| async {
    let zignsec = desk.zignsec().await;
    for cpr in ["150862-0651", "150862-0661", "150862-0650"] {
        let id = desk.ask(rofus_form(&zignsec, cpr)).await;
        let check = desk.until_state(&id, State::Failed).await;
        assert!(check.trouble.is_some(), "{cpr}");
    }
    let unknown = desk.ask(rofus_form(&zignsec, "150862-0610")).await;
    desk.until_state(&unknown, State::ToReview).await;
    let review = desk.review(&unknown).await;
    assert!(review.check.provider_state.is_some_and(|s| s.starts_with("unknown answer")));
    assert!(review.findings[0].source().must_be_judged());
});

on_both!(wallets_are_analysed_and_a_sanctioned_one_takes_two_people, |desk| async {
    for chain in ["btc", "eth"] {
        let clean =
            desk.ask(wallet_form(&desk.connection, &desk.wallet(chain, "clean").await)).await;
        desk.until_state(&clean, State::ToReview).await;
        let review = desk.review(&clean).await;
        assert_eq!(
            review.check.provider_state.as_deref(),
            Some("no sanctioned address near"),
            "{chain}"
        );
        assert!(review.findings.is_empty() && review.check.provider_ref.is_some());
        let near =
            desk.ask(wallet_form(&desk.connection, &desk.wallet(chain, "exposed_2").await)).await;
        desk.until_state(&near, State::ToReview).await;
        let review = desk.review(&near).await;
        assert!(
            !review.findings.is_empty() && review.findings[0].title.starts_with("Near this wallet"),
            "{chain}"
        );
    }
    let id = desk.ask(wallet_form(&desk.connection, &desk.wallet("eth", "sanctioned").await)).await;
    let check = desk.until_state(&id, State::ToReview).await;
    assert_eq!((check.risk_score, check.provider_state.as_deref()), (100, Some("sanctioned")));
    desk.clear_sanctions(&id).await;
    let decided = decide(&desk, &id, Outcome::Accept, Reason::Other).await.expect("proposes");
    assert_eq!(desk.check(&id).await.state, "proposed", "{decided:?}");
});

on_both!(a_wallets_analysis_is_read_again_and_what_changed_must_be_seen, |desk| async {
    let analysed = async |label: &str| {
        let id = desk.ask(wallet_form(&desk.connection, &desk.wallet("eth", label).await)).await;
        desk.until_state(&id, State::ToReview).await;
        id
    };
    let again = async |id: &CheckId| services::read_again(&desk.work, &by(&desk.anna), id).await;
    let kept = async |id: &CheckId| {
        desk.review(id).await.evidence.iter().filter(|e| e.source == services::DETAIL).count()
    };
    let clean = analysed("clean").await;
    let version = desk.check(&clean).await.version;
    assert!(
        again(&clean).await.expect("reads") && again(&clean).await.expect("reads"),
        "it says the same"
    );
    assert_eq!(
        (kept(&clean).await, desk.check(&clean).await.version),
        (1, version),
        "kept once, and no decision need mind"
    );
    assert_eq!(desk.review(&clean).await.said_again, None);

    let later = analysed("listed_later").await;
    let version = desk.check(&later).await.version;
    assert!(!again(&later).await.expect("reads"), "it is listed now");
    let review = desk.review(&later).await;
    assert_eq!(review.said_again.as_ref().and_then(wallet_score), Some(100));
    assert!(
        review.findings.is_empty() && review.check.version == version + 1,
        "whoever has the page open has not seen it"
    );
    let entries = journal::timeline(&desk.work, later.as_str()).await.expect("lists");
    let entry = entries.iter().find(|e| e.action == "analysis_read_again").expect("an entry");
    assert!(
        entry.actor == desk.anna.id.as_str()
            && entry.details.as_deref().is_some_and(|d| d.contains(r#""same":false"#)),
        "{entry:?}"
    );

    let gone = analysed("detail_404").await;
    let refused = form_of(again(&gone).await.map(|_| ()));
    assert!(refused.error("").is_some_and(|words| words.contains("KryptoGO")), "{refused:?}");
    assert_eq!(kept(&gone).await, 0);
    let stumbles = analysed("detail_500").await;
    let refused = form_of(again(&stumbles).await.map(|_| ()));
    let words = refused.error("").expect("in words");
    assert!(
        words.contains("given up after one try") && !words.contains("tried again"),
        "nobody tries again by itself: {words}"
    );
    again(&stumbles).await.expect_err("the second read fails too");
    assert!(again(&stumbles).await.expect("reads"));
    let zignsec = desk.zignsec().await;
    let register = desk.ask(rofus_form(&zignsec, "150862-0001")).await;
    assert!(matches!(again(&register).await, Err(casework::Error::NotFound)), "only wallets are");
    casework::customers::erase_now(
        &desk.work,
        &by(&desk.adam),
        &desk.check(&clean).await.customer_id,
        "asked",
    )
    .await
    .expect("erases");
    assert!(
        form_of(again(&clean).await.map(|_| ()))
            .error("")
            .is_some_and(|words| words.contains("erased"))
    );
});

on_both!(a_connection_of_another_provider_is_no_choice, |desk| async {
    let id = CheckId::from(casework::new_id());
    let refused = form_of(desk.try_ask(&id, &rofus_form(&desk.connection, "150862-0001")).await);
    assert!(refused.error("connection").is_some());
    let zignsec = desk.zignsec().await;
    let due_diligence = domain::launch::DueDiligenceForm {
        connection: zignsec.to_string(),
        ..desk.form("Somebody")
    };
    assert!(form_of(desk.try_launch(&id, &due_diligence).await).error("connection").is_some());
});

on_both!(a_form_begins_with_what_an_accepted_id_verification_recognised, |desk| async {
    let form = desk.idv_form("upload", "Federica Sanchez");
    let reference = form.customer_reference.clone();
    let known = || async { services::known_of(&desk.work, &reference).await.expect("reads") };
    let id = desk.launch_idv(form.clone()).await;
    desk.until_state(&id, State::ToReview).await;
    assert_eq!(known().await, None, "nobody accepted it");
    decide(&desk, &id, Outcome::Accept, Reason::IdentityConfirmed).await.expect("accepts");
    let begins = known().await.expect("prefilled");
    assert_eq!(begins.check_id, id.as_str());
    let text = |attribute| begins.values.get(&attribute).map(String::as_str);
    assert_eq!(
        [Attribute::Name, Attribute::Birthdate, Attribute::Nationality, Attribute::IdDocument]
            .map(text),
        [Some("Federica Sanchez"), Some("1984-09-05"), Some("DE"), Some("L01X00T47")]
    );
    // Another document number than before, which is nothing that a customer is known by under their
    // reference.
    let later = desk.launch_idv(Form { number: "L01X00T48".into(), ..form }).await;
    desk.until_state(&later, State::ToReview).await;
    decide(&desk, &later, Outcome::Reject, Reason::FaceDiffers).await.expect("rejects");
    assert_eq!(
        known().await.map(|k| k.check_id),
        Some(id.to_string()),
        "what was rejected is not known"
    );
    casework::customers::erase_now(
        &desk.work,
        &by(&desk.adam),
        &desk.check(&id).await.customer_id,
        "asked",
    )
    .await
    .expect("erases");
    assert_eq!(known().await, None, "what was erased is not known");
});

on_both!(the_same_page_twice_asks_once, |desk| async {
    let zignsec = desk.zignsec().await;
    let id = CheckId::from(casework::new_id());
    let form = rofus_form(&zignsec, "150862-0001");
    assert!(!desk.try_ask(&id, &form).await.expect("launches").repeated);
    assert!(desk.try_ask(&id, &form).await.expect("launches").repeated);
    desk.until_state(&id, State::ToReview).await;
    let calls = desk.books("zignsec").await;
    let of = calls["calls"].as_array().into_iter().flatten().find(|c| c["number"] == "1508620001");
    assert_eq!(of.and_then(|c| c["calls"].as_i64()), Some(1), "{calls}");
});

fn table(lines: usize, phone: impl Fn(usize) -> String) -> String {
    let mut text = "customer_reference,name,phone,givenName\n".to_owned();
    for at in 0..lines {
        text.push_str(&format!("M-{at},Person {at},{},Person\n", phone(at)));
    }
    text
}

on_both!(a_thousand_matches_from_one_table_are_each_sent_once, |desk| async {
    let operator = desk.operator("camara", |form| form.per_second = "1000".into()).await;
    let subscribers = desk.books("camara/subscribers?n=300").await;
    let numbers: Vec<String> = subscribers
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|s| s["phoneNumber"].as_str())
        .map(str::to_owned)
        .collect();
    assert!(numbers.len() == 300, "{}", numbers.len());
    // Some of the numbers answer 429 first; a thousand customers share three hundred numbers.
    let text = table(1_000, |at| {
        if at % 100 == 50 { "+99900000006".into() } else { numbers[at % 300].clone() }
    });
    let batch = casework::new_id();
    let actor = by(&desk.anna);
    let sent = Sent { page: &batch, name: "", text: &text, leave_out: false };
    let launch = || {
        services::many::launch(
            &desk.work,
            &desk.anna,
            &actor,
            (Kind::NumberMatch, operator.as_str()),
            &sent,
        )
    };
    let launched = launch().await.expect("launches");
    assert_eq!((launched.launched, launched.left_out, launched.repeated), (1_000, 0, false));
    assert!(launch().await.expect("the same page again").repeated);
    assert_eq!(
        number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM batch_checks").await,
        1_000
    );
    // The desk is stopped and another one takes over, twice.
    desk.work_for(300).await;
    let other = desk.another(pace()).await;
    let until = std::time::Instant::now() + std::time::Duration::from_secs(120);
    let open = "SELECT CAST(COUNT(*) AS BIGINT) FROM checks WHERE kind = 'number_match' AND state IN ('queued', 'running')";
    while number(&desk.work.db, open).await > 0 {
        assert!(
            std::time::Instant::now() < until,
            "{} are still open",
            number(&desk.work.db, open).await
        );
        outbox::work_off(&other, 16).await.expect("works");
    }
    let reviewed = "SELECT CAST(COUNT(*) AS BIGINT) FROM checks WHERE kind = 'number_match' AND state = 'to_review'";
    assert_eq!(number(&desk.work.db, reviewed).await, 1_000);
    let books = desk.books("camara/matches").await;
    let answered: i64 =
        books.as_array().into_iter().flatten().map(|m| m["answered"].as_i64().unwrap_or(0)).sum();
    assert_eq!(answered, 1_000, "none was matched twice");
    assert_journal_intact(&desk.work).await;
    other.views.stop().await;
    other.db.close().await;
});

on_both!(a_table_with_a_bad_line_launches_nothing_unless_it_is_left_out, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let text = "customer_reference,name,phone,birthdate\nM-1,Anna,+34629255833,1978-08-22\nM-2,Ben,0629,1978-08-22\nM-3,Cleo,+34629255833,1978-02-30\nM-1,Anna,+34629255833,1978-08-22\n";
    let looked = services::many::look(&desk.work, Kind::NumberMatch, operator.as_str(), text)
        .await
        .expect("reads");
    let wrong: Vec<(usize, Vec<String>)> = looked
        .lines
        .iter()
        .filter_map(|l| Some((l.number, l.result.as_ref().err()?.errors.keys().cloned().collect())))
        .collect();
    assert_eq!(
        wrong,
        [
            (3, vec!["phone".to_owned()]),
            (4, vec!["values[birthdate]".to_owned()]),
            (5, vec!["customer_reference".to_owned()])
        ]
    );
    let batch = casework::new_id();
    let actor = by(&desk.anna);
    let launch = async |text: &str, leave_out| {
        let sent = Sent { page: &batch, name: "", text, leave_out };
        services::many::launch(
            &desk.work,
            &desk.anna,
            &actor,
            (Kind::NumberMatch, operator.as_str()),
            &sent,
        )
        .await
    };
    let refused = form_of(launch(text, false).await);
    assert!(refused.error("table").is_some_and(|m| m.contains("3 of 4 lines")), "{refused:?}");
    assert_eq!(number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM checks").await, 0);
    let launched = launch(text, true).await.expect("launches");
    assert_eq!((launched.launched, launched.left_out), (1, 3));
    // Back, corrected, and sent from the same page: the corrected line is launched, the one before
    // is left out.
    let corrected = text.replace("0629", "+34629255833");
    let launched = launch(&corrected, true).await.expect("launches");
    assert_eq!((launched.launched, launched.left_out), (1, 3));
    let again = services::many::look(&desk.work, Kind::NumberMatch, operator.as_str(), text)
        .await
        .expect("reads");
    assert!(again.lines[0].result.as_ref().is_err_and(|r| {
        r.error("customer_reference").is_some_and(|m| m.contains("open number match"))
    }));
});

on_both!(nothing_is_sent_about_a_customer_who_was_erased_meanwhile, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let asked = desk.ask(number_form(&operator, PERSONA, &[("givenName", "Federica")])).await;
    let searched = desk.launch("Erased Meanwhile").await;
    run_sql(&desk.work.db, "DELETE FROM customer_keys").await.expect("erased");
    for id in [&asked, &searched] {
        let check = desk.until_state(id, State::Failed).await;
        assert!(check.trouble.is_some_and(|t| t.contains("The customer was erased")));
    }
    assert_eq!(
        (desk.matches_of(PERSONA).await, desk.tasks("Erased Meanwhile").await.len()),
        (0, 0)
    );
});
