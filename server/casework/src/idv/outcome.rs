//! What the provider says of an ID verification becomes evidence, findings, pictures and the next state of the check.

use super::{
    pictures::{self, Upload},
    store::{self, Picture},
};
use crate::{
    Casework, Error,
    checks::{
        outcome::{Read, keep},
        store::{self as check_store, Check, Finding},
    },
    journal::{self, Actor},
    new_id,
    providers::{
        Answer, CallError,
        kryptogo::{Client, IdvAnswer, IdvReason},
    },
    store::Conn,
};
use domain::{
    CheckId, Moment,
    checks::{self, NO_RISK, State},
    findings::{Compared, Match, Source},
    idv::{self, Aspect, FollowUp, Mark, ProviderState, Row, Slot},
    journal::{Action, Subject},
    time,
};
use serde_json::json;

/// The evidence's source.
pub const ANSWER: &str = "idv";
/// Tries to fetch a picture before it counts as not to be had.
const PICTURE_TRIES_MAX: i64 = 8;
/// How long we look for the due diligence that the provider was asked to make.
const FOLLOW_UP_TIME: i64 = time::HOUR;

/// Reads an ID verification at the provider and carries over what it says.
///
/// # Errors
/// The call, or the database.
pub(crate) async fn read_again(work: &Casework, client: &Client, check: &Check) -> Result<Read, Error> {
    let Some(idv_id) = check.provider_ref.as_deref() else { return Ok(Read::Finished) };
    let (answer, said) = client.idv(idv_id).await?;
    let state = check.state()?;
    match state {
        State::Queued | State::Running if !said.is_outcome() => {
            progressed(work, check, &said).await?;
            return Ok(Read::Running);
        }
        State::Queued | State::Running => arrived(work, check, &answer, &said).await?,
        State::ToReview | State::Proposed | State::Accepted | State::Rejected => says(work, check, &answer, &said).await?,
        State::Draft | State::Failed | State::Withdrawn => return Ok(Read::Finished),
    }
    let more_pictures = fetch(work, client, check, &said).await?;
    let more_tasks = waits_for_task(work, check, &said).await?;
    Ok(if more_pictures || more_tasks { Read::Running } else { Read::Finished })
}

async fn progressed(work: &Casework, check: &Check, said: &IdvAnswer) -> Result<(), Error> {
    let progress = i64::from(said.state == ProviderState::Pending) * 50;
    let mut tx = work.db.write().await?;
    check_store::progressed(&mut tx.conn(), &id_of(check), progress, &said.words(), work.now()).await?;
    tx.commit().await
}

/// The outcome is here: evidence, findings, deadline, linked tasks, state; one transaction.
async fn arrived(work: &Casework, check: &Check, answer: &Answer, said: &IdvAnswer) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let launch = check.idv()?;
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        if !matches!(fresh.state()?, State::Queued | State::Running) {
            return Ok(());
        }
        let kept = keep(work, &mut conn, check, ANSWER, answer, now).await?;
        let findings = findings_of(&launch, said, now);
        for finding in &findings {
            check_store::insert_finding(&mut conn, &id, finding).await?;
        }
        if check_store::move_to(&mut conn, &id, fresh.state()?, State::ToReview, fresh.version, now).await? == 0 {
            return Ok(());
        }
        let due_at = now + checks::review_time(check.kind()?, None);
        check_store::outcome(&mut conn, &id, NO_RISK, &said.words(), now, due_at).await?;
        for task in &said.tasks {
            super::link_task(work, &mut conn, check, said, task, now).await?;
        }
        let details = json!({ "state": said.words(), "findings": findings.len(), "evidence": [kept] });
        journal::append(&mut conn, &[Actor::worker().entry(now, Action::OutcomeArrived, Subject::Check, id.as_str(), details)]).await?;
    }
    tx.commit().await
}

