//! The launch form of a number match: what is typed, what is sent, and what is refused.

use super::{Attribute, Shape, Version};
use crate::{
    Moment,
    checks::Kind,
    countries,
    fields::{Refused, composed, spreadsheet, thousands},
    letters::{hidden, hidden_words},
    search::{fold, words},
    services::form::{
        LaunchForm, check_birth_date, check_name, check_phone, check_reference, take,
    },
    spelling::{Likeness, liken},
    time,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a person typed, exactly.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NumberMatchForm {
    pub customer_reference: String,
    /// The customer's name with us; the operator is asked about [`Attribute::Name`] only when that
    /// is filled.
    pub name: String,
    pub connection: String,
    pub phone: String,
    /// Codes of [`Attribute`] to texts; empty ones are not asked.
    pub values: BTreeMap<String, String>,
}

/// A match that may be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberMatch {
    pub customer_reference: String,
    pub name: String,
    /// E.164 with its `+`.
    pub phone: String,
    /// Only what is asked, as it is sent; never empty.
    pub values: BTreeMap<Attribute, String>,
}

impl NumberMatch {
    /// The name that the operator is asked about, with its field, where it is not the customer's
    /// name or a part of it.
    #[must_use]
    pub fn another_name(&self) -> Option<(Attribute, String)> {
        let of = |attribute: Attribute| self.values.get(&attribute).map(String::as_str);
        if let Some(whole) = of(Attribute::Name).filter(|whole| !liken(&self.name, whole).is_same())
        {
            return Some((Attribute::Name, whole.to_owned()));
        }
        let parts: Vec<(Attribute, &str)> =
            NAME_PARTS.into_iter().filter_map(|part| Some((part, of(part)?))).collect();
        let texts: Vec<&str> = parts.iter().map(|(_, text)| *text).collect();
        let turned: Vec<&str> = texts.iter().rev().copied().collect();
        let whole = texts.join(" ");
        if liken(&self.name, &whole).is_same() || liken(&self.name, &turned.join(" ")).is_same() {
            return None;
        }
        let (other, _) = parts.iter().find(|(_, text)| !is_part_of(&self.name, text))?;
        Some((*other, whole))
    }
}

/// What an operator compares of the customer's name itself, in the order in which it is mostly
/// written.
const NAME_PARTS: [Attribute; 3] =
    [Attribute::GivenName, Attribute::MiddleNames, Attribute::FamilyName];

/// Whether a text is a name or some words of it; where names are written without spaces (`王又曾`),
/// any piece of it.
fn is_part_of(name: &str, text: &str) -> bool {
    let likeness = liken(name, text);
    let has_pieces = || words(name).len() == 1 && !fold(name).chars().any(is_spaced);
    likeness.is_same()
        || likeness == Likeness::Fewer
        || (has_pieces() && fold(name).contains(&fold(text)))
}

/// Whether it is a Latin, Greek or Cyrillic letter, folded: in those, spaces stand between the
/// parts of a name.
fn is_spaced(c: char) -> bool {
    c.is_alphabetic()
        && matches!(c, '\0'..='\u{52F}' | '\u{1C80}'..='\u{1C8F}' | '\u{1D00}'..='\u{1FFF}' | '\u{2C60}'..='\u{2C7F}' | '\u{A640}'..='\u{A69F}' | '\u{A720}'..='\u{A7FF}')
}

impl NumberMatchForm {
    /// The form's values under the names of its inputs.
    #[must_use]
    pub fn as_typed(&self) -> Refused {
        let mut refused = Refused::of([
            ("customer_reference", &self.customer_reference),
            ("name", &self.name),
            ("connection", &self.connection),
            ("phone", &self.phone),
        ]);
        refused.values.extend(
            self.values.iter().map(|(code, text)| (format!("values[{code}]"), text.clone())),
        );
        refused
    }
}

impl LaunchForm for NumberMatchForm {
    fn connection(&self) -> &str {
        &self.connection
    }

    fn set_connection(&mut self, id: &str) {
        id.clone_into(&mut self.connection);
    }

    fn customer_reference(&self) -> &str {
        &self.customer_reference
    }

    fn as_typed(&self) -> Refused {
        Self::as_typed(self)
    }

    fn put(&mut self, field: &str, text: &str) -> bool {
        let input = match field {
            "customer_reference" => &mut self.customer_reference,
            "name" => &mut self.name,
            "connection" => &mut self.connection,
            "phone" => &mut self.phone,
            _ => {
                let code = field.strip_prefix("values[").and_then(|rest| rest.strip_suffix(']'));
                let Some(attribute) = code.and_then(Attribute::parse) else { return false };
                self.values.entry(attribute.code().to_owned()).or_default()
            }
        };
        text.clone_into(input);
        true
    }
}

impl From<&NumberMatch> for NumberMatchForm {
    /// The form that would make this launch again.
    fn from(launch: &NumberMatch) -> Self {
        Self {
            customer_reference: launch.customer_reference.clone(),
            name: launch.name.clone(),
            connection: String::new(),
            phone: launch.phone.clone(),
            values: launch
                .values
                .iter()
                .map(|(attribute, text)| (attribute.code().to_owned(), text.clone()))
                .collect(),
        }
    }
}

