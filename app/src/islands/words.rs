//! What the desk's behaviours say and compute, away from the page: pure, so that it is tested
//! natively.

use domain::queue::PAGE_ROWS;
use std::collections::BTreeSet;

/// How long before the end of a session its warning comes.
pub const WARNING_MS: f64 = 120_000.0;

/// Whole seconds that are left, rounded up.
#[must_use]
pub fn seconds_left(left_ms: f64) -> u32 {
    (left_ms.max(0.0) / 1_000.0).ceil() as u32
}

/// The warning before a session ends. `for_good`: it ends whatever the person does.
#[must_use]
pub fn countdown(left_ms: f64, for_good: bool) -> String {
    let when = match seconds_left(left_ms) {
        0 => "now".to_owned(),
        s @ 1..=60 => format!("in {s} s"),
        s => format!("in {} min", s.div_ceil(60)),
    };
    let why = if for_good { ": a session lasts 12 hours" } else { "" };
    format!("You will be signed out {when}{why}.")
}

/// Seconds at which the countdown is also spoken; every second would talk over everything else.
#[must_use]
pub const fn is_spoken(seconds: u32) -> bool {
    matches!(seconds, 10 | 30 | 60)
}

/// The place one step on, never past the ends; the first one when there is no place yet.
#[must_use]
pub fn step(now: Option<usize>, length: usize, forward: bool) -> Option<usize> {
    let last = length.checked_sub(1)?;
    Some(match now {
        None => 0,
        Some(at) if forward => (at + 1).min(last),
        Some(at) => at.saturating_sub(1),
    })
}

/// The next open place after `now`, from the top again after the last; never `now` itself.
#[must_use]
pub fn next_open(open: &[bool], now: usize) -> Option<usize> {
    (now + 1..open.len()).chain(0..now).find(|&at| open.get(at) == Some(&true))
}

/// What the pill of new rows says.
#[must_use]
pub fn fresh(count: u32) -> String {
    if count > 99 { "99+ new ".to_owned() } else { format!("{count} new ") }
}

/// The most checks that are selected at once, in words.
const TOO_MANY: &str = ", the most there can be";

/// How many checks are selected, how many of them this page does not show, and what cannot be done
/// with so many; nothing when none is.
#[must_use]
pub fn selected(count: usize, hidden: usize, too_many: bool) -> String {
    let most = if too_many { TOO_MANY } else { "" };
    let hidden = match hidden {
        0 => String::new(),
        1 => "; 1 of them is not on this page".to_owned(),
        n => format!("; {n} of them are not on this page"),
    };
    let decided = if may_be_decided(count) {
        String::new()
    } else {
        format!("; at most {PAGE_ROWS} are decided at once")
    };
    if count == 0 { String::new() } else { format!("{count} selected{most}{hidden}{decided}") }
}

/// Whether so many checks fit on the page that decides each of them, and their ids into its
/// address.
#[must_use]
pub const fn may_be_decided(count: usize) -> bool {
    count <= PAGE_ROWS
}

/// The selection as it is kept: `id id`.
#[must_use]
pub fn picks_text(picks: &BTreeSet<String>) -> String {
    picks.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

/// Reads what was kept; what cannot be an id is left out.
#[must_use]
pub fn picks(text: &str) -> BTreeSet<String> {
    let is_id = |text: &&str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    text.split(' ').filter(is_id).map(str::to_owned).collect()
}

/// How a note is kept. `open`: it was changed since; `kept`: there is one.
#[must_use]
pub const fn of_note(open: bool, kept: bool) -> &'static str {
    match (open, kept) {
        (true, _) => "Not saved yet. It is saved by itself when you leave the field.",
        (false, true) => "Saved. A change is saved by itself when you leave the field.",
        (false, false) => "It is saved by itself when you leave the field.",
    }
}

/// How long to wait after some failures in a row.
#[must_use]
pub fn backoff_ms(every_ms: f64, failures: i32) -> f64 {
    (every_ms * f64::from(2_i32.pow(failures.clamp(0, 6) as u32))).min(60_000_f64.max(every_ms))
}

/// The query without what is only said once: a refused form, and what was just done.
#[must_use]
pub fn lasting_query(query: &str) -> String {
    let kept: Vec<&str> = query
        .trim_start_matches('?')
        .split('&')
        .filter(|pair| {
            !pair.is_empty()
                && !matches!(
                    pair.split('=').next(),
                    Some("refused" | "done" | "n" | "head" | "verified" | "test")
                )
        })
        .collect();
    if kept.is_empty() { String::new() } else { format!("?{}", kept.join("&")) }
}

/// `2026-11-22 09:05`.
#[must_use]
pub fn minute(year: u32, month: u32, day: u32, hour: u32, minute: u32) -> String {
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}")
}

/// `2026-11-22 09:05 UTC` of `2026-11-22T09:05:07.120Z`.
#[must_use]
pub fn utc_minute(iso: &str) -> Option<String> {
    Some(format!("{} {} UTC", iso.get(..10)?, iso.get(11..16)?))
}

