//! What single characters are to a reader: marks that may be left out, signs that are one, digits,
//! and what cannot be seen.
//!
//! Sources: the Unicode Character Database 16 (general categories, `Default_Ignorable_Code_Point`,
//! decimal digits) and ICAO Doc 9303 part 3, section 6, table A (letters that machine-readable
//! zones spell with others).

/// Marks that a reader may leave out: those above, below and through Latin, Greek and Cyrillic
/// letters, and the points of Arabic and Hebrew.
///
/// All others are letters: dakuten and handakuten, and the vowel signs and tone marks of Indic,
/// Thai, Lao, Khmer and Burmese.
#[must_use]
pub const fn is_left_out(mark: char) -> bool {
    matches!(mark,
        // Latin, Greek, Cyrillic, and what encloses.
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}'
        | '\u{2DE0}'..='\u{2DFF}' | '\u{A66F}'..='\u{A672}' | '\u{A674}'..='\u{A67D}' | '\u{A69E}'..='\u{A69F}' | '\u{FE20}'..='\u{FE2F}'
        // Hebrew.
        | '\u{591}'..='\u{5BD}' | '\u{5BF}' | '\u{5C1}'..='\u{5C2}' | '\u{5C4}'..='\u{5C5}' | '\u{5C7}' | '\u{FB1E}'
        // Arabic, with the bar that only makes a word longer.
        | '\u{610}'..='\u{61A}' | '\u{640}' | '\u{64B}'..='\u{65F}' | '\u{670}' | '\u{6D6}'..='\u{6DC}' | '\u{6DF}'..='\u{6E4}'
        | '\u{6E7}'..='\u{6E8}' | '\u{6EA}'..='\u{6ED}' | '\u{897}'..='\u{89F}' | '\u{8CA}'..='\u{8E1}' | '\u{8E3}'..='\u{8FF}')
}

/// Signs that people take for an apostrophe; the ʻokina and the signs for hamza and ayn among them.
#[must_use]
pub const fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | '\u{2B9}' | '\u{2BB}'
            ..='\u{2BF}'
                | '\u{2C8}'
                | '\u{374}'
                | '\u{55A}'
                | '\u{5F3}'
                | '\u{7F4}'
                | '\u{1FBD}'
                | '\u{1FBF}'
                | '\u{2018}'
                | '\u{2019}'
                | '\u{201B}'
                | '\u{2032}'
                | '\u{2035}'
                | '\u{A78B}'
                | '\u{A78C}'
                | '\u{FF07}'
    )
}

/// Whether one such character is a word, or part of one, that people search by: Han, kana and
/// bopomofo.
#[must_use]
pub const fn is_cjk(c: char) -> bool {
    matches!(c,
        '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{312F}' | '\u{31A0}'..='\u{31BF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{1B000}'..='\u{1B16F}' | '\u{20000}'..='\u{3FFFD}')
}

/// How machine-readable zones spell a small letter besides leaving its mark out, the usual way
/// first.
#[must_use]
pub const fn of_zones(letter: char) -> &'static [&'static str] {
    match letter {
        'ä' => &["ae"],
        'å' => &["aa"],
        'ö' | 'ø' => &["oe"],
        'ü' => &["ue", "uxx"],
        'ñ' => &["nxx"],
        _ => &[],
    }
}

/// The zeros of all scripts; nine more digits follow each.
const ZEROS: [u32; 70] = [
    0x30, 0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66,
    0xDE6, 0xE50, 0xED0, 0xF20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90,
    0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x10D30, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450, 0x114D0, 0x11650,
    0x116C0, 0x11730, 0x118E0, 0x11950, 0x11C50, 0x11D50, 0x11DA0, 0x11F50, 0x16A60, 0x16AC0,
    0x16B50, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1,
    0x1E950, 0x1FBF0, 0x10D40,
];

