//! Documents of an identification and of its person: listed, fetched once, sealed, and uploaded.

use super::{
    DOCUMENT, Document, id_of,
    send::{self, Step},
    store,
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    providers::{
        Answer, CallError,
        solaris::{self, Client, DocumentRecord, IdentificationRecord},
    },
    records::{
        checks::{
            self as check_store, Check,
            evidence::{self, Body, keep_file},
        },
        customers, proposals,
    },
    seal,
    services::idv::{pictures::Upload as Picture, store as picture_store},
    store::Conn,
};
use domain::{
    CheckId, Moment, choices,
    fields::{Refused, one_line},
    idv::{PictureKind, Slot},
    journal::{Action, Subject},
    video::DocumentType,
};
use serde_json::json;

choices! {
    /// Where a document is uploaded to.
    pub enum Place {
        Identification = "identification", "To this identification";
        Person = "person", "To the person";
    }
}

/// The largest document that is taken, in bytes.
pub const UPLOAD_MAX: usize = 15 * 1024 * 1024;
/// Tries to fetch a file before it counts as not to be had.
const TRIES_MAX: i64 = 8;
/// More documents than an identification has.
const DOCUMENTS_MAX: usize = 200;

/// What the provider lists of an identification and its person, without what is listed twice; and
/// why the person's could not be read, if they could not.
pub(super) async fn listed(
    client: &Client,
    person: &str,
    record: &IdentificationRecord,
) -> (Vec<(Place, DocumentRecord)>, Option<String>) {
    let own = record.documents.clone().unwrap_or_default();
    let (of_person, why) = match client.documents(person).await {
        Ok(all) => (all, None),
        Err(failure) => {
            tracing::warn!(error = %failure, "documents of a person could not be listed; they are listed at the next read");
            (vec![], Some(not_listed("documents of this person", &failure.error)))
        }
    };
    let mut all: Vec<(Place, DocumentRecord)> =
        own.into_iter().map(|d| (Place::Identification, d)).collect();
    for document in of_person {
        if !all.iter().any(|(_, known)| known.id == document.id) {
            all.push((Place::Person, document));
        }
    }
    all.truncate(DOCUMENTS_MAX);
    (all, why)
}

/// Why a list of the provider's is not known: one that does not exist is another thing than an
/// empty one.
pub(super) fn not_listed(what: &str, error: &CallError) -> String {
    match error {
        CallError::NotFound => format!(
            "{} gives no list of {what} (HTTP 404), so it is not known which there are.",
            solaris::NAME
        ),
        CallError::Failed(501, _) => {
            format!(
                "{} does not offer a list of {what} (HTTP 501), so it is not known which there are.",
                solaris::NAME
            )
        }
        error => {
            format!(
                "The list of {what} could not be read, so it is not known which there are. {}",
                error.last_sentence(solaris::NAME, 1)
            )
        }
    }
}

/// Notes documents that were not known; gives how many those are.
pub(super) async fn note(
    conn: &mut Conn<'_>,
    check: &CheckId,
    listed: &[(Place, DocumentRecord)],
    now: Moment,
) -> Result<usize, Error> {
    let known = store::documents(conn, check).await?;
    let mut new = 0;
    for (place, document) in listed.iter().filter(|(_, d)| d.deleted_at.is_none()) {
        if known.iter().any(|k| k.provider_ref == document.id) {
            continue;
        }
        new += 1;
        let row = Document {
            provider_ref: document.id.clone(),
            place: place.code().into(),
            origin: "provider".into(),
            state: "due".into(),
            name: document.name.clone().unwrap_or_default(),
            document_type: document.document_type.clone(),
            content_type: document.content_type.clone(),
            size: document.size,
            evidence_id: None,
            why: None,
            tries: 0,
            listed_at_ms: now,
            is_picture: 0,
        };
        store::put_document(conn, check, &row).await?;
    }
    Ok(new)
}

/// Fetches the files that are due; gives whether some are still to be had.
pub(super) async fn fetch(
    work: &Casework,
    client: &Client,
    check: &Check,
    person: &str,
) -> Result<bool, Error> {
    let due: Vec<Document> = {
        let mut reader = work.db.read().await?;
        store::documents(&mut reader.conn(), &id_of(check))
            .await?
            .into_iter()
            .filter(|d| d.state == "due")
            .collect()
    };
    let mut waiting = false;
    for document in due {
        waiting |= fetch_one(work, client, check, person, document).await?;
    }
    Ok(waiting)
}

