//! Readings of JSON that take a value as what it means: numbers as text, text as numbers, one as
//! many.

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap};

/// The one object of a body.
pub(super) fn object(body: &[u8]) -> Result<Value, String> {
    match value(body)? {
        value if value.is_object() => Ok(value),
        _ => Err("its body is not a JSON object".into()),
    }
}

/// What a body says, whatever it is.
pub(super) fn value(body: &[u8]) -> Result<Value, String> {
    let read = |text: &str| serde_json::from_str::<Whole>(text).map(|whole| whole.0);
    read(&readable(body)).map_err(|_| "its body is not JSON".to_owned())
}

/// The body's text as JSON can be read: without the mark that some write before it, and with U+FFFD
/// for bytes that are no UTF-8 and for half of a pair of surrogates (`\ud83d` alone). A number that
/// is too large for any of ours (`1e999`) is a text. The evidence keeps what came.
pub(super) fn readable(body: &[u8]) -> Cow<'_, str> {
    match String::from_utf8_lossy(body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body)) {
        Cow::Borrowed(text) => mended(text),
        Cow::Owned(text) => Cow::Owned(mended(&text).into_owned()),
    }
}

fn mended(text: &str) -> Cow<'_, str> {
    match without_halves(text) {
        Cow::Borrowed(text) => without_endless(text),
        Cow::Owned(text) => Cow::Owned(without_endless(&text).into_owned()),
    }
}

