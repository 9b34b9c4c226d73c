use super::*;
use proptest::prelude::*;

/// 2026-11-24, noon.
const NOW: Moment = 1_795_521_600_000;

fn one(aspect: Aspect, expected: &str, recognised: &str) -> Row {
    row(aspect, Some(expected), Some(recognised), NOW)
}

#[test]
fn swapped_day_and_month_are_named_and_marked() {
    let row = one(Aspect::BirthDate, "1990-06-04", "1990-04-06");
    assert_eq!(row.result, Match::Differs);
    assert_eq!(row.note.as_deref(), Some("Day and month are swapped. 36 years old today."));
    let marked: String =
        row.recognised.iter().filter(|m| m.differs).map(|m| m.text.as_str()).collect();
    assert!(!marked.is_empty() && marked.len() < "1990-04-06".len(), "{marked}");
}

#[test]
fn names_match_over_diacritics_case_and_order_but_not_over_persons() {
    for (expected, recognised, result) in [
        ("王又曾", "王又曾", Match::Matches),
        ("Müller, Jürgen", "JURGEN MULLER", Match::Matches),
        ("José Muñoz", "JOSE MUNOZ", Match::Matches),
        ("王又曾", "王又會", Match::Differs),
        ("Anna Berg", "Anna Maria Berg", Match::Differs),
        ("Наталія Коваль", "Natalia Koval", Match::Differs),
    ] {
        assert_eq!(
            one(Aspect::Name, expected, recognised).result,
            result,
            "{expected} / {recognised}"
        );
    }
    assert_eq!(
        one(Aspect::Name, "Anna Berg", "Anna Maria Berg").note.as_deref(),
        Some("The document has more names than we expected.")
    );
    assert!(
        one(Aspect::Name, "Наталія Коваль", "Natalia Koval")
            .note
            .expect("a note")
            .contains("scripts")
    );
}

#[test]
fn names_of_scripts_whose_marks_are_letters_differ_in_them() {
    for (expected, recognised) in [
        ("バンダ カギ", "ハンタ カキ"),
        ("रवि शर्मा", "राव शर्मा"),
        ("ສຸກ", "ສກ"),
        ("ครี", "ครู"),
        ("မောင်", "မင"),
        ("ស្រី", "សរ"),
    ] {
        assert_eq!(
            one(Aspect::Name, expected, recognised).result,
            Match::Differs,
            "{expected} / {recognised}"
        );
    }
}

#[test]
fn spellings_of_machine_readable_zones_match_with_a_note() {
    for (expected, recognised, words) in [
        ("Jürgen Müller", "JUERGEN MUELLER", "zones"),
        ("Søren Ågård", "SOEREN AAGAARD", "zones"),
        (
            "Nilavadhanananda Chayapa Dejthamrong Krasuang",
            "NILAVADHANANANDA CHAYAPA DEJTHAMRONG KR",
            "39 characters",
        ),
    ] {
        let row = one(Aspect::Name, expected, recognised);
        assert!(
            row.result == Match::Matches && row.note.as_ref().is_some_and(|n| n.contains(words)),
            "{row:?}"
        );
    }
}

#[test]
fn words_for_nothing_are_not_available() {
    for aspect in Aspect::ALL {
        for nothing in ["N/A", "NA", "-", "UNKNOWN"] {
            assert_eq!(
                one(*aspect, "1990-05-14", nothing).result,
                Match::NotAvailable,
                "{aspect} {nothing}"
            );
        }
    }
    assert_eq!(one(Aspect::Name, "Na", "NA").result, Match::Matches);
    for nothing in ["0000-00-00", "00000000", "00/00/0000"] {
        assert_eq!(
            one(Aspect::BirthDate, "1990-05-14", nothing).result,
            Match::NotAvailable,
            "{nothing}"
        );
    }
    assert_eq!(one(Aspect::Number, "00000000", "0000-0000").result, Match::Matches);
}

#[test]
fn dates_of_other_notations_and_partial_ones_are_read_as_what_they_are() {
    for (expected, recognised, result, words) in [
        ("1990-05-14", "1990/05/14", Match::Matches, "another way"),
        ("1990-05-14", "14.05.1990", Match::Matches, "another way"),
        ("1990-05-14", "1990/05/15", Match::Differs, ""),
        ("1990-05-14", "1990", Match::Matches, "Only the year"),
        ("1990-05-14", "1990-05-00", Match::Matches, "Only the month"),
        ("1990-05-14", "1991-00-00", Match::Differs, "Only the year"),
        ("1990-05-14", "1990-01-01", Match::Differs, "give only the year"),
        ("1990-06-05", "05/06/1990", Match::Differs, "two ways"),
        ("1990-05-14", "soon", Match::Differs, "not a calendar date"),
    ] {
        let row = one(Aspect::BirthDate, expected, recognised);
        assert_eq!(row.result, result, "{expected} / {recognised}");
        assert!(row.note.unwrap_or_default().contains(words), "{expected} / {recognised}");
    }
    assert!(
        one(Aspect::BirthDate, "1990-05-14", "1990/05/14")
            .note
            .is_some_and(|n| n.contains("36 years old"))
    );
    assert_eq!(
        one(Aspect::ExpiryDate, "9999-12-31", "9999-12-31").note.as_deref(),
        Some("Without end.")
    );
}

