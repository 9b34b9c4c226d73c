//! Puts the pieces together, serves, and stops in order.

use crate::{config::Config, guard, private, routes, say, serve};
use app::pages::Assets;
use casework::{
    Casework, Clock, Db, Error, Pace, Work,
    objects::{Objects, Place},
    people, workers,
};
use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// A desk that is ready to serve.
pub struct Desk {
    pub work: Work,
    pub assets: Arc<Assets>,
    site: std::path::PathBuf,
    drain: Duration,
    proxies: Arc<[ipnet::IpNet]>,
    /// How many connections at once, and how long each may keep us waiting.
    pub limits: serve::Limits,
}

/// How long a stop waits for requests and workers, once nothing new is accepted.
const STOP_TIME: Duration = Duration::from_secs(9);
/// How long what was taken and viewed may take to be written at the end, and the database to be
/// closed.
const CLOSING_MAX: Duration = Duration::from_secs(10);

impl Desk {
    /// Opens database and keys of a desk that is there; for commands that have nothing to do where
    /// none is.
    ///
    /// # Errors
    /// The sentence that the operator reads: that there is none, and where it was looked for.
    pub async fn open_existing(config: &Config) -> Result<Self, Error> {
        config.must_be_there()?;
        let url = config.database_url();
        if !Db::is_there(&url).await? {
            return Err(config.no_desk());
        }
        Self::open(config).await
    }

    /// Opens database and keys; makes what is missing of a new desk.
    ///
    /// # Errors
    /// The sentence that the operator reads.
    pub async fn open(config: &Config) -> Result<Self, Error> {
        Self::open_with(config, Clock::default(), Pace::default()).await
    }

    /// As [`Desk::open`], with a clock and a pace of the caller's.
    ///
    /// # Errors
    /// The sentence that the operator reads.
    pub async fn open_with(config: &Config, clock: Clock, pace: Pace) -> Result<Self, Error> {
        rustls::crypto::ring::default_provider().install_default().ok();
        config.make_data_folder()?;
        let private = config.private()?;
        let factor_roles = config.second_factor_roles()?;
        let proxies = config.trusted_proxies()?.into();
        let db = Db::open(&config.database_url()).await?;
        if let Some(file) = config.sqlite_file() {
            private::database(&file);
        }
        let sealer = config.sealer(true_if_new(&db).await?)?;
        casework::store::check_master_key(&db, &sealer).await?;
        casework::customers::fold_again(&db).await?;
        casework::resealing::run(&db, &sealer, clock.now()).await?;
        let taken = casework::journal::take_over(&db, clock.now()).await?;
        if taken > 0 {
            tracing::info!(
                rows = taken,
                "rows of older versions are committed to from here on, as they stand"
            );
        }
        let place = config.place()?;
        if let Place::Folder(folder) = &place {
            private::objects(folder.path());
        }
        let probe = Casework::within(
            db,
            sealer,
            clock,
            pace,
            config.public_url(),
            Objects::at(place),
            private,
        );
        probe.factor_roles.set(factor_roles);
        casework::customers::mark_again(&probe).await?;
        Ok(Self {
            work: probe,
            assets: Arc::new(read_assets(&config.site())),
            site: config.site(),
            drain: config.drain(),
            proxies,
            limits: serve::Limits::default(),
        })
    }

    /// Serves on a listener until `stop`, then drains: `/readyz` says so, for as long as configured
    /// everything is answered as before, then nothing new is accepted, requests under way end,
    /// workers finish what they have.
    ///
    /// # Errors
    /// The disk.
    pub async fn serve(self, listener: TcpListener, stop: CancellationToken) -> Result<(), Error> {
        if guard::host_of(&self.work.public_url).is_none() {
            return Err(Error::Start(format!(
                "The public address {} names no host, and the desk answers under that name only: set PROBITY_PUBLIC_URL to an address like https://desk.example.",
                self.work.public_url
            )));
        }
        let address = listener.local_addr().map_err(|e| {
            Error::Start(format!("The address that is listened on cannot be read: {e}."))
        })?;
        let tasks = TaskTracker::new();
        workers::start(&self.work, &stop, &tasks);
        let router =
            routes::router(&self.work, &self.assets, &self.site, address, &stop, &self.proxies);
        let (stopped, drain) = (stop.clone(), self.drain);
        let serving =
            serve::serve(listener, router, self.limits, self.proxies.clone(), async move {
                stopped.cancelled().await;
                tokio::time::sleep(drain).await;
            });
        // Requests and workers are told at the same moment and share the same time to end.
        let drained = async {
            serving.await;
            tasks.close();
            tasks.wait().await;
        };
        let hurry = async {
            stop.cancelled().await;
            tokio::time::sleep(self.drain + STOP_TIME).await;
        };
        tokio::select! {
            () = drained => {}
            // Neither requests nor workers are waited for: nothing that they do can be kept, and
            // nothing more is acknowledged.
            () = self.work.db.failed() => {
                return Err(Error::Start(
                    "The disk failed to keep what was written to the database. The program ends; look at the disk, then start it again.".into(),
                ));
            }
            () = hurry => tracing::warn!("some requests or deliveries did not end in time; a delivery's lease runs out and it is taken up again"),
        }
        // Where the database is gone for good, what was viewed is tried to be written again and
        // again.
        if tokio::time::timeout(CLOSING_MAX, self.work.close()).await.is_err() {
            tracing::warn!(
                "the database was not closed in order; what was not written by now is lost"
            );
        }
        Ok(())
    }
}

/// A key may be made only where nothing can have been sealed yet.
async fn true_if_new(db: &Db) -> Result<bool, Error> {
    casework::store::is_new(db).await
}

/// Binds an address, with a sentence when it is taken.
///
/// # Errors
/// The sentence that the operator reads.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|e| Error::Start(format!("Cannot listen on {address}: {e}. Stop what uses it, or set PROBITY_LISTEN to another address.")))
}

/// Ends on SIGTERM and on ctrl-c.
pub async fn stop_signal() {
    let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(term) => term,
        Err(error) => {
            tracing::error!(%error, "SIGTERM cannot be listened for");
            return;
        }
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

/// The hashed names of what browsers download; without them pages work, unstyled and without the
/// browser half.
fn read_assets(site: &Path) -> Assets {
    let manifest = std::fs::read(site.join("manifest.json"))
        .ok()
        .and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    let Some(manifest) = manifest else {
        tracing::warn!(site = %site.display(), "the site folder has no manifest.json: pages have no style; make it with cargo xtask site and set PROBITY_SITE");
        return Assets::default();
    };
    let name = |key: &str| manifest[key].as_str().unwrap_or_default().to_owned();
    Assets { js: name("js"), wasm: name("wasm"), css: name("css") }
}

/// Prints the one-time setup token when no admin is here yet.
///
/// # Errors
/// The database.
pub async fn announce_setup(work: &Work) -> Result<(), Error> {
    if people::needs_setup(work).await? {
        let token = people::new_setup_token(work).await?;
        say::line(format_args!(
            "No admin is here yet. Open {}/setup and make the first admin with this token (one hour, once):\n\n    {token}\n",
            work.public_url
        ));
    }
    Ok(())
}
