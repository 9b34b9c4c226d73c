//! The states of a video identification: what each allows, and when a change of state must not go
//! unnoticed.
//!
//! Source: Solaris, "Video identification", Appendix I: Idnow status. Values of other
//! identification methods (`expired`, `rejected`, `confirmed`, …) are kept as they came and allow
//! nothing.

/// Where a video identification stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Created,
    Pending,
    PendingSuccessful,
    PendingFailed,
    Successful,
    Aborted,
    Canceled,
    Failed,
    /// The answer names no state; it counts as nothing.
    Missing,
    /// A value that this version does not know, as it came; it counts as nothing.
    Unknown(String),
}

/// Whether services may be offered to the customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Services {
    /// Nothing is known that would allow it.
    NotYet,
    /// Until the review's result, which may take it back.
    Provisionally,
    Yes,
    /// The state forbids it.
    No,
}

impl State {
    /// The states that video identification has, in the order of the guide.
    pub const ALL: [Self; 8] = [
        Self::Created,
        Self::Pending,
        Self::PendingSuccessful,
        Self::PendingFailed,
        Self::Successful,
        Self::Aborted,
        Self::Canceled,
        Self::Failed,
    ];

    /// Reads the provider's word. Words are compared exactly, as the provider compares them.
    #[must_use]
    pub fn of(text: Option<&str>) -> Self {
        match text.map(str::trim) {
            None | Some("") => Self::Missing,
            Some(text) => Self::ALL
                .into_iter()
                .find(|state| state.code() == text)
                .unwrap_or_else(|| Self::Unknown(text.to_owned())),
        }
    }

    /// The provider's word; empty when there is none.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Created => "created",
            Self::Pending => "pending",
            Self::PendingSuccessful => "pending_successful",
            Self::PendingFailed => "pending_failed",
            Self::Successful => "successful",
            Self::Aborted => "aborted",
            Self::Canceled => "canceled",
            Self::Failed => "failed",
            Self::Missing => "",
            Self::Unknown(word) => word,
        }
    }

    /// Whether services may be offered to the customer.
    #[must_use]
    pub const fn services(&self) -> Services {
        match self {
            Self::Created
            | Self::Pending
            | Self::Aborted
            | Self::Canceled
            | Self::Missing
            | Self::Unknown(_) => Services::NotYet,
            Self::PendingSuccessful => Services::Provisionally,
            Self::Successful => Services::Yes,
            Self::PendingFailed | Self::Failed => Services::No,
        }
    }

    /// Whether the customer can still identify at the address that they have, as long as it is
    /// valid.
    #[must_use]
    pub const fn same_url(&self) -> bool {
        matches!(self, Self::Pending | Self::Aborted | Self::Canceled)
    }

    /// Whether the provider will ask for a session once it is told to: only before and after a try.
    #[must_use]
    pub const fn may_be_requested(&self) -> bool {
        matches!(self, Self::Created | Self::Pending | Self::Aborted | Self::Canceled)
    }

    /// Whether nothing follows by itself.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Successful | Self::Failed)
    }

    /// Whether there is something that a person should judge: a result, even one that the provider
    /// still reviews, and anything that we do not understand. An aborted or canceled session waits
    /// for the customer's next try.
    #[must_use]
    pub const fn is_outcome(&self) -> bool {
        matches!(self, Self::PendingSuccessful | Self::Successful | Self::Failed | Self::Unknown(_))
    }

    /// Whether the provider gives a reason, which the attempts and the failure code then carry.
    #[must_use]
    pub const fn has_reason(&self) -> bool {
        matches!(self, Self::Aborted | Self::Canceled)
    }

    /// The short words of the queue and the header.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Created => "created, not requested yet".into(),
            Self::Pending => "waiting for the customer".into(),
            Self::PendingSuccessful => "successful, under review at IDnow".into(),
            Self::PendingFailed => "suspicious, under review at IDnow".into(),
            Self::Successful => "successful".into(),
            Self::Aborted => "aborted, can be tried again".into(),
            Self::Canceled => "canceled, must be repeated".into(),
            Self::Failed => "failed for good".into(),
            Self::Missing => "no state given".into(),
            Self::Unknown(word) => format!("unknown state {word}"),
        }
    }

    /// What it means for the customer, and the next step.
    #[must_use]
    pub const fn explained(&self) -> (&'static str, &'static str) {
        match self {
            Self::Created => (
                "The identification exists at Solaris, but IDnow was not asked for a session.",
                "Look at the supported documents with the customer, then request the session.",
            ),
            Self::Pending => (
                "IDnow waits for the customer, who has an address that is valid for 14 days.",
                "Send the customer to that address. The IDnow reference stays here: it must never reach the customer.",
            ),
            Self::PendingSuccessful => (
                "The session was successful, and a second agent at IDnow looks at it again: mostly for minutes, at most for 24 hours.",
                "Services may be offered already. If the review ends badly, a bank account is blocked by itself.",
            ),
            Self::PendingFailed => (
                "Something was suspicious, and IDnow reviews the session. It may still become successful, but that is unlikely.",
                "Offer no services, and wait for the review.",
            ),
            Self::Successful => (
                "IDnow confirmed the customer's identity.",
                "Look at the data: the session may have changed them. Screening, risk and vetting count besides.",
            ),
            Self::Aborted => (
                "The session ended before there was a result; the attempt below says why.",
                "The customer can try again at the same address.",
            ),
            Self::Canceled => (
                "IDnow discarded the session afterwards; the attempt below says why.",
                "Ask the customer to identify again at the same address.",
            ),
            Self::Failed => (
                "The identification was unsuccessful, finally. No reason is disclosed for this, to nobody.",
                "Do not onboard the customer, and offer no services.",
            ),
            Self::Missing => (
                "The provider's answer names no state.",
                "Read it again later; report it if it stays so.",
            ),
            Self::Unknown(_) => (
                "This desk does not know the state; it belongs to another method of identification or is new.",
                "Nothing follows from it here. Ask Solaris what it means before you decide.",
            ),
        }
    }
}

