//! Addresses of the two chains that the provider supports: read with their checksums, and made from
//! twenty or thirty-two bytes.
//!
//! Sources: EIP-55 (mixed-case checksum), BIP-173 and BIP-350 (bech32, bech32m), base58check with
//! the version bytes 0 (pay to a key's hash) and 5 (pay to a script's hash). Main networks only.

use bech32::{hrp, segwit};
use serde::{Deserialize, Serialize};
use sha3::{Digest, Keccak256};

/// A chain by its symbol in requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Chain {
    Btc,
    Eth,
}

impl Chain {
    pub const ALL: [Chain; 2] = [Chain::Btc, Chain::Eth];

    pub fn symbol(self) -> &'static str {
        match self {
            Chain::Btc => "btc",
            Chain::Eth => "eth",
        }
    }

    /// The chain with this symbol, in any letter case.
    pub fn of(symbol: &str) -> Option<Chain> {
        Chain::ALL.into_iter().find(|chain| chain.symbol().eq_ignore_ascii_case(symbol))
    }

    /// Decimal places between the coin and its smallest unit.
    pub fn decimals(self) -> usize {
        match self {
            Chain::Btc => 8,
            Chain::Eth => 18,
        }
    }
}

/// An address that exists as far as its form goes.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Address {
    pub chain: Chain,
    /// As answers write it: lower case, but base58 as it is, since its letters' case is part of it.
    pub text: String,
}

/// The forms of an address that the sandbox makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Eip55,
    /// Base58check with this version byte.
    Base58(u8),
    /// Segregated witness version 0, twenty or thirty-two bytes.
    Bech32(usize),
    /// Version 1 (taproot), thirty-two bytes.
    Bech32m,
}

impl Address {
    /// Reads an address of the given chain, or of the one that its form tells.
    ///
    /// # Errors
    /// A sentence when it is none, its checksum is wrong or it belongs to the other chain.
    pub fn read(text: &str, chain: Option<Chain>) -> Result<Address, String> {
        let found = if text.starts_with("0x") || text.starts_with("0X") {
            ethereum(text)?
        } else {
            bitcoin(text)?
        };
        match chain {
            Some(asked) if asked != found.chain => Err(format!(
                "The address is one of the chain {}, not of {}.",
                found.chain.symbol(),
                asked.symbol()
            )),
            _ => Ok(found),
        }
    }
}

fn ethereum(text: &str) -> Result<Address, String> {
    let digits = text.get(2..).unwrap_or_default();
    if digits.len() != 40 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("An address of the chain eth is 0x and 40 hexadecimal digits.".into());
    }
    let mixed = digits.bytes().any(|byte| byte.is_ascii_uppercase())
        && digits.bytes().any(|byte| byte.is_ascii_lowercase());
    let lower = format!("0x{}", digits.to_ascii_lowercase());
    if mixed && eip55(&lower).get(2..) != Some(digits) {
        return Err("The checksum of the address is wrong (EIP-55).".into());
    }
    Ok(Address { chain: Chain::Eth, text: lower })
}

fn bitcoin(text: &str) -> Result<Address, String> {
    if text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("bc1")) {
        return match segwit::decode(text) {
            Ok((network, ..)) if network == hrp::BC => {
                Ok(Address { chain: Chain::Btc, text: text.to_ascii_lowercase() })
            }
            _ => Err("The checksum or the length of the address is wrong (bech32).".into()),
        };
    }
    // The length bounds the work: an address has 26 to 35 characters.
    let decoded =
        if text.len() <= 35 { bs58::decode(text).with_check(None).into_vec().ok() } else { None };
    match decoded.as_deref() {
        Some([0 | 5, hash @ ..]) if hash.len() == 20 => {
            Ok(Address { chain: Chain::Btc, text: text.to_owned() })
        }
        Some(_) => Err("The address is of a network that is not supported.".into()),
        None => {
            Err("The address is of no supported chain (btc, eth), or its checksum is wrong.".into())
        }
    }
}

