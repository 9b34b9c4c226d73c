//! What people do at the desk: decide, review, queue, take and hand over, erase. Launching is the
//! services'.
//!
//! It knows the services and the records; what works by itself (`work`) knows it, never the other
//! way round.

pub mod decide;
pub mod decide_many;
pub mod erase;
pub mod facts;
pub mod memory;
pub mod named;
pub mod queue;
pub mod review;
pub mod reviewing;
pub mod seen;
pub mod team;
