//! The SQL of objects.

use crate::{
    Error,
    store::{Conn, Sql, rows, rows_of},
};
use std::collections::HashSet;

/// Which of these are named by evidence of a customer who was not erased.
pub(super) async fn needed(
    conn: &mut Conn<'_>,
    names: &[String],
) -> Result<HashSet<String>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT e.object FROM evidence e JOIN checks c ON c.id = e.check_id JOIN customer_keys k ON k.customer_id = c.customer_id WHERE e.object IN (",
    );
    sql.texts(names).push(")");
    Ok(rows_of!(conn, (String,), &sql)?.into_iter().map(|(name,)| name).collect())
}

pub(super) async fn of_customer(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<String>, Error> {
    let names = rows!(
        conn,
        (String,),
        "SELECT e.object FROM evidence e JOIN checks c ON c.id = e.check_id WHERE c.customer_id = $1 AND e.object IS NOT NULL",
        customer
    )?;
    Ok(names.into_iter().map(|(name,)| name).collect())
}

/// All that a desk needs, each with the SHA-256 of its sealed bytes.
pub(super) async fn named(conn: &mut Conn<'_>) -> Result<Vec<(String, String)>, Error> {
    Ok(rows!(
        conn,
        (String, String),
        "SELECT e.object, e.object_sha256 FROM evidence e JOIN checks c ON c.id = e.check_id JOIN customer_keys k ON k.customer_id = c.customer_id \
         WHERE e.object IS NOT NULL AND e.object_sha256 IS NOT NULL ORDER BY e.object"
    )?)
}
