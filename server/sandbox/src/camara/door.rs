//! What every operation of the API asks of a request before it reads it, and what every answer
//! carries.

use axum::{body::Bytes, extract::rejection::BytesRejection, response::Response};
use http::{HeaderMap, HeaderValue, header};

use crate::world::Shared;

use super::{
    MOCK_TOKEN, Operator,
    oauth::Token,
    problem::{Problem, Version},
};

pub(super) const CORRELATOR: &str = "x-correlator";

/// Anything in 0.2 of KYC Match; `^[a-zA-Z0-9-_:;.\/<>{}]{0,256}$` in 0.4 and in the other
/// services.
fn is_correlator(version: Version, value: &HeaderValue) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:;./<>{}".contains(byte);
    version == Version::V02 || (value.len() <= 256 && value.as_bytes().iter().all(allowed))
}

/// The request's correlator, unless the answer has one already.
pub(super) fn carry_correlator(response: &mut Response, version: Version, headers: &HeaderMap) {
    let correlator = headers.get(CORRELATOR).filter(|value| is_correlator(version, value));
    if let Some(correlator) = correlator {
        response.headers_mut().entry(CORRELATOR).or_insert_with(|| correlator.clone());
    }
    // An empty one stands for an answer without any.
    if response.headers().get(CORRELATOR).is_some_and(HeaderValue::is_empty) {
        response.headers_mut().remove(CORRELATOR);
    }
}

/// The token and its text, when it opens this operator.
pub(super) fn bearer(
    world: &Shared,
    operator: &Operator,
    headers: &HeaderMap,
) -> Option<(String, Token)> {
    let (scheme, text) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let text = text.trim();
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = if text == MOCK_TOKEN {
        Token::published(operator)
    } else {
        world.camara().book().token(operator, text)?
    };
    Some((text.to_owned(), token))
}

/// A body that says it is JSON.
///
/// # Errors
/// 400 for a correlator or a body that cannot be read, 415 for another type.
pub(super) fn json(
    version: Version,
    headers: &HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Bytes, Problem> {
    if headers.get(CORRELATOR).is_some_and(|value| !is_correlator(version, value)) {
        return Err(Problem::invalid_argument(
            version,
            "x-correlator has signs that it must not have, or too many",
        ));
    }
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    let body = body.map_err(|_| Problem::invalid_argument(version, "the body cannot be read"))?;
    if !body.is_empty() && !kind.eq_ignore_ascii_case("application/json") {
        return Err(Problem::not_json());
    }
    Ok(body)
}
