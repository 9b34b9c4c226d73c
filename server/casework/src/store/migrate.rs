//! Migrations: forward only, each in one transaction, never edited once merged.

use super::{Db, exec, row};
use crate::Error;

/// Number, SQLite text, PostgreSQL text.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (
        1,
        include_str!("../../../../migrations/sqlite/0001_first.sql"),
        include_str!("../../../../migrations/postgres/0001_first.sql"),
    ),
    (
        2,
        include_str!("../../../../migrations/sqlite/0002_id_verification.sql"),
        include_str!("../../../../migrations/postgres/0002_id_verification.sql"),
    ),
    (
        3,
        include_str!("../../../../migrations/sqlite/0003_video_identification.sql"),
        include_str!("../../../../migrations/postgres/0003_video_identification.sql"),
    ),
    (
        4,
        include_str!("../../../../migrations/sqlite/0004_team.sql"),
        include_str!("../../../../migrations/postgres/0004_team.sql"),
    ),
    (
        5,
        include_str!("../../../../migrations/sqlite/0005_batches.sql"),
        include_str!("../../../../migrations/postgres/0005_batches.sql"),
    ),
    (
        6,
        include_str!("../../../../migrations/sqlite/0006_objects.sql"),
        include_str!("../../../../migrations/postgres/0006_objects.sql"),
    ),
    (
        7,
        include_str!("../../../../migrations/sqlite/0007_inspections.sql"),
        include_str!("../../../../migrations/postgres/0007_inspections.sql"),
    ),
    (
        8,
        include_str!("../../../../migrations/sqlite/0008_arrivals.sql"),
        include_str!("../../../../migrations/postgres/0008_arrivals.sql"),
    ),
    (
        9,
        include_str!("../../../../migrations/sqlite/0009_callback_work.sql"),
        include_str!("../../../../migrations/postgres/0009_callback_work.sql"),
    ),
    (
        10,
        include_str!("../../../../migrations/sqlite/0010_callback_arrivals.sql"),
        include_str!("../../../../migrations/postgres/0010_callback_arrivals.sql"),
    ),
    (
        11,
        include_str!("../../../../migrations/sqlite/0011_nothing_to_try.sql"),
        include_str!("../../../../migrations/postgres/0011_nothing_to_try.sql"),
    ),
    (
        12,
        include_str!("../../../../migrations/sqlite/0012_sign_in_turns.sql"),
        include_str!("../../../../migrations/postgres/0012_sign_in_turns.sql"),
    ),
    (
        13,
        include_str!("../../../../migrations/sqlite/0013_causes.sql"),
        include_str!("../../../../migrations/postgres/0013_causes.sql"),
    ),
    (
        14,
        include_str!("../../../../migrations/sqlite/0014_search_folding.sql"),
        include_str!("../../../../migrations/postgres/0014_search_folding.sql"),
    ),
    (
        15,
        include_str!("../../../../migrations/sqlite/0015_video_lists.sql"),
        include_str!("../../../../migrations/postgres/0015_video_lists.sql"),
    ),
    (
        16,
        include_str!("../../../../migrations/sqlite/0016_who_it_is_about.sql"),
        include_str!("../../../../migrations/postgres/0016_who_it_is_about.sql"),
    ),
    (
        17,
        include_str!("../../../../migrations/sqlite/0017_policies.sql"),
        include_str!("../../../../migrations/postgres/0017_policies.sql"),
    ),
    (
        18,
        include_str!("../../../../migrations/sqlite/0018_how_decided.sql"),
        include_str!("../../../../migrations/postgres/0018_how_decided.sql"),
    ),
    (
        19,
        include_str!("../../../../migrations/sqlite/0019_commitments.sql"),
        include_str!("../../../../migrations/postgres/0019_commitments.sql"),
    ),
    (
        20,
        include_str!("../../../../migrations/sqlite/0020_people.sql"),
        include_str!("../../../../migrations/postgres/0020_people.sql"),
    ),
    (
        21,
        include_str!("../../../../migrations/sqlite/0021_second_factors.sql"),
        include_str!("../../../../migrations/postgres/0021_second_factors.sql"),
    ),
    (
        22,
        include_str!("../../../../migrations/sqlite/0022_one_rule.sql"),
        include_str!("../../../../migrations/postgres/0022_one_rule.sql"),
    ),
    (
        23,
        include_str!("../../../../migrations/sqlite/0023_what_came_last.sql"),
        include_str!("../../../../migrations/postgres/0023_what_came_last.sql"),
    ),
    (
        24,
        include_str!("../../../../migrations/sqlite/0024_services.sql"),
        include_str!("../../../../migrations/postgres/0024_services.sql"),
    ),
];

/// The newest schema that this program knows.
#[must_use]
pub fn newest() -> i64 {
    MIGRATIONS.last().map_or(0, |m| m.0)
}

/// Brings the schema up to date, or refuses one that is newer than this program.
pub(super) async fn run(db: &Db) -> Result<(), Error> {
    let current = current(db).await?;
    if current > newest() {
        return Err(Error::Start(format!(
            "The database has schema {current}, but this program knows schemas up to {}. Start the newer program; nothing was changed.",
            newest()
        )));
    }
    for (number, sqlite, postgres) in MIGRATIONS.iter().filter(|m| m.0 > current) {
        apply(db, *number, if db.is_postgres() { postgres } else { sqlite }).await?;
    }
    Ok(())
}

/// The schema's number; 0 for an empty database. Reads only.
pub(super) async fn current(db: &Db) -> Result<i64, Error> {
    let mut reader = db.read().await?;
    let mut conn = reader.conn();
    let exists = if db.is_postgres() {
        row!(
            &mut conn,
            (i64,),
            "SELECT CAST(COUNT(*) AS BIGINT) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'schema_versions'"
        )?
    } else {
        row!(
            &mut conn,
            (i64,),
            "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_versions'"
        )?
    };
    if exists.is_none_or(|(n,)| n == 0) {
        return Ok(0);
    }
    let newest = row!(
        &mut conn,
        (i64,),
        "SELECT CAST(COALESCE(MAX(number), 0) AS BIGINT) FROM schema_versions"
    )?;
    Ok(newest.map_or(0, |(n,)| n))
}

async fn apply(db: &Db, number: i64, text: &'static str) -> Result<(), Error> {
    let mut tx = db.begin().await?;
    {
        let mut conn = tx.conn();
        if db.is_postgres() {
            // Two instances that start together take turns; the second finds the work done.
            exec!(&mut conn, "SELECT pg_advisory_xact_lock(7203913)")?;
        }
        exec!(
            &mut conn,
            "CREATE TABLE IF NOT EXISTS schema_versions (number BIGINT NOT NULL PRIMARY KEY, applied_at_ms BIGINT NOT NULL)"
        )?;
        let done = row!(
            &mut conn,
            (i64,),
            "SELECT number FROM schema_versions WHERE number = $1",
            number
        )?;
        if done.is_none() {
            super::with_conn!(&mut conn, |c| sqlx::raw_sql(text).execute(c).await.map(|_| ()))?;
            exec!(
                &mut conn,
                "INSERT INTO schema_versions (number, applied_at_ms) VALUES ($1, $2)",
                number,
                crate::Clock::default().now()
            )?;
        }
    }
    tx.commit().await
}
