//! Webhooks as Solaris sends them: who sent it, what it is about, and nothing else.
//!
//! A delivery is a hint to read again: its body decides nothing. Source: Solaris, webhooks. Whether
//! the callout's time is part of what is signed is not published; it is treated as not included,
//! and therefore proves nothing.

use super::records::moment;
use crate::providers::json::{self, int, text};
use domain::Moment;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

/// Names of the headers, in lower case.
const ID: &str = "solaris-webhook-id";
const SUBSCRIPTION: &str = "solaris-webhook-subscription-id";
const EVENT: &str = "solaris-webhook-event-type";
const ENTITY: &str = "solaris-entity-id";
const ATTEMPT: &str = "solaris-webhook-attempt";
const SIGNATURE: &str = "solaris-webhook-signature";
const CALLED: &str = "solaris-webhook-callout-timestamp";

/// Longer texts are no ids.
const ID_MAX: usize = 200;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Identification,
    PersonChanged,
    /// The person must be erased at once.
    PersonDeleted,
    /// Asks whether somebody answers here, before a subscription exists: an empty body without
    /// signature.
    Probe,
    /// One that this version does not act upon, as it came; empty when it was not named.
    Other(String),
}

impl Event {
    /// Reads the header's word.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word.trim() {
            "IDENTIFICATION" => Self::Identification,
            "PERSON_CHANGED" => Self::PersonChanged,
            "PERSON_DELETED" => Self::PersonDeleted,
            "WEBHOOK-SUBSCRIPTION" => Self::Probe,
            other => Self::Other(other.chars().filter(|c| !c.is_control()).take(ID_MAX).collect()),
        }
    }

    /// The provider's word.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Identification => "IDENTIFICATION",
            Self::PersonChanged => "PERSON_CHANGED",
            Self::PersonDeleted => "PERSON_DELETED",
            Self::Probe => "WEBHOOK-SUBSCRIPTION",
            Self::Other(word) => word,
        }
    }
}

/// The headers of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Unique for each event and the same in its retries; not signed, so nothing is told apart by
    /// it.
    pub webhook_id: Option<String>,
    pub subscription_id: Option<String>,
    pub event: Event,
    /// The person or identification that it is about.
    pub entity_id: Option<String>,
    /// From 1.
    pub attempt: Option<i64>,
    pub signature: Option<String>,
    pub called_at: Option<Moment>,
}

impl Delivery {
    /// Reads headers; `header` looks one up by its name in lower case.
    #[must_use]
    pub fn read<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let word = |name: &str| {
            let value = header(name)?.trim();
            (!value.is_empty() && value.len() <= ID_MAX && !value.contains(char::is_control))
                .then(|| value.to_owned())
        };
        Self {
            webhook_id: word(ID),
            subscription_id: word(SUBSCRIPTION),
            event: Event::of(header(EVENT).unwrap_or_default()),
            entity_id: word(ENTITY),
            attempt: word(ATTEMPT).and_then(|n| int(&Value::String(n))).filter(|n| *n > 0),
            signature: word(SIGNATURE),
            called_at: word(CALLED).and_then(|at| moment(&Value::String(at))),
        }
    }

    /// Whether it only asks if somebody is here. Something with a body is not taken for it,
    /// whatever its headers say.
    #[must_use]
    pub fn is_probe(&self, body: &[u8]) -> bool {
        self.event == Event::Probe && body.iter().all(u8::is_ascii_whitespace)
    }

    /// What to read again. The body names identifications, for who leaves out the header; the ids
    /// in bodies about persons are not theirs everywhere, so only the header counts there.
    #[must_use]
    pub fn hint(&self, body: &[u8]) -> Hint {
        let value = json::value(body).unwrap_or(Value::Null);
        let is_identification = self.event == Event::Identification;
        let in_body =
            |key: &str| text(&value[key]).filter(|id| is_identification && id.len() <= ID_MAX);
        Hint {
            entity_id: self.entity_id.clone().or_else(|| in_body("id")),
            person_id: in_body("person_id"),
        }
    }
}

/// What a delivery is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hint {
    /// An identification or a person, as the event says.
    pub entity_id: Option<String>,
    /// Whose identification it is, where the body says so.
    pub person_id: Option<String>,
}

/// Why a delivery is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no secret is kept for the subscription")]
    NoSecret,
    /// A secret vouches for the events of its own subscription: the header that names the event is
    /// not signed.
    #[error("its subscription is for another event")]
    OtherEvent,
    #[error("it is not signed")]
    Unsigned,
    #[error("its signature is not sha256= and 64 hexadecimal digits")]
    Malformed,
    #[error("its signature is not ours")]
    Forged,
}

