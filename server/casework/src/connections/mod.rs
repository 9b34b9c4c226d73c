//! Connections: provider accounts, their sealed credentials, and whether they answer.

mod store;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    providers::{Target, kryptogo},
};
use domain::{
    ConnectionId,
    fields::{Refused, one_line},
    journal::{Action, Subject},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

pub use store::Connection;

/// The credential that KryptoGO wants: the value of the `GOFACT-API-TOKEN` header.
pub const API_TOKEN: &str = "api_token";
/// The longest secret that is taken, in bytes.
const SECRET_MAX: usize = 8_192;

/// What is particular to a connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// The provider's search settings by their number; the provider has no endpoint that lists them.
    pub search_settings: BTreeMap<i64, String>,
    /// A whole call may take this long, in milliseconds; absent means 30,000.
    pub deadline_ms: Option<u64>,
}

/// What is typed to add or change a connection.
#[derive(Debug, Clone, Default)]
pub struct Form {
    pub name: String,
    pub provider: String,
    pub base_url: String,
    pub token_url: String,
    /// One `number = name` a line.
    pub search_settings: String,
    pub allow_private: bool,
    /// Empty keeps the stored one.
    pub secret: Zeroizing<String>,
}

impl Form {
    fn refused(&self) -> Refused {
        Refused::of([
            ("name", &self.name),
            ("provider", &self.provider),
            ("base_url", &self.base_url),
            ("token_url", &self.token_url),
            ("search_settings", &self.search_settings),
            ("allow_private", if self.allow_private { "1" } else { "" }),
        ])
    }
}

/// Checked values of a [`Form`].
struct Checked {
    name: String,
    base_url: String,
    token_url: Option<String>,
    options: Options,
}

fn check(form: &Form, secret_needed: bool) -> Result<Checked, Refused> {
    let mut refused = form.refused();
    let name = one_line(&form.name);
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(domain::fields::is_unsafe_character) {
        refused.refuse("name", "Give the connection a name of at most 80 visible characters.");
    }
    if form.provider != "kryptogo" {
        refused.refuse("provider", "KryptoGO is the provider that this version speaks with.");
    }
    let base_url = check_url(&form.base_url, form.allow_private).unwrap_or_else(|message| {
        refused.refuse("base_url", message);
        String::new()
    });
    let token_url = match form.token_url.trim() {
        "" => None,
        url => check_url(url, form.allow_private).map_err(|message| refused.refuse("token_url", message)).ok(),
    };
    let search_settings = read_settings(&form.search_settings).unwrap_or_else(|message| {
        refused.refuse("search_settings", message);
        BTreeMap::new()
    });
    if secret_needed && form.secret.trim().is_empty() {
        refused.refuse("secret", "Give the API token.");
    }
    if form.secret.len() > SECRET_MAX || form.secret.trim().chars().any(|c| !c.is_ascii_graphic()) {
        refused.refuse("secret", "An API token is made of visible ASCII characters without spaces.");
    }
    if refused.is_clean() {
        Ok(Checked { name, base_url, token_url, options: Options { search_settings, deadline_ms: None } })
    } else {
        Err(refused)
    }
}

fn check_url(text: &str, allow_private: bool) -> Result<String, String> {
    let url = url::Url::parse(text.trim()).map_err(|_| "Give a full address, for example https://external-api.kryptogo.com.".to_owned())?;
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("Give the address alone, without user, password, ? or #.".into());
    }
    crate::providers::check_address(&url, allow_private).map_err(|why| format!("Give another address: {why}."))?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn read_settings(text: &str) -> Result<BTreeMap<i64, String>, &'static str> {
    const HOW: &str = "Write one search setting a line: its number, an equals sign, and its name; for example 2 = Fuzzy, all years.";
    let mut settings = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty()) {
        let (number, name) = line.split_once('=').ok_or(HOW)?;
        let number: i64 = number.trim().parse().map_err(|_| HOW)?;
        let name = one_line(name);
        if name.is_empty() || number < 1 || settings.insert(number, name).is_some() {
            return Err(HOW);
        }
    }
    if settings.is_empty() { Err(HOW) } else { Ok(settings) }
}

