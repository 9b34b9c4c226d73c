//! The names of people, for whoever shows who did something.

use crate::{
    Error,
    store::{Conn, Sql, rows_of},
};
use std::collections::{BTreeMap, BTreeSet};

/// The names of these people, by id.
pub(crate) async fn of_ids(
    conn: &mut Conn<'_>,
    people: Vec<String>,
) -> Result<BTreeMap<String, String>, Error> {
    let people: BTreeSet<String> = people.into_iter().collect();
    if people.is_empty() {
        return Ok(BTreeMap::new());
    }
    let mut sql = Sql::default();
    sql.push("SELECT id, name FROM people WHERE id IN (").texts(people).push(")");
    Ok(rows_of!(conn, (String, String), &sql)?.into_iter().collect())
}
