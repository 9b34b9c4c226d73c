//! What the review page shows of a check that is answered at once.

use super::address;
use crate::pages::{
    parts,
    providers::{at_the_start, in_sentences},
    services::wallet::review as wallet_review,
};
use casework::{
    checks::review::Review,
    customers::ERASED,
    instant::{Asked, Question, Said},
    providers::zignsec::{PidCprAnswer, RofusAnswer},
};
use domain::{
    Moment,
    checks::{Kind, State},
    countries,
    number_match::{Attribute, MatchResult, NumberMatch, Row, Shape, summary},
    people::{Caller, Permission},
    registers::{RofusStatus, is_stale},
    time,
};
use leptos::prelude::*;

fn kind(review: &Review) -> Kind {
    Kind::parse(&review.check.kind).unwrap_or(Kind::NumberMatch)
}

/// What is under way, in words.
pub fn running(review: &Review) -> Option<AnyView> {
    if review.check.state != State::Queued.code() {
        return None;
    }
    let provider = in_sentences(kind(review));
    let words = if review.check.trouble.is_some() || review.out_of_reach.is_some() {
        "Why stands above; this page follows by itself.".to_owned()
    } else {
        format!(
            "The question is put to {provider} as soon as a worker is free; the answer comes within seconds, and this page follows by itself."
        )
    };
    Some(
        view! { <section class="running" aria-labelledby="r"><header class="section-head"><h2 id="r">"Waiting for the answer"</h2><span class="live" data-live-sign>"follows by itself"</span></header><p class="hush">{words}</p></section> }
            .into_any(),
    )
}

/// The answer in the kind's own form.
pub fn answered(review: &Review, caller: &Caller, now: Moment) -> Option<AnyView> {
    review.check.outcome_at_ms?;
    let Some(said) = &review.said else {
        let words = "The answer cannot be shown: the customer was erased, or what was kept of it cannot be read.";
        return Some(view! { <section class="panel"><header><h2>"Answer"</h2></header><p class="hush">{words}</p></section> }.into_any());
    };
    match said {
        Said::NumberMatch(rows) => Some(number_match(review, rows)),
        Said::PidCprMatch(answer) => Some(pid_cpr(review, answer)),
        Said::Rofus(answer) => Some(rofus(review, answer, caller, now)),
        Said::Kya(kya) => wallet_review::wallet(review, kya, caller),
    }
}

fn number_match(review: &Review, rows: &[Row]) -> AnyView {
    let asked = match &review.question {
        Some(Question::NumberMatch { ask, .. }) => Some(ask.clone()),
        _ => None,
    };
    let is_erased = review.customer.name == ERASED;
    let unknown = asked.is_none().then(|| match is_erased {
        true => view! { <p class="meta">"What was asked was erased with the customer; only which attributes they were is known."</p> }.into_any(),
        false => parts::notice("danger", "What was asked cannot be opened: what was kept of it is damaged. Only which attributes they were is known; an admin finds it named in the inspection.").into_any(),
    });
    let items: Vec<_> = rows.iter().map(|row| match_row(row, asked.as_ref())).collect();
    view! {
        <section class="panel" data-live="answer"><header><h2>"What the operator says"</h2>" "<span class="meta">{format!("{}.", summary(rows))}</span></header>
            {unknown}
            <div class="scroll" role="region" tabindex="0" aria-label="What the operator says"><table class="rows stack fieldwise">
                <thead><tr><th scope="col">"Attribute"</th><th scope="col">"We asked about"</th><th scope="col">"Operator's answer"</th></tr></thead>
                <tbody>{items}</tbody>
            </table></div>
            <p class="meta">"An operator never gives its own value. Beside a difference it may say how alike the two are; without that, nobody knows how far apart they are."</p>
        </section>
    }
    .into_any()
}

