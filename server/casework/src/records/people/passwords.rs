//! Argon2id on a bounded number of threads, so that a flood of sign-ins cannot take all memory and
//! cores.

use crate::Error;
use argon2::{
    Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version,
    password_hash::{SaltString, rand_core::OsRng},
};
use std::{sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use zeroize::Zeroizing;

/// 19 MiB, two passes, one lane: the least that OWASP's Password Storage Cheat Sheet accepts.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes at the same time; memory is bounded by this times 19 MiB.
const PLACES: usize = 2;
/// How many may wait for a place, and for how long, before they are told to come back.
const WAITING_MAX: usize = 32;
const WAIT: Duration = Duration::from_secs(5);

/// The result of checking a password.
#[derive(Debug)]
pub struct Checked {
    pub matches: bool,
    /// A newer hash to store, when the stored one was made with weaker parameters.
    pub rehashed: Option<String>,
}

/// The hashing pool.
#[derive(Clone)]
pub struct Passwords {
    places: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    /// A line of their own for those who signed in here before: a flood of strangers does not fill
    /// it.
    known: Arc<Semaphore>,
    /// Verified when an account is unknown, so that the answer takes as long.
    decoy: Arc<str>,
}

impl Default for Passwords {
    fn default() -> Self {
        let decoy = hash_now("a decoy that nobody types").unwrap_or_default();
        let line = || Arc::new(Semaphore::new(WAITING_MAX));
        Self {
            places: Arc::new(Semaphore::new(PLACES)),
            waiting: line(),
            known: line(),
            decoy: decoy.into(),
        }
    }
}

impl Passwords {
    /// Lines up for [`Self::verify`]; nothing when too many wait already.
    #[must_use]
    pub fn line_up(&self) -> Option<InLine> {
        self.waiting.clone().try_acquire_owned().ok().map(|place| InLine { _place: place })
    }

    /// The same for somebody who signed in with their browser before, or is signed in.
    #[must_use]
    pub fn line_up_known(&self) -> Option<InLine> {
        self.known.clone().try_acquire_owned().ok().map(|place| InLine { _place: place })
    }

    /// Checks a password against a stored hash, or against a decoy when there is none. `None` when
    /// no place got free in time.
    pub async fn verify(
        &self,
        in_line: InLine,
        password: Zeroizing<String>,
        stored: Option<String>,
    ) -> Option<Checked> {
        let place =
            tokio::time::timeout(WAIT, self.places.clone().acquire_owned()).await.ok()?.ok()?;
        let known = stored.is_some();
        let stored = stored.unwrap_or_else(|| self.decoy.to_string());
        let checked = aside(place, move || verify_now(&password, &stored)).await;
        drop(in_line);
        checked.map(|c| Checked {
            matches: c.matches && known,
            rehashed: c.rehashed.filter(|_| known),
        })
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// No thread could be started.
    pub async fn hash(&self, password: Zeroizing<String>) -> Result<String, Error> {
        let place =
            self.places.clone().acquire_owned().await.map_err(|e| Error::Corrupt(e.to_string()))?;
        aside(place, move || hash_now(&password))
            .await
            .ok_or_else(|| Error::Corrupt("a password could not be hashed".into()))?
    }
}

/// A place in the line before the hashing pool.
#[derive(Debug)]
pub struct InLine {
    _place: OwnedSemaphorePermit,
}

/// Does what takes a core for some twenty milliseconds on a thread of its own that lets all others
/// go first. A thread's priority does not rise again, so none is used twice.
async fn aside<T: Send + 'static>(
    place: OwnedSemaphorePermit,
    job: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = oneshot::channel();
    let started = std::thread::Builder::new().name("hashing".into()).spawn(move || {
        // Beside tests, which keep every core busy for minutes, it would hardly ever have its turn.
        if cfg!(any(test, not(debug_assertions))) {
            give_way();
        }
        done.send(job()).ok();
        drop(place);
    });
    if let Err(error) = started {
        tracing::error!(%error, "no thread for a password");
        return None;
    }
    result.await.ok()
}

/// Only what nobody else wants of the cores: whoever reads a page does not feel that somebody signs
/// in (`SCHED_IDLE`, sched(7)). Other systems know no such thing.
#[cfg(target_os = "linux")]
fn give_way() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy,
        set_thread_priority_and_policy, thread_native_id,
    };
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    if let Err(error) =
        set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle)
    {
        tracing::debug!(%error, "a password is hashed with the priority of everything else");
    }
}

