//! Customers: the list with its search, and everything about one of them.

use super::{
    AppError, Asked, Ctx, Html, Page, Shown, checks,
    forms::{encode, with_query},
    launching, parts, rows, services,
};
use casework::checks::queue;
use domain::{
    countries,
    journal::{Action, Subject},
    people::Permission,
    queue::Place,
};
use leptos::prelude::*;
use serde_json::json;

fn country_name(code: &str) -> String {
    countries::find(code).map_or_else(|| code.to_owned(), |c| c.name.to_owned())
}

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let text = asked.query("q").chars().take(200).collect::<String>();
    let before = asked.chosen("before").and_then(Place::parse).map(|p| (p.key, p.id));
    let mut rows = casework::customers::list(&ctx.work, &text, before).await?;
    let more = rows.len() as i64 > casework::customers::PAGE_ROWS;
    rows.truncate(casework::customers::PAGE_ROWS as usize);
    if !rows.is_empty() {
        let details = json!({ "list": "customers", "customers": rows.iter().map(|c| c.reference.clone()).collect::<Vec<_>>() });
        casework::checks::viewed(
            &ctx.work,
            &ctx.actor(),
            Action::ListViewed,
            Subject::System,
            "customers",
            details,
        )
        .await?;
    }
    let view = move || {
        let older = more
            .then(|| rows.last().map(|c| Place { key: c.created_at_ms, id: c.id.clone() }.code()))
            .flatten();
        let older =
            older.map(|place| with_query("/customers", &[("q", text.clone()), ("before", place)]));
        let empty = rows.is_empty();
        let table_rows: Vec<_> = rows
            .into_iter()
            .map(|c| {
                let found = |words: &str| Html::of(|html| rows::write_found(html, words, &text));
                view! {
                    <tr data-row>
                        <th scope="row"><a class="row-link" href=format!("/customers/{}", encode(&c.reference))><bdi>{found(&c.name)}</bdi></a>" "<span class="ref">{found(&c.reference)}</span></th>
                        <td data-label="Kind">{c.subject}</td>
                        <td class="keep" data-label="Born">{c.birth_date}</td>
                        <td data-label="Country">{c.country.map(|code| country_name(&code))}</td>
                        <td data-label="Checks" class="num">{c.checks}</td>
                        <td data-label="Open" class="num">{c.open_checks}</td>
                        <td data-label="Since">{parts::stamp(c.created_at_ms)}</td>
                    </tr>
                }
            })
            .collect();
        view! {
            <header class="page-head"><div><h1>"Customers"</h1></div><div class="actions"><a class="btn primary" href="/checks/new">"New check"</a></div></header>
            <form class="filters" method="get" action="/customers"><label class="filter grow">"Name or reference " <input type="search" name="q" value=text.clone() maxlength="200" placeholder="any two letters"/></label><button class="btn">"Search"</button></form>
            {if empty {
                parts::empty("No customer fits", "Customers are made by launching a check about them. Any two letters of a name or reference find one.".to_owned(), None).into_any()
            } else {
                view! { <div class="table-wrap"><table class="rows stack" data-rows><caption class="sr">"Customers"</caption>
                    <thead><tr><th scope="col">"Customer"</th><th scope="col">"Kind"</th><th scope="col">"Born"</th><th scope="col">"Country"</th><th scope="col" class="num">"Checks"</th><th scope="col" class="num">"Open"</th><th scope="col">"Since"</th></tr></thead>
                    <tbody>{table_rows}</tbody></table>
                    <div class="table-foot"><nav class="pager" aria-label="Pages">{older.map(|href| view! { <a rel="next" href=href>"older ›"</a> })}</nav></div></div> }.into_any()
            }}
        }
        .into_any()
    };
    Ok(Shown::new("Customers", view).into())
}

/// # Errors
/// Unknown, or the database.
pub async fn customer(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let customer = casework::customers::get(&ctx.work, asked.param("reference")).await?;
    let rows = queue::of_customer(&ctx.work, &customer.id).await?;
    let kinds = rows::kinds(&rows)?;
    let mut own = Vec::new();
    for face in services::faces() {
        own.extend(face.of_customer(&ctx, &customer).await?);
    }
    let mut timeline = Vec::new();
    for row in rows.iter().take(20) {
        timeline.extend(casework::journal::timeline(&ctx.work, &row.id).await?.into_iter().filter(
            |e| {
                Action::parse(&e.action).is_some_and(|a| {
                    !a.is_view()
                        && !matches!(
                            a,
                            Action::EvidenceKept | Action::DocumentKept | Action::DocumentViewed
                        )
                })
            },
        ));
    }
    timeline.sort_by_key(|e| std::cmp::Reverse(e.seq));
    timeline.truncate(100);
    let around = casework::customers::around(&ctx.work, &customer).await?;
    let mut details = json!({ "reference": customer.reference });
    let also = checks::who::named(&around);
    if !also.is_empty() {
        details["also"] = json!(also);
    }
    casework::checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::CustomerViewed,
        Subject::Customer,
        &customer.id,
        details,
    )
    .await?;
    let now = ctx.now();
    let launch = ctx.may(Permission::LaunchChecks);
    let may_link = ctx.may(Permission::ReviewChecks);
    let refused = asked.refused(&ctx).await?;
    let flash = super::flash::flash(&asked);
    let title = format!("{}, {}", customer.name, customer.reference);
    let view = move || {
        let events: Vec<_> = timeline
            .into_iter()
            .filter_map(|e| Some((Action::parse(&e.action)?, e)))
            .map(|(action, e)| {
                let who = e.actor_name.unwrap_or_else(|| "Probity".into());
                view! { <li>{parts::stamp(e.at_ms)}<p><a href=format!("/checks/{}", e.subject_id)>{action.label()}</a></p><p class="meta"><bdi>{who}</bdi></p></li> }
            })
            .collect();
        let decided =
            rows.iter().filter(|r| matches!(r.state.as_str(), "accepted" | "rejected")).count();
        let open = rows
            .iter()
            .filter(|r| matches!(r.state.as_str(), "queued" | "running" | "to_review" | "proposed"))
            .count();
        view! {
            <header class="page-head">
                <div><h1><bdi>{customer.name.clone()}</bdi></h1><p class="meta"><span class="ref">{customer.reference.clone()}</span>" · "{customer.subject.clone()}</p></div>
                <div class="actions">{launch.then(|| view! { <a class="btn primary" href=launching::for_customer(&customer.reference)>"Launch another check"</a> })}</div>
            </header>
            <dl class="facts">
                {parts::fact("Birth date", customer.birth_date.clone().unwrap_or_default())}
                {parts::fact("Country", customer.country.as_deref().map(country_name).unwrap_or_default())}
                {parts::fact("Checks", format!("{} in all, {open} open, {decided} decided", rows.len()))}
                <div><dt>"Known since"</dt><dd>{parts::stamp(customer.created_at_ms)}</dd></div>
            </dl>
            <section class="panel"><header><h2>"Checks"</h2></header>{rows::plain_table(&rows, &kinds, now, "Checks of this customer")}</section>
            <div data-live="also">
                {checks::who::around(&customer.reference, &around, may_link, &format!("/customers/{}", encode(&customer.reference)), refused.as_ref())}
                {checks::who::linked_checks(&around)}
            </div>
            {own.into_iter().map(|part| part()).collect_view()}
            <section class="panel"><header><h2>"Timeline"</h2></header><ol class="timeline">{events}</ol></section>
        }
        .into_any()
    };
    Ok(Shown::new(title, view).flash(flash).into())
}
