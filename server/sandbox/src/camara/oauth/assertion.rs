//! Signed assertions (RFC 7523): the signature by a registered key, and the claims that make it
//! good for one endpoint, once, for five minutes at most (CAMARA profile).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::Value;

use crate::{camara::Book, text::now_ms};

/// Longest life of an assertion, in seconds.
const LIFE_MAX_S: i64 = 300;
/// How far clocks may differ, in seconds.
const SKEW_S: i64 = 5;

/// A client's public key.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub client: String,
    /// `kid`; empty when it has none.
    pub id: String,
    public: Public,
}

#[derive(Clone, Debug)]
enum Public {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The uncompressed point.
    P256(Vec<u8>),
}

impl Key {
    /// From a JSON Web Key: `{kty: "RSA", n, e}` or `{kty: "EC", crv: "P-256", x, y}`, with `kid`
    /// or not.
    ///
    /// # Errors
    /// What is wrong with it, in words; a private key among them.
    pub fn read(client: &str, jwk: &Value) -> Result<Key, String> {
        if client.is_empty() {
            return Err("client_id is missing.".into());
        }
        if jwk.get("d").is_some() {
            return Err(
                "This is a private key. Register the public one, and use another pair.".into()
            );
        }
        let bytes = |name: &str| {
            let text = jwk[name].as_str().ok_or_else(|| format!("The key has no {name}."))?;
            BASE64_URL_SAFE_NO_PAD
                .decode(text)
                .map_err(|_| format!("The key's {name} is no base64url."))
        };
        let public = match (jwk["kty"].as_str(), jwk["crv"].as_str()) {
            (Some("RSA"), _) => Public::Rsa { n: bytes("n")?, e: bytes("e")? },
            (Some("EC"), Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                if (x.len(), y.len()) != (32, 32) {
                    return Err("The key's point does not have 32 bytes each way.".into());
                }
                Public::P256([vec![4], x, y].concat())
            }
            _ => return Err("The key is neither RSA nor EC with P-256.".into()),
        };
        Ok(Key {
            client: client.to_owned(),
            id: jwk["kid"].as_str().unwrap_or_default().to_owned(),
            public,
        })
    }

    fn verifies(&self, algorithm: &str, message: &[u8], signature: &[u8]) -> bool {
        match (&self.public, algorithm) {
            (Public::Rsa { n, e }, "RS256") => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            (Public::P256(point), "ES256") => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            _ => false,
        }
    }
}

/// What a good assertion says.
#[derive(Debug)]
pub(super) struct Claims {
    /// `iss`: the client.
    pub client: String,
    pub subject: String,
    pub scope: Option<String>,
}

/// Reads an assertion that was sent to one of `addresses`, and uses it up.
///
/// # Errors
/// What is wrong with it, in words.
pub(super) fn claims(book: &mut Book, addresses: &[String], text: &str) -> Result<Claims, String> {
    let all = signed(book, text)?;
    let word = |name: &str| {
        all[name]
            .as_str()
            .filter(|word| !word.is_empty())
            .ok_or_else(|| format!("the claim {name} is missing"))
    };
    let second = |name: &str| {
        all[name].as_i64().ok_or_else(|| format!("the claim {name} is missing or no whole number"))
    };
    let (client, subject, jti) = (word("iss")?, word("sub")?, word("jti")?);

    let audiences = match &all["aud"] {
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect::<Vec<_>>(),
    };
    if !audiences.iter().any(|audience| addresses.iter().any(|address| address == audience)) {
        return Err(format!("aud is not this endpoint, {}", addresses[0]));
    }
    let (exp, iat, now) = (second("exp")?, second("iat")?, now_ms() / 1_000);
    if exp <= now {
        return Err("the assertion has expired".into());
    }
    if iat > now + SKEW_S {
        return Err("iat lies in the future".into());
    }
    if exp <= iat || exp - iat > LIFE_MAX_S {
        return Err(format!("the assertion must live for at most {LIFE_MAX_S} seconds"));
    }
    if !book.first_use(client, jti, exp.saturating_mul(1_000)) {
        return Err("jti was used before".into());
    }
    Ok(Claims {
        client: client.to_owned(),
        subject: subject.to_owned(),
        scope: all["scope"].as_str().map(str::to_owned),
    })
}

