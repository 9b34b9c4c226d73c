//! What the provider says of an ID verification becomes evidence, findings, pictures and the next
//! state of the check.

use super::{
    pictures::{self, Upload},
    store::{self, Picture},
};
use crate::{
    Casework, Error, MasterKey,
    journal::{self, Actor},
    providers::{
        Answer, CallError,
        kryptogo::{Client, IdvAnswer, IdvReason},
        overheard,
    },
    records::{
        checks::{self as check_store, Check, Finding, evidence::keep},
        customers, policies, proposals,
    },
    seal,
    services::Read,
    store::{Conn, written},
};
use domain::{
    CheckId, Moment,
    checks::{NO_RISK, State},
    dates,
    findings::{Compared, Match, Source, compare_date, compare_name},
    idv::{self, Aspect, FollowUp, Mark, ProviderState, Row, Slot},
    journal::{Action, Subject},
    time,
    who::{Bears, Trait, of_number, of_person},
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
pub(crate) async fn read_again(
    work: &Casework,
    client: &Client,
    check: &Check,
) -> Result<Read, Error> {
    let Some(idv_id) = check.provider_ref.as_deref() else { return Ok(Read::Finished) };
    let (answer, said) = client.idv(idv_id).await?;
    about_this(&check.idv()?, &answer, &said)?;
    let goes_on = match check.state()? {
        State::Queued | State::Running if !said.is_outcome() => {
            progressed(work, check, &said).await?;
            return Ok(Read::Running);
        }
        State::Queued | State::Running => arrived(work, check, &answer, &said).await?,
        State::ToReview | State::Proposed | State::Accepted | State::Rejected => {
            says(work, check, &answer, &said).await?
        }
        State::Draft | State::Failed | State::Withdrawn => false,
    };
    if !goes_on {
        return Ok(Read::Finished);
    }
    let more_pictures = fetch(work, client, check, &said).await?;
    let more_tasks = waits_for_task(work, check, &said).await?;
    Ok(if more_pictures || more_tasks { Read::Running } else { Read::Finished })
}

/// Refuses an answer that is about somebody else, as far as it repeats what was sent: it is kept,
/// read again, and never an outcome.
fn about_this(launch: &idv::Idv, answer: &Answer, said: &IdvAnswer) -> Result<(), CallError> {
    let differs = |result: Match| result == Match::Differs;
    let (ours, theirs) = (&launch.expected, &said.expected);
    let is_another = if said
        .customer_reference
        .as_ref()
        .is_some_and(|said| said.trim() != launch.customer_reference.trim())
    {
        "it is about another customer"
    } else if ours
        .name
        .as_ref()
        .is_some_and(|name| differs(compare_name(name, theirs.name.as_deref())))
    {
        "it is about another name"
    } else if differs(compare_date(ours.birth_date.as_deref(), theirs.birth_date.as_deref())) {
        "it is about another birth date"
    } else {
        return Ok(());
    };
    overheard::not_taken(answer);
    Err(CallError::Unusable(is_another.to_owned()))
}

async fn progressed(work: &Casework, check: &Check, said: &IdvAnswer) -> Result<(), Error> {
    let progress = i64::from(said.state == ProviderState::Pending) * 50;
    written!(work, async |conn| {
        if is_here(conn, check).await?.is_some_and(State::is_open) {
            check_store::progressed(conn, &id_of(check), progress, &said.words(), work.now())
                .await?;
        }
        Ok(())
    })
}

/// By what the person whom the document names would be known again.
pub(crate) fn recognised(said: &IdvAnswer) -> Vec<Bears> {
    let idv::Data { name, birth_date, number, .. } = &said.recognised;
    let born = birth_date.as_deref().map(dates::read);
    let mut bears =
        of_person(name.as_deref().unwrap_or_default(), born.as_ref().and_then(|born| born.day()));
    bears.extend(number.as_deref().and_then(|number| of_number(Trait::Document, number)));
    bears
}

/// The check's state as it stands now, held; nothing for one that is over without a decision.
async fn is_here(conn: &mut Conn<'_>, check: &Check) -> Result<Option<State>, Error> {
    let fresh = check_store::hold(conn, &id_of(check)).await?.ok_or(Error::NotFound)?;
    Ok(Some(fresh.state()?)
        .filter(|s| !matches!(s, State::Draft | State::Failed | State::Withdrawn)))
}

/// The outcome is here: evidence, findings, deadline, linked tasks, state; one transaction. Gives
/// whether it was taken.
async fn arrived(
    work: &Casework,
    check: &Check,
    answer: &Answer,
    said: &IdvAnswer,
) -> Result<bool, Error> {
    let (id, now) = (id_of(check), work.now());
    let launch = check.idv()?;
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        if !matches!(fresh.state()?, State::Queued | State::Running) {
            return Ok(!matches!(fresh.state()?, State::Failed | State::Withdrawn));
        }
        let kept = keep(work, &mut conn, check, ANSWER, answer, now).await?;
        let key = key_of(work, &mut conn, check).await?;
        let findings = findings_of(&launch, said, now, &key, 0);
        for finding in &findings {
            check_store::insert_finding(&mut conn, &id, finding).await?;
        }
        if check_store::move_to(&mut conn, &id, fresh.state()?, State::ToReview, fresh.version, now)
            .await?
            == 0
        {
            return Ok(false);
        }
        let due_at = now + policies::current(&mut conn).await?.review_time(check.kind()?, None);
        check_store::outcome(&mut conn, &id, NO_RISK, &said.words(), now, due_at).await?;
        store::forget_handout(&mut conn, &id).await?;
        customers::mark(work, &mut conn, &check.customer_id, &recognised(said)).await?;
        for task in &said.tasks {
            super::link_task(work, &mut conn, check, said, task, now).await?;
        }
        let details =
            json!({ "state": said.words(), "findings": findings.len(), "evidence": [kept] });
        journal::append(
            &mut conn,
            &[Actor::worker().entry(
                now,
                Action::OutcomeArrived,
                Subject::Check,
                id.as_str(),
                details,
            )],
        )
        .await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// After the outcome: what changed at the provider is kept and shown; a review under way must not
/// overlook it.
async fn says(
    work: &Casework,
    check: &Check,
    answer: &Answer,
    said: &IdvAnswer,
) -> Result<bool, Error> {
    let (id, now) = (id_of(check), work.now());
    let launch = check.idv()?;
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        let state = fresh.state()?;
        // Over, or somebody asked for a newer read while this one was under way: what it heard may
        // be older.
        if matches!(state, State::Draft | State::Failed | State::Withdrawn)
            || fresh.poll_fence != check.poll_fence
        {
            return Ok(false);
        }
        let before = latest(work, &mut conn, check).await?;
        // Addresses of pictures change with each read; what they are of does not.
        let changed = before.is_none_or(|b| {
            (b.words(), b.recognised, b.review_reasons, b.reject_reasons)
                != (
                    said.words(),
                    said.recognised.clone(),
                    said.review_reasons.clone(),
                    said.reject_reasons.clone(),
                )
        });
        // A body that says nothing new but addresses is no reason to end a proposal.
        if changed || state != State::Proposed {
            keep(work, &mut conn, check, ANSWER, answer, now).await?;
        }
        check_store::provider_says(&mut conn, &id, &said.words(), now).await?;
        if matches!(state, State::ToReview | State::Proposed) {
            if check.trouble.is_some() {
                check_store::set_trouble(&mut conn, &id, None, now).await?;
            }
            let key = key_of(work, &mut conn, check).await?;
            let known = check_store::findings(&mut conn, &id).await?.len() as i64;
            for finding in &findings_of(&launch, said, now, &key, known) {
                check_store::insert_finding(&mut conn, &id, finding).await?;
            }
            if changed {
                check_store::touch(&mut conn, &id, now).await?;
            }
        }
        for task in &said.tasks {
            super::link_task(work, &mut conn, check, said, task, now).await?;
        }
        proposals::void_if_overtaken(work, &mut conn, &id, now).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Whether the due diligence that the provider was asked for may still come: it accepted, and not
/// long ago.
pub(crate) fn may_still_follow(check: &Check, said: &IdvAnswer, now: Moment) -> bool {
    let asked = check.idv().is_ok_and(|i| i.follow_up == FollowUp::Provider);
    asked
        && said.state == ProviderState::Accept
        && said.tasks.is_empty()
        && now - check.outcome_at_ms.unwrap_or(now) < FOLLOW_UP_TIME
}

/// Whether the provider's due diligence is still waited for; when it never came for an accepted
/// check, ours is launched.
async fn waits_for_task(work: &Casework, check: &Check, said: &IdvAnswer) -> Result<bool, Error> {
    let now = work.now();
    if may_still_follow(check, said, now) {
        return Ok(true);
    }
    if check.idv()?.follow_up == FollowUp::Provider && check.state()? == State::Accepted {
        written!(work, async |conn| {
            if is_here(conn, check).await? == Some(State::Accepted) {
                super::launch_follow_up(work, conn, check, &Actor::worker(), now).await?;
            }
            Ok(())
        })?;
        work.wake.notify_waiters();
    }
    Ok(false)
}

async fn key_of(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<MasterKey, Error> {
    customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))
}

/// Fetches the pictures that are not settled yet; gives whether some are still to be had.
async fn fetch(
    work: &Casework,
    client: &Client,
    check: &Check,
    said: &IdvAnswer,
) -> Result<bool, Error> {
    let id = id_of(check);
    let known = {
        let mut reader = work.db.read().await?;
        store::pictures(&mut reader.conn(), &id).await?
    };
    forget_unnamed(work, check, said, &known).await?;
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

/// What was still to be fetched and is not named any more is gone.
async fn forget_unnamed(
    work: &Casework,
    check: &Check,
    said: &IdvAnswer,
    known: &[Picture],
) -> Result<(), Error> {
    let is_named = |p: &Picture| said.pictures.iter().any(|(slot, _)| slot.code() == p.slot);
    let unnamed: Vec<&Picture> = known
        .iter()
        .filter(|p| p.state == "due" && p.origin == "provider" && !is_named(p))
        .collect();
    if unnamed.is_empty() {
        return Ok(());
    }
    let now = work.now();
    written!(work, async |conn| {
        check_store::hold(conn, &id_of(check)).await?;
        for picture in &unnamed {
            let why = Some("KryptoGO does not name this picture any more.".to_owned());
            store::put_picture(
                conn,
                &id_of(check),
                &Picture { state: "gone".into(), why: why.clone(), ..(*picture).clone() },
            )
            .await?;
            let details = json!({ "slot": picture.slot, "why": why });
            journal::append(
                conn,
                &[Actor::worker().entry(
                    now,
                    Action::PictureMissing,
                    Subject::Check,
                    &check.id,
                    details,
                )],
            )
            .await?;
        }
        check_store::retouch(conn, &id_of(check), now).await?;
        Ok(())
    })
}

/// Another reader was faster: what it found stands.
async fn is_settled(conn: &mut Conn<'_>, check: &Check, slot: Slot) -> Result<bool, Error> {
    let known = store::pictures(conn, &id_of(check)).await?;
    Ok(known.iter().any(|p| p.origin == "provider" && p.slot == slot.code() && p.state != "due"))
}

/// Fetches one picture; gives whether it is to be tried again.
async fn fetch_one(
    work: &Casework,
    client: &Client,
    check: &Check,
    slot: Slot,
    address: &str,
    tries: i64,
) -> Result<bool, Error> {
    let got = client.picture(address).await;
    let (state, why) = match got {
        Ok(answer) => {
            let upload = Upload { slot, name: slot.code().into(), bytes: answer.body, turn: 0 };
            match work.darkroom.develop_given(upload).await {
                Ok(picture) => return keep_fetched(work, check, &picture).await.map(|()| false),
                Err(_) => ("failed", "KryptoGO's address gave something that is no picture, or one that is too large to open.".to_owned()),
            }
        }
        Err(CallError::NotFound | CallError::Refused(410, _)) => {
            ("gone", "KryptoGO does not have this picture any more.".to_owned())
        }
        // A signed address runs out; the next read brings a fresh one.
        Err(CallError::Credentials(_)) if tries + 1 < PICTURE_TRIES_MAX => {
            ("due", "It is being fetched.".to_owned())
        }
        Err(CallError::Credentials(_)) => {
            ("failed", "The address that KryptoGO gave for this picture refuses us.".to_owned())
        }
        Err(error) if tries + 1 >= PICTURE_TRIES_MAX || !error.may_pass() => {
            ("failed", error.last_sentence(crate::providers::kryptogo::NAME, tries + 1))
        }
        Err(_) => ("due", "It is being fetched.".to_owned()),
    };
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        if is_here(&mut conn, check).await?.is_none() || is_settled(&mut conn, check, slot).await? {
            return Ok(false);
        }
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
            journal::append(
                &mut conn,
                &[Actor::worker().entry(
                    now,
                    Action::PictureMissing,
                    Subject::Check,
                    &check.id,
                    details,
                )],
            )
            .await?;
        }
    }
    tx.commit().await?;
    Ok(state == "due")
}

async fn keep_fetched(
    work: &Casework,
    check: &Check,
    picture: &pictures::Checked,
) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let object = work.objects.put(&picture.bytes).await?;
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let state = is_here(&mut conn, check).await?;
        if state.is_none() || is_settled(&mut conn, check, picture.slot).await? {
            return Ok(());
        }
        pictures::keep(work, &mut conn, check, "provider", (picture, object.as_ref()), now).await?;
        // A decision must not overlook a picture that came after the page was opened.
        if state.is_some_and(State::needs_person) {
            check_store::touch(&mut conn, &id, now).await?;
        } else {
            check_store::retouch(&mut conn, &id, now).await?;
        }
        proposals::void_if_overtaken(work, &mut conn, &id, now).await?;
    }
    tx.commit().await
}

