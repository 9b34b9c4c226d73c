//! How names are folded and cut so that an index finds them.
//!
//! Every word of a customer's name and reference is stored with all its endings (`müller` as
//! `muller uller ller ler er`), each bounded in length. Any part of a word is then the beginning of
//! a stored ending, so one range of an ordinary B-tree index answers it, in SQLite and PostgreSQL
//! alike. Deleting a customer's rows erases them; nothing is left behind in a full-text index's
//! segments.
//!
//! A name that is spelt in more than one way (`Müller`, `MUELLER`) is stored in each; what is typed
//! is looked up in one.

use crate::letters::{folds_to_nothing, is_apostrophe, is_cjk, is_left_out, of_zones, plain_digit};
use std::ops::Range;
use unicode_normalization::{
    UnicodeNormalization,
    char::{compose, is_combining_mark},
};

/// The longest ending that is stored, in characters; a longer term is cut to this and verified by
/// the name.
pub const ENDING_MAX: usize = 16;
/// The shortest term that is looked up, in characters; one character of Chinese or Japanese is
/// enough.
pub const TERM_MIN: usize = 2;
/// The number of these rules: endings that were made by a smaller one are made anew at a start.
/// Raise it with every change of what is stored.
pub const FOLDING: i64 = 3;
/// What is looked up for a text that has no letter and no digit: no ending begins with it.
const NOTHING: &str = "%";
/// How apostrophes of all kinds are folded.
const APOSTROPHE: char = '\'';

/// Folds a text for comparison: compatibility form, lower case, one apostrophe, plain digits,
/// letters that have a plain spelling spelt plainly.
///
/// Marks are left out where readers leave them out ([`is_left_out`]) and kept where they are
/// letters.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut last = None;
    for c in text.chars().map(spacing_as_mark).nfkd().flat_map(char::to_lowercase) {
        let c = match c {
            c if is_apostrophe(c) => APOSTROPHE,
            c if is_left_out(c) || folds_to_nothing(c) => continue,
            // Kana with their sound marks are letters of their own.
            '\u{3099}' | '\u{309A}' => match last.and_then(|base| compose(base, c)) {
                Some(letter) => {
                    folded.pop();
                    letter
                }
                None => c,
            },
            'ø' => 'o',
            'ł' => 'l',
            'đ' | 'ð' => 'd',
            'ħ' => 'h',
            'ı' => 'i',
            'ŋ' => 'n',
            'ĸ' => 'k',
            'ŧ' => 't',
            'ə' => 'e',
            'ς' => 'σ',
            // Alef, yeh and kaf in the forms of Arabic, Persian and Urdu.
            '\u{671}' => '\u{627}',
            '\u{649}' | '\u{6CC}' => '\u{64A}',
            '\u{6A9}' | '\u{6AA}' => '\u{643}',
            'ß' | 'æ' | 'œ' | 'þ' => {
                folded.push_str(match c {
                    'ß' => "ss",
                    'æ' => "ae",
                    'œ' => "oe",
                    _ => "th",
                });
                last = None;
                continue;
            }
            c => plain_digit(c),
        };
        folded.push(c);
        last = Some(c);
    }
    folded
}

/// Signs that Unicode takes apart into a space and a mark, as what they are meant for.
const fn spacing_as_mark(c: char) -> char {
    match c {
        '\u{309B}' => '\u{3099}',
        '\u{309C}' => '\u{309A}',
        c if is_apostrophe(c) => APOSTROPHE,
        c => c,
    }
}

/// Whether a folded character is part of a word: letters, digits, and marks that folding keeps.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c)
}

