//! The launch forms of an ID verification: upload, link for the customer, token for the mobile SDK.

use super::{
    super::{face::Tab, tabs::tabs},
    pictures::{Kept, picture_field},
};
use crate::pages::{
    AppError, Asked, Ctx, Page, flash,
    forms::with_query,
    launching::{
        Launchable,
        asks::{Asks, viewed, without_questions},
        fields::{connection_field, country_select, no_kryptogo, setting_select},
        known, known_customer, run_again,
    },
    page::Shown,
    parts::{self, Field},
};
use casework::{checks, idv as work};
use domain::{
    checks::Kind,
    fields::Refused,
    idv::{APPLY_CODES, FollowUp, Form, ISSUE_SITES, IdType, LOCALES, Slot, WORKFLOWS, Way},
};
use leptos::prelude::*;

/// Where its forms stand.
pub const ADDRESS: &str = "/checks/new/id";

/// The tab of one of its forms.
pub const fn tab(way: Way) -> Tab {
    Tab {
        address: ADDRESS,
        way: Some(("way", way.code())),
        before: Some("ID: "),
        words: way.label(),
    }
}

const LABELS: &[(&str, &str)] = &[
    ("connection", "Connection"),
    ("customer_reference", "Customer reference"),
    ("name", "Name"),
    ("birth_date", "Birth date"),
    ("country", "Country"),
    ("id_type", "Document"),
    ("number", "Document number"),
    ("issuing_date", "Issued"),
    ("expiry_date", "Expires"),
    ("gender", "Gender"),
    ("front", "Front"),
    ("back", "Back"),
    ("face", "Face"),
    ("face_with_id", "Face with document"),
    ("workflow", "What the customer takes pictures of"),
    ("locale", "Language"),
    ("success_url", "Address after success"),
    ("error_url", "Address after failure"),
    ("tw_apply_code", "Kind of issue"),
    ("tw_apply_date", "Issue date"),
    ("tw_issue_site", "Issuing place"),
    ("follow_up", "Due diligence"),
    ("search_setting", "Search setting"),
];

/// What the form is made for.
struct Purpose {
    check_id: String,
    relaunch_of: Option<String>,
    way: Way,
    kept: Vec<(Slot, Kept)>,
}

/// # Errors
/// The database.
pub async fn launch(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let connections = checks::review::launchable(&ctx.work, Kind::Idv).await?;
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
    let mut kept = Vec::new();
    for slot in Slot::ALL {
        let id = form.value(&format!("kept_{slot}")).to_owned();
        match work::pictures::waiting(&ctx.work, ctx.owner(), &id).await? {
            Some(waiting) => kept.push((*slot, Kept { id: waiting.id, words: waiting.words })),
            None if !id.is_empty() => form.refuse(slot.code(), work::pictures::NOT_KEPT_ANY_MORE),
            None => {}
        }
    }
    viewed(&ctx, &form).await?;
    let way = Way::parse(form.value("way"))
        .or_else(|| Way::parse(asked.query("way")))
        .unwrap_or(Way::Upload);
    let purpose = Purpose { check_id: id.unwrap_or_else(casework::new_id), relaunch_of, way, kept };
    Ok(flash::with_flash(page(connections, form, purpose), &asked).into())
}

/// The address of the form for a way, for the tabs.
#[must_use]
pub fn address(way: Way, asked: &[(&str, String)]) -> String {
    with_query(ADDRESS, &[&[("way", way.code().to_owned())], asked].concat())
}

/// The form for another check of a known customer, or again for an ended one.
async fn prefilled(ctx: &Ctx, asked: &Asked) -> Result<Refused, AppError> {
    let mut form = Form {
        way: asked.query("way").into(),
        follow_up: FollowUp::None.code().into(),
        ..Form::default()
    };
    if let Some(again) = asked.chosen("again") {
        let check = run_again(ctx, again).await?;
        if let Ok(idv) = check.idv() {
            form = Form { connection: check.connection_id, ..Form::from(&idv) };
        }
    } else if let Some(reference) = asked.chosen("customer") {
        let customer = known_customer(ctx, reference).await?;
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
        let (again, way) = (purpose.relaunch_of.is_some(), purpose.way);
        let body = if connections.is_empty() {
            no_kryptogo().into_any()
        } else {
            form_view(&connections, &form, purpose).into_any()
        };
        view! {
            <header class="page-head"><div><h1>{if again { "Run the check again" } else { "New check" }}</h1><p class="meta">"ID verification at KryptoGO"</p></div></header>
            {tabs(tab(way), &form)}
            {body}
        }
        .into_any()
    };
    Shown::new("New check", view).class("narrow").refused(refused)
}

