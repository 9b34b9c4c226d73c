//! What Solaris and IDnow say of an identification becomes evidence, findings, documents, alarms and the next state.
//!
//! Callbacks and polls only ask for a read; whatever is read last is how it stands, and a read that a newer request has
//! overtaken changes nothing.

use super::{
    ATTEMPTS, IDENTIFICATION, LEGITIMATION, PERSON, documents, findings, id_of, launch, persons, send, shown,
    store::{self, Session},
};
use crate::{
    Casework, Error,
    checks::{
        self as actions, facts,
        outcome::{Read, keep},
        store::{self as check_store, Check, Finding},
    },
    customers,
    journal::{self, Actor},
    policies,
    providers::{
        Answer, CallError,
        solaris::{Attempt, Client, DocumentRecord, IdentificationRecord, PersonRecord, SupportedDocument},
    },
    store::Conn,
};
use domain::{
    CheckId, Moment,
    checks::{NO_RISK, State},
    decisions::COMMENT_MAX,
    fields::Refused,
    findings::Source,
    journal::{Action, Subject},
    people::{Caller, Permission},
    time,
    video::{self, AttemptResult, LINK_LIFE_MS, State as ProviderState},
};
use serde_json::json;

/// How long after its outcome an identification is still read, for documents and changes that come late.
const AFTER_OUTCOME: i64 = time::DAY;

/// Said when data changed after somebody had accepted them.
const CHANGED_LATER: &str = "IDnow corrected data after this check was accepted. Compare them with what the decision rests on.";

/// Everything that one read gives.
struct Heard {
    identification: (Answer, IdentificationRecord),
    attempts: Option<(Answer, Vec<Attempt>)>,
    legitimation: Option<Answer>,
    person: (Answer, PersonRecord),
    supported: Option<Vec<SupportedDocument>>,
    documents: Vec<(documents::Place, DocumentRecord)>,
}

impl Heard {
    fn state(&self) -> &ProviderState {
        &self.identification.1.state
    }

    fn attempts(&self) -> &[Attempt] {
        self.attempts.as_ref().map_or(&[], |(_, all)| all)
    }

    /// Whether there is something that a person must judge now.
    fn is_outcome(&self) -> bool {
        self.state().is_outcome() || findings::permanent_reason(&self.identification.1, self.attempts()).is_some()
    }
}

/// Reads an identification at the provider and carries over what it says.
///
/// # Errors
/// The call, or the database.
pub(crate) async fn read_again(work: &Casework, client: &Client, check: &Check) -> Result<Read, Error> {
    let Some(identification) = check.provider_ref.as_deref() else { return Ok(Read::Finished) };
    if matches!(check.state()?, State::Draft | State::Failed | State::Withdrawn) {
        return Ok(Read::Finished);
    }
    let (session, person) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let session = launch::held(&mut conn, &id_of(check)).await?;
        let person = persons::of_session(&mut conn, &session).await?.and_then(|p| p.provider_ref);
        (session, person.ok_or_else(|| Error::Corrupt(format!("check {} has an identification of nobody", check.id)))?)
    };
    let heard = hear(client, &person, identification, session.supported.is_none()).await?;
    if !write(work, check, &heard).await? {
        return Ok(Read::Running);
    }
    let more = documents::fetch(work, client, check, &person).await?;
    let long_after = |at: Option<Moment>| at.is_some_and(|at| work.now() - at > AFTER_OUTCOME);
    // Decided, and the customer's address has run out: no session follows any more.
    let is_over = check.state()?.is_final() && heard.state().same_url() && long_after(session.requested_at_ms.map(|at| at + LINK_LIFE_MS));
    let is_settled = heard.state().is_final() && long_after(check.outcome_at_ms);
    Ok(if (is_settled || is_over) && !more { Read::Finished } else { Read::Running })
}

/// All reads happen before the transaction: no provider is awaited inside one.
async fn hear(client: &Client, person: &str, id: &str, asks_supported: bool) -> Result<Heard, Error> {
    let identification = client.identification(person, id).await.map_err(CallError::from)?;
    let state = identification.1.state.clone();
    let begun = !matches!(state, ProviderState::Created);
    let attempts = if begun { absent_is_none(client.attempts(person, id).await)? } else { None };
    let has_data = matches!(state, ProviderState::PendingSuccessful | ProviderState::Successful);
    let legitimation = if has_data { absent_is_none(client.legitimation_data(person, id).await)?.map(|(answer, _)| answer) } else { None };
    let supported = if asks_supported && !begun { client.supported_documents(person, id).await.ok() } else { None };
    let person_read = client.person(person).await.map_err(CallError::from)?;
    let documents = if state.is_outcome() { documents::listed(client, person, &identification.1).await } else { vec![] };
    Ok(Heard { identification, attempts, legitimation, person: person_read, supported, documents })
}

