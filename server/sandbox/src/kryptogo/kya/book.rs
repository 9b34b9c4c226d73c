//! The analyses in the provider's book, and how often each address was asked about. An analysis's
//! own numbers overlap those of tasks and verifications. What it says is not kept: it follows from
//! the address.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{super::Book, address::Address};

/// What one analysis costs. Reconstruction.
pub(crate) const POINTS_PER_KYA: i64 = 20;

/// An analysis that was made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Kya {
    pub id: i64,
    pub address: Address,
    /// UTC milliseconds.
    pub created_ms: i64,
    /// How often its detail was read.
    pub reads: u32,
}

/// All analyses. Ids only grow, also over a reset.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Kyas {
    last_id: i64,
    all: BTreeMap<i64, Kya>,
    /// Calls of the creation with a valid address, whatever came of them, by the address in
    /// answers.
    calls: BTreeMap<String, u32>,
}

impl Kyas {
    pub fn emptied(&self) -> Kyas {
        Kyas { last_id: self.last_id, ..Kyas::default() }
    }

    /// Counts a call about this address; 1 for the first.
    pub fn count(&mut self, address: &Address) -> u32 {
        let calls = self.calls.entry(address.text.clone()).or_default();
        *calls += 1;
        *calls
    }

    /// How often it was asked about.
    pub fn calls_of(&self, address: &str) -> u32 {
        self.calls.get(address).copied().unwrap_or_default()
    }

    /// Addresses that were asked about, with the number of calls.
    pub fn calls(&self) -> impl Iterator<Item = (&str, u32)> {
        self.calls.iter().map(|(address, calls)| (address.as_str(), *calls))
    }

    /// The analyses of an address, oldest first.
    pub fn ids_of(&self, address: &str) -> Vec<i64> {
        self.all.values().filter(|kya| kya.address.text == address).map(|kya| kya.id).collect()
    }

    /// The analysis after this read of it was counted.
    pub fn read(&mut self, id: i64) -> Option<Kya> {
        let kya = self.all.get_mut(&id)?;
        kya.reads += 1;
        Some(kya.clone())
    }
}

impl Book {
    /// Makes an analysis and takes its points; `None` when there are too few.
    pub fn make_kya(&mut self, address: Address, now_ms: i64) -> Option<Kya> {
        if self.points < POINTS_PER_KYA {
            return None;
        }
        self.points -= POINTS_PER_KYA;
        self.kyas.last_id += 1;
        let kya = Kya { id: self.kyas.last_id, address, created_ms: now_ms, reads: 0 };
        self.kyas.all.insert(kya.id, kya.clone());
        Some(kya)
    }
}
