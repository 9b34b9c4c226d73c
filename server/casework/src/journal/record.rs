//! The record as a whole: the chain of entries, and the rows that people read, held against what
//! the entries commit to.
//!
//! Three walks, each in order and page by page, whatever the size: over the covered tables beside
//! the newest commitment to each row; over the chain of entries; over all commitments beside the
//! entry whose commitment ends with their hash. Rows come first, so that what they were held
//! against is followed afterwards, also while others write. It takes no key: old details that are
//! sealed with the master key are opened where one is given.

use super::{
    Anchor, Verified,
    parts::{PARTS, Part, RowsHash},
    rows,
    store::{self, CoveredRow, Which},
    walk,
};
use crate::{
    Casework, Db, Error, Sealer, journal,
    store::{Conn, written},
};
use std::time::Instant;

/// What is not as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub table: String,
    /// The row's id; of the journal the entry's number.
    pub row: String,
    pub why: String,
}

impl Difference {
    fn new(table: &str, row: impl Into<String>, why: impl Into<String>) -> Self {
        Self { table: table.to_owned(), row: row.into(), why: why.into() }
    }

    /// In a sentence without its end.
    #[must_use]
    pub fn words(&self) -> String {
        match self.table.as_str() {
            "journal" | "journal_details" => {
                format!("The journal is broken at entry {}: {}", self.row, self.why)
            }
            table => format!("The record is broken in {table}, row {}: {}", self.row, self.why),
        }
    }
}

/// What a verification of the record found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// The entries follow from one another, and so many rows are as they say.
    Holds { entries: i64, erased: i64, rows: i64, head: String },
    /// The first thing that is not.
    Differs(Difference),
}

/// Verifies chain and rows; old sealed details are opened where there is a sealer.
///
/// # Errors
/// The database, or an anchor whose hash is too short to prove anything.
pub async fn verify_record(
    db: &Db,
    sealer: Option<&Sealer>,
    anchor: Option<Anchor>,
) -> Result<Record, Error> {
    let mut reader = db.read().await?;
    verify_on(&mut reader.conn(), sealer, anchor, None).await
}

/// The same on a connection that may be in the middle of a transaction.
///
/// # Errors
/// As [`verify_record`].
pub async fn verify_on(
    conn: &mut Conn<'_>,
    sealer: Option<&Sealer>,
    anchor: Option<Anchor>,
    rest_ms: Option<u64>,
) -> Result<Record, Error> {
    let (held, differs) = rows_hold(conn, rest_ms).await?;
    let walked = match walk(conn, sealer, anchor, rest_ms, true).await? {
        Ok(walked) => walked,
        Err(Verified::Broken { seq, why }) => {
            let table = if why.contains("details") { "journal_details" } else { "journal" };
            return Ok(Record::Differs(Difference::new(table, seq.to_string(), why)));
        }
        Err(Verified::Intact { .. }) => {
            return Err(Error::Corrupt("a chain that is broken and intact".into()));
        }
    };
    let (last, with_rows) = (walked.next - 1, walked.with_rows);
    if let Some(differs) = commitments_hold(conn, last, with_rows, rest_ms).await? {
        return Ok(Record::Differs(differs));
    }
    Ok(match (differs, walked.end()) {
        (_, Verified::Broken { seq, why }) => {
            Record::Differs(Difference::new("journal", seq.to_string(), why))
        }
        (Some(differs), _) => Record::Differs(differs),
        (None, Verified::Intact { entries, erased, head }) => {
            Record::Holds { entries, erased, rows: held, head }
        }
    })
}

/// How many rows are as the entries say, up to the first that is not.
async fn rows_hold(
    conn: &mut Conn<'_>,
    rest_ms: Option<u64>,
) -> Result<(i64, Option<Difference>), Error> {
    let mut held = 0;
    for part in PARTS {
        if store::is_untaken(conn, part).await? == Some(true) {
            // An older version's, before its first start with this one. What says otherwise could
            // not vanish from under the chain.
            continue;
        }
        for gone in [false, true] {
            let mut page = page_of(conn, part, gone, "").await?;
            while let Some(after) = page.last().map(|row| row.id.clone()) {
                let begun = Instant::now();
                let looked = tokio::task::spawn_blocking(move || {
                    let fault =
                        page.iter().find_map(|row| Some((row.id.clone(), rows::fault(part, row)?)));
                    (page.len(), fault)
                });
                let (looked, next) = tokio::join!(looked, page_of(conn, part, gone, &after));
                let (looked, fault) = looked
                    .unwrap_or_else(|stopped| std::panic::resume_unwind(stopped.into_panic()));
                if let Some((row, why)) = fault {
                    return Ok((held, Some(Difference::new(part.table, row, why))));
                }
                held += i64::try_from(if gone { 0 } else { looked }).unwrap_or(0);
                page = next?;
                if let Some(rest_ms) = rest_ms {
                    journal::rest(begun, rest_ms).await;
                }
            }
        }
    }
    let unerased = store::unerased(conn).await?;
    let why = "an erasure is recorded, and the customer still has their key";
    Ok((held, unerased.map(|subject| Difference::new("erasures", subject, why))))
}

