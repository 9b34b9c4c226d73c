//! The SQL of customers and their search.

use super::Sought;
use crate::{
    Error,
    journal::parts::{
        CHECK_ABOUT, CHECK_REQUEST, COMMENT_WORDS, CUSTOMER_DATA, CUSTOMER_NAME, FINDING_NOTE,
        FINDING_WORDS, WHOLE_CUSTOMER,
    },
    store::{Conn, Sql, exec, row, rows, rows_of},
};
use domain::Moment;

/// A customer as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Customer {
    pub id: String,
    pub reference: String,
    /// `person` or `company`.
    pub subject: String,
    pub name: String,
    pub birth_date: Option<String>,
    pub country: Option<String>,
    pub created_at_ms: i64,
}

/// A customer as listed.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Listed {
    pub id: String,
    pub reference: String,
    pub subject: String,
    pub name: String,
    pub birth_date: Option<String>,
    pub country: Option<String>,
    pub created_at_ms: i64,
    pub checks: i64,
    pub open_checks: i64,
}

pub(crate) async fn by_reference(
    conn: &mut Conn<'_>,
    reference: &str,
) -> Result<Option<Customer>, Error> {
    Ok(row!(
        conn,
        Customer,
        "SELECT id, reference, subject, name, birth_date, country, created_at_ms FROM customers WHERE reference = $1",
        reference
    )?)
}

pub(crate) async fn by_id(conn: &mut Conn<'_>, id: &str) -> Result<Option<Customer>, Error> {
    Ok(row!(
        conn,
        Customer,
        "SELECT id, reference, subject, name, birth_date, country, created_at_ms FROM customers WHERE id = $1",
        id
    )?)
}

pub(crate) async fn insert(conn: &mut Conn<'_>, c: &Customer) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO customers (id, reference, subject, name, birth_date, country, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &c.id,
        &c.reference,
        &c.subject,
        &c.name,
        &c.birth_date,
        &c.country,
        c.created_at_ms
    )?;
    wrote(conn, &c.id);
    Ok(())
}

/// A customer was made.
pub(crate) fn wrote(conn: &mut Conn<'_>, customer: &str) {
    WHOLE_CUSTOMER.into_iter().for_each(|part| conn.wrote(part, customer));
}

pub(crate) async fn complete(conn: &mut Conn<'_>, c: &Customer) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE customers SET birth_date = $2, country = $3 WHERE id = $1",
        &c.id,
        &c.birth_date,
        &c.country
    )?;
    conn.wrote(CUSTOMER_DATA, &c.id);
    Ok(())
}

pub(crate) async fn insert_key(
    conn: &mut Conn<'_>,
    customer: &str,
    sealed: &[u8],
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO customer_keys (customer_id, sealed) VALUES ($1, $2)",
        customer,
        sealed
    )?;
    Ok(())
}

pub(crate) async fn key(conn: &mut Conn<'_>, customer: &str) -> Result<Option<Vec<u8>>, Error> {
    Ok(row!(conn, (Vec<u8>,), "SELECT sealed FROM customer_keys WHERE customer_id = $1", customer)?
        .map(|(s,)| s))
}

pub(crate) async fn add_endings(
    conn: &mut Conn<'_>,
    customer: &str,
    endings: &[String],
) -> Result<(), Error> {
    for ending in endings {
        exec!(
            conn,
            "INSERT INTO customer_endings (ending, customer_id) VALUES ($1, $2) ON CONFLICT (ending, customer_id) DO NOTHING",
            ending,
            customer
        )?;
    }
    Ok(())
}

/// The endings under which a customer is found.
pub(crate) async fn endings_of(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<String>, Error> {
    let endings = rows!(
        conn,
        (String,),
        "SELECT ending FROM customer_endings WHERE customer_id = $1",
        customer
    )?;
    Ok(endings.into_iter().map(|(ending,)| ending).collect())
}

/// Whether a search finds somebody besides this customer.
pub(crate) async fn others_match(
    conn: &mut Conn<'_>,
    customer: &str,
    terms: &[String],
) -> Result<bool, Error> {
    let mut sql = Sql::default();
    sql.push("SELECT f.customer_id FROM ");
    Sought::few(terms.to_vec(), conn).ids(&mut sql);
    sql.push(" f WHERE f.customer_id <> ").text(customer).push(" LIMIT 1");
    Ok(!rows_of!(conn, (String,), &sql)?.is_empty())
}

/// The ids of a customer's checks.
pub(crate) async fn checks(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<String>, Error> {
    let ids = rows!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE customer_id = $1 ORDER BY id",
        customer
    )?;
    Ok(ids.into_iter().map(|(id,)| id).collect())
}

/// Throws a customer's key away: what was sealed with it is closed for good. The database records
/// no erasure before that.
pub(crate) async fn drop_key(conn: &mut Conn<'_>, customer: &str) -> Result<(), Error> {
    exec!(conn, "DELETE FROM customer_keys WHERE customer_id = $1", customer)?;
    Ok(())
}

/// Overwrites what is known of a customer beside their checks.
pub(crate) async fn erase(
    conn: &mut Conn<'_>,
    customer: &str,
    word: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE customers SET name = $2, birth_date = NULL, country = NULL WHERE id = $1",
        customer,
        word
    )?;
    conn.wrote(CUSTOMER_NAME, customer);
    conn.wrote(CUSTOMER_DATA, customer);
    exec!(conn, "DELETE FROM customer_endings WHERE customer_id = $1", customer)?;
    exec!(
        conn,
        "UPDATE provider_persons SET sealed = NULL, change_sealed = NULL, change_state = NULL, complaints = '[]', aml_follow_up_date = NULL, aml_confirmed_on = NULL, \
         erased_at_ms = COALESCE(erased_at_ms, $2) WHERE customer_id = $1",
        customer,
        now
    )?;
    Ok(())
}

