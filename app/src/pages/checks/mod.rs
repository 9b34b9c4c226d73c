//! The queue, the review page, evidence, and the server functions behind them.

pub mod api;
pub mod assign_many;
pub mod decide_many;
pub mod decision;
mod decision_panel;
pub mod evidence;
mod findings;
mod memory;
pub mod queue;
pub mod review;
mod rounds;
pub mod who;
