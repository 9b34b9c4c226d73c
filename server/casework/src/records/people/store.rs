//! The SQL of people, tries at passwords, known browsers, setup tokens and sessions.

use super::{
    DEVICE_TIME,
    tries::{CLOCKS_DIFFER, FORGOTTEN_AFTER, REMEMBERED, Turn},
};
use crate::{
    Error,
    journal::parts::{PEOPLE, PERSON_STATE, WHOLE_ROLE},
    store::{Conn, Sql, exec, exec_of, row, rows, rows_of},
};
use domain::{
    Moment,
    journal::Action,
    people::{Caller, Role},
    time,
};

/// Browsers of one person that are remembered.
const DEVICES: i64 = 10;

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
    pub role_given_by: String,
    pub role_given_at_ms: i64,
    pub role_confirmed_by: Option<String>,
    pub role_alone: i64,
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
        let role =
            Role::parse(&self.role).ok_or_else(|| Error::Corrupt(format!("role {}", self.role)))?;
        Ok(Caller {
            id: self.id.as_str().into(),
            account: self.account.clone(),
            name: self.name.clone(),
            role,
        })
    }
}

macro_rules! person {
    ($rest:literal) => {
        concat!(
            "SELECT id, account, name, role, state, password_hash, theme, density, created_at_ms, signed_in_at_ms, role_given_by, \
             role_given_at_ms, role_confirmed_by, role_alone FROM people",
            $rest
        )
    };
}

pub(super) async fn by_account(
    conn: &mut Conn<'_>,
    account: &str,
) -> Result<Option<Person>, Error> {
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

/// Whether the first admin is still to be made: of other people there may be some.
pub(super) async fn is_without_admin(conn: &mut Conn<'_>) -> Result<bool, Error> {
    Ok(row!(conn, (String,), "SELECT id FROM people WHERE role = 'admin' LIMIT 1")?.is_none())
}

pub(super) async fn active_admins(conn: &mut Conn<'_>) -> Result<i64, Error> {
    Ok(row!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM people WHERE role = 'admin' AND state = 'active'"
    )?
    .map_or(0, |(n,)| n))
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
    conn.wrote(PEOPLE, id);
    WHOLE_ROLE.into_iter().for_each(|part| conn.wrote(part, id));
    Ok(())
}

pub(super) async fn set_state(conn: &mut Conn<'_>, id: &str, active: bool) -> Result<(), Error> {
    conn.wrote(PERSON_STATE, id);
    exec!(
        conn,
        "UPDATE people SET state = $2 WHERE id = $1",
        id,
        if active { "active" } else { "disabled" }
    )?;
    Ok(())
}

/// Whether somebody else may approve, now.
pub(super) async fn is_another_approver(conn: &mut Conn<'_>, id: &str) -> Result<bool, Error> {
    let found = row!(
        conn,
        (String,),
        "SELECT id FROM people WHERE role = 'supervisor' AND state = 'active' AND password_hash <> '' \
         AND (role_confirmed_by IS NOT NULL OR role_alone = 1) AND id <> $1 LIMIT 1",
        id
    )?;
    Ok(found.is_some())
}

/// Sets a password where it is still the one that was verified; gives whether it is.
pub(super) async fn set_password(
    conn: &mut Conn<'_>,
    id: &str,
    verified: &str,
    hash: &str,
) -> Result<bool, Error> {
    Ok(exec!(
        conn,
        "UPDATE people SET password_hash = $3 WHERE id = $1 AND password_hash = $2",
        id,
        verified,
        hash
    )? == 1)
}

pub(super) async fn set_look(
    conn: &mut Conn<'_>,
    id: &str,
    theme: &str,
    density: &str,
) -> Result<(), Error> {
    exec!(conn, "UPDATE people SET theme = $2, density = $3 WHERE id = $1", id, theme, density)?;
    Ok(())
}

/// Notes a sign-in of somebody whose password is still the one that was verified; gives whether it
/// is. Whoever changes the password waits for the end of this transaction, and finds the session
/// that was made in it.
pub(super) async fn signed_in(
    conn: &mut Conn<'_>,
    id: &str,
    verified: &str,
    kept: &str,
    now: Moment,
) -> Result<bool, Error> {
    let changed = exec!(
        conn,
        "UPDATE people SET signed_in_at_ms = $2, password_hash = $3 WHERE id = $1 AND password_hash = $4 AND state = 'active'",
        id,
        now,
        kept,
        verified
    )?;
    Ok(changed == 1)
}

