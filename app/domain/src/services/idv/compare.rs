//! Expected against recognised: one row for each field, with the difference explained and marked.

use crate::{
    Moment, choices, countries,
    dates::{self, WITHOUT_END, Written},
    fields::is_placeholder,
    findings::Match,
    letters::plain_digits,
    spelling::{self, Likeness},
    time,
};
use serde::{Deserialize, Serialize};

choices! {
    /// A field of an identity document.
    pub enum Aspect {
        Name = "name", "Name";
        BirthDate = "birth_date", "Birth date";
        Number = "number", "Document number";
        Country = "country", "Country";
        IssuingDate = "issuing_date", "Issued";
        ExpiryDate = "expiry_date", "Expires";
        Gender = "gender", "Gender";
    }
}

/// What is said of a document, by us or by the provider. Empty texts are absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Data {
    pub name: Option<String>,
    /// Dates are `YYYY-MM-DD`; another text is kept as it came.
    pub birth_date: Option<String>,
    pub number: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country: Option<String>,
    pub issuing_date: Option<String>,
    pub expiry_date: Option<String>,
    /// `M`, `F` or `X`.
    pub gender: Option<String>,
}

impl Data {
    #[must_use]
    pub fn get(&self, aspect: Aspect) -> Option<&str> {
        let field = match aspect {
            Aspect::Name => &self.name,
            Aspect::BirthDate => &self.birth_date,
            Aspect::Number => &self.number,
            Aspect::Country => &self.country,
            Aspect::IssuingDate => &self.issuing_date,
            Aspect::ExpiryDate => &self.expiry_date,
            Aspect::Gender => &self.gender,
        };
        field.as_deref().filter(|text| !text.trim().is_empty())
    }
}

/// A piece of a text; `differs` where the other text has something else there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    pub text: String,
    pub differs: bool,
}

/// One compared field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub aspect: Aspect,
    pub expected: Vec<Mark>,
    pub recognised: Vec<Mark>,
    pub result: Match,
    /// What kind of difference it is, where that can be told, or what else is to be known.
    pub note: Option<String>,
}

/// Compares all fields; `now` says how old the person is and whether the document is still valid.
#[must_use]
pub fn compare(expected: &Data, recognised: &Data, now: Moment) -> Vec<Row> {
    Aspect::ALL
        .iter()
        .map(|aspect| row(*aspect, expected.get(*aspect), recognised.get(*aspect), now))
        .collect()
}

fn row(aspect: Aspect, expected: Option<&str>, recognised: Option<&str>, now: Moment) -> Row {
    let plain = |text: Option<&str>| {
        text.map(|t| vec![Mark { text: t.to_owned(), differs: false }]).unwrap_or_default()
    };
    // A word for nothing says nothing, unless it is what we expected: somebody's name is Na.
    let is_day = matches!(aspect, Aspect::BirthDate | Aspect::IssuingDate | Aspect::ExpiryDate);
    let is_nothing = |text: &str| {
        let is_word = is_placeholder(text) || (is_day && dates::is_none(text));
        is_word && expected.is_none_or(|e| differ(aspect, e, text).0 != Match::Matches)
    };
    let recognised = recognised.filter(|text| !is_nothing(text));
    let about = recognised.and_then(|text| about(aspect, text, now));
    let (result, why) = match (expected, recognised) {
        (_, None) => (Match::NotAvailable, None),
        (None, Some(_)) => (Match::NotGiven, None),
        (Some(e), Some(r)) => differ(aspect, e, r),
    };
    let note = [why, about].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let (expected, recognised) = match (result, expected, recognised) {
        (Match::Differs, Some(e), Some(r)) => marks(e, r),
        (_, e, r) => (plain(e), plain(r)),
    };
    Row { aspect, expected, recognised, result, note: Some(note).filter(|n| !n.is_empty()) }
}

