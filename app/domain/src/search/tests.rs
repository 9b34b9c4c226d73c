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
        ("Jürgen Müller", "mueller"),
        ("Jürgen Müller", "JUERGEN"),
        ("JUERGEN MUELLER", "Müller"),
        ("Søren Aagaard", "soeren ågård"),
        ("Martin Ødegård", "odegaard"),
        ("Martin Ødegård", "Oedegaard"),
        ("Martin Odegaard", "Ødegård"),
        ("Keʻalohi", "kealohi"),
        ("Keʻalohi", "ke'alohi"),
        ("O'Brian", "obrian"),
        ("O’Brian", "o`brian"),
        ("王又曾", "曾"),
        ("王又曾", "王"),
        ("バンダ カギ", "ギ"),
        ("ﾊﾞﾝﾀﾞ", "バンダ"),
        ("Παπαδόπουλος", "ΠΑΠΑΔΟΠΟΥΛΟΣ"),
        ("مُحَمَّد", "محمد"),
        ("علی", "على"),
        ("Mül\u{AD}ler", "muller"),
        ("रवि शर्मा", "शर्मा"),
        ("C-٠٠١٢", "0012"),
    ] {
        assert!(finds(name, typed), "{name} by {typed}");
    }
    for (name, typed) in [
        ("バンダ カギ", "ハンタ カキ"),
        ("रवि शर्मा", "राव"),
        ("ศรี", "ศร์"),
        ("Anna", "%"),
        ("Anna", "_"),
        ("Anna", "''"),
        ("Anna", "\u{200B}"),
    ] {
        assert!(!finds(name, typed), "{name} by {typed}");
    }
    assert!(terms(" ").is_empty(), "nothing typed asks for nothing");
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
        ("Müller", "mueller", "[Müller]"),
        ("Mueller", "müll", "[Muell]er"),
        ("Ødegård", "odegaard", "[Ødegård]"),
        ("Keʻalohi", "kealohi", "[Keʻalohi]"),
        ("O'Brian", "obri", "[O'Bri]an"),
        ("王又曾", "曾", "王又[曾]"),
        ("शर्मा", "शर्", "[शर्]मा"),
        ("100 %", "%", "100 %"),
        ("ﬁnance", "fi", "[ﬁ]nance"),
        ("Anna", "", "Anna"),
        ("", "anna", ""),
    ] {
        assert_eq!(shown(text, typed), wanted, "{text} by {typed}");
    }
    let long = "a".repeat(40);
    assert_eq!(
        shown(&long, &long),
        format!("[{long}]"),
        "a long word is cut, and still found as a whole"
    );
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
        prop_assert_eq!(letters(&text, Reading::Parted).iter().map(|l| l.0).collect::<String>(), fold(&text));
    }

    #[test]
    fn every_part_of_a_word_is_found(name in "[a-zA-Zäöü王又曾]{2,30}", start in 0usize..28, len in 2usize..30) {
        let letters: Vec<char> = fold(&name).chars().collect();
        let start = start.min(letters.len() - 2);
        let part: String = letters[start..].iter().take(len).collect();
        prop_assert!(finds(&name, &part));
    }

    #[test]
    fn everything_is_found_by_its_own_name(name in "[\\p{L}\\p{M}\\p{N}' ’ʻ-]{1,24}") {
        prop_assume!(!words(&name).is_empty());
        prop_assert!(finds(&name, &name), "{:?}: {:?} {:?}", name, terms(&name), endings(&name));
    }

    #[test]
    fn folding_twice_changes_nothing(text in "\\PC{0,40}") {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once);
    }
}

type Chars = std::ops::RangeInclusive<char>;
/// Letters and the marks that make other letters of them, by script.
const LETTER_LIKE: [(&str, Chars, &[Chars]); 10] = [
    ("kana", '\u{3041}'..='\u{30FA}', &['\u{3099}'..='\u{309A}']),
    (
        "Devanagari",
        '\u{904}'..='\u{939}',
        &['\u{93A}'..='\u{93C}', '\u{93E}'..='\u{94D}', '\u{901}'..='\u{903}'],
    ),
    (
        "Bengali",
        '\u{985}'..='\u{9B9}',
        &[
            '\u{9BC}'..='\u{9BC}',
            '\u{9BE}'..='\u{9C4}',
            '\u{9C7}'..='\u{9C8}',
            '\u{9CB}'..='\u{9CD}',
        ],
    ),
    (
        "Tamil",
        '\u{B85}'..='\u{BB9}',
        &['\u{BBE}'..='\u{BC2}', '\u{BC6}'..='\u{BC8}', '\u{BCA}'..='\u{BCD}'],
    ),
    (
        "Telugu",
        '\u{C05}'..='\u{C39}',
        &['\u{C3E}'..='\u{C44}', '\u{C46}'..='\u{C48}', '\u{C4A}'..='\u{C4D}'],
    ),
    ("Sinhala", '\u{D85}'..='\u{DC6}', &['\u{DCA}'..='\u{DCA}', '\u{DCF}'..='\u{DD4}']),
    (
        "Thai",
        '\u{E01}'..='\u{E2E}',
        &['\u{E31}'..='\u{E31}', '\u{E34}'..='\u{E3A}', '\u{E47}'..='\u{E4E}'],
    ),
    (
        "Lao",
        '\u{E81}'..='\u{EAE}',
        &['\u{EB1}'..='\u{EB1}', '\u{EB4}'..='\u{EBC}', '\u{EC8}'..='\u{ECD}'],
    ),
    ("Burmese", '\u{1000}'..='\u{102A}', &['\u{102B}'..='\u{103E}']),
    ("Khmer", '\u{1780}'..='\u{17B3}', &['\u{17B6}'..='\u{17D3}']),
];

#[test]
fn no_two_letters_that_differ_in_a_letter_like_mark_fold_together() {
    for (script, letters, marks) in LETTER_LIKE {
        let mut folded = std::collections::BTreeMap::new();
        for letter in letters.filter(|c| c.is_alphabetic() && !is_combining_mark(*c)) {
            let with = marks
                .iter()
                .cloned()
                .flatten()
                .filter(|m| is_combining_mark(*m))
                .map(|m| format!("{letter}{m}"));
            for spelt in std::iter::once(letter.to_string()).chain(with) {
                // Two spellings of one letter are one letter.
                let one: String = spelt.nfkc().collect();
                let before = folded.insert(fold(&spelt), one.clone());
                assert!(
                    before.as_ref().is_none_or(|b| *b == one),
                    "{script}: {spelt} and {before:?}"
                );
            }
        }
    }
}

#[test]
fn marks_of_latin_greek_and_cyrillic_and_points_are_left_out() {
    for (one, other) in [
        ("Nguyễn", "nguyen"),
        ("Ёлкин Андрей", "елкин андреи"),
        ("Ἀθηνᾶ", "αθηνα"),
        ("أحمد", "احمد"),
        ("إِبْرَاهِيم", "ابراهیم"),
        ("محـــمد", "محمد"),
        ("کریم", "كريم"),
        ("שָׁלוֹם", "שלום"),
        ("D’Arcy", "d'arcy"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} and {other}");
    }
}

#[test]
fn a_name_has_the_spellings_of_machine_readable_zones() {
    assert_eq!(spellings("Jürg Å"), [vec!["jurg", "juerg", "juxxrg"], vec!["a", "aa"]]);
    assert_eq!(spellings("O’Nu\u{308}"), [vec!["onu", "onue", "onuxx"]]);
    assert_eq!(spellings("½ "), [vec!["1"], vec!["2"]]);
    assert!(spellings("ü".repeat(40).as_str())[0].len() < 200);
}
