//! The record covers what people read: whatever is changed in a row behind the desk's back is
//! named, and nothing else is.

use crate::{on_both, support::*};
use casework::{
    Db, Error, checks, connections,
    customers::{self, Confirmed},
    journal::{self, Actor, Difference, Record, parts},
    store::Conn,
};
use domain::{
    CheckId, checks::State, decisions::Outcome, findings::Judgement, launch::DueDiligenceForm,
    people::Role, who::Relation,
};
use sqlx::AssertSqlSafe;
use std::collections::BTreeSet;
use zeroize::Zeroizing;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 1).expect("64 bits") % below
    }
}

/// A desk with decisions, judgements, notes, comments, a changed role, a draft that is gone, and an
/// erased customer.
async fn fill(desk: &Desk) {
    let accepted = desk.reviewed("Ana Popović").await;
    desk.decide(&desk.anna, &accepted, Outcome::Accept).await;
    let judged = desk.reviewed("Chen Wei-Ming").await;
    for finding in desk.review(&judged).await.findings {
        let finding = finding.id.as_str().into();
        casework::checks::judge(
            &desk.work,
            &by(&desk.anna),
            &judged,
            &finding,
            Judgement::Relevant,
            "a note",
        )
        .await
        .expect("judges");
    }
    casework::checks::comment(&desk.work, &by(&desk.ben), &judged, "Have a look at this.")
        .await
        .expect("comments");
    let erased = desk.reviewed("Test Callback Duplicate").await;
    desk.decide(&desk.ben, &erased, Outcome::Reject).await;
    let customer = desk.check(&erased).await.customer_id;
    casework::customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    // Two references that somebody linked, and one whose data was said to have changed.
    let (maria, first) = (desk.form("Maria Silva"), desk.form("Jan Novák"));
    desk.launch_form(&maria).await;
    desk.launch_form(&first).await;
    let changed = DueDiligenceForm { name: "Jan Lindqvist".into(), ..first.clone() };
    let id = CheckId::from(casework::new_id());
    checks::launch(
        &desk.work,
        &desk.anna,
        &by(&desk.anna),
        &id,
        &changed,
        Confirmed::everything(),
        None,
    )
    .await
    .expect("launches");
    let pair = (maria.customer_reference.as_str(), first.customer_reference.as_str());
    customers::relate(
        &desk.work,
        &desk.ben,
        &by(&desk.ben),
        pair,
        Relation::Same,
        "Same passport.",
    )
    .await
    .expect("links");
    desk.work.views.flush().await;
}

async fn verified(db: &Db) -> Record {
    journal::verify_record(db, None, None).await.expect("reads")
}

async fn differs(db: &Db) -> Difference {
    match verified(db).await {
        Record::Differs(differs) => differs,
        holds @ Record::Holds { .. } => panic!("{holds:?}"),
    }
}

async fn assert_holds(db: &Db) {
    let found = verified(db).await;
    assert!(matches!(found, Record::Holds { rows, .. } if rows > 20), "{found:?}");
}

/// What somebody with the file in their hands would do first; on PostgreSQL it is said in each
/// transaction.
async fn without_guards(db: &Db) {
    let Db::Sqlite { writer, .. } = db else { return };
    for pragma in ["PRAGMA foreign_keys = OFF", "PRAGMA synchronous = OFF"] {
        writer.alone(async |line| sqlx::query(pragma).execute(line).await).await.expect("a pragma");
    }
    for trigger in texts(db, "SELECT name FROM sqlite_master WHERE type = 'trigger'").await {
        run_sql(db, &format!("DROP TRIGGER {trigger}")).await.expect("drops");
    }
}

/// Changes something in a transaction that never ends; gives what a verification in it finds.
async fn tried(db: &Db, statement: &str) -> Record {
    let mut tx = db.begin().await.expect("begins");
    let text = AssertSqlSafe(statement.to_owned());
    let changed = match tx.conn() {
        Conn::Sqlite(mut line) => {
            sqlx::query(text).execute(&mut *line).await.map(|done| done.rows_affected())
        }
        Conn::Postgres(mut line) => {
            sqlx::query("SET LOCAL session_replication_role = replica")
                .execute(&mut *line)
                .await
                .expect("is a superuser");
            sqlx::query(text).execute(&mut *line).await.map(|done| done.rows_affected())
        }
    };
    assert_eq!(changed.unwrap_or_else(|e| panic!("{statement}: {e}")), 1, "{statement}");
    journal::verify_on(&mut tx.conn(), None, None, None).await.expect("reads")
}

