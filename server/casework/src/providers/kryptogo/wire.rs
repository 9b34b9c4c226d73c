//! KryptoGO's words, read as they come.
//!
//! Their numbers may be texts, their metadata an array or an object, their report null, their enums
//! newer than we know. Nothing of that may stop a page: a field that cannot be read is absent, and
//! the bytes are kept beside it. `result` and the KYB target follow our reconstruction.

use crate::providers::{
    CallError,
    json::{Score, bool_of, score, value, whole},
};
use domain::findings::Source;
use serde_json::{Map, Value};

pub(super) use crate::providers::json::{id, int, joined, object, shown, text, word};

/// A task's summary, which is also the callback's body.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Summary {
    pub task_id: Option<String>,
    pub customer_reference: Option<String>,
    pub target_name: Option<String>,
    pub target_birth_date: Option<String>,
    /// 0 to 100; absent when it cannot be read.
    pub progress: Option<i64>,
    /// The progress as it came.
    pub progress_said: Option<String>,
    /// What the score counts as, 0 to 100.
    pub risk: Option<i64>,
    /// The score as it came.
    pub risk_said: Option<String>,
    pub sanction_matched: Option<bool>,
    /// What has another shape than it should.
    pub unread: Vec<Unread>,
    /// Absent while nobody decided, or when there is no report.
    pub accepted: Option<bool>,
    pub comment: Option<String>,
    /// Epoch seconds.
    pub creation_time: Option<i64>,
    pub metadata: Vec<(String, String)>,
    /// Whether it has metadata at all, in a known shape: without them, none of them is gone.
    pub has_metadata: bool,
}

/// A task's details.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    pub task_id: Option<String>,
    pub customer_reference: Option<String>,
    pub target_name: Option<String>,
    pub target_birth_date: Option<String>,
    pub callback_url: Option<String>,
    pub target: Vec<(String, String)>,
    pub search_setting: Vec<(String, String)>,
    pub sources: Vec<SourceStatus>,
    /// Whether there is an object with a member for each source, however odd these are.
    pub has_results: bool,
    pub items: Vec<Item>,
    /// What has another shape than it should, whatever of it is read all the same.
    pub unread: Vec<Unread>,
    /// What the score counts as, 0 to 100.
    pub risk: Option<i64>,
    /// The score as it came.
    pub risk_said: Option<String>,
    pub sanction_matched: Option<bool>,
    /// From `audit_status` 0 undecided, 1 accepted, 2 rejected; another value is absent here and
    /// shown as it came.
    pub accepted: Option<bool>,
    pub audit_status: Option<String>,
    /// Who decided there; nobody while nothing is decided, whatever the answer names.
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

/// The longest raw text that is shown of a finding, in characters; the evidence has all.
const RAW_MAX: usize = 2_000;

/// A part of an answer that is not understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What it is, in a sentence without its end.
    pub what: String,
    /// As it came; cut when it is long.
    pub raw: String,
}

impl Unread {
    pub(crate) fn new(what: impl Into<String>, raw: &str) -> Self {
        let mut kept: String = raw.chars().take(RAW_MAX).collect();
        if kept.len() < raw.len() {
            kept.push('…');
        }
        Self { what: shown(&what.into()), raw: shown(&kept) }
    }

    fn of(what: impl Into<String>, raw: &Value) -> Self {
        Self::new(what, &raw.to_string())
    }
}

impl SourceStatus {
    /// Whether the source says that it is done, or says nothing of it.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let word = self.status.trim().to_ascii_lowercase();
        matches!(
            word.as_str(),
            "" | "done"
                | "complete"
                | "completed"
                | "finished"
                | "success"
                | "successful"
                | "succeeded"
                | "ok"
        )
    }

    /// What people call it.
    #[must_use]
    pub fn label(&self) -> String {
        if self.source() == Source::Other {
            self.name.clone()
        } else {
            self.source().label().to_owned()
        }
    }

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
    /// Whether it reports an outcome, whatever else it says.
    #[must_use]
    pub const fn has_report(&self) -> bool {
        self.risk_said.is_some() || self.sanction_matched.is_some() || self.accepted.is_some()
    }

    /// # Errors
    /// Bytes that are not a JSON object.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        Ok(Self::of(&object(body)?))
    }

    fn of(v: &Value) -> Self {
        let report = &v["report"];
        let mut unread = Vec::new();
        if !report.is_null() && !report.is_object() {
            unread
                .push(Unread::of("The report has a shape that this version does not know", report));
        }
        // Some write what belongs into the report beside it: of two, the riskier counts.
        let [scores, matches] =
            ["potential_risk", "sanction_matched"].map(|key| [&report[key], &v[key]]);
        let scores = scores.map(score);
        unread.extend(scores.iter().filter_map(|score| odd_score(score.as_ref())));
        unread.extend(matches.into_iter().filter_map(odd_match));
        let risk = scores.into_iter().flatten().max_by_key(|score| score.counts);
        Self {
            task_id: text(&v["task_id"]),
            customer_reference: text(&v["customer_reference"]),
            target_name: text(&v["target"]["name"]),
            progress: int(&v["progress"]).filter(|progress| *progress >= 0),
            progress_said: text(&v["progress"]),
            target_birth_date: text(&v["target"]["birthday"]),
            risk: risk.as_ref().and_then(|score| score.counts),
            risk_said: risk.map(|score| score.said),
            sanction_matched: matches.into_iter().filter_map(bool_of).max(),
            unread,
            accepted: bool_of(&report["accepted"]),
            comment: text(&report["comment"]),
            creation_time: int(&v["creation_time"]),
            metadata: pairs(&v["metadata"]),
            has_metadata: v["metadata"].is_array() || v["metadata"].is_object(),
        }
    }
}

