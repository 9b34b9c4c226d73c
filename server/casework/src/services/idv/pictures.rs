//! Pictures of an ID verification: kept as they came, shown re-encoded.
//!
//! What a browser gets was made in the `darkroom`: upright, at most 4,096 pixels on its longest
//! side, encoded anew as JPEG, so that no metadata and no trailing data leave the server. The bytes
//! as received stay sealed evidence and are only ever a download.

use super::store::{self, KeptUpload, Picture};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    new_id,
    objects::Object,
    records::{
        checks::{self as check_store, Check, NewEvidence, evidence::sealed_for_row},
        customers,
    },
    seal,
    store::{Conn, written},
};
use domain::{
    CheckId, Moment,
    idv::{self, PictureKind, Slot},
    journal::{Action, Subject},
    time,
};
use serde_json::json;

/// How long pictures of a refused form are kept.
const KEPT: i64 = time::HOUR;
/// How many are kept for one person: three forms' worth.
const KEPT_MAX: i64 = 12;
/// How many bytes are kept for one person: two forms of the largest pictures.
const KEPT_BYTES_MAX: i64 = 8 * (idv::PICTURE_BYTES_MAX as i64 + 1_024);

/// Said where a kept picture was, once it is not kept any more.
pub const NOT_KEPT_ANY_MORE: &str = "The picture you had chosen is not kept any more: pictures of a form that was not sent are kept for an hour, and only your latest 12. Choose it again.";

/// A picture that came with a form.
#[derive(Debug, Clone)]
pub struct Upload {
    pub slot: Slot,
    /// The file's name, for the person who chose it.
    pub name: String,
    pub bytes: Vec<u8>,
    /// Clockwise: 0, 90, 180 or 270.
    pub turn: u16,
}

/// A picture that passed.
#[derive(Debug, Clone)]
pub struct Checked {
    pub slot: Slot,
    pub name: String,
    pub kind: PictureKind,
    pub width: u32,
    pub height: u32,
    /// What is sent and kept.
    pub bytes: Vec<u8>,
    /// What browsers are shown, as JPEG.
    pub shown: Vec<u8>,
}

/// Keeps a picture of a check, whose object is durable already if it has one: the bytes as
/// evidence, what browsers are shown beside it. Gives the evidence's id.
pub(crate) async fn keep(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    origin: &str,
    (picture, object): (&Checked, Option<&Object>),
    now: Moment,
) -> Result<String, Error> {
    let id = CheckId::from(check.id.as_str());
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let source = format!("picture_{}", picture.slot.code());
    let evidence = NewEvidence::of(&key, &source, &picture.bytes, picture.kind.code(), now);
    let name = evidence.name.clone();
    let evidence_id = match check_store::kept_as(conn, &id, &source, &name).await? {
        // The provider gave back what we had uploaded.
        Some(known) => known,
        None => {
            let sealed = sealed_for_row(&key, &evidence.id, &picture.bytes, object);
            check_store::insert_evidence(conn, &id, &evidence, &sealed, object).await?;
            let shown = seal::seal_rendition(&key, &evidence.id, &picture.shown);
            store::put_rendition(conn, &evidence.id, PictureKind::Jpeg.code(), &shown).await?;
            evidence.id
        }
    };
    let row = Picture {
        slot: picture.slot.code().into(),
        origin: origin.into(),
        state: "kept".into(),
        evidence_id: Some(evidence_id.clone()),
        format: Some(picture.kind.label().into()),
        width: Some(picture.width.into()),
        height: Some(picture.height.into()),
        bytes: Some(picture.bytes.len() as i64),
        why: None,
        tries: 0,
    };
    store::put_picture(conn, &id, &row).await?;
    let details =
        json!({ "slot": row.slot, "origin": origin, "evidence": evidence_id, "name": name });
    journal::append(
        conn,
        &[Actor::worker().entry(now, Action::PictureKept, Subject::Check, &check.id, details)],
    )
    .await?;
    Ok(evidence_id)
}

