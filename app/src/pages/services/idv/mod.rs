//! ID verification: its launch forms, what the review page shows of it, and what is handed out once.

pub mod api;
pub mod launch;
pub mod pictures;
pub mod review;
