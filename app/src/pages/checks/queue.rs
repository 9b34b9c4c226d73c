//! The queue: tabs, filters, rows, pager; and the page of "take next" for readers without a form at hand.

use super::super::{AppError, Asked, Ctx, Page, Shown, forms::with_query, home, parts};
use casework::checks::queue::{self, Row, TabCounts, count_text};
use domain::{
    Moment,
    checks::{self as rules, Band, Kind, State, Telling},
    people::Permission,
    queue::{Age, Filter, Page as QueuePage, Sort, Tab},
};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn queue(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    let filter = Filter::from_pairs(asked.pairs());
    let page = QueuePage::from_pairs(asked.pairs());
    let listed = queue::list(&ctx.work, &caller.id, &filter, &page).await?;
    let counts = queue::counts(&ctx.work, &caller.id).await?;
    let assignees = queue::assignees(&ctx.work).await?;
    let refused = asked.refused(&ctx).await?;
    super::viewed_list(&ctx, "checks", listed.rows.iter().map(|r| r.id.clone()).collect()).await?;
    let now = ctx.now();
    let (review, decide) = (caller.may(Permission::ReviewChecks), caller.may(Permission::DecideChecks));
    let view = move || {
        let trouble = refused.map(|r| r.errors.into_values().collect::<Vec<_>>().join(" "));
        view! {
            <h1 class="sr">"Checks"</h1>
            {trouble.map(|t| parts::notice("danger", t))}
            <div class="tab-row">
                {tabs(&filter, &counts)}
                <div class="actions">
                    <a class="btn" href="/checks/new">"New check"</a>
                    {decide.then(|| view! { <form method="post" action="/api/checks/next" data-next><button class="btn primary">"Take next " <kbd>"n"</kbd></button></form> })}
                </div>
            </div>
            {filters(&filter, &assignees)}
            {table(&filter, &page, listed, &assignees, now, review)}
        }
        .into_any()
    };
    Ok(home::with_flash(Shown::new("Checks", view), &asked).into())
}

/// # Errors
/// None.
pub async fn next(_ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let page = Shown::new("Take next", || {
        view! {
            <section class="blank" data-blank="empty">
                <h1>"Take the next check"</h1>
                <p>"You get the most urgent check that nobody else holds. It is yours for ten minutes."</p>
                <div class="actions"><form method="post" action="/api/checks/next" data-next><button class="btn primary">"Take next " <kbd>"n"</kbd></button></form></div>
            </section>
        }
        .into_any()
    });
    Ok(home::with_flash(page, &asked).into())
}

fn tabs(filter: &Filter, counts: &TabCounts) -> impl IntoView + use<> {
    let links: Vec<_> = Tab::ALL
        .iter()
        .map(|tab| {
            let here = filter.tab() == *tab;
            let count = counts.of(*tab).map(count_text);
            view! { <a href=format!("/checks?tab={tab}") aria-current=here.then_some("page")>{tab.label()} {count.map(|c| view! { " " <span class="n">{c}</span> })}</a> }
        })
        .collect();
    view! { <nav class="tabs" aria-label="Queues">{links}</nav> }
}

fn choice(name: &'static str, label: &'static str, options: Vec<(String, String)>, chosen: Option<&str>) -> impl IntoView + use<> {
    let chosen = chosen.unwrap_or_default().to_owned();
    let options: Vec<_> = options.into_iter().map(|(code, words)| parts::option(code, words, &chosen)).collect();
    view! { <label class="filter">{label} " " <select name=name><option value="">"any"</option>{options}</select></label> }
}

