//! The SQL of marks, links and changes of customers.

use crate::{
    Error,
    journal::parts::{CHECK_ABOUT, CUSTOMER_CHANGES, CUSTOMER_DATA, CUSTOMER_LINKS, CUSTOMER_NAME},
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::{CheckId, Moment};

/// The most customers that are looked up for one set of marks.
const BEARERS_MAX: i64 = 400;

pub(crate) async fn add_mark(
    conn: &mut Conn<'_>,
    mark: &str,
    customer: &str,
    kind: &str,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO customer_marks (mark, customer_id, kind) VALUES ($1, $2, $3) ON CONFLICT (mark, customer_id) DO NOTHING",
        mark,
        customer,
        kind
    )?;
    Ok(())
}

pub(crate) async fn marks_of(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<String>, Error> {
    let marks = rows!(
        conn,
        (String,),
        "SELECT mark FROM customer_marks WHERE customer_id = $1 ORDER BY mark",
        customer
    )?;
    Ok(marks.into_iter().map(|(mark,)| mark).collect())
}

/// Customers who bear one of these marks, each with its kind.
pub(crate) async fn bearers(
    conn: &mut Conn<'_>,
    marks: &[String],
    except: &str,
) -> Result<Vec<(String, String)>, Error> {
    if marks.is_empty() {
        return Ok(vec![]);
    }
    let mut sql = Sql::default();
    sql.push("SELECT DISTINCT customer_id, kind FROM customer_marks WHERE mark IN (")
        .texts(marks.iter().map(String::as_str));
    sql.push(") AND customer_id <> ")
        .text(except)
        .push(" ORDER BY customer_id, kind LIMIT ")
        .int(BEARERS_MAX);
    Ok(rows_of!(conn, (String, String), &sql)?)
}

pub(crate) async fn forget_marks(
    conn: &mut Conn<'_>,
    after: &str,
    last: &str,
) -> Result<(), Error> {
    exec!(
        conn,
        "DELETE FROM customer_marks WHERE customer_id > $1 AND customer_id <= $2",
        after,
        last
    )?;
    Ok(())
}

/// By which rules and key marks were made, and how far making them again has come.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct Marking {
    pub rules: i64,
    pub key_id: String,
    pub after_id: String,
}

pub(crate) async fn marking(conn: &mut Conn<'_>) -> Result<Option<Marking>, Error> {
    Ok(row!(conn, Marking, "SELECT rules, key_id, after_id FROM customer_marking WHERE one = 1")?)
}

pub(crate) async fn marked(conn: &mut Conn<'_>, after: &str) -> Result<(), Error> {
    exec!(conn, "UPDATE customer_marking SET after_id = $1 WHERE one = 1", after)?;
    Ok(())
}

pub(crate) async fn all_marked(conn: &mut Conn<'_>, rules: i64, key_id: &str) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE customer_marking SET rules = $1, key_id = $2, after_id = '' WHERE one = 1",
        rules,
        key_id
    )?;
    Ok(())
}

/// The next customers who are not erased.
pub(crate) async fn customers_after(
    conn: &mut Conn<'_>,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let ids = rows!(
        conn,
        (String,),
        "SELECT c.id FROM customers c JOIN customer_keys k ON k.customer_id = c.id WHERE c.id > $1 ORDER BY c.id LIMIT $2",
        after,
        limit
    )?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Whether a check about this customer was launched, besides one.
pub(crate) async fn is_launched(
    conn: &mut Conn<'_>,
    customer: &str,
    except: &CheckId,
) -> Result<bool, Error> {
    let found = row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE customer_id = $1 AND id <> $2 AND state <> 'draft' LIMIT 1",
        customer,
        except.as_str()
    )?;
    Ok(found.is_some())
}

pub(crate) async fn set_data(
    conn: &mut Conn<'_>,
    customer: &str,
    (name, is_renamed): (&str, bool),
    birth_date: Option<&str>,
    country: Option<&str>,
) -> Result<(), Error> {
    // What was asked about under the old name stays so.
    let named = rows!(
        conn,
        (String,),
        "UPDATE checks SET about = (SELECT name FROM customers WHERE id = $1) WHERE customer_id = $1 AND about IS NULL RETURNING id",
        customer
    )?;
    named.iter().for_each(|(check,)| conn.wrote(CHECK_ABOUT, check));
    exec!(
        conn,
        "UPDATE customers SET name = $2, birth_date = $3, country = $4 WHERE id = $1",
        customer,
        name,
        birth_date,
        country
    )?;
    if is_renamed {
        conn.wrote(CUSTOMER_NAME, customer);
    }
    conn.wrote(CUSTOMER_DATA, customer);
    Ok(())
}

/// What was said to have changed when a check was launched.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct ChangeRow {
    pub differences: String,
    pub confirmed_by: Option<String>,
    pub confirmed_at_ms: i64,
}

pub(crate) async fn put_change(
    conn: &mut Conn<'_>,
    check: &CheckId,
    customer: &str,
    differences: &str,
    by: &str,
    now: Moment,
) -> Result<(), Error> {
    conn.wrote(CUSTOMER_CHANGES, check.as_str());
    exec!(conn, "DELETE FROM customer_changes WHERE check_id = $1", check.as_str())?;
    exec!(
        conn,
        "INSERT INTO customer_changes (check_id, customer_id, differences, confirmed_by, confirmed_at_ms) VALUES ($1, $2, $3, $4, $5)",
        check.as_str(),
        customer,
        differences,
        by,
        now
    )?;
    Ok(())
}

