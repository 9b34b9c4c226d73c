//! Pictures that are too small, too wide, or something else altogether: for whoever wants to see
//! that an upload refuses them.

use super::{
    SPECIMENS,
    canvas::{Area, Canvas, INK, PAPER},
    metadata::{crc32, png_chunk},
    specimen,
};

/// File names of [`bad`], with what is wrong.
pub const BAD: [(&str, &str); 6] = [
    ("too-small.png", "240 × 160 pixels: the longest side must be above 300."),
    (
        "too-wide.png",
        "8,001 pixels wide: each side must be below 8,000. A small file all the same.",
    ),
    (
        "bomb.png",
        "Its header promises 60,000 × 60,000 pixels (10 GB when unpacked); the file has less than 200 bytes.",
    ),
    ("not-a-picture.png", "An HTML page that is called a PNG."),
    ("polyglot.jpg", "A picture that is fine, with an HTML page and a ZIP archive after its end."),
    ("truncated.jpg", "The first half of a picture: the header is fine, the rest is missing."),
];

/// One of the pictures of [`BAD`] by file name, with its content type.
pub fn bad(name: &str) -> Option<(Vec<u8>, &'static str)> {
    let bytes = match name {
        "too-small.png" => ruled(240, 160).png(),
        "too-wide.png" => ruled(8_001, 12).png(),
        "bomb.png" => bomb(),
        "not-a-picture.png" => page().into_bytes(),
        "polyglot.jpg" => {
            [face()?, page().into_bytes(), archive("evil.html", page().as_bytes())].concat()
        }
        "truncated.jpg" => {
            let mut bytes = face()?;
            bytes.truncate(bytes.len() / 2);
            bytes
        }
        _ => return None,
    };
    Some((bytes, if name.ends_with(".jpg") { "image/jpeg" } else { "image/png" }))
}

fn face() -> Option<Vec<u8>> {
    Some(specimen(SPECIMENS[0].slug, "face")?.0)
}

fn ruled(width: usize, height: usize) -> Canvas {
    let mut canvas = Canvas::new(width, height, PAPER);
    for line in (0..height as i32).step_by(20) {
        canvas.rectangle(Area { x: 0, y: line, width: width as i32, height: 2 }, INK);
    }
    canvas
}

/// A header, eleven bytes of compressed data, an end. What a viewer gives such a file is a test of
/// whether it asks for the memory before it looks.
pub(crate) fn bomb() -> Vec<u8> {
    let side = 60_000_u32.to_be_bytes();
    let header = [side.as_slice(), &side, &[8, 2, 0, 0, 0]].concat();
    // zlib: a stored block of one byte, 0, and its check sum.
    let data = [0x78, 0x01, 0x01, 0x01, 0x00, 0xfe, 0xff, 0x00, 0x00, 0x01, 0x00, 0x01];
    let signature = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
    [
        signature.to_vec(),
        png_chunk(b"IHDR", &header),
        png_chunk(b"IDAT", &data),
        png_chunk(b"IEND", &[]),
    ]
    .concat()
}

/// What stands where a picture should be.
pub(crate) fn page() -> String {
    "<!doctype html><title>Not a picture</title><script>alert(document.domain)</script><h1>It works!</h1>\n".into()
}

/// A ZIP archive of one stored file.
fn archive(name: &str, content: &[u8]) -> Vec<u8> {
    let long = |number: usize| u32::try_from(number).unwrap_or(0).to_le_bytes();
    let size = long(content.len());
    // Version, flags, method, time and date, check sum, both sizes, lengths of name and extra
    // field.
    let shared = [
        &[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0x58],
        crc32(content).to_le_bytes().as_slice(),
        &size,
        &size,
        &[u8::try_from(name.len()).unwrap_or(0), 0, 0, 0],
    ]
    .concat();
    let local = [b"PK\x03\x04", shared.as_slice(), name.as_bytes(), content].concat();
    let central = [b"PK\x01\x02\x14\0", shared.as_slice(), &[0; 14], name.as_bytes()].concat();
    let end = [
        b"PK\x05\x06\0\0\0\0\x01\0\x01\0",
        long(central.len()).as_slice(),
        &long(local.len()),
        &[0, 0],
    ]
    .concat();
    [local, central, end].concat()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use image::ImageReader;

    use super::*;

    fn size(bytes: &[u8]) -> Option<(u32, u32)> {
        ImageReader::new(Cursor::new(bytes)).with_guessed_format().ok()?.into_dimensions().ok()
    }

    #[test]
    fn each_is_bad_in_its_own_way() {
        let get = |name: &str| bad(name).unwrap().0;
        assert_eq!(size(&get("too-small.png")), Some((240, 160)));
        assert_eq!(size(&get("too-wide.png")), Some((8_001, 12)));
        assert!(get("too-wide.png").len() < 100_000);
        assert_eq!(size(&get("bomb.png")), Some((60_000, 60_000)));
        assert!(get("bomb.png").len() < 200);
        assert!(get("not-a-picture.png").starts_with(b"<!doctype html>"));
        assert!(size(&get("truncated.jpg")).is_some(), "its header is fine");
        let polyglot = get("polyglot.jpg");
        assert!(image::load_from_memory(&polyglot).is_ok());
        assert!(
            polyglot.windows(7).any(|part| part == b"<script")
                && polyglot.windows(4).any(|part| part == b"PK\x05\x06")
        );
    }

    #[test]
    fn every_listed_file_exists_and_no_other() {
        for (name, _) in BAD {
            let (bytes, kind) = bad(name).unwrap();
            assert!(
                !bytes.is_empty()
                    && name.ends_with(if kind == "image/png" { ".png" } else { ".jpg" })
            );
        }
        assert!(bad("good.png").is_none());
    }
}
