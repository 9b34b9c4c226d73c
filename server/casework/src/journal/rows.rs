//! What an entry commits to besides itself: the rows that its transaction wrote, each by a salted
//! hash of all of it.

use super::{
    chain::SALT,
    parts::{self, PARTS, Part, RowsHash, mac_of},
    store::{self, CoveredRow, Which},
};
use crate::{
    Error,
    store::{Conn, parts as pieces},
};
use std::collections::{BTreeMap, BTreeSet};

/// A row as it stands now, committed to.
pub(super) struct Commitment {
    pub part: &'static str,
    pub row: String,
    pub mac: [u8; 32],
    pub salt: [u8; 16],
    /// Whether it takes the place of an earlier one.
    pub replaces: bool,
}

impl Commitment {
    fn to(part: &'static Part, row: &CoveredRow) -> Self {
        let salt = crate::random();
        Self {
            part: part.name,
            mac: mac_of(part.name, row, &salt),
            salt,
            replaces: row.mac.is_some(),
            row: row.id.clone(),
        }
    }
}

/// What this transaction wrote since its last entry, read as it stands now. What is as it was
/// committed to needs nothing new.
pub(super) async fn due(conn: &mut Conn<'_>) -> Result<Vec<Commitment>, Error> {
    let mut wrote: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (part, row) in conn.take_wrote() {
        wrote.entry(part).or_default().push(row);
    }
    let mut due = Vec::new();
    for (name, ids) in wrote {
        let part = parts::named(name)
            .ok_or_else(|| Error::Corrupt(format!("no part of the record is named {name}")))?;
        for ids in pieces(&ids) {
            let mut rows = store::covered(conn, part, Which::These(ids)).await?;
            let there: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
            let gone: Vec<String> =
                ids.iter().filter(|id| !there.contains(id.as_str())).cloned().collect();
            if !gone.is_empty() {
                rows.extend(store::standing(conn, part, &gone).await?);
            }
            due.extend(
                rows.iter().filter(|row| !stands(part, row)).map(|row| Commitment::to(part, row)),
            );
        }
    }
    Ok(due)
}

/// Whether a row is what it was last committed to.
fn stands(part: &Part, row: &CoveredRow) -> bool {
    matches!((&row.mac, &row.salt), (Some(mac), Some(salt)) if salt.len() == SALT && mac_of(part.name, row, salt).as_slice() == mac)
}

/// Why a row is not what the entries say; nothing when it is.
pub(super) fn fault(part: &Part, row: &CoveredRow) -> Option<String> {
    let Some(seq) = row.seq else {
        return Some("no entry of the journal knows this row".to_owned());
    };
    if stands(part, row) {
        return None;
    }
    Some(match (&row.salt, &row.values) {
        (None, _) => {
            format!("what entry {seq} commits to cannot be held against it: the salt is gone")
        }
        (_, None) => format!("this row is missing; entry {seq} says what it was"),
        _ => format!("this row differs from what entry {seq} says"),
    })
}

/// Refuses a row that is not what it was last committed to, and one that no entry knows: those of
/// older versions were taken over before anything is changed.
pub(super) async fn must_stand(
    conn: &mut Conn<'_>,
    name: &'static str,
    id: &str,
) -> Result<(), Error> {
    let part = parts::named(name)
        .ok_or_else(|| Error::Corrupt(format!("no part of the record is named {name}")))?;
    let ids = [id.to_owned()];
    let rows = store::covered(conn, part, Which::These(&ids)).await?;
    match rows.iter().find_map(|row| fault(part, row)) {
        Some(why) => Err(Error::PastRecord { table: part.table, row: id.to_owned(), why }),
        None => Ok(()),
    }
}

pub(super) fn hash_of(all: &[Commitment]) -> [u8; 32] {
    let mut hash = RowsHash::new();
    for one in all {
        hash.add(one.part, &one.row, &one.mac);
    }
    hash.end()
}

/// So many rows are taken over by one entry, or all of a part that has more: they are held in
/// memory meanwhile.
const ENOUGH: usize = 100_000;

/// Commits to all rows of parts that nothing is committed of yet: what older versions wrote. Gives
/// how many of which part, and all commitments, of as many parts as one entry takes. That a part
/// was taken over is committed to as well, also where it has no rows: rows that appear in it past
/// the record are never taken over later.
pub(super) async fn untaken(
    conn: &mut Conn<'_>,
) -> Result<(Vec<(&'static Part, usize)>, Vec<Commitment>), Error> {
    let (mut counts, mut all) = (Vec::new(), Vec::new());
    for (part, is_bare) in due_parts(conn).await? {
        if all.len() >= ENOUGH {
            break;
        }
        let mark = CoveredRow {
            id: store::TAKEN_OVER.to_owned(),
            seq: None,
            mac: None,
            salt: None,
            values: None,
        };
        all.push(Commitment::to(part, &mark));
        let (mut after, begun) = (String::new(), all.len());
        if is_bare {
            loop {
                let page = store::covered(conn, part, Which::After(&after)).await?;
                let Some(last) = page.last() else { break };
                after.clone_from(&last.id);
                all.extend(page.iter().map(|row| Commitment::to(part, row)));
            }
        }
        counts.push((part, all.len() - begun));
    }
    Ok((counts, all))
}

/// The parts that were not taken over yet, and of each whether nothing is committed to.
pub(super) async fn due_parts(conn: &mut Conn<'_>) -> Result<Vec<(&'static Part, bool)>, Error> {
    let mut due = Vec::new();
    for part in PARTS {
        if let Some(is_bare) = store::is_untaken(conn, part).await? {
            due.push((part, is_bare));
        }
    }
    Ok(due)
}
