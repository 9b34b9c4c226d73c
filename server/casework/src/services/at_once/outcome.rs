//! What the provider said becomes evidence, findings, risk, deadline and the next state of the
//! check.

use super::{super::Said, ANSWER, ask::Answered};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    records::{
        checks::{
            self as check_store, Check, Finding,
            evidence::{keep, latest},
        },
        customers, policies,
    },
    seal,
    store::Conn,
};
use domain::{
    Moment,
    checks::{Band, NO_RISK, State},
    findings::Source,
    journal::{Action, Subject},
};
use serde_json::json;

/// The most findings that are kept of one outcome; the evidence has all.
const FINDINGS_MAX: usize = 200;

/// The answer that was kept, if one was and can be read.
pub(crate) async fn said(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Option<Said>, Error> {
    let Some(body) = latest(work, conn, check, ANSWER).await? else { return Ok(None) };
    Ok(Said::read(check.kind()?, &body, &check.asked()?))
}

/// Writes the outcome of a check that waits for it, inside the caller's transaction.
pub(crate) async fn arrived(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    answered: &Answered,
    now: Moment,
) -> Result<Vec<journal::Entry>, Error> {
    let id = check.id.as_str().into();
    let kept = keep(work, conn, check, ANSWER, &answered.answer, now).await?;
    if check.state()? != State::Queued {
        return Ok(vec![]);
    }
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let outcome = answered.said.outcome(&answered.question, now);
    let mut outcome =
        outcome.ok_or_else(|| Error::Corrupt(format!("the question of check {}", check.id)))?;
    outcome.findings.extend(other_birth_date(conn, check).await?);
    for (at, mut finding) in outcome.findings.into_iter().take(FINDINGS_MAX).enumerate() {
        finding.position = at as i64 + 1;
        finding.fingerprint = seal::fingerprint(&key, &finding.fingerprint);
        check_store::insert_finding(conn, &id, &finding).await?;
    }
    if let Some(reference) = &outcome.reference {
        check_store::sent(conn, &id, reference, domain::time::NEVER).await?;
    }
    check_store::move_to(conn, &id, State::Queued, State::ToReview, check.version, now).await?;
    let due_at =
        now + policies::current(conn).await?.review_time(check.kind()?, outcome.risk.map(Band::of));
    check_store::outcome(conn, &id, outcome.risk.unwrap_or(NO_RISK), &outcome.words, now, due_at)
        .await?;
    let details = json!({ "says": outcome.words, "risk": outcome.risk, "evidence": [kept] });
    Ok(vec![
        Actor::worker().entry(
            now,
            Action::CheckSent,
            Subject::Check,
            &check.id,
            json!({ "detail": "answered" }),
        ),
        Actor::worker().entry(now, Action::OutcomeArrived, Subject::Check, &check.id, details),
    ])
}

/// A CPR number of another birthday than the customer's is something to judge, whatever the
/// register says of it.
async fn other_birth_date(conn: &mut Conn<'_>, check: &Check) -> Result<Option<Finding>, Error> {
    let Some(born) = check.asked()?.born else { return Ok(None) };
    let known = customers::store::by_id(conn, &check.customer_id)
        .await?
        .and_then(|customer| customer.birth_date);
    let Some(known) = known.filter(|known| *known != born) else { return Ok(None) };
    let next = "Compare both with the customer's documents: the number may be another person's, or the birth date was typed wrong.";
    let pairs = vec![
        ("birth date of the CPR number".to_owned(), born),
        ("birth date of the customer".to_owned(), known),
        what_next(next),
    ];
    Ok(Some(finding(
        Source::Register,
        "birth date",
        "The birth date in the CPR number is not the customer's",
        pairs,
    )))
}

/// What to do about a finding, as one of its facts.
pub(in crate::services) fn what_next(words: &str) -> (String, String) {
    ("what to do next".to_owned(), words.to_owned())
}

/// Facts as a finding stores them.
pub(in crate::services) fn facts(pairs: &[(String, String)]) -> String {
    serde_json::to_string(pairs).unwrap_or_default()
}

/// A finding with facts and nothing that was compared.
pub(in crate::services) fn finding(
    source: Source,
    name: &str,
    title: &str,
    pairs: Vec<(String, String)>,
) -> Finding {
    Finding::new(source, name, title, &[], &pairs)
}
