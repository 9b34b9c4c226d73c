//! The tokens that open the API: CIBA in poll mode, client credentials, JWT bearer.
//!
//! Sources: CAMARA Security and Interoperability Profile, OpenID CIBA Core 1.0, RFC 6749, 7521,
//! 7523, and Telefonica's document of `/bc-authorize` and `/token`, which has Basic authentication,
//! joined scopes and errors as `{code, message}`. A token is bound to its operator, number and
//! scope.

mod assertion;
mod backchannel;
mod client;
mod form;
mod scope;
mod tokens;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

pub(crate) use assertion::Key;
pub(super) use backchannel::{Pending, bc_authorize};
pub(super) use scope::{
    AGE_SCOPE, MATCH_SCOPE, SWAP_CHECK_SCOPE, SWAP_DATE_SCOPE, SWAP_SCOPE, TENURE_JOINED,
    TENURE_SCOPE,
};
pub(super) use tokens::{Token, token};

use super::Operator;

/// A token that is not given: `{error, error_description}` as RFC 6749 has it, or `{code,
/// message}`.
#[derive(Debug)]
struct Refused {
    status: StatusCode,
    error: &'static str,
    description: String,
    code_and_message: bool,
}

impl Refused {
    fn new(status: StatusCode, error: &'static str, description: impl Into<String>) -> Self {
        Self { status, error, description: description.into(), code_and_message: false }
    }

    /// 400 with one of the registered errors.
    fn bad(error: &'static str, description: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, description)
    }

    fn invalid_request(description: impl Into<String>) -> Self {
        Self::bad("invalid_request", description)
    }

    fn invalid_client(description: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", description)
    }

    fn with_code_and_message(self) -> Self {
        Self { code_and_message: true, ..self }
    }

    fn answer(self, operator: &Operator) -> Response {
        let body = if self.code_and_message || operator.code_and_message {
            json!({ "code": self.status.as_u16(), "message": format!("{}: {}", self.error, self.description) })
        } else {
            json!({ "error": self.error, "error_description": self.description })
        };
        let mut response =
            (self.status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static("Basic realm=\"camara\""),
            );
        }
        response
    }
}
