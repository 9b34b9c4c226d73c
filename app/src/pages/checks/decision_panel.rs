//! The decision panel: what can be decided, what will happen, and how far the provider knows.

use super::super::{area::Area, parts, providers::at_the_start, services::face};
use casework::checks::{decide::Decision, review::Review};
use domain::{
    Moment, Refusal,
    checks::{Band, Kind, State, Telling},
    decisions::{self, Act, COMMENT_MAX, Outcome, Step, Verdict, is_told, reasons},
    fields::{Refused, counted},
    people::{Caller, Permission, Role},
    time,
};
use leptos::prelude::*;

/// The id of the panel's form. It sends the rest of the page's fields too where no script keeps
/// them.
pub const FORM: &str = "decide";

/// The form of the panel, if this reader has one.
pub fn form_of(review: &Review, caller: &Caller) -> Option<&'static str> {
    if review.facts.standing(None).is_about(caller) {
        return None;
    }
    let may = match State::parse(&review.check.state)? {
        State::ToReview => caller.may(Permission::DecideChecks),
        State::Proposed => {
            review.proposal().is_some() && !matches!(answering(review, caller), Answering::No(_))
        }
        State::Accepted | State::Rejected => {
            caller.may(Permission::OverturnDecisions) && review.standing().is_some()
        }
        _ => false,
    };
    may.then_some(FORM)
}

/// The panel for this reader and this state of the check.
pub fn panel(
    review: &Review,
    kind: Kind,
    caller: &Caller,
    refused: Option<&Refused>,
    now: Moment,
) -> AnyView {
    let state = State::parse(&review.check.state).unwrap_or(State::Queued);
    let text = refused.cloned().unwrap_or_default();
    let body = match state {
        State::Draft => waiting("This is a draft. Finish and launch it first."),
        State::Queued => waiting(face(kind).not_sent()),
        State::Running => waiting(face(kind).not_answered()),
        State::Failed => waiting("The check failed, so there is nothing to decide. Run it again."),
        State::Withdrawn => waiting("The check was withdrawn."),
        State::ToReview if !caller.may(Permission::DecideChecks) => waiting_for(Permission::DecideChecks),
        State::ToReview if review.facts.standing(None).is_about(caller) => {
            view! { <h2 id="d">"Decision"</h2><p class="hush">{Refusal::Oneself.sentence()}</p>{earlier(review)} }.into_any()
        }
        State::ToReview => decide_form(review, kind, caller, &text),
        State::Proposed => proposal(review, kind, caller, &text),
        State::Accepted | State::Rejected => decided(review, kind, caller, &text, now),
    };
    // What was only typed stands in the panel's own field, as long as there is one.
    let is_stale = |r: &&Refused| {
        state != State::ToReview && (!r.is_clean() || form_of(review, caller).is_none())
    };
    let stale = refused.filter(is_stale).filter(|r| !r.value("comment").is_empty()).map(lost_text);
    view! { <section class="decision" aria-labelledby="d">{stale}{body}</section> }.into_any()
}

fn waiting(words: &'static str) -> AnyView {
    view! { <h2 id="d">"Decision"</h2><p class="hush" data-live="waiting">{words}</p> }.into_any()
}

fn waiting_for(permission: Permission) -> AnyView {
    view! { <h2 id="d">"Decision"</h2><p class="hush">{format!("Your role only reads here. Deciding takes a person who is {}.", Role::holders(permission))}</p> }.into_any()
}

/// The reviewer's text when the check went on without it: theirs to copy, never lost.
fn lost_text(refused: &Refused) -> impl IntoView + use<> {
    let why = refused
        .error("")
        .or_else(|| refused.error("comment"))
        .unwrap_or("This was not recorded.")
        .to_owned();
    let comment = Area::kept("kept", 4).show(refused.value("comment"));
    view! {
        <div class="notice" data-tone="attention" role="alert" tabindex="-1" data-focus><div><p>{why}</p></div></div>
        <div class="field"><label for="kept">"Your text, not recorded"</label>{comment}</div>
    }
}

