//! Invents people with a phone of eight countries: names, addresses, documents as the country
//! writes them. Nobody in it exists. British, French and German numbers are of the ranges that
//! their regulators keep for films; the others only look like numbers of their country.

use std::collections::BTreeMap;

use crate::{
    holder::Dice,
    text::{date_of, days_of, fold},
};

use super::{lines::Line, subscribers::Subscriber};

/// A country. Names are `written`, or `written|full-width kana|half-width kana|Latin`; towns are
/// `locality|region|postal code`. In patterns `9` is a digit and `A` a letter.
struct Country {
    code: &'static str,
    /// Unique numbers by counting: `#` stands for the digits of the count.
    number: &'static str,
    document: &'static str,
    women: &'static [&'static str],
    men: &'static [&'static str],
    families: &'static [&'static str],
    streets: &'static [&'static str],
    towns: &'static [&'static str],
    /// `{s}` street, `{n}` number, `{x}` extension, `{p}` postal code, `{l}` locality, `{r}`
    /// region.
    address: &'static str,
}

const COUNTRIES: [Country; 8] = [
    Country {
        code: "ES",
        number: "+3469912####",
        document: "99999999A",
        women: &["Lucía", "Begoña", "Ángela", "Itziar", "María José"],
        men: &["Íñigo", "Álvaro", "Jesús", "Unai", "José Luis"],
        families: &[
            "Núñez Peña",
            "García Ibáñez",
            "Muñoz León",
            "Etxeberria Ruiz",
            "López-Vázquez Gil",
        ],
        streets: &["Nicolás Salmerón", "Gran Vía", "Alcalá", "Príncipe de Vergara"],
        towns: &["Madrid|Madrid|28013", "A Coruña|Galicia|15003", "Logroño|La Rioja|26001"],
        address: "{s} {n}",
    },
    Country {
        code: "DE",
        number: "+4917139200##",
        document: "A99A99A99",
        women: &["Käthe", "Änne", "Sophie", "Jördis", "Anna-Lena"],
        men: &["Jörg", "Günther", "Matthias", "Björn", "Lukas"],
        families: &["Müller", "Weiß", "Schröder", "von der Heydt", "Krämer"],
        streets: &["Schönhauser Allee", "Große Bleichen", "Königstraße", "Am Mühlenbach"],
        towns: &["München|Bayern|80331", "Köln|Nordrhein-Westfalen|50667", "Görlitz|Sachsen|02826"],
        address: "{s} {n}, {p} {l}",
    },
    Country {
        code: "FR",
        number: "+3363998####",
        document: "99AA99999",
        women: &["Chloé", "Zoé", "Françoise", "Anaïs", "Marie-Hélène"],
        men: &["Jérôme", "François", "Loïc", "Gaël", "Jean-Noël"],
        families: &["Lefèvre", "Béranger", "d'Aubigné", "Le Goff", "Châtelain"],
        streets: &["Émile Zola", "de l'Église", "Saint-Honoré", "des Trois Frères"],
        towns: &[
            "Besançon|Bourgogne-Franche-Comté|25000",
            "Nîmes|Occitanie|30000",
            "Évreux|Normandie|27000",
        ],
        address: "{n} {s}, {p} {l}",
    },
    Country {
        code: "NL",
        number: "+3161234####",
        document: "AA9999999",
        women: &["Femke", "Zoë", "Renée", "Sjoukje", "Maartje"],
        men: &["Jeroen", "Daniël", "Sjoerd", "René", "Maarten"],
        families: &["de Vries", "van 't Hof", "Brouwer", "Hoekstra", "van den Berg"],
        streets: &["Prinsengracht", "Nieuwezijds Voorburgwal", "Coolsingel", "Oudegracht"],
        towns: &[
            "Amsterdam|Noord-Holland|1016 DV",
            "Utrecht|Utrecht|3511 AL",
            "Heerenveen|Fryslân|8441 ER",
        ],
        address: "{s} {n}{x}",
    },
    Country {
        code: "PL",
        number: "+4860099####",
        document: "AAA999999",
        women: &["Małgorzata", "Żaneta", "Agnieszka", "Elżbieta", "Zofia"],
        men: &["Łukasz", "Paweł", "Michał", "Grzegorz", "Jędrzej"],
        families: &["Wójcik", "Zając", "Król", "Dąbek", "Kowalewicz"],
        streets: &["Świętokrzyska", "Łąkowa", "Piotrkowska", "Żwirki i Wigury"],
        towns: &["Łódź|łódzkie|90-001", "Kraków|małopolskie|31-042", "Gdańsk|pomorskie|80-831"],
        address: "{s} {n}, {p} {l}",
    },
    Country {
        code: "BR",
        number: "+551199123####",
        document: "99999999999",
        women: &["Conceição", "Júlia", "Antônia", "Luíza", "Ana Flávia"],
        men: &["João", "Antônio", "Luís", "Sebastião", "Caíque"],
        families: &["Gonçalves", "da Conceição", "Simões Brandão", "Araújo", "dos Anjos"],
        streets: &["São Bento", "da Consolação", "Brigadeiro Luís Antônio", "Três Rios"],
        towns: &[
            "São Paulo|São Paulo|01001-000",
            "Florianópolis|Santa Catarina|88010-000",
            "Belém|Pará|66010-000",
        ],
        address: "{s}, {n} {x}, {l}",
    },
    Country {
        code: "GB",
        number: "+44770090####",
        document: "999999999",
        women: &["Siân", "Charlotte", "Zoë", "Niamh", "Grace"],
        men: &["Callum", "Rhys", "Seán", "Oliver", "George"],
        families: &["O'Connor", "Smith-Jones", "Thornbury", "Hughes", "Ó Briain"],
        streets: &["High Street", "St Mary's Road", "Queen's Walk", "Heol y Bont"],
        towns: &[
            "London|Greater London|SW1A 1AA",
            "Cardiff|South Glamorgan|CF10 1EP",
            "Londonderry|County Londonderry|BT48 6HQ",
        ],
        address: "{n} {s}, {l} {p}",
    },
    Country {
        code: "JP",
        number: "+819012340####",
        document: "AA9999999",
        women: &[
            "遥|ハルカ|ﾊﾙｶ|Haruka",
            "美咲|ミサキ|ﾐｻｷ|Misaki",
            "恵|メグミ|ﾒｸﾞﾐ|Megumi",
            "直子|ナオコ|ﾅｵｺ|Naoko",
        ],
        men: &[
            "健太|ケンタ|ｹﾝﾀ|Kenta",
            "大輔|ダイスケ|ﾀﾞｲｽｹ|Daisuke",
            "翔|ショウ|ｼｮｳ|Sho",
            "隆|タカシ|ﾀｶｼ|Takashi",
        ],
        families: &[
            "佐藤|サトウ|ｻﾄｳ|Sato",
            "渡辺|ワタナベ|ﾜﾀﾅﾍﾞ|Watanabe",
            "鈴木|スズキ|ｽｽﾞｷ|Suzuki",
            "中村|ナカムラ|ﾅｶﾑﾗ|Nakamura",
        ],
        streets: &["飯田橋", "西新宿", "中之島", "本町"],
        towns: &[
            "千代田区|東京都|102-0072",
            "大阪市北区|大阪府|530-0005",
            "札幌市中央区|北海道|060-0001",
        ],
        address: "{r}{l}{s}{n}",
    },
];