fn differ(aspect: Aspect, expected: &str, recognised: &str) -> (Match, Option<String>) {
    let said = |words: &str| Some(words.to_owned());
    match aspect {
        Aspect::Name => name(expected, recognised),
        Aspect::BirthDate | Aspect::IssuingDate | Aspect::ExpiryDate => date(expected, recognised),
        Aspect::Number => {
            let bare = |text: &str| {
                plain_digits(text)
                    .chars()
                    .filter(|c| c.is_alphanumeric())
                    .flat_map(char::to_uppercase)
                    .collect::<String>()
            };
            let (e, r) = (bare(expected), bare(recognised));
            if e == r {
                let note = (expected != recognised)
                    .then(|| "Same, but for spaces, signs or case.".to_owned());
                (Match::Matches, note)
            } else if is_transposed(&e, &r) {
                (Match::Differs, said("Two neighbouring characters are swapped."))
            } else {
                (Match::Differs, None)
            }
        }
        Aspect::Country => {
            let code = |text: &str| {
                countries::understand(text)
                    .map_or_else(|| text.trim().to_uppercase(), |c| c.alpha3.to_owned())
            };
            let odd = [expected, recognised].into_iter().filter_map(|text| {
                Some(format!("{}: {}.", text.trim(), countries::explain(text)?))
            });
            let note = Some(odd.collect::<Vec<_>>().join(" "))
                .filter(|note| !note.is_empty() && expected.trim() != recognised.trim());
            (if code(expected) == code(recognised) { Match::Matches } else { Match::Differs }, note)
        }
        Aspect::Gender => {
            let letter = |text: &str| match text.trim().to_uppercase().as_str() {
                "MALE" => "M".to_owned(),
                "FEMALE" => "F".to_owned(),
                other => other.to_owned(),
            };
            (
                if letter(expected) == letter(recognised) {
                    Match::Matches
                } else {
                    Match::Differs
                },
                None,
            )
        }
    }
}

fn name(expected: &str, recognised: &str) -> (Match, Option<String>) {
    let likeness = spelling::liken(expected, recognised);
    let are_two_scripts =
        || script(expected).zip(script(recognised)).is_some_and(|(one, other)| one != other);
    if likeness == Likeness::Other && are_two_scripts() {
        return (Match::Differs, Some("Written in different scripts: compare by hand.".to_owned()));
    }
    (if likeness.is_same() { Match::Matches } else { Match::Differs }, likeness.note())
}

/// The script of the first letter, as far as it matters for comparing by eye.
fn script(text: &str) -> Option<&'static str> {
    let letter = text.chars().find(|c| c.is_alphabetic())?;
    Some(match u32::from(letter) {
        0x0370..=0x03FF => "Greek",
        0x0400..=0x052F => "Cyrillic",
        0x0590..=0x05FF => "Hebrew",
        0x0600..=0x077F => "Arabic",
        0x0900..=0x0DFF => "Indic",
        0x0E00..=0x0E7F => "Thai",
        0x0E80..=0x0EFF => "Lao",
        0x1000..=0x109F => "Burmese",
        0x1780..=0x17FF => "Khmer",
        0x3040..=0x30FF | 0x3400..=0x9FFF | 0x20000..=0x3FFFF => "Chinese or Japanese",
        0xAC00..=0xD7AF => "Korean",
        _ => "Latin",
    })
}

fn date(expected: &str, recognised: &str) -> (Match, Option<String>) {
    let (expected, recognised) = (expected.trim(), recognised.trim());
    if expected == recognised {
        return (Match::Matches, None);
    }
    let said = |words: &str| Some(words.to_owned());
    let part_of = |part: &str, of: &str, whole: &str| {
        let result = if whole.starts_with(part) { Match::Matches } else { Match::Differs };
        (result, Some(format!("Only {of} is given.")))
    };
    match (dates::read(expected), dates::read(recognised)) {
        (Written::Day(e), Written::Day(r)) if e == r => {
            (Match::Matches, said("Same day, written in another way."))
        }
        (Written::Day(e), Written::Day(r)) => (Match::Differs, between_days(&e, &r)),
        (Written::Day(e), Written::Month(r)) => part_of(&r, "the month", &e),
        (Written::Day(e), Written::Year(r)) => part_of(&r, "the year", &e),
        (Written::Month(e), Written::Day(r)) => part_of(&e, "the month", &r),
        (Written::Year(e), Written::Day(r)) => part_of(&e, "the year", &r),
        (_, Written::TwoWays(one, other)) => (
            Match::Differs,
            Some(format!(
                "The document's date can be read in two ways, as {one} or {other}: compare by hand."
            )),
        ),
        (e, r) if e == r && e != Written::Unread => (Match::Matches, None),
        _ => (Match::Differs, said("The document's date is not a calendar date.")),
    }
}

