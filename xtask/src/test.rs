//! `cargo xtask test`: what must hold before a change lands, in the order that fails soonest.
//!
//! Each of formatting, clippy and the first-visit budget counts as one test; libtest's and
//! Playwright's own counts are added up. Every step runs even when an earlier one failed, except
//! what needs a build that failed.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::children;
use crate::desk::{self, DEMO_PASSWORD, Plan, Trial};
use crate::postgres::{self, Cluster};
use crate::site;
use crate::tools::{self, Failure, OrSay, Result, WASM_TARGET, Workspace};

/// The usual names of the system's Chromium.
const CHROMIUM_NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

#[derive(Args)]
pub struct Options {
    /// Leave out the site and the browser tests.
    #[arg(long, conflicts_with = "only")]
    fast: bool,
    /// Run only this step, and what it needs.
    #[arg(long, value_name = "NAME")]
    only: Option<Step>,
    /// With `--only rust` or `--only browser`: more arguments for `cargo test` or Playwright.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// The steps by name, in their order.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting.
    Fmt,
    /// Clippy on the native half.
    Clippy,
    /// Clippy on the browser half.
    ClippyWasm,
    /// The first-visit budget of the site.
    Site,
    /// Unit and integration tests, on SQLite and PostgreSQL.
    Rust,
    /// Playwright's stories in a real browser.
    Browser,
}

pub fn test(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    let takes_arguments = matches!(options.only, Some(Step::Rust | Step::Browser));
    if !options.arguments.is_empty() && !takes_arguments {
        return Err(Failure::new("Arguments after `--` need `--only rust` or `--only browser`: they are for its runner."));
    }
    let mut report = Report::default();
    let wants = |step| match options.only {
        Some(only) => only == step,
        None => !(options.fast && matches!(step, Step::Site | Step::Browser)),
    };

    if wants(Step::Fmt) {
        let mut cargo = workspace.cargo();
        cargo.args(["fmt", "--check", "--all"]);
        report.one_test("Formatting", || children::run(cargo));
    }
    if wants(Step::Clippy) {
        let mut cargo = workspace.cargo();
        cargo.args(["clippy", "--workspace", "--exclude", "browser"]).args(["--all-targets", "--", "-D", "warnings"]);
        report.one_test("Clippy, native half", || children::run(cargo));
    }
    if wants(Step::ClippyWasm) {
        report.one_test("Clippy, browser half", || clippy_wasm(workspace));
    }
    // The browser tests' tools come before the site: they bring the wasm-opt that shrinks it.
    let has_browser_tools = wants(Step::Browser) && report.preparation("Tools of the browser tests", || install_node_packages(workspace));
    let has_site = (wants(Step::Site) || wants(Step::Browser))
        && report.one_test("Site and its first-visit budget", || {
            let site = site::build(workspace)?;
            println!("{}", site.first_visit);
            Ok(site.first_visit.fits())
        });
    let has_programs = (wants(Step::Rust) || wants(Step::Browser)) && report.preparation("Build", || build_everything(workspace));

    if has_programs {
        let cluster = report.value("PostgreSQL, private and throw-away", Cluster::start);
        if wants(Step::Rust) {
            report.many_tests("Rust tests", || rust_tests(workspace, cluster.as_ref(), &options.arguments));
        }
        if wants(Step::Browser) && has_browser_tools && has_site {
            browser_tests(workspace, cluster.as_ref(), &options.arguments, &mut report);
        }
    }
    Ok(report.close())
}

fn clippy_wasm(workspace: &Workspace) -> Result<bool> {
    tools::ensure_wasm_target(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["clippy", "-p", "browser", "--features", "hydrate"]).args(["--target", WASM_TARGET, "--", "-D", "warnings"]);
    children::run(cargo)
}

/// Builds programs and tests together, so that cargo settles features once for both.
fn build_everything(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "--workspace", "--exclude", "browser", "--all-targets"]);
    tools::must_succeed(cargo, "The build failed.")
}

