//! Second factors: codes by time, recovery codes, and showing one again before something grave.
//!
//! A code is used once, on whichever instance: the step of time it belongs to is compared and
//! stored in one statement. A clock that goes back brings no code back. Who has no second factor
//! shows their password again instead.

mod store;
mod totp;

use super::{
    SignedIn, count_failed, passwords::InLine, sessions, store as people_store, take_turns,
    tries::Turn,
};
use crate::{
    Casework, Error,
    journal::{self, Actor},
    store::{Conn, written},
};
use domain::{
    Moment, PersonId,
    fields::Refused,
    journal::{Action, Subject},
    people::{Caller, PASSWORD_MAX_BYTES, Role},
    time,
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{PoisonError, RwLock},
};
use totp::{base32, grouped, letters, typed_step};
use tower_sessions::session::Id;
use zeroize::Zeroizing;

/// How long a factor that was shown counts as fresh.
pub const FRESH_TIME: i64 = 5 * time::MINUTE;
/// How long an offered seed waits for its first code.
pub const OFFER_TIME: i64 = 15 * time::MINUTE;
/// Recovery codes that a person gets.
pub const RECOVERY_CODES: usize = 10;
/// 80 bits, which are 16 letters of base32.
const RECOVERY_BYTES: usize = 10;
const RECOVERY_LETTERS: usize = 16;
/// Nobody's code is longer, with all its spaces.
const CODE_MAX_BYTES: usize = 64;

/// The roles of which everybody must have a second factor by the operator's setting, beside those
/// that the policy in force names.
#[derive(Debug, Default)]
pub struct Required(RwLock<BTreeSet<Role>>);

impl Required {
    /// From now on these roles, and no others.
    pub fn set(&self, roles: impl IntoIterator<Item = Role>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = roles.into_iter().collect();
    }

    #[must_use]
    pub fn is_of(&self, role: Role) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&role)
    }

    /// All of them, in words; nothing if there are none.
    #[must_use]
    pub fn words(&self) -> Option<String> {
        let labels: Vec<_> =
            Role::ALL.iter().filter(|role| self.is_of(**role)).map(|role| role.label()).collect();
        (!labels.is_empty()).then(|| labels.join(", "))
    }
}

/// Whether somebody has to set up a second factor before anything else: they have none, and the
/// policy in force or the operator's setting asks it of their role. The setting may ask for more
/// than the policy, never for less.
#[must_use]
pub fn must_enrol(work: &Casework, signed_in: &SignedIn) -> bool {
    signed_in.lacks_factor
        || (!signed_in.has_factor && work.factor_roles.is_of(signed_in.caller.role))
}

/// Whether a factor that was shown at a moment is fresh now. One from a time to come was shown
/// before the clock went back.
#[must_use]
pub const fn is_fresh(shown_at: Moment, now: Moment) -> bool {
    let age = now - shown_at;
    age <= FRESH_TIME && age >= -super::tries::CLOCKS_DIFFER
}

/// A person's second factor, as they may know of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub since: Moment,
    pub recovery_left: i64,
}

/// A person's second factor; nothing if they have none.
///
/// # Errors
/// The database.
pub async fn standing(work: &Casework, person: &PersonId) -> Result<Option<Standing>, Error> {
    let mut reader = work.db.read().await?;
    let mut conn = reader.conn();
    let Some(row) =
        store::find(&mut conn, person.as_str()).await?.filter(store::FactorRow::is_active)
    else {
        return Ok(None);
    };
    Ok(Some(Standing {
        since: row.made_at_ms,
        recovery_left: store::recovery_left(&mut conn, person.as_str()).await?,
    }))
}

/// The ids of everybody who has one.
///
/// # Errors
/// The database.
pub async fn holders(work: &Casework) -> Result<BTreeSet<String>, Error> {
    let mut reader = work.db.read().await?;
    Ok(store::all_active(&mut reader.conn()).await?.into_iter().map(|(person, _)| person).collect())
}

/// What a person puts into their telephone.
pub struct Offer {
    /// The seed in groups of four letters, to be typed.
    pub secret: String,
    /// The same as an `otpauth:` address.
    pub address: Zeroizing<String>,
}

/// Makes a new seed for a person who has none yet.
///
/// # Errors
/// They have one already, or the database.
pub async fn offer(work: &Casework, person: &PersonId) -> Result<(), Error> {
    let seed = Zeroizing::new(crate::random::<{ totp::SEED_BYTES }>());
    let sealed = work.sealer.seal(&place(person.as_str()), seed.as_slice());
    let mut tx = work.db.begin().await?;
    if !store::offer(&mut tx.conn(), person.as_str(), sealed, work.now()).await? {
        return Err(Refused::default().because("", HAS_ONE).into());
    }
    tx.commit().await
}

