//! Errors that the contracts of operators share, and errors of their tokens, in a reviewer's words,
//! with the next step.
//!
//! Source of the codes: CAMARA Commonalities 0.6 and the CAMARA security profile (CIBA and OAuth).
//! The explanations are ours. What a service means otherwise, it says itself before it asks here.

use super::Explained;

const ADMIN_CREDENTIALS: &str =
    "An admin has to check the connection's client id and its secret or key.";
const ADMIN_SCOPE: &str =
    "An admin has to ask the operator which of its services our account may use.";
const BY_OTHER_MEANS: &str =
    "Check that the number is right; otherwise verify the customer by other means.";
const LATER: &str = "Launch the check again later.";
const REPORT: &str =
    "Report this to an admin: this desk and the operator do not understand each other.";

/// Explains an error by its HTTP status and by the code or `error` in its body; the status alone
/// when the code is unknown.
#[must_use]
pub fn explain(http_status: u16, code: &str) -> Explained {
    let (means, next) =
        of_service(code).or_else(|| of_token(code)).unwrap_or_else(|| of_status(http_status));
    Explained { means, next }
}

fn of_service(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "INVALID_ARGUMENT" => (
            "The operator does not take one of the values in the form it was sent.",
            "Check the values against their formats and launch again.",
        ),
        "OUT_OF_RANGE" => (
            "The operator does not answer this for so large or so small a value.",
            "Ask for less, and ask an admin what the operator allows.",
        ),
        "UNAUTHENTICATED" => (
            "The operator did not accept our access token, not even a fresh one.",
            ADMIN_CREDENTIALS,
        ),
        "AUTHENTICATION_REQUIRED" => (
            "The operator wants the customer to be authenticated anew.",
            "Launch the check again; if it stays so, verify by other means.",
        ),
        "PERMISSION_DENIED" => {
            ("Our account may not ask this operator for this service.", ADMIN_SCOPE)
        }
        "INVALID_TOKEN_CONTEXT" => (
            "The access token belongs to another phone number than the one that was asked about.",
            "Check the number and launch again; if it stays so, report it to an admin.",
        ),
        "NOT_FOUND" => (
            "The operator does not know this phone number, or does not offer this service at the connection's address.",
            BY_OTHER_MEANS,
        ),
        "IDENTIFIER_NOT_FOUND" => ("The operator does not know this phone number.", BY_OTHER_MEANS),
        "MISSING_IDENTIFIER" => ("The operator cannot tell which phone number is meant.", REPORT),
        "UNNECESSARY_IDENTIFIER" => (
            "The operator takes the phone number from the access token and wants it nowhere else.",
            REPORT,
        ),
        "UNSUPPORTED_IDENTIFIER" => {
            ("The operator cannot look up a customer by phone number.", REPORT)
        }
        "SERVICE_NOT_APPLICABLE" => (
            "The operator does not offer this service for this phone number, for example for some prepaid or business lines.",
            "Verify the customer by other means.",
        ),
        "QUOTA_EXCEEDED" => (
            "Our quota at the operator is used up.",
            "An admin has to ask the operator for more, or wait for the next period.",
        ),
        "TOO_MANY_REQUESTS" => ("The operator asks us to slow down.", LATER),
        "METHOD_NOT_ALLOWED" | "NOT_ACCEPTABLE" | "UNSUPPORTED_MEDIA_TYPE" | "NOT_IMPLEMENTED" => {
            ("The operator does not offer this service at this address or in this form.", REPORT)
        }
        "CONFLICT" | "ABORTED" | "ALREADY_EXISTS" => {
            ("Another request about this number got in the way.", LATER)
        }
        "GONE" | "FAILED_PRECONDITION" => ("The operator no longer offers what was asked.", REPORT),
        "INTERNAL" => ("The operator has a fault of its own.", LATER),
        "BAD_GATEWAY" | "UNAVAILABLE" => ("The operator's systems are not available.", LATER),
        "TIMEOUT" => ("The operator's systems took too long.", LATER),
        _ => return None,
    })
}