fn rust_tests(workspace: &Workspace, cluster: Option<&Cluster>, arguments: &[String]) -> Result<Told> {
    if tools::find_on_path("strace").is_none() {
        tools::install_debian_package("strace", "Killing a decision at each of its writes")?;
    }
    // The S3 server that files of evidence are tried with is a Node program.
    install_node_packages(workspace)?;
    let mut cargo = workspace.cargo();
    cargo.args(["test", "--workspace", "--exclude", "browser"]).arg("--no-fail-fast").args(arguments);
    if let Some(cluster) = cluster {
        cargo.env(postgres::TEST_URL, cluster.url(postgres::TEST_DATABASE));
    }
    let (succeeded, lines) = children::run_reading(cargo)?;
    let counts = lines.iter().filter_map(|line| Counts::of_libtest(line)).fold(Counts::default(), Counts::and);
    let failed = lines.iter().filter_map(|line| failed_in_libtest(line)).collect();
    Ok(Told { counts: counts.or_failed(succeeded), failed })
}

/// Tells every story with JavaScript and without, and those from launch to decision on PostgreSQL, too.
fn browser_tests(workspace: &Workspace, cluster: Option<&Cluster>, arguments: &[String], report: &mut Report) {
    let Some(chromium) = report.value("Chromium", find_or_install_chromium) else {
        return;
    };
    let stories = |project, database_url| Stories { project, database_url, chromium: &chromium, arguments };
    report.many_tests("Browser tests, hydrated, on SQLite", || stories("hydrated", None).tell(workspace));
    report.many_tests("Browser tests, plain, on SQLite", || stories("plain", None).tell(workspace));
    if let Some(cluster) = cluster {
        report.many_tests("Browser tests, from launch to decision, on PostgreSQL", || {
            cluster.create_database("probity_desk")?;
            let url = cluster.url("probity_desk");
            stories("postgres", Some(url)).tell(workspace)
        });
    }
}

/// Takes pictures of a demo desk into `<target>/screenshots`.
pub fn take_screenshots(workspace: &Workspace) -> Result<()> {
    install_node_packages(workspace)?;
    desk::build_programs(workspace)?;
    site::build(workspace)?;
    let chromium = find_or_install_chromium()?;
    let stories = Stories { project: "screenshots", database_url: None, chromium: &chromium, arguments: &[] };
    let Told { counts, .. } = stories.tell(workspace)?;
    let folder = workspace.target.join("screenshots");
    println!("The pictures are in {}", folder.display());
    if counts.failed > 0 {
        return Err(Failure::new("Not every picture could be taken."));
    }
    Ok(())
}

/// One run of a Playwright project against a desk of its own.
struct Stories<'a> {
    project: &'static str,
    database_url: Option<String>,
    chromium: &'a Path,
    arguments: &'a [String],
}

impl Stories<'_> {
    fn tell(self, workspace: &Workspace) -> Result<Told> {
        let mut trial = Trial::start(workspace, self.database_url.clone())?;
        let report = trial.folder.path().join("report.json");
        let succeeded = children::run(self.playwright(workspace, &trial.plan, &report))?;
        let Told { counts, failed } = Told::of_playwright(&report)?;
        let counts = counts.or_failed(succeeded);
        if counts.failed > 0 {
            println!("{}", trial.desk.last_lines());
        }
        trial.desk.must_run()?;
        Ok(Told { counts, failed })
    }

    fn playwright(&self, workspace: &Workspace, plan: &Plan, report: &Path) -> Command {
        let end2end = workspace.end2end();
        let store = match self.database_url {
            Some(_) => "postgres",
            None => "sqlite",
        };
        let mut playwright = Command::new(end2end.join("node_modules/.bin/playwright"));
        playwright
            .arg("test")
            .arg(format!("--project={}", self.project))
            .args(self.arguments)
            .current_dir(&end2end)
            .env("PROBITY_URL", plan.url())
            .env("SANDBOX_URL", plan.sandbox_url())
            .env("PROBITY_DEMO_PASSWORD", DEMO_PASSWORD)
            .env("PROBITY_STORE", store)
            .env("CHROMIUM", self.chromium)
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

pub fn find_or_install_chromium() -> Result<PathBuf> {
    if tools::is_set("CHROMIUM") {
        return Ok(std::env::var_os("CHROMIUM").unwrap_or_default().into());
    }
    let find = || CHROMIUM_NAMES.iter().find_map(|name| tools::find_on_path(name));
    if let Some(chromium) = find() {
        return Ok(chromium);
    }
    tools::install_debian_package("chromium", "Testing in a browser")?;
    find().ok_or_else(|| Failure::new("The package chromium is installed but not on the PATH."))
}

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
}

