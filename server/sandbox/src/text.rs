//! Small helpers without any provider's rules: the clock, calendar dates, folding of names, a
//! stable hash, and escaping for HTML.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    time::{SystemTime, UNIX_EPOCH},
};

use sha2::{Digest, Sha256};

pub(crate) const DAY_MS: i64 = 86_400_000;

/// UTC milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Days since 1970-01-01 of a `YYYY-MM-DD` date of the Gregorian calendar, if it exists.
pub(crate) fn days_of(date: &str) -> Option<i64> {
    let bytes = date.as_bytes();
    let digits = |range: std::ops::Range<usize>| -> Option<i64> {
        let part = bytes.get(range)?;
        part.iter().try_fold(0, |sum, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0'))
        })
    };
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let (year, month, day) = (digits(0..4)?, digits(5..7)?, digits(8..10)?);
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let last = match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    (1..=last).contains(&day).then(|| days_from_civil(year, month, day))
}

// Howard Hinnant's days_from_civil and civil_from_days:
// https://howardhinnant.github.io/date_algorithms.html
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `YYYY-MM-DD` of a number of days since 1970-01-01.
pub(crate) fn date_of(days: i64) -> String {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `YYYY-MM-DDThh:mm:ssZ` of UTC milliseconds.
pub(crate) fn moment_of(at_ms: i64) -> String {
    let second = at_ms.rem_euclid(DAY_MS) / 1_000;
    let date = date_of(at_ms.div_euclid(DAY_MS));
    format!("{date}T{:02}:{:02}:{:02}Z", second / 3_600, second / 60 % 60, second % 60)
}

/// A number that depends on nothing but its input, on any machine.
pub(crate) fn hash(seed: u64, text: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_be_bytes()).chain_update(text).finalize();
    digest.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}

/// 32 hexadecimal digits that nobody outside this process can foresee.
pub(crate) fn unguessable() -> String {
    // Each `RandomState` starts from the operating system's randomness, counted up within a thread.
    let random = || RandomState::new().build_hasher().finish().to_be_bytes();
    let digest = Sha256::new().chain_update(random()).chain_update(random()).finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// A name as a search would compare it: no case, no Latin diacritics (composed or decomposed), no
/// punctuation, single spaces. Other scripts stay as they are.
pub(crate) fn fold(name: &str) -> String {
    let mut folded = String::with_capacity(name.len());
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' => {}
            letter if letter.is_alphanumeric() => match plain(letter) {
                Some(plain) => folded.push_str(plain),
                None => folded.push(letter),
            },
            _ if folded.is_empty() || folded.ends_with(' ') => {}
            _ => folded.push(' '),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Letters that have no plain form in this list stay; a stand-in need not know all of Unicode.
fn plain(letter: char) -> Option<&'static str> {
    const FORMS: [(&str, &str); 28] = [
        ("a", "àáâãäåāăąǎạảấầẩẫậắằẳẵặ"),
        ("ae", "æ"),
        ("c", "çćĉċč"),
        ("d", "ďđð"),
        ("e", "èéêëēĕėęěẹẻẽếềểễệ"),
        ("g", "ĝğġģ"),
        ("h", "ĥħ"),
        ("i", "ìíîïĩīĭįıỉị"),
        ("j", "ĵ"),
        ("k", "ķ"),
        ("l", "ĺļľŀł"),
        ("n", "ñńņňŋ"),
        ("o", "òóôõöøōŏőơọỏốồổỗộớờởỡợ"),
        ("oe", "œ"),
        ("r", "ŕŗř"),
        ("s", "śŝşšș"),
        ("ss", "ß"),
        ("t", "ţťŧț"),
        ("th", "þ"),
        ("u", "ùúûüũūŭůűųưụủứừửữự"),
        ("w", "ŵ"),
        ("y", "ýÿŷỳỵỷỹ"),
        ("z", "źżž"),
        ("е", "ё"),
        ("и", "й"),
        ("і", "ї"),
        ("ا", "أإآ"),
        ("ي", "ى"),
    ];
    if letter.is_ascii() {
        return None;
    }
    FORMS.iter().find(|(_, accented)| accented.contains(letter)).map(|(plain, _)| *plain)
}

/// Text that can stand in HTML, in content and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_there_and_back() {
        assert_eq!(days_of("1970-01-01"), Some(0));
        assert_eq!(days_of("1927-03-13"), Some(-15_635));
        for date in
            ["1600-02-29", "1899-12-31", "1970-01-01", "2000-02-29", "2024-12-31", "2026-03-01"]
        {
            assert_eq!(date_of(days_of(date).unwrap()), date);
        }
        assert_eq!(moment_of(1_700_470_381_999), "2023-11-20T08:53:01Z");
    }

    #[test]
    fn dates_that_do_not_exist_are_refused() {
        for date in [
            "2023-02-29",
            "1900-02-29",
            "2023-13-01",
            "2023-00-10",
            "2023-04-31",
            "2023-4-1",
            "13.03.1927",
            "20230401ab",
            "",
        ] {
            assert_eq!(days_of(date), None, "{date}");
        }
    }

    #[test]
    fn folding_forgets_case_diacritics_and_punctuation_only() {
        assert_eq!(fold("  Søren   ØDEGÅRD "), "soren odegard");
        assert_eq!(fold("WANG You-theng"), fold("wang you theng"));
        assert_eq!(fold("Nguyễn Thị Hồng"), "nguyen thi hong");
        assert_eq!(fold("Mu\u{308}ller"), fold("Müller"));
        assert_eq!(fold("王又曾"), "王又曾");
        assert_ne!(fold("Мария"), fold("Марина"));
    }

    #[test]
    fn what_nobody_can_guess_never_repeats() {
        let many: std::collections::HashSet<_> = (0..1_000).map(|_| unguessable()).collect();
        assert!(many.len() == 1_000 && many.iter().all(|text| text.len() == 32));
    }

    #[test]
    fn the_hash_is_the_same_everywhere_and_depends_on_the_seed() {
        assert_eq!(hash(1, "abc"), hash(1, "abc"));
        assert_ne!(hash(1, "abc"), hash(2, "abc"));
        assert_ne!(hash(1, "abc"), hash(1, "abd"));
    }
}
