//! The Danish civil registration number (CPR): ten digits, birth date and serial number.
//!
//! Source: the CPR Office's description of the personal number. The modulus-11 test is not made:
//! since October 2007 numbers are issued that fail it, and two of ZignSec's own test persons do.

use crate::{Moment, choices, time};
use serde::{Deserialize, Serialize};

/// A civil registration number whose birth date exists. Kept as ten digits; never printed whole by
/// accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cpr(String);

choices! {
    /// What the last digit says.
    pub enum Gender {
        Female = "F", "Female";
        Male = "M", "Male";
    }
}

const SHAPE: &str = "A CPR number has ten digits: day, month and year of birth and four more, for example 150609-3330.";

impl Cpr {
    /// Reads `DDMMYY-SSSS`; the hyphen, or a space in its place, may be left out.
    ///
    /// # Errors
    /// The message beside the field.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let text = text.trim();
        if text.is_empty() {
            return Err("Give the customer's CPR number: ten digits, for example 150609-3330.");
        }
        // A dash that was copied out of a document is meant as a hyphen.
        let separated = |c: char| matches!(c, '-' | ' ' | '\u{A0}' | '‐' | '‑' | '–');
        let digits: String = match text.split_once(separated) {
            Some((birth, serial)) if birth.len() == 6 => format!("{birth}{serial}"),
            Some(_) => return Err(SHAPE),
            None => text.to_owned(),
        };
        if digits.len() != 10 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SHAPE);
        }
        if time::parse_date(&birth_date(&digits)).is_none() {
            return Err(
                "The first six digits are no day that exists. They are day, month and year of birth, in this order.",
            );
        }
        Ok(Self(digits))
    }

    /// Ten digits, as they are sent.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// `150609-3330`, for the one page that shows it whole.
    #[must_use]
    pub fn hyphenated(&self) -> String {
        format!("{}-{}", &self.0[..6], &self.0[6..])
    }

    /// `150609-••••`.
    ///
    /// The birth date stays readable: it is the half that reviewers compare with a document, the
    /// desk keeps it of most customers anyway, and two people are told apart by it. The last four
    /// digits are what makes the number a key to a person, and what Danish practice withholds.
    #[must_use]
    pub fn masked(&self) -> String {
        format!("{}-••••", &self.0[..6])
    }

    /// `YYYY-MM-DD`, the century taken from the seventh digit.
    #[must_use]
    pub fn birth_date(&self) -> String {
        birth_date(&self.0)
    }

    /// Odd last digits are men's, even ones women's.
    #[must_use]
    pub fn gender(&self) -> Gender {
        if self.0.as_bytes()[9] % 2 == 1 { Gender::Male } else { Gender::Female }
    }

    /// Whether its day of birth has not begun anywhere on earth.
    #[must_use]
    pub fn is_of_the_future(&self, now: Moment) -> bool {
        time::parse_date(&self.birth_date()).is_some_and(|at| at > now + time::DAY)
    }
}

/// Reads a CPR number of somebody who is born already.
///
/// # Errors
/// The message beside the field.
pub(super) fn check_cpr(text: &str, now: Moment) -> Result<Cpr, &'static str> {
    let cpr = Cpr::parse(text)?;
    if cpr.is_of_the_future(now) {
        return Err(
            "This CPR number is of somebody who is not born yet: the seventh digit and the year give the century. Check both.",
        );
    }
    Ok(cpr)
}

/// The birth date of ten digits, existing or not.
fn birth_date(digits: &str) -> String {
    let number = |at: usize| digits[at..at + 2].parse::<u32>().unwrap_or_default();
    let (year, seventh) = (number(4), digits.as_bytes()[6]);
    let century = match seventh {
        b'0'..=b'3' => 1900,
        b'4' | b'9' if year >= 37 => 1900,
        b'5'..=b'8' if year >= 58 => 1800,
        _ => 2000,
    };
    format!("{}-{}-{}", century + year, &digits[2..4], &digits[..2])
}

impl std::fmt::Debug for Cpr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cpr(••••••-••••)")
    }
}

