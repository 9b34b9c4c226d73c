//! What came of a video identification: its state and what follows, sessions, and data before and
//! after.

use super::words::{country_words, field_words};
use crate::pages::parts;
use casework::{
    checks::review::Review,
    providers::solaris::Attempt,
    video::{self as work, Phase, Shown},
};
use domain::{
    Moment,
    findings::Match,
    time,
    video::{self, Failure, ProofOfAddress, Row, Said, Services, State, Told},
};
use leptos::prelude::*;

fn requested(review: &Review) -> Option<&Shown> {
    review.video.as_ref().filter(|v| v.phase == Phase::Requested)
}

/// Where the identification stands, what that means, and the next step.
pub fn state(review: &Review) -> Option<AnyView> {
    let video = requested(review)?;
    let state = video.state();
    let (means, next) = state.explained();
    let (tone, needs) = tone(&state);
    let code = state.code().to_owned();
    let since = video
        .history
        .last()
        .map(|(at, _)| view! { <span class="meta">"since "{parts::stamp(*at)}</span> });
    let record = video.identification.as_ref();
    let why = record
        .and_then(|r| r.failure_reason.as_deref())
        .map(|code| view! { <div><dt>"Reason"</dt><dd>{reason(code)}</dd></div> });
    let completed = record
        .and_then(|r| r.completed_at)
        .map(|at| view! { <div><dt>"Completed"</dt><dd>{parts::stamp(at)}</dd></div> });
    Some(
        view! {
            <section class="panel" data-live="video-state"><header><h2>"What Solaris says"</h2>" "{since}</header>
                <p class="verdict"><span class="tag" data-tone=tone data-needs=needs>{state.words()}</span>" "<span class="says">{code}</span></p>
                <p class="prose">{means}</p>
                <p class="prose"><strong>"Next: "</strong>{next}</p>
                <p class="verdict">{services(state.services())}</p>
                <dl class="facts">{why}{completed}</dl>
                {history(&video.history)}
            </section>
        }
        .into_any(),
    )
}

const fn tone(state: &State) -> (&'static str, Option<&'static str>) {
    match state {
        State::Created | State::Pending => ("neutral", None),
        State::PendingSuccessful | State::Successful => ("good", None),
        State::Aborted | State::Canceled => ("attention", None),
        State::PendingFailed | State::Missing | State::Unknown(_) => ("attention", Some("person")),
        State::Failed => ("danger", Some("person")),
    }
}

/// Whether services may be offered to the customer, by sign and words.
fn services(services: Services) -> impl IntoView {
    let (code, words) = match services {
        Services::NotYet => ("open", "Services may not be offered yet"),
        Services::Provisionally => {
            ("half", "Services may be offered; the review may still take it back")
        }
        Services::Yes => ("green", "Services may be offered"),
        Services::No => ("red", "No services may be offered"),
    };
    view! { <span class="light" data-light=code>{words}</span> }
}

fn history(history: &[(Moment, State)]) -> Option<impl IntoView + use<>> {
    let items: Vec<_> = history
        .iter()
        .rev()
        .map(|(at, state)| {
            let tone = Some(tone(state).0).filter(|tone| *tone != "neutral");
            view! { <li data-tone=tone>{parts::stamp(*at)}<p>{state.words()}</p></li> }
        })
        .collect();
    let count = items.len();
    (count > 0).then(|| view! { <details class="fold"><summary><h2>"States so far " <span class="n">{count}</span></h2></summary><ol class="timeline">{items}</ol></details> })
}

/// A failure code explained; one that this version does not know as it came.
fn reason(code: &str) -> AnyView {
    let known = video::explain(code);
    let words = known
        .map_or("This version does not know the reason; it stands here as it came.", |f| f.means)
        .to_owned();
    let flags = known.map(|f| format!("{} · {}", f.category.label(), f.flags()));
    let code = code.to_owned();
    view! { <p>{words}</p><p class="meta">{flags}{known.map(|_| " · ")}<span class="says"><bdi>{code}</bdi></span></p> }.into_any()
}

