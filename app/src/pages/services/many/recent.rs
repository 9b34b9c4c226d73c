//! Where a launched table is looked at, and what was launched before.

use crate::pages::parts;
use casework::many::{Batch, Progress};
use domain::{Moment, fields::thousands};
use leptos::prelude::*;

/// The address of a batch's page.
#[must_use]
pub fn address(batch: &str) -> String {
    format!("/checks/tables/{batch}")
}

/// A count in digits.
#[must_use]
pub fn count(n: i64) -> String {
    thousands(usize::try_from(n).unwrap_or(0))
}

/// What was launched from tables of a kind, below the form that launches another.
pub fn recent(batches: Vec<(Batch, Progress)>, now: Moment) -> Option<impl IntoView> {
    let rows: Vec<_> =
        batches.into_iter().map(|(batch, progress)| recent_row(&batch, &progress, now)).collect();
    (!rows.is_empty()).then(|| view! {
        <section class="panel" id="tables"><header><h2>"Tables launched before"</h2></header>
            <div class="scroll" role="region" tabindex="0" aria-label="Tables launched before"><table class="rows stack"><thead><tr><th scope="col">"Table"</th><th scope="col">"Launched"</th><th scope="col">"By"</th><th scope="col" class="num">"Checks"</th><th scope="col">"How far"</th></tr></thead><tbody>{rows}</tbody></table></div>
        </section>
    })
}

fn recent_row(batch: &Batch, p: &Progress, now: Moment) -> impl IntoView + use<> {
    let name = if batch.name.is_empty() { "pasted table".to_owned() } else { batch.name.clone() };
    let far: Vec<String> = [
        (p.queued, "queued"),
        (p.running, "running"),
        (p.to_review, "to review"),
        (p.proposed, "wait for approval"),
        (p.decided, "decided"),
        (p.failed, "failed"),
        (p.withdrawn, "withdrawn"),
    ]
    .into_iter()
    .filter(|(n, _)| *n > 0)
    .map(|(n, words)| format!("{} {words}", count(n)))
    .collect();
    view! { <tr><th scope="row"><a href=address(&batch.id)><bdi>{name}</bdi></a></th><td data-label="Launched">{parts::ago(batch.made_at_ms, now)}</td><td data-label="By">{parts::person(Some(&batch.made_by_name))}</td><td class="num" data-label="Checks">{count(batch.total)}</td><td data-label="How far">{far.join(", ")}</td></tr> }
}
