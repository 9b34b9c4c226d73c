//! KryptoGO's words, read as they come.
//!
//! Their numbers may be texts, their metadata an array or an object, their report null, their enums
//! newer than we know. Nothing of that may stop a page: a field that cannot be read is absent, and
//! the bytes are kept beside it. `result` and the KYB target follow our reconstruction.

use crate::providers::{
    CallError,
    json::{bool_of, shown, whole},
};
use domain::findings::Source;
use serde_json::{Map, Value};

pub(super) use crate::providers::json::{int, object, text, word};

/// A task's summary, which is also the callback's body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub task_id: Option<String>,
    pub customer_reference: Option<String>,
    pub target_name: Option<String>,
    /// 0 to 100; absent when it cannot be read.
    pub progress: Option<i64>,
    pub risk: Option<i64>,
    pub sanction_matched: Option<bool>,
    /// Absent while nobody decided, or when there is no report.
    pub accepted: Option<bool>,
    pub comment: Option<String>,
    /// Epoch seconds.
    pub creation_time: Option<i64>,
    pub metadata: Vec<(String, String)>,
}

/// A task's details.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    pub task_id: Option<String>,
    pub callback_url: Option<String>,
    pub target: Vec<(String, String)>,
    pub search_setting: Vec<(String, String)>,
    pub sources: Vec<SourceStatus>,
    pub items: Vec<Item>,
    pub risk: Option<i64>,
    pub sanction_matched: Option<bool>,
    /// From `audit_status` 0 undecided, 1 accepted, 2 rejected; another value is absent here and shown as it came.
    pub accepted: Option<bool>,
    pub audit_status: Option<String>,
    pub auditor: Option<String>,
    pub comment: Option<String>,
    pub summary_text: Option<String>,
    /// Epoch seconds.
    pub completed_time: Option<i64>,
    /// Epoch seconds.
    pub next_review_at: Option<i64>,
    pub metadata: Vec<(String, String)>,
}

/// How far one source is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceStatus {
    /// The provider's name for it.
    pub name: String,
    pub status: String,
    pub count: i64,
}

impl SourceStatus {
    #[must_use]
    pub fn source(&self) -> Source {
        Source::parse(&self.name).unwrap_or(Source::Other)
    }
}

/// One thing that a source found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Item {
    pub source_name: String,
    pub title: String,
    pub url: Option<String>,
    pub snippet: Option<String>,
    pub date: Option<String>,
    pub score: Option<i64>,
    pub name: Option<String>,
    pub birth_date: Option<String>,
    pub country: Option<String>,
    /// Whatever else the source says, as `name, value` in its order.
    pub facts: Vec<(String, String)>,
    /// The item as it came, for its fingerprint.
    pub raw: Value,
}

impl Summary {
    /// # Errors
    /// Bytes that are not a JSON object.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        Ok(Self::of(&object(body)?))
    }

    fn of(v: &Value) -> Self {
        let report = &v["report"];
        Self {
            task_id: text(&v["task_id"]),
            customer_reference: text(&v["customer_reference"]),
            target_name: text(&v["target"]["name"]),
            progress: int(&v["progress"]),
            risk: int(&report["potential_risk"]).or_else(|| int(&v["potential_risk"])),
            sanction_matched: bool_of(&report["sanction_matched"]),
            accepted: bool_of(&report["accepted"]),
            comment: text(&report["comment"]),
            creation_time: int(&v["creation_time"]),
            metadata: pairs(&v["metadata"]),
        }
    }
}

impl Details {
    /// # Errors
    /// Bytes that are not a JSON object.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let v = object(body)?;
        let (mut sources, mut items) = (Vec::new(), Vec::new());
        for (name, result) in v["result"].as_object().into_iter().flatten() {
            read_source(name, result, &mut sources, &mut items);
        }
        Ok(Self {
            task_id: text(&v["task_id"]),
            callback_url: text(&v["callback_url"]),
            target: pairs(&v["target"]),
            search_setting: pairs(&v["search_setting"]),
            sources,
            items,
            risk: int(&v["potential_risk"]),
            sanction_matched: bool_of(&v["sanction_matched"]),
            accepted: match whole(&v["audit_status"]) {
                Some(1) => Some(true),
                Some(2) => Some(false),
                _ => None,
            },
            audit_status: text(&v["audit_status"]),
            auditor: text(&v["auditor_employee_name"]).or_else(|| text(&v["auditor_employee_account"])),
            comment: text(&v["comment"]),
            summary_text: text(&v["aml_summarization"]),
            completed_time: int(&v["completed_time"]),
            next_review_at: int(&v["next_review_at"]),
            metadata: pairs(&v["metadata"]),
        })
    }
}

fn read_source(name: &str, result: &Value, sources: &mut Vec<SourceStatus>, items: &mut Vec<Item>) {
    // A source may also be a bare array of items.
    let found = result.get("items").or(Some(result)).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let count = int(&result["count"]).unwrap_or(found.len() as i64);
    let name = &shown(name);
    sources.push(SourceStatus { name: name.clone(), status: text(&result["status"]).unwrap_or_default(), count });
    items.extend(found.iter().map(|item| read_item(name, item)));
}

