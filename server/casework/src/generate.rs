//! Fills a database with believable checks, seeded, for measuring. Nothing is sent to anybody.

use crate::{
    Casework, Error,
    checks::store::{self, Check},
    connections::{self, Form},
    customers,
    journal::Actor,
    new_id,
};
use domain::{
    CheckId, Moment, PersonId,
    checks::{Band, Kind, NO_RISK, State, review_time},
    launch::{DueDiligence, SOURCES, Target},
    time::{HOUR, MINUTE, NEVER},
};
use zeroize::Zeroizing;

const GIVEN: [&str; 16] =
    ["Anna", "Jürgen", "Søren", "Łukasz", "Zoë", "Ngozi", "José", "Thị", "Mehmet", "Ивана", "王", "林", "محمد", "Chloé", "Ólafur", "Priya"];
const FAMILY: [&str; 16] = [
    "Müller",
    "Ødegård",
    "Nguyễn",
    "Okonkwo",
    "Novák",
    "García",
    "Bergström",
    "Yıldız",
    "志豪",
    "又曾",
    "حسن",
    "Стојановска",
    "O'Neil",
    "Kowalski",
    "Guðmundsson",
    "Rao",
];

/// A small generator of numbers; the same seed gives the same desk.
pub struct Numbers(u64);

impl Numbers {
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed ^ 0x9E37_79B9_7F4A_7C15)
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit.max(1)
    }

    fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }
}

/// Adds `count` checks launched by `person`, most of them decided, a fifth waiting for review.
///
/// # Errors
/// The database.
pub async fn fill(work: &Casework, person: &PersonId, count: usize, seed: u64) -> Result<(), Error> {
    let form = Form {
        name: format!("Generated {seed}"),
        provider: "kryptogo".into(),
        base_url: "http://127.0.0.1:9".into(),
        search_settings: "1 = Precise".into(),
        allow_private: true,
        secret: Zeroizing::new("sandbox".into()),
        ..Form::default()
    };
    let connection = connections::add(work, &Actor::operator(), &form).await?;
    let mut numbers = Numbers::new(seed);
    let now = work.now();
    let mut made = 0;
    while made < count {
        let mut tx = work.db.write().await?;
        {
            let mut conn = tx.conn();
            let until = (made + 5_000).min(count);
            while made < until {
                let name = format!("{} {}", numbers.of(&GIVEN), numbers.of(&FAMILY));
                let target = Target { kind: Kind::DdKyc, name, birth_date: None, country: None, registration_number: None };
                let reference = format!("G{seed}-{made:08}");
                let customer = customers::find_or_make(work, &mut conn, &reference, &target).await?;
                for _ in 0..=numbers.below(4) {
                    if made < until {
                        let launch = DueDiligence {
                            customer_reference: reference.clone(),
                            target: target.clone(),
                            search_setting: 1,
                            sources: SOURCES.to_vec(),
                            from_idv_id: None,
                        };
                        store::insert(&mut conn, &check(&mut numbers, &launch, &customer.id, connection.as_str(), person, now)?).await?;
                        made += 1;
                    }
                }
            }
        }
        tx.commit().await?;
    }
    Ok(())
}

fn check(
    numbers: &mut Numbers,
    launch: &DueDiligence,
    customer: &str,
    connection: &str,
    person: &PersonId,
    now: Moment,
) -> Result<Check, Error> {
    let state = match numbers.below(20) {
        0..=3 => State::ToReview,
        4 => State::Proposed,
        5 => State::Failed,
        6..=8 => State::Rejected,
        _ => State::Accepted,
    };
    let risk = if state == State::Failed { NO_RISK } else { numbers.below(101) as i64 };
    let launched = now - (numbers.below(60 * 24 * 60) as i64) * MINUTE - numbers.below(60_000) as i64;
    let outcome = launched + MINUTE;
    Ok(Check {
        id: new_id(),
        kind: launch.target.kind.code().into(),
        customer_id: customer.into(),
        connection_id: connection.into(),
        state: state.code().into(),
        version: 2,
        touched_at_ms: outcome,
        risk_score: risk,
        provider_ref: Some(numbers.below(1 << 40).to_string()),
        provider_state: Some("completed".into()),
        progress: 100,
        request: crate::checks::to_json(launch)?,
        launched_by: Some(person.to_string()),
        launched_at_ms: launched,
        outcome_at_ms: Some(outcome),
        decided_at_ms: state.is_final().then_some(outcome + HOUR),
        due_from_ms: outcome,
        due_at_ms: outcome + review_time(Kind::DdKyc, (risk >= 0).then(|| Band::of(risk))),
        assignee_id: (numbers.below(4) == 0).then(|| person.to_string()),
        claimed_by: None,
        claim_until_ms: 0,
        telling: if state.is_final() && state != State::Failed { "applied" } else { "none" }.into(),
        trouble: None,
        relaunch_of: None,
        from_check: None,
        poll_at_ms: NEVER,
        polls_failed: 0,
        poll_fence: 0,
    })
}

/// Ids and versions of checks that wait for review, for measuring decisions.
///
/// # Errors
/// The database.
pub async fn to_review(work: &Casework, count: usize) -> Result<Vec<(CheckId, i64)>, Error> {
    let mut reader = work.db.read().await?;
    let rows = crate::store::rows!(
        &mut reader.conn(),
        (String, i64),
        "SELECT id, version FROM checks WHERE state = 'to_review' AND risk_score < 100 ORDER BY due_at_ms DESC, id LIMIT $1",
        count as i64
    )?;
    Ok(rows.into_iter().map(|(id, version)| (id.into(), version)).collect())
}
