//! What trigger numbers make of a match, before it is looked at and after it was answered.

use std::{io, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    response::{Html, IntoResponse, Response},
};
use futures::{StreamExt, stream};
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use crate::world::Shared;

use super::{
    Operator,
    door::CORRELATOR,
    problem::{Problem, Version},
    triggers::Trigger,
};

/// # Errors
/// What the number asks for instead of a match. `tries` counts from 1.
pub(super) async fn before_match(
    world: &Shared,
    operator: &Operator,
    version: Version,
    trigger: Trigger,
    tries: u32,
    token: &str,
) -> Result<(), Problem> {
    match (trigger, tries) {
        (Trigger::MatchTimeout, _) | (Trigger::MatchTimeoutOnce, 1) => {
            world.sleep(world.options.hang_ms).await;
            Err(Problem::timeout())
        }
        (Trigger::Match500, 1..=2) => Err(Problem::internal()),
        (Trigger::Match503, 1..=2) | (Trigger::Match503Always, _) => Err(Problem::unavailable()),
        (Trigger::Match429Once, 1) | (Trigger::Match429Always, _) => Err(Problem::too_many(2)),
        (Trigger::QuotaOnce, 1) => Err(Problem::quota(2)),
        (Trigger::TokenExpiredOnce, 1) => {
            world.camara().book().end(token);
            Err(Problem::unauthenticated(version))
        }
        (Trigger::TokenRefused, _) => Err(Problem::unauthenticated(version)),
        (Trigger::NoPermission, _) => Err(Problem::permission_denied(version)),
        (Trigger::TokenContext, _) => {
            Err(Problem::invalid_token_context(version, operator.prefixed_token_context))
        }
        (Trigger::NotFound, _) => Err(Problem::not_found(version)),
        (Trigger::IdentifierNotFound, _) => Err(Problem::unknown_number(version)),
        (Trigger::NotApplicable, _) => Err(Problem::not_applicable(version)),
        (Trigger::Conflict, _) => Err(Problem::new(
            StatusCode::CONFLICT,
            "CONFLICT",
            "A specified resource duplicate entry found.",
        )),
        _ => Ok(()),
    }
}

/// The answer with what the number makes of it.
pub(super) fn after_match(trigger: Trigger, results: Map<String, Value>) -> Response {
    match trigger {
        Trigger::CutJson => {
            let mut text = Value::from(results).to_string();
            text.truncate(text.len() / 2);
            ([(header::CONTENT_TYPE, "application/json")], text).into_response()
        }
        Trigger::CutConnection => cut(&Value::from(results).to_string()),
        Trigger::Html => {
            Html("<!doctype html><title>Gateway</title><h1>It works!</h1>").into_response()
        }
        Trigger::OtherCorrelator => {
            ([(CORRELATOR, "somebody-elses-correlator")], Json(results)).into_response()
        }
        Trigger::Booleans => Json(map(results, |_, value| match value {
            Value::String(word) if word != "not_available" => json!(word == "true"),
            Value::Number(score) => json!(score.to_string()),
            other => other,
        }))
        .into_response(),
        Trigger::UnknownValue => {
            Json(map(results, |_, value| if value.is_string() { json!("partial") } else { value }))
                .into_response()
        }
        Trigger::NothingAvailable => Json(only_results(results, "not_available")).into_response(),
        Trigger::ScoreOutOfRange => Json(scored(results, &json!(140))).into_response(),
        Trigger::NoCorrelator => ([(CORRELATOR, "")], Json(results)).into_response(),
        Trigger::ListResults => {
            Json(map(results, |_, value| if value.is_string() { json!([value]) } else { value }))
                .into_response()
        }
        Trigger::FloatScores => Json(scored(results, &json!(87.0))).into_response(),
        Trigger::FractionScores => Json(scored(results, &json!(87.5))).into_response(),
        Trigger::ForgetsOne => {
            let forgotten = results.keys().next().cloned().unwrap_or_default();
            Json(
                results
                    .into_iter()
                    .filter(|(key, _)| !key.starts_with(&forgotten))
                    .collect::<Map<_, _>>(),
            )
            .into_response()
        }
        _ => Json(results).into_response(),
    }
}

/// Each result as "false", with this score.
fn scored(results: Map<String, Value>, score: &Value) -> Map<String, Value> {
    let mut wrong = only_results(results, "false");
    let keys: Vec<_> = wrong.keys().map(|key| format!("{key}Score")).collect();
    wrong.extend(keys.into_iter().map(|key| (key, score.clone())));
    wrong
}

fn map(results: Map<String, Value>, change: impl Fn(&str, Value) -> Value) -> Map<String, Value> {
    results
        .into_iter()
        .map(|(key, value)| {
            let changed = change(&key, value);
            (key, changed)
        })
        .collect()
}

/// Without scores, each result as `word`.
fn only_results(results: Map<String, Value>, word: &str) -> Map<String, Value> {
    results
        .into_iter()
        .filter(|(_, value)| value.is_string())
        .map(|(key, _)| (key, json!(word)))
        .collect()
}

/// Announces all of the text, sends half of it, and breaks the connection a little later, so that
/// the half arrives.
fn cut(text: &str) -> Response {
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    let end = stream::once(async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        Err(io::Error::other("cut as asked"))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_LENGTH, text.len().to_string()),
    ];
    (headers, Body::from_stream(stream::iter([Ok(half)]).chain(end))).into_response()
}
