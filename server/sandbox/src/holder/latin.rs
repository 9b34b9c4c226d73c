//! Names in the 26 letters that a machine-readable zone has, as ICAO Doc 9303 part 3
//! transliterates.
//!
//! Umlauts and Cyrillic follow its tables (Ukrainian as the country itself decided in 2010).
//! Scripts without letters (Chinese) or without a table here get a syllable for each sign that is
//! always the same; only the known names are right.

use super::names::{is_han_letter, known_latin};
use crate::text::{fold, hash};

const SPECIAL: [(char, &str); 12] = [
    ('ä', "AE"),
    ('ö', "OE"),
    ('ü', "UE"),
    ('ß', "SS"),
    ('å', "AA"),
    ('æ', "AE"),
    ('ø', "OE"),
    ('œ', "OE"),
    ('þ', "TH"),
    ('ð', "D"),
    ('đ', "D"),
    ('ñ', "N"),
];

const CYRILLIC: [(char, &str); 37] = [
    ('а', "A"),
    ('б', "B"),
    ('в', "V"),
    ('г', "H"),
    ('ґ', "G"),
    ('д', "D"),
    ('е', "E"),
    ('є', "IE"),
    ('ж', "ZH"),
    ('з', "Z"),
    ('и', "Y"),
    ('і', "I"),
    ('ї', "I"),
    ('й', "I"),
    ('к', "K"),
    ('л', "L"),
    ('м', "M"),
    ('н', "N"),
    ('о', "O"),
    ('п', "P"),
    ('р', "R"),
    ('с', "S"),
    ('т', "T"),
    ('у', "U"),
    ('ф', "F"),
    ('х', "KH"),
    ('ц', "TS"),
    ('ч', "CH"),
    ('ш', "SH"),
    ('щ', "SHCH"),
    ('ь', ""),
    ('ю', "IU"),
    ('я', "IA"),
    ('ы', "Y"),
    ('э', "E"),
    ('ъ', "IE"),
    ('ё', "E"),
];

const SYLLABLES: [&str; 16] = [
    "AN", "BO", "CHI", "DA", "EN", "FU", "HAI", "JUN", "KO", "LAN", "MEI", "NO", "PEI", "SU", "TA",
    "YU",
];

/// Words of A to Z with single spaces; empty when the name has no letter.
pub(super) fn latin(name: &str) -> String {
    let words = name.split(|letter: char| letter.is_whitespace() || letter == '-');
    words.map(word).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn word(word: &str) -> String {
    match known_latin(word) {
        Some(latin) => latin.replace('-', " "),
        None => word.chars().flat_map(char::to_lowercase).map(letter).collect(),
    }
}

fn letter(letter: char) -> String {
    let listed = SPECIAL.iter().chain(&CYRILLIC).find(|(known, _)| *known == letter);
    if let Some((_, latin)) = listed {
        return (*latin).to_owned();
    }
    let plain = fold(letter.encode_utf8(&mut [0; 4]));
    if plain.bytes().all(|byte| byte.is_ascii()) {
        return plain
            .bytes()
            .filter(u8::is_ascii_alphabetic)
            .map(|byte| byte.to_ascii_uppercase() as char)
            .collect();
    }
    if is_han_letter(letter) || letter.is_alphabetic() {
        let at = usize::try_from(hash(0, &plain) % 16).unwrap_or(0);
        return SYLLABLES[at].to_owned();
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_become_those_that_a_machine_reads() {
        for (name, expected) in [
            ("Jörg Weiß", "JOERG WEISS"),
            ("Łukasz Wójcik", "LUKASZ WOJCIK"),
            ("Søren Ødegård", "SOEREN OEDEGAARD"),
            ("O'Connor", "OCONNOR"),
            ("Smith-Jones", "SMITH JONES"),
            ("雅婷", "YA TING"),
            ("Тимошенко", "TYMOSHENKO"),
            ("Test Idv Review 500", "TEST IDV REVIEW"),
            ("!?", ""),
        ] {
            assert_eq!(latin(name), expected, "{name}");
        }
    }

    #[test]
    fn a_script_without_a_table_gives_the_same_syllables_each_time() {
        let made = latin("محمود");
        assert!(made.len() >= 10 && made.bytes().all(|byte| byte.is_ascii_uppercase()), "{made}");
        assert_eq!(made, latin("محمود"));
        assert_ne!(made, latin("الكاظمي"));
    }
}
