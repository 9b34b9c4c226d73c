//! The journal's SQL.

use super::{Entry, parts::Part, record::Verification, rows::Commitment};
use crate::{
    Error,
    store::{Conn, Sql, exec, exec_of, parts, row, rows, rows_of},
};
use domain::Moment;
use sqlx::Row as _;

/// Rows read at once while verifying.
const STRIDE: i64 = 2_000;

/// What stands for a row in the commitment that says that a part was taken over.
pub(super) const TAKEN_OVER: &str = "";

pub(super) async fn head(conn: &mut Conn<'_>) -> Result<Option<(i64, Vec<u8>)>, Error> {
    Ok(row!(conn, (i64, Vec<u8>), "SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1")?)
}

/// An entry that is about to be written, with its place in the chain.
pub(super) struct New<'a> {
    pub seq: i64,
    pub entry: &'a Entry,
    pub commitment: Vec<u8>,
    pub hash: [u8; 32],
    pub salt: [u8; 16],
    pub details: String,
}

pub(super) async fn insert(conn: &mut Conn<'_>, all: &[New<'_>]) -> Result<(), Error> {
    for part in parts(all) {
        let mut sql = Sql::default();
        sql.push("INSERT INTO journal (seq, at_ms, actor, action, subject, subject_id, request_id, commitment, hash) VALUES ");
        for (at, new) in part.iter().enumerate() {
            let entry = new.entry;
            sql.push(if at == 0 { "(" } else { ", (" })
                .int(new.seq)
                .push(", ")
                .int(entry.at)
                .push(", ")
                .text(&entry.actor);
            sql.push(", ")
                .text(entry.action.code())
                .push(", ")
                .text(entry.subject.code())
                .push(", ")
                .text(&entry.subject_id);
            sql.push(", ")
                .text(&entry.request_id)
                .push(", ")
                .bytes(new.commitment.as_slice())
                .push(", ")
                .bytes(new.hash)
                .push(")");
        }
        exec_of!(conn, &sql)?;
        let mut sql = Sql::default();
        sql.push("INSERT INTO journal_details (seq, salt, details) VALUES ");
        for (at, new) in part.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" })
                .int(new.seq)
                .push(", ")
                .bytes(new.salt)
                .push(", ")
                .text(&new.details)
                .push(")");
        }
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

/// Records whose erasure it is, and erases the details: the database refuses the one without the
/// other.
pub(super) async fn erase_details(
    conn: &mut Conn<'_>,
    customer_id: &str,
    subject_id: &str,
    now: Moment,
) -> Result<(), Error> {
    let until = head(conn).await?.map_or(0, |(seq, _)| seq);
    exec!(
        conn,
        "INSERT INTO erasures (subject_id, customer_id, until_seq, recorded_at_ms) \
         SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT) \
         WHERE NOT EXISTS (SELECT 1 FROM erasures WHERE subject_id = $1 AND customer_id = $2 AND until_seq = $3)",
        subject_id,
        customer_id,
        until,
        now
    )?;
    conn.wrote(super::parts::ERASURES, &format!("{subject_id}/{customer_id}/{until}"));
    exec!(
        conn,
        "DELETE FROM journal_details WHERE seq IN (SELECT seq FROM journal WHERE subject_id = $1 AND seq <= $2)",
        subject_id,
        until
    )?;
    Ok(())
}

#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(super) struct ChainRow {
    pub seq: i64,
    pub at_ms: i64,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub subject_id: String,
    pub request_id: String,
    pub commitment: Vec<u8>,
    pub hash: Vec<u8>,
    pub salt: Option<Vec<u8>>,
    pub details: Option<String>,
    /// Salt and details, where they are sealed.
    pub sealed: Option<Vec<u8>>,
}

