//! What was changed about people, connections and policies: for supervisors since they last looked,
//! for admins as a journal.

use super::super::{AppError, Ctx, forms::go, journal::in_words, parts, request::ctx};
use casework::{
    journal::Row,
    people::{self, watch::Noticed},
};
use domain::{
    journal::{Action, Subject},
    people::Permission,
};
use leptos::prelude::*;
use std::collections::HashMap;

/// Names of people and connections by their ids.
///
/// # Errors
/// The database.
pub async fn names(ctx: &Ctx) -> Result<HashMap<String, String>, AppError> {
    let people = people::list(&ctx.work)
        .await?
        .into_iter()
        .map(|p| (p.id, format!("{} ({})", p.name, p.account)));
    let connections = casework::connections::list(&ctx.work)
        .await?
        .into_iter()
        .map(|k| (k.connection.id, k.connection.name));
    Ok(people.chain(connections).collect())
}

/// The panel on a supervisor's start page.
pub fn panel(noticed: Noticed, names: &HashMap<String, String>) -> AnyView {
    if noticed.rows.is_empty() {
        return view! { <section class="panel"><header><h2>"Since you last looked"</h2></header><p class="hush">"Nothing was changed about people, connections or policies."</p></section> }.into_any();
    }
    let (until, newer) = (noticed.until(), noticed.newer);
    view! {
        <section class="panel">
            <header><h2>"Since you last looked " <span class="n">{noticed.rows.len()}</span></h2></header>
            {table(noticed.rows, names, "Since you last looked")}
            {(newer > 0).then(|| view! { <p class="meta">{format!("Newer ones that are shown once you have seen these: {newer}. ")}<a href="/journal">"The journal"</a>" has all of it."</p> })}
            <form method="post" action="/api/home/looked"><input type="hidden" name="until" value=until.to_string()/><button class="btn">"I have seen these"</button></form>
        </section>
    }
    .into_any()
}

/// A short table of entries.
pub fn table(
    rows: Vec<Row>,
    names: &HashMap<String, String>,
    caption: &'static str,
) -> impl IntoView + use<> {
    let rows: Vec<_> = rows.into_iter().map(|r| row(r, names)).collect();
    view! {
        <div class="table-wrap"><table class="rows stack log"><caption class="sr">{caption}</caption>
            <thead><tr><th scope="col">"When"</th><th scope="col">"Who"</th><th scope="col">"What"</th><th scope="col">"About"</th><th scope="col">"Details"</th></tr></thead>
            <tbody>{rows}</tbody></table></div>
    }
}

fn row(r: Row, names: &HashMap<String, String>) -> impl IntoView + use<> {
    let action = Action::parse(&r.action).map_or(r.action.clone(), |a| a.label().to_owned());
    let who = match names.get(&r.actor) {
        Some(name) => parts::person(Some(name)),
        None => view! { <span class="hush">{r.actor}</span> }.into_any(),
    };
    let subject = Subject::parse(&r.subject).map_or(r.subject.clone(), |s| s.label().to_owned());
    let about =
        names.get(&r.subject_id).cloned().unwrap_or_else(|| format!("{subject} {}", r.subject_id));
    let details = shortened(&r.action, r.details.as_deref().unwrap_or("erased"));
    view! {
        <tr>
            <td data-label="When">{parts::stamp(r.at_ms)}</td>
            <td data-label="Who">{who}</td>
            <td data-label="What">{action}</td>
            <td data-label="About"><bdi>{about}</bdi></td>
            <td class="wide" data-label="Details"><bdi>{details}</bdi></td>
        </tr>
    }
}

/// What an entry says, in a line or two. Of addresses nothing is cut: a long one would push out
/// where credentials went before.
fn shortened(action: &str, details: &str) -> String {
    const MOST: usize = 200;
    let words = in_words(details);
    let is_cut = action != Action::AddressChanged.code() && words.chars().count() > MOST;
    if is_cut { words.chars().take(MOST).chain(['…']).collect() } else { words }
}

#[server(endpoint = "home/looked")]
pub async fn have_looked(#[server(default)] until: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    ctx.caller_who(Permission::ViewJournal)?;
    people::watch::looked(&ctx.work, &ctx.actor(), until.parse().unwrap_or(0)).await?;
    go("/?done=looked");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_address_pushes_no_other_one_out() {
        let long = "x".repeat(290);
        let details = format!(
            r#"{{"base_url":"https://a.example/{long}","token_url":"https://evil.example/token"}}"#
        );
        assert!(shortened("address_changed", &details).ends_with("https://evil.example/token"));
        let cut = shortened("connection_changed", &details);
        assert!(cut.ends_with('…') && cut.chars().count() == 201, "{cut}");
        assert_eq!(shortened("role_changed", r#"{"from":"analyst"}"#), "from: analyst");
    }
}
