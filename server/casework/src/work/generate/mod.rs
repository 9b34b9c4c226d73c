//! Fills a database with believable checks, seeded, for measuring. Nothing is sent to anybody.

mod batch;

use crate::{
    Casework, Error,
    journal::Actor,
    new_id,
    records::{
        checks::Check,
        connections::{self, Form},
        customers::{self, Customer},
    },
};
use batch::{Batch, New};
use domain::{
    CheckId, Moment, PersonId,
    checks::{Band, Kind, NO_RISK, State, review_time},
    launch::{DueDiligence, SOURCES, Target},
    time::{DAY, HOUR, MINUTE, NEVER},
};
use zeroize::Zeroizing;

const TRADES: [&str; 8] =
    ["Shipping", "Handel", "Holding", "Bäckerei", "Logistik", "Capital", "Foods", "電子"];
const FORMS: [&str; 6] = ["GmbH", "AB", "Ltd", "S.A.", "ApS", "有限公司"];

const GIVEN: [&str; 16] = [
    "Anna",
    "Jürgen",
    "Søren",
    "Łukasz",
    "Zoë",
    "Ngozi",
    "José",
    "Thị",
    "Mehmet",
    "Ивана",
    "王",
    "林",
    "محمد",
    "Chloé",
    "Ólafur",
    "Priya",
];
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

/// Checks in one transaction.
const BATCH: usize = 5_000;
/// How far back the first check lies.
const AGE: i64 = 60 * DAY;

/// Adds `count` checks of people and companies, most of them decided, a fifth waiting for review,
/// with customers who can be found, findings, decisions and journal entries, made by `staff` in
/// turn. The same seed makes the same desk, but for ids and keys. What providers sent is not made
/// up: these checks have no evidence.
///
/// # Errors
/// A seed that was used here before, nobody in `staff`, or the database.
pub async fn fill(
    work: &Casework,
    staff: &[PersonId],
    count: usize,
    seed: u64,
    mut told: impl FnMut(usize),
) -> Result<(), Error> {
    if staff.is_empty() {
        return Err(Error::Start("Checks are made in somebody's name: add a person first.".into()));
    }
    let connection = connection(work, seed).await?;
    let (mut numbers, mut made) = (Numbers::new(seed), 0);
    let first = work.now() - AGE;
    while made < count {
        let until = (made + BATCH).min(count);
        let mut batch = Batch::default();
        while made < until {
            let target = target(&mut numbers);
            let reference = format!("G{seed}-{made:08}");
            let new = customer(work, &reference, &target);
            for _ in 0..=numbers.below(4).min((until - made - 1) as u64) {
                let launched =
                    first + AGE * made as i64 / count as i64 - numbers.below(60_000) as i64;
                let person = &staff[numbers.below(staff.len() as u64) as usize];
                let launch = DueDiligence {
                    customer_reference: reference.clone(),
                    target: target.clone(),
                    search_setting: 1,
                    sources: SOURCES.to_vec(),
                    from_idv_id: None,
                };
                let check =
                    check(&mut numbers, &launch, &new.customer.id, &connection, person, launched)?;
                batch.add(&mut numbers, check, &target.name, &new.key.0)?;
                made += 1;
            }
            batch.customers.push(new);
        }
        let mut tx = work.db.begin().await?;
        batch.write(&mut tx.conn()).await?;
        tx.commit().await?;
        told(made);
    }
    Ok(())
}

/// Nobody answers at its address, and nothing is sent there.
async fn connection(work: &Casework, seed: u64) -> Result<String, Error> {
    let form = Form {
        name: format!("Generated {seed}"),
        provider: "kryptogo".into(),
        base_url: "https://nobody.invalid".into(),
        search_settings: "1 = Precise".into(),
        secret: Zeroizing::new("generated".into()),
        ..Form::default()
    };
    match connections::add(work, &Actor::operator(), &form).await {
        Ok(id) => Ok(id.to_string()),
        Err(Error::Form(refused)) if refused.error("name").is_some() => {
            Err(Error::Start(format!("Seed {seed} was generated here before: choose another one.")))
        }
        Err(error) => Err(error),
    }
}

