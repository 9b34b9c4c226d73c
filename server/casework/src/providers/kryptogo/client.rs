//! The HTTP of KryptoGO's endpoints.
//!
//! Header `GOFACT-API-TOKEN`. Nothing is retried here: whether a try may be repeated depends on
//! what may have happened, and the outbox decides that.

use super::{
    idv::{self, IdvAnswer, IdvRequest, Started},
    wire::{self, Details, Summary},
};
use crate::providers::{
    CallError,
    guard::{
        Answer, BODY_MAX, Body, Bounds, Exchange, Target, call_within, check_address, exchange,
    },
    json::is_same_id,
    overheard,
};
use domain::{checks::Kind, findings::Source, launch::DueDiligence};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use std::time::Duration;
use zeroize::Zeroizing;

/// The longest that an upload may take, in milliseconds.
pub(crate) const UPLOAD_TIME_MAX_MS: i64 = 900_000;
/// A picture may be 15 MB when it is sent; a little is granted to what comes back.
const PICTURE_MAX: usize = 20 * 1024 * 1024;

/// A client for one connection.
pub struct Client {
    http: reqwest::Client,
    target: Target,
    token: Zeroizing<String>,
}

/// One task of a create call.
#[derive(Debug, Clone)]
pub struct NewTask<'a> {
    pub launch: &'a DueDiligence,
    /// Called at completion and after each decision.
    pub callback_url: &'a str,
    /// The ID verification that this follows from, if any.
    pub from_idv_id: Option<i64>,
}

impl NewTask<'_> {
    /// The body of one task. The company target beyond `type` and `name` is our reconstruction.
    fn to_json(&self) -> Value {
        let target = &self.launch.target;
        let mut about =
            json!({ "type": if target.kind == Kind::DdKyb { 2 } else { 1 }, "name": target.name });
        let mut add = |key: &str, value: &Option<String>| {
            if let Some(value) = value {
                about[key] = json!(value);
            }
        };
        if target.kind == Kind::DdKyb {
            add("country", &target.country);
            add("registration_number", &target.registration_number);
        } else {
            add("birthday", &target.birth_date);
            add("citizenship", &target.country);
        }
        let sources: Vec<i64> =
            self.launch.sources.iter().copied().filter_map(Source::kryptogo).collect();
        let mut task = json!({
            "search_setting_id": self.launch.search_setting,
            "target": about,
            "search_source": sources,
            "callback_url": self.callback_url,
            "customer_reference": self.launch.customer_reference,
        });
        if let Some(idv) = self.from_idv_id {
            task["from_idv_id"] = json!(idv);
        }
        task
    }
}

impl Client {
    #[must_use]
    pub const fn new(http: reqwest::Client, target: Target, token: Zeroizing<String>) -> Self {
        Self { http, target, token }
    }

