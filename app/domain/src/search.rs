//! How names are folded and cut so that an index finds them.
//!
//! Every word of a customer's name and reference is stored with all its endings (`müller` as
//! `muller uller ller ler er`), each bounded in length. Any part of a word is then the beginning of a
//! stored ending, so one range of an ordinary B-tree index answers it, in SQLite and PostgreSQL alike.
//! Deleting a customer's rows erases them; nothing is left behind in a full-text index's segments.

use std::ops::Range;
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

/// Where a text shows what was typed: ranges of its bytes, in order and apart from one another.
///
/// The rules are those of the search: each typed word counts anywhere in a word of the text, folded. A letter that folds to
/// several (`ß`) is marked whole, and so is one with marks of its own.
#[must_use]
pub fn marks(text: &str, typed: &str) -> Vec<Range<usize>> {
    let wanted = terms(typed);
    if wanted.is_empty() {
        return vec![];
    }
    let letters = letters(text);
    let mut marked = vec![false; letters.len()];
    for word in letters_of_words(&letters) {
        let folded: Vec<char> = letters[word.clone()].iter().map(|l| l.0).collect();
        for term in &wanted {
            let term: Vec<char> = term.chars().collect();
            for at in (0..folded.len()).filter(|at| folded[*at..].starts_with(&term) && (*at == 0 || at + TERM_MIN <= folded.len())) {
                marked[word.start + at..word.start + at + term.len()].fill(true);
            }
        }
    }
    let mut ranges: Vec<Range<usize>> = vec![];
    for (letter, _) in letters.iter().zip(&marked).filter(|(_, marked)| **marked) {
        match ranges.last_mut() {
            Some(last) if letter.1.start <= last.end => last.end = last.end.max(letter.1.end),
            _ => ranges.push(letter.1.clone()),
        }
    }
    ranges
}

/// The folded letters of a text, each with the bytes it came from; what folds to nothing belongs to the letter before it.
fn letters(text: &str) -> Vec<(char, Range<usize>)> {
    let mut letters: Vec<(char, Range<usize>)> = Vec::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let folded = fold(c.encode_utf8(&mut [0; 4]));
        let end = at + c.len_utf8();
        if let (true, Some(before)) = (folded.is_empty(), letters.last().map(|l| l.1.start)) {
            letters.iter_mut().rev().take_while(|l| l.1.start == before).for_each(|l| l.1.end = end);
        }
        letters.extend(folded.chars().map(|f| (f, at..end)));
    }
    letters
}

/// The runs of letters and digits among folded letters.
fn letters_of_words(letters: &[(char, Range<usize>)]) -> Vec<Range<usize>> {
    let mut words: Vec<Range<usize>> = vec![];
    for at in (0..letters.len()).filter(|at| letters[*at].0.is_alphanumeric()) {
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

    fn shown(text: &str, typed: &str) -> String {
        let (mut out, mut at) = (String::new(), 0);
        for range in marks(text, typed) {
            out += &format!("{}[{}]", &text[at..range.start], &text[range.clone()]);
            at = range.end;
        }
        out + &text[at..]
    }

    #[test]
    fn what_was_found_is_marked_as_it_is_written() {
        for (text, typed, wanted) in [
            ("Jürgen Müller", "muller", "Jürgen [Müller]"),
            ("Jürgen Müller", "MÜLL jur", "[Jür]gen [Müll]er"),
            ("Mu\u{308}ller", "mu", "[Mu\u{308}]ller"),
            ("王又曾", "又曾", "王[又曾]"),
            ("王又曾", "曾又", "王又曾"),
            ("Strauß", "strauss", "[Strauß]"),
            ("Strauß", "aus", "Str[auß]"),
            ("Иванов", "ИВАН", "[Иван]ов"),
            ("محمد", "حم", "م[حم]د"),
            ("C-000123", "0123", "C-00[0123]"),
            ("anna hanna", "an", "[an]na h[an]na"),
            ("banana", "ana", "b[anana]"),
            ("<script>Müller", "script muller", "<[script]>[Müller]"),
            ("Anna B", "a", "[A]nna B"),
            ("Bo", "o", "Bo"),
            ("O'Neil", "neil o", "O'[Neil]"),
            ("ﬁnance", "fi", "[ﬁ]nance"),
            ("Anna", "", "Anna"),
            ("", "anna", ""),
        ] {
            assert_eq!(shown(text, typed), wanted, "{text} by {typed}");
        }
        let long = "a".repeat(40);
        assert_eq!(shown(&long, &long), format!("[{long}]"), "a long word is cut, and still found as a whole");
    }

    proptest! {
        #[test]
        fn what_finds_a_name_marks_it_and_nothing_else_does(name in "[a-cA-Cäöüß ’王又曾е\u{308}]{1,20}", typed in "[a-cäüs 王又]{1,4}") {
            let ranges = marks(&name, &typed);
            prop_assert!(ranges.windows(2).all(|w| w[0].end < w[1].start));
            let cut: String = ranges.iter().map(|r| &name[r.clone()]).collect();
            prop_assert_eq!(cut.is_empty(), ranges.is_empty());
            let one = terms(&typed);
            prop_assume!(one.len() == 1);
            prop_assert_eq!(finds(&name, &typed), !ranges.is_empty());
        }

        #[test]
        fn letters_fold_one_by_one_as_they_do_together(text in "\\PC{0,40}") {
            prop_assert_eq!(letters(&text).iter().map(|l| l.0).collect::<String>(), fold(&text));
        }

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