/// The key by what it types, or by its place on keyboards of other scripts.
#[must_use]
pub fn key(key: &str, code: &str) -> String {
    match code.strip_prefix("Key") {
        Some(letter) if !key.is_ascii() => letter.to_lowercase(),
        _ => key.to_owned(),
    }
}

/// Whether a value is one of several that are separated by spaces. An empty value is none.
#[must_use]
pub fn is_one_of(value: &str, values: &str) -> bool {
    values.split(' ').any(|v| !v.is_empty() && v == value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_says_how_it_is_kept_and_never_that_it_is_when_it_is_not() {
        assert!(
            of_note(true, true).starts_with("Not saved yet")
                && of_note(true, false).starts_with("Not saved yet")
        );
        assert!(of_note(false, true).starts_with("Saved."));
        assert!(!of_note(false, false).contains("Saved"));
    }

    #[test]
    fn the_warning_counts_minutes_then_seconds() {
        assert_eq!(countdown(WARNING_MS, false), "You will be signed out in 2 min.");
        assert_eq!(countdown(60_001.0, false), "You will be signed out in 2 min.");
        assert_eq!(countdown(59_400.0, false), "You will be signed out in 60 s.");
        assert_eq!(
            countdown(1.0, true),
            "You will be signed out in 1 s: a session lasts 12 hours."
        );
        assert_eq!(countdown(-5.0, false), "You will be signed out now.");
        assert!(is_spoken(seconds_left(30_000.0)) && !is_spoken(29));
    }

    #[test]
    fn the_cursor_starts_at_the_top_and_stops_at_the_ends() {
        assert_eq!(step(None, 0, true), None);
        assert_eq!([step(None, 3, true), step(None, 3, false)], [Some(0), Some(0)]);
        assert_eq!(
            [step(Some(2), 3, true), step(Some(0), 3, false), step(Some(1), 3, false)],
            [Some(2), Some(0), Some(0)]
        );
    }

    #[test]
    fn the_next_open_finding_is_searched_around_the_end() {
        assert_eq!(next_open(&[true, false, true], 0), Some(2));
        assert_eq!(next_open(&[true, false, true], 2), Some(0));
        assert_eq!(next_open(&[false, true, false], 1), None);
        assert_eq!(next_open(&[], 0), None);
    }

    #[test]
    fn waiting_grows_with_failures_up_to_a_minute() {
        assert_eq!(
            [0, 1, 3, 9].map(|failures| backoff_ms(2_000.0, failures)),
            [2_000.0, 4_000.0, 16_000.0, 60_000.0]
        );
        assert_eq!(backoff_ms(90_000.0, 1), 90_000.0);
    }

    #[test]
    fn the_pill_stops_counting() {
        assert_eq!([fresh(3), fresh(99), fresh(100)], ["3 new ", "99 new ", "99+ new "]);
    }

    #[test]
    fn a_selection_survives_being_kept_and_says_what_of_it_is_hidden() {
        let all: BTreeSet<String> = ["a-1", "b-2"].map(str::to_owned).into();
        assert_eq!(picks(&picks_text(&all)), all);
        assert_eq!(picks("a-1 :3x  b-2 <b>"), all);
        assert_eq!(selected(1, 0, false), "1 selected");
        assert_eq!(selected(5, 3, false), "5 selected; 3 of them are not on this page");
        assert_eq!(
            selected(2, 1, true),
            "2 selected, the most there can be; 1 of them is not on this page"
        );
        assert_eq!(selected(0, 0, false), "");
        assert_eq!(selected(50, 0, false), "50 selected");
        assert_eq!(
            selected(51, 1, false),
            "51 selected; 1 of them is not on this page; at most 50 are decided at once"
        );
        assert_eq!(
            selected(500, 0, true),
            "500 selected, the most there can be; at most 50 are decided at once"
        );
    }

    #[test]
    fn addresses_forget_what_is_said_once() {
        assert_eq!(lasting_query("?tab=mine&done=assigned&n=3&refused=1"), "?tab=mine");
        assert_eq!(lasting_query("?done=comment"), "");
        assert_eq!(lasting_query("?verified=intact&n=3&head=ab"), "");
        assert_eq!(lasting_query(""), "");
    }

    #[test]
    fn times_are_written_like_the_servers() {
        assert_eq!(minute(2026, 3, 9, 7, 5), "2026-03-09 07:05");
        assert_eq!(utc_minute("2026-11-22T09:05:07.120Z").as_deref(), Some("2026-11-22 09:05 UTC"));
        assert_eq!(utc_minute("–"), None);
    }

    #[test]
    fn a_part_shows_for_whole_values_only() {
        assert!(is_one_of("ID_CARD", "PASSPORT ID_CARD"));
        for (value, values) in
            [("ID", "ID_CARD"), ("", "ID_CARD"), ("", ""), ("ID_CARD PASSPORT", "ID_CARD PASSPORT")]
        {
            assert!(!is_one_of(value, values), "{value} in {values}");
        }
    }

    #[test]
    fn keys_of_other_scripts_count_by_their_place() {
        assert_eq!(
            [key("j", "KeyJ"), key("о", "KeyJ"), key("?", "Slash"), key("j", "KeyC")],
            ["j", "j", "?", "j"]
        );
    }
}
