//! The evidence column's findings: grouped by source, each with what matches, a link out and a judgement.

use super::super::{
    area::Area,
    parts,
    services::{at_once, idv, video, wallet},
};
use casework::{
    checks::{Finding, review::Review},
    instant::Question,
};
use domain::{
    checks::{Kind, State},
    fields::Refused,
    findings::{Compared, Judgement, Match, NOTE_MAX, Source, judge_field, note_field},
    launch::Target,
    number_match::Attribute,
};
use leptos::prelude::*;
use std::collections::BTreeMap;

/// All findings of a check; nothing before its outcome.
///
/// `carried`: the form that sends the judgements too where no script keeps what is typed into it. `refused`: notes that were
/// typed and not kept; they stay as they were typed.
pub fn findings(review: &Review, may_judge: bool, carried: Option<&'static str>, refused: Option<&Refused>) -> Option<AnyView> {
    review.check.outcome_at_ms?;
    let judging = may_judge && review.check.state == State::ToReview.code();
    let total = review.findings.len();
    if total == 0 {
        let said = if review.check.is_idv() {
            idv::review::nothing_found(review).to_owned()
        } else if let Some(video) = &review.video {
            video::review::nothing_found(video).to_owned()
        } else if review.said.is_some() {
            at_once::review::nothing_found(review)
        } else if Kind::parse(&review.check.kind).is_some_and(Kind::answers_at_once) {
            "Nothing in the answer had to be judged.".to_owned()
        } else if review.rating.as_ref().is_some_and(|rating| rating.is_unread) {
            // A check that came before parts of this kind were findings of their own.
            "Nothing could be read as a finding. A part of the answer could not be read at all: look at the raw evidence.".to_owned()
        } else {
            "No source that was searched found anything about this customer.".to_owned()
        };
        let words = view! { <section class="findings" data-live="findings" aria-labelledby="f"><header class="section-head"><h2 id="f">"Findings " <span class="n">"0"</span></h2></header>
        <p class="hush">{said}</p></section> };
        return Some(words.into_any());
    }
    let first_open = review.findings.iter().find(|f| f.judgement == "undecided").map(|f| f.position);
    let open = review.findings.iter().filter(|f| f.judgement == "undecided").count();
    let sources: Vec<Source> = Source::ALL.iter().copied().filter(|s| review.findings.iter().any(|f| f.source() == *s)).collect();
    let counts: Vec<String> =
        sources.iter().map(|s| format!("{} {}", short(*s), review.findings.iter().filter(|f| f.source() == *s).count())).collect();
    let judges = judging.then_some(Judges { carried, refused });
    let groups: Vec<_> = sources.into_iter().map(|source| group(source, review, judges)).collect();
    // Enter in a field of the carried form means its own button, not the first judgement.
    let default = judging.then_some(carried).flatten().map(|form| view! { <button form=form hidden data-carried>"Decide"</button> });
    Some(
        view! {
            <section class="findings" data-live="findings" aria-labelledby="f">
                <header class="section-head">
                    <h2 id="f">"Findings " <span class="n">{total}</span></h2>
                    <p class="meta">{counts.join(" · ")}</p>
                    {first_open.map(|at| view! { <a class="left" href=format!("#finding-{at}")>{format!("{open} undecided")}</a> })}
                </header>
                {default}
                {groups}
            </section>
        }
        .into_any(),
    )
}

/// How findings are judged by this reader.
#[derive(Clone, Copy)]
struct Judges<'a> {
    carried: Option<&'static str>,
    refused: Option<&'a Refused>,
}

const fn short(source: Source) -> &'static str {
    match source {
        Source::SanctionList => "sanction",
        Source::DowJones => "Dow Jones",
        Source::TwVerdict => "verdict",
        Source::NegativeNews => "news",
        Source::TwCompany => "company",
        Source::IdvReject => "to reject",
        Source::IdvReview => "to review",
        Source::IdvField | Source::NumberField | Source::IdentField => "differences",
        Source::IdentState => "state",
        Source::IdentAttempt => "attempts",
        Source::WalletSanction => "sanctioned wallets",
        Source::Register => "register",
        Source::Unread => "unread",
        Source::CustomerChange => "change",
        Source::Other => "other",
    }
}

