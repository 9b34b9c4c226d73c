//! The policy: which decisions need two people, who counts as a maker, how long things may wait,
//! where bulk is allowed, which roles need a second factor.
//!
//! A policy is read as a whole or not at all: what is unknown, missing or out of range makes it
//! unreadable, and whoever cannot read it takes [`Policy::strictest`]. Outcomes and roles are
//! fields, so that a new one does not compile until it is decided here. A kind that a policy does
//! not name, because it is newer, takes two people for everything.

pub mod form;
mod kinds;
pub mod words;

pub use kinds::Kinds;

use crate::{
    checks::{Band, Kind},
    choices,
    decisions::{Judged, Outcome},
    findings::Judgement,
    memory::{MONTHS, MONTHS_FIRST},
    people::{Permission, Role},
    time,
};
use serde::{Deserialize, Serialize};

/// The longest window of earlier checks, in days.
pub const WINDOW_DAYS_MAX: u32 = 3_650;
/// The longest deadline, in hours.
pub const HOURS_MAX: u32 = 720;

choices! {
    /// From which risk on two people are needed. What is chosen later asks for more.
    pub enum Threshold {
        Never = "never", "never for the risk alone";
        VeryHigh = "very_high", "from very high";
        High = "high", "from high";
        Medium = "medium", "from medium";
        LowToMedium = "low_to_medium", "from low to medium";
        /// Whatever the risk, and where there is none.
        Always = "always", "always";
    }
}

impl Threshold {
    /// Whether a check of this risk needs two people. Without a score only [`Threshold::Always`]
    /// asks for them.
    #[must_use]
    pub fn reaches(self, band: Option<Band>) -> bool {
        let from = match self {
            Self::Never => return false,
            Self::Always => return true,
            Self::VeryHigh => Band::VeryHigh,
            Self::High => Band::High,
            Self::Medium => Band::Medium,
            Self::LowToMedium => Band::LowToMedium,
        };
        band >= Some(from)
    }
}

/// When one outcome of one kind needs two people: any of these is enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Two {
    pub from: Threshold,
    /// A sanction list had a finding, however it was judged.
    pub sanction: bool,
    /// A finding was judged relevant.
    pub relevant: bool,
    /// A finding is not judged.
    pub unjudged: bool,
}

impl Two {
    /// Only the risk asks for a second person.
    #[must_use]
    pub const fn from(from: Threshold) -> Self {
        Self { from, sanction: false, relevant: false, unjudged: false }
    }

    const ALL: Self =
        Self { from: Threshold::Always, sanction: true, relevant: true, unjudged: true };

    fn asks(self, found: Found) -> bool {
        self.from.reaches(found.band)
            || (self.sanction && found.sanction)
            || (self.relevant && found.relevant)
            || (self.unjudged && found.unjudged)
    }
}

/// How long a check may wait for its decision, in hours, by its risk; `none` is for checks without
/// a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    pub none: u32,
    pub low: u32,
    pub low_to_medium: u32,
    pub medium: u32,
    pub high: u32,
    pub very_high: u32,
}

impl Hours {
    /// What the first policy says of most kinds: the higher the risk, the sooner.
    pub const BY_RISK: Self =
        Self { none: 72, low: 72, low_to_medium: 48, medium: 24, high: 8, very_high: 4 };
    /// What it says where somebody waits for the answer: by the end of the working day.
    pub const SOON: Self =
        Self { none: 8, low: 8, low_to_medium: 8, medium: 8, high: 8, very_high: 4 };

    #[must_use]
    pub const fn of(&self, band: Option<Band>) -> u32 {
        match band {
            None => self.none,
            Some(Band::Low) => self.low,
            Some(Band::LowToMedium) => self.low_to_medium,
            Some(Band::Medium) => self.medium,
            Some(Band::High) => self.high,
            Some(Band::VeryHigh) => self.very_high,
        }
    }

    /// To change the hours of one band.
    #[must_use]
    pub const fn of_mut(&mut self, band: Option<Band>) -> &mut u32 {
        match band {
            None => &mut self.none,
            Some(Band::Low) => &mut self.low,
            Some(Band::LowToMedium) => &mut self.low_to_medium,
            Some(Band::Medium) => &mut self.medium,
            Some(Band::High) => &mut self.high,
            Some(Band::VeryHigh) => &mut self.very_high,
        }
    }
}

/// What holds for one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindPolicy {
    pub accept: Two,
    pub reject: Two,
    /// Checks of this kind may be decided in bulk though their pages were not opened.
    pub bulk: bool,
    pub review_hours: Hours,
}

impl KindPolicy {
    /// What a desk begins with: accepting a very high risk needs two people.
    const fn first(kind: Kind) -> Self {
        let card = kind.card();
        Self {
            accept: Two::from(Threshold::VeryHigh),
            reject: Two::from(Threshold::Never),
            bulk: card.bulk,
            review_hours: card.review,
        }
    }

