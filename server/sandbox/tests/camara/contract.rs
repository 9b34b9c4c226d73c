//! Holds what the sandbox answers against the facts of the published documents: which keys there
//! are, which values they may have, which codes go with which status.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{MOCK_TOKEN, PERSONA, open, support::Desk};

/// What the published document of one version says.
struct Contract {
    version: &'static str,
    facts: Value,
}

impl Contract {
    fn all() -> [Contract; 2] {
        let all: Value = serde_json::from_str(include_str!("../contract/kyc-match.json")).unwrap();
        ["v0.2", "v0.4"].map(|version| Contract { version, facts: all[version].clone() })
    }

    fn names(&self, list: &str) -> BTreeSet<&str> {
        let names: BTreeSet<_> =
            self.facts[list].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(names.len() > 2, "{list}");
        names
    }

    /// Every key is declared; results are of the three words, scores are whole numbers of their
    /// range.
    fn check_results(&self, answer: &Value) {
        let (results, words, scores) =
            (self.names("results"), self.names("words"), self.names("scores"));
        let range = &self.facts["score_range"];
        let (least, most) = (range[0].as_i64().unwrap(), range[1].as_i64().unwrap());
        assert!(answer.as_object().is_some_and(|answer| !answer.is_empty()), "{answer}");
        for (key, value) in answer.as_object().unwrap() {
            if results.contains(key.as_str()) {
                assert!(value.as_str().is_some_and(|word| words.contains(word)), "{key} {value}");
            } else {
                assert!(scores.contains(key.as_str()), "{} does not declare {key}", self.version);
                assert!(
                    value.as_i64().is_some_and(|score| (least..=most).contains(&score)),
                    "{key} {value}"
                );
                let result = key
                    .replace("MatchScore", "Match")
                    .replace("middleNamesScore", "middleNamesMatch");
                assert_eq!(answer[&result], "false", "{key}");
            }
        }
    }

    /// Status, code and message are among the examples of that status; after "invalid argument" the
    /// sandbox says which one.
    fn check_problem(&self, status: u16, answer: &Value) {
        let members: BTreeSet<_> = answer.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(members, BTreeSet::from(["status", "code", "message"]));
        assert_eq!(answer["status"], json!(status));
        let code = answer["code"].as_str().unwrap();
        let published = self.facts["problems"][status.to_string()][code].as_str();
        let published =
            published.unwrap_or_else(|| panic!("{} has no {status} {code}", self.version));
        let said = answer["message"].as_str().unwrap();
        assert!(
            said == published || (code == "INVALID_ARGUMENT" && said.starts_with(published)),
            "{said} / {published}"
        );
    }
}

fn texts(example: &Value) -> Value {
    let texts = example.as_object().unwrap().iter().map(|(name, value)| match value {
        Value::Number(number) => (name.clone(), json!(number.to_string())),
        value => (name.clone(), value.clone()),
    });
    texts.collect::<serde_json::Map<_, _>>().into()
}

/// The example of 0.2 has two numbers where its schema has text, and that of 0.4 another gender.
#[tokio::test]
async fn the_published_request_example_is_the_persona() {
    let desk = open().await;
    for contract in Contract::all() {
        let mut body = texts(&contract.facts["request_example"]);
        body["gender"] = json!("MALE");
        let (status, answer) = desk.ask(contract.version, MOCK_TOKEN, body.clone()).await;
        assert_eq!(status, 200, "{answer}");
        contract.check_results(&answer);
        assert!(answer.as_object().unwrap().values().all(|value| value == "true"), "{answer}");
        let asked = body.as_object().unwrap().keys().filter(|name| *name != "phoneNumber").count();
        assert_eq!(answer.as_object().unwrap().len(), asked);
    }
}

