//! One identification of a person: what was asked, where it stands, what lies before it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Variant,
    attempts::{Attempt, COMPANY, Shown},
    errors::{Problem, Problems},
    moment,
    person::{Person, is_recent},
    scenario::{Case, Scripted, Step, steps},
    session::Session,
    words::ENUMS,
};
use crate::{
    Options,
    text::{DAY_MS, days_of, hash, unguessable},
};

/// How long the customer's address is valid.
const URL_LIFE_MS: i64 = 14 * DAY_MS;
/// Seconds, as the published samples have it.
const WAITING_TIME_S: u32 = 60;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Identification {
    pub id: String,
    pub person_id: String,
    pub created_ms: i64,
    pub method: String,
    pub language: Option<String>,
    pub proof_of_address_type: Option<String>,
    pub proof_of_address_issued_at: Option<String>,
    pub iban: Option<String>,
    pub status: String,
    pub reference: Option<String>,
    pub url: Option<String>,
    pub url_ends_ms: Option<i64>,
    pub completed_ms: Option<i64>,
    pub failure_reason: Option<String>,
    pub attempts: Vec<Attempt>,
    /// What will happen, in no order.
    pub steps: Vec<Step>,
    /// What the customer of the last session said and showed.
    pub shown: Shown,
    /// The session that somebody plays by hand.
    pub session: Option<Session>,
}

impl Identification {
    /// Reads `POST /v1/persons/{person_id}/identifications`.
    pub(super) fn create(
        id: String,
        person: &Person,
        body: &Map<String, Value>,
        now_ms: i64,
    ) -> Result<Identification, Problems> {
        let mut problems = Vec::new();
        let method = choice(body, "method", &ENUMS.identification_method, &mut problems);
        if body.get("method").is_none_or(Value::is_null) {
            problems.push(Problem::invalid("method", "can't be blank"));
        }
        let language = choice(body, "language", &ENUMS.language, &mut problems);
        let proof =
            choice(body, "proof_of_address_type", &ENUMS.proof_of_address_type, &mut problems);
        let issued = text(body, "proof_of_address_issued_at", &mut problems);
        match &issued {
            Some(date) if days_of(date).is_none() => {
                problems.push(Problem::invalid(
                    "proof_of_address_issued_at",
                    "is not a date (YYYY-MM-DD)",
                ));
            }
            Some(date) if !is_recent(date, now_ms) => {
                problems.push(Problem::invalid(
                    "proof_of_address_issued_at",
                    "must not be in the future or older than 6 months",
                ));
            }
            _ => {}
        }
        for (name, missing) in [
            ("proof_of_address_issued_at", proof.is_some() && issued.is_none()),
            ("proof_of_address_type", issued.is_some() && proof.is_none()),
        ] {
            if missing && body.get(name).is_none_or(Value::is_null) {
                problems.push(Problem::invalid(name, "can't be blank"));
            }
        }
        let iban = text(body, "iban", &mut problems);
        // Published: for residents of Germany only. Where no address is known, the session finds
        // out.
        if method.as_deref() == Some("idnow")
            && person.address("country").is_some_and(|country| country != "DE")
        {
            problems.push(Problem::invalid("country", "must be DE for video identification"));
        }
        Problems::any(problems)?;
        Ok(Identification {
            id,
            person_id: person.id.clone(),
            created_ms: now_ms,
            method: method.unwrap_or_default(),
            language,
            proof_of_address_type: proof,
            proof_of_address_issued_at: issued,
            iban,
            status: "created".into(),
            reference: None,
            url: None,
            url_ends_ms: None,
            completed_ms: None,
            failure_reason: None,
            attempts: Vec::new(),
            steps: Vec::new(),
            shown: Shown::default(),
            session: None,
        })
    }

