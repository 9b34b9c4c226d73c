//! Copies of the whole desk: the database, the files of evidence, and a list of hashes that a
//! restore checks.

use crate::{config::Config, private};
use casework::{
    Db, Error,
    journal::{self, Difference, Record, Verified},
    objects::{self, Folder, Place},
    sha256_hex, sha256_of,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File},
    io::ErrorKind,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

const MANIFEST: &str = "manifest.json";
const DATABASE: &str = "probity.db";
const OBJECTS: &str = "objects";

/// What a copy holds.
#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    /// SHA-256 of the SQLite database; absent where `pg_dump` copies the database.
    database: Option<String>,
    /// SHA-256 of each sealed file, by its name.
    objects: BTreeMap<String, String>,
}

fn cannot(what: &str, path: &Path) -> impl Fn(std::io::Error) -> Error {
    let what = format!("{} cannot be {what}", path.display());
    move |e| Error::Start(format!("{what}: {e}."))
}

/// Copies the desk into a new folder while it may be serving; gives what to tell the operator.
///
/// # Errors
/// The sentence that the operator reads.
pub async fn back_up(config: &Config, db: &Db, to: &Path) -> Result<String, Error> {
    DirBuilder::new()
        .mode(0o700)
        .create(to)
        .map_err(cannot("made: a copy needs a new folder", to))?;
    let database = if db.is_postgres() {
        None
    } else {
        let file = to.join(DATABASE);
        db.backup(&file).await?;
        private::database(&file);
        Some(File::open(&file).and_then(sha256_of).map_err(cannot("read", &file))?)
    };
    // After the database: every file that the copy names was durable before its row.
    let (from, copies) = (config.place()?, Folder::new(to.join(OBJECTS)));
    let (mut objects, mut lost) = (BTreeMap::new(), Vec::new());
    for (name, sha256) in objects::named(db).await? {
        match from.read(&name).await {
            Ok(bytes) if sha256_hex(&bytes) == sha256 => {
                copies.write(&name, bytes).await.map_err(cannot("written", copies.path()))?;
                objects.insert(name, sha256);
            }
            // A store out of reach is no lost file.
            Err(e) if matches!(from, Place::Bucket(_)) && e.kind() != ErrorKind::NotFound => {
                return Err(Error::Start(format!("{from} cannot be read ({name}): {e}.")));
            }
            _ => lost.push(name),
        }
    }
    // A customer who was erased meanwhile took their files along.
    let needed = objects::named(db).await?;
    lost.retain(|name| needed.iter().any(|(needed, _)| needed == name));
    let files = objects.len();
    let manifest = Manifest { database, objects };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::Corrupt(e.to_string()))?;
    write(&to.join(MANIFEST), text.as_slice())?;
    let what = match manifest.database {
        Some(_) => format!("the database and {files} files of evidence"),
        None => format!(
            "{files} files of evidence. The database is PostgreSQL: copy it with pg_dump before this, so that every file it names is here"
        ),
    };
    let mut said = format!(
        "Wrote {} with {what}. It does not hold the master key; keep a copy of that apart from it.",
        to.display()
    );
    if !lost.is_empty() {
        said.push_str(&format!(
            "\nMissing or altered before this copy was made, and not in it: {}.",
            lost.join(", ")
        ));
    }
    Ok(said)
}

/// Puts a copy where nothing is yet, checks every hash and the journal's chain; gives what to tell
/// the operator. When anything is wrong, nothing stays.
///
/// # Errors
/// The sentence that the operator reads.
pub async fn restore(config: &Config, from: &Path) -> Result<String, Error> {
    let file = from.join(MANIFEST);
    let text =
        fs::read(&file).map_err(cannot("read: this is no copy, or not a whole one", &file))?;
    let manifest: Manifest = serde_json::from_slice(&text)
        .map_err(|e| Error::Start(format!("{} cannot be understood: {e}.", file.display())))?;
    let place = config.place()?;
    config.make_data_folder()?;
    place_must_be_empty(&place).await?;
    match (config.sqlite_file(), &manifest.database) {
        (Some(database), Some(sha256)) => {
            must_be_empty(&config.data(), &[config.key_file()])?;
            let part = PathBuf::from(format!("{}.restoring", database.display()));
            let put = put_back(from, &manifest, &place, Some((&part, sha256))).await;
            let said = match put {
                Ok(()) => checked(&format!("sqlite:{}", part.display())).await,
                Err(error) => Err(error),
            };
            match said {
                Ok(said) => fs::rename(&part, &database).map_err(cannot("written", &database)).map(|()| said),
                Err(error) => {
                    for ending in ["", "-wal", "-shm"] {
                        fs::remove_file(format!("{}{ending}", part.display())).ok();
                    }
                    take_back(&place, &manifest).await;
                    Err(error)
                }
            }
        }
        (None, None) => {
            let put = put_back(from, &manifest, &place, None).await;
            let said = match put {
                Ok(()) => checked(&config.database_url()).await,
                Err(error) => Err(error),
            };
            if said.is_err() {
                take_back(&place, &manifest).await;
            }
            said
        }
        (Some(_), None) => Err(Error::Start(
            "This copy holds no database: it was made beside a PostgreSQL database. Set DATABASE_URL to the one that pg_restore made."
                .into(),
        )),
        (None, Some(_)) => {
            Err(Error::Start("This copy holds an SQLite database: restore it without DATABASE_URL, or with a sqlite: one.".into()))
        }
    }
}

