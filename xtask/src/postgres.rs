//! A private PostgreSQL cluster for one command: made, used, deleted.
//!
//! It listens on a free loopback port only, trusts whoever connects there, and for tests does not
//! wait for the disk. PostgreSQL refuses to run as root, so as root everything runs as Debian's
//! user `postgres`.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::tools::{self, Failure, OrSay, Result, quietly};

/// Where tests and measurements look for a PostgreSQL.
pub const TEST_URL: &str = "TEST_POSTGRES_URL";
/// The database that it names.
pub const TEST_DATABASE: &str = "probity_test";
/// Debian's account for PostgreSQL, and the name of the superuser inside.
const USER: &str = "postgres";
const SETTINGS: &str = "
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
";
/// Tests need not outlive a loss of power, and do not wait for the disk.
const FORGETFUL: &str = "
fsync = off
synchronous_commit = off
full_page_writes = off
";
/// Somebody else can take the free port before PostgreSQL does.
const START_TRIES: u32 = 3;

/// A running cluster; dropping it stops it and deletes its folder.
pub struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl Cluster {
    /// Makes and starts a cluster with an empty [`TEST_DATABASE`].
    pub fn start() -> Result<Self> {
        Self::start_with(FORGETFUL)
    }

    /// The same, which waits for the disk as PostgreSQL does: to measure with.
    pub fn start_durable() -> Result<Self> {
        Self::start_with("")
    }

    fn start_with(settings: &str) -> Result<Self> {
        let mut cluster = Self {
            programs: find_or_install_programs()?,
            folder: tempfile::Builder::new()
                .prefix("probity-postgres-")
                .tempdir()
                .or_say("Cannot make a folder for PostgreSQL")?,
            port: 0,
        };
        if tools::is_root() {
            give_to_postgres(cluster.folder.path())?;
        }
        cluster.make(settings)?;
        cluster.boot()?;
        cluster.create_database(TEST_DATABASE)?;
        Ok(cluster)
    }

    /// The address of one of the cluster's databases.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://{USER}@127.0.0.1:{}/{database}", self.port)
    }

    pub fn create_database(&self, name: &str) -> Result<()> {
        let mut createdb = self.command("createdb");
        createdb
            .args(["--host=127.0.0.1", "--username", USER, "--port"])
            .arg(self.port.to_string())
            .arg(name);
        quietly(createdb, "PostgreSQL's createdb failed").map(drop)
    }

    fn make(&self, more: &str) -> Result<()> {
        let mut initdb = self.command("initdb");
        initdb
            .args(["--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"])
            .args(["--no-sync", "--username", USER, "-D"])
            .arg(self.data());
        quietly(initdb, "PostgreSQL's initdb failed")?;
        let settings = self.data().join("postgresql.auto.conf");
        tools::write(&settings, format!("{SETTINGS}{more}"))
    }

    fn boot(&mut self) -> Result<()> {
        let mut outcome = Err(Failure::new("PostgreSQL was not started."));
        for _ in 0..START_TRIES {
            let [address] = tools::free_addresses()?;
            self.port = address.port();
            let mut pg_ctl = self.command("pg_ctl");
            pg_ctl
                .args(["start", "--wait", "--silent", "-D"])
                .arg(self.data())
                .arg("-l")
                .arg(self.log())
                .args(["-o", &format!("-p {}", self.port)]);
            outcome = quietly(pg_ctl, "PostgreSQL's pg_ctl start failed").map(drop);
            if outcome.is_ok() {
                return Ok(());
            }
        }
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        outcome.map_err(|failure| Failure::new(format!("{failure}\n{log}")))
    }

    /// One of PostgreSQL's programs, never as root, in a folder that its user may enter.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if tools::is_root() {
            let mut runuser = Command::new("runuser");
            runuser.args(["-u", USER, "--"]).arg(program);
            runuser
        } else {
            Command::new(program)
        };
        command.current_dir(self.folder.path());
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if !self.data().join("postmaster.pid").exists() {
            return;
        }
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.args(["stop", "--wait", "--silent", "--mode=immediate", "-D"]).arg(self.data());
        if let Err(failure) = quietly(pg_ctl, "Stopping the throw-away PostgreSQL failed") {
            eprintln!("{failure}");
        }
    }
}

pub fn find_or_install_programs() -> Result<PathBuf> {
    if let Some(programs) = find_programs() {
        return Ok(programs);
    }
    let purpose = "Testing on PostgreSQL (initdb, pg_ctl, createdb)";
    tools::install_debian_package("postgresql", purpose)?;
    find_programs().ok_or_else(|| {
        Failure::new("The package postgresql is installed, but its initdb cannot be found.")
    })
}

/// Debian keeps each version's programs off the PATH; the newest version wins.
fn find_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let newest = versions
        .flatten()
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join("bin")))
        })
        .filter(|(_, programs)| programs.join("initdb").is_file())
        .max();
    newest.map(|(_, programs)| programs).or_else(|| {
        let initdb = tools::find_on_path("initdb")?;
        // A link would lead to a folder without the programs beside it.
        let initdb = fs::canonicalize(initdb).ok()?;
        initdb.parent().map(Path::to_owned)
    })
}

fn give_to_postgres(folder: &Path) -> Result<()> {
    let id = |which: &str| -> Result<u32> {
        let mut id = Command::new("id");
        id.args([which, USER]);
        let purpose = "PostgreSQL does not run as root, and there is no user `postgres` here";
        quietly(id, purpose)?.parse().or_say(purpose)
    };
    chown(folder, Some(id("-u")?), Some(id("-g")?))
        .or_say("Cannot give the folder of PostgreSQL to its user")
}