/// The sessions with IDnow, the latest first.
pub fn attempts(review: &Review) -> AnyView {
    // The place is there before anything is in it: a page that follows by itself fills it.
    view! { <div data-live="video-attempts">{attempted(review)}</div> }.into_any()
}

fn attempted(review: &Review) -> Option<AnyView> {
    let video = requested(review).filter(|v| !v.attempts.is_empty())?;
    let count = video.attempts.len();
    let rows: Vec<_> = video
        .attempts
        .iter()
        .enumerate()
        .rev()
        .map(|(at, attempt)| attempt_row(attempt, at + 1))
        .collect();
    Some(
        view! {
            <section class="panel"><header><h2>"Sessions " <span class="n">{count}</span></h2></header>
                <div class="scroll" role="region" tabindex="0" aria-label="Sessions"><table class="rows stack attempts">
                    <thead><tr><th scope="col">"Session"</th><th scope="col">"Result"</th><th scope="col">"Reason"</th><th scope="col">"Next step"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table></div>
            </section>
        }
        .into_any(),
    )
}

fn attempt_row(attempt: &Attempt, number: usize) -> impl IntoView + use<> {
    let at = attempt.at.as_deref().map(|text| match video::parse_utc(text) {
        Some(at) => parts::stamp(at).into_any(),
        None => text.to_owned().into_any(),
    });
    let channel = match attempt.channel.as_deref() {
        Some("WEB") => Some("in a browser".to_owned()),
        Some("APP") => Some("in the app".to_owned()),
        other => other.map(str::to_owned),
    };
    let code = attempt.reason.as_deref();
    let next = code.and_then(video::explain).map(|f: &Failure| f.next);
    view! {
        <tr>
            <th scope="row">{format!("No. {number} ")}<span class="meta">{at}{channel.map(|c| format!(" {c}"))}</span></th>
            <td data-label="Result">{attempt.result.words()}</td>
            <td data-label="Reason">{code.map(reason)}</td>
            <td data-label="Next step">{next}</td>
        </tr>
    }
}

/// The data of the session: the person's and the document's, each field before and after.
pub fn data(review: &Review) -> AnyView {
    view! { <div data-live="video-data">{compared(review)}</div> }.into_any()
}

fn compared(review: &Review) -> Option<AnyView> {
    let video = requested(review)?;
    let last = video.attempts.iter().rev().find(|a| !a.userdata.is_empty());
    let user = last.map(|a| a.userdata.as_slice()).unwrap_or_default();
    let document = if video.legitimation.is_empty() {
        last.map(|a| a.document.as_slice()).unwrap_or_default()
    } else {
        &video.legitimation
    };
    let mobile = last.and_then(|a| a.mobile_number.clone());
    let is_successful = matches!(video.state(), State::Successful | State::PendingSuccessful);
    let told = video.told().unwrap_or(Told::Unknown);
    let hint = user
        .is_empty()
        .then(|| video.sessions_why.clone())
        .flatten()
        .map(|why| view! { <p class="hush">{why}</p> });
    if user.is_empty() && document.is_empty() && !is_successful {
        return None;
    }
    let words = match told {
        Told::Changed => "the session changed or added data",
        Told::Other => "the person's data are not as they were sent",
        Told::Number => "the customer confirmed another mobile number, nothing else changed",
        Told::Nothing => "the session changed nothing",
        Told::Unknown => "whether the session changed anything is not known",
    };
    Some(
        view! {
            <section class="panel"><header><h2>"Data from the session"</h2>" "<span class="meta">{words}</span></header>
                {hint}
                {section("The customer", user)}
                {section("The identity document", document)}
                <dl class="facts">{parts::fact("Verified mobile number", mobile.unwrap_or_default())}</dl>
            </section>
        }
        .into_any(),
    )
}

