//! The SQL of deliveries and attempts.

use crate::{
    Error,
    records::promises::{DeliveryState, Task},
    store::{Conn, Sql, exec, exec_of, row, rows, rows_of},
};
use domain::{CheckId, DecisionId, Moment};

/// A delivery as stored.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Delivery {
    pub id: String,
    pub task: String,
    pub check_id: String,
    pub decision_id: Option<String>,
    pub connection_id: String,
    pub state: String,
    pub payload: String,
    pub attempts: i64,
    pub next_at_ms: i64,
    pub fence: i64,
    pub last_error: Option<String>,
    pub created_at_ms: i64,
    pub done_at_ms: Option<i64>,
}

impl Delivery {
    /// The provider answered it, for good.
    pub(crate) fn is_answered(&self) -> bool {
        [DeliveryState::Done.code(), DeliveryState::Conflict.code()].contains(&self.state.as_str())
    }

    /// Whether it tells that a check is accepted; nothing when it tells no decision.
    pub(crate) fn accepts(&self) -> Option<bool> {
        serde_json::from_str::<serde_json::Value>(&self.payload).ok()?["accepted"].as_bool()
    }
}

/// A delivery as admins list it.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Listed {
    pub id: String,
    pub task: String,
    pub check_id: String,
    pub state: String,
    pub attempts: i64,
    pub next_at_ms: i64,
    pub last_error: Option<String>,
    pub created_at_ms: i64,
    pub done_at_ms: Option<i64>,
    pub connection_id: String,
    pub connection: String,
    pub check_state: String,
}

/// One try.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Attempt {
    pub number: i64,
    pub started_at_ms: i64,
    pub ended_at_ms: Option<i64>,
    pub result: Option<String>,
    pub detail: Option<String>,
}

macro_rules! delivery {
    ($rest:literal) => {
        concat!("SELECT id, task, check_id, decision_id, connection_id, state, payload, attempts, next_at_ms, fence, last_error, created_at_ms, done_at_ms FROM deliveries", $rest)
    };
}

#[allow(clippy::too_many_arguments)] // every argument is a column
pub(crate) async fn insert(
    conn: &mut Conn<'_>,
    id: &str,
    task: Task,
    check: &CheckId,
    decision: Option<&DecisionId>,
    connection: &str,
    payload: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO deliveries (id, task, check_id, decision_id, connection_id, state, payload, attempts, next_at_ms, lease_until_ms, fence, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'due', $6, 0, $7, 0, 0, $7)",
        id,
        task.code(),
        check.as_str(),
        decision.map(DecisionId::as_str),
        connection,
        payload,
        now
    )?;
    conn.wakes();
    Ok(())
}

pub(crate) async fn find(conn: &mut Conn<'_>, id: &str) -> Result<Option<Delivery>, Error> {
    Ok(row!(conn, Delivery, delivery!(" WHERE id = $1"), id)?)
}