impl TryFrom<String> for Cpr {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Cpr> for String {
    fn from(cpr: Cpr) -> Self {
        cpr.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cpr(text: &str) -> Cpr {
        Cpr::parse(text).unwrap_or_else(|why| panic!("{text}: {why}"))
    }

    #[test]
    fn the_providers_test_persons_are_read() {
        for (text, birth_date, gender) in [
            ("1506093330", "1909-06-15", Gender::Female),
            ("200580-3511", "1980-05-20", Gender::Male),
            (" 200580 3522 ", "1980-05-20", Gender::Female),
        ] {
            let cpr = cpr(text);
            assert_eq!((cpr.birth_date().as_str(), cpr.gender()), (birth_date, gender), "{text}");
        }
    }

    #[test]
    fn the_seventh_digit_and_the_year_give_the_century() {
        for (seventh, year, whole) in [
            (0, 0, 1900),
            (3, 99, 1999),
            (4, 36, 2036),
            (4, 37, 1937),
            (9, 36, 2036),
            (9, 37, 1937),
            (5, 57, 2057),
            (5, 58, 1858),
            (8, 57, 2057),
            (8, 58, 1858),
            (6, 0, 2000),
        ] {
            assert_eq!(
                cpr(&format!("0101{year:02}{seventh}123")).birth_date(),
                format!("{whole}-01-01")
            );
        }
        // 2000 was a leap year and 1900 was not: the century decides whether the day exists.
        assert!(Cpr::parse("290200-4123").is_ok());
        assert!(Cpr::parse("290200-1123").expect_err("1900").contains("no day that exists"));
    }

    #[test]
    fn other_texts_are_refused_with_the_format() {
        for text in [
            "150609333",
            "15060933301",
            "150609--3330",
            "15-06093330",
            "150609-333O",
            "١٥٠٦٠٩٣٣٣٠",
            "PID",
            "150609-33 30",
        ] {
            assert!(Cpr::parse(text).expect_err(text).contains("ten digits"), "{text}");
        }
        for text in ["320609-3330", "151309-3330", "000000-0000", "310409-3330"] {
            assert!(Cpr::parse(text).expect_err(text).contains("no day"), "{text}");
        }
        assert!(Cpr::parse(" ").is_err());
    }

    #[test]
    fn the_secret_half_is_neither_masked_text_nor_debug_output() {
        let cpr = cpr("1506093330");
        assert_eq!(cpr.masked(), "150609-••••");
        assert!(!format!("{cpr:?}").contains(|c: char| c.is_ascii_digit()));
    }

    #[test]
    fn stored_numbers_are_checked_again() {
        assert_eq!(serde_json::to_string(&cpr("150609-3330")).expect("text"), "\"1506093330\"");
        assert!(serde_json::from_str::<Cpr>("\"320609-3330\"").is_err());
    }

    proptest! {
        /// Every day of the rule's centuries and every serial number is taken, whatever the check
        /// digit, however it is typed.
        #[test]
        fn every_number_of_a_real_day_is_read_back(day in 1..=28u32, month in 1..=12u32, year in 0..100u32, serial in 0..10_000u32) {
            let (birth, serial) = (format!("{day:02}{month:02}{year:02}"), format!("{serial:04}"));
            let plain = cpr(&format!("{birth}{serial}"));
            for separator in ["-", " ", "–"] {
                prop_assert_eq!(&cpr(&format!("{birth}{separator}{serial}")), &plain);
            }
            prop_assert_eq!(plain.digits(), format!("{birth}{serial}"));
            let date = plain.birth_date();
            let ending = format!("{year:02}-{month:02}-{day:02}");
            prop_assert!(date.ends_with(&ending) && ("1858-01-01".."2058-01-01").contains(&date.as_str()), "{}", date);
            prop_assert_eq!(plain.masked(), format!("{birth}-••••"));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,14}") {
            if let Ok(cpr) = Cpr::parse(&text) {
                prop_assert_eq!(cpr.digits().len(), 10);
            }
        }
    }
}
