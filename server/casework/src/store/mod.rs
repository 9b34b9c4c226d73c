//! The two databases behind one handle. Knows no feature; the SQL stands in each feature's
//! `store.rs`.
//!
//! One SQL text runs on both: `$1` parameters, `TEXT`, 64-bit integers and bytes only, moments and
//! ids made in Rust. SQLite has one connection that writes and several that read.

mod disk;
mod fold;
mod migrate;
mod serving;
mod sql;
mod write;
mod writer;

use crate::{Error, Sealer};
use disk::Disk;
use futures::TryStreamExt;
use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Sqlite, SqliteConnection, SqlitePool, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    collections::BTreeSet,
    str::FromStr,
    sync::{Arc, Mutex},
    time::Duration,
};
pub(crate) use write::{again, written};
use writer::{Writer, Written};

pub use disk::LOG_ALERT;
pub(crate) use fold::run as fold;
pub use migrate::newest as newest_schema;
pub use serving::Serving;
pub(crate) use sql::parts;
pub use sql::{Sql, Value};

/// The oldest SQLite that does not lose committed data when a write races a checkpoint
/// (<https://sqlite.org/wal.html#walresetbug>).
pub const SQLITE_MIN: (u32, u32, u32) = (3, 51, 3);

/// A log of more pages must begin anew, although somebody always writes.
const LOG_PAGES: i64 = 12_000;

/// How long whoever holds a connection is waited for at the end.
const CLOSING_MAX: Duration = Duration::from_secs(5);
/// A line to PostgreSQL that nobody used for longer is asked whether it is still there.
const ASKED_AFTER: Duration = Duration::from_secs(1);

/// An opened database.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite { readers: SqlitePool, warm: Warm, writer: Writer, checkpointer: SqlitePool, disk: Disk },
    Postgres(PgPool),
}

/// The reader that [`Db::keep`] got last, if it is not in use.
type Warm = Arc<Mutex<Option<PoolConnection<Sqlite>>>>;

/// A borrowed connection of either kind; what every `store.rs` function takes.
pub enum Conn<'c> {
    Sqlite(Line<'c, SqliteConnection>),
    Postgres(Line<'c, PgConnection>),
}

/// A connection, and what the transaction on it leaves to be done.
pub struct Line<'c, C> {
    line: &'c mut C,
    leaves: Option<&'c mut Leaves>,
}

impl<C> std::ops::Deref for Line<'_, C> {
    type Target = C;

    fn deref(&self) -> &C {
        self.line
    }
}

impl<C> std::ops::DerefMut for Line<'_, C> {
    fn deref_mut(&mut self) -> &mut C {
        self.line
    }
}

/// What a transaction leaves to be done when it ends.
#[derive(Debug, Default)]
pub struct Leaves {
    wrote: Wrote,
    /// Workers have something to do.
    work: bool,
}

