//! Customers: found by what people type, through an index.

use crate::{on_both, support::*};
use casework::{
    Db, Work,
    checks::queue,
    customers::{self, Sought},
    store::{Sql, Tx, Value},
};
use domain::{
    launch::DueDiligenceForm,
    queue::{Filter, Page, Sort, Tab},
    time::NEVER,
};

const NAMES: [(&str, &str); 7] = [
    ("王又曾", "C-8801"),
    ("Jürgen Müller", "C-8802"),
    ("Müllerová Jana", "C-8803"),
    ("Søren Ødegård", "K/77-b"),
    ("Nguyễn Thị Ánh", "C-8804"),
    ("李 小龍", "C-8805"),
    ("Bo Li", "XY9"),
];

async fn launch_all(desk: &Desk) {
    for (name, reference) in NAMES {
        desk.launch_form(&DueDiligenceForm {
            customer_reference: reference.into(),
            ..desk.form(name)
        })
        .await;
    }
}

async fn names(work: &Work, text: &str) -> Vec<String> {
    let mut names: Vec<_> = customers::list(work, text, None)
        .await
        .expect("lists")
        .into_iter()
        .map(|c| c.name)
        .collect();
    names.sort();
    names
}

async fn queued(work: &Work, me: &domain::PersonId, text: &str) -> Vec<String> {
    let filter = Filter { tab: Some(Tab::All), text: text.into(), ..Filter::default() };
    let mut names: Vec<_> = queue::list(work, me, &filter, &Page::First)
        .await
        .expect("lists")
        .rows
        .into_iter()
        .map(|r| r.name)
        .collect();
    names.sort();
    names
}

on_both!(names_are_found_by_any_part_of_them, |desk| async {
    launch_all(&desk).await;
    for (text, found) in [
        ("又曾", &["王又曾"][..]),
        ("王又", &["王又曾"]),
        ("王", &["王又曾"]),
        ("muller", &["Jürgen Müller", "Müllerová Jana"]),
        ("MÜLLER jurgen", &["Jürgen Müller"]),
        ("mu ja", &["Müllerová Jana"]),
        ("li", &["Bo Li"]),
        ("小龍", &["李 小龍"]),
        ("odegard", &["Søren Ødegård"]),
        ("egår", &["Søren Ødegård"]),
        ("mueller", &["Jürgen Müller", "Müllerová Jana"]),
        ("曾", &["王又曾"]),
        ("%", &[]),
        ("_", &[]),
        ("'", &[]),
        ("nguyen anh", &["Nguyễn Thị Ánh"]),
        ("8802", &["Jürgen Müller"]),
        ("k/77", &["Søren Ødegård"]),
        ("xy9", &["Bo Li"]),
        ("曾又", &[]),
        ("muller bo", &[]),
        ("zzz", &[]),
        ("a'b\"c; DROP TABLE checks", &[]),
    ] {
        let mut wanted: Vec<_> = found.iter().map(ToString::to_string).collect();
        wanted.sort();
        assert_eq!(names(&desk.work, text).await, wanted, "customers by {text}");
        assert_eq!(queued(&desk.work, &desk.anna.id, text).await, wanted, "checks by {text}");
    }
});

