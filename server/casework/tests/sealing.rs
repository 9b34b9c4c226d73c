//! Sealed data: opens in its own row only, and cannot be read out of the file.

use crate::{on_both, support::*};
use casework::{
    Db, Error, SealError,
    checks::review,
    connections::{self, Form},
    refused,
};
use domain::{ConnectionId, checks::State, fields::Refused};
use std::path::Path;
use zeroize::Zeroizing;

async fn second_connection(desk: &Desk) -> ConnectionId {
    let form = Form {
        name: "Second account".into(),
        provider: "kryptogo".into(),
        base_url: "https://second.example".into(),
        search_settings: "1 = Precise".into(),
        secret: Zeroizing::new("the-second-secret-9f3a".into()),
        ..Form::default()
    };
    connections::add(&desk.work, &by(&desk.adam), &form).await.expect("a connection")
}

/// Exchanges the sealed values of two rows.
async fn swap(db: &Db, table: &str, column: &str, key: &str, a: &str, b: &str) {
    let sql = format!(
        "UPDATE {table} SET {column} = o.{column} FROM (SELECT {key} AS other, {column} FROM {table} WHERE {key} IN ('{a}', '{b}')) o \
         WHERE {key} IN ('{a}', '{b}') AND {key} <> o.other"
    );
    assert_eq!(run_sql(db, &sql).await.expect("swaps"), 2);
}

on_both!(swapped_credentials_do_not_open, |desk| async {
    let second = second_connection(&desk).await;
    let get = async |id: &ConnectionId| {
        let connection = connections::get(&desk.work, id).await.expect("there");
        connections::kryptogo_client(&desk.work, &connection).await.map(|_| ())
    };
    get(&desk.connection).await.expect("opens in its place");
    swap(
        &desk.work.db,
        "credentials",
        "sealed",
        "connection_id",
        desk.connection.as_str(),
        second.as_str(),
    )
    .await;
    for id in [&desk.connection, &second] {
        assert!(matches!(get(id).await, Err(Error::Seal(SealError::Damaged))), "{id}");
    }
});

on_both!(swapped_callback_tokens_do_not_open, |desk| async {
    let second = second_connection(&desk).await;
    swap(
        &desk.work.db,
        "connections",
        "callback_token_sealed",
        "id",
        desk.connection.as_str(),
        second.as_str(),
    )
    .await;
    let connection = connections::get(&desk.work, &second).await.expect("there");
    assert!(matches!(
        connections::callback_url(&desk.work, &connection, "c"),
        Err(Error::Seal(SealError::Damaged))
    ));
});

on_both!(swapped_evidence_does_not_open, |desk| async {
    let check = desk.reviewed("Ana Popović").await;
    let [summary, details] = &desk.review(&check).await.evidence[..] else { panic!("two bodies") };
    let open = async |id: &str| review::evidence_body(&desk.work, &check, id).await;
    assert!(
        open(&summary.id).await.expect("opens").intact
            && open(&details.id).await.expect("opens").intact
    );
    without_triggers(&desk.work.db, "evidence").await;
    swap(&desk.work.db, "evidence", "sealed", "id", &summary.id, &details.id).await;
    for id in [&summary.id, &details.id] {
        assert!(matches!(open(id).await, Err(Error::Seal(SealError::Damaged))));
    }
    swap(&desk.work.db, "evidence", "sealed", "id", &summary.id, &details.id).await;
    run_sql(&desk.work.db, &format!("UPDATE evidence SET name = 'x' WHERE id = '{}'", summary.id))
        .await
        .expect("changes");
    assert!(!open(&summary.id).await.expect("opens").intact, "another name than its bytes have");
});

