//! The policy: what is in force, what is proposed, what was before; and the form that proposes
//! another.

pub mod api;
mod fields;

use super::{AppError, Asked, Ctx, Page, Shown, flash, parts};
use casework::policies::{self, DAYS, EXAMPLES, Example, LOOKED_AT, Preview, Team, Version};
use domain::{
    checks::Kind,
    fields::thousands,
    people::{Caller, Permission},
    policy::{
        Policy,
        form::read,
        words::{bulk, changes, days, factor, hours, launcher, months, two, waits, warnings},
    },
};
use leptos::prelude::*;

/// # Errors
/// The database.
pub async fn page(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let caller = ctx.caller()?.clone();
    let in_force = policies::in_force(&ctx.work).await?;
    let versions = policies::list(&ctx.work).await?;
    let kept = asked.refused(&ctx).await?;
    let refused = kept.as_ref().is_some_and(|k| !k.is_clean());
    let team = policies::team(&ctx.work).await?;
    let may_change = caller.may(Permission::ChangePolicies);
    // What is looked at: the proposal that waits, else what was typed.
    let waiting = versions.iter().find(|v| v.is_waiting()).cloned().filter(|_| may_change);
    let typed = kept
        .as_ref()
        .filter(|k| may_change && !k.values.is_empty())
        .and_then(|k| read(&k.values, &in_force).ok());
    let looked_at = waiting.as_ref().map_or(typed, Version::policy);
    let outlook = match &looked_at {
        Some(policy) => Some(policies::preview(&ctx.work, policy).await?),
        None => None,
    };
    if let Some(preview) = outlook.as_ref().filter(|p| !p.examples.is_empty()) {
        super::viewed::viewed_list(
            &ctx,
            "policies",
            preview.examples.iter().map(|e| e.check.clone()).collect(),
        )
        .await?;
    }
    let by_setting = ctx.work.factor_roles.words();
    let view = move || {
        let outlook = looked_at
            .zip(outlook)
            .map(|(policy, preview)| outlook_of(&in_force, &policy, &preview, &team));
        let (outlook, below) = if waiting.is_some() { (outlook, None) } else { (None, outlook) };
        view! {
            <header class="page-head"><div><h1>"Policy"</h1>
                <p class="meta">"Which decisions take two people, how long things may wait, what may be decided in bulk, who needs a second factor. One supervisor proposes a policy, another confirms it."</p></div></header>
            {kept.as_ref().and_then(|k| parts::refusals(k, &fields::labels()))}
            {waiting.as_ref().map(|v| proposed(v, &caller))}
            {outlook}
            {current(&in_force, &versions, &team, may_change, by_setting)}
            {below}
            {(may_change && waiting.is_none()).then(|| fields::form(&in_force, kept.as_ref()))}
            {may_change.then(|| history(&versions))}
        }
        .into_any()
    };
    Ok(flash::with_flash(Shown::new("Policy", view).refused(refused), &asked).into())
}

/// The policy that holds now.
fn current(
    in_force: &Policy,
    versions: &[Version],
    team: &Team,
    may_change: bool,
    by_setting: Option<String>,
) -> impl IntoView + use<> {
    let row = versions.iter().find(|v| v.is_confirmed());
    let unreadable = row.is_none_or(|v| v.policy().is_none());
    let warnings: Vec<_> = if may_change { warned(in_force, team) } else { vec![] };
    let by_setting = by_setting.map(|roles| {
        let words = format!(
            "Whatever the policy says, the operator's setting asks a second factor of: {roles}."
        );
        view! { <p class="meta">{words}</p> }
    });
    view! {
        <section class="panel" id="current"><header><h2>{format!("In force: version {}", in_force.version)}</h2></header>
            {unreadable.then(|| parts::notice("danger", "The policy in force cannot be read, so everything takes two people, and whoever may see checks needs a second factor. Propose another."))}
            {row.map(who)}
            {warnings}
            {terms(in_force)}
            {by_setting}
            {table(in_force, "The policy in force")}
        </section>
    }
}

fn warned(policy: &Policy, team: &Team) -> Vec<AnyView> {
    warnings(policy, &team.supervisors, team.analysts)
        .into_iter()
        .map(|words| parts::notice("attention", words).into_any())
        .collect()
}

