//! What others wrote and we link: where it comes from, under which licences, and what is known
//! against it.
//!
//! `deny.toml` says what holds. These tests hold `Cargo.lock` against it without a network, and ask
//! cargo-deny, which knows the advisories of the day, where it is installed.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// Crates of which there may be only one: two would be two SQLites in one program, or two ways to
/// do TLS.
const ONE_OF: [&str; 6] = ["sqlx", "libsqlite3-sys", "rusqlite", "rustls", "ring", "reqwest"];
/// The first libsqlite3-sys whose SQLite loses no committed data when a write races a checkpoint.
const SQLITE_LEAST: (u64, u64) = (0, 37);

fn root() -> PathBuf {
    // Not known when this is compiled: several clones may share what is built.
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join("..")
}

fn file(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// A package as the lock file names it; without a source it is ours.
struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

fn locked() -> Vec<Package> {
    let lock = file("Cargo.lock");
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
        line.and_then(|line| line.strip_suffix('"')).map(str::to_owned)
    };
    let one = |package: &str| {
        Some(Package {
            name: value(package, "name")?,
            version: value(package, "version")?,
            source: value(package, "source"),
        })
    };
    lock.split("[[package]]").skip(1).filter_map(one).collect()
}

/// The quoted texts of a list in `deny.toml`, or of one key of the tables in it.
fn listed(section: &str, list: &str, key: &str) -> Vec<String> {
    let text = file("deny.toml");
    let section = text
        .split(&format!("[{section}]"))
        .nth(1)
        .and_then(|rest| rest.split("\n[").next())
        .expect("the section");
    let list = section
        .split(&format!("\n{list} = ["))
        .nth(1)
        .and_then(|rest| rest.split("\n]").next())
        .expect("the list");
    let of = |line: &str| {
        let line = line.trim();
        let value = if key.is_empty() {
            line.strip_prefix('"')
        } else {
            line.split(&format!("{key} = \"")).nth(1)
        };
        value.and_then(|rest| rest.split('"').next()).map(str::to_owned)
    };
    list.lines().filter_map(of).collect()
}

/// Whether an SPDX expression can be met with these licences.
fn allows(expression: &str, allowed: &[String]) -> bool {
    let padded = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = padded.split_whitespace().collect();
    let (met, rest) = any_of(&words, allowed);
    met && rest.is_empty()
}

fn any_of<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = all_of(words, allowed);
    while let Some(("OR", after)) = rest.split_first().map(|(first, after)| (*first, after)) {
        let (other, left) = all_of(after, allowed);
        (met, rest) = (met | other, left);
    }
    (met, rest)
}

fn all_of<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    let (mut met, mut rest) = one(words, allowed);
    while let Some(("AND", after)) = rest.split_first().map(|(first, after)| (*first, after)) {
        let (other, left) = one(after, allowed);
        (met, rest) = (met & other, left);
    }
    (met, rest)
}

