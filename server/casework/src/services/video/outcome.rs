//! What Solaris and IDnow say of an identification becomes evidence, findings, documents, alarms
//! and the next state.
//!
//! Callbacks and polls only ask for a read; whatever is read last is how it stands, and a read that
//! a newer request has overtaken changes nothing.

use super::{
    ATTEMPTS, IDENTIFICATION, LEGITIMATION, PERSON, documents, findings, id_of, launch, persons,
    send, shown,
    store::{self, Session},
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::{
        Answer, CallError,
        solaris::{
            self, Attempt, Client, DocumentRecord, IdentificationRecord, PersonRecord,
            SupportedDocument,
        },
    },
    records::{
        self,
        checks::{
            self as check_store, Check, Finding,
            evidence::{keep, latest},
        },
        customers, policies, proposals,
    },
    seal,
    services::Read,
    store::{Conn, written},
};
use domain::{
    CheckId, Moment,
    checks::{NO_RISK, State},
    decisions::COMMENT_MAX,
    fields::Refused,
    findings::{Judgement, Source},
    journal::{Action, Subject},
    people::{Caller, Permission},
    time,
    video::{self, AttemptResult, LINK_LIFE_MS, PARTICULARS, Sides, State as ProviderState},
};
use serde_json::json;

/// How long after its outcome an identification is still read, for documents and changes that come
/// late.
const AFTER_OUTCOME: i64 = time::DAY;

/// Reads that fail before an identification is taken without its sessions or data of the document,
/// where these are what fails.
const PARTS_TRIES: i64 = 4;

/// Said when data changed after somebody had accepted them.
const CHANGED_LATER: &str = "IDnow corrected data after this check was accepted. Compare them with what the decision rests on.";

/// Said when somebody else than was accepted stands at the provider.
const RENAMED_LATER: &str = "Name, birth date or nationality changed at Solaris after this check was accepted. Compare them with what the decision rests on.";

/// Everything that one read gives.
struct Heard {
    identification: (Answer, IdentificationRecord),
    attempts: Option<(Answer, Vec<Attempt>)>,
    /// Why there are none.
    sessions_why: Option<String>,
    legitimation: Option<Answer>,
    person: (Answer, PersonRecord),
    supported: Option<Vec<SupportedDocument>>,
    documents: Vec<(documents::Place, DocumentRecord)>,
    /// Why the person's are not among them.
    documents_why: Option<String>,
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
        self.state().is_outcome()
            || findings::permanent_reason(&self.identification.1, self.attempts()).is_some()
    }
}

/// Reads an identification at the provider and carries over what it says.
///
/// # Errors
/// The call, or the database.
pub(crate) async fn read_again(
    work: &Casework,
    client: &Client,
    check: &Check,
) -> Result<Read, Error> {
    let Some(identification) = check.provider_ref.as_deref() else { return Ok(Read::Finished) };
    if matches!(check.state()?, State::Draft | State::Failed | State::Withdrawn) {
        return Ok(Read::Finished);
    }
    let (session, person) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let session = launch::held(&mut conn, &id_of(check)).await?;
        let person = persons::of_session(&mut conn, &session).await?.and_then(|p| p.provider_ref);
        (
            session,
            person.ok_or_else(|| {
                Error::Corrupt(format!("check {} has an identification of nobody", check.id))
            })?,
        )
    };
    let has_waited = check.polls_failed >= PARTS_TRIES;
    let heard =
        hear(client, &person, identification, session.supported.is_none(), has_waited).await?;
    if !write(work, check, &heard).await? {
        return Ok(Read::Running);
    }
    let more = documents::fetch(work, client, check, &person).await?;
    let long_after = |at: Option<Moment>| at.is_some_and(|at| work.now() - at > AFTER_OUTCOME);
    // Decided, and the customer's address has run out: no session follows any more.
    let is_over = check.state()?.is_final()
        && heard.state().same_url()
        && long_after(session.requested_at_ms.map(|at| at + LINK_LIFE_MS));
    let is_settled = heard.state().is_final() && long_after(check.outcome_at_ms);
    Ok(if (is_settled || is_over) && !more { Read::Finished } else { Read::Running })
}