pub(crate) async fn of_check(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Delivery>, Error> {
    Ok(rows!(
        conn,
        Delivery,
        delivery!(" WHERE check_id = $1 ORDER BY created_at_ms, id"),
        check.as_str()
    )?)
}

/// Whether [`take_due`] may find anything.
pub(crate) async fn is_any_due(conn: &mut Conn<'_>, now: Moment) -> Result<bool, Error> {
    let sql =
        "SELECT id FROM deliveries WHERE state IN ('due', 'unknown') AND next_at_ms <= $1 LIMIT 1";
    Ok(row!(conn, (String,), sql, now)?.is_some())
}

/// Of which connections something is taken.
pub(crate) enum Of<'a> {
    Only(&'a str),
    AllBut(&'a [String]),
}

impl Of<'_> {
    /// The condition on a column with a connection's id.
    pub(crate) fn push(&self, sql: &mut Sql, column: &'static str) {
        match self {
            Self::Only(connection) => {
                sql.push(" AND ").push(column).push(" = ").text(*connection);
            }
            Self::AllBut([]) => {}
            Self::AllBut(connections) => {
                sql.push(" AND ").push(column).push(" NOT IN (").texts(*connections).push(")");
            }
        }
    }
}

/// Takes due deliveries under a lease. Of one check, only the oldest open one is taken, so its
/// messages keep their order.
pub(crate) async fn take_due(
    conn: &mut Conn<'_>,
    now: Moment,
    lease_until: Moment,
    limit: i64,
    of: &Of<'_>,
) -> Result<Vec<Delivery>, Error> {
    let mut sql = Sql::default();
    sql.push("UPDATE deliveries SET fence = fence + 1, lease_until_ms = ")
        .int(lease_until)
        .push(", next_at_ms = ")
        .int(lease_until);
    sql.push(" WHERE id IN (SELECT d.id FROM deliveries d WHERE d.state IN ('due', 'unknown') AND d.next_at_ms <= ").int(now);
    of.push(&mut sql, "d.connection_id");
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.check_id = d.check_id AND o.state IN ('due', 'unknown') AND (o.created_at_ms, o.id) < (d.created_at_ms, d.id)) \
         ORDER BY d.next_at_ms LIMIT ",
    );
    sql.int(limit).push(conn.skip_locked());
    sql.push(") RETURNING id, task, check_id, decision_id, connection_id, state, payload, attempts, next_at_ms, fence, last_error, created_at_ms, done_at_ms");
    Ok(rows_of!(conn, Delivery, &sql)?)
}

/// Takes what else of a table is due, under a lease.
pub(crate) async fn take_of_batch(
    conn: &mut Conn<'_>,
    batch: &str,
    now: Moment,
    lease_until: Moment,
    limit: i64,
) -> Result<Vec<Delivery>, Error> {
    let mut sql = Sql::default();
    sql.push("UPDATE deliveries SET fence = fence + 1, lease_until_ms = ")
        .int(lease_until)
        .push(", next_at_ms = ")
        .int(lease_until);
    sql.push(" WHERE id IN (SELECT d.id FROM batch_checks l JOIN deliveries d ON d.check_id = l.check_id WHERE l.batch_id = ").text(batch);
    sql.push(" AND d.state = 'due' AND d.task = 'create_check' AND d.next_at_ms <= ").int(now);
    sql.push(" ORDER BY l.line LIMIT ").int(limit).push(skip_locked_deliveries(conn));
    sql.push(") RETURNING id, task, check_id, decision_id, connection_id, state, payload, attempts, next_at_ms, fence, last_error, created_at_ms, done_at_ms");
    Ok(rows_of!(conn, Delivery, &sql)?)
}

/// Puts back what is due of a table until its place in time comes: what was just taken, and what
/// nobody holds.
pub(crate) async fn put_back_batch(
    conn: &mut Conn<'_>,
    batch: &str,
    taken: &[Delivery],
    now: Moment,
    at: Moment,
) -> Result<(), Error> {
    for delivery in taken {
        put_back(conn, delivery, at).await?;
    }
    let mut sql = Sql::default();
    sql.push("UPDATE deliveries SET next_at_ms = ").int(at);
    sql.push(" WHERE id IN (SELECT d.id FROM batch_checks l JOIN deliveries d ON d.check_id = l.check_id WHERE l.batch_id = ").text(batch);
    sql.push(" AND d.state = 'due' AND d.task = 'create_check' AND d.next_at_ms <= ").int(now);
    sql.push(skip_locked_deliveries(conn)).push(")");
    exec_of!(conn, &sql)?;
    Ok(())
}

/// As `Conn::skip_locked`, of the deliveries alone.
const fn skip_locked_deliveries(conn: &Conn<'_>) -> &'static str {
    match conn {
        Conn::Sqlite(_) => "",
        Conn::Postgres(_) => " FOR UPDATE OF d SKIP LOCKED",
    }
}

/// Puts a delivery back until a later moment; what may have left stays unknown.
pub(crate) async fn put_back(conn: &mut Conn<'_>, d: &Delivery, at: Moment) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE deliveries SET lease_until_ms = 0, next_at_ms = $3 WHERE id = $1 AND fence = $2 AND state IN ('due', 'unknown')",
        &d.id,
        d.fence,
        at
    )?;
    Ok(())
}

