//! What a proposal rests on, and its end when that is not the same any more.

use crate::{
    Casework, Error,
    journal::{self, Actor, parts::VOIDED_PROPOSALS},
    records::{
        checks::{self as check_store, Check},
        customers,
        decisions::{self as steps, Decision},
    },
    seal,
    store::{Conn, exec},
};
use domain::{
    CheckId, Moment, Refusal,
    checks::State,
    decisions::{Outcome, Step},
    journal::{Action, Subject},
};
use serde_json::json;
use std::fmt::Write;

/// One hash over what a decision rests on: bodies of evidence, findings, judgements. Only the
/// customer's key can make it.
pub(crate) async fn evidence_hash(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<String, Error> {
    let id = CheckId::from(check.id.as_str());
    let mut text = String::new();
    let mut bodies: Vec<_> =
        check_store::evidence(conn, &id).await?.into_iter().map(|e| (e.source, e.name)).collect();
    bodies.sort();
    for (source, name) in bodies {
        let _ = writeln!(text, "body {source} {name}");
    }
    let mut findings = check_store::findings(conn, &id).await?;
    findings.sort_by(|a, b| a.id.cmp(&b.id));
    for f in findings {
        let _ = writeln!(
            text,
            "finding {} {} {} {}",
            f.id,
            f.fingerprint,
            f.judgement,
            f.judged_by.unwrap_or_default()
        );
    }
    Ok(match customers::key(work, conn, &check.customer_id).await? {
        Some(key) => seal::fingerprint(&key, &text),
        // Whoever was erased has no findings and no names of evidence that say anything.
        None => crate::sha256_hex(text.as_bytes()),
    })
}

/// Ends the proposal that waits if something arrived since it was made. The caller holds the check;
/// gives whether it did.
pub(crate) async fn void_if_overtaken(
    work: &Casework,
    conn: &mut Conn<'_>,
    id: &CheckId,
    now: Moment,
) -> Result<bool, Error> {
    let check = check_store::hold(conn, id).await?.ok_or(Error::NotFound)?;
    if check.state()? != State::Proposed {
        return Ok(false);
    }
    let all = steps::of_check(conn, id).await?;
    let Some(proposal) = all.last().filter(|d| d.step() == Some(Step::Proposal)) else {
        return Ok(false);
    };
    let Some(hash) = &proposal.evidence_hash else { return Ok(false) };
    if *hash == evidence_hash(work, conn, &check).await? {
        return Ok(false);
    }
    let overturned = proposal
        .about
        .as_ref()
        .and_then(|about| all.iter().find(|d| d.id == *about))
        .and_then(Decision::outcome);
    let why = "Evidence, a finding or a judgement is not what it was when this was proposed.";
    exec!(
        conn,
        "INSERT INTO voided_proposals (decision_id, check_id, why, voided_at_ms) VALUES ($1, $2, $3, $4)",
        &proposal.id,
        id.as_str(),
        why,
        now
    )?;
    conn.wrote(VOIDED_PROPOSALS, &proposal.id);
    let state = overturned.map_or(State::ToReview, Outcome::state);
    if check_store::move_to(conn, id, State::Proposed, state, check.version, now).await? == 0 {
        return Err(Refusal::Changed.into());
    }
    if state == State::ToReview {
        check_store::come_back(conn, id, &proposal.decided_by, now).await?;
    }
    let details = json!({ "decision": proposal.id, "round": proposal.round, "why": why });
    journal::append(
        conn,
        &[Actor::worker().entry(now, Action::DecisionVoided, Subject::Check, id.as_str(), details)],
    )
    .await?;
    Ok(true)
}
