//! Earlier checks of the same customer, and who judged what in them.

use super::*;
use crate::{
    Error,
    store::{Conn, Sql, rows_of},
};
use std::collections::BTreeMap;

/// How many earlier checks are looked at for what people said of their findings.
const EARLIER_MAX: i64 = 8;

/// An earlier check that had an outcome.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct EarlierCheck {
    pub id: String,
    pub customer_id: String,
    /// What it asked, as the provider was asked.
    pub request: String,
    pub state: String,
    pub outcome_at_ms: Moment,
}

/// The checks of these customers that are of the same kind and had an outcome before this one, the
/// latest first.
pub(crate) async fn earlier_of(
    conn: &mut Conn<'_>,
    check: &Check,
    customers: Vec<String>,
) -> Result<Vec<EarlierCheck>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT id, customer_id, request, state, outcome_at_ms \
         FROM checks \
         WHERE outcome_at_ms IS NOT NULL AND kind = ",
    );
    sql.text(&check.kind).push(" AND id <> ").text(&check.id);
    // Launched later is no memory of this one, even where its outcome was here first.
    sql.push(" AND launched_at_ms <= ").int(check.launched_at_ms);
    sql.push(" AND customer_id IN (").texts(customers);
    sql.push(") ORDER BY outcome_at_ms DESC, id DESC LIMIT ").int(EARLIER_MAX);
    Ok(rows_of!(conn, EarlierCheck, &sql)?)
}

/// The names of people, by id.
pub(crate) async fn names_of(
    conn: &mut Conn<'_>,
    people: impl IntoIterator<Item = String>,
) -> Result<BTreeMap<String, String>, Error> {
    let people: std::collections::BTreeSet<String> = people.into_iter().collect();
    if people.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut sql = Sql::default();
    sql.push("SELECT id, name FROM people WHERE id IN (").texts(people);
    sql.push(")");
    Ok(rows_of!(conn, (String, String), &sql)?.into_iter().collect())
}