impl Counts {
    fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    fn and(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// A runner that fails without a failed test, or runs none, did fail.
    fn or_failed(self, succeeded: bool) -> Self {
        if (succeeded && self.passed > 0) || self.failed > 0 {
            return self;
        }
        Self { failed: 1, ..self }
    }

    /// Reads libtest's closing line, `test result: ok. 3 passed; 0 failed; ...`.
    fn of_libtest(line: &str) -> Option<Self> {
        let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let number = |what: &str| -> Option<u64> {
            let part = numbers.split("; ").find(|part| part.ends_with(what))?;
            part.split(' ').next()?.parse().ok()
        };
        Some(Self { passed: number(" passed")?, failed: number(" failed")? })
    }
}

/// What a step with tests of its own came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    counts: Counts,
    /// A line for each failed test: which it is and, where that is known, its error's first line.
    failed: Vec<String>,
}

impl From<Counts> for Told {
    fn from(counts: Counts) -> Self {
        Self { counts, failed: Vec::new() }
    }
}

impl Told {
    /// Reads the report of Playwright's JSON reporter.
    fn of_playwright(report: &Path) -> Result<Self> {
        let text = tools::read(report)?;
        let report: Value = serde_json::from_slice(&text).or_say("Playwright's report is odd")?;
        let number = |name: &str| report["stats"][name].as_u64().unwrap_or_default();
        let errors = list(&report["errors"]);
        let counts = Counts { passed: number("expected") + number("flaky"), failed: number("unexpected") + errors.len() as u64 };
        let mut failed: Vec<_> = errors.iter().map(first_line).collect();
        failed_in_suites(&report["suites"], &mut failed);
        Ok(Self { counts, failed })
    }
}