/// After the outcome: what changed at the provider is kept and shown; a review under way must not overlook it.
async fn says(work: &Casework, check: &Check, answer: &Answer, said: &IdvAnswer) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let launch = check.idv()?;
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        keep(work, &mut conn, check, ANSWER, answer, now).await?;
        check_store::provider_says(&mut conn, &id, &said.words(), now).await?;
        if fresh.state()? == State::ToReview {
            let mut new = 0;
            for finding in &findings_of(&launch, said, now) {
                new += check_store::insert_finding(&mut conn, &id, finding).await?;
            }
            if new > 0 {
                check_store::touch(&mut conn, &id, now).await?;
            }
        }
        for task in &said.tasks {
            super::link_task(work, &mut conn, check, said, task, now).await?;
        }
    }
    tx.commit().await
}

/// The provider was asked for a due diligence, accepted, and has not made it yet.
async fn waits_for_task(work: &Casework, check: &Check, said: &IdvAnswer) -> Result<bool, Error> {
    let asked = check.idv()?.follow_up == FollowUp::Provider && said.state == ProviderState::Accept && said.tasks.is_empty();
    Ok(asked && work.now() - check.outcome_at_ms.unwrap_or_else(|| work.now()) < FOLLOW_UP_TIME)
}

/// Fetches the pictures that are not settled yet; gives whether some are still to be had.
async fn fetch(work: &Casework, client: &Client, check: &Check, said: &IdvAnswer) -> Result<bool, Error> {
    let id = id_of(check);
    let known = {
        let mut reader = work.db.read().await?;
        store::pictures(&mut reader.conn(), &id).await?
    };
    let mut waiting = false;
    for (slot, address) in &said.pictures {
        let before = known.iter().find(|p| p.origin == "provider" && p.slot == slot.code());
        if before.is_some_and(|p| p.state != "due") {
            continue;
        }
        let tries = before.map_or(0, |p| p.tries);
        waiting |= fetch_one(work, client, check, *slot, address, tries).await?;
    }
    Ok(waiting)
}

/// Fetches one picture; gives whether it is to be tried again.
async fn fetch_one(work: &Casework, client: &Client, check: &Check, slot: Slot, address: &str, tries: i64) -> Result<bool, Error> {
    let got = client.picture(address).await;
    let (state, why) = match got {
        Ok(answer) => {
            let upload = Upload { slot, name: slot.code().into(), bytes: answer.body, turn: 0 };
            match work.darkroom.develop(upload).await {
                Ok(picture) => return keep_fetched(work, check, &picture).await.map(|()| false),
                Err(_) => ("failed", "KryptoGO's address gave something that is no picture, or one that is too large to open.".to_owned()),
            }
        }
        Err(CallError::NotFound | CallError::Refused(410, _)) => ("gone", "KryptoGO does not have this picture any more.".to_owned()),
        Err(error) if tries + 1 >= PICTURE_TRIES_MAX || !error.may_pass() => {
            ("failed", error.last_sentence(crate::providers::kryptogo::NAME, tries + 1))
        }
        Err(_) => ("due", "It is being fetched.".to_owned()),
    };
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        check_store::hold(&mut conn, &id_of(check)).await?;
        let row = Picture {
            slot: slot.code().into(),
            origin: "provider".into(),
            state: state.into(),
            evidence_id: None,
            format: None,
            width: None,
            height: None,
            bytes: None,
            why: Some(why.clone()),
            tries: tries + 1,
        };
        store::put_picture(&mut conn, &id_of(check), &row).await?;
        if state != "due" {
            check_store::retouch(&mut conn, &id_of(check), now).await?;
            let details = json!({ "slot": slot.code(), "why": why });
            journal::append(&mut conn, &[Actor::worker().entry(now, Action::PictureMissing, Subject::Check, &check.id, details)]).await?;
        }
    }
    tx.commit().await?;
    Ok(state == "due")
}

async fn keep_fetched(work: &Casework, check: &Check, picture: &pictures::Checked) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        check_store::hold(&mut conn, &id).await?;
        pictures::keep(work, &mut conn, check, "provider", picture, now).await?;
        check_store::retouch(&mut conn, &id, now).await?;
    }
    tx.commit().await
}