/// A table, what names a row of it as the record does, and columns with another value for each.
type Target = (&'static str, &'static str, Vec<(&'static str, String)>);

/// What may be changed by hand.
fn targets(postgres: bool) -> Vec<Target> {
    let bytes = |n: u8| {
        if postgres {
            format!("'\\x{}'::bytea", hex::encode([n; 32]))
        } else {
            format!("x'{}'", hex::encode([n; 32]))
        }
    };
    let texts = |columns: &[&'static str]| {
        columns.iter().map(|c| (*c, format!("COALESCE({c}, '') || 'x'"))).collect::<Vec<_>>()
    };
    let numbers = |columns: &[&'static str]| {
        columns.iter().map(|c| (*c, format!("COALESCE({c}, 0) + 1"))).collect::<Vec<_>>()
    };
    vec![
        (
            "decisions",
            "id",
            [
                texts(&["reason", "comment", "evidence_hash"]),
                numbers(&["round", "decided_at_ms", "policy_version", "risk_score"]),
                vec![
                    ("seen_sealed", bytes(1)),
                    ("way", "CASE way WHEN 'page' THEN 'bulk' ELSE 'page' END".into()),
                ],
            ]
            .concat(),
        ),
        (
            "findings",
            "id",
            [
                texts(&[
                    "source",
                    "source_name",
                    "fingerprint",
                    "title",
                    "url",
                    "snippet",
                    "compared",
                    "facts",
                    "note",
                ]),
                numbers(&["position", "score", "judged_at_ms"]),
                vec![(
                    "judgement",
                    "CASE judgement WHEN 'relevant' THEN 'false_positive' ELSE 'relevant' END"
                        .into(),
                )],
            ]
            .concat(),
        ),
        (
            "checks",
            "id",
            [
                texts(&["request", "about"]),
                numbers(&["risk_score", "decided_at_ms", "outcome_at_ms", "launched_at_ms"]),
                vec![(
                    "state",
                    "CASE state WHEN 'accepted' THEN 'rejected' ELSE 'accepted' END".into(),
                )],
            ]
            .concat(),
        ),
        (
            "customers",
            "id",
            [texts(&["reference", "name", "birth_date", "country"]), numbers(&["created_at_ms"])]
                .concat(),
        ),
        ("evidence", "id", texts(&["source", "name", "content_type"])),
        ("comments", "id", texts(&["body"])),
        (
            "customer_links",
            "id",
            [
                texts(&["note"]),
                numbers(&["said_at_ms"]),
                vec![("relation", "CASE relation WHEN 'same' THEN 'other' ELSE 'same' END".into())],
            ]
            .concat(),
        ),
        (
            "customer_changes",
            "check_id",
            [texts(&["differences", "confirmed_by"]), numbers(&["confirmed_at_ms"])].concat(),
        ),
        ("policies", "CAST(version AS TEXT)", texts(&["rules", "note"])),
        (
            "policy_ends",
            "CAST(version AS TEXT)",
            vec![(
                "step",
                "CASE step WHEN 'confirmed' THEN 'withdrawn' ELSE 'confirmed' END".into(),
            )],
        ),
        (
            "policy_terms",
            "CAST(version AS TEXT)",
            [
                numbers(&["window_days"]),
                vec![("launcher_may_approve", "1 - launcher_may_approve".into())],
            ]
            .concat(),
        ),
        (
            "policy_floors",
            "CAST(version AS TEXT) || '/' || kind || '/' || outcome",
            [numbers(&["risk_from"]), vec![("unjudged", "1 - unjudged".into())]].concat(),
        ),
        (
            "people",
            "id",
            [
                texts(&["name", "role_given_by", "role_confirmed_by"]),
                vec![
                    ("role_alone", "1 - role_alone".into()),
                    ("once_second", "1 - once_second".into()),
                ],
                vec![("role", "CASE role WHEN 'admin' THEN 'supervisor' ELSE 'admin' END".into())],
                vec![("state", "'disabled'".into())],
            ]
            .concat(),
        ),
        (
            "connections",
            "id",
            [texts(&["base_url", "name", "options"]), vec![("callback_token_hash", "'x'".into())]]
                .concat(),
        ),
        (
            "credentials",
            "connection_id || '/' || name",
            vec![("hint", "'x'".into()), ("sealed", bytes(2))],
        ),
        (
            "journal",
            "CAST(seq AS TEXT)",
            [
                texts(&["actor", "action", "subject_id"]),
                numbers(&["at_ms"]),
                vec![("hash", bytes(3))],
            ]
            .concat(),
        ),
        (
            "journal_details",
            "CAST(seq AS TEXT)",
            [texts(&["details"]), vec![("salt", bytes(4)), ("sealed", bytes(5))]].concat(),
        ),
        (
            "erasures",
            "subject_id || '/' || customer_id || '/' || CAST(until_seq AS TEXT)",
            numbers(&["recorded_at_ms"]),
        ),
        (
            "commitments",
            "CAST(seq AS TEXT) || '/' || CAST(n AS TEXT)",
            vec![("mac", bytes(6)), ("row_id", "'x'".into())],
        ),
    ]
}

on_both!(s_34_each_of_a_thousand_changes_behind_the_desks_back_is_named_in_its_row, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    // Nothing of the desk's own goes on meanwhile.
    desk.settle("nothing is due", || async {
        number(db, "SELECT COUNT(*) FROM deliveries WHERE state IN ('due', 'unknown')").await == 0
    })
    .await;
    assert_holds(db).await;
    without_guards(db).await;
    let mut keys = Vec::new();
    for (table, key, _) in targets(db.is_postgres()) {
        keys.push(texts(db, &format!("SELECT {key} FROM {table} ORDER BY 1")).await);
    }
    assert!(keys.iter().all(|rows| !rows.is_empty()), "each table has rows");
    let (all, mut dice, mut seen) = (targets(db.is_postgres()), Dice(0x5eed_0fda), BTreeSet::new());
    for round in 0..1_000 {
        let at = dice.roll(all.len());
        let ((table, key, columns), rows) = (&all[at], &keys[at]);
        let row = &rows[dice.roll(rows.len())];
        let (column, value) = &columns[dice.roll(columns.len())];
        let (name, statement) = if dice.roll(5) == 0 {
            ("deleted", format!("DELETE FROM {table} WHERE {key} = '{row}'"))
        } else {
            (*column, format!("UPDATE {table} SET {column} = {value} WHERE {key} = '{row}'"))
        };
        // Somebody who is disabled already, and the like, is no change.
        let same = format!(
            "SELECT CAST(COUNT(*) AS BIGINT) FROM {table} WHERE {key} = '{row}' AND {column} = {value}"
        );
        if name != "deleted" && number(db, &same).await > 0 {
            continue;
        }
        match tried(db, &statement).await {
            Record::Differs(found) => {
                let told = (found.table.as_str(), found.row.as_str());
                let entry = row.split('/').next().unwrap_or_default();
                let is_named = match *table {
                    // A commitment belongs to its entry, and the row that it was of is unfounded
                    // without it.
                    "commitments" => {
                        told == ("commitments", entry)
                            || parts::PARTS.iter().any(|part| part.table == told.0)
                    }
                    // An entry that is gone is missing; what it names is unexplained.
                    "journal" => told == ("journal", entry) || told == ("journal_details", entry),
                    "journal_details" => told == ("journal_details", entry),
                    // Without their erasure, details are gone for no reason.
                    "erasures" => told == ("erasures", row.as_str()) || told.0 == "journal_details",
                    table => told == (table, row.as_str()),
                };
                assert!(is_named, "round {round}: {statement} is told as {found:?}");
                seen.insert(table);
            }
            holds => panic!("round {round}: {statement} is not found: {holds:?}"),
        }
    }
    assert_eq!(seen.len(), all.len());
    assert_holds(db).await;
});

on_both!(s_34_rewritten_decisions_judgements_and_scores_and_a_false_row_are_named, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    without_guards(db).await;
    for (table, statement) in [
        (
            "decisions",
            "UPDATE decisions SET outcome = 'accept', comment = 'all is well' WHERE outcome = 'reject'",
        ),
        (
            "findings",
            "UPDATE findings SET judgement = 'false_positive' WHERE id = (SELECT MIN(id) FROM findings WHERE judgement = 'relevant')",
        ),
        (
            "checks",
            "UPDATE checks SET risk_score = risk_score - 1 WHERE id = (SELECT MIN(id) FROM checks WHERE state = 'to_review')",
        ),
        // Whom lists name, and whom the rule compares with whoever decides.
        ("customers", "UPDATE customers SET name = 'Somebody Else' WHERE name = 'Ana Popović'"),
        ("evidence", "DELETE FROM evidence WHERE id = (SELECT MIN(id) FROM evidence)"),
        (
            "comments",
            "INSERT INTO comments (id, check_id, author_id, body, written_at_ms) SELECT 'false', check_id, author_id, body, 1 FROM comments WHERE id = (SELECT MIN(id) FROM comments)",
        ),
    ] {
        let Record::Differs(found) = tried(db, statement).await else { panic!("{statement}") };
        assert_eq!(found.table, table, "{found:?}");
        assert_eq!(found.row == "false", table == "comments", "{found:?}");
    }
});

