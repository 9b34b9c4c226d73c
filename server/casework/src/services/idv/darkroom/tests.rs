use super::*;
use domain::idv::Slot;
use image::{ExtendedColorType, ImageEncoder, RgbImage, codecs::png::PngEncoder};

fn png(width: u32, height: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, y as u8, 90]));
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&image, width, height, ExtendedColorType::Rgb8)
        .expect("encodes");
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
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 }
        })
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
        (claims(7_000, 7_000), "cannot be opened"),
        (png(200, 100), "above 300"),
        (vec![0; idv::PICTURE_BYTES_MAX + 1], "15 MB"),
    ] {
        let refused = Darkroom::default().develop(upload(bytes, 0)).await.expect_err(words);
        assert!(refused.contains(words), "{refused}");
    }
}

#[tokio::test]
async fn the_cameras_orientation_is_applied_before_it_is_dropped() {
    let mut jpeg = encode(&RgbImage::new(400, 301), 90).expect("encodes");
    // APP1 with an EXIF block whose only entry is orientation 6: turn clockwise.
    let mut exif =
        b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0".to_vec();
    let mut app1 = vec![0xFF, 0xE1];
    app1.extend_from_slice(&(exif.len() as u16 + 2).to_be_bytes());
    app1.append(&mut exif);
    jpeg.splice(2..2, app1);
    let checked = Darkroom::default().develop(upload(jpeg, 0)).await.expect("good");
    let (_, width, height) = measure(&checked.shown).expect("a picture");
    assert_eq!((width, height), (301, 400));
    assert!(!checked.shown.windows(4).any(|w| w == b"Exif"));
}
/// A picture whose four corners can be told apart.
fn corners() -> RgbImage {
    RgbImage::from_fn(32, 16, |x, y| {
        image::Rgb([if x < 16 { 250 } else { 10 }, if y < 8 { 250 } else { 10 }, 120])
    })
}

/// A PNG whose left half is clear and whose right half is black.
fn half_clear() -> Vec<u8> {
    let image =
        image::RgbaImage::from_fn(400, 301, |x, _| Rgba([0, 0, 0, if x < 200 { 0 } else { 255 }]));
    let mut bytes = Vec::new();
    PngEncoder::new(&mut bytes)
        .write_image(&image, 400, 301, ExtendedColorType::Rgba8)
        .expect("encodes");
    bytes
}

#[test]
fn a_transparent_picture_is_laid_on_white() {
    let checked = develop(upload(half_clear(), 0), PictureKind::Png, 400, 301, Origin::Ours)
        .expect("a picture");
    assert_eq!(checked.kind, PictureKind::Jpeg, "what is sent has no ground that shows through");
    for bytes in [&checked.bytes, &checked.shown] {
        let picture = image::load_from_memory(bytes).expect("decodes").into_rgb8();
        assert!(picture.get_pixel(50, 150).0.iter().all(|v| *v > 250), "paper");
        assert!(picture.get_pixel(350, 150).0.iter().all(|v| *v < 5), "ink");
    }
    let theirs = develop(upload(half_clear(), 0), PictureKind::Png, 400, 301, Origin::Theirs)
        .expect("a picture");
    assert!(theirs.bytes == half_clear(), "evidence stays as it came");
    let shown = image::load_from_memory(&theirs.shown).expect("decodes").into_rgb8();
    assert!(shown.get_pixel(50, 150).0.iter().all(|v| *v > 250));
}

#[tokio::test]
async fn a_picture_that_moves_is_refused_with_a_word() {
    let still = png(400, 301);
    let mut chunk = b"acTL\0\0\0\x02\0\0\0\0".to_vec();
    chunk.extend(crc32(&chunk).to_be_bytes());
    let moves = [&still[..33], &8u32.to_be_bytes(), &chunk, &still[33..]].concat();
    let refused = Darkroom::default().develop(upload(moves, 0)).await;
    assert!(refused.is_err_and(|words| words.contains("animated")));
    assert!(Darkroom::default().develop(upload(still, 0)).await.is_ok());
}

#[test]
fn a_view_turns_as_a_copy_does() {
    let picture = corners();
    for how in (1..=8).filter_map(Orientation::from_exif) {
        let mut copy = DynamicImage::ImageRgb8(picture.clone());
        copy.apply_orientation(how);
        let copy = copy.into_rgb8();
        let view = Turned { of: &picture, how };
        assert_eq!(view.dimensions(), copy.dimensions(), "{how:?}");
        assert!(
            copy.enumerate_pixels().all(|(x, y, pixel)| view.get_pixel(x, y) == *pixel),
            "{how:?}"
        );
    }
}

#[test]
fn a_smaller_view_is_made_of_means() {
    let wide = RgbImage::from_fn(8_192, 4, |x, y| {
        image::Rgb([if (x + y) % 2 == 0 { 0 } else { 200 }, 7, if x < 4_096 { 0 } else { 90 }])
    });
    let wide = DynamicImage::ImageRgb8(wide);
    let small = Smaller::of(&wide);
    assert_eq!(small.dimensions(), (4_096, 2));
    assert_eq!(
        (small.get_pixel(0, 0).0, small.get_pixel(4_095, 1).0),
        ([100, 7, 0, 255], [100, 7, 90, 255])
    );
}

