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
    findings::{Judgement, Source},
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
            sanction: any(|f| matches!(f.source, Source::SanctionList | Source::WalletSanction)),
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
mod tests {
    use super::*;
    use crate::checks::review_time;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn a_found() -> impl Strategy<Value = Found> {
        (proptest::option::of(proptest::sample::select(Band::ALL)), any::<[bool; 3]>()).prop_map(
            |(band, [sanction, relevant, unjudged])| Found { band, sanction, relevant, unjudged },
        )
    }

    fn a_case() -> impl Strategy<Value = Case> {
        (
            proptest::sample::select(Kind::ALL),
            proptest::sample::select(Outcome::ALL),
            a_found(),
            proptest::option::of(a_found()),
        )
            .prop_map(|(kind, outcome, found, earlier)| Case {
                kind,
                outcome,
                found,
                earlier,
            })
    }

    fn a_two() -> impl Strategy<Value = Two> {
        (proptest::sample::select(Threshold::ALL), any::<[bool; 3]>()).prop_map(
            |(from, [sanction, relevant, unjudged])| Two { from, sanction, relevant, unjudged },
        )
    }

    /// One that asks the same of every kind and outcome.
    fn asking(two: Two) -> Policy {
        let mut policy = Policy::default_first();
        for kind in Kind::ALL {
            *policy.of_mut(*kind).two_mut(Outcome::Accept) = two;
            *policy.of_mut(*kind).two_mut(Outcome::Reject) = two;
        }
        policy
    }

    #[test]
    fn the_first_policy_asks_for_two_where_a_very_high_risk_is_accepted() {
        let first = Policy::default_first();
        for kind in Policy::NAMED_FIRST {
            for outcome in Outcome::ALL {
                for band in std::iter::once(None).chain(Band::ALL.iter().copied().map(Some)) {
                    let found = Found { band, sanction: true, relevant: true, unjudged: true };
                    let case = Case { kind: *kind, outcome: *outcome, found, earlier: None };
                    // Withdrawing takes what accepting does.
                    let needs = band == Some(Band::VeryHigh) && *outcome != Outcome::Reject;
                    assert_eq!(first.needs_two(&case), needs, "{kind} {outcome} {band:?}");
                }
            }
        }
        assert_eq!(first.check(), Ok(()));
        assert!(
            !first.launcher_may_approve()
                && !first.bulk_allowed(Kind::VideoIdent)
                && first.bulk_allowed(Kind::DdKyc)
        );
        for kind in Kind::ALL {
            assert_eq!(
                first.review_time(*kind, Some(Band::High)),
                review_time(*kind, Some(Band::High)),
                "{kind}"
            );
        }
    }

    #[test]
    fn a_kind_that_came_after_the_first_policy_takes_two_people_until_one_names_it() {
        let first = Policy::default_first();
        let later: Vec<Kind> =
            Kind::ALL.iter().copied().filter(|kind| !Policy::NAMED_FIRST.contains(kind)).collect();
        assert!(later.contains(&Kind::SimSwap));
        for kind in later {
            let found = Found { band: None, sanction: false, relevant: false, unjudged: false };
            for outcome in Outcome::ALL {
                assert!(
                    first.needs_two(&Case { kind, outcome: *outcome, found, earlier: None }),
                    "{kind} {outcome}"
                );
            }
            assert!(!first.bulk_allowed(kind));
        }
    }

    /// Somebody who runs a check again until it looks harmless meets what was found before.
    #[test]
    fn what_an_earlier_check_found_counts() {
        let low = Found { band: Some(Band::Low), ..Found::default() };
        let case = Case { kind: Kind::DdKyc, outcome: Outcome::Accept, found: low, earlier: None };
        let first = Policy::default_first();
        assert!(!first.needs_two(&case));
        let worse = Found { band: Some(Band::VeryHigh), ..Found::default() };
        assert!(first.needs_two(&Case { earlier: Some(worse), ..case }));
        let relevant = asking(Two { relevant: true, ..Two::from(Threshold::Never) });
        assert!(!relevant.needs_two(&case));
        assert!(
            relevant.needs_two(&Case { earlier: Some(Found { relevant: true, ..low }), ..case })
        );
    }

