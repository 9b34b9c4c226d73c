//! `POST /token`: polls of CIBA, client credentials, JWT bearer; and what a token is good for.

use axum::{
    Extension, Json,
    body::Bytes,
    extract::{OriginalUri, State, rejection::BytesRejection},
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Map, Value, json};

use crate::{
    camara::{Operator, book::Step, in_seconds, is_number, triggers::Trigger},
    text::now_ms,
    world::Shared,
};

use super::{
    Refused, assertion,
    client::{self, Client},
    form::Posted,
    scope::{SERVED, Scope},
};

const CIBA: &str = "urn:openid:params:grant-type:ciba";
const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Seconds that a token lives, unless a number asks for less.
const LIFE_S: i64 = 3_600;

/// What a token opens.
#[derive(Clone, Debug)]
pub(in crate::camara) struct Token {
    pub operator: &'static str,
    /// The customer's, when the token is about one; a client on its own behalf has none.
    pub number: Option<String>,
    /// Whether every number is the persona.
    pub mock: bool,
    scopes: Vec<String>,
    /// UTC milliseconds.
    pub expires_ms: i64,
}

impl Token {
    /// The ready token of mock mode.
    pub fn published(operator: &Operator) -> Token {
        let scopes = SERVED.map(str::to_owned).to_vec();
        Token { operator: operator.name, number: None, mock: true, scopes, expires_ms: i64::MAX }
    }

    pub fn grants(&self, scope: &str) -> bool {
        self.scopes.iter().any(|granted| granted == scope)
    }
}

/// Answers `{access_token, token_type, expires_in, scope}` and, when there is one, `purpose`.
pub(in crate::camara) async fn token(
    State(world): State<Shared>,
    Extension(operator): Extension<&'static Operator>,
    uri: OriginalUri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let request = Request { world: &world, operator, headers: &headers };
    let posted = Posted::read(&world.base_url, &uri, &headers, body);
    posted
        .and_then(|posted| request.answer(&posted))
        .unwrap_or_else(|refused| refused.answer(operator))
}

struct Request<'a> {
    world: &'a Shared,
    operator: &'static Operator,
    headers: &'a HeaderMap,
}

/// What a token is to be made of.
struct Grant {
    client: Client,
    number: Option<String>,
    scope: Scope,
}

