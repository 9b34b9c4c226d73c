//! Sessions for tower-sessions over our own database.
//!
//! Only the SHA-256 of the id is stored; `save` never inserts, so a session that was ended stays
//! ended; idle and absolute limits are kept here, not in the cookie. Loading reads session, person
//! and policy in one statement and puts [`SignedIn`] into the record; it is never stored.

use super::store;
use crate::{Clock, Db, records::policies};
use async_trait::async_trait;
use domain::{
    Moment,
    people::{Caller, Role},
    time,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use tower_sessions::{
    SessionStore,
    session::{Id, Record},
    session_store,
};

/// Without activity, a session ends after this.
pub const IDLE_TIME: i64 = 15 * time::MINUTE;
/// Whatever happens, a session ends after this.
pub const ABSOLUTE_TIME: i64 = 12 * time::HOUR;

/// What a request knows of its session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub caller: Caller,
    /// SHA-256 of the session's id: names the session without being it.
    pub session_hash: String,
    pub seen_at: Moment,
    pub ends_at: Moment,
    /// The person's role waits to be confirmed: it gives nothing yet.
    #[serde(default)]
    pub waits: bool,
    /// When they last showed a factor: at sign-in, or since.
    pub fresh_at: Moment,
    /// They have a second factor.
    pub has_factor: bool,
    /// The policy in force takes a second factor of their role, and they have none.
    pub lacks_factor: bool,
    pub theme: String,
    pub density: String,
}

impl SignedIn {
    /// The key in a session's record.
    pub const KEY: &'static str = "signed_in";
    /// The key under which the person of a new session is named.
    pub const PERSON: &'static str = "person_id";
    /// The key under which the id of a session is named that sign-in made already.
    pub const MADE: &'static str = "made";
}

/// The session store.
#[derive(Clone, Debug)]
pub struct Sessions {
    db: Db,
    clock: Clock,
}

impl Sessions {
    #[must_use]
    pub const fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    async fn find(&self, id: &Id) -> Result<Option<Record>, crate::Error> {
        let hash = hash(id);
        let now = self.clock.now();
        let mut reader = self.db.read().await?;
        let found = store::session(&mut reader.conn(), &hash).await?;
        self.db.keep(reader);
        let Some(row) = found.filter(|r| {
            now < r.expires_at_ms
                && now < r.seen_at_ms + IDLE_TIME
                && r.created_at_ms <= now + time::MINUTE
        }) else {
            return Ok(None);
        };
        let in_force = row.policy_version.zip(row.policy_rules.as_deref());
        let mut data: HashMap<String, serde_json::Value> =
            serde_json::from_str(&row.data).unwrap_or_default();
        if let (Some(id), Some(account), Some(name), Some(role), Some("active")) = (
            row.person_id,
            row.account,
            row.name,
            row.role.as_deref().and_then(Role::parse),
            row.state.as_deref(),
        ) {
            let signed_in = SignedIn {
                caller: Caller { id: id.into(), account, name, role },
                session_hash: hash,
                seen_at: row.seen_at_ms,
                ends_at: row.expires_at_ms,
                waits: row.role_confirmed_by.is_none() && row.role_alone != Some(1),
                fresh_at: row.fresh_at_ms,
                has_factor: row.has_factor > 0,
                lacks_factor: row.has_factor == 0 && policies::needs_factor(in_force, role),
                theme: row.theme.unwrap_or_default(),
                density: row.density.unwrap_or_default(),
            };
            data.insert(SignedIn::KEY.into(), serde_json::to_value(signed_in).unwrap_or_default());
        }
        Ok(Some(Record { id: *id, data, expiry_date: moment(row.expires_at_ms) }))
    }
}

#[async_trait]
impl SessionStore for Sessions {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        if let Some(made) = record.data.remove(SignedIn::MADE) {
            // In the transaction that found the password still to be the one that was verified.
            record.id = made
                .as_str()
                .and_then(|id| id.parse().ok())
                .ok_or_else(|| session_store::Error::Backend("no session was made".into()))?;
            return Ok(());
        }
        let now = self.clock.now();
        let person = record.data.get(SignedIn::PERSON).and_then(|v| v.as_str()).map(str::to_owned);
        let data = stored(record)?;
        let mut tx = self.db.begin().await.map_err(backend)?;
        loop {
            let inserted = store::insert_session(
                &mut tx.conn(),
                &hash(&record.id),
                person.as_deref(),
                &data,
                now,
                now + ABSOLUTE_TIME,
            )
            .await
            .map_err(backend)?;
            if inserted == 1 {
                break;
            }
            record.id = Id::default();
        }
        tx.commit().await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let data = stored(record)?;
        let mut tx = self.db.begin().await.map_err(backend)?;
        store::save_session(&mut tx.conn(), &hash(&record.id), &data).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        self.find(id).await.map_err(backend)
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let mut tx = self.db.begin().await.map_err(backend)?;
        store::delete_session(&mut tx.conn(), &hash(id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}

/// The stored data: without what loading adds.
fn stored(record: &Record) -> session_store::Result<String> {
    let kept: HashMap<_, _> = record
        .data
        .iter()
        .filter(|(key, _)| ![SignedIn::KEY, SignedIn::MADE].contains(&key.as_str()))
        .collect();
    serde_json::to_string(&kept).map_err(|e| session_store::Error::Encode(e.to_string()))
}

pub(super) fn hash(id: &Id) -> String {
    crate::sha256_hex(&id.0.to_be_bytes())
}

fn backend(error: crate::Error) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}

fn moment(at: Moment) -> tower_sessions::cookie::time::OffsetDateTime {
    tower_sessions::cookie::time::OffsetDateTime::from_unix_timestamp_nanos(
        i128::from(at) * 1_000_000,
    )
    .unwrap_or(tower_sessions::cookie::time::OffsetDateTime::UNIX_EPOCH)
}
