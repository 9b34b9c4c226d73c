//! What the desk and the workers ask of video identification.

use super::{
    super::service::{GivenUp, Lost, SentAs, Service},
    bears, outcome, person_of, send, shown, target_of,
};
use crate::{
    Casework, Error, journal,
    providers::{NOT_TAKEN, overheard::Overheard},
    records::{
        checks::Check,
        connections::{self, Connection},
        customers::ERASED,
    },
    services::{self, Read, rewritten},
    store::Conn,
};
use async_trait::async_trait;
use domain::{launch::Target, who::Bears};
use serde_json::Value;

/// Video identifications, in steps that a person takes.
pub(in crate::services) struct Identifications;

#[async_trait]
impl Service for Identifications {
    fn sent_as(&self) -> SentAs {
        SentAs::Steps
    }

    fn lost(&self, _check: &Check) -> Result<Lost, Error> {
        Ok(Lost::LookedUp)
    }

    /// Nothing of it fails by itself: a person may take the step again. What stopped the desk
    /// itself, or an erasure, ends the check before it comes here.
    async fn gave_up(
        &self,
        conn: &mut Conn<'_>,
        check: &Check,
        given_up: GivenUp<'_>,
    ) -> Result<Vec<journal::Entry>, Error> {
        let GivenUp { payload, words, is_moot, now } = given_up;
        let (step, _) = send::Step::of(payload)?;
        let refused = send::gave_up(conn, check, step, words, is_moot, now).await?;
        Ok(refused.into_iter().collect())
    }

    async fn read_again(
        &self,
        work: &Casework,
        connection: &Connection,
        check: &Check,
    ) -> Result<Read, Error> {
        let client = connections::solaris_client(work, connection).await?;
        outcome::read_again(work, &client, check).await
    }

    /// Solaris says 404 of whatever does not exist yet, at each read: that is no refusal of the
    /// whole.
    fn keeps(&self, heard: &Overheard) -> bool {
        heard.source == NOT_TAKEN
    }

    /// It waits for its customer for days: a provider that is away that long does not end it.
    fn fails_unread(&self) -> bool {
        false
    }

    async fn shown(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<services::Shown, Error> {
        let video = shown::of(work, conn, check).await?;
        let typed = video.as_ref().and_then(|video| video.typed.as_ref());
        Ok(services::Shown { target: typed.map(target_of), video, ..services::Shown::default() })
    }

    async fn about(
        &self,
        work: &Casework,
        conn: &mut Conn<'_>,
        check: &Check,
    ) -> Result<(Target, Vec<Bears>), Error> {
        let person = person_of(work, conn, check).await?.ok_or(Error::NotFound)?;
        Ok((target_of(&person), bears(&person)))
    }

    fn emptied(&self, request: &str) -> Option<String> {
        rewritten(request, overwrite)
    }
}

/// Every text but our own reference.
fn overwrite(value: &mut Value) {
    match value {
        Value::String(text) => *text = ERASED.into(),
        Value::Array(items) => items.iter_mut().for_each(overwrite),
        Value::Object(members) => members
            .iter_mut()
            .filter(|(name, _)| *name != "customer_reference")
            .for_each(|(_, value)| overwrite(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