/// Version and id that this panel decides on; refreshed together when a judgement changes the
/// check.
fn hidden(review: &Review) -> impl IntoView + use<> {
    view! {
        <span data-live="version">
            <input type="hidden" name="check_id" value=review.check.id.clone()/>
            <input type="hidden" name="version" value=review.check.version.to_string()/>
        </span>
        <input type="hidden" name="decision_id" value=casework::new_id()/>
    }
}

fn outcome_choice(
    outcome: Outcome,
    key: Option<&'static str>,
    chosen: &str,
) -> impl IntoView + use<> {
    let checked = chosen == outcome.code();
    view! { <label class="choice" data-outcome=outcome.code()><input type="radio" name="outcome" value=outcome.code() checked=checked aria-keyshortcuts=key/><span><b>{outcome.label()}</b>" "{key.map(|key| view! { <kbd>{key}</kbd> })}</span></label> }
}

/// What a reader can do about a proposal.
enum Answering {
    /// Approve it, or send it back.
    Both,
    /// Only send it back, and why.
    SendBack(String),
    /// Neither, and why.
    No(String),
}

/// Asks the rule itself, with a comment that would be good.
fn answering(review: &Review, caller: &Caller) -> Answering {
    let verdict =
        Verdict { seen_version: review.check.version, outcome: None, reason: None, comment: "." };
    let standing = review.facts.standing(None);
    if standing.proposal.as_ref().is_some_and(|proposal| *proposal.by == caller.id) {
        return Answering::No(
            "You proposed this; another supervisor has to approve it.".to_owned(),
        );
    }
    let ask = |act| decisions::rule(&standing, &review.facts.policy, caller, act, &verdict);
    match (ask(Act::Approve), ask(Act::SendBack)) {
        (_, Err(Refusal::NotAllowed(permission))) => {
            Answering::No(format!("Approving takes a person who is {}.", Role::holders(permission)))
        }
        (_, Err(refusal)) => Answering::No(refusal.sentence()),
        (Err(refusal @ Refusal::MadeIt(_)), Ok(_)) => Answering::SendBack(refusal.sentence()),
        _ => Answering::Both,
    }
}

/// Whom a proposal may be meant for: whoever could approve it.
fn checker_field(review: &Review, caller: &Caller, text: &Refused) -> AnyView {
    let facts = &review.facts;
    let standing = facts.standing(None);
    let may = |id: &str| {
        id != caller.id.as_str() && standing.makers.maker(&id.into(), &facts.policy).is_none()
    };
    let people =
        review.approvers.iter().filter(|(id, name)| may(id) && !standing.is_named(name)).cloned();
    let options: Vec<_> = std::iter::once((String::new(), "anybody who may approve".to_owned()))
        .chain(people)
        .collect();
    let nobody = (options.len() == 1).then(|| {
        parts::notice(
            "attention",
            "Nobody could approve this now: it takes another supervisor who had no part in it. An admin can invite one.",
        )
    });
    let hint = "Optional. Until its deadline only this person approves the proposal or sends it back; then anybody who may.";
    let select = parts::select("checker", options, text.value("checker"), text, true);
    view! { {nobody}{parts::field("checker", "Meant for", false, Some(hint), None, text, select)} }
        .into_any()
}

