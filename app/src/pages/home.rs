//! The start page: what needs me now. And the page of keys.

use super::{
    AppError, Asked, Ctx, Page, Shown, admin,
    flash::with_flash,
    inspection, people,
    rows::{kinds, plain_table},
};
use casework::checks::queue::{self, count_text};
use domain::{
    checks::Kind,
    people::Permission,
    queue::{Filter, Page as QueuePage, Tab},
    time::in_words,
};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn home(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    if ctx.is_waiting() {
        return people::waiting::waiting(&ctx).await;
    }
    if !caller.may(Permission::ViewChecks) {
        return admin::start::start(ctx, asked).await;
    }
    let (unsure, noticed) = if caller.may(Permission::ViewJournal) {
        let unsure = casework::people::unconfirmed(&ctx.work, caller.id.as_str()).await?;
        let noticed = casework::people::watch::noticed(&ctx.work, caller.id.as_str()).await?;
        (unsure, Some((noticed, people::noticed::names(&ctx).await?)))
    } else {
        (vec![], None)
    };
    let counts = queue::counts(&ctx.work, &caller.id).await?;
    let today = queue::today(&ctx.work).await?;
    let mine = queue::list(
        &ctx.work,
        &caller.id,
        &Filter { tab: Some(Tab::Mine), ..Filter::default() },
        &QueuePage::First,
    )
    .await?;
    let proposals = if caller.may(Permission::ApproveDecisions) {
        queue::list(
            &ctx.work,
            &caller.id,
            &Filter { tab: Some(Tab::Proposed), ..Filter::default() },
            &QueuePage::First,
        )
        .await?
        .rows
    } else {
        vec![]
    };
    let urgent = queue::list(&ctx.work, &caller.id, &Filter::default(), &QueuePage::First).await?;
    let now = ctx.now();
    let overdue: Vec<_> =
        urgent.rows.iter().filter(|r| r.due_at_ms <= now).take(10).cloned().collect();
    let damage = inspection::alarming(&ctx).await?;
    let alarms = casework::video::alarms(&ctx.work).await?;
    let handed = casework::team::claims::handed_to(&ctx.work, &caller.id).await?;
    let returned = casework::checks::facts::returned_to(&ctx.work, &caller.id).await?;
    let handed_ids = handed.iter().map(|h| h.id.clone()).collect::<Vec<_>>();
    let seen = mine
        .rows
        .iter()
        .chain(&proposals)
        .chain(&overdue)
        .map(|r| r.id.clone())
        .chain(alarms.iter().map(|a| a.check_id.clone()))
        .chain(handed_ids)
        .chain(returned.iter().map(|r| r.id.clone()))
        .collect();
    super::viewed::viewed_list(&ctx, "home", seen).await?;
    let first_name = caller.name.split_whitespace().next().unwrap_or_default().to_owned();
    let next_due = urgent.rows.first().map(|r| (r.due_at_ms, r.due_from_ms));
    let may_decide = caller.may(Permission::DecideChecks);
    let with_kinds = |rows: Vec<queue::Row>| kinds(&rows).map(|kinds| (rows, kinds));
    let mine_rows = with_kinds(mine.rows.into_iter().take(10).collect())?;
    let (proposals, overdue) = (with_kinds(proposals)?, with_kinds(overdue)?);
    let view = move || {
        let section = |heading: &'static str,
                       (rows, kinds): (Vec<queue::Row>, Vec<Kind>),
                       nothing: &'static str| {
            view! {
                <section class="panel">
                    <header><h2>{heading} " " <span class="n">{rows.len()}</span></h2></header>
                    {if rows.is_empty() { view! { <p class="hush">{nothing}</p> }.into_any() } else { plain_table(&rows, &kinds, now, heading).into_any() }}
                </section>
            }
        };
        let tile = |href: &'static str,
                    count: i64,
                    words: &'static str,
                    tone: Option<&'static str>| {
            let tone = tone.filter(|_| count > 0);
            view! { <a class="number" href=href data-tone=tone data-none=(count == 0).then_some("")><b>{count_text(count)}</b>" "<span>{words}</span></a> }
        };
        view! {
            <header class="page-head">
                <div><h1>{format!("What needs you now, {first_name}")}</h1>
                    {next_due.map(|(at, _)| view! { <p class="meta">{if at <= now { format!("The most urgent check is {} late.", in_words(now - at)) } else { format!("The next deadline is in {}.", in_words(at - now)) }}</p> })}
                </div>
                <div class="actions">
                    <a class="btn" href="/checks/new">"New check"</a>
                    {may_decide.then(|| view! { <form method="post" action="/api/checks/next" data-next><button class="btn primary">"Take next " <kbd>"n"</kbd></button></form> })}
                </div>
            </header>
            {inspection::alarm(damage, true, now)}
            {super::services::video::alarms(alarms, now)}
            <nav class="numbers" aria-label="Today">
                {tile("/checks?tab=to_review", counts.to_review, "to review", None)}
                {tile("/checks?tab=to_review&due=past", today.overdue, "overdue", Some("danger"))}
                {tile("/checks?tab=proposed", counts.proposed, "wait for approval", None)}
                {tile("/checks?tab=attention", counts.attention, "need attention", Some("attention"))}
                {tile("/checks?tab=running", counts.running, "running", None)}
                {tile("/checks?tab=all&age=day", today.launched, "launched today", None)}
                {tile("/checks?tab=all", today.decided, "decided today", None)}
            </nav>
            {came_back(returned)}
            {super::team::around::handed_to_me(handed, now)}
            {(!unsure.is_empty()).then(|| view! { <section class="panel"><header><h2>"Roles to confirm " <span class="n">{unsure.len()}</span></h2></header>{people::roles::table(unsure)}</section> })}
            {section("My open checks", mine_rows, "Nothing is assigned to you. Take the next check from the queue.")}
            {(!proposals.0.is_empty()).then(|| section("Waiting for my approval", proposals, ""))}
            {section("Overdue", overdue, "No check is past its deadline.")}
            {noticed.map(|(noticed, names)| people::noticed::panel(noticed, &names))}
        }
        .into_any()
    };
    Ok(with_flash(Shown::new("Start", view), &asked).into())
}

