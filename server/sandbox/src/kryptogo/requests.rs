//! What clients send, checked as strictly as the published page allows, so that a client learns of
//! its mistakes here and not from the provider. The messages are reconstructions.

use serde_json::{Map, Value};

use super::{SETTINGS, SOURCES};
use crate::text::days_of;

/// One element of `POST /task`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NewTask {
    pub name: String,
    /// As it was sent; echoed in each document.
    pub target: Value,
    pub setting: i64,
    /// Positions in [`SOURCES`], in the order of the request.
    pub sources: Vec<usize>,
    pub callback_url: Option<String>,
    pub customer_reference: Option<String>,
    /// The ID verification that the task follows from; 0 = none. [`Book::copy_from_idv`] looks it
    /// up.
    ///
    /// [`Book::copy_from_idv`]: super::Book::copy_from_idv
    pub from_idv_id: i64,
}

/// A decision: both members are required ("Update a search task's accepted status").
#[derive(Debug, PartialEq)]
pub(crate) struct NewDecision {
    pub accepted: bool,
    pub comment: String,
}

/// Reads "Create search tasks": an array, all of it fine or nothing is made.
pub(crate) fn tasks(body: &[u8], today: i64) -> Result<Vec<NewTask>, String> {
    let Value::Array(items) = document(body)? else {
        return Err("The body must be an array of tasks.".into());
    };
    if items.is_empty() {
        return Err("The array has no task.".into());
    }
    let read =
        |(index, item)| task(item, today).map_err(|message| format!("Task {index}: {message}"));
    items.into_iter().enumerate().map(read).collect()
}

fn task(item: Value, today: i64) -> Result<NewTask, String> {
    let Value::Object(item) = item else { return Err("it must be an object.".into()) };
    let setting = item
        .get("search_setting_id")
        .and_then(Value::as_i64)
        .ok_or("search_setting_id must be an integer.")?;
    if !SETTINGS.iter().any(|(known, _)| *known == setting) {
        return Err(format!("search_setting_id {setting} does not exist."));
    }
    let Some(Value::Object(target)) = item.get("target") else {
        return Err("target must be an object.".into());
    };
    let name = check_target(target, today)?;
    Ok(NewTask {
        name,
        setting,
        sources: sources(item.get("search_source"))?,
        customer_reference: optional_text(&item, "customer_reference")?,
        from_idv_id: match item.get("from_idv_id") {
            None | Some(Value::Null) => 0,
            Some(id) => id.as_i64().ok_or("from_idv_id must be an integer.")?,
        },
        callback_url: web_address(&item, "callback_url")?,
        target: Value::Object(target.clone()),
    })
}

/// KYC: type 1, name, birthday, citizenship. KYB: type 2 and a name are all that is known for sure.
fn check_target(target: &Map<String, Value>, today: i64) -> Result<String, String> {
    if !matches!(target.get("type").and_then(Value::as_i64), Some(1 | 2)) {
        return Err("target.type must be 1 (person) or 2 (company).".into());
    }
    let name = target.get("name").and_then(Value::as_str).map(str::trim).unwrap_or_default();
    if name.is_empty() {
        return Err("target.name must not be empty.".into());
    }
    match target.get("birthday") {
        None | Some(Value::Null) => {}
        Some(birthday) => {
            let day = birthday
                .as_str()
                .and_then(days_of)
                .ok_or("target.birthday must be a date like 1990-06-21.")?;
            if day > today {
                return Err("target.birthday lies in the future.".into());
            }
        }
    }
    match target.get("citizenship") {
        None | Some(Value::Null) => {}
        Some(country) if is_country(country) => {}
        Some(_) => {
            return Err("target.citizenship must be an ISO 3166 alpha-3 or numeric code.".into());
        }
    }
    Ok(name.to_owned())
}

/// `TWN`, `"158"` or `158`; whether the code is assigned is not checked.
fn is_country(value: &Value) -> bool {
    match value {
        Value::String(code) => {
            code.len() == 3
                && (code.bytes().all(|byte| byte.is_ascii_uppercase())
                    || code.bytes().all(|byte| byte.is_ascii_digit()))
        }
        value => value.as_u64().is_some_and(|code| (1..=999).contains(&code)),
    }
}

