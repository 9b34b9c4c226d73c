//! Video identification against the stand-in's bank: steps, outcomes, alarms, documents, changes,
//! faults.

use crate::{on_both, support::*};
use casework::{Error, checks::decide::Act, new_id, video};
use domain::{
    CheckId,
    checks::{Kind, State},
    decisions::{Outcome, Reason, Verdict},
    findings::Source,
    people::Permission,
    video::{IdentificationForm, PersonForm, State as There},
};
use std::collections::BTreeMap;

/// The scenarios that end within a test's time, with the state that the guide says.
const CASES: [(&str, There); 7] = [
    ("HAPPYPATH", There::Successful),
    ("CHANGEALL", There::Successful),
    ("CHANGEALLREVIEW", There::Successful),
    ("ABORTIDENT", There::Aborted),
    ("FRAUDOK", There::Successful),
    ("FRAUDIDENT", There::Failed),
    ("CANCELED", There::Canceled),
];

on_both!(each_scenario_ends_in_the_state_that_the_guide_says, |desk| async {
    let bank = desk.bank("solaris").await;
    for (case, reached) in CASES.into_iter().chain([("LONGREVIEW", There::Successful)]) {
        let id = desk.requested(&person_form(&bank, &format!("X-AUTOTEST-{case}"), "Doe")).await;
        let review = desk
            .until_review(&id, |r| r.video.as_ref().is_some_and(|v| v.state() == reached))
            .await;
        let shown = review.video.as_ref().expect("a video identification");
        assert!(!shown.attempts.is_empty(), "{case}");
        let expected = match case {
            "ABORTIDENT" => State::Running,
            _ => State::ToReview,
        };
        assert_eq!(review.check.state, expected.code(), "{case}");
        let of = |source: Source| review.findings.iter().filter(|f| f.source() == source).count();
        match case {
            "HAPPYPATH" | "FRAUDOK" | "LONGREVIEW" => {
                assert_eq!(review.findings.len(), 0, "{case}")
            }
            "CHANGEALL" | "CHANGEALLREVIEW" => {
                assert!(of(Source::IdentField) > 3, "{case}: {:?}", review.findings);
                assert!(!shown.legitimation.is_empty());
                let (before, now) = (
                    shown.person_before.as_ref().expect("before"),
                    shown.person_now.as_ref().expect("now"),
                );
                assert_ne!(before.field("first_name"), now.field("first_name"), "{case}");
            }
            "FRAUDIDENT" => assert!(of(Source::IdentState) > 0),
            "CANCELED" => {
                assert_eq!(of(Source::IdentAttempt), 1);
                assert!(shown.alarm.is_some(), "services were allowed before");
            }
            _ => {}
        }
    }
});

on_both!(a_bank_that_is_less_careful_is_followed_as_well, |desk| async {
    let bank = desk.bank("solaris/lax").await;
    let id = desk.requested(&person_form(&bank, "X-AUTOTEST-CHANGEALL", "Doe")).await;
    let review = desk
        .until_review(&id, |r| r.video.as_ref().is_some_and(|v| v.state() == There::Successful))
        .await;
    assert_eq!(review.check.state, "to_review");
    assert!(review.findings.iter().any(|f| f.source() == Source::IdentField));
});

on_both!(a_customer_known_there_is_found_again_and_never_made_twice, |desk| async {
    let bank = desk.bank("solaris").await;
    let name =
        format!("Jane {}", &new_id().replace(|c: char| !c.is_ascii_alphanumeric(), "")[24..]);
    let form = person_form(&bank, &name, "Doe");
    let first = desk.person_made(&form).await;
    casework::checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &first)
        .await
        .expect("withdraws");
    let again = PersonForm { city: "Hamburg".into(), ..form.clone() };
    let second = desk.person_made(&again).await;
    let shown = desk.review(&second).await.video.expect("a video identification");
    assert!(shown.was_known, "what was typed was not sent");
    assert_eq!(shown.person_now.expect("read").field("address.city"), Some("Berlin"));
    assert_eq!(desk.persons_there(&name).await.len(), 1);
    let customer = desk.review(&second).await.customer;
    let known = video::known_of(&desk.work, &customer.id).await.expect("read");
    assert_eq!((known.len(), known[0].identifications.len()), (1, 2));
});

