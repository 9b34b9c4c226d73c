//! SQLite's one connection that writes, and the transaction on it.
//!
//! Whoever writes waits for it in a line. It is no pool's: a pool asks a connection after each use
//! whether it is well, which here would be one more way between threads for each transaction.

use super::{bound, disk::Disk, sql::Sql};
use crate::Error;
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{sync::Arc, time::Duration};
use tokio::sync::{Mutex, OwnedMutexGuard};

/// How long somebody stands in the line.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Writer {
    options: Arc<SqliteConnectOptions>,
    line: Arc<Mutex<Line>>,
}

enum Line {
    Open(Box<SqliteConnection>),
    /// Given up together with its transaction: it is opened anew.
    Lost,
    /// Nobody writes any more.
    Closed,
}

impl Line {
    const fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        match self {
            Self::Open(connection) => Ok(connection),
            Self::Lost | Self::Closed => Err(sqlx::Error::PoolClosed),
        }
    }
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writer")
    }
}

/// A transaction that holds the writer. Dropped without a commit, it is rolled back.
pub struct Written {
    line: Option<OwnedMutexGuard<Line>>,
    disk: Disk,
}

impl Writer {
    pub(super) async fn open(options: SqliteConnectOptions) -> sqlx::Result<Self> {
        let connection = SqliteConnection::connect_with(&options).await?;
        Ok(Self {
            options: options.into(),
            line: Arc::new(Mutex::new(Line::Open(connection.into()))),
        })
    }

    /// Begins a transaction, which nobody else's writing can undo from here on.
    ///
    /// # Errors
    /// Another one has it for ten seconds, another program holds the database for five, or it
    /// cannot be opened.
    pub(super) async fn begin(&self, disk: &Disk) -> sqlx::Result<Written> {
        let mut written = Written { line: Some(self.line().await?), disk: disk.clone() };
        match run(written.connection()?, "BEGIN IMMEDIATE").await {
            Ok(()) => return Ok(written),
            // Its thread is gone; nothing that was not committed is there.
            Err(sqlx::Error::WorkerCrashed) => written.reopen(&self.options).await?,
            // A transaction of before that could not be ended: without this nobody would write any
            // more.
            Err(error) => run(written.connection()?, "ROLLBACK").await.map_err(|_| error)?,
        }
        run(written.connection()?, "BEGIN IMMEDIATE").await?;
        Ok(written)
    }

    /// One statement as a transaction of its own, all of it in one way to the connection's thread
    /// and back. It is durable then.
    ///
    /// # Errors
    /// As for a transaction. Nothing of it happened.
    pub(super) async fn at_once(&self, sql: &Sql, disk: &Disk) -> sqlx::Result<()> {
        // Dropped half-way it is rolled back; so is a transaction of before that could not be
        // ended, at which BEGIN stumbles.
        let mut written = Written { line: Some(self.line().await?), disk: disk.clone() };
        let text = format!("BEGIN IMMEDIATE; {}; COMMIT", sql.unnumbered());
        let done = bound!(sqlx::query(sqlx::AssertSqlSafe(text)), sql)
            .execute(written.connection()?)
            .await;
        match &done {
            Ok(_) => {
                disk.committed();
                written.line = None;
            }
            Err(sqlx::Error::WorkerCrashed) => written.reopen(&self.options).await?,
            Err(error) => disk.judge(error),
        }
        done.map(|_| ())
    }

    /// Lets nobody write while something is done with the connection.
    ///
    /// # Errors
    /// As for a transaction; and those of what is done.
    pub async fn alone<T>(
        &self,
        what: impl AsyncFnOnce(&mut SqliteConnection) -> sqlx::Result<T>,
    ) -> sqlx::Result<T> {
        what(self.line().await?.connection()?).await
    }

    /// Waits for whoever writes, and closes the connection for good.
    pub async fn close(&self) {
        let line = std::mem::replace(&mut *self.line.lock().await, Line::Closed);
        if let Line::Open(connection) = line
            && !matches!(tokio::time::timeout(PATIENCE, connection.close()).await, Ok(Ok(())))
        {
            tracing::warn!("the database was not closed in order");
        }
    }

    async fn line(&self) -> sqlx::Result<OwnedMutexGuard<Line>> {
        let line = tokio::time::timeout(PATIENCE, self.line.clone().lock_owned());
        let mut line = line.await.map_err(|_| sqlx::Error::PoolTimedOut)?;
        if matches!(*line, Line::Lost) {
            *line = Line::Open(SqliteConnection::connect_with(&self.options).await?.into());
        }
        Ok(line)
    }
}

impl Written {
    fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        self.line.as_mut().ok_or(sqlx::Error::PoolClosed)?.connection()
    }

    async fn reopen(&mut self, options: &SqliteConnectOptions) -> sqlx::Result<()> {
        tracing::error!("the connection that writes was lost; it is opened anew");
        let line = self.line.as_mut().ok_or(sqlx::Error::PoolClosed)?;
        **line = Line::Lost;
        **line = Line::Open(SqliteConnection::connect_with(options).await?.into());
        Ok(())
    }

    pub(super) fn conn(&mut self) -> &mut SqliteConnection {
        self.connection().expect("a transaction has its connection until it ends")
    }

    /// Makes it all durable.
    ///
    /// # Errors
    /// Nothing of it happened.
    pub(super) async fn commit(mut self) -> Result<(), Error> {
        let disk = self.disk.clone();
        run(self.connection()?, "COMMIT").await.inspect_err(|error| disk.judge(error))?;
        disk.committed();
        self.line = None;
        Ok(())
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        let Some(mut line) = self.line.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Closing the connection rolls back, too.
            *line = Line::Lost;
            return;
        };
        // Whoever waits for the writer waits for this as well.
        runtime.spawn(async move {
            if let Ok(connection) = line.connection() {
                // What SQLite undid by itself, as on a full disk, is no transaction any more.
                run(connection, "ROLLBACK").await.ok();
            }
        });
    }
}

async fn run(connection: &mut SqliteConnection, sql: &'static str) -> sqlx::Result<()> {
    sqlx::query(sql).execute(connection).await.map(|_| ())
}
