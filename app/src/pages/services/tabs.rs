//! The tabs above the launch forms.

use super::{face::Tab, faces};
use crate::pages::forms::with_query;
use domain::fields::Refused;
use leptos::prelude::*;

/// The tabs of all services. They are links: another form begins empty, but for the customer.
pub fn tabs(here: Tab, form: &Refused) -> impl IntoView + use<> {
    let reference = form.value("customer_reference").to_owned();
    let known =
        Some(("customer", reference)).filter(|(_, r)| form.value("known") == "1" && !r.is_empty());
    let links: Vec<_> = faces()
        .flat_map(|face| face.tabs())
        .map(|tab| {
            let way = tab.way.map(|(name, value)| (name, value.to_owned()));
            let query: Vec<_> = way.into_iter().chain(known.clone()).collect();
            let href = with_query(tab.address, &query);
            view! { <a href=href aria-current=(tab == here).then_some("page")>{tab.before}{tab.words}</a> }
        })
        .collect();
    view! { <nav class="tabs wraps" aria-label="Services">{links}</nav> }
}
