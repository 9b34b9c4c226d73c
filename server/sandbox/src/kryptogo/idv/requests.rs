//! What clients send to start a verification, checked as strictly as the published page allows. The
//! messages are reconstructions, and so is the Sumsub form: the page only says that there is one.

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    super::{
        SETTINGS,
        requests::{document, optional_text, web_address},
    },
    images::{Picture, Slot, picture},
};
use crate::{
    holder::{Kind, Known},
    text::days_of,
};

/// How the pictures come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// With the request: `POST /idv`.
    Upload,
    /// The customer opens a page: `POST /idv/init`.
    Link,
    /// The customer's app takes them: `POST /idv/account`.
    Sdk,
}

impl Way {
    pub fn word(self) -> &'static str {
        match self {
            Way::Upload => "upload",
            Way::Link => "link",
            Way::Sdk => "sdk",
        }
    }
}

/// A verification as it was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Asked {
    pub way: Way,
    /// Alpha-3; echoed as `expected_country`.
    pub country: String,
    /// Not known before the end in the Sumsub form.
    pub kind: Option<Kind>,
    pub workflow: Option<i64>,
    pub expected: Known,
    pub callback_url: Option<String>,
    pub customer_reference: Option<String>,
    /// A task that is made when the result is accept.
    pub follow_up: Option<FollowUp>,
    pub locale: Option<String>,
    pub success_url: Option<String>,
    pub error_url: Option<String>,
}

/// `auto_create_dd_task` and what belongs to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FollowUp {
    pub setting: i64,
    pub callback_url: Option<String>,
}

const ID_ONLY: [i64; 3] = [100, 101, 102];
const WITH_FACE: [i64; 3] = [200, 201, 202];
const SDK_WORKFLOW: i64 = 3;

pub(crate) const LOCALES: [&str; 40] = [
    "ar", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-MX", "et", "fi", "fr", "he", "hr",
    "hu", "hy", "id", "it", "ja", "ka", "km", "ko", "lt", "ms", "nl", "no", "pl", "pt", "pt-BR",
    "ro", "ru", "sk", "sv", "sw", "th", "tr", "vi", "zh-CN", "zh-HK",
];

/// Where Taiwan's identity cards are issued; two cities have an old code as well.
const TW_SITES: [&str; 28] = [
    "10001", "10002", "10003", "10004", "10005", "10006", "10007", "10008", "10009", "10010",
    "10011", "10012", "10013", "10014", "10015", "10016", "10017", "10018", "10019", "10020",
    "09007", "09020", "63000", "64000", "65000", "66000", "67000", "68000",
];

impl Asked {
    /// Whether the customer's page asks for a face. Jumio's workflows 1xx do not.
    pub fn wants_face(&self) -> bool {
        !self.workflow.is_some_and(|workflow| ID_ONLY.contains(&workflow))
    }
}

/// Reads "Create an IDV task". The page marks both face pictures as required and says in words that
/// one of them is enough.
pub(crate) fn upload(body: &[u8]) -> Result<(Asked, BTreeMap<Slot, Picture>), String> {
    let item = object(body)?;
    let kind = kind(&item)?.ok_or("id_type is required.")?;
    let asked = asked(&item, Way::Upload, Some(kind))?;
    let mut pictures = BTreeMap::new();
    for slot in Slot::ALL {
        if let Some(picture) = picture(&item, slot)? {
            pictures.insert(slot, picture);
        }
    }
    if !pictures.contains_key(&Slot::Front) {
        return Err("id_image is required.".into());
    }
    if kind == Kind::IdCard && !pictures.contains_key(&Slot::Back) {
        return Err("id_back_image is required for an ID_CARD.".into());
    }
    if !pictures.contains_key(&Slot::Face) && !pictures.contains_key(&Slot::FaceWithId) {
        return Err("One of face_image and id_and_face_image is required.".into());
    }
    Ok((asked, pictures))
}

