//! The file that keeps tasks between runs: read once, written whole through a temporary file, so
//! that a crash leaves either the old or the new one.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::value::{RawValue, to_raw_value};

use crate::{provider::Provider, world::Shared};

const VERSION: u32 = 1;
/// The member that says how the file is built; each other member is a provider's.
const VERSION_KEY: &str = "version";

/// Changes within this time are written together.
const DEBOUNCE: Duration = Duration::from_millis(150);

/// Hands each provider what the last run left behind; no file is nothing.
///
/// # Errors
/// A file that cannot be read, or that this version does not understand.
pub(crate) async fn read(path: &Path, providers: &[Box<dyn Provider>]) -> io::Result<()> {
    let bytes = match tokio::fs::read(path).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(io::Error::other(format!(
                "the state file {} cannot be read: {error}",
                path.display()
            )));
        }
    };
    let not_understood = |error: serde_json::Error| {
        io::Error::other(format!("the state file {} is not understood: {error}", path.display()))
    };
    let kept: BTreeMap<String, Box<RawValue>> =
        serde_json::from_slice(&bytes).map_err(not_understood)?;
    let version = kept
        .get(VERSION_KEY)
        .ok_or_else(|| <serde_json::Error as serde::de::Error>::missing_field(VERSION_KEY));
    let version: u32 =
        version.and_then(|version| serde_json::from_str(version.get())).map_err(not_understood)?;
    if version != VERSION {
        return Err(io::Error::other(format!(
            "the state file {} has the unknown version {version}",
            path.display()
        )));
    }
    for provider in providers {
        provider.restore(kept.get(provider.name()).map(AsRef::as_ref)).map_err(not_understood)?;
    }
    Ok(())
}

/// Writes the file after each change until the sandbox stops, and once more then.
pub(crate) async fn keep(world: Shared) {
    let Some(path) = world.options.state.clone() else { return };
    loop {
        let stop = tokio::select! {
            () = world.to_save.notified() => false,
            () = world.stopping.cancelled() => true,
        };
        if !stop {
            tokio::select! {
                () = tokio::time::sleep(DEBOUNCE) => {}
                () = world.stopping.cancelled() => continue,
            }
        }
        write(&world, &path).await;
        if stop {
            return;
        }
    }
}

/// Writes the file now; only for the very end, when [`keep`] is over.
pub(crate) async fn write_last(world: &Shared) {
    if let Some(path) = &world.options.state {
        write(world, path).await;
    }
}

async fn write(world: &Shared, path: &Path) {
    if let Err(error) = try_write(world, path).await {
        tracing::error!(%error, path = %path.display(), "the state file was not written");
    }
}

async fn try_write(world: &Shared, path: &Path) -> io::Result<()> {
    let mut kept = BTreeMap::from([(VERSION_KEY, to_raw_value(&VERSION)?)]);
    for provider in &world.providers {
        if let Some(text) = provider.kept() {
            kept.insert(provider.name(), text?);
        }
    }
    let bytes = serde_json::to_vec(&kept)?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        tokio::fs::create_dir_all(folder).await?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    tokio::fs::write(&beside, &bytes).await?;
    tokio::fs::rename(&beside, path).await
}
