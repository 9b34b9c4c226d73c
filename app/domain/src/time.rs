//! Moments and how they are said.

/// A moment in milliseconds since 1970-01-01T00:00:00Z.
pub type Moment = i64;

pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// A moment that no deadline reaches: what is stored where there is none.
pub const NEVER: Moment = 253_402_300_799_000;

/// `2026-11-22 09:05 UTC`, for titles and for readers without JavaScript.
#[must_use]
pub fn utc_minute(at: Moment) -> String {
    in_utc(at, |iso| [&iso[..10], " ", &iso[11..16], " UTC"].concat())
}

/// `2026-11-22T09:05:07.120Z`, for machines and for the hover of a time.
#[must_use]
pub fn iso(at: Moment) -> String {
    in_utc(at, str::to_owned)
}

/// `2026-11-22`.
#[must_use]
pub fn utc_date(at: Moment) -> String {
    in_utc(at, |iso| iso[..10].to_owned())
}

/// The first moment of the year 0: what is before has no four digits for its year.
const FIRST: Moment = -62_167_219_200_000;

/// What is made of a moment as [`iso`] writes it; a dash for what is no moment of the years 0 to
/// 9999.
///
/// By hand: a page of the queue says two hundred moments, and a formatter that reads a pattern
/// takes ten times as long.
fn in_utc(at: Moment, made: impl FnOnce(&str) -> String) -> String {
    if !(FIRST..NEVER).contains(&at) {
        return "–".to_owned();
    }
    let (year, month, day) = calendar_day(at.div_euclid(DAY));
    let of_day = at.rem_euclid(DAY);
    let mut iso = *b"0000-00-00T00:00:00.000Z";
    let mut write = |from: usize, to: usize, mut number: i64| {
        for digit in iso[from..to].iter_mut().rev() {
            *digit += (number % 10) as u8;
            number /= 10;
        }
    };
    write(0, 4, year);
    write(5, 7, month);
    write(8, 10, day);
    write(11, 13, of_day / HOUR);
    write(14, 16, of_day % HOUR / MINUTE);
    write(17, 19, of_day % MINUTE / SECOND);
    write(20, 23, of_day % SECOND);
    made(str::from_utf8(&iso).unwrap_or("–"))
}

/// Year, month and day of the nth day after 1970-01-01, in the Gregorian calendar.
const fn calendar_day(number: i64) -> (i64, i64, i64) {
    // Years that begin in March have their odd day at the end; four hundred of them are always as
    // long.
    let day = number + 719_468;
    let (era, of_era) = (day.div_euclid(146_097), day.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + (month <= 2) as i64, month, of_year - (153 * from_march + 2) / 5 + 1)
}

/// A length of time in the words of a colleague: `40 s`, `12 min`, `3 h`, `2 days`.
#[must_use]
pub fn in_words(span_ms: i64) -> String {
    let span = span_ms.abs();
    if span < MINUTE {
        format!("{} s", span / SECOND)
    } else if span < HOUR {
        format!("{} min", span / MINUTE)
    } else if span < 2 * DAY {
        let (hours, minutes) = (span / HOUR, span % HOUR / MINUTE);
        if hours < 3 && minutes > 0 {
            format!("{hours} h {minutes} min")
        } else {
            format!("{hours} h")
        }
    } else {
        format!("{} days", span / DAY)
    }
}

/// How a deadline stands: enough time, a quarter left, or past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    None,
    Ok,
    Soon,
    Past,
}

impl Due {
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Ok => "ok",
            Self::Soon => "soon",
            Self::Past => "past",
        }
    }
}

/// Judges a deadline that began to run at `from`.
#[must_use]
pub fn due(from: Moment, due_at: Moment, now: Moment) -> Due {
    if due_at >= NEVER {
        Due::None
    } else if now >= due_at {
        Due::Past
    } else if (due_at - now) * 4 <= due_at - from {
        Due::Soon
    } else {
        Due::Ok
    }
}

/// The same time of day so many months later by the calendar; on the last day of that month where
/// it has no such day. What is no moment of the years 0 to 9999 is [`NEVER`].
#[must_use]
pub fn months_after(at: Moment, months: u32) -> Moment {
    let date = utc_date(at);
    let number =
        |range: std::ops::Range<usize>| date.get(range).and_then(|text| text.parse::<i64>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return NEVER;
    };
    let counted = year * 12 + month - 1 + i64::from(months);
    let of = |day| format!("{:04}-{:02}-{day:02}", counted.div_euclid(12), counted % 12 + 1);
    let midnight = (1..=day).rev().find_map(|day| parse_date(&of(day)));
    midnight.map_or(NEVER, |midnight| midnight + at.rem_euclid(DAY))
}

/// Whether a text looks like `YYYY-MM-DD`, whatever day it names.
#[must_use]
pub fn is_date_shaped(text: &str) -> bool {
    text.len() == 10
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() })
}

