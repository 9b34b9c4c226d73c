//! What the outbox sends for video identification: one step at a time, looked up first when it may
//! have happened.
//!
//! Solaris documents no key by which it would recognise a repeated request. So a person is found
//! again by what was sent, an identification because no check of ours has it, a session by the
//! identification's state, a document by its name and size; only what is not found is sent again.

use super::{
    Document, IDENTIFICATION, PERSON, id_of, launch, persons,
    store::{self, Session},
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    providers::{
        Answer, CallError,
        solaris::{
            self, Client, DocumentRecord, Failure, IdentificationRecord, PersonRecord, Place,
            SupportedDocument, Upload,
        },
    },
    records::{
        checks::{
            self as check_store, Check,
            evidence::{self, keep},
        },
        connections::{self, Connection},
        customers, promises, to_json,
    },
    seal,
    store::{Conn, written},
};
use bytes::Bytes;
use domain::{
    Moment,
    checks::State,
    choices,
    journal::{Action, Subject},
    video::{
        DocumentType, Identification, Patch, Person, State as ProviderState, check_identification,
    },
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

choices! {
    /// What a delivery does.
    pub(crate) enum Step {
        Person = "person", "make the person";
        Identification = "identification", "make the identification";
        Session = "session", "request a session";
        Change = "change", "change the person";
        Upload = "upload", "upload a document";
    }
}

impl Step {
    pub(crate) fn of(payload: &str) -> Result<(Self, Value), Error> {
        let value: Value = serde_json::from_str(payload)
            .map_err(|e| Error::Corrupt(format!("payload of a step: {e}")))?;
        // A launch makes its first promise without saying so.
        let step = value["step"].as_str().map_or(Some(Self::Person), Self::parse);
        step.map(|step| (step, value)).ok_or_else(|| Error::Corrupt(format!("step {payload}")))
    }
}

/// What was done, with what the provider said of it.
#[derive(Debug, Clone)]
pub(crate) enum Done {
    /// `is_found` when they were there before this launch, so that nothing of what was typed was
    /// sent.
    Person {
        answer: Answer,
        record: Box<PersonRecord>,
        is_found: bool,
    },
    Identification {
        answer: Answer,
        record: Box<IdentificationRecord>,
        supported: Option<Vec<SupportedDocument>>,
    },
    Session {
        answer: Answer,
        record: Box<IdentificationRecord>,
    },
    Changed {
        answer: Answer,
        record: Box<PersonRecord>,
    },
    Uploaded {
        record: DocumentRecord,
        place: &'static str,
        evidence: String,
        name: String,
    },
}

impl Done {
    /// For the list of attempts.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Person { record, .. } => format!("person {}", record.id),
            Self::Identification { record, .. } => format!("identification {}", record.id),
            Self::Session { .. } => "session requested".into(),
            Self::Changed { .. } => "person changed".into(),
            Self::Uploaded { record, .. } => format!("document {}", record.id),
        }
    }
}

/// What is to be sent, opened and complete.
enum What {
    /// `known` is the provider's id of a person who is there already.
    Person {
        sent: Box<Person>,
        known: Option<String>,
    },
    Identification {
        person: String,
        new: Identification,
    },
    Session {
        person: String,
        id: String,
    },
    Change {
        person: String,
        patch: Patch,
    },
    Upload {
        person: String,
        identification: Option<String>,
        upload: Upload,
        evidence: String,
    },
}

/// A step that may be sent.
pub(crate) struct Prepared {
    client: Client,
    connection: String,
    what: What,
}

/// What became of preparing.
pub(crate) enum Ready {
    Go(Box<Prepared>),
    /// Nothing is to be done any more.
    Moot,
    /// Another launch is making the same person; look again then.
    Wait(Moment),
}

/// How long a launch waits for another one that makes the same person, in milliseconds.
const TURN_MS: i64 = 1_000;

