//! ROFUS: whether a person has excluded themselves from gambling in Denmark.

use super::{
    at_once::{
        AtOnce, Begun, Words, api,
        danish::{CPR_HINT, NAME_HINT},
        launch::customer_part,
    },
    face::Look,
};
use crate::pages::{
    AppError,
    launching::{Launching, fields::connection_field},
    parts::{self, Field},
};
use casework::{
    checks::review::Review,
    providers::zignsec::RofusAnswer,
    services::{Asked, Form, Said},
};
use domain::{
    Moment,
    checks::{Kind, State},
    fields::Refused,
    findings::Source,
    people::{Caller, Permission},
    registers::{RofusForm, RofusStatus, is_stale},
    time,
};
use leptos::prelude::*;

/// The service's face.
pub struct Rofus;

impl AtOnce for Rofus {
    const KIND: Kind = Kind::Rofus;
    const WORDS: Words = Words {
        address: "/checks/new/rofus",
        action: "/api/rofus/launch",
        about: "ROFUS at ZignSec: whether a person has excluded themselves from gambling in Denmark",
        will: "The answer holds for the moment it is given: the register has to be asked again at every login.",
    };

    fn labels() -> Vec<(String, &'static str)> {
        vec![("cpr".into(), "CPR number"), ("environment_mock".into(), "Made-up answer")]
    }

    fn fields(begun: &mut Begun) -> AnyView {
        let form = &begun.form;
        view! {
            {customer_part(form, NAME_HINT)}
            <fieldset>
                <legend>"Register"</legend>
                {connection_field(&begun.connections, form)}
                {Field::text("cpr", "CPR number").required().hint(CPR_HINT).width("short").show(form)}
                {mock(form)}
            </fieldset>
        }
        .into_any()
    }

    fn given(_review: &Review, asked: Asked) -> Vec<Option<AnyView>> {
        vec![
            parts::fact("CPR number", asked.cpr.unwrap_or_default()),
            asked.born.and_then(|born| parts::fact("Birth date in the number", born)),
        ]
    }

    fn launched_as(asked: &Asked) -> Option<AnyView> {
        parts::fact("Environment", if asked.mock { "Mock: made-up answers" } else { "" })
    }

    fn answered(look: Look<'_>) -> Option<AnyView> {
        match &look.review.said {
            Some(Said::Rofus(answer)) => Some(rofus(look.review, answer, look.caller, look.now)),
            _ => None,
        }
    }

    fn nothing_found(_review: &Review) -> &'static str {
        "The person is not in the register, at the moment of the answer."
    }

    fn in_short(source: Source) -> Option<&'static str> {
        (source == Source::Register).then_some("register")
    }
}

#[server(endpoint = "rofus/launch")]
pub async fn launch_rofus(
    #[server(flatten)] sent: Launching,
    #[server(flatten)] form: RofusForm,
) -> Result<(), AppError> {
    api::launch(sent, Form::Rofus(form)).await
}

/// The provider's mock environment, named as what it is.
fn mock(form: &Refused) -> impl IntoView + use<> {
    let checked = !form.value("environment_mock").is_empty();
    let error = form.error("environment_mock").map(str::to_owned);
    let clean = error.is_none();
    view! {
        <div class="field">
            <ul class="ticks wide"><li><label><input id="environment_mock" type="checkbox" name="environment_mock" value="Mock" checked=checked
                aria-invalid=(!clean).then_some("true") aria-describedby="environment_mock-hint environment_mock-error"/>" Ask for a made-up answer (ZignSec's Mock environment)"</label></li></ul>
            <p class="hint" id="environment_mock-hint">"For trying out only. ZignSec picks one of the three answers at random and does not ask the register: it says nothing about this person."</p>
            <p class="error" id="environment_mock-error" hidden=clean>{error}</p>
        </div>
    }
}

fn rofus(review: &Review, answer: &RofusAnswer, caller: &Caller, now: Moment) -> AnyView {
    let asked = review.check.asked().unwrap_or_default();
    let status = answer.status();
    let said = answer.said.clone().unwrap_or_default();
    let (tone, words, obliges) = match status {
        Some(status) => (
            if status.is_hit() { "danger" } else { "good" },
            status.label().to_owned(),
            status.obliges(),
        ),
        None => (
            "attention",
            "An answer that this version does not know".to_owned(),
            "Treat it as an exclusion until the register gives an answer that is understood.",
        ),
    };
    let needs = status.is_none_or(RofusStatus::is_hit).then_some("person");
    let made_up = asked.mock.then(|| {
        view! { <div class="notice" data-tone="danger" role="note"><div><p><strong>"This answer is made up."</strong>" It was asked for in ZignSec's Mock environment, which picks one at random. The register was not asked: decide nothing about this person by it."</p></div></div> }
    });
    view! {
        <section class="panel rofus" data-live="answer"><header><h2>"What ROFUS says"</h2></header>
            {made_up}
            {stale(review, caller, now)}
            <p class="verdict"><span class="tag" data-tone=tone data-needs=needs>{words}</span>" "<span class="says"><bdi>{said}</bdi></span></p>
            <p class="prose">{obliges}</p>
            <dl class="facts">{parts::fact("CPR number", asked.cpr.unwrap_or_default())}{asked.born.and_then(|born| parts::fact("Birth date in the number", born))}{review.check.outcome_at_ms.map(|at| view! { <div><dt>"Answered"</dt><dd>{parts::stamp(at)}</dd></div> })}</dl>
        </section>
    }
    .into_any()
}

/// Says that an answer is too old to decide by, and where to ask again.
fn stale(review: &Review, caller: &Caller, now: Moment) -> Option<AnyView> {
    let at = review.check.outcome_at_ms.filter(|at| is_stale(*at, now))?;
    let open = State::parse(&review.check.state).is_some_and(|s| !s.is_final());
    let words = format!("This answer is {} old.", time::in_words(now - at));
    if !open {
        return Some(
            view! { <p class="meta">{words}" It was decided by when it was newer."</p> }.into_any(),
        );
    }
    let again = caller
        .may(Permission::LaunchChecks)
        .then(|| view! { <div class="actions"><a class="btn" href=format!("{}?again={}", Rofus::WORDS.address, review.check.id)>"Ask the register again"</a></div> });
    Some(
        view! { <div class="notice" data-tone="attention" role="note"><div><p><strong>{words}</strong>" An exclusion may have begun or ended since: ask again before you decide."</p></div>{again}</div> }
            .into_any(),
    )
}
