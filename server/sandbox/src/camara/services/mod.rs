//! The services beside KYC Match: KYC Tenure 0.2, KYC Age Verification 0.2 and SIM Swap 2.1. One
//! handler does what their contracts have in common; each one's file reads its request and answers.
//!
//! Contracts: `camaraproject/Tenure` 0.2.0, `camaraproject/KnowYourCustomerAgeVerification` 0.2.1
//! and `camaraproject/SimSwap` 2.1.0. Where they leave open which code a value outside its bounds
//! has, their published test definitions decide: `OUT_OF_RANGE`, also for a tenure date in the
//! future. The order of the checks is that of KYC Match: rate, token, scope, header and body,
//! number of token and body, subscriber.

mod age;
mod swap;
mod tenure;
mod wrong;

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::{request_log::Entry, world::Shared};

use super::{
    Operator,
    attributes::check_number,
    book::{Called, Step},
    door, lines, misbehaviour,
    oauth::{
        AGE_SCOPE, SWAP_CHECK_SCOPE, SWAP_DATE_SCOPE, SWAP_SCOPE, TENURE_JOINED, TENURE_SCOPE,
        Token,
    },
    problem::{Problem, Version},
    subscribers::Subscriber,
    triggers::Trigger,
};

/// The forms of errors and correlators that the three share with the newest KYC Match.
const VERSION: Version = Version::V04;

/// One operation; SIM Swap has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Service {
    Tenure,
    Age,
    SwapDate,
    SwapCheck,
}

impl Service {
    pub const ALL: [Service; 4] =
        [Service::Tenure, Service::Age, Service::SwapDate, Service::SwapCheck];

    /// After the operator's base.
    pub fn path(self) -> &'static str {
        match self {
            Service::Tenure => "/kyc-tenure/v0.2/check-tenure",
            Service::Age => "/kyc-age-verification/v0.2/verify",
            Service::SwapDate => "/sim-swap/v2/retrieve-date",
            Service::SwapCheck => "/sim-swap/v2/check",
        }
    }

    /// Each of them opens it alone; the first is the one to ask for.
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            Service::Tenure => &[TENURE_SCOPE, TENURE_JOINED],
            Service::Age => &[AGE_SCOPE],
            Service::SwapDate => &[SWAP_DATE_SCOPE, SWAP_SCOPE],
            Service::SwapCheck => &[SWAP_CHECK_SCOPE, SWAP_SCOPE],
        }
    }

    /// The answer's members, the required one first.
    pub fn members(self) -> &'static [&'static str] {
        match self {
            Service::Tenure => &["tenureDateCheck", "contractType"],
            Service::Age => &[
                "ageCheck",
                "verifiedStatus",
                "identityMatchScore",
                "contentLock",
                "parentalControl",
            ],
            Service::SwapDate => &["latestSimChange", "monitoredPeriod"],
            Service::SwapCheck => &["swapped"],
        }
    }
}

/// What a well-formed request wants to know.
enum Question {
    Tenure(tenure::Asked),
    Age(age::Asked),
    SwapDate,
    SwapCheck(swap::Asked),
}

impl Question {
    /// # Errors
    /// 400 for what the service's contract does not allow.
    fn read(service: Service, members: &Map<String, Value>) -> Result<Question, Problem> {
        Ok(match service {
            Service::Tenure => Question::Tenure(tenure::read(members)?),
            Service::Age => Question::Age(age::read(members)?),
            Service::SwapDate => Question::SwapDate,
            Service::SwapCheck => Question::SwapCheck(swap::read(members)?),
        })
    }

    /// # Errors
    /// 400 for what this line's operator does not answer.
    fn answer(
        &self,
        operator: &Operator,
        subscriber: &Subscriber,
    ) -> Result<Map<String, Value>, Problem> {
        match self {
            Question::Tenure(asked) => Ok(tenure::answer(asked, &subscriber.line)),
            Question::Age(asked) => age::answer(asked, operator, subscriber),
            Question::SwapDate => Ok(swap::date(&subscriber.line)),
            Question::SwapCheck(asked) => swap::check(asked, &subscriber.line),
        }
    }
}

/// Any of the operations. Whatever the answer, it carries the request's `x-correlator`.
pub(super) async fn answer(
    State(world): State<Shared>,
    Extension(operator): Extension<&'static Operator>,
    Extension(service): Extension<Service>,
    Extension(entry): Extension<Entry>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let call = Call { world: &world, operator, service, entry };
    let answered = call.answer(&headers, body).await;
    let mut response =
        answered.unwrap_or_else(|problem| in_its_words(service, problem).into_response());
    door::carry_correlator(&mut response, VERSION, &headers);
    response
}

struct Call<'a> {
    world: &'a Shared,
    operator: &'static Operator,
    service: Service,
    entry: Entry,
}

