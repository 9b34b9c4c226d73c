//! Codes by time as RFC 6238 makes them: SHA-1, six digits, 30 seconds. Knows no clock and no
//! database.

use domain::{Moment, time::SECOND};
use ring::hmac;
use subtle::ConstantTimeEq;

/// As many bytes as SHA-1 gives, as RFC 4226 asks for.
pub const SEED_BYTES: usize = 20;
/// How long a code stands on the telephone.
const STEP: i64 = 30 * SECOND;
/// How many steps the telephone's clock may be off, either way.
const DRIFT: i64 = 1;
const MODULUS: u32 = 1_000_000;

/// The step of time that a moment lies in.
pub const fn step_of(at: Moment) -> i64 {
    at.div_euclid(STEP)
}

/// The 31 bits that a code is made of (RFC 4226, 5.3).
fn truncated(seed: &[u8], step: i64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, seed);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let at = usize::from(bytes.last().copied().unwrap_or(0) & 0x0f);
    bytes[at..at + 4].iter().fold(0, |number, byte| (number << 8) | u32::from(*byte)) & 0x7fff_ffff
}

/// The code of a step.
fn code(seed: &[u8], step: i64) -> String {
    format!("{:06}", truncated(seed, step) % MODULUS)
}

/// The step whose code was typed, if it is one that may stand on the telephone at this moment.
pub fn typed_step(seed: &[u8], typed: &str, now: Moment) -> Option<i64> {
    let typed: String = typed.chars().filter(|c| !c.is_whitespace()).collect();
    let now = step_of(now);
    let mut found = None;
    for step in now - DRIFT..=now + DRIFT {
        if bool::from(code(seed, step).as_bytes().ct_eq(typed.as_bytes())) {
            found = Some(step);
        }
    }
    found
}

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 as RFC 4648 writes it, without padding.
pub fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut kept, mut bits) = (0u32, 0);
    for byte in bytes {
        kept = (kept << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(LETTERS[(kept >> bits) as usize & 31]));
        }
    }
    if bits > 0 {
        text.push(char::from(LETTERS[(kept << (5 - bits)) as usize & 31]));
    }
    text
}

/// A text that was typed, if it is so many letters of base32: without spaces and hyphens, in
/// capitals.
pub fn letters(typed: &str, count: usize) -> Option<String> {
    let text: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    (text.len() == count && text.bytes().all(|b| LETTERS.contains(&b))).then_some(text)
}

/// A text in groups of four, as people copy it.
pub fn grouped(text: &str, between: char) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (at, letter) in text.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            out.push(between);
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    const SEED: &[u8] = b"12345678901234567890";

    #[test]
    fn s_22_the_codes_are_those_of_rfc_6238() {
        // Appendix B, the rows of SHA-1, with eight digits.
        for (seconds, digits) in [
            (59, 94_287_082),
            (1_111_111_109, 7_081_804),
            (1_111_111_111, 14_050_471),
            (1_234_567_890, 89_005_924),
            (2_000_000_000, 69_279_037),
            (20_000_000_000, 65_353_130),
        ] {
            let step = step_of(seconds * SECOND);
            assert_eq!(truncated(SEED, step) % 100_000_000, digits, "{seconds}");
            assert_eq!(code(SEED, step), format!("{:06}", digits % MODULUS), "{seconds}");
        }
    }

    #[test]
    fn base32_is_that_of_rfc_4648() {
        for (plain, written) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(plain.as_bytes()), written);
        }
        assert_eq!(letters(" mzxw-6ytb oi", 10).as_deref(), Some("MZXW6YTBOI"));
        for wrong in ["MZXW6YTBO", "MZXW6YTBO1", "MZXW6YTBOIA", "mzxw6ytböi"] {
            assert_eq!(letters(wrong, 10), None, "{wrong}");
        }
        assert_eq!(grouped("ABCDEFGHIJ", '-'), "ABCD-EFGH-IJ");
    }

    #[test]
    fn a_code_is_taken_one_step_early_and_one_step_late_and_no_other() {
        let now = 1_111_111_111 * SECOND;
        for (off, taken) in [(-2, false), (-1, true), (0, true), (1, true), (2, false)] {
            let step = step_of(now) + off;
            assert_eq!(typed_step(SEED, &code(SEED, step), now), taken.then_some(step), "{off}");
        }
        let right = code(SEED, step_of(now));
        assert!(
            typed_step(SEED, &format!(" {} {} ", &right[..3], &right[3..]), now).is_some(),
            "as telephones show it"
        );
        for wrong in ["", "0", &right[..5], &format!("{right}0"), "٠٥٠٤٧١"] {
            assert_eq!(typed_step(SEED, wrong, now), None, "{wrong:?}");
        }
    }

    #[test]
    fn s_22_another_program_makes_the_same_codes() {
        for n in 0..20u8 {
            let seed: [u8; SEED_BYTES] = crate::random();
            let seconds = 1_700_000_000 + 86_411 * i64::from(n);
            let made = Command::new("oathtool")
                .args(["--totp", "-b", &base32(&seed), "-N", &format!("@{seconds}")])
                .output()
                .expect("oathtool is installed (on Debian and Ubuntu: apt-get install oathtool)");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
            assert_eq!(
                String::from_utf8_lossy(&made.stdout).trim(),
                code(&seed, step_of(seconds * SECOND)),
                "{seconds}"
            );
        }
    }
}
