//! Due diligence: its launch form and its table of many.

pub mod launch;
pub mod many;
