//! The provider's way to write moments: ISO 8601 in UTC with milliseconds.

use crate::text::{DAY_MS, date_of, days_of, moment_of};

/// `2022-07-14T18:18:28.000Z` of UTC milliseconds.
pub(super) fn written(at_ms: i64) -> String {
    let seconds = moment_of(at_ms);
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), at_ms.rem_euclid(1_000))
}

/// UTC milliseconds of `YYYY-MM-DDThh:mm:ss` with an optional fraction and `Z` or an offset.
pub(super) fn read(text: &str) -> Option<i64> {
    let (date, rest) = text.split_once('T')?;
    let days = days_of(date)?;
    let time = rest.get(..8)?;
    let number = |range: std::ops::Range<usize>, below: i64| {
        let part = time.get(range)?;
        part.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| part.parse::<i64>().ok())
            .flatten()
            .filter(|value| *value < below)
    };
    if time.as_bytes()[2] != b':' || time.as_bytes()[5] != b':' {
        return None;
    }
    let seconds = number(0..2, 24)? * 3_600 + number(3..5, 60)? * 60 + number(6..8, 60)?;
    let (fraction_ms, zone) = fraction(rest.get(8..)?)?;
    Some(days * DAY_MS + seconds * 1_000 + fraction_ms - offset_ms(zone)?)
}

fn fraction(rest: &str) -> Option<(i64, &str)> {
    let Some(digits) = rest.strip_prefix('.') else { return Some((0, rest)) };
    let end = digits.find(|letter: char| !letter.is_ascii_digit())?;
    let three: String = digits.get(..end)?.chars().chain("000".chars()).take(3).collect();
    if end == 0 { None } else { Some((three.parse().ok()?, digits.get(end..)?)) }
}

fn offset_ms(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = zone.get(1..)?.split_once(':')?;
    let whole = |part: &str| {
        part.parse::<i64>()
            .ok()
            .filter(|_| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
    };
    Some(sign * (whole(hours)? * 60 + whole(minutes)?) * 60_000)
}

/// The same day of another month; the month's last day when there is none.
pub(super) fn months_later(date: &str, months: i64) -> Option<String> {
    days_of(date)?;
    let (year, month): (i64, i64) = (date.get(..4)?.parse().ok()?, date.get(5..7)?.parse().ok()?);
    let count = year * 12 + month - 1 + months;
    let day: i64 = date.get(8..)?.parse().ok()?;
    let moved =
        |day: i64| format!("{:04}-{:02}-{day:02}", count.div_euclid(12), count.rem_euclid(12) + 1);
    (1..=day).rev().map(moved).find(|date| days_of(date).is_some())
}

/// The date of a moment in UTC.
pub(super) fn day(at_ms: i64) -> String {
    date_of(at_ms.div_euclid(DAY_MS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_go_there_and_back() {
        assert_eq!(written(1_657_822_708_005), "2022-07-14T18:18:28.005Z");
        for text in [
            "2022-07-14T18:18:28.005Z",
            "2022-07-14T20:18:28.005+02:00",
            "2022-07-14T17:48:28.0057-00:30",
        ] {
            assert_eq!(read(text), Some(1_657_822_708_005), "{text}");
        }
        assert_eq!(read("2022-01-01T00:00:00Z").map(written).unwrap(), "2022-01-01T00:00:00.000Z");
    }

    #[test]
    fn what_is_no_moment_is_not_read() {
        for text in [
            "",
            "2022-01-01",
            "2022-01-01T00:00:00",
            "2022-01-01T24:00:00Z",
            "2022-02-30T00:00:00Z",
            "2022-01-01T00:00:00.Z",
            "x",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn months_end_where_the_month_ends() {
        assert_eq!(months_later("2022-07-22", 78).as_deref(), Some("2029-01-22"));
        assert_eq!(months_later("2024-08-31", -6).as_deref(), Some("2024-02-29"));
        assert_eq!(months_later("no", 1), None);
    }
}
