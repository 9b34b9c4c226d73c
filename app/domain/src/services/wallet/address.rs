//! Addresses of Bitcoin and Ethereum, checked by their checksums before anybody is asked about
//! them.
//!
//! Sources: Base58Check (Bitcoin), BIP 173 and BIP 350 (segregated witness), EIP-55 (mixed-case
//! spelling).

use super::Chain;
use serde::{Deserialize, Serialize};
use sha3::{Digest, Keccak256};

/// An address of the main network, in the spelling that is sent: Bitcoin's lower-case or Base58
/// text, Ethereum's mixed-case text with its checksum.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    chain: Chain,
    text: String,
}

const LONGEST: usize = 100;
const HEX_DIGITS: usize = 40;
const ONLY_TWO: &str =
    "This is neither a Bitcoin nor an Ethereum address; other chains are not analysed for now.";
const BTC_WRONG: &str = "The checksum of this Bitcoin address is wrong: a character is wrong or missing. Copy it again.";
const TESTNET: &str = "This is an address of Bitcoin's test network, where coins are worth nothing. Give one of the main network.";
const ETH_SHAPE: &str = "An Ethereum address is 0x and 40 digits or letters from a to f.";

impl Address {
    /// Reads an address; without a chain the text tells which one it is.
    ///
    /// # Errors
    /// The message beside the field.
    pub fn parse(text: &str, chain: Option<Chain>) -> Result<Self, String> {
        let text = text.trim();
        if text.is_empty() {
            return Err("Give the wallet's address.".into());
        }
        if text.contains(':') || text.contains('?') {
            return Err("Give the address alone, without what stands before or behind it in a payment link.".into());
        }
        if text.len() > LONGEST || !text.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(not_an_address(text));
        }
        let address = if is_ethereum(text) { ethereum(text)? } else { bitcoin(text)? };
        match chain {
            Some(chosen) if chosen != address.chain => Err(format!(
                "This is {} address, but {} is chosen. Choose the right chain, or leave it to be detected.",
                if address.chain == Chain::Eth { "an Ethereum" } else { "a Bitcoin" },
                chosen.label()
            )),
            _ => Ok(address),
        }
    }

    #[must_use]
    pub const fn chain(&self) -> Chain {
        self.chain
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `0x72a584…397B2A`, for narrow places.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{}…{}", &self.text[..8], &self.text[self.text.len() - 6..])
    }

    /// Whether a text as it came names this address; the provider answers Ethereum's in lower case.
    #[must_use]
    pub fn is(&self, text: &str) -> bool {
        Self::parse(text, Some(self.chain)).is_ok_and(|other| other == *self)
    }
}

fn not_an_address(text: &str) -> String {
    if text.contains('.') {
        "This is a name and not an address. Look up the address behind it and give that.".into()
    } else if text.contains(char::is_whitespace) {
        "There is a space inside the address. Give one address, in one piece.".into()
    } else {
        ONLY_TWO.into()
    }
}

/// Whether a text is meant for Ethereum, well written or not.
fn is_ethereum(text: &str) -> bool {
    text.starts_with("0x")
        || text.starts_with("0X")
        || (text.len() == HEX_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn ethereum(text: &str) -> Result<Address, String> {
    let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) else {
        return Err("An Ethereum address begins with 0x. Put it before these 40 characters.".into());
    };
    if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Err(ETH_SHAPE.into());
    }
    if digits.len() != HEX_DIGITS {
        let what =
            if digits.len() == 64 { " This is as long as a transaction's hash." } else { "" };
        return Err(format!("{ETH_SHAPE} Here are {} after the 0x.{what}", digits.len()));
    }
    let lower = digits.to_ascii_lowercase();
    let right = mixed_case(&lower);
    let is_mixed = digits.bytes().any(|b| b.is_ascii_lowercase())
        && digits.bytes().any(|b| b.is_ascii_uppercase());
    if is_mixed && digits != right {
        return Err(format!(
            "Upper and lower case of this address are its checksum, and it is wrong: with these characters it would be spelt 0x{right}. \
             A character may be wrong: copy it again. If you are sure of every character, give it in lower case: 0x{lower}."
        ));
    }
    Ok(Address { chain: Chain::Eth, text: format!("0x{right}") })
}

/// Forty lower-case hexadecimal digits in the spelling of EIP-55: upper case where the hash has a
/// digit above 7.
fn mixed_case(lower: &str) -> String {
    let hash = Keccak256::digest(lower.as_bytes());
    let above = |at: usize| {
        let byte = hash[at / 2];
        (if at.is_multiple_of(2) { byte >> 4 } else { byte & 0xf }) > 7
    };
    lower
        .chars()
        .enumerate()
        .map(|(at, c)| if above(at) { c.to_ascii_uppercase() } else { c })
        .collect()
}