impl Details {
    /// # Errors
    /// Bytes that are not a JSON object.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let v = object(body)?;
        let (mut sources, mut items, mut unread) = (Vec::new(), Vec::new(), Vec::new());
        match &v["result"] {
            Value::Object(results) => {
                for (name, result) in results {
                    read_source(name, result, &mut sources, &mut items, &mut unread);
                }
            }
            odd => unread
                .push(Unread::of("The results have a shape that this version does not know", odd)),
        }
        let risk = score(&v["potential_risk"]);
        unread.extend(odd_score(risk.as_ref()));
        unread.extend(odd_match(&v["sanction_matched"]));
        let accepted = match whole(&v["audit_status"]) {
            Some(1) => Some(true),
            Some(2) => Some(false),
            _ => None,
        };
        let auditor =
            text(&v["auditor_employee_name"]).or_else(|| text(&v["auditor_employee_account"]));
        Ok(Self {
            task_id: text(&v["task_id"]),
            customer_reference: text(&v["customer_reference"]),
            target_name: text(&v["target"]["name"]),
            target_birth_date: text(&v["target"]["birthday"]),
            callback_url: text(&v["callback_url"]),
            target: pairs(&v["target"]),
            search_setting: pairs(&v["search_setting"]),
            sources,
            has_results: v["result"].is_object(),
            items,
            unread,
            risk: risk.as_ref().and_then(|score| score.counts),
            risk_said: risk.map(|score| score.said),
            sanction_matched: bool_of(&v["sanction_matched"]),
            accepted,
            audit_status: text(&v["audit_status"]),
            auditor: auditor.filter(|_| accepted.is_some()),
            comment: text(&v["comment"]),
            summary_text: text(&v["aml_summarization"]),
            completed_time: int(&v["completed_time"]),
            next_review_at: int(&v["next_review_at"]),
            metadata: pairs(&v["metadata"]),
        })
    }
}

fn odd_score(score: Option<&Score>) -> Option<Unread> {
    score
        .filter(|score| score.counts.is_none())
        .map(|score| Unread::new("The score cannot be read", &score.said))
}

fn odd_match(value: &Value) -> Option<Unread> {
    let is_odd = !value.is_null() && bool_of(value).is_none();
    is_odd.then(|| Unread::of("Whether a sanction list matched cannot be read", value))
}

/// A source is understood when it is a list of entries, or an object with one; whatever else it
/// holds must not be lost.
fn read_source(
    name: &str,
    result: &Value,
    sources: &mut Vec<SourceStatus>,
    items: &mut Vec<Item>,
    unread: &mut Vec<Unread>,
) {
    // A source may also be a bare array of items.
    let list = result.get("items").or(Some(result)).and_then(Value::as_array);
    let found = list.map_or(&[][..], Vec::as_slice);
    let said = int(&result["count"]);
    let name = &shown(name);
    let source = SourceStatus {
        name: name.clone(),
        status: text(&result["status"]).unwrap_or_default(),
        count: said.unwrap_or(found.len() as i64),
    };
    let label = source.label();
    let is_odd = |(key, value): &(&String, &Value)| match key.as_str() {
        "items" => false,
        "count" => !value.is_null() && whole(value).is_none(),
        "status" => value.is_array() || value.is_object(),
        // A scalar says something of the source; a list or an object may be what it found.
        _ => {
            says_more(key, value, found.len())
                || value.as_array().is_some_and(|v| !v.is_empty())
                || value.as_object().is_some_and(|v| !v.is_empty())
        }
    };
    if list.is_none() {
        unread.push(Unread::of(
            format!("{label}: the answer has a shape that this version does not know"),
            result,
        ));
    } else if result.as_object().into_iter().flatten().any(|member| is_odd(&member)) {
        unread.push(Unread::of(
            format!("{label}: a part of the answer has a shape that this version does not know"),
            &without_items(result),
        ));
    }
    if list.is_some() && said.is_some_and(|said| said > found.len() as i64) {
        unread.push(Unread::of(
            format!("{label}: more is counted than listed"),
            &without_items(result),
        ));
    }
    if !source.has_ended() {
        unread.push(Unread::new(
            format!("{label}: the source does not say that it is done"),
            &source.status,
        ));
    }
    sources.push(source);
    items.extend(found.iter().map(|item| read_item(name, item)));
}

