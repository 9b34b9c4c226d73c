//! Alarms: an identification that went bad after services could be offered, on its page and on the
//! start page.

use crate::pages::{area::Area, parts};
use casework::{checks::review::Review, video::Alarmed};
use domain::{
    Moment,
    fields::Refused,
    people::{Caller, Permission, Role},
};
use leptos::prelude::*;

/// What became dangerous after services could be offered; stays until somebody says what was done.
pub fn alarm(review: &Review, caller: &Caller, refused: Option<&Refused>) -> Option<AnyView> {
    let (sentence, at, settled) = review.video.as_ref()?.alarm.clone()?;
    if settled {
        let words = view! { "An alarm was settled: "{sentence}" "{parts::stamp(at)} };
        return Some(parts::notice("info", words).into_any());
    }
    let form =
        refused.filter(|r| r.values.contains_key("alarm_comment")).cloned().unwrap_or_default();
    let error = form.error("alarm_comment").or_else(|| form.error("")).map(str::to_owned);
    let clean = error.is_none();
    let area = Area::named("comment", 2)
        .id("alarm-comment")
        .focus(!clean)
        .wrong(!clean)
        .described("alarm-comment-error");
    let area = area.show(form.value("alarm_comment"));
    let settle = if caller.may(Permission::ReviewChecks) {
        view! {
            <form class="form" method="post" action="/api/video/alarm" novalidate>
                <input type="hidden" name="check_id" value=review.check.id.clone()/>
                <div class="field"><label for="alarm-comment">"What was done about it"" "<span class="req">"required"</span></label>
                    {area}
                    <p class="error" id="alarm-comment-error" hidden=clean>{error}</p></div>
                <div class="actions"><button class="btn">"Settle the alarm"</button></div>
            </form>
        }
        .into_any()
    } else {
        let words = format!(
            "Settling it takes a person who is {}.",
            Role::holders(Permission::ReviewChecks)
        );
        view! { <p class="why">{words}</p> }.into_any()
    };
    Some(
        view! {
            <section class="notice alarm" data-tone="danger" id="alarm" tabindex="-1" aria-labelledby="alarm-words"><div>
                <p id="alarm-words"><strong>{sentence}</strong></p>
                <p class="meta">"Since "{parts::stamp(at)}". It stays on the start page until somebody settles it."</p>
                {settle}
            </div></section>
        }
        .into_any(),
    )
}

/// The alarms that nobody settled yet, for the start page.
pub fn alarms(alarms: Vec<Alarmed>, now: Moment) -> Option<AnyView> {
    let items: Vec<_> = alarms
        .into_iter()
        .map(|alarm| {
            view! {
                <li>
                    <p><a href=format!("/checks/{}#alarm", alarm.check_id)><bdi>{alarm.name}</bdi></a>" "<span class="ref">{alarm.customer}</span>" "<span class="meta">{parts::ago(alarm.at_ms, now)}</span></p>
                    <p>{alarm.sentence}</p>
                    <p class="meta">{format!("The check is {}.", domain::checks::State::parse(&alarm.state).map_or("unknown", domain::checks::State::label))}</p>
                </li>
            }
        })
        .collect();
    let count = items.len();
    (count > 0).then(|| {
        view! {
            <section class="notice alarms" data-tone="danger" aria-labelledby="alarms"><div>
                <h2 id="alarms">"Alarms " <span class="n">{count}</span></h2>
                <ul>{items}</ul>
            </div></section>
        }
        .into_any()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::time;

    #[test]
    fn alarms_lead_to_their_checks() {
        let alarm = Alarmed {
            check_id: "0190".into(),
            customer: "C-1".into(),
            name: "Jane Doe".into(),
            sentence: "Stop.".into(),
            at_ms: 0,
            state: "accepted".into(),
        };
        let html = alarms(vec![alarm], time::HOUR).expect("a block").to_html();
        assert!(
            html.contains("/checks/0190#alarm")
                && html.contains("The check is accepted")
                && html.contains("1 h"),
            "{html}"
        );
        assert!(alarms(vec![], 0).is_none());
    }
}