fn of_token(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "invalid_request" | "invalid_request_object" => {
            ("The operator did not take our request for access.", REPORT)
        }
        "unauthorized_client" | "unsupported_grant_type" => (
            "Our account may not ask for access in this way.",
            "An admin has to choose another way of signing in for the connection.",
        ),
        "invalid_client" => (
            "The operator does not accept our client id, or its secret or signature.",
            ADMIN_CREDENTIALS,
        ),
        "invalid_scope" => (
            "The operator does not know this service, or does not grant it to our account for this purpose.",
            ADMIN_SCOPE,
        ),
        "unknown_user_id" => {
            ("No customer of this operator has this phone number.", BY_OTHER_MEANS)
        }
        "access_denied" => (
            "The operator or the customer did not allow the question, for example because consent is missing or was withdrawn.",
            "Ask the customer for consent with their operator, or verify by other means.",
        ),
        "authorization_pending" => (
            "The operator has not allowed the question yet; the customer may have to agree on the phone.",
            LATER,
        ),
        "slow_down" => ("The operator asks us to wait longer between questions.", LATER),
        "expired_token" => (
            "Nobody allowed the question in time.",
            "Launch the check again, and tell the customer to expect a question.",
        ),
        "invalid_grant" => (
            "The operator no longer accepts what it gave us to ask for access with.",
            "Launch the check again; if it stays so, report it to an admin.",
        ),
        "expired_login_hint_token"
        | "missing_user_code"
        | "invalid_user_code"
        | "invalid_binding_message" => {
            ("The operator wants to know more of the customer than we send.", REPORT)
        }
        "server_error" => ("The operator's sign-in has a fault of its own.", LATER),
        "temporarily_unavailable" => ("The operator's sign-in is not available.", LATER),
        _ => return None,
    })
}

fn of_status(http_status: u16) -> (&'static str, &'static str) {
    match http_status {
        400 | 422 => {
            ("The operator did not take what was sent.", "Check the values and launch again.")
        }
        401 => ("The operator did not accept our credentials.", ADMIN_CREDENTIALS),
        403 => ("The operator does not allow this.", ADMIN_SCOPE),
        404 => (
            "The operator does not know this phone number, or does not offer this service at the connection's address.",
            BY_OTHER_MEANS,
        ),
        429 => ("The operator asks us to slow down.", LATER),
        503 => ("The operator's systems are not available.", LATER),
        504 => ("The operator's systems took too long.", LATER),
        500..=599 => ("The operator has a fault of its own.", LATER),
        _ => ("The operator gave an answer that this desk does not know.", REPORT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the contracts of the three services and the profile of their tokens name.
    const CODES: [(u16, &str); 22] = [
        (400, "INVALID_ARGUMENT"),
        (400, "OUT_OF_RANGE"),
        (401, "UNAUTHENTICATED"),
        (403, "PERMISSION_DENIED"),
        (404, "NOT_FOUND"),
        (404, "IDENTIFIER_NOT_FOUND"),
        (422, "SERVICE_NOT_APPLICABLE"),
        (422, "MISSING_IDENTIFIER"),
        (422, "UNNECESSARY_IDENTIFIER"),
        (429, "QUOTA_EXCEEDED"),
        (429, "TOO_MANY_REQUESTS"),
        (400, "invalid_request"),
        (400, "unauthorized_client"),
        (400, "unknown_user_id"),
        (400, "invalid_scope"),
        (401, "invalid_client"),
        (403, "access_denied"),
        (400, "authorization_pending"),
        (400, "slow_down"),
        (400, "expired_token"),
        (400, "invalid_grant"),
        (400, "unsupported_grant_type"),
    ];

    #[test]
    fn every_documented_error_has_words_of_its_own_and_a_next_step() {
        for (status, code) in CODES {
            let explained = explain(status, code);
            assert!(explained.means.ends_with('.') && explained.next.ends_with('.'), "{code}");
            assert!(
                of_service(code).is_some() || of_token(code).is_some(),
                "{code} is explained by its status only"
            );
        }
    }

    #[test]
    fn an_unknown_code_is_explained_by_its_status_and_never_as_a_success() {
        assert_eq!(explain(403, "SOMETHING"), explain(403, ""));
        assert_eq!(explain(500, "SOMETHING"), explain(500, "INTERNAL"));
        assert_eq!(explain(503, "SOMETHING"), explain(503, "UNAVAILABLE"));
        assert!(explain(200, "").means.contains("does not know"));
    }

    #[test]
    fn no_explanation_speaks_of_another_service() {
        for status in [200, 400, 401, 403, 404, 422, 429, 500, 503, 504] {
            for code in CODES.iter().map(|(_, code)| *code).chain([
                "",
                "TIMEOUT",
                "NOT_IMPLEMENTED",
                "GONE",
            ]) {
                let explained = explain(status, code);
                assert!(
                    !explained.means.contains("match") && !explained.means.contains("compar"),
                    "{code}: {}",
                    explained.means
                );
            }
        }
    }
}
