//! The darkroom: pictures by strangers are sniffed, measured and decoded here, one after the other,
//! within limits.
//!
//! What decoding takes is reckoned from the headers before anything is unpacked; what would take
//! too much is refused in words. Keeps nothing and knows no check.

use super::pictures::{Checked, Upload};
use domain::idv::{self, BROKEN, NOT_A_PICTURE, PictureKind, check_bytes, check_picture, sniff};
use image::{
    DynamicImage, GenericImageView, ImageDecoder, ImageFormat, ImageReader, Limits, Pixel,
    PixelWithColorType, Rgba, codecs::jpeg::JpegEncoder, metadata::Orientation,
};
use std::{io::Cursor, sync::Arc};
use tokio::sync::Semaphore;

/// What browsers are shown is at most this long, in pixels.
const SHOWN_SIDE_MAX: u32 = 4_096;
const SHOWN_QUALITY: u8 = 90;
/// A picture that was turned here is sent at this quality.
const TURNED_QUALITY: u8 = 95;
/// Memory that one picture may take while it is decoded, in bytes: 50 megapixels in red, green and
/// blue fit.
const DECODE_BYTES_MAX: u64 = 150_000_000;
/// What a PNG may hold beside its pixels once unpacked (profiles, texts), in bytes.
const BESIDE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Decodes pictures, one at a time.
pub struct Darkroom(Arc<Semaphore>);

impl Default for Darkroom {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Darkroom {
    /// Checks and develops a picture.
    ///
    /// # Errors
    /// The message beside the field.
    pub async fn develop(&self, upload: Upload) -> Result<Checked, String> {
        check_bytes(upload.bytes.len())?;
        self.alone(move || {
            let (kind, width, height) = measure(&upload.bytes)?;
            check_picture(&idv::Picture { bytes: upload.bytes.len(), kind, width, height })?;
            if kind == PictureKind::Png && is_animated(&upload.bytes) {
                return Err(ANIMATED.to_owned());
            }
            develop(upload, kind, width, height, Origin::Ours)
        })
        .await
    }

    /// Develops a picture that the provider gave: it keeps its own rules for what it takes; only
    /// what can be opened counts.
    ///
    /// # Errors
    /// Why it cannot be opened.
    pub async fn develop_given(&self, upload: Upload) -> Result<Checked, String> {
        self.alone(move || {
            let (kind, width, height) = measure(&upload.bytes)?;
            if u64::from(width) * u64::from(height) > idv::PIXELS_MAX {
                return Err(BROKEN.to_owned());
            }
            develop(upload, kind, width, height, Origin::Theirs)
        })
        .await
    }

    /// Runs what takes memory and time by itself, beside the threads that answer requests.
    async fn alone(
        &self,
        work: impl FnOnce() -> Result<Checked, String> + Send + 'static,
    ) -> Result<Checked, String> {
        let place = self.0.clone().acquire_owned().await.map_err(|_| BROKEN.to_owned())?;
        let work = move || {
            // Whoever asked may be gone: the place is free when the work ends, not when nobody
            // waits for it any more.
            let _place = place;
            work()
        };
        tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(BROKEN.to_owned()))
    }
}

const TOO_LARGE_TO_OPEN: &str = "This picture has so many pixels, in a form that takes so much memory to open, that it is not opened here. Save it as a plain JPEG, or make it smaller.";

/// Said of a PNG that moves: nobody could say which of its pictures was checked.
const ANIMATED: &str = "This PNG is animated: it has several pictures in one. Save the one that counts as a PNG or JPEG of its own.";

/// Whose picture it is. Ours may be made anew before it is sent; theirs is kept as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Ours,
    Theirs,
}

/// Whether a PNG announces several pictures (APNG's `acTL`), which it does before its first data.
fn is_animated(png: &[u8]) -> bool {
    let mut at = 8;
    while let Some([a, b, c, d, kind @ ..]) = png.get(at..at + 8) {
        match kind {
            b"acTL" => return true,
            b"IDAT" => return false,
            _ => at += 12 + u32::from_be_bytes([*a, *b, *c, *d]) as usize,
        }
    }
    false
}

/// Format and sides out of the header, before anything is decoded.
fn measure(bytes: &[u8]) -> Result<(PictureKind, u32, u32), String> {
    let kind = sniff(bytes).ok_or(NOT_A_PICTURE)?;
    let (width, height) = reader(bytes, kind).into_dimensions().map_err(|_| BROKEN)?;
    Ok((kind, width, height))
}

fn reader(bytes: &[u8], kind: PictureKind) -> ImageReader<Cursor<&[u8]>> {
    // The PNG decoder counts only what stands beside the pixels against its limit; it unpacks
    // profiles while it measures.
    let (format, bytes_max) = match kind {
        PictureKind::Jpeg => (ImageFormat::Jpeg, DECODE_BYTES_MAX),
        PictureKind::Png => (ImageFormat::Png, BESIDE_BYTES_MAX),
    };
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    limits.max_alloc = Some(bytes_max);
    reader.limits(limits);
    reader
}