on_both!(s_34_a_picture_that_is_shown_as_another_is_named, |desk| async {
    let check = desk.upload("Ana Popović").await;
    let db = &desk.work.db;
    for statement in [
        "UPDATE pictures SET evidence_id = NULL WHERE slot = (SELECT MIN(slot) FROM pictures) AND origin = 'uploaded'",
        "DELETE FROM pictures WHERE slot = (SELECT MIN(slot) FROM pictures) AND origin = 'uploaded'",
    ] {
        let Record::Differs(found) = tried(db, statement).await else { panic!("{statement}") };
        assert!(found.table == "pictures" && found.row.starts_with(check.as_str()), "{found:?}");
    }
    assert!(matches!(verified(db).await, Record::Holds { .. }));
});

on_both!(s_34_what_an_inspection_found_is_not_rewritten, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    casework::inspection::inspect(&desk.work, &Actor::operator())
        .await
        .expect("inspects")
        .expect("alone");
    assert_holds(db).await;
    let id = texts(db, "SELECT id FROM inspections").await.remove(0);
    for statement in [
        "UPDATE inspections SET faults = faults + 1",
        "UPDATE inspections SET named = '[1]'",
        "DELETE FROM inspections",
    ] {
        let Record::Differs(found) = tried(db, statement).await else { panic!("{statement}") };
        assert_eq!((found.table.as_str(), found.row.as_str()), ("inspections_ended", id.as_str()));
    }
});

