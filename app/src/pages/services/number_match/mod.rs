//! Number match: whether what we know of a customer is what the operator of their number knows.

mod launch;
mod lines;
pub mod many;
mod review;

use super::{
    at_once::{AtOnce, Begun, Words, api},
    face::{Compare, Loading, Look, Part},
    many::Entry,
};
use crate::pages::{AppError, Ctx, launching::Launching, parts};
use casework::{
    checks::review::Review,
    customers::Customer,
    services::{Asked, Form, Question, Said},
};
use domain::{
    checks::Kind,
    findings::Source,
    number_match::{Attribute, MatchResult, NumberMatchForm},
};
use leptos::prelude::*;

/// The service's face.
pub struct NumberMatch;

impl AtOnce for NumberMatch {
    const KIND: Kind = Kind::NumberMatch;
    const WORDS: Words = Words {
        address: launch::ADDRESS,
        action: "/api/number/launch",
        about: "Number match at a mobile operator: whether what you know of a customer is what the operator of their number knows",
        will: "Only the number and what is filled in above are sent.",
    };
    const TABLE: Option<Entry> = Some(Entry::of::<many::NumberMatches>());

    fn labels() -> Vec<(String, &'static str)> {
        let phone = ("phone".to_owned(), "Phone number");
        std::iter::once(phone)
            .chain(Attribute::ALL.iter().map(|a| (a.field(), a.label())))
            .collect()
    }

    fn fill(ctx: &Ctx, begun: &mut Begun) -> impl Future<Output = Result<(), AppError>> + Send {
        launch::fill(ctx, begun)
    }

    fn fields(begun: &mut Begun) -> AnyView {
        launch::fields(begun)
    }

    fn given(review: &Review, asked: Asked) -> Vec<Option<AnyView>> {
        let phone = match &review.question {
            Some(Question::NumberMatch(question)) => Some(question.ask.phone.clone()),
            _ => asked.phone,
        };
        vec![parts::fact("Phone number", phone.unwrap_or_default())]
    }

    fn launched_as(asked: &Asked) -> Option<AnyView> {
        parts::fact("Version", asked.version.map(|v| v.label()).unwrap_or_default())
    }

    fn answered(look: Look<'_>) -> Option<AnyView> {
        match &look.review.said {
            Some(Said::NumberMatch(rows)) => Some(review::number_match(look.review, rows)),
            _ => None,
        }
    }

    fn nothing_found(review: &Review) -> &'static str {
        match &review.said {
            Some(Said::NumberMatch(rows)) if rows.iter().all(|r| r.result == MatchResult::Yes) => {
                "Everything that was asked matches."
            }
            _ => "Nothing differs; what the operator could not answer is no match.",
        }
    }

    fn in_short(source: Source) -> Option<&'static str> {
        (source == Source::NumberField).then_some("differences")
    }

    fn of_customer<'a>(ctx: &'a Ctx, customer: &'a Customer) -> Loading<'a, Option<Part>> {
        lines::of_customer(ctx, customer)
    }

    /// What the operator was asked about.
    fn compare(review: &Review) -> Compare {
        let Some(Question::NumberMatch(question)) = &review.question else {
            return Compare::default();
        };
        let words = |(a, text): (&Attribute, &String)| {
            (a.label().to_lowercase(), review::in_words(*a, text))
        };
        Compare { asked: question.ask.values.iter().map(words).collect(), only_differing: false }
    }
}

#[server(endpoint = "number/launch")]
pub async fn launch_number_match(
    #[server(flatten)] sent: Launching,
    #[server(flatten)] form: NumberMatchForm,
) -> Result<(), AppError> {
    api::launch(sent, Form::NumberMatch(form)).await
}
