//! For people and tests, outside any provider's base: look into the books, force what would take
//! time, start over. GET only reads. Needs no key, so another site's page must not use it.

use axum::{
    Form, Json, Router,
    extract::{FromRequest, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use crate::{refusal::Refusal, request_log::Line, world::Shared};

/// Everything under `/control`.
pub(crate) fn routes(world: &Shared) -> Router<Shared> {
    let own = Router::new().route("/requests", get(requests)).route("/reset", post(reset));
    world.providers.iter().fold(own, |routes, provider| routes.merge(provider.control_routes()))
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

/// `GET /control/requests`: the last 5,000 requests to a provider's base, oldest first.
async fn requests(State(world): State<Shared>) -> Json<Vec<Line>> {
    Json(world.log.lines())
}

/// `POST /control/reset`: every provider forgets what happened and the log is empty. Ids go on.
async fn reset(State(world): State<Shared>, request: Request) -> Response {
    let form = is_form(&request);
    for provider in &world.providers {
        provider.reset(&world.options);
    }
    world.to_save.notify_one();
    world.log.clear();
    done(form, "/", json!({ "code": 0 }))
}

pub(crate) fn is_form(request: &Request) -> bool {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

/// A body as JSON or as the page's form sends it.
pub(crate) async fn read<T: serde::de::DeserializeOwned>(request: Request) -> Result<T, Refusal> {
    if is_form(&request) {
        let Form(value) = Form::from_request(request, &())
            .await
            .map_err(|error| Refusal::bad(error.body_text()))?;
        return Ok(value);
    }
    let Json(value) =
        Json::from_request(request, &()).await.map_err(|error| Refusal::bad(error.body_text()))?;
    Ok(value)
}

/// A form goes back to the page, a program gets a document.
pub(crate) fn done(form: bool, page: &str, document: Value) -> Response {
    if form { Redirect::to(page).into_response() } else { Json(document).into_response() }
}