/// Puts a step together; everything that is read here fails before anything has left.
pub(crate) async fn prepare(
    work: &Casework,
    connection: &Connection,
    check: &Check,
    step: Step,
    payload: &Value,
) -> Result<Ready, Error> {
    let state = check.state()?;
    let is_over = matches!(state, State::Failed | State::Withdrawn);
    let client = connections::solaris_client(work, connection).await?;
    let go = |what| {
        Ok(Ready::Go(Box::new(Prepared { client, connection: connection.id.clone(), what })))
    };
    let (session, person) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let session = launch::held(&mut conn, &id_of(check)).await?;
        let person = match &session.person_id {
            Some(id) => store::person(&mut conn, id).await?,
            None => None,
        };
        (session, person)
    };
    let person_ref = person.as_ref().and_then(|p| p.provider_ref.clone());
    match step {
        Step::Person => {
            if session.person_id.is_some() || !state.is_open() {
                return Ok(Ready::Moot);
            }
            let known = match reserve(work, check).await? {
                Reserved::Ours => None,
                Reserved::Known(id) => Some(id),
                Reserved::Busy => return Ok(Ready::Wait(work.now() + TURN_MS)),
            };
            let mut reader = work.db.read().await?;
            let sent = launch::question_of(work, &mut reader.conn(), check, &session)
                .await?
                .ok_or(Error::NotFound)?;
            go(What::Person { sent: Box::new(sent), known })
        }
        Step::Identification => match (person_ref, launch::identification_of(&session)?) {
            (Some(person), Some(form)) if check.provider_ref.is_none() && state.is_open() => {
                let new = check_identification(&form, work.now()).map_err(|_| {
                    // It was good when it was typed; the proof of address has become too old
                    // meanwhile.
                    CallError::Refused(400, "The proof of address has become too old while this waited. Take the step again.".into())
                })?;
                go(What::Identification { person, new })
            }
            _ => Ok(Ready::Moot),
        },
        Step::Session => match (person_ref, check.provider_ref.clone()) {
            (Some(person), Some(id)) if state.is_open() => go(What::Session { person, id }),
            _ => Ok(Ready::Moot),
        },
        Step::Change => {
            let Some(person) = person else { return Ok(Ready::Moot) };
            let (Some(provider_ref), Some(patch)) =
                (person.provider_ref.clone(), persons::patch_of(work, &person).await?)
            else {
                return Ok(Ready::Moot);
            };
            go(What::Change { person: provider_ref, patch })
        }
        Step::Upload if is_over => Ok(Ready::Moot),
        Step::Upload => {
            let text = |key: &str| payload[key].as_str().unwrap_or_default().to_owned();
            let (evidence, to_person) = (text("evidence"), text("place") == "person");
            let Some(person) = person_ref else { return Ok(Ready::Moot) };
            let body = evidence::evidence_body(work, &id_of(check), &evidence).await?;
            let upload = Upload {
                name: text("name"),
                content_type: super::documents::content_type_of(&body.bytes),
                document_type: DocumentType::parse(&text("document_type"))
                    .unwrap_or(DocumentType::Other),
                bytes: Bytes::from(body.bytes),
            };
            let identification = if to_person { None } else { check.provider_ref.clone() };
            go(What::Upload { person, identification, upload, evidence })
        }
    }
}

enum Reserved {
    Ours,
    Known(String),
    Busy,
}

/// Keeps a place for the customer's person on this connection, so that two launches never make two.
async fn reserve(work: &Casework, check: &Check) -> Result<Reserved, Error> {
    written!(work, async |conn| {
        conn.take_turns(&check.customer_id).await?;
        Ok(match store::person_of(conn, &check.connection_id, &check.customer_id).await? {
            Some(person) if person.provider_ref.is_some() => {
                Reserved::Known(person.provider_ref.unwrap_or_default())
            }
            Some(person) if person.check_id == check.id => Reserved::Ours,
            Some(person) => {
                let other = person.check_id.as_str().into();
                if store::on_their_way(conn, &other).await?.is_empty() {
                    // That launch was given up or withdrawn before it made anybody.
                    store::release_person(conn, &other).await?;
                    store::reserve_person(
                        conn,
                        &new_id(),
                        &check.connection_id,
                        &check.customer_id,
                        &id_of(check),
                        work.now(),
                    )
                    .await?;
                    Reserved::Ours
                } else {
                    Reserved::Busy
                }
            }
            None => {
                store::reserve_person(
                    conn,
                    &new_id(),
                    &check.connection_id,
                    &check.customer_id,
                    &id_of(check),
                    work.now(),
                )
                .await?;
                Reserved::Ours
            }
        })
    })
}

impl Prepared {
    /// How much longer than usual it may take, in milliseconds.
    pub(crate) fn time_ms(&self) -> i64 {
        match &self.what {
            What::Upload { upload, .. } => (upload.bytes.len() as i64 / 100).min(900_000),
            _ => 0,
        }
    }

