//! The line under a check's head: who holds it until when, who else looks at it, and what can be
//! done about that.

use super::super::{AppError, Ctx, Html, area::Area, parts, signs};
use casework::{
    checks::{Check, queue},
    team::claims,
};
use domain::{
    Moment,
    checks::State,
    fields::Refused,
    people::{Caller, Permission},
    team::{HAND_OVER_NOTE_MAX, Hold},
    time,
};
use leptos::prelude::*;

/// Colleagues whom a check can be handed to: ids and names.
pub type Colleagues = Vec<(String, String)>;

/// Everybody else who reviews checks.
///
/// # Errors
/// The database.
pub async fn colleagues(ctx: &Ctx, caller: &Caller) -> Result<Colleagues, AppError> {
    let mut all = queue::assignees(&ctx.work).await?;
    all.retain(|(id, _)| id != caller.id.as_str());
    Ok(all)
}

/// The whole line. `data-key` changes with what it says, so that the open page is touched only
/// then.
pub fn row(
    check: &Check,
    holder: Option<&str>,
    present: &[(String, String)],
    caller: &Caller,
    colleagues: &Colleagues,
    refused: Option<&Refused>,
    now: Moment,
) -> impl IntoView + use<> {
    let hold = claims::hold(check, now).ok().flatten();
    let others: Vec<&str> = present
        .iter()
        .filter(|(id, _)| id != caller.id.as_str())
        .map(|(_, name)| name.as_str())
        .collect();
    let key = format!(
        "{:?} {:?} {} {}",
        hold.map(|h| (h.person, time::utc_minute(h.until))),
        others,
        check.state,
        check.claim_until_ms > now
    );
    let words = Html::of(|html| words(html, check, hold, holder, &others, caller));
    let actions = actions(check, hold, caller, colleagues, refused);
    view! {
        <div class="around" data-live="around" data-here=check.id.clone() data-key=key>
            <p role="status">{words}</p>
            <div class="actions">{actions}</div>
        </div>
    }
}

fn words(
    html: &mut Html,
    check: &Check,
    hold: Option<Hold<'_>>,
    holder: Option<&str>,
    others: &[&str],
    caller: &Caller,
) {
    match (hold, holder) {
        (Some(hold), _) if hold.person == caller.id.as_str() => {
            html.raw("You hold this check until ");
            until(html, hold.until);
        }
        (Some(hold), Some(name)) => {
            html.raw("<bdi>").text(name).raw("</bdi> holds this check until ");
            until(html, hold.until);
        }
        _ if check.state == State::ToReview.code() => {
            html.raw("Nobody holds this check. ");
        }
        _ => {}
    }
    for (at, name) in others.iter().enumerate() {
        let before = match at {
            0 => "",
            at if at + 1 == others.len() => " and ",
            _ => ", ",
        };
        html.raw(before).raw("<bdi>").text(name).raw("</bdi>");
    }
    match others.len() {
        0 => html,
        1 => html.raw(" is looking at it now."),
        _ => html.raw(" are looking at it now."),
    };
}

fn until(html: &mut Html, at: Moment) {
    html.raw("<time")
        .attribute("datetime", &time::iso(at))
        .attribute("title", &time::utc_minute(at))
        .raw(" data-local=\"minute\">");
    html.text(&time::utc_minute(at)).raw("</time>. ");
}

fn actions(
    check: &Check,
    hold: Option<Hold<'_>>,
    caller: &Caller,
    colleagues: &Colleagues,
    refused: Option<&Refused>,
) -> Vec<AnyView> {
    if check.state != State::ToReview.code() || !caller.may(Permission::DecideChecks) {
        return vec![];
    }
    match hold {
        None => vec![take(&check.id, "Take this check").into_any()],
        Some(hold) if hold.person == caller.id.as_str() => {
            vec![hand_over(&check.id, colleagues, refused).into_any()]
        }
        Some(_) if caller.may(Permission::LeadTeam) => {
            vec![take(&check.id, "Take it over").into_any()]
        }
        Some(_) => vec![],
    }
}

fn take(id: &str, words: &'static str) -> impl IntoView + use<> {
    view! { <form method="post" action="/api/checks/take"><input type="hidden" name="check_id" value=id.to_owned()/><button class="btn quiet">{words}</button></form> }
}

fn hand_over(
    id: &str,
    colleagues: &Colleagues,
    refused: Option<&Refused>,
) -> impl IntoView + use<> {
    let form = refused.cloned().unwrap_or_default();
    let open = refused.is_some();
    let options = [(String::new(), "Choose …".to_owned())]
        .into_iter()
        .chain(colleagues.iter().cloned())
        .collect();
    let select = parts::select("colleague", options, form.value("colleague"), &form, false);
    let colleague = parts::field("colleague", "Colleague", true, None, None, &form, select);
    let text = Area::named("hand_note", 3).count(HAND_OVER_NOTE_MAX).of(&form, false);
    let note =
        parts::field("hand_note", "Note for them", false, None, None, &form, text.into_any());
    view! {
        <details class="menu" data-side="end" open=open>
            <summary class="btn quiet">"Hand over"</summary>
            <form class="menu-items form hand-over" method="post" action="/api/checks/hand-over">
                <input type="hidden" name="check_id" value=id.to_owned()/>
                {colleague}{note}
                <button class="btn primary">"Hand over"</button>
            </form>
        </details>
    }
}

/// A tag in a row: a colleague handed it to its assignee.
pub fn handed(html: &mut Html) {
    html.raw(" <span class=\"meta\">handed over</span>");
}

/// The checks that colleagues handed to the reader, for the start page.
pub fn handed_to_me(handed: Vec<casework::team::Handed>, now: Moment) -> Option<impl IntoView> {
    let count = handed.len();
    let items: Vec<_> = handed
        .into_iter()
        .map(|h| {
            let from = Html::of(|html| signs::person(html, Some(&h.from_name)));
            view! {
                <li>
                    <p class="by"><a href=format!("/checks/{}", h.id)><bdi>{h.name}</bdi></a>" "<span class="ref">{h.reference}</span>" from "{from}" "{parts::ago(h.at_ms, now)}</p>
                    {h.note.map(|note| view! { <div class="said" dir="auto">{note}</div> })}
                </li>
            }
        })
        .collect();
    (count > 0).then(|| view! { <section class="panel"><header><h2>"Handed to you " <span class="n">{count}</span></h2></header><ol class="comments">{items}</ol></section> })
}
