//! What an accepted ID verification recognised of a customer, for the form of a number match.

use crate::{
    Casework, Error,
    providers::kryptogo::IdvAnswer,
    records::{checks as check_store, customers},
    services::idv,
};
use domain::{
    countries, dates,
    fields::is_placeholder,
    idv::{Data, IdType},
    number_match::{Attribute, DocumentType, Gender},
};
use std::collections::BTreeMap;

/// Values that a form may begin with, and the check that they were read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub check_id: String,
    /// As the form takes them; never empty texts.
    pub values: BTreeMap<Attribute, String>,
}

/// What the latest accepted ID verification of a customer recognised; nothing when there is none,
/// or none that can be read.
///
/// # Errors
/// An unknown customer, a damaged seal, or the database.
pub async fn known_of(work: &Casework, reference: &str) -> Result<Option<Known>, Error> {
    let customer = customers::get(work, reference).await?;
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let Some(id) = idv::store::latest_accepted(&mut conn, &customer.id).await? else {
        return Ok(None);
    };
    let check = check_store::find(&mut conn, &id.as_str().into()).await?.ok_or(Error::NotFound)?;
    let answer = idv::outcome::latest(work, &mut conn, &check).await?;
    Ok(answer
        .map(|answer| Known { check_id: id, values: values(&answer) })
        .filter(|known| !known.values.is_empty()))
}

/// What was recognised, in the form's terms. The country of a document is no address; of a passport
/// or an identity card it is the nationality.
fn values(answer: &IdvAnswer) -> BTreeMap<Attribute, String> {
    let Data { name, birth_date, number, country, expiry_date, gender, .. } = &answer.recognised;
    let given = |text: &Option<String>| text.clone().filter(|text| !is_placeholder(text));
    let number = given(number);
    let date = |text: &Option<String>| dates::read(text.as_deref()?).day().map(str::to_owned);
    let kind = answer.id_type.as_deref().and_then(IdType::parse);
    let nationality = country
        .as_deref()
        .filter(|_| matches!(kind, Some(IdType::Passport | IdType::IdCard)))
        .and_then(countries::find);
    let gender = gender.as_deref().and_then(|letter| match letter.trim() {
        "M" => Some(Gender::Male),
        "F" => Some(Gender::Female),
        "X" => Some(Gender::Other),
        _ => None,
    });
    let document = kind.map(|kind| match kind {
        IdType::Passport => DocumentType::Passport,
        IdType::IdCard => DocumentType::NationalIdCard,
        IdType::DrivingLicense => DocumentType::DriverLicence,
    });
    let all = [
        (Attribute::Name, given(name)),
        (Attribute::Birthdate, date(birth_date)),
        (Attribute::Nationality, nationality.map(|c| c.alpha2.to_owned())),
        (Attribute::Gender, gender.map(|g| g.code().to_owned())),
        (
            Attribute::IdDocumentType,
            document.filter(|_| number.is_some()).map(|d| d.code().to_owned()),
        ),
        (Attribute::IdDocument, number),
        (Attribute::IdDocumentExpiryDate, date(expiry_date)),
    ];
    all.into_iter()
        .filter_map(|(attribute, text)| Some((attribute, text.filter(|t| !t.trim().is_empty())?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(id_type: &str, gender: &str) -> IdvAnswer {
        let body = serde_json::json!({
            "state": 0, "id_type": id_type, "country": "ESP",
            "full_name": "Federica Sanchez Arjona", "birthday": "1978-08-22", "id_number": "66666666q",
            "gender": gender, "expiry_date": "soon",
        });
        let mut answer = IdvAnswer::read(body.to_string().as_bytes()).expect("an object");
        answer.id_type = Some(id_type.into());
        answer.recognised = Data {
            name: Some("Federica Sanchez Arjona".into()),
            birth_date: Some("1978-08-22".into()),
            number: Some("66666666q".into()),
            country: Some("ESP".into()),
            expiry_date: Some("soon".into()),
            gender: Some(gender.into()),
            ..Data::default()
        };
        answer
    }

    #[test]
    fn a_passport_says_whose_citizen_one_is_and_a_driving_licence_does_not() {
        let passport = values(&answer("PASSPORT", "F"));
        assert_eq!(passport.get(&Attribute::Nationality).map(String::as_str), Some("ES"));
        assert_eq!(passport.get(&Attribute::IdDocumentType).map(String::as_str), Some("passport"));
        assert_eq!(passport.get(&Attribute::Gender).map(String::as_str), Some("FEMALE"));
        assert_eq!(
            passport.get(&Attribute::Country),
            None,
            "where a document is from is no address"
        );
        let licence = values(&answer("DRIVING_LICENSE", "?"));
        assert_eq!(
            (licence.get(&Attribute::Nationality), licence.get(&Attribute::Gender)),
            (None, None)
        );
        assert_eq!(licence.get(&Attribute::IdDocument).map(String::as_str), Some("66666666q"));
    }

    #[test]
    fn what_the_form_would_refuse_is_left_out() {
        let known = values(&answer("PASSPORT", "F"));
        assert_eq!(known.get(&Attribute::IdDocumentExpiryDate), None);
        assert!(known.values().all(|text| !text.is_empty()));
        let mut said = answer("PASSPORT", "F");
        said.recognised =
            Data { name: Some("N/A".into()), number: Some("-".into()), ..said.recognised };
        let known = values(&said);
        for attribute in [Attribute::Name, Attribute::IdDocument, Attribute::IdDocumentType] {
            assert_eq!(known.get(&attribute), None, "{attribute}");
        }
    }
}
