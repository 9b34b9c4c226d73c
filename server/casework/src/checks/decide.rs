//! Carrying a decision out: one transaction of guarded update, decision, promise and journal.

use super::{
    Check, review,
    store::{self, Evidence},
};
use crate::{
    Casework, Error, MasterKey, customers, journal,
    journal::Actor,
    outbox, people, seal,
    store::{Conn, Sql, again, exec, row, rows, rows_of},
};
use domain::{
    CheckId, DecisionId, Moment, Refusal,
    checks::{State, Telling},
    decisions::{self, Outcome, Reason, Ruled, Standing, Step, Verdict},
    journal::{Action, Subject},
    people::{Caller, Permission},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

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
    /// Sealed with the customer's key; nothing when they had been erased by then. [`what_was_seen`] opens it.
    pub seen_sealed: Option<Vec<u8>>,
}

impl Decision {
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

/// What the reviewer saw when they decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub version: i64,
    pub risk: Option<i64>,
    pub evidence: Vec<SeenEvidence>,
    pub findings: Vec<SeenFinding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenEvidence {
    pub id: String,
    pub source: String,
    pub sha256: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenFinding {
    pub id: String,
    /// Of what the provider said; only the customer's key can make it again.
    pub fingerprint: String,
    pub source: String,
    pub title: String,
    pub judgement: String,
    pub note: Option<String>,
}

/// What sending a decision answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    pub id: DecisionId,
    pub step: Step,
    pub outcome: Outcome,
    /// Whether the provider is told of decisions on this kind of check.
    pub told: bool,
    /// The same page was sent before: this is its recorded result.
    pub repeated: bool,
}

/// What a reviewer does about a check.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Decide,
    Approve,
    SendBack,
    Overturn,
}

/// Records a decision, a proposal, its approval or return, or an overturn.
///
/// The same `id` again gives the recorded result and changes nothing.
///
/// # Errors
/// The rule's refusal, an unknown check, or the database; then nothing was recorded.
pub async fn act(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    check_id: &CheckId,
    id: &DecisionId,
    act: Act,
    verdict: &Verdict<'_>,
) -> Result<Decided, Error> {
    again(|| act_once(work, caller, actor, check_id, id, act, verdict)).await
}

async fn act_once(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    check_id: &CheckId,
    id: &DecisionId,
    act: Act,
    verdict: &Verdict<'_>,
) -> Result<Decided, Error> {
    let now = work.now();
    let mut tx = work.db.write().await?;
    let decided = {
        let mut conn = tx.conn();
        let check = store::hold(&mut conn, check_id).await?.ok_or(Error::NotFound)?;
        if let Some(recorded) = find(&mut conn, id).await? {
            return repeated(&recorded, &check, caller);
        }
        // The role as it is now: who lost it after opening the page decides nothing any more.
        let caller = &people::as_now(&mut conn, caller).await?.ok_or(Refusal::NotAllowed(Permission::DecideChecks))?;
        let latest = latest(&mut conn, check_id).await?;
        let ruled = rule(&mut conn, &check, latest.as_ref(), caller, act, verdict).await?;
        if store::move_to(&mut conn, check_id, check.state()?, ruled.state, check.version, now).await? == 0 {
            return Err(Refusal::Changed.into());
        }
        let (evidence, seen) = seen(work, &mut conn, &check).await?;
        let decision = Decision {
            id: id.to_string(),
            check_id: check_id.to_string(),
            round: latest.as_ref().map_or(1, |d| d.round + 1),
            step: ruled.step.code().into(),
            outcome: ruled.outcome.code().into(),
            reason: ruled.reason.code().into(),
            comment: super::visible(verdict.comment.trim()).replace("\r\n", "\n"),
            decided_by: caller.id.to_string(),
            decided_by_name: caller.name.clone(),
            decided_at_ms: now,
            about: latest.filter(|_| ruled.step != Step::Decision && ruled.step != Step::Proposal).map(|d| d.id),
            seen_sealed: match customers::key(work, &mut conn, &check.customer_id).await? {
                Some(key) => Some(sealed_for_row(&key, id.as_str(), &seen)?),
                None => None,
            },
        };
        insert(&mut conn, &decision).await?;
        follow_up(work, &mut conn, actor, &check, &decision, &ruled, now).await?;
        let evidence: Vec<&str> = evidence.iter().map(|e| e.name.as_str()).collect();
        let details = json!({ "decision": decision.id, "outcome": decision.outcome, "reason": decision.reason, "comment": decision.comment, "round": decision.round, "evidence": evidence });
        journal::append(&mut conn, &[actor.entry(now, action_of(ruled.step), Subject::Check, check_id.as_str(), details)]).await?;
        Decided { id: id.clone(), step: ruled.step, outcome: ruled.outcome, told: decisions::is_told(check.kind()?), repeated: false }
    };
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(decided)
}

