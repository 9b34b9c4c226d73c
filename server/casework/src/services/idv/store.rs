//! The SQL of pictures, renditions, handouts and kept uploads.

use crate::{
    Error,
    journal::parts::PICTURES,
    store::{Conn, exec, row, rows},
};
use domain::{CheckId, Moment, idv::Slot};

/// A picture of a check, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Picture {
    pub slot: String,
    /// `uploaded` or `provider`.
    pub origin: String,
    /// `due`, `kept`, `gone` or `failed`.
    pub state: String,
    pub evidence_id: Option<String>,
    pub format: Option<String>,
    pub width: Option<i64>,
    pub height: Option<i64>,
    pub bytes: Option<i64>,
    pub why: Option<String>,
    pub tries: i64,
}

impl Picture {
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        Slot::parse(&self.slot)
    }
}

pub(crate) async fn pictures(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Picture>, Error> {
    Ok(rows!(
        conn,
        Picture,
        "SELECT slot, origin, state, evidence_id, format, width, height, bytes, why, tries FROM pictures WHERE check_id = $1 ORDER BY slot, origin",
        check.as_str()
    )?)
}

/// The latest accepted ID verification of a customer.
pub(crate) async fn latest_accepted(
    conn: &mut Conn<'_>,
    customer: &str,
) -> Result<Option<String>, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE customer_id = $1 AND kind = 'idv' AND state = 'accepted' ORDER BY launched_at_ms DESC, id DESC LIMIT 1",
        customer
    )?
    .map(|(id,)| id))
}

pub(crate) async fn put_picture(
    conn: &mut Conn<'_>,
    check: &CheckId,
    p: &Picture,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO pictures (check_id, slot, origin, state, evidence_id, format, width, height, bytes, why, tries) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (check_id, slot, origin) DO UPDATE SET state = excluded.state, evidence_id = excluded.evidence_id, format = excluded.format, width = excluded.width, \
         height = excluded.height, bytes = excluded.bytes, why = excluded.why, tries = excluded.tries",
        check.as_str(),
        &p.slot,
        &p.origin,
        &p.state,
        &p.evidence_id,
        &p.format,
        p.width,
        p.height,
        p.bytes,
        &p.why,
        p.tries
    )?;
    conn.wrote(PICTURES, &format!("{}/{}/{}", check.as_str(), p.slot, p.origin));
    Ok(())
}

pub(crate) async fn put_rendition(
    conn: &mut Conn<'_>,
    evidence: &str,
    content_type: &str,
    sealed: &[u8],
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO renditions (evidence_id, content_type, sealed) VALUES ($1, $2, $3) ON CONFLICT (evidence_id) DO NOTHING",
        evidence,
        content_type,
        sealed
    )?;
    Ok(())
}

/// A rendition with its customer, if the picture belongs to the check.
pub(super) async fn rendition(
    conn: &mut Conn<'_>,
    check: &CheckId,
    evidence: &str,
) -> Result<Option<(Vec<u8>, String, String)>, Error> {
    Ok(row!(
        conn,
        (Vec<u8>, String, String),
        "SELECT r.sealed, r.content_type, c.customer_id FROM renditions r JOIN evidence e ON e.id = r.evidence_id JOIN checks c ON c.id = e.check_id WHERE r.evidence_id = $1 AND e.check_id = $2",
        evidence,
        check.as_str()
    )?)
}

/// Something that is shown once.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Handout {
    /// `link` or `token`.
    pub kind: String,
    pub made_at_ms: i64,
    pub expires_at_ms: Option<i64>,
    pub shown_at_ms: Option<i64>,
    pub shown_by: Option<String>,
}

pub(super) async fn put_handout(
    conn: &mut Conn<'_>,
    check: &CheckId,
    kind: &str,
    sealed: &[u8],
    expires_at: Option<Moment>,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO handouts (check_id, kind, sealed, made_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (check_id) DO UPDATE SET sealed = excluded.sealed, made_at_ms = excluded.made_at_ms, expires_at_ms = excluded.expires_at_ms, shown_at_ms = NULL, shown_by = NULL",
        check.as_str(),
        kind,
        sealed,
        now,
        expires_at
    )?;
    Ok(())
}

