//! P-11 and P-32: the page of a check with pictures and a history, and what looking at evidence
//! costs beyond a file.
//!
//! The checks are real ones: launched with pictures at the providers' stand-in, whose outcome the
//! desk fetched.

use super::{
    bare::Bare,
    board::{Board, Goal},
    place::Place,
    times::{ROUNDS, median, times},
};
use casework::{
    Work,
    checks::{self, review::Review},
    connections, idv,
    idv::{Sent, pictures::Upload},
    journal::Actor,
    store::{Sql, Value},
};
use domain::{
    CheckId,
    checks::State,
    idv::{Form, Slot},
    people::Caller,
};
use sandbox::{Options, Sandbox};
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Each look is an entry of the check's timeline: with so many checks none is looked at often.
const CHECKS: usize = 12;
const COMMENTS: usize = 16;
const PER_ROUND: usize = 40;
/// For all outcomes and their pictures to arrive.
const PATIENCE: Duration = Duration::from_secs(60);

/// A check with what its page's statements ask for.
pub struct Check {
    id: String,
    customer: String,
    connection: String,
    person: String,
    evidence: String,
}

/// Launches, waits for the outcomes, and comments.
pub async fn make(work: &Work, anna: &Caller) -> Vec<Check> {
    let options = Options { step_ms: 20, ..Options::default() };
    let sandbox =
        Sandbox::start(([127, 0, 0, 1], 0).into(), options).await.expect("the stand-in starts");
    let form = connections::Form {
        name: "Stand-in".into(),
        provider: "kryptogo".into(),
        base_url: format!("{}/kryptogo", sandbox.base_url()),
        search_settings: "1 = Precise".into(),
        allow_private: true,
        secret: Zeroizing::new("sandbox".into()),
        ..connections::Form::default()
    };
    let connection =
        connections::add(work, &Actor::operator(), &form).await.expect("a connection").to_string();
    let (actor, uploads, mut made) = (Actor::new(anna.id.as_str(), ""), uploads(), Vec::new());
    for number in 0..CHECKS {
        let id = CheckId::from(casework::new_id());
        let sent =
            Sent { form: about(&connection, number), uploads: uploads.clone(), kept: vec![] };
        idv::launch(work, anna, &actor, &id, sent, false, None).await.expect("launches");
        made.push(id);
    }
    let mut all = Vec::new();
    for id in made {
        let customer = arrived(work, &id).await;
        for number in 0..COMMENTS {
            checks::comment(work, &actor, &id, &format!("Looked at page {number} of the file."))
                .await
                .expect("comments");
        }
        let review = checks::review::get(work, &id).await.expect("reads");
        let evidence = review
            .evidence
            .iter()
            .find(|e| e.content_type.starts_with("application/json"))
            .expect("an answer")
            .id
            .clone();
        all.push(Check {
            id: id.to_string(),
            customer,
            connection: connection.clone(),
            person: anna.id.to_string(),
            evidence,
        });
    }
    sandbox.stop().await;
    all
}

fn about(connection: &str, number: usize) -> Form {
    Form {
        way: "upload".into(),
        connection: connection.to_owned(),
        customer_reference: format!("R-{number}"),
        name: "Jörg Müller".into(),
        birth_date: "1984-09-05".into(),
        number: "L01X00T47".into(),
        country: "DEU".into(),
        id_type: "ID_CARD".into(),
        workflow: "200".into(),
        locale: "de".into(),
        follow_up: "none".into(),
        ..Form::default()
    }
}

fn uploads() -> Vec<Upload> {
    [(Slot::Front, "front"), (Slot::Back, "back"), (Slot::Face, "face")]
        .into_iter()
        .map(|(slot, name)| {
            let (bytes, _) =
                sandbox::pictures::specimen("joerg-mueller", name).expect("a specimen");
            Upload { slot, name: format!("{name}.png"), bytes, turn: 0 }
        })
        .collect()
}

