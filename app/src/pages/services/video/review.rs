//! The review page's part of a video identification while it is launched and while the customer is
//! awaited: steps and address. What came of it is in `outcome`, how Solaris sees the person in
//! `standing`.

use super::{
    outcome::state,
    person_form::{At, person_form},
    reference::masked,
    steps::{Step, documents_table, identification_form, session_form, stepper},
    words::person_address,
};
use crate::pages::{AppError, Ctx, forms::encode, parts, qr::qr, services::face};
use casework::{
    checks::review::Review,
    video::{self as work, Known, Link, Phase, Shown},
};
use domain::{
    CheckId, Moment, checks,
    fields::Refused,
    people::{Caller, Permission, Role},
    time,
    video::State,
};
use leptos::prelude::*;

/// What the page needs besides the review itself.
#[derive(Default)]
pub struct Extra {
    /// The form of the step that waits for a person: as refused here, or as typed last with what
    /// Solaris blamed.
    form: Option<Refused>,
    /// The customer's person at Solaris.
    pub(super) known: Option<Known>,
}

/// Reads it.
///
/// # Errors
/// The database.
pub async fn load(
    ctx: &Ctx,
    review: &Review,
    refused: Option<&Refused>,
) -> Result<face::Extra, AppError> {
    let Some(video) = &review.video else { return Ok(None) };
    let id = CheckId::from(review.check.id.as_str());
    let here = refused.filter(|r| is_of_step(video, r)).cloned();
    let form = match (video.phase, here) {
        _ if !waits(review, video) || video.typed.is_none() => None,
        (Phase::Person | Phase::Identification, Some(refused)) => Some(refused),
        (Phase::Person, None) => {
            Some(work::form_of(&ctx.work, &id).await?.refused_with(&video.complaints))
        }
        (Phase::Identification, None) => Some(
            work::identification_form_of(&ctx.work, &id).await?.refused_with(&video.complaints),
        ),
        (Phase::Documents | Phase::Requested, _) => None,
    };
    let known = work::known_of(&ctx.work, &review.check.customer_id).await?;
    Ok(Some(Box::new(Extra {
        form,
        known: known.into_iter().find(|k| Some(&k.id) == video.person_id.as_ref()),
    })))
}

/// Whether a refused form is the one of the step that the launch is at.
fn is_of_step(video: &Shown, refused: &Refused) -> bool {
    match video.phase {
        Phase::Person => refused.values.contains_key("first_name"),
        Phase::Identification => refused.values.contains_key("language"),
        Phase::Documents | Phase::Requested => false,
    }
}

/// Whether the refused form is shown again by a part of this page, with its messages beside their
/// fields.
pub fn shows(review: &Review, caller: &Caller, refused: &Refused) -> bool {
    let Some(video) = &review.video else { return false };
    let may = caller.may(Permission::LaunchChecks);
    let has = |name: &str| refused.values.contains_key(name);
    (may && waits(review, video) && video.typed.is_some() && is_of_step(video, refused))
        || (has("document_type") && may && super::documents::may_be_added(review))
        || (has("alarm_comment")
            && caller.may(Permission::ReviewChecks)
            && video.alarm.as_ref().is_some_and(|(_, _, settled)| !settled))
}

fn is_open(review: &Review) -> bool {
    checks::State::parse(&review.check.state).is_some_and(|s| !s.is_final())
}

/// Whether the launch waits for a person to take the next step.
fn waits(review: &Review, video: &Shown) -> bool {
    is_open(review) && video.sending.is_none() && video.phase != Phase::Requested
}

/// Seconds between two looks while something changes by itself; nothing while all waits for people.
pub fn moving(review: &Review) -> Option<u32> {
    let video = review.video.as_ref()?;
    let is_running = review.check.state == checks::State::Running.code();
    let comes = !video.uploading.is_empty() || video.documents.iter().any(|d| d.state == "due");
    if video.sending.is_some()
        || comes
        || (is_open(review) && is_running && video.phase == Phase::Requested)
    {
        Some(2)
    } else {
        // The provider's review goes on behind an outcome that people look at already.
        (video.phase == Phase::Requested && !video.state().is_final() && is_open(review))
            .then_some(10)
    }
}

const fn step_of(phase: Phase) -> Option<Step> {
    match phase {
        Phase::Person => Some(Step::Person),
        Phase::Identification => Some(Step::Identification),
        Phase::Documents => Some(Step::Session),
        Phase::Requested => None,
    }
}

