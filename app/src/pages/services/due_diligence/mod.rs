//! Due diligence: a search about a person or a company.

mod api;
pub mod launch;
mod many;
mod review;

use self::launch::TAB;
use super::{
    face::{Compare, Face, Look, ServicePage, Tab, TableWords},
    many as tables,
};
use casework::checks::{Finding, review::Review};
use domain::{
    checks::Kind,
    findings::{Judgement, Source},
};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// The pages of its table.
const TABLE: tables::Entry = tables::Entry::of::<many::Checks>();

/// The service's face.
pub struct DueDiligence;

impl Face for DueDiligence {
    fn address(&self) -> &'static str {
        TAB.address
    }

    fn tabs(&self) -> Vec<Tab> {
        vec![TAB]
    }

    fn pages(&self) -> Vec<ServicePage> {
        TABLE.pages().to_vec()
    }

    fn functions(&self) -> Vec<&'static str> {
        vec![TABLE.words.action]
    }

    fn table(&self) -> Option<&'static TableWords> {
        Some(TABLE.words)
    }

    fn about(&self, kind: Kind) -> &'static str {
        if kind == Kind::DdKyb { "Company" } else { "Person" }
    }

    fn is_rated(&self) -> bool {
        true
    }

    fn running(&self, look: Look<'_>) -> Option<AnyView> {
        review::running(look.review)
    }

    fn below(&self, look: Look<'_>) -> Option<AnyView> {
        review::summary(look.review).map(IntoAny::into_any)
    }

    fn given(&self, look: Look<'_>) -> Vec<Option<AnyView>> {
        review::given(look.review)
    }

    fn launched(&self, look: Look<'_>) -> Option<AnyView> {
        Some(review::search(look.review).into_any())
    }

    fn nothing_found(&self, review: &Review) -> String {
        let words = if review.rating.as_ref().is_some_and(|rating| rating.is_unread) {
            // A check that came before parts of this kind were findings of their own.
            "Nothing could be read as a finding. A part of the answer could not be read at all: look at the raw evidence."
        } else {
            "No source that was searched found anything about this customer."
        };
        words.to_owned()
    }

    fn in_short(&self, source: Source) -> Option<&'static str> {
        match source {
            Source::SanctionList => Some("sanction"),
            Source::DowJones => Some("Dow Jones"),
            Source::TwVerdict => Some("verdict"),
            Source::NegativeNews => Some("news"),
            Source::TwCompany => Some("company"),
            _ => None,
        }
    }

    fn compare(&self, review: &Review) -> Compare {
        let Ok(launch) = review.check.launch() else { return Compare::default() };
        let target = launch.target;
        let fields = [
            ("name", Some(target.name)),
            ("birth date", target.birth_date),
            ("country", target.country),
        ];
        let asked: BTreeMap<_, _> =
            fields.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?))).collect();
        Compare { asked, only_differing: true }
    }

    /// What stands in the way of an accept is a sanction, unless something could not be read or
    /// differs from the customer.
    fn finding(&self, review: &Review) -> &'static str {
        let is_other = |f: &Finding| {
            matches!(f.source(), Source::Unread | Source::CustomerChange)
                && f.judgement() == Judgement::Undecided
        };
        if review.findings.iter().any(is_other) { "finding" } else { "sanction finding" }
    }

    fn not_sent(&self) -> &'static str {
        "Not sent yet. There is nothing to decide before the provider has answered."
    }

    fn not_answered(&self) -> &'static str {
        "The provider is still searching. You can decide when its outcome is here."
    }
}
