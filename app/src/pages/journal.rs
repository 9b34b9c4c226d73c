//! The journal as supervisors read it, and its verification.

use super::{
    AppError, Asked, Ctx, Page, Shown,
    forms::{go, with_query},
    inspection, parts,
    request::ctx,
};
use casework::journal::{self as record, Filter, Row, Verification};
use domain::{
    Moment,
    fields::thousands,
    journal::{Action, Subject},
    people::Permission,
    time,
};
use leptos::prelude::*;
use serde_json::{Value, json};

const ROWS: i64 = 100;

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let day = |name: &str, zone: &str| {
        asked.chosen(name).and_then(time::parse_date).map(|at| at + behind_utc(asked.query(zone)))
    };
    let filter = Filter {
        actor: asked.chosen("person").map(str::to_owned),
        action: asked.chosen("action").map(str::to_owned),
        subject_id: asked.chosen("about").map(str::to_owned),
        from_ms: day("from", "from_zone"),
        until_ms: day("until", "until_zone").map(|at| at + time::DAY),
        before: asked.query("before").parse().ok(),
        limit: ROWS + 1,
    };
    let mut rows = record::list(&ctx.work, &filter).await?;
    let more = rows.len() as i64 > ROWS;
    rows.truncate(ROWS as usize);
    let people = casework::people::watch::actors(&ctx.work).await?;
    let verified = verified_words(&asked);
    let kept = record::latest(&ctx.work).await?;
    let (inspected, now) = (casework::inspection::latest(&ctx.work).await?, ctx.now());
    casework::checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::JournalViewed,
        Subject::System,
        "journal",
        json!({ "entries": rows.len() }),
    )
    .await?;
    let values: Vec<(&'static str, String)> =
        ["person", "action", "about", "from", "until", "from_zone", "until_zone"]
            .into_iter()
            .map(|n| (n, asked.query(n).to_owned()))
            .filter(|(_, v)| !v.is_empty())
            .collect();
    let view = move || {
        let value = |name: &str| {
            values.iter().find(|(n, _)| *n == name).map(|(_, v)| v.clone()).unwrap_or_default()
        };
        let on = |name: &str| (!value(name).is_empty()).then_some("");
        let older = more.then(|| rows.last().map(|r| r.seq.to_string())).flatten();
        let older = older.map(|before| {
            with_query("/journal", &[values.clone(), vec![("before", before)]].concat())
        });
        let (chosen_person, chosen_action) = (value("person"), value("action"));
        let people: Vec<_> = people
            .into_iter()
            .map(|(id, words)| parts::option(id, words, &chosen_person))
            .collect();
        let actions: Vec<_> = Action::ALL
            .iter()
            .map(|a| parts::option(a.code().into(), a.label().into(), &chosen_action))
            .collect();
        let empty = rows.is_empty();
        let table_rows: Vec<_> = rows.into_iter().map(row).collect();
        view! {
            <header class="page-head">
                <div><h1>"Journal"</h1><p class="meta">"Everything done and seen, newest first. Times are UTC on hover; days are yours, and UTC's without JavaScript."</p></div>
                <div class="actions"><form method="post" action="/api/journal/verify"><button class="btn">"Verify the chain"</button></form></div>
            </header>
            {verified.map(|(tone, words)| parts::notice(tone, words))}
            {verification(kept)}
            {inspection::report(inspected, now)}
            <form class="filters" method="get" action="/journal" data-days>
                <input type="hidden" name="from_zone" value=value("from_zone") data-zone-of="from"/>
                <input type="hidden" name="until_zone" value=value("until_zone") data-zone-of="until"/>
                <label class="filter">"Person " <select name="person"><option value="">"any"</option>{people}</select></label>
                <label class="filter">"Action " <select name="action"><option value="">"any"</option>{actions}</select></label>
                <label class="filter" data-on=on("from")>"From " <input type="date" name="from" value=value("from")/></label>
                <label class="filter" data-on=on("until")>"Until " <input type="date" name="until" value=value("until")/></label>
                <label class="filter grow">"About (id) " <input type="search" name="about" value=value("about") maxlength="80" placeholder="a whole id"/></label>
                <button class="btn">"Filter"</button>
            </form>
            {if empty { parts::empty("No entry fits", "Loosen the filters.".into(), None).into_any() } else {
                view! { <div class="table-wrap"><table class="rows stack log"><caption class="sr">"Journal"</caption>
                    <thead><tr><th scope="col" class="num">"No."</th><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"About"</th><th scope="col">"Details"</th></tr></thead>
                    <tbody>{table_rows}</tbody></table>
                    <div class="table-foot"><nav class="pager" aria-label="Pages">{older.map(|href| view! { <a rel="next" href=href>"older ›"</a> })}</nav></div></div> }.into_any()
            }}
        }
        .into_any()
    };
    Ok(Shown::new("Journal", view).into())
}

/// How much later than in UTC a day begins where the reader is, of what the browser says in
/// minutes. No place on earth is further away than a day.
fn behind_utc(minutes: &str) -> Moment {
    minutes
        .parse::<i64>()
        .ok()
        .filter(|minutes| minutes.abs() <= 24 * 60)
        .map_or(0, |minutes| minutes * time::MINUTE)
}