fn form_view(connections: &Launchable, form: &Refused, purpose: Purpose) -> impl IntoView + use<> {
    let Purpose { check_id, relaunch_of, way, kept } = purpose;
    let asks = Asks::of(form);
    let anyway = asks.is_any();
    let (words, button) = match way {
        Way::Upload => (
            "The pictures are sent to KryptoGO at once. The check appears under To review when KryptoGO has looked at them.",
            "Send to KryptoGO",
        ),
        Way::Link => (
            "KryptoGO makes a page for the customer. Its address is shown once, on the check's page. Points are used when the customer has uploaded.",
            "Make the link",
        ),
        Way::Token => (
            "KryptoGO makes a token for your mobile app. It is shown once, on the check's page. Points are used when the customer has uploaded.",
            "Make the token",
        ),
    };
    let upload = (way == Way::Upload).then_some("");
    let pictures = (way == Way::Upload).then(|| pictures_part(form, kept));
    let link = (way == Way::Link).then(|| link_part(form));
    let taiwan = (way != Way::Upload).then(|| taiwan_part(form, way));
    view! {
        <form class="form" method="post" action="/api/idv/launch" enctype="multipart/form-data" novalidate data-launch data-upload=upload>
            <input type="hidden" name="check_id" value=check_id/>
            <input type="hidden" name="relaunch_of" value=relaunch_of.unwrap_or_default()/>
            <input type="hidden" name="way" value=way.code()/>
            {asks.questions()}
            {parts::refusals(&without_questions(form), LABELS)}
            {document_part(form, way)}
            {pictures}
            {customer_part(form, way)}
            {link}
            {taiwan}
            {follow_up_part(connections, form)}
            <p class="will">{words}</p>
            {asks.answers()}
            <div class="actions">
                <button class="btn primary">{if anyway { "Launch anyway at KryptoGO" } else { button }}</button>
                <a class="btn quiet" href="/checks">"Cancel"</a>
            </div>
        </form>
    }
}

fn options<C: ToString>(first: Option<(&str, &str)>, list: &[(C, &str)]) -> Vec<(String, String)> {
    let first = first.map(|(code, words)| (code.to_owned(), words.to_owned()));
    first
        .into_iter()
        .chain(list.iter().map(|(code, words)| (code.to_string(), (*words).to_owned())))
        .collect()
}

/// A select with its label.
fn choose(
    name: &'static str,
    label: &'static str,
    required: bool,
    hint: Option<&'static str>,
    list: Vec<(String, String)>,
    form: &Refused,
) -> impl IntoView + use<> {
    let select = parts::select(name, list, form.value(name), form, hint.is_some());
    parts::field(name, label, required, hint, Some("medium"), form, select)
}

fn document_part(form: &Refused, way: Way) -> impl IntoView + use<> {
    let types: Vec<(&str, &str)> = IdType::ALL.iter().map(|t| (t.code(), t.label())).collect();
    let kind = match way {
        Way::Token => view! { <div class="field"><span class="label">"Document"</span><p>"Identity card"</p><p class="hint">"The mobile SDK takes identity cards only."</p></div> }.into_any(),
        _ => choose("id_type", "Document", true, None, options(None, &types), form).into_any(),
    };
    view! {
        <fieldset>
            <legend>"Document"</legend>
            <div class="fields">
                {country_select(form, "Country", "The country that issued the document", true)}
                {kind}
            </div>
        </fieldset>
    }
}

fn pictures_part(form: &Refused, mut kept: Vec<(Slot, Kept)>) -> impl IntoView + use<> {
    let mut of = |slot: Slot| kept.iter().position(|(s, _)| *s == slot).map(|at| kept.remove(at).1);
    view! {
        <fieldset>
            <legend>"Pictures"</legend>
            <p class="hint">"JPEG or PNG, at most 15 MB each, every side below 8,000 pixels and the longest above 300."</p>
            {picture_field(Slot::Front, "Front", "The side with photo and data.", true, of(Slot::Front), form)}
            <div data-when-field="id_type" data-when-value="ID_CARD DRIVING_LICENSE">
                {picture_field(Slot::Back, "Back", "Required for identity cards.", false, of(Slot::Back), form)}
            </div>
            {picture_field(Slot::Face, "Face", "The person alone. This picture or the next one is required.", false, of(Slot::Face), form)}
            {picture_field(Slot::FaceWithId, "Face with document", "The person holding the document.", false, of(Slot::FaceWithId), form)}
        </fieldset>
    }
}