fn match_row(row: &Row, asked: Option<&NumberMatch>) -> impl IntoView + use<> {
    let (code, words) = match &row.result {
        MatchResult::Yes => ("match", "match".to_owned()),
        MatchResult::No => ("differs", "differs".to_owned()),
        MatchResult::NotAvailable => ("not-available", "not available".to_owned()),
        MatchResult::Missing => ("not-available", "not answered".to_owned()),
        MatchResult::Unknown(_) => ("differs", "unknown answer".to_owned()),
    };
    let note = match (&row.result, row.score) {
        (MatchResult::No, Some(score)) => Some(view! { " " <span class="meta">{format!("likeness {score} of 100")}</span> }.into_any()),
        (MatchResult::No, None) => {
            row.odd_score.clone().map(|said| view! { " " <span class="meta">"likeness, as it came: "<bdi>{said}</bdi></span> }.into_any())
        }
        (MatchResult::Unknown(word), _) => Some(view! { " " <span class="says"><bdi>{word.clone()}</bdi></span> }.into_any()),
        _ => None,
    };
    let value = asked.and_then(|a| a.values.get(&row.attribute)).map(|text| in_words(row.attribute, text)).unwrap_or_default();
    view! {
        <tr data-result=code>
            <th scope="row">{row.attribute.label()}</th>
            <td data-label="We asked about"><bdi class="value">{value}</bdi></td>
            <td data-label="Operator's answer"><span class="match" data-match=code>{words}</span>{note}</td>
        </tr>
    }
}

/// A value that was asked about, as people read it.
pub fn in_words(attribute: Attribute, text: &str) -> String {
    match attribute.shape() {
        Shape::Country => countries::find(text).map_or_else(|| text.to_owned(), |c| format!("{} ({})", c.name, c.alpha2)),
        Shape::Choice => {
            attribute.options().iter().find(|(code, _)| *code == text).map_or_else(|| text.to_owned(), |(_, words)| (*words).to_owned())
        }
        _ => text.to_owned(),
    }
}

fn pid_cpr(review: &Review, answer: &PidCprAnswer) -> AnyView {
    let asked = review.check.asked().unwrap_or_default();
    let (code, words) = match answer.is_match() {
        Some(true) => ("match", "The two numbers belong to one person.".to_owned()),
        Some(false) => ("differs", "The two numbers do not belong to one person.".to_owned()),
        None => ("not-available", format!("An answer that this version does not know: {}", answer.said.clone().unwrap_or_default())),
    };
    view! {
        <section class="panel" data-live="answer"><header><h2>"What the register says"</h2></header>
            <p class="verdict"><span class="match" data-match=code>{words}</span></p>
            <dl class="facts">
                {parts::fact("PID", asked.pid.unwrap_or_default())}
                {parts::fact("CPR number", asked.cpr.unwrap_or_default())}{asked.born.and_then(|born| parts::fact("Birth date in the number", born))}
            </dl>
            <p class="meta">"The register says only whether they belong together, not whose they are."</p>
        </section>
    }
    .into_any()
}

fn rofus(review: &Review, answer: &RofusAnswer, caller: &Caller, now: Moment) -> AnyView {
    let asked = review.check.asked().unwrap_or_default();
    let status = answer.status();
    let said = answer.said.clone().unwrap_or_default();
    let (tone, words, obliges) = match status {
        Some(status) => (if status.is_hit() { "danger" } else { "good" }, status.label().to_owned(), status.obliges()),
        None => (
            "attention",
            "An answer that this version does not know".to_owned(),
            "Treat it as an exclusion until the register gives an answer that is understood.",
        ),
    };
    let needs = status.is_none_or(RofusStatus::is_hit).then_some("person");
    let made_up = asked.mock.then(|| {
        view! { <div class="notice" data-tone="danger" role="note"><div><p><strong>"This answer is made up."</strong>" It was asked for in ZignSec's Mock environment, which picks one at random. The register was not asked: decide nothing about this person by it."</p></div></div> }
    });
    view! {
        <section class="panel rofus" data-live="answer"><header><h2>"What ROFUS says"</h2></header>
            {made_up}
            {stale(review, caller, now)}
            <p class="verdict"><span class="tag" data-tone=tone data-needs=needs>{words}</span>" "<span class="says"><bdi>{said}</bdi></span></p>
            <p class="prose">{obliges}</p>
            <dl class="facts">{parts::fact("CPR number", asked.cpr.unwrap_or_default())}{asked.born.and_then(|born| parts::fact("Birth date in the number", born))}{review.check.outcome_at_ms.map(|at| view! { <div><dt>"Answered"</dt><dd>{parts::stamp(at)}</dd></div> })}</dl>
        </section>
    }
    .into_any()
}

/// Says that an answer is too old to decide by, and where to ask again.
fn stale(review: &Review, caller: &Caller, now: Moment) -> Option<AnyView> {
    let at = review.check.outcome_at_ms.filter(|at| is_stale(*at, now))?;
    let open = State::parse(&review.check.state).is_some_and(|s| !s.is_final());
    let words = format!("This answer is {} old.", time::in_words(now - at));
    if !open {
        return Some(view! { <p class="meta">{words}" It was decided by when it was newer."</p> }.into_any());
    }
    let again = caller
        .may(Permission::LaunchChecks)
        .then(|| view! { <div class="actions"><a class="btn" href=format!("{}?again={}", address(Kind::Rofus), review.check.id)>"Ask the register again"</a></div> });
    Some(
        view! { <div class="notice" data-tone="attention" role="note"><div><p><strong>{words}</strong>" An exclusion may have begun or ended since: ask again before you decide."</p></div>{again}</div> }
            .into_any(),
    )
}