    /// Each switch asks by itself, and for nothing but what it names.
    #[test]
    fn what_was_found_asks_for_two_where_the_policy_names_it() {
        let (never, none) = (Two::from(Threshold::Never), Found::default());
        let all = [
            (Two { sanction: true, ..never }, Found { sanction: true, ..none }),
            (Two { relevant: true, ..never }, Found { relevant: true, ..none }),
            (Two { unjudged: true, ..never }, Found { unjudged: true, ..none }),
        ];
        for (two, named) in all {
            for (_, found) in all {
                let case =
                    Case { kind: Kind::DdKyc, outcome: Outcome::Accept, found, earlier: None };
                assert_eq!(asking(two).needs_two(&case), found == named, "{two:?} {found:?}");
            }
        }
    }

    #[test]
    fn findings_are_counted_as_they_are_judged() {
        let found = |source, judgement, count| Judged { source, judgement, count };
        let none = [found(Source::SanctionList, Judgement::Relevant, 0)];
        assert_eq!(Found::of(None, &none), Found::default(), "a count of none is none");
        let wallet = [found(Source::WalletSanction, Judgement::FalsePositive, 1)];
        assert_eq!(
            Found::of(Some(Band::Low), &wallet),
            Found { band: Some(Band::Low), sanction: true, ..Found::default() }
        );
        let news = [
            found(Source::NegativeNews, Judgement::Relevant, 1),
            found(Source::DowJones, Judgement::Undecided, 2),
        ];
        assert_eq!(
            Found::of(None, &news),
            Found { relevant: true, unjudged: true, ..Found::default() }
        );
    }

    fn value() -> Value {
        serde_json::to_value(Policy::default_first()).expect("a value")
    }

    fn reads(value: &Value) -> bool {
        serde_json::from_value::<Policy>(value.clone()).is_ok()
    }

    /// Every member by its path, objects included.
    fn members(value: &Value, at: &str, found: &mut Vec<String>) {
        for (name, inner) in value.as_object().into_iter().flatten() {
            let path = format!("{at}/{name}");
            members(inner, &path, found);
            found.push(path);
        }
    }

    #[test]
    fn a_policy_that_lacks_a_member_or_has_one_too_many_is_unreadable() {
        assert!(reads(&value()));
        let mut paths = Vec::new();
        members(&value(), "", &mut paths);
        assert!(paths.len() > 100, "{}", paths.len());
        for path in &paths {
            let (parent, name) = path.rsplit_once('/').expect("a path");
            let change = |change: fn(&mut serde_json::Map<String, Value>, &str)| {
                let mut value = value();
                change(
                    value.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object"),
                    name,
                );
                value
            };
            // A policy of before knew nothing of second factors, of memory, or of a kind: these may
            // be missing, and as a whole.
            let may_lack =
                ["/second_factor", "/memory_months"].contains(&path.as_str()) || parent == "/kinds";
            assert_eq!(
                reads(&change(|object, name| drop(object.remove(name)))),
                may_lack,
                "without {path}"
            );
            assert!(
                !reads(&change(|object, name| drop(
                    object.insert(format!("{name}_too"), json!(true))
                ))),
                "with {path}_too"
            );
            assert!(
                !reads(&change(|object, name| drop(object.insert(name.into(), json!("whatever"))))),
                "another {path}"
            );
            assert!(
                !reads(&change(|object, name| drop(object.insert(name.into(), Value::Null)))),
                "no {path}"
            );
        }
        let twice =
            value().to_string().replacen("\"bulk\":true", "\"bulk\":false,\"bulk\":true", 1);
        assert!(serde_json::from_str::<Policy>(&twice).is_err(), "a member that stands twice");
    }