/// The failed stories of nested suites, as `review.spec.ts:40 Anna takes the next check: Error: ...`.
fn failed_in_suites(suites: &Value, failed: &mut Vec<String>) {
    for suite in list(suites) {
        for spec in list(&suite["specs"]).iter().filter(|spec| spec["ok"] == false) {
            let tries = list(&spec["tests"]).iter().flat_map(|test| list(&test["results"]));
            let errors = tries.flat_map(|result| list(&result["errors"]));
            let said = errors.map(first_line).next().unwrap_or_default();
            let title = spec["title"].as_str().unwrap_or_default();
            failed.push(format!("{}:{} {title}: {said}", spec["file"].as_str().unwrap_or_default(), spec["line"]));
        }
        failed_in_suites(&suite["suites"], failed);
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The first line of an error in Playwright's report, without the colours of a terminal.
fn first_line(error: &Value) -> String {
    let message = error["message"].as_str().unwrap_or_default();
    let line = message.lines().next().unwrap_or_default();
    let mut parts = line.split('\u{1b}');
    let start = parts.next().unwrap_or_default().to_owned();
    parts.fold(start, |line, part| line + part.split_once('m').map_or(part, |(_, text)| text))
}

/// The test's name in libtest's line `test a::name ... FAILED`.
fn failed_in_libtest(line: &str) -> Option<String> {
    Some(line.strip_prefix("test ")?.strip_suffix(" ... FAILED")?.to_owned())
}

/// What ran so far, for the summary and the closing line.
#[derive(Default)]
struct Report {
    counts: Counts,
    lines: Vec<String>,
}

impl Report {
    /// A step that is a test itself.
    fn one_test(&mut self, name: &str, step: impl FnOnce() -> Result<bool>) -> bool {
        let counts = self.step(name, || step().map(|passed| Counts::one(passed).into()));
        counts.is_some_and(|counts| counts.failed == 0)
    }

    /// A step that counts its tests itself.
    fn many_tests(&mut self, name: &str, step: impl FnOnce() -> Result<Told>) {
        self.step(name, step);
    }

    /// A step that is no test: it counts only when it fails.
    fn preparation(&mut self, name: &str, step: impl FnOnce() -> Result<()>) -> bool {
        self.value(name, step).is_some()
    }

    /// A step that makes something for later ones: it counts only when it fails.
    fn value<T>(&mut self, name: &str, step: impl FnOnce() -> Result<T>) -> Option<T> {
        let mut made = None;
        self.step(name, || {
            made = Some(step()?);
            Ok(Told::default())
        });
        made
    }

    /// Runs a step under its heading; an error counts as one failed test.
    fn step(&mut self, name: &str, step: impl FnOnce() -> Result<Told>) -> Option<Counts> {
        if children::stop_requested() {
            return None;
        }
        println!("\n== {name} ==");
        let started = Instant::now();
        let outcome = step();
        let ran = outcome.is_ok();
        let Told { counts, failed } = outcome.unwrap_or_else(|failure| {
            println!("{failure}");
            Counts::one(false).into()
        });
        self.note(name, counts, started.elapsed());
        self.lines.extend(failed.iter().map(|test| format!("       {test}")));
        ran.then_some(counts)
    }

    fn note(&mut self, name: &str, counts: Counts, time: Duration) {
        self.counts = self.counts.and(counts);
        let word = if counts.failed == 0 { "ok" } else { "FAILED" };
        let line = format!("{word:<6} {name} ({:.1} s)", time.as_secs_f64());
        println!("{line}");
        self.lines.push(line);
    }

    /// Prints the summary and, as the very last line, the counts.
    fn close(mut self) -> ExitCode {
        if children::stop_requested() {
            self.note("Stopped, as asked", Counts::one(false), Duration::ZERO);
        }
        println!("\n== Summary ==");
        for line in &self.lines {
            println!("{line}");
        }
        let Counts { passed, failed } = self.counts;
        println!("\n{passed} passed, {failed} failed");
        if failed == 0 && passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_of_libtest_is_counted() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s";
        let counts = Counts { passed: 12, failed: 3 };
        assert_eq!(Counts::of_libtest(line), Some(counts));
        assert_eq!(Counts::of_libtest("test a_case ... ok"), None);
    }

    #[test]
    fn playwrights_report_is_counted_with_its_errors() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = folder.path().join("report.json");
        let text = r#"{"stats":{"expected":4,"unexpected":1,"flaky":1,"skipped":2},"errors":[{"message":"x"}]}"#;
        tools::write(&report, text).expect("writes");
        let told = Told::of_playwright(&report).expect("reads");
        assert_eq!(told, Told { counts: Counts { passed: 5, failed: 2 }, failed: vec!["x".to_owned()] });
    }

    #[test]
    fn failed_tests_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = folder.path().join("report.json");
        let text = r#"{"stats":{"expected":1,"unexpected":1},"suites":[{"specs":[],"suites":[{"specs":[
            {"title":"works","ok":true,"file":"a.spec.ts","line":3,"tests":[{"results":[{"errors":[]}]}]},
            {"title":"fails","ok":false,"file":"a.spec.ts","line":9,"tests":[{"results":[{"errors":[
                {"message":"\u001b[31mTimed out\u001b[39m waiting\nand more"}]}]}]}]}]}]}"#;
        tools::write(&report, text).expect("writes");
        let told = Told::of_playwright(&report).expect("reads");
        assert_eq!(told.failed, ["a.spec.ts:9 fails: Timed out waiting"]);
        assert_eq!(failed_in_libtest("test a::name ... FAILED").as_deref(), Some("a::name"));
        assert_eq!(failed_in_libtest("test a::name ... ok"), None);
    }

    #[test]
    fn a_runner_that_fails_or_runs_nothing_is_a_failure() {
        let none = Counts::default();
        let one = Counts::one(true);
        assert_eq!(none.or_failed(true).failed, 1);
        assert_eq!(one.or_failed(false).failed, 1);
        assert_eq!(one.or_failed(true).failed, 0);
    }
}
