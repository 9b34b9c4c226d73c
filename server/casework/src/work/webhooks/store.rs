//! The SQL of webhook subscriptions, and of whom and what webhooks speak of.

use crate::{
    Error,
    store::{Conn, exec, row, rows},
};
use domain::Moment;

/// A subscription that we made, with its sealed secret.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct Key {
    pub id: String,
    pub event_type: String,
    pub provider_ref: String,
    pub secret_sealed: Option<Vec<u8>>,
}

/// All that a connection's deliveries may be signed with.
pub(super) async fn keys(conn: &mut Conn<'_>, connection: &str) -> Result<Vec<Key>, Error> {
    Ok(rows!(
        conn,
        Key,
        "SELECT id, event_type, provider_ref, secret_sealed FROM webhooks WHERE connection_id = $1 ORDER BY made_at_ms, id",
        connection
    )?)
}

/// A subscription as admins list it, without its secret.
#[derive(sqlx_macros::FromRow)]
pub(super) struct Row {
    pub event_type: String,
    pub provider_ref: String,
    pub has_secret: i64,
    pub made_at_ms: Moment,
    pub made_by: String,
}

pub(super) async fn list(conn: &mut Conn<'_>, connection: &str) -> Result<Vec<Row>, Error> {
    Ok(rows!(
        conn,
        Row,
        "SELECT w.event_type, w.provider_ref, CAST(CASE WHEN w.secret_sealed IS NULL THEN 0 ELSE 1 END AS BIGINT) AS has_secret, w.made_at_ms, \
         COALESCE(p.name, w.made_by) AS made_by FROM webhooks w LEFT JOIN people p ON p.id = w.made_by WHERE w.connection_id = $1 ORDER BY w.made_at_ms, w.id",
        connection
    )?)
}

pub(super) async fn insert(
    conn: &mut Conn<'_>,
    key: &Key,
    connection: &str,
    by: &str,
    now: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO webhooks (id, connection_id, event_type, provider_ref, secret_sealed, made_at_ms, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &key.id,
        connection,
        &key.event_type,
        &key.provider_ref,
        &key.secret_sealed,
        now,
        by
    )?;
    Ok(())
}

/// Gives a secret to a subscription that has none; whether it had none.
pub(super) async fn give_secret(
    conn: &mut Conn<'_>,
    connection: &str,
    key: &Key,
) -> Result<bool, Error> {
    Ok(exec!(
        conn,
        "UPDATE webhooks SET secret_sealed = $4 WHERE id = $1 AND connection_id = $2 AND event_type = $3 AND secret_sealed IS NULL",
        &key.id,
        connection,
        &key.event_type,
        &key.secret_sealed
    )? > 0)
}

/// Forgets a subscription with its secret; gives its event, or nothing when it was not ours.
pub(super) async fn remove(
    conn: &mut Conn<'_>,
    connection: &str,
    provider_ref: &str,
) -> Result<Option<String>, Error> {
    Ok(row!(
        conn,
        (String,),
        "DELETE FROM webhooks WHERE connection_id = $1 AND provider_ref = $2 RETURNING event_type",
        connection,
        provider_ref
    )?
    .map(|(event,)| event))
}

/// The checks that have this identification.
pub(crate) async fn checks_of_identification(
    conn: &mut Conn<'_>,
    connection: &str,
    identification: &str,
) -> Result<Vec<String>, Error> {
    let found = rows!(
        conn,
        (String,),
        "SELECT id FROM checks WHERE connection_id = $1 AND provider_ref = $2 AND kind = 'video_ident' ORDER BY id",
        connection,
        identification
    )?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// The checks about this person that the provider knows.
pub(crate) async fn checks_of_person(
    conn: &mut Conn<'_>,
    connection: &str,
    person: &str,
) -> Result<Vec<String>, Error> {
    let found = rows!(
        conn,
        (String,),
        "SELECT c.id FROM provider_persons p JOIN video_sessions s ON s.person_id = p.id JOIN checks c ON c.id = s.check_id \
         WHERE p.connection_id = $1 AND p.provider_ref = $2 AND c.provider_ref IS NOT NULL ORDER BY c.id",
        connection,
        person
    )?;
    Ok(found.into_iter().map(|(id,)| id).collect())
}

/// A person at the provider, as far as a webhook about them needs it.
#[derive(sqlx_macros::FromRow)]
pub(crate) struct Person {
    pub customer_id: String,
    pub erased_at_ms: Option<Moment>,
}

pub(crate) async fn person(
    conn: &mut Conn<'_>,
    connection: &str,
    person: &str,
) -> Result<Option<Person>, Error> {
    Ok(row!(
        conn,
        Person,
        "SELECT customer_id, erased_at_ms FROM provider_persons WHERE connection_id = $1 AND provider_ref = $2",
        connection,
        person
    )?)
}

/// Whether a person of this connection may exist whose number did not arrive yet.
pub(crate) async fn has_unnumbered_persons(
    conn: &mut Conn<'_>,
    connection: &str,
) -> Result<bool, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM provider_persons WHERE connection_id = $1 AND provider_ref IS NULL AND erased_at_ms IS NULL LIMIT 1",
        connection
    )?
    .is_some())
}
