//! ID verification: its launch forms, what the review page shows of it, and what is handed out
//! once.

mod api;
pub mod launch;
mod pictures;
pub mod review;

use self::launch::{ADDRESS, tab};
use super::face::{Face, Look, Tab, is_under_way};
use casework::checks::review::Review;
use domain::{findings::Source, idv::Way};
use leptos::prelude::*;

/// The service's face.
pub struct Idv;

impl Face for Idv {
    fn address(&self) -> &'static str {
        ADDRESS
    }

    fn tabs(&self) -> Vec<Tab> {
        [Way::Upload, Way::Link, Way::Token].map(tab).to_vec()
    }

    fn follows(&self, review: &Review) -> Option<u32> {
        (is_under_way(review) || review::is_fetching(review)).then_some(2)
    }

    fn running(&self, look: Look<'_>) -> Option<AnyView> {
        review::running(look.review)
    }

    fn above(&self, Look { review, caller, now, .. }: Look<'_>) -> Option<AnyView> {
        let handout = review::handout(review, caller);
        Some(
            view! {
                <div data-live="handout">{handout}</div>
                {review::viewer(review)}
                {review::compared(review, now)}
            }
            .into_any(),
        )
    }

    fn below(&self, look: Look<'_>) -> Option<AnyView> {
        review::document(look.review)
    }

    fn given(&self, look: Look<'_>) -> Vec<Option<AnyView>> {
        review::given(look.review)
    }

    fn launched(&self, look: Look<'_>) -> Option<AnyView> {
        review::launched(look.review)
    }

    fn nothing_found(&self, review: &Review) -> String {
        review::nothing_found(review).to_owned()
    }

    fn in_short(&self, source: Source) -> Option<&'static str> {
        match source {
            Source::IdvReject => Some("to reject"),
            Source::IdvReview => Some("to review"),
            Source::IdvField => Some("differences"),
            _ => None,
        }
    }

    fn launches_then(&self, review: &Review) -> Option<String> {
        review::follows(review)
    }
}
