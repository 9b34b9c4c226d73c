//! What providers answer becomes evidence, findings and the next state of a check.

use super::{
    facts,
    store::{self, Check, Finding, NewEvidence},
};
use crate::{
    Casework, Error, MasterKey, customers,
    journal::{self, Actor},
    new_id,
    objects::Object,
    policies,
    providers::{
        Answer, CallError,
        kryptogo::{Client, Details, Item, Summary},
    },
    seal,
    store::Conn,
};
use domain::{
    CheckId, Moment,
    checks::{self, Band, NO_RISK, State},
    connections::Provider,
    findings::{Compared, Known, Source, compare_country, compare_date, compare_name},
    journal::{Action, Subject},
    launch::DueDiligence,
};
use serde_json::json;

/// Evidence sources.
pub const SUMMARY: &str = "summary";
pub const DETAILS: &str = "details";

/// The most findings that are kept of one outcome; a provider that sends more is cut, and the raw evidence has all.
const FINDINGS_MAX: usize = 500;

/// How a read of the provider's state went.
#[derive(Debug, PartialEq, Eq)]
pub enum Read {
    /// Nothing more is expected.
    Finished,
    /// Ask again later.
    Running,
}

/// Reads a task's state at the provider and carries over what it says. A task decided already is read too,
/// so that a decision made at the provider is seen.
///
/// # Errors
/// The call, or the database.
pub async fn read_again(work: &Casework, client: &Client, check: &Check) -> Result<Read, Error> {
    let Some(task_id) = check.provider_ref.as_deref() else { return Ok(Read::Finished) };
    let (answer, summary) = client.summary(task_id).await?;
    match check.state()? {
        State::Queued | State::Running => {
            let done = summary.progress.is_some_and(|p| p >= 100);
            if !done {
                progressed(work, check, &summary).await?;
                return Ok(Read::Running);
            }
            // Both reads happen before the transaction: no provider is awaited inside one.
            let details = client.details(task_id).await?;
            arrived(work, check, (&answer, &summary), (&details.0, &details.1)).await?;
        }
        State::ToReview | State::Proposed | State::Accepted | State::Rejected => says(work, check, &answer, &summary).await?,
        State::Draft | State::Failed | State::Withdrawn => {}
    }
    Ok(Read::Finished)
}

async fn progressed(work: &Casework, check: &Check, summary: &Summary) -> Result<(), Error> {
    let progress = summary.progress.unwrap_or(check.progress).clamp(0, 99);
    let says = if summary.progress.is_some() { format!("{progress} %") } else { "progress unknown".to_owned() };
    let mut tx = work.db.write().await?;
    store::progressed(&mut tx.conn(), &id_of(check), progress, &says, work.now()).await?;
    tx.commit().await
}

/// The outcome is here: evidence, findings, risk, deadline, state; one transaction.
async fn arrived(work: &Casework, check: &Check, summary: (&Answer, &Summary), details: (&Answer, &Details)) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let launch = check.launch()?;
    // A score below the scale says nothing; it must not look like the lowest risk.
    let risk = details.1.risk.or(summary.1.risk).filter(|r| *r >= 0).map(|r| r.min(100));
    let sanctioned = details.1.sanction_matched == Some(true) || summary.1.sanction_matched == Some(true);
    // A sanction hit is 100 by the provider's own rule; a report that forgets to say so must not look harmless.
    let risk = if sanctioned { Some(100) } else { risk };
    let band = risk.map(Band::of);
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        let fresh = store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        if !matches!(fresh.state()?, State::Queued | State::Running) {
            return Ok(());
        }
        let kept =
            [keep(work, &mut conn, check, SUMMARY, summary.0, now).await?, keep(work, &mut conn, check, DETAILS, details.0, now).await?];
        let (key, mut findings) = (key_of(work, &mut conn, check).await?, findings_of(&launch, &details.1.items));
        for finding in &mut findings {
            finding.fingerprint = seal::fingerprint(&key, &finding.fingerprint);
            store::insert_finding(&mut conn, &id, finding).await?;
        }
        for (key, value) in summary.1.metadata.iter().chain(&details.1.metadata) {
            store::put_metadata(&mut conn, &id, key, Some(value)).await?;
        }
        if store::move_to(&mut conn, &id, fresh.state()?, State::ToReview, fresh.version, now).await? == 0 {
            return Ok(());
        }
        let due_at = now + policies::current(&mut conn).await?.review_time(check.kind()?, band);
        store::outcome(
            &mut conn,
            &id,
            risk.unwrap_or(NO_RISK),
            &says_text("completed", details.1.accepted.or(summary.1.accepted), details.1.auditor.as_deref()),
            now,
            due_at,
        )
        .await?;
        let details = json!({ "risk": risk, "findings": findings.len(), "evidence": kept });
        journal::append(&mut conn, &[Actor::worker().entry(now, Action::OutcomeArrived, Subject::Check, id.as_str(), details)]).await?;
    }
    tx.commit().await
}

