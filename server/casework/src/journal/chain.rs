//! The chain itself: how an entry is bound to all before it, and how that is followed. Knows no
//! database.

use super::{Entry, Verified, store::ChainRow};
use domain::Moment;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// What stands before the first entry.
pub(super) const GENESIS: [u8; 32] = [0; 32];

/// How long a salt is. To an HMAC, a zero byte more at its end is the same key.
pub(super) const SALT: usize = 16;

/// Binds details without showing them: who erases them leaves this.
pub(super) fn commitment(salt: &[u8], details: &str) -> [u8; 32] {
    let mut mac =
        <Hmac<Sha256> as KeyInit>::new_from_slice(salt).expect("HMAC takes keys of any length");
    mac.update(details.as_bytes());
    mac.finalize().into_bytes().into()
}

/// The fields that a hash covers. The commitment comes last: 32 bytes to the details, and where the
/// entry commits to rows, 32 more.
pub(super) struct Link<'a> {
    pub seq: i64,
    pub at: Moment,
    pub fields: [&'a str; 5],
    pub commitment: &'a [u8],
}

pub(super) fn link_hash(previous: &[u8], link: &Link<'_>) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(b"probity journal v1\0");
    hash.update(previous);
    hash.update(link.seq.to_be_bytes());
    hash.update(link.at.to_be_bytes());
    for field in link.fields {
        hash.update((field.len() as u64).to_be_bytes());
        hash.update(field.as_bytes());
    }
    hash.update(link.commitment);
    hash.finalize().into()
}

/// The same for an entry that also commits to rows: its commitment ends with their hash.
pub(super) fn chained_with(
    previous: &[u8],
    seq: i64,
    entry: &Entry,
    salt: &[u8],
    details: &str,
    rows: Option<[u8; 32]>,
) -> (Vec<u8>, [u8; 32]) {
    let commitment =
        [commitment(salt, details).as_slice(), rows.as_ref().map_or(&[][..], |rows| &rows[..])]
            .concat();
    let fields = [
        entry.actor.as_str(),
        entry.action.code(),
        entry.subject.code(),
        &entry.subject_id,
        &entry.request_id,
    ];
    let hash = link_hash(previous, &Link { seq, at: entry.at, fields, commitment: &commitment });
    (commitment, hash)
}

/// Commitment and hash of an entry that follows `previous` as number `seq`; the bench measures it
/// by itself.
#[must_use]
pub fn chained(
    previous: &[u8],
    seq: i64,
    entry: &Entry,
    salt: &[u8],
    details: &str,
) -> ([u8; 32], [u8; 32]) {
    let commitment = commitment(salt, details);
    let fields = [
        entry.actor.as_str(),
        entry.action.code(),
        entry.subject.code(),
        &entry.subject_id,
        &entry.request_id,
    ];
    let hash = link_hash(previous, &Link { seq, at: entry.at, fields, commitment: &commitment });
    (commitment, hash)
}

/// Follows the entries from the first one.
pub(super) struct Chain {
    /// The number that the next entry must have.
    pub next: i64,
    previous: Vec<u8>,
    erased: i64,
    /// Entries that commit to rows.
    pub with_rows: i64,
    /// A number, and how the hash of that entry begins, in lower case; nothing once it was met.
    anchor: Option<(i64, String)>,
}

impl Chain {
    pub fn new(anchor: Option<(i64, String)>) -> Self {
        Self {
            next: 1,
            previous: GENESIS.to_vec(),
            erased: 0,
            with_rows: 0,
            anchor: anchor.map(|(seq, hash)| (seq, hash.to_lowercase())),
        }
    }

