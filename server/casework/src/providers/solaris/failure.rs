//! What goes wrong at Solaris, sorted by what may be done next, with the fields that are to blame.
//!
//! Errors come as `{"errors": [{id, status, code, title, detail, source: {field, message}}]}`, as
//! one bare object whose status may be a text, or as plain text. The HTTP status counts; what the
//! body says explains it.

use super::NAME;
use crate::providers::{
    CallError, Why,
    guard::Exchange,
    json::{self, shown, text},
};
use domain::{
    fields::one_line,
    video::{Complaint, without_references},
};
use serde_json::Value;

/// A call that failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub error: CallError,
    /// What the answer says of it, in its order; fields and codes are those of the provider.
    pub complaints: Vec<Complaint>,
}

/// More than anybody reads.
const COMPLAINTS_MAX: usize = 50;
/// The longest text that is kept of one, in characters.
const DETAIL_MAX: usize = 300;

impl From<CallError> for Failure {
    fn from(error: CallError) -> Self {
        Self { error, complaints: Vec::new() }
    }
}

impl From<Failure> for CallError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl std::error::Error for Failure {}

impl Failure {
    pub(super) fn unusable(why: impl Into<String>) -> Self {
        CallError::Unusable(why.into()).into()
    }

    /// Sorts an answer that is no success.
    pub(super) fn of(exchange: Exchange) -> Self {
        let status = exchange.status.as_u16();
        let complaints = complaints(exchange.shown_body());
        let error = match exchange.settled() {
            Err(
                error @ (CallError::TooMany(_)
                | CallError::QuotaUsedUp(_)
                | CallError::Failed(..)
                | CallError::Unusable(_)
                | CallError::NotFound),
            ) => error,
            // Another value of the same name exists: who sends it reads what is there.
            Err(CallError::Conflict) if complaints.is_empty() => CallError::Conflict,
            // 403 is about what was asked, or about what our account may do, unless it says
            // nothing.
            Err(error @ CallError::Credentials(_)) if status == 401 || complaints.is_empty() => {
                error
            }
            Err(error @ CallError::OutOfPoints) => error,
            _ => CallError::Refused(status, sentence(status, &complaints)),
        };
        Self { error, complaints }
    }

    /// Whether an entry has this code, for example `authorization_required` or `record_not_unique`.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.complaints.iter().any(|c| c.code == code)
    }

    /// Whether what was sent is to blame: then its form shows [`Failure::complaints`] beside the
    /// fields.
    #[must_use]
    pub fn is_about_values(&self) -> bool {
        matches!(self.error, CallError::Refused(400 | 422, _))
            && self.complaints.iter().any(Complaint::is_about_values)
    }
}

/// Reads an error body in any of its shapes; nothing for an empty one.
pub(super) fn complaints(body: &[u8]) -> Vec<Complaint> {
    let found: Vec<Complaint> = match json::value(body) {
        Ok(Value::Object(members)) => {
            match members.get("errors").or_else(|| members.get("error").filter(|e| e.is_object())) {
                Some(Value::Array(all)) => {
                    all.iter().take(COMPLAINTS_MAX).filter_map(complaint).collect()
                }
                Some(one) => complaint(one).into_iter().collect(),
                None => complaint(&Value::Object(members)).into_iter().collect(),
            }
        }
        Ok(Value::Array(all)) => all.iter().take(COMPLAINTS_MAX).filter_map(complaint).collect(),
        Ok(Value::String(plain)) => plain_text(&plain).into_iter().collect(),
        Ok(_) => Vec::new(),
        Err(_) => plain_text(&String::from_utf8_lossy(&body[..body.len().min(2_000)]))
            .into_iter()
            .collect(),
    };
    found.into_iter().filter(|c| *c != Complaint::default()).collect()
}

fn complaint(value: &Value) -> Option<Complaint> {
    if let Some(plain) = value.as_str() {
        return plain_text(plain);
    }
    let members = value.as_object()?;
    let of =
        |key: &str| members.get(key).filter(|v| !v.is_object() && !v.is_array()).and_then(text);
    let source = members.get("source").unwrap_or(&Value::Null);
    let field = text(&source["field"]).or_else(|| text(&source["pointer"])).or_else(|| of("field"));
    // OAuth has `error` and `error_description`.
    let code = of("code").or_else(|| of("error")).unwrap_or_default();
    let own = text(&source["message"]).or_else(|| of("detail")).or_else(|| of("message"));
    let detail =
        own.or_else(|| of("error_description")).or_else(|| of("title")).unwrap_or_default();
    Some(Complaint { code: short(&code), detail: short(&detail), field: field.map(|f| short(&f)) })
}

/// Pages of proxies in front of the provider say nothing that a person should read.
fn plain_text(plain: &str) -> Option<Complaint> {
    let said = short(plain);
    (!said.is_empty() && !said.starts_with('<'))
        .then(|| Complaint { detail: said, ..Complaint::default() })
}

