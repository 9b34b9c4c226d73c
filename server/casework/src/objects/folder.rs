//! Objects as files: `ab/cdef…` under one folder, there whole or not at all, for this user alone.

use super::is_name;
use domain::Moment;
use std::{
    fs::{self, DirBuilder, File},
    io::{Error, ErrorKind, Result, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

/// The ending of a file that is being written.
const PART: &str = ".part";

/// A folder of objects.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl std::fmt::Display for Folder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(f)
    }
}

impl Folder {
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where an object lies. Names are our own, and still nothing leads out of the folder.
    fn file(&self, name: &str) -> Result<PathBuf> {
        let bare = name.strip_suffix(PART).unwrap_or(name);
        if !is_name(bare) {
            return Err(Error::new(ErrorKind::InvalidInput, "no name of an object"));
        }
        Ok(self.0.join(&name[..2]).join(&name[2..]))
    }

    /// Writes an object; when this returns, it is durable.
    ///
    /// # Errors
    /// The file system.
    pub async fn write(&self, name: &str, bytes: Vec<u8>) -> Result<()> {
        let (file, part) = (self.file(name)?, self.file(&format!("{name}{PART}"))?);
        let root = self.0.clone();
        blocking(move || {
            let folder = file.parent().unwrap_or(&root);
            if !folder.is_dir() {
                let is_first = !root.is_dir();
                DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
                File::open(&root)?.sync_all()?;
                // The folder of all objects is new itself.
                if let Some(parent) = root.parent().filter(|parent| is_first && parent.is_dir()) {
                    File::open(parent)?.sync_all()?;
                }
            }
            let mut out =
                File::options().write(true).create(true).truncate(true).mode(0o600).open(&part)?;
            out.write_all(&bytes)?;
            out.sync_all()?;
            fs::rename(&part, &file)?;
            File::open(folder)?.sync_all()
        })
        .await
    }

    /// # Errors
    /// It is not there, or the file system.
    pub async fn read(&self, name: &str) -> Result<Vec<u8>> {
        let file = self.file(name)?;
        blocking(move || fs::read(file)).await
    }

    /// Removes an object; one that is gone already is no error.
    ///
    /// # Errors
    /// The file system.
    pub async fn remove(&self, name: &str) -> Result<()> {
        let file = self.file(name)?;
        blocking(move || match fs::remove_file(file) {
            Err(e) if e.kind() != ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        })
        .await
    }

    /// The names of all that was written before `moment`, halves of a crash among them.
    ///
    /// # Errors
    /// The file system.
    pub async fn older_than(&self, moment: Moment) -> Result<Vec<String>> {
        let (root, this) = (self.0.clone(), self.clone());
        blocking(move || {
            let mut old = Vec::new();
            let folders = match fs::read_dir(&root) {
                Err(e) if e.kind() == ErrorKind::NotFound => return Ok(old),
                folders => folders?,
            };
            for folder in folders {
                let folder = folder?;
                if !folder.file_type()?.is_dir() {
                    continue;
                }
                for file in fs::read_dir(folder.path())? {
                    let file = file?;
                    let name = format!(
                        "{}{}",
                        folder.file_name().to_string_lossy(),
                        file.file_name().to_string_lossy()
                    );
                    let written =
                        file.metadata()?.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
                    if this.file(&name).is_ok()
                        && i64::try_from(written.as_millis()).unwrap_or(i64::MAX) < moment
                    {
                        old.push(name);
                    }
                }
            }
            old.sort();
            Ok(old)
        })
        .await
    }
}

async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(act).await.map_err(Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_leads_out_of_the_folder() {
        let folder = Folder::new("nowhere".into());
        for name in [
            "",
            "../etc/passwd",
            "ab",
            &"g".repeat(32),
            &format!("..{}", "a".repeat(30)),
            &"a".repeat(33),
            "é".repeat(16).as_str(),
        ] {
            assert_eq!(
                folder.read(name).await.expect_err(name).kind(),
                ErrorKind::InvalidInput,
                "{name}"
            );
        }
    }

    #[tokio::test]
    async fn what_was_written_is_read_listed_and_removed() {
        let home = tempfile::tempdir().expect("a folder");
        let folder = Folder::new(home.path().join("objects"));
        assert_eq!(folder.older_than(Moment::MAX).await.expect("lists"), Vec::<String>::new());
        let name = "0123456789abcdef0123456789abcdef";
        folder.write(name, b"sealed".to_vec()).await.expect("writes");
        assert_eq!(folder.read(name).await.expect("reads"), b"sealed");
        fs::write(home.path().join("objects/01").join(format!("{}{PART}", &name[2..])), b"half")
            .expect("a crash's half");
        fs::write(home.path().join("objects/01/somebody-elses"), b"file").expect("not ours");
        assert_eq!(
            folder.older_than(Moment::MAX).await.expect("lists"),
            [name.to_owned(), format!("{name}{PART}")]
        );
        assert_eq!(folder.older_than(0).await.expect("lists"), Vec::<String>::new());
        folder.remove(name).await.expect("removes");
        folder.remove(name).await.expect("is gone already");
        assert_eq!(folder.read(name).await.expect_err("gone").kind(), ErrorKind::NotFound);
    }
}
