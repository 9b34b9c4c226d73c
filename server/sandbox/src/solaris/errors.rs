//! Answers that are no success: `{"errors": [{id, status, code, title, detail, source?}]}`, several
//! entries at once where several fields are wrong.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde_json::{Value, json};

use crate::text::unguessable;

/// One entry of the list.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problem {
    pub code: &'static str,
    pub detail: String,
    /// Field and message, for what is wrong with one field.
    pub source: Option<(String, String)>,
}

impl Problem {
    /// `invalid_model`: the field's value is not acceptable.
    pub fn invalid(field: &str, message: &str) -> Problem {
        Problem::of_field("invalid_model", field, message)
    }

    pub fn of_field(code: &'static str, field: &str, message: &str) -> Problem {
        Problem {
            code,
            detail: format!("{field} {message}"),
            source: Some((field.into(), message.into())),
        }
    }
}

/// A refusal with at least one entry.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Problems {
    status: StatusCode,
    list: Vec<Problem>,
}

impl Problems {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, list: vec![Problem { code, detail: detail.into(), source: None }] }
    }

    /// 400 with all of them; `Ok` when there are none.
    pub fn any(list: Vec<Problem>) -> Result<(), Problems> {
        if list.is_empty() { Ok(()) } else { Err(Self { status: StatusCode::BAD_REQUEST, list }) }
    }

    /// 400 `invalid_model` about one field.
    pub fn invalid(field: &str, message: &str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, list: vec![Problem::invalid(field, message)] }
    }

    pub fn bad(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 404 as the provider words it.
    pub fn not_found(model: &str, id: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "model_not_found",
            format!("Couldn't find 'Solaris::{model}' for id '{id}'."),
        )
    }

    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, detail)
    }

    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "generic_error", "Something went wrong.")
    }
}

impl IntoResponse for Problems {
    fn into_response(self) -> Response {
        let status = self.status.as_u16();
        let entries: Vec<Value> = self.list.iter().map(|problem| entry(status, problem)).collect();
        let mut response = (self.status, Json(json!({ "errors": entries }))).into_response();
        if self.status == StatusCode::TOO_MANY_REQUESTS {
            response.headers_mut().insert(header::RETRY_AFTER, 2.into());
        }
        response
    }
}

fn entry(status: u16, problem: &Problem) -> Value {
    let mut entry = json!({
        "id": error_id(problem),
        "status": status,
        "code": problem.code,
        "title": title(problem.code),
        "detail": problem.detail,
    });
    if let Some((field, message)) = &problem.source {
        entry["source"] = json!({ "field": field, "message": message });
    }
    entry
}

/// Both published shapes: a UUID for what a field is blamed for, else 32 hex digits and `ex`.
fn error_id(problem: &Problem) -> String {
    let hex = unguessable();
    if problem.source.is_none() {
        return hex + "ex";
    }
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

/// `invalid_model` is "Invalid Model".
fn title(code: &str) -> String {
    let words = code.split('_').map(|word| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_uppercase() + rest
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_which_field_is_wrong() {
        let shown = entry(400, &Problem::invalid("country", "is not allowed"));
        assert_eq!(
            (&shown["code"], &shown["title"], &shown["status"]),
            (&json!("invalid_model"), &json!("Invalid Model"), &json!(400))
        );
        assert_eq!(
            (&shown["detail"], &shown["source"]["field"]),
            (&json!("country is not allowed"), &json!("country"))
        );
        assert_eq!(shown["id"].as_str().unwrap().len(), 36);
        let shown = entry(404, &Problems::not_found("Person", "x").list[0]);
        assert!(shown["id"].as_str().unwrap().ends_with("ex") && shown.get("source").is_none());
    }

    #[test]
    fn no_problem_is_no_refusal() {
        assert_eq!(Problems::any(Vec::new()), Ok(()));
        assert!(Problems::any(vec![Problem::invalid("a", "b")]).is_err());
    }
}
