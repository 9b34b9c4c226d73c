//! Looking into the tables, and doing what the program itself never does.

use casework::{Db, Work};
use sqlx::{AssertSqlSafe, Row};

/// Runs one statement as it stands.
pub async fn run_sql(db: &Db, statement: &str) -> Result<u64, sqlx::Error> {
    let statement = AssertSqlSafe(statement.to_owned());
    match db {
        Db::Sqlite { writer, .. } => writer.alone(async |line| sqlx::query(statement).execute(line).await.map(|d| d.rows_affected())).await,
        Db::Postgres(pool) => sqlx::query(statement).execute(pool).await.map(|d| d.rows_affected()),
    }
}

/// The first column of all rows, as text.
pub async fn texts(db: &Db, query: &str) -> Vec<String> {
    let query = AssertSqlSafe(query.to_owned());
    match db {
        Db::Sqlite { readers, .. } => {
            let rows = sqlx::query(query).fetch_all(readers).await.expect("the query runs");
            rows.iter().map(|r| r.get::<Option<String>, _>(0).unwrap_or_default()).collect()
        }
        Db::Postgres(pool) => {
            let rows = sqlx::query(query).fetch_all(pool).await.expect("the query runs");
            rows.iter().map(|r| r.get::<Option<String>, _>(0).unwrap_or_default()).collect()
        }
    }
}

/// The one number that a query gives.
pub async fn number(db: &Db, query: &str) -> i64 {
    let query = AssertSqlSafe(query.to_owned());
    match db {
        Db::Sqlite { readers, .. } => sqlx::query(query).fetch_one(readers).await.expect("the query runs").get(0),
        Db::Postgres(pool) => sqlx::query(query).fetch_one(pool).await.expect("the query runs").get(0),
    }
}

/// Somebody with the database in their hands can switch the triggers off.
pub async fn without_triggers(db: &Db, table: &str) {
    if db.is_postgres() {
        run_sql(db, &format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await.expect("disables");
        return;
    }
    for trigger in texts(db, &format!("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'")).await {
        run_sql(db, &format!("DROP TRIGGER {trigger}")).await.expect("drops");
    }
}

/// What a check's journal holds, as codes in order.
pub async fn actions(work: &Work, subject: &str) -> Vec<String> {
    let rows = casework::journal::timeline(&work.db, subject).await.expect("the journal reads");
    rows.into_iter().map(|r| r.action).collect()
}

/// Everything that stands in clear about checks: what a reader of the database sees without a key.
pub async fn all_text(db: &Db) -> String {
    let mut all = Vec::new();
    for query in [
        "SELECT request || ' ' || COALESCE(provider_state, '') || ' ' || COALESCE(trouble, '') || ' ' || COALESCE(provider_ref, '') FROM checks",
        "SELECT reference || ' ' || name || ' ' || COALESCE(birth_date, '') FROM customers",
        "SELECT details FROM journal_details",
        "SELECT title || ' ' || compared || ' ' || facts || ' ' || fingerprint FROM findings",
        "SELECT payload || ' ' || COALESCE(last_error, '') FROM deliveries",
        "SELECT COALESCE(detail, '') FROM attempts",
        "SELECT ending FROM customer_endings",
    ] {
        all.extend(texts(db, query).await);
    }
    all.join("\n")
}
