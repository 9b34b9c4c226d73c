//! Playwright's stories in a real browser, each run against a desk of its own.
//!
//! Stories wait for the desk, its workers and the providers' stand-in more than they compute, so
//! several runs go on at the same time. A run's files and their order never change: what it leaves
//! on its desk is what the next file finds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::children;
use crate::desk::{DEMO_PASSWORD, Plan, Trial};
use crate::postgres::Cluster;
use crate::report::Told;
use crate::tools::{self, Failure, Result, Workspace};

/// The usual names of the system's Chromium. The one without windows renders the same pages for
/// half the work, as it has no surface of its own to draw.
const CHROMIUM_NAMES: [&str; 4] =
    ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
/// Debian's packages of it, the first that can be installed.
const CHROMIUM_PACKAGES: [&str; 2] = ["chromium-headless-shell", "chromium"];
/// Playwright gives up a story after minutes and has a word for each that ends: a run that is
/// silent for this long hangs.
const SILENCE_MAX: Duration = Duration::from_secs(10 * 60);
/// Runs at the same time. More of them share the cores without ending sooner.
const RUNS_AT_ONCE: usize = 4;

/// One run of a Playwright project, or of a part of its files, against a desk of its own.
#[derive(Clone, Debug)]
pub struct Run {
    /// A project of `playwright.config.ts`: with or without scripts, and the stories that belong
    /// there.
    pub project: &'static str,
    /// Which part of how many.
    pub part: (usize, usize),
    /// The PostgreSQL database to keep the desk's data in; absent means SQLite.
    pub database: Option<&'static str>,
}

impl Run {
    fn name(&self) -> String {
        match self.part {
            (_, 1) => self.project.to_owned(),
            (part, parts) => format!("{} {part}/{parts}", self.project),
        }
    }
}

/// Stories with JavaScript on SQLite, and without it on SQLite or PostgreSQL; which goes where,
/// each says itself (`end2end/tests/told.ts`). Where no PostgreSQL could be started, which fails by
/// itself, its stories are not told.
pub fn all_runs(with_postgres: bool) -> Vec<Run> {
    let parts = |project, parts| {
        (1..=parts).map(move |part| Run { project, part: (part, parts), database: None })
    };
    let mut runs: Vec<_> = parts("hydrated", 3).chain(parts("plain", 3)).collect();
    if with_postgres {
        runs.push(Run { project: "postgres", part: (1, 1), database: Some("probity_desk") });
    }
    runs
}

/// What the runs need beside a desk.
pub struct Browser<'a> {
    pub chromium: PathBuf,
    pub cluster: Option<&'a Cluster>,
    /// More arguments for Playwright.
    pub arguments: &'a [String],
}

