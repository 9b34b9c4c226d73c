//! What a person must judge of a video identification.

use super::outcome::came_to_nothing;
use crate::{
    MasterKey,
    providers::solaris::{Attempt, IdentificationRecord, PersonRecord},
    records::checks::Finding,
    seal,
};
use domain::{
    findings::{Compared, Match, Source},
    video::{AttemptResult, Difference, Light, Person, Session, Sides, State, explain, rows},
};

/// The most findings of one outcome; the evidence has all.
const FINDINGS_MAX: usize = 200;

/// The reason, if it is one after which another try makes no sense.
pub(super) fn permanent_reason<'a>(
    record: &'a IdentificationRecord,
    attempts: &'a [Attempt],
) -> Option<&'a str> {
    if !matches!(record.state, State::Aborted | State::Canceled) {
        return None;
    }
    let last = attempts.last().and_then(|a| a.reason.as_deref());
    [last, record.failure_reason.as_deref()]
        .into_iter()
        .flatten()
        .find(|code| explain(code).is_some_and(|known| known.is_permanent))
}

/// All that findings are made of.
pub(super) struct Heard<'a> {
    pub record: &'a IdentificationRecord,
    /// The oldest first.
    pub attempts: &'a [Attempt],
    /// Why there are none, where they could not be read.
    pub sessions_why: Option<&'a str>,
    /// What of the sessions is none, as it came and masked.
    pub unread: Option<String>,
    pub person: &'a PersonRecord,
    /// The person as the provider showed them first since the check began.
    pub before: Option<&'a PersonRecord>,
    /// Whom the check asks about.
    pub sent: Option<&'a Person>,
}

/// What sessions tell of the customer, for a comparison.
pub(super) fn told(attempts: &[Attempt]) -> Vec<Session<'_>> {
    attempts
        .iter()
        .map(|attempt| Session {
            result: &attempt.result,
            data: &attempt.userdata,
            number: attempt.mobile_number.as_deref(),
        })
        .collect()
}

