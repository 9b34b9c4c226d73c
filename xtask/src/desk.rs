//! A running desk: the sandbox, the demo's people and checks, and `probity` itself.
//!
//! `cargo xtask run` keeps one for a person, the browser tests one per story run.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::children::{self, Program};
use crate::tools::{self, Failure, OrSay, Result, Workspace};

/// The one password of all demo accounts: they exist only where xtask made them.
pub const DEMO_PASSWORD: &str = "correct horse desk staple";
/// Account names and roles that `probity-demo` makes.
pub const DEMO_ACCOUNTS: [(&str, &str); 4] =
    [("anna", "analyst"), ("ben", "analyst"), ("sofia", "supervisor"), ("adam", "admin")];
/// The file that says: this data folder was made by xtask, and `--fresh` may empty it.
pub const MARKER: &str = "probity-data";
const READY_PATIENCE: Duration = Duration::from_secs(60);
const HTTP_PATIENCE: Duration = Duration::from_secs(5);

/// Where a desk runs and what it keeps where.
pub struct Plan {
    pub listen: SocketAddr,
    pub sandbox_listen: SocketAddr,
    pub data: PathBuf,
    /// Absent: a SQLite file in the data folder.
    pub database_url: Option<String>,
    /// Whether people and checks are made when the database has none.
    pub demo: bool,
    /// Whether the programs' lines are shown.
    pub echo: bool,
    /// Whether PROBITY_* variables of our own environment reach the programs.
    pub inherit_configuration: bool,
}

impl Plan {
    pub fn url(&self) -> String {
        format!("http://{}", self.listen)
    }

    pub fn sandbox_url(&self) -> String {
        format!("http://{}", self.sandbox_listen)
    }
}

/// The programs of a desk that is ready; dropping it stops them, the desk before the sandbox.
pub struct Desk {
    probity: Program,
    sandbox: Program,
}

impl Desk {
    /// Starts everything in order and waits until the desk answers.
    pub fn start(workspace: &Workspace, plan: &Plan) -> Result<Self> {
        let mut sandbox = start_sandbox(workspace, plan)?;
        wait_until_ready(&mut sandbox, plan.sandbox_listen, "/")?;
        if plan.demo {
            let mut demo = probity_command(workspace, plan, "probity-demo");
            demo.args(["--sandbox", &plan.sandbox_url()])
                .env("PROBITY_DEMO_PASSWORD", DEMO_PASSWORD);
            Program::start("probity-demo", demo, plan.echo)?.must_end_well()?;
            sandbox.must_run()?;
        }
        Ok(Self { probity: serve(workspace, plan)?, sandbox })
    }

    /// Starts the desk anew, because it reads the names of the site's files when it starts.
    pub fn serve_again(&mut self, workspace: &Workspace, plan: &Plan) -> Result<()> {
        self.probity.stop();
        self.probity = serve(workspace, plan)?;
        Ok(())
    }

    /// Fails when one of the programs has ended by itself.
    pub fn must_run(&mut self) -> Result<()> {
        self.probity.must_run()?;
        self.sandbox.must_run()
    }

    /// What both programs said last.
    pub fn last_lines(&self) -> String {
        format!(
            "The last lines of probity:\n{}\nThe last lines of sandbox:\n{}",
            self.probity.last_lines(),
            self.sandbox.last_lines()
        )
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        // The desk first: while it drains it may still be telling the provider something.
        self.probity.stop();
        self.sandbox.stop();
    }
}

/// A desk with the demo's people and checks, and all that it keeps in a folder that goes away.
pub struct Trial {
    // Stopped before its folder goes.
    pub desk: Desk,
    pub plan: Plan,
    pub folder: tempfile::TempDir,
}

impl Trial {
    pub fn start(workspace: &Workspace, database_url: Option<String>) -> Result<Self> {
        let folder = tempfile::tempdir().or_say("Cannot make a folder for the desk")?;
        let [listen, sandbox_listen] = tools::free_addresses()?;
        let data = folder.path().join("data");
        let plan = Plan {
            listen,
            sandbox_listen,
            data,
            database_url,
            demo: true,
            echo: false,
            inherit_configuration: false,
        };
        prepare_data(&plan.data)?;
        Ok(Self { desk: Desk::start(workspace, &plan)?, plan, folder })
    }
}

