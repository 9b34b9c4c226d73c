//! The review page: header, evidence on the left, decision, comments and timeline on the right.

use super::{
    super::{
        AppError, Asked, Ctx, Page, Shown,
        area::Area,
        flash,
        forms::encode,
        parts,
        providers::at_the_start,
        services::{self, Face, Look, face},
        team::around,
    },
    decision_panel, findings, rounds, who,
};
use casework::{
    checks::{self, review::Review},
    journal::Row as Entry,
    team::claims,
};
use domain::{
    CheckId,
    checks::{Kind, State, Telling},
    decisions::{COMMENT_MAX, is_told},
    fields::Refused,
    findings::Judgement,
    journal::Action,
    people::{Caller, Permission},
};
use leptos::prelude::*;

/// # Errors
/// Unknown, or the database.
pub async fn review(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let id = CheckId::from(asked.param("id"));
    let caller = ctx.caller()?.clone();
    if let Some(seen) = asked.refresh {
        let check = checks::get(&ctx.work, &id).await?;
        // Not `<=`: the clocks of two instances differ, and a change is not missed for it.
        if check.touched_at_ms == seen {
            return Ok(Page::Unchanged);
        }
    }
    let mut review = checks::review::get_for(&ctx.work, &id, Some(&caller.id)).await?;
    let kind = review.check.kind()?;
    if review.check.state == State::Draft.code() {
        return Ok(Page::Redirect(format!("/checks/{id}/edit")));
    }
    if asked.refresh.is_none()
        && let Some(until) = claims::stay(&ctx.work, &caller, &review.check).await?
    {
        review.check.claim_until_ms = until;
    }
    let colleagues = around::colleagues(&ctx, &caller).await?;
    let timeline = casework::journal::timeline(&ctx.work, id.as_str()).await?;
    let refused = asked.refused(&ctx).await?;
    checks::seen::page_opened(
        &ctx.work,
        &ctx.actor(),
        &review.check,
        &review.customer.reference,
        &who::named(&review.around),
    )
    .await?;
    let now = ctx.now();
    let title = format!("{}, {}", about(&review), review.customer.reference);
    let touched = review.check.touched_at_ms;
    // What changes by itself is looked at again; what waits for a person is not.
    let is_told = matches!(review.check.telling.as_str(), "due" | "unconfirmed");
    let every = is_told.then_some(2).or_else(|| face(kind).follows(&review));
    let extra = face(kind).load(&ctx, &review, refused.as_ref()).await?;
    let flash = flash::flash(&asked);
    let is_refused = refused.as_ref().is_some_and(|r| !r.is_clean());
    let page = Shown::new(title, move || {
        let look = Look {
            review: &review,
            kind,
            caller: &caller,
            refused: refused.as_ref(),
            extra: &extra,
            now,
        };
        whole(look, &colleagues, &timeline)
    });
    Ok(page.class("review").refresh(touched, every).flash(flash).refused(is_refused).into())
}

