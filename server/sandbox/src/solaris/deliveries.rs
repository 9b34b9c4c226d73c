//! Subscriptions, and what is owed to them; `sending` sends it.
//!
//! Published: any 2xx is received, 410 cancels the subscription, 422 is final, the rest is tried
//! again, 25 times in all, with pauses that grow by 1.561.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::moment;
use crate::{Options, text::unguessable};

pub(super) const ATTEMPTS_MAX: u32 = 25;
const GROWTH: f64 = 1.561;
/// What is settled is remembered up to this number.
const KEPT_MAX: usize = 2_000;

/// A subscription to one kind of event.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Webhook {
    pub id: String,
    pub event_type: String,
    pub url: String,
    /// Shown once. The lax variant has none until one is set.
    pub secret: Option<String>,
    pub created_ms: i64,
    /// The subscriber answered 410.
    pub canceled: bool,
}

impl Webhook {
    /// `with_secret` only in the answer to its creation.
    pub fn shown(&self, with_secret: bool) -> Value {
        let secret = self.secret.as_ref().filter(|_| with_secret);
        json!({ "id": self.id, "event_type": self.event_type, "url": self.url, "secret": secret })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    Waiting,
    Delivered,
    /// 410, or the subscription is gone.
    Canceled,
    /// 422.
    Rejected,
    /// All attempts were in vain.
    Dead,
}

/// One event for one subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Delivery {
    /// In the sandbox's books; the subscriber sees `webhook_id`.
    pub number: u64,
    pub webhook_id: String,
    pub subscription_id: String,
    pub event_type: String,
    pub entity_id: String,
    /// The very bytes.
    pub body: String,
    pub event_ms: i64,
    pub due_ms: i64,
    /// How often it was sent.
    pub attempts: u32,
    pub state: State,
    /// The last answer; `None` for none.
    pub answered: Option<u16>,
    /// Carries a wrong signature.
    pub forged: bool,
    /// Names the subscription `fixed` instead of its own.
    #[serde(default)]
    pub is_fixed: bool,
    #[serde(skip)]
    under_way: bool,
}

impl Delivery {
    pub fn shown(&self) -> Value {
        json!({
            "number": self.number,
            "webhook_id": self.webhook_id,
            "subscription_id": self.subscription_id,
            "event_type": self.event_type,
            "entity_id": self.entity_id,
            "body": self.body,
            "event_at": moment::written(self.event_ms),
            "due_ms": self.due_ms,
            "attempts": self.attempts,
            "state": self.state,
            "answered": self.answered,
            "forged": self.forged,
        })
    }
}

/// All deliveries, oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Deliveries {
    list: VecDeque<Delivery>,
    last: u64,
}

/// How a delivery is sent once more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Replay {
    /// Now, with the same id: a subscriber should notice.
    Again,
    /// Twice at the same time.
    Twice,
    /// After the late time.
    Late,
    /// With a new id and a moment two days ago.
    Stale,
    /// With a new id and a signature made with another secret.
    Forged,
}

impl Deliveries {
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Delivery> {
        self.list.iter()
    }

    /// One for each subscriber of the event, `copies` times with the same id.
    pub fn owe(
        &mut self,
        (event, entity): (&str, &str),
        body: &Value,
        (at_ms, wait_ms): (i64, u64),
        copies: usize,
        to: &[Webhook],
    ) {
        let due_ms = at_ms.saturating_add(i64::try_from(wait_ms).unwrap_or(i64::MAX));
        for webhook in to.iter().filter(|webhook| webhook.event_type == event && !webhook.canceled)
        {
            let id = unguessable();
            for _ in 0..copies {
                self.push(
                    &webhook.id,
                    &id,
                    (event, entity),
                    body.to_string(),
                    (at_ms, due_ms),
                    false,
                );
            }
        }
    }

    /// The same with a signature that is not the subscriber's.
    pub fn forge(&mut self, event: &str, entity: &str, body: &Value, at_ms: i64, to: &[Webhook]) {
        for webhook in to.iter().filter(|webhook| webhook.event_type == event && !webhook.canceled)
        {
            self.push(
                &webhook.id,
                &unguessable(),
                (event, entity),
                body.to_string(),
                (at_ms, at_ms),
                true,
            );
        }
    }

