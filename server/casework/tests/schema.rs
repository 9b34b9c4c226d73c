//! The schema: the same on both databases, append-only where it must be, moved forward only.

use crate::{on_both, support::*};
use casework::{
    Db, Error,
    checks::decide::Act,
    store::{Reader, newest_schema},
};
use domain::{CheckId, checks::Kind, connections::Provider, decisions::Outcome};
use std::collections::{BTreeMap, BTreeSet};

/// Tables whose rows stay as they were written, with a column to change and a statement that writes
/// a row once more.
const APPEND_ONLY: [(&str, &str, &str); 11] = [
    ("decisions", "comment = 'x'", "id"),
    ("journal", "actor = 'x'", "seq"),
    ("evidence", "name = 'x'", "id"),
    ("callbacks", "event_id = 'x'", "id"),
    ("journal_details", "details = '{}'", "seq"),
    ("erasures", "recorded_at_ms = 1", "subject_id"),
    ("policies", "note = 'x'", "version"),
    ("policy_ends", "step = 'withdrawn'", "version"),
    ("resealing", "seq = 7", "id"),
    ("policy_terms", "launcher_may_approve = 1", "version"),
    ("policy_floors", "risk_from = 1000", "kind"),
];

/// A desk with at least one row in each append-only table.
async fn fill(desk: &Desk) {
    let check = desk.reviewed("Test Callback Duplicate").await;
    desk.decide(&desk.anna, &check, Outcome::Accept).await;
    desk.settle("a callback", || async { desk.callbacks_received() > 0 }).await;
    desk.sort_in().await;
    let erased = desk.check(&desk.launch("Ana Popović").await).await.customer_id;
    casework::customers::erase_now(&desk.work, &by(&desk.adam), &erased, "asked by the person")
        .await
        .expect("erases");
    for (table, ..) in APPEND_ONLY {
        assert!(
            number(&desk.work.db, &format!("SELECT COUNT(*) FROM {table}")).await > 0,
            "{table} has rows"
        );
    }
}

async fn dump(db: &Db, table: &str, key: &str) -> Vec<String> {
    let (hash, column) = match table {
        "journal" => ("hash", "actor"),
        "decisions" => ("comment", "reason"),
        "evidence" => ("name", "source"),
        "journal_details" => ("details", "details"),
        "erasures" => ("customer_id", "subject_id"),
        "policies" => ("note", "rules"),
        "policy_ends" => ("step", "step"),
        "resealing" => ("callback_id", "callback_id"),
        "policy_terms" => ("window_days", "launcher_may_approve"),
        "policy_floors" => ("outcome", "risk_from"),
        _ => ("event_id", "connection_id"),
    };
    let hash = if hash == "hash" {
        if db.is_postgres() { "encode(hash, 'hex')" } else { "hex(hash)" }
    } else {
        hash
    };
    texts(
        db,
        &format!("SELECT CAST({key} AS TEXT) || {hash} || {column} FROM {table} ORDER BY {key}"),
    )
    .await
}

on_both!(no_table_lists_the_services_or_providers_that_there_are, |desk| async {
    let db = &desk.work.db;
    let tables = if db.is_postgres() {
        "SELECT conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND connamespace = current_schema()::regnamespace"
    } else {
        "SELECT sql FROM sqlite_schema WHERE type = 'table' AND sql IS NOT NULL"
    };
    let tables = texts(db, tables).await;
    assert!(
        tables.iter().any(|text| text.contains("'confirmed'")),
        "what tables check is read: {tables:?}"
    );
    let codes = Kind::ALL
        .iter()
        .map(|kind| kind.code())
        .chain(Provider::ALL.iter().map(|provider| provider.code()));
    for code in codes {
        let named: Vec<_> =
            tables.iter().filter(|text| text.contains(&format!("'{code}'"))).collect();
        assert!(
            named.is_empty(),
            "a further service would rebuild a table that names {code}: {named:?}"
        );
    }
    let connection = desk.connection.as_str();
    let batch = format!(
        "INSERT INTO batches (id, kind, name, connection_id, made_by, made_at_ms, total, left_out) VALUES ('b', 'of a later version', '', '{connection}', '{}', 1, 1, 0)",
        desk.anna.id
    );
    run_sql(db, &batch).await.expect("a table of a service that came later is kept");
    if !db.is_postgres() {
        assert_eq!(texts(db, "PRAGMA integrity_check").await, ["ok"]);
    }
});

