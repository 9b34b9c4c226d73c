//! The journal: an append-only hash chain of everything done and seen.
//!
//! The chain runs over commitments: `commitment = HMAC-SHA256(salt, details)` and
//! `hash = SHA-256(domain | previous hash | seq | moment | fields | commitment)`, with every field
//! length-prefixed. Details and salt stand in a table of their own, so erasing them for a customer
//! leaves the chain valid. A chain proves nothing against someone who can rewrite all of it: compare
//! its head with one that was noted elsewhere (`probity journal verify --anchor SEQ:HASH`).
//!
//! Details name evidence by its keyed name, never by a hash that can be made without a key. Older versions wrote such hashes:
//! where they did, salt and details stand sealed with the master key, and the commitment is compared with what is opened.

mod chain;
mod sealed;
mod store;
mod views;

use crate::{Casework, Error, Sealer, inspection, store::Conn};
pub use chain::chained;
use chain::{Chain, GENESIS};
use domain::{
    Moment,
    journal::{Action, Subject},
};
use std::time::Instant;

pub(crate) use sealed::seal;
pub use store::{Filter, Row};
pub use views::ViewRecorder;

/// Who does something: a person's id, or a part of the program.
pub const WORKER: &str = "worker";
/// The command line.
pub const OPERATOR: &str = "operator";
/// Somebody who is not signed in.
pub const STRANGER: &str = "stranger";

/// One thing to record.
#[derive(Debug, Clone)]
pub struct Entry {
    pub at: Moment,
    pub actor: String,
    pub action: Action,
    pub subject: Subject,
    pub subject_id: String,
    pub request_id: String,
    /// JSON; may hold personal data, is committed to and can be erased.
    pub details: serde_json::Value,
}

/// Who acts, in which request; every action takes one.
#[derive(Debug, Clone)]
pub struct Actor {
    pub id: String,
    pub request_id: String,
}

impl Actor {
    #[must_use]
    pub fn new(id: &str, request_id: &str) -> Self {
        Self { id: id.to_owned(), request_id: request_id.to_owned() }
    }

    #[must_use]
    pub fn worker() -> Self {
        Self::new(WORKER, "")
    }

    #[must_use]
    pub fn operator() -> Self {
        Self::new(OPERATOR, "")
    }

    #[must_use]
    pub fn entry(&self, at: Moment, action: Action, subject: Subject, subject_id: &str, details: serde_json::Value) -> Entry {
        Entry {
            at,
            actor: self.id.clone(),
            action,
            subject,
            subject_id: subject_id.to_owned(),
            request_id: self.request_id.clone(),
            details,
        }
    }
}

/// Appends entries inside the caller's transaction, so that they stand or fall with what they record.
///
/// # Errors
/// The database.
pub async fn append(conn: &mut Conn<'_>, entries: &[Entry]) -> Result<(), Error> {
    conn.lock_journal().await?;
    let (mut seq, mut previous) = store::head(conn).await?.unwrap_or((0, GENESIS.to_vec()));
    let mut all = Vec::with_capacity(entries.len());
    for entry in entries {
        seq += 1;
        let salt: [u8; 16] = crate::random();
        let details = entry.details.to_string();
        let (commitment, hash) = chained(&previous, seq, entry, &salt, &details);
        previous = hash.to_vec();
        all.push(store::New { seq, entry, commitment, hash, salt, details });
    }
    store::insert(conn, &all).await
}

/// Erases the details of all entries about a subject for a customer's erasure, which is recorded first; their commitments keep
/// the chain valid.
///
/// # Errors
/// The database.
pub(crate) async fn erase_details(conn: &mut Conn<'_>, customer_id: &str, subject_id: &str, now: Moment) -> Result<(), Error> {
    store::erase_details(conn, customer_id, subject_id, now).await
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Every entry follows from the one before it.
    Intact { entries: i64, erased: i64, head: String },
    /// The first entry that does not, and why.
    Broken { seq: i64, why: String },
}

/// An entry that the chain must have: its number, and how its hash begins.
pub type Anchor = (i64, String);

