//! Many number matches from one table.

use super::{
    super::{
        face::{Tab, TableWords},
        many::{self as tables, Looked, Sent, Table},
    },
    launch,
};
use crate::pages::{
    AppError, Ctx,
    launching::{Launchable, fields::connection_field},
};
use casework::{
    instant::many,
    many::{Launched, What},
};
use domain::{checks::Kind, fields::Refused, number_match::Attribute, people::Permission};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

/// The table's pages.
pub struct NumberMatches;

impl Table for NumberMatches {
    const WORDS: &'static TableWords = &TableWords {
        what: What::NumberMatch,
        tab: Tab::new(launch::ADDRESS, Kind::NumberMatch.label()),
        address: launch::MANY,
        title: "Many number matches",
        from_a_table: "Number matches from a table",
        action: "/api/number/many",
        template: "/checks/new/number/template",
        file: "number-matches.csv",
        hint: " with all columns; only what is filled is asked.",
        one: "number match",
        more: "number matches",
        will: "Nothing is sent before you launch. Launched lines leave at the pace that the connection allows; they go on after a restart, and none is sent twice. A line whose answer is lost becomes a failed check.",
        none_yet: "An admin has to add a connection to a mobile operator first.",
        shown: &["Number", "Asked"],
        done: "launched-many",
    };
    const KIND: Kind = Kind::NumberMatch;

    fn template() -> String {
        many::template()
    }

    fn chosen(connections: &Launchable, form: &Refused) -> AnyView {
        connection_field(connections, form).into_any()
    }

    async fn look(ctx: &Ctx, sent: &Sent) -> Result<Looked, AppError> {
        let table = many::look(&ctx.work, &sent.chosen("connection"), &sent.table).await?;
        Looked::at(ctx, &table, |f| (f.name.as_str(), f.customer_reference.as_str()), cells).await
    }

    async fn launch(ctx: &Ctx, sent: &Sent) -> Result<Launched, AppError> {
        let caller = ctx.caller_who(Permission::LaunchChecks)?;
        Ok(many::launch(&ctx.work, caller, &ctx.actor(), &sent.chosen("connection"), &sent.as_table()).await?)
    }
}

#[server(endpoint = "number/many", input = MultipartFormData)]
pub async fn many_number_matches(data: MultipartData) -> Result<(), AppError> {
    tables::act::<NumberMatches>(data).await
}

fn cells(form: &domain::number_match::NumberMatchForm) -> Vec<String> {
    let asked = Attribute::ALL.iter().filter(|a| form.values.get(a.code()).is_some_and(|v| !v.trim().is_empty()));
    vec![form.phone.clone(), asked.map(|a| a.label()).collect::<Vec<_>>().join(", ")]
}
