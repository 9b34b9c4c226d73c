//! What a check of a service that answers at once says of its question in clear.

use domain::{
    number_match::{Attribute, Version},
    wallet::Address,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a check says of its question in clear; the whole question is evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Asked {
    pub customer_reference: String,
    pub name: String,
    /// Number match: which attributes, in the form's order, and in which wire version.
    pub attributes: Vec<Attribute>,
    pub version: Option<Version>,
    /// Masked: `+34 ••• ••5 833`.
    pub phone: Option<String>,
    /// Masked, as is `cpr`.
    pub pid: Option<String>,
    pub cpr: Option<String>,
    /// The birth date that the CPR number stands for, with its century.
    pub born: Option<String>,
    /// ROFUS: a made-up answer was asked for.
    pub mock: bool,
    /// Wallet analysis.
    pub address: Option<Address>,
    /// What else was asked, by its own name in the service's form: a day, a number of hours.
    /// Nothing personal.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub terms: BTreeMap<String, String>,
}

impl Asked {
    /// What every question says in clear.
    #[must_use]
    pub fn of(customer_reference: &str, name: &str) -> Self {
        Self {
            customer_reference: customer_reference.to_owned(),
            name: name.to_owned(),
            ..Self::default()
        }
    }

    /// Without anything about the person.
    pub(crate) fn empty(&mut self) {
        self.name = crate::records::customers::ERASED.into();
        (self.phone, self.pid, self.cpr, self.address) = (None, None, None, None);
    }
}