const DOCUMENT_TYPES: [&str; 4] =
    ["passport", "national_id_card", "driver_licence", "residence_permit"];
const LETTERS: &[u8; 26] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The `index`-th person of a seed. With `gaps` some of it is not on file; the full name and the
/// document always are.
pub(super) fn invent(seed: u64, index: usize, gaps: bool) -> Subscriber {
    let land = &COUNTRIES[index % COUNTRIES.len()];
    let dice = Dice { seed, key: format!("subscriber {index}") };
    let female = dice.roll("gender", 2) == 0;
    let given = Written::of(dice.pick("given", if female { land.women } else { land.men }));
    let family = Written::of(dice.pick("family", land.families));

    let mut on_file = BTreeMap::new();
    let mut note = |name: &'static str, value: String| {
        let always = matches!(name, "name" | "idDocument");
        if always || !gaps || dice.roll(&format!("gap {name}"), 7) != 0 {
            on_file.insert(name, value);
        }
    };
    let middle = (dice.roll("middle", 3) == 0 && given.kana.is_empty())
        .then(|| Written::of(dice.pick("middle name", if female { land.women } else { land.men })));
    let full = match &middle {
        _ if !given.kana.is_empty() => format!("{} {}", family.native, given.native),
        Some(middle) if land.code != "ES" => {
            format!("{} {} {}", given.native, middle.native, family.native)
        }
        _ => format!("{} {}", given.native, family.native),
    };
    note("name", full);
    note("givenName", given.native.into());
    note("familyName", family.native.into());
    if let Some(middle) = middle {
        note("middleNames", middle.native.into());
    }
    if !given.kana.is_empty() {
        note("nameKanaZenkaku", format!("{} {}", family.kana, given.kana));
        note("nameKanaHankaku", format!("{} {}", family.half, given.half));
    }
    if female && dice.roll("at birth", 2) == 0 {
        note(
            "familyNameAtBirth",
            Written::of(dice.pick("family at birth", land.families)).native.into(),
        );
    }
    note("email", email(&given, &family, index));
    let gender = if dice.roll("other", 25) == 0 {
        "OTHER"
    } else if female {
        "FEMALE"
    } else {
        "MALE"
    };
    note("gender", gender.into());
    let birthdate = day(&dice, "birth", "1948-01-01", "2006-12-31");
    note("birthdate", birthdate.clone());
    note(
        "cityOfBirth",
        dice.pick("city of birth", land.towns).split('|').next().unwrap_or_default().into(),
    );
    note("countryOfBirth", land.code.into());
    note("nationality", land.code.into());
    note("idDocument", pattern(land.document, &dice));
    note("idDocumentType", (*dice.pick("document type", &DOCUMENT_TYPES)).into());
    note("idDocumentExpiryDate", day(&dice, "expiry", "2028-01-01", "2037-12-31"));
    for (name, value) in address(land, &dice) {
        note(name, value);
    }
    Subscriber {
        number: number(land, index / COUNTRIES.len()),
        on_file,
        line: Line::invented(&dice, &birthdate),
    }
}