on_both!(two_launches_at_once_for_one_customer_make_one_person, |desk| async {
    let bank = desk.bank("solaris").await;
    let name =
        format!("Joan {}", &new_id().replace(|c: char| !c.is_ascii_alphanumeric(), "")[24..]);
    let form = person_form(&bank, &name, "Doe");
    let (one, other) = (CheckId::from(new_id()), CheckId::from(new_id()));
    desk.try_start(&one, &form).await.expect("launches");
    let refused = desk.try_start(&other, &form).await.expect_err("an open check is told of");
    assert!(matches!(&refused, Error::Form(f) if f.error("open_check").is_some()), "{refused:?}");
    video::start(&desk.work, &desk.ben, &by(&desk.ben), &other, &form, true, None)
        .await
        .expect("launches anyway");
    for id in [&one, &other] {
        desk.until_video(id, |v| v.person_id.is_some()).await;
    }
    assert_eq!(desk.persons_there(&name).await.len(), 1);
});

on_both!(whatever_goes_wrong_at_a_step_nothing_is_made_twice, |desk| async {
    let bank = desk.bank("solaris").await;
    for last_name in [
        "Test Timeout",
        "Test Timeout Lost",
        "Test 500",
        "Test Cut",
        "Test Identification Timeout",
        "Test Identification Timeout Lost",
        "Test Identification Cut",
        "Test Request Timeout",
        "Test Request Cut",
    ] {
        let name =
            format!("Ada {}", &new_id().replace(|c: char| !c.is_ascii_alphanumeric(), "")[24..]);
        let id = desk.requested(&person_form(&bank, &name, last_name)).await;
        let there = desk.persons_there(&name).await;
        assert_eq!(there.len(), 1, "{last_name}");
        let all = desk.books("solaris/identifications").await;
        let of_person = all
            .as_array()
            .into_iter()
            .flatten()
            .filter(|i| i["person_id"] == there[0]["id"])
            .count();
        assert_eq!(of_person, 1, "{last_name}");
        let review = desk.review(&id).await;
        assert_eq!(
            (review.check.state.as_str(), review.check.trouble),
            ("running", None),
            "{last_name}"
        );
    }
});