/// Who was erased.
const ERASED: &str =
    "SELECT MIN(id) FROM customers WHERE id NOT IN (SELECT customer_id FROM customer_keys)";

on_both!(s_34_details_vanish_with_an_erasure_and_not_else, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    assert!(run_sql(db, "DELETE FROM journal_details").await.is_err(), "the database refuses it");
    let ahead = "INSERT INTO erasures (subject_id, customer_id, until_seq, recorded_at_ms) SELECT MIN(id), MIN(id), 999999, 0 FROM customers";
    assert!(run_sql(db, ahead).await.is_err(), "nor is what is yet to come erased");
    // Neither somebody who is not erased, nor what is somebody else's or nobody's, in the name of
    // who is.
    for (of, customer) in [
        (
            "SELECT MIN(k.id) FROM checks k JOIN customer_keys y ON y.customer_id = k.customer_id",
            "SELECT MIN(customer_id) FROM customer_keys",
        ),
        (
            "SELECT MIN(k.id) FROM checks k JOIN customer_keys y ON y.customer_id = k.customer_id",
            ERASED,
        ),
        ("SELECT MIN(customer_id) FROM customer_keys", ERASED),
        ("SELECT MIN(subject_id) FROM journal WHERE subject = 'connection'", ERASED),
    ] {
        let statement = format!(
            "INSERT INTO erasures (subject_id, customer_id, until_seq, recorded_at_ms) VALUES (({of}), ({customer}), 1, 0)"
        );
        let refused = run_sql(db, &statement).await.expect_err(&statement).to_string();
        assert!(refused.contains("whose key is gone"), "{statement}: {refused}");
    }
    assert_holds(db).await;
    without_guards(db).await;
    let last = number(db, "SELECT MAX(seq) FROM journal_details").await;
    let Record::Differs(found) =
        tried(db, &format!("DELETE FROM journal_details WHERE seq = {last}")).await
    else {
        panic!("it is not found")
    };
    assert_eq!((found.table.as_str(), found.row), ("journal_details", last.to_string()));
    assert!(found.why.contains("no erasure names them"), "{}", found.why);
});

