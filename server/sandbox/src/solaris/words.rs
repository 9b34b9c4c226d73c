//! The provider's word lists, read once from the data files beside this module.

use std::sync::LazyLock;

use serde::Deserialize;

/// `data/enums.json`.
#[derive(Deserialize)]
pub(crate) struct Enums {
    pub identification_status_idnow: Vec<String>,
    pub identification_method: Vec<String>,
    pub language: Vec<String>,
    pub proof_of_address_type: Vec<String>,
    pub salutation: Vec<String>,
    pub title: Vec<String>,
    pub document_type: Vec<String>,
    pub webhook_events_kyc: Vec<String>,
}

/// Why a session was aborted or canceled.
#[derive(Deserialize)]
pub(crate) struct FailureCode {
    pub category: String,
    pub code: String,
    /// No retry will help.
    pub permanent: bool,
    /// `None` where the list has a dash.
    pub caused_by_user: Option<bool>,
}

/// A document that shows its holder's address, so that no proof of address is needed.
#[derive(Deserialize)]
pub(crate) struct WithAddress {
    pub document: String,
    /// Alpha-2.
    pub country: String,
    /// `IDCARD` or `PASSPORT`.
    #[serde(rename = "type")]
    pub kind: String,
}

fn parsed<T: serde::de::DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text)
        .unwrap_or_else(|error| unreachable!("a data file of the sandbox is broken: {error}"))
}

pub(crate) static ENUMS: LazyLock<Enums> =
    LazyLock::new(|| parsed(include_str!("data/enums.json")));
pub(crate) static FAILURE_CODES: LazyLock<Vec<FailureCode>> =
    LazyLock::new(|| parsed(include_str!("data/failure-codes.json")));
pub(crate) static WITH_ADDRESS: LazyLock<Vec<WithAddress>> =
    LazyLock::new(|| parsed(include_str!("data/documents-with-address.json")));

/// A person whose every key is empty, as the provider shows it.
pub(super) static EMPTY_PERSON: LazyLock<serde_json::Map<String, serde_json::Value>> =
    LazyLock::new(|| parsed(include_str!("data/person.json")));

/// The code with this name, written as the list does or in words (`Tech Photo`).
pub(crate) fn failure_code(name: &str) -> Option<&'static str> {
    let name = name.trim().replace([' ', '-'], "_").to_uppercase();
    FAILURE_CODES.iter().find(|known| known.code == name).map(|known| known.code.as_str())
}

/// ISO 3166-1 alpha-2, in one line of pairs.
const COUNTRIES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ\
DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZ\
LALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW\
SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/// Whether it is an alpha-2 code that stands for a country.
pub(super) fn is_country(code: &str) -> bool {
    code.len() == 2 && COUNTRIES.as_bytes().chunks(2).any(|known| known == code.as_bytes())
}

/// Issuing countries of passports that the video identification takes. Reconstruction: the accepted
/// lists are linked, not printed; these are the member states and some more.
pub(super) const PASSPORTS: &[&str] = &[
    "AT", "AU", "BE", "BG", "BR", "CA", "CH", "CN", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR",
    "GB", "GR", "HR", "HU", "IE", "IN", "IS", "IT", "JP", "LI", "LT", "LU", "LV", "MA", "MT", "NL",
    "NO", "PL", "PT", "RO", "SE", "SG", "SI", "SK",
];
/// The same for identity cards.
pub(super) const CARDS: &[&str] = &[
    "AT", "BE", "BG", "CZ", "DE", "ES", "FR", "HR", "IT", "LU", "MT", "NL", "PL", "SG", "SI", "SK",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_whole() {
        assert_eq!(
            (FAILURE_CODES.len(), WITH_ADDRESS.len(), ENUMS.document_type.len()),
            (59, 31, 56)
        );
        assert_eq!(FAILURE_CODES.iter().filter(|code| code.permanent).count(), 6);
        assert_eq!(FAILURE_CODES.iter().filter(|code| code.caused_by_user.is_none()).count(), 6);
        assert_eq!((EMPTY_PERSON.len(), ENUMS.identification_status_idnow.len()), (54, 8));
        assert_eq!(COUNTRIES.len() / 2, 249);
    }

    #[test]
    fn a_failure_code_is_found_by_its_words() {
        assert_eq!(failure_code("tech photo"), Some("TECH_PHOTO"));
        assert_eq!(failure_code("Tech-Photo"), Some("TECH_PHOTO"));
        assert_eq!(failure_code("Doe"), None);
    }

    #[test]
    fn every_document_with_an_address_is_one_that_is_taken() {
        for known in WITH_ADDRESS.iter() {
            let taken = if known.kind == "PASSPORT" {
                PASSPORTS.contains(&known.country.as_str())
            } else {
                CARDS.contains(&known.country.as_str())
            };
            assert!(taken && is_country(&known.country), "{}", known.document);
        }
        assert!(!is_country("XX") && !is_country("de") && !is_country("DEDE"));
    }
}
