//! What a picture must be before it is sent: the same rule in the browser and on the server.
//!
//! Source: KryptoGO Compliance KYABC API 0.1.0, Create an IDV task: JPEG or PNG, at most 15 MB,
//! each side below 8,000 pixels, the longest above 300.

use crate::choices;

/// 15 MB.
pub const PICTURE_BYTES_MAX: usize = 15 * 1024 * 1024;
/// Each side must be shorter than this, in pixels.
pub const SIDE_MAX: u32 = 8_000;
/// The longest side must be longer than this, in pixels.
pub const SIDE_LONGEST_MIN: u32 = 300;
/// Larger pictures are not decoded, whatever their sides: 50 megapixels.
pub const PIXELS_MAX: u64 = 50_000_000;

/// Said of a file that is no picture.
pub const NOT_A_PICTURE: &str = "This is not a JPEG or PNG picture, whatever its name says. Choose a picture in one of these formats.";
/// Said of a picture that cannot be decoded.
pub const BROKEN: &str = "This picture cannot be opened: the file is damaged or not what it seems. Take the picture again.";

choices! {
    /// The two formats that the provider takes.
    pub enum PictureKind {
        Jpeg = "image/jpeg", "JPEG";
        Png = "image/png", "PNG";
    }
}

/// What is known of a picture before it is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    pub bytes: usize,
    pub kind: PictureKind,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

/// The format by the first bytes; a file's name and declared type prove nothing.
#[must_use]
pub fn sniff(head: &[u8]) -> Option<PictureKind> {
    if head.starts_with(&[0xFF, 0xD8, 0xFF]) {
        Some(PictureKind::Jpeg)
    } else if head.starts_with(&[0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A]) {
        Some(PictureKind::Png)
    } else {
        None
    }
}

/// Checks size and sides.
///
/// # Errors
/// The message beside the field.
pub fn check_picture(picture: &Picture) -> Result<(), String> {
    check_bytes(picture.bytes)?;
    let (width, height) = (picture.width, picture.height);
    if width >= SIDE_MAX || height >= SIDE_MAX {
        return Err(format!(
            "This picture is {width} × {height} pixels. Each side must be below 8,000: make it smaller."
        ));
    }
    if width.max(height) <= SIDE_LONGEST_MIN {
        return Err(format!(
            "This picture is {width} × {height} pixels. Its longest side must be above 300: take it again, closer or sharper."
        ));
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(format!(
            "This picture is {width} × {height} pixels. Make it smaller: at most 50 megapixels."
        ));
    }
    Ok(())
}

/// Checks the size alone, before anything of it is read.
///
/// # Errors
/// The message beside the field.
pub fn check_bytes(bytes: usize) -> Result<(), String> {
    if bytes == 0 {
        return Err("This file is empty. Choose another.".into());
    }
    if bytes > PICTURE_BYTES_MAX {
        // In tenths, rounded up, so that a file just over the limit does not read as the limit.
        let tenths = (bytes * 10).div_ceil(1024 * 1024);
        return Err(format!(
            "This file has {}.{} MB. At most 15 MB are taken: make the picture smaller.",
            tenths / 10,
            tenths % 10
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Picture {
        Picture { bytes: 1_000, kind: PictureKind::Png, width, height }
    }

    #[test]
    fn sides_are_the_providers() {
        for (width, height, good) in [
            (301, 1, true),
            (300, 300, false),
            (7_999, 100, true),
            (8_000, 100, false),
            (100, 8_000, false),
            (7_500, 7_500, false),
        ] {
            assert_eq!(check_picture(&picture(width, height)).is_ok(), good, "{width} x {height}");
        }
    }

    #[test]
    fn fifteen_megabytes_are_the_most_and_nothing_is_too_little() {
        assert!(check_picture(&Picture { bytes: PICTURE_BYTES_MAX, ..picture(400, 400) }).is_ok());
        let over = check_picture(&Picture { bytes: PICTURE_BYTES_MAX + 1, ..picture(400, 400) })
            .expect_err("too large");
        assert!(over.contains("15.1 MB"), "{over}");
        assert!(check_picture(&Picture { bytes: 0, ..picture(400, 400) }).is_err());
    }

    #[test]
    fn only_the_first_bytes_tell_the_format() {
        assert_eq!(sniff(&[0xFF, 0xD8, 0xFF, 0xE0]), Some(PictureKind::Jpeg));
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n...."), Some(PictureKind::Png));
        for bad in [&b"<!doctype html>"[..], b"GIF89a", b"PK\x03\x04", b"", b"\x89PNG"] {
            assert_eq!(sniff(bad), None);
        }
    }
}
