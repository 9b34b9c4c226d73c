//! A desk to test with: people, a database, the providers' stand-in, and a listener for its
//! callbacks.

mod actions;
mod history;
mod idv;
mod instant;
mod receiver;
mod solaris;
mod stub;
mod tables;
mod video;

pub use actions::*;
pub use history::*;
pub use idv::*;
pub use instant::*;
pub use solaris::*;
pub use stub::*;
pub use tables::*;
pub use video::*;

use casework::{
    Casework, Clock, Db, MasterKey, Pace, Sealer, Work, connections, journal::Actor, new_id,
    objects::Objects, providers::Networks,
};
use domain::{
    ConnectionId, PersonId,
    people::{Caller, Role},
};
use futures::FutureExt;
use sandbox::{Options, Sandbox, SolarisTimes};
use std::{future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// The password of everybody here.
pub const PASSWORD: &str = "seven blue otters hum";
/// What the stand-in takes as API token.
pub const TOKEN: &str = "sandbox";
/// The longest that a test waits for something that must happen.
pub const LONG: Duration = Duration::from_secs(60);

/// Makes a `sqlite` and a `postgres` test out of one body.
#[macro_export]
macro_rules! on_both {
    ($name:ident, |$desk:ident| async $body:block) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn body($desk: std::sync::Arc<$crate::support::Desk>) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                $crate::support::on_sqlite(body).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                $crate::support::on_postgres(body).await;
            }
        }
    };
}

/// Everything a test needs.
pub struct Desk {
    pub work: Work,
    pub key: MasterKey,
    /// The database's address, to open it once more.
    pub url: String,
    pub sandbox: Sandbox,
    pub connection: ConnectionId,
    pub anna: Caller,
    pub ben: Caller,
    pub sofia: Caller,
    pub adam: Caller,
    receiver: receiver::Receiver,
}

/// Where a test's database is; dropping the folder deletes it.
enum Home {
    Folder(TempDir),
    Schema { server: String, name: String },
}

pub async fn on_sqlite<F: Future<Output = ()>>(body: fn(Arc<Desk>) -> F) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite:{}", folder.path().join("desk.db").display());
    run(Home::Folder(folder), url, body).await;
}

pub async fn on_postgres<F: Future<Output = ()>>(body: fn(Arc<Desk>) -> F) {
    let Some((home, url)) = postgres_home().await else { return };
    run(home, url, body).await;
}

/// The server that tests may use; without one they fail, unless told otherwise.
fn postgres_server() -> Option<String> {
    if let Ok(server) = std::env::var("TEST_POSTGRES_URL") {
        return Some(server);
    }
    assert!(
        std::env::var("PROBITY_SKIP_POSTGRES").is_ok_and(|v| v == "1"),
        "No PostgreSQL to test with. Run: cargo xtask postgres -- cargo test -p casework (or set PROBITY_SKIP_POSTGRES=1 to do without)"
    );
    eprintln!("skipped: PROBITY_SKIP_POSTGRES=1");
    None
}

async fn postgres_home() -> Option<(Home, String)> {
    let server = postgres_server()?;
    let name = format!("t{}", new_id().replace('-', ""));
    run_on_server(&server, format!("CREATE SCHEMA {name}")).await;
    let url = format!(
        "{server}{}options[search_path]={name}",
        if server.contains('?') { '&' } else { '?' }
    );
    Some((Home::Schema { server, name }, url))
}

async fn run_on_server(server: &str, statement: String) {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(server).await.expect("PostgreSQL answers");
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .expect("the schema's statement runs");
    connection.close().await.ok();
}

async fn run<F: Future<Output = ()>>(home: Home, url: String, body: fn(Arc<Desk>) -> F) {
    let desk = Arc::new(Desk::open(url).await);
    // A failed assertion still leaves the place clean.
    let ended = AssertUnwindSafe(body(desk.clone())).catch_unwind().await;
    let closed = tokio::time::timeout(LONG, desk.work.close()).await;
    drop(desk);
    match home {
        Home::Folder(folder) => folder.close().expect("the folder goes away"),
        Home::Schema { server, name } => {
            run_on_server(&server, format!("DROP SCHEMA {name} CASCADE")).await
        }
    }
    if let Err(failed) = ended {
        std::panic::resume_unwind(failed);
    }
    closed.expect("the desk closes");
}

/// Runs something with an empty database on each side: SQLite's address, then PostgreSQL's.
pub async fn with_both_empty<F: Future<Output = ()>>(body: impl FnOnce(String, String) -> F) {
    let Some((home, postgres)) = postgres_home().await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let sqlite = format!("sqlite:{}", folder.path().join("desk.db").display());
    let ended = AssertUnwindSafe(body(sqlite, postgres)).catch_unwind().await;
    if let Home::Schema { server, name } = home {
        run_on_server(&server, format!("DROP SCHEMA {name} CASCADE")).await;
    }
    if let Err(failed) = ended {
        std::panic::resume_unwind(failed);
    }
}

