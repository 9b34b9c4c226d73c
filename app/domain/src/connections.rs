//! Providers: who answers at a connection, and what they need to know us by.

use crate::{checks::Kind, choices};

choices! {
    /// Whose interface a connection speaks.
    pub enum Provider {
        Kryptogo = "kryptogo", "KryptoGO";
        Camara = "camara", "Mobile operator (CAMARA)";
        Zignsec = "zignsec", "ZignSec";
        Solaris = "solaris", "Solaris";
    }
}

impl Provider {
    /// Who runs checks of this kind.
    #[must_use]
    pub const fn of(kind: Kind) -> Option<Self> {
        Some(kind.card().provider)
    }

    /// The name in a sentence's middle: "`KryptoGO` answered", "the operator answered".
    #[must_use]
    pub const fn in_sentences(self) -> &'static str {
        match self {
            Self::Kryptogo => "KryptoGO",
            Self::Camara => "the operator",
            Self::Zignsec => "ZignSec",
            Self::Solaris => "Solaris",
        }
    }

    /// The name where a sentence begins.
    #[must_use]
    pub const fn at_the_start(self) -> &'static str {
        match self {
            Self::Kryptogo => "KryptoGO",
            Self::Camara => "The operator",
            Self::Zignsec => "ZignSec",
            Self::Solaris => "Solaris",
        }
    }

    /// What its credential is called.
    #[must_use]
    pub const fn credential(self) -> &'static str {
        match self {
            Self::Kryptogo => "API token",
            Self::Camara => "client secret or private key",
            Self::Zignsec => "access key",
            Self::Solaris => "client secret",
        }
    }

    /// The address in production, as an example.
    #[must_use]
    pub const fn example(self) -> &'static str {
        match self {
            Self::Kryptogo => "https://external-api.kryptogo.com",
            Self::Camara => "https://api.operator.example",
            Self::Zignsec => "https://api.zignsec.com",
            Self::Solaris => "https://api.solarisbank.de",
        }
    }
}

choices! {
    /// How an operator gives access tokens.
    pub enum TokenFlow {
        Ciba = "ciba", "CIBA: permission for each number, then a token (Telefónica, Open Gateway)";
        ClientCredentials = "client_credentials", "Client credentials: one token for all numbers";
        JwtBearer = "jwt_bearer", "JWT bearer: a signed grant for each number";
    }
}

choices! {
    /// How we prove to an operator who we are.
    pub enum ProofKind {
        Secret = "secret", "Client secret (Basic)";
        Key = "key", "Private key (signed assertion)";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_launched_has_a_provider() {
        for kind in Kind::LAUNCHABLE {
            assert!(Provider::of(*kind).is_some(), "{kind}");
        }
    }
}
