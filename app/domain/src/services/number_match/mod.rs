//! Number match: what we know of a customer compared with what the operator of their phone number
//! knows.
//!
//! Source: CAMARA KYC Match 0.2.1 and 0.4.0. The operator answers each attribute that it was asked
//! about with true, false or not available, never with its own value.

mod explain;
mod form;
mod rows;

pub use explain::explain;
pub use form::{NumberMatch, NumberMatchForm, check};
pub use rows::{MatchResult, Row, rows, summary};

pub use super::{
    Explained,
    form::{PHONE_HINT, check_phone},
};

use super::{About, Card, Life};
use crate::{choices, connections::Provider, decisions::Reason, findings::Source, policy::Hours};

/// What the desk knows of it as a service.
pub const CARD: Card = Card {
    label: "Number match",
    letters: "NM",
    provider: Provider::Camara,
    about: About::Person,
    life: Life::AtOnce,
    place: 1,
    is_told: false,
    is_scored: false,
    bulk: true,
    review: Hours::BY_RISK,
    accept: &[Reason::DataAgree, Reason::DifferencesExplained, Reason::Other],
    reject: &[
        Reason::DataDiffer,
        Reason::IdentityUnclear,
        Reason::InformationRefused,
        Reason::Other,
    ],
    must_be_judged: &[Source::NumberField],
};

choices! {
    /// The wire version that an operator speaks.
    pub enum Version {
        V02 = "v0.2", "KYC Match 0.2";
        V04 = "v0.4", "KYC Match 0.4";
    }
}

choices! {
    /// Attributes that are shown together.
    pub enum Group {
        Name = "name", "Name";
        Person = "person", "Person";
        Document = "document", "Identity document";
        Address = "address", "Address";
    }
}

choices! {
    /// What the operator may be asked about, by its name on the wire.
    pub enum Attribute {
        Name = "name", "Full name";
        GivenName = "givenName", "Given name";
        MiddleNames = "middleNames", "Middle names";
        FamilyName = "familyName", "Family name";
        FamilyNameAtBirth = "familyNameAtBirth", "Family name at birth";
        NameKanaHankaku = "nameKanaHankaku", "Reading of the name, half-width kana";
        NameKanaZenkaku = "nameKanaZenkaku", "Reading of the name, full-width kana";
        Birthdate = "birthdate", "Birth date";
        CityOfBirth = "cityOfBirth", "City of birth";
        CountryOfBirth = "countryOfBirth", "Country of birth";
        Nationality = "nationality", "Nationality";
        Gender = "gender", "Gender";
        Email = "email", "E-mail address";
        IdDocument = "idDocument", "Document number";
        IdDocumentType = "idDocumentType", "Kind of document";
        IdDocumentExpiryDate = "idDocumentExpiryDate", "Document expires";
        Address = "address", "Whole address";
        StreetName = "streetName", "Street";
        StreetNumber = "streetNumber", "House number";
        HouseNumberExtension = "houseNumberExtension", "Addition to the house number";
        PostalCode = "postalCode", "Postal code";
        Locality = "locality", "Town";
        Region = "region", "Region";
        Country = "country", "Country";
    }
}

choices! {
    /// Genders, as the operator takes them.
    pub enum Gender {
        Male = "MALE", "Male";
        Female = "FEMALE", "Female";
        Other = "OTHER", "Other";
    }
}

choices! {
    /// Kinds of documents, as the operator takes them.
    pub enum DocumentType {
        Passport = "passport", "Passport";
        NationalIdCard = "national_id_card", "National identity card";
        ResidencePermit = "residence_permit", "Residence permit";
        DiplomaticId = "diplomatic_id", "Diplomatic identity card";
        DriverLicence = "driver_licence", "Driving licence";
        SocialSecurityId = "social_security_id", "Social security card";
        Other = "other", "Other";
    }
}

