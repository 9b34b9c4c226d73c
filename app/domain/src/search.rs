//! How names are folded and cut so that an index finds them.
//!
//! Every word of a customer's name and reference is stored with all its endings (`müller` as
//! `muller uller ller ler er`), each bounded in length. Any part of a word is then the beginning of a
//! stored ending, so one range of an ordinary B-tree index answers it, in SQLite and PostgreSQL alike.
//! Deleting a customer's rows erases them; nothing is left behind in a full-text index's segments.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest ending that is stored, in characters; a longer term is cut to this and verified by the name.
pub const ENDING_MAX: usize = 16;
/// The shortest term that is looked up, in characters.
pub const TERM_MIN: usize = 2;

/// Folds a text for comparison: compatibility form, lower case, no diacritics, letters that have a plain spelling spelt plainly.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ħ' => folded.push('h'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            c if is_combining_mark(c) => {}
            c => folded.push(c),
        }
    }
    folded
}

/// The folded words of a text: runs of letters and digits.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    fold(text).split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// All stored endings of a text's words, without repeats, sorted.
#[must_use]
pub fn endings(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for word in words(text) {
        let letters: Vec<char> = word.chars().collect();
        let last = letters.len().saturating_sub(TERM_MIN);
        for start in 0..=last {
            all.push(letters[start..].iter().take(ENDING_MAX).collect());
        }
    }
    all.sort();
    all.dedup();
    all
}

/// What a search text asks for: its words, longest first, each cut to the stored length.
///
/// Words under two characters are left out unless they are all there is.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let mut terms = words(text);
    if terms.iter().any(|t| t.chars().count() >= TERM_MIN) {
        terms.retain(|t| t.chars().count() >= TERM_MIN);
    }
    for term in &mut terms {
        *term = term.chars().take(ENDING_MAX).collect();
    }
    terms.sort_by_key(|t| std::cmp::Reverse(t.chars().count()));
    terms.dedup();
    terms.truncate(6);
    terms
}

/// The first text after all texts that begin with `prefix`, for a half-open range.
#[must_use]
pub fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn finds(name: &str, typed: &str) -> bool {
        let endings = endings(name);
        terms(typed).iter().all(|t| endings.iter().any(|e| e.as_str() >= t.as_str() && *e < after(t)))
    }

    #[test]
    fn names_are_found_by_what_people_type() {
        for (name, typed) in [
            ("王又曾", "又曾"),
            ("王又曾", "王又"),
            ("Jürgen Müller", "muller"),
            ("Søren Ødegård", "odegard"),
            ("Łukasz", "lukasz"),
            ("Nguyễn Thị", "nguyen thi"),
            ("Иванов", "иван"),
            ("محمد", "حم"),
            ("Strauß", "strauss"),
            ("C-000123", "000123"),
            ("O'Neil", "neil"),
        ] {
            assert!(finds(name, typed), "{name} by {typed}");
        }
        assert!(!finds("Jürgen Müller", "mull jan"));
        assert!(!finds("王又曾", "曾又"));
    }

    proptest! {
        #[test]
        fn every_part_of_a_word_is_found(name in "[a-zA-Zäöü王又曾]{2,30}", start in 0usize..28, len in 2usize..30) {
            let letters: Vec<char> = fold(&name).chars().collect();
            let start = start.min(letters.len() - 2);
            let part: String = letters[start..].iter().take(len).collect();
            prop_assert!(finds(&name, &part));
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