    /// `POST /task`: creates tasks and gives their ids in order.
    ///
    /// # Errors
    /// [`CallError`]; an answer of another length or without ids is unusable, and the tasks may
    /// exist.
    pub async fn create(&self, tasks: &[NewTask<'_>]) -> Result<Vec<String>, CallError> {
        let body: Vec<Value> = tasks.iter().map(NewTask::to_json).collect();
        let answer = self.send(Method::POST, &["task"], &[], Some(&Value::Array(body))).await?;
        wire::created(&answer.body, tasks.len()).inspect_err(|_| overheard::not_taken(&answer))
    }

    /// `POST /task` with many tasks: the ids that the answer names, which need not be all, in an
    /// order that nobody promises.
    ///
    /// # Errors
    /// [`CallError`]; after an answer that is no list the tasks may exist.
    pub async fn create_together(&self, tasks: &[NewTask<'_>]) -> Result<Vec<String>, CallError> {
        let body: Vec<Value> = tasks.iter().map(NewTask::to_json).collect();
        let answer = self.send(Method::POST, &["task"], &[], Some(&Value::Array(body))).await?;
        wire::named(&answer.body).inspect_err(|_| overheard::not_taken(&answer))
    }

    /// `GET /task/{id}/summary`: the bytes as received, and what they say.
    ///
    /// # Errors
    /// [`CallError`]; an answer about another task is unusable.
    pub async fn summary(&self, task_id: &str) -> Result<(Answer, Summary), CallError> {
        let answer = self.send(Method::GET, &["task", task_id, "summary"], &[], None).await?;
        let summary = taken(
            &answer,
            Summary::read(&answer.body),
            |s| is_or_is_silent(s.task_id.as_deref(), task_id),
            ANOTHER_TASK,
        )?;
        Ok((answer, summary))
    }

    /// Details of a task: the bytes as received, and what they say. The path is our reconstruction.
    ///
    /// # Errors
    /// [`CallError`]; an answer about another task is unusable.
    pub async fn details(&self, task_id: &str) -> Result<(Answer, Details), CallError> {
        let answer = self.send(Method::GET, &["task", task_id], &[], None).await?;
        let details = taken(
            &answer,
            Details::read(&answer.body),
            |d| is_or_is_silent(d.task_id.as_deref(), task_id),
            ANOTHER_TASK,
        )?;
        Ok((answer, details))
    }

    /// `POST /task/{id}/accepted`: tells our decision. 409 when the task is decided already.
    ///
    /// # Errors
    /// [`CallError`]; an answer that does not name this task and this decision confirms nothing,
    /// and is unusable.
    pub async fn decide(
        &self,
        task_id: &str,
        accepted: bool,
        comment: &str,
    ) -> Result<(), CallError> {
        let body = json!({ "comment": comment, "accepted": accepted });
        let answer =
            self.send(Method::POST, &["task", task_id, "accepted"], &[], Some(&body)).await?;
        let is_it = |(task, said): &(Option<String>, Option<bool>)| {
            task.as_deref().is_some_and(|task| is_same_id(task, task_id)) && *said == Some(accepted)
        };
        taken(&answer, wire::decided(&answer.body), is_it, "it does not confirm the decision")
            .map(|_| ())
    }

    /// `PUT /task/{id}/metadata`: sets pairs; a value of null removes its key.
    ///
    /// # Errors
    /// [`CallError`]; only `{"code": 0}` confirms it.
    pub async fn put_metadata(
        &self,
        task_id: &str,
        pairs: &[(String, Option<String>)],
    ) -> Result<(), CallError> {
        let body: Vec<Value> =
            pairs.iter().map(|(key, value)| json!({ "key": key, "value": value })).collect();
        let answer = self
            .send(Method::PUT, &["task", task_id, "metadata"], &[], Some(&Value::Array(body)))
            .await?;
        taken(
            &answer,
            wire::code(&answer.body),
            |code| *code == Some(0),
            "it does not confirm the metadata",
        )
        .map(|_| ())
    }

    /// `GET /tasks`: a page (from 1) of the history, of one customer unless the reference is empty.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn history(
        &self,
        customer_reference: &str,
        page: u32,
        page_size: u32,
    ) -> Result<Vec<Summary>, CallError> {
        let (page, page_size) = (page.to_string(), page_size.to_string());
        let mut query = vec![("page_size", page_size.as_str()), ("page_number", page.as_str())];
        if !customer_reference.is_empty() {
            query.push(("customer_reference", customer_reference));
        }
        let answer = self.send(Method::GET, &["tasks"], &query, None).await?;
        wire::history(&answer.body).inspect_err(|_| overheard::not_taken(&answer))
    }

    /// `POST /idv`, `/idv/init` or `/idv/account`, as the launch says.
    ///
    /// # Errors
    /// [`CallError`]; an answer without an id is unusable, and the ID verification may exist.
    pub async fn start_idv(&self, request: &IdvRequest<'_>) -> Result<Started, CallError> {
        let url = self.address(request.path(), &[])?;
        let bounds = Bounds { body_max: BODY_MAX, time: self.upload_time(request.size()) };
        let answer =
            self.heard(Method::POST, url, Some(request.body()), bounds).await?.settled()?;
        // An answer with a link or a token in it is no evidence: whoever has them can take the
        // customer's place.
        idv::started(&answer.body, request.launch.way)
    }

    /// `GET /idv/{id}`: the bytes as received, and what they say.
    ///
    /// # Errors
    /// [`CallError`]; an answer about another ID verification is unusable.
    pub async fn idv(&self, idv_id: &str) -> Result<(Answer, IdvAnswer), CallError> {
        let answer = self.send(Method::GET, &["idv", idv_id], &[], None).await?;
        let is_it = |read: &IdvAnswer| is_or_is_silent(read.idv_id.as_deref(), idv_id);
        let read = taken(
            &answer,
            IdvAnswer::read(&answer.body),
            is_it,
            "it is about another ID verification",
        )?;
        Ok((answer, read))
    }

    /// A picture from the address that an answer gave. Our key does not go along: the address is
    /// the provider's storage, not its API.
    ///
    /// # Errors
    /// [`CallError`]; an address that the connection may not reach is not asked.
    pub async fn picture(&self, address: &str) -> Result<Answer, CallError> {
        let url = Url::parse(address).map_err(|e| CallError::NotSent(e.to_string()))?;
        check_address(&url, &self.target.private)
            .map_err(|why| CallError::NotSent(why.to_owned()))?;
        call_within(
            &self.http,
            Method::GET,
            url,
            &[],
            None,
            Bounds { body_max: PICTURE_MAX, time: None },
        )
        .await
    }

    /// The one way to the endpoints of JSON.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, CallError> {
        let url = self.address(path, query)?;
        let body = body.map(|b| b.to_string().into());
        let exchange =
            self.heard(method, url, body, Bounds { body_max: BODY_MAX, time: None }).await?;
        overheard::not_unpacked(&exchange);
        exchange.settled()
    }

