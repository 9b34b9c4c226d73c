//! Webhooks that are signed: which events Solaris was asked to tell us of, and whether a delivery
//! is theirs.
//!
//! A subscription's secret comes once, or is typed in for one that was made elsewhere; it is
//! sealed, and vouches for its event alone. What a delivery says is for `inbox` to store and
//! understand.

mod receive;
mod refusals;
pub(crate) mod store;

use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    providers::{
        CallError,
        solaris::{NAME, Subscription},
    },
    records::connections::{self, Connection},
    store::written,
};
use domain::{
    ConnectionId, Moment,
    connections::Provider,
    fields::Refused as Form,
    journal::{Action, Subject},
};
use serde_json::json;
use std::time::Duration;
use zeroize::Zeroizing;

pub(crate) use receive::Keys;
pub use receive::{Received, receive};
pub use refusals::{Refusals, Refused};

/// The events that something follows from here.
pub const EVENTS: [&str; 3] = ["IDENTIFICATION", "PERSON_CHANGED", "PERSON_DELETED"];
/// The longest code of an event.
const EVENT_MAX: usize = 60;
/// What a code of an event looks like, in words.
const NO_EVENT: &str =
    "Give the event's code as Solaris lists it, for example POSTBOX_ITEM_CREATED.";
/// The longest id or secret.
const TYPED_MAX: usize = 1_000;
/// How long a page waits for Solaris's list.
const LIST_TIME: Duration = Duration::from_secs(5);

/// How a subscription stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There and here: its deliveries are believed.
    Live,
    /// There and here, but Solaris gave no secret: its deliveries are refused.
    Unsigned,
    /// There alone: made elsewhere, so its deliveries are refused.
    Foreign,
    /// Here alone: Solaris ended it, or does not list it.
    Gone,
    /// Here; Solaris could not be asked.
    Unknown,
}

/// A subscription as admins see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The provider's id.
    pub id: String,
    pub event_type: String,
    pub standing: Standing,
    /// When and by whom it was made here.
    pub made: Option<(Moment, String)>,
    /// Whether it leads to this desk; nothing when Solaris does not say.
    pub leads_here: Option<bool>,
}

/// All subscriptions of a connection, and why Solaris could not be asked, if it could not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    pub all: Vec<Listed>,
    pub trouble: Option<String>,
}

/// The subscriptions that Solaris lists, together with ours.
///
/// # Errors
/// An unknown connection, one that is not to Solaris, or the database; the provider's failure is in
/// the answer.
pub async fn list(work: &Casework, id: &ConnectionId) -> Result<List, Error> {
    let connection = solaris(work, id).await?;
    let ours = {
        let mut reader = work.db.read().await?;
        store::list(&mut reader.conn(), &connection.id).await?
    };
    let address = connections::webhook_url(work, &connection)?;
    let client = connections::solaris_client(work, &connection).await?;
    let (theirs, trouble) = match tokio::time::timeout(LIST_TIME, client.subscriptions()).await {
        Ok(Ok(theirs)) => (Some(theirs), None),
        Ok(Err(failure)) => (None, Some(words(&failure.error))),
        Err(_) => (None, Some(words(&CallError::Timeout))),
    };
    Ok(List { all: merge(ours, theirs, &address), trouble })
}

fn merge(ours: Vec<store::Row>, theirs: Option<Vec<Subscription>>, address: &str) -> Vec<Listed> {
    let is_asked = theirs.is_some();
    let theirs = theirs.unwrap_or_default();
    let mut all: Vec<Listed> = Vec::new();
    for row in ours {
        let there = theirs.iter().find(|subscription| subscription.id == row.provider_ref);
        let standing = match there {
            Some(_) if row.has_secret != 0 => Standing::Live,
            Some(_) => Standing::Unsigned,
            None if is_asked => Standing::Gone,
            None => Standing::Unknown,
        };
        let leads_here = there.and_then(|s| s.url.as_deref()).map(|url| url == address);
        all.push(Listed {
            id: row.provider_ref,
            event_type: row.event_type,
            standing,
            made: Some((row.made_at_ms, row.made_by)),
            leads_here,
        });
    }
    for subscription in theirs {
        if all.iter().all(|known| known.id != subscription.id) {
            all.push(Listed {
                leads_here: subscription.url.as_deref().map(|url| url == address),
                event_type: subscription.event_type.unwrap_or_default(),
                id: subscription.id,
                standing: Standing::Foreign,
                made: None,
            });
        }
    }
    all
}

