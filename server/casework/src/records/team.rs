//! The SQL of saved views, holds, presence and the team's load.

use crate::{
    Error,
    store::{Conn, Sql, exec, exec_of, row, rows, rows_of},
};
use domain::{
    CheckId, Moment,
    checks::{CLAIM_TIME, Kind},
    queue::Filter,
    time::DAY,
};

/// A saved view as stored, with its owner's name.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct View {
    pub id: String,
    pub owner_id: String,
    pub name: String,
    pub folded: String,
    pub pairs: String,
    pub shared: i64,
    pub owner: String,
}

impl View {
    /// What it shows; what a later program may have stored and this one does not know filters
    /// nothing.
    #[must_use]
    pub fn filter(&self) -> Filter {
        let pairs: Vec<(String, String)> = serde_json::from_str(&self.pairs).unwrap_or_default();
        Filter::from_pairs(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.shared == 1
    }
}

macro_rules! view {
    ($rest:literal) => {
        concat!(
            "SELECT v.id, v.owner_id, v.name, v.folded, v.pairs, v.shared, p.name AS owner FROM saved_views v JOIN people p ON p.id = v.owner_id",
            $rest
        )
    };
}

/// A person's own views, then those that all see; at most as many as a page can show.
pub(crate) async fn views(conn: &mut Conn<'_>, person: &str) -> Result<Vec<View>, Error> {
    let mut views =
        rows!(conn, View, view!(" WHERE v.owner_id = $1 ORDER BY v.folded, v.id"), person)?;
    let shared = rows!(
        conn,
        View,
        view!(" WHERE v.shared = 1 AND v.owner_id <> $1 ORDER BY v.folded, v.id LIMIT 200"),
        person
    )?;
    views.extend(shared);
    Ok(views)
}

/// Everybody's views.
pub(crate) async fn all_views(conn: &mut Conn<'_>) -> Result<Vec<View>, Error> {
    Ok(rows!(conn, View, view!(" ORDER BY v.id"))?)
}

pub(crate) async fn count_views(conn: &mut Conn<'_>, owner: &str) -> Result<i64, Error> {
    Ok(row!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM saved_views WHERE owner_id = $1",
        owner
    )?
    .map_or(0, |(n,)| n))
}

pub(crate) async fn insert_view(
    conn: &mut Conn<'_>,
    view: &View,
    now: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "INSERT INTO saved_views (id, owner_id, name, folded, pairs, shared, made_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7) \
         ON CONFLICT (owner_id, folded) DO NOTHING",
        &view.id,
        &view.owner_id,
        &view.name,
        &view.folded,
        &view.pairs,
        view.shared,
        now
    )?)
}

pub(crate) async fn hold_view(conn: &mut Conn<'_>, id: &str) -> Result<Option<View>, Error> {
    let mut sql = Sql::default();
    sql.push(view!(" WHERE v.id = ")).text(id);
    if matches!(conn, Conn::Postgres(_)) {
        sql.push(" FOR NO KEY UPDATE OF v");
    }
    Ok(rows_of!(conn, View, &sql)?.pop())
}

pub(crate) async fn is_taken(
    conn: &mut Conn<'_>,
    owner: &str,
    folded: &str,
    except: &str,
) -> Result<bool, Error> {
    let taken = row!(
        conn,
        (String,),
        "SELECT id FROM saved_views WHERE owner_id = $1 AND folded = $2 AND id <> $3",
        owner,
        folded,
        except
    )?;
    Ok(taken.is_some())
}

pub(crate) async fn rename_view(
    conn: &mut Conn<'_>,
    id: &str,
    name: &str,
    folded: &str,
) -> Result<(), Error> {
    exec!(conn, "UPDATE saved_views SET name = $2, folded = $3 WHERE id = $1", id, name, folded)?;
    Ok(())
}

pub(crate) async fn delete_view(conn: &mut Conn<'_>, id: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM saved_views WHERE id = $1", id)?;
    Ok(())
}

pub(crate) async fn claim(
    conn: &mut Conn<'_>,
    id: &CheckId,
    person: &str,
    until: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET claimed_by = $2, claim_until_ms = $3 WHERE id = $1",
        id.as_str(),
        person,
        until
    )?;
    Ok(())
}

/// Gives a check to a colleague: it is theirs, and held for them first.
pub(crate) async fn hand_over(
    conn: &mut Conn<'_>,
    id: &CheckId,
    from: &str,
    to: &str,
    note: Option<&str>,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET assignee_id = $3, claimed_by = $3, claim_until_ms = $5, handed_by = $2, handed_note = $4, handed_at_ms = $6, touched_at_ms = $6 WHERE id = $1",
        id.as_str(),
        from,
        to,
        note,
        now + CLAIM_TIME,
        now
    )?;
    Ok(())
}

/// Makes a hold last longer, if it still is one.
pub(crate) async fn extend(
    conn: &mut Conn<'_>,
    id: &str,
    person: &str,
    now: Moment,
    until: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE checks SET claim_until_ms = $4 WHERE id = $1 AND claimed_by = $2 AND claim_until_ms > $3 AND state = 'to_review'",
        id,
        person,
        now,
        until
    )?)
}

/// A check that a colleague handed over.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Handed {
    pub id: String,
    pub name: String,
    pub reference: String,
    pub from_name: String,
    pub note: Option<String>,
    pub at_ms: i64,
}

