//! What operators say of a line besides whose it is: tenure, age, SIM swap. The stand-in's numbers
//! say what each answers.

use crate::{on_both, support::*};
use casework::{
    Error,
    checks::decide::Act,
    customers,
    many::Sent,
    services::{self, Form, Said},
};
use domain::{
    CheckId,
    checks::{Kind, State},
    connections::Provider,
    decisions::{Outcome, Step},
    findings::Source,
    policy::Policy,
};

/// An answer: kind, number, what else was asked, what it says in words, and how its finding begins,
/// if it is one.
type Case = (
    Kind,
    &'static str,
    &'static [(&'static str, &'static str)],
    &'static str,
    Option<&'static str>,
);

const PERSONA: &str = "+34629255833";

async fn asked(
    desk: &Desk,
    kind: Kind,
    connection: &domain::ConnectionId,
    number: &str,
    more: &[(&str, &str)],
) -> CheckId {
    let inputs: Vec<(&str, &str)> =
        [("phone", number)].into_iter().chain(more.iter().copied()).collect();
    desk.ask(typed_form(kind, connection, &inputs)).await
}

on_both!(each_answer_of_an_operator_is_said_as_it_came, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let (since, adult, days, date): (&[_], &[_], &[_], &[_]) = (
        &[("since", "2024-07-01")],
        &[("age", "18")],
        &[("way", "within"), ("max_age", "24")],
        &[("way", "date")],
    );
    let cases: [Case; 24] = [
        (Kind::Tenure, PERSONA, since, "held since 2024-07-01 or longer, on contract", None),
        (Kind::Tenure, "+99900000101", since, "held since 2024-07-01 or longer, on contract", None),
        (
            Kind::Tenure,
            "+99900000102",
            since,
            "not held since 2024-07-01, prepaid",
            Some("This number has not been with its subscriber since 2024-07-01"),
        ),
        (
            Kind::Tenure,
            "+99900000114",
            since,
            "tenure not answered, on contract",
            Some("The operator does not say whether the number is new to its subscriber"),
        ),
        (
            Kind::Tenure,
            "+99900000115",
            since,
            "tenure not answered, on contract",
            Some("The operator does not say whether the number is new to its subscriber"),
        ),
        (
            Kind::Tenure,
            "+99900000118",
            since,
            "tenure with an unknown answer, on contract",
            Some("The operator does not say whether the number is new to its subscriber"),
        ),
        (
            Kind::Tenure,
            "+99900000110",
            since,
            "held since 2024-07-01 or longer, contract with an unknown answer",
            Some("The operator names a kind of contract that this version does not know"),
        ),
        (Kind::AgeVerification, PERSONA, adult, "18 or older, verified", None),
        (Kind::AgeVerification, "+99900000201", adult, "18 or older, verified", None),
        (
            Kind::AgeVerification,
            "+99900000202",
            adult,
            "younger than 18, verified",
            Some("The subscriber of this number is younger than 18"),
        ),
        (
            Kind::AgeVerification,
            "+99900000205",
            adult,
            "age not available at the operator, verified",
            Some("The operator does not say whether the subscriber is 18 or older"),
        ),
        (
            Kind::AgeVerification,
            "+99900000206",
            adult,
            "18 or older, not verified",
            Some("The age was not compared with an identity document"),
        ),
        (Kind::AgeVerification, "+99900000207", adult, "18 or older, verification not said", None),
        (
            Kind::AgeVerification,
            "+99900000220",
            adult,
            "age with an unknown answer, verified",
            Some("The operator does not say whether the subscriber is 18 or older"),
        ),
        (
            Kind::AgeVerification,
            "+99900000222",
            adult,
            "age not answered, verified",
            Some("The operator does not say whether the subscriber is 18 or older"),
        ),
        (Kind::SimSwap, "+99900000304", days, "no SIM change within 24 hours", None),
        (
            Kind::SimSwap,
            "+99900000301",
            days,
            "SIM changed within 24 hours",
            Some("The SIM card of this number was changed within 24 hours"),
        ),
        (
            Kind::SimSwap,
            "+99900000320",
            days,
            "SIM change not answered",
            Some("The operator does not say whether the SIM card was changed"),
        ),
        (
            Kind::SimSwap,
            "+99900000322",
            days,
            "SIM changed within 24 hours",
            Some("The SIM card of this number was changed within 24 hours"),
        ),
        (
            Kind::SimSwap,
            "+99900000301",
            date,
            "SIM last changed on",
            Some("The SIM card of this number was changed 3 h before the answer"),
        ),
        (Kind::SimSwap, "+99900000304", date, "SIM last changed on", None),
        (
            Kind::SimSwap,
            "+99900000306",
            date,
            "no SIM change in a time that the operator does not say",
            Some("The operator does not say for which time it knows of no SIM change"),
        ),
        (Kind::SimSwap, "+99900000307", date, "no SIM change in 120 days", None),
        (
            Kind::SimSwap,
            "+99900000324",
            date,
            "SIM change with an unknown answer",
            Some("The operator does not say whether the SIM card was changed"),
        ),
    ];
    let mut launched = Vec::new();
    for (kind, number, more, ..) in &cases {
        launched.push(asked(&desk, *kind, &operator, number, more).await);
    }
    for (id, (kind, number, _, words, finding)) in launched.iter().zip(&cases) {
        desk.until_state(id, State::ToReview).await;
        let review = desk.review(id).await;
        let said = review.check.provider_state.clone().unwrap_or_default();

        assert!(said.starts_with(words), "{kind} {number}: {said}");
        assert!(
            !said.contains("unknown answer:"),
            "{kind} {number}: what stays in clear quotes nothing: {said}"
        );
        let titles: Vec<_> = review.findings.iter().map(|f| f.title.clone()).collect();
        match finding {
            None => assert!(titles.is_empty(), "{kind} {number}, {said}: {titles:?}"),
            Some(begin) => {
                assert!(
                    titles.iter().any(|title| title.starts_with(begin)),
                    "{kind} {number}, {said}: {titles:?}"
                );
                assert!(
                    review
                        .findings
                        .iter()
                        .all(|f| f.source() == Source::NumberField && f.source().must_be_judged())
                );
                assert!(
                    review
                        .findings
                        .iter()
                        .all(|f| f.facts().iter().any(|(name, _)| name == "what to do next")),
                    "{:?}",
                    review.findings
                );
            }
        }
        assert!(
            review.said.is_some() && review.question.is_some(),
            "{kind} {number}: both are there for the page"
        );
    }
});

