//! Whom an identity document is about and what it says: what is known is kept, the rest is
//! invented, always the same for the same seed and key. Nobody in it exists; numbers only look like
//! a country's own.

mod latin;
mod mrz;
mod names;

use serde::{Deserialize, Serialize};

use crate::text::{DAY_MS, date_of, days_of, hash, now_ms};

pub(crate) use mrz::mrz;

/// The documents that can be verified, in the provider's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Kind {
    Passport,
    DrivingLicense,
    IdCard,
}

impl Kind {
    pub const ALL: [Kind; 3] = [Kind::Passport, Kind::DrivingLicense, Kind::IdCard];

    pub fn word(self) -> &'static str {
        match self {
            Kind::Passport => "PASSPORT",
            Kind::DrivingLicense => "DRIVING_LICENSE",
            Kind::IdCard => "ID_CARD",
        }
    }

    pub fn of(word: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What somebody already knows about a holder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Known {
    pub name: Option<String>,
    pub birthday: Option<String>,
    pub id_number: Option<String>,
    pub issuing_date: Option<String>,
    pub expiry_date: Option<String>,
    /// M, F or X.
    pub gender: Option<String>,
}

/// A document's holder as the document shows them; dates are `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Holder {
    pub kind: Kind,
    pub sub_type: String,
    /// Alpha-3.
    pub country: String,
    pub first_name: Option<String>,
    pub last_name: String,
    pub full_name: String,
    pub birthday: String,
    pub id_number: String,
    pub issuing_date: String,
    pub expiry_date: String,
    pub gender: String,
}

/// Makes up whatever is not known. `key` is what the person is remembered by: a name, a picture's
/// hash.
pub(crate) fn invent(seed: u64, key: &str, country: &str, kind: Kind, known: &Known) -> Holder {
    let dice = Dice { seed, key: format!("{country}/{}/{key}", kind.word()) };
    let gender =
        known.gender.clone().unwrap_or_else(|| names::gender_of(known.name.as_deref(), &dice));
    let name = known.name.clone().unwrap_or_else(|| names::invent(country, &gender, &dice));
    let (first_name, last_name, full_name) = names::split(&name, country);
    let (issuing_date, expiry_date) = validity(known, &dice);
    Holder {
        kind,
        sub_type: sub_type(kind, country, &dice).into(),
        country: country.into(),
        birthday: known
            .birthday
            .clone()
            .unwrap_or_else(|| day(&dice, "birthday", "1955-01-01", "2004-12-31")),
        id_number: known.id_number.clone().unwrap_or_else(|| number(kind, country, &gender, &dice)),
        first_name,
        last_name,
        full_name,
        issuing_date,
        expiry_date,
        gender,
    }
}

/// The source of all invention: a number for each question, the same each time it is asked.
pub(crate) struct Dice {
    pub seed: u64,
    pub key: String,
}

impl Dice {
    /// From 0 to `below` - 1.
    pub fn roll(&self, question: &str, below: usize) -> usize {
        let number = hash(self.seed, &format!("{}/{question}", self.key))
            % u64::try_from(below.max(1)).unwrap_or(1);
        usize::try_from(number).unwrap_or(0)
    }

    pub fn pick<'a, T>(&self, question: &str, from: &'a [T]) -> &'a T {
        &from[self.roll(question, from.len())]
    }
}

/// The United Kingdom has no national card, so there it is a residence permit.
fn sub_type(kind: Kind, country: &str, dice: &Dice) -> &'static str {
    let rare = dice.roll("sub type", 8) == 0;
    match kind {
        Kind::Passport => "E_PASSPORT",
        Kind::DrivingLicense if rare => "LEARNING_DRIVING_LICENSE",
        Kind::DrivingLicense => "REGULAR_DRIVING_LICENSE",
        Kind::IdCard if rare || country == "GBR" => "RESIDENT_PERMIT_ID",
        Kind::IdCard => "NATIONAL_ID",
    }
}

