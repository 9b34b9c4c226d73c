//! What the review page shows of due diligence.

use super::super::under_way::when_sent;
use crate::pages::parts;
use casework::checks::review::Review;
use domain::time;
use leptos::prelude::*;

/// Progress and sources of a check that is under way.
pub fn running(review: &Review) -> Option<AnyView> {
    let check = &review.check;
    match check.state.as_str() {
        "queued" => Some(view! { <section class="running" aria-labelledby="r"><header class="section-head"><h2 id="r">"Waiting to be sent"</h2></header><p class="hush">{when_sent(review)}</p></section> }.into_any()),
        "running" => {
            let sources = check.launch().map(|l| l.sources).unwrap_or_default();
            let list: Vec<_> = sources.iter().map(|source| view! { <li data-source="waiting">{source.label()}</li> }).collect();
            Some(
                view! {
                    <section class="running" aria-labelledby="r">
                        <header class="section-head"><h2 id="r">"KryptoGO is searching"</h2><span class="live" data-live-sign>"follows by itself"</span></header>
                        <div class="amount"><progress max="100" value=check.progress.to_string() aria-labelledby="r">{format!("{} %", check.progress)}</progress><span class="num">{format!("{} %", check.progress)}</span></div>
                        <ul class="sources" aria-label="Sources asked">{list}</ul>
                    </section>
                }
                .into_any(),
            )
        }
        _ => None,
    }
}

/// The summary of what was searched, as the provider gave it.
pub fn summary(review: &Review) -> Option<impl IntoView + use<>> {
    let details = review.details.as_ref()?;
    let text = details.summary_text.clone();
    let sources: Vec<_> = details
        .sources
        .iter()
        .map(|s| {
            let (name, finished) = (s.label(), s.has_ended());
            let count = format!("{} {}", s.count, if s.count == 1 { "finding" } else { "findings" });
            let words = if finished { count } else { format!("{count} · {}", s.status) };
            view! { <li data-source=if finished { "done" } else { "waiting" }>{name}" "<span class="meta">{words}</span></li> }
        })
        .collect();
    let paragraphs: Vec<_> = text
        .unwrap_or_default()
        .split("\n\n")
        .filter(|p| !p.trim().is_empty())
        .map(|p| view! { <p>{p.to_owned()}</p> })
        .collect();
    let next =
        details.next_review_at.filter(|s| *s > 0).map(|s| time::utc_date(s.saturating_mul(1_000)));
    Some(view! {
        <section class="panel" data-live="summary"><header><h2>"Provider's summary"</h2></header>
            <div class="prose" dir="auto">{paragraphs}</div>
            <ul class="sources">{sources}</ul>
            <dl class="facts">{next.map(|n| parts::fact("Next review", n))}{details.auditor.clone().map(|a| parts::fact("Decided there by", a))}{details.audit_status.clone().filter(|a| a != "0").map(|a| parts::fact("Audit status there", audit_words(&a)))}</dl>
        </section>
    })
}

fn audit_words(code: &str) -> String {
    match code {
        "0" => "undecided".into(),
        "1" => "accepted".into(),
        "2" => "rejected".into(),
        other => format!("{other} (unknown to this version)"),
    }
}

/// How it was searched.
pub fn search(review: &Review) -> impl IntoView + use<> {
    let launch = review.check.launch().ok();
    let sources = launch
        .as_ref()
        .map(|l| l.sources.iter().map(|s| s.label()).collect::<Vec<_>>().join(", "))
        .unwrap_or_default();
    let number = launch.map(|l| l.search_setting).unwrap_or_default();
    let setting = review
        .search_setting_name
        .clone()
        .map_or_else(|| number.to_string(), |name| format!("{name} ({number})"));
    let as_searched: Vec<_> = review
        .details
        .iter()
        .flat_map(|d| d.search_setting.iter())
        .map(|(name, value)| parts::fact(parts::setting_word(name), setting_value(name, value)))
        .collect();
    view! {
        <details class="fold"><summary><h2>"Search setting"</h2>" "<span class="meta">{setting.clone()}</span></summary>
            <dl class="facts">
                {parts::fact("Connection", review.connection_name.clone())}
                {parts::fact("Setting", setting)}
                {parts::fact("Sources asked", sources)}
                {as_searched}
                {review.check.provider_ref.clone().map(|r| view! { <div><dt>"Task at KryptoGO"</dt><dd>{parts::copyable(r)}</dd></div> })}
                <div><dt>"Check"</dt><dd>{parts::copyable(review.check.id.clone())}</dd></div>
            </dl>
        </details>
    }
}

/// KryptoGO's numbers in words; what is unknown stays as it came.
fn setting_value(name: &str, value: &str) -> String {
    match (name, value) {
        ("mode", "1") => "precise".into(),
        ("mode", "2") => "fuzzy".into(),
        ("time_range_year", "-1") => "no limit".into(),
        ("time_range_year", "1") => "1 year".into(),
        ("time_range_year", years) => format!("{years} years"),
        (_, other) => other.to_owned(),
    }
}

/// What was given of the customer.
pub fn given(review: &Review) -> Vec<Option<AnyView>> {
    let Ok(launch) = review.check.launch() else { return vec![] };
    let target = launch.target;
    let country = target.country.as_deref().map(parts::country);
    vec![
        parts::fact("Name", target.name),
        parts::fact("Birth date", target.birth_date.unwrap_or_default()),
        parts::fact("Country", country.unwrap_or_default()),
        parts::fact("Registration number", target.registration_number.unwrap_or_default()),
    ]
}
