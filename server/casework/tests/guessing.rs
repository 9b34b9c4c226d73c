//! What the database tells without a key: nothing of a short text is found by trying (S-44), before
//! and after an erasure, and nothing of what older versions wrote.

use crate::{on_both, support::*};
use casework::{
    Error, MasterKey, Sealer, checks,
    checks::{decide, review},
    connections, customers, inbox,
    journal::{self, Actor, Verified},
    resealing, sha256_hex,
};
use domain::{
    CheckId,
    checks::State,
    decisions::Outcome,
    findings::Judgement,
    journal::{Action, Subject},
};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

const CPR: &str = "150609-3330";
const PID: &str = "9208-2002-2-577168596796";
/// Callbacks; no other ones have their lengths.
const MESSAGES: [&[u8]; 2] = [
    b"{\"task_id\":4711,\"says\":\"a length that no other message here has, one\"}",
    b"{\"task_id\":4712,\"says\":\"a length that no other message here has, two.\"}",
];

/// Checks with short questions, ready for review, and a callback.
async fn asked(desk: &Desk) -> Vec<CheckId> {
    let (zignsec, operator) = (desk.zignsec().await, desk.operator("camara", |_| {}).await);
    let all = vec![
        desk.ask(rofus_form(&zignsec, CPR)).await,
        desk.ask(pid_form(&zignsec, PID, CPR)).await,
        desk.ask(number_form(&operator, "+34629255833", &[("birthdate", "1978-08-22")])).await,
        desk.reviewed("Viktor Anatoljewitsch Sawenkow").await,
    ];
    for id in &all {
        desk.until_state(id, State::ToReview).await;
    }
    let connection = connections::get(&desk.work, &desk.connection).await.expect("there");
    inbox::receive(&desk.work, &connection, None, MESSAGES[0], "r").await.expect("taken");
    desk.sort_in().await;
    all
}

/// One more callback, which waits to be sorted in.
async fn one_waits(desk: &Desk) {
    let connection = connections::get(&desk.work, &desk.connection).await.expect("there");
    inbox::receive(&desk.work, &connection, None, MESSAGES[1], "r").await.expect("taken");
}

/// All bodies that were sealed, opened: what somebody would try.
async fn bodies(desk: &Desk, checks: &[CheckId]) -> Vec<Vec<u8>> {
    let mut all = MESSAGES.map(<[u8]>::to_vec).to_vec();
    for id in checks {
        for evidence in desk.review(id).await.evidence {
            let body = review::evidence_body(&desk.work, id, &evidence.id).await.expect("opens");
            assert!(
                body.intact
                    && body.sha256 == evidence.sha256
                    && body.bytes.len() as i64 == evidence.size,
                "{}",
                evidence.source
            );
            all.push(body.bytes);
        }
    }
    all
}

fn contains(value: &[u8], wanted: &[u8]) -> bool {
    value.windows(wanted.len()).any(|part| part == wanted)
}

/// Where in the database the hash of one of these stands, in hexadecimal or in bytes.
async fn found(desk: &Desk, bodies: &[Vec<u8>]) -> BTreeSet<String> {
    let mut wanted = Vec::new();
    for hash in bodies.iter().map(|body| sha256_hex(body)) {
        wanted.push(hex::decode(&hash).expect("hexadecimal"));
        wanted.push(hash.to_uppercase().into_bytes());
        wanted.push(hash.into_bytes());
    }
    let values = every_value(&desk.work.db).await;
    assert!(values.len() > 500, "the tables are read");
    let holds = |value: &Vec<u8>| wanted.iter().any(|wanted| contains(value, wanted));
    values.into_iter().filter(|(_, value)| holds(value)).map(|(column, _)| column).collect()
}

/// All runs of 64 hexadecimal digits, and all values of 32 bytes: whatever may be a SHA-256.
async fn may_be_hashes(desk: &Desk) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (_, value) in every_value(&desk.work.db).await {
        if value.len() == 32 {
            all.insert(hex::encode(&value));
        }
        for run in value.split(|byte| !byte.is_ascii_hexdigit()).filter(|run| run.len() >= 64) {
            all.extend(run.windows(64).map(|hash| String::from_utf8_lossy(hash).to_lowercase()));
        }
    }
    all
}

