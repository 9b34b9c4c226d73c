//! Solaris's records, read as they come: keys may be missing, ids have no suffix, fields and values
//! be newer than we know.

use super::masking;
use crate::providers::json::{bool_of, int, object, text, word};
use domain::{
    Moment,
    video::{PARTICULARS, PATCHABLE, Reference, Standing, State, without_references},
};
use serde_json::Value;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// A person as Solaris has them.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonRecord {
    pub id: String,
    /// Every member that has a value, as text, by its path: `first_name`, `address.line_1`. Unknown
    /// ones are among them, without the session's reference or address, which some repeat there.
    pub fields: BTreeMap<String, String>,
    pub standing: Standing,
    /// `YYYY-MM-DD`.
    pub aml_follow_up_date: Option<String>,
    /// `YYYY-MM-DD`.
    pub aml_confirmed_on: Option<String>,
    pub flagged_by_compliance: Option<bool>,
}

impl std::fmt::Debug for PersonRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PersonRecord({})", self.id)
    }
}

impl PersonRecord {
    /// Nothing for what has no id.
    pub(super) fn of(v: &Value) -> Option<Self> {
        let id = text(&v["id"])?;
        let mut fields = paths(v);
        let mut masked = v.clone();
        masking::mask(&mut masked);
        fields.extend(paths(&masked).into_iter().filter(|(path, _)| !is_known(path)));
        // A list of one word is not the word, and not nothing either.
        let [screening, risk, vetting] =
            ["screening_progress", "risk_classification_status", "customer_vetting_status"]
                .map(|key| word(&v[key]).map(|said| masking::masked_text(&said)));
        let standing = Standing::of(screening.as_deref(), risk.as_deref(), vetting.as_deref());
        Some(Self {
            standing,
            aml_follow_up_date: text(&v["aml_follow_up_date"]),
            aml_confirmed_on: text(&v["aml_confirmed_on"]),
            flagged_by_compliance: bool_of(&v["flagged_by_compliance"]),
            id,
            fields,
        })
    }

    /// Reads a stored answer again.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        Self::of(&object(body).ok()?)
    }

    /// A field's text, by its path.
    #[must_use]
    pub fn field(&self, path: &str) -> Option<&str> {
        self.fields.get(path).map(String::as_str)
    }

    /// Whether there is anything under a name, in whatever shape.
    #[must_use]
    pub fn says(&self, name: &str) -> bool {
        self.fields.keys().any(|path| path.split('.').next() == Some(name))
    }
}

/// Members that have a value, as text, by their path.
fn paths(v: &Value) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    for (key, value) in v.as_object().into_iter().flatten() {
        match value {
            Value::Object(members) => {
                fields.extend(
                    members.iter().filter_map(|(member, value)| {
                        Some((format!("{key}.{member}"), text(value)?))
                    }),
                );
            }
            other => fields.extend(text(other).map(|said| (key.clone(), said))),
        }
    }
    fields
}

/// What people typed may look like anything.
fn is_known(path: &str) -> bool {
    path == "id"
        || PATCHABLE.iter().any(|field| field.name == path)
        || PARTICULARS.iter().any(|known| known.path == path)
}

/// An identification as Solaris has it. The customer's address is not printed: whoever has it can
/// take the session.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentificationRecord {
    pub id: String,
    pub person_id: Option<String>,
    pub state: State,
    pub method: Option<String>,
    pub language: Option<String>,
    /// The customer's page; http or https.
    pub url: Option<String>,
    /// Never for the customer.
    pub reference: Option<Reference>,
    pub completed_at: Option<Moment>,
    /// A code of IDnow's failures, as it came.
    pub failure_reason: Option<String>,
    pub proof_of_address_type: Option<String>,
    /// `YYYY-MM-DD`.
    pub proof_of_address_issued_at: Option<String>,
    /// Seconds.
    pub estimated_waiting_time: Option<i64>,
    /// Absent when the answer does not speak of documents.
    pub documents: Option<Vec<DocumentRecord>>,
}

impl std::fmt::Debug for IdentificationRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "IdentificationRecord({}, {:?}, {:?})", self.id, self.state, self.reference)
    }
}

impl IdentificationRecord {
    /// Reads a stored answer again.
    #[must_use]
    pub fn read(body: &[u8]) -> Option<Self> {
        Self::of(&object(body).ok()?)
    }