/// A pace at which a test need not wait.
#[must_use]
pub fn pace() -> Pace {
    Pace {
        idle_ms: 10,
        retry_base_ms: 20,
        retry_max_ms: 200,
        poll_base_ms: 20,
        poll_max_ms: 200,
        lease_ms: 2_000,
        unfindable_ms: 1_500,
        attempts_max: 6,
        ..Pace::default()
    }
}

impl Desk {
    async fn open(url: String) -> Self {
        let receiver = receiver::Receiver::listen().await;
        let solaris = SolarisTimes {
            review_ms: 400,
            long_review_ms: 600,
            certificate_ms: 150,
            retry_ms: 20,
            ..SolarisTimes::default()
        };
        let options =
            Options { step_ms: 15, hang_ms: 1_500, late_ms: 400, solaris, ..Options::default() };
        let sandbox =
            Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the stand-in starts");
        let key = MasterKey::random();
        let db = Db::open(&url).await.expect("the database opens");
        let work = work_on(
            db,
            Sealer::new(key.clone(), vec![]),
            Clock::default(),
            pace(),
            receiver.url.clone(),
        );
        receiver.serve(work.clone());
        let [anna, ben, sofia, adam] = [
            ("anna", Role::Analyst),
            ("ben", Role::Analyst),
            ("sofia", Role::Supervisor),
            ("adam", Role::Admin),
        ]
        .map(person);
        for person in [&anna, &ben, &sofia, &adam] {
            add_person(&work, person).await;
        }
        // They were written past the record, as an older version's are.
        casework::journal::take_over(&work.db, work.now()).await.expect("takes over");
        let connection =
            connect(&work, &Actor::new(adam.id.as_str(), ""), &sandbox.base_url()).await;
        Self { work, key, url, sandbox, connection, anna, ben, sofia, adam, receiver }
    }

    /// The same desk once more, as another process would open it; the clock and the pace are its
    /// own.
    pub async fn another(&self, pace: Pace) -> Work {
        let db = Db::open(&self.url).await.expect("the database opens once more");
        work_on(
            db,
            Sealer::new(self.key.clone(), vec![]),
            Clock::default(),
            pace,
            self.receiver.url.clone(),
        )
    }

    /// How many callbacks came in over HTTP.
    pub fn callbacks_received(&self) -> usize {
        self.receiver.received()
    }
}

/// The work over an opened database, where the configuration names this machine: the stand-ins are
/// here.
pub fn work_on(db: Db, sealer: Sealer, clock: Clock, pace: Pace, public_url: String) -> Work {
    Casework::within(db, sealer, clock, pace, public_url, Objects::default(), Networks::loopback())
}

fn person((account, role): (&str, Role)) -> Caller {
    let name = format!("{}{} Berg", account[..1].to_uppercase(), &account[1..]);
    Caller { id: PersonId::from(new_id()), account: account.into(), name, role }
}

/// Adds a person with [`PASSWORD`], without the cost of hashing it again. No entry knows them
/// unless they are taken over, so that their role is neither changed nor confirmed.
pub async fn add_person(work: &Casework, person: &Caller) {
    static HASH: tokio::sync::OnceCell<String> = tokio::sync::OnceCell::const_new();
    let hash = HASH
        .get_or_init(|| async {
            casework::people::Passwords::default()
                .hash(Zeroizing::new(PASSWORD.into()))
                .await
                .expect("hashes")
        })
        .await;
    run_sql(
        &work.db,
        &format!(
            "INSERT INTO people (id, account, name, role, state, password_hash, created_at_ms) VALUES ('{}', '{}', '{}', '{}', 'active', '{hash}', 0)",
            person.id, person.account, person.name, person.role
        ),
    )
    .await
    .expect("a person is added");
}

async fn connect(work: &Work, actor: &Actor, sandbox: &str) -> ConnectionId {
    let form = connections::Form {
        name: "KryptoGO".into(),
        provider: "kryptogo".into(),
        base_url: format!("{sandbox}/kryptogo"),
        search_settings: "1 = Precise, five years\n2 = Fuzzy, all years".into(),
        allow_private: true,
        secret: Zeroizing::new(TOKEN.into()),
        ..connections::Form::default()
    };
    let id = connections::add(work, actor, &form).await.expect("a connection");
    connections::set_deadline(work, actor, &id, Some(400)).await.expect("a short deadline");
    id
}