on_both!(swapped_customer_keys_do_not_open_and_an_erased_key_closes_evidence, |desk| async {
    let (one, two) = (desk.reviewed("Ana Popović").await, desk.reviewed("Test Null Report").await);
    let customers = [desk.check(&one).await.customer_id, desk.check(&two).await.customer_id];
    let evidence = desk.review(&one).await.evidence.remove(0).id;
    swap(&desk.work.db, "customer_keys", "sealed", "customer_id", &customers[0], &customers[1])
        .await;
    assert!(matches!(
        review::evidence_body(&desk.work, &one, &evidence).await,
        Err(Error::Seal(SealError::Damaged))
    ));
    swap(&desk.work.db, "customer_keys", "sealed", "customer_id", &customers[0], &customers[1])
        .await;
    assert!(review::evidence_body(&desk.work, &one, &evidence).await.is_ok());
    run_sql(
        &desk.work.db,
        &format!("DELETE FROM customer_keys WHERE customer_id = '{}'", customers[0]),
    )
    .await
    .expect("erases");
    assert!(matches!(
        review::evidence_body(&desk.work, &one, &evidence).await,
        Err(Error::NotFound)
    ));
    let after = desk.review(&one).await;
    assert!(
        after.details.is_none() && after.summary.is_none() && after.evidence.len() == 2,
        "the page still opens"
    );
    assert_journal_intact(&desk.work).await;
});

on_both!(evidence_of_another_check_is_not_given_out, |desk| async {
    let (one, two) = (desk.reviewed("Ana Popović").await, desk.reviewed("Test Null Report").await);
    let evidence = desk.review(&one).await.evidence.remove(0).id;
    assert!(matches!(
        review::evidence_body(&desk.work, &two, &evidence).await,
        Err(Error::NotFound)
    ));
    for odd in ["", "%", "a\0b", "' OR 1=1 --"] {
        assert!(
            matches!(review::evidence_body(&desk.work, &one, odd).await, Err(Error::NotFound)),
            "{odd:?}"
        );
    }
});