/// What the customer's earlier checks of this kind found, and what this one asked less: both count
/// here.
fn earlier(review: &Review) -> Option<AnyView> {
    let facts = &review.facts;
    if facts.earlier.is_empty() {
        return None;
    }
    let rows: Vec<_> = facts
        .earlier
        .iter()
        .map(|e| {
            let band = e.band.map_or_else(|| "no score".to_owned(), |band| format!("{} risk", band.label()));
            let findings = format!("{} relevant, {} not judged", e.relevant(), e.open());
            let sources = e.asked.sources.iter().map(|s| s.label()).collect::<Vec<_>>().join(", ");
            let asked = (!sources.is_empty()).then(|| view! { <p class="meta">{format!("Asked: {sources}")}</p> });
            view! { <li><a href=format!("/checks/{}", e.id)>{e.state.label()}</a>" "{parts::stamp(e.outcome_at)}<p>{format!("{band}; {findings}")}</p>{asked}</li> }
        })
        .collect();
    let two = facts.needs_two_for_earlier(Outcome::Accept).then(|| {
        let words =
            "What an earlier check found counts here as well, so accepting takes two people.";
        parts::notice("attention", words)
    });
    let less = facts.narrower.as_ref().map(|n| parts::notice("attention", narrower_words(n)));
    Some(view! { <section class="earlier" aria-labelledby="earlier"><h3 id="earlier">"Earlier checks of this kind"</h3>{two}{less}<ul class="linked">{rows}</ul></section> }.into_any())
}

fn narrower_words(n: &decisions::Narrower) -> String {
    let mut words = Vec::new();
    if !n.without.is_empty() {
        let names = n.without.iter().map(|s| s.label()).collect::<Vec<_>>().join(", ");
        words.push(format!(
            "An earlier check also asked these sources, and this one did not: {names}."
        ));
    }
    if let Some((before, now)) = n.setting.filter(|(before, now)| before == now) {
        let number = before.or(now).map_or_else(|| "none".to_owned(), |s| s.to_string());
        words.push(format!(
            "It used search setting {number}, as an earlier one did, but of another connection; the two may search differently."
        ));
    } else if let Some((before, now)) = n.setting {
        let number =
            |setting: Option<i64>| setting.map_or_else(|| "none".to_owned(), |s| s.to_string());
        words.push(format!(
            "It used search setting {}; an earlier one used {}.",
            number(now),
            number(before)
        ));
    }
    words.join(" ")
}

/// The proposal that something new has ended.
fn voided(review: &Review) -> Option<AnyView> {
    let voided = review.facts.voided.clone()?;
    let proposal = review.decisions.last()?;
    let outcome = proposal.outcome().map_or("", Outcome::label).to_lowercase();
    Some(
        view! {
            <div class="outcome" data-outcome="sent_back" role="status">
                <h3>{format!("The proposal to {outcome} is void")}</h3>
                <p>"Something arrived while it waited: "{voided.why}" "{parts::stamp(voided.voided_at_ms)}</p>
                {said(proposal)}
            </div>
        }
        .into_any(),
    )
}

fn reason_field(kind: Kind, outcome: Outcome, text: &Refused) -> impl IntoView + use<> {
    let name = match outcome {
        Outcome::Accept => "reason_accept",
        Outcome::Reject => "reason_reject",
        Outcome::Withdraw => "reason_withdraw",
    };
    let mut options = vec![(String::new(), "choose …".to_owned())];
    options
        .extend(reasons(kind, outcome).iter().map(|r| (r.code().to_owned(), r.label().to_owned())));
    let chosen_here = text.value("outcome") == outcome.code();
    let error = text.error("reason").filter(|_| chosen_here).map(str::to_owned);
    let chosen = text.value(name).to_owned();
    let options: Vec<_> = options.into_iter().map(|(c, w)| parts::option(c, w, &chosen)).collect();
    let clean = error.is_none();
    view! {
        <div class="field" data-when=outcome.code()>
            <label for=name>{format!("Reason to {}", outcome.label().to_lowercase())}" "<span class="req">"required"</span></label>
            <select id=name name=name data-focus=(!clean).then_some("") aria-invalid=(!clean).then_some("true") aria-describedby=format!("{name}-error")>{options}</select>
            <p class="error" id=format!("{name}-error") hidden=clean>{error}</p>
        </div>
    }
}

