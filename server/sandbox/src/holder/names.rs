//! Names: how one is taken apart, and believable ones of six countries with their Latin spelling.

use super::Dice;

/// Native and Latin spelling.
type Spelling = (&'static str, &'static str);

pub(super) struct Pool {
    country: &'static str,
    women: &'static [Spelling],
    men: &'static [Spelling],
    families: &'static [Spelling],
}

/// Family names that fit all genders. The last pool also serves countries that are not here.
const POOLS: [Pool; 6] = [
    Pool {
        country: "TWN",
        women: &[
            ("雅婷", "YA-TING"),
            ("淑芬", "SHU-FEN"),
            ("怡君", "YI-CHUN"),
            ("美玲", "MEI-LING"),
            ("佳穎", "CHIA-YING"),
        ],
        men: &[
            ("志明", "CHIH-MING"),
            ("俊傑", "CHUN-CHIEH"),
            ("建宏", "CHIEN-HUNG"),
            ("家豪", "CHIA-HAO"),
            ("宗翰", "TSUNG-HAN"),
        ],
        families: &[
            ("林", "LIN"),
            ("陳", "CHEN"),
            ("黃", "HUANG"),
            ("張", "CHANG"),
            ("李", "LEE"),
            ("吳", "WU"),
            ("歐陽", "OUYANG"),
        ],
    },
    Pool {
        country: "JPN",
        women: &[
            ("遥", "HARUKA"),
            ("美咲", "MISAKI"),
            ("陽菜", "HINA"),
            ("直子", "NAOKO"),
            ("恵", "MEGUMI"),
        ],
        men: &[
            ("健太", "KENTA"),
            ("大輔", "DAISUKE"),
            ("翔", "SHO"),
            ("隆", "TAKASHI"),
            ("直樹", "NAOKI"),
        ],
        families: &[
            ("佐藤", "SATO"),
            ("鈴木", "SUZUKI"),
            ("高橋", "TAKAHASHI"),
            ("渡辺", "WATANABE"),
            ("森", "MORI"),
            ("中村", "NAKAMURA"),
        ],
    },
    Pool {
        country: "UKR",
        women: &[
            ("Олена", "OLENA"),
            ("Ірина", "IRYNA"),
            ("Наталія", "NATALIIA"),
            ("Соломія", "SOLOMIIA"),
            ("Юлія", "YULIIA"),
        ],
        men: &[
            ("Тарас", "TARAS"),
            ("Андрій", "ANDRII"),
            ("Богдан", "BOHDAN"),
            ("Сергій", "SERHII"),
            ("Євген", "YEVHEN"),
        ],
        families: &[
            ("Коваленко", "KOVALENKO"),
            ("Шевчук", "SHEVCHUK"),
            ("Бондаренко", "BONDARENKO"),
            ("Гриценко", "HRYTSENKO"),
            ("Їжак", "YIZHAK"),
        ],
    },
    Pool {
        country: "DEU",
        women: &[
            ("Anna", "ANNA"),
            ("Käthe", "KAETHE"),
            ("Lena", "LENA"),
            ("Änne", "AENNE"),
            ("Sophie", "SOPHIE"),
        ],
        men: &[
            ("Jörg", "JOERG"),
            ("Jonas", "JONAS"),
            ("Günther", "GUENTHER"),
            ("Lukas", "LUKAS"),
            ("Matthias", "MATTHIAS"),
        ],
        families: &[
            ("Müller", "MUELLER"),
            ("Weiß", "WEISS"),
            ("Schäfer", "SCHAEFER"),
            ("Krämer", "KRAEMER"),
            ("Vogt", "VOGT"),
            ("Schröder", "SCHROEDER"),
        ],
    },
    Pool {
        country: "POL",
        women: &[
            ("Małgorzata", "MALGORZATA"),
            ("Zofia", "ZOFIA"),
            ("Agnieszka", "AGNIESZKA"),
            ("Żaneta", "ZANETA"),
            ("Ewa", "EWA"),
        ],
        men: &[
            ("Łukasz", "LUKASZ"),
            ("Paweł", "PAWEL"),
            ("Michał", "MICHAL"),
            ("Tomasz", "TOMASZ"),
            ("Grzegorz", "GRZEGORZ"),
        ],
        families: &[
            ("Nowak", "NOWAK"),
            ("Wójcik", "WOJCIK"),
            ("Król", "KROL"),
            ("Zając", "ZAJAC"),
            ("Żak", "ZAK"),
            ("Pietrzyk", "PIETRZYK"),
        ],
    },
    Pool {
        country: "GBR",
        women: &[
            ("Emily", "EMILY"),
            ("Charlotte", "CHARLOTTE"),
            ("Siân", "SIAN"),
            ("Grace", "GRACE"),
            ("Zoë", "ZOE"),
        ],
        men: &[
            ("Oliver", "OLIVER"),
            ("Harry", "HARRY"),
            ("Callum", "CALLUM"),
            ("George", "GEORGE"),
            ("Rhys", "RHYS"),
        ],
        families: &[
            ("Clarke", "CLARKE"),
            ("O'Connor", "OCONNOR"),
            ("Hughes", "HUGHES"),
            ("Thornbury", "THORNBURY"),
            ("Smith-Jones", "SMITH JONES"),
            ("Evans", "EVANS"),
        ],
    },
];