/// What accepting a check means while its identification stands like this; nothing when it was
/// successful.
#[must_use]
pub const fn accepting_now_means(state: &State) -> Option<&'static str> {
    match state {
        State::Successful => None,
        State::PendingSuccessful => Some(
            "IDnow still reviews the session. If you accept now and the review ends badly, you are alarmed, but what was offered until then was offered.",
        ),
        State::PendingFailed => Some(
            "IDnow reviews a suspicious session, and Solaris forbids services until it becomes successful. Accepting now goes against that.",
        ),
        State::Failed => Some(
            "The identification failed for good: Solaris will not onboard this customer. Accepting changes nothing of that.",
        ),
        State::Created | State::Pending => {
            Some("Nobody was identified yet. Accepting now rests on what you know from elsewhere.")
        }
        State::Aborted | State::Canceled => Some(
            "The last session came to nothing. Accepting now rests on what you know from elsewhere.",
        ),
        State::Missing | State::Unknown(_) => Some(
            "What the identification stands at is not understood here. Accepting now rests on what you know from elsewhere.",
        ),
    }
}

/// Why a change of state needs somebody's attention at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alarm {
    /// Services were allowed, and the identification failed for good.
    Failed,
    /// Services were allowed, and IDnow discarded the session.
    Canceled,
    /// Services were allowed, and the session is under suspicion now.
    Suspicious,
}

impl Alarm {
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Failed => {
                "The identification failed for good after services could be offered. Stop them now: a bank account is blocked by itself."
            }
            Self::Canceled => {
                "IDnow canceled the session after services could be offered. Stop them until the customer has identified again: a bank account is blocked by itself."
            }
            Self::Suspicious => {
                "The session is under suspicion after services could be offered. Offer nothing until IDnow has reviewed it."
            }
        }
    }
}

/// Whether reaching `now` needs an alarm. `earlier` are the states before it, the oldest first;
/// reading the same state again is no change. Once an alarm was due, it takes another good state to
/// make a next one due.
#[must_use]
pub fn alarm(earlier: &[State], now: &State) -> Option<Alarm> {
    let alarm = of_state(now)?;
    let mut before = earlier.iter().rev().take_while(|state| {
        of_state(state).is_none_or(|at| at == Alarm::Suspicious && alarm != at)
    });
    before
        .any(|state| matches!(state.services(), Services::Provisionally | Services::Yes))
        .then_some(alarm)
}