    /// `PATCH .../request`: an address and a reference for the customer, the same ones again after
    /// a session that came to nothing. A name with `X-AUTOTEST-` lets the session begin at once.
    pub(super) fn request(
        &mut self,
        person: &Person,
        signs: bool,
        base_url: &str,
        now_ms: i64,
        options: &Options,
    ) -> Result<(), Problems> {
        if self.method != "idnow" {
            let detail = format!("The sandbox does not play the method {}.", self.method);
            return Err(Problems::new(
                http::StatusCode::NOT_IMPLEMENTED,
                "not_implemented_error",
                detail,
            ));
        }
        if !matches!(self.status.as_str(), "created" | "pending" | "aborted" | "canceled") {
            return Err(Problems::invalid(
                "status",
                &format!("is {}, nothing can be requested any more", self.status),
            ));
        }
        if let Some(script) = &person.script {
            fits_signing(script, signs)?;
        }
        if matches!(self.status.as_str(), "aborted" | "canceled") {
            self.session = None;
        }
        self.reference.get_or_insert_with(new_reference);
        self.url.get_or_insert_with(|| {
            format!("{base_url}/customer/solaris/{COMPANY}/identifications/{}", self.id)
        });
        self.url_ends_ms = Some(now_ms + URL_LIFE_MS);
        if let Some(script) =
            person.script.as_ref().filter(|script| script.auto && self.steps.is_empty())
        {
            self.session = None;
            self.shown = Shown { mobile_number: "+15550101".into(), passport: false };
            let talk_ms = i64::try_from(options.step_ms.saturating_mul(2)).unwrap_or(i64::MAX);
            self.steps = steps(
                script.case,
                script.reason.as_deref(),
                now_ms.saturating_add(talk_ms),
                options,
            );
        }
        Ok(())
    }

    /// Whether the customer's address opens a session.
    pub fn is_open(&self, now_ms: i64) -> bool {
        matches!(self.status.as_str(), "pending" | "aborted" | "canceled")
            && self.url_ends_ms.is_some_and(|ends| now_ms < ends)
    }

    /// The members that lists show.
    pub fn shown(&self) -> Value {
        json!({
            "id": self.id,
            "reference": self.reference,
            "url": self.url,
            "status": self.status,
            "completed_at": self.completed_ms.map(moment::written),
            "method": self.method,
            "proof_of_address_type": self.proof_of_address_type,
            "proof_of_address_issued_at": self.proof_of_address_issued_at,
            "language": self.language,
            "iban": self.iban,
            "terms_and_conditions_signed_at": null,
            "authorization_expires_at": null,
            "confirmation_expires_at": null,
        })
    }

    /// The answer to a request.
    pub fn requested(&self) -> Value {
        let mut shown = self.shown();
        shown["estimated_waiting_time"] = json!(WAITING_TIME_S);
        shown
    }

    /// Everything about one; its documents come apart.
    pub fn retrieved(&self, person: &Person) -> Value {
        let mut shown = self.shown();
        let mut address = person.fields["address"].clone();
        if let Some(address) = address.as_object_mut() {
            address.remove("state");
        }
        shown["person_id"] = json!(self.person_id);
        shown["address"] = address;
        shown["failure_reason"] = json!(self.failure_reason);
        shown
    }

    /// The body of the webhook. The lax variant adds whose it is and leaves out what has no value.
    pub fn hook_body(&self, variant: Variant) -> Value {
        let mut body = json!({
            "id": self.id,
            "reference": self.reference,
            "url": self.url,
            "status": self.status,
            "completed_at": self.completed_ms.map(moment::written),
            "method": self.method,
        });
        if let (Variant::Lax, Some(members)) = (variant, body.as_object_mut()) {
            members.insert("person_id".into(), json!(self.person_id));
            members.retain(|_, value| !value.is_null());
        }
        body
    }
}

/// Published: HOLDCERTIFICATE needs eSigning, FRAUDIDENT does not go with it.
fn fits_signing(script: &Scripted, signs: bool) -> Result<(), Problems> {
    match (script.case, signs) {
        (Case::HoldCertificate, false) => Err(Problems::invalid(
            &script.field,
            "HOLDCERTIFICATE needs an eSigning identification: upload a QES_DOCUMENT to it first",
        )),
        (Case::FraudIdent, true) => Err(Problems::invalid(
            &script.field,
            "FRAUDIDENT is not supported for an eSigning identification",
        )),
        _ => Ok(()),
    }
}

/// `TST-` and five capitals.
fn new_reference() -> String {
    let number = hash(0, &unguessable());
    let letters = (0..5_u32)
        .map(|at| char::from(b'A' + u8::try_from(number / 26_u64.pow(at) % 26).unwrap_or(0)));
    letters.fold("TST-".to_owned(), |text, letter| text + &letter.to_string())
}

