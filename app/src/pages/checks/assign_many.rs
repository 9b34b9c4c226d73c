//! What is about to be assigned, when some of it was not on the page that it is assigned from: a
//! selection stays while one filters and pages, so it is shown as a whole before anything happens.

use super::super::{AppError, Ctx, Html, Shown, parts, rows, signs};
use casework::checks::queue::{self, Row};
use domain::{
    CheckId,
    checks::{Kind, State},
};
use leptos::prelude::*;
use std::collections::BTreeSet;

/// # Errors
/// The database.
pub async fn page(
    ctx: &Ctx,
    ids: &[CheckId],
    unseen: &[String],
    assignee: &str,
    back: &str,
) -> Result<Shown, AppError> {
    let rows = queue::chosen(&ctx.work, ids).await?;
    let kinds = rows::kinds(&rows)?;
    super::super::viewed::viewed_list(
        ctx,
        "assign-many",
        rows.iter().map(|r| r.id.clone()).collect(),
    )
    .await?;
    let to = match assignee {
        "" => "nobody".to_owned(),
        "me" => "me".to_owned(),
        id => queue::assignees(&ctx.work)
            .await?
            .into_iter()
            .find(|(known, _)| known == id)
            .map_or_else(|| "a colleague".into(), |(_, name)| name),
    };
    let unseen: BTreeSet<String> = unseen.iter().cloned().collect();
    let (assignee, back) = (assignee.to_owned(), back.to_owned());
    Ok(Shown::new("Assign the selected checks", move || {
        view(&rows, &kinds, &unseen, &assignee, &to, back)
    })
    .class("narrow"))
}

fn view(
    rows: &[Row],
    kinds: &[Kind],
    unseen: &BTreeSet<String>,
    assignee: &str,
    to: &str,
    back: String,
) -> AnyView {
    let hidden = rows.iter().filter(|r| unseen.contains(&r.id)).count();
    let words = format!(
        "{} not on the page that you came from. Look at what you assign, and untick what you do not mean.",
        if hidden == 1 { "One of them was".to_owned() } else { format!("{hidden} of them were") }
    );
    let items: Vec<_> = rows
        .iter()
        .zip(kinds)
        .map(|(row, kind)| item(row, *kind, unseen.contains(&row.id)))
        .collect();
    view! {
        <header class="page-head"><div><h1>"Assign the selected checks"</h1><p class="meta">{format!("{} selected", rows.len())}</p></div></header>
        {parts::notice("attention", words)}
        <form class="form chosen-checks" id="bulk" method="post" action="/api/checks/assign">
            <input type="hidden" name="back" value=back.clone()/>
            <input type="hidden" name="assignee" value=assignee.to_owned()/>
            <input type="hidden" name="seen" value="1"/>
            <ul class="linked">{items}</ul>
            <div class="actions"><button class="btn primary">"Assign to "<bdi>{to.to_owned()}</bdi></button><a class="btn quiet" href=back>"Back to the queue"</a></div>
        </form>
    }
    .into_any()
}

fn item(row: &Row, kind: Kind, unseen: bool) -> impl IntoView + use<> {
    let state = State::parse(&row.state).unwrap_or(State::Queued);
    let holder = Html::of(|html| signs::person(html, row.assignee.as_deref()));
    view! {
        <li>
            <label class="tick"><input type="checkbox" form="bulk" name="checks[]" value=row.id.clone() checked/>
                <span><bdi>{row.name.clone()}</bdi>" "<span class="ref">{row.reference.clone()}</span></span></label>
            {parts::kind(kind)}" "{parts::state(state)}" "{holder}
            {unseen.then(|| view! { " "<span class="tag">"not on that page"</span> })}
        </li>
    }
}