/// All reads happen before the transaction: no provider is awaited inside one. Whoever `has_waited`
/// long enough for sessions or data of the document takes what there is.
async fn hear(
    client: &Client,
    person: &str,
    id: &str,
    asks_supported: bool,
    has_waited: bool,
) -> Result<Heard, Error> {
    let identification = client.identification(person, id).await.map_err(CallError::from)?;
    let state = identification.1.state.clone();
    let begun = !matches!(state, ProviderState::Created);
    let (attempts, sessions_why) = match begun {
        true => with_why(
            "sessions of this identification",
            client.attempts(person, id).await,
            has_waited,
        )?,
        false => (None, None),
    };
    let has_data = matches!(state, ProviderState::PendingSuccessful | ProviderState::Successful);
    let legitimation = match has_data {
        true => with_why(
            "data of the document",
            client.legitimation_data(person, id).await,
            has_waited,
        )?
        .0
        .map(|(answer, _)| answer),
        false => None,
    };
    let supported = if asks_supported && !begun {
        client.supported_documents(person, id).await.ok()
    } else {
        None
    };
    let person_read = client.person(person).await.map_err(CallError::from)?;
    let (documents, documents_why) = if state.is_outcome() {
        documents::listed(client, person, &identification.1).await
    } else {
        (vec![], None)
    };
    Ok(Heard {
        identification,
        attempts,
        sessions_why,
        legitimation,
        person: person_read,
        supported,
        documents,
        documents_why,
    })
}

/// What the provider does not have yet, does not give us or gives in another shape is no failure;
/// why it is not there is said.
fn with_why<T>(
    what: &str,
    read: Result<T, crate::providers::solaris::Failure>,
    has_waited: bool,
) -> Result<(Option<T>, Option<String>), CallError> {
    match read.map_err(CallError::from) {
        Ok(read) => Ok((Some(read), None)),
        Err(
            error @ (CallError::Credentials(_)
            | CallError::Conflict
            | CallError::OutOfPoints
            | CallError::Failed(..)),
        ) if has_waited => Ok((None, Some(documents::not_listed(what, &error)))),
        Err(
            error @ (CallError::NotFound
            | CallError::Refused(..)
            | CallError::Failed(501, _)
            | CallError::Unusable(_)),
        ) => Ok((None, Some(documents::not_listed(what, &error)))),
        Err(error) => Err(error),
    }
}

