//! The part of `/control` that is about Solaris: its books, and everything that makes webhooks and
//! identifications behave as they do on a bad day.

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::Response,
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    control::{done, is_form, read},
    refusal::Refusal,
    solaris::{Book, Identification, Replay, Variant, failure_code},
    world::Shared,
};

type Answer = Result<Response, Refusal>;

/// Everything under `/control/solaris`.
pub(super) fn routes() -> Router<Shared> {
    Router::new()
        .route("/persons", get(persons))
        .route("/persons/{id}/delete", post(delete_person))
        .route("/persons/{id}/rename", post(rename_person))
        .route("/identifications", get(identifications))
        .route("/identifications/{id}/state", post(force))
        .route("/identifications/{id}/reorder", post(reorder))
        .route("/webhooks", get(webhooks))
        .route("/webhooks/{id}/secret", post(set_secret))
        .route("/deliveries", get(deliveries))
        .route("/deliveries/{number}/replay", post(replay))
        .route("/events", post(send_event))
        .route("/tokens/expire", post(expire_tokens))
}

/// The same list of both banks.
fn both(world: &Shared, list: impl Fn(&Book) -> Vec<Value>) -> Json<Vec<Value>> {
    let mut all = Vec::new();
    for variant in Variant::ALL {
        let items = world.solaris(variant, |book, _| list(book));
        all.extend(items.into_iter().map(|mut item| {
            item["variant"] = json!(variant);
            item
        }));
    }
    Json(all)
}

/// Changes the book that knows the thing.
fn change<T>(world: &Shared, mut write: impl FnMut(&mut Book, i64) -> Option<T>) -> Option<T> {
    Variant::ALL.into_iter().find_map(|variant| world.change_solaris(variant, &mut write))
}

fn unknown(what: &str) -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, format!("There is no such {what}."))
}

/// `GET /control/solaris/persons`: the documents, oldest first, with `creates`, the number of
/// persons with the same names (two means created twice).
async fn persons(State(world): State<Shared>) -> Json<Vec<Value>> {
    both(&world, |book| {
        let shown = book.persons.iter().map(|person| {
            let same = |other: &&crate::solaris::Person| {
                (&other.first_name, &other.last_name) == (&person.first_name, &person.last_name)
            };
            let mut shown = person.shown();
            shown["created_ms"] = json!(person.created_ms);
            shown["creates"] = json!(book.persons.iter().filter(same).count());
            shown
        });
        shown.collect()
    })
}

/// `GET /control/solaris/identifications`: the documents, oldest first, with what lies before them.
async fn identifications(State(world): State<Shared>) -> Json<Vec<Value>> {
    let overview = |one: &Identification, creates: usize| {
        let mut shown = one.shown();
        shown["person_id"] = json!(one.person_id);
        shown["created_ms"] = json!(one.created_ms);
        shown["failure_reason"] = json!(one.failure_reason);
        shown["attempts"] = json!(one.attempts.len());
        shown["steps"] = json!(one.steps);
        shown["creates"] = json!(creates);
        shown
    };
    both(&world, |book| {
        let creates = |one: &Identification| {
            book.identifications.iter().filter(|other| other.person_id == one.person_id).count()
        };
        book.identifications.iter().map(|one| overview(one, creates(one))).collect()
    })
}

#[derive(Deserialize)]
struct Forced {
    status: String,
    #[serde(default)]
    reason: String,
}

/// `POST /control/solaris/identifications/{id}/state {status, reason?}`: any status, at once, with
/// its webhook; whatever lay before the identification is off. 400 for a reason that does not
/// exist.
async fn force(State(world): State<Shared>, Path(id): Path<String>, request: Request) -> Answer {
    let form = is_form(&request);
    let Forced { status, reason } = read(request).await?;
    let reason = match reason.trim() {
        "" => None,
        name => Some(
            failure_code(name).ok_or_else(|| Refusal::bad("There is no such reason."))?.to_owned(),
        ),
    };
    if status.trim().is_empty() {
        return Err(Refusal::bad("status must not be empty."));
    }
    let forced = change(&world, |book, now_ms| {
        let index = book.identifications.iter().position(|one| one.id == id)?;
        book.identifications[index].steps.clear();
        book.move_to(index, status.trim(), reason.clone(), now_ms, &world.options);
        Some(())
    });
    forced.ok_or_else(|| unknown("identification"))?;
    Ok(done(form, "/#solaris-identifications", json!({ "id": id, "status": status.trim() })))
}

/// `POST /control/solaris/identifications/{id}/reorder`: all its webhooks once more, newest first.
async fn reorder(State(world): State<Shared>, Path(id): Path<String>, request: Request) -> Answer {
    let form = is_form(&request);
    let sent = change(&world, |book, now_ms| {
        book.identification(&id)?;
        Some(book.deliveries.reverse(&id, now_ms))
    });
    let sent = sent.ok_or_else(|| unknown("identification"))?;
    Ok(done(form, "/#solaris-deliveries", json!({ "deliveries": sent })))
}