const fn of_state(state: &State) -> Option<Alarm> {
    match state {
        State::Failed => Some(Alarm::Failed),
        State::Canceled => Some(Alarm::Canceled),
        State::PendingFailed => Some(Alarm::Suspicious),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use State as S;
    use proptest::prelude::*;

    #[test]
    fn each_state_allows_what_the_guide_says() {
        let rows: Vec<(&str, Services, bool, bool, bool)> = S::ALL
            .iter()
            .map(|s| (s.code(), s.services(), s.same_url(), s.is_final(), s.has_reason()))
            .collect();
        assert_eq!(
            rows,
            [
                ("created", Services::NotYet, false, false, false),
                ("pending", Services::NotYet, true, false, false),
                ("pending_successful", Services::Provisionally, false, false, false),
                ("pending_failed", Services::No, false, false, false),
                ("successful", Services::Yes, false, true, false),
                ("aborted", Services::NotYet, true, false, true),
                ("canceled", Services::NotYet, true, false, true),
                ("failed", Services::No, false, true, false),
            ]
        );
        let outcomes: Vec<&str> = S::ALL.iter().filter(|s| s.is_outcome()).map(S::code).collect();
        assert_eq!(outcomes, ["pending_successful", "successful", "failed"]);
        assert!(S::Failed.explained().0.contains("No reason is disclosed"));
    }

    #[test]
    fn only_a_successful_one_is_accepted_without_a_word() {
        for state in S::ALL.into_iter().chain([S::Missing, S::Unknown("signed".into())]) {
            assert_eq!(accepting_now_means(&state).is_none(), state == S::Successful, "{state:?}");
        }
    }

    #[test]
    fn what_turns_bad_after_services_were_allowed_alarms() {
        let good = S::PendingSuccessful;
        assert_eq!(alarm(&[S::Created, S::Pending, good.clone()], &S::Failed), Some(Alarm::Failed));
        assert_eq!(alarm(std::slice::from_ref(&good), &S::Canceled), Some(Alarm::Canceled));
        assert_eq!(alarm(&[S::Successful], &S::Failed), Some(Alarm::Failed));
        assert_eq!(alarm(std::slice::from_ref(&good), &S::PendingFailed), Some(Alarm::Suspicious));
        assert_eq!(
            alarm(&[good.clone(), S::PendingFailed], &S::Failed),
            Some(Alarm::Failed),
            "suspicion between does not hide it"
        );
        assert_eq!(alarm(&[good.clone(), S::Failed], &S::Failed), None, "it was told already");
        assert_eq!(
            alarm(&[good.clone(), S::Canceled, S::Pending], &S::Failed),
            None,
            "services were stopped by then"
        );
        assert_eq!(
            alarm(&[good.clone(), S::Canceled, S::Pending, good.clone()], &S::Canceled),
            Some(Alarm::Canceled)
        );
        assert_eq!(alarm(&[S::Created, S::Pending, S::PendingFailed], &S::Failed), None);
        for calm in
            [S::Successful, S::Aborted, S::Pending, S::Missing, S::Unknown("expired".into())]
        {
            assert_eq!(alarm(std::slice::from_ref(&good), &calm), None, "{calm:?}");
        }
    }

    fn any_state() -> impl Strategy<Value = State> {
        prop_oneof![
            proptest::sample::select(S::ALL.to_vec()),
            "\\PC{0,12}".prop_map(|text| S::of(Some(&text)))
        ]
    }

    proptest! {
        #[test]
        fn no_other_word_allows_anything(word in "\\PC{0,20}") {
            let state = S::of(Some(&word));
            if !S::ALL.contains(&state) {
                prop_assert_eq!(state.services(), Services::NotYet);
                prop_assert!(!state.is_final() && !state.same_url());
                prop_assert_eq!(state.code(), word.trim());
                prop_assert!(state.words().contains(word.trim()));
            }
        }

        #[test]
        fn services_and_another_try_exclude_each_other(state in any_state()) {
            prop_assert!(!(state.same_url() && matches!(state.services(), Services::Provisionally | Services::Yes | Services::No)));
        }

        #[test]
        fn without_a_good_state_nothing_alarms(earlier in proptest::collection::vec(any_state(), 0..8), now in any_state()) {
            let was_good = earlier.iter().any(|s| matches!(s, S::PendingSuccessful | S::Successful));
            let told = alarm(&earlier, &now);
            prop_assert!(told.is_none() || was_good);
            if matches!(now, S::Failed | S::Canceled) && matches!(earlier.last(), Some(S::PendingSuccessful | S::Successful)) {
                prop_assert!(told.is_some());
            }
        }
    }
}
