//! The documents that KryptoGO sends about a task: summary (also the callback's body) and details.
//!
//! The keys are the published ones ("Get summary of a search task", "Get details of a search
//! task"); what nested objects hold is a reconstruction, and so are 0 for moments that have not
//! come and null for people who do not exist yet.

use serde_json::{Map, Value, json};

use super::{
    Outcome, SOURCES, outcome_of, setting, task_page,
    tasks::{Decision, Task, Who},
    triggers::Trigger,
};
use crate::text::moment_of;

/// What documents depend on besides the task.
pub(crate) struct View<'a> {
    pub base_url: &'a str,
    pub seed: u64,
    pub now_ms: i64,
}

/// Half a year, the pause until a customer is looked at again; a quarter when the risk is high.
const REVIEW_AFTER_S: i64 = 182 * 86_400;

/// `GET /task/{id}/summary` and the body of callbacks. Metadata is an **array** here.
pub(crate) fn summary(task: &Task, view: &View) -> Value {
    let progress = task.progress(view.now_ms);
    let trigger = Trigger::of(&task.name);
    let report = if progress < 100 || trigger == Some(Trigger::NullReport) {
        Value::Null
    } else {
        report(task, view)
    };
    let pairs: Vec<_> =
        task.metadata.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
    let mut body = json!({
        "task_id": task.id,
        "search_setting": setting(task.setting),
        "target": task.target,
        "customer_reference": task.customer_reference,
        "progress": progress,
        "task_origin": 2,
        "creation_time": task.created_ms / 1_000,
        "update_time": task.updated_ms(view.now_ms) / 1_000,
        "audit_time": task.decision.as_ref().map_or(0, |decision| decision.at_ms / 1_000),
        "report": report,
        "metadata": pairs,
    });
    if trigger == Some(Trigger::UnknownValues) {
        body["progress"] = json!(progress.to_string());
        body["metadata"] = metadata_object(task);
        body["task_origin"] = json!(9);
        body["queue"] = json!("eu-west-9");
        if let Some(report) = body["report"].as_object_mut() {
            let risk = report.get("potential_risk").map(Value::to_string);
            report.insert("potential_risk".into(), json!(risk));
            report.insert("verdict_model".into(), json!({ "name": "atlas", "version": 7 }));
        }
        make_strange(&mut body);
    }
    make_odd(&mut body, task, trigger);
    if let Some(risk) = odd_risk(trigger).filter(|_| !body["report"].is_null()) {
        body["report"]["potential_risk"] = risk;
    }
    if trigger == Some(Trigger::SeedSample) && !body["report"].is_null() {
        body["report"]["sanction_matched"] = json!(true);
        body["report"]["potential_risk"] = json!(51);
    }
    body
}

/// What summary and details share when they are about somebody else.
fn make_odd(body: &mut Value, task: &Task, trigger: Option<Trigger>) {
    match trigger {
        Some(Trigger::OtherTask) if body.get("report").is_some() && task.tries.summary <= 2 => {
            body["task_id"] = json!(task.id + 1_000_000)
        }
        Some(Trigger::OtherCustomer) => body["customer_reference"] = json!("SOMEBODY-ELSE"),
        Some(Trigger::OtherTarget) => body["target"]["name"] = json!("Mallory Else"),
        _ => {}
    }
}

fn odd_risk(trigger: Option<Trigger>) -> Option<Value> {
    match trigger {
        Some(Trigger::FloatScore) => Some(json!(87.0)),
        Some(Trigger::FractionScore) => Some(json!(74.5)),
        _ => None,
    }
}

/// A summary as it was when the task had this progress.
pub(crate) fn older(mut summary: Value, task: &Task, progress: i64) -> Value {
    let at = usize::try_from(progress).unwrap_or(0) * task.finishes_ms.len() / 100;
    let updated_ms =
        at.checked_sub(1).and_then(|at| task.finishes_ms.get(at)).unwrap_or(&task.created_ms);
    summary["progress"] = json!(progress);
    summary["update_time"] = json!(updated_ms / 1_000);
    summary["audit_time"] = json!(0);
    summary["report"] = Value::Null;
    summary
}

fn report(task: &Task, view: &View) -> Value {
    let found = found(task, view);
    json!({
        "sanction_matched": found.sanction_matched(),
        "potential_risk": found.risk(),
        "url": task_page(view.base_url, task.id),
        "accepted": task.decision.as_ref().map(|decision| decision.accepted),
        "comment": task.decision.as_ref().map_or("", |decision| &decision.comment),
    })
}

/// What the sources that have ended found.
pub(crate) fn found(task: &Task, view: &View) -> Outcome {
    let ended = task.completed_sources(view.now_ms);
    outcome_of(view.seed, &task.name, task.kind(), task.setting == 2).only(&task.sources[..ended])
}

