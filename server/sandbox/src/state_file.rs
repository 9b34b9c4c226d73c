//! The file that keeps tasks between runs: read once, written whole through a temporary file, so
//! that a crash leaves either the old or the new one.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::world::{Kept, Shared};

/// Changes within this time are written together.
const DEBOUNCE: Duration = Duration::from_millis(150);

/// What the last run left behind; `None` when there was none.
///
/// # Errors
/// A file that cannot be read, or that this version does not understand.
pub(crate) async fn read(path: &Path) -> io::Result<Option<Kept>> {
    let bytes = match tokio::fs::read(path).await {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io::Error::other(format!("the state file {} cannot be read: {error}", path.display()))),
    };
    let kept: Kept = serde_json::from_slice(&bytes)
        .map_err(|error| io::Error::other(format!("the state file {} is not understood: {error}", path.display())))?;
    if kept.version != 1 {
        return Err(io::Error::other(format!("the state file {} has the unknown version {}", path.display(), kept.version)));
    }
    Ok(Some(kept))
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
    let bytes = serde_json::to_vec(&*world.kept())?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        tokio::fs::create_dir_all(folder).await?;
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".tmp");
    let beside = PathBuf::from(beside);
    tokio::fs::write(&beside, &bytes).await?;
    tokio::fs::rename(&beside, path).await
}
