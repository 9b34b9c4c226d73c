//! PID-CPR match: a Danish register says whether two numbers belong to one person.

use super::at_once::{
    Asked, AtOnce, Outcome,
    outcome::{finding, what_next},
};
use crate::{
    Casework, Error,
    providers::{
        Answer, CallError,
        zignsec::{self, PidCprAnswer},
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
    registers::{self, PidCprForm, PidCprMatch},
    who::{Bears, Trait},
};
use serde::{Deserialize, Serialize};

/// The service.
pub struct Service;

/// The question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub ask: PidCprMatch,
}

impl AtOnce for Service {
    const KIND: Kind = Kind::PidCprMatch;
    type Form = PidCprForm;
    type Question = Question;
    type Said = PidCprAnswer;
    type Client = zignsec::Client;

    fn check(
        form: &PidCprForm,
        _connection: Option<&Options>,
        now: Moment,
    ) -> Result<Question, Refused> {
        Ok(Question { ask: registers::check_pid_cpr(form, now)? })
    }

    fn form(Question { ask }: Question) -> PidCprForm {
        PidCprForm {
            customer_reference: ask.customer_reference,
            name: ask.name,
            connection: String::new(),
            pid: ask.pid.as_str().to_owned(),
            cpr: ask.cpr.hyphenated(),
        }
    }

    fn asked(Question { ask }: &Question) -> Asked {
        let (pid, cpr, born) =
            (Some(ask.pid.masked()), Some(ask.cpr.masked()), Some(ask.cpr.birth_date()));
        Asked { pid, cpr, born, ..Asked::of(&ask.customer_reference, &ask.name) }
    }

    fn birth_date(Question { ask }: &Question) -> Option<String> {
        Some(ask.cpr.birth_date())
    }

    fn bears(Question { ask }: &Question) -> Vec<Bears> {
        vec![(Trait::Cpr, ask.cpr.digits().to_owned()), (Trait::Pid, ask.pid.as_str().to_owned())]
    }

    fn fields(_question: &Question) -> Fields {
        Fields { name: "name", birth_date: "cpr", country: "name" }
    }

    fn masked(Question { ask }: &Question) -> Vec<(&'static str, String)> {
        vec![("pid", ask.pid.masked()), ("cpr", ask.cpr.masked())]
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
        let (answer, read) = client.match_pid_cpr(ask).await?;
        // A complaint on 200 is a refusal like any other: the register was not looked up.
        read.refusal().map_or(Ok(answer), Err)
    }

    fn read(body: &[u8], _asked: &Asked) -> Option<PidCprAnswer> {
        PidCprAnswer::read(body).ok()
    }

    fn outcome(answer: &PidCprAnswer, _question: &Question, _came: Moment) -> Outcome {
        of_pid_cpr(answer)
    }
}

fn of_pid_cpr(answer: &PidCprAnswer) -> Outcome {
    let (words, title) = match answer.is_match() {
        Some(true) => ("match".to_owned(), None),
        Some(false) => (
            "no match".to_owned(),
            Some("PID and CPR number do not belong to one person".to_owned()),
        ),
        None => {
            let said = answer.said.clone().unwrap_or_default();
            (
                format!("unknown answer: {said}"),
                Some(format!("ZignSec gives an answer that this version does not know: {said}")),
            )
        }
    };
    let next = "Compare both numbers with the customer's documents. A typing error is likelier than a stranger's number.";
    let findings =
        title.map(|title| finding(Source::Register, &words, &title, vec![what_next(next)]));
    Outcome {
        reference: answer.id.clone(),
        words,
        risk: None,
        findings: findings.into_iter().collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_match_of_two_numbers_must_be_judged() {
        let answer =
            PidCprAnswer { id: Some("x".into()), complaints: vec![], said: Some("false".into()) };
        let outcome = of_pid_cpr(&answer);
        assert!(outcome.findings[0].source().must_be_judged() && outcome.words == "no match");
        let yes = PidCprAnswer { said: Some("true".into()), ..answer };
        assert!(of_pid_cpr(&yes).findings.is_empty());
    }
}
