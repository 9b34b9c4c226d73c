//! The retry clock: how a delivery stands after a try that failed, and when it is tried again.
//! Knows no database.

use crate::{
    Pace,
    providers::CallError,
    records::promises::{
        DeliveryState,
        store::{ASKED_TO_WAIT, OUT_OF_REACH},
    },
    work::outbox::backoff,
};

/// A try that gave no usable answer may still be on its way; the provider's history is read after
/// this.
pub(super) const SETTLE_MS: i64 = 3_000;

/// A try that failed.
pub(super) struct Tried<'a> {
    pub error: &'a CallError,
    /// It was the read of what an earlier try did; reads are not counted as tries.
    pub is_read: bool,
    /// The provider is known to be down, and this delivery waits for it however long that takes.
    pub waits_for_provider: bool,
    /// Tries so far that count towards giving up, with this one.
    pub counted: i64,
    /// Tries so far, counted or not.
    pub attempts: i64,
    /// How long it has been since the promise.
    pub age_ms: i64,
}

/// How it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Next {
    pub state: DeliveryState,
    pub wait_ms: i64,
    /// Why this try does not count towards giving up.
    pub uncounted: Option<&'static str>,
}

/// What comes after a try that failed; `chance` spreads the waits.
pub(super) fn next(tried: &Tried<'_>, pace: &Pace, chance: u16) -> Next {
    let uncounted = match tried.error {
        CallError::TooMany(_) | CallError::QuotaUsedUp(_) => Some(ASKED_TO_WAIT),
        error if error.is_out_of_reach() && tried.waits_for_provider => Some(OUT_OF_REACH),
        _ => None,
    };
    let may_pass = tried.error.may_pass()
        || (tried.is_read && matches!(tried.error, CallError::Credentials(_)));
    let gives_up = !may_pass || (uncounted.is_none() && tried.counted >= pace.attempts_max);
    let is_unknown = tried.is_unknown();
    let state = match (gives_up, is_unknown) {
        (true, _) => DeliveryState::Dead,
        (false, true) => DeliveryState::Unknown,
        (false, false) => DeliveryState::Due,
    };
    let own = backoff(
        pace.retry_base_ms,
        pace.retry_max_ms,
        tried.counted.max(tried.attempts) - 1,
        chance,
    );
    // The longer it goes on, the rarer it is read.
    let own = if tried.is_read { own.max((tried.age_ms / 8).min(pace.retry_max_ms)) } else { own };
    let settle = if is_unknown { SETTLE_MS.min(pace.retry_base_ms * 2) } else { 0 };
    let wait_ms =
        tried.error.retry_after_ms().map_or(own, |asked| asked.max(pace.retry_base_ms)).max(settle);
    Next { state, wait_ms, uncounted }
}