/// Reads "Initiating an IDV transaction for Web Verification": Jumio's form with `id_type` and
/// `workflow_id`, Sumsub's with neither.
pub(crate) fn link(body: &[u8]) -> Result<Asked, String> {
    let item = object(body)?;
    let (kind, workflow) = match (kind(&item)?, integer(&item, "workflow_id")?) {
        (None, None) => (None, None),
        (Some(kind), Some(workflow))
            if ID_ONLY.contains(&workflow) || WITH_FACE.contains(&workflow) =>
        {
            (Some(kind), Some(workflow))
        }
        (Some(_), Some(_)) => {
            return Err("workflow_id must be one of 100, 101, 102, 200, 201 and 202.".into());
        }
        (None, Some(_)) => return Err("id_type is required with workflow_id.".into()),
        (Some(_), None) => return Err("workflow_id is required with id_type.".into()),
    };
    let asked = asked(&item, Way::Link, kind)?;
    if asked.customer_reference.is_none() {
        return Err("customer_reference is required.".into());
    }
    check_taiwan(&item, kind, &asked.country)?;
    let locale = optional_text(&item, "locale")?.unwrap_or_else(|| "en".into());
    if !LOCALES.contains(&locale.as_str()) {
        return Err(format!("locale {locale} is not supported."));
    }
    let (success_url, error_url) =
        (page_address(&item, "success_url", 2_047)?, page_address(&item, "error_url", 255)?);
    Ok(Asked { workflow, locale: Some(locale), success_url, error_url, ..asked })
}

/// Reads "Initiating an IDV transaction for mobile app verification": Jumio and identity cards
/// only.
pub(crate) fn sdk(body: &[u8]) -> Result<Asked, String> {
    let item = object(body)?;
    if integer(&item, "workflow_id")? != Some(SDK_WORKFLOW) {
        return Err("workflow_id must be 3.".into());
    }
    if kind(&item)?.is_some_and(|kind| kind != Kind::IdCard) {
        return Err("Only ID_CARD is supported.".into());
    }
    let asked = asked(&item, Way::Sdk, Some(Kind::IdCard))?;
    check_taiwan(&item, asked.kind, &asked.country)?;
    Ok(Asked { workflow: Some(SDK_WORKFLOW), ..asked })
}

/// What the three requests share.
fn asked(item: &Map<String, Value>, way: Way, kind: Option<Kind>) -> Result<Asked, String> {
    let country = optional_text(item, "country")?.ok_or("country is required.")?;
    if country.len() != 3 || !country.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err("country must be an ISO 3166 alpha-3 code.".into());
    }
    let customer_reference = optional_text(item, "customer_reference")?;
    if way != Way::Upload
        && customer_reference.as_ref().is_some_and(|text| text.chars().count() > 100)
    {
        return Err("customer_reference must not be longer than 100.".into());
    }
    Ok(Asked {
        way,
        country,
        kind,
        workflow: None,
        expected: expected(item)?,
        callback_url: web_address(item, "callback_url")?,
        customer_reference,
        follow_up: follow_up(item)?,
        locale: None,
        success_url: None,
        error_url: None,
    })
}

fn expected(item: &Map<String, Value>) -> Result<Known, String> {
    let date = |key: &str| match optional_text(item, key)? {
        Some(date) if days_of(&date).is_none() => {
            Err(format!("{key} must be a date like 1990-06-21."))
        }
        date => Ok(date),
    };
    let gender = optional_text(item, "expected_gender")?;
    if gender.as_deref().is_some_and(|gender| !matches!(gender, "M" | "F" | "X")) {
        return Err("expected_gender must be M, F or X.".into());
    }
    Ok(Known {
        name: optional_text(item, "expected_name")?.filter(|name| !name.trim().is_empty()),
        birthday: date("expected_birthday")?,
        id_number: optional_text(item, "expected_id_number")?,
        issuing_date: date("expected_issuing_date")?,
        expiry_date: date("expected_expiry_date")?,
        gender,
    })
}

