//! Every round of a check's decision that its panel does not show: who, when, why, and the way to
//! the record.

use super::super::parts;
use casework::checks::{decide::Decision, review::Review};
use domain::{
    checks::State,
    decisions::{Outcome, Step},
};
use leptos::prelude::*;

/// The rounds before the one that stands in the decision panel, oldest first; all of them where the
/// panel shows none.
pub fn earlier(review: &Review) -> Option<impl IntoView + use<>> {
    let shown = match State::parse(&review.check.state) {
        Some(State::ToReview) => review.sent_back(),
        Some(State::Proposed) => review.proposal(),
        Some(State::Accepted | State::Rejected) => review.standing(),
        _ => None,
    };
    let shown = shown.map(|d| d.id.as_str());
    let rounds: Vec<_> =
        review.decisions.iter().filter(|d| Some(d.id.as_str()) != shown).map(round).collect();
    (!rounds.is_empty()).then(|| {
        view! { <section class="panel" id="rounds"><header><h2>"Earlier rounds"</h2></header><ol class="comments" aria-label="Earlier rounds">{rounds}</ol></section> }
    })
}

/// What a step was, in a few words: `proposal: accept`.
pub fn words(d: &Decision) -> String {
    let step = d.step().map_or("Decision", Step::label).to_lowercase();
    // Who sends back decides nothing.
    if d.step() == Some(Step::SentBack) {
        step
    } else {
        format!("{step}: {}", d.outcome().map_or("", Outcome::label).to_lowercase())
    }
}

fn round(d: &Decision) -> impl IntoView + use<> {
    let reason = (d.step() != Some(Step::SentBack)).then(|| d.reason_label());
    view! {
        <li>
            <h3>{format!("Round {}, {}", d.round, words(d))}</h3>
            <p class="by">{parts::person(Some(&d.decided_by_name))}" "{parts::stamp(d.decided_at_ms)}</p>
            <dl class="facts">{reason.map(|r| parts::fact("Reason", r))}<div><dt>"Comment"</dt><dd class="said" dir="auto">{d.comment.clone()}</dd></div></dl>
            <p class="meta"><a href=format!("/checks/{}/decisions/{}", d.check_id, d.id)>{format!("Record of round {}", d.round)}</a></p>
        </li>
    }
}