/// Lets others take a delivery at once of which nothing has left since it was taken. The fence
/// makes void whatever its holder still wanted to begin; what has left stays under its lease.
pub(crate) async fn give_back(conn: &mut Conn<'_>, d: &Delivery, now: Moment) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE deliveries SET lease_until_ms = 0, next_at_ms = $4, fence = fence + 1 \
         WHERE id = $1 AND fence = $2 AND attempts = $3 AND lease_until_ms > 0 AND state IN ('due', 'unknown')",
        &d.id,
        d.fence,
        d.attempts,
        now
    )?;
    Ok(())
}

/// Notes that a request is about to leave: from now on it may have taken effect.
///
/// The lease is renewed until `lease_until`: what is sent may take longer than the usual one.
pub(crate) async fn start_attempt(
    conn: &mut Conn<'_>,
    d: &Delivery,
    now: Moment,
    lease_until: Moment,
) -> Result<bool, Error> {
    let still_ours = exec!(
        conn,
        "UPDATE deliveries SET state = 'unknown', attempts = attempts + 1, lease_until_ms = $3, next_at_ms = $3 WHERE id = $1 AND fence = $2 AND state IN ('due', 'unknown')",
        &d.id,
        d.fence,
        lease_until
    )?;
    if still_ours == 0 {
        return Ok(false);
    }
    exec!(
        conn,
        "INSERT INTO attempts (delivery_id, number, started_at_ms) SELECT id, attempts, $2 FROM deliveries WHERE id = $1",
        &d.id,
        now
    )?;
    Ok(true)
}

/// How a try ended: the delivery's next state, when to look at it again, and why.
pub(crate) struct Ended<'a> {
    pub state: DeliveryState,
    pub next_at: Moment,
    pub result: &'a str,
    pub detail: &'a str,
    /// The same for admins, without words of the provider.
    pub cause: &'a str,
    /// Why the try is not counted, if it is not.
    pub uncounted: Option<&'static str>,
}

/// Writes the end of a try, unless another worker took over meanwhile.
pub(crate) async fn end(
    conn: &mut Conn<'_>,
    d: &Delivery,
    ended: &Ended<'_>,
    now: Moment,
) -> Result<bool, Error> {
    let done =
        matches!(ended.state, DeliveryState::Done | DeliveryState::Conflict | DeliveryState::Dead)
            .then_some(now);
    let error = (!matches!(ended.state, DeliveryState::Done)).then_some(ended.cause);
    let still_ours = exec!(
        conn,
        "UPDATE deliveries SET state = $3, next_at_ms = $4, lease_until_ms = 0, last_error = $5, done_at_ms = $6 WHERE id = $1 AND fence = $2",
        &d.id,
        d.fence,
        ended.state.code(),
        ended.next_at,
        error,
        done
    )?;
    if still_ours == 0 {
        return Ok(false);
    }
    let result = ended.uncounted.unwrap_or(ended.result);
    exec!(
        conn,
        "UPDATE attempts SET ended_at_ms = $2, result = $3, detail = $4 WHERE delivery_id = $1 AND number = (SELECT MAX(number) FROM attempts WHERE delivery_id = $1) AND ended_at_ms IS NULL",
        &d.id,
        now,
        result,
        ended.detail
    )?;
    Ok(true)
}

/// A try that does not count towards giving up: the provider asked us to wait.
pub(crate) const ASKED_TO_WAIT: &str = "asked to wait";
/// Neither does this: all of the provider was out of reach, not this delivery at fault.
pub(crate) const OUT_OF_REACH: &str = "out of reach";

/// Tries that count towards giving up.
pub(crate) async fn counted_attempts(conn: &mut Conn<'_>, id: &str) -> Result<i64, Error> {
    let counted = row!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM attempts WHERE delivery_id = $1 AND (result IS NULL OR result NOT IN ($2, $3))",
        id,
        ASKED_TO_WAIT,
        OUT_OF_REACH
    )?;
    Ok(counted.map_or(0, |(n,)| n))
}