on_both!(s_34_a_change_that_others_follow_is_not_vouched_for_by_their_entries, |desk| async {
    let check = desk.reviewed("Test Callback Duplicate").await;
    let db = &desk.work.db;
    without_guards(db).await;
    run_sql(db, &format!("UPDATE checks SET risk_score = 1 WHERE id = '{check}'"))
        .await
        .expect("changes");
    // Whoever decides now, decides about a forged score; their entry is about state and decision.
    desk.decide(&desk.anna, &check, Outcome::Reject).await;
    assert_eq!(desk.check(&check).await.state, State::Rejected.code());
    let found = differs(db).await;
    assert_eq!((found.table.as_str(), found.row.as_str()), ("checks", check.as_str()));
    // Nor does an erasure hide it.
    let customer = desk.check(&check).await.customer_id;
    casework::customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    assert_eq!(differs(db).await.row, check.as_str());
});

on_both!(
    s_34_who_is_disabled_or_asked_about_again_is_not_vouched_for_as_who_they_are,
    |desk| async {
        let form = desk.form("Ana Popović");
        desk.launch_form(&form).await;
        let db = &desk.work.db;
        without_guards(db).await;
        if db.is_postgres() {
            run_sql(db, "ALTER TABLE people DISABLE TRIGGER USER").await.expect("disables");
        }
        let renamed = "UPDATE customers SET name = 'Ana Popovic' WHERE name = 'Ana Popović'";
        assert_eq!(run_sql(db, renamed).await.expect("changes"), 1);
        let id = CheckId::from(casework::new_id());
        checks::launch(
            &desk.work,
            &desk.anna,
            &by(&desk.anna),
            &id,
            &form,
            Confirmed::everything(),
            None,
        )
        .await
        .expect("launches");
        assert_eq!(differs(db).await.table, "customers");

        let back = "UPDATE customers SET name = 'Ana Popović' WHERE name = 'Ana Popovic'";
        assert_eq!(run_sql(db, back).await.expect("changes"), 1);
        run_sql(db, &format!("UPDATE people SET role = 'supervisor' WHERE id = '{}'", desk.ben.id))
            .await
            .expect("changes");
        casework::people::change(
            &desk.work,
            &by(&desk.adam),
            &desk.ben.id,
            Role::Supervisor,
            false,
        )
        .await
        .expect("disables");
        let found = differs(db).await;
        assert_eq!((found.table.as_str(), found.row.as_str()), ("people", desk.ben.id.as_str()));
    }
);

