//! Saved views: the line above the queue's rows, and the page where they are renamed and deleted.

use super::super::{AppError, Asked, Ctx, Page, Shown, flash, forms::with_query, parts};
use casework::team::{View, views};
use domain::{
    checks::{Band, Kind, State},
    fields::Refused,
    people::{Caller, Permission},
    queue::{Age, DueBy, Filter},
    team::{VIEW_NAME_MAX, may_change_view},
};
use leptos::prelude::*;

/// The line of saved views, with the form that saves what is shown; nothing when there is neither.
pub fn line(
    filter: &Filter,
    known: &[View],
    caller: &Caller,
    refused: Option<&Refused>,
) -> Option<AnyView> {
    let here = filter.written_out();
    let is_known = known.iter().any(|v| v.filter() == here);
    let can_save = refused.is_some() || (!is_known && (filter.narrows() || filter.sort.is_some()));
    if known.is_empty() && !can_save {
        return None;
    }
    let links: Vec<_> = known
        .iter()
        .map(|view| {
            let filter = view.filter();
            let current = (filter == here).then_some("page");
            let whose = view.is_shared().then(|| view! { <span class="meta">"shared"</span> });
            view! { <a href=with_query("/checks", &filter.pairs()) aria-current=current><bdi>{view.name.clone()}</bdi>" "{whose}</a> }
        })
        .collect();
    let manage = known.iter().any(|v| may_change_view(caller, &v.owner_id, v.is_shared()));
    Some(
        view! {
            <div class="views">
                {(!links.is_empty()).then(|| view! { <nav aria-label="Saved views">{links}</nav> })}
                {can_save.then(|| save(&here, caller, refused))}
                {manage.then(|| view! { <a class="btn quiet" href="/checks/views">"Manage views"</a> })}
            </div>
        }
        .into_any(),
    )
}

fn save(filter: &Filter, caller: &Caller, refused: Option<&Refused>) -> impl IntoView + use<> {
    let form = refused.cloned().unwrap_or_default();
    let shows = serde_json::to_string(&filter.pairs()).unwrap_or_default();
    let share = caller.may(Permission::LeadTeam);
    let shared = form.value("shared") == "1";
    let field = parts::Field::text("view_name", "Name").required().maxlength("60").show(&form);
    view! {
        <details class="menu" open=refused.is_some()>
            <summary class="btn quiet">"Save this view"</summary>
            <form class="menu-items form save-view" method="post" action="/api/views/save">
                <input type="hidden" name="shows" value=shows/>
                {field}
                {share.then(|| view! { <label class="choice"><input type="checkbox" name="shared" value="1" checked=shared/><span>"Everybody sees it"</span></label> })}
                <button class="btn primary">"Save"</button>
            </form>
        </details>
    }
}

/// # Errors
/// The database.
pub async fn manage(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    let known = views::list(&ctx.work, &caller).await?;
    let people = casework::checks::queue::once_assigned(&ctx.work).await?;
    let refused = asked.refused(&ctx).await?;
    let is_refused = refused.is_some();
    let view = move || {
        let rows: Vec<_> = known
            .iter()
            .filter(|v| may_change_view(&caller, &v.owner_id, v.is_shared()))
            .enumerate()
            .map(|(at, v)| {
                row(
                    at,
                    v,
                    &caller,
                    &people,
                    refused.as_ref().filter(|r| r.value("view_id") == v.id),
                )
            })
            .collect();
        let elsewhere =
            refused.as_ref().filter(|r| !known.iter().any(|v| r.value("view_id") == v.id));
        view! {
            <header class="page-head"><div><h1>"Saved views"</h1><p class="meta">"A view keeps the filters and the sort of the queue. Filter the queue, then save what you see under a name."</p></div><div class="actions"><a class="btn" href="/checks" data-back>"‹ Queue"</a></div></header>
            {elsewhere.map(|r| parts::refusal(r.errors.values().cloned().collect::<Vec<_>>().join(" ")))}
            {if rows.is_empty() {
                parts::empty("No saved views yet", "Filter or sort the queue, then save what you see.".into(), Some(parts::link_button("/checks", "Go to the queue", true).into_any())).into_any()
            } else {
                view! { <table class="rows stack"><caption class="sr">"Saved views"</caption>
                    <thead><tr><th scope="col">"Name"</th><th scope="col">"Shows"</th><th scope="col">"For"</th><th class="c-do"><span class="sr">"Actions"</span></th></tr></thead>
                    <tbody>{rows}</tbody></table> }.into_any()
            }}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Saved views", view), &asked).refused(is_refused).into())
}

fn row(
    at: usize,
    v: &View,
    caller: &Caller,
    people: &[(String, String)],
    refused: Option<&Refused>,
) -> impl IntoView + use<> {
    let (form_id, error_id) = (format!("view-{at}"), format!("view-{at}-error"));
    let value = refused.map_or_else(|| v.name.clone(), |r| r.value("name").to_owned());
    let error = refused.and_then(|r| r.error("name")).map(str::to_owned);
    let wrong = error.is_some().then_some("true");
    let filter = v.filter();
    let whose = match (v.is_shared(), v.owner_id == caller.id.as_str()) {
        (false, _) => view! { "you" }.into_any(),
        (true, true) => view! { "everybody" }.into_any(),
        (true, false) => view! { "everybody, made by "<bdi>{v.owner.clone()}</bdi> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">
                <form id=form_id.clone() method="post" action="/api/views/rename">
                    <input type="hidden" name="view_id" value=v.id.clone()/>
                    <input name="name" value=value maxlength=VIEW_NAME_MAX.to_string() dir="auto" autocomplete="off" aria-label=format!("Name of {}", v.name) aria-invalid=wrong aria-describedby=wrong.map(|_| error_id.clone())/>
                </form>
                {error.map(|e| view! { <p class="error" id=error_id role="alert">{e}</p> })}
            </th>
            <td data-label="Shows"><a href=with_query("/checks", &filter.pairs())><bdi>{describe(&filter, people)}</bdi></a></td>
            <td data-label="For">{whose}</td>
            <td class="c-do"><div class="actions">
                <button class="btn" form=form_id aria-label=format!("Rename {}", v.name)>"Rename"</button>
                <form method="post" action="/api/views/delete"><input type="hidden" name="view_id" value=v.id.clone()/><button class="btn quiet" aria-label=format!("Delete {}", v.name)>"Delete"</button></form>
            </div></td>
        </tr>
    }
}

/// What a filter shows, in words.
fn describe(filter: &Filter, people: &[(String, String)]) -> String {
    let assignee = filter.assignee.as_deref().map(|id| match id {
        "me" => "assigned to the reader".to_owned(),
        "none" => "assigned to nobody".to_owned(),
        id => format!(
            "assigned to {}",
            people
                .iter()
                .find(|(known, _)| known == id)
                .map_or("somebody who left", |(_, name)| name)
        ),
    });
    let words = [
        Some(filter.tab().label().to_owned()),
        filter.kind.map(|k| Kind::label(k).to_owned()),
        filter.state.map(|s| State::label(s).to_owned()),
        filter.open.then(|| "open".to_owned()),
        filter.band.map(|b| format!("{} risk", Band::label(b))),
        assignee,
        filter.age.map(|a| Age::label(a).to_owned()),
        filter.due.map(|d| DueBy::label(d).to_owned()),
        Some(&filter.text).filter(|t| !t.is_empty()).map(|t| format!("“{t}”")),
        Some(filter.sort().label().to_lowercase()),
    ];
    words.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
