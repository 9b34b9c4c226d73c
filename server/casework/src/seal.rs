//! Sealing: XChaCha20-Poly1305 envelopes bound to the place they stand in.
//!
//! An envelope is `version (1) | key id (4) | nonce (24) | ciphertext and tag`; in version 2 what
//! is sealed is padded. The associated data names table, column and row, so a ciphertext moved to
//! another row does not open. The master key comes from a file or the environment and is never in
//! the database. Each customer has a key of their own, sealed with the master key; deleting it
//! makes their evidence unreadable for good.

use base64::Engine;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use zeroize::Zeroizing;

const VERSION: u8 = 1;
/// As version 1, but what is sealed ends in padding, so that the envelope's length says little.
const PADDED: u8 = 2;
/// Bodies are padded to a multiple of this ...
const BODY_BLOCK: usize = 512;
/// ... unless they are so long that nobody finds them by trying.
const PADDED_MAX: usize = 16 * 1024;
/// What is known of a body fits into one of these.
const ABOUT_BLOCK: usize = 128;
const HEADER: usize = 1 + 4 + 24;

/// Bytes that were sealed; wiped from memory when dropped.
pub type Opened = Zeroizing<Vec<u8>>;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    #[error("the envelope is damaged or belongs to another place")]
    Damaged,
    #[error("the key {0} that sealed this is not among the configured master keys")]
    UnknownKey(String),
    #[error("the envelope has an unknown version {0}")]
    UnknownVersion(u8),
    #[error(
        "a master key must be 32 bytes in base64; make one with: head -c 32 /dev/urandom | base64"
    )]
    BadKey,
}

/// 32 secret bytes.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MasterKey({})", hex::encode(self.id()))
    }
}

impl MasterKey {
    #[must_use]
    pub fn random() -> Self {
        Self(Zeroizing::new(crate::random()))
    }

    /// Reads 32 bytes in base64.
    ///
    /// # Errors
    /// Anything else.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let bytes = Zeroizing::new(
            base64::engine::general_purpose::STANDARD
                .decode(text.trim())
                .map_err(|_| SealError::BadKey)?,
        );
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| SealError::BadKey)?;
        Ok(Self(Zeroizing::new(key)))
    }

    /// The text that [`MasterKey::parse`] reads.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(*self.0))
    }

    /// Four bytes that name the key without revealing it.
    fn id(&self) -> [u8; 4] {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest([b"probity key id".as_slice(), self.0.as_slice()].concat());
        [digest[0], digest[1], digest[2], digest[3]]
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(self.0.as_slice().into())
    }

    fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        self.seal_as(VERSION, place, plain)
    }

    fn open(&self, place: &str, envelope: &[u8]) -> Result<Opened, SealError> {
        self.open_as(VERSION, place, envelope)
    }

    fn seal_as(&self, version: u8, place: &str, plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; 24] = crate::random();
        let sealed = self.cipher().encrypt(
            XNonce::from_slice(&nonce),
            Payload { msg: plain, aad: &associated(version, place) },
        );
        // The cipher only refuses messages beyond 256 GiB.
        let sealed = sealed.expect("the message fits the cipher");
        [&[version], self.id().as_slice(), &nonce, &sealed].concat()
    }

    fn open_as(&self, version: u8, place: &str, envelope: &[u8]) -> Result<Opened, SealError> {
        let (header, body) = envelope.split_at_checked(HEADER).ok_or(SealError::Damaged)?;
        let payload = Payload { msg: body, aad: &associated(version, place) };
        self.cipher()
            .decrypt(XNonce::from_slice(&header[5..]), payload)
            .map(Zeroizing::new)
            .map_err(|_| SealError::Damaged)
    }

    /// Seals something of which not even the length is told: a one and zeros are added up to a
    /// multiple of `block` bytes.
    fn seal_padded(&self, place: &str, plain: &[u8], block: usize) -> Vec<u8> {
        let length = (plain.len() + 1).next_multiple_of(block);
        let mut padded = Zeroizing::new(Vec::with_capacity(length));
        padded.extend_from_slice(plain);
        padded.push(0x80);
        padded.resize(length, 0);
        self.seal_as(PADDED, place, &padded)
    }

    fn open_padded(&self, place: &str, envelope: &[u8]) -> Result<Opened, SealError> {
        let mut opened = self.open_as(PADDED, place, envelope)?;
        let end = opened
            .iter()
            .rposition(|byte| *byte != 0)
            .filter(|at| opened[*at] == 0x80)
            .ok_or(SealError::Damaged)?;
        opened.truncate(end);
        Ok(opened)
    }

    /// A key of its own for one purpose, made from this one.
    fn derived(&self, purpose: &str) -> Self {
        Self(Zeroizing::new(mac(self.0.as_slice(), &[b"probity derived key|", purpose.as_bytes()])))
    }
}

