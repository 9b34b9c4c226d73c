//! Video identification: the launch in three steps, what the review page shows of it, documents,
//! and the person at Solaris.

mod alarms;
pub mod api;
pub mod documents;
mod face;
pub mod launch;
mod outcome;
pub mod person;
mod person_form;
mod reference;
mod review;
mod standing;
mod steps;
mod words;

pub use alarms::alarms;
pub use face::Video;