#[cfg(not(target_os = "linux"))]
const fn give_way() {}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash_now(password: &str) -> Result<String, Error> {
    let salt = SaltString::generate(&mut OsRng);
    let hash = argon2()
        .hash_password(password.as_bytes(), &salt)
        .map_err(|e| Error::Corrupt(e.to_string()))?;
    Ok(hash.to_string())
}

fn verify_now(password: &str, stored: &str) -> Checked {
    let Ok(parsed) = PasswordHash::new(stored) else {
        return Checked { matches: false, rehashed: None };
    };
    let matches = argon2().verify_password(password.as_bytes(), &parsed).is_ok();
    let rehashed = if matches && is_weaker(&parsed) { hash_now(password).ok() } else { None };
    Checked { matches, rehashed }
}

fn is_weaker(hash: &PasswordHash<'_>) -> bool {
    let params = Params::try_from(hash).ok();
    hash.algorithm.as_str() != "argon2id"
        || params
            .is_none_or(|p| p.m_cost() < MEMORY_KIB || p.t_cost() < PASSES || p.p_cost() < LANES)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn verified(password: &str, stored: Option<String>) -> Option<Checked> {
        let passwords = Passwords::default();
        passwords.verify(passwords.line_up()?, Zeroizing::new(password.to_owned()), stored).await
    }

    #[tokio::test]
    async fn hashes_name_the_agreed_parameters() {
        let hash = Passwords::default()
            .hash(Zeroizing::new("correct horse desk staple".into()))
            .await
            .expect("hashes");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    }

    #[tokio::test]
    async fn a_weaker_hash_is_replaced_at_the_next_sign_in() {
        let weak = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8 * 1024, 1, 1, None).expect("params"),
        );
        let stored = weak
            .hash_password(b"pw", &SaltString::generate(&mut OsRng))
            .expect("hashes")
            .to_string();
        let checked = verified("pw", Some(stored)).await.expect("a place");
        assert!(checked.matches);
        assert!(checked.rehashed.expect("a newer hash").contains("m=19456"));
    }

    #[tokio::test]
    async fn the_decoys_password_signs_nobody_in() {
        let checked = verified("a decoy that nobody types", None).await.expect("a place");
        assert!(!checked.matches && checked.rehashed.is_none());
    }

    #[tokio::test]
    async fn a_flood_is_told_to_come_back() {
        let passwords = Passwords::default();
        let mut line: Vec<InLine> =
            std::iter::from_fn(|| passwords.line_up()).take(WAITING_MAX + 1).collect();
        assert_eq!(line.len(), WAITING_MAX);
        line.pop();
        assert!(passwords.line_up().is_some(), "whoever leaves makes room");
        assert!(passwords.line_up_known().is_some(), "who was here before has a line of their own");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn whoever_hashes_lets_the_others_go_first() {
        use thread_priority::{
            NormalThreadSchedulePolicy::Idle, ThreadSchedulePolicy::Normal, thread_schedule_policy,
        };
        let is_idle = || thread_schedule_policy().expect("a policy") == Normal(Idle);
        let place = Passwords::default().places.clone().acquire_owned().await.expect("a place");
        assert_eq!(aside(place, is_idle).await, Some(true));
        assert!(!is_idle(), "that thread alone");
    }
}