    /// What holds where nothing can be read: two people for everything.
    const fn strictest(kind: Kind) -> Self {
        Self { accept: Two::ALL, reject: Two::ALL, bulk: false, review_hours: kind.card().review }
    }

    #[must_use]
    pub const fn two(&self, outcome: Outcome) -> Two {
        match outcome {
            Outcome::Accept | Outcome::Withdraw => self.accept,
            Outcome::Reject => self.reject,
        }
    }

    /// To change when an outcome needs two people.
    #[must_use]
    pub const fn two_mut(&mut self, outcome: Outcome) -> &mut Two {
        match outcome {
            Outcome::Accept | Outcome::Withdraw => &mut self.accept,
            Outcome::Reject => &mut self.reject,
        }
    }
}

/// The roles of which everybody must have a second factor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FactorRoles {
    pub analyst: bool,
    pub supervisor: bool,
    pub admin: bool,
}

impl FactorRoles {
    /// Those of which something is true.
    #[must_use]
    pub fn each(of: impl Fn(Role) -> bool) -> Self {
        Self {
            analyst: of(Role::Analyst),
            supervisor: of(Role::Supervisor),
            admin: of(Role::Admin),
        }
    }

    /// Whether a role is one of them.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        match role {
            Role::Analyst => self.analyst,
            Role::Supervisor => self.supervisor,
            Role::Admin => self.admin,
        }
    }
}

/// One version of the policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    pub version: u32,
    /// Whether who launched a check may be the second person of its decision.
    pub launcher_may_approve: bool,
    /// Earlier checks of the customer of this kind count for so many days.
    pub window_days: u32,
    /// How long a proposal may wait for its second person.
    pub proposal_hours: u32,
    /// The roles that need a second factor. A policy that says nothing of them was made before and
    /// names none.
    #[serde(default)]
    pub second_factor: FactorRoles,
    /// For how many months a judgement of an entry stands when the entry is found again. A policy
    /// that says nothing of it was made before.
    #[serde(default = "months_first")]
    pub memory_months: u32,
    pub kinds: Kinds,
}

const fn months_first() -> u32 {
    MONTHS_FIRST
}

/// What a check found, as far as the policy asks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    pub band: Option<Band>,
    /// A sanction list had a finding, however it was judged.
    pub sanction: bool,
    /// A finding was judged relevant.
    pub relevant: bool,
    /// A finding is not judged.
    pub unjudged: bool,
}

impl Found {
    /// What the rule's counts of findings say.
    #[must_use]
    pub fn of(band: Option<Band>, findings: &[Judged]) -> Self {
        let any = |counts: fn(&Judged) -> bool| findings.iter().any(|f| f.count > 0 && counts(f));
        Self {
            band,
            sanction: any(|f| f.source.is_sanction()),
            relevant: any(|f| f.judgement == Judgement::Relevant),
            unjudged: any(|f| f.judgement == Judgement::Undecided),
        }
    }

    /// The worst of two in each respect.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        Self {
            band: self.band.max(other.band),
            sanction: self.sanction || other.sanction,
            relevant: self.relevant || other.relevant,
            unjudged: self.unjudged || other.unjudged,
        }
    }
}

/// What is to be decided: one outcome of one check, beside what the customer's earlier checks
/// found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Case {
    pub kind: Kind,
    pub outcome: Outcome,
    pub found: Found,
    /// The worst of the customer's checks of this kind within the window, if there are any.
    pub earlier: Option<Found>,
}

/// Why a policy makes no sense, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsound {
    Version,
    Window,
    ProposalHours,
    Memory,
    ReviewHours(Kind),
    /// A higher risk would wait longer than a lower one.
    RiskWaitsLonger(Kind),
}

impl Unsound {
    /// What is to be changed.
    #[must_use]
    pub fn sentence(self) -> String {
        match self {
            Self::Version => "A policy's version is a number from 1 on.".into(),
            Self::Window => format!("Earlier checks count for 1 to {WINDOW_DAYS_MAX} days."),
            Self::ProposalHours => format!("A proposal waits for 1 to {HOURS_MAX} hours."),
            Self::Memory => {
                format!("A judgement stands for {} to {} months.", MONTHS.start(), MONTHS.end())
            }
            Self::ReviewHours(kind) => {
                format!("{}: a check waits for 1 to {HOURS_MAX} hours.", kind.label())
            }
            Self::RiskWaitsLonger(kind) => {
                format!("{}: a higher risk may not wait longer than a lower one.", kind.label())
            }
        }
    }
}