const HAS_ONE: &str = "You have a second factor already. Remove it first.";

/// The seed that was offered to somebody a moment ago.
///
/// # Errors
/// The database, or a seed that does not open.
pub async fn offered(work: &Casework, caller: &Caller) -> Result<Option<Offer>, Error> {
    let found = {
        let mut reader = work.db.read().await?;
        store::find(&mut reader.conn(), caller.id.as_str()).await?
    };
    let Some(row) = found.filter(|row| is_on_offer(row, work.now())) else { return Ok(None) };
    let secret =
        Zeroizing::new(base32(&work.sealer.open(&place(caller.id.as_str()), &row.sealed)?));
    let host = url::Url::parse(&work.public_url)
        .ok()
        .and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default();
    // The label tells desks apart on one telephone. Account names and hosts have no character that
    // means something here.
    let label = format!("Probity%20{host}:{}", caller.account);
    let rest = format!("&issuer=Probity%20{host}&algorithm=SHA1&digits=6&period=30");
    let address =
        Zeroizing::new(format!("otpauth://totp/{label}?secret={}{rest}", secret.as_str()));
    Ok(Some(Offer { secret: grouped(&secret, ' '), address }))
}

fn is_on_offer(row: &store::FactorRow, now: Moment) -> bool {
    !row.is_active() && (now - row.made_at_ms).abs() <= OFFER_TIME
}

/// Makes the offered seed the person's second factor, with its first code; gives their recovery
/// codes, which are shown once.
///
/// # Errors
/// The message beside the field, or the database.
pub async fn confirm(work: &Casework, actor: &Actor, typed: &str) -> Result<Vec<String>, Error> {
    let refused = |why: String| Error::from(Refused::default().because("factor", why));
    let turns = Turn::of_code(&actor.id);
    let now = work.now();
    if let Some(wait) = take_turns(work, &turns, now).await? {
        return Err(refused(too_many(wait)));
    }
    let (codes, hashes) = new_codes();
    written!(work, async |conn| {
        let row = store::find(conn, &actor.id).await?;
        if row.as_ref().is_some_and(store::FactorRow::is_active) {
            return Err(Refused::default().because("", HAS_ONE).into());
        }
        let Some(row) = row.filter(|row| is_on_offer(row, now)) else {
            return Err(Refused::default()
                .because("", "The key that was shown has expired. Choose “Show the key” and scan the new one.")
                .into());
        };
        let seed = work.sealer.open(&place(&actor.id), &row.sealed)?;
        let Some(step) = typed_step(&seed, typed, now) else {
            return Err(refused(NOT_THIS.into()));
        };
        if !store::activate(conn, &actor.id, row.sealed, step, now).await? {
            return Err(Refused::default()
                .because("", "Another key was shown meanwhile. Scan the one below.")
                .into());
        }
        store::replace_recovery(conn, &actor.id, &hashes).await?;
        for turn in &turns {
            people_store::forget_turn(conn, turn).await?;
        }
        let details = json!({ "recovery_codes": codes.len() });
        journal::append(
            conn,
            &[actor.entry(now, Action::FactorAdded, Subject::Person, &actor.id, details)],
        )
        .await?;
        Ok(())
    })?;
    Ok(codes)
}

const NOT_THIS: &str = "This is not the code that your telephone shows now. Wait for the next one, and check that your telephone's clock is right.";

/// How long to wait, in words.
#[must_use]
pub fn too_many(wait: i64) -> String {
    format!("Too many wrong tries. Try again in {}.", time::in_words(wait.max(time::SECOND)))
}

/// Makes new recovery codes; the ones before are worth nothing any more.
///
/// # Errors
/// The person has no second factor, or the database.
pub async fn new_recovery_codes(work: &Casework, actor: &Actor) -> Result<Vec<String>, Error> {
    let (codes, hashes) = new_codes();
    written!(work, async |conn| {
        if !store::find(conn, &actor.id).await?.is_some_and(|row| row.is_active()) {
            return Err(Refused::default().because("", HAS_NONE).into());
        }
        store::replace_recovery(conn, &actor.id, &hashes).await?;
        let details = json!({ "recovery_codes": codes.len() });
        journal::append(
            conn,
            &[actor.entry(
                work.now(),
                Action::RecoveryCodesMade,
                Subject::Person,
                &actor.id,
                details,
            )],
        )
        .await?;
        Ok(())
    })?;
    Ok(codes)
}

const HAS_NONE: &str = "There is no second factor.";

