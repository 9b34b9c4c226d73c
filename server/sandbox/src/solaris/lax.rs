//! The bank as less careful implementations build it, under `/solaris/lax`. A client that copes
//! with this one copes with what was seen elsewhere.
//!
//! Here, on the way out: any 2xx for a creation, keys without a value are left out, every document
//! has members that nobody documented, an error is one bare object (about a field) or plain text,
//! and no list tells its pages. Elsewhere: ids without suffix, no path for one identification
//! (`Book::new_id`, `api`), webhooks about a person with a random id, about an identification
//! without empty members, and all of them unsigned until a secret is set (`Book::emit`,
//! `webhooks`).

use axum::{
    Json,
    body::{Body, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::text::hash;

const CREATED: [StatusCode; 4] = [
    StatusCode::OK,
    StatusCode::CREATED,
    StatusCode::ACCEPTED,
    StatusCode::NON_AUTHORITATIVE_INFORMATION,
];
const BODY_MAX: usize = 64 * 1024 * 1024;

/// Middleware around the bank's answers.
pub(super) async fn loosen(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_MAX).await else {
        return broken(head.status);
    };
    let Ok(document) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    if document.get("access_token").is_some() || document.get("error").is_some() {
        return Response::from_parts(head, Body::from(bytes));
    }
    if let Some(errors) = document.get("errors").and_then(Value::as_array) {
        return refusal(head.status, errors);
    }
    for name in ["total", "per-page", "link", "content-length"] {
        head.headers.remove(name);
    }
    if head.status == StatusCode::CREATED {
        let number = hash(0, &document.to_string()) % 4;
        head.status = CREATED[usize::try_from(number).unwrap_or(0)];
    }
    Response::from_parts(head, Body::from(loosened(document, true).to_string()))
}

/// An answer that was cut stays one.
fn broken(status: StatusCode) -> Response {
    let error = futures::stream::once(async {
        Err::<bytes::Bytes, _>(std::io::Error::other("cut on request"))
    });
    (status, Body::from_stream(error)).into_response()
}

fn refusal(status: StatusCode, errors: &[Value]) -> Response {
    let first = errors.first().cloned().unwrap_or_default();
    let mut response = if first.get("source").is_some() {
        let mut bare = first;
        bare["status"] = json!(status.as_u16().to_string());
        (status, Json(bare)).into_response()
    } else {
        (status, first["detail"].as_str().unwrap_or("Error").to_owned()).into_response()
    };
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().extend(HeaderMap::from_iter([(header::RETRY_AFTER, 2.into())]));
    }
    response
}

/// Without empty members and with unknown ones.
fn loosened(value: Value, outermost: bool) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(|item| loosened(item, outermost)).collect(),
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            let mut kept: serde_json::Map<_, _> =
                kept.map(|(name, value)| (name, loosened(value, false))).collect();
            if outermost {
                kept.insert("_links".into(), json!({ "self": { "href": "about:blank" } }));
                kept.insert("x_tenant".into(), json!(7));
            }
            Value::Object(kept)
        }
        value => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_members_go_and_unknown_ones_come() {
        let loose = loosened(json!([{"a": null, "b": {"c": null, "d": 1}}]), true);
        assert_eq!(loose[0]["b"], json!({"d": 1}));
        assert!(loose[0].get("a").is_none() && loose[0]["x_tenant"] == 7);
    }
}
