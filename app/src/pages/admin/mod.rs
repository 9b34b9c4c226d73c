//! Admin pages: people, connections, deliveries and callbacks.

pub mod api;
pub mod connections;
pub mod deliveries;
pub mod people;
mod webhooks;