pub(crate) async fn handed_to(conn: &mut Conn<'_>, person: &str) -> Result<Vec<Handed>, Error> {
    Ok(rows!(
        conn,
        Handed,
        "SELECT k.id, COALESCE(k.about, c.name) AS name, c.reference, p.name AS from_name, k.handed_note AS note, k.handed_at_ms AS at_ms FROM checks k \
         JOIN customers c ON c.id = k.customer_id JOIN people p ON p.id = k.handed_by \
         WHERE k.assignee_id = $1 AND k.state = 'to_review' AND k.handed_by IS NOT NULL ORDER BY k.handed_at_ms DESC, k.id LIMIT 20",
        person
    )?)
}

/// Ids and names of those who have a check open.
pub(crate) async fn present(
    conn: &mut Conn<'_>,
    check: &str,
    since: Moment,
) -> Result<Vec<(String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String),
        "SELECT p.id, p.name FROM present s JOIN people p ON p.id = s.person_id WHERE s.check_id = $1 AND s.seen_at_ms > $2 ORDER BY p.name, p.id",
        check,
        since
    )?)
}

pub(crate) async fn name_of(conn: &mut Conn<'_>, person: &str) -> Result<Option<String>, Error> {
    Ok(row!(conn, (String,), "SELECT name FROM people WHERE id = $1", person)?.map(|(name,)| name))
}

/// Deletes who was last heard of before a moment. Rows that somebody writes at the same time are
/// left: nobody waits here.
pub(crate) async fn sweep(conn: &mut Conn<'_>, before: Moment) -> Result<u64, Error> {
    let mut sql = Sql::default();
    sql.push("DELETE FROM present WHERE (check_id, person_id) IN (SELECT check_id, person_id FROM present WHERE seen_at_ms <= ")
        .int(before);
    sql.push(conn.skip_locked()).push(")");
    Ok(exec_of!(conn, &sql)?)
}

/// One person's load. Counts beyond a thousand are a thousand and one.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Member {
    pub id: String,
    pub name: String,
    pub role: String,
    pub state: String,
    /// Assigned and under way.
    pub open: i64,
    /// Assigned, to review and past the deadline.
    pub overdue: i64,
    /// Held now.
    pub held: i64,
    pub decided_today: i64,
    pub decided_week: i64,
    /// Since when the longest waiting of their checks to review has been waiting.
    pub oldest_ms: Option<i64>,
}

/// The statement behind the people's load; tests look at its plan.
#[must_use]
pub fn members(now: Moment) -> Sql {
    let midnight = now - now.rem_euclid(DAY);
    let mut sql = Sql::default();
    sql.push(
        "SELECT p.id, p.name, p.role, p.state, \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks k WHERE k.assignee_id = p.id AND k.state IN ('queued', 'running', 'to_review', 'proposed') LIMIT 1001) x) AS open, \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks k WHERE k.assignee_id = p.id AND k.state = 'to_review' AND k.due_at_ms <= ",
    );
    sql.int(now).push(
        " LIMIT 1001) x) AS overdue, \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks k WHERE k.claimed_by = p.id AND k.claim_until_ms > ",
    );
    sql.int(now).push(" AND k.state = 'to_review' LIMIT 1001) x) AS held, ");
    for (name, since) in [(" AS decided_today, ", midnight), (" AS decided_week, ", now - 7 * DAY)]
    {
        sql.push(
            "(SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM decisions d WHERE d.decided_by = p.id AND d.decided_at_ms >= ",
        );
        sql.int(since)
            .push(" AND d.step IN ('decision', 'approval', 'overturn') LIMIT 1001) x)")
            .push(name);
    }
    sql.push(
        "(SELECT MIN(x.due_from_ms) FROM (SELECT k.due_from_ms FROM checks k WHERE k.assignee_id = p.id AND k.state = 'to_review' ORDER BY k.due_at_ms, k.id LIMIT 1001) x) AS oldest_ms \
         FROM people p WHERE p.role IN ('analyst', 'supervisor') AND (p.state = 'active' OR EXISTS (SELECT 1 FROM checks k WHERE k.assignee_id = p.id \
         AND k.state IN ('queued', 'running', 'to_review', 'proposed'))) ORDER BY p.name, p.id LIMIT 500",
    );
    sql
}

pub(crate) async fn load_of_members(
    conn: &mut Conn<'_>,
    now: Moment,
) -> Result<Vec<Member>, Error> {
    Ok(rows_of!(conn, Member, &members(now))?)
}

/// What waits for review and is nobody's, of one kind.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Unassigned {
    pub kind: String,
    pub waiting: i64,
    pub overdue: i64,
}

/// The statement behind what is nobody's; tests look at its plan.
#[must_use]
pub fn unassigned(now: Moment) -> Sql {
    let mut sql = Sql::default();
    for (at, kind) in Kind::ALL.iter().enumerate() {
        sql.push(if at == 0 { "SELECT " } else { " UNION ALL SELECT " });
        sql.push("CAST(").text(kind.code()).push(
            " AS TEXT) AS kind, (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks k WHERE k.assignee_id IS NULL AND k.state = 'to_review' AND k.kind = ",
        );
        sql.text(kind.code()).push(
            " LIMIT 1001) x) AS waiting, (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks k WHERE k.assignee_id IS NULL AND k.state = 'to_review' AND k.kind = ",
        );
        sql.text(kind.code())
            .push(" AND k.due_at_ms <= ")
            .int(now)
            .push(" LIMIT 1001) x) AS overdue");
    }
    sql
}

pub(crate) async fn load_unassigned(
    conn: &mut Conn<'_>,
    now: Moment,
) -> Result<Vec<Unassigned>, Error> {
    Ok(rows_of!(conn, Unassigned, &unassigned(now))?)
}
