//! Carrying a decision out: one transaction of guarded update, decision, promise and journal.

pub use crate::records::decisions::{Decision, get};
use crate::{
    Casework, Error, MasterKey,
    desk::{
        facts,
        seen::{self, Opened},
    },
    journal::{self, Actor},
    records::{
        checks::{self as check_store, Check, Evidence, evidence},
        customers, decisions as steps, people, promises, proposals,
    },
    seal, services,
    store::{Conn, Sql, rows_of, written},
};
use domain::{
    CheckId, DecisionId, Moment, PersonId, Refusal,
    checks::{State, Telling},
    decisions::{self, Outcome, Ruled, Step, Verdict},
    journal::{Action, Subject},
    made::{RiskThen, TellingThen, Way},
    people::Caller,
    time::HOUR,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// What the reviewer saw when they decided.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    pub version: i64,
    pub risk: Option<i64>,
    /// All that was listed.
    pub evidence: Vec<SeenEvidence>,
    pub findings: Vec<SeenFinding>,
    /// What of it was opened; older versions did not record that.
    #[serde(default)]
    pub opened: Option<Opened>,
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

pub use domain::decisions::Act;

/// What is done, and in which way; an act by itself is one on the check's page.
#[derive(Debug, Clone, Copy)]
pub struct Doing {
    pub act: Act,
    pub way: Way,
}

impl From<Act> for Doing {
    fn from(act: Act) -> Self {
        Self { act, way: Way::Page }
    }
}

/// Records a decision, a proposal, its approval or return, an overturn or a withdrawal.
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
    act: impl Into<Doing>,
    verdict: &Verdict<'_>,
) -> Result<Decided, Error> {
    act_for(work, caller, actor, check_id, id, act, verdict, None).await
}

/// The same; what becomes a proposal is meant for `named`, until its deadline.
///
/// # Errors
/// As [`act`]; somebody is named who could not approve.
#[allow(clippy::too_many_arguments)] // who does what about which
pub async fn act_for(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    check_id: &CheckId,
    id: &DecisionId,
    act: impl Into<Doing>,
    verdict: &Verdict<'_>,
    named: Option<&PersonId>,
) -> Result<Decided, Error> {
    let doing = act.into();
    seen::views_written(work).await;
    let decided = written!(work, async |conn| {
        act_within(work, conn, caller, actor, check_id, id, doing, verdict, named).await
    })
    .and_then(|decided| Ok(decided?));
    if let (Act::Approve, Err(Error::Refused(refusal @ (Refusal::FourEyes | Refusal::MadeIt(_))))) =
        (doing.act, &decided)
    {
        // Supervisors hear of it on their start page.
        people::watch::own_approval_refused(
            work,
            actor,
            Subject::Check,
            check_id.as_str(),
            refusal.code(),
        )
        .await?;
    }
    decided
}

#[allow(clippy::too_many_arguments)] // who does what about which
async fn act_within(
    work: &Casework,
    conn: &mut Conn<'_>,
    caller: &Caller,
    actor: &Actor,
    check_id: &CheckId,
    id: &DecisionId,
    Doing { act, way }: Doing,
    verdict: &Verdict<'_>,
    named: Option<&PersonId>,
) -> Result<Result<Decided, Refusal>, Error> {
    let now = work.now();
    let check = check_store::hold(conn, check_id).await?.ok_or(Error::NotFound)?;
    if let Some(recorded) = steps::find(conn, id).await? {
        return repeated(&recorded, &check, caller).map(Ok);
    }
    // The role as it is now: who lost it after opening the page decides nothing any more.
    let caller = &people::as_now(conn, caller)
        .await?
        .ok_or(Refusal::NotAllowed(decisions::permission(act)))?;
    let named = match named {
        Some(id) => Some(facts::named(conn, id).await?),
        None => None,
    };
    let all = steps::of_check(conn, check_id).await?;
    let facts = facts::read(work, conn, &check, &all, Some(&caller.id), now).await?;
    let ruled =
        decisions::rule(&facts.standing(named.as_ref()), &facts.policy, caller, act, verdict);
    match ruled {
        Ok(ruled) => {
            if way == Way::Bulk
                && let Some(refused) =
                    seen::in_bulk(work, conn, &check, caller.id.as_str()).await?.refused
            {
                return Err(refused.into());
            }
            let given = (all.as_slice(), &facts, &ruled);
            Ok(Ok(record(
                work,
                conn,
                (caller, actor),
                &check,
                (id, way),
                verdict,
                named.as_ref(),
                given,
                now,
            )
            .await?))
        }
        // What overtook it was noticed only now: it is void from here on, whatever the answer.
        Err(Refusal::Voided) if proposals::void_if_overtaken(work, conn, check_id, now).await? => {
            Ok(Err(Refusal::Voided))
        }
        Err(refusal) => Err(refusal.into()),
    }
}

