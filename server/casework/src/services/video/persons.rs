//! Whom we made at Solaris: one person for each customer and connection, found again instead of
//! made twice.

use super::{
    send::{self, Step, opened_for, sealed_for},
    store::{self, Person, Session},
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::{
        Answer,
        solaris::{IdentificationRecord, PersonRecord},
    },
    records::{checks::Check, connections, customers, to_json},
    store::{Conn, written},
};
use domain::{
    ConnectionId, Moment,
    fields::Refused,
    journal::{Action, Subject},
    video::{Complaint, Patch, State, plan},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// A person whom we made at a provider.
#[derive(Debug, Clone)]
pub struct Known {
    /// Ours.
    pub id: String,
    pub connection_id: String,
    /// The connection's name.
    pub connection: String,
    pub provider_ref: Option<String>,
    /// As last read; absent when the customer was erased.
    pub record: Option<PersonRecord>,
    /// `YYYY-MM-DD`.
    pub aml_follow_up_date: Option<String>,
    /// `YYYY-MM-DD`.
    pub aml_confirmed_on: Option<String>,
    pub made_at_ms: Moment,
    pub read_at_ms: Option<Moment>,
    pub erased_at_ms: Option<Moment>,
    /// How the last change stands: `sending`, `done`, `refused`, or `authorise` when the customer
    /// has to.
    pub change_state: Option<String>,
    /// What was typed for it, by the field's path.
    pub change_typed: BTreeMap<String, String>,
    pub complaints: Vec<Complaint>,
    /// The newest first.
    pub identifications: Vec<Listed>,
}

/// An identification of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Nothing for one that was not launched here.
    pub check_id: Option<String>,
    /// Empty as long as it is not made.
    pub provider_ref: String,
    pub state: State,
    pub at_ms: Option<Moment>,
}

/// What somebody typed to change a person.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Typed {
    values: BTreeMap<String, String>,
    clear_industry: bool,
}

/// The persons of a customer at all connections, without asking the provider.
///
/// # Errors
/// The database.
pub async fn known_of(work: &Casework, customer_id: &str) -> Result<Vec<Known>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let mut all = Vec::new();
    for row in store::persons_of(&mut conn, customer_id).await? {
        all.push(shown(work, &mut conn, row).await?);
    }
    Ok(all)
}

/// One person of a customer, with all identifications that the provider has of them; those that
/// cannot be read now are left out.
///
/// # Errors
/// Unknown, or the database.
pub async fn person(work: &Casework, reference: &str, id: &str) -> Result<Known, Error> {
    let (mut known, is_erased) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let customer =
            customers::store::by_reference(&mut conn, reference).await?.ok_or(Error::NotFound)?;
        let row = store::person(&mut conn, id)
            .await?
            .filter(|p| p.customer_id == customer.id)
            .ok_or(Error::NotFound)?;
        let is_erased = customers::key(work, &mut conn, &customer.id).await?.is_none();
        (shown(work, &mut conn, row).await?, is_erased)
    };
    if let (Some(provider_ref), false) = (&known.provider_ref, is_erased) {
        for other in elsewhere(work, &known.connection_id, provider_ref).await {
            if !known.identifications.iter().any(|here| here.provider_ref == other.id) {
                known.identifications.push(Listed {
                    check_id: None,
                    provider_ref: other.id,
                    state: other.state,
                    at_ms: other.completed_at,
                });
            }
        }
    }
    Ok(known)
}

/// What the provider lists of a person; nothing when it cannot be read within the connection's
/// time.
async fn elsewhere(work: &Casework, connection: &str, person: &str) -> Vec<IdentificationRecord> {
    let read = async {
        let connection = connections::get(work, &ConnectionId::from(connection)).await?;
        let client = connections::solaris_client(work, &connection).await?;
        client.identifications(person).await.map_err(|f| Error::Provider(f.into()))
    };
    match tokio::time::timeout(std::time::Duration::from_secs(3), read).await {
        Ok(Ok(all)) => all,
        Ok(Err(error)) => {
            tracing::warn!(%error, "identifications of a person could not be listed");
            vec![]
        }
        Err(_) => vec![],
    }
}

async fn shown(work: &Casework, conn: &mut Conn<'_>, row: Person) -> Result<Known, Error> {
    let connection = connections::store_name(conn, &row.connection_id).await?;
    let record = match &row.sealed {
        Some(sealed) => opened_for(work, conn, &row.customer_id, &place(&row.id), sealed)
            .await?
            .and_then(|b| PersonRecord::read(&b)),
        None => None,
    };
    let change_state = change_state(conn, &row).await?;
    let identifications = store::checks_of_person(conn, &row.id)
        .await?
        .into_iter()
        .map(|(check, provider_ref, history, at)| Listed {
            check_id: Some(check),
            state: last_state(&history, provider_ref.is_some()),
            provider_ref: provider_ref.unwrap_or_default(),
            at_ms: Some(at),
        })
        .collect();
    Ok(Known {
        change_typed: typed_of(work, conn, &row).await?.values,
        complaints: complaints_of(&row.complaints),
        id: row.id,
        connection_id: row.connection_id,
        connection,
        provider_ref: row.provider_ref,
        record,
        aml_follow_up_date: row.aml_follow_up_date,
        aml_confirmed_on: row.aml_confirmed_on,
        made_at_ms: row.made_at_ms,
        read_at_ms: row.read_at_ms,
        erased_at_ms: row.erased_at_ms,
        change_state,
        identifications,
    })
}

