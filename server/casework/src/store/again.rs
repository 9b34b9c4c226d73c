//! What PostgreSQL undid because two transactions stood in each other's way is carried out again.

use crate::Error;

/// How often an action is carried out again before whoever asked for it is told that the database
/// is busy.
const TIMES: usize = 3;

/// Carries out an action of one transaction; the whole of it again, three times at most, when
/// PostgreSQL undid it for another one's sake (a deadlock, a serialization failure). Nothing of it
/// has happened then. A commit that was not answered is never repeated here: it may have been kept.
///
/// # Errors
/// The action's.
pub(crate) async fn again<T, F: Future<Output = Result<T, Error>>>(
    action: impl Fn() -> F,
) -> Result<T, Error> {
    for time in 1..=TIMES {
        match action().await {
            Err(Error::Busy(error)) if was_undone(&error) => {
                tracing::info!(time, %error, "a transaction made room for another one; it is carried out again");
            }
            done => return done,
        }
    }
    action().await
}

/// 40001 is PostgreSQL's serialization_failure, 40P01 its deadlock_detected: the server undid all
/// of the transaction. 40003 (statement_completion_unknown) is not among them.
fn was_undone(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(|e| e.code())
        .is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01"))
}