fn comment_field(text: &Refused, label: &'static str, hint: &'static str) -> impl IntoView + use<> {
    let typed = text.value("comment");
    let error = text.error("comment").map(str::to_owned);
    let length = domain::decisions::comment_length(typed);
    let over = length > COMMENT_MAX;
    let clean = error.is_none();
    // The first field in the panel's order that stands in the way is where the reader goes on.
    let focus = !clean && text.error("reason").is_none();
    let area = Area::named("comment", 5).count(COMMENT_MAX).wrong(!clean).focus(focus);
    let area = area.described("comment-hint comment-error comment-count").show(typed);
    view! {
        <div class="field">
            <label for="comment">{label}" "<span class="req">"required"</span></label>
            <p class="hint" id="comment-hint">{hint}</p>
            {area}
            <p class="error" id="comment-error" hidden=clean>{error}</p>
            <p class="count" id="comment-count" data-over=over>{counted(length, COMMENT_MAX)}</p>
        </div>
    }
}

/// Why the form was refused as a whole; it goes when what it asked for is done.
fn page_error(text: &Refused) -> impl IntoView + use<> {
    let words = text.error("").or_else(|| text.error("outcome")).map(str::to_owned);
    view! { <div data-live="refusal">{words.map(parts::refusal)}</div> }
}

fn decide_form(review: &Review, kind: Kind, caller: &Caller, text: &Refused) -> AnyView {
    let (provider, band) = (kind.provider(), review.check.band());
    let chosen = text.value("outcome").to_owned();
    let [four_eyes, reject_two, withdraw_two] =
        [Outcome::Accept, Outcome::Reject, Outcome::Withdraw].map(|o| review.facts.needs_two(o));
    let told = is_told(kind);
    let and_tell =
        |word: &str| if told { format!("{word} and tell {provider}") } else { word.to_owned() };
    let accept_words = if four_eyes { "Propose to accept".to_owned() } else { and_tell("Accept") };
    let stays = format!(
        "{} takes no decision on this kind of check: yours stays in Probity, and the check cannot be decided again.",
        at_the_start(kind)
    );
    let reject_words = if reject_two { "Propose to reject".to_owned() } else { and_tell("Reject") };
    let withdraw_words = if withdraw_two { "Propose to withdraw" } else { "Withdraw" };
    let before_it_counts = if told { "the provider is told" } else { "it counts" };
    let will_withdraw = if withdraw_two {
        "Withdrawing takes two people where accepting would: a supervisor approves your proposal. What this check found stays on record."
    } else {
        "The check ends without a decision and cannot be taken up again. What it found stays on record, and counts when it is run again."
    };
    let will_reject = if reject_two {
        format!(
            "Rejecting this takes two people: a supervisor approves your proposal before {before_it_counts}."
        )
    } else if told {
        "The provider is told at once, and the check cannot be decided again.".to_owned()
    } else {
        stays.clone()
    };
    let will_accept = if four_eyes {
        let what = if band == Some(Band::VeryHigh) { "a very high risk" } else { "this" };
        format!(
            "Accepting {what} takes two people: a supervisor approves your proposal before {before_it_counts}."
        )
    } else {
        let follows =
            face(kind).launches_then(review).map(|words| format!(" {words}")).unwrap_or_default();
        if told {
            "The provider is told at once, and the check cannot be decided again.".to_owned()
        } else {
            stays.clone() + &follows
        }
    };
    let comment_words = if told {
        "Recorded with the decision and sent to the provider."
    } else {
        "Recorded with the decision."
    };
    // A proposal that came back: why, before anything is decided anew.
    let sent_back =
        review.sent_back().map(|d| view! { <div class="outcome" data-outcome="sent_back"><h3>"Sent back for review"</h3>{said(d)}</div> });
    view! {
        <h2 id="d">"Decision"</h2>
        {sent_back}
        {voided(review)}
        {earlier(review)}
        <form class="decide" id=FORM method="post" action="/api/checks/decide" novalidate data-decide>
            {hidden(review)}
            {page_error(text)}
            <fieldset><legend class="sr">"Outcome"</legend>
                <div class="choices" id="outcome">{outcome_choice(Outcome::Accept, Some("a"), &chosen)}{outcome_choice(Outcome::Reject, Some("r"), &chosen)}{outcome_choice(Outcome::Withdraw, None, &chosen)}</div></fieldset>
            <div data-live="accepting">{accepting_means(review, kind)}</div>
            {reason_field(kind, Outcome::Accept, text)}
            {reason_field(kind, Outcome::Reject, text)}
            {reason_field(kind, Outcome::Withdraw, text)}
            {comment_field(text, "Comment", comment_words)}
            {(four_eyes || reject_two || withdraw_two).then(|| checker_field(review, caller, text))}
            <div data-live="undecided">{undecided(review, kind)}</div>
            <p class="will" data-when="accept">{will_accept}</p>
            <p class="will" data-when="reject">{will_reject}</p>
            <p class="will" data-when="withdraw">{will_withdraw}</p>
            <button class="btn primary"><span data-when="none">{and_tell("Decide")}</span><span data-when="accept">{accept_words}</span><span data-when="reject">{reject_words}</span><span data-when="withdraw">{withdraw_words}</span></button>
        </form>
    }
    .into_any()
}

