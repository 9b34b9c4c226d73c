//! Errors of the match and of its tokens, in a reviewer's words, with the next step.
//!
//! Source of the codes: CAMARA KYC Match 0.1 to 0.5, the CAMARA security profile (CIBA and OAuth),
//! Telefonica Open Gateway. The explanations are ours.

use crate::services::Explained;

const ADMIN_CREDENTIALS: &str =
    "An admin has to check the connection's client id and its secret or key.";
const ADMIN_SCOPE: &str =
    "An admin has to compare the connection's scope with what the operator granted.";
const BY_OTHER_MEANS: &str =
    "Check that the number is right; otherwise verify the customer by other means.";
const LATER: &str = "Launch the check again later.";
const REPORT: &str =
    "Report this to an admin: this desk and the operator do not understand each other.";

/// Explains an error by its HTTP status and by the code or `error` in its body; the status alone
/// when the code is unknown.
#[must_use]
pub fn explain(http_status: u16, code: &str) -> Explained {
    // Telefonica and the oldest version write what newer ones have bare with their name before it,
    // and the other way round.
    let bare = code.strip_prefix("KNOW_YOUR_CUSTOMER.").unwrap_or(code);
    let (means, next) =
        of_match(bare).or_else(|| of_token(bare)).unwrap_or_else(|| of_status(http_status));
    Explained { means, next }
}