/// Rows that a transaction wrote and that no entry of the journal commits to yet: a part of a
/// table, and the row's id.
pub type Wrote = BTreeSet<(&'static str, String)>;

/// A connection for single statements that only read.
pub enum Reader {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
}

/// A transaction that writes. Dropped without a commit, it changes nothing.
pub enum Tx {
    Sqlite(Written, Leaves),
    Postgres(Transaction<'static, Postgres>, Leaves),
}

/// Repeats the call, never the SQL, for each kind of connection.
macro_rules! with_conn {
    ($conn:expr, |$c:ident| $call:expr) => {
        match $conn {
            $crate::store::Conn::Sqlite(c) => {
                let $c = &mut **c;
                $call
            }
            $crate::store::Conn::Postgres(c) => {
                let $c = &mut **c;
                $call
            }
        }
    };
}
/// All rows of a query.
macro_rules! rows {
    ($conn:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::with_conn!($conn, |c| sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_all(c).await)
    };
}
/// The first row of a query, if there is one.
macro_rules! row {
    ($conn:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::with_conn!($conn, |c| sqlx::query_as::<_, $row>($sql)$(.bind($arg))*.fetch_optional(c).await)
    };
}
/// Runs a statement and gives the number of rows it touched.
macro_rules! exec {
    ($conn:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::store::with_conn!($conn, |c| sqlx::query($sql)$(.bind($arg))*.execute(c).await.map(|done| done.rows_affected()))
    };
}
pub(crate) use {exec, row, rows, with_conn};

/// Binds what a statement that was put together with [`Sql`] carries.
macro_rules! bound {
    ($query:expr, $sql:expr) => {{
        let mut query = $query;
        for value in &$sql.values {
            query = match value {
                $crate::store::Value::Text(text) => query.bind(text.clone()),
                $crate::store::Value::Int(int) => query.bind(*int),
                $crate::store::Value::Bytes(bytes) => query.bind(bytes.clone()),
                $crate::store::Value::Nothing => query.bind(Option::<String>::None),
            };
        }
        query
    }};
}

/// All rows of a statement that was put together with [`Sql`].
macro_rules! rows_of {
    ($conn:expr, $row:ty, $sql:expr) => {{
        let sql: &$crate::store::Sql = $sql;
        let text = $conn.worded(sql);
        $crate::store::with_conn!($conn, |c| {
            $crate::store::bound!(sqlx::query_as::<_, $row>(sqlx::AssertSqlSafe(text)), sql)
                .fetch_all(c)
                .await
        })
    }};
}
/// Runs a statement that was put together with [`Sql`] and gives the number of rows it touched.
macro_rules! exec_of {
    ($conn:expr, $sql:expr) => {{
        let sql: &$crate::store::Sql = $sql;
        let text = $conn.worded(sql);
        $crate::store::with_conn!($conn, |c| {
            $crate::store::bound!(sqlx::query(sqlx::AssertSqlSafe(text)), sql)
                .execute(c)
                .await
                .map(|done| done.rows_affected())
        })
    }};
}
pub(crate) use {bound, exec_of, rows_of};

/// All rows of a statement in one: the database makes a JSON array of them, so that one answer
/// crosses between threads instead of one for each row. `$columns` are the statement's columns in
/// the order of the row's members.
macro_rules! rows_in_one {
    ($conn:expr, $row:ty, $columns:literal, $sql:expr) => {{
        let conn: &mut $crate::store::Conn<'_> = $conn;
        let sql: $crate::store::Sql = $sql;
        let text = if matches!(conn, $crate::store::Conn::Postgres(_)) {
            concat!(
                "SELECT CAST(COALESCE(json_agg(json_build_array(",
                $columns,
                ")), '[]') AS TEXT) FROM ("
            )
        } else {
            concat!("SELECT json_group_array(json_array(", $columns, ")) FROM (")
        };
        let sql = $crate::store::Sql { text: format!("{text}{}) x", sql.text), values: sql.values };
        let row = $crate::store::rows_of!(conn, (String,), &sql)?.pop();
        row.map_or(Ok(vec![]), |(json,)| serde_json::from_str::<Vec<$row>>(&json))
            .map_err(|e| $crate::Error::Corrupt(format!("rows as JSON: {e}")))
    }};
}
pub(crate) use rows_in_one;

impl Db {
    /// Opens a database by URL (`sqlite:PATH` or `postgres://…`), checks it, and brings its schema
    /// up to date.
    ///
    /// # Errors
    /// A sentence for the operator: unreachable, too old an SQLite, a newer schema, a folder that
    /// cannot be written.
    pub async fn open(url: &str) -> Result<Self, Error> {
        let db = if is_postgres_url(url) {
            Self::open_postgres(url).await?
        } else {
            Self::open_sqlite(url).await?
        };
        migrate::run(&db).await?;
        Ok(db)
    }

    /// Whether there is a desk's database at this URL; nothing is made.
    ///
    /// # Errors
    /// What is there cannot be opened.
    pub async fn is_there(url: &str) -> Result<bool, Error> {
        if !is_postgres_url(url) && !std::path::Path::new(sqlite_path(url)).is_file() {
            return Ok(false);
        }
        let db = if is_postgres_url(url) {
            Self::open_postgres(url).await?
        } else {
            Self::open_sqlite(url).await?
        };
        let schema = migrate::current(&db).await;
        db.close().await;
        Ok(schema? > 0)
    }

    async fn open_sqlite(url: &str) -> Result<Self, Error> {
        let path = sqlite_path(url);
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            // Without it, INSERT OR REPLACE would slip past the triggers that keep tables
            // append-only.
            .pragma("recursive_triggers", "ON")
            .pragma("secure_delete", "ON")
            // In kilobytes. What is read is mapped memory anyway, and a transaction with many
            // pictures goes to the log earlier.
            .pragma("cache_size", "-8192")
            .pragma("mmap_size", "268435456")
            // In pages: whoever serves folds the log in beside the writer, and the writer itself
            // only when that is not enough.
            .pragma("wal_autocheckpoint", "100000")
            // The room for a rush is kept; what somebody who read for long made of it is given
            // back.
            .pragma("journal_size_limit", "335544320")
            .statement_cache_capacity(256)
            // A whole page of rows fits, so that the thread that reads them never waits for the one
            // that takes them.
            .row_buffer_size(1_024);
        let cannot = |e: sqlx::Error| {
            Error::Start(format!(
                "The database {path} cannot be opened: {e}. Is the folder writable?"
            ))
        };
        let writer = when_free(|| Writer::open(options.clone())).await.map_err(cannot)?;
        // Nobody may write while it waits for those who read.
        let hasty = options.clone().busy_timeout(Duration::from_millis(50));
        let checkpointer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_lazy_with(hasty);
        let readers = SqlitePoolOptions::new()
            // Eight, and the one that is kept warm beside them.
            .max_connections(9)
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(10))
            // They are files of our own, not lines that may have been cut.
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None);
        // A reader forgets its cache whenever somebody wrote, and what it reads is mapped memory
        // anyway: a large cache only costs the time to empty it.
        let options = options.pragma("cache_size", "-2048");
        let readers =
            when_free(|| readers.clone().connect_with(options.clone())).await.map_err(cannot)?;
        let (version,): (String,) =
            sqlx::query_as("SELECT sqlite_version()").fetch_one(&readers).await?;
        check_sqlite_version(&version)?;
        Ok(Self::Sqlite {
            readers,
            warm: Warm::default(),
            writer,
            checkpointer,
            disk: Disk::of(path),
        })
    }

    async fn open_postgres(url: &str) -> Result<Self, Error> {
        let options = PgConnectOptions::from_str(url)
            .map_err(|e| Error::Start(format!("DATABASE_URL is not a PostgreSQL address: {e}")))?;
        let pool = PgPoolOptions::new()
            .max_connections(16)
            .min_connections(2)
            .acquire_timeout(Duration::from_secs(10))
            // A line that was of use a moment ago is not asked whether it still is: that would be
            // one more way to the server and back before each statement. If it was cut meanwhile,
            // this one statement fails, as it would a moment later.
            .test_before_acquire(false)
            .before_acquire(|line, known| {
                Box::pin(async move {
                    if known.idle_for > ASKED_AFTER {
                        line.ping().await?;
                    }
                    Ok(true)
                })
            });
        let pool = pool
            .connect_with(options)
            .await
            .map_err(|e| Error::Start(format!("PostgreSQL cannot be reached: {e}")))?;
        Ok(Self::Postgres(pool))
    }

    /// A connection for single statements that read.
    ///
    /// # Errors
    /// No connection within ten seconds.
    pub async fn read(&self) -> Result<Reader, Error> {
        Ok(match self {
            Self::Sqlite { readers, warm, .. } => {
                let warm = warm.lock().ok().and_then(|mut warm| warm.take());
                Reader::Sqlite(if let Some(warm) = warm { warm } else { readers.acquire().await? })
            }
            Self::Postgres(pool) => Reader::Postgres(pool.acquire().await?),
        })
    }

    /// Gives a reader back whose last statement came to its end: whoever reads next gets this very
    /// one, which has the database mapped and its statements prepared. The pool lets its
    /// connections take turns and asks each one after every use whether it is well; that is for
    /// readers that failed or were dropped half-way.
    pub fn keep(&self, reader: Reader) {
        if let (Self::Sqlite { readers, warm, .. }, Reader::Sqlite(reader)) = (self, reader)
            && let Ok(mut warm) = warm.lock()
            && warm.is_none()
            // Whoever closes the pool takes what is kept only once, and waits for all of its
            // connections.
            && !readers.is_closed()
        {
            *warm = Some(reader);
        }
    }

    /// A transaction that writes; on SQLite it holds the one writer from its first statement.
    ///
    /// # Errors
    /// The writer is not free within ten seconds.
    pub async fn begin(&self) -> Result<Tx, Error> {
        Ok(match self {
            Self::Sqlite { writer, disk, .. } => {
                disk.must_be_sound()?;
                Tx::Sqlite(writer.begin(disk).await?, Leaves::default())
            }
            Self::Postgres(pool) => {
                let pool = pool.clone();
                // Said each time: whatever else the server takes for its default, rows are held
                // here, and read as they are by then.
                let begin =
                    async move { pool.begin_with("BEGIN ISOLATION LEVEL READ COMMITTED").await };
                // In a task of its own, for whoever asks may be gone before the server answers, and
                // the pool would get a line back on which a transaction is open. So it begins, and
                // ends at once.
                let begun = tokio::spawn(begin).await.map_err(|_| sqlx::Error::WorkerCrashed)?;
                Tx::Postgres(begun?, Leaves::default())
            }
        })
    }

    /// One statement as a transaction of its own, in one way to the database and back. When this
    /// returns, the data has reached the disk.
    ///
    /// # Errors
    /// Nothing of it happened, or [`Error::Unsure`].
    pub(crate) async fn at_once(&self, sql: &Sql) -> Result<(), Error> {
        match self {
            Self::Sqlite { writer, disk, .. } => {
                disk.must_be_sound()?;
                Ok(writer.at_once(sql, disk).await?)
            }
            Self::Postgres(pool) => {
                let statement = sqlx::query(sqlx::AssertSqlSafe(sql.text.clone()));
                bound!(statement, sql).execute(pool).await.map(|_| ()).map_err(unconfirmed)
            }
        }
    }

    /// Folds what was committed from SQLite's write-ahead log into the file, beside whoever writes:
    /// readers find everything in the file. PostgreSQL does so by itself.
    ///
    /// # Errors
    /// The disk: the log still has everything.
    pub async fn checkpoint(&self) -> Result<(), Error> {
        let Self::Sqlite { checkpointer, writer, disk, .. } = self else { return Ok(()) };
        if checkpoint_on(&mut *checkpointer.acquire().await?, disk).await? > LOG_PAGES {
            // In a rush there is always something new, and the log would never begin anew: the
            // little that came meanwhile is folded in while nobody writes.
            writer.alone(async |writer| checkpoint_on(writer, disk).await).await?;
        }
        Ok(())
    }

    /// Something was erased, and committed: SQLite's log, which still holds the pages of before, is
    /// emptied as soon as no rush is in the way. PostgreSQL's log is its server's.
    pub(crate) fn erased(&self) {
        if let Self::Sqlite { disk, .. } = self {
            disk.erased();
        }
    }

    /// Empties SQLite's log if it may hold what was erased. Whoever reads for long is not waited
    /// for: then it is left for later, and this says no.
    pub(crate) async fn forget_erased(&self) -> Result<bool, Error> {
        let Self::Sqlite { checkpointer, disk, .. } = self else { return Ok(true) };
        if !disk.holds_erased() {
            return Ok(true);
        }
        let emptied: sqlx::Result<(i64, i64, i64)> =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)")
                .fetch_one(checkpointer)
                .await
                .inspect_err(|error| disk.judge(error));
        let is_empty = matches!(emptied, Ok((0, ..)));
        if !is_empty {
            disk.erased();
        }
        emptied?;
        Ok(is_empty)
    }

    /// How many transactions were committed on SQLite since this was asked last.
    fn commits(&self) -> usize {
        match self {
            Self::Sqlite { disk, .. } => disk.commits(),
            Self::Postgres(_) => 0,
        }
    }

    /// How many pages of SQLite's log are not folded in.
    async fn unfolded(&self) -> Result<i64, Error> {
        let Self::Sqlite { checkpointer, .. } = self else { return Ok(0) };
        let (_, pages, folded): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(NOOP)").fetch_one(checkpointer).await?;
        Ok(pages - folded)
    }

    /// Ends when the disk failed to keep what was written: then the program must end, too. Of
    /// PostgreSQL, its server sees to it.
    pub async fn failed(&self) {
        match self {
            Self::Sqlite { disk, .. } => disk.failed().await,
            Self::Postgres(_) => std::future::pending().await,
        }
    }

    /// What is wrong with the database's file, in its own words; nothing of PostgreSQL, whose
    /// server sees to it. Thoroughly, each index is held against its table, too, which of a large
    /// file takes long; and until it is through, the log grows.
    ///
    /// # Errors
    /// The database cannot be read at all.
    pub async fn inspect(&self, thoroughly: bool) -> Result<Vec<String>, Error> {
        let Reader::Sqlite(reader) = self.read().await? else { return Ok(vec![]) };
        // A connection of its own: of a large file it takes minutes, and no stop waits for it.
        let mut own = reader.detach();
        let mut said = Vec::new();
        {
            let pragma = if thoroughly { "PRAGMA integrity_check" } else { "PRAGMA quick_check" };
            let mut rows = sqlx::query_as::<_, (String,)>(pragma).fetch(&mut own);
            loop {
                match rows.try_next().await {
                    Ok(Some((words,))) => said.extend(words.lines().map(str::to_owned)),
                    Ok(None) => break,
                    // Where it goes no further is damaged, too; what it named before says where.
                    Err(sqlx::Error::Database(_)) if !said.is_empty() => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        own.close().await?;
        said.retain(|line| line != "ok" && !line.starts_with("***"));
        Ok(said)
    }

    /// The size of the write-ahead log in bytes; 0 where there is none.
    #[must_use]
    pub fn log_bytes(&self) -> u64 {
        match self {
            Self::Sqlite { disk, .. } => disk.log_bytes(),
            Self::Postgres(_) => 0,
        }
    }

    #[must_use]
    pub const fn is_postgres(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Closes all connections; on SQLite this also folds the write-ahead log into the file. Whoever
    /// still holds one is waited for, but not for ever: what they do not end is undone when the
    /// program ends.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, warm, writer, checkpointer, .. } => {
                // Closed from this call on, before what is kept is given back: nobody keeps another
                // one after that.
                let closing = readers.close();
                drop(warm.lock().ok().and_then(|mut warm| warm.take()));
                // One wait for both, so that there is time left for the writer.
                let both = async {
                    tokio::join!(checkpointer.close(), closing);
                };
                in_time("checkpointer and readers", both).await;
                in_time("writer", writer.close()).await;
            }
            Self::Postgres(pool) => in_time("pool", pool.close()).await,
        }
    }

    /// Writes a consistent copy of an SQLite database into a new file.
    ///
    /// # Errors
    /// The file exists, cannot be written, or the database is PostgreSQL (use `pg_dump` there).
    pub async fn backup(&self, file: &std::path::Path) -> Result<(), Error> {
        let Self::Sqlite { readers, .. } = self else {
            return Err(Error::Start(
                "This is a PostgreSQL database: back it up with pg_dump, and keep the master key file apart from it.".into(),
            ));
        };
        let file = file
            .to_str()
            .ok_or_else(|| Error::Start("The file name must be readable text.".into()))?;
        sqlx::query("VACUUM INTO $1")
            .bind(file)
            .execute(readers)
            .await
            .map_err(|e| Error::Start(format!("The backup could not be written: {e}")))?;
        Ok(())
    }
}