fn whole(look: Look<'_>, colleagues: &around::Colleagues, timeline: &[Entry]) -> AnyView {
    let Look { review, kind, caller, refused, now, .. } = look;
    let own = face(kind);
    let may_review = caller.may(Permission::ReviewChecks);
    let undecided = review.unjudged();
    // A panel with a refused form is never hidden behind a button.
    let popover = refused
        .is_none_or(|r| {
            r.is_clean() || !r.values.contains_key("decision_id") && !r.values.contains_key("body")
        })
        .then_some("");
    let carried = decision_panel::form_of(review, caller);
    let due = (!State::parse(&review.check.state).is_some_and(State::is_final))
        .then(|| parts::due(review.check.due_from_ms, review.check.due_at_ms, now));
    // The form that hands over is there for who holds the check; a note that came too late is shown
    // with its refusal.
    let handing =
        refused.filter(|r| r.values.contains_key("hand_note") && review.is_claimed_by(&caller.id));
    // A refusal that no form of this page shows beside its field.
    let elsewhere = refused.filter(|r| {
        !r.is_clean()
            && handing.is_none()
            && !["decision_id", "body", "key", "link_note"]
                .iter()
                .any(|name| r.values.contains_key(*name))
            && !own.shows(look, r)
    });
    view! {
        {header(look, own)}
        {around::row(&review.check, review.claimed_by.as_ref().map(|(_, name)| name.as_str()), &review.present, caller, colleagues, handing, now)}
        {elsewhere.map(|r| {
            let words = r.errors.values().cloned().collect::<Vec<_>>().join(" ");
            let note = r.value("hand_note");
            parts::refusal(if note.is_empty() { words } else { format!("{words} Your note was: {note}") })
        })}
        <div data-live="notices" class="notices">{own.alarm(look)}{notices(look, own)}</div>
        <div class="evidence">
            {own.steps(look)}
            <div data-live="running">{own.running(look)}</div>
            {own.above(look)}
            {findings::findings(review, own, may_review, carried, refused)}
            {own.below(look)}
            {customer(look, own)}
            {own.launched(look)}
            {metadata(review, kind, refused, may_review)}
            {raw(review, kind)}
            {others(review)}
            <div data-live="also">
                {who::around(&review.customer.reference, &review.around, may_review, &format!("/checks/{}", review.check.id), refused)}
                {who::linked_checks(&review.around)}
            </div>
        </div>
        <aside class="side" aria-label="Decision and comments">
            <button class="dock-bar" type="button" popovertarget="dock"><span>"Decision"</span> {(undecided > 0).then(|| view! { <span class="meta">{format!("{undecided} undecided")}</span> })} {due}</button>
            <div class="dock" id="dock" popover=popover>
                {decision_panel::panel(review, kind, caller, refused.filter(|r| r.values.contains_key("decision_id")), now)}
                <div data-live="rounds">{rounds::earlier(review)}</div>
                {comments(review, refused.filter(|r| r.values.contains_key("body")), may_review, carried)}
                <div data-live="timeline">{timeline_panel(timeline)}</div>
            </div>
        </aside>
    }
    .into_any()
}

/// Whom this check asked about: it may be somebody else than the customer is known as now.
fn about(review: &Review) -> &str {
    if review.asked.name.is_empty() { &review.customer.name } else { &review.asked.name }
}

fn header(
    Look { review, kind, caller, now, .. }: Look<'_>,
    own: &dyn Face,
) -> impl IntoView + use<> {
    let check = &review.check;
    let state = State::parse(&check.state).unwrap_or(State::Queued);
    let telling = Telling::parse(&check.telling).map(parts::telling);
    let holder =
        review.assignee.as_ref().or(review.claimed_by.as_ref()).map(|(_, name)| name.clone());
    let mine = review.is_claimed_by(&caller.id) && state == State::ToReview;
    let id = check.id.clone();
    let launch = caller.may(Permission::LaunchChecks);
    // Once the outcome is here, withdrawing stands among the decisions.
    let withdraw = (launch && matches!(state, State::Draft | State::Queued | State::Running))
        .then(|| withdraw(check.id.clone(), kind));
    let again = (launch
        && own.can_be_asked_again(review)
        && review.relaunched_as.is_none()
        && matches!(state, State::Accepted | State::Rejected | State::Withdrawn))
    .then(|| view! { <a class="btn quiet" href=again_address(check, own)>"Run it again"</a> });
    let next = caller.may(Permission::DecideChecks).then(|| {
        view! { <form method="post" action="/api/checks/next" data-next><input type="hidden" name="skip" value=id.clone()/><button class="btn">"Next " <kbd>"n"</kbd></button></form> }
    });
    let give_back = mine.then(|| {
        view! { <form method="post" action="/api/checks/give-back"><input type="hidden" name="check_id" value=check.id.clone()/><button class="btn quiet">"Give back"</button></form> }
    });
    view! {
        <header class="check-head" data-live="head">
            <a class="back" href="/checks" data-back>"‹ Queue"</a>
            {parts::kind(kind)}
            <h1><bdi>{about(review).to_owned()}</bdi></h1>" "<a class="ref" href=format!("/customers/{}", encode(&review.customer.reference))>{review.customer.reference.clone()}</a>
            <span class="hush">{own.about(kind)}</span>
            {check.outcome_at_ms.filter(|_| own.is_rated()).map(|_| parts::risk(check.risk()))}
            {rated(review, kind)}
            {parts::state(state)} {telling} <span class="says">{check.provider_state.clone()}</span>
            {(!state.is_final()).then(|| view! { <span class="keep">"due " {parts::due(check.due_from_ms, check.due_at_ms, now)}</span> })}
            {match holder { Some(name) => parts::person(Some(&name)), None => view! { <span class="person" data-nobody>"not assigned"</span> }.into_any() }}
            <span class="actions">{again}{withdraw}{give_back}{next}</span>
        </header>
    }
}

