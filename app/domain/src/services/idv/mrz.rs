//! The machine-readable zone of a document and its check digits.
//!
//! Source: ICAO Doc 9303, parts 3 to 7: weights 7, 3, 1; `<` is 0, A to Z are 10 to 35. The French
//! identity card of 1988 has a zone of its own, of the size of TD2; its layout is described by the
//! Council of the European Union (PRADO, FRA-BO-02002).

use serde::{Deserialize, Serialize};

/// A machine-readable zone that could be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mrz {
    /// What kind of zone it is: `passport (TD3)`.
    pub kind: String,
    pub lines: Vec<String>,
    pub digits: Vec<MrzDigit>,
}

/// One check digit: what it protects, what is printed and what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MrzDigit {
    pub of: String,
    pub printed: char,
    pub computed: char,
}

impl MrzDigit {
    #[must_use]
    pub fn is_right(&self) -> bool {
        // An optional field that is empty may have `<` as its digit.
        self.printed == self.computed || (self.printed == '<' && self.computed == '0')
    }
}

impl Mrz {
    /// Reads two lines of 44 (passport, visa) or of 36 (small document, small visa, French identity
    /// card) or three of 30 (card). Nothing for anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let lines: Vec<String> = text
            .split(['\n', '\r', ' '])
            .map(str::trim)
            .filter(|l| !l.is_empty())
            .map(str::to_ascii_uppercase)
            .collect();
        if !lines
            .iter()
            .all(|l| l.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'<'))
        {
            return None;
        }
        let lengths: Vec<usize> = lines.iter().map(String::len).collect();
        let is_visa = lines.first().is_some_and(|line| line.starts_with('V'));
        let (kind, digits) = match lengths.as_slice() {
            [44, 44] if is_visa => ("visa (MRV-A)", visa(&lines[1])),
            [44, 44] => ("passport (TD3)", passport(&lines[1])),
            [36, 36] if is_visa => ("visa (MRV-B)", visa(&lines[1])),
            [36, 36] if lines[0].starts_with("IDFRA") => {
                ("French identity card of 1988", french_card(&lines[0], &lines[1]))
            }
            [36, 36] => ("document of two lines of 36 (TD2)", two_lines(&lines[1])),
            [30, 30, 30] => ("card of three lines (TD1)", card(&lines[0], &lines[1])),
            _ => return None,
        };
        Some(Self { kind: kind.to_owned(), lines, digits })
    }

    #[must_use]
    pub fn is_right(&self) -> bool {
        self.digits.iter().all(MrzDigit::is_right)
    }
}

fn passport(line: &str) -> Vec<MrzDigit> {
    let all = [&line[0..10], &line[13..20], &line[21..43]].concat();
    vec![
        digit("document number", &line[0..9], line, 9),
        digit("birth date", &line[13..19], line, 19),
        digit("expiry date", &line[21..27], line, 27),
        digit("optional data", &line[28..42], line, 42),
        digit("whole zone", &all, line, 43),
    ]
}

/// Number, birth date and expiry date; a visa has no digit over the whole zone, whatever its size.
fn visa(line: &str) -> Vec<MrzDigit> {
    vec![
        digit("document number", &line[0..9], line, 9),
        digit("birth date", &line[13..19], line, 19),
        digit("expiry date", &line[21..27], line, 27),
    ]
}

fn two_lines(line: &str) -> Vec<MrzDigit> {
    let all = [&line[0..10], &line[13..20], &line[21..35]].concat();
    vec![
        long_number(&line[0..9], &line[9..10], &line[28..35])
            .unwrap_or_else(|| digit("document number", &line[0..9], line, 9)),
        digit("birth date", &line[13..19], line, 19),
        digit("expiry date", &line[21..27], line, 27),
        digit("whole zone", &all, line, 35),
    ]
}

/// Number of twelve, birth date, and one digit over both lines; it has no expiry date.
fn french_card(first: &str, second: &str) -> Vec<MrzDigit> {
    let all = [first, &second[0..35]].concat();
    vec![
        digit("document number", &second[0..12], second, 12),
        digit("birth date", &second[27..33], second, 33),
        digit("whole zone", &all, second, 35),
    ]
}