    /// To one subscription or to all, whatever they asked for.
    pub fn push_anyway(
        &mut self,
        event: &str,
        entity: &str,
        body: &Value,
        now_ms: i64,
        to: &[Webhook],
    ) -> usize {
        let open: Vec<_> = to.iter().filter(|webhook| !webhook.canceled).collect();
        for webhook in &open {
            self.push(
                &webhook.id,
                &unguessable(),
                (event, entity),
                body.to_string(),
                (now_ms, now_ms),
                false,
            );
        }
        open.len()
    }

    /// `false` when there is no delivery with this number.
    pub fn replay(&mut self, number: u64, how: Replay, now_ms: i64, options: &Options) -> bool {
        let Some(old) = self.list.iter().find(|delivery| delivery.number == number).cloned() else {
            return false;
        };
        let late_ms = i64::try_from(options.late_ms).unwrap_or(i64::MAX);
        let (id, event_ms, due_ms) = match how {
            Replay::Again | Replay::Twice => (old.webhook_id.clone(), old.event_ms, now_ms),
            Replay::Late => (old.webhook_id.clone(), old.event_ms, now_ms.saturating_add(late_ms)),
            Replay::Stale => (unguessable(), now_ms - 2 * crate::text::DAY_MS, now_ms),
            Replay::Forged => (unguessable(), now_ms, now_ms),
        };
        for _ in 0..if how == Replay::Twice { 2 } else { 1 } {
            let forged = how == Replay::Forged;
            self.push(
                &old.subscription_id,
                &id,
                (&old.event_type, &old.entity_id),
                old.body.clone(),
                (event_ms, due_ms),
                forged,
            );
        }
        true
    }

    /// Everything about the entity once more, newest first, as new deliveries half a second apart.
    pub fn reverse(&mut self, entity: &str, now_ms: i64) -> usize {
        let old: Vec<_> = self
            .list
            .iter()
            .filter(|delivery| delivery.entity_id == entity && !delivery.forged)
            .cloned()
            .collect();
        for (at_ms, one) in (now_ms..).step_by(500).zip(old.iter().rev()) {
            let about = (one.event_type.as_str(), one.entity_id.as_str());
            self.push(
                &one.subscription_id,
                &unguessable(),
                about,
                one.body.clone(),
                (one.event_ms, at_ms),
                false,
            );
        }
        old.len()
    }

    fn push(
        &mut self,
        subscription: &str,
        id: &str,
        (event, entity): (&str, &str),
        body: String,
        (event_ms, due_ms): (i64, i64),
        forged: bool,
    ) {
        self.last += 1;
        if self.list.len() >= KEPT_MAX
            && let Some(settled) =
                self.list.iter().position(|delivery| delivery.state != State::Waiting)
        {
            self.list.remove(settled);
        }
        self.list.push_back(Delivery {
            number: self.last,
            webhook_id: id.to_owned(),
            subscription_id: subscription.to_owned(),
            event_type: event.to_owned(),
            entity_id: entity.to_owned(),
            body,
            event_ms,
            due_ms,
            attempts: 0,
            state: State::Waiting,
            answered: None,
            forged,
            is_fixed: false,
            under_way: false,
        });
    }

    /// What is owed about the entity names a subscription that does not exist.
    pub fn name_fixed(&mut self, entity: &str) {
        self.list
            .iter_mut()
            .filter(|one| one.entity_id == entity && one.state == State::Waiting)
            .for_each(|one| one.is_fixed = true);
    }

    /// What is due, marked as under way, and when the next one will be.
    pub(super) fn take_due(&mut self, now_ms: i64) -> (Vec<Delivery>, Option<i64>) {
        let (mut due, mut next) = (Vec::new(), None);
        for delivery in self
            .list
            .iter_mut()
            .filter(|delivery| delivery.state == State::Waiting && !delivery.under_way)
        {
            if delivery.due_ms <= now_ms {
                delivery.under_way = true;
                delivery.attempts += 1;
                due.push(delivery.clone());
            } else {
                next = Some(next.map_or(delivery.due_ms, |at: i64| at.min(delivery.due_ms)));
            }
        }
        (due, next)
    }