    /// Nothing for what has no id.
    pub(super) fn of(v: &Value) -> Option<Self> {
        let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        Some(Self {
            id: text(&v["id"])?,
            person_id: text(&v["person_id"]),
            state: State::of(word(&v["status"]).as_deref()),
            method: text(&v["method"]),
            language: text(&v["language"]),
            url: text(&v["url"]).filter(is_web),
            reference: text(&v["reference"]).as_deref().and_then(Reference::of),
            completed_at: moment(&v["completed_at"]),
            failure_reason: text(&v["failure_reason"]),
            proof_of_address_type: text(&v["proof_of_address_type"]),
            proof_of_address_issued_at: text(&v["proof_of_address_issued_at"]),
            estimated_waiting_time: int(&v["estimated_waiting_time"]).filter(|s| *s >= 0),
            documents: v["documents"]
                .as_array()
                .map(|all| all.iter().filter_map(DocumentRecord::of).collect()),
        })
    }
}

/// What Solaris keeps of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentRecord {
    pub id: String,
    pub name: Option<String>,
    pub content_type: Option<String>,
    /// A type of the list, or one that we do not know, as it came.
    pub document_type: Option<String>,
    /// Bytes.
    pub size: Option<i64>,
    pub customer_accessible: Option<bool>,
    pub created_at: Option<Moment>,
    pub deleted_at: Option<Moment>,
}

impl DocumentRecord {
    pub(super) fn of(v: &Value) -> Option<Self> {
        Some(Self {
            id: text(&v["id"])?,
            name: text(&v["name"]).map(|name| without_references(&name).into_owned()),
            content_type: text(&v["content_type"]),
            document_type: text(&v["document_type"]),
            size: int(&v["size"]).filter(|s| *s >= 0),
            customer_accessible: bool_of(&v["customer_accessible"]),
            created_at: moment(&v["created_at"]),
            deleted_at: moment(&v["deleted_at"]),
        })
    }
}

/// A kind of identity document that the customer may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SupportedDocument {
    pub document_type: String,
    /// ISO 3166-1 alpha-2, as they came; empty when the answer names none.
    pub countries: Vec<String>,
}

impl SupportedDocument {
    /// The shape of the elements is not published: objects with type and countries, bare words, and
    /// one object of words with countries are all taken.
    pub(super) fn all_of(v: &Value) -> Vec<Self> {
        let countries = |v: &Value| v.as_array().into_iter().flatten().filter_map(text).collect();
        match v {
            Value::Array(all) => all
                .iter()
                .filter_map(|one| {
                    let named =
                        ["document_type", "type", "name"].iter().find_map(|key| text(&one[*key]));
                    let listed = if one["issuing_countries"].is_array() {
                        &one["issuing_countries"]
                    } else {
                        &one["countries"]
                    };
                    Some(Self {
                        document_type: named.or_else(|| one.as_str().map(str::to_owned))?,
                        countries: countries(listed),
                    })
                })
                .collect(),
            Value::Object(members) => match members
                .values()
                .find(|v| v.as_array().is_some_and(|a| a.iter().any(Value::is_object)))
            {
                Some(wrapped) => Self::all_of(wrapped),
                None => members
                    .iter()
                    .map(|(kind, v)| Self { document_type: kind.clone(), countries: countries(v) })
                    .collect(),
            },
            _ => Vec::new(),
        }
    }
}

/// A subscription to one event.
#[derive(Clone, PartialEq, Eq)]
pub struct Subscription {
    pub id: String,
    pub event_type: Option<String>,
    pub url: Option<String>,
    /// Shown once, when it is made; absent where no secret is set, whose deliveries are then
    /// refused.
    pub secret: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Subscription({}, {:?})", self.id, self.event_type)
    }
}

impl Subscription {
    pub(super) fn of(v: &Value) -> Option<Self> {
        Some(Self {
            id: text(&v["id"])?,
            event_type: text(&v["event_type"]),
            url: text(&v["url"]),
            secret: v["secret"]
                .as_str()
                .filter(|s| !s.is_empty())
                .map(|s| Zeroizing::new(s.to_owned())),
        })
    }
}

