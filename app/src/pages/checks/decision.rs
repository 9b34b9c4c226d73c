//! One decision as it was made: about whom, how, and what its maker opened or only had listed.

use super::{
    super::{AppError, Asked, Ctx, Page, Shown, forms::encode, parts, services::evidence_name},
    rounds,
};
use casework::checks::{
    self,
    decide::{Decision, SeenEvidence, SeenFinding},
    seen::{self, Opened, Recorded, Times},
};
use domain::{
    CheckId,
    checks::Kind,
    decisions::Step,
    findings::{Judgement, Source},
    journal::{Action, Subject},
    made::Way,
    time,
};
use leptos::prelude::*;
use serde_json::json;

/// # Errors
/// Unknown, or the database.
pub async fn decision(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let check = CheckId::from(asked.param("id"));
    let found = seen::recorded(&ctx.work, &check, &asked.param("decision").into()).await?;
    let kind = found.check.kind()?;
    let details = json!({ "decision": found.decision.id });
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::DecisionViewed,
        Subject::Check,
        check.as_str(),
        details,
    )
    .await?;
    Ok(Shown::new("Decision", move || whole(found, kind)).into())
}

fn whole(found: Recorded, kind: Kind) -> AnyView {
    let d = &found.decision;
    let step = d.step().map_or("Decision", Step::label);
    let outcome = d.outcome().map_or("", |o| o.label()).to_lowercase();
    // Who sends back decides nothing.
    let heading = if d.step() == Some(Step::SentBack) {
        step.to_owned()
    } else {
        format!("{step}: {outcome}")
    };
    let is_erased = found.seen.is_none();
    let erased =
        is_erased.then(|| parts::notice("info", "The customer was erased, so what the maker of this decision saw can no longer be shown."));
    let facts = facts(&found, kind);
    let comment = d.comment.clone();
    let back = format!("/checks/{}", found.check.id);
    let seen = found.seen.clone().unwrap_or_default();
    let opened = seen.opened.unwrap_or_default();
    let evidence: Vec<_> =
        seen.evidence.into_iter().map(|e| body(e, &found, kind, &opened)).collect();
    let findings: Vec<_> = seen.findings.into_iter().map(finding).collect();
    view! {
        <header class="page-head"><div><p class="meta"><a href=back>"‹ The check"</a></p><h1>{heading}</h1><p class="meta">"As it was made, with what its maker opened and what was only listed. If anybody changed it since, verifying the journal says so."</p></div></header>
        {erased}
        {facts}
        <section class="panel"><header><h2>"Comment"</h2></header><div class="said prose" dir="auto">{comment}</div></section>
        <section class="panel"><header><h2>"Evidence listed, and what was opened of it"</h2></header>
            <div class="scroll" role="region" tabindex="0" aria-label="Evidence listed"><table class="rows stack"><thead><tr><th scope="col">"Body"</th><th scope="col">"Opened by its maker"</th><th scope="col">"SHA-256"</th><th scope="col">"Read"</th></tr></thead><tbody>{evidence}</tbody></table></div></section>
        <section class="panel"><header><h2>"Findings and judgements as they stood"</h2></header>
            <div class="scroll" role="region" tabindex="0" aria-label="Findings as they stood"><table class="rows stack"><thead><tr><th scope="col">"Finding"</th><th scope="col">"Source"</th><th scope="col">"Judgement"</th><th scope="col">"Note"</th></tr></thead><tbody>{findings}</tbody></table></div></section>
    }
    .into_any()
}