on_both!(what_an_operator_refuses_ends_the_check_in_words, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    for (kind, number, more, words) in [
        (Kind::Tenure, "+34600000001", ("since", "2024-07-01"), "IDENTIFIER_NOT_FOUND"),
        (Kind::AgeVerification, "+99900000210", ("age", "12"), "OUT_OF_RANGE"),
        (Kind::SimSwap, "+99900000308", ("max_age", "2400"), "OUT_OF_RANGE"),
        (Kind::SimSwap, "+99900000023", ("max_age", "24"), "SERVICE_NOT_APPLICABLE"),
    ] {
        let id = asked(&desk, kind, &operator, number, &[more]).await;
        desk.until_state(&id, State::Failed).await;
        let check = desk.check(&id).await;
        let trouble = check.trouble.unwrap_or_default();
        assert!(trouble.contains(words) && !trouble.contains(&number[3..]), "{kind}: {trouble}");
        let kept: Vec<_> = desk.review(&id).await.evidence.into_iter().map(|e| e.source).collect();
        assert!(
            kept.iter().any(|source| source == casework::providers::REFUSAL),
            "{kind}: what was said is kept: {kept:?}"
        );
    }
});

on_both!(each_service_asks_for_a_token_of_its_own_scope, |desk| async {
    for (flow, number) in [("client_credentials", PERSONA), ("ciba", PERSONA)] {
        let operator = desk.operator("camara", |form| form.flow = flow.into()).await;
        let mut all = Vec::new();
        for (kind, more) in [
            (Kind::Tenure, ("since", "2020-01-01")),
            (Kind::AgeVerification, ("age", "18")),
            (Kind::SimSwap, ("max_age", "24")),
        ] {
            all.push((kind, asked(&desk, kind, &operator, number, &[more]).await));
        }
        for (kind, id) in all {
            desk.settle("is answered", || async {
                !matches!(desk.check(&id).await.state.as_str(), "queued" | "running")
            })
            .await;
            let check = desk.check(&id).await;
            assert_eq!(check.state, "to_review", "{flow} {kind}: {:?}", check.trouble);
        }
    }
});

on_both!(a_service_that_no_policy_names_takes_two_people, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let id = asked(&desk, Kind::SimSwap, &operator, PERSONA, &[("max_age", "24")]).await;
    desk.until_state(&id, State::ToReview).await;
    assert!(!Policy::NAMED_FIRST.contains(&Kind::SimSwap));
    desk.looks_at(&desk.anna, &id).await;
    let proposed =
        desk.step(&desk.anna, &id, Act::Decide, Outcome::Accept).await.expect("proposes");
    assert_eq!(proposed.step, Step::Proposal);
    desk.looks_at(&desk.sofia, &id).await;
    let approved =
        desk.step(&desk.sofia, &id, Act::Approve, Outcome::Accept).await.expect("approves");
    assert_eq!((approved.step, desk.check(&id).await.state.as_str()), (Step::Approval, "accepted"));
});