/// Asks Solaris to tell us of an event at this connection's own address.
///
/// Solaris asks the address first whether somebody answers, so the desk must be reachable from
/// there.
///
/// # Errors
/// A code that is none, why Solaris refused above the form, an unknown connection, or the database.
/// When the answer is lost, a subscription without us may be left at Solaris: it is listed as made
/// elsewhere and can be ended.
pub async fn subscribe(
    work: &Casework,
    actor: &Actor,
    id: &ConnectionId,
    event_type: &str,
) -> Result<(), Error> {
    let connection = solaris(work, id).await?;
    let event_type = event_type.trim();
    let form = Form::of([("event_type", event_type)]);
    if !is_event(event_type) {
        return Err(form.because("event_type", NO_EVENT).into());
    }
    let client = connections::solaris_client(work, &connection).await?;
    let made = match client
        .subscribe(event_type, &connections::webhook_url(work, &connection)?)
        .await
    {
        Ok(made) => made,
        Err(failure) if failure.is("invalid_webhook_url") || failure.is("unsafe_webhook_url") => {
            let words = format!(
                "Solaris could not reach this desk at {}. It needs a public address with https; set PROBITY_PUBLIC_URL to it.",
                work.public_url
            );
            return Err(form.because("webhooks", words).into());
        }
        Err(failure) => return Err(form.because("webhooks", words(&failure.error)).into()),
    };
    let key_id = new_id();
    let secret_sealed =
        made.secret.as_ref().map(|secret| work.sealer.seal(&place(&key_id), secret.as_bytes()));
    let has_secret = secret_sealed.is_some();
    let key = store::Key {
        id: key_id,
        event_type: event_type.to_owned(),
        provider_ref: made.id,
        secret_sealed,
    };
    let now = work.now();
    written!(work, async |conn| {
        store::insert(conn, &key, &connection.id, &actor.id, now).await?;
        let details =
            json!({ "event": event_type, "webhook": key.provider_ref, "has_secret": has_secret });
        journal::append(
            conn,
            &[actor.entry(now, Action::WebhookAdded, Subject::Connection, id.as_str(), details)],
        )
        .await?;
        Ok(())
    })?;
    work.webhook_keys.forget();
    if has_secret {
        return Ok(());
    }
    let words = "Solaris gave no secret with this subscription, so its deliveries are refused. End it, and ask Solaris why.";
    Err(form.because("webhooks", words).into())
}

fn is_event(code: &str) -> bool {
    !code.is_empty()
        && code.len() <= EVENT_MAX
        && code.chars().all(|c| c.is_ascii_uppercase() || c == '_')
}

/// A subscription that was made elsewhere, as somebody typed it.
#[derive(Debug, Clone)]
pub struct Adopted {
    /// The provider's id.
    pub webhook: String,
    pub event_type: String,
    pub secret: Zeroizing<String>,
}

/// Takes over a subscription that was made elsewhere, with its secret, which is sealed. From then
/// on its deliveries are believed.
///
/// # Errors
/// What was typed with a message beside each cause, an unknown connection, or the database.
pub async fn adopt(
    work: &Casework,
    actor: &Actor,
    id: &ConnectionId,
    adopted: &Adopted,
) -> Result<(), Error> {
    let connection = solaris(work, id).await?;
    let (webhook, event_type, secret) =
        (adopted.webhook.trim(), adopted.event_type.trim(), adopted.secret.trim());
    let mut form = Form::of([("webhook", webhook), ("webhook_event", event_type)]);
    let is_word = |text: &str| {
        !text.is_empty()
            && text.len() <= TYPED_MAX
            && !text.chars().any(|c| c.is_control() || c.is_whitespace())
    };
    if !is_word(webhook) {
        form.refuse("webhook", "Give the subscription's id as Solaris lists it.");
    }
    if !is_event(event_type) {
        form.refuse("webhook_event", NO_EVENT);
    }
    if secret.is_empty() {
        form.refuse(
            "webhook_secret",
            "Give the secret that Solaris showed when the subscription was made.",
        );
    } else if secret.len() > TYPED_MAX || secret.contains(char::is_control) {
        form.refuse(
            "webhook_secret",
            "This cannot be the secret of a subscription: it is too long, or has a character that cannot be seen.",
        );
    }
    if !form.is_clean() {
        return Err(form.into());
    }
    // What Solaris says of it counts; where it cannot be asked, what was typed has to do.
    let client = connections::solaris_client(work, &connection).await?;
    if let Ok(Ok(theirs)) = tokio::time::timeout(LIST_TIME, client.subscriptions()).await {
        let Some(there) = theirs.iter().find(|there| there.id == webhook) else {
            return Err(form
                .because("webhook", "Solaris lists no subscription with this id.")
                .into());
        };
        if let Some(event) = there.event_type.as_deref().filter(|event| *event != event_type) {
            return Err(form
                .because(
                    "webhook_event",
                    format!("Solaris says that this subscription is for {event}."),
                )
                .into());
        }
    }
    let now = work.now();
    written!(work, async |conn| {
        let here = store::keys(conn, &connection.id)
            .await?
            .into_iter()
            .find(|key| key.provider_ref == webhook);
        let key_id = here.as_ref().map_or_else(new_id, |key| key.id.clone());
        let secret_sealed = Some(work.sealer.seal(&place(&key_id), secret.as_bytes()));
        let key = store::Key {
            id: key_id,
            event_type: event_type.to_owned(),
            provider_ref: webhook.to_owned(),
            secret_sealed,
        };
        match here {
            None => store::insert(conn, &key, &connection.id, &actor.id, now).await?,
            Some(_) if store::give_secret(conn, &connection.id, &key).await? => {}
            Some(_) => {
                let words = "This subscription is here already, with a secret or for another event. End it first to change that.";
                return Err(form.clone().because("webhook", words).into());
            }
        }
        let details = json!({ "event": event_type, "webhook": webhook, "has_secret": true, "made_elsewhere": true });
        journal::append(
            conn,
            &[actor.entry(now, Action::WebhookAdded, Subject::Connection, id.as_str(), details)],
        )
        .await?;
        Ok(())
    })?;
    work.webhook_keys.forget();
    Ok(())
}

