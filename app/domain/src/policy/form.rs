//! The policy as a form: a select or a tick for each member, and what is wrong beside its field.

use super::{FactorRoles, Policy, Threshold, Unsound, is_scored};
use crate::{
    checks::{Band, Kind},
    decisions::Outcome,
    fields::Refused,
    people::Role,
};
use std::collections::BTreeMap;

/// The longest text that says why a policy is proposed, in characters.
pub const NOTE_MAX: usize = 1_000;

/// The hours that can be chosen; one that is in force beside them can be kept.
pub const HOURS: &[u32] = &[1, 2, 4, 8, 12, 24, 48, 72, 120, 168, 336, 720];
/// The days that can be chosen for the window of earlier checks.
pub const DAYS: &[u32] = &[7, 30, 60, 90, 180, 365, 730, 1_825, 3_650];

/// What a form sent, by the names of its fields.
pub type Values = BTreeMap<String, String>;

/// What a tick says when it is set.
pub const TICKED: &str = "1";

/// The field of one member of a kind, such as `rules[rofus-bulk]`.
#[must_use]
pub fn field(kind: Kind, member: &str) -> String {
    format!("rules[{}-{member}]", kind.code())
}

/// The field of the risk from which an outcome takes two people.
#[must_use]
pub fn threshold_field(kind: Kind, outcome: Outcome) -> String {
    field(kind, &format!("{}-from", outcome.code()))
}

/// The field of one of the findings with which an outcome takes two people: `sanction`, `relevant`
/// or `unjudged`.
#[must_use]
pub fn finding_field(kind: Kind, outcome: Outcome, finding: &str) -> String {
    field(kind, &format!("{}-{finding}", outcome.code()))
}

/// The field of the hours that a check of this risk may wait.
#[must_use]
pub fn hours_field(kind: Kind, band: Option<Band>) -> String {
    field(kind, &format!("hours-{}", band.map_or("none", Band::code)))
}

/// The field of a role that needs a second factor.
#[must_use]
pub fn factor_field(role: Role) -> String {
    format!("rules[second_factor-{}]", role.code())
}

/// The risks for which a kind has hours, the highest first; without a score last.
#[must_use]
pub fn bands(kind: Kind) -> Vec<Option<Band>> {
    let scored = Band::ALL.iter().rev().copied().filter(|_| is_scored(kind)).map(Some);
    scored.chain([None]).collect()
}

/// How many months a judgement may stand, to choose from.
pub const MONTHS: &[u32] = &[1, 3, 6, 12, 24, 36, 60];

/// The field of how many months a judgement stands.
pub const MEMORY: &str = "rules[memory_months]";

/// The thresholds that can be chosen for a kind. Where there are no scores, everything takes two
/// people or the risk says nothing.
#[must_use]
pub fn thresholds(kind: Kind) -> Vec<(Threshold, &'static str)> {
    if is_scored(kind) {
        Threshold::ALL.iter().map(|t| (*t, t.label())).collect()
    } else {
        vec![(Threshold::Never, "only as ticked below"), (Threshold::Always, "always")]
    }
}

/// What the fields say of a policy.
#[must_use]
pub fn values(policy: &Policy) -> Values {
    let mut values = Values::new();
    let tick = |values: &mut Values, name: String, set: bool| {
        if set {
            values.insert(name, TICKED.into());
        }
    };
    tick(&mut values, "launcher_may_approve".into(), policy.launcher_may_approve);
    values.insert("window_days".into(), policy.window_days.to_string());
    values.insert("proposal_hours".into(), policy.proposal_hours.to_string());
    values.insert(MEMORY.into(), policy.memory_months.to_string());
    for role in Role::ALL.iter().copied() {
        tick(&mut values, factor_field(role), policy.needs_factor(role));
    }
    for kind in Kind::ALL.iter().copied() {
        let of = policy.of(kind);
        for outcome in Outcome::DECIDED.iter().copied() {
            let two = of.two(outcome);
            let from = if is_scored(kind) || two.from == Threshold::Always {
                two.from
            } else {
                Threshold::Never
            };
            values.insert(threshold_field(kind, outcome), from.code().into());
            for (finding, set) in
                [("sanction", two.sanction), ("relevant", two.relevant), ("unjudged", two.unjudged)]
            {
                tick(&mut values, finding_field(kind, outcome, finding), set);
            }
        }
        tick(&mut values, field(kind, "bulk"), of.bulk);
        for band in bands(kind) {
            values.insert(hours_field(kind, band), of.review_hours.of(band).to_string());
        }
    }
    values
}

