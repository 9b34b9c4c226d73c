//! Readings of JSON that take a value as what it means: numbers as text, text as numbers, one as many.

use serde_json::Value;

/// The one object of a body.
pub(super) fn object(body: &[u8]) -> Result<Value, String> {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err("its body is not a JSON object".into()),
        Err(_) => Err("its body is not JSON".into()),
    }
}

/// A number, a number as text, or a whole float.
pub(super) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => n.as_i64().or_else(|| n.as_f64().filter(|f| f.abs() < 9e15).map(|f| f as i64)),
        Value::String(s) => {
            s.trim().parse::<i64>().ok().or_else(|| s.trim().parse::<f64>().ok().filter(|f| f.abs() < 9e15).map(|f| f as i64))
        }
        _ => None,
    }
}

/// The same where the number is a code: what lies between two codes is neither.
pub(super) fn whole(value: &Value) -> Option<i64> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    int(value).filter(|_| number.fract() == 0.0)
}

/// PostgreSQL stores no NUL in a text; the evidence keeps it.
pub(super) fn shown(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

/// A scalar as text; empty texts and null are absent, lists and objects keep their JSON.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(s) => Some(shown(s)).filter(|s| !s.trim().is_empty()),
        Value::Array(list) if list.iter().all(|v| !v.is_array() && !v.is_object()) => {
            let all: Vec<String> = list.iter().filter_map(text).collect();
            (!all.is_empty()).then(|| all.join(", "))
        }
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

/// A scalar as text where the text is a word that decides something: a list is never the word in it.
pub(super) fn word(value: &Value) -> Option<String> {
    if value.is_array() { Some(value.to_string()) } else { text(value) }
}

pub(super) fn bool_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(b) => Some(*b),
        Value::String(s) if s.eq_ignore_ascii_case("true") => Some(true),
        Value::String(s) if s.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