/// One transaction with all that follows; gives whether it counted.
async fn write(work: &Casework, check: &Check, heard: &Heard) -> Result<bool, Error> {
    let (id, now) = (id_of(check), work.now());
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        let is_over = matches!(fresh.state()?, State::Failed | State::Withdrawn);
        // Somebody asked for a newer read while this one was under way: what it heard may be older.
        if is_over
            || fresh.poll_fence != check.poll_fence
            || customers::key(work, &mut conn, &check.customer_id).await?.is_none()
        {
            return Ok(false);
        }
        let mut session = launch::held(&mut conn, &id).await?;
        let earlier: Vec<ProviderState> =
            launch::history_of(&session).into_iter().map(|(_, state)| state).collect();
        let changed = send::push(&mut session, heard.state(), now)?;
        if let Some(supported) = &heard.supported {
            session.supported = Some(send::supported_json(supported));
        }
        session.sessions_why.clone_from(&heard.sessions_why);
        session.documents_why.clone_from(&heard.documents_why);
        shown::keep_link(work, &mut conn, check, &mut session, &heard.identification.1).await?;
        let was = latest(work, &mut conn, check, PERSON)
            .await?
            .and_then(|body| PersonRecord::read(&body));
        let kept = keep_all(work, &mut conn, check, heard, now).await?;
        note_person(work, &mut conn, check, &session, heard, now).await?;
        let new_documents = documents::note(&mut conn, &id, &heard.documents, now).await?;
        store::put_session(&mut conn, &session).await?;
        let mut entries = Vec::new();
        let entry = |action, details| {
            Actor::worker().entry(now, action, Subject::Check, &check.id, details)
        };
        if changed {
            entries.push(entry(
                Action::StateReached,
                json!({ "state": heard.state().code(), "from": earlier.last().map(ProviderState::code) }),
            ));
        }
        let found = findings_of(work, &mut conn, &fresh, &session, heard).await?;
        let alarm = alarm_of(&fresh, &earlier, changed, heard, &found)
            .or_else(|| renamed(&fresh, was.as_ref(), &heard.person.1));
        carry_over(
            &mut conn,
            &fresh,
            heard,
            &found,
            Change { changed: changed || new_documents > 0, kept },
            now,
            &mut entries,
        )
        .await?;
        if let Some(sentence) = alarm {
            store::raise_alarm(&mut conn, &id, sentence, now).await?;
            check_store::touch(&mut conn, &id, now).await?;
            entries.push(entry(
                Action::AlarmRaised,
                json!({ "why": sentence, "state": heard.state().code() }),
            ));
        }
        journal::append(&mut conn, &entries).await?;
        proposals::void_if_overtaken(work, &mut conn, &id, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

async fn keep_all(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    heard: &Heard,
    now: Moment,
) -> Result<Vec<String>, Error> {
    let mut kept =
        vec![keep(work, conn, check, IDENTIFICATION, &heard.identification.0, now).await?];
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
        persons::read(work, conn, check, &mut person, &heard.person.0, &heard.person.1, now)
            .await?;
    }
    Ok(())
}

/// Findings that are not there yet, numbered on. What was not known and is by now goes, unless
/// somebody judged it.
async fn findings_of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    session: &Session,
    heard: &Heard,
) -> Result<Vec<Finding>, Error> {
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let id = id_of(check);
    let known = check_store::findings(conn, &id).await?;
    // What was told once is not untold by a list that cannot be read now.
    let (attempts, body) = match &heard.attempts {
        Some((answer, attempts)) if !attempts.is_empty() => {
            (attempts.clone(), Some(answer.body.clone()))
        }
        read => match latest(work, conn, check, ATTEMPTS).await? {
            Some(body) => (Attempt::read_all(&body), Some(body)),
            None => (vec![], read.as_ref().map(|(answer, _)| answer.body.clone())),
        },
    };
    let before = match store::first_evidence(conn, &id, PERSON).await? {
        Some((evidence, sealed)) => {
            PersonRecord::read(&seal::open_evidence(&key, &evidence, &sealed)?)
        }
        None => None,
    };
    let sent = launch::question_of(work, conn, check, session).await?;
    let unread = body.filter(|body| Attempt::is_odd_list(body)).map(|body| raw(&body));
    let all = findings::of(
        &findings::Heard {
            record: &heard.identification.1,
            attempts: &attempts,
            sessions_why: heard.sessions_why.as_deref(),
            unread,
            person: &heard.person.1,
            before: before.as_ref(),
            sent: sent.as_ref(),
        },
        &key,
    );
    if check.state == State::ToReview.code() {
        let is_open = |k: &&Finding| {
            k.source() == Source::Unread
                && k.judgement() == Judgement::Undecided
                && k.note.is_none()
        };
        for gone in known
            .iter()
            .filter(is_open)
            .filter(|k| !all.iter().any(|f| f.fingerprint == k.fingerprint))
        {
            check_store::drop_undecided(conn, &id, &gone.fingerprint).await?;
            check_store::touch(conn, &id, work.now()).await?;
        }
    }
    // A change is told once, whether the person's record has it first or a session.
    let is_told = |f: &Finding| {
        let is_same =
            |k: &&Finding| k.source() == Source::IdentField && k.compared() == f.compared();
        known.iter().any(|k| k.fingerprint == f.fingerprint)
            || (f.source() == Source::IdentField && known.iter().find(is_same).is_some())
    };
    let mut new: Vec<Finding> = all.into_iter().filter(|f| !is_told(f)).collect();
    for (at, finding) in new.iter_mut().enumerate() {
        finding.position = (known.len() + at) as i64 + 1;
    }
    Ok(new)
}

