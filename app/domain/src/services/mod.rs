//! One folder for each service: its form, what is asked, what an answer says, and what a person must judge in it.

pub mod age_verification;
pub mod sim_swap;
pub mod tenure;
