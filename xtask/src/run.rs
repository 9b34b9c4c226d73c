//! `cargo xtask run`: from sources to a desk that somebody can use.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;

use crate::children;
use crate::desk::{self, DEMO_ACCOUNTS, DEMO_PASSWORD, Desk, MARKER, Plan};
use crate::site;
use crate::tools::{self, Failure, OrSay, Result, Workspace};

/// What `--fresh` may delete in a folder with our marker: what the programs write there.
const OUR_FILES: [&str; 8] = [
    "probity.db",
    "probity.db-wal",
    "probity.db-shm",
    "probity.db-journal",
    "probity.db.serving",
    "master.key",
    "sandbox.json",
    "sandbox.json.tmp",
];
/// And the folder with the files of evidence.
const OUR_FOLDER: &str = "objects";

#[derive(Args)]
pub struct Options {
    /// Start over: delete the desk's own files in the data folder first.
    #[arg(long)]
    fresh: bool,
    /// Where the desk listens.
    #[arg(long, env = "PROBITY_LISTEN", default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Where the sandbox, the providers' stand-in, listens.
    #[arg(long, default_value = "127.0.0.1:3999")]
    sandbox_listen: SocketAddr,
    /// Keep the desk's data in this PostgreSQL instead of a SQLite file.
    #[arg(long = "postgres-url", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
    /// Make no demo accounts and checks: the first start prints a setup token instead.
    #[arg(long)]
    no_demo: bool,
}

pub fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let started = Instant::now();
    let data = data_folder(workspace)?;
    ports_must_be_free(options)?;
    let database_url = options.database_url.clone().filter(|url| !url.is_empty());
    if options.fresh {
        start_over(&data, database_url.is_some())?;
    }
    desk::prepare_data(&data)?;

    println!("Building the desk: some five minutes the first time, seconds when nothing changed.");
    desk::build_programs(workspace)?;
    site::build_style(workspace)?;
    // The first build takes minutes; whoever took a port meanwhile would pass for our own program.
    ports_must_be_free(options)?;

    let plan = Plan {
        listen: options.listen,
        sandbox_listen: options.sandbox_listen,
        data,
        database_url,
        demo: !options.no_demo,
        echo: true,
        inherit_configuration: true,
    };
    println!(
        "Starting the desk{}.",
        if plan.demo {
            "; an empty one is filled with demo checks, which takes half a minute"
        } else {
            ""
        }
    );
    let mut desk = Desk::start(workspace, &plan)?;
    introduce(&plan, started);
    add_scripts(workspace, &plan, &mut desk)?;
    while !children::stop_requested() {
        desk.must_run()?;
        // A request to stop is what the loop waits for, not a failure.
        let _ = children::pause();
    }
    println!("Stopping.");
    Ok(())
}

/// Builds what wakes pages up in the browser while the desk can be used without it already.
fn add_scripts(workspace: &Workspace, plan: &Plan, desk: &mut Desk) -> Result<()> {
    println!(
        "Pages work already. Keys and live refresh are built now: some three minutes the first time."
    );
    let before = site::scripts(workspace)?;
    match site::build(workspace) {
        Ok(site) => println!("{}", site.first_visit),
        // A request to stop is no failure of the build.
        Err(_) if children::stop_requested() => return Ok(()),
        Err(failure) => {
            println!("{failure}\nThe desk goes on without scripts of this build.");
            return Ok(());
        }
    }
    desk.must_run()?;
    if site::scripts(workspace)? != before {
        desk.serve_again(workspace, plan)?;
        println!("The desk has keys and live refresh now: load its page again.");
    }
    Ok(())
}

fn ports_must_be_free(options: &Options) -> Result<()> {
    desk::port_must_be_free(options.listen, "--listen")?;
    desk::port_must_be_free(options.sandbox_listen, "--sandbox-listen")
}

