//! What the launch forms of checks that are answered at once have in common.

use super::{
    super::tabs::tabs,
    service::{AtOnce, Begun, tab},
};
use crate::pages::{
    AppError, Asked, Ctx, Page, flash,
    launching::{
        asks::{Asks, viewed, without_questions},
        known, known_customer, run_again,
    },
    page::Shown,
    parts::{self, Field},
    providers::in_sentences,
};
use casework::{checks, services};
use domain::{CheckId, checks::Kind, connections::Provider, fields::Refused};
use leptos::prelude::*;

/// Reads what was refused, what an ended check asked, or what is known of a customer.
///
/// # Errors
/// Unknown, a check of another kind, or the database.
async fn begin(ctx: &Ctx, asked: &Asked, kind: Kind) -> Result<Begun, AppError> {
    let connections = checks::review::launchable(&ctx.work, kind).await?;
    let (mut form, customer) = match asked.refused(ctx).await? {
        Some(refused) => (refused, None),
        None => prefilled(ctx, asked, kind).await?,
    };
    if form.value("connection").is_empty()
        && let Some((first, _)) = connections.first()
    {
        form.values.insert("connection".into(), first.id.clone());
    }
    let filled = |name: &str| Some(form.value(name).to_owned()).filter(|text| !text.is_empty());
    viewed(ctx, &form).await?;
    let (check_id, relaunch_of) =
        (filled("check_id").unwrap_or_else(casework::new_id), filled("relaunch_of"));
    Ok(Begun { connections, form, check_id, relaunch_of, customer, origin: None })
}

async fn prefilled(
    ctx: &Ctx,
    asked: &Asked,
    kind: Kind,
) -> Result<(Refused, Option<casework::customers::Customer>), AppError> {
    if let Some(again) = asked.chosen("again") {
        let check = run_again(ctx, again).await?;
        if check.kind()? != kind {
            return Err(AppError::NotFound);
        }
        let mut form = services::form_of(&ctx.work, &CheckId::from(again)).await?.as_typed();
        // A check that is still open is asked anew beside it, not in its place.
        if check.state()?.is_final() {
            form.values.insert("relaunch_of".into(), check.id);
        }
        return Ok((form, None));
    }
    let Some(reference) = asked.chosen("customer") else { return Ok((Refused::default(), None)) };
    let customer = known_customer(ctx, reference).await?;
    let form = Refused::of([("customer_reference", &customer.reference), ("name", &customer.name)]);
    Ok((known(form), Some(customer)))
}

/// The labels that all forms have, and those of one, for the summary of a refused form.
fn labels<S: AtOnce>() -> Vec<(String, &'static str)> {
    let all = [
        ("customer_reference", "Customer reference"),
        ("name", "Name"),
        ("connection", "Connection"),
    ];
    all.into_iter().map(|(name, label)| (name.to_owned(), label)).chain(S::labels()).collect()
}

/// The launch page of a service.
///
/// # Errors
/// Unknown, a check of another kind, or the database.
pub async fn page_of<S: AtOnce>(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let mut begun = begin(&ctx, &asked, S::KIND).await?;
    S::fill(&ctx, &mut begun).await?;
    Ok(flash::with_flash(page::<S>(begun), &asked).into())
}

/// The page around the fields of one form.
fn page<S: AtOnce>(mut begun: Begun) -> Shown {
    let refused = !begun.form.is_clean();
    let view = move || {
        let heading = if begun.relaunch_of.is_some() { "Run the check again" } else { "New check" };
        let tabs = tabs(tab::<S>(), &begun.form);
        let body = if begun.connections.is_empty() {
            let provider = Provider::of(S::KIND).map_or("the provider", |p| match p {
                Provider::Camara => "a mobile operator",
                other => other.in_sentences(),
            });
            parts::empty(
                "No connection yet",
                format!(
                    "An admin has to add a connection to {provider} before this can be launched."
                ),
                None,
            )
            .into_any()
        } else {
            let fields = S::fields(&mut begun);
            form::<S>(&begun, fields).into_any()
        };
        view! {
            <header class="page-head"><div><h1>{heading}</h1><p class="meta">{S::WORDS.about}</p></div></header>
            {tabs}
            {body}
        }
        .into_any()
    };
    Shown::new("New check", view).class("narrow").refused(refused)
}

fn form<S: AtOnce>(begun: &Begun, fields: AnyView) -> impl IntoView + use<S> {
    let asks = Asks::of(&begun.form);
    let anyway = asks.is_any();
    let provider = in_sentences(S::KIND);
    let button = if anyway {
        format!("Launch anyway at {provider}")
    } else {
        format!("Launch at {provider}")
    };
    let will = format!(
        "{} The question is put to {provider} once: if the answer is lost on its way, nothing asks again by itself.",
        S::WORDS.will
    );
    view! {
        <form class="form" method="post" action=S::WORDS.action novalidate data-launch>
            <input type="hidden" name="check_id" value=begun.check_id.clone()/>
            <input type="hidden" name="relaunch_of" value=begun.relaunch_of.clone().unwrap_or_default()/>
            {asks.questions()}
            {parts::refusals(&without_questions(&begun.form), &labels::<S>())}
            {fields}
            <p class="will">{will}</p>
            {asks.answers()}
            <div class="actions">
                <button class="btn primary">{button}</button>
                <a class="btn quiet" href="/checks">"Cancel"</a>
            </div>
        </form>
    }
}

/// Reference and name; `hint` says what the name is for.
pub fn customer_part(form: &Refused, hint: &'static str) -> impl IntoView + use<> {
    view! {
        <fieldset>
            <legend>"Customer"</legend>
            {Field::text("customer_reference", "Customer reference").required().hint("Your own reference, for example C-000123. Checks of one customer belong together by it.").width("medium").check("reference").show(form)}
            {Field::text("name", "Name").required().hint(hint).check("name").show(form)}
        </fieldset>
    }
}