on_both!(names_that_were_folded_by_older_rules_are_folded_again, |desk| async {
    let db = &desk.work.db;
    let first =
        DueDiligenceForm { customer_reference: "C-8".into(), ..desk.form("バンダ カギ") };
    desk.launch_form(&first).await;
    let second = DueDiligenceForm { name: "Keʻalohi Müller".into(), ..first.clone() };
    let id = domain::CheckId::from(casework::new_id());
    casework::checks::launch(
        &desk.work,
        &desk.anna,
        &by(&desk.anna),
        &id,
        &second,
        customers::Confirmed::everything(),
        None,
    )
    .await
    .expect("launches");
    let erased = desk.check(&desk.launch("Ana Popović").await).await.customer_id;
    casework::customers::erase_now(&desk.work, &by(&desk.adam), &erased, "asked by the person")
        .await
        .expect("erases");
    assert_eq!(
        customers::fold_again(db).await.expect("folds"),
        1,
        "a new desk has rules that it did not use yet"
    );
    let good = texts(
        db,
        "SELECT ending || customer_id FROM customer_endings ORDER BY ending, customer_id",
    )
    .await;
    assert_eq!(customers::fold_again(db).await.expect("folds"), 0, "once");
    // As the older rules left it: without the marks that make other letters of these.
    run_sql(db, "DELETE FROM customer_endings").await.expect("deletes");
    run_sql(db, "INSERT INTO customer_endings (ending, customer_id) SELECT 'ハンタ', id FROM customers WHERE reference = 'C-8'")
        .await
        .expect("inserts");
    run_sql(db, "UPDATE search_folding SET folding = 1").await.expect("updates");
    assert_eq!(
        names(&desk.work, "ハンタ").await,
        ["Keʻalohi Müller"],
        "who was called otherwise before"
    );
    assert_eq!(customers::fold_again(db).await.expect("folds"), 1);
    for (text, is_found) in [
        ("ハンタ", false),
        ("バンダ", true),
        ("kealohi", true),
        ("mueller", true),
        ("C-8", true),
        ("popovic", false),
    ] {
        assert_eq!(!names(&desk.work, text).await.is_empty(), is_found, "{text}");
    }
    assert!(
        texts(
            db,
            "SELECT ending || customer_id FROM customer_endings ORDER BY ending, customer_id"
        )
        .await
            == good
    );
});

on_both!(a_check_is_found_by_its_id_and_by_the_providers_number, |desk| async {
    launch_all(&desk).await;
    let check = desk.reviewed("Ana Popović").await;
    let number = desk.check(&check).await.provider_ref.expect("a task");
    for text in [check.to_string(), check.to_string().to_uppercase(), number] {
        assert_eq!(
            queued(&desk.work, &desk.anna.id, &format!(" {text} ")).await,
            ["Ana Popović"],
            "{text}"
        );
    }
    assert_eq!(
        queued(&desk.work, &desk.anna.id, "\0").await,
        Vec::<String>::new(),
        "what PostgreSQL cannot store finds nothing"
    );
});

async fn sought(work: &Work, text: &str) -> Sought {
    let mut reader = work.db.read().await.expect("a reader");
    Sought::by(&mut reader.conn(), text).await.expect("counts")
}

async fn plan(db: &Db, sql: &Sql) -> Vec<String> {
    let Db::Sqlite { readers, .. } = db else { unreachable!("this is SQLite") };
    let mut query = sqlx::query_as::<_, (i64, i64, i64, String)>(sqlx::AssertSqlSafe(format!(
        "EXPLAIN QUERY PLAN {}",
        sql.text
    )));
    for value in &sql.values {
        query = match value {
            Value::Text(text) => query.bind(text.clone()),
            Value::Int(int) => query.bind(*int),
            Value::Bytes(_) | Value::Nothing => unreachable!("a search has neither"),
        };
    }
    query.fetch_all(readers).await.expect("a plan").into_iter().map(|(.., step)| step).collect()
}