/// Takes a turn in one statement, so that of many at once each is counted; gives whether it was
/// free.
pub(super) async fn take_turn(
    conn: &mut Conn<'_>,
    turn: &Turn,
    now: Moment,
) -> Result<bool, Error> {
    let mut sql = Sql::default();
    sql.push(
        "INSERT INTO sign_in_turns AS t (key_hash, tries, wait_until_ms, last_at_ms) VALUES (",
    )
    .text(&turn.key);
    sql.push(", 1, 0, ")
        .int(now)
        .push(") ON CONFLICT (key_hash) DO UPDATE SET tries = CASE WHEN t.last_at_ms > ");
    sql.int(now - FORGOTTEN_AFTER)
        .push(" THEN t.tries + 1 ELSE 1 END, wait_until_ms = CASE WHEN t.last_at_ms <= ");
    sql.int(now - FORGOTTEN_AFTER).push(" THEN 0");
    for (from, wait) in turn.waits.iter().rev() {
        sql.push(" WHEN t.tries + 1 >= ").int(*from).push(" THEN ").int(now + wait);
    }
    sql.push(" ELSE 0 END, last_at_ms = ").int(now);
    sql.push(" WHERE t.wait_until_ms <= ")
        .int(now)
        .push(" OR t.last_at_ms > ")
        .int(now + CLOCKS_DIFFER);
    Ok(exec_of!(conn, &sql)? == 1)
}

/// When a turn is free that somebody has to wait for.
pub(super) async fn free_at(
    conn: &mut Conn<'_>,
    turn: &Turn,
    now: Moment,
) -> Result<Option<Moment>, Error> {
    let found = row!(
        conn,
        (i64,),
        "SELECT wait_until_ms FROM sign_in_turns WHERE key_hash = $1 AND wait_until_ms > $2 AND last_at_ms <= $3",
        &turn.key,
        now,
        now + CLOCKS_DIFFER
    )?;
    Ok(found.map(|(at,)| at))
}

/// The try was a good one. Where others may be trying as well, only this one is taken back.
pub(super) async fn forget_turn(conn: &mut Conn<'_>, turn: &Turn) -> Result<(), Error> {
    if turn.is_shared {
        exec!(
            conn,
            "UPDATE sign_in_turns SET tries = tries - 1 WHERE key_hash = $1 AND tries > 0",
            &turn.key
        )?;
    } else {
        exec!(conn, "DELETE FROM sign_in_turns WHERE key_hash = $1", &turn.key)?;
    }
    Ok(())
}

/// Counts a failed try of a person, or of nobody who is known. It is entered in the journal later,
/// so that it takes the same time whoever it was.
pub(super) async fn count_failed(
    conn: &mut Conn<'_>,
    action: Action,
    person: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO failed_tries AS f (action, person_id, tries, since_ms) VALUES ($1, $2, 1, $3) \
         ON CONFLICT (action, person_id) DO UPDATE SET tries = f.tries + 1",
        action.code(),
        person,
        now
    )?;
    Ok(())
}

/// Failed tries whose minute is over.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Failed {
    pub action: String,
    pub person_id: String,
    /// Nothing for nobody who is known.
    pub account: Option<String>,
    pub tries: i64,
}

/// Whether there are any, of this minute's clock or of one that went back.
pub(super) async fn is_any_failed_over(conn: &mut Conn<'_>, now: Moment) -> Result<bool, Error> {
    let over = now - time::MINUTE;
    let found = row!(
        conn,
        (i64,),
        "SELECT since_ms FROM failed_tries WHERE since_ms <= $1 OR since_ms > $2 LIMIT 1",
        over,
        now
    )?;
    Ok(found.is_some())
}

/// Takes them: whoever enters them in the journal does so in the same transaction.
pub(super) async fn take_failed(conn: &mut Conn<'_>, now: Moment) -> Result<Vec<Failed>, Error> {
    Ok(rows!(
        conn,
        Failed,
        "DELETE FROM failed_tries WHERE since_ms <= $1 OR since_ms > $2 \
         RETURNING action, person_id, (SELECT p.account FROM people p WHERE p.id = person_id) AS account, tries",
        now - time::MINUTE,
        now
    )?)
}

