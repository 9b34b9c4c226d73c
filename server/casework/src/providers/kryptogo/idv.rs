//! KryptoGO's words about ID verification: what is sent, and what comes back, read as it comes.
//!
//! The sample of the page shows the odd cases that are taken here: an id as number or text, a time
//! as text, reasons beside an accepted state, and recognised data that differ from the expected
//! ones. A missing state stays missing. `mrz` and the form of `/idv/init` for Sumsub are our
//! reconstruction.

use super::wire::{id, int, object, text, word};
use crate::providers::{CallError, guard::Body};
use base64::Engine as _;
use bytes::Bytes;
use domain::{
    Moment,
    idv::{Data, Engine, FollowUp, IdType, Idv, ProviderState, Slot, Way},
};
use serde_json::{Map, Value, json};

/// A launch on its way.
#[derive(Debug, Clone)]
pub struct IdvRequest<'a> {
    pub launch: &'a Idv,
    /// Called when the ID verification is completed, and for the due diligence that the provider
    /// makes of it.
    pub callback_url: &'a str,
    /// Pictures with their types; uploads only.
    pub pictures: &'a [(Slot, &'static str, Bytes)],
}

impl IdvRequest<'_> {
    pub(super) const fn path(&self) -> &'static [&'static str] {
        match self.launch.way {
            Way::Upload => &["idv"],
            Way::Link => &["idv", "init"],
            Way::Token => &["idv", "account"],
        }
    }

    /// The bytes of all pictures.
    pub(super) fn size(&self) -> usize {
        self.pictures.iter().map(|(_, _, bytes)| bytes.len()).sum()
    }

    /// The request as it is sent. Pictures are written in base64 as they leave: in text and whole
    /// they would take several times their size in memory.
    pub(super) fn body(&self) -> Body {
        let mut head = self.to_json().to_string();
        if self.pictures.is_empty() {
            return head.into();
        }
        head.pop();
        let mut length = head.len() as u64 + 1;
        let mut pieces: Vec<Piece> = vec![Piece::Plain(head)];
        for (slot, _, bytes) in self.pictures {
            let open = format!(r#","{}":""#, slot.upload_keys().0);
            length += (open.len() + 1) as u64 + (bytes.len() as u64).div_ceil(3) * 4;
            pieces.extend([
                Piece::Plain(open),
                Piece::InBase64(bytes.clone()),
                Piece::Plain("\"".to_owned()),
            ]);
        }
        pieces.push(Piece::Plain("}".to_owned()));
        Body::in_pieces(length, pieces.into_iter().flat_map(Piece::chunks))
    }

    /// All of it but the pictures themselves.
    fn to_json(&self) -> Value {
        let launch = self.launch;
        let mut body = Map::new();
        let mut add = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(key.to_owned(), value);
            }
        };
        let given = |text: &Option<String>| text.as_ref().map(|t| json!(t));
        add("country", Some(json!(launch.country)));
        add("customer_reference", Some(json!(launch.customer_reference)));
        add("callback_url", Some(json!(self.callback_url)));
        add("expected_name", given(&launch.expected.name));
        add("expected_birthday", given(&launch.expected.birth_date));
        add("expected_id_number", given(&launch.expected.number));
        match launch.way {
            Way::Upload => {
                add("id_type", Some(json!(launch.id_type.code())));
                add("expected_issuing_date", given(&launch.expected.issuing_date));
                add("expected_expiry_date", given(&launch.expected.expiry_date));
                add("expected_gender", given(&launch.expected.gender));
                for (slot, kind, _) in self.pictures {
                    add(slot.upload_keys().1, Some(json!(kind)));
                }
            }
            Way::Link => {
                if launch.engine != Some(Engine::Sumsub) {
                    add("id_type", Some(json!(launch.id_type.code())));
                    add("workflow_id", launch.workflow.map(|n| json!(n)));
                }
                add("locale", given(&launch.locale));
                add("success_url", given(&launch.success_url));
                add("error_url", given(&launch.error_url));
            }
            Way::Token => add("workflow_id", launch.workflow.map(|n| json!(n))),
        }
        if launch.follow_up == FollowUp::Provider {
            add("auto_create_dd_task", Some(json!(true)));
            add("dd_task_callback_url", Some(json!(self.callback_url)));
            add("dd_task_search_setting_id", launch.search_setting.map(|n| json!(n)));
        }
        if let Some(taiwan) = &launch.taiwan {
            add("tw_id_apply_code", taiwan.apply_code.map(|n| json!(n)));
            add("tw_id_apply_date", given(&taiwan.apply_date));
            add("tw_id_issue_site_id", given(&taiwan.issue_site));
        }
        Value::Object(body)
    }
}