    /// An answer of any status; what one says that is not 2xx is noted.
    async fn heard(
        &self,
        method: Method,
        url: Url,
        body: Option<Body>,
        bounds: Bounds,
    ) -> Result<Exchange, CallError> {
        let body = body.map(|body| ("application/json", body));
        let exchange = exchange(
            &self.http,
            method,
            url,
            &[("gofact-api-token", self.token.as_str())],
            body,
            bounds,
        )
        .await?;
        overheard::refused(&exchange);
        Ok(exchange)
    }

    /// A slow line is waited for: the usual time and a second more for each 100 KB, a quarter of an
    /// hour at most.
    fn upload_time(&self, bytes: usize) -> Option<Duration> {
        let usual = self.target.deadline_ms.unwrap_or(30_000);
        (bytes > 0).then(|| {
            Duration::from_millis((usual + bytes as u64 / 100).min(UPLOAD_TIME_MAX_MS as u64))
        })
    }

    fn address(&self, path: &[&str], query: &[(&str, &str)]) -> Result<Url, CallError> {
        let mut url =
            Url::parse(&self.target.base_url).map_err(|e| CallError::NotSent(e.to_string()))?;
        url.path_segments_mut()
            .map_err(|()| CallError::NotSent("the base address takes no path".into()))?
            .pop_if_empty()
            .extend(path);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }
}

/// Why an answer is unusable that names another task than the one that was asked for.
pub(crate) const ANOTHER_TASK: &str = "it is about another task";

/// Whether an answer is about what was asked for, as far as it says.
fn is_or_is_silent(said: Option<&str>, asked: &str) -> bool {
    said.is_none_or(|said| is_same_id(said, asked))
}

/// What an answer says, if it can be read and is what was asked for; else it is noted, and
/// unusable.
pub(super) fn taken<T>(
    answer: &Answer,
    read: Result<T, String>,
    is_it: impl FnOnce(&T) -> bool,
    not: &str,
) -> Result<T, CallError> {
    let read = read.and_then(|read| if is_it(&read) { Ok(read) } else { Err(not.to_owned()) });
    read.map_err(|why| {
        overheard::not_taken(answer);
        CallError::Unusable(why)
    })
}