/// Bytes that decoding takes at its peak: the pixels as they are stored, and what the decoder holds
/// beside them.
fn memory_to_open(bytes: &[u8], kind: PictureKind, pixels: u64) -> Result<u64, String> {
    Ok(match kind {
        PictureKind::Png => reader(bytes, kind).into_decoder().map_err(|_| BROKEN)?.total_bytes(),
        PictureKind::Jpeg => {
            let frame = Frame::of(bytes);
            let stored = if frame.components == 1 { 1 } else { 3 };
            stored * pixels
                + if frame.is_held_whole { pixels * frame.samples_per_64_pixels / 32 } else { 0 }
        }
    })
}

/// What a JPEG's headers say of how it is decoded.
struct Frame {
    components: u64,
    /// Of all components together; 192 is one of each of three for each pixel.
    samples_per_64_pixels: u64,
    /// Whether all coefficients, of two bytes each, are held until the last scan.
    is_held_whole: bool,
}

impl Frame {
    /// Headers that cannot be followed count as the worst there is.
    fn of(jpeg: &[u8]) -> Self {
        let mut frame: Option<Self> = None;
        let mut is_progressive = false;
        let mut at = 2;
        while let Some([0xFF, mark, high, low]) = jpeg.get(at..at + 4) {
            let size = usize::from(u16::from_be_bytes([*high, *low]));
            let segment = jpeg.get(at + 4..at + 2 + size).unwrap_or_default();
            match mark {
                0xC4 | 0xC8 | 0xCC => {}
                0xC0..=0xCF => {
                    is_progressive |= matches!(mark, 0xC2 | 0xC6 | 0xCA | 0xCE);
                    frame = Some(Self::read(segment));
                }
                0xDA => {
                    let in_scan = segment.first().copied().map_or(0, u64::from);
                    let Some(mut frame) = frame else { break };
                    // Components that come in scans of their own wait for each other.
                    frame.is_held_whole = is_progressive || in_scan != frame.components;
                    return frame;
                }
                _ => {}
            }
            at += 2 + size;
        }
        Self { components: 4, samples_per_64_pixels: 256, is_held_whole: true }
    }

    /// A start of frame: precision, sides, and for each component its number, its sampling and its
    /// table.
    fn read(segment: &[u8]) -> Self {
        let components = segment.get(5).copied().map_or(4, u64::from);
        let sampling = segment
            .get(6..)
            .unwrap_or_default()
            .chunks(3)
            .filter_map(|c| c.get(1))
            .map(|s| (u64::from(s >> 4), u64::from(s & 15)));
        let (across, down) = sampling.clone().fold((1, 1), |(a, d), (h, v)| (h.max(a), v.max(d)));
        let samples: u64 = sampling.map(|(h, v)| h * v).sum();
        Self {
            components,
            samples_per_64_pixels: (64 * samples).div_ceil(across * down),
            is_held_whole: true,
        }
    }
}

fn develop(
    upload: Upload,
    kind: PictureKind,
    width: u32,
    height: u32,
    origin: Origin,
) -> Result<Checked, String> {
    let Upload { slot, name, bytes, turn } = upload;
    if memory_to_open(&bytes, kind, u64::from(width) * u64::from(height))? > DECODE_BYTES_MAX {
        return Err(TOO_LARGE_TO_OPEN.to_owned());
    }
    if kind == PictureKind::Jpeg && !is_whole_jpeg(&bytes) {
        return Err(BROKEN.to_owned());
    }
    let (image, noted) = decode(&bytes, kind)?;
    let turn = match turn {
        90 => Orientation::Rotate90,
        180 => Orientation::Rotate180,
        270 => Orientation::Rotate270,
        _ => Orientation::NoTransforms,
    };
    // The picture is turned and shrunk while it is read by the encoder: there is never a second one
    // in memory.
    let laid = OnWhite { of: &image, is_clear: image.color().has_alpha() };
    let upright = Turned { of: &laid, how: noted };
    let turned = Turned { of: &upright, how: turn };
    let (width, height) = turned.dimensions();
    // Whoever opens a transparent picture lays it on a ground of their own, and black on black is
    // nothing.
    let is_made_anew =
        turn != Orientation::NoTransforms || (origin == Origin::Ours && laid.shows_through());
    let (kind, bytes) = if !is_made_anew {
        (kind, bytes)
    } else {
        (PictureKind::Jpeg, encode(&turned, TURNED_QUALITY)?)
    };
    check_bytes(bytes.len())?;
    let shown = encode(&Smaller::of(&turned), SHOWN_QUALITY)?;
    Ok(Checked { slot, name, kind, width, height, bytes, shown })
}

/// Whether a JPEG goes on to its end mark; the decoder paints what is missing grey and says
/// nothing.
///
/// The mark is looked for behind the header of the first scan: what stands before it may be a small
/// picture of its own.
fn is_whole_jpeg(bytes: &[u8]) -> bool {
    let mut at = 2;
    while let Some([0xFF, mark, high, low]) = bytes.get(at..at + 4) {
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
        if *mark == 0xDA {
            return bytes
                .get(at..)
                .is_some_and(|rest| rest.windows(2).any(|two| two == [0xFF, 0xD9]));
        }
    }
    false
}