/// A member that is text; null is as good as absent.
pub(super) fn text(
    body: &Map<String, Value>,
    name: &str,
    problems: &mut Vec<Problem>,
) -> Option<String> {
    match body.get(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim() == text => Some(text.clone()),
        Some(Value::String(_)) => {
            problems.push(Problem::invalid(name, "must not begin or end with white space"));
            None
        }
        Some(_) => {
            problems.push(Problem::of_field("type_error", name, "must be a text"));
            None
        }
    }
}

/// A member that is a word of the list, in the very letters.
pub(super) fn choice(
    body: &Map<String, Value>,
    name: &str,
    known: &[String],
    problems: &mut Vec<Problem>,
) -> Option<String> {
    let word = text(body, name, problems)?;
    if known.contains(&word) {
        return Some(word);
    }
    problems.push(Problem::invalid(name, "is not included in the list"));
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_657_822_708_005;

    fn person(first_name: &str) -> Person {
        let body = json!({"first_name": first_name, "last_name": "Doe"});
        Person::create("1cper".into(), body.as_object().unwrap(), NOW).unwrap()
    }

    fn created(body: Value) -> Result<Identification, Problems> {
        Identification::create("1cidt".into(), &person("Jane"), body.as_object().unwrap(), NOW)
    }

    #[test]
    fn each_mistake_is_refused() {
        for body in [
            json!({}),
            json!({"method": "IDNOW"}),
            json!({"method": 7}),
            json!({"method": "idnow", "language": "en"}),
            json!({"method": "idnow", "proof_of_address_type": "GAS_BILL"}),
            json!({"method": "idnow", "proof_of_address_issued_at": "2022-03-03"}),
            json!({"method": "idnow", "proof_of_address_type": "PHONE", "proof_of_address_issued_at": "2022-03-03"}),
            json!({"method": "idnow", "proof_of_address_type": "GAS_BILL", "proof_of_address_issued_at": "2021-03-03"}),
            json!({"method": "idnow", "proof_of_address_type": "GAS_BILL", "proof_of_address_issued_at": "3.3.2022"}),
        ] {
            assert!(created(body.clone()).is_err(), "{body}");
        }
        let made = created(
            json!({"method": "idnow", "language": "DE", "proof_of_address_type": "GAS_BILL", "proof_of_address_issued_at": "2022-03-03"}),
        );
        assert_eq!(made.unwrap().shown()["status"], "created");
    }

    #[test]
    fn the_address_ends_after_two_weeks_and_a_request_makes_it_last() {
        let options = Options::default();
        let (jane, mut one) = (person("Jane"), created(json!({"method": "idnow"})).unwrap());
        one.request(&jane, false, "http://x", NOW, &options).unwrap();
        one.status = "pending".into();
        assert!(one.is_open(NOW + URL_LIFE_MS - 1) && !one.is_open(NOW + URL_LIFE_MS));
        let url = one.url.clone();
        one.request(&jane, false, "http://x", NOW + URL_LIFE_MS, &options).unwrap();
        assert!(one.is_open(NOW + URL_LIFE_MS) && one.url == url && one.steps.is_empty());
        one.status = "failed".into();
        assert!(one.request(&jane, false, "http://x", NOW, &options).is_err() && !one.is_open(NOW));
    }

    #[test]
    fn some_cases_need_a_signature_and_one_refuses_it() {
        let options = Options::default();
        for (name, signs, fine) in [
            ("X-AUTOTEST-HOLDCERTIFICATE", false, false),
            ("X-AUTOTEST-HOLDCERTIFICATE", true, true),
            ("X-MANUALTEST-FRAUDIDENT", true, false),
            ("X-MANUALTEST-FRAUDIDENT", false, true),
        ] {
            let mut one = created(json!({"method": "idnow"})).unwrap();
            assert_eq!(
                one.request(&person(name), signs, "http://x", NOW, &options).is_ok(),
                fine,
                "{name} {signs}"
            );
        }
        let mut other = created(json!({"method": "postident"})).unwrap();
        assert!(other.request(&person("Jane"), false, "http://x", NOW, &options).is_err());
    }

    #[test]
    fn references_look_like_the_published_one() {
        let reference = new_reference();
        assert!(
            reference.len() == 9 && reference[4..].bytes().all(|byte| byte.is_ascii_uppercase()),
            "{reference}"
        );
        assert_ne!(reference, new_reference());
    }
}
