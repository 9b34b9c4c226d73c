//! Who made what is decided: nobody of them approves it.

use crate::{PersonId, choices, policy::Policy};

choices! {
    /// What part somebody had in it.
    pub enum Maker {
        Launched = "launched", "launched the check";
        Judged = "judged", "judged findings";
        Decided = "decided", "made the decision that is overturned";
    }
}

impl Maker {
    /// What is wrong with their approval.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Launched => "You launched this check.",
            Self::Judged => "You judged findings of this check, and this rests on your judgements.",
            Self::Decided => "You made the decision that this overturns.",
        }
    }
}

/// The people behind a check, besides who proposed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Makers<'a> {
    pub launched_by: Option<&'a PersonId>,
    /// Whose judgements stand on its findings.
    pub judged_by: &'a [PersonId],
    /// Who made the decision that stands: its proposer as much as its approver.
    pub of_decision: &'a [PersonId],
}

impl Makers<'_> {
    pub const NONE: Self = Self { launched_by: None, judged_by: &[], of_decision: &[] };

    /// The part that keeps this person from approving, if there is one.
    #[must_use]
    pub fn maker(&self, person: &PersonId, policy: &Policy) -> Option<Maker> {
        if self.of_decision.contains(person) {
            Some(Maker::Decided)
        } else if self.judged_by.contains(person) {
            Some(Maker::Judged)
        } else if self.launched_by == Some(person) && !policy.launcher_may_approve() {
            Some(Maker::Launched)
        } else {
            None
        }
    }
}