fn row(r: Row) -> impl IntoView {
    let action = Action::parse(&r.action).map_or(r.action.clone(), |a| a.label().to_owned());
    let who = r.actor_name.clone();
    let subject = Subject::parse(&r.subject).map_or(r.subject.clone(), |s| s.label().to_owned());
    let about = match r.subject.as_str() {
        "check" => Some(format!("/checks/{}", r.subject_id)),
        _ => None,
    };
    let details = r.details.clone().unwrap_or_else(|| "erased".into());
    let summary = in_words(&details);
    let short: String = summary.chars().take(60).collect();
    // Folded: what is cut, and lists that are only counted.
    let is_long = short.len() < summary.len() || details.contains('[');
    let more = if short.len() < summary.len() { " …" } else { "" };
    view! {
        <tr>
            <td class="num" data-label="No.">{r.seq}</td>
            <td data-label="When">{parts::stamp(r.at_ms)}</td>
            <td data-label="Who">{match who { Some(name) => parts::person(Some(&name)), None => view! { <span class="hush">{r.actor.clone()}</span> }.into_any() }}</td>
            <td data-label="What">{action}</td>
            <td data-label="About">{subject}" "{match about { Some(href) => view! { <a class="id" href=href>{r.subject_id.clone()}</a> }.into_any(), None => view! { <span class="id">{r.subject_id.clone()}</span> }.into_any() }}</td>
            <td class="wide" data-label="Details">{if is_long { view! { <details><summary><bdi>{short}{more}</bdi></summary><pre class="raw" tabindex="0" aria-label="Details in full">{details}</pre></details> }.into_any() } else { view! { <bdi>{short}</bdi> }.into_any() }}</td>
        </tr>
    }
}

/// The details as names and values; lists by their length, and what is null not at all. What is no
/// object stays as it is.
pub(super) fn in_words(details: &str) -> String {
    let Ok(Value::Object(fields)) = serde_json::from_str(details) else {
        return details.to_owned();
    };
    let words = fields.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| {
        let value = match value {
            Value::Array(items) if items.len() == 1 => "1 item".to_owned(),
            Value::Array(items) => format!("{} items", items.len()),
            Value::String(text) => text,
            other => other.to_string(),
        };
        format!("{}: {value}", name.replace('_', " "))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What was just done, said once; what it found is read from where it is kept.
fn verified_words(asked: &Asked) -> Option<(&'static str, &'static str)> {
    match asked.query("verified") {
        "intact" => Some((
            "good",
            "All entries follow from one another, and every row is as its entry says.",
        )),
        "broken" => {
            Some(("danger", "The record is broken. Tell your auditors before anything is changed."))
        }
        _ => None,
    }
}

/// The newest verification that somebody asked for: who, when, and what it found.
fn verification(last: Option<Verification>) -> AnyView {
    let Some(last) = last else {
        return view! { <p class="meta" id="verification">"Nobody has verified the record here yet."</p> }.into_any();
    };
    let by = match (&last.by_name, last.by_id.as_str()) {
        (Some(name), _) => name.clone(),
        (None, record::OPERATOR) => "The command line".to_owned(),
        (None, id) => id.to_owned(),
    };
    let number = |n: i64| thousands(usize::try_from(n).unwrap_or(0));
    if let Some(differs) = last.difference() {
        let words = format!("{}.", differs.words());
        return view! {
            <section class="notice damage" id="verification" data-tone="danger" role="alert" aria-label="Verification of the record"><div>
                <p><strong>{words}</strong></p>
                <p>{by}" verified the record on "{parts::stamp(last.at_ms)}". What is named here is the first fault; there may be more. Tell your auditors before anything is changed."</p>
            </div></section>
        }
        .into_any();
    }
    let found = format!(
        ": {} entries hold together, {} of them with erased details, and {} rows are as they say.",
        number(last.entries),
        number(last.erased),
        number(last.held)
    );
    let head = format!("{}:{}", last.entries, last.head);
    view! {
        <section class="damage" id="verification" aria-label="Verification of the record">
            <p>{by}" verified the record on "{parts::stamp(last.at_ms)}{found}</p>
            <p class="meta">"Head of the journal then, to be compared with one noted elsewhere: "{parts::copyable(head)}</p>
        </section>
    }
    .into_any()
}

#[server(endpoint = "journal/verify")]
pub async fn verify() -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ViewJournal)?;
    let found = record::verify_and_keep(&ctx.work, &ctx.actor()).await?;
    match found.difference() {
        None => go("/journal?verified=intact"),
        Some(differs) => {
            tracing::error!(
                table = differs.table,
                row = differs.row,
                why = differs.why,
                "the record is broken"
            );
            go("/journal?verified=broken");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{behind_utc, in_words};
    use domain::time::HOUR;

    #[test]
    fn a_readers_day_begins_when_it_does_where_they_are() {
        for (said, later) in
            [("480", 8 * HOUR), ("-540", -9 * HOUR), ("0", 0), ("", 0), ("99999", 0), ("x", 0)]
        {
            assert_eq!(behind_utc(said), later, "{said}");
        }
    }

    #[test]
    fn details_read_as_names_and_values() {
        assert_eq!(
            in_words(r#"{"customer":"C-1","seen_version":4,"checks":["a","b"],"list":[9]}"#),
            "checks: 2 items, customer: C-1, list: 1 item, seen version: 4"
        );
        assert_eq!(in_words("erased"), "erased");
        assert_eq!(
            in_words(r#"{"about":null,"checker":null,"comment":"Seen."}"#),
            "comment: Seen."
        );
        assert_eq!(in_words("{}"), "");
    }
}
