//! What the review page shows of an ID verification, and the page that hands a link or token out.

use super::{
    super::under_way::when_sent,
    pictures::{self, Shown, State},
};
use crate::pages::{AppError, Asked, Ctx, Page, Shown as PageShown, forms::encode, parts, qr::qr};
use casework::{
    checks::{self, review::Review},
    idv::{Handout, Picture, pictures as work},
};
use domain::{
    CheckId, Moment,
    findings::Match,
    idv::{self, Engine, FollowUp, Idv, Mark, Mrz, ProviderState, Slot, Way},
    journal::{Action, Subject},
    people::{Caller, Permission},
    time,
};
use leptos::prelude::*;
use serde_json::json;

/// A picture as browsers are shown it.
///
/// # Errors
/// Unknown, erased, damaged, or the database.
pub async fn picture(ctx: Ctx, asked: Asked) -> Result<Page, AppError> {
    let (check, evidence) = (CheckId::from(asked.param("id")), asked.param("picture").to_owned());
    let (bytes, content_type) = work::shown(&ctx.work, &check, &evidence).await?;
    let details = json!({ "evidence": evidence });
    checks::viewed(
        &ctx.work,
        &ctx.actor(),
        Action::PictureViewed,
        Subject::Check,
        check.as_str(),
        details,
    )
    .await?;
    Ok(Page::Picture { bytes, content_type })
}

/// What is under way, in words.
pub fn running(review: &Review) -> Option<AnyView> {
    let check = &review.check;
    let way = check.idv().map_or(Way::Upload, |i| i.way);
    let (heading, words) = match (check.state.as_str(), way, check.progress >= 50) {
        ("queued", Way::Upload, _) if check.trouble.is_some() => {
            ("Not confirmed yet", "What is known stands above; this page follows by itself.")
        }
        ("queued", ..) => ("Waiting to be sent", when_sent(review)),
        ("running", Way::Upload, _) | ("running", _, true) => (
            "KryptoGO is looking at the pictures",
            "This takes from seconds to minutes; this page follows by itself.",
        ),
        ("running", Way::Link, false) => (
            "Waiting for the customer",
            "The customer has to open the link and take the pictures. This page follows by itself.",
        ),
        ("running", Way::Token, false) => (
            "Waiting for the customer",
            "The customer has to take the pictures in your app. This page follows by itself.",
        ),
        _ => return None,
    };
    let live = (check.state == "running")
        .then(|| view! { <span class="live" data-live-sign>"follows by itself"</span> });
    Some(view! { <section class="running" aria-labelledby="r"><header class="section-head"><h2 id="r">{heading}</h2>{live}</header><p class="hush">{words}</p></section> }.into_any())
}

/// The link or token: to be shown, or who was shown it.
pub fn handout(review: &Review, caller: &Caller) -> Option<AnyView> {
    // Nobody needs it any more once the customer has finished.
    let handout = review
        .handout
        .as_ref()
        .filter(|h| h.shown_at_ms.is_some() || review.check.outcome_at_ms.is_none())?;
    let (what, button) = if handout.kind == "token" {
        ("The token for the mobile SDK", "Show the token, once")
    } else {
        ("The link for the customer", "Show the link, once")
    };
    let body = match (handout.shown_at_ms, &handout.shown_by) {
        (Some(at), by) => {
            view! { <p>{format!("{what} was shown to ")}{parts::person(by.as_deref())}" "{parts::stamp(at)}". It cannot be shown again; launch another check for a new one."</p> }.into_any()
        }
        (None, _) if caller.may(Permission::LaunchChecks) => view! {
            <p>{format!("{what} is here. It is shown once, to you, and that is recorded.")}</p>
            <form method="post" action="/api/idv/hand-out"><input type="hidden" name="check_id" value=review.check.id.clone()/><button class="btn primary">{button}</button></form>
        }
        .into_any(),
        (None, _) => view! { <p>{format!("{what} is here. Showing it takes a person who may launch checks.")}</p> }.into_any(),
    };
    Some(view! { <section class="panel handout"><header><h2>"Hand out"</h2></header>{body}</section> }.into_any())
}