/// Reads a form as the policy that follows another.
///
/// # Errors
/// The form with a message beside each field that says nothing sensible.
pub fn read(values: &Values, after: &Policy) -> Result<Policy, Refused> {
    let mut form = Refused { values: values.clone(), errors: BTreeMap::new() };
    let mut policy = Policy { version: after.version + 1, ..after.clone() };
    let ticked = |name: &str| values.get(name).is_some_and(|v| v == TICKED);
    let mut number = |name: &str| {
        let number = values.get(name).and_then(|v| v.trim().parse::<u32>().ok());
        if number.is_none() {
            form.refuse(name, "Choose one.");
        }
        number.unwrap_or(0)
    };
    policy.launcher_may_approve = ticked("launcher_may_approve");
    policy.window_days = number("window_days");
    policy.proposal_hours = number("proposal_hours");
    policy.memory_months = number(MEMORY);
    policy.second_factor = FactorRoles::each(|role| ticked(&factor_field(role)));
    for kind in Kind::ALL.iter().copied() {
        let of = policy.of_mut(kind);
        let shown = bands(kind);
        for band in std::iter::once(None).chain(Band::ALL.iter().copied().map(Some)) {
            // Where there are no scores, one number holds.
            *of.review_hours.of_mut(band) =
                number(&hours_field(kind, if shown.contains(&band) { band } else { None }));
        }
        of.bulk = ticked(&field(kind, "bulk"));
    }
    for kind in Kind::ALL.iter().copied() {
        for outcome in Outcome::DECIDED.iter().copied() {
            let name = threshold_field(kind, outcome);
            let chosen = values.get(&name).and_then(|v| Threshold::parse(v));
            let known = chosen.filter(|c| thresholds(kind).iter().any(|(t, _)| t == c));
            if known.is_none() {
                form.refuse(&name, "Choose one.");
            }
            let two = policy.of_mut(kind).two_mut(outcome);
            two.from = known.unwrap_or(Threshold::Always);
            two.sanction = ticked(&finding_field(kind, outcome, "sanction"));
            two.relevant = ticked(&finding_field(kind, outcome, "relevant"));
            two.unjudged = ticked(&finding_field(kind, outcome, "unjudged"));
        }
    }
    if form.is_clean()
        && let Err(unsound) = policy.check()
    {
        let name = match unsound {
            Unsound::Version => String::new(),
            Unsound::Window => "window_days".into(),
            Unsound::ProposalHours => "proposal_hours".into(),
            Unsound::Memory => MEMORY.into(),
            Unsound::ReviewHours(kind) => hours_field(kind, None),
            Unsound::RiskWaitsLonger(kind) => hours_field(kind, Some(Band::VeryHigh)),
        };
        form.refuse(&name, unsound.sentence());
    }
    if form.is_clean() { Ok(policy) } else { Err(form) }
}