/// Family names of more than one character that are not Japanese.
const LONG_FAMILIES: [&str; 4] = ["歐陽", "司馬", "諸葛", "張簡"];

/// M or F: as a given name tells, else as the dice fall.
pub(super) fn gender_of(name: Option<&str>, dice: &Dice) -> String {
    let has = |given: &[Spelling]| {
        given.iter().any(|(native, _)| name.is_some_and(|name| name.contains(native)))
    };
    let female = if POOLS.iter().any(|pool| has(pool.women)) {
        true
    } else if POOLS.iter().any(|pool| has(pool.men)) {
        false
    } else {
        dice.roll("gender", 2) == 0
    };
    if female { "F" } else { "M" }.into()
}

/// A full name as the country writes it.
pub(super) fn invent(country: &str, gender: &str, dice: &Dice) -> String {
    let pool = POOLS.iter().find(|pool| pool.country == country).unwrap_or(&POOLS[POOLS.len() - 1]);
    let given = dice.pick("given name", if gender == "F" { pool.women } else { pool.men }).0;
    let family = dice.pick("family name", pool.families).0;
    if is_han(family) { format!("{family}{given}") } else { format!("{given} {family}") }
}

/// First, last and full name. Names in Chinese characters have the last name first and no space;
/// all others end with it, unless a comma says otherwise.
pub(super) fn split(name: &str, country: &str) -> (Option<String>, String, String) {
    let name = name.trim();
    if is_han(name) {
        let (last, first) = split_han(name, country);
        return (
            Some(first.clone()).filter(|first| !first.is_empty()),
            last.clone(),
            last + &first,
        );
    }
    let parts = name.split_once(',').map(|(last, first)| (first.trim(), last.trim()));
    let (first, last) =
        parts.or_else(|| name.rsplit_once(char::is_whitespace)).unwrap_or(("", name));
    (
        Some(first.trim().to_owned()).filter(|first| !first.is_empty()),
        last.to_owned(),
        name.to_owned(),
    )
}

fn split_han(name: &str, country: &str) -> (String, String) {
    if let Some((last, first)) = name.split_once(char::is_whitespace) {
        return (last.to_owned(), first.split_whitespace().collect());
    }
    let letters = name.chars().count();
    let known =
        POOLS.iter().flat_map(|pool| pool.families).map(|(native, _)| *native).chain(LONG_FAMILIES);
    let known =
        known.filter(|family| name.starts_with(family)).map(|family| family.chars().count()).max();
    let usual = if country == "JPN" && letters > 2 { 2 } else { 1 };
    let long = known.unwrap_or(usual).min(letters.saturating_sub(1)).max(1);
    (name.chars().take(long).collect(), name.chars().skip(long).collect())
}

/// Only Chinese characters, with or without spaces.
pub(super) fn is_han(name: &str) -> bool {
    let mut letters = name.chars().filter(|letter| !letter.is_whitespace()).peekable();
    letters.peek().is_some() && letters.all(is_han_letter)
}

pub(super) fn is_han_letter(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}' | '々')
}

/// The Latin spelling of a word that a pool knows.
pub(super) fn known_latin(word: &str) -> Option<&'static str> {
    let words = POOLS.iter().flat_map(|pool| [pool.women, pool.men, pool.families]).flatten();
    words.into_iter().find(|(native, _)| *native == word).map(|(_, latin)| *latin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(name: &str, country: &str) -> (String, String, String) {
        let (first, last, full) = split(name, country);
        (first.unwrap_or_default(), last, full)
    }

    #[test]
    fn names_come_apart_as_their_language_writes_them() {
        for (name, country, first, last, full) in [
            ("王又曾", "TWN", "又曾", "王", "王又曾"),
            ("王 又曾", "TWN", "又曾", "王", "王又曾"),
            ("歐陽美玲", "TWN", "美玲", "歐陽", "歐陽美玲"),
            ("佐藤遥", "JPN", "遥", "佐藤", "佐藤遥"),
            ("長谷健", "JPN", "健", "長谷", "長谷健"),
            (
                "Виктор Анатольевич Савенков",
                "BLR",
                "Виктор Анатольевич",
                "Савенков",
                "Виктор Анатольевич Савенков",
            ),
            ("Müller, Jörg", "DEU", "Jörg", "Müller", "Müller, Jörg"),
            (" Cher ", "GBR", "", "Cher", "Cher"),
            ("王", "TWN", "", "王", "王"),
        ] {
            assert_eq!(
                parts(name, country),
                (first.to_owned(), last.to_owned(), full.to_owned()),
                "{name}"
            );
        }
    }

    #[test]
    fn a_given_name_tells_the_gender() {
        for key in 0..10 {
            let dice = Dice { seed: 1, key: key.to_string() };
            assert_eq!(gender_of(Some("Олена Коваленко"), &dice), "F");
            assert_eq!(gender_of(Some("Łukasz Nowak"), &dice), "M");
        }
    }
}
