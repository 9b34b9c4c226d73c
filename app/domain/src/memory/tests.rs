use super::*;
use crate::findings::Match;

fn compared(field: &str, found: &str) -> Compared {
    Compared { field: field.into(), result: Match::Differs, found: found.into() }
}

fn entry(name: &str, born: &str) -> Entry {
    Entry {
        source: Source::NegativeNews,
        list: "negative_news".into(),
        title: format!("News about {name}"),
        link: Some(format!("https://news.example/{}", name.replace(' ', "-"))),
        compared: vec![
            compared("name", name),
            compared("birth date", born),
            compared("country", "TWN"),
        ],
        facts: vec![("court".into(), "Taipei".into())],
        score: Some(80),
    }
}

fn whom() -> Whom {
    Whom {
        name: "You-theng Wang".into(),
        birth_date: Some("1927-03-13".into()),
        country: Some("TWN".into()),
    }
}

fn judged(entry: &Entry) -> Judged {
    Judged { judgement: Judgement::FalsePositive, at: 0, entry: entry.clone(), whom: whom() }
}

#[test]
fn a_judgement_stands_for_the_same_entry_of_the_same_customer() {
    let before = entry("Wang Y T", "1950-01-01");
    assert_eq!(stands(&judged(&before), &before, &whom(), time::DAY, 12), Ok(()));
    // The provider's score may move, and a name may be spelt in another order.
    let now = Entry { score: Some(81), ..before.clone() };
    let spelt = Whom { name: "WANG, You-theng".into(), ..whom() };
    assert_eq!(stands(&judged(&before), &now, &spelt, time::DAY, 12), Ok(()));
}

#[test]
fn a_judgement_never_stands_for_an_entry_that_says_anything_else() {
    let before = entry("Wang Y T", "1950-01-01");
    let others: [(&str, Entry); 9] = [
        ("birth date", entry("Wang Y T", "1951-01-01")),
        ("title", Entry { title: "Another title".into(), ..before.clone() }),
        ("list", Entry { list: "other_news".into(), ..before.clone() }),
        ("category", Entry { source: Source::SanctionList, ..before.clone() }),
        ("link", Entry { link: None, ..before.clone() }),
        ("link", Entry { link: Some("https://news.example/2".into()), ..before.clone() }),
        ("court", Entry { facts: vec![], ..before.clone() }),
        (
            "aliases",
            Entry {
                facts: vec![
                    ("court".into(), "Taipei".into()),
                    ("aliases".into(), "You-theng Wang".into()),
                ],
                ..before.clone()
            },
        ),
        (
            "country",
            Entry {
                compared: [&before.compared[..2], &[compared("country", "CHN")]].concat(),
                ..before.clone()
            },
        ),
    ];
    for (field, now) in others {
        match stands(&judged(&before), &now, &whom(), time::DAY, 12) {
            Err(Ended::Entry(changes)) => {
                assert!(changes.iter().any(|c| c.field == field), "{field}: {changes:?}");
            }
            other => panic!("{field}: {other:?}"),
        }
    }
}

#[test]
fn the_same_words_that_compare_otherwise_now_end_a_judgement() {
    let before = entry("Wang Y T", "1927-03-13");
    let mut now = before.clone();
    now.compared[1].result = Match::Matches;
    let Err(Ended::Entry(changes)) = stands(&judged(&before), &now, &whom(), 1, 12) else {
        panic!("it stands")
    };
    assert_eq!(
        changes,
        [Change {
            field: "birth date".into(),
            before: "differs".into(),
            now: "match".into(),
            matters: true
        }]
    );
}

#[test]
fn a_judgement_ends_when_the_customer_is_said_to_be_another() {
    let before = entry("Wang Y T", "1950-01-01");
    for (data, now) in [
        (Data::Name, Whom { name: "You-theng Wong".into(), ..whom() }),
        (Data::BirthDate, Whom { birth_date: Some("1950-01-01".into()), ..whom() }),
        (Data::BirthDate, Whom { birth_date: None, ..whom() }),
        (Data::Country, Whom { country: Some("CHN".into()), ..whom() }),
        (Data::Country, Whom { country: None, ..whom() }),
    ] {
        let ended = stands(&judged(&before), &before, &now, 1, 12);
        assert_eq!(ended, Err(Ended::Customer(vec![data])), "{now:?}");
    }
}

