//! Many number matches from one table.

use super::super::many::{self as tables, Begun, Looked, Sent, Words, go_to};
use crate::pages::{
    AppError, Asked, Ctx, Page, flash,
    forms::show,
    launching::{Launchable, fields::connection_field},
    request::ctx,
    services::due_diligence::launch::Service,
};
use casework::{checks, instant::many, many::What};
use domain::{checks::Kind, fields::Refused, number_match::Attribute, people::Permission};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

/// Where the page stands.
pub const ADDRESS: &str = "/checks/new/number/many";

const WORDS: Words = Words {
    what: What::NumberMatch,
    service: Service::AtOnce(Kind::NumberMatch),
    title: "Many number matches",
    action: "/api/number/many",
    template: "/checks/new/number/template",
    hint: " with all columns; only what is filled is asked.",
    one: "number match",
    more: "number matches",
    will: "Nothing is sent before you launch. Launched lines leave at the pace that the connection allows; they go on after a restart, and none is sent twice. A line whose answer is lost becomes a failed check.",
    none_yet: "An admin has to add a connection to a mobile operator first.",
    shown: &["Number", "Asked"],
    done: "launched-many",
};

/// # Errors
/// The database.
pub async fn launch(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let connections = checks::review::launchable(&ctx.work, Kind::NumberMatch).await?;
    let form = asked.refused(&ctx).await?.unwrap_or_default();
    let begun = Begun::of(&ctx, &WORDS, connections, form, None).await?;
    Ok(flash::with_flash(tables::page(&WORDS, begun, chosen), &asked).into())
}

/// A table to begin with.
///
/// # Errors
/// None.
pub async fn template(_ctx: Ctx, _asked: Asked) -> Result<Page, AppError> {
    Ok(Page::Bytes { bytes: many::template().into_bytes(), name: "number-matches.csv".into() })
}

/// Looks at a table, or launches it. The answer is a page without an address: the table names people.
#[server(endpoint = "number/many", input = MultipartFormData)]
pub async fn many_number_matches(data: MultipartData) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::LaunchChecks)?.clone();
    let sent = Sent::of(data).await?;
    let (mut form, connection) = (sent.typed(), sent.chosen("connection"));
    if sent.launches() {
        match many::launch(&ctx.work, &caller, &ctx.actor(), &connection, &sent.as_table()).await.map_err(AppError::from) {
            Ok(launched) => {
                go_to(&launched, &WORDS);
                return Ok(());
            }
            Err(AppError::Form(refused)) => form.errors = refused.errors,
            Err(error) => return Err(error),
        }
    }
    let looked = match many::look(&ctx.work, &connection, &sent.table).await.map_err(AppError::from) {
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
    let connections = checks::review::launchable(&ctx.work, Kind::NumberMatch).await?;
    show(tables::page(&WORDS, Begun::of(&ctx, &WORDS, connections, form, looked).await?, chosen));
    Ok(())
}

fn chosen(connections: &Launchable, form: &Refused) -> AnyView {
    connection_field(connections, form).into_any()
}

fn cells(form: &domain::number_match::NumberMatchForm) -> Vec<String> {
    let asked = Attribute::ALL.iter().filter(|a| form.values.get(a.code()).is_some_and(|v| !v.trim().is_empty()));
    vec![form.phone.clone(), asked.map(|a| a.label()).collect::<Vec<_>>().join(", ")]
}