fn of_match(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "INVALID_ARGUMENT" => (
            "The operator does not take one of the values in the form it was sent.",
            "Check the values against their formats and launch again.",
        ),
        "INVALID_PARAM_COMBINATION" => (
            "Only the phone number was given, or values that the operator does not take together.",
            "Fill in more to compare and launch again.",
        ),
        "UNAUTHENTICATED" => (
            "The operator did not accept our access token, not even a fresh one.",
            ADMIN_CREDENTIALS,
        ),
        "AUTHENTICATION_REQUIRED" => (
            "The operator wants the customer to be authenticated anew.",
            "Launch the check again; if it stays so, verify by other means.",
        ),
        "PERMISSION_DENIED" => ("Our account may not ask this operator for a match.", ADMIN_SCOPE),
        "INVALID_TOKEN_CONTEXT" => (
            "The access token belongs to another phone number than the one that was asked about.",
            "Check the number and launch again; if it stays so, report it to an admin.",
        ),
        "ID_DOCUMENT_REQUIRED" => (
            "This operator compares nothing without the number of an identity document.",
            "Fill in the document number and launch again.",
        ),
        "ID_DOCUMENT_MISMATCH" => (
            "The document number is not the one that the operator has for this phone number, so it compared nothing else.",
            "Check the document number with the customer. If it is right, the number may be somebody else's: be careful.",
        ),
        "NOT_FOUND" => (
            "The operator does not know this phone number, or the connection's address is wrong.",
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
            "The operator does not offer the match for this phone number, for example for some prepaid or business lines.",
            "Verify the customer by other means.",
        ),
        "QUOTA_EXCEEDED" => (
            "Our quota at the operator is used up.",
            "An admin has to ask the operator for more, or wait for the next period.",
        ),
        "TOO_MANY_REQUESTS" => ("The operator asks us to slow down.", LATER),
        "METHOD_NOT_ALLOWED" | "NOT_ACCEPTABLE" | "UNSUPPORTED_MEDIA_TYPE" | "NOT_IMPLEMENTED" => {
            ("The operator does not offer the match at this address or in this form.", REPORT)
        }
        "CONFLICT" | "ABORTED" | "ALREADY_EXISTS" => {
            ("Another request about this number got in the way.", LATER)
        }
        "GONE" | "FAILED_PRECONDITION" => ("The operator no longer offers what was asked.", REPORT),
        "INTERNAL" => ("The operator has a fault of its own.", LATER),
        "BAD_GATEWAY" | "UNAVAILABLE" => ("The operator's systems are not available.", LATER),
        "TIMEOUT" => (
            "The operator's systems took too long.",
            "Launch the check again, perhaps with fewer values.",
        ),
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
        "invalid_scope" => {
            ("The operator does not know the purpose or scope that we asked for.", ADMIN_SCOPE)
        }
        "unknown_user_id" => {
            ("No customer of this operator has this phone number.", BY_OTHER_MEANS)
        }
        "access_denied" => (
            "The operator or the customer did not allow the comparison, for example because consent is missing or was withdrawn.",
            "Ask the customer for consent with their operator, or verify by other means.",
        ),
        "authorization_pending" => (
            "The operator has not allowed the comparison yet; the customer may have to agree on the phone.",
            LATER,
        ),
        "slow_down" => ("The operator asks us to wait longer between questions.", LATER),
        "expired_token" => (
            "Nobody allowed the comparison in time.",
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
            "The operator does not know this phone number, or the connection's address is wrong.",
            BY_OTHER_MEANS,
        ),
        429 => ("The operator asks us to slow down.", LATER),
        503 => ("The operator's systems are not available.", LATER),
        504 => (
            "The operator's systems took too long.",
            "Launch the check again, perhaps with fewer values.",
        ),
        500..=599 => ("The operator has a fault of its own.", LATER),
        _ => ("The operator gave an answer that this desk does not know.", REPORT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATCH: [(u16, &str); 17] = [
        (400, "INVALID_ARGUMENT"),
        (400, "KNOW_YOUR_CUSTOMER.INVALID_PARAM_COMBINATION"),
        (401, "UNAUTHENTICATED"),
        (401, "AUTHENTICATION_REQUIRED"),
        (403, "PERMISSION_DENIED"),
        (403, "INVALID_TOKEN_CONTEXT"),
        (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_REQUIRED"),
        (403, "KNOW_YOUR_CUSTOMER.ID_DOCUMENT_MISMATCH"),
        (404, "NOT_FOUND"),
        (404, "IDENTIFIER_NOT_FOUND"),
        (422, "MISSING_IDENTIFIER"),
        (422, "SERVICE_NOT_APPLICABLE"),
        (429, "QUOTA_EXCEEDED"),
        (429, "TOO_MANY_REQUESTS"),
        (500, "INTERNAL"),
        (503, "UNAVAILABLE"),
        (504, "TIMEOUT"),
    ];
    const TOKEN: [(u16, &str); 12] = [
        (400, "invalid_request"),
        (400, "unauthorized_client"),
        (400, "unknown_user_id"),
        (400, "invalid_scope"),
        (400, "invalid_request_object"),
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
        for (status, code) in MATCH.into_iter().chain(TOKEN) {
            let explained = explain(status, code);
            assert!(explained.means.ends_with('.') && explained.next.ends_with('.'), "{code}");
            let bare = code.trim_start_matches("KNOW_YOUR_CUSTOMER.");
            assert!(
                of_match(bare).is_some() || of_token(bare).is_some(),
                "{code} is explained by its status only"
            );
        }
    }

    #[test]
    fn both_spellings_mean_the_same() {
        for code in [
            "INVALID_TOKEN_CONTEXT",
            "INVALID_PARAM_COMBINATION",
            "ID_DOCUMENT_REQUIRED",
            "ID_DOCUMENT_MISMATCH",
        ] {
            let prefixed = explain(403, &format!("KNOW_YOUR_CUSTOMER.{code}"));
            assert_eq!(prefixed, explain(403, code));
            assert_ne!(prefixed, explain(403, ""), "{code}");
        }
        assert!(
            explain(403, "KNOW_YOUR_CUSTOMER.INVALID_TOKEN_CONTEXT")
                .means
                .contains("another phone number")
        );
    }

    #[test]
    fn an_unknown_code_is_explained_by_its_status_and_never_as_a_success() {
        assert_eq!(explain(401, "401"), explain(401, ""));
        assert_eq!(explain(500, "SOMETHING"), explain(500, "INTERNAL"));
        assert_eq!(explain(503, "SOMETHING"), explain(503, "UNAVAILABLE"));
        assert!(explain(200, "").means.contains("does not know"));
    }
}