impl Policy {
    /// The kinds that the first policy names: those that there were when it came. It is never
    /// changed, so that whatever kind came later takes two people until supervisors name it in a
    /// policy of theirs.
    pub const NAMED_FIRST: &'static [Kind] = &[
        Kind::DdKyc,
        Kind::DdKyb,
        Kind::Kya,
        Kind::Idv,
        Kind::VideoIdent,
        Kind::NumberMatch,
        Kind::PidCprMatch,
        Kind::Rofus,
    ];

    /// The policy that a desk begins with: accepting a very high risk needs two people.
    #[must_use]
    pub fn default_first() -> Self {
        Self {
            version: 1,
            launcher_may_approve: false,
            window_days: 90,
            proposal_hours: 72,
            second_factor: FactorRoles::default(),
            memory_months: MONTHS_FIRST,
            kinds: Kinds::each(|kind| {
                if Self::NAMED_FIRST.contains(&kind) {
                    KindPolicy::first(kind)
                } else {
                    KindPolicy::strictest(kind)
                }
            }),
        }
    }

    /// What holds where no policy can be read: two people for everything, and a second factor for
    /// whoever may see or decide checks.
    #[must_use]
    pub fn strictest() -> Self {
        let works_on_checks = |role: Role| {
            role.grants(Permission::ViewChecks) || role.grants(Permission::DecideChecks)
        };
        Self {
            version: 0,
            launcher_may_approve: false,
            window_days: WINDOW_DAYS_MAX,
            proposal_hours: 72,
            second_factor: FactorRoles::each(works_on_checks),
            memory_months: *MONTHS.start(),
            kinds: Kinds::each(KindPolicy::strictest),
        }
    }

    /// Whether this decision needs a second person.
    #[must_use]
    pub fn needs_two(&self, case: &Case) -> bool {
        let worst = case.earlier.map_or(case.found, |earlier| case.found.worst(earlier));
        self.of(case.kind).two(case.outcome).asks(worst)
    }

    /// Whether who launched a check may approve a decision about it.
    #[must_use]
    pub const fn launcher_may_approve(&self) -> bool {
        self.launcher_may_approve
    }

    /// For how many days earlier checks of a customer count.
    #[must_use]
    pub const fn window_days(&self) -> u32 {
        self.window_days
    }

    /// For how many hours a proposal may wait for its second person.
    #[must_use]
    pub const fn proposal_hours(&self) -> u32 {
        self.proposal_hours
    }

    /// For how many months a judgement of an entry stands when the entry is found again.
    #[must_use]
    pub const fn memory_months(&self) -> u32 {
        self.memory_months
    }

    /// Whether everybody of a role must have a second factor.
    #[must_use]
    pub const fn needs_factor(&self, role: Role) -> bool {
        self.second_factor.has(role)
    }

    /// Whether checks of this kind may be decided in bulk though their pages were not opened.
    #[must_use]
    pub const fn bulk_allowed(&self, kind: Kind) -> bool {
        self.of(kind).bulk
    }

    /// How long a check may wait for its decision, in milliseconds from the arrival of its outcome.
    #[must_use]
    pub fn review_time(&self, kind: Kind, band: Option<Band>) -> i64 {
        i64::from(self.of(kind).review_hours.of(band)) * time::HOUR
    }

    #[must_use]
    pub const fn of(&self, kind: Kind) -> &KindPolicy {
        self.kinds.of(kind)
    }

    /// To change what holds for one kind.
    #[must_use]
    pub const fn of_mut(&mut self, kind: Kind) -> &mut KindPolicy {
        self.kinds.of_mut(kind)
    }

    /// Whether its numbers make sense.
    ///
    /// # Errors
    /// The first that does not.
    pub fn check(&self) -> Result<(), Unsound> {
        let hours = 1..=HOURS_MAX;
        if self.version == 0 {
            return Err(Unsound::Version);
        }
        if !(1..=WINDOW_DAYS_MAX).contains(&self.window_days) {
            return Err(Unsound::Window);
        }
        if !hours.contains(&self.proposal_hours) {
            return Err(Unsound::ProposalHours);
        }
        if !MONTHS.contains(&self.memory_months) {
            return Err(Unsound::Memory);
        }
        for kind in Kind::ALL {
            let waits = &self.of(*kind).review_hours;
            if !hours.contains(&waits.none)
                || Band::ALL.iter().any(|b| !hours.contains(&waits.of(Some(*b))))
            {
                return Err(Unsound::ReviewHours(*kind));
            }
            if Band::ALL.windows(2).any(|pair| waits.of(Some(pair[1])) > waits.of(Some(pair[0]))) {
                return Err(Unsound::RiskWaitsLonger(*kind));
            }
        }
        Ok(())
    }
}

/// Whether checks of this kind come with a score, so that a risk can ask for a second person.
#[must_use]
pub const fn is_scored(kind: Kind) -> bool {
    kind.card().is_scored
}

#[cfg(test)]
mod tests;
