//! Connections: provider accounts, their sealed credentials, and whether they answer.

mod clients;
mod form;
mod store;

use crate::{
    Casework, Error, SealError, Sealer,
    journal::{self, Actor},
    new_id, seal,
};
use domain::{
    ConnectionId,
    checks::Kind,
    connections::ProofKind,
    journal::{Action, Subject},
};
use form::check;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

pub use clients::{camara_client, kryptogo_client, solaris_client, test, zignsec_client};
pub use form::{Form, Operator, Options, Partner};
pub use store::Connection;

/// The credential of a connection: KryptoGO's API token, ZignSec's access key, an operator's client
/// secret or private key.
pub const API_TOKEN: &str = "api_token";

/// Adds a connection with its credential.
///
/// # Errors
/// Fields that stand in the way, or the database.
pub async fn add(work: &Casework, actor: &Actor, form: &Form) -> Result<ConnectionId, Error> {
    let checked = check(form, true, &work.private)?;
    let id = new_id();
    let token = hex::encode(crate::random::<24>());
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        if store::name_is_taken(&mut conn, &checked.name, &id).await? {
            return Err(form
                .refused()
                .because("name", "There is a connection of this name already.")
                .into());
        }
        let connection = Connection {
            id: id.clone(),
            provider: checked.provider.code().into(),
            name: checked.name,
            base_url: checked.base_url,
            token_url: checked.token_url,
            state: "active".into(),
            allow_private: i64::from(form.allow_private),
            options: to_json(&checked.options)?,
            callback_token_sealed: work.sealer.seal(&callback_place(&id), token.as_bytes()),
            created_at_ms: now,
        };
        store::insert(&mut conn, &connection, &crate::sha256_hex(token.as_bytes())).await?;
        put_secret(work, &mut conn, actor, &id, form.secret.trim()).await?;
        let details = json!({ "name": connection.name, "provider": connection.provider, "base_url": connection.base_url, "allow_private": form.allow_private });
        let entries = [
            actor.entry(now, Action::ConnectionAdded, Subject::Connection, &id, details),
            actor.entry(
                now,
                Action::CredentialReplaced,
                Subject::Connection,
                &id,
                json!({ "credential": API_TOKEN }),
            ),
        ];
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await?;
    Ok(id.into())
}

/// What became of a connection's credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Credential {
    Kept,
    Replaced,
    /// It was given for another host, or was another kind of thing or somebody else's. The
    /// connection waits for the right one.
    Removed,
}

