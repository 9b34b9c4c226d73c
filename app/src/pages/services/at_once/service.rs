//! What a service says whose answer to the launch is the outcome.

use super::super::{
    face::{Compare, Loading, Look, Part, Tab},
    many,
};
use crate::pages::{AppError, Ctx, launching::Launchable};
use casework::{checks::review::Review, customers::Customer, services::Asked};
use domain::{checks::Kind, fields::Refused, findings::Source};
use leptos::prelude::*;
use std::future::ready;

/// Where a form stands, where it is sent, and its words.
#[derive(Debug, Clone, Copy)]
pub struct Words {
    pub address: &'static str,
    pub action: &'static str,
    /// Below the heading.
    pub about: &'static str,
    /// What is particular to the provider's answer, above the button.
    pub will: &'static str,
}

/// A form that is ready to be shown.
pub struct Begun {
    pub connections: Launchable,
    pub form: Refused,
    pub check_id: String,
    /// The ended check that this one is run again for.
    pub relaunch_of: Option<String>,
    /// The customer's data that the form begins with, where it begins with any.
    pub customer: Option<casework::customers::Customer>,
    /// Says which values were filled in, and from where.
    pub origin: Option<AnyView>,
}

/// A service whose answer to the launch is the outcome.
pub trait AtOnce: Sync + 'static {
    const KIND: Kind;
    /// Where its form stands, where the form is sent, and what they say.
    const WORDS: Words;
    /// Its table of many, where it has one: the pages, and what is said on them.
    const TABLE: Option<many::Entry> = None;
    /// Its server functions for whoever may launch, besides those of the form and the table.
    const FUNCTIONS: &[&str] = &[];
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

    /// What was asked about, besides the customer's name.
    fn given(review: &Review, asked: Asked) -> Vec<Option<AnyView>>;

    /// How it was launched, besides connection and number.
    fn launched_as(_asked: &Asked) -> Option<AnyView> {
        None
    }

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

    /// What a customer's own page shows of it.
    fn of_customer<'a>(_ctx: &'a Ctx, _customer: &'a Customer) -> Loading<'a, Option<Part>> {
        Box::pin(ready(Ok(None)))
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