/// Checks and trims the text that says why a policy is proposed.
///
/// # Errors
/// A sentence that says what to change.
pub fn check_note(text: &str) -> Result<String, String> {
    let note = text.replace("\r\n", "\n").trim().to_owned();
    match note.chars().count() {
        0 => Err("Write why: it is recorded with the policy.".into()),
        n if n > NOTE_MAX => Err(format!("Use at most 1,000 characters; these are {n}.")),
        _ => Ok(note),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Two;

    #[test]
    fn what_a_form_shows_of_a_policy_reads_as_the_same_policy() {
        let mut policy = Policy::default_first();
        policy.of_mut(Kind::DdKyc).accept =
            Two { sanction: true, unjudged: true, ..Two::from(Threshold::Medium) };
        policy.of_mut(Kind::DdKyb).reject = Two { relevant: true, ..Two::from(Threshold::Never) };
        policy.of_mut(Kind::Kya).review_hours.high = 6;
        policy.launcher_may_approve = true;
        policy.window_days = 365;
        policy.second_factor = FactorRoles::each(|role| role == Role::Supervisor);
        let read_again = read(&values(&policy), &policy).expect("reads");
        assert_eq!(read_again.version, 2);
        assert_eq!(values(&read_again), values(&policy));
        for kind in [Kind::DdKyc, Kind::DdKyb, Kind::Kya] {
            assert_eq!(read_again.of(kind), policy.of(kind), "{kind}");
        }
        assert_eq!((read_again.launcher_may_approve, read_again.window_days), (true, 365));
        assert_eq!(read_again.second_factor, policy.second_factor);
        let mut unticked = values(&policy);
        assert_eq!(unticked.remove("rules[second_factor-supervisor]").as_deref(), Some(TICKED));
        assert_eq!(
            read(&unticked, &policy).expect("reads").second_factor,
            FactorRoles::default(),
            "a tick that is taken away counts"
        );
    }

    #[test]
    fn a_kind_without_scores_takes_two_people_always_or_for_its_findings() {
        let first = Policy::default_first();
        let mut form = values(&first);
        form.insert(threshold_field(Kind::Rofus, Outcome::Accept), "always".into());
        form.insert(finding_field(Kind::Idv, Outcome::Reject, "relevant"), TICKED.into());
        form.insert(hours_field(Kind::Idv, None), "12".into());
        let policy = read(&form, &first).expect("reads");
        assert_eq!(policy.of(Kind::Rofus).accept.from, Threshold::Always);
        assert!(policy.of(Kind::Idv).reject.relevant);
        assert_eq!(policy.review_time(Kind::Idv, None), 12 * crate::time::HOUR);
        form.insert(threshold_field(Kind::Rofus, Outcome::Accept), "high".into());
        assert!(
            read(&form, &first).unwrap_err().error("rules[rofus-accept-from]").is_some(),
            "it has no score"
        );
    }

    #[test]
    fn what_is_missing_or_senseless_is_refused_beside_its_field() {
        let first = Policy::default_first();
        let empty = read(&Values::new(), &first).unwrap_err();
        for name in [
            "window_days",
            "proposal_hours",
            "rules[dd_kyc-accept-from]",
            "rules[rofus-hours-none]",
            "rules[kya-hours-very_high]",
        ] {
            assert!(empty.error(name).is_some(), "{name}");
        }
        let with = |name: &str, value: &str| {
            let mut form = values(&first);
            form.insert(name.into(), value.into());
            read(&form, &first).unwrap_err()
        };
        assert!(with("window_days", "0").error("window_days").is_some());
        assert!(with("proposal_hours", "721").error("proposal_hours").is_some());
        assert!(with("rules[kya-hours-none]", "x").error("rules[kya-hours-none]").is_some());
        assert!(
            with("rules[kya-hours-very_high]", "9").error("rules[kya-hours-very_high]").is_some(),
            "a higher risk waits longer"
        );
        assert_eq!(
            with("rules[kya-accept-from]", "whenever").value("rules[kya-accept-from]"),
            "whenever",
            "nothing typed is lost"
        );
    }

    #[test]
    fn a_policy_is_proposed_with_a_reason() {
        assert_eq!(
            check_note(" Our auditor asks for it.\r\n").as_deref(),
            Ok("Our auditor asks for it.")
        );
        assert!(check_note(" \n").is_err() && check_note(&"x".repeat(NOTE_MAX + 1)).is_err());
        assert!(check_note(&"é".repeat(NOTE_MAX)).is_ok());
    }
}
