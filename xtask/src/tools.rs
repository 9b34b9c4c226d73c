//! The machine around us: the workspace's folders, other tools, Debian packages, ports.
//!
//! Knows nothing of Probity itself. Every failure here is one sentence that says what to do.

use std::env;
use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use crate::children;

const FIRST_PORT: u16 = 16_000;
const PORTS: u16 = 16_000;
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Why a command ended early, in words for the person who typed it.
#[derive(Debug)]
pub struct Failure(String);

pub type Result<T> = std::result::Result<T, Failure>;

impl Failure {
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }

    pub fn interrupted() -> Self {
        Self::new("Stopped, as asked.")
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Gives an error the words that say what was being done.
pub trait OrSay<T> {
    fn or_say(self, doing: impl Display) -> Result<T>;
}

impl<T, E: Display> OrSay<T> for std::result::Result<T, E> {
    fn or_say(self, doing: impl Display) -> Result<T> {
        self.map_err(|error| Failure::new(format!("{doing}: {error}")))
    }
}

/// Where the sources are and where builds go.
pub struct Workspace {
    pub root: PathBuf,
    /// `CARGO_TARGET_DIR` or `target`, absolute.
    pub target: PathBuf,
}

impl Workspace {
    /// Asks cargo's environment at run time: a path baked in at compile time would be another
    /// clone's when several share one target folder, as in CI.
    pub fn find() -> Result<Self> {
        let package = env::var_os("CARGO_MANIFEST_DIR")
            .map(PathBuf::from)
            .ok_or_else(|| Failure::new("Start me with `cargo xtask`, inside the repository."))?;
        let root = package
            .parent()
            .ok_or_else(|| Failure::new("The folder of xtask has no parent."))?
            .to_owned();
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) if !folder.is_empty() => std::path::absolute(folder)
                .or_say("CARGO_TARGET_DIR does not name a usable folder")?,
            _ => root.join("target"),
        };
        Ok(Self { root, target })
    }

    /// A cargo command in the workspace that builds into our target folder.
    pub fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root).env("CARGO_TARGET_DIR", &self.target);
        forget_xtask(&mut cargo);
        cargo
    }

    /// The folder that `probity` serves to browsers.
    pub fn site(&self) -> PathBuf {
        self.target.join("site")
    }

    /// A native program of the dev profile.
    pub fn program(&self, name: &str) -> PathBuf {
        self.target.join("debug").join(name)
    }

    pub fn end2end(&self) -> PathBuf {
        self.root.join("end2end")
    }
}

/// Takes from a command's environment what `cargo run` told us about the package xtask: the build
/// script of `ring` watches these variables, and half of all dependencies would be built again
/// whenever somebody uses cargo by hand in between.
pub fn forget_xtask(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a step and fails with the sentence when the step does.
pub fn must_succeed(command: Command, sentence: &str) -> Result<()> {
    if children::run(command)? { Ok(()) } else { Err(Failure::new(sentence)) }
}

/// Runs a quick tool without showing anything; fails with what it said.
pub fn quietly(mut command: Command, doing: &str) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().or_say(doing)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::new(format!("{doing}: {said}")))
}

/// The first folder of PATH that has a program of this name gives its whole path.
pub fn find_on_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(name)).find(|candidate| candidate.is_file())
}

/// Adds the target of the browser half to the toolchain when it is missing.
pub fn ensure_wasm_target(workspace: &Workspace) -> Result<()> {
    if has_wasm_target(workspace)? {
        return Ok(());
    }
    let advice = format!(
        "The Rust target {WASM_TARGET} is missing: install it with `rustup target add {WASM_TARGET}`."
    );
    if find_on_path("rustup").is_none() {
        return Err(Failure::new(advice));
    }
    println!("Adding the Rust target {WASM_TARGET}");
    let mut rustup = Command::new("rustup");
    rustup.args(["target", "add", WASM_TARGET]).current_dir(&workspace.root);
    must_succeed(rustup, &advice)
}

fn has_wasm_target(workspace: &Workspace) -> Result<bool> {
    let mut rustc = Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--print", "target-libdir", "--target", WASM_TARGET]).current_dir(&workspace.root);
    let folder = quietly(rustc, "Asking rustc for its targets failed")?;
    Ok(Path::new(&folder).is_dir())
}