/// Whether a scalar beside the entries says by its name that they are not all of it: an error, or a
/// larger number.
fn says_more(key: &str, value: &Value, listed: usize) -> bool {
    let key = key.to_lowercase();
    let is_scalar = !value.is_array() && !value.is_object();
    let is_said = is_scalar
        && text(value).is_some()
        && *value != Value::Bool(false)
        && whole(value) != Some(0);
    let is_trouble =
        ["error", "warning", "fail", "truncated", "partial", "incomplete", "timeout", "timed_out"]
            .iter()
            .any(|w| key.contains(w));
    let is_number =
        ["total", "total_count", "total_results", "hits", "hit_count", "matches", "results"]
            .contains(&key.as_str());
    (is_trouble && is_said) || (is_number && int(value).is_some_and(|said| said > listed as i64))
}

/// What a source says beside its entries.
fn without_items(result: &Value) -> Value {
    let members = result.as_object().into_iter().flatten().filter(|(key, _)| *key != "items");
    Value::Object(members.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Keys of an item that have a place of their own; all others become facts.
const PLACED: [&str; 9] = [
    "title",
    "url",
    "snippet",
    "date",
    "score",
    "matched_name",
    "matched_birthday",
    "matched_country",
    "name",
];

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
    let title = text(&item["title"])
        .or_else(|| name.clone())
        .unwrap_or_else(|| "Entry without a title".into());
    let score = score(&item["score"]);
    // What is no whole number of the scale stands among the facts as it came.
    let odd = score
        .as_ref()
        .filter(|score| score.counts.is_none_or(|counts| counts.to_string() != score.said));
    let facts = fields
        .iter()
        .filter(|(key, _)| !PLACED.contains(&key.as_str()))
        .filter_map(|(key, value)| Some((shown(key), joined(value)?)))
        .chain(odd.map(|score| ("score".to_owned(), score.said.clone())))
        .collect();
    Item {
        source_name: source_name.to_owned(),
        title,
        url: text(&item["url"]),
        snippet: text(&item["snippet"]),
        date: text(&item["date"]),
        score: score.and_then(|score| score.counts),
        name,
        birth_date: text(&item["matched_birthday"]),
        country: text(&item["matched_country"]),
        facts,
        raw: item.clone(),
    }
}

/// The ids of created tasks, in order.
pub(super) fn created(body: &[u8], wanted: usize) -> Result<Vec<String>, CallError> {
    let value = value(body).map_err(CallError::Unusable)?;
    let ids: Option<Vec<String>> =
        value.as_array().and_then(|tasks| tasks.iter().map(|t| id(&t["task_id"])).collect());
    match ids {
        Some(ids) if ids.len() == wanted => Ok(ids),
        _ => Err(CallError::Unusable("it names no task for what was sent".into())),
    }
}

/// The ids that an answer about many tasks names.
pub(super) fn named(body: &[u8]) -> Result<Vec<String>, CallError> {
    let value = value(body).map_err(CallError::Unusable)?;
    let tasks =
        value.as_array().ok_or_else(|| CallError::Unusable("it is no list of tasks".into()))?;
    Ok(tasks.iter().filter_map(|t| id(&t["task_id"])).collect())
}

/// The task and the decision that an answer to ours names.
pub(super) fn decided(body: &[u8]) -> Result<(Option<String>, Option<bool>), String> {
    let value = object(body)?;
    Ok((text(&value["task_id"]), bool_of(&value["accepted"])))
}

/// The `code` of an answer that says no more than whether it worked; 0 is yes.
pub(super) fn code(body: &[u8]) -> Result<Option<i64>, String> {
    Ok(whole(&object(body)?["code"]))
}

/// The summaries of a page of the history; entries that are no objects are left out.
pub(super) fn history(body: &[u8]) -> Result<Vec<Summary>, CallError> {
    let value = object(body).map_err(CallError::Unusable)?;
    let data = value["data"]
        .as_array()
        .ok_or_else(|| CallError::Unusable("it has no list of tasks".into()))?;
    Ok(data.iter().filter(|t| t.is_object()).map(Summary::of).collect())
}

/// The task that a callback speaks of, whatever else it says.
#[must_use]
pub fn task_id_of(body: &[u8]) -> Option<String> {
    object(body).ok().and_then(|v| text(&v["task_id"]))
}

/// Pairs out of `[{key, value}]` or `{key: value}`.
fn pairs(value: &Value) -> Vec<(String, String)> {
    let shown = |v: &Value| joined(v).unwrap_or_default();
    match value {
        Value::Array(list) => {
            list.iter().filter_map(|p| Some((text(&p["key"])?, shown(&p["value"])))).collect()
        }
        Value::Object(map) => pairs_of_object(map, shown),
        _ => Vec::new(),
    }
}

fn pairs_of_object(
    map: &Map<String, Value>,
    shown: impl Fn(&Value) -> String,
) -> Vec<(String, String)> {
    map.iter().map(|(key, value)| (self::shown(key), shown(value))).collect()
}

#[cfg(test)]
mod tests;