fn repeated(recorded: &Decision, check: &Check, caller: &Caller) -> Result<Decided, Error> {
    let (Some(step), Some(outcome)) = (recorded.step(), recorded.outcome()) else {
        return Err(Error::Corrupt(format!("decision {}", recorded.id)));
    };
    if recorded.check_id != check.id || recorded.decided_by != caller.id.as_str() {
        // An id that belongs elsewhere is not this page's.
        return Err(Refusal::Changed.into());
    }
    Ok(Decided { id: recorded.id.as_str().into(), step, outcome, told: decisions::is_told(check.kind()?), repeated: true })
}

async fn rule(
    conn: &mut Conn<'_>,
    check: &Check,
    latest: Option<&Decision>,
    caller: &Caller,
    act: Act,
    verdict: &Verdict<'_>,
) -> Result<Ruled, Error> {
    let id = CheckId::from(check.id.as_str());
    let proposer = latest.filter(|d| d.step == Step::Proposal.code()).map(|d| d.decided_by.as_str().into());
    let findings = store::judged(conn, &id).await?;
    let standing = Standing {
        kind: check.kind()?,
        state: check.state()?,
        version: check.version,
        band: check.band(),
        findings: &findings,
        proposed_by: proposer.as_ref(),
        decided: latest.map(|d| (d.decided_by_name.as_str(), d.decided_at_ms)),
    };
    let ruled = match act {
        Act::Decide => decisions::decide(&standing, caller, verdict),
        Act::Overturn => decisions::overturn(&standing, caller, verdict),
        Act::Approve | Act::SendBack => {
            let proposal = latest.and_then(|d| Some((d.outcome()?, Reason::parse(&d.reason)?))).ok_or(Refusal::NoProposal)?;
            decisions::approve(&standing, caller, proposal, verdict, matches!(act, Act::Approve))
        }
    };
    Ok(ruled?)
}

/// What a reviewer reads while an overturn stands against what the provider keeps.
pub(crate) const OVERTURNED: &str =
    "Overturned here. KryptoGO keeps its first decision: a task there is decided once. Run the check again to bring both in line.";

/// What a recorded step brings with it: a final one is told to the provider, where it takes decisions, and may launch what follows.
async fn follow_up(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    check: &Check,
    decision: &Decision,
    ruled: &Ruled,
    now: Moment,
) -> Result<(), Error> {
    if !matches!(ruled.state, State::Accepted | State::Rejected) {
        return Ok(());
    }
    let id = CheckId::from(check.id.as_str());
    if check.is_idv() && matches!(ruled.outcome, Outcome::Accept) {
        crate::idv::launch_follow_up(work, conn, check, actor, now).await?;
    }
    if !decisions::is_told(check.kind()?) {
        return store::decided(conn, &id, Telling::None, now).await;
    }
    // A decision that has not left is replaced by its overturn, as if it had never been promised.
    if ruled.step == Step::Overturn && !outbox::drop_untold(conn, &id, now).await? {
        // The provider takes one decision per task and refuses a second: an overturn stays here, and says so.
        if outbox::provider_has(conn, &id).await? == Some(matches!(ruled.outcome, Outcome::Accept)) {
            return store::decided(conn, &id, Telling::Applied, now).await;
        }
        store::decided(conn, &id, Telling::Conflict, now).await?;
        return store::set_trouble(conn, &id, Some(OVERTURNED), now).await;
    }
    store::decided(conn, &id, Telling::Due, now).await?;
    let decision_id = DecisionId::from(decision.id.as_str());
    let payload = json!({ "accepted": matches!(ruled.outcome, Outcome::Accept), "comment": comment_for_provider(conn, decision).await? });
    outbox::promise(conn, outbox::Task::TellDecision, &id, Some(&decision_id), &check.connection_id, payload, now).await
}

/// The provider gets the reviewer's words; for an approval, the proposer's, which are the reasons.
async fn comment_for_provider(conn: &mut Conn<'_>, decision: &Decision) -> Result<String, Error> {
    if let (Some(Step::Approval), Some(about)) = (decision.step(), &decision.about)
        && let Some(proposal) = find(conn, &about.as_str().into()).await?
    {
        return Ok(proposal.comment);
    }
    Ok(decision.comment.clone())
}

/// What somebody saw, sealed with the customer's key for the row of their decision.
pub(crate) fn sealed_for_row(key: &MasterKey, decision: &str, seen: &Seen) -> Result<Vec<u8>, Error> {
    Ok(seal::seal_field(key, &seen_place(decision), super::to_json(seen)?.as_bytes()))
}

/// Where what a decision saw stands.
pub(crate) fn seen_place(decision: &str) -> String {
    format!("decisions|seen_sealed|{decision}")
}

/// What the maker of a decision saw; nothing when the customer was erased.
///
/// # Errors
/// A damaged seal, or the database.
pub async fn what_was_seen(work: &Casework, decision: &Decision) -> Result<Option<Seen>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let check = store::find(&mut conn, &decision.check_id.as_str().into()).await?.ok_or(Error::NotFound)?;
    let key = customers::key(work, &mut conn, &check.customer_id).await?;
    let (Some(key), Some(sealed)) = (key, &decision.seen_sealed) else { return Ok(None) };
    let seen = seal::open_field(&key, &seen_place(&decision.id), sealed)?;
    serde_json::from_slice(&seen).map(Some).map_err(|e| Error::Corrupt(format!("what decision {} saw: {e}", decision.id)))
}

