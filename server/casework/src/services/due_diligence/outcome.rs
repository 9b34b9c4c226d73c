//! What providers answer becomes evidence, findings and the next state of a check.

use crate::{
    Casework, Error, MasterKey,
    journal::{self, Actor},
    new_id,
    providers::{
        Answer, CallError,
        kryptogo::{ANOTHER_TASK, Client, Details, Item, Summary, Unread},
        overheard,
    },
    records::{
        checks::{self as check_store, Check, Finding, evidence::keep},
        customers, policies, proposals,
    },
    seal,
    services::{Read, unread::unread},
    store::Conn,
};
use domain::{
    CheckId, Moment,
    checks::{self, Band, NO_RISK, State, Telling},
    findings::{
        Compared, Known, Match, Source, compare_country, compare_date, compare_name, note_on_date,
    },
    journal::{Action, Subject},
    launch::DueDiligence,
    risk::{self, Rating},
    time,
};
use serde_json::json;

/// Evidence sources.
pub const SUMMARY: &str = "summary";
pub const DETAILS: &str = "details";

/// The most findings that are kept of one outcome; a provider that sends more is cut, and the raw
/// evidence has all.
const FINDINGS_MAX: usize = 500;

/// How long details are looked for that were missing when everything else was there.
const DETAILS_TIME: i64 = 7 * time::DAY;

/// Reads of details that fail before a check comes to review without them, although the summary is
/// there.
const DETAILS_TRIES: i64 = 2;

/// Reads that do not say how far a task is before its report is taken all the same.
const PROGRESS_TRIES: i64 = 2;

/// What a check says that has no details.
const NO_DETAILS: &str = "KryptoGO gave no details of this task";

/// Reads a task's state at the provider and carries over what it says. A task decided already is
/// read too, so that a decision made at the provider is seen.
///
/// # Errors
/// The call, or the database.
pub async fn read_again(work: &Casework, client: &Client, check: &Check) -> Result<Read, Error> {
    let Some(task_id) = check.provider_ref.as_deref() else { return Ok(Read::Finished) };
    let (answer, summary) = client.summary(task_id).await?;
    let said = (&summary.customer_reference, &summary.target_name, &summary.target_birth_date);
    about_this(check, &answer, said)?;
    match check.state()? {
        State::Queued | State::Running => {
            match summary.progress {
                Some(progress) if progress < 100 => {
                    progressed(work, check, progress).await?;
                    return Ok(Read::Running);
                }
                None if !summary.has_report() => {
                    overheard::not_taken(&answer);
                    return Err(how_far().into());
                }
                None if check.polls_failed < PROGRESS_TRIES => return Err(how_far().into()),
                Some(_) | None => {}
            }
            // Both reads happen before the transaction: no provider is awaited inside one.
            let details = details(client, check, task_id).await?;
            arrived(work, check, (&answer, &summary), details.as_ref()).await?;
            if details.is_none() {
                return Ok(Read::Running);
            }
        }
        State::ToReview | State::Proposed => {
            let late = if waits_for_details(work, check).await? {
                Some(details(client, check, task_id).await?)
            } else {
                None
            };
            says(work, check, (&answer, &summary), None).await?;
            match late {
                Some(Some(details)) => came_late(work, check, &summary, &details).await?,
                Some(None) => return Ok(Read::Running),
                None => {}
            }
        }
        State::Accepted | State::Rejected => {
            // A summary without a report says nothing of what was decided; the details may.
            let is_silent = summary.accepted.is_none() && check.telling()? == Telling::Applied;
            let details = if is_silent { details(client, check, task_id).await } else { Ok(None) };
            // What came is kept, whether the details can be read or not.
            says(work, check, (&answer, &summary), details.as_ref().ok().and_then(Option::as_ref))
                .await?;
            details?;
        }
        State::Draft | State::Failed | State::Withdrawn => {}
    }
    Ok(Read::Finished)
}