on_both!(s_34_the_next_change_of_what_was_forged_does_not_make_it_good, |desk| async {
    let (db, adam, id) = (&desk.work.db, by(&desk.adam), desk.connection.as_str());
    casework::people::change(&desk.work, &adam, &desk.ben.id, Role::Admin, true)
        .await
        .expect("changes");
    connections::set_deadline(&desk.work, &adam, &desk.connection, Some(800))
        .await
        .expect("what stands is changed");
    without_guards(db).await;
    if db.is_postgres() {
        run_sql(db, "ALTER TABLE people DISABLE TRIGGER USER").await.expect("disables");
    }
    // Where its callbacks come in is another part of the same row.
    let door = texts(db, &format!("SELECT callback_token_hash FROM connections WHERE id = '{id}'"))
        .await
        .remove(0);
    for (hash, stands) in [("forged", false), (door.as_str(), true)] {
        let set =
            format!("UPDATE connections SET callback_token_hash = '{hash}' WHERE id = '{id}'");
        run_sql(db, &set).await.expect("changes");
        let changed =
            connections::set_deadline(&desk.work, &adam, &desk.connection, Some(850)).await;
        assert_eq!(changed.is_ok(), stands, "{hash}: {changed:?}");
    }
    run_sql(
        db,
        &format!("UPDATE connections SET base_url = 'http://127.0.0.1:9' WHERE id = '{id}'"),
    )
    .await
    .expect("changes");
    let changed = connections::set_deadline(&desk.work, &adam, &desk.connection, Some(900)).await;
    assert!(
        matches!(&changed, Err(Error::PastRecord { table: "connections", row, .. }) if row == id),
        "{changed:?}"
    );
    // Nor does it get a new secret when its page is saved as it stands, which changes nothing else.
    let form = |secret: &str| connections::Form {
        name: "KryptoGO".into(),
        provider: "kryptogo".into(),
        base_url: "http://127.0.0.1:9".into(),
        search_settings: "1 = Precise, five years\n2 = Fuzzy, all years".into(),
        allow_private: true,
        secret: Zeroizing::new(secret.into()),
        ..connections::Form::default()
    };
    let hint = format!("SELECT hint FROM credentials WHERE connection_id = '{id}'");
    let before = texts(db, &hint).await;
    for typed in ["", "a-new-secret-0123456789"] {
        let saved =
            connections::change(&desk.work, &adam, &desk.connection, &form(typed), true).await;
        assert!(
            matches!(&saved, Err(Error::PastRecord { table: "connections", row, .. }) if row == id),
            "{typed}: {saved:?}"
        );
    }
    assert_eq!(texts(db, &hint).await, before, "the secret stays here");
    let found = differs(db).await;
    assert_eq!((found.table.as_str(), found.row.as_str()), ("connections", id));
    // Nor is a role confirmed that nobody gave.
    run_sql(db, &format!("UPDATE people SET role = 'supervisor' WHERE id = '{}'", desk.ben.id))
        .await
        .expect("changes");
    let given =
        casework::people::get(&desk.work, &desk.ben.id).await.expect("there").role_given_at_ms;
    let confirmed =
        casework::people::confirm(&desk.work, &by(&desk.sofia), &desk.ben.id, given).await;
    assert!(matches!(&confirmed, Err(Error::PastRecord { table: "people", .. })), "{confirmed:?}");
    // Nor does another role make good who is said to have been a second person.
    let anna = desk.anna.id.as_str();
    run_sql(db, &format!("UPDATE people SET once_second = 1 - once_second WHERE id = '{anna}'"))
        .await
        .expect("changes");
    let changed =
        casework::people::change(&desk.work, &adam, &desk.anna.id, Role::Supervisor, true).await;
    assert!(
        matches!(&changed, Err(Error::PastRecord { table: "people", row, .. }) if row == anna),
        "{changed:?}"
    );
    // Nor does anything go on from a row that no entry knows.
    let person = format!(
        "INSERT INTO people (id, account, name, role, state, password_hash, created_at_ms, role_given_by, role_given_at_ms, role_confirmed_by) \
         VALUES ('forged', 'forged', 'Forged', 'supervisor', 'active', 'x', 0, '{}', 1, NULL)",
        desk.adam.id
    );
    run_sql(db, &person).await.expect("inserts");
    let confirmed =
        casework::people::confirm(&desk.work, &by(&desk.sofia), &"forged".into(), 1).await;
    assert!(
        matches!(&confirmed, Err(Error::PastRecord { table: "people", row, .. }) if row == "forged"),
        "{confirmed:?}"
    );
    let columns = "provider, base_url, token_url, state, allow_private, options, callback_token_sealed, created_at_ms";
    let connection = format!(
        "INSERT INTO connections (id, name, callback_token_hash, {columns}) SELECT 'forged', 'Forged', 'forged', {columns} FROM connections WHERE id = '{id}'"
    );
    run_sql(db, &connection).await.expect("inserts");
    let changed = connections::set_deadline(&desk.work, &adam, &"forged".into(), Some(900)).await;
    assert!(
        matches!(&changed, Err(Error::PastRecord { table: "connections", row, .. }) if row == "forged"),
        "{changed:?}"
    );
});