/// A part of a request's text.
enum Piece {
    Plain(String),
    InBase64(Bytes),
}

impl Piece {
    /// In chunks of which no more than one need be in memory.
    fn chunks(self) -> Box<dyn Iterator<Item = Bytes> + Send> {
        /// A multiple of three: only the last chunk of a picture is padded.
        const AT_ONCE: usize = 48 * 1024;
        match self {
            Self::Plain(text) => Box::new(std::iter::once(text.into())),
            Self::InBase64(bytes) => Box::new((0..bytes.len()).step_by(AT_ONCE).map(move |from| {
                let until = bytes.len().min(from + AT_ONCE);
                base64::engine::general_purpose::STANDARD.encode(&bytes[from..until]).into()
            })),
        }
    }
}

/// What a launch gave.
#[derive(Clone, PartialEq, Eq)]
pub struct Started {
    pub idv_id: String,
    /// The customer's page, or the token for the mobile SDK: shown once, kept sealed until then.
    pub handout: Option<String>,
    /// When the handout stops working, where it says so itself.
    pub expires_at: Option<Moment>,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Started({})", self.idv_id)
    }
}

pub(super) fn started(body: &[u8], way: Way) -> Result<Started, CallError> {
    let value = object(body).map_err(CallError::Unusable)?;
    let idv_id = id(&value["idv_task_id"])
        .ok_or_else(|| CallError::Unusable("it names no ID verification".into()))?;
    let handout = match way {
        Way::Upload => None,
        Way::Link => Some(
            text(&value["url"]).filter(|u| u.starts_with("https://") || u.starts_with("http://")),
        )
        .map(|url| {
            url.ok_or_else(|| CallError::Unusable("it has no address for the customer".into()))
        })
        .transpose()?,
        Way::Token => Some(
            text(&value["sdk_token"])
                .ok_or_else(|| CallError::Unusable("it has no token".into()))?,
        ),
    };
    let expires_at = handout.as_deref().filter(|_| way == Way::Token).and_then(expiry_of);
    Ok(Started { idv_id, handout, expires_at })
}

/// The `exp` of a JSON web token, in milliseconds; it is read, not verified.
fn expiry_of(token: &str) -> Option<Moment> {
    let payload = token.split('.').nth(1)?;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .ok()?;
    let value: Value = serde_json::from_slice(&bytes).ok()?;
    int(&value["exp"]).map(|seconds| seconds.saturating_mul(1_000))
}

/// An ID verification as the provider tells it; also the body of its callback.
#[derive(Debug, Clone, PartialEq)]
pub struct IdvAnswer {
    pub idv_id: Option<String>,
    pub state: ProviderState,
    pub review_reasons: Vec<IdvReason>,
    pub reject_reasons: Vec<IdvReason>,
    pub recognised: Data,
    /// What the provider says that we expected.
    pub expected: Data,
    pub id_type: Option<String>,
    pub id_sub_type: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub mrz: Option<String>,
    pub customer_reference: Option<String>,
    /// Addresses of pictures, as they came.
    pub pictures: Vec<(Slot, String)>,
    /// Due-diligence tasks that were made of it.
    pub tasks: Vec<String>,
    /// `Pending`, `Accepted`, `Rejected`, or another word as it came.
    pub audit_status: Option<String>,
    pub auditor: Option<String>,
}

/// Why the provider reviews or rejects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdvReason {
    /// As it came; mostly a number.
    pub code: String,
    pub description: String,
}

