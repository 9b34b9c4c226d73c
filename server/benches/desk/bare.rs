//! The databases without the desk: one connection each, prepared statements, nothing around them.

use super::place::Store;
use casework::store::{Sql, Value};
use rusqlite::{
    Connection,
    types::{ToSqlOutput, ValueRef},
};
use sqlx::{Connection as _, Row};
use std::path::Path;

/// One connection.
pub enum Bare {
    Sqlite(Connection),
    /// With a runtime of its own on the measuring thread.
    Postgres(tokio::runtime::Runtime, sqlx::PgConnection),
}

/// Opens an SQLite file as the desk does.
pub fn open(path: &Path) -> Connection {
    let bare = Connection::open(path).expect("the database");
    bare.pragma_update(None, "journal_mode", "WAL").expect("WAL");
    bare.pragma_update(None, "synchronous", "FULL").expect("FULL");
    bare.pragma_update(None, "cache_size", -65_536).expect("cache");
    bare.pragma_update(None, "mmap_size", 268_435_456).expect("mmap");
    bare
}

/// A statement without parameters.
pub fn plain(text: &str) -> Sql {
    Sql { text: text.into(), values: vec![] }
}

impl Bare {
    pub fn open(store: &Store) -> Self {
        match store {
            Store::Sqlite(path) => Self::Sqlite(open(path)),
            Store::Postgres(url) => {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                let connection =
                    runtime.block_on(sqlx::PgConnection::connect(url)).expect("PostgreSQL answers");
                Self::Postgres(runtime, connection)
            }
        }
    }

    /// Runs a statement and reads one column of each row; gives how many there were.
    pub fn rows(&mut self, sql: &Sql, column: usize) -> usize {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&sql.text).expect("the statement");
                let mut rows = statement
                    .query(rusqlite::params_from_iter(sql.values.iter().map(Bound)))
                    .expect("rows");
                let mut read = 0;
                while let Some(row) = rows.next().expect("a row") {
                    read += row.get_ref(column).map_or(0, |_| 1);
                }
                read
            }
            Self::Postgres(runtime, connection) => {
                let rows = runtime.block_on(bound(sql).fetch_all(connection)).expect("rows");
                rows.iter().filter(|row| row.try_get_raw(column).is_ok()).count()
            }
        }
    }

    /// Runs a statement that gives nothing.
    pub fn run(&mut self, sql: &Sql) {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(&sql.text).expect("the statement");
                statement
                    .execute(rusqlite::params_from_iter(sql.values.iter().map(Bound)))
                    .expect("runs");
            }
            Self::Postgres(runtime, connection) => {
                runtime.block_on(bound(sql).execute(connection)).expect("runs");
            }
        }
    }

    pub fn begin(&mut self) {
        self.run(&plain(if matches!(self, Self::Sqlite(_)) { "BEGIN IMMEDIATE" } else { "BEGIN" }));
    }

    pub fn commit(&mut self) {
        self.run(&plain("COMMIT"));
    }

    /// The number and bytes of the first row, if there is one.
    pub fn number_and_bytes(&mut self, text: &str) -> Option<(i64, Vec<u8>)> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(text).expect("the statement");
                let mut rows = statement.query([]).expect("rows");
                rows.next()
                    .expect("a row")
                    .map(|row| (row.get(0).expect("a number"), row.get(1).expect("bytes")))
            }
            Self::Postgres(runtime, connection) => {
                let sql = plain(text);
                let row = runtime.block_on(bound(&sql).fetch_optional(connection)).expect("a row");
                row.map(|row| (row.get(0), row.get(1)))
            }
        }
    }

    /// The bytes of all columns of each row, one after another.
    pub fn bytes(&mut self, text: &str) -> Vec<Vec<u8>> {
        match self {
            Self::Sqlite(connection) => {
                let mut statement = connection.prepare(text).expect("the statement");
                let columns = statement.column_count();
                let mut rows = statement.query([]).expect("rows");
                let mut all = Vec::new();
                while let Some(row) = rows.next().expect("a row") {
                    all.push(
                        (0..columns)
                            .flat_map(|at| of_sqlite(row.get_ref(at).expect("a value")))
                            .collect(),
                    );
                }
                all
            }
            Self::Postgres(runtime, connection) => {
                let sql = plain(text);
                let rows = runtime.block_on(bound(&sql).fetch_all(connection)).expect("rows");
                let value = |row: &sqlx::postgres::PgRow, at| {
                    row.try_get_raw(at)
                        .ok()
                        .and_then(|raw| raw.as_bytes().ok().map(<[u8]>::to_vec))
                        .unwrap_or_default()
                };
                rows.iter()
                    .map(|row| (0..row.len()).flat_map(|at| value(row, at)).collect())
                    .collect()
            }
        }
    }

    /// Texts of the first column.
    pub fn texts(&mut self, text: &str) -> Vec<String> {
        self.bytes(text)
            .into_iter()
            .map(|bytes| String::from_utf8(bytes).expect("a text"))
            .collect()
    }
}

fn of_sqlite(value: ValueRef<'_>) -> Vec<u8> {
    match value {
        ValueRef::Integer(number) => number.to_be_bytes().to_vec(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => bytes.to_vec(),
        ValueRef::Null | ValueRef::Real(_) => vec![],
    }
}

/// A value of ours as rusqlite takes it.
struct Bound<'a>(&'a Value);

impl rusqlite::ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
            Value::Nothing => ValueRef::Null,
        }))
    }
}

type PgQuery<'a> = sqlx::query::Query<'a, sqlx::Postgres, sqlx::postgres::PgArguments>;

/// A statement as sqlx takes it for PostgreSQL.
fn bound(sql: &Sql) -> PgQuery<'_> {
    let mut query = sqlx::query(sqlx::AssertSqlSafe(sql.text.as_str()));
    for value in &sql.values {
        query = match value {
            Value::Text(text) => query.bind(text.as_str()),
            Value::Int(number) => query.bind(*number),
            Value::Bytes(bytes) => query.bind(bytes.as_slice()),
            Value::Nothing => query.bind(Option::<&str>::None),
        };
    }
    query
}