/// The folded words of a text: runs of letters and digits.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !is_of_word(c))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The ways in which each word of a text may be spelt where marks cannot be printed, the folded one
/// first.
///
/// Source: ICAO Doc 9303 part 3, section 6 (`ü` is `U`, `UE` or `UXX`). Apostrophes join what they
/// stand between.
#[must_use]
pub fn spellings(text: &str) -> Vec<Vec<String>> {
    /// So many are enough for two such letters in every word of a long name.
    const MANY: usize = 64;
    let mut words: Vec<Vec<String>> = vec![];
    let mut is_inside = false;
    for (cluster, _) in clusters(text) {
        let folded: String = fold(cluster).chars().filter(|c| *c != APOSTROPHE).collect();
        if folded.is_empty() {
            continue;
        }
        for part in folded.split_inclusive(|c| !is_of_word(c)) {
            let letters = part.trim_end_matches(|c| !is_of_word(c));
            if !letters.is_empty() {
                if !is_inside {
                    words.push(vec![String::new()]);
                }
                if let Some(word) = words.last_mut() {
                    let others: &[&str] =
                        if word.len() < MANY { zone_spellings(cluster) } else { &[] };
                    let spelt = |by: &str| {
                        word.iter().map(|begin| format!("{begin}{by}")).collect::<Vec<_>>()
                    };
                    *word = std::iter::once(letters)
                        .chain(others.iter().copied())
                        .flat_map(spelt)
                        .collect();
                }
            }
            is_inside = letters.len() == part.len();
        }
    }
    words
}

/// How machine-readable zones spell a letter with its marks.
fn zone_spellings(cluster: &str) -> &'static [&'static str] {
    let mut letters = cluster.nfc().filter(|c| !folds_to_nothing(*c)).flat_map(char::to_lowercase);
    match (letters.next(), letters.next()) {
        (Some(letter), None) => of_zones(letter),
        _ => &[],
    }
}

/// How a stored name is read: a name that is spelt in several ways is stored in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// As it folds, in parts where apostrophes stand: `O'Brian` as `o brian`.
    Parted,
    /// As it folds, in one: `obrian`.
    Plain,
    /// As zones spell it: `Müller` as `mueller`.
    Zone,
    /// As it folds, but for the one letter that people spell with two most often: `Ødegård` as
    /// `odegaard`.
    Ring,
    /// As it would fold if a zone had spelt it: `MUELLER` as `muller`.
    Back,
}

const READINGS: [Reading; 5] =
    [Reading::Parted, Reading::Plain, Reading::Zone, Reading::Ring, Reading::Back];

/// All stored endings of a text's words, without repeats, sorted.
#[must_use]
pub fn endings(text: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for reading in READINGS {
        let letters = letters(text, reading);
        for word in letters_of_words(&letters) {
            let word: Vec<char> = letters[word].iter().map(|l| l.0).collect();
            let begins = (0..word.len()).filter(|at| is_begin(&word, *at));
            all.extend(
                begins.map(|begin| word[begin..].iter().take(ENDING_MAX).collect::<String>()),
            );
        }
    }
    all.sort();
    all.dedup();
    all
}

/// Whether an ending that begins here is stored: it is long enough, the whole word, or a character
/// that says enough.
fn is_begin(word: &[char], at: usize) -> bool {
    at == 0 || at + TERM_MIN <= word.len() || is_cjk(word[at])
}

/// What a search text asks for: its words, longest first, each cut to the stored length.
///
/// Words under two characters are left out unless they are all there is. A text without any word
/// asks for nothing that is stored: `%` finds nobody, and not everybody.
#[must_use]
pub fn terms(text: &str) -> Vec<String> {
    let mut terms = words(text);
    let says_enough = |t: &String| t.chars().count() >= TERM_MIN || t.chars().all(is_cjk);
    if terms.iter().any(says_enough) {
        terms.retain(says_enough);
    }
    for term in &mut terms {
        *term = term.chars().take(ENDING_MAX).collect();
    }
    terms.sort_by_key(|t| std::cmp::Reverse(t.chars().count()));
    terms.dedup();
    terms.truncate(6);
    if terms.is_empty() && !text.trim().is_empty() {
        terms.push(NOTHING.to_owned());
    }
    terms
}

