//! Invented transactions that add up: nobody sends what they do not have, time only goes forward.
//!
//! All of it follows from the sandbox's seed, the chain and a label, and none from the clock.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use super::address::{Address, Chain, Form, hexadecimal, shown};
use crate::text::hash;

/// The first transaction of a ledger comes within a year after this (2021-03-01, UTC seconds).
const EPOCH_S: u64 = 1_614_556_800;
const DAY_S: u64 = 86_400;

/// One transaction; `value` in the smallest unit (satoshi, wei).
#[derive(Clone, Debug)]
pub(super) struct Transfer {
    pub hash: String,
    pub from: String,
    pub to: String,
    pub value: u128,
    /// UTC seconds.
    pub at_s: u64,
}

/// Transactions in the order of time, oldest first.
pub(super) struct Ledger {
    dice: Dice,
    chain: Chain,
    /// Longest pause between two transactions, seconds.
    pause_max_s: u64,
    at_s: u64,
    balances: HashMap<String, u128>,
    pub transfers: Vec<Transfer>,
}

impl Ledger {
    /// An empty ledger; `busy` ones have a transaction every few minutes, others every few days.
    pub fn new(seed: u64, chain: Chain, label: &str, busy: bool) -> Ledger {
        let mut dice = Dice::new(seed, format!("kya ledger {} {label}", chain.symbol()));
        let at_s = EPOCH_S + dice.below(365 * DAY_S);
        let pause_max_s = if busy { 8 * 3_600 } else { 20 * DAY_S };
        Ledger { dice, chain, pause_max_s, at_s, balances: HashMap::new(), transfers: Vec::new() }
    }

    pub fn dice(&mut self) -> &mut Dice {
        &mut self.dice
    }

    /// Any amount from an address whose own past is not told.
    pub fn fund(&mut self, from: &str, to: &str) {
        let value = match self.chain {
            // 0.0005 to 3 bitcoins, in steps of a satoshi.
            Chain::Btc => u128::from(50_000 + self.dice.below(300_000_000)),
            // 0.01 to 40 ethers, in steps of a hundred-thousandth.
            Chain::Eth => u128::from(1_000 + self.dice.below(4_000_000)) * 10_u128.pow(13),
        };
        self.append(from, to, value);
    }

    /// A tenth to nine tenths of what the sender has; nothing happens when that is nothing.
    pub fn send(&mut self, from: &str, to: &str) {
        let has = self.balances.get(from).copied().unwrap_or_default();
        let value = has / 100 * u128::from(10 + self.dice.below(81));
        if value > 0 {
            self.balances.insert(from.to_owned(), has - value);
            self.append(from, to, value);
        }
    }

    fn append(&mut self, from: &str, to: &str, value: u128) {
        self.at_s += 60 + self.dice.below(self.pause_max_s);
        *self.balances.entry(to.to_owned()).or_default() += value;
        let digits = hexadecimal(&self.dice.bytes());
        let hash = if self.chain == Chain::Eth { format!("0x{digits}") } else { digits };
        self.transfers.push(Transfer {
            hash,
            from: from.to_owned(),
            to: to.to_owned(),
            value,
            at_s: self.at_s,
        });
    }
}

/// Numbers that look random and follow from a seed and a label.
pub(super) struct Dice {
    seed: u64,
    label: String,
    rolls: u64,
}

impl Dice {
    pub fn new(seed: u64, label: String) -> Dice {
        Dice { seed, label, rolls: 0 }
    }

    /// From 0 to one less than `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.rolls += 1;
        hash(self.seed, &format!("{}\n{}", self.label, self.rolls)) % limit.max(1)
    }

    pub fn bytes(&mut self) -> [u8; 32] {
        self.rolls += 1;
        let digest = Sha256::new()
            .chain_update(self.seed.to_be_bytes())
            .chain_update(&self.label)
            .chain_update(self.rolls.to_be_bytes());
        digest.finalize().into()
    }
}

/// The address that belongs to a label, in a form that the label decides on Bitcoin.
pub(super) fn invented(seed: u64, chain: Chain, label: &str) -> Invented {
    let mut dice = Dice::new(seed, format!("kya address {} {label}", chain.symbol()));
    let forms =
        [Form::Base58(0), Form::Bech32(20), Form::Base58(5), Form::Bech32m, Form::Bech32(32)];
    let form = match chain {
        Chain::Eth => Form::Eip55,
        Chain::Btc => usize::try_from(dice.below(5))
            .ok()
            .and_then(|index| forms.get(index))
            .copied()
            .unwrap_or(Form::Bech32m),
    };
    invented_in(form, chain, &mut dice)
}

/// An address of a form of the caller's choice.
pub(super) fn invented_in(form: Form, chain: Chain, dice: &mut Dice) -> Invented {
    let shown = shown(form, &dice.bytes()).unwrap_or_default();
    let text =
        Address::read(&shown, Some(chain)).map_or_else(|_| shown.clone(), |address| address.text);
    Invented { shown, text }
}

/// An address that was made up: as a wallet shows it, and as answers write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Invented {
    pub shown: String,
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_sends_what_they_do_not_have_and_time_goes_forward() {
        let mut ledger = Ledger::new(1, Chain::Eth, "test", false);
        ledger.send("a", "b");
        assert!(ledger.transfers.is_empty(), "a has nothing yet");
        for _ in 0..20 {
            ledger.fund("outside", "a");
            ledger.send("a", "b");
            ledger.send("b", "a");
        }
        assert_eq!(ledger.transfers.len(), 60);
        let sum = |wanted: fn(&Transfer) -> bool| {
            ledger.transfers.iter().filter(|t| wanted(t)).map(|t| t.value).sum::<u128>()
        };
        assert!(
            sum(|t| t.to == "a") >= sum(|t| t.from == "a")
                && sum(|t| t.to == "b") >= sum(|t| t.from == "b")
        );
        assert!(ledger.transfers.windows(2).all(|pair| pair[0].at_s < pair[1].at_s));
    }

    #[test]
    fn invented_addresses_are_real_ones_and_follow_from_the_seed() {
        for chain in Chain::ALL {
            for label in 0..40 {
                let label = label.to_string();
                let address = invented(7, chain, &label);
                assert!(Address::read(&address.shown, Some(chain)).is_ok(), "{address:?}");
                assert_eq!(address, invented(7, chain, &label));
                assert_ne!(address, invented(8, chain, &label));
            }
        }
    }
}
