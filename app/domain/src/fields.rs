//! What a form sends back when it is refused: the values as typed, and a message beside its cause.

use crate::letters::is_apostrophe;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// A refused form: everything that was typed, and what is wrong with which field.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Field name to the text exactly as it was typed.
    pub values: BTreeMap<String, String>,
    /// Field name to the message beside it; the empty name is the form as a whole.
    pub errors: BTreeMap<String, String>,
}

impl Refused {
    #[must_use]
    pub fn of<const N: usize>(values: [(&str, &str); N]) -> Self {
        Self {
            values: values.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            errors: BTreeMap::new(),
        }
    }

    /// Adds a message beside a field (`""` for the whole form). The first message of a field stays.
    pub fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.errors.entry(field.to_owned()).or_insert_with(|| message.into());
    }

    #[must_use]
    pub fn because(mut self, field: &str, message: impl Into<String>) -> Self {
        self.refuse(field, message);
        self
    }

    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.errors.is_empty()
    }

    /// What was typed, or nothing.
    #[must_use]
    pub fn value(&self, field: &str) -> &str {
        self.values.get(field).map_or("", String::as_str)
    }

    #[must_use]
    pub fn error(&self, field: &str) -> Option<&str> {
        self.errors.get(field).map(String::as_str)
    }
}

/// The fields that hold secrets, by their names in forms: passwords, one-time tokens, credentials
/// of connections.
///
/// This list is the only place that says so. What stands in one of them is never put into a refused
/// form, never kept and never shown again; a page cannot make such a field without saying that it
/// is one, nor say it of a field that is missing here.
pub const SECRETS: &[&str] =
    &["password", "old", "new", "token", "factor", "secret", "webhook_secret", "private_key"];

/// The fields that hold a number by which a state knows a person. A refused form shows them to
/// whoever typed them, to be put right; nobody else gets them back, not even somebody who was
/// signed out a moment ago.
pub const NATIONAL_NUMBERS: &[&str] = &["cpr", "pid"];

/// Whether a field holds a secret. `rows[3][secret]` is called `secret`.
#[must_use]
pub fn is_secret(field: &str) -> bool {
    SECRETS.contains(&own_name(field))
}

/// Whether a field holds what is handed to nobody without a session.
#[must_use]
pub fn is_confidential(field: &str) -> bool {
    is_secret(field) || NATIONAL_NUMBERS.contains(&own_name(field))
}

/// The name of a field without the row or map that it stands in.
fn own_name(field: &str) -> &str {
    let inner = field.trim_end_matches("[]");
    inner.strip_suffix(']').and_then(|rest| rest.rsplit_once('[')).map_or(inner, |(_, name)| name)
}

/// Characters that change how the text around them is read: controls and bidirectional overrides.
///
/// Letters of right-to-left scripts are fine; invisible marks that reorder a reviewer's page are
/// not.
#[must_use]
pub fn is_unsafe_character(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' | '\u{FEFF}')
}

/// A one-line text as people type it: trimmed, runs of white space as one space.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A one-line text as it leaves the desk: as [`one_line`], its letters composed with their marks
/// (NFC).
#[must_use]
pub fn composed(text: &str) -> String {
    one_line(text).nfc().collect()
}

/// A text of any number of lines with its letters composed (NFC).
#[must_use]
pub fn nfc(text: &str) -> String {
    text.nfc().collect()
}

/// What a spreadsheet has done to a cell, in words for whoever brings the table; nothing for a text
/// that looks typed.
#[must_use]
pub fn spreadsheet(cell: &str) -> Option<&'static str> {
    let cell = cell.trim();
    let is_rounded = || {
        cell.to_ascii_uppercase().split_once("E+").is_some_and(|(number, power)| {
            let is = |text: &str, also: &[char]| {
                !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || also.contains(&c))
            };
            is(number.trim_start_matches('+'), &['.', ',']) && is(power, &[])
        })
    };
    let is_quoted = || {
        let mut signs = cell.chars();
        signs.next().is_some_and(is_apostrophe)
            && signs
                .next()
                .is_some_and(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '=' | '@'))
    };
    // `#NAME?`, `#DIV/0!`, `#N/A`; a company may well be called #Hello!
    let is_error = || {
        let is_word = (cell.ends_with(['!', '?']) || matches!(cell, "#N/A" | "#NV"))
            && !cell.chars().any(char::is_lowercase);
        cell.starts_with('#') && (cell.len() > 2 && cell.bytes().all(|b| b == b'#') || is_word)
    };
    if is_rounded() {
        Some(
            "A spreadsheet has rounded this number (as 3.46E+10) and its digits are lost. Format the column as text before you fill it.",
        )
    } else if is_quoted() {
        Some("A spreadsheet put an apostrophe in front. Remove it.")
    } else if is_error() {
        Some(
            "A spreadsheet wrote that it could not show or work out this cell. Type what belongs there.",
        )
    } else {
        None
    }
}