impl Tried<'_> {
    /// Whether the provider may have done what was asked.
    pub(super) const fn is_unknown(&self) -> bool {
        self.error.may_have_happened() || self.is_read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time::HOUR;
    use proptest::prelude::*;

    /// The first failure of each kind, in the words of the rules: what it says of the call, of a
    /// resend, of the provider.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Kind {
        Nothing,
        Perhaps,
        Wait,
        Never,
        Token,
    }

    fn failures() -> impl Strategy<Value = (CallError, Kind)> {
        // What `Retry-After` gives is capped where it is read.
        let asked = || prop::option::of(0..=HOUR);
        prop_oneof![
            3 => Just((CallError::NotSent("refused".into()), Kind::Nothing)),
            3 => Just((CallError::Timeout, Kind::Perhaps)),
            3 => Just((CallError::Broken("reset".into()), Kind::Perhaps)),
            3 => (500u16..600, asked()).prop_map(|(code, wait)| (CallError::Failed(code, wait), Kind::Perhaps)),
            1 => Just((CallError::Unusable("html".into()), Kind::Perhaps)),
            3 => asked().prop_map(|wait| (CallError::TooMany(wait), Kind::Wait)),
            1 => Just((CallError::Credentials(401), Kind::Token)),
            1 => prop::sample::select(vec![
                CallError::NotFound,
                CallError::Conflict,
                CallError::OutOfPoints,
                CallError::Refused(400, "no".into()),
            ]).prop_map(|error| (error, Kind::Never)),
        ]
    }

    fn paces() -> impl Strategy<Value = Pace> {
        (2i64..5_000, 10_000i64..2_000_000, 1i64..12).prop_map(|(base, max, attempts_max)| Pace {
            retry_base_ms: base,
            retry_max_ms: max,
            attempts_max,
            ..Pace::default()
        })
    }

    /// The longest own wait before a try, as a list would say it: twice as long each time, up to
    /// the cap.
    fn longest(pace: &Pace, tries_before: i64) -> i64 {
        let mut wait = pace.retry_base_ms;
        for _ in 0..tries_before {
            wait = (wait * 2).min(pace.retry_max_ms);
        }
        wait.min(pace.retry_max_ms)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

        /// A delivery from its first try to its end, whatever the provider does; beside it a model
        /// that only counts.
        #[test]
        fn a_delivery_is_tried_as_often_as_it_may_and_never_too_early_or_too_late(
            pace in paces(),
            tries in prop::collection::vec((failures(), any::<bool>(), any::<bool>(), any::<u16>()), 1..40),
        ) {
            let (mut counted, mut attempts, mut age_ms, mut may_have_arrived) = (0, 0, 0, false);
            for ((error, kind), is_down, reads, chance) in tries {
                // Only what may have arrived is read; a read is no try.
                let is_read = may_have_arrived && reads;
                if !is_read {
                    attempts += 1;
                }
                let counts = kind != Kind::Wait && !(is_down && matches!(error, CallError::NotSent(_) | CallError::Timeout | CallError::Broken(_) | CallError::Failed(..)));
                if counts && !is_read {
                    counted += 1;
                }
                let tried = Tried { error: &error, is_read, waits_for_provider: is_down, counted, attempts, age_ms };
                let next = next(&tried, &pace, chance);
                prop_assert_eq!(next.uncounted.is_none(), counts);

                let is_over = kind == Kind::Never || (kind == Kind::Token && !is_read) || (counts && counted >= pace.attempts_max);
                prop_assert_eq!(next.state == DeliveryState::Dead, is_over, "{:?} at {}", kind, counted);
                if is_over {
                    return Ok(());
                }
                let is_unknown = is_read || kind == Kind::Perhaps;
                prop_assert_eq!(next.state, if is_unknown { DeliveryState::Unknown } else { DeliveryState::Due });

                let asked = match &error {
                    CallError::TooMany(wait) | CallError::Failed(_, wait) => *wait,
                    _ => None,
                };
                let settle = if is_unknown { 3_000.min(2 * pace.retry_base_ms) } else { 0 };
                match asked {
                    Some(asked) => prop_assert_eq!(next.wait_ms, asked.max(pace.retry_base_ms).max(settle), "asked for {}", asked),
                    None => {
                        // With a read in between, nothing was tried yet that counts.
                        let most = longest(&pace, attempts.max(counted) - 1);
                        let rarer = if is_read { (age_ms / 8).min(pace.retry_max_ms) } else { 0 };
                        let bounds = (most / 2).max(rarer).max(settle)..=most.max(rarer).max(settle);
                        prop_assert!(bounds.contains(&next.wait_ms), "{} is not in {bounds:?}", next.wait_ms);
                        prop_assert!(next.wait_ms <= pace.retry_max_ms.max(settle));
                    }
                }
                prop_assert!(next.wait_ms <= HOUR.max(pace.retry_max_ms), "an hour at most: {}", next.wait_ms);
                may_have_arrived = is_unknown;
                age_ms += next.wait_ms;
            }
            prop_assert!(counted < pace.attempts_max, "it goes on only as long as it may");
        }

        /// Half of a wait is fixed and half is chance: the whole range is used, and more chance
        /// never waits less.
        #[test]
        fn chance_spreads_the_waits_over_half_of_them(pace in paces(), tries in 0i64..100, chance: u16, more: u16) {
            let most = longest(&pace, tries.min(40));
            let wait = |chance| backoff(pace.retry_base_ms, pace.retry_max_ms, tries, chance);
            prop_assert_eq!(wait(0), most / 2);
            prop_assert!(most - wait(u16::MAX) <= 1 && wait(u16::MAX) <= most);
            let (less, more) = (chance.min(more), chance.max(more));
            prop_assert!(wait(0) <= wait(less) && wait(less) <= wait(more) && wait(more) <= wait(u16::MAX));
        }
    }
}