/// The provider's own score beside ours, where they differ, and why they do.
fn rated(review: &Review, kind: Kind) -> Option<impl IntoView + use<>> {
    let rating = review.rating.as_ref().filter(|_| review.check.outcome_at_ms.is_some())?;
    let (provider, ours) = (kind.provider(), review.check.risk());
    let is_same = rating.why.is_empty() && rating.said == ours.map(|score| score.to_string());
    let why = rating.why.join(", and ");
    let words = match (&rating.said, ours) {
        _ if is_same => return None,
        (None, None) => return None,
        (None, Some(_)) if why.is_empty() => return None,
        (None, Some(_)) => format!("{provider} gave no score; there is one here because {why}"),
        (Some(said), _) if why.is_empty() => format!("{provider}'s score: {said}"),
        (Some(said), _) => format!("{provider}'s score: {said}; ours is another, because {why}"),
    };
    Some(view! { <span class="says"><bdi>{words}</bdi></span> })
}

/// The launch form with what this check asked for.
fn again_address(check: &checks::Check, own: &dyn Face) -> String {
    format!("{}?again={}", own.address(), check.id)
}

/// A first step that only opens; the second one says what happens and does it. Works without
/// script.
fn withdraw(id: String, kind: Kind) -> impl IntoView {
    let words = format!(
        "Nobody has to decide a withdrawn check, and it cannot be taken up again. {} is not told.",
        at_the_start(kind)
    );
    view! {
        <details class="menu" data-side="end">
            <summary class="btn quiet">"Withdraw"</summary>
            <form class="menu-items confirm" method="post" action="/api/checks/withdraw">
                <p>{words}</p>
                <input type="hidden" name="check_id" value=id/>
                <button class="btn danger">"Withdraw this check"</button>
            </form>
        </details>
    }
}

