//! What a service shows of itself where the shared pages differ from service to service.
//!
//! The defaults are what a plain service does; a service's folder writes down only where it is
//! otherwise.

use crate::pages::{AppError, Asked, Ctx, parts, providers::in_sentences, route::Answer};
use casework::{checks::review::Review, customers::Customer, many::What, services};
use domain::{
    CheckId, Moment,
    checks::{Kind, State},
    fields::Refused,
    findings::Source,
    people::Caller,
};
use leptos::prelude::*;
use std::{any::Any, collections::BTreeMap, future::ready, pin::Pin};

/// Something that is read for a page.
pub type Loading<'a, T> = Pin<Box<dyn Future<Output = Result<T, AppError>> + Send + 'a>>;

/// What a service's own parts of the review page need besides the review; only the service that
/// loaded it looks into it.
pub type Extra = Option<Box<dyn Any + Send + Sync>>;

/// A part of a page that is rendered with it.
pub type Part = Box<dyn FnOnce() -> AnyView + Send>;

/// A page of a service with the path that it stands at.
pub type ServicePage = (&'static str, fn(Ctx, Asked) -> Answer);

/// A check's page as one reader sees it.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    pub review: &'a Review,
    pub kind: Kind,
    pub caller: &'a Caller,
    /// The form that was refused before, if one was.
    pub refused: Option<&'a Refused>,
    pub extra: &'a Extra,
    pub now: Moment,
}

/// A tab over the launch forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tab {
    pub address: &'static str,
    /// What is added to the address where a service has several tabs: name and value.
    pub way: Option<(&'static str, &'static str)>,
    /// What stands before the words, so that a service's tabs belong together.
    pub before: Option<&'static str>,
    pub words: &'static str,
}

impl Tab {
    /// The only tab of a service.
    #[must_use]
    pub const fn new(address: &'static str, words: &'static str) -> Self {
        Self { address, way: None, before: None, words }
    }
}

/// What the pages of a service's table say.
#[derive(Debug)]
pub struct TableWords {
    pub what: What,
    pub tab: Tab,
    /// Where the page stands.
    pub address: &'static str,
    pub title: &'static str,
    /// What a launched table is called.
    pub from_a_table: &'static str,
    /// Where the form goes, and where a template is.
    pub action: &'static str,
    pub template: &'static str,
    /// The name of the template's file.
    pub file: &'static str,
    /// What stands beside the template.
    pub hint: &'static str,
    /// What one line becomes, and several.
    pub one: &'static str,
    pub more: &'static str,
    pub will: &'static str,
    pub none_yet: &'static str,
    /// The columns of good lines, after line and customer.
    pub shown: &'static [&'static str],
    pub done: &'static str,
}

/// What findings of a check are compared with.
#[derive(Debug, Clone, Default)]
pub struct Compare {
    /// What we asked about, by the field's name as findings have it.
    pub asked: BTreeMap<String, String>,
    /// It stands beside a field only where the finding says something else; otherwise wherever it
    /// does not say the same.
    pub only_differing: bool,
}

/// What a service shows of itself.
pub trait Face: Sync {
    /// Where its launch form stands.
    fn address(&self) -> &'static str;

    /// Its tabs over the launch forms.
    fn tabs(&self) -> Vec<Tab>;

    /// Its own pages for whoever may launch, besides those that `access` names.
    fn pages(&self) -> Vec<ServicePage> {
        vec![]
    }

