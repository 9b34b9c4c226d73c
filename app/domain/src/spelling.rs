//! Whether two spellings are of one name, and if so, what lies between them.
//!
//! Source of the zones: ICAO Doc 9303 parts 3 to 7. A name that does not fit is cut where its zone
//! ends.

use crate::{fields::one_line, search};
use std::collections::BTreeSet;

/// How two spellings of a name stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    Same,
    /// Same, but for upper and lower case.
    Case,
    /// Same, but for marks, signs or spaces.
    Marks,
    /// Same words in another order.
    Order,
    /// Same in the spelling of machine-readable zones: `JUERGEN MUELLER`.
    Zone,
    /// Same as far as a machine-readable zone of so many characters goes.
    Cut(usize),
    /// All that we know, and more.
    More,
    /// Less than we know, and nothing else.
    Fewer,
    Other,
}

impl Likeness {
    #[must_use]
    pub const fn is_same(self) -> bool {
        matches!(
            self,
            Self::Same | Self::Case | Self::Marks | Self::Order | Self::Zone | Self::Cut(_)
        )
    }

    /// What is said beside the result.
    #[must_use]
    pub fn note(self) -> Option<String> {
        Some(match self {
            Self::Same | Self::Other => return None,
            Self::Case => "Same, but for upper and lower case.".into(),
            Self::Marks => "Same, but for diacritics, signs or spaces.".into(),
            Self::Order => "Same words in another order.".into(),
            Self::Zone => "Same, in the spelling of machine-readable zones.".into(),
            Self::Cut(length) => format!(
                "Same as far as it goes: a machine-readable zone has room for {length} characters of a name."
            ),
            Self::More => "The document has more names than we expected.".into(),
            Self::Fewer => "The document has fewer names than we expected.".into(),
        })
    }
}

/// Room for a name: passports and visas of two lines of 44, documents of two lines of 36, cards of
/// three lines.
const ZONES: [usize; 3] = [39, 31, 30];

/// Compares what we know with what somebody else says.
#[must_use]
pub fn liken(known: &str, found: &str) -> Likeness {
    if one_line(known) == one_line(found) {
        return Likeness::Same;
    }
    let (k, f) = (search::words(known), search::words(found));
    if k.is_empty() || f.is_empty() {
        return Likeness::Other;
    }
    let sorted = |words: &[String]| {
        let mut words = words.to_vec();
        words.sort();
        words
    };
    if one_line(known).to_lowercase() == one_line(found).to_lowercase() {
        return Likeness::Case;
    }
    if are_joined(&in_one_way(&k), &in_one_way(&f)) {
        return Likeness::Marks;
    }
    if sorted(&k) == sorted(&f) {
        return Likeness::Order;
    }
    let (known, found) = (search::spellings(known), search::spellings(found));
    if are_spelt_alike(&known, &found) {
        Likeness::Zone
    } else if let Some(length) = cut(&known, &f) {
        Likeness::Cut(length)
    } else if known.iter().all(|word| found.iter().any(|other| meet(word, other))) {
        Likeness::More
    } else if found.iter().all(|word| known.iter().any(|other| meet(word, other))) {
        Likeness::Fewer
    } else {
        Likeness::Other
    }
}

fn meet(one: &[String], other: &[String]) -> bool {
    one.iter().any(|spelling| other.contains(spelling))
}

/// Whether each word has its counterpart, in any order, or all of them do when they are written as
/// one.
fn are_spelt_alike(one: &[Vec<String>], other: &[Vec<String>]) -> bool {
    let mut left: Vec<&Vec<String>> = other.iter().collect();
    let is_each = one.iter().all(|word| {
        left.iter().position(|o| meet(word, o)).map(|at| left.swap_remove(at)).is_some()
    });
    let is_whole = || {
        WAYS.iter()
            .any(|a| WAYS.iter().any(|b| are_joined(&all_spelt(one, *a), &all_spelt(other, *b))))
    };
    (is_each && left.is_empty()) || is_whole()
}

fn in_one_way(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

fn all_spelt(words: &[Vec<String>], way: Way) -> Vec<&str> {
    words.iter().map(|word| spelt(word, way)).collect()
}

/// Whether two names are the same letters, and only one of them has spaces that the other has not:
/// `Jean Luc` and `Jeanluc`, but never `Anna Berg` and `Ann Aberg`.
fn are_joined(one: &[&str], other: &[&str]) -> bool {
    let ends = |words: &[&str]| -> BTreeSet<usize> {
        let lengths = words.iter().scan(0, |at, word| {
            *at += word.len();
            Some(*at)
        });
        lengths.collect()
    };
    let (one_ends, other_ends) = (ends(one), ends(other));
    one.concat() == other.concat()
        && (one_ends.is_subset(&other_ends) || other_ends.is_subset(&one_ends))
}

/// How all letters of a name are spelt alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    Zone,
}