/// What concerns the whole check: trouble, who else holds it, what it is linked with, what can be
/// done.
fn notices(look: Look<'_>, own: &dyn Face) -> Vec<AnyView> {
    let Look { review, caller, .. } = look;
    let check = &review.check;
    let state = State::parse(&check.state).unwrap_or(State::Queued);
    let mut notices = who::notices(review);
    if let (Some(from), Some((_, to))) = (&review.handed_by, &review.assignee) {
        let note =
            check.handed_note.clone().map(|note| view! { " “"<bdi class="said">{note}</bdi>"”" });
        let words = view! { <bdi>{from.clone()}</bdi>" handed this check to "<bdi>{to.clone()}</bdi>"."{note} };
        notices.push(parts::notice("info", words).into_any());
    }
    let trouble = check
        .trouble
        .clone()
        .filter(|_| !matches!(state, State::Accepted | State::Rejected | State::Withdrawn));
    match (state, trouble) {
        (State::Failed, why) => notices.push(failed(review, own, caller, why).into_any()),
        (_, Some(why)) => notices.push(parts::notice("attention", why).into_any()),
        (_, None) => notices.extend(
            review.out_of_reach.clone().map(|why| parts::notice("attention", why).into_any()),
        ),
    }
    notices.extend(own.notice(look));
    if let Some(origin) = &check.from_check {
        notices.push(
            parts::notice("info", view! { "This check follows from " <a href=format!("/checks/{origin}")>"an ID verification"</a>"." })
                .into_any(),
        );
    }
    for (id, kind, state) in &review.following {
        let kind = Kind::parse(kind).map_or("Another check", Kind::label);
        let state = State::parse(state).map_or("", State::label).to_owned();
        notices.push(
            parts::notice("info", view! { <a href=format!("/checks/{id}")>{kind}</a>{format!(" follows from this check: {state}.")} })
                .into_any(),
        );
    }
    if let Some(before) = &check.relaunch_of {
        notices.push(
            parts::notice("info", view! { "This check was run again after " <a href=format!("/checks/{before}")>"an earlier one"</a>"." })
                .into_any(),
        );
    }
    if let Some(after) = &review.relaunched_as {
        notices.push(
            parts::notice("info", view! { "This check was run again: " <a href=format!("/checks/{after}")>"open the newer one"</a>"." })
                .into_any(),
        );
    }
    notices
}

fn failed(
    review: &Review,
    own: &dyn Face,
    caller: &Caller,
    why: Option<String>,
) -> impl IntoView + use<> {
    let again = (caller.may(Permission::LaunchChecks) && own.can_be_asked_again(review) && review.relaunched_as.is_none())
        .then(|| view! { <div class="actions"><a class="btn" href=again_address(&review.check, own)>"Run it again"</a></div> });
    view! { <div class="notice" data-tone="danger" role="status"><div><p><strong>"The check failed."</strong>" "{why}</p></div>{again}</div> }
}

fn customer(look: Look<'_>, own: &dyn Face) -> impl IntoView + use<> {
    let review = look.review;
    view! {
        <section class="panel"><header><h2>"Customer as given"</h2></header>
            <dl class="facts">
                {own.given(look)}
                <div><dt>"Reference"</dt><dd><a href=format!("/customers/{}", encode(&review.customer.reference))>{review.customer.reference.clone()}</a></dd></div>
                <div><dt>"Launched by"</dt><dd>{parts::person(review.launched_by.as_deref())}" "{parts::stamp(review.check.launched_at_ms)}</dd></div>
                {review.check.outcome_at_ms.map(|at| view! { <div><dt>"Outcome arrived"</dt><dd>{parts::stamp(at)}</dd></div> })}
            </dl>
        </section>
    }
}

