//! The services, a folder each: their launch forms, and what the review page shows of them.

pub mod at_once;
pub mod due_diligence;
pub mod idv;
pub mod many;
pub mod number_match;
pub mod under_way;
pub mod video;
pub mod wallet;