    #[test]
    fn a_policy_that_does_not_name_a_kind_takes_two_people_for_it_and_is_written_with_all() {
        let first = Policy::default_first();
        for kind in Kind::ALL.iter().copied() {
            let mut value = value();
            value["kinds"]
                .as_object_mut()
                .expect("an object")
                .remove(kind.code())
                .expect("is named");
            let older: Policy = serde_json::from_value(value).expect("reads");
            assert_eq!(older.check(), Ok(()));
            for other in Kind::ALL.iter().copied() {
                let holds = if other == kind { Policy::strictest() } else { first.clone() };
                assert_eq!(older.of(other), holds.of(other), "{other} without {kind}");
            }
            for outcome in Outcome::ALL.iter().copied() {
                let case = Case { kind, outcome, found: Found::default(), earlier: None };
                assert!(older.needs_two(&case), "{kind} {outcome}");
                assert_eq!(
                    first.needs_two(&case),
                    !Policy::NAMED_FIRST.contains(&kind),
                    "{kind} {outcome}"
                );
            }
            assert!(!older.bulk_allowed(kind));
            let written = serde_json::to_value(&older).expect("a value");
            let named: Vec<_> = written["kinds"]
                .as_object()
                .expect("an object")
                .keys()
                .map(String::as_str)
                .collect();
            assert!(named.len() == Kind::COUNT && named.contains(&kind.code()), "{named:?}");
        }
    }

    #[test]
    fn a_policy_is_read_as_it_was_written_and_names_each_kind_once() {
        let mut policy = Policy::default_first();
        for (hours, kind) in (1..).zip(Kind::ALL.iter().copied()) {
            let of = policy.of_mut(kind);
            (of.accept, of.bulk, of.review_hours.none) =
                (Two { relevant: true, ..Two::from(Threshold::Medium) }, hours % 2 == 0, hours);
        }
        let text = serde_json::to_string(&policy).expect("text");
        assert_eq!(serde_json::from_str::<Policy>(&text).expect("reads"), policy);
        assert_ne!(policy, Policy::default_first());
        let kinds = text.split_once("\"kinds\":{").expect("kinds").1;
        let at: Vec<_> = Kind::ALL
            .iter()
            .map(|kind| kinds.find(&format!("\"{kind}\":{{\"accept\":{{\"from\":")))
            .collect();
        assert!(at.iter().all(Option::is_some) && at.is_sorted(), "{at:?}");
        assert!(
            serde_json::from_str::<Policy>(&text.replacen("\"rofus\"", "\"kya\"", 1)).is_err(),
            "a kind that stands twice"
        );
        assert!(
            serde_json::from_str::<Policy>(&text.replacen("\"rofus\"", "\"later\"", 1)).is_err(),
            "a kind that nobody knows"
        );
    }

    #[test]
    fn s_22_a_policy_without_a_word_of_second_factors_asks_them_of_nobody_and_the_strictest_of_whoever_sees_checks()
     {
        let asks = |policy: &Policy| {
            Role::ALL.iter().copied().filter(|role| policy.needs_factor(*role)).collect::<Vec<_>>()
        };
        let mut value = value();
        value["second_factor"] = json!({ "analyst": false, "supervisor": true, "admin": true });
        let named: Policy = serde_json::from_value(value.clone()).expect("reads");
        assert_eq!(asks(&named), [Role::Supervisor, Role::Admin]);
        assert_eq!(
            serde_json::to_value(&named).expect("a value"),
            value,
            "and is written as it was read"
        );
        value.as_object_mut().expect("an object").remove("second_factor");
        let older: Policy = serde_json::from_value(value).expect("reads");
        assert_eq!((asks(&older), older), (vec![], Policy::default_first()));
        assert_eq!(asks(&Policy::strictest()), [Role::Analyst, Role::Supervisor]);
        for role in Role::ALL.iter().copied() {
            let only = Policy {
                second_factor: FactorRoles::each(|r| r == role),
                ..Policy::default_first()
            };
            assert_eq!(asks(&only), [role]);
        }
    }

