//! What works by itself: deliveries, reads at providers, callbacks, the inspection. The topmost
//! floor.

pub mod generate;
pub mod inbox;
pub mod inspection;
pub mod outbox;
pub mod resealing;
pub mod webhooks;
pub mod workers;