#[tokio::test]
async fn every_declared_attribute_is_compared_and_scored_as_declared() {
    let desk = open().await;
    for contract in Contract::all() {
        let properties = contract.facts["request"].as_object().unwrap();
        let mut body = json!({});
        for (name, property) in properties.iter().filter(|(name, _)| *name != "phoneNumber") {
            let other =
                property["enum"].as_array().and_then(|words| words.last()).and_then(Value::as_str);
            body[name] = json!(match name.as_str() {
                "birthdate" | "idDocumentExpiryDate" => "1999-12-31",
                "country" | "countryOfBirth" | "nationality" => "PT",
                "email" => "somebody@example.org",
                _ => other.unwrap_or("Somebody 1"),
            });
        }
        let (status, answer) = desk.ask(contract.version, MOCK_TOKEN, body).await;
        assert_eq!(status, 200, "{answer}");
        contract.check_results(&answer);
        let declared: BTreeSet<_> =
            contract.names("results").union(&contract.names("scores")).copied().collect();
        let answered: BTreeSet<_> =
            answer.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(answered, declared, "nothing is equal, so every score is there");
    }
}

#[tokio::test]
async fn subscribers_answer_within_the_contract() {
    let desk = open().await;
    let own = desk.own_token("").await;
    let subscribers = desk.subscribers().await;
    for contract in Contract::all() {
        for pair in subscribers[1..60].windows(2) {
            let mut body = pair[0].clone();
            body["phoneNumber"] = pair[1]["phoneNumber"].clone();
            let (status, answer) = desk.ask(contract.version, &own, body).await;
            assert_eq!(status, 200, "{answer}");
            contract.check_results(&answer);
        }
    }
}

#[tokio::test]
async fn refusals_are_those_of_the_contract() {
    let desk = open().await;
    let bound = desk.token(PERSONA).await;
    let own = desk.own_token("").await;
    let strict = desk.token_at("requires-id", PERSONA).await;
    for contract in Contract::all() {
        let other = json!({"phoneNumber": "+99900000030", "name": "Ana"});
        let unknown = json!({"phoneNumber": "+34600000001", "name": "Ana"});
        let number = |number: &str| json!({"phoneNumber": number, "name": "Ana"});
        let cases = [
            ("", "nonsense", json!({}), 401),
            ("", bound.as_str(), json!({"gender": "x"}), 400),
            ("", bound.as_str(), json!({"phoneNumber": PERSONA}), 400),
            ("", bound.as_str(), other, 403),
            ("", own.as_str(), unknown, 404),
            ("", own.as_str(), number("+99900000019"), 403),
            ("", own.as_str(), number("+99900000021"), 404),
            ("requires-id", strict.as_str(), json!({"name": "Ana"}), 403),
            ("requires-id", strict.as_str(), json!({"idDocument": "1", "name": "Ana"}), 403),
        ];
        let newer = [
            ("", own.as_str(), json!({"name": "Ana"}), 422),
            ("", own.as_str(), number("+99900000023"), 422),
        ];
        let older = [("+99900000003", 500), ("+99900000005", 503), ("+99900000001", 504)];
        let older = older.map(|(trigger, status)| ("", own.as_str(), number(trigger), status));
        let (more, none) = if contract.version == "v0.2" {
            (&older[..], &newer[..])
        } else {
            (&newer[..], &older[..])
        };
        for (operator, token, body, expected) in cases.iter().chain(more) {
            check(&desk, &contract, (operator, token, body, *expected)).await;
        }
        for (.., status) in none {
            assert!(
                contract.facts["problems"].get(status.to_string()).is_none(),
                "{} has learned {status}",
                contract.version
            );
        }
    }
}

async fn check(
    desk: &Desk,
    contract: &Contract,
    (operator, token, body, expected): (&str, &str, &Value, u16),
) {
    let (status, answer) = desk.ask_at(operator, contract.version, token, body.clone()).await;
    assert_eq!(status, expected, "{body} {answer}");
    contract.check_problem(status, &answer);
}
