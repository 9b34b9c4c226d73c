//! What could not be read of an answer, to be judged like any other finding.

use crate::{providers::kryptogo::Unread, records::checks::Finding};
use domain::findings::Source;

/// A part that could not be read, to be judged like any other finding.
pub(crate) fn unread(part: &Unread) -> Finding {
    let next = "Look at the raw evidence and at KryptoGO's console before you decide. What could not be read may still matter.";
    let facts = [("what to do next".to_owned(), next.to_owned())];
    let mut finding = Finding::new(
        Source::Unread,
        &format!("{}\0{}", part.what, part.raw),
        &part.what,
        &[],
        &facts,
    );
    finding.snippet = Some(part.raw.clone()).filter(|raw| !raw.is_empty());
    finding
}