/// How an attribute's text is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Text,
    /// `YYYY-MM-DD`.
    Date,
    /// Chosen by name, sent as ISO 3166-1 alpha-2.
    Country,
    /// Chosen from [`Attribute::options`].
    Choice,
    Email,
    /// Half-width kana and other half-width characters.
    HalfWidth,
    /// Full-width kana and other full-width characters.
    FullWidth,
}

impl Attribute {
    /// The first version that knows it.
    #[must_use]
    pub const fn since(self) -> Version {
        match self {
            Self::IdDocumentType
            | Self::IdDocumentExpiryDate
            | Self::CityOfBirth
            | Self::CountryOfBirth
            | Self::Nationality => Version::V04,
            _ => Version::V02,
        }
    }

    /// Whether a version knows it.
    #[must_use]
    pub fn is_in(self, version: Version) -> bool {
        self.since() <= version
    }

    /// Where it stands on the page.
    #[must_use]
    pub const fn group(self) -> Group {
        match self {
            Self::Name
            | Self::GivenName
            | Self::MiddleNames
            | Self::FamilyName
            | Self::FamilyNameAtBirth
            | Self::NameKanaHankaku
            | Self::NameKanaZenkaku => Group::Name,
            Self::Birthdate
            | Self::CityOfBirth
            | Self::CountryOfBirth
            | Self::Nationality
            | Self::Gender
            | Self::Email => Group::Person,
            Self::IdDocument | Self::IdDocumentType | Self::IdDocumentExpiryDate => Group::Document,
            Self::Address
            | Self::StreetName
            | Self::StreetNumber
            | Self::HouseNumberExtension
            | Self::PostalCode
            | Self::Locality
            | Self::Region
            | Self::Country => Group::Address,
        }
    }

    /// How its text is given.
    #[must_use]
    pub const fn shape(self) -> Shape {
        match self {
            Self::Birthdate | Self::IdDocumentExpiryDate => Shape::Date,
            Self::Country | Self::CountryOfBirth | Self::Nationality => Shape::Country,
            Self::Gender | Self::IdDocumentType => Shape::Choice,
            Self::Email => Shape::Email,
            Self::NameKanaHankaku => Shape::HalfWidth,
            Self::NameKanaZenkaku => Shape::FullWidth,
            _ => Shape::Text,
        }
    }