impl IdvAnswer {
    /// # Errors
    /// Bytes that are not a JSON object.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let v = object(body)?;
        let mut tasks: Vec<String> =
            text(&v["created_search_task_id"]).filter(|id| id != "0").into_iter().collect();
        for task in v["dd_tasks"].as_array().into_iter().flatten().take(REASONS_MAX) {
            if let Some(id) = text(&task["id"]).or_else(|| text(task).filter(|_| !task.is_object()))
                && !tasks.contains(&id)
            {
                tasks.push(id);
            }
        }
        let names = [text(&v["first_name"]), text(&v["last_name"])];
        let recognised = Data {
            name: text(&v["full_name"]).or_else(|| {
                Some(names.iter().flatten().cloned().collect::<Vec<_>>().join(" "))
                    .filter(|n| !n.is_empty())
            }),
            birth_date: text(&v["birthday"]),
            number: text(&v["id_number"]),
            country: None,
            issuing_date: text(&v["issuing_date"]),
            expiry_date: text(&v["expiry_date"]),
            gender: text(&v["gender"]),
        };
        let expected = Data {
            name: text(&v["expected_name"]),
            birth_date: text(&v["expected_birthday"]),
            number: text(&v["expected_id_number"]),
            country: text(&v["expected_country"]),
            issuing_date: text(&v["expected_issuing_date"]),
            expiry_date: text(&v["expected_expiry_date"]),
            gender: text(&v["expected_gender"]),
        };
        // The page names `country` with what was sent and `expected_country` beside it: only where
        // both are there, and something was recognised, is the first what the document says. Alone
        // it is the echo of our own request.
        let country = text(&v["country"])
            .filter(|_| recognised != Data::default() && expected.country.is_some());
        Ok(Self {
            idv_id: text(&v["idv_task_id"]),
            state: ProviderState::of(word(&v["state"]).as_deref()),
            review_reasons: reasons(&v["review_reasons"]),
            reject_reasons: reasons(&v["reject_reasons"]),
            recognised: Data { country, ..recognised },
            expected,
            id_type: text(&v["id_type"]),
            id_sub_type: text(&v["id_sub_type"]),
            first_name: names[0].clone(),
            last_name: names[1].clone(),
            mrz: text(&v["mrz"]),
            customer_reference: text(&v["customer_reference"]),
            pictures: Slot::ALL
                .iter()
                .filter_map(|slot| Some((*slot, text(&v[slot.address_key()])?)))
                .collect(),
            tasks,
            audit_status: text(&v["audit_status"]),
            auditor: text(&v["auditor_employee_account"]),
        })
    }

    /// Whether there is something to judge.
    #[must_use]
    pub fn is_outcome(&self) -> bool {
        self.state.is_outcome(!self.reject_reasons.is_empty())
    }

    /// What the queue and the header say.
    #[must_use]
    pub fn words(&self) -> String {
        let reasons = match self.state {
            ProviderState::Review => &self.review_reasons[..],
            ProviderState::Reject | ProviderState::Initial => &self.reject_reasons[..],
            _ => &[],
        };
        let codes: Vec<String> = reasons.iter().take(4).map(|r| r.code.clone()).collect();
        let words = self.state.words(&codes);
        match self.audit_status.as_deref() {
            None | Some("Pending" | "") => words,
            Some(other) => format!("{words}, {} there", other.to_lowercase()),
        }
    }

    /// The kind of document in words; unknown ones as they came.
    #[must_use]
    pub fn document(&self) -> Option<String> {
        let kind = self
            .id_type
            .as_deref()
            .map(|t| IdType::parse(t).map_or_else(|| t.to_owned(), |t| t.label().to_owned()))?;
        let sub = self.id_sub_type.as_deref().map(|s| s.to_lowercase().replace('_', " "));
        Some(sub.map_or_else(|| kind.clone(), |sub| format!("{kind} ({sub})")))
    }
}

/// More reasons than anybody reads; the evidence has all.
const REASONS_MAX: usize = 50;

/// A reason without a code is still a reason: it is shown as it came.
fn reasons(value: &Value) -> Vec<IdvReason> {
    let reason = |v: &Value| match text(&v["code"]).or_else(|| text(v).filter(|_| !v.is_object())) {
        Some(code) => {
            Some(IdvReason { code, description: text(&v["description"]).unwrap_or_default() })
        }
        None => {
            text(v).map(|whole| IdvReason { code: "without a code".into(), description: whole })
        }
    };
    match value {
        Value::Array(all) => all.iter().filter_map(reason).take(REASONS_MAX).collect(),
        one => reason(one).into_iter().collect(),
    }
}

