//! What clients were told, held against what is stored, what the journal says and what the provider
//! has on its books.
//!
//! Clients write down before they ask and after they are answered; nothing here comes from the
//! server's own counts. Used by the tests of casework and, over HTTP, by those of the whole
//! program.
#![allow(dead_code)] // each of the two uses a part

use casework::{Casework, checks::decide, journal};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::Instant,
};

/// One line that a client wrote down.
#[derive(Debug, Clone)]
pub enum Told {
    /// "Next" gave this person this check.
    Taken { by: String, check: String, asked: Instant, told: Instant },
    /// From now on the person may not hold the check any more.
    LetGo { by: String, check: String, at: Instant },
    /// A decision is about to be sent.
    Sent { by: String, check: String, decision: String, outcome: String },
    /// It was acknowledged.
    Kept { decision: String },
    /// A rule refused it: it must not be there.
    Refused { decision: String },
    /// The provider was told that its message is kept.
    Received { sha256: String },
}

#[derive(Default)]
pub struct History(Mutex<Vec<Told>>);

/// What is there in the end.
pub struct Found {
    decisions: Vec<decide::Listed>,
    /// Check and decision of each entry of a decision.
    recorded: Vec<(String, String)>,
    /// Check and person's name of each entry of a taking.
    claims: Vec<(String, String)>,
    callbacks: BTreeSet<String>,
    /// By check: whether the provider has it accepted, and how often a decision took effect there.
    books: BTreeMap<String, (Option<bool>, i64)>,
}

/// How much was looked at, so that a test can tell that something happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub taken: usize,
    pub kept: usize,
    pub refused: usize,
    pub unanswered: usize,
    pub received: usize,
}

async fn entries(work: &Casework, action: &str) -> Vec<journal::Row> {
    let mut all: Vec<journal::Row> = Vec::new();
    loop {
        let before = all.last().map(|row| row.seq);
        let filter = journal::Filter {
            action: Some(action.into()),
            before,
            limit: 500,
            ..journal::Filter::default()
        };
        let page = journal::list(work, &filter).await.expect("the journal reads");
        if page.is_empty() {
            return all;
        }
        all.extend(page);
    }
}

/// The hashes of the bodies of all callbacks whose entry is in the journal.
async fn callbacks(work: &Casework) -> BTreeSet<String> {
    let mut hashes = BTreeSet::new();
    for row in entries(work, "callback_received").await {
        let body = casework::inbox::body(work, &row.subject_id.as_str().into())
            .await
            .expect("the callback of an entry opens");
        hashes.insert(casework::sha256_hex(&body));
    }
    hashes
}

fn detail(row: &journal::Row, name: &str) -> String {
    let details: Value =
        serde_json::from_str(row.details.as_deref().unwrap_or_default()).unwrap_or_default();
    details[name].as_str().unwrap_or_default().to_owned()
}

impl Found {
    /// Reads the database, the journal, and the books of the stand-in at this address.
    pub async fn read(work: &Casework, sandbox: &str) -> Self {
        let verified = journal::verify(&work.db, None).await.expect("the journal reads");
        assert!(matches!(verified, journal::Verified::Intact { .. }), "{verified:?}");
        let tasks: Vec<Value> = reqwest::get(format!("{sandbox}/control/tasks"))
            .await
            .expect("answers")
            .json()
            .await
            .expect("the stand-in's books");
        let mut books: BTreeMap<String, (Option<bool>, i64)> = BTreeMap::new();
        for task in tasks {
            let check = task["callback_url"]
                .as_str()
                .and_then(|url| url.rsplit('/').next())
                .unwrap_or_default()
                .to_owned();
            let known = books.entry(check).or_default();
            *known = (
                task["accepted"].as_bool().or(known.0),
                known.1 + task["effects"].as_i64().unwrap_or(0),
            );
        }
        let name = |row: &journal::Row| row.actor_name.clone().unwrap_or_default();
        Self {
            decisions: decide::list(work, &decide::DecisionFilter::default(), 1_000_000)
                .await
                .expect("decisions"),
            recorded: entries(work, "decision_made")
                .await
                .iter()
                .map(|row| (row.subject_id.clone(), detail(row, "decision")))
                .collect(),
            claims: entries(work, "check_claimed")
                .await
                .iter()
                .map(|row| (row.subject_id.clone(), name(row)))
                .collect(),
            callbacks: callbacks(work).await,
            books,
        }
    }
}

impl History {
    pub fn note(&self, told: Told) {
        self.0.lock().expect("not poisoned").push(told);
    }

    /// How many decisions people were told are kept.
    #[allow(dead_code)] // Used where people wait for enough of them.
    pub fn kept(&self) -> usize {
        self.0
            .lock()
            .expect("not poisoned")
            .iter()
            .filter(|told| matches!(told, Told::Kept { .. }))
            .count()
    }

