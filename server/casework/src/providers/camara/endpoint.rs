//! What operators can be asked: where a question goes, which permission its token needs, and what a
//! refusal of it means.
//!
//! Sources: the contracts of the services. A connection has one scope, written for the number
//! match; a sibling's is that one with another permission in the place of its own, since purpose
//! and way of writing are the operator's and not the service's.

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
    /// The same as an operator writes it that joins it to the purpose in one word; none where it
    /// writes this one in two.
    pub(super) joined: Option<&'static str>,
    /// What its refusals mean, and those of its tokens.
    pub(super) explain: Explain,
}

impl Account {
    /// The scope of a token for this endpoint.
    pub(super) fn scope_of(&self, endpoint: &Endpoint) -> Cow<'_, str> {
        match endpoint.permission {
            None => Cow::Borrowed(&self.scope),
            Some(permission) => Cow::Owned(with(&self.scope, permission, endpoint.joined)),
        }
    }
}

/// A scope with another permission: `dpv:<purpose>#<joined>` in one word (Telefonica, whose words
/// these are), or the words of the profile (`openid dpv:<purpose> <permission>`), or the permission
/// alone where nothing else stands in it. What is no permission, such as `offline_access`, stays.
///
/// Source of the joined words: Telefonica's authorization API, Available API Scopes.
fn with(scope: &str, permission: &str, joined: Option<&str>) -> String {
    let (mut words, mut is_said) = (Vec::new(), false);
    for word in scope.split_ascii_whitespace() {
        match word.split_once('#') {
            Some(_) if is_said => {}
            Some((purpose, _)) => {
                is_said = true;
                words.push(joined.map_or_else(
                    || format!("{purpose} {permission}"),
                    |joined| format!("{purpose}#{joined}"),
                ));
            }
            None if word.starts_with("dpv:") || !word.contains(':') => words.push(word.to_owned()),
            // The permission of the number match.
            None => {}
        }
    }
    if !is_said {
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
            (SCOPE_TELEFONICA, "dpv:FraudPreventionAndDetection#sim-swap"),
            (SCOPE_PROFILE, "openid dpv:FraudPreventionAndDetection sim-swap:check"),
            (
                "openid dpv:FraudDetectionAndPrevention know-your-customer:match",
                "openid dpv:FraudDetectionAndPrevention sim-swap:check",
            ),
            ("dpv:X#kyc-match:match dpv:X#kyc-match", "dpv:X#sim-swap"),
            ("kyc-match:match", "sim-swap:check"),
            (
                "openid offline_access dpv:X kyc-match:match",
                "openid offline_access dpv:X sim-swap:check",
            ),
            ("", "sim-swap:check"),
        ] {
            assert_eq!(with(scope, "sim-swap:check", Some("sim-swap")), sibling, "{scope}");
        }
        let in_two = with(SCOPE_TELEFONICA, "kyc-age-verification:verify", None);
        assert_eq!(
            in_two, "dpv:FraudPreventionAndDetection kyc-age-verification:verify",
            "where the operator joins nothing"
        );
    }
}
