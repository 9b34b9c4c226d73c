use super::*;
use crate::checks::review_time;
use crate::findings::Source;
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
        .prop_map(|(kind, outcome, found, earlier)| Case { kind, outcome, found, earlier })
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
    assert!(relevant.needs_two(&Case { earlier: Some(Found { relevant: true, ..low }), ..case }));
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
            let case = Case { kind: Kind::DdKyc, outcome: Outcome::Accept, found, earlier: None };
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
            !reads(&change(|object, name| drop(object.insert(format!("{name}_too"), json!(true))))),
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
    let twice = value().to_string().replacen("\"bulk\":true", "\"bulk\":false,\"bulk\":true", 1);
    assert!(serde_json::from_str::<Policy>(&twice).is_err(), "a member that stands twice");
}

#[test]
fn a_policy_that_does_not_name_a_kind_takes_two_people_for_it_and_is_written_with_all() {
    let first = Policy::default_first();
    for kind in Kind::ALL.iter().copied() {
        let mut value = value();
        value["kinds"].as_object_mut().expect("an object").remove(kind.code()).expect("is named");
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
        let named: Vec<_> =
            written["kinds"].as_object().expect("an object").keys().map(String::as_str).collect();
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
        let only =
            Policy { second_factor: FactorRoles::each(|r| r == role), ..Policy::default_first() };
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
