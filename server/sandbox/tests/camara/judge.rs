//! Holds requests and answers against the published documents of the services beside KYC Match. The
//! documents stand in `tests/contract` with their source and licence; what they say about types,
//! forms and bounds is read from them, so that nothing here knows a service.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// One published document.
pub struct Contract {
    document: Value,
}

impl Contract {
    fn new(text: &str) -> Contract {
        Contract { document: serde_json::from_str(text).unwrap() }
    }

    /// The document that has this path under its server's.
    pub fn of(path: &str) -> Contract {
        let all = [
            Contract::new(include_str!("../contract/kyc-tenure.json")),
            Contract::new(include_str!("../contract/kyc-age-verification.json")),
            Contract::new(include_str!("../contract/sim-swap.json")),
        ];
        all.into_iter()
            .find(|contract| contract.operation(path).is_some())
            .unwrap_or_else(|| panic!("no document has {path}"))
    }

    fn operation(&self, path: &str) -> Option<&Value> {
        let base = self.document["servers"][0]["url"].as_str()?.strip_prefix("{apiRoot}")?;
        self.document["paths"].get(path.strip_prefix(base)?)?.get("post")
    }

    /// The scopes that the operation asks for, each enough alone.
    pub fn scopes(&self, path: &str) -> BTreeSet<String> {
        let security = self.operation(path).unwrap()["security"].as_array().unwrap();
        security.iter().map(|one| one["openId"][0].as_str().unwrap().to_owned()).collect()
    }

    /// What is wrong with a request's body.
    pub fn request(&self, path: &str, body: &Value) -> Result<(), String> {
        self.holds(
            &self.operation(path).unwrap()["requestBody"]["content"]["application/json"]["schema"],
            body,
        )
    }

    /// What is wrong with an answer: its status must be documented, its body must fit, and its
    /// members must all be declared.
    pub fn response(&self, path: &str, status: u16, body: &Value) -> Result<(), String> {
        let response = self.operation(path).unwrap()["responses"].get(status.to_string());
        let response =
            self.followed(response.ok_or_else(|| format!("{status} is not documented"))?);
        let content = &response["content"]["application/json"];
        self.holds(&content["schema"], body)?;
        if status != 200 {
            return self.said(content, body);
        }
        let declared = &self.followed(&content["schema"])["properties"];
        match body.as_object().unwrap().keys().find(|name| declared.get(name.as_str()).is_none()) {
            Some(name) => Err(format!("{name} is not declared")),
            None => Ok(()),
        }
    }

    /// A message is that of the example with the same code, where there is one; about an argument
    /// or a range more may be said.
    fn said(&self, content: &Value, body: &Value) -> Result<(), String> {
        let examples = content["examples"].as_object().unwrap().values();
        let (code, message) = (&body["code"], body["message"].as_str().unwrap());
        let open = matches!(code.as_str(), Some("INVALID_ARGUMENT" | "OUT_OF_RANGE"));
        match examples.map(|example| &example["value"]).find(|example| example["code"] == *code) {
            Some(example) if !open && example["message"] != message => {
                Err(format!("{code} says {message}"))
            }
            _ => Ok(()),
        }
    }

    fn followed<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema.get("$ref").and_then(Value::as_str) {
            Some(place) => self
                .document
                .pointer(place.strip_prefix('#').unwrap())
                .unwrap_or_else(|| panic!("no {place}")),
            None => schema,
        }
    }

    fn holds(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let schema = self.followed(schema).as_object().unwrap();
        if value.is_null() && schema.get("nullable") == Some(&Value::Bool(true)) {
            return Ok(());
        }
        for (keyword, rule) in schema {
            let fits = match keyword.as_str() {
                "type" => is_type(rule.as_str().unwrap(), value),
                "enum" => rule.as_array().unwrap().contains(value),
                "minimum" => value.as_f64().is_none_or(|number| number >= rule.as_f64().unwrap()),
                "maximum" => value.as_f64().is_none_or(|number| number <= rule.as_f64().unwrap()),
                "pattern" => {
                    value.as_str().is_none_or(|text| matches_pattern(rule.as_str().unwrap(), text))
                }
                "format" => {
                    value.as_str().is_none_or(|text| has_format(rule.as_str().unwrap(), text))
                }
                "required" => rule
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|name| value.get(name.as_str().unwrap()).is_some()),
                "properties" => {
                    self.members_hold(rule.as_object().unwrap(), value)?;
                    true
                }
                "allOf" => {
                    rule.as_array().unwrap().iter().try_for_each(|part| self.holds(part, value))?;
                    true
                }
                "nullable" | "example" | "default" => true,
                other => panic!("nobody judges {other}"),
            };
            if !fits {
                return Err(format!("{value} breaks {keyword} {rule}"));
            }
        }
        Ok(())
    }

    fn members_hold(&self, properties: &Map<String, Value>, value: &Value) -> Result<(), String> {
        for (name, schema) in properties {
            if let Some(member) = value.get(name) {
                self.holds(schema, member).map_err(|wrong| format!("{name}: {wrong}"))?;
            }
        }
        Ok(())
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        other => panic!("nobody judges the type {other}"),
    }
}