/// ISO 8601 in any zone; something else is absent.
pub(super) fn moment(v: &Value) -> Option<Moment> {
    v.as_str()?.trim().parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_with_little_in_it_is_read() {
        let person = PersonRecord::of(&json!({ "id": "7", "first_name": "Jane", "address": { "city": "Berlin", "state": null }, "x": 7 }))
            .expect("a person");
        assert_eq!(
            (person.field("address.city"), person.field("address.state"), person.field("x")),
            (Some("Berlin"), None, Some("7"))
        );
        assert!(!person.standing.is_onboardable());
        let identification =
            IdentificationRecord::of(&json!({ "id": 12 })).expect("an identification");
        assert_eq!(
            (identification.id.as_str(), identification.state, identification.documents),
            ("12", State::Missing, None)
        );
        assert!(
            PersonRecord::of(&json!({})).is_none()
                && IdentificationRecord::of(&json!({ "id": null })).is_none()
                && DocumentRecord::of(&json!([])).is_none()
        );
    }

    #[test]
    fn a_standing_in_another_shape_is_not_one_that_is_missing() {
        let person = PersonRecord::of(&json!({
            "id": "1cper", "screening_progress": ["SCREENED_DECLINED"], "risk_classification_status": 7, "flagged_by_compliance": { "since": 2026 },
        }))
        .expect("a person");
        assert_eq!(
            person.standing.unknown().collect::<Vec<_>>(),
            [("Screening", r#"["SCREENED_DECLINED"]"#), ("Risk", "7")]
        );
        assert!(
            person.flagged_by_compliance.is_none()
                && person.says("flagged_by_compliance")
                && !person.says("flagged")
        );
    }

    #[test]
    fn what_must_not_be_seen_is_not_printed() {
        let record = IdentificationRecord::of(
            &json!({ "id": "1cidt", "reference": "TST-KCCEY", "url": "https://go.test.idnow.de/x", "status": "pending" }),
        );
        let printed = format!("{record:?}");
        assert!(
            printed.contains("TST-•••••")
                && !printed.contains("KCCEY")
                && !printed.contains("idnow.de"),
            "{printed}"
        );
        let subscription =
            Subscription::of(&json!({ "id": "1", "secret": "hush" })).expect("a subscription");
        assert!(!format!("{subscription:?}").contains("hush"));
        assert_eq!(
            Subscription::of(&json!({ "id": "1", "secret": null })).expect("a subscription").secret,
            None
        );
        let person = PersonRecord::of(&json!({ "id": "1cper", "first_name": "Jane" }));
        assert!(!format!("{person:?}").contains("Jane"));
    }

    #[test]
    fn what_looks_like_a_reference_is_masked_in_what_is_said_of_a_person() {
        let person = PersonRecord::of(&json!({
            "id": "1cper", "first_name": "Jane", "job_title": "TST-DRIVER", "idnow_reference": "QWERT", "remark": "see TST-KCCEY",
            "identification": { "last": { "reference": "ASDFG", "state": "successful" } }, "history": [{ "reference": "YXCVB" }],
        }))
        .expect("a person");
        let all = format!("{:?}", person.fields);
        for secret in ["QWERT", "KCCEY", "ASDFG", "YXCVB"] {
            assert!(!all.contains(secret), "{secret} in {all}");
        }
        assert!(all.contains("successful") && person.field("remark") == Some("see TST-•••••"));
        assert_eq!(
            person.field("job_title"),
            Some("TST-DRIVER"),
            "what somebody typed is shown as it is"
        );
    }

    #[test]
    fn only_web_addresses_are_shown_to_anybody() {
        let url = |url: &str| {
            IdentificationRecord::of(&json!({ "id": "1", "url": url })).and_then(|r| r.url)
        };
        assert!(url("javascript:alert(1)").is_none() && url("https://go.idnow.de/x").is_some());
    }

    #[test]
    fn supported_documents_are_read_in_their_likely_shapes() {
        let passport = |countries: &[&str]| SupportedDocument {
            document_type: "PASSPORT".into(),
            countries: countries.iter().map(|c| (*c).to_owned()).collect(),
        };
        for shape in [
            json!([{ "document_type": "PASSPORT", "issuing_countries": ["DE", "AT"] }]),
            json!([{ "type": "PASSPORT", "countries": ["DE", "AT"] }]),
            json!({ "PASSPORT": ["DE", "AT"] }),
            json!({ "documents": [{ "name": "PASSPORT", "issuing_countries": ["DE", "AT"] }] }),
        ] {
            assert_eq!(SupportedDocument::all_of(&shape), [passport(&["DE", "AT"])], "{shape}");
        }
        assert_eq!(SupportedDocument::all_of(&json!(["PASSPORT"])), [passport(&[])]);
        assert!(SupportedDocument::all_of(&json!(null)).is_empty());
    }

    #[test]
    fn moments_are_read_or_absent() {
        assert_eq!(moment(&json!("2022-07-14T18:18:28.000Z")), Some(1_657_822_708_000));
        assert_eq!(moment(&json!("2022-07-14T20:18:28+02:00")), Some(1_657_822_708_000));
        assert_eq!(
            (moment(&json!("yesterday")), moment(&json!(7)), moment(&json!(null))),
            (None, None, None)
        );
    }
}