/// HMAC-SHA256 of the pieces, one after the other.
fn mac(key: &[u8], pieces: &[&[u8]]) -> [u8; 32] {
    use hmac::{Hmac, Mac};
    let mut mac = <Hmac<sha2::Sha256> as hmac::KeyInit>::new_from_slice(key)
        .expect("HMAC takes keys of any length");
    pieces.iter().for_each(|piece| mac.update(piece));
    mac.finalize().into_bytes().into()
}

/// Seals with the current master key, opens with any configured one.
#[derive(Clone, Debug)]
pub struct Sealer {
    current: MasterKey,
    all: BTreeMap<[u8; 4], MasterKey>,
}

impl Sealer {
    /// The first key seals; all keys open.
    #[must_use]
    pub fn new(current: MasterKey, older: Vec<MasterKey>) -> Self {
        let all = older.into_iter().chain([current.clone()]).map(|k| (k.id(), k)).collect();
        Self { current, all }
    }

    /// The key id that new envelopes carry, in hexadecimal.
    #[must_use]
    pub fn key_id(&self) -> String {
        hex::encode(self.current.id())
    }

    /// Seals `plain` for a place such as `credentials|sealed|<row>`.
    #[must_use]
    pub fn seal(&self, place: &str, plain: &[u8]) -> Vec<u8> {
        self.current.seal(place, plain)
    }

    /// Opens an envelope in the place it was sealed for.
    ///
    /// # Errors
    /// A damaged or moved envelope, an unknown key or version.
    pub fn open(&self, place: &str, envelope: &[u8]) -> Result<Opened, SealError> {
        match envelope {
            [VERSION, a, b, c, d, ..] => {
                let id = [*a, *b, *c, *d];
                self.all
                    .get(&id)
                    .ok_or_else(|| SealError::UnknownKey(hex::encode(id)))?
                    .open(place, envelope)
            }
            [version, ..] if *version != VERSION => Err(SealError::UnknownVersion(*version)),
            _ => Err(SealError::Damaged),
        }
    }

    /// Whether the key that made an envelope is among ours. What is no envelope is for
    /// [`Sealer::open`] to refuse.
    #[must_use]
    pub fn knows_key_of(&self, envelope: &[u8]) -> bool {
        match envelope {
            [VERSION, a, b, c, d, ..] => self.all.contains_key(&[*a, *b, *c, *d]),
            _ => true,
        }
    }

    /// Makes a key of its own for a customer and seals it for its row.
    #[must_use]
    pub fn new_customer_key(&self, customer: &str) -> (MasterKey, Vec<u8>) {
        let key = MasterKey::random();
        let sealed = self.seal(&customer_key_place(customer), key.0.as_slice());
        (key, sealed)
    }

    /// What stands for a trait of a customer: the same value has the same mark, and only this desk
    /// can tell which value.
    #[must_use]
    pub fn customer_mark(&self, kind: &str, value: &str) -> String {
        hex::encode(mac(
            self.current.derived("customer marks").0.as_slice(),
            &[kind.as_bytes(), b"\0", value.as_bytes()],
        ))
    }

    /// Opens a customer's key.
    ///
    /// # Errors
    /// As [`Sealer::open`].
    pub fn customer_key(&self, customer: &str, sealed: &[u8]) -> Result<MasterKey, SealError> {
        let plain = self.open(&customer_key_place(customer), sealed)?;
        let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| SealError::Damaged)?;
        Ok(MasterKey(Zeroizing::new(key)))
    }
}