/// A flat array of 0..=4. The page renders "array of arrays", the working client sends it flat.
/// "Default is searching all": absent, null and empty mean all. Doubles are dropped.
fn sources(value: Option<&Value>) -> Result<Vec<usize>, String> {
    let all = || (0..SOURCES.len()).collect();
    let items = match value {
        None | Some(Value::Null) => return Ok(all()),
        Some(Value::Array(items)) if items.is_empty() => return Ok(all()),
        Some(Value::Array(items)) => items,
        Some(_) => return Err("search_source must be an array.".into()),
    };
    let mut sources = Vec::new();
    for item in items {
        let source = item
            .as_u64()
            .and_then(|source| usize::try_from(source).ok())
            .filter(|source| *source < SOURCES.len())
            .ok_or("search_source must hold integers from 0 to 4.")?;
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    Ok(sources)
}

/// Reads "Update a search task's accepted status".
pub(crate) fn decision(body: &[u8]) -> Result<NewDecision, String> {
    let document = document(body)?;
    let accepted = document
        .get("accepted")
        .and_then(Value::as_bool)
        .ok_or("accepted must be true or false.")?;
    let comment = document.get("comment").and_then(Value::as_str).ok_or("comment must be text.")?;
    Ok(NewDecision { accepted, comment: comment.to_owned() })
}

/// Reads "Set metadata to the search task": `[{key, value}]`. Reconstruction: a null value asks for
/// the key's removal.
pub(crate) fn metadata(body: &[u8]) -> Result<Vec<(String, Option<String>)>, String> {
    let Value::Array(items) = document(body)? else {
        return Err("The body must be an array of {key, value}.".into());
    };
    let pair = |item: &Value| {
        let key = item
            .get("key")
            .and_then(Value::as_str)
            .filter(|key| !key.is_empty())
            .ok_or("key must be text.")?;
        let value = match item.get("value") {
            Some(Value::String(value)) => Some(value.clone()),
            Some(Value::Null) => None,
            _ => return Err("value must be text or null.".to_owned()),
        };
        Ok((key.to_owned(), value))
    };
    items.iter().map(pair).collect()
}

pub(super) fn web_address(item: &Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    let address = optional_text(item, key)?;
    let web = |url: &String| {
        reqwest::Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
    };
    if address.as_ref().is_none_or(web) {
        Ok(address)
    } else {
        Err(format!("{key} must be an http or https address."))
    }
}

pub(super) fn optional_text(
    item: &Map<String, Value>,
    key: &str,
) -> Result<Option<String>, String> {
    match item.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(format!("{key} must be text.")),
    }
}

pub(super) fn document(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("The body is not JSON: {error}."))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(item: Value) -> Result<NewTask, String> {
        let today = days_of("2026-03-01").unwrap();
        tasks(json!([item]).to_string().as_bytes(), today).map(|mut tasks| tasks.remove(0))
    }

    fn with(changes: Value) -> Value {
        let mut item = json!({"search_setting_id": 1, "search_source": [0, 4], "target": {"type": 1, "name": "Ana"}});
        for (key, value) in changes.as_object().unwrap() {
            item[key] = value.clone();
        }
        item
    }

    #[test]
    fn a_task_with_the_least_that_is_needed_is_read() {
        let task = read(with(json!({}))).unwrap();
        assert_eq!((task.name.as_str(), task.setting, task.sources), ("Ana", 1, vec![0, 4]));
        assert_eq!((task.callback_url, task.customer_reference, task.from_idv_id), (None, None, 0));
    }

    #[test]
    fn no_source_means_all_and_doubles_count_once() {
        assert_eq!(read(with(json!({"search_source": []}))).unwrap().sources, [0, 1, 2, 3, 4]);
        assert_eq!(read(with(json!({"search_source": [4, 1, 4]}))).unwrap().sources, [4, 1]);
    }

    #[test]
    fn each_mistake_is_refused() {
        let target = |changes: Value| {
            let mut target = json!({"type": 1, "name": "Ana"});
            for (key, value) in changes.as_object().unwrap() {
                target[key] = value.clone();
            }
            with(json!({ "target": target }))
        };
        for (item, word) in [
            (json!(7), "object"),
            (with(json!({"search_setting_id": 4})), "exist"),
            (with(json!({"search_setting_id": "1"})), "integer"),
            (with(json!({"search_source": [[0]]})), "0 to 4"),
            (with(json!({"search_source": [5]})), "0 to 4"),
            (with(json!({"callback_url": "ftp://a/b"})), "callback_url"),
            (with(json!({"customer_reference": 7})), "customer_reference"),
            (with(json!({"target": null})), "target"),
            (target(json!({"type": 3})), "type"),
            (target(json!({"type": "1"})), "type"),
            (target(json!({"name": "  "})), "name"),
            (target(json!({"birthday": "1990-6-21"})), "birthday"),
            (target(json!({"birthday": "2026-03-02"})), "future"),
            (target(json!({"citizenship": "TW"})), "citizenship"),
            (target(json!({"citizenship": "twn"})), "citizenship"),
        ] {
            let message = read(item.clone()).expect_err(&item.to_string());
            assert!(message.contains(word), "{message}");
        }
        assert!(tasks(b"{}", 0).is_err() && tasks(b"[]", 0).is_err() && tasks(b"[", 0).is_err());
    }

    #[test]
    fn countries_come_as_letters_or_numbers() {
        for country in [json!("TWN"), json!("158"), json!(158)] {
            assert!(is_country(&country), "{country}");
        }
    }

    #[test]
    fn a_decision_needs_both_members_in_their_types() {
        assert_eq!(
            decision(br#"{"accepted":false,"comment":"x"}"#),
            Ok(NewDecision { accepted: false, comment: "x".into() })
        );
        for body in [
            r#"{"accepted":"true","comment":"x"}"#,
            r#"{"accepted":true}"#,
            r#"{"comment":"x"}"#,
            "[]",
            "no",
        ] {
            assert!(decision(body.as_bytes()).is_err(), "{body}");
        }
    }
}
