//! How we prove to an operator who we are: a secret, or a signature with our own key.
//!
//! Source: RFC 7515 (compact JWS), RFC 7518 (ES256, RS256), RFC 7523 (client assertions and
//! grants), OpenID Connect Core 9 (`private_key_jwt`). An assertion lives two minutes; the CAMARA
//! security profile allows five.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use domain::Moment;
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value, json};
use zeroize::Zeroizing;

/// Seconds that an assertion is good for.
const ASSERTION_LIFE_S: i64 = 120;

/// What proves who we are.
pub enum Proof {
    /// HTTP Basic with the client id.
    Secret(Zeroizing<String>),
    /// A signed assertion (`private_key_jwt`).
    Key(SigningKey),
}

impl std::fmt::Debug for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if matches!(self, Self::Secret(_)) { "Proof(secret)" } else { "Proof(key)" })
    }
}

/// A private key that signs assertions.
pub struct SigningKey {
    pair: Pair,
    /// The number under which the operator has the public half, if it gave one.
    key_id: Option<String>,
}

enum Pair {
    Es256(Box<EcdsaKeyPair>),
    Rs256(Box<RsaKeyPair>),
}

/// Why a key cannot be used, for the admin who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("Give the private key in PEM: it begins with -----BEGIN PRIVATE KEY-----.")]
    NotPem,
    #[error(
        "This is a key in another form. Convert it to PKCS#8 without a password: openssl pkcs8 -topk8 -nodes -in key.pem"
    )]
    OtherForm,
    #[error(
        "This key cannot sign ES256 or RS256. Use a P-256 key, or an RSA key of 2,048 bits or more."
    )]
    Unfit,
}

impl SigningKey {
    /// Reads a PKCS#8 key in PEM: P-256 signs ES256, RSA signs RS256.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_pem(pem: &str, key_id: Option<String>) -> Result<Self, KeyError> {
        const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
        const END: &str = "-----END PRIVATE KEY-----";
        let Some((_, rest)) = pem.split_once(BEGIN) else {
            return Err(if pem.contains("PRIVATE KEY-----") {
                KeyError::OtherForm
            } else {
                KeyError::NotPem
            });
        };
        let (body, _) = rest.split_once(END).ok_or(KeyError::NotPem)?;
        let plain: Zeroizing<String> = Zeroizing::new(body.split_whitespace().collect());
        let der = Zeroizing::new(STANDARD.decode(plain.as_bytes()).map_err(|_| KeyError::NotPem)?);
        let ec =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &der, &SystemRandom::new());
        let pair = match ec {
            Ok(pair) => Pair::Es256(Box::new(pair)),
            Err(_) => {
                Pair::Rs256(Box::new(RsaKeyPair::from_pkcs8(&der).map_err(|_| KeyError::Unfit)?))
            }
        };
        Ok(Self { pair, key_id: key_id.filter(|id| !id.is_empty()) })
    }

    /// The algorithm's name in a header.
    #[must_use]
    pub const fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Es256(_) => "ES256",
            Pair::Rs256(_) => "RS256",
        }
    }

    /// `header.payload.signature` of the claims; nothing when the system gives no randomness.
    fn sign(&self, claims: &Value) -> Option<Zeroizing<String>> {
        let mut header = json!({ "alg": self.algorithm(), "typ": "JWT" });
        if let Some(key_id) = &self.key_id {
            header["kid"] = json!(key_id);
        }
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header.to_string()),
            URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Es256(pair) => pair.sign(&random, signed.as_bytes()).ok()?.as_ref().to_vec(),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).ok()?;
                signature
            }
        };
        Some(Zeroizing::new(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))))
    }

    /// Proves to the endpoint at `audience` that we are `client_id`.
    pub(super) fn client_assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: Moment,
    ) -> Option<Zeroizing<String>> {
        self.sign(&claims(client_id, client_id, audience, now))
    }

    /// Asks the endpoint at `audience` for a token about a phone number.
    pub(super) fn grant(
        &self,
        client_id: &str,
        phone: &str,
        audience: &str,
        scope: &str,
        now: Moment,
    ) -> Option<Zeroizing<String>> {
        let mut claims = claims(client_id, &format!("tel:{phone}"), audience, now);
        claims["scope"] = json!(scope);
        self.sign(&claims)
    }
}

