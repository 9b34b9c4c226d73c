//! What a client may do and what for: `dpv:<purpose>#<scope>` in one word (Telefonica) or
//! `openid dpv:<purpose> <scope>` in several (CAMARA).

use super::Refused;

/// The technical scope of KYC Match since 0.2.
pub(in crate::camara) const MATCH_SCOPE: &str = "kyc-match:match";
/// The technical scopes of the other services, as their contracts have them; the last one opens
/// both operations of SIM Swap.
pub(in crate::camara) const TENURE_SCOPE: &str = "kyc-tenure:check-tenure";
pub(in crate::camara) const AGE_SCOPE: &str = "kyc-age-verification:verify";
pub(in crate::camara) const SWAP_DATE_SCOPE: &str = "sim-swap:retrieve-date";
pub(in crate::camara) const SWAP_CHECK_SCOPE: &str = "sim-swap:check";
pub(in crate::camara) const SWAP_SCOPE: &str = "sim-swap";
/// The tenure as Telefonica writes it, joined to the purpose.
pub(in crate::camara) const TENURE_JOINED: &str = "kyc-tenure";
/// All that open something here.
pub(super) const SERVED: [&str; 7] = [
    MATCH_SCOPE,
    TENURE_SCOPE,
    TENURE_JOINED,
    AGE_SCOPE,
    SWAP_DATE_SCOPE,
    SWAP_CHECK_SCOPE,
    SWAP_SCOPE,
];
/// Those that may be joined to a purpose in one word; the others stand beside it.
const JOINED: [&str; 3] = [MATCH_SCOPE, TENURE_JOINED, SWAP_SCOPE];

/// The second spelling is Orange's.
const PURPOSES: [&str; 3] =
    ["FraudPreventionAndDetection", "FraudDetectionAndPrevention", "RequestedServiceProvision"];
/// Scopes of sibling APIs: granted, but good for nothing here.
const SIBLINGS: [&str; 2] = ["number-verification-verify-read", "device-location-read"];

/// A scope that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// As it was asked for.
    pub text: String,
    pub purpose: Option<String>,
    pub technical: Vec<String>,
}

impl Scope {
    /// What a client gets that asks for none, where that is allowed.
    pub fn usual() -> Scope {
        Scope { text: MATCH_SCOPE.into(), purpose: None, technical: vec![MATCH_SCOPE.into()] }
    }

    /// # Errors
    /// `invalid_scope` for unknown words, for two purposes, and for no technical scope.
    pub fn read(text: &str) -> Result<Scope, Refused> {
        let invalid = |what: &str| Refused::bad("invalid_scope", what);
        let mut scope = Scope { text: text.to_owned(), purpose: None, technical: Vec::new() };
        let mut purposes = 0;
        for word in text.split_ascii_whitespace() {
            let technical = match word.strip_prefix("dpv:") {
                None => Some(word).filter(|word| *word != "openid"),
                Some(rest) => {
                    let (purpose, technical) = rest
                        .split_once('#')
                        .map_or((rest, None), |(purpose, technical)| (purpose, Some(technical)));
                    if !PURPOSES.contains(&purpose) {
                        return Err(invalid("the purpose is not known"));
                    }
                    if technical.is_some_and(|technical| {
                        SERVED.contains(&technical) && !JOINED.contains(&technical)
                    }) {
                        return Err(invalid("this scope is not joined to its purpose"));
                    }
                    purposes += 1;
                    scope.purpose = Some(format!("dpv:{purpose}"));
                    technical
                }
            };
            match technical {
                Some(technical) if SERVED.contains(&technical) || SIBLINGS.contains(&technical) => {
                    scope.technical.push(technical.to_owned())
                }
                Some(_) => return Err(invalid("the scope is not known")),
                None => {}
            }
        }
        if purposes > 1 {
            return Err(invalid("there must be one purpose only"));
        }
        if scope.technical.is_empty() {
            return Err(invalid("there is no technical scope"));
        }
        Ok(scope)
    }

    /// As [`Scope::read`], for flows about a customer, which must say what for.
    pub fn read_with_purpose(text: &str) -> Result<Scope, Refused> {
        let scope = Scope::read(text)?;
        if scope.purpose.is_none() {
            return Err(Refused::bad("invalid_scope", "there must be a purpose dpv:..."));
        }
        Ok(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_mean_the_same() {
        for text in [
            "dpv:FraudPreventionAndDetection#kyc-match:match",
            "openid dpv:FraudPreventionAndDetection kyc-match:match",
        ] {
            let scope = Scope::read_with_purpose(text).unwrap();
            assert_eq!(
                (scope.purpose.as_deref(), scope.technical),
                (Some("dpv:FraudPreventionAndDetection"), vec![MATCH_SCOPE.to_owned()])
            );
        }
    }

    #[test]
    fn a_scope_needs_one_known_purpose_and_a_known_technical_part() {
        for text in [
            "",
            "openid",
            "kyc-match:match",
            "dpv:FraudPreventionAndDetection",
            "dpv:Marketing#kyc-match:match",
            "dpv:FraudPreventionAndDetection#sim-swap:check",
            "dpv:FraudPreventionAndDetection#kyc-tenure:check-tenure",
            "dpv:FraudPreventionAndDetection#kyc-age-verification:verify",
            "dpv:FraudPreventionAndDetection#know-your-customer:match",
            "dpv:FraudPreventionAndDetection dpv:RequestedServiceProvision kyc-match:match",
        ] {
            assert_eq!(
                Scope::read_with_purpose(text).unwrap_err().error,
                "invalid_scope",
                "{text}"
            );
        }
        assert!(
            Scope::read("kyc-match:match").is_ok(),
            "a client on its own behalf needs no purpose"
        );
    }
}
