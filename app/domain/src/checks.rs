//! What a check is: kinds, states, risk, deadlines, and which moves between states are legal.

pub use crate::services::Kind;

use crate::{
    Moment, Refusal, choices,
    people::{Caller, Permission},
    time,
};

choices! {
    /// Where a check stands with us. The provider's own state is kept beside it, never mixed in.
    pub enum State {
        Draft = "draft", "draft";
        Queued = "queued", "queued";
        Running = "running", "running";
        ToReview = "to_review", "to review";
        Proposed = "proposed", "proposed";
        Accepted = "accepted", "accepted";
        Rejected = "rejected", "rejected";
        Failed = "failed", "failed";
        Withdrawn = "withdrawn", "withdrawn";
    }
}

impl State {
    /// Decided, failed or withdrawn: nothing happens to it any more by itself.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Accepted | Self::Rejected | Self::Failed | Self::Withdrawn)
    }

    /// A person has to act.
    #[must_use]
    pub const fn needs_person(self) -> bool {
        matches!(self, Self::ToReview | Self::Proposed)
    }

    /// Under way: another check of the same kind about the same customer would be a double.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::ToReview | Self::Proposed)
    }

    /// Whether the life of a check allows this move. An overturn is the only way between the two
    /// decided states, at once or over a proposal that waits; one that is sent back leaves what
    /// stood before.
    #[must_use]
    pub const fn may_become(self, next: Self) -> bool {
        use State as S;
        match (self, next) {
            (S::Draft, S::Queued | S::Withdrawn) => true,
            (S::Queued, S::Running | S::ToReview | S::Failed | S::Withdrawn) => true,
            (S::Running, S::ToReview | S::Failed | S::Withdrawn) => true,
            (S::ToReview, S::Proposed | S::Accepted | S::Rejected | S::Withdrawn) => true,
            (S::Proposed, S::ToReview | S::Accepted | S::Rejected | S::Withdrawn) => true,
            (S::Accepted, S::Rejected | S::Proposed) | (S::Rejected, S::Accepted | S::Proposed) => {
                true
            }
            (S::Draft | S::Queued | S::Running | S::ToReview | S::Proposed, _) => false,
            (S::Accepted | S::Rejected | S::Failed | S::Withdrawn, _) => false,
        }
    }
}

choices! {
    /// How far the provider knows what we decided.
    pub enum Telling {
        None = "none", "nothing to tell";
        Due = "due", "decided, telling the provider";
        Applied = "applied", "applied at the provider";
        Unconfirmed = "unconfirmed", "sent, unconfirmed";
        Conflict = "conflict", "conflict with the provider";
        Dead = "dead", "could not be told";
    }
}

choices! {
    /// The risk rating in the provider's five bands.
    pub enum Band {
        Low = "low", "low";
        LowToMedium = "low_to_medium", "low to medium";
        Medium = "medium", "medium";
        High = "high", "high";
        VeryHigh = "very_high", "very high";
    }
}

impl Band {
    /// Source: KryptoGO Compliance KYABC API 0.1.0, risk ratings (0-24, 25-49, 50-74, 75-99, 100).
    #[must_use]
    pub const fn of(score: i64) -> Self {
        match score {
            i64::MIN..=24 => Self::Low,
            25..=49 => Self::LowToMedium,
            50..=74 => Self::Medium,
            75..=99 => Self::High,
            _ => Self::VeryHigh,
        }
    }

    /// Lowest and highest score of the band, both included.
    #[must_use]
    pub const fn range(self) -> (i64, i64) {
        match self {
            Self::Low => (0, 24),
            Self::LowToMedium => (25, 49),
            Self::Medium => (50, 74),
            Self::High => (75, 99),
            Self::VeryHigh => (100, i64::MAX),
        }
    }
}

/// How long a check of this kind and risk may wait for its decision, from the arrival of its
/// outcome.
#[must_use]
pub fn review_time(kind: Kind, band: Option<Band>) -> i64 {
    i64::from(kind.card().review.of(band)) * time::HOUR
}

/// How long the provider may take before the check counts as overdue.
pub const OUTCOME_TIME: i64 = 24 * time::HOUR;
/// How long "next" keeps a check for one reviewer.
pub const CLAIM_TIME: i64 = 10 * time::MINUTE;

/// Whether a check whose outcome is not here yet may be withdrawn, and by whom. Afterwards that is
/// a step of its own, with a reason: [`crate::decisions::rule`].
///
/// # Errors
/// The caller's role, a check that is decided or over, or one whose outcome is here.
pub fn withdraw(state: State, caller: &Caller) -> Result<State, Refusal> {
    if !caller.may(Permission::LaunchChecks) {
        return Err(Refusal::NotAllowed(Permission::LaunchChecks));
    }
    match state {
        State::Draft | State::Queued | State::Running => Ok(State::Withdrawn),
        State::ToReview | State::Proposed => Err(Refusal::OutcomeIsHere),
        State::Accepted | State::Rejected | State::Failed | State::Withdrawn => {
            Err(Refusal::CannotWithdraw)
        }
    }
}

/// Whether a linked check may be launched for an ended one.
///
/// # Errors
/// The caller's role, or a check that is still under way.
pub fn relaunch(state: State, caller: &Caller) -> Result<(), Refusal> {
    if !caller.may(Permission::LaunchChecks) {
        return Err(Refusal::NotAllowed(Permission::LaunchChecks));
    }
    if state.is_final() { Ok(()) } else { Err(Refusal::CannotRelaunch) }
}

/// The sort key of a risk: checks without a score come last when the riskiest come first.
pub const NO_RISK: i64 = -1;

/// How long a check has been waiting for whoever is next.
#[must_use]
pub fn waiting(since: Moment, now: Moment) -> String {
    time::in_words((now - since).max(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_are_the_providers() {
        for (score, band) in [
            (0, Band::Low),
            (24, Band::Low),
            (25, Band::LowToMedium),
            (49, Band::LowToMedium),
            (50, Band::Medium),
            (74, Band::Medium),
            (75, Band::High),
            (99, Band::High),
            (100, Band::VeryHigh),
        ] {
            assert_eq!(Band::of(score), band, "{score}");
            let (low, high) = band.range();
            assert!((low..=high).contains(&score), "{score}");
        }
    }

    #[test]
    fn no_final_state_moves_except_by_overturn() {
        for from in State::ALL.iter().filter(|s| s.is_final()) {
            for to in State::ALL {
                let overturn = matches!(
                    (from, to),
                    (State::Accepted, State::Rejected | State::Proposed)
                        | (State::Rejected, State::Accepted | State::Proposed)
                );
                assert_eq!(from.may_become(*to), overturn, "{from} -> {to}");
            }
        }
    }

    #[test]
    fn nothing_becomes_decided_without_an_outcome() {
        for from in [State::Draft, State::Queued, State::Running, State::Failed] {
            assert!(
                !from.may_become(State::Accepted) && !from.may_become(State::Rejected),
                "{from}"
            );
        }
    }

    #[test]
    fn higher_risk_never_waits_longer() {
        for kind in Kind::ALL {
            for pair in Band::ALL.windows(2) {
                assert!(
                    review_time(*kind, Some(pair[1])) <= review_time(*kind, Some(pair[0])),
                    "{kind} {pair:?}"
                );
            }
        }
    }
}
