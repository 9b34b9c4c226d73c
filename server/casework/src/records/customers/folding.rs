//! Folds the search's endings again when the rules of folding have changed.
//!
//! Done at a start, in small transactions that remember how far they came: a start that is cut off
//! goes on where it was, and instances that start together share the work. Erased customers are
//! found by nothing and stay so.

use super::endings;
use crate::{
    Error,
    store::{Conn, Db, Sql, again, exec, exec_of, row, rows},
};
use domain::{checks::Kind, launch::Target, search};
use std::collections::BTreeSet;

/// Customers in one transaction.
const AT_ONCE: i64 = 200;
/// Rows in one statement; SQLite looks each parameter's name up among all that come before it.
const ROWS: usize = 16;

#[derive(sqlx_macros::FromRow)]
struct Named {
    id: String,
    reference: String,
    name: String,
}

/// Makes the endings of all customers anew, if they were made by older rules, and gives how many
/// customers that were.
///
/// # Errors
/// The database.
pub async fn fold_again(db: &Db) -> Result<usize, Error> {
    let mut folded = 0;
    while let Some(some) = again(|| fold_some(db)).await? {
        folded += some;
        tracing::info!(customers = folded, "names are folded again for the search");
    }
    Ok(folded)
}

/// The next customers; nothing when all are done.
async fn fold_some(db: &Db) -> Result<Option<usize>, Error> {
    let mut tx = db.begin().await?;
    let count = {
        let mut conn = tx.conn();
        conn.take_turns("search folding").await?;
        let state = row!(
            &mut conn,
            (i64, String),
            "SELECT folding, after_id FROM search_folding WHERE one = 1"
        )?;
        let Some((_, after)) = state.filter(|(folding, _)| *folding < search::FOLDING) else {
            return Ok(None);
        };
        let customers = rows!(
            &mut conn,
            Named,
            "SELECT c.id, c.reference, c.name FROM customers c JOIN customer_keys k ON k.customer_id = c.id WHERE c.id > $1 ORDER BY c.id LIMIT $2",
            &after,
            AT_ONCE
        )?;
        match customers.last() {
            None => {
                exec!(
                    &mut conn,
                    "UPDATE search_folding SET folding = $1, after_id = '' WHERE one = 1",
                    search::FOLDING
                )?;
            }
            Some(last) => {
                fold(&mut conn, &customers, &after, &last.id).await?;
                exec!(
                    &mut conn,
                    "UPDATE search_folding SET after_id = $1 WHERE one = 1",
                    &last.id
                )?;
            }
        }
        customers.len()
    };
    tx.commit().await?;
    Ok(Some(count).filter(|count| *count > 0))
}

async fn fold(
    conn: &mut Conn<'_>,
    customers: &[Named],
    after: &str,
    last: &str,
) -> Result<(), Error> {
    let requests = rows!(
        conn,
        (String, String),
        "SELECT customer_id, request FROM checks WHERE customer_id > $1 AND customer_id <= $2",
        after,
        last
    )?;
    let mut all: BTreeSet<(String, String)> = BTreeSet::new();
    for customer in customers {
        // Later launches may have spelt the name in another way; each is found.
        let asked = requests
            .iter()
            .filter(|(id, _)| *id == customer.id)
            .filter_map(|(_, request)| name_in(request));
        for name in asked.chain([customer.name.clone()]) {
            let target = Target {
                kind: Kind::DdKyc,
                name,
                birth_date: None,
                country: None,
                registration_number: None,
            };
            all.extend(
                endings(&customer.reference, &target)
                    .into_iter()
                    .map(|ending| (ending, customer.id.clone())),
            );
        }
    }
    exec!(
        conn,
        "DELETE FROM customer_endings WHERE customer_id > $1 AND customer_id <= $2",
        after,
        last
    )?;
    let all: Vec<_> = all.into_iter().collect();
    for part in all.chunks(ROWS) {
        let mut sql = Sql::default();
        sql.push("INSERT INTO customer_endings (ending, customer_id) VALUES ");
        for (at, (ending, customer)) in part.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" })
                .text(ending)
                .push(", ")
                .text(customer)
                .push(")");
        }
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

/// The name in what was asked of a provider, whatever the kind of check.
pub(crate) fn name_in(request: &str) -> Option<String> {
    let request: serde_json::Value = serde_json::from_str(request).ok()?;
    let places = ["/name", "/target/name", "/expected/name"];
    places.into_iter().find_map(|place| request.pointer(place)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use super::name_in;

    #[test]
    fn each_kind_of_question_has_its_name() {
        for request in [
            r#"{"name":"A"}"#,
            r#"{"target":{"name":"A"}}"#,
            r#"{"expected":{"name":"A"},"way":"link"}"#,
        ] {
            assert_eq!(name_in(request).as_deref(), Some("A"), "{request}");
        }
        assert_eq!(name_in(r#"{"erased":true}"#), None);
    }
}
