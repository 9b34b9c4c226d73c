//! What the pages show of a video identification, read together.

use super::{
    ATTEMPTS, IDENTIFICATION, LEGITIMATION, PERSON,
    store::{self, Session},
};
use crate::{
    Casework, Error,
    providers::solaris::{Attempt, IdentificationRecord, PersonRecord, SupportedDocument},
    records::{
        checks::{Check, evidence::latest},
        customers,
    },
    seal,
    store::Conn,
};
use domain::{
    Moment,
    video::{Complaint, LINK_LIFE_MS, Person, Reference, Said, Sides, State, Told},
};
use serde::{Deserialize, Serialize};

/// Which step a launch waits at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The person is typed (again: the provider refused what was sent).
    Person,
    /// The person exists; the identification is to be made.
    Identification,
    /// The identification exists; the supported documents are looked at, then the session is
    /// requested.
    Documents,
    /// A session was requested.
    Requested,
}

/// What the customer is given, and what they must never be given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The customer's page at IDnow.
    pub url: Option<String>,
    /// Never for the customer.
    pub reference: Option<Reference>,
    pub requested_at: Moment,
    /// 14 days after the request.
    pub ends_at: Moment,
    /// Seconds, as estimated when it was requested.
    pub waiting_s: Option<i64>,
}

/// A document as it stands here.
#[derive(Debug, Clone, PartialEq, Eq, sqlx_macros::FromRow)]
pub struct Document {
    pub provider_ref: String,
    /// `identification` or `person`.
    pub place: String,
    /// `uploaded` here or made by the `provider`.
    pub origin: String,
    /// `due`, `kept`, `gone` or `failed`.
    pub state: String,
    pub name: String,
    pub document_type: Option<String>,
    pub content_type: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
    pub evidence_id: Option<String>,
    pub why: Option<String>,
    pub tries: i64,
    pub listed_at_ms: i64,
    /// Whether browsers can be shown a picture of it.
    pub is_picture: i64,
}

/// Everything about a video identification but what all checks have.
#[derive(Debug, Clone)]
pub struct Shown {
    pub phase: Phase,
    /// What is on its way: `person`, `identification` or `session`.
    pub sending: Option<String>,
    /// What the provider blamed in the step that it refused last.
    pub complaints: Vec<Complaint>,
    /// The person as typed last; absent when the customer was erased.
    pub typed: Option<Person>,
    /// Our id of the person at the provider, once there is one.
    pub person_id: Option<String>,
    /// The person was there before this launch: nothing of what was typed was sent.
    pub was_known: bool,
    /// The person as the provider showed them first after they were made, and last.
    pub person_before: Option<PersonRecord>,
    pub person_now: Option<PersonRecord>,
    pub supported: Option<Vec<SupportedDocument>>,
    pub link: Option<Link>,
    /// The identification as last read.
    pub identification: Option<IdentificationRecord>,
    /// The oldest first.
    pub history: Vec<(Moment, State)>,
    /// The oldest first.
    pub attempts: Vec<Attempt>,
    /// Why they could not be read last.
    pub sessions_why: Option<String>,
    /// The document's fields.
    pub legitimation: Vec<Said>,
    pub documents: Vec<Document>,
    /// Why the provider's list of the person's documents could not be read last.
    pub documents_why: Option<String>,
    /// Uploads that are on their way: the file's name, and what went wrong so far.
    pub uploading: Vec<(String, Option<String>)>,
    /// The sentence of an alarm, its moment, and whether somebody settled it.
    pub alarm: Option<(String, Moment, bool)>,
}

impl Shown {
    /// Where the identification stands, as last read.
    #[must_use]
    pub fn state(&self) -> State {
        self.history.last().map_or(State::Missing, |(_, state)| state.clone())
    }

    /// What can be said of a session's changes; nothing before the person was read.
    #[must_use]
    pub fn told(&self) -> Option<Told> {
        let now = &self.person_now.as_ref()?.fields;
        let sessions = super::findings::told(&self.attempts);
        let before = self.person_before.as_ref().map(|person| &person.fields);
        Some(Sides { sent: self.typed.as_ref(), before, now, sessions: &sessions }.summary())
    }
}

