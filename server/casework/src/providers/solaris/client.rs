//! The HTTP of Solaris's persons, identifications and webhooks.
//!
//! Hosts are `https://api.solaris-sandbox.de` and `https://api.solarisbank.de`. A token that is
//! refused is replaced once, at once: it may have been withdrawn before its time. Nothing else is
//! retried here: whether a try may be repeated depends on what may have happened, and the outbox
//! decides that. There is no idempotency key: what may have been created is looked for
//! ([`Client::find_person`], [`Client::identifications`]) before anything is created again.

use super::{
    failure::Failure,
    idnow::{self, Attempt},
    records::{IdentificationRecord, PersonRecord, Subscription, SupportedDocument, moment},
    token::{Account, Issuer, Tokens},
    wire,
};
use crate::{
    Clock,
    providers::{
        CallError,
        guard::{Answer, BODY_MAX, Bounds, Exchange, Target, exchange},
        json::{self, is_same_id, object},
        overheard,
    },
};
use bytes::Bytes;
use domain::video::{Identification, Patch, Person, Said};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// A client for one connection.
pub struct Client {
    issuer: Issuer,
}

/// One call, which can be sent again.
pub(super) struct Request<'a> {
    pub method: Method,
    /// Below `/v1`.
    pub path: &'a [&'a str],
    pub query: &'a [(&'a str, &'a str)],
    /// Content type and bytes.
    pub body: Option<(String, Bytes)>,
    pub body_max: usize,
    pub time: Option<Duration>,
}

impl<'a> Request<'a> {
    pub const fn get(path: &'a [&'a str], query: &'a [(&'a str, &'a str)]) -> Self {
        Self { method: Method::GET, path, query, body: None, body_max: BODY_MAX, time: None }
    }

    pub fn json(method: Method, path: &'a [&'a str], body: &Value) -> Self {
        let body = Some(("application/json".to_owned(), Bytes::from(body.to_string())));
        Self { method, path, query: &[], body, body_max: BODY_MAX, time: None }
    }
}

impl Client {
    /// `target` is the API's root; `tokens` is shared by all clients of the process.
    #[must_use]
    pub const fn new(
        http: reqwest::Client,
        target: Target,
        account: Account,
        tokens: Arc<Tokens>,
        clock: Clock,
    ) -> Self {
        Self { issuer: Issuer { http, target, account, tokens, clock } }
    }

