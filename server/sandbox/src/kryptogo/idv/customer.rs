//! Plays the customer's side of a link or of an app with the SDK, at `/customer`: plain pages and
//! forms, in English whatever the locale. Pictures are drawn, nobody needs a camera.

use axum::{
    Form, Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::StatusCode;
use serde::Deserialize;

use super::{endpoints, images::Slot, requests::Way, triggers::IDV_TRIGGERS, verification::Idv};
use crate::{
    page::frame,
    text::{escape, now_ms},
    world::Shared,
};

/// Everything under `/customer`.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/customer/sdk", get(ask_for_token).post(open_token))
        .route("/customer/{token}", get(show).post(finish))
        .route("/customer/{token}/{slot}", get(preview))
}

/// Where the customer of a link goes.
pub(crate) fn address(base_url: &str, idv: &Idv) -> String {
    format!("{base_url}/customer/{}", idv.token)
}

#[derive(Default, Deserialize)]
struct Choice {
    /// `taken` shows the pictures.
    #[serde(default)]
    pictures: String,
    /// A name of the triggers, or nothing.
    #[serde(default)]
    outcome: String,
    /// `finish` or `give up`.
    #[serde(default)]
    action: String,
}

/// `GET /customer/{token}`.
async fn show(
    State(world): State<Shared>,
    Path(token): Path<String>,
    Query(choice): Query<Choice>,
) -> Response {
    let idv = match open(&world, &token) {
        Ok(idv) => idv,
        Err(sentence) => return sentence.into_response(),
    };
    let form = if choice.pictures == "taken" {
        pictures_form(&idv, &choice.outcome)
    } else {
        start_form()
    };
    let main = format!("{}{form}{}", request(&idv), give_up_form());
    frame("Identity verification", "", &main)
}

/// `POST /customer/{token}`: back to where the link's maker wants the customer.
async fn finish(
    State(world): State<Shared>,
    Path(token): Path<String>,
    Form(choice): Form<Choice>,
) -> Response {
    let idv = match open(&world, &token) {
        Ok(idv) => idv,
        Err(sentence) => return sentence.into_response(),
    };
    let outcome = Some(choice.outcome.trim().to_owned()).filter(|name| !name.is_empty());
    let (done, next, words) = match choice.action.as_str() {
        "finish" => (
            world.change(|book| book.upload_idv(idv.id, outcome, &world.options, now_ms())),
            idv.asked.success_url,
            "Thank you. Your pictures have arrived; you can close this page.",
        ),
        "give up" => (
            world.change(|book| book.give_up_idv(idv.id, &world.options, now_ms())),
            idv.asked.error_url,
            "You have given up. No picture was sent; you can close this page.",
        ),
        _ => {
            return Sentence(
                StatusCode::BAD_REQUEST,
                "The form must say whether to finish or to give up.",
            )
            .into_response();
        }
    };
    match next {
        _ if !done => USED.into_response(),
        Some(url) => Redirect::to(&url).into_response(),
        None => Sentence(StatusCode::OK, words).into_response(),
    }
}