/// Refuses an answer that is about somebody else: it is kept, read again, and never an outcome.
///
/// What follows from an ID verification is about whom the document names, which its launch need not
/// know.
fn about_this(
    check: &Check,
    answer: &Answer,
    (reference, name, birth_date): (&Option<String>, &Option<String>, &Option<String>),
) -> Result<(), CallError> {
    let Ok(launch) = check.launch() else { return Ok(()) };
    let is_linked = check.from_check.is_some() || launch.from_idv_id.is_some();
    let is_another =
        if reference.as_ref().is_some_and(|said| said.trim() != launch.customer_reference.trim()) {
            Some("it is about another customer")
        } else if !is_linked
            && name
                .as_ref()
                .is_some_and(|said| compare_name(&launch.target.name, Some(said)) == Match::Differs)
        {
            Some("it is about another name")
        } else if !is_linked
            && compare_date(launch.target.birth_date.as_deref(), birth_date.as_deref())
                == Match::Differs
        {
            Some("it is about another birth date")
        } else {
            None
        };
    match is_another {
        Some(why) => {
            overheard::not_taken(answer);
            Err(CallError::Unusable(why.to_owned()))
        }
        None => Ok(()),
    }
}

/// The details of a task, or nothing where the provider says that it has none: then the summary is
/// all there is for now. The same where it keeps answering something else that is no use, although
/// it gave the summary just before.
async fn details(
    client: &Client,
    check: &Check,
    task_id: &str,
) -> Result<Option<(Answer, Details)>, CallError> {
    let has_waited = check.outcome_at_ms.is_some() || check.polls_failed >= DETAILS_TRIES;
    match client.details(task_id).await {
        Ok((answer, details)) => {
            about_this(
                check,
                &answer,
                (&details.customer_reference, &details.target_name, &details.target_birth_date),
            )?;
            Ok(Some((answer, details)))
        }
        Err(CallError::NotFound | CallError::Refused(..) | CallError::Failed(501, _)) => Ok(None),
        Err(
            CallError::Credentials(_)
            | CallError::Conflict
            | CallError::OutOfPoints
            | CallError::Failed(..),
        ) if has_waited => Ok(None),
        Err(CallError::Unusable(why)) if has_waited && why != ANOTHER_TASK => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a check came to review without its details, not too long ago.
async fn waits_for_details(work: &Casework, check: &Check) -> Result<bool, Error> {
    if check.outcome_at_ms.is_none_or(|at| work.now() - at > DETAILS_TIME) {
        return Ok(false);
    }
    let mut reader = work.db.read().await?;
    let has =
        check_store::latest_evidence(&mut reader.conn(), &id_of(check), DETAILS).await?.is_some();
    work.db.keep(reader);
    Ok(!has)
}

/// Why an answer is no use from which nobody can tell whether the task is done.
fn how_far() -> CallError {
    CallError::Unusable("it does not say how far the task is".to_owned())
}

async fn progressed(work: &Casework, check: &Check, progress: i64) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    check_store::progressed(
        &mut tx.conn(),
        &id_of(check),
        progress,
        &format!("{progress} %"),
        work.now(),
    )
    .await?;
    tx.commit().await
}

/// The outcome is here: evidence, findings, risk, deadline, state; one transaction.
async fn arrived(
    work: &Casework,
    check: &Check,
    (answer, summary): (&Answer, &Summary),
    details: Option<&(Answer, Details)>,
) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let launch = check.launch()?;
    let said = details.map(|(_, details)| details);
    let risk = rating(&launch, summary, said).score;
    let band = risk.map(Band::of);
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        if !matches!(fresh.state()?, State::Queued | State::Running) {
            return Ok(());
        }
        let mut kept = vec![keep(work, &mut conn, check, SUMMARY, answer, now).await?];
        if let Some((answer, _)) = details {
            kept.push(keep(work, &mut conn, check, DETAILS, answer, now).await?);
        }
        let findings =
            add_findings(work, &mut conn, check, findings_of(&launch, summary, said), 0).await?;
        for (key, value) in
            summary.metadata.iter().chain(said.into_iter().flat_map(|d| &d.metadata))
        {
            check_store::put_metadata(&mut conn, &id, key, Some(value)).await?;
        }
        if check_store::move_to(&mut conn, &id, fresh.state()?, State::ToReview, fresh.version, now)
            .await?
            == 0
        {
            return Ok(());
        }
        let due_at = now + policies::current(&mut conn).await?.review_time(check.kind()?, band);
        let accepted = said.and_then(|d| d.accepted).or(summary.accepted);
        check_store::outcome(
            &mut conn,
            &id,
            risk.unwrap_or(NO_RISK),
            &says_text("completed", accepted, said.and_then(|d| d.auditor.as_deref())),
            now,
            due_at,
        )
        .await?;
        let details = json!({ "risk": risk, "findings": findings, "evidence": kept });
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
    tx.commit().await
}