/// What the provider does not have yet, or not at all, is no failure.
fn absent_is_none<T>(read: Result<T, crate::providers::solaris::Failure>) -> Result<Option<T>, CallError> {
    match read.map_err(CallError::from) {
        Ok(read) => Ok(Some(read)),
        Err(CallError::NotFound | CallError::Refused(..) | CallError::Failed(501, _)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// One transaction with all that follows; gives whether it counted.
async fn write(work: &Casework, check: &Check, heard: &Heard) -> Result<bool, Error> {
    let (id, now) = (id_of(check), work.now());
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        let is_over = matches!(fresh.state()?, State::Failed | State::Withdrawn);
        // Somebody asked for a newer read while this one was under way: what it heard may be older.
        if is_over || fresh.poll_fence != check.poll_fence || customers::key(work, &mut conn, &check.customer_id).await?.is_none() {
            return Ok(false);
        }
        let mut session = launch::held(&mut conn, &id).await?;
        let earlier: Vec<ProviderState> = launch::history_of(&session).into_iter().map(|(_, state)| state).collect();
        let changed = send::push(&mut session, heard.state(), now)?;
        if let Some(supported) = &heard.supported {
            session.supported = Some(send::supported_json(supported));
        }
        shown::keep_link(work, &mut conn, check, &mut session, &heard.identification.1).await?;
        let kept = keep_all(work, &mut conn, check, heard, now).await?;
        note_person(work, &mut conn, check, &session, heard, now).await?;
        let new_documents = documents::note(&mut conn, &id, &heard.documents, now).await?;
        store::put_session(&mut conn, &session).await?;
        let mut entries = Vec::new();
        let entry = |action, details| Actor::worker().entry(now, action, Subject::Check, &check.id, details);
        if changed {
            entries.push(entry(
                Action::StateReached,
                json!({ "state": heard.state().code(), "from": earlier.last().map(ProviderState::code) }),
            ));
        }
        let found = findings_of(work, &mut conn, check, heard).await?;
        let alarm = alarm_of(&fresh, &earlier, changed, heard, &found);
        carry_over(&mut conn, &fresh, heard, &found, Change { changed: changed || new_documents > 0, kept }, now, &mut entries).await?;
        if let Some(sentence) = alarm {
            store::raise_alarm(&mut conn, &id, sentence, now).await?;
            check_store::touch(&mut conn, &id, now).await?;
            entries.push(entry(Action::AlarmRaised, json!({ "why": sentence, "state": heard.state().code() })));
        }
        journal::append(&mut conn, &entries).await?;
        facts::void_if_overtaken(work, &mut conn, &id, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn keep_all(work: &Casework, conn: &mut Conn<'_>, check: &Check, heard: &Heard, now: Moment) -> Result<Vec<String>, Error> {
    let mut kept = vec![keep(work, conn, check, IDENTIFICATION, &heard.identification.0, now).await?];
    if let Some((answer, all)) = &heard.attempts
        && !all.is_empty()
    {
        kept.push(keep(work, conn, check, ATTEMPTS, answer, now).await?);
    }
    if let Some(answer) = &heard.legitimation {
        kept.push(keep(work, conn, check, LEGITIMATION, answer, now).await?);
    }
    kept.push(keep(work, conn, check, PERSON, &heard.person.0, now).await?);
    Ok(kept)
}

async fn note_person(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    session: &Session,
    heard: &Heard,
    now: Moment,
) -> Result<(), Error> {
    if let Some(mut person) = persons::of_session(conn, session).await? {
        persons::read(work, conn, check, &mut person, &heard.person.0, &heard.person.1, now).await?;
    }
    Ok(())
}

/// Findings that are not there yet, numbered on.
async fn findings_of(work: &Casework, conn: &mut Conn<'_>, check: &Check, heard: &Heard) -> Result<Vec<Finding>, Error> {
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let known = check_store::findings(conn, &id_of(check)).await?;
    let all = findings::of(&heard.identification.1, heard.attempts(), &heard.person.1, &key);
    let mut new: Vec<Finding> = all.into_iter().filter(|f| !known.iter().any(|k| k.fingerprint == f.fingerprint)).collect();
    for (at, finding) in new.iter_mut().enumerate() {
        finding.position = (known.len() + at) as i64 + 1;
    }
    Ok(new)
}

fn alarm_of(fresh: &Check, earlier: &[ProviderState], changed: bool, heard: &Heard, found: &[Finding]) -> Option<&'static str> {
    let by_state = if changed { video::alarm(earlier, heard.state()).map(video::Alarm::sentence) } else { None };
    let corrected = fresh.state == State::Accepted.code() && found.iter().any(|f| f.source() == Source::IdentField);
    // Nothing is added to a decided check's findings, so the same correction is told once: when its state changes.
    by_state.or((corrected && changed).then_some(CHANGED_LATER))
}

/// What a read brought besides findings.
struct Change {
    changed: bool,
    kept: Vec<String>,
}

async fn carry_over(
    conn: &mut Conn<'_>,
    fresh: &Check,
    heard: &Heard,
    found: &[Finding],
    change: Change,
    now: Moment,
    entries: &mut Vec<journal::Entry>,
) -> Result<(), Error> {
    let (id, words) = (id_of(fresh), heard.state().words());
    match fresh.state()? {
        State::Queued | State::Running if !heard.is_outcome() => {
            // A step's trouble is the person's to mend; a read does not take it away.
            let trouble = fresh.trouble.clone().filter(|_| fresh.state == State::Queued.code());
            let progress = i64::from(!matches!(heard.state(), ProviderState::Created)) * 50;
            check_store::progressed(conn, &id, progress, &words, now).await?;
            if trouble.is_some() {
                check_store::set_trouble(conn, &id, trouble.as_deref(), now).await?;
            }
        }
        State::Queued | State::Running => {
            for finding in found {
                check_store::insert_finding(conn, &id, finding).await?;
            }
            if check_store::move_to(conn, &id, fresh.state()?, State::ToReview, fresh.version, now).await? > 0 {
                let due_at = now + policies::current(conn).await?.review_time(fresh.kind()?, None);
                check_store::outcome(conn, &id, NO_RISK, &words, now, due_at).await?;
                let details = json!({ "state": words, "findings": found.len(), "evidence": change.kept });
                entries.push(Actor::worker().entry(now, Action::OutcomeArrived, Subject::Check, &fresh.id, details));
            }
        }
        // What arrives while a proposal waits is kept all the same, and ends it.
        State::ToReview | State::Proposed => {
            check_store::provider_says(conn, &id, &words, now).await?;
            for finding in found {
                check_store::insert_finding(conn, &id, finding).await?;
            }
            if change.changed || !found.is_empty() {
                check_store::touch(conn, &id, now).await?;
            }
        }
        State::Accepted | State::Rejected => check_store::provider_says(conn, &id, &words, now).await?,
        State::Draft | State::Failed | State::Withdrawn => {}
    }
    Ok(())
}

/// A check that needs attention again, whatever was decided.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Alarmed {
    pub check_id: String,
    /// The customer's reference.
    pub customer: String,
    pub name: String,
    pub sentence: String,
    pub at_ms: Moment,
    /// The check's state.
    pub state: String,
}

/// Alarms that nobody has settled, the oldest first.
///
/// # Errors
/// The database.
pub async fn alarms(work: &Casework) -> Result<Vec<Alarmed>, Error> {
    let mut reader = work.db.read().await?;
    store::alarms(&mut reader.conn()).await
}

/// Ends an alarm; the comment says what was done about it.
///
/// # Errors
/// Not allowed, no comment, no alarm, or the database.
pub async fn settle_alarm(work: &Casework, caller: &Caller, actor: &Actor, id: &CheckId, comment: &str) -> Result<(), Error> {
    if !caller.may(Permission::ReviewChecks) {
        return Err(domain::Refusal::NotAllowed(Permission::ReviewChecks).into());
    }
    let text = actions::visible(comment).trim().to_owned();
    let mut refused = Refused::of([("comment", comment)]);
    if text.is_empty() {
        refused.refuse("comment", "Say what was done about it: it stands with the check from now on.");
    } else if text.chars().count() > COMMENT_MAX {
        refused.refuse("comment", "Use at most 4,000 characters.");
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        check_store::hold(&mut conn, id).await?.ok_or(Error::NotFound)?;
        if store::settle_alarm(&mut conn, id, &actor.id, now).await? == 0 {
            return Err(refused.because("", "Somebody has settled this alarm already.").into());
        }
        check_store::insert_comment(&mut conn, &crate::new_id(), id, &actor.id, &text, now).await?;
        check_store::retouch(&mut conn, id, now).await?;
        journal::append(&mut conn, &[actor.entry(now, Action::AlarmSettled, Subject::Check, id.as_str(), json!({ "comment": text }))])
            .await?;
    }
    tx.commit().await
}

/// Whether a session ended without a result that stands.
pub(super) const fn came_to_nothing(result: &AttemptResult) -> bool {
    matches!(result, AttemptResult::Aborted | AttemptResult::Canceled)
}
