//! What is known of the disk under an SQLite database.
//!
//! When writing or syncing fails, the system may have thrown the data away and call the next sync a
//! success: nobody can tell any more what is on the disk. So nothing is written or acknowledged
//! afterwards, and the program ends; whoever starts it anew lets SQLite recover from what the disk
//! really holds.

use crate::Error;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};
use tokio_util::sync::CancellationToken;

/// From this size of the write-ahead log on somebody should be told: a reader that never ends keeps
/// it from being folded in.
pub const LOG_ALERT: u64 = 512 * 1024 * 1024;

/// SQLITE_IOERR, the last byte of each of its codes.
const IOERR: i32 = 10;

#[derive(Clone, Debug)]
pub struct Disk {
    failed: CancellationToken,
    log: Arc<PathBuf>,
    /// Commits since it was looked at last whether to fold them in.
    behind: Arc<AtomicUsize>,
    /// Something was erased that the log may still hold.
    holds_erased: Arc<AtomicBool>,
}

impl Disk {
    pub(super) fn of(database: &str) -> Self {
        let file = database.split('?').next().unwrap_or(database);
        Self {
            failed: CancellationToken::new(),
            log: Arc::new(format!("{file}-wal").into()),
            behind: Arc::default(),
            holds_erased: Arc::default(),
        }
    }

    pub(super) fn committed(&self) {
        self.behind.fetch_add(1, Ordering::Release);
    }

    /// How many transactions were committed since this was asked last.
    pub(super) fn commits(&self) -> usize {
        self.behind.swap(0, Ordering::AcqRel)
    }

    pub(super) fn erased(&self) {
        self.holds_erased.store(true, Ordering::Release);
    }

    /// Whether something was erased since this was asked last.
    pub(super) fn holds_erased(&self) -> bool {
        self.holds_erased.swap(false, Ordering::AcqRel)
    }

    /// Looks at why a commit or a checkpoint failed.
    pub(super) fn judge(&self, error: &sqlx::Error) {
        let code = error
            .as_database_error()
            .and_then(|e| e.code())
            .and_then(|code| code.parse::<i32>().ok());
        if code.is_some_and(|code| code & 0xff == IOERR) {
            tracing::error!(%error, "the disk failed to keep what was written; nothing is written any more");
            self.failed.cancel();
        }
    }

    pub(super) fn must_be_sound(&self) -> Result<(), Error> {
        if self.failed.is_cancelled() {
            Err(Error::Start("The disk failed; the program ends.".into()))
        } else {
            Ok(())
        }
    }

    pub(super) async fn failed(&self) {
        self.failed.cancelled().await;
    }

    pub(super) fn log_bytes(&self) -> u64 {
        std::fs::metadata(self.log.as_path()).map_or(0, |metadata| metadata.len())
    }
}
