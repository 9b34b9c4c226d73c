//! What the desk knows of a service: everything that is asked of a kind of checks outside of its
//! own folder.

use crate::{connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// The card of a service. Whatever else it does stands in its folder.
#[derive(Debug, PartialEq, Eq)]
pub struct Card {
    /// What people call it.
    pub label: &'static str,
    /// The letters in the square.
    pub letters: &'static str,
    /// Who runs it.
    pub provider: Provider,
    /// Whom it asks about.
    pub about: About,
    /// How a check of it goes from its launch to its outcome.
    pub life: Life,
    /// Where it stands among those that can be launched; those of one place stand as they are
    /// listed.
    pub place: u8,
    /// The provider takes our decision.
    pub is_told: bool,
    /// It comes with a score, so that a risk can ask for a second person.
    pub is_scored: bool,
    /// The first policy lets many be decided at once though their pages were not opened.
    pub bulk: bool,
    /// How long one may wait for its decision under the first policy.
    pub review: Hours,
    /// Reasons to accept, in the order of the list.
    pub accept: &'static [Reason],
    /// Reasons to reject, in the order of the list.
    pub reject: &'static [Reason],
    /// The sources of its own findings that must be judged before it is accepted, beside
    /// [`Source::OF_ANY_CHECK`].
    pub must_be_judged: &'static [Source],
}

/// Whom a check asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    Person,
    Company,
}

impl About {
    /// `person` or `company`.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Company => "company",
        }
    }
}

/// How a check goes from its launch to its outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Life {
    /// The answer to the launch is the outcome: nothing runs on at the provider.
    AtOnce,
    /// A search runs at the provider until it is done; it can be found again and read again, and
    /// may change afterwards.
    Runs,
    /// The customer shows a document, in pictures that we send or on a page of the provider's.
    Idv,
    /// The customer is seen in video sessions, as often as it takes.
    Video,
}