/// Who proposed and who confirmed or withdrew a version, when, and why.
fn who(version: &Version) -> impl IntoView + use<> {
    let proposer = version.proposer.clone();
    let at = version.proposed_at_ms;
    let proposed =
        proposer.map(|name| view! { "Proposed by "<bdi>{name}</bdi>", "{parts::stamp(at)}". " });
    let words = if version.is_confirmed() { "Confirmed by " } else { "Withdrawn by " };
    let ended = version
        .ender
        .clone()
        .zip(version.ended_at_ms)
        .map(|(name, at)| view! { {words}<bdi>{name}</bdi>", "{parts::stamp(at)}"." });
    view! { <p class="meta">{proposed}{ended}</p><p><bdi>{version.note.clone()}</bdi></p> }
}

fn terms(policy: &Policy) -> impl IntoView + use<> {
    view! {
        <dl class="facts">
            {parts::fact("Who launched a check", launcher(policy))}
            {parts::fact("Earlier checks count for", days(policy.window_days()))}
            {parts::fact("A proposal waits for", hours(policy.proposal_hours()))}
            {parts::fact("A judgement of an entry stands for", months(policy.memory_months()))}
            {parts::fact("A second factor is needed by", factor(policy))}
        </dl>
    }
}

fn table(policy: &Policy, caption: &'static str) -> impl IntoView + use<> {
    let rows: Vec<_> = Kind::ALL
        .iter()
        .copied()
        .map(|kind| {
            let of = policy.of(kind);
            let (accept, reject) = (two(kind, of.accept), two(kind, of.reject));
            view! {
                <tr>
                    <th scope="row">{kind.label()}</th>
                    <td data-label="Accepting takes two people">{accept}</td>
                    <td data-label="Rejecting takes two people">{reject}</td>
                    <td data-label="In bulk">{bulk(policy, kind)}</td>
                    <td data-label="Waits at most">{waits(policy, kind)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <div class="table-wrap"><table class="rows stack"><caption class="sr">{caption}</caption>
            <thead><tr><th scope="col">"Kind"</th><th scope="col">"Accepting takes two people"</th><th scope="col">"Rejecting takes two people"</th><th scope="col">"In bulk"</th><th scope="col">"Waits at most"</th></tr></thead>
            <tbody>{rows}</tbody></table></div>
    }
}

/// The proposal that waits, with what can be done about it.
fn proposed(version: &Version, caller: &Caller) -> impl IntoView + use<> {
    let own = version.proposed_by.as_deref() == Some(caller.id.as_str());
    let policy = version.policy();
    let why = match (&policy, own) {
        (None, _) => Some(
            "It cannot be read as a whole, so it cannot be confirmed. Withdraw it, and propose another.",
        ),
        (_, true) => Some("You proposed this; another supervisor has to confirm it."),
        _ => None,
    };
    let number = version.version.to_string();
    let described = why.map(|_| "confirm-why");
    view! {
        <section class="panel" id="proposed"><header><h2>{format!("Proposed: version {number}")}</h2></header>
            {who(version)}
            {policy.as_ref().map(terms)}
            {policy.as_ref().map(|p| table(p, "The proposed policy"))}
            <div class="actions">
                <form method="post" action="/api/policies/confirm"><input type="hidden" name="version" value=number.clone()/>
                    <button class="btn primary" disabled=why.is_some() aria-describedby=described>{format!("Confirm version {number}")}</button></form>
                <form method="post" action="/api/policies/withdraw"><input type="hidden" name="version" value=number.clone()/>
                    <button class="btn">{format!("Withdraw version {number}")}</button></form>
                {why.map(|words| view! { <p class="why" id="confirm-why">{words}</p> })}
            </div>
        </section>
    }
}

/// What a policy changes, what it would have asked in the past, and who could approve under it.
fn outlook_of(
    in_force: &Policy,
    policy: &Policy,
    preview: &Preview,
    team: &Team,
) -> impl IntoView + use<> {
    let rows: Vec<_> = changes(in_force, policy)
        .into_iter()
        .map(|c| view! { <tr><th scope="row">{c.what}</th><td data-label="In force">{c.from}</td><td data-label="Then">{c.to}</td></tr> })
        .collect();
    let none = rows.is_empty();
    let warnings = warned(policy, team);
    view! {
        <section class="panel" id="outlook"><header><h2>"What it would change"</h2></header>
            {warnings}
            {if none {
                view! { <p>"It says the same as the policy in force."</p> }.into_any()
            } else {
                view! { <div class="table-wrap"><table class="rows stack"><caption class="sr">"What is different"</caption>
                    <thead><tr><th scope="col">"What"</th><th scope="col">"In force"</th><th scope="col">"Then"</th></tr></thead><tbody>{rows}</tbody></table></div> }.into_any()
            }}
            {past(preview)}
        </section>
    }
}

fn past(preview: &Preview) -> impl IntoView + use<> {
    let of = if preview.more {
        format!("the newest {} decisions of the last {DAYS} days", thousands(LOOKED_AT))
    } else {
        match preview.looked_at {
            0 => {
                return view! { <p>{format!("Nothing was decided in the last {DAYS} days.")}</p> }
                    .into_any();
            }
            1 => format!("the one decision of the last {DAYS} days"),
            n => format!("the {} decisions of the last {DAYS} days", thousands(n)),
        }
    };
    let need = format!(
        "Of {of}, {} made by one person would have needed two.",
        thousands(preview.would_need)
    );
    let fewer = (preview.no_longer > 0).then(|| {
        format!(" {} made by two would have needed only one.", thousands(preview.no_longer))
    });
    let listed: Vec<_> = preview.examples.iter().cloned().map(example).collect();
    let bounded =
        (preview.would_need > EXAMPLES).then(|| format!("The newest {EXAMPLES} of them:"));
    view! {
        <p>{need}{fewer}" Findings count as they are judged today."</p>
        {bounded.map(|words| view! { <p class="meta">{words}</p> })}
        {(!listed.is_empty()).then(|| view! { <div class="table-wrap"><table class="rows stack"><caption class="sr">"Decisions that would have needed two people"</caption>
            <thead><tr><th scope="col">"Customer"</th><th scope="col">"Kind"</th><th scope="col">"Risk"</th><th scope="col">"Outcome"</th><th scope="col">"When"</th></tr></thead>
            <tbody>{listed}</tbody></table></div> })}
    }
    .into_any()
}

fn example(e: Example) -> impl IntoView {
    let link = format!("/checks/{}/decisions/{}", e.check, e.decision);
    let earlier =
        e.for_earlier.then(|| view! { <span class="meta">" for an earlier check"</span> });
    view! {
        <tr>
            <th scope="row"><a href=link><bdi>{e.name}</bdi></a>" "<span class="meta"><bdi>{e.reference}</bdi></span></th>
            <td data-label="Kind">{e.kind.label()}</td>
            <td data-label="Risk">{parts::risk(e.risk)}</td>
            <td data-label="Outcome">{e.outcome.done()}{earlier}</td>
            <td data-label="When">{parts::stamp(e.at)}</td>
        </tr>
    }
}

fn history(versions: &[Version]) -> impl IntoView + use<> {
    let rows: Vec<_> = versions.iter().cloned().map(past_version).collect();
    view! {
        <section class="panel" id="versions"><header><h2>"Versions"</h2></header>
            <div class="table-wrap"><table class="rows stack"><caption class="sr">"Versions of the policy"</caption>
                <thead><tr><th scope="col">"Version"</th><th scope="col">"State"</th><th scope="col">"Who and why"</th><th scope="col">"Rules"</th></tr></thead>
                <tbody>{rows}</tbody></table></div>
        </section>
    }
}

fn past_version(v: Version) -> impl IntoView {
    let state = match v.step.as_deref() {
        None => "proposed",
        Some("withdrawn") => "withdrawn",
        Some(_) => "confirmed",
    };
    let rules = match v.policy() {
        Some(policy) => {
            let words: Vec<_> = Kind::ALL
                .iter()
                .map(|kind| {
                    let of = policy.of(*kind);
                    let words = format!(
                        "accept: {}; reject: {}; bulk: {}; waits: {}",
                        two(*kind, of.accept),
                        two(*kind, of.reject),
                        bulk(&policy, *kind),
                        waits(&policy, *kind)
                    );
                    parts::fact(kind.label(), words)
                })
                .collect();
            view! { <details><summary>{format!("Rules of version {}", v.version)}</summary>{terms(&policy)}<dl class="facts">{words}</dl></details> }.into_any()
        }
        None => view! { "They cannot be read." }.into_any(),
    };
    view! {
        <tr>
            <th scope="row">{v.version}</th>
            <td data-label="State"><span class="tag" data-tone=if state == "confirmed" { "good" } else { "neutral" }>{state}</span></td>
            <td data-label="Who and why">{who(&v)}</td>
            <td data-label="Rules">{rules}</td>
        </tr>
    }
}
