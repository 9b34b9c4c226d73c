//! `POST /kyc-match/{version}/match`: the checks in their order, then the comparison.
//!
//! The order is a reconstruction from the descriptions: rate, token, scope, header and body, number
//! of token and body, subscriber, combination, the operator's rule about documents, match.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::{IntoResponse, Response},
};
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::{request_log::Entry, world::Shared};

use super::{
    Operator,
    attributes::{ATTRIBUTES, Attribute},
    book::{Matched, Step},
    comparison::compare,
    door, misbehaviour,
    oauth::{MATCH_SCOPE, Token},
    operators::{SOME_SCORED, Scores},
    problem::{Problem, Version},
    requests::{self, Asked},
    subscribers::Subscriber,
    triggers::Trigger,
};

/// The one operation. Whatever the answer, it carries the request's `x-correlator`.
pub(super) async fn match_customer(
    State(world): State<Shared>,
    Extension(operator): Extension<&'static Operator>,
    Extension(version): Extension<Version>,
    Extension(entry): Extension<Entry>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let call = Call { world: &world, operator, version, entry };
    let mut response =
        call.answer(&headers, body).await.unwrap_or_else(IntoResponse::into_response);
    door::carry_correlator(&mut response, version, &headers);
    response
}

struct Call<'a> {
    world: &'a Shared,
    operator: &'static Operator,
    version: Version,
    entry: Entry,
}

impl Call<'_> {
    async fn answer(
        &self,
        headers: &HeaderMap,
        body: Result<Bytes, BytesRejection>,
    ) -> Result<Response, Problem> {
        if !self.world.camara().book().admit(self.operator) {
            return Err(Problem::too_many(1));
        }
        let (text, token) = door::bearer(self.world, self.operator, headers)
            .ok_or_else(|| Problem::unauthenticated(self.version))?;
        if !token.grants(MATCH_SCOPE) {
            return Err(Problem::permission_denied(self.version));
        }
        let asked = requests::read(self.version, &door::json(self.version, headers, body)?)?;
        let number = self.number(&token, &asked)?;
        self.world.log.name(self.entry, &number);

        let key = self.world.camara().book().received(self.matched(&number, &asked));
        let trigger = Trigger::of(&number);
        if let Some(trigger) = trigger {
            let tries = self.world.camara().book().attempt(Step::Match, self.operator, &number);
            misbehaviour::before_match(
                self.world,
                self.operator,
                self.version,
                trigger,
                tries,
                &text,
            )
            .await?;
        }
        let found = self.world.camara().register.find(&number);
        let mock = token.mock.then(|| self.world.camara().register.persona());
        let subscriber = found
            .filter(|_| !token.mock || trigger.is_some())
            .or(mock)
            .ok_or_else(|| Problem::unknown_number(self.version))?;
        if asked.attributes.is_empty() {
            return Err(Problem::invalid_combination());
        }
        self.check_document(subscriber, &asked)?;

        let results = self.results(subscriber, &asked);
        self.world.camara().book().answered(&key);
        Ok(match trigger {
            Some(trigger) => misbehaviour::after_match(trigger, results),
            None => Json(results).into_response(),
        })
    }

    /// Whom it is about: the token's number, which the body's must equal, else the body's.
    fn number(&self, token: &Token, asked: &Asked) -> Result<String, Problem> {
        let prefixed = self.operator.prefixed_token_context;
        match (&token.number, &asked.number) {
            (Some(bound), Some(given)) if bound != given => {
                Err(Problem::invalid_token_context(self.version, prefixed))
            }
            (Some(number), _) | (None, Some(number)) => Ok(number.clone()),
            (None, None) if token.mock => Ok(self.world.camara().register.persona().number.clone()),
            (None, None) => Err(Problem::missing_identifier(self.version, prefixed)),
        }
    }

    fn matched(&self, number: &str, asked: &Asked) -> Matched {
        let attributes = asked
            .attributes
            .iter()
            .map(|(attribute, value)| (attribute.name.to_owned(), json!(value)));
        Matched {
            operator: self.operator.name,
            version: self.version.word(),
            number: number.to_owned(),
            attributes: attributes.collect::<Map<_, _>>().into(),
            received: 0,
            answered: 0,
        }
    }

    /// The rule about `idDocument`. Who asks about the document alone gets an ordinary result (the
    /// corner case of 0.2, kept for 0.4 where the text is silent).
    fn check_document(&self, subscriber: &Subscriber, asked: &Asked) -> Result<(), Problem> {
        if !self.operator.requires_id {
            return Ok(());
        }
        let given = asked.attributes.iter().find(|(attribute, _)| attribute.name == "idDocument");
        let (attribute, value) = given.ok_or_else(Problem::document_required)?;
        let right = subscriber
            .on_file
            .get(attribute.name)
            .is_some_and(|on_file| compare(attribute.form, value, on_file).is_none());
        if right || asked.attributes.len() == 1 {
            Ok(())
        } else {
            Err(Problem::document_mismatch())
        }
    }

    fn results(&self, subscriber: &Subscriber, asked: &Asked) -> Map<String, Value> {
        let mut results = Map::new();
        for (attribute, value) in &asked.attributes {
            let word = match subscriber.on_file.get(attribute.name) {
                None => "not_available",
                Some(on_file) => match compare(attribute.form, value, on_file) {
                    None => "true",
                    Some(score) => {
                        self.score(&mut results, attribute, score);
                        "false"
                    }
                },
            };
            if word == "true" && self.operator.scores == Scores::BesideTrueToo {
                self.score(&mut results, attribute, 100);
            }
            results.insert(attribute.result_key(), json!(word));
        }
        if self.operator.talks_too_much {
            self.talk(&mut results);
        }
        results
    }

    fn score(&self, results: &mut Map<String, Value>, attribute: &Attribute, score: u8) {
        let given = match self.operator.scores {
            Scores::Off => false,
            Scores::Some => SOME_SCORED.contains(&attribute.name),
            Scores::BesideFalse | Scores::BesideTrueToo => true,
        };
        if given && attribute.scored {
            results.insert(attribute.score_key(self.version), json!(score));
        }
    }

    /// Two documented attributes that were not asked for, and one that no document has.
    fn talk(&self, results: &mut Map<String, Value>) {
        let unasked = ATTRIBUTES.iter().filter(|attribute| attribute.since <= self.version);
        let unasked: Vec<_> = unasked
            .map(Attribute::result_key)
            .filter(|key| !results.contains_key(key))
            .take(2)
            .collect();
        results.extend(unasked.into_iter().map(|key| (key, json!("true"))));
        results.insert("tariffMatch".into(), json!("true"));
    }
}