fn metadata(
    review: &Review,
    kind: Kind,
    refused: Option<&Refused>,
    may: bool,
) -> impl IntoView + use<> {
    let check = review.check.id.clone();
    let form = refused.filter(|r| r.values.contains_key("key")).cloned().unwrap_or_default();
    let open = !review.metadata.is_empty() || !form.is_clean();
    let told = is_told(kind);
    let known = may && (review.check.provider_ref.is_some() || !told);
    let rows: Vec<_> = review
        .metadata
        .iter()
        .enumerate()
        .map(|(at, (key, value))| {
            let id = format!("meta-{at}");
            let control = if known {
                view! { <form id=id.clone() method="post" action="/api/checks/metadata" data-enhance><input type="hidden" name="check_id" value=check.clone()/><input type="hidden" name="key" value=key.clone()/><input name="value" value=value.clone() maxlength="1000" dir="auto" aria-label=format!("Value of {key}")/></form> }.into_any()
            } else {
                view! { <bdi>{value.clone()}</bdi> }.into_any()
            };
            view! { <tr><th scope="row"><code>{key.clone()}</code></th><td>{control}</td><td class="c-do">{known.then(|| view! { <div class="actions"><button class="btn" form=id.clone() name="then" value="save">"Save"</button><button class="btn quiet" form=id.clone() name="then" value="remove" aria-label=format!("Remove {key}")>"Remove"</button></div> })}</td></tr> }
        })
        .collect();
    let (count, check_id) = (review.metadata.len(), review.check.id.clone());
    let (key, value) = (form.value("key").to_owned(), form.value("value").to_owned());
    let wrong = (!form.is_clean()).then_some("true");
    let errors = form.errors.into_values().collect::<Vec<_>>().join(" ");
    let errors =
        wrong.map(|_| view! { <p class="error" id="meta-error" role="alert">{errors}</p> });
    view! {
        <details class="fold" open=open id="metadata"><summary><h2>"Metadata " <span class="n" data-live="metadata-count">{count}</span></h2></summary>
            <div data-live="metadata">{(count > 0).then(|| view! { <table class="rows meta-edit"><thead><tr><th scope="col">"Key"</th><th scope="col">"Value"</th><th class="c-do"><span class="sr">"Actions"</span></th></tr></thead><tbody>{rows}</tbody></table> })}</div>
            {known.then(|| view! {
                <form class="meta-add" method="post" action="/api/checks/metadata">
                    <input type="hidden" name="check_id" value=check_id/>
                    <div class="field"><label for="meta-key">"Key"</label><input id="meta-key" name="key" value=key maxlength="100" autocomplete="off" aria-invalid=wrong aria-describedby=wrong.map(|_| "meta-error")/></div>
                    <div class="field"><label for="meta-value">"Value"</label><input id="meta-value" name="value" value=value maxlength="1000" dir="auto" autocomplete="off"/></div>
                    <button class="btn" name="then" value="save">{if told { format!("Add and tell {}", kind.provider()) } else { "Add".to_owned() }}</button>
                    {errors}
                </form>
            })}
        </details>
    }
}

fn raw(review: &Review, kind: Kind) -> impl IntoView + use<> {
    let check = review.check.id.clone();
    let rows: Vec<_> = review
        .evidence
        .iter()
        .map(|e| view! { <tr><td>{services::evidence_name(kind, &e.source)}</td><td>{parts::stamp(e.received_at_ms)}</td><td class="num">{(!e.sha256.is_empty()).then(|| format!("{} B", e.size))}</td><td>{if e.sha256.is_empty() { view! { <span class="hush">"cannot be opened"</span> }.into_any() } else { view! { <code class="id">{e.sha256.clone()}</code> }.into_any() }}</td><td><a href=format!("/checks/{check}/evidence/{}", e.id)>"Open"</a></td></tr> })
        .collect();
    let count = review.evidence.len();
    view! {
        <details class="fold" data-live="raw"><summary><h2>"Raw evidence"</h2>" "<span class="meta">{format!("{count} {}", if count == 1 { "body" } else { "bodies" })}</span></summary>
            <div class="scroll" role="region" tabindex="0" aria-label="Raw evidence"><table class="rows"><thead><tr><th scope="col">"Body"</th><th scope="col">"Received"</th><th scope="col" class="num">"Size"</th><th scope="col">"SHA-256"</th><th scope="col">"Read"</th></tr></thead><tbody>{rows}</tbody></table></div>
        </details>
    }
}

fn others(review: &Review) -> Option<impl IntoView + use<>> {
    let links: Vec<_> = review
        .others
        .iter()
        .filter_map(|(id, kind, state)| Some((id.clone(), Kind::parse(kind)?, State::parse(state)?)))
        .map(|(id, kind, state)| view! { <li>{parts::kind(kind)}" "<a href=format!("/checks/{id}")>{kind.label()}</a>" "{parts::state(state)}</li> })
        .collect();
    (!links.is_empty()).then(|| view! { <section class="panel"><header><h2>"Other checks of this customer"</h2></header><ul class="linked">{links}</ul></section> })
}

