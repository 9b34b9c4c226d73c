//! What a camera or a storage would leave in a picture's file besides the picture. Each file from
//! here carries the same words, so that whoever must strip such data can be tested.
//!
//! JPEG: an APP1 segment with an Exif block (description, place of the picture). PNG: a tEXt chunk.

use super::CANARY;

const PNG_HEAD: &[u8] = &[0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
/// Signature and the header chunk, which must come first.
const PNG_HEADER_END: usize = 33;

/// The picture with the canary in it; other bytes stay as they are.
pub(crate) fn with_canary(mut picture: Vec<u8>) -> Vec<u8> {
    if picture.starts_with(PNG_HEAD) && picture.len() >= PNG_HEADER_END {
        let text = [b"Comment\0", CANARY.as_bytes()].concat();
        picture.splice(PNG_HEADER_END..PNG_HEADER_END, png_chunk(b"tEXt", &text));
    } else if picture.starts_with(&[0xff, 0xd8, 0xff]) {
        picture.splice(2..2, exif_segment());
    }
    picture
}

/// Whether the canary is anywhere in these bytes.
pub(crate) fn carries_canary(bytes: &[u8]) -> bool {
    bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes())
}

/// Length, name, data and check sum.
pub(super) fn png_chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let named = [name.as_slice(), data].concat();
    let length = u32::try_from(data.len()).unwrap_or(0).to_be_bytes();
    [length.as_slice(), &named, &crc32(&named).to_be_bytes()].concat()
}

/// The check sum of PNG and ZIP.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let rest = bytes.iter().fold(u32::MAX, |rest, byte| {
        (0..8).fold(rest ^ u32::from(*byte), |rest, _| {
            if rest & 1 == 1 { rest >> 1 ^ 0xedb8_8320 } else { rest >> 1 }
        })
    });
    !rest
}

/// APP1 with a TIFF of two directories: a description, and a place near Taipei.
fn exif_segment() -> Vec<u8> {
    let words = format!("{CANARY}\0");
    let mut tiff = b"MM\0\x2a\0\0\0\x08".to_vec();
    // The first directory: two entries, then the data of the description.
    let text_at = 8 + 2 + 2 * 12 + 4;
    let gps_at = text_at + words.len() as u32 as usize;
    tiff.extend(2_u16.to_be_bytes());
    tiff.extend(entry(0x010e, 2, words.len(), text_at));
    tiff.extend(entry(0x8825, 4, 1, gps_at));
    tiff.extend([0; 4]);
    tiff.extend(words.as_bytes());
    // The second: four entries, then both places as degrees, minutes and seconds.
    let north_at = gps_at + 2 + 4 * 12 + 4;
    tiff.extend(4_u16.to_be_bytes());
    tiff.extend([&[0, 1, 0, 2, 0, 0, 0, 2], b"N\0\0\0".as_slice()].concat());
    tiff.extend(entry(2, 5, 3, north_at));
    tiff.extend([&[0, 3, 0, 2, 0, 0, 0, 2], b"E\0\0\0".as_slice()].concat());
    tiff.extend(entry(4, 5, 3, north_at + 24));
    tiff.extend([0; 4]);
    for (number, of) in [(25_u32, 1_u32), (2, 1), (159, 10), (121, 1), (31, 1), (207, 10)] {
        tiff.extend([number.to_be_bytes(), of.to_be_bytes()].concat());
    }
    let length = u16::try_from(2 + 6 + tiff.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&[0xff, 0xe1], length.as_slice(), b"Exif\0\0", &tiff].concat()
}

fn entry(tag: u16, kind: u16, count: usize, value: usize) -> Vec<u8> {
    let long = |number: usize| u32::try_from(number).unwrap_or(0).to_be_bytes();
    [tag.to_be_bytes().as_slice(), &kind.to_be_bytes(), &long(count), &long(value)].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pictures::canvas::{Canvas, PAPER};

    #[test]
    fn a_picture_with_the_canary_is_still_the_same_picture() {
        let canvas = Canvas::new(320, 20, PAPER);
        for plain in [canvas.png(), canvas.jpeg()] {
            assert!(!carries_canary(&plain));
            let marked = with_canary(plain.clone());
            assert!(carries_canary(&marked));
            assert_eq!(
                image::load_from_memory(&marked).unwrap(),
                image::load_from_memory(&plain).unwrap()
            );
        }
        assert_eq!(with_canary(b"<html>".to_vec()), b"<html>");
    }

    #[test]
    fn the_check_sum_is_that_of_png() {
        assert_eq!(crc32(b"IEND"), 0xae42_6082);
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    /// Re-encoding the picture, as a desk should, leaves the canary behind.
    #[test]
    fn the_exif_block_is_one_that_readers_find() {
        use image::{ImageDecoder, codecs::jpeg::JpegDecoder};
        let marked = with_canary(Canvas::new(320, 20, PAPER).jpeg());
        let mut decoder = JpegDecoder::new(std::io::Cursor::new(marked)).unwrap();
        let exif = decoder.exif_metadata().unwrap().expect("an Exif block");
        assert!(exif.starts_with(b"MM\0\x2a") && carries_canary(&exif));
    }
}
