//! The form that proposes a policy: selects and ticks for each kind.

use super::super::{area::Area, parts};
use domain::{
    checks::{Band, Kind},
    decisions::Outcome,
    fields::Refused,
    people::Role,
    policy::{
        Policy,
        form::{
            DAYS, HOURS, MEMORY, MONTHS, NOTE_MAX, TICKED, bands, factor_field, field,
            finding_field, hours_field, threshold_field, thresholds, values,
        },
        is_scored,
        words::{days, hours, months},
    },
};
use leptos::prelude::*;

/// The form, as it was typed, or as the policy in force would fill it.
pub fn form(in_force: &Policy, kept: Option<&Refused>) -> impl IntoView + use<> {
    let form = kept
        .filter(|k| !k.values.is_empty())
        .cloned()
        .unwrap_or_else(|| Refused { values: values(in_force), ..Refused::default() });
    let kinds: Vec<_> = Kind::ALL.iter().map(|k| kind_fields(*k, &form)).collect();
    let factors: Vec<_> = Role::ALL
        .iter()
        .map(|role| tick(factor_field(*role), factor_words(*role), &form))
        .collect();
    let note = Area::named("note", 3).count(NOTE_MAX).of(&form, true);
    view! {
        <section class="panel" id="propose"><header><h2>"Propose another policy"</h2></header>
            <form class="form" method="post" action="/api/policies/propose" novalidate>
                <input type="hidden" name="after" value=in_force.version.to_string()/>
                <fieldset><legend>"For all kinds"</legend>
                    <div class="ticks wide">{tick("launcher_may_approve".into(), "Whoever launched a check may approve its decision", &form)}{factors}</div>
                    <div class="fields">
                        {choice("window_days".into(), "Earlier checks of a customer count for".into(), numbers(DAYS, days), &form)}
                        {choice("proposal_hours".into(), "A proposal waits for at most".into(), numbers(HOURS, hours), &form)}
                        {choice(MEMORY.into(), "A judgement of an entry stands for".into(), numbers(MONTHS, months), &form)}
                    </div>
                </fieldset>
                {kinds}
                {parts::field("note", "Why", true, Some("It is recorded with the policy. Name no customers here."), None, &form, note.into_any())}
                <div class="actions">
                    <button class="btn primary" name="what" value="propose">"Propose"</button>
                    <button class="btn" name="what" value="look">"Show what it would have meant"</button>
                </div>
            </form>
        </section>
    }
}

fn kind_fields(kind: Kind, form: &Refused) -> impl IntoView + use<> {
    let outcomes: Vec<_> =
        Outcome::DECIDED.iter().map(|outcome| outcome_fields(kind, *outcome, form)).collect();
    let waits: Vec<_> = bands(kind)
        .into_iter()
        .map(|band| {
            choice(hours_field(kind, band), waits_label(kind, band), numbers(HOURS, hours), form)
        })
        .collect();
    view! {
        <fieldset><legend>{kind.label()}</legend>
            {outcomes}
            <div class="ticks wide">{tick(field(kind, "bulk"), "May be decided in bulk without being opened", form)}</div>
            <div class="fields">{waits}</div>
        </fieldset>
    }
}

fn outcome_fields(kind: Kind, outcome: Outcome, form: &Refused) -> impl IntoView + use<> {
    let verb = if outcome == Outcome::Accept { "Accepting" } else { "Rejecting" };
    let options = thresholds(kind)
        .into_iter()
        .map(|(t, words)| (t.code().to_owned(), words.to_owned()))
        .collect();
    let findings = [
        ("sanction", "with a sanction finding"),
        ("relevant", "with a relevant finding"),
        ("unjudged", "with a finding that is not judged"),
    ]
    .map(|(finding, words)| tick(finding_field(kind, outcome, finding), words, form));
    view! {
        {choice(threshold_field(kind, outcome), format!("{verb} takes two people"), options, form)}
        <div class="ticks" role="group" aria-label=format!("{verb} also takes two people")>{Vec::from(findings)}</div>
    }
}

const fn factor_words(role: Role) -> &'static str {
    match role {
        Role::Analyst => "Every analyst needs a second factor",
        Role::Supervisor => "Every supervisor needs a second factor",
        Role::Admin => "Every admin needs a second factor",
    }
}

fn waits_label(kind: Kind, band: Option<Band>) -> String {
    match band {
        Some(band) => format!("Waits at most, {} risk", band.label()),
        None if is_scored(kind) => "Waits at most, without a score".into(),
        None => "Waits at most".into(),
    }
}

fn numbers(of: &[u32], words: fn(u32) -> String) -> Vec<(String, String)> {
    of.iter().map(|n| (n.to_string(), words(*n))).collect()
}

/// A select with its label and what is wrong with it. What is in force, and not in the list, can be
/// kept.
fn choice(
    name: String,
    label: String,
    mut options: Vec<(String, String)>,
    form: &Refused,
) -> AnyView {
    let chosen = form.value(&name).to_owned();
    if !options.iter().any(|(code, _)| *code == chosen) {
        options.insert(
            0,
            (chosen.clone(), if chosen.is_empty() { "choose …".into() } else { chosen.clone() }),
        );
    }
    let error = form.error(&name).map(str::to_owned);
    let (clean, error_id) = (error.is_none(), format!("{name}-error"));
    view! {
        <div class="field" data-width="medium">
            <label for=name.clone()>{label}</label>
            {parts::select(name, options, &chosen, form, false)}
            <p class="error" id=error_id hidden=clean>{error}</p>
        </div>
    }
    .into_any()
}

fn tick(name: String, words: &'static str, form: &Refused) -> AnyView {
    let checked = form.value(&name) == TICKED;
    view! { <label><input type="checkbox" id=name.clone() name=name.clone() value=TICKED checked=checked/><span>{words}</span></label> }
        .into_any()
}

/// The names of all fields with what they are about, for the list above a refused form.
pub fn labels() -> Vec<(String, &'static str)> {
    let mut labels = vec![
        ("note".to_owned(), "Why"),
        ("window_days".to_owned(), "Earlier checks of a customer count for"),
        ("proposal_hours".to_owned(), "A proposal waits for at most"),
        (MEMORY.to_owned(), "A judgement of an entry stands for"),
    ];
    for kind in Kind::ALL.iter().copied() {
        labels.extend(
            Outcome::DECIDED.iter().map(|outcome| (threshold_field(kind, *outcome), kind.label())),
        );
        labels.extend(bands(kind).into_iter().map(|band| (hours_field(kind, band), kind.label())));
    }
    labels
}
