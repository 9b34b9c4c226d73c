//! Rows of checks, as the queue and other pages list them.

use super::{AppError, Html, signs, team};
use casework::checks::queue::Row;
use domain::{
    Moment,
    checks::{self as rules, Kind, State, Telling},
    search,
};
use leptos::prelude::*;

/// The kinds of rows, in their order.
///
/// # Errors
/// A stored word that this program does not know: what cannot be read is not shown as something
/// else.
pub fn kinds(rows: &[Row]) -> Result<Vec<Kind>, AppError> {
    rows.iter().map(|row| kind_of(&row.kind, &row.id)).collect()
}

/// The kind of a check as a row gives it.
///
/// # Errors
/// As [`kinds`].
pub fn kind_of(text: &str, check: &str) -> Result<Kind, AppError> {
    Kind::parse(text)
        .ok_or_else(|| casework::Error::Corrupt(format!("kind {text} of check {check}")).into())
}

/// What one row takes, roughly, in bytes.
const ROW_BYTES: usize = 1_200;

pub fn rows(
    rows: &[Row],
    kinds: &[Kind],
    with_state: bool,
    review: bool,
    typed: &str,
    now: Moment,
) -> impl IntoView + use<> {
    let mut html = Html::with_capacity(rows.len() * ROW_BYTES);
    for (row, kind) in rows.iter().zip(kinds) {
        write_row(&mut html, (row, *kind), with_state, review, typed, now);
    }
    html.view()
}

fn write_row(
    html: &mut Html,
    (r, kind): (&Row, Kind),
    with_state: bool,
    review: bool,
    typed: &str,
    now: Moment,
) {
    let state = State::parse(&r.state).unwrap_or(State::Queued);
    // What has ended or has not begun waits for nobody.
    let waits = !state.is_final() && state != State::Draft;
    html.raw("<tr data-row>");
    if review {
        html.raw(r#"<td class="c-pick"><label class="pick"><input type="checkbox" form="bulk" name="checks[]""#).attribute("value", &r.id);
        html.raw(r#" aria-label="Select "#)
            .value(&r.name)
            .raw(", ")
            .value(&r.reference)
            .raw(r#""></label></td>"#);
    }
    html.raw(r#"<td class="c-kind">"#);
    signs::kind(html, kind);
    html.raw(r#"</td><th scope="row" class="c-who"><a href="/checks/"#)
        .value(&r.id)
        .raw(r#"" class="row-link"><bdi>"#);
    write_found(html, &r.name, typed);
    html.raw(r#"</bdi></a> <span class="ref">"#);
    write_found(html, &r.reference, typed);
    html.raw(r#"</span></th><td class="c-risk">"#);
    signs::risk(html, (r.risk_score >= 0).then_some(r.risk_score));
    if with_state {
        html.raw(r#"</td><td class="c-state">"#);
        signs::state(html, state);
    }
    html.raw(r#"</td><td class="c-says">"#);
    if let Some(telling) = Telling::parse(&r.telling) {
        signs::telling(html, telling);
    }
    html.raw(r#" <span class="says">"#)
        .text(r.provider_state.as_deref().unwrap_or_default())
        .raw("</span></td>");
    if waits {
        html.raw(r#"<td data-label="waiting" class="c-wait num">"#);
        signs::moment(html, r.due_from_ms, &rules::waiting(r.due_from_ms, now));
        html.raw(r#"</td><td class="c-due">"#);
        signs::due(html, r.due_from_ms, r.due_at_ms, now);
    } else {
        html.raw(r#"<td class="c-wait num"></td><td class="c-due">"#);
    }
    html.raw(r#"</td><td class="c-person">"#);
    write_holder(html, r, now);
    html.raw("</td></tr>");
}

/// A text with what was searched for marked.
pub fn write_found(html: &mut Html, text: &str, typed: &str) {
    if typed.is_empty() {
        html.text(text)
    } else {
        html.marked(text, &search::marks(text, typed))
    };
}

/// The assignee, and who holds it right now if that is somebody.
fn write_holder(html: &mut Html, r: &Row, now: Moment) {
    let held = r.claimed_by.as_deref().filter(|_| r.claim_until_ms > now);
    match (r.assignee.as_deref(), held) {
        (assignee, Some(held)) if assignee != Some(held) => {
            signs::person(html, Some(held));
            html.raw(r#" <span class="meta">looking</span>"#);
        }
        (assignee, held) => signs::person(html, assignee.or(held)),
    }
    if r.handed == 1 {
        team::around::handed(html);
    }
}

/// A short table of checks without selection, for other pages.
pub fn plain_table(
    listed: &[Row],
    kinds: &[Kind],
    now: Moment,
    caption: &'static str,
) -> impl IntoView + use<> {
    let rows = rows(listed, kinds, true, false, "", now);
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