/// Where a text shows what was typed: ranges of its bytes, in order and apart from one another.
///
/// The rules are those of the search: each typed word counts anywhere in a word of the text,
/// folded. A letter that folds to several (`ß`) is marked whole, and so is one with marks of its
/// own.
#[must_use]
pub fn marks(text: &str, typed: &str) -> Vec<Range<usize>> {
    let wanted = terms(typed);
    if wanted.is_empty() {
        return vec![];
    }
    let mut marked = vec![false; text.len()];
    for reading in READINGS {
        let letters = letters(text, reading);
        for word in letters_of_words(&letters) {
            let folded: Vec<char> = letters[word.clone()].iter().map(|l| l.0).collect();
            for term in &wanted {
                let term: Vec<char> = term.chars().collect();
                for at in (0..folded.len())
                    .filter(|at| folded[*at..].starts_with(&term) && is_begin(&folded, *at))
                {
                    let found = &letters[word.start + at..word.start + at + term.len()];
                    found.iter().for_each(|letter| marked[letter.1.clone()].fill(true));
                }
            }
        }
    }
    let mut ranges: Vec<Range<usize>> = vec![];
    for at in (0..marked.len()).filter(|at| marked[*at]) {
        match ranges.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            _ => ranges.push(at..at + 1),
        }
    }
    ranges
}

/// A text's characters, each with the marks that follow it, and the bytes they take.
fn clusters(text: &str) -> Vec<(&str, Range<usize>)> {
    let is_added = |c: char| {
        is_combining_mark(c)
            || folds_to_nothing(c)
            || matches!(c, '\u{309B}' | '\u{309C}' | '\u{FF9E}' | '\u{FF9F}')
    };
    let mut begins: Vec<usize> =
        text.char_indices().filter(|(at, c)| *at == 0 || !is_added(*c)).map(|(at, _)| at).collect();
    begins.push(text.len());
    begins.windows(2).map(|two| (&text[two[0]..two[1]], two[0]..two[1])).collect()
}

/// The folded letters of a text, each with the bytes it came from; what folds to nothing belongs to
/// the letter before it.
fn letters(text: &str, reading: Reading) -> Vec<(char, Range<usize>)> {
    let mut letters: Vec<(char, Range<usize>)> = Vec::with_capacity(text.len());
    for (cluster, bytes) in clusters(text) {
        let spelt = match reading {
            Reading::Zone => zone_spellings(cluster).first(),
            Reading::Ring => zone_spellings(cluster).first().filter(|spelt| **spelt == "aa"),
            _ => None,
        };
        let folded = spelt.map_or_else(|| fold(cluster), |spelt| (*spelt).to_owned());
        let folded: String =
            folded.chars().filter(|c| *c != APOSTROPHE || reading == Reading::Parted).collect();
        let is_second = match (reading, letters.last(), folded.as_str()) {
            (Reading::Back, Some(('a' | 'o' | 'u', _)), "e") => true,
            (Reading::Back, Some(('a', before)), "a") => before.end == bytes.start,
            _ => false,
        };
        if let (true, Some(before)) =
            (folded.is_empty() || is_second, letters.last().map(|l| l.1.start))
        {
            letters
                .iter_mut()
                .rev()
                .take_while(|l| l.1.start == before)
                .for_each(|l| l.1.end = bytes.end);
        } else {
            letters.extend(folded.chars().map(|f| (f, bytes.clone())));
        }
    }
    letters
}

/// The runs of letters and digits among folded letters.
fn letters_of_words(letters: &[(char, Range<usize>)]) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = vec![];
    for at in (0..letters.len()).filter(|at| is_of_word(letters[*at].0)) {
        match words.last_mut() {
            Some(last) if last.end == at => last.end = at + 1,
            _ => words.push(at..at + 1),
        }
    }
    words
}

/// The first text after all texts that begin with `prefix`, for a half-open range.
#[must_use]
pub fn after(prefix: &str) -> String {
    format!("{prefix}\u{10FFFF}")
}

#[cfg(test)]
mod tests;
