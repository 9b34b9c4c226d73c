//! What people see.
//!
//! `islands` are the small parts that wake up in the browser; they are compiled for both halves.
//! `pages` (pages, forms, thin server functions) exist on the server only: this one gate is all
//! there is.

#![recursion_limit = "512"]

pub mod islands;
#[cfg(feature = "ssr")]
pub mod pages;