pub fn data_folder(workspace: &Workspace) -> Result<PathBuf> {
    if !tools::is_set("PROBITY_DATA") {
        return Ok(workspace.root.join("data"));
    }
    let folder = env::var_os("PROBITY_DATA").unwrap_or_default();
    std::path::absolute(folder).or_say("PROBITY_DATA does not name a usable folder")
}

/// Deletes what is surely ours; anything else is refused or left alone, and said.
fn start_over(data: &Path, has_other_database: bool) -> Result<()> {
    if has_other_database {
        return Err(Failure::new(
            "Nothing was deleted: --fresh never touches a database outside the data folder. \
             To start over there, make a new, empty database and name that one.",
        ));
    }
    let mut entries = Vec::new();
    if data.exists() {
        for entry in fs::read_dir(data).or_say(format!("Cannot read {}", data.display()))? {
            entries.push(entry.or_say("Cannot read the data folder")?.file_name());
        }
    }
    if !entries.is_empty() && !data.join(MARKER).is_file() {
        return Err(Failure::new(format!(
            "Nothing was deleted: {} has files but not the marker `{MARKER}` that `cargo xtask run` \
             leaves in a folder it made. Empty it yourself, or choose another with PROBITY_DATA=FOLDER.",
            data.display()
        )));
    }
    for name in OUR_FILES {
        let file = data.join(name);
        if file.symlink_metadata().is_ok() {
            fs::remove_file(&file).or_say(format!("Cannot delete {}", file.display()))?;
        }
    }
    let objects = data.join(OUR_FOLDER);
    if objects.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        fs::remove_dir_all(&objects).or_say(format!("Cannot delete {}", objects.display()))?;
    }
    entries.retain(|name| {
        name != MARKER && name != OUR_FOLDER && !OUR_FILES.iter().any(|ours| name == ours)
    });
    if !entries.is_empty() {
        println!("Left alone in {}: {entries:?}", data.display());
    }
    Ok(())
}

fn introduce(plan: &Plan, started: Instant) {
    println!();
    println!("Probity is ready after {} s; Ctrl-C stops it.", started.elapsed().as_secs());
    println!("  Desk     {}", plan.url());
    println!("  Sandbox  {}", plan.sandbox_url());
    println!("  Data     {}", plan.data.display());
    if plan.demo {
        println!();
        println!("  {:<8} {:<11} Password", "Account", "Role");
        for (account, role) in DEMO_ACCOUNTS {
            println!("  {account:<8} {role:<11} {DEMO_PASSWORD}");
        }
    }
    println!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for file in files {
            fs::write(folder.path().join(file), "x").expect("writes");
        }
        folder
    }

    #[test]
    fn fresh_deletes_our_files_and_nothing_else() {
        let folder = folder_with(&[MARKER, "probity.db", "master.key", "thesis.txt"]);
        start_over(folder.path(), false).expect("starts over");
        assert!(!folder.path().join("probity.db").exists());
        assert!(!folder.path().join("master.key").exists());
        assert!(folder.path().join("thesis.txt").exists());
        assert!(folder.path().join(MARKER).exists());
    }

    #[test]
    fn fresh_refuses_a_folder_without_our_marker() {
        let folder = folder_with(&["probity.db"]);
        assert!(start_over(folder.path(), false).is_err());
        assert!(folder.path().join("probity.db").exists());
    }

    #[test]
    fn fresh_refuses_a_database_elsewhere() {
        let folder = folder_with(&[MARKER, "master.key"]);
        assert!(start_over(folder.path(), true).is_err());
        assert!(folder.path().join("master.key").exists());
    }

    #[test]
    fn only_a_new_or_empty_data_folder_is_marked_as_ours() {
        let folder = folder_with(&[]);
        desk::prepare_data(&folder.path().join("new")).expect("prepares");
        assert!(folder.path().join("new").join(MARKER).is_file());
        desk::prepare_data(folder.path()).expect("prepares");
        assert!(!folder.path().join(MARKER).exists());
    }
}
