//! A session with an agent and the result that IDnow reports about it: the sections of its result
//! document, each value with a status.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{moment, person::Person, scenario::Verdict};
use crate::{
    holder::{Holder, Kind, Known, invent},
    text::days_of,
};

/// The company that IDnow knows the bank's sandbox by.
pub(super) const COMPANY: &str = "solarisbankvideoidentsandbox";

/// One try to identify, from the customer's start to the last word about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub id: String,
    pub at_ms: i64,
    pub verdict: Verdict,
    pub reason: Option<String>,
    /// IDnow's result document.
    pub payload: Value,
}

impl Attempt {
    /// As the list of attempts shows it.
    pub fn shown(&self) -> Value {
        json!({ "id": self.id, "result": self.verdict.word(), "reason": self.reason, "payload": self.payload })
    }
}

/// What the customer says and shows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// As it was typed in.
    pub mobile_number: String,
    /// A passport rather than an identity card.
    pub passport: bool,
}

/// What a result is about.
pub(super) struct Report<'a> {
    pub identification_id: &'a str,
    pub reference: &'a str,
    pub url: &'a str,
    pub verdict: Verdict,
    pub reason: Option<&'a str>,
    pub at_ms: i64,
    pub auto: bool,
    pub shown: &'a Shown,
    /// The fields that the agent changed or added.
    pub changes: &'a Map<String, Value>,
}

/// The document that the customer holds into the camera: the person's names, the rest invented.
pub(super) fn holder(seed: u64, person: &Person, passport: bool) -> Holder {
    let name = ["first_name", "last_name"].map(|field| person.text(field).unwrap_or("-")).join(" ");
    let known = Known {
        name: Some(name),
        birthday: person.text("birth_date").map(str::to_owned),
        ..Known::default()
    };
    let country = match person.text("nationality") {
        Some("TW") => "TWN",
        Some("UA") => "UKR",
        Some("JP") => "JPN",
        Some("GB") => "GBR",
        Some("PL") => "POL",
        _ => "DEU",
    };
    let kind = if passport { Kind::Passport } else { Kind::IdCard };
    let mut holder = invent(seed, &person.id, country, kind, &known);
    holder.first_name = person.text("first_name").map(str::to_owned);
    holder.last_name = person.text("last_name").unwrap_or("-").to_owned();
    holder
}

/// Fields of a person whose new values a review or an agent finds: all of them.
pub(super) fn all_changed(person: &Person) -> Map<String, Value> {
    let birth_date = person
        .text("birth_date")
        .filter(|date| days_of(date).is_some() && *date != "1985-02-28")
        .map_or("1984-02-29", |_| "1985-02-28");
    let fields = json!({
        "salutation": if person.text("salutation") == Some("MS") { "MR" } else { "MS" },
        "first_name": "Änne-Zoë Şükrüye",
        "last_name": "Łukašević-Ñuñez",
        "birth_name": "Þórdís Œuvray",
        "birth_date": birth_date,
        "birth_city": every_letter(),
        "birth_country": "PL",
        "nationality": if person.text("nationality") == Some("PL") { "DE" } else { "PL" },
        "address": { "line_1": "Große Präsidentenstraße", "line_2": "10 ½", "postal_code": "10178", "city": "Großörner", "country": "DE" },
    });
    fields.as_object().cloned().unwrap_or_default()
}

/// The Latin letters with marks that documents may print, in one word.
fn every_letter() -> String {
    ('\u{c0}'..='\u{17f}').filter(|letter| letter.is_alphabetic()).collect()
}

/// What an agent adds about somebody without a scenario, where nothing is known yet.
pub(super) fn found_missing(seed: u64, person: &Person) -> Map<String, Value> {
    let birth = holder(seed, person, false).birthday;
    let found = json!({ "birth_date": birth, "birth_city": "Musterstadt", "birth_country": "DE", "nationality": "DE" });
    let found = found.as_object().cloned().unwrap_or_default();
    found.into_iter().filter(|(field, _)| person.text(field).is_none()).collect()
}