fn section(name: &'static str, said: &[Said]) -> Option<impl IntoView + use<>> {
    let rows: Vec<_> =
        said.iter().zip(video::rows(said)).map(|(said, row)| data_row(&said.key, row)).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <h3>{name}</h3>
            <div class="scroll" role="region" tabindex="0" aria-label=name><table class="rows stack fieldwise">
                <thead><tr><th scope="col">"Field"</th><th scope="col">"As we sent it"</th><th scope="col">"After the session"</th><th scope="col">"Result"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table></div>
        }
    })
}

fn data_row(key: &str, row: Row) -> impl IntoView + use<> {
    let code = match row.result {
        Match::Matches => "match",
        Match::Differs => "differs",
        Match::NotGiven => "not-given",
        Match::NotAvailable => "not-available",
    };
    let shown = |value: Option<String>| value.map(|v| said_words(key, &v)).unwrap_or_default();
    view! {
        <tr data-result=code>
            <th scope="row">{row.label.clone()}</th>
            <td data-label="As we sent it"><bdi class="value">{shown(row.before)}</bdi></td>
            <td data-label="After the session"><bdi class="value">{shown(row.after)}</bdi></td>
            <td data-label="Result"><span class="match" data-match=code>{row.status.words()}</span></td>
        </tr>
    }
}

/// A value of IDnow's as people read it; what is not understood stays as it came.
fn said_words(key: &str, value: &str) -> String {
    match key {
        "nationality" | "country" | "address.country" => country_words(value),
        "type" => video::kind_words(value).to_owned(),
        "gender" => match value {
            "MALE" => "male".into(),
            "FEMALE" => "female".into(),
            other => other.to_owned(),
        },
        _ => value.to_owned(),
    }
}

/// What was typed of the customer.
pub fn given(review: &Review) -> Vec<Option<AnyView>> {
    let Some(typed) = review.video.as_ref().and_then(|v| v.typed.as_ref()) else { return vec![] };
    let home = &typed.address;
    let lines = [
        format!("{} {}", home.line_1, home.line_2),
        format!("{} {}", home.postal_code, home.city),
        country_words(&home.country),
    ];
    vec![
        parts::fact("Name", format!("{} {}", typed.first_name, typed.last_name)),
        parts::fact("Birth date", typed.birth_date.clone()),
        parts::fact("Nationality", country_words(&typed.nationality)),
        parts::fact("Residence", lines.join(", ")),
        parts::fact("Mobile number", typed.mobile_number.clone()),
        parts::fact(
            field_words("terms_conditions_signed_at"),
            time::utc_minute(typed.terms_conditions_signed_at),
        ),
        parts::fact(
            field_words("data_terms_signed_at"),
            time::utc_minute(typed.data_terms_signed_at),
        ),
    ]
}

/// How it was launched.
pub fn launched(review: &Review) -> Option<AnyView> {
    let video = review.video.as_ref()?;
    let record = video.identification.as_ref();
    let language = record.and_then(|r| r.language.as_deref());
    let language = language.map(|code| {
        video::Language::parse(code).map_or_else(|| code.to_owned(), |l| l.label().to_owned())
    });
    let proof = record.and_then(|r| r.proof_of_address_type.as_deref());
    let proof = proof.map(|code| {
        ProofOfAddress::parse(code).map_or_else(|| code.to_owned(), |p| p.label().to_owned())
    });
    let issued = record.and_then(|r| r.proof_of_address_issued_at.clone());
    let person = video.person_now.as_ref().map(|p| p.id.clone());
    Some(
        view! {
            <details class="fold"><summary><h2>"Launch"</h2>" "<span class="meta">{review.connection_name.clone()}</span></summary>
                <dl class="facts">
                    {parts::fact("Connection", review.connection_name.clone())}
                    {parts::fact("Language", language.unwrap_or_default())}
                    {parts::fact("Proof of address", [proof, issued].into_iter().flatten().collect::<Vec<_>>().join(", issued "))}
                    {review.check.provider_ref.clone().map(|r| view! { <div><dt>"Identification at Solaris"</dt><dd>{parts::copyable(r)}</dd></div> })}
                    {person.map(|p| view! { <div><dt>"Person at Solaris"</dt><dd>{parts::copyable(p)}</dd></div> })}
                    <div><dt>"Check"</dt><dd>{parts::copyable(review.check.id.clone())}</dd></div>
                </dl>
            </details>
        }
        .into_any(),
    )
}