on_both!(what_was_recorded_can_be_neither_changed_nor_deleted_nor_replaced, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    for (table, change, key) in APPEND_ONLY {
        let before = dump(db, table, key).await;
        let column = change.split(' ').next().expect("a column");
        let again = format!(
            "INSERT INTO {table} SELECT * FROM {table} WHERE {key} = (SELECT MIN({key}) FROM {table})"
        );
        let mut attempts = vec![
            format!("UPDATE {table} SET {change}"),
            format!("UPDATE {table} SET {change} WHERE {key} = (SELECT MIN({key}) FROM {table})"),
            format!("DELETE FROM {table}"),
            format!("DELETE FROM {table} WHERE {key} = (SELECT MAX({key}) FROM {table})"),
            again.clone(),
            format!("{again} ON CONFLICT ({key}) DO UPDATE SET {column} = excluded.{column}"),
        ];
        if db.is_postgres() {
            attempts.push(format!("TRUNCATE {table} CASCADE"));
        } else {
            attempts.push(again.replace("INSERT INTO", "INSERT OR REPLACE INTO"));
            attempts.push(again.replace("INSERT INTO", "REPLACE INTO"));
            attempts.push(format!("UPDATE OR REPLACE {table} SET {change}"));
            attempts.push(format!("UPDATE OR IGNORE {table} SET {change}"));
        }
        for attempt in attempts {
            let refused = run_sql(db, &attempt).await.expect_err(&attempt).to_string();
            assert!(
                refused.contains("append-only") || refused.to_lowercase().contains("unique"),
                "{attempt}: {refused}"
            );
        }
        assert_eq!(dump(db, table, key).await, before, "{table}");
    }
    assert_journal_intact(&desk.work).await;
});

