//! The launch form of a due-diligence check, empty, refused, from a draft, or for a linked
//! re-check.

use super::super::{face::Tab, tabs::tabs};
use crate::pages::{
    AppError, Asked, Ctx, Page, flash,
    launching::{
        Launchable,
        asks::{Asks, viewed, without_questions},
        fields::{connection_field, country_select, no_kryptogo, setting_field, sources_field},
        known, known_customer, run_again,
    },
    page::Shown,
    parts::{self, Field},
};
use casework::checks;
use domain::{
    CheckId,
    checks::Kind,
    fields::Refused,
    journal::{Action, Subject},
    launch::DueDiligenceForm,
};
use leptos::prelude::*;
use serde_json::json;

/// Its tab over the launch forms.
pub const TAB: Tab = Tab::new("/checks/new", "Due diligence");

/// Where the table of many stands.
pub const MANY: &str = "/checks/new/due-diligence/many";

const LABELS: &[(&str, &str)] = &[
    ("kind", "About"),
    ("connection", "Connection"),
    ("customer_reference", "Customer reference"),
    ("name", "Name"),
    ("birth_date", "Birth date"),
    ("country", "Country"),
    ("registration_number", "Registration number"),
    ("search_setting", "Search setting"),
    ("sources", "Sources"),
];

/// What the form is made for.
#[derive(Clone, Default)]
struct Purpose {
    check_id: String,
    relaunch_of: Option<String>,
}

/// # Errors
/// The database.
pub async fn launch(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let connections = checks::review::launchable(&ctx.work, Kind::DdKyc).await?;
    let mut form = match asked.refused(&ctx).await? {
        Some(refused) => refused,
        None => prefilled(&ctx, &asked).await?,
    };
    if form.value("connection").is_empty()
        && let Some((first, _)) = connections.first()
    {
        form.values.insert("connection".into(), first.id.clone());
    }
    let relaunch_of = asked
        .chosen("again")
        .map(str::to_owned)
        .or_else(|| Some(form.value("relaunch_of").to_owned()).filter(|v| !v.is_empty()));
    let id = Some(form.value("check_id").to_owned()).filter(|id| !id.is_empty());
    viewed(&ctx, &form).await?;
    let purpose = Purpose { check_id: id.unwrap_or_else(casework::new_id), relaunch_of };
    Ok(flash::with_flash(page(connections, form, purpose), &asked).into())
}

/// A draft that is finished later.
///
/// # Errors
/// Not a draft, or the database.
pub async fn edit(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let id = CheckId::from(asked.param("id"));
    let draft = checks::draft(&ctx.work, &id).await?;
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::CheckViewed,
        Subject::Check,
        id.as_str(),
        json!({ "page": "draft" }),
    )
    .await?;
    let form = match asked.refused(&ctx).await? {
        Some(refused) => refused,
        None => draft.as_typed(),
    };
    viewed(&ctx, &form).await?;
    let connections = checks::review::launchable(&ctx.work, Kind::DdKyc).await?;
    let purpose = Purpose { check_id: id.to_string(), relaunch_of: None };
    Ok(flash::with_flash(page(connections, form, purpose), &asked).into())
}

/// The form for another check of a known customer, or again for an ended check.
async fn prefilled(ctx: &Ctx, asked: &Asked) -> Result<Refused, AppError> {
    let mut form =
        DueDiligenceForm { kind: Kind::DdKyc.code().into(), ..DueDiligenceForm::default() };
    if let Some(again) = asked.chosen("again") {
        let check = run_again(ctx, again).await?;
        if let Ok(launch) = check.launch() {
            let target = launch.target;
            form = DueDiligenceForm {
                kind: target.kind.code().into(),
                connection: check.connection_id,
                customer_reference: launch.customer_reference,
                name: target.name,
                birth_date: target.birth_date.unwrap_or_default(),
                country: target.country.unwrap_or_default(),
                registration_number: target.registration_number.unwrap_or_default(),
                search_setting: launch.search_setting.to_string(),
                sources: launch.sources.iter().map(|s| s.code()).collect::<Vec<_>>().join(","),
            };
        }
    } else if let Some(reference) = asked.chosen("customer") {
        let customer = known_customer(ctx, reference).await?;
        form.kind =
            if customer.subject == "company" { Kind::DdKyb } else { Kind::DdKyc }.code().into();
        form.customer_reference = customer.reference;
        form.name = customer.name;
        form.birth_date = customer.birth_date.unwrap_or_default();
        form.country = customer.country.unwrap_or_default();
        return Ok(known(form.as_typed()));
    }
    Ok(form.as_typed())
}