/// Waits until a check is to be reviewed with all its pictures; gives its customer.
async fn arrived(work: &Work, id: &CheckId) -> String {
    let until = Instant::now() + PATIENCE;
    loop {
        let review = checks::review::get(work, id).await.expect("reads");
        if review.check.state == State::ToReview.code()
            && review.pictures.iter().all(|p| p.evidence_id.is_some())
        {
            return review.check.customer_id;
        }
        if Instant::now() > until {
            let Review { check, deliveries, pictures, .. } = review;
            panic!(
                "the outcome of {id} did not come: {} {:?} {deliveries:?} {pictures:?}",
                check.state, check.trouble
            );
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// P-11: the page against the statements that it reads with, on one connection.
pub fn page(place: &Place, board: &mut Board<'_>) {
    let mut http = place.signed_in();
    let mut bare = Bare::open(&place.store);
    let statements: Vec<Vec<Sql>> = place.reviews.iter().map(statements).collect();
    let entries = bare.rows(&statements[0][0], 0);
    assert!(entries >= 20, "a history: {entries}");
    let mut all = |at: usize| {
        for sql in &statements[at % CHECKS] {
            bare.rows(sql, 0);
        }
    };
    let address = |at: usize| format!("/checks/{}", place.reviews[at % CHECKS].id);
    times(CHECKS, &mut all);
    times(CHECKS, |at| http.get(&address(at)));
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let sql = median(&times(PER_ROUND, &mut all));
        let page = median(&times(PER_ROUND, |at| http.get(&address(at))));
        ratios.push(page / sql);
        board.note(format!(
            "round {}: {} statements {sql:.0} µs, review page {page:.0} µs",
            round + 1,
            statements[0].len()
        ));
    }
    let what = format!(
        "review page of an ID check ({entries} entries, pictures) p50 / its bare SQL, {}",
        place.store.name()
    );
    board.row("P-11", &what, &ratios, Goal::AtMost(12.0));
    board.close();
}

/// P-32: evidence that is looked at, which takes a session, a permission, an opening and a journal
/// entry, against a file of the same size that anybody may have.
pub fn overhead(place: &Place, board: &mut Board<'_>) {
    let mut http = place.signed_in();
    let evidence = |at: usize| {
        format!(
            "/checks/{}/evidence/{}?as=file",
            place.reviews[at % CHECKS].id,
            place.reviews[at % CHECKS].evidence
        )
    };
    let (_, bytes) = http.get_bytes(&evidence(0), "");
    std::fs::write(place.folder.path().join("site/pkg/plain.bin"), &bytes).expect("a file");
    times(50, |at| http.get(&evidence(at)));
    times(50, |_| http.get("/pkg/plain.bin"));
    let mut differences = Vec::new();
    for round in 0..ROUNDS {
        let plain = median(&times(100, |_| http.get("/pkg/plain.bin")));
        let shown = median(&times(100, |at| http.get(&evidence(at))));
        differences.push(shown - plain);
        board.note(format!(
            "round {}: file of {} bytes {plain:.0} µs, evidence {shown:.0} µs",
            round + 1,
            bytes.len()
        ));
    }
    let what = format!(
        "µs p50 that evidence takes beyond a plain file: session, permission, opening, journal, {}",
        place.store.name()
    );
    board.row("P-32", &what, &differences, Goal::AtMost(150.0));
    board.close();
}

/// What the page of an ID check reads with, in its order but for the first; the journal's own
/// writing is not among it.
fn statements(check: &Check) -> Vec<Sql> {
    let Check { id, customer, connection, person, .. } = check;
    [
        ("SELECT j.seq, j.at_ms, j.actor, p.name, j.action, j.subject, j.subject_id, j.request_id, d.details, d.sealed FROM journal j LEFT JOIN people p ON p.id = j.actor LEFT JOIN journal_details d ON d.seq = j.seq WHERE j.subject_id = $1 ORDER BY j.seq LIMIT 500", vec![id]),
        ("SELECT s.data, s.created_at_ms, s.seen_at_ms, s.expires_at_ms, s.person_id, p.account, p.name, p.role, p.state, p.theme, p.density FROM sessions s LEFT JOIN people p ON p.id = s.person_id WHERE s.id_hash = $1", vec![person]),
        ("SELECT id, kind, customer_id, connection_id, state, version, touched_at_ms, risk_score, provider_ref, provider_state, progress, request, launched_by, launched_at_ms, outcome_at_ms, decided_at_ms, due_from_ms, due_at_ms, assignee_id, claimed_by, claim_until_ms, handed_by, handed_note, telling, trouble, relaunch_of, from_check, poll_at_ms, polls_failed, poll_fence FROM checks WHERE id = $1", vec![id]),
        ("SELECT id, reference, subject, name, birth_date, country, created_at_ms FROM customers WHERE id = $1", vec![customer]),
        ("SELECT name, options FROM connections WHERE id = $1", vec![connection]),
        ("SELECT id, name FROM people WHERE id IN ($1, $2, $3, $4)", vec![person, person, person, person]),
        ("SELECT p.id, p.name FROM present s JOIN people p ON p.id = s.person_id WHERE s.check_id = $1 ORDER BY p.name, p.id", vec![id]),
        ("SELECT id, source, source_name, position, fingerprint, title, url, snippet, dated, score, compared, facts, judgement, note, judged_by, judged_at_ms FROM findings WHERE check_id = $1 ORDER BY position, id", vec![id]),
        ("SELECT id, source, name, about, content_type, received_at_ms FROM evidence WHERE check_id = $1 ORDER BY received_at_ms, id", vec![id]),
        ("SELECT c.id, p.name, c.body, c.written_at_ms FROM comments c JOIN people p ON p.id = c.author_id WHERE c.check_id = $1 ORDER BY c.written_at_ms, c.id", vec![id]),
        ("SELECT name, value FROM metadata WHERE check_id = $1 ORDER BY name", vec![id]),
        ("SELECT d.id, d.check_id, d.round, d.step, d.outcome, d.reason, d.comment, d.decided_by, p.name, d.decided_at_ms, d.about, d.seen_sealed, d.way, d.risk_score, d.risk_band, d.telling FROM decisions d JOIN people p ON p.id = d.decided_by WHERE d.check_id = $1 ORDER BY d.round", vec![id]),
        ("SELECT id, task, check_id, decision_id, connection_id, state, payload, attempts, next_at_ms, fence, last_error, created_at_ms, done_at_ms FROM deliveries WHERE check_id = $1 ORDER BY created_at_ms, id", vec![id]),
        (LATEST, vec![id, &"details".to_owned()]),
        (LATEST, vec![id, &"summary".to_owned()]),
        (LATEST, vec![id, &"idv".to_owned()]),
        ("SELECT sealed FROM customer_keys WHERE customer_id = $1", vec![customer]),
        ("SELECT slot, origin, state, evidence_id, format, width, height, bytes, why, tries FROM pictures WHERE check_id = $1 ORDER BY slot, origin", vec![id]),
        ("SELECT h.kind, h.made_at_ms, h.expires_at_ms, h.shown_at_ms, p.name FROM handouts h LEFT JOIN people p ON p.id = h.shown_by WHERE h.check_id = $1", vec![id]),
        ("SELECT id, kind, state FROM checks WHERE from_check = $1 ORDER BY launched_at_ms, id", vec![id]),
        ("SELECT id, kind, state FROM checks WHERE customer_id = $1 AND id <> $2 ORDER BY launched_at_ms DESC LIMIT 20", vec![customer, id]),
        ("SELECT id FROM checks WHERE customer_id = $1 AND relaunch_of = $2 ORDER BY launched_at_ms DESC LIMIT 1", vec![customer, id]),
        ("SELECT id, name FROM people WHERE state = 'active' AND role IN ('analyst', 'supervisor') ORDER BY name, id", vec![]),
    ]
    .into_iter()
    .map(|(text, values): (&str, Vec<&String>)| Sql { text: text.into(), values: values.into_iter().cloned().map(Value::Text).collect() })
    .collect()
}

const LATEST: &str = "SELECT id, sealed FROM evidence WHERE check_id = $1 AND source = $2 ORDER BY received_at_ms DESC, id DESC LIMIT 1";