/// Keys of an item that have a place of their own; all others become facts.
const PLACED: [&str; 9] = ["title", "url", "snippet", "date", "score", "matched_name", "matched_birthday", "matched_country", "name"];

fn read_item(source_name: &str, item: &Value) -> Item {
    let Some(fields) = item.as_object() else {
        return Item {
            source_name: source_name.to_owned(),
            title: text(item).unwrap_or_else(|| "Entry without a title".into()),
            raw: item.clone(),
            ..Item::default()
        };
    };
    let name = text(&item["matched_name"]).or_else(|| text(&item["name"]));
    let title = text(&item["title"]).or_else(|| name.clone()).unwrap_or_else(|| "Entry without a title".into());
    let facts = fields
        .iter()
        .filter(|(key, _)| !PLACED.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((key.clone(), text(value)?)))
        .collect();
    Item {
        source_name: source_name.to_owned(),
        title,
        url: text(&item["url"]),
        snippet: text(&item["snippet"]),
        date: text(&item["date"]),
        score: int(&item["score"]),
        name,
        birth_date: text(&item["matched_birthday"]),
        country: text(&item["matched_country"]),
        facts,
        raw: item.clone(),
    }
}

/// The ids of created tasks, in order.
pub(super) fn created(body: &[u8], wanted: usize) -> Result<Vec<String>, CallError> {
    let value: Value = serde_json::from_slice(body).map_err(|_| CallError::Unusable("its body is not JSON".into()))?;
    let ids: Option<Vec<String>> = value.as_array().and_then(|tasks| tasks.iter().map(|t| text(&t["task_id"])).collect());
    match ids {
        Some(ids) if ids.len() == wanted => Ok(ids),
        _ => Err(CallError::Unusable("it names no task for what was sent".into())),
    }
}

/// The ids that an answer about many tasks names.
pub(super) fn named(body: &[u8]) -> Result<Vec<String>, CallError> {
    let value: Value = serde_json::from_slice(body).map_err(|_| CallError::Unusable("its body is not JSON".into()))?;
    let tasks = value.as_array().ok_or_else(|| CallError::Unusable("it is no list of tasks".into()))?;
    Ok(tasks.iter().filter_map(|t| text(&t["task_id"])).collect())
}

/// The summaries of a page of the history; entries that are no objects are left out.
pub(super) fn history(body: &[u8]) -> Result<Vec<Summary>, CallError> {
    let value = object(body).map_err(CallError::Unusable)?;
    let data = value["data"].as_array().ok_or_else(|| CallError::Unusable("it has no list of tasks".into()))?;
    Ok(data.iter().filter(|t| t.is_object()).map(Summary::of).collect())
}

/// The task that a callback speaks of, whatever else it says.
#[must_use]
pub fn task_id_of(body: &[u8]) -> Option<String> {
    object(body).ok().and_then(|v| text(&v["task_id"]))
}

/// Pairs out of `[{key, value}]` or `{key: value}`.
fn pairs(value: &Value) -> Vec<(String, String)> {
    let shown = |v: &Value| text(v).unwrap_or_default();
    match value {
        Value::Array(list) => list.iter().filter_map(|p| Some((text(&p["key"])?, shown(&p["value"])))).collect(),
        Value::Object(map) => pairs_of_object(map, shown),
        _ => Vec::new(),
    }
}

