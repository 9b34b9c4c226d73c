//! The review page: header, evidence on the left, decision, comments and timeline on the right.

use super::{
    super::{
        AppError, Asked, Ctx, Page, Shown,
        area::Area,
        flash,
        forms::encode,
        parts,
        providers::at_the_start,
        services::{
            at_once::{self as instant, review as at_once},
            idv::review as idv,
            video::{documents, review as video},
            wallet,
        },
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
    CheckId, Moment,
    checks::{Kind, State, Telling},
    decisions::{COMMENT_MAX, is_told},
    fields::Refused,
    findings::Judgement,
    journal::Action,
    people::{Caller, Permission},
    time,
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
    checks::seen::page_opened(&ctx.work, &ctx.actor(), &review.check, &review.customer.reference, &who::named(&review.around)).await?;
    let now = ctx.now();
    let title = format!("{}, {}", about(&review), review.customer.reference);
    let touched = review.check.touched_at_ms;
    // What changes by itself is looked at again; what waits for a person is not.
    let moving = !review.check.is_video() && matches!(review.check.state.as_str(), "queued" | "running")
        || matches!(review.check.telling.as_str(), "due" | "unconfirmed")
        || idv::is_fetching(&review);
    let every = moving.then_some(2).or_else(|| video::moving(&review));
    let extra = video::load(&ctx, &review, refused.as_ref()).await?;
    let flash = flash::flash(&asked);
    let is_refused = refused.as_ref().is_some_and(|r| !r.is_clean());
    let page = Shown::new(title, move || whole(&review, &caller, refused.as_ref(), extra.as_ref(), &colleagues, &timeline, now));
    Ok(page.class("review").refresh(touched, every).flash(flash).refused(is_refused).into())
}

fn whole(
    review: &Review,
    caller: &Caller,
    refused: Option<&Refused>,
    extra: Option<&video::Extra>,
    colleagues: &around::Colleagues,
    timeline: &[Entry],
    now: Moment,
) -> AnyView {
    let is_idv = review.check.is_idv();
    let is_video = review.check.is_video();
    let is_at_once = Kind::parse(&review.check.kind).is_some_and(Kind::answers_at_once);
    // What is sanctioned comes before the long list of transactions.
    let is_wallet = review.check.kind == Kind::Kya.code();
    let may_review = caller.may(Permission::ReviewChecks);
    let undecided = review.unjudged();
    // A panel with a refused form is never hidden behind a button.
    let popover =
        refused.is_none_or(|r| r.is_clean() || !r.values.contains_key("decision_id") && !r.values.contains_key("body")).then_some("");
    let carried = decision_panel::form_of(review, caller);
    let due = (!State::parse(&review.check.state).is_some_and(State::is_final))
        .then(|| parts::due(review.check.due_from_ms, review.check.due_at_ms, now));
    // The form that hands over is there for who holds the check; a note that came too late is shown with its refusal.
    let handing = refused.filter(|r| r.values.contains_key("hand_note") && review.is_claimed_by(&caller.id));
    // A refusal that no form of this page shows beside its field.
    let elsewhere = refused.filter(|r| {
        !r.is_clean()
            && handing.is_none()
            && !["decision_id", "body", "key", "link_note"].iter().any(|name| r.values.contains_key(*name))
            && !video::shows(review, caller, r)
    });
    view! {
        {header(review, caller, now)}
        {around::row(&review.check, review.claimed_by.as_ref().map(|(_, name)| name.as_str()), &review.present, caller, colleagues, handing, now)}
        {elsewhere.map(|r| {
            let words = r.errors.values().cloned().collect::<Vec<_>>().join(" ");
            let note = r.value("hand_note");
            parts::refusal(if note.is_empty() { words } else { format!("{words} Your note was: {note}") })
        })}
        <div data-live="notices" class="notices">{video::alarm(review, caller, refused)}{notices(review, caller)}</div>
        <div class="evidence">
            {is_video.then(|| view! { <div data-live="video-steps">{video::steps(review)}</div> })}
            <div data-live="running">{match (is_idv, is_at_once) { (true, _) => idv::running(review), (_, true) => at_once::running(review), _ if is_video => video::running(review), _ => running(review) }}</div>
            {is_video.then(|| view! { <div data-live="video-step">{video::step(review, caller, extra)}</div>{video::outcome(review, caller, now)} })}
            {is_idv.then(|| view! { <div data-live="handout">{idv::handout(review, caller)}</div> })}
            {is_idv.then(|| idv::viewer(review))}
            {is_idv.then(|| idv::compared(review, now))}
            {(is_at_once && !is_wallet).then(|| at_once::answered(review, caller, now))}
            {findings::findings(review, may_review, carried, refused)}
            {is_wallet.then(|| at_once::answered(review, caller, now))}
            {is_video.then(|| view! { {video::attempts(review)}{video::data(review)}{video::person(review, extra, now)}{documents::viewer(review)}{documents::documents(review, caller, refused)} })}
            {if is_idv { idv::document(review) } else { summary(review).map(IntoAny::into_any) }}
            {customer(review)}
            {match (is_idv, is_at_once) { (true, _) => idv::launched(review), (_, true) => Some(at_once::launched(review)), _ if is_video => video::launched(review), _ => Some(search(review).into_any()) }}
            {metadata(review, refused, may_review)}
            {raw(review)}
            {others(review)}
            <div data-live="also">
                {who::around(&review.customer.reference, &review.around, may_review, &format!("/checks/{}", review.check.id), refused)}
                {who::linked_checks(&review.around)}
            </div>
        </div>
        <aside class="side" aria-label="Decision and comments">
            <button class="dock-bar" type="button" popovertarget="dock"><span>"Decision"</span> {(undecided > 0).then(|| view! { <span class="meta">{format!("{undecided} undecided")}</span> })} {due}</button>
            <div class="dock" id="dock" popover=popover>
                {decision_panel::panel(review, caller, refused.filter(|r| r.values.contains_key("decision_id")), now)}
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

fn header(review: &Review, caller: &Caller, now: Moment) -> impl IntoView + use<> {
    let check = &review.check;
    let kind = Kind::parse(&check.kind).unwrap_or(Kind::DdKyc);
    let state = State::parse(&check.state).unwrap_or(State::Queued);
    let telling = Telling::parse(&check.telling).map(parts::telling);
    let holder = review.assignee.as_ref().or(review.claimed_by.as_ref()).map(|(_, name)| name.clone());
    let mine = review.is_claimed_by(&caller.id) && state == State::ToReview;
    let id = check.id.clone();
    let launch = caller.may(Permission::LaunchChecks);
    // Once the outcome is here, withdrawing stands among the decisions.
    let withdraw = (launch && matches!(state, State::Draft | State::Queued | State::Running)).then(|| withdraw(check.id.clone(), kind));
    let again = (launch
        && can_be_asked_again(review)
        && review.relaunched_as.is_none()
        && matches!(state, State::Accepted | State::Rejected | State::Withdrawn))
    .then(|| view! { <a class="btn quiet" href=again_address(check)>"Run it again"</a> });
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
            <span class="hush">{if kind == Kind::DdKyb { "Company" } else { "Person" }}</span>
            {check.outcome_at_ms.filter(|_| kind.is_due_diligence() || kind == Kind::Kya).map(|_| parts::risk(check.risk()))}
            {rated(review)}
            {parts::state(state)} {telling} <span class="says">{check.provider_state.clone()}</span>
            {(!state.is_final()).then(|| view! { <span class="keep">"due " {parts::due(check.due_from_ms, check.due_at_ms, now)}</span> })}
            {match holder { Some(name) => parts::person(Some(&name)), None => view! { <span class="person" data-nobody>"not assigned"</span> }.into_any() }}
            <span class="actions">{again}{withdraw}{give_back}{next}</span>
        </header>
    }
}

/// The provider's own score beside ours, where they differ, and why they do.
fn rated(review: &Review) -> Option<impl IntoView + use<>> {
    let rating = review.rating.as_ref().filter(|_| review.check.outcome_at_ms.is_some())?;
    let ours = review.check.risk();
    let is_same = rating.why.is_empty() && rating.said == ours.map(|score| score.to_string());
    let why = rating.why.join(", and ");
    let words = match (&rating.said, ours) {
        _ if is_same => return None,
        (None, None) => return None,
        (None, Some(_)) if why.is_empty() => return None,
        (None, Some(_)) => format!("KryptoGO gave no score; there is one here because {why}"),
        (Some(said), _) if why.is_empty() => format!("KryptoGO's score: {said}"),
        (Some(said), _) => format!("KryptoGO's score: {said}; ours is another, because {why}"),
    };
    Some(view! { <span class="says"><bdi>{words}</bdi></span> })
}

/// The launch form with what this check asked for.
fn again_address(check: &checks::Check) -> String {
    let form = Kind::parse(&check.kind).map_or("/checks/new", instant::address);
    format!("{form}?again={}", check.id)
}

/// Whether what was asked is still known: a question that is sealed is erased with its customer.
fn can_be_asked_again(review: &Review) -> bool {
    match &review.video {
        Some(video) => video.typed.is_some(),
        None => review.question.is_some() || !Kind::parse(&review.check.kind).is_some_and(Kind::answers_at_once),
    }
}

/// A first step that only opens; the second one says what happens and does it. Works without script.
fn withdraw(id: String, kind: Kind) -> impl IntoView {
    let words = format!("Nobody has to decide a withdrawn check, and it cannot be taken up again. {} is not told.", at_the_start(kind));
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

/// What concerns the whole check: trouble, who else holds it, what it is linked with, what can be done.
fn notices(review: &Review, caller: &Caller) -> Vec<AnyView> {
    let check = &review.check;
    let state = State::parse(&check.state).unwrap_or(State::Queued);
    let mut notices = who::notices(review);
    if let (Some(from), Some((_, to))) = (&review.handed_by, &review.assignee) {
        let note = check.handed_note.clone().map(|note| view! { " “"<bdi class="said">{note}</bdi>"”" });
        let words = view! { <bdi>{from.clone()}</bdi>" handed this check to "<bdi>{to.clone()}</bdi>"."{note} };
        notices.push(parts::notice("info", words).into_any());
    }
    let trouble = check.trouble.clone().filter(|_| !matches!(state, State::Accepted | State::Rejected | State::Withdrawn));
    match (state, trouble) {
        (State::Failed, why) => notices.push(failed(review, caller, why).into_any()),
        (_, Some(why)) => notices.push(parts::notice("attention", why).into_any()),
        (_, None) => notices.extend(review.out_of_reach.clone().map(|why| parts::notice("attention", why).into_any())),
    }
    notices.extend(wallet::review::changed(review, caller));
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

fn failed(review: &Review, caller: &Caller, why: Option<String>) -> impl IntoView + use<> {
    let again = (caller.may(Permission::LaunchChecks) && can_be_asked_again(review) && review.relaunched_as.is_none())
        .then(|| view! { <div class="actions"><a class="btn" href=again_address(&review.check)>"Run it again"</a></div> });
    view! { <div class="notice" data-tone="danger" role="status"><div><p><strong>"The check failed."</strong>" "{why}</p></div>{again}</div> }
}

/// Progress and sources of a check that is under way.
fn running(review: &Review) -> Option<AnyView> {
    let check = &review.check;
    match check.state.as_str() {
        "queued" => Some(view! { <section class="running" aria-labelledby="r"><header class="section-head"><h2 id="r">"Waiting to be sent"</h2></header><p class="hush">{crate::pages::services::under_way::when_sent(review)}</p></section> }.into_any()),
        "running" => {
            let sources = check.launch().map(|l| l.sources).unwrap_or_default();
            let list: Vec<_> = sources.iter().map(|source| view! { <li data-source="waiting">{source.label()}</li> }).collect();
            Some(
                view! {
                    <section class="running" aria-labelledby="r">
                        <header class="section-head"><h2 id="r">"KryptoGO is searching"</h2><span class="live" data-live-sign>"follows by itself"</span></header>
                        <div class="amount"><progress max="100" value=check.progress.to_string() aria-labelledby="r">{format!("{} %", check.progress)}</progress><span class="num">{format!("{} %", check.progress)}</span></div>
                        <ul class="sources" aria-label="Sources asked">{list}</ul>
                    </section>
                }
                .into_any(),
            )
        }
        _ => None,
    }
}

fn summary(review: &Review) -> Option<impl IntoView + use<>> {
    let details = review.details.as_ref()?;
    let text = details.summary_text.clone();
    let sources: Vec<_> = details
        .sources
        .iter()
        .map(|s| {
            let (name, finished) = (s.label(), s.has_ended());
            let count = format!("{} {}", s.count, if s.count == 1 { "finding" } else { "findings" });
            let words = if finished { count } else { format!("{count} · {}", s.status) };
            view! { <li data-source=if finished { "done" } else { "waiting" }>{name}" "<span class="meta">{words}</span></li> }
        })
        .collect();
    let paragraphs: Vec<_> =
        text.unwrap_or_default().split("\n\n").filter(|p| !p.trim().is_empty()).map(|p| view! { <p>{p.to_owned()}</p> }).collect();
    let next = details.next_review_at.filter(|s| *s > 0).map(|s| time::utc_date(s.saturating_mul(1_000)));
    Some(view! {
        <section class="panel" data-live="summary"><header><h2>"Provider's summary"</h2></header>
            <div class="prose" dir="auto">{paragraphs}</div>
            <ul class="sources">{sources}</ul>
            <dl class="facts">{next.map(|n| parts::fact("Next review", n))}{details.auditor.clone().map(|a| parts::fact("Decided there by", a))}{details.audit_status.clone().filter(|a| a != "0").map(|a| parts::fact("Audit status there", audit_words(&a)))}</dl>
        </section>
    })
}

fn audit_words(code: &str) -> String {
    match code {
        "0" => "undecided".into(),
        "1" => "accepted".into(),
        "2" => "rejected".into(),
        other => format!("{other} (unknown to this version)"),
    }
}

fn customer(review: &Review) -> impl IntoView + use<> {
    let launch = review.check.launch().ok();
    let is_at_once = Kind::parse(&review.check.kind).is_some_and(Kind::answers_at_once);
    let expected = review.check.idv().ok().filter(|_| review.check.is_idv()).map(|i| i.expected);
    let target = launch.map(|l| l.target);
    let country = target.as_ref().and_then(|t| t.country.as_deref()).map(parts::country);
    let rows: Vec<_> = target
        .map(|t| {
            vec![
                parts::fact("Name", t.name),
                parts::fact("Birth date", t.birth_date.unwrap_or_default()),
                parts::fact("Country", country.unwrap_or_default()),
                parts::fact("Registration number", t.registration_number.unwrap_or_default()),
            ]
        })
        .unwrap_or_default();
    view! {
        <section class="panel"><header><h2>"Customer as given"</h2></header>
            <dl class="facts">
                {rows}
                {is_at_once.then(|| at_once::given(review))}
                {video::given(review)}
                {expected.map(|e| vec![parts::fact("Name", e.name.unwrap_or_default()), parts::fact("Birth date", e.birth_date.unwrap_or_default())])}
                <div><dt>"Reference"</dt><dd><a href=format!("/customers/{}", encode(&review.customer.reference))>{review.customer.reference.clone()}</a></dd></div>
                <div><dt>"Launched by"</dt><dd>{parts::person(review.launched_by.as_deref())}" "{parts::stamp(review.check.launched_at_ms)}</dd></div>
                {review.check.outcome_at_ms.map(|at| view! { <div><dt>"Outcome arrived"</dt><dd>{parts::stamp(at)}</dd></div> })}
            </dl>
        </section>
    }
}

fn search(review: &Review) -> impl IntoView + use<> {
    let launch = review.check.launch().ok();
    let sources = launch.as_ref().map(|l| l.sources.iter().map(|s| s.label()).collect::<Vec<_>>().join(", ")).unwrap_or_default();
    let number = launch.map(|l| l.search_setting).unwrap_or_default();
    let setting = review.search_setting_name.clone().map_or_else(|| number.to_string(), |name| format!("{name} ({number})"));
    let as_searched: Vec<_> = review
        .details
        .iter()
        .flat_map(|d| d.search_setting.iter())
        .map(|(name, value)| parts::fact(parts::setting_word(name), setting_value(name, value)))
        .collect();
    view! {
        <details class="fold"><summary><h2>"Search setting"</h2>" "<span class="meta">{setting.clone()}</span></summary>
            <dl class="facts">
                {parts::fact("Connection", review.connection_name.clone())}
                {parts::fact("Setting", setting)}
                {parts::fact("Sources asked", sources)}
                {as_searched}
                {review.check.provider_ref.clone().map(|r| view! { <div><dt>"Task at KryptoGO"</dt><dd>{parts::copyable(r)}</dd></div> })}
                <div><dt>"Check"</dt><dd>{parts::copyable(review.check.id.clone())}</dd></div>
            </dl>
        </details>
    }
}

/// KryptoGO's numbers in words; what is unknown stays as it came.
fn setting_value(name: &str, value: &str) -> String {
    match (name, value) {
        ("mode", "1") => "precise".into(),
        ("mode", "2") => "fuzzy".into(),
        ("time_range_year", "-1") => "no limit".into(),
        ("time_range_year", "1") => "1 year".into(),
        ("time_range_year", years) => format!("{years} years"),
        (_, other) => other.to_owned(),
    }
}

fn metadata(review: &Review, refused: Option<&Refused>, may: bool) -> impl IntoView + use<> {
    let check = review.check.id.clone();
    let form = refused.filter(|r| r.values.contains_key("key")).cloned().unwrap_or_default();
    let open = !review.metadata.is_empty() || !form.is_clean();
    let told = Kind::parse(&review.check.kind).is_some_and(is_told);
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
    let errors = wrong.map(|_| view! { <p class="error" id="meta-error" role="alert">{errors}</p> });
    view! {
        <details class="fold" open=open id="metadata"><summary><h2>"Metadata " <span class="n" data-live="metadata-count">{count}</span></h2></summary>
            <div data-live="metadata">{(count > 0).then(|| view! { <table class="rows meta-edit"><thead><tr><th scope="col">"Key"</th><th scope="col">"Value"</th><th class="c-do"><span class="sr">"Actions"</span></th></tr></thead><tbody>{rows}</tbody></table> })}</div>
            {known.then(|| view! {
                <form class="meta-add" method="post" action="/api/checks/metadata">
                    <input type="hidden" name="check_id" value=check_id/>
                    <div class="field"><label for="meta-key">"Key"</label><input id="meta-key" name="key" value=key maxlength="100" autocomplete="off" aria-invalid=wrong aria-describedby=wrong.map(|_| "meta-error")/></div>
                    <div class="field"><label for="meta-value">"Value"</label><input id="meta-value" name="value" value=value maxlength="1000" dir="auto" autocomplete="off"/></div>
                    <button class="btn" name="then" value="save">{if told { "Add and tell KryptoGO" } else { "Add" }}</button>
                    {errors}
                </form>
            })}
        </details>
    }
}

fn raw(review: &Review) -> impl IntoView + use<> {
    let check = review.check.id.clone();
    let kind = Kind::parse(&review.check.kind).unwrap_or(Kind::DdKyc);
    let rows: Vec<_> = review
        .evidence
        .iter()
        .map(|e| view! { <tr><td>{at_once::evidence_name(kind, &e.source)}</td><td>{parts::stamp(e.received_at_ms)}</td><td class="num">{(!e.sha256.is_empty()).then(|| format!("{} B", e.size))}</td><td>{if e.sha256.is_empty() { view! { <span class="hush">"cannot be opened"</span> }.into_any() } else { view! { <code class="id">{e.sha256.clone()}</code> }.into_any() }}</td><td><a href=format!("/checks/{check}/evidence/{}", e.id)>"Open"</a></td></tr> })
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

fn comments(review: &Review, refused: Option<&Refused>, may: bool, carried: Option<&'static str>) -> impl IntoView + use<> {
    let (mark, to) = (carried.map(|_| ""), carried.map(|_| "/api/checks/comment"));
    let items: Vec<_> = review
        .comments
        .iter()
        .map(|c| view! { <li><p class="by">{parts::person(Some(&c.author))}" "{parts::stamp(c.written_at_ms)}</p><div class="said" dir="auto">{c.body.clone()}</div></li> })
        .collect();
    let error = refused.and_then(|r| r.error("body").or_else(|| r.error(""))).map(str::to_owned);
    let (count, check, clean) = (items.len(), review.check.id.clone(), error.is_none());
    let area = Area::named("body", 2).count(COMMENT_MAX).wrong(!clean).described("body-error body-count").carried(carried);
    let area = area.show(refused.map_or("", |r| r.value("body")));
    view! {
        <section class="panel" id="comments"><header><h2>"Comments " <span class="n" data-live="comment-count">{count}</span></h2></header>
            <ol class="comments" data-live="comments">{items}</ol>
            {may.then(|| view! {
                <form class="form" method="post" action="/api/checks/comment" data-enhance="reset">
                    <input type="hidden" name="check_id" value=check/>
                    // Renewed with the comments: what is written after the last one is another comment.
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

/// What happened to the check, newest first; looking at it is left out here and stands in the journal.
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
        Action::OutcomeArrived | Action::TellingApplied | Action::DecisionMade | Action::DecisionApproved => Some("good"),
        Action::TellingUnconfirmed | Action::DecisionSentBack | Action::DecisionOverturned | Action::DecisionVoided => Some("attention"),
        Action::CheckFailed | Action::TellingConflict | Action::DeliveryDead | Action::AlarmRaised => Some("danger"),
        _ => None,
    }
}
