//! The two numbers: what makes them well formed. Whether they belong to anybody is not asked here.

use crate::text::days_of;

/// The ten digits of a CPR number, or `None` when it cannot be one: `DDMMYYSSSS`, a hyphen before
/// the last four allowed, and the date must exist in the century that the seventh digit tells.
///
/// There is **no** modulus-11 test: numbers that fail it have been issued since October 2007, and
/// the published pair that matches fails it as well.
pub(super) fn cpr(text: &str) -> Option<String> {
    let digits = match text.split_once('-') {
        Some((date, rest)) if date.len() == 6 => format!("{date}{rest}"),
        Some(_) => return None,
        None => text.to_owned(),
    };
    if digits.len() != 10 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (day, month, short) = (&digits[0..2], &digits[2..4], &digits[4..6]);
    let year = century(digits.as_bytes()[6], short.parse().ok()?) + short.parse::<u32>().ok()?;
    days_of(&format!("{year:04}-{month}-{day}")).map(|_| digits)
}

/// Which hundred years two digits of a year belong to, as the seventh digit tells.
fn century(seventh: u8, short: u32) -> u32 {
    match seventh {
        b'0'..=b'3' => 1900,
        b'4' | b'9' if short >= 37 => 1900,
        b'5'..=b'8' if short >= 58 => 1800,
        _ => 2000,
    }
}

/// Whether a PID is `9208-2002-2-` and twelve digits. Certificates write `PID:` before it; the
/// published request does not.
pub(super) fn is_pid(text: &str) -> bool {
    text.strip_prefix("9208-2002-2-")
        .is_some_and(|rest| rest.len() == 12 && rest.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_numbers_are_well_formed_though_two_fail_modulus_11() {
        for number in ["1506093330", "2005803511", "2005803522"] {
            assert_eq!(cpr(number).as_deref(), Some(number));
        }
        assert_eq!(cpr("150609-3330").as_deref(), Some("1506093330"));
    }

    #[test]
    fn a_date_that_does_not_exist_is_no_number() {
        // The first is the published example of an invalid number.
        for number in [
            "1637217431",
            "3002801234",
            "0001801234",
            "150609333",
            "15060933300",
            "15060-93330",
            "15O6093330",
            "",
            "-",
        ] {
            assert_eq!(cpr(number), None, "{number}");
        }
    }

    #[test]
    fn the_seventh_digit_decides_about_leap_days() {
        // 1900 was no leap year, 2000 was.
        assert_eq!(cpr("2902000123"), None);
        assert!(cpr("2902004123").is_some() && cpr("2902005123").is_some());
        let centuries =
            [(b'3', 99), (b'4', 37), (b'4', 36), (b'9', 36), (b'5', 58), (b'5', 57), (b'8', 99)];
        assert_eq!(
            centuries.map(|(seventh, short)| century(seventh, short)),
            [1900, 1900, 2000, 2000, 1800, 2000, 1800]
        );
    }

    #[test]
    fn a_pid_is_a_prefix_and_twelve_digits() {
        assert!(is_pid("9208-2002-2-577168596796"));
        for pid in [
            "PID:9208-2002-2-577168596796",
            "9208-2002-2-57716859679",
            "9208-2002-2-5771685967960",
            "9208-2002-1-577168596796",
            "",
        ] {
            assert!(!is_pid(pid), "{pid}");
        }
    }
}