/// Waits for connections to be closed for as long as anybody may hold one.
async fn in_time(whose: &str, closing: impl Future<Output = ()>) {
    if tokio::time::timeout(CLOSING_MAX, closing).await.is_err() {
        tracing::warn!(
            connections = whose,
            "somebody still holds a connection of the database; it is not waited for any longer"
        );
    }
}

/// Folds SQLite's log in by this connection, without waiting for anybody; gives how many pages the
/// log has.
async fn checkpoint_on(connection: &mut SqliteConnection, disk: &Disk) -> sqlx::Result<i64> {
    let folded: (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(PASSIVE)")
        .fetch_one(connection)
        .await
        .inspect_err(|error| disk.judge(error))?;
    Ok(folded.1)
}

fn is_postgres_url(url: &str) -> bool {
    url.starts_with("postgres://") || url.starts_with("postgresql://")
}

fn sqlite_path(url: &str) -> &str {
    url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url)
}

/// Refuses a master key that is not the one that other instances seal with.
///
/// # Errors
/// The sentence that the operator reads, or the database.
pub async fn check_master_key(db: &Db, sealer: &Sealer) -> Result<(), Error> {
    let mut reader = db.read().await?;
    let mut conn = reader.conn();
    let newest = [
        row!(
            &mut conn,
            (Vec<u8>,),
            "SELECT sealed FROM credentials ORDER BY replaced_at_ms DESC LIMIT 1"
        )?,
        row!(
            &mut conn,
            (Vec<u8>,),
            "SELECT sealed FROM customer_keys ORDER BY customer_id DESC LIMIT 1"
        )?,
    ];
    match newest.iter().flatten().find(|(sealed,)| !sealer.knows_key_of(sealed)) {
        None => Ok(()),
        Some(_) => Err(Error::Start(
            "This master key is not the one that the database's data was sealed with. All instances need the same: copy the file from where it was made, or set PROBITY_MASTER_KEY_FILE.".into(),
        )),
    }
}

