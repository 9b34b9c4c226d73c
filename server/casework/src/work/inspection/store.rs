//! The SQL of inspections, and of what they read.

use super::{Fault, Found, Inspection};
use crate::{
    Error,
    journal::{Anchor, parts::INSPECTIONS},
    records::customers::ERASED,
    store::{Conn, exec, row, rows},
};
use domain::Moment;

/// Rows read at once.
const PAGE: i64 = 16;

/// When the inspection that is under way, or else the newest, was begun and ended, and how long its
/// lease runs.
pub(super) async fn newest(
    conn: &mut Conn<'_>,
) -> Result<Option<(Moment, Option<Moment>, Moment)>, Error> {
    Ok(row!(
        conn,
        (i64, Option<i64>, i64),
        "SELECT begun_at_ms, ended_at_ms, lease_until_ms FROM inspections \
         ORDER BY CASE WHEN ended_at_ms IS NULL THEN 0 ELSE 1 END, begun_at_ms DESC, id DESC LIMIT 1"
    )?)
}

/// The last entry of the journal when an inspection last found nothing wrong.
pub(super) async fn last_head(conn: &mut Conn<'_>) -> Result<Option<Anchor>, Error> {
    Ok(row!(
        conn,
        (i64, String),
        "SELECT entries, head FROM inspections WHERE ended_at_ms IS NOT NULL AND faults = 0 AND entries > 0 ORDER BY ended_at_ms DESC, id DESC LIMIT 1"
    )?)
}

/// Begins an inspection; one that came to no end is forgotten.
pub(super) async fn begin(
    conn: &mut Conn<'_>,
    id: &str,
    now: Moment,
    lease_until: Moment,
) -> Result<(), Error> {
    exec!(conn, "DELETE FROM inspections WHERE ended_at_ms IS NULL")?;
    exec!(
        conn,
        "INSERT INTO inspections (id, begun_at_ms, lease_until_ms, entries, head, evidence, others, missed, faults, named) \
         VALUES ($1, $2, $3, 0, '', 0, 0, 0, 0, '[]')",
        id,
        now,
        lease_until
    )?;
    Ok(())
}

/// Whether the inspection is still ours.
pub(super) async fn extend(
    conn: &mut Conn<'_>,
    id: &str,
    lease_until: Moment,
) -> Result<bool, Error> {
    Ok(exec!(
        conn,
        "UPDATE inspections SET lease_until_ms = $2 WHERE id = $1 AND ended_at_ms IS NULL",
        id,
        lease_until
    )? > 0)
}

/// Whether the inspection was still ours.
pub(super) async fn end(
    conn: &mut Conn<'_>,
    id: &str,
    found: &Found,
    now: Moment,
) -> Result<bool, Error> {
    let named = serde_json::to_string(&found.named).map_err(|e| Error::Corrupt(e.to_string()))?;
    let ended = exec!(
        conn,
        "UPDATE inspections SET ended_at_ms = $2, entries = $3, head = $4, evidence = $5, others = $6, missed = $7, faults = $8, named = $9 \
         WHERE id = $1 AND ended_at_ms IS NULL",
        id,
        now,
        found.entries,
        &found.head,
        found.evidence,
        found.others,
        found.missed,
        found.faults,
        named
    )?;
    conn.wrote(INSPECTIONS, id);
    Ok(ended > 0)
}

/// Forgets all but the newest, and the last one that found nothing wrong.
pub(super) async fn forget_old(conn: &mut Conn<'_>, kept: i64) -> Result<(), Error> {
    let gone = rows!(
        conn,
        (String,),
        "DELETE FROM inspections WHERE id NOT IN (SELECT id FROM inspections ORDER BY begun_at_ms DESC, id DESC LIMIT $1) AND id NOT IN \
         (SELECT id FROM inspections WHERE ended_at_ms IS NOT NULL AND faults = 0 AND entries > 0 ORDER BY ended_at_ms DESC, id DESC LIMIT 1) RETURNING id",
        kept
    )?;
    gone.iter().for_each(|(id,)| conn.wrote(INSPECTIONS, id));
    Ok(())
}

#[derive(sqlx_macros::FromRow)]
struct Row {
    begun_at_ms: Moment,
    ended_at_ms: Moment,
    entries: i64,
    head: String,
    evidence: i64,
    others: i64,
    missed: i64,
    faults: i64,
    named: String,
}

pub(super) async fn latest(conn: &mut Conn<'_>) -> Result<Option<Inspection>, Error> {
    let row = row!(
        conn,
        Row,
        "SELECT begun_at_ms, ended_at_ms, entries, head, evidence, others, missed, faults, named FROM inspections \
         WHERE ended_at_ms IS NOT NULL ORDER BY ended_at_ms DESC, id DESC LIMIT 1"
    )?;
    let Some(Row {
        begun_at_ms: begun_at,
        ended_at_ms: ended_at,
        entries,
        head,
        evidence,
        others,
        missed,
        faults,
        named,
    }) = row
    else {
        return Ok(None);
    };
    let named: Vec<Fault> = serde_json::from_str(&named)
        .map_err(|e| Error::Corrupt(format!("faults of an inspection: {e}")))?;
    Ok(Some(Inspection {
        begun_at,
        ended_at,
        found: Found { entries, head, evidence, others, missed, faults, named },
    }))
}

/// A row's id, and what is sealed in it if that is there.
pub(super) type Sealed = (String, Option<Vec<u8>>);

/// Customers after an id with their sealed keys; of those who were erased nothing is left to open.
pub(super) async fn customer_keys(conn: &mut Conn<'_>, after: &str) -> Result<Vec<Sealed>, Error> {
    Ok(rows!(
        conn,
        Sealed,
        "SELECT c.id, k.sealed FROM customers c LEFT JOIN customer_keys k ON k.customer_id = c.id \
         WHERE c.id > $1 AND (k.customer_id IS NOT NULL OR c.name <> $2) ORDER BY c.id LIMIT $3",
        after,
        ERASED,
        PAGE
    )?)
}

/// Stored callbacks after an id.
pub(super) async fn callbacks(conn: &mut Conn<'_>, after: &str) -> Result<Vec<Sealed>, Error> {
    Ok(rows!(
        conn,
        Sealed,
        "SELECT id, sealed FROM callbacks WHERE id > $1 ORDER BY id LIMIT $2",
        after,
        PAGE
    )?)
}

/// A piece of evidence that is to be opened.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Piece {
    pub id: String,
    pub check_id: String,
    /// Whose check it is; nothing when there is no such check.
    pub customer: Option<String>,
    pub is_outside: i64,
    pub is_picture: i64,
}

/// Evidence after an id, without that of erased customers.
pub(super) async fn evidence(conn: &mut Conn<'_>, after: &str) -> Result<Vec<Piece>, Error> {
    Ok(rows!(
        conn,
        Piece,
        "SELECT e.id, e.check_id, c.customer_id AS customer, CAST(CASE WHEN e.object IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_outside, \
         CAST(CASE WHEN r.evidence_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_picture FROM evidence e \
         LEFT JOIN checks c ON c.id = e.check_id LEFT JOIN customer_keys k ON k.customer_id = c.customer_id \
         LEFT JOIN renditions r ON r.evidence_id = e.id \
         WHERE e.id > $1 AND (c.id IS NULL OR k.customer_id IS NOT NULL) ORDER BY e.id LIMIT $2",
        after,
        PAGE
    )?)
}
