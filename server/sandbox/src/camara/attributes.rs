//! The attributes that can be compared: since which version, how long, in which form, and whether a
//! score goes with them. Source: `KYC_MatchRequestBody` and `KYC_MatchResponse` of 0.2.1 and 0.4.0;
//! the longest lengths are those that 0.5 announces.

use crate::text::{DAY_MS, days_of, now_ms};

use super::{is_number, problem::Version};

/// What form a value has, which also decides how it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Spaces, hyphens and dots do not count.
    Document,
    DocumentType,
    /// A day of the calendar.
    Date,
    /// A day of the calendar that is not in the future.
    Birthdate,
    /// Marks on letters do not count.
    Name,
    Text,
    /// Spaces do not count.
    PostalCode,
    /// Two letters.
    Country,
    Email,
    Gender,
}

/// One attribute of the request.
#[derive(Debug)]
pub(super) struct Attribute {
    pub name: &'static str,
    pub since: Version,
    pub form: Form,
    pub scored: bool,
    /// Longest value, in characters.
    pub long: usize,
}

const fn of(name: &'static str, form: Form, scored: bool, long: usize) -> Attribute {
    Attribute { name, since: Version::V02, form, scored, long }
}

const fn new(name: &'static str, form: Form, scored: bool, long: usize) -> Attribute {
    Attribute { name, since: Version::V04, form, scored, long }
}

/// In the order of the contract.
pub(super) const ATTRIBUTES: [Attribute; 24] = [
    of("idDocument", Form::Document, false, 50),
    new("idDocumentType", Form::DocumentType, false, 50),
    new("idDocumentExpiryDate", Form::Date, false, 10),
    of("name", Form::Name, true, 256),
    of("givenName", Form::Name, true, 100),
    of("familyName", Form::Name, true, 150),
    of("nameKanaHankaku", Form::Text, true, 256),
    of("nameKanaZenkaku", Form::Text, true, 256),
    of("middleNames", Form::Name, true, 100),
    of("familyNameAtBirth", Form::Name, true, 150),
    of("address", Form::Name, true, 256),
    of("streetName", Form::Name, true, 150),
    of("streetNumber", Form::Text, true, 20),
    of("postalCode", Form::PostalCode, false, 20),
    of("region", Form::Name, true, 100),
    of("locality", Form::Name, true, 100),
    of("country", Form::Country, false, 2),
    of("houseNumberExtension", Form::Text, false, 20),
    of("birthdate", Form::Birthdate, false, 10),
    of("email", Form::Email, true, 254),
    of("gender", Form::Gender, false, 6),
    new("cityOfBirth", Form::Name, true, 100),
    new("countryOfBirth", Form::Country, false, 2),
    new("nationality", Form::Country, false, 2),
];

const DOCUMENT_TYPES: [&str; 7] = [
    "passport",
    "national_id_card",
    "residence_permit",
    "diplomatic_id",
    "driver_licence",
    "social_security_id",
    "other",
];
const GENDERS: [&str; 3] = ["MALE", "FEMALE", "OTHER"];

impl Attribute {
    /// `nameMatch`.
    pub fn result_key(&self) -> String {
        format!("{}Match", self.name)
    }

    /// `nameMatchScore`; 0.2 writes `middleNamesScore` without `Match`.
    pub fn score_key(&self, version: Version) -> String {
        match (self.name, version) {
            ("middleNames", Version::V02) => "middleNamesScore".into(),
            _ => format!("{}MatchScore", self.name),
        }
    }

    /// Stricter than the schema, as operators are: forms are checked in 0.2 too, nothing is blank
    /// or endless. What is wrong comes back in words, without the value.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let wrong = |what: &str| Err(format!("{} {what}", self.name));
        if value.trim().is_empty() {
            return wrong("is blank");
        }
        if value.chars().count() > self.long {
            return wrong(&format!("is longer than {} characters", self.long));
        }
        match self.form {
            Form::Document if !value.chars().any(char::is_alphanumeric) => {
                wrong("has neither letter nor digit")
            }
            Form::DocumentType if !DOCUMENT_TYPES.contains(&value) => {
                wrong("is none of the document types")
            }
            Form::Date if days_of(value).is_none() => {
                wrong("is no day of the calendar as YYYY-MM-DD")
            }
            Form::Birthdate if days_of(value).is_none_or(|day| day > now_ms() / DAY_MS) => {
                wrong("is no past day as YYYY-MM-DD")
            }
            Form::Country
                if !(value.len() == 2 && value.bytes().all(|byte| byte.is_ascii_alphabetic())) =>
            {
                wrong("is no two-letter code")
            }
            Form::Email if !is_email(value) => wrong("is no local-part@domain"),
            Form::Gender if !GENDERS.contains(&value) => wrong("is none of MALE, FEMALE, OTHER"),
            _ => Ok(()),
        }
    }
}

/// The phone number is no attribute to compare, but has a form as well.
pub(super) fn check_number(value: &str) -> Result<(), String> {
    if is_number(value) {
        Ok(())
    } else {
        Err("phoneNumber is not in E.164 form with a plus sign".into())
    }
}

fn is_email(value: &str) -> bool {
    let Some((local, domain)) = value.rsplit_once('@') else { return false };
    let plain = |text: &str| {
        !text.is_empty()
            && !text.contains(|letter: char| {
                letter.is_whitespace() || letter.is_control() || letter == '@'
            })
    };
    let labels = || domain.split('.');
    let label = |text: &str| plain(text) && !text.starts_with('-') && !text.ends_with('-');
    plain(local) && local.len() <= 64 && labels().count() >= 2 && labels().all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(name: &str) -> &'static Attribute {
        ATTRIBUTES.iter().find(|attribute| attribute.name == name).unwrap()
    }

    #[test]
    fn forms_are_checked_more_strictly_than_the_schema_asks() {
        for (name, good, bad) in [
            (
                "birthdate",
                &["1978-08-22", "2000-02-29"][..],
                &["1978-8-22", "22.08.1978", "2023-02-29", "2999-01-01", "19780822"][..],
            ),
            ("idDocumentExpiryDate", &["2999-01-01"], &["2027-13-01", "soon"]),
            ("country", &["JP", "jp"], &["JPN", "J", "J1", "日本"]),
            (
                "email",
                &["abc@example.com", "ä.b+c@exämple.co.uk"],
                &["abc", "abc@", "@example.com", "a b@example.com", "a@b", "a@b..c", "a@-b.c"],
            ),
            ("gender", &["MALE", "FEMALE", "OTHER"], &["male", "Male", "M", "UNKNOWN"]),
            ("idDocumentType", &["passport", "other"], &["Passport", "visa"]),
            ("idDocument", &["66666666q", "X-1.2"], &["---", ""]),
            ("name", &["王"], &["", "   "]),
        ] {
            for value in good {
                assert_eq!(attribute(name).check(value), Ok(()), "{name} {value}");
            }
            for value in bad {
                let refusal = attribute(name).check(value).unwrap_err();
                assert!(
                    refusal.starts_with(name) && (value.len() < 3 || !refusal.contains(value)),
                    "{refusal}"
                );
            }
        }
    }

    #[test]
    fn the_longest_value_is_counted_in_characters() {
        assert_eq!(attribute("streetNumber").check(&"é".repeat(20)), Ok(()));
        assert!(attribute("streetNumber").check(&"é".repeat(21)).is_err());
    }
}
