//! The page of the first step: a new person, empty, refused, of a known customer, or again for an
//! ended check.

use super::{
    super::{face::Tab, tabs::tabs},
    person_form::{At, person_form, split_name},
    steps::{Step, stepper},
};
use crate::pages::{
    AppError, Asked, Ctx, Page, flash,
    launching::{Launchable, asks::viewed, known, known_customer, run_again},
    page::Shown,
    parts,
};
use casework::{checks, customers::Customer, services, video as work};
use domain::{
    CheckId,
    checks::Kind,
    countries,
    fields::Refused,
    journal::{Action, Subject},
    number_match::Attribute,
};
use leptos::prelude::*;
use serde_json::json;

/// Its tab over the launch forms.
pub const TAB: Tab = Tab::new("/checks/new/video", Kind::VideoIdent.label());

/// Where the values come from that the form begins with.
#[derive(Default)]
struct From {
    /// The accepted ID verification, if one gave any.
    check: Option<String>,
    is_split: bool,
}

/// # Errors
/// Unknown, a check of another kind, or the database.
pub async fn launch(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let connections = checks::review::launchable(&ctx.work, Kind::VideoIdent).await?;
    let (mut form, from) = match asked.refused(&ctx).await? {
        Some(refused) => (refused, None),
        None => prefilled(&ctx, &asked).await?,
    };
    viewed(&ctx, &form).await?;
    let mut begin = |name: &str, value: &str| {
        if form.value(name).is_empty() {
            form.values.insert(name.into(), value.into());
        }
    };
    if let Some((first, _)) = connections.first() {
        begin("connection", &first.id);
    }
    begin("country", "DE");
    begin("check_id", &casework::new_id());
    Ok(flash::with_flash(page(connections, form, from), &asked).into())
}

async fn prefilled(ctx: &Ctx, asked: &Asked) -> Result<(Refused, Option<From>), AppError> {
    if let Some(again) = asked.chosen("again") {
        let check = run_again(ctx, again).await?;
        if check.kind()? != Kind::VideoIdent {
            return Err(AppError::NotFound);
        }
        let mut form = work::form_of(&ctx.work, &CheckId::from(again)).await?.as_typed();
        // A check that is still open is asked anew beside it, not in its place.
        if check.state()?.is_final() {
            form.values.insert("relaunch_of".into(), check.id);
        }
        return Ok((form, None));
    }
    let Some(reference) = asked.chosen("customer") else { return Ok((Refused::default(), None)) };
    let customer = known_customer(ctx, reference).await?;
    let (form, from) = of_customer(ctx, &customer).await?;
    Ok((known(form), Some(from)))
}

/// What an accepted ID verification recognised comes before what the customer's own record says.
async fn of_customer(ctx: &Ctx, customer: &Customer) -> Result<(Refused, From), AppError> {
    let mut form = Refused::of([("customer_reference", &customer.reference)]);
    let mut from = From::default();
    let mut fill = |name: &str, value: String| {
        if !value.is_empty() {
            form.values.entry(name.into()).or_insert(value);
        }
    };
    if let Some(recognised) = services::known_of(&ctx.work, &customer.reference).await? {
        let (actor, details) = (ctx.actor(), json!({ "page": "launch" }));
        checks::viewed(
            &ctx.work,
            &actor,
            Action::CheckViewed,
            Subject::Check,
            &recognised.check_id,
            details,
        )
        .await?;
        for (attribute, value) in recognised.values {
            match attribute {
                Attribute::GivenName => fill("first_name", value),
                Attribute::FamilyName => fill("last_name", value),
                Attribute::Birthdate => fill("birth_date", value),
                Attribute::Nationality => fill("nationality", value),
                _ => continue,
            }
            from.check = Some(recognised.check_id.clone());
        }
    }
    fill("birth_date", customer.birth_date.clone().unwrap_or_default());
    let citizenship =
        customer.country.as_deref().and_then(countries::find).map(|c| c.alpha2.to_owned());
    fill("nationality", citizenship.unwrap_or_default());
    if form.value("last_name").is_empty() && customer.subject == "person" {
        let (first, last) = split_name(&customer.name);
        form.values.insert("first_name".into(), first);
        form.values.insert("last_name".into(), last);
        from.is_split = true;
    }
    Ok((form, from))
}

fn page(connections: Launchable, form: Refused, from: Option<From>) -> Shown {
    let refused = !form.is_clean();
    let view = move || {
        let relaunch_of = Some(form.value("relaunch_of")).filter(|id| !id.is_empty());
        let body = if connections.is_empty() {
            let words = "An admin has to add a connection to Solaris before this can be launched."
                .to_owned();
            parts::empty("No connection yet", words, None).into_any()
        } else {
            let at =
                At::New { connections: &connections, relaunch_of, from: from.and_then(origin) };
            view! { {stepper(Step::Person)}{person_form(form.value("check_id"), &form, at)} }
                .into_any()
        };
        view! {
            <header class="page-head"><div>
                <h1>{if relaunch_of.is_some() { "Run the check again" } else { "New check" }}</h1>
                <p class="meta">"Video identification at Solaris: an agent of IDnow sees the customer and their document in a video call"</p>
            </div></header>
            {tabs(TAB, &form)}
            {body}
        }
        .into_any()
    };
    Shown::new("New check", view).class("narrow").refused(refused)
}

/// Says which values were filled in, and from where.
fn origin(from: From) -> Option<AnyView> {
    let recognised = from.check.map(|check| {
        view! { <p>"Filled in from what was recognised on the document, in "<a href=format!("/checks/{check}")>"the latest accepted ID verification"</a>"."</p> }
    });
    let split = from
        .is_split
        .then(|| view! { <p>"First and last name are a guess from the customer's record: compare them with the document."</p> });
    (recognised.is_some() || split.is_some()).then(|| {
        view! { <div class="notice" data-tone="info"><div>{recognised}{split}</div></div> }
            .into_any()
    })
}
