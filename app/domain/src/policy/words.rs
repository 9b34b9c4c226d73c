//! A policy in words: what holds, what a proposal changes, and what it leads to.

use super::{Policy, Threshold, Two, form::bands, is_scored};
use crate::{
    checks::{Band, Kind},
    decisions::Outcome,
    people::Role,
};

/// One difference between two policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub what: String,
    pub from: String,
    pub to: String,
}

/// When an outcome of a kind takes two people.
#[must_use]
pub fn two(kind: Kind, two: Two) -> String {
    let risk = match two.from {
        Threshold::Always => return "always".into(),
        Threshold::Never => None,
        from if is_scored(kind) => Some(format!("{} risk", from.label())),
        _ => None,
    };
    let findings = [
        (two.sanction, "with a sanction finding"),
        (two.relevant, "with a relevant finding"),
        (two.unjudged, "with a finding that is not judged"),
    ];
    let words: Vec<String> = risk
        .into_iter()
        .chain(findings.iter().filter(|(asks, _)| *asks).map(|(_, words)| (*words).to_owned()))
        .collect();
    if words.is_empty() { "never".into() } else { words.join(", or ") }
}

/// How long a check of a kind may wait.
#[must_use]
pub fn waits(policy: &Policy, kind: Kind) -> String {
    let hours = &policy.of(kind).review_hours;
    let of = |band: Option<Band>| match band {
        Some(band) => format!("{} {} h", band.label(), hours.of(Some(band))),
        None if is_scored(kind) => format!("no score {} h", hours.none),
        None => format!("{} h", hours.none),
    };
    bands(kind).into_iter().map(of).collect::<Vec<_>>().join(" · ")
}

/// Whether many checks of a kind may be decided at once.
#[must_use]
pub fn bulk(policy: &Policy, kind: Kind) -> &'static str {
    if policy.bulk_allowed(kind) { "yes, also unopened" } else { "only those that were opened" }
}

/// Whether the launcher may be the second person.
#[must_use]
pub const fn launcher(policy: &Policy) -> &'static str {
    if policy.launcher_may_approve { "may approve" } else { "may not approve" }
}

/// The roles of which everybody must have a second factor.
#[must_use]
pub fn factor(policy: &Policy) -> String {
    let names: Vec<_> = Role::ALL
        .iter()
        .filter(|role| policy.needs_factor(**role))
        .map(|role| role.label())
        .collect();
    if names.is_empty() { "no role".into() } else { names.join(", ") }
}

/// `90 days`.
#[must_use]
pub fn days(number: u32) -> String {
    if number == 1 { "1 day".into() } else { format!("{number} days") }
}

/// `72 hours`.
#[must_use]
pub fn hours(number: u32) -> String {
    if number == 1 { "1 hour".into() } else { format!("{number} hours") }
}

/// `12 months`.
#[must_use]
pub fn months(number: u32) -> String {
    if number == 1 { "1 month".into() } else { format!("{number} months") }
}

/// What is different in a proposal.
#[must_use]
pub fn changes(now: &Policy, proposed: &Policy) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut see = |what: String, from: String, to: String| {
        if from != to {
            changes.push(Change { what, from, to });
        }
    };
    see("Who launched a check".into(), launcher(now).into(), launcher(proposed).into());
    see("Earlier checks count for".into(), days(now.window_days), days(proposed.window_days));
    see("A proposal waits for".into(), hours(now.proposal_hours), hours(proposed.proposal_hours));
    see("A judgement stands for".into(), months(now.memory_months), months(proposed.memory_months));
    see("A second factor is needed by".into(), factor(now), factor(proposed));
    for kind in Kind::ALL.iter().copied() {
        let label = kind.label();
        for (outcome, verb) in [(Outcome::Accept, "accepting"), (Outcome::Reject, "rejecting")] {
            see(
                format!("{label}: {verb} takes two people"),
                two(kind, now.of(kind).two(outcome)),
                two(kind, proposed.of(kind).two(outcome)),
            );
        }
        see(format!("{label}: in bulk"), bulk(now, kind).into(), bulk(proposed, kind).into());
        see(format!("{label}: a check waits for"), waits(now, kind), waits(proposed, kind));
    }
    changes
}

