//! The document that KryptoGO sends about a verification: the answer to a read and the body of the
//! callback are the same.
//!
//! The keys are those of the published sample, plus the four image addresses that other public code
//! reads, plus `mrz`, which is a reconstruction of our own. What was recognised is null until the
//! end.

use serde_json::{Map, Value, json};

use super::{
    super::{Book, Task, View},
    images::Slot,
    requests::Way,
    triggers::IdvTrigger,
    verification::Idv,
};
use crate::holder::mrz;

/// A moment of the published sample, and who has looked at it there.
const SAMPLE_AUDIT: (i64, &str) = (1_641_982_000, "admin");
const STAFF_ACCOUNT: &str = "meiling.chou@provider.example";

/// `GET /idv/{id}`. With `pretend` it is as it was before the end, in that state.
pub(crate) fn detail(idv: &Idv, book: &Book, view: &View, pretend: Option<i64>) -> Value {
    let verdict = idv.verdict_by(view.now_ms).filter(|_| pretend.is_none());
    let holder = verdict.and_then(|verdict| verdict.holder.as_ref());
    let expected = &idv.asked.expected;
    let tasks = idv.dd_tasks.iter().filter_map(|id| book.tasks.get(id)).map(dd_task);
    let mut body = json!({
        "idv_task_id": id(idv),
        "country": holder.map_or(&idv.asked.country, |holder| &holder.country),
        "id_type": holder.map(|holder| holder.kind).or(idv.asked.kind).map(|kind| kind.word()),
        "id_sub_type": holder.map(|holder| &holder.sub_type),
        "expected_name": expected.name,
        "expected_birthday": expected.birthday,
        "expected_id_number": expected.id_number,
        "expected_country": idv.asked.country,
        "expected_issuing_date": expected.issuing_date,
        "expected_expiry_date": expected.expiry_date,
        "expected_gender": expected.gender,
        "customer_reference": idv.asked.customer_reference,
        "first_name": holder.and_then(|holder| holder.first_name.as_ref()),
        "last_name": holder.map(|holder| &holder.last_name),
        "full_name": holder.map(|holder| &holder.full_name),
        "birthday": holder.map(|holder| &holder.birthday),
        "id_number": holder.map(|holder| &holder.id_number),
        "issuing_date": holder.map(|holder| &holder.issuing_date),
        "expiry_date": holder.map(|holder| &holder.expiry_date),
        "gender": holder.map(|holder| &holder.gender),
        "state": pretend.or_else(|| idv.state(view.now_ms)),
        "review_reasons": verdict.map_or(&[][..], |verdict| &verdict.review_reasons),
        "reject_reasons": verdict.map_or(&[][..], |verdict| &verdict.reject_reasons),
        "created_search_task_id": idv.created_task.filter(|_| pretend.is_none()),
        "audit_status": audit_status(idv),
        "audit_timestamp": idv.audit.map(|audit| audit.at_ms / 1_000),
        "auditor_employee_account": idv.audit.map(|_| STAFF_ACCOUNT),
        "dd_tasks": tasks.collect::<Vec<_>>(),
    });
    for slot in Slot::ALL {
        body[slot.url_key()] = json!(picture_address(idv, slot, view.base_url));
    }
    if let Some(zone) = holder.and_then(mrz) {
        body["mrz"] = json!(zone);
    }
    if verdict.is_some() || idv.trigger() == Some(IdvTrigger::TextValues) {
        make_strange(&mut body, idv);
    }
    body
}

/// The published samples show a number, a public client reads text; each fifth is text here.
fn id(idv: &Idv) -> Value {
    if idv.id % 5 == 0 { json!(idv.id.to_string()) } else { json!(idv.id) }
}

fn audit_status(idv: &Idv) -> &'static str {
    match idv.audit {
        None => "Pending",
        Some(audit) if audit.accepted => "Accepted",
        Some(_) => "Rejected",
    }
}

/// 0 undecided, 1 accepted, 2 rejected: the published enum of `dd_tasks`.
fn dd_task(task: &Task) -> Value {
    let audit_status = match &task.decision {
        None => 0,
        Some(decision) if decision.accepted => 1,
        Some(_) => 2,
    };
    json!({ "id": task.id, "creation_timestamp": task.created_ms / 1_000, "audit_status": audit_status })
}