/// Adds a connection with its credential.
///
/// # Errors
/// Fields that stand in the way, or the database.
pub async fn add(work: &Casework, actor: &Actor, form: &Form) -> Result<ConnectionId, Error> {
    let checked = check(form, true)?;
    let id = new_id();
    let token = hex::encode(crate::random::<24>());
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        if store::name_is_taken(&mut conn, &checked.name, &id).await? {
            return Err(form.refused().because("name", "There is a connection of this name already.").into());
        }
        let connection = Connection {
            id: id.clone(),
            provider: form.provider.clone(),
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
            actor.entry(now, Action::CredentialReplaced, Subject::Connection, &id, json!({ "credential": API_TOKEN })),
        ];
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await?;
    Ok(id.into())
}

/// Changes a connection; a new secret replaces the stored one, an empty one keeps it.
///
/// # Errors
/// As [`add`], or an unknown connection.
pub async fn change(work: &Casework, actor: &Actor, id: &ConnectionId, form: &Form, active: bool) -> Result<(), Error> {
    let checked = check(form, false)?;
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let before = store::find(&mut conn, id.as_str()).await?.ok_or(Error::NotFound)?;
        if store::name_is_taken(&mut conn, &checked.name, id.as_str()).await? {
            return Err(form.refused().because("name", "There is another connection of this name.").into());
        }
        let options = Options { deadline_ms: before.options()?.deadline_ms, ..checked.options };
        let after = Connection {
            name: checked.name,
            base_url: checked.base_url,
            token_url: checked.token_url,
            state: if active { "active" } else { "disabled" }.into(),
            allow_private: i64::from(form.allow_private),
            options: to_json(&options)?,
            ..before.clone()
        };
        store::change(&mut conn, &after).await?;
        let details = json!({ "from": before.public(), "to": after.public() });
        let mut entries = vec![actor.entry(now, Action::ConnectionChanged, Subject::Connection, id.as_str(), details)];
        if !form.secret.trim().is_empty() {
            put_secret(work, &mut conn, actor, id.as_str(), form.secret.trim()).await?;
            entries.push(actor.entry(
                now,
                Action::CredentialReplaced,
                Subject::Connection,
                id.as_str(),
                json!({ "credential": API_TOKEN }),
            ));
        }
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await
}

/// Sets how long a whole call to this provider may take; `None` is the usual 30 seconds.
///
/// # Errors
/// An unknown connection, or the database.
pub async fn set_deadline(work: &Casework, actor: &Actor, id: &ConnectionId, deadline_ms: Option<u64>) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let before = store::find(&mut conn, id.as_str()).await?.ok_or(Error::NotFound)?;
        let after = Connection { options: to_json(&Options { deadline_ms, ..before.options()? })?, ..before.clone() };
        store::change(&mut conn, &after).await?;
        let details = json!({ "from": before.public(), "to": after.public() });
        journal::append(&mut conn, &[actor.entry(work.now(), Action::ConnectionChanged, Subject::Connection, id.as_str(), details)])
            .await?;
    }
    tx.commit().await
}

async fn put_secret(work: &Casework, conn: &mut crate::store::Conn<'_>, actor: &Actor, id: &str, secret: &str) -> Result<(), Error> {
    let sealed = work.sealer.seal(&secret_place(id), secret.as_bytes());
    // Four characters of a short secret would be too much of it.
    let hint = if secret.len() >= 16 { secret[secret.len() - 4..].to_owned() } else { String::new() };
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
        let (hint, replaced_at, replaced_by) = store::credential_hint(&mut conn, &connection.id, API_TOKEN).await?.unwrap_or_default();
        known.push(Known { options: connection.options()?, connection, hint, replaced_at, replaced_by });
    }
    Ok(known)
}

/// One connection.
///
/// # Errors
/// Unknown, or the database.
pub async fn get(work: &Casework, id: &ConnectionId) -> Result<Connection, Error> {
    let mut reader = work.db.read().await?;
    store::find(&mut reader.conn(), id.as_str()).await?.ok_or(Error::NotFound)
}

