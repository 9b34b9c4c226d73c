//! Carries decisions out: one function per action, its SQL, the provider clients, the workers.
//!
//! Four floors stand on a ground of database, seal, objects, journal and the providers' clients:
//! [`records`], [`services`], [`desk`], [`work`], each for those above it. Pages and commands reach
//! them by the names that are gathered here ([`checks`], [`customers`], [`outbox`], [`many`]).
//! Rules live in `domain`; what people see lives in `app`. Nothing here knows HTML, and all SQL of
//! the desk is here.

mod clock;
pub mod desk;
mod error;
pub mod journal;
pub mod objects;
mod phones;
pub mod providers;
pub mod records;
pub mod refused;
mod remembered;
mod seal;
pub mod services;
pub mod store;
mod wake;
pub mod work;

/// What pages and commands ask of checks, gathered from the floors.
pub mod checks {
    pub use crate::desk::{
        decide, decide_many, facts, memory, named, queue, review, reviewing::*, seen,
    };
    pub use crate::records::{
        checks::{Check, Comment, Evidence, Finding, evidence, get},
        viewed,
    };
    pub use crate::services::{
        due_diligence::{self, draft, launch, many, save_draft},
        launch::{Launched, OPEN_CHECK},
    };
}

/// What pages and commands ask of customers.
pub mod customers {
    pub use crate::desk::erase::{erase, erase_now};
    pub use crate::records::customers::*;
    pub use crate::services::marking::mark_again;
}

/// What is owed to providers, and the worker that keeps it.
pub mod outbox {
    pub use crate::records::promises::*;
    pub use crate::work::outbox::*;
}

/// Tables of many checks.
pub mod many {
    pub use crate::records::batches::{self as store, Batch, Progress};
    pub use crate::services::tables::*;
}

pub use desk::team;
pub use records::{connections, people, policies};
pub use services::{idv, video};
pub use work::{generate, inbox, inspection, resealing, webhooks, workers};

pub use clock::Clock;
pub use error::Error;
use remembered::Remembered;
pub use seal::{MasterKey, Opened, SealError, Sealer};
pub use store::Db;

use std::sync::Arc;
use tokio::sync::Notify;

/// How quickly workers act and how long they wait; tests and the demo shorten it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long an idle worker sleeps, in milliseconds; a promise made by this process wakes it at
    /// once.
    pub idle_ms: u64,
    /// First wait after a failed try; doubles up to `retry_max_ms`, with jitter.
    pub retry_base_ms: i64,
    pub retry_max_ms: i64,
    /// First wait between two reads of a running check; grows up to `poll_max_ms`.
    pub poll_base_ms: i64,
    pub poll_max_ms: i64,
    /// How long a worker may hold a delivery before another may take it over.
    pub lease_ms: i64,
    /// How long a callback is waited for that alone can tell whether something arrived.
    pub unfindable_ms: i64,
    /// Tries before a delivery is given up.
    pub attempts_max: i64,
    /// How long a form with pictures may take to come in: afterwards its place goes to others.
    pub upload_ms: u64,
    /// How long a stop waits for what workers have under way, in milliseconds; then they give back
    /// what has not left.
    pub stop_ms: u64,
    /// How long the counts on the queue's tabs may be shown before they are read anew, in
    /// milliseconds.
    pub counts_ms: i64,
    /// How long after its start an instance first looks whether the daily inspection is due, and
    /// then between two looks.
    pub inspect_ms: u64,
    /// The shortest rest of an inspection between two pages; it rests at least as long as it
    /// worked.
    pub rest_ms: u64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            idle_ms: 1_000,
            retry_base_ms: 2_000,
            retry_max_ms: 600_000,
            poll_base_ms: 2_000,
            poll_max_ms: 300_000,
            lease_ms: 120_000,
            unfindable_ms: 900_000,
            attempts_max: 10,
            upload_ms: 600_000,
            stop_ms: 7_000,
            counts_ms: 2_000,
            inspect_ms: 300_000,
            rest_ms: 5,
        }
    }
}

