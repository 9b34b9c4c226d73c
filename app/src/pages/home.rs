//! The start page: what needs me now. And the page of keys.

use super::{AppError, Asked, Ctx, Page, Shown, admin, inspection, people};
use casework::checks::queue::{self, count_text};
use domain::{
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
    let mine = queue::list(&ctx.work, &caller.id, &Filter { tab: Some(Tab::Mine), ..Filter::default() }, &QueuePage::First).await?;
    let proposals = if caller.may(Permission::ApproveDecisions) {
        queue::list(&ctx.work, &caller.id, &Filter { tab: Some(Tab::Proposed), ..Filter::default() }, &QueuePage::First).await?.rows
    } else {
        vec![]
    };
    let urgent = queue::list(&ctx.work, &caller.id, &Filter::default(), &QueuePage::First).await?;
    let now = ctx.now();
    let overdue: Vec<_> = urgent.rows.iter().filter(|r| r.due_at_ms <= now).take(10).cloned().collect();
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
    super::checks::viewed_list(&ctx, "home", seen).await?;
    let first_name = caller.name.split_whitespace().next().unwrap_or_default().to_owned();
    let next_due = urgent.rows.first().map(|r| (r.due_at_ms, r.due_from_ms));
    let may_decide = caller.may(Permission::DecideChecks);
    let view = move || {
        let mine_rows: Vec<_> = mine.rows.into_iter().take(10).collect();
        let section = |heading: &'static str, rows: Vec<queue::Row>, nothing: &'static str| {
            view! {
                <section class="panel">
                    <header><h2>{heading} " " <span class="n">{rows.len()}</span></h2></header>
                    {if rows.is_empty() { view! { <p class="hush">{nothing}</p> }.into_any() } else { super::checks::queue::plain_table(&rows, now, heading).into_any() }}
                </section>
            }
        };
        let tile = |href: &'static str, count: i64, words: &'static str, tone: Option<&'static str>| {
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
            {super::services::video::review::alarms(alarms, now)}
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
            {(!proposals.is_empty()).then(|| section("Waiting for my approval", proposals, ""))}
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
            let kind = domain::checks::Kind::parse(&r.kind).map(super::parts::kind);
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

/// A sentence for what was just done, from the code in the address.
#[must_use]
pub fn flash(asked: &Asked) -> Option<String> {
    let number = || asked.query("n").parse::<u32>().unwrap_or(0);
    let words = match asked.query("done") {
        "launched" => "The check was launched; it is sent now.".into(),
        "launched-before" => "This check was launched already; nothing was sent twice.".into(),
        "launched-many" => match number() {
            0 => "This table was launched already; nothing was sent twice.".into(),
            1 => "One number match was launched; it is sent now.".into(),
            n => format!("{} number matches were launched; they are sent one after the other.", domain::fields::thousands(n as usize)),
        },
        "launched-table" => match number() {
            0 => "This table was launched already; nothing was sent twice.".into(),
            1 => "One check was launched; it is sent now.".into(),
            n => format!("{} checks were launched; they are sent in groups.", domain::fields::thousands(n as usize)),
        },
        "decided-many" => match number() {
            1 => "One check was decided.".into(),
            n => format!("{n} checks were decided, each by itself."),
        },
        "video-begun" => "The check was launched. What came of the first step stands below.".into(),
        "alarm-settled" => "The alarm was settled.".into(),
        "document-sent" => "The document is sent to Solaris; the list below says how far it is.".into(),
        "person-change" => "The change is sent to Solaris.".into(),
        "draft" => "The draft was saved.".into(),
        "linked" => "Recorded: both references are the same person.".into(),
        "parted" => "Recorded: this is not the same person.".into(),
        "withdrawn" => "The check was withdrawn.".into(),
        "read-same" => "KryptoGO was asked again: the analysis says the same.".into(),
        "read-changed" => "KryptoGO was asked again: the analysis says something else now. What it says stands below.".into(),
        "decided" => "Decided. The provider is being told.".into(),
        "decided-here" => "Decided. It is recorded here.".into(),
        "proposed" => "Proposed. A supervisor has to approve it.".into(),
        "approved" => "Approved. The provider is being told.".into(),
        "sent-back" => "Sent back for review.".into(),
        "overturned" => "The overturn was recorded.".into(),
        "repeated" => "This was recorded before; nothing was done twice.".into(),
        "assigned" => match number() {
            1 => "One check was assigned.".into(),
            n => format!("{n} checks were assigned."),
        },
        "none-left" => "No check is waiting for you: the queue is empty, or others hold what is left.".into(),
        "taken" => "You hold this check now; it stays yours while you work at it.".into(),
        "handed-over" => "The check was handed over; your colleague finds it with your note on their first page.".into(),
        "view-saved" => "The view was saved.".into(),
        "view-renamed" => "The view was renamed.".into(),
        "view-deleted" => "The view was deleted.".into(),
        "policy-proposed" => "The policy was proposed. Another supervisor has to confirm it.".into(),
        "policy-confirmed" => "The policy was confirmed. It is in force from now on.".into(),
        "policy-withdrawn" => "The proposed policy was withdrawn.".into(),
        "given-back" => "The check was given back to the queue.".into(),
        "comment" => "The comment was added.".into(),
        "metadata" => "The metadata was changed.".into(),
        "person-unchanged" => "Nothing was changed; no session ended.".into(),
        "role-confirmed" => "The role is confirmed.".into(),
        "session-ended" => "The session is over.".into(),
        "looked" => "Noted that you have seen what was changed.".into(),
        "joined" => "Your password is set. Sign in with it.".into(),
        "person-changed" => "The person was changed; their sessions ended.".into(),
        "factor-removed" => "Your second factor was removed. Until you set up another one, your password alone lets you in.".into(),
        "factor-reset" => {
            "The second factor was reset; the person's sessions ended. They sign in with their password and set up another one.".into()
        }
        "connection-saved" => "The connection was saved.".into(),
        "webhook-added" => "Solaris tells us of this event from now on.".into(),
        "webhook-ended" => "The subscription was ended.".into(),
        "retried" => "It is tried again now.".into(),
        "look" => "Your pages look as you chose.".into(),
        "password" => "Your password was changed. Sign in again.".into(),
        "setup" => "The first admin was made. Sign in.".into(),
        "signed-out" => "You are signed out.".into(),
        _ => return None,
    };
    Some(words)
}

/// Shorthand for pages that show a flash.
pub(super) fn with_flash(page: super::page::Shown, asked: &Asked) -> super::page::Shown {
    page.flash(flash(asked))
}
