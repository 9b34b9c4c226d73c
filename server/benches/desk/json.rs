//! The other side of several rows: the same rows as plain JSON, by nothing but axum and sqlx.

use axum::{Json, Router, extract::State, routing::get, serve::ListenerExt};
use casework::store::{Sql, Value};
use serde::Serialize;
use sqlx::{PgPool, SqlitePool, postgres::PgPoolOptions, sqlite::SqlitePoolOptions};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// A row as it is read and sent.
#[derive(Serialize, sqlx_macros::FromRow)]
struct Row {
    id: String,
    kind: String,
    state: String,
    risk_score: i64,
    provider_state: Option<String>,
    progress: i64,
    telling: String,
    launched_at_ms: i64,
    due_from_ms: i64,
    due_at_ms: i64,
    claim_until_ms: i64,
    name: String,
    reference: String,
    assignee: Option<String>,
    claimed_by: Option<String>,
}

#[derive(Clone)]
enum Pool {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

#[derive(Clone)]
struct Shared {
    pool: Pool,
    sql: Arc<Sql>,
}

/// Serves `/rows` on a port of its own until `stop`.
pub async fn start(url: &str, sql: Sql, stop: CancellationToken) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let pool = if url.starts_with("postgres") {
        Pool::Postgres(PgPoolOptions::new().connect(url).await.expect("PostgreSQL answers"))
    } else {
        Pool::Sqlite(SqlitePoolOptions::new().connect(url).await.expect("the database opens"))
    };
    let router = Router::new()
        .route("/rows", get(rows))
        .with_state(Shared { pool: pool.clone(), sql: sql.into() });
    let listener = listener.tap_io(|stream| {
        stream.set_nodelay(true).ok();
    });
    let task = tokio::spawn(async move {
        axum::serve(listener, router)
            .with_graceful_shutdown(stop.cancelled_owned())
            .await
            .expect("serves");
        match pool {
            Pool::Sqlite(pool) => pool.close().await,
            Pool::Postgres(pool) => pool.close().await,
        }
    });
    (address, task)
}

/// The rows of a query with its values, from either pool.
macro_rules! all {
    ($pool:expr, $sql:expr) => {{
        let mut query = sqlx::query_as::<_, Row>(sqlx::AssertSqlSafe($sql.text.clone()));
        for value in &$sql.values {
            query = match value {
                Value::Text(text) => query.bind(text.clone()),
                Value::Int(number) => query.bind(*number),
                Value::Bytes(bytes) => query.bind(bytes.clone()),
                Value::Nothing => query.bind(Option::<String>::None),
            };
        }
        query.fetch_all($pool).await.expect("rows")
    }};
}

async fn rows(State(shared): State<Shared>) -> Json<Vec<Row>> {
    Json(match &shared.pool {
        Pool::Sqlite(pool) => all!(pool, shared.sql),
        Pool::Postgres(pool) => all!(pool, shared.sql),
    })
}

/// This program as nothing but such a server, for its memory: prints its address and serves until
/// it is killed.
pub async fn serve_alone(url: &str, person: &str) {
    let sql = casework::checks::queue::statement(
        &person.into(),
        &domain::queue::Filter::default(),
        &casework::customers::Sought::default(),
        &domain::queue::Page::First,
        casework::Clock::default().now(),
    );
    let (address, task) = start(url, sql, CancellationToken::new()).await;
    println!("{address}");
    task.await.expect("no panic");
}
