//! Several checks on one page, each decided by itself: its own reason and comment, its own id and
//! version, the same rule.
//!
//! Only what its maker opened is decided here, or what is of a kind that the policy names.

use crate::{
    Casework, Error,
    desk::{
        decide::{self, Act, Decided, Doing},
        facts, seen,
    },
    journal::Actor,
    records::{
        checks::{self as check_store, Check, Finding},
        customers::{self, Customer},
        decisions,
    },
};
use domain::{
    CheckId, DecisionId, Refusal,
    checks::State,
    decisions::{Outcome, Reason, Verdict},
    findings::Judgement,
    made::Way,
    people::Caller,
};

/// The most checks on one page: as many as the queue shows at once.
pub const CHECKS_MAX: usize = domain::queue::PAGE_ROWS;

/// A check as the page shows it.
#[derive(Debug, Clone)]
pub struct Picked {
    pub check: Check,
    pub customer: Customer,
    pub findings: Vec<Finding>,
    /// Somebody sent a proposal back; what they said stands on the check's own page.
    pub sent_back: bool,
    /// The reader opened its page since the last of its evidence arrived.
    pub is_opened: bool,
    /// Why the reader may not decide it here, where it waits for a decision and they may not.
    pub not_here: Option<Refusal>,
    /// Accepting it takes two people.
    pub takes_two: bool,
}

impl Picked {
    /// Findings that must be judged before an accept.
    #[must_use]
    pub fn open(&self) -> usize {
        self.findings
            .iter()
            .filter(|f| f.source().must_be_judged() && f.judgement() == Judgement::Undecided)
            .count()
    }
}

/// The checks of these ids in this order, each once, as this person may decide them here; unknown
/// ones are left out.
///
/// # Errors
/// The database.
pub async fn look(work: &Casework, caller: &Caller, ids: &[CheckId]) -> Result<Vec<Picked>, Error> {
    seen::views_written(work).await;
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let mut all: Vec<Picked> = Vec::new();
    for id in ids.iter().take(CHECKS_MAX) {
        if all.iter().any(|known| known.check.id == id.as_str()) {
            continue;
        }
        let Some(check) = check_store::find(&mut conn, id).await? else { continue };
        let Some(customer) = customers::store::by_id(&mut conn, &check.customer_id).await? else {
            continue;
        };
        let findings = check_store::findings(&mut conn, id).await?;
        let decisions = decisions::of_check(&mut conn, id).await?;
        let takes_two =
            facts::read(work, &mut conn, &check, &decisions, Some(&caller.id), work.now())
                .await?
                .needs_two(Outcome::Accept);
        let in_bulk = seen::in_bulk(work, &mut conn, &check, caller.id.as_str()).await?;
        let waits = check.state()? == State::ToReview;
        let not_here = in_bulk.refused.filter(|_| waits);
        let (sent_back, is_opened) = (!decisions.is_empty(), in_bulk.is_opened);
        all.push(Picked { check, customer, findings, sent_back, takes_two, is_opened, not_here });
    }
    Ok(all)
}

/// What was typed about one check.
#[derive(Debug, Clone)]
pub struct Typed {
    pub check: CheckId,
    pub id: DecisionId,
    pub version: i64,
    pub outcome: Option<Outcome>,
    pub reason: Option<Reason>,
    pub comment: String,
}

/// Decides each by itself, in order. What was decided stays decided, whatever comes of the others.
pub async fn act(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    all: &[Typed],
) -> Vec<Result<Decided, Error>> {
    let mut results = Vec::with_capacity(all.len());
    for typed in all.iter().take(CHECKS_MAX) {
        let verdict = Verdict {
            seen_version: typed.version,
            outcome: typed.outcome,
            reason: typed.reason,
            comment: &typed.comment,
        };
        results.push(
            decide::act(
                work,
                caller,
                actor,
                &typed.check,
                &typed.id,
                Doing { act: Act::Decide, way: Way::Bulk },
                &verdict,
            )
            .await,
        );
    }
    results
}
