//! The SQL of policies.

use crate::{
    Error,
    journal::parts::{POLICIES, POLICY_ENDS, POLICY_FLOORS, POLICY_TERMS},
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::Moment;

/// A version as stored, with the names of who proposed and who confirmed or withdrew it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Version {
    pub version: i64,
    pub rules: String,
    pub note: String,
    pub proposed_by: Option<String>,
    pub proposer: Option<String>,
    pub proposed_at_ms: i64,
    pub step: Option<String>,
    pub ender: Option<String>,
    pub ended_at_ms: Option<i64>,
}

macro_rules! version {
    ($rest:literal) => {
        concat!(
            "SELECT p.version, p.rules, p.note, p.proposed_by, a.name AS proposer, p.proposed_at_ms, e.step, b.name AS ender, e.ended_at_ms \
             FROM policies p LEFT JOIN policy_ends e ON e.version = p.version LEFT JOIN people a ON a.id = p.proposed_by \
             LEFT JOIN people b ON b.id = e.ended_by",
            $rest
        )
    };
}

pub(super) async fn list(conn: &mut Conn<'_>) -> Result<Vec<Version>, Error> {
    Ok(rows!(conn, Version, version!(" ORDER BY p.version DESC LIMIT 100"))?)
}

pub(super) async fn find(conn: &mut Conn<'_>, version: i64) -> Result<Option<Version>, Error> {
    Ok(row!(conn, Version, version!(" WHERE p.version = $1"), version)?)
}

/// Number and rules of the version in force.
pub(super) async fn in_force(conn: &mut Conn<'_>) -> Result<Option<(i64, String)>, Error> {
    Ok(row!(
        conn,
        (i64, String),
        "SELECT p.version, p.rules FROM policies p JOIN policy_ends e ON e.version = p.version WHERE e.step = 'confirmed' ORDER BY p.version DESC LIMIT 1"
    )?)
}

/// The version that waits, and who proposed it.
pub(super) async fn waiting(conn: &mut Conn<'_>) -> Result<Option<(i64, String)>, Error> {
    Ok(row!(
        conn,
        (i64, String),
        "SELECT p.version, a.name FROM policies p JOIN people a ON a.id = p.proposed_by \
         WHERE NOT EXISTS (SELECT 1 FROM policy_ends e WHERE e.version = p.version) ORDER BY p.version LIMIT 1"
    )?)
}

pub(super) async fn newest(conn: &mut Conn<'_>) -> Result<i64, Error> {
    Ok(row!(conn, (i64,), "SELECT CAST(COALESCE(MAX(version), 0) AS BIGINT) FROM policies")?
        .map_or(0, |(n,)| n))
}

pub(super) async fn propose(
    conn: &mut Conn<'_>,
    version: i64,
    rules: &str,
    note: &str,
    by: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO policies (version, rules, note, proposed_by, proposed_at_ms) VALUES ($1, $2, $3, $4, $5)",
        version,
        rules,
        note,
        by,
        now
    )?;
    conn.wrote(POLICIES, &version.to_string());
    Ok(())
}

pub(super) async fn end(
    conn: &mut Conn<'_>,
    version: i64,
    step: &str,
    by: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO policy_ends (version, step, ended_by, ended_at_ms) VALUES ($1, $2, $3, $4)",
        version,
        step,
        by,
        now
    )?;
    conn.wrote(POLICY_ENDS, &version.to_string());
    // What the triggers of decisions read follows from it in the same statement.
    conn.wrote(POLICY_TERMS, &version.to_string());
    for (kind, outcome) in rows!(
        conn,
        (String, String),
        "SELECT kind, outcome FROM policy_floors WHERE version = $1",
        version
    )? {
        conn.wrote(POLICY_FLOORS, &format!("{version}/{kind}/{outcome}"));
    }
    Ok(())
}

/// Names and roles of the active people who work on checks.
pub(super) async fn active(conn: &mut Conn<'_>) -> Result<Vec<(String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String),
        "SELECT name, role FROM people WHERE state = 'active' AND password_hash <> '' AND (role_confirmed_by IS NOT NULL OR role_alone = 1) \
         AND role IN ('supervisor', 'analyst') ORDER BY name, id"
    )?)
}

/// Whether somebody is an active supervisor; it stays so until the transaction ends.
pub(super) async fn is_supervisor(conn: &mut Conn<'_>, person: &str) -> Result<bool, Error> {
    let mut sql = Sql::default();
    sql.push("SELECT id FROM people WHERE role = 'supervisor' AND state = 'active' AND (role_confirmed_by IS NOT NULL OR role_alone = 1) AND id = ");
    sql.text(person).push(conn.share());
    Ok(!rows_of!(conn, (String,), &sql)?.is_empty())
}

/// One decision of the past, with what its check and the customer's checks before it found.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(super) struct Past {
    pub id: String,
    pub check_id: String,
    pub step: String,
    pub outcome: String,
    pub decided_at_ms: i64,
    pub kind: String,
    pub name: String,
    pub reference: String,
    pub risk: i64,
    pub sanction: i64,
    pub relevant: i64,
    pub unjudged: i64,
    /// -1 without a score; nothing without an earlier check.
    pub earlier_risk: Option<i64>,
    pub earlier_sanction: i64,
    pub earlier_relevant: i64,
    pub earlier_unjudged: i64,
}

/// The decisions since a moment, newest first, so many at most.
pub(super) async fn past(
    conn: &mut Conn<'_>,
    since: Moment,
    window: i64,
    limit: i64,
) -> Result<Vec<Past>, Error> {
    let mut sql = Sql::default();
    sql.push("SELECT d.id, d.check_id, d.step, d.outcome, d.decided_at_ms, k.kind, COALESCE(k.about, c.name) AS name, c.reference, k.risk_score AS risk");
    let asked = [
        ("sanction", "f.source IN ('sanction_list', 'wallet_sanction')"),
        ("relevant", "f.judgement = 'relevant'"),
        ("unjudged", "f.judgement = 'undecided'"),
    ];
    for (name, is_so) in asked {
        sql.push(", CAST(CASE WHEN EXISTS (SELECT 1 FROM findings f WHERE f.check_id = k.id AND ")
            .push(is_so);
        sql.push(") THEN 1 ELSE 0 END AS BIGINT) AS ").push(name);
    }
    let before = "o.customer_id = k.customer_id AND o.kind = k.kind AND o.id <> k.id AND o.outcome_at_ms <= d.decided_at_ms AND o.outcome_at_ms >= d.decided_at_ms - ";
    sql.push(", (SELECT MAX(o.risk_score) FROM checks o WHERE ")
        .push(before)
        .int(window)
        .push(") AS earlier_risk");
    for ((_, is_so), name) in
        asked.into_iter().zip(["earlier_sanction", "earlier_relevant", "earlier_unjudged"])
    {
        sql.push(", CAST(CASE WHEN EXISTS (SELECT 1 FROM checks o JOIN findings f ON f.check_id = o.id WHERE ").push(before).int(window);
        sql.push(" AND ").push(is_so).push(") THEN 1 ELSE 0 END AS BIGINT) AS ").push(name);
    }
    sql.push(
        " FROM decisions d JOIN checks k ON k.id = d.check_id JOIN customers c ON c.id = k.customer_id \
         WHERE d.step IN ('decision', 'overturn', 'approval', 'withdrawal') AND d.decided_at_ms >= ",
    );
    sql.int(since).push(" ORDER BY d.decided_at_ms DESC, d.id DESC LIMIT ").int(limit);
    Ok(rows_of!(conn, Past, &sql)?)
}