    /// Whether an earlier try took effect, read at the provider; nothing when it did not.
    pub(crate) async fn look(&self, work: &Casework) -> Result<Option<Done>, Error> {
        let client = &self.client;
        Ok(match &self.what {
            What::Person { sent, known: None } => {
                match client.find_person(sent).await.map_err(CallError::from)? {
                    Some(found) => {
                        let (answer, record) =
                            client.person(&found.id).await.map_err(CallError::from)?;
                        Some(Done::Person { answer, record: Box::new(record), is_found: false })
                    }
                    None => None,
                }
            }
            What::Person { known: Some(_), .. } => None,
            What::Identification { person, new } => {
                let all = client.identifications(person).await.map_err(CallError::from)?;
                for one in all {
                    let is_ours = one.state == ProviderState::Created
                        && one.method.as_deref().is_none_or(|m| m == "idnow")
                        && one.language.as_deref().is_none_or(|l| l == new.language.code());
                    let is_taken = {
                        let mut reader = work.db.read().await?;
                        store::is_taken(&mut reader.conn(), &self.connection, &one.id).await?
                    };
                    if is_ours && !is_taken {
                        let (answer, record) = client
                            .identification(person, &one.id)
                            .await
                            .map_err(CallError::from)?;
                        let supported = client.supported_documents(person, &record.id).await.ok();
                        return Ok(Some(Done::Identification {
                            answer,
                            record: Box::new(record),
                            supported,
                        }));
                    }
                }
                None
            }
            What::Session { person, id } => {
                let (answer, record) =
                    client.identification(person, id).await.map_err(CallError::from)?;
                let is_there =
                    record.url.is_some() && !matches!(record.state, ProviderState::Created);
                is_there.then(|| Done::Session { answer, record: Box::new(record) })
            }
            What::Change { person, patch } => {
                let (answer, record) = client.person(person).await.map_err(CallError::from)?;
                patch
                    .is_in(&record.fields)
                    .then(|| Done::Changed { answer, record: Box::new(record) })
            }
            What::Upload { person, upload, evidence, .. } => {
                let all = client.documents(person).await.map_err(CallError::from)?;
                let same = |d: &DocumentRecord| {
                    d.name.as_deref() == Some(upload.name.as_str())
                        && d.size.is_none_or(|s| s == upload.bytes.len() as i64)
                        && d.document_type.as_deref() == Some(upload.document_type.code())
                };
                all.into_iter()
                    .rfind(same)
                    .map(|record| self.uploaded(record, evidence, &upload.name))
            }
        })
    }

    fn uploaded(&self, record: DocumentRecord, evidence: &str, name: &str) -> Done {
        let place = if matches!(self.what, What::Upload { identification: None, .. }) {
            "person"
        } else {
            "identification"
        };
        Done::Uploaded { record, place, evidence: evidence.to_owned(), name: name.to_owned() }
    }

    /// Sends it.
    pub(crate) async fn send(&self) -> Result<Done, Failure> {
        let client = &self.client;
        Ok(match &self.what {
            What::Person { sent, known } => {
                if let Some(known) = known {
                    match client.person(known).await {
                        Ok((answer, record)) => {
                            return Ok(Done::Person {
                                answer,
                                record: Box::new(record),
                                is_found: true,
                            });
                        }
                        // Solaris has nobody there any more: the person is made anew.
                        Err(failure) if failure.error == CallError::NotFound => {}
                        Err(failure) => return Err(failure),
                    }
                }
                let (answer, record) = client.create_person(sent).await?;
                Done::Person { answer, record: Box::new(record), is_found: false }
            }
            What::Identification { person, new } => {
                let (answer, record) = client.create_identification(person, new).await?;
                // Shown before the request; they are read again later when they cannot be had now.
                let supported = client.supported_documents(person, &record.id).await.ok();
                Done::Identification { answer, record: Box::new(record), supported }
            }
            What::Session { person, id } => {
                let (answer, record) = client.request(person, id).await?;
                Done::Session { answer, record: Box::new(record) }
            }
            What::Change { person, patch } => {
                let (answer, record) = client.change_person(person, patch).await?;
                Done::Changed { answer, record: Box::new(record) }
            }
            What::Upload { person, identification, upload, evidence } => {
                let place = match identification {
                    Some(id) => Place::Identification { person_id: person, id },
                    None => Place::Person(person),
                };
                let (_, record) = client.upload(place, upload).await?;
                self.uploaded(record, evidence, &upload.name)
            }
        })
    }
}

/// Whether a person has to take the step again: the provider understood it and said no.
pub(crate) const fn is_handed_back(error: &CallError) -> bool {
    matches!(error, CallError::Refused(..) | CallError::Conflict | CallError::NotFound)
}

/// What a person reads of a step that the provider refused.
pub(crate) fn refusal_words(failure: &Failure) -> String {
    if failure.is("mobile_number_exists") {
        return "Another person at Solaris has this mobile number. Correct it, or find the customer who has it.".into();
    }
    failure.error.last_sentence(solaris::NAME, 1)
}