/// After the outcome, a read only tells whether somebody decided at the provider.
async fn says(work: &Casework, check: &Check, answer: &Answer, summary: &Summary) -> Result<(), Error> {
    let now = work.now();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
        store::hold(&mut conn, &id_of(check)).await?;
        keep(work, &mut conn, check, SUMMARY, answer, now).await?;
        store::provider_says(&mut conn, &id_of(check), &says_text("completed", summary.accepted, None), now).await?;
        facts::void_if_overtaken(work, &mut conn, &id_of(check), now).await?;
    }
    tx.commit().await
}

fn says_text(state: &str, accepted: Option<bool>, by: Option<&str>) -> String {
    let decided = match accepted {
        Some(true) => "accepted there",
        Some(false) => "rejected there",
        None => return state.to_owned(),
    };
    by.map_or_else(|| decided.to_owned(), |by| format!("{decided} by {by}"))
}

/// Keeps a body byte for byte, sealed with its customer's key; the same body twice is kept once.
///
/// Gives the name that it is kept under.
pub(crate) async fn keep(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    source: &str,
    answer: &Answer,
    now: Moment,
) -> Result<String, Error> {
    keep_file(work, conn, check, source, answer, None, now).await
}

/// The same for a file, whose bytes may lie outside the database: then the object is durable already.
pub(crate) async fn keep_file(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    source: &str,
    answer: &Answer,
    object: Option<&Object>,
    now: Moment,
) -> Result<String, Error> {
    let key = key_of(work, conn, check).await?;
    let evidence = NewEvidence::of(&key, source, &answer.body, &answer.content_type, now);
    let sealed = sealed_for_row(&key, &evidence.id, &answer.body, object);
    if store::insert_evidence(conn, &id_of(check), &evidence, &sealed, object).await? > 0 {
        let details = json!({ "evidence": evidence.id, "source": source, "name": evidence.name });
        journal::append(conn, &[Actor::worker().entry(now, Action::EvidenceKept, Subject::Check, &check.id, details)]).await?;
    }
    Ok(evidence.name)
}

async fn key_of(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<MasterKey, Error> {
    customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))
}

/// What the row of evidence holds: the body, or the key of the object that holds it.
pub(crate) fn sealed_for_row(key: &MasterKey, evidence_id: &str, body: &[u8], object: Option<&Object>) -> Vec<u8> {
    match object {
        Some(object) => seal::seal_object_key(key, evidence_id, &object.key),
        None => seal::seal_evidence(key, evidence_id, body),
    }
}

/// Findings in the order that reviewers look: sanctions first.
fn findings_of(launch: &DueDiligence, items: &[Item]) -> Vec<Finding> {
    let known =
        Known { name: &launch.target.name, birth_date: launch.target.birth_date.as_deref(), country: launch.target.country.as_deref() };
    let mut sorted: Vec<&Item> = items.iter().collect();
    sorted.sort_by_key(|i| (source_of(i), std::cmp::Reverse(i.score)));
    sorted.into_iter().take(FINDINGS_MAX).enumerate().map(|(at, item)| finding(&known, item, at as i64 + 1)).collect()
}

fn source_of(item: &Item) -> Source {
    Source::parse(&item.source_name).unwrap_or(Source::Other)
}

fn finding(known: &Known<'_>, item: &Item, position: i64) -> Finding {
    let compare = |field: &str, result, found: Option<&str>| Compared {
        field: field.to_owned(),
        result,
        found: found.unwrap_or_default().to_owned(),
    };
    let compared = [
        compare("name", compare_name(known.name, item.name.as_deref()), item.name.as_deref()),
        compare("birth date", compare_date(known.birth_date, item.birth_date.as_deref()), item.birth_date.as_deref()),
        compare("country", compare_country(known.country, item.country.as_deref()), item.country.as_deref()),
    ];
    Finding {
        id: new_id(),
        source: source_of(item).code().into(),
        source_name: item.source_name.clone(),
        position,
        fingerprint: format!("{}\0{}", item.source_name, item.raw),
        title: item.title.clone(),
        url: item.url.clone().filter(|u| is_web_address(u)),
        snippet: item.snippet.clone(),
        dated: item.date.clone(),
        score: item.score,
        compared: serde_json::to_string(&compared).unwrap_or_default(),
        facts: serde_json::to_string(&item.facts).unwrap_or_default(),
        judgement: "undecided".into(),
        note: None,
        judged_by: None,
        judged_at_ms: None,
    }
}

/// Only addresses that a browser opens as a page become links.
fn is_web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|u| matches!(u.scheme(), "http" | "https") && u.host().is_some())
}

/// What the reviewer reads while a read fails.
#[must_use]
pub(crate) fn trouble_of(error: &CallError, kind: checks::Kind) -> String {
    error.sentence(Provider::of(kind).map_or(crate::providers::kryptogo::NAME, Provider::at_the_start))
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
        let found = findings_of(
            &launch,
            &[item("negative_news", Some(3)), item("mixers", None), item("sanction_list", Some(100)), item("negative_news", Some(9))],
        );
        let order: Vec<_> = found.iter().map(|f| (f.source.as_str(), f.source_name.as_str(), f.score)).collect();
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