fn target(numbers: &mut Numbers) -> Target {
    let family = numbers.of(&FAMILY);
    if numbers.below(4) == 0 {
        let name = format!("{family} {} {}", numbers.of(&TRADES), numbers.of(&FORMS));
        return Target {
            kind: Kind::DdKyb,
            name,
            birth_date: None,
            country: None,
            registration_number: None,
        };
    }
    let name = format!("{} {family}", numbers.of(&GIVEN));
    let birth_date = format!(
        "{}-{:02}-{:02}",
        1940 + numbers.below(65),
        1 + numbers.below(12),
        1 + numbers.below(28)
    );
    Target {
        kind: Kind::DdKyc,
        name,
        birth_date: Some(birth_date),
        country: None,
        registration_number: None,
    }
}

/// A customer as the first launch about them makes one: nobody else has a reference of this seed.
fn customer(work: &Casework, reference: &str, target: &Target) -> New {
    let customer = Customer::new(reference, target, work.now());
    let key = work.sealer.new_customer_key(&customer.id);
    New { key, endings: customers::endings(reference, target), customer }
}

fn check(
    numbers: &mut Numbers,
    launch: &DueDiligence,
    customer: &str,
    connection: &str,
    person: &PersonId,
    launched: Moment,
) -> Result<Check, Error> {
    let state = match numbers.below(20) {
        0..=3 => State::ToReview,
        4 => State::Proposed,
        5 => State::Failed,
        6..=8 => State::Rejected,
        _ => State::Accepted,
    };
    // One person decides each of these, so none is of the highest risk, which takes two.
    let risk = if state == State::Failed { NO_RISK } else { numbers.below(100) as i64 };
    let outcome = launched + MINUTE;
    let decided = outcome + HOUR;
    Ok(Check {
        id: new_id(),
        kind: launch.target.kind.code().into(),
        customer_id: customer.into(),
        connection_id: connection.into(),
        state: state.code().into(),
        version: 2,
        touched_at_ms: if state.is_final() { decided } else { outcome },
        risk_score: risk,
        provider_ref: Some(numbers.below(1 << 40).to_string()),
        provider_state: Some(if state == State::Failed { "failed" } else { "completed" }.into()),
        progress: 100,
        request: crate::records::to_json(launch)?,
        launched_by: Some(person.to_string()),
        launched_at_ms: launched,
        outcome_at_ms: Some(outcome),
        decided_at_ms: (state.is_final() && state != State::Failed).then_some(decided),
        due_from_ms: outcome,
        due_at_ms: outcome + review_time(launch.target.kind, (risk >= 0).then(|| Band::of(risk))),
        assignee_id: (numbers.below(4) == 0).then(|| person.to_string()),
        claimed_by: None,
        claim_until_ms: 0,
        handed_by: None,
        handed_note: None,
        telling: if state.is_final() && state != State::Failed { "applied" } else { "none" }.into(),
        trouble: (state == State::Failed)
            .then(|| "The provider could not finish this check.".into()),
        relaunch_of: None,
        from_check: None,
        poll_at_ms: NEVER,
        polls_failed: 0,
        poll_fence: 0,
    })
}

/// Ids and versions of checks that wait for review and have nothing to judge, for measuring
/// decisions.
///
/// # Errors
/// The database.
pub async fn to_review(work: &Casework, count: usize) -> Result<Vec<(CheckId, i64)>, Error> {
    let mut reader = work.db.read().await?;
    let rows = crate::store::rows!(
        &mut reader.conn(),
        (String, i64),
        "SELECT id, version FROM checks k WHERE state = 'to_review' AND risk_score < 100 \
         AND NOT EXISTS (SELECT 1 FROM findings f WHERE f.check_id = k.id) ORDER BY due_at_ms DESC, id LIMIT $1",
        count as i64
    )?;
    Ok(rows.into_iter().map(|(id, version)| (id.into(), version)).collect())
}