    /// Takes the next entry.
    ///
    /// # Errors
    /// It does not follow, in words.
    pub fn follow(&mut self, row: &ChainRow) -> Result<(), &'static str> {
        if row.seq != self.next {
            return Err("this entry is missing");
        }
        let fields =
            [row.actor.as_str(), &row.action, &row.subject, &row.subject_id, &row.request_id];
        let hash = link_hash(
            &self.previous,
            &Link { seq: row.seq, at: row.at_ms, fields, commitment: &row.commitment },
        );
        if hash.as_slice() != row.hash {
            return Err("this entry, or the order before it, was changed");
        }
        match (&row.salt, &row.details) {
            // Nobody opened them: that they are what was committed to is for those to say who have
            // the key.
            _ if row.sealed.is_some() => {}
            (Some(salt), Some(details))
                if salt.len() != SALT
                    || row.commitment.get(..32) != Some(&commitment(salt, details)[..]) =>
            {
                return Err("the details of this entry were changed");
            }
            (Some(_), Some(_)) => {}
            _ => self.erased += 1,
        }
        if let Some((_, begins)) = self.anchor.take_if(|(seq, _)| *seq == row.seq)
            && !hex::encode(hash).starts_with(&begins)
        {
            return Err("this entry differs from the anchor: the chain was rewritten");
        }
        self.with_rows += i64::from(row.commitment.len() > 32);
        self.previous = hash.to_vec();
        self.next += 1;
        Ok(())
    }

    /// Takes entries, one after the other.
    ///
    /// # Errors
    /// The first one that does not follow.
    pub fn follow_all(mut self, rows: &[ChainRow]) -> Result<Self, Verified> {
        for row in rows {
            if let Err(why) = self.follow(row) {
                return Err(Verified::Broken { seq: self.next, why: why.to_owned() });
            }
        }
        Ok(self)
    }

    /// There are no more entries.
    pub fn end(self) -> Verified {
        match self.anchor {
            Some((seq, _)) => Verified::Broken {
                seq: self.next,
                why: format!("the chain ends before the anchored entry {seq}: its tail was cut"),
            },
            None => Verified::Intact {
                entries: self.next - 1,
                erased: self.erased,
                head: hex::encode(self.previous),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::journal::{Action, Subject};
    use proptest::prelude::*;

    /// What an entry says, before it is in a chain.
    type Said = (i64, [String; 5], Vec<u8>, String);

    fn said() -> impl Strategy<Value = Said> {
        let field = || "[a-c é\u{1F600}]{0,4}";
        let fields = [field(), field(), field(), field(), field()];
        (any::<i64>(), fields, prop::collection::vec(any::<u8>(), 16), "\\PC{0,12}")
    }

    /// Entries bound to each other, as the journal binds them, after whatever stands before.
    fn bound(previous: &[u8], first: i64, said: &[Said]) -> Vec<ChainRow> {
        let mut previous = previous.to_vec();
        let mut rows = Vec::new();
        for (seq, (at_ms, fields, salt, details)) in (first..).zip(said) {
            let commitment = commitment(salt, details);
            let [actor, action, subject, subject_id, request_id] = fields.clone();
            let link = Link {
                seq,
                at: *at_ms,
                fields: [&actor, &action, &subject, &subject_id, &request_id],
                commitment: &commitment,
            };
            previous = link_hash(&previous, &link).to_vec();
            rows.push(ChainRow {
                seq,
                at_ms: *at_ms,
                commitment: commitment.to_vec(),
                hash: previous.clone(),
                salt: Some(salt.clone()),
                details: Some(details.clone()),
                sealed: None,
                actor,
                action,
                subject,
                subject_id,
                request_id,
            });
        }
        rows
    }

    fn followed(rows: &[ChainRow], anchor: Option<(i64, String)>) -> Verified {
        Chain::new(anchor).follow_all(rows).map_or_else(|broken| broken, Chain::end)
    }

    /// The first entry that is wrong; nothing when all follow.
    fn broken_at(rows: &[ChainRow], anchor: Option<(i64, String)>) -> Option<i64> {
        match followed(rows, anchor) {
            Verified::Broken { seq, .. } => Some(seq),
            Verified::Intact { .. } => None,
        }
    }

    /// The rows' numbers as somebody would set them who hides that one is gone or new.
    fn closed_up(rows: &mut [ChainRow]) {
        for (seq, row) in (1..).zip(rows) {
            row.seq = seq;
        }
    }

    fn head(rows: &[ChainRow]) -> (i64, String) {
        rows.last().map(|row| (row.seq, hex::encode(&row.hash))).expect("at least one")
    }

    /// Changes one bit of bytes, one character of a text, or the border between two fields.
    fn changed(row: &mut ChainRow, what: usize, bit: usize) {
        let flip = |bytes: &mut [u8]| {
            let at = bit / 8 % bytes.len();
            bytes[at] ^= 1 << (bit % 8);
        };
        match what {
            0 => row.at_ms ^= 1 << (bit % 64),
            1 => row.actor.push('x'),
            2 => row.action.insert(0, 'x'),
            3 => row.subject.push('\0'),
            4 => row.subject_id.push(' '),
            5 => row.request_id.push('x'),
            6 => flip(&mut row.commitment),
            7 => flip(&mut row.hash),
            8 => flip(row.salt.as_mut().expect("there")),
            9 => row.details.as_mut().expect("there").push(' '),
            11 => row.salt.as_mut().expect("there").push(0),
            // The same letters in all, but another field has the first of them.
            _ => {
                row.request_id.insert(0, 'y');
                std::mem::swap(&mut row.subject_id, &mut row.request_id);
            }
        }
    }

    #[test]
    fn the_hash_is_the_one_that_others_compute_from_the_written_rule() {
        let entry = Entry {
            at: 1_795_000_000_000,
            actor: "anna".into(),
            action: Action::OutcomeArrived,
            subject: Subject::Check,
            subject_id: "c1".into(),
            request_id: "r1".into(),
            details: serde_json::Value::Null,
        };
        let (commitment, hash) = chained(&GENESIS, 1, &entry, &[1; 16], r#"{"risk":3}"#);
        // HMAC-SHA256 and SHA-256 of another program over the same fields.
        assert_eq!(
            hex::encode(commitment),
            "26207ddeb1acdfddf775f8c85f54d8c8a817a1d355f3cdf822caf403b5a9e72e"
        );
        assert_eq!(
            hex::encode(hash),
            "d9fb076eb9f1bf56b298ddfec4ac7a5da620334ca12d5fcf46eaf86d0f4d9a49"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn a_chain_as_it_was_written_is_whole(said in prop::collection::vec(said(), 0..30), gone in prop::collection::vec(any::<bool>(), 30)) {
            let mut rows = bound(&GENESIS, 1, &said);
            let mut erased = 0;
            for (row, gone) in rows.iter_mut().zip(gone) {
                if gone {
                    (row.salt, row.details) = (None, None);
                    erased += 1;
                }
            }
            let entries = said.len() as i64;
            let hash = rows.last().map_or(GENESIS.to_vec(), |row| row.hash.clone());
            prop_assert_eq!(followed(&rows, None), Verified::Intact { entries, erased, head: hex::encode(hash) });
            for row in &rows {
                let short = hex::encode(&row.hash)[..16].to_uppercase();
                prop_assert_eq!(broken_at(&rows, Some((row.seq, short))), None, "each entry is an anchor");
            }
        }

        #[test]
        fn a_single_change_is_named(said in prop::collection::vec(said(), 1..20), at: prop::sample::Index, what in 0usize..12, bit in 0usize..256) {
            let mut rows = bound(&GENESIS, 1, &said);
            let at = at.index(rows.len());
            changed(&mut rows[at], what, bit);
            prop_assert_eq!(broken_at(&rows, None), Some(at as i64 + 1), "{}", what);
        }

        #[test]
        fn an_entry_that_is_gone_is_named_closed_up_or_not(said in prop::collection::vec(said(), 2..20), at: prop::sample::Index, close_up: bool) {
            let mut rows = bound(&GENESIS, 1, &said);
            let at = at.index(rows.len() - 1);
            rows.remove(at);
            if close_up {
                closed_up(&mut rows);
            }
            prop_assert_eq!(broken_at(&rows, None), Some(at as i64 + 1));
        }

        #[test]
        fn two_that_changed_places_are_named(said in prop::collection::vec(said(), 2..20), a: prop::sample::Index, b: prop::sample::Index) {
            let mut rows = bound(&GENESIS, 1, &said);
            let (a, b) = (a.index(rows.len()), b.index(rows.len()));
            prop_assume!(a != b);
            rows.swap(a, b);
            let first = Some(a.min(b) as i64 + 1);
            prop_assert_eq!(broken_at(&rows, None), first);
            closed_up(&mut rows);
            prop_assert_eq!(broken_at(&rows, None), first, "with each other's numbers");
        }

        #[test]
        fn an_entry_that_was_slipped_in_is_named(said in prop::collection::vec(said(), 1..20), new in said(), at: prop::sample::Index, copied: bool) {
            let mut rows = bound(&GENESIS, 1, &said);
            let at = at.index(rows.len());
            if copied {
                // The next entry once more.
                let copy = bound(&rows.get(at.wrapping_sub(1)).map_or(GENESIS.to_vec(), |row| row.hash.clone()), at as i64 + 1, &said[at..=at]);
                rows.splice(at..at, copy);
                closed_up(&mut rows);
                prop_assert_eq!(broken_at(&rows, None), Some(at as i64 + 2));
            } else {
                // Rightly bound to what is before it: then it is the next one that does not follow.
                let previous = rows.get(at.wrapping_sub(1)).map_or(GENESIS.to_vec(), |row| row.hash.clone());
                rows.splice(at..at, bound(&previous, at as i64 + 1, &[new]));
                closed_up(&mut rows);
                prop_assert_eq!(broken_at(&rows, None), Some(at as i64 + 2));
            }
        }

        /// What is whole in itself only an anchor shows: a tail that was cut, and a chain written
        /// anew from somewhere on.
        #[test]
        fn a_cut_or_rewritten_tail_is_named_by_an_anchor(said in prop::collection::vec(said(), 1..20), new in said(), at: prop::sample::Index) {
            let rows = bound(&GENESIS, 1, &said);
            let anchor = head(&rows);
            let at = at.index(rows.len());
            prop_assert_eq!(broken_at(&rows[..at], None), None);
            prop_assert_eq!(broken_at(&rows[..at], Some(anchor.clone())), Some(at as i64 + 1));

            prop_assume!(said[at] != new);
            let previous = rows.get(at.wrapping_sub(1)).map_or(GENESIS.to_vec(), |row| row.hash.clone());
            let mut told = said[at..].to_vec();
            told[0] = new;
            let rewritten = [bound(&GENESIS, 1, &said[..at]), bound(&previous, at as i64 + 1, &told)].concat();
            prop_assert_eq!(broken_at(&rewritten, None), None);
            prop_assert_eq!(broken_at(&rewritten, Some(anchor.clone())), Some(anchor.0), "the anchor covers all before it");
            if at > 0 {
                let before = head(&rows[..at]);
                prop_assert_eq!(broken_at(&rewritten, Some(before)), None, "an older anchor says nothing of what came later");
            }
        }

        /// A field's length is part of what is bound: no two entries look the same to the hash.
        #[test]
        fn letters_that_move_to_the_next_field_are_noticed(said in said(), field in 0usize..4) {
            let rows = bound(&GENESIS, 1, std::slice::from_ref(&said));
            let mut moved = said.clone();
            let Some(last) = moved.1[field].pop() else { return Ok(()) };
            moved.1[field + 1].insert(0, last);
            prop_assert_ne!(&bound(&GENESIS, 1, &[moved])[0].hash, &rows[0].hash);
        }
    }
}