/// Checks `sha256=` and the hexadecimal HMAC-SHA256 of the raw body under the subscription's
/// secret, in constant time.
///
/// # Errors
/// Why it is not believed. Without a secret nothing is: an empty key would sign for everybody.
pub fn verify(secret: &str, signature: Option<&str>, raw_body: &[u8]) -> Result<(), Refusal> {
    if secret.is_empty() {
        return Err(Refusal::NoSecret);
    }
    let signature = signature.map(str::trim).filter(|s| !s.is_empty()).ok_or(Refusal::Unsigned)?;
    let digits = signature
        .strip_prefix("sha256=")
        .filter(|digits| digits.len() == 64)
        .ok_or(Refusal::Malformed)?;
    let claimed = hex::decode(digits).map_err(|_| Refusal::Malformed)?;
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(secret.as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(raw_body);
    mac.verify_slice(&claimed).map_err(|_| Refusal::Forged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    /// RFC 4231, test case 2.
    const SIGNED: &str = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    const BODY: &[u8] = b"what do ya want for nothing?";

    fn delivery(headers: &[(&str, &str)]) -> Delivery {
        let headers: HashMap<String, String> =
            headers.iter().map(|(n, v)| (n.to_lowercase(), (*v).to_owned())).collect();
        Delivery::read(|name| headers.get(name).map(String::as_str))
    }

    #[test]
    fn only_the_raw_body_under_the_secret_is_believed() {
        assert_eq!(verify("Jefe", Some(SIGNED), BODY), Ok(()));
        assert_eq!(
            verify("Jefe", Some(SIGNED), b"what do ya want for nothing? "),
            Err(Refusal::Forged)
        );
        assert_eq!(verify("jefe", Some(SIGNED), BODY), Err(Refusal::Forged));
        assert_eq!(verify("Jefe", None, BODY), Err(Refusal::Unsigned));
        assert_eq!(verify("", Some(SIGNED), BODY), Err(Refusal::NoSecret));
        for malformed in [
            &SIGNED[7..],
            "sha256=",
            "sha1=5bdc",
            &SIGNED.replace('5', "x"),
            &SIGNED[..70],
            "sha256=é",
        ] {
            assert_eq!(
                verify("Jefe", Some(malformed), BODY),
                Err(Refusal::Malformed),
                "{malformed}"
            );
        }
    }

    #[test]
    fn an_empty_key_signs_for_nobody() {
        let mac = <Hmac<Sha256> as KeyInit>::new_from_slice(b"")
            .expect("a key")
            .chain_update(BODY)
            .finalize()
            .into_bytes();
        assert_eq!(
            verify("", Some(&format!("sha256={}", hex::encode(mac))), BODY),
            Err(Refusal::NoSecret)
        );
    }

    #[test]
    fn headers_are_read_as_published() {
        let read = delivery(&[
            ("Solaris-Webhook-Id", "w1"),
            ("Solaris-Webhook-Subscription-Id", "s1"),
            ("Solaris-Webhook-Event-Type", "IDENTIFICATION"),
            ("Solaris-Entity-Id", "1cidt"),
            ("Solaris-Webhook-Attempt", "3"),
            ("Solaris-Webhook-Signature", SIGNED),
            ("Solaris-Webhook-Callout-Timestamp", "2022-07-14T18:18:28.000Z"),
        ]);
        assert_eq!(
            (read.webhook_id.as_deref(), read.subscription_id.as_deref(), read.attempt),
            (Some("w1"), Some("s1"), Some(3))
        );
        assert_eq!(
            (read.called_at, read.signature.as_deref(), &read.event),
            (Some(1_657_822_708_000), Some(SIGNED), &Event::Identification)
        );
        let hint = read.hint(br#"{"id":"2cidt","status":"successful","person_id":"1cper"}"#);
        assert_eq!(hint, Hint { entity_id: Some("1cidt".into()), person_id: Some("1cper".into()) });
    }

    #[test]
    fn a_probe_is_empty() {
        let probe = delivery(&[("Solaris-Webhook-Event-Type", "WEBHOOK-SUBSCRIPTION")]);
        assert!(probe.is_probe(b"") && probe.is_probe(b"\n"));
        assert!(!probe.is_probe(b"{}"), "with a body it needs a signature");
        assert!(!delivery(&[("Solaris-Webhook-Event-Type", "IDENTIFICATION")]).is_probe(b""));
    }

    #[test]
    fn ids_in_bodies_about_persons_are_not_believed() {
        let changed = delivery(&[
            ("Solaris-Webhook-Event-Type", "PERSON_DELETED"),
            ("Solaris-Entity-Id", "1cper"),
        ]);
        assert_eq!(changed.hint(br#"{"id":"random"}"#).entity_id.as_deref(), Some("1cper"));
        let nameless = delivery(&[("Solaris-Webhook-Event-Type", "PERSON_CHANGED")]);
        assert_eq!(nameless.hint(br#"{"id":"random","person_id":"random"}"#), Hint::default());
        let loose = delivery(&[("Solaris-Webhook-Event-Type", "IDENTIFICATION")]);
        assert_eq!(loose.hint(br#"{"id":"77"}"#).entity_id.as_deref(), Some("77"));
        assert_eq!(loose.hint(b"").entity_id, None);
    }

    #[test]
    fn unknown_events_are_kept() {
        for known in [
            "IDENTIFICATION",
            "PERSON_CHANGED",
            "PERSON_DELETED",
            "WEBHOOK-SUBSCRIPTION",
            "PERSON_SEIZURE_CREATED",
            "",
        ] {
            assert_eq!(Event::of(known).code(), known);
        }
        assert_eq!(Event::of("identification"), Event::Other("identification".into()));
    }

    proptest! {
        #[test]
        fn no_other_signature_is_believed(digits in "[0-9a-f]{64}", body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let claimed = format!("sha256={digits}");
            prop_assert_eq!(verify("Jefe", Some(&claimed), BODY).is_ok(), claimed == SIGNED);
            prop_assert_eq!(verify("Jefe", Some(SIGNED), &body).is_ok(), body == BODY);
        }

        #[test]
        fn no_header_or_body_panics(event in "\\PC{0,40}", signature in "\\PC{0,80}", body in proptest::collection::vec(any::<u8>(), 0..80)) {
            let read = delivery(&[("Solaris-Webhook-Event-Type", &event), ("Solaris-Webhook-Signature", &signature)]);
            let _ = (read.hint(&body), read.is_probe(&body), verify("s", Some(&signature), &body));
        }
    }
}
