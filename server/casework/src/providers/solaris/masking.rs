//! The session's reference and the customer's address taken out of what the provider says, wherever
//! they stand in it.

use crate::providers::json;
use domain::video::{Reference, is_secret_member, without_references};
use serde_json::Value;

/// Masks a document: members that hold the reference, a secret or an address by their name,
/// whatever is in them; the id of IDnow's process; and every text that looks like a reference.
pub(super) fn mask(value: &mut Value) {
    inside(value, false, false);
}

/// A text of JSON, or any other, as it may be shown.
pub(super) fn masked_text(text: &str) -> String {
    if text.trim_start().starts_with(['{', '['])
        && let Ok(mut inner) = serde_json::from_str::<Value>(text)
    {
        mask(&mut inner);
        return inner.to_string();
    }
    without_references(text).into_owned()
}

/// `is_secret`: everything in here is. IDnow's result documents name the reference as the id of
/// their process.
fn inside(value: &mut Value, is_secret: bool, in_process: bool) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|one| inside(one, is_secret, false)),
        Value::Object(members) => {
            for (name, value) in members {
                let hides = is_secret || is_secret_member(name) || (in_process && name == "id");
                inside(value, hides && !is_bare_link(name, value), name == "identificationprocess");
            }
        }
        Value::String(text) if is_secret => {
            *text = Reference::of(text).map(|r| r.masked()).unwrap_or_default()
        }
        Value::Number(_) if is_secret => {
            *value = Value::String(Reference::of("0").map(|r| r.masked()).unwrap_or_default())
        }
        Value::String(text) => {
            let shown = masked_text(text);
            if shown != *text {
                *text = shown;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A link that leads nowhere is no address of the customer's.
fn is_bare_link(name: &str, value: &Value) -> bool {
    matches!(name, "href" | "url") && value.as_str().is_some_and(|text| !text.contains("//"))
}

/// A body of evidence as it may be shown, indented; nothing for other bytes than JSON.
#[must_use]
pub fn masked(body: &[u8]) -> Option<String> {
    let mut shown = json::value(body).ok()?;
    mask(&mut shown);
    serde_json::to_string_pretty(&shown).ok()
}

/// Whether a body holds something that is masked where it is shown.
#[must_use]
pub fn hides_something(body: &[u8]) -> bool {
    let Ok(plain) = json::value(body) else {
        let text = String::from_utf8_lossy(body);
        return without_references(&text) != text;
    };
    let mut shown = plain.clone();
    mask(&mut shown);
    shown != plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn references_are_masked_at_any_depth_and_under_any_name() {
        let mut shown = json!({
            "id": "1cper",
            "idnow": { "reference": "ABCDEFGH", "more": [{ "session_reference": ["XYZ12", 77] }] },
            "note": "see TST-KCCEY",
            "payload": "{\"identificationprocess\":{\"id\":\"QWERT\",\"href\":\"https://go.idnow.de/QWERT\"}}",
            "list": "[{\"Reference\":\"QWERT\"}]",
            "_links": { "self": { "href": "about:blank" } },
            "first_name": "Jane",
        });
        mask(&mut shown);
        let text = shown.to_string();
        for secret in ["ABCDEFGH", "XYZ12", "77", "KCCEY", "QWERT", "go.idnow.de"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        assert_eq!(
            (&shown["id"], &shown["first_name"], &shown["_links"]["self"]["href"]),
            (&json!("1cper"), &json!("Jane"), &json!("about:blank"))
        );
        assert!(
            hides_something(br#"{"a":{"reference":"x"}}"#) && hides_something(b"<p>TST-KCCEY</p>")
        );
        assert!(
            !hides_something(br#"{"a":{"reference":null},"first_name":"Jane"}"#)
                && !hides_something(b"\xff\xd8")
        );
        assert!(
            masked(br#"{"reference":"ABCDEFGH","title":"\ud83d"}"#)
                .is_some_and(|s| !s.contains("ABCDEFGH")),
            "half of a pair of surrogates too"
        );
    }
}
