//! What the launch forms of all services share: the customer's reference, name, birth date and
//! phone number, and what a form is.

use super::Kind;
use crate::{
    Moment,
    fields::{Refused, composed, one_line, spreadsheet},
    letters::{hidden, hidden_words, plain_digits},
    time,
};
use std::fmt::Debug;

/// The longest name, in characters.
pub const NAME_MAX: usize = 256;
/// The longest customer reference, in characters.
pub const REFERENCE_MAX: usize = 100;
/// What helps to write a phone number.
pub const PHONE_HINT: &str = "With country code, for example +34 629 255 833.";

/// The launch form of a service that answers at once, as it was typed: what tables, pages and
/// server functions do with each alike.
pub trait LaunchForm: Default + Clone + Debug + PartialEq + Eq {
    /// The connection that was chosen.
    fn connection(&self) -> &str;
    /// Chooses a connection.
    fn set_connection(&mut self, id: &str);
    /// The desk's own reference for the customer.
    fn customer_reference(&self) -> &str;
    /// The form's values under the names of its inputs.
    fn as_typed(&self) -> Refused;
    /// Sets the input of this name, such as `phone` or `values[birthdate]`, and says whether there
    /// is one.
    fn put(&mut self, field: &str, text: &str) -> bool;
}

/// Says once which inputs a launch form has, where each is a text: gives it `as_typed` and makes it
/// a [`LaunchForm`].
macro_rules! launch_form {
    ($form:ident: $($field:ident),+ $(,)?) => {
        impl $form {
            /// The form's values under the names of its inputs.
            #[must_use]
            pub fn as_typed(&self) -> $crate::fields::Refused {
                $crate::fields::Refused::of([$((stringify!($field), &self.$field)),+])
            }
        }
        impl $crate::services::LaunchForm for $form {
            fn connection(&self) -> &str {
                &self.connection
            }
            fn set_connection(&mut self, id: &str) {
                id.clone_into(&mut self.connection);
            }
            fn customer_reference(&self) -> &str {
                &self.customer_reference
            }
            fn as_typed(&self) -> $crate::fields::Refused {
                Self::as_typed(self)
            }
            fn put(&mut self, field: &str, text: &str) -> bool {
                match field {
                    $(stringify!($field) => text.clone_into(&mut self.$field),)+
                    _ => return false,
                }
                true
            }
        }
    };
}
pub(super) use launch_form;

/// What a field gave, or its default with the message noted beside it.
pub(crate) fn take<T: Default, E: Into<String>>(
    refused: &mut Refused,
    field: &str,
    result: Result<T, E>,
) -> T {
    result.unwrap_or_else(|message| {
        refused.refuse(field, message);
        T::default()
    })
}

/// Checks a customer reference: 1 to 100 letters, digits and `. _ - / : @ #`, no spaces.
///
/// # Errors
/// The message beside the field.
pub fn check_reference(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Give your own reference for this customer, for example C-000123.");
    }
    if text.chars().count() > REFERENCE_MAX {
        return Err("Use at most 100 characters.");
    }
    if let Some(words) = spreadsheet(text) {
        return Err(words);
    }
    if matches!(text, "." | "..") {
        // The customer's page has the reference in its address, and browsers read these as another
        // page.
        return Err("A dot or two cannot be a reference. Add a letter or digit.");
    }
    if text.chars().all(|c| c.is_alphanumeric() || "._-/:@#".contains(c)) && hidden(text).is_none()
    {
        Ok(text.to_owned())
    } else {
        Err("Use letters, digits and . _ - / : @ # only, without spaces.")
    }
}

/// Checks a name and gives it as it is sent and shown: one line, letters composed with their marks.
///
/// # Errors
/// The message beside the field.
pub fn check_name(text: &str, kind: Kind) -> Result<String, String> {
    look_at_name(text, kind).map(|name| composed(&name))
}

/// Checks a name as it was typed; what browsers check while somebody types, without the tables that
/// compose letters.
///
/// # Errors
/// The message beside the field.
pub fn look_at_name(text: &str, kind: Kind) -> Result<String, String> {
    let name = one_line(text);
    let who = kind.card().about.word();
    if name.is_empty() {
        return Err(format!("Give the name of the {who}."));
    }
    if name.chars().count() > NAME_MAX {
        return Err("Use at most 256 characters.".into());
    }
    if let Some(odd) = hidden(&name) {
        return Err(hidden_words(odd));
    }
    if let Some(words) = spreadsheet(&name) {
        return Err(words.into());
    }
    if !name.chars().any(char::is_alphanumeric) {
        return Err("The name needs at least one letter or digit.".into());
    }
    Ok(name)
}

/// Checks a birth date against today.
///
/// # Errors
/// The message beside the field.
pub fn check_birth_date(text: &str, now: Moment) -> Result<Option<String>, &'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let Some(at) = time::parse_date(text) else {
        return Err(if time::is_date_shaped(text) {
            "This day does not exist."
        } else if let Some(words) = spreadsheet(text) {
            words
        } else if text.len() == 5 && text.bytes().all(|b| b.is_ascii_digit()) {
            "A spreadsheet gave this day as a number. Format the column as text, and give the date as YYYY-MM-DD."
        } else {
            "Give the date as YYYY-MM-DD, for example 1990-06-21."
        });
    };
    // A day is granted for readers east of Greenwich, where tomorrow has begun.
    if at > now + time::DAY {
        return Err("This date is in the future.");
    }
    if text < "1870-01-01" {
        return Err("This date is too long ago for a living person.");
    }
    Ok(Some(text.to_owned()))
}

/// Checks a phone number and gives it as E.164: `+` and 5 to 15 digits. Spaces, hyphens and dots
/// between them are taken out.
///
/// # Errors
/// The message beside the field.
pub fn check_phone(text: &str) -> Result<String, &'static str> {
    if hidden(&one_line(text)).is_some() {
        return Err(
            "This contains an invisible character, often from copying. Type the number by hand.",
        );
    }
    let text = plain_digits(text);
    let bare: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.' | '‐' | '‑' | '–'))
        .collect();
    if bare.is_empty() {
        return Err(
            "Give the customer's phone number with its country code, for example +34 629 255 833.",
        );
    }
    if bare.contains('(') {
        return Err(
            "Leave brackets out, and the zero inside them too: +44 20 7946 0000, not +44 (0)20 7946 0000.",
        );
    }
    // Typed with an Asian keyboard.
    let bare = bare.replacen('＋', "+", 1);
    if let Some(words) = spreadsheet(&text) {
        return Err(words);
    }
    let Some(digits) = bare.strip_prefix('+') else {
        return Err("Begin with + and the country code, for example +34 629 255 833.");
    };
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("Use digits only after the +.");
    }
    if digits.starts_with('0') {
        return Err("No country code begins with 0. Give the country code right after the +.");
    }
    if !(5..=15).contains(&digits.len()) {
        return Err("A phone number has 5 to 15 digits with its country code.");
    }
    Ok(bare)
}
