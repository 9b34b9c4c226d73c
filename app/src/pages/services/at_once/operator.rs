//! What the pages of the services of mobile operators share besides the number match's own.

use super::{super::face::Look, Begun, launch::customer_part};
use crate::pages::{
    AppError, Ctx,
    launching::fields::connection_field,
    parts::{self, Field},
};
use casework::services::last_number;
use domain::{fields::Refused, operators::Input};
use leptos::prelude::*;

/// What a line of a table that is lost says.
pub const WILL: &str = "Nothing is sent before you launch. Launched lines leave at the pace that the connection allows; they go on after a restart, and none is sent twice. A line whose answer is lost becomes a failed check.";

/// What an admin has to do first.
pub const NONE_YET: &str = "An admin has to add a connection to a mobile operator first.";

/// What the customer's own name is for, where the operator is told none.
pub const NAME_HINT: &str = "Your own name for the customer. The operator is asked about the number and is not told this name.";

/// The labels of all inputs but those that every form has.
pub fn labels(inputs: &'static [Input]) -> Vec<(String, &'static str)> {
    inputs.iter().skip(2).map(|input| (input.name.to_owned(), input.label)).collect()
}

/// The field of an input of this name.
pub fn field(inputs: &'static [Input], name: &str) -> Field {
    let input = inputs.iter().find(|input| input.name == name).unwrap_or(&domain::operators::PHONE);
    let field = Field::text(input.name, input.label);
    if input.hint.is_empty() { field } else { field.hint(input.hint) }
}

/// Reference, name, number and connection, and below them what a service asks; `name_hint` says
/// what the name is for.
pub fn form(
    begun: &Begun,
    inputs: &'static [Input],
    many: &'static str,
    name_hint: &'static str,
    asked: AnyView,
) -> AnyView {
    let form = &begun.form;
    view! {
        <p class="meta">"Several customers at once? "<a href=many>"Launch them from a table"</a>"."</p>
        {customer_part(form, name_hint)}
        <fieldset>
            <legend>"Number"</legend>
            <div class="fields">
                {field(inputs, "phone").required().kind("tel").width("medium").show(form)}
                {connection_field(&begun.connections, form)}
            </div>
        </fieldset>
        {asked}
    }
    .into_any()
}

/// Fills in the number that an operator was asked about last, of a customer that the form begins
/// with.
pub async fn fill(ctx: &Ctx, begun: &mut Begun) -> Result<(), AppError> {
    let Some(customer) = &begun.customer else { return Ok(()) };
    if let Some(phone) = last_number(&ctx.work, &customer.id).await? {
        begun.form.values.insert("phone".into(), phone);
    }
    Ok(())
}

/// A box to tick.
pub fn tick(input: &Input, form: &Refused) -> impl IntoView + use<> {
    let (name, error) = (input.name, form.error(input.name).map(str::to_owned));
    let (clean, checked) = (error.is_none(), !form.value(name).is_empty());
    let (hint, wrong) = (format!("{name}-hint"), format!("{name}-error"));
    view! {
        <div class="field">
            <ul class="ticks wide"><li><label><input id=name type="checkbox" name=name value="on" checked=checked
                aria-invalid=(!clean).then_some("true") aria-describedby=format!("{hint} {wrong}")/>" "{input.label}</label></li></ul>
            <p class="hint" id=hint>{input.hint}</p>
            <p class="error" id=wrong hidden=clean>{error}</p>
        </div>
    }
}

/// What the operator says, what it means, and what comes next.
pub fn answer(
    look: Look<'_>,
    facts: Vec<(String, String)>,
    means: String,
    next: &'static str,
) -> AnyView {
    let says = look.review.check.provider_state.clone().unwrap_or_default();
    let rows: Vec<_> = facts
        .into_iter()
        .map(|(name, text)| parts::fact(parts::setting_word(&name), text))
        .collect();
    view! {
        <section class="panel" data-live="answer"><header><h2>"What the operator says"</h2>" "<span class="meta">{says}"."</span></header>
            <dl class="facts">{rows}{look.review.check.outcome_at_ms.map(|at| view! { <div><dt>"Answered"</dt><dd>{parts::stamp(at)}</dd></div> })}</dl>
            <p class="prose">{means}</p>
            {(!next.is_empty()).then(|| view! { <p class="meta">{next}</p> })}
        </section>
    }
    .into_any()
}

/// Stands for an answer whose question cannot be opened.
pub fn without_question(look: Look<'_>) -> AnyView {
    let says = look.review.check.provider_state.clone().unwrap_or_default();
    let words = "What was asked cannot be opened: the customer was erased, or what was kept of it is damaged.";
    view! { <section class="panel"><header><h2>"What the operator says"</h2>" "<span class="meta">{says}"."</span></header><p class="hush">{words}</p></section> }
        .into_any()
}
