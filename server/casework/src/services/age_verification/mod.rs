//! Age verification: whether the subscriber of a number is old enough.

use super::at_once::{
    Asked, AtOnce, Column, Outcome,
    operators::{columns, judged},
};
use crate::{
    Casework, Error,
    providers::{Answer, CallError, camara},
    records::{
        connections::{self, Connection, Options},
        customers::who::Fields,
    },
};
use domain::{
    Moment,
    checks::Kind,
    fields::Refused,
    services::age_verification::{self, AgeVerification, AgeVerificationForm, Detail},
    who::{Bears, Trait, of_number},
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::LazyLock};

/// The service.
pub struct Service;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub ask: AgeVerification,
}

impl AtOnce for Service {
    const KIND: Kind = Kind::AgeVerification;
    type Form = AgeVerificationForm;
    type Question = Question;
    type Said = age_verification::Answer;
    type Client = camara::Client;

    fn check(
        form: &AgeVerificationForm,
        _connection: Option<&Options>,
        now: Moment,
    ) -> Result<Question, Refused> {
        Ok(Question { ask: age_verification::check(form, now)? })
    }

    fn form(Question { ask }: Question) -> AgeVerificationForm {
        AgeVerificationForm::from(&ask)
    }

    fn asked(Question { ask }: &Question) -> Asked {
        let terms = BTreeMap::from([("age".to_owned(), ask.age.to_string())]);
        Asked { terms, ..Asked::of(&ask.customer_reference, &ask.name) }
    }

    fn phone(Question { ask }: &Question) -> Option<&str> {
        Some(&ask.phone)
    }

    fn birth_date(Question { ask }: &Question) -> Option<String> {
        ask.identity.get(&Detail::Birthdate).cloned()
    }

    fn bears(Question { ask }: &Question) -> Vec<Bears> {
        let number = ask.identity.get(&Detail::IdDocument);
        number.and_then(|number| of_number(Trait::Document, number)).into_iter().collect()
    }

    fn another_name(Question { ask }: &Question) -> Option<String> {
        ask.another_name().map(|(_, asked)| asked)
    }

    fn fields(Question { ask }: &Question) -> Fields {
        let name = ask.another_name().map_or("name", |(detail, _)| detail.field());
        Fields { name, birth_date: Detail::Birthdate.field(), country: "name" }
    }

    async fn client(work: &Casework, connection: &Connection) -> Result<camara::Client, Error> {
        connections::camara_client(work, connection).await
    }

    async fn make_ready(
        client: &camara::Client,
        Question { ask }: &Question,
    ) -> Result<(), CallError> {
        client.make_ready_for(&camara::age_verification::VERIFY, &ask.phone).await
    }

    async fn put(
        client: &camara::Client,
        Question { ask }: &Question,
    ) -> Result<Answer, CallError> {
        client.verify_age(ask).await.map(|(answer, _)| answer)
    }

    fn read(body: &[u8], _asked: &Asked) -> Option<age_verification::Answer> {
        camara::age_verification::read(body).ok()
    }

    fn outcome(
        said: &age_verification::Answer,
        Question { ask }: &Question,
        _came: Moment,
    ) -> Outcome {
        let findings = age_verification::signs(said, ask).into_iter().map(judged).collect();
        Outcome {
            reference: None,
            words: age_verification::summary(said, ask),
            risk: None,
            findings,
        }
    }

    fn columns() -> &'static [Column] {
        &COLUMNS
    }
}

static COLUMNS: LazyLock<Vec<Column>> = LazyLock::new(|| columns(age_verification::INPUTS, 4));