/// Seals a body of evidence with its customer's key; of a short one not even the length can be
/// seen.
#[must_use]
pub fn seal_evidence(key: &MasterKey, evidence_id: &str, body: &[u8]) -> Vec<u8> {
    let place = format!("evidence|sealed|{evidence_id}");
    if body.len() > PADDED_MAX {
        key.seal(&place, body)
    } else {
        key.seal_padded(&place, body, BODY_BLOCK)
    }
}

/// Opens a body of evidence with its customer's key.
///
/// # Errors
/// A damaged envelope, or one that belongs to other evidence.
pub fn open_evidence(
    key: &MasterKey,
    evidence_id: &str,
    envelope: &[u8],
) -> Result<Opened, SealError> {
    let place = format!("evidence|sealed|{evidence_id}");
    match envelope.first() {
        Some(&VERSION) => key.open(&place, envelope),
        Some(&PADDED) => key.open_padded(&place, envelope),
        _ => Err(SealError::Damaged),
    }
}

/// What is known of a body of evidence besides the body.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// Of the bytes as received.
    pub sha256: String,
    pub size: i64,
}

/// Seals what is known of a body of evidence: a short body is found by trying, once its hash is
/// known.
#[must_use]
pub fn seal_about(key: &MasterKey, evidence_id: &str, about: &About) -> Vec<u8> {
    let plain = Zeroizing::new(serde_json::to_vec(about).unwrap_or_default());
    key.seal_padded(&format!("evidence|about|{evidence_id}"), &plain, ABOUT_BLOCK)
}

/// Opens what is known of a body of evidence.
///
/// # Errors
/// A damaged envelope, or one that belongs to other evidence.
pub fn open_about(key: &MasterKey, evidence_id: &str, envelope: &[u8]) -> Result<About, SealError> {
    if envelope.first() != Some(&PADDED) {
        return Err(SealError::Damaged);
    }
    let plain = key.open_padded(&format!("evidence|about|{evidence_id}"), envelope)?;
    serde_json::from_slice(&plain).map_err(|_| SealError::Damaged)
}

/// The name of evidence: the same bytes of one customer have the same one, and only their key can
/// tell which bytes.
#[must_use]
pub fn evidence_name(key: &MasterKey, sha256: &str) -> String {
    hex::encode(mac(key.derived("evidence name").0.as_slice(), &[sha256.as_bytes()]))
}

/// The name of evidence whose bytes came before, and again after others: with which of its source
/// it is.
#[must_use]
pub fn name_again(name: &str, number: i64) -> String {
    format!("{name}.{number}")
}

/// Whether evidence that is kept under a name has the bytes that `name` is made of, whether they
/// came once or again.
#[must_use]
pub fn is_named(kept: &str, name: &str) -> bool {
    let is_number =
        |rest: &str| rest.strip_prefix('.').is_some_and(|number| number.parse::<u32>().is_ok());
    kept.strip_prefix(name).is_some_and(|rest| rest.is_empty() || is_number(rest))
}

/// The name of a provider's message: the same message of one connection has the same one. The key
/// is the token of the connection's callback address, which stands in the database sealed and
/// hashed.
#[must_use]
pub fn message_name(token: &[u8], message: &str) -> String {
    let key = Zeroizing::new(mac(token, &[b"probity message name"]));
    hex::encode(mac(key.as_slice(), &[message.as_bytes()]))
}

/// A text's fingerprint that only the customer's key can make again: without it, nothing is found
/// by trying values.
#[must_use]
pub fn fingerprint(key: &MasterKey, text: &str) -> String {
    hex::encode(mac(key.0.as_slice(), &[b"fingerprint|", text.as_bytes()]))
}

/// Seals an object with a key of its own; its name is part of the seal.
#[must_use]
pub(crate) fn seal_object(key: &MasterKey, name: &str, bytes: &[u8]) -> Vec<u8> {
    key.seal(&object_place(name), bytes)
}

