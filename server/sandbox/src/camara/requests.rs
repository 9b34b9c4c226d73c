//! Reads a request for a match: the number, the attributes, and what is wrong with them. Members
//! that the version does not know are ignored, as before 0.5.

use serde_json::{Map, Value};

use super::{
    attributes::{ATTRIBUTES, Attribute, check_number},
    problem::{Problem, Version},
};

/// What a client wants compared.
#[derive(Debug)]
pub(super) struct Asked {
    pub number: Option<String>,
    /// In the order of the contract.
    pub attributes: Vec<(&'static Attribute, String)>,
}

/// # Errors
/// 400 INVALID_ARGUMENT for anything that is no object of well-formed strings, and for `{}` in 0.4;
/// in 0.2 `{}` is the combination without attributes.
pub(super) fn read(version: Version, body: &[u8]) -> Result<Asked, Problem> {
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err(Problem::invalid_argument(version, "the body is no JSON object"));
    };
    if members.is_empty() {
        return Err(match version {
            Version::V02 => Problem::invalid_combination(),
            Version::V04 => Problem::invalid_argument(version, "the body is empty"),
        });
    }
    let invalid = |what: String| Problem::invalid_argument(version, &what);
    let number = text(&members, "phoneNumber").map_err(invalid)?;
    if let Some(number) = number {
        check_number(number).map_err(invalid)?;
    }
    let mut attributes = Vec::new();
    for attribute in ATTRIBUTES.iter().filter(|attribute| attribute.since <= version) {
        if let Some(value) = text(&members, attribute.name).map_err(invalid)? {
            attribute.check(value).map_err(invalid)?;
            attributes.push((attribute, value.to_owned()));
        }
    }
    Ok(Asked { number: number.map(str::to_owned), attributes })
}

/// The contract knows no null and no numbers.
fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, String> {
    match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("{name} is no string")),
    }
}