    /// Compares; panics with the first thing that is lost, doubled or made up.
    pub fn check(&self, found: &Found) -> Counts {
        let told = self.0.lock().expect("not poisoned");
        let mut sent: BTreeMap<&str, (&str, &str, &str)> = BTreeMap::new();
        let (mut kept, mut refused, mut received) =
            (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for line in told.iter() {
            match line {
                Told::Sent { by, check, decision, outcome } => {
                    sent.insert(decision, (by, check, outcome));
                }
                Told::Kept { decision } => drop(kept.insert(decision.as_str())),
                Told::Refused { decision } => drop(refused.insert(decision.as_str())),
                Told::Received { sha256 } => drop(received.insert(sha256.as_str())),
                Told::Taken { .. } | Told::LetGo { .. } => {}
            }
        }
        let mut stored: BTreeMap<&str, &decide::Listed> = BTreeMap::new();
        let mut decided: BTreeSet<&str> = BTreeSet::new();
        for decision in &found.decisions {
            assert!(
                stored.insert(&decision.id, decision).is_none(),
                "{} is there twice",
                decision.id
            );
            assert!(decided.insert(&decision.check_id), "{} was decided twice", decision.check_id);
            let (by, check, outcome) = sent
                .get(decision.id.as_str())
                .unwrap_or_else(|| panic!("nobody sent {}", decision.id));
            assert_eq!(
                (
                    decision.decided_by_name.as_str(),
                    decision.check_id.as_str(),
                    decision.outcome.as_str()
                ),
                (*by, *check, *outcome)
            );
            let book = found.books.get(*check).copied().unwrap_or_default();
            assert_eq!(
                book,
                (Some(*outcome == "accept"), 1),
                "the provider has {check} otherwise, or not once"
            );
        }
        for decision in &kept {
            assert!(stored.contains_key(decision), "{decision} was acknowledged and is lost");
        }
        for decision in refused.difference(&kept) {
            assert!(!stored.contains_key(decision), "{decision} was refused and is there");
        }
        for (check, (_, effects)) in &found.books {
            assert!(
                *effects == 0 || decided.contains(check.as_str()),
                "the provider was told of {check}, which nobody decided"
            );
        }
        let mut recorded: Vec<_> = found
            .recorded
            .iter()
            .map(|(check, decision)| (check.as_str(), decision.as_str()))
            .collect();
        recorded.sort_unstable();
        let mut wanted: Vec<_> =
            found.decisions.iter().map(|d| (d.check_id.as_str(), d.id.as_str())).collect();
        wanted.sort_unstable();
        assert_eq!(recorded, wanted, "each decision has one entry, and each entry its decision");
        for sha256 in &received {
            assert!(
                found.callbacks.contains(*sha256),
                "a callback was acknowledged and is lost: {sha256}"
            );
        }
        let taken = holds(&told, found);
        let unanswered =
            sent.keys().filter(|id| !kept.contains(*id) && !refused.contains(*id)).count();
        Counts {
            taken,
            kept: kept.len(),
            refused: refused.difference(&kept).count(),
            unanswered,
            received: received.len(),
        }
    }
}

/// No check was given to somebody while another person certainly held it; gives how many were
/// taken.
fn holds(told: &[Told], found: &Found) -> usize {
    // Each hold from its answer on, until the person asked for something that may end it.
    let mut held: Vec<(&str, &str, Instant, Option<Instant>)> = Vec::new();
    let mut takes = Vec::new();
    for line in told {
        match line {
            Told::Taken { by, check, asked, told } => {
                held.push((by, check, *told, None));
                takes.push((by.as_str(), check.as_str(), *asked, *told));
            }
            Told::LetGo { by, check, at } => {
                if let Some(hold) = held
                    .iter_mut()
                    .rfind(|(who, what, ..)| who == by && what == check)
                    .filter(|hold| hold.3.is_none())
                {
                    hold.3 = Some(*at);
                }
            }
            _ => {}
        }
    }
    let mut by_check: BTreeMap<&str, Vec<_>> = BTreeMap::new();
    for hold in &held {
        by_check.entry(hold.1).or_default().push(hold);
    }
    for (by, check, asked, answered) in &takes {
        for (who, _, from, until) in by_check.get(check).into_iter().flatten() {
            let inside = who != by && asked > from && until.is_none_or(|until| *answered < until);
            assert!(!inside, "{check} was given to {by} while {who} held it");
        }
        assert!(
            found.claims.iter().any(|(what, who)| what == check && who == by),
            "no entry says that {by} took {check}"
        );
    }
    takes.len()
}

/// A small generator, so that a run can be repeated.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// Whether the long runs are wanted: `cargo xtask faults --full`.
pub fn is_full() -> bool {
    std::env::var("PROBITY_FAULTS").is_ok_and(|how| how == "full")
}