/// Removes one's own second factor. Whoever calls this has seen a fresh factor.
///
/// # Errors
/// There is none, or the database.
pub async fn remove(work: &Casework, actor: &Actor) -> Result<(), Error> {
    written!(work, async |conn| {
        if !store::remove(conn, &actor.id).await? {
            return Err(Refused::default().because("", HAS_NONE).into());
        }
        journal::append(
            conn,
            &[actor.entry(
                work.now(),
                Action::FactorRemoved,
                Subject::Person,
                &actor.id,
                json!({}),
            )],
        )
        .await?;
        Ok(())
    })?;
    work.db.erased();
    Ok(())
}

/// Takes somebody else's second factor away, who lost it; all their sessions end, and their
/// browsers are forgotten.
///
/// # Errors
/// An unknown person, oneself, somebody who has none, or the database.
pub async fn reset(work: &Casework, actor: &Actor, person: &PersonId) -> Result<(), Error> {
    if person.as_str() == actor.id {
        return Err(Refused::default()
            .because("", "Your own second factor is removed on your account's page.")
            .into());
    }
    written!(work, async |conn| {
        let known = people_store::by_id(conn, person.as_str()).await?.ok_or(Error::NotFound)?;
        if !store::remove(conn, person.as_str()).await? {
            return Err(Refused::default().because("", "This person has no second factor.").into());
        }
        let ended = people_store::end_sessions(conn, person.as_str()).await?;
        people_store::forget_devices(conn, person.as_str()).await?;
        let details = json!({ "account": known.account, "sessions_ended": ended });
        journal::append(
            conn,
            &[actor.entry(
                work.now(),
                Action::FactorReset,
                Subject::Person,
                person.as_str(),
                details,
            )],
        )
        .await?;
        Ok(())
    })?;
    work.db.erased();
    Ok(())
}

/// Which factor somebody showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    Code,
    /// So many are left.
    Recovery(i64),
    Password,
}

impl Shown {
    pub const fn code(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::Recovery(_) => "recovery_code",
            Self::Password => "password",
        }
    }

    /// The entry that a recovery code was used; other factors need none of their own.
    pub fn entry(self, actor: &Actor, now: Moment) -> Option<journal::Entry> {
        let Self::Recovery(left) = self else { return None };
        Some(actor.entry(
            now,
            Action::RecoveryCodeUsed,
            Subject::Person,
            &actor.id,
            json!({ "left": left }),
        ))
    }
}

pub(super) async fn is_active(conn: &mut Conn<'_>, person: &str) -> Result<bool, Error> {
    Ok(store::find(conn, person).await?.is_some_and(|row| row.is_active()))
}

/// Uses a code or a recovery code, in the transaction of what it is shown for; nothing if it is
/// none, or was used before.
pub(super) async fn use_code(
    work: &Casework,
    conn: &mut Conn<'_>,
    person: &str,
    typed: &str,
) -> Result<Option<Shown>, Error> {
    let Some(row) = store::find(conn, person)
        .await?
        .filter(|row| row.is_active() && typed.len() <= CODE_MAX_BYTES)
    else {
        return Ok(None);
    };
    let seed = work.sealer.open(&place(person), &row.sealed)?;
    if let Some(step) = typed_step(&seed, typed, work.now()) {
        return Ok(store::use_step(conn, person, step).await?.then_some(Shown::Code));
    }
    let Some(code) = letters(typed, RECOVERY_LETTERS) else { return Ok(None) };
    if !store::use_recovery(conn, person, &crate::sha256_hex(code.as_bytes())).await? {
        return Ok(None);
    }
    Ok(Some(Shown::Recovery(store::recovery_left(conn, person).await?)))
}

/// The answer to a factor that was shown again.
#[derive(Debug)]
pub enum Fresh {
    /// It was right: the session has this id from now on.
    Right(Renewed),
    Wrong,
    Wait(i64),
    Busy,
    /// The session ended meanwhile.
    SignedOut,
}

/// A session under its new id.
pub struct Renewed {
    pub session: String,
    pub session_hash: String,
    pub at: Moment,
}

impl std::fmt::Debug for Renewed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renewed")
    }
}

