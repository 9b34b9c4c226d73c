//! The tests in Rust: built and linted in one go, then run side by side.
//!
//! Clippy's driver is the compiler of our own packages here, so that nothing is compiled once to be
//! linted and once more to be run. Packages from elsewhere have the compiler of every other build.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::children;
use crate::report::{Counts, Told};
use crate::tools::{self, Failure, OrSay, Result, Workspace};

/// Test programs that run at the same time.
const PROGRAMS_AT_ONCE: usize = 2;
/// Tests of one program at the same time, for each core: they wait for clocks, leases, disks and
/// the providers' stand-in more than they compute.
const TESTS_PER_CORE: usize = 2;
/// Tests that measure, or count what happens within a second or two: they have the machine to
/// themselves, after the others. A target, and which of its tests.
const ALONE: [(&str, &str); 5] = [
    ("bombs", ""),
    (
        "casework",
        "idv_repairs::a_callback_stays_while_the_provider_cannot_be_read_and_is_then_shown_to_an_admin",
    ),
    ("casework", "people::throttling_does_not_tell_known_accounts_from_unknown_ones"),
    ("casework", "people::an_unknown_account_takes_as_long_as_a_known_one"),
    ("it", "locked::"),
];
/// The longest test takes some two minutes, and libtest has a word for each that ends and for each
/// that goes on for a minute: a program that is silent for this long hangs, and so would the whole
/// run.
const SILENCE_MAX: Duration = Duration::from_secs(8 * 60);
/// The long ones begin first, so that nothing waits for them alone.
const LONG: [&str; 2] = ["casework", "it"];

/// A program of tests, as cargo built it.
#[derive(Clone, Debug)]
pub struct TestProgram {
    /// The target's name, and its package's where that is another.
    name: String,
    target: String,
    program: PathBuf,
    /// The package's folder: tests start there.
    folder: PathBuf,
    is_integration: bool,
}

/// What a build with lints came to.
pub struct Built {
    pub programs: Vec<TestProgram>,
    /// A line for each target with warnings; there should be none.
    pub warnings: Vec<String>,
}

/// Lets clippy's driver compile our own packages; its warnings are shown, and counted by the
/// caller.
pub fn lint(cargo: &mut Command) -> Result<()> {
    tools::ensure_clippy()?;
    cargo
        .env("RUSTC_WORKSPACE_WRAPPER", "clippy-driver")
        .env("CLIPPY_ARGS", "-Wclippy::all__CLIPPY_HACKERY__");
    Ok(())
}

/// cargo's closing words about a target with warnings, which it says again for what it did not need
/// to build.
pub fn is_warning(line: &str) -> bool {
    line.starts_with("warning: `") && line.contains(" generated ")
}

/// Builds all programs, tests, examples and measurements of these packages, and lints them.
pub fn build(workspace: &Workspace, packages: &[&str]) -> Result<Built> {
    let mut cargo = workspace.cargo();
    cargo
        .args(["build", "--all-targets", "--message-format=json-render-diagnostics"])
        .args(packages);
    lint(&mut cargo)?;
    let told = children::run_gathering(cargo)?;
    if !told.succeeded {
        return Err(Failure::new("The build failed."));
    }
    let programs = told.stdout.iter().filter_map(|line| program(line)).collect();
    Ok(Built {
        programs,
        warnings: told.stderr.into_iter().filter(|line| is_warning(line)).collect(),
    })
}

/// Reads cargo's message about something that it built; only test programs count.
fn program(line: &str) -> Option<TestProgram> {
    let message: Value = serde_json::from_str(line).ok()?;
    let target = &message["target"];
    let kind = target["kind"][0].as_str()?;
    if message["reason"] != "compiler-artifact"
        || message["profile"]["test"] != true
        || kind == "bench"
    {
        return None;
    }
    let manifest = PathBuf::from(message["manifest_path"].as_str()?);
    let folder = manifest.parent()?.to_owned();
    let package = folder.file_name()?.to_str()?.to_owned();
    let target = target["name"].as_str()?.to_owned();
    Some(TestProgram {
        name: match kind {
            "test" if target != package => format!("{package}/{target}"),
            "test" => format!("{package}/tests"),
            _ => target.clone(),
        },
        target,
        program: message["executable"].as_str()?.into(),
        folder,
        is_integration: kind == "test",
    })
}

/// Runs the programs side by side, long ones first; what measures comes last, one by one. With
/// arguments, such as the names of tests, everything is run as it is.
pub fn run(
    workspace: &Workspace,
    programs: &[TestProgram],
    arguments: &[String],
    environment: &[(&str, String)],
) -> Result<Told> {
    let cores = thread::available_parallelism().or_say("Cannot count the cores")?.get();
    let has_threads = arguments.iter().any(|argument| argument.starts_with("--test-threads"))
        || tools::is_set("RUST_TEST_THREADS");
    let stint = |program: &TestProgram, threads: usize, more: Vec<String>| {
        let threads = (!has_threads).then(|| format!("--test-threads={threads}"));
        let arguments = threads.into_iter().chain(more).chain(arguments.iter().cloned()).collect();
        Stint { program: program.clone(), target: workspace.target.clone(), arguments, environment }
    };
    let mut together = Vec::new();
    let mut alone = Vec::new();
    for program in programs {
        let measuring: Vec<_> = ALONE
            .iter()
            .filter(|(target, _)| program.is_integration && *target == program.target)
            .collect();
        if !arguments.is_empty() {
            together.push(stint(program, cores * TESTS_PER_CORE, Vec::new()));
            continue;
        }
        if measuring.iter().all(|(_, tests)| !tests.is_empty()) {
            let skipped = measuring
                .iter()
                .flat_map(|(_, tests)| ["--skip".to_owned(), (*tests).to_owned()])
                .collect();
            together.push(stint(program, cores * TESTS_PER_CORE, skipped));
        }
        alone.extend(
            measuring.iter().map(|(_, tests)| stint(program, 1, vec![(*tests).to_owned()])),
        );
    }
    // Taken from the end.
    together.sort_by_key(|stint| {
        stint.program.is_integration && LONG.contains(&stint.program.target.as_str())
    });
    let told = run_some(together, PROGRAMS_AT_ONCE)?.and(run_some(alone, 1)?);
    let counts = told.counts.or_failed(true);
    Ok(Told { counts, ..told })
}