/// Proposals of the reader that were sent back or are void: the first thing to look at.
fn came_back(returned: Vec<casework::checks::facts::Returned>) -> Option<impl IntoView> {
    let rows: Vec<_> = returned
        .into_iter()
        .map(|r| {
            let kind = Kind::parse(&r.kind).map(super::parts::kind);
            view! { <li>{kind}" "<a href=format!("/checks/{}", r.id)><bdi>{r.name}</bdi></a>" "<span class="ref">{r.reference}</span>" "{super::parts::stamp(r.returned_at_ms)}</li> }
        })
        .collect();
    let count = rows.len();
    (count > 0).then(|| {
        view! {
            <section class="panel" aria-labelledby="came-back">
                <header><h2 id="came-back">"Came back to you " <span class="n">{count}</span></h2></header>
                <ul class="linked">{rows}</ul>
            </section>
        }
    })
}

/// # Errors
/// None.
pub async fn keys(_ctx: Ctx, _asked: Asked) -> Result<Page, AppError> {
    Ok(Shown::new("Keys", || {
        view! {
            <header class="page-head"><div><h1>"Keys"</h1><p class="meta">"Keys work when no field is being typed in. Nothing final happens on a single key."</p></div></header>
            {key_list(crate::islands::KEYS)}
            <h2>"In the pictures"</h2>
            <p class="meta">"These work while the focus is in the picture viewer. There, a drag moves a picture, two fingers or the wheel zoom."</p>
            {key_list(crate::islands::VIEWER_KEYS)}
        }
        .into_any()
    })
    .class("narrow")
    .into())
}

fn key_list(keys: &'static [(&'static str, &'static str)]) -> impl IntoView {
    let rows = keys.iter().map(|(keys, words)| {
        let keys: Vec<_> = keys.split(' ').map(|k| view! { <kbd>{k}</kbd> " " }).collect();
        view! { <div><dt>{keys}</dt><dd>{*words}</dd></div> }
    });
    view! { <dl class="keys">{rows.collect::<Vec<_>>()}</dl> }
}