/// Whether the browser with this token was used by this person before, and whether by anybody.
pub(super) async fn device(
    conn: &mut Conn<'_>,
    token_hash: &str,
    person: &str,
) -> Result<(bool, bool), Error> {
    let (own, any) = row!(
        conn,
        (i64, i64),
        "SELECT CAST(COALESCE(SUM(CASE WHEN person_id = $2 THEN 1 ELSE 0 END), 0) AS BIGINT), CAST(COUNT(*) AS BIGINT) \
         FROM devices WHERE token_hash = $1",
        token_hash,
        person
    )?
    .unwrap_or_default();
    Ok((own > 0, any > 0))
}

/// Remembers a browser of a person, and of each person a few.
pub(super) async fn keep_device(
    conn: &mut Conn<'_>,
    token_hash: &str,
    person: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO devices (token_hash, person_id, made_at_ms, used_at_ms) VALUES ($1, $2, $3, $3) \
         ON CONFLICT (token_hash, person_id) DO UPDATE SET used_at_ms = excluded.used_at_ms",
        token_hash,
        person,
        now
    )?;
    exec!(
        conn,
        "DELETE FROM devices WHERE person_id = $1 AND token_hash NOT IN \
         (SELECT token_hash FROM devices WHERE person_id = $1 ORDER BY used_at_ms DESC, token_hash LIMIT $2)",
        person,
        DEVICES
    )?;
    Ok(())
}

pub(super) async fn forget_devices(conn: &mut Conn<'_>, person: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM devices WHERE person_id = $1", person)?;
    Ok(())
}

/// Whether there is anything that [`sweep_tries`] would remove.
pub(super) async fn is_any_try_over(conn: &mut Conn<'_>, now: Moment) -> Result<bool, Error> {
    let old = now - FORGOTTEN_AFTER;
    let found = row!(
        conn,
        (i64,),
        "SELECT CAST((SELECT COUNT(*) FROM sign_in_turns WHERE last_at_ms <= $1) + (SELECT COUNT(*) FROM sign_in_failures WHERE last_at_ms <= $1) \
         + (SELECT COUNT(*) FROM devices WHERE used_at_ms <= $2) AS BIGINT)",
        old,
        now - DEVICE_TIME
    )?;
    let turns = row!(conn, (i64,), "SELECT CAST(COUNT(*) AS BIGINT) FROM sign_in_turns")?;
    Ok(found.is_some_and(|(n,)| n > 0) || turns.is_some_and(|(n,)| n > REMEMBERED))
}

/// Removes turns that are forgotten, those with the fewest tries where there are too many, and
/// browsers that nobody uses.
pub(super) async fn sweep_tries(conn: &mut Conn<'_>, now: Moment) -> Result<(), Error> {
    let old = now - FORGOTTEN_AFTER;
    exec!(conn, "DELETE FROM sign_in_turns WHERE last_at_ms <= $1", old)?;
    exec!(conn, "DELETE FROM sign_in_failures WHERE last_at_ms <= $1", old)?;
    exec!(conn, "DELETE FROM devices WHERE used_at_ms <= $1", now - DEVICE_TIME)?;
    let (turns,) = row!(conn, (i64,), "SELECT CAST(COUNT(*) AS BIGINT) FROM sign_in_turns")?
        .unwrap_or_default();
    if turns > REMEMBERED {
        exec!(
            conn,
            "DELETE FROM sign_in_turns WHERE key_hash IN (SELECT key_hash FROM sign_in_turns ORDER BY tries, last_at_ms, key_hash LIMIT $1)",
            turns - REMEMBERED
        )?;
    }
    Ok(())
}

pub(super) async fn replace_setup_token(
    conn: &mut Conn<'_>,
    hash: &str,
    expires_at: Moment,
) -> Result<(), Error> {
    exec!(conn, "DELETE FROM setup_tokens")?;
    exec!(
        conn,
        "INSERT INTO setup_tokens (token_hash, expires_at_ms) VALUES ($1, $2)",
        hash,
        expires_at
    )?;
    Ok(())
}

