//! What `cargo xtask test` says of its steps: counts, times, what failed, what was slow.
//!
//! Steps may run side by side, so each says its own lines; the summary comes at the end, in the
//! order in which the steps ended, and the very last line is `N passed, N failed`.

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::children;
use crate::tools::{self, OrSay, Result};

/// How many of the slowest tests are named at the end.
const SLOWEST: usize = 10;
/// A step is named when it took this much more than its figure: a quarter, and some seconds for
/// short ones.
const GROWN: f64 = 1.25;
const GROWN_SECONDS_MIN: f64 = 5.0;
/// Where the figures of the steps stand, a row for each: `| Build | 600 s |`.
const FIGURES: &str = "docs/benchmarks.md";

/// How many tests passed and failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub passed: u64,
    pub failed: u64,
}

impl Counts {
    pub fn one(passed: bool) -> Self {
        Self { passed: u64::from(passed), failed: u64::from(!passed) }
    }

    pub fn and(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }

    /// A runner that fails without a failed test, or runs none, did fail.
    pub fn or_failed(self, succeeded: bool) -> Self {
        if (succeeded && self.passed > 0) || self.failed > 0 {
            return self;
        }
        Self { failed: 1, ..self }
    }

    /// Reads libtest's closing line, `test result: ok. 3 passed; 0 failed; ...`.
    pub fn of_libtest(line: &str) -> Option<Self> {
        let (_, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
        let number = |what: &str| -> Option<u64> {
            let part = numbers.split("; ").find(|part| part.ends_with(what))?;
            part.split(' ').next()?.parse().ok()
        };
        Some(Self { passed: number(" passed")?, failed: number(" failed")? })
    }
}

/// What a step with tests of its own came to.
#[derive(Debug, Default, PartialEq)]
pub struct Told {
    pub counts: Counts,
    /// A line for each failed test: which it is and, where that is known, its error's first line.
    pub failed: Vec<String>,
    /// How many seconds each test took, where the runner says so.
    pub times: Vec<(String, f64)>,
}

impl From<Counts> for Told {
    fn from(counts: Counts) -> Self {
        Self { counts, ..Self::default() }
    }
}

impl Told {
    /// Both together, as one step.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.counts = self.counts.and(other.counts);
        self.failed.extend(other.failed);
        self.times.extend(other.times);
        self
    }

    /// Reads the report of Playwright's JSON reporter; `run` names the run in what is said of it.
    pub fn of_playwright(report: &Path, run: &str) -> Result<Self> {
        let text = tools::read(report)?;
        let report: Value = serde_json::from_slice(&text).or_say("Playwright's report is odd")?;
        let number = |name: &str| report["stats"][name].as_u64().unwrap_or_default();
        let errors = list(&report["errors"]);
        let counts = Counts {
            passed: number("expected") + number("flaky"),
            failed: number("unexpected") + errors.len() as u64,
        };
        let mut told =
            Self { counts, failed: errors.iter().map(first_line).collect(), times: Vec::new() };
        told.read_suites(&report["suites"], run);
        Ok(told)
    }

