//! Many number matches from one table.

use super::{
    super::{
        at_once::table::Lines,
        face::{Tab, TableWords},
        many as tables,
    },
    launch,
};
use crate::pages::AppError;
use casework::many::What;
use domain::{checks::Kind, fields::Refused, number_match::Attribute};
use leptos::{
    prelude::*,
    server_fn::codec::{MultipartData, MultipartFormData},
};

/// The table's pages.
pub struct NumberMatches;

impl Lines for NumberMatches {
    const WORDS: &'static TableWords = &TableWords {
        what: What::AtOnce(Kind::NumberMatch),
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

    fn cells(line: &Refused) -> Vec<String> {
        let asked = Attribute::ALL.iter().filter(|a| !line.value(&a.field()).trim().is_empty());
        vec![
            line.value("phone").to_owned(),
            asked.map(|a| a.label()).collect::<Vec<_>>().join(", "),
        ]
    }
}

#[server(endpoint = "number/many", input = MultipartFormData)]
pub async fn many_number_matches(data: MultipartData) -> Result<(), AppError> {
    tables::act::<NumberMatches>(data).await
}
