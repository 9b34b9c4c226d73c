use super::*;
use crate::services::video::{Address, Salutation};
use proptest::prelude::*;

fn jane() -> Person {
    Person {
        customer_reference: "C-1".into(),
        salutation: Salutation::Ms,
        first_name: "Jane".into(),
        last_name: "Müller".into(),
        birth_date: "1992-12-11".into(),
        nationality: "DE".into(),
        address: Address::default(),
        mobile_number: "+4915112345678".into(),
        terms_conditions_signed_at: 0,
        data_terms_signed_at: 0,
    }
}

fn told<'a>(result: &'a AttemptResult, data: &'a [Said]) -> Session<'a> {
    Session { result, data, number: None }
}

fn record(more: &[(&str, &str)]) -> BTreeMap<String, String> {
    let jane = [
        ("first_name", "Jane"),
        ("last_name", "Müller"),
        ("birth_date", "1992-12-11"),
        ("nationality", "DE"),
    ];
    let mut all: BTreeMap<_, _> = jane
        .iter()
        .chain(more)
        .map(|(path, value)| ((*path).to_owned(), (*value).to_owned()))
        .collect();
    all.retain(|_, value| !value.is_empty());
    all
}

fn said(key: &str, status: &str, value: Option<&str>, original: Option<&str>) -> Said {
    Said {
        key: key.into(),
        value: value.map(str::to_owned),
        status: FieldStatus::of(Some(status)),
        original: original.map(str::to_owned),
    }
}

fn matched() -> Vec<Said> {
    [
        ("firstname", "Jane"),
        ("lastname", "Müller"),
        ("birthday", "1992-12-11"),
        ("nationality", "DE"),
    ]
    .map(|(key, value)| said(key, "MATCH", Some(value), None))
    .into()
}

fn found(now: &BTreeMap<String, String>, data: &[Said]) -> (Vec<(&'static str, bool)>, Told) {
    let (sent, before) = (jane(), record(&[]));
    let sessions = [told(&AttemptResult::Success, data)];
    let sides = Sides {
        sent: Some(&sent),
        before: Some(&before),
        now,
        sessions: if data.is_empty() { &[] } else { &sessions },
    };
    (sides.differences().iter().map(|d| (d.path, d.by_session)).collect(), sides.summary())
}

#[test]
fn whoever_differs_from_whoever_was_sent_is_found_without_any_session() {
    assert_eq!(
        found(&record(&[]), &[]),
        (vec![], Told::Unknown),
        "nobody says that nothing changed"
    );
    for (path, value) in [
        ("first_name", "Jan"),
        ("last_name", "Mueller"),
        ("birth_date", "1992-11-12"),
        ("nationality", "AT"),
        ("first_name", "JANE"),
    ] {
        assert_eq!(
            found(&record(&[(path, value)]), &[]),
            (vec![(path, false)], Told::Other),
            "{path} {value}"
        );
    }
    // Other notations of the same are no change.
    assert_eq!(
        found(&record(&[("nationality", "DEU"), ("birth_date", "1992/12/11")]), &matched()),
        (vec![], Told::Nothing)
    );
}

#[test]
fn no_word_hides_another_value() {
    for status in ["MATCH", "NEW", "ODD", ""] {
        let mut data = matched();
        data[0] = said("firstname", status, Some("Joan"), None);
        assert_eq!(found(&record(&[]), &data).0, [("first_name", true)], "{status}");
    }
    let mut data = matched();
    data[2] = said("birthday", "CHANGE", Some("1992-11-12"), Some("1992-12-11"));
    assert_eq!(
        found(&record(&[("birth_date", "1992-11-12")]), &data),
        (vec![], Told::Changed),
        "the session's own word is enough"
    );
    assert_eq!(found(&record(&[]), &matched()), (vec![], Told::Nothing));
}

#[test]
fn what_nobody_gives_is_not_known() {
    let (sent, before) = (jane(), record(&[]));
    let untold = |now: &BTreeMap<String, String>, data: &[Said]| {
        Sides {
            sent: Some(&sent),
            before: Some(&before),
            now,
            sessions: &[told(&AttemptResult::Success, data)],
        }
        .untold()
    };
    assert_eq!(
        untold(&record(&[("birth_date", ""), ("nationality", "N/A")]), &[]),
        ["Birth date", "Nationality"]
    );
    assert_eq!(untold(&record(&[("birth_date", "")]), &matched()), [""; 0]);
    assert_eq!(
        untold(&record(&[]), &[said("birthplace", "ODD", Some("Bonn"), None)]),
        ["Place of birth"]
    );
    // An aborted session only repeats what was sent.
    let aborted = [said("birthday", "ORIGINAL", None, Some("1992-12-11"))];
    let sides = Sides {
        sent: Some(&sent),
        before: None,
        now: &before,
        sessions: &[told(&AttemptResult::Aborted, &aborted)],
    };
    assert!(!sides.is_told_of() && sides.summary() == Told::Unknown);
}

#[test]
fn somebody_known_there_under_another_name_is_another_than_was_sent() {
    let sent = Person { first_name: "Joan".into(), ..jane() };
    let now = record(&[("mobile_number", "0049 151 12345678")]);
    let before = record(&[("mobile_number", "+49 151 12345679")]);
    let all =
        Sides { sent: Some(&sent), before: Some(&before), now: &now, sessions: &[] }.differences();
    let told: Vec<_> = all.iter().map(|d| (d.path, d.is_change)).collect();
    assert_eq!(told, [("first_name", false), ("mobile_number", true)]);
}

#[test]
fn a_number_that_was_confirmed_in_a_session_is_told_and_needs_no_judgement() {
    let (sent, before) = (jane(), record(&[("mobile_number", "+49 151 12345679")]));
    let (now, data) = (record(&[("mobile_number", "0049 151 12345678")]), matched());
    let summary = |result: &AttemptResult, number: Option<&str>| {
        let sessions = [Session { number, ..told(result, &data) }];
        let sides =
            Sides { sent: Some(&sent), before: Some(&before), now: &now, sessions: &sessions };
        (sides.differences().len(), sides.summary())
    };
    assert_eq!(summary(&AttemptResult::Success, Some("+4915112345678")), (0, Told::Number));
    for other in [None, Some(""), Some("+4915112345679")] {
        assert_eq!(summary(&AttemptResult::Success, other), (1, Told::Other), "{other:?}");
    }
    assert_eq!(
        summary(&AttemptResult::Aborted, Some("+4915112345678")).0,
        1,
        "nobody confirmed it to the end"
    );
}

proptest! {
    #[test]
    fn another_name_is_never_nothing(name in "[A-Z][a-z]{1,8}", status in "MATCH|NEW|REDACTION|ODD|", in_record in any::<bool>()) {
        prop_assume!(!liken("Jane", &name).is_same() && !is_placeholder(&name));
        let mut data = matched();
        data[0] = said("firstname", &status, Some(&name), None);
        let now = record(if in_record { &[("first_name", "Zoltan")] } else { &[] });
        let (differences, told) = found(&now, &data);
        prop_assert_eq!(differences.is_empty(), status == "REDACTION" && !in_record);
        prop_assert!(differences.is_empty() || told != Told::Nothing);
    }
}
