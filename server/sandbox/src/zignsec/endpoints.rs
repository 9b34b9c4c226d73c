//! The two calls: checks the request, asks the register, misbehaves when the CPR number asks for
//! it. Members of requests and answers are written exactly as published, other spellings do not
//! count.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, Uri, header};
use serde_json::{Map, Value, json};

use super::{
    INVALID_PERSONALNUMBER, INVALID_REQUEST, Problem, answer_id,
    book::{STATUSES, Service},
    numbers,
    triggers::Asks,
};
use crate::{request_log::Entry, world::Shared};

/// The pair that the page's prose promises to match. Its sample request has this PID with another
/// CPR number and prints a match as well; the prose is believed.
pub(crate) const MATCHING_PID: &str = "9208-2002-2-577168596796";
pub(crate) const MATCHING_CPR: &str = "1506093330";

type Answer = Result<Response, Problem>;

/// What a well-formed request asks.
struct Question {
    service: Service,
    /// Ten digits.
    cpr: String,
    pid: Option<String>,
    mock: bool,
}

/// `POST /v2/ekyc/matchpidcpr` and `POST /v2/ekyc/checkdkrofus`, in any letter case.
pub(super) async fn dispatch(
    State(world): State<Shared>,
    Extension(entry): Extension<Entry>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Answer {
    let service = match uri.path().to_ascii_lowercase().as_str() {
        "/v2/ekyc/matchpidcpr" => Service::MatchPidCpr,
        "/v2/ekyc/checkdkrofus" => Service::CheckDkRofus,
        _ => {
            return Err(Problem::new(
                StatusCode::NOT_FOUND,
                INVALID_REQUEST,
                "There is no such path.",
            ));
        }
    };
    if method != Method::POST {
        return Err(Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            INVALID_REQUEST,
            "This path takes POST only.",
        ));
    }
    let kind =
        headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(Problem::bad(INVALID_REQUEST, "The Content-Type must be application/json."));
    }
    let body = body.map_err(|error| {
        Problem::new(error.status(), INVALID_REQUEST, "The body cannot be read.")
    })?;
    let question = read(service, &body)?;
    world.log.name(entry, &question.cpr);
    answer(&world, &question).await
}

fn read(service: Service, body: &[u8]) -> Result<Question, Problem> {
    let body: Map<String, Value> = serde_json::from_slice(body).map_err(|error| {
        Problem::bad(INVALID_REQUEST, format!("The body is no JSON object: {error}."))
    })?;
    match service {
        Service::MatchPidCpr => {
            let (pid, cpr) = (text(&body, "Pid")?, text(&body, "Cpr")?);
            if !numbers::is_pid(pid) {
                // No code for a PID is published.
                return Err(Problem::bad(INVALID_REQUEST, format!("{pid} is an invalid PID.")));
            }
            Ok(Question { service, cpr: well_formed(cpr)?, pid: Some(pid.to_owned()), mock: false })
        }
        Service::CheckDkRofus => {
            let mock = match body.get("Environment") {
                None | Some(Value::Null) => false,
                Some(Value::String(environment)) => match environment.as_str() {
                    "Mock" => true,
                    "Test" | "Prod" => false,
                    other => {
                        return Err(Problem::bad(
                            INVALID_REQUEST,
                            format!("There is no Environment {other}."),
                        ));
                    }
                },
                Some(_) => return Err(Problem::bad(INVALID_REQUEST, "Environment must be text.")),
            };
            Ok(Question {
                service,
                cpr: well_formed(text(&body, "personalnumber")?)?,
                pid: None,
                mock,
            })
        }
    }
}

/// A number that came as a JSON number would have lost its first zero.
fn text<'a>(body: &'a Map<String, Value>, key: &str) -> Result<&'a str, Problem> {
    body.get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| Problem::bad(INVALID_REQUEST, format!("{key} must be text.")))
}

/// The description is the published one.
fn well_formed(cpr: &str) -> Result<String, Problem> {
    numbers::cpr(cpr).ok_or_else(|| {
        Problem::bad(INVALID_PERSONALNUMBER, format!("{cpr} is an invalid Danish CPR Number."))
    })
}