/// Writes a step that the rule allows, and what follows from it.
#[allow(clippy::too_many_arguments)] // who does what about which
async fn record(
    work: &Casework,
    conn: &mut Conn<'_>,
    (caller, actor): (&Caller, &Actor),
    check: &Check,
    (id, way): (&DecisionId, Way),
    verdict: &Verdict<'_>,
    named: Option<&Caller>,
    (all, facts, ruled): (&[Decision], &facts::Facts, &Ruled),
    now: Moment,
) -> Result<Decided, Error> {
    let check_id = CheckId::from(check.id.as_str());
    let is_proposal = ruled.step == Step::Proposal;
    let (evidence, seen) = seen(work, conn, check, caller).await?;
    let is_bound = matches!(ruled.step, Step::Proposal | Step::Approval);
    let overturns = facts.proposal.as_ref().is_some_and(|p| p.overturns.is_some())
        || ruled.step == Step::Overturn;
    let telling = seen::telling_of(conn, check, ruled, overturns, now).await?;
    let (risk_score, risk_band) = RiskThen::of(check.risk()).stored();
    let decision = Decision {
        id: id.to_string(),
        check_id: check.id.clone(),
        round: all.last().map_or(1, |d| d.round + 1),
        step: ruled.step.code().into(),
        outcome: ruled.outcome.code().into(),
        reason: ruled.reason.code().into(),
        comment: crate::records::visible(verdict.comment.trim()).replace("\r\n", "\n"),
        decided_by: caller.id.to_string(),
        decided_by_name: caller.name.clone(),
        decided_at_ms: now,
        about: about(ruled.step, check, all),
        seen_sealed: match customers::key(work, conn, &check.customer_id).await? {
            Some(key) => Some(sealed_for_row(&key, id.as_str(), &seen)?),
            None => None,
        },
        policy_version: i64::from(facts.policy.version),
        evidence_hash: if is_bound {
            Some(proposals::evidence_hash(work, conn, check).await?)
        } else {
            None
        },
        checker_id: named.filter(|_| is_proposal).map(|named| named.id.to_string()),
        until_ms: is_proposal.then(|| now + i64::from(facts.policy.proposal_hours()) * HOUR),
        way: Some(way.code().into()),
        risk_score,
        risk_band: risk_band.map(|band| band.code().into()),
        telling: Some(telling.code().into()),
    };
    // The step stands before the check moves: the database asks for it.
    steps::insert(conn, &decision).await?;
    if check_store::move_to(conn, &check_id, check.state()?, ruled.state, check.version, now)
        .await?
        == 0
    {
        return Err(Refusal::Changed.into());
    }
    if ruled.step == Step::SentBack && ruled.state == State::ToReview {
        let maker = all.last().map_or(caller.id.as_str(), |d| d.decided_by.as_str());
        check_store::come_back(conn, &check_id, maker, now).await?;
    }
    follow_up(work, conn, actor, check, &decision, ruled, telling, now).await?;
    let opened = opened_names(&evidence, seen.opened.as_ref());
    let evidence: Vec<&str> = evidence.iter().map(|e| e.name.as_str()).collect();
    let details = json!({ "decision": decision.id, "outcome": decision.outcome, "reason": decision.reason, "comment": decision.comment, "round": decision.round, "evidence": evidence, "opened": opened, "way": decision.way, "risk": check.risk(), "telling": decision.telling, "about": decision.about, "policy": decision.policy_version, "evidence_hash": decision.evidence_hash, "checker": decision.checker_id, "until": decision.until_ms });
    journal::append(
        conn,
        &[actor.entry(now, action_of(ruled.step), Subject::Check, &check.id, details)],
    )
    .await?;
    Ok(Decided {
        id: id.clone(),
        step: ruled.step,
        outcome: ruled.outcome,
        told: decisions::is_told(check.kind()?),
        repeated: false,
    })
}

