//! The launch form of a due-diligence check, empty, refused, from a draft, or for a linked re-check.

use crate::pages::{
    AppError, Asked, Ctx, Page,
    checks::{
        known_customer, run_again,
        who::{Asks, viewed, without_questions},
    },
    forms::{encode, with_query},
    home,
    page::Shown,
    parts::{self, Field},
    services::{at_once, idv},
};
use casework::{checks, connections};
use domain::{
    CheckId,
    checks::Kind,
    countries::COUNTRIES,
    fields::Refused,
    idv::Way,
    journal::{Action, Subject},
    launch::{DueDiligenceForm, SOURCES, setting_code},
};
use leptos::prelude::*;
use serde_json::json;

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
    let relaunch_of =
        asked.chosen("again").map(str::to_owned).or_else(|| Some(form.value("relaunch_of").to_owned()).filter(|v| !v.is_empty()));
    let id = Some(form.value("check_id").to_owned()).filter(|id| !id.is_empty());
    viewed(&ctx, &form).await?;
    let purpose = Purpose { check_id: id.unwrap_or_else(casework::new_id), relaunch_of };
    Ok(home::with_flash(page(connections, form, purpose), &asked).into())
}

/// A draft that is finished later.
///
/// # Errors
/// Not a draft, or the database.
pub async fn edit(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let id = CheckId::from(asked.param("id"));
    let draft = checks::draft(&ctx.work, &id).await?;
    checks::viewed(&ctx.work, &ctx.actor(), Action::CheckViewed, Subject::Check, id.as_str(), json!({ "page": "draft" })).await?;
    let form = match asked.refused(&ctx).await? {
        Some(refused) => refused,
        None => draft.as_typed(),
    };
    viewed(&ctx, &form).await?;
    let connections = checks::review::launchable(&ctx.work, Kind::DdKyc).await?;
    let purpose = Purpose { check_id: id.to_string(), relaunch_of: None };
    Ok(home::with_flash(page(connections, form, purpose), &asked).into())
}

/// The form for another check of a known customer, or again for an ended check.
async fn prefilled(ctx: &Ctx, asked: &Asked) -> Result<Refused, AppError> {
    let mut form = DueDiligenceForm { kind: Kind::DdKyc.code().into(), ..DueDiligenceForm::default() };
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
        form.kind = if customer.subject == "company" { Kind::DdKyb } else { Kind::DdKyc }.code().into();
        form.customer_reference = customer.reference;
        form.name = customer.name;
        form.birth_date = customer.birth_date.unwrap_or_default();
        form.country = customer.country.unwrap_or_default();
        return Ok(known(form.as_typed()));
    }
    Ok(form.as_typed())
}

/// What can be launched, a form each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Service {
    DueDiligence,
    Idv(Way),
    Video,
    /// A kind that is answered at once.
    AtOnce(Kind),
}

/// The tabs above the launch forms. They are links: another form begins empty, but for the customer.
pub(in crate::pages) fn services(here: Service, form: &Refused) -> impl IntoView + use<> {
    let reference = form.value("customer_reference").to_owned();
    let known = Some(("customer", reference)).filter(|(_, r)| form.value("known") == "1" && !r.is_empty());
    let of = |service: Service| match service {
        Service::DueDiligence => (with_query("/checks/new", known.as_slice()), "Due diligence"),
        Service::Idv(way) => (idv::launch::address(way, known.as_slice()), way.label()),
        Service::Video => (with_query("/checks/new/video", known.as_slice()), Kind::VideoIdent.label()),
        Service::AtOnce(kind) => (with_query(at_once::address(kind), known.as_slice()), kind.label()),
    };
    let all = [Service::DueDiligence, Service::Idv(Way::Upload), Service::Idv(Way::Link), Service::Idv(Way::Token), Service::Video];
    let all = all.into_iter().chain(Kind::LAUNCHABLE.iter().copied().filter(|k| k.answers_at_once()).map(Service::AtOnce));
    let links: Vec<_> = all
        .map(|service| {
            let (href, words) = of(service);
            let idv = matches!(service, Service::Idv(_));
            view! { <a href=href aria-current=(service == here).then_some("page")>{idv.then_some("ID: ")}{words}</a> }
        })
        .collect();
    view! { <nav class="tabs wraps" aria-label="Services">{links}</nav> }
}

type Launchable = Vec<(connections::Connection, connections::Options)>;

fn page(connections: Launchable, form: Refused, purpose: Purpose) -> Shown {
    let refused = !form.is_clean();
    let view = move || {
        let body = if connections.is_empty() { no_kryptogo().into_any() } else { form_view(&connections, &form, &purpose).into_any() };
        view! {
            <header class="page-head"><div><h1>{if purpose.relaunch_of.is_some() { "Run the check again" } else { "New check" }}</h1><p class="meta">"Due diligence at KryptoGO"</p></div></header>
            {services(Service::DueDiligence, &form)}
            {body}
        }
        .into_any()
    };
    Shown::new("New check", view).class("narrow").refused(refused)
}