/// What accepting means while the provider has not come to its last word.
fn accepting_means(review: &Review, kind: Kind) -> Option<impl IntoView + use<>> {
    let words = face(kind).accepting_means(review)?;
    Some(
        view! { <div class="notice" data-tone="attention" data-when="accept" role="note"><div><p>{words}</p></div></div> },
    )
}

/// What stands between the reader and an accept.
fn undecided(review: &Review, kind: Kind) -> Option<impl IntoView + use<>> {
    let open: Vec<i64> = review
        .findings
        .iter()
        .filter(|f| f.source().must_be_judged() && f.judgement == "undecided")
        .map(|f| f.position)
        .collect();
    let first = *open.first()?;
    let noun = face(kind).finding(review);
    let words = if open.len() == 1 {
        format!("1 {noun} is not judged yet. Judge it before you accept. ")
    } else {
        format!("{} {noun}s are not judged yet. Judge them before you accept. ", open.len())
    };
    Some(
        view! { <div class="notice" data-tone="attention"><div><p>{words}<a href=format!("#finding-{first}")>"Go to it"</a></p></div></div> },
    )
}

fn proposal(review: &Review, kind: Kind, caller: &Caller, text: &Refused) -> AnyView {
    let Some(proposal) = review.proposal().cloned() else {
        return waiting("A proposal waits for a second person.");
    };
    let is_withdrawal = proposal.outcome() == Some(Outcome::Withdraw);
    let (tell, told) = if is_withdrawal {
        (
            String::new(),
            "Approving ends the check without a decision. Sending back opens the review again.",
        )
    } else if is_told(kind) {
        (
            format!(" and tell {}", kind.provider()),
            "Approving tells the provider at once. Sending back opens the review again.",
        )
    } else {
        (
            String::new(),
            "Approving decides the check; the decision stays in Probity. Sending back opens the review again.",
        )
    };
    let waiting = review.facts.proposal.clone();
    let stands = waiting
        .as_ref()
        .and_then(|p| p.overturns)
        .map(|stands| format!("This check stays {} until somebody approves.", stands.done()));
    let meant_for = waiting.as_ref().and_then(|p| p.checker.clone()).map(|(_, name)| name);
    let until = waiting.map(|p| p.until);
    // The reason is the proposer's and has no field here.
    let mut about_the_proposal = text.clone();
    if let Some(words) = text.error("reason") {
        about_the_proposal.refuse("", words);
    }
    let answering = answering(review, caller);
    let only_back = match &answering {
        Answering::SendBack(why) => Some(why.clone()),
        _ => None,
    };
    let answer = if let Answering::No(why) = answering {
        view! { <div class="actions"><button class="btn" disabled aria-describedby="why">"Approve"</button><span class="why" id="why">{why}</span></div> }.into_any()
    } else {
        let outcome = proposal.outcome().map_or("", Outcome::label).to_lowercase();
        let approve = match &only_back {
            None => {
                view! { <button class="btn primary" name="approved" value="yes">{format!("Approve: {outcome}{tell}")}</button> }.into_any()
            }
            Some(_) => view! { <button class="btn" type="button" disabled aria-describedby="why">"Approve"</button> }.into_any(),
        };
        view! {
            <form class="decide" id=FORM method="post" action="/api/checks/approve" novalidate data-decide>
                {hidden(review)}
                {page_error(&about_the_proposal)}
                {comment_field(text, "Your comment", "Recorded with your approval, or with why you send it back.")}
                <p class="will">{told}</p>
                <div class="actions">{approve}<button class="btn" name="approved" value="no">"Send back"</button>{only_back.map(|why| view! { <span class="why" id="why">{why}</span> })}</div>
            </form>
        }
        .into_any()
    };
    let terms = view! {
        {stands.map(|words| view! { <p>{words}</p> })}
        <dl class="facts">{meant_for.map(|name| parts::fact("Meant for", name))}{until.map(|at| view! { <div><dt>"To be answered by"</dt><dd>{parts::stamp(at)}</dd></div> })}</dl>
    };
    view! { <div class="outcome" data-outcome="proposed" role="status"><h2 id="d">{format!("Proposed: {}", proposal.outcome().map_or("", Outcome::label).to_lowercase())}</h2>{said(&proposal)}{terms}</div>{earlier(review)}{answer} }.into_any()
}

