//! What the services whose answer to the launch is the outcome have in common: the launch page, the launch itself, and the
//! shared parts of the review page. Such a service says here what is its own, and gets its [`Face`] of it.

pub mod api;
pub mod danish;
pub mod launch;
pub mod review;

use self::launch::{Begun, Words};
use super::{Compare, Face, Look, ServicePage, Tab, many};
use crate::pages::{AppError, Ctx};
use casework::checks::review::Review;
use domain::{checks::Kind, findings::Source};
use leptos::prelude::*;
use std::future::ready;

/// A service whose answer to the launch is the outcome.
pub trait AtOnce: Sync + 'static {
    const KIND: Kind;
    /// Where its form stands, where the form is sent, and what they say.
    const WORDS: Words;
    /// Its table of many, where it has one: the pages, and what is said on them.
    const TABLE: Option<many::Entry> = None;
    /// Whether its provider rates the risk.
    const IS_RATED: bool = false;
    /// What findings say comes before the rest of a long answer.
    const FINDINGS_FIRST: bool = false;

    /// What its own fields are called, for the summary of a refused form.
    fn labels() -> Vec<(String, &'static str)>;

    /// Fills in what is known of the customer that the form begins with.
    fn fill(_ctx: &Ctx, _begun: &mut Begun) -> impl Future<Output = Result<(), AppError>> + Send {
        ready(Ok(()))
    }

    /// The fields of its form.
    fn fields(begun: &mut Begun) -> AnyView;

    /// The answer in its own form.
    fn answered(look: Look<'_>) -> Option<AnyView>;

    /// What stands where findings would, when the answer gave none.
    fn nothing_found(review: &Review) -> &'static str;

    /// What concerns the whole check, among the notices above it.
    fn notice(_look: Look<'_>) -> Option<AnyView> {
        None
    }

    /// What several findings of a source are called in few words.
    fn in_short(source: Source) -> Option<&'static str>;

    /// A finding's fact as people read it, where it is not read as it came.
    fn fact(_source: Source, _name: &str, _value: &str) -> Option<(String, String)> {
        None
    }

    /// What findings are compared with.
    fn compare(_review: &Review) -> Compare {
        Compare::default()
    }
}

/// Its tab over the launch forms.
pub const fn tab<S: AtOnce>() -> Tab {
    Tab::new(S::WORDS.address, S::KIND.label())
}

impl<S: AtOnce> Face for S {
    fn address(&self) -> &'static str {
        S::WORDS.address
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![tab::<S>()]
    }

    fn pages(&self) -> Vec<ServicePage> {
        let form: ServicePage = (S::WORDS.address, |ctx, asked| Box::pin(launch::page_of::<S>(ctx, asked)));
        std::iter::once(form).chain(S::TABLE.iter().flat_map(many::Entry::pages)).collect()
    }

    fn functions(&self) -> Vec<&'static str> {
        std::iter::once(S::WORDS.action).chain(S::TABLE.iter().map(|table| table.words.action)).collect()
    }

    fn table(&self) -> Option<&'static many::Words> {
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
        review::given(look.review)
    }

    fn launched(&self, look: Look<'_>) -> Option<AnyView> {
        Some(review::launched(look))
    }

    fn nothing_found(&self, review: &Review) -> String {
        let words = if review.said.is_some() { S::nothing_found(review) } else { "Nothing in the answer had to be judged." };
        words.to_owned()
    }

    fn in_short(&self, source: Source) -> Option<&'static str> {
        S::in_short(source)
    }

    fn fact(&self, source: Source, name: &str, value: String) -> (String, String) {
        S::fact(source, name, &value).unwrap_or_else(|| (crate::pages::parts::setting_word(name), value))
    }

    fn compare(&self, review: &Review) -> Compare {
        S::compare(review)
    }
}