/// Details that were missing when the check came to review: what they find is judged, too, and
/// counts in the risk.
async fn came_late(
    work: &Casework,
    check: &Check,
    summary: &Summary,
    (answer, details): &(Answer, Details),
) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let launch = check.launch()?;
    let risk = rating(&launch, summary, Some(details)).score;
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        // A newer read was asked for while this one was under way: that one looks for them, too.
        if fresh.poll_fence != check.poll_fence {
            return Ok(());
        }
        let kept = keep(work, &mut conn, check, DETAILS, answer, now).await?;
        // Somebody decided meanwhile: the evidence is there, and what the decision saw stays what
        // it was.
        if matches!(fresh.state()?, State::ToReview | State::Proposed) {
            let key = key_of(work, &mut conn, check).await?;
            check_store::drop_undecided(
                &mut conn,
                &id,
                &seal::fingerprint(&key, &unread(&no_details()).fingerprint),
            )
            .await?;
            let known = check_store::findings(&mut conn, &id)
                .await?
                .iter()
                .map(|f| f.position)
                .max()
                .unwrap_or(0);
            let findings = add_findings(
                work,
                &mut conn,
                check,
                findings_of(&launch, summary, Some(details)),
                known,
            )
            .await?;
            for (key, value) in &details.metadata {
                check_store::put_metadata(&mut conn, &id, key, Some(value)).await?;
            }
            let due_at = now
                + policies::current(&mut conn)
                    .await?
                    .review_time(check.kind()?, risk.map(Band::of));
            check_store::rated(&mut conn, &id, risk.unwrap_or(NO_RISK), due_at).await?;
            check_store::touch(&mut conn, &id, now).await?;
            let details = json!({ "risk": risk, "findings": findings, "evidence": [kept] });
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
            proposals::void_if_overtaken(work, &mut conn, &id, now).await?;
        }
    }
    tx.commit().await
}

/// Adds findings, numbered on after those that are `known`; gives how many there were to add.
async fn add_findings(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    mut findings: Vec<Finding>,
    known: i64,
) -> Result<usize, Error> {
    let key = key_of(work, conn, check).await?;
    for (at, finding) in findings.iter_mut().enumerate() {
        finding.position = known + at as i64 + 1;
        finding.fingerprint = seal::fingerprint(&key, &finding.fingerprint);
        check_store::insert_finding(conn, &id_of(check), finding).await?;
    }
    Ok(findings.len())
}

/// Our score beside the provider's, and why they differ.
pub(crate) fn rating(
    launch: &DueDiligence,
    summary: &Summary,
    details: Option<&Details>,
) -> Rating {
    let of = |counts: Option<i64>, said: &Option<String>| said.clone().map(|said| (counts, said));
    let scores =
        [of(summary.risk, &summary.risk_said), details.and_then(|d| of(d.risk, &d.risk_said))];
    // The riskier of two, and one that counts before one that does not.
    let score = scores.into_iter().flatten().max_by_key(|(counts, _)| *counts);
    risk::rate(&risk::Heard {
        counts: score.as_ref().and_then(|(counts, _)| *counts),
        said: score.map(|(_, said)| said),
        is_sanctioned: is_sanctioned(summary, details),
        is_unread: !unread_of(launch, summary, details).is_empty(),
    })
}

