//! Wallet analysis: its launch form, and what the review page shows of it.

mod flows;
pub mod launch;
mod picture;
pub mod review;