/// The claims, when one of the issuer's keys signed them.
fn signed(book: &Book, text: &str) -> Result<Value, String> {
    let mut parts = text.rsplitn(2, '.');
    let (Some(signature), Some(message)) = (parts.next(), parts.next()) else {
        return Err("it is no JWT".into());
    };
    let (header, claims) = message.split_once('.').ok_or("it is no JWT")?;
    let json = |part: &str| -> Option<Value> {
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok()
    };
    let (header, claims) = (
        json(header).ok_or("its header cannot be read")?,
        json(claims).ok_or("its claims cannot be read")?,
    );
    let signature =
        BASE64_URL_SAFE_NO_PAD.decode(signature).map_err(|_| "its signature cannot be read")?;

    let algorithm = header["alg"].as_str().unwrap_or_default();
    if !["RS256", "ES256"].contains(&algorithm) {
        return Err("alg must be RS256 or ES256".into());
    }
    let client = claims["iss"].as_str().unwrap_or_default();
    let wanted =
        |key: &&Key| key.client == client && header["kid"].as_str().is_none_or(|id| id == key.id);
    let mut keys = book.keys.iter().filter(wanted).peekable();
    if keys.peek().is_none() {
        return Err("no such key is registered for iss".into());
    }
    if keys.any(|key| key.verifies(algorithm, message.as_bytes(), &signature)) {
        Ok(claims)
    } else {
        Err("the signature is wrong".into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Modulus of a key that was thrown away, and its signature of `header.claims`, made with
    /// OpenSSL.
    const MODULUS: &str = "okpO_tIgzuRu2aCUiqZN5IQo7aDvZYX0bwVHuisswsjBAwGMp9EjREJnVY6R-wjLmwsIEMgwvslqgEMquvHTJxl3pz4t6r5jP1WB92tFXiGY08\
         qJZt-huNg60XOl7mZ-roQTqn-62yNIU9BAwP71w41urmPFN6wq5tBoky8AeVjyAKhgl_UU9ZK9R6Ph4SxbjaBZl1I_62SB5LJj2oysdVw_K57H\
         H1aVnGYDvWU-YrgCjMka_owys7S9d3bV3k1qfT_2iFBHuFNqC28pchq1hE8R1QRm9luWwW4sr-hMM13Kie1KgRM2bXIvFIKVNLU3PDW7fWWvy5\
         QhIL5m6SKpSQ";
    const SIGNATURE: &str = "K43HALmNd8iYxLgb-xrqFWlpMOEZvZ4FmiEmbtqgLLCZEw3vC9jbZ7NiznJJ1V_sEQEwCER7RjnkMoRAV3AulI07OP7wU19YTnuWL8pu1wrmpZ\
         jBbN_p1PaD-_fhXsx807XCrdzD28lao1VNe9XT-uuICEOjhOgUWLWXi_LbKMZKkfVkIHxf5RemH7y6_gH1i6YBNaIUREKKHuAJAqBPVQsAkoP5\
         BEWzsc7B1gKOVGkixNAELQNKvi7MMn_1A5lwEFmM5Llz7aGJfCVanEJa9NnQ315qw1boHV1tZRfKip_QXnVpEbBvbXBKaP0_11DYIOhmWpO-Mu\
         5YZ-Uzry-XbA";

    #[test]
    fn rs256_is_verified_with_the_key_that_was_registered() {
        let key = Key::read("desk", &json!({"kty": "RSA", "n": MODULUS, "e": "AQAB"})).unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.decode(SIGNATURE).unwrap();
        assert!(key.verifies("RS256", b"header.claims", &signature));
        assert!(!key.verifies("RS256", b"header.claimz", &signature));
        assert!(!key.verifies("RS256", b"header.claims", &signature[1..]));
        assert!(
            !key.verifies("ES256", b"header.claims", &signature),
            "the algorithm belongs to the key"
        );
    }
}