fn comments(
    review: &Review,
    refused: Option<&Refused>,
    may: bool,
    carried: Option<&'static str>,
) -> impl IntoView + use<> {
    let (mark, to) = (carried.map(|_| ""), carried.map(|_| "/api/checks/comment"));
    let items: Vec<_> = review
        .comments
        .iter()
        .map(|c| view! { <li><p class="by">{parts::person(Some(&c.author))}" "{parts::stamp(c.written_at_ms)}</p><div class="said" dir="auto">{c.body.clone()}</div></li> })
        .collect();
    let error = refused.and_then(|r| r.error("body").or_else(|| r.error(""))).map(str::to_owned);
    let (count, check, clean) = (items.len(), review.check.id.clone(), error.is_none());
    let area = Area::named("body", 2)
        .count(COMMENT_MAX)
        .wrong(!clean)
        .described("body-error body-count")
        .carried(carried);
    let area = area.show(refused.map_or("", |r| r.value("body")));
    view! {
        <section class="panel" id="comments"><header><h2>"Comments " <span class="n" data-live="comment-count">{count}</span></h2></header>
            <ol class="comments" data-live="comments">{items}</ol>
            {may.then(|| view! {
                <form class="form" method="post" action="/api/checks/comment" data-enhance="reset">
                    <input type="hidden" name="check_id" value=check/>
                    // Renewed with the comments: what is written after the last one is another
                    // comment.
                    <span data-live="comment-id"><input type="hidden" name="comment_id" form=carried value=casework::new_id()/></span>
                    <div class="field"><label for="body">"Comment for colleagues"</label>
                        {area}
                        <p class="error" id="body-error" hidden=clean>{error}</p>
                        <p class="count" id="body-count" hidden></p></div>
                    <button class="btn" form=carried formaction=to data-carried=mark>"Add comment"</button>
                </form>
            })}
        </section>
    }
}

/// What happened to the check, newest first; looking at it is left out here and stands in the
/// journal.
fn timeline_panel(entries: &[Entry]) -> impl IntoView + use<> {
    let items: Vec<_> = entries
        .iter()
        .rev()
        .filter_map(|e| Some((e, Action::parse(&e.action)?)))
        .filter(|(_, action)| !action.is_view() && !matches!(action, Action::EvidenceKept | Action::PictureKept | Action::DocumentKept | Action::DocumentViewed | Action::LinkCopied))
        .map(|(e, action)| {
            let who = e.actor_name.clone().unwrap_or_else(|| "Probity".into());
            let judged = e.details.as_deref().filter(|_| action == Action::FindingJudged).and_then(judgement_of);
            view! { <li data-tone=tone(action)>{parts::stamp(e.at_ms)}<p>{action.label()}{judged.map(|j| format!(": {}", j.label().to_lowercase()))}</p><p class="meta"><bdi>{who}</bdi></p></li> }
        })
        .collect();
    view! { <section class="panel"><header><h2>"Timeline"</h2></header><ol class="timeline">{items}</ol></section> }
}

/// The judgement that a journal entry tells of.
fn judgement_of(details: &str) -> Option<Judgement> {
    let details: serde_json::Value = serde_json::from_str(details).ok()?;
    Judgement::parse(details["judgement"].as_str()?)
}

const fn tone(action: Action) -> Option<&'static str> {
    match action {
        Action::OutcomeArrived
        | Action::TellingApplied
        | Action::DecisionMade
        | Action::DecisionApproved => Some("good"),
        Action::TellingUnconfirmed
        | Action::DecisionSentBack
        | Action::DecisionOverturned
        | Action::DecisionVoided => Some("attention"),
        Action::CheckFailed
        | Action::TellingConflict
        | Action::DeliveryDead
        | Action::AlarmRaised => Some("danger"),
        _ => None,
    }
}
