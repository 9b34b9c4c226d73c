//! How somebody who is known already is told of: on a launch form that asks, and on the pages of a
//! check and of a customer.

use super::super::{forms::encode, parts};
use casework::customers::Other;
use domain::{
    checks::{Band, State},
    time,
    who::{Data, Difference},
};
use leptos::prelude::*;

pub fn customer_link(reference: &str) -> impl IntoView + use<> {
    view! { <a class="ref" href=format!("/customers/{}", encode(reference))>{reference.to_owned()}</a> }
}

pub fn shown_data(data: Data, text: &str) -> String {
    if data == Data::Country { parts::country(text) } else { text.to_owned() }
}

/// What was known, and what is given now; or what is the customer's, and what is asked about
/// besides.
pub fn compared(differences: &[Difference], is_kept: bool) -> impl IntoView + use<> {
    let (before, now) =
        if is_kept { (" before, ", " now") } else { (" for the customer, ", " in this check") };
    let rows: Vec<_> = differences
        .iter()
        .map(|d| {
            let (known, given) = (shown_data(d.data, &d.known), shown_data(d.data, &d.given));
            view! { <div><dt>{d.data.label()}</dt><dd><bdi>{known}</bdi>{before}<bdi>{given}</bdi>{now}</dd></div> }
        })
        .collect();
    view! { <dl class="facts">{rows}</dl> }
}

pub fn more_words(more: usize) -> Option<impl IntoView + use<>> {
    let words = if more == 1 {
        "1 more is not shown.".to_owned()
    } else {
        format!("{more} more are not shown.")
    };
    (more > 0).then(|| view! { <p class="meta">{words}</p> })
}

/// `Also known as C-000104: very high, rejected on 2026-03-01`, and by what.
pub fn also(other: &Other) -> AnyView {
    let whom = other
        .birth_date
        .as_ref()
        .map_or_else(|| other.name.clone(), |born| format!("{}, born on {born}", other.name));
    let why: Vec<&str> = other.why.iter().map(|w| w.label()).collect();
    let why = if why.is_empty() { String::new() } else { format!(" ({})", why.join(", ")) };
    if other.id.is_empty() {
        // Another line of the same table: nobody is known under that reference yet.
        let reference = other.reference.clone();
        return view! { "Also in this table as "<span class="ref">{reference}</span>". "<span class="meta"><bdi>{whom}</bdi>{why}</span> }
            .into_any();
    }
    view! { "Also known as "{customer_link(&other.reference)}": "{standing(other)}". "<span class="meta"><bdi>{whom}</bdi>{why}</span> }
        .into_any()
}

/// The riskiest band, the last decision and what is open.
pub fn standing(other: &Other) -> String {
    let mut words = vec![other.risk.map_or("no score", |risk| Band::of(risk).label()).to_owned()];
    words.push(match &other.decided {
        Some((state, at)) => format!(
            "{} on {}",
            State::parse(state).map_or("decided", State::label),
            time::utc_date(*at)
        ),
        None => "never decided".to_owned(),
    });
    match other.open_checks {
        0 => {}
        1 => words.push("one check open".to_owned()),
        n => words.push(format!("{n} checks open")),
    }
    words.join(", ")
}
