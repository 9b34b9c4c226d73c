//! Server functions of the team: authorise, call, answer.

use super::{
    super::{
        AppError, Shown,
        forms::{answer, go, show, with_query},
        request::ctx,
    },
    around,
};
use casework::team::{claims, present, views};
use domain::{CheckId, fields::Refused, people::Permission, queue::Filter};
use leptos::prelude::*;

#[server(endpoint = "checks/take")]
pub async fn take(#[server(default)] check_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::DecideChecks)?.clone();
    let page = format!("/checks/{check_id}");
    let taken = claims::take(&ctx.work, &caller, &ctx.actor(), &check_id.as_str().into()).await;
    answer(
        &ctx,
        taken.map(|()| format!("{page}?done=taken")).map_err(AppError::from),
        &page,
        Refused::default,
    )
    .await
}

#[server(endpoint = "checks/hand-over")]
pub async fn hand_over(
    #[server(default)] check_id: String,
    #[server(default)] colleague: String,
    #[server(default)] hand_note: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::DecideChecks)?.clone();
    let handed = claims::hand_over(
        &ctx.work,
        &caller,
        &ctx.actor(),
        &check_id.as_str().into(),
        &colleague,
        &hand_note,
    )
    .await;
    answer(
        &ctx,
        handed.map(|()| "/checks?done=handed-over".into()).map_err(AppError::from),
        &format!("/checks/{check_id}"),
        || Refused::of([("colleague", &colleague), ("hand_note", &hand_note)]),
    )
    .await
}

/// The page of a check is still open; `active` when its reader did something meanwhile. Answers
/// with what goes on around it.
#[server(endpoint = "checks/here")]
pub async fn here(
    #[server(default)] check_id: String,
    #[server(default)] active: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ViewChecks)?.clone();
    let id = CheckId::from(check_id.as_str());
    let mut around = present::around(&ctx.work, &id).await?;
    present::is_here(&ctx.work, &caller, &id).await?;
    if active == "1"
        && let Some(until) = claims::stay(&ctx.work, &caller, &around.check).await?
    {
        around.check.claim_until_ms = until;
    }
    let now = ctx.now();
    let colleagues = around::colleagues(&ctx, &caller).await?;
    show(Shown::new("Around", move || {
        let holder = around.holder.as_deref();
        around::row(&around.check, holder, &around.present, &caller, &colleagues, None, now)
            .into_any()
    }));
    Ok(())
}

#[server(endpoint = "views/save")]
pub async fn save_view(
    #[server(default)] view_name: String,
    #[server(default)] shared: String,
    #[server(default)] shows: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ViewChecks)?.clone();
    let pairs: Vec<(String, String)> =
        serde_json::from_str(&shows).map_err(|_| AppError::Unreadable)?;
    let filter = Filter::from_pairs(pairs.iter().map(|(n, v)| (n.as_str(), v.as_str())));
    let page = |done: &[(&'static str, String)]| {
        with_query("/checks", &[filter.pairs(), done.to_vec()].concat())
    };
    let saved =
        views::save(&ctx.work, &caller, &ctx.actor(), &view_name, shared == "1", &filter).await;
    let done = page(&[("done", "view-saved".into())]);
    answer(&ctx, saved.map(|()| done).map_err(AppError::from), &page(&[]), || {
        Refused::of([("view_name", &view_name), ("shared", &shared)])
    })
    .await
}

#[server(endpoint = "views/rename")]
pub async fn rename_view(
    #[server(default)] view_id: String,
    #[server(default)] name: String,
) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ViewChecks)?.clone();
    let renamed = views::rename(&ctx.work, &caller, &ctx.actor(), &view_id, &name).await;
    answer(
        &ctx,
        renamed.map(|()| format!("{MANAGE}?done=view-renamed")).map_err(AppError::from),
        MANAGE,
        || Refused::of([("view_id", &view_id), ("name", &name)]),
    )
    .await
}

const MANAGE: &str = "/checks/views";

#[server(endpoint = "views/delete")]
pub async fn delete_view(#[server(default)] view_id: String) -> Result<(), AppError> {
    let ctx = ctx()?;
    let caller = ctx.caller_who(Permission::ViewChecks)?.clone();
    views::delete(&ctx.work, &caller, &ctx.actor(), &view_id).await?;
    go(&format!("{MANAGE}?done=view-deleted"));
    Ok(())
}