fn short(said: &str) -> String {
    without_references(&one_line(&shown(said)))
        .chars()
        .filter(|c| !c.is_control())
        .take(DETAIL_MAX)
        .collect()
}

/// What we say of codes that need more than the provider's own words.
fn explanation(complaints: &[Complaint]) -> Option<&'static str> {
    complaints.iter().find_map(|complaint| {
        Some(match complaint.code.as_str() {
            "authorization_required" => {
                "The customer has to authorise this by a change request at Solaris, since another value is there already."
            }
            "unauthorized_partner" => {
                "Our partner account at Solaris is not allowed to use this, or it is somebody else's. An admin has to ask Solaris to enable it; the credential itself was taken."
            }
            "unauthorized_action" => "Our account may not do this. Some fields are changed by Solaris's customer support only.",
            "invalid_tan" => "The code that the customer gave is wrong.",
            "record_not_unique" => "This exists at Solaris already. Read it there instead of sending it again.",
            "mobile_number_exists" => "Another person at Solaris has this mobile number.",
            "invalid_webhook_url" => {
                "Solaris could not reach our address for webhooks: it must answer from the internet. An admin has to check the public address."
            }
            "unsafe_webhook_url" => "Solaris takes only https addresses for webhooks. An admin has to check the public address.",
            "invalid_scope" | "unsupported_grant_type" | "invalid_request" => {
                "Solaris did not take the way in which we ask for a token. An admin has to compare the token address with Solaris's."
            }
            "not_implemented_error" => "Solaris does not offer this.",
            _ => return None,
        })
    })
}

fn sentence(status: u16, complaints: &[Complaint]) -> Why {
    let words = complaints.iter().take(4).map(|c| match (&c.field, c.detail.as_str()) {
        (None, detail) => {
            if detail.is_empty() {
                c.code.clone()
            } else {
                detail.to_owned()
            }
        }
        (Some(field), detail) if detail.contains(field.as_str()) => detail.to_owned(),
        (Some(field), detail) => format!("{field} {detail}"),
    });
    let said = words.filter(|w| !w.is_empty()).collect::<Vec<_>>().join("; ");
    match (explanation(complaints), status) {
        (Some(explained), _) => Why::explained(explained, &said),
        (None, 410) if said.is_empty() => Why::ours(format!("{NAME} says that this is gone.")),
        (None, _) => said.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COUNTRY: &str = r#"{"id":"24b0e02a","status":400,"code":"invalid_model","title":"Invalid Model","detail":"country is not allowed","source":{"field":"country","message":"is not allowed"}}"#;

    #[test]
    fn errors_are_read_in_all_their_shapes() {
        let one = Complaint {
            code: "invalid_model".into(),
            detail: "is not allowed".into(),
            field: Some("country".into()),
        };
        for body in [
            format!(r#"{{"errors":[{COUNTRY}]}}"#),
            COUNTRY.replace("400", "\"400\""),
            format!("[{COUNTRY}]"),
            format!(r#"{{"errors":{COUNTRY}}}"#),
            format!(r#"{{"error":{COUNTRY}}}"#),
        ] {
            assert_eq!(complaints(body.as_bytes()), std::slice::from_ref(&one), "{body}");
        }
        let two = format!(
            r#"{{"errors":[{COUNTRY},{{"code":"type_error","detail":"first_name must be a text"}},7]}}"#
        );
        assert_eq!(complaints(two.as_bytes()).len(), 2);
        for plain in [
            "No such person\n",
            "\"No such person\"",
            r#"{"message":"No such person"}"#,
            r#"{"errors":["No such person"]}"#,
        ] {
            assert_eq!(
                complaints(plain.as_bytes()),
                [Complaint { detail: "No such person".into(), ..Complaint::default() }],
                "{plain}"
            );
        }
        let oauth = complaints(br#"{"error":"invalid_client","error_description":"no"}"#);
        assert_eq!((oauth[0].code.as_str(), oauth[0].detail.as_str()), ("invalid_client", "no"));
        for nothing in
            ["", "null", "7", "{}", "[]", r#"{"errors":[]}"#, "<html><h1>Bad Gateway</h1></html>"]
        {
            assert_eq!(complaints(nothing.as_bytes()), [], "{nothing}");
        }
    }

    #[test]
    fn sentences_name_the_field_once() {
        let of = |body: &str| sentence(400, &complaints(body.as_bytes()));
        assert_eq!(&*of(COUNTRY), "country is not allowed");
        let named = Complaint {
            field: Some("country".into()),
            detail: "country is wrong".into(),
            ..Complaint::default()
        };
        assert_eq!(&*sentence(400, &[named]), "country is wrong");
        assert!(of(r#"{"code":"authorization_required","detail":"x"}"#).contains("change request"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300), text in "\\PC{0,80}") {
            let _ = sentence(400, &complaints(&bytes));
            let _ = complaints(format!(r#"{{"errors":[{{"detail":{}}}]}}"#, serde_json::json!(text)).as_bytes());
        }
    }
}