/// `GET /task/{id}`. Metadata is an **object** here.
pub(crate) fn detail(task: &Task, view: &View) -> Value {
    let found = found(task, view);
    let decision = task.decision.as_ref();
    let completed_ms = task.completed_ms().filter(|at| *at <= view.now_ms);
    let auditor = decision.map(|decision| employee(decision.by));
    let next_review_at =
        completed_ms.map(|at| at / 1_000 + REVIEW_AFTER_S / if found.risk() < 75 { 1 } else { 2 });
    let mut body = json!({
        "task_id": task.id,
        "target": task.target,
        "search_setting": setting(task.setting),
        "search_source": task.sources,
        "callback_url": task.callback_url,
        "customer_reference": task.customer_reference,
        "result": result(task, &found, view),
        "sanction_matched": found.sanction_matched(),
        "completed_source": task.completed_sources(view.now_ms),
        "potential_risk": found.risk(),
        "audit_status": match decision { None => 0, Some(decision) if decision.accepted => 1, Some(_) => 2 },
        "comment": decision.map_or("", |decision| &decision.comment),
        "audit_time": decision.map_or(0, |decision| decision.at_ms / 1_000),
        "auditor_employee_id": auditor.map(|(id, ..)| id),
        "auditor_employee_name": auditor.map(|(_, name, _)| name),
        "auditor_employee_account": auditor.map(|(.., account)| account),
        "employee_id": KEY_OWNER.0,
        "employee_name": KEY_OWNER.1,
        "employee_account": KEY_OWNER.2,
        "creation_time": task.created_ms / 1_000,
        "update_time": task.updated_ms(view.now_ms) / 1_000,
        "completed_time": completed_ms.map_or(0, |at| at / 1_000),
        "from_idv_id": task.from_idv_id,
        "comment_time": null,
        "comment_employee_id": null,
        "comment_employee_name": null,
        "comment_employee_account": null,
        "metadata": metadata_object(task),
        "comment_logs": decision.map(comment_log).into_iter().collect::<Vec<_>>(),
        "aml_summarization": if completed_ms.is_some() { found.summary.as_str() } else { "" },
        "next_review_at": next_review_at,
    });
    match Trigger::of(&task.name) {
        Some(Trigger::UnknownValues) => make_details_strange(&mut body, decision.is_none()),
        Some(Trigger::Huge) => make_huge(&mut body),
        Some(Trigger::ComesAgain) => come_again(&mut body, task.run),
        Some(Trigger::OddResult) => {
            empty_results(&mut body);
            body["result"]["negative_news"] =
                json!({ "data": { "articles": [{ "headline": "Convicted of fraud" }] } });
        }
        Some(Trigger::ListResult) => {
            body["result"] =
                json!([{ "source": "negative_news", "headline": "Convicted of fraud" }])
        }
        Some(Trigger::TextResult) => body["result"] = json!("Convicted of fraud"),
        Some(Trigger::LoneSurrogate) => {
            empty_results(&mut body);
            // The half is put in where the bytes are made: no text holds it.
            body["result"]["negative_news"] =
                json!({ "status": "done", "count": 1, "items": [{ "title": HALF_GOES_HERE }] });
        }
        Some(Trigger::SeedSample) => {
            body["result"] = json!({});
            body["sanction_matched"] = json!(true);
            body["potential_risk"] = json!(51);
            for (key, value) in [
                ("id", json!(321)),
                ("name", json!("Auditor Krypto")),
                ("account", json!("auditor@kryptogo.com")),
            ] {
                body[format!("auditor_employee_{key}")] = value;
            }
        }
        _ => {}
    }
    let trigger = Trigger::of(&task.name);
    make_odd(&mut body, task, trigger);
    if let Some(risk) = odd_risk(trigger) {
        body["potential_risk"] = risk;
    }
    body
}

/// Stands for half of a pair of surrogates until the bytes are made.
const HALF_GOES_HERE: &str = "Fraud case HALF-OF-A-PAIR";

