//! Answers that go wrong because a last name asks for it.

use axum::{
    Json,
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use futures::stream;
use http::{StatusCode, header};
use serde_json::Value;

use super::{
    call::Call,
    errors::Problems,
    triggers::{Fault, Stage, fault_at},
};

/// What to do with the answer once the work is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Afterwards {
    Answer,
    Hang,
    Cut,
}

/// Before anything takes effect. `key` is what the tries are counted for.
///
/// # Errors
/// The failures that leave nothing behind.
pub(super) async fn before(
    call: &Call,
    stage: Stage,
    last_name: &str,
    key: &str,
) -> Result<Afterwards, Problems> {
    let Some(fault) = fault_at(stage, last_name) else { return Ok(Afterwards::Answer) };
    let tries = call.change(|book, _| book.count(&format!("{stage:?} {key}")));
    match (fault, tries) {
        (Fault::Error500, 1..=2) => Err(Problems::internal()),
        (Fault::TooMany429, 1) => Err(Problems::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "Too many requests.",
        )),
        (Fault::Forbidden403, _) => Err(Problems::forbidden(
            "unauthorized_partner",
            "This partner may not use this product.",
        )),
        (Fault::Quota429, 1..=2) => Err(Problems::new(
            StatusCode::TOO_MANY_REQUESTS,
            "QUOTA_EXCEEDED",
            "The quota is used up.",
        )),
        (Fault::Unavailable503, 1..=2) => Err(Problems::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "service_unavailable",
            "Not available.",
        )),
        (Fault::Gateway504, 1..=2) => Err(Problems::new(
            StatusCode::GATEWAY_TIMEOUT,
            "gateway_timeout",
            "The upstream did not answer.",
        )),
        (Fault::TimeoutLost, 1) => Err(hang(call).await),
        (Fault::TimeoutApplied, 1) => Ok(Afterwards::Hang),
        (Fault::Cut, 1) => Ok(Afterwards::Cut),
        _ => Ok(Afterwards::Answer),
    }
}

/// The answer as it leaves.
pub(super) async fn answer(
    call: &Call,
    afterwards: Afterwards,
    status: StatusCode,
    body: &Value,
) -> Result<Response, Problems> {
    match afterwards {
        Afterwards::Answer => Ok((status, Json(body)).into_response()),
        Afterwards::Hang => Err(hang(call).await),
        Afterwards::Cut => {
            Ok((status, [(header::CONTENT_TYPE, "application/json")], cut(body)).into_response())
        }
    }
}

/// Half of the body, then the connection breaks.
fn cut(body: &Value) -> Body {
    let text = body.to_string();
    let half = Bytes::copy_from_slice(&text.as_bytes()[..text.len() / 2]);
    // Some time between the two, so that the first half arrives.
    let parts = stream::unfold(0, move |part| {
        let half = half.clone();
        async move {
            match part {
                0 => Some((Ok(half), 1)),
                1 => {
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    Some((Err(std::io::Error::other("cut on request")), 2))
                }
                _ => None,
            }
        }
    });
    Body::from_stream(parts)
}

async fn hang(call: &Call) -> Problems {
    call.world.sleep(call.world.options.hang_ms).await;
    Problems::new(
        StatusCode::GATEWAY_TIMEOUT,
        "gateway_timeout",
        "The upstream did not answer in time.",
    )
}
