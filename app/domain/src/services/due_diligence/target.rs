//! What is sent to have a person or a company searched for.

use crate::{checks::Kind, findings::Source};
use serde::{Deserialize, Serialize};

/// Whom the provider searches for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub kind: Kind,
    pub name: String,
    /// `YYYY-MM-DD`; people only.
    pub birth_date: Option<String>,
    /// ISO 3166-1 alpha-3: citizenship of a person, seat of a company.
    pub country: Option<String>,
    /// Companies only.
    pub registration_number: Option<String>,
}

/// A launch that may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DueDiligence {
    pub customer_reference: String,
    pub target: Target,
    pub search_setting: i64,
    pub sources: Vec<Source>,
    /// The ID verification that this follows from, by the provider's number.
    #[serde(default)]
    pub from_idv_id: Option<i64>,
}

/// The sources that can be asked, in the provider's order.
pub const SOURCES: [Source; 5] = [
    Source::NegativeNews,
    Source::DowJones,
    Source::TwCompany,
    Source::TwVerdict,
    Source::SanctionList,
];
