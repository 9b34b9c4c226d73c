//! The part of `/control` that is about the Danish registers.

use axum::{Json, Router, extract::State, routing::get};
use serde_json::{Value, json};

use crate::{
    world::Shared,
    zignsec::{NUMBERS, Service},
};

pub(super) fn routes() -> Router<Shared> {
    Router::new().route("/zignsec", get(calls))
}

/// `GET /control/zignsec`: `calls` has service, CPR number and how often a well-formed request
/// asked about it (two mean sent twice), `mock_calls` the statuses given at random, `numbers` the
/// well-known numbers.
async fn calls(State(world): State<Shared>) -> Json<Value> {
    let call = |(service, number, calls): (Service, &str, u32)| json!({ "service": service.word(), "number": number, "calls": calls });
    let numbers: Vec<_> =
        NUMBERS.iter().map(|(_, number, does)| json!({ "number": number, "does": does })).collect();
    let book = world.zignsec();
    let calls: Vec<_> = book.calls().map(call).collect();
    Json(
        json!({ "provider": "zignsec", "calls": calls, "mock_calls": book.mock_calls(), "numbers": numbers }),
    )
}
