//! KryptoGO Compliance KYABC API 0.1.0: due-diligence tasks, ID verification and wallet analysis.
//!
//! `client` speaks HTTP, `wire` reads their words; the rest of Probity sees only what is exported
//! here.

mod client;
mod idv;
mod kya;
mod wire;

pub(crate) use client::{ANOTHER_TASK, UPLOAD_TIME_MAX_MS};
pub use client::{Client, NewTask};
pub use idv::{IdvAnswer, IdvReason, IdvRequest, Started, idv_id_of};
pub use kya::{Kya, Sanctioned, Transfer};
pub use wire::{Details, Item, SourceStatus, Summary, Unread, task_id_of};

/// The provider's name in sentences.
pub const NAME: &str = "KryptoGO";
