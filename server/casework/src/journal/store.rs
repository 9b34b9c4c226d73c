//! The journal's SQL.

use super::Entry;
use crate::{
    Error,
    store::{Conn, Sql, exec, exec_of, parts, row, rows, rows_of},
};
use domain::Moment;

/// Rows read at once while verifying.
const STRIDE: i64 = 2_000;

pub(super) async fn head(conn: &mut Conn<'_>) -> Result<Option<(i64, Vec<u8>)>, Error> {
    Ok(row!(conn, (i64, Vec<u8>), "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")?)
}

/// An entry that is about to be written, with its place in the chain.
pub(super) struct New<'a> {
    pub seq: i64,
    pub entry: &'a Entry,
    pub commitment: [u8; 32],
    pub hash: [u8; 32],
    pub salt: [u8; 16],
    pub details: String,
}

pub(super) async fn insert(conn: &mut Conn<'_>, all: &[New<'_>]) -> Result<(), Error> {
    for part in parts(all) {
        let mut sql = Sql::default();
        sql.push("INSERT INTO journal (seq, at_ms, actor, action, subject, subject_id, request_id, commitment, hash) VALUES ");
        for (at, new) in part.iter().enumerate() {
            let entry = new.entry;
            sql.push(if at == 0 { "(" } else { ", (" }).int(new.seq).push(", ").int(entry.at).push(", ").text(&entry.actor);
            sql.push(", ").text(entry.action.code()).push(", ").text(entry.subject.code()).push(", ").text(&entry.subject_id);
            sql.push(", ").text(&entry.request_id).push(", ").bytes(new.commitment).push(", ").bytes(new.hash).push(")");
        }
        exec_of!(conn, &sql)?;
        let mut sql = Sql::default();
        sql.push("INSERT INTO journal_details (seq, salt, details) VALUES ");
        for (at, new) in part.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" }).int(new.seq).push(", ").bytes(new.salt).push(", ").text(&new.details).push(")");
        }
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

/// Records whose erasure it is, and erases the details: the database refuses the one without the other.
pub(super) async fn erase_details(conn: &mut Conn<'_>, customer_id: &str, subject_id: &str, now: Moment) -> Result<(), Error> {
    let until = head(conn).await?.map_or(0, |(seq, _)| seq);
    exec!(
        conn,
        "INSERT INTO erasures (subject_id, customer_id, until_seq, recorded_at_ms) \
         SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) \
         WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE subject_id = $1 AND customer_id = $2 AND until_seq = $3)",
        subject_id,
        customer_id,
        until,
        now
    )?;
    exec!(
        conn,
        "DELETE FROM journal_details WHERE seq IN (SELECT seq FROM journal WHERE subject_id = $1 AND seq <= $2)",
        subject_id,
        until
    )?;
    Ok(())
}

#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(super) struct ChainRow {
    pub seq: i64,
    pub at_ms: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub subject_id: String,
    pub request_id: String,
    pub commitment: Vec<u8>,
    pub hash: Vec<u8>,
    pub salt: Option<Vec<u8>>,
    pub details: Option<String>,
    /// Salt and details, where they are sealed.
    pub sealed: Option<Vec<u8>>,
}

/// The entries from a number on. That is said of the details as well: PostgreSQL merges two ordered lists, and would walk along
/// the second one from its beginning each time.
pub(super) async fn chain_from(conn: &mut Conn<'_>, seq: i64) -> Result<Vec<ChainRow>, Error> {
    Ok(rows!(
        conn,
        ChainRow,
        "SELECT j.seq, j.at_ms, j.actor, j.action, j.subject, j.subject_id, j.request_id, j.commitment, j.hash, d.salt, d.details, d.sealed \
         FROM journal j LEFT JOIN journal_details d ON d.seq = j.seq AND d.seq >= $1 WHERE j.seq >= $1 ORDER BY j.seq LIMIT $2",
        seq,
        STRIDE
    )?)
}

/// An entry as it is listed.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Row {
    pub seq: i64,
    pub at_ms: i64,
    pub actor: String,
    /// The person's name, where the actor is a person.
    pub actor_name: Option<String>,
    pub action: String,
    pub subject: String,
    pub subject_id: String,
    pub request_id: String,
    /// JSON, or nothing when it was erased.
    pub details: Option<String>,
    /// Salt and details, until they are opened.
    pub(super) sealed: Option<Vec<u8>>,
}

/// What to list; empty fields filter nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub actor: Option<String>,
    pub action: Option<String>,
    pub subject_id: Option<String>,
    pub from_ms: Option<i64>,
    pub until_ms: Option<i64>,
    /// Entries before this number (for older pages).
    pub before: Option<i64>,
    pub limit: i64,
}

const COLUMNS: &str = "SELECT j.seq, j.at_ms, j.actor, p.name AS actor_name, j.action, j.subject, j.subject_id, j.request_id, d.details, d.sealed \
     FROM journal j LEFT JOIN people p ON p.id = j.actor LEFT JOIN journal_details d ON d.seq = j.seq WHERE j.seq > 0";

pub(super) async fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS);
    if let Some(actor) = &filter.actor {
        sql.push(" AND j.actor = ").text(actor);
    }
    if let Some(action) = &filter.action {
        sql.push(" AND j.action = ").text(action);
    }
    if let Some(subject) = &filter.subject_id {
        sql.push(" AND j.subject_id = ").text(subject);
    }
    if let Some(from) = filter.from_ms {
        sql.push(" AND j.at_ms >= ").int(from);
    }
    if let Some(until) = filter.until_ms {
        sql.push(" AND j.at_ms < ").int(until);
    }
    if let Some(before) = filter.before {
        sql.push(" AND j.seq < ").int(before);
    }
    sql.push(" ORDER BY j.seq DESC LIMIT ").int(filter.limit.clamp(1, 500));
    Ok(rows_of!(conn, Row, &sql)?)
}

/// Entries of some actions, and of those whose code begins so, after one number and before another, newest first.
pub(super) async fn of_actions(
    conn: &mut Conn<'_>,
    codes: &[&'static str],
    prefixes: &[&'static str],
    after: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS).push(" AND j.seq > ").int(after);
    if let Some(before) = before {
        sql.push(" AND j.seq < ").int(before);
    }
    sql.push(" AND (j.action IN (");
    for (at, code) in codes.iter().enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).text(*code);
    }
    sql.push(")");
    for prefix in prefixes {
        // A range and no LIKE: in one `_` stands for any character.
        sql.push(" OR (j.action >= ").text(*prefix).push(" AND j.action < ").text(format!("{prefix}~")).push(")");
    }
    sql.push(") ORDER BY j.seq DESC LIMIT ").int(limit);
    Ok(rows_of!(conn, Row, &sql)?)
}

pub(super) async fn about(conn: &mut Conn<'_>, subject_id: &str) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS).push(" AND j.subject_id = ").text(subject_id).push(" ORDER BY j.seq LIMIT 500");
    Ok(rows_of!(conn, Row, &sql)?)
}
