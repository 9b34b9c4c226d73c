//! The journal: an append-only hash chain of everything done and seen.
//!
//! The chain runs over commitments: `commitment = HMAC-SHA256(salt, details)` and
//! `hash = SHA-256(domain | previous hash | seq | moment | fields | commitment)`, with every field
//! length-prefixed. Details and salt stand in a table of their own, so erasing them for a customer
//! leaves the chain valid. A chain proves nothing against someone who can rewrite all of it: compare
//! its head with one that was noted elsewhere (`probity journal verify --anchor SEQ:HASH`).

mod store;
mod views;

use crate::{Error, store::Conn};
use domain::{
    Moment,
    journal::{Action, Subject},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

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

const GENESIS: [u8; 32] = [0; 32];

fn commitment(salt: &[u8], details: &str) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(salt).expect("HMAC takes keys of any length");
    mac.update(details.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The fields that a hash covers.
struct Link<'a> {
    seq: i64,
    at: Moment,
    fields: [&'a str; 5],
    commitment: &'a [u8],
}

fn link_hash(previous: &[u8], link: &Link<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"probity journal v1\0");
    hash.update(previous);
    hash.update(link.seq.to_be_bytes());
    hash.update(link.at.to_be_bytes());
    for field in link.fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hash.update(link.commitment);
    hash.finalize().into()
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
        let commitment = commitment(&salt, &details);
        let fields = [entry.actor.as_str(), entry.action.code(), entry.subject.code(), &entry.subject_id, &entry.request_id];
        let hash = link_hash(&previous, &Link { seq, at: entry.at, fields, commitment: &commitment });
        previous = hash.to_vec();
        all.push(store::New { seq, entry, commitment, hash, salt, details });
    }
    store::insert(conn, &all).await
}

/// Erases the details of all entries about a subject; their commitments keep the chain valid.
///
/// # Errors
/// The database.
pub(crate) async fn erase_details(conn: &mut Conn<'_>, subject_id: &str) -> Result<(), Error> {
    store::erase_details(conn, subject_id).await
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Every entry follows from the one before it.
    Intact { entries: i64, erased: i64, head: String },
    /// The first entry that does not, and why.
    Broken { seq: i64, why: String },
}

/// The shortest beginning of a hash that is taken as an anchor: 64 bits.
const ANCHOR_MIN: usize = 16;

/// Verifies the whole chain from its first entry, and an anchor (sequence number and hash) if one is given.
///
/// # Errors
/// The database, or an anchor whose hash is too short to prove anything.
pub async fn verify(db: &crate::Db, anchor: Option<(i64, String)>) -> Result<Verified, Error> {
    if anchor.as_ref().is_some_and(|(_, hash)| hash.len() < ANCHOR_MIN) {
        return Err(Error::Start(format!("An anchor is SEQ:HASH with at least {ANCHOR_MIN} digits of the hash.")));
    }
    let mut reader = db.read().await?;
    let (mut expected, mut previous, mut erased) = (1, GENESIS.to_vec(), 0);
    let mut anchored = anchor.is_none();
    loop {
        let rows = store::chain_from(&mut reader.conn(), expected).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let broken = |why: &str| Ok(Verified::Broken { seq: expected, why: why.to_owned() });
            if row.seq != expected {
                return broken("this entry is missing");
            }
            let fields = [row.actor.as_str(), &row.action, &row.subject, &row.subject_id, &row.request_id];
            let hash = link_hash(&previous, &Link { seq: row.seq, at: row.at_ms, fields, commitment: &row.commitment });
            if hash.as_slice() != row.hash {
                return broken("this entry, or the order before it, was changed");
            }
            match (&row.salt, &row.details) {
                (Some(salt), Some(details)) if commitment(salt, details).as_slice() != row.commitment => {
                    return broken("the details of this entry were changed");
                }
                (Some(_), Some(_)) => {}
                _ => erased += 1,
            }
            if let Some((seq, wanted)) = &anchor
                && *seq == row.seq
            {
                if !hex::encode(hash).starts_with(&wanted.to_lowercase()) {
                    return broken("this entry differs from the anchor: the chain was rewritten");
                }
                anchored = true;
            }
            previous = hash.to_vec();
            expected += 1;
        }
    }
    if let (false, Some((seq, _))) = (anchored, anchor) {
        return Ok(Verified::Broken { seq: expected, why: format!("the chain ends before the anchored entry {seq}: its tail was cut") });
    }
    Ok(Verified::Intact { entries: expected - 1, erased, head: hex::encode(previous) })
}

/// Lists entries, newest first.
///
/// # Errors
/// The database.
pub async fn list(db: &crate::Db, filter: &Filter) -> Result<Vec<Row>, Error> {
    let mut reader = db.read().await?;
    store::list(&mut reader.conn(), filter).await
}

/// The entries about one subject, oldest first, at most 500: its timeline.
///
/// # Errors
/// The database.
pub async fn timeline(db: &crate::Db, subject_id: &str) -> Result<Vec<Row>, Error> {
    let mut reader = db.read().await?;
    store::about(&mut reader.conn(), subject_id).await
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