/// What a supervisor should know before such a policy holds: who could approve under it.
#[must_use]
pub fn warnings(policy: &Policy, supervisors: &[String], analysts: usize) -> Vec<String> {
    let asks = |kind: &Kind| {
        Outcome::DECIDED.iter().any(|o| two(*kind, policy.of(*kind).two(*o)) != "never")
    };
    let mut warnings = Vec::new();
    if !Kind::ALL.iter().any(asks) {
        warnings.push("Nothing takes two people under this policy.".to_owned());
        return warnings;
    }
    match supervisors {
        [] => warnings.push("Nobody could approve: there is no active supervisor.".to_owned()),
        [only] => warnings.push(format!(
            "Only {only} could approve. What {only} proposes{} or judges, nobody could approve.",
            if policy.launcher_may_approve { "" } else { ", launches" }
        )),
        [_, _] if analysts == 0 => warnings.push(format!(
            "Two supervisors and no analyst work here: where one proposes and the other {}judged findings, nobody could approve.",
            if policy.launcher_may_approve { "" } else { "launched or " }
        )),
        _ => {}
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_reads_as_a_sentence() {
        let first = Policy::default_first();
        assert_eq!(two(Kind::DdKyc, first.of(Kind::DdKyc).accept), "from very high risk");
        assert_eq!(two(Kind::Idv, first.of(Kind::Idv).accept), "never", "it has no score");
        let both = Two { sanction: true, ..Two::from(Threshold::High) };
        assert_eq!(two(Kind::DdKyb, both), "from high risk, or with a sanction finding");
        assert_eq!(waits(&first, Kind::Rofus), "8 h");
        assert_eq!(
            (factor(&first), factor(&Policy::strictest())),
            ("no role".to_owned(), "Analyst, Supervisor".to_owned())
        );
        assert_eq!(
            waits(&first, Kind::Kya),
            "very high 4 h · high 8 h · medium 24 h · low to medium 48 h · low 72 h · no score 72 h"
        );
    }

    #[test]
    fn a_proposal_says_what_it_changes_and_nothing_else() {
        let first = Policy::default_first();
        let mut next = Policy { version: 2, ..first.clone() };
        assert_eq!(changes(&first, &next), []);
        next.of_mut(Kind::Idv).accept.from = Threshold::Always;
        next.window_days = 365;
        next.second_factor.supervisor = true;
        let change = |what: &str, from: &str, to: &str| Change {
            what: what.into(),
            from: from.into(),
            to: to.into(),
        };
        assert_eq!(
            changes(&first, &next),
            [
                change("Earlier checks count for", "90 days", "365 days"),
                change("A second factor is needed by", "no role", "Supervisor"),
                change("ID verification: accepting takes two people", "never", "always")
            ]
        );
    }

    #[test]
    fn who_could_approve_is_warned_of() {
        let first = Policy::default_first();
        let people = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        let said = |policy: &Policy, names: &[&str], analysts| {
            warnings(policy, &people(names), analysts).join(" ")
        };
        assert!(said(&first, &[], 3).contains("Nobody could approve"));
        assert!(said(&first, &["Sofia"], 3).contains("Only Sofia could approve"));
        assert!(said(&first, &["Sofia", "Boris"], 0).contains("launched or judged"));
        assert_eq!(said(&first, &["Sofia", "Boris"], 1), "");
        assert_eq!(said(&first, &["Sofia", "Boris", "Cem"], 0), "");
        let mut lax = first;
        for kind in Kind::ALL {
            lax.of_mut(*kind).accept = Two::from(Threshold::Never);
            lax.of_mut(*kind).reject = Two::from(Threshold::Never);
        }
        assert_eq!(said(&lax, &[], 0), "Nothing takes two people under this policy.");
    }
}
