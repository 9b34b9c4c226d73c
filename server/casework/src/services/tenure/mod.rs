//! Tenure: whether a number has been with its subscriber since a day.

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
    services::tenure::{self, Tenure, TenureForm},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};

/// The service.
pub struct Service;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub ask: Tenure,
}

impl AtOnce for Service {
    const KIND: Kind = Kind::Tenure;
    type Form = TenureForm;
    type Question = Question;
    type Said = tenure::Answer;
    type Client = camara::Client;

    fn check(
        form: &TenureForm,
        _connection: Option<&Options>,
        now: Moment,
    ) -> Result<Question, Refused> {
        Ok(Question { ask: tenure::check(form, now)? })
    }

    fn form(Question { ask }: Question) -> TenureForm {
        TenureForm::from(&ask)
    }

    fn asked(Question { ask }: &Question) -> Asked {
        let terms = BTreeMap::from([("since".to_owned(), ask.since.clone())]);
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
        client.make_ready_for(&camara::tenure::CHECK, &ask.phone).await
    }

    async fn put(
        client: &camara::Client,
        Question { ask }: &Question,
    ) -> Result<Answer, CallError> {
        client.check_tenure(ask).await.map(|(answer, _)| answer)
    }

    fn read(body: &[u8], _asked: &Asked) -> Option<tenure::Answer> {
        camara::tenure::read(body).ok()
    }

    fn outcome(said: &tenure::Answer, Question { ask }: &Question, _came: Moment) -> Outcome {
        let findings = tenure::signs(said, ask).into_iter().map(judged).collect();
        Outcome { reference: None, words: tenure::summary(said, ask), risk: None, findings }
    }

    fn columns() -> &'static [Column] {
        &COLUMNS
    }
}

static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| columns(tenure::INPUTS, 4));
