//! What all handlers and background jobs share: the options, the providers, the request log, and
//! the wish to stop. It knows no provider.

use std::{
    any::Any,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{Options, provider::Provider, request_log::RequestLog};

/// The running sandbox's insides.
pub(crate) struct World {
    pub options: Options,
    pub base_url: String,
    pub log: RequestLog,
    pub providers: Vec<Box<dyn Provider>>,
    /// Sends callbacks: no proxy, no redirects, five seconds.
    pub http: reqwest::Client,
    pub stopping: CancellationToken,
    pub work: TaskTracker,
    /// Wakes the job that writes the state file.
    pub to_save: Notify,
}

impl World {
    /// # Errors
    /// When no HTTP client can be made (no usable TLS set-up).
    pub fn new(
        options: Options,
        base_url: String,
        providers: Vec<Box<dyn Provider>>,
    ) -> io::Result<World> {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(5))
            .build()
            .map_err(io::Error::other)?;
        Ok(World {
            options,
            base_url,
            log: RequestLog::default(),
            providers,
            http,
            stopping: CancellationToken::new(),
            work: TaskTracker::new(),
            to_save: Notify::new(),
        })
    }

    /// The provider of this type, for its own folder.
    pub fn provider<T: Provider>(&self) -> &T {
        let mut of_type = self.providers.iter().filter_map(|provider| {
            let any: &dyn Any = provider.as_ref();
            any.downcast_ref()
        });
        match of_type.next() {
            Some(provider) => provider,
            None => unreachable!("`lib.rs` lists every provider whose routes are served"),
        }
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

/// A lock that a panic elsewhere does not close.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
