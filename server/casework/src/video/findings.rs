//! What a person must judge of a video identification.

use super::outcome::came_to_nothing;
use crate::{
    MasterKey,
    checks::store::Finding,
    providers::solaris::{Attempt, IdentificationRecord, PersonRecord},
    seal,
};
use domain::{
    findings::{Compared, Match, Source},
    video::{AttemptResult, Light, State, explain, rows},
};

/// The most findings of one outcome; the evidence has all.
const FINDINGS_MAX: usize = 200;

/// The reason, if it is one after which another try makes no sense.
pub(super) fn permanent_reason<'a>(record: &'a IdentificationRecord, attempts: &'a [Attempt]) -> Option<&'a str> {
    if !matches!(record.state, State::Aborted | State::Canceled) {
        return None;
    }
    let last = attempts.last().and_then(|a| a.reason.as_deref());
    last.or(record.failure_reason.as_deref()).filter(|code| explain(code).is_some_and(|known| known.is_permanent))
}

/// All findings, in the order that reviewers look. The customer's key makes the fingerprints, so that they say nothing any
/// more once it is deleted.
pub(super) fn of(record: &IdentificationRecord, attempts: &[Attempt], person: &PersonRecord, key: &MasterKey) -> Vec<Finding> {
    let mut all = Vec::new();
    all.extend(of_state(record));
    if let Some(code) = permanent_reason(record, attempts) {
        all.push(reason(Source::IdentState, code, "", "Another try makes no sense"));
    }
    all.extend(of_person(person));
    if let Some(last) = attempts.last() {
        if last.result == AttemptResult::FraudSuspicionConfirmed {
            let words = "IDnow confirmed a suspicion of fraud";
            all.push(Finding::new(
                Source::IdentState,
                "fraud",
                words,
                &[],
                &advice("Do not onboard the customer; follow your procedure for fraud."),
            ));
        }
        all.extend(changed(last));
    }
    for (at, attempt) in attempts.iter().enumerate().filter(|(_, a)| came_to_nothing(&a.result)) {
        let number = at + 1;
        let id = attempt.id.clone().unwrap_or_else(|| number.to_string());
        match &attempt.reason {
            Some(code) => all.push(reason(Source::IdentAttempt, code, &id, &format!("Session {number} was {}", attempt.result.words()))),
            None => {
                let words = format!("Session {number} was {}, without a reason", attempt.result.words());
                all.push(Finding::new(Source::IdentAttempt, &id, &words, &[], &[]));
            }
        }
    }
    all.truncate(FINDINGS_MAX);
    for finding in &mut all {
        finding.fingerprint = seal::fingerprint(key, &finding.fingerprint);
    }
    all
}

fn of_state(record: &IdentificationRecord) -> Option<Finding> {
    let words = match &record.state {
        State::Failed => "The identification failed for good; no reason is disclosed".to_owned(),
        State::Unknown(word) => format!("Solaris gives a state that this version does not know: {word}"),
        State::Missing => "Solaris gives no state".to_owned(),
        _ => return None,
    };
    let (means, next) = record.state.explained();
    let facts = vec![("what it means".to_owned(), means.to_owned()), ("what to do next".to_owned(), next.to_owned())];
    Some(Finding::new(Source::IdentState, record.state.code(), &words, &[], &facts))
}

/// What Solaris itself says against the person.
fn of_person(person: &PersonRecord) -> Vec<Finding> {
    let mut all: Vec<Finding> = person
        .standing
        .rows()
        .into_iter()
        .filter(|(_, _, light)| *light == Light::Red)
        .map(|(name, words, _)| {
            Finding::new(Source::IdentState, &format!("{name}/{words}"), &format!("{name} at Solaris: {words}"), &[], &[])
        })
        .collect();
    if person.flagged_by_compliance == Some(true) {
        let words = "Solaris's compliance has flagged the person";
        all.push(Finding::new(Source::IdentState, "flagged", words, &[], &advice("Ask Solaris before you decide.")));
    }
    all
}

/// Fields that the session corrected.
fn changed(attempt: &Attempt) -> Vec<Finding> {
    let id = attempt.id.as_deref().unwrap_or_default();
    rows(&attempt.userdata)
        .into_iter()
        .filter(|row| row.result == Match::Differs)
        .map(|row| {
            let (before, after) = (row.before.unwrap_or_default(), row.after.unwrap_or_default());
            let title = format!("{}: changed in the session", row.label);
            let compared = [Compared { field: row.label.to_lowercase(), result: Match::Differs, found: after.clone() }];
            let facts = [("sent".to_owned(), before.clone()), ("after the session".to_owned(), after.clone())];
            Finding::new(Source::IdentField, &format!("{id}/{}/{before}/{after}", row.label), &title, &compared, &facts)
        })
        .collect()
}

fn reason(source: Source, code: &str, of: &str, before: &str) -> Finding {
    let facts = match explain(code) {
        Some(known) => vec![
            ("what it means".to_owned(), known.means.to_owned()),
            ("what to do next".to_owned(), known.next.to_owned()),
            ("kind".to_owned(), known.flags()),
        ],
        None => vec![("what it means".to_owned(), "This version does not know the code; it is shown as it came.".to_owned())],
    };
    Finding::new(source, &format!("{of}/{code}"), &format!("{before}: {code}"), &[], &facts)
}

fn advice(words: &str) -> Vec<(String, String)> {
    vec![("what to do next".to_owned(), words.to_owned())]
}
