//! The program `probity`: configuration, HTTP, and what stands between the network and the pages.
//!
//! `config` reads settings, `desk` puts the pieces together and serves, `routes` makes the router
//! out of the pages' own table, `guard` holds everything that every request passes. `private` keeps
//! files from others.

// Views are types that contain each other; an optimised build looks deeper into them than the usual
// limit.
#![recursion_limit = "256"]
// `print!` and its like panic when nobody reads any more; see `say`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

/// A page is many small texts that live for a millisecond, a picture a few large blocks that must
/// go back to the system.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

pub mod backup;
mod callbacks;
pub mod commands;
mod compress;
pub mod config;
pub mod desk;
pub mod guard;
pub mod private;
pub mod routes;
pub mod say;
pub mod serve;
mod uploads;
mod visitors;

pub use desk::Desk;