/// Who said what, when, why; with the way to what they saw.
fn said(d: &Decision) -> impl IntoView + use<> {
    let href = format!("/checks/{}/decisions/{}", d.check_id, d.id);
    // Who sends back gives no reason code; the one that is kept is the proposal's.
    let reason = (d.step() != Some(Step::SentBack)).then(|| d.reason_label());
    view! {
        <p class="by">{parts::person(Some(&d.decided_by_name))}" "{parts::stamp(d.decided_at_ms)}</p>
        <dl class="facts">{reason.map(|r| parts::fact("Reason", r))}<div><dt>"Comment"</dt><dd class="said" dir="auto">{d.comment.clone()}</dd></div></dl>
        <p class="meta"><a href=href>"What they saw"</a></p>
    }
}

fn decided(review: &Review, kind: Kind, caller: &Caller, text: &Refused, now: Moment) -> AnyView {
    let Some(d) = review.standing().cloned() else { return waiting("Decided.") };
    let outcome = d.outcome().unwrap_or(Outcome::Reject);
    let telling = Telling::parse(&review.check.telling).unwrap_or(Telling::None);
    let code = match telling {
        Telling::None => "here",
        Telling::Due => "telling",
        Telling::Applied => "applied",
        Telling::Unconfirmed => "unconfirmed",
        Telling::Conflict => "conflict",
        Telling::Dead => "dead",
    };
    let heading = if outcome == Outcome::Accept { "Accepted" } else { "Rejected" };
    view! {
        <div class="outcome" data-outcome=outcome.done() data-delivery=code role="status" data-live="outcome">
            <h2 id="d">{heading}</h2>
            {said(&d)}
            {delivery(review, kind, telling, now)}
        </div>
        {voided(review)}
        {(caller.may(Permission::OverturnDecisions) && !review.facts.standing(None).is_about(caller)).then(|| overturn_form(review, kind, caller, outcome, text))}
    }
    .into_any()
}