/// A decimal digit of any script as one of ours; every other character as it is.
#[must_use]
pub fn plain_digit(c: char) -> char {
    let code = u32::from(c);
    let digit = ZEROS.iter().find_map(|zero| code.checked_sub(*zero).filter(|n| *n < 10));
    digit.and_then(|n| char::from_digit(n, 10)).unwrap_or(c)
}

/// A text with the digits of all scripts written as ours.
#[must_use]
pub fn plain_digits(text: &str) -> String {
    text.chars().map(plain_digit).collect()
}

/// Characters that nobody sees: what Unicode lets fonts ignore, fillers, and controls that turn a
/// line round.
///
/// Not among them: the two joiners, which Persian and Indic names are spelt with. [`hidden`] knows
/// where they belong.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}' | '\u{180B}'..='\u{180F}' | '\u{200B}'
        | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

const fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200C}' | '\u{200D}')
}

/// Whether a letter is of a script that is spelt with joiners: Arabic and its neighbours, and the
/// scripts of India.
const fn is_joined(c: char) -> bool {
    matches!(c, '\u{600}'..='\u{DFF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{18AF}')
}

/// The first character of a text of one line that nobody would see: an invisible one, a control, a
/// joiner where none belongs.
#[must_use]
pub fn hidden(text: &str) -> Option<char> {
    let (mut before, mut rest) = (None, text.chars().peekable());
    while let Some(c) = rest.next() {
        let mut joins = || {
            before.is_some_and(is_joined)
                || (before.is_some_and(is_emoji) && rest.peek().is_some_and(|c| is_emoji(*c)))
        };
        if is_invisible(c) || c.is_control() || (is_joiner(c) && !joins()) {
            return Some(c);
        }
        before = Some(c);
    }
    None
}

/// Pictures that a joiner makes one of: 👩, 👩 and 👧 are a family.
const fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}')
}

/// What is said beside a field that holds such a character.
#[must_use]
pub fn hidden_words(c: char) -> String {
    format!(
        "This contains an invisible character (U+{:04X}), often from copying. Type it by hand or remove the character.",
        u32::from(c)
    )
}

/// Whether folding leaves a character out because nobody sees it.
pub(crate) const fn folds_to_nothing(c: char) -> bool {
    is_invisible(c) || is_joiner(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_all_scripts_are_understood() {
        assert_eq!(plain_digits("٣٤ ۶۲۹ २५५ ８３３ 0x9"), "34 629 255 833 0x9");
        // What Unicode counts as a number and not as a decimal digit stays.
        assert_eq!(plain_digits("½²Ⅷ〇"), "½²Ⅷ〇");
        for zero in ZEROS {
            let digits: Vec<char> =
                (0..10).filter_map(|n| char::from_u32(zero + n)).map(plain_digit).collect();
            assert_eq!(digits.iter().collect::<String>(), "0123456789", "{zero:X}");
        }
    }

    #[test]
    fn what_nobody_sees_is_found_and_what_spells_a_name_is_not() {
        for (text, odd) in [
            ("Mül\u{AD}ler", '\u{AD}'),
            ("a\u{200B}b", '\u{200B}'),
            ("a\u{2060}b", '\u{2060}'),
            ("a\u{202E}b", '\u{202E}'),
            ("a\u{E0041}b", '\u{E0041}'),
            ("葛\u{E0100}", '\u{E0100}'),
            ("\u{3164}", '\u{3164}'),
            ("a\u{200D}b", '\u{200D}'),
            ("👩\u{200D}a", '\u{200D}'),
            ("a\0b", '\0'),
        ] {
            assert_eq!(hidden(text), Some(odd), "{text:?}");
            assert!(hidden_words(odd).contains(&format!("{:04X}", u32::from(odd))));
        }
        for text in [
            "رضا\u{200C}زاده",
            "ශ්\u{200D}රී",
            "Müller",
            "王又曾",
            "3M 🙂",
            "O’Neil",
            "रवि",
            "Zoë 👩\u{200D}👩\u{200D}👧",
        ] {
            assert_eq!(hidden(text), None, "{text:?}");
        }
    }
}