on_both!(s_44_after_an_erasure_no_salt_of_what_was_erased_is_left, |desk| async {
    let check = desk.reviewed("Chen Wei-Ming").await;
    let db = &desk.work.db;
    let finding = desk.review(&check).await.findings.remove(0).id;
    let of = format!(
        "SELECT CAST(COUNT(*) AS BIGINT) FROM commitments WHERE part = 'findings.words' AND row_id = '{finding}' AND salt IS NOT NULL"
    );
    let before = number(db, &format!("SELECT MAX(seq) FROM commitments WHERE part = 'findings.words' AND row_id = '{finding}'")).await;
    assert_eq!(number(db, &of).await, 1);
    let customer = desk.check(&check).await.customer_id;
    casework::customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    assert_eq!(number(db, &of).await, 1, "of the row as it stands now");
    assert_eq!(number(db, &format!("{of} AND seq <= {before}")).await, 0);
    assert!(
        run_sql(db, "UPDATE commitments SET salt = NULL").await.is_err(),
        "the newest salt stays"
    );
    assert!(
        run_sql(db, "UPDATE commitments SET row_id = 'x'").await.is_err()
            && run_sql(db, "DELETE FROM commitments").await.is_err()
    );
    assert_holds(db).await;
});

on_both!(what_older_versions_wrote_is_taken_over_once_and_said_so, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    let rows = number(db, "SELECT COUNT(*) FROM comments").await;
    // As an older version would have left it, of comments.
    without_guards(db).await;
    if db.is_postgres() {
        run_sql(db, "ALTER TABLE commitments DISABLE TRIGGER USER").await.expect("disables");
        run_sql(db, "ALTER TABLE journal DISABLE TRIGGER USER").await.expect("disables");
    }
    assert_eq!(journal::take_over(db, 1).await.expect("reads"), 0, "nothing is due");
    run_sql(db, "DELETE FROM commitments WHERE part IN ('comments', 'comments.words')")
        .await
        .expect("deletes");
    assert!(!journal::is_taken_over(db).await.expect("reads"));
    let (sofia, last) = (by(&desk.sofia), number(db, "SELECT MAX(seq) FROM journal").await);
    casework::people::watch::looked(&desk.work, &sofia, last).await.expect("looks");
    assert_eq!(
        journal::take_over(db, 1).await.expect("takes over"),
        2 * usize::try_from(rows).expect("few")
    );
    assert_eq!(journal::take_over(db, 1).await.expect("reads"), 0, "once");
    assert_eq!(
        number(db, "SELECT COUNT(*) FROM journal WHERE action = 'rows_taken_over'").await,
        2,
        "the people of this test, and these"
    );
    let noticed = casework::people::watch::noticed(&desk.work, desk.sofia.id.as_str())
        .await
        .expect("reads")
        .rows;
    let noticed: Vec<_> = noticed.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(noticed, ["rows_taken_over"], "supervisors hear of it");
});

on_both!(s_34_rows_that_appear_later_are_not_taken_over_at_the_next_start, |desk| async {
    let db = &desk.work.db;
    without_guards(db).await;
    if db.is_postgres() {
        for table in ["details_gone", "journal_details"] {
            run_sql(db, &format!("ALTER TABLE {table} DISABLE TRIGGER USER"))
                .await
                .expect("disables");
        }
    }
    // There was no row of this table, and nothing was ever committed to of it.
    assert_eq!(number(db, "SELECT COUNT(*) FROM details_gone").await, 0);
    let last = number(db, "SELECT MAX(seq) FROM journal_details").await;
    run_sql(db, &format!("DELETE FROM journal_details WHERE seq = {last}")).await.expect("deletes");
    run_sql(db, &format!("INSERT INTO details_gone (seq) VALUES ({last})")).await.expect("inserts");
    // What each start does, and `probity journal verify` before it looks.
    assert_eq!(journal::take_over(db, 1).await.expect("reads"), 0);
    let found = differs(db).await;
    assert_eq!((found.table.as_str(), found.row), ("details_gone", last.to_string()));
});

