//! For tests of CAMARA's services: who has a phone and which line, what was asked how often, keys
//! of clients, and an end of all tokens.

use std::collections::HashMap;

use axum::{
    Json, Router,
    extract::{Query, Request, State},
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    camara::{Called, Key, Matched, Subscriber, about_line},
    control::read,
    refusal::Refusal,
    world::Shared,
};

/// Everything under `/control/camara`.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/subscribers", get(subscribers))
        .route("/lines", get(lines))
        .route("/matches", get(matches))
        .route("/calls", get(calls))
        .route("/keys", post(register))
        .route("/tokens/expire", post(expire))
}

/// `GET /control/camara/subscribers?n=20&number=...&country=...`: what is on file, each as the
/// members of a request; the persona first, those of the trigger numbers and of the well-known
/// lines last. Without `n` all of them.
async fn subscribers(
    State(world): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Vec<Value>>, Refusal> {
    Ok(Json(wanted(&world, &query)?.map(Subscriber::document).collect()))
}

/// `GET /control/camara/lines?n=20&number=...&country=...`: the same subscribers, each with what
/// the other services know: since when the number is theirs, contract, last change of the SIM,
/// locks.
async fn lines(
    State(world): State<Shared>,
    Query(query): Query<HashMap<String, String>>,
) -> Result<Json<Vec<Value>>, Refusal> {
    Ok(Json(wanted(&world, &query)?.map(about_line).collect()))
}

fn wanted<'a>(
    world: &'a Shared,
    query: &'a HashMap<String, String>,
) -> Result<impl Iterator<Item = &'a Subscriber>, Refusal> {
    let most = match query.get("n").map(|n| n.parse()) {
        None => usize::MAX,
        Some(Ok(most)) => most,
        Some(Err(_)) => return Err(Refusal::bad("n must be a whole number.")),
    };
    let is = |wanted: &str, value: Option<&String>| {
        query.get(wanted).is_none_or(|wanted| Some(wanted) == value)
    };
    let all = world.camara().register.all().iter();
    let wanted = all.filter(move |one| {
        is("number", Some(&one.number)) && is("country", one.on_file.get("country"))
    });
    Ok(wanted.take(most))
}

/// `GET /control/camara/calls`: each number with each request of a service other than KYC Match;
/// `received` and `answered` as for the matches.
async fn calls(State(world): State<Shared>) -> Json<Vec<Value>> {
    let call = |called: &Called| {
        json!({
            "operator": called.operator,
            "service": called.service.scopes()[0],
            "path": called.service.path(),
            "number": called.number,
            "asked": called.asked,
            "received": called.received,
            "answered": called.answered,
        })
    };
    Json(world.camara().book().calls().map(call).collect())
}

/// `GET /control/camara/matches`: each number with each set of attributes and values that was asked
/// about. `received` counts requests that were authorised and well-formed, `answered` those that
/// got results; `received` above 1 means sent twice.
async fn matches(State(world): State<Shared>) -> Json<Vec<Value>> {
    Json(world.camara().book().matched().map(document).collect())
}

fn document(matched: &Matched) -> Value {
    json!({
        "operator": matched.operator,
        "version": matched.version,
        "number": matched.number,
        "attributes": matched.attributes,
        "received": matched.received,
        "answered": matched.answered,
    })
}

#[derive(Deserialize)]
struct NewKey {
    client_id: String,
    jwk: Value,
}

/// `POST /control/camara/keys {client_id, jwk}`: a public key that may sign the client's
/// assertions.
async fn register(State(world): State<Shared>, request: Request) -> Result<Json<Value>, Refusal> {
    let NewKey { client_id, jwk } = read(request).await?;
    let key = Key::read(&client_id, &jwk).map_err(Refusal::bad)?;
    let answer = json!({ "client_id": key.client, "kid": key.id });
    world.camara().book().register(key);
    Ok(Json(answer))
}

/// `POST /control/camara/tokens/expire`: all tokens end now, except the published one.
async fn expire(State(world): State<Shared>) -> Json<Value> {
    Json(json!({ "ended": world.camara().book().end_all() }))
}