/// Opens an object.
///
/// # Errors
/// A damaged envelope, or one that belongs to another name.
pub(crate) fn open_object(
    key: &MasterKey,
    name: &str,
    envelope: &[u8],
) -> Result<Opened, SealError> {
    open_field(key, &object_place(name), envelope)
}

/// Seals an object's key with its customer's key, for the row of the evidence.
#[must_use]
pub(crate) fn seal_object_key(
    key: &MasterKey,
    evidence_id: &str,
    object_key: &MasterKey,
) -> Vec<u8> {
    key.seal(&object_key_place(evidence_id), object_key.0.as_slice())
}

/// Opens an object's key.
///
/// # Errors
/// A damaged envelope, or one that belongs to other evidence.
pub(crate) fn open_object_key(
    key: &MasterKey,
    evidence_id: &str,
    envelope: &[u8],
) -> Result<MasterKey, SealError> {
    let plain = open_field(key, &object_key_place(evidence_id), envelope)?;
    let key: [u8; 32] = plain.as_slice().try_into().map_err(|_| SealError::Damaged)?;
    Ok(MasterKey(Zeroizing::new(key)))
}

/// Seals what browsers are shown of a picture with its customer's key.
#[must_use]
pub fn seal_rendition(key: &MasterKey, evidence_id: &str, bytes: &[u8]) -> Vec<u8> {
    key.seal(&format!("renditions|sealed|{evidence_id}"), bytes)
}

/// Opens what browsers are shown of a picture.
///
/// # Errors
/// A damaged envelope, or one that belongs to another picture.
pub fn open_rendition(
    key: &MasterKey,
    evidence_id: &str,
    envelope: &[u8],
) -> Result<Vec<u8>, SealError> {
    if envelope.first() != Some(&VERSION) {
        return Err(SealError::Damaged);
    }
    // It goes to a browser at once: wiping megabytes byte by byte would take longer than opening
    // them.
    Ok(std::mem::take(&mut *key.open(&format!("renditions|sealed|{evidence_id}"), envelope)?))
}

/// Seals a field of a customer's row with their key; the place is `table|column|row`.
#[must_use]
pub fn seal_field(key: &MasterKey, place: &str, plain: &[u8]) -> Vec<u8> {
    key.seal(place, plain)
}

/// Opens such a field.
///
/// # Errors
/// A damaged envelope, or one that belongs to another place.
pub fn open_field(key: &MasterKey, place: &str, envelope: &[u8]) -> Result<Opened, SealError> {
    if envelope.first() != Some(&VERSION) {
        return Err(SealError::Damaged);
    }
    key.open(place, envelope)
}

fn customer_key_place(customer: &str) -> String {
    format!("customer_keys|sealed|{customer}")
}

fn object_place(name: &str) -> String {
    format!("objects|{name}")
}

fn object_key_place(evidence_id: &str) -> String {
    format!("evidence|object|{evidence_id}")
}

