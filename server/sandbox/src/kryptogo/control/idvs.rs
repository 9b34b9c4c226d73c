//! The part of `/control` that is about ID verifications.

use std::collections::HashMap;

use axum::{
    Json,
    extract::{Path, Request, State},
    response::Response,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    control::{done, is_form, read},
    kryptogo::{
        Refusal, View,
        idv::{Idv, Picture, Way, customer_address},
    },
    text::now_ms,
    world::Shared,
};

/// `GET /control/idvs`: all verifications, newest first. `creates` counts those with the same name,
/// customer reference and way (two means started twice), `callbacks` the callbacks that were
/// received, `images` what was received of each picture.
pub(super) async fn idvs(State(world): State<Shared>) -> Json<Vec<Value>> {
    Json(world.current(|book, view| {
        let key = |idv: &Idv| {
            (idv.asked.expected.name.clone(), idv.asked.customer_reference.clone(), idv.asked.way)
        };
        let mut creates: HashMap<_, u32> = HashMap::new();
        for idv in book.idvs.newest_first() {
            *creates.entry(key(idv)).or_default() += 1;
        }
        book.idvs.newest_first().map(|idv| overview(idv, view, creates[&key(idv)])).collect()
    }))
}

fn overview(idv: &Idv, view: &View, creates: u32) -> Value {
    let image = |picture: &Picture| {
        json!({
            "bytes": picture.size,
            "sha256": picture.sha256,
            "mime_type": picture.mime,
            "width": picture.width,
            "height": picture.height,
            "canary": picture.canary,
        })
    };
    let images: Map<_, _> = idv
        .pictures
        .iter()
        .map(|(slot, picture)| (slot.word().to_owned(), image(picture)))
        .collect();
    let asked = &idv.asked;
    json!({
        "provider": "kryptogo",
        "idv_task_id": idv.id,
        "name": asked.expected.name,
        "customer_reference": asked.customer_reference,
        "way": asked.way.word(),
        "country": asked.country,
        "id_type": asked.kind.map(|kind| kind.word()),
        "workflow_id": asked.workflow,
        "locale": asked.locale,
        "success_url": asked.success_url,
        "error_url": asked.error_url,
        "callback_url": asked.callback_url,
        "outcome_name": idv.outcome_name,
        "state": idv.state(view.now_ms),
        "created_ms": idv.created_ms,
        "uploaded_ms": idv.uploaded_ms,
        "ends_ms": idv.ends_ms,
        "points_spent": idv.points_spent,
        "created_search_task_id": idv.created_task,
        "dd_task_ids": idv.dd_tasks,
        "images": images,
        "creates": creates,
        "callbacks": idv.callbacks_delivered,
        "reads": idv.reads,
        "customer_url": Some(customer_address(view.base_url, idv)).filter(|_| asked.way != Way::Upload),
    })
}

/// `POST /control/idvs/{id}/complete`: the end comes now; a customer who is awaited is played with
/// drawn pictures.
pub(super) async fn complete(
    State(world): State<Shared>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Response, Refusal> {
    let form = is_form(&request);
    let completed = world.change(|book| {
        let now_ms = now_ms();
        book.complete_idv(id, &world.options, now_ms)
            .then(|| book.idvs.get(id).and_then(|idv| idv.state(now_ms)))
    });
    match completed {
        Some(state) => {
            Ok(done(form, &format!("/#idv-{id}"), json!({ "idv_task_id": id, "state": state })))
        }
        None => Err(unknown()),
    }
}

#[derive(Deserialize)]
struct StaffAudit {
    accepted: bool,
}

/// `POST /control/idvs/{id}/audit {accepted}`: the provider's own staff has looked at the result.
/// 400 before there is one.
pub(super) async fn audit(
    State(world): State<Shared>,
    Path(id): Path<i64>,
    request: Request,
) -> Result<Response, Refusal> {
    let form = is_form(&request);
    let StaffAudit { accepted } = read(request).await?;
    let (known, audited) =
        world.change(|book| (book.idvs.get(id).is_some(), book.audit_idv(id, accepted, now_ms())));
    match (known, audited) {
        (false, _) => Err(unknown()),
        (true, false) => Err(Refusal::bad("The verification has no result yet.")),
        (true, true) => Ok(done(
            form,
            &format!("/#idv-{id}"),
            json!({ "idv_task_id": id, "accepted": accepted }),
        )),
    }
}

fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such IDV task.")
}
