//! Pictures of an ID verification: checked before they are believed, kept as they came, shown re-encoded.
//!
//! What a browser gets is made here: decoded within limits, turned upright, at most 4,096 pixels on its
//! longest side, encoded anew as JPEG, so that no metadata and no trailing data leave the server. The bytes as
//! received stay sealed evidence and are only ever a download.

use super::store::{self, KeptUpload, Picture};
use crate::{
    Casework, Error,
    checks::store::{self as check_store, Check, Evidence},
    customers,
    journal::{self, Actor},
    new_id, seal,
    store::Conn,
};
use domain::{
    CheckId, Moment,
    idv::{self, BROKEN, NOT_A_PICTURE, PictureKind, Slot, check_bytes, check_picture, sniff},
    journal::{Action, Subject},
    time,
};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, codecs::jpeg::JpegEncoder, metadata::Orientation};
use serde_json::json;
use std::io::Cursor;
use tokio::sync::Semaphore;

/// What browsers are shown is at most this long, in pixels.
const SHOWN_SIDE_MAX: u32 = 4_096;
const SHOWN_QUALITY: u8 = 90;
/// A picture that was turned here is sent at this quality.
const TURNED_QUALITY: u8 = 95;
/// Memory that one decoder may take, in bytes.
const DECODE_BYTES_MAX: u64 = 220 * 1024 * 1024;
/// Pixels that are decoded at the same time, in millions.
const MEGAPIXELS_AT_ONCE: u32 = 50;
/// Each picture counts as at least this many, so that no more than two are decoded at once.
const MEGAPIXELS_LEAST: u32 = 25;
/// How long pictures of a refused form are kept.
const KEPT: i64 = time::HOUR;

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

/// Decodes pictures, never more at once than memory allows.
pub struct Darkroom(Semaphore);

impl Default for Darkroom {
    fn default() -> Self {
        Self(Semaphore::new(MEGAPIXELS_AT_ONCE as usize))
    }
}

impl Darkroom {
    /// Checks and develops a picture.
    ///
    /// # Errors
    /// The message beside the field.
    pub async fn develop(&self, upload: Upload) -> Result<Checked, String> {
        check_bytes(upload.bytes.len())?;
        let (kind, width, height) = measure(&upload.bytes)?;
        check_picture(&idv::Picture { bytes: upload.bytes.len(), kind, width, height })?;
        self.develop_measured(upload, kind, width, height).await
    }

    /// Develops a picture that the provider gave: it keeps its own rules for what it takes; only what can be opened counts.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn develop_given(&self, upload: Upload) -> Result<Checked, String> {
        let (kind, width, height) = measure(&upload.bytes)?;
        if u64::from(width) * u64::from(height) > idv::PIXELS_MAX {
            return Err(BROKEN.to_owned());
        }
        self.develop_measured(upload, kind, width, height).await
    }

    async fn develop_measured(&self, upload: Upload, kind: PictureKind, width: u32, height: u32) -> Result<Checked, String> {
        let megapixels = (u64::from(width) * u64::from(height)).div_ceil(1_000_000) as u32;
        // What has to be held whole while it is decoded takes several times as much memory.
        if megapixels > MEGAPIXELS_LEAST && (kind == PictureKind::Png || is_progressive(&upload.bytes)) {
            return Err(TOO_LARGE_TO_OPEN.to_owned());
        }
        let weight = megapixels.clamp(MEGAPIXELS_LEAST, MEGAPIXELS_AT_ONCE);
        let _place = self.0.acquire_many(weight).await.map_err(|_| BROKEN.to_owned())?;
        tokio::task::spawn_blocking(move || develop(upload, kind)).await.unwrap_or_else(|_| Err(BROKEN.to_owned()))
    }
}

const TOO_LARGE_TO_OPEN: &str =
    "This picture has more than 25 megapixels in a form that takes much memory to open. Save it as a plain JPEG, or make it smaller.";

/// Format and sides out of the header, before anything is decoded.
fn measure(bytes: &[u8]) -> Result<(PictureKind, u32, u32), String> {
    let kind = sniff(bytes).ok_or(NOT_A_PICTURE)?;
    let (width, height) = reader(bytes, kind).into_dimensions().map_err(|_| BROKEN)?;
    Ok((kind, width, height))
}

fn reader(bytes: &[u8], kind: PictureKind) -> ImageReader<Cursor<&[u8]>> {
    let format = match kind {
        PictureKind::Jpeg => ImageFormat::Jpeg,
        PictureKind::Png => ImageFormat::Png,
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODE_BYTES_MAX);
    reader.limits(limits);
    reader
}

