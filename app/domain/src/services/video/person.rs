//! The form of a person: what Solaris must know before somebody can be identified by video.
//!
//! Source: Solaris, "Video identification", Step 1. Video identification is for residents of
//! Germany only.

use super::{check_name, complaints::path_of};
use crate::{
    Moment, choices, countries,
    fields::{Refused, composed},
    letters::{hidden, plain_digits},
    services::form::{check_birth_date, check_phone, check_reference, take},
    time,
};
use serde::{Deserialize, Serialize};

choices! {
    /// How Solaris addresses a person.
    pub enum Salutation {
        Ms = "MS", "Ms";
        Mr = "MR", "Mr";
        /// Sent as null.
        None = "NONE", "Neither";
    }
}

/// What a person typed, exactly. The names are those of the inputs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonForm {
    pub customer_reference: String,
    pub connection: String,
    pub salutation: String,
    pub first_name: String,
    pub last_name: String,
    pub birth_date: String,
    pub nationality: String,
    pub line_1: String,
    pub line_2: String,
    pub postal_code: String,
    pub city: String,
    pub state: String,
    pub country: String,
    pub mobile_number: String,
    pub terms_conditions_signed_at: String,
    pub data_terms_signed_at: String,
}

/// A person who may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub customer_reference: String,
    pub salutation: Salutation,
    pub first_name: String,
    pub last_name: String,
    /// `YYYY-MM-DD`.
    pub birth_date: String,
    /// ISO 3166-1 alpha-2.
    pub nationality: String,
    pub address: Address,
    /// E.164 with its `+`.
    pub mobile_number: String,
    /// When the customer agreed to Solaris's terms and conditions.
    pub terms_conditions_signed_at: Moment,
    /// When the customer agreed to data processing.
    pub data_terms_signed_at: Moment,
}

/// Where the customer lives.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    /// Street.
    pub line_1: String,
    /// House number.
    pub line_2: String,
    pub postal_code: String,
    pub city: String,
    pub state: Option<String>,
    /// ISO 3166-1 alpha-2; `DE`, since nobody else may identify by video.
    pub country: String,
}

/// The longest line of an address, in characters.
const LINE_MAX: usize = 255;
/// Clocks differ a little; consent from further ahead is a typing error.
const CLOCK_SKEW_MS: i64 = 5 * time::MINUTE;

impl PersonForm {
    /// The form's values under the names of its inputs.
    #[must_use]
    pub fn as_typed(&self) -> Refused {
        Refused::of([
            ("customer_reference", &self.customer_reference),
            ("connection", &self.connection),
            ("salutation", &self.salutation),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("birth_date", &self.birth_date),
            ("nationality", &self.nationality),
            ("line_1", &self.line_1),
            ("line_2", &self.line_2),
            ("postal_code", &self.postal_code),
            ("city", &self.city),
            ("state", &self.state),
            ("country", &self.country),
            ("mobile_number", &self.mobile_number),
            ("terms_conditions_signed_at", &self.terms_conditions_signed_at),
            ("data_terms_signed_at", &self.data_terms_signed_at),
        ])
    }
}

impl From<&Person> for PersonForm {
    /// The form that would make this person again.
    fn from(person: &Person) -> Self {
        Self {
            customer_reference: person.customer_reference.clone(),
            connection: String::new(),
            salutation: person.salutation.code().into(),
            first_name: person.first_name.clone(),
            last_name: person.last_name.clone(),
            birth_date: person.birth_date.clone(),
            nationality: person.nationality.clone(),
            line_1: person.address.line_1.clone(),
            line_2: person.address.line_2.clone(),
            postal_code: person.address.postal_code.clone(),
            city: person.address.city.clone(),
            state: person.address.state.clone().unwrap_or_default(),
            country: person.address.country.clone(),
            mobile_number: person.mobile_number.clone(),
            terms_conditions_signed_at: time::iso(person.terms_conditions_signed_at),
            data_terms_signed_at: time::iso(person.data_terms_signed_at),
        }
    }
}

/// The input that the provider's field is typed in; nothing for a field that the form does not
/// have.
#[must_use]
pub fn form_field(provider: &str) -> Option<&'static str> {
    const ADDRESS: [&str; 6] = ["line_1", "line_2", "postal_code", "city", "state", "country"];
    const OTHERS: [&str; 8] = [
        "salutation",
        "first_name",
        "last_name",
        "birth_date",
        "nationality",
        "mobile_number",
        "terms_conditions_signed_at",
        "data_terms_signed_at",
    ];
    match path_of(provider) {
        (None, "address") => Some("line_1"),
        // Errors about a part of the address come without the address's name too.
        (None | Some("address"), part) if ADDRESS.contains(&part) => {
            ADDRESS.into_iter().find(|known| *known == part)
        }
        (None, field) => OTHERS.into_iter().find(|known| *known == field),
        _ => None,
    }
}

