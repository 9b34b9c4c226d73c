//! What the launch forms of operators' services check alike.

use crate::{
    Moment,
    checks::Kind,
    fields::{Refused, composed, spreadsheet, thousands},
    letters::{hidden, hidden_words, plain_digits},
    services::form::{check_name, check_reference, take},
    time,
};
use std::ops::RangeInclusive;

/// Checks reference, name and connection of a form as it was typed, and gives reference and name.
#[must_use]
pub fn customer(refused: &mut Refused) -> (String, String) {
    let reference = check_reference(refused.value("customer_reference"));
    let reference = take(refused, "customer_reference", reference);
    // Any kind about a person: only a company is named otherwise.
    let name = check_name(refused.value("name"), Kind::NumberMatch);
    let name = take(refused, "name", name);
    if refused.value("connection").is_empty() {
        refused.refuse("connection", "Choose a connection.");
    }
    (reference, name)
}

/// Checks a text of one line and gives it as it is sent; an empty one is nothing.
///
/// # Errors
/// The message beside the field.
pub fn text(typed: &str, max: usize) -> Result<Option<String>, String> {
    let text = composed(typed);
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(odd) = hidden(&text) {
        return Err(hidden_words(odd));
    }
    if let Some(words) = spreadsheet(&text) {
        return Err(words.into());
    }
    if !text.chars().any(char::is_alphanumeric) {
        return Err("This needs at least one letter or digit.".into());
    }
    if text.chars().count() > max {
        return Err(format!("Use at most {} characters.", thousands(max)));
    }
    Ok(Some(text))
}

/// Checks an address as `local@domain`, as far as one can tell without sending a message; an empty
/// one is nothing.
///
/// # Errors
/// The message beside the field.
pub fn email(typed: &str, max: usize) -> Result<Option<String>, String> {
    let Some(address) = text(typed, max)? else { return Ok(None) };
    let is_shaped = address.rsplit_once('@').is_some_and(|(local, domain)| {
        let labels_are_full = domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        !local.is_empty()
            && local.len() <= 64
            && domain.contains('.')
            && labels_are_full
            && !address.contains(char::is_whitespace)
    });
    if is_shaped { Ok(Some(address)) } else { Err("Give the address as name@example.com.".into()) }
}

/// Checks a day that has come and gives it as `YYYY-MM-DD`.
///
/// # Errors
/// The message beside the field.
pub fn past_day(typed: &str, now: Moment) -> Result<String, &'static str> {
    let text = typed.trim();
    if text.is_empty() {
        return Err("Give the date as YYYY-MM-DD, for example 2024-07-01.");
    }
    let Some(at) = time::parse_date(text) else {
        return Err(if time::is_date_shaped(text) {
            "This day does not exist."
        } else if let Some(words) = spreadsheet(text) {
            words
        } else if text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit()) {
            "A spreadsheet gave this day as a number. Format the column as text, and give the date as YYYY-MM-DD."
        } else {
            "Give the date as YYYY-MM-DD, for example 2024-07-01."
        });
    };
    // A day is granted for readers east of Greenwich, where tomorrow has begun.
    if at > now + time::DAY {
        return Err("This date is in the future.");
    }
    if text < "1900-01-01" {
        return Err("This date is too long ago for a phone number.");
    }
    Ok(text.to_owned())
}

/// Checks a whole number of a range, in the digits of any script; an empty one is nothing.
///
/// # Errors
/// The message beside the field.
pub fn whole_number(typed: &str, range: &RangeInclusive<u16>) -> Result<Option<u16>, String> {
    let text = plain_digits(typed.trim());
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(words) = spreadsheet(&text) {
        return Err(words.into());
    }
    let is_digits = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u16>().ok().filter(|number| is_digits && range.contains(number)) {
        Some(number) => Ok(Some(number)),
        None => Err(format!(
            "Give a whole number from {} to {}.",
            range.start(),
            thousands(usize::from(*range.end()))
        )),
    }
}

