//! Days as other people write them: other notations, days that are known in part, and days that can
//! be read in two ways.
//!
//! Our own notation is `YYYY-MM-DD` (`time::parse_date`); this is for what providers and documents
//! say.

use crate::{letters::plain_digits, time};

/// The last day of the calendar: how a document says that it is without end.
pub const WITHOUT_END: &str = "9999-12-31";

/// What may lie between two days that differ, see [`may_be_year_only`].
pub const YEAR_ONLY: &str =
    "Documents of some countries give only the year, and 1 January in its place.";

/// Whether one of two days may say no more than its year: 1 January, against something else of that
/// year.
#[must_use]
pub fn may_be_year_only(one: &str, other: &str) -> bool {
    let is_new_year = |day: &str| day.get(4..) == Some("-01-01");
    one != other && one.get(..4) == other.get(..4) && (is_new_year(one) || is_new_year(other))
}

/// What a text says of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    /// `YYYY-MM-DD`.
    Day(String),
    /// `YYYY-MM`.
    Month(String),
    /// `YYYY`.
    Year(String),
    /// Day and month could each be the other: both days, the one that reads day first in front.
    TwoWays(String, String),
    /// No day of the calendar, or nothing that we can read.
    Unread,
}

impl Written {
    /// The one day that is meant, if it is known whole.
    #[must_use]
    pub fn day(&self) -> Option<&str> {
        if let Self::Day(day) = self { Some(day) } else { None }
    }
}

/// Whether a text stands where no day is known: `0000-00-00`, as databases write it.
#[must_use]
pub fn is_none(text: &str) -> bool {
    let text = plain_digits(text.trim());
    text.len() >= 8
        && text.contains("0000")
        && text.chars().all(|c| matches!(c, '0' | '-' | '/' | '.'))
}

/// Reads a day in any of the notations that providers and documents are known to use.
#[must_use]
pub fn read(text: &str) -> Written {
    let text = plain_digits(text.trim()).to_uppercase();
    if time::parse_date(&text).is_some() {
        return Written::Day(text);
    }
    // A moment's day is its day.
    let is_day = |day: &str| {
        let signs = day.chars().filter(|c| matches!(c, '-' | '/' | '.')).count();
        signs == 2 && day.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | '/' | '.'))
    };
    let day = match text.split_once(['T', ' ']) {
        Some((day, clock)) if clock.contains(':') && is_day(day) => day.to_owned(),
        _ => apart(&text),
    };
    let day_first = day.contains('.');
    let parts: Vec<String> = day
        .split(|c: char| {
            matches!(
                c,
                '-' | '/' | '.' | ',' | '年' | '月' | '日' | '년' | '월' | '일' | '‐' | '‑' | '–'
            ) || c.is_whitespace()
        })
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    // 0000-00-00 is how databases write that there is no day.
    if parts.iter().all(|part| part.bytes().all(|b| b == b'0')) {
        return Written::Unread;
    }
    match parts[..] {
        [whole] if is_number(whole, 8) => made(&whole[..4], &whole[4..6], &whole[6..]),
        [year] if is_number(year, 4) => Written::Year(year.to_owned()),
        [year, month] if is_number(year, 4) => made(year, month, ""),
        [month, year] if is_number(year, 4) => made(year, month, ""),
        [year, month, day] if is_number(year, 4) => made(year, month, day),
        [one, other, year] if is_number(year, 4) => between(one, other, year, day_first),
        // A month in two languages, as on passports: 14 MAY/MAI 1990.
        [day, month, again, year] if is_number(year, 4) && month_of(again) == month_of(month) => {
            made(year, month, day)
        }
        _ => Written::Unread,
    }
}

/// Digits and letters that stand together, with a space between them: `14MAY1990`.
fn apart(text: &str) -> String {
    let (mut spaced, mut before) = (String::with_capacity(text.len() + 2), None);
    for c in text.chars() {
        if before.is_some_and(|b: char| {
            b.is_ascii_digit() && c.is_alphabetic() || b.is_alphabetic() && c.is_ascii_digit()
        }) {
            spaced.push(' ');
        }
        spaced.push(c);
        before = Some(c);
    }
    spaced
}

fn is_number(part: &str, digits: usize) -> bool {
    part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())
}

/// Day and month in either order, in front of a year.
fn between(one: &str, other: &str, year: &str, day_first: bool) -> Written {
    let (day, month) = (made(year, other, one), made(year, one, other));
    let is_named = |part: &str| part.starts_with(|c: char| c.is_alphabetic());
    match (day, month) {
        (day, _) if day_first || is_named(other) => day,
        (_, month) if is_named(one) => month,
        (Written::Day(day), Written::Day(month)) if day != month => Written::TwoWays(day, month),
        (Written::Unread, month) => month,
        (day, _) => day,
    }
}