/// Like a storage's signed address it needs no key: whoever knows it may look.
fn picture_address(idv: &Idv, slot: Slot, base_url: &str) -> Option<String> {
    idv.slots()
        .contains(&slot)
        .then(|| format!("{base_url}/kryptogo/files/{}/{}", idv.files, slot.word()))
}

fn make_strange(body: &mut Value, idv: &Idv) {
    match idv.trigger() {
        Some(IdvTrigger::NoState) => {
            body.as_object_mut().map(|body| body.remove("state"));
        }
        Some(IdvTrigger::SeedSample) => {
            body["audit_status"] = json!("Accepted");
            body["audit_timestamp"] = json!(SAMPLE_AUDIT.0);
            body["auditor_employee_account"] = json!(SAMPLE_AUDIT.1);
        }
        Some(IdvTrigger::TextValues) => make_text(body, idv),
        Some(IdvTrigger::Script) => put_scripts(body),
        Some(IdvTrigger::OtherId) => body["idv_task_id"] = json!(idv.id + 1_000_000),
        Some(IdvTrigger::OtherCustomer) => body["customer_reference"] = json!("SOMEBODY-ELSE"),
        Some(IdvTrigger::OtherName) => body["expected_name"] = json!("Mallory Else"),
        Some(IdvTrigger::ListState) => {
            body["state"] = json!([0]);
            body["birthday"] = json!([body["birthday"]]);
        }
        Some(IdvTrigger::NothingRecognised) => hide_recognised(body),
        Some(IdvTrigger::LoneSurrogate) => {
            body["full_name"] =
                json!(format!("{}HALF-OF-A-PAIR", body["full_name"].as_str().unwrap_or_default()))
        }
        _ => {}
    }
}

