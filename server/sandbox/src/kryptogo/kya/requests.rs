//! The body of "Create blockchain address risk analysis task". The messages are reconstructions.

use serde_json::Value;

use super::{
    super::requests::{document, optional_text},
    address::{Address, Chain},
};

/// A request whose address is one.
#[derive(Debug, PartialEq)]
pub(super) struct Asked {
    pub address: Address,
    /// Whether the chain was named.
    pub chain_named: bool,
}

/// Reads `{address, chain?}`.
///
/// # Errors
/// A sentence about the first mistake.
pub(super) fn read(body: &[u8]) -> Result<Asked, String> {
    let Value::Object(body) = document(body)? else {
        return Err("The body must be an object.".into());
    };
    let address = body.get("address").and_then(Value::as_str).ok_or("address must be text.")?;
    let chain = match optional_text(&body, "chain")? {
        None => None,
        Some(symbol) => Some(
            Chain::of(&symbol)
                .ok_or_else(|| format!("The chain {symbol} is not supported; btc and eth are."))?,
        ),
    };
    Ok(Asked { address: Address::read(address.trim(), chain)?, chain_named: chain.is_some() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SAMPLE: &str = "0x72a5843cc08275C8171E582972Aa4fDa8C397B2A";

    #[test]
    fn the_chain_may_be_left_out() {
        for (body, named) in [
            (json!({ "address": SAMPLE, "chain": "eth" }), true),
            (json!({ "address": SAMPLE, "chain": "ETH" }), true),
            (json!({ "address": SAMPLE }), false),
            (json!({ "address": format!(" {SAMPLE} "), "chain": null }), false),
        ] {
            let asked = read(body.to_string().as_bytes()).unwrap();
            assert_eq!((asked.address.chain, asked.chain_named), (Chain::Eth, named));
        }
    }

    #[test]
    fn each_mistake_is_told() {
        for (body, word) in [
            (json!([]), "object"),
            (json!({}), "address"),
            (json!({ "address": 7 }), "address"),
            (json!({ "address": SAMPLE, "chain": "btc" }), "not of btc"),
            (json!({ "address": SAMPLE, "chain": "sol" }), "supported"),
            (json!({ "address": SAMPLE, "chain": 1 }), "chain"),
            (json!({ "address": "nowhere" }), "no supported chain"),
        ] {
            let message = read(body.to_string().as_bytes()).expect_err(&body.to_string());
            assert!(message.contains(word), "{message}");
        }
    }
}
