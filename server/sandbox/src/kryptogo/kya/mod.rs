//! Wallet analysis ("know your address"): an address of Bitcoin or Ethereum comes in, what its
//! transactions say about it goes out in the same answer, and again under an id of its own.
//!
//! Published are the members of the request and, on the outermost level, of the answer. What
//! `data`, `sdnlist` and `txlist` hold is a reconstruction, said in `report`. What comes from whom:
//! `address` reads, `roles` has the well-known addresses, `ledger` and `histories` invent
//! transactions, `report` looks at them, `book` keeps, `endpoints` answers.

mod address;
mod book;
mod endpoints;
mod histories;
mod ledger;
mod report;
mod requests;
mod roles;

pub(crate) use book::Kyas;
pub(crate) use endpoints::{create, get};
pub(crate) use roles::{Listed, listed};
