//! One function for each endpoint: checks the request, asks the book, misbehaves when the target's
//! name asks for it.

use std::{collections::HashMap, io};

use axum::{
    Extension, Json,
    body::{Body, Bytes},
    extract::{
        Path, Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    response::{Html, IntoResponse, Response},
};
use futures::stream;
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::{
    Refusal, bodies,
    owed::About,
    requests::{self, NewDecision, NewTask},
    tasks::{Decided, POINTS_PER_TASK, Task, Tries, Who},
    triggers::Trigger,
};
use crate::{
    packed::{Packing, packed},
    request_log::Entry,
    text::{DAY_MS, now_ms},
    world::Shared,
};

pub(super) type Answer = Result<Response, Refusal>;
pub(super) type Received = Result<Bytes, BytesRejection>;

/// "Create search tasks": `POST /task`.
pub(crate) async fn create(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    body: Received,
) -> Answer {
    let mut new = requests::tasks(&received(body)?, now_ms() / DAY_MS).map_err(Refusal::bad)?;
    let names: Vec<_> = new.iter().map(|task| task.name.as_str()).collect();
    world.log.name(entry, &names.join(", "));

    world.current(|book, view| {
        let mut copied = new.iter_mut().enumerate();
        copied.try_for_each(|(index, task)| {
            book.copy_from_idv(task, view.now_ms)
                .map_err(|message| Refusal::bad(format!("Task {index}: {message}")))
        })
    })?;

    // A batch misbehaves as a whole, as its first trigger says, by the tries of that task.
    let at = new.iter().position(|task| Trigger::of(&task.name).is_some()).unwrap_or(0);
    let trigger = Trigger::of(&new[at].name);
    let tries =
        world.change(|book| new.iter().map(|task| book.creation_try(task)).collect::<Vec<_>>())[at];
    match (trigger, tries) {
        (Some(Trigger::Create503), 1..=2) => return Err(unavailable()),
        (Some(Trigger::Create429), 1) => return Err(Refusal::too_many()),
        (Some(Trigger::Create402), _) => return Err(no_points()),
        (Some(Trigger::Create400), _) => {
            return Err(Refusal::bad(format!("Task {at}: the sandbox refuses this name.")));
        }
        (Some(Trigger::CreateTimeoutLost), 1) => return Err(hang(&world).await),
        _ => {}
    }

    let made = make(&world, new)?;
    match trigger {
        Some(Trigger::CreateTimeoutApplied) => return Err(hang(&world).await),
        Some(Trigger::CreateBadAnswer) => {
            return Ok(
                Html("<!doctype html><title>Gateway</title><h1>It works!</h1>").into_response()
            );
        }
        Some(Trigger::CallbackEarly) => {
            for id in &made {
                super::callbacks::try_once(&world, About::Task(*id), Some(0)).await;
            }
        }
        _ => {}
    }
    let timestamp = now_ms() / 1_000;
    let answer: Vec<_> =
        made.iter().map(|id| json!({ "task_id": id, "timestamp": timestamp })).collect();
    Ok(Json(answer).into_response())
}

/// All tasks or, without enough points, none.
fn make(world: &Shared, new: Vec<NewTask>) -> Result<Vec<i64>, Refusal> {
    world.change(|book| {
        let cost = i64::try_from(new.len()).unwrap_or(i64::MAX).saturating_mul(POINTS_PER_TASK);
        if book.points < cost {
            return Err(no_points());
        }
        let now_ms = now_ms();
        Ok(new.into_iter().map(|task| book.make(task, &world.options, now_ms)).collect())
    })
}

/// "Get summary of a search task": `GET /task/{id}/summary`.
pub(crate) async fn summary(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    Path(id): Path<String>,
) -> Answer {
    let task = find(&world, entry, &id, |tries| tries.summary += 1)?;
    match Trigger::of(&task.name) {
        Some(Trigger::Summary500) if task.tries.summary <= 3 => {
            Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error."))
        }
        Some(Trigger::Redirect) => {
            let body = Json(json!({ "code": 302, "message": "Moved." }));
            Ok((StatusCode::FOUND, [(header::LOCATION, "/kryptogo/elsewhere")], body)
                .into_response())
        }
        Some(Trigger::ByteOrderMark) => {
            let bytes = bodies::marked(&bodies::summary(&task, &world.view()).to_string());
            Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
        }
        _ => Ok(Json(bodies::summary(&task, &world.view())).into_response()),
    }
}

/// Where `Test Redirect` leads: a document that looks right and must never be believed.
pub(crate) async fn elsewhere() -> Response {
    let report = json!({ "sanction_matched": false, "potential_risk": 0, "url": "", "accepted": true, "comment": "You should not have followed." });
    Json(json!({ "task_id": 1, "target": { "type": 1, "name": "Elsewhere" }, "progress": 100, "report": report, "metadata": [] }))
        .into_response()
}

/// "Get details of a search task": `GET /task/{id}` (the path is a reconstruction) and its alias.
pub(crate) async fn detail(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    Path(id): Path<String>,
) -> Answer {
    let task = find(&world, entry, &id, |tries| tries.detail += 1)?;
    let document = bodies::detail(&task, &world.view());
    let trigger = Trigger::of(&task.name);
    let packing = match trigger {
        Some(Trigger::NoDetails) => return Err(unknown()),
        Some(Trigger::LateDetails) if task.tries.detail <= 2 => return Err(unknown()),
        Some(Trigger::GzipAnswer) => Some(Packing::Gzip),
        Some(Trigger::DeflateAnswer) => Some(Packing::Deflate),
        Some(Trigger::GzipBomb) => Some(Packing::GzipBomb),
        _ => None,
    };
    if let Some(packing) = packing {
        return Ok(packed(document.to_string().as_bytes(), packing));
    }
    let text = document.to_string();
    let body = match trigger {
        Some(Trigger::BadJson) => Body::from(first_half(text)),
        Some(Trigger::BadJsonOnce) if task.tries.detail == 1 => Body::from(first_half(text)),
        Some(Trigger::SlowLoris) => dribble(world, text),
        trigger => Body::from(bodies::detail_bytes(&document, trigger)),
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

pub(super) fn first_half(text: String) -> Vec<u8> {
    let mut bytes = text.into_bytes();
    bytes.truncate(bytes.len() / 2);
    bytes
}

/// One byte each 200 ms; breaks off, and is seen to, when the sandbox stops.
fn dribble(world: Shared, text: String) -> Body {
    let bytes = stream::unfold(Some((world, Bytes::from(text))), |state| async move {
        let (world, mut rest) = state.filter(|(_, rest)| !rest.is_empty())?;
        if !world.sleep(200).await {
            return Some((Err(io::Error::other("the sandbox stops")), None));
        }
        let byte = rest.split_to(1);
        Some((Ok(byte), Some((world, rest))))
    });
    Body::from_stream(bytes)
}

/// "Update a search task's accepted status": `POST /task/{id}/accepted`, 409 when already decided.
/// Reconstruction: 400 while the search is still running.
pub(crate) async fn decide(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    Path(id): Path<String>,
    body: Received,
) -> Answer {
    let new = requests::decision(&received(body)?).map_err(Refusal::bad)?;
    let task = find(&world, entry, &id, |_| {})?;
    let trigger = Trigger::of(&task.name);
    let mut new = new;
    if task.decision.is_none() && task.progress(now_ms()) == 100 {
        // Only a try that could have been a decision counts as one.
        let task = find(&world, entry, &id, |tries| tries.decide += 1)?;
        misbehave(&world, &task, &new).await?;
        match (trigger, task.tries.decide) {
            (Some(Trigger::DecideHtml), 1) => {
                return Ok(
                    Html("<!doctype html><title>Gateway</title><h1>It works!</h1>").into_response()
                );
            }
            (Some(Trigger::DecideCode), 1) => {
                return Ok(Json(json!({ "code": 1403 })).into_response());
            }
            (Some(Trigger::DecideOpposite), _) => new.accepted = !new.accepted,
            _ => {}
        }
    }
    apply(&world, task.id, &new, Who::Api)?;
    match trigger {
        Some(Trigger::DecideEmpty) => return Ok(StatusCode::OK.into_response()),
        Some(Trigger::DecideReversed) => {
            let staff = NewDecision {
                accepted: !new.accepted,
                comment: "Turned round by our own team.".into(),
            };
            world.change(|book| book.turn_round(task.id, staff, &world.options, now_ms()));
        }
        _ => {}
    }
    Ok(Json(json!({ "task_id": task.id, "comment": new.comment, "accepted": new.accepted }))
        .into_response())
}

async fn misbehave(world: &Shared, task: &Task, new: &NewDecision) -> Result<(), Refusal> {
    match (Trigger::of(&task.name), task.tries.decide) {
        (Some(Trigger::Decide503), 1..=2) => Err(unavailable()),
        (Some(Trigger::Decide429), 1) => Err(Refusal::too_many()),
        (Some(Trigger::DecideTimeoutLost), 1) => Err(hang(world).await),
        (Some(Trigger::DecideTimeoutApplied), _) => {
            apply(world, task.id, new, Who::Api)?;
            Err(hang(world).await)
        }
        (Some(Trigger::Decide503Applied), _) => {
            apply(world, task.id, new, Who::Api)?;
            Err(unavailable())
        }
        (Some(Trigger::DecideConflict), _) => {
            staff(world, task, !new.accepted, "Decided by our own team after a phone call.")
        }
        (Some(Trigger::DecideSame), _) => {
            staff(world, task, new.accepted, "Our own team came to the same result.")
        }
        _ => Ok(()),
    }
}

fn staff(world: &Shared, task: &Task, accepted: bool, comment: &str) -> Result<(), Refusal> {
    apply(world, task.id, &NewDecision { accepted, comment: comment.into() }, Who::Staff)
}

fn apply(world: &Shared, id: i64, new: &NewDecision, by: Who) -> Result<(), Refusal> {
    let new = NewDecision { accepted: new.accepted, comment: new.comment.clone() };
    match world.change(|book| book.decide(id, new, by, &world.options, now_ms())) {
        Decided::Done => Ok(()),
        Decided::Unknown => Err(unknown()),
        Decided::Running => Err(Refusal::bad("The task is not completed yet.")),
        Decided::Already(accepted) => {
            let word = if accepted { "accepted" } else { "rejected" };
            Err(Refusal::new(StatusCode::CONFLICT, format!("The task has already been {word}.")))
        }
    }
}

/// "Set metadata to the search task": `PUT /task/{id}/metadata`, answers `{"code":0}`.
pub(crate) async fn set_metadata(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    Path(id): Path<String>,
    body: Received,
) -> Answer {
    let pairs = requests::metadata(&received(body)?).map_err(Refusal::bad)?;
    let task = find(&world, entry, &id, |tries| tries.metadata += 1)?;
    if Trigger::of(&task.name) == Some(Trigger::MetadataCode) && task.tries.metadata == 1 {
        return Ok(Json(json!({ "code": 1 })).into_response());
    }
    world.change(|book| book.set_metadata(task.id, pairs, now_ms()));
    Ok(Json(json!({ "code": 0 })).into_response())
}

/// "Get search task history": `GET /tasks`, newest first. Reconstruction: the members of `paging`,
/// the order, and at most 100 a page.
pub(crate) async fn list(
    State(world): State<Shared>,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Answer {
    let Query(query) = query.map_err(|_| Refusal::bad("The query cannot be read."))?;
    let number = |key: &str, max: usize| {
        let value = query
            .get(key)
            .and_then(|value| value.parse().ok())
            .filter(|value| (1..=max).contains(value));
        value.ok_or_else(|| Refusal::bad(format!("{key} must be an integer from 1 to {max}.")))
    };
    let (size, page) = (number("page_size", 100)?, number("page_number", 1_000_000_000)?);
    let reference = query.get("customer_reference");
    let view = world.view();
    let (total, data) = world.look(|book| {
        let wanted = |task: &&Task| {
            reference.is_none_or(|reference| task.customer_reference.as_ref() == Some(reference))
        };
        let total = book.tasks.values().filter(wanted).count();
        let shown = book.tasks.values().rev().filter(wanted).skip((page - 1) * size).take(size);
        (total, shown.map(|task| bodies::summary(task, &view)).collect::<Vec<Value>>())
    });
    let paging = json!({ "page_size": size, "page_number": page, "total_count": total, "total_pages": total.div_ceil(size) });
    Ok(Json(json!({ "data": data, "paging": paging })).into_response())
}

/// The task after its tries were counted; the log learns its name. The counts alone are no reason
/// to write the state file: they go along with the next change.
fn find(
    world: &Shared,
    entry: Entry,
    id: &str,
    count: impl FnOnce(&mut Tries),
) -> Result<Task, Refusal> {
    let id: i64 = id.parse().map_err(|_| Refusal::bad("The task id must be an integer."))?;
    let task = world.kryptogo().tasks.get_mut(&id).map(|task| {
        count(&mut task.tries);
        task.clone()
    });
    let task = task.ok_or_else(unknown)?;
    world.log.name(entry, &task.name);
    Ok(task)
}

pub(super) fn received(body: Received) -> Result<Bytes, Refusal> {
    body.map_err(|error| Refusal::new(error.status(), "The body cannot be read."))
}

/// Nothing for a long time, then what a gateway would say.
pub(super) async fn hang(world: &Shared) -> Refusal {
    world.sleep(world.options.hang_ms).await;
    Refusal::new(StatusCode::GATEWAY_TIMEOUT, "The upstream did not answer in time.")
}

pub(super) fn unavailable() -> Refusal {
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "The service is unavailable.")
}

pub(super) fn no_points() -> Refusal {
    Refusal::new(StatusCode::PAYMENT_REQUIRED, "Not enough points.")
}

fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such task.")
}
