//! The part of `/control` that is about due diligence; ID verifications and wallet analysis have
//! files of their own.

mod idvs;
mod kya;

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Decided, NewDecision, Refusal, Task, View, Who};
use crate::{
    control::{done, is_form, read},
    text::now_ms,
    world::Shared,
};

/// Everything of KryptoGO's under `/control`.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/tasks", get(tasks))
        .route("/tasks/{id}/decide", post(decide))
        .route("/tasks/{id}/complete", post(complete))
        .route("/idvs", get(idvs::idvs))
        .route("/idvs/{id}/complete", post(idvs::complete))
        .route("/idvs/{id}/audit", post(idvs::audit))
        .route("/kya", get(kya::asked))
        .route("/kya/addresses", get(kya::addresses))
        .route("/points", post(points))
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
        shown
            .map(|task| overview(task, &view, creates[&(&task.name, &task.customer_reference)]))
            .collect()
    }))
}

fn overview(task: &Task, view: &View, creates: u32) -> Value {
    let metadata: serde_json::Map<_, _> =
        task.metadata.iter().map(|(key, value)| (key.clone(), json!(value))).collect();
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

/// `POST /control/tasks/{id}/decide {accepted, comment}`: the provider's own staff decides. 404,
/// 409 and 400 as for the API.
async fn decide(
    State(world): State<Shared>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Response, Refusal> {
    let form = is_form(&request);
    let StaffDecision { accepted, comment } = read(request).await?;
    match world.change(|book| {
        book.decide(id, NewDecision { accepted, comment }, Who::Staff, &world.options, now_ms())
    }) {
        Decided::Done => {
            Ok(done(form, &format!("/#task-{id}"), json!({ "task_id": id, "accepted": accepted })))
        }
        Decided::Unknown => Err(Refusal::new(StatusCode::NOT_FOUND, "There is no such task.")),
        Decided::Running => Err(Refusal::bad("The task is not completed yet.")),
        Decided::Already(_) => {
            Err(Refusal::new(StatusCode::CONFLICT, "The task has already been decided."))
        }
    }
}

/// `POST /control/tasks/{id}/complete`: all sources end now.
async fn complete(
    State(world): State<Shared>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Response, Refusal> {
    let form = is_form(&request);
    if world.change(|book| book.complete(id, &world.options, now_ms())) {
        return Ok(done(form, &format!("/#task-{id}"), json!({ "task_id": id, "progress": 100 })));
    }
    Err(Refusal::new(StatusCode::NOT_FOUND, "There is no such task."))
}
