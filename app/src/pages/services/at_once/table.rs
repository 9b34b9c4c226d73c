//! Tables of services that answer at once: what their columns are says the service itself, so that
//! only words are left here.

use super::super::{
    face::TableWords,
    many::{Looked, Sent, Table},
};
use crate::pages::{
    AppError, Ctx,
    launching::{Launchable, fields::connection_field},
};
use casework::{
    many::Launched,
    services::{Form, many},
};
use domain::{checks::Kind, fields::Refused};
use leptos::prelude::*;

/// A service's table of many.
pub trait Lines: 'static {
    const WORDS: &'static TableWords;
    const KIND: Kind;

    /// What is shown of a good line, in the order of the words' columns.
    fn cells(line: &Refused) -> Vec<String>;
}

impl<L: Lines> Table for L {
    const WORDS: &'static TableWords = L::WORDS;
    const KIND: Kind = L::KIND;

    fn template() -> String {
        many::template(L::KIND).unwrap_or_default()
    }

    fn chosen(connections: &Launchable, form: &Refused) -> AnyView {
        connection_field(connections, form).into_any()
    }

    async fn look(ctx: &Ctx, sent: &Sent) -> Result<Looked, AppError> {
        let table = many::look(&ctx.work, L::KIND, &sent.chosen("connection"), &sent.table).await?;
        let who = |form: &Form| {
            let typed = form.as_typed();
            (typed.value("name").to_owned(), typed.value("customer_reference").to_owned())
        };
        Looked::at(ctx, &table, who, |form: &Form| L::cells(&form.as_typed())).await
    }

    async fn launch(ctx: &Ctx, sent: &Sent) -> Result<Launched, AppError> {
        let caller = ctx.caller_who(domain::people::Permission::LaunchChecks)?;
        Ok(many::launch(
            &ctx.work,
            caller,
            &ctx.actor(),
            (L::KIND, &sent.chosen("connection")),
            &sent.as_table(),
        )
        .await?)
    }
}
