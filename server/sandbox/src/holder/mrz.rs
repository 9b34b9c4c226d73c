//! The machine-readable zone: two lines of 44 on a passport, three of 30 on a card.
//!
//! Source: ICAO Doc 9303, parts 3 (check digits, names), 4 (TD3) and 5 (TD1). Driving licences have
//! none.

use super::{Holder, Kind, latin::latin};

/// The lines with a line feed between them.
pub(crate) fn mrz(holder: &Holder) -> Option<String> {
    match holder.kind {
        Kind::Passport => Some(passport(holder)),
        Kind::IdCard => Some(card(holder)),
        Kind::DrivingLicense => None,
    }
}

fn passport(holder: &Holder) -> String {
    let country = fill(country(holder), 3);
    let number = checked(&fill(&signs(&holder.id_number), 9));
    let birth = checked(&short_date(&holder.birthday));
    let expiry = checked(&short_date(&holder.expiry_date));
    let optional = checked(&fill("", 14));
    let all = check_digit(&format!("{number}{birth}{expiry}{optional}"));
    format!(
        "P<{country}{}\n{number}{country}{birth}{}{expiry}{optional}{all}",
        name(holder, 39),
        sex(holder)
    )
}

fn card(holder: &Holder) -> String {
    let country = fill(country(holder), 3);
    let number = long_number(&signs(&holder.id_number));
    let birth = checked(&short_date(&holder.birthday));
    let expiry = checked(&short_date(&holder.expiry_date));
    let optional = fill("", 11);
    let all = check_digit(&format!("{number}{birth}{expiry}{optional}"));
    format!(
        "I<{country}{number}\n{birth}{}{expiry}{country}{optional}{all}\n{}",
        sex(holder),
        name(holder, 30)
    )
}

/// 25 places. A number of more than nine has `<` where its check digit would be, and the rest with
/// the check digit goes on in the optional data (part 5, note j).
fn long_number(number: &str) -> String {
    if number.len() <= 9 {
        return fill(&checked(&fill(number, 9)), 25);
    }
    let number = &number[..number.len().min(23)];
    fill(&format!("{}<{}{}<", &number[..9], &number[9..], check_digit(number)), 25)
}

fn name(holder: &Holder, width: usize) -> String {
    let (last, first) =
        (latin(&holder.last_name), latin(holder.first_name.as_deref().unwrap_or_default()));
    // A name without letters, as some test names are, must not leave the zone without a holder.
    let parts = match (last.as_str(), first.as_str()) {
        ("", "") => "SPECIMEN".to_owned(),
        ("", only) | (only, "") => only.to_owned(),
        (last, first) => format!("{last}<<{first}"),
    };
    fill(&parts.replace(' ', "<"), width)
}

/// Germany is the one country with its own code in the zone.
fn country(holder: &Holder) -> &str {
    if holder.country == "DEU" { "D" } else { &holder.country }
}

fn sex(holder: &Holder) -> &str {
    match holder.gender.as_str() {
        sex @ ("M" | "F") => sex,
        _ => "<",
    }
}

fn signs(number: &str) -> String {
    number
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|sign| sign.to_ascii_uppercase())
        .collect()
}

fn short_date(date: &str) -> String {
    fill(&date.get(2..).unwrap_or_default().replace('-', ""), 6)
}

fn fill(text: &str, width: usize) -> String {
    let text = &text[..text.len().min(width)];
    format!("{text:<<width$}")
}

fn checked(field: &str) -> String {
    format!("{field}{}", check_digit(field))
}

/// Weights 7, 3, 1; digits are themselves, A to Z are 10 to 35, `<` is 0; modulo 10.
fn check_digit(field: &str) -> char {
    let value = |sign: char| sign.to_digit(36).unwrap_or(0);
    let sum: u32 = field
        .chars()
        .map(value)
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(value, weight)| value * weight)
        .sum();
    char::from_digit(sum % 10, 10).unwrap_or('0')
}

#[cfg(test)]
mod tests {
    use super::{super::Known, *};

    fn holder(kind: Kind, country: &str, number: &str) -> Holder {
        Holder {
            kind,
            sub_type: String::new(),
            country: country.into(),
            first_name: Some("Anna Maria".into()),
            last_name: "Eriksson".into(),
            full_name: "Anna Maria Eriksson".into(),
            birthday: "1974-08-12".into(),
            id_number: number.into(),
            issuing_date: "2002-04-15".into(),
            expiry_date: "2012-04-15".into(),
            gender: "F".into(),
        }
    }

    /// The specimens that the standard itself prints (part 4 appendix B, part 5 appendix B),
    /// without their optional data.
    #[test]
    fn the_zones_are_those_of_the_standard() {
        let zone = mrz(&holder(Kind::Passport, "UTO", "L898902C3")).unwrap();
        let lines: Vec<_> = zone.lines().collect();
        assert_eq!(lines[0], "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<");
        assert_eq!(&lines[1][..28], "L898902C36UTO7408122F1204159");
        let zone = mrz(&holder(Kind::IdCard, "UTO", "D23145890")).unwrap();
        let lines: Vec<_> = zone.lines().collect();
        assert_eq!(
            lines,
            [
                "I<UTOD231458907<<<<<<<<<<<<<<<",
                "7408122F1204159UTO<<<<<<<<<<<6",
                "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
            ]
        );
    }

    #[test]
    fn a_number_too_long_for_its_place_goes_on_in_the_optional_data() {
        // Part 5, note j: D23145890734 is printed as D23145890<7349.
        let zone = mrz(&holder(Kind::IdCard, "UTO", "D23145890734")).unwrap();
        assert!(zone.starts_with("I<UTOD23145890<7349<<<<<<<<<<<\n"), "{zone}");
    }

    #[test]
    fn every_zone_has_its_size_and_its_letters() {
        for country in ["TWN", "DEU", "UKR", "JPN", "GBR", "POL", "BRA"] {
            for (kind, lines, width) in [(Kind::Passport, 2, 44), (Kind::IdCard, 3, 30)] {
                for name in [
                    None,
                    Some("Đorđe Vukašinović-Črnjanski-Hohenlohe zu Langenburg, Maximilian"),
                    Some("500"),
                    Some("王又曾"),
                ] {
                    let known = Known { name: name.map(str::to_owned), ..Known::default() };
                    let zone = mrz(&super::super::invent(1, "key", country, kind, &known)).unwrap();
                    assert_eq!(zone.lines().count(), lines);
                    for line in zone.lines() {
                        assert_eq!(line.len(), width, "{zone}");
                        assert!(
                            line.bytes().all(|byte| byte.is_ascii_uppercase()
                                || byte.is_ascii_digit()
                                || byte == b'<'),
                            "{zone}"
                        );
                    }
                }
            }
        }
        assert!(mrz(&holder(Kind::DrivingLicense, "UTO", "1")).is_none());
    }

    #[test]
    fn germany_is_a_single_letter_in_the_zone() {
        assert!(
            mrz(&holder(Kind::IdCard, "DEU", "L01X00T47")).unwrap().starts_with("I<D<<L01X00T471")
        );
    }
}