/// Where the launch stands.
pub fn steps(review: &Review) -> Option<AnyView> {
    let step = step_of(review.video.as_ref()?.phase).filter(|_| is_open(review))?;
    Some(stepper(step).into_any())
}

/// What is under way, in words.
pub fn running(review: &Review) -> Option<AnyView> {
    let video = review.video.as_ref()?;
    let is_running = review.check.state == checks::State::Running.code();
    let (heading, words) = match (video.sending.as_deref(), video.phase, video.state()) {
        (Some("person"), ..) => {
            ("The person is sent to Solaris", "The next step opens when Solaris has answered.")
        }
        (Some("identification"), ..) => (
            "The identification is made at Solaris",
            "The next step opens when Solaris has answered.",
        ),
        (Some(_), ..) => (
            "The session is requested",
            "The customer's address appears when Solaris has answered.",
        ),
        (None, Phase::Requested, state) if is_running => match state {
            State::Aborted | State::Canceled => {
                ("Waiting for the customer's next try", "What happened stands below.")
            }
            State::PendingFailed => ("IDnow reviews the session", "Offer no services meanwhile."),
            State::Pending => (
                "Waiting for the customer",
                "The customer has to go through the session at the address below.",
            ),
            _ => ("Waiting for Solaris", "Its state is read again and again."),
        },
        _ => return None,
    };
    let words = if video.sending.is_some() && review.check.trouble.is_some() {
        "Why it takes longer stands above."
    } else {
        words
    };
    let again = format!("/checks/{}", review.check.id);
    Some(
        view! {
            <section class="running" aria-labelledby="r">
                <header class="section-head"><h2 id="r">{heading}</h2><span class="live" data-live-sign>"follows by itself"</span></header>
                <p class="hush">{words}" This page follows by itself."</p>
                <p class="without-script"><a href=again>"Look again"</a></p>
            </section>
        }
        .into_any(),
    )
}

/// The form of the step that waits for a person.
pub fn step(review: &Review, caller: &Caller, extra: Option<&Extra>) -> Option<AnyView> {
    let video = review.video.as_ref()?;
    let step = step_of(video.phase).filter(|_| waits(review, video))?;
    let heading = match step {
        Step::Person => "Correct the person",
        Step::Identification => "Make the identification",
        Step::Session => "Look at the documents, then request the session",
    };
    let (check, again) = (review.check.id.as_str(), review.check.trouble.is_some());
    let form = extra.and_then(|e| e.form.as_ref());
    let typed = video.typed.as_ref();
    let body = match (step, form) {
        _ if !caller.may(Permission::LaunchChecks) => {
            let words = format!("The next step takes a person who is {}.", Role::holders(Permission::LaunchChecks));
            view! { <p class="hush">{words}</p> }.into_any()
        }
        (Step::Session, _) => session_form(check, video.supported.as_deref(), &video.complaints, again),
        (Step::Person, Some(form)) => {
            let again = again && video.complaints.is_empty() && form.is_clean();
            person_form(check, form, At::Check { connection: &review.connection_name, again }).into_any()
        }
        (Step::Identification, Some(form)) => {
            identification_form(check, form, typed.map(|p| p.nationality.as_str()), again && form.is_clean()).into_any()
        }
        (Step::Person | Step::Identification, None) => {
            view! { <p class="hush">"What was typed was erased with the customer, so the launch cannot go on. Withdraw this check."</p> }
                .into_any()
        }
    };
    Some(view! { <section class="panel step"><header><h2>{heading}</h2></header>{found_again(review, extra)}{body}</section> }.into_any())
}

/// Says that the customer has a person at Solaris since an earlier launch, so that what was typed
/// was not sent.
fn found_again(review: &Review, extra: Option<&Extra>) -> Option<AnyView> {
    let known =
        extra?.known.as_ref().filter(|_| review.video.as_ref().is_some_and(|v| v.was_known))?;
    let href = person_address(&review.customer.reference, &known.id);
    Some(
        view! {
            <div class="notice" data-tone="info" role="note"><div>
                <p><strong>"Solaris knows this customer already"</strong>", since "{parts::stamp(known.made_at_ms)}". What was typed was not sent. "
                <a href=href>"Compare it with the person there, and change the person"</a>"."</p>
            </div></div>
        }
        .into_any(),
    )
}