    /// What may be chosen, as `code, words`; empty unless its shape is [`Shape::Choice`].
    #[must_use]
    pub fn options(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Gender => Gender::ALL.iter().map(|g| (g.code(), g.label())).collect(),
            Self::IdDocumentType => {
                DocumentType::ALL.iter().map(|d| (d.code(), d.label())).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The member of the answer that says whether it matches.
    #[must_use]
    pub fn match_key(self) -> String {
        format!("{}Match", self.code())
    }

    /// Whether the operator may say how similar a differing value is. It need not, even then.
    #[must_use]
    pub const fn has_score(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::GivenName
                | Self::MiddleNames
                | Self::FamilyName
                | Self::FamilyNameAtBirth
                | Self::NameKanaHankaku
                | Self::NameKanaZenkaku
                | Self::Address
                | Self::StreetName
                | Self::StreetNumber
                | Self::Region
                | Self::Locality
                | Self::Email
                | Self::CityOfBirth
        )
    }

    /// The member of the answer with its score, 0 to 100; nothing for an attribute without one.
    ///
    /// Version 0.2 breaks its own pattern for middle names.
    #[must_use]
    pub fn score_key(self, version: Version) -> Option<String> {
        match (self, version) {
            (Self::MiddleNames, Version::V02) => Some("middleNamesScore".to_owned()),
            _ => self.has_score().then(|| format!("{}MatchScore", self.code())),
        }
    }

    /// The longest text, in characters: the limits of the newest draft (0.5), which no operator
    /// goes below.
    #[must_use]
    pub const fn max_length(self) -> usize {
        match self {
            Self::Name | Self::NameKanaHankaku | Self::NameKanaZenkaku | Self::Address => 256,
            Self::Email => 254,
            Self::FamilyName | Self::FamilyNameAtBirth | Self::StreetName => 150,
            Self::GivenName
            | Self::MiddleNames
            | Self::Region
            | Self::Locality
            | Self::CityOfBirth => 100,
            Self::IdDocument | Self::IdDocumentType => 50,
            Self::StreetNumber | Self::PostalCode | Self::HouseNumberExtension => 20,
            Self::Birthdate | Self::IdDocumentExpiryDate => 10,
            Self::Gender => 6,
            Self::Country | Self::CountryOfBirth | Self::Nationality => 2,
        }
    }

    /// What helps to fill it in so that the operator can recognise it.
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Name => {
                "In the order of the operator's country: in Spain given name and family name."
            }
            Self::GivenName => "All given names that the contract has.",
            Self::MiddleNames => "Only where the country tells them from given names.",
            Self::FamilyName => "In Spain both family names.",
            Self::FamilyNameAtBirth => "If it was another one.",
            Self::NameKanaHankaku => "Japan only, for example ﾌｪﾃﾞﾘｶ.",
            Self::NameKanaZenkaku => "Japan only, for example フェデリカ.",
            Self::Birthdate | Self::IdDocumentExpiryDate => "YYYY-MM-DD",
            Self::CityOfBirth => "As the document has it.",
            Self::CountryOfBirth
            | Self::Nationality
            | Self::Country
            | Self::Gender
            | Self::IdDocumentType => "Choose from the list.",
            Self::Email => "The address that the customer gave the operator.",
            Self::IdDocument => "Letters and digits. Some operators answer nothing without it.",
            Self::Address => {
                "In one line, as the country writes it: in Spain street and house number."
            }
            Self::StreetName => "Without the kind of street: Alcalá, not Calle Alcalá.",
            Self::StreetNumber => "The number alone.",
            Self::HouseNumberExtension => "Flat, floor or letter.",
            Self::PostalCode => "As it stands on letters.",
            Self::Locality => "Town or city.",
            Self::Region => "Region, province or prefecture.",
        }
    }

    /// The name of its input, which is also where a refused form has its text and its message.
    #[must_use]
    pub fn field(self) -> String {
        format!("values[{}]", self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_on_the_wire_are_the_specifications() {
        let known = |version| Attribute::ALL.iter().filter(move |a| a.is_in(version)).count();
        assert_eq!((known(Version::V02), known(Version::V04)), (19, 24));
        assert_eq!(Attribute::IdDocument.match_key(), "idDocumentMatch");
        assert_eq!(
            Attribute::MiddleNames.score_key(Version::V02).as_deref(),
            Some("middleNamesScore")
        );
        assert_eq!(
            Attribute::MiddleNames.score_key(Version::V04).as_deref(),
            Some("middleNamesMatchScore")
        );
        assert_eq!(
            Attribute::NameKanaZenkaku.score_key(Version::V02).as_deref(),
            Some("nameKanaZenkakuMatchScore")
        );
        for without in [
            "idDocument",
            "postalCode",
            "country",
            "houseNumberExtension",
            "birthdate",
            "gender",
            "nationality",
            "countryOfBirth",
        ] {
            let attribute = Attribute::parse(without).expect(without);
            assert!(
                !attribute.has_score() && attribute.score_key(Version::V04).is_none(),
                "{without}"
            );
        }
        assert_eq!(Attribute::ALL.iter().filter(|a| a.has_score()).count(), 14);
    }

    #[test]
    fn what_is_chosen_fits_its_length() {
        for attribute in Attribute::ALL {
            assert_eq!(
                attribute.options().is_empty(),
                attribute.shape() != Shape::Choice,
                "{attribute}"
            );
            assert!(
                attribute.options().iter().all(|(code, _)| code.len() <= attribute.max_length()),
                "{attribute}"
            );
            assert!(!attribute.hint().is_empty());
        }
    }
}
