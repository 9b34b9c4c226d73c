//! Working side by side: saved views of the queue, who holds and who looks at a check, the team's
//! load.

pub mod api;
pub mod around;
pub mod load;
pub mod views;