/// The latest answer that was kept, if one was and can be read.
pub(crate) async fn latest(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<Option<IdvAnswer>, Error> {
    let body = crate::checks::review::latest(work, conn, check, ANSWER).await?;
    Ok(body.and_then(|b| IdvAnswer::read(&b).ok()))
}

/// What a person must judge: each reason, an unknown state, and each field that differs without a reason that says so.
fn findings_of(launch: &idv::Idv, said: &IdvAnswer, now: Moment) -> Vec<Finding> {
    let rows = idv::compare(&launch.expected, &said.recognised, now);
    let mut findings = Vec::new();
    for reason in &said.reject_reasons {
        findings.push(of_reason(Source::IdvReject, reason, &rows));
    }
    for reason in &said.review_reasons {
        findings.push(of_reason(Source::IdvReview, reason, &rows));
    }
    if let ProviderState::Unknown(state) = &said.state {
        let title = format!("KryptoGO gives a state that this version does not know: {state}");
        let facts = vec![("what to do".to_owned(), "Look at the check in KryptoGO's console before you decide.".to_owned())];
        findings.push(finding(Source::IdvReview, "state", &title, &[], facts));
    }
    for row in rows.iter().filter(|r| r.result == Match::Differs) {
        let has_reason = said.review_reasons.iter().any(|r| aspect_of(&r.code) == Some(row.aspect));
        if !has_reason {
            let title = format!("{} differs from what was expected", row.aspect.label());
            findings.push(finding(Source::IdvField, row.aspect.code(), &title, &[row], vec![]));
        }
    }
    for (at, finding) in findings.iter_mut().enumerate() {
        finding.position = at as i64 + 1;
    }
    findings
}

/// The field that a review reason speaks of.
fn aspect_of(code: &str) -> Option<Aspect> {
    match code {
        "500" => Some(Aspect::Name),
        "501" => Some(Aspect::BirthDate),
        "502" => Some(Aspect::Number),
        "503" => Some(Aspect::Country),
        "504" => Some(Aspect::IssuingDate),
        "505" => Some(Aspect::ExpiryDate),
        "506" => Some(Aspect::Gender),
        _ => None,
    }
}

fn of_reason(source: Source, reason: &IdvReason, rows: &[Row]) -> Finding {
    let explained = reason.code.trim().parse().ok().and_then(idv::explain);
    let mut facts = Vec::new();
    match explained {
        Some(explained) => {
            facts.push(("what it means".to_owned(), explained.means.to_owned()));
            facts.push(("what to do next".to_owned(), explained.next.to_owned()));
        }
        None => facts.push(("what it means".to_owned(), "This version does not know the code; it is shown as it came.".to_owned())),
    }
    let title =
        if reason.description.is_empty() { format!("Code {}", reason.code) } else { format!("{} ({})", reason.description, reason.code) };
    let row: Vec<&Row> = rows.iter().filter(|r| aspect_of(&reason.code) == Some(r.aspect)).collect();
    finding(source, &format!("{}/{}", reason.code, reason.description), &title, &row, facts)
}

fn finding(source: Source, name: &str, title: &str, rows: &[&Row], mut facts: Vec<(String, String)>) -> Finding {
    let text = |marks: &[Mark]| marks.iter().map(|m| m.text.as_str()).collect::<String>();
    let compared: Vec<Compared> = rows
        .iter()
        .map(|row| Compared { field: row.aspect.label().to_lowercase(), result: row.result, found: text(&row.recognised) })
        .collect();
    for row in rows {
        if row.result == Match::Differs {
            facts.push(("expected".to_owned(), text(&row.expected)));
        }
        facts.extend(row.note.clone().map(|note| ("difference".to_owned(), note)));
    }
    let values: String = rows.iter().map(|r| text(&r.recognised)).collect();
    Finding {
        id: new_id(),
        source: source.code().into(),
        source_name: source.code().into(),
        position: 0,
        fingerprint: crate::sha256_hex(format!("{}\0{name}\0{values}", source.code()).as_bytes()),
        title: title.to_owned(),
        url: None,
        snippet: None,
        dated: None,
        score: None,
        compared: serde_json::to_string(&compared).unwrap_or_default(),
        facts: serde_json::to_string(&facts).unwrap_or_default(),
        judgement: "undecided".into(),
        note: None,
        judged_by: None,
        judged_at_ms: None,
    }
}

fn id_of(check: &Check) -> CheckId {
    check.id.as_str().into()
}
