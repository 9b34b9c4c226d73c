//! The journal: an append-only hash chain of everything done and seen.
//!
//! The chain runs over commitments: `commitment = HMAC-SHA256(salt, details)` and `hash =
//! SHA-256(domain | previous hash | seq | moment | fields | commitment)`, with every field
//! length-prefixed. Details and salt stand in a table of their own, so erasing them for a customer
//! leaves the chain valid. A chain proves nothing against someone who can rewrite all of it:
//! compare its head with one that was noted elsewhere (`probity journal verify --anchor SEQ:HASH`).
//!
//! An entry also commits to the rows that its transaction wrote (`parts`, `rows`): then its
//! commitment ends with the hash of those commitments, and `record` holds the rows against them.
//!
//! Details name evidence by its keyed name, never by a hash that can be made without a key. Older
//! versions wrote such hashes: where they did, salt and details stand sealed with the master key,
//! and the commitment is compared with what is opened.

mod chain;
pub mod parts;
mod record;
mod rows;
mod sealed;
mod store;
mod views;

use crate::{Casework, Error, Sealer, journal, store::Conn};
pub use chain::chained;
use chain::{Chain, GENESIS, chained_with};
use domain::{
    Moment,
    journal::{Action, Subject},
};
use serde_json::json;
use std::time::Instant;

pub use record::{
    Difference, Record, Verification, keep, latest, verify_and_keep, verify_on, verify_record,
};
pub(crate) use sealed::seal;
pub(crate) use store::is_here;
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
    pub fn entry(
        &self,
        at: Moment,
        action: Action,
        subject: Subject,
        subject_id: &str,
        details: serde_json::Value,
    ) -> Entry {
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

/// Appends entries inside the caller's transaction, so that they stand or fall with what they
/// record.
///
/// # Errors
/// The database.
pub async fn append(conn: &mut Conn<'_>, entries: &[Entry]) -> Result<(), Error> {
    if entries.is_empty() {
        return Ok(());
    }
    let rows = rows::due(conn).await?;
    append_with(conn, entries, &rows).await
}

/// The same; the last entry commits to these rows.
async fn append_with(
    conn: &mut Conn<'_>,
    entries: &[Entry],
    rows: &[rows::Commitment],
) -> Result<(), Error> {
    conn.lock_journal().await?;
    let (mut seq, mut previous) = store::head(conn).await?.unwrap_or((0, GENESIS.to_vec()));
    let mut all = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        seq += 1;
        let salt: [u8; 16] = crate::random();
        let details = entry.details.to_string();
        let rows = (at + 1 == entries.len() && !rows.is_empty()).then(|| rows::hash_of(rows));
        let (commitment, hash) = chained_with(&previous, seq, entry, &salt, &details, rows);
        previous = hash.to_vec();
        all.push(store::New { seq, entry, commitment, hash, salt, details });
    }
    store::insert(conn, &all).await?;
    store::insert_commitments(conn, seq, rows).await
}

/// Refuses to change a row that is not what it was last committed to, or that no entry knows: the
/// next entry would commit to what was forged, too.
///
/// # Errors
/// The table and the row, or the database.
pub(crate) async fn must_stand(
    conn: &mut Conn<'_>,
    part: &'static str,
    row: &str,
) -> Result<(), Error> {
    if conn.has_written(part, row) {
        return Ok(());
    }
    rows::must_stand(conn, part, row).await
}

/// Commits to what was written after the last entry of a transaction, in an entry of its own.
///
/// # Errors
/// The database.
pub(crate) async fn commit_to_rest(conn: &mut Conn<'_>) -> Result<(), Error> {
    let rows = rows::due(conn).await?;
    if rows.is_empty() {
        return Ok(());
    }
    let mut tables: Vec<&str> = rows.iter().map(|row| row.part).collect();
    tables.dedup();
    let is_grave = tables.iter().any(|part| parts::GRAVE.contains(part));
    let action = if is_grave { Action::RightsWritten } else { Action::RowsWritten };
    let details = json!({ "rows": rows.len(), "parts": tables });
    let entry =
        Actor::worker().entry(crate::Clock::default().now(), action, Subject::System, "", details);
    append_with(conn, &[entry], &rows).await
}

/// Commits to the rows of all parts of which nothing is committed to yet, in an entry that says so,
/// or in several where there are many: what older versions wrote is covered from here on, as it
/// stands. Each part once, also one that has no rows yet. Gives how many rows.
///
/// # Errors
/// The database; the next start goes on with what was not taken over.
pub async fn take_over(db: &crate::Db, now: Moment) -> Result<usize, Error> {
    let mut taken = 0;
    while !is_taken_over(db).await? {
        taken += take_over_some(db, now).await?;
    }
    Ok(taken)
}