fn serve(workspace: &Workspace, plan: &Plan) -> Result<Program> {
    let mut serve = probity_command(workspace, plan, "probity");
    serve.arg("serve");
    let mut probity = Program::start("probity", serve, plan.echo)?;
    wait_until_ready(&mut probity, plan.listen, "/healthz")?;
    Ok(probity)
}

fn start_sandbox(workspace: &Workspace, plan: &Plan) -> Result<Program> {
    let mut sandbox = Command::new(workspace.program("sandbox"));
    sandbox
        .args(["--listen", &plan.sandbox_listen.to_string(), "--state"])
        .arg(plan.data.join("sandbox.json"))
        .current_dir(&workspace.root);
    Program::start("sandbox", sandbox, plan.echo)
}

/// One of the server's programs with the desk's whole configuration in its environment.
fn probity_command(workspace: &Workspace, plan: &Plan, program: &str) -> Command {
    let mut command = Command::new(workspace.program(program));
    command.current_dir(&workspace.root);
    if !plan.inherit_configuration {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PROBITY_") {
                command.env_remove(name);
            }
        }
    }
    command.env("PROBITY_ALLOWED_PRIVATE", private_networks(plan));
    command
        .env("PROBITY_LISTEN", plan.listen.to_string())
        .env("PROBITY_DATA", &plan.data)
        .env("PROBITY_SITE", workspace.site());
    match &plan.database_url {
        Some(url) => command.env("DATABASE_URL", url),
        None => command.env_remove("DATABASE_URL"),
    };
    command
}

/// The sandbox is on this machine, where connections lead only if the configuration says so.
fn private_networks(plan: &Plan) -> String {
    let ours = format!("127.0.0.0/8, ::1, {}", plan.sandbox_listen.ip());
    match std::env::var("PROBITY_ALLOWED_PRIVATE") {
        Ok(theirs) if plan.inherit_configuration => format!("{theirs}, {ours}"),
        _ => ours,
    }
}

/// Says which port is taken and which flag moves it, before anything is built.
pub fn port_must_be_free(address: SocketAddr, flag: &str) -> Result<()> {
    TcpListener::bind(address).map(drop).map_err(|error| {
        Failure::new(format!(
            "Port {} cannot be used ({error}): stop what uses it, or choose another with `{flag} {}:PORT`.",
            address.port(),
            address.ip()
        ))
    })
}

/// Makes the data folder and marks it as ours when it is new or empty.
pub fn prepare_data(folder: &Path) -> Result<()> {
    let advice = format!(
        "The data folder {} cannot be written: make it writable, or choose another with PROBITY_DATA=FOLDER",
        folder.display()
    );
    fs::create_dir_all(folder).or_say(&advice)?;
    let is_empty = fs::read_dir(folder).or_say(&advice)?.next().is_none();
    if is_empty {
        return fs::write(folder.join(MARKER), "Made by cargo xtask run.\n").or_say(&advice);
    }
    let probe = folder.join(".writable");
    fs::write(&probe, "").or_say(&advice)?;
    fs::remove_file(&probe).or_say(&advice)
}

fn wait_until_ready(program: &mut Program, address: SocketAddr, path: &str) -> Result<()> {
    let deadline = Instant::now() + READY_PATIENCE;
    while !answers_ok(address, path) {
        program.must_run()?;
        children::pause()?;
        if Instant::now() > deadline {
            return Err(Failure::new(format!(
                "http://{address}{path} did not answer within {} seconds. The last lines of the program:\n{}",
                READY_PATIENCE.as_secs(),
                program.last_lines()
            )));
        }
    }
    Ok(())
}

/// Whether a GET of the path is answered with 200.
fn answers_ok(address: SocketAddr, path: &str) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect_timeout(&address, HTTP_PATIENCE)?;
        stream.set_read_timeout(Some(HTTP_PATIENCE))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        // To the end, so that the program does not complain about a connection that was reset.
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer.get("HTTP/1.1".len()..).is_some_and(|rest| rest.starts_with(b" 200 ")))
    };
    ask().unwrap_or(false)
}

/// Builds the native programs of a desk with one cargo invocation.
pub fn build_programs(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo();
    cargo.args(["build", "-p", "server", "-p", "sandbox", "--bins"]);
    tools::must_succeed(cargo, "Building the programs failed.")
}