    /// Writes down an answer; `true` when it cancels the subscription.
    pub(super) fn settle(
        &mut self,
        number: u64,
        answered: Option<u16>,
        now_ms: i64,
        options: &Options,
    ) -> bool {
        let Some(delivery) = self.list.iter_mut().find(|delivery| delivery.number == number) else {
            return false;
        };
        delivery.under_way = false;
        delivery.answered = answered;
        delivery.state = match answered {
            Some(200..=299) => State::Delivered,
            Some(410) => State::Canceled,
            Some(422) => State::Rejected,
            _ if delivery.attempts >= ATTEMPTS_MAX => State::Dead,
            _ => {
                delivery.due_ms =
                    now_ms.saturating_add(pause_ms(options.solaris.retry_ms, delivery.attempts));
                State::Waiting
            }
        };
        delivery.state == State::Canceled
    }

    /// Its subscription is gone.
    pub(super) fn drop_for(&mut self, number: u64) {
        if let Some(delivery) = self.list.iter_mut().find(|delivery| delivery.number == number) {
            delivery.under_way = false;
            delivery.state = State::Canceled;
        }
    }
}

/// The pause after so many attempts.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn pause_ms(first_ms: u64, attempts: u32) -> i64 {
    let exponent = i32::try_from(attempts.saturating_sub(1)).unwrap_or(i32::MAX);
    (first_ms as f64 * GROWTH.powi(exponent)) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook() -> Webhook {
        Webhook {
            id: "1".into(),
            event_type: "A".into(),
            url: String::new(),
            secret: None,
            created_ms: 0,
            canceled: false,
        }
    }

    fn owed() -> Deliveries {
        let mut deliveries = Deliveries::default();
        deliveries.owe(("A", "e"), &json!({}), (0, 0), 1, &[webhook()]);
        deliveries
    }

    #[test]
    fn pauses_grow_until_the_last_attempt() {
        let options = Options::default();
        let mut deliveries = owed();
        let mut now_ms = 0;
        let mut pauses = Vec::new();
        loop {
            let (due, next) = deliveries.take_due(now_ms);
            assert_eq!((due.len(), next), (1, None));
            deliveries.settle(1, Some(500), now_ms, &options);
            let one = &deliveries.list[0];
            if one.state == State::Dead {
                break;
            }
            assert!(deliveries.take_due(one_before(one)).0.is_empty());
            let due_ms = deliveries.list[0].due_ms;
            pauses.push(due_ms - now_ms);
            now_ms = due_ms;
        }
        assert_eq!((pauses.len(), deliveries.list[0].attempts), (24, 25));
        let first = i64::try_from(options.solaris.retry_ms).unwrap();
        assert_eq!((pauses[0], pauses[1]), (first, first * 1_561 / 1_000));
    }

    fn one_before(delivery: &Delivery) -> i64 {
        delivery.due_ms - 1
    }

    #[test]
    fn some_answers_are_final() {
        for (answered, state, cancels) in [
            (Some(204), State::Delivered, false),
            (Some(410), State::Canceled, true),
            (Some(422), State::Rejected, false),
            (Some(302), State::Waiting, false),
            (None, State::Waiting, false),
        ] {
            let mut deliveries = owed();
            deliveries.take_due(0);
            assert_eq!(deliveries.settle(1, answered, 0, &Options::default()), cancels);
            assert_eq!(deliveries.list[0].state, state, "{answered:?}");
        }
    }

    #[test]
    fn only_subscribers_of_the_event_are_owed_anything() {
        let mut deliveries = Deliveries::default();
        let other = Webhook { event_type: "B".into(), ..webhook() };
        let gone = Webhook { canceled: true, ..webhook() };
        deliveries.owe(("A", "e"), &json!({}), (0, 5), 3, &[webhook(), other, gone]);
        assert_eq!(deliveries.all().count(), 3);
        assert!(deliveries.all().all(|one| one.webhook_id == deliveries.list[0].webhook_id
            && one.due_ms == 5
            && one.event_ms == 0));
    }

    #[test]
    fn memory_has_an_end_and_what_waits_is_not_forgotten() {
        let mut deliveries = owed();
        for _ in 0..KEPT_MAX + 5 {
            deliveries.owe(("A", "e"), &json!({}), (0, 0), 1, &[webhook()]);
            let last = deliveries.last;
            deliveries.settle(last, Some(200), 0, &Options::default());
        }
        assert_eq!((deliveries.list.len(), deliveries.list[0].number), (KEPT_MAX, 1));
    }
}
