//! Many due-diligence checks from one table, of people and companies together.

use super::{
    super::{
        face::TableWords,
        many::{self as tables, Looked, Sent, Table},
    },
    launch::{MANY, TAB},
};
use crate::pages::{
    AppError, Ctx,
    launching::{
        Launchable,
        fields::{connection_field, setting_field, sources_field},
    },
    parts,
};
use casework::{
    checks::many::{self, Search},
    many::{Launched, What},
};
use domain::{checks::Kind, fields::Refused, launch::DueDiligenceForm, people::Permission};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

/// The table's pages.
pub struct Checks;

impl Table for Checks {
    const WORDS: &'static TableWords = &TableWords {
        what: What::DueDiligence,
        tab: TAB,
        address: MANY,
        title: "Many due-diligence checks",
        from_a_table: "Due diligence from a table",
        action: "/api/checks/many",
        template: "/checks/new/due-diligence/template",
        file: "due-diligence.csv",
        hint: " with all columns, a person and a company.",
        one: "check",
        more: "checks",
        will: "Nothing is sent before you launch. Launched lines leave in groups, at the pace that the connection allows; they go on after a restart, and none is sent twice. A line that KryptoGO refuses becomes a failed check and holds up no other.",
        none_yet: "An admin has to add a connection to KryptoGO before a check can be launched.",
        shown: &["About", "Born", "Country", "Number"],
        done: "launched-table",
    };
    const KIND: Kind = Kind::DdKyc;

    fn template() -> String {
        many::template()
    }

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

    async fn look(ctx: &Ctx, sent: &Sent) -> Result<Looked, AppError> {
        let table = many::look(&ctx.work, &search(sent), &sent.table).await?;
        Looked::at(ctx, &table, |f| (f.name.clone(), f.customer_reference.clone()), cells).await
    }

    async fn launch(ctx: &Ctx, sent: &Sent) -> Result<Launched, AppError> {
        let caller = ctx.caller_who(Permission::LaunchChecks)?;
        Ok(many::launch(&ctx.work, caller, &ctx.actor(), &search(sent), &sent.as_table()).await?)
    }
}

fn search(sent: &Sent) -> Search {
    Search {
        connection: sent.chosen("connection"),
        search_setting: sent.chosen("search_setting"),
        sources: sent.chosen("sources"),
    }
}

#[server(endpoint = "checks/many", input = MultipartFormData)]
pub async fn many_checks(data: MultipartData) -> Result<(), AppError> {
    tables::act::<Checks>(data).await
}

fn cells(form: &DueDiligenceForm) -> Vec<String> {
    let about = if form.kind == Kind::DdKyb.code() { "company" } else { "person" };
    let country =
        if form.country.is_empty() { String::new() } else { parts::country(&form.country) };
    vec![about.to_owned(), form.birth_date.clone(), country, form.registration_number.clone()]
}