/// Ends a subscription at Solaris and forgets its secret. One that Solaris does not know any more
/// is only forgotten.
///
/// # Errors
/// Why Solaris refused (nothing is forgotten then), an unknown connection, or the database.
pub async fn unsubscribe(
    work: &Casework,
    actor: &Actor,
    id: &ConnectionId,
    webhook: &str,
) -> Result<(), Error> {
    let connection = solaris(work, id).await?;
    let client = connections::solaris_client(work, &connection).await?;
    if let Err(failure) = client.unsubscribe(webhook).await {
        return Err(Form::default().because("webhooks", words(&failure.error)).into());
    }
    let now = work.now();
    written!(work, async |conn| {
        let event = store::remove(conn, &connection.id, webhook).await?;
        let details = json!({ "event": event, "webhook": webhook });
        journal::append(
            conn,
            &[actor.entry(now, Action::WebhookRemoved, Subject::Connection, id.as_str(), details)],
        )
        .await?;
        Ok(())
    })?;
    work.webhook_keys.forget();
    Ok(())
}

/// For an admin: nothing of what answers there is shown.
fn words(error: &CallError) -> String {
    error.cause(NAME)
}

async fn solaris(work: &Casework, id: &ConnectionId) -> Result<Connection, Error> {
    let connection = connections::get(work, id).await?;
    if connection.provider == Provider::Solaris.code() {
        Ok(connection)
    } else {
        Err(Error::NotFound)
    }
}

/// Opens every secret of a connection's subscriptions; gives the event of each, and how it went.
pub(crate) async fn inspect(
    work: &Casework,
    connection: &str,
) -> Result<Vec<(String, Result<(), Error>)>, Error> {
    let keys = {
        let mut reader = work.db.read().await?;
        store::keys(&mut reader.conn(), connection).await?
    };
    let open = |key: store::Key| {
        let sealed = key.secret_sealed?;
        Some((
            key.event_type,
            work.sealer.open(&place(&key.id), &sealed).map(drop).map_err(Error::from),
        ))
    };
    Ok(keys.into_iter().filter_map(open).collect())
}

fn place(id: &str) -> String {
    format!("webhooks|secret_sealed|{id}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_and_what_is_here_are_told_apart() {
        let row = |id: &str, has_secret: i64| store::Row {
            event_type: "A".into(),
            provider_ref: id.into(),
            has_secret,
            made_at_ms: 1,
            made_by: "Adam".into(),
        };
        let there = |id: &str, url: &str| Subscription {
            id: id.into(),
            event_type: Some("A".into()),
            url: Some(url.into()),
            secret: None,
        };
        let ours = || vec![row("live", 1), row("unsigned", 0), row("gone", 1)];
        let theirs = vec![
            there("foreign", "https://other.example"),
            there("live", "us"),
            there("unsigned", "us"),
        ];
        let merged = merge(ours(), Some(theirs), "us");
        let standing: Vec<_> =
            merged.iter().map(|w| (w.id.as_str(), w.standing, w.leads_here)).collect();
        assert_eq!(
            standing,
            [
                ("live", Standing::Live, Some(true)),
                ("unsigned", Standing::Unsigned, Some(true)),
                ("gone", Standing::Gone, None),
                ("foreign", Standing::Foreign, Some(false)),
            ]
        );
        assert!(
            merge(ours(), None, "us").iter().all(|w| w.standing == Standing::Unknown),
            "nobody knows what Solaris has"
        );
    }
}
