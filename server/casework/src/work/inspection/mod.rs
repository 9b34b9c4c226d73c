//! The inspection: once a day everything is read that could go bad unseen, and what is not as it
//! was written is named.
//!
//! Read are the database's file, the journal's chain (held against the head of the last inspection
//! that found nothing wrong, so that a tail that was cut or written anew shows), the keys of
//! customers, stored callbacks, secrets of connections, and every piece of evidence wherever it
//! lies. It goes page by page and rests as long as it works, so that nobody feels it. One at a time
//! is under way, whatever the number of instances: its row is held by a lease that is kept alive,
//! and an inspection whose instance died is begun anew.

mod look;
mod store;

pub(crate) use crate::journal::rest;
use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    store::again,
};
use domain::{
    Moment,
    fields::thousands,
    journal::{Action, Subject},
    time,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;

/// The first faults are named; all are counted.
const NAMED_MAX: usize = 50;
/// How many inspections are kept, besides the last one that found nothing wrong.
const KEPT: i64 = 100;
/// What takes turns when an inspection is begun.
const TURN: &str = "inspection";

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Names the exact thing.
    pub words: String,
    /// The check that it belongs to, if it is evidence.
    pub check: Option<String>,
}

/// What an inspection found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Entries of the journal that follow from one another.
    pub entries: i64,
    /// The hash of the last one; empty when one does not follow.
    pub head: String,
    /// Pieces of evidence that are as they were received.
    pub evidence: i64,
    /// Keys, callbacks and secrets that opened.
    pub others: i64,
    /// Files that were out of reach.
    pub missed: i64,
    pub faults: i64,
    pub named: Vec<Fault>,
}

impl Found {
    /// What was read and is well, in words.
    #[must_use]
    pub fn words(&self) -> String {
        let missed = match self.missed {
            0 => String::new(),
            n => format!(" {} out of reach and not inspected.", count(n, "file was", "files were")),
        };
        format!(
            "{}, {} and {} are as they were written.{missed}",
            count(self.entries, "entry of the journal", "entries of the journal"),
            count(self.evidence, "piece of evidence", "pieces of evidence"),
            count(self.others, "key, callback or credential", "keys, callbacks and credentials"),
        )
    }

    /// How much is wrong, in words.
    #[must_use]
    pub fn wrong(&self) -> String {
        count(self.faults, "fault", "faults")
    }
}

fn count(n: i64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(usize::try_from(n).unwrap_or(0)), if n == 1 { one } else { many })
}

/// An inspection that came to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    pub begun_at: Moment,
    pub ended_at: Moment,
    pub found: Found,
}

/// The last inspection that came to its end.
///
/// # Errors
/// The database.
pub async fn latest(work: &Casework) -> Result<Option<Inspection>, Error> {
    let mut reader = work.db.read().await?;
    store::latest(&mut reader.conn()).await
}

/// Inspects now; nothing when an inspection is under way elsewhere.
///
/// # Errors
/// The database: then nothing was found out.
pub async fn inspect(work: &Casework, actor: &Actor) -> Result<Option<Found>, Error> {
    carry_out(work, actor, 0).await
}

/// Inspects if the last inspection was begun a day ago or earlier, and none is under way elsewhere.
///
/// # Errors
/// As [`inspect`].
pub async fn daily(work: &Casework) -> Result<Option<Found>, Error> {
    let found = carry_out(work, &Actor::worker(), time::DAY).await?;
    for fault in found.iter().flat_map(|found| &found.named) {
        tracing::error!(fault = fault.words, "the inspection found a fault");
    }
    Ok(found)
}

/// Inspects if the last inspection was begun so long ago or longer.
async fn carry_out(work: &Casework, actor: &Actor, age: i64) -> Result<Option<Found>, Error> {
    let Some((id, anchor)) = begin(work, age).await? else { return Ok(None) };
    let looked = tokio::select! {
        looked = look::look(work, anchor) => looked,
        () = until_taken_over(work, &id) => return Ok(None),
    };
    match looked {
        Ok(found) => Ok(again(|| end(work, actor, &id, &found)).await?.then_some(found)),
        Err(error) => {
            // Whoever is next need not wait for the lease to end.
            give_up(work, &id).await.ok();
            Err(error)
        }
    }
}

/// Begins an inspection; gives its id and the entry that the journal must still have.
async fn begin(
    work: &Casework,
    age: i64,
) -> Result<Option<(String, Option<journal::Anchor>)>, Error> {
    let (id, now) = (new_id(), work.now());
    let mut tx = work.db.begin().await?;
    let anchor = {
        let mut conn = tx.conn();
        conn.take_turns(TURN).await?;
        let is_free = match store::newest(&mut conn).await? {
            Some((_, None, lease_until)) => lease_until <= now,
            // Of a clock that was far ahead, nobody waits until it is caught up with.
            Some((begun_at, Some(_), _)) => (now - begun_at).abs() >= age,
            None => true,
        };
        if !is_free {
            return Ok(None);
        }
        store::begin(&mut conn, &id, now, now + work.pace.lease_ms).await?;
        store::last_head(&mut conn).await?
    };
    tx.commit().await?;
    Ok(Some((id, anchor)))
}

/// Keeps the lease alive; ends when another instance began anew.
async fn until_taken_over(work: &Casework, id: &str) {
    let third = Duration::from_millis(u64::try_from(work.pace.lease_ms / 3).unwrap_or(0));
    loop {
        tokio::time::sleep(third).await;
        match extend(work, id).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                tracing::warn!(%error, "the lease of the inspection could not be kept alive; trying again")
            }
        }
    }
}

async fn extend(work: &Casework, id: &str) -> Result<bool, Error> {
    let mut tx = work.db.begin().await?;
    let is_ours = store::extend(&mut tx.conn(), id, work.now() + work.pace.lease_ms).await?;
    tx.commit().await?;
    Ok(is_ours)
}

async fn give_up(work: &Casework, id: &str) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    store::extend(&mut tx.conn(), id, 0).await?;
    tx.commit().await
}

/// Writes down what was found; nothing when another instance began anew.
async fn end(work: &Casework, actor: &Actor, id: &str, found: &Found) -> Result<bool, Error> {
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        if !store::end(&mut conn, id, found, now).await? {
            return Ok(false);
        }
        store::forget_old(&mut conn, KEPT).await?;
        let details = json!({
            "entries": found.entries, "head": found.head, "evidence": found.evidence, "others": found.others,
            "not_inspected": found.missed, "faults": found.faults,
            "named": found.named.iter().map(|fault| &fault.words).collect::<Vec<_>>(),
        });
        journal::append(
            &mut conn,
            &[actor.entry(now, Action::Inspected, Subject::System, id, details)],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_said_in_numbers() {
        let found = Found { entries: 1_234, evidence: 1, others: 2, ..Found::default() };
        assert_eq!(
            found.words(),
            "1,234 entries of the journal, 1 piece of evidence and 2 keys, callbacks and credentials are as they were written."
        );
        let found = Found { missed: 2, faults: 1, ..found };
        assert!(found.words().ends_with(" 2 files were out of reach and not inspected."));
        assert_eq!(found.wrong(), "1 fault");
    }
}