/// The bytes of the document, with what no JSON value can hold.
pub(crate) fn bytes_of(body: &Value, trigger: Option<IdvTrigger>) -> Vec<u8> {
    let text = body.to_string();
    match trigger {
        Some(IdvTrigger::LoneSurrogate) => text.replace("HALF-OF-A-PAIR", "\\ud83d").into_bytes(),
        Some(IdvTrigger::DoubledState) if body["state"] == json!(0) => {
            format!(r#"{{"state":2,{}"#, &text[1..]).into_bytes()
        }
        _ => text.into_bytes(),
    }
}

fn hide_recognised(body: &mut Value) {
    let keys = [
        "first_name",
        "last_name",
        "full_name",
        "birthday",
        "id_number",
        "issuing_date",
        "expiry_date",
        "gender",
    ];
    let recognised: Map<String, Value> =
        keys.iter().map(|key| ((*key).to_owned(), body[*key].take())).collect();
    body["recognised"] = Value::Object(recognised);
}

/// Numbers as text, null for arrays, and fields and values that nobody announced.
fn make_text(body: &mut Value, idv: &Idv) {
    for key in ["idv_task_id", "state", "created_search_task_id", "audit_timestamp"] {
        if let Some(number) = body[key].as_i64() {
            body[key] = json!(number.to_string());
        }
    }
    for key in ["review_reasons", "reject_reasons", "dd_tasks"] {
        body[key] = Value::Null;
    }
    body["id_sub_type"] = json!("WALLET_CREDENTIAL");
    body["gender"] = json!("NOT_STATED");
    body["audit_status"] = json!("Escalated");
    body["engine"] = json!({ "name": "atlas", "version": 7 });
    body["liveness_score"] = json!("0.93");
    body["channel"] = json!(if idv.asked.way == Way::Upload { "api" } else { "customer" });
}

const SCRIPTS: [&str; 3] = [
    "<script>alert('idv')</script>",
    "\"><img src=x onerror=alert('idv')>",
    "javascript:alert('idv')",
];

/// Every text carries one of three attempts; addresses and account are nothing else.
fn put_scripts(body: &mut Value) {
    let Some(body) = body.as_object_mut() else { return };
    for (at, slot) in Slot::ALL.into_iter().enumerate() {
        body.insert(slot.url_key(), json!(SCRIPTS[(at + 2) % 3]));
    }
    body.insert("auditor_employee_account".into(), json!(SCRIPTS[0]));
    put_scripts_into(body);
}

fn is_echo(key: &str) -> bool {
    key == "customer_reference" || key.starts_with("expected_")
}

fn put_scripts_into(object: &mut Map<String, Value>) {
    // What was asked is echoed as it was: an answer about another customer would not be taken at
    // all.
    for (at, (_, value)) in object.iter_mut().filter(|(key, _)| !is_echo(key)).enumerate() {
        match value {
            Value::String(text) if !SCRIPTS.contains(&text.as_str()) => {
                text.push_str(SCRIPTS[at % 3])
            }
            Value::Array(items) => {
                items.iter_mut().filter_map(Value::as_object_mut).for_each(put_scripts_into)
            }
            _ => {}
        }
    }
}

/// Makes the document about 8 MB long.
pub(crate) fn make_huge(body: &mut Value) {
    const LINES: usize = 65_536;
    body["recognised_lines"] = json!(vec![
        "The same line of text again, as if it had been read from the document a thousand times over, and over and over again.";
        LINES
    ]);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Options, kryptogo::idv::requests, text::now_ms};

    fn link(name: &str, more: &Value) -> (Book, Idv) {
        let mut body = json!({
            "country": "TWN", "id_type": "ID_CARD", "workflow_id": 200, "customer_reference": "C-1",
            "expected_name": name, "expected_birthday": "1990-06-21", "expected_id_number": "A123456789",
        });
        for (key, value) in more.as_object().unwrap() {
            body[key] = value.clone();
        }
        let asked = requests::link(body.to_string().as_bytes()).unwrap();
        let mut book = Book::new(10_000);
        let id = book.make_idv(asked, BTreeMap::new(), &Options::default(), now_ms());
        let idv = book.idvs.get(id).unwrap().clone();
        (book, idv)
    }

    fn ended(name: &str, more: &Value) -> Value {
        let (mut book, idv) = link(name, more);
        book.complete_idv(idv.id, &Options::default(), now_ms());
        let idv = book.idvs.get(idv.id).unwrap();
        detail(idv, &book, &view(), None)
    }

    fn view() -> View<'static> {
        View { base_url: "http://127.0.0.1:1", seed: 1, now_ms: now_ms() }
    }

    /// The published sample, key by key, and the image addresses.
    const PUBLISHED: [&str; 32] = [
        "audit_status",
        "audit_timestamp",
        "auditor_employee_account",
        "birthday",
        "country",
        "created_search_task_id",
        "customer_reference",
        "dd_tasks",
        "expected_birthday",
        "expected_country",
        "expected_expiry_date",
        "expected_gender",
        "expected_id_number",
        "expected_issuing_date",
        "expected_name",
        "expiry_date",
        "face_image_url",
        "first_name",
        "full_name",
        "gender",
        "id_and_face_image_url",
        "id_back_image_url",
        "id_image_url",
        "id_number",
        "id_sub_type",
        "id_type",
        "idv_task_id",
        "issuing_date",
        "last_name",
        "reject_reasons",
        "review_reasons",
        "state",
    ];

    fn keys(body: &Value) -> Vec<&str> {
        body.as_object().unwrap().keys().map(String::as_str).collect()
    }

    #[test]
    fn the_keys_are_the_published_ones_and_the_zone_at_the_end() {
        let (book, idv) = link("王又曾", &json!({}));
        assert_eq!(keys(&detail(&idv, &book, &view(), None)), PUBLISHED);
        let mut keys_at_end = [PUBLISHED.as_slice(), &["mrz"]].concat();
        keys_at_end.sort_unstable();
        assert_eq!(keys(&ended("王又曾", &json!({}))), keys_at_end);
        assert_eq!(
            keys(&ended("王又曾", &json!({"id_type": "DRIVING_LICENSE"}))),
            PUBLISHED,
            "a licence has no zone"
        );
    }

    #[test]
    fn nothing_is_recognised_before_the_end() {
        let (book, idv) = link("王又曾", &json!({}));
        let body = detail(&idv, &book, &view(), None);
        for key in [
            "first_name",
            "last_name",
            "full_name",
            "birthday",
            "id_number",
            "issuing_date",
            "expiry_date",
            "gender",
            "id_sub_type",
        ] {
            assert_eq!(body[key], Value::Null, "{key}");
        }
        assert_eq!(
            (&body["state"], &body["id_image_url"], &body["created_search_task_id"]),
            (&json!(4), &Value::Null, &Value::Null)
        );
        assert_eq!(
            (&body["review_reasons"], &body["reject_reasons"], &body["dd_tasks"]),
            (&json!([]), &json!([]), &json!([]))
        );
        assert_eq!(
            (&body["expected_country"], &body["audit_status"]),
            (&json!("TWN"), &json!("Pending"))
        );
    }

    #[test]
    fn the_end_shows_the_document() {
        let body = ended("王又曾", &json!({}));
        assert_eq!(
            (&body["state"], &body["first_name"], &body["last_name"]),
            (&json!(0), &json!("又曾"), &json!("王"))
        );
        assert_eq!(
            (&body["full_name"], &body["birthday"], &body["id_number"]),
            (&json!("王又曾"), &json!("1990-06-21"), &json!("A123456789"))
        );
        assert!(body["mrz"].as_str().unwrap().starts_with("I<TWNA12345678<9"));
        assert!(
            body["id_image_url"]
                .as_str()
                .unwrap()
                .starts_with("http://127.0.0.1:1/kryptogo/files/")
        );
        assert_eq!(body["id_and_face_image_url"], Value::Null, "a selfie is enough");
    }

    #[test]
    fn an_older_document_is_as_it_was_before_the_end() {
        let (mut book, idv) = link("王又曾", &json!({}));
        book.complete_idv(idv.id, &Options::default(), now_ms());
        let body = detail(book.idvs.get(idv.id).unwrap(), &book, &view(), Some(3));
        assert_eq!(
            (&body["state"], &body["full_name"], body.get("mrz")),
            (&json!(3), &Value::Null, None)
        );
    }

    #[test]
    fn strange_documents_are_strange() {
        assert_eq!(ended("Test Idv No State", &json!({})).get("state"), None);
        assert_eq!(ended("Test Idv Unknown State", &json!({}))["state"], 9);
        let text = ended("Test Idv Text Values", &json!({}));
        assert_eq!(
            (&text["state"], &text["idv_task_id"], &text["review_reasons"]),
            (&json!("0"), &json!("1"), &Value::Null)
        );
        assert_eq!(
            (&text["audit_status"], &text["engine"]["version"]),
            (&json!("Escalated"), &json!(7))
        );
        let sample = ended("Test Idv Seed Sample", &json!({}));
        assert_eq!(
            (&sample["state"], &sample["audit_timestamp"], &sample["birthday"]),
            (&json!(0), &json!(1_641_982_000), &json!("1965-03-16"))
        );
        assert_eq!(
            (&sample["review_reasons"][0]["code"], &sample["reject_reasons"][0]["code"]),
            (&json!(501), &json!(108))
        );
    }

    #[test]
    fn no_text_of_the_script_document_is_harmless() {
        fn check(value: &Value) {
            match value {
                Value::String(text) => {
                    assert!(SCRIPTS.iter().any(|script| text.contains(script)), "{text}")
                }
                Value::Array(items) => items.iter().for_each(check),
                Value::Object(object) => object.values().for_each(check),
                _ => {}
            }
        }
        let mut body = ended("Test Idv Script", &json!({}));
        assert_eq!(body["customer_reference"], "C-1", "it is about whom it was asked about");
        body.as_object_mut().unwrap().retain(|key, _| !is_echo(key));
        check(&body);
        assert!(body["id_image_url"].as_str().unwrap().starts_with("javascript:"));
        assert!(body["review_reasons"][0]["description"].as_str().unwrap().contains("alert"));
    }

    #[test]
    fn the_huge_document_is_about_8_megabytes() {
        let mut body = json!({});
        make_huge(&mut body);
        assert!((7_000_000..10_000_000).contains(&body.to_string().len()));
    }
}