fn associated(version: u8, place: &str) -> Vec<u8> {
    format!("{place}|v{version}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let sealer = Sealer::new(MasterKey::random(), vec![]);
        let envelope = sealer.seal("credentials|sealed|a", b"secret");
        assert_eq!(
            sealer.open("credentials|sealed|a", &envelope).expect("opens").as_slice(),
            b"secret"
        );
        assert_eq!(sealer.open("credentials|sealed|b", &envelope), Err(SealError::Damaged));
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let sealer = Sealer::new(MasterKey::random(), vec![]);
        let envelope = sealer.seal("p", b"secret");
        for at in 0..envelope.len() {
            let mut changed = envelope.clone();
            changed[at] ^= 1;
            assert!(sealer.open("p", &changed).is_err(), "byte {at}");
            assert!(sealer.open("p", &envelope[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn a_mark_takes_the_desks_key_to_make() {
        let (one, other) =
            (Sealer::new(MasterKey::random(), vec![]), Sealer::new(MasterKey::random(), vec![]));
        let mark = one.customer_mark("cpr", "1506093330");
        assert_eq!(mark, one.customer_mark("cpr", "1506093330"));
        assert_ne!(mark, one.customer_mark("phone", "1506093330"));
        assert_ne!(mark, other.customer_mark("cpr", "1506093330"));
        assert!(mark.len() == 64 && !mark.contains("3330"));
    }

    #[test]
    fn an_older_key_still_opens_and_an_unknown_one_is_named() {
        let (old, new) = (MasterKey::random(), MasterKey::random());
        let envelope = Sealer::new(old.clone(), vec![]).seal("p", b"x");
        assert!(Sealer::new(new.clone(), vec![old.clone()]).open("p", &envelope).is_ok());
        assert_eq!(
            Sealer::new(new, vec![]).open("p", &envelope),
            Err(SealError::UnknownKey(hex::encode(old.id())))
        );
    }

    #[test]
    fn a_customers_key_opens_only_their_evidence() {
        let sealer = Sealer::new(MasterKey::random(), vec![]);
        let (key, sealed) = sealer.new_customer_key("c1");
        let again = sealer.customer_key("c1", &sealed).expect("opens");
        let body = seal_evidence(&key, "e1", b"{}");
        assert_eq!(open_evidence(&again, "e1", &body).expect("opens").as_slice(), b"{}");
        assert!(open_evidence(&again, "e2", &body).is_err());
        assert!(sealer.customer_key("c2", &sealed).is_err());
    }

    #[test]
    fn a_key_never_shows_itself() {
        let key = MasterKey::random();
        assert!(!format!("{key:?}").contains(key.to_text().as_str()));
        assert!(MasterKey::parse(&key.to_text()).is_ok());
        assert_eq!(MasterKey::parse("c2hvcnQ=").err(), Some(SealError::BadKey));
    }

    #[test]
    fn what_is_no_envelope_is_damaged_and_what_is_newer_says_its_version() {
        let sealer = Sealer::new(MasterKey::random(), vec![]);
        assert_eq!(sealer.open("p", &[]), Err(SealError::Damaged));
        assert_eq!(sealer.open("p", &[VERSION]), Err(SealError::Damaged));
        assert_eq!(sealer.open("p", &[VERSION, 1, 2, 3]), Err(SealError::Damaged));
        let mut envelope = sealer.seal("p", b"x");
        envelope[0] = VERSION + 1;
        assert_eq!(sealer.open("p", &envelope), Err(SealError::UnknownVersion(VERSION + 1)));
        assert_eq!(sealer.open("p", &[VERSION + 1]), Err(SealError::UnknownVersion(VERSION + 1)));
    }

    #[test]
    fn a_key_is_named_and_known_by_its_envelopes() {
        let seven = MasterKey(Zeroizing::new([7; 32]));
        let sealer = Sealer::new(seven.clone(), vec![]);
        // The beginning of SHA-256("probity key id" | 32 sevens).
        assert_eq!(sealer.key_id(), "f147a877");
        let (ours, theirs) =
            (sealer.seal("p", b"x"), Sealer::new(MasterKey::random(), vec![]).seal("p", b"x"));
        assert_eq!(hex::encode(&ours[1..5]), sealer.key_id());
        assert!(sealer.knows_key_of(&ours) && !sealer.knows_key_of(&theirs));
        assert!(
            sealer.knows_key_of(b"") && sealer.knows_key_of(b"no envelope"),
            "that is not for it to say"
        );
        let both = Sealer::new(MasterKey::random(), vec![seven]);
        assert!(
            both.knows_key_of(&ours) && both.key_id() != sealer.key_id(),
            "the current one seals, an older one is known"
        );
    }

    #[test]
    fn the_length_of_a_short_body_is_not_told_and_the_body_comes_back_as_it_was() {
        let key = MasterKey::random();
        let length = |body: &[u8]| seal_evidence(&key, "e", body).len();
        assert_eq!(length(b""), length(&[0; 511]), "nothing looks like a body of 511 bytes");
        assert!(length(&[0; 511]) < length(&[0; 512]));
        for body in [
            &b""[..],
            b"\x80",
            b"\x80\0\0",
            b"{\"cpr\":\"1\"}",
            &[0; 512],
            &[0x80; 1_023],
            &[7; PADDED_MAX],
            &[0; PADDED_MAX + 1],
        ] {
            let sealed = seal_evidence(&key, "e", body);
            assert_eq!(
                open_evidence(&key, "e", &sealed).expect("opens").as_slice(),
                body,
                "{} bytes",
                body.len()
            );
            let mut other = sealed.clone();
            other[0] = VERSION + PADDED - other[0];
            assert!(open_evidence(&key, "e", &other).is_err(), "the version is part of the seal");
        }
        assert!(
            open_evidence(&key, "e", &key.seal("evidence|sealed|e", b"as before")).is_ok(),
            "what older versions sealed opens"
        );
    }

    #[test]
    fn what_is_known_of_a_body_is_sealed_for_its_row_and_always_as_long() {
        let key = MasterKey::random();
        let about = |size| About { sha256: crate::sha256_hex(b"x"), size };
        let (small, large) =
            (seal_about(&key, "e", &about(1)), seal_about(&key, "e", &about(i64::MAX)));
        assert_eq!(small.len(), large.len());
        assert_eq!(open_about(&key, "e", &large), Ok(about(i64::MAX)));
        for (id, envelope) in
            [("f", &small[..]), ("e", b""), ("e", &seal_evidence(&key, "e", b"{}"))]
        {
            assert_eq!(open_about(&key, id, envelope), Err(SealError::Damaged), "{id}");
        }
    }

    #[test]
    fn names_need_their_key() {
        let key = MasterKey(Zeroizing::new([7; 32]));
        let sha256 = crate::sha256_hex(b"x");
        assert_eq!(evidence_name(&key, &sha256), evidence_name(&key, &sha256));
        let names = [
            evidence_name(&key, &sha256),
            evidence_name(&MasterKey::random(), &sha256),
            fingerprint(&key, &sha256),
            message_name(b"token", &sha256),
            message_name(b"another", &sha256),
            sha256,
        ];
        assert_eq!(std::collections::BTreeSet::from(names).len(), 6);
    }

    #[test]
    fn what_came_again_has_the_name_of_its_bytes_and_a_number() {
        let key = MasterKey::random();
        let (name, other) = (
            evidence_name(&key, &crate::sha256_hex(b"x")),
            evidence_name(&key, &crate::sha256_hex(b"y")),
        );
        let again = name_again(&name, 3);
        assert!(again != name && is_named(&name, &name) && is_named(&again, &name));
        assert!(
            !is_named(&again, &other)
                && !is_named(&name, &again)
                && !is_named(&format!("{name}3"), &name)
        );
        assert!(!is_named(&format!("{name}."), &name) && !is_named(&format!("{name}.x"), &name));
    }

    #[test]
    fn a_fingerprint_needs_the_key() {
        let key = MasterKey(Zeroizing::new([7; 32]));
        // HMAC-SHA256(32 sevens, "fingerprint|a name").
        assert_eq!(
            fingerprint(&key, "a name"),
            "ee768eb6414e1721243ead83cc89203ad156864dea15ef3e7fa5894a590f595c"
        );
        assert_ne!(fingerprint(&key, "another name"), fingerprint(&key, "a name"));
        assert_ne!(fingerprint(&MasterKey::random(), "a name"), fingerprint(&key, "a name"));
    }

    #[test]
    fn what_is_sealed_for_one_purpose_opens_for_no_other() {
        type Open = fn(&MasterKey, &str, &[u8]) -> Option<Vec<u8>>;
        let (key, object_key) = (MasterKey::random(), MasterKey::random());
        let plain = object_key.0.to_vec();
        let sealed = [
            seal_evidence(&key, "1", &plain),
            seal_object(&key, "1", &plain),
            seal_object_key(&key, "1", &object_key),
            seal_rendition(&key, "1", &plain),
            seal_field(&key, "table|column|1", &plain),
        ];
        let openers: [Open; 5] = [
            |key, id, sealed| open_evidence(key, id, sealed).ok().map(|o| o.to_vec()),
            |key, id, sealed| open_object(key, id, sealed).ok().map(|o| o.to_vec()),
            |key, id, sealed| open_object_key(key, id, sealed).ok().map(|k| k.0.to_vec()),
            |key, id, sealed| open_rendition(key, id, sealed).ok(),
            |key, id, sealed| {
                open_field(key, &format!("table|column|{id}"), sealed).ok().map(|o| o.to_vec())
            },
        ];
        for (one, sealed) in sealed.iter().enumerate() {
            for (other, open) in openers.iter().enumerate() {
                assert_eq!(
                    open(&key, "1", sealed),
                    (one == other).then(|| plain.clone()),
                    "{one} opened as {other}"
                );
            }
            assert_eq!(openers[one](&key, "2", sealed), None, "{one} in another place");
            assert_eq!(openers[one](&object_key, "1", sealed), None, "{one} with another key");
            let mut newer = sealed.clone();
            newer[0] = PADDED + 1;
            assert_eq!(openers[one](&key, "1", &newer), None, "{one} of another version");
        }
        let short = key.seal(&object_key_place("1"), b"short");
        assert_eq!(
            open_object_key(&key, "1", &short).err(),
            Some(SealError::Damaged),
            "a key has 32 bytes"
        );
        let sealer = Sealer::new(key, vec![]);
        let short = sealer.seal(&customer_key_place("c"), b"short");
        assert_eq!(
            sealer.customer_key("c", &short).err(),
            Some(SealError::Damaged),
            "a customer's too"
        );
    }

    #[test]
    fn a_key_survives_its_text() {
        let key = MasterKey::parse(&format!(
            " {}\n",
            MasterKey(Zeroizing::new([9; 32])).to_text().as_str()
        ))
        .expect("a key");
        assert_eq!(*key.0, [9; 32]);
        assert_ne!(*MasterKey::random().0, *MasterKey::random().0);
        assert_eq!(MasterKey::parse("not base64!").err(), Some(SealError::BadKey));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            let sealer = Sealer::new(MasterKey::random(), vec![]);
            prop_assert!(sealer.open("p", &bytes).is_err());
        }

        /// S-52: envelopes of our own key and version, bent anywhere: none opens to something else.
        #[test]
        fn s_52_no_bent_envelope_opens_to_something_else(
            at in any::<prop::sample::Index>(), gone in 0_usize..40, more in proptest::collection::vec(any::<u8>(), 0..40), plain in "\\PC{0,60}",
        ) {
            let sealer = Sealer::new(MasterKey::random(), vec![MasterKey::random()]);
            let (key, sealed) = sealer.new_customer_key("c");
            let bend = |whole: &[u8]| {
                let at = at.index(whole.len());
                let mut bent = whole.to_vec();
                bent.splice(at..(at + gone).min(whole.len()), more.iter().copied());
                (bent != whole).then_some(bent)
            };
            if let Some(bent) = bend(&sealer.seal("p", plain.as_bytes())) { prop_assert!(sealer.open("p", &bent).is_err()); }
            if let Some(bent) = bend(&sealed) { prop_assert!(sealer.customer_key("c", &bent).is_err()); }
            // A customer's key opens by itself, so its name in the envelope decides nothing: bent
            // there, it opens to the same.
            let same = |opened: Result<Opened, SealError>| opened.is_err() || opened.is_ok_and(|o| o.as_slice() == plain.as_bytes());
            if let Some(bent) = bend(&seal_evidence(&key, "e", plain.as_bytes())) {
                prop_assert!(same(open_evidence(&key, "e", &bent)));
                prop_assert!(open_evidence(&MasterKey::random(), "e", &bent).is_err() && open_evidence(&key, "f", &bent).is_err());
            }
            if let Some(bent) = bend(&seal_field(&key, "t|c|r", plain.as_bytes())) { prop_assert!(same(open_field(&key, "t|c|r", &bent))); }
        }

        #[test]
        fn s_52_no_other_text_is_a_key(text in "[A-Za-z0-9+/=]{40,48}|\\PC{0,60}") {
            if let Ok(key) = MasterKey::parse(&text) {
                let again = key.to_text();
                prop_assert_eq!(again.as_str(), text.trim(), "32 bytes in base64, spelt in one way");
            }
        }
    }
}