async fn take_over_some(db: &crate::Db, now: Moment) -> Result<usize, Error> {
    let mut tx = db.begin().await?;
    let taken = {
        let mut conn = tx.conn();
        conn.take_turns("rows taken over").await?;
        let (parts, rows) = rows::untaken(&mut conn).await?;
        if rows.is_empty() {
            return Ok(0);
        }
        let counts: serde_json::Map<_, _> = parts
            .iter()
            .filter(|(_, rows)| *rows > 0)
            .map(|(part, rows)| (part.name.to_owned(), (*rows).into()))
            .collect();
        let details = json!({ "taken over at upgrade": counts });
        let entry = Actor::worker().entry(now, Action::RowsTakenOver, Subject::System, "", details);
        append_with(&mut conn, &[entry], &rows).await?;
        rows.len() - parts.len()
    };
    tx.commit().await?;
    Ok(taken)
}

/// Whether every part was taken over.
///
/// # Errors
/// The database.
pub async fn is_taken_over(db: &crate::Db) -> Result<bool, Error> {
    let mut reader = db.read().await?;
    Ok(rows::due_parts(&mut reader.conn()).await?.is_empty())
}

/// Whether some entry says that it commits to rows, whatever became of them.
///
/// # Errors
/// The database.
pub async fn covers_rows(db: &crate::Db) -> Result<bool, Error> {
    let mut reader = db.read().await?;
    store::covers_rows(&mut reader.conn()).await
}

/// Erases the details of all entries about a subject for a customer's erasure, which is recorded
/// first; their commitments keep the chain valid.
///
/// # Errors
/// The database.
pub(crate) async fn erase_details(
    conn: &mut Conn<'_>,
    customer_id: &str,
    subject_id: &str,
    now: Moment,
) -> Result<(), Error> {
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

/// Verifies the whole chain from its first entry, and an anchor (sequence number and hash) if one
/// is given. Sealed details of old entries are not opened: see [`verify_with_key`].
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

/// The same, with a rest after each page: so long in milliseconds, and at least as long as the page
/// took.
pub(crate) async fn verify_resting(
    db: &crate::Db,
    sealer: Option<&Sealer>,
    anchor: Option<Anchor>,
    rest_ms: Option<u64>,
) -> Result<Verified, Error> {
    let mut reader = db.read().await?;
    Ok(walk(&mut reader.conn(), sealer, anchor, rest_ms, false)
        .await?
        .map_or_else(|broken| broken, Chain::end))
}

/// Follows the chain on this connection. Thoroughly, details that are gone must be named by an
/// erasure, and sealed ones must be older than the entry that says that old rows were sealed.
async fn walk(
    conn: &mut Conn<'_>,
    sealer: Option<&Sealer>,
    anchor: Option<Anchor>,
    rest_ms: Option<u64>,
    thoroughly: bool,
) -> Result<Result<Chain, Verified>, Error> {
    if anchor.as_ref().is_some_and(|(_, hash)| hash.len() < ANCHOR_MIN) {
        return Err(Error::Start(format!(
            "An anchor is SEQ:HASH with at least {ANCHOR_MIN} digits of the hash."
        )));
    }
    let broken = |seq, why: &str| Ok(Err(Verified::Broken { seq, why: why.to_owned() }));
    let (mut chain, mut sealed_since) = (Chain::new(anchor), None);
    let mut rows = store::chain_from(conn, chain.next).await?;
    while let Some(last) = rows.last() {
        let (begun, next, sealer) = (Instant::now(), last.seq.saturating_add(1), sealer.cloned());
        let mut gone = Vec::new();
        for row in rows.iter().filter(|_| thoroughly) {
            match (&row.sealed, &row.salt, &row.details) {
                (Some(_), Some(salt), Some(details)) if salt.is_empty() && details.is_empty() => {
                    sealed_since = sealed_since.or(Some(row.seq))
                }
                (Some(_), ..) => return broken(row.seq, "the details of this entry were changed"),
                (None, Some(_), Some(_)) => {}
                _ => gone.push(row.seq),
            }
            if row.action == Action::OldRowsSealed.code() {
                sealed_since = None;
            }
        }
        // What comes next is read while these are followed, on another core where there is one.
        let followed = tokio::task::spawn_blocking(move || {
            if let Some(sealer) = &sealer {
                rows.iter_mut().for_each(|row| sealed::open_for_chain(sealer, row));
            }
            chain.follow_all(&rows)
        });
        let (followed, read) = tokio::join!(followed, store::chain_from(conn, next));
        // That it stopped says nothing of what is stored.
        let followed =
            followed.unwrap_or_else(|stopped| std::panic::resume_unwind(stopped.into_panic()));
        chain = match followed {
            Ok(chain) => chain,
            Err(broken) => return Ok(Err(broken)),
        };
        if let Some(seq) = store::unexplained(conn, &gone).await? {
            return broken(seq, "the details of this entry are gone, and no erasure names them");
        }
        rows = read?;
        if let Some(rest_ms) = rest_ms {
            journal::rest(begun, rest_ms).await;
        }
    }
    if let Some(seq) = sealed_since {
        return broken(
            seq,
            "the details of this entry are sealed, and no entry says that they were",
        );
    }
    Ok(Ok(chain))
}

/// Lists entries, newest first.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework, filter: &Filter) -> Result<Vec<Row>, Error> {
    let mut reader = work.db.read().await?;
    Ok(sealed::opened(&work.sealer, store::list(&mut reader.conn(), filter).await?))
}

