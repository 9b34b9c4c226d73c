//! How far a launched table is. It is read from the checks themselves, so it is there after any
//! restart.

use super::{super::face::TableWords, recent::count};
use crate::pages::{
    AppError, Asked, Ctx, Page, Shown, flash, forms::with_query, parts, services::faces,
    viewed::viewed_list,
};
use casework::many::{self, Batch, Progress, store::Troubled};
use domain::{Moment, fields::thousands};
use leptos::prelude::*;

/// # Errors
/// Unknown, or the database.
pub async fn batch(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let id = asked.param("batch").to_owned();
    let (batch, progress) = many::get(&ctx.work, &id).await?;
    let sign = sign_of(&progress);
    if asked.refresh == Some(sign) {
        return Ok(Page::Unchanged);
    }
    let troubled = many::troubled(&ctx.work, &id).await?;
    viewed_list(&ctx, "table", troubled.iter().map(|t| t.check_id.clone()).collect()).await?;
    let (connection, now) = (
        casework::connections::get(&ctx.work, &batch.connection_id.as_str().into()).await?.name,
        ctx.now(),
    );
    let every = progress.is_under_way().then_some(2);
    let words = faces()
        .find_map(|face| {
            face.table().filter(|words| batch.what().is_ok_and(|what| words.what == what))
        })
        .ok_or(AppError::NotFound)?;
    let title = title(words, &batch);
    let page = Shown::new(title, move || view(words, &batch, &progress, connection, troubled, now));
    Ok(flash::with_flash(page.refresh(sign, every), &asked).into())
}

/// A number that changes with the counts.
fn sign_of(p: &Progress) -> i64 {
    [p.queued, p.delayed, p.running, p.to_review, p.proposed, p.decided, p.failed]
        .into_iter()
        .fold(7, |sign, n| sign * 1_009 % 9_007_199_254_740_881 + n)
}

fn title(words: &TableWords, batch: &Batch) -> String {
    let what = words.from_a_table;
    if batch.name.is_empty() { what.to_owned() } else { format!("{what}: {}", batch.name) }
}

fn view(
    words: &TableWords,
    batch: &Batch,
    p: &Progress,
    connection: String,
    troubled: Vec<Troubled>,
    now: Moment,
) -> AnyView {
    let ended = batch.total - p.queued - p.running;
    let left_out = match batch.left_out {
        0 => None,
        1 => Some("1 line of the table was left out.".to_owned()),
        n => Some(format!("{} lines of the table were left out.", count(n))),
    };
    let said = if p.is_under_way() {
        format!(
            "{} of {} have an outcome. What waits leaves by itself, also after a restart.",
            count(ended),
            count(batch.total)
        )
    } else {
        format!("All {} have come to an end or wait for a decision.", count(batch.total))
    };
    view! {
        <header class="page-head">
            <div><h1>{title(words, batch)}</h1>
                <p class="meta">{parts::person(Some(&batch.made_by_name))}" launched "{count(batch.total)}" checks "{parts::ago(batch.made_at_ms, now)}" at "{connection}". "{left_out}</p></div>
            <div class="actions"><a class="btn" href=words.address>"Another table"</a><a class="btn" href=queue(batch, "all", None)>"All its checks"</a></div>
        </header>
        <div data-live="progress">
            <p class="lead">{said}</p>
            <progress max=batch.total.to_string() value=ended.to_string() aria-label="Checks with an outcome">{format!("{} of {}", ended, batch.total)}</progress>
            <nav class="numbers" aria-label="Checks of this table">
                {tile(queue(batch, "all", Some("queued")), p.queued, "queued", None)}
                {tile(queue(batch, "all", Some("running")), p.running, "running", None)}
                {tile(queue(batch, "to_review", None), p.to_review, "to review", None)}
                {tile(queue(batch, "proposed", None), p.proposed, "wait for approval", None)}
                {tile(queue(batch, "all", None), p.decided, "decided", None)}
                {tile(queue(batch, "all", Some("failed")), p.failed, "failed", Some("danger"))}
                {(p.withdrawn > 0).then(|| tile(queue(batch, "all", Some("withdrawn")), p.withdrawn, "withdrawn", None))}
            </nav>
            {lines(troubled, p.failed + p.delayed)}
        </div>
    }
    .into_any()
}

/// The queue with the checks of this table only.
fn queue(batch: &Batch, tab: &'static str, state: Option<&'static str>) -> String {
    let mut pairs = vec![("tab", tab.to_owned()), ("batch", batch.id.clone())];
    pairs.extend(state.map(|s| ("state", s.to_owned())));
    with_query("/checks", &pairs)
}

fn tile(
    href: String,
    number: i64,
    words: &'static str,
    tone: Option<&'static str>,
) -> impl IntoView {
    let tone = tone.filter(|_| number > 0);
    view! { <a class="number" href=href data-tone=tone data-none=(number == 0).then_some("")><b>{count(number)}</b>" "<span>{words}</span></a> }
}

/// Lines that failed or were held up, with the provider's words.
fn lines(troubled: Vec<Troubled>, all: i64) -> Option<impl IntoView> {
    let more = usize::try_from(all).unwrap_or(0).saturating_sub(troubled.len());
    let rows: Vec<_> = troubled
        .into_iter()
        .map(|t| {
            let state = if t.state == "failed" { "failed" } else { "waits" };
            view! { <tr><td class="num" data-label="Line">{t.line}</td><th scope="row"><a href=format!("/checks/{}", t.check_id)><bdi>{t.name}</bdi></a>" "<span class="ref">{t.reference}</span></th><td data-label="State">{state}</td><td data-label="Why">{t.trouble}</td></tr> }
        })
        .collect();
    (!rows.is_empty()).then(|| view! {
        <section class="panel" id="trouble"><header><h2>"Lines with trouble " <span class="n">{all}</span></h2></header>
            <div class="scroll" role="region" tabindex="0" aria-label="Lines with trouble"><table class="rows stack"><thead><tr><th scope="col" class="num">"Line"</th><th scope="col">"Customer"</th><th scope="col">"State"</th><th scope="col">"Why"</th></tr></thead><tbody>{rows}</tbody></table></div>
            {(more > 0).then(|| view! { <p class="meta">{format!("and {} more", thousands(more))}</p> })}
        </section>
    })
}