/// What a body of evidence is.
pub fn evidence_name(source: &str) -> String {
    match source {
        work::QUESTION => "Person, as typed and sent".into(),
        work::IDENTIFICATION => "Identification, as Solaris shows it".into(),
        work::ATTEMPTS => "Sessions, as IDnow tells them".into(),
        work::LEGITIMATION => "Data of the identity document".into(),
        work::PERSON => "Person, as Solaris shows them".into(),
        work::DOCUMENT => "File of a document".into(),
        other => other.to_owned(),
    }
}

/// What stands where findings would, when there are none.
pub fn nothing_found(video: &Shown) -> &'static str {
    match (video.state(), video.told()) {
        (State::Successful, Some(Told::Nothing)) => {
            "The identification was successful, and the session changed nothing."
        }
        (State::PendingSuccessful, Some(Told::Nothing)) => {
            "The session was successful and changed nothing; IDnow still reviews it."
        }
        (State::Successful, Some(Told::Number)) => {
            "The identification was successful; the customer confirmed another mobile number, and nothing else changed."
        }
        (State::PendingSuccessful, Some(Told::Number)) => {
            "The session was successful and changed nothing but the mobile number; IDnow still reviews it."
        }
        (State::Successful, Some(Told::Changed)) => {
            "The identification was successful, and the session added data; none of it differs."
        }
        (State::PendingSuccessful, Some(Told::Changed)) => {
            "The session was successful and added data; IDnow still reviews it."
        }
        (State::Successful | State::PendingSuccessful, _) => {
            "Whether the session changed anything is not known."
        }
        _ => "Nothing of it has to be judged; what the state means stands above.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::video::{AttemptResult, FieldStatus};

    #[test]
    fn a_session_says_why_and_what_next_and_an_unknown_code_as_it_came() {
        let attempt = |reason: &str| Attempt {
            id: None,
            result: AttemptResult::Aborted,
            reason: Some(reason.into()),
            at: Some("2026-11-24T21:05:00Z".into()),
            channel: Some("WEB".into()),
            mobile_number: None,
            userdata: vec![],
            document: vec![],
        };
        let html = |reason: &str| attempt_row(&attempt(reason), 1).into_view().to_html();
        let known = html("TECH_VIDEO");
        for words in [
            "aborted during the call",
            "too poor to recognise",
            "can be repeated · caused by the customer",
            "another device",
            "in a browser",
        ] {
            assert!(known.contains(words), "{words} in {known}");
        }
        let unknown = html("BRAND_NEW");
        assert!(
            unknown.contains("does not know the reason") && unknown.contains("BRAND_NEW"),
            "{unknown}"
        );
    }

    #[test]
    fn data_are_read_in_words_with_their_status() {
        let said = |key: &str, value: &str, status: &str| Said {
            key: key.into(),
            value: Some(value.into()),
            status: FieldStatus::of(Some(status)),
            original: (status == "CHANGE").then(|| "FR".into()),
        };
        let all = [said("nationality", "DE", "CHANGE"), said("type", "PASSPORT", "NEW")];
        let html = section("The customer", &all).into_view().to_html();
        for words in [
            "France (FR)",
            "Germany (DE)",
            "changed in the session",
            "Passport",
            "new from the session",
        ] {
            assert!(html.contains(words), "{words} in {html}");
        }
        assert!(section("The customer", &[]).is_none());
    }
}