fn holds(file: &Path, text: &str) -> bool {
    let bytes = std::fs::read(file).unwrap_or_default();
    bytes.windows(text.len()).any(|w| w == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_secrets_nor_evidence_can_be_read_in_the_file() {
    on_sqlite(|desk| async move {
        let check = desk.launch_form(&desk.form("Test Callback Duplicate")).await;
        desk.until_state(&check, State::ToReview).await;
        desk.settle("a callback", || async { desk.callbacks_received() > 0 }).await;
        second_connection(&desk).await;
        let typed = Refused::of([("comment", "canary of a refused form")]);
        refused::keep(&desk.work, desk.anna.id.as_str(), &typed).await.expect("keeps");
        let connection = connections::get(&desk.work, &desk.connection).await.expect("there");
        let callback_url = connections::callback_url(&desk.work, &connection, "c").expect("opens");
        let token = callback_url.split('/').rev().nth(1).expect("a token").to_owned();
        let details = desk.review(&check).await.details.expect("details");
        let said = details.summary_text.expect("the provider's words");
        assert!(said.len() > 40);

        let path = desk.url.strip_prefix("sqlite:").expect("a path").to_owned();
        let secrets = [
            "the-second-secret-9f3a",
            &token,
            "canary of a refused form",
            &desk.key.to_text(),
            PASSWORD,
        ];
        let evidence = [said.as_str(), "aml_summarization", "task_origin", "search_setting\":{"];
        let mut seen = false;
        for round in ["open", "folded", "backup"] {
            match round {
                "folded" => desk.work.db.close().await,
                "backup" => Db::open(&desk.url)
                    .await
                    .expect("opens")
                    .backup(Path::new(&format!("{path}.copy")))
                    .await
                    .expect("backs up"),
                _ => {}
            }
            for file in [path.clone(), format!("{path}-wal"), format!("{path}.copy")] {
                seen |= holds(Path::new(&file), "Test Callback Duplicate");
                for canary in secrets.iter().chain(&evidence) {
                    assert!(!holds(Path::new(&file), canary), "{round} {file} holds {canary}");
                }
            }
        }
        assert!(seen, "the search works: the customer's name is in the file");
    })
    .await;
}

on_both!(a_refused_form_comes_back_to_its_owner_for_an_hour, |desk| async {
    let typed = Refused::of([("name", "Zoë 👩‍👩‍👧 <script>"), ("comment", " two\r\nlines ")])
        .because("name", "Why.");
    let id = refused::keep(&desk.work, "anna", &typed).await.expect("keeps");
    assert_eq!(refused::find(&desk.work, "anna", &id).await.expect("reads"), Some(typed.clone()));
    assert_eq!(refused::find(&desk.work, "ben", &id).await.expect("reads"), None);
    desk.work.clock.advance(domain::time::HOUR + 1);
    assert_eq!(refused::find(&desk.work, "anna", &id).await.expect("reads"), None);
    refused::keep(&desk.work, "anna", &typed).await.expect("keeps");
    assert_eq!(
        number(&desk.work.db, "SELECT COUNT(*) FROM refused_forms").await,
        1,
        "old ones are removed"
    );
});

// Row 3: nothing of a stranger is kept, and of nobody more than there is room for.
on_both!(refused_forms_are_kept_of_people_and_a_few_of_each, |desk| async {
    let typed = |text: &str| Refused::of([("comment", text)]).because("comment", "Why.");
    assert!(refused::keep(&desk.work, "", &typed("x")).await.is_err());
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM refused_forms").await, 0);
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(refused::keep(&desk.work, "anna", &typed(&n.to_string())).await.expect("keeps"));
    }
    let bens = refused::keep(&desk.work, "ben", &typed("ben's")).await.expect("keeps");
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM refused_forms").await, 21);
    assert_eq!(refused::find(&desk.work, "anna", &ids[0]).await.expect("reads"), None);
    assert_eq!(
        refused::find(&desk.work, "anna", &ids[29]).await.expect("reads"),
        Some(typed("29"))
    );
    for _ in 0..10 {
        refused::keep(&desk.work, "anna", &typed(&"x".repeat(2 << 20))).await.expect("keeps");
    }
    let bytes = number(
        &desk.work.db,
        "SELECT CAST(SUM(LENGTH(sealed)) AS BIGINT) FROM refused_forms WHERE owner = 'anna'",
    )
    .await;
    assert!(bytes <= 8 << 20, "{bytes}");
    assert_eq!(
        refused::find(&desk.work, "ben", &bens).await.expect("reads"),
        Some(typed("ben's")),
        "nobody else pays for it"
    );
    desk.work.clock.advance(domain::time::HOUR + 1);
    refused::sweep(&desk.work).await.expect("sweeps");
    assert_eq!(number(&desk.work.db, "SELECT COUNT(*) FROM refused_forms").await, 0);
});

on_both!(a_secret_is_replaced_by_a_new_one_and_kept_by_an_empty_one, |desk| async {
    let form = |secret: &str| Form {
        name: "KryptoGO".into(),
        provider: "kryptogo".into(),
        base_url: format!("{}/kryptogo", desk.sandbox.base_url()),
        search_settings: "1 = Precise".into(),
        allow_private: true,
        secret: Zeroizing::new(secret.into()),
        ..Form::default()
    };
    let test = async || {
        connections::test(&desk.work, &by(&desk.adam), &desk.connection).await.expect("answers")
    };
    assert!(test().await.is_ok());
    connections::change(
        &desk.work,
        &by(&desk.adam),
        &desk.connection,
        &form("wrong-secret-0123456789"),
        true,
    )
    .await
    .expect("changes");
    assert!(test().await.expect_err("refused").contains("API token"));
    let known = connections::list(&desk.work).await.expect("lists").remove(0);
    assert_eq!((known.hint.as_str(), known.replaced_by.as_deref()), ("6789", Some("Adam Berg")));
    assert_eq!(known.options.deadline_ms, Some(400), "a change of the form keeps the deadline");
    connections::change(&desk.work, &by(&desk.adam), &desk.connection, &form(""), true)
        .await
        .expect("changes");
    assert!(test().await.is_err(), "an empty one keeps the stored one");
    connections::change(&desk.work, &by(&desk.adam), &desk.connection, &form(TOKEN), true)
        .await
        .expect("changes");
    assert!(test().await.is_ok());
    let journal = texts(&desk.work.db, "SELECT details FROM journal_details").await.join("\n");
    assert!(!journal.contains("wrong-secret"), "the journal holds no secret");
});