fn follow_up(item: &Map<String, Value>) -> Result<Option<FollowUp>, String> {
    let wanted = match item.get("auto_create_dd_task") {
        None | Some(Value::Null) => false,
        Some(wanted) => wanted.as_bool().ok_or("auto_create_dd_task must be true or false.")?,
    };
    let callback_url = web_address(item, "dd_task_callback_url")?;
    let setting = integer(item, "dd_task_search_setting_id")?;
    match setting {
        Some(id) if !SETTINGS.iter().any(|(known, _)| *known == id) => {
            Err(format!("dd_task_search_setting_id {id} does not exist."))
        }
        None if wanted => {
            Err("dd_task_search_setting_id is required with auto_create_dd_task.".into())
        }
        setting => Ok(setting.filter(|_| wanted).map(|setting| FollowUp { setting, callback_url })),
    }
}

/// `tw_id_*` ask Taiwan's register, which only knows Taiwan's identity cards.
fn check_taiwan(
    item: &Map<String, Value>,
    kind: Option<Kind>,
    country: &str,
) -> Result<(), String> {
    let code = integer(item, "tw_id_apply_code")?;
    let (date, site) =
        (optional_text(item, "tw_id_apply_date")?, optional_text(item, "tw_id_issue_site_id")?);
    if code.is_none() && date.is_none() && site.is_none() {
        return Ok(());
    }
    if kind != Some(Kind::IdCard) || country != "TWN" {
        return Err("tw_id_apply_code, tw_id_apply_date and tw_id_issue_site_id need id_type ID_CARD and country TWN.".into());
    }
    if code.is_some_and(|code| !(0..=3).contains(&code)) {
        return Err("tw_id_apply_code must be from 0 to 3.".into());
    }
    if date.is_some_and(|date| !is_roc_date(&date)) {
        return Err("tw_id_apply_date must be a date of seven digits like 1070102.".into());
    }
    if site.is_some_and(|site| !TW_SITES.contains(&site.as_str())) {
        return Err("tw_id_issue_site_id is not a known issuing site of five digits.".into());
    }
    Ok(())
}

/// Years count from 1912, so 1070102 is 2018-01-02.
fn is_roc_date(text: &str) -> bool {
    let digits = text.len() == 7 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year: i64 = if digits { text[..3].parse().unwrap_or(0) } else { 0 };
    year > 0 && days_of(&format!("{:04}-{}-{}", year + 1_911, &text[3..5], &text[5..7])).is_some()
}

/// An address for the customer's browser. Seen at the provider: what it cannot reach itself is
/// refused.
fn page_address(
    item: &Map<String, Value>,
    key: &str,
    max: usize,
) -> Result<Option<String>, String> {
    let Some(address) = web_address(item, key)? else { return Ok(None) };
    if address.len() > max {
        return Err(format!("{key} must not be longer than {max}."));
    }
    let url = reqwest::Url::parse(&address).map_err(|_| format!("{key} cannot be read."))?;
    let host = url.host_str().unwrap_or_default().trim_end_matches('.').to_lowercase();
    let number: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let here = number.is_some_and(|ip| ip.to_canonical().is_loopback() || ip.is_unspecified());
    if here || host == "localhost" || host.ends_with(".localhost") {
        return Err(format!(
            "{key} cannot be reached: it must not be an address of the local machine."
        ));
    }
    Ok(Some(address))
}

fn kind(item: &Map<String, Value>) -> Result<Option<Kind>, String> {
    match optional_text(item, "id_type")? {
        None => Ok(None),
        Some(word) => Kind::of(&word)
            .map(Some)
            .ok_or_else(|| "id_type must be PASSPORT, DRIVING_LICENSE or ID_CARD.".into()),
    }
}