/// Entries of some actions, and of those whose code begins so, after one number and before another,
/// newest first.
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

/// The oldest of them after one number, oldest first, and how many newer ones there are.
///
/// # Errors
/// The database.
pub async fn oldest_of_actions(
    work: &Casework,
    codes: &[&'static str],
    prefixes: &[&'static str],
    after: i64,
    limit: i64,
) -> Result<(Vec<Row>, i64), Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let rows = store::oldest_of_actions(&mut conn, codes, prefixes, after, limit).await?;
    let last = rows.last().map_or(after, |row| row.seq);
    let newer = store::count_of_actions(&mut conn, codes, prefixes, last).await?;
    Ok((sealed::opened(&work.sealer, rows), newer))
}

/// The entries about one subject, oldest first, at most 500: its timeline.
///
/// # Errors
/// The database.
pub async fn timeline(work: &Casework, subject_id: &str) -> Result<Vec<Row>, Error> {
    let mut reader = work.db.read().await?;
    Ok(sealed::opened(&work.sealer, store::about(&mut reader.conn(), subject_id).await?))
}

/// What one person was shown of a check until a moment, oldest first.
///
/// # Errors
/// The database.
pub(crate) async fn views_of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &str,
    person: &str,
    until: Moment,
) -> Result<Vec<Row>, Error> {
    Ok(sealed::opened(&work.sealer, store::views_of(conn, check, person, until).await?))
}

/// Whether a decision was recorded in one request with decisions about other checks.
///
/// # Errors
/// The database.
pub(crate) async fn came_with_others(
    conn: &mut Conn<'_>,
    check: &str,
    person: &str,
    at: Moment,
) -> Result<bool, Error> {
    store::came_with_others(conn, check, person, at).await
}

/// Records entries in a transaction of their own. Who has just opened a check counts as looking at
/// it from now on.
///
/// # Errors
/// The database.
pub async fn record(db: &crate::Db, entries: &[Entry]) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    append(&mut tx.conn(), entries).await?;
    for entry in entries.iter().filter(|e| e.action == Action::CheckViewed) {
        store::is_here(&mut tx.conn(), &entry.subject_id, &entry.actor, entry.at).await?;
    }
    tx.commit().await
}

/// Rests as long as was worked, so that half of the time is others'.
pub(crate) async fn rest(begun: Instant, least_ms: u64) {
    tokio::time::sleep(begun.elapsed().max(std::time::Duration::from_millis(least_ms))).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Db,
        store::{exec, row},
    };

    async fn add_person(conn: &mut Conn<'_>) {
        exec!(
            conn,
            "INSERT INTO people (id, account, name, role, state, password_hash, created_at_ms) VALUES ('a', 'anna', 'Anna', 'analyst', 'active', 'x', 0)"
        )
        .expect("writes");
        conn.wrote(parts::PERSON_ROLE, "a");
    }

    async fn last_action(conn: &mut Conn<'_>) -> Option<String> {
        row!(conn, (String,), "SELECT action FROM journal ORDER BY seq DESC LIMIT 1")
            .expect("reads")
            .map(|(action,)| action)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_right_that_no_entry_tells_of_is_called_that() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite:{}", folder.path().join("desk.db").display()))
            .await
            .expect("opens");
        let mut tx = db.begin().await.expect("begins");
        add_person(&mut tx.conn()).await;
        tx.commit().await.expect("commits");
        let mut reader = db.read().await.expect("reads");
        assert_eq!(
            last_action(&mut reader.conn()).await.as_deref(),
            Some(Action::RightsWritten.code())
        );
        drop(reader);
        db.close().await;
    }
}