/// The bytes of the details, with what no JSON value can hold.
pub(crate) fn detail_bytes(body: &Value, trigger: Option<Trigger>) -> Vec<u8> {
    let text = body.to_string();
    match trigger {
        Some(Trigger::LoneSurrogate) => text.replace("HALF-OF-A-PAIR", "\\ud83d").into_bytes(),
        Some(Trigger::DoubledKeys) => {
            format!(r#"{{"sanction_matched":true,"audit_status":2,{}"#, &text[1..]).into_bytes()
        }
        Some(Trigger::ByteOrderMark) => marked(&text),
        _ => text.into_bytes(),
    }
}

/// A text behind a byte order mark.
pub(crate) fn marked(text: &str) -> Vec<u8> {
    [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat()
}

/// Every source that was asked found nothing.
fn empty_results(body: &mut Value) {
    for source in
        body["result"].as_object_mut().into_iter().flat_map(|sources| sources.values_mut())
    {
        *source = json!({ "status": "done", "count": 0, "items": [] });
    }
}

type Employee = (i64, &'static str, &'static str);
pub(super) const KEY_OWNER: Employee = (123, "Sandbox Desk", "desk@customer.example");
const STAFF: Employee = (9_001, "Mei-Ling Chou", "meiling.chou@provider.example");

fn employee(who: Who) -> Employee {
    match who {
        Who::Api => KEY_OWNER,
        Who::Staff => STAFF,
    }
}

fn comment_log(decision: &Decision) -> Value {
    let (id, name, account) = employee(decision.by);
    json!({
        "comment": decision.comment,
        "comment_time": decision.at_ms / 1_000,
        "employee_id": id,
        "employee_name": name,
        "employee_account": account,
    })
}

fn metadata_object(task: &Task) -> Value {
    Value::Object(task.metadata.iter().map(|(key, value)| (key.clone(), json!(value))).collect())
}

/// An object keyed by source name; only requested sources are there. Reconstruction throughout,
/// `status` (`pending`, `done`) included.
fn result(task: &Task, found: &Outcome, view: &View) -> Value {
    let ended = task.completed_sources(view.now_ms);
    let source = |(index, source): (usize, &usize)| {
        let items = found.items(*source);
        let status = if index < ended { "done" } else { "pending" };
        (
            SOURCES[*source].to_owned(),
            json!({ "status": status, "count": items.len(), "items": items }),
        )
    };
    Value::Object(task.sources.iter().enumerate().map(source).collect::<Map<_, _>>())
}

/// What both documents share for `Test Unknown Values`: types, modes and times nobody announced.
fn make_strange(body: &mut Value) {
    body["target"]["type"] = json!(7);
    body["target"]["pronouns"] = json!(["they"]);
    body["search_setting"]["mode"] = json!(9);
    body["search_setting"]["ranking"] = json!("semantic-v2");
    body["schema"] = json!("2027-01");
    for key in ["creation_time", "update_time", "audit_time", "completed_time", "next_review_at"] {
        let Some(seconds) = body.get(key).and_then(Value::as_i64) else { continue };
        // The one as moment, the others as digits: both are text.
        body[key] = if key == "creation_time" {
            json!(moment_of(seconds * 1_000))
        } else {
            json!(seconds.to_string())
        };
    }
}

/// An undecided task gets an unknown audit status; a decided one tells the truth, because a reader
/// who cannot confirm its own decision could never finish.
fn make_details_strange(body: &mut Value, undecided: bool) {
    make_strange(body);
    body["potential_risk"] = json!(body["potential_risk"].to_string());
    if undecided {
        body["audit_status"] = json!(9);
    }
    if let Some(sources) = body["result"].as_object_mut() {
        for source in sources.values_mut() {
            source["status"] = json!("partially_indexed");
            source["shard"] = json!(3);
        }
        let item = json!({
            "title": "Wallet used a mixing service",
            "url": "https://chain-gazette.example/mixers/77",
            "snippet": "Three hops from a mixing service that closed in 2023.",
            "date": null,
            "score": "61",
            "hops": 3,
            "matched_name": null,
        });
        sources.insert(
            "crypto_mixers".into(),
            json!({ "status": "beta", "count": "1", "items": [item] }),
        );
    }
}

/// Fills the negative news until the document is about 8 MB long.
/// Entries that mostly come again with the next run: two are gone then, the first of those left has
/// a day of birth instead of its year, and three are new.
fn come_again(body: &mut Value, run: u32) {
    const ITEMS: u32 = 43;
    let numbers = if run < 2 { 1..=ITEMS } else { 3..=ITEMS + 3 };
    let item = |number: u32| {
        let year = 1950 + number % 40;
        let born = if run > 1 && number == 3 { format!("{year}-02-03") } else { year.to_string() };
        json!({
            "title": format!("Namesake before a court, case {number}"),
            "url": format!("https://court-reports.example/cases/{number}"),
            "snippet": format!("A person of this name was heard in case {number}."),
            "date": "2024-02-01",
            "score": 30 + number,
            "publisher": "Court Reports",
            "language": "en",
            "matched_name": "Test Comes Again",
            "matched_birthday": born,
            "matched_country": "TWN",
        })
    };
    let items: Vec<_> = numbers.map(item).collect();
    body["result"]["negative_news"] =
        json!({ "status": "done", "count": items.len(), "items": items });
}

fn make_huge(body: &mut Value) {
    const ITEMS: usize = 2_048;
    let snippet = "A very long article that says the same thing again and again. ".repeat(66);
    let item = |number: usize| {
        json!({
            "title": format!("Endless report, part {number}"),
            "url": format!("https://endless-times.example/reports/{number}"),
            "snippet": snippet,
            "date": "2024-02-01",
            "score": 31,
            "publisher": "Endless Times",
            "language": "en",
            "matched_name": "Test Huge",
        })
    };
    let items: Vec<_> = (1..=ITEMS).map(item).collect();
    body["result"]["negative_news"] = json!({ "status": "done", "count": ITEMS, "items": items });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Options,
        kryptogo::{Book, requests},
    };

    const VIEW: View = View { base_url: "http://127.0.0.1:1", seed: 1, now_ms: 1_700_470_390_000 };

    fn task(name: &str) -> Task {
        let body = json!([{ "search_setting_id": 1, "search_source": [0, 4], "target": { "type": 1, "name": name } }]);
        let new = requests::tasks(body.to_string().as_bytes(), 20_000).unwrap().remove(0);
        let mut book = Book::new(100);
        let id = book.make(new, &Options::default(), 1_700_470_381_000);
        book.tasks.remove(&id).unwrap()
    }

    /// The published sample of "Get details of a search task", key by key.
    #[test]
    fn details_have_exactly_the_published_keys() {
        let mut published = [
            "task_id",
            "target",
            "search_setting",
            "search_source",
            "callback_url",
            "customer_reference",
            "result",
            "sanction_matched",
            "completed_source",
            "potential_risk",
            "audit_status",
            "comment",
            "audit_time",
            "auditor_employee_id",
            "auditor_employee_name",
            "auditor_employee_account",
            "employee_id",
            "employee_name",
            "employee_account",
            "creation_time",
            "update_time",
            "completed_time",
            "from_idv_id",
            "comment_time",
            "comment_employee_id",
            "comment_employee_name",
            "comment_employee_account",
            "metadata",
            "comment_logs",
            "aml_summarization",
            "next_review_at",
        ];
        published.sort_unstable();
        let body = detail(&task("王又曾"), &VIEW);
        let mut keys: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, published);
    }

    #[test]
    fn the_report_is_null_until_the_end_and_for_good_when_asked() {
        let early = View { now_ms: 1_700_470_381_900, ..VIEW };
        assert_eq!(summary(&task("王又曾"), &early)["progress"], 50);
        assert_eq!(summary(&task("王又曾"), &early)["report"], Value::Null);
        let report = &summary(&task("王又曾"), &VIEW)["report"];
        assert_eq!(
            (&report["sanction_matched"], &report["potential_risk"], &report["accepted"]),
            (&json!(true), &json!(100), &Value::Null)
        );
        assert_eq!(summary(&task("Test Null Report"), &VIEW)["report"], Value::Null);
    }

    #[test]
    fn a_source_that_has_not_ended_shows_nothing() {
        let early = View { now_ms: 1_700_470_381_900, ..VIEW };
        let body = detail(&task("王又曾"), &early);
        assert_eq!(
            body["result"]["sanction_list"],
            json!({ "status": "pending", "count": 0, "items": [] })
        );
        assert_eq!(
            (&body["sanction_matched"], &body["completed_source"]),
            (&json!(false), &json!(1))
        );
        assert_eq!(detail(&task("王又曾"), &VIEW)["result"]["sanction_list"]["status"], "done");
    }

    #[test]
    fn an_older_body_has_neither_report_nor_later_times() {
        let task = task("Ana");
        let body = older(summary(&task, &VIEW), &task, 40);
        assert_eq!((&body["progress"], &body["report"]), (&json!(40), &Value::Null));
        assert_eq!(body["update_time"], body["creation_time"]);
    }

    #[test]
    fn unknown_values_are_strange_everywhere_and_still_json() {
        let task = task("Test Unknown Values");
        let (short, long) = (summary(&task, &VIEW), detail(&task, &VIEW));
        assert_eq!(
            (&short["progress"], &short["target"]["type"], &short["search_setting"]["mode"]),
            (&json!("100"), &json!(7), &json!(9))
        );
        assert!(short["metadata"].is_object() && short["report"]["potential_risk"].is_string());
        assert_eq!(short["creation_time"], "2023-11-20T08:53:01Z");
        assert!(long["completed_time"].is_string() && long["potential_risk"].is_string());
        assert_eq!(
            (&long["audit_status"], &long["result"]["crypto_mixers"]["items"][0]["hops"]),
            (&json!(9), &json!(3))
        );
    }

    #[test]
    fn the_huge_details_are_about_8_megabytes() {
        let length = detail(&task("Test Huge"), &VIEW).to_string().len();
        assert!((8_000_000..10_000_000).contains(&length), "{length}");
    }
}