/// What stands where a form would, when nothing can be launched there.
pub(in crate::pages) fn no_kryptogo() -> impl IntoView {
    let words = "An admin has to add a connection to KryptoGO before a check can be launched.".to_owned();
    parts::empty("No connection yet", words, None)
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
            <p class="meta">"Several customers at once? "<a href=super::many::ADDRESS>"Launch them from a table"</a>"."</p>
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

pub(in crate::pages) fn open_check(id: String) -> impl IntoView {
    view! {
        <div class="notice" data-tone="attention" role="alert" tabindex="-1" data-focus>
            <div><p><strong>"This customer already has an open check of this kind."</strong>" Nothing was launched. " <a href=format!("/checks/{id}")>"Open it"</a>", or launch another one below."</p></div>
        </div>
    }
}

fn kind_choice(kind: Kind, words: &'static str, hint: &'static str, checked: bool) -> impl IntoView {
    view! { <label class="choice"><input type="radio" name="kind" value=kind.code() checked=checked/><span><b>{words}</b>" "<span class="hint">{hint}</span></span></label> }
}

/// Countries by name.
pub(in crate::pages) fn country_select(form: &Refused, label: &'static str, hint: &'static str, required: bool) -> impl IntoView + use<> {
    let mut options = vec![(String::new(), if required { "choose …" } else { "not given" }.to_owned())];
    options.extend(COUNTRIES.iter().map(|c| (c.alpha3.to_owned(), format!("{} ({})", c.name, c.alpha3))));
    let select = parts::select("country", options, form.value("country"), form, true);
    parts::field("country", label, required, Some(hint), Some("medium"), form, select)
}

pub(in crate::pages) fn connection_field(connections: &Launchable, form: &Refused) -> impl IntoView + use<> {
    let options = connections.iter().map(|(c, _)| (c.id.clone(), c.name.clone())).collect();
    let select = parts::select("connection", options, form.value("connection"), form, false);
    parts::field("connection", "Connection", true, None, Some("medium"), form, select)
}

pub(in crate::pages) fn setting_field(connections: &Launchable, form: &Refused) -> impl IntoView + use<> {
    let select = setting_select(connections, form);
    parts::field("search_setting", "Search setting", true, None, Some("medium"), form, select)
}

/// The search settings of all connections, each under its connection's name where there are several.
pub(in crate::pages) fn setting_select(connections: &Launchable, form: &Refused) -> AnyView {
    const NAME: &str = "search_setting";
    let of = |connection: &str, options: &connections::Options| -> Vec<(String, String)> {
        let option = |(number, name): (&i64, &String)| (setting_code(connection, *number), format!("{name} ({number})"));
        options.search_settings.iter().map(option).collect()
    };
    let connection = form.value("connection");
    let (chosen, typed) = (connections.iter().find(|(c, _)| c.id == connection).or_else(|| connections.first()), form.value(NAME));
    // A number alone is one of the chosen connection's.
    let value = match (typed.parse::<i64>(), chosen) {
        (Ok(number), Some((connection, _))) => setting_code(&connection.id, number),
        (Err(_), Some((connection, options))) if typed.is_empty() => {
            options.search_settings.keys().next().map(|number| setting_code(&connection.id, *number)).unwrap_or_default()
        }
        _ => typed.to_owned(),
    };
    if let [(connection, options)] = connections.as_slice() {
        return parts::select(NAME, of(&connection.id, options), &value, form, false);
    }
    let wrong = form.error(NAME).is_some();
    let groups: Vec<_> = connections
        .iter()
        .map(|(connection, options)| {
            let options: Vec<_> = of(&connection.id, options).into_iter().map(|(code, words)| parts::option(code, words, &value)).collect();
            view! { <optgroup label=connection.name.clone() data-when-field="connection" data-when-value=connection.id.clone()>{options}</optgroup> }
        })
        .collect();
    view! { <select id=NAME name=NAME aria-invalid=wrong.then_some("true") aria-describedby=parts::described(NAME, false)>{groups}</select> }.into_any()
}

pub(in crate::pages) fn sources_field(form: &Refused) -> impl IntoView + use<> {
    let chosen: Vec<String> = form.value("sources").split([',', ' ']).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    let boxes: Vec<_> = SOURCES
        .iter()
        .map(|source| {
            let checked = chosen.is_empty() || chosen.iter().any(|c| c == source.code());
            view! { <li><label><input type="checkbox" name="sources[]" value=source.code() checked=checked/>" "{source.label()}</label></li> }
        })
        .collect();
    let error = form.error("sources").map(str::to_owned);
    let described = error.is_some().then_some("sources-error");
    view! {
        <div class="field" id="sources" role="group" aria-labelledby="sources-label" aria-describedby=described>
            <span class="label" id="sources-label">"Sources"</span>
            <ul class="ticks">{boxes}</ul>
            {error.map(|e| view! { <p class="error" id="sources-error">{e}</p> })}
        </div>
    }
}

/// Marks a form that began with a customer's data, so that the other forms begin with them too.
pub(in crate::pages) fn known(mut form: Refused) -> Refused {
    form.values.insert("known".into(), "1".into());
    form
}

/// The address of the form for another check of a customer.
#[must_use]
pub fn for_customer(reference: &str) -> String {
    format!("/checks/new?customer={}", encode(reference))
}