fn develop(upload: Upload, kind: PictureKind) -> Result<Checked, String> {
    let Upload { slot, name, bytes, turn } = upload;
    if kind == PictureKind::Jpeg && !is_whole_jpeg(&bytes) {
        return Err(BROKEN.to_owned());
    }
    let mut image = decode(&bytes, kind)?;
    let turned = match turn {
        90 => Some(Orientation::Rotate90),
        180 => Some(Orientation::Rotate180),
        270 => Some(Orientation::Rotate270),
        _ => None,
    };
    if let Some(turned) = turned {
        image.apply_orientation(turned);
    }
    let (width, height) = (image.width(), image.height());
    let (kind, bytes) = if turned.is_some() { (PictureKind::Jpeg, encode(&image, TURNED_QUALITY)?) } else { (kind, bytes) };
    check_bytes(bytes.len())?;
    let shown = encode(&smaller(image), SHOWN_QUALITY)?;
    Ok(Checked { slot, name, kind, width, height, bytes, shown })
}

/// Whether a JPEG goes on to its end mark; the decoder paints what is missing grey and says nothing.
///
/// The mark is looked for behind the header of the first scan: what stands before it may be a small picture of its own.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xFF, mark, high, low]) = bytes.get(at..at + 4) {
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
        if *mark == 0xDA {
            return bytes.get(at..).is_some_and(|rest| rest.windows(2).any(|two| two == [0xFF, 0xD9]));
        }
    }
    false
}

/// Whether a JPEG is a progressive one, whose coefficients are all held at once.
fn is_progressive(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xFF, mark, high, low]) = bytes.get(at..at + 4) {
        match mark {
            0xC2 | 0xC6 | 0xCA | 0xCE => return true,
            0xDA => return false,
            _ => at += 2 + usize::from(u16::from_be_bytes([*high, *low])),
        }
    }
    false
}

/// Decoded and turned upright, as the camera noted it, in eight bits of red, green and blue.
fn decode(bytes: &[u8], kind: PictureKind) -> Result<DynamicImage, String> {
    let mut decoder = reader(bytes, kind).into_decoder().map_err(|_| BROKEN)?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|_| BROKEN)?;
    let mut image = DynamicImage::ImageRgb8(image.into_rgb8());
    image.apply_orientation(orientation);
    Ok(image)
}

fn smaller(image: DynamicImage) -> DynamicImage {
    if image.width().max(image.height()) > SHOWN_SIDE_MAX { image.thumbnail(SHOWN_SIDE_MAX, SHOWN_SIDE_MAX) } else { image }
}

fn encode(image: &DynamicImage, quality: u8) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).map_err(|_| BROKEN)?;
    Ok(bytes)
}

/// Keeps a picture of a check: the bytes as evidence, what browsers are shown beside it. Gives the evidence's id.
pub(crate) async fn keep(
    work: &Casework,
    conn: &mut Conn<'_>,
    check: &Check,
    origin: &str,
    picture: &Checked,
    now: Moment,
) -> Result<String, Error> {
    let id = CheckId::from(check.id.as_str());
    let key = customers::key(work, conn, &check.customer_id)
        .await?
        .ok_or_else(|| Error::Corrupt(format!("customer {} was erased", check.customer_id)))?;
    let source = format!("picture_{}", picture.slot.code());
    let sha256 = crate::sha256_hex(&picture.bytes);
    let evidence_id = match store::evidence_of(conn, &id, &source, &sha256).await? {
        // The provider gave back what we had uploaded.
        Some(known) => known,
        None => {
            let evidence = Evidence {
                id: new_id(),
                source,
                sha256: sha256.clone(),
                content_type: picture.kind.code().into(),
                size: picture.bytes.len() as i64,
                received_at_ms: now,
            };
            let sealed = seal::seal_evidence(&key, &evidence.id, &picture.bytes);
            check_store::insert_evidence(conn, &id, &evidence, &sealed).await?;
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
    let details = json!({ "slot": row.slot, "origin": origin, "sha256": sha256, "size": picture.bytes.len() });
    journal::append(conn, &[Actor::worker().entry(now, Action::PictureKept, Subject::Check, &check.id, details)]).await?;
    Ok(evidence_id)
}

/// What a browser is shown of a picture: bytes and their type.
///
/// # Errors
/// Unknown, erased, damaged, or the database.
pub async fn shown(work: &Casework, check: &CheckId, evidence: &str) -> Result<(Vec<u8>, String), Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let (sealed, content_type, customer) = store::rendition(&mut conn, check, evidence).await?.ok_or(Error::NotFound)?;
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

/// Keeps the good pictures of a refused form, sealed and for an hour.
///
/// # Errors
/// The database.
pub async fn keep_for_later(work: &Casework, owner: &str, pictures: &[Checked]) -> Result<Vec<Waiting>, Error> {
    let now = work.now();
    let mut waiting = Vec::new();
    let mut tx = work.db.write().await?;
    {
        let mut conn = tx.conn();
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
            store::keep_upload(&mut conn, owner, &kept, now).await?;
            waiting.extend(words_of(&kept));
        }
    }
    tx.commit().await?;
    Ok(waiting)
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
    let Some(kept) = store::kept_upload(&mut reader.conn(), owner, id, work.now() - KEPT).await? else { return Ok(None) };
    let bytes = work.sealer.open(&place(id), &kept.sealed)?.to_vec();
    Ok(Slot::parse(&kept.slot).map(|slot| Upload { slot, name: kept.name, bytes, turn: 0 }))
}

/// Forgets kept pictures whose form never came.
///
/// # Errors
/// The database.
pub(crate) async fn sweep(work: &Casework) -> Result<(), Error> {
    let mut tx = work.db.write().await?;
    store::forget_uploads(&mut tx.conn(), work.now() - KEPT).await?;
    tx.commit().await
}

/// Forgets kept pictures that a launch used.
pub(super) async fn forget_kept(conn: &mut Conn<'_>, owner: &str, ids: &[String]) -> Result<(), Error> {
    for id in ids {
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
        words: format!("{}, {format}, {} × {} pixels", kept.name, side(kept.width), side(kept.height)),
    })
}