/// Everything an action needs; made once at start and shared.
pub struct Casework {
    pub db: Db,
    pub sealer: Sealer,
    pub clock: Clock,
    pub pace: Pace,
    /// Where providers reach us, without a trailing slash: `https://desk.example`.
    pub public_url: String,
    pub passwords: people::Passwords,
    /// Tries at passwords that each network has left.
    pub networks: people::Networks,
    /// The roles that need a second factor by the operator's setting; the policy in force may name
    /// more.
    pub factor_roles: people::factor::Required,
    pub views: journal::ViewRecorder,
    pub intake: inbox::Intake,
    /// Webhooks that were not believed, since the start.
    pub refusals: webhooks::Refusals,
    pub clients: providers::Clients,
    /// The private networks that connections may reach when they are allowed to.
    pub private: providers::Networks,
    /// Access tokens of operators, in memory only.
    pub tokens: Arc<providers::camara::Tokens>,
    /// Our access tokens at Solaris, in memory only.
    pub partner_tokens: Arc<providers::solaris::Tokens>,
    /// When connections that have a limit may send next.
    pub rates: outbox::Rates,
    /// Which providers are out of reach.
    pub breakers: outbox::Breakers,
    /// What stopped half-way, and how often.
    pub stumbles: outbox::Stumbles,
    /// Decodes pictures, one at a time.
    pub darkroom: idv::darkroom::Darkroom,
    /// Places for uploads on their way to a provider: each holds all its pictures in memory.
    pub uploads: tokio::sync::Semaphore,
    pub counts: checks::queue::Counts,
    /// Saved views of the queue, remembered for a moment.
    pub(crate) saved: Remembered<Arc<[team::View]>>,
    /// Wakes the inbox when something came in here.
    pub arrived: Notify,
    /// Connections by the hash of their address's token: each callback asks for one.
    pub(crate) doors: Remembered<Arc<connections::Connection>>,
    /// What webhooks of a connection are signed with, sealed.
    pub(crate) webhook_keys: webhooks::Keys,
    /// Where large files of evidence lie.
    pub objects: objects::Objects,
    /// Wakes the workers of all instances when a promise was made here.
    pub wake: wake::Wake,
}

/// A shared handle to the work.
pub type Work = Arc<Casework>;

impl Casework {
    /// Puts the pieces together over an opened database that holds everything.
    #[must_use]
    pub fn new(db: Db, sealer: Sealer, clock: Clock, pace: Pace, public_url: String) -> Work {
        Self::with_objects(db, sealer, clock, pace, public_url, objects::Objects::default())
    }

    /// The same, with a place for large files of evidence.
    #[must_use]
    pub fn with_objects(
        db: Db,
        sealer: Sealer,
        clock: Clock,
        pace: Pace,
        public_url: String,
        objects: objects::Objects,
    ) -> Work {
        Self::within(db, sealer, clock, pace, public_url, objects, providers::Networks::default())
    }

    /// The same, with private networks that connections may reach.
    #[must_use]
    pub fn within(
        db: Db,
        sealer: Sealer,
        clock: Clock,
        pace: Pace,
        public_url: String,
        objects: objects::Objects,
        private: providers::Networks,
    ) -> Work {
        let views = journal::ViewRecorder::start(db.clone());
        let intake = inbox::Intake::start(db.clone());
        let wake = wake::Wake::start(&db);
        Arc::new(Self {
            db,
            sealer,
            clock,
            pace,
            public_url,
            passwords: people::Passwords::default(),
            networks: people::Networks::default(),
            factor_roles: people::factor::Required::default(),
            views,
            intake,
            refusals: webhooks::Refusals::default(),
            clients: providers::Clients::default(),
            private,
            tokens: Arc::default(),
            partner_tokens: Arc::default(),
            rates: outbox::Rates::default(),
            breakers: outbox::Breakers::default(),
            stumbles: outbox::Stumbles::default(),
            darkroom: idv::darkroom::Darkroom::default(),
            uploads: tokio::sync::Semaphore::new(2),
            counts: checks::queue::Counts::default(),
            saved: Remembered::default(),
            arrived: Notify::new(),
            doors: Remembered::default(),
            webhook_keys: webhooks::Keys::default(),
            objects,
            wake,
        })
    }

    /// Writes what was taken in, then what was viewed, and closes the database.
    pub async fn close(&self) {
        self.intake.stop().await;
        self.views.stop().await;
        self.wake.stop();
        self.db.close().await;
    }

    #[must_use]
    pub fn now(&self) -> domain::Moment {
        self.clock.now()
    }
}

/// A new id that sorts by time.
#[must_use]
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Random bytes from the operating system.
#[must_use]
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without randomness nothing here is safe; the process must not go on.
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}

/// SHA-256 of all that can be read, in lower-case hexadecimal.
///
/// # Errors
/// The reader's.
pub fn sha256_of(mut from: impl std::io::Read) -> std::io::Result<String> {
    use sha2::{Digest, Sha256};
    let (mut digest, mut part) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match from.read(&mut part)? {
            0 => return Ok(hex::encode(digest.finalize())),
            read => digest.update(&part[..read]),
        }
    }
}

/// SHA-256 in lower-case hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    hex::encode(Sha256::digest(bytes))
}
