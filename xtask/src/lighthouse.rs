//! `cargo xtask lighthouse`: pages of a demo desk as Lighthouse judges them for a phone.
//!
//! The programs are those of the tests, which are not optimised: what it says of speed errs on the safe side.

use std::process::{Command, ExitCode};

use crate::children;
use crate::desk::{self, DEMO_PASSWORD, Desk, Plan};
use crate::site;
use crate::test::{find_or_install_chromium, install_node_packages};
use crate::tools::{self, OrSay, Result, Workspace};

pub fn lighthouse(workspace: &Workspace) -> Result<ExitCode> {
    install_node_packages(workspace)?;
    desk::build_programs(workspace)?;
    site::build(workspace)?;
    let chromium = find_or_install_chromium()?;
    let folder = tempfile::tempdir().or_say("Cannot make a folder for the desk")?;
    let [listen, sandbox_listen] = tools::free_addresses()?;
    let data = folder.path().join("data");
    let plan = Plan { listen, sandbox_listen, data, database_url: None, demo: true, echo: false, inherit_configuration: false };
    desk::prepare_data(&plan.data)?;
    let mut desk = Desk::start(workspace, &plan)?;
    let mut node = Command::new("node");
    node.arg("lighthouse.mjs")
        .current_dir(workspace.end2end())
        .env("PROBITY_URL", plan.url())
        .env("PROBITY_DEMO_PASSWORD", DEMO_PASSWORD)
        .env("CHROMIUM", chromium);
    let met = children::run(node)?;
    desk.must_run()?;
    Ok(if met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