/// The numbers that no float holds in quotation marks: one of them would make all the rest
/// unreadable.
fn without_endless(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut out, mut from, mut at, mut in_text) = (String::new(), 0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'\\' if in_text => at += 2,
            b'"' => {
                in_text = !in_text;
                at += 1;
            }
            b'-' | b'0'..=b'9' if !in_text => {
                let is_part =
                    |b: &&u8| b.is_ascii_digit() || matches!(**b, b'+' | b'-' | b'.' | b'e' | b'E');
                let end = at + bytes[at..].iter().take_while(is_part).count();
                if text[at..end].parse::<f64>().is_ok_and(f64::is_infinite) {
                    out.push_str(&text[from..at]);
                    out.push('"');
                    out.push_str(&text[at..end]);
                    out.push('"');
                    from = end;
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// An escape of four hexadecimal digits at the beginning of the text.
fn escaped(text: &str) -> Option<u32> {
    let digits =
        text.strip_prefix("\\u")?.get(..4).filter(|d| d.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

fn without_halves(text: &str) -> Cow<'_, str> {
    const LENGTH: usize = "\\u0000".len();
    let (mut out, mut from, mut at) = (String::new(), 0, 0);
    while let Some(next) = text[at..].find('\\') {
        at += next;
        let rest = &text[at..];
        at = match escaped(rest) {
            Some(0xD800..=0xDBFF) if matches!(escaped(&rest[LENGTH..]), Some(0xDC00..=0xDFFF)) => {
                at + 2 * LENGTH
            }
            Some(0xD800..=0xDFFF) => {
                out.push_str(&text[from..at]);
                out.push_str("\\ufffd");
                from = at + LENGTH;
                from
            }
            Some(_) => at + LENGTH,
            // The sign after it belongs to it, a second backslash above all.
            None => at + 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
    }
    if from == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[from..]);
    Cow::Owned(out)
}

/// A value in which a key that stands twice with different values has all of them, in a list: it is
/// no answer, and nobody takes the last one for it.
struct Whole(Value);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Whole;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Whole, E> {
        Ok(Whole(Value::Null))
    }

    fn visit_bool<E>(self, v: bool) -> Result<Whole, E> {
        Ok(Whole(v.into()))
    }

    fn visit_i64<E>(self, v: i64) -> Result<Whole, E> {
        Ok(Whole(v.into()))
    }

    fn visit_u64<E>(self, v: u64) -> Result<Whole, E> {
        Ok(Whole(v.into()))
    }

    fn visit_f64<E>(self, v: f64) -> Result<Whole, E> {
        Ok(Whole(v.into()))
    }

    fn visit_str<E>(self, v: &str) -> Result<Whole, E> {
        Ok(Whole(v.into()))
    }

    fn visit_string<E>(self, v: String) -> Result<Whole, E> {
        Ok(Whole(v.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<Whole, A::Error> {
        let mut list = Vec::new();
        while let Some(Whole(one)) = all.next_element()? {
            list.push(one);
        }
        Ok(Whole(Value::Array(list)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut all: A) -> Result<Whole, A::Error> {
        let (mut members, mut doubled) = (Map::new(), BTreeMap::<String, Vec<Value>>::new());
        while let Some((key, Whole(value))) = all.next_entry::<String, Whole>()? {
            match members.get(&key) {
                None => drop(members.insert(key, value)),
                Some(first) if *first == value => {}
                Some(first) => {
                    doubled.entry(key).or_insert_with(|| vec![first.clone()]).push(value)
                }
            }
        }
        members.extend(doubled.into_iter().map(|(key, all)| (key, Value::Array(all))));
        Ok(Whole(Value::Object(members)))
    }
}

/// A number, a number as text, or a whole float.
pub(super) fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Number(n) => {
            n.as_i64().or_else(|| n.as_f64().filter(|f| f.abs() < 9e15).map(|f| f as i64))
        }
        Value::String(s) => {
            s.trim().parse::<i64>().ok().or_else(|| {
                s.trim().parse::<f64>().ok().filter(|f| f.abs() < 9e15).map(|f| f as i64)
            })
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

/// A scalar as text; empty texts and null are absent, lists and objects keep their JSON: a list of
/// one value is not the value.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(s) => Some(shown(s)).filter(|s| !s.trim().is_empty()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Array(list) if list.is_empty() => None,
        Value::Array(_) | Value::Object(_) => Some(shown(&value.to_string())),
    }
}

/// The same for people to read where nothing depends on it: scalars of a list with commas between
/// them.
pub(super) fn joined(value: &Value) -> Option<String> {
    match value {
        Value::Array(list) if list.iter().all(|v| !v.is_array() && !v.is_object()) => {
            let all: Vec<String> = list.iter().filter_map(text).collect();
            (!all.is_empty()).then(|| all.join(", "))
        }
        value => text(value),
    }
}

/// A provider's number of something: a text, or a whole number without its point. A list or an
/// object is none.
pub(super) fn id(value: &Value) -> Option<String> {
    match value {
        Value::Number(n) if n.is_f64() => whole(value).map(|n| n.to_string()),
        Value::Number(_) | Value::String(_) => text(value).map(|id| id.trim().to_owned()),
        _ => None,
    }
}

/// Whether two numbers of a provider are one: `7`, `"7"` and `7.0` are.
pub(super) fn is_same_id(one: &str, other: &str) -> bool {
    let number = |text: &str| {
        text.trim()
            .parse::<f64>()
            .ok()
            .filter(|n| n.fract() == 0.0 && n.abs() < 9e15)
            .map(|n| n as i64)
    };
    one.trim() == other.trim() || number(one).is_some_and(|n| number(other) == Some(n))
}

/// A score of 0 to 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    /// As it came; a whole number without its point.
    pub said: String,
    /// What it counts as, a fraction as the next whole number; absent when it is no such number.
    pub counts: Option<i64>,
}

/// A score however it is written; nothing where there is none. What lies above the scale counts as
/// its end, and what lies below it says nothing: it must not look like the lowest risk.
pub(super) fn score(value: &Value) -> Option<Score> {
    let said = text(value)?;
    let number = value
        .as_f64()
        .or_else(|| value.as_str()?.trim().parse::<f64>().ok())
        .filter(|n| n.is_finite());
    let whole =
        number.filter(|n| n.fract() == 0.0 && n.abs() < 9e15).map(|n| (n as i64).to_string());
    Some(Score {
        said: whole.unwrap_or(said),
        counts: number.filter(|n| *n >= 0.0).map(|n| n.ceil().min(100.0) as i64),
    })
}

/// A scalar as text where the text is a word that decides something: a list is never the word in
/// it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(body: &[u8]) -> Value {
        value(body).expect("readable")
    }

    #[test]
    fn half_of_a_pair_is_read_with_a_sign_in_its_place() {
        assert_eq!(
            read(br#"{"title":"Fraud case \ud83d"}"#),
            json!({ "title": "Fraud case \u{FFFD}" })
        );
        assert_eq!(
            read(br#"["\udc00\ud83d\ude00\uD83D\u0041\\ud83d"]"#),
            json!(["\u{FFFD}😀\u{FFFD}A\\ud83d"])
        );
        assert_eq!(read(b"{\"a\":\"\xFFx\"}"), json!({ "a": "\u{FFFD}x" }));
        assert!(value(br#"{"a":"\ud83"}"#).is_err() && value(br#"{"a":"\"#).is_err());
    }

    #[test]
    fn a_number_that_no_float_holds_is_a_text() {
        let body = br#"{"a":1e999,"b":[-1E+400,"\\\" 1e999",1.5e3],"c":7}"#;
        assert_eq!(
            read(body),
            json!({ "a": "1e999", "b": ["-1E+400", "\\\" 1e999", 1.5e3], "c": 7 })
        );
        assert!(read("9".repeat(400).as_bytes()).is_string() && read(b"1e-999").is_number());
        assert_eq!((int(&json!("1e999")), whole(&json!("1e999"))), (None, None));
        assert_eq!(score(&json!("1e999")), Some(Score { said: "1e999".into(), counts: None }));
    }

    #[test]
    fn a_mark_before_json_says_nothing() {
        assert_eq!(object(b"\xEF\xBB\xBF{\"state\":0}"), Ok(json!({ "state": 0 })));
        assert!(object(b"\xEF\xBB\xBF\xEF\xBB\xBF{}").is_err() && object(b"\xEF\xBB\xBF").is_err());
    }

    #[test]
    fn a_key_that_stands_twice_is_no_answer_unless_it_says_the_same() {
        assert_eq!(read(br#"{"state":2,"state":0}"#), json!({ "state": [2, 0] }));
        assert_eq!(
            read(br#"{"a":{"b":true,"b":false,"b":null}}"#),
            json!({ "a": { "b": [true, false, null] } })
        );
        assert_eq!(read(br#"{"state":0,"state":0}"#), json!({ "state": 0 }));
    }

    #[test]
    fn a_list_of_one_value_is_not_the_value() {
        assert_eq!(text(&json!(["1984-09-05"])).as_deref(), Some(r#"["1984-09-05"]"#));
        assert_eq!(
            (text(&json!([])), joined(&json!(["a", 1, null])).as_deref()),
            (None, Some("a, 1"))
        );
    }

    #[test]
    fn a_score_keeps_what_came_and_counts_as_a_whole_number() {
        let of = |v: Value| score(&v).map(|s| (s.said, s.counts));
        assert_eq!(of(json!(87.0)), Some(("87".into(), Some(87))));
        assert_eq!(of(json!("51")), Some(("51".into(), Some(51))));
        assert_eq!(
            of(json!(74.5)),
            Some(("74.5".into(), Some(75))),
            "a fraction is shown as it came"
        );
        assert_eq!(of(json!(140)), Some(("140".into(), Some(100))));
        for odd in [json!(-3), json!("high"), json!([51]), json!(true), json!("NaN")] {
            assert_eq!(of(odd.clone()).map(|(_, counts)| counts), Some(None), "{odd}");
        }
        assert_eq!(of(Value::Null), None);
    }

    #[test]
    fn a_number_of_something_is_no_list_and_has_no_point() {
        for (said, read) in [
            (json!(12), Some("12")),
            (json!(12.0), Some("12")),
            (json!(" a-7 "), Some("a-7")),
            (json!("007"), Some("007")),
        ] {
            assert_eq!(id(&said).as_deref(), read, "{said}");
        }
        for none in
            [json!([12]), json!({ "id": 12 }), json!(12.5), json!(true), json!(""), json!(null)]
        {
            assert_eq!(id(&none), None, "{none}");
        }
    }

    #[test]
    fn one_number_in_several_spellings_is_one() {
        assert!(
            is_same_id("7", " 7.0 ")
                && is_same_id("abc", "abc")
                && !is_same_id("7", "[7]")
                && !is_same_id("7", "8")
        );
    }
}
