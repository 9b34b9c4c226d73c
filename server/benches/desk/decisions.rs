//! P-12 and P-17: a decision against its bare transaction, and what the journal's chain adds to
//! such a transaction.

use super::{
    bare::{Bare, plain},
    board::{Board, Goal},
    place::Place,
    times::{PER_ROUND, ROUNDS, median, micros, spaced},
};
use casework::{
    journal::{self, Actor, Entry},
    store::Sql,
};
use domain::journal::{Action, Subject};
use std::time::Instant;

const COMMENT: &str = "Nothing found that concerns this customer.";
/// Pairs of transactions in a round of P-17.
const PAIRS: usize = 150;

/// P-12: decisions, 15 ms apart, against the four statements of one.
pub fn against_bare(place: &Place, board: &mut Board<'_>) {
    let checks = &place.decisions;
    let per_round = (checks.len() / ROUNDS).min(PER_ROUND);
    let mut http = place.signed_in();
    let mut spare = Spare::make(place, "spare", per_round * ROUNDS);
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let bare = median(&spaced(per_round, |at| spare.commit(round * per_round + at)));
        let post = median(&spaced(per_round, |at| http.decide(&checks[round * per_round + at])));
        ratios.push(post / bare);
        board.note(format!(
            "round {}: bare transaction {bare:.0} µs, decision {post:.0} µs",
            round + 1
        ));
    }
    let what = format!(
        "decision POST p50 / bare transaction of four statements, durable, {}",
        place.store.name()
    );
    board.row("P-12", &what, &ratios, Goal::AtMost(12.0));
    board.close();
}

/// P-17: the same bare statements with the chain and without, one after the other.
pub fn chain(place: &Place, board: &mut Board<'_>) {
    let mut without = Spare::make(place, "unchained", PAIRS * ROUNDS);
    let mut with = Spare::make(place, "chained", PAIRS * ROUNDS);
    let mut ratios = Vec::new();
    for round in 0..ROUNDS {
        let (mut plain, mut chained) = (Vec::new(), Vec::new());
        for at in round * PAIRS..(round + 1) * PAIRS {
            let started = Instant::now();
            without.record(at, false);
            plain.push(micros(started));
            let started = Instant::now();
            with.record(at, true);
            chained.push(micros(started));
        }
        ratios.push(median(&chained) / median(&plain));
        board.note(format!(
            "round {}: without the chain {:.0} µs, with it {:.0} µs",
            round + 1,
            median(&plain),
            median(&chained)
        ));
    }
    let what = format!(
        "bare transaction of a decision with the journal's chain / without, p50, {}",
        place.store.name()
    );
    board.row("P-17", &what, &ratios, Goal::AtMost(1.25));
    board.close();
}

/// Bare tables like those that a decision writes to.
struct Spare {
    bare: Bare,
    /// Their names' beginning.
    name: &'static str,
}

impl Spare {
    fn make(place: &Place, name: &'static str, rows: usize) -> Self {
        let mut bare = Bare::open(&place.store.beside(name));
        let bytes = if matches!(bare, Bare::Sqlite(_)) { "BLOB" } else { "BYTEA" };
        for table in [
            format!("{name}_c (id BIGINT PRIMARY KEY, version BIGINT, state TEXT)"),
            format!("{name}_d (id BIGINT PRIMARY KEY, comment TEXT)"),
            format!(
                "{name}_j (seq BIGINT PRIMARY KEY, at_ms BIGINT, actor TEXT, action TEXT, subject TEXT, subject_id TEXT, request_id TEXT, commitment {bytes}, hash {bytes}, salt {bytes}, details TEXT)"
            ),
            format!("{name}_o (id BIGINT PRIMARY KEY, payload TEXT)"),
        ] {
            bare.run(&plain(&format!("CREATE TABLE {table}")));
        }
        bare.begin();
        for id in 0..rows as i64 {
            bare.run(
                Sql::default()
                    .push("INSERT INTO ")
                    .name(name, "_c")
                    .push(" VALUES (")
                    .int(id)
                    .push(", 1, 'to_review')"),
            );
        }
        bare.commit();
        Self { bare, name }
    }

    /// What a decision writes, with nothing in the journal but a row of its size.
    fn commit(&mut self, at: usize) {
        self.record(at, false);
    }

    fn record(&mut self, at: usize, chained: bool) {
        let (id, name) = (at as i64, self.name);
        self.bare.begin();
        self.bare.run(
            Sql::default()
                .push("UPDATE ")
                .name(name, "_c")
                .push(" SET version = version + 1, state = 'accepted' WHERE id = ")
                .int(id)
                .push(" AND version = 1"),
        );
        self.bare.run(
            Sql::default()
                .push("INSERT INTO ")
                .name(name, "_d")
                .push(" VALUES (")
                .int(id)
                .push(", ")
                .text(COMMENT)
                .push(")"),
        );
        let entry = entry();
        let details = entry.details.to_string();
        let (seq, salt, commitment, hash) =
            if chained { self.next(&entry, &details) } else { (id + 1, [0; 16], [0; 32], [0; 32]) };
        let mut sql = Sql::default();
        sql.push("INSERT INTO ")
            .name(name, "_j")
            .push(" VALUES (")
            .int(seq)
            .push(", ")
            .int(entry.at)
            .push(", ")
            .text(&entry.actor);
        sql.push(", ")
            .text(entry.action.code())
            .push(", ")
            .text(entry.subject.code())
            .push(", ")
            .text(&entry.subject_id);
        sql.push(", ")
            .text(&entry.request_id)
            .push(", ")
            .bytes(commitment)
            .push(", ")
            .bytes(hash)
            .push(", ")
            .bytes(salt);
        sql.push(", ").text(details).push(")");
        self.bare.run(&sql);
        let payload = "{\"accepted\":true}";
        self.bare.run(
            Sql::default()
                .push("INSERT INTO ")
                .name(name, "_o")
                .push(" VALUES (")
                .int(id)
                .push(", ")
                .text(payload)
                .push(")"),
        );
        self.bare.commit();
    }

    /// The chain's part: its head, a salt, a commitment and a hash.
    fn next(&mut self, entry: &Entry, details: &str) -> (i64, [u8; 16], [u8; 32], [u8; 32]) {
        let head = self.bare.number_and_bytes(&format!(
            "SELECT seq, hash FROM {}_j ORDER BY seq DESC LIMIT 1",
            self.name
        ));
        let (last, previous) = head.unwrap_or((0, vec![0; 32]));
        let salt: [u8; 16] = casework::random();
        let (commitment, hash) = journal::chained(&previous, last + 1, entry, &salt, details);
        (last + 1, salt, commitment, hash)
    }
}

/// An entry as a decision makes it.
fn entry() -> Entry {
    let details = serde_json::json!({ "decision": "0197a1b0-0000-7000-8000-000000000000", "outcome": "accept", "reason": "no_findings", "comment": COMMENT, "round": 1 });
    Actor::new("0197a1b0-0000-7000-8000-000000000001", "0197a1b0-0000-7000-8000-000000000002")
        .entry(
            1_790_000_000_000,
            Action::DecisionMade,
            Subject::Check,
            "0197a1b0-0000-7000-8000-000000000003",
            details,
        )
}

/// Statements whose table's name is one of ours.
trait Named {
    fn name(&mut self, name: &'static str, ending: &'static str) -> &mut Self;
}

impl Named for Sql {
    fn name(&mut self, name: &'static str, ending: &'static str) -> &mut Self {
        self.push(name).push(ending)
    }
}