fn is_sanctioned(summary: &Summary, details: Option<&Details>) -> bool {
    summary.sanction_matched == Some(true)
        || details.is_some_and(|d| d.sanction_matched == Some(true))
}

/// What is not understood of an outcome, and what is missing in it. Nothing was found only where
/// nothing of this is so.
fn unread_of(launch: &DueDiligence, summary: &Summary, details: Option<&Details>) -> Vec<Unread> {
    let mut all = unread_in(summary);
    let Some(details) = details else {
        all.push(no_details());
        return all;
    };
    all.extend(details.unread.iter().filter(|unread| !summary.unread.contains(unread)).cloned());
    let silent: Vec<&str> = launch
        .sources
        .iter()
        .filter(|asked| !details.sources.iter().any(|s| s.source() == **asked))
        .map(|s| s.label())
        .collect();
    if details.has_results && !silent.is_empty() {
        all.push(Unread::new(format!("Asked, and not in the answer: {}", silent.join(", ")), ""));
    }
    if details.items.len() > FINDINGS_MAX {
        let more = details.items.len() - FINDINGS_MAX;
        all.push(Unread::new(format!("{more} more entries stand in the raw evidence only"), ""));
    }
    all
}

/// What is not understood of a summary.
fn unread_in(summary: &Summary) -> Vec<Unread> {
    let raw = summary.progress_said.as_deref().unwrap_or_default();
    let progress =
        summary.progress.is_none().then(|| Unread::new("How far the task is cannot be read", raw));
    progress.into_iter().chain(summary.unread.iter().cloned()).collect()
}

fn no_details() -> Unread {
    Unread::new(NO_DETAILS, "")
}

/// After the outcome, a read only tells whether somebody decided at the provider.
async fn says(
    work: &Casework,
    check: &Check,
    (answer, summary): (&Answer, &Summary),
    details: Option<&(Answer, Details)>,
) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let said = details.map(|(_, details)| details);
    let accepted = summary.accepted.or(said.and_then(|d| d.accepted));
    let comment = summary.comment.as_deref().or(said.and_then(|d| d.comment.as_deref()));
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        // Somebody asked for a newer read while this one was under way: what it heard may be older.
        if fresh.poll_fence != check.poll_fence {
            return Ok(());
        }
        keep(work, &mut conn, check, SUMMARY, answer, now).await?;
        if let Some((answer, _)) = details {
            keep(work, &mut conn, check, DETAILS, answer, now).await?;
        }
        let auditor = said.and_then(|d| d.auditor.as_deref());
        check_store::provider_says(&mut conn, &id, &says_text("completed", accepted, auditor), now)
            .await?;
        if matches!(fresh.state()?, State::ToReview | State::Proposed) {
            if fresh.trouble.is_some() {
                check_store::set_trouble(&mut conn, &id, None, now).await?;
            }
            told_later(work, &mut conn, &fresh, summary, now).await?;
        }
        if let Some(why) = contradiction(&fresh, accepted, comment)? {
            check_store::set_telling(&mut conn, &id, Telling::Conflict, Some(&why), now).await?;
            let details = json!({ "detail": why });
            journal::append(
                &mut conn,
                &[Actor::worker().entry(
                    now,
                    Action::TellingConflict,
                    Subject::Check,
                    id.as_str(),
                    details,
                )],
            )
            .await?;
        }
        proposals::void_if_overtaken(work, &mut conn, &id, now).await?;
    }
    tx.commit().await
}

