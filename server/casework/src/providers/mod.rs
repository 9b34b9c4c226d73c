//! Provider clients: guarded HTTP with deadlines and limits, and each provider's own words behind it.

mod guard;
pub mod kryptogo;

pub use guard::{Answer, CallError, Clients, Target, check_address};
