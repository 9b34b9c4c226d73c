//! The operator's words, read as they come: answers of the match, tokens, and errors in their
//! several shapes.

use super::endpoint::Explain;
use crate::providers::{
    CallError, Why,
    guard::Exchange,
    json::{int, object, shown, text, word},
};
use domain::number_match::{self, NumberMatch, Row, Version};
use serde_json::Value;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// The answer to a match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatchAnswer {
    /// Members as text. Truth is a text in the specification; a bare `true` means the same, a list
    /// or an object of it does not.
    pub members: BTreeMap<String, String>,
    /// The number of this exchange, which the operator's support can find it by.
    pub correlator: String,
    /// Whether the operator gave the number back, as it must.
    pub is_echoed: bool,
}

impl MatchAnswer {
    pub(super) fn read(body: &[u8], correlator: String, is_echoed: bool) -> Result<Self, String> {
        let value = object(body)?;
        let all = value.as_object().into_iter().flatten();
        let members = all.filter_map(|(key, v)| Some((shown(key), word(v)?))).collect();
        Ok(Self { members, correlator, is_echoed })
    }

    /// Reads an answer that was kept.
    ///
    /// # Errors
    /// Bytes that are not a JSON object.
    pub fn of_body(body: &[u8]) -> Result<Self, String> {
        Self::read(body, String::new(), false)
    }

    /// A row for each attribute that the launch asks about, and for nothing else.
    #[must_use]
    pub fn rows(&self, launch: &NumberMatch, version: Version) -> Vec<Row> {
        let asked: Vec<_> = launch.values.keys().copied().collect();
        number_match::rows(&asked, version, &self.members)
    }
}

/// What an error says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    pub status: u16,
    /// `code` of the API's errors, `error` of OAuth's; empty when there is none.
    pub code: String,
}

impl Said {
    /// Reads `{status, code, message}` and `{error, error_description}`; Telefonica's codes of
    /// token errors are numbers.
    pub(super) fn of(exchange: &Exchange) -> Self {
        Self::read(exchange.status.as_u16(), exchange.shown_body())
    }

    pub(super) fn read(status: u16, body: &[u8]) -> Self {
        let value = object(body).unwrap_or(Value::Null);
        let word =
            |v: &Value| v.as_str().map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned);
        let code = word(&value["error"])
            .or_else(|| word(&value["code"]))
            .or_else(|| int(&value["code"]).map(|n| n.to_string()));
        let code =
            code.unwrap_or_default().chars().filter(|c| c.is_ascii_graphic()).take(100).collect();
        Self { status, code }
    }

    /// The error for whoever carries the check: what may pass by itself stays what it is, the rest
    /// is explained.
    ///
    /// The operator's own message is left out: it may repeat what was sent about the customer.
    pub(super) fn into_error(self, exchange: Exchange, explain: Explain) -> CallError {
        match exchange.settled() {
            Err(
                error @ (CallError::TooMany(_)
                | CallError::QuotaUsedUp(_)
                | CallError::Failed(..)
                | CallError::Unusable(_)),
            ) => error,
            _ => self.refusal(explain),
        }
    }

    pub(super) fn refusal(&self, explain: Explain) -> CallError {
        let explained = explain(self.status, &self.code);
        let named = if self.code.is_empty() { String::new() } else { format!(" ({})", self.code) };
        CallError::Refused(
            self.status,
            Why::ours(format!("{} {}{named}", explained.means, explained.next)),
        )
    }
}

/// A token as it was given.
pub(super) struct Given {
    pub token: Zeroizing<String>,
    /// Seconds; absent when the answer does not say.
    pub expires_in: Option<i64>,
}

/// Reads a token answer; the life may be a number or a text.
pub(super) fn given(body: &[u8]) -> Result<Given, CallError> {
    let unusable = |why: &str| CallError::Unusable(why.to_owned());
    let value = object(body).map_err(CallError::Unusable)?;
    if text(&value["token_type"]).is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        return Err(unusable("its access token is of a kind that we cannot use"));
    }
    let token = value["access_token"]
        .as_str()
        .filter(|t| !t.is_empty())
        .ok_or_else(|| unusable("it has no access token"))?;
    Ok(Given {
        token: Zeroizing::new(token.to_owned()),
        expires_in: int(&value["expires_in"]).filter(|s| *s > 0),
    })
}

/// A permission that is being asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Asked {
    pub auth_req_id: String,
    /// Seconds between two questions; 5 when the answer does not say (OpenID Connect CIBA, 7.3).
    pub interval: u64,
    /// Seconds until the request ends, if the answer says it.
    pub expires_in: Option<u64>,
}

