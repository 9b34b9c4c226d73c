//! ROFUS: whether a person has excluded themselves from gambling in Denmark.

use super::at_once::{
    Asked, AtOnce, Outcome,
    outcome::{facts, finding, what_next},
};
use crate::{
    Casework, Error,
    providers::{
        Answer, CallError,
        zignsec::{self, RofusAnswer},
    },
    records::{
        connections::{self, Connection, Options},
        customers::who::Fields,
    },
};
use domain::{
    Moment,
    checks::Kind,
    fields::Refused,
    findings::Source,
    registers::{self, RofusCheck, RofusForm, RofusStatus},
    who::{Bears, Trait},
};
use serde::{Deserialize, Serialize};

/// The service.
pub struct Service;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub ask: RofusCheck,
}

impl AtOnce for Service {
    const KIND: Kind = Kind::Rofus;
    type Form = RofusForm;
    type Question = Question;
    type Said = RofusAnswer;
    type Client = zignsec::Client;

    fn check(
        form: &RofusForm,
        _connection: Option<&Options>,
        now: Moment,
    ) -> Result<Question, Refused> {
        Ok(Question { ask: registers::check_rofus(form, now)? })
    }

    fn form(Question { ask }: Question) -> RofusForm {
        RofusForm {
            customer_reference: ask.customer_reference,
            name: ask.name,
            connection: String::new(),
            cpr: ask.cpr.hyphenated(),
            environment_mock: if ask.mock { "Mock".into() } else { String::new() },
        }
    }

    fn asked(Question { ask }: &Question) -> Asked {
        let (cpr, born) = (Some(ask.cpr.masked()), Some(ask.cpr.birth_date()));
        Asked { cpr, born, mock: ask.mock, ..Asked::of(&ask.customer_reference, &ask.name) }
    }

    fn birth_date(Question { ask }: &Question) -> Option<String> {
        Some(ask.cpr.birth_date())
    }

    fn bears(Question { ask }: &Question) -> Vec<Bears> {
        vec![(Trait::Cpr, ask.cpr.digits().to_owned())]
    }

    fn fields(_question: &Question) -> Fields {
        Fields { name: "name", birth_date: "cpr", country: "name" }
    }

    fn masked(Question { ask }: &Question) -> Vec<(&'static str, String)> {
        vec![("cpr", ask.cpr.masked())]
    }

    fn masked_answer(text: &str) -> Option<String> {
        Some(zignsec::masked(text))
    }

    async fn client(work: &Casework, connection: &Connection) -> Result<zignsec::Client, Error> {
        connections::zignsec_client(work, connection).await
    }

    async fn put(
        client: &zignsec::Client,
        Question { ask }: &Question,
    ) -> Result<Answer, CallError> {
        let (answer, read) = client.check_rofus(ask).await?;
        // A complaint on 200 is a refusal like any other: the register was not looked up.
        read.refusal().map_or(Ok(answer), Err)
    }

    fn read(body: &[u8], _asked: &Asked) -> Option<RofusAnswer> {
        RofusAnswer::read(body).ok()
    }

    fn outcome(answer: &RofusAnswer, _question: &Question, _came: Moment) -> Outcome {
        of_rofus(answer)
    }
}

fn of_rofus(answer: &RofusAnswer) -> Outcome {
    let finding = match answer.status() {
        Some(status) if status.is_hit() => {
            let mut finding = finding(
                Source::Register,
                status.code(),
                &format!("ROFUS: {}", status.label().to_lowercase()),
                vec![],
            );
            finding.facts = facts(&[what_next(status.obliges())]);
            Some(finding)
        }
        Some(_) => None,
        None => {
            let said = answer.said.clone().unwrap_or_default();
            let next =
                "Treat it as an exclusion until the register gives an answer that is understood.";
            Some(finding(
                Source::Register,
                &said,
                &format!("ZignSec gives an answer that this version does not know: {said}"),
                vec![what_next(next)],
            ))
        }
    };
    let words = answer.status().map_or_else(
        || format!("unknown answer: {}", answer.said.clone().unwrap_or_default()),
        |s: RofusStatus| s.label().to_lowercase(),
    );
    Outcome {
        reference: answer.id.clone(),
        words,
        risk: None,
        findings: finding.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_that_says_something_unknown_is_no_clearance() {
        let answer =
            RofusAnswer { id: None, complaints: vec![], said: Some("PersonIsPaused".into()) };
        let outcome = of_rofus(&answer);
        assert_eq!(
            (outcome.words.as_str(), outcome.findings.len()),
            ("unknown answer: PersonIsPaused", 1)
        );
        let clear = RofusAnswer { said: Some("PersonIsNotRegistered".into()), ..answer.clone() };
        assert_eq!(
            (of_rofus(&clear).words.as_str(), of_rofus(&clear).findings.len()),
            ("not registered", 0)
        );
        let gone = RofusAnswer { said: Some("PersonIsRegisteredPermanently".into()), ..answer };
        assert!(of_rofus(&gone).findings[0].facts.contains("close the one"));
    }
}