fn customer_part(form: &Refused, way: Way) -> impl IntoView + use<> {
    let dates = (way == Way::Upload).then(|| {
        view! {
            <div class="fields">
                {Field::text("issuing_date", "Issued").hint("2020-03-10").width("short").check("date").show(form)}
                {Field::text("expiry_date", "Expires").hint("2030-03-10").width("short").check("date").show(form)}
                {choose("gender", "Gender", false, None, options(Some(("", "not given")), &[("F", "F"), ("M", "M"), ("X", "X")]), form)}
            </div>
        }
    });
    view! {
        <fieldset>
            <legend>"Customer, and what the document should say"</legend>
            <p class="hint">"KryptoGO compares what you give here with the document; where it differs, it asks for a review."</p>
            {Field::text("customer_reference", "Customer reference").required().hint("Your own reference, for example C-000123. Checks of one customer belong together by it.").width("medium").check("reference").show(form)}
            {Field::text("name", "Name").required().hint("As written on the document, in any script.").check("name").show(form)}
            <div class="fields">
                {Field::text("birth_date", "Birth date").hint("Year, month, day: 1990-06-21").width("short").check("birth_date").show(form)}
                {Field::text("number", "Document number").width("medium").show(form)}
            </div>
            {dates}
        </fieldset>
    }
}

fn link_part(form: &Refused) -> impl IntoView + use<> {
    let engines = [("jumio", "Jumio"), ("sumsub", "Sumsub")];
    view! {
        <fieldset>
            <legend>"The customer's page"</legend>
            <div class="fields">
                {choose("engine", "Engine", true, Some("Which one your account at KryptoGO uses"), options(None, &engines), form)}
                <div data-when-field="engine" data-when-value="jumio">{choose("workflow", "What the customer takes pictures of", true, None, options(None, WORKFLOWS), form)}</div>
                {choose("locale", "Language", false, None, options(Some(("", "American English, unless KryptoGO knows better")), LOCALES), form)}
            </div>
            {Field::text("success_url", "Address after success").hint("Optional, https://: where the customer goes afterwards.").show(form)}
            {Field::text("error_url", "Address after failure").hint("Optional, https://, at most 255 characters.").show(form)}
        </fieldset>
    }
}

fn taiwan_part(form: &Refused, way: Way) -> impl IntoView + use<> {
    let and = (way == Way::Link).then_some(("id_type", "ID_CARD"));
    let sites: Vec<(&str, String)> =
        ISSUE_SITES.iter().map(|(code, name)| (*code, format!("{name} ({code})"))).collect();
    let sites: Vec<(&str, &str)> =
        sites.iter().map(|(code, name)| (*code, name.as_str())).collect();
    view! {
        <fieldset data-when-field="country" data-when-value="TWN" data-and-field=and.map(|a| a.0) data-and-value=and.map(|a| a.1)>
            <legend>"Taiwanese identity card"</legend>
            <p class="hint">"Compared with the register of the Ministry of the Interior. Used for identity cards of Taiwan only."</p>
            <div class="fields">
                {choose("tw_apply_code", "Kind of issue", false, None, options(Some(("", "not given")), APPLY_CODES), form)}
                {Field::text("tw_apply_date", "Issue date").hint("Seven digits, year of the Republic of China: 1070102").width("short").show(form)}
                {choose("tw_issue_site", "Issuing place", false, None, options(Some(("", "not given")), &sites), form)}
            </div>
        </fieldset>
    }
}

fn follow_up_part(connections: &Launchable, form: &Refused) -> impl IntoView + use<> {
    let list: Vec<(&str, &str)> = FollowUp::ALL.iter().map(|f| (f.code(), f.label())).collect();
    let setting = parts::field(
        "search_setting",
        "Search setting",
        false,
        None,
        Some("medium"),
        form,
        setting_select(connections, form),
    );
    view! {
        <fieldset>
            <legend>"Provider, and what follows"</legend>
            <div class="fields">
                {connection_field(connections, form)}
                {choose("follow_up", "Due diligence afterwards", false, Some("About the person whom the document names"), options(None, &list), form)}
                <div data-when-field="follow_up" data-when-value="provider accepted">{setting}</div>
            </div>
        </fieldset>
    }
}