on_both!(s_44_nothing_that_was_asked_is_found_by_trying, |desk| async {
    let checks = asked(&desk).await;
    desk.decide(&desk.anna, &checks[3], Outcome::Reject).await;
    one_waits(&desk).await;
    let bodies = bodies(&desk, &checks).await;
    assert!(bodies.len() > 8);
    assert_eq!(found(&desk, &bodies).await, BTreeSet::new());
    // Whoever knows everything but the last four digits tries ten thousand.
    let question = bodies.iter().find(|body| contains(body, b"rofus")).expect("what was asked");
    let question = String::from_utf8(question.clone()).expect("text");
    let digits = CPR.replace('-', "");
    assert!(question.contains(&digits), "{question}");
    let hashes = may_be_hashes(&desk).await;
    assert!(hashes.len() > 20, "names and hashes of the journal are among them");
    for last in 0..10_000 {
        let tried = question.replace(&digits, &format!("{}{last:04}", &digits[..6]));
        assert!(!hashes.contains(&sha256_hex(tried.as_bytes())), "{last:04} was found");
    }
    // Not even their lengths say what was asked.
    let sizes = texts(&desk.work.db, "SELECT DISTINCT CAST(size AS TEXT) FROM evidence").await;
    assert_eq!(sizes, ["0"]);
    let lengths = texts(
        &desk.work.db,
        "SELECT DISTINCT CAST(length(sealed) AS TEXT) FROM evidence WHERE source = 'question'",
    )
    .await;
    assert_eq!(lengths.len(), 1, "three questions of three lengths look alike: {lengths:?}");

    for id in &checks {
        let customer = desk.check(id).await.customer_id;
        customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
            .await
            .expect("erases");
    }
    assert_eq!(found(&desk, &bodies).await, BTreeSet::new());
    assert_journal_intact(&desk.work).await;
});

on_both!(s_44_what_a_decision_saw_goes_with_its_customer, |desk| async {
    let check = desk.reviewed("Viktor Anatoljewitsch Sawenkow").await;
    for finding in desk.review(&check).await.findings {
        let id = finding.id.as_str().into();
        checks::judge(
            &desk.work,
            &by(&desk.anna),
            &check,
            &id,
            Judgement::Relevant,
            "canary of a note",
        )
        .await
        .expect("judges");
    }
    let review = desk.review(&check).await;
    let decided = desk.decide(&desk.anna, &check, Outcome::Reject).await;
    let decision = decide::get(&desk.work, &check, &decided.id).await.expect("there");
    let seen =
        decide::what_was_seen(&desk.work, &decision).await.expect("opens").expect("not erased");
    assert_eq!(seen.findings.len(), review.findings.len());
    assert!(
        !seen.findings.is_empty()
            && seen.findings.iter().all(|f| f.note.as_deref() == Some("canary of a note"))
    );
    let of_decisions = async || {
        let values = every_value(&desk.work.db).await;
        values
            .into_iter()
            .filter(|(column, _)| column.starts_with("decisions."))
            .map(|(_, value)| value)
            .collect::<Vec<_>>()
    };
    let traces: Vec<&str> = ["canary of a note"]
        .into_iter()
        .chain(review.findings.iter().map(|f| f.title.as_str()))
        .collect();
    for trace in &traces {
        assert!(
            !of_decisions().await.iter().any(|value| contains(value, trace.as_bytes())),
            "{trace} stands in clear in a decision"
        );
    }
    let customer = desk.check(&check).await.customer_id;
    customers::erase_now(&desk.work, &by(&desk.adam), &customer, "asked by the person")
        .await
        .expect("erases");
    assert_eq!(decide::what_was_seen(&desk.work, &decision).await.expect("reads"), None);
    for (column, value) in every_value(&desk.work.db).await {
        for trace in &traces {
            assert!(!contains(&value, trace.as_bytes()), "{column} still says {trace}");
        }
    }
    assert_journal_intact(&desk.work).await;
});

fn bytes_of(desk: &Desk, bytes: &[u8]) -> String {
    if desk.work.db.is_postgres() {
        format!("'\\x{}'::bytea", hex::encode(bytes))
    } else {
        format!("x'{}'", hex::encode(bytes))
    }
}