fn matches_pattern(pattern: &str, text: &str) -> bool {
    match pattern {
        r"^\+[1-9][0-9]{4,14}$" => {
            let digits = text.strip_prefix('+').unwrap_or_default();
            (5..=15).contains(&digits.len())
                && !digits.starts_with('0')
                && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        r"^[a-zA-Z0-9-_:;.\/<>{}]{0,256}$" => {
            text.len() <= 256
                && text
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_:;./<>{}".contains(&byte))
        }
        other => panic!("nobody judges the pattern {other}"),
    }
}

fn has_format(name: &str, text: &str) -> bool {
    match name {
        "date" => is_shaped("dddd-dd-dd", text),
        "date-time" => is_moment(text),
        "email" => text
            .split_once('@')
            .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')),
        "int32" => true,
        other => panic!("nobody judges the format {other}"),
    }
}

/// `d` is a digit, anything else itself.
fn is_shaped(shape: &str, text: &str) -> bool {
    shape.len() == text.len()
        && shape
            .bytes()
            .zip(text.bytes())
            .all(|(sign, byte)| if sign == b'd' { byte.is_ascii_digit() } else { sign == byte })
}

/// RFC 3339, so with a time zone; fractions of any length.
fn is_moment(text: &str) -> bool {
    let Some((second, rest)) = text.split_at_checked(19) else { return false };
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => {
            let zone = fraction.trim_start_matches(|sign: char| sign.is_ascii_digit());
            if zone.len() == fraction.len() {
                return false;
            }
            zone
        }
        None => rest,
    };
    is_shaped("dddd-dd-ddTdd:dd:dd", second)
        && (zone == "Z" || is_shaped("+dd:dd", zone) || is_shaped("-dd:dd", zone))
}

#[test]
fn the_judge_sees_what_is_wrong() {
    let date = "/sim-swap/v2/retrieve-date";
    let swap = Contract::of(date);
    let judged = |body: Value| swap.response(date, 200, &body);
    for example in ["RETRIEVE_DATE", "RETRIEVE_MONITORED_NULL", "RETRIEVE_MONITORED_PERIOD"] {
        assert_eq!(
            judged(swap.document["components"]["examples"][example]["value"].clone()),
            Ok(())
        );
    }
    for wrong in [
        serde_json::json!({}),
        serde_json::json!({"latestSimChange": "2023-07-03"}),
        serde_json::json!({"latestSimChange": "2023-07-03T14:27:08"}),
        serde_json::json!({"latestSimChange": "2023-07-03T14:27:08.Z"}),
        serde_json::json!({"latestSimChange": 1}),
        serde_json::json!({"latestSimChange": null, "monitoredPeriod": null}),
        serde_json::json!({"latestSimChange": null, "more": 1}),
    ] {
        assert!(judged(wrong.clone()).is_err(), "{wrong}");
    }
    let error = |code: &str, message: &str| {
        swap.response(
            date,
            422,
            &serde_json::json!({"status": 422, "code": code, "message": message}),
        )
    };
    assert_eq!(error("MISSING_IDENTIFIER", "The device cannot be identified."), Ok(()));
    assert!(error("MISSING_IDENTIFIER", "No phone number has been provided").is_err());
    assert!(error("NOT_FOUND", "The device cannot be identified.").is_err());
    assert!(swap.response(date, 409, &serde_json::json!({})).is_err());
    let age = "/kyc-age-verification/v0.2/verify";
    let ask = |threshold: i64, email: &str| {
        Contract::of(age)
            .request(age, &serde_json::json!({"ageThreshold": threshold, "email": email}))
    };
    assert_eq!(ask(120, "a@b.c"), Ok(()));
    assert!(ask(121, "a@b.c").is_err() && ask(-1, "a@b.c").is_err() && ask(1, "a").is_err());
}
