//! Age verification: whether the subscriber of a number is old enough.

use super::{
    at_once::{AtOnce, Begun, Words, api, operator, table::Lines},
    face::{Look, Tab, TableWords},
    many::{self as tables, Entry},
};
use crate::pages::{AppError, Ctx, launching::Launching, parts};
use casework::{
    checks::review::Review,
    many::What,
    services::{Asked, Form, Question, Said},
};
use domain::{
    checks::Kind,
    fields::Refused,
    findings::Source,
    services::age_verification::{self, AgeVerificationForm, Detail, INPUTS},
};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

const ADDRESS: &str = "/checks/new/age";
const MANY: &str = "/checks/new/age/many";

/// The inputs that ask for a lock.
const LOCKS: [&str; 2] = ["content_lock", "parental_control"];

/// What the customer's own name is for: the operator is told only what stands below it.
const NAME_HINT: &str = "Your own name for the customer. It is not sent from here; what the operator is told stands below.";

/// The service's face.
pub struct AgeVerification;

impl AtOnce for AgeVerification {
    const KIND: Kind = Kind::AgeVerification;
    const WORDS: Words = Words {
        address: ADDRESS,
        action: "/api/age/launch",
        about: "Age verification at a mobile operator: whether the subscriber of a number is old enough",
        will: "Only the number, the age and what is filled in above are sent. The operator says yes or no, never a birth date.",
    };
    const TABLE: Option<Entry> = Some(Entry::of::<AgeVerificationLines>());

    fn labels() -> Vec<(String, &'static str)> {
        operator::labels(INPUTS)
    }

    /// The number, and what the customer's record says of them: the operator may be told it, or
    /// not.
    async fn fill(ctx: &Ctx, begun: &mut Begun) -> Result<(), AppError> {
        operator::fill(ctx, begun).await?;
        if let Some(customer) = &begun.customer {
            let own = [
                (Detail::Name, Some(customer.name.clone())),
                (Detail::Birthdate, customer.birth_date.clone()),
            ];
            for (detail, text) in own.into_iter().filter_map(|(detail, text)| Some((detail, text?)))
            {
                begun.form.values.insert(detail.field().to_owned(), text);
            }
            let filled = if customer.birth_date.is_some() {
                "Full name and birth date are"
            } else {
                "The full name is"
            };
            let words = format!(
                "{filled} filled in from the customer's record. Clear what the operator is not to be told."
            );
            begun.origin = Some(
                view! { <div class="notice" data-tone="info"><div><p>{words}</p></div></div> }
                    .into_any(),
            );
        }
        Ok(())
    }

    fn fields(begun: &mut Begun) -> AnyView {
        let origin = begun.origin.take();
        let form = &begun.form;
        let told = Detail::ALL.iter().map(|detail| {
            let field = operator::field(INPUTS, detail.field());
            match detail {
                Detail::Birthdate => field.width("short").check("birth_date"),
                Detail::Email => field.kind("email"),
                Detail::Name
                | Detail::GivenName
                | Detail::MiddleNames
                | Detail::FamilyName
                | Detail::FamilyNameAtBirth
                | Detail::IdDocument => field,
            }
            .show(form)
        });
        let told: Vec<_> = told.collect();
        let is_told = Detail::ALL.iter().any(|detail| {
            !form.value(detail.field()).is_empty() || form.error(detail.field()).is_some()
        });
        let locks = INPUTS
            .iter()
            .filter(|input| LOCKS.contains(&input.name))
            .map(|input| operator::tick(input, form));
        let locks: Vec<_> = locks.collect();
        let asked = view! {
            <fieldset>
                <legend>"Age"</legend>
                {operator::field(INPUTS, "age").required().width("short").show(form)}
            </fieldset>
            <fieldset>
                <legend>"Who the customer is"</legend>
                <p class="hint">"Optional. The more you tell, the better the operator can say whether its subscriber is your customer."</p>
                {origin}
                <details class="fold" open=is_told><summary><h2>"What the operator is told"</h2></summary><div class="fields" role="group" aria-label="What the operator is told">{told}</div></details>
            </fieldset>
            <fieldset><legend>"Locks"</legend>{locks}</fieldset>
        }
        .into_any();
        operator::form(begun, INPUTS, MANY, NAME_HINT, asked)
    }

    fn given(review: &Review, asked: Asked) -> Vec<Option<AnyView>> {
        let phone = match &review.question {
            Some(Question::AgeVerification(question)) => Some(question.ask.phone.clone()),
            _ => asked.phone.clone(),
        };
        vec![
            parts::fact("Phone number", phone.unwrap_or_default()),
            parts::fact(
                "Minimum age",
                asked.terms.get("age").map(|age| format!("{age} years")).unwrap_or_default(),
            ),
        ]
    }

    fn answered(look: Look<'_>) -> Option<AnyView> {
        match (&look.review.said, &look.review.question) {
            (Some(Said::AgeVerification(said)), Some(Question::AgeVerification(question))) => {
                Some(operator::answer(
                    look,
                    age_verification::facts(said, &question.ask),
                    age_verification::means(said, &question.ask),
                    age_verification::next(said),
                ))
            }
            _ => Some(operator::without_question(look)),
        }
    }

    fn nothing_found(_review: &Review) -> &'static str {
        "The subscriber is old enough, and nothing speaks against it."
    }

    fn in_short(source: Source) -> Option<&'static str> {
        (source == Source::NumberField).then_some("in the answer")
    }
}

/// Its table of many.
pub struct AgeVerificationLines;

impl Lines for AgeVerificationLines {
    const WORDS: &'static TableWords = &TableWords {
        what: What::AtOnce(Kind::AgeVerification),
        tab: Tab::new(ADDRESS, Kind::AgeVerification.label()),
        address: MANY,
        title: "Many age verifications",
        from_a_table: "Age verifications from a table",
        action: "/api/age/many",
        template: "/checks/new/age/template",
        file: "age-verifications.csv",
        hint: " with all columns; only what is filled is told.",
        one: "age verification",
        more: "age verifications",
        will: operator::WILL,
        none_yet: operator::NONE_YET,
        shown: &["Number", "At least"],
        done: "launched-lines",
    };
    const KIND: Kind = Kind::AgeVerification;

    fn cells(line: &Refused) -> Vec<String> {
        vec![line.value("phone").to_owned(), line.value("age").to_owned()]
    }
}

#[server(endpoint = "age/launch")]
pub async fn launch_age_verification(
    #[server(flatten)] sent: Launching,
    #[server(flatten)] form: AgeVerificationForm,
) -> Result<(), AppError> {
    api::launch(sent, Form::AgeVerification(form)).await
}

#[server(endpoint = "age/many", input = MultipartFormData)]
pub async fn many_age_verification(data: MultipartData) -> Result<(), AppError> {
    tables::act::<AgeVerificationLines>(data).await
}