/// Changes a connection; a new secret replaces the stored one, an empty one keeps it. A stored one
/// stays with the host that it was given for, and stays what it is: when an address leads
/// elsewhere, or it would be taken for something else, it is removed.
///
/// # Errors
/// As [`add`], an unknown connection, or one that was changed past the record.
pub async fn change(
    work: &Casework,
    actor: &Actor,
    id: &ConnectionId,
    form: &Form,
    active: bool,
) -> Result<Credential, Error> {
    let checked = check(form, false, &work.private)?;
    let credential;
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        conn.take_turns(&turn(id)).await?;
        let before = store::to_change(&mut conn, id.as_str()).await?;
        if before.provider != checked.provider.code() {
            return Err(form
                .refused()
                .because("provider", "The provider of a connection stays. Add another connection.")
                .into());
        }
        if store::name_is_taken(&mut conn, &checked.name, id.as_str()).await? {
            return Err(form
                .refused()
                .because("name", "There is another connection of this name.")
                .into());
        }
        let known = before.options()?;
        credential = match form.secret.trim() {
            "" if known.waits_for_secret => Credential::Removed,
            "" if leads_elsewhere(&before, &known, &checked)
                || is_another(&known, &checked.options) =>
            {
                Credential::Removed
            }
            "" => Credential::Kept,
            _ => Credential::Replaced,
        };
        let moved = moved(&before, &known, &checked);
        let waits_for_secret = credential == Credential::Removed;
        let options =
            Options { deadline_ms: known.deadline_ms, waits_for_secret, ..checked.options };
        let after = Connection {
            name: checked.name,
            base_url: checked.base_url,
            token_url: checked.token_url,
            state: if active { "active" } else { "disabled" }.into(),
            allow_private: i64::from(form.allow_private),
            options: if options == known { before.options.clone() } else { to_json(&options)? },
            ..before.clone()
        };
        let (from, to) = (before.public(), after.public());
        let mut entries = Vec::new();
        // What is saved as it stands is no change.
        if from != to {
            store::change(&mut conn, &after).await?;
            let details = json!({ "from": from, "to": to });
            entries.push(actor.entry(
                now,
                Action::ConnectionChanged,
                Subject::Connection,
                id.as_str(),
                details,
            ));
        }
        if !moved.is_empty() {
            entries.push(actor.entry(
                now,
                Action::AddressChanged,
                Subject::Connection,
                id.as_str(),
                json!(moved),
            ));
        }
        let about = |action| {
            actor.entry(
                now,
                action,
                Subject::Connection,
                id.as_str(),
                json!({ "credential": API_TOKEN }),
            )
        };
        match credential {
            Credential::Kept => {}
            Credential::Replaced => {
                put_secret(work, &mut conn, actor, id.as_str(), form.secret.trim()).await?;
                entries.push(about(Action::CredentialReplaced));
            }
            Credential::Removed if known.waits_for_secret => {}
            Credential::Removed => {
                store::remove_credential(&mut conn, id.as_str(), API_TOKEN).await?;
                entries.push(about(Action::CredentialRemoved));
            }
        }
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await?;
    if credential == Credential::Removed {
        work.db.erased();
    }
    work.doors.forget();
    work.breakers.forget(id.as_str());
    Ok(credential)
}

/// Lets one change of a connection at a time be made: whether a credential stays depends on the
/// address that is there by then.
fn turn(id: &ConnectionId) -> String {
    format!("connection {}", id.as_str())
}

/// The addresses that change, each with what it was and what it will be: for those who read what an
/// admin did.
fn moved(
    before: &Connection,
    known: &Options,
    after: &form::Checked,
) -> BTreeMap<&'static str, String> {
    fn authorize(options: &Options) -> &str {
        options.operator.as_ref().map_or("", |operator| operator.authorize_url.as_str())
    }
    let all = [
        (["name", "name_before"], before.name.as_str(), after.name.as_str()),
        (["base_url", "base_url_before"], before.base_url.as_str(), after.base_url.as_str()),
        (
            ["token_url", "token_url_before"],
            before.token_url.as_deref().unwrap_or_default(),
            after.token_url.as_deref().unwrap_or_default(),
        ),
        (["authorize_url", "authorize_url_before"], authorize(known), authorize(&after.options)),
    ];
    if all.iter().skip(1).all(|(_, from, to)| from == to) {
        return BTreeMap::new();
    }
    // The name stands there in any case, so that the entry tells by itself which connection it is.
    let mut moved = BTreeMap::from([("name", after.name.clone())]);
    for (names, from, to) in all.into_iter().filter(|(_, from, to)| from != to) {
        moved.insert(names[0], to.to_owned());
        moved.insert(names[1], from.to_owned());
    }
    moved
}

/// Whether one of a connection's addresses will lead to another host than it does: another scheme,
/// name or port.
fn leads_elsewhere(before: &Connection, known: &Options, after: &form::Checked) -> bool {
    fn authorize(options: &Options) -> Option<&str> {
        options.operator.as_ref().map(|operator| operator.authorize_url.as_str())
    }
    let place = |address: Option<&str>| url::Url::parse(address?).ok().map(|url| url.origin());
    [
        (Some(before.base_url.as_str()), Some(after.base_url.as_str())),
        (before.token_url.as_deref(), after.token_url.as_deref()),
        (authorize(known), authorize(&after.options)),
    ]
    .into_iter()
    .any(|(before, after)| place(after).is_some_and(|after| place(before).as_ref() != Some(&after)))
}

