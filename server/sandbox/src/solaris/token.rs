//! Access tokens: client credentials in, a bearer token of one hour out.

use axum::{
    Json,
    body::Bytes,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::json;

use super::{CLIENT, errors::Problems};
use crate::{
    basic::{ODD_CLIENT, pair},
    text::{now_ms, unguessable},
    world::Shared,
};

/// `POST /oauth2/token`: HTTP Basic and a form with `grant_type` and, optionally, `scope`. Refusals
/// have the shape of OAuth: 401 `invalid_client`; 400 `invalid_request`, `unsupported_grant_type`,
/// `invalid_scope`.
pub(super) async fn issue(
    State(world): State<Shared>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    if !is_form(&headers) {
        return refused(
            StatusCode::BAD_REQUEST,
            "invalid_request",
            "The content type must be application/x-www-form-urlencoded.",
        );
    }
    if !is_client(&headers) {
        let mut response =
            refused(StatusCode::UNAUTHORIZED, "invalid_client", "Client authentication failed.");
        response.headers_mut().insert(
            header::WWW_AUTHENTICATE,
            header::HeaderValue::from_static("Basic realm=\"solaris\""),
        );
        return response;
    }
    let form: Vec<(String, String)> =
        reqwest::Url::parse(&format!("form:?{}", String::from_utf8_lossy(&body)))
            .map(|url| url.query_pairs().into_owned().collect())
            .unwrap_or_default();
    let value =
        |name: &str| form.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    match (value("grant_type"), value("scope")) {
        (None, _) => refused(StatusCode::BAD_REQUEST, "invalid_request", "grant_type is missing."),
        (Some("client_credentials"), None | Some("partners")) => granted(&world),
        (Some("client_credentials"), Some(_)) => {
            refused(StatusCode::BAD_REQUEST, "invalid_scope", "The only scope is partners.")
        }
        (Some(_), _) => refused(
            StatusCode::BAD_REQUEST,
            "unsupported_grant_type",
            "The only grant type is client_credentials.",
        ),
    }
}

fn granted(world: &Shared) -> Response {
    let token = unguessable() + &unguessable();
    let life_ms = world.options.solaris.token_ms;
    let now_ms = now_ms();
    let ends_ms = now_ms.saturating_add(i64::try_from(life_ms).unwrap_or(i64::MAX));
    let mut banks = world.banks();
    banks.tokens.retain(|_, ends_ms| *ends_ms > now_ms);
    banks.tokens.insert(token.clone(), ends_ms);
    drop(banks);
    let body = json!({ "access_token": token, "expires_in": life_ms / 1_000, "scope": "partners", "token_type": "bearer" });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

fn refused(status: StatusCode, error: &str, description: &str) -> Response {
    (status, Json(json!({ "error": error, "error_description": description }))).into_response()
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';')
        .next()
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

fn is_client(headers: &HeaderMap) -> bool {
    let sent = after_scheme(headers, "basic").and_then(pair);
    sent.is_some_and(|(id, secret)| {
        [(CLIENT, CLIENT), ODD_CLIENT].contains(&(id.as_str(), secret.as_str()))
    })
}

fn after_scheme<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let (found, rest) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// Middleware: a token in the header, never in the address, or 401.
pub(super) async fn ask(State(world): State<Shared>, request: Request, next: Next) -> Response {
    let refusal =
        |code, detail| Problems::new(StatusCode::UNAUTHORIZED, code, detail).into_response();
    let Some(token) = after_scheme(request.headers(), "bearer") else {
        return refusal("token_required", "An access token is required.");
    };
    if world.banks().tokens.get(token).is_none_or(|ends_ms| *ends_ms <= now_ms()) {
        return refusal("invalid_token", "The access token is unknown or has expired.");
    }
    next.run(request).await
}
