//! What only a table of all countries' numbers knows: whether a zero after the country code belongs
//! to a number.
//!
//! `domain::number_match::check_phone` has the shape; browsers check that, too. The table would be
//! too heavy for them.

use phonenumber::Mode;

/// Why a number in E.164 cannot be meant as it stands, with how to write it: it has the zero that
/// is dialled inside a country only.
///
/// Where the zero belongs to the number (Italy, Ivory Coast), nothing is said; neither of a number
/// that the table does not know.
#[must_use]
pub(crate) fn trunk_zero(e164: &str) -> Option<String> {
    let known = phonenumber::parse(None, e164).ok()?;
    let meant = known.format().mode(Mode::E164).to_string();
    let country = format!("+{}", known.country().code());
    let (typed, meant) =
        (e164.strip_prefix(country.as_str())?, meant.strip_prefix(country.as_str())?);
    // Hungary dials 06, and some people add a zero to the one that is dialled.
    let zero = typed.strip_suffix(meant).filter(|zero| zero.starts_with('0'))?;
    let words = if zero == "0" { "the zero".to_owned() } else { format!("the {zero}") };
    Some(format!(
        "Leave out {words} after the country code: {country} {meant}, not {country} {typed}."
    ))
}

#[cfg(test)]
mod tests {
    use super::trunk_zero;

    #[test]
    fn a_trunk_zero_is_told_from_one_that_belongs() {
        for (typed, meant) in [
            ("+4901761234567", "+49 1761234567"),
            ("+4402079460000", "+44 2079460000"),
            ("+330612345678", "+33 612345678"),
            ("+3606201234567", "+36 201234567"),
            ("+49001761234567", "+49 1761234567"),
        ] {
            assert!(trunk_zero(typed).is_some_and(|words| words.contains(meant)), "{typed}");
        }
        for typed in [
            "+491761234567",
            "+390612345678",
            "+34629255833",
            "+2250707123456",
            "+99900000",
            "+88810000000",
        ] {
            assert_eq!(trunk_zero(typed), None, "{typed}");
        }
    }
}