/// A name as it is written, its readings (Japan), and its Latin letters.
struct Written {
    native: &'static str,
    kana: &'static str,
    half: &'static str,
    latin: String,
}

impl Written {
    fn of(entry: &&'static str) -> Written {
        let mut parts = entry.split('|');
        let mut next = || parts.next().unwrap_or_default();
        let (native, kana, half, latin) = (next(), next(), next(), next());
        Written { native, kana, half, latin: fold(if latin.is_empty() { native } else { latin }) }
    }
}

fn email(given: &Written, family: &Written, index: usize) -> String {
    let word = |name: &Written| name.latin.replace(' ', "");
    format!("{}.{}{index}@example.{}", word(given), word(family), ["com", "net", "org"][index % 3])
}

fn address(land: &Country, dice: &Dice) -> Vec<(&'static str, String)> {
    let mut town = dice.pick("town", land.towns).split('|');
    let mut next = || town.next().unwrap_or_default().to_owned();
    let (locality, region, postal_code) = (next(), next(), next());
    let street = *dice.pick("street", land.streets);
    let house = match land.code {
        "JP" => format!(
            "{}-{}-{}",
            1 + dice.roll("block", 5),
            1 + dice.roll("building", 20),
            1 + dice.roll("house", 30)
        ),
        _ => (1 + dice.roll("house", 180)).to_string(),
    };
    let extension = (dice.roll("extension", 3) == 0)
        .then(|| ["A", "B", "2", "bis"][dice.roll("which extension", 4)]);
    let whole = [
        ("{s}", street),
        ("{n}", &house),
        ("{x}", extension.unwrap_or_default()),
        ("{p}", &postal_code),
        ("{l}", &locality),
        ("{r}", &region),
    ]
    .iter()
    .fold(land.address.to_owned(), |text, (mark, value)| text.replace(mark, value))
    .replace(" ,", ",");
    let mut parts = vec![
        ("address", whole),
        ("streetName", street.into()),
        ("streetNumber", house),
        ("postalCode", postal_code),
    ];
    parts.extend([("region", region), ("locality", locality), ("country", land.code.into())]);
    parts.extend(extension.map(|extension| ("houseNumberExtension", extension.to_owned())));
    parts
}

/// The `count`-th number of the country; the same for each seed.
fn number(land: &Country, count: usize) -> String {
    let places = land.number.matches('#').count();
    format!("{}{count:0places$}", land.number.trim_end_matches('#'))
}

fn pattern(pattern: &str, dice: &Dice) -> String {
    let letter = |(place, sign): (usize, char)| match sign {
        '9' => char::from_digit(
            u32::try_from(dice.roll(&format!("digit {place}"), 10)).unwrap_or(0),
            10,
        )
        .unwrap_or('0'),
        'A' => char::from(LETTERS[dice.roll(&format!("letter {place}"), 26)]),
        sign => sign,
    };
    pattern.chars().enumerate().map(letter).collect()
}

fn day(dice: &Dice, question: &str, first: &str, last: &str) -> String {
    let (first, last) = (days_of(first).unwrap_or(0), days_of(last).unwrap_or(0));
    let span = usize::try_from(last - first).unwrap_or(0);
    date_of(first + i64::try_from(dice.roll(question, span)).unwrap_or(0))
}
