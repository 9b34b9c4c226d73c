//! Which passwords are taken: long ones that are more than what everybody tries first.
//!
//! Whoever guesses tries common words, names, rows of keys, repetitions and their combinations
//! before anything else. So a password is worth the characters that none of these explains, and a
//! little for each piece that one does.

use std::{collections::HashSet, sync::LazyLock};

/// The shortest password that is taken, in characters.
pub const PASSWORD_MIN: usize = 15;
/// The longest password that is taken, in bytes.
pub const PASSWORD_MAX_BYTES: usize = 1_024;

/// What a password must be worth, in tenths of a character: hardly less than four common words.
const WORTH_MIN: u32 = 77;
/// A character that nothing explains: a letter, a digit, and a sign, which most put at the end.
const LETTER: u32 = 10;
const DIGIT: u32 = 7;
const SIGN: u32 = 3;
/// A common word, a short one, and one that belongs to this person or this desk.
const WORD: u32 = 20;
const SHORT_WORD: u32 = 10;
const OWN_WORD: u32 = 10;
/// A year of somebody's life.
const YEAR: u32 = 15;
/// What stood there already: right before, or further away.
const AGAIN: u32 = 5;
const ECHO: u32 = 10;
/// So much of a long password is looked at; if that is good, all of it is.
const LOOKED_AT: usize = 128;
const WORD_MAX: usize = 40;

/// Words and phrases, folded.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    include_str!("common_words.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .collect()
});

/// Refuses passwords that are too short, too long, or easy to guess for somebody who knows the
/// account name.
///
/// No composition rules: NIST SP 800-63B-4 asks for length and a blocklist instead.
///
/// # Errors
/// A sentence that says what to change.
pub fn check_password(password: &str, account: &str) -> Result<(), &'static str> {
    check_password_beside(password, &[account])
}

/// The same for somebody who knows more: the account, the person's name, the address of the desk.
///
/// # Errors
/// A sentence that says what to change.
pub fn check_password_beside(password: &str, known: &[&str]) -> Result<(), &'static str> {
    if password.chars().count() < PASSWORD_MIN {
        return Err("Use at least 15 characters; a few unrelated words are fine.");
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err("Use at most 1,024 bytes.");
    }
    if worth(password, known) < WORTH_MIN {
        return Err(
            "This is easy to guess: it is mostly common words, names, repetitions or neighbouring keys. Add a few unrelated words.",
        );
    }
    Ok(())
}

/// The least that a password is worth, read forwards and backwards, in tenths of a character.
fn worth(password: &str, known: &[&str]) -> u32 {
    let own = own_words(known);
    let forwards = folded(password);
    let backwards: Vec<char> = forwards.iter().rev().copied().collect();
    worth_of(&forwards, &own).min(worth_of(&backwards, &own))
}

/// In small letters, and without what stands between words.
fn folded(text: &str) -> Vec<char> {
    let between = |c: &char| c.is_whitespace() || matches!(c, '-' | '_' | '.' | ',' | '/' | ':');
    text.chars().flat_map(char::to_lowercase).filter(|c| !between(c)).take(LOOKED_AT).collect()
}

