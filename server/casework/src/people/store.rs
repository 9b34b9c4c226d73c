//! The SQL of people, sign-in failures, setup tokens and sessions.

use crate::{
    Error,
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::{
    Moment,
    people::{Caller, Role},
    time,
};

/// A person as stored.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Person {
    pub id: String,
    pub account: String,
    pub name: String,
    pub role: String,
    pub state: String,
    pub password_hash: String,
    pub theme: String,
    pub density: String,
    pub created_at_ms: i64,
    pub signed_in_at_ms: Option<i64>,
}

impl Person {
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// The person as the caller of a request.
    ///
    /// # Errors
    /// A role that this program does not know.
    pub fn caller(&self) -> Result<Caller, Error> {
        let role = Role::parse(&self.role).ok_or_else(|| Error::Corrupt(format!("role {}", self.role)))?;
        Ok(Caller { id: self.id.as_str().into(), account: self.account.clone(), name: self.name.clone(), role })
    }
}

macro_rules! person {
    ($rest:literal) => {
        concat!("SELECT id, account, name, role, state, password_hash, theme, density, created_at_ms, signed_in_at_ms FROM people", $rest)
    };
}

pub(super) async fn by_account(conn: &mut Conn<'_>, account: &str) -> Result<Option<Person>, Error> {
    Ok(row!(conn, Person, person!(" WHERE account = $1"), account)?)
}

pub(super) async fn by_id(conn: &mut Conn<'_>, id: &str) -> Result<Option<Person>, Error> {
    Ok(row!(conn, Person, person!(" WHERE id = $1"), id)?)
}

/// A person whose role and state nobody changes until the transaction ends.
pub(super) async fn hold(conn: &mut Conn<'_>, id: &str) -> Result<Option<Person>, Error> {
    let mut sql = Sql::default();
    sql.push(person!(" WHERE id = ")).text(id).push(conn.share());
    Ok(rows_of!(conn, Person, &sql)?.pop())
}

pub(super) async fn list(conn: &mut Conn<'_>) -> Result<Vec<Person>, Error> {
    Ok(rows!(conn, Person, person!(" ORDER BY state, name, id"))?)
}

pub(super) async fn count(conn: &mut Conn<'_>) -> Result<i64, Error> {
    Ok(row!(conn, (i64,), "SELECT CAST(COUNT(*) AS BIGINT) FROM people")?.map_or(0, |(n,)| n))
}

pub(super) async fn active_admins(conn: &mut Conn<'_>) -> Result<i64, Error> {
    Ok(row!(conn, (i64,), "SELECT CAST(COUNT(*) AS BIGINT) FROM people WHERE role = 'admin' AND state = 'active'")?.map_or(0, |(n,)| n))
}

pub(super) async fn insert(
    conn: &mut Conn<'_>,
    id: &str,
    account: &str,
    name: &str,
    role: Role,
    hash: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO people (id, account, name, role, state, password_hash, created_at_ms) VALUES ($1, $2, $3, $4, 'active', $5, $6)",
        id,
        account,
        name,
        role.code(),
        hash,
        now
    )?;
    Ok(())
}

pub(super) async fn change(conn: &mut Conn<'_>, id: &str, role: Role, active: bool) -> Result<(), Error> {
    exec!(conn, "UPDATE people SET role = $2, state = $3 WHERE id = $1", id, role.code(), if active { "active" } else { "disabled" })?;
    Ok(())
}

pub(super) async fn set_password(conn: &mut Conn<'_>, id: &str, hash: &str) -> Result<(), Error> {
    exec!(conn, "UPDATE people SET password_hash = $2 WHERE id = $1", id, hash)?;
    Ok(())
}

pub(super) async fn set_look(conn: &mut Conn<'_>, id: &str, theme: &str, density: &str) -> Result<(), Error> {
    exec!(conn, "UPDATE people SET theme = $2, density = $3 WHERE id = $1", id, theme, density)?;
    Ok(())
}

pub(super) async fn signed_in(conn: &mut Conn<'_>, id: &str, now: Moment) -> Result<(), Error> {
    exec!(conn, "UPDATE people SET signed_in_at_ms = $2 WHERE id = $1", id, now)?;
    Ok(())
}

pub(super) async fn wait_until(conn: &mut Conn<'_>, key: &str) -> Result<Moment, Error> {
    Ok(row!(conn, (i64,), "SELECT wait_until_ms FROM sign_in_failures WHERE account_hash = $1", key)?.map_or(0, |(at,)| at))
}

/// Failures before waiting begins, so that a mistyped password costs nothing.
const FREE_FAILURES: i64 = 4;
/// The longest wait: an attacker slows a person down, but never locks them out.
const WAIT_MAX: i64 = 4 * time::SECOND;

