//! Fields that several launch forms have.

use super::{super::parts, Launchable};
use casework::connections;
use domain::{
    countries::COUNTRIES,
    fields::Refused,
    launch::{SOURCES, setting_code},
};
use leptos::prelude::*;

/// Countries by name.
pub fn country_select(
    form: &Refused,
    label: &'static str,
    hint: &'static str,
    required: bool,
) -> impl IntoView + use<> {
    let mut options =
        vec![(String::new(), if required { "choose …" } else { "not given" }.to_owned())];
    options.extend(
        COUNTRIES.iter().map(|c| (c.alpha3.to_owned(), format!("{} ({})", c.name, c.alpha3))),
    );
    let select = parts::select("country", options, form.value("country"), form, true);
    parts::field("country", label, required, Some(hint), Some("medium"), form, select)
}

pub fn connection_field(connections: &Launchable, form: &Refused) -> impl IntoView + use<> {
    let options = connections.iter().map(|(c, _)| (c.id.clone(), c.name.clone())).collect();
    let select = parts::select("connection", options, form.value("connection"), form, false);
    parts::field("connection", "Connection", true, None, Some("medium"), form, select)
}

pub fn setting_field(connections: &Launchable, form: &Refused) -> impl IntoView + use<> {
    let select = setting_select(connections, form);
    parts::field("search_setting", "Search setting", true, None, Some("medium"), form, select)
}

/// The search settings of all connections, each under its connection's name where there are
/// several.
pub fn setting_select(connections: &Launchable, form: &Refused) -> AnyView {
    const NAME: &str = "search_setting";
    let of = |connection: &str, options: &connections::Options| -> Vec<(String, String)> {
        let option = |(number, name): (&i64, &String)| {
            (setting_code(connection, *number), format!("{name} ({number})"))
        };
        options.search_settings.iter().map(option).collect()
    };
    let connection = form.value("connection");
    let (chosen, typed) = (
        connections.iter().find(|(c, _)| c.id == connection).or_else(|| connections.first()),
        form.value(NAME),
    );
    // A number alone is one of the chosen connection's.
    let value = match (typed.parse::<i64>(), chosen) {
        (Ok(number), Some((connection, _))) => setting_code(&connection.id, number),
        (Err(_), Some((connection, options))) if typed.is_empty() => options
            .search_settings
            .keys()
            .next()
            .map(|number| setting_code(&connection.id, *number))
            .unwrap_or_default(),
        _ => typed.to_owned(),
    };
    if let [(connection, options)] = connections.as_slice() {
        return parts::select(NAME, of(&connection.id, options), &value, form, false);
    }
    let wrong = form.error(NAME).is_some();
    let groups: Vec<_> = connections
        .iter()
        .map(|(connection, options)| {
            let options: Vec<_> = of(&connection.id, options).into_iter().map(|(code, words)| parts::option(code, words, &value)).collect();
            view! { <optgroup label=connection.name.clone() data-when-field="connection" data-when-value=connection.id.clone()>{options}</optgroup> }
        })
        .collect();
    view! { <select id=NAME name=NAME aria-invalid=wrong.then_some("true") aria-describedby=parts::described(NAME, false)>{groups}</select> }.into_any()
}

pub fn sources_field(form: &Refused) -> impl IntoView + use<> {
    let chosen: Vec<String> = form
        .value("sources")
        .split([',', ' '])
        .filter(|s| !s.is_empty())
        .map(str::to_owned)
        .collect();
    let boxes: Vec<_> = SOURCES
        .iter()
        .map(|source| {
            let checked = chosen.is_empty() || chosen.iter().any(|c| c == source.code());
            view! { <li><label><input type="checkbox" name="sources[]" value=source.code() checked=checked/>" "{source.label()}</label></li> }
        })
        .collect();
    let error = form.error("sources").map(str::to_owned);
    let described = error.is_some().then_some("sources-error");
    view! {
        <div class="field" id="sources" role="group" aria-labelledby="sources-label" aria-describedby=described>
            <span class="label" id="sources-label">"Sources"</span>
            <ul class="ticks">{boxes}</ul>
            {error.map(|e| view! { <p class="error" id="sources-error">{e}</p> })}
        </div>
    }
}

/// What stands where a form would, when nothing can be launched there.
pub fn no_kryptogo() -> impl IntoView {
    let words =
        "An admin has to add a connection to KryptoGO before a check can be launched.".to_owned();
    parts::empty("No connection yet", words, None)
}