/// The page that shows a link or token. It has no address, so it is not in the history and cannot
/// be opened again.
pub fn handed_out(check: &CheckId, text: String, handout: &Handout, now: Moment) -> PageShown {
    let is_link = handout.kind == "link";
    let expires = handout.expires_at_ms.map(|at| {
        if at <= now {
            format!("It has expired ({}).", time::utc_minute(at))
        } else {
            format!(
                "It works for {} more, until {}.",
                time::in_words(at - now),
                time::utc_minute(at)
            )
        }
    });
    let check = check.to_string();
    let title = if is_link { "Link for the customer" } else { "Token for the mobile SDK" };
    PageShown::new(title, move || {
        let code = is_link.then(|| qr(&text)).flatten();
        let mail = is_link.then(|| {
            let body = encode(&format!("Please verify your identity on this page:\n{text}\n"));
            view! { <a class="btn" href=format!("mailto:?subject={}&body={body}", encode("Your ID verification"))>"Write an e-mail"</a> }
        });
        let words = if is_link {
            "Give it to the customer only: whoever has it can upload pictures in the customer's name."
        } else {
            "Give it to your app only: whoever has it can upload pictures in the customer's name."
        };
        view! {
            <header class="page-head"><div><p class="meta"><a href=format!("/checks/{check}")>"‹ The check"</a></p><h1>{title}</h1></div></header>
            {parts::notice("attention", "This is shown once. Copy it now; afterwards only a new check brings a new one.")}
            <div class="handed">
            <div class="field" data-copied-api="/api/idv/copied" data-check=check.clone()>
                <span class="label">{if is_link { "Address" } else { "Token" }}</span>
                <p class="secret">{parts::copyable(text)}</p>
            </div>
            <p>{words} " " {expires}</p>
            <div class="actions">{mail}<a class="btn" href=format!("/checks/{check}")>"Done"</a></div>
            {code}
            </div>
        }
        .into_any()
    })
    .class("narrow")
}

/// The pictures: those of the provider, and what was uploaded where the provider has none.
pub fn viewer(review: &Review) -> Option<AnyView> {
    let shown: Vec<Shown> = Slot::ALL.iter().filter_map(|slot| shown(review, *slot)).collect();
    pictures::viewer(&shown)
}

fn shown(review: &Review, slot: Slot) -> Option<Shown> {
    let of =
        |origin: &str| review.pictures.iter().find(|p| p.slot == slot.code() && p.origin == origin);
    let (provider, uploaded) = (of("provider"), of("uploaded"));
    let kept = |p: &&Picture| p.state == "kept";
    let about = |origin: &str| origin.to_owned();
    match (provider.filter(kept), uploaded, provider) {
        (Some(p), Some(u), _) if p.evidence_id == u.evidence_id => Some(Shown {
            slot,
            state: kept_state(review, p)?,
            about: about("as uploaded; KryptoGO has the same"),
        }),
        (Some(p), ..) => {
            Some(Shown { slot, state: kept_state(review, p)?, about: about("from KryptoGO") })
        }
        (None, Some(u), Some(p)) if matches!(p.state.as_str(), "gone" | "failed") => Some(Shown {
            slot,
            state: kept_state(review, u)?,
            about: about("as uploaded; KryptoGO's copy could not be had"),
        }),
        (None, Some(u), _) => {
            Some(Shown { slot, state: kept_state(review, u)?, about: about("as uploaded") })
        }
        (None, None, Some(p)) => {
            let state = match p.state.as_str() {
                "gone" => State::Gone,
                "failed" => State::Failed(p.why.clone().unwrap_or_default()),
                _ => due(review),
            };
            Some(Shown { slot, state, about: about("from KryptoGO") })
        }
        // The answer names it, and it was not asked for yet.
        (None, None, None) => {
            let is_named =
                review.idv.as_ref().is_some_and(|a| a.pictures.iter().any(|(s, _)| *s == slot));
            is_named.then(|| Shown { slot, state: due(review), about: about("from KryptoGO") })
        }
    }
}

/// Being fetched, as long as somebody reads.
fn due(review: &Review) -> State {
    if review.check.poll_at_ms == time::NEVER {
        State::Failed("The provider is not asked for it any more.".into())
    } else {
        State::Due
    }
}

fn kept_state(review: &Review, p: &Picture) -> Option<State> {
    let (check, evidence) = (&review.check.id, p.evidence_id.clone()?);
    let number = |n: Option<i64>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or_default();
    Some(State::Kept {
        href: format!("/checks/{check}/pictures/{evidence}"),
        original: format!("/checks/{check}/evidence/{evidence}?as=file"),
        format: if p.format.as_deref() == Some("PNG") { "PNG" } else { "JPEG" },
        width: number(p.width),
        height: number(p.height),
        bytes: p.bytes.and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
    })
}