/// Checks a `YYYY-MM-DD` text and gives the moment of its midnight (UTC).
///
/// Impossible dates (`2026-02-30`) and other notations are `None`.
#[must_use]
pub fn parse_date(text: &str) -> Option<Moment> {
    let (digits, dashes): (Vec<_>, Vec<_>) =
        text.bytes().enumerate().partition(|(at, _)| !matches!(at, 4 | 7));
    if text.len() != 10
        || dashes.iter().any(|(_, b)| *b != b'-')
        || !digits.iter().all(|(_, b)| b.is_ascii_digit())
    {
        return None;
    }
    // By hand and not by jiff: browsers check birth dates too, and its parser would be a third of
    // what they load.
    let number =
        |range: std::ops::Range<usize>| text.get(range).and_then(|t| t.parse::<i64>().ok());
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    // Years that begin in March have their odd day at the end.
    let (from_march, of) = ((month + 9) % 12, year - i64::from(month < 3));
    let day_number = of * 365 + of.div_euclid(4) - of.div_euclid(100)
        + of.div_euclid(400)
        + (from_march * 306 + 5) / 10
        + day
        - 719_469;
    (1..=days).contains(&day).then_some(day_number * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_go_by_the_calendar() {
        let day = |text: &str| parse_date(text).expect("a day");
        for (from, months, to) in [
            ("2026-01-15", 12, "2027-01-15"),
            ("2026-01-31", 1, "2026-02-28"),
            ("2023-12-31", 2, "2024-02-29"),
            ("2026-11-30", 3, "2027-02-28"),
            ("2026-12-01", 60, "2031-12-01"),
        ] {
            assert_eq!(months_after(day(from) + HOUR, months), day(to) + HOUR, "{from} {months}");
        }
        assert_eq!(months_after(NEVER, 1), NEVER);
        assert_eq!(months_after(day("9999-12-31"), 1), NEVER);
    }

    #[test]
    fn dates_are_iso_and_real() {
        assert_eq!(parse_date("1970-01-02"), Some(DAY));
        for wrong in ["2026-02-30", "22/11/2026", "2026-1-1", "", "20261122", "2026-11-22T00:00"] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_day_of_a_thousand_years_is_where_the_calendar_has_it() {
        let mut day = jiff::civil::date(1600, 1, 1);
        let mut at = parse_date("1600-01-01").expect("a date");
        assert_eq!(iso(at), "1600-01-01T00:00:00.000Z");
        while day.year() < 2600 {
            assert_eq!(parse_date(&day.to_string()), Some(at), "{day}");
            day = day.tomorrow().expect("a next day");
            at += DAY;
        }
        assert_eq!(
            [
                parse_date("1900-02-29"),
                parse_date("2026-04-31"),
                parse_date("2026-13-01"),
                parse_date("2026-00-10")
            ],
            [None; 4]
        );
        assert_eq!(parse_date("2026-1é-1"), None);
    }

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        let odd = [FIRST, -1, 0, 1_795_511_107_120, 951_782_400_000, NEVER - 200_000_000];
        for at in odd
            .into_iter()
            .chain((0..40_000).map(|n| FIRST + n * 7_889_231_013))
            .filter(|at| *at < NEVER - DAY - HOUR * 2)
        {
            let theirs = jiff::Timestamp::from_millisecond(at).expect("a moment");
            assert_eq!(iso(at), format!("{theirs:.3}"));
            assert_eq!(utc_minute(at), theirs.strftime("%Y-%m-%d %H:%M UTC").to_string());
            assert_eq!(utc_date(at), theirs.strftime("%Y-%m-%d").to_string());
        }
        assert_eq!(iso(NEVER - 1), "9999-12-31T23:59:58.999Z");
        assert_eq!(
            [iso(NEVER), utc_minute(FIRST - 1), utc_date(i64::MAX), iso(i64::MIN)],
            ["–"; 4]
        );
    }

    #[test]
    fn a_deadline_turns_at_a_quarter_left_and_when_past() {
        assert_eq!(due(0, 4 * HOUR, 0), Due::Ok);
        assert_eq!(due(0, 4 * HOUR, 3 * HOUR), Due::Soon);
        assert_eq!(due(0, 4 * HOUR, 4 * HOUR), Due::Past);
        assert_eq!(due(0, NEVER, 4 * HOUR), Due::None);
    }

    #[test]
    fn lengths_are_said_as_people_say_them() {
        for (ms, said) in [
            (40_000, "40 s"),
            (12 * MINUTE, "12 min"),
            (HOUR + MINUTE, "1 h 1 min"),
            (5 * HOUR, "5 h"),
            (3 * DAY, "3 days"),
        ] {
            assert_eq!(in_words(ms), said);
        }
    }

    #[test]
    fn a_moment_reads_as_utc() {
        assert_eq!(utc_minute(0), "1970-01-01 00:00 UTC");
        assert_eq!(iso(1), "1970-01-01T00:00:00.001Z");
    }
}
