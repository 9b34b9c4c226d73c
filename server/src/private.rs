//! What the program writes is for its own user alone: database, log, files of evidence, copies and
//! key.
//!
//! New files are private by the mask that the program sets first, and where it matters by name;
//! what an earlier version left open is closed at the next start.

use casework::Error;
use rustix::fs::Mode;
use std::{
    fs::{self, DirBuilder, Metadata},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// Others than the owner.
const OTHERS: u32 = 0o077;
const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;

/// What stands in a data folder of ours; next to anything else, the folder is not ours to close.
const OURS: [&str; 7] = [
    "probity.db",
    "master.key",
    "objects",
    "probity-data",
    "sandbox.json",
    ".write-test",
    ".writable",
];

/// From now on nobody else can read what this process makes.
pub fn mask() {
    rustix::process::umask(Mode::from_raw_mode(OTHERS));
}

/// Makes a folder, with those above it, for this user alone. One that is there is closed to others
/// if nothing in it is a stranger's; else it is said what to type.
///
/// # Errors
/// It cannot be made.
pub fn folder(path: &Path) -> io::Result<()> {
    if !path.is_dir() {
        return DirBuilder::new().recursive(true).mode(FOLDER).create(path);
    }
    close_folder(path, |name| {
        OURS.iter().any(|ours| name == *ours || name.starts_with("probity.db"))
    });
    Ok(())
}

/// Closes an SQLite database to others, with what stands beside it.
pub fn database(file: &Path) {
    for ending in ["", "-wal", "-shm", "-journal", ".serving"] {
        let mut name = file.as_os_str().to_owned();
        name.push(ending);
        close(&PathBuf::from(name), FILE);
    }
}

/// Closes a folder of files of evidence to others, and all that is in it. Once the folder itself is
/// closed, nobody gets at what is in it, so that is looked through only once.
pub fn objects(path: &Path) {
    let is_folder = |name: &str| name.len() == 2 && name.chars().all(|c| c.is_ascii_hexdigit());
    if !is_open(path) || !close_folder(path, is_folder) {
        return;
    }
    let Ok(folders) = fs::read_dir(path) else { return };
    for folder in folders.flatten().map(|entry| entry.path()) {
        close(&folder, FOLDER);
        for file in fs::read_dir(&folder).into_iter().flatten().flatten() {
            close(&file.path(), FILE);
        }
    }
}

/// Refuses a key that others can read: they may have it already, and only a person can tell.
///
/// # Errors
/// What to type.
pub fn must_be_private(key: &Path) -> Result<(), Error> {
    let Ok(found) = fs::metadata(key) else { return Ok(()) };
    let mode = found.permissions().mode() & 0o777;
    if mode & OTHERS == 0 {
        return Ok(());
    }
    Err(Error::Start(format!(
        "The master key file {} can be used by others than its owner (its mode is {mode:03o}). Type\n\n    chmod 600 {}\n\nand start again. Whoever could read it meanwhile may have copied it: with it and a copy of the database, everything can be read.",
        key.display(),
        quoted(key)
    )))
}

fn is_open(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.permissions().mode() & OTHERS != 0)
}

/// Closes a folder to others if it is ours; gives whether it is closed.
fn close_folder(path: &Path, is_ours: impl Fn(&str) -> bool) -> bool {
    if !is_open(path) {
        return true;
    }
    let strange = fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .find(|entry| !is_ours(&entry.file_name().to_string_lossy()));
    if let Some(strange) = strange {
        tracing::warn!(folder = %path.display(), "others may look into this folder, and {} in it is not the desk's, so it was left as it is; close it with: chmod 700 {}", strange.file_name().display(), quoted(path));
        return false;
    }
    close(path, FOLDER)
}

/// Takes from others what they may do; gives whether they may do nothing now.
fn close(path: &Path, mode: u32) -> bool {
    let Ok(found) = fs::symlink_metadata(path) else { return false };
    // A link says nothing of what it leads to.
    if found.is_symlink() || found.permissions().mode() & OTHERS == 0 {
        return !found.is_symlink();
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(narrowed(&found, mode))) {
        Ok(()) => {
            tracing::info!(path = %path.display(), "others may not look at this any more");
            true
        }
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "others may look at this; close it with: chmod {mode:o} {}", quoted(path));
            false
        }
    }
}

/// What the owner may do stays; setuid and its like go.
fn narrowed(found: &Metadata, mode: u32) -> u32 {
    found.mode() & mode
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    fn open(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("opened");
    }

    #[test]
    fn s_48_what_an_earlier_version_left_open_is_closed() {
        let home = tempfile::tempdir().expect("a folder");
        let data = home.path().join("data");
        folder(&data.join("objects/ab")).expect("made");
        assert_eq!((mode(&data), mode(&data.join("objects/ab"))), (0o700, 0o700));
        for (file, wide) in
            [("probity.db", 0o644), ("probity.db-wal", 0o666), ("objects/ab/cdef", 0o640)]
        {
            fs::write(data.join(file), "x").expect("writes");
            open(&data.join(file), wide);
        }
        for wide in ["", "objects", "objects/ab"] {
            open(&data.join(wide), 0o755);
        }
        folder(&data).expect("there");
        database(&data.join("probity.db"));
        objects(&data.join("objects"));
        for file in ["probity.db", "probity.db-wal", "objects/ab/cdef"] {
            assert_eq!(mode(&data.join(file)), 0o600, "{file}");
        }
        for closed in ["", "objects", "objects/ab"] {
            assert_eq!(mode(&data.join(closed)), 0o700, "{closed}");
        }
    }

    #[test]
    fn a_folder_with_other_things_in_it_is_left_as_it_is() {
        let home = tempfile::tempdir().expect("a folder");
        fs::write(home.path().join("somebody-elses"), "x").expect("writes");
        open(home.path(), 0o1777);
        folder(home.path()).expect("there");
        assert_eq!(mode(home.path()), 0o1777);
    }

    #[test]
    fn s_48_a_key_that_others_can_read_is_refused_with_what_to_type() {
        let home = tempfile::tempdir().expect("a folder");
        let key = home.path().join("it's the key");
        assert!(must_be_private(&key).is_ok(), "one that is missing is missed elsewhere");
        fs::write(&key, "x").expect("writes");
        for wide in [0o644, 0o640, 0o604, 0o602, 0o610] {
            open(&key, wide);
            let said = must_be_private(&key).expect_err("refused").to_string();
            assert!(
                said.contains(&format!("{wide:o}"))
                    && said.contains(r"chmod 600 '")
                    && said.contains(r"it'\''s the key'"),
                "{said}"
            );
        }
        open(&key, 0o400);
        assert!(must_be_private(&key).is_ok());
    }
}