/// Adds Clippy to the toolchain when it is missing.
pub fn ensure_clippy() -> Result<()> {
    if find_on_path("clippy-driver").is_some()
        && quietly(version_of("clippy-driver"), "clippy-driver").is_ok()
    {
        return Ok(());
    }
    let advice = "Clippy is missing: install it with `rustup component add clippy`.";
    if find_on_path("rustup").is_none() {
        return Err(Failure::new(advice));
    }
    println!("Adding Clippy to the Rust toolchain");
    let mut rustup = Command::new("rustup");
    rustup.args(["component", "add", "clippy"]);
    must_succeed(rustup, advice)
}

fn version_of(program: &str) -> Command {
    let mut command = Command::new(program);
    command.arg("--version");
    command
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Installs a Debian package when we may; otherwise says what to install and what it is for.
pub fn install_debian_package(package: &str, purpose: &str) -> Result<()> {
    let advice = format!(
        "{purpose} needs the package `{package}`: install it (on Debian and Ubuntu: `apt-get install {package}`)."
    );
    if !is_root() || !Path::new("/etc/debian_version").is_file() {
        return Err(Failure::new(advice));
    }
    println!("Installing the Debian package {package}");
    let apt_get = |arguments: &[&str]| {
        let mut apt_get = Command::new("apt-get");
        apt_get
            // Somebody else may be installing something right now.
            .args(["-qq", "-o", "DPkg::Lock::Timeout=300"])
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive");
        apt_get
    };
    // A source of packages that does not answer is no reason to give up: another may have it.
    children::run(apt_get(&["update"]))?;
    must_succeed(apt_get(&["install", "-y", "--no-install-recommends", package]), &advice)
}

/// Loopback addresses that nobody listens on right now, all different, and never given again by
/// this process. The system takes ports for outgoing calls and for whoever asks for any port from
/// 32,768 up; one of those would be somebody else's before the program that it is meant for has
/// started.
pub fn free_addresses<const COUNT: usize>() -> Result<[SocketAddr; COUNT]> {
    static GIVEN: AtomicU16 = AtomicU16::new(0);
    // Two commands at once begin apart.
    let start = u16::try_from(std::process::id() % u32::from(PORTS)).unwrap_or_default();
    let mut addresses = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)); COUNT];
    for address in &mut addresses {
        let mut ports = (0..PORTS)
            .map(|_| FIRST_PORT + (start + GIVEN.fetch_add(1, Ordering::Relaxed) % PORTS) % PORTS);
        let free = ports.find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok());
        address.set_port(free.ok_or_else(|| {
            Failure::new("Cannot find a free port: all from 16,000 to 31,999 are taken.")
        })?);
    }
    Ok(addresses)
}

/// Every file below a folder, sorted; a folder that is not there has none.
pub fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop().filter(|folder| folder.is_dir()) {
        for entry in fs::read_dir(&folder).or_say(format!("Cannot read {}", folder.display()))? {
            let path = entry.or_say(format!("Cannot read {}", folder.display()))?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Reads a file, naming it when that fails.
pub fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).or_say(format!("Cannot read {}", path.display()))
}

/// Writes a file and the folders above it, naming it when that fails.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).or_say(format!("Cannot make {}", folder.display()))?;
    }
    fs::write(path, content).or_say(format!("Cannot write {}", path.display()))
}

/// Whether a variable of the environment is set to something.
pub fn is_set(variable: impl AsRef<OsStr>) -> bool {
    env::var_os(variable).is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_address_is_given_twice_or_while_somebody_listens_there() {
        let [first, second] = free_addresses().expect("two");
        assert_ne!(first, second);
        let next = SocketAddr::new(second.ip(), second.port() + 1);
        let taken = TcpListener::bind(next);
        let [third] = free_addresses().expect("one more");
        assert!(
            ![first, second].contains(&third) && (taken.is_err() || third != next),
            "{first} {second} {third}"
        );
        assert!(
            [first, second, third]
                .iter()
                .all(|a| (FIRST_PORT..FIRST_PORT + PORTS).contains(&a.port()))
        );
    }
}
