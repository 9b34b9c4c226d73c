//! What is remembered beside the findings: what changed since the check before, what was said of
//! each entry then, and taking it over.

use super::super::parts;
use casework::checks::{
    Finding,
    memory::{Earlier, Memory, Since},
    review::Review,
};
use domain::{
    findings::{Judgement, judge_field},
    memory::{Change, Ended},
};
use leptos::prelude::*;

/// The field of the form that takes over all that may be taken over together.
pub const ALL: &str = "all";
/// What a button of a judgement's form says that takes over what was said before.
pub const TAKE: &str = "take";

/// The place of a finding in its group: new first, then changed, then the rest, each as numbered.
pub fn rank(memory: &Memory, finding: &Finding) -> (u8, i64) {
    let since = memory.of(&finding.id).and_then(|known| known.since.as_ref());
    let rank = match since {
        Some(Since::New) => 0,
        Some(Since::Changed(_)) => 1,
        Some(Since::AsBefore) | None => 2,
    };
    (rank, finding.position)
}

/// What changed since the customer's last check of this kind, and what may be taken over at once.
pub fn head(review: &Review, judging: bool, carried: Option<&'static str>) -> Option<AnyView> {
    let memory = &review.memory;
    let since = memory.previous.as_ref().map(|(check, at)| {
        let gone: Vec<_> = memory
            .gone
            .iter()
            .map(|gone| view! { <li><span class="meta">{gone.source.label()}": "</span><bdi>{gone.title.clone()}</bdi></li> })
            .collect();
        let has_gone = !gone.is_empty();
        let of_gone =
            if memory.is_whole() { "What is gone" } else { "What is not in this answer" };
        let cautions: Vec<_> = memory
            .cautions
            .iter()
            .map(|caution| view! { <p class="ended">{caution.sentence()}</p> })
            .collect();
        view! {
            <p>"Since the "<a href=format!("/checks/{check}")>"check before"</a>" ("{parts::stamp(*at)}"): "<strong>{memory.counts.sentence(memory.is_whole())}</strong>"."</p>
            {cautions}
            {has_gone.then(|| view! { <details class="gone"><summary>{of_gone}</summary><ul>{gone}</ul></details> })}
        }
    });
    let takeable = if judging { memory.takeable(&review.findings).len() } else { 0 };
    let take = (takeable > 0).then(|| take_all(review, takeable, carried));
    if since.is_none() && take.is_none() {
        return None;
    }
    Some(view! { <div class="memory">{since}{take}</div> }.into_any())
}

fn take_all(review: &Review, count: usize, carried: Option<&'static str>) -> AnyView {
    let (mark, to) = (carried.map(|_| ""), carried.map(|_| "/api/checks/judge"));
    let words = if count == 1 {
        "Take over 1 earlier judgement".to_owned()
    } else {
        format!("Take over {count} earlier judgements")
    };
    view! {
        <form class="actions" method="post" action="/api/checks/judge" data-enhance>
            <input type="hidden" name="check_id" value=review.check.id.clone()/>
            <button class="btn" name=judge_field(ALL) value=TAKE form=carried formaction=to data-carried=mark data-take-all aria-keyshortcuts="Shift+T">{words}</button>
            <p class="hint">"Each becomes yours, with its note where you wrote none. Entries of sanction lists are taken over one by one."</p>
        </form>
    }
    .into_any()
}

/// Whether a finding is new or changed since the check before.
pub fn mark(memory: &Memory, finding: &Finding) -> Option<AnyView> {
    let word = match memory.of(&finding.id)?.since.as_ref()? {
        Since::New => "new",
        Since::Changed(_) => "changed",
        Since::AsBefore => return None,
    };
    Some(view! { <strong class="tag" data-since=word>{word}</strong> }.into_any())
}

/// What is known of a finding from before: its changes, and what somebody said of it.
pub fn beside(
    review: &Review,
    finding: &Finding,
    judging: bool,
    carried: Option<&'static str>,
) -> Option<AnyView> {
    let known = review.memory.of(&finding.id)?;
    let differs = match (&known.since, &known.earlier) {
        (_, Some(Earlier { ended: Some(Ended::Entry(changes)), .. }))
        | (Some(Since::Changed(changes)), _) => changes_of(changes),
        _ => None,
    };
    let earlier = known.earlier.as_ref().map(|earlier| {
        let may_take =
            judging && earlier.ended.is_none() && finding.judgement() == Judgement::Undecided;
        said_before(&review.check.id, finding, earlier, may_take, carried)
    });
    if differs.is_none() && earlier.is_none() {
        return None;
    }
    Some(view! { <div class="before">{differs}{earlier}</div> }.into_any())
}

fn changes_of(changes: &[Change]) -> Option<AnyView> {
    let rows: Vec<_> = changes
        .iter()
        .map(|change| {
            let said = |text: &str| match text {
                "" => view! { <span class="hush">"nothing"</span> }.into_any(),
                text => view! { <bdi>{text.to_owned()}</bdi> }.into_any(),
            };
            let field = parts::setting_word(&change.field);
            view! { <li>{field}": "<span class="sr">"before "</span><s>{said(&change.before)}</s>" → "<span class="sr">"now "</span>{said(&change.now)}</li> }
        })
        .collect();
    (!rows.is_empty())
        .then(|| view! { <ul class="changes" aria-label="What changed">{rows}</ul> }.into_any())
}

fn said_before(
    check: &str,
    finding: &Finding,
    earlier: &Earlier,
    may_take: bool,
    carried: Option<&'static str>,
) -> AnyView {
    let ended = earlier.ended.as_ref().map(Ended::sentence);
    let note = earlier.note.clone();
    let (mark, to) = (carried.map(|_| ""), carried.map(|_| "/api/checks/judge"));
    let take = may_take.then(|| {
        let label = format!("Take over: {} for {}", earlier.judgement.label(), finding.title);
        view! {
            <form method="post" action="/api/checks/judge" data-enhance>
                <input type="hidden" name="check_id" value=check.to_owned()/>
                <button class="btn" name=judge_field(&finding.id) value=TAKE form=carried formaction=to data-carried=mark data-take aria-label=label aria-keyshortcuts="T">"Take over"</button>
            </form>
        }
    });
    view! {
        <p>"Before: "<strong>{earlier.judgement.label()}</strong>{note.map(|note| view! { ", “"<bdi>{note}</bdi>"”" })}" "
            <span class="meta">"by "<bdi>{earlier.by.clone()}</bdi>", "{parts::stamp(earlier.at)}", in "<a href=format!("/checks/{}#{}", earlier.check, "f")>"a check"</a>" that is "{earlier.state.label().to_lowercase()}"."</span></p>
        {ended.map(|words| view! { <p class="ended">{words}</p> })}
        {take}
    }
    .into_any()
}

/// Who judged a finding, and when.
pub fn judged_by(review: &Review, finding: &Finding) -> Option<AnyView> {
    let (by, at) = finding.judged_by.as_ref().zip(finding.judged_at_ms)?;
    let name = review.people.get(by).cloned().unwrap_or_else(|| "somebody".to_owned());
    Some(
        view! { <p class="judged meta">"Judged by "<bdi>{name}</bdi>", "{parts::stamp(at)}</p> }
            .into_any(),
    )
}
