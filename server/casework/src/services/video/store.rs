//! The SQL of video identification: sessions, persons at the provider, documents.

use super::Document;
use crate::{
    Error,
    store::{Conn, exec, row, rows},
};
use domain::{CheckId, Moment};

/// A row of `video_sessions`.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Session {
    pub check_id: String,
    pub person_id: Option<String>,
    pub sending: Option<String>,
    pub question_id: Option<String>,
    pub identification: Option<String>,
    pub complaints: String,
    pub supported: Option<String>,
    pub sealed: Option<Vec<u8>>,
    pub requested_at_ms: Option<i64>,
    pub waiting_s: Option<i64>,
    pub history: String,
    pub alarm: Option<String>,
    pub alarm_at_ms: Option<i64>,
    pub alarm_settled_at_ms: Option<i64>,
    pub sessions_why: Option<String>,
    pub documents_why: Option<String>,
}

/// A row of `provider_persons`.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Person {
    pub id: String,
    pub connection_id: String,
    pub customer_id: String,
    pub check_id: String,
    pub provider_ref: Option<String>,
    pub sealed: Option<Vec<u8>>,
    pub aml_follow_up_date: Option<String>,
    pub aml_confirmed_on: Option<String>,
    pub change_sealed: Option<Vec<u8>>,
    pub change_state: Option<String>,
    pub complaints: String,
    pub read_at_ms: Option<i64>,
    pub erased_at_ms: Option<i64>,
    pub made_at_ms: i64,
}

macro_rules! person {
    ($rest:literal) => {
        concat!(
            "SELECT id, connection_id, customer_id, check_id, provider_ref, sealed, aml_follow_up_date, aml_confirmed_on, change_sealed, change_state, complaints, \
             read_at_ms, erased_at_ms, made_at_ms FROM provider_persons",
            $rest
        )
    };
}

pub(crate) async fn session(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Option<Session>, Error> {
    Ok(row!(
        conn,
        Session,
        "SELECT check_id, person_id, sending, question_id, identification, complaints, supported, sealed, requested_at_ms, waiting_s, history, alarm, alarm_at_ms, \
         alarm_settled_at_ms, sessions_why, documents_why FROM video_sessions WHERE check_id = $1",
        check.as_str()
    )?)
}

pub(super) async fn insert_session(conn: &mut Conn<'_>, check: &CheckId) -> Result<(), Error> {
    exec!(conn, "INSERT INTO video_sessions (check_id) VALUES ($1)", check.as_str())?;
    Ok(())
}

/// Writes all that changes of a session; alarms have their own statements.
pub(super) async fn put_session(conn: &mut Conn<'_>, s: &Session) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE video_sessions SET person_id = $2, sending = $3, question_id = $4, identification = $5, complaints = $6, supported = $7, sealed = $8, requested_at_ms = $9, \
         waiting_s = $10, history = $11, sessions_why = $12, documents_why = $13 WHERE check_id = $1",
        &s.check_id,
        &s.person_id,
        &s.sending,
        &s.question_id,
        &s.identification,
        &s.complaints,
        &s.supported,
        &s.sealed,
        s.requested_at_ms,
        s.waiting_s,
        &s.history,
        &s.sessions_why,
        &s.documents_why
    )?;
    Ok(())
}

pub(super) async fn raise_alarm(
    conn: &mut Conn<'_>,
    check: &CheckId,
    sentence: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE video_sessions SET alarm = $2, alarm_at_ms = $3, alarm_settled_at_ms = NULL, alarm_settled_by = NULL WHERE check_id = $1",
        check.as_str(),
        sentence,
        now
    )?;
    Ok(())
}

pub(super) async fn settle_alarm(
    conn: &mut Conn<'_>,
    check: &CheckId,
    by: &str,
    now: Moment,
) -> Result<u64, Error> {
    Ok(exec!(
        conn,
        "UPDATE video_sessions SET alarm_settled_at_ms = $3, alarm_settled_by = $2 WHERE check_id = $1 AND alarm IS NOT NULL AND alarm_settled_at_ms IS NULL",
        check.as_str(),
        by,
        now
    )?)
}

pub(super) async fn alarms(conn: &mut Conn<'_>) -> Result<Vec<super::Alarmed>, Error> {
    Ok(rows!(
        conn,
        super::Alarmed,
        "SELECT v.check_id, u.reference AS customer, u.name, v.alarm AS sentence, v.alarm_at_ms AS at_ms, c.state FROM video_sessions v \
         JOIN checks c ON c.id = v.check_id JOIN customers u ON u.id = c.customer_id \
         WHERE v.alarm IS NOT NULL AND v.alarm_settled_at_ms IS NULL ORDER BY v.alarm_at_ms LIMIT 100"
    )?)
}

pub(crate) async fn person(conn: &mut Conn<'_>, id: &str) -> Result<Option<Person>, Error> {
    Ok(row!(conn, Person, person!(" WHERE id = $1"), id)?)
}

pub(super) async fn person_of(
    conn: &mut Conn<'_>,
    connection: &str,
    customer: &str,
) -> Result<Option<Person>, Error> {
    Ok(row!(
        conn,
        Person,
        person!(" WHERE connection_id = $1 AND customer_id = $2"),
        connection,
        customer
    )?)
}

