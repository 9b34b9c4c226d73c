//! What a policy would have asked of the decisions of the last 90 days.

use super::store::{self, Past};
use crate::{Casework, Error};
use domain::{
    Moment,
    checks::{Band, Kind},
    decisions::{Outcome, Step},
    policy::{Case, Found, Policy},
    time::DAY,
};

/// So many days are looked back.
pub const DAYS: i64 = 90;
/// The newest decisions that are looked at.
pub const LOOKED_AT: usize = 2_000;
/// The examples that are shown.
pub const EXAMPLES: usize = 20;

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// How many decisions were looked at, and whether there are older ones.
    pub looked_at: usize,
    pub more: bool,
    /// Decisions of one person that would have needed two.
    pub would_need: usize,
    /// Decisions of two people that would have needed one.
    pub no_longer: usize,
    /// The newest of the first.
    pub examples: Vec<Example>,
}

/// One decision that would have needed a second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub decision: String,
    pub check: String,
    pub kind: Kind,
    pub outcome: Outcome,
    pub name: String,
    pub reference: String,
    pub risk: Option<i64>,
    pub at: Moment,
    /// Only what earlier checks of the customer found asks for it.
    pub for_earlier: bool,
}

/// Looks at the decisions of the last 90 days. Findings count as they are judged today.
///
/// # Errors
/// The database.
pub async fn preview(work: &Casework, policy: &Policy) -> Result<Preview, Error> {
    let (since, window) = (work.now() - DAYS * DAY, i64::from(policy.window_days()) * DAY);
    let mut reader = work.db.read().await?;
    let mut past = store::past(&mut reader.conn(), since, window, LOOKED_AT as i64 + 1).await?;
    let mut preview = Preview { more: past.len() > LOOKED_AT, ..Preview::default() };
    past.truncate(LOOKED_AT);
    preview.looked_at = past.len();
    for decision in past {
        let Some(case) = case(&decision) else { continue };
        let (needs, had) = (policy.needs_two(&case), decision.step == Step::Approval.code());
        if needs && !had {
            preview.would_need += 1;
            if preview.examples.len() < EXAMPLES {
                let for_earlier = !policy.needs_two(&Case { earlier: None, ..case });
                preview.examples.push(example(decision, case, for_earlier));
            }
        } else if had && !needs {
            preview.no_longer += 1;
        }
    }
    Ok(preview)
}

fn band(score: i64) -> Option<Band> {
    (score >= 0).then(|| Band::of(score))
}

fn case(past: &Past) -> Option<Case> {
    let found = |risk, [sanction, relevant, unjudged]: [i64; 3]| Found {
        band: band(risk),
        sanction: sanction == 1,
        relevant: relevant == 1,
        unjudged: unjudged == 1,
    };
    let earlier =
        |risk| found(risk, [past.earlier_sanction, past.earlier_relevant, past.earlier_unjudged]);
    Some(Case {
        kind: Kind::parse(&past.kind)?,
        outcome: Outcome::parse(&past.outcome)?,
        found: found(past.risk, [past.sanction, past.relevant, past.unjudged]),
        earlier: past.earlier_risk.map(earlier),
    })
}

fn example(past: Past, case: Case, for_earlier: bool) -> Example {
    Example {
        decision: past.id,
        check: past.check_id,
        kind: case.kind,
        outcome: case.outcome,
        name: past.name,
        reference: past.reference,
        risk: (past.risk >= 0).then_some(past.risk),
        at: past.decided_at_ms,
        for_earlier,
    }
}