/// Puts the rows as older versions wrote them; gives the entry of the journal whose details hold a
/// hash.
async fn as_before(desk: &Desk, checks: &[CheckId], bodies: &[Vec<u8>]) -> i64 {
    let (db, sealer) = (&desk.work.db, Sealer::new(desk.key.clone(), vec![]));
    let mut statements =
        vec!["UPDATE resealing SET ended_at_ms = NULL, callback_id = '', seq = 0".to_owned()];
    for id in checks {
        let customer = desk.check(id).await.customer_id;
        for evidence in desk.review(id).await.evidence {
            let name =
                format!("name = '{}', size = {}, about = NULL", evidence.sha256, evidence.size);
            statements.push(format!("UPDATE evidence SET {name} WHERE id = '{}'", evidence.id));
            if evidence.source == "question" {
                let sealed = "SELECT SEALED FROM customer_keys WHERE customer_id".replace(
                    "SEALED",
                    if db.is_postgres() { "encode(sealed, 'hex')" } else { "hex(sealed)" },
                );
                let sealed =
                    hex::decode(texts(db, &format!("{sealed} = '{customer}'")).await.remove(0))
                        .expect("hexadecimal");
                let own =
                    Sealer::new(sealer.customer_key(&customer, &sealed).expect("opens"), vec![]);
                let body =
                    review::evidence_body(&desk.work, id, &evidence.id).await.expect("opens").bytes;
                let envelope = own.seal(&format!("evidence|sealed|{}", evidence.id), &body);
                statements.push(format!(
                    "UPDATE evidence SET sealed = {} WHERE id = '{}'",
                    bytes_of(desk, &envelope),
                    evidence.id
                ));
            }
        }
        for decision in desk.review(id).await.decisions {
            let seen = decide::what_was_seen(&desk.work, &decision)
                .await
                .expect("opens")
                .expect("not erased");
            let seen = serde_json::to_string(&seen).expect("JSON").replace('\'', "''");
            statements.push(format!(
                "UPDATE decisions SET seen = '{seen}', seen_sealed = NULL WHERE id = '{}'",
                decision.id
            ));
        }
    }
    for table in ["callbacks", "callback_arrivals"] {
        for body in &bodies[..2] {
            let is_it = format!("size = {}", body.len());
            statements.push(format!(
                "UPDATE {table} SET event_id = '{}' WHERE {is_it}",
                sha256_hex(body)
            ));
        }
    }
    let last = bodies.last().expect("one");
    let details = json!({ "evidence": "e", "sha256": sha256_hex(last), "size": last.len() });
    let entry =
        Actor::worker().entry(1, Action::EvidenceKept, Subject::Check, checks[0].as_str(), details);
    journal::record(db, &[entry]).await.expect("records");
    past_triggers(
        db,
        &["evidence", "decisions", "callbacks", "callback_arrivals", "resealing"],
        &statements,
    )
    .await;
    number(db, "SELECT MAX(seq) FROM journal").await
}

