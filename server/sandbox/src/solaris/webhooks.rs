//! `/v1/webhooks`: subscriptions, one event each, which nobody can change.

use axum::{Json, extract::Path, response::IntoResponse};
use http::StatusCode;

use super::{
    Variant,
    book::Thing,
    call::{Call, Received, object},
    deliveries::Webhook,
    endpoints::Answer,
    errors::{Problem, Problems},
    identification::text,
    paging::{self, Asked},
};
use crate::text::unguessable;

/// "Create a webhook": `{event_type, url}`. The address gets an empty POST first and must answer
/// 2xx. Published codes: `unsafe_webhook_url` (not https), `invalid_webhook_url` (no 2xx).
pub(crate) async fn create(call: Call, body: Received) -> Answer {
    let body = object(body)?;
    let mut problems = Vec::new();
    let (event, url) =
        (text(&body, "event_type", &mut problems), text(&body, "url", &mut problems));
    // About eighty events exist, and their list grows.
    let is_event = |name: &String| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || matches!(byte, b'_' | b'0'..=b'9'))
    };
    for (name, value) in [("event_type", &event), ("url", &url)] {
        if value.is_none() && problems.iter().all(|problem| !names(problem, name)) {
            problems.push(Problem::invalid(name, "can't be blank"));
        }
    }
    if event.as_ref().is_some_and(|event| !is_event(event)) {
        problems.push(Problem::invalid("event_type", "is not included in the list"));
    }
    Problems::any(problems)?;
    let (event, url) = (event.unwrap_or_default(), url.unwrap_or_default());
    check(&url)?;
    let id = call.look(|book| book.new_id(Thing::Webhook));
    probe(&call, &url, &id).await?;
    let webhook = call.change(|book, now_ms| {
        let secret = (call.variant == Variant::Bank).then(|| unguessable() + &unguessable());
        let webhook =
            Webhook { id, event_type: event, url, secret, created_ms: now_ms, canceled: false };
        book.webhooks.push(webhook.clone());
        webhook
    });
    Ok((StatusCode::CREATED, Json(webhook.shown(true))).into_response())
}

fn names(problem: &Problem, field: &str) -> bool {
    problem.source.as_ref().is_some_and(|(known, _)| known == field)
}

/// https, or plain http to this machine, where developers listen.
fn check(url: &str) -> Result<(), Problems> {
    let parsed =
        reqwest::Url::parse(url).map_err(|_| Problems::invalid("url", "is not an address"))?;
    let is_loopback = match parsed.host_str() {
        Some("localhost") => true,
        Some(host) => host
            .trim_matches(['[', ']'])
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    match parsed.scheme() {
        "https" => Ok(()),
        "http" if is_loopback => Ok(()),
        _ => Err(Problems::bad("unsafe_webhook_url", "The webhook's url must use https.")),
    }
}

/// Published: an empty body and the event `WEBHOOK-SUBSCRIPTION`, before there is a secret.
async fn probe(call: &Call, url: &str, id: &str) -> Result<(), Problems> {
    let request = call
        .world
        .http
        .post(url)
        .header("Solaris-Webhook-Id", unguessable())
        .header("Solaris-Webhook-Subscription-Id", id)
        .header("Solaris-Webhook-Event-Type", "WEBHOOK-SUBSCRIPTION")
        .header("Solaris-Webhook-Attempt", 1);
    let answered =
        request.body("").send().await.is_ok_and(|response| response.status().is_success());
    if answered {
        Ok(())
    } else {
        Err(Problems::bad(
            "invalid_webhook_url",
            "The webhook's url did not answer the verification with 2xx.",
        ))
    }
}

/// "Index webhooks": without secrets.
pub(crate) async fn list(call: Call, query: Asked) -> Answer {
    let query = paging::pairs(query)?;
    let items = call.look(|book| {
        book.webhooks
            .iter()
            .filter(|webhook| !webhook.canceled)
            .map(|webhook| webhook.shown(false))
            .collect()
    });
    paging::answer(&call, &query, items)
}

/// "Retrieve a webhook": without its secret.
pub(crate) async fn retrieve(call: Call, Path(id): Path<String>) -> Answer {
    let shown = call.look(|book| {
        book.webhooks
            .iter()
            .find(|webhook| webhook.id == id && !webhook.canceled)
            .map(|webhook| webhook.shown(false))
    });
    Ok(Json(shown.ok_or_else(|| Problems::not_found("Webhook", &id))?).into_response())
}

/// "Delete a webhook".
pub(crate) async fn delete(call: Call, Path(id): Path<String>) -> Answer {
    let deleted = call.change(|book, _| {
        let before = book.webhooks.len();
        book.webhooks.retain(|webhook| webhook.id != id);
        book.webhooks.len() < before
    });
    if deleted {
        Ok(StatusCode::NO_CONTENT.into_response())
    } else {
        Err(Problems::not_found("Webhook", &id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_reached_without_tls() {
        for url in [
            "https://desk.example/hook",
            "http://127.0.0.1:81/x",
            "http://[::1]/x",
            "http://localhost:3000/x",
            "http://127.9.9.9/",
        ] {
            assert_eq!(check(url), Ok(()), "{url}");
        }
        for url in [
            "http://desk.example/hook",
            "http://10.0.0.1/",
            "ftp://localhost/",
            "http://localhost.example/",
            "nonsense",
            "",
        ] {
            assert!(check(url).is_err(), "{url}");
        }
    }
}