/// How far the provider knows, in plain words.
fn delivery(review: &Review, kind: Kind, telling: Telling, now: Moment) -> impl IntoView + use<> {
    let provider = kind.provider();
    let words = match telling {
        Telling::None => {
            let provider = at_the_start(kind);
            format!("{provider} takes no decision on this kind of check; it is recorded here.")
        }
        Telling::Due => format!("Decided here; telling {provider}."),
        Telling::Applied => format!("{provider} has applied it."),
        Telling::Unconfirmed => {
            format!(
                "Sent to {provider}, unconfirmed: no answer confirms it. Its state is read before anything is sent again."
            )
        }
        Telling::Conflict => format!(
            "{provider} has a different decision. Ours stands here unchanged; people have to bring both in line."
        ),
        Telling::Dead => {
            format!("{provider} could not be told. An admin can retry it under Deliveries.")
        }
    };
    let next = review
        .telling()
        .filter(|d| matches!(d.state.as_str(), "due" | "unknown") && d.attempts > 0)
        .map(|d| {
            let wait = (d.next_at_ms - now).max(0);
            format!("Attempt {} made; the next in {}.", d.attempts, time::in_words(wait))
        });
    // Where people have to act, the first sentence is loud.
    let (lead, words) = match (telling, words.split_once(". ")) {
        (Telling::Conflict | Telling::Dead, Some((lead, rest))) => {
            (Some(lead.to_owned()), rest.to_owned())
        }
        _ => (None, words),
    };
    let trouble = review.check.trouble.clone().filter(|_| telling != Telling::Applied);
    view! { <div class="delivery"><p>{lead.map(|l| view! { <strong>{l}"."</strong>" " })}{words} {trouble.map(|t| view! { " " <span>{t}</span> })} {next.map(|n| view! { " " <span class="meta">{n}</span> })}</p></div> }
}

fn overturn_form(
    review: &Review,
    kind: Kind,
    caller: &Caller,
    current: Outcome,
    text: &Refused,
) -> impl IntoView + use<> {
    let next = current.opposite();
    let open = !text.is_clean() || !text.value("comment").is_empty();
    let keeps = match (is_told(kind), next) {
        (true, _) => {
            format!(" {} decides a task once, so it keeps its first decision.", kind.provider())
        }
        (false, Outcome::Accept) => {
            face(kind).launches_then(review).map(|words| format!(" {words}")).unwrap_or_default()
        }
        (false, Outcome::Reject | Outcome::Withdraw) => String::new(),
    };
    let own = review.facts.of_decision.contains(&caller.id);
    let two = own || review.facts.needs_two(next);
    let why_two = if own {
        Some(
            "You made this decision, so overturning it takes a second person: a supervisor who had no part in it approves.",
        )
    } else {
        two.then_some("This takes two people: a supervisor who had no part in it approves.")
    };
    let words = next.label().to_lowercase();
    let button =
        if two { format!("Propose to overturn: {words}") } else { format!("Overturn: {words}") };
    view! {
        <details class="fold" open=open>
            <summary><h2>"Overturn"</h2></summary>
            <form class="decide" id=FORM method="post" action="/api/checks/overturn" novalidate data-decide>
                {hidden(review)}
                {page_error(text)}
                <input type="hidden" name="outcome" value=next.code()/>
                <p>{format!("Records that this check is {} after all, as a new decision that points at the old one.{keeps}", next.done())}</p>
                {overturn_reason(kind, next, text)}
                {comment_field(text, "Comment", "Recorded with the overturn.")}
                {why_two.map(|why| view! { <p class="will">{why}</p> })}
                {two.then(|| checker_field(review, caller, text))}
                <button class="btn danger">{button}</button>
            </form>
        </details>
    }
}

fn overturn_reason(kind: Kind, outcome: Outcome, text: &Refused) -> impl IntoView + use<> {
    let mut options = vec![(String::new(), "choose …".to_owned())];
    options
        .extend(reasons(kind, outcome).iter().map(|r| (r.code().to_owned(), r.label().to_owned())));
    let select = parts::select("reason", options, text.value("reason"), text, false);
    parts::field("reason", "Reason", true, None, None, text, select)
}
