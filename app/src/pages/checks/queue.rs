//! The queue: tabs, filters, rows, pager; and the page of "take next" for readers without a form at
//! hand.

use super::super::{
    AppError, Asked, Ctx, Html, Page, Shown, flash,
    forms::{encode, with_query},
    parts,
    rows::{kinds, rows},
    signs, team,
};
use casework::{
    checks::{
        named::{Named, named},
        queue::{self, Row, TabCounts, count_text},
    },
    team::views,
};
use domain::{
    Moment,
    checks::{Band, Kind, State},
    fields::Refused,
    people::Permission,
    queue::{Age, DueBy, Filter, OPEN, Page as QueuePage, Sort, Tab},
};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn queue(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    let filter = Filter::from_pairs(asked.pairs());
    if asked.query("go") == "1"
        && let Some(named) = named(&ctx.work, &caller.id, &filter.text).await?
    {
        return Ok(Page::Redirect(match named {
            Named::Check(id) => format!("/checks/{id}"),
            Named::Customer(reference) => format!("/customers/{}", encode(&reference)),
        }));
    }
    let page = QueuePage::from_pairs(asked.pairs());
    let listed = queue::list(&ctx.work, &caller.id, &filter, &page).await?;
    let kinds = kinds(&listed.rows)?;
    let counts = queue::counts(&ctx.work, &caller.id).await?;
    let assignees = queue::assignees(&ctx.work).await?;
    let sought = queue::once_assigned(&ctx.work).await?;
    let saved = views::list(&ctx.work, &caller).await?;
    let refused = asked.refused(&ctx).await?;
    super::super::viewed::viewed_list(
        &ctx,
        "checks",
        listed.rows.iter().map(|r| r.id.clone()).collect(),
    )
    .await?;
    let now = ctx.now();
    let (review, decide) =
        (caller.may(Permission::ReviewChecks), caller.may(Permission::DecideChecks));
    // A view that could not be saved is told beside its name, everything else above the page.
    let (unsaved, trouble): (Option<Refused>, _) = match refused {
        Some(r) if r.error("view_name").is_some() => (Some(r), None),
        refused => (None, refused.map(|r| r.errors.into_values().collect::<Vec<_>>().join(" "))),
    };
    let is_refused = unsaved.is_some();
    let view = move || {
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
            {filters(&filter, &sought)}
            {team::views::line(&filter, &saved, &caller, unsaved.as_ref())}
            {table(&filter, &page, &listed, &kinds, (&assignees, review), now)}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Checks", view), &asked).refused(is_refused).into())
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
    Ok(flash::with_flash(page, &asked).into())
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

fn choice(
    name: &'static str,
    label: &'static str,
    options: &[(&str, &str)],
    chosen: Option<&str>,
) -> impl IntoView + use<> {
    let options = options_of(options, chosen.unwrap_or_default());
    view! { <label class="filter">{label} " " <select name=name><option value="">"any"</option>{options}</select></label> }
}

fn options_of(options: &[(&str, &str)], chosen: &str) -> impl IntoView + use<> {
    Html::of(|html| {
        options.iter().for_each(|(code, words)| signs::option(html, code, words, chosen))
    })
}

fn filters(filter: &Filter, sought: &[(String, String)]) -> impl IntoView + use<> {
    let kinds: Vec<_> = Kind::LAUNCHABLE.iter().map(|k| (k.code(), k.label())).collect();
    let states: Vec<_> = [(OPEN, "open")]
        .into_iter()
        .chain(State::ALL.iter().map(|s| (s.code(), s.label())))
        .collect();
    let state = filter.state.map(State::code).or(filter.open.then_some(OPEN));
    let dues: Vec<_> = DueBy::ALL.iter().map(|d| (d.code(), d.label())).collect();
    let bands: Vec<_> = Band::ALL.iter().map(|b| (b.code(), b.label())).collect();
    let ages: Vec<_> = Age::ALL.iter().map(|a| (a.code(), a.label())).collect();
    let sorts: Vec<_> = Sort::ALL.iter().map(|s| (s.code(), s.label())).collect();
    let people: Vec<_> =
        [("me", "me"), ("none", "nobody")].into_iter().chain(names(sought)).collect();
    let sorts = options_of(&sorts, filter.sort().code());
    let narrowed = filter.narrows();
    view! {
        <form class="filters" method="get" action="/checks">
            <input type="hidden" name="tab" value=filter.tab().code()/>
            {filter.batch.clone().map(|batch| view! { <input type="hidden" name="batch" value=batch/> })}
            {choice("kind", "Kind", &kinds, filter.kind.map(Kind::code))}
            {(filter.tab() == Tab::All).then(|| choice("state", "State", &states, state))}
            {choice("risk", "Risk", &bands, filter.band.map(Band::code))}
            {choice("assignee", "Assignee", &people, filter.assignee.as_deref())}
            {choice("age", "Age", &ages, filter.age.map(Age::code))}
            {choice("due", "Due", &dues, filter.due.map(DueBy::code))}
            <label class="filter grow">"Text " <input type="search" name="q" maxlength="200" placeholder="name, reference, id" value=filter.text.clone()/></label>
            <label class="filter sort">"Sort " <select name="sort">{sorts}</select></label>
            <button class="btn">"Filter"</button>
            {narrowed.then(|| view! { <a class="btn quiet" href=format!("/checks?tab={}", filter.tab())>"Clear"</a> })}
        </form>
    }
}

fn names(people: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    people.iter().map(|(id, name)| (id.as_str(), name.as_str()))
}

/// `assignees`, `review`: whom checks can be assigned to, and whether the reader may.
fn table(
    filter: &Filter,
    page: &QueuePage,
    listed: &queue::Listed,
    kinds: &[Kind],
    (assignees, review): (&[(String, String)], bool),
    now: Moment,
) -> AnyView {
    if listed.rows.is_empty() {
        return nothing(filter, page).into_any();
    }
    let with_state = queue::mixes_states(filter.tab(), filter.state);
    let link = |page: &str, row: Option<&Row>| {
        let mut pairs = filter.pairs();
        pairs.extend(row.map(|r| {
            (if page == "after" { "after" } else { "before" }, r.place(filter.sort()).code())
        }));
        with_query("/checks", &pairs)
    };
    let older = listed.has_after.then(|| link("after", listed.rows.last()));
    let newer = listed.has_before.then(|| link("before", listed.rows.first()));
    let first_page = *page == QueuePage::First;
    let fresh = first_page.then(|| {
        with_query("/checks/fresh", &[filter.pairs(), vec![("since", now.to_string())]].concat())
    });
    let here = with_query("/checks", &filter.pairs());
    let caption = format!("{}, {}", filter.tab().label(), filter.sort().label());
    let rows = rows(&listed.rows, kinds, with_state, review, &filter.text, now);
    let people = options_of(&names(assignees).collect::<Vec<_>>(), "");
    view! {
        <div class="table-wrap">
            <table class="rows queue" data-rows>
                <caption class="sr">{caption}</caption>
                <thead><tr>
                    {review.then(|| view! { <th class="c-pick"><label class="pick"><input type="checkbox" data-pick-all aria-label="Select all on this page"/></label></th> })}
                    <th class="c-kind" scope="col">"Kind"</th>
                    <th class="c-who" scope="col">"Customer"</th>
                    {head(filter, "c-risk", "Risk", Sort::Risk, Sort::Risk)}
                    {with_state.then(|| view! { <th class="c-state" scope="col">"State"</th> })}
                    <th class="c-says" scope="col">"Provider says"</th>
                    {head(filter, "c-wait num", "Waiting", Sort::Oldest, Sort::Newest)}
                    {head(filter, "c-due", "Due", Sort::Due, Sort::Due)}
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
                        <button class="btn" formmethod="get" formaction="/checks/decide-many" data-decide-picked>"Decide selected"</button>
                        <span role="status" data-picked></span>
                        <button class="btn quiet" type="button" hidden data-unpick>"Clear selection"</button>
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

/// A column's head that sorts by it: first one way, then the other where there is one. Looking at
/// one page of a sort and choosing another begins at its first page.
fn head(
    filter: &Filter,
    class: &'static str,
    words: &'static str,
    first: Sort,
    then: Sort,
) -> impl IntoView + use<> {
    let sort = filter.sort();
    let direction = (sort == first || sort == then).then_some(match sort {
        // Longest waiting first is the longest time first, though the oldest moment.
        Sort::Risk | Sort::Oldest => "descending",
        Sort::Due | Sort::Newest => "ascending",
    });
    let next = Filter { sort: Some(if sort == first { then } else { first }), ..filter.clone() };
    let href = with_query("/checks", &next.pairs());
    view! { <th class=class scope="col" aria-sort=direction><a href=href>{words}</a></th> }
}

fn pager_link(href: Option<String>, rel: &'static str, words: &'static str) -> AnyView {
    match href {
        Some(href) => view! { <a rel=rel href=href>{words}</a> }.into_any(),
        None => view! { <span aria-disabled="true">{words}</span> }.into_any(),
    }
}

fn nothing(filter: &Filter, page: &QueuePage) -> impl IntoView + use<> {
    let (heading, words) = if *page != QueuePage::First {
        ("No more checks", "This is the end of the list.".to_owned())
    } else if filter.narrows() {
        (
            "No check fits",
            "No check on this tab fits the filters. Clear them, or search on the tab All."
                .to_owned(),
        )
    } else {
        match filter.tab() {
            Tab::Mine => (
                "Nothing is assigned to you",
                "Take the next check, or assign some to yourself on To review.".to_owned(),
            ),
            Tab::ToReview => (
                "Nothing to review",
                "Checks come here when their provider has answered.".to_owned(),
            ),
            Tab::Proposed => (
                "Nothing waits for approval",
                "Accepting a very high risk takes two people; such proposals come here.".to_owned(),
            ),
            Tab::Running => (
                "Nothing is running",
                "Launched checks stand here until their provider has answered.".to_owned(),
            ),
            Tab::Attention => (
                "Nothing needs attention",
                "Decisions that a provider did not confirm, or contradicts, come here.".to_owned(),
            ),
            Tab::All => ("There are no checks yet", "Launch the first one.".to_owned()),
        }
    };
    let href = if filter.narrows() || *page != QueuePage::First {
        format!("/checks?tab={}", filter.tab())
    } else {
        "/checks/new".to_owned()
    };
    let words_of_link = if filter.narrows() || *page != QueuePage::First {
        "Back to the whole tab"
    } else {
        "Launch a check"
    };
    parts::empty(heading, words, Some(parts::link_button(&href, words_of_link, true).into_any()))
}
