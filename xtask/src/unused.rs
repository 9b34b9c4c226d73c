//! Reads which crates a manifest asks for and which of them its sources name: what nobody names is
//! built, looked at and updated for nothing.
//!
//! It reads text: a crate counts as used where its name begins a path, a macro or an import in the
//! crate's sources, tests or measurements, comments aside.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The workspace's crates.
const MEMBERS: [&str; 7] =
    ["app", "app/browser", "app/domain", "server", "server/casework", "server/sandbox", "xtask"];
/// What a crate of ours asks for without naming it, each with why.
const NAMELESS: [(&str, &str, &str); 1] = [(
    "server/casework",
    "libsqlite3-sys",
    "keeps SQLite at a version that loses nothing; sqlx links it",
)];

/// The crates that a manifest asks for, by the names that its sources know.
fn asked(manifest: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut within = false;
    for line in manifest.lines() {
        if let Some(section) = line.strip_prefix('[') {
            let section = section.split(']').next().unwrap_or_default();
            let (kind, name) = section.rsplit_once("dependencies.").map_or_else(
                || (section.ends_with("dependencies"), None),
                |(_, name)| (false, Some(name)),
            );
            within = kind;
            all.extend(name.map(str::to_owned));
            continue;
        }
        let name = line.split(['=', '.', ' ']).next().unwrap_or_default();
        let is_name = !name.is_empty()
            && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
            && line.contains('=');
        // What goes on over several lines is indented.
        if within && is_name {
            all.push(name.to_owned());
        }
    }
    all
}

/// Whether a text names a crate.
fn names(text: &str, krate: &str) -> bool {
    let word = krate.replace('-', "_");
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    text.lines().map(without_comment).any(|line| {
        line.match_indices(&word).any(|(at, _)| {
            let (before, after) = (&line[..at], &line[at + word.len()..]);
            // `other::word` and `self.word` are something else's.
            let begins = !before.ends_with(is_letter)
                && (!before.ends_with([':', '.']) || before.trim_end() == "::");
            let imported = ["use", "extern crate"].iter().any(|by| before.trim_end().ends_with(by))
                || before.trim_end().ends_with(['{', ',']) && line.trim_start().starts_with("use ");
            let goes_on = after.starts_with("::") || after.starts_with('!');
            begins && !after.starts_with(is_letter) && (goes_on || imported)
        })
    })
}

/// `//` begins a comment, but not within an address.
fn without_comment(line: &str) -> &str {
    let mark = line.match_indices("//").find(|(at, _)| !line[..*at].ends_with(':'));
    mark.map_or(line, |(at, _)| &line[..at])
}

/// What a manifest asks for that no text names.
fn unused(manifest: &str, texts: &[String]) -> Vec<String> {
    let is_used = |krate: &String| texts.iter().any(|text| names(text, krate));
    asked(manifest).into_iter().filter(|krate| !is_used(krate)).collect()
}

/// The sources of a crate, without those of another that stands below it.
fn sources(member: &Path) -> Vec<String> {
    let (mut texts, mut folders): (Vec<String>, Vec<PathBuf>) = (Vec::new(), vec![member.into()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of sources") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if !path.join("Cargo.toml").exists() && !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|end| end == "rs") {
                texts.push(fs::read_to_string(&path).expect("text"));
            }
        }
    }
    texts
}

fn root() -> PathBuf {
    // Not known when this is compiled: several clones may share what is built.
    Path::new(&std::env::var("CARGO_MANIFEST_DIR").expect("cargo runs this")).join("..")
}

#[test]
fn every_crate_that_is_asked_for_is_used() {
    let mut said = Vec::new();
    for member in MEMBERS {
        let folder = root().join(member);
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        let texts = sources(&folder);
        assert!(!texts.is_empty() && !asked(&manifest).is_empty(), "{member} is read");
        let unused = unused(&manifest, &texts);
        for (at, krate, why) in NAMELESS {
            let is_needed = at != member || unused.iter().any(|unused| unused == krate);
            assert!(is_needed && !why.is_empty(), "{at} names {krate}: its entry may go");
        }
        let is_excepted =
            |krate: &String| NAMELESS.iter().any(|(at, name, _)| *at == member && name == krate);
        said.extend(
            unused
                .into_iter()
                .filter(|krate| !is_excepted(krate))
                .map(|krate| format!("{member}/Cargo.toml asks for {krate}")),
        );
    }
    assert!(said.is_empty(), "nothing names what these ask for:\n{}", said.join("\n"));
}

#[test]
fn every_crate_that_the_workspace_describes_is_asked_for() {
    let read = |path: PathBuf| fs::read_to_string(path).expect("a manifest");
    let described = asked(&read(root().join("Cargo.toml")));
    let wanted: Vec<String> = MEMBERS
        .iter()
        .flat_map(|member| asked(&read(root().join(member).join("Cargo.toml"))))
        .collect();
    assert!(described.len() > 50, "{described:?}");
    let left: Vec<_> = described.iter().filter(|krate| !wanted.contains(krate)).collect();
    assert!(left.is_empty(), "no crate of ours asks for {left:?}");
}

#[test]
fn a_made_up_crate_is_told_what_it_does_not_use() {
    let manifest = "[package]\nname = \"made-up\"\n\n[features]\nssr = [\n  \"dep:path\",\n]\n\n\
                    [dependencies]\n# Said why = here.\npath.workspace = true\n\
                    two-words = { version = \"1\", features = [\n  \"a\",\n] }\nmacros = \"1\"\n\
                    imported = \"1\"\nother = \"1\"\nonly_said = \"1\"\n\n[dev-dependencies]\nlater = \"1\"\n\n\
                    [target.'cfg(unix)'.dependencies]\nunix = \"1\"\n\n[build-dependencies.apart]\nversion = \"1\"\n\n\
                    [lints]\nworkspace = true\n";
    let texts = [
        "use imported as known;\nfn a() { path::b(); macros!(); }\n".to_owned(),
        "// only_said::x\n/// [`only_said::y`]\nlet a = b::other::c(unix_time::d, \"http://x\");\n\
         let x: two_words::Y = self.unix::<u8>();\n"
            .to_owned(),
    ];
    assert_eq!(
        asked(manifest),
        ["path", "two-words", "macros", "imported", "other", "only_said", "later", "unix", "apart"]
    );
    assert_eq!(unused(manifest, &texts), ["other", "only_said", "later", "unix", "apart"]);
}
