//! Details of old entries that hold a plaintext's hash: sealed where they stand, together with
//! their salt.
//!
//! The salt goes with them: a commitment with its salt beside it can be tried as well as a hash.

use super::store::{ChainRow, Row};
use crate::{Opened, SealError, Sealer};
use zeroize::Zeroizing;

/// What is listed where sealed details cannot be opened.
const CLOSED: &str = "These details are sealed, and they cannot be opened.";

fn place(seq: i64) -> String {
    format!("journal_details|sealed|{seq}")
}

/// Seals salt and details of an entry with the master key, for its row.
#[must_use]
pub(crate) fn seal(sealer: &Sealer, seq: i64, salt: &[u8], details: &str) -> Vec<u8> {
    let length = u32::try_from(salt.len()).unwrap_or(u32::MAX).to_be_bytes();
    sealer.seal(&place(seq), &Zeroizing::new([&length, salt, details.as_bytes()].concat()))
}

fn open(sealer: &Sealer, seq: i64, sealed: &[u8]) -> Result<(Vec<u8>, String), SealError> {
    let opened: Opened = sealer.open(&place(seq), sealed)?;
    let (length, rest) = opened.split_first_chunk::<4>().ok_or(SealError::Damaged)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| SealError::Damaged)?;
    let (salt, details) = rest.split_at_checked(length).ok_or(SealError::Damaged)?;
    Ok((salt.to_vec(), String::from_utf8(details.to_vec()).map_err(|_| SealError::Damaged)?))
}

/// Puts salt and details of a row where they stood before they were sealed. What does not open is
/// no details that were ever committed to.
pub(super) fn open_for_chain(sealer: &Sealer, row: &mut ChainRow) {
    let Some(sealed) = row.sealed.take() else { return };
    let (salt, details) = open(sealer, row.seq, &sealed).unwrap_or_default();
    (row.salt, row.details) = (Some(salt), Some(details));
}

/// The same for entries that are listed.
pub(super) fn opened(sealer: &Sealer, mut rows: Vec<Row>) -> Vec<Row> {
    for row in &mut rows {
        if let Some(sealed) = row.sealed.take() {
            row.details = Some(
                open(sealer, row.seq, &sealed)
                    .map_or_else(|_| CLOSED.to_owned(), |(_, details)| details),
            );
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MasterKey;

    #[test]
    fn salt_and_details_come_back_in_their_own_row_only() {
        let sealer = Sealer::new(MasterKey::random(), vec![]);
        for (salt, details) in [(&[7; 16][..], r#"{"sha256":"x"}"#), (&[], ""), (&[0], "ø")] {
            let sealed = seal(&sealer, 4, salt, details);
            assert_eq!(open(&sealer, 4, &sealed), Ok((salt.to_vec(), details.to_owned())));
            assert_eq!(open(&sealer, 5, &sealed), Err(SealError::Damaged));
        }
        assert_eq!(
            open(&sealer, 4, &sealer.seal(&place(4), b"\xff\xff\xff\xff")),
            Err(SealError::Damaged),
            "no salt is as long"
        );
    }
}