fn card(first: &str, second: &str) -> Vec<MrzDigit> {
    let all = [&first[5..30], &second[0..7], &second[8..15], &second[18..29]].concat();
    vec![
        long_number(&first[5..14], &first[14..15], &first[15..30])
            .unwrap_or_else(|| digit("document number", &first[5..14], first, 14)),
        digit("birth date", &second[0..6], second, 6),
        digit("expiry date", &second[8..14], second, 14),
        digit("whole zone", &all, second, 29),
    ]
}

/// A number of more than nine characters goes on in the optional data, and its check digit stands
/// at its end; in the digit's own place is then a filler.
fn long_number(begin: &str, place: &str, optional: &str) -> Option<MrzDigit> {
    let rest = optional.split('<').next().filter(|r| place == "<" && r.len() > 1)?;
    let (rest, printed) = rest.split_at(rest.len() - 1);
    let number = format!("{begin}<{rest}");
    let bare = [begin, rest].concat();
    // With or without the filler: both are printed.
    let printed = printed.chars().next()?;
    let computed = [check_digit(&bare), check_digit(&number)]
        .into_iter()
        .find(|c| *c == printed)
        .unwrap_or_else(|| check_digit(&bare));
    Some(MrzDigit { of: "document number".to_owned(), printed, computed })
}

fn digit(of: &str, protected: &str, line: &str, at: usize) -> MrzDigit {
    MrzDigit {
        of: of.to_owned(),
        printed: char::from(line.as_bytes()[at]),
        computed: check_digit(protected),
    }
}

fn check_digit(text: &str) -> char {
    let value = |b: u8| match b {
        b'0'..=b'9' => u32::from(b - b'0'),
        b'A'..=b'Z' => u32::from(b - b'A') + 10,
        _ => 0,
    };
    let sum: u32 =
        text.bytes().zip([7, 3, 1].into_iter().cycle()).map(|(b, weight)| value(b) * weight).sum();
    char::from(b'0' + (sum % 10) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    // The specimens of ICAO Doc 9303, parts 4 and 5.
    const PASSPORT: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const CARD: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";

    #[test]
    fn the_specimens_of_the_standard_are_right() {
        for text in [PASSPORT, CARD] {
            let mrz = Mrz::read(text).expect("readable");
            assert!(mrz.is_right(), "{:?}", mrz.digits);
        }
    }

    #[test]
    fn each_kind_of_zone_has_its_own_digits() {
        // The specimens of parts 6 and 7; the French card is the one of its public description.
        for (text, kind, digits) in [
            (PASSPORT, "TD3", 5),
            (CARD, "TD1", 4),
            (
                "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6",
                "TD2",
                4,
            ),
            (
                "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<",
                "MRV-A",
                3,
            ),
            (
                "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<",
                "MRV-B",
                3,
            ),
            (
                "IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512068F6",
                "French",
                3,
            ),
        ] {
            let mrz = Mrz::read(text).expect("readable");
            assert!(mrz.kind.contains(kind) && mrz.digits.len() == digits, "{mrz:?}");
            assert!(mrz.is_right(), "{kind}: {:?}", mrz.digits);
        }
        let changed =
            Mrz::read("IDFRABERTHIER<<<<<<<<<<<<<<<<<<<<<<<\n8806923102858CORINNE<<<<<<<6512069F6")
                .expect("readable");
        assert!(!changed.is_right());
    }

    #[test]
    fn a_changed_birth_date_shows_in_its_digit_and_in_the_whole() {
        let mrz = Mrz::read(&PASSPORT.replace("740812", "740813")).expect("readable");
        let wrong: Vec<&str> =
            mrz.digits.iter().filter(|d| !d.is_right()).map(|d| d.of.as_str()).collect();
        assert_eq!(wrong, ["birth date", "whole zone"]);
    }

    #[test]
    fn a_number_of_more_than_nine_characters_goes_on_in_the_optional_data() {
        // Doc 9303 part 5, 4.2.2.2: D23145890734 with check digit 9.
        let card = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<";
        let number = Mrz::read(card).expect("readable").digits.remove(0);
        assert_eq!(number.printed, '9');
        assert!(number.is_right(), "{number:?}");
        let changed =
            Mrz::read(&card.replace("<7349<", "<7359<")).expect("readable").digits.remove(0);
        assert!(!changed.is_right());
    }

    #[test]
    fn other_texts_are_no_zone() {
        for text in ["", "P<UTO", "hello world", &"A".repeat(88), "王".repeat(44).as_str()] {
            assert_eq!(Mrz::read(text), None, "{text}");
        }
    }
}