/// Checks the factor of somebody who is signed in: a code where they have a second factor, else
/// their password. Their session gets a new id and counts as fresh; it ends when it would have
/// ended.
///
/// # Errors
/// The database.
pub async fn freshen(
    work: &Casework,
    actor: &Actor,
    session_hash: &str,
    typed: &Zeroizing<String>,
) -> Result<Fresh, Error> {
    let (person, has_factor) = {
        let mut reader = work.db.read().await?;
        let mut conn = reader.conn();
        let person = people_store::by_id(&mut conn, &actor.id).await?.ok_or(Error::NotFound)?;
        let has_factor = is_active(&mut conn, &actor.id).await?;
        (person, has_factor)
    };
    let in_line = match (has_factor, work.passwords.line_up_known()) {
        (false, None) => return Ok(Fresh::Busy),
        (_, in_line) => in_line,
    };
    let turns = if has_factor { Turn::of_code(&actor.id) } else { Turn::of_password(&actor.id) };
    if let Some(wait) = take_turns(work, &turns, work.now()).await? {
        return Ok(Fresh::Wait(wait));
    }
    if !has_factor {
        match verified(work, in_line, &person.password_hash, typed).await {
            None => return Ok(Fresh::Busy),
            Some(false) => return wrong(work, &actor.id).await,
            Some(true) => {}
        }
    }
    let now = work.now();
    let session = Id::default();
    let renewed =
        Renewed { session: session.to_string(), session_hash: sessions::hash(&session), at: now };
    let mut tx = work.db.begin().await?;
    let shown = if has_factor {
        use_code(work, &mut tx.conn(), &actor.id, typed).await?
    } else {
        // As at sign-in: the password is still the one that was verified, and nobody added a second
        // factor meanwhile.
        let held = people_store::hold(&mut tx.conn(), &actor.id).await?;
        let same = held.is_some_and(|p| p.is_active() && p.password_hash == person.password_hash);
        (same && !is_active(&mut tx.conn(), &actor.id).await?).then_some(Shown::Password)
    };
    let Some(shown) = shown else {
        drop(tx);
        return wrong(work, &actor.id).await;
    };
    {
        let mut conn = tx.conn();
        if !store::renew_session(&mut conn, session_hash, &renewed.session_hash, &actor.id, now)
            .await?
        {
            return Ok(Fresh::SignedOut);
        }
        for turn in &turns {
            people_store::forget_turn(&mut conn, turn).await?;
        }
        let given = actor.entry(
            now,
            Action::FactorGiven,
            Subject::Person,
            &actor.id,
            json!({ "factor": shown.code() }),
        );
        let entries: Vec<_> = [given].into_iter().chain(shown.entry(actor, now)).collect();
        journal::append(&mut conn, &entries).await?;
    }
    tx.commit().await?;
    Ok(Fresh::Right(renewed))
}

async fn wrong(work: &Casework, person: &str) -> Result<Fresh, Error> {
    count_failed(work, Action::FactorRefused, person).await?;
    Ok(Fresh::Wrong)
}

/// Whether this is the password; nothing when there was no place to look.
async fn verified(
    work: &Casework,
    in_line: Option<InLine>,
    hash: &str,
    typed: &Zeroizing<String>,
) -> Option<bool> {
    if typed.len() > PASSWORD_MAX_BYTES {
        return Some(false);
    }
    let checked = work.passwords.verify(in_line?, typed.clone(), Some(hash.to_owned())).await?;
    Some(checked.matches)
}

/// Opens every seed; gives whose each is, and how it went.
///
/// # Errors
/// The database.
pub(crate) async fn inspect(work: &Casework) -> Result<Vec<(String, Result<(), Error>)>, Error> {
    let all = {
        let mut reader = work.db.read().await?;
        store::all_active(&mut reader.conn()).await?
    };
    let opened = all.into_iter().map(|(person, sealed)| {
        let went = work.sealer.open(&place(&person), &sealed).map(drop).map_err(Error::from);
        (format!("The second factor of the person {person}"), went)
    });
    Ok(opened.collect())
}

/// Recovery codes as they are shown, and their hashes.
fn new_codes() -> (Vec<String>, Vec<String>) {
    (0..RECOVERY_CODES)
        .map(|_| {
            let code = base32(&crate::random::<RECOVERY_BYTES>());
            let hash = crate::sha256_hex(code.as_bytes());
            (grouped(&code.to_lowercase(), '-'), hash)
        })
        .unzip()
}

fn place(person: &str) -> String {
    format!("second_factors|sealed|{person}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_07_a_factor_is_fresh_for_five_minutes_and_never_from_a_time_to_come() {
        let now = 1_000 * time::HOUR;
        for (age, fresh) in [
            (0, true),
            (FRESH_TIME, true),
            (FRESH_TIME + 1, false),
            (time::DAY, false),
            (-time::SECOND, true),
            (-time::MINUTE, false),
            (-time::DAY, false),
        ] {
            assert_eq!(is_fresh(now - age, now), fresh, "{age}");
        }
    }

    #[test]
    fn recovery_codes_are_read_as_they_are_shown() {
        let (codes, hashes) = new_codes();
        assert_eq!(codes.iter().collect::<BTreeSet<_>>().len(), RECOVERY_CODES);
        for (code, hash) in codes.iter().zip(&hashes) {
            assert_eq!(code.len(), 19, "{code}");
            assert_eq!(
                letters(&code.to_uppercase(), RECOVERY_LETTERS)
                    .map(|c| crate::sha256_hex(c.as_bytes()))
                    .as_ref(),
                Some(hash)
            );
        }
    }
}