fn integer(item: &Map<String, Value>, key: &str) -> Result<Option<i64>, String> {
    match item.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value.as_i64().map(Some).ok_or_else(|| format!("{key} must be an integer.")),
    }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, String> {
    match document(body)? {
        Value::Object(item) => Ok(item),
        _ => Err("The body must be an object.".into()),
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde_json::json;

    use super::*;
    use crate::pictures::specimen;

    fn with(mut body: Value, changes: &Value) -> Vec<u8> {
        for (key, value) in changes.as_object().unwrap() {
            body[key] = value.clone();
        }
        body.to_string().into_bytes()
    }

    /// Each change to a body that is fine must be refused with a message that has the word.
    fn refused<T>(body: Value, read: impl Fn(&[u8]) -> Result<T, String>, cases: &[(Value, &str)]) {
        assert!(read(&with(body.clone(), &json!({}))).is_ok(), "the unchanged body");
        for (changes, word) in cases {
            let message = read(&with(body.clone(), changes))
                .err()
                .unwrap_or_else(|| panic!("{changes} was taken"));
            assert!(message.contains(word), "{changes}: {message}");
        }
    }

    #[test]
    fn mistakes_in_an_upload_are_refused() {
        let picture = |slot| STANDARD.encode(specimen("lin-yating", slot).unwrap().0);
        let body = json!({
            "country": "TWN", "id_type": "ID_CARD", "id_image": picture("front"), "id_mime_type": "image/png",
            "id_back_image": picture("back"), "id_back_mime_type": "image/png", "face_image": picture("face"),
        });
        let cases = [
            (json!({"country": null}), "country is required"),
            (json!({"country": "TW"}), "alpha-3"),
            (json!({"country": "twn"}), "alpha-3"),
            (json!({"country": 158}), "country must be text"),
            (json!({"id_type": null}), "id_type is required"),
            (json!({"id_type": "VISA"}), "id_type must be"),
            (json!({"id_image": null}), "id_image is required"),
            (json!({"id_mime_type": "image/jpeg"}), "id_image is not image/jpeg"),
            (json!({"id_mime_type": null}), "id_image is not image/jpeg"),
            (json!({"id_mime_type": "image/gif"}), "id_mime_type must be"),
            (json!({"id_image": "data:image/png;base64,AAAA"}), "data:"),
            (json!({"id_back_image": ""}), "id_back_image is required"),
            (json!({"face_image": null}), "One of face_image and id_and_face_image"),
            (json!({"id_and_face_image": "????"}), "id_and_face_image is not base64"),
            (json!({"expected_birthday": "21.06.1990"}), "expected_birthday"),
            (json!({"expected_issuing_date": "2020-02-30"}), "expected_issuing_date"),
            (json!({"expected_expiry_date": "2020"}), "expected_expiry_date"),
            (json!({"expected_gender": "m"}), "expected_gender"),
            (json!({"expected_name": 7}), "expected_name"),
            (json!({"callback_url": "ftp://a/b"}), "callback_url"),
            (json!({"dd_task_callback_url": "a/b"}), "dd_task_callback_url"),
            (json!({"auto_create_dd_task": "true"}), "auto_create_dd_task"),
            (json!({"auto_create_dd_task": true}), "dd_task_search_setting_id is required"),
            (
                json!({"auto_create_dd_task": true, "dd_task_search_setting_id": 9}),
                "does not exist",
            ),
            (json!({"dd_task_search_setting_id": "1"}), "integer"),
        ];
        refused(body.clone(), upload, &cases);
        for changes in [
            json!({"id_type": "PASSPORT", "id_back_image": null}),
            json!({"face_image": null, "id_and_face_image": picture("face")}),
        ] {
            assert!(upload(&with(body.clone(), &changes)).is_ok(), "{changes}");
        }
        assert!(upload(b"[]").is_err() && upload(b"{").is_err());
    }

    #[test]
    fn mistakes_in_a_link_are_refused() {
        let body = json!({
            "id_type": "ID_CARD", "workflow_id": 200, "country": "TWN", "customer_reference": "C-1", "locale": "zh-HK",
            "success_url": null, "error_url": null, "tw_id_apply_code": 2, "tw_id_apply_date": "1070102", "tw_id_issue_site_id": "10011",
        });
        let long = "x".repeat(300);
        let cases = [
            (json!({"workflow_id": null}), "workflow_id is required"),
            (json!({"id_type": null}), "id_type is required"),
            (json!({"workflow_id": 3}), "workflow_id must be"),
            (json!({"workflow_id": "200"}), "integer"),
            (json!({"customer_reference": null}), "customer_reference is required"),
            (json!({"customer_reference": "x".repeat(101)}), "100"),
            (json!({"locale": "zh-TW"}), "locale"),
            (json!({"success_url": "javascript:alert(1)"}), "success_url"),
            (json!({"success_url": "http://localhost/done"}), "success_url"),
            (json!({"success_url": "http://LOCALHOST.:3000/done"}), "success_url"),
            (json!({"success_url": "https://127.0.0.1/done"}), "success_url"),
            (json!({"error_url": "https://127.9.9.9/"}), "error_url"),
            (json!({"error_url": "https://[::1]/"}), "error_url"),
            (json!({"error_url": "https://[::ffff:127.0.0.1]/"}), "error_url"),
            (json!({"error_url": format!("https://desk.example/{long}")}), "255"),
            (json!({"success_url": format!("https://desk.example/{}", long.repeat(7))}), "2047"),
            (json!({"tw_id_apply_code": 4}), "tw_id_apply_code"),
            (json!({"tw_id_apply_date": "1071301"}), "tw_id_apply_date"),
            (json!({"tw_id_apply_date": "20180102"}), "tw_id_apply_date"),
            (json!({"tw_id_issue_site_id": "10021"}), "tw_id_issue_site_id"),
            (json!({"country": "JPN"}), "need id_type ID_CARD and country TWN"),
            (json!({"id_type": "PASSPORT"}), "need id_type ID_CARD and country TWN"),
            (json!({"auto_create_dd_task": true}), "dd_task_search_setting_id is required"),
        ];
        refused(body.clone(), link, &cases);
        let fine = json!({"success_url": format!("https://desk.example/{long}"), "error_url": "http://desk.example/", "locale": null});
        let asked = link(&with(body, &fine)).unwrap();
        assert_eq!(
            (asked.locale.as_deref(), asked.workflow, asked.wants_face()),
            (Some("en"), Some(200), true)
        );
    }

    #[test]
    fn the_form_without_id_type_and_workflow_is_the_other_engines() {
        let asked = link(br#"{"country":"DEU","customer_reference":"C-1"}"#).unwrap();
        assert_eq!((asked.kind, asked.workflow, asked.wants_face()), (None, None, true));
        let only = link(br#"{"country":"DEU","customer_reference":"C-1","id_type":"PASSPORT","workflow_id":102}"#).unwrap();
        assert!(!only.wants_face());
    }

    #[test]
    fn mistakes_in_an_account_are_refused() {
        let body = json!({"workflow_id": 3, "country": "TWN"});
        let cases = [
            (json!({"workflow_id": 200}), "must be 3"),
            (json!({"workflow_id": null}), "must be 3"),
            (json!({"country": null}), "country"),
            (json!({"id_type": "PASSPORT"}), "ID_CARD"),
            (json!({"customer_reference": "x".repeat(101)}), "100"),
            (json!({"tw_id_issue_site_id": "1001"}), "tw_id_issue_site_id"),
        ];
        refused(body, sdk, &cases);
    }

    #[test]
    fn all_published_locales_are_known() {
        let mut locales = LOCALES.to_vec();
        locales.dedup();
        assert_eq!(
            (locales.len(), LOCALES.contains(&"pt-BR"), LOCALES.contains(&"hy")),
            (40, true, true)
        );
    }
}
