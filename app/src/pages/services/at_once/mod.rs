//! What the services whose answer to the launch is the outcome have in common: the launch page, the
//! launch itself, and the shared parts of the review page. Such a service says here what is its
//! own, and gets its [`Face`] of it.

pub mod api;
pub mod danish;
pub mod launch;
pub mod operator;
pub mod review;
mod service;
pub mod table;

pub use service::{AtOnce, Begun, Words, tab};

use super::{
    face::{Compare, Face, Loading, Look, Part, ServicePage, Tab, TableWords},
    many,
};
use crate::pages::{Ctx, parts};
use casework::{checks::review::Review, customers::Customer};
use domain::findings::Source;
use leptos::prelude::*;

impl<S: AtOnce> Face for S {
    fn address(&self) -> &'static str {
        S::WORDS.address
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![tab::<S>()]
    }

    fn pages(&self) -> Vec<ServicePage> {
        let form: ServicePage =
            (S::WORDS.address, |ctx, asked| Box::pin(launch::page_of::<S>(ctx, asked)));
        std::iter::once(form).chain(S::TABLE.iter().flat_map(many::Entry::pages)).collect()
    }

    fn functions(&self) -> Vec<&'static str> {
        let of_table = S::TABLE.iter().map(|table| table.words.action);
        std::iter::once(S::WORDS.action)
            .chain(of_table)
            .chain(S::FUNCTIONS.iter().copied())
            .collect()
    }

    fn table(&self) -> Option<&'static TableWords> {
        S::TABLE.map(|table| table.words)
    }

    fn is_rated(&self) -> bool {
        S::IS_RATED
    }

    /// A question that is sealed is erased with its customer.
    fn can_be_asked_again(&self, review: &Review) -> bool {
        review.question.is_some()
    }

    fn notice(&self, look: Look<'_>) -> Option<AnyView> {
        S::notice(look)
    }

    fn running(&self, look: Look<'_>) -> Option<AnyView> {
        review::running(look)
    }

    fn above(&self, look: Look<'_>) -> Option<AnyView> {
        if S::FINDINGS_FIRST { None } else { review::answered::<S>(look) }
    }

    fn below(&self, look: Look<'_>) -> Option<AnyView> {
        if S::FINDINGS_FIRST { review::answered::<S>(look) } else { None }
    }

    fn given(&self, look: Look<'_>) -> Vec<Option<AnyView>> {
        review::given::<S>(look.review)
    }

    fn launched(&self, look: Look<'_>) -> Option<AnyView> {
        Some(review::launched::<S>(look))
    }

    fn nothing_found(&self, review: &Review) -> String {
        let words = if review.said.is_some() {
            S::nothing_found(review)
        } else {
            "Nothing in the answer had to be judged."
        };
        words.to_owned()
    }

    fn in_short(&self, source: Source) -> Option<&'static str> {
        S::in_short(source)
    }

    fn fact(&self, source: Source, name: &str, value: String) -> (String, String) {
        S::fact(source, name, &value).unwrap_or_else(|| (parts::setting_word(name), value))
    }

    fn of_customer<'a>(&self, ctx: &'a Ctx, customer: &'a Customer) -> Loading<'a, Option<Part>> {
        S::of_customer(ctx, customer)
    }

    fn compare(&self, review: &Review) -> Compare {
        S::compare(review)
    }
}
