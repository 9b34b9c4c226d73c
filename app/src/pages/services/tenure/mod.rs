//! Tenure: whether a number has been with its subscriber since a day.

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
    services::tenure::{self, INPUTS, TenureForm},
};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

const ADDRESS: &str = "/checks/new/tenure";
const MANY: &str = "/checks/new/tenure/many";

/// The service's face.
pub struct Tenure;

impl AtOnce for Tenure {
    const KIND: Kind = Kind::Tenure;
    const WORDS: Words = Words {
        address: ADDRESS,
        action: "/api/tenure/launch",
        about: "Tenure at a mobile operator: whether a number has been with its subscriber since a day",
        will: "Only the number and the day are sent. The operator says yes or no, never the day itself.",
    };
    const TABLE: Option<Entry> = Some(Entry::of::<TenureLines>());

    fn labels() -> Vec<(String, &'static str)> {
        operator::labels(INPUTS)
    }

    fn fill(ctx: &Ctx, begun: &mut Begun) -> impl Future<Output = Result<(), AppError>> + Send {
        operator::fill(ctx, begun)
    }

    fn fields(begun: &mut Begun) -> AnyView {
        let form = &begun.form;
        let asked = view! {
            <fieldset>
                <legend>"Since when"</legend>
                {operator::field(INPUTS, "since").required().width("short").check("date").show(form)}
            </fieldset>
        }
        .into_any();
        operator::form(begun, INPUTS, MANY, operator::NAME_HINT, asked)
    }

    fn given(review: &Review, asked: Asked) -> Vec<Option<AnyView>> {
        let phone = match &review.question {
            Some(Question::Tenure(question)) => Some(question.ask.phone.clone()),
            _ => asked.phone.clone(),
        };
        vec![
            parts::fact("Phone number", phone.unwrap_or_default()),
            parts::fact(
                "Asked: with its subscriber since",
                asked.terms.get("since").cloned().unwrap_or_default(),
            ),
        ]
    }

    fn answered(look: Look<'_>) -> Option<AnyView> {
        match (&look.review.said, &look.review.question) {
            (Some(Said::Tenure(said)), Some(Question::Tenure(question))) => Some(operator::answer(
                look,
                tenure::facts(said, &question.ask),
                tenure::means(said).to_owned(),
                tenure::next(said),
            )),
            _ => Some(operator::without_question(look)),
        }
    }

    fn nothing_found(_review: &Review) -> &'static str {
        "The number has been with its subscriber since the day that was asked."
    }

    fn in_short(source: Source) -> Option<&'static str> {
        (source == Source::NumberField).then_some("in the answer")
    }
}

/// Its table of many.
pub struct TenureLines;

impl Lines for TenureLines {
    const WORDS: &'static TableWords = &TableWords {
        what: What::AtOnce(Kind::Tenure),
        tab: Tab::new(ADDRESS, Kind::Tenure.label()),
        address: MANY,
        title: "Many tenure checks",
        from_a_table: "Tenure checks from a table",
        action: "/api/tenure/many",
        template: "/checks/new/tenure/template",
        file: "tenures.csv",
        hint: " with its columns.",
        one: "tenure check",
        more: "tenure checks",
        will: operator::WILL,
        none_yet: operator::NONE_YET,
        shown: &["Number", "Since"],
        done: "launched-lines",
    };
    const KIND: Kind = Kind::Tenure;

    fn cells(line: &Refused) -> Vec<String> {
        vec![line.value("phone").to_owned(), line.value("since").to_owned()]
    }
}

#[server(endpoint = "tenure/launch")]
pub async fn launch_tenure(
    #[server(flatten)] sent: Launching,
    #[server(flatten)] form: TenureForm,
) -> Result<(), AppError> {
    api::launch(sent, Form::Tenure(form)).await
}

#[server(endpoint = "tenure/many", input = MultipartFormData)]
pub async fn many_tenure(data: MultipartData) -> Result<(), AppError> {
    tables::act::<TenureLines>(data).await
}
