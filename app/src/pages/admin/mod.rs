//! Admin pages: people, connections, deliveries and callbacks.

pub mod api;
pub mod connections;
pub mod deliveries;
mod link;
pub mod people;
pub mod start;
mod webhooks;