/// Keeps what the provider blamed, for the form that comes back; before the try is written down.
pub(crate) async fn blame(
    work: &Casework,
    check: &Check,
    step: Step,
    failure: &Failure,
) -> Result<(), Error> {
    let complaints: Vec<(String, String, Option<String>)> = failure
        .complaints
        .iter()
        .map(|c| (c.code.clone(), c.detail.clone(), c.field.clone()))
        .collect();
    let complaints = to_json(&complaints)?;
    written!(work, async |conn| {
        let mut session = launch::held(conn, &id_of(check)).await?;
        if step == Step::Change {
            if let Some(mut person) = persons::of_session(conn, &session).await? {
                person.complaints.clone_from(&complaints);
                let needs_customer = failure.is("authorization_required");
                person.change_state =
                    Some(if needs_customer { "authorise" } else { "refused" }.into());
                store::put_person(conn, &person).await?;
            }
        } else if step != Step::Upload {
            session.complaints.clone_from(&complaints);
            store::put_session(conn, &session).await?;
        }
        Ok(())
    })
}

/// The step is not tried any more: what it kept is given back, and a person may take it again.
pub(crate) async fn gave_up(
    conn: &mut Conn<'_>,
    check: &Check,
    step: Step,
    words: &str,
    is_moot: bool,
    now: Moment,
) -> Result<Option<journal::Entry>, Error> {
    let id = id_of(check);
    let mut session = launch::held(conn, &id).await?;
    match step {
        Step::Person => store::release_person(conn, &id).await?,
        Step::Change => {
            if let Some(mut person) = persons::of_session(conn, &session).await?
                && person.change_state.as_deref() == Some("sending")
            {
                person.change_state = Some("refused".into());
                store::put_person(conn, &person).await?;
            }
        }
        Step::Identification | Step::Session | Step::Upload => {}
    }
    if session.sending.as_deref() == Some(step.code()) {
        session.sending = None;
        store::put_session(conn, &session).await?;
    }
    if is_moot {
        return Ok(None);
    }
    check_store::set_trouble(conn, &id, Some(words), now).await?;
    let details = json!({ "step": step.code(), "why": words });
    Ok(Some(Actor::worker().entry(now, Action::StepRefused, Subject::Check, &check.id, details)))
}

/// Writes down what was done, with everything that follows from it, inside the transaction that
/// ends the try.
pub(crate) async fn did(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    done: &Done,
    now: Moment,
) -> Result<Vec<journal::Entry>, Error> {
    let id = id_of(check);
    let entry =
        |action, details| Actor::worker().entry(now, action, Subject::Check, &check.id, details);
    let mut session = launch::held(conn, &id).await?;
    if customers::key(work, conn, &check.customer_id).await?.is_none() {
        return Ok(vec![]);
    }
    match done {
        Done::Person { answer, record, is_found } => {
            let mut person = store::person_of(conn, &check.connection_id, &check.customer_id)
                .await?
                .ok_or_else(|| Error::Corrupt(format!("check {id} reserved no person")))?;
            if !is_found {
                person.check_id.clone_from(&check.id);
            }
            person.provider_ref = Some(record.id.clone());
            persons::read(work, conn, check, &mut person, answer, record, now).await?;
            session.person_id = Some(person.id.clone());
            settle(conn, check, &mut session, Step::Person, now).await?;
            keep(work, conn, check, PERSON, answer, now).await?;
            check_store::provider_says(conn, &id, "person exists, no identification yet", now)
                .await?;
            Ok(vec![entry(
                Action::PersonSent,
                json!({ "person": record.id, "found_again": is_found }),
            )])
        }
        Done::Identification { answer, record, supported } => {
            session.supported = supported.as_deref().map(supported_json);
            push(&mut session, &record.state, now)?;
            settle(conn, check, &mut session, Step::Identification, now).await?;
            keep(work, conn, check, IDENTIFICATION, answer, now).await?;
            check_store::sent(conn, &id, &record.id, now + work.pace.poll_base_ms).await?;
            check_store::provider_says(conn, &id, &record.state.words(), now).await?;
            Ok(vec![entry(Action::IdentificationMade, json!({ "identification": record.id }))])
        }
        Done::Session { answer, record } => {
            session.requested_at_ms = Some(now);
            session.waiting_s = record.estimated_waiting_time;
            super::shown::keep_link(work, conn, check, &mut session, record).await?;
            push(&mut session, &record.state, now)?;
            settle(conn, check, &mut session, Step::Session, now).await?;
            keep(work, conn, check, IDENTIFICATION, answer, now).await?;
            if check.state()? == State::Queued {
                check_store::move_to(conn, &id, State::Queued, State::Running, check.version, now)
                    .await?;
            }
            check_store::progressed(conn, &id, 0, &record.state.words(), now).await?;
            check_store::poll_now(conn, &id, now + work.pace.poll_base_ms).await?;
            Ok(vec![entry(
                Action::SessionRequested,
                json!({ "waiting_s": record.estimated_waiting_time }),
            )])
        }
        Done::Changed { answer, record } => {
            if let Some(mut person) = persons::of_session(conn, &session).await? {
                person.change_state = Some("done".into());
                person.complaints = "[]".into();
                persons::read(work, conn, check, &mut person, answer, record, now).await?;
            }
            keep(work, conn, check, PERSON, answer, now).await?;
            check_store::set_trouble(conn, &id, None, now).await?;
            Ok(vec![entry(Action::PersonChangeSent, json!({ "person": record.id }))])
        }
        Done::Uploaded { record, place, evidence, name } => {
            let document = Document {
                provider_ref: record.id.clone(),
                place: (*place).to_owned(),
                origin: "uploaded".into(),
                state: "kept".into(),
                name: record.name.clone().unwrap_or_else(|| name.clone()),
                document_type: record.document_type.clone(),
                content_type: record.content_type.clone(),
                size: record.size,
                evidence_id: Some(evidence.clone()),
                why: None,
                tries: 0,
                listed_at_ms: now,
                is_picture: 0,
            };
            store::put_document(conn, &id, &document).await?;
            check_store::set_trouble(conn, &id, None, now).await?;
            check_store::retouch(conn, &id, now).await?;
            Ok(vec![entry(
                Action::DocumentSent,
                json!({ "document": record.id, "type": record.document_type, "place": place }),
            )])
        }
    }
}