/// What a later summary says worse than the outcome did is judged, too, and counts in the risk.
async fn told_later(
    work: &Casework,
    conn: &mut Conn<'_>,
    fresh: &Check,
    summary: &Summary,
    now: Moment,
) -> Result<(), Error> {
    let (id, launch) = (id_of(fresh), fresh.launch()?);
    let details = crate::records::checks::evidence::latest(work, conn, fresh, DETAILS)
        .await?
        .and_then(|body| Details::read(&body).ok());
    let risk = rating(&launch, summary, details.as_ref()).score;
    let known = check_store::findings(conn, &id).await?;
    let mut news: Vec<Finding> = unread_in(summary).iter().map(unread).collect();
    if summary.sanction_matched == Some(true)
        && !known.iter().any(|finding| finding.source() == Source::SanctionList)
    {
        news.push(no_entry());
    }
    let key = key_of(work, conn, fresh).await?;
    let mut added = 0;
    for (at, mut finding) in news.into_iter().enumerate() {
        finding.position = (known.len() + at) as i64 + 1;
        finding.fingerprint = seal::fingerprint(&key, &finding.fingerprint);
        added += check_store::insert_finding(conn, &id, &finding).await?;
    }
    if added == 0 && risk <= fresh.risk() {
        return Ok(());
    }
    let risk = risk.max(fresh.risk());
    let due_at = now + checks::review_time(fresh.kind()?, risk.map(Band::of));
    check_store::rated(conn, &id, risk.unwrap_or(NO_RISK), due_at).await?;
    check_store::touch(conn, &id, now).await?;
    let details = json!({ "risk": risk, "findings": added });
    journal::append(
        conn,
        &[Actor::worker().entry(now, Action::OutcomeArrived, Subject::Check, id.as_str(), details)],
    )
    .await
}

/// Why our decision, which the provider had confirmed, is not what it shows now.
fn contradiction(
    check: &Check,
    accepted: Option<bool>,
    comment: Option<&str>,
) -> Result<Option<String>, Error> {
    let ours = match check.state()? {
        State::Accepted => true,
        State::Rejected => false,
        _ => return Ok(None),
    };
    if check.telling()? != Telling::Applied || accepted != Some(!ours) {
        return Ok(None);
    }
    let comment = comment.map_or_else(String::new, |c| format!(": “{c}”"));
    let word = if ours { "rejected" } else { "accepted" };
    Ok(Some(format!("KryptoGO had confirmed our decision, and shows this as {word} now{comment}")))
}

fn says_text(state: &str, accepted: Option<bool>, by: Option<&str>) -> String {
    let decided = match accepted {
        Some(true) => "accepted there",
        Some(false) => "rejected there",
        None => return state.to_owned(),
    };
    by.map_or_else(|| decided.to_owned(), |by| format!("{decided} by {by}"))
}

async fn key_of(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<MasterKey, Error> {
    customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))
}

/// Findings in the order that reviewers look: what could not be read, then sanctions.
fn findings_of(
    launch: &DueDiligence,
    summary: &Summary,
    details: Option<&Details>,
) -> Vec<Finding> {
    let known = Known {
        name: &launch.target.name,
        birth_date: launch.target.birth_date.as_deref(),
        country: launch.target.country.as_deref(),
    };
    let mut all: Vec<Finding> = unread_of(launch, summary, details).iter().map(unread).collect();
    let items = details.map_or(&[][..], |d| d.items.as_slice());
    if is_sanctioned(summary, details)
        && !items.iter().any(|item| source_of(item) == Source::SanctionList)
    {
        all.push(no_entry());
    }
    let mut sorted: Vec<&Item> = items.iter().collect();
    sorted.sort_by_key(|i| (source_of(i), std::cmp::Reverse(i.score)));
    all.extend(sorted.into_iter().take(FINDINGS_MAX).map(|item| finding(&known, item)));
    all
}

