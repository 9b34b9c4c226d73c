//! The SQL of batches.

use crate::{
    Error,
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::{CheckId, checks::Kind, services::Life};

/// What the lines of a table become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    DueDiligence,
    /// Checks of a service that answers at once.
    AtOnce(Kind),
}

impl What {
    /// As it is stored.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DueDiligence => "due_diligence",
            Self::AtOnce(kind) => kind.code(),
        }
    }

    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        if code == Self::DueDiligence.code() {
            return Some(Self::DueDiligence);
        }
        Kind::parse(code).filter(|kind| kind.card().life == Life::AtOnce).map(Self::AtOnce)
    }
}

/// A table that was launched.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Batch {
    pub id: String,
    pub kind: String,
    /// The file's name; empty for a table that was pasted.
    pub name: String,
    pub connection_id: String,
    pub made_by: String,
    pub made_by_name: String,
    pub made_at_ms: i64,
    /// Lines that were launched.
    pub total: i64,
    pub left_out: i64,
}

impl Batch {
    /// What its lines became.
    ///
    /// # Errors
    /// A kind of a later version.
    pub fn what(&self) -> Result<What, Error> {
        What::parse(&self.kind)
            .ok_or_else(|| Error::Corrupt(format!("kind {} of batch {}", self.kind, self.id)))
    }
}

/// How many of a batch's checks stand where.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    pub queued: i64,
    /// Of those queued, how many met an obstacle.
    pub delayed: i64,
    pub running: i64,
    pub to_review: i64,
    pub proposed: i64,
    pub decided: i64,
    pub failed: i64,
    pub withdrawn: i64,
}

impl Progress {
    /// Whether the outcome of any line is still on its way.
    #[must_use]
    pub const fn is_under_way(&self) -> bool {
        self.queued + self.running > 0
    }
}

/// A line that came to nothing, or waits with trouble.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Troubled {
    pub line: i64,
    pub check_id: String,
    pub state: String,
    pub trouble: Option<String>,
    pub name: String,
    pub reference: String,
}

macro_rules! batch {
    ($rest:literal) => {
        concat!("SELECT b.id, b.kind, b.name, b.connection_id, b.made_by, p.name AS made_by_name, b.made_at_ms, b.total, b.left_out FROM batches b JOIN people p ON p.id = b.made_by", $rest)
    };
}

pub(crate) async fn find(conn: &mut Conn<'_>, id: &str) -> Result<Option<Batch>, Error> {
    Ok(row!(conn, Batch, batch!(" WHERE b.id = $1"), id)?)
}

pub(crate) async fn recent(conn: &mut Conn<'_>, kind: &str) -> Result<Vec<Batch>, Error> {
    Ok(rows!(
        conn,
        Batch,
        batch!(" WHERE b.kind = $1 ORDER BY b.made_at_ms DESC, b.id DESC LIMIT 20"),
        kind
    )?)
}

pub(crate) async fn insert(conn: &mut Conn<'_>, b: &Batch) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO batches (id, kind, name, connection_id, made_by, made_at_ms, total, left_out) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        &b.id,
        &b.kind,
        &b.name,
        &b.connection_id,
        &b.made_by,
        b.made_at_ms,
        b.total,
        b.left_out
    )?;
    Ok(())
}

pub(crate) async fn insert_line(
    conn: &mut Conn<'_>,
    batch: &str,
    line: usize,
    check: &CheckId,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO batch_checks (batch_id, line, check_id) VALUES ($1, $2, $3)",
        batch,
        line as i64,
        check.as_str()
    )?;
    Ok(())
}

/// Batches with a line about this customer, and the names of their files.
pub(crate) async fn names_of(
    conn: &mut Conn<'_>,
    customer: &str,
) -> Result<Vec<(String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String),
        "SELECT b.id, b.name FROM batches b WHERE b.name <> '' AND b.id IN \
         (SELECT l.batch_id FROM batch_checks l JOIN checks k ON k.id = l.check_id WHERE k.customer_id = $1) ORDER BY b.id",
        customer
    )?)
}

pub(crate) async fn rename(conn: &mut Conn<'_>, batch: &str, name: &str) -> Result<(), Error> {
    exec!(conn, "UPDATE batches SET name = $2 WHERE id = $1", batch, name)?;
    Ok(())
}

pub(crate) async fn progress(conn: &mut Conn<'_>, id: &str) -> Result<Progress, Error> {
    let counted = rows!(
        conn,
        (String, i64, i64),
        "SELECT k.state, CAST(COUNT(*) AS BIGINT), CAST(COUNT(k.trouble) AS BIGINT) FROM batch_checks l JOIN checks k ON k.id = l.check_id WHERE l.batch_id = $1 GROUP BY k.state",
        id
    )?;
    let mut progress = Progress::default();
    for (state, count, troubled) in counted {
        match state.as_str() {
            "queued" => (progress.queued, progress.delayed) = (count, troubled),
            "running" => progress.running = count,
            "to_review" => progress.to_review = count,
            "proposed" => progress.proposed = count,
            "accepted" | "rejected" => progress.decided += count,
            "failed" => progress.failed = count,
            _ => progress.withdrawn += count,
        }
    }
    Ok(progress)
}

pub(crate) async fn troubled(conn: &mut Conn<'_>, id: &str) -> Result<Vec<Troubled>, Error> {
    Ok(rows!(
        conn,
        Troubled,
        "SELECT l.line, l.check_id, k.state, k.trouble, COALESCE(k.about, c.name) AS name, c.reference FROM batch_checks l JOIN checks k ON k.id = l.check_id JOIN customers c ON c.id = k.customer_id \
         WHERE l.batch_id = $1 AND (k.state = 'failed' OR (k.state = 'queued' AND k.trouble IS NOT NULL)) ORDER BY l.line LIMIT 100",
        id
    )?)
}

/// A batch whose lines leave together, with its connection.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Sending {
    pub batch_id: String,
    pub connection_id: String,
}

/// Which of these checks were launched with a table whose lines leave together.
pub(crate) async fn sending(
    conn: &mut Conn<'_>,
    checks: &[&str],
) -> Result<Vec<(String, Sending)>, Error> {
    if checks.is_empty() {
        return Ok(vec![]);
    }
    let mut sql = Sql::default();
    sql.push("SELECT l.check_id, l.batch_id, b.connection_id FROM batch_checks l JOIN batches b ON b.id = l.batch_id WHERE b.kind = 'due_diligence' AND l.check_id IN (");
    sql.texts(checks.iter().copied()).push(")");
    let found = rows_of!(conn, (String, String, String), &sql)?;
    Ok(found
        .into_iter()
        .map(|(check, batch_id, connection_id)| (check, Sending { batch_id, connection_id }))
        .collect())
}
