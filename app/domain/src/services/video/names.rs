//! Names as Solaris takes them: at most 50 characters, no white space before them, no symbols, no
//! emojis.
//!
//! Source: Solaris, "Video identification", POST Create person; API reference (`N/A` for an unknown
//! last name, titles).

use crate::{
    fields::one_line,
    letters::{hidden, hidden_words},
};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The longest name, in characters.
pub const NAME_MAX: usize = 50;
/// What stands for a last name that nobody knows.
const NO_LAST_NAME: &str = "N/A";

/// Checks a first or last name and gives it as it is sent: composed letters, single spaces, none
/// around it.
///
/// # Errors
/// The message beside the field; `which` is `first name` or `last name`.
pub fn check_name(text: &str, which: &str) -> Result<String, String> {
    let name: String = one_line(text)
        .nfc()
        .map(|c| if matches!(c, '\u{2010}' | '\u{2011}') { '-' } else { c })
        .collect();
    if name.is_empty() {
        return Err(format!("Give the {which} as the identity document prints it."));
    }
    if which == "last name" && name == NO_LAST_NAME {
        return Ok(name);
    }
    if let Some(odd) = hidden(&name) {
        return Err(hidden_words(odd));
    }
    if let Some(odd) = name.chars().find(|c| !is_of_a_name(*c)) {
        let is_seen = !matches!(odd, '\u{200C}' | '\u{200D}');
        return Err(if is_seen {
            format!("Solaris takes no symbols or emojis in names. Leave out {odd}.")
        } else {
            hidden_words(odd)
        });
    }
    if !name.chars().any(char::is_alphabetic) {
        return Err("The name needs at least one letter.".into());
    }
    match name.chars().count() {
        long if long > NAME_MAX => {
            Err(format!("Solaris takes at most {NAME_MAX} characters; this has {long}."))
        }
        _ => Ok(name),
    }
}

/// Letters of all scripts with their marks, digits, and what stands between the parts of names.
/// Letters in circles and squares are alphabetic to Unicode and symbols to people; so are marks
/// that make an emoji of a digit.
fn is_of_a_name(c: char) -> bool {
    let is_drawn = matches!(c, '\u{24B6}'..='\u{24E9}' | '\u{1F100}'..='\u{1F2FF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
    !is_drawn
        && (c.is_alphabetic()
            || c.is_ascii_digit()
            || is_combining_mark(c)
            || matches!(c, ' ' | '-' | '\'' | '’' | '.' | ','))
}

/// Titles that Solaris takes, with the words people read.
pub const TITLES: &[(&str, &str)] = &[
    ("DR", "Dr."),
    ("MAGISTER", "Magister"),
    ("PROF", "Prof."),
    ("PROF_DR", "Prof. Dr."),
    ("BOTSCH", "Botschafter"),
    ("DIPL_PAD", "Dipl.-Päd."),
    ("DIPL_BETRIEBSW", "Dipl.-Betriebsw."),
    ("DIPL_ING", "Dipl.-Ing."),
    ("DIPL_KFFR", "Dipl.-Kffr."),
    ("DIPL_KFM", "Dipl.-Kfm."),
    ("DIPL_VOLKSW", "Dipl.-Volksw."),
    ("DR_DR", "Dr. Dr."),
    ("DR_E_H", "Dr. e. h."),
    ("DR_H_C", "Dr. h. c."),
    ("DR_ING", "Dr.-Ing."),
    ("DR_ING_HAB", "Dr.-Ing. habil."),
    ("MAG", "Mag."),
    ("NOT", "Notar"),
    ("PROF_DR_DR", "Prof. Dr. Dr."),
    ("PROF_DR_H_C", "Prof. Dr. h. c."),
    ("PROF_DR_ING", "Prof. Dr.-Ing."),
    ("PROF_ING", "Prof. Ing."),
    ("RA_U_NOT", "Rechtsanwalt und Notar"),
    ("RAE", "Rechtsanwälte"),
    ("RA", "Rechtsanwalt"),
    ("RA_DR", "Rechtsanwalt Dr."),
];

/// The words of a title; one that we do not know as it came.
#[must_use]
pub fn title(code: &str) -> &str {
    TITLES.iter().find(|(known, _)| *known == code).map_or(code, |(_, words)| words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn real_names_pass_and_come_out_clean() {
        for (typed, sent) in [
            ("  Jane ", "Jane"),
            ("Ana  María", "Ana María"),
            ("Zoe\u{308}", "Zoë"),
            ("O’Neil-D'Arcy", "O’Neil-D'Arcy"),
            ("王又曾", "王又曾"),
            ("X-MANUALTEST-HAPPYPATH", "X-MANUALTEST-HAPPYPATH"),
            ("Müller\u{2011}Lüdenscheidt", "Müller-Lüdenscheidt"),
            ("नेहा", "नेहा"),
            ("J. R., jr.", "J. R., jr."),
            ("X Æ A-12", "X Æ A-12"),
        ] {
            assert_eq!(check_name(typed, "first name").as_deref(), Ok(sent));
        }
        assert_eq!(check_name("N/A", "last name").as_deref(), Ok("N/A"));
        assert!(check_name("N/A", "first name").is_err());
    }

    #[test]
    fn symbols_emojis_and_long_ones_are_refused() {
        for wrong in [
            "Jane 🙂",
            "J@ne",
            "Jane/Joe",
            "🅰nna",
            "Ⓐnna",
            "Anna 1\u{FE0F}\u{20E3}",
            "€va",
            "Ja_ne",
            "a\u{200B}b",
            "<b>",
            "--",
            "12",
            " ",
        ] {
            assert!(check_name(wrong, "first name").is_err(), "{wrong}");
        }
        assert!(check_name(&"é".repeat(50), "last name").is_ok());
        assert!(check_name(&"é".repeat(51), "last name").is_err_and(|m| m.contains("51")));
        assert!(
            check_name(&"e\u{301}".repeat(50), "last name").is_ok(),
            "composed letters are counted"
        );
    }

    proptest! {
        #[test]
        fn what_passes_keeps_every_rule(text in "\\PC{0,60}|[\\s\\pL\\pM'\\-]{0,60}") {
            if let Ok(name) = check_name(&text, "first name") {
                prop_assert!((1..=NAME_MAX).contains(&name.chars().count()));
                prop_assert_eq!(name.trim(), name.as_str());
                let symbols = "@#$%^&*+=<>|~`_/\\{}[]€£§";
                prop_assert!(name.chars().all(|c| !c.is_control() && !symbols.contains(c)));
                prop_assert_eq!(check_name(&name, "first name"), Ok(name.clone()), "twice is once");
            }
        }

        #[test]
        fn plain_letters_always_pass(name in "[A-Za-zäöüßéñçøåłžА-я]{1,50}") {
            prop_assert!(check_name(&name, "last name").is_ok());
        }
    }
}