fn one<'a>(words: &'a [&'a str], allowed: &[String]) -> (bool, &'a [&'a str]) {
    match words {
        ["(", rest @ ..] => match any_of(rest, allowed) {
            (met, [")", rest @ ..]) => (met, rest),
            (_, rest) => (false, rest),
        },
        [licence, "WITH", exception, rest @ ..] => {
            (allowed.contains(&format!("{licence} WITH {exception}")), rest)
        }
        [licence, rest @ ..] => (allowed.iter().any(|allowed| allowed == licence), rest),
        [] => (false, words),
    }
}

/// S-49: nothing comes from anywhere but the registry, and this workspace.
#[test]
fn s_49_everything_comes_from_one_registry() {
    let packages = locked();
    assert!(packages.len() > 100, "the lock file is read");
    for package in &packages {
        let ours = ["app", "browser", "casework", "domain", "sandbox", "server", "xtask"]
            .contains(&package.name.as_str());
        assert_eq!(
            package.source.as_deref(),
            (!ours).then_some(REGISTRY),
            "{} {}",
            package.name,
            package.version
        );
    }
}

/// S-51, S-50: the accidents that another crate's wishes would bring about unseen.
#[test]
fn s_51_there_is_one_sqlx_one_sqlite_and_one_tls_stack() {
    let packages = locked();
    let versions = |name: &str| {
        packages.iter().filter(|p| p.name == name).map(|p| p.version.as_str()).collect::<Vec<_>>()
    };
    for name in ONE_OF {
        assert_eq!(versions(name).len(), 1, "{name}: {:?}", versions(name));
    }
    for name in listed("bans", "deny", "crate") {
        assert_eq!(versions(&name), Vec::<&str>::new(), "{name} is banned; deny.toml says why");
    }
    let mut parts =
        versions("libsqlite3-sys")[0].split('.').map(|part| part.parse::<u64>().expect("a number"));
    let found = (parts.next().expect("major"), parts.next().expect("minor"));
    assert!(
        found >= SQLITE_LEAST,
        "SQLite may lose committed data before libsqlite3-sys {SQLITE_LEAST:?}: {found:?}"
    );
}

/// S-49: what is known and stays is there still; else its entry goes.
#[test]
fn s_49_each_advisory_that_is_ignored_has_a_reason_and_still_applies() {
    let (ids, reasons) =
        (listed("advisories", "ignore", "id"), listed("advisories", "ignore", "reason"));
    assert_eq!(ids.len(), reasons.len(), "each has its reason");
    for (id, reason) in ids.iter().zip(&reasons) {
        let name = reason.split(' ').next().expect("the crate comes first");
        assert!(
            locked().iter().any(|package| package.name == name),
            "{id}: {name} is gone, and so may its entry be"
        );
    }
}

/// S-49: every package that may be linked or run while this is built.
#[test]
fn s_49_every_licence_is_one_that_we_may_use() {
    let mut metadata = cargo();
    metadata.args([
        "metadata",
        "--format-version",
        "1",
        "--locked",
        "--filter-platform",
        "x86_64-unknown-linux-gnu",
    ]);
    let told = metadata.output().expect("cargo runs");
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let allowed = listed("licenses", "allow", "");
    let packages = told["packages"].as_array().expect("packages");
    assert!(packages.len() > 100, "cargo names them all");
    for package in packages {
        let licence = package["license"].as_str().unwrap_or("none");
        assert!(allows(licence, &allowed), "{}: {licence}", package["name"]);
    }
}

/// S-49: no crate of ours can have unsafe code; the workspace forbids it, and each takes the
/// workspace's word.
#[test]
fn s_49_no_crate_of_ours_may_be_unsafe() {
    assert!(file("Cargo.toml").contains("unsafe_code = \"forbid\""));
    for member in
        ["app", "app/browser", "app/domain", "server", "server/casework", "server/sandbox", "xtask"]
    {
        assert!(
            file(&format!("{member}/Cargo.toml")).contains("[lints]\nworkspace = true"),
            "{member}"
        );
    }
}

/// S-49: where cargo-deny is installed, it is asked. Without its database of advisories the rest
/// is.
#[test]
fn s_49_cargo_deny_agrees_where_it_is_installed() {
    let deny = |checks: &[&str]| {
        cargo().arg("deny").arg("check").args(checks).output().expect("cargo runs")
    };
    if !cargo().args(["deny", "--version"]).output().is_ok_and(|told| told.status.success()) {
        println!(
            "cargo-deny is not installed: advisories of the day are not looked at (cargo install --locked cargo-deny)"
        );
        return;
    }
    let told = deny(&["bans", "licenses", "sources"]);
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let told = deny(&["advisories"]);
    let said = String::from_utf8_lossy(&told.stderr);
    if said.contains("failed to fetch") || said.contains("failed to clone") {
        println!(
            "the database of advisories cannot be reached: advisories of the day are not looked at"
        );
        return;
    }
    assert!(told.status.success(), "{said}");
}

#[test]
fn licences_are_read_as_spdx_writes_them() {
    let allowed: Vec<String> =
        ["MIT", "Apache-2.0", "ISC", "Apache-2.0 WITH LLVM-exception"].map(Into::into).into();
    for good in [
        "MIT",
        "GPL-3.0 OR MIT",
        "MIT/GPL-3.0",
        "Apache-2.0 AND ISC",
        "(GPL-3.0 OR MIT) AND ISC",
        "Apache-2.0 WITH LLVM-exception",
    ] {
        assert!(allows(good, &allowed), "{good}");
    }
    for bad in [
        "GPL-3.0",
        "MIT AND GPL-3.0",
        "(MIT OR ISC) AND GPL-3.0",
        "MIT WITH strange",
        "",
        "(MIT",
        "MIT MIT",
        "none",
    ] {
        assert!(!allows(bad, &allowed), "{bad}");
    }
}