#[test]
fn a_judgement_ends_by_its_age() {
    let before = entry("Wang Y T", "1950-01-01");
    let year = 365 * time::DAY;
    assert_eq!(stands(&judged(&before), &before, &whom(), year, 12), Ok(()));
    let ended = stands(&judged(&before), &before, &whom(), year + 1, 12);
    assert_eq!(ended, Err(Ended::Old { months: 12 }));
    let sentence = ended.expect_err("it ended").sentence();
    assert_eq!(sentence, "Asked again: the judgement is older than 12 months.");
}

#[test]
fn entries_are_paired_whatever_their_order() {
    let before =
        [entry("A B", "1950"), entry("C D", "1960"), entry("E F", "1970"), entry("G H", "1980")];
    let now =
        [entry("C D", "1960"), entry("I J", "1990"), entry("G H", "1981"), entry("A B", "1950")];
    assert_eq!(pair(&now, &before), [Some(1), None, Some(3), Some(0)]);
}

#[test]
fn entries_that_only_share_a_name_are_not_paired_when_there_are_several() {
    let unlinked = |born: &str| Entry { link: None, ..entry("Chen Wei", born) };
    let before = [unlinked("1950"), unlinked("1960")];
    let now = [unlinked("1970"), unlinked("1960")];
    // What is the same in all of it is found; the one left on each side is the same name, and
    // changed.
    assert_eq!(pair(&now, &before), [Some(0), Some(1)]);
    let now = [unlinked("1970"), unlinked("1980")];
    assert_eq!(pair(&now, &before), [None, None]);
}

#[test]
fn two_entries_that_the_provider_tells_apart_are_never_one() {
    let with_id =
        |id: &str| Entry { facts: vec![("uid".into(), id.into())], ..entry("Chen Wei", "1950") };
    assert_eq!(pair(&[with_id("2")], &[with_id("1")]), [None]);
    // And its identity pairs what says something else by now.
    let renamed =
        Entry { facts: vec![("uid".into(), "1".into())], link: None, ..entry("Chan Wai", "1951") };
    assert_eq!(pair(&[renamed], &[with_id("1")]), [Some(0)]);
}

#[test]
fn what_moved_to_another_list_is_the_same_and_changed() {
    let before = entry("Chen Wei", "1950");
    let now =
        Entry { source: Source::SanctionList, list: "sanction_list".into(), ..before.clone() };
    assert_eq!(pair(std::slice::from_ref(&now), std::slice::from_ref(&before)), [Some(0)]);
    assert!(stands(&judged(&before), &now, &whom(), 1, 12).is_err());
}

#[test]
fn no_entry_is_paired_twice() {
    let same = entry("Chen Wei", "1950");
    let now = vec![same.clone(); 3];
    let paired = pair(&now, &[same.clone(), same]);
    assert_eq!(paired, [Some(0), Some(1), None]);
}

#[test]
fn what_changed_is_said_in_counts() {
    let counts = Counts { new: 3, changed: 1, as_before: 40, gone: 2 };
    assert_eq!(counts.sentence(true), "3 new, 1 changed, 40 as before, 2 gone");
    assert_eq!(Counts { new: 1, ..Counts::default() }.sentence(true), "1 new");
    assert_eq!(Counts::default().sentence(true), "no entries, as before");
}

#[test]
fn nothing_is_said_to_be_gone_where_not_all_was_asked_or_read() {
    let counts = Counts { as_before: 1, gone: 2, ..Counts::default() };
    assert_eq!(counts.sentence(false), "1 as before, 2 not in this answer");
    assert_eq!(Counts::default().sentence(false), "no entries in what could be compared");
}

proptest::proptest! {
    /// Whatever one field is changed to, the judgement of before does not stand for it.
    #[test]
    fn memory_never_crosses_a_changed_field(which in 0..7_usize, text in "[a-zA-Z0-9]{1,12}") {
        let before = entry("Wang Y T", "1950-01-01");
        let mut now = before.clone();
        match which {
            0 => now.compared[0].found = text,
            1 => now.compared[1].found = text,
            2 => now.compared[2].found = text,
            3 => now.title = text,
            4 => now.link = Some(text),
            5 => now.facts[0].1 = text,
            _ => now.facts.push((text.clone(), text)),
        }
        proptest::prop_assume!(now != before);
        proptest::prop_assert!(stands(&judged(&before), &now, &whom(), 1, 12).is_err());
    }
}