/// Whether pictures are still being fetched.
pub fn is_fetching(review: &Review) -> bool {
    review.idv.is_some()
        && Slot::ALL
            .iter()
            .any(|slot| matches!(shown(review, *slot), Some(Shown { state: State::Due, .. })))
}

/// Expected against recognised, a row for each field.
pub fn compared(review: &Review, now: Moment) -> Option<AnyView> {
    let (launch, answer) = (review.check.idv().ok()?, review.idv.as_ref()?);
    review.check.outcome_at_ms?;
    let rows = idv::compare(&launch.expected, &answer.recognised, now);
    let differ = rows.iter().filter(|r| r.result == Match::Differs).count();
    let words = match differ {
        0 => "nothing differs".to_owned(),
        1 => "1 field differs".to_owned(),
        n => format!("{n} fields differ"),
    };
    let rows: Vec<_> = rows.into_iter().map(row).collect();
    Some(
        view! {
            <section class="panel" data-live="compared"><header><h2>"Expected and recognised"</h2>" "<span class="meta">{words}</span></header>
                <div class="scroll" role="region" tabindex="0" aria-label="Expected and recognised"><table class="rows stack fieldwise">
                    <thead><tr><th scope="col">"Field"</th><th scope="col">"Expected"</th><th scope="col">"On the document"</th><th scope="col">"Result"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            </section>
        }
        .into_any(),
    )
}

fn row(row: idv::Row) -> impl IntoView {
    let code = match row.result {
        Match::Matches => "match",
        Match::Differs => "differs",
        Match::NotGiven => "not-given",
        Match::NotAvailable => "not-available",
    };
    let words = match row.result {
        Match::NotGiven => "nothing expected",
        Match::NotAvailable => "not recognised",
        other => other.label(),
    };
    view! {
        <tr data-result=code>
            <th scope="row">{row.aspect.label()}</th>
            <td data-label="Expected">{marked(row.expected)}</td>
            <td data-label="On the document">{marked(row.recognised)}</td>
            <td data-label="Result"><span class="match" data-match=code>{words}</span> {row.note.map(|n| view! { " " <span class="meta">{n}</span> })}</td>
        </tr>
    }
}

fn marked(marks: Vec<Mark>) -> impl IntoView {
    let pieces: Vec<_> =
        marks
            .into_iter()
            .map(|m| {
                if m.differs {
                    view! { <mark>{m.text}</mark> }.into_any()
                } else {
                    m.text.into_any()
                }
            })
            .collect();
    view! { <bdi class="value">{pieces}</bdi> }
}

/// What else the provider says of the document.
pub fn document(review: &Review) -> Option<AnyView> {
    let answer = review.idv.as_ref()?;
    review.check.outcome_at_ms?;
    let country = answer.recognised.country.as_deref().map(parts::country);
    let zone = answer.mrz.as_deref().map(zone);
    let audit = answer.audit_status.clone().filter(|s| s != "Pending");
    Some(
        view! {
            <section class="panel" data-live="document"><header><h2>"What KryptoGO says"</h2></header>
                <dl class="facts">
                    {parts::fact("State", answer.words())}
                    {parts::fact("Document", answer.document().unwrap_or_default())}
                    {parts::fact("Country", country.unwrap_or_default())}
                    {parts::fact("Last name", answer.last_name.clone().unwrap_or_default())}
                    {parts::fact("First name", answer.first_name.clone().unwrap_or_default())}
                    {audit.map(|a| parts::fact("Audit status there", a))}
                    {answer.auditor.clone().filter(|_| answer.audit_status.as_deref() != Some("Pending")).map(|a| parts::fact("Decided there by", a))}
                </dl>
                {zone}
            </section>
        }
        .into_any(),
    )
}

fn zone(text: &str) -> AnyView {
    let Some(zone) = Mrz::read(text) else {
        return view! { <h3>"Machine-readable zone"</h3><pre class="raw">{text.to_owned()}</pre><p class="hush">"It has not the form of a machine-readable zone, so its check digits cannot be looked at."</p> }.into_any();
    };
    let words = if zone.is_right() {
        "All check digits are right.".to_owned()
    } else {
        let wrong: Vec<&str> =
            zone.digits.iter().filter(|d| !d.is_right()).map(|d| d.of.as_str()).collect();
        format!(
            "Wrong check digits: {}. The document may be altered, or the zone misread.",
            wrong.join(", ")
        )
    };
    let tone = if zone.is_right() { "match" } else { "differs" };
    view! { <h3>"Machine-readable zone"</h3><p class="meta">"Zone of a "{zone.kind}</p><pre class="raw mrz" tabindex="0" aria-label="Machine-readable zone">{zone.lines.join("\n")}</pre><p><span class="match" data-match=tone>{words}</span></p> }.into_any()
}

