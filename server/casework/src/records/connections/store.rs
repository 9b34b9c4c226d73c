//! The SQL of connections and credentials.

use super::Options;
use crate::{
    Error,
    journal::{
        must_stand,
        parts::{CONNECTION_DOOR, CONNECTIONS, CREDENTIALS},
    },
    store::{Conn, exec, row, rows},
};
use domain::{Moment, checks::Kind, connections::Provider};

/// A connection as stored.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub struct Connection {
    pub id: String,
    pub provider: String,
    pub name: String,
    pub base_url: String,
    pub token_url: Option<String>,
    pub state: String,
    pub allow_private: i64,
    pub options: String,
    pub callback_token_sealed: Vec<u8>,
    pub created_at_ms: i64,
}

impl Connection {
    /// What is particular to it.
    ///
    /// # Errors
    /// Stored options that cannot be read.
    pub fn options(&self) -> Result<Options, Error> {
        serde_json::from_str(&self.options)
            .map_err(|e| Error::Corrupt(format!("options of connection {}: {e}", self.id)))
    }

    /// Whether its provider runs checks of this kind.
    #[must_use]
    pub fn serves(&self, kind: Kind) -> bool {
        Provider::of(kind).is_some_and(|p| p.code() == self.provider)
    }

    #[must_use]
    pub fn is_active(&self) -> bool {
        self.state == "active"
    }

    /// What the journal may hold of it.
    #[must_use]
    pub fn public(&self) -> serde_json::Value {
        serde_json::json!({ "name": self.name, "base_url": self.base_url, "token_url": self.token_url, "state": self.state, "allow_private": self.allow_private, "options": self.options })
    }
}

macro_rules! connection {
    ($rest:literal) => {
        concat!("SELECT id, provider, name, base_url, token_url, state, allow_private, options, callback_token_sealed, created_at_ms FROM connections", $rest)
    };
}

pub(super) async fn insert(
    conn: &mut Conn<'_>,
    c: &Connection,
    callback_hash: &str,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO connections (id, provider, name, base_url, token_url, state, allow_private, options, callback_token_hash, callback_token_sealed, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &c.id,
        &c.provider,
        &c.name,
        &c.base_url,
        &c.token_url,
        &c.state,
        c.allow_private,
        &c.options,
        callback_hash,
        &c.callback_token_sealed,
        c.created_at_ms
    )?;
    conn.wrote(CONNECTIONS, &c.id);
    conn.wrote(CONNECTION_DOOR, &c.id);
    Ok(())
}

/// A connection that is about to be changed, unless somebody changed it past the record: what they
/// wrote is not made good, and no secret goes where they lead.
pub(super) async fn to_change(conn: &mut Conn<'_>, id: &str) -> Result<Connection, Error> {
    let before = find(conn, id).await?.ok_or(Error::NotFound)?;
    for part in [CONNECTIONS, CONNECTION_DOOR] {
        must_stand(conn, part, id).await?;
    }
    Ok(before)
}

/// Changes a connection that [`to_change`] gave.
pub(super) async fn change(conn: &mut Conn<'_>, c: &Connection) -> Result<(), Error> {
    conn.wrote(CONNECTIONS, &c.id);
    exec!(
        conn,
        "UPDATE connections SET name = $2, base_url = $3, token_url = $4, state = $5, allow_private = $6, options = $7 WHERE id = $1",
        &c.id,
        &c.name,
        &c.base_url,
        &c.token_url,
        &c.state,
        c.allow_private,
        &c.options
    )?;
    Ok(())
}

pub(super) async fn find(conn: &mut Conn<'_>, id: &str) -> Result<Option<Connection>, Error> {
    Ok(row!(conn, Connection, connection!(" WHERE id = $1"), id)?)
}

pub(super) async fn by_callback_hash(
    conn: &mut Conn<'_>,
    hash: &str,
) -> Result<Option<Connection>, Error> {
    Ok(row!(conn, Connection, connection!(" WHERE callback_token_hash = $1"), hash)?)
}

pub(super) async fn list(conn: &mut Conn<'_>) -> Result<Vec<Connection>, Error> {
    Ok(rows!(conn, Connection, connection!(" ORDER BY name, id"))?)
}

pub(super) async fn name_is_taken(
    conn: &mut Conn<'_>,
    name: &str,
    except: &str,
) -> Result<bool, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM connections WHERE name = $1 AND id <> $2",
        name,
        except
    )?
    .is_some())
}

pub(super) async fn put_credential(
    conn: &mut Conn<'_>,
    id: &str,
    name: &str,
    sealed: &[u8],
    hint: &str,
    by: &str,
    at: Moment,
) -> Result<(), Error> {
    exec!(
        conn,
        "INSERT INTO credentials (connection_id, name, sealed, hint, replaced_at_ms, replaced_by) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (connection_id, name) DO UPDATE SET sealed = excluded.sealed, hint = excluded.hint, replaced_at_ms = excluded.replaced_at_ms, replaced_by = excluded.replaced_by",
        id,
        name,
        sealed,
        hint,
        at,
        by
    )?;
    conn.wrote(CREDENTIALS, &format!("{id}/{name}"));
    Ok(())
}

pub(super) async fn remove_credential(
    conn: &mut Conn<'_>,
    id: &str,
    name: &str,
) -> Result<(), Error> {
    conn.wrote(CREDENTIALS, &format!("{id}/{name}"));
    exec!(conn, "DELETE FROM credentials WHERE connection_id = $1 AND name = $2", id, name)?;
    Ok(())
}

pub(super) async fn credential(
    conn: &mut Conn<'_>,
    id: &str,
    name: &str,
) -> Result<Option<Vec<u8>>, Error> {
    Ok(row!(
        conn,
        (Vec<u8>,),
        "SELECT sealed FROM credentials WHERE connection_id = $1 AND name = $2",
        id,
        name
    )?
    .map(|(s,)| s))
}

pub(super) async fn credential_hint(
    conn: &mut Conn<'_>,
    id: &str,
    name: &str,
) -> Result<Option<(String, Moment, Option<String>)>, Error> {
    Ok(row!(
        conn,
        (String, i64, Option<String>),
        "SELECT c.hint, c.replaced_at_ms, p.name FROM credentials c LEFT JOIN people p ON p.id = c.replaced_by WHERE c.connection_id = $1 AND c.name = $2",
        id,
        name
    )?)
}
