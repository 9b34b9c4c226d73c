//! Looking into the tables, and doing what the program itself never does.

use casework::{Db, Work};
use sqlx::{AssertSqlSafe, Row};

/// Runs one statement as it stands.
pub async fn run_sql(db: &Db, statement: &str) -> Result<u64, sqlx::Error> {
    let statement = AssertSqlSafe(statement.to_owned());
    match db {
        Db::Sqlite { writer, .. } => {
            writer
                .alone(async |line| {
                    sqlx::query(statement).execute(line).await.map(|d| d.rows_affected())
                })
                .await
        }
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
        Db::Sqlite { readers, .. } => {
            sqlx::query(query).fetch_one(readers).await.expect("the query runs").get(0)
        }
        Db::Postgres(pool) => {
            sqlx::query(query).fetch_one(pool).await.expect("the query runs").get(0)
        }
    }
}

/// Somebody with the database in their hands can switch the triggers off.
pub async fn without_triggers(db: &Db, table: &str) {
    if db.is_postgres() {
        run_sql(db, &format!("ALTER TABLE {table} DISABLE TRIGGER ALL")).await.expect("disables");
        return;
    }
    for trigger in texts(
        db,
        &format!("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"),
    )
    .await
    {
        run_sql(db, &format!("DROP TRIGGER {trigger}")).await.expect("drops");
    }
}

/// What a check's journal holds, as codes in order.
pub async fn actions(work: &Work, subject: &str) -> Vec<String> {
    let rows = casework::journal::timeline(work, subject).await.expect("the journal reads");
    rows.into_iter().map(|r| r.action).collect()
}

/// Every value of every column of every table, as `table.column` and its bytes: what whoever has
/// the database has.
pub async fn every_value(db: &Db) -> Vec<(String, Vec<u8>)> {
    let columns = if db.is_postgres() {
        "SELECT table_name || '.' || column_name || '.' || data_type FROM information_schema.columns WHERE table_schema = current_schema()"
    } else {
        "SELECT t.name || '.' || c.name || '.' || c.type FROM sqlite_master t JOIN pragma_table_info(t.name) c \
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
    };
    let mut all = Vec::new();
    for column in texts(db, columns).await {
        let mut parts = column.splitn(3, '.');
        let (table, name, kind) = (
            parts.next().expect("a table"),
            parts.next().expect("a column"),
            parts.next().expect("a type"),
        );
        let hex = match (db.is_postgres(), kind) {
            (false, _) => format!("hex(CAST(\"{name}\" AS BLOB))"),
            (true, "bytea") => format!("encode(\"{name}\", 'hex')"),
            (true, _) => format!("encode(convert_to(CAST(\"{name}\" AS TEXT), 'UTF8'), 'hex')"),
        };
        for value in
            texts(db, &format!("SELECT {hex} FROM \"{table}\" WHERE \"{name}\" IS NOT NULL")).await
        {
            all.push((format!("{table}.{name}"), hex::decode(value).expect("hexadecimal")));
        }
    }
    all
}

/// Does something while the triggers of some tables are off, and puts them back.
pub async fn past_triggers(db: &Db, tables: &[&str], statements: &[String]) {
    let listed = |table: &str| {
        format!("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'")
    };
    let mut before = Vec::new();
    for table in tables {
        if !db.is_postgres() {
            before.extend(texts(db, &listed(table)).await);
        }
        without_triggers(db, table).await;
    }
    for statement in statements {
        run_sql(db, statement).await.unwrap_or_else(|e| panic!("{statement}: {e}"));
    }
    for table in tables.iter().filter(|_| db.is_postgres()) {
        run_sql(db, &format!("ALTER TABLE {table} ENABLE TRIGGER ALL")).await.expect("enables");
    }
    for trigger in before {
        run_sql(db, &trigger).await.expect("the trigger comes back");
    }
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