fn assert_no_table_scan(steps: &[String], what: &str) {
    for step in steps.iter().filter(|s| s.starts_with("SCAN")) {
        // A handful of connections, and what a subquery has found.
        let small = ["SCAN n", "SCAN f"].iter().any(|t| step.starts_with(t));
        // The first page of all checks begins at one end of an index and stops after its rows.
        let ordered = step.starts_with("SCAN k USING INDEX checks_all_by_");
        assert!(small || ordered, "{what}: {step}\n{}", steps.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_search_reads_a_range_of_the_primary_key_and_scans_no_table() {
    on_sqlite(|desk| async move {
        launch_all(&desk).await;
        for (tab, text) in [
            (Tab::All, "muller"),
            (Tab::ToReview, "mu ja"),
            (Tab::Mine, "又曾"),
            (Tab::Running, "8802"),
        ] {
            let filter = Filter { tab: Some(tab), text: text.into(), ..Filter::default() };
            let sought = sought(&desk.work, text).await;
            let steps = plan(
                &desk.work.db,
                &queue::statement(&desk.anna.id, &filter, &sought, &Page::First, desk.work.now()),
            )
            .await;
            assert!(
                steps.iter().any(|s| s.contains("e USING PRIMARY KEY (ending>? AND ending<?)")),
                "{steps:#?}"
            );
            // Found checks are looked up one by one; walking the whole queue to find them would
            // read millions.
            assert!(
                steps.iter().any(|s| s.starts_with("SEARCH k USING") && s.contains("(id=?)")),
                "{tab}: {steps:#?}"
            );
            assert_no_table_scan(&steps, text);
            let steps = plan(&desk.work.db, &customers::statement(&sought, None, 51)).await;
            assert!(
                steps.iter().any(|s| s.contains("e USING PRIMARY KEY (ending>? AND ending<?)")),
                "{steps:#?}"
            );
            assert!(
                steps.iter().any(|s| s.starts_with("SEARCH c USING") && s.contains("(id=?)")),
                "{steps:#?}"
            );
            assert_no_table_scan(&steps, text);
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_common_name_is_met_along_the_list_in_its_order() {
    on_sqlite(|desk| async move {
        let many = Sought::many("mu ja");
        for (tab, sort) in
            [(Tab::All, Sort::Newest), (Tab::ToReview, Sort::Due), (Tab::Proposed, Sort::Risk)]
        {
            let filter = Filter {
                tab: Some(tab),
                sort: Some(sort),
                text: "mu ja".into(),
                ..Filter::default()
            };
            let steps = plan(
                &desk.work.db,
                &queue::statement(&desk.anna.id, &filter, &many, &Page::First, desk.work.now()),
            )
            .await;
            assert!(steps[0].contains(" k USING INDEX checks_"), "{tab}: {steps:#?}");
            assert_along(&steps, tab.code());
        }
        let steps = plan(&desk.work.db, &customers::statement(&many, None, 51)).await;
        assert!(steps[0].contains(" c USING INDEX customers_by_age"), "{steps:#?}");
        assert_along(&steps, "customers");
    })
    .await;
}

/// Nothing is sorted, so that the walk ends with the page, and each step is one look-up.
fn assert_along(steps: &[String], what: &str) {
    assert!(!steps.iter().any(|s| s.contains("TEMP B-TREE")), "{what}: {steps:#?}");
    assert!(
        steps.iter().any(|s| s.contains("USING COVERING INDEX customer_endings_by_customer (customer_id=? AND ending>? AND ending<?)")),
        "{what}: {steps:#?}"
    );
    assert!(!steps[1..].iter().any(|s| s.starts_with("SCAN")), "{what}: {steps:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_new_is_counted_from_what_arrived() {
    on_sqlite(|desk| async move {
        for (tab, text) in
            [(Tab::All, ""), (Tab::ToReview, ""), (Tab::Mine, ""), (Tab::ToReview, "mu ja")]
        {
            let filter = Filter { tab: Some(tab), text: text.into(), ..Filter::default() };
            let steps =
                plan(&desk.work.db, &queue::arrived(&desk.anna.id, &filter, 1, desk.work.now()))
                    .await;
            assert!(
                steps
                    .iter()
                    .any(|s| s.contains("checks USING INDEX checks_by_arrival (due_from_ms>?)")),
                "{tab}: {steps:#?}"
            );
            assert!(
                steps.iter().any(|s| s.starts_with("SEARCH k USING") && s.contains("(id=?)")),
                "{tab}: {steps:#?}"
            );
        }
    })
    .await;
}

/// More people of one name than are looked up; the first check of each tenth is proposed.
const NAMESAKES: i64 = 2_100;

async fn launch_namesakes(desk: &Desk) {
    // They are put in by hand, with nothing that was decided about them.
    without_triggers(&desk.work.db, "checks").await;
    let one = desk.launch("Somebody").await;
    let one = desk.check(&one).await;
    let now = desk.work.now();
    let numbers = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {NAMESAKES})"
    );
    for sql in [
        format!(
            "INSERT INTO customers (id, reference, subject, name, created_at_ms) {numbers} SELECT 'm' || i, 'M-' || i, 'person', 'Mohamed', {now} - i FROM n"
        ),
        format!(
            "INSERT INTO customer_endings (ending, customer_id) {numbers} SELECT 'mohamed', 'm' || i FROM n"
        ),
        format!(
            "INSERT INTO customer_endings (ending, customer_id) {numbers} SELECT 'ali', 'm' || i FROM n WHERE i % 700 = 0"
        ),
        format!(
            "INSERT INTO checks (id, kind, customer_id, connection_id, state, version, touched_at_ms, risk_score, progress, request, launched_at_ms, due_from_ms, due_at_ms, \
             claim_until_ms, telling, poll_at_ms, polls_failed, poll_fence) {numbers} SELECT 'k' || i, 'dd_kyc', 'm' || i, '{}', CASE WHEN i % 10 = 0 THEN 'proposed' ELSE 'accepted' END, \
             1, 0, i % 100, 0, '{{}}', {now} - i, {now} - i, {now} + i % 50, 0, 'none', {NEVER}, 0, 0 FROM n",
            one.connection_id
        ),
    ] {
        run_sql(&desk.work.db, &sql).await.expect("inserts");
    }
}

on_both!(all_of_a_common_name_are_found_in_the_order_asked_for, |desk| async {
    launch_namesakes(&desk).await;
    for (tab, text, count) in [
        (Tab::All, "mohamed", NAMESAKES),
        (Tab::Proposed, "moha", NAMESAKES / 10),
        (Tab::All, "ali mohamed", NAMESAKES / 700),
        (Tab::Mine, "mohamed", 0),
    ] {
        let filter = Filter {
            tab: Some(tab),
            sort: Some(Sort::Newest),
            text: text.into(),
            ..Filter::default()
        };
        let (mut shown, mut page) = (Vec::new(), Page::First);
        loop {
            let listed =
                queue::list(&desk.work, &desk.anna.id, &filter, &page).await.expect("lists");
            shown.extend(listed.rows);
            if !listed.has_after {
                break;
            }
            page = Page::After(shown.last().expect("a row").place(Sort::Newest));
        }
        assert_eq!(shown.len() as i64, count, "{tab} {text}");
        assert!(
            shown.windows(2).all(|w| w[0].launched_at_ms > w[1].launched_at_ms),
            "{tab} {text}: newest first"
        );
    }
    let newest = customers::list(&desk.work, "mohamed", None).await.expect("lists");
    assert_eq!(
        newest.iter().map(|c| c.id.as_str()).take(3).collect::<Vec<_>>(),
        ["m1", "m2", "m3"]
    );
    let filter = Filter { tab: Some(Tab::All), text: "k77".into(), ..Filter::default() };
    assert_eq!(
        queue::list(&desk.work, &desk.anna.id, &filter, &Page::First)
            .await
            .expect("lists")
            .rows
            .len(),
        1,
        "by its id"
    );
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_postgres_two_common_words_are_each_read_once() {
    on_postgres(|desk| async move {
        let one = desk.launch("Somebody").await;
        let customer = desk.check(&one).await.customer_id;
        let numbers = format!("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {NAMESAKES})");
        // The server looked when there was none of these words, and takes them for rare.
        let others = "INSERT INTO customer_endings (ending, customer_id) SELECT md5(CAST(i AS TEXT)), '";
        for sql in [format!("{others}{customer}' FROM generate_series(1, 20000) i"), "ANALYZE customer_endings".into()] {
            run_sql(&desk.work.db, &sql).await.expect("runs");
        }
        for word in ["logistik", "nguyen"] {
            for sql in [
                format!(
                    "INSERT INTO customers (id, reference, subject, name, created_at_ms) {numbers} SELECT '{word}' || i, '{word}' || i, 'person', '{word}', 1 FROM n"
                ),
                format!("INSERT INTO customer_endings (ending, customer_id) {numbers} SELECT '{word}', '{word}' || i FROM n"),
            ] {
                run_sql(&desk.work.db, &sql).await.expect("inserts");
            }
        }
        let both = format!("INSERT INTO customer_endings (ending, customer_id) VALUES ('logistik', '{customer}'), ('nguyen', '{customer}')");
        run_sql(&desk.work.db, &both).await.expect("inserts");
        let mut tx = desk.work.db.begin().await.expect("begins");
        Sought::by(&mut tx.conn(), "logistik nguyen").await.expect("reads");
        let Tx::Postgres(line, _) = &mut tx else { unreachable!("this is PostgreSQL") };
        // Other tests have a table of this name, too.
        let read = "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables \
                    WHERE relname = 'customer_endings' AND schemaname = current_schema()";
        let (read,): (i64,) = sqlx::query_as(read).fetch_one(&mut **line).await.expect("counts");
        assert!((NAMESAKES..4 * NAMESAKES).contains(&read), "{read} rows were read");
        drop(tx);
        assert_eq!(names(&desk.work, "logistik nguyen").await, ["Somebody"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_tab_or_sort_scans_or_sorts_the_queue() {
    on_sqlite(|desk| async move {
        use domain::queue::Place;
        for (tab, sorts) in [
            (Tab::ToReview, Sort::ALL),
            (Tab::Proposed, Sort::ALL),
            (Tab::All, Sort::ALL),
            (Tab::Mine, &[][..]),
        ] {
            for sort in sorts {
                let place = Place { key: 5, id: "x".into() };
                for page in [Page::First, Page::After(place.clone()), Page::Before(place)] {
                    let filter = Filter { tab: Some(tab), sort: Some(*sort), ..Filter::default() };
                    let steps = plan(
                        &desk.work.db,
                        &queue::statement(
                            &desk.anna.id,
                            &filter,
                            &Sought::default(),
                            &page,
                            desk.work.now(),
                        ),
                    )
                    .await;
                    assert!(
                        !steps.iter().any(|s| s.contains("TEMP B-TREE")),
                        "{tab} {sort} {page:?}: {steps:#?}"
                    );
                    assert!(
                        steps.iter().any(|s| s.contains(" k USING INDEX checks_")),
                        "{tab} {sort} {page:?}: {steps:#?}"
                    );
                    assert_no_table_scan(&steps, tab.code());
                }
            }
        }
    })
    .await;
}

on_both!(what_a_later_launch_knows_is_added_and_nothing_is_overwritten_in_silence, |desk| async {
    let first = DueDiligenceForm {
        customer_reference: "C-7".into(),
        birth_date: "1990-06-21".into(),
        ..desk.form("Anna Karina")
    };
    desk.launch_form(&first).await;
    let second = DueDiligenceForm {
        birth_date: "1980-01-01".into(),
        country: "FRA".into(),
        name: "Hanne Karin".into(),
        ..first.clone()
    };
    let id = domain::CheckId::from(casework::new_id());
    let launch = async |id: &domain::CheckId,
                        form: &DueDiligenceForm,
                        confirmed: customers::Confirmed| {
        casework::checks::launch(&desk.work, &desk.anna, &by(&desk.anna), id, form, confirmed, None)
            .await
    };
    let known = async || {
        let known = customers::get(&desk.work, "C-7").await.expect("there");
        (known.name, known.birth_date.unwrap_or_default(), known.country.unwrap_or_default())
    };
    let more =
        DueDiligenceForm { country: "FRA".into(), birth_date: String::new(), ..first.clone() };
    launch(&casework::new_id().into(), &more, true.into()).await.expect("launches");
    assert_eq!(
        known().await,
        ("Anna Karina".into(), "1990-06-21".into(), "FRA".into()),
        "what was not known is added"
    );
    assert!(form_of(launch(&id, &second, true.into()).await).error(customers::CHANGE).is_some());
    assert_eq!(
        known().await,
        ("Anna Karina".into(), "1990-06-21".into(), "FRA".into()),
        "nothing is taken in silence"
    );
    launch(&id, &second, customers::Confirmed::everything()).await.expect("launches");
    assert_eq!(
        known().await,
        ("Hanne Karin".into(), "1980-01-01".into(), "FRA".into()),
        "what was confirmed is"
    );
    assert_eq!(names(&desk.work, "hanne").await, ["Hanne Karin"]);
    let listed = customers::list(&desk.work, "karina", None)
        .await
        .expect("found by the other name too")
        .remove(0);
    assert_eq!((listed.checks, listed.open_checks), (3, 3));
});

on_both!(the_list_of_customers_is_paged_without_gaps, |desk| async {
    let one = desk.launch("Somebody").await;
    let customer = desk.check(&one).await.customer_id;
    for n in 0..120 {
        let sql = format!(
            "INSERT INTO customers (id, reference, subject, name, created_at_ms) VALUES ('x{n:03}', 'R{n}', 'person', 'N', {})",
            n / 10
        );
        run_sql(&desk.work.db, &sql).await.expect("inserts");
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let mut page = customers::list(&desk.work, "", before).await.expect("lists");
        let more = page.len() > 50;
        page.truncate(50);
        before = page.last().map(|c| (c.created_at_ms, c.id.clone()));
        seen.extend(page.into_iter().map(|c| c.id));
        if !more {
            break;
        }
    }
    let all: std::collections::BTreeSet<_> = seen.iter().cloned().collect();
    assert_eq!((seen.len(), all.len(), seen[0].clone()), (121, 121, customer));
});