/// IDnow's result document. Of a failed session there is the original of each value alone, and
/// neither document nor attachments.
pub(super) fn payload(report: &Report, person: &Person, holder: &Holder) -> Value {
    let failed = matches!(
        report.verdict,
        Verdict::Aborted | Verdict::Canceled | Verdict::FraudSuspicionConfirmed
    );
    let mut process = json!({
        "result": report.verdict.word(),
        "companyid": COMPANY,
        "filename": format!("{}.zip", report.identification_id),
        "agentname": if report.auto { "TROBOT" } else { "Agent Sandbox" },
        "identificationtime": moment::written(report.at_ms),
        "id": report.reference,
        "href": report.url,
        "type": "WEB",
        "transactionnumber": report.identification_id,
    });
    if let Some(reason) = report.reason {
        process["reason"] = json!(reason);
    }
    let mut payload = json!({
        "identificationprocess": process,
        "customdata": { "custom1": null, "custom2": null, "custom3": null, "custom4": null, "custom5": null },
        "contactdata": { "mobilephone": report.shown.mobile_number, "email": person.text("email") },
        "userdata": user_data(report, person, holder, failed),
    });
    if !failed {
        payload["identificationdocument"] = document(holder);
        payload["attachments"] = attachments(report.identification_id);
    }
    payload
}

fn user_data(report: &Report, person: &Person, holder: &Holder, failed: bool) -> Value {
    let entry = |before: Option<&str>, after: Option<&Value>, invented: Option<&str>| {
        let after = after.and_then(Value::as_str);
        match (failed, before, after.or(invented)) {
            (true, before, _) => json!({ "original": before, "status": "ORIGINAL" }),
            (false, Some(before), _) if after.is_none_or(|after| after == before) => {
                json!({ "value": before, "status": "MATCH" })
            }
            (false, Some(before), after) => {
                json!({ "value": after, "status": "CHANGE", "original": before })
            }
            (false, None, Some(_)) if after.is_none() && person.script.is_some() => {
                json!({ "value": invented, "status": "MATCH" })
            }
            (false, None, after) => json!({ "value": after, "status": "NEW" }),
        }
    };
    let field = |name: &str, invented: Option<&str>| {
        entry(person.text(name), report.changes.get(name), invented)
    };
    let address = report.changes.get("address");
    let part = |member: &str, invented: &str| {
        entry(
            person.address(member),
            address.and_then(|address| address.get(member)),
            Some(invented),
        )
    };
    json!({
        "birthday": field("birth_date", Some(&holder.birthday)),
        "birthname": field("birth_name", None),
        "birthplace": field("birth_city", Some("Musterstadt")),
        "firstname": field("first_name", None),
        "lastname": field("last_name", None),
        "gender": gender(report, person, holder, failed),
        "nationality": field("nationality", Some("DE")),
        "title": field("title", None),
        "address": {
            "city": part("city", "Musterstadt"),
            "country": part("country", "DE"),
            "street": part("line_1", "Musterstraße"),
            "streetnumber": part("line_2", "1"),
            "zipcode": part("postal_code", "12345"),
        },
    })
}

/// The bank keeps a salutation, IDnow a gender.
fn gender(report: &Report, person: &Person, holder: &Holder, failed: bool) -> Value {
    let word = |salutation: Option<&str>| match salutation {
        Some("MR") => Some("MALE"),
        Some("MS") => Some("FEMALE"),
        _ => None,
    };
    let before = word(person.text("salutation"));
    let after = word(report.changes.get("salutation").and_then(Value::as_str));
    let invented = if holder.gender == "F" { "FEMALE" } else { "MALE" };
    match (failed, before, after) {
        (true, before, _) => json!({ "original": before, "status": "ORIGINAL" }),
        (false, Some(before), Some(after)) if before != after => {
            json!({ "value": after, "status": "CHANGE", "original": before })
        }
        (false, Some(before), _) => json!({ "value": before, "status": "MATCH" }),
        (false, None, Some(after)) => json!({ "value": after, "status": "NEW" }),
        (false, None, None) => {
            json!({ "value": invented, "status": if person.script.is_some() { "MATCH" } else { "NEW" } })
        }
    }
}