/// What a step points at: the proposal that it answers, or the decision that it is to overturn.
fn about(step: Step, check: &Check, all: &[Decision]) -> Option<String> {
    let is_decided = matches!(check.state.as_str(), "accepted" | "rejected");
    let stands = || {
        all.iter()
            .rev()
            .find(|d| matches!(d.step(), Some(Step::Decision | Step::Approval | Step::Overturn)))
    };
    match step {
        Step::Approval | Step::SentBack => all.last().map(|d| d.id.clone()),
        Step::Overturn => stands().map(|d| d.id.clone()),
        Step::Proposal if is_decided => stands().map(|d| d.id.clone()),
        Step::Proposal | Step::Decision | Step::Withdrawal => None,
    }
}

fn repeated(recorded: &Decision, check: &Check, caller: &Caller) -> Result<Decided, Error> {
    let (Some(step), Some(outcome)) = (recorded.step(), recorded.outcome()) else {
        return Err(Error::Corrupt(format!("decision {}", recorded.id)));
    };
    if recorded.check_id != check.id || recorded.decided_by != caller.id.as_str() {
        // An id that belongs elsewhere is not this page's.
        return Err(Refusal::Changed.into());
    }
    Ok(Decided {
        id: recorded.id.as_str().into(),
        step,
        outcome,
        told: decisions::is_told(check.kind()?),
        repeated: true,
    })
}

/// What a reviewer reads while an overturn stands against what the provider keeps.
pub(crate) const OVERTURNED: &str = "Overturned here. KryptoGO keeps its first decision: a task there is decided once. Run the check again to bring both in line.";

/// What a recorded step brings with it: a final one is told to the provider, where it takes
/// decisions, and may launch what follows.
#[allow(clippy::too_many_arguments)] // what it follows from
async fn follow_up(
    work: &Casework,
    conn: &mut Conn<'_>,
    actor: &Actor,
    check: &Check,
    decision: &Decision,
    ruled: &Ruled,
    telling: Telling,
    now: Moment,
) -> Result<(), Error> {
    let id = CheckId::from(check.id.as_str());
    if ruled.state == State::Withdrawn {
        return services::ending::end(conn, &id, now).await;
    }
    // What was sent back against a decision leaves it, and its telling, as they were.
    if !matches!(ruled.state, State::Accepted | State::Rejected) || ruled.step == Step::SentBack {
        return Ok(());
    }
    if matches!(ruled.outcome, Outcome::Accept) {
        services::of(check.kind()?).accepted(work, conn, check, actor, now).await?;
    }
    check_store::decided(conn, &id, telling, now).await?;
    match telling {
        Telling::Due => {}
        Telling::Conflict => {
            return check_store::set_trouble(conn, &id, Some(OVERTURNED), now).await;
        }
        _ => return Ok(()),
    }
    let decision_id = DecisionId::from(decision.id.as_str());
    let payload = json!({ "accepted": matches!(ruled.outcome, Outcome::Accept), "comment": comment_for_provider(conn, decision).await? });
    promises::promise(
        conn,
        promises::Task::TellDecision,
        &id,
        Some(&decision_id),
        &check.connection_id,
        payload,
        now,
    )
    .await
}

/// The provider gets the reviewer's words; for an approval, the proposer's, which are the reasons.
async fn comment_for_provider(conn: &mut Conn<'_>, decision: &Decision) -> Result<String, Error> {
    if let (Some(Step::Approval), Some(about)) = (decision.step(), &decision.about)
        && let Some(proposal) = steps::find(conn, &about.as_str().into()).await?
    {
        return Ok(proposal.comment);
    }
    Ok(decision.comment.clone())
}

/// What somebody saw, sealed with the customer's key for the row of their decision.
pub(crate) fn sealed_for_row(
    key: &MasterKey,
    decision: &str,
    seen: &Seen,
) -> Result<Vec<u8>, Error> {
    Ok(seal::seal_field(key, &seen_place(decision), crate::records::to_json(seen)?.as_bytes()))
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
    let check = check_store::find(&mut conn, &decision.check_id.as_str().into())
        .await?
        .ok_or(Error::NotFound)?;
    let key = customers::key(work, &mut conn, &check.customer_id).await?;
    let (Some(key), Some(sealed)) = (key, &decision.seen_sealed) else { return Ok(None) };
    let seen = seal::open_field(&key, &seen_place(&decision.id), sealed)?;
    serde_json::from_slice(&seen)
        .map(Some)
        .map_err(|e| Error::Corrupt(format!("what decision {} saw: {e}", decision.id)))
}