pub(crate) async fn change(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Option<ChangeRow>, Error> {
    Ok(row!(
        conn,
        ChangeRow,
        "SELECT h.differences, p.name AS confirmed_by, h.confirmed_at_ms FROM customer_changes h LEFT JOIN people p ON p.id = h.confirmed_by WHERE h.check_id = $1",
        check.as_str()
    )?)
}

/// The newest word on two customers, the smaller id first.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct Word {
    pub one_id: String,
    pub other_id: String,
    pub relation: String,
    pub note: String,
    pub said_by_id: String,
    pub said_by: Option<String>,
    pub said_at_ms: i64,
}

/// All words on a customer and others, the newest first.
pub(crate) async fn words_on(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<Word>, Error> {
    Ok(rows!(
        conn,
        Word,
        "SELECT l.one_id, l.other_id, l.relation, l.note, l.said_by AS said_by_id, p.name AS said_by, l.said_at_ms FROM customer_links l LEFT JOIN people p ON p.id = l.said_by \
         WHERE l.one_id = $1 OR l.other_id = $1 ORDER BY l.said_at_ms DESC, l.id DESC",
        customer
    )?)
}

pub(crate) async fn say(
    conn: &mut Conn<'_>,
    id: &str,
    (one, other): (&str, &str),
    relation: &str,
    note: &str,
    by: &str,
    now: Moment,
) -> Result<(), Error> {
    conn.wrote(CUSTOMER_LINKS, id);
    exec!(
        conn,
        "INSERT INTO customer_links (id, one_id, other_id, relation, note, said_by, said_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        id,
        one,
        other,
        relation,
        note,
        by,
        now
    )?;
    Ok(())
}

/// The ids of all words on a customer, for their erasure.
pub(crate) async fn word_ids(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<String>, Error> {
    let ids = rows!(
        conn,
        (String,),
        "SELECT id FROM customer_links WHERE one_id = $1 OR other_id = $1 ORDER BY id",
        customer
    )?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

pub(crate) async fn erase(conn: &mut Conn<'_>, customer: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM customer_marks WHERE customer_id = $1", customer)?;
    let links = rows!(
        conn,
        (String,),
        "DELETE FROM customer_links WHERE one_id = $1 OR other_id = $1 RETURNING id",
        customer
    )?;
    links.iter().for_each(|(link,)| conn.wrote(CUSTOMER_LINKS, link));
    let changes = rows!(
        conn,
        (String,),
        "DELETE FROM customer_changes WHERE customer_id = $1 RETURNING check_id",
        customer
    )?;
    changes.iter().for_each(|(check,)| conn.wrote(CUSTOMER_CHANGES, check));
    Ok(())
}

/// How a customer stands: their riskiest check, how many are open, and the last decision on any.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct StandingRow {
    pub risk: i64,
    pub open_checks: i64,
    pub state: Option<String>,
    pub decided_at_ms: Option<i64>,
}

pub(crate) async fn standing(
    conn: &mut Conn<'_>,
    customer: &str,
) -> Result<Option<StandingRow>, Error> {
    Ok(row!(
        conn,
        StandingRow,
        "SELECT (SELECT CAST(COALESCE(MAX(k.risk_score), -1) AS BIGINT) FROM checks k WHERE k.customer_id = c.id AND k.state <> 'withdrawn') AS risk, \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM checks k WHERE k.customer_id = c.id AND k.state IN ('queued', 'running', 'to_review', 'proposed')) AS open_checks, \
         (SELECT k.state FROM checks k WHERE k.customer_id = c.id AND k.state IN ('accepted', 'rejected') ORDER BY k.decided_at_ms DESC, k.id DESC LIMIT 1) AS state, \
         (SELECT k.decided_at_ms FROM checks k WHERE k.customer_id = c.id AND k.state IN ('accepted', 'rejected') ORDER BY k.decided_at_ms DESC, k.id DESC LIMIT 1) AS decided_at_ms \
         FROM customers c WHERE c.id = $1",
        customer
    )?)
}

/// The first of these customers: who was rejected, then who is of the highest risk, then the
/// newest.
pub(crate) async fn worst(
    conn: &mut Conn<'_>,
    customers: Vec<String>,
    limit: usize,
) -> Result<Vec<String>, Error> {
    let mut sql = Sql::default();
    sql.push("SELECT c.id FROM customers c WHERE c.id IN (").texts(customers);
    sql.push(
        ") ORDER BY (SELECT CAST(COUNT(*) AS BIGINT) FROM (SELECT 1 AS one FROM checks k WHERE k.customer_id = c.id AND k.state = 'rejected' LIMIT 1) x) DESC, \
         (SELECT COALESCE(MAX(k.risk_score), -1) FROM checks k WHERE k.customer_id = c.id AND k.state <> 'withdrawn') DESC, c.id DESC LIMIT ",
    );
    sql.int(limit as i64);
    Ok(rows_of!(conn, (String,), &sql)?.into_iter().map(|(id,)| id).collect())
}

/// A check of a linked customer.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct LinkedCheck {
    pub id: String,
    pub kind: String,
    pub state: String,
    pub reference: String,
    pub about: String,
}

pub(crate) async fn checks_of(
    conn: &mut Conn<'_>,
    customers: &[String],
) -> Result<Vec<LinkedCheck>, Error> {
    if customers.is_empty() {
        return Ok(vec![]);
    }
    let mut sql = Sql::default();
    sql.push("SELECT k.id, k.kind, k.state, c.reference, COALESCE(k.about, c.name) AS about FROM checks k JOIN customers c ON c.id = k.customer_id WHERE k.state <> 'draft' AND k.customer_id IN (");
    sql.texts(customers.iter().map(String::as_str))
        .push(") ORDER BY k.launched_at_ms DESC, k.id DESC LIMIT 50");
    Ok(rows_of!(conn, LinkedCheck, &sql)?)
}