fn made(year: &str, month: &str, day: &str) -> Written {
    let is_unknown =
        |part: &str| part.is_empty() || part.chars().all(|c| matches!(c, '0' | 'X' | '<' | '?'));
    if is_unknown(month) {
        return if is_unknown(day) { Written::Year(year.to_owned()) } else { Written::Unread };
    }
    let Some(month) = month_of(month) else { return Written::Unread };
    if is_unknown(day) {
        return Written::Month(format!("{year}-{month:02}"));
    }
    let day = if day.len() <= 2 { day.parse::<u8>().ok() } else { None };
    let day = day
        .map(|day| format!("{year}-{month:02}-{day:02}"))
        .filter(|day| time::parse_date(day).is_some());
    day.map_or(Written::Unread, Written::Day)
}

/// The number of a month, by its number or its name in capitals.
fn month_of(part: &str) -> Option<u8> {
    const NAMES: [&[&str]; 12] = [
        &["JAN", "JANV"],
        &["FEB", "FÉV", "FEV"],
        &["MAR", "MÄR", "MRZ"],
        &["APR", "AVR"],
        &["MAY", "MAI"],
        &["JUN", "JUIN"],
        &["JUL", "JUIL"],
        &["AUG", "AOÛ", "AOU"],
        &["SEP"],
        &["OCT", "OKT"],
        &["NOV"],
        &["DEC", "DEZ", "DÉC"],
    ];
    if part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit()) {
        return part.parse().ok().filter(|month| (1..=12).contains(month));
    }
    let at = NAMES.iter().position(|names| names.iter().any(|name| part.starts_with(name)));
    at.and_then(|at| u8::try_from(at + 1).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_notations_are_read_as_what_they_are() {
        for (text, day) in [
            ("1990-05-14", "1990-05-14"),
            ("1990/05/14", "1990-05-14"),
            ("1990.5.14", "1990-05-14"),
            ("19900514", "1990-05-14"),
            ("14.05.1990", "1990-05-14"),
            ("05.06.1990", "1990-06-05"),
            ("14/05/1990", "1990-05-14"),
            ("05/14/1990", "1990-05-14"),
            ("05/05/1990", "1990-05-05"),
            ("14 May 1990", "1990-05-14"),
            ("14 MAY/MAI 1990", "1990-05-14"),
            ("May 14, 1990", "1990-05-14"),
            ("1990年5月14日", "1990-05-14"),
            ("1990-05-14T00:00:00Z", "1990-05-14"),
            ("1990-05-14 00:00:00", "1990-05-14"),
            ("1990/5/14 0:00:00", "1990-05-14"),
            ("05/14/1990 12:00:00 AM", "1990-05-14"),
            ("14MAY1990", "1990-05-14"),
            ("14-MAY-1990", "1990-05-14"),
            ("1990년 5월 14일", "1990-05-14"),
            ("١٩٩٠-٠٥-١٤", "1990-05-14"),
        ] {
            assert_eq!(read(text), Written::Day(day.into()), "{text}");
        }
        assert_eq!(read("05/06/1990"), Written::TwoWays("1990-06-05".into(), "1990-05-06".into()));
        for (text, year) in [
            ("1990", "1990"),
            ("1990-00-00", "1990"),
            ("19900000", "1990"),
            ("1990-XX-XX", "1990"),
            ("1990<<<<", ""),
        ] {
            let wanted = if year.is_empty() { Written::Unread } else { Written::Year(year.into()) };
            assert_eq!(read(text), wanted, "{text}");
        }
        for text in ["1990-05", "1990/05/00", "05/1990", "May 1990"] {
            assert_eq!(read(text), Written::Month("1990-05".into()), "{text}");
        }
        for text in [
            "",
            "soon",
            "1990-02-30",
            "31/02/1990",
            "1990-13-03",
            "5/6/90",
            "123",
            "1990-00-05",
            "0000-00-00",
            "00000000",
            "0000",
            "00:00",
        ] {
            assert_eq!(read(text), Written::Unread, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_is_a_day_is_of_the_calendar(text in "\\PC{0,16}|[0-9/.XT年 -]{0,12}") {
            if let Some(day) = read(&text).day() {
                prop_assert!(time::parse_date(day).is_some());
                prop_assert_eq!(read(day), Written::Day(day.to_owned()));
            }
        }
    }
}
