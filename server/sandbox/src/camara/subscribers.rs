//! Who has a number and what is on file about them: the published persona, some hundreds invented
//! from the seed, one for each trigger number and one for each well-known line.

use std::collections::{BTreeMap, HashMap};

use crate::text::{days_of, now_ms};

use super::{
    attributes::ATTRIBUTES,
    lines::{self, LINES, Line, Written},
    people,
    triggers::CAMARA_TRIGGERS,
};

/// How many are invented besides the persona and those of the triggers.
const INVENTED: usize = 320;
/// The persona of the contract's request example, which Telefonica's mock mode answers about.
pub(super) const PERSONA: &str = "+34629255833";

/// One customer of the operators.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub number: String,
    /// Attribute name to value; what is missing is not available.
    pub on_file: BTreeMap<&'static str, String>,
    pub line: Line,
}

/// All subscribers: the persona, the invented ones, those of the triggers, those of the well-known
/// lines.
pub(crate) struct Register {
    all: Vec<Subscriber>,
    places: HashMap<String, usize>,
}

impl Register {
    pub fn new(seed: u64) -> Register {
        let mut all = vec![persona()];
        all.extend((0..INVENTED).map(|index| people::invent(seed, index, true)));
        all.extend(CAMARA_TRIGGERS.iter().enumerate().map(|(index, (_, number, _))| {
            let person = people::invent(seed, INVENTED + index, false);
            Subscriber { number: (*number).to_owned(), ..person }
        }));
        let (start_ms, others) = (now_ms(), all.len());
        all.extend(LINES.iter().enumerate().map(|(index, line)| {
            let person = people::invent(seed, others + index, false);
            lines::well_known(line, person, start_ms)
        }));
        let places = all
            .iter()
            .enumerate()
            .map(|(place, subscriber)| (subscriber.number.clone(), place))
            .collect();
        Register { all, places }
    }

    pub fn find(&self, number: &str) -> Option<&Subscriber> {
        self.places.get(number).map(|place| &self.all[*place])
    }

    pub fn all(&self) -> &[Subscriber] {
        &self.all
    }

    pub fn persona(&self) -> &Subscriber {
        &self.all[0]
    }
}

fn persona() -> Subscriber {
    let values = [
        ("idDocument", "66666666q"),
        ("idDocumentType", "passport"),
        ("idDocumentExpiryDate", "2027-07-12"),
        ("name", "Federica Sanchez Arjona"),
        ("givenName", "Federica"),
        ("familyName", "Sanchez Arjona"),
        ("nameKanaHankaku", "federica"),
        ("nameKanaZenkaku", "Ｆｅｄｅｒｉｃａ"),
        ("middleNames", "Sanchez"),
        ("familyNameAtBirth", "YYYY"),
        ("address", "Tokyo-to Chiyoda-ku Iidabashi 3-10-10"),
        ("streetName", "Nicolas Salmeron"),
        ("streetNumber", "4"),
        ("postalCode", "1028460"),
        ("region", "Tokyo"),
        ("locality", "ZZZZ"),
        ("country", "JP"),
        ("houseNumberExtension", "VVVV"),
        ("birthdate", "1978-08-22"),
        ("email", "abc@example.com"),
        ("gender", "MALE"),
        ("cityOfBirth", "Madrid"),
        ("countryOfBirth", "ES"),
        ("nationality", "ES"),
    ];
    let on_file = values.into_iter().map(|(name, value)| (name, value.to_owned())).collect();
    // The answers' examples: the SIM's change of SIM Swap, verified, no content lock, parental
    // control.
    let mut line = Line::new(days_of("2019-03-01").unwrap_or(0));
    (line.sim_ms, line.written, line.locks) =
        (1_688_387_228_312, Written::Offset, Some(["false", "true"]));
    Subscriber { number: PERSONA.to_owned(), on_file, line }
}

impl Subscriber {
    /// What can be asked about them, as a request's members.
    pub fn document(&self) -> serde_json::Value {
        let mut members = serde_json::Map::new();
        members.insert("phoneNumber".into(), self.number.clone().into());
        for attribute in &ATTRIBUTES {
            if let Some(value) = self.on_file.get(attribute.name) {
                members.insert(attribute.name.into(), value.clone().into());
            }
        }
        members.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_file_has_the_form_that_a_request_must_have() {
        let register = Register::new(1);
        for subscriber in register.all() {
            assert!(super::super::is_number(&subscriber.number), "{}", subscriber.number);
            for attribute in &ATTRIBUTES {
                if let Some(value) = subscriber.on_file.get(attribute.name) {
                    assert_eq!(attribute.check(value), Ok(()), "{} {value}", subscriber.number);
                }
            }
            let known = |name: &&&str| ATTRIBUTES.iter().any(|attribute| attribute.name == **name);
            assert!(subscriber.on_file.keys().all(|name| known(&name)));
        }
    }

    #[test]
    fn numbers_are_unique_and_some_things_are_not_available() {
        for seed in 1..4 {
            let register = Register::new(seed);
            assert_eq!(register.places.len(), register.all.len(), "two share a number");
            let missing =
                |name| register.all().iter().filter(|one| !one.on_file.contains_key(name)).count();
            assert!(
                (10..register.all.len() / 2).contains(&missing("email")),
                "{}",
                missing("email")
            );
            assert_eq!(missing("name"), 0);
        }
        assert_eq!(Register::new(1).persona().on_file.len(), ATTRIBUTES.len());
    }

    #[test]
    fn the_seed_decides_who_they_are() {
        let (one, same, other) = (Register::new(1), Register::new(1), Register::new(2));
        assert_eq!(one.all[5].document(), same.all[5].document());
        assert_ne!(one.all[5].document(), other.all[5].document());
    }
}
