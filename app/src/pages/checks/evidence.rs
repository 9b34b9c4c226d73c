//! One body of evidence as it was received, and one decision with what its maker saw.

use super::super::{AppError, Asked, Ctx, Page, Shown, parts};
use casework::checks::{self, decide, review};
use domain::{
    CheckId,
    decisions::Step,
    findings::{Judgement, Source},
    journal::{Action, Subject},
    people::{Permission, Role},
    time,
};
use leptos::prelude::*;
use serde_json::json;

/// # Errors
/// Unknown, damaged, or the database.
pub async fn evidence(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let (check, id) = (CheckId::from(asked.param("id")), asked.param("evidence").to_owned());
    let body = review::evidence_body(&ctx.work, &check, &id).await?;
    let details = json!({ "evidence": id, "name": body.name });
    let secret = super::video::review::secret(&ctx, &check, &id, &body.bytes).await?;
    let is_download = asked.query("as") == "file";
    if is_download && secret.is_some() {
        if let Err(refused) = ctx.caller_who(Permission::RevealReferences) {
            let details = json!({ "path": ctx.path });
            checks::viewed(&ctx.work, &ctx.actor(), Action::AccessRefused, Subject::Check, check.as_str(), details).await?;
            return Err(refused);
        }
        checks::viewed(&ctx.work, &ctx.actor(), Action::ReferenceRevealed, Subject::Check, check.as_str(), details.clone()).await?;
    }
    checks::viewed(&ctx.work, &ctx.actor(), Action::EvidenceViewed, Subject::Check, check.as_str(), details).await?;
    if is_download {
        let ending = match body.content_type.as_str() {
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "application/pdf" => "pdf",
            _ if serde_json::from_slice::<serde::de::IgnoredAny>(&body.bytes).is_ok() => "json",
            _ => "bin",
        };
        return Ok(Page::Bytes { bytes: body.bytes, name: format!("{}.{ending}", &body.sha256[..16]) });
    }
    // A refusal may repeat the number that was asked about.
    let numbers = review::kind_of(&ctx.work, &check).await?.and_then(|kind| casework::instant::masked_answer(kind, &body.bytes));
    let may_download = secret.is_none() || ctx.may(Permission::RevealReferences);
    let view = move || {
        let is_said = ["application/json", "text/"].iter().any(|kind| body.content_type.starts_with(kind));
        let is_file = !is_said && std::str::from_utf8(&body.bytes).is_err();
        let is_picture = body.content_type.starts_with("image/");
        let (heading, only) = match &secret {
            Some(_) => {
                ("What Solaris said, reference and address masked", "They stand in the download only, which takes a permission of its own.")
            }
            None => ("What was asked, numbers masked", "The numbers stand in the download only."),
        };
        let masked = secret.or_else(|| casework::instant::masked(&body.bytes)).or(numbers);
        let text = (!is_file && masked.is_none()).then(|| String::from_utf8_lossy(&body.bytes).into_owned());
        let pretty = masked
            .is_none()
            .then_some(())
            .and_then(|()| serde_json::from_slice::<serde_json::Value>(&body.bytes).ok())
            .and_then(|v| serde_json::to_string_pretty(&v).ok());
        let state = if body.intact {
            parts::notice("good", "The bytes are what was received: only they have the name that they were kept under.").into_any()
        } else {
            parts::notice("danger", "These bytes are not what was received. Tell an admin at once.").into_any()
        };
        view! {
            <header class="page-head">
                <div><p class="meta"><a href=format!("/checks/{check}")>"‹ The check"</a></p><h1>"Evidence as received"</h1></div>
                <div class="actions">{if may_download {
                    view! { <a class="btn" href=format!("/checks/{check}/evidence/{id}?as=file") download>"Download"</a> }.into_any()
                } else {
                    let words = format!("Downloading it takes a person who is {}: it shows the IDnow reference.", Role::holders(Permission::RevealReferences));
                    view! { <span class="why">{words}</span> }.into_any()
                }}</div>
            </header>
            {state}
            <dl class="facts"><div><dt>"SHA-256"</dt><dd>{parts::copyable(body.sha256)}</dd></div>{parts::fact("Content type", body.content_type)}{parts::fact("Size", format!("{} bytes", body.bytes.len()))}</dl>
            {pretty.map(|p| view! { <section class="panel"><header><h2>"Indented for reading"</h2></header><pre class="raw" tabindex="0" aria-label="Body, indented">{p}</pre></section> })}
            {masked.map(|m| view! { <section class="panel"><header><h2>{heading}</h2></header><pre class="raw" tabindex="0" aria-label="Body, masked">{m}</pre><p class="hush">{only}</p></section> })}
            {text.map(|text| view! { <section class="panel"><header><h2>"Byte for byte"</h2></header><pre class="raw" tabindex="0" aria-label="Body as received">{text}</pre></section> })}
            {(is_file && !is_picture).then(|| view! { <p class="hush">"The bytes of a file are only ever downloaded; nothing of it runs here."</p> })}
            {is_picture.then(|| view! { <p class="hush">"The bytes of a picture are only ever downloaded: what the check's page shows was made anew from them, without anything that hides in them."</p> })}
        }
        .into_any()
    };
    Ok(Shown::new("Evidence", view).into())
}