fn document(holder: &Holder) -> Value {
    let new = |value: &str| json!({ "value": value, "status": "NEW" });
    let kind = match holder.kind {
        Kind::Passport => "PASSPORT",
        Kind::DrivingLicense => "DRIVERS_LICENSE",
        Kind::IdCard => "IDCARD",
    };
    json!({
        "type": new(kind),
        "country": new(country(&holder.country)),
        "number": new(&holder.id_number),
        "issuedby": new(if holder.country == "DEU" { "Stadt Musterstadt" } else { "Ministry of the Interior" }),
        "dateissued": new(&holder.issuing_date),
        "validuntil": new(&holder.expiry_date),
    })
}

/// Alpha-2 of the countries that [`holder`] knows.
pub(super) fn country(alpha_3: &str) -> &'static str {
    match alpha_3 {
        "TWN" => "TW",
        "UKR" => "UA",
        "JPN" => "JP",
        "GBR" => "GB",
        "POL" => "PL",
        _ => "DE",
    }
}

fn attachments(id: &str) -> Value {
    json!({
        "pdf": format!("{id}.pdf"),
        "xml": format!("{id}.xml"),
        "audiolog": format!("{id}.mp3"),
        "idfrontside": format!("{id}_idfrontside.png"),
        "idbackside": format!("{id}_idbackside.png"),
        "userface": format!("{id}_userface.jpg"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(more: Value) -> Person {
        let mut body = json!({"first_name": "Jane", "last_name": "Doe"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Person::create("1cper".into(), body.as_object().unwrap(), 1_657_822_708_005).unwrap()
    }

    fn reported(person: &Person, verdict: Verdict, changes: &Map<String, Value>) -> Value {
        let shown = Shown { mobile_number: "+15550101".into(), passport: false };
        let report = Report {
            identification_id: "1cidt",
            reference: "TST-ABCDE",
            url: "http://127.0.0.1/x",
            verdict,
            reason: (verdict == Verdict::Aborted).then_some("TECH_VIDEO"),
            at_ms: 1_657_822_708_005,
            auto: true,
            shown: &shown,
            changes,
        };
        payload(&report, person, &holder(1, person, false))
    }

    #[test]
    fn what_is_the_same_matches_and_what_is_not_keeps_its_original() {
        let jane = person(json!({"nationality": "DE", "address": {"city": "Berlin"}}));
        let plain = reported(&jane, Verdict::Success, &Map::new());
        assert_eq!(plain["userdata"]["firstname"], json!({"value": "Jane", "status": "MATCH"}));
        assert_eq!(plain["userdata"]["birthday"]["status"], "NEW");
        let changed = reported(&jane, Verdict::SuccessDataChanged, &all_changed(&jane));
        assert_eq!(
            changed["userdata"]["address"]["city"],
            json!({"value": "Großörner", "status": "CHANGE", "original": "Berlin"})
        );
        assert_eq!(
            changed["userdata"]["nationality"],
            json!({"value": "PL", "status": "CHANGE", "original": "DE"})
        );
        assert_eq!(changed["userdata"]["birthplace"]["status"], "NEW");
        assert!(changed["userdata"]["birthplace"]["value"].as_str().unwrap().contains("ÿĀ"));
    }

    #[test]
    fn an_agent_adds_only_what_was_not_known() {
        let found = found_missing(1, &person(json!({"nationality": "PL", "birth_city": "Bonn"})));
        assert_eq!(found.keys().collect::<Vec<_>>(), ["birth_country", "birth_date"]);
    }

    #[test]
    fn of_a_failed_session_only_the_originals_are_told() {
        let aborted = reported(&person(json!({})), Verdict::Aborted, &Map::new());
        assert_eq!(
            aborted["userdata"]["lastname"],
            json!({"original": "Doe", "status": "ORIGINAL"})
        );
        assert!(
            aborted.get("identificationdocument").is_none() && aborted.get("attachments").is_none()
        );
        assert_eq!(aborted["identificationprocess"]["reason"], "TECH_VIDEO");
    }
}