/// All findings, in the order that reviewers look. The customer's key makes the fingerprints, so
/// that they say nothing any more once it is deleted.
///
/// No session counts more than another: which one is the last is only as sure as their times are.
pub(super) fn of(heard: &Heard<'_>, key: &MasterKey) -> Vec<Finding> {
    let Heard { record, attempts, person, .. } = heard;
    let mut all = Vec::new();
    all.extend(of_state(record));
    if let Some(code) = permanent_reason(record, attempts) {
        all.push(reason(Source::IdentState, code, "", "Another try makes no sense"));
    }
    all.extend(of_person(person));
    if attempts.iter().any(|attempt| attempt.result == AttemptResult::FraudSuspicionConfirmed) {
        let words = "IDnow confirmed a suspicion of fraud";
        let facts = advice("Do not onboard the customer; follow your procedure for fraud.");
        all.push(Finding::new(Source::IdentState, "fraud", words, &[], &facts));
    }
    all.extend(of_people(heard));
    for attempt in *attempts {
        all.extend(changed(attempt));
    }
    for (at, attempt) in attempts.iter().enumerate() {
        if let AttemptResult::Unknown(word) = &attempt.result {
            let words =
                format!("Session {} has a result that this version does not know: {word}", at + 1);
            all.push(unread(
                &format!("result/{}/{word}", attempt.id.as_deref().unwrap_or_default()),
                &words,
                None,
            ));
        }
        // A state that says more than its sessions does not settle it.
        if is_successful(record) && attempt.result == AttemptResult::FraudSuspicionPending {
            let words = format!(
                "Session {}: IDnow suspects fraud and has not decided, although the identification is successful",
                at + 1
            );
            all.push(unread(
                &format!("suspicion/{}", attempt.id.as_deref().unwrap_or_default()),
                &words,
                None,
            ));
        }
    }
    for (at, attempt) in attempts.iter().enumerate().filter(|(_, a)| came_to_nothing(&a.result)) {
        let number = at + 1;
        let id = attempt.id.clone().unwrap_or_else(|| number.to_string());
        match &attempt.reason {
            Some(code) => all.push(reason(
                Source::IdentAttempt,
                code,
                &id,
                &format!("Session {number} was {}", attempt.result.words()),
            )),
            None => {
                let words =
                    format!("Session {number} was {}, without a reason", attempt.result.words());
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

const fn is_successful(record: &IdentificationRecord) -> bool {
    matches!(record.state, State::Successful | State::PendingSuccessful)
}

/// Whoever came is compared with whoever was sent; what nobody tells is not nothing.
fn of_people(heard: &Heard<'_>) -> Vec<Finding> {
    let sessions = told(heard.attempts);
    let (sent, before) = (heard.sent, heard.before.map(|b| &b.fields));
    let sides = Sides { sent, before, now: &heard.person.fields, sessions: &sessions };
    let mut all: Vec<Finding> = sides.differences().iter().map(differs).collect();
    if let Some(raw) = &heard.unread {
        let mut finding = unread("attempts", "A part of the sessions could not be read", None);
        finding.snippet = Some(raw.clone());
        all.push(finding);
    }
    if is_successful(heard.record) {
        if !sides.is_told_of() {
            let words =
                "No session tells of the customer's data: whether it changed anything is not known";
            all.push(unread("sessions", words, heard.sessions_why));
        }
        let untold = sides.untold();
        if !untold.is_empty() {
            let words = format!("Not known after the session: {}", untold.join(", "));
            all.push(unread(&words, &words, None));
        }
    }
    all
}

fn differs(difference: &Difference) -> Finding {
    let Difference { label, path, sent, before, after, by_session, is_change, note } = difference;
    let title = match (by_session, is_change) {
        (true, _) => format!("{label}: the session shows something else than was typed"),
        (false, true) => format!("{label}: changed at Solaris since the check began"),
        (false, false) => format!("{label}: Solaris has something else than was typed"),
    };
    let compared =
        [Compared { field: label.to_lowercase(), result: Match::Differs, found: after.clone() }];
    let facts = [
        ("typed".to_owned(), sent.clone()),
        ("at Solaris before".to_owned(), before.clone()),
        (
            if *by_session { "in the session" } else { "at Solaris now" }.to_owned(),
            Some(after.clone()),
        ),
        ("note".to_owned(), note.clone()),
    ];
    let facts: Vec<(String, String)> =
        facts.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let from = before.as_ref().filter(|_| *is_change).or(sent.as_ref()).map_or("", String::as_str);
    Finding::new(
        Source::IdentField,
        &format!("person/{path}/{from}/{after}"),
        &title,
        &compared,
        &facts,
    )
}

fn unread(name: &str, words: &str, why: Option<&str>) -> Finding {
    let mut facts = advice(
        "Look at the evidence and ask Solaris before you decide. What is not known may still matter.",
    );
    facts.extend(why.map(|why| ("why".to_owned(), why.to_owned())));
    Finding::new(Source::Unread, name, words, &[], &facts)
}

fn of_state(record: &IdentificationRecord) -> Option<Finding> {
    let words = match &record.state {
        State::Failed => "The identification failed for good; no reason is disclosed".to_owned(),
        State::Unknown(word) => {
            format!("Solaris gives a state that this version does not know: {word}")
        }
        State::Missing => "Solaris gives no state".to_owned(),
        _ => return None,
    };
    let (means, next) = record.state.explained();
    let facts = vec![
        ("what it means".to_owned(), means.to_owned()),
        ("what to do next".to_owned(), next.to_owned()),
    ];
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
            Finding::new(
                Source::IdentState,
                &format!("{name}/{words}"),
                &format!("{name} at Solaris: {words}"),
                &[],
                &[],
            )
        })
        .collect();
    all.extend(person.standing.unknown().map(|(name, value)| {
        unread(
            &format!("{name}/{value}"),
            &format!("{name} at Solaris has a value that this version does not know: {value}"),
            None,
        )
    }));
    if person.flagged_by_compliance == Some(true) {
        let words = "Solaris's compliance has flagged the person";
        all.push(Finding::new(
            Source::IdentState,
            "flagged",
            words,
            &[],
            &advice("Ask Solaris before you decide."),
        ));
    } else if person.flagged_by_compliance.is_none() && person.says("flagged_by_compliance") {
        let words = "Whether Solaris's compliance has flagged the person cannot be read";
        all.push(unread("flagged", words, None));
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
            let compared = [Compared {
                field: row.label.to_lowercase(),
                result: Match::Differs,
                found: after.clone(),
            }];
            let facts = [
                ("sent".to_owned(), before.clone()),
                ("after the session".to_owned(), after.clone()),
            ];
            Finding::new(
                Source::IdentField,
                &format!("{id}/{}/{before}/{after}", row.label),
                &title,
                &compared,
                &facts,
            )
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
        None => vec![(
            "what it means".to_owned(),
            "This version does not know the code; it is shown as it came.".to_owned(),
        )],
    };
    Finding::new(source, &format!("{of}/{code}"), &format!("{before}: {code}"), &[], &facts)
}

fn advice(words: &str) -> Vec<(String, String)> {
    vec![("what to do next".to_owned(), words.to_owned())]
}