/// The entries from a number on. That is said of the details as well: PostgreSQL merges two ordered
/// lists, and would walk along the second one from its beginning each time.
pub(super) async fn chain_from(conn: &mut Conn<'_>, seq: i64) -> Result<Vec<ChainRow>, Error> {
    Ok(rows!(
        conn,
        ChainRow,
        "SELECT j.seq, j.at_ms, j.actor, j.action, j.subject, j.subject_id, j.request_id, j.commitment, j.hash, d.salt, d.details, d.sealed \
         FROM journal j LEFT JOIN journal_details d ON d.seq = j.seq AND d.seq >= $1 WHERE j.seq >= $1 ORDER BY j.seq LIMIT $2",
        seq,
        STRIDE
    )?)
}

/// An entry as it is listed.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Row {
    pub seq: i64,
    pub at_ms: i64,
    pub actor: String,
    /// The person's name, where the actor is a person.
    pub actor_name: Option<String>,
    pub action: String,
    pub subject: String,
    pub subject_id: String,
    pub request_id: String,
    /// JSON, or nothing when it was erased.
    pub details: Option<String>,
    /// Salt and details, until they are opened.
    pub(super) sealed: Option<Vec<u8>>,
}

/// What to list; empty fields filter nothing.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub actor: Option<String>,
    pub action: Option<String>,
    pub subject_id: Option<String>,
    pub from_ms: Option<i64>,
    pub until_ms: Option<i64>,
    /// Entries before this number (for older pages).
    pub before: Option<i64>,
    pub limit: i64,
}

const COLUMNS: &str = "SELECT j.seq, j.at_ms, j.actor, p.name AS actor_name, j.action, j.subject, j.subject_id, j.request_id, d.details, d.sealed \
     FROM journal j LEFT JOIN people p ON p.id = j.actor LEFT JOIN journal_details d ON d.seq = j.seq WHERE j.seq > 0";

pub(super) async fn list(conn: &mut Conn<'_>, filter: &Filter) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS);
    if let Some(actor) = &filter.actor {
        sql.push(" AND j.actor = ").text(actor);
    }
    if let Some(action) = &filter.action {
        sql.push(" AND j.action = ").text(action);
    }
    if let Some(subject) = &filter.subject_id {
        sql.push(" AND j.subject_id = ").text(subject);
    }
    if let Some(from) = filter.from_ms {
        sql.push(" AND j.at_ms >= ").int(from);
    }
    if let Some(until) = filter.until_ms {
        sql.push(" AND j.at_ms < ").int(until);
    }
    if let Some(before) = filter.before {
        sql.push(" AND j.seq < ").int(before);
    }
    sql.push(" ORDER BY j.seq DESC LIMIT ").int(filter.limit.clamp(1, 500));
    Ok(rows_of!(conn, Row, &sql)?)
}