fn bitcoin(text: &str) -> Result<Address, String> {
    let lower = text.to_ascii_lowercase();
    match lower.rsplit_once('1').map(|(human, _)| human) {
        Some("bc") => segwit(text, &lower),
        Some("tb" | "bcrt" | "tbs") => Err(TESTNET.into()),
        _ => base58(text),
    }
}

fn segwit(text: &str, lower: &str) -> Result<Address, String> {
    if text.bytes().any(|b| b.is_ascii_lowercase()) && text.bytes().any(|b| b.is_ascii_uppercase())
    {
        return Err("An address that begins with bc1 is written in lower or in upper case, never in both. Copy it again.".into());
    }
    // Decoding demands Bech32 for version 0, Bech32m for all later ones, and the right length.
    bech32::segwit::decode(lower).map_err(|_| BTC_WRONG)?;
    Ok(Address { chain: Chain::Btc, text: lower.to_owned() })
}

/// Version bytes of what Base58Check carries on both networks.
const P2PKH: u8 = 0x00;
const P2SH: u8 = 0x05;
const TESTNET_VERSIONS: [u8; 2] = [0x6f, 0xc4];

fn base58(text: &str) -> Result<Address, String> {
    // 20 bytes of a hash and the version before them.
    let looks_bitcoin = text.starts_with(['1', '3']) && (25..=36).contains(&text.len());
    let wrong = || if looks_bitcoin { BTC_WRONG } else { ONLY_TWO };
    let decoded = bs58::decode(text).with_check(None).into_vec().map_err(|_| wrong())?;
    match decoded.first() {
        Some(&(P2PKH | P2SH)) if decoded.len() == 21 => {
            Ok(Address { chain: Chain::Btc, text: text.to_owned() })
        }
        Some(version) if TESTNET_VERSIONS.contains(version) && decoded.len() == 21 => {
            Err(TESTNET.into())
        }
        _ => Err(ONLY_TWO.into()),
    }
}

