//! `cargo xtask lighthouse`: pages of a demo desk as Lighthouse judges them for a phone.
//!
//! The programs are those of the tests, which are not optimised: what it says of speed errs on the
//! safe side.

use std::process::{Command, ExitCode};

use crate::children;
use crate::desk::{self, DEMO_PASSWORD, Trial};
use crate::site;
use crate::stories::{find_or_install_chromium, install_node_packages};
use crate::tools::{Result, Workspace};

pub fn lighthouse(workspace: &Workspace) -> Result<ExitCode> {
    install_node_packages(workspace)?;
    desk::build_programs(workspace)?;
    site::build(workspace)?;
    let chromium = find_or_install_chromium()?;
    let mut trial = Trial::start(workspace, None)?;
    let mut node = Command::new("node");
    node.arg("lighthouse.mjs")
        .current_dir(workspace.end2end())
        .env("PROBITY_URL", trial.plan.url())
        .env("PROBITY_DEMO_PASSWORD", DEMO_PASSWORD)
        .env("CHROMIUM", chromium);
    let met = children::run(node)?;
    trial.desk.must_run()?;
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
