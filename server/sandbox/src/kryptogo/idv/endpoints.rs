//! One function for each endpoint of ID verification: checks the request, asks the book, misbehaves
//! when the expected name asks for it.

use std::collections::BTreeMap;

use axum::{
    Extension, Json,
    extract::{Path, State},
    response::{Html, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{StatusCode, header};
use serde_json::json;
use sha2::{Digest, Sha512};

use super::{
    super::{
        Book, Refusal, callbacks,
        endpoints::{Answer, Received, first_half, hang, no_points, received, unavailable},
        owed::About,
        triggers::Trigger,
    },
    bodies,
    book::{POINTS_PER_IDV, POINTS_TO_START},
    customer,
    images::{Picture, Slot},
    requests::{self, Asked, Way},
    triggers::{IdvTrigger, shared},
    verification::{Idv, SDK_LIFE_MS},
};
use crate::{
    pictures::{self, metadata::with_canary},
    request_log::Entry,
    text::{moment_of, now_ms},
    world::Shared,
};

/// "Create an IDV task": `POST /idv`.
pub(crate) async fn create(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    body: Received,
) -> Answer {
    let body = received(body)?;
    // Decoding up to 60 MB of pictures is too long for the other requests to wait.
    let read = tokio::task::spawn_blocking(move || requests::upload(&body)).await;
    let (asked, pictures) = read
        .map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error."))?
        .map_err(Refusal::bad)?;
    let idv = start(&world, entry, asked, pictures).await?;
    answer(&world, &idv, json!({ "idv_task_id": idv.id, "timestamp": idv.created_ms / 1_000 }))
        .await
}

/// "Initiating an IDV transaction for Web Verification": `POST /idv/init`. The timestamp is
/// documented as a number and really text.
pub(crate) async fn init(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    body: Received,
) -> Answer {
    let asked = requests::link(&received(body)?).map_err(Refusal::bad)?;
    let idv = start(&world, entry, asked, BTreeMap::new()).await?;
    let url = customer::address(&world.base_url, &idv);
    answer(
        &world,
        &idv,
        json!({ "timestamp": moment_of(idv.created_ms), "idv_task_id": idv.id, "url": url }),
    )
    .await
}

/// "Initiating an IDV transaction for mobile app verification": `POST /idv/account`.
pub(crate) async fn account(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    body: Received,
) -> Answer {
    let asked = requests::sdk(&received(body)?).map_err(Refusal::bad)?;
    let idv = start(&world, entry, asked, BTreeMap::new()).await?;
    answer(&world, &idv, json!({ "idv_task_id": idv.id, "sdk_token": idv.sdk_token, "timestamp": idv.created_ms / 1_000 })).await
}

/// Makes it, unless the name asks for a failure before that or the points do not suffice.
async fn start(
    world: &Shared,
    entry: Entry,
    asked: Asked,
    pictures: BTreeMap<Slot, Picture>,
) -> Result<Idv, Refusal> {
    if let Some(name) = &asked.expected.name {
        world.log.name(entry, name);
    }
    let trigger = asked.expected.name.as_deref().and_then(shared);
    let tries = world.change(|book| book.idv_try(&asked));
    match (trigger, tries) {
        (Some(Trigger::Create503), 1..=2) => return Err(unavailable()),
        (Some(Trigger::Create429), 1) => return Err(Refusal::too_many()),
        (Some(Trigger::Create402), _) => return Err(no_points()),
        (Some(Trigger::Create400), _) => {
            return Err(Refusal::bad("The sandbox refuses this name."));
        }
        (Some(Trigger::CreateTimeoutLost), 1) => return Err(hang(world).await),
        _ => {}
    }
    world.change(|book| {
        check_points(book, asked.way)?;
        let id = book.make_idv(asked, pictures, &world.options, now_ms());
        let idv = book.idvs.get_mut(id).ok_or_else(unknown)?;
        if idv.asked.way == Way::Sdk {
            idv.sdk_token = Some(sdk_token(idv));
        }
        Ok(idv.clone())
    })
}

/// Published for links and SDK tokens: more than 500 points. An upload must be paid at once.
fn check_points(book: &Book, way: Way) -> Result<(), Refusal> {
    if way == Way::Upload {
        return if book.points < POINTS_PER_IDV { Err(no_points()) } else { Ok(()) };
    }
    if book.points > POINTS_TO_START {
        return Ok(());
    }
    let message = format!(
        "More than {POINTS_TO_START} points must remain to perform this operation; there are {}.",
        book.points
    );
    Err(Refusal::new(StatusCode::PAYMENT_REQUIRED, message))
}

/// The answer of a creation, if the name does not ask for another.
async fn answer(world: &Shared, idv: &Idv, body: serde_json::Value) -> Answer {
    match idv.shared_trigger() {
        Some(Trigger::CreateTimeoutApplied) => return Err(hang(world).await),
        Some(Trigger::CreateBadAnswer) => {
            return Ok(
                Html("<!doctype html><title>Gateway</title><h1>It works!</h1>").into_response()
            );
        }
        Some(Trigger::CallbackEarly) => {
            let early = if idv.uploaded_ms.is_some() { super::PENDING } else { super::INITIAL };
            callbacks::try_once(world, About::Idv(idv.id), Some(early)).await;
        }
        _ => {}
    }
    Ok(Json(body).into_response())
}

/// Looks like a JSON Web Token; nobody can check its signature, as nobody can check Jumio's.
fn sdk_token(idv: &Idv) -> String {
    let issued = idv.created_ms / 1_000;
    let payload = json!({ "iss": "sandbox", "sub": idv.token, "iat": issued, "exp": issued + SDK_LIFE_MS / 1_000 });
    let header = r#"{"alg":"HS512","typ":"JWT"}"#;
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(payload.to_string())
    );
    let signature =
        Sha512::new().chain_update("a key that everybody knows").chain_update(&signed).finalize();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// "Get IDV task detail": `GET /idv/{id}`.
pub(crate) async fn get(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    Path(id): Path<String>,
) -> Answer {
    let id: i64 = id.parse().map_err(|_| Refusal::bad("The IDV id must be an integer."))?;
    let (idv, mut body) = world
        .current(|book, view| {
            let idv = book.idvs.get_mut(id)?;
            idv.reads += 1;
            let idv = idv.clone();
            let body = bodies::detail(&idv, book, view, None);
            Some((idv, body))
        })
        .ok_or_else(unknown)?;
    if let Some(name) = &idv.asked.expected.name {
        world.log.name(entry, name);
    }
    let bytes = match idv.shared_trigger() {
        Some(Trigger::Summary500) if idv.reads <= 3 => {
            return Err(Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal error."));
        }
        Some(Trigger::BadJson) => first_half(body.to_string()),
        Some(Trigger::BadJsonOnce) if idv.reads == 1 => first_half(body.to_string()),
        Some(Trigger::Huge) => {
            bodies::make_huge(&mut body);
            body.to_string().into_bytes()
        }
        _ => bodies::bytes_of(&body, idv.trigger()),
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// `GET /files/{hash}/{slot}`: a picture, to whoever knows the address.
pub(crate) async fn picture(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    Path((files, slot)): Path<(String, String)>,
) -> Answer {
    let found = Slot::ALL
        .into_iter()
        .find(|known| known.word() == slot)
        .and_then(|slot| Some((find_picture(&world, &files, slot)?, slot)));
    let Some(((idv, reads), slot)) = found else { return Err(gone()) };
    if let Some(name) = &idv.asked.expected.name {
        world.log.name(entry, name);
    }
    match idv.trigger().filter(|trigger| trigger.spoils_images()) {
        Some(IdvTrigger::ImageGone) => return Err(gone()),
        Some(IdvTrigger::ImageSlow) if reads == 1 => return Err(hang(&world).await),
        Some(IdvTrigger::ImageWrong) => return Ok(Html(pictures::html_page()).into_response()),
        Some(IdvTrigger::ImageBomb) => return Ok(typed("image/png", pictures::bomb())),
        _ => {}
    }
    match idv.pictures.get(&slot).filter(|picture| !picture.bytes.is_empty()) {
        // What has the metadata already comes back byte for byte.
        Some(picture) if picture.canary => Ok(typed(&picture.mime, picture.bytes.to_vec())),
        Some(picture) => Ok(typed(&picture.mime, with_canary(picture.bytes.to_vec()))),
        None => drawn(&world, &idv, slot).await,
    }
}

/// The verification with that picture, and how often it was asked for.
fn find_picture(world: &Shared, files: &str, slot: Slot) -> Option<(Idv, u32)> {
    let mut book = world.kryptogo();
    let id = book.idvs.find(|idv| idv.files == files && idv.slots().contains(&slot))?.id;
    let idv = book.idvs.get_mut(id)?;
    let reads = idv.picture_reads.entry(slot).or_default();
    *reads += 1;
    let reads = *reads;
    Some((idv.clone(), reads))
}

/// Draws what nobody sent, or what was sent before the last restart.
pub(super) async fn drawn(world: &Shared, idv: &Idv, slot: Slot) -> Answer {
    let (holder, side) = (idv.shown_holder(world.options.seed), slot.side());
    let bytes =
        tokio::task::spawn_blocking(move || pictures::draw(&holder, side)).await.ok().flatten();
    bytes.map(|bytes| typed(side.content_type(), bytes)).ok_or_else(gone)
}

fn typed(content_type: &str, bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, content_type)], Bytes::from(bytes)).into_response()
}

fn gone() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such file.")
}

fn unknown() -> Refusal {
    Refusal::new(StatusCode::NOT_FOUND, "There is no such IDV task.")
}