fn group(source: Source, review: &Review, judges: Option<Judges<'_>>) -> impl IntoView + use<> {
    let found: Vec<&Finding> = review.findings.iter().filter(|f| f.source() == source).collect();
    let open = found.iter().filter(|f| f.judgement == "undecided").count();
    let count = found.len();
    let unknown: Vec<String> = if source == Source::Other {
        found.iter().map(|f| f.source_name.clone()).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    } else {
        vec![]
    };
    let heading = if unknown.is_empty() { source.label().to_owned() } else { format!("{} ({})", source.label(), unknown.join(", ")) };
    let check = review.check.id.clone();
    let about = About::of(review);
    let items: Vec<_> = found.into_iter().map(|f| finding(f, &check, &about, judges)).collect();
    view! {
        <details class="group" open>
            <summary><h3>{heading} " " <span class="n">{count}</span></h3>{(open > 0).then(|| view! { <span class="meta">{format!("{open} undecided")}</span> })}</summary>
            <ol>{items}</ol>
        </details>
    }
}

/// What findings are compared with.
struct About {
    target: Option<Target>,
    /// Number match: what the operator was asked about, by the attribute's name as findings have it.
    asked: BTreeMap<String, String>,
}

impl About {
    fn of(review: &Review) -> Self {
        let asked = match &review.question {
            Some(Question::NumberMatch { ask, .. }) => {
                let words = |(a, text): (&Attribute, &String)| (a.label().to_lowercase(), at_once::review::in_words(*a, text));
                ask.values.iter().map(words).collect()
            }
            _ => BTreeMap::new(),
        };
        Self { target: review.check.launch().ok().map(|l| l.target), asked }
    }
}

fn finding(f: &Finding, check: &str, about: &About, judges: Option<Judges<'_>>) -> impl IntoView + use<> {
    let meta: Vec<String> = [f.dated.clone(), f.score.filter(|_| f.source() != Source::NumberField).map(|s| format!("score {s}"))]
        .into_iter()
        .flatten()
        .collect();
    let facts: Vec<_> =
        f.facts().into_iter().map(|fact| in_words(f.source(), fact)).map(|(name, value)| parts::fact(name, value)).collect();
    let has_facts = !facts.is_empty();
    let compared: Vec<_> = f.compared().into_iter().map(|c| compare_row(c, about)).collect();
    view! {
        <li class="finding" id=format!("finding-{}", f.position) data-judgement=f.judgement.clone() data-finding tabindex="-1">
            <header>
                <span class="no">{f.position}</span>
                <h4><bdi>{f.title.clone()}</bdi></h4>
                <p class="meta">{meta.join(" · ")} {f.url.clone().map(|url| view! { " " <a class="out" href=url.clone() rel="noopener noreferrer" target="_blank">{host(&url)}</a> })}</p>
            </header>
            <dl class="compare">{compared}</dl>
            {f.snippet.clone().map(|s| view! { <p class="quote" dir="auto">{s}</p> })}
            {has_facts.then(|| view! { <dl class="facts">{facts}</dl> })}
            {judge_form(f, check, judges)}
        </li>
    }
}

/// A fact's name and value as people read them.
fn in_words(source: Source, (name, value): (String, String)) -> (String, String) {
    match (source, name.as_str()) {
        (Source::WalletSanction, "hops") => ("How near".into(), wallet::review::nearness(&value)),
        _ => (parts::setting_word(&name), value),
    }
}

fn host(url: &str) -> String {
    url.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(url).to_owned()
}

/// What we asked about, where a finding says something else.
fn given(c: &Compared, about: &About) -> Option<String> {
    if c.result == Match::Matches {
        return None;
    }
    if let Some(given) = about.asked.get(&c.field) {
        return Some(given.clone());
    }
    let target = about.target.as_ref().filter(|_| c.result == Match::Differs)?;
    match c.field.as_str() {
        "name" => Some(target.name.clone()),
        "birth date" => target.birth_date.clone(),
        "country" => target.country.clone(),
        _ => None,
    }
}