fn facts(found: &Recorded, kind: Kind) -> AnyView {
    let (d, customer) = (&found.decision, &found.customer);
    let about = found.about.as_ref().map(|about| {
        let name = match d.step() {
            Some(Step::Approval) => "Approves",
            Some(Step::SentBack) => "Sends back",
            Some(Step::Proposal) => "Would overturn",
            _ => "Overturns",
        };
        linked(name, about)
    });
    let answer = found.answer.as_ref().map(|answer| {
        let name = match answer.step() {
            Some(Step::Approval) if d.step() == Some(Step::Proposal) => "Approved by",
            Some(Step::SentBack) => "Sent back by",
            _ => "Overturned by",
        };
        linked(name, answer)
    });
    let is_final = !matches!(d.step(), Some(Step::Proposal | Step::SentBack));
    let page =
        found.seen.as_ref().and_then(|seen| seen.opened.as_ref()).map(|opened| match opened.page {
            Some(times) => when("opened", times).into_any(),
            None => view! { "not opened since the last of its evidence arrived" }.into_any(),
        });
    view! {
        <dl class="facts">
            <div><dt>"Customer"</dt><dd><bdi>{customer.name.clone()}</bdi>" "<a class="ref" href=format!("/customers/{}", encode(&customer.reference))>{customer.reference.clone()}</a></dd></div>
            {found.asked.clone().map(|name| view! { <div><dt>"Asked about"</dt><dd><bdi>{name}</bdi></dd></div> })}
            {parts::fact("Kind", kind.label())}
            <div><dt>"By"</dt><dd>{parts::person(Some(&d.decided_by_name))}</dd></div>
            <div><dt>"At"</dt><dd>{parts::stamp(d.decided_at_ms)}</dd></div>
            {parts::fact("Made", found.way.map_or("not recorded", Way::label))}
            {page.map(|page| view! { <div><dt>"The check's page"</dt><dd>{page}</dd></div> })}
            {(d.step() != Some(Step::SentBack)).then(|| parts::fact("Reason", d.reason_label()))}
            {about}
            {answer}
            <div><dt>"Risk then"</dt><dd>{parts::risk_then(found.risk)}</dd></div>
            {is_final.then(|| parts::fact("Provider", found.telling.label()))}
            {parts::fact("Round", d.round.to_string())}
            <div><dt>"Id"</dt><dd>{parts::copyable(d.id.clone())}</dd></div>
            <div><dt>"Exact time"</dt><dd><code>{time::iso(d.decided_at_ms)}</code></dd></div>
        </dl>
    }
    .into_any()
}

/// Another decision of the check, in words that lead to it.
fn linked(name: &'static str, other: &Decision) -> impl IntoView + use<> {
    let href = format!("/checks/{}/decisions/{}", other.check_id, other.id);
    view! { <div><dt>{name}</dt><dd><a href=href>{format!("Round {}, {}", other.round, rounds::words(other))}</a>" "{parts::person(Some(&other.decided_by_name))}" "{parts::stamp(other.decided_at_ms)}</dd></div> }
}

/// Once, or how often and between which times.
fn when(word: &'static str, times: Times) -> impl IntoView + use<> {
    match times.count {
        1 => view! { {word}" "{parts::stamp(times.first_ms)} }.into_any(),
        n => view! { {format!("{word} {n} times, ")}{parts::stamp(times.first_ms)}" to "{parts::stamp(times.last_ms)} }.into_any(),
    }
}

fn body(e: SeenEvidence, found: &Recorded, kind: Kind, opened: &Opened) -> impl IntoView + use<> {
    let document =
        found.documents.get(&e.id).map(|name| view! { " "<bdi class="meta">{name.clone()}</bdi> });
    let times = match opened.bodies.get(&e.id) {
        Some(times) => when("opened", *times).into_any(),
        None => view! { <span class="hush">"only listed"</span> }.into_any(),
    };
    let href = format!("/checks/{}/evidence/{}", found.check.id, e.id);
    view! { <tr><td data-label="Body">{evidence_name(kind, &e.source)}{document}</td><td data-label="Opened by its maker">{times}</td><td data-label="SHA-256"><code class="id">{e.sha256}</code></td><td data-label="Read"><a href=href>"Open"</a></td></tr> }
}

fn finding(f: SeenFinding) -> impl IntoView {
    let judgement =
        Judgement::parse(&f.judgement).map_or(f.judgement.clone(), |j| j.label().to_owned());
    let source = Source::parse(&f.source).map_or(f.source.clone(), |s| s.label().to_owned());
    view! { <tr><th scope="row"><bdi>{f.title}</bdi></th><td data-label="Source">{source}</td><td data-label="Judgement">{judgement}</td><td data-label="Note" dir="auto">{f.note}</td></tr> }
}