/// Entries of some actions, and of those whose code begins so, after one number and before another,
/// newest first.
pub(super) async fn of_actions(
    conn: &mut Conn<'_>,
    codes: &[&'static str],
    prefixes: &[&'static str],
    after: i64,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS).push(" AND j.seq > ").int(after);
    if let Some(before) = before {
        sql.push(" AND j.seq < ").int(before);
    }
    of_these(&mut sql, codes, prefixes);
    sql.push(" ORDER BY j.seq DESC LIMIT ").int(limit);
    Ok(rows_of!(conn, Row, &sql)?)
}

/// The oldest of them after one number, oldest first.
pub(super) async fn oldest_of_actions(
    conn: &mut Conn<'_>,
    codes: &[&'static str],
    prefixes: &[&'static str],
    after: i64,
    limit: i64,
) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS).push(" AND j.seq > ").int(after);
    of_these(&mut sql, codes, prefixes);
    sql.push(" ORDER BY j.seq LIMIT ").int(limit);
    Ok(rows_of!(conn, Row, &sql)?)
}

/// How many of them there are after one number.
pub(super) async fn count_of_actions(
    conn: &mut Conn<'_>,
    codes: &[&'static str],
    prefixes: &[&'static str],
    after: i64,
) -> Result<i64, Error> {
    let mut sql = Sql::default();
    sql.push("SELECT CAST(COUNT(*) AS BIGINT) FROM journal j WHERE j.seq > ").int(after);
    of_these(&mut sql, codes, prefixes);
    Ok(rows_of!(conn, (i64,), &sql)?.first().map_or(0, |(n,)| *n))
}

/// Adds which actions are asked for: these, and those whose code begins so.
fn of_these(sql: &mut Sql, codes: &[&'static str], prefixes: &[&'static str]) {
    sql.push(" AND (j.action IN (").texts(codes.iter().copied()).push(")");
    for prefix in prefixes {
        // A range and no LIKE: in one `_` stands for any character.
        sql.push(" OR (j.action >= ")
            .text(*prefix)
            .push(" AND j.action < ")
            .text(format!("{prefix}~"))
            .push(")");
    }
    sql.push(")");
}

pub(super) async fn about(conn: &mut Conn<'_>, subject_id: &str) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS)
        .push(" AND j.subject_id = ")
        .text(subject_id)
        .push(" ORDER BY j.seq LIMIT 500");
    Ok(rows_of!(conn, Row, &sql)?)
}

/// The entries that say what one person was shown of a check. Entries of a check are few, those of
/// a person are not: what is asked of an expression takes no index.
pub(super) async fn views_of(
    conn: &mut Conn<'_>,
    check: &str,
    person: &str,
    until: Moment,
) -> Result<Vec<Row>, Error> {
    let mut sql = Sql::default();
    sql.push(COLUMNS)
        .push(" AND j.subject_id = ")
        .text(check)
        .push(" AND (j.actor || '') = ")
        .text(person);
    sql.push(" AND (j.action || '') IN ('check_viewed', 'evidence_viewed', 'picture_viewed', 'document_viewed') AND j.at_ms <= ")
        .int(until);
    sql.push(" ORDER BY j.seq");
    Ok(rows_of!(conn, Row, &sql)?)
}

/// How far apart the entries of one request's decisions may stand: others write in between.
const NEAR: i64 = 2_000;

pub(super) async fn came_with_others(
    conn: &mut Conn<'_>,
    check: &str,
    person: &str,
    at: Moment,
) -> Result<bool, Error> {
    let entry = row!(
        conn,
        (i64, String),
        "SELECT seq, request_id FROM journal WHERE subject_id = $1 AND (actor || '') = $2 AND at_ms = $3 AND request_id <> '' \
         AND (action || '') IN ('decision_made', 'decision_proposed') ORDER BY seq LIMIT 1",
        check,
        person,
        at
    )?;
    let Some((seq, request)) = entry else { return Ok(false) };
    let other = row!(
        conn,
        (i64,),
        "SELECT seq FROM journal WHERE seq BETWEEN $1 AND $2 AND (actor || '') = $3 AND request_id = $4 AND (subject_id || '') <> $5 \
         AND (action || '') IN ('decision_made', 'decision_proposed') LIMIT 1",
        seq - NEAR,
        seq + NEAR,
        person,
        request,
        check
    )?;
    Ok(other.is_some())
}

/// A row of a part, and the newest commitment to it.
#[derive(Debug)]
pub(super) struct CoveredRow {
    pub id: String,
    /// The entry of that commitment.
    pub seq: Option<i64>,
    pub mac: Option<Vec<u8>>,
    pub salt: Option<Vec<u8>>,
    /// What the row holds; nothing where there is no such row.
    pub values: Option<Vec<Option<Vec<u8>>>>,
}

/// Which rows of a part.
pub(super) enum Which<'a> {
    These(&'a [String]),
    /// The next ones after this, in order.
    After(&'a str),
}

/// Reads rows whose columns are known only at run time.
macro_rules! covered_rows {
    ($conn:expr, $sql:expr, $columns:expr) => {{
        let (sql, columns): (&Sql, Option<usize>) = ($sql, $columns);
        let text = $conn.worded(sql);
        crate::store::with_conn!($conn, |c| {
            let rows = crate::store::bound!(sqlx::query(sqlx::AssertSqlSafe(text)), sql)
                .fetch_all(c)
                .await?;
            let read = rows.iter().map(|row| -> Result<CoveredRow, sqlx::Error> {
                let values = match columns {
                    None => None,
                    Some(columns) => Some(
                        (4..4 + columns)
                            .map(|at| row.try_get::<Option<Vec<u8>>, _>(at))
                            .collect::<Result<Vec<_>, _>>()?,
                    ),
                };
                Ok(CoveredRow {
                    id: row.try_get(0)?,
                    seq: row.try_get(1)?,
                    mac: row.try_get(2)?,
                    salt: row.try_get(3)?,
                    values,
                })
            });
            read.collect::<Result<Vec<_>, sqlx::Error>>()?
        })
    }};
}

/// Rows of a part, in the order of their ids.
pub(super) async fn covered(
    conn: &mut Conn<'_>,
    part: &Part,
    which: Which<'_>,
) -> Result<Vec<CoveredRow>, Error> {
    let (name, key, table) = (part.name, part.key, part.table);
    let mut sql =
        Sql { text: format!("SELECT {key} AS row_id, k.seq, k.mac, k.salt"), ..Sql::default() };
    for column in part.columns {
        // As bytes: whatever somebody wrote there by hand can be read.
        sql.text.push_str(&match conn {
            Conn::Sqlite(_) => format!(", CAST(CAST(r.{column} AS TEXT) AS BLOB)"),
            Conn::Postgres(_) => format!(", convert_to(CAST(r.{column} AS TEXT), 'UTF8')"),
        });
    }
    for column in part.sealed {
        sql.text.push_str(&format!(", r.{column}"));
    }
    let newest = match conn {
        // A sum, so that SQLite looks by part and row: by its number it would walk along all that
        // one entry took over, for each row.
        Conn::Sqlite(_) => format!(
            "commitments k ON k.part = '{name}' AND k.row_id = {key} AND k.seq + 0 = \
             (SELECT MAX(l.seq) FROM commitments l WHERE l.part = '{name}' AND l.row_id = {key})"
        ),
        // Row by row: without statistics, as after an upgrade, PostgreSQL would sort all
        // commitments of the part for each page.
        Conn::Postgres(_) => format!(
            "LATERAL (SELECT l.seq, l.mac, l.salt FROM commitments l WHERE l.part = '{name}' AND l.row_id = {key} \
             ORDER BY l.seq DESC LIMIT 1) k ON TRUE"
        ),
    };
    sql.text.push_str(&format!(" FROM {table} r LEFT JOIN {newest} WHERE {key}"));
    match which {
        Which::These(ids) => sql.push(" IN (").texts(ids).push(") ORDER BY row_id"),
        // No row of ours has an empty id: one that has is found, too.
        Which::After("") => sql.push(" >= ").text("").push(" ORDER BY row_id LIMIT ").int(STRIDE),
        Which::After(after) => {
            sql.push(" > ").text(after).push(" ORDER BY row_id LIMIT ").int(STRIDE)
        }
    };
    Ok(covered_rows!(conn, &sql, Some(part.columns.len() + part.sealed.len())))
}

const NEWEST: &str = "SELECT k.row_id, k.seq, k.mac, k.salt FROM commitments k WHERE k.seq = \
    (SELECT MAX(l.seq) FROM commitments l WHERE l.part = k.part AND l.row_id = k.row_id)";

/// The newest commitments to rows that are not there.
pub(super) async fn standing(
    conn: &mut Conn<'_>,
    part: &Part,
    ids: &[String],
) -> Result<Vec<CoveredRow>, Error> {
    let mut sql = Sql::default();
    sql.push(NEWEST)
        .push(" AND k.part = ")
        .text(part.name)
        .push(" AND k.row_id IN (")
        .texts(ids)
        .push(") ORDER BY k.row_id");
    Ok(covered_rows!(conn, &sql, None))
}

/// Commitments to rows of a part that are not there any more, in the order of their ids; that it
/// was taken over is none.
pub(super) async fn gone(
    conn: &mut Conn<'_>,
    part: &Part,
    after: &str,
) -> Result<Vec<CoveredRow>, Error> {
    let mut sql = Sql::default();
    sql.push(NEWEST).push(" AND k.part = ").text(part.name).push(" AND k.row_id > ").text(after);
    // What is put together of columns has no affinity in SQLite: an index of it is used for what
    // has none either.
    let row_id = if matches!(conn, Conn::Sqlite(_)) { "+k.row_id" } else { "k.row_id" };
    sql.text.push_str(&format!(
        " AND NOT EXISTS (SELECT 1 FROM {} r WHERE {} = {row_id}) ORDER BY k.row_id LIMIT ",
        part.table, part.key
    ));
    sql.int(STRIDE);
    Ok(covered_rows!(conn, &sql, None))
}

/// Whether nothing was taken over of a part yet, not even that there was nothing; and whether
/// nothing of it is committed to.
pub(super) async fn is_untaken(conn: &mut Conn<'_>, part: &Part) -> Result<Option<bool>, Error> {
    let found = row!(
        conn,
        (i64, i64),
        "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM commitments WHERE part = $1 AND row_id = $2) THEN 1 ELSE 0 END AS BIGINT), \
         CAST(CASE WHEN EXISTS (SELECT 1 FROM commitments WHERE part = $1) THEN 1 ELSE 0 END AS BIGINT)",
        part.name,
        TAKEN_OVER
    )?;
    Ok(found.filter(|(taken, _)| *taken == 0).map(|(_, committed)| committed == 0))
}

/// Writes what an entry commits to; the salts of earlier commitments to the same rows go.
pub(super) async fn insert_commitments(
    conn: &mut Conn<'_>,
    seq: i64,
    all: &[Commitment],
) -> Result<(), Error> {
    let mut n = 0;
    for part in parts(all) {
        let mut sql = Sql::default();
        sql.push("INSERT INTO commitments (seq, n, part, row_id, mac, salt) VALUES ");
        for (at, one) in part.iter().enumerate() {
            n += 1;
            sql.push(if at == 0 { "(" } else { ", (" })
                .int(seq)
                .push(", ")
                .int(n)
                .push(", ")
                .text(one.part)
                .push(", ");
            sql.text(&one.row).push(", ").bytes(one.mac).push(", ").bytes(one.salt).push(")");
        }
        exec_of!(conn, &sql)?;
    }
    let replaced: Vec<&Commitment> = all.iter().filter(|one| one.replaces).collect();
    for part in parts(&replaced) {
        let mut sql = Sql::default();
        sql.push("UPDATE commitments SET salt = NULL WHERE salt IS NOT NULL AND seq < ")
            .int(seq)
            .push(" AND (part, row_id) IN (VALUES ");
        for (at, one) in part.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" })
                .text(one.part)
                .push(", ")
                .text(&one.row)
                .push(")");
        }
        sql.push(")");
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

/// A commitment, and its entry's.
#[derive(Debug, sqlx_macros::FromRow)]
pub(super) struct CommitmentRow {
    pub seq: i64,
    pub n: i64,
    pub part: String,
    pub row_id: String,
    pub mac: Vec<u8>,
    pub commitment: Option<Vec<u8>>,
}

/// The commitments after one, up to those of an entry.
pub(super) async fn commitments_from(
    conn: &mut Conn<'_>,
    (seq, n): (i64, i64),
    last: i64,
) -> Result<Vec<CommitmentRow>, Error> {
    Ok(rows!(
        conn,
        CommitmentRow,
        "SELECT k.seq, k.n, k.part, k.row_id, k.mac, j.commitment FROM commitments k LEFT JOIN journal j ON j.seq = k.seq \
         WHERE (k.seq, k.n) > ($1, $2) AND k.seq <= $3 ORDER BY k.seq, k.n LIMIT $4",
        seq,
        n,
        last,
        STRIDE
    )?)
}

/// Details, or a commitment, of an entry that is not in the chain: its tail was cut.
pub(super) async fn unfounded(conn: &mut Conn<'_>) -> Result<Option<i64>, Error> {
    let found = row!(
        conn,
        (i64,),
        "SELECT seq FROM (SELECT seq FROM commitments UNION ALL SELECT seq FROM journal_details) x \
         WHERE seq < 1 OR seq > (SELECT COALESCE(MAX(seq), 0) FROM journal) ORDER BY seq LIMIT 1"
    )?;
    Ok(found.map(|(seq,)| seq))
}

/// The first entry that commits to rows of which nothing is there.
pub(super) async fn bare_entry(conn: &mut Conn<'_>) -> Result<Option<i64>, Error> {
    let found = row!(
        conn,
        (i64,),
        "SELECT j.seq FROM journal j WHERE length(j.commitment) > 32 AND NOT EXISTS (SELECT 1 FROM commitments k WHERE k.seq = j.seq) ORDER BY j.seq LIMIT 1"
    )?;
    Ok(found.map(|(seq,)| seq))
}

/// Whether an entry commits to rows.
pub(super) async fn covers_rows(conn: &mut Conn<'_>) -> Result<bool, Error> {
    Ok(row!(conn, (i64,), "SELECT seq FROM journal WHERE length(commitment) > 32 LIMIT 1")?
        .is_some())
}

/// The first of these entries, whose details are gone, that no erasure names.
pub(super) async fn unexplained(conn: &mut Conn<'_>, seqs: &[i64]) -> Result<Option<i64>, Error> {
    for part in parts(seqs) {
        let mut sql = Sql::default();
        sql.push("SELECT j.seq FROM journal j WHERE j.seq IN (").ints(part.iter().copied()).push(
            ") AND NOT EXISTS (SELECT 1 FROM erasures e WHERE e.subject_id = j.subject_id AND e.until_seq >= j.seq) \
             AND NOT EXISTS (SELECT 1 FROM details_gone g WHERE g.seq = j.seq) ORDER BY j.seq LIMIT 1",
        );
        if let Some((seq,)) = rows_of!(conn, (i64,), &sql)?.pop() {
            return Ok(Some(seq));
        }
    }
    Ok(None)
}

/// What an erasure names whose customer has a key.
pub(super) async fn unerased(conn: &mut Conn<'_>) -> Result<Option<String>, Error> {
    let found = row!(
        conn,
        (String,),
        "SELECT e.subject_id FROM erasures e JOIN customer_keys k ON k.customer_id = e.customer_id LIMIT 1"
    )?;
    Ok(found.map(|(subject,)| subject))
}

pub(super) async fn insert_verification(
    conn: &mut Conn<'_>,
    id: &str,
    v: &Verification,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO verifications (id, at_ms, by_id, entries, erased, held, head, place, row_id, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        id,
        v.at_ms,
        &v.by_id,
        v.entries,
        v.erased,
        v.held,
        &v.head,
        &v.place,
        &v.row_id,
        &v.why
    )?;
    conn.wrote(super::parts::VERIFICATIONS, id);
    Ok(())
}

pub(super) async fn latest_verification(
    conn: &mut Conn<'_>,
) -> Result<Option<Verification>, Error> {
    Ok(row!(
        conn,
        Verification,
        "SELECT v.at_ms, v.by_id, p.name AS by_name, v.entries, v.erased, v.held, v.head, v.place, v.row_id, v.why \
         FROM verifications v LEFT JOIN people p ON p.id = v.by_id ORDER BY v.at_ms DESC, v.id DESC LIMIT 1"
    )?)
}

/// A person has a check open.
pub(crate) async fn is_here(
    conn: &mut Conn<'_>,
    check: &str,
    person: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO present (check_id, person_id, seen_at_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (check_id, person_id) DO UPDATE SET seen_at_ms = excluded.seen_at_ms",
        check,
        person,
        now
    )?;
    Ok(())
}
