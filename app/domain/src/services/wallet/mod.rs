//! Wallet analysis: which addresses may be analysed, and the form that launches it.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, DD - KYA (Bitcoin and Ethereum only).

mod address;
mod form;

pub use address::Address;
pub use form::{WalletAnalysis, WalletForm, check};

use crate::choices;

choices! {
    /// The blockchain of an address, in the provider's words.
    pub enum Chain {
        Btc = "btc", "Bitcoin";
        Eth = "eth", "Ethereum";
    }
}
