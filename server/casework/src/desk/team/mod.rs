//! Working side by side: saved views, taking and handing over, who is looking, the team's load.

pub mod claims;
pub mod load;
pub mod present;
pub mod views;

pub use crate::records::team::{Handed, View};
pub use load::{Load, Member, Unassigned};
pub use present::Around;
