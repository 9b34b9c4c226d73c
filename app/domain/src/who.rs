//! Whom something is about: whether a launch is about the customer whom we know under its
//! reference, and by what else a customer would be known again under another one.

use crate::{choices, fields::is_placeholder, search, spelling};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

choices! {
    /// What a customer is known by under their reference.
    pub enum Data {
        Name = "name", "Name";
        BirthDate = "birth_date", "Birth date";
        Country = "country", "Country";
    }
}

/// A customer's data, as far as they are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whom {
    pub name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// ISO 3166-1 alpha-3.
    pub country: Option<String>,
}

/// One thing that is known of a customer and given otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub data: Data,
    pub known: String,
    pub given: String,
}

/// What is given otherwise than it is known. What only one side says is no difference, nor is
/// another spelling of a name.
#[must_use]
pub fn differences(known: &Whom, given: &Whom) -> Vec<Difference> {
    let of = |data, known: &str, given: &str| Difference {
        data,
        known: known.to_owned(),
        given: given.to_owned(),
    };
    let mut all = Vec::new();
    if !known.name.is_empty()
        && !given.name.is_empty()
        && !spelling::liken(&known.name, &given.name).is_same()
    {
        all.push(of(Data::Name, &known.name, &given.name));
    }
    let pairs = [
        (Data::BirthDate, &known.birth_date, &given.birth_date),
        (Data::Country, &known.country, &given.country),
    ];
    for (data, known, given) in pairs {
        if let (Some(known), Some(given)) = (known, given)
            && known != given
        {
            all.push(of(data, known, given));
        }
    }
    all
}

choices! {
    /// By what a customer is known again under another reference.
    pub enum Trait {
        Person = "person", "same name and birth date";
        Document = "document", "same document number";
        Cpr = "cpr", "same CPR number";
        Pid = "pid", "same PID";
        Phone = "phone", "same phone number";
        Wallet = "wallet", "same wallet";
        Registration = "registration", "same registration number";
        Reference = "reference", "same reference but for capital and small letters";
    }
}

/// A trait with its value in the form in which it is compared.
pub type Bears = (Trait, String);

choices! {
    /// What a person says of two customers.
    pub enum Relation {
        Same = "same", "the same person";
        Other = "other", "not the same person";
    }
}

/// The shortest number that says who somebody is, in characters.
const NUMBER_MIN: usize = 5;

/// A name with more spellings than this is known by two of them.
const SPELLINGS_MAX: usize = 16;

/// A person's name with their birth date, in the spellings under which others may write the name:
/// words in any order, with or without spaces, and as machine-readable zones spell them.
#[must_use]
pub fn of_person(name: &str, birth_date: Option<&str>) -> Vec<Bears> {
    let Some(born) = birth_date.filter(|date| !date.is_empty()) else { return vec![] };
    if is_placeholder(name) {
        return vec![];
    }
    let words = search::spellings(name);
    // Those with `XX` are rare, and would double all others.
    let ways: Vec<Vec<&String>> = words
        .iter()
        .map(|w| {
            w.iter()
                .enumerate()
                .filter(|(at, s)| *at == 0 || !s.contains("xx"))
                .map(|(_, s)| s)
                .collect()
        })
        .collect();
    let count = ways.iter().fold(1_usize, |count, ways| count.saturating_mul(ways.len()));
    let mut spelt: Vec<Vec<String>> = vec![vec![]];
    for ways in ways {
        // Of a name with too many such letters only the two usual spellings: all plain, and all as
        // zones do, which is the longest.
        let longest = ways.iter().map(|way| way.len()).max().unwrap_or_default();
        if count <= SPELLINGS_MAX {
            let longer = |begin: &Vec<String>| {
                ways.iter()
                    .map(|way| [begin.as_slice(), &[(*way).clone()]].concat())
                    .collect::<Vec<_>>()
            };
            spelt = spelt.iter().flat_map(longer).collect();
        } else {
            spelt.resize(2, spelt[0].clone());
            let usual = [ways.first(), ways.iter().find(|way| way.len() == longest)];
            for (begin, way) in spelt.iter_mut().zip(usual) {
                begin.extend(way.map(|way| (*way).clone()));
            }
        }
    }
    let mut forms = BTreeSet::new();
    for words in spelt {
        forms.insert(words.concat());
        let mut words = words;
        words.sort();
        forms.insert(words.join(" "));
    }
    forms.remove("");
    forms.into_iter().map(|form| (Trait::Person, format!("{form}|{born}"))).collect()
}

