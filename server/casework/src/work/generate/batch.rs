//! Checks that are made up and what belongs to them, gathered and written with many rows to a
//! statement.

use super::Numbers;
use crate::{
    Error, MasterKey,
    desk::decide::{self, Seen},
    journal::{self, Actor, Entry},
    new_id,
    records::{
        checks::{self as check_store, Check, Finding},
        customers::Customer,
        decisions::Decision,
    },
    store::{Conn, Sql, exec_of, parts},
};
use domain::{
    checks::{Kind, State},
    decisions::{Outcome, Reason, Step},
    findings::{Judgement, Source},
    journal::{Action, Subject},
    made::{RiskThen, Way},
};
use serde_json::json;

const COMMENTS: [&str; 4] = [
    "Nothing against this customer.",
    "The hits are about somebody else: birth dates differ.",
    "Old articles, settled since.",
    "Looked at together with the file of the last review.",
];

/// A customer who is made up.
pub(super) struct New {
    pub customer: Customer,
    /// Their key, and the same sealed.
    pub key: (MasterKey, Vec<u8>),
    /// Under which they are found.
    pub endings: Vec<String>,
}

/// A few thousand checks with their customers, findings, decisions and journal entries.
#[derive(Default)]
pub(super) struct Batch {
    pub customers: Vec<New>,
    checks: Vec<Check>,
    findings: Vec<(String, Finding)>,
    decisions: Vec<Decision>,
    entries: Vec<Entry>,
}

impl Batch {
    /// Takes a check, and makes up what one of this state would have.
    pub(super) fn add(
        &mut self,
        numbers: &mut Numbers,
        check: Check,
        name: &str,
        key: &MasterKey,
    ) -> Result<(), Error> {
        self.surround(numbers, &check, name, key)?;
        self.checks.push(check);
        Ok(())
    }

    fn surround(
        &mut self,
        numbers: &mut Numbers,
        check: &Check,
        name: &str,
        key: &MasterKey,
    ) -> Result<(), Error> {
        let (state, person) = (check.state()?, check.launched_by.clone().unwrap_or_default());
        let actor = Actor::new(&person, "");
        let mut note = |at, actor: &Actor, action, details| {
            self.entries.push(actor.entry(at, action, Subject::Check, &check.id, details));
        };
        note(check.launched_at_ms, &actor, Action::CheckLaunched, json!({ "kind": check.kind }));
        let outcome_at = check.outcome_at_ms.unwrap_or(check.launched_at_ms);
        if state == State::Failed {
            note(
                outcome_at,
                &Actor::worker(),
                Action::CheckFailed,
                json!({ "trouble": check.trouble }),
            );
            return Ok(());
        }
        note(
            outcome_at,
            &Actor::worker(),
            Action::OutcomeArrived,
            json!({ "risk": check.risk_score }),
        );
        let is_open = state == State::ToReview;
        if !is_open {
            let decision = decision(numbers, check, state, &person, key)?;
            let action = if state == State::Proposed {
                Action::DecisionProposed
            } else {
                Action::DecisionMade
            };
            let details = json!({ "decision": decision.id, "outcome": decision.outcome, "reason": decision.reason, "comment": decision.comment, "round": 1 });
            note(decision.decided_at_ms, &actor, action, details);
            self.decisions.push(decision);
        }
        if check.risk_score >= 60 {
            for at in 0..=numbers.below(3) {
                self.findings.push((
                    check.id.clone(),
                    finding(numbers, check, name, at as i64, (!is_open).then_some(&person)),
                ));
            }
        }
        Ok(())
    }

    pub(super) async fn write(mut self, conn: &mut Conn<'_>) -> Result<(), Error> {
        insert_customers(conn, &self.customers).await?;
        insert_checks(conn, &self.checks).await?;
        insert_findings(conn, &self.findings).await?;
        insert_decisions(conn, &self.decisions).await?;
        move_on(conn, &self.checks).await?;
        self.customers
            .iter()
            .for_each(|new| crate::records::customers::store::wrote(conn, &new.customer.id));
        self.checks.iter().for_each(|check| check_store::wrote_check(conn, &check.id));
        self.findings.iter().for_each(|(_, finding)| check_store::wrote_finding(conn, &finding.id));
        self.decisions
            .iter()
            .for_each(|decision| conn.wrote(journal::parts::DECISIONS, &decision.id));
        self.entries.sort_by_key(|entry| entry.at);
        journal::append(conn, &self.entries).await
    }
}