/// How the last change stands. One that was dropped with a withdrawn check is not on its way any
/// more.
async fn change_state(conn: &mut Conn<'_>, row: &Person) -> Result<Option<String>, Error> {
    let is_sending = row.change_state.as_deref() == Some("sending");
    let is_lost =
        is_sending && store::on_their_way(conn, &row.check_id.as_str().into()).await?.is_empty();
    Ok(if is_lost { Some("refused".into()) } else { row.change_state.clone() })
}

fn last_state(history: &str, is_made: bool) -> State {
    let states: Vec<(Moment, String)> = serde_json::from_str(history).unwrap_or_default();
    match states.last() {
        Some((_, code)) => State::of(Some(code)),
        None if is_made => State::Created,
        None => State::Missing,
    }
}

/// Stored complaints, read again.
pub(super) fn complaints_of(stored: &str) -> Vec<Complaint> {
    let all: Vec<(String, String, Option<String>)> =
        serde_json::from_str(stored).unwrap_or_default();
    all.into_iter().map(|(code, detail, field)| Complaint { code, detail, field }).collect()
}

async fn typed_of(work: &Casework, conn: &mut Conn<'_>, row: &Person) -> Result<Typed, Error> {
    let Some(sealed) = &row.change_sealed else { return Ok(Typed::default()) };
    let body = opened_for(work, conn, &row.customer_id, &change_place(&row.id), sealed).await?;
    Ok(body.and_then(|b| serde_json::from_slice(&b).ok()).unwrap_or_default())
}

/// Promises a change of a person; the provider is told only what differs from what it was last read
/// to have.
///
/// `typed` has texts by the field's path; `clear_industry` is how somebody without a NACE code
/// becomes self-employed.
///
/// # Errors
/// What was typed with a message beside each cause; a change that is under way; the database.
pub async fn change(
    work: &Casework,
    actor: &Actor,
    person: &str,
    typed: &BTreeMap<String, String>,
    clear_industry: bool,
) -> Result<(), Error> {
    let now = work.now();
    written!(work, async |conn| {
        let refused = || Refused { values: typed.clone(), ..Refused::default() };
        let row = store::person(conn, person)
            .await?
            .filter(|p| p.provider_ref.is_some())
            .ok_or(Error::NotFound)?;
        let check = crate::records::checks::hold(conn, &row.check_id.as_str().into())
            .await?
            .ok_or(Error::NotFound)?;
        let mut row = store::person(conn, person).await?.ok_or(Error::NotFound)?;
        if change_state(conn, &row).await?.as_deref() == Some("sending") {
            return Err(refused()
                .because(
                    "",
                    "Another change of this person is on its way. Wait for it, then try again.",
                )
                .into());
        }
        let fields = match &row.sealed {
            Some(sealed) => {
                opened_for(work, conn, &row.customer_id, &place(&row.id), sealed).await?
            }
            None => None,
        };
        let Some(record) = fields.and_then(|b| PersonRecord::read(&b)) else {
            return Err(refused()
                .because("", "What Solaris has of this person is not known here any more.")
                .into());
        };
        plan(&record.fields, typed, clear_industry, now)?;
        let body = to_json(&Typed { values: typed.clone(), clear_industry })?;
        row.change_sealed = Some(
            sealed_for(work, conn, &row.customer_id, &change_place(&row.id), body.as_bytes())
                .await?,
        );
        row.change_state = Some("sending".into());
        row.complaints = "[]".into();
        store::put_person(conn, &row).await?;
        send::promise(conn, &check, json!({ "step": Step::Change.code() }), now).await?;
        let fields: Vec<&String> = typed.keys().collect();
        let details = json!({ "step": Step::Change.code(), "fields": fields });
        journal::append(
            conn,
            &[actor.entry(now, Action::StepLeft, Subject::Check, &check.id, details)],
        )
        .await?;
        Ok(())
    })?;
    work.wake.notify_waiters();
    Ok(())
}

/// The change that waits, compared with what the provider was last read to have; nothing when there
/// is none.
pub(super) async fn patch_of(work: &Casework, row: &Person) -> Result<Option<Patch>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let typed = typed_of(work, &mut conn, row).await?;
    let Some(sealed) = &row.sealed else { return Ok(None) };
    let record = opened_for(work, &mut conn, &row.customer_id, &place(&row.id), sealed)
        .await?
        .and_then(|b| PersonRecord::read(&b));
    Ok(record.and_then(|r| plan(&r.fields, &typed.values, typed.clear_industry, work.now()).ok()))
}

/// Notes what the provider says of a person, inside the caller's transaction.
pub(super) async fn read(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    person: &mut Person,
    answer: &Answer,
    record: &PersonRecord,
    now: Moment,
) -> Result<(), Error> {
    person.sealed =
        Some(sealed_for(work, conn, &check.customer_id, &place(&person.id), &answer.body).await?);
    person.aml_follow_up_date.clone_from(&record.aml_follow_up_date);
    person.aml_confirmed_on.clone_from(&record.aml_confirmed_on);
    person.read_at_ms = Some(now);
    store::put_person(conn, person).await
}

/// The person of a session.
pub(super) async fn of_session(
    conn: &mut Conn<'_>,
    session: &Session,
) -> Result<Option<Person>, Error> {
    match &session.person_id {
        Some(id) => store::person(conn, id).await,
        None => Ok(None),
    }
}

fn place(id: &str) -> String {
    format!("provider_persons|sealed|{id}")
}

fn change_place(id: &str) -> String {
    format!("provider_persons|change_sealed|{id}")
}