/// Counts a failure; the wait doubles from one second up to [`WAIT_MAX`]. Old failures are forgotten after an hour.
pub(super) async fn count_failure(conn: &mut Conn<'_>, key: &str, now: Moment) -> Result<(), Error> {
    let before = row!(conn, (i64, i64), "SELECT failures, last_at_ms FROM sign_in_failures WHERE account_hash = $1", key)?;
    let failures = before.filter(|(_, last)| now - last < time::HOUR).map_or(1, |(n, _)| n + 1);
    let wait = if failures <= FREE_FAILURES { 0 } else { (time::SECOND << (failures - FREE_FAILURES - 1).min(10)).min(WAIT_MAX) };
    exec!(
        conn,
        "INSERT INTO sign_in_failures (account_hash, failures, wait_until_ms, last_at_ms) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (account_hash) DO UPDATE SET failures = excluded.failures, wait_until_ms = excluded.wait_until_ms, last_at_ms = excluded.last_at_ms",
        key,
        failures,
        now + wait,
        now
    )?;
    Ok(())
}

pub(super) async fn forget_failures(conn: &mut Conn<'_>, key: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM sign_in_failures WHERE account_hash = $1", key)?;
    Ok(())
}

pub(super) async fn replace_setup_token(conn: &mut Conn<'_>, hash: &str, expires_at: Moment) -> Result<(), Error> {
    exec!(conn, "DELETE FROM setup_tokens")?;
    exec!(conn, "INSERT INTO setup_tokens (token_hash, expires_at_ms) VALUES ($1, $2)", hash, expires_at)?;
    Ok(())
}

pub(super) async fn setup_token_is_good(conn: &mut Conn<'_>, hash: &str, now: Moment) -> Result<bool, Error> {
    let found = row!(
        conn,
        (i64,),
        "SELECT expires_at_ms FROM setup_tokens WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2 AND NOT EXISTS (SELECT 1 FROM people)",
        hash,
        now
    )?;
    Ok(found.is_some())
}

pub(super) async fn use_setup_token(conn: &mut Conn<'_>, hash: &str, now: Moment) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE setup_tokens SET used_at_ms = $2 WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2 AND NOT EXISTS (SELECT 1 FROM people)",
        hash,
        now
    )?)
}

/// A session with the person behind it, as one statement reads it.
#[derive(sqlx_macros::FromRow)]
pub(super) struct SessionRow {
    pub data: String,
    pub created_at_ms: i64,
    pub seen_at_ms: i64,
    pub expires_at_ms: i64,
    pub person_id: Option<String>,
    pub account: Option<String>,
    pub name: Option<String>,
    pub role: Option<String>,
    pub state: Option<String>,
    pub theme: Option<String>,
    pub density: Option<String>,
}

pub(super) async fn session(conn: &mut Conn<'_>, hash: &str) -> Result<Option<SessionRow>, Error> {
    Ok(row!(
        conn,
        SessionRow,
        "SELECT s.data, s.created_at_ms, s.seen_at_ms, s.expires_at_ms, s.person_id, p.account, p.name, p.role, p.state, p.theme, p.density \
         FROM sessions s LEFT JOIN people p ON p.id = s.person_id WHERE s.id_hash = $1",
        hash
    )?)
}

pub(super) async fn insert_session(
    conn: &mut Conn<'_>,
    hash: &str,
    person: Option<&str>,
    data: &str,
    now: Moment,
    expires_at: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "INSERT INTO sessions (id_hash, person_id, data, created_at_ms, seen_at_ms, expires_at_ms) VALUES ($1, $2, $3, $4, $4, $5) ON CONFLICT (id_hash) DO NOTHING",
        hash,
        person,
        data,
        now,
        expires_at
    )?)
}

/// Never inserts: a slow request that saves after a sign-out must not bring the session back.
pub(super) async fn save_session(conn: &mut Conn<'_>, hash: &str, data: &str) -> Result<u64, Error> {
    Ok(exec!(conn, "UPDATE sessions SET data = $2 WHERE id_hash = $1", hash, data)?)
}

pub(super) async fn delete_session(conn: &mut Conn<'_>, hash: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM sessions WHERE id_hash = $1", hash)?;
    Ok(())
}

pub(super) async fn seen(conn: &mut Conn<'_>, hash: &str, at: Moment) -> Result<(), Error> {
    exec!(conn, "UPDATE sessions SET seen_at_ms = $2 WHERE id_hash = $1 AND seen_at_ms < $2", hash, at)?;
    Ok(())
}

pub(super) async fn end_sessions(conn: &mut Conn<'_>, person: &str) -> Result<u64, Error> {
    Ok(exec!(conn, "DELETE FROM sessions WHERE person_id = $1", person)?)
}

pub(super) async fn sweep_sessions(conn: &mut Conn<'_>, now: Moment, seen_before: Moment) -> Result<u64, Error> {
    Ok(exec!(conn, "DELETE FROM sessions WHERE expires_at_ms <= $1 OR seen_at_ms <= $2", now, seen_before)?)
}