/// When the first try left; a task created at the provider before that is not ours.
pub(crate) async fn first_started(conn: &mut Conn<'_>, id: &str) -> Result<Option<Moment>, Error> {
    Ok(row!(
        conn,
        (i64,),
        "SELECT started_at_ms FROM attempts WHERE delivery_id = $1 ORDER BY number LIMIT 1",
        id
    )?
    .map(|(at,)| at))
}

/// When the last try left.
pub(crate) async fn last_started(conn: &mut Conn<'_>, id: &str) -> Result<Option<Moment>, Error> {
    Ok(row!(
        conn,
        (i64,),
        "SELECT started_at_ms FROM attempts WHERE delivery_id = $1 ORDER BY number DESC LIMIT 1",
        id
    )?
    .map(|(at,)| at))
}

pub(crate) async fn drop_unsent(
    conn: &mut Conn<'_>,
    check: &CheckId,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE deliveries SET state = 'dropped', done_at_ms = $2, fence = fence + 1 WHERE check_id = $1 AND state = 'due'",
        check.as_str(),
        now
    )?;
    Ok(())
}

/// The fence makes the answer void of what is under way.
pub(crate) async fn drop_metadata(
    conn: &mut Conn<'_>,
    check: &CheckId,
    now: Moment,
) -> Result<(), Error> {
    // An upload's payload names its file.
    exec!(
        conn,
        "UPDATE deliveries SET payload = '{\"step\":\"upload\"}' WHERE check_id = $1 AND task = 'create_check' AND payload LIKE '%\"step\":\"upload\"%'",
        check.as_str()
    )?;
    exec!(
        conn,
        "UPDATE deliveries SET payload = '{}', fence = fence + 1, done_at_ms = COALESCE(done_at_ms, $2), \
         state = CASE WHEN state = 'done' THEN state ELSE 'dropped' END WHERE check_id = $1 AND task = 'put_metadata'",
        check.as_str(),
        now
    )?;
    Ok(())
}

/// Given up may mean applied; whoever tells another decision then is answered 409, and reads.
pub(crate) async fn drop_untold(
    conn: &mut Conn<'_>,
    check: &CheckId,
    now: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE deliveries SET state = 'dropped', done_at_ms = $2, fence = fence + 1 WHERE check_id = $1 AND task = 'tell_decision' AND state IN ('due', 'dead')",
        check.as_str(),
        now
    )?)
}

pub(crate) async fn revive(conn: &mut Conn<'_>, id: &str, now: Moment) -> Result<u64, Error> {
    conn.wakes();
    // What was given up may have taken effect, so it is unknown: read before sending.
    Ok(exec!(
        conn,
        "UPDATE deliveries SET state = 'unknown', next_at_ms = $2, done_at_ms = NULL WHERE id = $1 AND state = 'dead' AND task <> 'create_check'",
        id,
        now
    )?)
}

pub(crate) async fn attempts(conn: &mut Conn<'_>, id: &str) -> Result<Vec<Attempt>, Error> {
    Ok(rows!(
        conn,
        Attempt,
        "SELECT number, started_at_ms, ended_at_ms, result, detail FROM attempts WHERE delivery_id = $1 ORDER BY number",
        id
    )?)
}

pub(crate) async fn list(
    conn: &mut Conn<'_>,
    state: Option<DeliveryState>,
) -> Result<Vec<Listed>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT d.id, d.task, d.check_id, d.state, d.attempts, d.next_at_ms, d.last_error, d.created_at_ms, d.done_at_ms, d.connection_id, c.name AS connection, k.state AS check_state \
         FROM deliveries d JOIN connections c ON c.id = d.connection_id JOIN checks k ON k.id = d.check_id WHERE d.created_at_ms >= 0",
    );
    if let Some(state) = state {
        sql.push(" AND d.state = ").text(state.code());
    }
    sql.push(" ORDER BY d.created_at_ms DESC, d.id DESC LIMIT 200");
    Ok(rows_of!(conn, Listed, &sql)?)
}