pub(super) fn asked(body: &[u8]) -> Result<Asked, CallError> {
    let value = object(body).map_err(CallError::Unusable)?;
    let seconds =
        |key: &str| int(&value[key]).and_then(|s| u64::try_from(s).ok()).filter(|s| *s > 0);
    let auth_req_id = text(&value["auth_req_id"])
        .ok_or_else(|| CallError::Unusable("it has no auth_req_id".into()))?;
    Ok(Asked {
        auth_req_id,
        interval: seconds("interval").unwrap_or(5),
        expires_in: seconds("expires_in"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::fuzz::{bent, said};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn the_life_of_a_token_is_a_number_or_a_text() {
        for (life, seconds) in [
            ("3600", Some(3_600)),
            ("\"3600\"", Some(3_600)),
            ("0", None),
            ("-5", None),
            ("null", None),
            ("\"soon\"", None),
        ] {
            let body =
                format!(r#"{{"access_token":"t","token_type":"Bearer","expires_in":{life}}}"#);
            assert_eq!(given(body.as_bytes()).expect("a token").expires_in, seconds, "{life}");
        }
        for bad in [
            "{}",
            r#"{"access_token":""}"#,
            r#"{"access_token":7}"#,
            r#"{"access_token":"t","token_type":"mac"}"#,
            "<html>",
        ] {
            assert!(given(bad.as_bytes()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_missing_interval_is_five_seconds() {
        let read = |body: &str| asked(body.as_bytes()).expect("a request");
        assert_eq!(
            read(r#"{"auth_req_id":"a","expires_in":300,"interval":2}"#),
            Asked { auth_req_id: "a".into(), interval: 2, expires_in: Some(300) }
        );
        for body in [
            r#"{"auth_req_id":"a"}"#,
            r#"{"auth_req_id":"a","interval":0}"#,
            r#"{"auth_req_id":"a","interval":-1}"#,
        ] {
            assert_eq!(
                read(body),
                Asked { auth_req_id: "a".into(), interval: 5, expires_in: None }
            );
        }
        assert!(asked(b"{}").is_err());
    }

    #[test]
    fn errors_are_read_in_both_shapes() {
        let code = |body: &str| Said::read(400, body.as_bytes()).code;
        assert_eq!(code(r#"{"error":"invalid_scope","error_description":"no"}"#), "invalid_scope");
        assert_eq!(code(r#"{"code":400,"message":"no"}"#), "400");
        assert_eq!(
            code(r#"{"status":403,"code":"INVALID_TOKEN_CONTEXT","message":"no"}"#),
            "INVALID_TOKEN_CONTEXT"
        );
        for none in ["", "<html>", "{}", "[]", r#"{"error":{}}"#] {
            assert_eq!(code(none), "");
        }
    }

    #[test]
    fn a_refusal_is_explained_and_says_nothing_of_the_customer() {
        let body = br#"{"status":403,"code":"KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH","message":"66666666q differs for +34629255833"}"#;
        let sentence =
            Said::read(403, body).refusal(number_match::explain).sentence("The operator");
        assert!(
            sentence.contains("ID_DOCUMENT_MISMATCH") && sentence.contains("document number"),
            "{sentence}"
        );
        assert!(!sentence.contains("66666666q") && !sentence.contains("629255833"), "{sentence}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (given(&bytes), asked(&bytes), Said::read(400, &bytes), MatchAnswer::read(&bytes, String::new(), true));
        }

        #[test]
        fn s_52_no_bent_answer_is_a_token_that_it_does_not_give(bytes in bent(json!({ "access_token": "t", "token_type": "Bearer", "expires_in": 3600 }))) {
            let Ok(read) = given(&bytes) else { return Ok(()) };
            let v = said(&bytes).expect("read");
            prop_assert_eq!(v["access_token"].as_str(), Some(read.token.as_str()));
            prop_assert!(!read.token.is_empty() && read.expires_in.is_none_or(|life| life > 0));
            prop_assert!(v["token_type"].is_null() || v["token_type"].to_string().trim().is_empty() || v["token_type"].to_string().to_lowercase().contains("bearer") || text(&v["token_type"]).is_none());
        }

        #[test]
        fn s_52_no_bent_permission_is_asked_about_without_pause(bytes in bent(json!({ "auth_req_id": "r", "expires_in": 300, "interval": 2 }))) {
            if let Ok(read) = asked(&bytes) {
                prop_assert!(read.interval > 0 && !read.auth_req_id.trim().is_empty());
            }
        }

        #[test]
        fn s_52_no_bent_error_is_more_than_a_code(status in 400_u16..600, bytes in bent(json!({ "status": 403, "code": "X", "error": "y", "message": "+34629255833" }))) {
            let words = Said::read(status, &bytes).refusal(number_match::explain).sentence("The operator");
            prop_assert!(!words.contains("629255833") && words.chars().count() < 700 && !words.contains(|c: char| c.is_control()), "{}", words);
        }
    }
}
