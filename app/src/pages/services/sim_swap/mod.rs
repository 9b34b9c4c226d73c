//! SIM swap: whether, or when, the SIM card of a number was changed.

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
    services::sim_swap::{self, Ask, INPUTS, SimSwapForm, Way},
};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

const ADDRESS: &str = "/checks/new/sim-swap";
const MANY: &str = "/checks/new/sim-swap/many";

/// The service's face.
pub struct SimSwap;

impl AtOnce for SimSwap {
    const KIND: Kind = Kind::SimSwap;
    const WORDS: Words = Words {
        address: ADDRESS,
        action: "/api/sim-swap/launch",
        about: "SIM swap at a mobile operator: whether or when the SIM card of a number was changed",
        will: "Only the number and what you ask are sent.",
    };
    const TABLE: Option<Entry> = Some(Entry::of::<SimSwapLines>());

    fn labels() -> Vec<(String, &'static str)> {
        operator::labels(INPUTS)
    }

    fn fill(ctx: &Ctx, begun: &mut Begun) -> impl Future<Output = Result<(), AppError>> + Send {
        operator::fill(ctx, begun)
    }

    fn fields(begun: &mut Begun) -> AnyView {
        let form = &begun.form;
        let ways =
            Way::ALL.iter().map(|way| (way.code().to_owned(), way.label().to_owned())).collect();
        let select = parts::select("way", ways, form.value("way"), form, true);
        let hint = INPUTS.iter().find(|input| input.name == "way").map(|input| input.hint);
        let asked = view! {
            <fieldset>
                <legend>"Question"</legend>
                <div class="fields">
                    {parts::field("way", "What to ask", true, hint, Some("medium"), form, select)}
                    <div data-when-field="way" data-when-value="within">{operator::field(INPUTS, "max_age").width("short").show(form)}</div>
                </div>
            </fieldset>
        }
        .into_any();
        operator::form(begun, INPUTS, MANY, operator::NAME_HINT, asked)
    }

    fn given(review: &Review, asked: Asked) -> Vec<Option<AnyView>> {
        let phone = match &review.question {
            Some(Question::SimSwap(question)) => Some(question.ask.phone.clone()),
            _ => asked.phone.clone(),
        };
        vec![
            parts::fact("Phone number", phone.unwrap_or_default()),
            parts::fact("Asked", asked_in_words(&asked)),
        ]
    }

    fn answered(look: Look<'_>) -> Option<AnyView> {
        match (&look.review.said, &look.review.question) {
            (Some(Said::SimSwap(said)), Some(Question::SimSwap(question))) => {
                Some(operator::answer(
                    look,
                    sim_swap::facts(said, &question.ask),
                    sim_swap::means(said),
                    sim_swap::next(said),
                ))
            }
            _ => Some(operator::without_question(look)),
        }
    }

    fn nothing_found(_review: &Review) -> &'static str {
        "The operator knows of no change of the SIM card that is recent."
    }

    fn in_short(source: Source) -> Option<&'static str> {
        (source == Source::NumberField).then_some("in the answer")
    }
}

/// Its table of many.
pub struct SimSwapLines;

impl Lines for SimSwapLines {
    const WORDS: &'static TableWords = &TableWords {
        what: What::AtOnce(Kind::SimSwap),
        tab: Tab::new(ADDRESS, Kind::SimSwap.label()),
        address: MANY,
        title: "Many SIM swap checks",
        from_a_table: "SIM swap checks from a table",
        action: "/api/sim-swap/many",
        template: "/checks/new/sim-swap/template",
        file: "sim-swaps.csv",
        hint: " with its columns; the question is within (of 240 hours, or those of max_age) or date.",
        one: "SIM swap check",
        more: "SIM swap checks",
        will: operator::WILL,
        none_yet: operator::NONE_YET,
        shown: &["Number", "Asked"],
        done: "launched-lines",
    };
    const KIND: Kind = Kind::SimSwap;

    fn cells(line: &Refused) -> Vec<String> {
        let asked = sim_swap::asked_in_words(line);
        vec![line.value("phone").to_owned(), asked]
    }
}

#[server(endpoint = "sim-swap/launch")]
pub async fn launch_sim_swap(
    #[server(flatten)] sent: Launching,
    #[server(flatten)] form: SimSwapForm,
) -> Result<(), AppError> {
    api::launch(sent, Form::SimSwap(form)).await
}

#[server(endpoint = "sim-swap/many", input = MultipartFormData)]
pub async fn many_sim_swap(data: MultipartData) -> Result<(), AppError> {
    tables::act::<SimSwapLines>(data).await
}

/// What was asked, from what stands in clear.
fn asked_in_words(asked: &Asked) -> String {
    match asked.terms.get("asked").map(String::as_str) {
        Some("date") => "when the SIM card was last changed".to_owned(),
        Some(hours) => {
            let within = hours
                .parse()
                .map_or_else(|_| hours.to_owned(), |hours| Ask::Within(hours).in_words());
            format!("whether the SIM card was changed {within}")
        }
        None => String::new(),
    }
}
