//! Supervisors' view of all decisions.

use super::{
    AppError, Asked, Ctx, Page, Shown,
    forms::{encode, with_query},
    parts,
    rows::kind_of,
};
use casework::checks::decide::{self, DecisionFilter};
use domain::{
    checks::Kind,
    decisions::{Outcome, Reason, Step},
    made::Way,
    queue::Place,
};
use leptos::prelude::*;

const ROWS: i64 = 50;

/// # Errors
/// The database.
pub async fn list(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let filter = DecisionFilter {
        outcome: Outcome::parse(asked.query("outcome")),
        step: Step::parse(asked.query("step")),
        person: asked.chosen("person").map(str::to_owned),
        before: asked.chosen("before").and_then(Place::parse).map(|p| (p.key, p.id)),
    };
    let mut rows = decide::list(&ctx.work, &filter, ROWS + 1).await?;
    let more = rows.len() as i64 > ROWS;
    rows.truncate(ROWS as usize);
    let kinds: Vec<Kind> =
        rows.iter().map(|r| kind_of(&r.kind, &r.check_id)).collect::<Result<_, _>>()?;
    let people = casework::people::watch::deciders(&ctx.work).await?;
    super::viewed::viewed_list(
        &ctx,
        "decisions",
        rows.iter().map(|r| r.check_id.clone()).collect(),
    )
    .await?;
    let view = move || {
        let select = |name: &'static str,
                      label: &'static str,
                      options: Vec<(String, String)>,
                      chosen: String| {
            let options: Vec<_> =
                options.into_iter().map(|(c, w)| parts::option(c, w, &chosen)).collect();
            view! { <label class="filter">{label}" "<select name=name><option value="">"any"</option>{options}</select></label> }
        };
        let of = |pairs: Vec<(&str, &str)>| {
            pairs.into_iter().map(|(c, l)| (c.to_owned(), l.to_owned())).collect::<Vec<_>>()
        };
        let kept: Vec<(&str, String)> = [
            ("outcome", filter.outcome.map(|o| o.to_string())),
            ("step", filter.step.map(|s| s.to_string())),
            ("person", filter.person.clone()),
        ]
        .into_iter()
        .filter_map(|(n, v)| Some((n, v?)))
        .collect();
        let older = more
            .then(|| rows.last().map(|r| Place { key: r.decided_at_ms, id: r.id.clone() }.code()))
            .flatten();
        let older =
            older.map(|place| with_query("/decisions", &[kept, vec![("before", place)]].concat()));
        let empty = rows.is_empty();
        let table_rows: Vec<_> =
            rows.into_iter().zip(kinds).map(|(r, kind)| row(r, kind)).collect();
        view! {
            <header class="page-head"><div><h1>"Decisions"</h1><p class="meta">"Every decision as it was made, newest first: the risk as it was then, and how far the provider was told."</p></div></header>
            <form class="filters" method="get" action="/decisions">
                {select("outcome", "Outcome", of(Outcome::ALL.iter().map(|o| (o.code(), o.label())).collect()), filter.outcome.map(|o| o.to_string()).unwrap_or_default())}
                {select("step", "Step", of(Step::ALL.iter().map(|s| (s.code(), s.label())).collect()), filter.step.map(|s| s.to_string()).unwrap_or_default())}
                {select("person", "Person", people, filter.person.clone().unwrap_or_default())}
                <button class="btn">"Filter"</button>
            </form>
            {if empty { parts::empty("No decisions here", "Decisions stand here as soon as somebody makes one that fits the filters.".into(), None).into_any() } else {
                view! { <div class="table-wrap"><table class="rows stack"><caption class="sr">"Decisions"</caption>
                    <thead><tr><th scope="col">"When"</th><th scope="col">"Kind"</th><th scope="col">"Customer"</th><th scope="col">"Risk"</th><th scope="col">"Decision"</th><th scope="col">"Reason"</th><th scope="col">"By"</th><th scope="col">"Provider"</th><th scope="col">"Record"</th></tr></thead>
                    <tbody>{table_rows}</tbody></table>
                    <div class="table-foot"><nav class="pager" aria-label="Pages">{older.map(|href| view! { <a rel="next" href=href>"older ›"</a> })}</nav></div></div> }.into_any()
            }}
        }
        .into_any()
    };
    Ok(Shown::new("Decisions", view).into())
}

fn row(r: decide::Listed, kind: Kind) -> impl IntoView {
    let outcome = Outcome::parse(&r.outcome);
    let step = Step::parse(&r.step).unwrap_or(Step::Decision);
    let state = outcome.map(Outcome::state);
    let final_step = !matches!(step, Step::Proposal | Step::SentBack);
    let reason = Reason::parse(&r.reason).map_or(r.reason.clone(), |x| x.label().to_owned());
    view! {
        <tr>
            <td data-label="When">{parts::stamp(r.decided_at_ms)}</td>
            <td data-label="Kind">{parts::kind(kind)}</td>
            <th scope="row"><a href=format!("/checks/{}", r.check_id)><bdi>{r.name}</bdi></a>" "<a class="ref" href=format!("/customers/{}", encode(&r.reference))>{r.reference.clone()}</a></th>
            <td data-label="Risk">{parts::risk_then(r.risk)}</td>
            <td data-label="Decision">{if final_step { state.map(|s| parts::state(s).into_any()) } else { Some(view! { <span class="hush">{step.label()}</span> }.into_any()) }} {matches!(step, Step::Overturn).then(|| view! { " " <span class="meta">"overturn"</span> })}{(r.way == Some(Way::Bulk)).then(|| view! { " " <span class="meta">"with others"</span> })}</td>
            <td data-label="Reason">{reason}</td>
            <td data-label="By">{parts::person(Some(&r.decided_by_name))}</td>
            <td data-label="Provider">{final_step.then(|| view! { <span class="says">{r.telling.label()}</span> })}</td>
            <td data-label="Record"><a href=format!("/checks/{}/decisions/{}", r.check_id, r.id)>"Open"</a></td>
        </tr>
    }
}
