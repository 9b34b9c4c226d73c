//! What operators can be asked: where a question goes, which permission its token needs, and what a refusal of it means.
//!
//! Sources: the contracts of the services. A connection has one scope, written for the number match; a sibling's is that one
//! with another permission in the place of its own, since purpose and way of writing are the operator's and not the service's.

use super::token::Account;
use domain::operators::Explained;
use std::borrow::Cow;

/// What an error means, by its HTTP status and its code.
pub(super) type Explain = fn(u16, &str) -> Explained;

/// One operation of a service.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// Below the API's root.
    pub(super) path: [&'static str; 3],
    /// The permission as its contract names it; none takes the connection's scope as it stands.
    pub(super) permission: Option<&'static str>,
    /// What its refusals mean, and those of its tokens.
    pub(super) explain: Explain,
}

impl Account {
    /// The scope of a token for this endpoint.
    pub(super) fn scope_of(&self, endpoint: &Endpoint) -> Cow<'_, str> {
        match endpoint.permission {
            None => Cow::Borrowed(&self.scope),
            Some(permission) => Cow::Owned(with(&self.scope, permission)),
        }
    }
}

/// A scope with another permission: `dpv:<purpose>#<permission>` in one word (Telefonica), or the words of the profile
/// (`openid dpv:<purpose> <permission>`), or the permission alone where nothing else stands in it.
fn with(scope: &str, permission: &str) -> String {
    let (mut words, mut is_joined) = (Vec::new(), false);
    for word in scope.split_ascii_whitespace() {
        match word.split_once('#') {
            Some(_) if is_joined => {}
            Some((purpose, _)) => {
                is_joined = true;
                words.push(format!("{purpose}#{permission}"));
            }
            None if word == "openid" || word.starts_with("dpv:") => words.push(word.to_owned()),
            // The permission of the number match.
            None => {}
        }
    }
    if !is_joined {
        words.push(permission.to_owned());
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{
        super::{SCOPE_PROFILE, SCOPE_TELEFONICA},
        *,
    };

    #[test]
    fn a_siblings_scope_keeps_the_purpose_and_the_operators_way_of_writing() {
        for (scope, sibling) in [
            (SCOPE_TELEFONICA, "dpv:FraudPreventionAndDetection#sim-swap:check"),
            (SCOPE_PROFILE, "openid dpv:FraudPreventionAndDetection sim-swap:check"),
            ("openid dpv:FraudDetectionAndPrevention know-your-customer:match", "openid dpv:FraudDetectionAndPrevention sim-swap:check"),
            ("dpv:X#kyc-match:match dpv:X#kyc-match", "dpv:X#sim-swap:check"),
            ("kyc-match:match", "sim-swap:check"),
            ("", "sim-swap:check"),
        ] {
            assert_eq!(with(scope, "sim-swap:check"), sibling, "{scope}");
        }
    }
}
