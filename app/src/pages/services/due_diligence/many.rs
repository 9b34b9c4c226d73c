//! Many due-diligence checks from one table, of people and companies together.

use super::super::many::{self as tables, Begun, Looked, Sent, Words, go_to};
use crate::pages::{
    AppError, Asked, Ctx, Page, flash,
    forms::show,
    launching::{
        Launchable,
        fields::{connection_field, setting_field, sources_field},
    },
    parts,
    request::ctx,
    services::due_diligence::launch::Service,
};
use casework::{
    checks::{
        self,
        many::{self, Search},
    },
    many::What,
};
use domain::{checks::Kind, fields::Refused, launch::DueDiligenceForm, people::Permission};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

/// Where the page stands.
pub const ADDRESS: &str = "/checks/new/due-diligence/many";

const WORDS: Words = Words {
    what: What::DueDiligence,
    service: Service::DueDiligence,
    title: "Many due-diligence checks",
    action: "/api/checks/many",
    template: "/checks/new/due-diligence/template",
    hint: " with all columns, a person and a company.",
    one: "check",
    more: "checks",
    will: "Nothing is sent before you launch. Launched lines leave in groups, at the pace that the connection allows; they go on after a restart, and none is sent twice. A line that KryptoGO refuses becomes a failed check and holds up no other.",
    none_yet: "An admin has to add a connection to KryptoGO before a check can be launched.",
    shown: &["About", "Born", "Country", "Number"],
    done: "launched-table",
};

/// # Errors
/// The database.
pub async fn launch(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let connections = checks::review::launchable(&ctx.work, Kind::DdKyc).await?;
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let begun = Begun::of(&ctx, &WORDS, connections, form, None).await?;
    Ok(flash::with_flash(tables::page(&WORDS, begun, chosen), &asked).into())
}

/// A table to begin with.
///
/// # Errors
/// None.
pub async fn template(_ctx: Ctx, _asked: Asked) -> Result<Page, AppError> {
    Ok(Page::Bytes { bytes: many::template().into_bytes(), name: "due-diligence.csv".into() })
}

/// Looks at a table, or launches it. The answer is a page without an address: the table names people.
#[server(endpoint = "checks/many", input = MultipartFormData)]
pub async fn many_checks(data: MultipartData) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let sent = Sent::of(data).await?;
    let mut form = sent.typed();
    let search =
        Search { connection: sent.chosen("connection"), search_setting: sent.chosen("search_setting"), sources: sent.chosen("sources") };
    if sent.launches() {
        match many::launch(&ctx.work, &caller, &ctx.actor(), &search, &sent.as_table()).await.map_err(AppError::from) {
            Ok(launched) => {
                go_to(&launched, &WORDS);
                return Ok(());
            }
            Err(AppError::Form(refused)) => form.errors = refused.errors,
            Err(error) => return Err(error),
        }
    }
    let looked = match many::look(&ctx.work, &search, &sent.table).await.map_err(AppError::from) {
        Ok(table) => {
            tables::viewed(&ctx, &table).await?;
            Some(Looked::of(&table, |f| (f.name.as_str(), f.customer_reference.as_str()), cells))
        }
        Err(AppError::Form(refused)) => {
            form.errors = refused.errors;
            None
        }
        Err(error) => return Err(error),
    };
    let connections = checks::review::launchable(&ctx.work, Kind::DdKyc).await?;
    show(tables::page(&WORDS, Begun::of(&ctx, &WORDS, connections, form, looked).await?, chosen));
    Ok(())
}

/// What is the same for all lines.
fn chosen(connections: &Launchable, form: &Refused) -> AnyView {
    view! {
        <fieldset>
            <legend>"Search, the same for all lines"</legend>
            <div class="fields">
                {connection_field(connections, form)}
                {setting_field(connections, form)}
            </div>
            {sources_field(form)}
        </fieldset>
    }
    .into_any()
}

fn cells(form: &DueDiligenceForm) -> Vec<String> {
    let about = if form.kind == Kind::DdKyb.code() { "company" } else { "person" };
    let country = if form.country.is_empty() { String::new() } else { parts::country(&form.country) };
    vec![about.to_owned(), form.birth_date.clone(), country, form.registration_number.clone()]
}