/// # Errors
/// Unknown, or the database.
pub async fn decision(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let check = CheckId::from(asked.param("id"));
    let found = decide::get(&ctx.work, &check, &asked.param("decision").into()).await?;
    checks::viewed(&ctx.work, &ctx.actor(), Action::DecisionViewed, Subject::Check, check.as_str(), json!({ "decision": found.id }))
        .await?;
    let seen = decide::what_was_seen(&ctx.work, &found).await?;
    let view = move || {
        let erased = seen.is_none().then(|| parts::notice("info", "The customer was erased: what its maker saw cannot be shown any more."));
        let seen = seen.unwrap_or_default();
        let step = found.step().map_or("Decision", Step::label);
        let outcome = found.outcome().map_or("", |o| o.label());
        let reason = found.reason_label();
        let evidence: Vec<_> = seen
            .evidence
            .into_iter()
            .map(|e| view! { <tr><td>{e.source}</td><td><code class="id">{e.sha256}</code></td><td><a href=format!("/checks/{check}/evidence/{}", e.id)>"Open"</a></td></tr> })
            .collect();
        let findings: Vec<_> = seen
            .findings
            .into_iter()
            .map(|f| {
                let judgement = Judgement::parse(&f.judgement).map_or(f.judgement.clone(), |j| j.label().to_owned());
                view! { <tr><th scope="row"><bdi>{f.title}</bdi></th><td>{Source::parse(&f.source).map_or(f.source.clone(), |s| s.label().to_owned())}</td><td>{judgement}</td><td dir="auto">{f.note}</td></tr> }
            })
            .collect();
        view! {
            <header class="page-head"><div><p class="meta"><a href=format!("/checks/{check}")>"‹ The check"</a></p><h1>{format!("{step}: {}", outcome.to_lowercase())}</h1><p class="meta">"As it was made, with what its maker saw. It cannot be changed."</p></div></header>
            {erased}
            <dl class="facts">
                <div><dt>"By"</dt><dd>{parts::person(Some(&found.decided_by_name))}</dd></div>
                <div><dt>"At"</dt><dd>{parts::stamp(found.decided_at_ms)}</dd></div>
                {parts::fact("Reason", reason)}
                <div><dt>"Risk shown"</dt><dd>{parts::risk(seen.risk)}</dd></div>
                {parts::fact("Round", found.round.to_string())}
                <div><dt>"Id"</dt><dd>{parts::copyable(found.id.clone())}</dd></div>
                <div><dt>"Exact time"</dt><dd><code>{time::iso(found.decided_at_ms)}</code></dd></div>
            </dl>
            <section class="panel"><header><h2>"Comment"</h2></header><div class="said prose" dir="auto">{found.comment}</div></section>
            <section class="panel"><header><h2>"Evidence seen"</h2></header>
                <div class="scroll" role="region" tabindex="0" aria-label="Evidence seen"><table class="rows"><thead><tr><th scope="col">"Source"</th><th scope="col">"SHA-256"</th><th scope="col">"Body"</th></tr></thead><tbody>{evidence}</tbody></table></div></section>
            <section class="panel"><header><h2>"Findings and judgements seen"</h2></header>
                <div class="scroll" role="region" tabindex="0" aria-label="Findings seen"><table class="rows"><thead><tr><th scope="col">"Finding"</th><th scope="col">"Source"</th><th scope="col">"Judgement"</th><th scope="col">"Note"</th></tr></thead><tbody>{findings}</tbody></table></div></section>
        }
        .into_any()
    };
    Ok(Shown::new("Decision", view).into())
}