/// Headers of a JPEG: start of frame with the sampling of each component, then a scan of some
/// of them.
fn headers(mark: u8, sampling: &[u8], in_scan: u8) -> Vec<u8> {
    let mut frame = vec![8, 0, 100, 0, 100, sampling.len() as u8];
    for (number, sampling) in sampling.iter().enumerate() {
        frame.extend([number as u8, *sampling, 0]);
    }
    let mut jpeg = vec![0xFF, 0xD8, 0xFF, mark];
    jpeg.extend((frame.len() as u16 + 2).to_be_bytes());
    jpeg.extend(frame);
    jpeg.extend([0xFF, 0xDA, 0, 3, in_scan]);
    jpeg
}

#[test]
fn what_a_jpeg_takes_is_told_by_its_headers() {
    let takes = |jpeg: &[u8]| memory_to_open(jpeg, PictureKind::Jpeg, 1_000_000).expect("a number");
    assert_eq!(takes(&headers(0xC0, &[0x22, 0x11, 0x11], 3)), 3_000_000, "row by row");
    assert_eq!(takes(&headers(0xC0, &[0x11], 1)), 1_000_000, "grey");
    assert_eq!(takes(&headers(0xC2, &[0x22, 0x11, 0x11], 3)), 6_000_000, "progressive");
    assert_eq!(
        takes(&headers(0xC0, &[0x11, 0x11, 0x11], 1)),
        9_000_000,
        "a scan for each component"
    );
    assert_eq!(takes(&headers(0xC2, &[0x11, 0x11, 0x11, 0x11], 4)), 11_000_000);
    assert_eq!(
        takes(b"\xFF\xD8\xFF\xFF\xFF"),
        11_000_000,
        "what cannot be followed is the worst there is"
    );
}

#[tokio::test]
async fn a_profile_that_unpacks_to_more_than_it_may_is_not_unpacked() {
    let profile = |bytes: &[u8]| {
        let mut decoder =
            reader(bytes, PictureKind::Png).into_decoder().expect("the picture itself is good");
        decoder.icc_profile().expect("read").map(|profile| profile.len())
    };
    assert_eq!(profile(&sandbox::pictures::bombs::profile(1)), Some(1_001_000));
    let bomb = sandbox::pictures::bombs::profile(16);
    assert_eq!(profile(&bomb), None);
    assert!(
        Darkroom::default()
            .develop(upload(bomb, 0))
            .await
            .is_ok_and(|checked| checked.shown.len() < 100_000)
    );
}

/// A small JPEG.
fn jpeg(width: u32, height: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(width, height, |x, y| image::Rgb([x as u8, 90, y as u8]));
    let mut bytes = Vec::new();
    JpegEncoder::new_with_quality(&mut bytes, 80).encode_image(&image).expect("encodes");
    bytes
}

proptest::proptest! {
    /// S-52: pictures bent anywhere, headers above all: refused in words, or shown as a JPEG of
    /// ours within its bounds.
    #[test]
    fn s_52_no_bent_picture_panics_or_is_shown_as_it_came(
        is_png in proptest::bool::ANY,
        bends in proptest::collection::vec((proptest::prelude::any::<proptest::sample::Index>(), 0_usize..4, proptest::collection::vec(proptest::num::u8::ANY, 0..4)), 0..6),
        is_in_header in proptest::bool::ANY,
        cut in proptest::option::weighted(0.2, proptest::prelude::any::<proptest::sample::Index>()),
        turn in 0_u16..400,
    ) {
        let whole = if is_png { png(24, 17) } else { jpeg(24, 17) };
        let mut bytes = whole;
        for (at, gone, more) in bends {
            let reach = if is_in_header { bytes.len().min(60) } else { bytes.len() };
            let at = at.index(reach.max(1));
            bytes.splice(at.min(bytes.len())..(at + gone).min(bytes.len()), more);
        }
        if let Some(cut) = cut { bytes.truncate(cut.index(bytes.len().max(1))); }
        // Not through the places of the darkroom: there a panic would only be a broken picture.
        let developed = measure(&bytes).and_then(|(kind, width, height)| {
            if u64::from(width) * u64::from(height) > idv::PIXELS_MAX { return Err(BROKEN.to_owned()); }
            develop(upload(bytes, turn), kind, width, height, Origin::Ours)
        });
        match developed {
            Ok(checked) => {
                proptest::prop_assert_eq!(sniff(&checked.shown), Some(PictureKind::Jpeg));
                let shown = measure(&checked.shown).expect("a picture");
                proptest::prop_assert!(shown.1 <= SHOWN_SIDE_MAX && shown.2 <= SHOWN_SIDE_MAX);
            }
            Err(words) => proptest::prop_assert!(words.ends_with('.'), "{}", words),
        }
    }
}
