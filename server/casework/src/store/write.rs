//! The one way to write: a transaction that begins, is carried out again when PostgreSQL undid it
//! for another one's sake, is durable when it ends, and wakes the workers if it left them work.

use super::{Db, Tx};
use crate::{Casework, Error};

/// How often an action is carried out again before whoever asked for it is told that the database
/// is busy.
const TIMES: usize = 3;

/// Carries out an action as one transaction, over the desk's `Casework` or over a `Db`, and gives
/// what the action gives. What the action refuses leaves nothing behind.
///
/// The whole of it is carried out again, three times at most, when PostgreSQL undid it because two
/// transactions stood in each other's way (a deadlock, a serialization failure): nothing of it has
/// happened then. So an action changes nothing but the database and tells nobody; what is to be
/// known outside is what it gives. A commit that was not answered is never repeated, for it may
/// have been kept.
///
/// ```ignore
/// written!(work, async |conn| {
///     let check = checks::hold(conn, id).await?.ok_or(Error::NotFound)?;
///     journal::append(conn, &[entry]).await
/// })
/// ```
///
/// Written out where it stands, not a function that takes a closure: a future that holds a closure
/// over borrowed connections cannot be proven to be [`Send`]
/// (<https://github.com/rust-lang/rust/issues/102211>).
macro_rules! written {
    ($over:expr, async |$conn:ident| $body:block) => {{
        let mut time = 0;
        loop {
            time += 1;
            let mut tx = match $over.begin().await {
                Ok(tx) => tx,
                Err(error) => break Err(error),
            };
            let done: Result<_, $crate::Error> = async {
                let $conn = &mut tx.conn();
                $body
            }
            .await;
            if let Some(done) = $over.end(tx, done, time).await {
                break done;
            }
        }
    }};
}
pub(crate) use written;

impl Db {
    /// Ends a transaction of [`written`]: commits what was done, and undoes what was refused;
    /// nothing when it is to be carried out again.
    pub(crate) async fn end<T>(
        &self,
        tx: Tx,
        done: Result<T, Error>,
        time: usize,
    ) -> Option<Result<T, Error>> {
        let ended = match done {
            Ok(value) => tx.commit().await.map(|()| value),
            Err(error) => {
                drop(tx);
                Err(error)
            }
        };
        (!is_carried_out_again(&ended, time)).then_some(ended)
    }
}

impl Casework {
    pub(crate) async fn begin(&self) -> Result<Tx, Error> {
        self.db.begin().await
    }

    /// As over a database; and the workers are woken when the transaction left them work.
    pub(crate) async fn end<T>(
        &self,
        tx: Tx,
        done: Result<T, Error>,
        time: usize,
    ) -> Option<Result<T, Error>> {
        let wakes = tx.leaves().work;
        let ended = self.db.end(tx, done, time).await;
        if wakes && matches!(ended, Some(Ok(_))) {
            self.wake.notify_waiters();
        }
        ended
    }
}

/// Carries out an action that makes transactions of its own; the whole of it again, three times at
/// most, when PostgreSQL undid one for another one's sake.
///
/// # Errors
/// The action's.
pub(crate) async fn again<T, F: Future<Output = Result<T, Error>>>(
    action: impl Fn() -> F,
) -> Result<T, Error> {
    let mut time = 0;
    loop {
        time += 1;
        let done = action().await;
        if !is_carried_out_again(&done, time) {
            return done;
        }
    }
}

/// Whether what ended so, this time, made room for another transaction and is carried out again.
fn is_carried_out_again<T>(ended: &Result<T, Error>, time: usize) -> bool {
    let undone = match ended {
        Err(Error::Busy(error)) if time <= TIMES && was_undone(error) => error,
        _ => return false,
    };
    tracing::info!(time, error = %undone, "a transaction made room for another one; it is carried out again");
    true
}

/// 40001 is PostgreSQL's serialization_failure, 40P01 its deadlock_detected: the server undid all
/// of the transaction. 40003 (statement_completion_unknown) is not among them.
fn was_undone(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|e| e.code())
        .is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
}
