//! `cargo xtask faults`: the tests of what must not get lost, as a group; short as in CI, or in
//! full.

use std::process::ExitCode;

use clap::Args;

use crate::postgres::{self, Cluster};
use crate::tools::{self, Result, Workspace};

/// Package, test program, and the tests' names as libtest filters them.
const GROUPS: [(&str, &[&str], &[&str]); 4] = [
    ("domain", &["--test", "lives"], &[]),
    (
        "casework",
        &["--test", "casework"],
        &[
            "storm::",
            "undone::",
            "unreached::",
            "outage::",
            "disk::",
            "crash::",
            "workers::",
            "telling::",
            "callbacks::",
            "intake::",
            "drift::",
            "troubles::",
            "journal::",
        ],
    ),
    (
        "casework",
        &["--lib"],
        &["outbox::", "journal::", "providers::guard", "providers::unreached"],
    ),
    ("server", &["--test", "it"], &["kills::", "locked::", "fuzz::"]),
];

#[derive(Args)]
pub struct Options {
    /// A minute for each storm, 1,000 kills, 1,000 flipped bits, 100,000 strange callbacks, and an
    /// hour of writing and copying.
    #[arg(long)]
    full: bool,
}

pub fn faults(workspace: &Workspace, options: &Options) -> Result<ExitCode> {
    if tools::find_on_path("strace").is_none() {
        tools::install_debian_package("strace", "Killing and failing at each write")?;
    }
    let mut examples = workspace.cargo();
    examples.args(["build", "-p", "casework", "--examples"]);
    tools::must_succeed(examples, "The build failed.")?;
    let cluster = Cluster::start()?;
    let mut failed = false;
    for (package, program, filters) in GROUPS {
        let mut cargo = workspace.cargo();
        cargo.args(["test", "--no-fail-fast", "-p", package]).args(program).arg("--").args(filters);
        cargo.env(postgres::TEST_URL, cluster.url(postgres::TEST_DATABASE));
        if options.full {
            cargo.env("PROBITY_FAULTS", "full");
            // One after the other: each takes the whole machine.
            cargo.args(["--test-threads", "2", "--nocapture"]);
        }
        failed |= tools::must_succeed(cargo, "Some tests failed.").is_err();
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
