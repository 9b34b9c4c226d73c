//! An answer of `/control` that is no success; KryptoGO's errors have the same form.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::json;

/// An answer that is no success: `{"code": <status>, "message": "..."}`.
pub(crate) struct Refusal {
    status: StatusCode,
    message: String,
    retry_after_s: Option<u32>,
}

impl Refusal {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after_s: None }
    }

    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 429 with `Retry-After: 2`.
    pub fn too_many() -> Self {
        let refusal = Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests.");
        Self { retry_after_s: Some(2), ..refusal }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = Json(json!({ "code": self.status.as_u16(), "message": self.message }));
        let mut response = (self.status, body).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
