//! A signed webhook comes in: who sent it is settled before anything of it is read or stored.

use super::{place, store};
use crate::{
    Casework, Error, Remembered,
    providers::solaris::{Delivery, Refusal, verify},
    records::connections::{self, Connection},
    work::inbox::{self, Signed},
};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::sync::Arc;
use zeroize::Zeroizing;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// It only asked whether somebody answers here; nothing was stored.
    Probe,
    /// It is durable. Whether it was known already is seen later.
    Kept,
    /// It is not believed; nothing of it was read or stored.
    Refused(Refusal),
}

/// Takes a delivery: the signature over the raw body first, then a durable row.
///
/// # Errors
/// The database, or a secret that does not open: then the provider must not be told that we have
/// it.
pub async fn receive(
    work: &Casework,
    connection: &Connection,
    delivery: &Delivery,
    body: &[u8],
    request_id: &str,
) -> Result<Received, Error> {
    if delivery.is_probe(body) {
        return Ok(Received::Probe);
    }
    if let Err(refusal) = believe(work, connection, delivery, body).await? {
        let refused = work.refusals.count(&connection.id, refusal, work.now());
        tracing::warn!(request_id, connection = %connection.name, refused, %refusal, "a webhook was refused");
        return Ok(Received::Refused(refusal));
    }
    // PostgreSQL stores no NUL in a text, and no id has control characters.
    let entity_id = delivery.hint(body).entity_id.filter(|id| !id.contains(char::is_control));
    let event_id = event_id(
        &connections::callback_key(work, connection)?,
        delivery.event.code(),
        entity_id.as_deref(),
        body,
    );
    let signed = Signed { event_id, event_type: delivery.event.code(), entity_id };
    inbox::receive_signed(work, connection, signed, body, request_id).await?;
    Ok(Received::Kept)
}

/// Keys by connection.
pub(crate) type Keys = Remembered<Arc<Vec<store::Key>>>;

/// Whether one of our secrets vouches for the body, for this very event. What is remembered can
/// only say yes: before a no, the secrets are read again.
async fn believe(
    work: &Casework,
    connection: &Connection,
    delivery: &Delivery,
    body: &[u8],
) -> Result<Result<(), Refusal>, Error> {
    let now = work.now();
    if let Some(keys) = work.webhook_keys.get(&connection.id, now)
        && vouch(work, &keys, delivery, body)?.is_ok()
    {
        return Ok(Ok(()));
    }
    let keys = {
        let mut reader = work.db.read().await?;
        let keys = store::keys(&mut reader.conn(), &connection.id).await?;
        work.db.keep(reader);
        Arc::new(keys)
    };
    work.webhook_keys.put(&connection.id, keys.clone(), now);
    vouch(work, &keys, delivery, body)
}

/// Whether a delivery is signed with a secret of its event. The subscription that it names is not
/// signed, and some send a fixed name: where it is none of that event's, exactly one secret must
/// fit.
///
/// Every secret that may is tried, so that the time says nothing about which one it was.
fn vouch(
    work: &Casework,
    keys: &[store::Key],
    delivery: &Delivery,
    body: &[u8],
) -> Result<Result<(), Refusal>, Error> {
    let of_event = || keys.iter().filter(|key| key.event_type == delivery.event.code());
    let is_named = |key: &&store::Key| delivery.subscription_id.as_ref() == Some(&key.provider_ref);
    let mut fits: Vec<Zeroizing<String>> = Vec::new();
    let is_ours = of_event().any(|key| is_named(&key));
    let mut refusal = match (
        is_ours,
        delivery.subscription_id.is_some(),
        keys.iter().any(|key| is_named(&key)),
    ) {
        (true, ..) => None,
        (false, false, _) if !keys.is_empty() => Some(Refusal::OtherEvent),
        (false, true, true) => Some(Refusal::OtherEvent),
        (false, ..) => Some(Refusal::NoSecret),
    };
    for key in of_event().filter(|key| !is_ours || is_named(key)) {
        let Some(sealed) = &key.secret_sealed else {
            if is_ours || delivery.subscription_id.is_none() {
                refusal = Some(Refusal::NoSecret);
            }
            continue;
        };
        let secret = work.sealer.open(&place(&key.id), sealed)?;
        let secret = std::str::from_utf8(&secret)
            .map_err(|e| Error::Corrupt(format!("secret of webhook {}: {e}", key.id)))?;
        match verify(secret, delivery.signature.as_deref(), body) {
            Ok(()) if fits.iter().all(|known| known.as_str() != secret) => {
                fits.push(Zeroizing::new(secret.to_owned()))
            }
            Ok(()) => {}
            // Without a name, or with that of its own subscription, why the secret does not fit
            // says more.
            Err(why) if is_ours || delivery.subscription_id.is_none() => refusal = Some(why),
            Err(_) => {}
        }
    }
    Ok(match (fits.len(), refusal) {
        (1, _) => Ok(()),
        (0, Some(refusal)) => Err(refusal),
        _ => Err(Refusal::Forged),
    })
}

/// What makes it the same event: the body, which alone is signed, what happened and to whom. The
/// provider's own id is not signed, so a recorded delivery under another id is the same event
/// still. Keyed, since bodies can be short enough to guess.
fn event_id(key: &[u8], event: &str, entity: Option<&str>, body: &[u8]) -> String {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("a key of any length will do");
    for part in [event, entity.unwrap_or_default()] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_29_body_event_and_entity_make_the_difference_and_nothing_else_does() {
        let ids: std::collections::BTreeSet<String> = [
            ("k", "A", "e", "{}"),
            ("l", "A", "e", "{}"),
            ("k", "B", "e", "{}"),
            ("k", "A", "e1", "{}"),
            ("k", "A", "e", "{ }"),
            ("k", "Ae", "", "{}"),
            ("k", "", "Ae", "{}"),
        ]
        .map(|(key, event, entity, body)| {
            event_id(key.as_bytes(), event, Some(entity), body.as_bytes())
        })
        .into();
        assert_eq!(ids.len(), 7);
        assert_eq!(event_id(b"k", "A", None, b"{}"), event_id(b"k", "A", Some(""), b"{}"));
    }
}