/// How it was launched, and what was expected.
pub fn launched(review: &Review) -> Option<AnyView> {
    let launch = review.check.idv().ok()?;
    let follow_up = match (&review.search_setting_name, launch.search_setting) {
        (Some(name), Some(number)) => {
            format!("{}; search setting {name} ({number})", launch.follow_up.label())
        }
        _ => launch.follow_up.label().to_owned(),
    };
    Some(
        view! {
            <details class="fold"><summary><h2>"Launch"</h2>" "<span class="meta">{launch.way.label()}</span></summary>
                <dl class="facts">
                    {parts::fact("Connection", review.connection_name.clone())}
                    {parts::fact("Way", launch.way.label())}
                    {parts::fact("Document asked for", format!("{}, {}", launch.id_type.label(), parts::country(&launch.country)))}
                    {link_facts(&launch)}
                    {taiwan_facts(&launch)}
                    {parts::fact("Due diligence afterwards", follow_up)}
                    {review.check.provider_ref.clone().map(|r| view! { <div><dt>"Number at KryptoGO"</dt><dd>{parts::copyable(r)}</dd></div> })}
                    <div><dt>"Check"</dt><dd>{parts::copyable(review.check.id.clone())}</dd></div>
                </dl>
            </details>
        }
        .into_any(),
    )
}

fn link_facts(launch: &Idv) -> Vec<Option<AnyView>> {
    let workflow = launch
        .workflow
        .and_then(|n| idv::WORKFLOWS.iter().find(|(known, _)| *known == n))
        .map(|(n, words)| format!("{words} ({n})"));
    let locale = launch.locale.as_deref().and_then(idv::locale);
    vec![
        parts::fact("Engine", launch.engine.map(Engine::label).unwrap_or_default()),
        parts::fact("Pictures asked for", workflow.unwrap_or_default()),
        parts::fact("Language", locale.unwrap_or_default()),
        parts::fact("Address after success", launch.success_url.clone().unwrap_or_default()),
        parts::fact("Address after failure", launch.error_url.clone().unwrap_or_default()),
    ]
}

fn taiwan_facts(launch: &Idv) -> Vec<Option<AnyView>> {
    let Some(taiwan) = &launch.taiwan else { return vec![] };
    let kind = taiwan
        .apply_code
        .and_then(|n| idv::APPLY_CODES.iter().find(|(known, _)| *known == n))
        .map(|(_, words)| *words);
    let site = taiwan
        .issue_site
        .as_deref()
        .map(|code| format!("{} ({code})", idv::issue_site(code).unwrap_or("unknown")));
    vec![
        parts::fact("Kind of issue", kind.unwrap_or_default()),
        parts::fact(
            "Issue date (Republic of China)",
            taiwan.apply_date.clone().unwrap_or_default(),
        ),
        parts::fact("Issuing place", site.unwrap_or_default()),
    ]
}

/// What stands where findings would, when there are none.
pub fn nothing_found(review: &Review) -> &'static str {
    match review.idv.as_ref().map(|a| &a.state) {
        Some(ProviderState::Accept) => {
            "KryptoGO accepts the document, and nothing differs from what was expected."
        }
        _ => "KryptoGO gave no reasons, and nothing differs from what was expected.",
    }
}

/// What was expected of the customer.
pub fn given(review: &Review) -> Vec<Option<AnyView>> {
    let Ok(launch) = review.check.idv() else { return vec![] };
    let expected = launch.expected;
    vec![
        parts::fact("Name", expected.name.unwrap_or_default()),
        parts::fact("Birth date", expected.birth_date.unwrap_or_default()),
    ]
}

/// The due diligence that an accept launches.
pub fn follows(review: &Review) -> Option<String> {
    let launch = review.check.idv().ok()?;
    let launches = launch.follow_up != FollowUp::None && review.following.is_empty();
    launches.then(|| {
        "Accepting also launches a due-diligence check about the person on the document.".to_owned()
    })
}
