//! Recorded steps: their rows, which are never changed.

use crate::{
    Casework, Error,
    journal::{self},
    store::{Conn, exec, row, rows},
};
use domain::{
    CheckId, DecisionId,
    decisions::{Outcome, Reason, Step},
    made::{RiskThen, Way},
};

/// A recorded step.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Decision {
    pub id: String,
    pub check_id: String,
    pub round: i64,
    pub step: String,
    pub outcome: String,
    pub reason: String,
    pub comment: String,
    pub decided_by: String,
    pub decided_by_name: String,
    pub decided_at_ms: i64,
    pub about: Option<String>,
    /// Sealed with the customer's key; nothing when they had been erased by then. [`what_was_seen`]
    /// opens it.
    pub seen_sealed: Option<Vec<u8>>,
    /// The policy that it was made under.
    pub policy_version: i64,
    /// Of evidence, findings and judgements: on what something was proposed, and on what it was
    /// approved.
    pub evidence_hash: Option<String>,
    /// Whom a proposal is meant for until its deadline.
    pub checker_id: Option<String>,
    pub until_ms: Option<i64>,
    /// How it was made; nothing where an older version made it, as with what follows.
    pub way: Option<String>,
    pub risk_score: Option<i64>,
    pub risk_band: Option<String>,
    pub telling: Option<String>,
}

impl Decision {
    #[must_use]
    pub fn way(&self) -> Option<Way> {
        Way::parse(self.way.as_deref()?)
    }

    /// The risk as it was then, as far as it was recorded beside the decision.
    #[must_use]
    pub fn risk(&self) -> RiskThen {
        RiskThen::read(self.risk_score, self.risk_band.as_deref())
    }

    #[must_use]
    pub fn step(&self) -> Option<Step> {
        Step::parse(&self.step)
    }

    #[must_use]
    pub fn outcome(&self) -> Option<Outcome> {
        Outcome::parse(&self.outcome)
    }

    /// The reason in words; a code of another version as it is stored.
    #[must_use]
    pub fn reason_label(&self) -> String {
        Reason::parse(&self.reason).map_or_else(|| self.reason.clone(), |r| r.label().to_owned())
    }
}

macro_rules! decision {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.check_id, d.round, d.step, d.outcome, d.reason, d.comment, d.decided_by, p.name AS decided_by_name, d.decided_at_ms, d.about, d.seen_sealed, d.policy_version, d.evidence_hash, d.checker_id, d.until_ms, d.way, d.risk_score, d.risk_band, d.telling \
             FROM decisions d JOIN people p ON p.id = d.decided_by",
            $rest
        )
    };
}

pub(crate) async fn find(conn: &mut Conn<'_>, id: &DecisionId) -> Result<Option<Decision>, Error> {
    Ok(row!(conn, Decision, decision!(" WHERE d.id = $1"), id.as_str())?)
}

/// The decision of a check that stands, whatever is proposed against it.
pub(crate) async fn standing(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Option<Decision>, Error> {
    Ok(row!(
        conn,
        Decision,
        decision!(
            " WHERE d.check_id = $1 AND d.step IN ('decision', 'approval', 'overturn') ORDER BY d.round DESC LIMIT 1"
        ),
        check.as_str()
    )?)
}

pub(crate) async fn of_check(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Decision>, Error> {
    Ok(rows!(conn, Decision, decision!(" WHERE d.check_id = $1 ORDER BY d.round"), check.as_str())?)
}

pub(crate) async fn insert(conn: &mut Conn<'_>, d: &Decision) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO decisions (id, check_id, round, step, outcome, reason, comment, decided_by, decided_at_ms, about, seen, seen_sealed, policy_version, evidence_hash, checker_id, until_ms, way, risk_score, risk_band, telling) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11, $12, $13, $14, $15, $16, $17, $18, $19)",
        &d.id,
        &d.check_id,
        d.round,
        &d.step,
        &d.outcome,
        &d.reason,
        &d.comment,
        &d.decided_by,
        d.decided_at_ms,
        &d.about,
        &d.seen_sealed,
        d.policy_version,
        &d.evidence_hash,
        &d.checker_id,
        d.until_ms,
        &d.way,
        d.risk_score,
        &d.risk_band,
        &d.telling
    )?;
    conn.wrote(journal::parts::DECISIONS, &d.id);
    Ok(())
}

/// One decision of a check.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, check: &CheckId, id: &DecisionId) -> Result<Decision, Error> {
    let mut reader = work.db.read().await?;
    find(&mut reader.conn(), id)
        .await?
        .filter(|d| d.check_id == check.as_str())
        .ok_or(Error::NotFound)
}
