//! Earlier checks of the same customer.

use super::*;
use crate::{
    Error,
    store::{Conn, Sql, rows_of},
};

/// How many earlier checks are looked at for what people said of their findings.
const EARLIER_MAX: i64 = 8;

/// An earlier check that had an outcome.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct EarlierCheck {
    pub id: String,
    pub customer_id: String,
    pub connection_id: String,
    /// What it asked, as the provider was asked.
    pub request: String,
    pub state: String,
    pub outcome_at_ms: Moment,
}

/// The checks of these customers that are of the same kind, were launched before this one and had
/// an outcome, the latest outcome first.
pub(crate) async fn earlier_of(
    conn: &mut Conn<'_>,
    check: &Check,
    customers: Vec<String>,
) -> Result<Vec<EarlierCheck>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT id, customer_id, connection_id, request, state, outcome_at_ms \
         FROM checks \
         WHERE outcome_at_ms IS NOT NULL AND kind = ",
    );
    sql.text(&check.kind);
    // Launched later is no memory of this one, even where its outcome was here first. Of two that
    // were launched at the same moment one is the earlier, and never each the other's.
    sql.push(" AND (launched_at_ms < ").int(check.launched_at_ms);
    sql.push(" OR (launched_at_ms = ").int(check.launched_at_ms);
    sql.push(" AND id < ").text(&check.id).push("))");
    sql.push(" AND customer_id IN (").texts(customers);
    sql.push(") ORDER BY outcome_at_ms DESC, id DESC LIMIT ").int(EARLIER_MAX);
    Ok(rows_of!(conn, EarlierCheck, &sql)?)
}
