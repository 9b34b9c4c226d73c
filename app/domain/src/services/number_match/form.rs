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
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: Moment = 1_795_000_000_000;

    fn form(values: &[(&str, &str)]) -> NumberMatchForm {
        NumberMatchForm {
            customer_reference: "C-1".into(),
            name: "Federica Sanchez Arjona".into(),
            connection: "c".into(),
            phone: "+34 629-255.833".into(),
            values: values
                .iter()
                .map(|(code, text)| ((*code).to_owned(), (*text).to_owned()))
                .collect(),
        }
    }

    fn sent(code: &str, text: &str) -> Result<String, String> {
        check(&form(&[(code, text)]), Version::V04, NOW)
            .map(|launch| launch.values.into_values().next().expect("a value"))
            .map_err(|refused| {
                refused
                    .error(&format!("values[{code}]"))
                    .expect("a message beside the field")
                    .to_owned()
            })
    }

    #[test]
    fn only_what_is_filled_is_sent() {
        let launch = check(
            &form(&[
                ("givenName", " Federica  "),
                ("familyName", "  "),
                ("country", "Japan"),
                ("email", ""),
            ]),
            Version::V02,
            NOW,
        )
        .expect("good");
        assert_eq!(launch.phone, "+34629255833");
        let values: Vec<(&str, &str)> =
            launch.values.iter().map(|(a, v)| (a.code(), v.as_str())).collect();
        assert_eq!(values, [("givenName", "Federica"), ("country", "JP")]);
        let again = NumberMatchForm { connection: "c".into(), ..NumberMatchForm::from(&launch) };
        assert_eq!(check(&again, Version::V02, NOW).expect("good again"), launch);
    }

    #[test]
    fn another_name_than_the_customers_is_told_from_parts_of_it() {
        let another = |name: &str, values: &[(&str, &str)]| {
            let form = NumberMatchForm { name: name.into(), ..form(values) };
            check(&form, Version::V04, NOW).expect("good").another_name()
        };
        for (name, values) in [
            ("Jürgen Müller", &[("name", "MUELLER Juergen")][..]),
            (
                "Federica Sanchez Arjona",
                &[("givenName", "Federica"), ("familyName", "Sanchez Arjona")],
            ),
            ("Federica Sanchez Arjona", &[("familyName", "Arjona")]),
            ("Anna Maria Berg", &[("givenName", "Anna"), ("familyName", "Berg")]),
            ("王又曾", &[("givenName", "又曾"), ("familyName", "王")]),
            ("王又曾", &[("familyName", "王")]),
            ("김민준", &[("givenName", "민준"), ("familyName", "김")]),
            ("Anna Maria Berg", &[("middleNames", "Maria")]),
            (
                "Berg, Anna Maria",
                &[("givenName", "Anna"), ("middleNames", "MARIA"), ("familyName", "Berg")],
            ),
            ("Suhartono", &[("givenName", "SUHARTONO")]),
            ("Anna Berg", &[("familyNameAtBirth", "Popović"), ("birthdate", "1980-01-02")]),
        ] {
            assert_eq!(another(name, values), None, "{name}: {values:?}");
        }
        for (name, values, field, asked) in [
            ("Anna Berg", &[("name", "Viktor Sawenkow")][..], Attribute::Name, "Viktor Sawenkow"),
            ("Anna Berg", &[("name", "Anna Sawenkow")], Attribute::Name, "Anna Sawenkow"),
            ("Anna Berg", &[("givenName", "Viktor")], Attribute::GivenName, "Viktor"),
            (
                "Anna Berg",
                &[("givenName", "Anna"), ("familyName", "Bergmann")],
                Attribute::FamilyName,
                "Anna Bergmann",
            ),
            ("王又曾", &[("familyName", "李")], Attribute::FamilyName, "李"),
            ("Anna Berg", &[("middleNames", "Viktor")], Attribute::MiddleNames, "Viktor"),
            (
                "Anna Berg",
                &[("givenName", "Anna"), ("middleNames", "Viktor")],
                Attribute::MiddleNames,
                "Anna Viktor",
            ),
            ("Suhartono", &[("familyName", "Tono")], Attribute::FamilyName, "Tono"),
            ("Madonna", &[("givenName", "a")], Attribute::GivenName, "a"),
            ("Σωκράτης", &[("givenName", "Σω")], Attribute::GivenName, "Σω"),
            ("Владимир", &[("givenName", "Мир")], Attribute::GivenName, "Мир"),
        ] {
            assert_eq!(
                another(name, values),
                Some((field, asked.to_owned())),
                "{name}: {values:?}"
            );
        }
    }

    #[test]
    fn phone_numbers_of_other_keyboards_and_spreadsheets_are_told_apart() {
        for typed in ["+٣٤ ٦٢٩ ٢٥٥ ٨٣٣", "＋３４６２９２５５８３３", "+34629255833"]
        {
            assert_eq!(check_phone(typed).as_deref(), Ok("+34629255833"), "{typed}");
        }
        for (typed, words) in [
            ("3.46E+10", "rounded"),
            ("'+34629255833", "apostrophe"),
            ("+3462\u{200B}9", "invisible"),
            ("\u{202A}+34629255833\u{202C}", "invisible"),
        ] {
            assert!(check_phone(typed).is_err_and(|m| m.contains(words)), "{typed}");
        }
    }

    #[test]
    fn what_a_spreadsheet_did_to_a_cell_is_asked_of_nobody() {
        for (code, text, words) in [
            ("idDocument", "1.23457E+11", "rounded"),
            ("postalCode", "'01234", "apostrophe"),
            ("familyName", "#NAME?", "could not"),
            ("birthdate", "1,9E+7", "rounded"),
        ] {
            assert!(sent(code, text).is_err_and(|m| m.contains(words)), "{code} {text}");
        }
        assert_eq!(sent("familyName", "'t Hooft").as_deref(), Ok("'t Hooft"));
    }

    #[test]
    fn texts_leave_composed_and_visible() {
        assert_eq!(sent("givenName", "Zoe\u{308}").as_deref(), Ok("Zoë"));
        for hidden in ["Zo\u{AD}e", "a\u{200B}b", "Zoe\u{FE0F}", "\u{3164}", "Zoe\u{E0041}"] {
            assert!(
                sent("givenName", hidden).is_err_and(|m| m.contains("invisible")),
                "{hidden:?}"
            );
        }
        assert!(sent("email", "a\u{200B}@example.com").is_err_and(|m| m.contains("U+200B")));
        assert_eq!(sent("country", "Deutschland").as_deref(), Ok("DE"));
    }

    #[test]
    fn the_number_alone_is_nothing_to_compare() {
        for values in [&[][..], &[("givenName", " "), ("email", "")]] {
            let refused = check(&form(values), Version::V04, NOW).expect_err("nothing to compare");
            assert!(refused.error("").is_some_and(|m| m.contains("at least one")), "{refused:?}");
        }
        assert!(
            check(&form(&[("bankAccountNumber", "IBAN:NL59")]), Version::V04, NOW)
                .expect_err("unknown")
                .error("")
                .is_some()
        );
    }

    #[test]
    fn the_persona_of_the_specification_passes_in_both_versions() {
        let persona = form(&[
            ("idDocument", "66666666q"),
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
        ]);
        for version in Version::ALL {
            let launch = check(&persona, *version, NOW).expect("good");
            assert_eq!(launch.values.len(), 19);
            for (code, text) in &persona.values {
                assert_eq!(&launch.values[&Attribute::parse(code).expect("known")], text);
            }
        }
    }

    #[test]
    fn what_a_version_does_not_know_is_refused_there() {
        for (code, text) in [
            ("nationality", "ES"),
            ("idDocumentType", "passport"),
            ("idDocumentExpiryDate", "2030-01-01"),
            ("cityOfBirth", "Madrid"),
            ("countryOfBirth", "ES"),
        ] {
            let refused = check(&form(&[(code, text)]), Version::V02, NOW).expect_err(code);
            assert_eq!(
                refused.errors.keys().collect::<Vec<_>>(),
                [&format!("values[{code}]")],
                "{refused:?}"
            );
            assert!(refused.errors.values().all(|m| m.contains("0.2") && m.contains("0.4")));
            assert_eq!(sent(code, text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn formats_are_explained_beside_the_field() {
        for (code, text, words) in [
            ("birthdate", "22/08/1978", "YYYY-MM-DD"),
            ("birthdate", "1978-02-30", "does not exist"),
            ("birthdate", "2999-01-01", "future"),
            ("idDocumentExpiryDate", "2030-13-01", "does not exist"),
            ("idDocumentExpiryDate", "soon", "YYYY-MM-DD"),
            ("country", "XX", "list"),
            ("nationality", "Atlantis", "list"),
            ("gender", "male", "list"),
            ("idDocumentType", "PASSPORT", "list"),
            ("email", "abc", "name@"),
            ("email", "@example.com", "name@"),
            ("email", "a@example", "name@"),
            ("email", "a@.com", "name@"),
            ("email", "a b@example.com", "name@"),
            ("nameKanaHankaku", "フェデリカ", "half-width"),
            ("nameKanaZenkaku", "ﾌｪﾃﾞﾘｶ", "full-width"),
            ("nameKanaZenkaku", "Federica", "full-width"),
            ("name", "a\u{202E}b", "invisible"),
            ("streetNumber", "--", "letter or digit"),
            ("postalCode", "123456789012345678901", "20 characters"),
        ] {
            let why = sent(code, text).expect_err(text);
            assert!(why.contains(words), "{code} {text}: {why}");
        }
        for (code, text, value) in [
            ("country", "esp", "ES"),
            ("nationality", "côte d'ivoire", "CI"),
            ("countryOfBirth", "392", "JP"),
            ("nameKanaHankaku", "ﾌｪﾃﾞﾘｶ ｻﾝﾁｪｽ", "ﾌｪﾃﾞﾘｶ ｻﾝﾁｪｽ"),
            ("nameKanaZenkaku", "フェデリカ サンチェス", "フェデリカ\u{3000}サンチェス"),
            ("nameKanaZenkaku", "フェデリカ・サンチェスー", "フェデリカ・サンチェスー"),
            ("gender", "OTHER", "OTHER"),
            ("email", "\"a@b\"@example.com", "\"a@b\"@example.com"),
            ("idDocumentExpiryDate", "2019-01-01", "2019-01-01"),
        ] {
            assert_eq!(sent(code, text).as_deref(), Ok(value), "{code} {text}");
        }
    }

    #[test]
    fn phone_numbers_are_international() {
        for (text, words) in [
            ("", "Give"),
            ("629255833", "country code"),
            ("0034629255833", "Begin with +"),
            ("+34629255833a", "digits only"),
            ("+٣٤٦٢½", "digits only"),
            ("+0629255833", "begins with 0"),
            ("+44 (0)20 7946 0000", "brackets"),
            ("+1234", "5 to 15"),
            ("+1234567890123456", "5 to 15"),
        ] {
            let why = check_phone(text).expect_err(text);
            assert!(why.contains(words), "{text}: {why}");
        }
        for text in ["+12345", "+123456789012345"] {
            assert_eq!(check_phone(text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn each_field_is_refused_beside_its_cause_and_nothing_typed_is_lost() {
        let good = form(&[("email", "a@example.com")]);
        for (form, field) in [
            (
                NumberMatchForm { customer_reference: String::new(), ..good.clone() },
                "customer_reference",
            ),
            (NumberMatchForm { name: String::new(), ..good.clone() }, "name"),
            (NumberMatchForm { connection: String::new(), ..good.clone() }, "connection"),
            (NumberMatchForm { phone: "1".into(), ..good.clone() }, "phone"),
            (form(&[("email", "x"), ("name", "Another name than ours")]), "values[email]"),
        ] {
            let refused = check(&form, Version::V02, NOW).expect_err(field);
            assert_eq!(refused.errors.keys().collect::<Vec<_>>(), [field]);
            assert_eq!(refused.values, form.as_typed().values);
            assert_eq!(refused.value("phone"), form.phone);
        }
    }

    proptest! {
        #[test]
        fn a_number_of_the_specifications_pattern_passes_however_it_is_spaced(number in "\\+[1-9][0-9]{4,14}", separator in "[ .-]{0,2}") {
            let spaced: String = number.chars().map(|c| format!("{c}{separator}")).collect();
            prop_assert_eq!(check_phone(&spaced), Ok(number));
        }

        /// Nothing is sent that was not filled, nothing longer than its limit, and never nothing at
        /// all.
        #[test]
        fn whatever_is_typed_what_is_sent_was_filled_and_fits(values in proptest::collection::btree_map(
            proptest::sample::select(Attribute::ALL.iter().map(|a| a.code().to_owned()).collect::<Vec<_>>()), "\\PC{0,30}", 0..6), v04 in any::<bool>()) {
            let version = if v04 { Version::V04 } else { Version::V02 };
            let form = NumberMatchForm { values, ..form(&[]) };
            match check(&form, version, NOW) {
                Ok(launch) => {
                    prop_assert!(!launch.values.is_empty());
                    for (attribute, value) in &launch.values {
                        prop_assert!(!form.values[attribute.code()].trim().is_empty() && attribute.is_in(version));
                        prop_assert!(!value.is_empty() && value.chars().count() <= attribute.max_length());
                    }
                }
                Err(refused) => prop_assert_eq!(refused.values, form.as_typed().values),
            }
        }
    }
}