on_both!(s_44_what_older_versions_wrote_is_sealed_and_the_journal_stays_whole, |desk| async {
    let (checks, db) = (asked(&desk).await, &desk.work.db);
    desk.decide(&desk.anna, &checks[3], Outcome::Reject).await;
    let gone = desk.ask(rofus_form(&desk.zignsec().await, "150609-3330")).await;
    desk.until_state(&gone, State::ToReview).await;
    let all: Vec<CheckId> = checks.iter().cloned().chain([gone.clone()]).collect();
    one_waits(&desk).await;
    let bodies = bodies(&desk, &all).await;
    let before = desk.review(&checks[3]).await;
    let saw = decide::what_was_seen(&desk.work, &before.decisions[0])
        .await
        .expect("opens")
        .expect("not erased");
    assert!(
        saw.evidence
            .iter()
            .all(|seen| before.evidence.iter().any(|e| e.id == seen.id && e.sha256 == seen.sha256))
    );
    let entry = as_before(&desk, &all, &bodies).await;
    let of_old = BTreeSet::from(
        [
            "callback_arrivals.event_id",
            "callbacks.event_id",
            "decisions.seen",
            "evidence.name",
            "journal_details.details",
        ]
        .map(str::to_owned),
    );
    assert_eq!(found(&desk, &bodies).await, of_old, "it would show that anything is there");
    let Verified::Intact { entries, head, .. } = journal::verify(db, None).await.expect("reads")
    else {
        panic!("the chain is whole")
    };
    // Somebody was erased before: their key is gone.
    let customer = desk.check(&gone).await.customer_id;
    run_sql(db, &format!("DELETE FROM customer_keys WHERE customer_id = '{customer}'"))
        .await
        .expect("erases");

    let stranger = Sealer::new(MasterKey::random(), vec![]);
    let refused = resealing::run(db, &stranger, desk.work.now()).await;
    assert!(
        matches!(&refused, Err(Error::Start(words)) if words.contains("Configure that key")),
        "{refused:?}"
    );
    assert_eq!(found(&desk, &bodies).await, of_old, "without the key nothing was changed");

    // It is killed again and again, ever later, and goes on.
    let mut done = None;
    for ms in 0..2_000 {
        let run = resealing::run(db, &desk.work.sealer, desk.work.now());
        if let Ok(ended) = tokio::time::timeout(Duration::from_millis(ms), run).await {
            done = Some(ended.expect("seals"));
            break;
        }
    }
    done.expect("it comes to an end");
    assert_eq!(
        resealing::run(db, &desk.work.sealer, desk.work.now()).await.expect("reads"),
        None,
        "once"
    );
    assert_eq!(found(&desk, &bodies).await, BTreeSet::new());
    let lengths = texts(
        db,
        &format!("SELECT DISTINCT CAST(length(sealed) AS TEXT) FROM evidence WHERE source = 'question' AND check_id <> '{gone}'"),
    )
    .await;
    assert_eq!(lengths.len(), 1, "{lengths:?}");

    // Everything reads as before, and the chain is that of before.
    let after = desk.review(&checks[3]).await;
    for (before, after) in before.evidence.iter().zip(&after.evidence) {
        assert_eq!(
            (&before.id, &before.sha256, before.size),
            (&after.id, &after.sha256, after.size)
        );
        assert!(
            review::evidence_body(&desk.work, &checks[3], &after.id).await.expect("opens").intact
        );
    }
    let seen = decide::what_was_seen(&desk.work, &after.decisions[0])
        .await
        .expect("opens")
        .expect("not erased");
    assert!(!seen.evidence.is_empty());
    assert_eq!(
        serde_json::to_value(&seen).expect("JSON"),
        serde_json::to_value(&saw).expect("JSON")
    );
    let anchor = Some((entries, head));
    for verified in [
        journal::verify(db, anchor.clone()).await,
        journal::verify_with_key(&desk.work, anchor).await,
    ] {
        assert!(
            matches!(verified, Ok(Verified::Intact { entries: now, .. }) if now == entries + 1),
            "{verified:?}"
        );
    }
    let told = journal::timeline(&desk.work, checks[0].as_str()).await.expect("reads");
    let told =
        told.into_iter().find(|row| row.seq == entry).and_then(|row| row.details).expect("details");
    assert!(
        told.contains(&sha256_hex(bodies.last().expect("one"))),
        "who has the key reads what was recorded: {told}"
    );
    let erased = desk.review(&gone).await;
    assert!(erased.evidence.iter().all(|e| e.sha256.is_empty() && e.name == e.id));

    // What was received before is known.
    let connection = connections::get(&desk.work, &desk.connection).await.expect("there");
    desk.sort_in().await;
    let count = number(db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callbacks").await;
    for body in &bodies[..2] {
        inbox::receive(&desk.work, &connection, None, body, "r").await.expect("taken");
    }
    desk.sort_in().await;
    assert_eq!(number(db, "SELECT CAST(COUNT(*) AS BIGINT) FROM callbacks").await, count);

    // From now on nothing is rewritten.
    for attempt in [
        "UPDATE resealing SET ended_at_ms = NULL",
        "UPDATE evidence SET about = NULL",
        "UPDATE decisions SET seen_sealed = NULL",
        "UPDATE callbacks SET event_id = id",
        "UPDATE journal_details SET details = '', sealed = salt",
    ] {
        let refused = run_sql(db, attempt).await.expect_err(attempt).to_string();
        assert!(refused.contains("append-only"), "{attempt}: {refused}");
    }
    // Sealed details that were changed are named.
    let changed = format!(
        "UPDATE journal_details SET sealed = {} WHERE seq = {entry}",
        bytes_of(&desk, &[1; 80])
    );
    past_triggers(db, &["journal_details"], &[changed]).await;
    let verified = journal::verify_with_key(&desk.work, None).await.expect("reads");
    assert!(
        matches!(&verified, Verified::Broken { seq, why } if *seq == entry && why.contains("details")),
        "{verified:?}"
    );
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_44_the_files_of_a_database_keep_nothing_of_what_was_sealed() {
    on_sqlite(|desk| async move {
        let checks = asked(&desk).await;
        desk.decide(&desk.anna, &checks[3], Outcome::Reject).await;
        one_waits(&desk).await;
        let bodies = bodies(&desk, &checks).await;
        as_before(&desk, &checks, &bodies).await;
        let path = desk.url.strip_prefix("sqlite:").expect("a path").to_owned();
        let holds = || {
            let files = [path.clone(), format!("{path}-wal")]
                .map(|file| std::fs::read(file).unwrap_or_default());
            bodies
                .iter()
                .any(|body| files.iter().any(|file| contains(file, sha256_hex(body).as_bytes())))
        };
        assert!(holds(), "it would show that anything is there");
        resealing::run(&desk.work.db, &desk.work.sealer, desk.work.now())
            .await
            .expect("seals")
            .expect("it was due");
        assert!(!holds(), "neither the file nor its log");
    })
    .await;
}