#[test]
fn countries_are_the_same_under_each_of_their_codes() {
    for (expected, recognised, result, words) in [
        ("DEU", "D", Match::Matches, "Germany"),
        ("DEU", "D<<", Match::Matches, "Germany"),
        ("GBR", "GBD", Match::Matches, "overseas territories"),
        ("XKX", "UNK", Match::Matches, "Kosovo"),
        ("SRB", "YUG", Match::Differs, "Yugoslavia"),
        ("DEU", "XXA", Match::Differs, "Stateless"),
        ("DEU", "AUT", Match::Differs, ""),
    ] {
        let row = one(Aspect::Country, expected, recognised);
        assert_eq!(row.result, result, "{expected} / {recognised}");
        assert!(row.note.unwrap_or_default().contains(words), "{expected} / {recognised}");
    }
}

#[test]
fn a_changed_character_is_marked_alone() {
    let row = one(Aspect::Name, "王又曾", "王又會");
    let differs = |marks: &[Mark]| {
        marks.iter().filter(|m| m.differs).map(|m| m.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (differs(&row.expected), differs(&row.recognised)),
        (vec!["曾".to_owned()], vec!["會".to_owned()])
    );
}

#[test]
fn missing_sides_are_said_and_never_a_match() {
    assert_eq!(row(Aspect::Number, Some("A1"), None, NOW).result, Match::NotAvailable);
    assert_eq!(row(Aspect::Number, None, Some("A1"), NOW).result, Match::NotGiven);
    assert_eq!(row(Aspect::Number, None, None, NOW).result, Match::NotAvailable);
}

#[test]
fn numbers_ignore_spaces_and_see_transpositions() {
    assert_eq!(one(Aspect::Number, "A 123-456", "a123456").result, Match::Matches);
    let row = one(Aspect::Number, "A123456789", "A132456789");
    assert_eq!(
        (row.result, row.note.as_deref()),
        (Match::Differs, Some("Two neighbouring characters are swapped."))
    );
}

#[test]
fn validity_is_told_against_today() {
    assert!(
        one(Aspect::ExpiryDate, "2026-11-24", "2026-11-24")
            .note
            .expect("a note")
            .starts_with("Valid")
    );
    assert_eq!(
        one(Aspect::ExpiryDate, "2033-12-01", "2033-12-01").note.as_deref(),
        Some("Valid for 7 years more.")
    );
    assert!(
        one(Aspect::ExpiryDate, "2026-11-23", "2026-11-23")
            .note
            .expect("a note")
            .starts_with("Expired")
    );
    assert!(
        one(Aspect::IssuingDate, "2030-01-01", "2030-01-01")
            .note
            .expect("a note")
            .contains("future")
    );
    assert_eq!(age_in_years("1990-11-24", NOW), Some(36));
    assert_eq!(age_in_years("1990-11-25", NOW), Some(35));
    assert_eq!(age_in_years("nonsense", NOW), None);
}

#[test]
fn calendars_of_other_years_are_recognised() {
    assert!(
        one(Aspect::BirthDate, "1990-06-21", "0079-06-21")
            .note
            .expect("a note")
            .contains("Republic of China")
    );
    assert!(
        one(Aspect::BirthDate, "1990-06-21", "2533-06-21")
            .note
            .expect("a note")
            .contains("Buddhist")
    );
}

#[test]
fn a_gender_is_the_same_as_a_word_or_a_letter() {
    for (recognised, result) in [
        ("f", Match::Matches),
        ("Female", Match::Matches),
        ("M", Match::Differs),
        ("MALE", Match::Differs),
    ] {
        assert_eq!(one(Aspect::Gender, "F", recognised).result, result, "{recognised}");
    }
}

proptest! {
    #[test]
    fn marks_lose_no_character(a in "\\PC{0,40}", b in "\\PC{0,40}") {
        let (left, right) = marks(&a, &b);
        let join = |marks: &[Mark]| marks.iter().map(|m| m.text.as_str()).collect::<String>();
        prop_assert_eq!(join(&left), a);
        prop_assert_eq!(join(&right), b);
        let same = |marks: &[Mark]| marks.iter().filter(|m| !m.differs).map(|m| m.text.as_str()).collect::<String>();
        prop_assert_eq!(same(&left), same(&right));
    }
}