/// A match of which nobody says whom it is with.
fn no_entry() -> Finding {
    let next = "Look at the task in KryptoGO's console before you decide: the answer does not say who was matched.";
    let facts = [("what to do next".to_owned(), next.to_owned())];
    Finding::new(
        Source::SanctionList,
        "no entry",
        "KryptoGO says that a sanction list matched, and names no entry",
        &[],
        &facts,
    )
}

fn source_of(item: &Item) -> Source {
    Source::parse(&item.source_name).unwrap_or(Source::Other)
}

fn finding(known: &Known<'_>, item: &Item) -> Finding {
    let compare = |field: &str, result, found: Option<&str>| Compared {
        field: field.to_owned(),
        result,
        found: found.unwrap_or_default().to_owned(),
    };
    let compared = [
        compare("name", compare_name(known.name, item.name.as_deref()), item.name.as_deref()),
        compare(
            "birth date",
            compare_date(known.birth_date, item.birth_date.as_deref()),
            item.birth_date.as_deref(),
        ),
        compare(
            "country",
            compare_country(known.country, item.country.as_deref()),
            item.country.as_deref(),
        ),
    ];
    let note = note_on_date(known.birth_date, item.birth_date.as_deref());
    let facts: Vec<(String, String)> = item
        .facts
        .iter()
        .cloned()
        .chain(note.map(|note| ("birth date".to_owned(), note.to_owned())))
        .collect();
    Finding {
        id: new_id(),
        source: source_of(item).code().into(),
        source_name: item.source_name.clone(),
        position: 0,
        fingerprint: format!("{}\0{}", item.source_name, item.raw),
        title: item.title.clone(),
        url: item.url.clone().filter(|u| is_web_address(u)),
        snippet: item.snippet.clone(),
        dated: item.date.clone(),
        score: item.score,
        compared: serde_json::to_string(&compared).unwrap_or_default(),
        facts: serde_json::to_string(&facts).unwrap_or_default(),
        judgement: "undecided".into(),
        note: None,
        judged_by: None,
        judged_at_ms: None,
    }
}

/// Only addresses that a browser opens as a page become links.
fn is_web_address(text: &str) -> bool {
    url::Url::parse(text)
        .is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some())
}

fn id_of(check: &Check) -> CheckId {
    check.id.as_str().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_out_are_web_pages_only() {
        for good in ["https://news.example/a?b=c", "http://list.example"] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/relative",
            "",
            "file:///etc/passwd",
            " javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }

    #[test]
    fn sanctions_come_first_and_nothing_is_lost() {
        let launch = DueDiligence {
            customer_reference: "C".into(),
            target: domain::launch::Target {
                kind: domain::checks::Kind::DdKyc,
                name: "You-theng Wang".into(),
                birth_date: Some("1927-03-13".into()),
                country: None,
                registration_number: None,
            },
            search_setting: 1,
            sources: vec![],
            from_idv_id: None,
        };
        let item = |source: &str, score| Item {
            source_name: source.into(),
            title: source.into(),
            score,
            name: Some("WANG You-theng".into()),
            birth_date: Some("1927-03-13".into()),
            ..Item::default()
        };
        let items = vec![
            item("negative_news", Some(3)),
            item("mixers", None),
            item("sanction_list", Some(100)),
            item("negative_news", Some(9)),
        ];
        let details = Details { has_results: true, items, ..Details::default() };
        let summary = Summary { progress: Some(100), ..Summary::default() };
        let found = findings_of(&launch, &summary, Some(&details));
        let order: Vec<_> =
            found.iter().map(|f| (f.source.as_str(), f.source_name.as_str(), f.score)).collect();
        assert_eq!(
            order,
            [
                ("sanction_list", "sanction_list", Some(100)),
                ("negative_news", "negative_news", Some(9)),
                ("negative_news", "negative_news", Some(3)),
                ("other", "mixers", None)
            ]
        );
        let signs: Vec<_> = found[0].compared().iter().map(|c| c.result.code()).collect();
        assert_eq!(signs, ["matches", "matches", "not_available"]);
    }
}