fn place(id: &str) -> String {
    format!("kept_uploads|sealed|{id}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::png::PngEncoder};

    fn png(width: u32, height: u32) -> Vec<u8> {
        let image = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]));
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes).write_image(&image, width, height, ExtendedColorType::Rgb8).expect("encodes");
        bytes
    }

    fn upload(bytes: Vec<u8>, turn: u16) -> Upload {
        Upload { slot: Slot::Front, name: "a.png".into(), bytes, turn }
    }

    /// A PNG that claims these sides and has almost no data.
    fn claims(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = png(400, 301);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let sum = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    /// The check sum of a PNG chunk.
    fn crc32(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |sum, byte| {
            (0..8).fold(sum ^ u32::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 })
        })
    }

    #[tokio::test]
    async fn a_good_picture_is_kept_as_it_came_and_shown_as_jpeg_without_what_else_it_carried() {
        let mut bytes = png(400, 301);
        bytes.extend_from_slice(b"PK\x03\x04<script>alert(1)</script>CANARY");
        let checked = Darkroom::default().develop(upload(bytes.clone(), 0)).await.expect("good");
        assert_eq!((checked.width, checked.height, checked.kind), (400, 301, PictureKind::Png));
        assert_eq!(checked.bytes, bytes);
        assert_eq!(sniff(&checked.shown), Some(PictureKind::Jpeg));
        assert!(!checked.shown.windows(6).any(|w| w == b"CANARY"));
    }

    #[tokio::test]
    async fn a_turned_picture_is_sent_turned() {
        let checked = Darkroom::default().develop(upload(png(400, 301), 90)).await.expect("good");
        assert_eq!((checked.width, checked.height, checked.kind), (301, 400, PictureKind::Jpeg));
        assert_eq!(measure(&checked.bytes), Ok((PictureKind::Jpeg, 301, 400)));
    }

    #[tokio::test]
    async fn a_large_picture_is_shown_smaller() {
        let checked = Darkroom::default().develop(upload(png(5_000, 400), 0)).await.expect("good");
        let (_, width, height) = measure(&checked.shown).expect("a picture");
        assert_eq!((width, height), (4_096, 328));
        assert_eq!((checked.width, checked.height), (5_000, 400));
    }

    #[tokio::test]
    async fn what_is_no_picture_is_refused_in_words() {
        let truncated = png(400, 301)[..200].to_vec();
        for (bytes, words) in [
            (b"<!doctype html><script>".to_vec(), "not a JPEG or PNG"),
            (b"GIF89a...........".to_vec(), "not a JPEG or PNG"),
            (vec![], "empty"),
            (truncated, "cannot be opened"),
            (b"\x89PNG\r\n\x1a\n".to_vec(), "cannot be opened"),
            (b"\xFF\xD8\xFF\xE0junk".to_vec(), "cannot be opened"),
            (claims(60_000, 60_000), "below 8,000"),
            (claims(7_900, 7_900), "50 megapixels"),
            (claims(7_000, 7_000), "25 megapixels"),
            (claims(4_000, 4_000), "cannot be opened"),
            (png(200, 100), "above 300"),
            (vec![0; idv::PICTURE_BYTES_MAX + 1], "15 MB"),
        ] {
            let refused = Darkroom::default().develop(upload(bytes, 0)).await.expect_err(words);
            assert!(refused.contains(words), "{refused}");
        }
    }

    #[tokio::test]
    async fn the_cameras_orientation_is_applied_before_it_is_dropped() {
        let image = DynamicImage::ImageRgb8(RgbImage::new(400, 301));
        let mut jpeg = encode(&image, 90).expect("encodes");
        // APP1 with an EXIF block whose only entry is orientation 6: turn clockwise.
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
        let mut app1 = vec![0xFF, 0xE1];
        app1.extend_from_slice(&(exif.len() as u16 + 2).to_be_bytes());
        app1.append(&mut exif);
        jpeg.splice(2..2, app1);
        let checked = Darkroom::default().develop(upload(jpeg, 0)).await.expect("good");
        let (_, width, height) = measure(&checked.shown).expect("a picture");
        assert_eq!((width, height), (301, 400));
        assert!(!checked.shown.windows(4).any(|w| w == b"Exif"));
    }
}