/// `GET /customer/{token}/{slot}`: what the camera would see.
async fn preview(
    State(world): State<Shared>,
    Path((token, slot)): Path<(String, String)>,
) -> Response {
    let slot = Slot::ALL.into_iter().find(|known| known.word() == slot);
    match (open(&world, &token), slot) {
        (Ok(idv), Some(slot)) => endpoints::drawn(&world, &idv, slot).await.into_response(),
        (Err(sentence), _) => sentence.into_response(),
        (_, None) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// `GET /customer/sdk`: an app gets its token from the desk's own app; here it is pasted.
async fn ask_for_token() -> Response {
    let main = "<p>Paste the SDK token that an app would start the verification with.</p>\
         <form method=\"post\" action=\"/customer/sdk\"><p><label>SDK token<br><textarea name=\"sdk_token\" rows=\"6\" cols=\"60\" required></textarea></label></p>\
         <button>Start</button></form>";
    frame("Identity verification by app", "", main)
}

#[derive(Deserialize)]
struct Pasted {
    sdk_token: String,
}

/// `POST /customer/sdk`: goes on to the same page as a link's.
async fn open_token(State(world): State<Shared>, Form(pasted): Form<Pasted>) -> Response {
    let pasted: String = pasted.sdk_token.split_whitespace().collect();
    let token = world.look(|book| {
        book.idvs.find(|idv| idv.sdk_token.as_ref() == Some(&pasted)).map(|idv| idv.token.clone())
    });
    match token {
        Some(token) => Redirect::to(&format!("/customer/{token}")).into_response(),
        None => UNKNOWN.into_response(),
    }
}

/// A page with one sentence.
struct Sentence(StatusCode, &'static str);

const UNKNOWN: Sentence = Sentence(StatusCode::NOT_FOUND, "This link or token is not known.");
const USED: Sentence = Sentence(
    StatusCode::GONE,
    "This verification is over; the link or token cannot be used again.",
);
const EXPIRED: Sentence = Sentence(StatusCode::GONE, "This link or token has expired.");

impl IntoResponse for Sentence {
    fn into_response(self) -> Response {
        let page = frame("Identity verification", "", &format!("<p>{}</p>", self.1));
        (self.0, page).into_response()
    }
}

/// The verification that still waits for its customer.
fn open(world: &Shared, token: &str) -> Result<Idv, Sentence> {
    let now_ms = now_ms();
    let idv = world
        .look(|book| {
            book.idvs.find(|idv| idv.asked.way != Way::Upload && idv.token == token).cloned()
        })
        .ok_or(UNKNOWN)?;
    match (idv.waits_for_customer(), idv.is_open(now_ms)) {
        (false, _) => Err(USED),
        (true, false) => Err(EXPIRED),
        (true, true) => Ok(idv),
    }
}

fn request(idv: &Idv) -> String {
    let text = |value: Option<&str>| escape(value.unwrap_or("-"));
    format!(
        "<p><strong>Sandbox Desk</strong> asks you to show who you are. (The sandbox plays the provider's page.)</p><dl>\
         <dt>Name</dt><dd dir=\"auto\">{}</dd><dt>Document</dt><dd>{} {}</dd><dt>Reference</dt><dd>{}</dd><dt>Language</dt><dd>{}</dd></dl>",
        text(idv.asked.expected.name.as_deref()),
        escape(&idv.asked.country),
        idv.asked.kind.map_or("of your choice", |kind| kind.word()),
        text(idv.asked.customer_reference.as_deref()),
        text(idv.asked.locale.as_deref()),
    )
}

/// A form without side effects: it only leads to the pictures.
fn start_form() -> String {
    let whole =
        IDV_TRIGGERS.iter().filter(|(trigger, ..)| trigger.is_some()).map(|(_, name, _)| *name);
    let examples = ["Test Idv Review 501", "Test Idv Reject 107"];
    let names: String = examples
        .into_iter()
        .chain(whole)
        .map(|name| format!("<option value=\"{}\">", escape(name)))
        .collect();
    format!(
        "<form method=\"get\"><input type=\"hidden\" name=\"pictures\" value=\"taken\">\
         <p><label>Outcome, when it is not the expected name's (any name of the triggers)<br>\
         <input name=\"outcome\" list=\"outcomes\" size=\"40\"></label><datalist id=\"outcomes\">{names}</datalist></p>\
         <button>Take the pictures</button></form>"
    )
}

fn pictures_form(idv: &Idv, outcome: &str) -> String {
    let shown = |slot: Slot| {
        let word = slot.word();
        format!(
            "<img src=\"/customer/{}/{word}\" alt=\"{}\" width=\"320\"> ",
            idv.token,
            word.replace('_', " ")
        )
    };
    let pictures: String = idv.asked_slots().into_iter().map(shown).collect();
    format!(
        "<p>{pictures}</p><form method=\"post\"><input type=\"hidden\" name=\"outcome\" value=\"{}\">\
         <button name=\"action\" value=\"finish\">Send the pictures and finish</button></form>",
        escape(outcome)
    )
}

fn give_up_form() -> &'static str {
    "<form method=\"post\"><button name=\"action\" value=\"give up\">Give up</button></form>"
}
