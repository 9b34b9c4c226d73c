//! `cargo xtask test`: what must hold before a change lands.
//!
//! Each of formatting, lints and the first-visit budget counts as one test; libtest's and
//! Playwright's own counts are added up. What neither waits for the other runs side by side. Every
//! step runs even when another one failed, except what needs a build that failed.

use std::process::ExitCode;
use std::thread;

use clap::{Args, ValueEnum};

use crate::children;
use crate::postgres::{self, Cluster};
use crate::programs::{self, Built};
use crate::report::{Report, Told};
use crate::site;
use crate::stories::{self, Browser};
use crate::tools::{self, Failure, Result, Workspace};

#[derive(Args)]
pub struct Options {
    /// Leave out the site and the browser tests.
    #[arg(long, conflicts_with = "only")]
    fast: bool,
    /// Run only this step, and what it needs.
    #[arg(long, value_name = "NAME")]
    only: Option<Step>,
    /// With `--only rust` or `--only browser`: more arguments for the test programs or for
    /// Playwright.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// The steps by name.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Step {
    /// Formatting.
    Fmt,
    /// The build of all programs and tests, linted by Clippy.
    Build,
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
        return Err(Failure::new(
            "Arguments after `--` need `--only rust` or `--only browser`: they are for its runner.",
        ));
    }
    let report = Report::new(&workspace.root);
    let wants = |step| match options.only {
        Some(only) => only == step,
        None => !(options.fast && matches!(step, Step::Site | Step::Browser)),
    };
    if wants(Step::Fmt) {
        let mut cargo = workspace.cargo();
        cargo.args(["fmt", "--check", "--all"]);
        report.one_test("Formatting", || children::run(cargo));
    }
    let made = make(workspace, &report, wants);
    let cluster = match &made.programs {
        Some(_) if wants(Step::Rust) || wants(Step::Browser) => {
            report.value("PostgreSQL, private and throw-away", Cluster::start)
        }
        _ => None,
    };
    if let Some(built) = made.programs.as_ref().filter(|_| wants(Step::Rust)) {
        report.many_tests("Rust tests", || {
            rust_tests(workspace, built, cluster.as_ref(), &options.arguments)
        });
    }
    if let Some(chromium) =
        made.chromium.filter(|_| wants(Step::Browser) && made.has_site && made.programs.is_some())
    {
        let runs = stories::all_runs(cluster.is_some());
        let browser =
            Browser { chromium, cluster: cluster.as_ref(), arguments: &options.arguments };
        report.many_tests("Browser tests", || browser.tell_all(workspace, runs));
    }
    Ok(report.close())
}

/// What later steps need; absent where it was not asked for or could not be made.
#[derive(Default)]
struct Made {
    programs: Option<Built>,
    has_site: bool,
    chromium: Option<std::path::PathBuf>,
}

/// Tools are fetched while the programs are built, and so is the browser half, which waits for its
/// wasm-opt.
fn make(workspace: &Workspace, report: &Report, wants: impl Fn(Step) -> bool + Sync) -> Made {
    let needs_programs = wants(Step::Build) || wants(Step::Rust) || wants(Step::Browser);
    thread::scope(|scope| {
        let beside = scope.spawn(|| {
            let mut made = Made::default();
            if wants(Step::Rust) || wants(Step::Browser) || wants(Step::Site) {
                made.chromium = report
                    .value("Tools of the tests", || install_tools(workspace, wants(Step::Browser)))
                    .flatten();
            }
            if wants(Step::Site) || wants(Step::Browser) {
                made.has_site =
                    report.one_test("Site and its first-visit budget", || build_site(workspace));
            }
            if wants(Step::ClippyWasm) {
                report.one_test("Clippy, browser half", || clippy_wasm(workspace));
            }
            made
        });
        let programs = needs_programs.then(|| build_programs(workspace, report)).flatten();
        let made = beside.join().unwrap_or_default();
        Made { programs, ..made }
    })
}

fn install_tools(workspace: &Workspace, browser: bool) -> Result<Option<std::path::PathBuf>> {
    if tools::find_on_path("oathtool").is_none() {
        tools::install_debian_package("oathtool", "Making codes for sign-in with another program")?;
    }
    if tools::find_on_path("strace").is_none() {
        tools::install_debian_package("strace", "Killing a decision at each of its writes")?;
    }
    // The S3 server that files of evidence are tried with is a Node program; wasm-opt shrinks the
    // site.
    stories::install_node_packages(workspace)?;
    let chromium = if browser { Some(stories::find_or_install_chromium()?) } else { None };
    postgres::find_or_install_programs()?;
    Ok(chromium)
}

fn build_site(workspace: &Workspace) -> Result<bool> {
    let site = site::build(workspace)?;
    println!("{}", site.first_visit);
    Ok(site.first_visit.fits())
}

/// Lints on what the site's build left behind: only our own packages are compiled once more, and
/// nothing is linked.
fn clippy_wasm(workspace: &Workspace) -> Result<bool> {
    let mut cargo = site::cargo(workspace, "rustc")?;
    cargo.args(["--lib", "--crate-type", "rlib"]);
    programs::lint(&mut cargo)?;
    let told = children::run_gathering(cargo)?;
    Ok(told.succeeded && !told.stderr.iter().any(|line| programs::is_warning(line)))
}

/// The product and its tests in one build, so that cargo settles features once for both; the
/// project's own commands apart, as they are built already for whoever types one.
fn build_programs(workspace: &Workspace, report: &Report) -> Option<Built> {
    let product = ["--workspace", "--exclude", "browser", "--exclude", "xtask"];
    let mut built = report.value("Build, linted", || programs::build(workspace, &product))?;
    if let Some(commands) = report
        .value("Build of the commands, linted", || programs::build(workspace, &["-p", "xtask"]))
    {
        built.programs.extend(commands.programs);
        built.warnings.extend(commands.warnings);
    }
    report.one_test("Lints", || {
        built.warnings.iter().for_each(|warning| println!("{warning}"));
        Ok(built.warnings.is_empty())
    });
    Some(built)
}

fn rust_tests(
    workspace: &Workspace,
    built: &Built,
    cluster: Option<&Cluster>,
    arguments: &[String],
) -> Result<Told> {
    let environment =
        cluster.map(|cluster| (postgres::TEST_URL, cluster.url(postgres::TEST_DATABASE)));
    programs::run(workspace, &built.programs, arguments, environment.as_slice())
}

/// Builds a demo desk and takes pictures of its pages into `<target>/screenshots`.
pub fn take_screenshots(workspace: &Workspace) -> Result<()> {
    stories::install_node_packages(workspace)?;
    crate::desk::build_programs(workspace)?;
    site::build(workspace)?;
    stories::take_screenshots(workspace)
}