/// What was given of the customer; numbers of people masked.
pub fn given(review: &Review) -> Vec<Option<AnyView>> {
    let asked: Asked = review.check.asked().unwrap_or_default();
    let phone = match &review.question {
        Some(Question::NumberMatch { ask, .. }) => Some(ask.phone.clone()),
        _ => asked.phone,
    };
    vec![
        parts::fact("Name", asked.name),
        parts::fact("Phone number", phone.unwrap_or_default()),
        parts::fact("PID", asked.pid.unwrap_or_default()),
        parts::fact("CPR number", asked.cpr.unwrap_or_default()),
        asked.born.and_then(|born| parts::fact("Birth date in the number", born)),
        asked.address.map(|a| view! { <div><dt>"Wallet"</dt><dd>{parts::copyable(a.as_str().to_owned())}</dd></div> }.into_any()),
    ]
}

/// How it was launched.
pub fn launched(review: &Review) -> AnyView {
    let (kind, asked) = (kind(review), review.check.asked().unwrap_or_default());
    let version = asked.version.map(|v| v.label()).unwrap_or_default();
    let provider = in_sentences(kind);
    view! {
        <details class="fold"><summary><h2>"Launch"</h2>" "<span class="meta">{review.connection_name.clone()}</span></summary>
            <dl class="facts">
                {parts::fact("Connection", review.connection_name.clone())}
                {parts::fact("Version", version)}
                {parts::fact("Environment", if asked.mock { "Mock: made-up answers" } else { "" })}
                {review.check.provider_ref.clone().map(|r| view! { <div><dt>{format!("Number at {provider}")}</dt><dd>{parts::copyable(r)}</dd></div> })}
                <div><dt>"Check"</dt><dd>{parts::copyable(review.check.id.clone())}</dd></div>
            </dl>
        </details>
    }
    .into_any()
}

/// What stands where findings would, when there are none.
pub fn nothing_found(review: &Review) -> String {
    match &review.said {
        Some(Said::NumberMatch(rows)) if rows.iter().all(|r| r.result == MatchResult::Yes) => "Everything that was asked matches.".into(),
        Some(Said::NumberMatch(_)) => "Nothing differs; what the operator could not answer is no match.".into(),
        Some(Said::PidCprMatch(_)) => "The two numbers belong to one person.".into(),
        Some(Said::Rofus(_)) => "The person is not in the register, at the moment of the answer.".into(),
        Some(Said::Kya(_)) => "KryptoGO knows of no sanctioned address near this wallet.".into(),
        None => format!("{}'s answer gave nothing to judge.", at_the_start(kind(review))),
    }
}

/// What a body of evidence is.
pub fn evidence_name(kind: Kind, source: &str) -> String {
    match source {
        casework::providers::REFUSAL => format!("Refusal or fault, as {} gave it", in_sentences(kind)),
        casework::providers::NOT_TAKEN => format!("An answer of {} that was not taken", in_sentences(kind)),
        source if kind == Kind::VideoIdent => crate::pages::services::video::review::evidence_name(source),
        casework::instant::QUESTION => "Question, as it was put together here".into(),
        casework::instant::DETAIL => format!("The analysis, as {} gave it when asked again", in_sentences(kind)),
        casework::instant::ANSWER => format!("Answer, as {} gave it", in_sentences(kind)),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_people_chose_them() {
        assert_eq!(in_words(Attribute::Country, "ES"), "Spain (ES)");
        assert_eq!(in_words(Attribute::Gender, "FEMALE"), "Female");
        assert_eq!(in_words(Attribute::Gender, "odd"), "odd");
        assert_eq!(in_words(Attribute::Name, "ES"), "ES");
    }

    #[test]
    fn evidence_is_named_by_who_said_it() {
        assert_eq!(evidence_name(Kind::Rofus, "answer"), "Answer, as ZignSec gave it");
        assert_eq!(evidence_name(Kind::NumberMatch, "answer"), "Answer, as the operator gave it");
        assert_eq!(evidence_name(Kind::DdKyc, "summary"), "summary");
    }
}