fn filters(filter: &Filter, assignees: &[(String, String)]) -> impl IntoView + use<> {
    let of = |all: &[(&str, &str)]| all.iter().map(|(c, l)| ((*c).to_owned(), (*l).to_owned())).collect::<Vec<_>>();
    let kinds = of(&Kind::LAUNCHABLE.iter().map(|k| (k.code(), k.label())).collect::<Vec<_>>());
    let states = of(&State::ALL.iter().map(|s| (s.code(), s.label())).collect::<Vec<_>>());
    let bands = of(&Band::ALL.iter().map(|b| (b.code(), b.label())).collect::<Vec<_>>());
    let ages = of(&Age::ALL.iter().map(|a| (a.code(), a.label())).collect::<Vec<_>>());
    let mut people = vec![("me".to_owned(), "me".to_owned()), ("none".to_owned(), "nobody".to_owned())];
    people.extend(assignees.iter().cloned());
    let sorts: Vec<_> = Sort::ALL.iter().map(|s| parts::option(s.code().into(), s.label().into(), filter.sort().code())).collect();
    let narrowed = filter.narrows();
    view! {
        <form class="filters" method="get" action="/checks">
            <input type="hidden" name="tab" value=filter.tab().code()/>
            {choice("kind", "Kind", kinds, filter.kind.map(Kind::code))}
            {(filter.tab() == Tab::All).then(|| choice("state", "State", states, filter.state.map(State::code)))}
            {choice("risk", "Risk", bands, filter.band.map(Band::code))}
            {choice("assignee", "Assignee", people, filter.assignee.as_deref())}
            {choice("age", "Age", ages, filter.age.map(Age::code))}
            <label class="filter grow">"Text " <input type="search" name="q" maxlength="200" placeholder="name, reference, id" value=filter.text.clone()/></label>
            <label class="filter sort">"Sort " <select name="sort">{sorts}</select></label>
            <button class="btn">"Filter"</button>
            {narrowed.then(|| view! { <a class="btn quiet" href=format!("/checks?tab={}", filter.tab())>"Clear"</a> })}
        </form>
    }
}

fn table(filter: &Filter, page: &QueuePage, listed: queue::Listed, assignees: &[(String, String)], now: Moment, review: bool) -> AnyView {
    if listed.rows.is_empty() {
        return nothing(filter, page).into_any();
    }
    let with_state = queue::mixes_states(filter.tab(), filter.state);
    let link = |page: &str, row: Option<&Row>| {
        let mut pairs = filter.pairs();
        pairs.extend(row.map(|r| (if page == "after" { "after" } else { "before" }, r.place(filter.sort()).code())));
        with_query("/checks", &pairs)
    };
    let older = listed.has_after.then(|| link("after", listed.rows.last()));
    let newer = listed.has_before.then(|| link("before", listed.rows.first()));
    let first_page = *page == QueuePage::First;
    let fresh = first_page.then(|| with_query("/checks/fresh", &[filter.pairs(), vec![("since", now.to_string())]].concat()));
    let here = with_query("/checks", &filter.pairs());
    let caption = format!("{}, {}", filter.tab().label(), filter.sort().label());
    let rows: Vec<_> = listed.rows.into_iter().map(|r| row(r, with_state, review, now)).collect();
    let people: Vec<_> = assignees.iter().cloned().map(|(id, name)| parts::option(id, name, "")).collect();
    view! {
        <div class="table-wrap">
            <table class="rows queue" data-rows>
                <caption class="sr">{caption}</caption>
                <thead><tr>
                    {review.then(|| view! { <th class="c-pick"><label class="pick"><input type="checkbox" data-pick-all aria-label="Select all on this page"/></label></th> })}
                    <th class="c-kind" scope="col">"Kind"</th>
                    <th class="c-who" scope="col">"Customer"</th>
                    <th class="c-risk" scope="col">"Risk"</th>
                    {with_state.then(|| view! { <th class="c-state" scope="col">"State"</th> })}
                    <th class="c-says" scope="col">"Provider says"</th>
                    <th class="c-wait num" scope="col">"Waiting"</th>
                    <th class="c-due" scope="col">"Due"</th>
                    <th class="c-person" scope="col">"Assignee"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <div class="table-foot">
                {review.then(|| view! {
                    <form class="bulk" id="bulk" method="post" action="/api/checks/assign">
                        <input type="hidden" name="back" value=here.clone()/>
                        <label>"Assign selected to " <select name="assignee"><option value="me">"me"</option><option value="">"nobody"</option>{people}</select></label>
                        <button class="btn">"Assign"</button>
                    </form>
                })}
                {fresh.map(|href| view! { <a class="pill" href=here.clone() data-fresh=href hidden>"new"</a> })}
                <nav class="pager" aria-label="Pages">
                    {pager_link(newer, "prev", "‹ before")}
                    {pager_link(older, "next", "after ›")}
                </nav>
            </div>
        </div>
    }
    .into_any()
}

fn pager_link(href: Option<String>, rel: &'static str, words: &'static str) -> AnyView {
    match href {
        Some(href) => view! { <a rel=rel href=href>{words}</a> }.into_any(),
        None => view! { <span aria-disabled="true">{words}</span> }.into_any(),
    }
}

