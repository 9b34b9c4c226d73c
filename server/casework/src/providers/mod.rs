//! Provider clients: guarded HTTP with deadlines and limits, and each provider's own words behind
//! it.

mod basic;
pub mod camara;
#[cfg(test)]
mod fuzz;
mod guard;
mod json;
pub mod kryptogo;
mod networks;
pub(crate) mod overheard;
#[cfg(test)]
mod served;
pub mod solaris;
mod unreached;
pub mod zignsec;

#[cfg(test)]
pub(crate) use guard::CALL_TIME_MS;
pub use guard::{Answer, CallError, Clients, Target, Why, check_address};
pub use networks::{Networks, is_public};
pub use overheard::{NOT_TAKEN, REFUSAL};