on_both!(s_34_commitments_that_are_all_gone_are_no_older_version, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    without_guards(db).await;
    if db.is_postgres() {
        run_sql(db, "ALTER TABLE commitments DISABLE TRIGGER USER").await.expect("disables");
    }
    run_sql(db, "DELETE FROM commitments").await.expect("deletes");
    assert!(
        journal::covers_rows(db).await.expect("reads"),
        "a copy is held against more than its chain"
    );
    assert_eq!(differs(db).await.table, "commitments");
    // Nor does the next start make them good.
    journal::take_over(db, 1).await.expect("takes over");
    assert_eq!(differs(db).await.table, "commitments");
});

on_both!(s_34_a_row_without_an_id_is_found_too, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    without_guards(db).await;
    let statement = "INSERT INTO comments (id, check_id, author_id, body, written_at_ms) \
                     SELECT '', check_id, author_id, body, 1 FROM comments WHERE id = (SELECT MIN(id) FROM comments)";
    let Record::Differs(found) = tried(db, statement).await else { panic!("it is not found") };
    assert_eq!((found.table.as_str(), found.row.as_str()), ("comments", ""));
});

on_both!(a_verification_is_kept_with_its_time_and_person, |desk| async {
    fill(&desk).await;
    let db = &desk.work.db;
    assert_eq!(journal::latest(&desk.work).await.expect("reads"), None);
    journal::verify_and_keep(&desk.work, &by(&desk.sofia)).await.expect("verifies");
    let kept = journal::latest(&desk.work).await.expect("reads").expect("one");
    assert_eq!(
        (kept.by_name.as_deref(), kept.difference()),
        (Some(desk.sofia.name.as_str()), None)
    );
    assert!(kept.entries > 0 && kept.held > 0 && kept.head.len() == 64);
    for statement in ["UPDATE verifications SET by_id = 'x'", "DELETE FROM verifications"] {
        assert!(run_sql(db, statement).await.is_err(), "{statement}");
    }
    assert_holds(db).await;
    without_guards(db).await;
    let Record::Differs(found) = tried(db, "UPDATE verifications SET entries = 999999").await
    else {
        panic!("a forged one")
    };
    assert_eq!(found.table, "verifications");
    let record = Record::Differs(found);
    journal::keep(db, &Actor::operator(), &record, 7).await.expect("keeps");
    assert_eq!(
        number(db, "SELECT COUNT(*) FROM verifications WHERE place = 'verifications'").await,
        1
    );
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_table_and_column_is_covered_or_left_out_for_a_reason() {
    on_sqlite(|desk| async move {
        let db = &desk.work.db;
        let covered: BTreeSet<&str> = parts::PARTS.iter().map(|part| part.table).collect();
        for table in texts(db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").await {
            let is_left_out = parts::NOT_COVERED.iter().any(|(name, _)| *name == table);
            assert!(
                covered.contains(table.as_str()) != is_left_out,
                "the table {table} belongs into PARTS or NOT_COVERED (journal/parts.rs), and into one of them"
            );
            if is_left_out {
                continue;
            }
            for column in texts(db, &format!("SELECT name FROM pragma_table_info('{table}')")).await {
                let of_table = parts::PARTS.iter().filter(|part| part.table == table);
                let is_named =
                    of_table.clone().any(|part| part.columns.contains(&column.as_str()) || part.sealed.contains(&column.as_str()));
                let is_key = of_table.clone().any(|part| part.key.contains(&format!("r.{column}")));
                let is_left_out = parts::LEFT_OUT.iter().any(|(name, columns, _)| *name == table && columns.contains(&column.as_str()));
                assert!(
                    is_named || is_key || is_left_out,
                    "no commitment names {table}.{column}: give it a part of its own in journal/parts.rs, or leave it out for a reason"
                );
            }
        }
    })
    .await;
}