/// What a browser is shown of a picture: bytes and their type.
///
/// # Errors
/// Unknown, erased, damaged, or the database.
pub async fn shown(
    work: &Casework,
    check: &CheckId,
    evidence: &str,
) -> Result<(Vec<u8>, String), Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let (sealed, content_type, customer) =
        store::rendition(&mut conn, check, evidence).await?.ok_or(Error::NotFound)?;
    let key = customers::key(work, &mut conn, &customer).await?.ok_or(Error::NotFound)?;
    Ok((seal::open_rendition(&key, evidence, &sealed)?, content_type))
}

/// A picture that waits for its form: what the form shows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub id: String,
    pub slot: Slot,
    /// `passport.jpg, JPEG, 1,200 × 760 pixels`.
    pub words: String,
}

/// Keeps the good pictures of a refused form, sealed and for an hour; what is then too much for one
/// person is forgotten, the oldest first.
///
/// # Errors
/// The database.
pub async fn keep_for_later(
    work: &Casework,
    owner: &str,
    pictures: &[Checked],
) -> Result<Vec<Waiting>, Error> {
    let now = work.now();
    written!(work, async |conn| {
        let mut waiting = Vec::new();
        for picture in pictures {
            let id = new_id();
            let kept = KeptUpload {
                slot: picture.slot.code().into(),
                name: picture.name.clone(),
                format: picture.kind.code().into(),
                width: picture.width.into(),
                height: picture.height.into(),
                sealed: work.sealer.seal(&place(&id), &picture.bytes),
                id,
            };
            store::keep_upload(conn, owner, &kept, now).await?;
            waiting.extend(words_of(&kept));
        }
        store::forget_oldest_uploads(conn, owner, KEPT_MAX, KEPT_BYTES_MAX).await?;
        Ok(waiting)
    })
}

/// What a kept picture is called, if it is this owner's and not too old.
///
/// # Errors
/// The database.
pub async fn waiting(work: &Casework, owner: &str, id: &str) -> Result<Option<Waiting>, Error> {
    let mut reader = work.db.read().await?;
    let kept = store::kept_upload(&mut reader.conn(), owner, id, work.now() - KEPT).await?;
    Ok(kept.as_ref().and_then(words_of))
}

/// A kept picture as if it had come with the form.
///
/// # Errors
/// The database, or a damaged envelope.
pub async fn take_kept(work: &Casework, owner: &str, id: &str) -> Result<Option<Upload>, Error> {
    let mut reader = work.db.read().await?;
    let Some(kept) = store::kept_upload(&mut reader.conn(), owner, id, work.now() - KEPT).await?
    else {
        return Ok(None);
    };
    let bytes = work.sealer.open(&place(id), &kept.sealed)?.to_vec();
    Ok(Slot::parse(&kept.slot).map(|slot| Upload { slot, name: kept.name, bytes, turn: 0 }))
}

/// Forgets kept pictures whose form never came.
///
/// # Errors
/// The database.
pub(crate) async fn sweep(work: &Casework) -> Result<(), Error> {
    let mut tx = work.db.begin().await?;
    store::forget_uploads(&mut tx.conn(), work.now() - KEPT).await?;
    tx.commit().await
}

/// Forgets kept pictures that a launch used.
pub(super) async fn forget_kept(
    conn: &mut Conn<'_>,
    owner: &str,
    kept: &[(Slot, String)],
) -> Result<(), Error> {
    for (_, id) in kept {
        store::forget_upload(conn, owner, id).await?;
    }
    Ok(())
}

fn words_of(kept: &KeptUpload) -> Option<Waiting> {
    let side = |n: i64| domain::fields::thousands(usize::try_from(n).unwrap_or(0));
    let format = PictureKind::parse(&kept.format).map_or("picture", PictureKind::label);
    Some(Waiting {
        id: kept.id.clone(),
        slot: Slot::parse(&kept.slot)?,
        words: format!(
            "{}, {format}, {} × {} pixels",
            kept.name,
            side(kept.width),
            side(kept.height)
        ),
    })
}

fn place(id: &str) -> String {
    format!("kept_uploads|sealed|{id}")
}