/// Where the identification stands, and the customer's address: before it while the customer is
/// awaited, else after it.
pub fn outcome(review: &Review, caller: &Caller, now: Moment) -> AnyView {
    let link = view! { <div data-live="video-link">{link(review, caller, now)}</div> };
    if is_awaited(review) {
        view! { {link}{state(review)} }.into_any()
    } else {
        view! { {state(review)}{link} }.into_any()
    }
}

/// Whether the customer may still come to the session.
fn is_awaited(review: &Review) -> bool {
    is_open(review) && review.video.as_ref().is_some_and(|v| v.state().same_url())
}

/// The customer's address with its reference, and how to ask for another session.
fn link(review: &Review, caller: &Caller, now: Moment) -> Option<AnyView> {
    let video = review.video.as_ref().filter(|v| v.phase == Phase::Requested)?;
    let link = video.link.as_ref()?;
    let state = video.state();
    let may = caller.may(Permission::LaunchChecks) && is_open(review);
    let is_valid = link.ends_at > now;
    let awaited = is_awaited(review);
    let url = link.url.as_deref().filter(|_| awaited && is_valid);
    let new = (may && state.may_be_requested()).then(|| new_session(review, video));
    let reference = masked(review, caller, link);
    if !awaited {
        return Some(
            view! { <details class="fold"><summary><h2>"Session"</h2>" "<span class="meta">"requested "{parts::stamp(link.requested_at)}</span></summary>{reference}{new}</details> }
                .into_any(),
        );
    }
    let left = if is_valid {
        format!(
            "valid until {} ({} left)",
            time::utc_minute(link.ends_at),
            time::in_words(link.ends_at - now)
        )
    } else {
        format!("was valid until {}", time::utc_minute(link.ends_at))
    };
    let body = match url {
        Some(url) if caller.may(Permission::LaunchChecks) => address(review, link, url),
        Some(_) => {
            let words = format!("The address is here. Seeing it takes a person who is {}.", Role::holders(Permission::LaunchChecks));
            view! { <p class="hush">{words}</p> }.into_any()
        }
        None if !is_valid => {
            parts::notice("attention", "The address works for 14 days, and they are over. Request a new session for this customer.")
                .into_any()
        }
        None => parts::notice("attention", "Solaris gave no address with its answer. Request the session again.").into_any(),
    };
    Some(
        view! {
            <section class="panel handout"><header><h2>"The customer's address"</h2>" "<time class="meta" datetime=time::iso(link.ends_at)>{left}</time></header>
                {body}{reference}{new}
            </section>
        }
        .into_any(),
    )
}

fn address(review: &Review, link: &Link, url: &str) -> AnyView {
    let waiting = link.waiting_s.map(|seconds| {
        let span = if seconds < 60 { format!("{seconds} s") } else { time::in_words(seconds.saturating_mul(1_000)) };
        view! { <p class="meta">{format!("When it was requested, IDnow expected {span} of waiting before an agent is free.")}</p> }
    });
    let body = encode(&format!("Please identify yourself in a video call on this page:\n{url}\n"));
    let mail = format!("mailto:?subject={}&body={body}", encode("Your video identification"));
    view! {
        <div class="field" data-copied-api="/api/video/copied" data-check=review.check.id.clone()>
            <span class="label">"Address"</span>
            <p class="secret">{parts::copyable(url.to_owned())}</p>
        </div>
        <p>"Give it to the customer only: whoever has it can take the customer's place in the session."</p>
        {waiting}
        <div class="actions"><a class="btn" href=mail>"Write an e-mail"</a></div>
        <details class="fold"><summary><h2>"QR code"</h2></summary>{qr(url)}</details>
    }
    .into_any()
}

/// Asking IDnow once more: a first step that only opens, then what it means and the button.
fn new_session(review: &Review, video: &Shown) -> AnyView {
    let words = match video.state() {
        State::Aborted | State::Canceled => {
            "The customer can try again at the address above while it is valid. A new request asks IDnow once more: another 14 days, and perhaps another address; then give the customer that one."
        }
        _ => {
            "IDnow is asked once more for this identification: another 14 days, and perhaps another address; then the one above may stop working."
        }
    };
    view! {
        <details class="fold"><summary><h2>"Request a new session"</h2></summary>
            <p class="prose">{words}</p>
            {documents_table(video.supported.as_deref())}
            <form method="post" action="/api/video/request"><input type="hidden" name="check_id" value=review.check.id.clone()/><button class="btn">"Request a new session"</button></form>
        </details>
    }
    .into_any()
}
