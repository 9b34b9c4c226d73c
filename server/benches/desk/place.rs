//! A desk to measure: filled, served, and its database open to whoever wants to look past it.

use super::{
    http::{Http, PASSWORD},
    json, review,
    times::{PER_ROUND, ROUNDS},
};
use casework::{
    Clock, Pace, Work,
    checks::queue,
    customers::Sought,
    generate,
    journal::Actor,
    people::{self, NewPerson},
    store::Sql,
};
use domain::{
    CheckId, PersonId,
    people::Caller,
    queue::{Filter, Page},
};
use server::{Desk, config::Config};
use sqlx::Connection;
use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Instant,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

/// Where a database is.
#[derive(Clone)]
pub enum Store {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Store {
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(path) => format!("sqlite:{}", path.display()),
            Self::Postgres(url) => url.clone(),
        }
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// A database beside this one, for bare tables.
    pub fn beside(&self, name: &str) -> Self {
        match self {
            Self::Sqlite(path) => Self::Sqlite(path.with_file_name(format!("{name}.db"))),
            Self::Postgres(url) => Self::Postgres(url.clone()),
        }
    }
}

/// A desk that serves, and beside it the same rows as plain JSON.
pub struct Place {
    pub store: Store,
    pub checks: usize,
    pub address: SocketAddr,
    /// Where the same rows are served as JSON, by nothing but axum and sqlx.
    pub json: SocketAddr,
    pub work: Work,
    pub anna: Caller,
    pub folder: TempDir,
    /// ID verifications with pictures and about 30 entries in their timelines.
    pub reviews: Vec<review::Check>,
    /// Checks that wait for a decision and have nothing to judge, with their versions.
    pub decisions: Vec<(CheckId, i64)>,
    config: Config,
    stop: CancellationToken,
    served: Vec<JoinHandle<()>>,
}

/// Nobody answers at the generated connection's address: each decision is tried there once, as with
/// a provider that answers; trying all of them again and again would measure the pile and not the
/// decision.
fn pace() -> Pace {
    Pace { retry_base_ms: 3_600_000, retry_max_ms: 7_200_000, ..Pace::default() }
}

impl Place {
    /// Makes `count` checks in an SQLite file, or in a new database of this PostgreSQL.
    pub async fn make(
        server: Option<&str>,
        count: usize,
        with_reviews: bool,
        site: Option<&Path>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = match server {
            None => Store::Sqlite(folder.path().join("probity.db")),
            Some(server) => Store::Postgres(new_database(server).await),
        };
        copy_site(site, &folder.path().join("site"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let config = Config {
            data: Some(folder.path().into()),
            database_url: Some(store.url()),
            public_url: Some(format!("http://{address}")),
            site: Some(folder.path().join("site")),
            allowed_private: Some(vec!["127.0.0.0/8".into()]),
            // The flood comes from many places, as behind a proxy.
            trusted_proxies: Some("127.0.0.1".into()),
            ..Config::default()
        };
        let desk =
            Desk::open_with(&config, Clock::default(), pace()).await.expect("the desk opens");
        let work = desk.work.clone();
        let anna = add_anna(&work).await;
        let started = Instant::now();
        generate::fill(&work, std::slice::from_ref(&anna.id), count, 1, |_| ())
            .await
            .expect("filled");
        tidy(&store).await;
        println!(
            "{count} checks on {}, made in {:.1} s",
            store.name(),
            started.elapsed().as_secs_f64()
        );
        let stop = CancellationToken::new();
        let mut served = vec![serve(desk, listener, stop.clone())];
        let (json, task) = json::start(&store.url(), page_of(&anna.id), stop.clone()).await;
        served.push(task);
        let decisions = generate::to_review(&work, ROUNDS * PER_ROUND).await.expect("checks");
        let reviews = if with_reviews { review::make(&work, &anna).await } else { vec![] };
        Self {
            store,
            checks: count,
            address,
            json,
            work,
            anna,
            folder,
            reviews,
            decisions,
            config,
            stop,
            served,
        }
    }

    /// One more desk over the same database, in this process, whose counts are remembered for an
    /// hour.
    pub async fn without_counting(&mut self) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let pace = Pace { counts_ms: 3_600_000, ..pace() };
        let desk = Desk::open_with(&self.config, Clock::default(), pace)
            .await
            .expect("the desk opens once more");
        self.served.push(serve(desk, listener, self.stop.clone()));
        address
    }

    /// The statement behind the first page of the queue.
    pub fn page(&self) -> Sql {
        page_of(&self.anna.id)
    }

    pub fn signed_in(&self) -> Http {
        Http::signed_in(self.address)
    }

    /// Stops serving; the folder with the database is left to the caller.
    pub async fn close(self) -> TempDir {
        self.stop.cancel();
        for task in self.served {
            task.await.expect("no panic");
        }
        self.folder
    }
}

fn serve(desk: Desk, listener: TcpListener, stop: CancellationToken) -> JoinHandle<()> {
    tokio::spawn(async move { desk.serve(listener, stop).await.expect("an orderly end") })
}

fn page_of(me: &PersonId) -> Sql {
    queue::statement(
        me,
        &Filter::default(),
        &Sought::default(),
        &Page::First,
        Clock::default().now(),
    )
}

async fn add_anna(work: &Work) -> Caller {
    let new = NewPerson {
        account: "anna".into(),
        name: "Anna Berg".into(),
        role: "analyst".into(),
        password: Zeroizing::new(PASSWORD.into()),
    };
    let id = people::add(work, &Actor::operator(), &new).await.expect("a person");
    people::get(work, &id).await.and_then(|p| p.caller()).expect("anna")
}

/// A new database of this server; the server itself is thrown away by whoever started it.
async fn new_database(server: &str) -> String {
    let name = format!("bench_{}", casework::new_id().replace('-', ""));
    let mut connection = sqlx::PgConnection::connect(server).await.expect("PostgreSQL answers");
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&mut connection)
        .await
        .expect("a database");
    let mut url = url::Url::parse(server).expect("an address");
    url.set_path(&name);
    url.into()
}

/// What PostgreSQL does by itself within minutes of such a load: without it, it plans as for an
/// empty table.
async fn tidy(store: &Store) {
    if let Store::Postgres(url) = store {
        let mut connection = sqlx::PgConnection::connect(url).await.expect("PostgreSQL answers");
        sqlx::query("VACUUM ANALYZE").execute(&mut connection).await.expect("tidied");
    }
}

/// What browsers download, beside what a row adds there.
fn copy_site(from: Option<&Path>, to: &Path) {
    std::fs::create_dir_all(to.join("pkg")).expect("a folder");
    let Some(from) = from else { return };
    for folder in ["", "pkg"] {
        for entry in std::fs::read_dir(from.join(folder))
            .expect("the site")
            .flatten()
            .filter(|e| e.path().is_file())
        {
            std::fs::copy(entry.path(), to.join(folder).join(entry.file_name())).expect("copied");
        }
    }
}