/// The letter that a digit or sign stands for where somebody writes like this; of two, this or
/// that.
const fn look_alike(c: char, this: bool) -> char {
    match c {
        '1' | '!' | '|' if this => 'i',
        '1' | '!' | '|' => 'l',
        '0' => 'o',
        '2' => 'z',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

/// Words of three characters or more that stand in what is known.
fn own_words(known: &[&str]) -> HashSet<String> {
    let mut words = HashSet::new();
    for text in known {
        let whole: String = folded(text).into_iter().filter(|c| c.is_alphanumeric()).collect();
        let parts = text.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase);
        words.extend(
            parts.chain([whole]).filter(|word| (3..=WORD_MAX).contains(&word.chars().count())),
        );
    }
    words
}

/// The cheapest way to put these characters together, in tenths.
fn worth_of(text: &[char], own: &HashSet<String>) -> u32 {
    let mut least = vec![0; text.len() + 1];
    for end in 1..=text.len() {
        let alone = match text[end - 1] {
            c if c.is_numeric() => DIGIT,
            c if c.is_alphabetic() => LETTER,
            _ => SIGN,
        };
        let mut best = least[end - 1] + alone;
        for start in end.saturating_sub(WORD_MAX)..end {
            let piece = &text[start..end];
            let price = [word(piece, own), year(piece), again(text, start, end), pattern(piece)]
                .into_iter()
                .flatten()
                .min();
            if let Some(price) = price {
                best = best.min(least[start] + price);
            }
        }
        least[end] = best;
    }
    least[text.len()]
}

fn word(piece: &[char], own: &HashSet<String>) -> Option<u32> {
    let read = |this| piece.iter().map(|c| look_alike(*c, this)).collect::<String>();
    let ways = [piece.iter().collect(), read(true), read(false)];
    if ways.iter().any(|word| own.contains(word)) {
        return Some(OWN_WORD);
    }
    let is_common = ways.iter().any(|word| COMMON.contains(word.as_str()));
    is_common.then_some(if piece.len() <= 3 { SHORT_WORD } else { WORD })
}

fn year(piece: &[char]) -> Option<u32> {
    let [a, b, c, d] = piece else { return None };
    let is_year =
        matches!((a, b), ('1', '9') | ('2', '0')) && c.is_ascii_digit() && d.is_ascii_digit();
    is_year.then_some(YEAR)
}

/// The same once more: right after it stood there, or four characters and more of anything before.
fn again(text: &[char], start: usize, end: usize) -> Option<u32> {
    let (piece, length) = (&text[start..end], end - start);
    if start >= length && text[start - length..start] == *piece {
        return Some(AGAIN);
    }
    (length >= 4 && text[..start].windows(length).any(|before| before == piece)).then_some(ECHO)
}

/// A row of neighbours on the keyboard or in the alphabet, or up to four of them entwined, as in
/// `q1w2e3r4` and `1qaz2wsx3edc`.
fn pattern(piece: &[char]) -> Option<u32> {
    let length = u32::try_from(piece.len()).ok()?;
    (1..=4_u32).find_map(|rows| {
        let apart = rows as usize;
        let is_long = piece.len() >= if rows == 1 { 4 } else { apart + 4 };
        let pairs = || piece.iter().zip(piece.iter().skip(apart));
        let is_row = is_long
            && (pairs().all(|(a, b)| are_near_keys(*a, *b))
                || pairs().all(|(a, b)| are_next(*a, *b)));
        is_row.then_some(10 * (rows + 1) + length)
    })
}

/// Whether one follows the other, or is the same. Digits and letters of every script stand in their
/// order.
const fn are_next(a: char, b: char) -> bool {
    (a as u32).abs_diff(b as u32) <= 1
}

/// Whether two keys touch on a usual keyboard. Each row is shifted by half a key against the one
/// above.
fn are_near_keys(a: char, b: char) -> bool {
    const ROWS: [&str; 4] = ["1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let place = |c: char| {
        ROWS.iter().enumerate().find_map(|(row, keys)| Some((row as i32, keys.find(c)? as i32)))
    };
    let (Some((row, key)), Some((other_row, other_key))) = (place(a), place(b)) else {
        return false;
    };
    match other_row - row {
        0 => (other_key - key).abs() <= 1,
        1 => matches!(other_key - key, -1 | 0),
        -1 => matches!(other_key - key, 0 | 1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_need_length_and_may_not_be_obvious() {
        for good in [
            "correct horse desk staple",
            "пароль из пяти слов тут",
            "x9#kfmw2!pqzrt7v",
            "seven blue otters hum",
        ] {
            assert_eq!(check_password(good, "anna"), Ok(()), "{good}");
        }
        for bad in [
            "short",
            "aaaaaaaaaaaaaaaaaaaa",
            "passwordpassword1",
            "probity-probity-probity",
            "annaannaannaannaanna",
            "abcdefghijklmnopqrstuvwxyz",
            "1234567890123456",
            &"x".repeat(1_025),
        ] {
            assert!(check_password(bad, "anna").is_err(), "{bad}");
        }
    }

    #[test]
    fn words_on_the_list_are_folded() {
        for word in COMMON.iter() {
            assert_eq!(folded(word).into_iter().collect::<String>(), *word);
            assert!(word.chars().count() <= WORD_MAX, "{word}");
        }
        assert!(COMMON.len() > 800, "{}", COMMON.len());
    }

    #[test]
    fn what_belongs_to_the_person_and_the_desk_counts_little() {
        let known = ["n.okafor", "Nneka Okafor", "https://desk.umbrella-trust.example"];
        for bad in [
            "NnekaOkafor2024!",
            "okafor.nneka.okafor",
            "umbrella-trust-desk",
            "UmbrellaTrust12345",
            "n.okafor@umbrella",
        ] {
            assert!(check_password_beside(bad, &known).is_err(), "{bad}");
            assert!(bad.chars().count() >= PASSWORD_MIN, "{bad}");
        }
        assert!(check_password_beside("NnekaOkafor2024!", &["anna"]).is_ok());
    }

    #[test]
    fn neighbours_are_those_of_a_keyboard_or_of_the_alphabet() {
        for (a, b) in [
            ('q', 'w'),
            ('q', 'a'),
            ('a', 'w'),
            ('1', 'q'),
            ('2', 'q'),
            ('z', 's'),
            ('0', 'p'),
            ('8', '9'),
            ('x', 'x'),
        ] {
            assert!(are_near_keys(a, b) && are_near_keys(b, a), "{a} {b}");
        }
        for (a, b) in [('q', 'e'), ('q', 's'), ('1', 'w'), ('p', 'a'), ('z', 'd'), ('ж', 'з')] {
            assert!(!are_near_keys(a, b), "{a} {b}");
        }
        assert!(
            are_next('y', 'z') && are_next('з', 'ж') && are_next('8', '9') && !are_next('a', 'c')
        );
    }
}
