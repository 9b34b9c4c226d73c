//! How a promise stands after a try, and how its delivery ends with it.

use crate::{
    Casework,
    providers::{CallError, kryptogo::Started},
    records::promises::{
        Delivery, DeliveryState, Task,
        store::{ASKED_TO_WAIT, Ended},
    },
    services::{self, idv::MAY_EXIST, video},
    work::outbox::{
        chance,
        retry::{self, SETTLE_MS, Tried},
    },
};
use domain::Moment;

/// The same when no callback came.
pub(super) const MAY_STILL_EXIST: &str = "KryptoGO never confirmed this upload, and no callback came for it. It may exist there all the same and have cost points: look for the customer's reference in KryptoGO's console, then run the check again.";

/// How a promise stands after a try.
#[derive(Debug, Clone)]
pub(super) enum Kept {
    /// A step of a video identification was taken.
    Stepped(Box<video::send::Done>),
    /// The provider refused a step: whoever typed it takes it again. The words say why.
    HandedBack { words: String, cause: String },
    /// The provider answered at once: this is the outcome.
    Answered(Box<services::Answered>),
    /// It is not to be tried any more; the words say why.
    Ended(String),
    /// The check exists at the provider under this id.
    Created(String),
    /// The ID verification exists, and may have something to hand out.
    Started(Box<Started>),
    /// It may exist at the provider, which has no way to look it up: only its callback can tell.
    Unfindable { waits: bool },
    /// The provider has our decision; `true` when it is provably our own doing.
    Told { own: bool },
    /// Somebody else decided otherwise at the provider.
    Otherwise(String),
    /// Metadata is set.
    Set,
    /// There is nothing to do any more.
    Moot,
    /// Not kept.
    Failed(CallError),
    /// The array of so many that it was in was refused; which of them is meant, the answer does not
    /// say.
    RefusedTogether(usize, CallError),
    /// Whether it was kept cannot be told yet; the call that failed is the read.
    Unread(CallError),
}

/// The end of a try, before it is written.
pub(super) struct Ending {
    pub(super) state: DeliveryState,
    pub(super) next_at: Moment,
    pub(super) result: &'static str,
    pub(super) detail: String,
    /// What admins read, where `detail` has words of the provider, which may speak of a customer.
    pub(super) cause: Option<String>,
    pub(super) uncounted: Option<&'static str>,
}

impl Ending {
    pub(super) fn as_ended(&self) -> Ended<'_> {
        let cause = self.cause.as_deref().unwrap_or(&self.detail);
        Ended {
            state: self.state,
            next_at: self.next_at,
            result: self.result,
            detail: &self.detail,
            cause,
            uncounted: self.uncounted,
        }
    }
}

pub(super) fn ending(
    work: &Casework,
    delivery: &Delivery,
    task: Task,
    kept: &Kept,
    counted: i64,
    now: Moment,
    who: &str,
) -> Ending {
    let done = |result, detail: &str| Ending {
        state: DeliveryState::Done,
        next_at: now,
        result,
        detail: detail.to_owned(),
        cause: None,
        uncounted: None,
    };
    match kept {
        Kept::Answered(_) => done("applied", "answered"),
        Kept::Stepped(step) => done("applied", &step.words()),
        Kept::HandedBack { words, cause } => Ending {
            state: DeliveryState::Dropped,
            next_at: now,
            result: "failed",
            detail: words.clone(),
            cause: Some(cause.clone()),
            uncounted: None,
        },
        Kept::Ended(words) => Ending {
            state: DeliveryState::Dead,
            next_at: now,
            result: "unconfirmed",
            detail: words.clone(),
            cause: None,
            uncounted: None,
        },
        Kept::Created(task_id) => done("applied", &format!("task {task_id}")),
        Kept::Started(started) => done("applied", &format!("ID verification {}", started.idv_id)),
        Kept::Unfindable { waits } => Ending {
            state: if *waits { DeliveryState::Unknown } else { DeliveryState::Dead },
            next_at: now + work.pace.retry_base_ms.max(SETTLE_MS.min(work.pace.unfindable_ms)),
            result: "unconfirmed",
            detail: if *waits { MAY_EXIST } else { MAY_STILL_EXIST }.to_owned(),
            cause: None,
            uncounted: Some(ASKED_TO_WAIT),
        },
        Kept::Told { own: true } => done("applied", "our own decision"),
        Kept::Told { own: false } => {
            done("applied", "the provider had the same decision, made by somebody else")
        }
        Kept::Set => done("applied", ""),
        Kept::Moot => Ending {
            state: DeliveryState::Dropped,
            next_at: now,
            result: "dropped",
            detail: "the check no longer waits for this".into(),
            cause: None,
            uncounted: None,
        },
        Kept::Otherwise(detail) => Ending {
            state: DeliveryState::Conflict,
            next_at: now,
            result: "conflict",
            detail: detail.clone(),
            cause: Some(format!("{who} shows another decision")),
            uncounted: None,
        },
        Kept::RefusedTogether(size, error) => Ending {
            state: DeliveryState::Unknown,
            next_at: now + SETTLE_MS.min(work.pace.retry_base_ms * 2),
            result: "unconfirmed",
            detail: format!(
                "{} It was in one call with {} others, so it is looked up and then sent by itself.",
                error.last_sentence(who, 1),
                size - 1
            ),
            cause: Some(error.cause(who)),
            uncounted: None,
        },
        Kept::Failed(error) | Kept::Unread(error) => {
            let tried = Tried {
                error,
                is_read: matches!(kept, Kept::Unread(_)),
                // A decision waits for its provider however long that is down; a launch can be run
                // again.
                waits_for_provider: task != Task::CreateCheck
                    && work.breakers.down(&delivery.connection_id).is_some(),
                counted,
                attempts: delivery.attempts,
                age_ms: now - delivery.created_at_ms,
            };
            let next = retry::next(&tried, &work.pace, chance());
            let gives_up = matches!(next.state, DeliveryState::Dead);
            let result = if tried.is_unknown() { "unconfirmed" } else { "failed" };
            let detail = if gives_up {
                error.last_sentence(who, counted.max(1))
            } else {
                error.sentence(who)
            };
            let cause = matches!(error, CallError::Refused(..)).then(|| error.cause(who));
            Ending {
                state: next.state,
                next_at: now + next.wait_ms,
                result,
                detail,
                cause,
                uncounted: next.uncounted,
            }
        }
    }
}
