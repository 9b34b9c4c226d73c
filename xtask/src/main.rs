//! The project's own commands, `cargo xtask ...`: what a newcomer, a developer and CI type.
//!
//! This file owns the command line and nothing else; each command is one function in the module
//! of its name. Nothing here is part of the product: `probity` never links it.

mod bench;
mod children;
mod desk;
mod faults;
#[cfg(test)]
mod floors;
mod generate;
#[cfg(test)]
mod lengths;
mod lighthouse;
mod postgres;
mod programs;
mod report;
mod run;
mod site;
mod stories;
#[cfg(test)]
mod supply;
mod test;
mod tools;
#[cfg(test)]
mod unused;

use std::process::{Command, ExitCode};

use clap::{Parser, Subcommand};

use crate::tools::{Failure, Result, Workspace};

/// Probity's commands for building, running and testing.
#[derive(Parser)]
#[command(name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything, start the sandbox and the desk, and keep them running until Ctrl-C.
    Run(run::Options),
    /// Run every check that CI runs; the last line is `N passed, N failed`.
    Test(test::Options),
    /// Run the tests of faults: kills, outages, full disks, storms of people; `--full` takes hours.
    Faults(faults::Options),
    /// Measure the desk against the bare work behind it, in a release build; both sides in one run.
    Bench {
        /// Arguments for the measurement, for example `--checks 10000 --only P-01,P-02`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Make up many checks in the data folder's database (or a PostgreSQL), believable and seeded.
    Generate(generate::Options),
    /// Build only what the browser downloads: wasm, JavaScript and style sheet.
    Site,
    /// Run a command with `TEST_POSTGRES_URL` naming a private, throw-away PostgreSQL.
    Postgres {
        /// The command and its arguments, after `--`.
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Take pictures of the pages of a demo desk: light, dark and narrow.
    Screenshots,
    /// Let Lighthouse judge pages of a demo desk as a phone sees them.
    Lighthouse,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments.task) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn start(task: Task) -> Result<ExitCode> {
    children::listen_for_stop()?;
    let workspace = Workspace::find()?;
    match task {
        Task::Run(options) => run::run(&workspace, &options)?,
        Task::Test(options) => return test::test(&workspace, &options),
        Task::Faults(options) => return faults::faults(&workspace, &options),
        Task::Bench { arguments } => bench::bench(&workspace, &arguments)?,
        Task::Generate(options) => generate::generate(&workspace, &options)?,
        Task::Site => {
            let site = site::build(&workspace)?;
            println!("{}", site.first_visit);
        }
        Task::Postgres { command } => with_postgres(&command)?,
        Task::Screenshots => test::take_screenshots(&workspace)?,
        Task::Lighthouse => return lighthouse::lighthouse(&workspace),
    }
    Ok(ExitCode::SUCCESS)
}

fn with_postgres(command: &[String]) -> Result<()> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| Failure::new("Name a command to run after `--`."))?;
    let cluster = postgres::Cluster::start()?;
    let mut child = Command::new(program);
    child.args(arguments).env(postgres::TEST_URL, cluster.url(postgres::TEST_DATABASE));
    tools::forget_xtask(&mut child);
    tools::must_succeed(child, &format!("{program} failed."))
}