/// The latest answer that was kept, if one was and can be read.
pub(crate) async fn latest(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Option<IdvAnswer>, Error> {
    let body = crate::records::checks::evidence::latest(work, conn, check, ANSWER).await?;
    Ok(body.and_then(|b| IdvAnswer::read(&b).ok()))
}

/// What a person must judge: each reason, an unknown state, and each field that differs without a
/// reason that says so.
///
/// `known`: how many there are already, so that new ones are numbered on. The customer's key makes
/// the fingerprints, so that they say nothing any more once it is deleted.
fn findings_of(
    launch: &idv::Idv,
    said: &IdvAnswer,
    now: Moment,
    key: &MasterKey,
    known: i64,
) -> Vec<Finding> {
    let rows = idv::compare(&launch.expected, &said.recognised, now);
    let mut findings = Vec::new();
    for reason in &said.reject_reasons {
        findings.push(of_reason(Source::IdvReject, reason, &rows));
    }
    for reason in &said.review_reasons {
        findings.push(of_reason(Source::IdvReview, reason, &rows));
    }
    let (word, reasons) = match said.state {
        ProviderState::Review => ("asks for a review", &said.review_reasons),
        ProviderState::Reject | ProviderState::Initial => ("rejects it", &said.reject_reasons),
        _ => ("", &said.review_reasons),
    };
    if !word.is_empty() && reasons.is_empty() {
        let facts = vec![(
            "what to do next".to_owned(),
            "Look at the raw evidence and at KryptoGO's console before you decide.".to_owned(),
        )];
        findings.push(finding(
            Source::IdvReview,
            word,
            &format!("KryptoGO {word}, and no reason could be read"),
            &[],
            facts,
        ));
    }
    if let ProviderState::Unknown(state) = &said.state {
        let title = format!("KryptoGO gives a state that this version does not know: {state}");
        let facts = vec![(
            "what to do".to_owned(),
            "Look at the check in KryptoGO's console before you decide.".to_owned(),
        )];
        findings.push(finding(Source::IdvReview, "state", &title, &[], facts));
    }
    // Words such as N/A are nothing; the country may be the echo of our own request.
    let is_nothing = rows
        .iter()
        .filter(|row| row.aspect != Aspect::Country)
        .all(|row| row.result == Match::NotAvailable);
    if said.state == ProviderState::Accept && is_nothing && launch.expected.name.is_some() {
        let facts = vec![(
            "what to do next".to_owned(),
            "Look at the pictures, the raw evidence and KryptoGO's console: nothing was compared with what was expected.".to_owned(),
        )];
        findings.push(finding(
            Source::Unread,
            "nothing",
            "KryptoGO accepts, and gives nothing that it recognised",
            &[],
            facts,
        ));
    }
    for row in rows.iter().filter(|r| r.result == Match::Differs) {
        let has_reason = said.review_reasons.iter().any(|r| aspect_of(&r.code) == Some(row.aspect));
        if !has_reason {
            let title = format!("{} differs from what was expected", row.aspect.label());
            findings.push(finding(Source::IdvField, row.aspect.code(), &title, &[row], vec![]));
        }
    }
    for (at, finding) in findings.iter_mut().enumerate() {
        finding.position = known + at as i64 + 1;
        finding.fingerprint = seal::fingerprint(key, &finding.fingerprint);
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
        None => facts.push((
            "what it means".to_owned(),
            "This version does not know the code; it is shown as it came.".to_owned(),
        )),
    }
    let title = if reason.description.is_empty() {
        format!("Code {}", reason.code)
    } else {
        format!("{} ({})", reason.description, reason.code)
    };
    let row: Vec<&Row> =
        rows.iter().filter(|r| aspect_of(&reason.code) == Some(r.aspect)).collect();
    finding(source, &format!("{}/{}", reason.code, reason.description), &title, &row, facts)
}

fn finding(
    source: Source,
    name: &str,
    title: &str,
    rows: &[&Row],
    mut facts: Vec<(String, String)>,
) -> Finding {
    let text = |marks: &[Mark]| marks.iter().map(|m| m.text.as_str()).collect::<String>();
    let compared: Vec<Compared> = rows
        .iter()
        .map(|row| Compared {
            field: row.aspect.label().to_lowercase(),
            result: row.result,
            found: text(&row.recognised),
        })
        .collect();
    for row in rows {
        if row.result == Match::Differs {
            facts.push(("expected".to_owned(), text(&row.expected)));
        }
        facts.extend(row.note.clone().map(|note| ("difference".to_owned(), note)));
    }
    let values: String = rows.iter().map(|r| text(&r.recognised)).collect();
    Finding::new(source, &format!("{name}\0{values}"), title, &compared, &facts)
}

fn id_of(check: &Check) -> CheckId {
    check.id.as_str().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::idv::Form;
    use serde_json::Value;

    const NOW: Moment = 1_795_521_600_000;

    fn launch() -> idv::Idv {
        let form = Form {
            way: "upload".into(),
            connection: "c".into(),
            customer_reference: "C-1".into(),
            name: "Jörg Müller".into(),
            birth_date: "1984-09-05".into(),
            country: "DEU".into(),
            id_type: "PASSPORT".into(),
            ..Form::default()
        };
        idv::check(&form, &[], NOW).expect("good")
    }

    fn found(answer: Value) -> Vec<Finding> {
        let said = IdvAnswer::read(answer.to_string().as_bytes()).expect("readable");
        findings_of(&launch(), &said, NOW, &MasterKey::random(), 0)
    }

    #[test]
    fn a_rejection_whose_reasons_cannot_be_read_is_still_something_to_judge() {
        for reasons in [json!(null), json!([]), json!("")] {
            let findings =
                found(json!({ "state": 2, "reject_reasons": reasons, "full_name": "Jörg Müller" }));
            assert_eq!(findings.len(), 1, "{reasons}");
            assert!(
                findings[0].source().must_be_judged()
                    && findings[0].title.contains("no reason could be read")
            );
        }
        assert_eq!(
            found(json!({ "state": 2, "reject_reasons": [{ "why": "renamed" }] })).len(),
            1,
            "an unknown form is shown as it came"
        );
        assert!(found(json!({ "state": 0, "full_name": "Jörg Müller" })).is_empty());
    }

    #[test]
    fn an_accept_whose_words_say_nothing_must_be_judged() {
        let echo = json!({ "state": 0, "full_name": "N/A", "birthday": "-", "gender": "UNKNOWN", "country": "DEU", "expected_country": "DEU" });
        for answer in [json!({ "state": 0 }), json!({ "state": 0, "full_name": "N/A" }), echo] {
            let findings = found(answer.clone());
            assert_eq!(findings.len(), 1, "{answer}");
            assert!(
                findings[0].title.contains("gives nothing that it recognised")
                    && findings[0].source().must_be_judged()
            );
        }
    }

    #[test]
    fn words_for_nothing_are_nothing_that_was_recognised() {
        for word in ["N/A", "NA", "-", "UNKNOWN"] {
            let findings = found(
                json!({ "state": 0, "full_name": word, "birthday": word, "country": "DEU", "expected_country": "DEU" }),
            );
            assert_eq!(findings.len(), 1, "{word}: {findings:?}");
            assert!(
                findings[0].source() == Source::Unread && findings[0].source().must_be_judged(),
                "{word}"
            );
        }
    }

    #[test]
    fn a_difference_that_a_reason_tells_of_is_one_finding_and_others_are_their_own() {
        let answer = json!({ "state": 1, "review_reasons": [{ "code": 501, "description": "Birthday" }], "full_name": "Jurgen Mueller", "birthday": "1984-05-09" });
        let findings = found(answer);
        let titles: Vec<&str> = findings.iter().map(|f| f.title.as_str()).collect();
        assert_eq!(titles, ["Birthday (501)", "Name differs from what was expected"]);
        assert_eq!(findings.iter().map(|f| f.position).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(findings[0].compared().len(), 1);
    }

    #[test]
    fn fingerprints_are_the_same_again_under_the_customers_key_only() {
        let said =
            IdvAnswer::read(br#"{"state":2,"reject_reasons":[{"code":106,"description":"Fake"}]}"#)
                .expect("readable");
        let of =
            |key: &MasterKey| findings_of(&launch(), &said, NOW, key, 0)[0].fingerprint.clone();
        let (one, other) = (MasterKey::random(), MasterKey::random());
        assert_eq!(of(&one), of(&one));
        assert_ne!(of(&one), of(&other));
    }

    #[test]
    fn findings_that_come_later_are_numbered_on() {
        let said = IdvAnswer::read(br#"{"state":2,"reject_reasons":[{"code":106},{"code":108}]}"#)
            .expect("readable");
        let later = findings_of(&launch(), &said, NOW, &MasterKey::random(), 3);
        assert_eq!(later.iter().map(|f| f.position).collect::<Vec<_>>(), [4, 5]);
    }
}