/// The names of the bodies that were opened.
fn opened_names<'a>(evidence: &'a [Evidence], opened: Option<&Opened>) -> Vec<&'a str> {
    let is_opened = |e: &&Evidence| opened.is_some_and(|opened| opened.bodies.contains_key(&e.id));
    evidence.iter().filter(is_opened).map(|e| e.name.as_str()).collect()
}

async fn seen(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    caller: &Caller,
) -> Result<(Vec<Evidence>, Seen), Error> {
    let id = CheckId::from(check.id.as_str());
    let evidence = evidence::evidence_of(work, conn, check).await?;
    let findings = check_store::findings(conn, &id).await?;
    let seen = Seen {
        version: check.version,
        risk: check.risk(),
        evidence: evidence
            .iter()
            .map(|e| SeenEvidence {
                id: e.id.clone(),
                source: e.source.clone(),
                sha256: e.sha256.clone(),
            })
            .collect(),
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
        opened: Some(seen::opened(work, conn, check, caller.id.as_str(), Moment::MAX).await?),
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
        Step::Withdrawal => Action::CheckWithdrawn,
    }
}

/// A decision as supervisors list it, with risk and telling as they were then.
#[derive(Debug, Clone)]
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
    pub way: Option<Way>,
    pub risk: RiskThen,
    pub telling: TellingThen,
    pub name: String,
    pub reference: String,
}

#[derive(sqlx_macros::FromRow)]
struct ListedRow {
    id: String,
    check_id: String,
    kind: String,
    step: String,
    outcome: String,
    reason: String,
    comment: String,
    decided_by_name: String,
    decided_at_ms: i64,
    way: Option<String>,
    risk_score: Option<i64>,
    risk_band: Option<String>,
    telling: Option<String>,
    /// How the delivery of this decision stands.
    told: Option<String>,
    /// Of rows that do not say the risk: what was seen, and the customer's key.
    seen_sealed: Option<Vec<u8>>,
    key_sealed: Option<Vec<u8>>,
    customer_id: String,
    name: String,
    reference: String,
}

impl ListedRow {
    fn listed(self, work: &Casework) -> Listed {
        let risk = match (&self.key_sealed, &self.seen_sealed) {
            (Some(key), Some(seen)) => {
                seen::sealed_risk(work, &self.id, &self.customer_id, key, seen)
            }
            _ => RiskThen::read(self.risk_score, self.risk_band.as_deref()),
        };
        Listed {
            risk,
            telling: seen::telling_then(
                &self.kind,
                &self.step,
                self.told.as_deref(),
                self.telling.as_deref(),
            ),
            way: self.way.as_deref().and_then(Way::parse),
            id: self.id,
            check_id: self.check_id,
            kind: self.kind,
            step: self.step,
            outcome: self.outcome,
            reason: self.reason,
            comment: self.comment,
            decided_by_name: self.decided_by_name,
            decided_at_ms: self.decided_at_ms,
            name: self.name,
            reference: self.reference,
        }
    }
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
pub async fn list(
    work: &Casework,
    filter: &DecisionFilter,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    let mut sql = Sql::default();
    sql.push(
        "SELECT d.id, d.check_id, k.kind, d.step, d.outcome, d.reason, d.comment, p.name AS decided_by_name, d.decided_at_ms, d.way, d.risk_score, d.risk_band, d.telling, t.state AS told, \
         CASE WHEN d.risk_score IS NULL THEN d.seen_sealed END AS seen_sealed, CASE WHEN d.risk_score IS NULL THEN y.sealed END AS key_sealed, k.customer_id, COALESCE(k.about, c.name) AS name, c.reference \
         FROM decisions d JOIN people p ON p.id = d.decided_by JOIN checks k ON k.id = d.check_id JOIN customers c ON c.id = k.customer_id \
         LEFT JOIN customer_keys y ON y.customer_id = k.customer_id LEFT JOIN deliveries t ON t.check_id = d.check_id AND t.decision_id = d.id AND t.task = 'tell_decision' \
         WHERE d.decided_at_ms >= 0",
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
        sql.push(" AND (d.decided_at_ms, d.id) < (")
            .int(*at)
            .push(", ")
            .text(id.as_str())
            .push(")");
    }
    sql.push(" ORDER BY d.decided_at_ms DESC, d.id DESC LIMIT ").int(limit);
    let mut reader = work.db.read().await?;
    let rows = rows_of!(&mut reader.conn(), ListedRow, &sql)?;
    Ok(rows.into_iter().map(|row| row.listed(work)).collect())
}