fn day(dice: &Dice, question: &str, first: &str, last: &str) -> String {
    let (first, last) = (days_of(first).unwrap_or(0), days_of(last).unwrap_or(0));
    let span = usize::try_from(last - first + 1).unwrap_or(1);
    date_of(first + i64::try_from(dice.roll(question, span)).unwrap_or(0))
}

/// Ten years, which one known end decides; a document that nobody described is valid today.
fn validity(known: &Known, dice: &Dice) -> (String, String) {
    match (&known.issuing_date, &known.expiry_date) {
        (Some(issued), Some(expires)) => (issued.clone(), expires.clone()),
        (Some(issued), None) => (issued.clone(), years_later(issued, 10)),
        (None, Some(expires)) => (years_later(expires, -10), expires.clone()),
        (None, None) => {
            let issued = day(dice, "issued", "2021-01-01", "2025-06-30");
            let expires = years_later(&issued, 10);
            if days_of(&expires).is_some_and(|day| day > now_ms() / DAY_MS) {
                return (issued, expires);
            }
            (years_later(&issued, 10), years_later(&expires, 10))
        }
    }
}

/// The same day in another year; the day before when there is no 29 February.
pub(crate) fn years_later(date: &str, years: i64) -> String {
    let year: i64 = date.get(..4).and_then(|year| year.parse().ok()).unwrap_or(2_000);
    let moved =
        format!("{:04}{}", (year + years).clamp(1, 9_999), date.get(4..).unwrap_or("-01-01"));
    if days_of(&moved).is_some() { moved } else { moved.replace("-02-29", "-02-28") }
}

/// `A` is a letter, `9` a digit, `X` either; anything else stands for itself.
fn number(kind: Kind, country: &str, gender: &str, dice: &Dice) -> String {
    let pattern = match (country, kind) {
        ("TWN", Kind::IdCard | Kind::DrivingLicense) => return taiwanese_number(gender, dice),
        ("TWN", Kind::Passport) => "399999999",
        ("DEU", Kind::IdCard) => "LXXXXXXXX",
        ("DEU", Kind::Passport) => "CXXXXXXXX",
        ("DEU", Kind::DrivingLicense) => "B999XX99X99",
        ("UKR", Kind::IdCard) => "009999999",
        ("UKR", Kind::Passport) => "FA999999",
        ("UKR", Kind::DrivingLicense) => "BXH999999",
        ("JPN", Kind::IdCard | Kind::DrivingLicense) => "309999999999",
        ("JPN", Kind::Passport) => "TR9999999",
        ("POL", Kind::IdCard) => "DAA999999",
        ("POL", Kind::Passport) => "EK9999999",
        ("POL", Kind::DrivingLicense) => "99999/19/9999",
        ("GBR", Kind::IdCard) => "ZU9999999",
        ("GBR", Kind::DrivingLicense) => "AAAAA999999AA9AA",
        (_, Kind::Passport) => "599999999",
        (_, _) => "AA9999999",
    };
    let fill = |(at, sign): (usize, char)| match sign {
        'A' if at > 0 => *dice.pick(&format!("letter {at}"), b"CFGHJKLMNPRTVWXYZ") as char,
        '9' => *dice.pick(&format!("digit {at}"), b"0123456789") as char,
        'X' => *dice.pick(&format!("sign {at}"), b"0123456789CFGHJKLMNPRTVWXYZ") as char,
        sign => sign,
    };
    pattern.chars().enumerate().map(fill).collect()
}

