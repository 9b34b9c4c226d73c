//! Who is signed in where, and ending one of those sessions.

use super::{IDLE_TIME, store_roles};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    store::written,
};
use domain::journal::{Action, Subject};
use serde_json::json;

pub use store_roles::OpenSession;

/// Open sessions, of one person or of everybody, the last used first.
///
/// # Errors
/// The database.
pub async fn open_sessions(
    work: &Casework,
    person: Option<&str>,
) -> Result<Vec<OpenSession>, Error> {
    let now = work.now();
    let mut reader = work.db.read().await?;
    store_roles::sessions(&mut reader.conn(), person, now, now - IDLE_TIME).await
}

/// Ends one session at once: one's own, or anybody's where `of_anybody` says that the caller may.
///
/// # Errors
/// There is no such session (any more), or the database.
pub async fn end_session(
    work: &Casework,
    actor: &Actor,
    name: &str,
    of_anybody: bool,
) -> Result<(), Error> {
    written!(work, async |conn| {
        let person = (!of_anybody).then_some(actor.id.as_str());
        let whose = store_roles::end_session(conn, name, person).await?.ok_or(Error::NotFound)?;
        let entry = actor.entry(
            work.now(),
            Action::SessionEnded,
            Subject::Person,
            &whose,
            json!({ "by_themself": whose == actor.id }),
        );
        journal::append(conn, &[entry]).await?;
        Ok(())
    })
}