    /// Nested suites: failed stories as `plain: review.spec.ts:40 Anna takes the next check: Error:
    /// ...`.
    fn read_suites(&mut self, suites: &Value, run: &str) {
        for suite in list(suites) {
            for spec in list(&suite["specs"]) {
                let title = spec["title"].as_str().unwrap_or_default();
                let story = format!(
                    "{run}: {}:{} {title}",
                    spec["file"].as_str().unwrap_or_default(),
                    spec["line"]
                );
                let tries: Vec<_> =
                    list(&spec["tests"]).iter().flat_map(|test| list(&test["results"])).collect();
                if spec["ok"] == false {
                    let said = tries
                        .iter()
                        .flat_map(|result| list(&result["errors"]))
                        .map(first_line)
                        .next();
                    self.failed.push(format!("{story}: {}", said.unwrap_or_default()));
                }
                let milliseconds: f64 =
                    tries.iter().filter_map(|result| result["duration"].as_f64()).sum();
                self.times.push((story, milliseconds / 1_000.0));
            }
            self.read_suites(&suite["suites"], run);
        }
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

/// What ran so far, for the summary and the closing line.
#[derive(Default)]
pub struct Report {
    lines: Mutex<Lines>,
    /// What each step may take, by its name.
    figures: Vec<(String, f64)>,
}

#[derive(Default)]
struct Lines {
    counts: Counts,
    said: Vec<String>,
    grown: Vec<String>,
    times: Vec<(String, f64)>,
}

impl Report {
    /// A report that compares the steps with their figures in the project's documents.
    pub fn new(root: &Path) -> Self {
        let text = tools::read(&root.join(FIGURES)).unwrap_or_default();
        Self { figures: figures(&String::from_utf8_lossy(&text)), ..Self::default() }
    }

    /// A step that is a test itself.
    pub fn one_test(&self, name: &str, step: impl FnOnce() -> Result<bool>) -> bool {
        let counts = self.step(name, || step().map(|passed| Counts::one(passed).into()));
        counts.is_some_and(|counts| counts.failed == 0)
    }

    /// A step that counts its tests itself.
    pub fn many_tests(&self, name: &str, step: impl FnOnce() -> Result<Told>) {
        self.step(name, step);
    }

    /// A step that makes something for later ones: it counts only when it fails.
    pub fn value<T>(&self, name: &str, step: impl FnOnce() -> Result<T>) -> Option<T> {
        let mut made = None;
        self.step(name, || {
            made = Some(step()?);
            Ok(Told::default())
        });
        made
    }

    /// Runs a step under its heading; an error counts as one failed test.
    pub fn step(&self, name: &str, step: impl FnOnce() -> Result<Told>) -> Option<Counts> {
        if children::stop_requested() {
            return None;
        }
        println!("\n== {name} ==");
        let started = Instant::now();
        let outcome = step();
        let ran = outcome.is_ok();
        let told = outcome.unwrap_or_else(|failure| {
            println!("{failure}");
            Counts::one(false).into()
        });
        let counts = told.counts;
        self.note(name, told, started.elapsed());
        ran.then_some(counts)
    }

    fn note(&self, name: &str, told: Told, time: Duration) {
        let mut lines = self.lines();
        lines.counts = lines.counts.and(told.counts);
        let word = if told.counts.failed == 0 { "ok" } else { "FAILED" };
        let tests = match told.counts.passed + told.counts.failed {
            0 | 1 => String::new(),
            many => format!(", {many} tests"),
        };
        let line = format!("{word:<6} {name} ({:.1} s{tests})", time.as_secs_f64());
        println!("{line}");
        lines.said.push(line);
        lines.said.extend(told.failed.iter().map(|test| format!("       {test}")));
        lines.times.extend(told.times);
        if let Some((_, figure)) = self.figures.iter().find(|(step, _)| step == name)
            && has_grown(time.as_secs_f64(), *figure)
        {
            lines.grown.push(format!(
                "{name} took {:.0} s; {FIGURES} says {figure:.0} s",
                time.as_secs_f64()
            ));
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prints the summary and, as the very last line, the counts.
    pub fn close(self) -> ExitCode {
        if children::stop_requested() {
            self.note("Stopped, as asked", Counts::one(false).into(), Duration::ZERO);
        }
        let Lines { counts, said, grown, mut times } =
            self.lines.into_inner().unwrap_or_else(PoisonError::into_inner);
        println!("\n== Slowest ==");
        times.sort_by(|one, other| other.1.total_cmp(&one.1));
        for (test, seconds) in times.iter().take(SLOWEST) {
            println!("{seconds:>6.1} s  {test}");
        }
        println!("\n== Summary ==");
        for line in &said {
            println!("{line}");
        }
        for line in &grown {
            println!("SLOWER {line}");
        }
        println!("\n{} passed, {} failed", counts.passed, counts.failed);
        if counts.failed == 0 && counts.passed > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

fn has_grown(seconds: f64, figure: f64) -> bool {
    seconds > figure * GROWN && seconds > figure + GROWN_SECONDS_MIN
}

/// The rows `| name | 12 s |` of a document, whatever columns follow.
fn figures(document: &str) -> Vec<(String, f64)> {
    let row = |line: &str| -> Option<(String, f64)> {
        let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
        let name = cells.next()?;
        let seconds = cells.next()?.strip_suffix(" s")?.replace(',', "");
        Some((name.to_owned(), seconds.parse().ok()?))
    };
    document.lines().filter_map(row).collect()
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
        let told = Told::of_playwright(&report, "plain").expect("reads");
        assert_eq!(told.counts, Counts { passed: 5, failed: 2 });
        assert_eq!(told.failed, ["x"]);
    }

    #[test]
    fn failed_stories_are_named_and_all_are_timed() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = folder.path().join("report.json");
        let text = r#"{"stats":{"expected":1,"unexpected":1},"suites":[{"specs":[],"suites":[{"specs":[
            {"title":"works","ok":true,"file":"a.spec.ts","line":3,"tests":[{"results":[{"duration":1500,"errors":[]}]}]},
            {"title":"fails","ok":false,"file":"a.spec.ts","line":9,"tests":[{"results":[{"duration":20,"errors":[
                {"message":"\u001b[31mTimed out\u001b[39m waiting\nand more"}]}]}]}]}]}]}"#;
        tools::write(&report, text).expect("writes");
        let told = Told::of_playwright(&report, "plain").expect("reads");
        assert_eq!(told.failed, ["plain: a.spec.ts:9 fails: Timed out waiting"]);
        assert_eq!(
            told.times,
            [
                ("plain: a.spec.ts:3 works".to_owned(), 1.5),
                ("plain: a.spec.ts:9 fails".to_owned(), 0.02)
            ]
        );
    }

    #[test]
    fn a_runner_that_fails_or_runs_nothing_is_a_failure() {
        let none = Counts::default();
        let one = Counts::one(true);
        assert_eq!(none.or_failed(true).failed, 1);
        assert_eq!(one.or_failed(false).failed, 1);
        assert_eq!(one.or_failed(true).failed, 0);
    }

    #[test]
    fn a_step_that_grew_by_a_quarter_is_named() {
        let figures = figures(
            "# Title\n| step | seconds |\n| --- | --- |\n| Build and clippy | 1,600 s | cold |\n| other | fast |\n",
        );
        assert_eq!(figures, [("Build and clippy".to_owned(), 1_600.0)]);
        let report = Report { figures, ..Report::default() };
        let told = || Told::from(Counts::one(true));
        report.note("Build and clippy", told(), Duration::from_secs(1_990));
        report.note("Rust tests", told(), Duration::from_secs(9_999));
        assert!(report.lines().grown.is_empty());
        report.note("Build and clippy", told(), Duration::from_secs(2_010));
        assert_eq!(
            report.lines().grown,
            ["Build and clippy took 2010 s; docs/benchmarks.md says 1600 s"]
        );
        assert!(!has_grown(6.0, 3.0), "a few seconds are no growth");
    }
}
