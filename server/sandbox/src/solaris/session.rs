//! Plays IDnow's side that a customer sees, at the address of a requested identification: the
//! landing page, the agent's instructions one after the other, the ident code, the end. Plain pages
//! and forms; nobody needs a camera.

use axum::{
    Form, Router,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    Book, Variant,
    attempts::{self, Shown},
    identification::Identification,
    scenario::{CASES, Case, Step, Verdict, steps},
    words::{FAILURE_CODES, WITH_ADDRESS, failure_code},
};
use crate::{Options, holder::Kind, page::frame, text::escape, world::Shared};

/// The published static ident code.
const CODE: &str = "123456";
/// The published static mobile number; any that starts with 0 will do as well.
const NUMBER: &str = "+15550101";
/// The third wrong code ends the session.
const WRONG_CODES_MAX: u32 = 3;
/// What the agent asks for before the code, one pop-up each.
const INSTRUCTIONS: [&str; 5] = [
    "An agent welcomes you: you are identifying for a service of Solaris. Find a quiet, bright place.",
    "Hold the front of your document into the camera, then its back. Photos are taken.",
    "Tilt your document slowly, so that its security features can be seen.",
    "Look into the camera. A photo of your face is taken.",
    "Read out the number of your document, and say why you are here.",
];
/// The instruction after which an agent who aborts does so.
const ABORTS_AFTER: usize = 3;

/// A session that somebody plays by hand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    /// How many instructions were followed.
    followed: usize,
    wrong_codes: u32,
    running: bool,
    /// What the page was asked to lead to; `None` for what the names ask for.
    case: Option<Case>,
    reason: Option<String>,
}

/// Everything under `/customer/solaris`.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/customer/solaris/{company}/identifications/{id}", get(show).post(act))
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Filled {
    /// `start`, `continue`, `confirm` or `break off`.
    action: String,
    mobile_number: String,
    terms: Option<String>,
    privacy: Option<String>,
    document_ready: Option<String>,
    /// `passport`, or anything else for an identity card.
    document: String,
    /// A case's name, or nothing.
    outcome: String,
    /// A failure code, or nothing.
    reason: String,
    ident_code: String,
}

/// `GET`: where the session stands.
async fn show(State(world): State<Shared>, Path((_, id)): Path<(String, String)>) -> Response {
    match find(&world, &id) {
        Some((_, identification, now_ms)) => screen(&identification, now_ms, None),
        None => said(StatusCode::NOT_FOUND, "This address is not known."),
    }
}

/// `POST`: one step further; back to the page by 303, or 400 with the reason.
async fn act(
    State(world): State<Shared>,
    Path((_, id)): Path<(String, String)>,
    Form(filled): Form<Filled>,
) -> Response {
    let Some((variant, before, now_ms)) = find(&world, &id) else {
        return said(StatusCode::NOT_FOUND, "This address is not known.");
    };
    let result = world
        .change_solaris(variant, |book, now_ms| step(book, &id, &filled, now_ms, &world.options));
    match result {
        Ok(()) => Redirect::to(before.url.as_deref().unwrap_or("/")).into_response(),
        Err(sentence) => {
            let after = find(&world, &id).map_or(before, |(_, after, _)| after);
            (StatusCode::BAD_REQUEST, screen(&after, now_ms, Some(sentence))).into_response()
        }
    }
}

fn find(world: &Shared, id: &str) -> Option<(Variant, Identification, i64)> {
    Variant::ALL.into_iter().find_map(|variant| {
        world.solaris(variant, |book, now_ms| {
            book.identification(id).map(|found| (variant, found.clone(), now_ms))
        })
    })
}