fn decision(
    numbers: &mut Numbers,
    check: &Check,
    state: State,
    person: &str,
    key: &MasterKey,
) -> Result<Decision, Error> {
    let (outcome, reason) = match (state, check.risk_score) {
        (State::Rejected, 80..) => (Outcome::Reject, Reason::RiskTooHigh),
        (State::Rejected, _) => (Outcome::Reject, Reason::AdverseMedia),
        (_, 60..) => (Outcome::Accept, Reason::FalsePositivesOnly),
        _ => (Outcome::Accept, Reason::NoFindings),
    };
    let seen = Seen { version: 1, risk: check.risk(), ..Seen::default() };
    let (risk_score, risk_band) = RiskThen::of(check.risk()).stored();
    let id = new_id();
    Ok(Decision {
        seen_sealed: Some(decide::sealed_for_row(key, &id, &seen)?),
        id,
        check_id: check.id.clone(),
        round: 1,
        step: if state == State::Proposed { Step::Proposal } else { Step::Decision }.code().into(),
        outcome: outcome.code().into(),
        reason: reason.code().into(),
        comment: numbers.of(&COMMENTS).to_owned(),
        decided_by: person.to_owned(),
        decided_by_name: String::new(),
        decided_at_ms: check.decided_at_ms.unwrap_or(check.touched_at_ms),
        about: None,
        policy_version: 1,
        // Nothing was proposed on anything: these checks have no evidence.
        evidence_hash: (state == State::Proposed).then(String::new),
        checker_id: None,
        until_ms: (state == State::Proposed).then_some(check.touched_at_ms),
        way: Some(Way::Page.code().into()),
        risk_score,
        risk_band: risk_band.map(|band| band.code().into()),
        telling: Some(check.telling.clone()),
    })
}

/// Companies have articles, people also lists; what is decided was judged.
fn finding(
    numbers: &mut Numbers,
    check: &Check,
    name: &str,
    position: i64,
    judged_by: Option<&String>,
) -> Finding {
    let source = if check.kind == Kind::DdKyb.code() || numbers.below(2) == 0 {
        Source::NegativeNews
    } else {
        Source::SanctionList
    };
    let judgement = match (judged_by, check.state.as_str()) {
        (None, _) => Judgement::Undecided,
        (Some(_), "rejected") => Judgement::Relevant,
        (Some(_), _) => Judgement::FalsePositive,
    };
    Finding {
        position,
        score: Some(50 + numbers.below(51) as i64),
        judgement: judgement.code().into(),
        judged_by: judged_by.cloned(),
        fingerprint: crate::sha256_hex(format!("{}{position}", check.id).as_bytes()),
        judged_at_ms: judged_by.and(check.decided_at_ms.or(Some(check.touched_at_ms))),
        ..Finding::new(
            source,
            &position.to_string(),
            name,
            &[],
            &[("Listed".into(), (1990 + numbers.below(36)).to_string())],
        )
    }
}

async fn insert_customers(conn: &mut Conn<'_>, all: &[New]) -> Result<(), Error> {
    let into = "INSERT INTO customers (id, reference, subject, name, birth_date, country, created_at_ms) VALUES ";
    insert(conn, into, all, |sql, New { customer: c, .. }| {
        sql.text(&c.id)
            .push(", ")
            .text(&c.reference)
            .push(", ")
            .text(&c.subject)
            .push(", ")
            .text(&c.name)
            .push(", ");
        sql.maybe(c.birth_date.as_deref())
            .push(", ")
            .maybe(c.country.as_deref())
            .push(", ")
            .int(c.created_at_ms);
    })
    .await?;
    insert(conn, "INSERT INTO customer_keys (customer_id, sealed) VALUES ", all, |sql, new| {
        sql.text(&new.customer.id).push(", ").bytes(new.key.1.as_slice());
    })
    .await?;
    let endings: Vec<_> = all
        .iter()
        .flat_map(|new| new.endings.iter().map(|ending| (ending, &new.customer.id)))
        .collect();
    insert(
        conn,
        "INSERT INTO customer_endings (ending, customer_id) VALUES ",
        &endings,
        |sql, (ending, customer)| {
            sql.text(*ending).push(", ").text(*customer);
        },
    )
    .await
}

async fn insert_checks(conn: &mut Conn<'_>, all: &[Check]) -> Result<(), Error> {
    let into = "INSERT INTO checks (id, kind, customer_id, connection_id, state, version, touched_at_ms, risk_score, provider_ref, \
        provider_state, progress, request, launched_by, launched_at_ms, outcome_at_ms, decided_at_ms, due_from_ms, due_at_ms, assignee_id, \
        claim_until_ms, telling, trouble, poll_at_ms, polls_failed, poll_fence) VALUES ";
    insert(conn, into, all, |sql, c| {
        sql.text(&c.id)
            .push(", ")
            .text(&c.kind)
            .push(", ")
            .text(&c.customer_id)
            .push(", ")
            .text(&c.connection_id)
            .push(", ");
        sql.text(before_its_decision(&c.state))
            .push(", ")
            .int(c.version)
            .push(", ")
            .int(c.touched_at_ms)
            .push(", ")
            .int(c.risk_score)
            .push(", ");
        sql.maybe(c.provider_ref.as_deref())
            .push(", ")
            .maybe(c.provider_state.as_deref())
            .push(", ")
            .int(c.progress)
            .push(", ");
        sql.text(&c.request)
            .push(", ")
            .maybe(c.launched_by.as_deref())
            .push(", ")
            .int(c.launched_at_ms)
            .push(", ");
        maybe_int(sql, c.outcome_at_ms).push(", ");
        maybe_int(sql, c.decided_at_ms)
            .push(", ")
            .int(c.due_from_ms)
            .push(", ")
            .int(c.due_at_ms)
            .push(", ");
        sql.maybe(c.assignee_id.as_deref())
            .push(", ")
            .int(c.claim_until_ms)
            .push(", ")
            .text(&c.telling)
            .push(", ");
        sql.maybe(c.trouble.as_deref())
            .push(", ")
            .int(c.poll_at_ms)
            .push(", ")
            .int(c.polls_failed)
            .push(", ")
            .int(c.poll_fence);
    })
    .await
}

