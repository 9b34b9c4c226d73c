//! Evidence: bodies as they were received, sealed with their customer's key, and never changed.

use super::*;
use crate::{
    Casework, Error, MasterKey,
    journal::{self, Actor, parts::EVIDENCE},
    new_id,
    objects::Object,
    providers::{Answer, NOT_TAKEN, REFUSAL, overheard::Overheard},
    records::{customers, proposals},
    seal::{self, About},
    store::{Conn, exec, row, rows},
};
use domain::journal::{Action, Subject};
use domain::{CheckId, Moment};
use serde_json::json;

/// A body of evidence without the body.
#[derive(Debug, Clone)]
pub struct Evidence {
    pub id: String,
    pub source: String,
    /// What it is kept under; only the customer's key can tell which bytes that means.
    pub name: String,
    /// Of the bytes as received; empty when the customer was erased.
    pub sha256: String,
    pub content_type: String,
    /// 0 when the customer was erased.
    pub size: i64,
    pub received_at_ms: i64,
}

/// A body of evidence as it stands in its row, without the body.
#[derive(Debug, sqlx_macros::FromRow)]
pub(crate) struct EvidenceRow {
    pub id: String,
    pub source: String,
    pub name: String,
    /// SHA-256 and size, sealed.
    pub about: Option<Vec<u8>>,
    pub content_type: String,
    pub received_at_ms: i64,
}

pub(crate) async fn evidence(
    conn: &mut Conn<'_>,
    check: &CheckId,
) -> Result<Vec<EvidenceRow>, Error> {
    Ok(rows!(
        conn,
        EvidenceRow,
        "SELECT id, source, name, about, content_type, received_at_ms FROM evidence WHERE check_id = $1 ORDER BY received_at_ms, id",
        check.as_str()
    )?)
}

/// A body of evidence as it is kept.
#[derive(Debug, Clone, sqlx_macros::FromRow)]
pub(crate) struct Kept {
    /// The body; of a large file, the key of its object.
    pub sealed: Vec<u8>,
    pub name: String,
    /// SHA-256 and size, sealed.
    pub about: Option<Vec<u8>>,
    pub content_type: String,
    pub object: Option<String>,
    pub object_sha256: Option<String>,
}

pub(crate) async fn kept_body(
    conn: &mut Conn<'_>,
    check: &CheckId,
    id: &str,
) -> Result<Option<Kept>, Error> {
    Ok(row!(
        conn,
        Kept,
        "SELECT sealed, name, about, content_type, object, object_sha256 FROM evidence WHERE id = $1 AND check_id = $2",
        id,
        check.as_str()
    )?)
}

/// The id of a body of evidence by its name, if it is kept already.
pub(crate) async fn kept_as(
    conn: &mut Conn<'_>,
    check: &CheckId,
    source: &str,
    name: &str,
) -> Result<Option<String>, Error> {
    Ok(row!(
        conn,
        (String,),
        "SELECT id FROM evidence WHERE check_id = $1 AND source = $2 AND name = $3",
        check.as_str(),
        source,
        name
    )?
    .map(|(id,)| id))
}

/// How many bodies of a source are kept.
pub(crate) async fn evidence_of_source(
    conn: &mut Conn<'_>,
    check: &CheckId,
    source: &str,
) -> Result<i64, Error> {
    let count = row!(
        conn,
        (i64,),
        "SELECT CAST(COUNT(*) AS BIGINT) FROM evidence WHERE check_id = $1 AND source = $2",
        check.as_str(),
        source
    )?;
    Ok(count.map_or(0, |(count,)| count))
}

pub(crate) async fn latest_evidence(
    conn: &mut Conn<'_>,
    check: &CheckId,
    source: &str,
) -> Result<Option<(String, Vec<u8>)>, Error> {
    Ok(row!(
        conn,
        (String, Vec<u8>),
        "SELECT id, sealed FROM evidence WHERE check_id = $1 AND source = $2 ORDER BY received_at_ms DESC, id DESC LIMIT 1",
        check.as_str(),
        source
    )?)
}

/// The body of a source that came last, without the body.
#[derive(Debug, sqlx_macros::FromRow)]
pub(crate) struct LastKept {
    pub id: String,
    pub name: String,
    pub received_at_ms: i64,
}

pub(crate) async fn last_of_source(
    conn: &mut Conn<'_>,
    check: &CheckId,
    source: &str,
) -> Result<Option<LastKept>, Error> {
    Ok(row!(
        conn,
        LastKept,
        "SELECT id, name, received_at_ms FROM evidence WHERE check_id = $1 AND source = $2 ORDER BY received_at_ms DESC, id DESC LIMIT 1",
        check.as_str(),
        source
    )?)
}