/// Whether a box is ticked, or a table's cell says so; nothing where it says neither.
#[must_use]
pub fn is_on(typed: &str) -> Option<bool> {
    match typed.trim().to_ascii_lowercase().as_str() {
        "" | "no" | "off" | "0" | "false" => Some(false),
        "yes" | "on" | "1" | "true" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Moment = 1_795_000_000_000;

    #[test]
    fn what_says_whom_it_is_about_is_refused_beside_its_cause() {
        let good = [("customer_reference", "C-1"), ("name", "Federica"), ("connection", "c")];
        let mut refused = Refused::of(good);
        assert_eq!(customer(&mut refused), ("C-1".to_owned(), "Federica".to_owned()));
        assert!(refused.is_clean());
        for (field, _) in good {
            let mut refused = Refused::of(good);
            refused.values.insert(field.to_owned(), String::new());
            let _ = customer(&mut refused);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
        }
    }

    #[test]
    fn texts_leave_composed_visible_and_short_enough() {
        assert_eq!(text("  Zoe\u{308}  x ", 9), Ok(Some("Zoë x".into())));
        assert_eq!(text(" ", 9), Ok(None));
        for (typed, words) in [
            ("a\u{200B}b", "invisible"),
            ("--", "letter or digit"),
            ("1.2E+11", "rounded"),
            ("abcdefghij", "9 characters"),
        ] {
            assert!(text(typed, 9).is_err_and(|m| m.contains(words)), "{typed}");
        }
        assert_eq!(email("a@example.com", 254), Ok(Some("a@example.com".into())));
        for typed in ["abc", "@example.com", "a@example", "a@.com", "a b@example.com"] {
            assert!(email(typed, 254).is_err_and(|m| m.contains("name@")), "{typed}");
        }
    }

    #[test]
    fn a_day_that_has_not_come_or_is_none_is_refused() {
        assert_eq!(past_day(" 2024-07-01 ", NOW).as_deref(), Ok("2024-07-01"));
        for (typed, words) in [
            ("", "YYYY-MM-DD"),
            ("01/07/2024", "YYYY-MM-DD"),
            ("2024-02-30", "does not exist"),
            ("2999-01-01", "future"),
            ("0202-01-01", "too long ago"),
            ("45474", "as a number"),
            ("1.9E+7", "rounded"),
        ] {
            assert!(past_day(typed, NOW).is_err_and(|m| m.contains(words)), "{typed}");
        }
    }

    #[test]
    fn numbers_are_whole_and_of_their_range() {
        let range = 1..=2_400;
        assert_eq!(
            [whole_number(" 240 ", &range), whole_number("٢٤", &range), whole_number("", &range)],
            [Ok(Some(240)), Ok(Some(24)), Ok(None)]
        );
        for typed in ["0", "2401", "+24", "-1", "24.0", "1,000", "24h", "99999"] {
            assert!(
                whole_number(typed, &range)
                    .is_err_and(|m| m == "Give a whole number from 1 to 2,400."),
                "{typed}"
            );
        }
        assert!(whole_number("2.4E+2", &range).is_err_and(|m| m.contains("rounded")));
    }

    #[test]
    fn a_box_is_ticked_or_not_or_neither() {
        assert_eq!(
            [is_on("on"), is_on(" Yes "), is_on(""), is_on("FALSE"), is_on("perhaps")],
            [Some(true), Some(true), Some(false), Some(false), None]
        );
    }

    proptest! {
        #[test]
        fn whatever_is_typed_a_number_fits_its_range(typed in "\\PC{0,8}|[0-9]{0,6}") {
            if let Ok(Some(number)) = whole_number(&typed, &(1..=2_400)) {
                prop_assert!((1..=2_400).contains(&number));
            }
            if let Ok(day) = past_day(&typed, NOW) {
                prop_assert!(time::parse_date(&day).is_some_and(|at| at <= NOW + time::DAY));
            }
        }
    }
}
