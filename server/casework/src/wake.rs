//! Wakes workers when there is something to do: those of this process at once, those of other
//! instances on the same PostgreSQL by a notification.
//!
//! A notification says nothing but whose it is; what is to be done stands in the database. One that
//! is lost costs a moment: idle workers look by themselves, and a listener that was cut off wakes
//! them when it is back.

use crate::{Db, Error, Work};
use sqlx::postgres::PgListener;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Notify, futures::Notified};
use tokio_util::sync::CancellationToken;

/// The one channel of all desks of a PostgreSQL database.
const CHANNEL: &str = "probity";
/// How long a listener that cannot connect waits before it tries again.
const RECONNECT: Duration = Duration::from_secs(1);

/// Wakes the workers of all instances.
pub struct Wake {
    here: Notify,
    /// Others are told by a task of their own, so that nobody who made a promise waits for it; many
    /// become one.
    others: Option<Arc<Notify>>,
    task: Mutex<Option<tokio::task::JoinHandle<()>>>,
    /// Names this process, so that it does not wake itself twice.
    instance: String,
}

impl Wake {
    pub(crate) fn start(db: &Db) -> Self {
        let instance = hex::encode(crate::random::<8>());
        let others = db.is_postgres().then(Arc::<Notify>::default);
        let task = others
            .as_ref()
            .map(|asked| tokio::spawn(tell(db.clone(), asked.clone(), instance.clone())));
        Self { here: Notify::new(), others, task: Mutex::new(task), instance }
    }

    /// Something is to be done; the transaction that says what is committed.
    pub fn notify_waiters(&self) {
        self.here.notify_waiters();
        self.tell_others();
    }

    fn tell_others(&self) {
        if let Some(others) = &self.others {
            others.notify_one();
        }
    }

    /// Waits for what is told after this call.
    pub fn notified(&self) -> Notified<'_> {
        self.here.notified()
    }

    pub(crate) fn stop(&self) {
        if let Some(task) = self.task.lock().ok().and_then(|mut task| task.take()) {
            task.abort();
        }
    }
}

/// The schema tells desks apart that share a database.
async fn tell(db: Db, asked: Arc<Notify>, instance: String) {
    loop {
        asked.notified().await;
        let Db::Postgres(pool) = &db else { return };
        let told = sqlx::query("SELECT pg_notify($1, current_schema() || '/' || $2)")
            .bind(CHANNEL)
            .bind(&instance)
            .execute(pool)
            .await;
        if let Err(error) = told {
            tracing::debug!(%error, "other instances could not be told; they look by themselves");
        }
    }
}

/// Hears what other instances tell and wakes the workers here, until it is told to stop.
pub(crate) async fn listen(work: Work, stop: CancellationToken) {
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            heard = hear(&work) => {
                if let Err(error) = heard {
                    tracing::warn!(%error, "the line on which other instances tell of new work is cut; trying again");
                }
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RECONNECT) => {}
        }
    }
}

async fn hear(work: &Work) -> Result<(), Error> {
    let Db::Postgres(pool) = &work.db else { return std::future::pending().await };
    let (schema,): (String,) =
        sqlx::query_as("SELECT current_schema()::text").fetch_one(pool).await?;
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    loop {
        // Whatever was told while nobody listened is found by looking.
        work.here_is_work();
        while let Some(told) = listener.try_recv().await? {
            let (of, by) = told.payload().rsplit_once('/').unwrap_or_default();
            if of == schema && by != work.wake.instance {
                work.here_is_work();
            }
        }
    }
}

impl crate::Casework {
    /// Another instance did something: workers look, and counts are read anew.
    fn here_is_work(&self) {
        self.counts.forget();
        self.wake.here.notify_waiters();
        self.arrived.notify_waiters();
    }

    /// A callback is durable: the inbox looks, here and elsewhere. What follows from it wakes the
    /// other workers.
    pub(crate) fn has_arrived(&self) {
        self.arrived.notify_waiters();
        self.wake.tell_others();
    }
}