on_both!(
    what_the_bank_refuses_comes_back_beside_its_field_and_is_sent_again_corrected,
    |desk| async {
        let stub = Stub::of(&desk, "solaris", |_, path, before| match (path, before) {
        ("/oauth2/token", _) => (200, None, r#"{"access_token":"t","token_type":"bearer","expires_in":3599}"#.into()),
        ("/v1/persons", 0) => {
            let wrong = r#"{"errors":[{"status":400,"code":"invalid_model","detail":"mobile_number is in use","source":{"field":"mobile_number","message":"is in use"}}]}"#;
            (400, None, wrong.into())
        }
        ("/v1/persons", _) => (201, None, r#"{"id":"1cper","first_name":"Mia"}"#.into()),
        _ => (404, None, String::new()),
    })
    .await;
        let id = CheckId::from(new_id());
        let form = person_form(&stub.connection, "Mia", "Doe");
        desk.try_start(&id, &form).await.expect("launches");
        let review =
            desk.until_review(&id, |r| r.video.as_ref().is_some_and(|v| v.sending.is_none())).await;
        assert_eq!(review.check.state, "queued", "nothing of it fails by itself");
        assert!(review.check.trouble.is_some_and(|t| t.contains("is in use")));
        let shown = review.video.expect("a video identification");
        let refused =
            video::form_of(&desk.work, &id).await.expect("typed").refused_with(&shown.complaints);
        assert_eq!(
            (refused.value("first_name"), refused.error("mobile_number").is_some()),
            ("Mia", true)
        );
        assert!(actions(&desk.work, id.as_str()).await.contains(&"step_refused".to_owned()));
        assert!(
            casework::outbox::list(&desk.work, Some(casework::outbox::DeliveryState::Dead))
                .await
                .expect("read")
                .is_empty(),
            "no admin is asked"
        );
        desk.try_start(&id, &PersonForm { mobile_number: "+4915112345679".into(), ..form })
            .await
            .expect("is taken");
        let shown = desk.until_video(&id, |v| v.person_id.is_some()).await;
        assert!(shown.complaints.is_empty() && !shown.was_known);
        assert_eq!(stub.count("POST /v1/persons"), 2);
    }
);

on_both!(a_person_whom_the_bank_lost_is_made_anew_and_said_to_be_new, |desk| async {
    let stub = Stub::of(&desk, "solaris", |method, path, before| match (method, path, before) {
        (_, "/oauth2/token", _) => {
            (200, None, r#"{"access_token":"t","token_type":"bearer","expires_in":3599}"#.into())
        }
        ("POST", "/v1/persons", 0) => (201, None, r#"{"id":"1cper"}"#.into()),
        ("POST", "/v1/persons", _) => (201, None, r#"{"id":"2cper"}"#.into()),
        _ => (
            404,
            None,
            r#"{"errors":[{"code":"model_not_found","detail":"Couldn't find it"}]}"#.into(),
        ),
    })
    .await;
    let form = person_form(&stub.connection, "Mia", "Doe");
    let first = desk.person_made(&form).await;
    casework::checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &first)
        .await
        .expect("withdraws");
    let second = desk.person_made(&form).await;
    assert!(
        !desk.review(&second).await.video.expect("a video identification").was_known,
        "what was typed was sent"
    );
    let customer = desk.review(&second).await.customer.id;
    assert_eq!(
        video::known_of(&desk.work, &customer).await.expect("read")[0].provider_ref.as_deref(),
        Some("2cper")
    );
});

on_both!(a_change_that_was_dropped_with_its_check_can_be_sent_again, |desk| async {
    let bank = desk.bank("solaris").await;
    let id = desk.person_made(&person_form(&bank, "Jane", "Doe")).await;
    let review = desk.review(&id).await;
    let (person, reference) =
        (review.video.and_then(|v| v.person_id).expect("a person"), review.customer.reference);
    let typed: BTreeMap<String, String> = [("job_title".to_owned(), "Miller".to_owned())].into();
    video::change(&desk.work, &by(&desk.anna), &person, &typed, false).await.expect("promised");
    let twice = video::change(&desk.work, &by(&desk.anna), &person, &typed, false).await;
    assert!(matches!(&twice, Err(Error::Form(f)) if f.error("").is_some()), "{twice:?}");
    // Nothing works here meanwhile: what was promised is dropped unsent.
    casework::checks::withdraw(&desk.work, &desk.anna, &by(&desk.anna), &id)
        .await
        .expect("withdraws");
    let known = video::person(&desk.work, &reference, &person).await.expect("read");
    assert_eq!(known.change_state.as_deref(), Some("refused"));
    video::change(&desk.work, &by(&desk.anna), &person, &typed, false)
        .await
        .expect("promised again");
});

on_both!(alarms_stay_until_somebody_says_what_was_done, |desk| async {
    let bank = desk.bank("solaris").await;
    let id = desk.requested(&person_form(&bank, "X-AUTOTEST-LONGREVIEW", "Doe")).await;
    let review = desk.in_state(&id, State::ToReview).await;
    let accept = Verdict {
        seen_version: review.check.version,
        outcome: Some(Outcome::Accept),
        reason: Some(Reason::IdentityConfirmed),
        comment: "Confirmed by IDnow, still under review.",
    };
    desk.act(&desk.anna, &id, &domain::DecisionId::from(new_id()), Act::Decide, &accept)
        .await
        .expect("decides");
    let there = desk.check(&id).await.provider_ref.expect("an identification");
    desk.control(
        &format!("/solaris/identifications/{there}/state"),
        serde_json::json!({ "status": "failed" }),
    )
    .await;
    let review =
        desk.until_review(&id, |r| r.video.as_ref().is_some_and(|v| v.alarm.is_some())).await;
    assert_eq!(review.check.state, "accepted", "a decision is never changed");
    let alarms = video::alarms(&desk.work).await.expect("read");
    assert!(
        alarms.iter().any(|a| a.check_id == id.as_str() && a.sentence.contains("failed for good"))
    );
    let empty = video::settle_alarm(&desk.work, &desk.ben, &by(&desk.ben), &id, "  ")
        .await
        .expect_err("needs words");
    assert!(matches!(&empty, Error::Form(f) if f.error("comment").is_some()));
    video::settle_alarm(&desk.work, &desk.ben, &by(&desk.ben), &id, "Account blocked.")
        .await
        .expect("settles");
    assert!(
        !video::alarms(&desk.work).await.expect("read").iter().any(|a| a.check_id == id.as_str())
    );
    assert!(
        video::settle_alarm(&desk.work, &desk.ben, &by(&desk.ben), &id, "Again.").await.is_err(),
        "settled once"
    );
});

on_both!(a_permanent_reason_is_an_outcome_and_others_wait_for_the_customer, |desk| async {
    let bank = desk.bank("solaris").await;
    let permanent =
        desk.requested(&person_form(&bank, "X-AUTOTEST-ABORTIDENT", "User Language")).await;
    let review = desk.in_state(&permanent, State::ToReview).await;
    assert!(
        review
            .findings
            .iter()
            .any(|f| f.source() == Source::IdentState && f.title.contains("USER_LANGUAGE")),
        "{:?}",
        review.findings
    );
    let passing = desk.requested(&person_form(&bank, "X-AUTOTEST-ABORTIDENT", "Doe")).await;
    let review = desk
        .until_review(&passing, |r| r.video.as_ref().is_some_and(|v| v.state() == There::Aborted))
        .await;
    assert_eq!(review.check.state, "running");
    video::request(&desk.work, &desk.anna, &by(&desk.anna), &passing)
        .await
        .expect("another session can be requested");
});

on_both!(documents_are_kept_and_ours_are_uploaded_once, |desk| async {
    let bank = desk.bank("solaris").await;
    let id = desk.requested(&person_form(&bank, "X-AUTOTEST-HAPPYPATH", "Doe")).await;
    let review = desk
        .until_review(&id, |r| {
            r.video.as_ref().is_some_and(|v| v.documents.iter().any(|d| d.state == "kept"))
        })
        .await;
    let documents = review.video.expect("a video identification").documents;
    let report = documents
        .iter()
        .find(|d| d.document_type.as_deref() == Some("KYC_REPORT"))
        .expect("a report");
    let body = video::document(&desk.work, &id, &report.provider_ref).await.expect("kept");
    assert!(body.intact && body.bytes.starts_with(b"%PDF"));
    for place in [video::Place::Identification, video::Place::Person] {
        let name = format!("bill {place}.pdf");
        let sent = video::upload(
            &desk.work,
            &by(&desk.anna),
            &id,
            place,
            "PROOF_OF_ADDRESS",
            &name,
            body.bytes.clone(),
        )
        .await;
        sent.expect("promised");
        let shown = desk
            .until_video(&id, |v| {
                v.documents.iter().any(|d| d.origin == "uploaded" && d.name == name)
            })
            .await;
        assert_eq!(shown.documents.iter().filter(|d| d.name == name).count(), 1);
    }
    let odd = video::upload(
        &desk.work,
        &by(&desk.anna),
        &id,
        video::Place::Person,
        "NONE",
        "x.exe",
        b"MZ".to_vec(),
    )
    .await;
    let Err(Error::Form(refused)) = odd else { panic!("refused") };
    assert!(refused.error("document_type").is_some() && refused.error("file").is_some());
});

on_both!(a_person_is_changed_by_exactly_what_differs, |desk| async {
    let bank = desk.bank("solaris").await;
    let id = desk.person_made(&person_form(&bank, "Jane", "Doe")).await;
    let person = desk.review(&id).await.video.and_then(|v| v.person_id).expect("a person");
    let reference = desk.review(&id).await.customer.reference;
    let typed = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(n, t)| ((*n).to_owned(), (*t).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let rule = video::change(
        &desk.work,
        &by(&desk.anna),
        &person,
        &typed(&[("employment_status", "FREELANCER")]),
        false,
    )
    .await;
    assert!(matches!(&rule, Err(Error::Form(f)) if f.error("nace_code").is_some()), "{rule:?}");
    let good = typed(&[
        ("employment_status", "FREELANCER"),
        ("nace_code", "A 1.1"),
        ("email", "jane@example.org"),
    ]);
    video::change(&desk.work, &by(&desk.anna), &person, &good, false).await.expect("promised");
    let state = |wanted: &'static str| {
        let (desk, person, reference) = (desk.clone(), person.clone(), reference.clone());
        async move {
            casework::workers::settle(&desk.work, LONG, async || {
                video::person(&desk.work, &reference, &person)
                    .await
                    .expect("read")
                    .change_state
                    .as_deref()
                    == Some(wanted)
            })
            .await
            .expect("works")
        }
    };
    assert!(state("done").await);
    let known = video::person(&desk.work, &reference, &person).await.expect("read");
    assert_eq!(known.record.expect("read").field("nace_code"), Some("A 1.1"));
    // A value that is there already changes only when the customer has authorised it.
    video::change(
        &desk.work,
        &by(&desk.anna),
        &person,
        &typed(&[("email", "joe@example.org")]),
        false,
    )
    .await
    .expect("promised");
    assert!(state("authorise").await);
});

on_both!(the_reference_is_for_those_who_may_see_it, |desk| async {
    let bank = desk.bank("solaris").await;
    let id = desk.requested(&person_form(&bank, "X-MANUALTEST-HAPPYPATH", "Doe")).await;
    let refused = video::reveal(&desk.work, &desk.anna, &by(&desk.anna), &id).await;
    assert!(matches!(
        refused,
        Err(Error::Refused(domain::Refusal::NotAllowed(Permission::RevealReferences)))
    ));
    let reference =
        video::reveal(&desk.work, &desk.sofia, &by(&desk.sofia), &id).await.expect("shown");
    assert!(reference.len() > 4);
    assert!(actions(&desk.work, id.as_str()).await.contains(&"reference_revealed".to_owned()));
    let review = desk.review(&id).await;
    for evidence in review.evidence {
        let body = casework::checks::review::evidence_body(&desk.work, &id, &evidence.id)
            .await
            .expect("opens");
        if evidence.source == video::IDENTIFICATION || evidence.source == video::ATTEMPTS {
            let shown = video::masked(&body.bytes).expect("JSON");
            assert!(!shown.contains(&reference), "{}: {shown}", evidence.source);
        }
    }
});

on_both!(a_step_that_is_not_due_is_refused, |desk| async {
    let bank = desk.bank("solaris").await;
    let id = desk.person_made(&person_form(&bank, "Jane", "Doe")).await;
    assert!(
        video::request(&desk.work, &desk.anna, &by(&desk.anna), &id).await.is_err(),
        "nothing is made yet"
    );
    let old = IdentificationForm {
        language: "EN".into(),
        document: "other".into(),
        proof_of_address_type: "GAS_BILL".into(),
        proof_of_address_issued_at: "2020-01-01".into(),
    };
    let refused = video::identify(&desk.work, &desk.anna, &by(&desk.anna), &id, &old).await;
    assert!(
        matches!(&refused, Err(Error::Form(f)) if f.error("proof_of_address_issued_at").is_some())
    );
    desk.identify(&id).await;
    let again = IdentificationForm { language: "DE".into(), ..IdentificationForm::default() };
    assert!(
        video::identify(&desk.work, &desk.anna, &by(&desk.anna), &id, &again).await.is_err(),
        "it was taken"
    );
    assert!(
        video::identify(&desk.work, &desk.adam, &by(&desk.adam), &id, &again).await.is_err(),
        "admins launch nothing"
    );
});

on_both!(a_customer_can_have_every_kind_of_check, |desk| async {
    let (bank, operator, zignsec) =
        (desk.bank("solaris").await, desk.operator("camara", |_| {}).await, desk.zignsec().await);
    let reference = format!("C-{}", new_id());
    let id = CheckId::from(new_id());
    desk.try_start(
        &id,
        &PersonForm { customer_reference: reference.clone(), ..person_form(&bank, "Jane", "Doe") },
    )
    .await
    .expect("launches");
    let mut forms = vec![number_form(&operator, "+34629255833", &[("name", "Jane Doe")])];
    forms.push(pid_form(&zignsec, "9208-2002-2-577168596796", "150609-3330"));
    forms.push(rofus_form(&zignsec, "150862-0001"));
    forms.push(wallet_form(&desk.connection, &desk.wallet("eth", "clean").await));
    forms.push(typed_form(
        Kind::Tenure,
        &operator,
        &[("phone", "+34629255833"), ("since", "2024-07-01")],
    ));
    forms.push(typed_form(
        Kind::AgeVerification,
        &operator,
        &[("phone", "+34629255833"), ("age", "18")],
    ));
    forms.push(typed_form(
        Kind::SimSwap,
        &operator,
        &[("phone", "+34629255833"), ("max_age", "240")],
    ));
    for mut form in forms {
        assert!(form.put("customer_reference", &reference));
        // What they are about differs, which is asked about otherwise.
        let (id, confirmed) =
            (CheckId::from(new_id()), casework::customers::Confirmed::everything());
        casework::services::launch(
            &desk.work,
            &desk.anna,
            &by(&desk.anna),
            &id,
            &form,
            confirmed,
            None,
        )
        .await
        .expect("launches");
    }
    for kind in ["dd_kyc", "dd_kyb"] {
        let form = domain::launch::DueDiligenceForm {
            customer_reference: reference.clone(),
            kind: kind.into(),
            ..desk.form("Jane Doe")
        };
        let (id, confirmed) =
            (CheckId::from(new_id()), casework::customers::Confirmed::everything());
        casework::checks::launch(
            &desk.work,
            &desk.anna,
            &by(&desk.anna),
            &id,
            &form,
            confirmed,
            None,
        )
        .await
        .expect("launches");
    }
    let idv = domain::idv::Form {
        customer_reference: reference.clone(),
        ..desk.idv_form("link", "Jane Doe")
    };
    let sent = casework::idv::Sent { form: idv, uploads: vec![], kept: vec![] };
    let (other, confirmed) =
        (CheckId::from(new_id()), casework::customers::Confirmed::everything());
    casework::idv::launch(&desk.work, &desk.anna, &by(&desk.anna), &other, sent, confirmed, None)
        .await
        .expect("launches");
    let review = desk.review(&id).await;
    let mut kinds: Vec<&str> =
        review.others.iter().map(|(_, kind, _)| kind.as_str()).chain(["video_ident"]).collect();
    kinds.sort_unstable();
    let mut all: Vec<&str> = domain::checks::Kind::ALL.iter().map(|k| k.code()).collect();
    all.sort_unstable();
    assert_eq!(kinds, all, "each is linked with all others");
});

on_both!(signed_webhooks_alone_drive_every_scenario_with_polling_off, |desk| async {
    let bank = desk.bank("solaris").await;
    for event in casework::webhooks::EVENTS {
        casework::webhooks::subscribe(&desk.work, &by(&desk.adam), &bank, event)
            .await
            .expect("subscribes");
    }
    // Reads that nobody asks for would come after an hour.
    let hour = 3_600_000;
    let unpolled =
        desk.another(casework::Pace { poll_base_ms: hour, poll_max_ms: hour, ..pace() }).await;
    for (case, reached) in CASES {
        let id = CheckId::from(new_id());
        let form = person_form(&bank, &format!("X-AUTOTEST-{case}"), "Doe");
        let until = async |is: &dyn Fn(&video::Shown) -> bool| {
            let is_so = async || desk.review(&id).await.video.as_ref().is_some_and(is);
            // A webhook that a busy machine answers too late comes again only after a pause.
            let is_there =
                casework::workers::settle(&unpolled, 4 * LONG, is_so).await.expect("works");
            assert!(is_there, "{case}: {:?}", desk.review(&id).await.video);
        };
        video::start(&unpolled, &desk.anna, &by(&desk.anna), &id, &form, false, None)
            .await
            .expect("launches");
        until(&|v| v.person_id.is_some()).await;
        let second = IdentificationForm { language: "EN".into(), ..IdentificationForm::default() };
        video::identify(&unpolled, &desk.anna, &by(&desk.anna), &id, &second)
            .await
            .expect("identifies");
        until(&|v| v.supported.is_some()).await;
        video::request(&unpolled, &desk.anna, &by(&desk.anna), &id).await.expect("requests");
        until(&|v| v.state() == reached).await;
        let states: Vec<There> = desk
            .review(&id)
            .await
            .video
            .expect("read")
            .history
            .into_iter()
            .map(|(_, state)| state)
            .collect();
        assert!(states.starts_with(&[There::Created, There::Pending]), "{case}: {states:?}");
    }
    assert!(desk.callbacks_received() > 0);
    unpolled.close().await;
});