fn pairs_of_object(map: &Map<String, Value>, shown: impl Fn(&Value) -> String) -> Vec<(String, String)> {
    map.iter().map(|(key, value)| (self::shown(key), shown(value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::fuzz::{bent, said};
    use proptest::prelude::*;
    use serde_json::json;

    fn details() -> Value {
        json!({
            "task_id": 12345, "target": {"type": 1, "name": "王又曾"}, "callback_url": "https://d/x", "sanction_matched": true,
            "potential_risk": 100, "audit_status": 0, "completed_time": 1_700_470_389, "next_review_at": 1_716_345_869,
            "aml_summarization": "One hit.", "metadata": {"team": "a"},
            "result": {
                "sanction_list": {"status": "completed", "count": 1, "items": [{"title": "WANG You-theng", "url": "https://l.example", "score": 100, "matched_name": "WANG You-theng", "matched_birthday": "1927-03-13", "matched_country": "TWN", "programme": "X"}]},
                "crypto_mixers": {"items": [{"title": "New kind"}]},
            }
        })
    }

    #[test]
    fn details_are_read_with_unknown_sources_kept() {
        let read = Details::read(details().to_string().as_bytes()).expect("reads");
        assert_eq!((read.risk, read.accepted, read.items.len()), (Some(100), None, 2));
        let hit = read.items.iter().find(|i| i.source_name == "sanction_list").expect("the hit");
        assert_eq!(
            (hit.birth_date.as_deref(), hit.facts.as_slice()),
            (Some("1927-03-13"), &[("programme".to_owned(), "X".to_owned())][..])
        );
        let unknown = read.sources.iter().find(|s| s.name == "crypto_mixers").expect("the unknown source");
        assert_eq!((unknown.source(), unknown.count), (Source::Other, 1));
        assert_eq!(read.metadata, [("team".to_owned(), "a".to_owned())]);
    }

    #[test]
    fn odd_types_are_read_as_what_they_mean() {
        let odd = json!({ "task_id": "77", "progress": "100", "creation_time": "1623859200", "report": {"potential_risk": "51", "accepted": "true"}, "metadata": {"a": 1, "b": null}, "new_field": [1] });
        let read = Summary::read(odd.to_string().as_bytes()).expect("reads");
        assert_eq!(read.task_id.as_deref(), Some("77"));
        assert_eq!((read.progress, read.risk, read.accepted, read.creation_time), (Some(100), Some(51), Some(true), Some(1_623_859_200)));
        assert_eq!(read.metadata, [("a".to_owned(), "1".to_owned()), ("b".to_owned(), String::new())]);
    }

    #[test]
    fn nothing_missing_or_unknown_counts_as_accepted() {
        for body in ["{}", r#"{"report":null}"#, r#"{"report":{"accepted":null}}"#, r#"{"report":{"accepted":1}}"#, r#"{"report":[]}"#] {
            assert_eq!(Summary::read(body.as_bytes()).expect("reads").accepted, None, "{body}");
        }
        for status in ["0", "3", "null", "\"Accepted\"", "true", "[]"] {
            let body = format!(r#"{{"audit_status":{status}}}"#);
            assert_eq!(Details::read(body.as_bytes()).expect("reads").accepted, None, "{status}");
        }
    }

    #[test]
    fn an_answer_about_many_tasks_may_name_some_of_them() {
        assert_eq!(named(br#"[{"task_id":2},{"error":"x"},{"task_id":"1"},null]"#), Ok(vec!["2".to_owned(), "1".to_owned()]));
        assert_eq!(named(b"[]"), Ok(vec![]));
        for bad in ["{}", "<html>", r#"{"task_id":1}"#] {
            assert!(named(bad.as_bytes()).expect_err("unusable").may_have_happened(), "{bad}");
        }
    }

    #[test]
    fn a_create_answer_must_name_every_task() {
        assert_eq!(created(br#"[{"task_id":1},{"task_id":"2"}]"#, 2), Ok(vec!["1".to_owned(), "2".to_owned()]));
        for bad in ["[]", "{}", "<html>", r#"[{"task_id":null}]"#, r#"[{"task_id":1},{"task_id":2}]"#] {
            assert!(created(bad.as_bytes(), 1).expect_err("unusable").may_have_happened(), "{bad}");
        }
    }

    /// Any JSON value, a few levels deep.
    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i64>().prop_map(|n| json!(n)),
            any::<f64>().prop_map(|n| json!(n)),
            "\\PC{0,12}".prop_map(Value::String)
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::vec(("[a-z_]{1,8}", inner), 0..4).prop_map(|fields| Value::Object(fields.into_iter().collect()))
            ]
        })
    }

    proptest! {
        /// F-20: whatever a field turns into, the rest is still read and nothing panics.
        #[test]
        fn any_field_may_become_anything(key in proptest::sample::select(details().as_object().expect("an object").keys().cloned().collect::<Vec<_>>()), value in any_json()) {
            let mut body = details();
            body[&key] = value;
            let read = Details::read(body.to_string().as_bytes()).expect("an object");
            if key != "result" { prop_assert_eq!(read.items.len(), 2); }
            if key != "audit_status" { prop_assert_eq!(read.accepted, None); }
            prop_assert!(Summary::read(body.to_string().as_bytes()).is_ok());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Details::read(&bytes), Summary::read(&bytes), task_id_of(&bytes), created(&bytes, 1), history(&bytes));
        }

        #[test]
        fn s_52_no_bent_list_names_a_task_that_it_does_not_name(bytes in bent(json!([{ "task_id": 1 }, { "task_id": "2" }])), wanted in 0_usize..4) {
            let v = said(&bytes);
            if let Ok(ids) = created(&bytes, wanted) {
                prop_assert_eq!(ids.len(), wanted);
                prop_assert_eq!(v.as_ref().and_then(Value::as_array).map(Vec::len), Some(wanted));
            }
            if let Ok(ids) = named(&bytes) {
                prop_assert!(ids.len() <= v.as_ref().and_then(Value::as_array).map_or(0, Vec::len));
                prop_assert!(ids.iter().all(|id| !id.trim().is_empty()));
            }
        }

        #[test]
        fn s_52_no_bent_history_has_a_task_more(bytes in bent(json!({ "data": [{ "task_id": 1, "customer_reference": "C" }], "total": 1 }))) {
            if let Ok(all) = history(&bytes) {
                let v = said(&bytes).expect("read");
                prop_assert!(all.len() <= v["data"].as_array().map_or(0, Vec::len));
            }
        }
    }
}
