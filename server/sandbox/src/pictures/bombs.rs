//! Pictures that are good by every header and take far more memory than their files, and odd ones
//! that some programs open otherwise than others: for whoever limits what decoding may cost.
//!
//! All are of one colour, so that the files stay small.

use super::metadata::png_chunk;
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder};

/// How the parts of a JPEG follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scans {
    /// All components in one scan: decoders need a few rows at a time.
    One,
    /// A scan for each component: decoders hold all of them until the last.
    OneForEach,
    /// Coarse first, then the details of each component (progressive).
    Progressive,
}

/// A grey JPEG of 1 (grey), 3 (YCbCr) or 4 (CMYK) components.
///
/// Its code tables know two symbols, "no difference" and "end of block", each of one bit that is 0:
/// the picture is nothing but zeros.
#[must_use]
pub fn jpeg(width: u16, height: u16, components: u8, scans: Scans) -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    if components == 4 {
        // Adobe's mark: four inks, not transformed.
        segment(&mut file, 0xee, b"Adobe\0\x64\0\0\0\0\0");
    }
    segment(&mut file, 0xdb, &[&[0], [16; 64].as_slice()].concat());
    let mut frame = vec![8];
    frame.extend([height.to_be_bytes(), width.to_be_bytes()].concat());
    frame.push(components);
    frame.extend((1..=components).flat_map(|number| [number, 0x11, 0]));
    segment(&mut file, if scans == Scans::Progressive { 0xc2 } else { 0xc0 }, &frame);
    for table in [0x00, 0x10] {
        let mut codes = vec![table, 1];
        codes.extend([0; 16]);
        segment(&mut file, 0xc4, &codes);
    }
    let blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
    let all: Vec<u8> = (1..=components).collect();
    let one_by_one: Vec<&[u8]> = all.chunks(1).collect();
    match scans {
        Scans::One => scan(&mut file, &all, [0, 63], 2 * blocks * all.len()),
        Scans::OneForEach => {
            one_by_one.iter().for_each(|one| scan(&mut file, one, [0, 63], 2 * blocks))
        }
        Scans::Progressive => {
            scan(&mut file, &all, [0, 0], blocks * all.len());
            one_by_one.iter().for_each(|one| scan(&mut file, one, [1, 63], blocks));
        }
    }
    file.extend([0xff, 0xd9]);
    file
}

fn segment(file: &mut Vec<u8>, mark: u8, data: &[u8]) {
    file.extend([0xff, mark]);
    file.extend(u16::try_from(data.len() + 2).unwrap_or(u16::MAX).to_be_bytes());
    file.extend(data);
}

fn scan(file: &mut Vec<u8>, components: &[u8], [from, to]: [u8; 2], bits: usize) {
    let mut head = vec![u8::try_from(components.len()).unwrap_or(0)];
    head.extend(components.iter().flat_map(|number| [*number, 0x00]));
    head.extend([from, to, 0]);
    segment(file, 0xda, &head);
    file.resize(file.len() + bits.div_ceil(8), 0);
}

/// A black PNG; `color` says how many bytes each pixel takes.
#[must_use]
pub fn png(width: u32, height: u32, color: ExtendedColorType) -> Vec<u8> {
    let size = width as usize * height as usize * usize::from(color.bits_per_pixel()) / 8;
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&vec![0; size], width, height, color)
        .expect("memory takes every byte");
    bytes
}

/// A black, animated PNG that asks to be shown for ever.
#[must_use]
pub fn animated(width: u32, height: u32, frames: u32) -> Vec<u8> {
    let still = png(width, height, ExtendedColorType::L8);
    let data = packed(&still);
    let control = |number: u32| {
        // Sequence number, sides, place, delay of a hundredth of a second.
        let words = [number, width, height, 0, 0].map(u32::to_be_bytes).concat();
        png_chunk(b"fcTL", &[words.as_slice(), &[0, 1, 0, 100, 0, 0]].concat())
    };
    let mut file = with_chunk(&still, b"acTL", &[frames.to_be_bytes(), [0; 4]].concat());
    let first = position(&file, b"IDAT").saturating_sub(4);
    file.splice(first..first, control(0));
    let end = file.len() - 12;
    let mut others = Vec::new();
    for frame in 1..frames {
        others.extend(control(2 * frame - 1));
        others.extend(png_chunk(b"fdAT", &[(2 * frame).to_be_bytes().as_slice(), data].concat()));
    }
    file.splice(end..end, others);
    file
}

/// A small PNG whose colour profile unpacks to `size` million bytes.
#[must_use]
pub fn profile(size: u32) -> Vec<u8> {
    let large = png(size * 1_000, 1_000, ExtendedColorType::L8);
    with_chunk(
        &png(400, 301, ExtendedColorType::Rgb8),
        b"iCCP",
        &[b"p\0\0", packed(&large)].concat(),
    )
}

/// The PNG with one more chunk behind its header.
#[must_use]
pub fn with_chunk(png: &[u8], name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let (head, rest) = png.split_at(33);
    [head, &png_chunk(name, data), rest].concat()
}

/// What stands in the first chunk of a PNG's pixels.
fn packed(png: &[u8]) -> &[u8] {
    let at = position(png, b"IDAT");
    let size = png[at - 4..at].iter().fold(0, |size, byte| size << 8 | usize::from(*byte));
    &png[at + 4..at + 4 + size]
}

fn position(file: &[u8], name: &[u8; 4]) -> usize {
    file.windows(4).position(|window| window == name).unwrap_or(file.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{AnimationDecoder, ImageDecoder, codecs::png::PngDecoder};
    use std::io::Cursor;

    #[test]
    fn each_jpeg_opens() {
        for components in [1, 3, 4] {
            for scans in [Scans::One, Scans::OneForEach, Scans::Progressive] {
                let picture = image::load_from_memory(&jpeg(400, 301, components, scans));
                assert!(
                    picture.is_ok_and(|p| (p.width(), p.height()) == (400, 301)),
                    "{components} {scans:?}"
                );
            }
        }
    }

    #[test]
    fn every_frame_and_every_profile_opens() {
        let frames = PngDecoder::new(Cursor::new(animated(400, 301, 5)))
            .expect("good")
            .apng()
            .expect("animated")
            .into_frames();
        assert_eq!(frames.filter(Result::is_ok).count(), 5);
        let mut one = PngDecoder::new(Cursor::new(profile(3))).expect("good");
        assert_eq!(one.icc_profile().expect("read").map(|p| p.len()), Some(3_001_000));
    }
}
