//! Where providers report. The address is the secret, and Solaris signs besides; the body is stored
//! before it is understood.

use crate::guard::{Number, Shared};
use axum::{
    Extension,
    body::Body,
    extract::{RawPathParams, State},
};
use bytes::Bytes;
use casework::{
    connections::Connection,
    inbox::{self, BODY_MAX},
    providers::solaris::Delivery,
    webhooks::{self, Received},
};
use domain::connections::Provider;
use http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use std::time::Duration;

/// How long a report may take to come in.
const BODY_TIME: Duration = Duration::from_secs(30);

/// `POST /callbacks/{provider}/{token}[/{check}]`: 204 once it is durable, 404 for an unknown
/// address, 413 when too large, 401 for a signature that is not good, 408 when it does not come.
/// Never 410 or 422: at Solaris they end a subscription or lose an event.
pub async fn receive(
    State(shared): State<Shared>,
    Extension(number): Extension<Number>,
    params: RawPathParams,
    headers: HeaderMap,
    body: Body,
) -> StatusCode {
    let param = |name: &str| params.iter().find(|(n, _)| *n == name).map(|(_, v)| v.to_owned());
    let connection = match casework::connections::by_callback_token(
        &shared.work,
        &param("token").unwrap_or_default(),
    )
    .await
    {
        Ok(Some(connection)) if Some(&connection.provider) == param("provider").as_ref() => {
            connection
        }
        Ok(_) => return StatusCode::NOT_FOUND,
        Err(error) => {
            tracing::error!(%error, "a callback could not be looked up");
            return StatusCode::SERVICE_UNAVAILABLE;
        }
    };
    let body = match tokio::time::timeout(BODY_TIME, Limited::new(body, BODY_MAX).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(error)) if error.is::<LengthLimitError>() => return StatusCode::PAYLOAD_TOO_LARGE,
        Ok(Err(_)) => return StatusCode::BAD_REQUEST,
        Err(_) => return StatusCode::REQUEST_TIMEOUT,
    };
    if connection.provider == Provider::Solaris.code() {
        return signed(&shared, &number, &connection, &headers, &body).await;
    }
    let check = param("check").filter(|c| c.len() <= 64);
    match inbox::receive(&shared.work, &connection, check.as_deref(), &body, &number.request_id)
        .await
    {
        Ok(()) => StatusCode::NO_CONTENT,
        Err(error) => unavailable(&error),
    }
}

async fn signed(
    shared: &Shared,
    number: &Number,
    connection: &Connection,
    headers: &HeaderMap,
    body: &Bytes,
) -> StatusCode {
    let delivery = Delivery::read(|name| headers.get(name).and_then(|value| value.to_str().ok()));
    match webhooks::receive(&shared.work, connection, &delivery, body, &number.request_id).await {
        Ok(Received::Probe | Received::Kept) => StatusCode::NO_CONTENT,
        Ok(Received::Refused(_)) => StatusCode::UNAUTHORIZED,
        Err(error) => unavailable(&error),
    }
}

/// Not stored, so not acknowledged: the provider sends it again.
fn unavailable(error: &casework::Error) -> StatusCode {
    tracing::error!(%error, "a callback could not be stored");
    StatusCode::SERVICE_UNAVAILABLE
}
