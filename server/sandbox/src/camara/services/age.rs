//! `POST /kyc-age-verification/v0.2/verify`: is the subscriber at least so many years old, and how
//! likely is it them.
//!
//! Reconstruction: the contract does not say how the overall score is made. Here it is the mean,
//! rounded down, over what was given and is on file: 100 for what is equal, the score of KYC Match
//! for what has one there, 0 for anything else; and there is none when nothing can be compared.

use serde_json::{Map, Value, json};

use crate::{
    camara::{
        Operator,
        attributes::{ATTRIBUTES, Attribute},
        comparison::compare,
        operators::{SOME_SCORED, Scores},
        problem::Problem,
        subscribers::Subscriber,
    },
    text::{DAY_MS, date_of, now_ms},
};

use super::{VERSION, invalid, text, whole};

/// What identifies a person in this contract; the forms are those of KYC Match.
const IDENTITY: [&str; 8] = [
    "idDocument",
    "name",
    "givenName",
    "familyName",
    "middleNames",
    "familyNameAtBirth",
    "birthdate",
    "email",
];

pub(super) struct Asked {
    threshold: i64,
    identity: Vec<(&'static Attribute, String)>,
    content_lock: bool,
    parental_control: bool,
}

/// # Errors
/// `INVALID_ARGUMENT` for a member of the wrong type or form and a missing `ageThreshold`,
/// `OUT_OF_RANGE` for one that is not between 0 and 120.
pub(super) fn read(members: &Map<String, Value>) -> Result<Asked, Problem> {
    let threshold =
        whole(members, "ageThreshold")?.ok_or_else(|| invalid("ageThreshold", "is missing"))?;
    let mut identity = Vec::new();
    for attribute in ATTRIBUTES.iter().filter(|attribute| IDENTITY.contains(&attribute.name)) {
        if let Some(value) = text(members, attribute.name)? {
            attribute.check(value).map_err(|what| Problem::invalid_argument(VERSION, &what))?;
            identity.push((attribute, value.to_owned()));
        }
    }
    let (content_lock, parental_control) =
        (flag(members, "includeContentLock")?, flag(members, "includeParentalControl")?);
    if !(0..=120).contains(&threshold) {
        return Err(Problem::out_of_range("ageThreshold is not between 0 and 120"));
    }
    Ok(Asked { threshold, identity, content_lock, parental_control })
}

fn flag(members: &Map<String, Value>, name: &str) -> Result<bool, Problem> {
    match members.get(name) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(invalid(name, "is no boolean")),
    }
}

/// # Errors
/// `OUT_OF_RANGE` for an age about which this line's operator may not be asked.
pub(super) fn answer(
    asked: &Asked,
    operator: &Operator,
    subscriber: &Subscriber,
) -> Result<Map<String, Value>, Problem> {
    let line = &subscriber.line;
    if let Some(least) = line.from_age.filter(|least| asked.threshold < *least) {
        return Err(Problem::out_of_range(&format!(
            "ageThreshold may not be below {least} in this country"
        )));
    }
    let age = subscriber
        .on_file
        .get("birthdate")
        .and_then(|birthdate| age_on(birthdate, now_ms().div_euclid(DAY_MS)));
    let word =
        age.map_or("not_available", |age| if age >= asked.threshold { "true" } else { "false" });
    let mut answer = Map::new();
    answer.insert("ageCheck".into(), json!(word));
    if let Some(verified) = line.verified {
        answer.insert("verifiedStatus".into(), json!(verified));
    }
    if let Some(score) = score(asked, operator, subscriber).filter(|_| line.scores) {
        answer.insert("identityMatchScore".into(), json!(score));
    }
    if let Some([content, parental]) = line.locks {
        if asked.content_lock {
            answer.insert("contentLock".into(), json!(content));
        }
        if asked.parental_control {
            answer.insert("parentalControl".into(), json!(parental));
        }
    }
    Ok(answer)
}

fn score(asked: &Asked, operator: &Operator, subscriber: &Subscriber) -> Option<u32> {
    let counts = |attribute: &Attribute| match operator.scores {
        Scores::Off => false,
        Scores::Some => SOME_SCORED.contains(&attribute.name),
        Scores::BesideFalse | Scores::BesideTrueToo => true,
    };
    let of = |(attribute, value): &(&'static Attribute, String)| {
        let on_file = subscriber.on_file.get(attribute.name)?;
        Some(match compare(attribute.form, value, on_file) {
            None => 100,
            Some(score) if attribute.scored => u32::from(score),
            Some(_) => 0,
        })
    };
    let scores: Vec<u32> =
        asked.identity.iter().filter(|(attribute, _)| counts(attribute)).filter_map(of).collect();
    let count = u32::try_from(scores.len()).ok().filter(|count| *count > 0)?;
    Some(scores.iter().sum::<u32>() / count)
}

/// Whole years of somebody born on that day; who was born on 29 February turns on 1 March in other
/// years.
fn age_on(birthdate: &str, day: i64) -> Option<i64> {
    let today = date_of(day);
    let year = |date: &str| date.get(..4)?.parse::<i64>().ok();
    let still_to_come = today.get(5..)? < birthdate.get(5..)?;
    Some(year(&today)? - year(birthdate)? - i64::from(still_to_come))
}

#[cfg(test)]
mod tests {
    use crate::text::days_of;

    use super::*;

    #[test]
    fn one_is_a_year_older_on_the_birthday_and_not_the_day_before() {
        let age = |birthdate: &str, day: &str| age_on(birthdate, days_of(day).unwrap());
        assert_eq!(age("2008-11-30", "2026-11-29"), Some(17));
        assert_eq!(age("2008-11-30", "2026-11-30"), Some(18));
        assert_eq!(age("2008-02-29", "2026-02-28"), Some(17));
        assert_eq!(age("2008-02-29", "2026-03-01"), Some(18));
        assert_eq!(age("2008-02-29", "2028-02-29"), Some(20));
    }
}