    /// Whether Solaris takes our credentials: fetches a token and asks for the shortest list.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn try_account(&self) -> Result<(), Failure> {
        self.ask(&Request::get(&["webhooks"], &[("page[number]", "1"), ("page[size]", "1")]))
            .await
            .map(|_| ())
    }

    /// `POST /v1/persons`: the bytes as received, and the person. Any 2xx is a creation.
    ///
    /// # Errors
    /// [`Failure`]; what is wrong with the values is in its complaints. An answer without an id is
    /// unusable, and the person may exist.
    pub async fn create_person(&self, new: &Person) -> Result<(Answer, PersonRecord), Failure> {
        let answer =
            self.settle(&Request::json(Method::POST, &["persons"], &wire::person(new))).await?;
        read(answer, "person", PersonRecord::of)
    }

    /// `GET /v1/persons/{id}`.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn person(&self, person_id: &str) -> Result<(Answer, PersonRecord), Failure> {
        let answer = self.settle(&Request::get(&["persons", person_id], &[])).await?;
        read(answer, "person", |v| {
            PersonRecord::of(v).filter(|person| is_same_id(&person.id, person_id))
        })
    }

    /// `PATCH /v1/persons/{id}`, with the values of the change alone.
    ///
    /// # Errors
    /// [`Failure`]; `authorization_required` when the customer has to authorise it first.
    pub async fn change_person(
        &self,
        person_id: &str,
        patch: &Patch,
    ) -> Result<(Answer, PersonRecord), Failure> {
        let answer = self
            .settle(&Request::json(Method::PATCH, &["persons", person_id], &wire::patch(patch)))
            .await?;
        read(answer, "person", PersonRecord::of)
    }

    /// Looks through `GET /v1/persons` for somebody whom we may have created without learning the
    /// id.
    ///
    /// Persons at Solaris have no member for a reference of ours, and unknown ones are thrown away.
    /// But the moments of both consents, to the millisecond, together with name, birth date and
    /// number are those of one launch only.
    ///
    /// # Errors
    /// [`Failure`]; then nobody knows whether the person exists.
    pub async fn find_person(&self, sent: &Person) -> Result<Option<PersonRecord>, Failure> {
        let mut found = None;
        self.walk(&["persons"], &[], |item| {
            found = PersonRecord::of(&item).filter(|person| is_who_was_sent(person, sent));
            found.is_some()
        })
        .await?;
        Ok(found)
    }

    /// `POST /v1/persons/{person_id}/identifications`, method `idnow`. Nothing is asked of IDnow by
    /// this.
    ///
    /// # Errors
    /// As [`Client::create_person`].
    pub async fn create_identification(
        &self,
        person_id: &str,
        new: &Identification,
    ) -> Result<(Answer, IdentificationRecord), Failure> {
        let path = ["persons", person_id, "identifications"];
        let answer =
            self.settle(&Request::json(Method::POST, &path, &wire::identification(new))).await?;
        read(answer, "identification", IdentificationRecord::of)
    }

    /// `GET /v1/persons/{person_id}/identifications`: all of them, in the provider's order.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn identifications(
        &self,
        person_id: &str,
    ) -> Result<Vec<IdentificationRecord>, Failure> {
        let all = self.every(&["persons", person_id, "identifications"], &[]).await?;
        Ok(all.iter().filter_map(IdentificationRecord::of).collect())
    }

    /// `GET /v1/persons/{person_id}/identifications/{id}` with its documents. Where there is no
    /// such path, it is found in the person's list; the bytes are then its element of the list.
    ///
    /// # Errors
    /// [`Failure`]; not found when the list does not have it either.
    pub async fn identification(
        &self,
        person_id: &str,
        id: &str,
    ) -> Result<(Answer, IdentificationRecord), Failure> {
        let path = ["persons", person_id, "identifications", id];
        let is_it = |one: &IdentificationRecord| {
            is_same_id(&one.id, id)
                && one.person_id.as_deref().is_none_or(|whose| is_same_id(whose, person_id))
        };
        match self.settle(&Request::get(&path, &[("include_documents", "true")])).await {
            Ok(answer) => {
                read(answer, "identification", |v| IdentificationRecord::of(v).filter(is_it))
            }
            Err(failure)
                if matches!(
                    failure.error,
                    CallError::NotFound | CallError::Refused(405, _) | CallError::Failed(501, _)
                ) =>
            {
                let mut found = None;
                self.walk(&path[..3], &[], |item| {
                    found = IdentificationRecord::of(&item)
                        .filter(is_it)
                        .map(|one| (answer_of(&item), one));
                    found.is_some()
                })
                .await?;
                found.ok_or(Failure { error: CallError::NotFound, complaints: failure.complaints })
            }
            Err(failure) => Err(failure),
        }
    }

    /// `GET …/{id}/supported_documents`: what the customer may show.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn supported_documents(
        &self,
        person_id: &str,
        id: &str,
    ) -> Result<Vec<SupportedDocument>, Failure> {
        let answer = self
            .settle(&Request::get(
                &["persons", person_id, "identifications", id, "supported_documents"],
                &[],
            ))
            .await?;
        let value = json::value(&answer.body).map_err(Failure::unusable)?;
        Ok(SupportedDocument::all_of(&value))
    }

    /// `PATCH …/{id}/request`: asks IDnow for a session; the customer's address is in the answer,
    /// for 14 days.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn request(
        &self,
        person_id: &str,
        id: &str,
    ) -> Result<(Answer, IdentificationRecord), Failure> {
        let path = ["persons", person_id, "identifications", id, "request"];
        read(
            self.settle(&Request::json(Method::PATCH, &path, &json!({}))).await?,
            "identification",
            IdentificationRecord::of,
        )
    }

    /// `GET …/{id}/idnow_attempts`: the elements as received in one list, and what they say, the
    /// oldest first.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn attempts(
        &self,
        person_id: &str,
        id: &str,
    ) -> Result<(Answer, Vec<Attempt>), Failure> {
        let all = self
            .every(&["persons", person_id, "identifications", id, "idnow_attempts"], &[])
            .await?;
        let attempts = Attempt::in_order(all.iter());
        Ok((answer_of(&Value::Array(all)), attempts))
    }

    /// Legitimation data of an identification: the document's fields. The path is our
    /// reconstruction.
    ///
    /// # Errors
    /// [`Failure`]; not found while there is no successful session.
    pub async fn legitimation_data(
        &self,
        person_id: &str,
        id: &str,
    ) -> Result<(Answer, Vec<Said>), Failure> {
        let path = ["persons", person_id, "identifications", id, "idnow_legitimation_data"];
        let answer = self.settle(&Request::get(&path, &[])).await?;
        let fields = idnow::legitimation(&answer.body)
            .inspect_err(|_| overheard::not_taken(&answer))
            .map_err(Failure::unusable)?;
        Ok((answer, fields))
    }

    /// `POST /v1/webhooks`: Solaris asks the address first whether somebody is there. The secret
    /// comes only now.
    ///
    /// # Errors
    /// [`Failure`]; `invalid_webhook_url` when nobody answered.
    pub async fn subscribe(&self, event_type: &str, url: &str) -> Result<Subscription, Failure> {
        let answer = self
            .settle(&Request::json(
                Method::POST,
                &["webhooks"],
                &json!({ "event_type": event_type, "url": url }),
            ))
            .await?;
        let body = Zeroizing::new(answer.body);
        let value = object(&body).map_err(Failure::unusable)?;
        Subscription::of(&value).ok_or_else(|| Failure::unusable("it names no webhook"))
    }

    /// `GET /v1/webhooks`, without secrets.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn subscriptions(&self) -> Result<Vec<Subscription>, Failure> {
        Ok(self.every(&["webhooks"], &[]).await?.iter().filter_map(Subscription::of).collect())
    }

    /// `DELETE /v1/webhooks/{id}`; one that is gone already is gone.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn unsubscribe(&self, subscription_id: &str) -> Result<(), Failure> {
        let path = ["webhooks", subscription_id];
        let call = Request { method: Method::DELETE, ..Request::get(&path, &[]) };
        match self.settle(&call).await {
            Ok(_) => Ok(()),
            Err(failure)
                if matches!(failure.error, CallError::NotFound | CallError::Refused(410, _)) =>
            {
                Ok(())
            }
            Err(failure) => Err(failure),
        }
    }

    /// The answer of a call that succeeded.
    pub(super) async fn settle(&self, call: &Request<'_>) -> Result<Answer, Failure> {
        Ok(self.ask(call).await?.settled()?)
    }

    /// Sends a call with a token; a refused token is replaced once.
    pub(super) async fn ask(&self, call: &Request<'_>) -> Result<Exchange, Failure> {
        let url = self.address(call)?;
        let token = self.issuer.token().await?;
        let mut answer = self.send(call, url.clone(), &token).await?;
        if answer.status.as_u16() == 401 {
            self.issuer.tokens.forget(&self.issuer.account, &token);
            let fresh = self.issuer.token().await?;
            answer = self.send(call, url, &fresh).await?;
            if answer.status.as_u16() == 401 {
                self.issuer.tokens.forget(&self.issuer.account, &fresh);
            }
        }
        overheard::refused(&answer);
        // What answers a request of ours may hold a secret or a link.
        if call.method == Method::GET {
            overheard::not_unpacked(&answer);
        }
        if answer.status.is_success() { Ok(answer) } else { Err(Failure::of(answer)) }
    }

    async fn send(&self, call: &Request<'_>, url: Url, token: &str) -> Result<Exchange, CallError> {
        let authorization = Zeroizing::new(format!("Bearer {token}"));
        let headers =
            [("authorization", authorization.as_str()), ("accept", "application/json, */*;q=0.1")];
        let body = call.body.as_ref().map(|(kind, bytes)| (kind.as_str(), in_one_piece(bytes)));
        let bounds = Bounds { body_max: call.body_max, time: call.time };
        exchange(&self.issuer.http, call.method.clone(), url, &headers, body, bounds).await
    }

    /// Ids come from answers and webhooks: none may lead to another path.
    fn address(&self, call: &Request<'_>) -> Result<Url, CallError> {
        let leads_elsewhere =
            |part: &&&str| part.is_empty() || part.chars().all(|c| c == '.') || part.len() > 200;
        if call.path.iter().any(|part| leads_elsewhere(&part)) {
            return Err(CallError::NotSent("an id is empty or none".into()));
        }
        let mut url = Url::parse(&self.issuer.target.base_url)
            .map_err(|e| CallError::NotSent(e.to_string()))?;
        url.path_segments_mut()
            .map_err(|()| CallError::NotSent("the base address takes no path".into()))?
            .pop_if_empty()
            .push("v1")
            .extend(call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        Ok(url)
    }

    /// A slow line is waited for: the usual time and a second more for each 100 KB, a quarter of an
    /// hour at most.
    pub(super) fn time_for(&self, bytes: usize) -> Duration {
        let usual = self.issuer.target.deadline_ms.unwrap_or(30_000);
        Duration::from_millis((usual + bytes as u64 / 100).min(900_000))
    }
}