fn page(connections: Launchable, form: Refused, purpose: Purpose) -> Shown {
    let refused = !form.is_clean();
    let view = move || {
        let body = if connections.is_empty() {
            no_kryptogo().into_any()
        } else {
            form_view(&connections, &form, &purpose).into_any()
        };
        view! {
            <header class="page-head"><div><h1>{if purpose.relaunch_of.is_some() { "Run the check again" } else { "New check" }}</h1><p class="meta">"Due diligence at KryptoGO"</p></div></header>
            {tabs(TAB, &form)}
            {body}
        }
        .into_any()
    };
    Shown::new("New check", view).class("narrow").refused(refused)
}

fn form_view(connections: &Launchable, form: &Refused, purpose: &Purpose) -> impl IntoView + use<> {
    let company = form.value("kind") == Kind::DdKyb.code();
    let asks = Asks::of(form);
    let asks_anyway = asks.is_any();
    view! {
        <form class="form" method="post" action="/api/checks/launch" novalidate data-launch>
            <input type="hidden" name="check_id" value=purpose.check_id.clone()/>
            <input type="hidden" name="relaunch_of" value=purpose.relaunch_of.clone().unwrap_or_default()/>
            {asks.questions()}
            {parts::refusals(&without_questions(form), LABELS)}
            <p class="meta">"Several customers at once? "<a href=MANY>"Launch them from a table"</a>"."</p>
            <fieldset>
                <legend>"About"</legend>
                <div class="choices" id="kind">
                    {kind_choice(Kind::DdKyc, "Person", "Name, birth date, citizenship", !company)}
                    {kind_choice(Kind::DdKyb, "Company", "Name, country, registration number", company)}
                </div>
            </fieldset>
            <fieldset>
                <legend>"Customer"</legend>
                {Field::text("customer_reference", "Customer reference").required().hint("Your own reference, for example C-000123. Checks of one customer belong together by it.").width("medium").check("reference").show(form)}
                {Field::text("name", "Name").required().hint("As written on the document, in any script.").check("name").show(form)}
                <div class="fields">
                    <div class="only-person">{Field::text("birth_date", "Birth date").hint("Year, month, day: 1990-06-21").width("short").check("birth_date").show(form)}</div>
                    {country_select(form, "Country", "Citizenship of a person, seat of a company", false)}
                    <div class="only-company">{Field::text("registration_number", "Registration number").width("medium").show(form)}</div>
                </div>
            </fieldset>
            <fieldset>
                <legend>"Search"</legend>
                <div class="fields">
                    {connection_field(connections, form)}
                    {setting_field(connections, form)}
                </div>
                {sources_field(form)}
            </fieldset>
            <p class="will">"The check is sent to KryptoGO at once. It appears under To review when KryptoGO has answered."</p>
            {asks.answers()}
            <div class="actions">
                <button class="btn primary" name="then" value="launch">{if asks_anyway { "Launch anyway at KryptoGO" } else { "Launch at KryptoGO" }}</button>
                <button class="btn" name="then" value="draft">"Save as draft"</button>
                <a class="btn quiet" href="/checks">"Cancel"</a>
            </div>
        </form>
    }
}

fn kind_choice(
    kind: Kind,
    words: &'static str,
    hint: &'static str,
    checked: bool,
) -> impl IntoView {
    view! { <label class="choice"><input type="radio" name="kind" value=kind.code() checked=checked/><span><b>{words}</b>" "<span class="hint">{hint}</span></span></label> }
}