pub(super) async fn persons_of(conn: &mut Conn<'_>, customer: &str) -> Result<Vec<Person>, Error> {
    Ok(rows!(
        conn,
        Person,
        person!(" WHERE customer_id = $1 AND provider_ref IS NOT NULL ORDER BY made_at_ms"),
        customer
    )?)
}

/// Keeps a place for a person who is being made, so that no second launch makes them too; nothing
/// when it is taken.
pub(super) async fn reserve_person(
    conn: &mut Conn<'_>,
    id: &str,
    connection: &str,
    customer: &str,
    check: &CheckId,
    now: Moment,
) -> Result<bool, Error> {
    Ok(exec!(
        conn,
        "INSERT INTO provider_persons (id, connection_id, customer_id, check_id, made_at_ms) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (connection_id, customer_id) DO NOTHING",
        id,
        connection,
        customer,
        check.as_str(),
        now
    )? > 0)
}

/// Gives the place back that a launch kept, when the person was not made.
pub(super) async fn release_person(conn: &mut Conn<'_>, check: &CheckId) -> Result<(), Error> {
    exec!(
        conn,
        "DELETE FROM provider_persons WHERE check_id = $1 AND provider_ref IS NULL",
        check.as_str()
    )?;
    Ok(())
}

pub(super) async fn put_person(conn: &mut Conn<'_>, p: &Person) -> Result<(), Error> {
    exec!(
        conn,
        "UPDATE provider_persons SET provider_ref = $2, sealed = $3, aml_follow_up_date = $4, aml_confirmed_on = $5, change_sealed = $6, change_state = $7, complaints = $8, \
         read_at_ms = $9, check_id = $10 WHERE id = $1",
        &p.id,
        &p.provider_ref,
        &p.sealed,
        &p.aml_follow_up_date,
        &p.aml_confirmed_on,
        &p.change_sealed,
        &p.change_state,
        &p.complaints,
        p.read_at_ms,
        &p.check_id
    )?;
    Ok(())
}

/// Checks of a person: id, the provider's id of the identification, history, when launched.
pub(super) async fn checks_of_person(
    conn: &mut Conn<'_>,
    person: &str,
) -> Result<Vec<(String, Option<String>, String, i64)>, Error> {
    Ok(rows!(
        conn,
        (String, Option<String>, String, i64),
        "SELECT c.id, c.provider_ref, v.history, c.launched_at_ms FROM video_sessions v JOIN checks c ON c.id = v.check_id WHERE v.person_id = $1 ORDER BY c.launched_at_ms DESC LIMIT 200",
        person
    )?)
}

/// Whether another check has this identification.
pub(super) async fn is_taken(
    conn: &mut Conn<'_>,
    connection: &str,
    provider_ref: &str,
) -> Result<bool, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE connection_id = $1 AND provider_ref = $2",
        connection,
        provider_ref
    )?
    .is_some())
}

pub(super) async fn documents(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Vec<Document>, Error> {
    Ok(rows!(
        conn,
        Document,
        "SELECT d.provider_ref, d.place, d.origin, d.state, d.name, d.document_type, d.content_type, d.size, d.evidence_id, d.why, d.tries, d.listed_at_ms, \
         CAST(CASE WHEN r.evidence_id IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_picture FROM provider_documents d \
         LEFT JOIN renditions r ON r.evidence_id = d.evidence_id WHERE d.check_id = $1 ORDER BY d.listed_at_ms, d.provider_ref",
        check.as_str()
    )?)
}

pub(super) async fn put_document(
    conn: &mut Conn<'_>,
    check: &CheckId,
    d: &Document,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO provider_documents (check_id, provider_ref, place, origin, state, name, document_type, content_type, size, evidence_id, why, tries, listed_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
         ON CONFLICT (check_id, provider_ref) DO UPDATE SET origin = excluded.origin, state = excluded.state, evidence_id = excluded.evidence_id, why = excluded.why, tries = excluded.tries",
        check.as_str(),
        &d.provider_ref,
        &d.place,
        &d.origin,
        &d.state,
        &d.name,
        &d.document_type,
        &d.content_type,
        d.size,
        &d.evidence_id,
        &d.why,
        d.tries,
        d.listed_at_ms
    )?;
    Ok(())
}

/// The first body that was kept of a source.
pub(super) async fn first_evidence(
    conn: &mut Conn<'_>,
    check: &CheckId,
    source: &str,
) -> Result<Option<(String, Vec<u8>)>, Error> {
    Ok(row!(
        conn,
        (String, Vec<u8>),
        "SELECT id, sealed FROM evidence WHERE check_id = $1 AND source = $2 ORDER BY received_at_ms, id LIMIT 1",
        check.as_str(),
        source
    )?)
}

/// Deliveries of a check that are on their way: payload and what went wrong last.
pub(super) async fn on_their_way(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Vec<(String, Option<String>)>, Error> {
    Ok(rows!(
        conn,
        (String, Option<String>),
        "SELECT payload, last_error FROM deliveries WHERE check_id = $1 AND state IN ('due', 'unknown') ORDER BY created_at_ms",
        check.as_str()
    )?)
}