/// The beginning of a body, as it may be shown.
fn raw(body: &[u8]) -> String {
    const RAW_MAX: usize = 500;
    solaris::masked(body).unwrap_or_default().chars().take(RAW_MAX).collect()
}

/// Somebody who was accepted has another name, birth date or nationality than at the read before.
fn renamed(fresh: &Check, was: Option<&PersonRecord>, now: &PersonRecord) -> Option<&'static str> {
    let was = was.filter(|_| fresh.state == State::Accepted.code())?;
    let sides = Sides { sent: None, before: Some(&was.fields), now: &now.fields, sessions: &[] };
    let decides = |path: &str| PARTICULARS.iter().any(|known| known.decides && known.path == path);
    sides.differences().iter().any(|difference| decides(difference.path)).then_some(RENAMED_LATER)
}

fn alarm_of(
    fresh: &Check,
    earlier: &[ProviderState],
    changed: bool,
    heard: &Heard,
    found: &[Finding],
) -> Option<&'static str> {
    let by_state = if changed {
        video::alarm(earlier, heard.state()).map(video::Alarm::sentence)
    } else {
        None
    };
    let corrected = fresh.state == State::Accepted.code()
        && found.iter().any(|f| f.source() == Source::IdentField);
    // Nothing is added to a decided check's findings, so the same correction is told once: when its
    // state changes.
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
            if check_store::move_to(conn, &id, fresh.state()?, State::ToReview, fresh.version, now)
                .await?
                > 0
            {
                let due_at = now + policies::current(conn).await?.review_time(fresh.kind()?, None);
                check_store::outcome(conn, &id, NO_RISK, &words, now, due_at).await?;
                let details =
                    json!({ "state": words, "findings": found.len(), "evidence": change.kept });
                entries.push(Actor::worker().entry(
                    now,
                    Action::OutcomeArrived,
                    Subject::Check,
                    &fresh.id,
                    details,
                ));
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
        State::Accepted | State::Rejected => {
            check_store::provider_says(conn, &id, &words, now).await?
        }
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
pub async fn settle_alarm(
    work: &Casework,
    caller: &Caller,
    actor: &Actor,
    id: &CheckId,
    comment: &str,
) -> Result<(), Error> {
    if !caller.may(Permission::ReviewChecks) {
        return Err(domain::Refusal::NotAllowed(Permission::ReviewChecks).into());
    }
    let text = records::visible(comment).trim().to_owned();
    let mut refused = Refused::of([("comment", comment)]);
    if text.is_empty() {
        refused
            .refuse("comment", "Say what was done about it: it stands with the check from now on.");
    } else if text.chars().count() > COMMENT_MAX {
        refused.refuse("comment", "Use at most 4,000 characters.");
    }
    if !refused.is_clean() {
        return Err(refused.into());
    }
    let now = work.now();
    written!(work, async |conn| {
        check_store::hold(conn, id).await?.ok_or(Error::NotFound)?;
        if store::settle_alarm(conn, id, &actor.id, now).await? == 0 {
            return Err(refused
                .clone()
                .because("", "Somebody has settled this alarm already.")
                .into());
        }
        check_store::insert_comment(conn, &crate::new_id(), id, &actor.id, &text, now).await?;
        check_store::retouch(conn, id, now).await?;
        journal::append(
            conn,
            &[actor.entry(
                now,
                Action::AlarmSettled,
                Subject::Check,
                id.as_str(),
                json!({ "comment": text }),
            )],
        )
        .await?;
        Ok(())
    })
}

/// Whether a session ended without a result that stands.
pub(super) const fn came_to_nothing(result: &AttemptResult) -> bool {
    matches!(result, AttemptResult::Aborted | AttemptResult::Canceled)
}
