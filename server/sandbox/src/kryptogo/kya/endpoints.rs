//! The two endpoints: checks the request, asks the book, misbehaves when the address asks for it.

use axum::{
    Extension,
    extract::{Path, State},
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header};

use super::{
    super::{
        Refusal,
        endpoints::{Answer, Received, first_half, hang, no_points, received, unavailable},
    },
    book::Kya,
    report, requests,
    roles::Role,
};
use crate::{request_log::Entry, text::now_ms, world::Shared};

/// "Create blockchain address risk analysis task": `POST /kya`. The path is a reconstruction.
pub(crate) async fn create(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    body: Received,
) -> Answer {
    let asked = requests::read(&received(body)?).map_err(Refusal::bad)?;
    world.log.name(entry, &asked.address.text);
    let role = Role::of(world.options.seed, &asked.address);
    let calls = world.change(|book| book.kyas.count(&asked.address));
    match (role, calls) {
        (Some(Role::TimeoutLost), 1) => return Err(hang(&world).await),
        (Some(Role::Fails), _) => return Err(internal()),
        (Some(Role::Unavailable), 1..=2) => return Err(unavailable()),
        (Some(Role::Throttled), 1) => return Err(Refusal::too_many()),
        (Some(Role::NoPoints), _) => return Err(no_points()),
        (Some(Role::ChainUndetected), _) if !asked.chain_named => {
            return Err(Refusal::bad("The chain cannot be detected from the address."));
        }
        _ => {}
    }
    let kya = world.change(|book| book.make_kya(asked.address, now_ms())).ok_or_else(no_points)?;
    match role {
        Some(Role::TimeoutApplied) => Err(hang(&world).await),
        Some(Role::BadAnswer) => {
            Ok(Html("<!doctype html><title>Gateway</title><h1>It works!</h1>").into_response())
        }
        Some(Role::Cut) => Ok(json(first_half(document(&world, kya).await?))),
        _ => Ok(json(document(&world, kya).await?.into_bytes())),
    }
}

/// "Get blockchain address risk analysis task detail": `GET /kya/detail/{id}`, the same document.
pub(crate) async fn get(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    Path(id): Path<String>,
) -> Answer {
    let id: i64 = id.parse().map_err(|_| Refusal::bad("The KYA id must be an integer."))?;
    // A count alone is no reason to write the state file.
    let kya = world.kryptogo().kyas.read(id).ok_or_else(unknown)?;
    world.log.name(entry, &kya.address.text);
    match Role::of(world.options.seed, &kya.address) {
        Some(Role::Detail404) => Err(unknown()),
        Some(Role::Detail500) if kya.reads <= 2 => Err(internal()),
        _ => Ok(json(document(&world, kya).await?.into_bytes())),
    }
}

/// Inventing thousands of transactions is too long for the other requests to wait.
async fn document(world: &Shared, kya: Kya) -> Result<String, Refusal> {
    let seed = world.options.seed;
    tokio::task::spawn_blocking(move || report::document(&kya, seed).to_string())
        .await
        .map_err(|_| internal())
}

fn json(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

fn internal() -> Refusal {
    Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error.")
}

fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such KYA task.")
}