/// Overwrites what a check says of its customer. Its decisions stay, and its evidence cannot be
/// opened any more.
pub(crate) async fn erase_check(
    conn: &mut Conn<'_>,
    check: &str,
    word: &str,
    request: &str,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE checks SET request = $2, about = CASE WHEN about IS NULL THEN NULL ELSE $3 END, trouble = NULL, handed_note = NULL WHERE id = $1",
        check,
        request,
        word
    )?;
    conn.wrote(CHECK_ABOUT, check);
    conn.wrote(CHECK_REQUEST, check);
    for (finding,) in rows!(conn, (String,), "SELECT id FROM findings WHERE check_id = $1", check)?
    {
        conn.wrote(FINDING_WORDS, &finding);
        conn.wrote(FINDING_NOTE, &finding);
    }
    for (comment,) in rows!(conn, (String,), "SELECT id FROM comments WHERE check_id = $1", check)?
    {
        conn.wrote(COMMENT_WORDS, &comment);
    }
    // The fingerprint was made of what the provider said.
    exec!(
        conn,
        "UPDATE findings SET title = $2, url = NULL, snippet = NULL, dated = NULL, compared = '[]', facts = '[]', fingerprint = id, \
         note = CASE WHEN note IS NULL THEN NULL ELSE $2 END WHERE check_id = $1",
        check,
        word
    )?;
    exec!(conn, "UPDATE comments SET body = $2 WHERE check_id = $1", check, word)?;
    exec!(conn, "DELETE FROM metadata WHERE check_id = $1", check)?;
    exec!(conn, "UPDATE handouts SET sealed = NULL WHERE check_id = $1", check)?;
    exec!(
        conn,
        "UPDATE video_sessions SET sealed = NULL, identification = NULL, supported = NULL, complaints = '[]' WHERE check_id = $1",
        check
    )?;
    exec!(
        conn,
        "UPDATE provider_documents SET name = $2, why = NULL WHERE check_id = $1",
        check,
        word
    )?;
    exec!(
        conn,
        "UPDATE attempts SET detail = NULL WHERE delivery_id IN (SELECT id FROM deliveries WHERE check_id = $1)",
        check
    )?;
    exec!(conn, "UPDATE deliveries SET last_error = NULL WHERE check_id = $1", check)?;
    Ok(())
}

pub(crate) async fn list(
    conn: &mut Conn<'_>,
    sought: &Sought,
    before: Option<(i64, String)>,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    Ok(rows_of!(conn, Listed, &statement(sought, before, limit))?)
}

/// The statement behind a page of the list; tests look at its plan.
#[must_use]
pub fn statement(sought: &Sought, before: Option<(i64, String)>, limit: i64) -> Sql {
    let mut sql = Sql::default();
    sql.push(
        "SELECT c.id, c.reference, c.subject, c.name, c.birth_date, c.country, c.created_at_ms, \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM checks k WHERE k.customer_id = c.id) AS checks, \
         (SELECT CAST(COUNT(*) AS BIGINT) FROM checks k WHERE k.customer_id = c.id AND k.state IN ('queued', 'running', 'to_review', 'proposed')) AS open_checks FROM ",
    );
    if !sought.has_words() {
        sql.push("customers c WHERE c.created_at_ms >= 0");
    } else if sought.are_many() {
        sql.push("customers c WHERE c.created_at_ms >= 0 AND ");
        sought.is_one(&mut sql, "c.id");
    } else {
        // `CROSS JOIN` keeps SQLite from walking all customers to find a few.
        sought.ids(&mut sql);
        sql.push(" f CROSS JOIN customers c WHERE c.id = f.customer_id");
    }
    if let Some((at, id)) = before {
        sql.push(" AND (c.created_at_ms, c.id) < (").int(at).push(", ").text(id).push(")");
    }
    sql.push(" ORDER BY c.created_at_ms DESC, c.id DESC LIMIT ").int(limit);
    sql
}
