//! `cargo xtask generate`: a database with many checks, to see how the desk behaves with them.

use clap::Args;

use crate::desk::{self, DEMO_PASSWORD};
use crate::run::data_folder;
use crate::tools::{self, Result, Workspace};

#[derive(Args)]
pub struct Options {
    /// How many checks to make up.
    #[arg(long, value_name = "N")]
    checks: usize,
    /// The same seed makes the same checks; another one adds others.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Build optimised first: worth it from a million checks on.
    #[arg(long)]
    release: bool,
    /// Make them in this PostgreSQL instead of the data folder's SQLite file.
    #[arg(long = "postgres-url", value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,
}

pub fn generate(workspace: &Workspace, options: &Options) -> Result<()> {
    let data = data_folder(workspace)?;
    desk::prepare_data(&data)?;
    let mut cargo = workspace.cargo();
    cargo.args(["run", "--quiet", "-p", "server", "--bin", "probity-demo"]);
    if options.release {
        cargo.arg("--release");
    }
    cargo.args([
        "--",
        "--generate",
        &options.checks.to_string(),
        "--seed",
        &options.seed.to_string(),
    ]);
    cargo.env("PROBITY_DATA", &data).env("PROBITY_DEMO_PASSWORD", DEMO_PASSWORD);
    match options.database_url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => cargo.env("DATABASE_URL", url),
        None => cargo.env_remove("DATABASE_URL"),
    };
    tools::must_succeed(cargo, "The checks were not all made.")
}
