//! The SQL of second factors and recovery codes.

use crate::{
    Error,
    store::{Conn, Sql, exec, exec_of, row, rows},
};
use domain::Moment;

/// A second factor as stored.
#[derive(Debug, sqlx_macros::FromRow)]
pub(in crate::records::people) struct FactorRow {
    pub sealed: Vec<u8>,
    pub state: String,
    pub made_at_ms: i64,
}

impl FactorRow {
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }
}

pub(in crate::records::people) async fn find(
    conn: &mut Conn<'_>,
    person: &str,
) -> Result<Option<FactorRow>, Error> {
    Ok(row!(
        conn,
        FactorRow,
        "SELECT sealed, state, made_at_ms FROM second_factors WHERE person_id = $1",
        person
    )?)
}

/// Offers a seed, in place of one that was offered before; gives whether it could: one that is
/// active stays.
pub(in crate::records::people) async fn offer(
    conn: &mut Conn<'_>,
    person: &str,
    sealed: Vec<u8>,
    now: Moment,
) -> Result<bool, Error> {
    let changed = exec!(
        conn,
        "INSERT INTO second_factors AS f (person_id, sealed, state, last_step, made_at_ms) VALUES ($1, $2, 'offered', -1, $3) \
         ON CONFLICT (person_id) DO UPDATE SET sealed = excluded.sealed, made_at_ms = excluded.made_at_ms WHERE f.state = 'offered'",
        person,
        sealed,
        now
    )?;
    Ok(changed == 1)
}

/// Makes the offered seed the person's factor, if it is still the one that the code was of; gives
/// whether it is.
pub(in crate::records::people) async fn activate(
    conn: &mut Conn<'_>,
    person: &str,
    sealed: Vec<u8>,
    step: i64,
    now: Moment,
) -> Result<bool, Error> {
    let changed = exec!(
        conn,
        "UPDATE second_factors SET state = 'active', last_step = $3, made_at_ms = $4 WHERE person_id = $1 AND state = 'offered' AND sealed = $2",
        person,
        sealed,
        step,
        now
    )?;
    Ok(changed == 1)
}

/// Uses the code of a step: compared and stored in one statement, so that of many who give it at
/// once one is let in.
pub(in crate::records::people) async fn use_step(
    conn: &mut Conn<'_>,
    person: &str,
    step: i64,
) -> Result<bool, Error> {
    let changed = exec!(
        conn,
        "UPDATE second_factors SET last_step = $2 WHERE person_id = $1 AND state = 'active' AND last_step < $2",
        person,
        step
    )?;
    Ok(changed == 1)
}

/// Uses a recovery code, which is gone afterwards.
pub(in crate::records::people) async fn use_recovery(
    conn: &mut Conn<'_>,
    person: &str,
    hash: &str,
) -> Result<bool, Error> {
    Ok(exec!(
        conn,
        "DELETE FROM recovery_codes WHERE person_id = $1 AND code_hash = $2",
        person,
        hash
    )? == 1)
}

pub(in crate::records::people) async fn recovery_left(
    conn: &mut Conn<'_>,
    person: &str,
) -> Result<i64, Error> {
    let found = row!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM recovery_codes WHERE person_id = $1",
        person
    )?;
    Ok(found.map_or(0, |(n,)| n))
}

pub(in crate::records::people) async fn replace_recovery(
    conn: &mut Conn<'_>,
    person: &str,
    hashes: &[String],
) -> Result<(), Error> {
    exec!(conn, "DELETE FROM recovery_codes WHERE person_id = $1", person)?;
    for hash in hashes {
        exec!(
            conn,
            "INSERT INTO recovery_codes (person_id, code_hash) VALUES ($1, $2)",
            person,
            hash.as_str()
        )?;
    }
    Ok(())
}

/// Removes a person's factor and recovery codes; gives whether they had an active one.
pub(in crate::records::people) async fn remove(
    conn: &mut Conn<'_>,
    person: &str,
) -> Result<bool, Error> {
    exec!(conn, "DELETE FROM recovery_codes WHERE person_id = $1", person)?;
    let active = exec!(
        conn,
        "DELETE FROM second_factors WHERE person_id = $1 AND state = 'active'",
        person
    )?;
    exec!(conn, "DELETE FROM second_factors WHERE person_id = $1", person)?;
    Ok(active == 1)
}

/// Everybody who has one, with the sealed seed.
pub(in crate::records::people) async fn all_active(
    conn: &mut Conn<'_>,
) -> Result<Vec<(String, Vec<u8>)>, Error> {
    Ok(rows!(
        conn,
        (String, Vec<u8>),
        "SELECT person_id, sealed FROM second_factors WHERE state = 'active' ORDER BY person_id"
    )?)
}

/// Gives a session another id and notes that its person showed a factor; gives whether it is still
/// there. The row stays, and with it when the session ends.
pub(in crate::records::people) async fn renew_session(
    conn: &mut Conn<'_>,
    before: &str,
    after: &str,
    person: &str,
    now: Moment,
) -> Result<bool, Error> {
    let mut sql = Sql::default();
    sql.push("UPDATE sessions SET id_hash = ").text(after).push(", fresh_at_ms = ").int(now);
    sql.push(" WHERE id_hash = ").text(before).push(" AND person_id = ").text(person);
    Ok(exec_of!(conn, &sql)? == 1)
}
