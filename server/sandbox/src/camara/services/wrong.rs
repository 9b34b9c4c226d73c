//! What trigger numbers and a talkative operator make of a good answer. What a trigger means here
//! is what it means for a match.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

use crate::camara::{misbehaviour, triggers::Trigger};

use super::Service;

/// The answer with what the number makes of it.
pub(super) fn after(trigger: Trigger, service: Service, answer: Map<String, Value>) -> Response {
    let required = service.members()[0];
    let answer = match trigger {
        Trigger::Booleans => each(answer, other_type),
        Trigger::UnknownValue => each(answer, |_| json!("partial")),
        Trigger::ListResults => each(answer, |value| json!([value])),
        Trigger::ForgetsOne => answer.into_iter().filter(|(name, _)| name != required).collect(),
        Trigger::NothingAvailable => nothing(service),
        Trigger::ScoreOutOfRange => scored(service, answer, json!(140)),
        Trigger::FloatScores => scored(service, answer, json!(87.0)),
        Trigger::FractionScores => scored(service, answer, json!(87.5)),
        // How an answer travels is the same for all services.
        trigger => return misbehaviour::after_match(trigger, answer),
    };
    Json(answer).into_response()
}

fn each(answer: Map<String, Value>, change: impl Fn(Value) -> Value) -> Map<String, Value> {
    answer.into_iter().map(|(name, value)| (name, change(value))).collect()
}

/// Words become booleans, other text a number; booleans and numbers become text.
fn other_type(value: Value) -> Value {
    match value {
        Value::String(word) if word == "true" || word == "false" => json!(word == "true"),
        Value::String(_) => json!(1),
        Value::Bool(flag) => json!(flag.to_string()),
        Value::Number(number) => json!(number.to_string()),
        other => other,
    }
}

/// As little as the contract allows; whether the SIM was swapped can only be said.
fn nothing(service: Service) -> Map<String, Value> {
    let (name, value) = match service {
        Service::Tenure => ("tenureDateCheck", json!(false)),
        Service::Age => ("ageCheck", json!("not_available")),
        Service::SwapDate => ("latestSimChange", Value::Null),
        Service::SwapCheck => ("swapped", json!(false)),
    };
    Map::from_iter([(name.to_owned(), value)])
}

fn scored(service: Service, mut answer: Map<String, Value>, score: Value) -> Map<String, Value> {
    if service == Service::Age {
        answer.insert("identityMatchScore".into(), score);
    }
    answer
}

/// Locks that nobody asked for, and a member that no document has.
pub(super) fn talk(service: Service, answer: &mut Map<String, Value>) {
    if service == Service::Age {
        for name in ["contentLock", "parentalControl"] {
            answer.entry(name).or_insert_with(|| json!("true"));
        }
    }
    answer.insert("tariff".into(), json!("unlimited"));
}
