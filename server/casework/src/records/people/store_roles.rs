//! The SQL of roles and who confirmed them, of one-time links, and of lists of sessions.

use crate::{
    Error,
    journal::{
        must_stand,
        parts::{PERSON_CONFIRMED, PERSON_ROLE, PERSON_SECOND, WHOLE_ROLE},
    },
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::{Moment, checks::State, people::Role};

/// Who gave a role, and how far it counts.
pub(super) struct Given<'a> {
    pub by: &'a str,
    pub at: Moment,
    /// Confirmed at once: by the operator, whose word it was.
    pub is_confirmed: bool,
    /// Counts although nobody could confirm it.
    pub is_alone: bool,
}

/// Sets role, state, and who gave the role at a moment of its own; whoever had a role that could
/// confirm others is remembered to have had it.
pub(super) async fn give(
    conn: &mut Conn<'_>,
    id: &str,
    role: Role,
    active: bool,
    given: &Given<'_>,
) -> Result<(), Error> {
    // All else is written anew; this goes on from what stands there.
    must_stand(conn, PERSON_SECOND, id).await?;
    WHOLE_ROLE.into_iter().for_each(|part| conn.wrote(part, id));
    exec!(
        conn,
        "UPDATE people SET once_second = CASE WHEN once_second = 1 OR (role IN ('supervisor', 'admin') AND password_hash <> '' \
             AND (role_confirmed_by IS NOT NULL OR role_alone = 1)) OR ($2 IN ('supervisor', 'admin') AND $7 = 1) THEN 1 ELSE 0 END, \
             role = $2, state = $3, role_given_by = $4, role_given_at_ms = CASE WHEN role_given_at_ms >= $5 THEN role_given_at_ms + 1 ELSE $5 END, role_confirmed_by = $6, role_confirmed_at_ms = NULL, role_alone = $8 \
         WHERE id = $1",
        id,
        role.code(),
        if active { "active" } else { "disabled" },
        given.by,
        given.at,
        given.is_confirmed.then_some(given.by),
        i64::from(given.is_confirmed || given.is_alone),
        i64::from(given.is_alone)
    )?;
    Ok(())
}

/// Confirms a role that was given at a moment; gives whether it is still that one and waits.
pub(super) async fn confirm(
    conn: &mut Conn<'_>,
    id: &str,
    given_at: Moment,
    by: &str,
    now: Moment,
) -> Result<bool, Error> {
    for part in [PERSON_ROLE, PERSON_CONFIRMED, PERSON_SECOND] {
        must_stand(conn, part, id).await?;
    }
    conn.wrote(PERSON_CONFIRMED, id);
    conn.wrote(PERSON_SECOND, id);
    let changed = exec!(
        conn,
        "UPDATE people SET role_confirmed_by = $3, role_confirmed_at_ms = $4, role_alone = 0, \
             once_second = CASE WHEN once_second = 1 OR role IN ('supervisor', 'admin') THEN 1 ELSE 0 END \
         WHERE id = $1 AND role_given_at_ms = $2 AND role_confirmed_by IS NULL",
        id,
        given_at,
        by,
        now
    )?;
    Ok(changed == 1)
}

/// Whether somebody has been a supervisor or admin whose role counted, by id.
pub(super) async fn once_second(conn: &mut Conn<'_>) -> Result<Vec<String>, Error> {
    Ok(rows!(conn, (String,), "SELECT id FROM people WHERE once_second = 1")?
        .into_iter()
        .map(|(id,)| id)
        .collect())
}

/// A one-time link in the place of an older one.
pub(super) async fn put_link(
    conn: &mut Conn<'_>,
    person: &str,
    hash: &str,
    by: &str,
    now: Moment,
    until: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO person_links (person_id, token_hash, made_by, made_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (person_id) DO UPDATE SET token_hash = excluded.token_hash, made_by = excluded.made_by, made_at_ms = excluded.made_at_ms, \
         expires_at_ms = excluded.expires_at_ms",
        person,
        hash,
        by,
        now,
        until
    )?;
    Ok(())
}

/// Whose link it is and who made it, while it is good.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Link {
    pub person_id: String,
    pub made_by: String,
}

pub(super) async fn link(
    conn: &mut Conn<'_>,
    hash: &str,
    now: Moment,
) -> Result<Option<Link>, Error> {
    Ok(row!(
        conn,
        Link,
        "SELECT l.person_id, l.made_by FROM person_links l JOIN people p ON p.id = l.person_id \
         WHERE l.token_hash = $1 AND l.expires_at_ms > $2 AND p.state = 'active'",
        hash,
        now
    )?)
}

/// Uses a link up; gives whether it was there.
pub(super) async fn use_link(conn: &mut Conn<'_>, hash: &str, now: Moment) -> Result<bool, Error> {
    Ok(exec!(
        conn,
        "DELETE FROM person_links WHERE token_hash = $1 AND expires_at_ms > $2",
        hash,
        now
    )? == 1)
}

pub(super) async fn forget_link(conn: &mut Conn<'_>, person: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM person_links WHERE person_id = $1", person)?;
    Ok(())
}

pub(super) async fn put_password(
    conn: &mut Conn<'_>,
    person: &str,
    hash: &str,
) -> Result<(), Error> {
    exec!(conn, "UPDATE people SET password_hash = $2 WHERE id = $1", person, hash)?;
    Ok(())
}