impl TryFrom<String> for Address {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text, None)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Address, String> {
        Address::parse(text, None)
    }

    fn refused(text: &str, words: &str) {
        let why = read(text).expect_err(text);
        assert!(why.contains(words), "{text}: {why}");
    }

    /// The examples of EIP-55, and the one of the provider's page.
    const ETH: [&str; 5] = [
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
        "0x52908400098527886E0F7030069857D2E4169EE7",
    ];

    /// The first block's address, one of BIP 13's kind, and the examples of BIP 173 and BIP 350.
    const BTC: [&str; 5] = [
        "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
        "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
    ];

    #[test]
    fn the_standards_examples_are_read_and_their_chain_is_detected() {
        for text in ETH {
            for spelling in [
                text.to_owned(),
                text.to_lowercase(),
                format!("0X{}", text[2..].to_uppercase()),
                format!(" {text}\n"),
            ] {
                let address = read(&spelling).unwrap_or_else(|why| panic!("{spelling}: {why}"));
                assert_eq!((address.chain(), address.as_str()), (Chain::Eth, text));
                assert!(address.is(&text.to_lowercase()));
            }
        }
        for text in BTC {
            let address = read(text).unwrap_or_else(|why| panic!("{text}: {why}"));
            assert_eq!((address.chain(), address.as_str()), (Chain::Btc, text));
        }
        assert_eq!(read(&BTC[2].to_uppercase()).expect("upper case").as_str(), BTC[2]);
    }

    #[test]
    fn a_wrong_case_says_both_spellings() {
        // As the provider's page prints it: its upper and lower case are no EIP-55 checksum.
        let printed = "0x72a5843cc08275C8171E582972Aa4fDa8c397B2A";
        refused(printed, "0x72a5843cc08275C8171E582972Aa4fDa8C397B2A");
        refused(printed, &printed.to_lowercase());
        let flipped = ETH[0].replacen('A', "a", 1);
        refused(&flipped, ETH[0]);
        refused(&flipped, &ETH[0].to_lowercase());
    }

    #[test]
    fn refusals_say_what_it_is_instead() {
        refused("", "Give the wallet's address");
        refused("mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "test network");
        refused("2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc", "test network");
        refused("tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx", "test network");
        refused("bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "alone");
        refused("vitalik.eth", "name");
        refused("1A1zP1eP5QGefi2DMP TfTL5SLmv7DivfNa", "space");
        refused("LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "neither");
        refused("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", "neither");
        refused("ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9", "neither");
        refused("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "begins with 0x");
        refused("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe", "Here are 39");
        refused("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeg", "40 digits");
        refused(&format!("0x{}", "a1".repeat(32)), "transaction");
        refused("bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "never in both");
        // Version 0 with the newer checksum, and version 1 with the older one (BIP 350's invalid
        // examples).
        refused("bc1q0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq54y2w7", "checksum");
        refused("bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4", "checksum");
        refused("王", "neither");
    }

    #[test]
    fn a_chosen_chain_must_be_the_addresss() {
        for (text, is, isnt) in [(ETH[0], Chain::Eth, Chain::Btc), (BTC[0], Chain::Btc, Chain::Eth)]
        {
            assert!(Address::parse(text, Some(is)).is_ok());
            let why = Address::parse(text, Some(isnt)).expect_err(text);
            assert!(why.contains(is.label()) && why.contains(isnt.label()), "{why}");
        }
    }

    fn segwit_address() -> impl Strategy<Value = String> {
        let program = prop_oneof![
            proptest::collection::vec(any::<u8>(), 20).prop_map(|p| (0, p)),
            proptest::collection::vec(any::<u8>(), 32).prop_map(|p| (0, p)),
            (1..=16u8, proptest::collection::vec(any::<u8>(), 32)),
        ];
        program.prop_map(|(version, program)| {
            let version = bech32::Fe32::try_from(version).expect("a version");
            bech32::segwit::encode(bech32::hrp::BC, version, &program).expect("a program")
        })
    }

    fn base58_address() -> impl Strategy<Value = String> {
        (prop_oneof![Just(P2PKH), Just(P2SH)], proptest::collection::vec(any::<u8>(), 20)).prop_map(
            |(version, hash)| {
                bs58::encode([&[version], hash.as_slice()].concat()).with_check().into_string()
            },
        )
    }

    proptest! {
        #[test]
        fn every_bitcoin_address_is_read_back_and_kept(text in prop_oneof![segwit_address(), base58_address()]) {
            let address = read(&text).expect("an address");
            prop_assert_eq!(address.as_str(), text.as_str());
            let stored = serde_json::to_string(&address).expect("text");
            prop_assert_eq!(serde_json::from_str::<Address>(&stored).expect("read"), address);
        }

        #[test]
        fn every_ethereum_address_is_read_back_and_kept(digits in "[0-9a-f]{40}") {
            let address = read(&format!("0x{digits}")).expect("an address");
            prop_assert_eq!(address.as_str().to_lowercase(), format!("0x{digits}"));
            prop_assert_eq!(&read(address.as_str()).expect("its own spelling"), &address);
        }

        #[test]
        fn one_changed_character_is_refused(text in prop_oneof![segwit_address(), base58_address()], at in any::<proptest::sample::Index>(), by in 1..31usize) {
            const SEGWIT: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
            const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
            let (alphabet, from) = if text.starts_with("bc1") { (SEGWIT, 3) } else { (BASE58, 0) };
            let mut bytes = text.clone().into_bytes();
            let at = from + at.index(bytes.len() - from);
            let place = alphabet.iter().position(|b| *b == bytes[at]).expect("of the alphabet");
            bytes[at] = alphabet[(place + by) % alphabet.len()];
            let changed = String::from_utf8(bytes).expect("text");
            prop_assert!(read(&changed).is_err(), "{} {}", text, changed);
        }

        #[test]
        fn one_changed_case_is_refused(digits in "[0-9a-f]{40}", at in any::<proptest::sample::Index>()) {
            let right = mixed_case(&digits);
            let letters: Vec<usize> = right.char_indices().filter(|(_, c)| c.is_ascii_alphabetic()).map(|(at, _)| at).collect();
            prop_assume!(!letters.is_empty());
            let at = letters[at.index(letters.len())];
            let flipped: String = right.char_indices().map(|(n, c)| match c {
                c if n != at => c,
                c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
                c => c.to_ascii_lowercase(),
            }).collect();
            // All of one case is a spelling without a checksum.
            prop_assume!(flipped != flipped.to_lowercase() && flipped != flipped.to_uppercase());
            let flipped = format!("0x{flipped}");
            prop_assert!(read(&flipped).is_err(), "{}", flipped);
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,60}", ascii in "[ -~]{0,60}") {
            for text in [text, ascii] {
                if let Ok(address) = read(&text) { let _ = address.short(); }
            }
        }
    }
}
