//! `cargo xtask bench`: the desk against the bare work behind it, in a release build, on both
//! databases.

use crate::postgres::{self, Cluster};
use crate::site;
use crate::tools::{self, Result, Workspace};

pub fn bench(workspace: &Workspace, arguments: &[String]) -> Result<()> {
    // Without what browsers download, one row cannot be measured, and the others can.
    if let Err(failure) = site::build(workspace) {
        println!("The site is not built, so its bytes are not measured: {failure}");
    }
    let cluster = if tools::is_set(postgres::TEST_URL) { None } else { cluster() };
    let mut bench = workspace.cargo();
    bench.args(["bench", "-p", "server", "--bench", "desk", "--"]).args(arguments);
    if let Some(cluster) = &cluster {
        bench.env(postgres::TEST_URL, cluster.url(postgres::TEST_DATABASE));
    }
    tools::must_succeed(bench, "The measurement failed.")
}

/// A throw-away PostgreSQL that waits for the disk, if one can be had.
fn cluster() -> Option<Cluster> {
    Cluster::start_durable()
        .inspect_err(|failure| {
            println!("PostgreSQL is not to be had, so it is not measured: {failure}")
        })
        .ok()
}