/// Refuses a folder with anything in it besides `allowed`.
fn must_be_empty(folder: &Path, allowed: &[PathBuf]) -> Result<(), Error> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    let other = entries.flatten().map(|entry| entry.path()).find(|path| !allowed.contains(path));
    match other {
        None => Ok(()),
        Some(other) => Err(Error::Start(format!(
            "A copy is restored where nothing is yet, and {} is there. Set PROBITY_DATA to an empty folder.",
            other.display()
        ))),
    }
}

async fn place_must_be_empty(place: &Place) -> Result<(), Error> {
    match place {
        Place::Folder(folder) => must_be_empty(folder.path(), &[]),
        Place::Bucket(bucket) => match bucket.is_empty().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::Start(format!(
                "A copy is restored where nothing is yet, and something lies in {bucket}. Set PROBITY_OBJECTS to a prefix of its own."
            ))),
            Err(e) => Err(Error::Start(format!("{bucket} cannot be read: {e}."))),
        },
    }
}

/// Removes what was put back; it was empty before.
async fn take_back(place: &Place, manifest: &Manifest) {
    match place {
        Place::Folder(folder) => drop(fs::remove_dir_all(folder.path())),
        Place::Bucket(bucket) => {
            for name in manifest.objects.keys() {
                if let Err(error) = bucket.remove(name).await {
                    tracing::error!(%name, %error, "a file that was put back could not be removed");
                }
            }
        }
    }
}

async fn put_back(
    from: &Path,
    manifest: &Manifest,
    place: &Place,
    database: Option<(&Path, &String)>,
) -> Result<(), Error> {
    let altered = |name: &str| {
        Error::Start(format!(
            "{name} in the copy is not what was copied: its SHA-256 differs. Nothing was restored."
        ))
    };
    if let Some((to, sha256)) = database {
        let file = from.join(DATABASE);
        let source = File::open(&file).map_err(cannot("read", &file))?;
        write(to, source)?;
        if &File::open(to).and_then(sha256_of).map_err(cannot("read", to))? != sha256 {
            return Err(altered(DATABASE));
        }
    }
    let copies = Folder::new(from.join(OBJECTS));
    for (name, sha256) in &manifest.objects {
        let bytes =
            copies.read(name).await.map_err(cannot(&format!("read ({name})"), copies.path()))?;
        if &sha256_hex(&bytes) != sha256 {
            return Err(altered(name));
        }
        place
            .write(name, bytes)
            .await
            .map_err(|e| Error::Start(format!("{place} cannot be written: {e}.")))?;
    }
    Ok(())
}

/// Opens the restored database and verifies its journal.
async fn checked(url: &str) -> Result<String, Error> {
    if !Db::is_there(url).await? {
        return Err(Error::Start(
            "There is no desk in the database that DATABASE_URL names: bring its dump back first (pg_restore). Nothing was restored."
                .into(),
        ));
    }
    let db = Db::open(url).await?;
    let verified = verified(&db).await;
    db.close().await;
    match verified? {
        Record::Holds { entries, head, .. } => Ok(format!(
            "Restored. The journal is intact: {entries} entries, head {entries}:{head}. Put the master key file beside it."
        )),
        Record::Differs(differs) => {
            Err(Error::Start(format!("{}, in the copy. Nothing was restored.", differs.words())))
        }
    }
}

/// The record; of a copy that an older version made, whose entries commit to no rows yet, the chain
/// alone. That commitments are gone which the entries speak of is a fault.
async fn verified(db: &Db) -> Result<Record, Error> {
    if journal::covers_rows(db).await? {
        return journal::verify_record(db, None, None).await;
    }
    Ok(match journal::verify(db, None).await? {
        Verified::Intact { entries, erased, head } => {
            Record::Holds { entries, erased, rows: 0, head }
        }
        Verified::Broken { seq, why } => {
            Record::Differs(Difference { table: "journal".into(), row: seq.to_string(), why })
        }
    })
}

/// Writes a new file; when this returns, it is durable.
fn write(path: &Path, mut from: impl std::io::Read) -> Result<(), Error> {
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut written = || -> std::io::Result<()> {
        let mut out = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        std::io::copy(&mut from, &mut out)?;
        out.sync_all()?;
        File::open(folder)?.sync_all()
    };
    written().map_err(cannot("written", path))
}