on_both!(lines_of_a_table_become_checks_of_each_service, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    for kind in
        Kind::ALL.iter().copied().filter(|kind| Provider::of(*kind) == Some(Provider::Camara))
    {
        let template = services::many::template(kind).expect("it has tables");
        let reference = format!("C-{}", casework::new_id());
        let text = template.replace("C-000123", &reference);
        let looked =
            services::many::look(&desk.work, kind, operator.as_str(), &text).await.expect("reads");
        assert_eq!((looked.good(), looked.bad()), (1, 0), "{kind}: {:?}", looked.lines[0].result);
        let page = casework::new_id();
        let sent = Sent { page: &page, name: "lines.csv", text: &text, leave_out: false };
        let (anna, actor) = (&desk.anna, by(&desk.anna));
        let launched =
            services::many::launch(&desk.work, anna, &actor, (kind, operator.as_str()), &sent)
                .await
                .expect("launches");
        assert_eq!((launched.launched, launched.repeated), (1, false), "{kind}");
        let again =
            services::many::launch(&desk.work, anna, &actor, (kind, operator.as_str()), &sent)
                .await
                .expect("is the same");
        assert!(again.repeated && again.batch == launched.batch, "{kind}");
        let (batch, _) = casework::many::get(&desk.work, &launched.batch).await.expect("is there");
        assert_eq!(batch.what().expect("a kind"), casework::many::What::AtOnce(kind));
    }
    for kind in Kind::ALL.iter().copied().filter(|kind| services::many::template(*kind).is_none()) {
        let answer =
            services::many::look(&desk.work, kind, operator.as_str(), "customer_reference\nC-1\n")
                .await;
        assert!(matches!(answer, Err(Error::NotFound)), "{kind}");
    }
});

on_both!(what_was_asked_of_a_line_is_masked_kept_and_erased, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    let id = asked(
        &desk,
        Kind::AgeVerification,
        &operator,
        PERSONA,
        &[("age", "18"), ("id_document", "66666666q")],
    )
    .await;
    desk.until_state(&id, State::ToReview).await;
    let check = desk.check(&id).await;
    assert!(
        !check.request.contains("629255") && !check.request.contains("66666666q"),
        "{}",
        check.request
    );
    assert!(
        check.request.contains("\"age\":\"18\"") && check.request.contains("833"),
        "{}",
        check.request
    );
    let again = services::form_of(&desk.work, &id).await.expect("opens");
    let Form::AgeVerification(form) = &again else { panic!("{again:?}") };
    assert_eq!(
        (form.phone.as_str(), form.id_document.as_str(), form.age.as_str()),
        (PERSONA, "66666666q", "18")
    );
    let Some(Said::AgeVerification(_)) = desk.review(&id).await.said else {
        panic!("the answer is read again")
    };
    customers::erase_now(&desk.work, &by(&desk.adam), &check.customer_id, "asked by the person")
        .await
        .expect("erases");
    let emptied = desk.check(&id).await.request;
    assert!(
        emptied.contains("(erased)")
            && emptied.contains("\"age\":\"18\"")
            && !emptied.contains("833"),
        "{emptied}"
    );
    assert!(services::form_of(&desk.work, &id).await.is_err());
});

on_both!(a_form_that_cannot_be_sent_is_told_beside_each_cause, |desk| async {
    let operator = desk.operator("camara", |_| {}).await;
    for (kind, inputs, field) in [
        (Kind::Tenure, [("phone", PERSONA), ("since", "tomorrow")], "since"),
        (Kind::Tenure, [("phone", "+4901761234567"), ("since", "2024-07-01")], "phone"),
        (Kind::AgeVerification, [("phone", PERSONA), ("age", "121")], "age"),
        (Kind::SimSwap, [("phone", PERSONA), ("max_age", "2401")], "max_age"),
        (Kind::SimSwap, [("phone", PERSONA), ("way", "yesterday")], "way"),
    ] {
        let form = typed_form(kind, &operator, &inputs);
        let refused = form_of(desk.try_ask(&CheckId::from(casework::new_id()), &form).await);
        assert!(
            refused.error(field).is_some_and(|words| !words.is_empty()),
            "{kind} {field}: {refused:?}"
        );
        assert_eq!(refused.value(inputs[1].0), inputs[1].1, "{kind}: nothing typed is lost");
    }
});
