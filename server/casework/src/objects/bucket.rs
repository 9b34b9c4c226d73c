//! Objects in a bucket of an S3-compatible store: `PREFIX/ab/cdef…`, there whole or not at all.

use super::is_name;
use crate::Error;
use domain::Moment;
use futures::TryStreamExt;
use object_store::{
    ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig, aws::AmazonS3Builder, path::Path,
};
use std::{
    io::{self, ErrorKind},
    sync::Arc,
    time::Duration,
};
use zeroize::Zeroizing;

/// One request, and all its tries: a person waits for them.
const CALL_TIME: Duration = Duration::from_secs(30);
const CONNECT_TIME: Duration = Duration::from_secs(5);
const RETRY_TIME: Duration = Duration::from_secs(10);
const RETRIES: usize = 3;

/// How the store is reached. What is not given comes from the environment as S3's own tools read it
/// (`AWS_REGION`, `AWS_ACCESS_KEY_ID`, a role of the machine).
#[derive(Clone, Default)]
pub struct Access {
    /// Of a store that is not Amazon's: `https://s3.example`.
    pub endpoint: Option<String>,
    pub region: Option<String>,
    pub key_id: Option<String>,
    pub secret: Option<Zeroizing<String>>,
}

/// A place for objects in a bucket.
#[derive(Debug, Clone)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    name: String,
    prefix: Path,
}

impl std::fmt::Display for Bucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the bucket {}", self.name)
    }
}

impl Bucket {
    /// A bucket by its address, `BUCKET/PREFIX`; nothing is asked yet.
    ///
    /// # Errors
    /// The sentence that the operator reads.
    pub fn open(address: &str, access: &Access) -> Result<Self, Error> {
        let (name, prefix) = address.split_once('/').unwrap_or((address, ""));
        let wrong = |why: String| {
            Error::Start(format!("The place for files s3://{address} cannot be used: {why}."))
        };
        if name.is_empty() {
            return Err(wrong(
                "it names no bucket; write s3://BUCKET or s3://BUCKET/PREFIX".into(),
            ));
        }
        let prefix = Path::parse(prefix.trim_end_matches('/')).map_err(|e| wrong(e.to_string()))?;
        let plain =
            access.endpoint.as_deref().is_some_and(|endpoint| endpoint.starts_with("http://"));
        let options = ClientOptions::new()
            .with_allow_http(plain)
            .with_timeout(CALL_TIME)
            .with_connect_timeout(CONNECT_TIME)
            .with_http1_only();
        let retries = RetryConfig {
            max_retries: RETRIES,
            retry_timeout: RETRY_TIME,
            ..RetryConfig::default()
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(name)
            .with_client_options(options)
            .with_retry(retries);
        if let Some(endpoint) = &access.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let Some(region) = &access.region {
            builder = builder.with_region(region);
        }
        if let Some(key_id) = &access.key_id {
            builder = builder.with_access_key_id(key_id);
        }
        if let Some(secret) = &access.secret {
            builder = builder.with_secret_access_key(secret.as_str());
        }
        let store = builder.build().map_err(|e| wrong(e.to_string()))?;
        Ok(Self { store: Arc::new(store), name: name.to_owned(), prefix })
    }

    /// Where an object lies. Names are our own, and still nothing leads out of the prefix.
    fn key(&self, name: &str) -> io::Result<Path> {
        if !is_name(name) {
            return Err(io::Error::new(ErrorKind::InvalidInput, "no name of an object"));
        }
        Ok(self.prefix.clone().join(&name[..2]).join(&name[2..]))
    }

    /// Whether the store lets us write.
    ///
    /// # Errors
    /// It says no (permission denied or not found), or cannot be reached.
    pub async fn check(&self) -> io::Result<()> {
        let probe = self.prefix.clone().join("write-test");
        self.store.put(&probe, "".into()).await.map_err(spoken)?;
        self.store.delete(&probe).await.map_err(spoken)
    }

    /// Writes an object; when this returns, the store has said that it keeps it.
    ///
    /// # Errors
    /// The store.
    pub async fn write(&self, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.store.put(&self.key(name)?, bytes.into()).await.map(drop).map_err(spoken)
    }

    /// # Errors
    /// It is not there, or the store.
    pub async fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let got = self.store.get(&self.key(name)?).await.map_err(spoken)?;
        got.bytes().await.map(Vec::from).map_err(spoken)
    }

    /// Removes an object; one that is gone already is no error.
    ///
    /// # Errors
    /// The store.
    pub async fn remove(&self, name: &str) -> io::Result<()> {
        match self.store.delete(&self.key(name)?).await {
            Err(object_store::Error::NotFound { .. }) | Ok(()) => Ok(()),
            Err(error) => Err(spoken(error)),
        }
    }

    /// The names of all that was written before `moment`, by the store's clock.
    ///
    /// # Errors
    /// The store.
    pub async fn older_than(&self, moment: Moment) -> io::Result<Vec<String>> {
        let mut all = self.store.list(Some(&self.prefix));
        let mut old = Vec::new();
        while let Some(kept) = all.try_next().await.map_err(spoken)? {
            let name = kept
                .location
                .prefix_match(&self.prefix)
                .map(|parts| parts.map(|p| p.as_ref().to_owned()).collect::<String>());
            if let Some(name) =
                name.filter(|name| is_name(name) && kept.last_modified.timestamp_millis() < moment)
            {
                old.push(name);
            }
        }
        old.sort();
        Ok(old)
    }

    /// Whether nothing lies there.
    ///
    /// # Errors
    /// The store.
    pub async fn is_empty(&self) -> io::Result<bool> {
        self.store
            .list(Some(&self.prefix))
            .try_next()
            .await
            .map(|first| first.is_none())
            .map_err(spoken)
    }
}

/// The store's error in few words: its own tell the request's whole address and every cause once
/// more.
fn spoken(error: object_store::Error) -> io::Error {
    use object_store::Error as E;
    match error {
        E::NotFound { .. } => {
            io::Error::new(ErrorKind::NotFound, "the store says that there is no such thing")
        }
        E::PermissionDenied { .. } | E::Unauthenticated { .. } => io::Error::new(
            ErrorKind::PermissionDenied,
            "the store does not let us in with this key",
        ),
        other => {
            let mut last: &dyn std::error::Error = &other;
            while let Some(cause) = last.source() {
                last = cause;
            }
            let text = last.to_string();
            let first =
                text.split(['<', '\n']).next().unwrap_or_default().trim_end_matches([' ', ':']);
            io::Error::new(
                ErrorKind::HostUnreachable,
                format!("the store cannot be reached or failed ({first})"),
            )
        }
    }
}