fn row(r: Row, with_state: bool, review: bool, now: Moment) -> impl IntoView {
    let kind = Kind::parse(&r.kind).unwrap_or(Kind::DdKyc);
    let state = State::parse(&r.state).unwrap_or(State::Queued);
    // What has ended or has not begun waits for nobody.
    let waits = !state.is_final() && state != State::Draft;
    let risk = (r.risk_score >= 0).then_some(r.risk_score);
    let says = says(&r);
    let telling = Telling::parse(&r.telling).and_then(parts::telling);
    let person = holder(&r, now);
    let picked = format!("Select {}, {}", r.name, r.reference);
    view! {
        <tr data-row>
            {review.then(|| view! { <td class="c-pick"><label class="pick"><input type="checkbox" form="bulk" name="checks[]" value=r.id.clone() aria-label=picked/></label></td> })}
            <td class="c-kind">{parts::kind(kind)}</td>
            <th class="c-who" scope="row"><a class="row-link" href=format!("/checks/{}", r.id)><bdi>{r.name}</bdi></a>" "<span class="ref">{r.reference}</span></th>
            <td class="c-risk">{parts::risk(risk)}</td>
            {with_state.then(|| view! { <td class="c-state">{parts::state(state)}</td> })}
            <td class="c-says">{telling}" "<span class="says">{says}</span></td>
            <td class="c-wait num" data-label=waits.then_some("waiting")>{waits.then(|| parts::moment(r.due_from_ms, rules::waiting(r.due_from_ms, now)))}</td>
            <td class="c-due">{waits.then(|| parts::due(r.due_from_ms, r.due_at_ms, now))}</td>
            <td class="c-person">{person}</td>
        </tr>
    }
}

/// The assignee, and who holds it right now if that is somebody.
fn holder(r: &Row, now: Moment) -> AnyView {
    let held = r.claimed_by.clone().filter(|_| r.claim_until_ms > now);
    match (&r.assignee, held) {
        (assignee, Some(held)) if assignee.as_ref() != Some(&held) => {
            view! { {parts::person(Some(&held))} " " <span class="meta">"looking"</span> }.into_any()
        }
        (Some(assignee), _) => parts::person(Some(assignee)),
        (None, held) => parts::person(held.as_deref()),
    }
}

fn says(r: &Row) -> String {
    r.provider_state.clone().unwrap_or_default()
}

fn nothing(filter: &Filter, page: &QueuePage) -> impl IntoView + use<> {
    let (heading, words) = if *page != QueuePage::First {
        ("No more checks", "This is the end of the list.".to_owned())
    } else if filter.narrows() {
        ("No check fits", "No check on this tab fits the filters. Clear them, or search on the tab All.".to_owned())
    } else {
        match filter.tab() {
            Tab::Mine => ("Nothing is assigned to you", "Take the next check, or assign some to yourself on To review.".to_owned()),
            Tab::ToReview => ("Nothing to review", "Checks come here when their provider has answered.".to_owned()),
            Tab::Proposed => {
                ("Nothing waits for approval", "Accepting a very high risk takes two people; such proposals come here.".to_owned())
            }
            Tab::Running => ("Nothing is running", "Launched checks stand here until their provider has answered.".to_owned()),
            Tab::Attention => {
                ("Nothing needs attention", "Decisions that a provider did not confirm, or contradicts, come here.".to_owned())
            }
            Tab::All => ("There are no checks yet", "Launch the first one.".to_owned()),
        }
    };
    let href =
        if filter.narrows() || *page != QueuePage::First { format!("/checks?tab={}", filter.tab()) } else { "/checks/new".to_owned() };
    let words_of_link = if filter.narrows() || *page != QueuePage::First { "Back to the whole tab" } else { "Launch a check" };
    parts::empty(heading, words, Some(parts::link_button(&href, words_of_link, true).into_any()))
}

/// A short table of checks without selection, for other pages.
pub fn plain_table(rows: Vec<Row>, now: Moment, caption: &'static str) -> impl IntoView {
    let rows: Vec<_> = rows.into_iter().map(|r| row(r, true, false, now)).collect();
    view! {
        <div class="table-wrap">
            <table class="rows queue" data-rows>
                <caption class="sr">{caption}</caption>
                <thead><tr>
                    <th class="c-kind" scope="col">"Kind"</th><th class="c-who" scope="col">"Customer"</th><th class="c-risk" scope="col">"Risk"</th><th class="c-state" scope="col">"State"</th>
                    <th class="c-says" scope="col">"Provider says"</th><th class="c-wait num" scope="col">"Waiting"</th><th class="c-due" scope="col">"Due"</th><th class="c-person" scope="col">"Assignee"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