/// Whether nothing can have been sealed in this database yet: it has no people and no connections.
///
/// # Errors
/// The database.
pub async fn is_new(db: &Db) -> Result<bool, Error> {
    let mut reader = db.read().await?;
    let found = row!(
        &mut reader.conn(),
        (i64,),
        "SELECT CAST((SELECT COUNT(*) FROM connections) + (SELECT COUNT(*) FROM customer_keys) AS BIGINT)"
    )?;
    Ok(found.is_none_or(|(n,)| n == 0))
}

/// Opens a connection, or a pool of them. Programs that open a new file at once exclude each other
/// while one of them turns its write-ahead log on, and SQLite refuses the others without waiting:
/// they ask again, for ten seconds.
async fn when_free<T>(open: impl AsyncFn() -> sqlx::Result<T>) -> sqlx::Result<T> {
    let mut tries = 200;
    loop {
        match open().await {
            Err(sqlx::Error::Database(error)) if tries > 0 && is_busy(error.code().as_deref()) => {
                tries -= 1
            }
            opened => return opened,
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// SQLITE_BUSY, and its two extended codes (<https://sqlite.org/rescode.html#busy>).
fn is_busy(code: Option<&str>) -> bool {
    matches!(code, Some("5" | "261" | "517"))
}

/// Refuses an SQLite that can lose committed data.
///
/// # Errors
/// The sentence that the operator reads.
pub fn check_sqlite_version(version: &str) -> Result<(), Error> {
    let mut parts = version.split('.').map(|p| p.parse::<u32>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    if (next(), next(), next()) >= SQLITE_MIN {
        return Ok(());
    }
    let (a, b, c) = SQLITE_MIN;
    Err(Error::Start(format!(
        "This program was built with SQLite {version}, which can lose committed data. It needs {a}.{b}.{c} or newer; build it with the Cargo.lock it came with."
    )))
}

impl Reader {
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(c) => Conn::Sqlite(Line { line: &mut **c, leaves: None }),
            Self::Postgres(c) => Conn::Postgres(Line { line: &mut **c, leaves: None }),
        }
    }
}

impl Tx {
    pub fn conn(&mut self) -> Conn<'_> {
        match self {
            Self::Sqlite(tx, leaves) => {
                Conn::Sqlite(Line { line: tx.conn(), leaves: Some(leaves) })
            }
            Self::Postgres(tx, leaves) => {
                Conn::Postgres(Line { line: &mut **tx, leaves: Some(leaves) })
            }
        }
    }

    const fn leaves(&self) -> &Leaves {
        let (Self::Sqlite(_, leaves) | Self::Postgres(_, leaves)) = self;
        leaves
    }

    /// Makes it all durable. When this returns, the data has reached the disk. What was written
    /// after the last entry of the journal gets one of its own.
    ///
    /// # Errors
    /// Nothing of the transaction happened, or [`Error::Unsure`].
    pub async fn commit(mut self) -> Result<(), Error> {
        if !self.leaves().wrote.is_empty() {
            crate::journal::commit_to_rest(&mut self.conn()).await?;
        }
        match self {
            Self::Sqlite(tx, _) => tx.commit().await,
            Self::Postgres(tx, _) => tx.commit().await.map_err(unconfirmed),
        }
    }
}

/// A line that broke while PostgreSQL committed: it says nothing about whether it did.
fn unconfirmed(error: sqlx::Error) -> Error {
    let is_answer = error
        .as_database_error()
        .and_then(|e| e.code())
        .is_some_and(|code| !code.starts_with("57P") && !code.starts_with("08"));
    if is_answer { error.into() } else { Error::Unsure(error) }
}

impl Conn<'_> {
    /// What the transaction on it leaves to be done; nothing on a connection that only reads.
    const fn leaves(&mut self) -> Option<&mut Leaves> {
        let (Self::Sqlite(Line { leaves, .. }) | Self::Postgres(Line { leaves, .. })) = self;
        match leaves {
            Some(leaves) => Some(leaves),
            None => None,
        }
    }

    /// A row was written, of a part that the journal commits to: the next entry of this transaction
    /// does.
    pub(crate) fn wrote(&mut self, part: &'static str, row: &str) {
        if let Some(leaves) = self.leaves() {
            leaves.wrote.insert((part, row.to_owned()));
        }
    }

    /// Whether this transaction wrote this row, and no entry commits to it yet.
    pub(crate) fn has_written(&mut self, part: &'static str, row: &str) -> bool {
        self.leaves().is_some_and(|leaves| leaves.wrote.contains(&(part, row.to_owned())))
    }

    /// What was written and is not committed to yet; from here on it counts as committed to.
    pub(crate) fn take_wrote(&mut self) -> Wrote {
        self.leaves().map(|leaves| std::mem::take(&mut leaves.wrote)).unwrap_or_default()
    }

    /// The transaction wrote something that workers do: they are woken when it is durable.
    pub(crate) fn wakes(&mut self) {
        if let Some(leaves) = self.leaves() {
            leaves.work = true;
        }
    }

    /// The text of a statement as this database reads it.
    pub(crate) fn worded(&self, sql: &Sql) -> String {
        match self {
            Self::Sqlite(_) => sql.unnumbered(),
            Self::Postgres(_) => sql.text.clone(),
        }
    }

    /// What makes a picked row invisible to others that pick at the same time. SQLite's single
    /// writer needs nothing.
    #[must_use]
    pub const fn skip_locked(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " FOR UPDATE SKIP LOCKED",
        }
    }

    /// What makes a read row wait for, and then see, whoever changes it at the same time. SQLite's
    /// single writer needs nothing.
    #[must_use]
    pub const fn hold(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " FOR NO KEY UPDATE",
        }
    }

    /// What makes a read row stay as it is until the transaction ends, while others may read it the
    /// same way.
    #[must_use]
    pub const fn share(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) => " FOR SHARE",
        }
    }

    /// Lets one transaction at a time do what this text names. SQLite's single writer does so by
    /// itself.
    ///
    /// # Errors
    /// The database.
    pub async fn take_turns(&mut self, what: &str) -> Result<(), Error> {
        if let Self::Postgres(c) = self {
            sqlx::query("SELECT pg_advisory_xact_lock(7203915, hashtext($1))")
                .bind(what)
                .execute(&mut **c)
                .await?;
        }
        Ok(())
    }

    /// Lets one transaction at a time append to the journal. SQLite's single writer does so by
    /// itself.
    ///
    /// # Errors
    /// The database.
    pub async fn lock_journal(&mut self) -> Result<(), Error> {
        if let Self::Postgres(c) = self {
            sqlx::query("SELECT pg_advisory_xact_lock(7203914)").execute(&mut **c).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_sqlite_that_loses_data_is_refused() {
        for old in ["3.46.0", "3.51.2", "3.9.9", "2.99.99", "nonsense"] {
            assert!(check_sqlite_version(old).is_err(), "{old}");
        }
        for good in ["3.51.3", "3.52.0", "4.0.0"] {
            assert!(check_sqlite_version(good).is_ok(), "{good}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_reader_that_is_given_back_while_the_database_closes_does_not_keep_it_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite:{}", folder.path().join("desk.db").display()))
            .await
            .expect("opens");
        let reader = db.read().await.expect("a reader");
        let closing = tokio::spawn({
            let db = db.clone();
            async move { db.close().await }
        });
        tokio::time::sleep(Duration::from_millis(300)).await;
        db.keep(reader);
        tokio::time::timeout(CLOSING_MAX / 2, closing)
            .await
            .expect("it closes at once")
            .expect("no panic");
        assert!(db.read().await.is_err(), "nobody reads any more");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_reader_that_is_never_given_back_keeps_nobody_from_ending() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite:{}", folder.path().join("desk.db").display()))
            .await
            .expect("opens");
        let _held = db.read().await.expect("a reader");
        tokio::time::timeout(2 * CLOSING_MAX, db.close()).await.expect("it ends");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn who_reads_and_who_folds_are_waited_for_together_and_the_writer_is_closed_then() {
        let folder = tempfile::tempdir().expect("a folder");
        let db = Db::open(&format!("sqlite:{}", folder.path().join("desk.db").display()))
            .await
            .expect("opens");
        let Db::Sqlite { checkpointer, .. } = &db else { panic!("{db:?}") };
        let (_folding, _reading) = (
            checkpointer.acquire().await.expect("a connection"),
            db.read().await.expect("a reader"),
        );
        tokio::time::timeout(CLOSING_MAX + CLOSING_MAX / 2, db.close()).await.expect("it ends");
        assert!(db.begin().await.is_err(), "nobody writes any more");
    }

    #[test]
    fn the_lock_file_links_one_sqlx_and_a_safe_sqlite() {
        let lock = include_str!("../../../../Cargo.lock");
        let versions = |name: &str| -> Vec<String> {
            let mark = format!("name = \"{name}\"\nversion = \"");
            lock.match_indices(&mark)
                .map(|(at, _)| {
                    lock[at + mark.len()..].split('"').next().unwrap_or_default().to_owned()
                })
                .collect()
        };
        assert_eq!(versions("sqlx").len(), 1, "one sqlx");
        assert_eq!(versions("rustls").len(), 1, "one TLS stack");
        for absent in ["native-tls", "openssl-sys", "aws-lc-sys"] {
            assert_eq!(
                versions(absent),
                Vec::<String>::new(),
                "{absent} would be a second TLS stack"
            );
        }
        let sqlite = versions("libsqlite3-sys");
        assert_eq!(sqlite.len(), 1);
        let minor: u32 =
            sqlite[0].split('.').nth(1).and_then(|m| m.parse().ok()).expect("a version");
        assert!(minor >= 37, "libsqlite3-sys {} bundles an SQLite that loses data", sqlite[0]);
    }
}