const WAYS: [Way; 2] = [Way::Plain, Way::Zone];

/// One spelling of a word: the folded one, or the one in which every letter is spelt as zones
/// usually do, which is the longest besides those with `XX`.
fn spelt(word: &[String], way: Way) -> &str {
    let plain = word.first().map_or("", String::as_str);
    match way {
        Way::Plain => plain,
        Way::Zone => word
            .iter()
            .map(String::as_str)
            .filter(|w| !w.contains("xx"))
            .max_by_key(|w| w.len())
            .unwrap_or(plain),
    }
}

/// Where a zone cut the name, if one did: what is found is its beginning and as long as a zone has
/// room.
///
/// Zones begin with the family name, and between it and the others stand two fillers, of which a
/// space is left. A space at the end is lost, too.
fn cut(known: &[Vec<String>], found: &[String]) -> Option<usize> {
    let found = found.join(" ");
    let length = found.chars().count();
    let is_beginning = |from: usize, way: Way| {
        let turned: Vec<&str> =
            known[from..].iter().chain(&known[..from]).map(|word| spelt(word, way)).collect();
        let whole = turned.join(" ");
        let rest = whole.strip_prefix(&found).filter(|rest| !rest.is_empty())?;
        let lost = if rest.starts_with(' ') { 2 } else { 1 };
        let fits = |room: &usize| (room - lost..=*room).contains(&length);
        ZONES.into_iter().find(|room| *room == length).or_else(|| ZONES.into_iter().find(fits))
    };
    (0..known.len()).find_map(|from| WAYS.iter().find_map(|way| is_beginning(from, *way)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_told_from_other_names() {
        use Likeness as L;
        for (known, found, likeness) in [
            ("王又曾", "王又曾", L::Same),
            ("Anna Berg", "ANNA BERG", L::Case),
            ("José Muñoz", "JOSE MUNOZ", L::Marks),
            ("Keʻalohi", "KEALOHI", L::Marks),
            ("O'Brian", "OBRIAN", L::Marks),
            ("Jean-Luc Picard", "JEANLUC PICARD", L::Marks),
            ("王又曾", "王 又曾", L::Marks),
            ("Anna Berg", "Ann Aberg", L::Other),
            ("Jürg Ernst", "JUERGE RNST", L::Other),
            ("Hans-Jürgen Müller", "HANSJUERGEN MUELLER", L::Zone),
            ("Müller, Jürgen", "JURGEN MULLER", L::Order),
            ("Jürgen Müller", "JUERGEN MUELLER", L::Zone),
            ("Jürgen Müller", "MUELLER JURGEN", L::Zone),
            ("Jürgen Mueller", "JUERGEN MÜLLER", L::Zone),
            ("Søren Ågård", "AAGAARD SOEREN", L::Zone),
            ("Søren Aagaard", "SOEREN AAGAARD", L::Zone),
            ("Muñoz", "MUNXXOZ", L::Zone),
            ("Anna Müller", "ANNA MARIA MUELLER", L::More),
            ("Anna Maria Müller", "ANNA MUELLER", L::Fewer),
            ("Manuel", "Manul", L::Other),
            ("バンダ カギ", "ハンタ カキ", L::Other),
            ("रवि शर्मा", "राव शर्मा", L::Other),
            ("Anna Berg", "", L::Other),
        ] {
            assert_eq!(liken(known, found), likeness, "{known} / {found}");
        }
    }

    #[test]
    fn a_name_is_cut_where_its_zone_ends_and_nowhere_else() {
        let known = "Nilavadhanananda Chayapa Dejthamrong Krasuang";
        let zone = known.to_uppercase();
        assert_eq!(liken(known, &zone[..39]), Likeness::Cut(39));
        assert_eq!(liken(known, &zone[..38]), Likeness::Cut(39));
        assert_eq!(liken(known, &zone[..31]), Likeness::Cut(31));
        assert_eq!(liken(known, &zone[..30]), Likeness::Cut(30));
        // The family name first.
        assert_eq!(
            liken("Chayapa Dejthamrong Krasuang Nilavadhanananda", &zone[..39]),
            Likeness::Cut(39)
        );
        assert_eq!(liken(known, &zone[..20]), Likeness::Other);
        assert_eq!(liken(known, "NILAVADHANANANDA CHAYAPA"), Likeness::Fewer);
        assert_eq!(
            liken(
                "Jürgen-Ölaf von und zu Müllerhausen-Großkreuzhagen",
                "JUERGEN OELAF VON UND ZU MUELLE"
            ),
            Likeness::Cut(31)
        );
    }
}
