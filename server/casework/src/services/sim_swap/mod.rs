//! SIM swap: whether, or when, the SIM card of a number was changed.

use super::at_once::{
    Asked, AtOnce, Column, Outcome,
    operators::{columns, judged},
};
use crate::{
    Casework, Error,
    providers::{Answer, CallError, camara},
    records::connections::{self, Connection, Options},
};
use domain::{
    Moment,
    checks::Kind,
    fields::Refused,
    services::sim_swap::{self, Ask, SimSwap, SimSwapForm},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};

/// The service.
pub struct Service;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub ask: SimSwap,
}

impl AtOnce for Service {
    const KIND: Kind = Kind::SimSwap;
    type Form = SimSwapForm;
    type Question = Question;
    type Said = sim_swap::Answer;
    type Client = camara::Client;

    fn check(
        form: &SimSwapForm,
        _connection: Option<&Options>,
        _now: Moment,
    ) -> Result<Question, Refused> {
        Ok(Question { ask: sim_swap::check(form)? })
    }

    fn form(Question { ask }: Question) -> SimSwapForm {
        SimSwapForm::from(&ask)
    }

    fn asked(Question { ask }: &Question) -> Asked {
        let terms = BTreeMap::from([("asked".to_owned(), asked_as(ask.ask))]);
        Asked { terms, ..Asked::of(&ask.customer_reference, &ask.name) }
    }

    fn phone(Question { ask }: &Question) -> Option<&str> {
        Some(&ask.phone)
    }

    async fn client(work: &Casework, connection: &Connection) -> Result<camara::Client, Error> {
        connections::camara_client(work, connection).await
    }

    async fn make_ready(
        client: &camara::Client,
        Question { ask }: &Question,
    ) -> Result<(), CallError> {
        client.make_ready_for(&camara::sim_swap::endpoint(ask.ask), &ask.phone).await
    }

    async fn put(
        client: &camara::Client,
        Question { ask }: &Question,
    ) -> Result<Answer, CallError> {
        client.check_sim_swap(ask).await.map(|(answer, _)| answer)
    }

    fn read(body: &[u8], asked: &Asked) -> Option<sim_swap::Answer> {
        camara::sim_swap::read(body, asked_of(asked)?).ok()
    }

    fn outcome(said: &sim_swap::Answer, Question { ask }: &Question, came: Moment) -> Outcome {
        let findings = sim_swap::signs(said, ask, came).into_iter().map(judged).collect();
        Outcome { reference: None, words: sim_swap::summary(said, ask), risk: None, findings }
    }

    fn columns() -> &'static [Column] {
        &COLUMNS
    }
}

static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| columns(sim_swap::INPUTS, 3));

/// What was asked, as the check says it in clear: a number of hours, or `date`.
fn asked_as(ask: Ask) -> String {
    match ask {
        Ask::Within(hours) => hours.to_string(),
        Ask::Date => "date".to_owned(),
    }
}

/// The same, read again.
fn asked_of(asked: &Asked) -> Option<Ask> {
    match asked.terms.get("asked")?.as_str() {
        "date" => Some(Ask::Date),
        hours => hours.parse().ok().map(Ask::Within),
    }
}