impl Request<'_> {
    fn answer(&self, posted: &Posted) -> Result<Response, Refused> {
        let grant_type = posted.get("grant_type");
        let client = if grant_type == Some(JWT_BEARER) && !client::is_tried(self.headers, posted) {
            None
        } else {
            Some(client::authenticate(self.world, self.headers, posted)?)
        };
        match (grant_type, client) {
            (None, _) => Err(Refused::invalid_request("grant_type is missing")),
            (Some(CIBA), Some(client)) => self.poll(&client, posted.need("auth_req_id")?),
            (Some("client_credentials"), Some(client)) => {
                let scope = posted.get("scope").map_or_else(|| Ok(Scope::usual()), Scope::read)?;
                client.may(&scope)?;
                Ok(self.issue(Grant { client, number: None, scope }))
            }
            (Some(JWT_BEARER), client) => self.by_assertion(client.as_ref(), posted),
            _ => Err(Refused::bad("unsupported_grant_type", "this grant_type is not served")),
        }
    }

    /// CIBA: pending until the customer (here: the number) has answered. Polls before the announced
    /// interval is over are answered `slow_down`; the five more seconds of the standard are the
    /// client's duty and not enforced.
    fn poll(&self, client: &Client, id: &str) -> Result<Response, Refused> {
        let now = now_ms();
        let mut book = self.world.camara().book();
        let unknown = || Refused::bad("invalid_grant", "there is no such auth_req_id");
        let pending = book
            .pending
            .get_mut(id)
            .filter(|pending| pending.client == *client && pending.operator == self.operator.name);
        let pending = pending.ok_or_else(unknown)?;
        if pending.expires_ms <= now {
            return Err(Refused::bad("expired_token", "the auth_req_id has expired"));
        }
        let last = pending.polled_ms.replace(now);
        if last.is_some_and(|last| now - last < pending.interval_s * 1_000) {
            return Err(Refused::bad("slow_down", "polled before the interval was over"));
        }
        pending.polls += 1;
        let (trigger, polls, number) =
            (Trigger::of(&pending.number), pending.polls, pending.number.clone());
        match (trigger, polls) {
            (Some(Trigger::PendingTwice), 1..=2) | (Some(Trigger::PendingForever), _) => {
                return Err(Refused::bad(
                    "authorization_pending",
                    "the customer has not answered yet",
                ));
            }
            (Some(Trigger::SlowDown), 1) => {
                return Err(Refused::bad("slow_down", "ask less often"));
            }
            (Some(Trigger::Token500), _)
                if book.attempt(Step::Token, self.operator, &number) == 1 =>
            {
                return Err(Refused::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "server_error",
                    "something went wrong",
                ));
            }
            _ => {}
        }
        let pending = book.pending.remove(id).ok_or_else(unknown)?;
        drop(book);
        let denied = || Refused::bad("access_denied", "the customer does not allow this");
        match trigger {
            Some(Trigger::DeniedLater) => Err(denied()),
            Some(Trigger::DeniedLaterCodeMessage) => Err(denied().with_code_and_message()),
            _ => Ok(self.issue(Grant {
                client: pending.client,
                number: Some(pending.number),
                scope: pending.scope,
            })),
        }
    }

    /// JWT bearer: `assertion` names client, customer and scope; a `scope` parameter has no place.
    fn by_assertion(&self, client: Option<&Client>, posted: &Posted) -> Result<Response, Refused> {
        if posted.get("scope").is_some() {
            return Err(Refused::invalid_request("the scope belongs into the assertion"));
        }
        let text = posted.need("assertion")?;
        let invalid = |what: String| Refused::bad("invalid_grant", what);
        let claims = assertion::claims(&mut self.world.camara().book(), &posted.addresses, text)
            .map_err(invalid)?;
        if client.is_some_and(|client| client.id != claims.client) {
            return Err(invalid("iss is another client".into()));
        }
        let client = Client { id: claims.client };
        let scope = Scope::read_with_purpose(claims.scope.as_deref().unwrap_or_default())?;
        client.may(&scope)?;
        let number = claims.subject.strip_prefix("tel:").filter(|number| is_number(number));
        let number = number.ok_or_else(|| invalid("sub is no tel: number".into()))?;
        if !client.mock() && self.world.camara().register.find(number).is_none() {
            return Err(invalid("nobody here has this number".into()));
        }
        let first =
            |book: &mut crate::camara::Book| book.attempt(Step::Token, self.operator, number) == 1;
        match Trigger::of(number) {
            Some(Trigger::Denied | Trigger::DeniedLater) => {
                Err(Refused::bad("access_denied", "the customer does not allow this"))
            }
            Some(Trigger::Token500) if first(&mut self.world.camara().book()) => Err(Refused::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "server_error",
                "something went wrong",
            )),
            _ => Ok(self.issue(Grant { client, number: Some(number.to_owned()), scope })),
        }
    }

    fn issue(&self, grant: Grant) -> Response {
        let trigger = grant.number.as_deref().and_then(Trigger::of);
        if trigger == Some(Trigger::TokenHtml) {
            return Html("<!doctype html><title>Gateway</title><h1>It works!</h1>").into_response();
        }
        let life_s = if trigger == Some(Trigger::ShortToken) { 2 } else { LIFE_S };
        let token = Token {
            operator: self.operator.name,
            number: grant.number,
            mock: grant.client.mock(),
            scopes: grant.scope.technical,
            expires_ms: in_seconds(life_s),
        };
        let mut answer = Map::new();
        answer.insert("access_token".into(), self.world.camara().book().issue(token).into());
        answer.insert(
            "token_type".into(),
            if trigger == Some(Trigger::NoExpiry) { "bearer" } else { "Bearer" }.into(),
        );
        if trigger != Some(Trigger::NoExpiry) {
            let text = self.operator.expires_in_text || trigger == Some(Trigger::ExpiresText);
            answer.insert(
                "expires_in".into(),
                if text { json!(life_s.to_string()) } else { json!(life_s) },
            );
        }
        answer.insert("scope".into(), grant.scope.text.into());
        if let Some(purpose) = grant.scope.purpose {
            answer.insert("purpose".into(), purpose.into());
        }
        ([(header::CACHE_CONTROL, "no-store")], Json(Value::from(answer))).into_response()
    }
}