/// `0x` and 40 digits whose letter case is the checksum of EIP-55; `lower` is all in lower case.
fn eip55(lower: &str) -> String {
    let digits = lower.trim_start_matches("0x");
    let hash = Keccak256::digest(digits.as_bytes());
    let nibble = |index: usize| {
        hash.get(index / 2)
            .map_or(0, |byte| if index.is_multiple_of(2) { byte >> 4 } else { byte & 15 })
    };
    let cased = digits
        .char_indices()
        .map(|(index, digit)| if nibble(index) >= 8 { digit.to_ascii_uppercase() } else { digit });
    format!("0x{}", cased.collect::<String>())
}

/// The address of this form with these bytes, as a wallet would show it; `None` for too few bytes.
pub(crate) fn shown(form: Form, bytes: &[u8; 32]) -> Option<String> {
    match form {
        Form::Eip55 => Some(eip55(&format!("0x{}", hexadecimal(bytes.get(..20)?)))),
        Form::Base58(version) => {
            let payload = [&[version], bytes.get(..20)?].concat();
            Some(bs58::encode(payload).with_check().into_string())
        }
        Form::Bech32(length) => segwit::encode_v0(hrp::BC, bytes.get(..length)?).ok(),
        Form::Bech32m => segwit::encode_v1(hrp::BC, bytes).ok(),
    }
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The request sample of the published page, and examples of EIP-55, BIP-173, BIP-350 and the
    /// first block.
    const GOOD: [(&str, Chain); 8] = [
        ("0x72a5843cc08275C8171E582972Aa4fDa8C397B2A", Chain::Eth),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Chain::Eth),
        ("0x52908400098527886E0F7030069857D2E4169EE7", Chain::Eth),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Chain::Btc),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", Chain::Btc),
        ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", Chain::Btc),
        ("bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3", Chain::Btc),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", Chain::Btc),
    ];

    #[test]
    fn published_addresses_are_read_and_their_chain_is_found() {
        for (text, chain) in GOOD {
            assert_eq!(Address::read(text, None).map(|address| address.chain), Ok(chain), "{text}");
            assert!(Address::read(text, Some(chain)).is_ok());
            let other = if chain == Chain::Btc { Chain::Eth } else { Chain::Btc };
            assert!(Address::read(text, Some(other)).is_err());
        }
    }

    #[test]
    fn answers_have_lower_case_where_case_means_nothing() {
        let text = |text| Address::read(text, None).unwrap().text;
        assert_eq!(text(GOOD[0].0), "0x72a5843cc08275c8171e582972aa4fda8c397b2a");
        assert_eq!(text(GOOD[5].0), "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4");
        assert_eq!(text(GOOD[3].0), GOOD[3].0);
    }

    #[test]
    fn a_wrong_letter_is_noticed() {
        for text in [
            "0x72a5843cc08275c8171E582972Aa4fDa8C397B2A",
            "0x72a5843cc08275C8171E582972Aa4fDa8C397B2",
            "0x72a5843cc08275C8171E582972Aa4fDa8C397B2G",
            "72a5843cc08275c8171e582972aa4fda8c397b2a",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "bc1qW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            // Taproot with the older checksum, another network, and its base58 sister.
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
            "tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx",
            "mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn",
            "",
            "0x",
            "é",
        ] {
            assert!(Address::read(text, None).is_err(), "{text}");
        }
    }

    #[test]
    fn one_case_only_has_no_checksum() {
        let upper = format!("0x{}", GOOD[0].0[2..].to_uppercase());
        assert_eq!(Address::read(&upper, None), Address::read(GOOD[0].0, None));
        assert_eq!(Address::read(&GOOD[0].0.to_lowercase(), None), Address::read(GOOD[0].0, None));
    }

    #[test]
    fn made_addresses_are_read_again() {
        let bytes = std::array::from_fn(|index| u8::try_from(index * 7).unwrap());
        for form in [
            Form::Eip55,
            Form::Base58(0),
            Form::Base58(5),
            Form::Bech32(20),
            Form::Bech32(32),
            Form::Bech32m,
        ] {
            let text = shown(form, &bytes).unwrap();
            let chain = if form == Form::Eip55 { Chain::Eth } else { Chain::Btc };
            assert!(Address::read(&text, Some(chain)).is_ok(), "{form:?} {text}");
        }
    }
}