/// What a session was begun with and from where.
pub(super) async fn note_device(
    conn: &mut Conn<'_>,
    session_hash: &str,
    device: &str,
    address: &str,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE sessions SET device = $2, address = $3 WHERE id_hash = $1",
        session_hash,
        device,
        address
    )?;
    Ok(())
}

/// A session as it is listed. Its name is the hash of its id, which opens nothing.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct OpenSession {
    pub name: String,
    pub person_id: String,
    pub person: String,
    pub account: String,
    pub device: String,
    pub address: String,
    pub begun_at_ms: i64,
    pub used_at_ms: i64,
}

/// Sessions that are open, of one person or of all, the last used first.
pub(super) async fn sessions(
    conn: &mut Conn<'_>,
    person: Option<&str>,
    now: Moment,
    used_after: Moment,
) -> Result<Vec<OpenSession>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT s.id_hash AS name, p.id AS person_id, p.name AS person, p.account, s.device, s.address, s.created_at_ms AS begun_at_ms, \
         s.seen_at_ms AS used_at_ms FROM sessions s JOIN people p ON p.id = s.person_id WHERE s.expires_at_ms > ",
    );
    sql.int(now).push(" AND s.seen_at_ms > ").int(used_after);
    if let Some(person) = person {
        sql.push(" AND p.id = ").text(person);
    }
    sql.push(" ORDER BY s.seen_at_ms DESC, s.id_hash LIMIT 500");
    Ok(rows_of!(conn, OpenSession, &sql)?)
}

/// Ends one session, of one person if it must be theirs; gives whose it was.
pub(super) async fn end_session(
    conn: &mut Conn<'_>,
    name: &str,
    person: Option<&str>,
) -> Result<Option<String>, Error> {
    let whose =
        row!(conn, (Option<String>,), "SELECT person_id FROM sessions WHERE id_hash = $1", name)?
            .and_then(|(id,)| id);
    let Some(whose) = whose.filter(|whose| person.is_none_or(|person| person == whose)) else {
        return Ok(None);
    };
    exec!(conn, "DELETE FROM sessions WHERE id_hash = $1", name)?;
    Ok(Some(whose))
}

/// The checks that a person holds or is assigned and that are not over.
pub(super) async fn held(conn: &mut Conn<'_>, person: &str) -> Result<Vec<String>, Error> {
    let mut sql = Sql::default();
    sql.push("SELECT id FROM checks WHERE (assignee_id = ")
        .text(person)
        .push(" OR claimed_by = ")
        .text(person)
        .push(") AND state NOT IN (");
    for (at, state) in
        [State::Accepted, State::Rejected, State::Withdrawn, State::Failed].into_iter().enumerate()
    {
        sql.push(if at == 0 { "" } else { ", " }).text(state.code());
    }
    sql.push(") ORDER BY id");
    Ok(rows_of!(conn, (String,), &sql)?.into_iter().map(|(id,)| id).collect())
}

/// Gives a check back to the queue that a person holds or is assigned.
pub(super) async fn give_back(
    conn: &mut Conn<'_>,
    check: &str,
    person: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET assignee_id = CASE WHEN assignee_id = $2 THEN NULL ELSE assignee_id END, \
             handed_by = CASE WHEN assignee_id = $2 THEN NULL ELSE handed_by END, \
             handed_note = CASE WHEN assignee_id = $2 THEN NULL ELSE handed_note END, \
             handed_at_ms = CASE WHEN assignee_id = $2 THEN NULL ELSE handed_at_ms END, \
             claim_until_ms = CASE WHEN claimed_by = $2 THEN 0 ELSE claim_until_ms END, \
             claimed_by = CASE WHEN claimed_by = $2 THEN NULL ELSE claimed_by END, \
             touched_at_ms = CASE WHEN touched_at_ms < $3 THEN $3 ELSE touched_at_ms END \
         WHERE id = $1",
        check,
        person,
        now
    )?;
    Ok(())
}

/// The last entry of the journal that a person has said to have seen.
pub(super) async fn looked(conn: &mut Conn<'_>, person: &str) -> Result<i64, Error> {
    Ok(row!(conn, (i64,), "SELECT looked_seq FROM people WHERE id = $1", person)?
        .map_or(0, |(seq,)| seq))
}

/// Notes it; an older one takes nothing back.
pub(super) async fn look(conn: &mut Conn<'_>, person: &str, until: i64) -> Result<bool, Error> {
    Ok(exec!(
        conn,
        "UPDATE people SET looked_seq = $2 WHERE id = $1 AND looked_seq < $2 AND $2 <= (SELECT COALESCE(MAX(seq), 0) FROM journal)",
        person,
        until
    )? == 1)
}

/// A new person has nothing to look back on.
pub(super) async fn begin_to_look(conn: &mut Conn<'_>, person: &str) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE people SET looked_seq = (SELECT COALESCE(MAX(seq), 0) FROM journal) WHERE id = $1",
        person
    )?;
    Ok(())
}

/// Everybody who ever took a step of a decision, and who could: id, name, account.
pub(super) async fn deciders(conn: &mut Conn<'_>) -> Result<Vec<(String, String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String, String),
        "SELECT p.id, p.name, p.account FROM people p WHERE (p.state = 'active' AND p.role IN ('analyst', 'supervisor')) \
         OR EXISTS (SELECT 1 FROM decisions d WHERE d.decided_by = p.id) ORDER BY p.name, p.account"
    )?)
}