fn in_one_piece(bytes: &Bytes) -> crate::providers::guard::Body {
    crate::providers::guard::Body::in_pieces(bytes.len() as u64, std::iter::once(bytes.clone()))
}

/// The bytes as received, and the record in them.
pub(super) fn read<T>(
    answer: Answer,
    what: &str,
    of: impl Fn(&Value) -> Option<T>,
) -> Result<(Answer, T), Failure> {
    let record = object(&answer.body)
        .and_then(|value| of(&value).ok_or_else(|| format!("it names no {what}")));
    match record {
        Ok(record) => Ok((answer, record)),
        Err(why) => {
            overheard::not_taken(&answer);
            Err(Failure::unusable(why))
        }
    }
}

fn answer_of(value: &Value) -> Answer {
    Answer { body: value.to_string().into_bytes(), content_type: "application/json".into() }
}

/// Name and birth date must be there and the same. Of number and consents, what an implementation
/// leaves out is no difference, but one of them must be there.
fn is_who_was_sent(person: &PersonRecord, sent: &Person) -> bool {
    let is = |path: &str, value: &str| person.field(path) == Some(value);
    let at = |path: &str| person.field(path).map(|said| moment(&Value::String(said.to_owned())));
    let others = [
        person.field("mobile_number").map(|number| number == sent.mobile_number),
        at("terms_conditions_signed_at").map(|at| at == Some(sent.terms_conditions_signed_at)),
        at("data_terms_signed_at").map(|at| at == Some(sent.data_terms_signed_at)),
    ];
    is("first_name", &sent.first_name)
        && is("last_name", &sent.last_name)
        && is("birth_date", &sent.birth_date)
        && others.contains(&Some(true))
        && !others.contains(&Some(false))
}
