//! `POST /bc-authorize`: asks for a token about the customer whom `login_hint` names (CIBA, poll
//! mode).

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{OriginalUri, State, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use crate::{
    camara::{Operator, book::Step, in_seconds, is_number, triggers::Trigger},
    text::{now_ms, unguessable},
    world::Shared,
};

use super::{
    Refused,
    client::{self, Client},
    form::Posted,
    scope::Scope,
};

/// Seconds that a request waits to be polled, and between polls, as published.
const EXPIRES_S: i64 = 300;
const INTERVAL_S: i64 = 2;

/// A request for a token that was not answered yet.
#[derive(Clone, Debug)]
pub(in crate::camara) struct Pending {
    pub(super) client: Client,
    pub(super) operator: &'static str,
    pub(super) number: String,
    pub(super) scope: Scope,
    pub(super) expires_ms: i64,
    pub(super) interval_s: i64,
    pub(super) polled_ms: Option<i64>,
    /// Polls that kept the interval.
    pub(super) polls: u32,
}

/// Answers `{auth_req_id, expires_in, interval}`.
pub(in crate::camara) async fn bc_authorize(
    State(world): State<Shared>,
    Extension(operator): Extension<&'static Operator>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let posted = Posted::read(&world.base_url, &uri, &headers, body);
    let answer = match posted {
        Ok(posted) => authorize(&world, operator, &headers, &posted).await,
        Err(refused) => Err(refused),
    };
    answer.unwrap_or_else(|refused| refused.answer(operator))
}

async fn authorize(
    world: &Shared,
    operator: &'static Operator,
    headers: &HeaderMap,
    posted: &Posted,
) -> Result<Response, Refused> {
    let client = client::authenticate(world, headers, posted)?;
    if posted.get("login_hint_token").is_some() || posted.get("id_token_hint").is_some() {
        return Err(Refused::invalid_request("login_hint must be the only hint"));
    }
    let scope = Scope::read_with_purpose(posted.need("scope")?)?;
    client.may(&scope)?;
    let number = hinted(world, posted.need("login_hint")?)?;
    let trigger = Trigger::of(&number);
    if let Some(trigger) = trigger {
        misbehave(world, operator, trigger, &number).await?;
    }
    if !client.mock() && world.camara().register.find(&number).is_none() {
        return Err(Refused::bad("unknown_user_id", "nobody here has this number"));
    }

    let (expires_s, interval_s) = match trigger {
        Some(Trigger::PendingTwice) => (EXPIRES_S, 1),
        Some(Trigger::PendingForever) => (3, 1),
        _ => (EXPIRES_S, INTERVAL_S),
    };
    let id = unguessable();
    let pending = Pending {
        client,
        operator: operator.name,
        number,
        scope,
        expires_ms: in_seconds(expires_s),
        interval_s,
        polled_ms: None,
        polls: 0,
    };
    keep(world, id.clone(), pending);
    let expires_in =
        if operator.expires_in_text { json!(expires_s.to_string()) } else { json!(expires_s) };
    let mut answer = json!({ "auth_req_id": id, "expires_in": expires_in, "interval": interval_s });
    if trigger == Some(Trigger::NoInterval)
        && let Some(members) = answer.as_object_mut()
    {
        members.remove("interval");
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// Requests that ended a while ago are swept; until then a late poll hears `expired_token`.
fn keep(world: &Shared, id: String, pending: Pending) {
    let mut book = world.camara().book();
    let long_ago = now_ms() - 600_000;
    book.pending.retain(|_, pending| pending.expires_ms > long_ago);
    book.pending.insert(id, pending);
}

/// The number of `tel:+...`. Who is behind an address (`ipport:`) is the persona.
fn hinted(world: &Shared, hint: &str) -> Result<String, Refused> {
    match hint.split_once(':') {
        Some(("tel", number)) if is_number(number) => Ok(number.to_owned()),
        Some(("tel", _)) => Err(Refused::invalid_request(
            "login_hint has no number in E.164 form with a plus sign (encoded as %2B)",
        )),
        Some(("ipport", address)) if !address.is_empty() => {
            Ok(world.camara().register.persona().number.clone())
        }
        _ => Err(Refused::invalid_request("login_hint must be tel: or ipport:")),
    }
}

async fn misbehave(
    world: &Shared,
    operator: &Operator,
    trigger: Trigger,
    number: &str,
) -> Result<(), Refused> {
    let tries = world.camara().book().attempt(Step::Authorize, operator, number);
    let denied =
        || Refused::new(StatusCode::FORBIDDEN, "access_denied", "the customer does not allow this");
    match (trigger, tries) {
        (Trigger::Denied, _) => Err(denied()),
        (Trigger::DeniedCodeMessage, _) => Err(denied().with_code_and_message()),
        (Trigger::UnknownUser, _) => {
            Err(Refused::bad("unknown_user_id", "nobody here has this number"))
        }
        (Trigger::Authorize503, 1..=2) => Err(Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            "the authorization server is busy",
        )),
        (Trigger::AuthorizeTimeout, 1) => {
            world.sleep(world.options.hang_ms).await;
            Err(Refused::new(
                StatusCode::GATEWAY_TIMEOUT,
                "temporarily_unavailable",
                "the upstream did not answer in time",
            ))
        }
        _ => Ok(()),
    }
}
