//! What belongs to checks that are made up, gathered and written with many rows to a statement.

use super::Numbers;
use crate::{
    Error,
    checks::{
        decide::{Decision, Seen},
        store::{Check, Finding},
    },
    journal::{self, Actor, Entry},
    new_id,
    store::{Conn, Sql, exec_of, parts},
};
use domain::{
    checks::{Kind, State},
    decisions::{Outcome, Reason, Step},
    findings::{Judgement, Source},
    journal::{Action, Subject},
};
use serde_json::json;

const COMMENTS: [&str; 4] = [
    "Nothing against this customer.",
    "The hits are about somebody else: birth dates differ.",
    "Old articles, settled since.",
    "Looked at together with the file of the last review.",
];

/// Findings, decisions and journal entries of a few thousand checks.
#[derive(Default)]
pub(super) struct Batch {
    findings: Vec<(String, Finding)>,
    decisions: Vec<Decision>,
    entries: Vec<Entry>,
}

impl Batch {
    /// Makes up what a check of this state would have.
    pub(super) fn add(&mut self, numbers: &mut Numbers, check: &Check, name: &str) -> Result<(), Error> {
        let (state, person) = (check.state()?, check.launched_by.clone().unwrap_or_default());
        let actor = Actor::new(&person, "");
        let mut note = |at, actor: &Actor, action, details| {
            self.entries.push(actor.entry(at, action, Subject::Check, &check.id, details));
        };
        note(check.launched_at_ms, &actor, Action::CheckLaunched, json!({ "kind": check.kind }));
        let outcome_at = check.outcome_at_ms.unwrap_or(check.launched_at_ms);
        if state == State::Failed {
            note(outcome_at, &Actor::worker(), Action::CheckFailed, json!({ "trouble": check.trouble }));
            return Ok(());
        }
        note(outcome_at, &Actor::worker(), Action::OutcomeArrived, json!({ "risk": check.risk_score }));
        let is_open = state == State::ToReview;
        if !is_open {
            let decision = decision(numbers, check, state, &person)?;
            let action = if state == State::Proposed { Action::DecisionProposed } else { Action::DecisionMade };
            let details = json!({ "decision": decision.id, "outcome": decision.outcome, "reason": decision.reason, "comment": decision.comment, "round": 1 });
            note(decision.decided_at_ms, &actor, action, details);
            self.decisions.push(decision);
        }
        if check.risk_score >= 60 {
            for at in 0..=numbers.below(3) {
                self.findings.push((check.id.clone(), finding(numbers, check, name, at as i64, (!is_open).then_some(&person))));
            }
        }
        Ok(())
    }

    pub(super) async fn write(mut self, conn: &mut Conn<'_>) -> Result<(), Error> {
        insert_findings(conn, &self.findings).await?;
        insert_decisions(conn, &self.decisions).await?;
        self.entries.sort_by_key(|entry| entry.at);
        journal::append(conn, &self.entries).await
    }
}

fn decision(numbers: &mut Numbers, check: &Check, state: State, person: &str) -> Result<Decision, Error> {
    let (outcome, reason) = match (state, check.risk_score) {
        (State::Rejected, 80..) => (Outcome::Reject, Reason::RiskTooHigh),
        (State::Rejected, _) => (Outcome::Reject, Reason::AdverseMedia),
        (_, 60..) => (Outcome::Accept, Reason::FalsePositivesOnly),
        _ => (Outcome::Accept, Reason::NoFindings),
    };
    let seen = Seen { version: 1, risk: check.risk(), ..Seen::default() };
    Ok(Decision {
        id: new_id(),
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
        seen: crate::checks::to_json(&seen)?,
    })
}

/// Companies have articles, people also lists; what is decided was judged.
fn finding(numbers: &mut Numbers, check: &Check, name: &str, position: i64, judged_by: Option<&String>) -> Finding {
    let source = if check.kind == Kind::DdKyb.code() || numbers.below(2) == 0 { Source::NegativeNews } else { Source::SanctionList };
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
        ..Finding::new(source, &position.to_string(), name, &[], &[("Listed".into(), (1990 + numbers.below(36)).to_string())])
    }
}

async fn insert_findings(conn: &mut Conn<'_>, findings: &[(String, Finding)]) -> Result<(), Error> {
    for part in parts(findings) {
        let mut sql = Sql::default();
        sql.push(
            "INSERT INTO findings (id, check_id, source, source_name, position, fingerprint, title, score, compared, facts, judgement, judged_by, judged_at_ms) VALUES ",
        );
        for (at, (check, f)) in part.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" }).text(&f.id).push(", ").text(check).push(", ").text(&f.source).push(", ");
            sql.text(&f.source_name).push(", ").int(f.position).push(", ").text(&f.fingerprint).push(", ").text(&f.title).push(", ");
            sql.int(f.score.unwrap_or_default()).push(", ").text(&f.compared).push(", ").text(&f.facts).push(", ").text(&f.judgement);
            sql.push(", ").maybe(f.judged_by.as_deref()).push(", ");
            match f.judged_at_ms {
                Some(moment) => sql.int(moment),
                None => sql.push("NULL"),
            };
            sql.push(")");
        }
        exec_of!(conn, &sql)?;
    }
    Ok(())
}

async fn insert_decisions(conn: &mut Conn<'_>, decisions: &[Decision]) -> Result<(), Error> {
    for part in parts(decisions) {
        let mut sql = Sql::default();
        sql.push("INSERT INTO decisions (id, check_id, round, step, outcome, reason, comment, decided_by, decided_at_ms, seen) VALUES ");
        for (at, d) in part.iter().enumerate() {
            sql.push(if at == 0 { "(" } else { ", (" }).text(&d.id).push(", ").text(&d.check_id).push(", ").int(d.round).push(", ");
            sql.text(&d.step).push(", ").text(&d.outcome).push(", ").text(&d.reason).push(", ").text(&d.comment).push(", ");
            sql.text(&d.decided_by).push(", ").int(d.decided_at_ms).push(", ").text(&d.seen).push(")");
        }
        exec_of!(conn, &sql)?;
    }
    Ok(())
}
