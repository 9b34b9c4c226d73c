//! An SQLite file is served by one process: its workers and its memory know of no others.

use super::sqlite_path;
use crate::Error;
use std::{
    fs::{File, TryLockError},
    path::PathBuf,
};

/// The right to serve a database; given back when it is dropped, and by the system when the process
/// dies.
#[derive(Debug)]
pub struct Serving {
    /// Locked as long as it is open. The file itself stays and means nothing.
    _lock: Option<File>,
}

impl Serving {
    /// Takes the right to serve an opened database. Several processes may serve a PostgreSQL
    /// database; commands that do not serve need no right.
    ///
    /// # Errors
    /// The sentence that the operator reads: another process serves this file, or the lock cannot
    /// be made.
    pub fn claim(url: &str) -> Result<Self, Error> {
        if super::is_postgres_url(url) {
            return Ok(Self { _lock: None });
        }
        let database = sqlite_path(url);
        let cannot = |e: std::io::Error| {
            Error::Start(format!("The lock of the database {database} cannot be made: {e}."))
        };
        // By its true name, so that another way to write the path leads to the same lock.
        let mut path = std::fs::canonicalize(database).map_err(cannot)?.into_os_string();
        path.push(".serving");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(PathBuf::from(path))
            .map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(Error::Start(format!(
                "The database {database} is served by another probity already: stop that one first, or use PostgreSQL (DATABASE_URL), which several may serve."
            ))),
            Err(TryLockError::Error(e)) => Err(cannot(e)),
        }
    }
}