/// What kind of difference lies between two days, where that can be told.
fn between_days(expected: &str, recognised: &str) -> Option<String> {
    let parts = |text: &str| {
        let mut parts = text.split('-').map(str::to_owned);
        Some((parts.next()?, parts.next()?, parts.next()?))
    };
    let (e, r) = (parts(expected)?, parts(recognised)?);
    if dates::may_be_year_only(expected, recognised) {
        Some(dates::YEAR_ONLY.to_owned())
    } else if e.0 == r.0 && e.1 == r.2 && e.2 == r.1 {
        Some("Day and month are swapped.".to_owned())
    } else if e.1 == r.1 && e.2 == r.2 {
        let years = |text: &str| text.parse::<i32>().unwrap_or_default();
        let apart = (years(&e.0) - years(&r.0)).abs();
        Some(match apart {
            1_911 => "The year is written in the calendar of the Republic of China on one side."
                .to_owned(),
            543 => "The year is written in the Buddhist calendar on one side.".to_owned(),
            1 => "Only the year differs, by 1.".to_owned(),
            apart => format!("Only the year differs, by {apart}."),
        })
    } else {
        None
    }
}

/// What a date of the document says today: the person's age, the document's validity.
fn about(aspect: Aspect, recognised: &str, now: Moment) -> Option<String> {
    let written = dates::read(recognised);
    let at = written.day().and_then(time::parse_date);
    match aspect {
        Aspect::BirthDate => {
            let age = age_in_years(written.day()?, now)?;
            Some(if age < 0 {
                "In the future.".to_owned()
            } else {
                format!("{age} years old today.")
            })
        }
        Aspect::ExpiryDate if written.day() == Some(WITHOUT_END) => Some("Without end.".to_owned()),
        Aspect::ExpiryDate => {
            let at = at?;
            // Valid to the end of its last day.
            Some(if at + time::DAY <= now {
                format!("Expired {} ago.", span(now - at - time::DAY))
            } else {
                format!("Valid for {} more.", span(at + time::DAY - now))
            })
        }
        Aspect::IssuingDate => {
            let at = at?;
            Some(if at > now {
                "In the future.".to_owned()
            } else {
                format!("Issued {} ago.", span(now - at))
            })
        }
        _ => None,
    }
}

/// A length in years where days say nothing any more.
fn span(ms: i64) -> String {
    let years = ms / (365 * time::DAY + time::DAY / 4);
    if years >= 2 { format!("{years} years") } else { time::in_words(ms) }
}

/// Whole years between a date and today; negative for a date to come.
#[must_use]
pub fn age_in_years(date: &str, now: Moment) -> Option<i64> {
    time::parse_date(date)?;
    let number = |text: &str| text.parse::<i64>().ok();
    let today = time::utc_date(now);
    let years = number(today.get(..4)?)? - number(date.get(..4)?)?;
    Some(if today.get(4..)? < date.get(4..)? { years - 1 } else { years })
}

fn is_transposed(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() != b.len() {
        return false;
    }
    let apart: Vec<usize> = (0..a.len()).filter(|at| a[*at] != b[*at]).collect();
    matches!(apart.as_slice(), [x, y] if y - x == 1 && a[*x] == b[*y] && a[*y] == b[*x])
}

/// Longer texts are marked as a whole.
const MARKED_MAX: usize = 300;

/// Marks what differs, character by character, by the longest common subsequence.
fn marks(a: &str, b: &str) -> (Vec<Mark>, Vec<Mark>) {
    let (x, y): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if x.len() > MARKED_MAX || y.len() > MARKED_MAX {
        let whole = |text: &str| vec![Mark { text: text.to_owned(), differs: true }];
        return (whole(a), whole(b));
    }
    let width = y.len() + 1;
    let mut longest = vec![0u16; (x.len() + 1) * width];
    for i in (0..x.len()).rev() {
        for j in (0..y.len()).rev() {
            longest[i * width + j] = if x[i] == y[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let (mut left, mut right) = (Vec::new(), Vec::new());
    while i < x.len() || j < y.len() {
        if i < x.len() && j < y.len() && x[i] == y[j] {
            push(&mut left, x[i], false);
            push(&mut right, y[j], false);
            (i, j) = (i + 1, j + 1);
        } else if j == y.len()
            || (i < x.len() && longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        {
            push(&mut left, x[i], true);
            i += 1;
        } else {
            push(&mut right, y[j], true);
            j += 1;
        }
    }
    (left, right)
}

fn push(marks: &mut Vec<Mark>, letter: char, differs: bool) {
    match marks.last_mut() {
        Some(last) if last.differs == differs => last.text.push(letter),
        _ => marks.push(Mark { text: letter.to_string(), differs }),
    }
}

#[cfg(test)]
mod tests;