async fn answer(world: &Shared, question: &Question) -> Answer {
    let asks = Asks::of(&question.cpr);
    let calls = world.zignsec().count(question.service, &question.cpr);
    world.to_save.notify_one();
    match (asks, calls) {
        (Asks::Timeout, _) | (Asks::TimeoutOnce, 1) => return Ok(hang(world).await),
        (Asks::Unavailable, 1..=2) => {
            return Ok(page(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"));
        }
        (Asks::Throttled, 1) => {
            let body = Json(json!({ "Message": "Too many requests." }));
            return Ok(
                (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "2")], body).into_response()
            );
        }
        (Asks::Fails, _) => {
            return Ok((
                StatusCode::INTERNAL_SERVER_ERROR,
                Json(json!({ "Message": "An error has occurred." })),
            )
                .into_response());
        }
        (Asks::Html, _) => return Ok(page(StatusCode::OK, "It works!")),
        (Asks::Internal, _) => return Err(Problem::bad("Internal Exception", NO_OBJECT)),
        (Asks::NoConfig, _) => return Err(Problem::bad("MISSING_CONFIG", NO_CONFIG)),
        (Asks::NoConfigOn200, _) => {
            return Err(Problem::new(StatusCode::OK, "MISSING_CONFIG", NO_CONFIG));
        }
        (Asks::InvalidOn200, _) => {
            return Err(Problem::new(
                StatusCode::OK,
                INVALID_PERSONALNUMBER,
                format!("{} is an invalid Danish CPR Number.", question.cpr),
            ));
        }
        (Asks::NumericCode, _) => {
            return Err(Problem::new(StatusCode::BAD_REQUEST, 17, "The code is a number."));
        }
        _ => {}
    }
    let body = document(world, question, asks, calls);
    if asks == Asks::DoubledResult {
        let first = if question.service == Service::MatchPidCpr {
            json!({ "IsMatch": false })
        } else {
            json!({ "RofusStatus": STATUSES[2] })
        };
        let (first, rest) = (first.to_string(), body.to_string());
        let doubled = format!("{},{}", first.trim_end_matches('}'), &rest[1..]);
        return Ok(
            ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], doubled).into_response()
        );
    }
    if asks == Asks::Cut {
        let mut bytes = body.to_string().into_bytes();
        bytes.truncate(bytes.len() / 2);
        return Ok(
            ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], bytes).into_response()
        );
    }
    Ok(Json(body).into_response())
}

const NO_OBJECT: &str = "Object reference not set to an instance of an object.";
const NO_CONFIG: &str = "The account has no configuration for this service.";

/// `{id, errors, IsMatch}` or `{id, errors, RofusStatus}`, and what the number does to it.
fn document(world: &Shared, question: &Question, asks: Asks, calls: u32) -> Value {
    let (key, mut result) = match question.service {
        Service::MatchPidCpr => ("IsMatch", json!(is_match(question))),
        Service::CheckDkRofus => ("RofusStatus", json!(status(world, question, asks, calls))),
    };
    let mut errors = json!([]);
    match (asks, question.service) {
        (Asks::NullErrors, _) => errors = Value::Null,
        (Asks::TextResult, Service::MatchPidCpr) => result = json!("true"),
        (Asks::TextResult, Service::CheckDkRofus) => result = json!(0),
        (Asks::ListResult, Service::MatchPidCpr) => result = json!(["true"]),
        (Asks::ListResult, Service::CheckDkRofus) => result = json!([STATUSES[0]]),
        (Asks::DoubledResult, Service::MatchPidCpr) => result = json!(true),
        (Asks::UnknownStatus, Service::CheckDkRofus) => {
            result = json!("PersonIsRegisteredIndefinitely")
        }
        (Asks::InternalOn200, service) => {
            errors = json!([{ "code": "Internal Exception", "description": NO_OBJECT }]);
            result = if service == Service::MatchPidCpr { json!(true) } else { json!(STATUSES[0]) };
        }
        _ => {}
    }
    let mut body = json!({ "id": answer_id(), "errors": errors });
    if asks != Asks::NoResult {
        body[key] = result;
    }
    if asks == Asks::ExtraFields {
        body["isMatch"] = json!(true);
        body["rofusStatus"] = json!(STATUSES[2]);
        body["result"] = json!({ "Provider": "atlas", "Attempts": [1, 2] });
    }
    body
}

fn is_match(question: &Question) -> bool {
    question.pid.as_deref() == Some(MATCHING_PID) && question.cpr == MATCHING_CPR
}

fn status(world: &Shared, question: &Question, asks: Asks, calls: u32) -> &'static str {
    if question.mock {
        return world.zignsec().mock_status(world.options.seed);
    }
    match (asks, calls) {
        (Asks::Temporary, _) | (Asks::TemporaryEnds, 1) => STATUSES[1],
        (Asks::Permanent, _) | (Asks::PermanentLater, 2..) => STATUSES[2],
        _ => STATUSES[0],
    }
}

/// Nothing for a long time, then what a gateway would say.
async fn hang(world: &Shared) -> Response {
    world.sleep(world.options.hang_ms).await;
    page(StatusCode::GATEWAY_TIMEOUT, "Gateway Timeout")
}

fn page(status: StatusCode, title: &str) -> Response {
    (status, Html(format!("<!doctype html><title>{title}</title><h1>{title}</h1>"))).into_response()
}
