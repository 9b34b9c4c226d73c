//! Pages and server functions, and the one table that says who may open which.
//!
//! A page loads what it shows, then renders: status and redirects are decided before a byte leaves,
//! and nothing needs a script to be complete. Routes exist only by standing in [`ROUTES`], with the
//! permission they need, so an undeclared route cannot be reached.

pub mod access;
pub mod admin;
pub mod area;
pub mod checks;
pub mod customers;
pub mod decisions;
pub mod error;
pub mod flash;
pub mod forms;
pub mod home;
pub mod html;
pub mod inspection;
pub mod journal;
pub mod launching;
pub mod page;
pub mod parts;
pub mod people;
pub mod pictures;
pub mod policies;
pub mod providers;
pub mod qr;
pub mod request;
pub mod route;
pub mod rows;
pub mod said;
pub mod services;
pub mod shell;
pub mod signs;
pub mod team;
pub mod viewed;
pub mod visible;

pub use access::{API, Need, ROUTES, Route};
pub use error::AppError;
pub use html::Html;
pub use page::{Asked, Page, Shown};
pub use request::{Assets, Ctx};