async fn settle(
    conn: &mut Conn<'_>,
    check: &Check,
    session: &mut Session,
    step: Step,
    now: Moment,
) -> Result<(), Error> {
    if session.sending.as_deref() == Some(step.code()) {
        session.sending = None;
    }
    session.complaints = "[]".into();
    store::put_session(conn, session).await?;
    check_store::set_trouble(conn, &id_of(check), None, now).await
}

/// Adds a state to the history when it is another than the last; gives whether it was.
pub(super) fn push(
    session: &mut Session,
    state: &ProviderState,
    now: Moment,
) -> Result<bool, Error> {
    let mut history: Vec<(Moment, String)> =
        serde_json::from_str(&session.history).unwrap_or_default();
    if history.last().is_some_and(|(_, last)| last == state.code()) {
        return Ok(false);
    }
    history.push((now, state.code().to_owned()));
    session.history = to_json(&history)?;
    Ok(true)
}

pub(super) fn supported_json(all: &[SupportedDocument]) -> String {
    let pairs: BTreeMap<&str, &Vec<String>> =
        all.iter().map(|d| (d.document_type.as_str(), &d.countries)).collect();
    serde_json::to_string(&pairs).unwrap_or_default()
}

pub(super) fn supported_of(session: &Session) -> Option<Vec<SupportedDocument>> {
    let pairs: BTreeMap<String, Vec<String>> =
        serde_json::from_str(session.supported.as_deref()?).ok()?;
    Some(
        pairs
            .into_iter()
            .map(|(document_type, countries)| SupportedDocument { document_type, countries })
            .collect(),
    )
}

/// Promises a change of the person or an upload, inside the caller's transaction.
pub(super) async fn promise(
    conn: &mut Conn<'_>,
    check: &Check,
    payload: Value,
    now: Moment,
) -> Result<(), Error> {
    promises::promise(
        conn,
        promises::Task::CreateCheck,
        &id_of(check),
        None,
        &check.connection_id,
        payload,
        now,
    )
    .await
}

/// Sealed with the customer's key, for a row of theirs.
pub(super) async fn sealed_for(
    work: &Casework,
    conn: &mut Conn<'_>,
    customer: &str,
    place: &str,
    plain: &[u8],
) -> Result<Vec<u8>, Error> {
    let key = customers::key(work, conn, customer)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {customer} was erased")))?;
    Ok(seal::seal_field(&key, place, plain))
}

/// Opened with the customer's key; nothing when they were erased.
pub(super) async fn opened_for(
    work: &Casework,
    conn: &mut Conn<'_>,
    customer: &str,
    place: &str,
    sealed: &[u8],
) -> Result<Option<Vec<u8>>, Error> {
    let Some(key) = customers::key(work, conn, customer).await? else { return Ok(None) };
    Ok(Some(seal::open_field(&key, place, sealed)?.to_vec()))
}
