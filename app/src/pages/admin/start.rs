//! An admin's start page, and the journal of what admins did.

use super::super::{
    AppError, Asked, Ctx, Page, Shown, flash,
    forms::with_query,
    inspection, parts,
    people::{noticed, roles},
};
use casework::{
    connections,
    outbox::{self, DeliveryState},
    people,
};
use leptos::prelude::*;

const ROWS: i64 = 100;

/// # Errors
/// The database.
pub async fn start(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    let (damage, now) = (inspection::alarming(&ctx).await?, ctx.now());
    let unsure = people::unconfirmed(&ctx.work, caller.id.as_str()).await?;
    let invited = people::list(&ctx.work)
        .await?
        .into_iter()
        .filter(|p| p.is_active() && !p.has_joined())
        .count();
    let sessions = people::open_sessions(&ctx.work, None).await?.len();
    let troubled: Vec<_> = connections::list(&ctx.work)
        .await?
        .into_iter()
        .filter(|k| k.connection.is_active())
        .filter_map(|k| {
            let down = ctx.work.breakers.down(&k.connection.id).map(|_| "out of reach");
            let waits = k.options.waits_for_secret.then_some("waits for its credential");
            Some((k.connection.id, k.connection.name, down.or(waits)?))
        })
        .collect();
    let dead = outbox::list(&ctx.work, Some(DeliveryState::Dead)).await?.len();
    let names = noticed::names(&ctx).await?;
    let recent = people::watch::admin_journal(&ctx.work, None, 10).await?;
    let first_name = caller.name.split_whitespace().next().unwrap_or_default().to_owned();
    let view = move || {
        let tile = |href: &'static str,
                    count: usize,
                    words: &'static str,
                    tone: Option<&'static str>| {
            let tone = tone.filter(|_| count > 0);
            view! { <a class="number" href=href data-tone=tone data-none=(count == 0).then_some("")><b>{count}</b>" "<span>{words}</span></a> }
        };
        let waiting = unsure.len();
        let troubles = troubled.len();
        let items: Vec<_> = troubled
            .into_iter()
            .map(|(id, name, why)| view! { <li><a href=format!("/admin/connections/{id}")><bdi>{name}</bdi></a>" "<span class="tag" data-tone="danger">{why}</span></li> })
            .collect();
        view! {
            <header class="page-head"><div><h1>{format!("What needs you now, {first_name}")}</h1></div></header>
            {inspection::alarm(damage, false, now)}
            <nav class="numbers" aria-label="Today">
                {tile("/roles", waiting, "roles to confirm", Some("attention"))}
                {tile("/admin/people", invited, "invited, not here yet", None)}
                {tile("/admin/sessions", sessions, "open sessions", None)}
                {tile("/admin/connections", troubles, "connections in trouble", Some("danger"))}
                {tile("/admin/deliveries?state=dead", dead, "deliveries given up", Some("danger"))}
            </nav>
            <section class="panel"><header><h2>"Roles to confirm " <span class="n">{waiting}</span></h2></header>
                {if waiting == 0 { view! { <p class="hush">"Every role is confirmed."</p> }.into_any() } else { roles::table(unsure).into_any() }}</section>
            {(troubles > 0).then(|| view! { <section class="panel"><header><h2>"Connections in trouble"</h2></header><ul>{items}</ul></section> })}
            <section class="panel"><header><h2>"What admins did"</h2></header>
                {noticed::table(recent, &names, "What admins did")}
                <p><a href="/admin/journal">"All entries"</a></p></section>
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Start", view), &asked).into())
}

/// # Errors
/// The database.
pub async fn journal(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let mut rows =
        people::watch::admin_journal(&ctx.work, asked.query("before").parse().ok(), ROWS + 1)
            .await?;
    let more = rows.len() as i64 > ROWS;
    rows.truncate(ROWS as usize);
    let names = noticed::names(&ctx).await?;
    let view = move || {
        let older = more
            .then(|| {
                rows.last().map(|r| with_query("/admin/journal", &[("before", r.seq.to_string())]))
            })
            .flatten();
        let empty = rows.is_empty();
        view! {
            <header class="page-head"><div><h1>"What admins did"</h1><p class="meta">"People, roles, connections and deliveries, newest first. Supervisors read the whole journal."</p></div></header>
            {if empty { parts::empty("Nothing here", "What is done to people and connections stands here.".into(), None).into_any() } else {
                view! { {noticed::table(rows, &names, "What admins did")}
                    <div class="table-foot"><nav class="pager" aria-label="Pages">{older.map(|href| view! { <a rel="next" href=href>"older ›"</a> })}</nav></div> }.into_any()
            }}
        }
        .into_any()
    };
    Ok(Shown::new("What admins did", view).into())
}
