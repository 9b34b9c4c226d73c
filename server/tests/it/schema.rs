//! PostgreSQL for tests of the whole program.

/// A place of its own on the PostgreSQL that tests may use; nothing when they are told to do
/// without.
pub struct Schema {
    server: String,
    name: String,
    pub url: String,
}

impl Schema {
    pub async fn make() -> Option<Self> {
        let Ok(server) = std::env::var("TEST_POSTGRES_URL") else {
            let skip = std::env::var("PROBITY_SKIP_POSTGRES").is_ok_and(|v| v == "1");
            assert!(
                skip,
                "No PostgreSQL to test with. Run: cargo xtask postgres -- cargo test -p server (or set PROBITY_SKIP_POSTGRES=1)"
            );
            return None;
        };
        let name = format!("t{}", casework::new_id().replace('-', ""));
        run_on(&server, format!("CREATE SCHEMA {name}")).await;
        let url = format!(
            "{server}{}options[search_path]={name}",
            if server.contains('?') { '&' } else { '?' }
        );
        Some(Self { server, name, url })
    }

    pub async fn drop(self) {
        run_on(&self.server, format!("DROP SCHEMA {} CASCADE", self.name)).await;
    }
}

async fn run_on(server: &str, statement: String) {
    use sqlx::Connection;
    let mut connection = sqlx::PgConnection::connect(server).await.expect("PostgreSQL answers");
    sqlx::query(sqlx::AssertSqlSafe(statement))
        .execute(&mut connection)
        .await
        .expect("the statement runs");
    connection.close().await.ok();
}