/// A body of evidence that is about to be kept.
pub(crate) struct NewEvidence {
    pub id: String,
    pub source: String,
    pub name: String,
    pub about: Vec<u8>,
    pub content_type: String,
    pub received_at_ms: i64,
}

impl NewEvidence {
    pub fn of(key: &MasterKey, source: &str, body: &[u8], content_type: &str, now: Moment) -> Self {
        let (id, about) =
            (new_id(), About { sha256: crate::sha256_hex(body), size: body.len() as i64 });
        Self {
            source: source.to_owned(),
            name: seal::evidence_name(key, &about.sha256),
            about: seal::seal_about(key, &id, &about),
            content_type: content_type.to_owned(),
            received_at_ms: now,
            id,
        }
    }

    /// Sorts behind the body that came before it, also where the clock of whoever kept that one is
    /// ahead.
    pub(crate) fn comes_after(&mut self, last: &LastKept) {
        if (self.received_at_ms, &self.id) <= (last.received_at_ms, &last.id) {
            self.received_at_ms = last.received_at_ms + 1;
        }
    }
}

pub(crate) async fn insert_evidence(
    conn: &mut Conn<'_>,
    check: &CheckId,
    e: &NewEvidence,
    sealed: &[u8],
    object: Option<&Object>,
) -> Result<u64, Error> {
    let inserted = exec!(
        conn,
        "INSERT INTO evidence (id, check_id, source, name, content_type, size, sealed, received_at_ms, object, object_sha256, about) \
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9, $10) \
         ON CONFLICT (check_id, source, name) DO NOTHING",
        &e.id,
        check.as_str(),
        &e.source,
        &e.name,
        &e.content_type,
        sealed,
        e.received_at_ms,
        object.map(|o| o.name.as_str()),
        object.map(|o| o.sha256.as_str()),
        e.about.as_slice()
    )?;
    if inserted > 0 {
        conn.wrote(EVIDENCE, &e.id);
    }
    Ok(inserted)
}

/// A check's evidence with what only the customer's key tells of it. What cannot be opened is left
/// empty; its own page says why.
pub(crate) async fn evidence_of(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
) -> Result<Vec<Evidence>, Error> {
    let rows = evidence(conn, &CheckId::from(check.id.as_str())).await?;
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let key = match customers::key(work, conn, &check.customer_id).await {
        Ok(key) => key,
        Err(Error::Seal(_)) => None,
        Err(error) => return Err(error),
    };
    let opened = rows.into_iter().map(|row| {
        let about = key
            .as_ref()
            .zip(row.about.as_ref())
            .and_then(|(key, about)| seal::open_about(key, &row.id, about).ok());
        let seal::About { sha256, size } = about.unwrap_or_default();
        let EvidenceRow { id, source, name, content_type, received_at_ms, .. } = row;
        Evidence { id, source, name, sha256, content_type, size, received_at_ms }
    });
    Ok(opened.collect())
}

pub(crate) async fn latest(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    source: &str,
) -> Result<Option<Vec<u8>>, Error> {
    let Some((id, sealed)) =
        latest_evidence(conn, &CheckId::from(check.id.as_str()), source).await?
    else {
        return Ok(None);
    };
    let Some(key) = customers::key(work, conn, &check.customer_id).await? else { return Ok(None) };
    Ok(Some(seal::open_evidence(&key, &id, &sealed)?.to_vec()))
}

/// A body of evidence, opened and checked against its name.
#[derive(Debug, Clone)]
pub struct Body {
    pub bytes: Vec<u8>,
    /// What it is kept under.
    pub name: String,
    /// Of the bytes as they are now.
    pub sha256: String,
    pub content_type: String,
    /// Whether the bytes still are what was received.
    pub intact: bool,
}

/// Opens one body of evidence of a check.
///
/// # Errors
/// Unknown, erased, damaged, or the database.
pub async fn evidence_body(work: &Casework, check_id: &CheckId, id: &str) -> Result<Body, Error> {
    let (Kept { sealed, name, about, content_type, object, object_sha256 }, key) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let check = find(&mut conn, check_id).await?.ok_or(Error::NotFound)?;
        let kept = kept_body(&mut conn, check_id, id).await?.ok_or(Error::NotFound)?;
        (kept, customers::key(work, &mut conn, &check.customer_id).await?.ok_or(Error::NotFound)?)
    };
    let mut opened = match &object {
        None => seal::open_evidence(&key, id, &sealed)?,
        Some(object) => {
            let object_key = seal::open_object_key(&key, id, &sealed)?;
            work.objects
                .open(id, object, object_sha256.as_deref().unwrap_or_default(), &object_key)
                .await?
        }
    };
    // Pictures are large: never more than the envelope and what was in it at once.
    drop(sealed);
    let bytes = std::mem::take(&mut *opened);
    let sha256 = crate::sha256_hex(&bytes);
    let is_what_it_says = about.is_some_and(|about| {
        seal::open_about(&key, id, &about).is_ok_and(|about| about.sha256 == sha256)
    });
    let intact = is_what_it_says && seal::is_named(&name, &seal::evidence_name(&key, &sha256));
    Ok(Body { intact, bytes, name, sha256, content_type })
}