/// A number of a document, a company or a person: its letters and digits. One that is too short
/// says nothing.
#[must_use]
pub fn of_number(kind: Trait, text: &str) -> Option<Bears> {
    let plain: String = search::fold(text).chars().filter(|c| c.is_alphanumeric()).collect();
    (plain.chars().count() >= NUMBER_MIN && !is_placeholder(text)).then_some((kind, plain))
}

/// Our own reference, which others may write in capital letters.
#[must_use]
pub fn of_reference(reference: &str) -> Bears {
    (Trait::Reference, reference.trim().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn whom(name: &str, birth_date: &str, country: &str) -> Whom {
        let text = |text: &str| Some(text.to_owned()).filter(|t| !t.is_empty());
        Whom { name: name.into(), birth_date: text(birth_date), country: text(country) }
    }

    #[test]
    fn only_what_both_say_and_say_otherwise_is_a_difference() {
        let known = whom("Jürgen Müller", "1980-01-02", "DEU");
        let fields = |given: Whom| {
            differences(&known, &given).into_iter().map(|d| d.data).collect::<Vec<_>>()
        };
        assert_eq!(fields(whom("MUELLER, Jürgen", "1980-01-02", "DEU")), []);
        assert_eq!(fields(whom("Jürgen Müller", "", "")), []);
        assert_eq!(fields(whom("Viktor Sawenkow", "", "DEU")), [Data::Name]);
        assert_eq!(
            fields(whom("Jürgenm Üller", "", "DEU")),
            [Data::Name],
            "the same letters are not the same name"
        );
        assert_eq!(
            fields(whom("Jürgen Müller", "1981-01-02", "AUT")),
            [Data::BirthDate, Data::Country]
        );
        assert_eq!(differences(&whom("Anna", "", ""), &whom("Anna", "1990-01-01", "DEU")), []);
    }

    #[test]
    fn one_person_is_known_by_each_spelling_and_nobody_by_a_name_alone() {
        let meet = |one: &str, other: &str| {
            let (one, other) =
                (of_person(one, Some("1980-01-02")), of_person(other, Some("1980-01-02")));
            one.iter().any(|form| other.contains(form))
        };
        for (one, other) in [
            ("Jürgen Müller", "MUELLER JUERGEN"),
            ("Jürgen Müller", "Müller, Jürgen"),
            ("Jürgen Müller", "jurgen muller"),
            ("王又曾", "王 又曾"),
            ("O'Brian", "OBRIAN"),
            ("Martin Ødegård", "MARTIN ODEGAARD"),
            ("Jürgen Müller", "JURGEN MUELLER"),
            ("Ä Ö Ü Ä Ö Ü", "AE OE UE AE OE UE"),
            ("Ä Ö Ü Ä Ö Ü", "a o u a o u"),
        ] {
            assert!(meet(one, other), "{one} and {other}");
        }
        for (one, other) in [
            ("Anna Berg", "Anna Bergmann"),
            ("バンダ カギ", "ハンタ カキ"),
            ("रवि शर्मा", "राव शर्मा"),
        ] {
            assert!(!meet(one, other), "{one} and {other}");
        }
        assert_eq!(of_person("Anna Berg", None), []);
        assert_eq!(of_person("N/A", Some("1980-01-02")), []);
        assert_ne!(
            of_person("Anna Berg", Some("1980-01-02")),
            of_person("Anna Berg", Some("1980-01-03"))
        );
    }

    #[test]
    fn numbers_are_compared_by_their_letters_and_digits() {
        let of = |text| of_number(Trait::Document, text);
        assert_eq!(of("l 01-x00 t47"), of("L01X00T47"));
        assert_eq!(of("HRB 4711"), Some((Trait::Document, "hrb4711".into())));
        assert!(of("1234").is_none() && of("").is_none() && of("UNKNOWN").is_none());
        assert_eq!(of_reference("CaSe-1"), of_reference("case-1"));
    }

    proptest! {
        #[test]
        fn whoever_is_written_alike_is_known_again(name in "\\PC{1,24}") {
            let spaced = of_person(&format!("  {name}\u{AD} "), Some("1980-01-02"));
            prop_assert_eq!(of_person(&name, Some("1980-01-02")), spaced);
            prop_assert!(differences(&whom(&name, "", ""), &whom(&name, "", "")).is_empty());
        }
    }
}