/// Decoded, with how the camera noted that it was held.
fn decode(bytes: &[u8], kind: PictureKind) -> Result<(DynamicImage, Orientation), String> {
    let mut decoder = reader(bytes, kind).into_decoder().map_err(|_| BROKEN)?;
    let noted = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    Ok((DynamicImage::from_decoder(decoder).map_err(|_| BROKEN)?, noted))
}

fn encode<I: GenericImageView<Pixel: PixelWithColorType>>(
    image: &I,
    quality: u8,
) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, quality).encode_image(image).map_err(|_| BROKEN)?;
    Ok(bytes)
}

/// A picture as it looks on white paper, without a copy of it.
struct OnWhite<'a, I> {
    of: &'a I,
    /// Whether its pixels may be transparent.
    is_clear: bool,
}

impl<I: GenericImageView<Pixel = Rgba<u8>>> OnWhite<'_, I> {
    /// Whether the paper can be seen anywhere.
    fn shows_through(&self) -> bool {
        self.is_clear && self.of.pixels().any(|(_, _, Rgba([.., alpha]))| alpha < u8::MAX)
    }
}

impl<I: GenericImageView<Pixel = Rgba<u8>>> GenericImageView for OnWhite<'_, I> {
    type Pixel = Rgba<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.of.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Rgba<u8> {
        let pixel = self.of.get_pixel(x, y);
        let Rgba([red, green, blue, alpha]) = pixel;
        if !self.is_clear || alpha == u8::MAX {
            return pixel;
        }
        let laid = |value: u8| {
            ((u32::from(value) * u32::from(alpha) + 255 * (255 - u32::from(alpha)) + 127) / 255)
                as u8
        };
        Rgba([laid(red), laid(green), laid(blue), u8::MAX])
    }
}

/// A picture as it looks turned, without a copy of it.
struct Turned<'a, I> {
    of: &'a I,
    how: Orientation,
}

impl<P: Pixel, I: GenericImageView<Pixel = P>> GenericImageView for Turned<'_, I> {
    type Pixel = P;

    fn dimensions(&self) -> (u32, u32) {
        let (width, height) = self.of.dimensions();
        match self.how {
            Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH => (height, width),
            _ => (width, height),
        }
    }

    fn get_pixel(&self, x: u32, y: u32) -> P {
        let (width, height) = self.of.dimensions();
        let (right, bottom) = (width.saturating_sub(1), height.saturating_sub(1));
        let (x, y) = match self.how {
            Orientation::NoTransforms => (x, y),
            Orientation::Rotate90 => (y, bottom - x),
            Orientation::Rotate180 => (right - x, bottom - y),
            Orientation::Rotate270 => (right - y, x),
            Orientation::FlipHorizontal => (right - x, y),
            Orientation::FlipVertical => (x, bottom - y),
            Orientation::Rotate90FlipH => (y, x),
            Orientation::Rotate270FlipH => (right - y, bottom - x),
        };
        self.of.get_pixel(x, y)
    }
}

/// A picture as it looks when its longest side is [`SHOWN_SIDE_MAX`] at most: each pixel is the
/// mean of those it covers.
struct Smaller<'a, I> {
    of: &'a I,
    width: u32,
    height: u32,
}

impl<'a, I: GenericImageView> Smaller<'a, I> {
    fn of(of: &'a I) -> Self {
        let (width, height) = of.dimensions();
        let longest = u64::from(width.max(height));
        let shrunk = |side: u32| {
            if longest <= u64::from(SHOWN_SIDE_MAX) {
                return side;
            }
            let shrunk = (u64::from(side) * u64::from(SHOWN_SIDE_MAX) + longest / 2) / longest;
            u32::try_from(shrunk).unwrap_or(SHOWN_SIDE_MAX).max(1)
        };
        Self { of, width: shrunk(width), height: shrunk(height) }
    }
}

impl<I: GenericImageView<Pixel = Rgba<u8>>> GenericImageView for Smaller<'_, I> {
    type Pixel = Rgba<u8>;

    fn dimensions(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    fn get_pixel(&self, x: u32, y: u32) -> Rgba<u8> {
        let (width, height) = self.of.dimensions();
        if width == self.width {
            return self.of.get_pixel(x, y);
        }
        // From the pixel in which this one begins to the one before that in which the next begins.
        let covered = |at: u32, from: u32, to: u32| {
            let begin = |at: u32| (u64::from(at) * u64::from(from) / u64::from(to)) as u32;
            begin(at)..begin(at + 1).max(begin(at) + 1)
        };
        let mut sum = [0; 4];
        let mut count = 0;
        for y in covered(y, height, self.height) {
            for x in covered(x, width, self.width) {
                let Rgba(pixel) = self.of.get_pixel(x, y);
                for (sum, value) in sum.iter_mut().zip(pixel) {
                    *sum += u32::from(value);
                }
                count += 1;
            }
        }
        Rgba(sum.map(|sum| ((sum + count / 2) / count) as u8))
    }
}

#[cfg(test)]
mod tests;