pub(super) async fn setup_token_is_good(
    conn: &mut Conn<'_>,
    hash: &str,
    now: Moment,
) -> Result<bool, Error> {
    let found = row!(
        conn,
        (i64,),
        "SELECT expires_at_ms FROM setup_tokens WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2 AND NOT EXISTS (SELECT 1 FROM people WHERE role = 'admin')",
        hash,
        now
    )?;
    Ok(found.is_some())
}

pub(super) async fn use_setup_token(
    conn: &mut Conn<'_>,
    hash: &str,
    now: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE setup_tokens SET used_at_ms = $2 WHERE token_hash = $1 AND used_at_ms IS NULL AND expires_at_ms > $2 AND NOT EXISTS (SELECT 1 FROM people WHERE role = 'admin')",
        hash,
        now
    )?)
}

/// A session with the person behind it and the policy that holds for them, as one statement reads
/// it.
#[derive(sqlx_macros::FromRow)]
pub(super) struct SessionRow {
    pub data: String,
    pub created_at_ms: i64,
    pub seen_at_ms: i64,
    pub expires_at_ms: i64,
    pub fresh_at_ms: i64,
    /// 1 for somebody who has a second factor.
    pub has_factor: i64,
    /// Number and rules of the policy in force; nothing for somebody who has a second factor, whom
    /// it asks for none.
    pub policy_version: Option<i64>,
    pub policy_rules: Option<String>,
    pub person_id: Option<String>,
    pub account: Option<String>,
    pub name: Option<String>,
    pub role: Option<String>,
    pub state: Option<String>,
    pub theme: Option<String>,
    pub density: Option<String>,
    pub role_confirmed_by: Option<String>,
    pub role_alone: Option<i64>,
}

pub(super) async fn session(conn: &mut Conn<'_>, hash: &str) -> Result<Option<SessionRow>, Error> {
    Ok(row!(
        conn,
        SessionRow,
        "SELECT s.data, s.created_at_ms, s.seen_at_ms, s.expires_at_ms, s.fresh_at_ms, \
         CAST((SELECT COUNT(*) FROM second_factors f WHERE f.person_id = s.person_id AND f.state = 'active') AS BIGINT) AS has_factor, \
         q.version AS policy_version, q.rules AS policy_rules, \
         s.person_id, p.account, p.name, p.role, p.state, p.theme, p.density, p.role_confirmed_by, p.role_alone \
         FROM sessions s LEFT JOIN people p ON p.id = s.person_id \
         LEFT JOIN policies q ON q.version = (SELECT MAX(e.version) FROM policy_ends e WHERE e.step = 'confirmed') \
         AND NOT EXISTS (SELECT 1 FROM second_factors g WHERE g.person_id = s.person_id AND g.state = 'active') \
         WHERE s.id_hash = $1",
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
        "INSERT INTO sessions (id_hash, person_id, data, created_at_ms, seen_at_ms, expires_at_ms, fresh_at_ms) VALUES ($1, $2, $3, $4, $4, $5, $4) ON CONFLICT (id_hash) DO NOTHING",
        hash,
        person,
        data,
        now,
        expires_at
    )?)
}

/// Never inserts: a slow request that saves after a sign-out must not bring the session back.
pub(super) async fn save_session(
    conn: &mut Conn<'_>,
    hash: &str,
    data: &str,
) -> Result<u64, Error> {
    Ok(exec!(conn, "UPDATE sessions SET data = $2 WHERE id_hash = $1", hash, data)?)
}

pub(super) async fn delete_session(conn: &mut Conn<'_>, hash: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM sessions WHERE id_hash = $1", hash)?;
    Ok(())
}

pub(super) async fn seen(conn: &mut Conn<'_>, hash: &str, at: Moment) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE sessions SET seen_at_ms = $2 WHERE id_hash = $1 AND seen_at_ms < $2",
        hash,
        at
    )?;
    Ok(())
}

pub(super) async fn end_sessions(conn: &mut Conn<'_>, person: &str) -> Result<u64, Error> {
    Ok(exec!(conn, "DELETE FROM sessions WHERE person_id = $1", person)?)
}

pub(super) async fn sweep_sessions(
    conn: &mut Conn<'_>,
    now: Moment,
    seen_before: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "DELETE FROM sessions WHERE expires_at_ms <= $1 OR seen_at_ms <= $2",
        now,
        seen_before
    )?)
}