/// The handout of a check, without its text; the name of who was shown it.
pub(crate) async fn handout(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Option<Handout>, Error> {
    Ok(row!(
        conn,
        Handout,
        "SELECT h.kind, h.made_at_ms, h.expires_at_ms, h.shown_at_ms, p.name AS shown_by FROM handouts h LEFT JOIN people p ON p.id = h.shown_by WHERE h.check_id = $1",
        check.as_str()
    )?)
}

pub(super) async fn sealed_handout(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Option<Vec<u8>>, Error> {
    Ok(row!(
        conn,
        (Option<Vec<u8>>,),
        "SELECT sealed FROM handouts WHERE check_id = $1",
        check.as_str()
    )?
    .and_then(|(sealed,)| sealed))
}

/// Notes who was shown a handout and forgets its text. Gives 1 for the one who was first.
pub(super) async fn show_handout(
    conn: &mut Conn<'_>,
    check: &CheckId,
    by: &str,
    now: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE handouts SET sealed = NULL, shown_at_ms = $3, shown_by = $2 WHERE check_id = $1 AND sealed IS NOT NULL",
        check.as_str(),
        by,
        now
    )?)
}

/// Forgets the text of a handout that nobody needs any more.
pub(crate) async fn forget_handout(conn: &mut Conn<'_>, check: &CheckId) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE handouts SET sealed = NULL WHERE check_id = $1 AND sealed IS NOT NULL",
        check.as_str()
    )?)
}

/// An upload that waits for its form.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(super) struct KeptUpload {
    pub id: String,
    pub slot: String,
    pub name: String,
    pub format: String,
    pub width: i64,
    pub height: i64,
    pub sealed: Vec<u8>,
}

pub(super) async fn keep_upload(
    conn: &mut Conn<'_>,
    owner: &str,
    k: &KeptUpload,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO kept_uploads (id, owner, slot, name, format, width, height, sealed, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        &k.id,
        owner,
        &k.slot,
        &k.name,
        &k.format,
        k.width,
        k.height,
        k.sealed.as_slice(),
        now
    )?;
    Ok(())
}

pub(super) async fn kept_upload(
    conn: &mut Conn<'_>,
    owner: &str,
    id: &str,
    since: Moment,
) -> Result<Option<KeptUpload>, Error> {
    Ok(row!(
        conn,
        KeptUpload,
        "SELECT id, slot, name, format, width, height, sealed FROM kept_uploads WHERE id = $1 AND owner = $2 AND created_at_ms >= $3",
        id,
        owner,
        since
    )?)
}

pub(super) async fn forget_uploads(conn: &mut Conn<'_>, before: Moment) -> Result<u64, Error> {
    Ok(exec!(conn, "DELETE FROM kept_uploads WHERE created_at_ms < $1", before)?)
}

/// Forgets what somebody chose longest ago, until no more than `most` uploads of `bytes_most`
/// together are left.
pub(super) async fn forget_oldest_uploads(
    conn: &mut Conn<'_>,
    owner: &str,
    most: i64,
    bytes_most: i64,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "DELETE FROM kept_uploads WHERE id IN (SELECT id FROM (SELECT id, ROW_NUMBER() OVER newest_first AS place, SUM(LENGTH(sealed)) OVER newest_first AS bytes \
         FROM kept_uploads WHERE owner = $1 WINDOW newest_first AS (ORDER BY created_at_ms DESC, id DESC)) ranked WHERE place > $2 OR bytes > $3)",
        owner,
        most,
        bytes_most
    )?)
}

pub(super) async fn forget_upload(
    conn: &mut Conn<'_>,
    owner: &str,
    id: &str,
) -> Result<u64, Error> {
    Ok(exec!(conn, "DELETE FROM kept_uploads WHERE id = $1 AND owner = $2", id, owner)?)
}
