//! Going straight to what a typed text names.

use crate::{
    Casework, Error,
    desk::queue,
    store::{Sql, rows_of},
};
use domain::{
    PersonId,
    queue::{Filter, Page, Tab},
};

/// Where a typed text leads when exactly one thing is named by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    Check(String),
    /// A customer, by reference.
    Customer(String),
}

/// The one check or customer that a text names: a check's whole id, the provider's id of it, or a
/// customer's reference.
///
/// A provider's id is short and may be meant as a part of something else: it leads somewhere only
/// if nothing else is found by it.
///
/// # Errors
/// The database.
pub async fn named(work: &Casework, me: &PersonId, text: &str) -> Result<Option<Named>, Error> {
    let text = crate::records::visible(text.trim());
    if text.is_empty() {
        return Ok(None);
    }
    let mut sql = Sql::default();
    sql.push("SELECT 'id' AS named, id FROM checks WHERE id = ").text(text.to_lowercase());
    sql.push(" UNION ALL SELECT 'customer', reference FROM customers WHERE reference = ")
        .text(text.as_str());
    sql.push(
        " UNION ALL SELECT 'provider', o.id FROM connections n CROSS JOIN checks o WHERE o.connection_id = n.id AND o.provider_ref = ",
    );
    sql.text(text.as_str()).push(" LIMIT 3");
    let mut reader = work.db.read().await?;
    let mut found = rows_of!(&mut reader.conn(), (String, String), &sql)?;
    work.db.keep(reader);
    let (Some((how, id)), true) = (found.pop(), found.is_empty()) else { return Ok(None) };
    Ok(match how.as_str() {
        "customer" => Some(Named::Customer(id)),
        "provider" => {
            let all = Filter { tab: Some(Tab::All), text, ..Filter::default() };
            let listed = queue::list(work, me, &all, &Page::First).await?;
            (listed.rows.len() == 1).then_some(Named::Check(id))
        }
        _ => Some(Named::Check(id)),
    })
}
