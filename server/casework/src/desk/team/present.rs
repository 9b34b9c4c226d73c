//! Who has a check open now. Opening it counts with its entry in the journal; from then on its page
//! says so.

use crate::{
    Casework, Error,
    records::{
        checks::{self as checks, Check},
        team as team_store,
    },
};
use domain::{CheckId, people::Caller, team::PRESENT_TIME};

/// The page of a check is still open before this person.
///
/// # Errors
/// The database.
pub async fn is_here(work: &Casework, caller: &Caller, check: &CheckId) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    crate::journal::is_here(&mut tx.conn(), check.as_str(), caller.id.as_str(), work.now()).await?;
    tx.commit().await
}

/// Who holds a check, and who has it open: what its page keeps up to date.
#[derive(Debug, Clone)]
pub struct Around {
    pub check: Check,
    /// The name of whom the check's hold names; whether it still counts is for
    /// [`crate::desk::team::claims::hold`].
    pub holder: Option<String>,
    /// Ids and names, by name; the reader is among them.
    pub present: Vec<(String, String)>,
}

/// What goes on around a check now.
///
/// # Errors
/// Unknown, or the database.
pub async fn around(work: &Casework, id: &CheckId) -> Result<Around, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let check = checks::find(&mut conn, id).await?.ok_or(Error::NotFound)?;
    let holder = match &check.claimed_by {
        Some(person) => team_store::name_of(&mut conn, person).await?,
        None => None,
    };
    let present = team_store::present(&mut conn, id.as_str(), work.now() - PRESENT_TIME).await?;
    work.db.keep(reader);
    Ok(Around { check, holder, present })
}

/// Forgets who has not been heard of for a while.
///
/// # Errors
/// The database.
pub async fn sweep(work: &Casework) -> Result<u64, Error> {
    let mut tx = work.db.begin().await?;
    let swept = team_store::sweep(&mut tx.conn(), work.now() - PRESENT_TIME).await?;
    tx.commit().await?;
    Ok(swept)
}