/// Where the customer is.
enum Place {
    Start,
    Following(usize),
    Code,
    /// Over, with the sentence that says so.
    Over(&'static str),
    Gone(&'static str),
}

fn place(of: &Identification, now_ms: i64) -> Place {
    let retry = matches!(of.status.as_str(), "aborted" | "canceled");
    match &of.session {
        _ if of.url_ends_ms.is_none() => Place::Gone("This identification was not requested yet."),
        Some(session) if session.running && of.is_open(now_ms) => {
            if session.followed < INSTRUCTIONS.len() {
                Place::Following(session.followed)
            } else {
                Place::Code
            }
        }
        Some(session) if !session.running && !retry => Place::Over(match of.status.as_str() {
            "failed" => "The identification was not successful.",
            "pending" => "Thank you. The result and your signed documents will come later.",
            _ => "The identification was successful.",
        }),
        None if !of.steps.is_empty() => {
            Place::Gone("This session plays itself; there is nothing to do here.")
        }
        _ if of.is_open(now_ms) => Place::Start,
        _ if of.status == "pending" || retry => Place::Gone("This address has expired."),
        _ => Place::Gone("This identification is over; the address cannot be used again."),
    }
}

/// What the form asks for, or why it cannot be.
fn step(
    book: &mut Book,
    id: &str,
    filled: &Filled,
    now_ms: i64,
    options: &Options,
) -> Result<(), &'static str> {
    let index = book
        .identifications
        .iter()
        .position(|other| other.id == id)
        .ok_or("This address is not known.")?;
    match (filled.action.as_str(), place(&book.identifications[index], now_ms)) {
        (_, Place::Gone(sentence) | Place::Over(sentence)) => Err(sentence),
        ("start", Place::Start) => start(book, index, filled, now_ms, options),
        ("continue", Place::Following(_)) => {
            follow(book, index, now_ms, options);
            Ok(())
        }
        ("confirm", Place::Code) => confirm(book, index, &filled.ident_code, now_ms, options),
        ("break off", Place::Following(_) | Place::Code) => {
            abort(book, index, "USER_CANCELLATION", now_ms, options);
            Ok(())
        }
        _ => Err("This is not what comes next; the page shows where the session stands."),
    }
}

fn start(
    book: &mut Book,
    index: usize,
    filled: &Filled,
    now_ms: i64,
    options: &Options,
) -> Result<(), &'static str> {
    let number: String =
        filled.mobile_number.chars().filter(|sign| !matches!(sign, ' ' | '-' | '/')).collect();
    let is_domestic = number.len() > 5
        && number.starts_with('0')
        && number.bytes().all(|byte| byte.is_ascii_digit());
    if number != NUMBER && !is_domestic {
        return Err("Enter a mobile number that starts with 0, or +15550101.");
    }
    if [&filled.terms, &filled.privacy, &filled.document_ready].into_iter().any(Option::is_none) {
        return Err("Check all boxes.");
    }
    let case = match filled.outcome.trim() {
        "" => None,
        name => Some(Case::of(name).ok_or("There is no such outcome.")?),
    };
    let reason = match filled.reason.trim() {
        "" => None,
        name => Some(failure_code(name).ok_or("There is no such reason.")?.to_owned()),
    };
    let identification = &mut book.identifications[index];
    identification.shown = Shown { mobile_number: number, passport: filled.document == "passport" };
    identification.session =
        Some(Session { followed: 0, wrong_codes: 0, running: true, case, reason });
    if identification.status != "pending" {
        book.move_to(index, "pending", None, now_ms, options);
    }
    Ok(())
}

/// The case of the page, of the names, or the believable default.
fn case(book: &Book, index: usize) -> (Case, Option<String>) {
    let identification = &book.identifications[index];
    let script = book.person(&identification.person_id).and_then(|person| person.script.clone());
    let chosen =
        identification.session.as_ref().map(|session| (session.case, session.reason.clone()));
    let (case, reason) = chosen.unwrap_or_default();
    let case = case.or_else(|| script.as_ref().map(|script| script.case));
    (case.unwrap_or(Case::HappyPath), reason.or_else(|| script.and_then(|script| script.reason)))
}

fn follow(book: &mut Book, index: usize, now_ms: i64, options: &Options) {
    let Some(session) = book.identifications[index].session.as_mut() else { return };
    session.followed += 1;
    if session.followed < ABORTS_AFTER {
        return;
    }
    match case(book, index) {
        (Case::AbortIdent, reason) => {
            abort(book, index, reason.as_deref().unwrap_or("TECH_VIDEO"), now_ms, options)
        }
        // Published: without the address on the document a proof of it is mandatory.
        _ if lacks_address(book, index, options) => {
            abort(book, index, "OTHER_MISCELLANEOUS_TEMPORARY", now_ms, options)
        }
        _ => {}
    }
}

/// Somebody without a scenario shows a document without an address and has given no proof of it.
fn lacks_address(book: &Book, index: usize, options: &Options) -> bool {
    let identification = &book.identifications[index];
    let Some(person) = book.person(&identification.person_id) else { return false };
    let chosen = identification.session.as_ref().is_some_and(|session| session.case.is_some());
    if person.script.is_some() || chosen || identification.proof_of_address_type.is_some() {
        return false;
    }
    let holder = attempts::holder(options.seed, person, identification.shown.passport);
    let kind = if holder.kind == Kind::Passport { "PASSPORT" } else { "IDCARD" };
    let country = attempts::country(&holder.country);
    !WITH_ADDRESS.iter().any(|known| known.kind == kind && known.country == country)
}