/// The connection that a launch form names, if it is one that may be used, with its search settings by number.
pub(crate) async fn chosen(work: &Casework, id: &str) -> Result<(Option<Connection>, Vec<i64>), Error> {
    let chosen = match get(work, &id.into()).await {
        Ok(connection) if connection.is_active() => Some(connection),
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
pub async fn by_callback_token(work: &Casework, token: &str) -> Result<Option<Connection>, Error> {
    let mut reader = work.db.read().await?;
    store::by_callback_hash(&mut reader.conn(), &crate::sha256_hex(token.as_bytes())).await
}

/// The address where this connection's provider reports about a check.
///
/// # Errors
/// The token cannot be opened.
pub fn callback_url(work: &Casework, connection: &Connection, check_id: &str) -> Result<String, Error> {
    let token = work.sealer.open(&callback_place(&connection.id), &connection.callback_token_sealed)?;
    Ok(format!("{}/callbacks/{}/{}/{check_id}", work.public_url, connection.provider, String::from_utf8_lossy(&token)))
}

/// A client for this connection's provider.
///
/// # Errors
/// The credential cannot be opened.
pub async fn kryptogo_client(work: &Casework, connection: &Connection) -> Result<kryptogo::Client, Error> {
    let sealed = {
        let mut reader = work.db.read().await?;
        store::credential(&mut reader.conn(), &connection.id, API_TOKEN).await?
    };
    let sealed = sealed.ok_or_else(|| Error::Corrupt(format!("connection {} has no credential", connection.id)))?;
    let secret = work.sealer.open(&secret_place(&connection.id), &sealed)?;
    let token = String::from_utf8(secret.to_vec()).map_err(|e| Error::Corrupt(e.to_string()))?;
    let target = Target {
        base_url: connection.base_url.clone(),
        allow_private: connection.allow_private != 0,
        deadline_ms: connection.options()?.deadline_ms,
    };
    Ok(kryptogo::Client::new(work.clients.http(&target)?, target, Zeroizing::new(token)))
}

/// Asks the provider something harmless and says how it went; recorded.
///
/// # Errors
/// An unknown connection or the database; the provider's failure is an answer, not an error.
pub async fn test(work: &Casework, actor: &Actor, id: &ConnectionId) -> Result<Result<String, String>, Error> {
    let connection = get(work, id).await?;
    let client = kryptogo_client(work, &connection).await?;
    let started = std::time::Instant::now();
    let answer = match client.history("", 1, 1).await {
        Ok(_) => Ok(format!("{} answered in {} ms and accepted the API token.", connection.name, started.elapsed().as_millis())),
        Err(error) => Err(error.last_sentence(kryptogo::NAME, 1)),
    };
    let details = json!({ "ok": answer.is_ok(), "answer": answer.as_ref().unwrap_or_else(|e| e) });
    journal::record(&work.db, &[actor.entry(work.now(), Action::ConnectionTested, Subject::Connection, id.as_str(), details)]).await?;
    Ok(answer)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form {
            name: "K".into(),
            provider: "kryptogo".into(),
            base_url: "https://external-api.kryptogo.com/".into(),
            search_settings: "1 = Precise\n\n 2=Fuzzy, all ".into(),
            secret: Zeroizing::new("0123456789abcdef-xyz".into()),
            ..Form::default()
        }
    }

    #[test]
    fn a_good_form_is_taken_and_tidied() {
        let checked = check(&form(), true).expect("good");
        assert_eq!(checked.base_url, "https://external-api.kryptogo.com");
        assert_eq!(checked.options.search_settings.get(&2).map(String::as_str), Some("Fuzzy, all"));
    }

    #[test]
    fn each_bad_field_is_named() {
        for (bad, field) in [
            (Form { name: " ".into(), ..form() }, "name"),
            (Form { base_url: "kryptogo.com".into(), ..form() }, "base_url"),
            (Form { base_url: "http://external-api.kryptogo.com".into(), ..form() }, "base_url"),
            (Form { base_url: "https://127.0.0.1:1".into(), ..form() }, "base_url"),
            (Form { base_url: "https://user:pw@example.com".into(), ..form() }, "base_url"),
            (Form { search_settings: "Precise".into(), ..form() }, "search_settings"),
            (Form { search_settings: "1=a\n1=b".into(), ..form() }, "search_settings"),
            (Form { secret: Zeroizing::new(String::new()), ..form() }, "secret"),
            (Form { secret: Zeroizing::new("a b".into()), ..form() }, "secret"),
            (Form { provider: "acme".into(), ..form() }, "provider"),
        ] {
            let refused = check(&bad, true).err().expect("refused");
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert!(!format!("{refused:?}").contains("0123456789abcdef"), "a secret is never handed back");
        }
    }
}
