//! The pictures of an upload, checked as the page says: base64, at most 15 MB, each side below 8000
//! pixels, the longest above 300, and bytes that are what the type says.

use std::io::Cursor;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use image::{ImageFormat, ImageReader};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::super::requests::optional_text;
use crate::pictures::{Side, metadata::carries_canary};

const BYTES_MAX: usize = 15 * 1024 * 1024;
const SIDE_MAX: u32 = 8_000;
const LONGEST_MIN: u32 = 300;

/// The four pictures of a verification, in the words of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Slot {
    #[serde(rename = "id_image")]
    Front,
    #[serde(rename = "id_back_image")]
    Back,
    #[serde(rename = "face_image")]
    Face,
    #[serde(rename = "id_and_face_image")]
    FaceWithId,
}

impl Slot {
    pub const ALL: [Slot; 4] = [Slot::Front, Slot::Back, Slot::Face, Slot::FaceWithId];

    /// Member of the request and last part of the picture's address.
    pub fn word(self) -> &'static str {
        match self {
            Slot::Front => "id_image",
            Slot::Back => "id_back_image",
            Slot::Face => "face_image",
            Slot::FaceWithId => "id_and_face_image",
        }
    }

    fn type_key(self) -> &'static str {
        match self {
            Slot::Front => "id_mime_type",
            Slot::Back => "id_back_mime_type",
            Slot::Face => "face_mime_type",
            Slot::FaceWithId => "id_and_face_mime_type",
        }
    }

    /// Member of the answer that has the picture's address.
    pub fn url_key(self) -> String {
        format!("{}_url", self.word())
    }

    pub fn side(self) -> Side {
        match self {
            Slot::Front => Side::Front,
            Slot::Back => Side::Back,
            Slot::Face => Side::Face,
            Slot::FaceWithId => Side::FaceWithId,
        }
    }
}

/// A picture that was received. Its bytes live in memory only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Picture {
    pub mime: String,
    pub size: usize,
    pub sha256: String,
    pub width: u32,
    pub height: u32,
    /// Whether the sender left the specimens' metadata in it.
    pub canary: bool,
    #[serde(skip)]
    pub bytes: Bytes,
}

/// Reads one picture and its type; `None` when it is absent.
pub(crate) fn picture(item: &Map<String, Value>, slot: Slot) -> Result<Option<Picture>, String> {
    let name = slot.word();
    let mime = optional_text(item, slot.type_key())?.unwrap_or_else(|| "image/jpeg".into());
    let format = match mime.as_str() {
        "image/jpeg" => ImageFormat::Jpeg,
        "image/png" => ImageFormat::Png,
        _ => return Err(format!("{} must be image/jpeg or image/png.", slot.type_key())),
    };
    let Some(text) = optional_text(item, name)? else { return Ok(None) };
    if text.starts_with("data:") {
        return Err(format!("{name} must be base64 alone, not a data: address."));
    }
    // Four characters stand for three bytes; what is too long needs no decoding.
    if text.len() / 4 * 3 > BYTES_MAX + 2 {
        return Err(too_large(name));
    }
    let bytes = STANDARD.decode(&text).map_err(|_| format!("{name} is not base64."))?;
    if bytes.len() > BYTES_MAX {
        return Err(too_large(name));
    }
    let (width, height) = size_of(name, &mime, format, &bytes)?;
    Ok(Some(Picture {
        size: bytes.len(),
        sha256: hex(&Sha256::digest(&bytes)),
        width,
        height,
        canary: carries_canary(&bytes),
        bytes: bytes.into(),
        mime,
    }))
}

fn size_of(
    name: &str,
    mime: &str,
    format: ImageFormat,
    bytes: &[u8],
) -> Result<(u32, u32), String> {
    if image::guess_format(bytes).ok() != Some(format) {
        return Err(format!("{name} is not {mime}."));
    }
    let size = ImageReader::with_format(Cursor::new(bytes), format).into_dimensions();
    let (width, height) = size.map_err(|_| format!("{name} cannot be read as {mime}."))?;
    if width >= SIDE_MAX || height >= SIDE_MAX {
        return Err(format!(
            "{name} is {width} x {height} pixels; each side must be below {SIDE_MAX}."
        ));
    }
    if width.max(height) <= LONGEST_MIN {
        return Err(format!(
            "{name} is {width} x {height} pixels; the longest side must be above {LONGEST_MIN}."
        ));
    }
    Ok((width, height))
}

fn too_large(name: &str) -> String {
    format!("{name} is larger than 15 MB.")
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pictures::{bad, specimen};

    fn read(bytes: &[u8], mime: &str) -> Result<Option<Picture>, String> {
        let item = json!({ "face_image": STANDARD.encode(bytes), "face_mime_type": mime });
        picture(item.as_object().unwrap(), Slot::Face)
    }

    #[test]
    fn a_specimen_is_taken_and_known_by_its_hash() {
        let (bytes, mime) = specimen("emily-clarke", "face").unwrap();
        let picture = read(&bytes, mime).unwrap().unwrap();
        assert_eq!(
            (picture.width, picture.height, picture.size, picture.canary),
            (800, 1_000, bytes.len(), true)
        );
        assert_eq!((picture.sha256.len(), &picture.bytes[..]), (64, &bytes[..]));
        assert_eq!(read(&[], "image/png"), Ok(None), "empty is absent");
    }

    #[test]
    fn what_is_no_such_picture_is_refused_with_its_name() {
        let (face, _) = specimen("emily-clarke", "face").unwrap();
        let spoiled = |name: &str| bad(name).unwrap().0;
        for (bytes, mime, words) in [
            (face.clone(), "image/png", "face_image is not image/png"),
            (face.clone(), "image/webp", "face_mime_type must be"),
            (spoiled("too-small.png"), "image/png", "above 300"),
            (spoiled("too-wide.png"), "image/png", "below 8000"),
            (spoiled("bomb.png"), "image/png", "face_image"),
            (spoiled("not-a-picture.png"), "image/png", "face_image is not image/png"),
            (vec![0xff, 0xd8, 0xff, 0xe0, 1, 2, 3], "image/jpeg", "cannot be read"),
        ] {
            let message = read(&bytes, mime).expect_err(words);
            assert!(message.contains(words), "{message}");
        }
    }

    #[test]
    fn fifteen_megabytes_are_the_limit() {
        let mut large = specimen("emily-clarke", "face").unwrap().0;
        large.resize(BYTES_MAX, 0);
        assert!(read(&large, "image/jpeg").unwrap().is_some());
        large.push(0);
        assert!(read(&large, "image/jpeg").unwrap_err().contains("15 MB"));
    }

    #[test]
    fn only_plain_base64_is_read() {
        let (face, _) = specimen("emily-clarke", "face").unwrap();
        let text = STANDARD.encode(face);
        for (value, word) in [
            (json!(format!("data:image/jpeg;base64,{text}")), "data:"),
            (json!(text[..text.len() - 1].to_owned() + "!"), "base64"),
            (json!(format!("{}\n{}", &text[..76], &text[76..])), "base64"),
            (json!(7), "text"),
        ] {
            let item = json!({ "face_image": value });
            let message = picture(item.as_object().unwrap(), Slot::Face).expect_err(word);
            assert!(message.contains(word), "{message}");
        }
    }
}