/// Keeps what was heard of a provider that was no usable answer. It is evidence, too: who looks
/// into a check that did not come through reads there what was said.
pub(crate) async fn keep_overheard(
    work: &Casework,
    id: &CheckId,
    heard: &[Overheard],
) -> Result<(), Error> {
    if heard.is_empty() {
        return Ok(());
    }
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let check = hold(&mut conn, id).await?.ok_or(Error::NotFound)?;
        // Erased meanwhile: nothing more is kept of this customer.
        if customers::key(work, &mut conn, &check.customer_id).await?.is_none() {
            return Ok(());
        }
        for source in [REFUSAL, NOT_TAKEN] {
            let left = REFUSALS_MAX - evidence_of_source(&mut conn, id, source).await?;
            let said = heard.iter().filter(|one| one.source == source);
            for Overheard { answer, .. } in said.take(usize::try_from(left).unwrap_or_default()) {
                keep_file(work, &mut conn, &check, source, answer, None, now).await?;
            }
        }
        retouch(&mut conn, id, now).await?;
        proposals::void_if_overtaken(work, &mut conn, id, now).await?;
    }
    tx.commit().await
}

/// Keeps a body byte for byte, sealed with its customer's key. The same body again and again is
/// kept once; one that comes again after others is kept again, so that the last of its source is
/// always what came last.
///
/// Gives the name that it is kept under. The caller holds the check.
pub(crate) async fn keep(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    source: &str,
    answer: &Answer,
    now: Moment,
) -> Result<String, Error> {
    let (id, key) = (check.id.as_str().into(), key_of(work, conn, check).await?);
    let mut evidence = NewEvidence::of(&key, source, &answer.body, &answer.content_type, now);
    if let Some(last) = last_of_source(conn, &id, source).await? {
        if seal::is_named(&last.name, &evidence.name) {
            return Ok(last.name);
        }
        evidence.comes_after(&last);
        if kept_as(conn, &id, source, &evidence.name).await?.is_some() {
            let number = evidence_of_source(conn, &id, source).await? + 1;
            evidence.name = seal::name_again(&evidence.name, number);
        }
    }
    add_evidence(conn, check, &key, &evidence, (answer.body.as_slice(), None), now).await?;
    Ok(evidence.name)
}

/// Keeps what is no word on how the check stands, such as a file, whose bytes may lie outside the
/// database: then the object is durable already. The same body of a source is kept once, whatever
/// came in between.
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
    add_evidence(conn, check, &key, &evidence, (answer.body.as_slice(), object), now).await?;
    Ok(evidence.name)
}

/// Writes a body with its entry in the journal, unless there is one of its name.
async fn add_evidence(
    conn: &mut Conn<'_>,
    check: &Check,
    key: &MasterKey,
    evidence: &NewEvidence,
    (body, object): (&[u8], Option<&Object>),
    now: Moment,
) -> Result<(), Error> {
    let sealed = sealed_for_row(key, &evidence.id, body, object);
    if insert_evidence(conn, &CheckId::from(check.id.as_str()), evidence, &sealed, object).await?
        > 0
    {
        let details =
            json!({ "evidence": evidence.id, "source": evidence.source, "name": evidence.name });
        journal::append(
            conn,
            &[Actor::worker().entry(now, Action::EvidenceKept, Subject::Check, &check.id, details)],
        )
        .await?;
    }
    Ok(())
}

/// What the row of evidence holds: the body, or the key of the object that holds it.
pub(crate) fn sealed_for_row(
    key: &MasterKey,
    evidence_id: &str,
    body: &[u8],
    object: Option<&Object>,
) -> Vec<u8> {
    match object {
        Some(object) => seal::seal_object_key(key, evidence_id, &object.key),
        None => seal::seal_evidence(key, evidence_id, body),
    }
}

/// The most bodies of refusals that are kept of one check, and of answers that were not taken: a
/// provider that is down for days says the same in other words, and that leaves room for what is
/// about somebody else.
const REFUSALS_MAX: i64 = 20;

async fn key_of(work: &Casework, conn: &mut Conn<'_>, check: &Check) -> Result<MasterKey, Error> {
    customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))
}
