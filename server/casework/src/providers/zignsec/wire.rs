//! ZignSec's words, read as they come.
//!
//! `errors` is looked at on every status: an answer that complains says nothing of the person,
//! whatever else stands in it. Codes of complaints are text, or numbers in one published client. A
//! status that we do not know is kept as it came and is no answer.

use crate::providers::{
    CallError, Why,
    json::{object, text, word},
};
use domain::registers::RofusStatus;
use serde_json::Value;

/// More complaints than anybody reads; the evidence has all.
const COMPLAINTS_MAX: usize = 10;

/// One entry of `errors`, CPR numbers in it masked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    pub code: String,
    pub description: String,
}

/// Whether a PID and a CPR number belong to one person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PidCprAnswer {
    /// The provider's number of this answer.
    pub id: Option<String>,
    pub complaints: Vec<Complaint>,
    /// `IsMatch` as it came.
    pub said: Option<String>,
}

/// Whether a person is in ROFUS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RofusAnswer {
    /// The provider's number of this answer.
    pub id: Option<String>,
    pub complaints: Vec<Complaint>,
    /// `RofusStatus` as it came.
    pub said: Option<String>,
}

impl PidCprAnswer {
    /// # Errors
    /// Bytes that are not a JSON object, or one that neither answers nor complains.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let (id, complaints, said) = read(body, "IsMatch")?;
        Ok(Self { id, complaints, said })
    }

    /// Yes or no; nothing beside a complaint or for another word.
    #[must_use]
    pub fn is_match(&self) -> Option<bool> {
        match self.said.as_deref() {
            Some("true") if self.complaints.is_empty() => Some(true),
            Some("false") if self.complaints.is_empty() => Some(false),
            _ => None,
        }
    }

    /// What the complaints mean for the check.
    #[must_use]
    pub fn refusal(&self) -> Option<CallError> {
        refusal(&self.complaints)
    }
}

impl RofusAnswer {
    /// # Errors
    /// Bytes that are not a JSON object, or one that neither answers nor complains.
    pub fn read(body: &[u8]) -> Result<Self, String> {
        let (id, complaints, said) = read(body, "RofusStatus")?;
        Ok(Self { id, complaints, said })
    }

    /// The register's answer; nothing beside a complaint or for a word that we do not know.
    #[must_use]
    pub fn status(&self) -> Option<RofusStatus> {
        self.said.as_deref().filter(|_| self.complaints.is_empty()).and_then(RofusStatus::parse)
    }

    /// What the complaints mean for the check.
    #[must_use]
    pub fn refusal(&self) -> Option<CallError> {
        refusal(&self.complaints)
    }
}

type Parts = (Option<String>, Vec<Complaint>, Option<String>);

fn read(body: &[u8], key: &str) -> Result<Parts, String> {
    let value = object(body)?;
    let (complaints, said) = (complaints(&value["errors"]), word(&value[key]));
    if complaints.is_empty() && said.is_none() {
        return Err(format!("it has neither {key} nor errors"));
    }
    Ok((text(&value["id"]), complaints, said))
}

fn refusal(complaints: &[Complaint]) -> Option<CallError> {
    (!complaints.is_empty()).then(|| CallError::Refused(200, words(complaints)))
}

/// The complaints of any body; none when there are none or it cannot be read.
pub(super) fn complaints_of(body: &[u8]) -> Vec<Complaint> {
    object(body).map(|v| complaints(&v["errors"])).unwrap_or_default()
}

/// A list, one alone, or a bare text; what has no code is a complaint all the same.
fn complaints(value: &Value) -> Vec<Complaint> {
    let one = |v: &Value| {
        let shown = |v: &Value| {
            text(v).map(|t| {
                masked(&domain::fields::one_line(&t)).chars().take(300).collect::<String>()
            })
        };
        match shown(&v["code"]) {
            Some(code) => {
                Some(Complaint { code, description: shown(&v["description"]).unwrap_or_default() })
            }
            None => shown(v).map(|whole| Complaint { code: String::new(), description: whole }),
        }
    };
    match value {
        Value::Array(all) => all.iter().filter_map(one).take(COMPLAINTS_MAX).collect(),
        Value::Object(fields) if fields.is_empty() => Vec::new(),
        // A service that says that all is well in a word of its own.
        Value::Bool(false) => Vec::new(),
        alone => one(alone).into_iter().collect(),
    }
}

/// What a reviewer reads of complaints: our words where we have them, and theirs.
pub(super) fn words(complaints: &[Complaint]) -> Why {
    let said = |complaint: &Complaint| {
        let theirs = [&complaint.code, &complaint.description].map(String::as_str);
        theirs.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(": ")
    };
    let theirs = complaints.iter().map(said).collect::<Vec<_>>().join(" ");
    let mut ours: Vec<&str> =
        complaints.iter().filter_map(|complaint| explain(&complaint.code)).collect();
    ours.dedup();
    if ours.is_empty() { theirs.into() } else { Why::explained(&ours.join(" "), &theirs) }
}