fn compare_row(c: Compared, about: &About) -> impl IntoView + use<> {
    let given = given(&c, about);
    let code = match c.result {
        Match::Matches => "match",
        Match::Differs => "differs",
        Match::NotGiven => "not-given",
        Match::NotAvailable => "not-available",
    };
    let name = match c.field.as_str() {
        "birth date" => "Born".to_owned(),
        other => parts::setting_word(other),
    };
    // A list that knows the year alone says less than a date.
    let year_only = c.field == "birth date" && c.result == Match::Matches && c.found.trim().len() == 4;
    let words = if year_only {
        "year matches; the source has no more"
    } else if c.result == Match::NotGiven {
        "we were not given it"
    } else {
        c.result.label()
    };
    // A source that only says whether, and not what, leaves no gap.
    let found = (!c.found.is_empty() || given.is_none()).then(|| view! { <bdi class="value">{c.found}</bdi> });
    view! { <div><dt>{name}</dt><dd><span class="match" data-match=code>{words}</span> " " {found}{given.map(|g| view! { " "<span class="given">"given "<bdi>{g}</bdi></span> })}</dd></div> }
}

fn judge_form(f: &Finding, check: &str, judges: Option<Judges<'_>>) -> AnyView {
    let now = f.judgement();
    let Some(Judges { carried, refused }) = judges else {
        let note = f.note.clone();
        return view! { <p class="said"><strong>{now.label()}</strong> {note.map(|n| view! { ": " <bdi>{n}</bdi> })}</p> }.into_any();
    };
    // Without a script one form sends all that was typed; with one, each its own.
    let (mark, to) = (carried.map(|_| ""), carried.map(|_| "/api/checks/judge"));
    let name = judge_field(&f.id);
    let buttons: Vec<_> = Judgement::ALL
        .iter()
        .enumerate()
        .map(|(at, j)| {
            let pressed = if *j == now { "true" } else { "false" };
            view! { <button name=name.clone() value=j.code() form=carried formaction=to data-carried=mark aria-pressed=pressed aria-keyshortcuts=(at + 1).to_string()>{j.label()}</button> }
        })
        .collect();
    let (field, note_id) = (note_field(&f.id), format!("note-{}", f.position));
    let label = format!("Judgement of {}, {}", f.position, f.title);
    let typed = refused.and_then(|r| r.values.get(&field)).cloned();
    let error = refused.and_then(|r| r.error(&field)).map(str::to_owned);
    let clean = error.is_none();
    let has_typed = typed.is_some();
    let note = typed.or_else(|| f.note.clone()).unwrap_or_default();
    let has_note = !note.is_empty() || has_typed;
    let how = if has_typed {
        "Not saved yet: “Save note” and each judgement save it."
    } else {
        "“Save note” and each judgement save it."
    };
    let area = Area::named(field, 2).id(note_id.clone()).maxlength(NOTE_MAX).wrong(!clean).carried(carried);
    let area = area.described(format!("{note_id}-error {note_id}-how")).show(&note);
    view! {
        <form class="judge" method="post" action="/api/checks/judge" data-enhance>
            <input type="hidden" name="check_id" value=check.to_owned()/>
            <div class="switch" role="group" aria-label=label>{buttons}</div>
            <details class="note" open=has_note><summary>"Note"</summary>
                <label class="sr" for=note_id.clone()>{format!("Note on {}", f.position)}</label>
                {area}
                <p class="error" id=format!("{note_id}-error") hidden=clean>{error}</p>
                <div class="actions">
                    <button class="btn" name=name value="note" form=carried formaction=to data-carried=mark data-keep-note>"Save note"</button>
                    <p class="hint" id=format!("{note_id}-how") role="status" data-said-of-note>{how}</p>
                </div>
            </details>
        </form>
    }
    .into_any()
}