impl Call<'_> {
    async fn answer(
        &self,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Response, Problem> {
        if !self.world.camara().book().admit(self.operator) {
            return Err(Problem::too_many(1));
        }
        let (text, token) = door::bearer(self.world, self.operator, headers)
            .ok_or_else(|| Problem::unauthenticated(VERSION))?;
        if !self.service.scopes().iter().any(|scope| token.grants(scope)) {
            return Err(Problem::permission_denied(VERSION));
        }
        let Ok(Value::Object(members)) =
            serde_json::from_slice(&door::json(VERSION, headers, body)?)
        else {
            return Err(Problem::invalid_argument(VERSION, "the body is no JSON object"));
        };
        let given = given_number(&members)?;
        let question = Question::read(self.service, &members)?;
        let number = self.number(&token, given)?;
        self.world.log.name(self.entry, &number);

        let key = self.world.camara().book().called(self.called(&number, members));
        let trigger = Trigger::of(&number);
        if let Some(trigger) = trigger {
            let tries = self.world.camara().book().attempt(
                Step::Service(self.service),
                self.operator,
                &number,
            );
            misbehaviour::before_match(self.world, self.operator, VERSION, trigger, tries, &text)
                .await?;
        }
        let subscriber =
            self.subscriber(&token, &number).ok_or_else(|| Problem::unknown_number(VERSION))?;
        let mut answer = question.answer(self.operator, subscriber)?;
        if self.operator.talks_too_much {
            wrong::talk(self.service, &mut answer);
        }
        subscriber.line.say(self.service, &mut answer);
        self.world.camara().book().answered_call(&key);
        Ok(match trigger {
            Some(trigger) => wrong::after(trigger, self.service, answer),
            None => Json(answer).into_response(),
        })
    }

    /// Whom it is about: the token or the body, and never both, even if they say the same.
    fn number(&self, token: &Token, given: Option<String>) -> Result<String, Problem> {
        match (&token.number, given) {
            (Some(_), Some(_)) => Err(Problem::unnecessary_identifier()),
            (Some(number), None) => Ok(number.clone()),
            (None, Some(number)) => Ok(number),
            (None, None) if token.mock => Ok(self.world.camara().register.persona().number.clone()),
            (None, None) => Err(Problem::missing_identifier(VERSION, false)),
        }
    }

    /// In mock mode the persona is behind every number but the well-known ones.
    fn subscriber(&self, token: &Token, number: &str) -> Option<&Subscriber> {
        let found = self.world.camara().register.find(number);
        if token.mock && Trigger::of(number).is_none() && !lines::is_well_known(number) {
            return Some(self.world.camara().register.persona());
        }
        found
    }

    fn called(&self, number: &str, mut members: Map<String, Value>) -> Called {
        members.remove("phoneNumber");
        Called {
            operator: self.operator.name,
            service: self.service,
            number: number.to_owned(),
            asked: members.into(),
            received: 0,
            answered: 0,
        }
    }
}

fn given_number(members: &Map<String, Value>) -> Result<Option<String>, Problem> {
    let number = text(members, "phoneNumber")?;
    if let Some(number) = number {
        check_number(number).map_err(|what| Problem::invalid_argument(VERSION, &what))?;
    }
    Ok(number.map(str::to_owned))
}

/// A member that must be a string where it is given; no contract knows null in a request.
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Problem> {
    let text =
        members.get(name).map(|value| value.as_str().ok_or_else(|| invalid(name, "is no string")));
    text.transpose()
}

/// A member that must be a whole number where it is given.
fn whole(members: &Map<String, Value>, name: &str) -> Result<Option<i64>, Problem> {
    let number = members
        .get(name)
        .map(|value| value.as_i64().ok_or_else(|| invalid(name, "is no whole number")));
    number.transpose()
}

fn invalid(name: &str, what: &str) -> Problem {
    Problem::invalid_argument(VERSION, &format!("{name} {what}"))
}

/// The texts that a contract's examples have where they differ from those of KYC Match. `SIM Swap`
/// has none for an unknown number: that one is of the list that all contracts refer to.
fn in_its_words(service: Service, problem: Problem) -> Problem {
    let swap = matches!(service, Service::SwapDate | Service::SwapCheck);
    let message = match problem.code() {
        "TOO_MANY_REQUESTS" => "Rejected due to request rate limit overpassed.",
        "QUOTA_EXCEEDED" => "Rejected due to exceeding a business quota limit.",
        "IDENTIFIER_NOT_FOUND" if swap => "Device identifier not found.",
        "SERVICE_NOT_APPLICABLE" if swap => {
            "The service is not available for the provided identifier."
        }
        "MISSING_IDENTIFIER" if swap => "The device cannot be identified.",
        "UNNECESSARY_IDENTIFIER" if swap => "The device is already identified by the access token.",
        _ => return problem,
    };
    problem.saying(message)
}

/// What the first page and `/control/camara/lines` say about a subscriber's line.
pub(crate) fn about(subscriber: &Subscriber) -> Value {
    let line = &subscriber.line;
    let mut about = json!({
        "phoneNumber": subscriber.number,
        "name": subscriber.on_file.get("name"),
        "birthdate": subscriber.on_file.get("birthdate"),
        "since": line.since(),
        "contractType": line.contract,
        "verifiedStatus": line.verified,
        "contentLock": line.locks.map(|[content, _]| content),
        "parentalControl": line.locks.map(|[_, parental]| parental),
    });
    for (name, value) in swap::date(line) {
        about[name] = value;
    }
    about
}