/// Reads everything for the review page.
pub(crate) async fn of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Option<Shown>, Error> {
    let id = super::id_of(check);
    let Some(session) = store::session(conn, &id).await? else { return Ok(None) };
    let phase = match (&session.person_id, &check.provider_ref, session.requested_at_ms) {
        (_, _, Some(_)) => Phase::Requested,
        (_, Some(_), None) => Phase::Documents,
        (Some(_), None, None) => Phase::Identification,
        (None, None, None) => Phase::Person,
    };
    let key = customers::key(work, conn, &check.customer_id).await?;
    let person_before = match (&key, store::first_evidence(conn, &id, PERSON).await?) {
        (Some(key), Some((evidence, sealed))) => {
            PersonRecord::read(&seal::open_evidence(key, &evidence, &sealed)?)
        }
        _ => None,
    };
    let attempts = latest(work, conn, check, ATTEMPTS)
        .await?
        .map(|b| Attempt::read_all(&b))
        .unwrap_or_default();
    let legitimation = latest(work, conn, check, LEGITIMATION)
        .await?
        .and_then(|b| crate::providers::solaris::legitimation(&b).ok());
    let uploading =
        store::on_their_way(conn, &id).await?.into_iter().filter_map(|(payload, error)| {
            let payload: serde_json::Value = serde_json::from_str(&payload).ok()?;
            (payload["step"] == "upload")
                .then(|| (payload["name"].as_str().unwrap_or_default().to_owned(), error))
        });
    let uploading = uploading.collect();
    Ok(Some(Shown {
        phase,
        typed: super::launch::question_of(work, conn, check, &session).await?,
        was_known: super::launch::was_known(conn, check, &session).await?,
        person_now: latest(work, conn, check, PERSON).await?.and_then(|b| PersonRecord::read(&b)),
        person_before,
        supported: super::send::supported_of(&session),
        link: link_of(work, conn, check).await?,
        identification: latest(work, conn, check, IDENTIFICATION)
            .await?
            .and_then(|b| IdentificationRecord::read(&b)),
        history: super::launch::history_of(&session),
        attempts,
        legitimation: legitimation.unwrap_or_default(),
        documents: store::documents(conn, &id).await?,
        uploading,
        alarm: session.alarm.clone().map(|sentence| {
            (sentence, session.alarm_at_ms.unwrap_or(0), session.alarm_settled_at_ms.is_some())
        }),
        complaints: super::persons::complaints_of(&session.complaints),
        sessions_why: session.sessions_why,
        documents_why: session.documents_why,
        person_id: session.person_id,
        sending: session.sending,
    }))
}

#[derive(Serialize, Deserialize)]
struct Sealed {
    url: Option<String>,
    reference: Option<String>,
}

fn place(check: &str) -> String {
    format!("video_sessions|sealed|{check}")
}

/// Keeps address and reference, when the provider gives them; the caller writes the session.
pub(super) async fn keep_link(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    session: &mut Session,
    record: &IdentificationRecord,
) -> Result<(), Error> {
    if record.url.is_none() && record.reference.is_none() {
        return Ok(());
    }
    let known = match &session.sealed {
        Some(sealed) => {
            super::send::opened_for(work, conn, &check.customer_id, &place(&check.id), sealed)
                .await?
        }
        None => None,
    };
    let before: Option<Sealed> = known.and_then(|b| serde_json::from_slice(&b).ok());
    // Some leave out of an answer what another one had.
    let after = Sealed {
        url: record.url.clone().or_else(|| before.as_ref()?.url.clone()),
        reference: record
            .reference
            .as_ref()
            .map(|r| r.reveal().to_owned())
            .or_else(|| before.as_ref()?.reference.clone()),
    };
    let body = crate::records::to_json(&after)?;
    session.sealed = Some(
        super::send::sealed_for(work, conn, &check.customer_id, &place(&check.id), body.as_bytes())
            .await?,
    );
    Ok(())
}

/// The customer's address and the reference; nothing before a session was requested, or when the
/// customer was erased.
pub(super) async fn link_of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Option<Link>, Error> {
    let Some(session) = store::session(conn, &super::id_of(check)).await? else { return Ok(None) };
    let (Some(sealed), Some(requested_at)) = (&session.sealed, session.requested_at_ms) else {
        return Ok(None);
    };
    let Some(body) =
        super::send::opened_for(work, conn, &check.customer_id, &place(&check.id), sealed).await?
    else {
        return Ok(None);
    };
    let kept: Sealed = serde_json::from_slice(&body)
        .map_err(|e| Error::Corrupt(format!("address of check {}: {e}", check.id)))?;
    Ok(Some(Link {
        url: kept.url,
        reference: kept.reference.as_deref().and_then(Reference::of),
        requested_at,
        ends_at: requested_at + LINK_LIFE_MS,
        waiting_s: session.waiting_s,
    }))
}
