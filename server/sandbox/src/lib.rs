//! The providers' stand-in: speaks their HTTP, invents customers, misbehaves on request.
//!
//! It is a program of its own (`main.rs`) and a library, so that a test can start it in-process.
//! Each provider has a folder and a base path: `/kryptogo` (due diligence, ID verification, wallet
//! analysis), `/camara` (KYC Match and its siblings of mobile operators), `/zignsec` (Danish
//! registers) and `/solaris` (persons and their video identification, webhooks). Everything that
//! only people and tests use lives outside any provider's base: `/`, `/control`, `/specimens`
//! (pictures to upload) and `/customer` (where the customer of a verification goes). Answers are
//! JSON documents built here; no type is shared with Probity, so a mistake in Probity's own wire
//! types cannot hide.

mod basic;
mod camara;
mod control;
mod holder;
mod kryptogo;
mod packed;
mod page;
pub mod pictures;
mod provider;
mod refusal;
mod request_log;
mod solaris;
mod state_file;
mod text;
mod world;
mod zignsec;

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use axum::{Router, middleware, serve::ListenerExt};
use tokio::{net::TcpListener, task::JoinHandle};

pub use crate::solaris::SolarisTimes;
use crate::{provider::Provider, world::World};

/// How long [`Sandbox::stop`] waits for open connections before it leaves them behind.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// How a sandbox behaves. `Default` suits a person who looks around; tests make it faster.
#[derive(Clone, Debug)]
pub struct Options {
    /// Decides what is found about names the catalogue does not know, which addresses of wallets
    /// are well known and what happened around all of them, statuses at random, and the jitter of
    /// progress.
    pub seed: u64,
    /// Milliseconds that one search source takes (plus or minus a tenth); an ID verification takes
    /// two.
    pub step_ms: u64,
    /// Keeps tasks between runs in this JSON file; without it they live in memory only.
    pub state: Option<PathBuf>,
    /// Points of the account; one due diligence task costs ten, one ID verification a hundred, one
    /// wallet analysis twenty.
    pub points: i64,
    /// Milliseconds that a "timeout" trigger hangs before it answers 504.
    pub hang_ms: u64,
    /// Milliseconds between an event and a callback that was asked to be late.
    pub late_ms: u64,
    /// How long things take at Solaris.
    pub solaris: SolarisTimes,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            step_ms: 800,
            state: None,
            points: 1_000_000,
            hang_ms: 60_000,
            late_ms: 15_000,
            solaris: SolarisTimes::default(),
        }
    }
}

/// A running sandbox. Dropping it asks it to stop; [`Sandbox::stop`] also waits and saves.
pub struct Sandbox {
    /// Where it listens; the port is the real one, also when port 0 was asked for.
    pub address: SocketAddr,
    world: Arc<World>,
    server: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts listening, reads the state file if there is one, and sends the callbacks that came
    /// due in the meantime.
    ///
    /// # Errors
    /// A taken port, a state file that cannot be read or understood, or no TLS set-up.
    pub async fn start(listen: SocketAddr, options: Options) -> io::Result<Sandbox> {
        // An error only says that somebody in this process was faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let providers = providers(&options);
        if let Some(path) = &options.state {
            state_file::read(path, &providers).await?;
        }
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let world = Arc::new(World::new(options, base_url(address), providers)?);

        for provider in &world.providers {
            provider.start(&world);
        }
        world.work.spawn(state_file::keep(world.clone()));

        // Small answers must not wait for the client's delayed acknowledgement.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY was refused");
            }
        });
        let stopping = world.stopping.clone();
        let server = axum::serve(listener, routes(world.clone()))
            .with_graceful_shutdown(stopping.cancelled_owned())
            .into_future();
        let server = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the listener ended");
            }
        });
        Ok(Sandbox { address, world, server: Some(server) })
    }

    /// Where to reach it from this machine, without a slash at the end: `http://127.0.0.1:3999`.
    pub fn base_url(&self) -> String {
        self.world.base_url.clone()
    }

    /// Ends within about two seconds, hanging requests included, and writes the state file.
    pub async fn stop(mut self) {
        self.world.stopping.cancel();
        if let Some(server) = self.server.take() {
            let abort = server.abort_handle();
            if tokio::time::timeout(FAREWELL, server).await.is_err() {
                abort.abort();
            }
        }
        self.world.work.close();
        if tokio::time::timeout(FAREWELL, self.world.work.wait()).await.is_err() {
            tracing::warn!("background work did not end in time");
            return;
        }
        // What the last requests changed while the listener was closing.
        state_file::write_last(&self.world).await;
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.world.stopping.cancel();
    }
}

/// Every provider; their parts of the first page come in this order.
fn providers(options: &Options) -> Vec<Box<dyn Provider>> {
    vec![
        Box::new(kryptogo::Kryptogo::new(options)),
        Box::new(zignsec::Zignsec::default()),
        Box::new(camara::Camara::new(options.seed)),
        Box::new(solaris::Solaris::default()),
    ]
}

fn routes(world: Arc<World>) -> Router {
    let mut control = Router::new()
        .route("/", axum::routing::get(page::show))
        .nest("/control", control::routes(&world))
        .merge(pictures::routes());
    let mut all = Router::new();
    for provider in &world.providers {
        control = control.merge(provider.customer_routes());
        all = all.nest(&format!("/{}", provider.name()), provider.routes(&world));
    }
    all.merge(control.layer(middleware::from_fn(control::same_origin)).with_state(world.clone()))
}

/// `0.0.0.0` is no address to call, so whoever listens everywhere is reached over loopback.
fn base_url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("http://127.0.0.1:{}", address.port())
    } else {
        format!("http://{address}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_providers_share_knows_none_of_them_by_name() {
        let shared = [
            include_str!("world.rs"),
            include_str!("page.rs"),
            include_str!("control.rs"),
            include_str!("state_file.rs"),
            include_str!("provider.rs"),
        ];
        let providers = providers(&Options::default());
        for (provider, text) in
            providers.iter().flat_map(|provider| shared.map(|text| (provider, text.to_lowercase())))
        {
            assert!(
                !text.contains(provider.name()),
                "{} stands in: {}",
                provider.name(),
                text.lines().next().unwrap_or_default()
            );
        }
    }

    #[test]
    fn listening_everywhere_is_reached_over_loopback() {
        assert_eq!(base_url("0.0.0.0:3999".parse().unwrap()), "http://127.0.0.1:3999");
        assert_eq!(base_url("127.0.0.1:81".parse().unwrap()), "http://127.0.0.1:81");
        assert_eq!(base_url("[::1]:81".parse().unwrap()), "http://[::1]:81");
    }
}
