//! For people and tests, outside any provider's base: look into the books, force what would take
//! time, start over. GET only reads. Needs no key, so another site's page must not use it.

mod camara;
mod idvs;
mod kya;
mod solaris;
mod zignsec;

use std::collections::HashMap;

use axum::{
    Form, Json, Router,
    extract::{FromRequest, Path, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    kryptogo::{Decided, NewDecision, Refusal, Task, View, Who},
    request_log::Line,
    text::now_ms,
    world::Shared,
};

/// Everything under `/control`.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/tasks", get(tasks))
        .route("/tasks/{id}/decide", post(decide))
        .route("/tasks/{id}/complete", post(complete))
        .route("/idvs", get(idvs::idvs))
        .route("/idvs/{id}/complete", post(idvs::complete))
        .route("/idvs/{id}/audit", post(idvs::audit))
        .route("/kya", get(kya::asked))
        .route("/kya/addresses", get(kya::addresses))
        .route("/zignsec", get(zignsec::calls))
        .nest("/camara", camara::routes())
        .nest("/solaris", solaris::routes())
        .route("/requests", get(requests))
        .route("/reset", post(reset))
        .route("/points", post(points))
}

/// Refuses what a page of another site makes a browser send. Programs send no `Origin`.
pub(crate) async fn same_origin(request: Request, next: Next) -> Response {
    if request.method().is_safe() || from_own_page(request.headers()) {
        return next.run(request).await;
    }
    Refusal::new(StatusCode::FORBIDDEN, "Only the sandbox's own page may do this.").into_response()
}

fn from_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let own = headers.get(header::HOST).map(|host| [b"http://", host.as_bytes()].concat());
    own.is_some_and(|own| own == origin.as_bytes())
}

/// `GET /control/tasks`: all tasks, newest first. `effects` counts decisions that took effect,
/// `creates` the tasks with the same name and customer reference (two means launched twice),
/// `callbacks` the callbacks that were received.
async fn tasks(State(world): State<Shared>) -> Json<Vec<Value>> {
    let view = world.view();
    Json(world.look(|book| {
        let mut creates: HashMap<_, u32> = HashMap::new();
        for task in book.tasks.values() {
            *creates.entry((&task.name, &task.customer_reference)).or_default() += 1;
        }
        let shown = book.tasks.values().rev();
        shown.map(|task| overview(task, &view, creates[&(&task.name, &task.customer_reference)])).collect()
    }))
}

fn overview(task: &Task, view: &View, creates: u32) -> Value {
    let metadata: serde_json::Map<_, _> = task.metadata.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
    json!({
        "provider": "kryptogo",
        "task_id": task.id,
        "name": task.name,
        "type": task.kind(),
        "customer_reference": task.customer_reference,
        "callback_url": task.callback_url,
        "created_ms": task.created_ms,
        "progress": task.progress(view.now_ms),
        "accepted": task.decision.as_ref().map(|decision| decision.accepted),
        "comment": task.decision.as_ref().map(|decision| &decision.comment),
        "decided_by": task.decision.as_ref().map(|decision| decision.by),
        "decided_ms": task.decision.as_ref().map(|decision| decision.at_ms),
        "metadata": metadata,
        "effects": task.effects,
        "creates": creates,
        "callbacks": task.callbacks_delivered,
    })
}

/// `GET /control/requests`: the last 5,000 requests to a provider's base, oldest first.
async fn requests(State(world): State<Shared>) -> Json<Vec<Line>> {
    Json(world.log.lines())
}

/// `POST /control/reset`: no tasks, no verifications, no analyses, nothing at Solaris, no tries, no log, and the points of
/// the start. Ids go on.
async fn reset(State(world): State<Shared>, request: Request) -> Response {
    let form = is_form(&request);
    world.kept().zignsec = crate::zignsec::Book::default();
    world.kept().solaris.forget();
    world.change(|book| book.reset(world.options.points));
    world.camara.book().reset();
    world.log.clear();
    done(form, "/", json!({ "code": 0 }))
}

#[derive(Deserialize)]
struct Points {
    points: i64,
}

/// `POST /control/points {points}`: what the account has left.
async fn points(State(world): State<Shared>, request: Request) -> Result<Response, Refusal> {
    let form = is_form(&request);
    let Points { points } = read(request).await?;
    world.change(|book| book.points = points);
    Ok(done(form, "/", json!({ "points": points })))
}

#[derive(Deserialize)]
struct StaffDecision {
    accepted: bool,
    #[serde(default)]
    comment: String,
}

/// `POST /control/tasks/{id}/decide {accepted, comment}`: the provider's own staff decides. 404, 409
/// and 400 as for the API.
async fn decide(State(world): State<Shared>, Path(id): Path<i64>, request: Request) -> Result<Response, Refusal> {
    let form = is_form(&request);
    let StaffDecision { accepted, comment } = read(request).await?;
    match world.change(|book| book.decide(id, NewDecision { accepted, comment }, Who::Staff, &world.options, now_ms())) {
        Decided::Done => Ok(done(form, &format!("/#task-{id}"), json!({ "task_id": id, "accepted": accepted }))),
        Decided::Unknown => Err(Refusal::new(StatusCode::NOT_FOUND, "There is no such task.")),
        Decided::Running => Err(Refusal::bad("The task is not completed yet.")),
        Decided::Already(_) => Err(Refusal::new(StatusCode::CONFLICT, "The task has already been decided.")),
    }
}

/// `POST /control/tasks/{id}/complete`: all sources end now.
async fn complete(State(world): State<Shared>, Path(id): Path<i64>, request: Request) -> Result<Response, Refusal> {
    let form = is_form(&request);
    if world.change(|book| book.complete(id, &world.options, now_ms())) {
        return Ok(done(form, &format!("/#task-{id}"), json!({ "task_id": id, "progress": 100 })));
    }
    Err(Refusal::new(StatusCode::NOT_FOUND, "There is no such task."))
}

fn is_form(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// A body as JSON or as the page's form sends it.
async fn read<T: serde::de::DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    if is_form(&request) {
        let Form(value) = Form::from_request(request, &()).await.map_err(|error| Refusal::bad(error.body_text()))?;
        return Ok(value);
    }
    let Json(value) = Json::from_request(request, &()).await.map_err(|error| Refusal::bad(error.body_text()))?;
    Ok(value)
}

/// A form goes back to the page, a program gets a document.
fn done(form: bool, page: &str, document: Value) -> Response {
    if form { Redirect::to(page).into_response() } else { Json(document).into_response() }
}
