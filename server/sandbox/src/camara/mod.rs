//! CAMARA KYC Match 0.2 and 0.4, as mobile operators offer it: attributes of a customer compared
//! with what the operator holds about a phone number; KYC Tenure, KYC Age Verification and SIM Swap
//! (`services`) about the same numbers; and the tokens that open them.
//!
//! Base path `/camara`; the same endpoints stand under `/camara/op/{operator}` for operators with
//! other policies (`operators`). Contract: `camaraproject/KnowYourCustomer` r1.4 (0.2.1) and
//! `camaraproject/KnowYourCustomerMatch` r1.2 (0.4.0); tokens as the CAMARA security profile and
//! Telefonica's authorization page have them. What is on file is invented from the seed and lives
//! in memory only: a restart forgets tokens and counts, as an operator's would.

mod attributes;
mod book;
mod comparison;
mod control;
mod door;
mod endpoints;
mod lines;
mod misbehaviour;
mod oauth;
mod operators;
mod page;
mod people;
mod problem;
mod requests;
mod services;
mod subscribers;
mod triggers;

use std::sync::{Mutex, MutexGuard};

use axum::{Extension, Router, middleware, routing::post};
use http::StatusCode;

use crate::{
    Options,
    provider::{Part, Provider},
    request_log,
    text::now_ms,
    world::{Shared, World, locked},
};

pub(crate) use book::{Book, Called, Matched};
pub(crate) use lines::LINES;
pub(crate) use oauth::Key;
pub(crate) use operators::{OPERATORS, Operator};
pub(crate) use services::{Service, about as about_line};
pub(crate) use subscribers::{Register, Subscriber};
pub(crate) use triggers::CAMARA_TRIGGERS;

use problem::{Problem, Version};

/// Client id and secret of the sandbox's own client.
pub(crate) const CLIENT: (&str, &str) = ("sandbox", "sandbox");
/// A client that was given KYC Match only.
pub(crate) const MATCH_CLIENT: (&str, &str) = ("match-only", "match-only");
/// The pair that Telefonica publishes for its mock mode, where every valid number is the persona.
pub(crate) const MOCK_CLIENT: (&str, &str) = ("mock_sandbox_app_id", "mock_sandbox_app_secret");
/// The token that Telefonica publishes for its mock mode. It never expires and names no number.
pub(crate) const MOCK_TOKEN: &str = "mock_sandbox_access_token";

/// What the operators know and remember.
pub(crate) struct Camara {
    pub register: Register,
    book: Mutex<Book>,
}

impl Camara {
    /// `seed` decides who the subscribers are.
    pub fn new(seed: u64) -> Camara {
        Camara { register: Register::new(seed), book: Mutex::default() }
    }

    /// Tokens, requests for tokens, keys and counts; hold it shortly and never across an await.
    pub fn book(&self) -> MutexGuard<'_, Book> {
        locked(&self.book)
    }
}

/// Nothing is kept between runs.
impl Provider for Camara {
    fn name(&self) -> &'static str {
        "camara"
    }

    fn routes(&self, world: &Shared) -> Router {
        routes(world.clone())
    }

    fn control_routes(&self) -> Router<Shared> {
        Router::new().nest("/camara", control::routes())
    }

    fn page(&self, world: &Shared) -> Part {
        let sections = [page::section(world), page::triggers(), page::lines()].concat();
        let nav =
            "<a href=\"#camara\">KYC Match</a> <a href=\"#camara-lines\">Tenure, age, SIM swap</a>";
        Part { nav, sections, ..Part::default() }
    }

    fn reset(&self, _options: &Options) {
        self.book().reset();
    }
}

impl World {
    /// What the operators know and remember.
    pub fn camara(&self) -> &Camara {
        self.provider()
    }
}

/// All paths under `/camara`.
fn routes(world: Shared) -> Router {
    let mut all = Router::new();
    for operator in &OPERATORS {
        let endpoints = endpoints_of(operator);
        all = if operator.name.is_empty() {
            all.merge(endpoints)
        } else {
            all.nest(&format!("/op/{}", operator.name), endpoints)
        };
    }
    all.fallback(|| async { Problem::not_found(Version::V04) })
        .layer(middleware::from_fn_with_state(world.clone(), request_log::record))
        .with_state(world)
}

fn endpoints_of(operator: &'static Operator) -> Router<Shared> {
    let services = Service::ALL.into_iter().fold(Router::new(), |routes, service| {
        routes.route(service.path(), post(services::answer).layer(Extension(service)))
    });
    services
        .route(
            "/kyc-match/v0.2/match",
            post(endpoints::match_customer).layer(Extension(Version::V02)),
        )
        .route(
            "/kyc-match/v0.4/match",
            post(endpoints::match_customer).layer(Extension(Version::V04)),
        )
        .route("/bc-authorize", post(oauth::bc_authorize))
        .route("/token", post(oauth::token))
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "The requested method is not allowed on this resource.",
            )
        })
        .layer(Extension(operator))
}

/// `^\+[1-9][0-9]{4,14}$`, the pattern of 0.4 for a phone number.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default().as_bytes();
    (5..=15).contains(&digits.len()) && digits[0] != b'0' && digits.iter().all(u8::is_ascii_digit)
}

/// UTC milliseconds `seconds` from now.
fn in_seconds(seconds: i64) -> i64 {
    now_ms().saturating_add(seconds.saturating_mul(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_a_plus_and_five_to_fifteen_digits_without_a_leading_nought() {
        for good in ["+12345", "+34629255833", "+123456789012345"] {
            assert!(is_number(good), "{good}");
        }
        for bad in [
            "",
            "+",
            "34629255833",
            "+0346292558",
            "+1234",
            "+1234567890123456",
            "+34 629255833",
            "+3462925583a",
            "tel:+34629255833",
        ] {
            assert!(!is_number(bad), "{bad}");
        }
    }
}
