//! Comments for colleagues, and metadata.

use crate::{
    Error,
    journal::parts::{COMMENT_WORDS, COMMENTS},
    store::{Conn, exec, row, rows},
};
use domain::{CheckId, Moment};

/// A comment with its author's name.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Comment {
    pub id: String,
    pub author: String,
    pub body: String,
    pub written_at_ms: i64,
}

pub(crate) async fn comments(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Comment>, Error> {
    Ok(rows!(
        conn,
        Comment,
        "SELECT c.id, p.name AS author, c.body, c.written_at_ms FROM comments c JOIN people p ON p.id = c.author_id WHERE c.check_id = $1 ORDER BY c.written_at_ms, c.id",
        check.as_str()
    )?)
}

pub(crate) async fn has_comment(conn: &mut Conn<'_>, id: &str) -> Result<bool, Error> {
    Ok(row!(conn, (String,), "SELECT id FROM comments WHERE id = $1", id)?.is_some())
}

pub(crate) async fn insert_comment(
    conn: &mut Conn<'_>,
    id: &str,
    check: &CheckId,
    author: &str,
    body: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO comments (id, check_id, author_id, body, written_at_ms) VALUES ($1, $2, $3, $4, $5)",
        id,
        check.as_str(),
        author,
        body,
        now
    )?;
    conn.wrote(COMMENTS, id);
    conn.wrote(COMMENT_WORDS, id);
    Ok(())
}

pub(crate) async fn metadata(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Vec<(String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String),
        "SELECT name, value FROM metadata WHERE check_id = $1 ORDER BY name",
        check.as_str()
    )?)
}

pub(crate) async fn put_metadata(
    conn: &mut Conn<'_>,
    check: &CheckId,
    name: &str,
    value: Option<&str>,
) -> Result<(), Error> {
    match value {
        Some(value) => exec!(
            conn,
            "INSERT INTO metadata (check_id, name, value) VALUES ($1, $2, $3) ON CONFLICT (check_id, name) DO UPDATE SET value = excluded.value",
            check.as_str(),
            name,
            value
        )?,
        None => exec!(
            conn,
            "DELETE FROM metadata WHERE check_id = $1 AND name = $2",
            check.as_str(),
            name
        )?,
    };
    Ok(())
}
