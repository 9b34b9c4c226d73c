//! The place where objects lie: a folder, or a bucket where several instances run.

use super::{Access, Bucket, Folder};
use crate::Error;
use domain::Moment;
use std::io::{ErrorKind, Result};

/// Where objects lie.
#[derive(Debug, Clone)]
pub enum Place {
    Folder(Folder),
    Bucket(Bucket),
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Folder(folder) => folder.fmt(f),
            Self::Bucket(bucket) => bucket.fmt(f),
        }
    }
}

impl Place {
    /// `s3://BUCKET/PREFIX`, or a folder; nothing is asked or made yet.
    ///
    /// # Errors
    /// The sentence that the operator reads.
    pub fn of(address: &str, access: &Access) -> std::result::Result<Self, Error> {
        match address.strip_prefix("s3://") {
            Some(bucket) => Bucket::open(bucket, access).map(Self::Bucket),
            None => Ok(Self::Folder(Folder::new(address.into()))),
        }
    }

    /// Asks a bucket whether it lets us write. One that cannot be reached now may be later; what
    /// needs it says so then.
    ///
    /// # Errors
    /// The sentence that the operator reads.
    pub async fn check(&self) -> std::result::Result<(), Error> {
        let Self::Bucket(bucket) = self else { return Ok(()) };
        match bucket.check().await {
            Err(e) if matches!(e.kind(), ErrorKind::PermissionDenied | ErrorKind::NotFound) => {
                Err(Error::Start(format!(
                    "Files cannot be kept in {bucket}: {e}. Look at PROBITY_OBJECTS and the PROBITY_S3_ settings."
                )))
            }
            Err(error) => {
                tracing::error!(%bucket, %error, "files can be neither kept nor opened until this is over");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Writes an object; when this returns, it is durable.
    ///
    /// # Errors
    /// The file system, or the store.
    pub async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.write(name, bytes).await,
            Self::Bucket(bucket) => bucket.write(name, bytes).await,
        }
    }

    /// # Errors
    /// It is not there, or the file system or store.
    pub async fn read(&self, name: &str) -> Result<Vec<u8>> {
        match self {
            Self::Folder(folder) => folder.read(name).await,
            Self::Bucket(bucket) => bucket.read(name).await,
        }
    }

    /// Removes an object; one that is gone already is no error.
    ///
    /// # Errors
    /// The file system, or the store.
    pub async fn remove(&self, name: &str) -> Result<()> {
        match self {
            Self::Folder(folder) => folder.remove(name).await,
            Self::Bucket(bucket) => bucket.remove(name).await,
        }
    }

    /// The names of all that was written before `moment`, halves of a crash among them.
    ///
    /// # Errors
    /// The file system, or the store.
    pub async fn older_than(&self, moment: Moment) -> Result<Vec<String>> {
        match self {
            Self::Folder(folder) => folder.older_than(moment).await,
            Self::Bucket(bucket) => bucket.older_than(moment).await,
        }
    }
}