/// Checks the form against the version that the connection's operator speaks.
///
/// # Errors
/// The form as typed, with a message beside each field that stands in the way.
pub fn check(
    form: &NumberMatchForm,
    version: Version,
    now: Moment,
) -> Result<NumberMatch, Refused> {
    let mut refused = form.as_typed();
    let customer_reference =
        take(&mut refused, "customer_reference", check_reference(&form.customer_reference));
    let name = take(&mut refused, "name", check_name(&form.name, Kind::NumberMatch));
    if form.connection.is_empty() {
        refused.refuse("connection", "Choose a connection.");
    }
    let phone = take(&mut refused, "phone", check_phone(&form.phone));
    let filled = form.values.iter().filter(|(_, text)| !text.trim().is_empty());
    let mut values = BTreeMap::new();
    for (code, text) in filled {
        match Attribute::parse(code) {
            None => refused.refuse(
                "",
                format!("This desk does not know the attribute {code}. Open the form again."),
            ),
            Some(attribute) => {
                let value = check_value(attribute, text, version, now);
                values.insert(attribute, take(&mut refused, &attribute.field(), value));
            }
        }
    }
    if values.is_empty() {
        refused.refuse("", "Fill in at least one thing to compare besides the phone number. Your own name for the customer is not sent.");
    }
    if refused.is_clean() {
        Ok(NumberMatch { customer_reference, name, phone, values })
    } else {
        Err(refused)
    }
}

/// Checks one filled attribute and gives it as it is sent.
fn check_value(
    attribute: Attribute,
    text: &str,
    version: Version,
    now: Moment,
) -> Result<String, String> {
    if !attribute.is_in(version) {
        return Err(format!(
            "The operator speaks {}, which does not know this. Leave it empty, or ask an admin whether the operator speaks {} by now.",
            version.label(),
            attribute.since().label()
        ));
    }
    let text = composed(text);
    if let Some(odd) = hidden(&text) {
        return Err(hidden_words(odd));
    }
    if let Some(words) = spreadsheet(&text) {
        return Err(words.into());
    }
    let value = match attribute.shape() {
        Shape::Text => worded(text)?,
        Shape::Date => date(attribute, text, now)?,
        Shape::Country => country(&text)?,
        Shape::Choice => choice(attribute, text)?,
        Shape::Email => email(text)?,
        Shape::HalfWidth => half_width(text)?,
        Shape::FullWidth => full_width(&text)?,
    };
    if value.chars().count() > attribute.max_length() {
        return Err(format!("Use at most {} characters.", thousands(attribute.max_length())));
    }
    Ok(value)
}

fn worded(text: String) -> Result<String, &'static str> {
    if text.chars().any(char::is_alphanumeric) {
        Ok(text)
    } else {
        Err("This needs at least one letter or digit.")
    }
}

fn date(attribute: Attribute, text: String, now: Moment) -> Result<String, &'static str> {
    if attribute == Attribute::Birthdate {
        return check_birth_date(&text, now).map(Option::unwrap_or_default);
    }
    match (time::parse_date(&text), time::is_date_shaped(&text)) {
        (Some(_), _) => Ok(text),
        (None, true) => Err("This day does not exist."),
        (None, false) => Err("Give the date as YYYY-MM-DD, for example 2030-03-10."),
    }
}

/// Any ISO code or the name of the list; sent as two letters.
fn country(text: &str) -> Result<String, &'static str> {
    countries::understand(text)
        .map(|c| c.alpha2.to_owned())
        .ok_or("Choose a country from the list; in a table, give its code or its name in English.")
}

fn choice(attribute: Attribute, text: String) -> Result<String, &'static str> {
    if attribute.options().iter().any(|(code, _)| *code == text) {
        Ok(text)
    } else {
        Err("Choose from the list.")
    }
}

/// `local@domain`, as far as one can tell without sending a message.
fn email(text: String) -> Result<String, &'static str> {
    let is_shaped = text.rsplit_once('@').is_some_and(|(local, domain)| {
        let labels_are_full = domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'));
        !local.is_empty()
            && local.len() <= 64
            && domain.contains('.')
            && labels_are_full
            && !text.contains(char::is_whitespace)
    });
    if is_shaped { Ok(text) } else { Err("Give the address as name@example.com.") }
}

/// Half-width katakana and ASCII: the specification's own example has Latin letters here.
fn half_width(text: String) -> Result<String, String> {
    if text.chars().all(|c| matches!(c, ' '..='~' | '\u{FF61}'..='\u{FF9F}')) {
        return Ok(worded(text)?);
    }
    Err("Use half-width characters only, for example ﾌｪﾃﾞﾘｶ. Full-width kana belong into the other field.".into())
}

/// Kana and full-width forms; spaces are sent full-width too.
fn full_width(text: &str) -> Result<String, String> {
    let text = text.replace(' ', "\u{3000}");
    if text.chars().all(|c| matches!(c, '\u{3000}' | '\u{3041}'..='\u{309F}' | '\u{30A0}'..='\u{30FF}' | '\u{FF01}'..='\u{FF60}')) {
        return Ok(worded(text)?);
    }
    Err("Use full-width kana only, for example フェデリカ. Half-width characters belong into the other field.".into())
}

#[cfg(test)]
mod tests;
