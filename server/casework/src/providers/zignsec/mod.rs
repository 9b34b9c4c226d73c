//! ZignSec's country-specific services for Denmark, version 2: PID-CPR match and ROFUS.
//!
//! `client` speaks HTTP, `wire` reads their words; the rest of Probity sees only what is exported
//! here.

mod client;
mod wire;

pub use client::Client;
pub(crate) use wire::masked;
pub use wire::{Complaint, PidCprAnswer, RofusAnswer};

/// The provider's name in sentences.
pub const NAME: &str = "ZignSec";