/// Whether a stored credential would be taken for what it is not: a private key for a client
/// secret, which is sent as it stands, or one client's for another's.
fn is_another(known: &Options, after: &Options) -> bool {
    fn meaning(options: &Options) -> (Option<ProofKind>, Option<&str>) {
        let operator = options.operator.as_ref();
        let client = operator
            .map(|o| o.client_id.as_str())
            .or(options.partner.as_ref().map(|p| p.client_id.as_str()));
        (operator.map(|o| o.proof), client)
    }
    meaning(known) != meaning(after)
}

/// Sets how long a whole call to this provider may take; `None` is the usual 30 seconds.
///
/// # Errors
/// An unknown connection, one that was changed past the record, or the database.
pub async fn set_deadline(
    work: &Casework,
    actor: &Actor,
    id: &ConnectionId,
    deadline_ms: Option<u64>,
) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        conn.take_turns(&turn(id)).await?;
        let before = store::to_change(&mut conn, id.as_str()).await?;
        let after = Connection {
            options: to_json(&Options { deadline_ms, ..before.options()? })?,
            ..before.clone()
        };
        store::change(&mut conn, &after).await?;
        let details = json!({ "from": before.public(), "to": after.public() });
        journal::append(
            &mut conn,
            &[actor.entry(
                work.now(),
                Action::ConnectionChanged,
                Subject::Connection,
                id.as_str(),
                details,
            )],
        )
        .await?;
    }
    tx.commit().await?;
    work.doors.forget();
    Ok(())
}

async fn put_secret(
    work: &Casework,
    conn: &mut crate::store::Conn<'_>,
    actor: &Actor,
    id: &str,
    secret: &str,
) -> Result<(), Error> {
    let sealed = work.sealer.seal(&secret_place(id), secret.as_bytes());
    // Four characters of a short secret would be too much of it.
    let hint =
        if secret.len() >= 16 { secret[secret.len() - 4..].to_owned() } else { String::new() };
    store::put_credential(conn, id, API_TOKEN, &sealed, &hint, &actor.id, work.now()).await
}

/// What a person may know of a connection: never a secret.
#[derive(Debug, Clone)]
pub struct Known {
    pub connection: Connection,
    pub options: Options,
    /// The last four characters of the API token, if it is long enough to show them.
    pub hint: String,
    /// When and by whom it was last replaced.
    pub replaced_at: i64,
    pub replaced_by: Option<String>,
}

/// All connections by name.
///
/// # Errors
/// The database.
pub async fn list(work: &Casework) -> Result<Vec<Known>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let mut known = Vec::new();
    for connection in store::list(&mut conn).await? {
        let (hint, replaced_at, replaced_by) =
            store::credential_hint(&mut conn, &connection.id, API_TOKEN).await?.unwrap_or_default();
        known.push(Known {
            options: connection.options()?,
            connection,
            hint,
            replaced_at,
            replaced_by,
        });
    }
    Ok(known)
}

/// What is sealed of a connection, each called by its name with how its opening went.
pub(crate) struct Opening {
    pub id: String,
    pub name: String,
    pub opened: Vec<(String, Result<(), Error>)>,
}

/// Opens what is sealed of every connection itself.
///
/// # Errors
/// The database.
pub(crate) async fn inspect(work: &Casework) -> Result<Vec<Opening>, Error> {
    let all = {
        let mut reader = work.db.read().await?;
        store::list(&mut reader.conn()).await?
    };
    let mut openings = Vec::with_capacity(all.len());
    for connection in all {
        let called = |what: &str| format!("{what} of the connection {}", connection.name);
        let mut opened =
            vec![(called("The callback address"), webhook_url(work, &connection).map(drop))];
        if !connection.options()?.waits_for_secret {
            opened.push((
                called("The credential"),
                clients::secret(work, &connection).await.map(drop),
            ));
        }
        openings.push(Opening { id: connection.id, name: connection.name, opened });
    }
    Ok(openings)
}