/// A letter for the place, 1 or 2 for the gender, seven digits and one that checks the rest.
fn taiwanese_number(gender: &str, dice: &Dice) -> String {
    const PLACES: [(char, u32); 6] =
        [('A', 10), ('B', 11), ('D', 13), ('F', 15), ('H', 17), ('K', 19)];
    let (letter, place) = *dice.pick("place", &PLACES);
    let mut digits = vec![if gender == "F" { 2 } else { 1 }];
    digits
        .extend((0..7).map(|at| u32::try_from(dice.roll(&format!("digit {at}"), 10)).unwrap_or(0)));
    let weighed: u32 = digits.iter().zip((1..=8).rev()).map(|(digit, weight)| digit * weight).sum();
    let check = (10 - (place / 10 + place % 10 * 9 + weighed) % 10) % 10;
    digits.push(check);
    digits.iter().fold(letter.to_string(), |text, digit| text + &digit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody(country: &str, kind: Kind, key: &str) -> Holder {
        invent(1, key, country, kind, &Known::default())
    }

    #[test]
    fn the_same_key_is_the_same_person_and_another_is_not() {
        for country in ["TWN", "DEU", "UKR", "JPN", "GBR", "POL", "BRA"] {
            assert_eq!(nobody(country, Kind::Passport, "a"), nobody(country, Kind::Passport, "a"));
            let others: Vec<_> =
                (0..20).map(|n| nobody(country, Kind::Passport, &n.to_string())).collect();
            assert!(others.iter().any(|other| other.full_name != others[0].full_name), "{country}");
            assert!(
                others
                    .iter()
                    .all(|other| other.full_name.len() > 3 && days_of(&other.birthday).is_some()),
                "{country}"
            );
        }
        assert_ne!(
            invent(1, "a", "DEU", Kind::IdCard, &Known::default()),
            invent(2, "a", "DEU", Kind::IdCard, &Known::default())
        );
    }

    #[test]
    fn what_is_known_is_kept() {
        let known = Known {
            name: Some("王又曾".into()),
            birthday: Some("1990-06-21".into()),
            id_number: Some("A123456789".into()),
            issuing_date: Some("2020-02-29".into()),
            expiry_date: None,
            gender: Some("X".into()),
        };
        let holder = invent(1, "key", "TWN", Kind::IdCard, &known);
        assert_eq!(
            (holder.first_name.as_deref(), holder.last_name.as_str(), holder.full_name.as_str()),
            (Some("又曾"), "王", "王又曾")
        );
        assert_eq!(
            (holder.birthday.as_str(), holder.id_number.as_str(), holder.gender.as_str()),
            ("1990-06-21", "A123456789", "X")
        );
        assert_eq!(
            (holder.issuing_date.as_str(), holder.expiry_date.as_str()),
            ("2020-02-29", "2030-02-28")
        );
    }

    #[test]
    fn an_invented_document_is_valid_today() {
        let today = now_ms() / DAY_MS;
        for key in ["a", "b", "c", "d"] {
            let holder = nobody("POL", Kind::IdCard, key);
            assert!(
                days_of(&holder.expiry_date).unwrap() > today
                    && days_of(&holder.issuing_date).unwrap() < today,
                "{holder:?}"
            );
        }
    }

    #[test]
    fn taiwanese_numbers_check_themselves_and_know_the_gender() {
        for key in 0..50 {
            let holder = nobody("TWN", Kind::IdCard, &key.to_string());
            let number = holder.id_number.as_bytes();
            let place = u32::from(number[0] - b'A') + 10;
            let sum: u32 = number[1..9]
                .iter()
                .zip((1..=8).rev())
                .map(|(digit, weight)| u32::from(digit - b'0') * weight)
                .sum();
            assert_eq!(
                (place / 10 + place % 10 * 9 + sum + u32::from(number[9] - b'0')) % 10,
                0,
                "{}",
                holder.id_number
            );
            assert_eq!(number[1], if holder.gender == "F" { b'2' } else { b'1' });
        }
    }

    #[test]
    fn years_move_a_date_to_a_day_that_exists() {
        assert_eq!(years_later("2024-02-29", 1), "2025-02-28");
        assert_eq!(years_later("2024-02-29", 4), "2028-02-29");
        assert_eq!(years_later("2024-06-30", -10), "2014-06-30");
    }
}