/// The shortest beginning of a hash that is taken as an anchor: 64 bits.
const ANCHOR_MIN: usize = 16;

/// Verifies the whole chain from its first entry, and an anchor (sequence number and hash) if one is given. Sealed details of
/// old entries are not opened: see [`verify_with_key`].
///
/// # Errors
/// The database, or an anchor whose hash is too short to prove anything.
pub async fn verify(db: &crate::Db, anchor: Option<Anchor>) -> Result<Verified, Error> {
    verify_resting(db, None, anchor, None).await
}

/// The same, and compares sealed details with what was committed to, too.
///
/// # Errors
/// As [`verify`].
pub async fn verify_with_key(work: &Casework, anchor: Option<Anchor>) -> Result<Verified, Error> {
    verify_resting(&work.db, Some(&work.sealer), anchor, None).await
}

/// The same, with a rest after each page: so long in milliseconds, and at least as long as the page took.
pub(crate) async fn verify_resting(
    db: &crate::Db,
    sealer: Option<&Sealer>,
    anchor: Option<Anchor>,
    rest_ms: Option<u64>,
) -> Result<Verified, Error> {
    if anchor.as_ref().is_some_and(|(_, hash)| hash.len() < ANCHOR_MIN) {
        return Err(Error::Start(format!("An anchor is SEQ:HASH with at least {ANCHOR_MIN} digits of the hash.")));
    }
    let (mut reader, mut chain) = (db.read().await?, Chain::new(anchor));
    let mut conn = reader.conn();
    let mut rows = store::chain_from(&mut conn, chain.next).await?;
    while let Some(last) = rows.last() {
        let (begun, next, sealer) = (Instant::now(), last.seq.saturating_add(1), sealer.cloned());
        // What comes next is read while these are followed, on another core where there is one.
        let followed = tokio::task::spawn_blocking(move || {
            if let Some(sealer) = &sealer {
                rows.iter_mut().for_each(|row| sealed::open_for_chain(sealer, row));
            }
            chain.follow_all(&rows)
        });
        let (followed, read) = tokio::join!(followed, store::chain_from(&mut conn, next));
        // That it stopped says nothing of what is stored.
        let followed = followed.unwrap_or_else(|stopped| std::panic::resume_unwind(stopped.into_panic()));
        chain = match followed {
            Ok(chain) => chain,
            Err(broken) => return Ok(broken),
        };
        rows = read?;
        if let Some(rest_ms) = rest_ms {
            inspection::rest(begun, rest_ms).await;
        }
    }
    Ok(chain.end())
}

/// Lists entries, newest first.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework, filter: &Filter) -> Result<Vec<Row>, Error> {
    let mut reader = work.db.read().await?;
    Ok(sealed::opened(&work.sealer, store::list(&mut reader.conn(), filter).await?))
}

/// Entries of some actions, and of those whose code begins so, after one number and before another, newest first.
///
/// # Errors
/// The database.
pub async fn of_actions(
    work: &Casework,
    codes: &[&'static str],
    prefixes: &[&'static str],
    after: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let mut reader = work.db.read().await?;
    let rows = store::of_actions(&mut reader.conn(), codes, prefixes, after, before, limit).await?;
    Ok(sealed::opened(&work.sealer, rows))
}

/// The entries about one subject, oldest first, at most 500: its timeline.
///
/// # Errors
/// The database.
pub async fn timeline(work: &Casework, subject_id: &str) -> Result<Vec<Row>, Error> {
    let mut reader = work.db.read().await?;
    Ok(sealed::opened(&work.sealer, store::about(&mut reader.conn(), subject_id).await?))
}

/// Records entries in a transaction of their own. Who has just opened a check counts as looking at it from now on.
///
/// # Errors
/// The database.
pub async fn record(db: &crate::Db, entries: &[Entry]) -> Result<(), Error> {
    let mut tx = db.write().await?;
    append(&mut tx.conn(), entries).await?;
    for entry in entries.iter().filter(|e| e.action == Action::CheckViewed) {
        crate::team::store::is_here(&mut tx.conn(), &entry.subject_id, &entry.actor, entry.at).await?;
    }
    tx.commit().await
}