/// The ID verification that a callback speaks of, whatever else it says.
#[must_use]
pub fn idv_id_of(body: &[u8]) -> Option<String> {
    object(body).ok().and_then(|v| text(&v["idv_task_id"]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(value: Value) -> IdvAnswer {
        IdvAnswer::read(value.to_string().as_bytes()).expect("readable")
    }

    fn whole() -> Value {
        json!({
            "idv_task_id": 12, "country": "TWN", "id_type": "ID_CARD", "id_sub_type": "NATIONAL_ID", "full_name": "王又曾", "birthday": "1965-03-16",
            "id_number": "A223456789", "issuing_date": "2020-03-10", "expiry_date": "2025-03-10", "gender": "M", "customer_reference": "C-1",
            "review_reasons": [{ "code": 501, "description": "x" }], "reject_reasons": [], "created_search_task_id": 102, "audit_status": "Pending",
            "dd_tasks": [{ "id": 102 }], "id_image_url": "https://x.example/1", "mrz": "I<", "state": 1,
        })
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(|f| json!(f)),
            "\\PC{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                    .prop_map(|map| json!(map)),
            ]
        })
    }

    proptest! {
        /// F-20: whatever a field turns into or whether it is there at all, the rest is still read
        /// and nothing counts as accepted.
        #[test]
        fn any_field_may_become_anything(key in proptest::sample::select(whole().as_object().expect("an object").keys().cloned().collect::<Vec<_>>()), value in proptest::option::of(any_json())) {
            let mut body = whole();
            match value {
                Some(value) => body[&key] = value,
                None => drop(body.as_object_mut().expect("an object").remove(&key)),
            }
            let read = answer(body);
            if key != "state" { prop_assert_eq!(&read.state, &ProviderState::Review); }
            if key != "full_name" { prop_assert_eq!(read.recognised.name.as_deref(), Some("王又曾")); }
            if key != "review_reasons" { prop_assert_eq!(read.review_reasons.len(), 1); }
        }

        #[test]
        fn only_a_zero_is_an_accept(state in any_json()) {
            let is_zero = state == json!(0) || state.as_str().is_some_and(|s| s.trim() == "0");
            prop_assert_eq!(answer(json!({ "state": state })).state == ProviderState::Accept, is_zero);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (IdvAnswer::read(&bytes), idv_id_of(&bytes), super::started(&bytes, Way::Link), super::started(&bytes, Way::Token));
        }
    }

    #[test]
    fn a_missing_state_is_no_outcome() {
        assert!(!answer(json!({ "idv_task_id": 12, "full_name": "王又曾" })).is_outcome());
        assert!(!answer(json!({ "state": null })).is_outcome());
        assert!(answer(json!({ "state": 0 })).is_outcome());
        assert!(answer(json!({ "state": "0" })).is_outcome());
    }

    #[test]
    fn odd_types_are_read() {
        let a = answer(json!({
            "idv_task_id": "12", "state": "1", "review_reasons": [{ "code": "501", "description": "Birthday" }, 500, { "nothing": 1 }],
            "reject_reasons": null, "created_search_task_id": "102", "dd_tasks": [{ "id": 102 }, { "id": "103" }, 7], "gender": "M",
            "id_image_url": "https://x.example/1", "face_image_url": null, "new_field": { "a": 1 },
        }));
        assert_eq!(a.idv_id.as_deref(), Some("12"));
        assert_eq!(
            a.review_reasons.iter().map(|r| r.code.as_str()).collect::<Vec<_>>(),
            ["501", "500", "without a code"]
        );
        assert_eq!(a.tasks, ["102", "103", "7"]);
        assert_eq!(a.pictures, [(Slot::Front, "https://x.example/1".to_owned())]);
        assert_eq!(a.words(), "review (501, 500, without a code)");
        assert_eq!(
            answer(json!({ "state": 2, "reject_reasons": { "code": 106 } })).reject_reasons.len(),
            1,
            "one that is no list"
        );
    }

    #[test]
    fn the_sample_of_the_page_is_an_accept_with_differences() {
        let a = answer(json!({
            "idv_task_id": 12, "country": "TWN", "expected_country": "TWN", "state": 0, "expected_birthday": "1990-06-21", "birthday": "1965-03-16",
            "first_name": "又曾", "last_name": "王", "full_name": "王又曾", "review_reasons": [], "reject_reasons": [], "audit_status": "Accepted",
        }));
        assert_eq!(a.words(), "accept, accepted there");
        assert_eq!(a.recognised.country.as_deref(), Some("TWN"));
        assert_ne!(a.recognised.birth_date, a.expected.birth_date);
    }

    #[test]
    fn the_country_that_we_sent_is_not_one_that_was_recognised() {
        let of = |body: Value| answer(body).recognised.country;
        assert_eq!(
            of(json!({ "country": "TWN", "full_name": "王又曾" })),
            None,
            "the echo of the request"
        );
        assert_eq!(
            of(json!({ "country": "TWN", "expected_country": "TWN" })),
            None,
            "nothing was recognised yet"
        );
        let other =
            of(json!({ "country": "POL", "expected_country": "TWN", "full_name": "王又曾" }));
        assert_eq!(other.as_deref(), Some("POL"), "what the document says");
    }

    #[test]
    fn a_token_tells_its_own_end_and_stays_out_of_debug_texts() {
        let payload =
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(br#"{"exp":1795523400}"#);
        let body =
            json!({ "idv_task_id": 15, "sdk_token": format!("h.{payload}.s"), "timestamp": 1 })
                .to_string();
        let started = started(body.as_bytes(), Way::Token).expect("good");
        assert_eq!(started.expires_at, Some(1_795_523_400_000));
        assert!(!format!("{started:?}").contains(&payload));
        assert!(super::started(br#"{"idv_task_id":1}"#, Way::Token).is_err());
        assert!(
            super::started(br#"{"idv_task_id":[1]}"#, Way::Upload).is_err(),
            "a list is no number"
        );
        assert!(
            super::started(br#"{"idv_task_id":1,"url":"javascript:alert(1)"}"#, Way::Link).is_err()
        );
    }
}
