//! Answers that come packed although nobody asked for it.

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::header;

use crate::pictures::crc32;

/// How an answer is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Deflate,
    /// Small on the line, and far beyond any limit once it is unpacked.
    GzipBomb,
}

/// JSON, packed.
pub(crate) fn packed(json: &[u8], packing: Packing) -> Response {
    let (encoding, bytes) = match packing {
        Packing::Gzip => ("gzip", gzip(json)),
        Packing::Deflate => ("deflate", zlib(json)),
        Packing::GzipBomb => ("gzip", gzip_bomb()),
    };
    (
        [(header::CONTENT_TYPE, "application/json"), (header::CONTENT_ENCODING, encoding)],
        Body::from(bytes),
    )
        .into_response()
}

const GZIP_HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [GZIP_HEAD.as_slice(), &stored(bytes), &crc32(bytes).to_le_bytes(), &length.to_le_bytes()]
        .concat()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    [[0x78, 0x01].as_slice(), &stored(bytes), &adler32(bytes).to_be_bytes()].concat()
}

/// Blocks that are not compressed: packing is about the form here, not about the size.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 0xffff * 5 + 5);
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    out
}

fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    b << 16 | a
}

/// About 64 MB of spaces: one space, and then, with the fixed codes, 258 more of the same a quarter
/// of a million times.
fn gzip_bomb() -> Vec<u8> {
    const REPEATS: usize = 250_000;
    let mut bits = Bits::default();
    // Last block, fixed codes; a space is literal 32.
    bits.push(0b011, 3);
    bits.push_code(0x30 + 32, 8);
    for _ in 0..REPEATS {
        // Length 258 (symbol 285), distance 1 (symbol 0).
        bits.push_code(0b1100_0101, 8);
        bits.push_code(0, 5);
    }
    bits.push_code(0, 7);
    // Nobody reads as far as its check sum.
    [GZIP_HEAD.as_slice(), &bits.end(), &[0; 8]].concat()
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn bit(&mut self, bit: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (self.used % 8);
        }
        self.used += 1;
    }

    /// A number, its lowest bit first.
    fn push(&mut self, number: u32, bits: u32) {
        (0..bits).for_each(|at| self.bit(number >> at & 1 == 1));
    }

    /// A code, its highest bit first.
    fn push_code(&mut self, code: u32, bits: u32) {
        (0..bits).rev().for_each(|at| self.bit(code >> at & 1 == 1));
    }

    fn end(self) -> Vec<u8> {
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_sums_and_blocks_are_the_known_ones() {
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
        assert_eq!(stored(b"ab"), [1, 2, 0, 0xfd, 0xff, b'a', b'b']);
        assert_eq!(
            stored(&[0; 0x10000]).iter().take(5).copied().collect::<Vec<_>>(),
            [0, 0xff, 0xff, 0, 0]
        );
        assert!(gzip_bomb().len() < 500_000, "small on the line");
    }
}