impl Browser<'_> {
    /// Tells the stories of all runs, some at a time.
    pub fn tell_all(&self, workspace: &Workspace, mut runs: Vec<Run>) -> Result<Told> {
        // Taken from the end.
        runs.reverse();
        let at_once = RUNS_AT_ONCE.min(runs.len());
        let waiting = Mutex::new(runs);
        let told = Mutex::new(Told::default());
        let failures = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    loop {
                        let next = children::lock(&waiting).pop();
                        let Some(run) = next else { return };
                        match self.tell(workspace, &run) {
                            Ok(outcome) => {
                                let mut told = children::lock(&told);
                                *told = std::mem::take(&mut *told).and(outcome);
                            }
                            Err(failure) => {
                                children::lock(&failures).push(format!("{}: {failure}", run.name()))
                            }
                        }
                    }
                });
            }
        });
        let mut told = told.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
        for failure in failures.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
            println!("{failure}");
            told.counts.failed += 1;
            told.failed.push(failure);
        }
        told.counts = told.counts.or_failed(true);
        Ok(told)
    }

    fn tell(&self, workspace: &Workspace, run: &Run) -> Result<Told> {
        let database_url = match (run.database, self.cluster) {
            (None, _) => None,
            (Some(database), Some(cluster)) => {
                cluster.create_database(database)?;
                Some(cluster.url(database))
            }
            (Some(_), None) => {
                return Err(Failure::new("There is no PostgreSQL for these stories."));
            }
        };
        let mut trial = Trial::start(workspace, database_url)?;
        let report = trial.folder.path().join("report.json");
        let name = run.name();
        let playwright = self.playwright(workspace, run, &trial.plan, &report);
        let show = move |line: &str| (!line.trim().is_empty()).then(|| format!("{name} | {line}"));
        let ran = children::run_showing(playwright, SILENCE_MAX, show)?;
        let told = Told::of_playwright(&report, &run.name())?;
        // A filter may leave a part without stories.
        let counts = if ran.succeeded { told.counts } else { told.counts.or_failed(false) };
        if counts.failed > 0 {
            println!("{}", trial.desk.last_lines());
        }
        trial.desk.must_run()?;
        Ok(Told { counts, ..told })
    }

    fn playwright(&self, workspace: &Workspace, run: &Run, plan: &Plan, report: &Path) -> Command {
        let end2end = workspace.end2end();
        let (part, parts) = run.part;
        let store = if run.database.is_some() { "postgres" } else { "sqlite" };
        let mut playwright = Command::new(end2end.join("node_modules/.bin/playwright"));
        playwright
            .arg("test")
            .arg(format!("--project={}", run.project))
            .arg(format!("--shard={part}/{parts}"))
            .arg("--pass-with-no-tests")
            .arg(format!("--output=test-results/{}-{part}", run.project))
            .args(self.arguments)
            .current_dir(&end2end)
            .env("PROBITY_URL", plan.url())
            .env("SANDBOX_URL", plan.sandbox_url())
            .env("PROBITY_DEMO_PASSWORD", DEMO_PASSWORD)
            .env("PROBITY_STORE", store)
            .env("CHROMIUM", &self.chromium)
            .env("PLAYWRIGHT_REPORT", report)
            .env("SCREENSHOTS", workspace.target.join("screenshots"));
        playwright
    }
}

/// `npm ci`, unless what is installed is newer than the lock file.
pub fn install_node_packages(workspace: &Workspace) -> Result<()> {
    let end2end = workspace.end2end();
    let modified = |name: &str| {
        let metadata = end2end.join(name).metadata();
        metadata.and_then(|metadata| metadata.modified()).ok()
    };
    let installed = modified("node_modules/.package-lock.json");
    if installed.is_some() && installed >= modified("package-lock.json") {
        return Ok(());
    }
    if tools::find_on_path("npm").is_none() {
        return Err(Failure::new(
            "The tests need Node.js 20 or newer with npm: install it (on Debian and Ubuntu: `apt-get install nodejs npm`).",
        ));
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--no-audit", "--no-fund"])
        .current_dir(end2end)
        .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
        .env("PUPPETEER_SKIP_DOWNLOAD", "1");
    tools::must_succeed(npm, "`npm ci` failed in end2end.")
}

/// The browser that CHROMIUM names, or the system's; installed where that may be.
pub fn find_or_install_chromium() -> Result<PathBuf> {
    if tools::is_set("CHROMIUM") {
        return Ok(std::env::var_os("CHROMIUM").unwrap_or_default().into());
    }
    let find = || CHROMIUM_NAMES.iter().find_map(|name| tools::find_on_path(name));
    if let Some(chromium) = find() {
        return Ok(chromium);
    }
    let mut outcome = Ok(());
    for package in CHROMIUM_PACKAGES {
        outcome = tools::install_debian_package(package, "Testing in a browser");
        if outcome.is_ok() {
            break;
        }
    }
    outcome?;
    find().ok_or_else(|| Failure::new("Chromium is installed but not on the PATH."))
}

/// Takes pictures of a demo desk into `<target>/screenshots`.
pub fn take_screenshots(workspace: &Workspace) -> Result<()> {
    let browser = Browser { chromium: find_or_install_chromium()?, cluster: None, arguments: &[] };
    let told =
        browser.tell(workspace, &Run { project: "screenshots", part: (1, 1), database: None })?;
    let folder = workspace.target.join("screenshots");
    println!("The pictures are in {}", folder.display());
    if told.counts.failed > 0 {
        return Err(Failure::new("Not every picture could be taken."));
    }
    Ok(())
}
