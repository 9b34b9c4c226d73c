//! PID-CPR match: whether two Danish numbers belong to one person.

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
    providers::zignsec::PidCprAnswer,
    services::{Asked, Form, Said},
};
use domain::{checks::Kind, findings::Source, registers::PidCprForm};
use leptos::prelude::*;

const PID_HINT: &str = "Digits in groups of 4, 4, 1 and 12 with hyphens between them, for example 9208-2002-2-577168596796; PID: before it may \
     stay. It comes from records of NemID, which ended for citizens in 2023.";

/// The service's face.
pub struct PidCpr;

impl AtOnce for PidCpr {
    const KIND: Kind = Kind::PidCprMatch;
    const WORDS: Words = Words {
        address: "/checks/new/pid-cpr",
        action: "/api/pid-cpr/launch",
        about: "PID-CPR match at ZignSec: whether two Danish numbers belong to one person",
        will: "Both numbers are kept sealed and shown masked.",
    };

    fn labels() -> Vec<(String, &'static str)> {
        vec![("pid".into(), "PID"), ("cpr".into(), "CPR number")]
    }

    fn fields(begun: &mut Begun) -> AnyView {
        let form = &begun.form;
        view! {
            {customer_part(form, NAME_HINT)}
            <fieldset>
                <legend>"Numbers"</legend>
                {connection_field(&begun.connections, form)}
                {Field::text("pid", "PID").required().hint(PID_HINT).width("medium").show(form)}
                {Field::text("cpr", "CPR number").required().hint(CPR_HINT).width("short").show(form)}
            </fieldset>
        }
        .into_any()
    }

    fn given(_review: &Review, asked: Asked) -> Vec<Option<AnyView>> {
        vec![
            parts::fact("PID", asked.pid.unwrap_or_default()),
            parts::fact("CPR number", asked.cpr.unwrap_or_default()),
            asked.born.and_then(|born| parts::fact("Birth date in the number", born)),
        ]
    }

    fn answered(look: Look<'_>) -> Option<AnyView> {
        match &look.review.said {
            Some(Said::PidCprMatch(answer)) => Some(pid_cpr(look.review, answer)),
            _ => None,
        }
    }

    fn nothing_found(_review: &Review) -> &'static str {
        "The two numbers belong to one person."
    }

    fn in_short(source: Source) -> Option<&'static str> {
        (source == Source::Register).then_some("register")
    }
}

#[server(endpoint = "pid-cpr/launch")]
pub async fn launch_pid_cpr(
    #[server(flatten)] sent: Launching,
    #[server(flatten)] form: PidCprForm,
) -> Result<(), AppError> {
    api::launch(sent, Form::PidCprMatch(form)).await
}

fn pid_cpr(review: &Review, answer: &PidCprAnswer) -> AnyView {
    let asked = review.check.asked().unwrap_or_default();
    let (code, words) = match answer.is_match() {
        Some(true) => ("match", "The two numbers belong to one person.".to_owned()),
        Some(false) => ("differs", "The two numbers do not belong to one person.".to_owned()),
        None => (
            "not-available",
            format!(
                "An answer that this version does not know: {}",
                answer.said.clone().unwrap_or_default()
            ),
        ),
    };
    view! {
        <section class="panel" data-live="answer"><header><h2>"What the register says"</h2></header>
            <p class="verdict"><span class="match" data-match=code>{words}</span></p>
            <dl class="facts">
                {parts::fact("PID", asked.pid.unwrap_or_default())}
                {parts::fact("CPR number", asked.cpr.unwrap_or_default())}{asked.born.and_then(|born| parts::fact("Birth date in the number", born))}
            </dl>
            <p class="meta">"The register says only whether they belong together, not whose they are."</p>
        </section>
    }
    .into_any()
}