/// One connection.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, id: &ConnectionId) -> Result<Connection, Error> {
    let mut reader = work.db.read().await?;
    store::find(&mut reader.conn(), id.as_str()).await?.ok_or(Error::NotFound)
}

/// As [`get`], on a connection to the database that is open already.
pub(crate) async fn get_on(
    conn: &mut crate::store::Conn<'_>,
    id: &str,
) -> Result<Connection, Error> {
    store::find(conn, id).await?.ok_or(Error::NotFound)
}

/// A connection's name, on a connection to the database that is open already.
pub(crate) async fn store_name(
    conn: &mut crate::store::Conn<'_>,
    id: &str,
) -> Result<String, Error> {
    Ok(store::find(conn, id).await?.map(|c| c.name).unwrap_or_default())
}

/// The connection that a launch form names, if it is one that serves this kind and may be used,
/// with its search settings by number.
pub(crate) async fn chosen(
    work: &Casework,
    id: &str,
    kind: Kind,
) -> Result<(Option<Connection>, Vec<i64>), Error> {
    let chosen = match get(work, &id.into()).await {
        Ok(connection)
            if connection.is_active()
                && connection.serves(kind)
                && !connection.options()?.waits_for_secret =>
        {
            Some(connection)
        }
        Ok(_) | Err(Error::NotFound) => None,
        Err(error) => return Err(error),
    };
    let settings = match &chosen {
        Some(connection) => connection.options()?.search_settings.into_keys().collect(),
        None => vec![],
    };
    Ok((chosen, settings))
}

/// The connection whose callback address carries this token.
///
/// # Errors
/// The database.
pub async fn by_callback_token(
    work: &Casework,
    token: &str,
) -> Result<Option<Arc<Connection>>, Error> {
    let (hash, now) = (crate::sha256_hex(token.as_bytes()), work.now());
    if let Some(known) = work.doors.get(&hash, now) {
        return Ok(Some(known));
    }
    let mut reader = work.db.read().await?;
    let found = store::by_callback_hash(&mut reader.conn(), &hash).await?.map(Arc::new);
    // Addresses that lead nowhere are not remembered: anybody can make up any number of them.
    if let Some(connection) = &found {
        work.doors.put(&hash, connection.clone(), now);
    }
    Ok(found)
}

/// The address where this connection's provider reports about a check.
///
/// # Errors
/// The token cannot be opened.
pub fn callback_url(
    work: &Casework,
    connection: &Connection,
    check_id: &str,
) -> Result<String, Error> {
    Ok(format!("{}/{check_id}", webhook_url(work, connection)?))
}

/// The address where this connection's provider reports about everything.
///
/// # Errors
/// The token cannot be opened.
pub fn webhook_url(work: &Casework, connection: &Connection) -> Result<String, Error> {
    let token = callback_key(work, connection)?;
    Ok(format!(
        "{}/callbacks/{}/{}",
        work.public_url,
        connection.provider,
        String::from_utf8_lossy(&token)
    ))
}

/// What a message of this connection's provider is known by: only who can open the connection's
/// secrets can tell which message that was.
///
/// # Errors
/// The token cannot be opened.
pub(crate) fn message_name(
    sealer: &Sealer,
    connection: &str,
    token_sealed: &[u8],
    message: &str,
) -> Result<String, SealError> {
    Ok(seal::message_name(&sealer.open(&callback_place(connection), token_sealed)?, message))
}

/// The secret part of this connection's callback address, which also keys what its callbacks are
/// told apart by.
pub(crate) fn callback_key(
    work: &Casework,
    connection: &Connection,
) -> Result<crate::Opened, Error> {
    Ok(work.sealer.open(&callback_place(&connection.id), &connection.callback_token_sealed)?)
}

fn to_json(options: &Options) -> Result<String, Error> {
    serde_json::to_string(options).map_err(|e| Error::Corrupt(e.to_string()))
}

fn secret_place(id: &str) -> String {
    format!("credentials|sealed|{id}|{API_TOKEN}")
}

fn callback_place(id: &str) -> String {
    format!("connections|callback_token_sealed|{id}")
}
