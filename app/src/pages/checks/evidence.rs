//! One body of evidence as it was received.

use super::super::{AppError, Asked, Ctx, Page, Shown, parts, services::face};
use casework::checks::{self, review};
use domain::{
    CheckId,
    journal::{Action, Subject},
    people::{Permission, Role},
};
use leptos::prelude::*;
use serde_json::json;

/// # Errors
/// Unknown, damaged, or the database.
pub async fn evidence(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let (check, id) = (CheckId::from(asked.param("id")), asked.param("evidence").to_owned());
    let body = review::evidence_body(&ctx.work, &check, &id).await?;
    let details = json!({ "evidence": id, "name": body.name });
    let kind = checks::get(&ctx.work, &check).await?.kind()?;
    let secret = face(kind).masked(&ctx, &check, &id, &body.bytes).await?;
    let is_download = asked.query("as") == "file";
    if is_download && secret.is_some() {
        if let Err(refused) = ctx.caller_who(Permission::RevealReferences) {
            let details = json!({ "path": ctx.path });
            checks::viewed(
                &ctx.work,
                &ctx.actor(),
                Action::AccessRefused,
                Subject::Check,
                check.as_str(),
                details,
            )
            .await?;
            return Err(refused);
        }
        checks::viewed(
            &ctx.work,
            &ctx.actor(),
            Action::ReferenceRevealed,
            Subject::Check,
            check.as_str(),
            details.clone(),
        )
        .await?;
    }
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::EvidenceViewed,
        Subject::Check,
        check.as_str(),
        details,
    )
    .await?;
    if is_download {
        let ending = match body.content_type.as_str() {
            "image/jpeg" => "jpg",
            "image/png" => "png",
            "application/pdf" => "pdf",
            _ if serde_json::from_slice::<serde::de::IgnoredAny>(&body.bytes).is_ok() => "json",
            _ => "bin",
        };
        return Ok(Page::Bytes {
            bytes: body.bytes,
            name: format!("{}.{ending}", &body.sha256[..16]),
        });
    }
    // A refusal may repeat the number that was asked about.
    let numbers = casework::services::masked_answer(kind, &body.bytes);
    let may_download = secret.is_none() || ctx.may(Permission::RevealReferences);
    let view = move || {
        let is_said =
            ["application/json", "text/"].iter().any(|kind| body.content_type.starts_with(kind));
        let is_file = !is_said && std::str::from_utf8(&body.bytes).is_err();
        let is_picture = body.content_type.starts_with("image/");
        let (heading, only) = match &secret {
            Some(_) => (
                "What Solaris said, reference and address masked",
                "They stand in the download only, which takes a permission of its own.",
            ),
            None => ("What was asked, numbers masked", "The numbers stand in the download only."),
        };
        let masked = secret.or_else(|| casework::services::masked(&body.bytes)).or(numbers);
        let text = (!is_file && masked.is_none())
            .then(|| String::from_utf8_lossy(&body.bytes).into_owned());
        let pretty = masked
            .is_none()
            .then_some(())
            .and_then(|()| serde_json::from_slice::<serde_json::Value>(&body.bytes).ok())
            .and_then(|v| serde_json::to_string_pretty(&v).ok());
        let state = if body.intact {
            parts::notice("good", "The bytes are what was received: only they have the name that they were kept under.").into_any()
        } else {
            parts::notice("danger", "These bytes are not what was received. Tell an admin at once.")
                .into_any()
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
