//! What all handlers and background jobs share: the options, each provider's books, the request
//! log, and the wish to stop. It knows no provider's rules.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Options, camara::Camara, kryptogo, request_log::RequestLog, solaris, zignsec};

/// What survives a restart, one member for each provider.
#[derive(Serialize, Deserialize)]
pub(crate) struct Kept {
    pub version: u32,
    pub kryptogo: kryptogo::Book,
    /// An older version's file has none.
    #[serde(default)]
    pub zignsec: zignsec::Book,
    #[serde(default)]
    pub solaris: solaris::Books,
}

/// The running sandbox's insides.
pub(crate) struct World {
    pub options: Options,
    pub base_url: String,
    pub log: RequestLog,
    /// Not kept between runs.
    pub camara: Camara,
    /// Sends callbacks: no proxy, no redirects, five seconds.
    pub http: reqwest::Client,
    pub stopping: CancellationToken,
    pub work: TaskTracker,
    /// Wakes the job that writes the state file.
    pub to_save: Notify,
    /// Wakes the job that sends callbacks.
    pub to_send: Notify,
    /// Wakes the job that lets Solaris' time pass and sends its webhooks.
    pub solaris_moved: Notify,
    kept: Mutex<Kept>,
}

impl World {
    /// # Errors
    /// When no HTTP client can be made (no usable TLS set-up).
    pub fn new(options: Options, base_url: String, kept: Option<Kept>) -> io::Result<World> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            .build()
            .map_err(io::Error::other)?;
        let kept = kept.unwrap_or_else(|| Kept {
            version: 1,
            kryptogo: kryptogo::Book::new(options.points),
            zignsec: zignsec::Book::default(),
            solaris: solaris::Books::default(),
        });
        let camara = Camara::new(options.seed);
        Ok(World {
            options,
            base_url,
            log: RequestLog::default(),
            camara,
            http,
            stopping: CancellationToken::new(),
            work: TaskTracker::new(),
            to_save: Notify::new(),
            to_send: Notify::new(),
            solaris_moved: Notify::new(),
            kept: Mutex::new(kept),
        })
    }

    /// Everything that is kept; hold it shortly and never across an await.
    pub fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads KryptoGO's book.
    pub fn look<T>(&self, read: impl FnOnce(&kryptogo::Book) -> T) -> T {
        read(&self.kept().kryptogo)
    }

    /// Changes KryptoGO's book, then has it saved and looks for callbacks to send.
    pub fn change<T>(&self, write: impl FnOnce(&mut kryptogo::Book) -> T) -> T {
        let result = write(&mut self.kept().kryptogo);
        self.to_save.notify_one();
        self.to_send.notify_one();
        result
    }

    /// Waits, or returns early with `false` because the sandbox stops.
    pub async fn sleep(&self, milliseconds: u64) -> bool {
        tokio::select! {
            () = tokio::time::sleep(Duration::from_millis(milliseconds)) => true,
            () = self.stopping.cancelled() => false,
        }
    }
}

/// What axum hands to each handler.
pub(crate) type Shared = Arc<World>;
