//! What the review pages of all services that answer at once show alike.

use super::{super::face::Look, service::AtOnce};
use crate::pages::{parts, providers::in_sentences};
use casework::{checks::review::Review, services::Asked};
use domain::checks::State;
use leptos::prelude::*;

/// What is under way, in words.
pub fn running(Look { review, kind, .. }: Look<'_>) -> Option<AnyView> {
    if review.check.state != State::Queued.code() {
        return None;
    }
    let provider = in_sentences(kind);
    let words = if review.check.trouble.is_some() || review.out_of_reach.is_some() {
        "Why stands above; this page follows by itself.".to_owned()
    } else {
        format!(
            "The question is put to {provider} as soon as a worker is free; the answer comes within seconds, and this page follows by itself."
        )
    };
    Some(
        view! { <section class="running" aria-labelledby="r"><header class="section-head"><h2 id="r">"Waiting for the answer"</h2><span class="live" data-live-sign>"follows by itself"</span></header><p class="hush">{words}</p></section> }
            .into_any(),
    )
}

/// The answer in the service's own form.
pub fn answered<S: AtOnce>(look: Look<'_>) -> Option<AnyView> {
    look.review.check.outcome_at_ms?;
    if look.review.said.is_none() {
        let words = "The answer cannot be shown: the customer was erased, or what was kept of it cannot be read.";
        return Some(view! { <section class="panel"><header><h2>"Answer"</h2></header><p class="hush">{words}</p></section> }.into_any());
    }
    S::answered(look)
}

/// How it was launched.
pub fn launched<S: AtOnce>(Look { review, kind, .. }: Look<'_>) -> AnyView {
    let asked: Asked = review.check.asked().unwrap_or_default();
    let provider = in_sentences(kind);
    view! {
        <details class="fold"><summary><h2>"Launch"</h2>" "<span class="meta">{review.connection_name.clone()}</span></summary>
            <dl class="facts">
                {parts::fact("Connection", review.connection_name.clone())}
                {S::launched_as(&asked)}
                {review.check.provider_ref.clone().map(|r| view! { <div><dt>{format!("Number at {provider}")}</dt><dd>{parts::copyable(r)}</dd></div> })}
                <div><dt>"Check"</dt><dd>{parts::copyable(review.check.id.clone())}</dd></div>
            </dl>
        </details>
    }
    .into_any()
}

/// What was given of the customer: the name, and what the service asked about; numbers of people
/// masked.
pub fn given<S: AtOnce>(review: &Review) -> Vec<Option<AnyView>> {
    let asked: Asked = review.check.asked().unwrap_or_default();
    let name = parts::fact("Name", asked.name.clone());
    std::iter::once(name).chain(S::given(review, asked)).collect()
}