    #[test]
    fn the_worst_of_two_has_what_either_has() {
        let none = Found::default();
        for one in [
            Found { band: Some(Band::VeryHigh), ..none },
            Found { sanction: true, ..none },
            Found { relevant: true, ..none },
            Found { unjudged: true, ..none },
        ] {
            assert_eq!((one.worst(none), none.worst(one)), (one, one));
        }
    }

    #[test]
    fn a_policy_whose_numbers_make_no_sense_is_told_so() {
        let changed = |change: fn(&mut Policy)| {
            let mut policy = Policy::default_first();
            change(&mut policy);
            policy.check()
        };
        assert_eq!(changed(|p| p.version = 0), Err(Unsound::Version));
        for days in [0, WINDOW_DAYS_MAX + 1] {
            assert_eq!(
                Policy { window_days: days, ..Policy::default_first() }.check(),
                Err(Unsound::Window)
            );
        }
        for hours in [0, HOURS_MAX + 1] {
            assert_eq!(
                Policy { proposal_hours: hours, ..Policy::default_first() }.check(),
                Err(Unsound::ProposalHours)
            );
        }
        assert_eq!(
            changed(|p| p.of_mut(Kind::Rofus).review_hours.none = 0),
            Err(Unsound::ReviewHours(Kind::Rofus))
        );
        assert_eq!(
            changed(|p| p.of_mut(Kind::Kya).review_hours.low = HOURS_MAX + 1),
            Err(Unsound::ReviewHours(Kind::Kya))
        );
        assert_eq!(
            changed(|p| p.of_mut(Kind::DdKyb).review_hours.very_high = 9),
            Err(Unsound::RiskWaitsLonger(Kind::DdKyb))
        );
        assert_eq!(
            Policy {
                window_days: WINDOW_DAYS_MAX,
                proposal_hours: HOURS_MAX,
                ..Policy::default_first()
            }
            .check(),
            Ok(())
        );
    }

    proptest! {
        #[test]
        fn the_strictest_needs_two_for_everything(case in a_case()) {
            let strictest = Policy::strictest();
            prop_assert!(strictest.needs_two(&case));
            prop_assert!(!strictest.launcher_may_approve() && !strictest.bulk_allowed(case.kind));
        }

        /// Whoever finds a higher risk never needs fewer people, whatever the policy.
        #[test]
        fn a_higher_risk_never_needs_fewer_people(two in a_two(), case in a_case(), higher in proptest::sample::select(Band::ALL)) {
            let policy = asking(two);
            let higher = Case { found: Found { band: case.found.band.max(Some(higher)), ..case.found }, ..case };
            prop_assert!(!policy.needs_two(&case) || policy.needs_two(&higher));
        }

        #[test]
        fn what_else_is_found_never_makes_a_second_person_needless(two in a_two(), case in a_case(), more in a_found()) {
            let policy = asking(two);
            let worse = Case { found: case.found.worst(more), ..case };
            let before = Case { earlier: Some(case.earlier.unwrap_or_default().worst(more)), ..case };
            prop_assert!(!policy.needs_two(&case) || (policy.needs_two(&worse) && policy.needs_two(&before)));
            // Where it was found does not matter.
            prop_assert_eq!(policy.needs_two(&worse), policy.needs_two(&before));
        }

        /// A threshold that is listed later asks for all that an earlier one asks for.
        #[test]
        fn thresholds_are_listed_from_lax_to_strict(band in proptest::option::of(proptest::sample::select(Band::ALL)), at in 1usize..6) {
            let (laxer, stricter) = (Threshold::ALL[at - 1], Threshold::ALL[at]);
            prop_assert!(!laxer.reaches(band) || stricter.reaches(band));
        }
    }
}