fn claims(issuer: &str, subject: &str, audience: &str, now: Moment) -> Value {
    let now_s = now.div_euclid(1_000);
    json!({
        "iss": issuer, "sub": subject, "aud": audience, "iat": now_s, "exp": now_s + ASSERTION_LIFE_S,
        "jti": uuid::Uuid::new_v4().to_string(),
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use ring::signature::{
        ECDSA_P256_SHA256_FIXED, KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    };

    /// Made for these tests; it opens nothing.
    const RSA: &str = include_str!("test-rsa-key.pem");

    pub(in super::super) fn ec_pem() -> String {
        let der =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
                .expect("a key");
        format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            STANDARD.encode(der)
        )
    }

    /// Header and claims of a token whose signature is right.
    pub(in super::super) fn opened(key: &SigningKey, token: &str) -> (Value, Value) {
        let parts: Vec<&str> = token.split('.').collect();
        assert_eq!(parts.len(), 3, "{token}");
        let (signed, signature) = (
            format!("{}.{}", parts[0], parts[1]),
            URL_SAFE_NO_PAD.decode(parts[2]).expect("base64"),
        );
        match &key.pair {
            Pair::Es256(pair) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())
                    .verify(signed.as_bytes(), &signature)
            }
            Pair::Rs256(pair) => {
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public().as_ref())
                    .verify(signed.as_bytes(), &signature)
            }
        }
        .expect("a right signature");
        let read = |part: &str| {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
        };
        (read(parts[0]), read(parts[1]))
    }

    #[test]
    fn both_kinds_of_keys_sign_what_their_public_half_verifies() {
        for (pem, algorithm, key_id) in
            [(ec_pem(), "ES256", Some("k1")), (RSA.to_owned(), "RS256", None)]
        {
            let key = SigningKey::from_pem(&pem, key_id.map(str::to_owned)).expect("a key");
            let token = key
                .client_assertion("app", "https://op.example/token", 1_795_000_000_999)
                .expect("a token");
            let (header, claims) = opened(&key, &token);
            assert_eq!(
                (header["alg"].as_str(), header["typ"].as_str(), header["kid"].as_str()),
                (Some(algorithm), Some("JWT"), key_id)
            );
            assert_eq!(
                (claims["iss"].as_str(), claims["sub"].as_str()),
                (Some("app"), Some("app"))
            );
            assert_eq!(
                (claims["aud"].as_str(), claims["iat"].as_i64(), claims["exp"].as_i64()),
                (Some("https://op.example/token"), Some(1_795_000_000), Some(1_795_000_120))
            );
        }
    }

    #[test]
    fn no_two_assertions_are_the_same_and_a_grant_names_the_number() {
        let key = SigningKey::from_pem(&ec_pem(), None).expect("a key");
        let jti = || {
            opened(&key, &key.client_assertion("app", "x", 0).expect("a token")).1["jti"].clone()
        };
        assert_ne!(jti(), jti());
        let (_, claims) = opened(
            &key,
            &key.grant("app", "+34629255833", "https://op.example/token", "a b", 0)
                .expect("a token"),
        );
        assert_eq!(
            (claims["sub"].as_str(), claims["scope"].as_str(), claims["iss"].as_str()),
            (Some("tel:+34629255833"), Some("a b"), Some("app"))
        );
    }

    #[test]
    fn other_keys_are_refused_with_what_to_do() {
        let refused = |pem: &str| SigningKey::from_pem(pem, None).err().expect("refused");
        assert_eq!(refused("secret"), KeyError::NotPem);
        assert_eq!(refused("-----BEGIN PRIVATE KEY-----\nAAAA"), KeyError::NotPem);
        assert_eq!(
            refused("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----"),
            KeyError::NotPem
        );
        assert_eq!(
            refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"),
            KeyError::Unfit
        );
        assert_eq!(
            refused("-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----"),
            KeyError::OtherForm
        );
        assert_eq!(refused("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"), KeyError::OtherForm);
    }
}