    /// The paths of its own server functions for whoever may launch, besides those that `access`
    /// names.
    fn functions(&self) -> Vec<&'static str> {
        vec![]
    }

    /// Its table of many, where it has one.
    fn table(&self) -> Option<&'static TableWords> {
        None
    }

    /// What its checks are about.
    fn about(&self, _kind: Kind) -> &'static str {
        "Person"
    }

    /// Whether its provider rates the risk.
    fn is_rated(&self) -> bool {
        false
    }

    /// Whether what was asked is still known, so that it can be asked again.
    fn can_be_asked_again(&self, _review: &Review) -> bool {
        true
    }

    /// Seconds between two looks while something changes by itself; nothing while all waits for
    /// people.
    fn follows(&self, review: &Review) -> Option<u32> {
        is_under_way(review).then_some(2)
    }

    /// Reads what its parts of the page need besides the review.
    fn load<'a>(
        &self,
        _ctx: &'a Ctx,
        _review: &'a Review,
        _refused: Option<&'a Refused>,
    ) -> Loading<'a, Extra> {
        Box::pin(ready(Ok(None)))
    }

    /// Whether a part of its own shows a refused form again, with its messages beside their fields.
    fn shows(&self, _look: Look<'_>, _refused: &Refused) -> bool {
        false
    }

    /// What comes before all other notices.
    fn alarm(&self, _look: Look<'_>) -> Option<AnyView> {
        None
    }

    /// What concerns the whole check, among the other notices.
    fn notice(&self, _look: Look<'_>) -> Option<AnyView> {
        None
    }

    /// How far a launch in several steps is.
    fn steps(&self, _look: Look<'_>) -> Option<AnyView> {
        None
    }

    /// What is under way, in words.
    fn running(&self, look: Look<'_>) -> Option<AnyView>;

    /// What was answered, above the findings.
    fn above(&self, _look: Look<'_>) -> Option<AnyView> {
        None
    }

    /// What was answered, below the findings.
    fn below(&self, _look: Look<'_>) -> Option<AnyView> {
        None
    }

    /// What was given of the customer.
    fn given(&self, look: Look<'_>) -> Vec<Option<AnyView>>;

    /// How it was launched.
    fn launched(&self, look: Look<'_>) -> Option<AnyView>;

    /// What stands where findings would, when there are none.
    fn nothing_found(&self, review: &Review) -> String;

    /// What several findings of a source are called in few words; its label where nothing is said
    /// here.
    fn in_short(&self, _source: Source) -> Option<&'static str> {
        None
    }

    /// A finding's fact as people read it: its name and value.
    fn fact(&self, _source: Source, name: &str, value: String) -> (String, String) {
        (parts::setting_word(name), value)
    }

    /// What findings are compared with.
    fn compare(&self, _review: &Review) -> Compare {
        Compare::default()
    }

    /// What one finding that must be judged is called.
    fn finding(&self, _review: &Review) -> &'static str {
        "finding"
    }

    /// What a body of evidence is.
    fn evidence_name(&self, kind: Kind, source: &str) -> String {
        match source {
            services::QUESTION => "Question, as it was put together here".into(),
            services::DETAIL => {
                format!("The analysis, as {} gave it when asked again", in_sentences(kind))
            }
            services::ANSWER => format!("Answer, as {} gave it", in_sentences(kind)),
            other => other.to_owned(),
        }
    }

    /// A body of evidence as it may be shown in passing; nothing where anybody who sees the check
    /// may see it whole.
    fn masked<'a>(
        &self,
        _ctx: &'a Ctx,
        _check: &'a CheckId,
        _evidence: &'a str,
        _body: &'a [u8],
    ) -> Loading<'a, Option<String>> {
        Box::pin(ready(Ok(None)))
    }

    /// Why nothing can be decided before the check is sent.
    fn not_sent(&self) -> &'static str {
        "There is nothing to decide before the provider has answered."
    }

    /// Why nothing can be decided while the check is under way at its provider.
    fn not_answered(&self) -> &'static str {
        "The outcome is not here yet. You can decide when it is."
    }

    /// What accepting means while the provider has not come to its last word.
    fn accepting_means(&self, _review: &Review) -> Option<&'static str> {
        None
    }

    /// What accepting launches besides.
    fn launches_then(&self, _review: &Review) -> Option<String> {
        None
    }

    /// What a customer's own page shows of it.
    fn of_customer<'a>(&self, _ctx: &'a Ctx, _customer: &'a Customer) -> Loading<'a, Option<Part>> {
        Box::pin(ready(Ok(None)))
    }
}

/// Whether the check waits to be sent or answered.
#[must_use]
pub fn is_under_way(review: &Review) -> bool {
    matches!(State::parse(&review.check.state), Some(State::Queued | State::Running))
}