/// `POST /control/solaris/persons/{id}/delete`: erased, and PERSON_DELETED is sent.
async fn delete_person(
    State(world): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let form = is_form(&request);
    let deleted = change(&world, |book, now_ms| {
        book.delete_person(&id, now_ms, &world.options).then_some(())
    });
    deleted.ok_or_else(|| unknown("person"))?;
    Ok(done(form, "/#solaris-identifications", json!({ "id": id, "deleted": true })))
}

/// `POST /control/solaris/persons/{id}/rename {first_name, …}`: other data, as the bank's own staff
/// sets them, and PERSON_CHANGED is sent.
async fn rename_person(
    State(world): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let form = is_form(&request);
    let set: serde_json::Map<String, Value> = read(request).await?;
    let changed = change(&world, |book, now_ms| {
        book.person_mut(&id)?.set(&set);
        book.person_changed(&id, now_ms, &world.options);
        Some(())
    });
    changed.ok_or_else(|| unknown("person"))?;
    Ok(done(form, "/#solaris-identifications", json!({ "id": id, "changed": true })))
}

/// `GET /control/solaris/webhooks`: with their secrets; canceled ones too.
async fn webhooks(State(world): State<Shared>) -> Json<Vec<Value>> {
    both(&world, |book| {
        let shown = book.webhooks.iter().map(|webhook| {
            let mut shown = webhook.shown(true);
            shown["canceled"] = json!(webhook.canceled);
            shown["created_ms"] = json!(webhook.created_ms);
            shown
        });
        shown.collect()
    })
}

#[derive(Deserialize)]
struct Secret {
    secret: String,
}

/// `POST /control/solaris/webhooks/{id}/secret {secret}`: from now on it signs with this one; with
/// none when it is empty.
async fn set_secret(
    State(world): State<Shared>,
    Path(id): Path<String>,
    request: Request,
) -> Answer {
    let form = is_form(&request);
    let Secret { secret } = read(request).await?;
    let set = change(&world, |book, _| {
        let webhook = book.webhooks.iter_mut().find(|webhook| webhook.id == id)?;
        webhook.secret = Some(secret.clone()).filter(|secret| !secret.is_empty());
        Some(())
    });
    set.ok_or_else(|| unknown("webhook"))?;
    Ok(done(form, "/#solaris", json!({ "id": id })))
}

/// `GET /control/solaris/deliveries`: what was sent or will be, oldest first.
async fn deliveries(State(world): State<Shared>) -> Json<Vec<Value>> {
    both(&world, |book| book.deliveries.all().map(crate::solaris::Delivery::shown).collect())
}

#[derive(Deserialize)]
struct Again {
    how: Replay,
    /// Numbers are each bank's own.
    #[serde(default)]
    variant: Variant,
}

/// `POST /control/solaris/deliveries/{number}/replay {how, variant?}`: `again`, `twice`, `late`,
/// `stale` or `forged`.
async fn replay(State(world): State<Shared>, Path(number): Path<u64>, request: Request) -> Answer {
    let form = is_form(&request);
    let Again { how, variant } = read(request).await?;
    if !world.change_solaris(variant, |book, now_ms| {
        book.deliveries.replay(number, how, now_ms, &world.options)
    }) {
        return Err(unknown("delivery"));
    }
    Ok(done(form, "/#solaris-deliveries", json!({ "number": number })))
}

#[derive(Deserialize)]
struct Event {
    event_type: String,
    #[serde(default)]
    entity_id: String,
    #[serde(default)]
    body: Option<Value>,
    #[serde(default)]
    variant: Variant,
}

/// `POST /control/solaris/events {event_type, entity_id?, body?, variant?}`: any event, also one
/// that nobody documented, to every subscription, whatever it is for.
async fn send_event(State(world): State<Shared>, request: Request) -> Answer {
    let form = is_form(&request);
    let event: Event = read(request).await?;
    let body = event.body.clone().unwrap_or_else(|| json!({}));
    if event.event_type.is_empty()
        || !event.event_type.bytes().all(|byte| byte.is_ascii_graphic())
        || !event.entity_id.is_ascii()
    {
        return Err(Refusal::bad(
            "event_type and entity_id must be words that a header can carry.",
        ));
    }
    let sent = world.change_solaris(event.variant, |book, now_ms| {
        book.deliveries.push_anyway(
            &event.event_type,
            &event.entity_id,
            &body,
            now_ms,
            &book.webhooks,
        )
    });
    Ok(done(form, "/#solaris-deliveries", json!({ "deliveries": sent })))
}

/// `POST /control/solaris/tokens/expire`: every token is refused from now on.
async fn expire_tokens(State(world): State<Shared>, request: Request) -> Response {
    let form = is_form(&request);
    let tokens = std::mem::take(&mut world.banks().tokens).len();
    done(form, "/#solaris", json!({ "tokens": tokens }))
}
