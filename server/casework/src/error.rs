//! What can go wrong when an action is carried out.

use crate::providers::CallError;
use domain::{Refusal, fields::Refused};

/// Why an action was not carried out. `Refused` and `Form` are for people; the rest is for the log.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A rule said no.
    #[error("{0}")]
    Refused(Refusal),
    /// A form has fields that stand in the way.
    #[error("the form was refused")]
    Form(Box<Refused>),
    #[error("not found")]
    NotFound,
    /// The database is busy or out of reach; trying again later may help.
    #[error("the database is busy: {0}")]
    Busy(sqlx::Error),
    /// The database's disk is full: nothing can be written until there is room, and everything can
    /// be read.
    #[error("the database's disk is full: {0}")]
    Full(sqlx::Error),
    /// The line broke while a transaction was being committed: it may have been.
    #[error("the database did not confirm: {0}")]
    Unsure(sqlx::Error),
    #[error("database: {0}")]
    Store(sqlx::Error),
    #[error("stored data cannot be read: {0}")]
    Corrupt(String),
    /// A row that is not what it was last committed to: nothing goes on from it.
    #[error(
        "This row was changed past the record ({table}, {row}), so the desk does not go on from it: {why}. Verify the journal: probity journal verify"
    )]
    PastRecord { table: &'static str, row: String, why: String },
    #[error("sealed data: {0}")]
    Seal(#[from] crate::SealError),
    #[error("provider: {0}")]
    Provider(#[from] CallError),
    /// A body of evidence whose object is missing or was altered.
    #[error("evidence {id} cannot be read: {why}")]
    Unreadable { id: String, why: String },
    /// The place for files of evidence is full or out of reach: trying again later may help.
    #[error("{0}")]
    Files(String),
    #[error("{0}")]
    Start(String),
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Refused> for Error {
    fn from(form: Refused) -> Self {
        Self::Form(Box::new(form))
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        // PostgreSQL takes no NUL in a text; nothing stored has one, so nothing is found by it.
        if error.as_database_error().and_then(|e| e.code()).is_some_and(|c| c == "22021") {
            return Self::NotFound;
        }
        let code = error.as_database_error().and_then(|e| e.code()).unwrap_or_default();
        // SQLITE_FULL and PostgreSQL's disk_full.
        if matches!(code.as_ref(), "13" | "53100") {
            return Self::Full(error);
        }
        let busy = match &error {
            sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) => true,
            // 5 and 6 are SQLITE_BUSY and SQLITE_LOCKED; of PostgreSQL: a lost line, retries,
            // exhaustion, and a server that ends or restarts.
            sqlx::Error::Database(_) => {
                matches!(code.as_ref(), "5" | "6" | "261" | "517")
                    || ["08", "40", "53", "57P"].iter().any(|class| code.starts_with(class))
            }
            _ => false,
        };
        if busy { Self::Busy(error) } else { Self::Store(error) }
    }
}