/// A check is decided by its step, and not before.
fn before_its_decision(state: &str) -> &str {
    match state {
        "proposed" | "accepted" | "rejected" => "to_review",
        other => other,
    }
}

async fn move_on(conn: &mut Conn<'_>, all: &[Check]) -> Result<(), Error> {
    for state in [State::Proposed, State::Accepted, State::Rejected] {
        let ids: Vec<&str> =
            all.iter().filter(|c| c.state == state.code()).map(|c| c.id.as_str()).collect();
        for part in ids.chunks(ROWS).flat_map(parts) {
            let mut sql = Sql::default();
            sql.push("UPDATE checks SET state = ").text(state.code()).push(" WHERE id IN (");
            for (at, id) in part.iter().enumerate() {
                sql.push(if at == 0 { "" } else { ", " }).text(*id);
            }
            sql.push(")");
            exec_of!(conn, &sql)?;
        }
    }
    Ok(())
}

async fn insert_findings(conn: &mut Conn<'_>, all: &[(String, Finding)]) -> Result<(), Error> {
    let into = "INSERT INTO findings (id, check_id, source, source_name, position, fingerprint, title, score, compared, facts, judgement, \
        judged_by, judged_at_ms) VALUES ";
    insert(conn, into, all, |sql, (check, f)| {
        sql.text(&f.id)
            .push(", ")
            .text(check)
            .push(", ")
            .text(&f.source)
            .push(", ")
            .text(&f.source_name)
            .push(", ");
        sql.int(f.position)
            .push(", ")
            .text(&f.fingerprint)
            .push(", ")
            .text(&f.title)
            .push(", ")
            .int(f.score.unwrap_or_default());
        sql.push(", ")
            .text(&f.compared)
            .push(", ")
            .text(&f.facts)
            .push(", ")
            .text(&f.judgement)
            .push(", ");
        sql.maybe(f.judged_by.as_deref()).push(", ");
        maybe_int(sql, f.judged_at_ms);
    })
    .await
}

async fn insert_decisions(conn: &mut Conn<'_>, all: &[Decision]) -> Result<(), Error> {
    let into = "INSERT INTO decisions (id, check_id, round, step, outcome, reason, comment, decided_by, decided_at_ms, seen, seen_sealed, evidence_hash, until_ms, way, risk_score, risk_band, telling) VALUES ";
    insert(conn, into, all, |sql, d| {
        sql.text(&d.id)
            .push(", ")
            .text(&d.check_id)
            .push(", ")
            .int(d.round)
            .push(", ")
            .text(&d.step)
            .push(", ")
            .text(&d.outcome);
        sql.push(", ")
            .text(&d.reason)
            .push(", ")
            .text(&d.comment)
            .push(", ")
            .text(&d.decided_by)
            .push(", ")
            .int(d.decided_at_ms);
        sql.push(", '', ").bytes(d.seen_sealed.as_deref().unwrap_or_default());
        sql.push(", ").maybe(d.evidence_hash.as_deref()).push(", ");
        maybe_int(sql, d.until_ms);
        sql.push(", ").maybe(d.way.as_deref()).push(", ");
        maybe_int(sql, d.risk_score)
            .push(", ")
            .maybe(d.risk_band.as_deref())
            .push(", ")
            .maybe(d.telling.as_deref());
    })
    .await
}

/// Rows in one statement at most. SQLite looks each parameter's name up among all that come before
/// it.
const ROWS: usize = 16;

async fn insert<T>(
    conn: &mut Conn<'_>,
    into: &'static str,
    all: &[T],
    values: impl Fn(&mut Sql, &T),
) -> Result<(), Error> {
    for part in all.chunks(ROWS).flat_map(parts) {
        let mut sql = Sql::default();
        sql.push(into);
        for (at, row) in part.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" });
            values(&mut sql, row);
            sql.push(")");
        }
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

fn maybe_int(sql: &mut Sql, value: Option<i64>) -> &mut Sql {
    match value {
        Some(value) => sql.int(value),
        None => sql.push("NULL"),
    }
}