/// One start of a test program.
struct Stint<'a> {
    program: TestProgram,
    /// The folder that builds go to: some tests start programs from there.
    target: PathBuf,
    arguments: Vec<String>,
    environment: &'a [(&'a str, String)],
}

fn run_some(stints: Vec<Stint<'_>>, at_once: usize) -> Result<Told> {
    let waiting = Mutex::new(stints);
    let outcomes = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                loop {
                    let next = children::lock(&waiting).pop();
                    let Some(stint) = next else { return };
                    let outcome = stint.run();
                    children::lock(&outcomes).push(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    outcomes.into_iter().try_fold(Told::default(), |told, outcome| Ok(told.and(outcome?)))
}

impl Stint<'_> {
    fn run(&self) -> Result<Told> {
        let mut command = Command::new(&self.program.program);
        command
            .current_dir(&self.program.folder)
            .env("CARGO_MANIFEST_DIR", &self.program.folder)
            .env("CARGO_TARGET_DIR", &self.target)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            // The times of single tests are not stable yet in the harness; nothing is compiled with
            // this.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["-Zunstable-options", "--report-time"])
            .args(&self.arguments);
        let name = self.program.name.clone();
        let told = children::run_showing(command, SILENCE_MAX, move |line| {
            let is_dull = line.is_empty()
                || line.starts_with("running ")
                || (line.starts_with("test ") && line.contains(" ... ok"));
            (!is_dull).then(|| format!("{name} | {line}"))
        })?;
        let mut outcome = Told::default();
        let (mut going_on, mut passed) = (Vec::new(), 0);
        for line in &told.stdout {
            going_on.extend(is_going_on(line));
            if let Some(closing) = Counts::of_libtest(line) {
                outcome.counts = outcome.counts.and(closing);
            }
            if let Some((test, word, seconds)) = one_test(line) {
                going_on.retain(|begun| *begun != test);
                passed += u64::from(word == "ok");
                let test = format!("{} {test}", self.program.name);
                if word == "FAILED" {
                    outcome.failed.push(test.clone());
                }
                outcome.times.push((test, seconds));
            }
        }
        // A filter may leave a program without tests: that is no failure of it.
        if !told.succeeded {
            outcome.failed.extend(
                going_on.iter().map(|test| format!("{} {test} did not end", self.program.name)),
            );
            // Aborted, by an overflowed stack for example: libtest says no word about its tests
            // then.
            if outcome.failed.is_empty() {
                outcome.failed.push(format!(
                    "{} ended by itself, with no word about its tests",
                    self.program.name
                ));
            }
            // Killed before its closing line.
            if outcome.counts == Counts::default() {
                outcome.counts = Counts { passed, failed: outcome.failed.len() as u64 };
            }
            outcome.counts = outcome.counts.or_failed(false);
        }
        Ok(outcome)
    }
}

/// Reads `test a::name ... ok <0.123s>`.
fn one_test(line: &str) -> Option<(&str, &str, f64)> {
    let (test, ended) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (word, time) = ended.split_once(" <")?;
    Some((test, word, time.strip_suffix("s>")?.parse().ok()?))
}

/// Reads libtest's word about a test that takes long.
fn is_going_on(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.split_once(" has been running for over ").map(|(test, _)| test)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_goes_on_is_known_by_name() {
        assert_eq!(
            is_going_on("test a::name has been running for over 60 seconds"),
            Some("a::name")
        );
        assert_eq!(is_going_on("test a::name ... ok <61.250s>"), None);
    }

    #[test]
    fn a_line_of_a_test_is_read_with_its_time() {
        assert_eq!(one_test("test a::name ... FAILED <1.250s>"), Some(("a::name", "FAILED", 1.25)));
        assert_eq!(one_test("test a::name ... ok <0.001s>"), Some(("a::name", "ok", 0.001)));
        assert_eq!(one_test("test result: ok. 3 passed"), None);
    }

    #[test]
    fn only_test_programs_of_cargos_messages_are_run() {
        let message = |kind: &str, test: bool| {
            format!(
                r#"{{"reason":"compiler-artifact","manifest_path":"/p/server/casework/Cargo.toml",
                "target":{{"kind":["{kind}"],"name":"casework"}},"profile":{{"test":{test}}},"executable":"/t/casework-1"}}"#
            )
        };
        let tests = program(&message("test", true)).expect("a test program");
        assert_eq!((tests.name.as_str(), tests.is_integration), ("casework/tests", true));
        assert_eq!(program(&message("lib", true)).expect("unit tests").name, "casework");
        assert!(program(&message("bench", true)).is_none());
        assert!(program(&message("lib", false)).is_none());
        assert!(program("   Compiling casework").is_none());
    }

    #[test]
    fn targets_with_warnings_are_told_from_other_lines() {
        assert!(is_warning("warning: `casework` (lib) generated 2 warnings"));
        assert!(!is_warning("warning: unused variable: `x`"));
        assert!(!is_warning("    Finished `dev` profile"));
    }
}