fn confirm(
    book: &mut Book,
    index: usize,
    code: &str,
    now_ms: i64,
    options: &Options,
) -> Result<(), &'static str> {
    if code.trim() == CODE {
        let (case, reason) = case(book, index);
        let steps = steps(case, reason.as_deref(), now_ms, options);
        end(book, index, steps, now_ms, options);
        return Ok(());
    }
    let Some(session) = book.identifications[index].session.as_mut() else { return Ok(()) };
    session.wrong_codes += 1;
    if session.wrong_codes < WRONG_CODES_MAX {
        return Err("This is not the ident code.");
    }
    abort(book, index, "USER_IDENT_CODE", now_ms, options);
    Ok(())
}

fn abort(book: &mut Book, index: usize, reason: &str, at_ms: i64, options: &Options) {
    let step =
        Step { at_ms, verdict: Verdict::Aborted, reason: Some(reason.to_owned()), changed: false };
    end(book, index, vec![step], at_ms, options);
}

fn end(book: &mut Book, index: usize, steps: Vec<Step>, now_ms: i64, options: &Options) {
    let identification = &mut book.identifications[index];
    if let Some(session) = identification.session.as_mut() {
        session.running = false;
    }
    identification.steps = steps;
    book.advance(now_ms, options);
}

fn said(status: StatusCode, sentence: &str) -> Response {
    (status, frame("Video identification", "", &format!("<p>{}</p>", escape(sentence))))
        .into_response()
}

fn screen(of: &Identification, now_ms: i64, wrong: Option<&str>) -> Response {
    let main = match place(of, now_ms) {
        Place::Gone(sentence) => return said(StatusCode::GONE, sentence),
        Place::Over(sentence) => return said(StatusCode::OK, sentence),
        Place::Start => start_form(of),
        Place::Following(at) => format!(
            "<h2>Step {} of {}</h2><p>{}</p><form method=\"post\"><button name=\"action\" value=\"continue\">Continue</button></form>{}",
            at + 1,
            INSTRUCTIONS.len(),
            INSTRUCTIONS[at],
            break_off(),
        ),
        Place::Code => format!(
            "<h2>Confirm the identification</h2><p>A code was sent to {}. (It is always {CODE}.)</p><form method=\"post\">\
             <p><label>Ident code <input name=\"ident_code\" inputmode=\"numeric\" autocomplete=\"one-time-code\" required></label></p>\
             <button name=\"action\" value=\"confirm\">Confirm</button></form>{}",
            escape(&of.shown.mobile_number),
            break_off(),
        ),
    };
    let wrong = wrong
        .map(|sentence| format!("<p role=\"alert\"><strong>{}</strong></p>", escape(sentence)))
        .unwrap_or_default();
    let language = if of.language.as_deref() == Some("DE") {
        "The call is in German."
    } else {
        "The call is in English."
    };
    frame(
        "Video identification",
        "",
        &format!(
            "<p>You are identifying for a service of Solaris. {language} (The sandbox plays IDnow's page and its agent.)</p>{wrong}{main}"
        ),
    )
}

fn break_off() -> &'static str {
    "<form method=\"post\"><button name=\"action\" value=\"break off\">Break off</button></form>"
}

fn start_form(of: &Identification) -> String {
    let before = match &of.failure_reason {
        Some(reason) => format!(
            "<p>The session before this one came to nothing ({}). You can try again.</p>",
            escape(reason)
        ),
        None => String::new(),
    };
    let option = |value: &str, label: &str| format!("<option value=\"{value}\">{label}</option>");
    let cases: String = CASES
        .iter()
        .filter(|(case, ..)| *case != Case::HoldCertificate)
        .map(|(_, name, _)| option(name, name))
        .collect();
    let reasons: String =
        FAILURE_CODES.iter().map(|known| option(&known.code, &known.code)).collect();
    let boxes: String = [
        ("terms", "I agree to IDnow's terms and conditions."),
        ("privacy", "I agree to the recording and to how my data are processed."),
        ("document_ready", "I have a valid document at hand."),
    ]
    .iter()
    .map(|(name, label)| format!("<p><label><input type=\"checkbox\" name=\"{name}\" value=\"on\" required> {label}</label></p>"))
    .collect();
    format!(
        "{before}<form method=\"post\"><p><label>Mobile number (starts with 0, or {NUMBER})<br>\
         <input name=\"mobile_number\" type=\"tel\" value=\"{NUMBER}\" required></label></p>{boxes}\
         <p><label>Document <select name=\"document\"><option value=\"card\">Identity card</option>\
         <option value=\"passport\">Passport</option></select></label></p>\
         <fieldset><legend>For who explores</legend><p><label>Outcome <select name=\"outcome\"><option value=\"\">as the names ask for</option>\
         {cases}</select></label></p><p><label>Reason, when it is aborted or canceled <select name=\"reason\"><option value=\"\">the usual one</option>\
         {reasons}</select></label></p></fieldset>\
         <p><button name=\"action\" value=\"start\">Start identification</button></p></form>"
    )
}