async fn fetch_one(
    work: &Casework,
    client: &Client,
    check: &Check,
    person: &str,
    document: Document,
) -> Result<bool, Error> {
    let got = client.file(person, &document.provider_ref).await;
    let tries = document.tries + 1;
    let (state, why) = match got {
        Ok(file) => return kept(work, check, document, file.bytes).await.map(|()| false),
        Err(failure) => match failure.error {
            CallError::NotFound | CallError::Refused(410, _) => {
                ("gone", "Solaris does not have this file any more.".to_owned())
            }
            error if tries >= TRIES_MAX || !error.may_pass() => {
                ("failed", error.last_sentence(solaris::NAME, tries))
            }
            _ => ("due", "It is being fetched.".to_owned()),
        },
    };
    let now = work.now();
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        check_store::hold(&mut conn, &id_of(check)).await?;
        let details = json!({ "document": document.provider_ref, "why": why });
        let row = Document { state: state.into(), why: Some(why), tries, ..document };
        store::put_document(&mut conn, &id_of(check), &row).await?;
        if state != "due" {
            check_store::retouch(&mut conn, &id_of(check), now).await?;
            journal::append(
                &mut conn,
                &[Actor::worker().entry(
                    now,
                    Action::DocumentMissing,
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

/// Keeps a file as evidence; of a picture also what browsers are shown.
async fn kept(
    work: &Casework,
    check: &Check,
    document: Document,
    bytes: Vec<u8>,
) -> Result<(), Error> {
    let (id, now) = (id_of(check), work.now());
    let content_type = content_type_of(&bytes);
    let is_picture = PictureKind::parse(content_type).is_some();
    let shown = if is_picture {
        let picture =
            Picture { slot: Slot::Front, name: String::new(), bytes: bytes.clone(), turn: 0 };
        // What cannot be developed is still a download.
        work.darkroom.develop_given(picture).await.ok().map(|p| p.shown)
    } else {
        None
    };
    let object = work.objects.put(&bytes).await?;
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let fresh = check_store::hold(&mut conn, &id).await?.ok_or(Error::NotFound)?;
        let Some(key) = customers::key(work, &mut conn, &check.customer_id).await? else {
            return Ok(());
        };
        let answer = Answer { body: bytes, content_type: content_type.into() };
        let kept =
            keep_file(work, &mut conn, check, DOCUMENT, &answer, object.as_ref(), now).await?;
        let evidence =
            check_store::kept_as(&mut conn, &id, DOCUMENT, &kept).await?.ok_or(Error::NotFound)?;
        if let Some(shown) = shown {
            let sealed = seal::seal_rendition(&key, &evidence, &shown);
            picture_store::put_rendition(&mut conn, &evidence, PictureKind::Jpeg.code(), &sealed)
                .await?;
        }
        let details = json!({ "document": document.provider_ref, "type": document.document_type, "evidence": evidence, "name": kept });
        let row = Document {
            state: "kept".into(),
            evidence_id: Some(evidence),
            why: None,
            tries: document.tries + 1,
            ..document
        };
        store::put_document(&mut conn, &id, &row).await?;
        journal::append(
            &mut conn,
            &[Actor::worker().entry(now, Action::DocumentKept, Subject::Check, &check.id, details)],
        )
        .await?;
        // A decision must not overlook a document that came after the page was opened.
        if fresh.state()?.needs_person() {
            check_store::touch(&mut conn, &id, now).await?;
        } else {
            check_store::retouch(&mut conn, &id, now).await?;
        }
        proposals::void_if_overtaken(work, &mut conn, &id, now).await?;
    }
    tx.commit().await
}

/// What the first bytes say; the provider's word is not relied on.
pub(super) fn content_type_of(bytes: &[u8]) -> &'static str {
    if bytes.starts_with(b"%PDF-") {
        return "application/pdf";
    }
    domain::idv::sniff(bytes).map_or("application/octet-stream", PictureKind::code)
}

/// The file of a document, as received.
///
/// # Errors
/// Unknown, not fetched, erased, damaged, or the database.
pub async fn document(work: &Casework, check: &CheckId, provider_ref: &str) -> Result<Body, Error> {
    let found = {
        let mut reader = work.db.read().await?;
        store::documents(&mut reader.conn(), check)
            .await?
            .into_iter()
            .find(|d| d.provider_ref == provider_ref)
    };
    let evidence = found.and_then(|d| d.evidence_id).ok_or(Error::NotFound)?;
    evidence::evidence_body(work, check, &evidence).await
}

/// Promises the upload of a document to the identification or its person; its bytes are kept as
/// evidence first.
///
/// # Errors
/// A message beside each field that stands in the way; a check whose person or identification does
/// not exist; the database.
pub async fn upload(
    work: &Casework,
    actor: &Actor,
    id: &CheckId,
    place: Place,
    document_type: &str,
    name: &str,
    bytes: Vec<u8>,
) -> Result<(), Error> {
    let name: String =
        one_line(name).chars().filter(|c| !c.is_control() && *c != '\0').take(150).collect();
    let mut refused = Refused::of([("place", place.code()), ("document_type", document_type)]);
    let kind = DocumentType::parse(document_type);
    if kind.is_none() {
        refused.refuse("document_type", "Choose what the document is.");
    }
    let content_type = content_type_of(&bytes);
    if bytes.is_empty() {
        refused.refuse("file", "Choose a file.");
    } else if bytes.len() > UPLOAD_MAX {
        refused.refuse("file", "Use at most 15 MB.");
    } else if content_type == "application/octet-stream" {
        refused.refuse(
            "file",
            "Choose a PDF, JPEG or PNG; this file is something else, whatever its name says.",
        );
    }
    let (Some(kind), true) = (kind, refused.is_clean()) else { return Err(refused.into()) };
    let now = work.now();
    let object = work.objects.put(&bytes).await?;
    let mut tx = work.db.begin().await?;
    {
        let mut conn = tx.conn();
        let check = check_store::hold(&mut conn, id)
            .await?
            .filter(super::is_ours)
            .ok_or(Error::NotFound)?;
        let session = store::session(&mut conn, id).await?.ok_or(Error::NotFound)?;
        if matches!(
            check.state()?,
            domain::checks::State::Failed | domain::checks::State::Withdrawn
        ) {
            return Err(refused
                .because("", "This check is over; nothing can be uploaded for it any more.")
                .into());
        }
        if session.person_id.is_none()
            || (place == Place::Identification && check.provider_ref.is_none())
        {
            return Err(refused
                .because(
                    "place",
                    "It does not exist at Solaris yet. Take the steps before this first.",
                )
                .into());
        }
        let answer = Answer { body: bytes, content_type: content_type.into() };
        let kept =
            keep_file(work, &mut conn, &check, DOCUMENT, &answer, object.as_ref(), now).await?;
        let evidence =
            check_store::kept_as(&mut conn, id, DOCUMENT, &kept).await?.ok_or(Error::NotFound)?;
        let name = if name.is_empty() { "document".to_owned() } else { name };
        let payload = json!({ "step": Step::Upload.code(), "place": place.code(), "document_type": kind.code(), "name": name, "evidence": evidence });
        send::promise(&mut conn, &check, payload, now).await?;
        check_store::retouch(&mut conn, id, now).await?;
        let details = json!({ "step": Step::Upload.code(), "type": kind.code(), "place": place.code(), "name": kept });
        journal::append(
            &mut conn,
            &[actor.entry(now, Action::StepLeft, Subject::Check, id.as_str(), details)],
        )
        .await?;
    }
    tx.commit().await?;
    work.wake.notify_waiters();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(content_type_of(b"%PDF-1.7\n"), "application/pdf");
        assert_eq!(content_type_of(&[0xFF, 0xD8, 0xFF, 0xE0]), "image/jpeg");
        assert_eq!(content_type_of(b"\x89PNG\r\n\x1a\nrest"), "image/png");
        for other in [&b"<html>"[..], b"", b"%PD", b"MZ\x90"] {
            assert_eq!(content_type_of(other), "application/octet-stream");
        }
    }
}
