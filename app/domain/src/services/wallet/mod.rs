//! Wallet analysis: which addresses may be analysed, and the form that launches it.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, DD - KYA (Bitcoin and Ethereum only).

mod address;
mod form;

pub use address::Address;
pub use form::{WalletAnalysis, WalletForm, check};

use super::{About, Card, Life};
use crate::{choices, connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// What the desk knows of it as a service.
pub const CARD: Card = Card {
    label: "Wallet analysis",
    letters: "KA",
    provider: Provider::Kryptogo,
    about: About::Person,
    life: Life::AtOnce,
    place: 3,
    is_told: false,
    is_scored: true,
    bulk: true,
    review: Hours::BY_RISK,
    accept: &[
        Reason::NoFindings,
        Reason::FalsePositivesOnly,
        Reason::ImmaterialFindings,
        Reason::EnhancedDiligenceDone,
        Reason::Other,
    ],
    reject: &[
        Reason::SanctionsHit,
        Reason::RiskTooHigh,
        Reason::IdentityUnclear,
        Reason::InformationRefused,
        Reason::Other,
    ],
    must_be_judged: &[Source::WalletSanction],
};

choices! {
    /// The blockchain of an address, in the provider's words.
    pub enum Chain {
        Btc = "btc", "Bitcoin";
        Eth = "eth", "Ethereum";
    }
}
