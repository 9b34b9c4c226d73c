//! The team's load, for those who lead it: what each person has before them, and what is nobody's.

use super::super::{AppError, Asked, Ctx, Page, Shown, forms::with_query, parts};
use casework::{
    checks::queue::count_text,
    team::{Member, Unassigned, load},
};
use domain::{
    Moment,
    checks::Kind,
    queue::{DueBy, Filter, Sort, Tab},
    time::in_words,
};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn team(ctx: Ctx, _asked: Asked) -> Result<Page, AppError> {
    let load = load::get(&ctx.work).await?;
    let now = ctx.now();
    let view = move || {
        let members: Vec<_> = load.members.into_iter().map(|m| member(m, now)).collect();
        let nobodys: Vec<_> =
            load.unassigned.into_iter().filter(|u| u.waiting > 0).filter_map(nobodys).collect();
        let all =
            Filter { tab: Some(Tab::ToReview), assignee: Some("none".into()), ..Filter::default() };
        view! {
            <header class="page-head"><div><h1>"Team"</h1><p class="meta">"Who has how much before them now. Numbers lead to the checks behind them; days are UTC."</p></div></header>
            <section class="panel"><header><h2>"People"</h2></header>
                <table class="rows stack team"><caption class="sr">"Load by person"</caption>
                    <thead><tr><th scope="col">"Person"</th><th scope="col" class="num">"Open"</th><th scope="col" class="num">"Overdue"</th><th scope="col" class="num">"Held now"</th>
                    <th scope="col" class="num">"Decided today"</th><th scope="col" class="num">"Last 7 days"</th><th scope="col">"Oldest waits"</th></tr></thead>
                    <tbody>{members}</tbody></table>
            </section>
            <section class="panel"><header><h2>"Assigned to nobody"</h2><a href=address(&all)>"Show all"</a></header>
                {if nobodys.is_empty() { view! { <p class="hush">"Every check to review is somebody's."</p> }.into_any() } else {
                    view! { <table class="rows stack team"><caption class="sr">"Assigned to nobody, by kind"</caption>
                        <thead><tr><th scope="col">"Kind"</th><th scope="col" class="num">"To review"</th><th scope="col" class="num">"Overdue"</th></tr></thead>
                        <tbody>{nobodys}</tbody></table> }.into_any()
                }}
            </section>
        }
        .into_any()
    };
    Ok(Shown::new("Team", view).into())
}

fn address(filter: &Filter) -> String {
    with_query("/checks", &filter.pairs())
}

/// A count that leads to what was counted; a zero leads nowhere.
fn number(count: i64, filter: Filter, whose: &str) -> AnyView {
    if count == 0 {
        return view! { <span class="hush">"0"</span> }.into_any();
    }
    view! { <a href=address(&filter)>{count_text(count)}<span class="sr">{format!(" of {whose}")}</span></a> }.into_any()
}

fn member(m: Member, now: Moment) -> impl IntoView {
    let theirs =
        || Filter { assignee: Some(m.id.clone()), tab: Some(Tab::ToReview), ..Filter::default() };
    let open = Filter { tab: Some(Tab::All), open: true, ..theirs() };
    let overdue = Filter { due: Some(DueBy::Past), ..theirs() };
    let oldest = Filter { sort: Some(Sort::Oldest), ..theirs() };
    let late = (m.overdue > 0).then_some("past");
    let gone = (m.state != "active").then(|| view! { " " <span class="tag">"disabled"</span> });
    view! {
        <tr>
            <th scope="row">{parts::person(Some(&m.name))}" "<span class="meta">{m.role.clone()}</span>{gone}</th>
            <td class="num" data-label="Open">{number(m.open, open, &m.name)}</td>
            <td class="num" data-label="Overdue"><span class="due" data-due=late>{number(m.overdue, overdue, &m.name)}</span></td>
            <td class="num" data-label="Held now">{count_text(m.held)}</td>
            <td class="num" data-label="Decided today">{count_text(m.decided_today)}</td>
            <td class="num" data-label="Last 7 days"><a href=with_query("/decisions", &[("person", m.id.clone())])>{count_text(m.decided_week)}<span class="sr">{format!(" decisions of {}", m.name)}</span></a></td>
            <td data-label="Oldest waits">{m.oldest_ms.map(|at| view! { <a href=address(&oldest)>{parts::moment(at, in_words((now - at).max(0)))}<span class="sr">{format!(" of {}", m.name)}</span></a> })}</td>
        </tr>
    }
}

fn nobodys(u: Unassigned) -> Option<impl IntoView> {
    let kind = Kind::parse(&u.kind)?;
    let waiting = Filter {
        tab: Some(Tab::ToReview),
        kind: Some(kind),
        assignee: Some("none".into()),
        ..Filter::default()
    };
    let overdue = Filter { due: Some(DueBy::Past), ..waiting.clone() };
    let late = (u.overdue > 0).then_some("past");
    Some(view! {
        <tr>
            <th scope="row">{parts::kind(kind)}" "{kind.label()}</th>
            <td class="num" data-label="To review">{number(u.waiting, waiting, kind.label())}</td>
            <td class="num" data-label="Overdue"><span class="due" data-due=late>{number(u.overdue, overdue, kind.label())}</span></td>
        </tr>
    })
}