async fn page_of(
    conn: &mut Conn<'_>,
    part: &Part,
    gone: bool,
    after: &str,
) -> Result<Vec<CoveredRow>, Error> {
    if gone {
        store::gone(conn, part, after).await
    } else {
        store::covered(conn, part, Which::After(after)).await
    }
}

/// Holds the commitments against the entries, up to the last one that was followed.
async fn commitments_hold(
    conn: &mut Conn<'_>,
    last: i64,
    with_rows: i64,
    rest_ms: Option<u64>,
) -> Result<Option<Difference>, Error> {
    let differs = |seq: i64| {
        Difference::new(
            "commitments",
            seq.to_string(),
            format!("this is not what entry {seq} commits to"),
        )
    };
    let (mut at, mut groups, mut hash) = ((0, 0), 0, None::<(i64, RowsHash, Vec<u8>)>);
    let is_as_said =
        |(_, hash, said): (i64, RowsHash, Vec<u8>)| said.get(32..) == Some(&hash.end()[..]);
    if let Some(seq) = store::unfounded(conn).await? {
        return Ok(Some(Difference::new("journal", seq.to_string(), "this entry is missing")));
    }
    loop {
        let begun = Instant::now();
        let page = store::commitments_from(conn, at, last).await?;
        let Some(end) = page.last() else { break };
        at = (end.seq, end.n);
        for row in page {
            if hash.as_ref().is_none_or(|(seq, ..)| *seq != row.seq) {
                groups += 1;
                let said = row.commitment.clone().unwrap_or_default();
                if let Some(before) = hash.replace((row.seq, RowsHash::new(), said)) {
                    let seq = before.0;
                    if !is_as_said(before) {
                        return Ok(Some(differs(seq)));
                    }
                }
            }
            if let Some((_, hash, _)) = &mut hash {
                hash.add(&row.part, &row.row_id, &row.mac);
            }
        }
        if let Some(rest_ms) = rest_ms {
            journal::rest(begun, rest_ms).await;
        }
    }
    if let Some(last) = hash {
        let seq = last.0;
        if !is_as_said(last) {
            return Ok(Some(differs(seq)));
        }
    }
    if groups == with_rows {
        return Ok(None);
    }
    Ok(Some(differs(store::bare_entry(conn).await?.unwrap_or(0))))
}

/// Verifies the record for somebody, and keeps what was found: [`latest`] gives it.
///
/// # Errors
/// The database.
pub async fn verify_and_keep(work: &Casework, actor: &super::Actor) -> Result<Verification, Error> {
    work.views.flush().await;
    let record = verify_record(&work.db, Some(&work.sealer), None).await?;
    keep(&work.db, actor, &record, work.now()).await
}

/// Keeps what a verification found, with its entry in the journal.
///
/// # Errors
/// The database.
pub async fn keep(
    db: &Db,
    actor: &super::Actor,
    record: &Record,
    now: domain::Moment,
) -> Result<Verification, Error> {
    let found = Verification::of(&actor.id, record, now);
    let id = crate::new_id();
    written!(db, async |conn| {
        store::insert_verification(conn, &id, &found).await?;
        let details = serde_json::json!({
            "entries": found.entries, "rows": found.held, "head": found.head, "table": found.place, "row": found.row_id, "why": found.why,
        });
        let entry = actor.entry(
            now,
            domain::journal::Action::RecordVerified,
            domain::journal::Subject::System,
            &id,
            details,
        );
        super::append(conn, &[entry]).await?;
        Ok(())
    })?;
    Ok(found)
}

/// The newest verification that somebody asked for.
///
/// # Errors
/// The database.
pub async fn latest(work: &Casework) -> Result<Option<Verification>, Error> {
    let mut reader = work.db.read().await?;
    store::latest_verification(&mut reader.conn()).await
}

/// What a verification found, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Verification {
    pub at_ms: domain::Moment,
    pub by_id: String,
    /// The person's name, where it was a person.
    pub by_name: Option<String>,
    pub entries: i64,
    pub erased: i64,
    /// Rows that are as the entries say.
    pub held: i64,
    /// Empty when something is wrong.
    pub head: String,
    pub place: Option<String>,
    pub row_id: Option<String>,
    pub why: Option<String>,
}

impl Verification {
    fn of(by: &str, record: &Record, now: domain::Moment) -> Self {
        let nothing = Self {
            at_ms: now,
            by_id: by.to_owned(),
            by_name: None,
            entries: 0,
            erased: 0,
            held: 0,
            head: String::new(),
            place: None,
            row_id: None,
            why: None,
        };
        match record.clone() {
            Record::Holds { entries, erased, rows, head } => {
                Self { entries, erased, held: rows, head, ..nothing }
            }
            Record::Differs(d) => {
                Self { place: Some(d.table), row_id: Some(d.row), why: Some(d.why), ..nothing }
            }
        }
    }

    /// The first fault, if there was one.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        Some(Difference {
            table: self.place.clone()?,
            row: self.row_id.clone()?,
            why: self.why.clone()?,
        })
    }
}
