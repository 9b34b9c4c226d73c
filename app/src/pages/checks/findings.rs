//! The evidence column's findings: grouped by source, each with what matches, a link out and a
//! judgement.

use super::super::{
    area::Area,
    parts,
    services::{Compare, Face},
};
use super::memory;
use casework::checks::{Finding, review::Review};
use domain::{
    checks::State,
    fields::Refused,
    findings::{Compared, Judgement, Match, NOTE_MAX, Source, judge_field, note_field},
};
use leptos::prelude::*;

/// All findings of a check; nothing before its outcome.
///
/// `carried`: the form that sends the judgements too where no script keeps what is typed into it.
/// `refused`: notes that were typed and not kept; they stay as they were typed.
pub fn findings(
    review: &Review,
    own: &dyn Face,
    may_judge: bool,
    carried: Option<&'static str>,
    refused: Option<&Refused>,
) -> Option<AnyView> {
    review.check.outcome_at_ms?;
    let judging = may_judge && review.check.state == State::ToReview.code();
    let total = review.findings.len();
    if total == 0 {
        let said = own.nothing_found(review);
        let words = view! { <section class="findings" data-live="findings" aria-labelledby="f"><header class="section-head"><h2 id="f">"Findings " <span class="n">"0"</span></h2></header>
        <p class="hush">{said}</p></section> };
        return Some(words.into_any());
    }
    let first_open =
        review.findings.iter().find(|f| f.judgement == "undecided").map(|f| f.position);
    let open = review.findings.iter().filter(|f| f.judgement == "undecided").count();
    let sources: Vec<Source> = Source::ALL
        .iter()
        .copied()
        .filter(|s| review.findings.iter().any(|f| f.source() == *s))
        .collect();
    let counts: Vec<String> = sources
        .iter()
        .map(|s| {
            format!(
                "{} {}",
                in_short(own, *s),
                review.findings.iter().filter(|f| f.source() == *s).count()
            )
        })
        .collect();
    let judges = judging.then_some(Judges { carried, refused });
    let memory = memory::head(review, judging, carried);
    let groups: Vec<_> =
        sources.into_iter().map(|source| group(source, review, own, judges)).collect();
    // Enter in a field of the carried form means its own button, not the first judgement.
    let default = judging
        .then_some(carried)
        .flatten()
        .map(|form| view! { <button form=form hidden data-carried>"Decide"</button> });
    Some(
        view! {
            <section class="findings" data-live="findings" aria-labelledby="f">
                <header class="section-head">
                    <h2 id="f">"Findings " <span class="n">{total}</span></h2>
                    <p class="meta">{counts.join(" · ")}</p>
                    {first_open.map(|at| view! { <a class="left" href=format!("#finding-{at}")>{format!("{open} undecided")}</a> })}
                </header>
                {memory}
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

/// What several findings of a source are called in few words.
fn in_short(own: &dyn Face, source: Source) -> &'static str {
    match source {
        Source::Unread => "unread",
        Source::CustomerChange => "change",
        Source::Other => "other",
        of_service => own.in_short(of_service).unwrap_or_else(|| of_service.label()),
    }
}

fn group(
    source: Source,
    review: &Review,
    own: &dyn Face,
    judges: Option<Judges<'_>>,
) -> impl IntoView + use<> {
    let mut found: Vec<&Finding> =
        review.findings.iter().filter(|f| f.source() == source).collect();
    found.sort_by_key(|f| memory::rank(&review.memory, f));
    let open = found.iter().filter(|f| f.judgement == "undecided").count();
    let count = found.len();
    let unknown: Vec<String> = if source == Source::Other {
        found
            .iter()
            .map(|f| f.source_name.clone())
            .collect::<std::collections::BTreeSet<_>>()
            .into_iter()
            .collect()
    } else {
        vec![]
    };
    let heading = if unknown.is_empty() {
        source.label().to_owned()
    } else {
        format!("{} ({})", source.label(), unknown.join(", "))
    };
    let compare = own.compare(review);
    let items: Vec<_> =
        found.into_iter().map(|f| finding(f, review, own, &compare, judges)).collect();
    view! {
        <details class="group" open>
            <summary><h3>{heading} " " <span class="n">{count}</span></h3>{(open > 0).then(|| view! { <span class="meta">{format!("{open} undecided")}</span> })}</summary>
            <ol>{items}</ol>
        </details>
    }
}

fn finding(
    f: &Finding,
    review: &Review,
    own: &dyn Face,
    compare: &Compare,
    judges: Option<Judges<'_>>,
) -> impl IntoView + use<> {
    let meta: Vec<String> = [
        f.dated.clone(),
        f.score.filter(|_| f.source() != Source::NumberField).map(|s| format!("score {s}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let facts: Vec<_> = f
        .facts()
        .into_iter()
        .map(|(name, value)| own.fact(f.source(), &name, value))
        .map(|(name, value)| parts::fact(name, value))
        .collect();
    let has_facts = !facts.is_empty();
    let compared: Vec<_> = f.compared().into_iter().map(|c| compare_row(c, compare)).collect();
    view! {
        <li class="finding" id=format!("finding-{}", f.position) data-judgement=f.judgement.clone() data-finding tabindex="-1">
            <header>
                <span class="no">{f.position}</span>
                <h4><bdi>{f.title.clone()}</bdi></h4>
                <p class="meta">{memory::mark(&review.memory, f)} {meta.join(" · ")} {f.url.clone().map(|url| view! { " " <a class="out" href=url.clone() rel="noopener noreferrer" target="_blank">{host(&url)}</a> })}</p>
            </header>
            <dl class="compare">{compared}</dl>
            {f.snippet.clone().map(|s| view! { <p class="quote" dir="auto">{s}</p> })}
            {has_facts.then(|| view! { <dl class="facts">{facts}</dl> })}
            {memory::beside(review, f, judges.is_some(), judges.and_then(|j| j.carried))}
            {memory::judged_by(review, f)}
            {judge_form(f, &review.check.id, judges)}
        </li>
    }
}

fn host(url: &str) -> String {
    url.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(url).to_owned()
}

/// What we asked about, where a finding says something else.
fn given(c: &Compared, compare: &Compare) -> Option<String> {
    let is_beside = if compare.only_differing {
        c.result == Match::Differs
    } else {
        c.result != Match::Matches
    };
    compare.asked.get(&c.field).filter(|_| is_beside).cloned()
}

fn compare_row(c: Compared, compare: &Compare) -> impl IntoView + use<> {
    let given = given(&c, compare);
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
    let year_only =
        c.field == "birth date" && c.result == Match::Matches && c.found.trim().len() == 4;
    let words = if year_only {
        "year matches; the source has no more"
    } else if c.result == Match::NotGiven {
        "we were not given it"
    } else {
        c.result.label()
    };
    // A source that only says whether, and not what, leaves no gap.
    let found = (!c.found.is_empty() || given.is_none())
        .then(|| view! { <bdi class="value">{c.found}</bdi> });
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
    let area = Area::named(field, 2)
        .id(note_id.clone())
        .maxlength(NOTE_MAX)
        .wrong(!clean)
        .carried(carried);
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