/// Words by which providers say that they do not know; `NA` is no name and no country. `Na`, `Nil`
/// and `Null` are names.
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let word: String =
        text.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_uppercase).collect();
    let is_dashes = !word.is_empty()
        && word
            .chars()
            .all(|c| matches!(c, '-' | '–' | '—' | '_' | '.' | '?' | '<' | '*' | '/' | '−' | '－'));
    let is_name = matches!(text.trim(), "Na" | "Nil" | "Null");
    is_dashes
        || !is_name
            && matches!(
                word.as_str(),
                "N/A"
                    | "NA"
                    | "N.A."
                    | "N.A"
                    | "#N/A"
                    | "UNKNOWN"
                    | "NOTAVAILABLE"
                    | "NOT_AVAILABLE"
                    | "NULL"
                    | "NONE"
                    | "NIL"
                    | "UNDEFINED"
            )
}

/// `4,001`.
#[must_use]
pub fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut words = String::with_capacity(digits.len() + 2);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// How much of a field is used: `4,001 of 4,000 characters`.
#[must_use]
pub fn counted(length: usize, max: usize) -> String {
    format!("{} of {} characters", thousands(length), thousands(max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_of_a_field_stays() {
        let mut form = Refused::of([("name", " x ")]);
        form.refuse("name", "first");
        form.refuse("name", "second");
        assert_eq!(form.error("name"), Some("first"));
        assert_eq!(form.value("name"), " x ");
        assert!(!form.is_clean());
    }

    #[test]
    fn a_field_is_secret_under_its_own_name_and_in_a_row() {
        for name in ["password", "private_key", "rows[3][secret]", "values[token]", "secret[]"] {
            assert!(is_secret(name) && is_confidential(name), "{name}");
        }
        for name in ["cpr", "rows[1][pid]"] {
            assert!(!is_secret(name) && is_confidential(name), "{name}");
        }
        for name in
            ["comment", "news", "secretary", "password[0][comment]", "rows[old][comment]", ""]
        {
            assert!(!is_confidential(name), "{name}");
        }
    }

    #[test]
    fn overrides_are_unsafe_and_scripts_are_not() {
        assert!(is_unsafe_character('\u{202E}') && is_unsafe_character('\u{61C}'));
        assert!(is_unsafe_character('\0'));
        for c in ['م', '王', 'é', '\n', '👩'] {
            assert!(!is_unsafe_character(c));
        }
    }

    #[test]
    fn what_spreadsheets_do_is_named() {
        for (cell, word) in [
            ("3.46E+10", "rounded"),
            ("3,46293E+10", "rounded"),
            ("'+34629255833", "apostrophe"),
            ("’0123", "apostrophe"),
            ("#####", "could not"),
            ("#NAME?", "could not"),
            ("#DIV/0!", "could not"),
            ("#NV", "could not"),
        ] {
            assert!(spreadsheet(cell).is_some_and(|words| words.contains(word)), "{cell}");
        }
        for cell in [
            "",
            "C-000123",
            "3E10",
            "O'Neil",
            "'t Hooft",
            "#12",
            "+34 629 255 833",
            "E+",
            "#Hello!",
        ] {
            assert_eq!(spreadsheet(cell), None, "{cell}");
        }
    }

    #[test]
    fn texts_leave_composed() {
        assert_eq!(composed("  Zoe\u{308}  Mu\u{308}ller "), "Zoë Müller");
        assert_eq!(composed("ﾊﾞﾝﾀﾞ ハ\u{3099}"), "ﾊﾞﾝﾀﾞ バ");
    }

    #[test]
    fn words_for_nothing_are_nothing() {
        for text in ["N/A", "n/a", "NA", " - ", "—", "UNKNOWN", "Not available", "null", "<<<"] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["", "Ana", "Na", "Nil", "Null", "Nana", "Unknown Soldier", "NAM", "0", "王"] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            ["0", "999", "1,000", "4,001", "1,234,567"],
            [0, 999, 1_000, 4_001, 1_234_567].map(thousands).each_ref().map(String::as_str)
        );
        assert_eq!(counted(4_001, 4_000), "4,001 of 4,000 characters");
    }
}