/// Documented codes in a reviewer's words, with the next step.
fn explain(code: &str) -> Option<&'static str> {
    Some(match code {
        "INVALID_PERSONALNUMBER" => {
            "It does not accept the CPR number. Check it with the customer and launch again."
        }
        "INVALID_DATEOFBIRTH" => {
            "It does not accept the birth date in the CPR number. Check it with the customer and launch again."
        }
        "INVALID_APPID" | "MISSING_CONFIG" => {
            "Our account is not set up for this service. An admin has to ask ZignSec."
        }
        "INVALID_IP" => {
            "It does not accept calls from our address. An admin has to have it added at ZignSec."
        }
        "INVALID_REQUEST"
        | "INVALID_TARGET"
        | "INVALID_TARGETERROR"
        | "INVALID_WEBHOOK"
        | "SESSION_NOT_FOUND" => "It did not understand what was sent. Report this to an admin.",
        "INVALID_ADDRESS" | "INVALID_COUNTRYCODE" | "INVALID_PHONE" => {
            "It misses something that this service does not ask for. Report this to an admin."
        }
        "Internal Exception" => "It has a fault of its own. Launch the check again later.",
        _ => return None,
    })
}

/// Hides the last four of what looks like a CPR number: ten digits, or six and four with a hyphen
/// or space between.
pub(crate) fn masked(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let (mut shown, mut at) = (String::with_capacity(text.len()), 0);
    while at < all.len() {
        let length = if at > 0 && all[at - 1].is_ascii_digit() { 0 } else { number_at(&all[at..]) };
        if length == 0 {
            shown.push(all[at]);
            at += 1;
        } else {
            shown.extend(&all[at..at + length - 4]);
            shown.push_str("••••");
            at += length;
        }
    }
    shown
}

/// How many characters of a CPR number stand here; 0 for none.
fn number_at(rest: &[char]) -> usize {
    let digits = |from: usize, count: usize| {
        rest.len() >= from + count && rest[from..from + count].iter().all(char::is_ascii_digit)
    };
    let ends = |at: usize| !rest.get(at).is_some_and(char::is_ascii_digit);
    if digits(0, 10) && ends(10) {
        10
    } else if digits(0, 6) && matches!(rest.get(6), Some('-' | ' ')) && digits(7, 4) && ends(11) {
        11
    } else {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn rofus(value: Value) -> RofusAnswer {
        RofusAnswer::read(value.to_string().as_bytes()).expect("readable")
    }

    #[test]
    fn only_the_known_words_answer() {
        for (said, status) in [
            (json!("PersonIsNotRegistered"), Some(RofusStatus::NotRegistered)),
            (json!("PersonIsRegisteredTemporarily"), Some(RofusStatus::Temporarily)),
            (json!("personIsNotRegistered"), None),
            (json!("PersonIsOnHoliday"), None),
            (json!(0), None),
            (json!(false), None),
        ] {
            let read = rofus(json!({ "id": "x", "errors": [], "RofusStatus": said }));
            assert_eq!(read.status(), status, "{said}");
            assert!(read.said.is_some() && read.refusal().is_none(), "kept as it came");
        }
        for (said, is_match) in [
            (json!(true), Some(true)),
            (json!("false"), Some(false)),
            (json!("yes"), None),
            (json!(1), None),
        ] {
            let body = json!({ "errors": null, "IsMatch": said }).to_string();
            assert_eq!(
                PidCprAnswer::read(body.as_bytes()).expect("readable").is_match(),
                is_match,
                "{said}"
            );
        }
    }

    #[test]
    fn an_answer_without_an_answer_is_unusable() {
        for body in [
            "{}",
            r#"{"errors":[]}"#,
            r#"{"ismatch":true}"#,
            r#"{"IsMatch":null}"#,
            "[]",
            "<html>",
            "true",
        ] {
            assert!(PidCprAnswer::read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn complaints_come_in_many_shapes() {
        for errors in [
            json!([{ "code": "INVALID_PERSONALNUMBER", "description": "x" }]),
            json!([{ "code": 17, "description": "x" }]),
            json!({ "code": "Internal Exception" }),
            json!("broken"),
            json!(["broken"]),
            json!([{ "message": "x" }]),
        ] {
            let read = rofus(json!({ "errors": errors, "RofusStatus": "PersonIsNotRegistered" }));
            assert_eq!((read.status(), read.complaints.len()), (None, 1), "{errors}");
            assert!(
                matches!(read.refusal(), Some(CallError::Refused(200, text)) if !text.is_empty())
            );
        }
    }

    proptest! {
        #[test]
        fn no_number_survives(before in "[a-z ]{0,5}", birth in "[0-9]{6}", separator in "[- ]?", serial in "[1-9]{4}", after in "[a-z. ]{0,5}") {
            let shown = masked(&format!("{before}{birth}{separator}{serial}{after}"));
            prop_assert_eq!(shown, format!("{before}{birth}{separator}••••{after}"));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,40}") {
            let _ = (PidCprAnswer::read(&bytes), RofusAnswer::read(&bytes), complaints_of(&bytes), masked(&text));
        }
    }
}
