//! Objects: large files of evidence, sealed, outside the database: in a folder, or in a bucket.
//!
//! An object is written and durable before the transaction that names it, so a row never names
//! nothing; a crash in between leaves an object that nobody names, and the sweeper removes it after
//! a day. Each is sealed with a key of its own, which stands in the row of the evidence, sealed
//! with the customer's key: whoever has the place has nothing, and once a customer's key is deleted
//! theirs cannot be opened. What providers say stays in the database; pages need no object.

mod bucket;
mod folder;
mod place;
mod store;

use crate::{Casework, Db, Error, MasterKey, Opened, seal};
use domain::{Moment, time};
use std::{
    io::ErrorKind,
    path::PathBuf,
    sync::atomic::{AtomicI64, Ordering},
};

pub use bucket::{Access, Bucket};
pub use folder::Folder;
pub use place::Place;

/// What is smaller stays in its row.
pub const SMALL: usize = 16 * 1024;
/// How long an object may lie here that no row names: its transaction may still be under way.
const UNNAMED: i64 = time::DAY;

/// An object that is durable; a row may name it now.
#[derive(Debug, Clone)]
pub struct Object {
    pub(crate) name: String,
    /// Of the sealed bytes.
    pub(crate) sha256: String,
    pub(crate) key: MasterKey,
}

/// Where objects lie; without a place, everything stays in its row.
#[derive(Debug, Default)]
pub struct Objects {
    place: Option<Place>,
    next_sweep: AtomicI64,
}

/// Whether this can be the name of an object: 32 hexadecimal digits.
fn is_name(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

impl Objects {
    /// Objects in a folder, which is made when the first one is written.
    #[must_use]
    pub const fn in_folder(path: PathBuf) -> Self {
        Self::at(Place::Folder(Folder::new(path)))
    }

    #[must_use]
    pub const fn at(place: Place) -> Self {
        Self { place: Some(place), next_sweep: AtomicI64::new(0) }
    }

    /// Makes a file durable under a new name, sealed; nothing when it is small enough for its row.
    ///
    /// # Errors
    /// It could not be written: then nothing may be said to be kept.
    pub(crate) async fn put(&self, bytes: &[u8]) -> Result<Option<Object>, Error> {
        let Some(place) = self.place.as_ref().filter(|_| bytes.len() > SMALL) else {
            return Ok(None);
        };
        let (name, key) = (hex::encode(crate::random::<16>()), MasterKey::random());
        let sealed = seal::seal_object(&key, &name, bytes);
        let sha256 = crate::sha256_hex(&sealed);
        let written = place.write(&name, sealed).await;
        written.map_err(|e| {
            Error::Files(format!("a file of evidence could not be written to {place}: {e}"))
        })?;
        Ok(Some(Object { name, sha256, key }))
    }

    /// The bytes of the object of a piece of evidence, opened.
    ///
    /// # Errors
    /// It is lost or altered, or its place is out of reach.
    pub(crate) async fn open(
        &self,
        evidence: &str,
        name: &str,
        sha256: &str,
        key: &MasterKey,
    ) -> Result<Opened, Error> {
        let lost = |why: String| Error::Unreadable { id: evidence.to_owned(), why };
        let Some(place) = &self.place else {
            return Err(lost(format!("its file {name} lies in no place that is configured")));
        };
        let sealed = match place.read(name).await {
            Ok(sealed) => sealed,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                return Err(lost(format!("its file {name} is missing")));
            }
            Err(e) if matches!(place, Place::Bucket(_)) => {
                return Err(Error::Files(format!("the file {name} cannot be read now: {e}")));
            }
            Err(e) => return Err(lost(format!("its file {name} cannot be read: {e}"))),
        };
        if crate::sha256_hex(&sealed) != sha256 {
            return Err(lost(format!("its file {name} was altered")));
        }
        seal::open_object(key, name, &sealed)
            .map_err(|e| lost(format!("its file {name} cannot be opened: {e}")))
    }

    /// Where objects lie, to be asked at start.
    #[must_use]
    pub const fn place(&self) -> Option<&Place> {
        self.place.as_ref()
    }
}

/// All objects that are needed, each with the SHA-256 of its sealed bytes.
///
/// # Errors
/// The database.
pub async fn named(db: &Db) -> Result<Vec<(String, String)>, Error> {
    let mut reader = db.read().await?;
    store::named(&mut reader.conn()).await
}

/// Removes the objects of a customer who was erased. What cannot be removed now is unreadable all
/// the same, and swept.
pub(crate) async fn remove_erased(work: &Casework, customer: &str) -> Result<(), Error> {
    let Some(place) = &work.objects.place else { return Ok(()) };
    let names = {
        let mut reader = work.db.read().await?;
        store::of_customer(&mut reader.conn(), customer).await?
    };
    for name in names {
        if let Err(error) = place.remove(&name).await {
            tracing::error!(%name, %error, "an erased customer's file could not be removed; it cannot be opened any more");
        }
    }
    Ok(())
}

/// Removes what no row names, or only rows of erased customers; once a day.
///
/// # Errors
/// The database.
pub(crate) async fn sweep_daily(work: &Casework) -> Result<(), Error> {
    let (now, next) = (work.now(), work.objects.next_sweep.load(Ordering::Relaxed));
    if now < next {
        return Ok(());
    }
    work.objects.next_sweep.store(now + time::DAY, Ordering::Relaxed);
    sweep(work, now).await.map(drop)
}

/// Removes what is a day old and of no use; gives how many.
///
/// # Errors
/// The database.
pub async fn sweep(work: &Casework, now: Moment) -> Result<usize, Error> {
    let Some(place) = &work.objects.place else { return Ok(0) };
    let old = match place.older_than(now - UNNAMED).await {
        Ok(old) => old,
        Err(error) => {
            tracing::error!(%error, "the place of objects cannot be listed");
            return Ok(0);
        }
    };
    let mut removed = 0;
    for some in old.chunks(500) {
        let needed = {
            let mut reader = work.db.read().await?;
            store::needed(&mut reader.conn(), some).await?
        };
        for name in some.iter().filter(|name| !needed.contains(*name)) {
            match place.remove(name).await {
                Ok(()) => removed += 1,
                Err(error) => {
                    tracing::error!(%name, %error, "a file that nothing needs could not be removed")
                }
            }
        }
    }
    Ok(removed)
}
