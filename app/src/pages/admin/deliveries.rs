//! What we owe providers and what they sent us, with a retry for what was given up.

use super::super::{AppError, Asked, Ctx, Page, Shown, flash, parts};
use casework::{
    inbox,
    outbox::{self, DeliveryState, Task},
};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let state = DeliveryState::parse(asked.query("state"));
    let rows = outbox::list(&ctx.work, state).await?;
    let trouble =
        asked.refused(&ctx).await?.map(|r| r.errors.into_values().collect::<Vec<_>>().join(" "));
    let now = ctx.now();
    let rows: Vec<_> = rows
        .into_iter()
        .map(|d| {
            let down = ctx.work.breakers.down(&d.connection_id);
            (d, down)
        })
        .collect();
    let view = move || {
        let states: Vec<_> = DeliveryState::ALL
            .iter()
            .map(|s| {
                parts::option(
                    s.code().into(),
                    s.label().into(),
                    state.map_or("", DeliveryState::code),
                )
            })
            .collect();
        let empty = rows.is_empty();
        let rows: Vec<_> = rows.into_iter().map(|(d, down)| delivery(d, down, now)).collect();
        view! {
            <header class="page-head"><div><h1>"Deliveries"</h1><p class="meta">"What we owe providers. An attempt is recorded before it leaves; what is unconfirmed is read before anything is sent again."</p></div></header>
            {trouble.map(|t| parts::notice("danger", t))}
            <form class="filters" method="get" action="/admin/deliveries"><label class="filter">"State " <select name="state"><option value="">"any"</option>{states}</select></label><button class="btn">"Filter"</button></form>
            {if empty { parts::empty("No deliveries", "Launching and deciding checks makes deliveries.".into(), None).into_any() } else {
                view! { <div class="table-wrap"><table class="rows stack log"><caption class="sr">"Deliveries"</caption>
                    <thead><tr><th scope="col">"Made"</th><th scope="col">"Task"</th><th scope="col">"State"</th><th scope="col" class="num">"Attempts"</th><th scope="col">"Connection"</th><th scope="col">"Check"</th><th scope="col">"Last answer"</th><th scope="col" class="c-do">"Actions"</th></tr></thead>
                    <tbody>{rows}</tbody></table></div> }.into_any()
            }}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Deliveries", view), &asked).into())
}

fn delivery(d: outbox::Listed, down: Option<outbox::Down>, now: i64) -> impl IntoView {
    let state = DeliveryState::parse(&d.state).unwrap_or(DeliveryState::Dead);
    let task = Task::parse(&d.task).map_or(d.task.clone(), |t| t.label().to_owned());
    let tone = match state {
        DeliveryState::Done => "good",
        DeliveryState::Due | DeliveryState::Dropped => "neutral",
        DeliveryState::Unknown => "attention",
        DeliveryState::Conflict | DeliveryState::Dead => "danger",
    };
    let retry = state == DeliveryState::Dead && d.task != "create_check";
    let next = matches!(state, DeliveryState::Due | DeliveryState::Unknown)
        .then(|| format!("next in {}", domain::time::in_words((d.next_at_ms - now).max(0))));
    // One call at a time asks whether the provider is back; whatever else is owed waits untried.
    let waits = down.filter(|_| state == DeliveryState::Due && d.attempts == 0).map(|down| {
        format!(
            "Not tried yet: {} could not be reached since {}.",
            d.connection,
            domain::time::utc_minute(down.since)
        )
    });
    view! {
        <tr>
            <td data-label="Made">{parts::stamp(d.created_at_ms)}</td>
            <td data-label="Task">{task}</td>
            <td data-label="State"><span class="tag" data-tone=tone data-needs=(state == DeliveryState::Dead).then_some("person")>{state.label()}</span>{next.map(|n| view! { " "<span class="meta">{n}</span> })}</td>
            <td data-label="Attempts" class="num">{d.attempts}</td>
            <td data-label="Connection">{d.connection}</td>
            <td data-label="Check"><span class="id">{d.check_id}</span></td>
            <td class="wide" data-label="Last answer">{d.last_error.or(waits)}</td>
            <td class="c-do">{retry.then(|| view! { <form method="post" action="/api/admin/deliveries/retry"><input type="hidden" name="delivery" value=d.id/><button class="btn">"Retry"</button></form> })}</td>
        </tr>
    }
}

/// # Errors
/// The database.
pub async fn callbacks(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let rows = inbox::list(&ctx.work).await?;
    let view = move || {
        let empty = rows.is_empty();
        let rows: Vec<_> = rows
            .into_iter()
            .map(|c| {
                let parked = c.state == "parked";
                let tone = match c.state.as_str() {
                    "done" => "good",
                    "parked" => "danger",
                    _ => "neutral",
                };
                view! {
                    <tr>
                        <td data-label="Received">{parts::stamp(c.received_at_ms)}</td>
                        <td data-label="Connection">{c.connection}</td>
                        <td data-label="Event">{c.event_type.map(|event| view! { <code>{event}</code> })}</td>
                        <td data-label="State"><span class="tag" data-tone=tone data-needs=parked.then_some("person")>{c.state}</span></td>
                        <td data-label="Tries" class="num">{c.attempts}</td>
                        <td data-label="Size" class="num">{format!("{} B", c.size)}</td>
                        <td class="wide" data-label="What came of it">{c.note}</td>
                        <td class="c-do">{parked.then(|| view! { <form method="post" action="/api/admin/callbacks/retry"><input type="hidden" name="callback" value=c.id/><button class="btn">"Retry"</button></form> })}</td>
                    </tr>
                }
            })
            .collect();
        view! {
            <header class="page-head"><div><h1>"Callbacks"</h1><p class="meta">"What providers sent us, kept as it came. Each is only a hint to read again; what is signed says which event it tells of."</p></div></header>
            {if empty { parts::empty("No callbacks yet", "Providers report here when a check is done.".into(), None).into_any() } else {
                view! { <div class="table-wrap"><table class="rows stack log"><caption class="sr">"Callbacks"</caption>
                    <thead><tr><th scope="col">"Received"</th><th scope="col">"Connection"</th><th scope="col">"Event"</th><th scope="col">"State"</th><th scope="col" class="num">"Tries"</th><th scope="col" class="num">"Size"</th><th scope="col">"What came of it"</th><th scope="col" class="c-do">"Actions"</th></tr></thead>
                    <tbody>{rows}</tbody></table></div> }.into_any()
            }}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Callbacks", view), &asked).into())
}