/// Checks the whole form.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check_person(form: &PersonForm, now: Moment) -> Result<Person, Refused> {
    let mut refused = form.as_typed();
    let customer_reference =
        take(&mut refused, "customer_reference", check_reference(&form.customer_reference));
    if form.connection.is_empty() {
        refused.refuse("connection", "Choose a connection.");
    }
    let salutation = Salutation::parse(form.salutation.trim());
    if salutation.is_none() {
        refused.refuse("salutation", "Choose a salutation; Solaris takes Neither too.");
    }
    let first_name = take(&mut refused, "first_name", check_name(&form.first_name, "first name"));
    let last_name = take(&mut refused, "last_name", check_name(&form.last_name, "last name"));
    let birth_date = take(&mut refused, "birth_date", birth_date(&form.birth_date, now));
    let nationality =
        take(&mut refused, "nationality", country(&form.nationality).map(|c| c.alpha2.to_owned()));
    let address = Address {
        line_1: take(&mut refused, "line_1", line(&form.line_1, "Give the street.")),
        line_2: take(&mut refused, "line_2", line(&form.line_2, "Give the house number.")),
        postal_code: take(&mut refused, "postal_code", postal_code(&form.postal_code)),
        city: take(&mut refused, "city", line(&form.city, "Give the town.")),
        state: Some(take(&mut refused, "state", line_or_nothing(&form.state)))
            .filter(|state| !state.is_empty()),
        country: take(&mut refused, "country", residence(&form.country)),
    };
    let mobile_number = take(&mut refused, "mobile_number", mobile_number(&form.mobile_number));
    let terms_conditions_signed_at = take(
        &mut refused,
        "terms_conditions_signed_at",
        consent(&form.terms_conditions_signed_at, "Solaris's terms and conditions", now),
    );
    let data_terms_signed_at = take(
        &mut refused,
        "data_terms_signed_at",
        consent(&form.data_terms_signed_at, "data processing", now),
    );
    match salutation {
        Some(salutation) if refused.is_clean() => Ok(Person {
            customer_reference,
            salutation,
            first_name,
            last_name,
            birth_date,
            nationality,
            address,
            mobile_number,
            terms_conditions_signed_at,
            data_terms_signed_at,
        }),
        _ => Err(refused),
    }
}

fn birth_date(text: &str, now: Moment) -> Result<String, &'static str> {
    check_birth_date(text, now)?.ok_or("Give the birth date as YYYY-MM-DD, for example 1992-12-11.")
}

fn country(text: &str) -> Result<&'static countries::Country, &'static str> {
    countries::understand(text).ok_or("Choose a country from the list.")
}

fn residence(text: &str) -> Result<String, &'static str> {
    match country(text)?.alpha2 {
        "DE" => Ok("DE".into()),
        _ => Err(
            "Only customers who reside in Germany can identify by video. Use another way of identification.",
        ),
    }
}

fn mobile_number(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err(
            "Give the mobile number with its country code, for example +49 1512 3456789. IDnow sends a code to it.",
        );
    }
    check_phone(text)
}

fn line(text: &str, missing: &'static str) -> Result<String, &'static str> {
    let line = line_or_nothing(text)?;
    if line.chars().any(char::is_alphanumeric) { Ok(line) } else { Err(missing) }
}

fn line_or_nothing(text: &str) -> Result<String, &'static str> {
    let line = composed(text);
    if hidden(&line).is_some() {
        return Err("This contains invisible characters, often from copying. Type it by hand.");
    }
    if line.chars().count() > LINE_MAX { Err("Use at most 255 characters.") } else { Ok(line) }
}

fn postal_code(text: &str) -> Result<String, &'static str> {
    let code = plain_digits(text.trim());
    let is_german = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit());
    if is_german { Ok(code) } else { Err("A German postal code has 5 digits, for example 13353.") }
}

fn consent(text: &str, to_what: &str, now: Moment) -> Result<Moment, String> {
    if text.trim().is_empty() {
        return Err(format!(
            "Give the moment in UTC at which the customer agreed to {to_what}, for example 2026-01-01T09:30:00Z."
        ));
    }
    let at = parse_utc(text).ok_or("Give the moment in UTC, for example 2026-01-01T09:30:00Z.")?;
    if at > now + CLOCK_SKEW_MS {
        return Err("This moment is in the future. Is it UTC?".into());
    }
    if text.trim() < "2000" {
        return Err("This moment is too long ago.".into());
    }
    Ok(at)
}

/// Reads a moment in UTC: a date, `T` or a space, hours and minutes, perhaps seconds and their
/// fractions, and then `Z`, `UTC`, `+00:00` or nothing, which browsers leave out. Another zone is
/// not UTC and not taken.
#[must_use]
pub fn parse_utc(text: &str) -> Option<Moment> {
    let text = text.trim();
    let (date, clock) = (text.get(..10)?, text.get(10..)?.strip_prefix(['T', 't', ' '])?);
    let ends = ["Z", "z", "+00:00", "UTC"];
    let clock = ends.iter().find_map(|end| clock.strip_suffix(end)).unwrap_or(clock).trim_end();
    let (whole, fraction) =
        clock.split_once('.').map_or((clock, None), |(whole, fraction)| (whole, Some(fraction)));
    let parts: Vec<i64> = whole
        .split(':')
        .map(|part| {
            (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse().ok())
                .flatten()
        })
        .collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] if fraction.is_none() => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let milliseconds = match fraction {
        None => 0,
        Some(digits)
            if (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) =>
        {
            format!("{digits:0<3}")[..3].parse::<i64>().ok()?
        }
        Some(_) => return None,
    };
    Some(
        time::parse_date(date)?
            + hour * time::HOUR
            + minute * time::MINUTE
            + second * time::SECOND
            + milliseconds,
    )
}

#[cfg(test)]
mod tests;