async fn seen(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<(Vec<Evidence>, Seen), Error> {
    let id = CheckId::from(check.id.as_str());
    let evidence = review::evidence_of(work, conn, check).await?;
    let findings = store::findings(conn, &id).await?;
    let seen = Seen {
        version: check.version,
        risk: check.risk(),
        evidence: evidence.iter().map(|e| SeenEvidence { id: e.id.clone(), source: e.source.clone(), sha256: e.sha256.clone() }).collect(),
        findings: findings
            .into_iter()
            .map(|f| SeenFinding {
                id: f.id,
                fingerprint: f.fingerprint,
                source: f.source_name,
                title: f.title,
                judgement: f.judgement,
                note: f.note,
            })
            .collect(),
    };
    Ok((evidence, seen))
}

const fn action_of(step: Step) -> Action {
    match step {
        Step::Decision => Action::DecisionMade,
        Step::Proposal => Action::DecisionProposed,
        Step::Approval => Action::DecisionApproved,
        Step::SentBack => Action::DecisionSentBack,
        Step::Overturn => Action::DecisionOverturned,
    }
}

macro_rules! decision {
    ($rest:literal) => {
        concat!(
            "SELECT d.id, d.check_id, d.round, d.step, d.outcome, d.reason, d.comment, d.decided_by, p.name AS decided_by_name, d.decided_at_ms, d.about, d.seen_sealed \
             FROM decisions d JOIN people p ON p.id = d.decided_by",
            $rest
        )
    };
}

pub(crate) async fn find(conn: &mut Conn<'_>, id: &DecisionId) -> Result<Option<Decision>, Error> {
    Ok(row!(conn, Decision, decision!(" WHERE d.id = $1"), id.as_str())?)
}

pub(crate) async fn latest(conn: &mut Conn<'_>, check: &CheckId) -> Result<Option<Decision>, Error> {
    Ok(row!(conn, Decision, decision!(" WHERE d.check_id = $1 ORDER BY d.round DESC LIMIT 1"), check.as_str())?)
}

pub(crate) async fn of_check(conn: &mut Conn<'_>, check: &CheckId) -> Result<Vec<Decision>, Error> {
    Ok(rows!(conn, Decision, decision!(" WHERE d.check_id = $1 ORDER BY d.round"), check.as_str())?)
}

async fn insert(conn: &mut Conn<'_>, d: &Decision) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO decisions (id, check_id, round, step, outcome, reason, comment, decided_by, decided_at_ms, about, seen, seen_sealed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, '', $11)",
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
        &d.seen_sealed
    )?;
    Ok(())
}

/// One decision of a check.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, check: &CheckId, id: &DecisionId) -> Result<Decision, Error> {
    let mut reader = work.db.read().await?;
    find(&mut reader.conn(), id).await?.filter(|d| d.check_id == check.as_str()).ok_or(Error::NotFound)
}

/// A decision as supervisors list it.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Listed {
    pub id: String,
    pub check_id: String,
    pub kind: String,
    pub step: String,
    pub outcome: String,
    pub reason: String,
    pub comment: String,
    pub decided_by_name: String,
    pub decided_at_ms: i64,
    pub risk_score: i64,
    pub telling: String,
    pub name: String,
    pub reference: String,
}

/// What supervisors filter decisions by.
#[derive(Debug, Clone, Default)]
pub struct DecisionFilter {
    pub outcome: Option<Outcome>,
    pub step: Option<Step>,
    pub person: Option<String>,
    pub before: Option<(Moment, String)>,
}

/// Decisions of all checks, newest first; one more than `limit` says that there are older ones.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework, filter: &DecisionFilter, limit: i64) -> Result<Vec<Listed>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT d.id, d.check_id, k.kind, d.step, d.outcome, d.reason, d.comment, p.name AS decided_by_name, d.decided_at_ms, k.risk_score, k.telling, COALESCE(k.about, c.name) AS name, c.reference \
         FROM decisions d JOIN people p ON p.id = d.decided_by JOIN checks k ON k.id = d.check_id JOIN customers c ON c.id = k.customer_id WHERE d.decided_at_ms >= 0",
    );
    if let Some(outcome) = filter.outcome {
        sql.push(" AND d.outcome = ").text(outcome.code());
    }
    if let Some(step) = filter.step {
        sql.push(" AND d.step = ").text(step.code());
    }
    if let Some(person) = &filter.person {
        sql.push(" AND d.decided_by = ").text(person);
    }
    if let Some((at, id)) = &filter.before {
        sql.push(" AND (d.decided_at_ms, d.id) < (").int(*at).push(", ").text(id.as_str()).push(")");
    }
    sql.push(" ORDER BY d.decided_at_ms DESC, d.id DESC LIMIT ").int(limit);
    let mut reader = work.db.read().await?;
    Ok(rows_of!(&mut reader.conn(), Listed, &sql)?)
}
