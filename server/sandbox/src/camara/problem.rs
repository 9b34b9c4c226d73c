//! Answers that are no success: `ErrorInfo` `{status, code, message}`, with the texts of each
//! version's examples (`components.responses`).

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::json;

/// The wire versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    V02,
    V04,
}

impl Version {
    /// As in the path.
    pub fn word(self) -> &'static str {
        match self {
            Version::V02 => "v0.2",
            Version::V04 => "v0.4",
        }
    }

    fn pick<T>(self, v02: T, v04: T) -> T {
        match self {
            Version::V02 => v02,
            Version::V04 => v04,
        }
    }
}

/// An answer that is no success.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    message: String,
    retry_after_s: Option<u32>,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), retry_after_s: None }
    }

    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The same in other words.
    pub fn saying(self, message: impl Into<String>) -> Self {
        Self { message: message.into(), ..self }
    }

    /// `what` says which part, without its value.
    pub fn invalid_argument(version: Version, what: &str) -> Self {
        let text = "Client specified an invalid argument, request body or query param";
        let message = version.pick(format!("{text}: {what}"), format!("{text}. ({what})"));
        Self::new(StatusCode::BAD_REQUEST, "INVALID_ARGUMENT", message)
    }

    pub fn invalid_combination() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION",
            "Indicated parameter combination is invalid",
        )
    }

    pub fn unauthenticated(version: Version) -> Self {
        let message = version.pick(
            "Request not authenticated due to missing, invalid, or expired credentials",
            "Request not authenticated due to missing, invalid, or expired credentials. A new authentication is required.",
        );
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
    }

    pub fn permission_denied(version: Version) -> Self {
        let text = "Client does not have sufficient permissions to perform this action";
        Self::new(
            StatusCode::FORBIDDEN,
            "PERMISSION_DENIED",
            version.pick(text.to_owned(), format!("{text}.")),
        )
    }

    /// `prefixed` is the spelling of 0.1, which some operators kept.
    pub fn invalid_token_context(version: Version, prefixed: bool) -> Self {
        let code = if prefixed {
            "KNOW_YOUR_CUSTOMER.INVALID_TOKEN_CONTEXT"
        } else {
            "INVALID_TOKEN_CONTEXT"
        };
        let message = version.pick(
            "Phone number mismatch with access token context",
            "phoneNumber is not consistent with access token.",
        );
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    pub fn document_required() -> Self {
        let message = "The idDocument is required to perform the properties validation";
        Self::new(StatusCode::FORBIDDEN, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED", message)
    }

    pub fn document_mismatch() -> Self {
        let message =
            "The idDocument needs to match the one associated with the provided phoneNumber";
        Self::new(StatusCode::FORBIDDEN, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH", message)
    }

    pub fn not_found(version: Version) -> Self {
        let message =
            version.pick("not_found_contractor/not_found", "The specified resource is not found.");
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    }

    /// A number that nobody has; 0.2 has no code of its own for it.
    pub fn unknown_number(version: Version) -> Self {
        let message = "The phone number provided is not associated with a customer account";
        let v04 = Self::new(StatusCode::NOT_FOUND, "IDENTIFIER_NOT_FOUND", message);
        version.pick(Self::not_found(version), v04)
    }

    /// A line that is not served; 0.2 has no code of its own for it.
    pub fn not_applicable(version: Version) -> Self {
        let message = "The service is not applicable for the provided phone number";
        let v04 = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "SERVICE_NOT_APPLICABLE", message);
        version.pick(Self::not_found(version), v04)
    }

    /// Neither token nor body has a number. 0.2 says: it cannot be deduced from the token.
    pub fn missing_identifier(version: Version, prefixed: bool) -> Self {
        let v04 = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "MISSING_IDENTIFIER",
            "No phone number has been provided",
        );
        version.pick(Self::invalid_token_context(version, prefixed), v04)
    }

    /// Token and body both have a number, which the services beside KYC Match do not take.
    pub fn unnecessary_identifier() -> Self {
        let message = "An explicit phone number has been provided when one is already associated with the access token";
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "UNNECESSARY_IDENTIFIER", message)
    }

    /// `what` says which part and its bounds.
    pub fn out_of_range(what: &str) -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "OUT_OF_RANGE",
            format!("Client specified an invalid range. ({what})"),
        )
    }

    pub fn not_json() -> Self {
        let message = "The server refuses to accept the request because the payload format is in an unsupported format.";
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message)
    }

    pub fn too_many(retry_after_s: u32) -> Self {
        let problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS", "Rate limit reached.");
        Self { retry_after_s: Some(retry_after_s), ..problem }
    }

    pub fn quota(retry_after_s: u32) -> Self {
        let problem =
            Self::new(StatusCode::TOO_MANY_REQUESTS, "QUOTA_EXCEEDED", "Out of resource quota.");
        Self { retry_after_s: Some(retry_after_s), ..problem }
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "Server error")
    }

    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "Service unavailable")
    }

    pub fn timeout() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "TIMEOUT", "Request timeout exceeded. Try later.")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Json(
            json!({ "status": self.status.as_u16(), "code": self.code, "message": self.message }),
        );
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
