//! The SQL of rewriting old rows.

use crate::{
    Error,
    services::QUESTION,
    store::{Conn, exec, row, rows},
};
use domain::Moment;

pub(super) async fn is_due(conn: &mut Conn<'_>) -> Result<bool, Error> {
    Ok(row!(conn, (i64,), "SELECT id FROM resealing WHERE ended_at_ms IS NULL")?.is_some())
}

/// Evidence as older versions kept it.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Evidence {
    pub id: String,
    /// Of the bytes as received.
    pub sha256: String,
    pub size: i64,
    /// The body itself, of a question that stands in its row.
    pub question: Option<Vec<u8>>,
    pub customer: Option<String>,
    pub key_sealed: Option<Vec<u8>>,
}

pub(super) async fn evidence(
    conn: &mut Conn<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<Evidence>, Error> {
    Ok(rows!(
        conn,
        Evidence,
        "SELECT e.id, e.name AS sha256, e.size, CASE WHEN e.source = $3 AND e.object IS NULL THEN e.sealed END AS question, \
         c.customer_id AS customer, k.sealed AS key_sealed FROM evidence e LEFT JOIN checks c ON c.id = e.check_id \
         LEFT JOIN customer_keys k ON k.customer_id = c.customer_id WHERE e.id > $1 AND e.about IS NULL ORDER BY e.id LIMIT $2",
        after,
        limit,
        QUESTION
    )?)
}

/// Gives evidence another name; a body too, if it is sealed anew.
pub(super) async fn rename_evidence(
    conn: &mut Conn<'_>,
    id: &str,
    name: &str,
    about: &[u8],
    sealed: Option<Vec<u8>>,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE evidence SET name = $2, about = $3, size = 0, sealed = COALESCE($4, sealed) WHERE id = $1",
        id,
        name,
        about,
        sealed
    )?;
    Ok(())
}

/// A decision as older versions kept it.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Decision {
    pub id: String,
    pub seen: String,
    pub customer: Option<String>,
    pub key_sealed: Option<Vec<u8>>,
}

pub(super) async fn decisions(
    conn: &mut Conn<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<Decision>, Error> {
    Ok(rows!(
        conn,
        Decision,
        "SELECT d.id, d.seen, c.customer_id AS customer, k.sealed AS key_sealed FROM decisions d LEFT JOIN checks c ON c.id = d.check_id \
         LEFT JOIN customer_keys k ON k.customer_id = c.customer_id WHERE d.id > $1 AND d.seen <> '' ORDER BY d.id LIMIT $2",
        after,
        limit
    )?)
}

pub(super) async fn seal_seen(conn: &mut Conn<'_>, id: &str, sealed: &[u8]) -> Result<(), Error> {
    exec!(conn, "UPDATE decisions SET seen = '', seen_sealed = $2 WHERE id = $1", id, sealed)?;
    Ok(())
}

/// The next callbacks that have their old name: id, connection, name.
pub(super) async fn callbacks(
    conn: &mut Conn<'_>,
    limit: i64,
) -> Result<Vec<(String, String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String, String),
        "SELECT id, connection_id, event_id FROM callbacks WHERE id > (SELECT callback_id FROM resealing) ORDER BY id LIMIT $1",
        limit
    )?)
}

pub(super) async fn rename_callback(
    conn: &mut Conn<'_>,
    id: &str,
    name: &str,
) -> Result<(), Error> {
    exec!(conn, "UPDATE callbacks SET event_id = $2 WHERE id = $1", id, name)?;
    Ok(())
}

pub(super) async fn callbacks_done(conn: &mut Conn<'_>, last: &str) -> Result<(), Error> {
    exec!(conn, "UPDATE resealing SET callback_id = $1", last)?;
    Ok(())
}

/// A connection's callback token, sealed.
pub(super) async fn token(conn: &mut Conn<'_>, connection: &str) -> Result<Vec<u8>, Error> {
    let token = row!(
        conn,
        (Vec<u8>,),
        "SELECT callback_token_sealed FROM connections WHERE id = $1",
        connection
    )?;
    Ok(token.map(|(sealed,)| sealed).unwrap_or_default())
}

/// An entry of the journal as older versions wrote it.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Details {
    pub seq: i64,
    pub action: String,
    pub salt: Option<Vec<u8>>,
    pub details: Option<String>,
}

/// The next entries that were not looked at.
pub(super) async fn entries(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Details>, Error> {
    Ok(rows!(
        conn,
        Details,
        "SELECT j.seq, j.action, d.salt, d.details FROM journal j LEFT JOIN journal_details d ON d.seq = j.seq AND d.sealed IS NULL \
         WHERE j.seq > (SELECT seq FROM resealing) ORDER BY j.seq LIMIT $1",
        limit
    )?)
}

pub(super) async fn seal_details(
    conn: &mut Conn<'_>,
    seq: i64,
    sealed: &[u8],
) -> Result<(), Error> {
    let nothing: &[u8] = &[];
    exec!(
        conn,
        "UPDATE journal_details SET salt = $2, details = '', sealed = $3 WHERE seq = $1",
        seq,
        nothing,
        sealed
    )?;
    Ok(())
}

pub(super) async fn entries_done(conn: &mut Conn<'_>, last: i64) -> Result<(), Error> {
    exec!(conn, "UPDATE resealing SET seq = $1", last)?;
    Ok(())
}

/// Arrivals that wait: number, connection, name.
pub(super) async fn arrivals(conn: &mut Conn<'_>) -> Result<Vec<(i64, String, String)>, Error> {
    Ok(rows!(
        conn,
        (i64, String, String),
        "SELECT seq, connection_id, event_id FROM callback_arrivals ORDER BY seq"
    )?)
}

pub(super) async fn rename_arrival(conn: &mut Conn<'_>, seq: i64, name: &str) -> Result<(), Error> {
    exec!(conn, "UPDATE callback_arrivals SET event_id = $2 WHERE seq = $1", seq, name)?;
    Ok(())
}

pub(super) async fn end(conn: &mut Conn<'_>, now: Moment) -> Result<(), Error> {
    exec!(conn, "UPDATE resealing SET ended_at_ms = $1", now)?;
    Ok(())
}