on_both!(s_33_details_go_with_an_erasure_that_is_recorded_and_not_else, |desk| async {
    let (kept, erased) = (desk.reviewed("Jan Novák").await, desk.reviewed("Ana Popović").await);
    let db = &desk.work.db;
    let of = |check: &CheckId| {
        format!(
            "journal_details WHERE seq IN (SELECT seq FROM journal WHERE subject_id = '{check}')"
        )
    };
    let count = async |check: &CheckId| {
        number(db, &format!("SELECT CAST(COUNT(*) AS BIGINT) FROM {}", of(check))).await
    };
    let customer = desk.check(&erased).await.customer_id;
    for check in [&kept, &erased] {
        assert!(count(check).await > 0);
        let refused = run_sql(db, &format!("DELETE FROM {}", of(check)))
            .await
            .expect_err("nothing is recorded")
            .to_string();
        assert!(refused.contains("append-only"), "{refused}");
    }
    casework::customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    assert!(count(&erased).await == 0 && count(&kept).await > 0);
    let recorded =
        texts(db, &format!("SELECT subject_id FROM erasures WHERE customer_id = '{customer}'"))
            .await;
    assert!(
        recorded.contains(&erased.to_string())
            && recorded.contains(&customer)
            && !recorded.contains(&kept.to_string()),
        "{recorded:?}"
    );
    assert!(
        run_sql(db, &format!("DELETE FROM {}", of(&kept))).await.is_err(),
        "of others as little as before"
    );
    desk.step(&desk.anna, &erased, Act::Withdraw, Outcome::Withdraw).await.expect("withdraws");
    assert!(count(&erased).await > 0);
    assert!(
        run_sql(db, &format!("DELETE FROM {}", of(&erased))).await.is_err(),
        "nor what was recorded since"
    );
    assert!(
        run_sql(db, "DELETE FROM erasures").await.is_err()
            && run_sql(db, "UPDATE erasures SET customer_id = customer_id").await.is_err()
    );
    assert_journal_intact(&desk.work).await;
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_33_a_connection_of_somebody_elses_replaces_nothing() {
    on_sqlite(|desk| async move {
        use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
        fill(&desk).await;
        let db = &desk.work.db;
        let connection =
            casework::connections::get(&desk.work, &desk.connection).await.expect("there");
        casework::inbox::receive(&desk.work, &connection, None, b"it waits", "r")
            .await
            .expect("taken");
        let file = desk.url.strip_prefix("sqlite:").expect("a path");
        let mut bare = SqliteConnection::connect_with(
            &SqliteConnectOptions::new().filename(file).foreign_keys(false),
        )
        .await
        .expect("opens");
        let (pragma,): (i64,) = sqlx::query_as("PRAGMA recursive_triggers")
            .fetch_one(&mut bare)
            .await
            .expect("a pragma");
        assert_eq!(pragma, 0, "as sqlite3 opens it");
        let tables = APPEND_ONLY.map(|(table, change, key)| (table, change, key));
        for (table, change, key) in
            tables.into_iter().chain([("callback_arrivals", "event_id = 'x'", "seq")])
        {
            let before = every_value(db).await;
            // As it is, with another value, under another key with the same in all that must be
            // there once, and moved.
            let columns =
                texts(db, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
            let other = |changed: &str, to: &str| {
                let picked: Vec<String> = columns
                    .iter()
                    .map(|c| if c == changed { format!("{to} AS {c}") } else { c.clone() })
                    .collect();
                format!("SELECT {} FROM {table}", picked.join(", "))
            };
            let lowest = format!("(SELECT MIN(seq) FROM {table})");
            let (column, value) = change.split_once(" = ").expect("a change");
            for attempt in [
                format!("INSERT OR REPLACE INTO {table} {}", other("", "")),
                format!("REPLACE INTO {table} {}", other(column, value)),
                format!(
                    "REPLACE INTO {table} {}",
                    other(
                        key,
                        if key == "seq" {
                            &lowest
                        } else if table == "resealing" {
                            "1"
                        } else {
                            "'another'"
                        }
                    )
                ),
                format!("UPDATE OR REPLACE {table} SET {change}"),
                format!("UPDATE OR REPLACE {table} SET {key} = {key}"),
                format!("DELETE FROM {table}"),
            ] {
                let tried =
                    sqlx::query(sqlx::AssertSqlSafe(attempt.clone())).execute(&mut bare).await;
                let is_new = table == "erasures" && attempt.contains("another");
                assert!(
                    is_new || !tried.as_ref().is_ok_and(|done| done.rows_affected() > 0),
                    "{attempt}: {tried:?}"
                );
            }
            let after: BTreeSet<_> = every_value(db).await.into_iter().collect();
            let lost: Vec<_> = before
                .iter()
                .filter(|value| !after.contains(value))
                .map(|(column, _)| column)
                .collect();
            assert_eq!(lost, Vec::<&String>::new(), "{table}");
        }
        bare.close().await.expect("closes");
        assert_journal_intact(&desk.work).await;
    })
    .await;
}

on_both!(what_came_in_stays_as_it_came_until_it_is_a_callback, |desk| async {
    let connection = casework::connections::get(&desk.work, &desk.connection).await.expect("there");
    casework::inbox::receive(&desk.work, &connection, None, b"{}", "r").await.expect("taken");
    let mut attempts =
        vec!["UPDATE callback_arrivals SET event_id = 'x'", "DELETE FROM callback_arrivals"];
    if desk.work.db.is_postgres() {
        attempts.push("TRUNCATE callback_arrivals");
    } else {
        attempts.push("INSERT OR REPLACE INTO callback_arrivals SELECT * FROM callback_arrivals");
    }
    for attempt in attempts {
        let refused = run_sql(&desk.work.db, attempt).await.expect_err(attempt).to_string();
        assert!(refused.contains("append-only"), "{attempt}: {refused}");
    }
    casework::inbox::work_off(&desk.work, 8).await.expect("sorts in");
    assert_eq!(
        number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callback_arrivals").await,
        0
    );
    assert_eq!(number(&desk.work.db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callbacks").await, 1);
});

async fn is_set_up_safely(connection: &mut sqlx::SqliteConnection) {
    for (pragma, wanted) in [
        ("recursive_triggers", "1"),
        ("foreign_keys", "1"),
        ("journal_mode", "wal"),
        ("synchronous", "2"),
        ("secure_delete", "1"),
    ] {
        let sql = format!("SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}");
        let (value,): (String,) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
            .fetch_one(&mut *connection)
            .await
            .expect("a pragma");
        assert_eq!(value, wanted, "{pragma}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_sqlite_connection_is_set_up_safely() {
    on_sqlite(|desk| async move {
        let Db::Sqlite { readers, warm, writer, .. } = &desk.work.db else {
            unreachable!("this is SQLite")
        };
        drop(warm.lock().expect("no panic").take());
        let mut all = Vec::new();
        for _ in 0..readers.options().get_max_connections() {
            all.push(readers.acquire().await.expect("a reader"));
        }
        assert_eq!(all.len(), 9);
        for reader in &mut all {
            is_set_up_safely(reader).await;
        }
        let looked = writer.alone(async |writer| {
            is_set_up_safely(writer).await;
            Ok(())
        });
        looked.await.expect("the writer");
    })
    .await;
}

#[tokio::test]
async fn the_linked_sqlite_does_not_lose_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let db =
        Db::open(&format!("sqlite:{}", folder.path().join("a.db").display())).await.expect("opens");
    let version = texts(&db, "SELECT sqlite_version()").await.remove(0);
    assert!(casework::store::check_sqlite_version(&version).is_ok(), "{version}");
    assert!(casework::store::check_sqlite_version("3.51.2").is_err());
}

/// Column by table and name: its kind in our words, and whether it may be null.
async fn columns(db: &Db) -> BTreeMap<String, (String, String)> {
    let listed = if db.is_postgres() {
        "SELECT table_name || '.' || column_name || '|' || data_type || '|' || is_nullable FROM information_schema.columns c \
         WHERE table_schema = current_schema() AND EXISTS (SELECT 1 FROM information_schema.tables t \
         WHERE t.table_schema = c.table_schema AND t.table_name = c.table_name AND t.table_type = 'BASE TABLE')"
    } else {
        "SELECT t.name || '.' || c.name || '|' || c.type || '|' || CASE c.\"notnull\" WHEN 1 THEN 'NO' ELSE 'YES' END \
         FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
    };
    let kind = |text: &str| match text.to_lowercase().as_str() {
        "text" => "text".to_owned(),
        "integer" | "bigint" => "integer".to_owned(),
        "blob" | "bytea" => "bytes".to_owned(),
        other => format!("unexpected {other}"),
    };
    let rows = texts(db, listed).await;
    rows.iter()
        .map(|row| {
            let parts: Vec<_> = row.split('|').collect();
            (parts[0].to_owned(), (kind(parts[1]), parts[2].to_owned()))
        })
        .collect()
}

async fn indexes(db: &Db) -> BTreeSet<String> {
    let listed = if db.is_postgres() {
        "SELECT indexname::text FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'"
    } else {
        "SELECT name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'"
    };
    texts(db, listed).await.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_schemas_have_the_same_columns_and_indexes() {
    with_both_empty(|sqlite, postgres| async move {
        let sqlite = Db::open(&sqlite).await.expect("SQLite");
        let postgres = Db::open(&postgres).await.expect("PostgreSQL");
        let (here, there) = (columns(&sqlite).await, columns(&postgres).await);
        assert!(here.len() > 100 && here.values().all(|(kind, _)| !kind.starts_with("unexpected")), "{here:?}");
        assert_eq!(here, there);
        assert_eq!(indexes(&sqlite).await, indexes(&postgres).await);
        let sorted = "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema() AND data_type = 'text' \
                      AND COALESCE(collation_name, '') <> 'C'";
        assert_eq!(number(&postgres, sorted).await, 0, "texts sort by their bytes on both");
        postgres.close().await;
    })
    .await;
}

on_both!(opening_again_and_together_changes_nothing, |desk| async {
    let before = (columns(&desk.work.db).await, indexes(&desk.work.db).await);
    let opened = futures::future::join_all((0..6).map(|_| Db::open(&desk.url))).await;
    for db in opened {
        db.expect("opens again").close().await;
    }
    assert_eq!((columns(&desk.work.db).await, indexes(&desk.work.db).await), before);
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM schema_versions").await,
        newest_schema()
    );
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_start_together_make_the_schema_once() {
    with_both_empty(|sqlite, postgres| async move {
        for url in [sqlite, postgres] {
            let opened = futures::future::join_all((0..6).map(|_| Db::open(&url))).await;
            for db in opened {
                let db = db.unwrap_or_else(|e| panic!("{url}: {e}"));
                assert_eq!(
                    number(&db, "SELECT COUNT(*) FROM schema_versions").await,
                    newest_schema()
                );
                db.close().await;
            }
        }
    })
    .await;
}

on_both!(a_newer_schema_is_refused_and_left_alone, |desk| async {
    let newer = newest_schema() + 1;
    run_sql(
        &desk.work.db,
        &format!("INSERT INTO schema_versions (number, applied_at_ms) VALUES ({newer}, 1)"),
    )
    .await
    .expect("inserts");
    let file = desk.url.strip_prefix("sqlite:").map(str::to_owned);
    if file.is_some() {
        // Closing folds the write-ahead log into the file, so that its bytes can be compared.
        desk.work.db.close().await;
    }
    let before = file.as_ref().map(|f| std::fs::read(f).expect("the file"));
    let Err(Error::Start(sentence)) = Db::open(&desk.url).await else {
        panic!("a newer schema was opened")
    };
    assert!(
        sentence.contains(&newer.to_string()) && sentence.contains("nothing was changed"),
        "{sentence}"
    );
    if let Some(file) = file {
        assert_eq!(Some(std::fs::read(&file).expect("the file")), before, "not a byte was written");
    } else {
        let versions = texts(
            &desk.work.db,
            "SELECT CAST(number AS TEXT) FROM schema_versions ORDER BY schema_versions.number",
        )
        .await;
        assert_eq!(versions, (1..=newer).map(|n| n.to_string()).collect::<Vec<_>>());
    }
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reader_that_was_kept_is_the_next_one_and_holds_up_no_end() {
    on_sqlite(|desk| async move {
        let db = &desk.work.db;
        let (mut kept, other) =
            (db.read().await.expect("a reader"), db.read().await.expect("another"));
        if let Reader::Sqlite(connection) = &mut kept {
            sqlx::query("CREATE TEMP TABLE mark (n INTEGER)")
                .execute(&mut **connection)
                .await
                .expect("a mark");
        }
        db.keep(kept);
        db.keep(other);
        let Reader::Sqlite(mut next) = db.read().await.expect("a reader") else {
            unreachable!("this is SQLite")
        };
        sqlx::query("SELECT n FROM mark")
            .fetch_all(&mut *next)
            .await
            .expect("the one that has the mark");
        db.keep(Reader::Sqlite(next));
        let closed = tokio::time::timeout(std::time::Duration::from_secs(5), db.close()).await;
        assert!(closed.is_ok(), "closing waits for the kept reader");
    })
    .await;
}
